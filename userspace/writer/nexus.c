// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compress.h"
#include "disk.h"
#include "h5.h"
#include "layout.h"
#include "nexus.h"
#include "space.h"
#include "steplog.h"
#include "uuid.h"
#include "views.h"

/*
 * Room that a frame leaves for what comes after the frames, so that a full
 * disk lets the file be finished: 128 bytes of pairing a frame, some 100000
 * steps of trace, and HDF5's own.
 */
#define FINISH_BYTES (UINT64_C(4) << 20)
#define FINISH_BYTES_PER_FRAME 128

/* What a step takes in the file. */
#define STEP_BYTES 32

/* Room that everything else leaves for the end time and closing. */
#define CLOSE_BYTES (UINT64_C(256) << 10)

/**
 * struct nexus - the file
 * @texts: what the strings in @config point into
 * @directory: an open directory for fsync, or -1
 * @note: descriptor of disk_note_open(), or -1
 * @space: its descriptor is the writer's own, without a lock
 * @file: HDF5's id
 * @swmr: frames are being written
 * @log: the steps, until the frames have ended
 * @earlier: steps before those of this scan
 * @traced: all steps are there
 * @reopened: it had ended before
 * @broken: errno with which HDF5 failed, 0: all is well
 */
struct nexus {
	struct writer_config config;
	char *texts[9];
	struct layout_epoch begin;
	char uid[UUID_LEN];
	struct space space;
	int directory;
	int note;
	hid_t access;
	hid_t file;
	hid_t image;
	hid_t columns[LAYOUT_COLUMNS];
	bool swmr;
	struct steplog log;
	uint64_t earlier;
	bool traced;
	bool reopened;
	uint64_t frames;
	int broken;
};

static int fail(int error)
{
	errno = error;
	return -1;
}

/* After this HDF5 is not asked for anything about the file again. */
static int break_file(struct nexus *nexus)
{
	nexus->broken = h5_errno();
	return fail(nexus->broken);
}

static int copy_text(struct nexus *nexus, const char **text)
{
	char **slot = nexus->texts;

	while (*slot)
		slot++;
	*slot = strdup(*text ? *text : "");
	*text = *slot;
	return *slot ? 0 : -1;
}

static int copy_config(struct nexus *nexus, const struct writer_config *config)
{
	struct writer_config *copy = &nexus->config;

	*copy = *config;
	return copy_text(nexus, &copy->path) ||
	       copy_text(nexus, &copy->axis_name) ||
	       copy_text(nexus, &copy->axis_unit) ||
	       copy_text(nexus, &copy->camera_id) ||
	       copy_text(nexus, &copy->camera_model) ||
	       copy_text(nexus, &copy->time_mark) ||
	       copy_text(nexus, &copy->title) ||
	       copy_text(nexus, &copy->program) ||
	       (copy->metadata && copy_text(nexus, &copy->metadata)) ? -1 : 0;
}

static void free_nexus(struct nexus *nexus)
{
	for (size_t n = 0; n < sizeof(nexus->texts) / sizeof(*nexus->texts);
	     n++)
		free(nexus->texts[n]);
	if (nexus->directory >= 0)
		close(nexus->directory);
	if (nexus->note >= 0)
		close(nexus->note);
	if (nexus->space.fd >= 0)
		close(nexus->space.fd);
	free(nexus);
}

static struct nexus *alloc_nexus(const struct writer_config *config)
{
	struct nexus *nexus = calloc(1, sizeof(*nexus));

	if (!nexus)
		return NULL;
	nexus->directory = -1;
	nexus->note = -1;
	nexus->space.fd = -1;
	nexus->access = -1;
	nexus->file = -1;
	if (copy_config(nexus, config)) {
		free_nexus(nexus);
		errno = ENOMEM;
		return NULL;
	}
	return nexus;
}

static int open_directory(const char *path)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy))
		return fail(ENAMETOOLONG);
	strcpy(copy, path);
	return open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Tells recover_file() that a writer lives. HDF5's own lock, another kind, is
 * gone while readers may come. Some file systems have none of it.
 */
static void lock_file(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	fcntl(fd, F_OFD_SETLK, &lock);
}

