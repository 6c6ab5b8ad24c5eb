// SPDX-License-Identifier: GPL-2.0-or-later
/* The folder and the file that a scan goes to. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "scan.h"

#define MOST_FOLDERS 5
#define MOST_TRIES 1000
#define DIGITS 6

/* What the frames that wait for the disk may take, bytes. */
#define QUEUE_BYTES (256u << 20)
#define QUEUE_SECONDS 2

/* Cut the last part off; false when there is none left. */
static bool cut(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	while (length && path[length - 1] != '/')
		length--;
	while (length > 1 && path[length - 1] == '/')
		length--;
	path[length] = '\0';
	return length;
}

/*
 * The part of @directory that is there, "." if none is.
 *
 * Return: levels that are missing below it, or -1 with errno.
 */
static int existing(const char *directory, char *path, struct stat *status)
{
	int missing = 0;

	if (snprintf(path, SCAN_PATH_LEN, "%s", directory) >=
	    (int)SCAN_PATH_LEN) {
		errno = ENAMETOOLONG;
		return -1;
	}
	while (stat(path, status)) {
		if (errno != ENOENT)
			return -1;
		missing++;
		if (!cut(path))
			strcpy(path, ".");
	}
	return missing;
}

__attribute__((format(printf, 3, 4)))
static int refuse(char *why, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, FLYSCAN_ERROR_LEN, format, args);
	va_end(args);
	errno = error;
	return -1;
}

