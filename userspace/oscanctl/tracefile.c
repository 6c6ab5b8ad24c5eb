// SPDX-License-Identifier: GPL-2.0-or-later
/* A trace file, as it is written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "h5.h"
#include "layout.h"
#include "oscanctl.h"
#include "tracefile.h"

#define GROUP_LEN (OSCAN_NAME_LEN + 32)

enum column_type { COLUMN_F64, COLUMN_U64, COLUMN_S64, COLUMN_U32 };

static const struct column {
	const char *path;
	enum column_type type;
	const char *unit;	/* "": that of the axis; NULL: none */
	const char *description;
} columns[TRACEFILE_COLUMNS] = {
	[TRACEFILE_TIME] = { "value_log/time", COLUMN_F64, "s",
			     "when the step was made, since start" },
	[TRACEFILE_VALUE] = { "value_log/value", COLUMN_F64, "",
			      "position after the step" },
	[TRACEFILE_TIME_NS] = { "value_log/time_ns", COLUMN_U64, "ns",
				"the same time, of CLOCK_MONOTONIC" },
	[TRACEFILE_RAW_VALUE] = { "value_log/raw_value", COLUMN_S64,
				  "microsteps", "position after the step" },
	[TRACEFILE_NUMBER] = { "value_log/number", COLUMN_U64, NULL,
			       "of the step, among all the axis has made" },
	[TRACEFILE_LATE] = { "value_log/late", COLUMN_U32, "ns",
			     "when it was made less when it was due; 4294967295 is also for more" },
	[TRACEFILE_GAP_FROM] = { "gaps/from_ns", COLUMN_U64, "ns",
				 "up to when all before what is missing was told" },
	[TRACEFILE_GAP_TO] = { "gaps/to_ns", COLUMN_U64, "ns",
			       "time of the first step after what is missing" },
	[TRACEFILE_GAP_STEPS] = { "gaps/steps", COLUMN_U64, NULL,
				  "how many steps are missing" },
};

static hid_t memory_type(enum column_type type)
{
	switch (type) {
	case COLUMN_F64:
		return H5T_NATIVE_DOUBLE;
	case COLUMN_S64:
		return H5T_NATIVE_INT64;
	case COLUMN_U32:
		return H5T_NATIVE_UINT32;
	default:
		return H5T_NATIVE_UINT64;
	}
}

/* Once: what is tried after that fails for the same reason. */
static int write_failed(struct tracefile *trace)
{
	if (trace->failed)
		return EXIT_FAILURE;
	trace->failed = true;
	return fail("wanted to write %s, found: %s; the file stays, but may hold only a part of what came before, so make room or choose another place",
		    trace->path, strerror(errno ? errno : EIO));
}

/* There is nothing in it yet that is worth keeping. */
static int begin_failed(struct tracefile *trace)
{
	trace->failed = true;
	fail("wanted to write %s, found: %s; make room or choose another place",
	     trace->path, strerror(errno ? errno : EIO));
	unlink(trace->path);
	return EXIT_FAILURE;
}

static int create_failed(const char *path)
{
	if (errno == EEXIST)
		return fail("wanted a new file %s, found that it exists; nothing is ever replaced, so choose another name",
			    path);
	return fail("wanted to make %s, found: %s; choose another place", path,
		    strerror(errno));
}

static int write_head(struct tracefile *trace, const char *program_version)
{
	const int64_t version[] = { TRACEFILE_VERSION };
	struct layout_epoch epoch;

	layout_now(&epoch);
	trace->start_ns = epoch.monotonic_ns;
	return h5_attribute(trace->file, "NX_class", "NXroot") ||
	       h5_attribute(trace->file, "creator", "oscanctl record") ||
	       h5_attribute(trace->file, "default", "entry") ||
	       h5_attribute(trace->file, "file_time", epoch.text) ||
	       h5_make_group(trace->file, "entry", "NXentry") ||
	       h5_text(trace->file, "entry/title", "every step") ||
	       h5_text(trace->file, "entry/start_time", epoch.text) ||
	       h5_text(trace->file, "entry/program_name", "oscanctl") ||
	       h5_describe(trace->file, "entry/program_name", "version",
			   program_version) ||
	       h5_make_group(trace->file, "entry/trace", "NXcollection") ||
	       h5_array(trace->file, "entry/trace/version", H5T_NATIVE_INT64,
			version, 1, NULL) ||
	       h5_make_group(trace->file, "entry/instrument", "NXinstrument") ?
	       -1 : 0;
}

