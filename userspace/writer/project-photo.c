// SPDX-License-Identifier: GPL-2.0-or-later
/* One photo: its name, what is stored with it, its line in the journal. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "durable.h"
#include "project-file.h"
#include "utc.h"

#define RADIANS (M_PI / 180)
/* From one writing of scan.json to the next with a photo. */
#define REFRESH_NS 30000000000LL

void project_photo_name(const struct project_scan *scan,
			const struct project_photo *photo,
			char name[PROJECT_PHOTO_LEN])
{
	int length = snprintf(name, PROJECT_PHOTO_LEN, "scan%02u_%03u",
			      project_scan_index(scan), photo->original);

	if (photo->stack >= 0)
		length += snprintf(name + length, PROJECT_PHOTO_LEN - length,
				   "_fs%02d", photo->stack);
	if (photo->bracket >= 0)
		snprintf(name + length, PROJECT_PHOTO_LEN - length, "_ev%02d",
			 photo->bracket);
}

int project_photo_path(const struct project_scan *scan,
		       const struct project_photo *photo,
		       enum photo_format format, char *path, size_t size)
{
	const char *suffix = photo_suffix(format);
	char name[PROJECT_PHOTO_LEN];

	if (!suffix) {
		errno = EINVAL;
		return -1;
	}
	if (format == PHOTO_HDF5)
		snprintf(name, sizeof(name), "scan%02u",
			 project_scan_index(scan));
	else
		project_photo_name(scan, photo, name);
	if (snprintf(path, size, "%s/%s%s", project_scan_folder(scan), name,
		     suffix) < (int)size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static json_t *index_or_null(int index)
{
	return index < 0 ? json_null() : json_integer(index);
}

static json_t *angle_or_null(double angle)
{
	return isfinite(angle) ? json_real(angle) : json_null();
}

static json_t *measured(const struct photo_info *info)
{
	if (!info || !info->has_pose)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}",
			 "theta", angle_or_null(info->theta_deg),
			 "fi", angle_or_null(info->phi_deg),
			 "theta_sigma", angle_or_null(info->theta_sigma_deg),
			 "fi_sigma", angle_or_null(info->phi_sigma_deg));
}

static json_t *scan_metadata(const struct project_scan *scan,
			     const struct project_photo *photo, double theta,
			     double phi, double r)
{
	const double sin_theta = sin(theta * RADIANS);

	return json_pack("{s:i, s:{s:f, s:f, s:f}, s:s, s:i, s:o, s:{s:f, s:f, s:f}}",
			 "step", (int)photo->original, "polar_coordinates",
			 "theta", theta, "fi", phi, "r", r, "project_name",
			 scan->project->name, "scan_index",
			 (int)project_scan_index(scan), "stack_index",
			 index_or_null(photo->stack), "cart_coordinates",
			 "x", r * sin_theta * cos(phi * RADIANS),
			 "y", r * sin_theta * sin(phi * RADIANS),
			 "z", r * cos(theta * RADIANS));
}

static json_t *camera_metadata(const struct project_scan *scan,
			       const struct photo_info *info)
{
	return json_pack("{s:O, s:O, s:o}", "camera_name",
			 scan->camera_name, "camera_settings",
			 scan->camera_settings, "raw_metadata",
			 info ? photo_info_json(info) : json_null());
}

json_t *project_metadata(const struct project_scan *scan,
			 const struct project_photo *photo,
			 enum photo_format format, double theta_deg,
			 double phi_deg, double radius_mm,
			 const struct photo_info *info)
{
	json_t *json = json_pack("{s:o, s:o, s:s?, s:o, s:o}",
		"camera_metadata", camera_metadata(scan, info),
		"scan_metadata", scan_metadata(scan, photo, theta_deg,
					       phi_deg, radius_mm),
		"format", photo_format_name(format),
		"bracket_index", index_or_null(photo->bracket),
		"measured", measured(info));

	if (!json)
		errno = ENOMEM;
	return json;
}

bool project_has_photo(struct project_scan *scan,
		       const struct project_photo *photo)
{
	char name[PROJECT_PHOTO_LEN];
	bool has;

	project_photo_name(scan, photo, name);
	pthread_mutex_lock(&scan->lock);
	has = json_object_get(scan->journal.photos, name);
	pthread_mutex_unlock(&scan->lock);
	return has;
}

/* A line that could not be written whole is taken back. */
static int append(struct project_scan *scan, const char *line)
{
	const size_t length = strlen(line);

	int keep, cut;

	if (!durable_write_all(scan->fd, line, length) &&
	    !fdatasync(scan->fd)) {
		scan->journal.good += length;
		return 0;
	}
	keep = errno;
	cut = ftruncate(scan->fd, scan->journal.good);
	/* Whoever reads it passes over a part of a line. */
	(void)cut;
	errno = keep;
	return -1;
}

/* The disk is this thread's; others may ask meanwhile what there is. */
static int add(struct project_scan *scan, const char *name, const char *file,
	       uint64_t bytes, uint64_t metadata_bytes)
{
	char *line = journal_line(name, file, bytes, metadata_bytes);
	int failed;

	if (!line) {
		errno = ENOMEM;
		return -1;
	}
	failed = append(scan, line);
	free(line);
	if (failed)
		return -1;
	pthread_mutex_lock(&scan->lock);
	json_object_set_new(scan->journal.photos, name,
			    file ? json_string(file) : json_null());
	scan->journal.bytes += bytes + metadata_bytes;
	pthread_mutex_unlock(&scan->lock);
	/* Where that fails nothing is lost, and the next photo will tell. */
	if (utc_now() - scan->written >= REFRESH_NS)
		project_scan_save(scan);
	return 0;
}

static int save_metadata(const struct project_scan *scan, const char *name,
			 const json_t *metadata, size_t *bytes)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/" PROJECT_METADATA "/%s.json",
		     scan->folder, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return durable_json(path, metadata, bytes);
}

static int photo_done(struct project_scan *scan,
		      const struct project_photo *photo,
		      enum photo_format format, uint64_t bytes,
		      const json_t *metadata)
{
	char name[PROJECT_PHOTO_LEN], path[PATH_MAX];
	const char *file = NULL;
	size_t more;
	int failed;

	if (format && project_photo_path(scan, photo, format, path,
					 sizeof(path)))
		return -1;
	if (project_has_photo(scan, photo)) {
		errno = EEXIST;
		return -1;
	}
	if (format)
		file = strrchr(path, '/') + 1;
	project_photo_name(scan, photo, name);
	if (save_metadata(scan, name, metadata, &more))
		return -1;
	pthread_mutex_lock(&scan->disk);
	failed = add(scan, name, file, bytes, more);
	pthread_mutex_unlock(&scan->disk);
	return failed;
}

int project_photo_done(struct project_scan *scan,
		       const struct project_photo *photo,
		       enum photo_format format, uint64_t bytes,
		       json_t *metadata)
{
	int failed = photo_done(scan, photo, format, bytes, metadata);
	const int keep = errno;

	json_decref(metadata);
	errno = keep;
	return failed;
}
