// SPDX-License-Identifier: GPL-2.0-or-later
/* The photos of a scan, and what their metadata says of their poses. */
#include "export.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "export-size.h"
#include "export-text.h"

#define STACKED_FOLDER "stacked/"
#define STACKED_NAME STACKED_FOLDER "stacked_%.*s%.*s.jpg"
/* Between the point of a photo's name and its place in the stack. */
#define STACK_MARK "_fs"

/**
 * struct reader - a scan being read
 * @scan: what becomes of it
 * @focal_px: for photos of which it is not known
 * @sign: of phi
 */
struct reader {
	struct export_scan *scan;
	double focal_px;
	double sign;
};

static void leave_out(struct export_scan *scan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The first reason stays. */
static void leave_out(struct export_scan *scan, const char *format, ...)
{
	va_list arguments;

	if (scan->left_out++)
		return;
	va_start(arguments, format);
	vsnprintf(scan->why, sizeof(scan->why), format, arguments);
	va_end(arguments);
}

/* The number at a place of two or three names; NAN if there is none */
static double number_at(const json_t *from, const char *first,
			const char *second, const char *third)
{
	const json_t *value = json_object_get(json_object_get(from, first),
					      second);

	if (third)
		value = json_object_get(value, third);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void take_pose(struct reader *reader, const json_t *metadata,
		      struct export_photo *photo)
{
	photo->theta_deg = number_at(metadata, "measured", "theta", NULL);
	photo->phi_deg = number_at(metadata, "measured", "fi", NULL);
	photo->theta_sigma_deg = number_at(metadata, "measured", "theta_sigma",
					   NULL);
	photo->phi_sigma_deg = number_at(metadata, "measured", "fi_sigma",
					 NULL);
	photo->measured = isfinite(photo->theta_deg) &&
			  isfinite(photo->phi_deg);
	if (!photo->measured) {
		photo->theta_deg = number_at(metadata, "scan_metadata",
					     "polar_coordinates", "theta");
		photo->phi_deg = number_at(metadata, "scan_metadata",
					   "polar_coordinates", "fi");
		photo->theta_sigma_deg = NAN;
		photo->phi_sigma_deg = NAN;
	}
	photo->phi_deg *= reader->sign;
	photo->radius_mm = number_at(metadata, "scan_metadata",
				     "polar_coordinates", "r");
}

static void take_camera(struct reader *reader, const json_t *metadata,
			struct export_photo *photo)
{
	double focal = number_at(metadata, "camera_metadata", "raw_metadata",
				 "focal_length_mm");
	double pixel = number_at(metadata, "camera_metadata", "raw_metadata",
				 "pixel_um");
	double orientation = number_at(metadata, "camera_metadata",
				       "raw_metadata", "orientation");

	photo->focal_px = focal > 0 && pixel > 0 ? focal * 1e3 / pixel :
						   reader->focal_px;
	if (isnan(orientation))
		orientation = number_at(metadata, "camera_metadata",
					"camera_settings", "orientation_flag");
	photo->orientation = orientation >= 1 && orientation <= 8 ?
			     orientation : 1;
}

/* The others are mirrored, and no rotation makes one of the other. */
static bool is_turned(uint32_t orientation)
{
	return orientation == 1 || orientation == 3 || orientation == 6 ||
	       orientation == 8;
}

static int check(struct export_scan *scan, const struct export_photo *photo)
{
	/* Not "below", so that NAN is refused too. */
	if (!(photo->theta_deg >= -360 && photo->theta_deg <= 360 &&
	      isfinite(photo->phi_deg) && photo->radius_mm > 0 &&
	      isfinite(photo->radius_mm))) {
		leave_out(scan, "%s has no pose in its metadata", photo->file);
		return -1;
	}
	if (!is_turned(photo->orientation)) {
		leave_out(scan, "%s is mirrored (orientation %u)", photo->file,
			  photo->orientation);
		return -1;
	}
	return 0;
}

/* Return: new reference, or NULL */
static json_t *metadata_of(const struct export_scan *scan, const char *file)
{
	const char *dot = strrchr(file, '.');
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/metadata/%.*s.json", scan->folder,
		     (int)(dot - file), file) >= (int)sizeof(path))
		return NULL;
	return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

/*
 * "scan01_007_fs02.jpg" is a part of "stacked/stacked_scan01_007.jpg", and with
 * "_ev01" behind it of that of "..._007_ev01.jpg". Return: 1: @photo is now
 * that one, 0: there is no such file, -1: had already
 */
static int take_stacked(struct export_scan *scan, struct export_photo *photo)
{
	const char *stack = strstr(photo->file, STACK_MARK), *behind;
	char file[EXPORT_FILE_LEN], path[PATH_MAX];
	struct stat about;

	if (!stack)
		return 0;
	behind = stack + strlen(STACK_MARK);
	behind += strspn(behind, "0123456789");
	if (snprintf(file, sizeof(file), STACKED_NAME,
		     (int)(stack - photo->file), photo->file,
		     (int)strcspn(behind, "."), behind) >=
	    (int)sizeof(file) ||
	    snprintf(path, sizeof(path), "%s/%s", scan->folder, file) >=
	    (int)sizeof(path) || stat(path, &about))
		return 0;
	for (size_t i = 0; i < scan->count; i++)
		if (!strcmp(scan->photos[i].file, file))
			return -1;
	strcpy(photo->file, file);
	return 1;
}

static int take_size(struct export_scan *scan, struct export_photo *photo)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", scan->folder, photo->file) <
	    (int)sizeof(path) &&
	    !export_size(path, &photo->width, &photo->height))
		return 0;
	leave_out(scan, "%s cannot be read", photo->file);
	return -1;
}

