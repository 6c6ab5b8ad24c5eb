/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for a capture scan: two axes, a camera, a disk and the clock are
 * played, so that each can fail in every way and no time passes. It lies in
 * shared memory, so that a scan that is killed leaves it as it is to the next.
 *
 * A frame has the positions of both axes at the beginning and the end of its
 * exposure in its pixels, so the photo itself tells where it was taken.
 */
#ifndef CAPTURE_WORLD_H
#define CAPTURE_WORLD_H

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "camera.h"
#include "capture.h"
#include "lights.h"
#include "oscan.h"
#include "photo.h"
#include "preview.h"
#include "project.h"
#include "restore.h"

#define SECOND 1000000000ull
#define NEVER UINT64_MAX
#define PERIOD (SECOND / 20)
#define READOUT (SECOND / 200)
#define EXPOSURE (SECOND / 100)
#define BLACK 64
#define BUFFERS 4
#define MOST_PHOTOS 4096

enum { ROTOR = 0, TURNTABLE = 1, AXES = 2 };

/* What a frame's pixels are, and with them a photo. */
struct seen {
	int64_t begin[AXES];
	int64_t end[AXES];
	uint64_t begin_ns;
	double lens_dpt;
	uint64_t exposure_ns;
};

struct played_axis {
	uint32_t flags;			/* OSCAN_AXIS_HAS_*_STOP */
	uint32_t position_state;
	bool enabled;
	bool no_enable;
	int64_t from;
	int64_t to;
	uint64_t start_ns;
	uint64_t end_ns;		/* of the move that runs or ran last */
	uint64_t stop_ns;		/* it was stopped then, or NEVER */
	uint32_t end;
	uint32_t move_id;
	uint64_t steps_before;
	int64_t target;
	int64_t truth;			/* less what is counted */
};

struct taken {
	struct project_photo id;
	struct seen seen;
	double theta_deg;		/* as it was to be */
	double phi_deg;
	double measured[AXES];
	double sigma[AXES];
	uint64_t exposure_ns;
	double lens_dpt;
	double focal_length_mm;
	uint32_t format;
	uint64_t begin_ns;
	uint64_t end_ns;
};

static struct world {
	/* settings */
	bool no_rotor;
	bool no_device;
	bool controlled;
	uint64_t stuck_from_ns;		/* no step from then on */
	uint64_t stopped_at_ns;		/* or later, from elsewhere */
	uint64_t suspect_at_ns;		/* the turntable stumbles */
	uint64_t state_fails_at_ns;
	double home_error_steps;	/* the rotor is off by so much */
	bool never_closes;
	bool auto_gain_drifts;
	uint64_t vanish_at_ns;
	uint64_t silent_at_ns;
	bool bad_frames;
	unsigned int bad_in;		/* frames from now on, that one alone */
	bool disobedient;		/* the lens stays where it is */
	bool untold;			/* frames do not tell of controls */
	bool untimed;			/* nor of exposures and periods */
	bool coarse;			/* exposes by a third longer */
	uint64_t auto_ns;		/* what it chooses, 0: EXPOSURE */
	uint64_t probed_ns;		/* the driver was loaded then */
	const char *model;
	bool on_demand;
	uint64_t fetch_ns;		/* from the camera's memory */
	void (*in_fetch)(void);		/* when a tenth of a second has */
	uint64_t late_ns;		/* until it can be fetched */
	unsigned int refuse_move;	/* nth from now on, that one alone */
	double focal_length_mm;		/* 0: the camera does not tell it */
	uint32_t mark;
	int focus;			/* what auto-focus comes to */
	uint64_t save_ns;		/* what a photo takes to be saved */
	int save_error;
	unsigned int save_error_at;	/* photos in the journal then */
	uint64_t free_bytes;
	unsigned int kill_at_save;	/* nth photo, counted from 1 */
	int kill_where;			/* before, between or behind */
	int light_error;
	bool busy;			/* another scan runs */

	/* how it is */
	_Atomic uint64_t now;
	struct played_axis axis[AXES];
	uint64_t pulses;
	bool camera_open;
	bool running;
	uint64_t frame;			/* next one */
	bool held;
	uint64_t shot_ns;
	struct camera_frame last;
	struct seen pixels;
	double lens_dpt, lens_next;
	uint64_t exposure_ns, exposure_next;
	double red_gain, red_gain_at_start;
	uint64_t obeyed_ns;
	bool focusing;
	uint64_t focus_ns;
	double light, light_before;
	unsigned int restore_open, restore_closed, camera_starts;
	_Atomic unsigned int put, begun, done, active;
	unsigned int most_waiting;

	/* what is on the disk */
	char folder[64];
	bool made;
	char camera_name[32];
	json_int_t width;
	unsigned int count;
	struct taken taken[MOST_PHOTOS];
	char status[32];
	char message[PROJECT_ERROR_LEN];
	unsigned int points_done;
	double duration_s;
	unsigned int statuses;
} *world;