int tracefile_create(struct tracefile *trace, const char *path,
		     const char *version)
{
	/* Exclusively, and by open(2), which says why it fails; HDF5 does not. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return create_failed(path);
	close(fd);
	memset(trace, 0, sizeof(*trace));
	trace->path = path;
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	errno = 0;
	trace->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT,
				H5P_DEFAULT);
	if (trace->file >= 0 && !write_head(trace, version))
		return 0;
	begin_failed(trace);
	if (trace->file >= 0)
		H5Fclose(trace->file);
	return EXIT_FAILURE;
}

static hid_t make_column(hid_t group, const struct column *column,
			 const char *unit)
{
	const hsize_t none[] = { 0 }, any[] = { H5S_UNLIMITED };
	/* A long trace is not made of crumbs, a short one not of air. */
	const hsize_t chunk[] = { 1024 };
	hid_t space = H5Screate_simple(1, none, any);
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
	hid_t dataset = -1;

	if (column->unit && *column->unit)
		unit = column->unit;
	else if (!column->unit)
		unit = NULL;
	if (space >= 0 && plist >= 0 && H5Pset_chunk(plist, 1, chunk) >= 0)
		dataset = H5Dcreate2(group, column->path,
				     memory_type(column->type), space,
				     H5P_DEFAULT, plist, H5P_DEFAULT);
	if (space >= 0)
		H5Sclose(space);
	if (plist >= 0)
		H5Pclose(plist);
	if (dataset >= 0 &&
	    (h5_attribute(dataset, "description", column->description) ||
	     (unit && h5_attribute(dataset, "units", unit)))) {
		H5Dclose(dataset);
		return -1;
	}
	return dataset;
}

static int put_number(hid_t group, const char *name, hid_t type,
		      const void *value, const char *unit)
{
	return h5_array(group, name, type, value, 1, unit);
}

static int make_axis(struct tracefile *trace, struct tracefile_axis *axis,
		     const struct oscan_state *state)
{
	const char *unit = oscan_axis_unit_name(&axis->info);
	char name[GROUP_LEN];
	size_t i;

	snprintf(name, sizeof(name), "entry/instrument/%.*s", OSCAN_NAME_LEN,
		 axis->info.name);
	axis->group = h5_group(trace->file, name, "NXpositioner");
	if (axis->group < 0 || h5_text(axis->group, "name", axis->info.name) ||
	    h5_text(axis->group, "unit", unit) ||
	    h5_number(axis->group, "steps_per_unit",
		      oscan_axis_steps_per_unit(&axis->info), NULL) ||
	    put_number(axis->group, "begin_position", H5T_NATIVE_INT64,
		       &state->position, "microsteps") ||
	    put_number(axis->group, "begin_time_ns", H5T_NATIVE_UINT64,
		       &state->time_ns, "ns") ||
	    put_number(axis->group, "horizon_ns", H5T_NATIVE_UINT64,
		       &state->time_ns, "ns") ||
	    h5_make_group(axis->group, "value_log", "NXlog") ||
	    h5_make_group(axis->group, "gaps", "NXcollection"))
		return -1;
	for (i = 0; i < TRACEFILE_COLUMNS; i++) {
		axis->columns[i] = make_column(axis->group, &columns[i], unit);
		if (axis->columns[i] < 0)
			return -1;
	}
	return 0;
}

int tracefile_axis_add(struct tracefile *trace,
		       const struct oscan_axis_info *info,
		       const struct oscan_state *state)
{
	struct tracefile_axis *axis = calloc(1, sizeof(*axis));

	errno = 0;
	if (!axis)
		return begin_failed(trace);
	trace->axes[trace->count++] = axis;
	axis->info = *info;
	axis->horizon_ns = state->time_ns;
	axis->total = state->steps;
	return make_axis(trace, axis, state) ? begin_failed(trace) : 0;
}

static int append(hid_t dataset, enum column_type type, uint64_t at,
		  const void *values, size_t count)
{
	const hsize_t start[] = { at }, size[] = { count };
	const hsize_t length[] = { at + count };
	hid_t memory, space;
	int ret = -1;

	if (!count)
		return 0;
	if (H5Dset_extent(dataset, length) < 0)
		return -1;
	memory = H5Screate_simple(1, size, NULL);
	space = H5Dget_space(dataset);
	if (memory >= 0 && space >= 0 &&
	    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size,
				NULL) >= 0 &&
	    H5Dwrite(dataset, memory_type(type), memory, space, H5P_DEFAULT,
		     values) >= 0)
		ret = 0;
	if (memory >= 0)
		H5Sclose(memory);
	if (space >= 0)
		H5Sclose(space);
	return ret;
}

static int append_column(const struct tracefile_axis *axis,
			 enum tracefile_column column, const void *values)
{
	return append(axis->columns[column], columns[column].type,
		      axis->written, values, axis->count);
}

