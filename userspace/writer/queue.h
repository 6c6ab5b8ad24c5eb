/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded queue of frames: one thread puts, any number of packers compress,
 * one thread takes, in the order of putting. When it is full the one who puts
 * waits, or is told so.
 */
#ifndef OSCAN_QUEUE_H
#define OSCAN_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "writer.h"

/** enum queue_state - whose an entry is */
enum queue_state {
	QUEUE_FREE = 0,		/* who puts */
	QUEUE_FILLED = 1,	/* nobody: waits for a packer */
	QUEUE_PACKING = 2,	/* a packer */
	QUEUE_READY = 3,	/* who takes, when those before it are too */
};

/**
 * struct queue_entry - a frame in the queue
 * @frame: what is stored with it
 * @data: shape [bytes]: pixels, or what a packer made of them; owned by the
 *	queue, @room bytes of it
 * @bytes: used of @data
 * @plain: @data are the pixels themselves
 * @state: enum queue_state
 */
struct queue_entry {
	struct writer_frame frame;
	void *data;
	size_t bytes;
	bool plain;
	enum queue_state state;
};

/**
 * struct queue - fields are the queue's own
 * @lock: protects all but the contents of entries
 * @work: signalled when there is something for packers, or @ended is set
 * @more: signalled when the oldest entry becomes ready, or @ended is set
 * @room: signalled when @count falls, or @error or @ended is set
 * @entries: shape [size], a ring
 * @size: number of entries
 * @pixel_bytes: size of a frame's pixels
 * @packed: entries pass through a packer
 * @head: oldest entry
 * @next: entries from @head on that no packer need look at
 * @count: entries in use
 * @ended: nothing more will be put
 * @error: errno for whoever puts, and for packers to end
 */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t more;
	pthread_cond_t room;
	struct queue_entry *entries;
	size_t size;
	size_t pixel_bytes;
	bool packed;
	size_t head;
	size_t next;
	size_t count;
	bool ended;
	int error;
};

/**
 * queue_init - allocate
 * @size: frames that it holds, > 0
 * @pixel_bytes: size of a frame's pixels, > 0
 * @room: bytes of memory for each frame, >= @pixel_bytes
 * @packed: frames are to pass through queue_claim() and queue_pack()
 *
 * Return: 0, or -1 with ENOMEM.
 */
int queue_init(struct queue *queue, size_t size, size_t pixel_bytes,
	       size_t room, bool packed);

/** queue_free - release what queue_init() took; no thread may be in it */
void queue_free(struct queue *queue);

/**
 * queue_put - copy a frame to the end
 * @wait: while the queue is full
 *
 * Return: 0; 1: it is full and @wait is false; or -1: the errno given to
 * queue_fail(), EPIPE after queue_end().
 */
int queue_put(struct queue *queue, const void *pixels,
	      const struct writer_frame *frame, bool wait);

/**
 * queue_claim - wait for the oldest frame that no packer has; for packers
 *
 * Return: the frame, the caller's until queue_pack(), or NULL: nothing more
 * will come.
 */
struct queue_entry *queue_claim(struct queue *queue);

/** queue_pack - the frame of queue_claim() is ready to be taken */
void queue_pack(struct queue *queue, struct queue_entry *entry);

/**
 * queue_take - wait for the oldest frame to be ready
 *
 * Return: number of frames, the oldest first, that are ready and not dropped
 * yet; 0: the queue is empty and has ended.
 */
size_t queue_take(struct queue *queue);

/** queue_at - the @nth of the frames of queue_take(), from 0 */
const struct queue_entry *queue_at(const struct queue *queue, size_t nth);

/** queue_drop - the oldest @count frames of queue_take() are done with */
void queue_drop(struct queue *queue, size_t count);

/** queue_is_empty - no frame is in it, ready or not */
bool queue_is_empty(struct queue *queue);

/** queue_end - nothing more will be put; wakes everybody */
void queue_end(struct queue *queue);

/**
 * queue_fail - every queue_put() from now on fails with @error, and packers
 * are told that nothing more will come
 */
void queue_fail(struct queue *queue, int error);

#endif /* OSCAN_QUEUE_H */
