// SPDX-License-Identifier: GPL-2.0-or-later
/* The project and the folder of a capture scan, new or to be taken up. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "capture-parts.h"
#include "capture-settings.h"

static int place_failed(struct capture *capture, const char *what)
{
	return capture_fail(capture, errno,
			    "wanted to write %s in %.200s, found: %s; free some space or make the folder writable",
			    what, project_scan_folder(capture->scan),
			    strerror(errno));
}

static void path_file(const struct capture *capture, char *file, size_t size)
{
	snprintf(file, size, "%s/path.json",
		 project_scan_folder(capture->scan));
}

static int freeze_path(struct capture *capture)
{
	char file[CAPTURE_PATH_LEN];

	path_file(capture, file, sizeof(file));
	if (!path_save(&capture->path, file, capture->request->project,
		       project_scan_index(capture->scan)))
		return 0;
	return place_failed(capture, "path.json");
}

static json_t *camera_json(const struct capture *capture)
{
	const struct camera_settings *settings = &capture->settings;

	return json_pack("{s:f, s:f, s:i, s:i, s:i, s:i}",
			 "shutter", settings->exposure_ns / 1e6,
			 "gain", settings->gain,
			 "jpeg_quality", (int)capture->request->quality,
			 "orientation_flag",
			 (int)capture->request->orientation,
			 "width", (int)settings->width,
			 "height", (int)settings->height);
}

static const char *camera_name(const struct capture *capture)
{
	if (!capture->camera)
		return capture->request->trigger;
	return capture->request->camera->model(capture->camera);
}

static void lock_asked(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	struct capture_locked *locked = &capture->locked;

	for (int i = 0; i < CAPTURE_AXES; i++)
		locked->begin_deg[i] = capture_angle(capture, i);
	locked->trusted = request->trust;
	locked->exposure_ns = request->exposure_ns ?
			      capture->settings.exposure_ns : 0;
	locked->gain = request->gain ? capture->settings.gain : 0;
	locked->red_gain = request->red_gain;
	locked->blue_gain = request->blue_gain;
	locked->lens_dpt = request->lens_dpt;
}

static int new_scan(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	char why[PROJECT_ERROR_LEN];

	lock_asked(capture);
	capture->scan = project_scan_new(capture->project,
					 capture_settings_json(request),
					 camera_name(capture),
					 camera_json(capture), why);
	if (!capture->scan)
		return capture_fail(capture, errno, "%s", why);
	capture->under_way = true;
	if (freeze_path(capture))
		return -1;
	return capture_locked_save(capture);
}

/* Killed before the order was frozen, a scan has none, and no photo. */
static int load_path(struct capture *capture)
{
	char why[PATH_ERROR_LEN], file[CAPTURE_PATH_LEN];

	path_file(capture, file, sizeof(file));
	if (!path_load(&capture->path, file, why))
		return capture_check_path(capture, false);
	capture->path = (struct path){ 0 };
	if (errno != ENOENT || project_scan_photos(capture->scan))
		return capture_fail(capture, errno, "%s", why);
	return capture_make_path(capture) || freeze_path(capture) ? -1 : 0;
}

/* Of a size that the camera did not tell nothing can be said. */
static bool is_other(json_int_t began, uint32_t now)
{
	return began && now && began != now;
}

/* Photos of another camera, or of another size, are of no use beside these. */
static int check_same_camera(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_settings *settings = &capture->settings;
	const char *name = camera_name(capture), *began;
	json_int_t width = 0, height = 0;
	char why[PROJECT_ERROR_LEN];
	json_t *scan;

	scan = project_scan_read(project_root(request->root),
				 request->project, request->resume_scan, why);
	if (!scan)
		return capture_fail(capture, errno, "%s", why);
	began = json_string_value(json_object_get(scan, "camera_name"));
	json_unpack(scan, "{s:{s:I, s:I}}", "camera_settings",
		    "width", &width, "height", &height);
	if (began && strcmp(began, name))
		capture_fail(capture, ENODEV,
			     "wanted the camera %.80s, with which the scan began, found %.80s; connect that one, or begin a new scan",
			     began, name);
	else if (is_other(width, settings->width) ||
		 is_other(height, settings->height))
		capture_fail(capture, EINVAL,
			     "wanted photos of %lldx%lld pixels, with which the scan began, found that the camera %.80s gives %ux%u; set it as it was, or begin a new scan",
			     (long long)width, (long long)height, name,
			     settings->width, settings->height);
	json_decref(scan);
	return capture->error ? -1 : 0;
}

static int old_scan(struct capture *capture)
{
	char why[PROJECT_ERROR_LEN];

	lock_asked(capture);
	capture->scan = project_scan_open(capture->project,
					  capture->request->resume_scan, why);
	if (!capture->scan)
		return capture_fail(capture, errno, "%s", why);
	if (check_same_camera(capture) || load_path(capture))
		return -1;
	capture->earlier_s = project_scan_duration(capture->scan);
	return capture_locked_load(capture);
}

int capture_open_project(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	char why[PROJECT_ERROR_LEN];
	int failed;

	capture->project = project_open(project_root(request->root),
					request->project,
					!request->resume_scan, why);
	if (!capture->project)
		return capture_fail(capture, errno, "%s", why);
	failed = request->resume_scan ? old_scan(capture) : new_scan(capture);
	if (!capture->scan)
		return failed;
	capture->result->scan = project_scan_index(capture->scan);
	snprintf(capture->result->folder, sizeof(capture->result->folder),
		 "%s", project_scan_folder(capture->scan));
	return failed;
}
