/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that has the disk take what was flushed, once a second, so that a
 * power cut costs no more than about that. The one who writes does not wait
 * for it.
 */
#ifndef OSCAN_SYNCER_H
#define OSCAN_SYNCER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct syncer - fields are its own
 * @fd: the file
 * @directory: of the file, synced once so that its name is there too; -1: none
 * @flushed: what @synced becomes after the next turn; the writer counts in it
 * @synced: of @flushed, what the disk has
 * @error: errno of fdatasync(2), 0: all is well
 * @ended: no further turn
 * @last: but for one at the end
 * @over: the thread waits for no disk any more
 */
struct syncer {
	int fd;
	int directory;
	const atomic_uint_least64_t *flushed;
	atomic_uint_least64_t synced;
	atomic_int error;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ended;
	atomic_bool last;
	atomic_bool over;
};

/** syncer_start - Return: 0, or -1 with errno */
int syncer_start(struct syncer *syncer, int fd, int directory,
		 const atomic_uint_least64_t *flushed);

/** syncer_last - take a last turn, now, and end; does not wait for it */
void syncer_last(struct syncer *syncer);

/** syncer_stop - end the thread; does not wait for a turn that is due */
void syncer_stop(struct syncer *syncer);

#endif /* OSCAN_SYNCER_H */
