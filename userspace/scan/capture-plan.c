// SPDX-License-Identifier: GPL-2.0-or-later
/* What a capture scan comes to: points, moves, photos, memory and space. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include "capture-parts.h"

/* Where nothing is known of the size of a photo: a large JPEG. */
#define PHOTO_BYTES (10u << 20)
/* What is kept beside a photo: its metadata, and a line of the journal. */
#define METADATA_BYTES 8192

/* From where the axes stand; what has no axis stands where the path says. */
static void time_path(struct capture *capture, bool order)
{
	struct path *path = &capture->path;
	double theta_deg = capture_angle(capture, CAPTURE_THETA);
	double phi_deg = capture_angle(capture, CAPTURE_PHI);

	if (isnan(theta_deg))
		theta_deg = path->points[0].theta_deg;
	if (isnan(phi_deg))
		phi_deg = path->points[0].phi_deg;
	(order ? path_order : path_time)(path,
					 &capture->axis[CAPTURE_THETA].path,
					 &capture->axis[CAPTURE_PHI].path,
					 theta_deg, phi_deg);
}

int capture_check_path(struct capture *capture, bool order)
{
	char why[PATH_ERROR_LEN];

	if (path_check(&capture->path, &capture->axis[CAPTURE_THETA].path,
		       &capture->axis[CAPTURE_PHI].path, why))
		return capture_fail(capture, errno, "%s", why);
	time_path(capture, order);
	return 0;
}

int capture_make_path(struct capture *capture)
{
	char why[PATH_ERROR_LEN];

	if (path_make(&capture->request->path, &capture->path, why)) {
		capture->path = (struct path){ 0 };
		return capture_fail(capture, errno, "%s", why);
	}
	return capture_check_path(capture, capture->request->optimise);
}

/* Only moves to points that lack a photo. */
static double plan_moves(struct capture *capture)
{
	const struct path_axis *theta = &capture->axis[CAPTURE_THETA].path;
	const struct path_axis *phi = &capture->axis[CAPTURE_PHI].path;
	const struct path_point *to;
	double at[CAPTURE_AXES], sum = 0;

	for (int i = 0; i < CAPTURE_AXES; i++)
		at[i] = capture_angle(capture, i);
	for (size_t i = 0; i < capture->path.count; i++) {
		capture->point = i;
		capture->shot = 0;
		if (capture->scan && !capture_seek(capture)) {
			capture->points_before++;
			continue;
		}
		to = &capture->path.points[i];
		capture->moves_s[i] =
			fmax(theta->present ?
			     path_move_seconds(theta, at[0], to->theta_deg) : 0,
			     phi->present ?
			     path_move_seconds(phi, at[1], to->phi_deg) : 0);
		at[0] = to->theta_deg;
		at[1] = to->phi_deg;
		sum += capture->moves_s[i];
	}
	capture->point = 0;
	capture->shot = 0;
	return sum;
}

/* Lossless formats as they are, JPEG of the best quality a byte a pixel. */
static uint64_t estimate(const struct capture *capture)
{
	uint64_t pixels = (uint64_t)capture->settings.width *
			  capture->settings.height;
	uint32_t format = capture->settings.format;

	if (!capture->camera)
		return METADATA_BYTES;
	if (!pixels)
		return PHOTO_BYTES;
	if (format == CAMERA_FORMAT_JPEG ||
	    capture->request->format == PHOTO_JPEG)
		return pixels + METADATA_BYTES;
	return pixels * camera_bytes_per_pixel(format) + METADATA_BYTES;
}

static uint64_t frame_bytes(const struct capture *capture)
{
	uint64_t bytes = (uint64_t)capture->settings.width *
			 capture->settings.height *
			 camera_bytes_per_pixel(capture->settings.format);

	return capture->camera && !bytes ? PHOTO_BYTES : bytes;
}

int capture_plan(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	struct capture_result *result = capture->result;

	capture->moves_s = calloc(capture->path.count,
				  sizeof(*capture->moves_s));
	if (!capture->moves_s)
		return capture_fail(capture, ENOMEM,
				    "wanted memory for %zu points, found none; end other programs",
				    capture->path.count);
	capture->moves_left_s = plan_moves(capture);
	result->points_total = capture->path.count;
	result->photos_total = (uint64_t)capture->path.count *
			       capture_shots(request);
	result->photos_saved = capture->scan ?
			       project_scan_photos(capture->scan) : 0;
	result->moves_s = capture->moves_left_s;
	result->unordered_moves_s = capture->path.unordered_seconds;
	result->photo_bytes = estimate(capture);
	result->memory_bytes = frame_bytes(capture) *
			       (request->queue + request->workers);
	return 0;
}

/* Of the folder, or of the part of its path that is there. */
static uint64_t free_bytes(const char *folder)
{
	char path[CAPTURE_PATH_LEN];
	struct statvfs space;
	char *slash;

	snprintf(path, sizeof(path), "%s", folder);
	while (statvfs(path, &space)) {
		slash = strrchr(path, '/');
		if (errno != ENOENT)
			return UINT64_MAX;
		if (!slash)
			strcpy(path, ".");
		else if (slash == path)
			strcpy(path, "/");
		else
			*slash = '\0';
	}
	return (uint64_t)space.f_bavail * space.f_frsize;
}

int capture_check_space(struct capture *capture, uint64_t photos)
{
	const struct capture_request *request = capture->request;
	struct capture_result *result = capture->result;
	const char *folder = capture->scan ?
			     project_scan_folder(capture->scan) :
			     project_root(request->root);
	uint64_t wanted = photos * result->photo_bytes +
			  request->keep_free_bytes;

	result->free_bytes = free_bytes(folder);
	if (capture->saver)
		wanted += capture_saver_used(capture) * result->photo_bytes;
	if (result->free_bytes >= wanted)
		return 0;
	return capture_fail(capture, ENOSPC,
			    "wanted %.1f MB for %llu photos and %.1f MB left free in %.200s, found %.1f MB; free some space there, take fewer or smaller photos, or leave less free",
			    (wanted - request->keep_free_bytes) / 1e6,
			    (unsigned long long)photos,
			    request->keep_free_bytes / 1e6, folder,
			    result->free_bytes / 1e6);
}
