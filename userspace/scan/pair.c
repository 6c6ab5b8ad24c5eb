// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the axis was for each frame. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "scan.h"

/* Arrays of the pairing, and the time that each position is for. */
struct table {
	double *position;
	double *position_start;
	double *position_end;
	double *sigma;
	double *between;
	double *speed;
	uint8_t *in_scan;
	uint64_t *pass;
	uint64_t *time_ns;
};

const char *scan_mark_name(const struct scan *scan)
{
	return camera_mark_name(scan->capabilities.mark);
}

uint64_t scan_exposure_ns(const struct scan *scan, uint64_t told_ns)
{
	if (told_ns || !scan->capabilities.sets_exposure)
		return told_ns;
	return scan->settings.exposure_ns;
}

uint64_t scan_exposure_start(const struct scan *scan,
			     const struct scan_frame *frame)
{
	uint64_t time_ns = frame->time_ns - scan->latency_ns;

	switch (scan->capabilities.mark) {
	case CAMERA_MARK_READOUT_START:
		return time_ns - frame->exposure_ns;
	case CAMERA_MARK_FRAME_END:
		return time_ns - frame->exposure_ns -
		       scan->capabilities.readout_ns;
	default:
		return time_ns;
	}
}

uint64_t scan_exposure(const struct scan *scan, const struct scan_frame *frame,
		       uint64_t *half_ns)
{
	uint64_t half = frame->exposure_ns / 2;
	uint64_t row = scan->capabilities.readout_ns / 2;
	uint64_t time_ns = frame->time_ns - scan->latency_ns;

	if (scan->capabilities.mark == CAMERA_MARK_UNKNOWN &&
	    !frame->start_ns)
		half = 0;
	if (half_ns)
		*half_ns = half;
	if (frame->start_ns)
		return frame->start_ns + half + row;
	if (!half)
		return time_ns;
	switch (scan->capabilities.mark) {
	case CAMERA_MARK_EXPOSURE_START:
		return time_ns + half + row;
	case CAMERA_MARK_READOUT_START:
		return time_ns - half + row;
	case CAMERA_MARK_FRAME_END:
		return time_ns - half - row;
	default:
		return time_ns;
	}
}

static double position_at(const struct scan *scan, uint64_t time_ns)
{
	struct oscan_position position;

	if (oscan_track_at(scan->track, time_ns, &position))
		return NAN;
	return oscan_axis_to_unit(scan->info, position.steps);
}

static void fill_row(struct scan *scan, struct table *table, size_t row)
{
	double scale = oscan_axis_steps_per_unit(scan->info);
	struct oscan_position position;
	uint64_t half_ns, time_ns;

	time_ns = scan_exposure(scan, &scan->frames[row], &half_ns);
	table->time_ns[row] = time_ns;
	table->position_start[row] = NAN;
	table->position_end[row] = NAN;
	if (oscan_track_at(scan->track, time_ns, &position)) {
		table->position[row] = NAN;
		table->sigma[row] = NAN;
		table->between[row] = NAN;
		table->speed[row] = NAN;
		scan->result->frames_unpaired++;
		return;
	}
	table->position[row] = oscan_axis_to_unit(scan->info, position.steps);
	table->speed[row] = position.speed / scale;
	table->sigma[row] = scan_sigma(scan, &scan->frames[row], time_ns,
				       &position, &table->between[row]);
	if (half_ns) {
		table->position_start[row] =
			position_at(scan, time_ns - half_ns);
		table->position_end[row] =
			position_at(scan, time_ns + half_ns);
	}
	table->pass[row] = scan_pass_at(scan, time_ns);
	table->in_scan[row] = table->pass[row] > 0;
	scan->result->frames_in_scan += table->in_scan[row];
}

static void find_intervals(struct scan *scan, const struct table *table,
			   size_t rows)
{
	struct flyscan_result *result = scan->result;

	for (size_t row = 1; row < rows; row++) {
		double seconds = (double)(int64_t)(table->time_ns[row] -
						   table->time_ns[row - 1]) /
				 1e9;

		if (!table->pass[row] || table->pass[row] != table->pass[row - 1])
			continue;
		if (!result->longest_s || seconds < result->shortest_s)
			result->shortest_s = seconds;
		if (seconds > result->longest_s)
			result->longest_s = seconds;
	}
}

