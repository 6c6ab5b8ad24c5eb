// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * What linux/oscan.h promises of end stops and oscan.h of homing. Where a
 * switch closed is known from where the rig was told to close it, where the
 * axis stands from the edges that the rig recorded.
 *
 * The rig is loaded with stops=1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"
#include "oscan.h"

/* The end stops of the turntable, as the rig numbers them. */
enum { MIN_STOP = 0, MAX_STOP = 2 };

/* Below the start-stop rate. */
#define SLOW_SPS	1000
#define DEADLINE_NS	(60 * KIT_NS_PER_S)

/* The rig's count of the turntable's steps. */
static long long net(void)
{
	return rig_number("net_0");
}

/* A switch that is pressed @steps from here and beyond, as seen from here. */
static long long place(int stop, int steps, const char *mode)
{
	long long count = net() + steps;
	char file[16], text[60];

	snprintf(file, sizeof(file), "endstop_%d", stop);
	snprintf(text, sizeof(text), "%lld %d %s", count, steps > 0 ? 1 : -1,
		 mode);
	rig_write(file, text);
	return count;
}

static void take_away(int stop)
{
	char file[16];

	snprintf(file, sizeof(file), "endstop_%d", stop);
	rig_write(file, "off");
}

static void wait_for_flags(int fd, uint32_t mask, uint32_t flags)
{
	uint64_t deadline = kit_now_ns() + DEADLINE_NS;

	while ((motor_state(fd, TURNTABLE).flags & mask) != flags) {
		want(kit_now_ns() < deadline,
		     "the flags are %#x after 60 s, not %#x of %#x",
		     motor_state(fd, TURNTABLE).flags, flags, mask);
		kit_sleep_ms(2);
	}
}

/* Every switch open, the turntable at 0. */
static int setup(void)
{
	int fd = motor_open(O_RDWR);

	motor_halt(fd);
	take_away(MIN_STOP);
	take_away(MAX_STOP);
	wait_for_flags(fd, OSCAN_STATE_AT_MIN | OSCAN_STATE_AT_MAX, 0);
	close(fd);
	return motor_setup();
}

static unsigned int line_of(int stop)
{
	return stop == MIN_STOP ? OSCAN_RIG_TURNTABLE_ENDSTOP :
				  OSCAN_RIG_TURNTABLE_ENDSTOP_2;
}

/* When the line of @stop first became active. */
static uint64_t first_closing(const struct recording *recording, int stop)
{
	uint64_t *times, first;
	size_t count;

	times = recording_times(recording, line_of(stop), 1, &count);
	want(count, "the switch never closed");
	first = times[0];
	free(times);
	return first;
}

static size_t steps_after(const struct recording *recording, uint64_t ns)
{
	size_t count, after = 0, i;
	uint64_t *times = step_times(recording, TURNTABLE, &count);

	for (i = 0; i < count; i++)
		after += times[i] > ns;
	free(times);
	return after;
}

/* Moves against a switch at @steps and checks all that holds of any such. */
static struct oscan_state hit(int fd, int stop, int steps, const char *mode,
			      unsigned int speed_sps)
{
	struct oscan_state before = motor_state(fd, TURNTABLE), state;
	struct recording recording;

	rig_reset();
	place(stop, steps, mode);
	motor_start(fd, TURNTABLE, 3 * steps, speed_sps);
	state = motor_rest(fd, TURNTABLE);
	kit_sleep_ms(20);
	recording = rig_take();
	want_equal(state.end, OSCAN_END_SWITCH);
	want_equal(recording_net(&recording, TURNTABLE), steps);
	want_equal(state.position, before.position + steps);
	want_equal(state.target, state.position);
	want_equal(motor_state(fd, TURNTABLE).position, state.position);
	want_equal(steps_after(&recording, first_closing(&recording, stop)),
		   0);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 0),
		   abs(steps));
	want_equal(state.latch_position, state.position);
	want_equal(state.latch_count, before.latch_count + 1);
	want(state.latch_ns >= first_closing(&recording, stop),
	     "it was latched before it closed");
	judge_axis(fd, TURNTABLE, &recording, speed_sps ?: SPEED_SPS);
	recording_free(&recording);
	return state;
}

