// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: kmod/plan.c kmod/phase.c -lm */
/*
 * The schedule against the ideal motion. The oracle knows physics only: it
 * adds up stretches of constant jerk from the beginning on, finds the top
 * speed by bisection on the distance, and the time of a step by bisection on
 * the position at a time, in 113-bit floating point.
 *
 * OSCAN_PLAN_MOVES is the number of random moves, 10000 unless told.
 */
#include <math.h>
#include <stdlib.h>

#include "plan.h"
#include "unit.h"

typedef __float128 real;

#define SPEED_ONE	0x1p44L
#define ACCEL_ONE	0x1p32L
#define JERK_ONE	0x1p24L
#define NS		1e9L
/* Half of it is rounding; 0.517 ns was seen in a million moves. */
#define TOLERANCE_NS	0.55L

/* A stretch of constant jerk. */
struct stretch {
	real seconds;
	real accel;
	real jerk;
};

struct ideal {
	real steps;
	real start;
	real top;
	real end_s;
	int count;
	struct stretch stretch[PLAN_MAX_PHASES];
};

static void add(struct ideal *ideal, real seconds, real accel, real jerk)
{
	if (seconds > 0)
		ideal->stretch[ideal->count++] =
			(struct stretch){ seconds, accel, jerk };
}

/* Position and speed after @s seconds; *speed is that at the start. */
static real stretch_at(const struct stretch *stretch, real s, real *speed)
{
	real length = ((stretch->jerk / 6 * s + stretch->accel / 2) * s +
		       *speed) * s;

	*speed += (stretch->jerk / 2 * s + stretch->accel) * s;
	return length;
}

static real ideal_at(const struct ideal *ideal, real s, real *speed,
		     real *accel)
{
	real position = 0;

	*speed = ideal->start;
	*accel = 0;
	for (int i = 0; i < ideal->count && s > 0; i++) {
		const struct stretch *stretch = &ideal->stretch[i];
		real part = s < stretch->seconds ? s : stretch->seconds;

		position += stretch_at(stretch, part, speed);
		*accel = stretch->accel + stretch->jerk * part;
		s -= part;
	}
	return position;
}

static real ideal_length(const struct ideal *ideal)
{
	real speed, accel;

	return ideal_at(ideal, 1e30L, &speed, &accel);
}

static real root(real value)
{
	real r = sqrtl((long double)value);

	if (value <= 0)
		return 0;
	for (int i = 0; i < 3; i++)
		r = (r + value / r) / 2;
	return r;
}

static void add_ramp(struct ideal *ideal, real from, real to, real most,
		     real jerk)
{
	real change = to > from ? to - from : from - to;
	real sign = to > from ? 1 : -1;
	real rise, flat;

	if (!jerk) {
		add(ideal, change / most, sign * most, 0);
		return;
	}
	rise = most / jerk;
	if (change < most * rise) {
		rise = root(change / jerk);
		flat = 0;
	} else {
		flat = change / most - rise;
	}
	add(ideal, rise, 0, sign * jerk);
	add(ideal, flat, sign * most, 0);
	add(ideal, rise, sign * rise * jerk, -sign * jerk);
}

struct wanted {
	real level;		/* speed when the acceleration is 0 */
	real level_s;
	real level_jerk;
	real accel_start;
	real accel;
	real decel;
	real jerk;
	real end;
};

static struct ideal ideal_with(const struct wanted *wanted, real steps,
			       real start, real top, real even_s)
{
	struct ideal ideal = { .steps = steps, .start = start, .top = top };

	add(&ideal, wanted->level_s, wanted->accel_start, wanted->level_jerk);
	add_ramp(&ideal, wanted->level, top,
		 top > wanted->level ? wanted->accel : wanted->decel,
		 wanted->jerk);
	add(&ideal, even_s, 0, 0);
	add_ramp(&ideal, top, wanted->end, wanted->decel, wanted->jerk);
	return ideal;
}

static struct wanted wanted_of(const struct plan_request *request)
{
	real start = request->start.sps_q44 / (real)SPEED_ONE;
	real accel = request->start.sps2_q32 / (real)ACCEL_ONE;
	struct wanted wanted = {
		.level = start,
		.accel = request->accel_sps2_q32 / (real)ACCEL_ONE,
		.decel = request->decel_sps2_q32 / (real)ACCEL_ONE,
		.jerk = request->jerk_sps3_q24 / (real)JERK_ONE,
		.end = request->end_sps_q44 / (real)SPEED_ONE,
	};
	real jerk = wanted.jerk, most;

