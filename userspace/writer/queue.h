/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded queue of frames. One thread puts, one thread takes. When it is
 * full the one who puts waits; nothing is ever dropped.
 */
#ifndef OSCAN_QUEUE_H
#define OSCAN_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "writer.h"

/**
 * struct queue_entry - a frame in the queue
 * @frame: what is stored with it
 * @pixels: owned by the queue
 */
struct queue_entry {
	struct writer_frame frame;
	void *pixels;
};

/**
 * struct queue - fields are the queue's own
 * @lock: protects @head, @count, @ended, @error
 * @more: signalled when @count rises or @ended is set
 * @room: signalled when @count falls or @error is set
 * @entries: shape [size]; an entry belongs to the one who takes from its being
 *	put until queue_drop(), to the one who puts otherwise
 * @size: number of entries
 * @pixel_bytes: size of a frame's pixels
 * @head: oldest entry
 * @count: entries in use
 * @ended: nothing more will be put
 * @error: errno for whoever puts
 */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_cond_t room;
	struct queue_entry *entries;
	size_t size;
	size_t pixel_bytes;
	size_t head;
	size_t count;
	bool ended;
	int error;
};

/**
 * queue_init - allocate
 * @size: frames that it holds, > 0
 * @pixel_bytes: size of a frame's pixels, > 0
 *
 * Return: 0, or -1 with ENOMEM.
 */
int queue_init(struct queue *queue, size_t size, size_t pixel_bytes);

/** queue_free - release what queue_init() took; no thread may be in it */
void queue_free(struct queue *queue);

/**
 * queue_put - copy a frame to the end; waits while the queue is full
 *
 * Return: 0, or -1: the errno given to queue_fail(), EPIPE after queue_end().
 */
int queue_put(struct queue *queue, const void *pixels,
	      const struct writer_frame *frame);

/**
 * queue_take - wait for the oldest frame
 *
 * Return: the frame, until queue_drop() is called, or NULL: the queue is
 * empty and has ended.
 */
const struct queue_entry *queue_take(struct queue *queue);

/** queue_drop - the frame from queue_take() is done with */
void queue_drop(struct queue *queue);

/** queue_is_last - no other frame waits behind the one from queue_take() */
bool queue_is_last(struct queue *queue);

/** queue_end - nothing more will be put; wakes the one who takes */
void queue_end(struct queue *queue);

/** queue_fail - every queue_put() from now on fails with @error */
void queue_fail(struct queue *queue, int error);

#endif /* OSCAN_QUEUE_H */
