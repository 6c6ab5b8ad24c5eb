// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "nexus.h"
#include "queue.h"
#include "writer.h"

/* A frame is seen by readers no later than this after it was written. */
#define FLUSH_NS UINT64_C(100000000)

/**
 * struct writer - the thread and what it shares
 * @nexus: the thread's while it runs, then the caller's
 * @queue: the camera's thread puts, ours takes; when it is full the camera's
 *	thread waits
 * @error: first errno that stopped the thread, 0: none
 * @running: the thread has not been joined
 */
struct writer {
	struct nexus *nexus;
	struct queue queue;
	pthread_t thread;
	atomic_uint_least64_t taken;
	atomic_uint_least64_t written;
	atomic_int error;
	bool running;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static int flush(struct writer *writer)
{
	if (nexus_flush(writer->nexus))
		return -1;
	writer->written = nexus_frames(writer->nexus);
	return 0;
}

/* Return: 0 when the queue has ended, or -1 with errno. */
static int write_frames(struct writer *writer)
{
	const struct queue_entry *entry;
	uint64_t flushed_ns = 0;

	while ((entry = queue_take(&writer->queue))) {
		if (nexus_append(writer->nexus, entry->pixels, &entry->frame))
			return -1;
		if (queue_is_last(&writer->queue) ||
		    now_ns() - flushed_ns >= FLUSH_NS) {
			if (flush(writer))
				return -1;
			flushed_ns = now_ns();
		}
		queue_drop(&writer->queue);
	}
	return 0;
}

static void *run(void *data)
{
	struct writer *writer = data;
	int error;

	if (!write_frames(writer))
		return NULL;
	error = errno;
	/* No space for one frame leaves those before it to be flushed. */
	flush(writer);
	writer->error = error;
	queue_fail(&writer->queue, error);
	return NULL;
}

/* Signals are for the caller's threads. */
static int start_thread(struct writer *writer)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&writer->thread, NULL, run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = ret;
	writer->running = !ret;
	return ret ? -1 : 0;
}

/* The name of the axis becomes a name beside these. */
static bool axis_name_fits(const char *name)
{
	static const char *const taken[] = {
		"data", "detector", "name", "frame_index", "in_scan",
		"sensor_timestamp", ".", "..",
	};

	if (!name || !*name || strchr(name, '/') || strlen(name) > 100)
		return false;
	for (size_t n = 0; n < sizeof(taken) / sizeof(*taken); n++) {
		if (!strcmp(name, taken[n]))
			return false;
	}
	return true;
}

/* HDF5 keeps the size of a chunk in 32 bits. */
static bool size_fits(const struct writer_config *config)
{
	const uint64_t row = (uint64_t)config->width * config->bytes_per_pixel;

	return row && config->height && row <= UINT32_MAX / config->height;
}

static bool config_fits(const struct writer_config *config)
{
	return config->path && *config->path && config->queue_frames &&
	       (config->bytes_per_pixel == 1 || config->bytes_per_pixel == 3) &&
	       size_fits(config) && axis_name_fits(config->axis_name) &&
	       config->axis_unit && *config->axis_unit &&
	       strlen(config->axis_unit) < 50 &&
	       isfinite(config->steps_per_unit) && config->steps_per_unit > 0;
}

static void discard(struct writer *writer, const char *path)
{
	const int error = errno;

	nexus_end_frames(writer->nexus);
	nexus_close(writer->nexus);
	unlink(path);
	errno = error;
}

struct writer *writer_open(const struct writer_config *config)
{
	struct writer *writer;

	if (!config_fits(config)) {
		errno = EINVAL;
		return NULL;
	}
	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return NULL;
	if (queue_init(&writer->queue, config->queue_frames,
		       (size_t)config->width * config->height *
		       config->bytes_per_pixel))
		goto err_free;
	writer->nexus = nexus_create(config);
	if (!writer->nexus)
		goto err_queue;
	if (start_thread(writer))
		goto err_discard;
	return writer;

err_discard:
	discard(writer, config->path);
err_queue:
	queue_free(&writer->queue);
err_free:
	free(writer);
	return NULL;
}

int writer_put(struct writer *writer, const void *pixels,
	       const struct writer_frame *frame)
{
	if (queue_put(&writer->queue, pixels, frame))
		return -1;
	writer->taken++;
	return 0;
}

uint64_t writer_taken(const struct writer *writer)
{
	return writer->taken;
}

uint64_t writer_written(const struct writer *writer)
{
	return writer->written;
}

int writer_error(const struct writer *writer)
{
	return writer->error;
}

int writer_finish_frames(struct writer *writer)
{
	if (writer->running) {
		queue_end(&writer->queue);
		pthread_join(writer->thread, NULL);
		writer->running = false;
		if (nexus_end_frames(writer->nexus) && !writer->error)
			writer->error = errno;
	}
	errno = writer->error;
	return writer->error ? -1 : 0;
}

/* Return: true with errno while the thread has the file. */
static bool is_early(const struct writer *writer)
{
	if (writer->running)
		errno = EBUSY;
	return writer->running;
}

int writer_add_pairing(struct writer *writer,
		       const struct writer_pairing *pairing)
{
	if (is_early(writer))
		return -1;
	return nexus_add_pairing(writer->nexus, pairing);
}

int writer_add_trace(struct writer *writer, const struct writer_trace *trace)
{
	if (is_early(writer))
		return -1;
	return nexus_add_trace(writer->nexus, trace);
}

int writer_add_number(struct writer *writer, const char *name, double value,
		      const char *unit)
{
	if (is_early(writer))
		return -1;
	return nexus_add_number(writer->nexus, name, value, unit);
}

int writer_add_text(struct writer *writer, const char *name, const char *text)
{
	if (is_early(writer))
		return -1;
	return nexus_add_text(writer->nexus, name, text);
}

int writer_add_array(struct writer *writer, const char *name,
		     const uint64_t *values, size_t count, const char *unit)
{
	if (is_early(writer))
		return -1;
	return nexus_add_array(writer->nexus, name, values, count, unit);
}

int writer_add_reals(struct writer *writer, const char *name,
		     const double *values, size_t count, const char *unit)
{
	if (is_early(writer))
		return -1;
	return nexus_add_reals(writer->nexus, name, values, count, unit);
}

int writer_close(struct writer *writer)
{
	int error;

	if (!writer)
		return 0;
	error = writer_finish_frames(writer) ? errno : 0;
	if (nexus_close(writer->nexus) && !error)
		error = errno;
	queue_free(&writer->queue);
	free(writer);
	errno = error;
	return error ? -1 : 0;
}
