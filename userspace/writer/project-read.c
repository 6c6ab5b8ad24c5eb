// SPDX-License-Identifier: GPL-2.0-or-later
/* Projects as they are on the disk, without a lock. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "project-file.h"

static bool is_project(const char *root, const char *name)
{
	char unasked[PROJECT_ERROR_LEN], folder[PATH_MAX], path[PATH_MAX];
	struct stat st;

	return !project_name_check(name, unasked) &&
	       !project_join(folder, root, name) &&
	       !project_join(path, folder, PROJECT_FILE) &&
	       !stat(path, &st) && S_ISREG(st.st_mode);
}

static json_t *names_of(struct dirent **entries, int count, const char *root)
{
	json_t *names = json_array();

	for (int n = 0; n < count; n++) {
		if (is_project(root, entries[n]->d_name))
			json_array_append_new(names,
					json_string(entries[n]->d_name));
		free(entries[n]);
	}
	free(entries);
	return names;
}

json_t *project_list(const char *root, char error[PROJECT_ERROR_LEN])
{
	struct dirent **entries;
	char wanted[PATH_MAX + 32];
	const int count = scandir(root, &entries, NULL, alphasort);

	if (count >= 0)
		return names_of(entries, count, root);
	if (errno == ENOENT)
		return json_array();
	snprintf(wanted, sizeof(wanted), "the projects in %s", root);
	project_say(error, errno, wanted, NULL, NULL);
	return NULL;
}

static int folder_of(char folder[PATH_MAX], const char *root, const char *name,
		     char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 32];

	if (project_name_check(name, error))
		return -1;
	if (project_join(folder, root, name))
		return project_say(error, errno, root, NULL, NULL);
	if (is_project(root, name))
		return 0;
	snprintf(wanted, sizeof(wanted), "the project \"%s\" in %s", name,
		 root);
	return project_say(error, ENOENT, wanted, "none of that name", NULL);
}

/* The journal knows better than a scan.json that is half a minute old. */
static int add_journal(json_t *scan, const char *folder, unsigned int index,
		       char error[PROJECT_ERROR_LEN])
{
	json_t *photos = json_object_get(scan, "photos");
	char path[PATH_MAX];
	struct journal journal;
	json_int_t told;

	if (project_scan_path(path, folder, index) ||
	    journal_read(&journal, path))
		return project_say(error, errno, path, NULL, NULL);
	/* OpenScan3 keeps none. */
	if (!journal.good && json_array_size(photos)) {
		json_object_set_new(scan, "photo_count",
				    json_integer(json_array_size(photos)));
		json_decref(journal.photos);
		return 0;
	}
	told = json_integer_value(json_object_get(scan, "total_size_bytes"));
	if (told < (json_int_t)(journal.bytes + journal.good))
		json_object_set_new(scan, "total_size_bytes",
				    json_integer(journal.bytes +
						 journal.good));
	json_object_set_new(scan, "photos", journal_files(&journal));
	json_object_set_new(scan, "photo_count",
			    json_integer(json_object_size(journal.photos)));
	json_decref(journal.photos);
	return 0;
}

static json_t *read_scan(const char *folder, unsigned int index,
			 char error[PROJECT_ERROR_LEN])
{
	json_t *scan = project_load_scan(folder, index, error);

	if (scan && add_journal(scan, folder, index, error)) {
		json_decref(scan);
		return NULL;
	}
	return scan;
}

json_t *project_scan_read(const char *root, const char *name,
			  unsigned int index, char error[PROJECT_ERROR_LEN])
{
	char folder[PATH_MAX];

	if (folder_of(folder, root, name, error))
		return NULL;
	return read_scan(folder, index, error);
}

/* A scan that cannot be read has "error" instead of all the rest. */
static json_t *read_summary(const char *folder, const char *name)
{
	char error[PROJECT_ERROR_LEN];
	json_t *scan = read_scan(folder, project_scan_number(name), error);

	if (!scan)
		return json_pack("{s:i, s:s}", "index",
				 (int)project_scan_number(name), "error",
				 error);
	json_object_del(scan, "photos");
	return scan;
}

json_t *project_read(const char *root, const char *name,
		     char error[PROJECT_ERROR_LEN])
{
	char folder[PATH_MAX], *path;
	json_t *json, *scans, *scan;
	const char *key;

	if (folder_of(folder, root, name, error))
		return NULL;
	json = project_load_main(folder, name, error);
	if (!json)
		return NULL;
	path = realpath(folder, NULL);
	json_object_set_new(json, "path", json_string(path ? path : folder));
	free(path);
	scans = json_object_get(json, "scans");
	json_object_foreach(scans, key, scan)
		json_object_set_new(scans, key, read_summary(folder, key));
	return json;
}
