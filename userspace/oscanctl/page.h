/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report: one HTML page that needs nothing else. */
#ifndef PAGE_H
#define PAGE_H

#include <stdio.h>
#include "rigcheck.h"
#include "scanfile.h"

/**
 * page_write - write the page
 * @name: of the scan file, for the title
 * @check: NULL: the rig's edges were not given
 *
 * Return: 0, or -1 with errno.
 */
int page_write(FILE *out, const struct scanfile *scan, const char *name,
	       const struct rigcheck *check);

#endif /* PAGE_H */
