// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Move an axis to a place and wait until it is there.
 *
 *   move-and-wait AXIS PLACE	in degrees or millimetres
 *
 *   cc move-and-wait.c $(pkg-config --cflags --libs oscan) -o move-and-wait
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <oscan.h>

int main(int argc, char **argv)
{
	const struct oscan_axis_info *info;
	struct oscan_move move = { 0 };
	struct oscan_motor *motor;
	struct oscan_state state;
	int64_t target;
	int axis;

	if (argc != 3)
		errx(2, "usage: move-and-wait AXIS PLACE");
	motor = oscan_motor_open(NULL, true);
	if (!motor)
		err(1, "%s", OSCAN_DEVICE_PATH);
	axis = oscan_motor_find_axis(motor, argv[1]);
	if (axis < 0)
		err(1, "axis %s", argv[1]);
	info = oscan_motor_axis_info(motor, axis);
	if (oscan_axis_to_steps(info, atof(argv[2]), &target))
		err(1, "place %s", argv[2]);

	/* All that is zero is the axis's greatest. */
	move.axis = axis;
	move.target = target;
	if (oscan_motor_enable(motor, axis, true))
		err(1, "enable %s", argv[1]);
	if (oscan_motor_move(motor, &move))
		err(1, "move %s", argv[1]);
	if (oscan_motor_wait(motor, axis, -1, &state))
		err(1, "wait for %s", argv[1]);

	printf("%s is at %.4f %s\n", argv[1],
	       oscan_axis_to_unit(info, (double)state.position),
	       oscan_axis_unit_name(info));
	if (state.end != OSCAN_END_DONE)
		errx(1, "%s stopped on its way", argv[1]);
	oscan_motor_close(motor);
	return 0;
}
