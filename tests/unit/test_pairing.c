// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/pair.c userspace/scan/uncertainty.c
 * userspace/scan/window.c
 * userspace/camera/mark.c userspace/camera/synthetic.c
 * userspace/camera/synthetic-options.c userspace/camera/synthetic-draw.c
 * userspace/camera/synthetic-time.c userspace/camera/synthetic-controls.c
 * userspace/camera/defocus.c
 * userspace/camera/scene.c
 * userspace/liboscan/track.c userspace/liboscan/units.c
 * tests/camera/angle.c -lm
 * -Wl,--wrap=clock_gettime -Wl,--wrap=clock_nanosleep
 */
/*
 * Frames of the synthetic camera, which sees a turntable on a smooth
 * trapezoid, are paired with its steps. The angle that the pixels show must be
 * the position that is stored: whatever the times of the frames mark, forward
 * and backward, rolling shutter or not.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../camera/angle.h"
#include "scan.h"
#include "synthetic.h"
#include "synthetic-trigger.h"
#include "unit.h"

#define SECOND 1000000000ull
#define WIDTH 120
#define HEIGHT 90
#define MOST_FRAMES 64
#define STEPS_PER_DEG 10
#define STEP (1.0 / STEPS_PER_DEG)
#define PERIOD_NS 50000000ull
#define EXPOSURE_NS 30000000ull

/* Degrees and seconds: 5 degrees to reach the speed, and at the end. */
#define SPEED 20.0
#define ACCEL 40.0
#define WAY 40.0
#define RAMP_S (SPEED / ACCEL)
#define MOVE_S (WAY / SPEED + RAMP_S)

static uint64_t now = 1000 * SECOND;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	time->tv_sec = now / SECOND;
	time->tv_nsec = now % SECOND;
	return 0;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left)
{
	uint64_t until = time->tv_sec * SECOND + time->tv_nsec;

	(void)clock;
	(void)flags;
	(void)left;
	if (until > now)
		now = until;
	return 0;
}

/* The synthetic camera's own source of poses is not wanted here. */
int pose_driver(struct pose_source *source, const char *device,
		const struct scene_pose *rest)
{
	(void)source;
	(void)device;
	(void)rest;
	errno = ENOENT;
	return -1;
}

int pose_steady(struct pose_source *source, const struct scene_pose *start,
		uint64_t start_ns, double speed_deg_s)
{
	(void)source;
	(void)start;
	(void)start_ns;
	(void)speed_deg_s;
	errno = ENOMEM;
	return -1;
}

struct synthetic_trigger *synthetic_trigger_open(const char *device,
						 const char *line, bool strobe)
{
	(void)device;
	(void)line;
	(void)strobe;
	errno = ENOENT;
	return NULL;
}

void synthetic_trigger_close(struct synthetic_trigger *trigger)
{
	ck_assert_ptr_null(trigger);
}

int synthetic_trigger_start(struct synthetic_trigger *trigger, uint64_t now_ns,
			    uint64_t busy_ns)
{
	(void)trigger;
	(void)now_ns;
	(void)busy_ns;
	return 0;
}

void synthetic_trigger_busy(struct synthetic_trigger *trigger,
			    uint64_t busy_ns)
{
	(void)trigger;
	(void)busy_ns;
}

int synthetic_trigger_at(struct synthetic_trigger *trigger, uint32_t number,
			 uint64_t *time_ns)
{
	(void)trigger;
	(void)number;
	(void)time_ns;
	return 0;
}

/* No line here. */
int scan_trigger_pair(struct scan *scan, size_t rows)
{
	(void)scan;
	(void)rows;
	return 0;
}

int scan_trigger_store(struct scan *scan, size_t rows)
{
	return scan_trigger_pair(scan, rows);
}

/* ---- the turntable ---- */

static uint64_t launch_ns;
static int direction;