/* As that scan found it; none of its times is of this scan's trace. */
static void fill_earlier(struct scan *scan, struct table *table, size_t row)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;

	table->time_ns[row] = earlier->time_ns[row];
	table->position[row] = earlier->position[row];
	table->position_start[row] = earlier->position_start[row];
	table->position_end[row] = earlier->position_end[row];
	table->sigma[row] = earlier->sigma[row];
	table->speed[row] = earlier->speed[row];
	table->between[row] = NAN;
	table->in_scan[row] = earlier->in_scan[row];
	table->pass[row] = earlier->pass[row];
	scan->result->frames_in_scan += table->in_scan[row];
}

static void free_table(struct table *table)
{
	free(table->position);
	free(table->position_start);
	free(table->position_end);
	free(table->sigma);
	free(table->between);
	free(table->speed);
	free(table->in_scan);
	free(table->pass);
	free(table->time_ns);
}

static bool make_table(struct table *table, size_t rows)
{
	size_t room = rows ? rows : 1;

	table->position = calloc(room, sizeof(*table->position));
	table->position_start = calloc(room, sizeof(*table->position_start));
	table->position_end = calloc(room, sizeof(*table->position_end));
	table->sigma = calloc(room, sizeof(*table->sigma));
	table->between = calloc(room, sizeof(*table->between));
	table->speed = calloc(room, sizeof(*table->speed));
	table->in_scan = calloc(room, sizeof(*table->in_scan));
	table->pass = calloc(room, sizeof(*table->pass));
	table->time_ns = calloc(room, sizeof(*table->time_ns));
	return table->position && table->position_start &&
	       table->position_end && table->sigma && table->between &&
	       table->speed && table->in_scan && table->pass &&
	       table->time_ns;
}

static int store_table(struct scan *scan, const struct table *table,
		       size_t rows)
{
	struct writer_pairing pairing = {
		.frames = rows,
		.position = table->position,
		.position_start = table->position_start,
		.position_end = table->position_end,
		.sigma = table->sigma,
		.speed = table->speed,
		.in_scan = table->in_scan,
	};

	if (writer_add_pairing(scan->writer, &pairing) ||
	    writer_add_array(scan->writer, "pairing/time_ns", table->time_ns,
			     rows, "ns") ||
	    writer_add_array(scan->writer, "pairing/pass", table->pass, rows,
			     NULL) ||
	    scan_store_uncertainty(scan, table->time_ns, table->position,
				   table->between, table->pass, rows) ||
	    scan_trigger_store(scan, rows))
		return scan_writer_failed(scan, errno);
	return 0;
}

int scan_pair(struct scan *scan)
{
	size_t copied = scan->result->ledger.copied, row;
	size_t rows = copied + scan->result->ledger.written;
	struct table table = { 0 };
	int result;

	if (!make_table(&table, rows)) {
		free_table(&table);
		return scan_fail(scan, ENOMEM,
				 "wanted memory for the positions of %zu frames, found none; take fewer frames",
				 rows);
	}
	scan_find_windows(scan);
	if (scan_trigger_pair(scan, rows)) {
		free_table(&table);
		return -1;
	}
	scan_find_uncertainty(scan, rows);
	for (row = 0; row < copied; row++)
		fill_earlier(scan, &table, row);
	for (; row < rows; row++)
		fill_row(scan, &table, row);
	find_intervals(scan, &table, rows);
	result = store_table(scan, &table, rows);
	free_table(&table);
	return result;
}

int scan_check_pairs(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;

	if (!result->frames_unpaired)
		return 0;
	return scan_fail(scan, ENODATA,
			 "wanted the position of each of %llu frames, found none for %llu of them, because the trace has gaps; start the scan again, with less load on the machine",
			 (unsigned long long)(result->ledger.copied +
					      result->ledger.written),
			 (unsigned long long)result->frames_unpaired);
}
