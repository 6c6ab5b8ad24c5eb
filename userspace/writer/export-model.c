// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cameras with known poses. Both programs have the corner of the first pixel at
 * 0, so that the middle of the image is at half its size.
 */
#include "export-text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int check_focal(const struct export_scan *scan, char *error)
{
	for (size_t i = 0; i < scan->count; i++)
		if (!(scan->photos[i].focal_px > 0))
			return export_fail(error, ENODATA,
					   "wanted the focal length of %s, found neither focal_length_mm nor pixel_um in its metadata; give one in pixels",
					   scan->photos[i].file);
	return 0;
}

static bool same_camera(const struct export_photo *a,
			const struct export_photo *b)
{
	return a->width == b->width && a->height == b->height &&
	       a->focal_px == b->focal_px;
}

/* The first photo that was taken with the camera of number @i */
static size_t camera_of(const struct export_scan *scan, size_t i)
{
	size_t first = 0;

	while (!same_camera(&scan->photos[first], &scan->photos[i]))
		first++;
	return first;
}

static int write_cameras(const struct export_scan *scan, const char *path,
			 char *error)
{
	const struct export_photo *photo;
	struct export_text text;

	if (export_text_begin(&text, error))
		return -1;
	fputs("# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n", text.out);
	for (size_t i = 0; i < scan->count; i++) {
		photo = &scan->photos[i];
		if (camera_of(scan, i) != i)
			continue;
		fprintf(text.out, "%zu PINHOLE %u %u %.9g %.9g %.9g %.9g\n",
			i + 1, photo->width, photo->height, photo->focal_px,
			photo->focal_px, photo->width / 2.0,
			photo->height / 2.0);
	}
	return export_text_end(&text, path, error);
}

static double dot(const double a[3], const double b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Two lines an image; the second is for points that were found in it. */
static int write_images(const struct export_scan *scan, const char *path,
			char *error)
{
	double place[3], axes[3][3], turn[4];
	struct export_text text;

	if (export_text_begin(&text, error))
		return -1;
	fputs("# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME\n"
	      "# POINTS2D[] as (X, Y, POINT3D_ID)\n", text.out);
	for (size_t i = 0; i < scan->count; i++) {
		export_pose(&scan->photos[i], place, axes);
		export_quaternion(axes, turn);
		fprintf(text.out,
			"%zu %.15g %.15g %.15g %.15g %.12g %.12g %.12g %zu %s\n\n",
			i + 1, turn[0], turn[1], turn[2], turn[3],
			0 - dot(axes[0], place), 0 - dot(axes[1], place),
			0 - dot(axes[2], place), camera_of(scan, i) + 1,
			scan->photos[i].file);
	}
	return export_text_end(&text, path, error);
}

static int write_points(const char *path, char *error)
{
	struct export_text text;

	if (export_text_begin(&text, error))
		return -1;
	fputs("# POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[]\n", text.out);
	return export_text_end(&text, path, error);
}

int export_colmap(const struct export_scan *scan, const char *folder,
		  char error[EXPORT_ERROR_LEN])
{
	static const char *const names[] = {
		"cameras.txt", "images.txt", "points3D.txt",
	};
	char paths[3][PATH_MAX];

	if (check_focal(scan, error))
		return -1;
	if (mkdir(folder, 0777) && errno != EEXIST)
		return export_fail(error, errno,
				   "wanted to make the folder %s, found: %s; choose another one",
				   folder, strerror(errno));
	for (int i = 0; i < 3; i++)
		if (snprintf(paths[i], PATH_MAX, "%s/%s", folder, names[i]) >=
		    PATH_MAX)
			return export_fail(error, ENAMETOOLONG,
					   "wanted a shorter name than %.100s...",
					   folder);
	if (write_cameras(scan, paths[0], error) ||
	    write_images(scan, paths[1], error))
		return -1;
	return write_points(paths[2], error);
}

/* ---- transforms.json ---- */

/* The folder of @file; "" if it cannot be found */
static void folder_of(const char *file, char folder[PATH_MAX])
{
	char given[PATH_MAX] = ".";
	const char *slash = strrchr(file, '/');

	folder[0] = '\0';
	if (slash && snprintf(given, sizeof(given), "%.*s",
			      (int)(slash - file + 1), file) >= PATH_MAX)
		return;
	if (!realpath(given, folder))
		folder[0] = '\0';
}

/* Camera to world; y is up and z backward. */
static json_t *matrix_json(const struct export_photo *photo)
{
	static const double signs[3] = { 1, -1, -1 };
	double place[3], axes[3][3];
	json_t *rows = json_array(), *row;

	export_pose(photo, place, axes);
	for (int i = 0; i < 3; i++) {
		row = json_array();
		for (int j = 0; j < 3; j++)
			json_array_append_new(row,
				json_real(signs[j] * axes[j][i]));
		json_array_append_new(row, json_real(place[i]));
		json_array_append_new(rows, row);
	}
	json_array_append_new(rows, json_pack("[f, f, f, f]", 0.0, 0.0, 0.0,
					      1.0));
	return rows;
}

static json_t *frame_json(const struct export_scan *scan, size_t i,
			  bool beside)
{
	const struct export_photo *photo = &scan->photos[i];
	char path[PATH_MAX + EXPORT_FILE_LEN];

	snprintf(path, sizeof(path), "%s/%s", scan->folder, photo->file);
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:i, s:i, s:f, s:o}",
			 "file_path", beside ? photo->file : path,
			 "fl_x", photo->focal_px, "fl_y", photo->focal_px,
			 "cx", photo->width / 2.0, "cy", photo->height / 2.0,
			 "w", (int)photo->width, "h", (int)photo->height,
			 "camera_angle_x",
			 2 * atan(photo->width / (2 * photo->focal_px)),
			 "transform_matrix", matrix_json(photo));
}

/* What all photos have in common, most programs look for at the top. */
static json_t *transforms_json(const struct export_scan *scan, bool beside)
{
	const struct export_photo *photo = &scan->photos[0];
	json_t *frames = json_array();

	for (size_t i = 0; i < scan->count; i++)
		json_array_append_new(frames, frame_json(scan, i, beside));
	/* instant-ngp: the camera's arc has the radius 1 around the middle. */
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:i, s:i, s:f, s:f, s:[f, f, f], s:o}",
			 "camera_model", "OPENCV",
			 "fl_x", photo->focal_px, "fl_y", photo->focal_px,
			 "cx", photo->width / 2.0, "cy", photo->height / 2.0,
			 "w", (int)photo->width, "h", (int)photo->height,
			 "camera_angle_x",
			 2 * atan(photo->width / (2 * photo->focal_px)),
			 "scale", 1 / photo->radius_mm,
			 "offset", 0.5, 0.5, 0.5, "frames", frames);
}

int export_transforms(const struct export_scan *scan, const char *file,
		      char error[EXPORT_ERROR_LEN])
{
	char folder[PATH_MAX];
	struct export_text text;
	json_t *root;
	int failed;

	if (check_focal(scan, error) || export_text_begin(&text, error))
		return -1;
	folder_of(file, folder);
	root = transforms_json(scan, !strcmp(folder, scan->folder));
	failed = !root || json_dumpf(root, text.out, JSON_INDENT(2) |
				     JSON_REAL_PRECISION(15));
	json_decref(root);
	if (failed) {
		fclose(text.out);
		free(text.data);
		return export_fail(error, ENOMEM, "wanted memory, found none");
	}
	fputc('\n', text.out);
	return export_text_end(&text, file, error);
}
