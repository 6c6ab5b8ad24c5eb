// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl stop: decelerate to a stop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "stop.h"

static const struct option_text option_texts[] = {
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "stop",
	.operands = "[AXIS]...",
	.most = OSCAN_MAX_AXES,
	.text = "Decelerate axes, all if none is named, and wait until they are at rest.",
	.options = option_texts,
};

static int axes_mask(const struct oscan_motor *motor, int count, char **names,
		     uint32_t *mask)
{
	int axis, i;

	*mask = (1U << oscan_motor_info(motor)->axes) - 1;
	if (count)
		*mask = 0;
	for (i = 0; i < count; i++) {
		axis = machine_axis(motor, names[i]);
		if (axis < 0)
			return EXIT_FAILURE;
		*mask |= 1U << axis;
	}
	return 0;
}

static int wait_for(struct oscan_motor *motor, unsigned int axis,
		    json_t *array)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(motor, axis);
	char place[MACHINE_TEXT_LEN];
	struct oscan_state state;

	if (oscan_motor_wait(motor, axis, -1, &state))
		return machine_fail(motor, axis, "wait for rest", errno);
	if (array)
		json_array_append_new(array, axis_state_json(info, &state));
	else
		printf("%s: at rest at %s, %s\n", info->name,
		       machine_place(info, state.position, place),
		       position_state_name(state.position_state));
	return 0;
}

static int stop_and_wait(struct oscan_motor *motor,
			 const struct options *options, stop_request *request)
{
	json_t *array = options->json ? json_array() : NULL;
	unsigned int axis;
	uint32_t mask;
	int status;

	status = axes_mask(motor, options->count, options->argv + 1, &mask);
	if (!status && request(motor, mask))
		status = machine_fail(motor, 0, "stop", errno);
	for (axis = 0; !status && axis < oscan_motor_info(motor)->axes; axis++)
		if (mask & 1U << axis)
			status = wait_for(motor, axis, array);
	if (array && !status)
		return print_json(json_pack("{s:o}", "axes", array));
	json_decref(array);
	return status;
}

int stop_axes(const struct usage *stop_usage, stop_request *request, int argc,
	      char **argv)
{
	struct oscan_motor *motor;
	struct options options;
	int status;

	if (options_parse(&options, stop_usage, argc, argv))
		return options.status;
	motor = machine_open(options.device, true);
	if (!motor)
		return EXIT_FAILURE;
	status = stop_and_wait(motor, &options, request);
	oscan_motor_close(motor);
	return status;
}

int cmd_stop(int argc, char **argv)
{
	return stop_axes(&usage, oscan_motor_stop, argc, argv);
}
