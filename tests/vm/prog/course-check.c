// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * Moves that change while they run, wait for each other or belong together,
 * judged by the edges that the rig recorded. The judge knows every timing of
 * the driver's and that no interval may be shorter than at the greatest speed
 * less the catch-up share.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit.h"

/* Rounding of a deadline, and of the two clock readings about an edge. */
#define ROUNDING_NS	1000

static struct oscan_move to(unsigned int axis, int64_t target, unsigned int sps,
			    uint32_t flags)
{
	return (struct oscan_move) {
		.axis = axis,
		.flags = flags,
		.target = target,
		.speed_sps_q44 = sps * OSCAN_SPEED_ONE,
	};
}

static struct oscan_move go(int fd, unsigned int axis, int64_t target,
			    unsigned int sps, uint32_t flags)
{
	struct oscan_move move = to(axis, target, sps, flags);

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	return move;
}

static void wait_position(int fd, unsigned int axis, int64_t position, int sign)
{
	uint64_t deadline = kit_now_ns() + 60 * KIT_NS_PER_S;

	while ((motor_state(fd, axis).position - position) * sign < 0) {
		want(kit_now_ns() < deadline, "axis %u never gets to %lld",
		     axis, (long long)position);
		kit_sleep_ms(2);
	}
}

/* At rest, where it must be, by the driver and by the edges. */
static struct recording rest_at(int fd, unsigned int axis, int64_t from,
				int64_t position)
{
	struct oscan_state state = motor_rest(fd, axis);
	struct recording recording = rig_take();

	want_equal(state.end, OSCAN_END_DONE);
	want_equal(state.position, position);
	want_equal(state.target, position);
	want_equal(recording_net(&recording, axis), position - from);
	judge_axis(fd, axis, &recording, SPEED_SPS);
	return recording;
}

static void check_rest_at(int fd, unsigned int axis, int64_t from,
			  int64_t position)
{
	struct recording recording = rest_at(fd, axis, from, position);

	recording_free(&recording);
}

static void a_jog_changes_speed_and_stops(void)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	struct recording recording;
	struct oscan_state state;

	go(fd, TURNTABLE, 1, 300, OSCAN_MOVE_JOG);
	wait_position(fd, TURNTABLE, 100, 1);
	go(fd, TURNTABLE, 1, 3000, OSCAN_MOVE_JOG | OSCAN_MOVE_REPLACE);
	wait_position(fd, TURNTABLE, 1200, 1);
	go(fd, TURNTABLE, 1, 500, OSCAN_MOVE_JOG | OSCAN_MOVE_REPLACE);
	wait_position(fd, TURNTABLE, 2200, 1);
	go(fd, TURNTABLE, -1, 2000, OSCAN_MOVE_JOG | OSCAN_MOVE_REPLACE);
	wait_position(fd, TURNTABLE, 1500, -1);
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	want_equal(state.end, OSCAN_END_STOPPED);
	want_equal(recording_net(&recording, TURNTABLE), state.position);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
}

static void a_jog_ends_on_the_soft_limit(void)
{
	int fd = motor_setup();

	motor_set_position(fd, ROTOR, ROTOR_MAX - 900);
	go(fd, ROTOR, 1, 0, OSCAN_MOVE_JOG);
	check_rest_at(fd, ROTOR, ROTOR_MAX - 900, ROTOR_MAX);
	motor_set_position(fd, ROTOR, ROTOR_MIN + 900);
	go(fd, ROTOR, -1, 0, OSCAN_MOVE_JOG);
	check_rest_at(fd, ROTOR, ROTOR_MIN + 900, ROTOR_MIN);
}

/* From one speed to the other without a pause: a slow jog is made fast. */
static void a_slow_axis_takes_a_new_speed_at_once(void)
{
	struct oscan_move slow = to(TURNTABLE, 1, 0, OSCAN_MOVE_JOG);
	int fd = motor_setup();
	uint64_t before;

	/* One step in 100 s. */
	slow.speed_sps_q44 = OSCAN_SPEED_ONE / 100;
	motor_do(fd, OSCAN_IOC_MOVE, &slow);
	kit_sleep_ms(50);
	before = kit_now_ns();
	go(fd, TURNTABLE, 200, 0, OSCAN_MOVE_REPLACE);
	check_rest_at(fd, TURNTABLE, 0, 200);
	want(kit_now_ns() - before < 50 * KIT_NS_PER_S, "it waited");
}

