// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Find an end stop of an axis, so that its position is known; Ctrl-C calls it
 * off.
 *
 *   homing AXIS min|max
 *
 *   cc homing.c $(pkg-config --cflags --libs oscan) -o homing
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <oscan.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static bool go_on(const struct oscan_state *state, void *data)
{
	(void)state;
	(void)data;
	return !interrupted;
}

static const char *what_happened(int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return "there is no end stop on that side";
	case ENODATA:
		return "the end stop did not close";
	case ENOSPC:
		return "the end stop stays closed";
	case EXDEV:
		return "the other end stop closed";
	case ECANCELED:
		return "called off";
	default:
		return strerror(error);
	}
}

int main(int argc, char **argv)
{
	struct oscan_homing homing = { .go_on = go_on };
	struct sigaction action = { .sa_handler = on_signal };
	const struct oscan_axis_info *info;
	struct oscan_motor *motor;
	int axis;

	if (argc != 3 || (strcmp(argv[2], "min") && strcmp(argv[2], "max")))
		errx(2, "usage: homing AXIS min|max");
	motor = oscan_motor_open(NULL, true);
	if (!motor)
		err(1, "%s", OSCAN_DEVICE_PATH);
	axis = oscan_motor_find_axis(motor, argv[1]);
	if (axis < 0)
		err(1, "axis %s", argv[1]);
	info = oscan_motor_axis_info(motor, axis);
	sigaction(SIGINT, &action, NULL);

	homing.axis = axis;
	homing.direction = strcmp(argv[2], "min") ? 1 : -1;
	if (oscan_home(motor, &homing))
		errx(1, "%s: %s", argv[1], what_happened(errno));
	printf("%s is known; the count was off by %.4f %s\n", argv[1],
	       oscan_axis_to_unit(info, (double)homing.offset_steps),
	       oscan_axis_unit_name(info));
	oscan_motor_close(motor);
	return 0;
}
