// SPDX-License-Identifier: GPL-2.0-or-later
/* The device and its axes, in words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

struct oscan_motor *machine_open(const char *path, bool writable)
{
	struct oscan_motor *motor = oscan_motor_open(path, writable);

	if (motor)
		return motor;
	if (!path)
		path = OSCAN_DEVICE_PATH;
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		fail("wanted the motors at %s, found no such device; load the driver with \"modprobe oscan_motor\" (\"oscanctl doctor\" tells what is missing)",
		     path);
		break;
	case EACCES:
	case EPERM:
		fail("wanted to open %s%s, found that this user may not; run it with sudo or have the file's permissions changed",
		     path, writable ? " for commands" : "");
		break;
	case ENOTTY:
		fail("wanted the motors at %s, found another kind of file; give the right one with --device",
		     path);
		break;
	case EPROTO:
		fail("wanted a driver of interface version %d or newer at %s, found an older one; install and load the driver that came with this program",
		     OSCAN_ABI_VERSION, path);
		break;
	default:
		fail("wanted to open %s, found: %s; \"oscanctl doctor\" tells more",
		     path, strerror(errno));
	}
	return NULL;
}

int machine_axis(const struct oscan_motor *motor, const char *name)
{
	unsigned int count = oscan_motor_info(motor)->axes, i;
	char names[OSCAN_MAX_AXES * (OSCAN_NAME_LEN + 2)] = "";
	int axis = oscan_motor_find_axis(motor, name);
	size_t length = 0;

	if (axis >= 0)
		return axis;
	for (i = 0; i < count && length < sizeof(names); i++)
		length += snprintf(names + length, sizeof(names) - length,
				   "%s%s", i ? ", " : "",
				   oscan_motor_axis_info(motor, i)->name);
	fail("no axis \"%s\"; this machine has %s", name, names);
	return -1;
}

static int fail_busy(struct oscan_motor *motor, unsigned int axis,
		     const char *wanted)
{
	const char *name = oscan_motor_axis_info(motor, axis)->name;
	struct oscan_state state;
	char programs[256];

	if (!oscan_motor_state(motor, axis, &state) &&
	    (!(state.flags & OSCAN_STATE_CONTROLLED) ||
	     (state.flags & OSCAN_STATE_MINE)))
		return fail("wanted to %s, found %s still moving; wait until it is at rest or stop it with \"oscanctl stop %s\"",
			    wanted, name, name);
	if (holders(oscan_motor_fd(motor), programs, sizeof(programs)))
		return fail("wanted to %s, found the motors controlled by %s; wait until it ends, or end it",
			    wanted, programs);
	return fail("wanted to %s, found the motors controlled by a program of another user; run it with sudo to see which",
		    wanted);
}

int machine_fail(struct oscan_motor *motor, unsigned int axis,
		 const char *wanted, int error)
{
	const char *name = oscan_motor_axis_info(motor, axis)->name;

	switch (error) {
	case EBUSY:
		return fail_busy(motor, axis, wanted);
	case ESHUTDOWN:
		return fail("wanted to %s, found its motor switched off; switch it on with \"oscanctl enable %s\"",
			    wanted, name);
	case EOPNOTSUPP:
		return fail("wanted to %s, found that it has no ENABLE line, so it is always on; use the power switch",
			    wanted);
	case ENOSPC:
		return fail("wanted to %s, found the end stop on that side closed; move away from it",
			    wanted);
	case E2BIG:
		return fail("wanted to %s, found that this machine carries %u microsteps/s over all moving axes; give a lower speed",
			    wanted, oscan_motor_info(motor)->max_rate_sps);
	case ENODEV:
		return fail("wanted to %s, found that the device has gone away; load the driver again",
			    wanted);
	default:
		return fail("wanted to %s, found: %s; \"oscanctl status\" and \"oscanctl doctor\" tell more",
			    wanted, strerror(error));
	}
}

int machine_state(struct oscan_motor *motor, unsigned int axis,
		  struct oscan_state *state)
{
	if (!oscan_motor_state(motor, axis, state))
		return 0;
	return machine_fail(motor, axis, "read where the axis is", errno);
}

const char *machine_place(const struct oscan_axis_info *axis, int64_t steps,
			  char text[MACHINE_TEXT_LEN])
{
	snprintf(text, MACHINE_TEXT_LEN, "%.4f %s (%lld microstep%s)",
		 oscan_axis_to_unit(axis, steps), oscan_axis_unit_name(axis),
		 (long long)steps, steps == 1 || steps == -1 ? "" : "s");
	return text;
}

const char *machine_limits(const struct oscan_axis_info *axis,
			   char text[MACHINE_TEXT_LEN])
{
	if (axis->flags & OSCAN_AXIS_HAS_LIMITS)
		snprintf(text, MACHINE_TEXT_LEN, "%.4f to %.4f %s",
			 oscan_axis_to_unit(axis, axis->limit_min),
			 oscan_axis_to_unit(axis, axis->limit_max),
			 oscan_axis_unit_name(axis));
	else
		snprintf(text, MACHINE_TEXT_LEN, "none");
	return text;
}

static int show(struct oscan_motor *motor, const char *name, bool json,
		machine_show_axis *show_axis)
{
	json_t *array = json ? json_array() : NULL;
	int only = -1, status = EXIT_SUCCESS;
	unsigned int i;

	if (name) {
		only = machine_axis(motor, name);
		if (only < 0)
			status = EXIT_FAILURE;
	}
	for (i = 0; !status && i < oscan_motor_info(motor)->axes; i++)
		if (only < 0 || i == (unsigned int)only)
			status = show_axis(motor, i, array);
	if (json && !status)
		return print_json(json_pack("{s:o}", "axes", array));
	json_decref(array);
	return status;
}

int machine_show(int argc, char **argv, const struct usage *usage,
		 machine_show_axis *show_axis)
{
	struct oscan_motor *motor;
	struct options options;
	int status;

	if (options_parse(&options, usage, argc, argv))
		return options.status;
	motor = machine_open(options.device, false);
	if (!motor)
		return EXIT_FAILURE;
	status = show(motor, options.count ? argv[1] : NULL, options.json,
		      show_axis);
	oscan_motor_close(motor);
	return status;
}
