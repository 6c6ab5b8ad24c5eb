// SPDX-License-Identifier: GPL-2.0-or-later
/* Order of a fly scan. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "scan.h"

#define NS_PER_S 1000000000ull
#define TELL_NS (NS_PER_S / 10)

/* Frames taken on after the axis has passed the end. */
#define FRAMES_BEHIND 2
/* Likewise where their times may be late by a period and more. */
#define FRAMES_BEHIND_STROBE 4

/* Least time from reckoning the launch to the launch. */
#define LAUNCH_AHEAD_NS 5000000ull

uint64_t scan_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(uint64_t time_ns)
{
	struct timespec until = {
		.tv_sec = time_ns / NS_PER_S,
		.tv_nsec = time_ns % NS_PER_S,
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

int scan_fail(struct scan *scan, int error, const char *format, ...)
{
	va_list args;

	if (!scan->error) {
		scan->error = error ? error : EIO;
		va_start(args, format);
		vsnprintf(scan->result->error, FLYSCAN_ERROR_LEN, format,
			  args);
		va_end(args);
	}
	errno = scan->error;
	return -1;
}

int scan_writer_failed(struct scan *scan, int error)
{
	if (error == ENOSPC)
		return scan_fail(scan, error,
				 "wanted to write to %.300s, found the disk full; free some space or choose another folder",
				 scan->result->path);
	return scan_fail(scan, error,
			 "wanted to write to %.300s, found: %s; choose another folder",
			 scan->result->path, strerror(error));
}

bool scan_cancelled(struct scan *scan)
{
	if (!scan->cancel || !*scan->cancel)
		return false;
	scan_fail(scan, ECANCELED, "the scan was ended early, as asked for");
	return true;
}

const char *scan_unit(const struct scan *scan)
{
	return oscan_axis_unit_name(scan->info);
}

double scan_steps(const struct scan *scan, double value)
{
	return value * oscan_axis_steps_per_unit(scan->info);
}

int scan_tick_ms(const struct scan *scan)
{
	if (scan->request->tick_s > 0)
		return ceil(scan->request->tick_s * 1e3);
	return SCAN_TICK_MS;
}

uint32_t scan_pass_count(const struct scan *scan)
{
	return scan->request->passes ? scan->request->passes : 1;
}

uint64_t scan_frames_put(const struct scan *scan)
{
	return scan->result->ledger.copied + scan->result->ledger.taken;
}

void scan_pass_planned(const struct scan *scan, uint32_t number,
		       struct scan_pass *pass)
{
	const struct flyscan_request *request = scan->request;
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	bool back = number % 2;

	memset(pass, 0, sizeof(*pass));
	pass->direction = back ? -geometry->direction : geometry->direction;
	pass->start = back ? request->end : request->start;
	pass->end = back ? request->start : request->end;
	pass->initial = back ? geometry->final : geometry->initial;
	pass->final = back ? geometry->initial : geometry->final;
}

size_t scan_frame_bytes(const struct scan *scan)
{
	return (size_t)scan->settings.width * scan->settings.height *
	       camera_bytes_per_pixel(scan->settings.format);
}

static double fraction(const struct scan *scan)
{
	uint32_t begun = scan->result->passes;
	const struct scan_pass *pass;
	double place, part;

	if (scan->phase > FLYSCAN_PASS)
		return 1;
	if (!begun)
		return 0;
	pass = &scan->passes[begun - 1];
	place = oscan_axis_to_unit(scan->info, scan->state.position);
	part = (place - pass->start) / (pass->end - pass->start);
	return (begun - 1 + fmin(fmax(part, 0), 1)) / scan_pass_count(scan);
}

/* Of the earlier scan some may be on their way still. */
static uint64_t less_copied(const struct scan *scan, uint64_t frames)
{
	uint64_t copied = scan->result->ledger.copied;

	return frames > copied ? frames - copied : 0;
}

static uint64_t new_frames(const struct scan *scan)
{
	return less_copied(scan, writer_written(scan->writer));
}

static void tell(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	struct flyscan_progress progress = {
		.phase = scan->phase,
		.frames_expected = (uint64_t)result->geometry.frames *
				   scan_pass_count(scan),
		.path = result->path,
	};

	if (!scan->progress)
		return;
	if (scan->info) {
		progress.position = oscan_axis_to_unit(scan->info,
						       scan->state.position);
		progress.fraction = fraction(scan);
	}
	if (scan->writer)
		progress.frames = new_frames(scan);
	if (scan->phase > FLYSCAN_MEASURE)
		progress.period_s = result->period_used_s;
	scan->progress_ns = scan_now();
	scan->progress(&progress, scan->progress_data);
}

void scan_tell(struct scan *scan)
{
	if (scan_now() - scan->progress_ns >= TELL_NS)
		tell(scan);
}

void scan_phase(struct scan *scan, enum flyscan_phase phase)
{
	scan->phase = phase;
	tell(scan);
}

/* The camera's true period decides; the geometry is made anew for it. */
static int plan_measured(struct scan *scan)
{
	struct flyscan_result *result = scan->result;
	char why[FLYSCAN_ERROR_LEN];

	if (result->period_used_s == result->period_asked_s)
		return 0;
	if (!flyscan_plan(scan->request, scan->info, result->period_used_s,
			  &result->geometry, why))
		return 0;
	return scan_fail(scan, errno,
			 "the camera's own period is %.4g s, not %.4g s: %.380s",
			 result->period_measured_s, result->period_asked_s,
			 why);
}

/* Camera running, first frame in the file. */
static int arm(struct scan *scan)
{
	double timeout_s =
		scan_first_frame_timeout_s(scan->result->period_used_s);
	uint64_t deadline = scan_now() + timeout_s * NS_PER_S;

	if (scan_trigger_begin(scan, true) || scan_camera_start(scan))
		return -1;
	while (writer_written(scan->writer) <= scan->result->ledger.copied) {
		if (scan_cancelled(scan) || scan_trigger_test(scan) ||
		    scan_take(scan, scan_tick_ms(scan)) < 0 ||
		    scan_watch(scan))
			return -1;
		if (writer_error(scan->writer))
			return scan_writer_failed(scan,
						  writer_error(scan->writer));
		if (scan_now() > deadline)
			return scan_fail(scan, ETIMEDOUT,
					 "wanted the first frame in %.300s, found none within %.3g s; see that the camera runs and the disk is fast enough",
					 scan->result->path, timeout_s);
		scan_tell(scan);
	}
	while (!scan_trigger_settled(scan))
		if (scan_cancelled(scan) ||
		    scan_take(scan, scan_tick_ms(scan)) < 0 ||
		    scan_watch(scan))
			return -1;
	return 0;
}

/* When the middle of an exposure was that is known best. */
static uint64_t some_middle(struct scan *scan)
{
	size_t last = scan_frames_put(scan) - 1;
	uint64_t strobe_ns = scan_trigger_last(scan);

	if (!strobe_ns)
		return scan_exposure(scan, &scan->frames[last], NULL);
	return strobe_ns + llrint(scan_trigger_busy_s(scan) * NS_PER_S / 2);
}

/*
 * When to launch so that the middle of a frame's exposure falls on the start:
 * the frames then stand on the planned places. It needs the camera to keep
 * its period; if it does not, the frames stand elsewhere, and it is known
 * where.
 */
static uint64_t launch_time(struct scan *scan)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	double period_ns = scan->result->period_used_s * NS_PER_S;
	struct scan_pass pass;
	double run_up, lead_ns, ahead;
	uint64_t frame_ns;

	scan_pass_planned(scan, scan->result->passes, &pass);
	run_up = fabs(pass.start - pass.initial);
	lead_ns = NS_PER_S * (geometry->accel_s +
			      (run_up - geometry->d_taxi) /
			      geometry->velocity);
	frame_ns = some_middle(scan);
	ahead = (double)(int64_t)(scan_now() - frame_ns) + LAUNCH_AHEAD_NS +
		lead_ns;
	return frame_ns + ceil(ahead / period_ns) * period_ns - lead_ns;
}

static int launch(struct scan *scan)
{
	uint64_t tick_ns = 2 * scan_tick_ms(scan) * 1000000ull, time_ns;

	/* Pulses come where the axis is, whenever that may be. */
	if (flyscan_triggers(scan->request))
		return scan_trigger_pass(scan) ? -1 : scan_launch(scan);
	time_ns = launch_time(scan);
	while (scan_now() + tick_ns < time_ns)
		if (scan_cancelled(scan) ||
		    scan_take(scan, scan_tick_ms(scan)) < 0 ||
		    scan_watch(scan))
			return -1;
	sleep_until(time_ns);
	return scan_launch(scan);
}

/* Is the last frame surely exposed behind the end? */
static bool behind(const struct scan *scan, uint64_t passed_ns)
{
	double half_ns = scan->result->period_used_s * NS_PER_S / 2;
	size_t last = scan_frames_put(scan) - 1;

	return scan_exposure(scan, &scan->frames[last], NULL) >
	       passed_ns + half_ns;
}

static int take_behind_end(struct scan *scan)
{
	const struct scan_pass *pass = &scan->passes[scan->result->passes - 1];
	double end = scan_steps(scan, pass->end);
	uint64_t passed_ns = 0;
	int frames = 0, taken, wanted = FRAMES_BEHIND;

	if (flyscan_captures(scan->request))
		wanted = FRAMES_BEHIND_STROBE;
	while (frames < wanted) {
		if (scan_cancelled(scan))
			return -1;
		taken = scan_take(scan, scan_tick_ms(scan));
		if (taken < 0 || scan_watch(scan))
			return -1;
		if (!passed_ns &&
		    pass->direction * (scan->state.position - end) >= 0)
			passed_ns = scan->state.time_ns;
		if (taken && passed_ns && behind(scan, passed_ns))
			frames++;
		scan_tell(scan);
	}
	return 0;
}

static int take_pulses(struct scan *scan)
{
	while (!scan_trigger_passed(scan)) {
		if (scan_cancelled(scan) ||
		    scan_take(scan, scan_tick_ms(scan)) < 0 ||
		    scan_watch(scan))
			return -1;
		scan_tell(scan);
	}
	return 0;
}

/* The camera runs on while the axis turns round. */
static int take_until_rest(struct scan *scan)
{
	while (scan->moving) {
		if (scan_cancelled(scan) ||
		    scan_take(scan, scan_tick_ms(scan)) < 0 ||
		    scan_watch(scan))
			return -1;
		scan_tell(scan);
	}
	return 0;
}

static int pass(struct scan *scan)
{
	if (launch(scan))
		return -1;
	scan_phase(scan, FLYSCAN_PASS);
	return flyscan_triggers(scan->request) ? take_pulses(scan) :
						 take_behind_end(scan);
}

static int fly(struct scan *scan)
{
	scan_phase(scan, FLYSCAN_CHECK);
	if (scan_preflight(scan))
		return -1;
	scan_phase(scan, FLYSCAN_MEASURE);
	if (scan_measure(scan) || plan_measured(scan) || scan_create(scan))
		return -1;
	scan_read_clocks(&scan->start_clocks);
	if (scan_store_begin(scan) || scan_copy_earlier(scan))
		return -1;
	scan_phase(scan, FLYSCAN_TAXI);
	scan_guard_begin(scan);
	if (scan_taxi(scan))
		return -1;
	scan_phase(scan, FLYSCAN_ARM);
	if (arm(scan) || pass(scan))
		return -1;
	while (scan->result->passes < scan_pass_count(scan))
		if (take_until_rest(scan) || pass(scan))
			return -1;
	return 0;
}

/* Axis and camera at rest, the axis first if something is wrong. */
static void come_to_rest(struct scan *scan)
{
	scan_trigger_end(scan);
	if (scan->error && scan->moving)
		oscan_motor_stop(scan->motor, 1u << scan->axis);
	scan_camera_stop(scan);
	if (scan->motor && scan->info)
		scan_rest(scan);
}

/* What a writer that failed had not yet written is lost. */
static void count_frames(struct scan *scan)
{
	struct flyscan_ledger *ledger = &scan->result->ledger;
	struct writer_counts counts;

	writer_counts(scan->writer, &counts);
	ledger->dropped = counts.dropped;
	ledger->packed = less_copied(scan, counts.packed);
	ledger->written = less_copied(scan, counts.written);
}

static void pause_tick(struct scan *scan)
{
	scan_tell(scan);
	sleep_until(scan_now() + SCAN_TICK_MS * 1000000ull);
}

static void drain(struct scan *scan)
{
	uint64_t begun_ns = scan_now();

	while (writer_written(scan->writer) < scan_frames_put(scan) &&
	       !writer_error(scan->writer) && !scan_guard_writer(scan) &&
	       !scan_guard_flush(scan, begun_ns))
		pause_tick(scan);
	while (!scan->stalled && !writer_settle(scan->writer) &&
	       !scan_guard_disk(scan))
		pause_tick(scan);
	if (!scan->stalled && writer_finish_frames(scan->writer))
		scan_writer_failed(scan, errno);
	count_frames(scan);
}

static void count_steps(struct scan *scan)
{
	struct flyscan_result *result = scan->result;
	const struct flyscan_geometry *geometry = &result->geometry;

	result->steps_commanded =
		llrint(scan_steps(scan, fabs(geometry->final -
					     geometry->initial))) *
		scan_pass_count(scan);
	result->steps_counted = scan->state.steps - scan->before.steps;
	scan_add_stats(scan);
}

/* A file without a frame is worth nothing. */
static void remove_empty(struct scan *scan)
{
	writer_remove(scan->result->path);
	scan->result->path[0] = '\0';
}

static void say_what_is_kept(struct scan *scan)
{
	struct flyscan_result *result = scan->result;
	size_t length = strlen(result->error);

	snprintf(result->error + length, FLYSCAN_ERROR_LEN - length,
		 "; the %llu frames taken are in %s",
		 (unsigned long long)result->ledger.written, result->path);
}

/* What is in the file is left as it is; closing it would wait for ever. */
static void abandon_file(struct scan *scan)
{
	scan->writer = NULL;
	scan->result->abandoned = true;
	if (scan->result->ledger.written)
		say_what_is_kept(scan);
	else
		remove_empty(scan);
}

static void finish_file(struct scan *scan)
{
	scan_phase(scan, FLYSCAN_DRAIN);
	drain(scan);
	if (scan->stalled) {
		abandon_file(scan);
		return;
	}
	scan_phase(scan, FLYSCAN_FINISH);
	if (scan->track) {
		scan_collect_trace(scan);
		scan_trigger_collect(scan);
		count_steps(scan);
		if (!scan_pair(scan) && !scan_store_trace(scan))
			scan_check_pairs(scan);
	}
	scan_check_sums(scan);
	scan_check_warnings(scan);
	scan_store(scan);
	if (writer_close(scan->writer))
		scan_writer_failed(scan, errno);
	scan->writer = NULL;
	if (!scan->result->ledger.written)
		remove_empty(scan);
	else if (scan->error)
		say_what_is_kept(scan);
}

/* Settings are put back when nothing of ours uses the devices any more. */
static void give_back(struct scan *scan)
{
	struct flyscan_result *result = scan->result;
	char why[FLYSCAN_ERROR_LEN];

	free(scan->frames);
	free(scan->passes);
	scan_trigger_free(scan);
	oscan_track_free(scan->track);
	oscan_monitor_close(scan->monitor);
	if (scan->camera)
		scan->request->camera->close(scan->camera);
	oscan_motor_close(scan->motor);
	if (!restore_close(scan->restore, &result->restored, why))
		return;
	scan_warn(scan, FLYSCAN_WARN_RESTORE, "%s", why);
	if (scan->request->strict)
		scan_fail(scan, EIO, "%s", why);
}

static void begin(struct scan *scan)
{
	struct flyscan_result *result = scan->result;

	memset(result, 0, sizeof(*result));
	result->period_asked_s = scan->request->period_s;
	result->period_used_s = scan->request->period_s;
}

int flyscan_run(const struct flyscan_request *request,
		void (*progress)(const struct flyscan_progress *progress,
				 void *data),
		void *data, const volatile int *cancel,
		struct flyscan_result *result)
{
	struct scan scan = {
		.request = request,
		.result = result,
		.progress = progress,
		.progress_data = data,
		.cancel = cancel,
	};

	begin(&scan);
	fly(&scan);
	come_to_rest(&scan);
	if (scan.writer)
		finish_file(&scan);
	give_back(&scan);
	errno = scan.error;
	return scan.error ? -1 : 0;
}

int flyscan_preview(const struct flyscan_request *request,
		    struct flyscan_result *result,
		    struct flyscan_limit *limits, size_t *count)
{
	struct scan scan = {
		.request = request,
		.result = result,
	};

	begin(&scan);
	scan_preflight(&scan);
	*count = scan_limits(&scan, limits);
	give_back(&scan);
	errno = scan.error;
	return scan.error ? -1 : 0;
}