static void new_targets_are_met_from_any_speed(void)
{
	/* Farther, nearer, too near to stop at, behind, the same again. */
	static const int64_t targets[] = { 1800, 1400, 1040, -400, -400 };
	int fd = motor_setup();
	int64_t from = 0;
	unsigned int i;

	for (i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		int64_t away = targets[i] > from ? 1600 : -1600;

		go(fd, TURNTABLE, from + away, 2000, 0);
		wait_position(fd, TURNTABLE, from + (away > 0 ? 500 : -500),
			      away > 0 ? 1 : -1);
		go(fd, TURNTABLE, targets[i], 0, OSCAN_MOVE_REPLACE);
		check_rest_at(fd, TURNTABLE, from, targets[i]);
		from = targets[i];
	}
}

/* Held up while it stops for a target behind it, and on the way there. */
static void a_stumble_on_the_way_to_a_new_target_is_harmless(void)
{
	static const char *const delays[] = { "30 20000", "450 20000",
					      "1200 20000" };
	int fd = motor_setup();
	int64_t from = 0;
	unsigned int i;

	for (i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
		go(fd, TURNTABLE, from + 2000, 2500, 0);
		wait_position(fd, TURNTABLE, from + 700, 1);
		rig_write("delay_at", delays[i]);
		go(fd, TURNTABLE, from + 100, 0, OSCAN_MOVE_REPLACE);
		check_rest_at(fd, TURNTABLE, from, from + 100);
		from += 100;
	}
}

/* From rest it would take days, and an axis may always come to rest. */
static void a_new_target_that_would_take_days_is_refused(void)
{
	struct oscan_move slow = to(TURNTABLE, 1, 0, OSCAN_MOVE_REPLACE);
	int fd = motor_setup();

	slow.accel_sps2_q32 = 1;
	go(fd, TURNTABLE, 1500, 2000, 0);
	wait_position(fd, TURNTABLE, 500, 1);
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &slow), -ERANGE);
	slow.target = 100000;
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &slow), -ERANGE);
	check_rest_at(fd, TURNTABLE, 0, 1500);
}

/* A host that held the axis up just before finds it slow: once more, then. */
static void begin_stop_of_hours(int fd)
{
	struct oscan_move move = to(TURNTABLE, 270000000, 4000, 0);
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	struct oscan_state state;
	int64_t from = 0;

	move.decel_sps2_q32 = OSCAN_ACCEL_ONE / 32;
	for (;;) {
		motor_do(fd, OSCAN_IOC_MOVE, &move);
		wait_position(fd, TURNTABLE, from + 1700, 1);
		motor_do(fd, OSCAN_IOC_STOP, &stop);
		/* With the step after it the stop begins, and has a target. */
		do {
			state = motor_state(fd, TURNTABLE);
		} while (state.motion == OSCAN_MOTION_MOVING);
		if (state.target - state.position > 3000000)
			return;
		motor_do(fd, OSCAN_IOC_HALT, &stop);
		from = motor_rest(fd, TURNTABLE).position;
	}
}

/*
 * At the start-stop rate the way to stop would take half a year. The rig is
 * loaded with start_stop_fsps=1.
 */
static void a_stumble_in_a_stop_of_hours_goes_on(void)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	struct recording recording;
	struct oscan_state state;
	int64_t from;

	begin_stop_of_hours(fd);
	from = motor_state(fd, TURNTABLE).position;
	rig_write("delay_at", "100 20000");
	wait_position(fd, TURNTABLE, from + 1300, 1);
	state = motor_state(fd, TURNTABLE);
	want_equal(state.motion, OSCAN_MOTION_STOPPING);
	motor_do(fd, OSCAN_IOC_HALT, &stop);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	want(motor_stats(fd, TURNTABLE).stumbles, "it did not stumble");
	want_equal(recording_net(&recording, TURNTABLE), state.position);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
}