/*
 * The clock. Time passes when the scan waits; and so that it does not run away
 * from the threads that save, it waits for those that must be done by then.
 */
static _Atomic uint64_t save_end[CAPTURE_WORKERS_MAX];
static atomic_bool shot_waits;
static _Atomic uint64_t fetch_end;
static atomic_bool fetch_returns;

static void yield_to_fetcher(uint64_t to)
{
	uint64_t end;

	/* What is left of it takes no time but the machine's own. */
	if (atomic_exchange(&fetch_returns, false))
		usleep(5000);
	for (int i = 0; i < 20000 && shot_waits; i++)
		sched_yield();
	for (int i = 0; i < 20000; i++) {
		end = fetch_end;
		if (!end || end > to)
			break;
		if (world->now < end)
			world->now = end;
		sched_yield();
	}
}

static void yield_to_savers(uint64_t to)
{
	unsigned int n, workers = CAPTURE_WORKERS_MAX;

	/* Those that can begin, begin. */
	for (int i = 0; i < 20000 && world->put > world->begun &&
	     !world->active; i++)
		sched_yield();
	if (!world->save_ns) {
		for (int i = 0; i < 20000 && world->put > world->done; i++)
			sched_yield();
		return;
	}
	for (n = 0; n < workers; n++)
		for (int i = 0; i < 20000 && save_end[n] &&
		     save_end[n] <= to; i++) {
			if (world->now < save_end[n])
				world->now = save_end[n];
			sched_yield();
		}
}

static void pass(uint64_t ns)
{
	uint64_t to = world->now + ns;

	yield_to_fetcher(to);
	yield_to_savers(to);
	if (to > world->now)
		world->now = to;
}

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	uint64_t now;

	if (!world)
		return __real_clock_gettime(clock, time);
	now = world->now += 100;
	if (clock == CLOCK_REALTIME)
		now += 1700000000 * SECOND;
	time->tv_sec = now / SECOND;
	time->tv_nsec = now % SECOND;
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	pass(time->tv_sec * SECOND + time->tv_nsec);
	return 0;
}

/* An OpenScan Mini with Greenshield. */
static struct oscan_axis_info infos[AXES] = {
	{ .axis = ROTOR, .name = "rotor", .unit = OSCAN_UNIT_DEGREE,
	  .flags = OSCAN_AXIS_HAS_LIMITS, .full_steps_per_turn = 200,
	  .microsteps = 16, .gear_num = 40, .gear_den = 3,
	  .limit_min = 1422, .limit_max = 14815,
	  .max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
	  .max_accel_sps2_q32 = 20000 * OSCAN_ACCEL_ONE },
	{ .axis = TURNTABLE, .name = "turntable", .unit = OSCAN_UNIT_DEGREE,
	  .flags = OSCAN_AXIS_WRAPS, .full_steps_per_turn = 200,
	  .microsteps = 16, .gear_num = 1, .gear_den = 1,
	  .max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
	  .max_accel_sps2_q32 = 5000 * OSCAN_ACCEL_ONE },
};

