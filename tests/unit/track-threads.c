// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread adds steps to a track with a window, others ask meanwhile, until
 * they got enough answers.
 *
 *   track-threads		exit status 0: every answer was right
 *
 * The axis goes up by a microstep every 1000 ns, so that each answer is known.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oscan.h"

#define READERS 3
#define ANSWERS 2000
#define MOST_BATCHES 10000000
#define BATCH 20
#define WINDOW 500
#define PERIOD_NS 1000
#define BEGIN_NS (10 * WINDOW * PERIOD_NS)

static struct oscan_track *track;
static atomic_bool done;
static atomic_long right, forgotten, wrong;

static void must(bool holds, const char *what, double found)
{
	if (holds)
		return;
	if (!wrong++)
		fprintf(stderr, "%s: %f\n", what, found);
}

static void *add_steps(void *data)
{
	uint64_t times_ns[BATCH], now = BEGIN_NS;
	int64_t position = 0;
	int batch, i;

	for (batch = 0; batch < MOST_BATCHES; batch++) {
		if (right >= ANSWERS && forgotten >= ANSWERS)
			break;
		for (i = 0; i < BATCH; i++)
			times_ns[i] = now += PERIOD_NS;
		must(!oscan_track_add(track, &(struct oscan_trace_batch){
			.steps = BATCH,
			.direction = 1,
			.first_position = position + 1,
			.times_ns = times_ns,
			.horizon_ns = now,
		}), "cannot add", errno);
		position += BATCH;
	}
	done = true;
	return NULL;
}

static void ask(unsigned int *seed)
{
	uint64_t horizon = oscan_track_horizon(track), time_ns, found;
	struct oscan_position position;
	double steps;

	time_ns = horizon - rand_r(seed) % (3 * WINDOW * PERIOD_NS);
	if (time_ns <= BEGIN_NS || horizon <= BEGIN_NS)
		return;
	steps = (double)(time_ns - BEGIN_NS) / PERIOD_NS;
	if (!oscan_track_at(track, time_ns, &position)) {
		/* The first step comes all at once. */
		must(fabs(position.steps - steps) < (steps < 1 ? 1 : 1e-6),
		     "wrong position", position.steps - steps);
		right++;
	} else {
		must(errno == ESTALE, "no position", errno);
		must(time_ns < oscan_track_begin(track), "not forgotten", 0);
		forgotten++;
	}
	steps = floor(steps);
	if (!oscan_track_when(track, steps, time_ns - PERIOD_NS, &found))
		must(fabs(BEGIN_NS + steps * PERIOD_NS - found) < 1,
		     "wrong time", BEGIN_NS + steps * PERIOD_NS - found);
	else
		must(errno == ESTALE, "no time", errno);
	must(oscan_track_count(track) < 2 * WINDOW, "too many steps", 0);
	must(!oscan_track_gaps(track), "gaps", 0);
}

static void *ask_on(void *data)
{
	unsigned int seed = (unsigned int)(uintptr_t)data;

	while (!done)
		ask(&seed);
	return NULL;
}

int main(void)
{
	pthread_t readers[READERS], writer;
	uintptr_t i;

	track = oscan_track_new(0, BEGIN_NS);
	if (!track)
		return 1;
	oscan_track_set_window(track, WINDOW);
	for (i = 0; i < READERS; i++)
		if (pthread_create(&readers[i], NULL, ask_on, (void *)(i + 1)))
			return 1;
	if (pthread_create(&writer, NULL, add_steps, NULL))
		return 1;
	pthread_join(writer, NULL);
	for (i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	oscan_track_free(track);
	printf("%ld answers, %ld forgotten, %ld wrong\n", right, forgotten,
	       wrong);
	return wrong || right < ANSWERS || forgotten < ANSWERS;
}
