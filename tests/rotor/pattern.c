// SPDX-License-Identifier: GPL-2.0-or-later
#include "pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN_NS	1000000
#define DIR_LEAD_NS	10000
#define PULSE_NS	2000

/* Where the speed that @start_sps grows to is reached, and what it is. */
struct shape {
	double start;
	double top;
	double accel;
	double ramp_up;		/* steps */
	double ramp_down;
};

static struct shape shape_of(const struct pattern *pattern, double start,
			     double steps)
{
	double a = pattern->accel_sps2;
	struct shape shape = {
		.start = fmin(start, pattern->speed_sps),
		.top = pattern->speed_sps,
		.accel = a,
	};

	if (!pattern->no_end) {
		shape.start = fmin(shape.start, sqrt(2 * a * steps));
		shape.top = fmin(shape.top,
				 sqrt(a * steps +
				      shape.start * shape.start / 2));
		shape.ramp_down = shape.top * shape.top / (2 * a);
	}
	shape.ramp_up = (shape.top * shape.top - shape.start * shape.start) /
			(2 * a);
	return shape;
}

/* Time of step @n of @steps after the shape's origin. */
static double shape_time(const struct shape *shape, double n, double steps)
{
	double ramp_s = (shape->top - shape->start) / shape->accel;
	double even = steps - shape->ramp_up - shape->ramp_down;
	double left = steps - n;

	if (n <= shape->ramp_up)
		return (sqrt(shape->start * shape->start +
			     2 * shape->accel * n) - shape->start) /
		       shape->accel;
	if (left >= shape->ramp_down)
		return ramp_s + (n - shape->ramp_up) / shape->top;
	return ramp_s + even / shape->top + shape->top / shape->accel -
	       sqrt(2 * left / shape->accel);
}

static int held(const struct pattern *pattern, size_t n)
{
	size_t past;

	if (!pattern->hold_step || n < pattern->hold_step)
		return 0;
	past = n - pattern->hold_step;
	if (!pattern->hold_every)
		return !past;
	return past % pattern->hold_every == 0 &&
	       past / pattern->hold_every < pattern->hold_count;
}

/* Plan the steps after @n anew, from the time that it really came. */
static void replan(const struct pattern *pattern, double *due, size_t n,
		   double now)
{
	double left = pattern->steps - n;
	struct shape shape = shape_of(pattern, pattern->restart_sps, left);
	size_t i;

	for (i = n + 1; i <= pattern->steps; i++)
		due[i] = now + pattern->rest_s +
			 shape_time(&shape, i - n, left);
}

double *pattern_times(const struct pattern *pattern)
{
	struct shape shape = shape_of(pattern, pattern->start_sps,
				      pattern->steps);
	double *due = calloc(pattern->steps + 1, sizeof(*due));
	double *times = calloc(pattern->steps + 1, sizeof(*times));
	size_t n;

	if (!due || !times) {
		free(due);
		free(times);
		return NULL;
	}
	for (n = 1; n <= pattern->steps; n++)
		due[n] = shape_time(&shape, n, pattern->steps);
	for (n = 1; n <= pattern->steps; n++) {
		double least = 0;

		if (n > 1 && pattern->after == PATTERN_BURST)
			least = times[n - 2] + pattern->burst_s;
		if (n > 1 && pattern->after == PATTERN_CATCH_UP)
			least = times[n - 2] + (1 - pattern->catch_up) *
					       (due[n] - due[n - 1]);
		times[n - 1] = fmax(due[n], least);
		if (!held(pattern, n))
			continue;
		times[n - 1] += pattern->hold_s;
		if (pattern->after == PATTERN_RAMP)
			replan(pattern, due, n, times[n - 1]);
	}
	free(due);
	return times;
}

struct oscan_rig_edge *pattern_edges(const double *times, size_t steps,
				     const struct edge_lines *lines,
				     size_t *count)
{
	struct oscan_rig_edge *edges;
	size_t i;

	*count = 2 * steps + 1;
	edges = calloc(*count, sizeof(*edges));
	if (!edges)
		return NULL;
	edges[0] = (struct oscan_rig_edge) {
		.time_ns = ORIGIN_NS - DIR_LEAD_NS,
		.line = lines->dir,
		.value = 1,
	};
	for (i = 0; i < steps; i++) {
		uint64_t rise_ns = ORIGIN_NS + llround(times[i] * 1e9);

		edges[2 * i + 1] = (struct oscan_rig_edge) {
			.time_ns = rise_ns,
			.line = lines->step,
			.value = 1,
		};
		edges[2 * i + 2] = (struct oscan_rig_edge) {
			.time_ns = rise_ns + PULSE_NS,
			.line = lines->step,
		};
	}
	return edges;
}
