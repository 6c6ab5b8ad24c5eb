// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl halt: stop at once. */
#include "stop.h"

static const struct option_text option_texts[] = {
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "halt",
	.operands = "[AXIS]...",
	.most = OSCAN_MAX_AXES,
	.text = "Stop axes at once, all if none is named, without decelerating.",
	.options = option_texts,
};

int cmd_halt(int argc, char **argv)
{
	return stop_axes(&usage, oscan_motor_halt, argc, argv);
}
