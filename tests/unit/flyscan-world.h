/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fly scan in a world of its own: motor, camera, writer and the clock are
 * replaced, so that each can fail in every way and no time passes. The motor
 * moves by the closed form, so where it is at any time is known exactly.
 */
#ifndef FLYSCAN_WORLD_H
#define FLYSCAN_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "camera.h"
#include "flyscan.h"
#include "oscan.h"
#include "photo.h"
#include "preview.h"
#include "unit.h"
#include "writer.h"

#include "restore.h"
#include "scan.h"

#define SECOND 1000000000ull
#define MOST_FRAMES 4096
#define MOST_STEPS 200000
#define WIDTH 8
#define HEIGHT 4
#define NEVER UINT64_MAX

/* What happened, in order. */
enum event {
	EVENT_MONITOR = 1,
	EVENT_FILE,
	EVENT_ENABLE,
	EVENT_MOVE,
	EVENT_STOP,
	EVENT_CAMERA_START,
	EVENT_CAMERA_STOP,
	EVENT_FRAME,
	EVENT_CLOSE,
	EVENT_FINISH,
	EVENT_FILE_CLOSE,
};

struct moved {
	int64_t from;
	int64_t to;
	double speed;
	double accel;
	uint64_t start_ns;
	uint64_t stop_ns;	/* NEVER: it runs to its end */
	int64_t told;		/* steps on the trace */
	int64_t made;		/* steps, when it has ended */
};

static struct world {
	/* settings */
	bool no_device;
	bool no_camera;
	bool camera_busy;
	bool controlled;
	bool camera_obeys;
	bool on_demand;			/* it takes single photos */
	uint64_t camera_period_ns;
	uint64_t exposure_ns;
	uint64_t told_exposure_ns;	/* instead of it, if set */
	bool tells_no_exposure;		/* but obeys what is set */
	int64_t camera_clock_ns;	/* less CLOCK_MONOTONIC */
	uint32_t mark;
	uint64_t readout_ns;
	uint32_t gap_at;		/* this frame is dropped */
	uint64_t silent_from;		/* nth frame since start never comes */
	unsigned int silent_start;	/* from this start of the camera on */
	uint64_t wrong_from;		/* nth frame of the pass */
	size_t wrong_size;		/* bytes less than it should have */
	int64_t wrong_ns;		/* later than the one before, if set */
	bool wrong_time;
	uint32_t wrong_count;		/* less than it should be */
	int wrong_error;		/* errno instead of the frame */
	int64_t stuck_at;		/* steps of the pass that are made */
	int64_t stopped_at;		/* likewise; then it was stopped */
	int64_t lose_from;		/* messages that end in here are */
	int64_t lose_to;		/* lost */
	int put_error;
	uint64_t put_error_at;
	uint64_t pack_lost;		/* frames lost by the compressor */
	uint64_t cancel_at_ns;
	enum flyscan_phase cancel_in;
	unsigned int creep;		/* the pass takes so many times longer */
	bool times_creep;		/* of frames: 1 us from one to the next */
	bool times_repeat;		/* from the 10th frame on */
	uint64_t first_delay_ns;	/* of the first frame after a start */
	uint64_t dropped[8];		/* told after each start */
	bool state_fails;
	bool no_plugins;
	uint32_t position_state;
	uint64_t stall_at;		/* frames written then */
	uint64_t stall_until_ns;	/* 0: for ever */
	uint64_t stall_ns;		/* that it lasts from when it began */
	uint64_t crawl_ns;		/* instead: a frame takes so long */
	uint64_t crawl_begin_ns;
	int finish_error;
	uint64_t written_from_ns;	/* until then nothing is */
	uint64_t disk_ns;		/* the disk takes so long at the end */
	uint64_t disk_turn_ns;		/* all but two frames, so long */
	uint64_t disk_done_ns;
	unsigned int failing_move;	/* nth one, 0: none */
	unsigned int stumbling_move;	/* likewise */
	unsigned int failing_start;	/* likewise, of the camera */
	uint64_t set_exposure_ns;	/* instead of that asked for, if set */
	uint32_t width;			/* instead of WIDTH and HEIGHT */
	uint32_t height;

	/* how it is */
	uint64_t now;
	bool enabled;
	int64_t position;
	uint64_t steps;
	uint32_t move_id;
	uint32_t end;
	struct moved move;
	bool moving;
	bool missed;
	unsigned int moves;

	bool camera_running;
	unsigned int camera_starts;
	uint64_t camera_start_ns;
	uint64_t frame;			/* next one, since start */
	bool held;
	uint8_t pixels[WIDTH * HEIGHT * 3];

