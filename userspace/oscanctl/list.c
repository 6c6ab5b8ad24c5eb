// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl list: the axes and what they can do. */
#include <stdio.h>
#include <stdlib.h>
#include "oscanctl.h"

static const struct option_text option_texts[] = {
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "list",
	.operands = "",
	.text = "Show the axes of this machine: scale, limits, greatest speed.",
	.options = option_texts,
};

static double max_speed(const struct oscan_axis_info *axis)
{
	return oscan_axis_to_unit(axis,
			oscan_speed_to_double(axis->max_speed_sps_q44));
}

static double max_accel(const struct oscan_axis_info *axis)
{
	return oscan_axis_to_unit(axis,
			oscan_accel_to_double(axis->max_accel_sps2_q32));
}

static json_t *limit_json(const struct oscan_axis_info *axis, int64_t limit)
{
	if (axis->flags & OSCAN_AXIS_HAS_LIMITS)
		return json_real(oscan_axis_to_unit(axis, limit));
	return json_null();
}

static json_t *axis_json(const struct oscan_axis_info *axis)
{
	return json_pack("{s:s, s:s, s:f, s:i, s:i, s:i, s:i, s:o, s:o, s:f, s:f, s:i, s:i, s:b, s:b, s:b, s:b, s:b, s:i, s:i}",
			 "axis", axis->name,
			 "unit", oscan_axis_unit_name(axis),
			 "steps_per_unit", oscan_axis_steps_per_unit(axis),
			 "full_steps_per_turn", axis->full_steps_per_turn,
			 "microsteps", axis->microsteps,
			 "gear_num", axis->gear_num,
			 "gear_den", axis->gear_den,
			 "limit_min", limit_json(axis, axis->limit_min),
			 "limit_max", limit_json(axis, axis->limit_max),
			 "max_speed", max_speed(axis),
			 "max_accel", max_accel(axis),
			 "start_stop_rate_fsps", axis->start_stop_rate_fsps,
			 "catch_up_percent", axis->catch_up_percent,
			 "wraps", !!(axis->flags & OSCAN_AXIS_WRAPS),
			 "has_enable",
			 !!(axis->flags & OSCAN_AXIS_HAS_ENABLE),
			 "shared_enable",
			 !!(axis->flags & OSCAN_AXIS_SHARED_ENABLE),
			 "has_min_stop",
			 !!(axis->flags & OSCAN_AXIS_HAS_MIN_STOP),
			 "has_max_stop",
			 !!(axis->flags & OSCAN_AXIS_HAS_MAX_STOP),
			 "stop_debounce_us", axis->stop_debounce_us,
			 "idle_off_ms", axis->idle_off_ms);
}

static json_t *list_json(const struct oscan_motor *motor)
{
	const struct oscan_info *info = oscan_motor_info(motor);
	json_t *axes = json_array();
	unsigned int i;

	for (i = 0; i < info->axes; i++)
		json_array_append_new(axes,
				      axis_json(oscan_motor_axis_info(motor,
								      i)));
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:o}",
			 "name", info->name,
			 "driver_version", info->driver_version,
			 "abi_version", info->abi_version,
			 "step_cost_ns", info->step_cost_ns,
			 "max_rate_sps", info->max_rate_sps,
			 "axes", axes);
}

static void print_axis(const struct oscan_axis_info *axis)
{
	const char *unit = oscan_axis_unit_name(axis);
	char limits[MACHINE_TEXT_LEN];

	printf("%-12s %-4s %14.4f  %-26s %10.4f %s/s %10.4f %s/s2%s\n",
	       axis->name, unit, oscan_axis_steps_per_unit(axis),
	       machine_limits(axis, limits), max_speed(axis), unit,
	       max_accel(axis), unit,
	       axis->flags & OSCAN_AXIS_WRAPS ? ", turntable" : "");
}

int cmd_list(int argc, char **argv)
{
	struct oscan_motor *motor;
	struct options options;
	unsigned int i;

	if (options_parse(&options, &usage, argc, argv))
		return options.status;
	motor = machine_open(options.device, false);
	if (!motor)
		return EXIT_FAILURE;
	if (options.json) {
		options.status = print_json(list_json(motor));
	} else {
		printf("%-12s %-4s %14s  %-26s %16s %17s\n", "AXIS", "UNIT",
		       "MICROSTEPS/UNIT", "LIMITS", "MAX SPEED",
		       "MAX ACCELERATION");
		for (i = 0; i < oscan_motor_info(motor)->axes; i++)
			print_axis(oscan_motor_axis_info(motor, i));
	}
	oscan_motor_close(motor);
	return options.status;
}
