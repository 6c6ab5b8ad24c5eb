// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include "steps.h"

#define LEAST_ROOM 256

void steps_init(struct steps *steps)
{
	memset(steps, 0, sizeof(*steps));
	pthread_mutex_init(&steps->lock, NULL);
}

void steps_free(struct steps *steps)
{
	free(steps->time_ns);
	free(steps->position);
	free(steps->course);
	pthread_mutex_destroy(&steps->lock);
}

/* Return: room for @need that is no less than @room, and twice it if more. */
static size_t enough(size_t room, size_t need)
{
	if (room < LEAST_ROOM)
		room = LEAST_ROOM;
	while (room < need)
		room *= 2;
	return room;
}

static int make_room(struct steps *steps, size_t need)
{
	const size_t room = enough(steps->room, need);
	uint64_t *time_ns;
	int64_t *position;

	if (room == steps->room)
		return 0;
	time_ns = realloc(steps->time_ns, room * sizeof(*time_ns));
	if (time_ns)
		steps->time_ns = time_ns;
	position = realloc(steps->position, room * sizeof(*position));
	if (position)
		steps->position = position;
	if (!time_ns || !position)
		return -1;
	steps->room = room;
	return 0;
}

int steps_put(struct steps *steps, const struct writer_trace *trace)
{
	int ret;

	pthread_mutex_lock(&steps->lock);
	ret = make_room(steps, steps->count + trace->steps);
	if (!ret && trace->steps) {
		memcpy(steps->time_ns + steps->count, trace->time_ns,
		       trace->steps * sizeof(*steps->time_ns));
		memcpy(steps->position + steps->count, trace->position,
		       trace->steps * sizeof(*steps->position));
		steps->count += trace->steps;
	}
	pthread_mutex_unlock(&steps->lock);
	return ret;
}

static int put_course(struct steps *steps, const struct course *course)
{
	const size_t room = enough(steps->event_room, steps->events + 1);
	struct course *list = steps->course;

	if (room != steps->event_room)
		list = realloc(list, room * sizeof(*list));
	if (!list)
		return -1;
	steps->course = list;
	steps->event_room = room;
	list[steps->events++] = *course;
	return 0;
}

int steps_put_course(struct steps *steps, const struct course *course)
{
	int ret;

	pthread_mutex_lock(&steps->lock);
	ret = put_course(steps, course);
	pthread_mutex_unlock(&steps->lock);
	return ret;
}

#define SWAP(a, b)						\
	do {							\
		const __typeof__(a) third = (a);		\
								\
		(a) = (b);					\
		(b) = third;					\
	} while (0)

/* The two change places, so that room is not asked for again each time. */
void steps_take(struct steps *steps, struct steps *taken)
{
	taken->count = 0;
	taken->events = 0;
	pthread_mutex_lock(&steps->lock);
	SWAP(steps->count, taken->count);
	SWAP(steps->room, taken->room);
	SWAP(steps->time_ns, taken->time_ns);
	SWAP(steps->position, taken->position);
	SWAP(steps->events, taken->events);
	SWAP(steps->event_room, taken->event_room);
	SWAP(steps->course, taken->course);
	pthread_mutex_unlock(&steps->lock);
}
