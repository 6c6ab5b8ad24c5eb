// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths that clients name. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "job-path.h"
#include "jobs.h"

/* Does a part of it lead out of the folder? */
static bool leads_out(const char *path)
{
	if (*path == '/')
		return true;
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && !memcmp(path, "..", 2))
			return true;
		path += length + (path[length] == '/');
	}
	return false;
}

int job_path(const char *folder, const char *key, const char *path,
	     char whole[PATH_MAX], char *error)
{
	if (!leads_out(path) &&
	    snprintf(whole, PATH_MAX, "%s/%s", folder, path) < PATH_MAX)
		return 0;
	snprintf(error, JOBS_ERROR_LEN, "settings: \"%s\": wanted a path below %.200s, found \"%.200s\"",
		 key, folder, path);
	errno = EINVAL;
	return -1;
}