static const struct oscan_info info = {
	.axes = AXES, .max_rate_sps = 8000, .triggers = 1,
	.driver_version = "test",
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Even speed from rest to rest will do. */
static int64_t position_at(const struct played_axis *axis, uint64_t ns)
{
	uint64_t length = axis->end_ns - axis->start_ns;

	ns = least(ns, least(axis->stop_ns, world->stuck_from_ns));
	if (ns <= axis->start_ns || !length)
		return axis->from;
	if (ns >= axis->end_ns)
		return axis->to;
	return axis->from + (axis->to - axis->from) *
			    (int64_t)((ns - axis->start_ns) / 1000) /
			    (int64_t)(length / 1000);
}

/* A stop takes a while. */
#define RAMP (SECOND / 50)

static bool at_rest(const struct played_axis *axis, uint64_t ns)
{
	if (axis->stop_ns != NEVER)
		return ns >= axis->stop_ns + RAMP;
	if (ns < axis->end_ns)
		return false;
	return axis->end_ns <= world->stuck_from_ns;
}

struct oscan_motor {
	int unused;
};

static struct oscan_motor the_motor;

struct oscan_motor *oscan_motor_open(const char *path, bool writable)
{
	(void)path;
	(void)writable;
	errno = ENOENT;
	return world->no_device ? NULL : &the_motor;
}

void oscan_motor_close(struct oscan_motor *motor)
{
	if (motor)
		oscan_motor_stop(motor, ~0u);
}

const struct oscan_info *oscan_motor_info(const struct oscan_motor *motor)
{
	static struct oscan_info told;

	(void)motor;
	told = info;
	told.probed_ns = world->probed_ns;
	return &told;
}

const struct oscan_axis_info *
oscan_motor_axis_info(const struct oscan_motor *motor, unsigned int axis)
{
	(void)motor;
	infos[axis].flags &= ~(OSCAN_AXIS_HAS_MIN_STOP |
			       OSCAN_AXIS_HAS_MAX_STOP);
	infos[axis].flags |= world->axis[axis].flags;
	return &infos[axis];
}

int oscan_motor_find_axis(const struct oscan_motor *motor, const char *name)
{
	(void)motor;
	for (int i = world->no_rotor; i < AXES; i++)
		if (!strcmp(infos[i].name, name))
			return i;
	errno = ENXIO;
	return -1;
}

static void happen(void)
{
	uint64_t now = world->now;

	if (now >= world->suspect_at_ns) {
		world->axis[TURNTABLE].position_state =
			OSCAN_POSITION_SUSPECT;
		world->suspect_at_ns = NEVER;
	}
	for (int i = 0; i < AXES && now >= world->stopped_at_ns; i++)
		if (!at_rest(&world->axis[i], now)) {
			world->axis[i].stop_ns = now;
			world->axis[i].end = OSCAN_END_STOPPED;
			world->stopped_at_ns = NEVER;
		}
}

int oscan_motor_state(struct oscan_motor *motor, unsigned int number,
		      struct oscan_state *state)
{
	struct played_axis *axis = &world->axis[number];
	uint64_t now = world->now += 100;

	(void)motor;
	if (now >= world->state_fails_at_ns) {
		errno = ENODEV;
		return -1;
	}
	happen();
	*state = (struct oscan_state){
		.axis = number,
		.flags = (axis->enabled ? OSCAN_STATE_ENABLED : 0) |
			 (world->controlled ? OSCAN_STATE_CONTROLLED : 0),
		.motion = at_rest(axis, now) ? OSCAN_MOTION_IDLE :
					       OSCAN_MOTION_MOVING,
		.position_state = axis->position_state,
		.end = axis->end,
		.move_id = axis->move_id,
		.position = position_at(axis, now),
		.target = axis->target,
		.time_ns = now,
		.last_step_ns = least(least(now, axis->end_ns), axis->stop_ns),
		.steps = axis->steps_before,
	};
	state->steps += llabs(state->position - axis->from);
	if (axis->end == OSCAN_END_STOPPED)
		state->motion = at_rest(axis, now) ? OSCAN_MOTION_IDLE :
						     OSCAN_MOTION_STOPPING;
	return 0;
}

int oscan_motor_enable(struct oscan_motor *motor, unsigned int axis, bool on)
{
	(void)motor;
	ck_assert(world->restore_open > world->restore_closed);
	world->axis[axis].enabled = on;
	return 0;
}

static void set_off(struct played_axis *axis, int64_t to, double speed)
{
	uint64_t now = world->now;
	int64_t at = position_at(axis, now);

	axis->steps_before += llabs(at - axis->from);
	axis->from = at;
	axis->to = to;
	axis->target = to;
	axis->start_ns = now;
	axis->end_ns = now + llabs(to - at) / speed * SECOND;
	axis->stop_ns = NEVER;
	axis->end = OSCAN_END_DONE;
	axis->move_id++;
}

int oscan_motor_move_together(struct oscan_motor *motor,
			      struct oscan_move *moves, unsigned int count,
			      bool arrive)
{
	double rate = 0;

	(void)motor;
	(void)arrive;
	if (world->refuse_move && !--world->refuse_move) {
		errno = ENOSPC;
		return -1;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct played_axis *axis = &world->axis[moves[i].axis];

		ck_assert(axis->enabled);
		ck_assert(at_rest(axis, world->now));
		rate += oscan_speed_to_double(moves[i].speed_sps_q44);
		set_off(axis, moves[i].target,
			oscan_speed_to_double(moves[i].speed_sps_q44));
		moves[i].start_ns = axis->start_ns;
		moves[i].duration_ns = axis->end_ns - axis->start_ns;
		moves[i].move_id = axis->move_id;
	}
	ck_assert(rate <= info.max_rate_sps + 1e-6);
	return 0;
}

int oscan_motor_stop(struct oscan_motor *motor, uint32_t axes)
{
	(void)motor;
	for (int i = 0; i < AXES; i++)
		if ((axes & 1u << i) && !at_rest(&world->axis[i],
						 world->now)) {
			world->axis[i].stop_ns = world->now;
			world->axis[i].end = OSCAN_END_STOPPED;
		}
	return 0;
}

int oscan_motor_halt(struct oscan_motor *motor, uint32_t axes)
{
	return oscan_motor_stop(motor, axes);
}

/* Steps for half a second, asking all the while, then it is there. */
int oscan_home(struct oscan_motor *motor, struct oscan_homing *homing)
{
	struct played_axis *axis = &world->axis[homing->axis];
	struct oscan_state state;

	(void)motor;
	ck_assert(axis->enabled);
	ck_assert(axis->flags);
	for (int i = 0; i < 20; i++) {
		pass(SECOND / 40);
		oscan_motor_state(motor, homing->axis, &state);
		if (!homing->go_on(&state, homing->data)) {
			errno = ECANCELED;
			return -1;
		}
	}
	if (world->never_closes) {
		errno = ENODATA;
		return -1;
	}
	axis->from = axis->to = axis->target = homing->position;
	axis->steps_before += 1000;
	axis->truth = 0;
	axis->end_ns = world->now;
	axis->position_state = OSCAN_POSITION_KNOWN;
	return 0;
}

int oscan_trigger_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	errno = ENXIO;
	return strcmp(name, "camera") ? -1 : 0;
}

