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

static int take_turn(struct syncer *syncer)
{
	/* Before: what is flushed meanwhile may or may not make it. */
	const uint64_t flushed = *syncer->flushed;

	if (flushed == syncer->synced)
		return 0;
	if (sync_all(syncer)) {
		syncer->error = errno;
		return -1;
	}
	syncer->synced = flushed;
	return 0;
}

static void *run(void *data)
{
	struct syncer *syncer = data;
	int ret = 0;

	while (!ret && wait_for_turn(syncer))
		ret = take_turn(syncer);
	if (!ret && syncer->last)
		take_turn(syncer);
	syncer->over = true;
	return NULL;
}

int syncer_start(struct syncer *syncer, int fd, int directory,
		 const atomic_uint_least64_t *flushed)
{
	syncer->fd = fd;
	syncer->directory = directory;
	syncer->flushed = flushed;
	syncer->ended = false;
	syncer->last = false;
	syncer->over = false;
	pthread_mutex_init(&syncer->lock, NULL);
	pthread_cond_init(&syncer->wake, NULL);
	errno = pthread_create(&syncer->thread, NULL, run, syncer);
	return errno ? -1 : 0;
}

static void end(struct syncer *syncer, bool last)
{
	pthread_mutex_lock(&syncer->lock);
	syncer->ended = true;
	if (last)
		syncer->last = true;
	pthread_cond_signal(&syncer->wake);
	pthread_mutex_unlock(&syncer->lock);
}

void syncer_last(struct syncer *syncer)
{
	end(syncer, true);
}

void syncer_stop(struct syncer *syncer)
{
	end(syncer, false);
	pthread_join(syncer->thread, NULL);
	pthread_cond_destroy(&syncer->wake);
	pthread_mutex_destroy(&syncer->lock);
}
