// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Have a line pulse each time an axis has gone on by a distance, such as a
 * camera's trigger input, and print when and where each pulse was.
 *
 *   compare-output AXIS LINE DISTANCE NUMBER
 *
 * DISTANCE is in degrees or millimetres, upwards, and the first pulse comes
 * after it. Prints one line a pulse: time in nanoseconds, position in
 * microsteps.
 *
 *   cc compare-output.c $(pkg-config --cflags --libs oscan) -o compare-output
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <oscan.h>

#define EVENTS (OSCAN_EVENT_BIT(OSCAN_EVENT_TRIGGER) | \
		OSCAN_EVENT_BIT(OSCAN_EVENT_TRIGGER_MISSED) | \
		OSCAN_EVENT_BIT(OSCAN_EVENT_MOVE_ENDED))

/* Until the axis is at rest. Return: number of pulses. */
static long print_pulses(struct oscan_motor *motor, unsigned int axis,
			 unsigned int line)
{
	struct oscan_event event;
	long pulses = 0;

	for (;;) {
		if (oscan_events_read(motor, &event, 1, -1) < 0)
			err(1, "events");
		if (event.dropped)
			errx(1, "events were lost");
		if (event.axis != axis)
			continue;
		if (event.type == OSCAN_EVENT_MOVE_ENDED)
			return pulses;
		if (event.line != line)
			continue;
		if (event.type == OSCAN_EVENT_TRIGGER_MISSED)
			errx(1, "the pulses are too long for this speed");
		printf("%" PRIu64 " %" PRId64 "\n", (uint64_t)event.time_ns,
		       (int64_t)event.position);
		pulses++;
	}
}

int main(int argc, char **argv)
{
	struct oscan_trigger_set set = {
		.mode = OSCAN_TRIGGER_EVERY,
		.flags = OSCAN_TRIGGER_UP,
		.width_ns = 100000,
	};
	struct oscan_move move = { 0 };
	struct oscan_motor *motor;
	struct oscan_state state;
	int64_t distance;
	int axis, line;

	if (argc != 5)
		errx(2, "usage: compare-output AXIS LINE DISTANCE NUMBER");
	motor = oscan_motor_open(NULL, true);
	if (!motor)
		err(1, "%s", OSCAN_DEVICE_PATH);
	axis = oscan_motor_find_axis(motor, argv[1]);
	line = oscan_trigger_find(motor, argv[2]);
	if (axis < 0 || line < 0)
		err(1, "axis %s, line %s", argv[1], argv[2]);
	if (oscan_axis_to_steps(oscan_motor_axis_info(motor, axis),
				atof(argv[3]), &distance) ||
	    oscan_motor_enable(motor, axis, true) ||
	    oscan_motor_state(motor, axis, &state))
		err(1, "axis %s", argv[1]);

	set.line = line;
	set.axis = axis;
	set.start = state.position + distance;
	set.distance = distance;
	set.number = strtoul(argv[4], NULL, 10);
	move.axis = axis;
	move.target = state.position + distance * (int64_t)set.number;
	if (oscan_events_subscribe(motor, EVENTS) ||
	    oscan_trigger_set(motor, &set))
		err(1, "line %s", argv[2]);
	if (oscan_motor_move(motor, &move))
		err(1, "move %s", argv[1]);
	if (print_pulses(motor, axis, line) != (long)set.number)
		errx(1, "there were fewer pulses than wanted");
	oscan_motor_close(motor);
	return 0;
}
