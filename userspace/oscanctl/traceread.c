// SPDX-License-Identifier: GPL-2.0-or-later
/* A trace file, as it is read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "oscanctl.h"
#include "tracefile.h"

#define PATH_LEN 256

static hssize_t length_of(hid_t dataset)
{
	hid_t space = H5Dget_space(dataset);
	hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);

	if (space >= 0)
		H5Sclose(space);
	return count;
}

/* Whole dataset; the result is to be freed. NULL: not there, or no numbers. */
static void *read_all(hid_t group, const char *path, hid_t type, size_t size,
		      size_t *count)
{
	hid_t dataset = H5Dopen2(group, path, H5P_DEFAULT);
	hssize_t points = dataset < 0 ? -1 : length_of(dataset);
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

static bool read_one(hid_t group, const char *path, hid_t type, void *value,
		     size_t size)
{
	size_t count;
	void *all = read_all(group, path, type, size, &count);
	bool good = all && count == 1;

	if (good)
		memcpy(value, all, size);
	free(all);
	return good;
}

static bool read_text(hid_t group, const char *path, char *text, size_t size)
{
	hid_t dataset = H5Dopen2(group, path, H5P_DEFAULT);
	hid_t type = dataset < 0 ? -1 : H5Dget_type(dataset);
	char *value = NULL;
	bool good = false;

	if (type >= 0 && H5Tis_variable_str(type) > 0 &&
	    length_of(dataset) == 1 &&
	    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
		    &value) >= 0 && value) {
		snprintf(text, size, "%s", value);
		H5free_memory(value);
		good = true;
	}
	if (type >= 0)
		H5Tclose(type);
	if (dataset >= 0)
		H5Dclose(dataset);
	return good;
}

static bool ascends(const uint64_t *values, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		if (values[i] <= values[i - 1])
			return false;
	return true;
}

static bool read_columns(struct traceread_axis *axis, hid_t group)
{
	size_t positions, late, to;

	axis->time_ns = read_all(group, "value_log/time_ns", H5T_NATIVE_UINT64,
				 sizeof(uint64_t), &axis->steps);
	axis->position = read_all(group, "value_log/raw_value",
				  H5T_NATIVE_INT64, sizeof(int64_t),
				  &positions);
	axis->late_ns = read_all(group, "value_log/late", H5T_NATIVE_UINT32,
				 sizeof(uint32_t), &late);
	axis->gap_from_ns = read_all(group, "gaps/from_ns", H5T_NATIVE_UINT64,
				     sizeof(uint64_t), &axis->gaps);
	axis->gap_to_ns = read_all(group, "gaps/to_ns", H5T_NATIVE_UINT64,
				   sizeof(uint64_t), &to);
	return axis->time_ns && axis->position && axis->late_ns &&
	       axis->gap_from_ns && axis->gap_to_ns &&
	       positions == axis->steps && late == axis->steps &&
	       to == axis->gaps && ascends(axis->time_ns, axis->steps);
}

static bool read_axis(struct traceread_axis *axis, hid_t group)
{
	return read_text(group, "name", axis->name, sizeof(axis->name)) &&
	       read_text(group, "unit", axis->unit, sizeof(axis->unit)) &&
	       read_one(group, "steps_per_unit", H5T_NATIVE_DOUBLE,
			&axis->steps_per_unit, sizeof(double)) &&
	       axis->steps_per_unit > 0 &&
	       read_one(group, "begin_position", H5T_NATIVE_INT64,
			&axis->begin_position, sizeof(int64_t)) &&
	       read_one(group, "begin_time_ns", H5T_NATIVE_UINT64,
			&axis->begin_ns, sizeof(uint64_t)) &&
	       read_one(group, "horizon_ns", H5T_NATIVE_UINT64,
			&axis->horizon_ns, sizeof(uint64_t)) &&
	       axis->horizon_ns >= axis->begin_ns && read_columns(axis, group);
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info,
		    void *data)
{
	struct traceread *trace = data;
	hid_t axis;
	bool good;

	(void)info;
	if (trace->count == OSCAN_MAX_AXES)
		return -1;
	axis = H5Gopen2(group, name, H5P_DEFAULT);
	if (axis < 0)
		return -1;
	good = read_axis(&trace->axes[trace->count++], axis);
	H5Gclose(axis);
	return good ? 0 : -1;
}

static bool read_file(struct traceread *trace, hid_t file)
{
	int64_t version;

	return H5Lexists(file, "entry", H5P_DEFAULT) > 0 &&
	       H5Lexists(file, "entry/trace", H5P_DEFAULT) > 0 &&
	       read_one(file, "entry/trace/version", H5T_NATIVE_INT64,
			&version, sizeof(version)) &&
	       version == TRACEFILE_VERSION &&
	       H5Literate_by_name(file, "entry/instrument", H5_INDEX_NAME,
				  H5_ITER_INC, NULL, visit, trace,
				  H5P_DEFAULT) >= 0 && trace->count;
}

int traceread_open(struct traceread *trace, const char *path)
{
	struct stat status;
	hid_t file;
	bool good;

	memset(trace, 0, sizeof(*trace));
	if (stat(path, &status))
		return fail("wanted the trace in %s, found: %s; give the name of a file that \"oscanctl record\" made",
			    path, strerror(errno));
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (file < 0 && H5Fis_hdf5(path) > 0)
		return fail("wanted the trace in %s, found a file that is being written; wait for \"oscanctl record\" to end",
			    path);
	good = file >= 0 && read_file(trace, file);
	if (file >= 0)
		H5Fclose(file);
	if (good)
		return 0;
	traceread_free(trace);
	return fail("wanted a trace in %s, found another kind of file; give the name of one that \"oscanctl record\" made",
		    path);
}

void traceread_free(struct traceread *trace)
{
	unsigned int i;

	for (i = 0; i < trace->count; i++) {
		free(trace->axes[i].time_ns);
		free(trace->axes[i].position);
		free(trace->axes[i].late_ns);
		free(trace->axes[i].gap_from_ns);
		free(trace->axes[i].gap_to_ns);
	}
	trace->count = 0;
}
