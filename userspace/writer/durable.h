/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are there whole or not at all: written beside their place under a
 * name of their own, synced, renamed to it, and the folder synced. A crash
 * leaves the old file, or none, and at worst ".<name>.part", which
 * durable_clean() removes.
 *
 * Thread-safe as long as one file is written by one thread at a time.
 */
#ifndef OSCAN_DURABLE_H
#define OSCAN_DURABLE_H

#include <limits.h>
#include <stddef.h>
#include <jansson.h>

/**
 * struct durable - a file being written
 * @path: its place in the end
 * @part: its name until then
 * @fd: open for reading and writing, at its begin; nobody else closes it
 */
struct durable {
	char path[PATH_MAX];
	char part[PATH_MAX];
	int fd;
};

/**
 * durable_begin - start a file that shall become @path, mode 0666 less umask
 *
 * Return: 0, or -1 with errno of open(2), or ENAMETOOLONG.
 */
int durable_begin(struct durable *durable, const char *path);

/**
 * durable_commit - sync it, put it in its place, sync the folder, close it
 *
 * A file that was at its place is gone in the same moment.
 *
 * Return: 0, or -1 with errno, ENOSPC for instance; the part is removed then.
 */
int durable_commit(struct durable *durable);

/** durable_abort - close it and remove the part; errno is kept */
void durable_abort(struct durable *durable);

/** durable_write_all - write(2) until all is written. Return: 0, or -1 */
int durable_write_all(int fd, const void *data, size_t size);

/** durable_write - the whole of a file at once. Return: 0, or -1 with errno */
int durable_write(const char *path, const void *data, size_t size);

/**
 * durable_json - a value as a file of text, indented by two
 * @bytes: out: bytes written; may be NULL
 *
 * Return: 0, or -1 with errno; EINVAL: it is not to be written, a NAN inside.
 */
int durable_json(const char *path, const json_t *value, size_t *bytes);

/** durable_folder - make a folder, for good: its parent is synced. Return: 0,
 * or -1 with errno of mkdir(2), EEXIST for instance
 */
int durable_folder(const char *path);

/** durable_remove - remove a file, for good: its folder is synced. Return: 0,
 * or -1 with errno of unlink(2)
 */
int durable_remove(const char *path);

/**
 * durable_clean - remove what a crash left in a folder
 *
 * Only where nobody writes into it. Return: number of files removed, or -1
 * with errno.
 */
int durable_clean(const char *folder);

#endif /* OSCAN_DURABLE_H */