	uint64_t taken;
	struct writer_frame frames[MOST_FRAMES];
	double position_stored[MOST_FRAMES];
	double start_stored[MOST_FRAMES];
	double end_stored[MOST_FRAMES];
	double sigma_stored[MOST_FRAMES];
	uint8_t in_scan[MOST_FRAMES];
	uint64_t pass[MOST_FRAMES];
	size_t paired;
	size_t shown;
	size_t traced;
	size_t steps_put;
	uint64_t put_ns[MOST_STEPS];
	size_t course[WRITER_COURSE_STROBE_END + 1];
	size_t earlier_steps;
	char status[FLYSCAN_ERROR_LEN];
	char exit_status[16];

	enum event events[MOST_FRAMES];
	size_t n_events;
	uint64_t watched_moves;
	volatile int cancel;

	struct camera_settings asked;
	uint32_t queue_frames;
	bool drop;
	char metadata[2048];
	uint64_t put_dropped;
	uint64_t longest_sleep_ns;
	unsigned int monitors;
	unsigned int closes;
	unsigned int halts;
	uint64_t waited;	/* frames, when the camera had stopped */
	unsigned int cameras;
	unsigned int camera_opens;
	bool moved_at_start;
	struct moved list[8];
	struct {
		char name[64];
		double number;
		char text[FLYSCAN_ERROR_LEN];
	} stored[256];
	size_t n_stored;
	struct {
		char name[64];
		size_t count;
		double values[2 * MOST_FRAMES];
	} arrays[64];
	size_t n_arrays;
} world;

static struct flyscan_request request;

/* The first pass, kept when the world has come to rest. */
static struct moved passed;

static void happened(enum event event)
{
	if (world.n_events < MOST_FRAMES)
		world.events[world.n_events++] = event;
}

static size_t first(enum event event, size_t from)
{
	while (from < world.n_events && world.events[from] != event)
		from++;
	return from;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_poll(struct pollfd *list, nfds_t count, int timeout_ms);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	uint64_t now = world.now;

	world.now += 100;
	if (clock == CLOCK_REALTIME)
		now += 1700000000 * SECOND;
	time->tv_sec = now / SECOND;
	time->tv_nsec = now % SECOND;
	return 0;
}

static void advance(uint64_t to)
{
	if (to > world.now && to - world.now > world.longest_sleep_ns)
		world.longest_sleep_ns = to - world.now;
	if (to > world.now)
		world.now = to;
	if (world.cancel_at_ns && world.now >= world.cancel_at_ns)
		world.cancel = 1;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left)
{
	uint64_t ns = time->tv_sec * SECOND + time->tv_nsec;

	(void)clock;
	(void)left;
	advance(flags & TIMER_ABSTIME ? ns : world.now + ns);
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	return __wrap_clock_nanosleep(CLOCK_MONOTONIC, 0, time, left);
}

int __wrap_poll(struct pollfd *list, nfds_t count, int timeout_ms)
{
	(void)list;
	(void)count;
	advance(world.now + timeout_ms * 1000000ull);
	return 0;
}

static struct oscan_axis_info axis_info = {
	.name = "slide",
	.flags = OSCAN_AXIS_HAS_LIMITS,
	.unit = OSCAN_UNIT_MILLIMETRE,
	.full_steps_per_turn = 100,
	.microsteps = 1,
	.gear_num = 1,
	.gear_den = 1,
	.travel_per_turn_nm = 1000000,
	.limit_min = -10000,
	.limit_max = 10000,
	.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
	.max_accel_sps2_q32 = 10000 * OSCAN_ACCEL_ONE,
};

static struct oscan_info info = {
	.axes = 1,
	.max_rate_sps = 100000,
	.probed_ns = SECOND / 2,
	.driver_version = "test",
};

static double length_of(const struct moved *move)
{
	return fabs((double)(move->to - move->from));
}

static double speed_of(const struct moved *move)
{
	return fmin(move->speed, sqrt(length_of(move) * move->accel));
}

static double duration_of(const struct moved *move)
{
	double v = speed_of(move);

	return length_of(move) / v + v / move->accel;
}

/* Distance at a time: trapezoid from rest to rest. */
static double travelled(const struct moved *move, uint64_t now)
{
	double t, v = speed_of(move), ramp = v / move->accel;

	if (now > move->stop_ns)
		now = move->stop_ns;
	if (now <= move->start_ns)
		return 0;
	t = (now - move->start_ns) / 1e9;
	if (t >= duration_of(move))
		return length_of(move);
	if (t < ramp)
		return move->accel * t * t / 2;
	if (t < duration_of(move) - ramp)
		return v * ramp / 2 + v * (t - ramp);
	t = duration_of(move) - t;
	return length_of(move) - move->accel * t * t / 2;
}

