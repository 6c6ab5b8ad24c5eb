/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk space, claimed before it is written to.
 *
 * HDF5 does not survive a full disk well: a failed flush or close leaves it
 * with data that it can neither write nor forget. So a full disk is found
 * here first, before HDF5 has been asked for anything.
 */
#ifndef OSCAN_SPACE_H
#define OSCAN_SPACE_H

#include <stdint.h>

/**
 * struct space - claim on a file
 * @fd: the file, owned by the caller
 * @end: every byte before this one is claimed
 */
struct space {
	int fd;
	uint64_t end;
};

/**
 * space_claim - make sure that the file can be written up to @end
 *
 * Allocates beyond the end of the file without making it longer. Where the
 * file system cannot, it looks at the free space, which another program may
 * then still take away.
 *
 * Return: 0, or -1: ENOSPC, EDQUOT, or errno of fallocate(2).
 */
int space_claim(struct space *space, uint64_t end);

/** space_return - give back what is claimed beyond the end of the file */
void space_return(struct space *space);

#endif /* OSCAN_SPACE_H */