/* Way since the launch, degrees. */
static double way_at(double t)
{
	if (t <= 0)
		return 0;
	if (t < RAMP_S)
		return ACCEL * t * t / 2;
	if (t < MOVE_S - RAMP_S)
		return SPEED * (t - RAMP_S / 2);
	if (t >= MOVE_S)
		return WAY;
	return WAY - ACCEL * (MOVE_S - t) * (MOVE_S - t) / 2;
}

static double time_of(double way)
{
	double ramp = SPEED * RAMP_S / 2;

	if (way < ramp)
		return sqrt(2 * way / ACCEL);
	if (way > WAY - ramp)
		return MOVE_S - sqrt(2 * (WAY - way) / ACCEL);
	return way / SPEED + RAMP_S / 2;
}

static double truth(uint64_t time_ns)
{
	return direction * way_at((double)(int64_t)(time_ns - launch_ns) /
				  1e9);
}

static int truth_at(void *data, uint64_t time_ns, struct scene_pose *pose)
{
	(void)data;
	*pose = (struct scene_pose){ truth(time_ns), 90 };
	return 0;
}

static const struct pose_source source = { .at = truth_at };

/* ---- what scan_pair() needs, and what it stores ---- */

static const struct oscan_axis_info info = {
	.name = "turntable",
	.unit = OSCAN_UNIT_DEGREE,
	.full_steps_per_turn = 360 * STEPS_PER_DEG,
	.microsteps = 1,
	.gear_num = 1,
	.gear_den = 1,
};

static struct {
	size_t frames;
	double position[MOST_FRAMES];
	double start[MOST_FRAMES];
	double end[MOST_FRAMES];
	double sigma[MOST_FRAMES];
	double speed[MOST_FRAMES];
	uint8_t in_scan[MOST_FRAMES];
	uint64_t pass[MOST_FRAMES];
	uint64_t time_ns[MOST_FRAMES];
	double between[MOST_FRAMES];
	double latency;
	double time;
	double row;
	double step;
	double line_rms;
	double line_max;
} stored;

/* What the pixels of each frame say. */
static struct angle seen[MOST_FRAMES];
static struct flyscan_request request;
static struct flyscan_result result;
static struct scan scan;
static struct scan_pass pass;

int scan_fail(struct scan *failed, int error, const char *format, ...)
{
	(void)failed;
	(void)format;
	errno = error;
	return -1;
}

int scan_writer_failed(struct scan *failed, int error)
{
	return scan_fail(failed, error, "writer");
}

const char *scan_unit(const struct scan *of)
{
	(void)of;
	return "deg";
}

double scan_steps(const struct scan *of, double value)
{
	(void)of;
	return value * STEPS_PER_DEG;
}

int writer_add_pairing(struct writer *writer,
		       const struct writer_pairing *pairing)
{
	size_t bytes = pairing->frames * sizeof(double);

	(void)writer;
	ck_assert_uint_le(pairing->frames, MOST_FRAMES);
	stored.frames = pairing->frames;
	memcpy(stored.position, pairing->position, bytes);
	memcpy(stored.start, pairing->position_start, bytes);
	memcpy(stored.end, pairing->position_end, bytes);
	memcpy(stored.sigma, pairing->sigma, bytes);
	memcpy(stored.speed, pairing->speed, bytes);
	memcpy(stored.in_scan, pairing->in_scan, pairing->frames);
	return 0;
}

int writer_add_array(struct writer *writer, const char *name,
		     const uint64_t *values, size_t count, const char *unit)
{
	(void)writer;
	if (!strcmp(name, "pairing/pass")) {
		memcpy(stored.pass, values, count * sizeof(*values));
		return 0;
	}
	ck_assert_str_eq(name, "pairing/time_ns");
	ck_assert_str_eq(unit, "ns");
	memcpy(stored.time_ns, values, count * sizeof(*values));
	return 0;
}