/* When step @n of the move is made: its inverse. */
static uint64_t step_time(const struct moved *move, int64_t n)
{
	double v = speed_of(move), ramp = v / move->accel, t;
	double length = length_of(move), far = v * ramp / 2;

	if (n <= far)
		t = sqrt(2 * n / move->accel);
	else if (n <= length - far)
		t = ramp + (n - far) / v;
	else
		t = duration_of(move) - sqrt(2 * (length - n) / move->accel);
	return move->start_ns + llrint(t * 1e9);
}

static int sign_of(const struct moved *move)
{
	return move->to > move->from ? 1 : -1;
}

static int64_t steps_by(const struct moved *move, uint64_t now)
{
	int64_t n = floor(travelled(move, now) + 1e-6);

	while (n > 0 && step_time(move, n) > now)
		n--;
	while (n < length_of(move) && step_time(move, n + 1) <= now &&
	       step_time(move, n + 1) <= move->stop_ns)
		n++;
	return n;
}

static int64_t steps_made(void)
{
	int64_t n = steps_by(&world.move, world.now);

	if (world.moves < 2)
		return n;
	if (world.stuck_at && n > world.stuck_at)
		return world.stuck_at;
	if (world.stopped_at && n > world.stopped_at)
		return world.stopped_at;
	return n;
}

static void settle(uint32_t end)
{
	int64_t n = steps_made();

	world.position = world.move.from + sign_of(&world.move) * n;
	world.steps += n;
	world.end = end;
	world.moving = false;
	world.list[world.moves - 1].made = n;
}

static void run_motor(void)
{
	int64_t n;

	if (!world.moving)
		return;
	n = steps_made();
	if (n == length_of(&world.move))
		settle(OSCAN_END_DONE);
	else if (world.moves >= 2 && world.stopped_at &&
		 n >= world.stopped_at)
		settle(OSCAN_END_STOPPED);
	else if (world.now >= world.move.stop_ns)
		settle(OSCAN_END_STOPPED);
}

#include "flyscan-lines.h"

struct oscan_motor *oscan_motor_open(const char *path, bool writable)
{
	(void)path;
	(void)writable;
	errno = ENOENT;
	return world.no_device ? NULL : (struct oscan_motor *)&world;
}

void oscan_motor_close(struct oscan_motor *motor)
{
	if (motor)
		happened(EVENT_CLOSE);
}

const struct oscan_info *oscan_motor_info(const struct oscan_motor *motor)
{
	(void)motor;
	return &info;
}

const struct oscan_axis_info *
oscan_motor_axis_info(const struct oscan_motor *motor, unsigned int axis)
{
	(void)motor;
	(void)axis;
	return &axis_info;
}

int oscan_motor_find_axis(const struct oscan_motor *motor, const char *name)
{
	(void)motor;
	errno = ENXIO;
	return strcmp(name, axis_info.name) ? -1 : 0;
}

int oscan_motor_state(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_state *state)
{
	(void)motor;
	(void)axis;
	run_motor();
	if (world.state_fails) {
		errno = EIO;
		return -1;
	}
	memset(state, 0, sizeof(*state));
	state->motion = world.moving ? OSCAN_MOTION_MOVING : OSCAN_MOTION_IDLE;
	state->end = world.end;
	state->move_id = world.move_id;
	state->position = world.position;
	state->steps = world.steps;
	if (world.moving) {
		state->position = world.move.from +
				  sign_of(&world.move) * steps_made();
		state->steps += steps_made();
	}
	state->target = world.move.to;
	if (world.moves)
		state->last_step_ns = step_time(&world.move, steps_made());
	else
		state->last_step_ns = SECOND;
	state->time_ns = world.now;
	state->position_state = world.position_state;
	if (world.controlled)
		state->flags = OSCAN_STATE_CONTROLLED;
	if (world.enabled)
		state->flags |= OSCAN_STATE_ENABLED;
	return 0;
}

int oscan_motor_stats(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_stats *stats)
{
	(void)motor;
	(void)axis;
	memset(stats, 0, sizeof(*stats));
	stats->stumbles = 7;
	stats->slip_ns = 70;
	stats->move_shortest_ns = 900;
	stats->move_worst_late_ns = 100;
	if (!world.stumbling_move || world.moves < world.stumbling_move)
		return 0;
	stats->stumbles++;
	stats->slip_ns += 1000;
	if (world.moves > world.stumbling_move)
		return 0;
	stats->move_stumbles = 1;
	stats->move_slip_ns = 1000;
	stats->move_shortest_ns = 800;
	stats->move_worst_late_ns = 500;
	return 0;
}

