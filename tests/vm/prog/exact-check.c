// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * Where time stands still while anybody works, nothing is late: every edge
 * that the rig recorded is where the schedule has it, to two ticks of the
 * clock, from the first step to the last. Needs tests/debug/run-uml --exact.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit.h"

/* Coarser than this the clock would prove nothing. */
#define TICK_MAX_NS	512

/* Rounding of a deadline, and of the double that it is held against. */
#define ROUNDING_NS	2

static uint64_t divisor(uint64_t a, uint64_t b)
{
	return b ? divisor(b, a % b) : a;
}

/* The clock's own step: what divides all distances of many edges. */
static uint64_t measure_tick(int fd)
{
	struct recording recording;
	uint64_t tick = 0;
	size_t i;

	motor_move(fd, TURNTABLE, 300, 0);
	motor_move(fd, TURNTABLE, -300, 0);
	recording = rig_take();
	for (i = 1; i < recording.count; i++)
		tick = divisor(recording.edges[i].time_ns -
			       recording.edges[0].time_ns, tick);
	recording_free(&recording);
	want(tick && tick <= TICK_MAX_NS,
	     "the clock's tick is %llu ns: time is not exact here",
	     (unsigned long long)tick);
	return tick;
}

/*
 * A timer's interrupt comes while the clock still shows up to a tick less than
 * the deadline: then it comes once more, less than two ticks late in all.
 */
static void check_move(int fd, unsigned int axis, int64_t steps,
		       unsigned int speed_sps, double accel_sps2,
		       uint64_t tick)
{
	struct recording recording;
	struct oscan_move move;
	double due, off, worst = 0;
	size_t count, i;
	uint64_t *times;

	rig_reset();
	move = motor_start(fd, axis, steps, speed_sps);
	motor_rest(fd, axis);
	recording = rig_take();
	times = step_times(&recording, axis, &count);
	want_equal(count, llabs(steps));
	for (i = 0; i < count; i++) {
		due = ideal_ns(i + 1, count, speed_sps, accel_sps2);
		off = times[i] - (move.start_ns + due);
		want(off >= -(double)ROUNDING_NS && off <= 2.0 * tick + ROUNDING_NS,
		     "step %zu of %lld at %u/s came %.0f ns off its time, one tick is %llu ns",
		     i + 1, (long long)steps, speed_sps, off,
		     (unsigned long long)tick);
		worst = fmax(worst, fabs(off));
	}
	want_equal(motor_stats(fd, axis).move_slip_ns, 0);
	want_equal(motor_stats(fd, axis).move_stumbles, 0);
	kit_say("%lld steps at %u/s: at most %.0f ns off, a tick is %llu ns",
		(long long)steps, speed_sps, worst, (unsigned long long)tick);
	free(times);
	recording_free(&recording);
}

static void every_edge_is_where_the_schedule_has_it(void)
{
	static const struct {
		int64_t steps;
		unsigned int speed_sps;
	} moves[] = {
		{ 1, 5000 }, { 2, 5000 }, { 3, 5000 }, { 17, 5000 },
		{ 16, 30 }, { 400, 777 }, { 400, 5000 }, { 6500, 5000 },
		{ 2345, 4999 }, { 20, 1 },
	};
	int fd = motor_setup();
	uint64_t tick = measure_tick(fd);
	size_t i;

	for (i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		check_move(fd, TURNTABLE, moves[i].steps, moves[i].speed_sps,
			   ACCEL_SPS2, tick);
		check_move(fd, TURNTABLE, -moves[i].steps, moves[i].speed_sps,
			   ACCEL_SPS2, tick);
	}
	check_move(fd, ROTOR, 1000, 3000, 20000, tick);
}

/* Waited out with the clock in hand: a tick is all that it can be off. */
static void every_pulse_has_its_length(void)
{
	int fd = motor_setup();
	struct oscan_axis_info info = motor_axis_info(fd, TURNTABLE);
	const struct edge_lines lines = axis_lines(TURNTABLE);
	uint64_t *rises, *falls, tick = measure_tick(fd), high;
	struct recording recording;
	size_t count, fallen, i;

	motor_move(fd, TURNTABLE, 1000, 0);
	recording = rig_take();
	rises = recording_times(&recording, lines.step, 1, &count);
	falls = recording_times(&recording, lines.step, 0, &fallen);
	want_equal(count, 1000);
	want_equal(fallen, 1000);
	for (i = 0; i < count; i++) {
		high = falls[i] - rises[i];
		want(high >= info.pulse_high_ns &&
		     high <= info.pulse_high_ns + tick,
		     "pulse %zu is %llu ns long, wanted %u", i + 1,
		     (unsigned long long)high, info.pulse_high_ns);
	}
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(every_edge_is_where_the_schedule_has_it),
	CASE(every_pulse_has_its_length),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