static void nothing_is_latched_before_an_end_stop_has_closed(void)
{
	struct oscan_set_position set = {
		.axis = TURNTABLE, .flags = OSCAN_SET_AT_LATCH,
	};
	int fd = setup();
	struct oscan_state state = motor_state(fd, TURNTABLE);

	want_equal(state.latch_count, 0);
	want_equal(state.latch_ns, 0);
	want_equal(state.latch_stop, 0);
	want_equal(motor_try(fd, OSCAN_IOC_SET_POSITION, &set), -ENODATA);
}

static void an_axis_says_which_end_stops_it_has(void)
{
	const uint32_t both = OSCAN_AXIS_HAS_MIN_STOP |
			      OSCAN_AXIS_HAS_MAX_STOP;
	struct oscan_axis_info info = motor_axis_info(setup(), TURNTABLE);

	want_equal(info.flags & both, both);
	want_equal(info.stop_debounce_us, 5000);
	want_equal(info.idle_off_ms, 0);
}

static void an_end_stop_at_speed_halts_with_the_count_right(void)
{
	int fd = setup();
	struct oscan_state state = hit(fd, MAX_STOP, 3000, "normal", 0);

	want_equal(state.flags & (OSCAN_STATE_AT_MIN | OSCAN_STATE_AT_MAX),
		   OSCAN_STATE_AT_MAX);
	want_equal(state.latch_stop, OSCAN_STATE_AT_MAX);
	want_equal(state.position_state, OSCAN_POSITION_SUSPECT);
}

static void each_side_has_its_own_end_stop(void)
{
	int fd = setup();
	struct oscan_state state = hit(fd, MIN_STOP, -200, "normal", SLOW_SPS);

	want_equal(state.flags & (OSCAN_STATE_AT_MIN | OSCAN_STATE_AT_MAX),
		   OSCAN_STATE_AT_MIN);
	want_equal(state.latch_stop, OSCAN_STATE_AT_MIN);
}

static void an_end_stop_below_the_start_stop_rate_keeps_the_position(void)
{
	struct oscan_state state = hit(setup(), MAX_STOP, 200, "normal",
				       SLOW_SPS);

	want_equal(state.position_state, OSCAN_POSITION_KNOWN);
}

/*
 * A step a second: between two, before anybody asks for the state, nothing but
 * the interrupt can halt it.
 */
static void the_interrupt_halts_between_two_steps(void)
{
	struct recording recording;
	struct oscan_state state;
	uint64_t closed_ns, asked_ns;
	int fd = setup();
	long long edge = place(MAX_STOP, 2, "normal");

	motor_start(fd, TURNTABLE, 10, 1);
	while (net() < edge)
		kit_sleep_ms(5);
	kit_sleep_ms(100);
	asked_ns = kit_now_ns();
	state = motor_state(fd, TURNTABLE);
	want_equal(state.motion, OSCAN_MOTION_IDLE);
	want(state.latch_ns < asked_ns, "it was seen only when asked for");
	recording = rig_take();
	closed_ns = first_closing(&recording, MAX_STOP);
	want_equal(state.end, OSCAN_END_SWITCH);
	want_equal(state.position, 2);
	/* The next step is due a second after the one that closed it. */
	want(state.latch_ns - closed_ns < KIT_NS_PER_S,
	     "it was latched %llu ns after it closed",
	     (unsigned long long)(state.latch_ns - closed_ns));
}

static void without_its_interrupt_an_end_stop_is_seen_before_the_next_step(void)
{
	hit(setup(), MAX_STOP, 300, "mute", SLOW_SPS);
}

