// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/diag-timing.c userspace/scan/diag.c -lm
 * -Wl,--wrap=nanosleep
 */
/* Camera and writer on their own: with a camera and a writer made up. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "scan.h"
#include "unit.h"

#define COUNT 20

static struct diag_timing timing;

/*
 * A camera with a readout of 20 ms: its frame comes when it has been read
 * out. Its time marks @mark; noise is even, +-@noise.
 */
static void judge(enum diag_verdict mark, double noise, double longest)
{
	double quarter[COUNT], whole[COUNT], readout = 0.02, transfer = 0.001;

	srand(1);
	for (int i = 0; i < COUNT; i++) {
		double n = noise * (2.0 * rand() / RAND_MAX - 1);
		double base = transfer + n + (mark != DIAG_END_PERIOD) * readout;

		quarter[i] = base + (mark == DIAG_START_ACQUIRE) * 0.01;
		whole[i] = base + (mark == DIAG_START_ACQUIRE) * 0.04;
	}
	memset(&timing, 0xff, sizeof(timing));
	diag_judge(quarter, whole, COUNT, longest, 0.1, 0.04, readout,
		   &timing);
}

TEST(R128_each_mark_is_recognised)
{
	static const enum diag_verdict marks[] = {
		DIAG_START_ACQUIRE, DIAG_END_ACQUIRE, DIAG_END_PERIOD,
	};

	for (size_t i = 0; i < 3; i++) {
		judge(marks[i], 0.0005, 0.11);
		ck_assert_int_eq(timing.verdict, marks[i]);
		ck_assert_str_eq(timing.why, "");
	}
	judge(DIAG_START_ACQUIRE, 0.0005, 0.11);
	ck_assert_double_eq_tol(timing.delay_long_s - timing.delay_short_s,
				0.03, 0.001);
}

TEST(R128_frames_that_come_together_give_no_verdict)
{
	judge(DIAG_START_ACQUIRE, 0.0005, 0.19);
	ck_assert_int_eq(timing.verdict, DIAG_START_ACQUIRE);
	judge(DIAG_START_ACQUIRE, 0.0005, 0.21);
	ck_assert_int_eq(timing.verdict, DIAG_NONE);
	ck_assert_ptr_nonnull(strstr(timing.why, "came together"));
}

TEST(R128_times_that_scatter_give_no_verdict)
{
	/* Even noise of +-a has the deviation a / sqrt(3). */
	judge(DIAG_END_ACQUIRE, 0.1, 0.11);
	ck_assert_int_eq(timing.verdict, DIAG_NONE);
	ck_assert_ptr_nonnull(strstr(timing.why, "scatter"));
	/* The exposure is 0.04 s: a little less than that is none. */
	judge(DIAG_END_ACQUIRE, 0.077, 0.11);
	ck_assert_double_lt(timing.spread_s, 0.04);
	ck_assert_double_gt(timing.spread_s, 0.035);
	ck_assert_ptr_null(strstr(timing.why, "scatter"));
}

TEST(R128_times_between_two_meanings_give_no_verdict)
{
	double quarter[COUNT], whole[COUNT];

	for (int i = 0; i < COUNT; i++) {
		quarter[i] = 0.02 + 0.002 * (i % 2);
		whole[i] = 0.035 + 0.002 * (i % 2);
	}
	diag_judge(quarter, whole, COUNT, 0.1, 0.1, 0.04, 0, &timing);
	ck_assert_int_eq(timing.verdict, DIAG_NONE);
	ck_assert_ptr_nonnull(strstr(timing.why, "neither"));
	/* Half of the 0.03 s between them decides, 0.013 s are less. */
	for (int i = 0; i < COUNT; i++)
		whole[i] = 0.033 + 0.002 * (i % 2);
	diag_judge(quarter, whole, COUNT, 0.1, 0.1, 0.04, 0, &timing);
	ck_assert_int_eq(timing.verdict, DIAG_END_ACQUIRE);
}

TEST(R128_the_verdicts_have_the_names_of_the_plan)
{
	ck_assert_str_eq(diag_verdict_name(DIAG_START_ACQUIRE),
			 "start_acquire");
	ck_assert_str_eq(diag_verdict_name(DIAG_END_ACQUIRE), "end_acquire");
	ck_assert_str_eq(diag_verdict_name(DIAG_END_PERIOD), "end_period");
}

#define MS 1000000ull

static struct {
	uint64_t now;
	uint64_t frame;
	uint64_t silent_from;
	uint64_t stall_at;
	uint64_t exposure_ns;
	int configure_error;
	int create_error;
	int put_error;
	bool obeys;
	bool on_demand;
	bool fast;
	unsigned int open;
	unsigned int running;
	unsigned int files;
	unsigned int closed;
	uint64_t taken;
} world;

int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	world.now += time->tv_nsec;
	return 0;
}

