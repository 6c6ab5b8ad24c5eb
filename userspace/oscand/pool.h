/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few threads that answer requests, so that the server never waits.
 *
 * The server puts an exchange into a queue and gets it back when it has been
 * answered. Full queue: it is not taken, and the client is told to come again.
 */
#ifndef OSCAND_POOL_H
#define OSCAND_POOL_H

#include <stdbool.h>

#define POOL_THREADS 4
#define POOL_QUEUE_MAX 256

/* Threads that wait for a disk at once: one that hangs leaves the others. */
#define POOL_DISK 2

/**
 * struct pool_work - something to be done; lies in what it is done for
 * @next: the pool's
 * @disk: it waits for a disk, which may hang; such have a queue of their own
 */
struct pool_work {
	struct pool_work *next;
	bool disk;
};

struct pool;

/**
 * pool_new - start the threads
 * @work: does it; called by any of the threads
 * @wake: called after each, by the thread that has done it
 * @data: passed to both
 *
 * Return: NULL with errno.
 */
struct pool *pool_new(void (*work)(struct pool_work *work, void *data),
		      void (*wake)(void *data), void *data);

/** pool_put - have something done. Return: false: its queue is full */
bool pool_put(struct pool *pool, struct pool_work *work);

/** pool_take - something that has been done, NULL: nothing */
struct pool_work *pool_take(struct pool *pool);

/** pool_free - do what is in the queues, end the threads; NULL is accepted */
void pool_free(struct pool *pool);

#endif /* OSCAND_POOL_H */
