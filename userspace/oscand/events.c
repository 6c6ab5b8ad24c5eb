// SPDX-License-Identifier: GPL-2.0-or-later
/* What has happened last. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "events.h"

/**
 * struct events - a ring
 * @lock: over all that follows
 * @text: shape [EVENTS_MAX]: event @id lies at @id % EVENTS_MAX
 * @first: id of the oldest one kept
 * @last: id of the newest one; less than @first: there is none
 * @bytes: of all texts kept
 * @wake: told of each
 * @data: passed on
 */
struct events {
	pthread_mutex_t lock;
	char *text[EVENTS_MAX];
	uint64_t first;
	uint64_t last;
	size_t bytes;
	void (*wake)(void *data);
	void *data;
};

struct events *events_new(void (*wake)(void *data), void *data)
{
	struct events *events = calloc(1, sizeof(*events));
	struct timespec now;

	if (!events)
		return NULL;
	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_init(&events->lock, NULL);
	/* No daemon has a million events a second. */
	events->last = now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
	events->first = events->last + 1;
	events->wake = wake;
	events->data = data;
	return events;
}

static void forget_first(struct events *events)
{
	char **text = &events->text[events->first++ % EVENTS_MAX];

	events->bytes -= strlen(*text);
	free(*text);
	*text = NULL;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	while (events->first <= events->last)
		forget_first(events);
	pthread_mutex_destroy(&events->lock);
	free(events);
}

static char *event_text(uint64_t id, const char *name, const char *data)
{
	char *text;

	if (asprintf(&text, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", id,
		     name, data) < 0)
		return NULL;
	return text;
}

void events_post(struct events *events, const char *name, json_t *value)
{
	char *data = json_dumps(value, JSON_COMPACT |
				JSON_REAL_PRECISION(15));
	char *text;

	json_decref(value);
	if (!data)
		return;
	pthread_mutex_lock(&events->lock);
	text = event_text(events->last + 1, name, data);
	if (text) {
		if (events->last + 1 - events->first == EVENTS_MAX)
			forget_first(events);
		events->text[++events->last % EVENTS_MAX] = text;
		events->bytes += strlen(text);
		while (events->bytes > EVENTS_BYTES &&
		       events->first < events->last)
			forget_first(events);
	}
	pthread_mutex_unlock(&events->lock);
	free(data);
	events->wake(events->data);
}

uint64_t events_last(struct events *events)
{
	uint64_t last;

	pthread_mutex_lock(&events->lock);
	last = events->last;
	pthread_mutex_unlock(&events->lock);
	return last;
}

/* An id from before this daemon tells nothing of how many there were. */
static char *lost(const struct events *events, uint64_t *last)
{
	char data[48] = "{\"events\":null}";

	if (*last <= events->last && events->first - *last < EVENTS_BYTES)
		snprintf(data, sizeof(data), "{\"events\":%" PRIu64 "}",
			 events->first - 1 - *last);
	*last = events->first - 1;
	return event_text(*last, "lost", data);
}

char *events_next(struct events *events, uint64_t *last)
{
	char *text = NULL;

	pthread_mutex_lock(&events->lock);
	if (*last + 1 < events->first || *last > events->last)
		text = lost(events, last);
	else if (*last < events->last)
		text = strdup(events->text[++*last % EVENTS_MAX]);
	pthread_mutex_unlock(&events->lock);
	return text;
}