/* Exclusively, and by open(2), which says why it fails; HDF5 does not. */
static int create_file(struct nexus *nexus)
{
	const char *path = nexus->config.path;

	nexus->directory = open_directory(path);
	if (nexus->directory < 0 && errno != EACCES)
		return -1;
	nexus->space.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			       0666);
	if (nexus->space.fd < 0)
		return -1;
	lock_file(nexus->space.fd);
	nexus->note = disk_note_open(path);
	if (nexus->note >= 0)
		return 0;
	unlink(path);
	return -1;
}

static int claim(struct nexus *nexus, uint64_t bytes)
{
	haddr_t end;

	if (H5Fget_eoa(nexus->file, &end) < 0)
		return break_file(nexus);
	return space_claim(&nexus->space, end + bytes);
}

/* The file is our own, made a moment ago: truncating it harms nobody. */
static int make_hdf5(struct nexus *nexus)
{
	nexus->access = h5_access();
	if (nexus->access < 0 || disk_access(nexus->access, nexus->note))
		return -1;
	nexus->file = H5Fcreate(nexus->config.path, H5F_ACC_TRUNC,
				H5P_DEFAULT, nexus->access);
	if (nexus->file < 0)
		return -1;
	layout_now(&nexus->begin);
	return layout_make(nexus->file, &nexus->config, &nexus->begin,
			   nexus->uid, &nexus->image, nexus->columns) ||
	       steplog_make(nexus->file, &nexus->config, &nexus->begin,
			    &nexus->log) ? -1 : 0;
}

static uint64_t frame_bytes(const struct nexus *nexus)
{
	return (uint64_t)nexus->config.width * nexus->config.height *
	       nexus->config.bytes_per_pixel;
}

static int claim_frames(struct nexus *nexus, size_t count)
{
	return claim(nexus, count * frame_bytes(nexus) + FINISH_BYTES +
		     (nexus->frames + count) * FINISH_BYTES_PER_FRAME);
}

static int start_file(struct nexus *nexus)
{
	if (space_claim(&nexus->space, CLOSE_BYTES))
		return -1;
	if (make_hdf5(nexus))
		return fail(h5_errno());
	/* HDF5 has cut the file to its length, and with it the claim. */
	nexus->space.end = 0;
	return claim_frames(nexus, 1);
}

static void close_hdf5(struct nexus *nexus)
{
	if (nexus->file >= 0)
		H5Fclose(nexus->file);
	if (nexus->access >= 0)
		H5Pclose(nexus->access);
}

struct nexus *nexus_create(const struct writer_config *config)
{
	struct nexus *nexus = alloc_nexus(config);
	int error;

	if (!nexus)
		return NULL;
	if (uuid_make(nexus->uid) || create_file(nexus))
		goto err_free;
	h5_lock();
	if (start_file(nexus))
		goto err_unlink;
	h5_unlock();
	return nexus;

err_unlink:
	error = errno;
	close_hdf5(nexus);
	unlink(nexus->config.path);
	disk_note_remove(nexus->config.path);
	errno = error;
	h5_unlock();
err_free:
	error = errno;
	free_nexus(nexus);
	errno = error;
	return NULL;
}

static int open_again(struct nexus *nexus, uint64_t steps)
{
	struct steplog log;
	hid_t image;
	int ret = -1;

	nexus->file = H5Fopen(nexus->config.path, H5F_ACC_RDWR,
			      nexus->access);
	if (nexus->file < 0)
		return break_file(nexus);
	image = H5Dopen2(nexus->file, "/entry/data/data", H5P_DEFAULT);
	if (image < 0)
		return break_file(nexus);
	nexus->frames = h5_length(image);
	H5Dclose(image);
	if (!steplog_open(nexus->file, nexus->config.axis_name, &log) &&
	    steps <= log.steps && !steplog_cut(&log, steps))
		ret = 0;
	steplog_close(&log);
	return ret ? break_file(nexus) : 0;
}

struct nexus *nexus_reopen(const struct writer_config *config, uint64_t steps)
{
	struct nexus *nexus = alloc_nexus(config);
	int error;

