// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * What changes a motion on its way: new targets, new limits, stops in a queue,
 * hold-ups. Needs tests/debug/run-uml --exact, where time is exact, and a rig
 * loaded with start_stop_fsps=1, or as the case says.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit.h"

/* Two ticks of the clock, and the rounding of a deadline. */
#define NEAR_NS		600

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

static void wait_position(int fd, unsigned int axis, int64_t position)
{
	uint64_t deadline = kit_now_ns() + 60 * KIT_NS_PER_S;

	while (motor_state(fd, axis).position < position) {
		want(kit_now_ns() < deadline, "axis %u never gets to %lld",
		     axis, (long long)position);
		kit_sleep_ms(2);
	}
}

static void stop(int fd, unsigned int axis)
{
	motor_do(fd, OSCAN_IOC_STOP, &(struct oscan_stop){ .axes = 1 << axis });
}

static void want_end(const struct oscan_state *state, enum oscan_end end)
{
	want_equal(state->end, end);
	want_equal(state->target, state->position);
	want_equal(state->position_state, OSCAN_POSITION_KNOWN);
}

/* Speeding up at 5000 microsteps/s^2: at a jerk of 4000 it would go on so. */
static void check_top_speed(uint64_t jerk_sps3_q24)
{
	struct oscan_move move = to(TURNTABLE, 4000, 1500, 0);
	int fd = motor_setup();
	struct oscan_state state;
	uint64_t shortest;

	move.jerk_sps3_q24 = jerk_sps3_q24;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 100);
	move.flags = OSCAN_MOVE_REPLACE;
	move.jerk_sps3_q24 = 4000 * OSCAN_JERK_ONE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 1000);
	stop(fd, TURNTABLE);
	state = motor_rest(fd, TURNTABLE);
	want_end(&state, OSCAN_END_STOPPED);
	shortest = motor_stats(fd, TURNTABLE).move_shortest_ns;
	want(shortest + NEAR_NS >= KIT_NS_PER_S / 1500,
	     "the shortest interval is %llu ns", (unsigned long long)shortest);
	/* 918 steps from 1500 to rest, and what it made meanwhile */
	want(state.position < 1950, "it stopped at %lld",
	     (long long)state.position);
}

static void a_limit_of_jerk_on_the_way_keeps_the_greatest_speed(void)
{
	check_top_speed(0);
}

static void a_lower_jerk_on_the_way_keeps_the_greatest_speed(void)
{
	check_top_speed(100000 * OSCAN_JERK_ONE);
}

/* The second of two moves may brake harder, and is entered for that. */
static void a_stop_in_a_queue_ends_within_it(void)
{
	struct oscan_move move = to(TURNTABLE, 1000, 3000, 0);
	int fd = motor_setup();
	struct oscan_state state;

	move.decel_sps2_q32 = 200 * OSCAN_ACCEL_ONE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	move = to(TURNTABLE, 1500, 3000, OSCAN_MOVE_QUEUE);
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	/* At sqrt(2 * 5000 * 500) microsteps/s: 500 steps to stop. */
	wait_position(fd, TURNTABLE, 800);
	stop(fd, TURNTABLE);
	state = motor_rest(fd, TURNTABLE);
	want_end(&state, OSCAN_END_STOPPED);
	want(state.position > 1290 && state.position < 1320, "it stopped at %lld",
	     (long long)state.position);
}

/* In an S-shaped deceleration to where the last 60 steps are entered. */
static void a_stop_in_a_queue_of_s_curves_ends_within_it(void)
{
	struct oscan_move move = to(TURNTABLE, 1000, 2500, 0);
	int fd = motor_setup();
	struct oscan_state state;

	move.jerk_sps3_q24 = 50000 * OSCAN_JERK_ONE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	move.target = 1060;
	move.flags = OSCAN_MOVE_QUEUE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 850);
	stop(fd, TURNTABLE);
	state = motor_rest(fd, TURNTABLE);
	want_end(&state, OSCAN_END_STOPPED);
	want(state.position > 900 && state.position <= 1060, "it stopped at %lld",
	     (long long)state.position);
}

