// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl enable: switch a motor on or off. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

static const struct option_text option_texts[] = {
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "enable",
	.operands = "AXIS [on|off]",
	.least = 1,
	.most = 2,
	.text = "Switch the motor of an axis on, or off.",
	.options = option_texts,
};

static int report(struct oscan_motor *motor, unsigned int axis, bool json)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(motor, axis);
	struct oscan_state state;

	if (machine_state(motor, axis, &state))
		return EXIT_FAILURE;
	if (json)
		return print_json(axis_state_json(info, &state));
	printf("%s: motor %s, position %s\n", info->name,
	       state.flags & OSCAN_STATE_ENABLED ? "on" : "off",
	       position_state_name(state.position_state));
	return EXIT_SUCCESS;
}

static int enable(struct oscan_motor *motor, const char *name, bool on,
		  bool json)
{
	char wanted[MACHINE_TEXT_LEN];
	int axis = machine_axis(motor, name);

	if (axis < 0)
		return EXIT_FAILURE;
	if (!oscan_motor_enable(motor, axis, on))
		return report(motor, axis, json);
	snprintf(wanted, sizeof(wanted), "switch %s %s", name,
		 on ? "on" : "off");
	return machine_fail(motor, axis, wanted, errno);
}

int cmd_enable(int argc, char **argv)
{
	struct oscan_motor *motor;
	struct options options;
	bool on = true;
	int status;

	if (options_parse(&options, &usage, argc, argv))
		return options.status;
	if (options.count == 2) {
		on = !strcmp(argv[2], "on");
		if (!on && strcmp(argv[2], "off"))
			return wrong_usage("wanted on or off, found \"%s\"",
					   argv[2]);
	}
	motor = machine_open(options.device, true);
	if (!motor)
		return EXIT_FAILURE;
	status = enable(motor, argv[1], on, options.json);
	oscan_motor_close(motor);
	return status;
}