static void a_glitch_is_no_end_stop(void)
{
	int fd = setup();
	uint32_t before = motor_state(fd, TURNTABLE).latch_count;
	struct recording recording;

	place(MAX_STOP, 100, "glitch");
	motor_move(fd, TURNTABLE, 300, SLOW_SPS);
	recording = rig_take();
	want_equal(recording_count(&recording, line_of(MAX_STOP), 1), 1);
	want_equal(motor_state(fd, TURNTABLE).latch_count, before);
}

/*
 * It bounces for 4 ms: less than a step when it closes, for whoever looks in
 * between finds it open, and four steps when it opens. Loaded with
 * stop_debounce_us=500000 besides: a host that holds the guest up makes it
 * bounce for longer.
 */
static void a_bouncing_end_stop_is_latched_once(void)
{
	int fd = setup(), i;
	struct oscan_state state;
	uint32_t latched;

	for (i = 0; i < 3; i++) {
		hit(fd, MAX_STOP, 150, "bounce 40", 100);
		latched = motor_state(fd, TURNTABLE).latch_count;
		kit_sleep_ms(20);
		motor_move(fd, TURNTABLE, -150, SLOW_SPS);
		wait_for_flags(fd, OSCAN_STATE_AT_MAX, 0);
		state = motor_state(fd, TURNTABLE);
		want_equal(state.latch_count, latched);
		want_equal(state.position, 0);
	}
}

static void one_can_always_drive_off_an_end_stop_and_not_into_it(void)
{
	int fd = setup();
	struct oscan_state before, after;

	hit(fd, MAX_STOP, 200, "normal", SLOW_SPS);
	before = motor_state(fd, TURNTABLE);
	rig_reset();
	want_equal(motor_try_move(fd, TURNTABLE, 1, 0), -ENOSPC);
	want_equal(motor_try_to(fd, TURNTABLE, 201), -ENOSPC);
	after = motor_state(fd, TURNTABLE);
	want_equal(rig_number("edges"), 0);
	want_equal(after.move_id, before.move_id);
	want_equal(after.end, before.end);
	want_equal(after.target, before.target);
	want_equal(motor_try_move(fd, TURNTABLE, 0, 0), 0);
	motor_move(fd, TURNTABLE, -1, 0);
	wait_for_flags(fd, OSCAN_STATE_AT_MAX, 0);
	motor_move(fd, TURNTABLE, -100, 0);
	motor_move(fd, TURNTABLE, 100, 0);
}

static void a_switch_that_closes_at_rest_is_latched_and_obeyed(void)
{
	int fd = setup();
	uint32_t before = motor_state(fd, TURNTABLE).latch_count;

	motor_move(fd, TURNTABLE, 40, 0);
	place(MIN_STOP, -1, "closed");
	wait_for_flags(fd, OSCAN_STATE_AT_MIN, OSCAN_STATE_AT_MIN);
	want_equal(motor_state(fd, TURNTABLE).latch_count, before + 1);
	want_equal(motor_state(fd, TURNTABLE).latch_position, 40);
	want_equal(motor_try_move(fd, TURNTABLE, -1, 0), -ENOSPC);
	motor_move(fd, TURNTABLE, 10, 0);
	want_equal(motor_try_move(fd, TURNTABLE, -1, 0), -ENOSPC);
}

/* Only the end stop that lies ahead halts. */
static void an_end_stop_that_lies_behind_does_not_halt(void)
{
	int fd = setup();
	struct oscan_state state;

	place(MIN_STOP, 100, "normal");
	motor_move(fd, TURNTABLE, 300, 0);
	state = motor_state(fd, TURNTABLE);
	want_equal(state.flags & (OSCAN_STATE_AT_MIN | OSCAN_STATE_AT_MAX),
		   OSCAN_STATE_AT_MIN);
	want_equal(state.latch_stop, OSCAN_STATE_AT_MIN);
	want_equal(motor_try_move(fd, TURNTABLE, -1, 0), -ENOSPC);
}