int oscan_trigger_pulse(struct oscan_motor *motor, unsigned int line,
			uint32_t width_ns, struct oscan_pulse *pulse)
{
	(void)motor;
	*pulse = (struct oscan_pulse){ .line = line, .width_ns = width_ns,
				       .time_ns = world->now };
	for (int i = 0; i < AXES; i++) {
		ck_assert(at_rest(&world->axis[i], world->now));
		pulse->positions[i] = position_at(&world->axis[i], world->now);
	}
	world->pulses++;
	return 0;
}

/* The camera. */
struct camera {
	int unused;
};

static struct camera the_camera;

static struct camera *camera_open(const char *id)
{
	errno = ENODEV;
	if (id && !strcmp(id, "none"))
		return NULL;
	ck_assert(!world->camera_open);
	world->camera_open = true;
	world->lens_dpt = world->lens_next = 2;
	world->red_gain = 0;
	world->exposure_ns = world->exposure_next =
		world->auto_ns ? world->auto_ns : EXPOSURE;
	return &the_camera;
}

static void camera_close(struct camera *camera)
{
	(void)camera;
	ck_assert(!world->held);
	world->camera_open = false;
}

static const char *camera_id(const struct camera *camera)
{
	(void)camera;
	return "played";
}

static const char *camera_model(const struct camera *camera)
{
	(void)camera;
	return world->model;
}

static void camera_can(const struct camera *camera,
		       struct camera_capabilities *capabilities)
{
	(void)camera;
	*capabilities = (struct camera_capabilities){
		.sets_exposure = true, .sets_gain = true, .counts_gaps = true,
		.mark = world->mark, .readout_ns = READOUT,
		.sets_lens = true, .lens_max_dpt = 15, .has_autofocus = true,
		.sets_white_balance = true, .on_demand = world->on_demand,
		.focal_length_mm = world->focal_length_mm, .pixel_um = 1.5,
	};
}

static int camera_configure(struct camera *camera,
			    struct camera_settings *settings)
{
	(void)camera;
	settings->width = sizeof(struct seen);
	settings->height = 1;
	settings->format = CAMERA_FORMAT_GREY8;
	settings->period_ns = PERIOD;
	if (settings->exposure_ns)
		world->exposure_ns = world->exposure_next =
			settings->exposure_ns;
	settings->exposure_ns = world->untimed ? 0 : world->exposure_ns;
	if (world->untimed)
		settings->period_ns = 0;
	settings->gain = 1;
	return 0;
}

static int camera_start(struct camera *camera)
{
	(void)camera;
	ck_assert(!world->running);
	world->running = true;
	world->camera_starts++;
	world->red_gain_at_start = world->red_gain;
	world->frame = world->now / PERIOD + 1;
	return 0;
}

static void see(struct seen *seen, uint64_t begin_ns)
{
	uint64_t end_ns = begin_ns + world->exposure_ns + READOUT;

	*seen = (struct seen){ .begin_ns = begin_ns,
			       .lens_dpt = world->lens_dpt,
			       .exposure_ns = world->exposure_ns };
	for (int i = 0; i < AXES; i++) {
		const struct played_axis *axis = &world->axis[i];

		seen->begin[i] = position_at(axis, begin_ns) + axis->truth;
		seen->end[i] = position_at(axis, end_ns) + axis->truth;
		/* What slips in a stop cannot be on a picture. */
		if (!at_rest(axis, begin_ns) || !at_rest(axis, end_ns))
			seen->end[i] = INT64_MAX;
	}
}

static uint64_t marked(const struct seen *seen)
{
	switch (world->mark) {
	case CAMERA_MARK_READOUT_START:
		return seen->begin_ns + seen->exposure_ns;
	case CAMERA_MARK_FRAME_END:
		return seen->begin_ns + seen->exposure_ns + READOUT;
	case CAMERA_MARK_UNKNOWN:
		return seen->begin_ns + PERIOD / 2;
	default:
		return seen->begin_ns;
	}
}

static bool is_bad(void)
{
	return world->bad_in && !--world->bad_in;
}