int writer_add_reals(struct writer *writer, const char *name,
		     const double *values, size_t count, const char *unit)
{
	(void)writer;
	(void)unit;
	ck_assert_str_eq(name, "uncertainty/interpolation");
	memcpy(stored.between, values, count * sizeof(*values));
	return 0;
}

int writer_add_number(struct writer *writer, const char *name, double value,
		      const char *unit)
{
	const struct {
		const char *name;
		double *to;
	} list[] = {
		{ "uncertainty/latency", &stored.latency },
		{ "uncertainty/timestamp", &stored.time },
		{ "uncertainty/row", &stored.row },
		{ "uncertainty/step", &stored.step },
		{ "pairing/line_rms", &stored.line_rms },
		{ "pairing/line_max", &stored.line_max },
	};

	(void)writer;
	(void)unit;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(name, list[i].name))
			*list[i].to = value;
	return 0;
}

/* ---- a scan ---- */

static void make_track(void)
{
	uint64_t times[(int)(WAY * STEPS_PER_DEG)];
	struct oscan_trace_batch batch = {
		.steps = WAY * STEPS_PER_DEG,
		.direction = direction,
		.first_position = direction,
		.times_ns = times,
		.horizon_ns = launch_ns + 10 * SECOND,
	};

	for (size_t i = 0; i < batch.steps; i++)
		times[i] = launch_ns +
			   llrint(1e9 * time_of((i + 1.0) / STEPS_PER_DEG));
	scan.track = oscan_track_new(0, launch_ns - SECOND);
	ck_assert_int_eq(oscan_track_add(scan.track, &batch), 0);
}

static void prepare(const char *id, int towards)
{
	struct camera_settings settings = {
		.width = WIDTH,
		.height = HEIGHT,
		.period_ns = PERIOD_NS,
		.exposure_ns = EXPOSURE_NS,
	};

	memset(&scan, 0, sizeof(scan));
	memset(&result, 0, sizeof(result));
	memset(&stored, 0, sizeof(stored));
	direction = towards;
	request = (struct flyscan_request){
		.start = 6 * direction,
		.end = 34 * direction,
	};
	result.geometry.frames = 29;
	result.geometry.direction = direction;
	scan.request = &request;
	scan.result = &result;
	scan.info = &info;
	scan.camera = synthetic_open_with(id, &source);
	ck_assert_ptr_nonnull(scan.camera);
	ck_assert_int_eq(camera_synthetic.configure(scan.camera, &settings),
			 0);
	camera_synthetic.capabilities(scan.camera, &scan.capabilities);
	scan.settings = settings;
	scan.frames = calloc(MOST_FRAMES, sizeof(*scan.frames));
	launch_ns = now + 120 * 1000000;
	pass = (struct scan_pass){
		.direction = direction,
		.start = request.start,
		.end = request.end,
		.final = WAY * direction,
		.launch_ns = launch_ns,
	};
	scan.passes = &pass;
	result.passes = 1;
	scan.state.last_step_ns = launch_ns + llrint(MOVE_S * SECOND);
	make_track();
}

static void take_frames(void)
{
	struct camera_frame frame;
	size_t n = 0;

	ck_assert_int_eq(camera_synthetic.start(scan.camera), 0);
	while (now < launch_ns + (MOVE_S + 0.2) * SECOND) {
		if (camera_synthetic.next(scan.camera, &frame, 100))
			continue;
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &seen[n]));
		scan.frames[n].time_ns = frame.time_ns;
		scan.frames[n].sequence = frame.sequence;
		scan.frames[n++].exposure_ns = frame.exposure_ns;
		camera_synthetic.release(scan.camera, &frame);
	}
	result.ledger.taken = n;
	result.ledger.written = n;
	ck_assert_uint_ge(n, 35);
}

static void finish(void)
{
	ck_assert_int_eq(scan_pair(&scan), 0);
	ck_assert_int_eq(scan_check_pairs(&scan), 0);
	for (size_t i = 0; i < stored.frames; i++)
		ck_assert_uint_eq(stored.pass[i], stored.in_scan[i]);
	camera_synthetic.close(scan.camera);
	oscan_track_free(scan.track);
	free(scan.frames);
}

