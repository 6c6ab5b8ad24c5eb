// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/flyscan.c userspace/scan/frames.c
 * userspace/scan/geometry.c userspace/scan/metadata.c
 * userspace/scan/motion.c userspace/scan/pair.c
 * userspace/scan/place.c userspace/scan/preflight.c userspace/scan/store.c
 * userspace/scan/uncertainty.c userspace/scan/latency-file.c
 * userspace/scan/guard.c userspace/scan/window.c userspace/scan/finish.c
 * userspace/scan/limits.c userspace/scan/earlier.c userspace/scan/restore.c
 * userspace/scan/controls.c
 * userspace/camera/mark.c userspace/liboscan/clock.c
 * userspace/liboscan/track.c userspace/liboscan/units.c -lm -ljansson
 * -Wl,--wrap=clock_gettime -Wl,--wrap=clock_nanosleep -Wl,--wrap=nanosleep
 * -Wl,--wrap=poll
 */
/*
 * A fly scan in a world of its own: motor, camera, writer and the clock are
 * replaced, so that each can fail in every way and no time passes. The motor
 * moves by the closed form, so where it is at any time is known exactly.
 */
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
#include "unit.h"
#include "writer.h"

#include "restore.h"
#include "scan.h"

#define SECOND 1000000000ull
#define MOST_FRAMES 4096
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
	uint64_t camera_period_ns;
	uint64_t exposure_ns;
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
	uint64_t stall_at;		/* frames written then */
	uint64_t stall_until_ns;	/* 0: for ever */
	uint64_t stall_ns;		/* that it lasts from when it began */
	int finish_error;

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
	uint8_t in_scan[MOST_FRAMES];
	size_t paired;
	size_t traced;
	char status[FLYSCAN_ERROR_LEN];
	char exit_status[16];

	enum event events[MOST_FRAMES];
	size_t n_events;
	uint64_t watched_moves;
	volatile int cancel;

	struct camera_settings asked;
	uint32_t queue_frames;
	bool drop;
	uint64_t put_dropped;
	uint64_t longest_sleep_ns;
	unsigned int monitors;
	unsigned int closes;
	bool moved_at_start;
	struct moved list[8];
	struct {
		char name[64];
		double number;
		char text[FLYSCAN_ERROR_LEN];
	} stored[256];
	size_t n_stored;
} world;

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

