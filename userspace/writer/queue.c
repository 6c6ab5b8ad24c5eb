// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "queue.h"

static void free_entries(struct queue *queue)
{
	for (size_t n = 0; n < queue->size; n++)
		free(queue->entries[n].pixels);
	free(queue->entries);
}

static int alloc_entries(struct queue *queue)
{
	queue->entries = calloc(queue->size, sizeof(*queue->entries));
	if (!queue->entries)
		return -1;
	for (size_t n = 0; n < queue->size; n++) {
		queue->entries[n].pixels = malloc(queue->pixel_bytes);
		if (!queue->entries[n].pixels) {
			free_entries(queue);
			errno = ENOMEM;
			return -1;
		}
	}
	return 0;
}

int queue_init(struct queue *queue, size_t size, size_t pixel_bytes)
{
	*queue = (struct queue) { .size = size, .pixel_bytes = pixel_bytes };
	if (alloc_entries(queue))
		return -1;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->more, NULL);
	pthread_cond_init(&queue->room, NULL);
	return 0;
}

void queue_free(struct queue *queue)
{
	free_entries(queue);
	pthread_cond_destroy(&queue->room);
	pthread_cond_destroy(&queue->more);
	pthread_mutex_destroy(&queue->lock);
}

/* Return: a free entry, or NULL with errno. */
static struct queue_entry *wait_for_room(struct queue *queue)
{
	struct queue_entry *entry = NULL;

	pthread_mutex_lock(&queue->lock);
	while (queue->count == queue->size && !queue->error && !queue->ended)
		pthread_cond_wait(&queue->room, &queue->lock);
	if (queue->error)
		errno = queue->error;
	else if (queue->ended)
		errno = EPIPE;
	else
		entry = &queue->entries[(queue->head + queue->count) %
					queue->size];
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

int queue_put(struct queue *queue, const void *pixels,
	      const struct writer_frame *frame)
{
	struct queue_entry *entry = wait_for_room(queue);

	if (!entry)
		return -1;
	/* Only this thread may touch a free entry: no lock for the copy. */
	memcpy(entry->pixels, pixels, queue->pixel_bytes);
	entry->frame = *frame;
	pthread_mutex_lock(&queue->lock);
	queue->count++;
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

const struct queue_entry *queue_take(struct queue *queue)
{
	const struct queue_entry *entry = NULL;

	pthread_mutex_lock(&queue->lock);
	while (!queue->count && !queue->ended)
		pthread_cond_wait(&queue->more, &queue->lock);
	if (queue->count)
		entry = &queue->entries[queue->head];
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

void queue_drop(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->head = (queue->head + 1) % queue->size;
	queue->count--;
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

bool queue_is_last(struct queue *queue)
{
	bool last;

	pthread_mutex_lock(&queue->lock);
	last = queue->count <= 1;
	pthread_mutex_unlock(&queue->lock);
	return last;
}

void queue_end(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->ended = true;
	pthread_cond_signal(&queue->more);
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

void queue_fail(struct queue *queue, int error)
{
	pthread_mutex_lock(&queue->lock);
	queue->error = error;
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}
