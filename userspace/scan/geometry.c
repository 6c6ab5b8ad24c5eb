// SPDX-License-Identifier: GPL-2.0-or-later
/* Geometry of a fly scan: pure arithmetic, no device is touched. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "flyscan.h"

/* What is refused by less than this comes from rounding, microsteps. */
#define STEP_TOLERANCE 1e-6

/* As much above the greatest speed comes from rounding, relative. */
#define SPEED_TOLERANCE 1e-9

/* Longest move that the driver takes, seconds: 2^47 ns. */
#define MOVE_SECONDS_LIMIT 140737.488355328

#define TICK_LEAST_S 0.001
#define TICK_MOST_S 1.0

__attribute__((format(printf, 3, 4)))
static int refuse(char *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, FLYSCAN_ERROR_LEN, format, args);
	va_end(args);
	errno = code;
	return -1;
}

static int check_range(const struct flyscan_request *request,
		       const char *unit, char *error)
{
	if (!isfinite(request->start) || !isfinite(request->end) ||
	    !isfinite(request->end - request->start) ||
	    request->start == request->end)
		return refuse(error, EINVAL,
			      "the scan goes from %g to %g %s, which is no way: p_start and p_end must be two different positions",
			      request->start, request->end, unit);
	if (!isfinite(request->per_unit) || request->per_unit <= 0)
		return refuse(error, EINVAL,
			      "the density is %g frames per %s, but exposures_per_egu must be above zero",
			      request->per_unit, unit);
	if (!isfinite(request->taxi_allowance) || request->taxi_allowance < 0)
		return refuse(error, EINVAL,
			      "the taxi allowance is %g %s, but taxi_allowance must not be negative",
			      request->taxi_allowance, unit);
	return 0;
}

static double count_frames(const struct flyscan_request *request)
{
	double range = fabs(request->end - request->start);

	return nearbyint(1 + range * request->per_unit);
}

static int check_frames(const struct flyscan_request *request,
			const char *unit, char *error)
{
	double range = fabs(request->end - request->start);
	double count = count_frames(request);

	if (count < 2)
		return refuse(error, EINVAL,
			      "%g frames per %s over %g %s makes %g frame, and a scan needs two or more: raise the density or the range",
			      request->per_unit, unit, range, unit, count);
	if (count > FLYSCAN_FRAMES_MAX)
		return refuse(error, EINVAL,
			      "%g frames per %s over %g %s makes %.0f frames, and a scan holds no more than %d: lower the density or the range",
			      request->per_unit, unit, range, unit, count,
			      FLYSCAN_FRAMES_MAX);
	return 0;
}

static int check_exposure(const struct flyscan_request *request,
			  double period_s, char *error)
{
	if (request->exposure_s == 0)
		return 0;
	if (!(request->exposure_s > 0) || request->exposure_s > period_s)
		return refuse(error, EINVAL,
			      "the exposure is %g s, but t_acquire must be above zero and no longer than the period of %g s",
			      request->exposure_s, period_s);
	return 0;
}

static const char *const triggers[] = {
	[FLYSCAN_TRIGGER_FREE] = "free",
	[FLYSCAN_TRIGGER_COMPARE] = "compare",
	[FLYSCAN_TRIGGER_STROBE] = "strobe",
	[FLYSCAN_TRIGGER_BOTH] = "both",
};

const char *flyscan_trigger_name(enum flyscan_trigger trigger)
{
	return triggers[trigger];
}

int flyscan_trigger(const char *name)
{
	for (int i = FLYSCAN_TRIGGER_FREE; i <= FLYSCAN_TRIGGER_BOTH; i++)
		if (!strcmp(triggers[i], name))
			return i;
	return -1;
}

static int check_trigger(const struct flyscan_request *request, char *error)
{
	if ((request->trigger_line || request->trigger_latency_ns) &&
	    !flyscan_triggers(request))
		return refuse(error, EINVAL,
			      "a trigger line or its latency is given, but trigger_mode is %s, and no pulse is made in it: take compare or both",
			      flyscan_trigger_name(request->trigger));
	if ((request->capture_line || request->capture_both) &&
	    !flyscan_captures(request))
		return refuse(error, EINVAL,
			      "a capture line or its edges are given, but trigger_mode is %s, and no strobe is latched in it: take strobe or both",
			      flyscan_trigger_name(request->trigger));
	if (request->trigger_latency_ns > FLYSCAN_TRIGGER_LATENCY_MAX_NS)
		return refuse(error, EINVAL,
			      "the trigger latency is %g ns, but must be no more than %d ns",
			      (double)request->trigger_latency_ns,
			      FLYSCAN_TRIGGER_LATENCY_MAX_NS);
	return 0;
}

static int check_run(const struct flyscan_request *request, char *error)
{
	if (request->passes > FLYSCAN_PASSES_MAX)
		return refuse(error, EINVAL,
			      "the number of passes is %u, but passes must be 1 to %d",
			      request->passes, FLYSCAN_PASSES_MAX);
	if (request->tick_s != 0 &&
	    !(request->tick_s >= TICK_LEAST_S && request->tick_s <= TICK_MOST_S))
		return refuse(error, EINVAL,
			      "the tick is %g s, but consumer_tick must be %g to %g s",
			      request->tick_s, TICK_LEAST_S, TICK_MOST_S);
	return 0;
}