static int set_at_latch(int fd, int64_t position)
{
	struct oscan_set_position set = {
		.axis = TURNTABLE,
		.flags = OSCAN_SET_AT_LATCH,
		.position = position,
	};

	return motor_try(fd, OSCAN_IOC_SET_POSITION, &set);
}

/* From 32 steps/s to rest it makes 16 steps, in a second. */
static struct oscan_state stop_and_hit(int fd)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	uint64_t before = motor_state(fd, TURNTABLE).steps;

	motor_start(fd, TURNTABLE, 1000, 32);
	motor_wait_steps(fd, TURNTABLE, before, 30);
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	place(MAX_STOP, 5, "normal");
	return motor_rest(fd, TURNTABLE);
}

/*
 * Loaded with max_accel_sps2=32 start_stop_fsps=1 besides. A host that holds
 * the guest up makes it stumble, and then it stops earlier.
 */
static void an_end_stop_halts_an_axis_that_is_stopping(void)
{
	struct oscan_state state;
	int fd, attempt;

	for (attempt = 0; attempt < 10; attempt++) {
		fd = setup();
		state = stop_and_hit(fd);
		if (!motor_stats(fd, TURNTABLE).move_stumbles)
			break;
		close(fd);
	}
	want_equal(state.end, OSCAN_END_SWITCH);
	want_equal(state.position, state.latch_position);
	want_equal(state.position_state, OSCAN_POSITION_SUSPECT);
	want_equal(set_at_latch(fd, 0), -ESTALE);
}

static void a_position_can_be_set_where_an_end_stop_closed(void)
{
	int fd = setup();
	struct oscan_state state;

	hit(fd, MAX_STOP, 300, "normal", SLOW_SPS);
	motor_move(fd, TURNTABLE, -100, SLOW_SPS);
	want_equal(set_at_latch(fd, 7000), 0);
	state = motor_state(fd, TURNTABLE);
	want_equal(state.position, 6900);
	want_equal(state.latch_position, 7000);
	want_equal(state.position_state, OSCAN_POSITION_KNOWN);
	motor_set_position(fd, TURNTABLE, 10);
	want_equal(motor_state(fd, TURNTABLE).latch_position, 110);
	want_equal(set_at_latch(fd, -OSCAN_POSITION_LIMIT), -EOVERFLOW);
	want_equal(motor_state(fd, TURNTABLE).position, 10);
	want_equal(set_at_latch(fd, OSCAN_POSITION_LIMIT), 0);
	want_equal(motor_state(fd, TURNTABLE).position,
		   OSCAN_POSITION_LIMIT - 100);
}

static void a_latch_is_of_no_use_once_the_rotor_may_have_slipped(void)
{
	int fd = setup();

	hit(fd, MAX_STOP, 300, "normal", SLOW_SPS);
	motor_enable(fd, TURNTABLE, false);
	motor_enable(fd, TURNTABLE, true);
	want_equal(set_at_latch(fd, 0), -ESTALE);
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_SUSPECT);
}

/* The line says nothing of how far a hand pushes the axis afterwards. */
static void a_latch_of_a_motor_that_is_off_is_of_no_use(void)
{
	int fd = setup();
	uint32_t before = motor_state(fd, TURNTABLE).latch_count;

	motor_enable(fd, TURNTABLE, false);
	place(MIN_STOP, -1, "closed");
	wait_for_flags(fd, OSCAN_STATE_AT_MIN, OSCAN_STATE_AT_MIN);
	want_equal(motor_state(fd, TURNTABLE).latch_count, before + 1);
	want_equal(set_at_latch(fd, 0), -ESTALE);
	motor_enable(fd, TURNTABLE, true);
	want_equal(set_at_latch(fd, 0), -ESTALE);
	take_away(MIN_STOP);
	wait_for_flags(fd, OSCAN_STATE_AT_MIN, 0);
	place(MIN_STOP, -1, "closed");
	wait_for_flags(fd, OSCAN_STATE_AT_MIN, OSCAN_STATE_AT_MIN);
	want_equal(set_at_latch(fd, 0), 0);
}