int oscan_motor_enable(struct oscan_motor *motor, unsigned int axis, bool on)
{
	(void)motor;
	(void)axis;
	world.enabled = on;
	happened(EVENT_ENABLE);
	return 0;
}

int oscan_motor_move(struct oscan_motor *motor, struct oscan_move *move)
{
	(void)motor;
	ck_assert(!world.moving);
	ck_assert(world.enabled);
	run_lines(world.now);
	ck_assert(move->target >= axis_info.limit_min &&
		  move->target <= axis_info.limit_max);
	ck_assert_uint_le(move->speed_sps_q44, axis_info.max_speed_sps_q44);
	ck_assert(move->flags & OSCAN_MOVE_DIRECT);
	if (world.moves + 1 == world.failing_move) {
		errno = EIO;
		return -1;
	}
	world.move = (struct moved){
		.from = world.position,
		.to = move->target,
		.speed = oscan_speed_to_double(move->speed_sps_q44),
		.accel = oscan_accel_to_double(move->accel_sps2_q32),
		.start_ns = world.now,
		.stop_ns = NEVER,
	};
	if (world.moves && world.creep)
		world.move.speed /= world.creep;
	world.moving = true;
	ck_assert_uint_lt(world.moves, 8);
	world.list[world.moves++] = world.move;
	move->move_id = ++world.move_id;
	move->start_ns = world.now;
	move->duration_ns = duration_of(&world.move) * 1e9 /
			    (world.moves > 1 && world.creep ? world.creep : 1);
	happened(EVENT_MOVE);
	if (world.moves == 2)
		passed = world.move;
	return 0;
}

int oscan_motor_stop(struct oscan_motor *motor, uint32_t axes)
{
	(void)motor;
	ck_assert_uint_eq(axes, 1);
	/* No pulse is to come on the way. */
	ck_assert(!lines.armed);
	run_motor();
	happened(EVENT_STOP);
	if (world.moving && world.move.stop_ns == NEVER) {
		world.move.stop_ns = world.now;
		world.list[world.moves - 1].stop_ns = world.now;
	}
	return 0;
}

int oscan_motor_halt(struct oscan_motor *motor, uint32_t axes)
{
	world.halts++;
	return oscan_motor_stop(motor, axes);
}

struct oscan_monitor *oscan_monitor_open(unsigned int groups)
{
	ck_assert_uint_eq(groups, OSCAN_MONITOR_TRACE |
			  (request.trigger ? OSCAN_MONITOR_EVENT : 0));
	happened(EVENT_MONITOR);
	world.monitors++;
	return (struct oscan_monitor *)&world;
}

void oscan_monitor_close(struct oscan_monitor *monitor)
{
	world.monitors -= !!monitor;
}

int oscan_monitor_fd(const struct oscan_monitor *monitor)
{
	(void)monitor;
	return -1;
}

/* Steps of one move, late and in batches, as from the driver's worker. */
static int tell_steps(struct moved *move, int64_t made,
		      const struct oscan_monitor_handler *handler)
{
	uint64_t times[64], lag = 30000000;
	struct oscan_trace_batch batch = { .times_ns = times };
	bool is_pass = move == &world.list[1];
	int messages = 0;
	int64_t n;

	while (move->told < made) {
		batch.steps = 0;
		batch.direction = sign_of(move);
		for (n = move->told + 1; n <= made && batch.steps < 64; n++) {
			times[batch.steps] = step_time(move, n);
			if (times[batch.steps] + lag > world.now)
				break;
			batch.steps++;
		}
		if (!batch.steps)
			break;
		batch.first_position = move->from +
				       batch.direction * (move->told + 1);
		batch.horizon_ns = times[batch.steps - 1];
		move->told += batch.steps;
		if (is_pass && move->told >= world.lose_from &&
		    move->told < world.lose_to) {
			world.missed = true;
			continue;
		}
		batch.missed = world.missed;
		world.missed = false;
		handler->trace(&batch, handler->data);
		messages++;
	}
	return messages;
}

int oscan_monitor_read(struct oscan_monitor *monitor,
		       const struct oscan_monitor_handler *handler)
{
	int messages = 0;

	(void)monitor;
	run_motor();
	for (unsigned int i = 0; i < world.moves; i++) {
		bool running = world.moving && i == world.moves - 1;
		int64_t made = running ? steps_made() : world.list[i].made;

		messages += tell_steps(&world.list[i], made, handler);
		if (world.list[i].told < made)
			break;
	}
	tell_events(handler);
	return messages;
}

