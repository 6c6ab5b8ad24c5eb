// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames: their period, and their way to the writer. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "photo.h"
#include "preview.h"
#include "scan.h"

/*
 * How long to measure: a camera that takes a period is only checked. One that
 * has its own is measured for a while and often enough, though not for ever
 * if it is slow.
 */
#define CHECK_INTERVALS 10
#define INTERVALS 20
#define LEAST_INTERVALS 3
#define MOST_INTERVALS 512
#define LEAST_NS 1500000000ull
#define MOST_NS 6000000000ull

/*
 * A frame older than this, or newer than now, has its time from another clock:
 * CLOCK_BOOTTIME of a machine that was suspended, CLOCK_REALTIME.
 */
#define OLDEST_S 10.0
#define NEWEST_S -0.5

/* Of the period asked for; more is a camera that does not obey. */
#define PERIOD_TOLERANCE 0.05

/* Between two looks whether the queue has room. */
static const struct timespec writer_tick = { .tv_nsec = 2000000 };

static uint64_t to_ns(double seconds)
{
	return llrint(seconds * 1e9);
}

static int start_failed(struct scan *scan)
{
	return scan_fail(scan, errno,
			 "wanted to start the camera %s, found: %s; see that no other program uses it and that it is plugged in",
			 scan->request->camera->id(scan->camera),
			 strerror(errno));
}

int scan_stopped_delivering(struct scan *scan)
{
	return scan_fail(scan, errno,
			 "wanted frames from the camera %s, found that it has stopped to deliver (%s); see its cable and power and the kernel's log",
			 scan->request->camera->id(scan->camera),
			 strerror(errno));
}

int scan_silent(struct scan *scan, double seconds)
{
	return scan_fail(scan, ETIMEDOUT,
			 "wanted %s frame from the camera %s, found none for %.3g s; see %sits cable and power and the kernel's log",
			 scan->result->ledger.delivered ? "the next" : "a first",
			 scan->request->camera->id(scan->camera), seconds,
			 flyscan_triggers(scan->request) ?
			 "the wiring of its trigger, " : "");
}

static bool nothing_yet(int error)
{
	return error == ETIMEDOUT || error == EINTR;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), by_value);
	if (count % 2)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Time from frame to frame; frames missing in between do not stretch it. */
static double interval(const struct camera_frame *from,
		       const struct camera_frame *to)
{
	uint32_t frames = to->sequence - from->sequence;
	double ns = (int64_t)(to->time_ns - from->time_ns);

	return ns / (frames ? frames : 1);
}

int scan_check_clock(struct scan *scan, const struct camera_frame *frame)
{
	double age = (double)(int64_t)(scan_now() - frame->time_ns) / 1e9;
	double oldest = fmax(OLDEST_S, 20 * scan->request->period_s);

	if (age >= NEWEST_S && age <= oldest)
		return 0;
	return scan_fail(scan, EPROTO,
			 "wanted the times of the frames of the camera %s on CLOCK_MONOTONIC, found them %.3f s away from it; restart the machine if it was suspended, or use another camera",
			 scan->request->camera->id(scan->camera), age);
}

static bool enough(const struct scan *scan, int intervals, uint64_t ns)
{
	if (intervals >= MOST_INTERVALS)
		return true;
	if (intervals >= LEAST_INTERVALS && ns > MOST_NS)
		return true;
	if (scan->capabilities.sets_period)
		return intervals >= CHECK_INTERVALS;
	return intervals >= INTERVALS && ns > LEAST_NS;
}

/* Return: number of intervals, or -1 */
static int gather(struct scan *scan, double *intervals)
{
	const struct camera_ops *ops = scan->request->camera;
	double silence = scan_first_frame_timeout_s(scan->request->period_s);
	uint64_t begin = scan_now(), last = begin;
	struct camera_frame frame, before = { 0 };
	int frames = 0, bad;

	while (!enough(scan, frames - 1, scan_now() - begin)) {
		if (scan_cancelled(scan))
			return -1;
		scan_tell(scan);
		if (ops->next(scan->camera, &frame, SCAN_TICK_MS)) {
			if (!nothing_yet(errno))
				return scan_stopped_delivering(scan);
			if (scan_now() - last > to_ns(silence))
				return scan_silent(scan, silence);
			continue;
		}
		if (frames)
			intervals[frames - 1] = interval(&before, &frame);
		before = frame;
		bad = scan_check_clock(scan, &frame);
		ops->release(scan->camera, &frame);
		if (bad)
			return -1;
		last = scan_now();
		frames++;
	}
	return frames - 1;
}

