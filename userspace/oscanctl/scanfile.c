// SPDX-License-Identifier: GPL-2.0-or-later
/* A scan file, read as writer.h lays it out. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "oscanctl.h"
#include "scanfile.h"

#define FLYSCAN "/entry/flyscan/"
#define IMAGES "/entry/data/data"

static void absolute(const char *name, char path[SCANFILE_TEXT_LEN])
{
	snprintf(path, SCANFILE_TEXT_LEN, "%s%s", *name == '/' ? "" : FLYSCAN,
		 name);
}

/* H5Lexists() wants each part of the path to be there. */
static bool is_there(hid_t file, const char *path)
{
	char part[SCANFILE_TEXT_LEN];
	size_t at;

	snprintf(part, sizeof(part), "%s", path);
	for (at = 1; at <= strlen(path); at++) {
		if (path[at] && path[at] != '/')
			continue;
		part[at] = '\0';
		if (H5Lexists(file, part, H5P_DEFAULT) <= 0)
			return false;
		part[at] = path[at];
	}
	return true;
}

static hid_t open_dataset(const struct scanfile *scan, const char *name)
{
	char path[SCANFILE_TEXT_LEN];

	absolute(name, path);
	if (!is_there(scan->file, path))
		return -1;
	return H5Dopen2(scan->file, path, H5P_DEFAULT);
}

static hssize_t length(hid_t dataset)
{
	hid_t space = H5Dget_space(dataset);
	hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);

	if (space >= 0)
		H5Sclose(space);
	return count;
}

/* Whole dataset; the result is to be freed. */
static void *read_all(const struct scanfile *scan, const char *name,
		      hid_t type, size_t size, size_t *count)
{
	hid_t dataset = open_dataset(scan, name);
	hssize_t points = dataset < 0 ? -1 : length(dataset);
	void *values = NULL;

	if (points >= 0)
		values = calloc(points + 1, size);
	if (values && points &&
	    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
		free(values);
		values = NULL;
	}
	if (dataset >= 0)
		H5Dclose(dataset);
	*count = points < 0 ? 0 : points;
	return values;
}

void *scanfile_values(const struct scanfile *scan, const char *name,
		      hid_t type, size_t size, size_t *count)
{
	return read_all(scan, name, type, size, count);
}

/* Of one text or of a list of them. */
static void read_attribute(hid_t attribute, char text[SCANFILE_TEXT_LEN])
{
	hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
	const hssize_t count = H5Sget_simple_extent_npoints(space);
	char **texts = calloc(count > 0 ? count : 1, sizeof(*texts));

	if (texts && count > 0 && H5Tis_variable_str(type) > 0 &&
	    H5Aread(attribute, type, texts) >= 0) {
		snprintf(text, SCANFILE_TEXT_LEN, "%s", texts[0]);
		H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
	}
	free(texts);
	H5Sclose(space);
	H5Tclose(type);
}

const char *scanfile_attribute(const struct scanfile *scan, const char *path,
			       const char *name,
			       char text[SCANFILE_TEXT_LEN])
{
	hid_t attribute = -1;

	*text = '\0';
	if (is_there(scan->file, path))
		attribute = H5Aopen_by_name(scan->file, path, name,
					    H5P_DEFAULT, H5P_DEFAULT);
	if (attribute < 0)
		return text;
	read_attribute(attribute, text);
	H5Aclose(attribute);
	return text;
}

double scanfile_number(const struct scanfile *scan, const char *name)
{
	double *values, value = NAN;
	size_t count;

	values = read_all(scan, name, H5T_NATIVE_DOUBLE, sizeof(*values),
			  &count);
	if (values && count == 1)
		value = *values;
	free(values);
	return value;
}