	if (!jerk || !accel || !start)
		return wanted;
	most = request->start.slowing ? start : 15 * start;
	if (accel * accel / (2 * jerk) >= most)
		jerk = accel * accel / (2 * most);
	wanted.level_s = accel / jerk;
	wanted.accel_start = request->start.slowing ? -accel : accel;
	wanted.level_jerk = request->start.slowing ? jerk : -jerk;
	wanted.level += wanted.accel_start * wanted.level_s / 2;
	return wanted;
}

/* Where the end speed cannot be reached, the greatest that can. */
static void lower_end(struct wanted *wanted, real steps, real start)
{
	real least = wanted->level, most = wanted->end;
	struct ideal ideal;

	if (least >= most)
		return;
	ideal = ideal_with(wanted, steps, start, most, 0);
	if (ideal_length(&ideal) <= steps)
		return;
	for (int i = 0; i < 112; i++) {
		wanted->end = (least + most) / 2;
		ideal = ideal_with(wanted, steps, start, wanted->end, 0);
		if (ideal_length(&ideal) > steps)
			most = wanted->end;
		else
			least = wanted->end;
	}
	wanted->end = least;
}

/* Of a request that can be met. */
static struct ideal ideal_of(const struct plan_request *request)
{
	struct wanted wanted = wanted_of(request);
	real speed = request->pass_ns ?
		     request->pass_steps * (real)NS / request->pass_ns :
		     request->speed_sps_q44 / (real)SPEED_ONE;
	real start = request->start.sps_q44 / (real)SPEED_ONE;
	real steps = request->steps, least, most, length;
	struct ideal ideal;

	if (wanted.end > speed)
		wanted.end = speed;
	lower_end(&wanted, steps, start);
	ideal = ideal_with(&wanted, steps, start, speed, 0);
	length = ideal_length(&ideal);
	if (length > steps) {
		least = wanted.level > wanted.end ? wanted.level : wanted.end;
		most = speed;
		if (least >= most)
			most = least;
		for (int i = 0; i < 112 && least < most; i++) {
			real middle = (least + most) / 2;

			ideal = ideal_with(&wanted, steps, start, middle, 0);
			if (ideal_length(&ideal) > steps)
				most = middle;
			else
				least = middle;
		}
		speed = least;
		ideal = ideal_with(&wanted, steps, start, speed, 0);
		length = ideal_length(&ideal);
	}
	if (speed > 0 && length < steps)
		ideal = ideal_with(&wanted, steps, start, speed,
				   (steps - length) / speed);
	for (int i = 0; i < ideal.count; i++)
		ideal.end_s += ideal.stretch[i].seconds;
	return ideal;
}

/* Seconds, to within @precision. */
static real ideal_time(const struct ideal *ideal, u64 step, real precision)
{
	real before = 0, after = ideal->end_s, speed, accel;

	if (step == ideal->steps)
		return after;
	while (after - before > precision) {
		real middle = (before + after) / 2;

		if (middle == before || middle == after)
			break;
		if (ideal_at(ideal, middle, &speed, &accel) >= step)
			after = middle;
		else
			before = middle;
	}
	return (before + after) / 2;
}

static void check_deadline(const struct plan *plan, const struct ideal *ideal,
			   u64 step)
{
	real want = ideal_time(ideal, step, 0x1p-10L / NS) * NS;
	u64 got = plan_deadline(plan, step);
	real off = got - want;

	MUST(off <= TOLERANCE_NS && off >= -TOLERANCE_NS,
		"step %llu of %llu is %Lg ns off, due %Lf ns",
		(unsigned long long)step, (unsigned long long)plan->steps,
		(long double)off, (long double)want);
}

static void check_interval(const struct plan *plan, u64 step)
{
	long double least = NS * SPEED_ONE / (plan->top_sps_q44 + 1.0L);
	u64 before = plan_deadline(plan, step - 1);
	u64 after = plan_deadline(plan, step);

	MUST(after >= before, "step %llu is due before the last one",
		(unsigned long long)step);
	MUST(after - before >= least - 1.001L,
		"step %llu comes %Lf ns after the last one, not %Lf",
		(unsigned long long)step, (long double)(after - before), least);
}

static u64 random_state = 0x9e3779b97f4a7c15;

static u64 random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1d;
}

static u64 random_below(u64 limit)
{
	return random_u64() % limit;
}

/* Every order of magnitude is as likely as another. */
static long double random_scale(long double least, long double most)
{
	long double share = random_u64() * 0x1p-64L;

	return least * powl(most / least, share);
}

static u64 q44(long double sps)
{
	return sps * SPEED_ONE;
}

static u64 q32(long double sps2)
{
	return sps2 * ACCEL_ONE;
}

static u64 q24(long double sps3)
{
	return sps3 * JERK_ONE;
}

