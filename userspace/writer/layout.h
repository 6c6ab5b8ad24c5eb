/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The groups and datasets of the scan file, as writer.h describes them.
 * Functions return 0, or -1 when HDF5 fails.
 */
#ifndef OSCAN_LAYOUT_H
#define OSCAN_LAYOUT_H

#include <hdf5.h>
#include "uuid.h"
#include "writer.h"

/* Longer than an ISO 8601 time with nanoseconds. */
#define LAYOUT_TIME_LEN 64

/**
 * struct layout_epoch - one instant on two clocks; times in seconds count
 * from it
 * @monotonic_ns: CLOCK_MONOTONIC
 * @utc_ns: the same of CLOCK_REALTIME: from 1970-01-01
 * @text: the same as ISO 8601, UTC
 */
struct layout_epoch {
	uint64_t monotonic_ns;
	uint64_t utc_ns;
	char text[LAYOUT_TIME_LEN];
};

/** struct layout_row - what is stored with each frame; NAN: not known */
struct layout_row {
	uint64_t frame_index;
	uint64_t sensor_timestamp;
	uint32_t sequence_number;
	uint8_t frame_status;
	double start_time;
	double stop_time;
	double count_time;
	double frame_time;
	double gain;
	double epics_time;
	uint32_t epics_s;
	uint32_t epics_ns;
};

enum { LAYOUT_COLUMNS = 12 };

/* Most frames that are appended at once. */
#define LAYOUT_BATCH 32

/** layout_column_path - of a dataset with a value for each frame, by number */
const char *layout_column_path(int column);

/** layout_now - the time now */
void layout_now(struct layout_epoch *epoch);

/** layout_seconds - from the epoch to a time of CLOCK_MONOTONIC */
double layout_seconds(const struct layout_epoch *epoch, uint64_t time_ns);

/** layout_utc_ns - a time of CLOCK_MONOTONIC from 1970-01-01 */
uint64_t layout_utc_ns(const struct layout_epoch *epoch, uint64_t time_ns);

/**
 * layout_time_ns - when a frame was taken, on CLOCK_MONOTONIC as if the machine
 * had run since; it wraps below zero
 */
uint64_t layout_time_ns(const struct layout_epoch *epoch,
			const struct writer_frame *frame);

/** layout_row - what is stored with the frame that has the place @index */
void layout_row(const struct writer_config *config,
		const struct layout_epoch *epoch, uint64_t index,
		const struct writer_frame *frame, struct layout_row *row);

/**
 * layout_make - everything that exists before the first frame
 * @uid: of the scan
 * @image: out, to be closed by the caller
 * @columns: out, shape [LAYOUT_COLUMNS], to be closed by the caller; negative
 *	where it failed
 */
int layout_make(hid_t file, const struct writer_config *config,
		const struct layout_epoch *epoch, const char *uid,
		hid_t *image, hid_t *columns);

/** layout_append_rows - write the values of @count frames, <= LAYOUT_BATCH */
int layout_append_rows(const hid_t *columns, const struct layout_row *rows,
		       size_t count);

/**
 * layout_append_image - write the pixels of one frame
 * @count: frames that there are
 * @data: shape [bytes]
 * @plain: @data did not pass through the filters
 */
int layout_append_image(hid_t image, const struct writer_config *config,
			uint64_t count, const void *data, size_t bytes,
			bool plain);

/** layout_pairing - positions of the frames; makes them the axis of the data */
int layout_pairing(hid_t file, const struct writer_config *config,
		   const struct writer_pairing *pairing);

/** layout_end - end time and duration */
int layout_end(hid_t file, const struct layout_epoch *begin);

#endif /* OSCAN_LAYOUT_H */