static void a_homing_move_is_free_of_soft_limits(void)
{
	struct oscan_move move = {
		.axis = ROTOR,
		.flags = OSCAN_MOVE_HOMING,
		.target = ROTOR_MAX + 10,
	};
	int fd = setup();

	motor_set_position(fd, ROTOR, ROTOR_MAX - 10);
	want_equal(motor_try_to(fd, ROTOR, ROTOR_MAX + 10), -EDOM);
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	want_equal(motor_rest(fd, ROTOR).position, ROTOR_MAX + 10);
	want_equal(motor_try_move(fd, ROTOR, -1, 0), -EDOM);
	want_equal(motor_try_to(fd, ROTOR, ROTOR_MAX), 0);
	motor_rest(fd, ROTOR);
	move.flags |= OSCAN_MOVE_JOG;
	move.target = -1;
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &move), -EINVAL);
}

/* Loaded without stops=1. */
static void a_homing_move_needs_an_end_stop(void)
{
	struct oscan_move move = {
		.axis = ROTOR,
		.flags = OSCAN_MOVE_HOMING | OSCAN_MOVE_RELATIVE,
		.target = 1,
	};

	want_equal(motor_try(motor_setup(), OSCAN_IOC_MOVE, &move),
		   -EOPNOTSUPP);
}

/* What the state messages say of the end stops. */
static void note_flags(const struct oscan_state *state, void *data)
{
	if (state->axis == TURNTABLE)
		*(uint32_t *)data = state->flags;
}

static void wait_for_message(struct oscan_monitor *monitor, uint32_t *flags,
			     uint32_t mask, uint32_t wanted)
{
	const struct oscan_monitor_handler handler = {
		.state = note_flags, .data = flags,
	};
	struct pollfd wait = {
		.fd = oscan_monitor_fd(monitor), .events = POLLIN,
	};
	uint64_t deadline = kit_now_ns() + DEADLINE_NS;

	while ((*flags & mask) != wanted) {
		want(kit_now_ns() < deadline, "no message within 60 s");
		poll(&wait, 1, 100);
		want(oscan_monitor_read(monitor, &handler) >= 0,
		     "reading messages: %m");
	}
}

static void watchers_are_told_when_an_end_stop_closes_and_opens(void)
{
	struct oscan_monitor *monitor = oscan_monitor_open(OSCAN_MONITOR_STATE);
	uint32_t flags = 0;

	want(monitor, "no monitor: %m");
	setup();
	place(MAX_STOP, 1, "closed");
	wait_for_message(monitor, &flags, OSCAN_STATE_AT_MAX,
			 OSCAN_STATE_AT_MAX);
	take_away(MAX_STOP);
	wait_for_message(monitor, &flags, OSCAN_STATE_AT_MAX, 0);
	oscan_monitor_close(monitor);
}

/* Homing. */

static struct oscan_motor *open_library(void)
{
	struct oscan_motor *motor = oscan_motor_open(NULL, true);

	want(motor, "the library cannot open the motors: %m");
	return motor;
}

/* setup() must let control go. */
static struct oscan_motor *setup_homing(void)
{
	close(setup());
	return open_library();
}

static int try_home(struct oscan_motor *motor, struct oscan_homing *homing)
{
	return oscan_home(motor, homing) ? errno : 0;
}

/* Where the switch closes, the rig's count is @edge and the position is set. */
static void want_home(struct oscan_motor *motor, long long edge,
		      int64_t position)
{
	struct oscan_state state;

	want(!oscan_motor_state(motor, TURNTABLE, &state), "state: %m");
	want_equal(state.motion, OSCAN_MOTION_IDLE);
	want_equal(state.position_state, OSCAN_POSITION_KNOWN);
	want_equal(state.position - position, net() - edge);
}

