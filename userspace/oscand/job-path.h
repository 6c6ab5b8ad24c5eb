/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths that clients name. */
#ifndef OSCAND_JOB_PATH_H
#define OSCAND_JOB_PATH_H

#include <limits.h>

/**
 * job_path - where a client may have the daemon read or write
 * @folder: that it must be below
 * @key: of the settings, for the sentence
 * @path: as given: no "/" before it and no ".." in it
 * @whole: out: both together
 * @error: out, shape [JOBS_ERROR_LEN]
 *
 * Return: 0, or -1 with EINVAL and a sentence.
 */
int job_path(const char *folder, const char *key, const char *path,
	     char whole[PATH_MAX], char *error);

#endif /* OSCAND_JOB_PATH_H */