	if (!nexus)
		return NULL;
	nexus->reopened = true;
	nexus->directory = open_directory(config->path);
	nexus->space.fd = open(config->path, O_RDWR | O_CLOEXEC);
	if (nexus->space.fd < 0)
		goto err_free;
	h5_lock();
	nexus->access = h5_access();
	if (open_again(nexus, steps))
		goto err_close;
	h5_unlock();
	return nexus;

err_close:
	close_hdf5(nexus);
	h5_unlock();
err_free:
	error = errno;
	free_nexus(nexus);
	errno = error;
	return NULL;
}

static int append_images(struct nexus *nexus, const struct queue *queue,
			 size_t count)
{
	for (size_t n = 0; n < count; n++) {
		const struct queue_entry *entry = queue_at(queue, n);

		if (layout_append_image(nexus->image, &nexus->config,
					nexus->frames + n, entry->data,
					entry->bytes, entry->plain))
			return -1;
	}
	return 0;
}

/* What is not there by now can only be added when the frames have ended. */
static int begin_frames(struct nexus *nexus)
{
	if (nexus->swmr)
		return 0;
	if (H5Fstart_swmr_write(nexus->file) < 0)
		return break_file(nexus);
	nexus->swmr = true;
	return 0;
}

static int append(struct nexus *nexus, const struct queue *queue, size_t count)
{
	struct layout_row rows[LAYOUT_BATCH];

	if (nexus->broken)
		return fail(nexus->broken);
	if (claim_frames(nexus, count) || begin_frames(nexus))
		return -1;
	for (size_t n = 0; n < count; n++)
		layout_row(&nexus->config, &nexus->begin, nexus->frames + n,
			   &queue_at(queue, n)->frame, &rows[n]);
	if (layout_append_rows(nexus->columns, rows, count) ||
	    append_images(nexus, queue, count))
		return break_file(nexus);
	nexus->frames += count;
	return 0;
}

int nexus_append(struct nexus *nexus, const struct queue *queue, size_t count)
{
	int ret;

	h5_lock();
	ret = append(nexus, queue, count);
	h5_unlock();
	return ret;
}

static int append_steps(struct nexus *nexus, const struct steps *steps)
{
	const struct writer_trace trace = {
		steps->count, steps->time_ns, steps->position
	};

	if (nexus->broken)
		return fail(nexus->broken);
	if (claim(nexus, steps->count * STEP_BYTES + FINISH_BYTES +
		  nexus->frames * FINISH_BYTES_PER_FRAME))
		return -1;
	return steplog_append(&nexus->log, &nexus->config, &nexus->begin,
			      &trace, NULL) ||
	       steplog_append_course(&nexus->log, steps->course, steps->events)
		? break_file(nexus) : 0;
}

int nexus_append_steps(struct nexus *nexus, const struct steps *steps)
{
	int ret;

	if (!steps->count && !steps->events)
		return 0;
	h5_lock();
	ret = append_steps(nexus, steps);
	h5_unlock();
	return ret;
}

/* The image goes last: a reader finds the times of each image that it sees. */
static int flush(struct nexus *nexus)
{
	if (nexus->broken)
		return fail(nexus->broken);
	if (steplog_flush(&nexus->log))
		return break_file(nexus);
	for (int n = 0; n < LAYOUT_COLUMNS; n++) {
		if (H5Dflush(nexus->columns[n]) < 0)
			return break_file(nexus);
	}
	return H5Dflush(nexus->image) < 0 ? break_file(nexus) : 0;
}

int nexus_flush(struct nexus *nexus)
{
	int ret;

	h5_lock();
	ret = flush(nexus);
	h5_unlock();
	return ret;
}

uint64_t nexus_frames(const struct nexus *nexus)
{
	return nexus->frames;
}

const struct layout_epoch *nexus_epoch(const struct nexus *nexus)
{
	return &nexus->begin;
}

const char *nexus_uid(const struct nexus *nexus)
{
	return nexus->uid;
}

const struct writer_config *nexus_config(const struct nexus *nexus)
{
	return &nexus->config;
}

int nexus_fd(const struct nexus *nexus)
{
	return nexus->space.fd;
}

int nexus_directory(const struct nexus *nexus)
{
	return nexus->directory;
}