static const struct oscan_axis_info axis_info = {
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

static const struct oscan_info info = {
	.axes = 1,
	.max_rate_sps = 100000,
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
	state->time_ns = world.now;
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
	ck_assert(move->target >= axis_info.limit_min &&
		  move->target <= axis_info.limit_max);
	ck_assert_uint_le(move->speed_sps_q44, axis_info.max_speed_sps_q44);
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
	return oscan_motor_stop(motor, axes);
}

struct oscan_monitor *oscan_monitor_open(unsigned int groups)
{
	ck_assert_uint_eq(groups, OSCAN_MONITOR_TRACE);
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
	return (struct camera *)&world;
}

static void camera_close(struct camera *camera)
{
	(void)camera;
	ck_assert(!world.camera_running);
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
	can->counts_gaps = true;
	can->mark = world.mark;
	can->readout_ns = world.readout_ns;
}

static int camera_configure(struct camera *camera,
			    struct camera_settings *settings)
{
	(void)camera;
	world.asked = *settings;
	settings->width = WIDTH;
	settings->height = HEIGHT;
	settings->format = CAMERA_FORMAT_RGB8;
	return 0;
}

static int camera_start(struct camera *camera)
{
	(void)camera;
	ck_assert(!world.camera_running);
	run_motor();
	world.moved_at_start |= world.moving;
	world.camera_running = true;
	world.camera_starts++;
	world.camera_start_ns = world.now;
	world.frame = 0;
	happened(EVENT_CAMERA_START);
	return 0;
}

static bool is_wrong(void)
{
	return world.camera_starts == 2 && world.frame >= world.wrong_from;
}

static int camera_next(struct camera *camera, struct camera_frame *frame,
		       int timeout_ms)
{
	uint64_t until = world.now + timeout_ms * 1000000ull, due;

	(void)camera;
	ck_assert(world.camera_running && !world.held);
	if (world.gap_at && world.frame == world.gap_at &&
	    world.camera_starts == 2)
		world.frame++;
	due = world.camera_start_ns + 2000000 + world.first_delay_ns +
	      (world.frame + 1) * world.camera_period_ns;
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
	frame->size = sizeof(world.pixels);
	frame->time_ns = due + world.camera_clock_ns;
	if (world.camera_starts == 2 && world.times_creep)
		frame->time_ns = world.camera_start_ns + world.frame * 1000;
	if (world.camera_starts == 2 && world.times_repeat &&
	    world.frame >= 10)
		frame->time_ns = due - 2 * world.camera_period_ns;
	if (is_wrong()) {
		frame->size -= world.wrong_size;
		if (world.wrong_time)
			frame->time_ns += world.wrong_ns -
					  world.camera_period_ns;
	}
	frame->sequence = world.frame++;
	frame->status = CAMERA_FRAME_GOOD;
	frame->exposure_ns = world.exposure_ns;
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
	happened(EVENT_FILE);
	return (struct writer *)&world;
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
}

uint64_t writer_taken(const struct writer *writer)
{
	(void)writer;
	return world.taken;
}

/* From frame stall_at on nothing is written, for stall_ns or for ever. */
uint64_t writer_written(const struct writer *writer)
{
	(void)writer;
	if (!world.stall_at || world.taken <= world.stall_at)
		return world.taken;
	if (!world.stall_until_ns)
		world.stall_until_ns = world.stall_ns ?
				       world.now + world.stall_ns : NEVER;
	return world.now < world.stall_until_ns ? world.stall_at : world.taken;
}

int writer_error(const struct writer *writer)
{
	(void)writer;
	return 0;
}

int writer_finish_frames(struct writer *writer)
{
	(void)writer;
	ck_assert(!world.camera_running);
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
		world.in_scan[i] = pairing->in_scan[i];
	}
	world.paired = pairing->frames;
	return 0;
}

int writer_add_trace(struct writer *writer, const struct writer_trace *trace)
{
	(void)writer;
	world.traced = trace->steps;
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
	(void)writer;
	(void)unit;
	return store(name, count ? (double)values[0] : NAN, "");
}

const char *writer_compression_name(enum writer_compression compression)
{
	return compression ? NULL : "none";
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
	(void)writer;
	(void)name;
	(void)values;
	(void)count;
	(void)unit;
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
static struct flyscan_request request;
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

static void positions_are_true(int64_t middle_ns)
{
	for (size_t i = 0; i < world.paired; i++) {
		uint64_t time_ns = world.frames[i].time_ns + middle_ns;

		/* Between two steps the track is straight. */
		ck_assert_double_eq_tol(world.position_stored[i],
					truth(time_ns), 0.01);
	}
}

TEST(R12_R125_every_frame_has_the_position_where_it_was_exposed)
{
	new_world();
	runs_well();
	ck_assert_uint_gt(world.paired, 51);
	positions_are_true(0);
	ck_assert_uint_eq(result.frames_unpaired, 0);
	ck_assert_str_eq(world.status, "complete");
}

TEST(D17_a_scan_backwards_has_true_positions)
{
	new_world();
	request.start = 5;
	request.end = -3;
	runs_well();
	ck_assert_uint_eq(result.frames_in_scan, 81);
	positions_are_true(0);
}

static void middle_is(uint32_t mark, int64_t middle_ns)
{
	double half;

	new_world();
	world.mark = mark;
	world.exposure_ns = 40000000;
	world.readout_ns = 16000000;
	runs_well();
	positions_are_true(middle_ns);
	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		half = (world.end_stored[i] - world.start_stored[i]) / 2;
		ck_assert_double_eq_tol(half, 0.02, 0.011);
	}
}

TEST(D20_R132_the_middle_row_and_the_middle_of_the_exposure_count)
{
	middle_is(CAMERA_MARK_EXPOSURE_START, 20000000 + 8000000);
	middle_is(CAMERA_MARK_READOUT_START, -20000000 + 8000000);
	middle_is(CAMERA_MARK_FRAME_END, -20000000 - 8000000);
}