int scanfile_counts(const struct scanfile *scan, const char *name,
		    uint64_t *values, size_t count)
{
	uint64_t *all;
	size_t found;
	int result = -1;

	all = read_all(scan, name, H5T_NATIVE_UINT64, sizeof(*all), &found);
	if (all && found == count) {
		memcpy(values, all, count * sizeof(*values));
		result = 0;
	}
	free(all);
	return result;
}

static void read_text(hid_t dataset, char text[SCANFILE_TEXT_LEN])
{
	hid_t type = H5Dget_type(dataset);
	char *value = NULL;

	if (type >= 0 && H5Tis_variable_str(type) > 0 &&
	    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
		    &value) >= 0 && value) {
		snprintf(text, SCANFILE_TEXT_LEN, "%s", value);
		H5free_memory(value);
	}
	if (type >= 0)
		H5Tclose(type);
}

const char *scanfile_text(const struct scanfile *scan, const char *path,
			  char text[SCANFILE_TEXT_LEN])
{
	hid_t dataset = open_dataset(scan, path);

	*text = '\0';
	if (dataset < 0)
		return text;
	read_text(dataset, text);
	H5Dclose(dataset);
	return text;
}

static bool read_frames(struct scanfile *scan)
{
	size_t positions, times, flags;
	char path[SCANFILE_TEXT_LEN];

	snprintf(path, sizeof(path), "/entry/data/%s", scan->axis);
	scan->position = read_all(scan, path, H5T_NATIVE_DOUBLE,
				  sizeof(double), &positions);
	scan->time_ns = read_all(scan, "pairing/time_ns", H5T_NATIVE_UINT64,
				 sizeof(uint64_t), &times);
	scan->in_scan = read_all(scan, "/entry/data/in_scan",
				 H5T_NATIVE_UINT8, sizeof(uint8_t), &flags);
	scan->frames = positions;
	return scan->position && scan->time_ns && scan->in_scan &&
	       times == positions && flags == positions;
}

static bool read_steps(struct scanfile *scan)
{
	char path[SCANFILE_TEXT_LEN];
	size_t positions, times;

	snprintf(path, sizeof(path),
		 "/entry/instrument/%s/value_log/time_ns", scan->axis);
	scan->step_ns = read_all(scan, path, H5T_NATIVE_UINT64,
				 sizeof(uint64_t), &times);
	snprintf(path, sizeof(path),
		 "/entry/instrument/%s/value_log/raw_value", scan->axis);
	scan->step_position = read_all(scan, path, H5T_NATIVE_INT64,
				       sizeof(int64_t), &positions);
	scan->steps = times;
	return scan->step_ns && scan->step_position && times == positions;
}

static bool read_size(struct scanfile *scan, size_t *frames)
{
	hid_t dataset = open_dataset(scan, IMAGES);
	hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
	hsize_t dims[4] = { 0 };
	int rank = -1;

	if (space >= 0 && H5Sget_simple_extent_ndims(space) <= 4)
		rank = H5Sget_simple_extent_dims(space, dims, NULL);
	if (space >= 0)
		H5Sclose(space);
	if (dataset >= 0)
		H5Dclose(dataset);
	*frames = dims[0];
	scan->height = dims[1];
	scan->width = dims[2];
	scan->bytes_per_pixel = rank == 4 ? dims[3] : 1;
	return rank >= 3 &&
	       (scan->bytes_per_pixel == 1 || scan->bytes_per_pixel == 3);
}

static bool read_axis(struct scanfile *scan)
{
	char text[SCANFILE_TEXT_LEN];

	snprintf(scan->axis, sizeof(scan->axis), "%.63s",
		 scanfile_text(scan, "flymotor_name", text));
	snprintf(scan->unit, sizeof(scan->unit), "%.15s",
		 scanfile_text(scan, "motor_egu", text));
	scan->scale = scanfile_number(scan, "motor/steps_per_unit");
	return *scan->axis && *scan->unit && scan->scale > 0 &&
	       !scanfile_counts(scan, "clocks/launch", &scan->launch_ns, 1);
}

