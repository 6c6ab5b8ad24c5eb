// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl jog: move an axis at a speed until it is told to stop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "oscanctl.h"

#define PROGRESS_MS 100

enum {
	OPTION_BACKWARD = OPTION_OWN,
	OPTION_ACCEL,
	OPTION_STEPS,
};

static const struct option_text option_texts[] = {
	{ "backward", OPTION_BACKWARD, NULL, "towards lower positions" },
	{ "accel", OPTION_ACCEL, "X",
	  "per second squared, the greatest if not given" },
	{ "steps", OPTION_STEPS, NULL, "all values are in microsteps" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "jog",
	.operands = "AXIS SPEED",
	.least = 2,
	.most = 2,
	.text = "Move an axis at SPEED, in degrees or millimetres per second, until Ctrl-C or the soft limit.",
	.options = option_texts,
};

struct jog {
	struct oscan_motor *motor;
	unsigned int axis;
	const struct oscan_axis_info *info;
	struct oscan_move move;
};

static int fail_range(const struct jog *jog)
{
	const struct oscan_axis_info *info = jog->info;
	const char *unit = oscan_axis_unit_name(info);
	double scale = oscan_axis_steps_per_unit(info);

	if (jog->move.speed_sps_q44 > info->max_speed_sps_q44 ||
	    jog->move.accel_sps2_q32 > info->max_accel_sps2_q32)
		return fail("wanted %s to move at that speed, found that it goes up to %.4f %s/s and %.4f %s/s2; give less",
			    info->name,
			    oscan_speed_to_double(info->max_speed_sps_q44) /
			    scale, unit,
			    oscan_accel_to_double(info->max_accel_sps2_q32) /
			    scale, unit);
	return fail("wanted a jog of %s that takes at most 39 hours, found that this one takes longer; give a greater %s",
		    info->name, jog->move.accel_sps2_q32 ? "--accel" : "SPEED");
}

static int fail_limits(const struct jog *jog)
{
	char place[MACHINE_TEXT_LEN], limits[MACHINE_TEXT_LEN];
	bool up = jog->move.target > 0;
	struct oscan_state state;

	if (machine_state(jog->motor, jog->axis, &state))
		return EXIT_FAILURE;
	return fail("wanted to jog %s %s from %s, found that it is beyond its soft limits of %s; jog it %s",
		    jog->info->name, up ? "upwards" : "downwards",
		    machine_place(jog->info, state.position, place),
		    machine_limits(jog->info, limits),
		    up ? "with --backward" : "without --backward");
}

static int start(struct jog *jog)
{
	int result = oscan_motor_move(jog->motor, &jog->move);
	char wanted[MACHINE_TEXT_LEN];

	if (result && errno == ESHUTDOWN &&
	    !oscan_motor_enable(jog->motor, jog->axis, true))
		result = oscan_motor_move(jog->motor, &jog->move);
	if (!result)
		return 0;
	if (errno == ERANGE)
		return fail_range(jog);
	if (errno == EDOM)
		return fail_limits(jog);
	snprintf(wanted, sizeof(wanted), "jog %s", jog->info->name);
	return machine_fail(jog->motor, jog->axis, wanted, errno);
}

static int follow(struct jog *jog, struct oscan_state *state)
{
	bool terminal = isatty(STDERR_FILENO), stopping = false;
	int result;

	for (;;) {
		result = oscan_motor_wait(jog->motor, jog->axis, PROGRESS_MS,
					  state);
		if (!result || (errno != ETIMEDOUT && errno != EINTR))
			break;
		if (cancelled && !stopping)
			stopping = !oscan_motor_stop(jog->motor,
						     1U << jog->axis);
		if (terminal)
			fprintf(stderr, "\r%s  %.4f %s\033[K", jog->info->name,
				oscan_axis_to_unit(jog->info, state->position),
				oscan_axis_unit_name(jog->info));
	}
	if (terminal)
		fprintf(stderr, "\r\033[K");
	if (result)
		return machine_fail(jog->motor, jog->axis, "follow the jog",
				    errno);
	return 0;
}

static int jog(struct jog *jog, bool json)
{
	char place[MACHINE_TEXT_LEN];
	struct oscan_state state;

	cancel_catch();
	if (start(jog) || follow(jog, &state))
		return EXIT_FAILURE;
	if (json)
		return print_json(axis_state_json(jog->info, &state));
	printf("%s: at rest at %s, %s\n", jog->info->name,
	       machine_place(jog->info, state.position, place),
	       position_state_name(state.position_state));
	return EXIT_SUCCESS;
}

static int fill_in(struct jog *jog, const struct quantity *speed,
		   const struct quantity *accel, bool in_steps)
{
	int status = 0;

	jog->move.speed_sps_q44 = quantity_fixed("SPEED", speed, jog->info,
						 in_steps, &status);
	jog->move.accel_sps2_q32 = quantity_fixed("--accel", accel, jog->info,
						  in_steps, &status);
	return status;
}

int cmd_jog(int argc, char **argv)
{
	struct jog order = { .move = { .flags = OSCAN_MOVE_JOG, .target = 1 } };
	struct quantity speed, accel = { 0 };
	struct options options;
	bool in_steps = false;
	int status, key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		if (key == OPTION_BACKWARD)
			order.move.target = -1;
		else if (key == OPTION_STEPS)
			in_steps = true;
		else if (quantity_parse("--accel", options.value,
					QUANTITY_ACCEL, &accel))
			return EXIT_USAGE;
	}
	if (key < 0)
		return options.status;
	if (quantity_parse("SPEED", argv[2], QUANTITY_SPEED, &speed))
		return EXIT_USAGE;
	order.motor = machine_open(options.device, true);
	if (!order.motor)
		return EXIT_FAILURE;
	status = machine_axis(order.motor, argv[1]);
	if (status < 0) {
		oscan_motor_close(order.motor);
		return EXIT_FAILURE;
	}
	order.axis = status;
	order.move.axis = status;
	order.info = oscan_motor_axis_info(order.motor, order.axis);
	status = fill_in(&order, &speed, &accel, in_steps);
	if (!status)
		status = jog(&order, options.json);
	oscan_motor_close(order.motor);
	return status;
}
