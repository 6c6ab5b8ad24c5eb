// SPDX-License-Identifier: GPL-2.0-or-later
/* Projects over HTTP: what is in their folders. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "api.h"
#include "daemon.h"
#include "project.h"
#include "zip.h"

static json_t *number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_integer(json_integer_value(value) > 0 ?
			    json_integer_value(value) : 0);
}

static json_t *scan_json(const json_t *scan)
{
	const char *status = json_string_value(json_object_get(scan,
							       "status"));

	return json_pack("{s:o, s:s, s:o, s:o}",
			 "scan", number_of(scan, "index"),
			 "status", status ? status : "unknown",
			 "photos", number_of(scan, "photo_count"),
			 "bytes", number_of(scan, "total_size_bytes"));
}

static json_t *project_json(const struct daemon *daemon, const char *name,
			    char *why)
{
	json_t *project = project_read(daemon->projects, name, why);
	json_t *scans = json_array(), *scan, *created;
	json_int_t bytes = 0;
	const char *key;

	if (!project) {
		json_decref(scans);
		return NULL;
	}
	json_object_foreach(json_object_get(project, "scans"), key, scan) {
		json_array_append_new(scans, scan_json(scan));
		bytes += json_integer_value(json_object_get(scan,
						"total_size_bytes"));
	}
	created = json_object_get(project, "created");
	scan = json_pack("{s:s, s:O?, s:I, s:o}", "project", name, "created",
			 json_is_string(created) ? created : NULL,
			 "bytes", bytes, "scans", scans);
	json_decref(project);
	return scan;
}

void api_projects(struct daemon *daemon, const struct http_request *request,
		  struct http_response *response)
{
	char why[PROJECT_ERROR_LEN];
	json_t *names = project_list(daemon->projects, why);
	json_t *list = json_array(), *name;
	size_t index;

	if (!names) {
		json_decref(list);
		http_error(response, 500, "%s", why);
		return;
	}
	/* One that is being made or deleted just now is left out. */
	json_array_foreach(names, index, name)
		json_array_append_new(list, project_json(daemon,
						json_string_value(name), why));
	json_decref(names);
	http_json(response, 200, json_pack("{s:o}", "projects", list));
}

void api_project(struct daemon *daemon, const struct http_request *request,
		 struct http_response *response)
{
	char why[PROJECT_ERROR_LEN];

	http_give(response, 200,
		  project_json(daemon, request->parameter[0], why), why);
}

/* 0: it is none, and that has been answered. */
static unsigned int take_scan(const char *text, struct http_response *response)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long scan = strtoul(text, NULL, 10);

	if (digits && digits <= 4 && !text[digits] && scan)
		return scan;
	http_error(response, 404, "wanted the number of a scan, found \"%.80s\"",
		   text);
	return 0;
}

static json_t *read_scan(struct daemon *daemon,
			 const struct http_request *request,
			 struct http_response *response)
{
	char why[PROJECT_ERROR_LEN];
	unsigned int index = take_scan(request->parameter[1], response);
	json_t *scan;

	if (!index)
		return NULL;
	scan = project_scan_read(daemon->projects, request->parameter[0],
				 index, why);
	if (!scan)
		http_errno(response, errno, why);
	return scan;
}

void api_scan(struct daemon *daemon, const struct http_request *request,
	      struct http_response *response)
{
	json_t *scan = read_scan(daemon, request, response);

	if (scan)
		http_json(response, 200, scan);
}

/* @scan: 0: the project's own folder. */
static int open_folder(const struct daemon *daemon, const char *project,
		       unsigned int scan, struct http_response *response)
{
	char path[PATH_MAX], why[PROJECT_ERROR_LEN], below[16] = "";
	int fd;

	if (project_name_check(project, why)) {
		http_error(response, 404, "%s", why);
		return -1;
	}
	if (scan)
		snprintf(below, sizeof(below), "/scan%02u", scan);
	snprintf(path, sizeof(path), "%s/%s%s", daemon->projects, project,
		 below);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		http_error(response, 404, "wanted %.300s%s, found: %s; see the list of projects",
			   project, below, strerror(errno));
	return fd;
}

