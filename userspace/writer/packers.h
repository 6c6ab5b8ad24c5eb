/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that compress what is in a queue. */
#ifndef OSCAN_PACKERS_H
#define OSCAN_PACKERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include "queue.h"
#include "writer.h"

struct packers;

/**
 * struct packer - one thread
 * @scratch: memory that it packs into
 */
struct packer {
	struct packers *packers;
	void *scratch;
	pthread_t thread;
};

/**
 * struct packers - fields are its own
 * @queue: where they take from and give back to
 * @plain: frames that did not become smaller
 * @packed: all frames that were given back
 * @list: shape [count]
 */
struct packers {
	struct queue *queue;
	enum writer_compression compression;
	atomic_uint_least64_t plain;
	atomic_uint_least64_t packed;
	struct packer *list;
	size_t count;
};

/**
 * packers_start - one thread for each processor, at most one for each frame
 * that the queue holds
 * @room: bytes of an entry's memory; each thread takes as much again
 *
 * Return: 0, or -1 with errno; then none is running.
 */
int packers_start(struct packers *packers, struct queue *queue,
		  enum writer_compression compression, size_t room);

/** packers_join - wait for them to end, after queue_end() or queue_fail() */
void packers_join(struct packers *packers);

#endif /* OSCAN_PACKERS_H */