uint64_t scan_now(void)
{
	return world.now;
}

static unsigned int journals;

struct restore *restore_open(const char *folder, uint32_t *restored, char *why)
{
	(void)folder;
	*restored = 0;
	*why = '\0';
	journals++;
	return (struct restore *)&world;
}

const char *restore_path(const struct restore *restore)
{
	(void)restore;
	return "";
}

int restore_note_camera(struct restore *restore)
{
	ck_assert_ptr_eq(restore, &world);
	ck_assert_uint_eq(world.open, 1);
	return 0;
}

int restore_close(struct restore *restore, uint32_t *restored, char *why)
{
	ck_assert_ptr_eq(restore, &world);
	ck_assert_uint_eq(world.open, 0);
	*restored = 0;
	*why = '\0';
	journals--;
	return 0;
}

double scan_first_frame_timeout_s(double period_s)
{
	return fmax(5 * period_s, 5);
}

int scan_check_place(const char *directory, double bytes, char *why)
{
	ck_assert_str_eq(directory, "/folder");
	ck_assert_double_gt(bytes, 0);
	*why = '\0';
	return 0;
}

struct writer *scan_new_file(const char *directory, const char *stem,
			     struct writer *(*open)(void *data,
						    const char *path),
			     void *data, char *path)
{
	(void)directory;
	snprintf(path, 4096, "/folder/%s_000001.h5", stem);
	return open(data, path);
}

struct writer *writer_open(const struct writer_config *config)
{
	ck_assert_uint_eq(config->width, 8);
	errno = world.create_error;
	if (world.create_error)
		return NULL;
	world.files++;
	return (struct writer *)&world;
}

int writer_put(struct writer *writer, const void *pixels,
	       const struct writer_frame *frame)
{
	(void)writer;
	(void)pixels;
	(void)frame;
	errno = world.put_error;
	if (world.put_error)
		return -1;
	world.taken++;
	return 0;
}

uint64_t writer_written(const struct writer *writer)
{
	(void)writer;
	return world.stall_at && world.taken > world.stall_at ?
	       world.stall_at : world.taken;
}

int writer_error(const struct writer *writer)
{
	(void)writer;
	return 0;
}

int writer_finish_frames(struct writer *writer)
{
	(void)writer;
	ck_assert(!world.running);
	return 0;
}

int writer_close(struct writer *writer)
{
	(void)writer;
	world.closed++;
	return 0;
}

static struct camera *camera_open(const char *id)
{
	errno = ENODEV;
	if (id && strcmp(id, "one"))
		return NULL;
	world.open++;
	return (struct camera *)&world;
}

static void camera_close(struct camera *camera)
{
	(void)camera;
	ck_assert(!world.running);
	world.open--;
}

static const char *camera_text(const struct camera *camera)
{
	(void)camera;
	return "one";
}

static void camera_can(const struct camera *camera,
		       struct camera_capabilities *can)
{
	(void)camera;
	memset(can, 0, sizeof(*can));
	can->counts_gaps = true;
	can->sets_exposure = world.obeys;
	can->on_demand = world.on_demand;
}

static int camera_configure(struct camera *camera,
			    struct camera_settings *settings)
{
	(void)camera;
	errno = world.configure_error;
	world.exposure_ns = settings->exposure_ns;
	settings->width = 8;
	settings->height = 4;
	settings->format = CAMERA_FORMAT_GREY8;
	return world.configure_error ? -1 : 0;
}

static int camera_start(struct camera *camera)
{
	(void)camera;
	world.running++;
	world.frame = 0;
	return 0;
}

/* A frame each 100 ms; number 5 is missing, number 6 bad. */
static int camera_next(struct camera *camera, struct camera_frame *frame,
		       int timeout_ms)
{
	(void)camera;
	if (world.frame >= world.silent_from) {
		world.now += timeout_ms * MS;
		errno = ETIMEDOUT;
		return -1;
	}
	world.now += world.fast ? 20 * MS : 100 * MS;
	if (world.frame == 5)
		world.frame++;
	memset(frame, 0, sizeof(*frame));
	frame->data = "";
	frame->size = 32;
	frame->sequence = world.frame;
	/* The begin of the exposure is marked. */
	frame->time_ns = world.now - world.exposure_ns - 5 * MS;
	frame->status = world.frame++ == 6 ? CAMERA_FRAME_BAD :
					     CAMERA_FRAME_GOOD;
	return 0;
}

static void camera_release(struct camera *camera, struct camera_frame *frame)
{
	(void)camera;
	(void)frame;
}

static uint64_t camera_dropped(const struct camera *camera)
{
	(void)camera;
	return 2;
}

static void camera_stop(struct camera *camera)
{
	(void)camera;
	world.running--;
}

