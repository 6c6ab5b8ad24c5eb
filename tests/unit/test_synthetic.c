// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/synthetic.c userspace/camera/synthetic-options.c
 * userspace/camera/synthetic-draw.c userspace/camera/synthetic-time.c
 * userspace/camera/synthetic-controls.c userspace/camera/synthetic-trigger.c
 * userspace/camera/defocus.c
 * userspace/camera/scene.c userspace/camera/pose.c tests/camera/angle.c
 * userspace/liboscan/track.c userspace/liboscan/units.c -lm
 * -Wl,--wrap=clock_gettime -Wl,--wrap=clock_nanosleep
 */
/*
 * The synthetic camera on a clock of its own, with poses from the test or from
 * a driver that is played here; what it saw is read back from the pixels.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../camera/angle.h"
#include "oscan.h"
#include "synthetic-world.h"

/* ---- a pose of the test's own ---- */

static struct {
	double speed;			/* degrees per second */
	double accel;
	uint64_t zero_ns;
	uint64_t unknown_from;		/* never known */
	uint64_t unknown_to;
	uint64_t lag_ns;		/* known so long after */
	int error;
	bool closed;
} turning;

static double truth(uint64_t time_ns)
{
	double t = (double)(int64_t)(time_ns - turning.zero_ns) / 1e9;

	return turning.speed * t + turning.accel * t * t / 2;
}

static int turning_at(void *data, uint64_t time_ns, struct scene_pose *pose)
{
	(void)data;
	ck_assert_uint_le(time_ns, now);
	errno = turning.error;
	if (errno)
		return -1;
	errno = EAGAIN;
	if (time_ns + turning.lag_ns > now)
		return -1;
	errno = ENODATA;
	if (time_ns >= turning.unknown_from && time_ns < turning.unknown_to)
		return -1;
	*pose = (struct scene_pose){ truth(time_ns), 90 };
	return 0;
}

static void turning_close(void *data)
{
	(void)data;
	turning.closed = true;
}

static const struct pose_source turning_source = {
	.at = turning_at,
	.close = turning_close,
};

static struct camera *camera_with(const char *id,
				  struct camera_settings *settings)
{
	struct camera *camera = synthetic_open_with(id, &turning_source);

	ck_assert_ptr_nonnull(camera);
	if (!settings->width)
		*settings = (struct camera_settings){
			.width = WIDTH,
			.height = HEIGHT,
			.period_ns = 50 * MS,
			.exposure_ns = 20 * MS,
		};
	ck_assert_int_eq(ops->configure(camera, settings), 0);
	turning.zero_ns = now;
	return camera;
}

static struct camera *started(const char *id, double speed)
{
	struct camera_settings settings = { 0 };
	struct camera *camera;

	memset(&turning, 0, sizeof(turning));
	turning.speed = speed;
	camera = camera_with(id, &settings);
	ck_assert_int_eq(ops->start(camera), 0);
	return camera;
}

/* ---- ids ---- */

TEST(an_id_is_read)
{
	struct synthetic_options options;

	ck_assert_int_eq(synthetic_parse(NULL, &options), 0);
	ck_assert_int_eq(synthetic_parse("synthetic", &options), 0);
	ck_assert_uint_eq(options.format, CAMERA_FORMAT_GREY8);
	ck_assert_uint_eq(options.mark, CAMERA_MARK_EXPOSURE_START);
	ck_assert(!options.own_pose && !options.need_driver);
	ck_assert_int_eq(synthetic_parse("synthetic:format=rgb,mark=frame_end,row=30e-6,latency=-0.002,jitter=1e-4,drop=7,speed=-3.5,turntable=12,rotor=40,fault=stall@30",
					 &options), 0);
	ck_assert_uint_eq(options.format, CAMERA_FORMAT_RGB8);
	ck_assert_uint_eq(options.mark, CAMERA_MARK_FRAME_END);
	ck_assert_uint_eq(options.row_ns, 30000);
	ck_assert_int_eq(options.latency_ns, -2000000);
	ck_assert_uint_eq(options.jitter_ns, 100000);
	ck_assert_uint_eq(options.drop, 7);
	ck_assert_double_eq(options.speed_deg_s, -3.5);
	ck_assert_double_eq(options.pose.turntable_deg, 12);
	ck_assert_double_eq(options.pose.rotor_deg, 40);
	ck_assert(options.own_pose);
	ck_assert_uint_eq(options.fault, SYNTHETIC_FAULT_STALL);
	ck_assert_uint_eq(options.fault_at, 30);
	ck_assert_int_eq(synthetic_parse("synthetic:pose=driver,device=/dev/x",
					 &options), 0);
	ck_assert_str_eq(options.device, "/dev/x");
	ck_assert(options.need_driver);
}