bool nexus_can_compress(enum writer_compression compression)
{
	bool can;

	h5_lock();
	can = compress_is_there(compression);
	h5_unlock();
	return can;
}

/* Closing is the way out of SWMR. */
static int reopen(struct nexus *nexus)
{
	hid_t file = nexus->file;

	if (flush(nexus))
		return -1;
	nexus->file = -1;
	steplog_close(&nexus->log);
	if (H5Fclose(file) < 0)
		return break_file(nexus);
	nexus->space.end = 0;
	nexus->file = H5Fopen(nexus->config.path, H5F_ACC_RDWR,
			      nexus->access);
	return nexus->file < 0 ? break_file(nexus) : 0;
}

int nexus_end_frames(struct nexus *nexus)
{
	int ret;

	h5_lock();
	ret = reopen(nexus);
	h5_unlock();
	return ret;
}

/* Return: 0 when something of @bytes may be added. */
static int may_add(struct nexus *nexus, uint64_t bytes)
{
	if (nexus->broken)
		return fail(nexus->broken);
	return claim(nexus, bytes + CLOSE_BYTES);
}

static bool exists(const struct nexus *nexus, const char *path)
{
	return H5Lexists(nexus->file, path, H5P_DEFAULT) > 0;
}

static int add_pairing(struct nexus *nexus,
		       const struct writer_pairing *pairing)
{
	if (pairing->frames != nexus->frames)
		return fail(EINVAL);
	if (may_add(nexus, pairing->frames * FINISH_BYTES_PER_FRAME))
		return -1;
	if (exists(nexus, "/entry/data/in_scan"))
		return fail(EEXIST);
	return layout_pairing(nexus->file, &nexus->config, pairing) ||
	       views_make(nexus->file, &nexus->config, pairing)
		? break_file(nexus) : 0;
}

int nexus_add_pairing(struct nexus *nexus,
		      const struct writer_pairing *pairing)
{
	int ret;

	h5_lock();
	ret = add_pairing(nexus, pairing);
	h5_unlock();
	return ret;
}

/* Of those of this scan the first are there, put while it ran. */
static int append_rest(struct nexus *nexus, struct steplog *log,
		       const struct writer_trace *trace)
{
	const uint64_t there = log->steps - nexus->earlier;
	struct writer_trace rest = *trace;

	if (there > trace->steps)
		return fail(EINVAL);
	if (there) {
		rest.steps -= there;
		rest.time_ns += there;
		rest.position += there;
	}
	if (may_add(nexus, rest.steps * STEP_BYTES))
		return -1;
	if (steplog_append(log, &nexus->config, &nexus->begin, &rest, NULL))
		return break_file(nexus);
	nexus->traced = true;
	return 0;
}

static int add_trace(struct nexus *nexus, const struct writer_trace *trace)
{
	struct steplog log;
	int ret = -1;

	if (nexus->broken)
		return fail(nexus->broken);
	if (nexus->traced)
		return fail(EEXIST);
	if (steplog_open(nexus->file, nexus->config.axis_name, &log))
		break_file(nexus);
	else
		ret = append_rest(nexus, &log, trace);
	steplog_close(&log);
	return ret;
}

int nexus_add_trace(struct nexus *nexus, const struct writer_trace *trace)
{
	int ret;

	h5_lock();
	ret = add_trace(nexus, trace);
	h5_unlock();
	return ret;
}

static int add_earlier_steps(struct nexus *nexus,
			     const struct writer_trace *trace,
			     const uint64_t *utc_ns)
{
	if (may_add(nexus, trace->steps * STEP_BYTES))
		return -1;
	if (nexus->swmr)
		return fail(EBUSY);
	if (steplog_append(&nexus->log, &nexus->config, &nexus->begin, trace,
			   utc_ns))
		return break_file(nexus);
	nexus->earlier += trace->steps;
	return 0;
}

int nexus_add_earlier_steps(struct nexus *nexus,
			    const struct writer_trace *trace,
			    const uint64_t *utc_ns)
{
	int ret;

	h5_lock();
	ret = add_earlier_steps(nexus, trace, utc_ns);
	h5_unlock();
	return ret;
}

