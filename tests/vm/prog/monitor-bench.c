// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * monitor-bench GROUP SECONDS: let an axis move at the highest rate that the
 * driver admits while one subscriber, with the buffer that a socket has by
 * default, listens to GROUP: trace, thin, or none for no subscriber.
 *
 * Prints, apart by blanks: steps asked for in a second and made, steps that
 * were missed, messages in a second, the share of one processor, in percent,
 * that the subscriber took, and that all but the idle took.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit.h"
#include "oscan.h"

#define TICK_MS 100

/**
 * struct heard - what the subscriber was told
 * @messages: number of messages
 * @told: steps in them, or that they say were left out
 * @missed: steps between them
 * @total: of the last; 0 in the beginning
 */
struct heard {
	uint64_t messages;
	uint64_t told;
	uint64_t missed;
	uint64_t total;
};

static void on_batch(const struct oscan_trace_batch *batch, void *data)
{
	struct heard *heard = data;
	uint64_t steps = batch->spacing > 1 ? batch->total - heard->total :
					      batch->steps;

	if (batch->axis != TURNTABLE)
		return;
	heard->messages++;
	heard->told += steps;
	heard->missed += batch->total - heard->total - steps;
	/* What was left out of a dropped message is not told apart. */
	if (batch->spacing > 1 && batch->missed)
		heard->missed += steps;
	heard->total = batch->total;
}

static struct oscan_monitor *subscribe(const char *group)
{
	unsigned int groups = !strcmp(group, "trace") ? OSCAN_MONITOR_TRACE :
						       OSCAN_MONITOR_THIN;
	struct oscan_monitor *monitor;
	int fd, size;
	socklen_t length = sizeof(size);

	if (!strcmp(group, "none"))
		return NULL;
	monitor = oscan_monitor_open(groups);
	want(monitor, "subscribing: %m");
	/* It enlarged its buffer; the kernel doubles what it is told. */
	fd = socket(AF_NETLINK, SOCK_RAW, 0);
	want(!getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length), "%m");
	close(fd);
	size /= 2;
	want(!setsockopt(oscan_monitor_fd(monitor), SOL_SOCKET, SO_RCVBUF,
			 &size, sizeof(size)), "sizing the buffer: %m");
	return monitor;
}

/* Seconds of one processor. */
static double own_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Seconds that all processors together had nothing to do. */
static double idle_time(void)
{
	FILE *file = fopen("/proc/stat", "r");
	unsigned long long idle = 0;

	want(file && fscanf(file, "cpu %*u %*u %*u %llu", &idle) == 1,
	     "/proc/stat: %m");
	fclose(file);
	return (double)idle / (double)sysconf(_SC_CLK_TCK);
}

static void listen_until(struct oscan_monitor *monitor, struct heard *heard,
			 uint64_t end_ns)
{
	const struct oscan_monitor_handler handler = {
		.trace = on_batch, .data = heard,
	};
	struct pollfd wait = { .fd = -1, .events = POLLIN };

	if (monitor)
		wait.fd = oscan_monitor_fd(monitor);
	while (kit_now_ns() < end_ns) {
		poll(&wait, 1, TICK_MS);
		want(!monitor || oscan_monitor_read(monitor, &handler) >= 0,
		     "reading: %m");
	}
}

/* At full speed from here on; the ramp is short. */
static void start(int fd, unsigned int rate)
{
	struct oscan_move move = {
		.axis = TURNTABLE,
		.flags = OSCAN_MOVE_JOG,
		.target = 1,
		.speed_sps_q44 = rate * OSCAN_SPEED_ONE,
	};
	struct oscan_axis_info info = motor_axis_info(fd, TURNTABLE);

	want(info.max_speed_sps_q44 >= move.speed_sps_q44,
	     "the axis is slower than the driver");
	motor_do(fd, OSCAN_IOC_MOVE, &move);
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? atof(argv[2]) : 0, own, idle, took;
	struct oscan_state before, after;
	struct oscan_monitor *monitor;
	struct heard heard = { 0 };
	uint64_t begin_ns;
	unsigned int rate;
	int fd;

	if (seconds <= 0) {
		fprintf(stderr, "usage: monitor-bench trace|thin|none SECONDS\n");
		return 2;
	}
	fd = motor_setup();
	rate = motor_info(fd).max_rate_sps;
	monitor = subscribe(argv[1]);
	before = motor_state(fd, TURNTABLE);
	heard.total = before.steps;
	start(fd, rate);
	begin_ns = kit_now_ns();
	own = own_time();
	idle = idle_time();
	listen_until(monitor, &heard,
		     begin_ns + (uint64_t)(seconds * 1e9));
	took = (double)(kit_now_ns() - begin_ns) / 1e9;
	own = own_time() - own;
	idle = idle_time() - idle;
	motor_halt(fd);
	after = motor_state(fd, TURNTABLE);
	listen_until(monitor, &heard, kit_now_ns() + 200 * KIT_NS_PER_MS);
	if (monitor)
		want_equal(heard.total, after.steps);
	want_equal(after.trace_lost, before.trace_lost);
	printf("%u %.0f %" PRIu64 " %.1f %.2f %.1f\n", rate,
	       (double)(after.steps - before.steps) / took, heard.missed,
	       (double)heard.messages / took, 100 * own / took,
	       100 * ((double)sysconf(_SC_NPROCESSORS_ONLN) - idle / took));
	return 0;
}