static void tell_frame(struct camera_frame *frame)
{
	*frame = (struct camera_frame){
		.data = &world->pixels, .size = sizeof(world->pixels),
		.time_ns = marked(&world->pixels), .sequence = world->frame,
		.status = world->bad_frames || is_bad() ? CAMERA_FRAME_BAD :
							  CAMERA_FRAME_GOOD,
		.frame_duration_ns = world->untimed ? 0 : PERIOD, .gain = 1,
		.exposure_ns = world->untold || world->untimed ? 0 :
			       world->exposure_ns,
		.lens_dpt = world->untold ? NAN : world->lens_dpt,
		.red_gain = 1.8, .blue_gain = 1.9,
		.bayer_black = BLACK,
	};
	if (world->coarse)
		frame->exposure_ns *= 1.3;
	if (world->auto_gain_drifts && world->frame % 2)
		frame->gain = 2;
	if (!world->focusing)
		return;
	frame->focus = world->now < world->focus_ns + SECOND ?
		       CAMERA_FOCUS_SCANNING : world->focus;
	if (frame->focus != CAMERA_FOCUS_FOUND)
		return;
	world->lens_dpt = world->lens_next = 7.25;
	if (!world->untold)
		frame->lens_dpt = world->lens_dpt;
}

/* Controls count two frames later, but for a frame that is asked for. */
static void obey(uint64_t begin_ns)
{
	if (!world->on_demand && begin_ns < world->obeyed_ns + 2 * PERIOD)
		return;
	world->exposure_ns = world->exposure_next;
	if (!world->disobedient)
		world->lens_dpt = world->lens_next;
}

static int wait_until(uint64_t ns, int timeout_ms)
{
	uint64_t limit = world->now + timeout_ms * 1000000ull;

	if (ns <= world->now)
		return 0;
	if (ns <= limit) {
		pass(ns - world->now);
		return 0;
	}
	pass(limit - world->now);
	errno = ETIMEDOUT;
	return -1;
}

/* Unless the scan does nothing else but wait for this thread. */
static void wait_for_scan(uint64_t until)
{
	uint64_t seen = world->now;

	fetch_end = until;
	for (int i = 0; world->now < until; i++) {
		if (world->now != seen)
			i = 0;
		seen = world->now;
		if (i > 500000)
			world->now = until;
		sched_yield();
	}
}

/* In a thread of its own time passes as it does for the scan. */
static void hand_over(void)
{
	uint64_t begin = world->now, end = begin + world->fetch_ns;

	if (gettid() == getpid()) {
		pass(world->fetch_ns);
		return;
	}
	fetch_end = end;
	shot_waits = false;
	wait_for_scan(least(begin + SECOND / 10, end));
	if (world->in_fetch)
		world->in_fetch();
	wait_for_scan(end);
	fetch_returns = true;
	fetch_end = 0;
}

static int next_frame(struct camera_frame *frame, int timeout_ms)
{
	uint64_t begin_ns = world->frame * PERIOD;

	ck_assert(world->running && !world->held);
	if (world->now >= world->vanish_at_ns) {
		errno = EIO;
		return -1;
	}
	if (world->now >= world->silent_at_ns)
		return wait_until(NEVER, timeout_ms);
	if (world->on_demand)
		begin_ns = world->shot_ns ? world->shot_ns : NEVER;
	else if (world->now > begin_ns + BUFFERS * PERIOD)
		begin_ns = (world->now / PERIOD - BUFFERS + 1) * PERIOD;
	if (begin_ns == NEVER)
		return wait_until(NEVER, timeout_ms);
	if (world->on_demand && wait_until(begin_ns + world->late_ns,
					   timeout_ms))
		return -1;
	if (world->on_demand)
		hand_over();
	else
		obey(begin_ns);
	if (wait_until(begin_ns + world->exposure_ns + READOUT, timeout_ms))
		return -1;
	if (!world->on_demand)
		see(&world->pixels, begin_ns);
	tell_frame(frame);
	world->frame = begin_ns / PERIOD + 1;
	world->shot_ns = 0;
	world->held = true;
	return 0;
}

static int camera_next(struct camera *camera, struct camera_frame *frame,
		       int timeout_ms)
{
	int failed;

	(void)camera;
	if (gettid() == getpid())
		shot_waits = false;
	failed = next_frame(frame, timeout_ms);
	shot_waits = false;
	return failed;
}

static void camera_release(struct camera *camera, struct camera_frame *frame)
{
	(void)camera;
	(void)frame;
	ck_assert(world->held);
	world->held = false;
}

static void camera_stop(struct camera *camera)
{
	(void)camera;
	ck_assert(!world->held);
	world->running = false;
}

