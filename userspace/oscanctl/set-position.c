// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl set-position: say where an axis is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "oscanctl.h"

enum {
	OPTION_STEPS = OPTION_OWN,
};

static const struct option_text option_texts[] = {
	{ "steps", OPTION_STEPS, NULL, "VALUE is in microsteps" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "set-position",
	.operands = "AXIS VALUE",
	.least = 2,
	.most = 2,
	.text = "Say that an axis is at VALUE, in degrees or millimetres; moves nothing.",
	.options = option_texts,
};

static int set_position(struct oscan_motor *motor, const char *name,
			const struct quantity *value, bool in_steps, bool json)
{
	const struct oscan_axis_info *info;
	char text[MACHINE_TEXT_LEN];
	struct oscan_state state;
	int axis, status;
	int64_t steps;

	axis = machine_axis(motor, name);
	if (axis < 0)
		return EXIT_FAILURE;
	info = oscan_motor_axis_info(motor, axis);
	status = quantity_position("VALUE", value, info, in_steps, &steps);
	if (status)
		return status;
	if (oscan_motor_set_position(motor, axis, steps))
		return machine_fail(motor, axis, "set the position", errno);
	if (machine_state(motor, axis, &state))
		return EXIT_FAILURE;
	if (json)
		return print_json(axis_state_json(info, &state));
	printf("%s: at %s, %s\n", info->name,
	       machine_place(info, state.position, text),
	       position_state_name(state.position_state));
	return EXIT_SUCCESS;
}

int cmd_set_position(int argc, char **argv)
{
	struct oscan_motor *motor;
	struct quantity value;
	struct options options;
	bool in_steps = false;
	int status, key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		in_steps = in_steps || key == OPTION_STEPS;
	if (key < 0)
		return options.status;
	if (quantity_parse("VALUE", argv[2], QUANTITY_POSITION, &value))
		return EXIT_USAGE;
	motor = machine_open(options.device, true);
	if (!motor)
		return EXIT_FAILURE;
	status = set_position(motor, argv[1], &value, in_steps, options.json);
	oscan_motor_close(motor);
	return status;
}