/* Frames of which the whole exposure was at even speed. */
static bool is_even(size_t i)
{
	return fabs(stored.position[i]) > 7 &&
	       fabs(stored.position[i]) < WAY - 7;
}

static double off(size_t i)
{
	return angle_between(seen[i].degrees, stored.position[i]);
}

/*
 * A tenth of a step at even speed; a step on the ramps, where the turntable
 * rests by its steps until it has made the first one.
 */
static void pixels_agree(double shift)
{
	size_t even = 0;

	for (size_t i = 0; i < stored.frames; i++) {
		if (is_even(i)) {
			ck_assert_double_eq_tol(off(i), shift, 0.01);
			even++;
		} else if (shift == 0) {
			ck_assert_double_eq_tol(off(i), 0, STEP);
		}
	}
	ck_assert_uint_ge(even, 18);
}

static void agrees(const char *id, int towards)
{
	prepare(id, towards);
	take_frames();
	finish();
	pixels_agree(0);
	for (size_t i = 0; i < stored.frames; i++) {
		if (!is_even(i))
			continue;
		ck_assert_double_eq_tol(stored.end[i] - stored.start[i],
					direction * SPEED * EXPOSURE_NS / 1e9,
					1e-6);
		ck_assert_double_eq_tol(stored.speed[i], direction * SPEED,
					1e-3);
	}
}

TEST(the_pixels_agree_whatever_the_times_mark)
{
	static const char *const ids[] = {
		"synthetic",
		"synthetic:mark=readout_start",
		"synthetic:mark=frame_end",
	};

	for (int i = 0; i < 3; i++) {
		agrees(ids[i], 1);
		agrees(ids[i], -1);
	}
}

TEST(the_middle_row_stands_for_a_rolling_shutter)
{
	static const char *const ids[] = {
		"synthetic:row=2e-4",
		"synthetic:row=2e-4,mark=readout_start",
		"synthetic:row=2e-4,mark=frame_end",
	};

	for (int i = 0; i < 3; i++) {
		for (int towards = -1; towards <= 1; towards += 2) {
			agrees(ids[i], towards);
			for (size_t n = 0; n < stored.frames; n++)
				if (is_even(n))
					ck_assert_double_eq_tol(
						seen[n].per_row,
						towards * SPEED * 2e-4, 1e-3);
		}
	}
}

TEST(an_unknown_mark_gives_the_position_at_the_time_itself)
{
	prepare("synthetic:mark=unknown", 1);
	take_frames();
	finish();
	pixels_agree(SPEED * EXPOSURE_NS / 2e9);
	ck_assert(isnan(stored.start[20]));
	for (size_t i = 0; i < stored.frames; i++)
		ck_assert_double_eq_tol(stored.position[i],
					truth(stored.time_ns[i]), STEP);
}

TEST(a_latency_that_is_known_is_taken_off)
{
	for (int towards = -1; towards <= 1; towards += 2) {
		prepare("synthetic:latency=0.005,row=1e-4", towards);
		scan.latency_ns = 5000000;
		take_frames();
		finish();
		pixels_agree(0);
		prepare("synthetic:latency=-0.003,mark=frame_end", towards);
		scan.latency_ns = -3000000;
		take_frames();
		finish();
		pixels_agree(0);
	}
}

/* Otherwise the pixels would not prove anything. */
TEST(what_is_not_accounted_for_is_seen_in_the_pixels)
{
	for (int towards = -1; towards <= 1; towards += 2) {
		prepare("synthetic:latency=0.005", towards);
		take_frames();
		finish();
		pixels_agree(towards * SPEED * -0.005);
		prepare("synthetic", towards);
		scan.capabilities.mark = CAMERA_MARK_READOUT_START;
		take_frames();
		finish();
		pixels_agree(towards * SPEED * EXPOSURE_NS / 1e9);
		prepare("synthetic:row=2e-4", towards);
		scan.capabilities.readout_ns = 0;
		take_frames();
		finish();
		pixels_agree(towards * SPEED * (HEIGHT - 1) * 2e-4 / 2);
	}
}