/* Seconds and the user's unit, from what the driver says. */
static int append_values(const struct tracefile *trace,
			 const struct tracefile_axis *axis)
{
	static double values[TRACEFILE_STEPS];
	size_t i;

	for (i = 0; i < axis->count; i++)
		values[i] = (double)(int64_t)(axis->time_ns[i] -
					      trace->start_ns) / 1e9;
	if (append_column(axis, TRACEFILE_TIME, values))
		return -1;
	for (i = 0; i < axis->count; i++)
		values[i] = oscan_axis_to_unit(&axis->info,
					       (double)axis->position[i]);
	return append_column(axis, TRACEFILE_VALUE, values);
}

/* Columns that a reader may take for the length go last. */
static int write_axis(const struct tracefile *trace,
		      struct tracefile_axis *axis)
{
	if (append_column(axis, TRACEFILE_LATE, axis->late_ns) ||
	    append_column(axis, TRACEFILE_NUMBER, axis->number) ||
	    append_column(axis, TRACEFILE_RAW_VALUE, axis->position) ||
	    append_column(axis, TRACEFILE_TIME_NS, axis->time_ns) ||
	    append_values(trace, axis))
		return -1;
	axis->written += axis->count;
	axis->count = 0;
	return 0;
}

static int write_gap(struct tracefile_axis *axis, uint64_t to_ns,
		     uint64_t steps)
{
	const uint64_t gap[] = { axis->horizon_ns, to_ns, steps };
	size_t i;

	for (i = 0; i < 3; i++)
		if (append(axis->columns[TRACEFILE_GAP_FROM + i], COLUMN_U64,
			   axis->gaps, &gap[i], 1))
			return -1;
	axis->gaps++;
	return 0;
}

static int add_step(const struct tracefile *trace, struct tracefile_axis *axis,
		    const struct oscan_trace_batch *batch, size_t i)
{
	uint64_t number = batch->first_number + i;

	/* It is in the position with which the axis begins. */
	if (number <= axis->total)
		return 0;
	if (number != axis->total + 1 &&
	    write_gap(axis, batch->times_ns[i], number - axis->total - 1))
		return -1;
	if (axis->count == TRACEFILE_STEPS && write_axis(trace, axis))
		return -1;
	axis->time_ns[axis->count] = batch->times_ns[i];
	axis->position[axis->count] = batch->first_position +
				      batch->direction * (int64_t)i;
	axis->number[axis->count] = number;
	axis->late_ns[axis->count] = batch->late_ns[i];
	axis->count++;
	axis->total = number;
	axis->horizon_ns = batch->times_ns[i];
	return 0;
}

int tracefile_steps(struct tracefile *trace, unsigned int index,
		    const struct oscan_trace_batch *batch)
{
	struct tracefile_axis *axis = trace->axes[index];
	size_t i;

	errno = 0;
	for (i = 0; i < batch->steps; i++)
		if (add_step(trace, axis, batch, i))
			return write_failed(trace);
	/* The end is missing: it is known at once and not at the next step. */
	if (batch->total > axis->total) {
		if (write_gap(axis, batch->horizon_ns,
			      batch->total - axis->total))
			return write_failed(trace);
		axis->total = batch->total;
	}
	if (batch->horizon_ns > axis->horizon_ns)
		axis->horizon_ns = batch->horizon_ns;
	return 0;
}

static int write_horizon(struct tracefile_axis *axis)
{
	hid_t dataset = H5Dopen2(axis->group, "horizon_ns", H5P_DEFAULT);
	herr_t written;

	if (dataset < 0)
		return -1;
	written = H5Dwrite(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL,
			   H5P_DEFAULT, &axis->horizon_ns);
	return H5Dclose(dataset) < 0 || written < 0 ? -1 : 0;
}

int tracefile_flush(struct tracefile *trace)
{
	unsigned int i;

	errno = 0;
	for (i = 0; i < trace->count; i++)
		if (write_axis(trace, trace->axes[i]) ||
		    write_horizon(trace->axes[i]))
			return write_failed(trace);
	return H5Fflush(trace->file, H5F_SCOPE_LOCAL) < 0 ?
	       write_failed(trace) : 0;
}

static int close_axis(struct tracefile_axis *axis)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < TRACEFILE_COLUMNS; i++)
		if (axis->columns[i] > 0 && H5Dclose(axis->columns[i]) < 0)
			ret = -1;
	if (axis->group > 0 && H5Gclose(axis->group) < 0)
		ret = -1;
	free(axis);
	return ret;
}

int tracefile_close(struct tracefile *trace)
{
	int status = tracefile_flush(trace), bad = 0;
	struct layout_epoch now;
	unsigned int i;

	layout_now(&now);
	if (!status && h5_text(trace->file, "entry/end_time", now.text))
		bad = -1;
	for (i = 0; i < trace->count; i++)
		bad |= close_axis(trace->axes[i]);
	if (H5Fclose(trace->file) < 0)
		bad = -1;
	return !status && bad ? write_failed(trace) : status;
}
