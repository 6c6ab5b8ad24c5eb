// SPDX-License-Identifier: GPL-2.0-or-later
/* A folder as a zip file that is made while it is sent, by libarchive. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "zip.h"

#define PIPE_SIZE (1 << 20)
#define CHUNK 65536

/**
 * struct zip - one being made
 * @out: where it goes
 * @broken: nobody reads it any more
 * @root: length of what is left out of the names, with its "/"
 * @folder: path of the folder
 */
struct zip {
	int out;
	bool broken;
	size_t root;
	char folder[PATH_MAX];
};

static atomic_int zips;

/* The library does not free all that it has when it is told of an error. */
static la_ssize_t put(struct archive *archive, void *data, const void *buffer,
		      size_t size)
{
	struct zip *zip = data;
	const char *at = buffer;
	size_t left = size;
	ssize_t written;

	while (left && !zip->broken) {
		written = write(zip->out, at, left);
		if (written < 0 && errno == EINTR)
			continue;
		zip->broken = written < 0;
		if (written > 0) {
			at += written;
			left -= written;
		}
	}
	return size;
}

static int copy(struct archive *archive, const struct zip *zip, int fd,
		int64_t size)
{
	char data[CHUNK];
	ssize_t got;

	/* The library fills up what a file has become shorter by. */
	for (; size > 0 && !zip->broken; size -= got) {
		got = read(fd, data, size < CHUNK ? size : CHUNK);
		if (got <= 0)
			return 0;
		if (archive_write_data(archive, data, got) < 0)
			return -1;
	}
	return 0;
}

static int write_entry(struct archive *archive, const struct zip *zip,
		       const char *path, int fd, const struct stat *status)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return -1;
	archive_entry_set_pathname_utf8(entry, path + zip->root);
	archive_entry_set_size(entry, status->st_size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, status->st_mtime, 0);
	result = archive_write_header(archive, entry) < ARCHIVE_WARN ? -1 : 0;
	archive_entry_free(entry);
	if (!result)
		result = copy(archive, zip, fd, status->st_size);
	return result;
}

static int add_file(struct archive *archive, const struct zip *zip,
		    const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	int result = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode))
		result = write_entry(archive, zip, path, fd, &status);
	close(fd);
	return result;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_all(struct archive *archive, struct zip *zip)
{
	char *paths[] = { zip->folder, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	if (!tree)
		return;
	while (!zip->broken && (entry = fts_read(tree))) {
		if (entry->fts_level && entry->fts_name[0] == '.')
			fts_set(tree, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_F &&
			 add_file(archive, zip, entry->fts_path))
			break;
	}
	fts_close(tree);
}

static void *run(void *data)
{
	struct archive *archive = archive_write_new();
	struct zip *zip = data;

	if (archive && !archive_write_set_format_zip(archive) &&
	    !archive_write_set_options(archive, "zip:compression=store") &&
	    !archive_write_set_bytes_in_last_block(archive, 1) &&
	    !archive_write_open(archive, zip, NULL, put, NULL))
		add_all(archive, zip);
	archive_write_free(archive);
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
