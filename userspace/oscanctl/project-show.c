// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl project show. */
#include <stdio.h>
#include <string.h>
#include "project-command.h"
#include "project.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : "-";
}

const char *project_bytes(const json_t *bytes, char text[32])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double value = json_number_value(bytes);
	size_t unit = 0;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(*units)) {
		value /= 1000;
		unit++;
	}
	snprintf(text, 32, unit && value < 99.95 ? "%.1f %s" : "%.0f %s",
		 value, units[unit]);
	return text;
}

static void show_settings(const char *head, const json_t *settings)
{
	json_t *value;
	const char *key;

	if (json_object_size(settings))
		printf("\n%s\n", head);
	json_object_foreach((json_t *)settings, key, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY |
					JSON_REAL_PRECISION(9));

		printf("  %-24s%s\n", key, text ? text : "?");
		free(text);
	}
}

static void show_scan(const json_t *scan)
{
	const json_t *duration = json_object_get(scan, "duration");
	char bytes[32];

	printf("scan      %lld of %s\n"
	       "status    %s\n"
	       "message   %s\n"
	       "created   %s\n"
	       "camera    %s\n"
	       "photos    %lld\n"
	       "size      %s\n"
	       "duration  %.1f s\n",
	       (long long)json_integer_value(json_object_get(scan, "index")),
	       text_of(scan, "project_name"), text_of(scan, "status"),
	       text_of(scan, "system_message"), text_of(scan, "created"),
	       text_of(scan, "camera_name"),
	       (long long)json_integer_value(json_object_get(scan,
							     "photo_count")),
	       project_bytes(json_object_get(scan, "total_size_bytes"),
			     bytes),
	       json_number_value(duration));
	show_settings("settings", json_object_get(scan, "settings"));
	show_settings("camera", json_object_get(scan, "camera_settings"));
}

static void show_line(const json_t *scan)
{
	char bytes[32];

	printf("%4lld  %-12s %6lld %10s %8.0f s  %-19.19s  %s\n",
	       (long long)json_integer_value(json_object_get(scan, "index")),
	       text_of(scan, "status"),
	       (long long)json_integer_value(json_object_get(scan,
							     "photo_count")),
	       project_bytes(json_object_get(scan, "total_size_bytes"),
			     bytes),
	       json_number_value(json_object_get(scan, "duration")),
	       text_of(scan, "created"), text_of(scan, "camera_name"));
}

static int show_project(const json_t *project)
{
	json_t *scans = json_object_get(project, "scans"), *scan;
	const char *key, *error;
	int status = EXIT_SUCCESS;

	printf("project   %s\nfolder    %s\ncreated   %s\n",
	       text_of(project, "name"), text_of(project, "path"),
	       text_of(project, "created"));
	if (json_object_size(scans))
		printf("\nSCAN  %-12s PHOTOS       SIZE   DURATION  %-19s  CAMERA\n",
		       "STATUS", "CREATED");
	json_object_foreach(scans, key, scan) {
		if (!json_object_get(scan, "error"))
			show_line(scan);
	}
	json_object_foreach(scans, key, scan) {
		error = json_string_value(json_object_get(scan, "error"));
		if (error)
			status = fail("%s", error);
	}
	return status;
}

int project_show(const struct project_request *request)
{
	char error[PROJECT_ERROR_LEN];
	int status = EXIT_SUCCESS;
	json_t *told;

	told = request->scan ? project_scan_read(request->root, request->name,
						 request->scan, error)
			     : project_read(request->root, request->name,
					    error);
	if (!told)
		return fail("%s", error);
	if (request->json)
		return print_json(told);
	if (request->scan)
		show_scan(told);
	else
		status = show_project(told);
	json_decref(told);
	return status;
}