static void take_photo(struct reader *reader, const char *file)
{
	struct export_scan *scan = reader->scan;
	struct export_photo *photo = &scan->photos[scan->count];
	json_t *metadata;

	if (strchr(file, '/') || strlen(file) >= EXPORT_FILE_LEN) {
		/* OpenScan3 lists merged stacks among the photos. */
		if (strncmp(file, STACKED_FOLDER, strlen(STACKED_FOLDER)))
			leave_out(scan, "%.100s is no name of a photo", file);
		return;
	}
	if (!export_is_image(file)) {
		leave_out(scan, "%s is neither JPEG, PNG nor TIFF", file);
		return;
	}
	metadata = metadata_of(scan, file);
	if (!metadata) {
		leave_out(scan, "%s has no metadata that can be read", file);
		return;
	}
	strcpy(photo->file, file);
	photo->original = json_integer_value(json_object_get(
		json_object_get(metadata, "scan_metadata"), "step"));
	take_pose(reader, metadata, photo);
	take_camera(reader, metadata, photo);
	json_decref(metadata);
	if (check(scan, photo) || take_stacked(scan, photo) < 0 ||
	    take_size(scan, photo))
		return;
	scan->commanded += !photo->measured;
	scan->count++;
}

static int compare_files(const void *a, const void *b)
{
	const struct export_photo *one = a, *two = b;

	return strcmp(one->file, two->file);
}

static int no_photo(const struct export_scan *scan, char *error)
{
	if (scan->left_out)
		return export_fail(error, ENODATA,
				   "wanted photos with a pose in %s, found none: %s",
				   scan->folder, scan->why);
	return export_fail(error, ENODATA,
			   "wanted photos with a pose in %s, found none",
			   scan->folder);
}

int export_open(const char *folder, const json_t *scan, double focal_px,
		bool clockwise, struct export_scan *out,
		char error[EXPORT_ERROR_LEN])
{
	struct reader reader = {
		.scan = out, .focal_px = focal_px, .sign = clockwise ? -1 : 1,
	};
	const json_t *photos = json_object_get(scan, "photos");
	const char *file;

	memset(out, 0, sizeof(*out));
	if (!realpath(folder, out->folder))
		return export_fail(error, errno,
				   "wanted to read %s, found: %s", folder,
				   strerror(errno));
	if (!json_is_array(photos))
		return export_fail(error, EBADMSG,
				   "wanted a list \"photos\" in scan.json of %s, found none",
				   folder);
	out->photos = calloc(json_array_size(photos) + 1,
			     sizeof(*out->photos));
	if (!out->photos)
		return export_fail(error, ENOMEM,
				   "wanted memory for %zu photos, found none",
				   json_array_size(photos));
	for (size_t i = 0; i < json_array_size(photos); i++) {
		file = json_string_value(json_array_get(photos, i));
		take_photo(&reader, file ? file : "/");
	}
	if (!out->count) {
		no_photo(out, error);
		export_close(out);
		errno = ENODATA;
		return -1;
	}
	qsort(out->photos, out->count, sizeof(*out->photos), compare_files);
	return 0;
}

void export_close(struct export_scan *scan)
{
	free(scan->photos);
	scan->photos = NULL;
	scan->count = 0;
}
