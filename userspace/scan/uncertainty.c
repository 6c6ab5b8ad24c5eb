// SPDX-License-Identifier: GPL-2.0-or-later
/* How well the position of a frame is known. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include "scan.h"

/* Of a rectangle of width 1. */
#define RECTANGLE 0.28867513459481287

/* Times come through a struct timeval: whole microseconds. */
#define RESOLUTION_S 1e-6
/* Those of lines do not. */
#define LINE_RESOLUTION_S 1e-9

/**
 * struct fit - the straight line with the least squares
 * @count: of points
 * @rms: of what is left
 * @most: of what is left
 */
struct fit {
	size_t count;
	double rms;
	double most;
};

/* @y may be all NAN; at least three points make a line worth judging. */
static struct fit fit_line(const double *x, const double *y, size_t count)
{
	double mean_x = 0, mean_y = 0, xx = 0, xy = 0, slope, left;
	struct fit fit = { .count = count };

	if (count < 3)
		return fit;
	for (size_t i = 0; i < count; i++) {
		mean_x += x[i] / count;
		mean_y += y[i] / count;
	}
	for (size_t i = 0; i < count; i++) {
		xx += (x[i] - mean_x) * (x[i] - mean_x);
		xy += (x[i] - mean_x) * (y[i] - mean_y);
	}
	slope = xx > 0 ? xy / xx : 0;
	for (size_t i = 0; i < count; i++) {
		left = fabs(y[i] - mean_y - slope * (x[i] - mean_x));
		fit.rms += left * left / (count - 2);
		fit.most = fmax(fit.most, left);
	}
	fit.rms = sqrt(fit.rms);
	return fit;
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
	return (double)(int64_t)(to_ns - from_ns) / 1e9;
}

/*
 * A camera that runs free exposes as regularly as its crystal; what times
 * deviate from that is their error.
 */
static double time_scatter_s(const struct scan *scan, size_t rows)
{
	bool strobes = flyscan_captures(scan->request);
	size_t copied = scan->result->ledger.copied, count = 0;
	const struct scan_frame *frames = scan->frames + copied;
	double *x, *y;
	struct fit fit = { 0 };

	/* Those of an earlier scan are of another start of the camera. */
	rows -= copied;
	x = calloc(rows + 1, sizeof(*x));
	y = calloc(rows + 1, sizeof(*y));
	if (x && y) {
		for (size_t i = 0; i < rows; i++) {
			if (strobes && frames[i].source != SCAN_SOURCE_STROBE)
				continue;
			x[count] = (uint32_t)(frames[i].sequence -
					      frames[0].sequence);
			y[count++] = seconds(frames[0].time_ns, strobes ?
					     frames[i].start_ns :
					     frames[i].time_ns);
		}
		fit = fit_line(x, y, count);
	}
	free(x);
	free(y);
	return fit.rms;
}

/*
 * Times of a camera of which nobody knows what they mark are software's, and
 * what they deviate is real. How evenly a camera answers a pulse is not known:
 * its times tell their own scatter.
 */
static double time_error_s(const struct scan *scan, size_t rows)
{
	bool told = scan->capabilities.mark != CAMERA_MARK_UNKNOWN;

	switch (scan->request->trigger) {
	case FLYSCAN_TRIGGER_FREE:
		return hypot(RESOLUTION_S * RECTANGLE,
			     told ? time_scatter_s(scan, rows) : 0);
	case FLYSCAN_TRIGGER_STROBE:
		return hypot(LINE_RESOLUTION_S * RECTANGLE,
			     time_scatter_s(scan, rows));
	default:
		return LINE_RESOLUTION_S * RECTANGLE;
	}
}

void scan_find_uncertainty(struct scan *scan, size_t rows)
{
	struct scan_uncertainty *found = &scan->uncertainty;
	uint32_t height = scan->settings.height;

	/* Frames and steps are timed by the same clock. */
	found->clock_s = 0;
	found->latency_s = 0;
	if (scan->request->trigger == FLYSCAN_TRIGGER_FREE)
		found->latency_s = scan->latency_sigma_ns / 1e9;
	found->time_s = time_error_s(scan, rows);
	found->row_s = height > 1 ? scan->capabilities.readout_ns / 1e9 /
				    (height - 1) * RECTANGLE : 0;
}

