// SPDX-License-Identifier: GPL-2.0-or-later
/* A folder as a zip file that is made while it is sent. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "export.h"
#include "zip.h"

#define PIPE_SIZE (1 << 20)

/**
 * struct zip - one being made
 * @out: where it goes
 * @root: length of what is left out of the names, with its "/"
 * @folder: path of the folder
 */
struct zip {
	int out;
	size_t root;
	char folder[PATH_MAX];
};

static atomic_int zips;

/* Whoever does not read it any more need not be told. */
static void *run(void *data)
{
	char why[EXPORT_ERROR_LEN];
	struct zip *zip = data;
	size_t files;

	if (export_zip_to(zip->out, "a zip file", zip->folder, zip->root,
			  &files, why) && errno != EPIPE)
		fprintf(stderr, "%s\n", why);
	close(zip->out);
	free(zip);
	atomic_fetch_sub(&zips, 1);
	return NULL;
}

static int start(struct zip *zip)
{
	pthread_attr_t detached;
	pthread_t thread;
	int error;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &detached, run, zip);
	pthread_attr_destroy(&detached);
	return error;
}

static struct zip *zip_new(const char *root, const char *folder)
{
	struct zip *zip = calloc(1, sizeof(*zip));

	if (!zip)
		return NULL;
	zip->root = strlen(root) + 1;
	if (snprintf(zip->folder, sizeof(zip->folder), "%s/%s", root,
		     folder) < (int)sizeof(zip->folder) &&
	    !access(zip->folder, R_OK | X_OK))
		return zip;
	free(zip);
	return NULL;
}

int zip_folder(const char *root, const char *folder)
{
	struct zip *zip;
	int fd[2], error;

	if (atomic_fetch_add(&zips, 1) >= ZIP_MAX) {
		error = EBUSY;
		goto err_count;
	}
	zip = zip_new(root, folder);
	if (!zip) {
		error = errno;
		goto err_count;
	}
	if (pipe2(fd, O_CLOEXEC)) {
		error = errno;
		goto err_free;
	}
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	/* Less is slower, and no error. */
	fcntl(fd[0], F_SETPIPE_SZ, PIPE_SIZE);
	zip->out = fd[1];
	error = start(zip);
	if (!error)
		return fd[0];
	close(fd[0]);
	close(fd[1]);
err_free:
	free(zip);
err_count:
	atomic_fetch_sub(&zips, 1);
	errno = error;
	return -1;
}
