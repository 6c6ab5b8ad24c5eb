// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Move an axis, take the time now and then, up to MOST_TIMES times, and tell
 * afterwards where it was.
 *
 *   position-at AXIS DISTANCE	in degrees or millimetres, from where it is
 *
 * Prints one line for each time: time in nanoseconds, position and its
 * standard uncertainty in degrees or millimetres. The times might as well be
 * those of a camera.
 *
 *   cc position-at.c $(pkg-config --cflags --libs oscan) -o position-at
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <oscan.h>

#define MOST_TIMES 100

static struct oscan_track *track;
static int axis;

static void on_trace(const struct oscan_trace_batch *batch, void *data)
{
	(void)data;
	if ((int)batch->axis == axis && oscan_track_add(track, batch))
		err(1, "track");
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct oscan_monitor_handler handler = { .trace = on_trace };
	struct oscan_move move = { .flags = OSCAN_MOVE_RELATIVE };
	const struct oscan_axis_info *info;
	struct oscan_monitor *monitor;
	struct oscan_position position;
	uint64_t times_ns[MOST_TIMES];
	struct pollfd poller = { .events = POLLIN };
	struct oscan_motor *motor;
	struct oscan_state state;
	int64_t target;
	int count = 0, i;

	if (argc != 3)
		errx(2, "usage: position-at AXIS DISTANCE");
	motor = oscan_motor_open(NULL, true);
	if (!motor)
		err(1, "%s", OSCAN_DEVICE_PATH);
	axis = oscan_motor_find_axis(motor, argv[1]);
	info = oscan_motor_axis_info(motor, axis);
	if (!info || oscan_axis_to_steps(info, atof(argv[2]), &target))
		err(1, "move %s by %s", argv[1], argv[2]);

	/* First the monitor and then the state, so that no step is missed. */
	monitor = oscan_monitor_open(OSCAN_MONITOR_TRACE);
	if (!monitor || oscan_motor_state(motor, axis, &state))
		err(1, "follow %s", argv[1]);
	poller.fd = oscan_monitor_fd(monitor);
	track = oscan_track_new(state.position, state.time_ns);
	move.axis = axis;
	move.target = target;
	if (!track || oscan_motor_enable(motor, axis, true) ||
	    oscan_motor_move(motor, &move))
		err(1, "move %s", argv[1]);

	/* Every 50 ms while it moves, and what came meanwhile is read. */
	while (oscan_motor_wait(motor, axis, 50, &state)) {
		if (errno != ETIMEDOUT && errno != EINTR)
			err(1, "wait for %s", argv[1]);
		if (count < MOST_TIMES)
			times_ns[count++] = now_ns();
		oscan_monitor_read(monitor, &handler);
	}
	if (state.end != OSCAN_END_DONE)
		errx(1, "%s was stopped before its target", argv[1]);
	/* At rest: what is still on its way comes before the state holds. */
	if (oscan_motor_state(motor, axis, &state))
		err(1, "state of %s", argv[1]);
	while (oscan_track_add_state(track, &state) && errno == EAGAIN &&
	       poll(&poller, 1, 1000) > 0)
		oscan_monitor_read(monitor, &handler);

	for (i = 0; i < count; i++) {
		if (oscan_track_at(track, times_ns[i], &position))
			err(1, "position at %" PRIu64, times_ns[i]);
		printf("%" PRIu64 " %.4f %.4f\n", times_ns[i],
		       oscan_axis_to_unit(info, position.steps),
		       oscan_axis_to_unit(info, position.sigma));
	}
	return 0;
}