static void a_new_target_may_come_at_any_moment(void)
{
	int fd = motor_setup();
	int64_t target = 0;
	unsigned int i;

	srand48(7);
	go(fd, TURNTABLE, 1, 2000, OSCAN_MOVE_JOG);
	for (i = 0; i < 60; i++) {
		struct oscan_move move;

		kit_sleep_ms(lrand48() % 60);
		if (!(i % 8))
			rig_write("delay_at", "10 3000");
		target = lrand48() % 4000 - 2000;
		move = to(TURNTABLE, target, 500 + lrand48() % 4000,
			  OSCAN_MOVE_REPLACE);
		if (i % 2)
			move.jerk_sps3_q24 = (20000 + lrand48() % 100000) *
					     OSCAN_JERK_ONE;
		motor_do(fd, OSCAN_IOC_MOVE, &move);
	}
	check_rest_at(fd, TURNTABLE, 0, target);
}

/*
 * 1000 steps each at 1000, 500 and 1500 microsteps/s, which is below the
 * start-stop rate, so that a host that is late shifts the schedule and no
 * more. A rest at a seam would cost 0.1 s.
 */
static void moves_that_wait_join_without_a_stop(void)
{
	int fd = motor_setup();
	uint64_t slip = motor_stats(fd, TURNTABLE).slip_ns, *times, took;
	struct recording recording;
	struct oscan_move first;
	/* Up to 1000, down to 500, up to 1500 and down to rest; the rest even */
	double want_s = 0.2 + (1000 - 100 - 75) / 1000.0 + 0.1 + 1000 / 500.0 +
			0.2 + (1000 - 200 - 225) / 1500.0 + 0.3;
	size_t count;

	first = go(fd, TURNTABLE, 1000, 1000, 0);
	go(fd, TURNTABLE, 2000, 500, OSCAN_MOVE_QUEUE);
	go(fd, TURNTABLE, 1000, 1500, OSCAN_MOVE_QUEUE | OSCAN_MOVE_RELATIVE);
	want_equal(motor_state(fd, TURNTABLE).queued, 2);
	recording = rest_at(fd, TURNTABLE, 0, 3000);
	times = step_times(&recording, TURNTABLE, &count);
	slip = motor_stats(fd, TURNTABLE).slip_ns - slip;
	took = times[count - 1] - first.start_ns - slip;
	kit_say("%f s and %f s of slip, planned %f s", took / 1e9, slip / 1e9,
		want_s);
	want(fabs(took / 1e9 - want_s) < 0.05, "%f s and not %f s", took / 1e9,
	     want_s);
}

static void moves_that_wait_turn_round(void)
{
	int fd = motor_setup();
	struct oscan_move first, last;
	struct oscan_state state;

	first = go(fd, TURNTABLE, 1500, 0, 0);
	go(fd, TURNTABLE, -500, 0, OSCAN_MOVE_QUEUE);
	go(fd, TURNTABLE, 700, 3000, OSCAN_MOVE_QUEUE);
	last = go(fd, TURNTABLE, 701, 0, OSCAN_MOVE_QUEUE);
	state = motor_state(fd, TURNTABLE);
	want_equal(state.move_id, first.move_id);
	want_equal(last.move_id, first.move_id + 3);
	want_equal(state.target, 1500);
	check_rest_at(fd, TURNTABLE, 0, 701);
	want_equal(motor_state(fd, TURNTABLE).move_id, last.move_id);
	want_equal(motor_stats(fd, TURNTABLE).move_id, last.move_id);
}

static void the_queue_has_an_end(void)
{
	struct oscan_move more = to(TURNTABLE, 10, 0, OSCAN_MOVE_QUEUE |
				    OSCAN_MOVE_RELATIVE);
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	struct recording recording;
	struct oscan_state state;
	unsigned int i;

	go(fd, TURNTABLE, 100000, 300, 0);
	for (i = 0; i < OSCAN_MOVE_QUEUE_LIMIT; i++)
		motor_do(fd, OSCAN_IOC_MOVE, &more);
	want_equal(motor_state(fd, TURNTABLE).queued, OSCAN_MOVE_QUEUE_LIMIT);
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &more), -EAGAIN);
	more.flags = OSCAN_MOVE_RELATIVE;
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &more), -EBUSY);
	want_equal(motor_state(fd, TURNTABLE).queued, OSCAN_MOVE_QUEUE_LIMIT);
	wait_position(fd, TURNTABLE, 50, 1);
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	state = motor_rest(fd, TURNTABLE);
	want_equal(state.end, OSCAN_END_STOPPED);
	want_equal(state.queued, 0);
	want(state.position < 1000, "it went on");
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), state.position);
}

