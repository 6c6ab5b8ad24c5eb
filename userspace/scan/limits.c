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
	exposure = request->exposure_s ? request->exposure_s : period;
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
	};

	_Static_assert(sizeof(list) / sizeof(*list) <= FLYSCAN_LIMITS_MAX,
		       "limits");
	for (; count < sizeof(list) / sizeof(*list); count++) {
		limits[count] = list[count];
		limits[count].holds = within(&limits[count]);
	}
	return count;
}
