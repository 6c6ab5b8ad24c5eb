// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl project export: a scan for other programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "export.h"
#include "project-command.h"
#include "project.h"

/* Room for the folder of a scan. */
#define PATH_LEN 4096

static int write_all(const struct project_request *request,
		     const struct export_scan *scan)
{
	char error[EXPORT_ERROR_LEN];

	if (request->colmap && export_colmap(scan, request->colmap, error))
		return fail("%s", error);
	if (request->transforms &&
	    export_transforms(scan, request->transforms, error))
		return fail("%s", error);
	if (request->csv && export_csv(scan, request->csv, error))
		return fail("%s", error);
	return 0;
}

static void note_flaws(const struct export_scan *scan)
{
	if (scan->commanded)
		note("%zu of %zu photos have no measured pose, so theirs is the one that was asked for",
		     scan->commanded, scan->count);
	if (scan->left_out)
		note("%zu photos are left out, the first because %s",
		     scan->left_out, scan->why);
}

/* The scan, where a project has but one. Return: exit status */
static int only_scan(const struct project_request *request,
		     unsigned int *index)
{
	char error[PROJECT_ERROR_LEN];
	json_t *project = project_read(request->root, request->name, error);
	json_t *scans = json_object_get(project, "scans"), *scan;
	int status = EXIT_SUCCESS;
	const char *name;

	if (!project)
		return fail("%s", error);
	json_object_foreach(scans, name, scan)
		*index = json_integer_value(json_object_get(scan, "index"));
	if (json_object_size(scans) != 1)
		status = wrong_usage("export: wanted --scan, found a project of %zu scans",
				     json_object_size(scans));
	json_decref(project);
	return status;
}

/* Return: exit status; @photos: out: number of them that were described */
static int export_poses(const struct project_request *request,
			unsigned int index, size_t *photos)
{
	char folder[PATH_LEN], error[PROJECT_ERROR_LEN];
	struct export_scan scan;
	json_t *document;
	int status;

	document = project_scan_read(request->root, request->name, index,
				     error);
	if (!document)
		return fail("%s", error);
	snprintf(folder, sizeof(folder), "%s/%s/scan%02u", request->root,
		 request->name, index);
	if (export_open(folder, document, request->focal_px,
			request->clockwise, &scan, error)) {
		status = fail("%s", error);
	} else {
		status = write_all(request, &scan);
		*photos = scan.count;
		if (!status)
			note_flaws(&scan);
		export_close(&scan);
	}
	json_decref(document);
	return status;
}

/* The scan, or with none named the whole project. */
static int write_zip(const struct project_request *request, size_t *files)
{
	char folder[PATH_LEN], error[EXPORT_ERROR_LEN];
	int length;

	length = snprintf(folder, sizeof(folder), "%s/%s", request->root,
			  request->name);
	if (request->scan && length < (int)sizeof(folder))
		snprintf(folder + length, sizeof(folder) - length,
			 "/scan%02u", request->scan);
	if (export_zip(folder, request->zip, files, error))
		return fail("%s", error);
	return 0;
}

int project_export(const struct project_request *request)
{
	bool poses = request->colmap || request->transforms || request->csv;
	unsigned int index = request->scan;
	char error[PROJECT_ERROR_LEN];
	size_t photos = 0, files = 0;
	int status = 0;

	if (!poses && !request->zip)
		return wrong_usage("export: wanted --colmap, --transforms, --csv or --zip, found none");
	if (project_name_check(request->name, error))
		return fail("%s", error);
	if (poses && !index)
		status = only_scan(request, &index);
	if (poses && !status)
		status = export_poses(request, index, &photos);
	if (!status && request->zip)
		status = write_zip(request, &files);
	if (status)
		return status;
	if (request->json)
		return print_json(json_pack("{s:I, s:I}", "photos",
					    (json_int_t)photos, "files",
					    (json_int_t)files));
	if (poses)
		printf("photos    %zu\n", photos);
	if (request->zip)
		printf("files     %zu\n", files);
	return EXIT_SUCCESS;
}
