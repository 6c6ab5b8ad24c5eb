// SPDX-License-Identifier: GPL-2.0-or-later
#include "project-file.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "durable.h"

/* Folders that are open at once while a tree is removed. */
#define TREE_FDS 16

static const char *what_to_do(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return "free some space, or choose another folder";
	case EROFS:
		return "mount it for writing, or choose another folder";
	case EACCES:
	case EPERM:
		return "choose a folder that this user may use";
	case ENOENT:
		return "look for it with \"oscanctl project list\"";
	default:
		return "look at it, or choose another project";
	}
}

int project_say(char error[PROJECT_ERROR_LEN], int error_number,
		const char *wanted, const char *found, const char *todo)
{
	if (!found)
		found = strerror(error_number);
	if (!todo)
		todo = what_to_do(error_number);
	if (snprintf(error, PROJECT_ERROR_LEN, "wanted %s, found: %s; %s",
		     wanted, found, todo) >= PROJECT_ERROR_LEN)
		strcpy(error + PROJECT_ERROR_LEN - 4, "...");
	errno = error_number;
	return -1;
}

int project_join(char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int project_scan_path(char path[PATH_MAX], const char *folder,
		      unsigned int index)
{
	char name[24];

	snprintf(name, sizeof(name), "scan%02u", index);
	return project_join(path, folder, name);
}

unsigned int project_scan_number(const char *name)
{
	unsigned int index;
	char again[24];

	if (sscanf(name, "scan%4u", &index) != 1 || !index ||
	    index > PROJECT_SCANS_MAX)
		return 0;
	snprintf(again, sizeof(again), "scan%02u", index);
	return strcmp(name, again) ? 0 : index;
}

static json_t *load(const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *json;

	if (!file)
		return NULL;
	json = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	fclose(file);
	if (json_is_object(json))
		return json;
	json_decref(json);
	errno = EBADMSG;
	return NULL;
}

json_t *project_load(const char *path, char error[PROJECT_ERROR_LEN])
{
	json_t *json = load(path);
	char wanted[PATH_MAX + 32];

	if (json)
		return json;
	snprintf(wanted, sizeof(wanted), "to read %s", path);
	if (errno == EBADMSG)
		project_say(error, errno, wanted,
			    "no object of JSON, or a key twice",
			    "mend it, or delete the project");
	else
		project_say(error, errno, wanted, NULL, NULL);
	return NULL;
}

/**
 * struct field - a key of a file
 * @type: of its value
 * @nullable: null is allowed, too; that is what stands for a missing one
 */
struct field {
	const char *key;
	json_type type;
	bool nullable;
};

static bool is_of_type(const json_t *value, json_type type)
{
	if (type == JSON_FALSE)
		return json_is_boolean(value);
	if (type == JSON_REAL)
		return json_is_number(value);
	return json_typeof(value) == type;
}

/* Sets what is missing and may be null. Return: key that is wrong, or NULL */
static const char *check_fields(json_t *json, const struct field *fields)
{
	for (; fields->key; fields++) {
		json_t *value = json_object_get(json, fields->key);

		if (fields->nullable && (!value || json_is_null(value))) {
			json_object_set_new(json, fields->key, json_null());
			continue;
		}
		if (!value || !is_of_type(value, fields->type))
			return fields->key;
	}
	return NULL;
}

static json_t *checked(json_t *json, const char *path, const char *key,
		       char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 32], found[64];

	if (!json || !key)
		return json;
	snprintf(wanted, sizeof(wanted), "to read %s", path);
	snprintf(found, sizeof(found), "\"%s\" is missing or no such thing",
		 key);
	project_say(error, EBADMSG, wanted, found,
		    "mend it, or delete the project");
	json_decref(json);
	return NULL;
}

static const char *wrong_scans(const json_t *json)
{
	json_t *scans = json_object_get(json, "scans"), *scan;
	const char *name;

	json_object_foreach(scans, name, scan) {
		json_int_t index;

		if (json_unpack(scan, "{s:I}", "index", &index) ||
		    index != project_scan_number(name) || !index)
			return "scans";
	}
	return NULL;
}