int flyscan_check(const struct flyscan_request *request, const char *unit,
		  double period_s, char *error)
{
	if (check_range(request, unit, error))
		return -1;
	if (!isfinite(period_s) || period_s <= 0)
		return refuse(error, EINVAL,
			      "the period is %g s, but t_period must be above zero",
			      period_s);
	if (check_frames(request, unit, error) ||
	    check_exposure(request, period_s, error))
		return -1;
	if (check_run(request, error))
		return -1;
	return check_trigger(request, error);
}

static int check_speed(const struct flyscan_request *request,
		       const struct oscan_axis_info *axis, double period_s,
		       double velocity, char *error)
{
	const char *unit = oscan_axis_unit_name(axis);
	double scale = oscan_axis_steps_per_unit(axis);
	double max = oscan_speed_to_double(axis->max_speed_sps_q44) / scale;
	double range = fabs(request->end - request->start);

	if (velocity > max * (1 + SPEED_TOLERANCE))
		return refuse(error, ERANGE,
			      "the scan needs %g %s/s, and %s goes no faster than %g %s/s: take a period of %.3g s or longer, or a density of %.6g per %s or higher",
			      velocity, unit, axis->name, max, unit,
			      period_s * velocity / max * 1.006,
			      ceil(range / (max * period_s)) / range, unit);
	return 0;
}

static int choose_accel(const struct flyscan_request *request,
			const struct oscan_axis_info *axis, double *accel,
			char *error)
{
	const char *unit = oscan_axis_unit_name(axis);
	double scale = oscan_axis_steps_per_unit(axis);
	double max = oscan_accel_to_double(axis->max_accel_sps2_q32) / scale;
	uint64_t asked;

	*accel = max;
	if (request->accel == 0)
		return 0;
	if (!isfinite(request->accel) || request->accel < 0)
		return refuse(error, EINVAL,
			      "the acceleration is %g %s/s2, but must be above zero",
			      request->accel, unit);
	asked = oscan_accel_from_double(request->accel * scale);
	if (!asked || asked > axis->max_accel_sps2_q32)
		return refuse(error, ERANGE,
			      "the acceleration is %g %s/s2, and %s takes no more than %g %s/s2: choose a lower one",
			      request->accel, unit, axis->name, max, unit);
	*accel = request->accel;
	return 0;
}

/* The whole microstep at @value or next to it in @direction. */
static double outward(double value, double scale, int direction)
{
	double steps = value * scale;

	if (direction > 0)
		steps = ceil(steps - STEP_TOLERANCE);
	else
		steps = floor(steps + STEP_TOLERANCE);
	return steps / scale;
}

static int check_path(const struct flyscan_request *request,
		      const struct oscan_axis_info *axis,
		      const struct flyscan_geometry *geometry, char *error)
{
	const char *unit = oscan_axis_unit_name(axis);
	double scale = oscan_axis_steps_per_unit(axis);
	double length = fabs(geometry->final - geometry->initial);
	double seconds = geometry->duration_s + 2 * geometry->accel_s +
			 2 * request->taxi_allowance / geometry->velocity;
	int64_t ends[2];
	double low, high;

	if (oscan_axis_to_steps(axis, geometry->initial, &ends[0]) ||
	    oscan_axis_to_steps(axis, geometry->final, &ends[1]) ||
	    length * scale > OSCAN_MOVE_STEPS_LIMIT)
		return refuse(error, ERANGE,
			      "the scan needs %s from %g to %g %s with its run-up, which is farther than it can count: choose a smaller range",
			      axis->name, geometry->initial, geometry->final,
			      unit);
	/* Not a number if there is no speed at all. */
	if (!(seconds <= MOVE_SECONDS_LIMIT))
		return refuse(error, ERANGE,
			      "the pass takes %.3g hours, and a move takes no more than 39: take a shorter period or a lower density",
			      seconds / 3600);
	if (!(axis->flags & OSCAN_AXIS_HAS_LIMITS))
		return 0;

	low = oscan_axis_to_unit(axis, axis->limit_min);
	high = oscan_axis_to_unit(axis, axis->limit_max);
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= axis->limit_min && ends[i] <= axis->limit_max)
			continue;
		return refuse(error, ERANGE,
			      "the scan needs %s from %.6g to %.6g %s with its run-up, and its limits are %.6g to %.6g %s: choose a range within them, a smaller taxi allowance or a higher acceleration",
			      axis->name, geometry->initial, geometry->final,
			      unit, low, high, unit);
	}
	return 0;
}

int flyscan_plan(const struct flyscan_request *request,
		 const struct oscan_axis_info *axis, double period_s,
		 struct flyscan_geometry *geometry, char *error)
{
	double scale = oscan_axis_steps_per_unit(axis);
	double range = fabs(request->end - request->start);
	double away;

	memset(geometry, 0, sizeof(*geometry));
	if (flyscan_check(request, oscan_axis_unit_name(axis), period_s,
			  error))
		return -1;

	geometry->frames = count_frames(request);
	geometry->direction = request->end > request->start ? 1 : -1;
	geometry->duration_s = (geometry->frames - 1) * period_s;
	geometry->velocity = range / geometry->duration_s;
	if (check_speed(request, axis, period_s, geometry->velocity, error) ||
	    choose_accel(request, axis, &geometry->accel, error))
		return -1;

	geometry->accel_s = geometry->velocity / geometry->accel;
	geometry->d_taxi = 0.5 * geometry->velocity * geometry->accel_s;
	away = geometry->direction *
	       (geometry->d_taxi + request->taxi_allowance);
	geometry->initial = outward(request->start - away, scale,
				    -geometry->direction);
	geometry->final = outward(request->end + away, scale,
				  geometry->direction);
	return check_path(request, axis, geometry, error);
}