TEST(an_unknown_mark_or_exposure_counts_as_the_time_of_the_frame)
{
	new_world();
	world.exposure_ns = 40000000;
	runs_well();
	positions_are_true(0);
	ck_assert(isnan(world.start_stored[30]));
	new_world();
	world.mark = CAMERA_MARK_READOUT_START;
	runs_well();
	positions_are_true(0);
	ck_assert(isnan(world.end_stored[30]));
}

/* In the scanned range and half a spacing around it. */
TEST(R124_there_is_a_frame_for_each_place_and_it_stands_there)
{
	size_t n = 0;

	new_world();
	world.mark = CAMERA_MARK_READOUT_START;
	world.exposure_ns = 40000000;
	runs_well();
	ck_assert_uint_eq(result.geometry.frames, 51);
	ck_assert_uint_eq(result.frames_in_scan, 51);
	for (size_t i = 0; i < world.paired; i++)
		if (world.in_scan[i])
			ck_assert_double_eq_tol(world.position_stored[i],
						n++ * 0.1, 0.011);
	ck_assert_uint_eq(n, 51);
}

TEST(R86_R139_frames_before_and_behind_the_pass_are_kept_and_marked)
{
	new_world();
	runs_well();
	ck_assert_int_eq(world.in_scan[0], 0);
	ck_assert_int_eq(world.in_scan[world.paired - 1], 0);
	ck_assert_uint_eq(result.ledger.written, world.paired);
	ck_assert_uint_eq(result.ledger.delivered, world.paired);
}

TEST(steps_commanded_counted_and_traced_are_equal)
{
	new_world();
	runs_well();
	ck_assert_int_eq(result.steps_commanded, length_of(&passed));
	ck_assert_int_eq(result.steps_counted, result.steps_commanded);
	ck_assert_uint_eq(result.steps_traced, result.steps_commanded);
	ck_assert_uint_eq(world.traced, result.steps_commanded);
}

TEST(R51_R56_R71_R80_R85_D16_things_happen_in_their_order)
{
	size_t move, start;

	new_world();
	runs_well();
	move = first(EVENT_MOVE, 0);
	ck_assert_uint_lt(first(EVENT_MONITOR, 0), move);
	ck_assert_uint_lt(first(EVENT_FILE, 0), move);
	ck_assert_uint_lt(first(EVENT_ENABLE, 0), move);
	/* Measuring starts and stops the camera before anything moves. */
	ck_assert_uint_lt(first(EVENT_CAMERA_STOP, 0), move);
	start = first(EVENT_CAMERA_START, move);
	ck_assert_uint_lt(start, world.n_events);
	ck_assert_uint_lt(start, first(EVENT_FRAME, start));
	ck_assert_uint_lt(first(EVENT_FRAME, start),
			  first(EVENT_MOVE, move + 1));
	ck_assert_uint_lt(first(EVENT_MOVE, move + 1),
			  first(EVENT_CAMERA_STOP, start));
	ck_assert_uint_eq(first(EVENT_STOP, 0), world.n_events);
	ck_assert_uint_eq(told_phases, 0xfe);
}

TEST(a_camera_that_obeys_is_taken_at_its_word)
{
	new_world();
	world.camera_period_ns = SECOND / 10 * 1.04;
	runs_well();
	ck_assert_double_eq_tol(result.period_measured_s, 0.104, 1e-6);
	ck_assert_double_eq(result.period_used_s, 0.1);
}

TEST(R79_a_camera_that_says_it_obeys_and_does_not_is_measured)
{
	new_world();
	world.camera_period_ns = SECOND / 10 * 1.06;
	runs_well();
	ck_assert_double_eq_tol(result.period_used_s, 0.106, 1e-6);
	ck_assert_double_eq_tol(told_period, 0.106, 1e-6);
	ck_assert_double_eq(result.period_asked_s, 0.1);
	ck_assert_uint_eq(result.frames_in_scan, 51);
	ck_assert_double_eq_tol(result.shortest_s, 0.106, 1e-6);
	ck_assert_double_eq_tol(result.longest_s, 0.106, 1e-6);
}