/* From rest to rest, or from any motion to any speed; with jerk or without. */
static struct plan_request random_request(void)
{
	long double speed = random_scale(0x1p-20L, 1e6L);
	long double most = random_u64() & 1 ? 0x1p40L : 1000;
	struct plan_request request;

	if (most > speed * 100000 && random_below(8))
		most = speed * 100000 > 4 ? speed * 100000 : 4;
	request = (struct plan_request){
		.steps = random_scale(1, most),
		.speed_sps_q44 = q44(speed),
		.accel_sps2_q32 = q32(random_scale(1e-3L, 1e8L)),
		.decel_sps2_q32 = q32(random_scale(1e-3L, 1e8L)),
	};
	if (random_u64() & 1)
		request.decel_sps2_q32 = request.accel_sps2_q32;
	if (random_u64() & 1)
		request.jerk_sps3_q24 = q24(random_scale(1e-3L, 1e11L));
	if (random_u64() & 1)
		request.start.sps_q44 = q44(random_scale(0x1p-20L, speed * 2));
	if (random_u64() & 1)
		request.end_sps_q44 = q44(random_scale(0x1p-20L, speed * 2));
	if (random_u64() & 1 && request.start.sps_q44) {
		request.start.sps2_q32 = q32(random_scale(1e-3L, 1e8L));
		request.start.slowing = random_u64() & 1;
	}
	if (!random_below(4)) {
		request.pass_ns = random_scale(1e6L, 1e12L);
		request.pass_steps = speed * request.pass_ns / 1e9L;
		if (!request.pass_steps)
			request.pass_steps = 1;
		request.speed_sps_q44 = (real)request.pass_steps * SPEED_ONE *
					1000000000 / request.pass_ns;
	}
	return request;
}

/*
 * The next random move that can be made, does not take too long, and is not
 * made faster by its acceleration than a speed can be.
 */
static void random_plan(struct plan *plan, struct plan_request *request)
{
	do
		*request = random_request();
	while (plan_make(plan, request) != PLAN_MADE ||
	       plan->top_sps_q44 == ~0ULL);
}

static unsigned long moves(void)
{
	const char *text = getenv("OSCAN_PLAN_MOVES");
	unsigned long count = text ? strtoul(text, NULL, 10) : 10000;

	ck_assert_msg(count, "OSCAN_PLAN_MOVES is %s, not a number", text);
	return count;
}

static u64 clamp_step(const struct plan *plan, u64 step)
{
	if (step > plan->steps)
		return plan->steps;
	return step ? step : 1;
}

/* One step of those where something may go wrong. */
static u64 interesting_step(const struct plan *plan)
{
	const struct plan_phase *phase =
		&plan->phase[random_below(plan->phases)];

	switch (random_below(6)) {
	case 0:
		return clamp_step(plan, phase->last);
	case 1:
		return clamp_step(plan, phase->last + 1);
	case 2:
		return clamp_step(plan, plan->steps - 1);
	default:
		return 1 + random_below(plan->steps);
	}
}

static void check_move(const struct plan_request *request)
{
	struct ideal ideal = ideal_of(request);
	u64 stride, step;
	struct plan plan;

	ck_assert(plan_make(&plan, request) == PLAN_MADE);
	ck_assert_uint_eq(plan.steps, request->steps);
	ck_assert_uint_eq(plan_deadline(&plan, 0), 0);
	stride = request->steps / 2000 + 1;
	for (step = 1; step <= request->steps; step += stride) {
		check_deadline(&plan, &ideal, step);
		check_interval(&plan, step);
	}
	for (int i = 0; i < 100; i++)
		check_deadline(&plan, &ideal, interesting_step(&plan));
	check_deadline(&plan, &ideal, request->steps);
}

static void check_from_rest(u64 steps, long double sps, long double sps2)
{
	struct plan_request request = {
		.steps = steps,
		.speed_sps_q44 = q44(sps),
		.accel_sps2_q32 = q32(sps2),
		.decel_sps2_q32 = q32(sps2),
	};

	check_move(&request);
}

TEST(one_step_comes_at_the_end_of_its_triangle)
{
	struct plan plan;

	check_from_rest(1, 5000, 20000);
	/* Half a step up, half a step down: 2 sqrt(2 * 0.5 / a). */
	ck_assert(plan_make(&plan, &(struct plan_request){
		.steps = 1,
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(10000),
		.decel_sps2_q32 = q32(10000),
	}) == PLAN_MADE);
	ck_assert_uint_eq(plan_deadline(&plan, 1), 20000000);
}

TEST(two_steps_are_one_up_and_one_down)
{
	check_from_rest(2, 5000, 20000);
	check_from_rest(2, 5000, 5000);
	check_from_rest(2, 0.5L, 1e8L);
}