static int camera_list(void (*each)(const char *id, const char *model,
				    void *data), void *data)
{
	if (world.no_camera)
		return 0;
	each("camera one", "model", data);
	return 1;
}

static struct camera *camera_open(const char *id)
{
	errno = world.camera_busy ? EBUSY : ENODEV;
	if (world.no_camera || world.camera_busy ||
	    (id && strcmp(id, "camera one")))
		return NULL;
	world.cameras++;
	world.camera_opens++;
	return (struct camera *)&world;
}

static void camera_close(struct camera *camera)
{
	(void)camera;
	ck_assert(!world.camera_running);
	ck_assert_uint_gt(world.cameras, 0);
	world.cameras--;
}

static const char *camera_text(const struct camera *camera)
{
	(void)camera;
	return "camera one";
}

static void camera_can(const struct camera *camera,
		       struct camera_capabilities *can)
{
	(void)camera;
	memset(can, 0, sizeof(*can));
	can->sets_period = world.camera_obeys;
	can->sets_exposure = world.tells_no_exposure;
	can->on_demand = world.on_demand;
	can->counts_gaps = true;
	can->mark = world.mark;
	can->readout_ns = world.readout_ns;
	can->trigger = lines.can;
}

static int camera_configure(struct camera *camera,
			    struct camera_settings *settings)
{
	(void)camera;
	world.asked = *settings;
	settings->width = world.width ? world.width : WIDTH;
	settings->height = world.height ? world.height : HEIGHT;
	if (world.set_exposure_ns)
		settings->exposure_ns = world.set_exposure_ns;
	settings->format = CAMERA_FORMAT_RGB8;
	return 0;
}

static int camera_start(struct camera *camera)
{
	(void)camera;
	ck_assert(!world.camera_running);
	if (world.camera_starts + 1 == world.failing_start) {
		errno = EIO;
		return -1;
	}
	run_motor();
	world.moved_at_start |= world.moving;
	world.camera_running = true;
	world.camera_starts++;
	world.camera_start_ns = world.now;
	world.frame = 0;
	lines.n_exposures = 0;
	lines.busy_until = 0;
	happened(EVENT_CAMERA_START);
	return 0;
}

static bool is_wrong(void)
{
	return world.camera_starts == 2 && world.frame >= world.wrong_from;
}

static uint64_t free_frame_due(void)
{
	return world.camera_start_ns + 2000000 + world.first_delay_ns +
	       (world.frame + 1) * world.camera_period_ns;
}

/* Of those that are larger nobody reads the pixels. */
static size_t frame_bytes(void)
{
	return world.width ? 3ul * world.width * world.height :
			     sizeof(world.pixels);
}

static int camera_next(struct camera *camera, struct camera_frame *frame,
		       int timeout_ms)
{
	uint64_t until = world.now + timeout_ms * 1000000ull, due;

	(void)camera;
	ck_assert(world.camera_running && !world.held);
	if (lines.triggered)
		return triggered_next(frame, until);
	if (world.gap_at && world.frame == world.gap_at &&
	    world.camera_starts == 2) {
		free_exposure(free_frame_due(), NEVER);
		world.frame++;
	}
	due = free_frame_due();
	free_exposure(due, until);
	/* A frame reaches us a little after its time. */
	if (due + 700000 > until ||
	    (world.camera_starts >= world.silent_start &&
	     world.frame >= world.silent_from)) {
		advance(until);
		errno = ETIMEDOUT;
		return -1;
	}
	advance(due + 700000);
	if (is_wrong() && world.wrong_error) {
		errno = world.wrong_error;
		return -1;
	}
	memset(frame, 0, sizeof(*frame));
	frame->data = world.pixels;
	frame->size = frame_bytes();
	frame->time_ns = due + world.camera_clock_ns;
	if (world.camera_starts == 2 && world.times_creep)
		frame->time_ns = world.camera_start_ns + world.frame * 1000;
	if (world.camera_starts == 2 && world.times_repeat &&
	    world.frame >= 10)
		frame->time_ns = due - 2 * world.camera_period_ns;
	if (is_wrong()) {
		frame->size -= world.wrong_size;
		frame->sequence -= world.wrong_count;
		if (world.wrong_time)
			frame->time_ns += world.wrong_ns -
					  world.camera_period_ns;
	}
	frame->time_ns += shift_by_lines();
	frame->sequence += world.frame++;
	frame->status = CAMERA_FRAME_GOOD;
	frame->exposure_ns = world.told_exposure_ns ? world.told_exposure_ns :
						      world.exposure_ns;
	if (world.tells_no_exposure)
		frame->exposure_ns = 0;
	world.held = true;
	if (world.camera_starts == 2)
		happened(EVENT_FRAME);
	return 0;
}

