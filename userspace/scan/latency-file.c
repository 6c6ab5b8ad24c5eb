// SPDX-License-Identifier: GPL-2.0-or-later
#include "latency-file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int latency_file_path(char *path, size_t size)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *below = "";

	if (!base || !*base) {
		base = getenv("HOME");
		below = "/.config";
	}
	errno = ENOENT;
	if (!base || !*base)
		return -1;
	errno = ENAMETOOLONG;
	return (size_t)snprintf(path, size, "%s%s/oscan/cameras.json", base,
				below) < size ? 0 : -1;
}

/* The whole file; an object, or NULL with errno. */
static json_t *load(const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *all;

	if (!file)
		return NULL;
	all = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	fclose(file);
	if (json_is_object(all))
		return all;
	json_decref(all);
	errno = EBADMSG;
	return NULL;
}

static int take_text(char *to, size_t size, const char *text)
{
	return (size_t)snprintf(to, size, "%s", text) < size ? 0 : -1;
}

static int take(json_t *camera, struct latency_entry *entry)
{
	const char *mark, *unit, *measured;
	json_int_t exposure, latency;

	errno = EBADMSG;
	if (json_unpack(camera, "{s:s, s:I, s:I, s:F, s:F, s:s, s:s}",
			"time_mark", &mark, "exposure_ns", &exposure,
			"latency_ns", &latency, "uncertainty_ns",
			&entry->uncertainty_ns, "backlash", &entry->backlash,
			"unit", &unit, "measured", &measured))
		return -1;
	entry->exposure_ns = exposure;
	entry->latency_ns = latency;
	if (exposure < 0 || !(entry->uncertainty_ns >= 0) ||
	    llabs(latency) > 10000000000ll ||
	    take_text(entry->time_mark, sizeof(entry->time_mark), mark) ||
	    take_text(entry->unit, sizeof(entry->unit), unit) ||
	    take_text(entry->measured, sizeof(entry->measured), measured))
		return -1;
	return 0;
}

int latency_file_load(const char *path, const char *camera,
		      struct latency_entry *entry)
{
	json_t *all = load(path), *found;
	int failed = -1;

	if (!all)
		return -1;
	found = json_object_get(all, camera);
	if (found)
		failed = take(found, entry);
	else
		errno = ENOENT;
	json_decref(all);
	return failed;
}

/* The folder of the file, and the one that that is in. */
static int make_folder(const char *path)
{
	char folder[PATH_MAX];
	char *end;

	if (take_text(folder, sizeof(folder), path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	end = strrchr(folder, '/');
	if (!end || end == folder)
		return 0;
	*end = '\0';
	if (!mkdir(folder, 0777) || errno == EEXIST)
		return 0;
	if (errno != ENOENT || make_folder(folder))
		return -1;
	return mkdir(folder, 0777) && errno != EEXIST ? -1 : 0;
}

static int replace(const char *path, const json_t *all)
{
	char fresh[PATH_MAX];
	FILE *file;
	int failed;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	file = fopen(fresh, "we");
	if (!file)
		return -1;
	failed = json_dumpf(all, file, JSON_INDENT(2) | JSON_SORT_KEYS) ||
		 fputc('\n', file) == EOF || fflush(file) ||
		 fsync(fileno(file));
	if (fclose(file) || failed || rename(fresh, path)) {
		failed = errno;
		unlink(fresh);
		errno = failed;
		return -1;
	}
	return 0;
}

int latency_file_save(const char *path, const char *camera,
		      const struct latency_entry *entry)
{
	json_t *all = load(path), *one;
	int failed;

	if (!all && errno == ENOENT)
		all = json_object();
	if (!all)
		return -1;
	one = json_pack("{s:s, s:I, s:I, s:f, s:f, s:s, s:s}",
			"time_mark", entry->time_mark,
			"exposure_ns", (json_int_t)entry->exposure_ns,
			"latency_ns", (json_int_t)entry->latency_ns,
			"uncertainty_ns", entry->uncertainty_ns,
			"backlash", entry->backlash, "unit", entry->unit,
			"measured", entry->measured);
	errno = ENOMEM;
	failed = !one || json_object_set_new(all, camera, one) ||
		 make_folder(path) || replace(path, all);
	json_decref(all);
	return failed ? -1 : 0;
}