TEST(an_odd_triangle_is_exact_in_every_step)
{
	check_from_rest(3, 5000, 5000);
	check_from_rest(51, 5000, 5000);
	check_from_rest(1999, 5000, 5000);
}

TEST(an_even_triangle_is_exact_in_every_step)
{
	check_from_rest(4, 5000, 5000);
	check_from_rest(50, 5000, 5000);
	check_from_rest(2000, 5000, 5000);
}

TEST(an_even_triangle_is_symmetric)
{
	struct plan_request request = {
		.steps = 2000,
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;
	u64 end, step, sum;

	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	end = plan_deadline(&plan, 2000);
	for (step = 0; step <= 2000; step++) {
		sum = plan_deadline(&plan, step) +
		      plan_deadline(&plan, 2000 - step);
		ck_assert_uint_le(end > sum ? end - sum : sum - end, 1);
	}
}

TEST(a_move_that_just_reaches_its_speed_is_exact)
{
	check_from_rest(4999, 5000, 5000);
	check_from_rest(5000, 5000, 5000);
	check_from_rest(5001, 5000, 5000);
	check_from_rest(8, 7.99999L, 7.9L);
}

TEST(a_thousand_million_steps_are_exact)
{
	check_from_rest(1000000000, 20000, 20000);
	check_from_rest(1000000000, 7919.123456789L, 0.7L);
	check_from_rest(1000000000, 1e6L, 1e-3L * 300000);
}

TEST(the_longest_move_is_exact)
{
	check_from_rest(137438953472, 1e6L, 1e8L);
	check_from_rest(137438953472, 1e6L, 1e3L);
}

TEST(one_step_a_minute_is_exact)
{
	check_from_rest(1, 1.0L / 60, 5000);
	check_from_rest(2000, 1.0L / 60, 5000);
	check_from_rest(2000, 1.0L / 60, 1e-3L);
}

TEST(the_slowest_speed_is_exact)
{
	struct plan_request request = {
		.steps = 1,
		.start.sps_q44 = 1ULL << 24,
		.speed_sps_q44 = 1ULL << 24,
		.accel_sps2_q32 = q32(1e8L),
		.decel_sps2_q32 = q32(1e8L),
	};
	struct plan plan;

	/* A step in 2^20 s is too long; */
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_LONG);
	/* in 2^17 s less half of the braking it is not. */
	request.start.sps_q44 = request.speed_sps_q44 = 1ULL << 27;
	check_move(&request);
	/* The slowest speed can still be asked for where it is not reached. */
	check_from_rest(1, 0x1p-14L, 1e-9L);
}

TEST(the_greatest_numbers_are_exact)
{
	struct plan_request request = {
		.steps = 100000000000,
		.speed_sps_q44 = ~0ULL,
		.accel_sps2_q32 = ~0ULL,
		.decel_sps2_q32 = ~0ULL,
	};

	check_move(&request);
	request.start.sps_q44 = ~0ULL;
	check_move(&request);
	request.accel_sps2_q32 = 1;
	check_move(&request);
	request.decel_sps2_q32 = 1ULL << 47;
	check_move(&request);
	request.accel_sps2_q32 = ~0ULL;
	request.start.sps_q44 = 0;
	check_move(&request);
	request.steps = 1000000;
	request.decel_sps2_q32 = 1ULL << 25;
	check_move(&request);
	request.jerk_sps3_q24 = ~0ULL;
	check_move(&request);
	request.end_sps_q44 = ~0ULL;
	check_move(&request);
	request.steps = 1;
	check_move(&request);
	request.jerk_sps3_q24 = 1;
	check_move(&request);
}

TEST(hours_at_constant_speed_end_on_their_nanosecond)
{
	struct plan_request request = {
		.steps = 72000000,
		.start.sps_q44 = q44(20000),
		.speed_sps_q44 = q44(20000),
		.accel_sps2_q32 = q32(1e8L),
		.decel_sps2_q32 = q32(1e8L),
	};
	struct plan plan;

	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	/* v / 2d more than N / v, for the speed falls to 0 at the end */
	ck_assert_uint_eq(plan_deadline(&plan, 71999990), 3599999500000);
	ck_assert_uint_eq(plan_deadline(&plan, 72000000), 3600000100000);
}

