// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <time.h>
#include <unistd.h>
#include "syncer.h"

#define PERIOD_S 1

/* Return: false when it has ended. */
static bool wait_for_turn(struct syncer *syncer)
{
	struct timespec until;
	bool ended;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PERIOD_S;
	pthread_mutex_lock(&syncer->lock);
	while (!syncer->ended &&
	       pthread_cond_clockwait(&syncer->wake, &syncer->lock,
				      CLOCK_MONOTONIC, &until) != ETIMEDOUT)
		;
	ended = syncer->ended;
	pthread_mutex_unlock(&syncer->lock);
	return !ended;
}

/* Not every file system syncs a directory; what it holds is safe then. */
static int sync_all(struct syncer *syncer)
{
	if (!syncer->synced && syncer->directory >= 0 &&
	    fsync(syncer->directory) && errno != EINVAL)
		return -1;
	return fdatasync(syncer->fd);
}

static void *run(void *data)
{
	struct syncer *syncer = data;

	while (wait_for_turn(syncer)) {
		/* Before: what is flushed meanwhile may or may not make it. */
		const uint64_t flushed = *syncer->flushed;

		if (flushed == syncer->synced)
			continue;
		if (sync_all(syncer)) {
			syncer->error = errno;
			break;
		}
		syncer->synced = flushed;
	}
	return NULL;
}

int syncer_start(struct syncer *syncer, int fd, int directory,
		 const atomic_uint_least64_t *flushed)
{
	syncer->fd = fd;
	syncer->directory = directory;
	syncer->flushed = flushed;
	syncer->ended = false;
	pthread_mutex_init(&syncer->lock, NULL);
	pthread_cond_init(&syncer->wake, NULL);
	errno = pthread_create(&syncer->thread, NULL, run, syncer);
	return errno ? -1 : 0;
}

void syncer_stop(struct syncer *syncer)
{
	pthread_mutex_lock(&syncer->lock);
	syncer->ended = true;
	pthread_cond_signal(&syncer->wake);
	pthread_mutex_unlock(&syncer->lock);
	pthread_join(syncer->thread, NULL);
	pthread_cond_destroy(&syncer->wake);
	pthread_mutex_destroy(&syncer->lock);
}