static void home(struct oscan_motor *motor, int direction, long long edge,
		 int64_t position)
{
	struct oscan_homing homing = {
		.axis = TURNTABLE,
		.direction = direction,
		.position = position,
	};
	int error = try_home(motor, &homing);

	want(!error, "phase %u, end %u: %s", homing.phase, homing.end,
	     strerror(error));
	want_equal(homing.phase, OSCAN_HOMING_SET);
	want_home(motor, edge, position);
}

/* From another place each time, and from another idea of where that is. */
static void twenty_homings_land_on_the_same_microstep(void)
{
	struct oscan_motor *motor = setup_homing();
	int fd = oscan_motor_fd(motor), i;
	long long edge = place(MIN_STOP, -50, "normal");

	for (i = 0; i < 20; i++) {
		motor_move(fd, TURNTABLE, 20 + 37 * i % 60, 0);
		motor_set_position(fd, TURNTABLE, 1000 * i);
		home(motor, -1, edge, 42);
	}
}

static void a_bouncing_switch_homes_as_well(void)
{
	struct oscan_motor *motor = setup_homing();
	long long edge = place(MAX_STOP, 90, "bounce 30");
	int i;

	for (i = 0; i < 3; i++)
		home(motor, 1, edge, -5);
}

static void a_homing_may_begin_on_the_switch(void)
{
	struct oscan_motor *motor = setup_homing();
	int fd = oscan_motor_fd(motor);
	long long edge = place(MIN_STOP, -30, "normal");

	motor_start(fd, TURNTABLE, -60, SLOW_SPS);
	want_equal(motor_rest(fd, TURNTABLE).end, OSCAN_END_SWITCH);
	home(motor, -1, edge, 0);
	home(motor, -1, edge, 0);
}

static void a_fast_seek_above_the_start_stop_rate_homes_as_well(void)
{
	struct oscan_motor *motor = setup_homing();
	long long edge = place(MAX_STOP, 2000, "normal");
	struct oscan_homing homing = {
		.axis = TURNTABLE,
		.direction = 1,
		.fast_sps_q44 = SPEED_SPS * OSCAN_SPEED_ONE,
		.travel_steps = 4000,
		.position = 100000,
	};

	want_equal(try_home(motor, &homing), 0);
	want_home(motor, edge, 100000);
	want_equal(homing.offset_steps, 100000 - 2000);
}

static void homing_switches_the_motor_on(void)
{
	struct oscan_motor *motor = setup_homing();
	long long edge = place(MIN_STOP, -20, "normal");

	motor_enable(oscan_motor_fd(motor), TURNTABLE, false);
	home(motor, -1, edge, 0);
}

/* Fails with @error in @phase, at rest, and with the count right. */
static void want_failure(struct oscan_motor *motor,
			 struct oscan_homing *homing, int error,
			 unsigned int phase)
{
	struct recording recording;
	struct oscan_state state;
	int64_t before;

	before = motor_state(oscan_motor_fd(motor), TURNTABLE).position;
	rig_reset();
	want_equal(try_home(motor, homing), error);
	want_equal(homing->phase, phase);
	state = motor_state(oscan_motor_fd(motor), TURNTABLE);
	want_equal(state.motion, OSCAN_MOTION_IDLE);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE),
		   state.position - before);
}

static void a_dead_switch_is_told_within_the_greatest_travel(void)
{
	struct oscan_homing homing = {
		.axis = TURNTABLE, .direction = -1, .travel_steps = 400,
	};
	struct oscan_motor *motor = setup_homing();

	place(MIN_STOP, -100, "stuck");
	want_failure(motor, &homing, ENODATA, OSCAN_HOMING_FAST);
	want_equal(homing.end, OSCAN_END_DONE);
	want_equal(motor_state(oscan_motor_fd(motor), TURNTABLE).position,
		   -400);
}