/* Where the axis says when, there is no period to be measured. */
int scan_measure(struct scan *scan)
{
	const struct camera_ops *ops = scan->request->camera;
	struct flyscan_result *result = scan->result;
	bool obeys = scan->capabilities.sets_period;
	double asked = result->period_asked_s, measured;
	double intervals[MOST_INTERVALS];
	int count;

	if (flyscan_triggers(scan->request))
		return scan_trigger_try(scan);
	if (scan_trigger_begin(scan, false))
		return -1;
	if (ops->start(scan->camera))
		return start_failed(scan);
	scan->camera_running = true;
	count = gather(scan, intervals);
	scan_camera_stop(scan);
	if (count < 0)
		return -1;

	measured = median(intervals, count) / 1e9;
	if (!(measured > 0))
		return scan_fail(scan, EIO,
				 "wanted to measure the period of the camera %s, found that its times do not rise; update its driver",
				 ops->id(scan->camera));
	result->period_measured_s = measured;
	result->period_used_s = measured;
	if (obeys && fabs(measured / asked - 1) <= PERIOD_TOLERANCE)
		result->period_used_s = asked;
	return 0;
}

int scan_camera_start(struct scan *scan)
{
	double first = scan_first_frame_timeout_s(scan->result->period_used_s);

	if (scan->request->camera->start(scan->camera))
		return start_failed(scan);
	scan->camera_running = true;
	scan->last_frame_ns = scan_now();
	scan->frame_timeout_ns = to_ns(first);
	return 0;
}

static int make_room(struct scan *scan)
{
	size_t room = scan->frames_room ? 2 * scan->frames_room : 256;
	struct scan_frame *frames;

	if (scan_frames_put(scan) < scan->frames_room)
		return 0;
	frames = realloc(scan->frames, room * sizeof(*frames));
	if (!frames)
		return scan_fail(scan, ENOMEM,
				 "wanted memory for frame %zu, found none; take fewer frames",
				 scan->frames_room);
	scan->frames = frames;
	scan->frames_room = room;
	return 0;
}

/* What no camera may give: it would shift or falsify every later pair. */
static int check_frame(struct scan *scan, const struct camera_frame *frame)
{
	const char *id = scan->request->camera->id(scan->camera);
	int64_t later_ns = frame->time_ns - scan->last_time_ns;
	int32_t further = frame->sequence - scan->last_sequence;

	if (frame->size != scan_frame_bytes(scan))
		return scan_fail(scan, EPROTO,
				 "wanted frames of %zu bytes from the camera %.80s, found one of %zu; see its cable, or use another size or camera",
				 scan_frame_bytes(scan), id, frame->size);
	if (scan->last_time_ns && later_ns <= 0)
		return scan_fail(scan, EPROTO,
				 "wanted the times of the camera %.80s to rise, found frame %u %.6f s later than the one before it; update its driver or use another camera",
				 id, frame->sequence, later_ns / 1e9);
	if (scan->last_time_ns && scan->capabilities.counts_gaps &&
	    further <= 0)
		return scan_fail(scan, EPROTO,
				 "wanted the count of the camera %.80s to rise, found frame %u after frame %u; update its driver or use another camera",
				 id, frame->sequence, scan->last_sequence);
	return 0;
}