static int camera_control(struct camera *camera,
			  const struct camera_controls *controls)
{
	(void)camera;
	if (controls->lens_dpt > 15 || controls->exposure_ns > PERIOD) {
		errno = EINVAL;
		return -1;
	}
	if (!isnan(controls->lens_dpt))
		world->lens_next = controls->lens_dpt;
	if (controls->exposure_ns)
		world->exposure_next = controls->exposure_ns;
	if (controls->red_gain)
		world->red_gain = controls->red_gain;
	world->obeyed_ns = world->now;
	if (controls->autofocus) {
		world->focusing = true;
		world->focus_ns = world->now;
	}
	return 0;
}

static int camera_shoot(struct camera *camera)
{
	(void)camera;
	ck_assert(world->on_demand && !world->shot_ns);
	world->shot_ns = world->now;
	obey(world->shot_ns);
	pass(world->exposure_ns + READOUT);
	see(&world->pixels, world->shot_ns);
	shot_waits = true;
	return 0;
}

static const struct camera_ops played_camera = {
	.name = "played", .open = camera_open, .close = camera_close,
	.id = camera_id, .model = camera_model, .capabilities = camera_can,
	.configure = camera_configure, .start = camera_start,
	.next = camera_next, .release = camera_release, .stop = camera_stop,
	.control = camera_control, .shoot = camera_shoot,
};

void preview_offer(struct preview *preview, const struct photo_pixels *frame)
{
	(void)preview;
	(void)frame;
}

/* Light and settings. */
int light_get(const char *name, double *percent)
{
	*percent = world->light;
	errno = ENODEV;
	return strcmp(name, "ring") ? -1 : 0;
}

int light_set(const char *name, double percent)
{
	(void)name;
	ck_assert(world->restore_open > world->restore_closed);
	world->light = percent;
	errno = world->light_error;
	return world->light_error ? -1 : 0;
}

struct restore {
	int unused;
};

static struct restore the_restore;

struct restore *restore_open(const char *folder, uint32_t *restored,
			     char *why)
{
	(void)folder;
	*restored = 0;
	*why = '\0';
	if (world->busy) {
		strcpy(why, "another scan runs");
		errno = EBUSY;
		return NULL;
	}
	/* What a killed one has left. */
	world->light = world->light_before;
	world->restore_open = world->restore_closed + 1;
	return &the_restore;
}

const char *restore_path(const struct restore *restore)
{
	(void)restore;
	return "/played";
}

int restore_note_camera(struct restore *restore)
{
	(void)restore;
	return 0;
}

int restore_note_light(struct restore *restore, const char *name)
{
	(void)restore;
	(void)name;
	return 0;
}

int restore_close(struct restore *restore, uint32_t *restored, char *why)
{
	(void)restore;
	*restored = 0;
	*why = '\0';
	ck_assert(!world->camera_open);
	world->light = world->light_before;
	world->restore_closed++;
	return 0;
}

/* The disk. */
int __wrap_statvfs(const char *path, struct statvfs *space);

int __wrap_statvfs(const char *path, struct statvfs *space)
{
	(void)path;
	*space = (struct statvfs){ .f_frsize = 1 };
	space->f_bavail = world->free_bytes;
	return 0;
}

struct project {
	int unused;
};

struct project_scan {
	int unused;
};

static struct project the_project;
static struct project_scan the_scan;

const char *project_root(const char *root)
{
	return root ? root : "/tmp";
}

int project_name_check(const char *name, char error[PROJECT_ERROR_LEN])
{
	strcpy(error, "wanted another name");
	errno = EINVAL;
	return strchr(name, '/') ? -1 : 0;
}

struct project *project_open(const char *root, const char *name, bool create,
			     char error[PROJECT_ERROR_LEN])
{
	(void)root;
	(void)name;
	strcpy(error, "no such project");
	errno = ENOENT;
	return create || world->made ? &the_project : NULL;
}

void project_close(struct project *project)
{
	(void)project;
}

struct project_scan *project_scan_new(struct project *project,
				      json_t *settings,
				      const char *camera_name,
				      json_t *camera_settings,
				      char error[PROJECT_ERROR_LEN])
{
	(void)project;
	(void)error;
	snprintf(world->camera_name, sizeof(world->camera_name), "%s",
		 camera_name);
	world->width = json_integer_value(json_object_get(camera_settings,
							  "width"));
	ck_assert(json_is_object(settings));
	ck_assert(json_is_object(camera_settings));
	json_decref(settings);
	json_decref(camera_settings);
	world->made = true;
	return &the_scan;
}

struct project_scan *project_scan_open(struct project *project,
				       unsigned int index,
				       char error[PROJECT_ERROR_LEN])
{
	(void)project;
	strcpy(error, "no such scan");
	errno = ENOENT;
	return world->made && index == 1 ? &the_scan : NULL;
}

unsigned int project_scan_index(const struct project_scan *scan)
{
	(void)scan;
	return 1;
}

const char *project_scan_folder(const struct project_scan *scan)
{
	(void)scan;
	return world->folder;
}