static void a_new_deceleration_holds_from_now_on(void)
{
	struct oscan_move move = to(TURNTABLE, 3000, 2000, 0);
	int fd = motor_setup();
	struct recording recording;
	uint64_t *times, took;
	size_t count;

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 500);
	move.flags = OSCAN_MOVE_REPLACE;
	move.decel_sps2_q32 = 1000 * OSCAN_ACCEL_ONE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	motor_rest(fd, TURNTABLE);
	recording = rig_take();
	times = step_times(&recording, TURNTABLE, &count);
	want_equal(count, 3000);
	/* 500 = 1000 * 1^2 / 2 */
	took = times[2999] - times[2499];
	want(llabs((long long)(took - KIT_NS_PER_S)) <= 2 * NEAR_NS,
	     "the last 500 steps took %llu ns", (unsigned long long)took);
}

static void a_deceleration_too_weak_for_the_soft_limit_is_not_taken(void)
{
	struct oscan_move move = to(ROTOR, 14800, 3000, 0);
	int fd = motor_setup();
	struct recording recording;

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, ROTOR, 13000);
	move.flags = OSCAN_MOVE_REPLACE;
	move.decel_sps2_q32 = 1000 * OSCAN_ACCEL_ONE;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	want_equal(motor_rest(fd, ROTOR).position, 14800);
	recording = rig_take();
	want_equal(recording_count(&recording, OSCAN_RIG_ROTOR_STEP, 1),
		   14800 - ROTOR_START);
}

/* In 30 hours it would make 1404 steps, and takes 1600 to slow down. */
static void a_jog_made_very_slow_never_turns(void)
{
	struct oscan_move move = to(TURNTABLE, 1, 4000, OSCAN_MOVE_JOG);
	int fd = motor_setup();
	struct recording recording;
	struct oscan_state state;

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 2500);
	move.flags |= OSCAN_MOVE_REPLACE;
	move.speed_sps_q44 = OSCAN_SPEED_ONE * 13 / 1000;
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	want_end(&state, OSCAN_END_DONE);
	want(state.position >= 4000, "it stopped at %lld",
	     (long long)state.position);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 1),
		   state.position);
}

/* One step in 5 s is made fast 3 s after a step: nothing is late. */
static void a_new_target_is_no_lateness(void)
{
	struct oscan_move slow = to(TURNTABLE, 1, 0, OSCAN_MOVE_JOG);
	struct oscan_move move = to(TURNTABLE, 200, 0, OSCAN_MOVE_REPLACE);
	int fd = motor_setup();
	struct oscan_stats stats;

	slow.speed_sps_q44 = OSCAN_SPEED_ONE / 5;
	motor_do(fd, OSCAN_IOC_MOVE, &slow);
	wait_position(fd, TURNTABLE, 1);
	kit_sleep_ms(3000);
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	motor_rest(fd, TURNTABLE);
	stats = motor_stats(fd, TURNTABLE);
	want_equal(stats.move_slip_ns, 0);
	want_equal(stats.move_stumbles, 0);
	want(stats.move_worst_late_ns < 20000, "a step was %llu ns late",
	     (unsigned long long)stats.move_worst_late_ns);
}

/* It stops before it turns, and is stopped meanwhile. */
static void a_stop_before_a_turn_says_where_it_ends(void)
{
	struct oscan_move move = to(TURNTABLE, 3000, 2000, 0);
	int fd = motor_setup();
	struct oscan_state state;

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 1000);
	move = to(TURNTABLE, 0, 0, OSCAN_MOVE_REPLACE);
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	wait_position(fd, TURNTABLE, 1100);
	stop(fd, TURNTABLE);
	state = motor_rest(fd, TURNTABLE);
	want_end(&state, OSCAN_END_STOPPED);
	want(state.position > 1350, "it stopped at %lld",
	     (long long)state.position);
}

static void wait_delay(void)
{
	while (rig_number("delay_at"))
		kit_sleep_ms(1);
}

/*
 * At 2000 microsteps/s half a full step is 4 ms. Of the first hold-up one
 * interval is left to be worked off when the second one comes.
 */
static void lateness_that_is_worked_off_is_no_pause(void)
{
	int fd = motor_setup();

	motor_start(fd, TURNTABLE, 1500, 2000);
	wait_position(fd, TURNTABLE, 500);
	rig_write("delay_at", "1 700");
	wait_delay();
	kit_sleep_ms(1);
	rig_write("delay_at", "1 3850");
	wait_delay();
	want_equal(motor_stats(fd, TURNTABLE).move_stumbles, 0);
	rig_write("delay_at", "1 4600");
	want_equal(motor_rest(fd, TURNTABLE).position, 1500);
	want_equal(motor_stats(fd, TURNTABLE).move_stumbles, 1);
}

static void hold_up(unsigned int count, const char *delay)
{
	while (count--) {
		rig_write("delay_at", delay);
		wait_delay();
	}
}