static int open_file(struct scanfile *scan, const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return fail("wanted the scan in %s, found: %s; give the name of a file that \"oscanctl flyscan\" made",
			    path, strerror(errno));
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	scan->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (scan->file >= 0)
		return 0;
	if (H5Fis_hdf5(path) > 0)
		return fail("wanted the scan in %s, found a file that is being written or was not finished; wait for the scan to end, or make a whole one with \"oscanctl recover\" if it was killed",
			    path);
	return fail("wanted the scan in %s, found a file that is not HDF5; give the name of a file that \"oscanctl flyscan\" made",
		    path);
}

int scanfile_open_frames(struct scanfile *scan, const char *path)
{
	memset(scan, 0, sizeof(*scan));
	if (open_file(scan, path))
		return EXIT_FAILURE;
	if (read_size(scan, &scan->frames))
		return 0;
	H5Fclose(scan->file);
	return fail("wanted frames in %s, found none; give the name of a file that \"oscanctl flyscan\" made",
		    path);
}

int scanfile_open(struct scanfile *scan, const char *path)
{
	size_t images;

	memset(scan, 0, sizeof(*scan));
	if (open_file(scan, path))
		return EXIT_FAILURE;
	if (read_axis(scan) && read_frames(scan) && read_steps(scan) &&
	    read_size(scan, &images) && images == scan->frames)
		return 0;
	scanfile_close(scan);
	return fail("wanted frames with positions in %s, found none; give the name of a file that \"oscanctl flyscan\" made and finished",
		    path);
}

void scanfile_close(struct scanfile *scan)
{
	free(scan->time_ns);
	free(scan->position);
	free(scan->in_scan);
	free(scan->step_ns);
	free(scan->step_position);
	H5Fclose(scan->file);
}

static int read_slab(const struct scanfile *scan, hid_t dataset, size_t index,
		     uint8_t *pixels)
{
	hsize_t start[4] = { index, 0, 0, 0 };
	hsize_t count[4] = { 1, scan->height, scan->width, 3 };
	hid_t space = H5Dget_space(dataset), memory;
	int result = -1;

	if (space < 0)
		return -1;
	memory = H5Screate_simple(H5Sget_simple_extent_ndims(space), count,
				  NULL);
	if (memory >= 0 &&
	    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count,
				NULL) >= 0 &&
	    H5Dread(dataset, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT,
		    pixels) >= 0)
		result = 0;
	if (memory >= 0)
		H5Sclose(memory);
	H5Sclose(space);
	return result;
}

int scanfile_pixels(const struct scanfile *scan, size_t index,
		    uint8_t *pixels)
{
	hid_t dataset = open_dataset(scan, IMAGES);
	int result;

	if (dataset < 0)
		return -1;
	result = read_slab(scan, dataset, index, pixels);
	H5Dclose(dataset);
	return result;
}

struct visit {
	const struct scanfile *scan;
	void (*each)(const char *name, const char *value, void *data);
	void *data;
};

static herr_t visit_link(hid_t group, const char *name,
			 const H5L_info_t *info, void *data)
{
	const struct visit *visit = data;
	char text[SCANFILE_TEXT_LEN] = "";
	double number;

	(void)group;
	(void)info;
	number = scanfile_number(visit->scan, name);
	if (isnan(number))
		scanfile_text(visit->scan, name, text);
	else
		snprintf(text, sizeof(text), "%.9g", number);
	if (*text)
		visit->each(name, text, visit->data);
	return 0;
}

void scanfile_parameters(const struct scanfile *scan,
			 void (*each)(const char *name, const char *value,
				      void *data), void *data)
{
	struct visit visit = { scan, each, data };

	H5Literate_by_name(scan->file, "/entry/flyscan", H5_INDEX_NAME,
			   H5_ITER_INC, NULL, visit_link, &visit,
			   H5P_DEFAULT);
}