/*
 * Where two joined moves meet, a stop brakes on into the second. The rig is
 * loaded with max_accel_sps2=32 start_stop_fsps=1, so that only a host that is
 * late by a quarter of a second makes the axis stumble.
 */
static void a_stop_at_a_seam_is_soft(void)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	struct recording recording;
	struct oscan_state state;

	go(fd, TURNTABLE, 64, 32, 0);
	go(fd, TURNTABLE, 200, 32, OSCAN_MOVE_QUEUE);
	wait_position(fd, TURNTABLE, 60, 1);
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	want_equal(state.end, OSCAN_END_STOPPED);
	want_equal(recording_net(&recording, TURNTABLE), state.position);
	judge_axis(fd, TURNTABLE, &recording, 32);
	if (motor_stats(fd, TURNTABLE).stumbles)
		return;
	want(state.position >= 75 && state.position < 110, "at %lld",
	     (long long)state.position);
	want_equal(state.position_state, OSCAN_POSITION_KNOWN);
}

static void an_s_curve_takes_its_time_and_is_counted(void)
{
	struct oscan_move move = to(TURNTABLE, 3000, 1000, 0);
	int fd = motor_setup();
	struct recording recording;
	uint64_t *times;
	size_t count;

	move.accel_sps2_q32 = 1000 * OSCAN_ACCEL_ONE;
	move.jerk_sps3_q24 = 2000 * OSCAN_JERK_ONE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	/* 0.5 s curve, 0.5 s flat, 0.5 s curve; 1.5 s even; the same down */
	want_equal(move.duration_ns, 4500000000);
	recording = rest_at(fd, TURNTABLE, 0, 3000);
	times = step_times(&recording, TURNTABLE, &count);
	/* j t^3 / 6 = 1, and 750 steps for each ramp */
	want(times[0] + ROUNDING_NS >= move.start_ns + 144224957,
	     "the first step is early");
	want(times[749] + ROUNDING_NS >= move.start_ns + 1500000000,
	     "the ramp is too short");
	want(times[2999] + ROUNDING_NS >= move.start_ns + 4500000000,
	     "the end is early");
}

static void a_pass_has_exactly_the_time_asked_for(void)
{
	struct oscan_move move = {
		.axis = TURNTABLE,
		.target = 2000,
		.pass_steps = 1009,
		.pass_ns = 1234567891,
	};
	double speed = 1009 / 1.234567891, end;
	int fd = motor_setup();

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	end = 2000 / speed + speed / ACCEL_SPS2;
	want(fabs(end * 1e9 - move.duration_ns) < 2, "%llu ns, not %f s",
	     (unsigned long long)move.duration_ns, end);
	check_rest_at(fd, TURNTABLE, 0, 2000);
	move.speed_sps_q44 = OSCAN_SPEED_ONE;
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &move), -EINVAL);
	move.speed_sps_q44 = 0;
	move.pass_ns = 1;
	want_equal(motor_try(fd, OSCAN_IOC_MOVE, &move), -ERANGE);
}

static void a_group_starts_and_arrives_together(void)
{
	struct oscan_move moves[2] = {
		to(TURNTABLE, 4000, 0, 0),
		to(ROTOR, ROTOR_START + 300, 0, 0),
	};
	struct oscan_group group = {
		.count = 2,
		.flags = OSCAN_GROUP_ARRIVE,
		.moves = (uintptr_t)moves,
	};
	int fd = motor_setup();
	struct recording recording;

	moves[1].jerk_sps3_q24 = 50000 * OSCAN_JERK_ONE;
	motor_do(fd, OSCAN_IOC_MOVE_TOGETHER, &group);
	want_equal(moves[0].flags, 0);
	want_equal(moves[0].start_ns, moves[1].start_ns);
	want(moves[0].start_ns && moves[0].duration_ns, "no times");
	want_equal(moves[0].duration_ns, moves[1].duration_ns);
	motor_rest(fd, ROTOR);
	want_equal(motor_rest(fd, TURNTABLE).position, 4000);
	want_equal(motor_state(fd, ROTOR).position, ROTOR_START + 300);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), 4000);
	want_equal(recording_net(&recording, ROTOR), 300);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
	judge_axis(fd, ROTOR, &recording, SPEED_SPS);
}

