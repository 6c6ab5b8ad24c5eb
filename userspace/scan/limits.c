// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers that a scan was checked with, beside their limits. */
#include <math.h>
#include "scan.h"

#define SPEED_TOLERANCE 1e-9

static bool within(const struct flyscan_limit *limit)
{
	double slack = SPEED_TOLERANCE * fabs(limit->value);

	return (isnan(limit->low) || limit->value >= limit->low - slack) &&
	       (isnan(limit->high) || limit->value <= limit->high + slack);
}

static void add(struct flyscan_limit *limits, size_t *count,
		const struct flyscan_limit *limit)
{
	limits[*count] = *limit;
	limits[*count].holds = within(limit);
	++*count;
}

static void add_trigger(const struct scan *scan, struct flyscan_limit *limits,
			size_t *count)
{
	double step = 1 / oscan_axis_steps_per_unit(scan->info);
	double pulses = 1e9 / (2 * FLYSCAN_PULSE_NS);
	const struct flyscan_limit rate = {
		"trigger rate", 1 / scan_trigger_shortest_s(scan), NAN,
		fmin(1 / scan_trigger_busy_s(scan), pulses), "Hz", false
	};
	const struct flyscan_limit lead = {
		"pulse before", scan_trigger_lead(scan), 0,
		scan->request->taxi_allowance - step, scan_unit(scan), false
	};

	add(limits, count, &rate);
	add(limits, count, &lead);
}

size_t scan_limits(const struct scan *scan, struct flyscan_limit *limits)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	const struct flyscan_request *request = scan->request;
	const struct oscan_axis_info *info = scan->info;
	double scale, low = NAN, high = NAN, exposure, period;
	const char *unit, *per_s, *per_s2;
	size_t count = 0;

	if (!info || !geometry->velocity)
		return 0;
	unit = scan_unit(scan);
	per_s = info->unit == OSCAN_UNIT_DEGREE ? "deg/s" : "mm/s";
	per_s2 = info->unit == OSCAN_UNIT_DEGREE ? "deg/s2" : "mm/s2";
	scale = oscan_axis_steps_per_unit(info);
	period = scan->result->period_used_s;
	exposure = flyscan_exposure_s(request, period);
	if (info->flags & OSCAN_AXIS_HAS_LIMITS) {
		low = oscan_axis_to_unit(info, info->limit_min);
		high = oscan_axis_to_unit(info, info->limit_max);
	}

	const struct flyscan_limit list[] = {
		{ "frames", geometry->frames, 2, FLYSCAN_FRAMES_MAX, "", false },
		{ "passes", scan_pass_count(scan), 1, FLYSCAN_PASSES_MAX, "", false },
		{ "exposure", exposure, 0, period, "s", false },
		{ "speed", geometry->velocity, NAN,
		  oscan_speed_to_double(info->max_speed_sps_q44) / scale,
		  per_s, false },
		{ "step rate", geometry->velocity * scale, NAN,
		  oscan_motor_info(scan->motor)->max_rate_sps,
		  "microsteps/s", false },
		{ "acceleration", geometry->accel, NAN,
		  oscan_accel_to_double(info->max_accel_sps2_q32) / scale,
		  per_s2, false },
		{ "run-up from", geometry->initial, low, high, unit, false },
		{ "run-out to", geometry->final, low, high, unit, false },
		{ "file", scan_room(scan) / 1e6, NAN,
		  scan_free_bytes(request->directory) / 1e6, "MB", false },
		{ "memory", scan_memory(scan) / 1e6, NAN,
		  scan_free_memory() / 1e6, "MB", false },
	};

	_Static_assert(sizeof(list) / sizeof(*list) + 2 <= FLYSCAN_LIMITS_MAX,
		       "limits");
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		add(limits, &count, &list[i]);
	if (flyscan_triggers(request))
		add_trigger(scan, limits, &count);
	return count;
}
