// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/track.c */
/*
 * How many positions and times a track looks up in a second, and how much
 * faster that is than going through the steps from the first one.
 *
 * Argument: number of steps in the track, 1000000 if not given.
 *
 * Prints lines "NAME VALUE UNIT". Steps are some 200 us apart, to and fro.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "oscan.h"

#define BEGIN_NS 1000000
#define LOOKUPS 1000000
#define NAIVE_LOOKUPS 200
#define TURN_STEPS 100000
#define BATCH 1000

struct trace {
	size_t steps;
	uint64_t *times_ns;
	int64_t *positions;
	struct oscan_track *track;
};

/* Of the processor, so that others who use it do not count. */
static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int direction_at(size_t step)
{
	return step / TURN_STEPS % 2 ? -1 : 1;
}

static int make_trace(struct trace *trace)
{
	struct oscan_trace_batch batch = { .steps = BATCH };
	uint64_t now = BEGIN_NS;
	int64_t position = 0;
	size_t step;

	trace->times_ns = calloc(trace->steps, sizeof(*trace->times_ns));
	trace->positions = calloc(trace->steps, sizeof(*trace->positions));
	trace->track = oscan_track_new(0, now);
	if (!trace->times_ns || !trace->positions || !trace->track)
		return -1;
	for (step = 0; step < trace->steps; step++) {
		trace->times_ns[step] = now += 195000 + lrand48() % 10000;
		trace->positions[step] = position += direction_at(step);
	}
	for (step = 0; step < trace->steps; step += BATCH) {
		batch.direction = direction_at(step);
		batch.first_position = trace->positions[step];
		batch.times_ns = &trace->times_ns[step];
		batch.horizon_ns = trace->times_ns[step + BATCH - 1];
		if (oscan_track_add(trace->track, &batch))
			return -1;
	}
	return 0;
}

static uint64_t random_time(const struct trace *trace)
{
	double span = (double)(trace->times_ns[trace->steps - 1] -
			       trace->times_ns[0]);

	return trace->times_ns[0] + (uint64_t)(drand48() * span);
}

static double naive_at(const struct trace *trace, uint64_t time_ns)
{
	size_t step = 1;
	uint64_t since;

	while (trace->times_ns[step] <= time_ns)
		step++;
	since = trace->times_ns[step - 1];
	return (double)trace->positions[step - 1] + direction_at(step) *
	       (double)(time_ns - since) /
	       (double)(trace->times_ns[step] - since);
}

/* Both ways of a time; they must agree, and so neither can be left out. */
static int compare(const struct trace *trace, double *naive_s)
{
	struct oscan_position position;
	double begin = seconds_now();
	uint64_t times_ns[NAIVE_LOOKUPS];
	double found[NAIVE_LOOKUPS];
	int i;

	for (i = 0; i < NAIVE_LOOKUPS; i++) {
		times_ns[i] = random_time(trace);
		found[i] = naive_at(trace, times_ns[i]);
	}
	*naive_s = (seconds_now() - begin) / NAIVE_LOOKUPS;
	for (i = 0; i < NAIVE_LOOKUPS; i++)
		if (oscan_track_at(trace->track, times_ns[i], &position) ||
		    position.steps - found[i] > 1e-6 ||
		    found[i] - position.steps > 1e-6)
			return -1;
	return 0;
}

static int measure_at(const struct trace *trace, double *each_s)
{
	struct oscan_position position;
	double begin = seconds_now();
	int i, bad = 0;

	for (i = 0; i < LOOKUPS; i++)
		bad |= oscan_track_at(trace->track, random_time(trace),
				      &position);
	*each_s = (seconds_now() - begin) / LOOKUPS;
	return bad;
}

static int measure_when(const struct trace *trace, double *each_s)
{
	double begin = seconds_now();
	uint64_t time_ns;
	int i, bad = 0;

	for (i = 0; i < LOOKUPS; i++)
		bad |= oscan_track_when(trace->track,
					drand48() * (TURN_STEPS - 1), 0,
					&time_ns);
	*each_s = (seconds_now() - begin) / LOOKUPS;
	return bad;
}

int main(int argc, char **argv)
{
	struct trace trace = { .steps = 1000000 };
	double naive_s, at_s, when_s;

	if (argc > 1)
		trace.steps = strtoull(argv[1], NULL, 10);
	trace.steps -= trace.steps % BATCH;
	if (trace.steps < TURN_STEPS) {
		fprintf(stderr, "track: wanted %d steps or more, found \"%s\"\n",
			TURN_STEPS, argv[1]);
		return 2;
	}
	if (make_trace(&trace) || compare(&trace, &naive_s) ||
	    measure_at(&trace, &at_s) || measure_when(&trace, &when_s)) {
		fprintf(stderr, "track: a look-up failed or was wrong\n");
		return 1;
	}
	printf("track-steps %zu\n", trace.steps);
	printf("track-position-lookups %.0f /s\n", 1 / at_s);
	printf("track-time-lookups %.0f /s\n", 1 / when_s);
	printf("track-naive-lookups %.0f /s\n", 1 / naive_s);
	printf("track-position-speedup %.0f x\n", naive_s / at_s);
	oscan_track_free(trace.track);
	free(trace.times_ns);
	free(trace.positions);
	return 0;
}
