// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "compress.h"
#include "h5.h"
#include "layout.h"

#define DETECTOR "/entry/instrument/detector/"
#define ATTRIBUTES "/entry/instrument/NDAttributes/"

/* From 1970-01-01 to 1990-01-01, where EPICS begins to count. */
#define EPICS_EPOCH_NS (UINT64_C(631152000) * 1000000000)

enum column_type { COLUMN_U8, COLUMN_U32, COLUMN_U64, COLUMN_F64 };

#define COLUMN(group, field, type, unit, text)				\
	NAMED(group #field, field, type, unit, text)
#define NAMED(path, field, type, unit, text)				\
	{ path, offsetof(struct layout_row, field), type, unit, text }

static const struct column {
	const char *path;
	size_t offset;
	enum column_type type;
	const char *unit;
	const char *description;
} columns_table[LAYOUT_COLUMNS] = {
	COLUMN("/entry/data/", frame_index, COLUMN_U64, NULL,
	       "place of the frame in this file"),
	COLUMN(DETECTOR, sensor_timestamp, COLUMN_U64, "ns",
	       "camera's own time of the frame"),
	COLUMN(DETECTOR, sequence_number, COLUMN_U32, NULL,
	       "camera's own count of frames; a gap is a lost frame"),
	COLUMN(DETECTOR, frame_status, COLUMN_U8, NULL,
	       "1: good, 2: may be corrupt, as the camera says"),
	COLUMN(DETECTOR, start_time, COLUMN_F64, "s",
	       "begin of the exposure, counted from start"),
	COLUMN(DETECTOR, stop_time, COLUMN_F64, "s",
	       "end of the exposure, counted from start"),
	COLUMN(DETECTOR, count_time, COLUMN_F64, "s",
	       "exposure time as reported with the frame"),
	COLUMN(DETECTOR, frame_time, COLUMN_F64, "s",
	       "time from frame to frame as reported with the frame"),
	COLUMN(DETECTOR, gain, COLUMN_F64, NULL,
	       "analogue gain as reported with the frame"),
	NAMED(ATTRIBUTES "NDArrayTimeStamp", epics_time, COLUMN_F64, "s",
	      "sensor_timestamp, UTC, from 1990-01-01"),
	NAMED(ATTRIBUTES "NDArrayEpicsTSSec", epics_s, COLUMN_U32, "s",
	      "whole seconds of NDArrayTimeStamp"),
	NAMED(ATTRIBUTES "NDArrayEpicsTSnSec", epics_ns, COLUMN_U32, "ns",
	      "rest of NDArrayTimeStamp"),
};

const char *layout_column_path(int column)
{
	return columns_table[column].path;
}

static size_t file_size(enum column_type type)
{
	switch (type) {
	case COLUMN_U8:
		return 1;
	case COLUMN_U32:
		return 4;
	default:
		return 8;
	}
}

static hid_t file_type(enum column_type type)
{
	switch (type) {
	case COLUMN_U8:
		return H5T_NATIVE_UINT8;
	case COLUMN_U32:
		return H5T_NATIVE_UINT32;
	case COLUMN_U64:
		return H5T_NATIVE_UINT64;
	default:
		return H5T_NATIVE_DOUBLE;
	}
}

static uint64_t clock_ns(clockid_t clock, struct timespec *ts)
{
	clock_gettime(clock, ts);
	return ts->tv_sec * UINT64_C(1000000000) + ts->tv_nsec;
}

/* The tightest of three readings is taken: another task may come between. */
void layout_now(struct layout_epoch *epoch)
{
	uint64_t tightest = UINT64_MAX;
	struct timespec ts, utc;
	char date[32];
	struct tm tm;

	for (int n = 0; n < 3; n++) {
		const uint64_t before = clock_ns(CLOCK_MONOTONIC, &ts);
		struct timespec real;

		clock_gettime(CLOCK_REALTIME, &real);
		const uint64_t width = clock_ns(CLOCK_MONOTONIC, &ts) - before;

		if (width >= tightest)
			continue;
		tightest = width;
		epoch->monotonic_ns = before + width / 2;
		utc = real;
	}
	epoch->utc_ns = utc.tv_sec * UINT64_C(1000000000) + utc.tv_nsec;
	gmtime_r(&utc.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(epoch->text, sizeof(epoch->text), "%s.%09ldZ", date,
		 utc.tv_nsec);
}

double layout_seconds(const struct layout_epoch *epoch, uint64_t time_ns)
{
	return (double)(int64_t)(time_ns - epoch->monotonic_ns) / 1e9;
}

uint64_t layout_utc_ns(const struct layout_epoch *epoch, uint64_t time_ns)
{
	return epoch->utc_ns + (time_ns - epoch->monotonic_ns);
}

uint64_t layout_time_ns(const struct layout_epoch *epoch,
			const struct writer_frame *frame)
{
	if (!frame->utc_ns)
		return frame->time_ns;
	return epoch->monotonic_ns + (frame->utc_ns - epoch->utc_ns);
}

static double or_nan(double value)
{
	return value > 0 ? value : NAN;
}

/* Nanoseconds from the begin of the first row's exposure to the time. */
static uint64_t time_after_start(const struct writer_config *config,
				 const struct writer_frame *frame)
{
	if (!strcmp(config->time_mark, "readout_start"))
		return frame->exposure_ns;
	if (!strcmp(config->time_mark, "frame_end") && frame->exposure_ns)
		return frame->exposure_ns + config->readout_ns;
	return 0;
}

void layout_row(const struct writer_config *config,
		const struct layout_epoch *epoch, uint64_t index,
		const struct writer_frame *frame, struct layout_row *row)
{
	const uint64_t time_ns = layout_time_ns(epoch, frame);
	const uint64_t epics = layout_utc_ns(epoch, time_ns) - EPICS_EPOCH_NS;
	const bool known = frame->exposure_ns &&
			   strcmp(config->time_mark, "unknown");
	const uint64_t start = time_ns - time_after_start(config, frame);

	*row = (struct layout_row) {
		.frame_index = index,
		.sensor_timestamp = frame->time_ns,
		.sequence_number = frame->sequence,
		.frame_status = (uint8_t)frame->status,
		.start_time = layout_seconds(epoch, start),
		.stop_time = known ? layout_seconds(epoch, start +
						    frame->exposure_ns) : NAN,
		.count_time = or_nan(frame->exposure_ns / 1e9),
		.frame_time = or_nan(frame->frame_duration_ns / 1e9),
		.gain = or_nan(frame->gain),
		.epics_time = epics / 1e9,
		.epics_s = (uint32_t)(epics / 1000000000),
		.epics_ns = (uint32_t)(epics % 1000000000),
	};
}

/* "0.1.0" of "oscanctl 0.1.0". */
static const char *version_of(const char *program)
{
	const char *space = strrchr(program, ' ');

	return space ? space + 1 : program;
}

static int describe_root(hid_t file, const struct writer_config *config,
			 const struct layout_epoch *epoch)
{
	unsigned int major, minor, release;
	char version[32];

	if (H5get_libversion(&major, &minor, &release) < 0)
		return -1;
	snprintf(version, sizeof(version), "%u.%u.%u", major, minor, release);
	return h5_attribute(file, "NX_class", "NXroot") ||
	       h5_attribute(file, "default", "entry") ||
	       h5_attribute(file, "file_name", config->path) ||
	       h5_attribute(file, "file_time", epoch->text) ||
	       h5_attribute(file, "creator", config->program) ||
	       h5_attribute(file, "creator_version",
			    version_of(config->program)) ||
	       h5_attribute(file, "HDF5_Version", version) ? -1 : 0;
}

static int make_entry(hid_t file, const struct writer_config *config,
		      const struct layout_epoch *epoch, const char *uid)
{
	return h5_make_group(file, "/entry", "NXentry") ||
	       h5_describe(file, "/entry", "default", "data") ||
	       h5_text(file, "/entry/title", config->title) ||
	       h5_text(file, "/entry/start_time", epoch->text) ||
	       h5_text(file, "/entry/entry_identifier", uid) ||
	       h5_text(file, "/entry/entry_identifier_uuid", uid) ||
	       h5_text(file, "/entry/program_name", config->program) ||
	       h5_describe(file, "/entry/program_name", "version",
			   version_of(config->program)) ? -1 : 0;
}

static int add_trigger(hid_t file, const struct writer_config *config)
{
	if (!config->triggered)
		return 0;
	return h5_text(file, DETECTOR "acquisition_mode", "triggered") ||
	       h5_number(file, DETECTOR "trigger_delay_time",
			 config->trigger_delay_ns / 1e9, "s") ? -1 : 0;
}

static int make_instrument(hid_t file, const struct writer_config *config)
{
	return h5_make_group(file, "/entry/instrument", "NXinstrument") ||
	       h5_text(file, "/entry/instrument/name", "oscan") ||
	       h5_make_group(file, "/entry/instrument/detector",
			     "NXdetector") ||
	       h5_text(file, DETECTOR "local_name", config->camera_id) ||
	       h5_text(file, DETECTOR "description", config->camera_model) ||
	       h5_text(file, DETECTOR "layout", "area") ||
	       h5_text(file, DETECTOR "type", "CMOS") ||
	       h5_integer(file, DETECTOR "bit_depth_readout", 8) ||
	       h5_integer(file, DETECTOR "saturation_value", 255) ||
	       h5_number(file, DETECTOR "detector_readout_time",
			 config->readout_ns / 1e9, "s") ||
	       add_trigger(file, config) ||
	       h5_make_group(file, "/entry/instrument/NDAttributes",
			     "NXcollection") ? -1 : 0;
}

static int add_to_axis(hid_t file, const struct writer_config *config,
		       const char *name, double value, const char *per)
{
	char path[600], unit[64];

	snprintf(path, sizeof(path), "/entry/instrument/%s/%s",
		 config->axis_name, name);
	snprintf(unit, sizeof(unit), per, config->axis_unit);
	return h5_number(file, path, value, unit);
}

static int make_axis(hid_t file, const struct writer_config *config)
{
	const double least = config->has_limits ? config->limit_min : NAN;
	const double most = config->has_limits ? config->limit_max : NAN;
	char group[512], path[600];

	snprintf(group, sizeof(group), "/entry/instrument/%s",
		 config->axis_name);
	snprintf(path, sizeof(path), "%s/name", group);
	return h5_make_group(file, group, "NXpositioner") ||
	       h5_text(file, path, config->axis_name) ||
	       add_to_axis(file, config, "steps_per_unit",
			   config->steps_per_unit, "1/%s") ||
	       add_to_axis(file, config, "velocity", or_nan(config->velocity),
			   "%s/s") ||
	       add_to_axis(file, config, "acceleration_time",
			   or_nan(config->accel_s), "s") ||
	       add_to_axis(file, config, "soft_limit_min", least, "%s") ||
	       add_to_axis(file, config, "soft_limit_max", most, "%s")
	       ? -1 : 0;
}

static int make_rest(hid_t file, const struct writer_config *config)
{
	return h5_make_group(file, "/entry/sample", "NXsample") ||
	       h5_text(file, "/entry/sample/name", config->title) ||
	       h5_make_group(file, "/entry/flyscan", "NXcollection") ||
	       h5_make_group(file, "/entry/data", "NXdata") ? -1 : 0;
}

/* Return: number of dimensions of the image dataset. */
static int image_chunk(const struct writer_config *config, hsize_t *dims)
{
	dims[0] = 1;
	dims[1] = config->height;
	dims[2] = config->width;
	dims[3] = config->bytes_per_pixel;
	return config->bytes_per_pixel > 1 ? 4 : 3;
}

static hid_t image_plist(const struct writer_config *config, int rank,
			 const hsize_t *chunk)
{
	hid_t plist = H5Pcreate(H5P_DATASET_CREATE);

	if (plist < 0)
		return -1;
	if (H5Pset_chunk(plist, rank, chunk) < 0 ||
	    H5Pset_fill_time(plist, H5D_FILL_TIME_NEVER) < 0 ||
	    compress_set_filters(config->compression, plist)) {
		H5Pclose(plist);
		return -1;
	}
	return plist;
}

static hid_t make_image(hid_t file, const struct writer_config *config)
{
	hsize_t dims[4], max[4];
	const int rank = image_chunk(config, dims);
	hid_t plist = image_plist(config, rank, dims), space, image = -1;

	memcpy(max, dims, sizeof(max));
	max[0] = H5S_UNLIMITED;
	dims[0] = 0;
	space = H5Screate_simple(rank, dims, max);
	if (plist >= 0 && space >= 0)
		image = H5Dcreate2(file, DETECTOR "data", H5T_NATIVE_UINT8,
				   space, H5P_DEFAULT, plist, H5P_DEFAULT);
	if (space >= 0)
		H5Sclose(space);
	if (plist >= 0)
		H5Pclose(plist);
	return image;
}

static int describe_image(hid_t image, const struct writer_config *config)
{
	return h5_attribute(image, "interpretation",
			    config->bytes_per_pixel == 3 ? "rgba-image"
							 : "image");
}

static int make_columns(hid_t file, hid_t *columns)
{
	for (int n = 0; n < LAYOUT_COLUMNS; n++) {
		const struct column *c = &columns_table[n];

		columns[n] = h5_growing(file, c->path, file_type(c->type),
					c->unit);
		if (columns[n] < 0 ||
		    h5_attribute(columns[n], "description", c->description))
			return -1;
	}
	return 0;
}

static int describe_times(hid_t file, const struct writer_config *config,
			  const struct layout_epoch *epoch)
{
	return h5_describe(file, DETECTOR "sensor_timestamp", "clock",
			   "CLOCK_MONOTONIC") ||
	       h5_describe(file, DETECTOR "sensor_timestamp", "marks",
			   config->time_mark) ||
	       h5_describe(file, DETECTOR "start_time", "marks",
			   config->time_mark) ||
	       h5_describe(file, DETECTOR "start_time", "start",
			   epoch->text) ? -1 : 0;
}

/* NXdata wants an entry for each dimension, "." for those without an axis. */
static int set_axes(hid_t data, const struct writer_config *config,
		    const char *axis)
{
	const char *const axes[] = { axis, ".", ".", "." };
	char indices[300];

	snprintf(indices, sizeof(indices), "%s_indices", axis);
	return h5_attributes(data, "axes", axes,
			     config->bytes_per_pixel == 3 ? 4 : 3) ||
	       h5_attribute_index(data, indices, 0) ? -1 : 0;
}

static int describe_data(hid_t file, const struct writer_config *config,
			 const char *axis)
{
	hid_t data = H5Gopen2(file, "/entry/data", H5P_DEFAULT);
	int ret;

	if (data < 0)
		return -1;
	ret = h5_attribute(data, "signal", "data") ||
	      set_axes(data, config, axis) ? -1 : 0;
	return H5Gclose(data) < 0 ? -1 : ret;
}

/* Until the positions are known the frames are shown against time. */
static int link_data(hid_t file, const struct writer_config *config)
{
	return h5_link(file, DETECTOR "data", "/entry/data/data") ||
	       h5_link(file, DETECTOR "sensor_timestamp",
		       "/entry/data/sensor_timestamp") ||
	       h5_link(file, DETECTOR "sequence_number",
		       ATTRIBUTES "NDArrayUniqueId") ||
	       describe_data(file, config, "sensor_timestamp") ? -1 : 0;
}

int layout_make(hid_t file, const struct writer_config *config,
		const struct layout_epoch *epoch, const char *uid,
		hid_t *image, hid_t *columns)
{
	for (int n = 0; n < LAYOUT_COLUMNS; n++)
		columns[n] = -1;
	*image = -1;
	if (describe_root(file, config, epoch) ||
	    make_entry(file, config, epoch, uid) ||
	    make_instrument(file, config) ||
	    make_axis(file, config) ||
	    make_rest(file, config))
		return -1;
	*image = make_image(file, config);
	if (*image < 0)
		return -1;
	return describe_image(*image, config) ||
	       make_columns(file, columns) ||
	       describe_times(file, config, epoch) ||
	       link_data(file, config) ? -1 : 0;
}

int layout_append_rows(const hid_t *columns, const struct layout_row *rows,
		       size_t count)
{
	for (int n = 0; n < LAYOUT_COLUMNS; n++) {
		const struct column *c = &columns_table[n];
		const size_t size = file_size(c->type);
		char values[LAYOUT_BATCH * sizeof(uint64_t)];

		for (size_t row = 0; row < count; row++)
			memcpy(values + row * size,
			       (const char *)&rows[row] + c->offset, size);
		if (h5_append(columns[n], file_type(c->type),
			      rows->frame_index, values, count))
			return -1;
	}
	return 0;
}

int layout_append_image(hid_t image, const struct writer_config *config,
			uint64_t count, const void *data, size_t bytes,
			bool plain)
{
	/* Bits of the filters that were left out: all of them, or none. */
	const uint32_t left_out = plain ? UINT32_MAX : 0;
	hsize_t dims[4], start[4] = { count };

	image_chunk(config, dims);
	dims[0] = count + 1;
	if (H5Dset_extent(image, dims) < 0)
		return -1;
	return H5Dwrite_chunk(image, H5P_DEFAULT,
			      config->compression ? left_out : 0, start,
			      bytes, data) < 0 ? -1 : 0;
}

static int add_values(hid_t file, const struct writer_config *config,
		      const char *suffix, const double *values, size_t count,
		      const char *unit)
{
	char path[512];

	snprintf(path, sizeof(path), "/entry/data/%s%s", config->axis_name,
		 suffix);
	return h5_array(file, path, H5T_NATIVE_DOUBLE, values, count, unit);
}

static int add_positions(hid_t file, const struct writer_config *config,
			 const struct writer_pairing *p)
{
	const char *unit = config->axis_unit;
	char speed_unit[64];

	snprintf(speed_unit, sizeof(speed_unit), "%s/s", unit);
	return add_values(file, config, "", p->position, p->frames, unit) ||
	       add_values(file, config, "_start", p->position_start,
			  p->frames, unit) ||
	       add_values(file, config, "_end", p->position_end, p->frames,
			  unit) ||
	       add_values(file, config, "_errors", p->sigma, p->frames,
			  unit) ||
	       add_values(file, config, "_speed", p->speed, p->frames,
			  speed_unit) ||
	       h5_array(file, "/entry/data/in_scan", H5T_NATIVE_UINT8,
			p->in_scan, p->frames, NULL) ? -1 : 0;
}

static int link_positions(hid_t file, const struct writer_config *config)
{
	char axis[512], second[512], label[512];

	snprintf(axis, sizeof(axis), "/entry/data/%s", config->axis_name);
	snprintf(second, sizeof(second), "/entry/instrument/%s/value",
		 config->axis_name);
	snprintf(label, sizeof(label), "%s (%s)", config->axis_name,
		 config->axis_unit);
	if (h5_describe(file, axis, "long_name", label) ||
	    h5_link(file, axis, second))
		return -1;
	if (!config->rotation)
		return 0;
	return h5_link(file, axis, "/entry/sample/rotation_angle");
}

int layout_pairing(hid_t file, const struct writer_config *config,
		   const struct writer_pairing *pairing)
{
	return add_positions(file, config, pairing) ||
	       link_positions(file, config) ||
	       describe_data(file, config, config->axis_name) ? -1 : 0;
}

int layout_end(hid_t file, const struct layout_epoch *begin)
{
	struct layout_epoch now;

	layout_now(&now);
	return h5_text(file, "/entry/end_time", now.text) ||
	       h5_number(file, "/entry/duration",
			 layout_seconds(begin, now.monotonic_ns), "s") ||
	       h5_attribute(file, "file_update_time", now.text) ? -1 : 0;
}