json_t *project_load_main(const char *folder, const char *name,
			  char error[PROJECT_ERROR_LEN])
{
	static const struct field fields[] = {
		{ "name", JSON_STRING, true },
		{ "path", JSON_STRING, true },
		{ "created", JSON_STRING, true },
		{ "description", JSON_STRING, true },
		{ "uploaded", JSON_FALSE, true },
		{ "cloud_project_name", JSON_STRING, true },
		{ "downloaded", JSON_FALSE, true },
		{ "scans", JSON_OBJECT, true },
		{ 0 }
	};
	const char *key = NULL;
	char path[PATH_MAX];
	json_t *json;

	if (project_join(path, folder, PROJECT_FILE)) {
		project_say(error, errno, folder, NULL, NULL);
		return NULL;
	}
	json = project_load(path, error);
	if (!json)
		return NULL;
	key = check_fields(json, fields);
	if (!key && json_is_null(json_object_get(json, "scans")))
		json_object_set_new(json, "scans", json_object());
	if (!key)
		key = wrong_scans(json);
	json = checked(json, path, key, error);
	/* It may have been moved or renamed. */
	if (json)
		json_object_set_new(json, "name", json_string(name));
	return json;
}

json_t *project_load_scan(const char *folder, unsigned int index,
			  char error[PROJECT_ERROR_LEN])
{
	static const struct field fields[] = {
		{ "project_name", JSON_STRING, true },
		{ "index", JSON_INTEGER, false },
		{ "created", JSON_STRING, true },
		{ "status", JSON_STRING, false },
		{ "settings", JSON_OBJECT, false },
		{ "camera_name", JSON_STRING, true },
		{ "camera_settings", JSON_OBJECT, false },
		{ "current_step", JSON_INTEGER, true },
		{ "system_message", JSON_STRING, true },
		{ "last_updated", JSON_STRING, true },
		{ "description", JSON_STRING, true },
		{ "duration", JSON_REAL, true },
		{ "total_size_bytes", JSON_INTEGER, true },
		{ "stacked_size_bytes", JSON_INTEGER, true },
		{ "photos", JSON_ARRAY, true },
		{ 0 }
	};
	char scan[PATH_MAX], path[PATH_MAX];
	const char *key = NULL;
	json_t *json;

	if (project_scan_path(scan, folder, index) ||
	    project_join(path, scan, PROJECT_SCAN_FILE)) {
		project_say(error, errno, folder, NULL, NULL);
		return NULL;
	}
	json = project_load(path, error);
	if (!json)
		return NULL;
	key = check_fields(json, fields);
	if (!key && json_integer_value(json_object_get(json, "index")) !=
		    index)
		key = "index";
	if (!key && !project_is_status(json_string_value(
						json_object_get(json,
								"status"))))
		key = "status";
	return checked(json, path, key, error);
}

int project_save_main(struct project *project)
{
	char path[PATH_MAX];

	if (project_join(path, project->folder, PROJECT_FILE))
		return -1;
	return durable_json(path, project->json, NULL);
}

bool project_is_underway(const char *status)
{
	return !strcmp(status, "pending") || !strcmp(status, "running") ||
	       !strcmp(status, "paused");
}

bool project_is_status(const char *status)
{
	return project_is_underway(status) || !strcmp(status, "completed") ||
	       !strcmp(status, "cancelled") || !strcmp(status, "error") ||
	       !strcmp(status, "interrupted");
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int project_remove_tree(const char *path)
{
	return nftw(path, remove_one, TREE_FDS,
		    FTW_DEPTH | FTW_PHYS | FTW_MOUNT) ? -1 : 0;
}

void project_clean_scratch(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, PROJECT_SCRATCH,
			     strlen(PROJECT_SCRATCH)) &&
		    !project_join(path, folder, entry->d_name))
			project_remove_tree(path);
	}
	if (dir)
		closedir(dir);
}