static void camera_release(struct camera *camera, struct camera_frame *frame)
{
	(void)camera;
	(void)frame;
	ck_assert(world.held);
	world.held = false;
}

static uint64_t camera_dropped(const struct camera *camera)
{
	(void)camera;
	return world.dropped[world.camera_starts];
}

static void camera_stop(struct camera *camera)
{
	(void)camera;
	ck_assert(world.camera_running && !world.held);
	world.camera_running = false;
	world.waited = world.taken - writer_written(NULL);
	happened(EVENT_CAMERA_STOP);
}

static const struct camera_ops camera_ops = {
	.name = "test",
	.list = camera_list,
	.open = camera_open,
	.close = camera_close,
	.id = camera_text,
	.model = camera_text,
	.capabilities = camera_can,
	.configure = camera_configure,
	.start = camera_start,
	.next = camera_next,
	.release = camera_release,
	.dropped = camera_dropped,
	.stop = camera_stop,
};

struct writer *writer_open(const struct writer_config *config)
{
	int fd = open(config->path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (fd < 0)
		return NULL;
	close(fd);
	world.queue_frames = config->queue_frames;
	world.drop = config->drop;
	snprintf(world.metadata, sizeof(world.metadata), "%s",
		 config->metadata);
	happened(EVENT_FILE);
	return (struct writer *)&world;
}

void preview_offer(struct preview *preview, const struct photo_pixels *frame)
{
	(void)preview;
	(void)frame;
	world.shown++;
}

int writer_put(struct writer *writer, const void *pixels,
	       const struct writer_frame *frame)
{
	(void)writer;
	ck_assert(!world.camera_running || pixels == world.pixels);
	errno = world.put_error;
	if (world.put_error && world.taken >= world.put_error_at)
		return -1;
	if (world.drop && world.taken - writer_written(writer) >=
			  world.queue_frames) {
		world.put_dropped++;
		return 1;
	}
	if (!world.drop)
		ck_assert_uint_lt(world.taken - writer_written(writer),
				  world.queue_frames);
	ck_assert_uint_lt(world.taken, MOST_FRAMES);
	world.frames[world.taken++] = *frame;
	return 0;
}

void writer_counts(const struct writer *writer, struct writer_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	counts->dropped = world.put_dropped;
	counts->taken = world.taken;
	counts->packed = world.taken - world.pack_lost;
	counts->written = writer_written(writer) - world.pack_lost;
	if (world.disk_turn_ns && world.disk_done_ns &&
	    world.disk_done_ns - world.now <=
	    world.disk_ns - world.disk_turn_ns)
		counts->synced = counts->written - 2;
}

uint64_t writer_taken(const struct writer *writer)
{
	(void)writer;
	return world.taken;
}

/* From frame stall_at on nothing is written, for stall_ns or for ever. */
/* A frame each crawl_ns from the stall on. */
static uint64_t crawled(void)
{
	uint64_t written;

	if (!world.crawl_begin_ns)
		world.crawl_begin_ns = world.now;
	written = world.stall_at +
		  (world.now - world.crawl_begin_ns) / world.crawl_ns;
	return written < world.taken ? written : world.taken;
}

uint64_t writer_written(const struct writer *writer)
{
	(void)writer;
	if (world.now < world.written_from_ns)
		return 0;
	if (!world.stall_at || world.taken <= world.stall_at)
		return world.taken;
	if (!world.stall_until_ns)
		world.stall_until_ns = world.stall_ns ?
				       world.now + world.stall_ns : NEVER;
	if (world.crawl_ns)
		return crawled();
	return world.now < world.stall_until_ns ? world.stall_at : world.taken;
}

int writer_error(const struct writer *writer)
{
	(void)writer;
	return 0;
}

bool writer_settle(struct writer *writer)
{
	(void)writer;
	if (!world.disk_done_ns)
		world.disk_done_ns = world.now + world.disk_ns;
	return world.now >= world.disk_done_ns;
}

int writer_finish_frames(struct writer *writer)
{
	(void)writer;
	ck_assert(!world.camera_running);
	ck_assert(writer_settle(writer));
	happened(EVENT_FINISH);
	errno = world.finish_error;
	return world.finish_error ? -1 : 0;
}

int writer_add_pairing(struct writer *writer,
		       const struct writer_pairing *pairing)
{
	(void)writer;
	ck_assert_uint_eq(pairing->frames, world.taken - world.pack_lost);
	for (size_t i = 0; i < pairing->frames; i++) {
		world.position_stored[i] = pairing->position[i];
		world.start_stored[i] = pairing->position_start[i];
		world.end_stored[i] = pairing->position_end[i];
		world.sigma_stored[i] = pairing->sigma[i];
		world.in_scan[i] = pairing->in_scan[i];
	}
	world.paired = pairing->frames;
	return 0;
}

int writer_add_trace(struct writer *writer, const struct writer_trace *trace)
{
	(void)writer;
	/* Those that were put while it ran are the first of them. */
	ck_assert_uint_le(world.steps_put, trace->steps);
	ck_assert(!memcmp(world.put_ns, trace->time_ns,
			  world.steps_put * sizeof(*world.put_ns)));
	world.traced = trace->steps;
	return 0;
}

int writer_put_steps(struct writer *writer, const struct writer_trace *steps)
{
	(void)writer;
	ck_assert_uint_le(world.steps_put + steps->steps, MOST_STEPS);
	memcpy(world.put_ns + world.steps_put, steps->time_ns,
	       steps->steps * sizeof(*world.put_ns));
	world.steps_put += steps->steps;
	return 0;
}

int writer_put_course(struct writer *writer, enum writer_course event,
		      uint64_t time_ns, int64_t position)
{
	(void)writer;
	(void)time_ns;
	(void)position;
	world.course[event]++;
	return 0;
}

int writer_add_earlier_steps(struct writer *writer,
			     const struct writer_trace *trace,
			     const uint64_t *utc_ns)
{
	(void)writer;
	ck_assert_uint_eq(world.taken, 0);
	ck_assert(utc_ns || !trace->steps);
	world.earlier_steps += trace->steps;
	return 0;
}

static int store(const char *name, double number, const char *text)
{
	for (size_t i = 0; i < world.n_stored; i++)
		ck_assert_msg(strcmp(world.stored[i].name, name), "%s twice",
			      name);
	ck_assert_uint_lt(world.n_stored, 256);
	snprintf(world.stored[world.n_stored].name, 64, "%s", name);
	snprintf(world.stored[world.n_stored].text, FLYSCAN_ERROR_LEN, "%s",
		 text);
	world.stored[world.n_stored++].number = number;
	return 0;
}

static double *keep_array(const char *name, size_t count)
{
	ck_assert_uint_lt(world.n_arrays, 64);
	ck_assert_uint_le(count, 2 * MOST_FRAMES);
	snprintf(world.arrays[world.n_arrays].name, 64, "%s", name);
	world.arrays[world.n_arrays].count = count;
	return world.arrays[world.n_arrays++].values;
}

int writer_add_number(struct writer *writer, const char *name, double value,
		      const char *unit)
{
	(void)writer;
	(void)unit;
	return store(name, value, "");
}

int writer_add_text(struct writer *writer, const char *name, const char *text)
{
	(void)writer;
	if (!strcmp(name, "status"))
		snprintf(world.status, sizeof(world.status), "%s", text);
	return store(name, NAN, text);
}

int writer_add_array(struct writer *writer, const char *name,
		     const uint64_t *values, size_t count, const char *unit)
{
	double *kept = keep_array(name, count);

	(void)writer;
	(void)unit;
	if (!strcmp(name, "pairing/pass"))
		memcpy(world.pass, values, count * sizeof(*values));
	for (size_t i = 0; i < count; i++)
		kept[i] = values[i];
	return store(name, count ? (double)values[0] : NAN, "");
}

const char *writer_compression_name(enum writer_compression compression)
{
	static const char *const names[] = {
		"none", "deflate", "shuffle-deflate", "lz4", "bitshuffle-lz4",
	};

	return names[compression];
}

bool writer_can_compress(enum writer_compression compression)
{
	return !world.no_plugins || compression < WRITER_LZ4;
}

void writer_outcome(struct writer *writer, const char *exit_status,
		    const char *reason)
{
	(void)writer;
	(void)reason;
	snprintf(world.exit_status, sizeof(world.exit_status), "%s",
		 exit_status);
}

void writer_remove(const char *path)
{
	unlink(path);
}

int writer_add_reals(struct writer *writer, const char *name,
		     const double *values, size_t count, const char *unit)
{
	double *kept = keep_array(name, count);

	(void)writer;
	(void)unit;
	memcpy(kept, values, count * sizeof(*kept));
	return 0;
}

int writer_close(struct writer *writer)
{
	(void)writer;
	world.closes++;
	happened(EVENT_FILE_CLOSE);
	return 0;
}

static char folder[64];
static struct flyscan_result result;

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		perror(folder);
}