static void a_stuck_switch_is_told_after_four_times_backing_off(void)
{
	struct oscan_homing homing = {
		.axis = TURNTABLE, .direction = -1, .backoff_steps = 25,
	};
	struct oscan_motor *motor = setup_homing();

	place(MIN_STOP, -100, "closed");
	want_failure(motor, &homing, ENOSPC, OSCAN_HOMING_BACK_OFF);
	want_equal(motor_state(oscan_motor_fd(motor), TURNTABLE).position,
		   100);
}

/* The motor turns the wrong way, so the other end stop closes. */
static void the_wrong_end_stop_is_told(void)
{
	struct oscan_homing homing = { .axis = TURNTABLE, .direction = -1 };
	struct oscan_motor *motor = setup_homing();

	place(MAX_STOP, -200, "normal");
	want_failure(motor, &homing, EXDEV, OSCAN_HOMING_FAST);
}

static bool dies_in_the_slow_seek(const struct oscan_state *state, void *data)
{
	const struct oscan_homing *homing = data;

	if (homing->phase == OSCAN_HOMING_SLOW)
		take_away(MIN_STOP);
	return true;
}

static void a_switch_that_dies_in_the_slow_seek_is_told(void)
{
	struct oscan_homing homing = {
		.axis = TURNTABLE,
		.direction = -1,
		.backoff_steps = 100,
		.slow_sps_q44 = 50 * OSCAN_SPEED_ONE,
		.go_on = dies_in_the_slow_seek,
		.data = &homing,
	};
	struct oscan_motor *motor = setup_homing();

	place(MIN_STOP, -60, "normal");
	want_failure(motor, &homing, ENODATA, OSCAN_HOMING_SLOW);
}

static bool stops_from_elsewhere(const struct oscan_state *state, void *data)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };

	if (state->steps > *(uint64_t *)data + 50)
		motor_do(motor_open(O_RDWR), OSCAN_IOC_HALT, &stop);
	return true;
}

static void a_seek_that_somebody_halts_is_no_homing(void)
{
	struct oscan_motor *motor = setup_homing();
	uint64_t steps = motor_state(oscan_motor_fd(motor), TURNTABLE).steps;
	struct oscan_homing homing = {
		.axis = TURNTABLE,
		.direction = 1,
		.go_on = stops_from_elsewhere,
		.data = &steps,
	};

	want_failure(motor, &homing, EIO, OSCAN_HOMING_FAST);
	want_equal(homing.end, OSCAN_END_HALTED);
}

static bool not_after(const struct oscan_state *state, void *data)
{
	return state->steps < *(uint64_t *)data + 50;
}

static void a_homing_can_be_called_off(void)
{
	struct oscan_motor *motor = setup_homing();
	uint64_t steps = motor_state(oscan_motor_fd(motor), TURNTABLE).steps;
	struct oscan_homing homing = {
		.axis = TURNTABLE,
		.direction = 1,
		.go_on = not_after,
		.data = &steps,
	};

	want_failure(motor, &homing, ECANCELED, OSCAN_HOMING_FAST);
	want_equal(homing.end, OSCAN_END_STOPPED);
}

static void a_homing_that_makes_no_sense_moves_nothing(void)
{
	struct oscan_homing bad[] = {
		{ .direction = 0 }, { .direction = 2 },
		{ .direction = 1, .backoff_steps = -1 },
		{ .direction = 1, .travel_steps = -1 },
		{ .direction = 1, .travel_steps = INT64_MAX },
		{ .direction = 1, .backoff_steps = INT64_MAX },
		{ .direction = 1,
		  .slow_sps_q44 = START_STOP_SPS * OSCAN_SPEED_ONE + 1 },
	};
	struct oscan_motor *motor = setup_homing();
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		want_failure(motor, &bad[i], EINVAL, 0);
	bad[0] = (struct oscan_homing) { .axis = 2, .direction = 1 };
	want_equal(try_home(motor, &bad[0]), ENXIO);
}

/*
 * Loaded with stops=2. A thread reads the line, some steps later; where the
 * axis is then is no less exact.
 */