static const struct camera_ops ops = {
	.open = camera_open, .close = camera_close, .id = camera_text,
	.model = camera_text, .capabilities = camera_can,
	.configure = camera_configure, .start = camera_start,
	.next = camera_next, .release = camera_release,
	.dropped = camera_dropped, .stop = camera_stop,
};

static struct diag_request request;
static struct diag_report report;

static void new_world(void)
{
	memset(&world, 0, sizeof(world));
	world.now = 1000000 * MS;
	world.silent_from = UINT64_MAX;
	request = (struct diag_request){
		.camera = &ops,
		.period_s = 0.1,
		.duration_s = 2,
		.directory = "/folder",
		.name = "diag",
	};
}

static void ended(void)
{
	ck_assert_uint_eq(world.open, 0);
	ck_assert_uint_eq(journals, 0);
	ck_assert_uint_eq(world.running, 0);
	ck_assert_uint_eq(world.closed, world.files);
}

static void fails(int error, const char *word)
{
	ck_assert_int_eq(diag_run(&request, NULL, &report), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_msg(strstr(report.error, word), "%s", report.error);
	ended();
}

TEST(R127_camera_and_writer_are_tried_and_told)
{
	new_world();
	ck_assert_int_eq(diag_run(&request, NULL, &report), 0);
	ended();
	/* 2 s at 0.1 s: 20 intervals; half as many again and 20. */
	ck_assert_uint_eq(report.capacity, 50);
	ck_assert_uint_eq(report.delivered, 21);
	ck_assert_uint_eq(report.taken, 21);
	ck_assert_uint_eq(report.written, 21);
	ck_assert_uint_eq(report.sensor_gaps, 1);
	ck_assert_uint_eq(report.camera_dropped, 2);
	ck_assert_uint_eq(report.camera_bad, 1);
	ck_assert_double_eq_tol(report.seconds, 2, 1e-9);
	ck_assert_double_eq_tol(report.frames_per_s, 10, 1e-9);
	ck_assert_double_eq_tol(report.bytes_per_s, 320, 1e-6);
	ck_assert(report.drained);
	ck_assert_str_eq(report.path, "/folder/diag_000001.h5");
	ck_assert_str_eq(report.error, "");
	new_world();
	request.directory = NULL;
	ck_assert_int_eq(diag_run(&request, NULL, &report), 0);
	ck_assert_uint_eq(world.files, 0);
	ck_assert_uint_eq(report.delivered, 21);
	ck_assert_str_eq(report.path, "");
}

TEST(R127_what_fails_is_told_and_everything_given_back)
{
	new_world();
	request.camera_id = "two";
	fails(ENODEV, "wanted the camera two");
	new_world();
	world.configure_error = EINVAL;
	fails(EINVAL, "cannot");
	new_world();
	world.on_demand = true;
	fails(EINVAL, "takes single photos");
	new_world();
	world.create_error = EACCES;
	fails(EACCES, "/folder/diag_000001.h5");
	new_world();
	world.put_error = ENOSPC;
	fails(ENOSPC, "No space");
	new_world();
	world.silent_from = 3;
	fails(ETIMEDOUT, "none for 5 s");
	ck_assert_uint_eq(report.written, 3);
}

/* A frame each 20 ms where one each 100 ms was asked for. */
TEST(R127_a_camera_that_is_too_fast_is_bounded)
{
	new_world();
	world.fast = true;
	ck_assert_int_eq(diag_run(&request, NULL, &report), 0);
	ck_assert_uint_eq(report.delivered, 50);
}

TEST(R127_a_disk_that_hangs_is_waited_for_10_s)
{
	new_world();
	world.stall_at = 4;
	ck_assert_int_eq(diag_run(&request, NULL, &report), 0);
	ck_assert(!report.drained);
	ck_assert_double_ge(report.drain_s, 10);
	ck_assert_double_le(report.drain_s, 10.1);
	ck_assert_uint_eq(report.written, 4);
}

TEST(R128_two_exposures_are_compared)
{
	new_world();
	request.timing = true;
	request.exposure_s = 0.08;
	ck_assert_int_eq(diag_run(&request, NULL, &report), 0);
	ck_assert_int_eq(report.timing.verdict, DIAG_NONE);
	ck_assert_ptr_nonnull(strstr(report.timing.why, "does not obey"));
	ended();
	new_world();
	world.obeys = true;
	request.timing = true;
	request.exposure_s = 0.08;
	ck_assert_int_eq(diag_run(&request, NULL, &report), 0);
	ck_assert_int_eq(report.timing.verdict, DIAG_START_ACQUIRE);
	ck_assert_double_eq_tol(report.timing.delay_short_s, 0.025, 1e-9);
	ck_assert_double_eq_tol(report.timing.delay_long_s, 0.085, 1e-9);
	ck_assert_uint_eq(world.files, 0);
	ended();
}