static void new_world(void)
{
	memset(&world, 0, sizeof(world));
	memset(&lines, 0, sizeof(lines));
	srand(1);
	info.max_rate_sps = 100000;
	world.now = 1000 * SECOND;
	world.camera_period_ns = SECOND / 10;
	world.camera_obeys = true;
	world.silent_from = NEVER;
	world.wrong_from = NEVER;
	world.mark = CAMERA_MARK_UNKNOWN;
	world.end = OSCAN_END_NONE;
	if (!*folder) {
		strcpy(folder, "/tmp/test_flyscan.XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(folder));
		atexit(remove_folder);
	}
	request = (struct flyscan_request){
		.axis = "slide",
		.start = 0,
		.end = 5,
		.per_unit = 10,
		.period_s = 0.1,
		.taxi_allowance = 0.5,
		.camera = &camera_ops,
		.directory = folder,
		.name = "scan",
		.state = folder,
	};
}

static unsigned int told_phases;
static double told_period;

static void told(const struct flyscan_progress *progress, void *data)
{
	ck_assert_ptr_eq(data, &world);
	ck_assert(progress->fraction >= 0 && progress->fraction <= 1);
	told_phases |= 1u << progress->phase;
	told_period = progress->period_s;
	if (progress->phase == world.cancel_in)
		world.cancel = 1;
}

static int run(void)
{
	int failed;

	told_phases = 0;
	failed = flyscan_run(&request, told, &world, &world.cancel, &result);
	ck_assert(!world.camera_running);
	ck_assert_uint_eq(world.cameras, 0);
	run_motor();
	ck_assert_msg(!world.moving || world.stuck_at, "it moves");
	if (failed) {
		ck_assert_int_ne(errno, 0);
		ck_assert_str_ne(result.error, "");
		ck_assert_ptr_null(strchr(result.error, '\n'));
	} else {
		ck_assert_str_eq(result.error, "");
	}
	return failed;
}

static void runs_well(void)
{
	ck_assert_msg(!run(), "%s", result.error);
}

static void fails(int error, const char *word)
{
	ck_assert_int_eq(run(), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_msg(strstr(result.error, word), "\"%s\" says nothing of %s",
		      result.error, word);
}

/* Where the axis was, by the closed form; mm. */
static double truth(uint64_t time_ns)
{
	const struct moved *move = &world.list[1];

	while (move < &world.list[world.moves - 1] &&
	       move[1].start_ns <= time_ns)
		move++;
	return (move->from + sign_of(move) * travelled(move, time_ns)) / 100;
}

static void __attribute__((unused)) positions_are_true(int64_t middle_ns)
{
	for (size_t i = 0; i < world.paired; i++) {
		uint64_t time_ns = world.frames[i].time_ns + middle_ns;

		/* Between two steps the track is straight. */
		ck_assert_double_eq_tol(world.position_stored[i],
					truth(time_ns), 0.01);
	}
}

/* At a steady speed there is no other place between two steps. */
static void __attribute__((unused)) in_scan_is_exact(int64_t middle_ns)
{
	size_t count = 0;

	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		ck_assert_double_eq_tol(world.position_stored[i],
					truth(world.frames[i].time_ns +
					      middle_ns), 1e-5);
		count++;
	}
	ck_assert_uint_gt(count, 50);
}

/* The camera's own times, whatever its count leaves out. */
static void __attribute__((unused)) times_are_the_cameras(void)
{
	ck_assert_uint_gt(world.taken, 51);
	for (size_t i = 0; i < world.taken; i++)
		ck_assert_uint_eq(world.frames[i].time_ns,
				  world.camera_start_ns + 2000000 +
				  (world.frames[i].sequence + 1) *
				  world.camera_period_ns);
}

static double stored(const char *name)
{
	for (size_t i = 0; i < world.n_stored; i++)
		if (!strcmp(world.stored[i].name, name))
			return world.stored[i].number;
	ck_abort_msg("%s is not in the file", name);
	return NAN;
}

static double __attribute__((unused)) stored_at(const char *name, size_t at)
{
	for (size_t i = 0; i < world.n_arrays; i++)
		if (!strcmp(world.arrays[i].name, name) &&
		    at < world.arrays[i].count)
			return world.arrays[i].values[at];
	ck_abort_msg("%s has no number %zu", name, at);
	return NAN;
}

static const char *stored_text(const char *name)
{
	for (size_t i = 0; i < world.n_stored; i++)
		if (!strcmp(world.stored[i].name, name))
			return world.stored[i].text;
	ck_abort_msg("%s is not in the file", name);
	return "";
}

static bool warned(enum flyscan_warning_kind kind, const char *word)
{
	for (uint32_t i = 0; i < result.warning_count; i++)
		if (result.warnings[i].kind == kind)
			return strstr(result.warnings[i].text, word);
	return false;
}

#endif /* FLYSCAN_WORLD_H */