static void count_frame(struct scan *scan, const struct camera_frame *frame)
{
	struct flyscan_ledger *ledger = &scan->result->ledger;
	int32_t gap = frame->sequence - scan->last_sequence - 1;

	if (ledger->delivered && scan->capabilities.counts_gaps && gap > 0)
		ledger->sensor_gaps += gap;
	if (frame->status == CAMERA_FRAME_BAD)
		ledger->camera_bad++;
	ledger->delivered++;
	scan->last_sequence = frame->sequence;
	scan->last_time_ns = frame->time_ns;
	scan->last_frame_ns = scan_now();
	scan->trigger.waits = false;
	scan->trigger.framed_ns = scan->last_frame_ns;
	scan->frame_timeout_ns =
		to_ns(scan_frame_timeout_s(scan->result->period_used_s));
}

static bool queue_full(const struct scan *scan)
{
	return scan_frames_put(scan) - writer_written(scan->writer) >=
	       scan->queue_frames;
}

int scan_wait_for_writer(struct scan *scan)
{
	if (writer_error(scan->writer))
		return scan_writer_failed(scan, writer_error(scan->writer));
	if (scan_cancelled(scan) || scan_watch(scan))
		return -1;
	scan_tell(scan);
	nanosleep(&writer_tick, NULL);
	return 0;
}

/*
 * Wait for room here and not in writer_put(), so that the motor and the disk
 * are watched meanwhile. It is not the camera that is silent then.
 */
int scan_wait_for_room(struct scan *scan)
{
	while (queue_full(scan))
		if (scan_wait_for_writer(scan))
			return -1;
	scan->last_frame_ns = scan_now();
	return 0;
}

/* Return: 1 it was taken, 0 it was dropped, -1 */
static int hand_over(struct scan *scan, const struct camera_frame *frame)
{
	struct flyscan_ledger *ledger = &scan->result->ledger;
	struct scan_frame *kept;
	struct writer_frame stored = {
		.time_ns = frame->time_ns,
		.sequence = frame->sequence,
		.status = frame->status,
		.exposure_ns = frame->exposure_ns,
		.gain = frame->gain,
		.frame_duration_ns = frame->frame_duration_ns,
	};
	int put;

	if (make_room(scan))
		return -1;
	if (!scan->request->nonblocking && scan_wait_for_room(scan))
		return -1;
	put = writer_put(scan->writer, frame->data, &stored);
	if (put < 0)
		return scan_writer_failed(scan, errno);
	if (put > 0)
		return 0;
	kept = &scan->frames[scan_frames_put(scan)];
	kept->time_ns = frame->time_ns;
	kept->sequence = frame->sequence;
	kept->exposure_ns = scan_exposure_ns(scan, frame->exposure_ns);
	kept->start_ns = 0;
	kept->source = SCAN_SOURCE_CAMERA;
	ledger->taken++;
	return 1;
}

/* Never waits. */
static void show(const struct scan *scan, const struct camera_frame *frame)
{
	struct photo_pixels pixels = {
		.width = scan->settings.width,
		.height = scan->settings.height,
		.format = scan->settings.format,
		.data = frame->data,
		.size = frame->size,
	};

	preview_offer(scan->request->preview, &pixels);
}

int scan_take(struct scan *scan, int timeout_ms)
{
	const struct camera_ops *ops = scan->request->camera;
	struct camera_frame frame;
	int result;

	if (ops->next(scan->camera, &frame, timeout_ms)) {
		if (!nothing_yet(errno))
			return scan_stopped_delivering(scan);
		if (scan_trigger_quiet(scan))
			scan->last_frame_ns = scan_now();
		if (scan_now() - scan->last_frame_ns > scan->frame_timeout_ns)
			return scan_silent(scan,
					   scan->frame_timeout_ns / 1e9);
		return 0;
	}
	show(scan, &frame);
	result = check_frame(scan, &frame);
	count_frame(scan, &frame);
	if (!result)
		result = hand_over(scan, &frame);
	ops->release(scan->camera, &frame);
	return result;
}

void scan_camera_stop(struct scan *scan)
{
	const struct camera_ops *ops = scan->request->camera;

	if (!scan->camera_running)
		return;
	if (scan->writer)
		scan->result->ledger.camera_dropped =
			ops->dropped(scan->camera);
	ops->stop(scan->camera);
	scan->camera_running = false;
}
