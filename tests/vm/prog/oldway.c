// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/vm/prog/kit/lines.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * The old way: a program that toggles STEP and DIR itself, here the rig's
 * free lines through the gpio character device.
 *
 *   oldway [--steps N] [--speed SPS] [--accel SPS2] [--hold-step N]
 *	    [--hold-ms MS] [--burst-us US]
 *
 * Each step is due when it should be in a move from rest to rest; the program
 * waits for that, and a step that is overdue is made at once, US after the one
 * before. Step N is held up for MS. This is better than what it stands for: it
 * is late only when told to be.
 *
 * Prints the shortest interval it made.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "kit.h"
#include "lines.h"

#define STEP	1
#define DIR	2

struct job {
	unsigned long steps;
	unsigned long speed_sps;
	unsigned long accel_sps2;
	unsigned long hold_step;
	unsigned long hold_ms;
	unsigned long burst_us;
};

static const struct option options[] = {
	{ "steps", required_argument, NULL, 1 },
	{ "speed", required_argument, NULL, 2 },
	{ "accel", required_argument, NULL, 3 },
	{ "hold-step", required_argument, NULL, 4 },
	{ "hold-ms", required_argument, NULL, 5 },
	{ "burst-us", required_argument, NULL, 6 },
	{ }
};

static int parse(int argc, char **argv, struct job *job)
{
	unsigned long *values[] = {
		&job->steps, &job->speed_sps, &job->accel_sps2,
		&job->hold_step, &job->hold_ms, &job->burst_us,
	};
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) > 0) {
		if (option > 6)
			return -1;
		*values[option - 1] = strtoul(optarg, &end, 10);
		if (end == optarg || *end)
			return -1;
	}
	return optind < argc || !job->speed_sps || !job->accel_sps2 ? -1 : 0;
}

static void wait_until(uint64_t ns)
{
	while (kit_now_ns() < ns)
		;
}

static uint64_t make_step(int fd, uint64_t due_ns)
{
	uint64_t now;

	wait_until(due_ns);
	now = kit_now_ns();
	lines_set(fd, STEP, STEP);
	lines_set(fd, STEP, 0);
	return now;
}

static uint64_t run(int fd, const struct job *job)
{
	uint64_t start = kit_now_ns() + KIT_NS_PER_MS, previous = 0;
	uint64_t shortest = UINT64_MAX, due, made;
	unsigned long step;

	lines_set(fd, DIR, DIR);
	for (step = 1; step <= job->steps; step++) {
		due = start + ideal_ns(step, job->steps, job->speed_sps,
				       job->accel_sps2);
		if (step == job->hold_step)
			wait_until(due + job->hold_ms * KIT_NS_PER_MS);
		if (due < previous + job->burst_us * 1000)
			due = previous + job->burst_us * 1000;
		made = make_step(fd, due);
		if (previous && made - previous < shortest)
			shortest = made - previous;
		previous = made;
	}
	return shortest;
}

int main(int argc, char **argv)
{
	struct job job = {
		.steps = 2000,
		.speed_sps = 5000,
		.accel_sps2 = 20000,
		.burst_us = 20,
	};
	int fd;

	if (parse(argc, argv, &job)) {
		fprintf(stderr,
			"usage: oldway [--steps N] [--speed SPS] [--accel SPS2] [--hold-step N] [--hold-ms MS] [--burst-us US]\n");
		return 2;
	}
	fd = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	setpriority(PRIO_PROCESS, 0, -20);
	printf("shortest interval %.1f us\n", run(fd, &job) / 1e3);
	return 0;
}