size_t project_scan_photos(struct project_scan *scan)
{
	(void)scan;
	return world->count;
}

void project_photo_name(const struct project_scan *scan,
			const struct project_photo *photo,
			char name[PROJECT_PHOTO_LEN])
{
	(void)scan;
	snprintf(name, PROJECT_PHOTO_LEN, "scan01_%03u_%d_%d", photo->original,
		 photo->stack, photo->bracket);
}

int project_photo_path(const struct project_scan *scan,
		       const struct project_photo *photo,
		       enum photo_format format, char *path, size_t size)
{
	(void)scan;
	(void)format;
	snprintf(path, size, "%u", photo->original);
	return 0;
}

json_t *project_metadata(const struct project_scan *scan,
			 const struct project_photo *photo,
			 enum photo_format format, double theta_deg,
			 double phi_deg, double radius_mm,
			 const struct photo_info *info)
{
	unsigned int waiting;

	(void)scan;
	(void)photo;
	(void)format;
	(void)radius_mm;
	waiting = ++world->put - world->done;
	if (waiting > world->most_waiting)
		world->most_waiting = waiting;
	return json_pack("{s:[f, f], s:{s:f, s:f, s:f, s:f}, s:I, s:f, s:f}",
			 "planned", theta_deg, phi_deg, "measured",
			 "theta", info->theta_deg, "fi", info->phi_deg,
			 "theta_sigma", isnan(info->theta_sigma_deg) ? -1 :
			 info->theta_sigma_deg,
			 "fi_sigma", info->phi_sigma_deg,
			 "exposure_ns", (json_int_t)info->exposure_ns,
			 "lens", isnan(info->lens_dpt) ? -1 : info->lens_dpt,
			 "focal_length", info->focal_length_mm);
}

static void maybe_die(int where)
{
	if (world->kill_at_save == world->begun && world->kill_where == where)
		raise(SIGKILL);
}

static _Thread_local struct seen saved_pixels;
static _Thread_local unsigned int saver;

/* A worker of its own: what one thread puts in must not be seen by others. */
int photo_save(const char *path, enum photo_format format, int quality,
	       const struct photo_pixels *pixels,
	       const struct photo_info *info, uint64_t *bytes)
{
	static atomic_uint workers;
	uint64_t until;

	(void)path;
	(void)format;
	(void)quality;
	(void)info;
	if (!saver)
		saver = ++workers;
	world->active++;
	world->begun++;
	maybe_die(1);
	ck_assert_uint_eq(pixels->size, sizeof(struct seen));
	ck_assert_uint_eq(pixels->bayer_black, BLACK);
	memcpy(&saved_pixels, pixels->data, sizeof(saved_pixels));
	if (world->save_ns) {
		until = world->now + world->save_ns;
		save_end[saver % CAPTURE_WORKERS_MAX] = until;
		while (world->now < until)
			sched_yield();
	}
	*bytes = 1000;
	if (world->save_error && world->count >= world->save_error_at) {
		world->active--;
		world->done++;
		save_end[saver % CAPTURE_WORKERS_MAX] = 0;
		errno = world->save_error;
		return -1;
	}
	maybe_die(2);
	save_end[saver % CAPTURE_WORKERS_MAX] = 0;
	world->active--;
	return 0;
}

static atomic_flag journal = ATOMIC_FLAG_INIT;

int project_photo_done(struct project_scan *scan,
		       const struct project_photo *photo,
		       enum photo_format format, uint64_t bytes,
		       json_t *metadata)
{
	json_t *measured = json_object_get(metadata, "measured");
	json_t *planned = json_object_get(metadata, "planned"), *exposure;
	struct taken *taken;

	(void)scan;
	(void)bytes;
	if (!format)
		world->begun++;
	while (atomic_flag_test_and_set(&journal))
		sched_yield();
	ck_assert_uint_lt(world->count, MOST_PHOTOS);
	taken = &world->taken[world->count];
	taken->id = *photo;
	taken->seen = saved_pixels;
	taken->format = format;
	taken->theta_deg = json_number_value(json_array_get(planned, 0));
	taken->phi_deg = json_number_value(json_array_get(planned, 1));
	taken->measured[ROTOR] =
		json_number_value(json_object_get(measured, "theta"));
	taken->measured[TURNTABLE] =
		json_number_value(json_object_get(measured, "fi"));
	taken->sigma[ROTOR] =
		json_number_value(json_object_get(measured, "theta_sigma"));
	taken->sigma[TURNTABLE] =
		json_number_value(json_object_get(measured, "fi_sigma"));
	taken->exposure_ns =
		json_integer_value(json_object_get(metadata, "exposure_ns"));
	taken->lens_dpt = json_number_value(json_object_get(metadata, "lens"));
	taken->focal_length_mm = json_number_value(json_object_get(metadata,
							"focal_length"));
	exposure = json_object_get(measured, "exposure");
	taken->begin_ns = json_integer_value(json_object_get(exposure,
							     "begin_ns"));
	taken->end_ns = json_integer_value(json_object_get(exposure,
							   "end_ns"));
	world->count++;
	atomic_flag_clear(&journal);
	json_decref(metadata);
	maybe_die(3);
	world->done++;
	return 0;
}