TEST(a_move_of_more_than_2_to_the_47_ns_is_refused)
{
	struct plan_request request = {
		.speed_sps_q44 = q44(1000),
		.start.sps_q44 = q44(1000),
		.accel_sps2_q32 = q32(1000),
		.decel_sps2_q32 = q32(1000),
	};
	struct plan plan;

	/* T = N / v + v / 2d = N ms + 500 ms; 2^47 ns = 140737488.355 ms */
	request.steps = 140736988;
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	ck_assert_uint_le(plan_deadline(&plan, request.steps), PLAN_MAX_NS);
	request.steps++;
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_LONG);
	request.steps = PLAN_MAX_STEPS;
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_LONG);
	request.speed_sps_q44 = request.start.sps_q44 = 1;
	request.steps = 1;
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_LONG);
	request.accel_sps2_q32 = request.decel_sps2_q32 = 1;
	request.steps = PLAN_MAX_STEPS;
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_LONG);
}

TEST(a_start_above_the_speed_slows_down_to_it)
{
	struct plan_request request = {
		.steps = 10000,
		.start.sps_q44 = q44(9000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(28000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	/* 9000 to 5000 in 1/7 s and 1000 steps, 4000 more in 0.8 s */
	ck_assert_uint_ge(plan_motion(&plan, 0).sps_q44, q44(9000) - 1);
	ck_assert_uint_eq(plan_motion(&plan, 1000).sps_q44, q44(5000));
	ck_assert_uint_eq(plan_deadline(&plan, 5000), 942857143);
	request.jerk_sps3_q24 = q24(1e6L);
	check_move(&request);
}

TEST(a_start_too_fast_for_two_ramps_is_kept_for_the_last)
{
	struct plan_request request = {
		.steps = 820,
		.start.sps_q44 = q44(4000),
		.speed_sps_q44 = q44(1000),
		.accel_sps2_q32 = q32(10000),
		.decel_sps2_q32 = q32(10000),
	};
	struct plan plan;

	/* 800 steps stop from 4000; 20 are left at that speed. */
	request.jerk_sps3_q24 = 0;
	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	request.jerk_sps3_q24 = q24(1e7L);
	request.steps = plan_stop_steps(&request);
	check_move(&request);
}

TEST(a_start_that_cannot_stop_in_time_is_too_near)
{
	struct plan_request request = {
		.steps = 99,
		.start.sps_q44 = q44(1000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;

	ck_assert(plan_make(&plan, &request) == PLAN_TOO_NEAR);
	ck_assert_uint_eq(plan_stop_steps(&request), 100);
	request.steps = 100;
	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	ck_assert_uint_eq(plan_deadline(&plan, 100), 200000000);
	request.start.sps_q44 = q44(999.9999L);
	check_move(&request);
	request.start.sps_q44 = q44(1000.0001L);
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_NEAR);
	request.end_sps_q44 = q44(900);
	request.steps = 19;
	ck_assert(plan_make(&plan, &request) == PLAN_TOO_NEAR);
	request.steps = 20;
	check_move(&request);
}

TEST(an_end_speed_out_of_reach_is_lowered)
{
	struct plan_request request = {
		.steps = 100,
		.end_sps_q44 = q44(5000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	ck_assert_uint_eq(plan.end_sps_q44, q44(1000));
	ck_assert_uint_eq(plan_deadline(&plan, 100), 200000000);
	request.jerk_sps3_q24 = q24(20000);
	check_move(&request);
	request.start.sps_q44 = q44(700);
	check_move(&request);
}

TEST(an_end_speed_joins_what_follows)
{
	struct plan_request request = {
		.steps = 4000,
		.end_sps_q44 = q44(3000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(8000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	ck_assert_uint_eq(plan_motion(&plan, 4000).sps_q44, q44(3000));
	request.jerk_sps3_q24 = q24(1e6L);
	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	ck_assert_uint_eq(plan_motion(&plan, 4000).sps_q44, q44(3000));
	ck_assert_uint_eq(plan_motion(&plan, 4000).sps2_q32, 0);
}

TEST(an_s_curve_is_as_computed_by_hand)
{
	struct plan_request request = {
		.steps = 3000,
		.speed_sps_q44 = q44(1000),
		.accel_sps2_q32 = q32(1000),
		.decel_sps2_q32 = q32(1000),
		.jerk_sps3_q24 = q24(2000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	/* 0.5 s curve, 0.5 s flat, 0.5 s curve: 750 steps in 1.5 s */
	ck_assert_uint_eq(plan_deadline(&plan, 750), 1500000000);
	ck_assert_uint_eq(plan_deadline(&plan, 2250), 3000000000);
	ck_assert_uint_eq(plan_deadline(&plan, 3000), 4500000000);
	/* j t^3 / 6 = 1 */
	ck_assert_uint_eq(plan_deadline(&plan, 1), 144224957);
	/* Half way up: 500 microsteps/s at 1000 microsteps/s^2 */
	ck_assert_uint_eq(plan_motion(&plan, 750).sps2_q32, 0);
	ck_assert(plan_motion(&plan, 236).sps2_q32 == q32(1000));
	ck_assert(plan_motion(&plan, 2800).slowing);
}

/* The greatest change of the acceleration from step to step. */
TEST(the_jerk_is_never_exceeded)
{
	struct plan_request request = {
		.steps = 5000,
		.speed_sps_q44 = q44(2000),
		.accel_sps2_q32 = q32(3000),
		.decel_sps2_q32 = q32(2500),
		.jerk_sps3_q24 = q24(9000),
	};
	long double before = 0, accel, jerk;
	struct plan_motion motion;
	u64 step, last = 0, now;
	struct plan plan;

	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	for (step = 1; step <= plan.steps; step++) {
		motion = plan_motion(&plan, step);
		now = plan_deadline(&plan, step);
		accel = motion.sps2_q32 / ACCEL_ONE;
		if (motion.slowing)
			accel = -accel;
		jerk = fabsl(accel - before) / ((now - last) / NS);
		ck_assert(accel <= 3000 && accel >= -2500);
		MUST(jerk <= 9000.1L, "jerk %Lf at step %llu", jerk,
		     (unsigned long long)step);
		before = accel;
		last = now;
	}
}

TEST(an_s_curve_of_few_steps_is_exact)
{
	struct plan_request request = {
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(20000),
		.decel_sps2_q32 = q32(10000),
		.jerk_sps3_q24 = q24(300000),
	};

	for (request.steps = 1; request.steps < 40; request.steps++)
		check_move(&request);
	request.jerk_sps3_q24 = q24(1e-3L);
	for (request.steps = 1; request.steps < 10; request.steps++)
		check_move(&request);
	request.jerk_sps3_q24 = ~0ULL;
	for (request.steps = 1; request.steps < 10; request.steps++)
		check_move(&request);
	request.jerk_sps3_q24 = q24(100);
	request.steps = 1000000000;
	request.speed_sps_q44 = q44(20000);
	check_move(&request);
}

TEST(a_pass_takes_exactly_the_time_asked_for)
{
	/* A prime number of steps in a prime number of nanoseconds. */
	struct plan_request request = {
		.steps = 1000000 + 7919,
		.pass_steps = 999983,
		.pass_ns = 3600000000007,
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;
	u64 from = 100;

	request.speed_sps_q44 = (real)999983 * SPEED_ONE * 1000000000 /
				request.pass_ns;
	check_move(&request);
	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	for (from = 100; from < 7000; from += 100)
		ck_assert_uint_le(llabs((s64)(plan_deadline(&plan,
							    from + 999983) -
					      plan_deadline(&plan, from) -
					      3600000000007)), 1);
}

TEST(ramping_up_again_is_exact)
{
	struct plan_request request = {
		.start.sps_q44 = q44(1600),
		.speed_sps_q44 = q44(20000),
		.accel_sps2_q32 = q32(20000),
		.decel_sps2_q32 = q32(60000),
	};

	for (request.steps = 22; request.steps < 90; request.steps++)
		check_move(&request);
	request.steps = 1000000;
	check_move(&request);
	request.accel_sps2_q32 = q32(1e-3L);
	check_move(&request);
}

TEST(every_random_move_is_within_a_nanosecond_of_the_ideal)
{
	unsigned long count = moves();
	struct plan_request request;
	struct ideal ideal;
	struct plan plan;

	for (unsigned long i = 0; i < count; i++) {
		random_plan(&plan, &request);
		ideal = ideal_of(&request);
		check_deadline(&plan, &ideal, 1);
		check_deadline(&plan, &ideal, plan.steps);
		for (int j = 0; j < 3; j++)
			check_deadline(&plan, &ideal, interesting_step(&plan));
	}
}

TEST(a_random_move_is_refused_exactly_when_it_is_too_long)
{
	for (int i = 0, refused = 0; i < 20000 || refused < 2000; i++) {
		struct plan_request request = random_request();
		struct plan plan;
		enum plan_result result = plan_make(&plan, &request);
		struct ideal ideal;
		real end;

		if (result == PLAN_TOO_NEAR)
			continue;
		ideal = ideal_of(&request);
		end = ideal.end_s * NS - PLAN_MAX_NS;
		if (end < -0.01L)
			ck_assert(result == PLAN_MADE);
		if (end > 0.01L)
			ck_assert(result == PLAN_TOO_LONG);
		refused += result == PLAN_TOO_LONG;
		ck_assert_int_lt(i, 10000000);
	}
}

TEST(steps_are_in_order_and_never_nearer_than_the_speed_allows)
{
	unsigned long count = moves();
	struct plan_request request;
	struct plan plan;

	for (unsigned long i = 0; i < count; i++) {
		random_plan(&plan, &request);
		check_interval(&plan, 1);
		check_interval(&plan, plan.steps);
		for (int j = 0; j < 10; j++)
			check_interval(&plan, interesting_step(&plan));
	}
}

static bool is_near(real got, real want, real apart)
{
	real off = got - want;

	return off <= apart && off >= -apart;
}

TEST(speed_and_acceleration_at_a_step_are_the_ideal_ones)
{
	for (int i = 0; i < 20000; i++) {
		struct plan_request request;
		struct plan_motion motion;
		struct ideal ideal;
		real speed, accel, s;
		struct plan plan;
		u64 step;

		random_plan(&plan, &request);
		ideal = ideal_of(&request);
		step = interesting_step(&plan);
		s = ideal_time(&ideal, step, 0);
		ideal_at(&ideal, s, &speed, &accel);
		motion = plan_motion(&plan, step);
		ck_assert_uint_le(motion.sps_q44, plan.top_sps_q44);
		/* Near rest, 10^-9 microsteps/s: the root of what is left. */
		MUST(is_near(motion.sps_q44, speed * SPEED_ONE,
			     20000 + speed * SPEED_ONE * 0x1p-40L),
		     "speed at step %llu of %llu is %llu, not %Lf",
		     (unsigned long long)step, (unsigned long long)plan.steps,
		     (unsigned long long)motion.sps_q44,
		     (long double)(speed * SPEED_ONE));
		/* Without a limit of jerk, a seam has two. */
		if (!request.jerk_sps3_q24)
			continue;
		/* Near 0 it is to 10^-5 microsteps/s^2. */
		if (accel < 0)
			accel = -accel;
		MUST(is_near(motion.sps2_q32, accel * ACCEL_ONE,
			     0x1p16L + accel * ACCEL_ONE * 0x1p-30L),
		     "acceleration at step %llu of %llu is %llu, not %Lf",
		     (unsigned long long)step, (unsigned long long)plan.steps,
		     (unsigned long long)motion.sps2_q32,
		     (long double)(accel * ACCEL_ONE));
	}
}

/* A stop from any motion of any plan. */
TEST(a_stop_takes_the_fewest_whole_steps_that_can_be)
{
	for (int i = 0; i < 20000; i++) {
		struct plan_request request;
		struct plan plan, stop;
		u64 step;

		random_plan(&plan, &request);
		step = random_below(plan.steps);
		request.start = plan_motion(&plan, step);
		if (!request.start.sps_q44)
			continue;
		request.speed_sps_q44 = plan.top_sps_q44;
		request.pass_ns = 0;
		request.end_sps_q44 = 0;
		request.steps = plan_stop_steps(&request);
		ck_assert_uint_ge(request.steps, 1);
		if (request.steps > PLAN_MAX_STEPS)
			continue;
		ck_assert(plan_make(&stop, &request) != PLAN_TOO_NEAR);
		if (request.steps > 1) {
			request.steps--;
			MUST(plan_make(&stop, &request) == PLAN_TOO_NEAR,
			     "one step less than %llu would do",
			     (unsigned long long)request.steps + 1);
		}
	}
}

TEST(a_stop_never_goes_beyond_the_end_of_the_move)
{
	for (int i = 0; i < 50000; i++) {
		struct plan_request request;
		struct plan plan;
		u64 step;

		do
			random_plan(&plan, &request);
		while (request.end_sps_q44);
		/* A start that jerk brings to rest on its own is no schedule's. */
		if (request.start.sps2_q32)
			continue;
		step = random_below(plan.steps);
		request.start = plan_motion(&plan, step);
		/* Rounding may cost one step. */
		/* With jerk, slowing down is given up and begun anew. */
		if (request.start.slowing && request.jerk_sps3_q24)
			continue;
		MUST(plan_stop_steps(&request) <= plan.steps - step + 1,
		     "%llu steps to stop, %llu are left",
		     (unsigned long long)plan_stop_steps(&request),
		     (unsigned long long)(plan.steps - step));
	}
}

TEST(a_speed_within_reach_comes_down_in_time)
{
	for (int i = 0; i < 20000; i++) {
		struct plan_request request = random_request();
		struct plan plan;
		u64 reach;

		request.start = (struct plan_motion){ 0 };
		request.pass_ns = 0;
		if (request.end_sps_q44 > request.speed_sps_q44)
			request.end_sps_q44 = request.speed_sps_q44;
		reach = plan_reach(&request);
		ck_assert_uint_le(reach, request.speed_sps_q44);
		ck_assert_uint_ge(reach, request.end_sps_q44);
		request.start.sps_q44 = reach;
		ck_assert(plan_make(&plan, &request) != PLAN_TOO_NEAR);
		if (reach == request.speed_sps_q44)
			continue;
		request.start.sps_q44 = reach + reach / 1000000 + 2;
		ck_assert(plan_make(&plan, &request) == PLAN_TOO_NEAR);
	}
}

/*
 * The motion handed over is rounded down, which a ramp turns into time. Three
 * deadlines are rounded.
 */
TEST(splitting_a_move_does_not_change_its_timing)
{
	for (int i = 0; i < 20000; i++) {
		struct plan_request request;
		struct plan whole, rest;
		u64 at, step;
		s64 want, got;
		real most;

		do
			random_plan(&whole, &request);
		while (request.jerk_sps3_q24 || request.start.sps_q44 >
		       request.speed_sps_q44);
		at = random_below(whole.steps);
		step = at + 1 + random_below(whole.steps - at);
		request.steps = whole.steps - at;
		request.start = plan_motion(&whole, at);
		request.end_sps_q44 = whole.end_sps_q44;
		if (plan_make(&rest, &request) != PLAN_MADE)
			continue;
		want = plan_deadline(&whole, step) - plan_deadline(&whole, at);
		got = plan_deadline(&rest, step - at);
		most = ACCEL_ONE / request.accel_sps2_q32 +
		       ACCEL_ONE / request.decel_sps2_q32;
		most = 1.51L + 2 * most * NS / SPEED_ONE;
		MUST(got - want <= most && want - got <= most,
		     "split at %llu, step %llu of %llu: %lld ns, not %lld",
		     (unsigned long long)at, (unsigned long long)step,
		     (unsigned long long)whole.steps, (long long)got,
		     (long long)want);
	}
}

/* Against the ideal move in slow motion. */
static void check_stretched(struct plan_request request, real by)
{
	struct ideal ideal = ideal_of(&request);
	struct plan_request slower = request;
	real want, speed, accel;
	struct plan_motion motion;
	struct plan plan;
	u64 to_ns, step, last = 0;

	ck_assert(plan_make(&plan, &request) == PLAN_MADE);
	to_ns = by * plan_deadline(&plan, plan.steps) + 1;
	if (to_ns > PLAN_MAX_NS)
		to_ns = PLAN_MAX_NS;
	plan_stretch(&plan, &slower, to_ns);
	by = to_ns / (ideal.end_s * NS);
	ck_assert_uint_eq(plan_deadline(&plan, plan.steps), to_ns);
	for (step = 1; step <= plan.steps; step += plan.steps / 30 + 1) {
		want = ideal_time(&ideal, step, 0x1p-20L / NS) * NS * by;
		MUST(is_near(plan_deadline(&plan, step), want,
			     TOLERANCE_NS + by * 0x1p-8L),
		     "step %llu of %llu is due after %llu ns, not %Lf",
		     (unsigned long long)step, (unsigned long long)plan.steps,
		     (unsigned long long)plan_deadline(&plan, step),
		     (long double)want);
		ck_assert_uint_ge(plan_deadline(&plan, step), last);
		last = plan_deadline(&plan, step);
		ideal_at(&ideal, ideal_time(&ideal, step, 0), &speed, &accel);
		motion = plan_motion(&plan, step);
		speed *= SPEED_ONE / by;
		ck_assert(is_near(motion.sps_q44, speed,
				  20000 + speed * 0x1p-40L));
		ck_assert_uint_le(motion.sps_q44, plan.top_sps_q44);
		ck_assert_uint_le(motion.sps2_q32, slower.decel_sps2_q32 >
				  slower.accel_sps2_q32 ?
				  slower.decel_sps2_q32 :
				  slower.accel_sps2_q32);
	}
	ck_assert_uint_le(plan.top_sps_q44, slower.speed_sps_q44);
	ck_assert_uint_le(slower.accel_sps2_q32, request.accel_sps2_q32);
	ck_assert(!slower.jerk_sps3_q24 == !request.jerk_sps3_q24);
}

TEST(a_stretched_move_ends_on_the_nanosecond)
{
	struct plan_request request = {
		.steps = 10,
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(20000),
		.decel_sps2_q32 = q32(20000),
		.jerk_sps3_q24 = q24(50000),
	};

	check_stretched(request, 10000);
	request.jerk_sps3_q24 = 0;
	check_stretched(request, 1e6L);
	for (int i = 0; i < 400; i++) {
		struct plan plan;

		do
			random_plan(&plan, &request);
		while (request.start.sps_q44 || request.end_sps_q44 ||
		       plan.end < 1000000ULL << 16 ||
		       plan.end >= PLAN_MAX_NS << 15);
		check_stretched(request, random_scale(1.0000001L, 1e6L));
	}
}