int scan_check_place(const char *directory, double bytes, char *why)
{
	char path[SCAN_PATH_LEN];
	struct statvfs space;
	struct stat status;
	double room;
	int missing;

	if (!*directory)
		return refuse(why, ENOENT,
			      "wanted a folder for the scan, found an empty name");
	missing = existing(directory, path, &status);
	if (missing < 0)
		return refuse(why, errno,
			      "wanted to write to the folder %.200s, found: %s; choose another one",
			      directory, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return refuse(why, ENOTDIR,
			      "wanted to write to the folder %.200s, found that %.100s is a file; choose another one",
			      directory, path);
	if (missing > MOST_FOLDERS)
		return refuse(why, ENOENT,
			      "wanted to write to the folder %.200s, found %d levels of it missing; make it first, or correct it (up to %d are made)",
			      directory, missing, MOST_FOLDERS);
	if (access(path, W_OK | X_OK))
		return refuse(why, errno,
			      "wanted to write to the folder %.200s, found that %.100s cannot be written (%s); choose another one or change its rights",
			      directory, path, strerror(errno));
	if (statvfs(path, &space))
		return refuse(why, errno,
			      "wanted to know the free space of %.200s, found: %s; choose another folder",
			      path, strerror(errno));
	room = (double)space.f_bavail * space.f_frsize;
	if (room < bytes)
		return refuse(why, ENOSPC,
			      "the scan wants %.1f MB in the folder %.200s, found %.1f MB free; free some space, choose another folder, or take fewer or smaller frames",
			      bytes / 1e6, directory, room / 1e6);
	return 0;
}

double scan_free_bytes(const char *directory)
{
	char path[SCAN_PATH_LEN];
	struct statvfs space;
	struct stat status;

	if (existing(directory, path, &status) < 0 || statvfs(path, &space))
		return 0;
	return (double)space.f_bavail * space.f_frsize;
}

static int make_folders(const char *directory)
{
	char path[SCAN_PATH_LEN];
	size_t length = strlen(directory), at;

	memcpy(path, directory, length + 1);
	for (at = 1; at <= length; at++) {
		if (directory[at] && directory[at] != '/')
			continue;
		path[at] = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			return -1;
		path[at] = directory[at];
	}
	return 0;
}

/* The number in "<stem>_NNNNNN.h5", 0 for any other name. */
static unsigned long number_of(const char *file, const char *stem)
{
	size_t length = strlen(stem), digits;
	const char *number;

	if (strncmp(file, stem, length) || file[length] != '_')
		return 0;
	number = file + length + 1;
	digits = strspn(number, "0123456789");
	if (digits < DIGITS || digits > 9 || strcmp(number + digits, ".h5"))
		return 0;
	return strtoul(number, NULL, 10);
}

static unsigned long last_number(const char *directory, const char *stem)
{
	unsigned long last = 0, number;
	DIR *folder = opendir(directory);
	struct dirent *entry;

	if (!folder)
		return 0;
	while ((entry = readdir(folder))) {
		number = number_of(entry->d_name, stem);
		if (number > last)
			last = number;
	}
	closedir(folder);
	return last;
}

static uint32_t queue_length(const struct scan *scan)
{
	double wanted = QUEUE_SECONDS / scan->result->period_used_s;
	double most = QUEUE_BYTES / (double)scan_frame_bytes(scan);

	if (wanted > most)
		wanted = most;
	return wanted < 4 ? 4 : wanted;
}

static void add_limits(const struct scan *scan, struct writer_config *config)
{
	const double scale = oscan_axis_steps_per_unit(scan->info);

	config->has_limits = scan->info->flags & OSCAN_AXIS_HAS_LIMITS;
	config->limit_min = scan->info->limit_min / scale;
	config->limit_max = scan->info->limit_max / scale;
}

static struct writer *open_file(void *data, const char *path)
{
	struct scan *scan = data;
	const struct flyscan_request *request = scan->request;
	char title[256], *metadata = scan_metadata(scan);
	struct writer *writer;
	struct writer_config config = {
		.path = path,
		.width = scan->settings.width,
		.height = scan->settings.height,
		.bytes_per_pixel =
			camera_bytes_per_pixel(scan->settings.format),
		.queue_frames = scan->queue_frames,
		.compression = request->compression,
		.drop = request->nonblocking,
		.axis_name = scan->info->name,
		.axis_unit = scan_unit(scan),
		.rotation = scan->info->unit == OSCAN_UNIT_DEGREE,
		.steps_per_unit = oscan_axis_steps_per_unit(scan->info),
		.velocity = scan->result->geometry.velocity,
		.accel_s = scan->result->geometry.accel_s,
		.camera_id = request->camera->id(scan->camera),
		.camera_model = request->camera->model(scan->camera),
		.time_mark = scan_mark_name(scan),
		.readout_ns = scan->capabilities.readout_ns,
		.triggered = flyscan_triggers(request),
		.trigger_delay_ns = request->trigger_latency_ns,
		.title = title,
		.program = "oscanctl " OSCAN_VERSION,
		.metadata = metadata,
	};

	snprintf(title, sizeof(title), "fly scan of %s from %g to %g %s",
		 scan->info->name, request->start, request->end,
		 scan_unit(scan));
	add_limits(scan, &config);
	writer = writer_open(&config);
	free(metadata);
	return writer;
}

static int create_failed(struct scan *scan, const char *path)
{
	return scan_fail(scan, errno,
			 "wanted to create %.300s, found: %s; choose another folder",
			 path, strerror(errno));
}

struct writer *scan_new_file(const char *directory, const char *stem,
			     struct writer *(*open)(void *data,
						    const char *path),
			     void *data, char *path)
{
	struct writer *writer;
	unsigned long number;

	snprintf(path, SCAN_PATH_LEN, "%s", directory);
	if (make_folders(directory))
		return NULL;
	number = last_number(directory, stem);
	for (int tries = 0; tries < MOST_TRIES; tries++) {
		if (snprintf(path, SCAN_PATH_LEN, "%s/%s_%0*lu.h5", directory,
			     stem, DIGITS, ++number) >= (int)SCAN_PATH_LEN) {
			errno = ENAMETOOLONG;
			return NULL;
		}
		writer = open(data, path);
		if (writer || errno != EEXIST)
			return writer;
	}
	return NULL;
}

int scan_create(struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	char *path = scan->result->path;

	scan->queue_frames = queue_length(scan);
	scan->writer = scan_new_file(request->directory, request->name,
				     open_file, scan, path);
	if (scan->writer)
		return 0;
	create_failed(scan, path);
	*path = '\0';
	return -1;
}
