/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The groups and datasets of the scan file, as writer.h describes them.
 * Functions return 0, or -1 when HDF5 fails.
 */
#ifndef OSCAN_LAYOUT_H
#define OSCAN_LAYOUT_H

#include <hdf5.h>
#include "writer.h"

/* Longer than an ISO 8601 time with nanoseconds. */
#define LAYOUT_TIME_LEN 64

/**
 * struct layout_epoch - one instant on two clocks; times in seconds count
 * from it
 * @monotonic_ns: CLOCK_MONOTONIC
 * @text: the same as ISO 8601, UTC
 */
struct layout_epoch {
	uint64_t monotonic_ns;
	char text[LAYOUT_TIME_LEN];
};

/** struct layout_row - what is stored with each frame; NAN: not known */
struct layout_row {
	uint64_t frame_index;
	uint64_t sensor_timestamp;
	uint32_t sequence_number;
	uint8_t frame_status;
	double start_time;
	double count_time;
	double frame_time;
	double gain;
};

enum { LAYOUT_COLUMNS = 8 };

/** layout_now - the time now */
void layout_now(struct layout_epoch *epoch);

/** layout_seconds - from the epoch to a time of CLOCK_MONOTONIC */
double layout_seconds(const struct layout_epoch *epoch, uint64_t time_ns);

/**
 * layout_make - everything that exists before the first frame
 * @image: out, to be closed by the caller
 * @columns: out, shape [LAYOUT_COLUMNS], to be closed by the caller; negative
 *	where it failed
 */
int layout_make(hid_t file, const struct writer_config *config,
		const struct layout_epoch *epoch, hid_t *image,
		hid_t *columns);

/** layout_append_row - write the values of one frame */
int layout_append_row(const hid_t *columns, const struct layout_row *row);

/** layout_append_image - write the pixels of one frame */
int layout_append_image(hid_t image, const struct writer_config *config,
			uint64_t count, const void *pixels);

/** layout_pairing - positions of the frames; makes them the axis of the data */
int layout_pairing(hid_t file, const struct writer_config *config,
		   const struct writer_pairing *pairing);

/**
 * layout_trace - every step, as NXlog
 * @scratch: shape [steps]
 */
int layout_trace(hid_t file, const struct writer_config *config,
		 const struct layout_epoch *epoch,
		 const struct writer_trace *trace, double *scratch);

/** layout_end - end time and duration */
int layout_end(hid_t file, const struct layout_epoch *begin);

#endif /* OSCAN_LAYOUT_H */