static void a_group_is_all_or_nothing(void)
{
	struct oscan_move moves[2] = {
		to(TURNTABLE, 100, 0, 0), to(ROTOR, ROTOR_MAX + 1, 0, 0),
	};
	struct oscan_group group = {
		.count = 2, .moves = (uintptr_t)moves,
	};
	int fd = motor_setup();

	want_equal(motor_try(fd, OSCAN_IOC_MOVE_TOGETHER, &group), -EDOM);
	moves[1] = moves[0];
	want_equal(motor_try(fd, OSCAN_IOC_MOVE_TOGETHER, &group), -EINVAL);
	moves[1] = to(7, 0, 0, 0);
	want_equal(motor_try(fd, OSCAN_IOC_MOVE_TOGETHER, &group), -ENXIO);
	moves[1] = to(ROTOR, ROTOR_START, 0, OSCAN_MOVE_QUEUE);
	want_equal(motor_try(fd, OSCAN_IOC_MOVE_TOGETHER, &group), -EINVAL);
	moves[1] = to(ROTOR, 5, 0, OSCAN_MOVE_RELATIVE);
	motor_enable(fd, ROTOR, false);
	want_equal(motor_try(fd, OSCAN_IOC_MOVE_TOGETHER, &group), -ESHUTDOWN);
	want_equal(rig_number("edges"), 1);
	want_equal(motor_state(fd, TURNTABLE).motion, OSCAN_MOTION_IDLE);
	motor_enable(fd, ROTOR, true);
	motor_do(fd, OSCAN_IOC_MOVE_TOGETHER, &group);
	want_equal(motor_rest(fd, ROTOR).position, ROTOR_START + 5);
	want_equal(motor_rest(fd, TURNTABLE).position, 100);
}

/* The rig is loaded with backlash_steps=40: approached upwards. */
static void play_is_always_on_the_same_side(void)
{
	int fd = motor_setup();
	struct recording recording;

	go(fd, TURNTABLE, 500, 0, 0);
	recording = rest_at(fd, TURNTABLE, 0, 500);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 1),
		   500);
	recording_free(&recording);
	go(fd, TURNTABLE, 100, 0, 0);
	recording = rest_at(fd, TURNTABLE, 500, 100);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 1),
		   400 + 80);
	recording_free(&recording);
	go(fd, TURNTABLE, 0, 0, OSCAN_MOVE_DIRECT);
	recording = rest_at(fd, TURNTABLE, 100, 0);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 1),
		   100);
	recording_free(&recording);
	want_equal(motor_try_to(fd, ROTOR, ROTOR_MIN + 39), -EDOM);
	want_equal(motor_try_to(fd, ROTOR, ROTOR_MIN + 40), 0);
	want_equal(motor_rest(fd, ROTOR).position, ROTOR_MIN + 40);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(a_jog_changes_speed_and_stops),
	CASE(a_jog_ends_on_the_soft_limit),
	CASE(a_slow_axis_takes_a_new_speed_at_once),
	CASE(new_targets_are_met_from_any_speed),
	CASE(a_stumble_on_the_way_to_a_new_target_is_harmless),
	CASE(a_new_target_that_would_take_days_is_refused),
	CASE(a_new_target_may_come_at_any_moment),
	CASE(moves_that_wait_join_without_a_stop),
	CASE(moves_that_wait_turn_round),
	CASE(the_queue_has_an_end),
	CASE(an_s_curve_takes_its_time_and_is_counted),
	CASE(a_pass_has_exactly_the_time_asked_for),
	CASE(a_group_starts_and_arrives_together),
	CASE(a_group_is_all_or_nothing),
};

/* Not part of the suite: each needs a rig of its own. */
static const struct kit_case alone[] = {
	CASE(play_is_always_on_the_same_side),
	CASE(a_stop_at_a_seam_is_soft),
	CASE(a_stumble_in_a_stop_of_hours_goes_on),
};

int main(int argc, char **argv)
{
	return kit_main_alone(argc, argv, cases, sizeof(cases) / sizeof(*cases),
			      alone, sizeof(alone) / sizeof(*alone));
}
