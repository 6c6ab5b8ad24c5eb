// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "queue.h"

static void free_entries(struct queue *queue)
{
	for (size_t n = 0; n < queue->size; n++)
		free(queue->entries[n].data);
	free(queue->entries);
}

static int alloc_entries(struct queue *queue, size_t room)
{
	queue->entries = calloc(queue->size, sizeof(*queue->entries));
	if (!queue->entries)
		return -1;
	for (size_t n = 0; n < queue->size; n++) {
		queue->entries[n].data = malloc(room);
		if (!queue->entries[n].data) {
			free_entries(queue);
			errno = ENOMEM;
			return -1;
		}
	}
	return 0;
}

int queue_init(struct queue *queue, size_t size, size_t pixel_bytes,
	       size_t room, bool packed)
{
	*queue = (struct queue) {
		.size = size, .pixel_bytes = pixel_bytes, .packed = packed,
	};
	if (alloc_entries(queue, room))
		return -1;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->work, NULL);
	pthread_cond_init(&queue->more, NULL);
	pthread_cond_init(&queue->room, NULL);
	return 0;
}

void queue_free(struct queue *queue)
{
	free_entries(queue);
	pthread_cond_destroy(&queue->room);
	pthread_cond_destroy(&queue->more);
	pthread_cond_destroy(&queue->work);
	pthread_mutex_destroy(&queue->lock);
}

/* The @nth entry from the oldest one. */
static struct queue_entry *entry_at(const struct queue *queue, size_t nth)
{
	return &queue->entries[(queue->head + nth) % queue->size];
}

/* Return: 0 with a free entry, else as queue_put(). */
static int wait_for_room(struct queue *queue, bool wait,
			 struct queue_entry **entry)
{
	int ret = -1;

	pthread_mutex_lock(&queue->lock);
	while (wait && queue->count == queue->size && !queue->error &&
	       !queue->ended)
		pthread_cond_wait(&queue->room, &queue->lock);
	if (queue->error)
		errno = queue->error;
	else if (queue->ended)
		errno = EPIPE;
	else
		ret = queue->count == queue->size;
	*entry = entry_at(queue, queue->count);
	pthread_mutex_unlock(&queue->lock);
	return ret;
}

int queue_put(struct queue *queue, const void *pixels,
	      const struct writer_frame *frame, bool wait)
{
	struct queue_entry *entry;
	int ret = wait_for_room(queue, wait, &entry);

	if (ret)
		return ret;
	/* Only this thread may touch a free entry: no lock for the copy. */
	memcpy(entry->data, pixels, queue->pixel_bytes);
	entry->frame = *frame;
	entry->bytes = queue->pixel_bytes;
	entry->plain = true;
	pthread_mutex_lock(&queue->lock);
	entry->state = queue->packed ? QUEUE_FILLED : QUEUE_READY;
	queue->count++;
	pthread_cond_signal(queue->packed ? &queue->work : &queue->more);
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

struct queue_entry *queue_claim(struct queue *queue)
{
	struct queue_entry *entry = NULL;

	pthread_mutex_lock(&queue->lock);
	while (queue->next == queue->count && !queue->ended && !queue->error)
		pthread_cond_wait(&queue->work, &queue->lock);
	if (queue->next < queue->count && !queue->error) {
		entry = entry_at(queue, queue->next++);
		entry->state = QUEUE_PACKING;
	}
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

void queue_pack(struct queue *queue, struct queue_entry *entry)
{
	pthread_mutex_lock(&queue->lock);
	entry->state = QUEUE_READY;
	if (entry == entry_at(queue, 0))
		pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static size_t count_ready(const struct queue *queue)
{
	size_t ready = 0;

	while (ready < queue->count &&
	       entry_at(queue, ready)->state == QUEUE_READY)
		ready++;
	return ready;
}

size_t queue_take(struct queue *queue)
{
	size_t ready;

	pthread_mutex_lock(&queue->lock);
	while (!(ready = count_ready(queue)) &&
	       (queue->count || !queue->ended))
		pthread_cond_wait(&queue->more, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
	return ready;
}

const struct queue_entry *queue_at(const struct queue *queue, size_t nth)
{
	return entry_at(queue, nth);
}

void queue_drop(struct queue *queue, size_t count)
{
	pthread_mutex_lock(&queue->lock);
	for (size_t n = 0; n < count; n++)
		entry_at(queue, n)->state = QUEUE_FREE;
	queue->head = (queue->head + count) % queue->size;
	queue->count -= count;
	if (queue->packed)
		queue->next -= count;
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

bool queue_is_empty(struct queue *queue)
{
	bool empty;

	pthread_mutex_lock(&queue->lock);
	empty = !queue->count;
	pthread_mutex_unlock(&queue->lock);
	return empty;
}

void queue_end(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->ended = true;
	pthread_cond_broadcast(&queue->work);
	pthread_cond_signal(&queue->more);
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

void queue_fail(struct queue *queue, int error)
{
	pthread_mutex_lock(&queue->lock);
	queue->error = error;
	pthread_cond_broadcast(&queue->work);
	pthread_cond_signal(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}