/* "a" or "a/b", neither of them empty. */
static bool name_fits(const char *name)
{
	const char *slash = strchr(name, '/');

	if (!*name || *name == '/' || strlen(name) > 200)
		return false;
	return !slash || (slash[1] && !strchr(slash + 1, '/'));
}

/* @path: out, where the value goes; a group on the way is made. */
static int place(struct nexus *nexus, const char *name, char *path,
		 size_t size)
{
	const char *slash = strchr(name, '/');
	htri_t there;

	if (slash) {
		snprintf(path, size, "/entry/flyscan/%.*s",
			 (int)(slash - name), name);
		if (!exists(nexus, path) &&
		    h5_make_group(nexus->file, path, "NXcollection"))
			return break_file(nexus);
	}
	snprintf(path, size, "/entry/flyscan/%s", name);
	there = H5Lexists(nexus->file, path, H5P_DEFAULT);
	if (there < 0)
		return fail(EINVAL);
	return there ? fail(EEXIST) : 0;
}

static int begin_add(struct nexus *nexus, const char *name, size_t bytes,
		     char *path, size_t size)
{
	if (!name_fits(name))
		return fail(EINVAL);
	return may_add(nexus, bytes) || place(nexus, name, path, size) ? -1 : 0;
}

int nexus_add_number(struct nexus *nexus, const char *name, double value,
		     const char *unit)
{
	char path[256];
	int ret;

	h5_lock();
	ret = begin_add(nexus, name, sizeof(value), path, sizeof(path));
	if (!ret && h5_number(nexus->file, path, value, unit))
		ret = break_file(nexus);
	h5_unlock();
	return ret;
}

int nexus_add_text(struct nexus *nexus, const char *name, const char *text)
{
	char path[256];
	int ret;

	h5_lock();
	ret = begin_add(nexus, name, strlen(text), path, sizeof(path));
	if (!ret && h5_text(nexus->file, path, text))
		ret = break_file(nexus);
	h5_unlock();
	return ret;
}

/* Of 8 bytes each. */
static int add_values(struct nexus *nexus, const char *name, hid_t type,
		      const void *values, size_t count, const char *unit)
{
	char path[256];
	int ret;

	h5_lock();
	ret = begin_add(nexus, name, count * sizeof(uint64_t), path,
			sizeof(path));
	if (!ret && h5_array(nexus->file, path, type, values, count, unit))
		ret = break_file(nexus);
	h5_unlock();
	return ret;
}

int nexus_add_array(struct nexus *nexus, const char *name,
		    const uint64_t *values, size_t count, const char *unit)
{
	return add_values(nexus, name, H5T_NATIVE_UINT64, values, count, unit);
}

int nexus_add_reals(struct nexus *nexus, const char *name,
		    const double *values, size_t count, const char *unit)
{
	return add_values(nexus, name, H5T_NATIVE_DOUBLE, values, count, unit);
}

/*
 * A broken file is left to the kernel, as if the program had been killed: what
 * was flushed is there, and HDF5 could only make it worse.
 */
static int finish(struct nexus *nexus)
{
	if (nexus->broken)
		return fail(nexus->broken);
	if (!nexus->reopened && layout_end(nexus->file, &nexus->begin))
		return break_file(nexus);
	if (H5Fclose(nexus->file) < 0)
		return break_file(nexus);
	H5Pclose(nexus->access);
	return 0;
}

static int sync_file(struct nexus *nexus)
{
	space_return(&nexus->space);
	if (fsync(nexus->space.fd))
		return -1;
	if (nexus->directory >= 0 && fsync(nexus->directory) &&
	    errno != EINVAL)
		return -1;
	return 0;
}

int nexus_close(struct nexus *nexus)
{
	int ret, error;

	h5_lock();
	ret = finish(nexus);
	h5_unlock();
	error = errno;
	if (sync_file(nexus) && !ret) {
		ret = -1;
		error = errno;
	}
	/* Of a file that is broken it is kept: the last block may be torn. */
	if (!ret && !nexus->reopened)
		disk_note_remove(nexus->config.path);
	free_nexus(nexus);
	errno = error;
	return ret;
}
