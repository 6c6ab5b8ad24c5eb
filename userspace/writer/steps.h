/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps and the course of the axis on their way to the file: any thread puts,
 * the writer's takes all of it at once. Its room grows: who puts never waits.
 */
#ifndef OSCAN_STEPS_H
#define OSCAN_STEPS_H

#include <pthread.h>
#include <stddef.h>
#include "writer.h"

/** struct course - one event, as writer_put_course() has it */
struct course {
	enum writer_course event;
	uint64_t time_ns;
	int64_t position;
};

/**
 * struct steps - what waits
 * @time_ns: shape [count]
 * @position: shape [count]
 * @course: shape [events]
 */
struct steps {
	pthread_mutex_t lock;
	size_t count;
	size_t room;
	uint64_t *time_ns;
	int64_t *position;
	size_t events;
	size_t event_room;
	struct course *course;
};

void steps_init(struct steps *steps);

/** steps_free - release what waits; no thread may be in it */
void steps_free(struct steps *steps);

/** steps_put - copy steps; 0, or -1 with ENOMEM: then none of them */
int steps_put(struct steps *steps, const struct writer_trace *trace);

/** steps_put_course - likewise, an event */
int steps_put_course(struct steps *steps, const struct course *course);

/**
 * steps_take - all that waits
 * @taken: of steps_init(); what it had is gone
 */
void steps_take(struct steps *steps, struct steps *taken);

#endif /* OSCAN_STEPS_H */
