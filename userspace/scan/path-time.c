// SPDX-License-Identifier: GPL-2.0-or-later
/* What the moves of a path take, and whether the axes may make them. */
#include "path-internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Newton's steps for the top speed of an S-curve, within 1e-15 of it. */
#define NEWTON_STEPS 8

void path_axis_of(const struct oscan_axis_info *info, struct path_axis *axis)
{
	double scale, play_deg;

	*axis = (struct path_axis){ .min_deg = NAN, .max_deg = NAN };
	if (!info)
		return;
	scale = oscan_axis_steps_per_unit(info);
	axis->present = true;
	axis->wraps = info->flags & OSCAN_AXIS_WRAPS;
	axis->speed = oscan_speed_to_double(info->max_speed_sps_q44) / scale;
	axis->accel = oscan_accel_to_double(info->max_accel_sps2_q32) / scale;
	axis->decel = axis->accel;
	if (!(info->flags & OSCAN_AXIS_HAS_LIMITS))
		return;
	/* The driver comes to each target from that far on one side. */
	play_deg = info->backlash_steps / scale;
	axis->min_deg = oscan_axis_to_unit(info, info->limit_min) +
			fmax(play_deg, 0);
	axis->max_deg = oscan_axis_to_unit(info, info->limit_max) +
			fmin(play_deg, 0);
}

/* Of a ramp between 0 and @speed. */
static double ramp_seconds(double speed, double accel, double jerk)
{
	if (jerk == 0)
		return speed / accel;
	if (speed * jerk > accel * accel)
		return speed / accel + accel / jerk;
	return 2 * sqrt(speed / jerk);
}

/* How much longer a ramp gets with its top speed, times that speed. */
static double ramp_slope(double speed, double accel, double jerk)
{
	if (speed * jerk > accel * accel)
		return 2 * speed / accel + accel / jerk;
	return 3 * sqrt(speed / jerk);
}

/* An S is symmetric, so its ramps are as long as at half the speed. */
static double ramps_way(const struct path_axis *axis, double speed)
{
	return speed / 2 * (ramp_seconds(speed, axis->accel, axis->jerk) +
			    ramp_seconds(speed, axis->decel, axis->jerk));
}

/*
 * Top speed of a move without a stretch of constant speed. With jerk the way
 * of both ramps is convex in the speed, and what could be reached with no limit
 * of jerk, or of acceleration, is at most a little too fast: Newton's method
 * comes down to the root and never passes it.
 */
static double top_speed(const struct path_axis *axis, double way)
{
	double speed = sqrt(2 * way * axis->accel * axis->decel /
			    (axis->accel + axis->decel)), slope;

	if (axis->jerk == 0)
		return speed;
	speed = fmin(speed, cbrt(way * way * axis->jerk / 4));
	for (int i = 0; i < NEWTON_STEPS; i++) {
		slope = (ramp_slope(speed, axis->accel, axis->jerk) +
			 ramp_slope(speed, axis->decel, axis->jerk)) / 2;
		speed -= (ramps_way(axis, speed) - way) / slope;
	}
	return speed;
}

double path_move_seconds(const struct path_axis *axis, double from_deg,
			 double to_deg)
{
	double way = to_deg - from_deg, ramps, speed;

	if (!axis->present)
		return 0;
	way = fabs(axis->wraps ? remainder(way, 360) : way);
	if (way == 0)
		return 0;
	speed = axis->speed;
	ramps = ramps_way(axis, speed);
	if (way < ramps) {
		speed = top_speed(axis, way);
		ramps = way;
	}
	return ramp_seconds(speed, axis->accel, axis->jerk) +
	       ramp_seconds(speed, axis->decel, axis->jerk) +
	       (way - ramps) / speed;
}

double path_cost(const struct path_axis *theta, const struct path_axis *phi,
		 const struct path_point *from, const struct path_point *to)
{
	return fmax(path_move_seconds(theta, from->theta_deg, to->theta_deg),
		    path_move_seconds(phi, from->phi_deg, to->phi_deg));
}

static double seconds_of(const struct path_point *points, size_t count,
			 const struct path_axis *theta,
			 const struct path_axis *phi, struct path_point at)
{
	double seconds = 0;

	for (size_t i = 0; i < count; i++) {
		seconds += path_cost(theta, phi, &at, &points[i]);
		at = points[i];
	}
	return seconds;
}

void path_time(struct path *path, const struct path_axis *theta,
	       const struct path_axis *phi, double theta_now, double phi_now)
{
	const struct path_point now = {
		.theta_deg = theta_now, .phi_deg = phi_now,
	};
	struct path_point *sorted;

	path->seconds = seconds_of(path->points, path->count, theta, phi, now);
	path->unordered_seconds = NAN;
	sorted = calloc(path->count, sizeof(*sorted));
	if (!sorted)
		return;
	memcpy(sorted, path->points, path->count * sizeof(*sorted));
	qsort(sorted, path->count, sizeof(*sorted), path_by_original);
	path->unordered_seconds = seconds_of(sorted, path->count, theta, phi,
					     now);
	free(sorted);
}

/* Limits in microsteps are not where a number of degrees is, to a hair. */
static bool is_beyond(const struct path_axis *axis, double deg, double none)
{
	const double hair = 1e-9;

	if (!axis->present)
		return deg != none;
	return deg < axis->min_deg - hair || deg > axis->max_deg + hair;
}

static int refuse(const char *name, const struct path_axis *axis,
		  size_t beyond, size_t count, uint32_t original, double deg,
		  char *error)
{
	if (!axis->present)
		return path_fail(error, EDOM,
				 "wanted an axis for %s, of which %zu points have another angle than the rest, found none; take points with one %s",
				 name, beyond, name);
	return path_fail(error, EDOM,
			 "wanted all points within the limits of %s with room for its play, %g to %g degrees, found %zu of %zu beyond, the first of them number %u at %g; choose a smaller window",
			 name, axis->min_deg, axis->max_deg, beyond, count,
			 original, deg);
}

static int check_axis(const struct path *path, const char *name,
		      const struct path_axis *axis, bool is_phi, char *error)
{
	const struct path_point *point;
	size_t beyond = 0, first = 0;
	double deg, one = 0;

	for (size_t i = path->count; i--; ) {
		point = &path->points[i];
		deg = is_phi ? point->phi_deg : point->theta_deg;
		if (i == path->count - 1)
			one = deg;
		if (!is_beyond(axis, deg, one))
			continue;
		beyond++;
		first = i;
	}
	if (!beyond)
		return 0;
	point = &path->points[first];
	return refuse(name, axis, beyond, path->count, point->original,
		      is_phi ? point->phi_deg : point->theta_deg, error);
}

int path_check(const struct path *path, const struct path_axis *theta,
	       const struct path_axis *phi, char *error)
{
	if (check_axis(path, "theta", theta, false, error))
		return -1;
	return check_axis(path, "phi", phi, true, error);
}