TEST(a_camera_that_cannot_be_told_is_measured)
{
	new_world();
	world.camera_obeys = false;
	world.camera_period_ns = SECOND / 30;
	runs_well();
	ck_assert_double_eq_tol(result.period_used_s, 1 / 30.0, 1e-6);
	ck_assert_double_eq_tol(result.geometry.velocity, 3, 1e-4);
	ck_assert_uint_eq(result.frames_in_scan, 51);
}

TEST(a_camera_that_cannot_be_told_is_believed_by_nothing_but_its_times)
{
	new_world();
	world.camera_obeys = false;
	world.camera_period_ns = SECOND / 10 * 1.01;
	runs_well();
	ck_assert_double_eq_tol(result.period_used_s, 0.101, 1e-6);
}

TEST(a_measured_period_that_the_axis_cannot_follow_is_refused)
{
	new_world();
	world.camera_obeys = false;
	world.camera_period_ns = SECOND / 1000;
	fails(ERANGE, "the camera's own period is");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");
}

TEST(R130_a_camera_that_never_gives_a_frame_moves_nothing)
{
	new_world();
	world.silent_from = 0;
	fails(ETIMEDOUT, "a first frame");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");
}

TEST(D18_a_camera_on_another_clock_moves_nothing)
{
	new_world();
	world.camera_clock_ns = 600 * SECOND;
	fails(EPROTO, "CLOCK_MONOTONIC");
	ck_assert_uint_eq(world.moves, 0);
	new_world();
	world.camera_clock_ns = -600 * (int64_t)SECOND;
	fails(EPROTO, "600.0");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(R22_R83_no_first_frame_means_no_pass_and_no_file)
{
	uint64_t begin;
	char path[128];

	new_world();
	world.silent_from = 0;
	world.silent_start = 2;
	begin = world.now;
	fails(ETIMEDOUT, "a first frame");
	ck_assert_uint_eq(world.moves, 1);
	ck_assert_uint_lt(world.now - begin, 15 * SECOND);
	ck_assert_str_eq(result.path, "");
	snprintf(path, sizeof(path), "%s/scan_000001.h5", folder);
	ck_assert_int_ne(access(path, F_OK), 0);
}

TEST(D3_R91_R92_R136_a_camera_that_falls_silent_ends_the_scan)
{
	new_world();
	request.end = 20;
	world.silent_from = 30;
	world.silent_start = 2;
	fails(ETIMEDOUT, "the next frame");
	ck_assert_uint_eq(result.ledger.written, 30);
	/* The motor first. */
	ck_assert_uint_lt(first(EVENT_STOP, 0),
			  first(EVENT_CAMERA_STOP, first(EVENT_MOVE, 0)));
	ck_assert_ptr_nonnull(strstr(result.error, "30 frames taken are in"));
	positions_are_true(0);
	ck_assert_uint_eq(result.frames_unpaired, 0);
}

/* The frames before it are in the file, with their positions. */
static void wrong_frame(int error, const char *word)
{
	request.end = 20;
	world.wrong_from = 30;
	fails(error, word);
	ck_assert_uint_eq(result.ledger.written, 30);
	ck_assert_uint_eq(world.paired, 30);
	ck_assert_uint_eq(result.frames_unpaired, 0);
	ck_assert_ptr_nonnull(strstr(result.error, "30 frames taken are in"));
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	positions_are_true(0);
}

TEST(a_frame_of_the_wrong_size_ends_the_scan)
{
	new_world();
	world.wrong_size = 1;
	wrong_frame(EPROTO, "wanted frames of 96 bytes from the camera camera one, found one of 95");
	new_world();
	world.wrong_size = sizeof(world.pixels);
	wrong_frame(EPROTO, "found one of 0");
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
}

TEST(times_that_repeat_or_go_backwards_end_the_scan)
{
	new_world();
	world.wrong_time = true;
	wrong_frame(EPROTO, "0.000000 s later than the one before");
	new_world();
	world.wrong_time = true;
	world.wrong_ns = -1500000;
	wrong_frame(EPROTO, "-0.001500 s later than the one before");
}

TEST(a_camera_that_fails_or_vanishes_ends_the_scan)
{
	new_world();
	world.wrong_error = EIO;
	wrong_frame(EIO, "it has stopped to deliver");
	new_world();
	world.wrong_error = ENODEV;
	wrong_frame(ENODEV, "it has stopped to deliver");
}

TEST(a_last_frame_whose_time_is_to_come_has_its_position)
{
	new_world();
	request.taxi_allowance = 0;
	world.camera_clock_ns = 450000000;
	runs_well();
	ck_assert_uint_eq(result.frames_unpaired, 0);
	positions_are_true(0);
}

TEST(what_is_known_of_the_camera_better_than_by_itself_counts)
{
	new_world();
	world.exposure_ns = 40000000;
	world.readout_ns = 2000000;
	request.mark = CAMERA_MARK_FRAME_END;
	request.readout_ns = 16000000;
	request.latency_given = true;
	request.latency_ns = 30000000;
	runs_well();
	positions_are_true(-20000000 - 8000000 - 30000000);
	ck_assert_uint_eq(result.frames_in_scan, 51);
}

TEST(D4_a_motor_that_makes_no_step_ends_the_scan)
{
	uint64_t begin;

	new_world();
	world.stuck_at = 200;
	begin = world.now;
	fails(ETIMEDOUT, "no step for 5 s");
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	/* The way to there takes 3 s, and measuring the camera 1.3 s. */
	ck_assert_uint_lt(world.now - begin, 20 * SECOND);
	ck_assert_str_ne(result.path, "");
}

TEST(R102_a_motor_stopped_from_elsewhere_ends_the_scan)
{
	new_world();
	world.stopped_at = 300;
	fails(ECONNABORTED, "stopped from elsewhere");
	ck_assert_int_eq(result.steps_counted, 300);
	ck_assert_uint_eq(result.steps_traced, 300);
	ck_assert_uint_eq(result.frames_unpaired, 0);
}

TEST(R126_lost_steps_are_told_and_no_position_is_made_up)
{
	size_t unknown = 0;

	new_world();
	world.lose_from = 300;
	world.lose_to = 330;
	fails(ENODATA, "gap");
	ck_assert_uint_gt(result.frames_unpaired, 0);
	ck_assert_uint_lt(result.frames_unpaired, 10);
	for (size_t i = 0; i < world.paired; i++) {
		if (isnan(world.position_stored[i]))
			unknown++;
		else
			ck_assert_double_eq_tol(world.position_stored[i],
						truth(world.frames[i].time_ns),
						0.01);
	}
	ck_assert_uint_eq(unknown, result.frames_unpaired);
}

TEST(D14_D19_R138_a_dropped_frame_is_told_and_shifts_no_other)
{
	new_world();
	world.gap_at = 20;
	fails(ENODATA, "1 lost (1 by the sensor");
	ck_assert_uint_eq(result.ledger.sensor_gaps, 1);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
	ck_assert_uint_eq(result.frames_in_scan, 50);
	ck_assert_double_eq_tol(result.shortest_s, 0.1, 1e-6);
	ck_assert_double_eq_tol(result.longest_s, 0.2, 1e-6);
	positions_are_true(0);
}

TEST(a_full_disk_ends_the_scan_and_keeps_what_was_written)
{
	new_world();
	world.put_error = ENOSPC;
	world.put_error_at = 25;
	fails(ENOSPC, "disk full");
	ck_assert_uint_eq(result.ledger.written, 25);
	ck_assert_uint_eq(result.ledger.delivered, 26);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	ck_assert_str_ne(result.path, "");
}

TEST(R81_R103_R104_R105_D5_cancelling_ends_softly_in_every_phase)
{
	for (int phase = FLYSCAN_CHECK; phase <= FLYSCAN_PASS; phase++) {
		new_world();
		world.cancel_in = phase;
		fails(ECANCELED, "as asked for");
		ck_assert_uint_eq(result.frames_unpaired, 0);
		if (phase < FLYSCAN_TAXI)
			ck_assert_uint_eq(world.moves, 0);
		else if (phase < FLYSCAN_PASS)
			ck_assert_uint_le(world.moves, 1);
	}
}

TEST(cancelling_in_the_pass_keeps_frames_and_positions)
{
	new_world();
	world.cancel_at_ns = world.now + 6 * SECOND;
	fails(ECANCELED, "frames taken are in");
	ck_assert_str_eq(world.exit_status, "abort");
	ck_assert_uint_gt(result.ledger.written, 10);
	ck_assert_uint_eq(world.paired, result.ledger.written);
	positions_are_true(0);
	ck_assert_uint_gt(result.steps_counted, 0);
	ck_assert_int_lt(result.steps_counted, result.steps_commanded);
	ck_assert_uint_eq(result.steps_traced, result.steps_counted);
	ck_assert_str_ne(result.path, "");
	ck_assert_int_eq(access(result.path, F_OK), 0);
}

TEST(D1_R64_the_next_free_number_is_taken_and_no_file_overwritten)
{
	char path[256];
	FILE *file;

	new_world();
	snprintf(path, sizeof(path), "%s/scan_000041.h5", folder);
	file = fopen(path, "w");
	fputs("precious", file);
	fclose(file);
	runs_well();
	snprintf(path, sizeof(path), "%s/scan_000042.h5", folder);
	ck_assert_str_eq(result.path, path);
	new_world();
	runs_well();
	snprintf(path, sizeof(path), "%s/scan_000043.h5", folder);
	ck_assert_str_eq(result.path, path);
	snprintf(path, sizeof(path), "%s/scan_000041.h5", folder);
	file = fopen(path, "r");
	ck_assert_int_eq(fgetc(file), 'p');
	fclose(file);
}

TEST(R63_a_folder_is_made_up_to_five_levels)
{
	char deep[256];

	new_world();
	snprintf(deep, sizeof(deep), "%s/1/2/3/4/5", folder);
	request.directory = deep;
	runs_well();
	new_world();
	snprintf(deep, sizeof(deep), "%s/a/2/3/4/5/6", folder);
	request.directory = deep;
	fails(ENOENT, "6 levels");
	ck_assert_uint_eq(world.n_events, first(EVENT_MOVE, 0));
	snprintf(deep, sizeof(deep), "%s/a", folder);
	ck_assert_int_ne(access(deep, F_OK), 0);
}

TEST(R20_R52_R53_R54_R117_everything_that_is_missing_is_told_at_once)
{
	new_world();
	world.no_device = true;
	world.no_camera = true;
	request.directory = "/proc/nowhere";
	fails(ENOENT, "modprobe oscan_motor");
	ck_assert_ptr_nonnull(strstr(result.error, "also wanted a camera"));
	ck_assert_ptr_nonnull(strstr(result.error, "/proc"));
	ck_assert_uint_eq(world.n_events, 0);
}

TEST(R1_R2_R21_R55_R65_R66_R133_each_missing_thing_is_told)
{
	new_world();
	request.axis = "sldie";
	fails(ENXIO, "no axis \"sldie\"; this machine has slide");
	new_world();
	world.controlled = true;
	fails(EBUSY, "another program controls");
	new_world();
	world.camera_busy = true;
	fails(EBUSY, "another program uses it");
	new_world();
	request.camera_id = "camera two";
	fails(ENODEV, "no camera \"camera two\"; this machine has camera one");
	new_world();
	request.end = 99.9;
	fails(ERANGE, "limits");
	new_world();
	request.period_s = 0.0001;
	fails(ERANGE, "faster");
	new_world();
	request.name = "a/b";
	fails(EINVAL, "name for the file");
	new_world();
	request.directory = "";
	fails(ENOENT, "folder");
	new_world();
	request.directory = "/dev/null";
	fails(ENOTDIR, "is a file");
	new_world();
	request.directory = "/dev/null/x";
	fails(ENOTDIR, "/dev/null/x");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(the_size_that_the_camera_has_is_told)
{
	new_world();
	request.width = 640;
	request.height = 480;
	runs_well();
	ck_assert_uint_eq(result.width, WIDTH);
	ck_assert_uint_eq(result.height, HEIGHT);
}

TEST(R143_a_scan_that_begins_where_the_axis_is_needs_no_taxi)
{
	new_world();
	world.position = 0;
	runs_well();
	new_world();
	world.position = llrint(result.geometry.initial * 100);
	world.moves = 1;
	runs_well();
	ck_assert_uint_eq(world.moves, 2);
}

#include "flyscan-rows.h"
