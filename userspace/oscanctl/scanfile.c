// SPDX-License-Identifier: GPL-2.0-or-later
/* A scan file, read as writer.h lays it out. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "h5read.h"
#include "oscanctl.h"
#include "scanfile.h"

#define FLYSCAN "/entry/flyscan/"
#define IMAGES "/entry/data/data"

/* A text that names a dataset, and FLYSCAN before it. */
#define PATH_LEN (SCANFILE_TEXT_LEN + 64)

static void absolute(const char *name, char path[PATH_LEN])
{
	snprintf(path, PATH_LEN, "%s%s", *name == '/' ? "" : FLYSCAN,
		 name);
}

static hid_t open_dataset(const struct scanfile *scan, const char *name)
{
	char path[PATH_LEN];

	absolute(name, path);
	return h5_open(scan->file, path);
}

static void *read_all(const struct scanfile *scan, const char *name,
		      hid_t type, size_t size, size_t *count)
{
	char path[PATH_LEN];

	absolute(name, path);
	return h5_read_all(scan->file, path, type, size, count);
}

void *scanfile_values(const struct scanfile *scan, const char *name,
		      hid_t type, size_t size, size_t *count)
{
	return read_all(scan, name, type, size, count);
}

const char *scanfile_attribute(const struct scanfile *scan, const char *path,
			       const char *name,
			       char text[SCANFILE_TEXT_LEN])
{
	h5_read_attribute(scan->file, path, name, text, SCANFILE_TEXT_LEN);
	return text;
}

double scanfile_number(const struct scanfile *scan, const char *name)
{
	char path[PATH_LEN];

	absolute(name, path);
	return h5_read_number(scan->file, path);
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

const char *scanfile_text(const struct scanfile *scan, const char *name,
			  char text[SCANFILE_TEXT_LEN])
{
	char path[PATH_LEN];

	absolute(name, path);
	h5_read_text(scan->file, path, text, SCANFILE_TEXT_LEN);
	return text;
}

/* Frames or steps of all the earlier scans. */
static size_t count_earlier(const struct scanfile *scan, const char *name,
			    size_t most)
{
	uint64_t *list, total = 0;
	size_t runs;

	list = read_all(scan, name, H5T_NATIVE_UINT64, sizeof(*list), &runs);
	for (size_t i = 0; list && i < runs; i++)
		total += list[i];
	free(list);
	return total < most ? total : most;
}

static bool read_frames(struct scanfile *scan)
{
	size_t positions, times, flags, passes;
	char path[SCANFILE_TEXT_LEN];

	snprintf(path, sizeof(path), "/entry/data/%s", scan->axis);
	scan->position = read_all(scan, path, H5T_NATIVE_DOUBLE,
				  sizeof(double), &positions);
	scan->time_ns = read_all(scan, "pairing/time_ns", H5T_NATIVE_UINT64,
				 sizeof(uint64_t), &times);
	scan->in_scan = read_all(scan, "/entry/data/in_scan",
				 H5T_NATIVE_UINT8, sizeof(uint8_t), &flags);
	scan->pass = read_all(scan, "pairing/pass", H5T_NATIVE_UINT64,
			      sizeof(uint64_t), &passes);
	scan->frames = positions;
	scan->first_frame = count_earlier(scan, "earlier/frames", positions);
	return scan->position && scan->time_ns && scan->in_scan && scan->pass &&
	       times == positions && flags == positions && passes == positions;
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
	scan->first_step = count_earlier(scan, "earlier/steps", times);
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
	free(scan->pass);
	free(scan->step_ns);
	free(scan->step_position);
	H5Fclose(scan->file);
}

bool scanfile_follows(const struct scanfile *scan, size_t index)
{
	return index > scan->first_frame && scan->pass[index] &&
	       scan->pass[index] == scan->pass[index - 1];
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