static void add_photo(json_t *list, int folder, const char *name)
{
	struct stat status;

	if (name && !strchr(name, '/') &&
	    !fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) &&
	    S_ISREG(status.st_mode))
		json_array_append_new(list, json_pack("{s:s, s:I}", "file",
						      name, "bytes",
						      (json_int_t)
						      status.st_size));
}

void api_photos(struct daemon *daemon, const struct http_request *request,
		struct http_response *response)
{
	json_t *scan = read_scan(daemon, request, response);
	json_t *list, *name;
	size_t index;
	int folder;

	if (!scan)
		return;
	folder = open_folder(daemon, request->parameter[0],
			     atoi(request->parameter[1]), response);
	if (folder >= 0) {
		list = json_array();
		json_array_foreach(json_object_get(scan, "photos"), index,
				   name)
			add_photo(list, folder, json_string_value(name));
		close(folder);
		http_json(response, 200, json_pack("{s:o}", "photos", list));
	}
	json_decref(scan);
}

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".jpg", "image/jpeg" },
	{ ".png", "image/png" },
	{ ".tiff", "image/tiff" },
	{ ".dng", "image/x-adobe-dng" },
	{ ".h5", "application/x-hdf5" },
	{ ".raw", "application/octet-stream" },
};

/* NULL: nothing that is given away. */
static const char *type_of(const char *name)
{
	size_t length = strlen(name), suffix;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		suffix = strlen(types[i].suffix);
		if (length > suffix && name[0] != '.' &&
		    !strcmp(name + length - suffix, types[i].suffix))
			return types[i].type;
	}
	return NULL;
}

/* The folder is closed. */
static void give_file(struct http_response *response, int folder,
		      const char *name)
{
	const char *type = type_of(name);
	struct stat status;
	int fd = -1;

	if (type && !strchr(name, '/'))
		fd = openat(folder, name,
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	close(folder);
	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode)) {
		if (fd >= 0)
			close(fd);
		http_error(response, 404, "no photo \"%.200s\" here; see the list of photos",
			   name);
		return;
	}
	response->status = 200;
	response->type = type;
	response->file = fd;
	response->has_file = true;
	response->length = status.st_size;
}

void api_photo(struct daemon *daemon, const struct http_request *request,
	       struct http_response *response)
{
	unsigned int scan = take_scan(request->parameter[1], response);
	int folder;

	if (!scan)
		return;
	folder = open_folder(daemon, request->parameter[0], scan, response);
	if (folder >= 0)
		give_file(response, folder, request->parameter[2]);
}

void api_thumbnail(struct daemon *daemon, const struct http_request *request,
		   struct http_response *response)
{
	int folder = open_folder(daemon, request->parameter[0], 0, response);

	if (folder >= 0)
		give_file(response, folder, "thumbnail.jpg");
}

/* Names of projects have no quotes in them. */
static void give_zip(struct daemon *daemon, struct http_response *response,
		     const char *project, const char *folder)
{
	int fd = zip_folder(daemon->projects, folder);

	if (fd < 0) {
		http_error(response, errno == EBUSY ? 503 : 500,
			   "wanted %.300s as a zip file, found: %s; try again later",
			   folder, errno == EBUSY ?
			   "that others are being made" : strerror(errno));
		return;
	}
	response->status = 200;
	response->type = "application/zip";
	response->file = fd;
	response->has_file = true;
	response->length = -1;
	response->header = "content-disposition:";
	snprintf(response->value, sizeof(response->value),
		 "attachment; filename=\"%s.zip\"", project);
}

void api_zip(struct daemon *daemon, const struct http_request *request,
	     struct http_response *response)
{
	const char *project = request->parameter[0];
	const char *text = http_query(request, "scan");
	char folder[PROJECT_NAME_BYTES + 16];
	unsigned int scan = 0;
	int fd;

	if (text) {
		scan = take_scan(text, response);
		if (!scan)
			return;
	}
	fd = open_folder(daemon, project, scan, response);
	if (fd < 0)
		return;
	close(fd);
	snprintf(folder, sizeof(folder), scan ? "%s/scan%02u" : "%s", project,
		 scan);
	give_zip(daemon, response, project, folder);
}