bool project_has_photo(struct project_scan *scan,
		       const struct project_photo *photo)
{
	(void)scan;
	for (unsigned int i = 0; i < world->count; i++)
		if (world->taken[i].id.original == photo->original &&
		    world->taken[i].id.stack == photo->stack &&
		    world->taken[i].id.bracket == photo->bracket)
			return true;
	return false;
}

void project_scan_progress(struct project_scan *scan, unsigned int points_done,
			   double duration_s)
{
	(void)scan;
	world->points_done = points_done;
	world->duration_s = duration_s;
}

double project_scan_duration(struct project_scan *scan)
{
	(void)scan;
	return world->duration_s;
}

int project_scan_status(struct project_scan *scan, const char *status,
			const char *message)
{
	(void)scan;
	snprintf(world->status, sizeof(world->status), "%s", status);
	snprintf(world->message, sizeof(world->message), "%s",
		 message ? message : "");
	world->statuses++;
	return 0;
}

int project_thumbnail(struct project *project,
		      const struct photo_pixels *pixels, uint32_t orientation)
{
	(void)project;
	(void)pixels;
	(void)orientation;
	return 0;
}

void project_scan_close(struct project_scan *scan)
{
	(void)scan;
}

json_t *project_scan_read(const char *root, const char *name,
			  unsigned int index, char error[PROJECT_ERROR_LEN])
{
	(void)root;
	(void)name;
	(void)index;
	(void)error;
	return json_pack("{s:s, s:{s:I, s:i}}",
			 "camera_name", world->camera_name, "camera_settings",
			 "width", world->width, "height", 1);
}

static const char *const format_names[] = {
	[PHOTO_JPEG] = "jpeg", [PHOTO_TIFF] = "tiff", [PHOTO_DNG] = "dng",
	[PHOTO_RAW] = "raw", [PHOTO_HDF5] = "hdf5", [PHOTO_PNG] = "png",
};

const char *photo_format_name(enum photo_format format)
{
	return format <= PHOTO_PNG ? format_names[format] : NULL;
}

int photo_format(const char *name)
{
	for (int i = 1; i <= PHOTO_PNG; i++)
		if (!strcmp(format_names[i], name))
			return i;
	return -1;
}

/* As after the machine has been switched on, all homed, in shared memory. */
static void world_begin(void)
{
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(world != MAP_FAILED);
	world->now = 100 * SECOND;
	world->probed_ns = 1ull << 60;
	world->stuck_from_ns = NEVER;
	world->stopped_at_ns = NEVER;
	world->suspect_at_ns = NEVER;
	world->state_fails_at_ns = NEVER;
	world->vanish_at_ns = NEVER;
	world->silent_at_ns = NEVER;
	world->mark = CAMERA_MARK_EXPOSURE_START;
	world->model = "played";
	world->free_bytes = 1ull << 40;
	world->light_before = 20;
	world->light = 20;
	for (int i = 0; i < AXES; i++) {
		world->axis[i].position_state = OSCAN_POSITION_KNOWN;
		world->axis[i].end = OSCAN_END_NONE;
		world->axis[i].stop_ns = NEVER;
	}
	world->axis[ROTOR].from = world->axis[ROTOR].to = 10667;
	strcpy(world->folder, "/dev/shm/capture-world.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world->folder));
}

static void world_end(void)
{
	char file[128];
	static const char *const files[] = { "path.json", "locked.json" };

	for (int i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "%s/%s", world->folder,
			 files[i]);
		unlink(file);
	}
	ck_assert_int_eq(rmdir(world->folder), 0);
	munmap(world, sizeof(*world));
	world = NULL;
}

/* And what is lost when the driver is loaded again. */
static void world_load_driver(void)
{
	static const int64_t initial[AXES] = { 10667, 0 };

	world->probed_ns++;
	for (int i = 0; i < AXES; i++) {
		world->axis[i].from = world->axis[i].to = initial[i];
		world->axis[i].steps_before = 0;
		world->axis[i].enabled = false;
		world->axis[i].position_state = OSCAN_POSITION_ASSUMED;
	}
}

/* What a kernel does when the program is gone. */
static void world_after_death(void)
{
	oscan_motor_stop(NULL, ~0u);
	world->now += SECOND;
	world->camera_open = false;
	world->running = false;
	world->held = false;
	world->put = world->begun = world->done = world->active = 0;
	world->kill_at_save = 0;
}

#endif /* CAPTURE_WORLD_H */
