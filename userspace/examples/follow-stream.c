// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Print every step of an axis, as it comes, until there were enough.
 *
 *   follow-stream AXIS STEPS
 *
 * Prints one line a step: time in nanoseconds, position in microsteps. Any
 * number of these may run beside the program that moves the axis.
 *
 *   cc follow-stream.c $(pkg-config --cflags --libs oscan) -o follow-stream
 */
#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <oscan.h>

struct stream {
	unsigned int axis;
	size_t left;
};

static void on_trace(const struct oscan_trace_batch *batch, void *data)
{
	struct stream *stream = data;
	size_t i;

	if (batch->axis != stream->axis)
		return;
	if (batch->missed)
		warnx("steps are missing here");
	for (i = 0; i < batch->steps && stream->left; i++, stream->left--)
		printf("%" PRIu64 " %" PRId64 "\n", batch->times_ns[i],
		       batch->first_position + batch->direction * (int64_t)i);
	fflush(stdout);
}

static int find_axis(const char *name)
{
	struct oscan_motor *motor = oscan_motor_open(NULL, false);
	int axis;

	if (!motor)
		err(1, "%s", OSCAN_DEVICE_PATH);
	axis = oscan_motor_find_axis(motor, name);
	if (axis < 0)
		err(1, "axis %s", name);
	oscan_motor_close(motor);
	return axis;
}

int main(int argc, char **argv)
{
	struct oscan_monitor_handler handler = { .trace = on_trace };
	struct pollfd poller = { .events = POLLIN };
	struct oscan_monitor *monitor;
	struct stream stream;

	if (argc != 3)
		errx(2, "usage: follow-stream AXIS STEPS");
	stream.axis = find_axis(argv[1]);
	stream.left = strtoul(argv[2], NULL, 10);
	handler.data = &stream;
	monitor = oscan_monitor_open(OSCAN_MONITOR_TRACE);
	if (!monitor)
		err(1, "monitor");
	fprintf(stderr, "following %s\n", argv[1]);

	poller.fd = oscan_monitor_fd(monitor);
	while (stream.left) {
		if (poll(&poller, 1, -1) < 0)
			err(1, "poll");
		if (oscan_monitor_read(monitor, &handler) < 0)
			warn("monitor");
	}
	oscan_monitor_close(monitor);
	return 0;
}