TEST(a_bad_id_is_refused)
{
	static const char *const bad[] = {
		"synthetic:", "synthetic:format", "synthetic:format=blue",
		"synthetic:mark=", "synthetic:row=-1", "synthetic:row=0x1",
		"synthetic:row=11", "synthetic:row=nan", "synthetic:row=1 ",
		"synthetic:drop=1", "synthetic:drop=-2", "synthetic:drop=2.5",
		"synthetic:fault=stall", "synthetic:fault=stall@0",
		"synthetic:fault=melt@3", "synthetic:rotor=181",
		"synthetic:speed=1,speed=2", "synthetic:speed=1,",
		"synthetic:speed=inf", "synthetic:pose=driver,speed=1",
		"synthetic:pose=mine", "synthetic:colour=red",
		"synthetic:device=", "synthetic:,",
	};
	struct synthetic_options options;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(synthetic_parse(bad[i], &options) == -1,
			      "\"%s\" is accepted", bad[i]);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(ops->open(bad[i]));
	}
	ck_assert_int_eq(synthetic_parse("synthetics", &options), -1);
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(synthetic_parse("platform/vimc.0", &options), -1);
	ck_assert_int_eq(errno, ENODEV);
}

/* ---- settings ---- */

TEST(settings_are_what_it_really_does)
{
	struct camera_settings settings = { 0 };
	struct camera_capabilities can;
	struct camera_frame frame;
	struct camera *camera;

	camera = synthetic_open_with("synthetic:format=rgb,row=1e-4",
				     &turning_source);
	ck_assert_int_eq(ops->start(camera), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_uint_eq(settings.width, 640);
	ck_assert_uint_eq(settings.height, 480);
	ck_assert_uint_eq(settings.format, CAMERA_FORMAT_RGB8);
	ck_assert_uint_eq(settings.period_ns, SECOND / 10);
	ck_assert_uint_eq(settings.exposure_ns, SECOND / 10);
	ck_assert_double_eq(settings.gain, 1);
	ops->capabilities(camera, &can);
	ck_assert_uint_eq(can.readout_ns, 479 * 100000);
	settings = (struct camera_settings){
		.width = 100000,
		.height = 3,
		.format = CAMERA_FORMAT_GREY8,
		.period_ns = 1,
		.exposure_ns = SECOND,
		.gain = 100,
	};
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_uint_eq(settings.width, SYNTHETIC_SIZE_MAX);
	ck_assert_uint_eq(settings.period_ns, MS);
	ck_assert_uint_eq(settings.exposure_ns, MS);
	ck_assert_double_eq(settings.gain, 8);
	turning.error = 0;
	ck_assert_int_eq(ops->start(camera), 0);
	ck_assert_int_eq(ops->start(camera), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(ops->configure(camera, &settings), -1);
	ck_assert_int_eq(errno, EBUSY);
	frame = take(camera);
	ck_assert_uint_eq(frame.size, SYNTHETIC_SIZE_MAX * 3);
	ck_assert_uint_eq(frame.exposure_ns, MS);
	ck_assert_uint_eq(frame.frame_duration_ns, MS);
	ck_assert_double_eq(frame.gain, 8);
	ops->stop(camera);
	ck_assert_int_eq(ops->next(camera, &frame, 0), -1);
	ck_assert_int_eq(errno, EIO);
	/* Rows that cannot be read out before the next frame. */
	settings.height = 12;
	ck_assert_int_eq(ops->configure(camera, &settings), -1);
	ck_assert_int_eq(errno, EINVAL);
	ops->close(camera);
	ck_assert(turning.closed);
}

/* ---- what it sees, and when ---- */

static double middle_of(const struct camera_frame *frame, uint32_t mark,
			uint64_t readout_ns)
{
	double time_ns = frame->time_ns, half = frame->exposure_ns / 2.0;

	switch (mark) {
	case CAMERA_MARK_READOUT_START:
		return time_ns - half + readout_ns / 2.0;
	case CAMERA_MARK_FRAME_END:
		return time_ns - half - readout_ns / 2.0;
	default:
		return time_ns + half + readout_ns / 2.0;
	}
}

static void sees_the_middle(const char *id, double speed)
{
	struct camera *camera = started(id, speed);
	struct camera_capabilities can;
	struct camera_frame frame;
	struct angle angle;
	double row_s;

	turning.accel = 20;
	ops->capabilities(camera, &can);
	row_s = can.readout_ns / 1e9 / (HEIGHT - 1);
	for (int i = 0; i < 6; i++) {
		double middle, speed_then;

		frame = take(camera);
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		middle = middle_of(&frame, can.mark, can.readout_ns);
		ck_assert_double_eq_tol(angle_between(angle.degrees,
						      truth(middle)),
					0, 0.02);
		speed_then = speed + turning.accel *
			     (middle - turning.zero_ns) / 1e9;
		ck_assert_double_eq_tol(angle.per_row, speed_then * row_s,
					0.002);
	}
	ops->close(camera);
}

TEST(every_mark_leads_to_the_middle_of_what_is_seen)
{
	sees_the_middle("synthetic", 40);
	sees_the_middle("synthetic:mark=readout_start", 40);
	sees_the_middle("synthetic:mark=frame_end", -40);
}

TEST(rows_are_exposed_one_after_the_other)
{
	sees_the_middle("synthetic:row=2e-4", 40);
	sees_the_middle("synthetic:row=2e-4,mark=readout_start", -40);
	sees_the_middle("synthetic:row=2e-4,mark=frame_end", 40);
}

TEST(frames_keep_their_period)
{
	struct camera *camera = started("synthetic", 1);
	struct camera_frame frame;
	uint64_t last_ns = 0;

	for (uint32_t i = 0; i < 5; i++) {
		frame = take(camera);
		ck_assert_uint_eq(frame.sequence, i);
		ck_assert_uint_eq(frame.status, CAMERA_FRAME_GOOD);
		ck_assert_uint_le(frame.time_ns + 20 * MS, now);
		if (last_ns)
			ck_assert_uint_eq(frame.time_ns - last_ns, 50 * MS);
		last_ns = frame.time_ns;
	}
	ops->close(camera);
}

TEST(a_frame_is_not_there_before_its_exposure_has_ended)
{
	struct camera *camera = started("synthetic:row=1e-4", 1);
	struct camera_frame frame;
	uint64_t begin = now;

	ck_assert_int_eq(ops->next(camera, &frame, 0), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_int_eq(ops->next(camera, &frame, 25), -1);
	ck_assert_uint_ge(now, begin + 25 * MS);
	ck_assert_int_eq(ops->next(camera, &frame, 25), 0);
	ck_assert_uint_ge(now, begin + 20 * MS + 119 * 100000);
	ck_assert_uint_lt(now, begin + 33 * MS);
	ops->close(camera);
}

TEST(who_comes_late_gets_every_frame)
{
	struct camera *camera = started("synthetic", 40);
	struct camera_frame frame;
	struct angle angle;

	now += 30 * SECOND;
	for (uint32_t i = 0; i < 3; i++) {
		frame = take(camera);
		ck_assert_uint_eq(frame.sequence, i);
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		ck_assert_double_eq_tol(angle_between(angle.degrees,
						      truth(frame.time_ns +
							    10 * MS)),
					0, 0.02);
	}
	ops->close(camera);
}

TEST(frames_that_are_held_stay_as_they_are)
{
	struct camera *camera = started("synthetic", 40);
	struct camera_frame held[4], frame;
	struct angle angle;

	for (int i = 0; i < 4; i++)
		held[i] = next(camera);
	ck_assert_int_eq(ops->next(camera, &frame, 500), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	for (int i = 0; i < 4; i++) {
		ck_assert(angle_read(held[i].data, WIDTH, HEIGHT, 1, &angle));
		ck_assert_double_eq_tol(angle_between(angle.degrees,
						      truth(held[i].time_ns +
							    10 * MS)),
					0, 0.02);
	}
	ops->release(camera, &held[2]);
	frame = next(camera);
	ck_assert_ptr_eq(frame.data, held[2].data);
	ck_assert_uint_eq(frame.sequence, 4);
	ops->close(camera);
}

TEST(latency_and_jitter_change_the_times_alone)
{
	struct camera *camera = started("synthetic:latency=0.004,jitter=1e-3",
					40);
	double sum = 0, squares = 0, late, seen;
	struct camera_frame frame;
	struct angle angle;

	for (int i = 0; i < 200; i++) {
		frame = take(camera);
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		seen = angle_between(angle.degrees, truth(frame.time_ns +
							  10 * MS));
		late = -seen / 40;
		sum += late;
		squares += late * late;
	}
	ck_assert_double_eq_tol(sum / 200, 0.004, 3e-4);
	ck_assert_double_eq_tol(sqrt(squares / 200 - pow(sum / 200, 2)), 1e-3,
				2e-4);
	ops->close(camera);
}

/* ---- what goes wrong ---- */

TEST(a_dropped_frame_is_a_gap_and_shifts_no_other)
{
	struct camera *camera = started("synthetic:drop=3", 40);
	uint64_t first_ns = 0;

	for (uint32_t i = 0; i < 8; i++) {
		struct camera_frame frame = take(camera);

		first_ns = first_ns ? first_ns : frame.time_ns;
		ck_assert_uint_eq(frame.sequence, i / 2 * 3 + i % 2);
		ck_assert_uint_eq(frame.time_ns - first_ns,
				  frame.sequence * 50 * MS);
	}
	ops->close(camera);
}

TEST(a_frame_of_the_wrong_size_says_so)
{
	struct camera *camera = started("synthetic:fault=size@3", 1);

	ck_assert_uint_eq(take(camera).size, WIDTH * HEIGHT);
	ck_assert_uint_eq(take(camera).size, WIDTH * HEIGHT);
	ck_assert_uint_eq(take(camera).size, WIDTH * HEIGHT / 2);
	ck_assert_uint_eq(take(camera).size, WIDTH * HEIGHT / 2);
	ops->close(camera);
}

static void times_go(const char *id, int64_t step_ns)
{
	struct camera *camera = started(id, 1);
	uint64_t second_ns;

	take(camera);
	second_ns = take(camera).time_ns;
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq((int64_t)(take(camera).time_ns - second_ns),
				 i * step_ns);
	ops->close(camera);
}

TEST(times_repeat_or_go_backwards)
{
	times_go("synthetic", 50 * MS);
	times_go("synthetic:fault=repeat@3", 0);
	times_go("synthetic:fault=reverse@3", -50 * (int64_t)MS);
}

TEST(a_bad_frame_says_so)
{
	struct camera *camera = started("synthetic:fault=bad@2", 1);

	ck_assert_uint_eq(take(camera).status, CAMERA_FRAME_GOOD);
	ck_assert_uint_eq(take(camera).status, CAMERA_FRAME_BAD);
	ops->close(camera);
}

static void ends_with(const char *id, int error, int restart_error)
{
	struct camera *camera = started(id, 1);
	struct camera_frame frame;

	take(camera);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ops->next(camera, &frame, 500), -1);
		ck_assert_int_eq(errno, error);
	}
	ops->stop(camera);
	ck_assert_int_eq(ops->start(camera), restart_error ? -1 : 0);
	if (restart_error)
		ck_assert_int_eq(errno, restart_error);
	else
		ck_assert_uint_eq(take(camera).sequence, 0);
	ops->close(camera);
}

TEST(a_camera_stalls_or_fails_or_vanishes)
{
	ends_with("synthetic:fault=stall@2", ETIMEDOUT, 0);
	ends_with("synthetic:fault=error@2", EIO, 0);
	ends_with("synthetic:fault=vanish@2", EIO, ENODEV);
}

TEST(a_pose_that_comes_late_is_waited_for)
{
	struct camera *camera = started("synthetic", 40);
	struct camera_frame frame;
	uint64_t begin = now;

	turning.lag_ns = 70 * MS;
	frame = take(camera);
	ck_assert_uint_eq(frame.sequence, 0);
	ck_assert_uint_ge(now, begin + 90 * MS);
	ops->close(camera);
}

TEST(a_frame_without_a_pose_is_a_gap)
{
	struct camera *camera = started("synthetic", 40);

	turning.unknown_from = now + 60 * MS;
	turning.unknown_to = now + 110 * MS;
	ck_assert_uint_eq(take(camera).sequence, 0);
	ck_assert_uint_eq(take(camera).sequence, 3);
	turning.error = ENODEV;
	ck_assert_int_eq(ops->next(camera, &(struct camera_frame){ 0 }, 500),
			 -1);
	ck_assert_int_eq(errno, ENODEV);
	ops->close(camera);
}

TEST(without_a_driver_the_id_has_the_pose)
{
	struct camera *camera = ops->open("synthetic:speed=90,turntable=30");
	struct camera_settings settings = {
		.width = WIDTH,
		.height = HEIGHT,
		.period_ns = 50 * MS,
		.exposure_ns = 20 * MS,
	};
	uint64_t opened_ns = now;
	struct camera_frame frame;
	struct angle angle;

	ck_assert_ptr_nonnull(camera);
	ck_assert_str_eq(ops->id(camera), "synthetic:speed=90,turntable=30");
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	now += SECOND;
	ck_assert_int_eq(ops->start(camera), 0);
	frame = take(camera);
	ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
	ck_assert_double_eq_tol(angle_between(angle.degrees, 30 + 90 *
					      (frame.time_ns + 10 * MS -
					       opened_ns) / 1e9), 0, 0.02);
	ops->close(camera);
}

/* ---- a driver: 10 microsteps a degree ---- */

static const struct oscan_axis_info axes[] = {
	{
		.axis = 0,
		.name = "turntable",
		.unit = OSCAN_UNIT_DEGREE,
		.full_steps_per_turn = 3600,
		.microsteps = 1,
		.gear_num = 1,
		.gear_den = 1,
	},
	{
		.axis = 1,
		.name = "rotor",
		.unit = OSCAN_UNIT_DEGREE,
		.full_steps_per_turn = 3600,
		.microsteps = 1,
		.gear_num = 1,
		.gear_den = 1,
	},
};

/* Stands at 60 degrees, if it is there. */
#define ROTOR_STEPS 600

static struct {
	bool there;
	bool rotor;
	int64_t from;
	int sign;
	uint64_t start_ns;	/* first step one interval later */
	uint64_t interval_ns;
	uint64_t steps;		/* of this move */
	uint64_t steps_before;
	uint64_t told;
	uint64_t lag_ns;
	uint64_t lose_from;	/* steps that never come */
	uint64_t lose_to;
	bool missed;
} rig;

static uint64_t steps_made(uint64_t time_ns)
{
	uint64_t made = (time_ns - rig.start_ns) / rig.interval_ns;

	return made < rig.steps ? made : rig.steps;
}

static double rig_degrees(uint64_t time_ns)
{
	double part = (double)(time_ns - rig.start_ns) / rig.interval_ns;

	return (rig.from + rig.sign * fmin(part, rig.steps)) / 10;
}

static void rig_moves(int sign, uint64_t steps, uint64_t interval_ns)
{
	rig.from += rig.sign * (int64_t)rig.steps;
	rig.steps_before += rig.steps;
	rig.sign = sign;
	rig.steps = steps;
	rig.interval_ns = interval_ns;
	rig.start_ns = now;
	rig.told = 0;
}

struct oscan_motor *oscan_motor_open(const char *path, bool writable)
{
	(void)path;
	ck_assert(!writable);
	errno = ENOENT;
	return rig.there ? (struct oscan_motor *)&rig : NULL;
}

void oscan_motor_close(struct oscan_motor *motor)
{
	(void)motor;
}

int oscan_motor_find_axis(const struct oscan_motor *motor, const char *name)
{
	(void)motor;
	if (rig.rotor && !strcmp(name, axes[1].name))
		return 1;
	return strcmp(name, axes[0].name) ? -1 : 0;
}

const struct oscan_axis_info *
oscan_motor_axis_info(const struct oscan_motor *motor, unsigned int axis)
{
	(void)motor;
	return &axes[axis];
}

int oscan_trigger_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	(void)name;
	errno = ENXIO;
	return -1;
}

int oscan_capture_find(struct oscan_motor *motor, const char *name)
{
	return oscan_trigger_find(motor, name);
}

int oscan_motor_state(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_state *state)
{
	uint64_t made = steps_made(now);

	(void)motor;
	ck_assert_uint_le(axis, rig.rotor);
	*state = (struct oscan_state){
		.motion = OSCAN_MOTION_IDLE,
		.position = ROTOR_STEPS,
		.time_ns = now,
	};
	if (axis)
		return 0;
	*state = (struct oscan_state){
		.motion = made < rig.steps ? OSCAN_MOTION_MOVING :
					     OSCAN_MOTION_IDLE,
		.position = rig.from + rig.sign * (int64_t)made,
		.time_ns = now,
		.last_step_ns = rig.start_ns + made * rig.interval_ns,
		.steps = rig.steps_before + made,
	};
	return 0;
}

struct oscan_monitor *oscan_monitor_open(unsigned int groups)
{
	ck_assert_uint_eq(groups, OSCAN_MONITOR_TRACE);
	return (struct oscan_monitor *)&rig;
}

void oscan_monitor_close(struct oscan_monitor *monitor)
{
	(void)monitor;
}

int oscan_monitor_read(struct oscan_monitor *monitor,
		       const struct oscan_monitor_handler *handler)
{
	struct oscan_trace_batch batch = { .direction = rig.sign };
	uint64_t times[1024], made = steps_made(now - rig.lag_ns);

	(void)monitor;
	while (rig.told < made) {
		batch.steps = 0;
		batch.first_position = rig.from +
				       rig.sign * (int64_t)(rig.told + 1);
		while (rig.told < made && batch.steps < 64)
			times[batch.steps++] = rig.start_ns +
					       ++rig.told * rig.interval_ns;
		batch.times_ns = times;
		batch.horizon_ns = times[batch.steps - 1];
		batch.missed = rig.missed;
		rig.missed = rig.told > rig.lose_from &&
			     rig.told <= rig.lose_to;
		if (!rig.missed)
			handler->trace(&batch, handler->data);
	}
	return 0;
}

static struct camera *rig_camera(const char *id)
{
	struct camera_settings settings = {
		.width = WIDTH,
		.height = HEIGHT,
		.period_ns = 50 * MS,
		.exposure_ns = 20 * MS,
	};
	struct camera *camera;

	memset(&rig, 0, sizeof(rig));
	rig.there = true;
	rig.from = 450;
	rig.sign = 1;
	rig.interval_ns = 1;
	rig.start_ns = now;
	camera = ops->open(id);
	ck_assert_ptr_nonnull(camera);
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_int_eq(ops->start(camera), 0);
	return camera;
}

/* Return: sequence number */
static uint32_t sees_the_rig(struct camera *camera)
{
	struct camera_frame frame = take(camera);
	struct angle angle;

	ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
	ck_assert_double_eq_tol(angle_between(angle.degrees,
					      rig_degrees(frame.time_ns +
							  10 * MS)),
				0, 0.02);
	return frame.sequence;
}

TEST(it_sees_the_steps_of_the_driver)
{
	struct camera *camera = rig_camera("synthetic:pose=driver");
	uint32_t number = 0;

	rig.lag_ns = 30 * MS;
	ck_assert_uint_eq(sees_the_rig(camera), number++);
	rig_moves(1, 600, MS);
	/* Steady in the middle of the move, at rest after it. */
	for (int i = 0; i < 15; i++) {
		struct camera_frame frame = take(camera);
		uint64_t end_ns = rig.start_ns + 600 * MS;
		struct angle angle;

		ck_assert_uint_eq(frame.sequence, number++);
		if (frame.time_ns < rig.start_ns ||
		    (frame.time_ns < end_ns && frame.time_ns + 20 * MS >
		     end_ns))
			continue;
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		ck_assert_double_eq_tol(angle_between(angle.degrees,
						      rig_degrees(frame.time_ns
								  + 10 * MS)),
					0, 0.02);
	}
	rig_moves(-1, 300, MS);
	now += SECOND;
	for (; number < 30; number++)
		take(camera);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(sees_the_rig(camera), number++);
	ops->close(camera);
}

TEST(the_rotor_moves_the_camera)
{
	struct scene_pose pose = { 45, ROTOR_STEPS / 10.0 };
	struct scene *scene = scene_new(WIDTH, HEIGHT);
	struct camera_settings settings = {
		.width = WIDTH,
		.height = HEIGHT,
		.period_ns = 50 * MS,
	};
	struct camera *camera;
	struct camera_frame frame;
	uint8_t row[WIDTH];

	ops->close(rig_camera("synthetic:pose=driver"));
	rig.rotor = true;
	camera = ops->open("synthetic:pose=driver,rotor=20");
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_int_eq(ops->start(camera), 0);
	frame = take(camera);
	for (uint32_t i = 0; i < HEIGHT; i++) {
		scene_row(scene, i, &pose, 1, 1, CAMERA_FORMAT_GREY8, row);
		ck_assert(!memcmp(row, (const uint8_t *)frame.data +
				  i * WIDTH, WIDTH));
	}
	ops->close(camera);
	scene_free(scene);
}

/* Though the next step is known when the frames are drawn. */
TEST(an_axis_at_rest_does_not_creep_to_its_next_step)
{
	struct camera *camera = rig_camera("synthetic:pose=driver");
	struct angle angle;

	rig_moves(1, 10, 10 * MS);
	now += 200 * MS;
	for (int i = 0; i < 5; i++)
		take(camera);
	now += SECOND;
	rig_moves(1, 3, 100 * MS);
	now += 400 * MS;
	for (int i = 0; i < 15; i++) {
		struct camera_frame frame = take(camera);

		ck_assert_uint_lt(frame.time_ns + 20 * MS, rig.start_ns);
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		ck_assert_double_eq_tol(angle.degrees, 46, 0.02);
	}
	ops->close(camera);
}

TEST(a_position_that_was_set_is_seen_from_then_on)
{
	struct camera *camera = rig_camera("synthetic:pose=driver");
	uint32_t number;

	ck_assert_uint_eq(sees_the_rig(camera), 0);
	rig.from += 900;
	now += 100 * MS;
	number = sees_the_rig(camera);
	ck_assert_uint_gt(number, 1);
	ck_assert_uint_eq(sees_the_rig(camera), number + 1);
	ops->close(camera);
}

/* Frames in the gap are not made up, and those after it are right. */
TEST(lost_steps_are_a_gap_until_the_axis_rests)
{
	struct camera *camera = rig_camera("synthetic:pose=driver");
	uint64_t end_ns;
	bool gap = false;
	uint32_t number;

	number = sees_the_rig(camera);
	rig.lose_from = 200;
	rig.lose_to = 400;
	rig_moves(1, 500, MS);
	end_ns = rig.start_ns + 500 * MS;
	while (now < end_ns + 2 * SECOND) {
		struct camera_frame frame = take(camera);
		struct angle angle;

		gap = gap || frame.sequence != number + 1;
		number = frame.sequence;
		if (frame.time_ns < rig.start_ns ||
		    (frame.time_ns < end_ns && frame.time_ns + 20 * MS >
		     end_ns))
			continue;
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		ck_assert_double_eq_tol(angle_between(angle.degrees,
						      rig_degrees(frame.time_ns
								  + 10 * MS)),
					0, 0.02);
	}
	ck_assert(gap);
	ops->close(camera);
}

TEST(a_driver_that_must_be_there_is_missed)
{
	rig.there = false;
	ck_assert_ptr_null(ops->open("synthetic:pose=driver"));
	ck_assert_int_eq(errno, ENOENT);
}
