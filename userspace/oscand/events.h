/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has happened last, for any number of clients, each of which reads on
 * from the event that it has seen last.
 *
 * The last EVENTS_MAX events are kept, or as many as EVENTS_BYTES holds; who
 * is farther behind is told how many he has lost. Any thread; none waits.
 */
#ifndef OSCAND_EVENTS_H
#define OSCAND_EVENTS_H

#include <stdint.h>
#include <jansson.h>

#define EVENTS_MAX 1024
#define EVENTS_BYTES (1u << 20)

struct events;

/**
 * events_new - none yet
 * @wake: called after each event, by the thread that it came from
 *
 * Ids begin above those of an earlier daemon. Return: NULL with ENOMEM.
 */
struct events *events_new(void (*wake)(void *data), void *data);

/** events_free - free; NULL is accepted */
void events_free(struct events *events);

/** events_post - something has happened; @value is stolen */
void events_post(struct events *events, const char *name, json_t *value);

/** events_last - id of the last one */
uint64_t events_last(struct events *events);

/**
 * events_next - the event after the one that was seen last
 * @last: in and out: id of that one
 *
 * Return: its text as of server-sent events, to be freed with free(3), or NULL:
 * there is none, or no memory.
 */
char *events_next(struct events *events, uint64_t *last);

#endif /* OSCAND_EVENTS_H */