static void an_end_stop_on_a_chip_that_sleeps_halts_and_homes(void)
{
	struct oscan_homing homing = { .axis = TURNTABLE, .direction = 1 };
	struct recording recording;
	struct oscan_state state;
	int fd = setup();
	long long edge = place(MAX_STOP, 200, "normal");

	motor_start(fd, TURNTABLE, 100000, SLOW_SPS);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	want_equal(state.end, OSCAN_END_SWITCH);
	want_equal(recording_net(&recording, TURNTABLE), state.position);
	want_equal(state.latch_position, state.position);
	want(state.position >= 200, "it halted before the switch closed");
	want_equal(motor_try_move(fd, TURNTABLE, 1, 0), -ENOSPC);
	close(fd);
	want_equal(try_home(open_library(), &homing), 0);
	state = motor_state(motor_open(O_RDONLY), TURNTABLE);
	want_equal(state.position_state, OSCAN_POSITION_KNOWN);
	want_equal(state.position, 0);
	want(net() >= edge, "it was homed before the switch closed");
}

/* Loaded without stops=1. */
static void homing_needs_an_end_stop(void)
{
	struct oscan_homing homing = { .axis = TURNTABLE, .direction = 1 };

	close(motor_setup());
	want_failure(open_library(), &homing, EOPNOTSUPP, 0);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(nothing_is_latched_before_an_end_stop_has_closed),
	CASE(an_axis_says_which_end_stops_it_has),
	CASE(an_end_stop_at_speed_halts_with_the_count_right),
	CASE(each_side_has_its_own_end_stop),
	CASE(an_end_stop_below_the_start_stop_rate_keeps_the_position),
	CASE(the_interrupt_halts_between_two_steps),
	CASE(without_its_interrupt_an_end_stop_is_seen_before_the_next_step),
	CASE(a_glitch_is_no_end_stop),
	CASE(one_can_always_drive_off_an_end_stop_and_not_into_it),
	CASE(a_switch_that_closes_at_rest_is_latched_and_obeyed),
	CASE(an_end_stop_that_lies_behind_does_not_halt),
	CASE(a_position_can_be_set_where_an_end_stop_closed),
	CASE(a_latch_is_of_no_use_once_the_rotor_may_have_slipped),
	CASE(a_latch_of_a_motor_that_is_off_is_of_no_use),
	CASE(a_homing_move_is_free_of_soft_limits),
	CASE(watchers_are_told_when_an_end_stop_closes_and_opens),
	CASE(twenty_homings_land_on_the_same_microstep),
	CASE(a_bouncing_switch_homes_as_well),
	CASE(a_homing_may_begin_on_the_switch),
	CASE(a_fast_seek_above_the_start_stop_rate_homes_as_well),
	CASE(homing_switches_the_motor_on),
	CASE(a_dead_switch_is_told_within_the_greatest_travel),
	CASE(a_stuck_switch_is_told_after_four_times_backing_off),
	CASE(the_wrong_end_stop_is_told),
	CASE(a_switch_that_dies_in_the_slow_seek_is_told),
	CASE(a_seek_that_somebody_halts_is_no_homing),
	CASE(a_homing_can_be_called_off),
	CASE(a_homing_that_makes_no_sense_moves_nothing),
};

/* Only by name, for they need the rig loaded in another way. */
static const struct kit_case others[] = {
	CASE(a_bouncing_end_stop_is_latched_once),
	CASE(an_end_stop_halts_an_axis_that_is_stopping),
	CASE(a_homing_move_needs_an_end_stop),
	CASE(homing_needs_an_end_stop),
	CASE(an_end_stop_on_a_chip_that_sleeps_halts_and_homes),
};

int main(int argc, char **argv)
{
	size_t count = sizeof(others) / sizeof(*others), i;

	for (i = 0; argc == 2 && i < count; i++)
		if (!strcmp(argv[1], others[i].name))
			return kit_main(argc, argv, others, count);
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
