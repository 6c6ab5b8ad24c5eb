// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "compress.h"
#include "disk.h"
#include "documents.h"
#include "nexus.h"
#include "packers.h"
#include "queue.h"
#include "steps.h"
#include "syncer.h"
#include "writer.h"

/* A frame is seen by readers no later than this after it was written. */
#define FLUSH_NS UINT64_C(100000000)

/**
 * struct writer - the threads and what they share
 * @nexus: the thread's while it runs, then the caller's
 * @documents: likewise
 * @queue: the camera's thread puts, packers compress, ours takes; when it is
 *	full the camera's thread waits, or drops with @drop
 * @steps: put by any thread; ours takes them with the next frames
 * @steps_taken: the thread's: what it took of them
 * @steps_lost: the thread's: some found no room; later ones would follow a gap
 * @begun: a frame was put: the file is the thread's
 * @last: the thread's: newest frame in the file
 * @exit_status: of the scan, for the stop document
 * @reason: likewise, or NULL
 * @error: first errno that stopped the thread, 0: none
 * @running: the threads have not been joined
 */
struct writer {
	struct nexus *nexus;
	struct documents *documents;
	struct queue queue;
	struct steps steps;
	struct steps steps_taken;
	bool steps_lost;
	atomic_bool begun;
	struct packers packers;
	struct syncer syncer;
	pthread_t thread;
	struct writer_frame last;
	bool drop;
	const char *exit_status;
	char *reason;
	atomic_uint_least64_t offered;
	atomic_uint_least64_t dropped;
	atomic_uint_least64_t refused;
	atomic_uint_least64_t taken;
	atomic_uint_least64_t written;
	atomic_uint_least64_t bytes;
	atomic_int error;
	bool running;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static int write_steps(struct writer *writer)
{
	const struct steps *taken = &writer->steps_taken;
	struct writer_trace trace;

	if (writer->steps_lost) {
		errno = ENOSPC;
		return -1;
	}
	steps_take(&writer->steps, &writer->steps_taken);
	if (nexus_append_steps(writer->nexus, taken)) {
		writer->steps_lost = true;
		return -1;
	}
	trace = (struct writer_trace){
		taken->count, taken->time_ns, taken->position
	};
	documents_steps(writer->documents, &trace);
	return 0;
}

static int flush(struct writer *writer)
{
	const int error = write_steps(writer) ? errno : 0;

	/* Steps that find no room leave the frames to be flushed. */
	if (nexus_flush(writer->nexus))
		return -1;
	writer->written = nexus_frames(writer->nexus);
	documents_frames(writer->documents, writer->written, &writer->last);
	errno = error;
	return error ? -1 : 0;
}

/*
 * A batch that has no room on the disk may have room for its first frame.
 * Return: number of frames, or 0 with errno.
 */
static size_t append(struct writer *writer, size_t ready)
{
	const size_t count = ready < LAYOUT_BATCH ? ready : LAYOUT_BATCH;

	if (!nexus_append(writer->nexus, &writer->queue, count))
		return count;
	if (count > 1 && (errno == ENOSPC || errno == EDQUOT) &&
	    !nexus_append(writer->nexus, &writer->queue, 1))
		return 1;
	return 0;
}

static void done_with(struct writer *writer, size_t count)
{
	uint64_t bytes = 0;

	for (size_t n = 0; n < count; n++)
		bytes += queue_at(&writer->queue, n)->bytes;
	writer->bytes += bytes;
	queue_drop(&writer->queue, count);
}

/* Return: 0 when the queue has ended, or -1 with errno. */
static int write_frames(struct writer *writer)
{
	uint64_t flushed_ns = 0;
	size_t ready, count;

	while ((ready = queue_take(&writer->queue))) {
		count = append(writer, ready);
		if (!count)
			return -1;
		writer->last = queue_at(&writer->queue, count - 1)->frame;
		done_with(writer, count);
		if (queue_is_empty(&writer->queue) ||
		    now_ns() - flushed_ns >= FLUSH_NS) {
			if (flush(writer))
				return -1;
			flushed_ns = now_ns();
		}
		if (writer->syncer.error) {
			errno = writer->syncer.error;
			return -1;
		}
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

/* Return: 0, or -1 with errno; then none is left running. */
static int start_all(struct writer *writer,
		     enum writer_compression compression, size_t room)
{
	if (compression &&
	    packers_start(&writer->packers, &writer->queue, compression, room))
		return -1;
	if (syncer_start(&writer->syncer, nexus_fd(writer->nexus),
			 nexus_directory(writer->nexus), &writer->written))
		goto err_packers;
	errno = pthread_create(&writer->thread, NULL, run, writer);
	if (errno)
		goto err_syncer;
	writer->running = true;
	return 0;

err_syncer:
	syncer_stop(&writer->syncer);
err_packers:
	queue_end(&writer->queue);
	packers_join(&writer->packers);
	return -1;
}

/* Signals are for the caller's threads. */
static int start_threads(struct writer *writer,
			 enum writer_compression compression, size_t room)
{
	sigset_t all, before;
	int ret, error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = start_all(writer, compression, room);
	error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return ret;
}

/* The name of the axis becomes a name beside these. */
static bool axis_name_fits(const char *name)
{
	static const char *const taken[] = {
		"data", "detector", "name", "frame_index", "in_scan",
		"sensor_timestamp", "image_key", "rotation_angle",
		"NDAttributes", ".", "..",
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

void writer_remove(const char *path)
{
	char documents[PATH_MAX];

	unlink(path);
	disk_note_remove(path);
	if (!documents_path(path, documents, sizeof(documents)))
		unlink(documents);
}

/* Of a file that nothing was written to. */
static void discard(struct writer *writer, const char *path)
{
	const int error = errno;

	nexus_end_frames(writer->nexus);
	nexus_close(writer->nexus);
	unlink(path);
	disk_note_remove(path);
	errno = error;
}

static int open_files(struct writer *writer, const struct writer_config *config)
{
	writer->nexus = nexus_create(config);
	if (!writer->nexus)
		return -1;
	writer->documents = documents_open(nexus_config(writer->nexus),
					   nexus_epoch(writer->nexus),
					   nexus_uid(writer->nexus));
	if (writer->documents)
		return 0;
	discard(writer, config->path);
	return -1;
}

static void free_writer(struct writer *writer)
{
	steps_free(&writer->steps);
	steps_free(&writer->steps_taken);
	free(writer->reason);
	free(writer);
}

static struct writer *alloc_writer(const struct writer_config *config,
				   size_t room)
{
	const size_t pixels = (size_t)config->width * config->height *
			      config->bytes_per_pixel;
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->drop = config->drop;
	writer->exit_status = "success";
	steps_init(&writer->steps);
	steps_init(&writer->steps_taken);
	if (!queue_init(&writer->queue, config->queue_frames, pixels, room,
			config->compression != WRITER_PLAIN))
		return writer;
	free_writer(writer);
	return NULL;
}

/* A packed frame may be larger than its pixels before that is found out. */
static size_t frame_room(const struct writer_config *config)
{
	const size_t pixels = (size_t)config->width * config->height *
			      config->bytes_per_pixel;
	const size_t packed = compress_room(config->compression, pixels);

	return packed > pixels ? packed : pixels;
}

struct writer *writer_open(const struct writer_config *config)
{
	struct writer *writer;
	int error;

	if (!config_fits(config)) {
		errno = EINVAL;
		return NULL;
	}
	if (!nexus_can_compress(config->compression)) {
		errno = ENOTSUP;
		return NULL;
	}
	writer = alloc_writer(config, frame_room(config));
	if (!writer)
		return NULL;
	if (open_files(writer, config))
		goto err_free;
	if (start_threads(writer, config->compression, frame_room(config)))
		goto err_discard;
	return writer;

err_discard:
	error = errno;
	documents_close(writer->documents, "fail", strerror(error), 0);
	discard(writer, config->path);
	writer_remove(config->path);
	errno = error;
err_free:
	queue_free(&writer->queue);
	free_writer(writer);
	return NULL;
}

struct writer *writer_reopen(const struct writer_config *config, uint64_t steps)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	steps_init(&writer->steps);
	steps_init(&writer->steps_taken);
	writer->nexus = nexus_reopen(config, steps);
	if (writer->nexus)
		return writer;
	free_writer(writer);
	return NULL;
}

bool writer_can_compress(enum writer_compression compression)
{
	return nexus_can_compress(compression);
}

int writer_put(struct writer *writer, const void *pixels,
	       const struct writer_frame *frame)
{
	int ret;

	writer->begun = true;
	writer->offered++;
	ret = queue_put(&writer->queue, pixels, frame, !writer->drop);
	if (!ret)
		writer->taken++;
	else if (ret > 0)
		writer->dropped++;
	else
		writer->refused++;
	return ret;
}

int writer_put_steps(struct writer *writer, const struct writer_trace *steps)
{
	return steps_put(&writer->steps, steps);
}

int writer_put_course(struct writer *writer, enum writer_course event,
		      uint64_t time_ns, int64_t position)
{
	const struct course course = { event, time_ns, position };

	return steps_put_course(&writer->steps, &course);
}

void writer_counts(const struct writer *writer, struct writer_counts *counts)
{
	/* Backwards, so that no frame seems to have skipped a hop. */
	counts->bytes = writer->bytes;
	counts->synced = writer->syncer.synced;
	counts->written = writer->written;
	counts->plain = writer->packers.plain;
	counts->packed = writer->packers.packed;
	counts->taken = writer->taken;
	counts->dropped = writer->dropped;
	counts->refused = writer->refused;
	counts->offered = writer->offered;
	if (!writer->queue.packed) {
		counts->packed = counts->taken;
		counts->plain = counts->taken;
	}
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

bool writer_settle(struct writer *writer)
{
	if (!writer->running)
		return true;
	syncer_last(&writer->syncer);
	return writer->syncer.over;
}

int writer_finish_frames(struct writer *writer)
{
	if (writer->running) {
		queue_end(&writer->queue);
		pthread_join(writer->thread, NULL);
		packers_join(&writer->packers);
		syncer_stop(&writer->syncer);
		writer->running = false;
		if (!writer->error)
			writer->error = writer->syncer.error;
		documents_finish_frames(writer->documents);
		if (nexus_end_frames(writer->nexus) && !writer->error)
			writer->error = errno;
	}
	errno = writer->error;
	return writer->error ? -1 : 0;
}

/* Return: true with errno while the thread has the file. */
static bool is_busy(const struct writer *writer)
{
	const bool busy = writer->running && writer->begun;

	if (busy)
		errno = EBUSY;
	return busy;
}

/* Likewise, and before. */
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
	if (nexus_add_pairing(writer->nexus, pairing))
		return -1;
	if (writer->documents)
		documents_pairing(writer->documents);
	return 0;
}

int writer_add_trace(struct writer *writer, const struct writer_trace *trace)
{
	if (is_early(writer))
		return -1;
	if (nexus_add_trace(writer->nexus, trace))
		return -1;
	if (writer->documents)
		documents_trace(writer->documents, trace);
	return 0;
}

int writer_add_number(struct writer *writer, const char *name, double value,
		      const char *unit)
{
	if (is_busy(writer))
		return -1;
	return nexus_add_number(writer->nexus, name, value, unit);
}

int writer_add_text(struct writer *writer, const char *name, const char *text)
{
	if (is_busy(writer))
		return -1;
	return nexus_add_text(writer->nexus, name, text);
}

int writer_add_array(struct writer *writer, const char *name,
		     const uint64_t *values, size_t count, const char *unit)
{
	if (is_busy(writer))
		return -1;
	return nexus_add_array(writer->nexus, name, values, count, unit);
}

int writer_add_earlier_steps(struct writer *writer,
			     const struct writer_trace *trace,
			     const uint64_t *utc_ns)
{
	if (is_busy(writer))
		return -1;
	return nexus_add_earlier_steps(writer->nexus, trace, utc_ns);
}

void writer_outcome(struct writer *writer, const char *exit_status,
		    const char *reason)
{
	writer->exit_status = exit_status;
	free(writer->reason);
	writer->reason = strdup(reason);
}

/* @error: errno of the writer, 0: none */
static int close_documents(struct writer *writer, int error)
{
	const char *exit_status = writer->exit_status;
	const char *reason = writer->reason ? writer->reason : "";

	if (!writer->documents)
		return 0;
	if (error && !strcmp(exit_status, "success"))
		exit_status = "fail";
	if (error && !*reason)
		reason = strerror(error);
	return documents_close(writer->documents, exit_status, reason,
			       writer->dropped);
}

int writer_add_reals(struct writer *writer, const char *name,
		     const double *values, size_t count, const char *unit)
{
	if (is_busy(writer))
		return -1;
	return nexus_add_reals(writer->nexus, name, values, count, unit);
}

int writer_close(struct writer *writer)
{
	int error;

	if (!writer)
		return 0;
	error = writer_finish_frames(writer) ? errno : 0;
	/* Before the file: it has what the documents need. */
	if (close_documents(writer, error) && !error)
		error = errno;
	if (nexus_close(writer->nexus) && !error)
		error = errno;
	if (writer->queue.entries)
		queue_free(&writer->queue);
	free_writer(writer);
	errno = error;
	return error ? -1 : 0;
}
