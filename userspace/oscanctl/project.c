// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl project: what capture scans have left on the disk. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "project-command.h"
#include "project.h"

enum {
	OPTION_ROOT = OPTION_OWN,
	OPTION_SCAN,
	OPTION_YES,
	OPTION_COLMAP,
	OPTION_TRANSFORMS,
	OPTION_CSV,
	OPTION_ZIP,
	OPTION_FOCAL,
	OPTION_CLOCKWISE,
};

static const struct option_text option_texts[] = {
	{ "root", OPTION_ROOT, "DIR",
	  "folder of all projects, $OPENSCAN_PROJECT_DIR or projects if not given" },
	{ "scan", OPTION_SCAN, "N", "only this scan, 1 is the first" },
	{ "yes", OPTION_YES, NULL, "of delete: for good, and no way back" },
	{ "colmap", OPTION_COLMAP, "DIR",
	  "of export: a COLMAP model with the poses" },
	{ "transforms", OPTION_TRANSFORMS, "FILE",
	  "of export: transforms.json, as NeRF programs read it" },
	{ "csv", OPTION_CSV, "FILE", "of export: the poses as a table" },
	{ "zip", OPTION_ZIP, "FILE",
	  "of export: all files of the scan, or of the project" },
	{ "focal", OPTION_FOCAL, "PX",
	  "of export: focal length in pixels, where a photo says none" },
	{ "clockwise", OPTION_CLOCKWISE, NULL,
	  "of export: the turntable turns so, seen from above" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "project",
	.operands = "ACTION [PROJECT]",
	.least = 1,
	.most = 2,
	.text = "List the projects of capture scans, or show, stack, export or delete one.",
	.options = option_texts,
};

static json_t *read_all(const char *root)
{
	char error[PROJECT_ERROR_LEN];
	json_t *names = project_list(root, error), *all, *name, *project;
	size_t n;

	if (!names) {
		fail("%s", error);
		return NULL;
	}
	all = json_array();
	json_array_foreach(names, n, name) {
		project = project_read(root, json_string_value(name), error);
		/* The others can be seen all the same. */
		if (!project)
			project = json_pack("{s:O, s:s}", "name", name,
					    "error", error);
		json_array_append_new(all, project);
	}
	json_decref(names);
	return all;
}

static void show_line(const json_t *project)
{
	const json_t *scans = json_object_get(project, "scans"), *scan;
	json_int_t photos = 0, bytes = 0;
	json_t *sum;
	char text[32];
	const char *key;

	json_object_foreach((json_t *)scans, key, scan) {
		photos += json_integer_value(json_object_get(scan,
							     "photo_count"));
		bytes += json_integer_value(json_object_get(scan,
						"total_size_bytes"));
	}
	sum = json_integer(bytes);
	printf("%5zu %7lld %10s  %-19.19s  %s\n", json_object_size(scans),
	       (long long)photos, project_bytes(sum, text),
	       json_string_value(json_object_get(project, "created")) ?: "-",
	       json_string_value(json_object_get(project, "name")));
	json_decref(sum);
}

static int list(const struct project_request *request)
{
	json_t *all = read_all(request->root), *project;
	size_t n;

	if (!all)
		return EXIT_FAILURE;
	if (request->json)
		return print_json(all);
	if (json_array_size(all))
		printf("SCANS  PHOTOS       SIZE  %-19s  NAME\n", "CREATED");
	json_array_foreach(all, n, project) {
		if (!json_object_get(project, "error"))
			show_line(project);
	}
	json_array_foreach(all, n, project) {
		if (json_object_get(project, "error"))
			note("%s", json_string_value(json_object_get(project,
								"error")));
	}
	json_decref(all);
	return EXIT_SUCCESS;
}

static int delete(const struct project_request *request)
{
	char error[PROJECT_ERROR_LEN];

	if (!request->yes)
		return wrong_usage("delete: wanted --yes, found none; its photos would be gone for good");
	if (project_delete(request->root, request->name, request->scan,
			   error))
		return fail("%s", error);
	return EXIT_SUCCESS;
}

static const struct action {
	const char *name;
	bool takes_name;
	int (*run)(const struct project_request *request);
} actions[] = {
	{ "list", false, list },
	{ "show", true, project_show },
	{ "stack", true, project_stack },
	{ "export", true, project_export },
	{ "delete", true, delete },
};

#define ACTIONS (sizeof(actions) / sizeof(*actions))

static const struct action *find_action(const char *name)
{
	const char *names[ACTIONS];

	for (size_t n = 0; n < ACTIONS; n++) {
		if (!strcmp(actions[n].name, name))
			return &actions[n];
		names[n] = actions[n].name;
	}
	unknown_word("action", name, names, ACTIONS);
	return NULL;
}

static bool is_export(const struct project_request *request)
{
	return request->colmap || request->transforms || request->csv ||
	       request->zip || request->focal_px || request->clockwise;
}

static int run(const struct options *options, struct project_request *request)
{
	const struct action *action = find_action(options->argv[1]);

	if (!action)
		return EXIT_USAGE;
	if (options->count > 1)
		request->name = options->argv[2];
	if (action->takes_name && !request->name)
		return wrong_usage("%s: wanted the name of a project, found none",
				   action->name);
	if (!action->takes_name && request->name)
		return wrong_usage("%s: wanted nothing behind it, found \"%s\"",
				   action->name, request->name);
	if (!action->takes_name && request->scan)
		return wrong_usage("--scan: wanted with one project, found with %s",
				   action->name);
	if (request->yes && action->run != delete)
		return wrong_usage("--yes: wanted with delete, found with %s",
				   action->name);
	if (is_export(request) && action->run != project_export)
		return wrong_usage("--colmap, --transforms, --csv, --zip, --focal and --clockwise: wanted with export, found with %s",
				   action->name);
	return action->run(request);
}

static int parse_scan(const char *text, unsigned int *scan)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || end == text || value < 1 ||
	    value > PROJECT_SCANS_MAX)
		return wrong_usage("--scan: wanted 1 to %d, found \"%s\"",
				   PROJECT_SCANS_MAX, text);
	*scan = value;
	return 0;
}

static int parse_focal(const char *text, double *focal_px)
{
	char *end;

	*focal_px = strtod(text, &end);
	if (*text && !*end && *focal_px > 0 && *focal_px < 1e9)
		return 0;
	return wrong_usage("--focal: wanted pixels, more than zero, found \"%s\"",
			   text);
}

static int take_option(struct project_request *request, int key,
		       const char *value)
{
	switch (key) {
	case OPTION_ROOT:
		request->root = value;
		return 0;
	case OPTION_SCAN:
		return parse_scan(value, &request->scan);
	case OPTION_YES:
		request->yes = true;
		return 0;
	case OPTION_COLMAP:
		request->colmap = value;
		return 0;
	case OPTION_TRANSFORMS:
		request->transforms = value;
		return 0;
	case OPTION_CSV:
		request->csv = value;
		return 0;
	case OPTION_ZIP:
		request->zip = value;
		return 0;
	case OPTION_FOCAL:
		return parse_focal(value, &request->focal_px);
	default:
		request->clockwise = true;
		return 0;
	}
}

int cmd_project(int argc, char **argv)
{
	struct project_request request = { 0 };
	struct options options;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		if (take_option(&request, key, options.value))
			return EXIT_USAGE;
	}
	if (key < 0)
		return options.status;
	request.json = options.json;
	request.root = project_root(request.root);
	return run(&options, &request);
}