/* |a| dt^2 / 8: what a straight line between two steps leaves out. */
static double interpolation(const struct scan *scan, uint64_t time_ns,
			    double speed)
{
	struct oscan_position before, after;
	uint64_t step_ns;

	if (speed == 0)
		return 0;
	step_ns = 1e9 / fabs(speed);
	if (oscan_track_at(scan->track, time_ns - step_ns, &before) ||
	    oscan_track_at(scan->track, time_ns + step_ns, &after))
		return 0;
	return fabs(after.speed - before.speed) / fabs(speed) / 16;
}

double scan_sigma(const struct scan *scan, const struct scan_frame *frame,
		  uint64_t time_ns, const struct oscan_position *position,
		  double *between)
{
	const struct scan_uncertainty *term = &scan->uncertainty;
	double scale = oscan_axis_steps_per_unit(scan->info);
	double own_s = frame->source == SCAN_SOURCE_CAMERA ?
		       scan->trigger.scatter_s : 0;
	double time_s = sqrt(own_s * own_s +
			     term->clock_s * term->clock_s +
			     term->latency_s * term->latency_s +
			     term->time_s * term->time_s +
			     term->row_s * term->row_s);

	*between = interpolation(scan, time_ns, position->speed) / scale;
	return sqrt(pow(position->speed / scale * time_s, 2) +
		    *between * *between + pow(position->sigma / scale, 2));
}

/* How even the passes were: positions of each against a straight line. */
static int store_evenness(struct scan *scan, const uint64_t *time_ns,
			  const double *position, const uint64_t *pass,
			  size_t rows)
{
	double *x = calloc(rows + 1, sizeof(*x));
	double *y = calloc(rows + 1, sizeof(*y));
	double squares = 0, most = 0;
	size_t count = 0, free_count = 0;
	struct fit fit;

	if (!x || !y) {
		free(x);
		free(y);
		errno = ENOMEM;
		return -1;
	}
	for (size_t row = 0; row < rows; row++) {
		if (pass[row] && !isnan(position[row])) {
			x[count] = seconds(time_ns[0], time_ns[row]);
			y[count++] = position[row];
		}
		if (row + 1 < rows && pass[row + 1] == pass[row])
			continue;
		if (count >= 3) {
			fit = fit_line(x, y, count);
			squares += fit.rms * fit.rms * (count - 2);
			most = fmax(most, fit.most);
			free_count += count - 2;
		}
		count = 0;
	}
	free(x);
	free(y);
	if (writer_add_number(scan->writer, "pairing/line_rms",
			      free_count ? sqrt(squares / free_count) : NAN,
			      scan_unit(scan)))
		return -1;
	return writer_add_number(scan->writer, "pairing/line_max",
				 free_count ? most : NAN, scan_unit(scan));
}

int scan_store_uncertainty(struct scan *scan, const uint64_t *time_ns,
			   const double *position, const double *between,
			   const uint64_t *pass, size_t rows)
{
	const struct scan_uncertainty *term = &scan->uncertainty;
	const struct {
		const char *name;
		double value;
		const char *unit;
	} numbers[] = {
		{ "uncertainty/clock", term->clock_s, "s" },
		{ "uncertainty/latency", term->latency_s, "s" },
		{ "uncertainty/timestamp", term->time_s, "s" },
		{ "uncertainty/row", term->row_s, "s" },
		{ "uncertainty/step",
		  RECTANGLE / oscan_axis_steps_per_unit(scan->info),
		  scan_unit(scan) },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (writer_add_number(scan->writer, numbers[i].name,
				      numbers[i].value, numbers[i].unit))
			return -1;
	if (writer_add_reals(scan->writer, "uncertainty/interpolation",
			     between, rows, scan_unit(scan)))
		return -1;
	return store_evenness(scan, time_ns, position, pass, rows);
}
