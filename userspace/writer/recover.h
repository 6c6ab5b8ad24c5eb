/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scan file whose writer was killed, or lost its power, made into an
 * ordinary one that every reader opens. The file itself is only read.
 *
 * Such a file says in its head that it is being written, which keeps ordinary
 * readers out, and its length is not what the head says. What takes both away
 * in place (h5clear -s) cuts off every frame if it is called in the wrong way.
 * So the file is read the way that it was made to be read while it grows, and
 * what is found is copied, chunk by chunk as they are.
 */
#ifndef OSCAN_RECOVER_H
#define OSCAN_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * recover_path - where the result goes: "scan.recovered.h5" for "scan.h5"
 *
 * Return: 0, or -1 with ENAMETOOLONG.
 */
int recover_path(const char *path, char *out, size_t size);

/** recover_is_whole - does any reader open it? */
bool recover_is_whole(const char *path);

/**
 * recover_file - make a file of what can be read of another
 * @from: left as it is
 * @to: made; must not exist. While it is being made it is @to with ".part"
 *	behind it, and locked; what was left of that by a kill is made anew
 * @finish: adds the positions to the file of that name, which is closed; may
 *	be NULL. After -1 @to is without them
 * @cancelled: looked at while it copies; not 0: end. May be NULL
 * @frames: out, in @to: every frame that was flushed, or synced if the power
 *	was lost
 *
 * With the documents of @from, if there are any, come those of @to: ended with
 * "fail". @from is read in a child process, which HDF5 may crash.
 *
 * Return: 0, or -1 with errno: of open(2), EBUSY: @from is being written, or
 * @to made by another process, EALREADY: @from is whole, ENOEXEC: it is no HDF5
 * file, EBADMSG: no frames can be read of it, EEXIST: @to or its documents are
 * there already, ECANCELED, ENOSPC, EIO: or it is damaged, ENOMEM,
 * ENAMETOOLONG. Nothing of @to is left then.
 */
int recover_file(const char *from, const char *to,
		 int (*finish)(const char *path, void *data), void *data,
		 const volatile int *cancelled, uint64_t *frames);

#endif /* OSCAN_RECOVER_H */