TEST(dropped_frames_shift_no_other)
{
	prepare("synthetic:drop=6", 1);
	take_frames();
	finish();
	ck_assert_uint_lt(stored.frames, 50);
	for (size_t i = 0; i < stored.frames; i++)
		ck_assert_double_eq_tol(off(i), 0, is_even(i) ? 0.01 : STEP);
	ck_assert_double_eq_tol(stored.time, 1e-6 / sqrt(12), 1e-8);
}

/* ---- how well it is known ---- */

TEST(the_terms_make_up_the_uncertainty)
{
	double time_s;

	prepare("synthetic:row=2e-4", 1);
	scan.latency_sigma_ns = 300000;
	take_frames();
	finish();
	ck_assert_double_eq_tol(stored.latency, 3e-4, 1e-12);
	ck_assert_double_eq_tol(stored.row, 2e-4 / sqrt(12), 1e-9);
	ck_assert_double_eq_tol(stored.time, 1e-6 / sqrt(12), 1e-8);
	ck_assert_double_eq_tol(stored.step, 0.1 / sqrt(12), 1e-9);
	time_s = sqrt(pow(stored.latency, 2) + pow(stored.row, 2) +
		      pow(stored.time, 2));
	for (size_t i = 0; i < stored.frames; i++) {
		double sigma = sqrt(pow(stored.speed[i] * time_s, 2) +
				    pow(stored.between[i], 2) +
				    pow(stored.step, 2));

		ck_assert_double_eq_tol(stored.sigma[i], sigma, 1e-12);
		if (is_even(i))
			ck_assert_double_lt(stored.between[i], 1e-6);
	}
	/* At rest it is the step alone. */
	ck_assert_double_eq_tol(stored.sigma[0], stored.step, 1e-12);
}

TEST(between_two_steps_of_a_ramp_the_line_leaves_something_out)
{
	bool ramp = false;

	prepare("synthetic", 1);
	take_frames();
	finish();
	for (size_t i = 0; i < stored.frames; i++) {
		double v = stored.speed[i];

		if (v < 4 || v > 16)
			continue;
		/* |a| dt^2 / 8, dt of a step. */
		ck_assert_double_eq_tol(stored.between[i],
					ACCEL / pow(v * STEPS_PER_DEG, 2) / 8,
					0.2 * stored.between[i]);
		ramp = true;
	}
	ck_assert(ramp);
}

TEST(scatter_of_the_times_is_found_and_counts)
{
	prepare("synthetic:jitter=1e-3", 1);
	take_frames();
	finish();
	ck_assert_double_eq_tol(stored.time, 1e-3, 4e-4);
	ck_assert_double_gt(stored.sigma[20], SPEED * 6e-4);
	ck_assert_double_lt(stored.line_rms, 1e-4);
}

TEST(scatter_of_an_unknown_mark_is_real)
{
	prepare("synthetic:jitter=1e-3,mark=unknown", 1);
	take_frames();
	finish();
	ck_assert_double_eq_tol(stored.time, 1e-6 / sqrt(12), 1e-9);
}

TEST(an_uneven_pass_is_told)
{
	prepare("synthetic", 1);
	take_frames();
	finish();
	ck_assert_double_lt(stored.line_rms, 1e-3);
	ck_assert_double_lt(stored.line_max, 1e-3);
	/* Ramps and all. */
	prepare("synthetic", 1);
	pass.start = 0.5;
	pass.end = 39.5;
	take_frames();
	finish();
	ck_assert_double_gt(stored.line_rms, 0.3);
	ck_assert_double_gt(stored.line_max, stored.line_rms);
}
