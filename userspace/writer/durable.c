// SPDX-License-Identifier: GPL-2.0-or-later
#include "durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_SUFFIX ".part"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Only what stood in the folder when it was synced is found after a crash. */
static int sync_parent(const char *path)
{
	char folder[PATH_MAX];
	const size_t length = base_of(path) - path;
	int fd, failed;

	if (length + 2 > sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, length);
	strcpy(folder + length, ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* Some file systems know no sync of folders. */
	failed = fsync(fd) && errno != EINVAL && errno != ENOTSUP;
	close(fd);
	return failed ? -1 : 0;
}

int durable_begin(struct durable *durable, const char *path)
{
	const char *base = base_of(path);

	durable->fd = -1;
	errno = ENAMETOOLONG;
	if (snprintf(durable->path, PATH_MAX, "%s", path) >= PATH_MAX ||
	    snprintf(durable->part, PATH_MAX, "%.*s.%s" PART_SUFFIX,
		     (int)(base - path), path, base) >= PATH_MAX)
		return -1;
	durable->fd = open(durable->part, O_RDWR | O_CREAT | O_TRUNC |
			   O_CLOEXEC | O_NOFOLLOW, 0666);
	return durable->fd < 0 ? -1 : 0;
}

void durable_abort(struct durable *durable)
{
	const int error = errno;

	if (durable->fd >= 0) {
		close(durable->fd);
		unlink(durable->part);
		durable->fd = -1;
	}
	errno = error;
}

int durable_commit(struct durable *durable)
{
	int closed;

	if (fsync(durable->fd)) {
		durable_abort(durable);
		return -1;
	}
	closed = close(durable->fd);
	durable->fd = -1;
	if (closed || rename(durable->part, durable->path)) {
		const int error = errno;

		unlink(durable->part);
		errno = error;
		return -1;
	}
	return sync_parent(durable->path);
}

int durable_write_all(int fd, const void *data, size_t size)
{
	const char *from = data;
	ssize_t written;

	for (; size; from += written, size -= written) {
		written = write(fd, from, size);
		if (written < 0) {
			if (errno != EINTR)
				return -1;
			written = 0;
		}
	}
	return 0;
}

int durable_write(const char *path, const void *data, size_t size)
{
	struct durable durable;

	if (durable_begin(&durable, path))
		return -1;
	if (durable_write_all(durable.fd, data, size)) {
		durable_abort(&durable);
		return -1;
	}
	return durable_commit(&durable);
}

int durable_json(const char *path, const json_t *value, size_t *bytes)
{
	char *text = json_dumps(value, JSON_INDENT(2) |
				JSON_REAL_PRECISION(15));
	size_t size;
	int failed;

	if (!text) {
		errno = EINVAL;
		return -1;
	}
	size = strlen(text);
	/* In the place of its NUL. */
	text[size++] = '\n';
	failed = durable_write(path, text, size);
	if (bytes)
		*bytes = size;
	free(text);
	return failed;
}

int durable_folder(const char *path)
{
	return mkdir(path, 0777) ? -1 : sync_parent(path);
}

int durable_remove(const char *path)
{
	return unlink(path) ? -1 : sync_parent(path);
}

static int is_part(const char *name)
{
	const size_t length = strlen(name), suffix = strlen(PART_SUFFIX);

	return name[0] == '.' && length > suffix + 1 &&
	       !strcmp(name + length - suffix, PART_SUFFIX);
}

int durable_clean(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int removed = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (!is_part(entry->d_name))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0)) {
			removed = -1;
			break;
		}
		removed++;
	}
	closedir(dir);
	return removed;
}