/* At 800 microsteps/s half a full step is 10 ms. */
static void hold_ups_in_a_row_are_a_stumble(void)
{
	int fd = motor_setup();

	motor_start(fd, TURNTABLE, 800, 800);
	wait_position(fd, TURNTABLE, 100);
	hold_up(1, "1 9500");
	wait_position(fd, TURNTABLE, 200);
	hold_up(1, "1 9500");
	/* The axis goes on at two thirds of its speed. */
	hold_up(8, "1 725");
	want_equal(motor_stats(fd, TURNTABLE).move_stumbles, 0);
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_KNOWN);
	wait_position(fd, TURNTABLE, 400);
	hold_up(2, "1 6250");
	want_equal(motor_stats(fd, TURNTABLE).move_stumbles, 1);
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_SUSPECT);
	want_equal(motor_rest(fd, TURNTABLE).position, 800);
}

/*
 * Loaded with pulse_high_ns=10000000 pulse_low_ns=10000000 max_speed_sps=45
 * max_accel_sps2=1000000 enable_delay_ns=40000000: planned faster than the
 * lines allow.
 */
static void a_pulse_that_ends_late_makes_the_next_step_late(void)
{
	int fd = motor_setup();
	uint64_t before = motor_state(fd, TURNTABLE).steps;

	motor_start(fd, TURNTABLE, 20, 40);
	motor_wait_steps(fd, TURNTABLE, before, 5);
	/* 25 ms between two: the pulse ends 10 ms late, the next is 5 ms late. */
	rig_write("delay_us", "20000");
	want_equal(motor_rest(fd, TURNTABLE).position, 20);
	want(motor_stats(fd, TURNTABLE).move_worst_late_ns >= 4000000,
	     "at most %llu ns late",
	     (unsigned long long)motor_stats(fd, TURNTABLE).move_worst_late_ns);
}

static void a_new_target_keeps_the_pulses_apart(void)
{
	struct oscan_move move = to(TURNTABLE, 10, 0, OSCAN_MOVE_REPLACE);
	int fd = motor_setup();
	uint64_t before = motor_state(fd, TURNTABLE).steps;
	struct recording recording;

	motor_start(fd, TURNTABLE, 20, 1);
	motor_wait_steps(fd, TURNTABLE, before, 2);
	/* Its pulse has ended, and the time after it has not. */
	kit_sleep_ms(12);
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	want_equal(motor_rest(fd, TURNTABLE).position, 10);
	recording = rig_take();
	judge_axis(fd, TURNTABLE, &recording, 1000);
}

static void a_new_target_before_the_first_step_waits_for_the_driver(void)
{
	struct oscan_move move = to(TURNTABLE, -10, 0, OSCAN_MOVE_REPLACE);
	int fd = motor_setup();
	struct recording recording;

	motor_enable(fd, TURNTABLE, false);
	motor_enable(fd, TURNTABLE, true);
	motor_start(fd, TURNTABLE, 10, 0);
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	want_equal(motor_rest(fd, TURNTABLE).position, -10);
	recording = rig_take();
	judge_axis(fd, TURNTABLE, &recording, 1000);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(a_limit_of_jerk_on_the_way_keeps_the_greatest_speed),
	CASE(a_lower_jerk_on_the_way_keeps_the_greatest_speed),
	CASE(a_stop_in_a_queue_ends_within_it),
	CASE(a_stop_in_a_queue_of_s_curves_ends_within_it),
	CASE(a_new_deceleration_holds_from_now_on),
	CASE(a_deceleration_too_weak_for_the_soft_limit_is_not_taken),
	CASE(a_jog_made_very_slow_never_turns),
	CASE(a_new_target_is_no_lateness),
	CASE(a_stop_before_a_turn_says_where_it_ends),
	CASE(lateness_that_is_worked_off_is_no_pause),
	CASE(hold_ups_in_a_row_are_a_stumble),
};

/* Not part of the suite: each needs a rig of its own. */
static const struct kit_case alone[] = {
	CASE(a_pulse_that_ends_late_makes_the_next_step_late),
	CASE(a_new_target_keeps_the_pulses_apart),
	CASE(a_new_target_before_the_first_step_waits_for_the_driver),
};

int main(int argc, char **argv)
{
	return kit_main_alone(argc, argv, cases, sizeof(cases) / sizeof(*cases),
			      alone, sizeof(alone) / sizeof(*alone));
}
