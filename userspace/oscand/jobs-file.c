// SPDX-License-Identifier: GPL-2.0-or-later
/* The files of the jobs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "durable.h"
#include "jobs-file.h"
#include "jobs.h"

/* More than any job that was written here. */
#define FILE_MAX (4 << 20)

/**
 * struct jobs_files - open and locked
 * @lock: file descriptor that holds the lock
 * @folder: <folder>/jobs
 */
struct jobs_files {
	int lock;
	char folder[PATH_MAX - 257];
};

static struct jobs_files *__attribute__((format(printf, 2, 3)))
refuse(char *why, const char *format, ...)
{
	int error = errno;
	va_list list;

	va_start(list, format);
	vsnprintf(why, JOBS_ERROR_LEN, format, list);
	va_end(list);
	errno = error;
	return NULL;
}

/* Names are those of this file, or have been read from the folder. */
static void path_of(const struct jobs_files *files, const char *name,
		    char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%.255s", files->folder, name);
}

static void path_of_job(const struct jobs_files *files, uint64_t id,
			char path[PATH_MAX])
{
	char name[32];

	snprintf(name, sizeof(name), "%06llu.json", (unsigned long long)id);
	path_of(files, name, path);
}

/* Neither is there where another daemon was faster. */
static int make_folder(const char *path)
{
	if (durable_folder(path) && errno != EEXIST)
		return -1;
	return 0;
}

static int take_lock(struct jobs_files *files, const char *folder)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/oscand.lock", folder);

	if (length >= (int)sizeof(files->folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	files->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (files->lock < 0)
		return -1;
	if (flock(files->lock, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			errno = EBUSY;
		return -1;
	}
	return 0;
}

static json_t *load(const char *path)
{
	json_t *value = NULL;
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0)
		return NULL;
	errno = EBADMSG;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    status.st_size <= FILE_MAX)
		value = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	return value;
}

static int is_job(const struct dirent *entry)
{
	size_t digits = strspn(entry->d_name, "0123456789");

	return digits && !strcmp(entry->d_name + digits, ".json");
}

static void put_aside(const char *path)
{
	char aside[PATH_MAX + 8];

	snprintf(aside, sizeof(aside), "%s.bad", path);
	fprintf(stderr, "wanted a job in %s, found something else; it is put aside as %s\n",
		path, aside);
	rename(path, aside);
}

/* Does it say the id that it is named by? */
static bool is_named(const json_t *value, const char *name)
{
	const json_t *id = json_object_get(value, "id");

	return json_is_integer(id) && json_integer_value(id) > 0 &&
	       (uint64_t)json_integer_value(id) == strtoull(name, NULL, 10);
}

static int read_all(struct jobs_files *files,
		    int (*take)(void *data, json_t *value), void *data)
{
	struct dirent **entries;
	char path[PATH_MAX];
	json_t *value;
	int count;

	count = scandir(files->folder, &entries, is_job, NULL);
	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		path_of(files, entries[i]->d_name, path);
		value = load(path);
		if (!is_named(value, entries[i]->d_name) || take(data, value))
			put_aside(path);
		json_decref(value);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static void read_last(struct jobs_files *files, uint64_t *last)
{
	char path[PATH_MAX];
	json_t *value;
	json_int_t id;

	path_of(files, "last.json", path);
	value = load(path);
	id = json_integer_value(json_object_get(value, "last"));
	if (id > 0 && id < JOBS_ID_MAX && (uint64_t)id > *last)
		*last = id;
	json_decref(value);
}

struct jobs_files *jobs_files_open(const char *folder,
				   int (*take)(void *data, json_t *value),
				   void *data, uint64_t *last, char *error)
{
	struct jobs_files *files = calloc(1, sizeof(*files));

	if (!files)
		return refuse(error, "wanted memory, found none; end other programs");
	files->lock = -1;
	if (make_folder(folder) || take_lock(files, folder)) {
		if (errno == EBUSY)
			refuse(error, "wanted to keep jobs in %.400s, found that another oscand does so; end it, or give another --state",
			       folder);
		else
			refuse(error, "wanted to keep jobs in %.400s, found: %s; give another --state",
			       folder, strerror(errno));
		goto err_close;
	}
	snprintf(files->folder, sizeof(files->folder), "%s/jobs", folder);
	if (make_folder(files->folder) || durable_clean(files->folder) < 0 ||
	    read_all(files, take, data)) {
		refuse(error, "wanted the jobs in %.400s, found: %s; see to the disk",
		       files->folder, strerror(errno));
		goto err_close;
	}
	read_last(files, last);
	return files;

err_close:
	jobs_files_close(files);
	return NULL;
}

void jobs_files_close(struct jobs_files *files)
{
	int error = errno;

	if (!files)
		return;
	if (files->lock >= 0)
		close(files->lock);
	free(files);
	errno = error;
}

int jobs_files_write(struct jobs_files *files, uint64_t id,
		     const json_t *value)
{
	char path[PATH_MAX];

	path_of_job(files, id, path);
	return durable_json(path, value, NULL);
}

int jobs_files_last(struct jobs_files *files, uint64_t id)
{
	char path[PATH_MAX];
	json_t *value = json_pack("{s:I}", "last", (json_int_t)id);
	int result;

	path_of(files, "last.json", path);
	result = durable_json(path, value, NULL);
	json_decref(value);
	return result;
}

int jobs_files_remove(struct jobs_files *files, uint64_t id)
{
	char path[PATH_MAX];

	path_of_job(files, id, path);
	return durable_remove(path) && errno != ENOENT ? -1 : 0;
}
