// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: kmod/plan.c -lm */
/*
 * The schedule against the ideal motion. The oracle knows physics only: it
 * finds the peak speed by bisection on the distance that it takes, and the
 * time of a step by bisection on the position at a time, in 113-bit floating
 * point.
 *
 * OSCAN_PLAN_MOVES is the number of random moves, 100000 unless told.
 */
#include <math.h>
#include <stdlib.h>

#include "plan.h"
#include "unit.h"

typedef __float128 real;

#define SPEED_ONE	0x1p44L
#define ACCEL_ONE	0x1p32L
#define NS		1e9L
/* Half of it is rounding. */
#define TOLERANCE_NS	0.51L

struct ideal {
	real steps;
	real start;
	real peak;
	real accel;
	real decel;
	real accel_steps;
	real accel_s;
	real even_s;
	real decel_s;
	real end_s;
};

static real ramps(const struct ideal *ideal, real peak)
{
	return (peak - ideal->start) * (peak + ideal->start) /
	       (2 * ideal->accel) + peak * peak / (2 * ideal->decel);
}

/* Greatest speed up to @most whose ramps are not longer than the move. */
static real bisect_peak(const struct ideal *ideal, real least, real most)
{
	for (int i = 0; i < 110; i++) {
		real middle = (least + most) / 2;

		if (ramps(ideal, middle) > ideal->steps)
			most = middle;
		else
			least = middle;
	}
	return least;
}

static void ideal_finish(struct ideal *ideal)
{
	ideal->accel_steps = (ideal->peak - ideal->start) *
			     (ideal->peak + ideal->start) / (2 * ideal->accel);
	ideal->accel_s = (ideal->peak - ideal->start) / ideal->accel;
	ideal->decel_s = ideal->peak / ideal->decel;
	ideal->even_s = (ideal->steps - ramps(ideal, ideal->peak)) /
			ideal->peak;
	if (ideal->even_s < 0)
		ideal->even_s = 0;
	ideal->end_s = ideal->accel_s + ideal->even_s + ideal->decel_s;
}

static struct ideal ideal_of(const struct plan_request *request)
{
	real speed = request->speed_sps_q44 / (real)SPEED_ONE;
	struct ideal ideal = {
		.steps = request->steps,
		.start = request->start_sps_q44 / (real)SPEED_ONE,
		.accel = request->accel_sps2_q32 / (real)ACCEL_ONE,
		.decel = request->decel_sps2_q32 / (real)ACCEL_ONE,
	};
	real start = ideal.start < speed ? ideal.start : speed;

	ideal.start = start;
	ideal.peak = speed;
	if (ramps(&ideal, start) > ideal.steps) {
		ideal.start = 0;
		ideal.accel *= 1e30L;	/* no ramp up: what stops in time */
		ideal.start = ideal.peak = bisect_peak(&ideal, 0, start);
	} else if (ramps(&ideal, speed) > ideal.steps) {
		ideal.peak = bisect_peak(&ideal, start, speed);
	}
	ideal_finish(&ideal);
	return ideal;
}

static struct ideal ideal_stop(u64 speed_sps_q44, u64 steps)
{
	struct ideal ideal = { .steps = steps, .accel = 1 };

	ideal.start = ideal.peak = speed_sps_q44 / (real)SPEED_ONE;
	ideal.decel = ideal.peak * ideal.peak / (2 * ideal.steps);
	ideal_finish(&ideal);
	return ideal;
}

static bool is_there(const struct ideal *ideal, real step, real s)
{
	real left = ideal->end_s - s;

	if (s < ideal->accel_s)
		return (ideal->start + ideal->accel * s / 2) * s >= step;
	if (left > ideal->decel_s)
		return ideal->accel_steps +
		       ideal->peak * (s - ideal->accel_s) >= step;
	return ideal->decel * left * left / 2 <= ideal->steps - step;
}

/* Seconds, to within @precision. */
static real ideal_time(const struct ideal *ideal, u64 step, real precision)
{
	real before = 0, after = ideal->end_s;

	if (step == ideal->steps)
		return after;
	while (after - before > precision) {
		real middle = (before + after) / 2;

		if (middle == before || middle == after)
			break;
		if (is_there(ideal, step, middle))
			after = middle;
		else
			before = middle;
	}
	return (before + after) / 2;
}

static real ideal_speed(const struct ideal *ideal, u64 step)
{
	real s = step ? ideal_time(ideal, step, 0) : 0;
	real left = ideal->end_s - s;

	if (s < ideal->accel_s)
		return ideal->start + ideal->accel * s;
	if (left > ideal->decel_s)
		return ideal->peak;
	return ideal->decel * left;
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
	long double least = NS * SPEED_ONE / plan->speed_sps_q44;
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
		request.start_sps_q44 = q44(random_scale(0x1p-20L, speed * 2));
	return request;
}

/* The next random move that does not take too long. */
static void random_plan(struct plan *plan, struct plan_request *request)
{
	do
		*request = random_request();
	while (!plan_make(plan, request));
}

static unsigned long moves(void)
{
	const char *text = getenv("OSCAN_PLAN_MOVES");
	unsigned long count = text ? strtoul(text, NULL, 10) : 100000;

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
	switch (random_below(8)) {
	case 0:
		return clamp_step(plan, plan->accel_end);
	case 1:
		return clamp_step(plan, plan->accel_end + 1);
	case 2:
		return clamp_step(plan, plan->decel_begin);
	case 3:
		return clamp_step(plan, plan->decel_begin + 1);
	case 4:
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

	ck_assert(plan_make(&plan, request));
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
	}));
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

	ck_assert(plan_make(&plan, &request));
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
		.start_sps_q44 = 1ULL << 24,
		.speed_sps_q44 = 1ULL << 24,
		.accel_sps2_q32 = q32(1e8L),
		.decel_sps2_q32 = q32(1e8L),
	};
	struct plan plan;

	/* A step in 2^20 s is too long; */
	ck_assert(!plan_make(&plan, &request));
	/* in 2^17 s less half of the braking it is not. */
	request.start_sps_q44 = request.speed_sps_q44 = 1ULL << 27;
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
	request.start_sps_q44 = ~0ULL;
	check_move(&request);
	request.accel_sps2_q32 = 1;
	check_move(&request);
	request.decel_sps2_q32 = 1ULL << 47;
	check_move(&request);
	request.accel_sps2_q32 = ~0ULL;
	request.start_sps_q44 = 0;
	check_move(&request);
	request.steps = 1000000;
	request.decel_sps2_q32 = 1ULL << 25;
	check_move(&request);
	request.steps = 1;
	request.start_sps_q44 = ~0ULL;
	request.decel_sps2_q32 = 1;
	check_move(&request);
	request.accel_sps2_q32 = 1;
	check_move(&request);
}

TEST(hours_at_constant_speed_end_on_their_nanosecond)
{
	struct plan_request request = {
		.steps = 72000000,
		.start_sps_q44 = q44(20000),
		.speed_sps_q44 = q44(20000),
		.accel_sps2_q32 = q32(1e8L),
		.decel_sps2_q32 = q32(1e8L),
	};
	struct plan plan;

	ck_assert(plan_make(&plan, &request));
	/* v / 2d more than N / v, for the speed falls to 0 at the end */
	ck_assert_uint_eq(plan_deadline(&plan, 71999990), 3599999500000);
	ck_assert_uint_eq(plan_deadline(&plan, 72000000), 3600000100000);
}

TEST(a_move_of_more_than_2_to_the_47_ns_is_refused)
{
	struct plan_request request = {
		.speed_sps_q44 = q44(1000),
		.start_sps_q44 = q44(1000),
		.accel_sps2_q32 = q32(1000),
		.decel_sps2_q32 = q32(1000),
	};
	struct plan plan;

	/* T = N / v + v / 2d = N ms + 500 ms; 2^47 ns = 140737488.355 ms */
	request.steps = 140736988;
	ck_assert(plan_make(&plan, &request));
	ck_assert_uint_le(plan_deadline(&plan, request.steps), PLAN_MAX_NS);
	request.steps++;
	ck_assert(!plan_make(&plan, &request));
	request.steps = PLAN_MAX_STEPS;
	ck_assert(!plan_make(&plan, &request));
	request.speed_sps_q44 = request.start_sps_q44 = 1;
	request.steps = 1;
	ck_assert(!plan_make(&plan, &request));
	request.accel_sps2_q32 = request.decel_sps2_q32 = 1;
	request.steps = PLAN_MAX_STEPS;
	ck_assert(!plan_make(&plan, &request));
	ck_assert(!plan_make_stop(&plan, ~0ULL, 1));
	ck_assert(!plan_make_stop(&plan, 1, 1));
}

TEST(a_start_above_the_speed_is_taken_as_the_speed)
{
	struct plan_request request = {
		.steps = 10000,
		.start_sps_q44 = q44(9000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request));
	ck_assert_uint_eq(plan_speed(&plan, 0), q44(5000));
	ck_assert_uint_eq(plan_deadline(&plan, 5000), NS);
}

TEST(a_start_that_cannot_stop_in_time_is_lowered)
{
	struct plan_request request = {
		.steps = 100,
		.start_sps_q44 = q44(4000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request));
	/* sqrt(2 N d) and sqrt(2 N / d) */
	ck_assert_uint_eq(plan_speed(&plan, 0), q44(1000));
	ck_assert_uint_eq(plan_deadline(&plan, 100), 200000000);
}

TEST(a_start_that_can_just_stop_is_kept)
{
	struct plan_request request = {
		.steps = 100,
		.start_sps_q44 = q44(1000),
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan;

	check_move(&request);
	ck_assert(plan_make(&plan, &request));
	ck_assert_uint_eq(plan_speed(&plan, 0), q44(1000));
	ck_assert_uint_eq(plan.decel_begin, 0);
	request.start_sps_q44 = q44(999.9999L);
	check_move(&request);
	request.start_sps_q44 = q44(1000.0001L);
	check_move(&request);
}

TEST(ramping_up_again_is_exact)
{
	struct plan_request request = {
		.start_sps_q44 = q44(1600),
		.speed_sps_q44 = q44(20000),
		.accel_sps2_q32 = q32(20000),
		.decel_sps2_q32 = q32(60000),
	};

	for (request.steps = 1; request.steps < 70; request.steps++)
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
		struct ideal ideal = ideal_of(&request);
		real end = ideal.end_s * NS - PLAN_MAX_NS;
		struct plan plan;
		bool made = plan_make(&plan, &request);

		if (end < -0.01L)
			ck_assert(made);
		if (end > 0.01L)
			ck_assert(!made);
		refused += !made;
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

static void check_speed(const struct plan *plan, const struct ideal *ideal,
			u64 step, unsigned int low)
{
	u64 got = plan_speed(plan, step);
	real want = ideal_speed(ideal, step) * (real)SPEED_ONE;

	MUST(got <= want * (1 + 0x1p-80L) &&
		got + 1 + low >= want * (1 - 0x1p-80L),
		"speed at step %llu of %llu is %llu, not %Lf",
		(unsigned long long)step, (unsigned long long)plan->steps,
		(unsigned long long)got, (long double)want);
}

TEST(the_speed_at_a_step_is_the_ideal_one_rounded_down)
{
	struct plan_request request;
	struct ideal ideal;
	struct plan plan;

	for (int i = 0; i < 10000; i++) {
		random_plan(&plan, &request);
		ideal = ideal_of(&request);
		check_speed(&plan, &ideal, 0, 0);
		check_speed(&plan, &ideal, interesting_step(&plan), 0);
		ck_assert_uint_le(plan_speed(&plan, interesting_step(&plan)),
				  request.speed_sps_q44);
		ck_assert_uint_eq(plan_speed(&plan, plan.steps), 0);
	}
}

/* A stop from any speed of any plan. */
static u64 random_stop(struct plan *stop, struct plan_request *request,
		       u64 *step, u64 *left)
{
	struct plan plan;
	u64 speed;

	do {
		random_plan(&plan, request);
		*step = random_below(plan.steps);
		*left = plan.steps - *step;
		speed = plan_speed(&plan, *step);
	} while (!speed || !plan_make_stop(stop, speed, request->decel_sps2_q32));
	return speed;
}

TEST(a_stop_takes_the_fewest_whole_steps_that_the_deceleration_allows)
{
	struct plan_request request;
	struct plan stop;
	u64 step, left;

	for (int i = 0; i < 20000; i++) {
		u64 speed = random_stop(&stop, &request, &step, &left);
		real square = (real)speed * speed / 0x1p88L;
		real most = request.decel_sps2_q32 / (real)ACCEL_ONE;

		ck_assert_uint_ge(stop.steps, 1);
		ck_assert(square <= 2 * most * stop.steps);
		if (stop.steps > 1)
			ck_assert(square > 2 * most * (stop.steps - 1));
		ck_assert_uint_eq(plan_speed(&stop, 0), speed);
		ck_assert_uint_eq(plan_speed(&stop, stop.steps), 0);
		ck_assert_uint_eq(plan_deadline(&stop, 0), 0);
	}
}

TEST(a_stop_decelerates_evenly_to_rest)
{
	struct plan_request request;
	struct ideal ideal;
	struct plan stop;
	u64 step, left;

	for (int i = 0; i < 5000; i++) {
		u64 speed = random_stop(&stop, &request, &step, &left);

		ideal = ideal_stop(speed, stop.steps);
		check_deadline(&stop, &ideal, 1);
		check_deadline(&stop, &ideal, stop.steps);
		check_interval(&stop, 1);
		for (int j = 0; j < 3; j++) {
			step = interesting_step(&stop);
			check_deadline(&stop, &ideal, step);
			check_speed(&stop, &ideal, step, 1);
			check_interval(&stop, step);
		}
	}
}

TEST(a_stop_never_goes_beyond_the_end_of_the_move)
{
	struct plan_request request;
	struct plan stop;
	u64 step, left;

	for (int i = 0; i < 50000; i++) {
		random_stop(&stop, &request, &step, &left);
		ck_assert_uint_le(stop.steps, left);
	}
}

TEST(a_stop_from_a_known_speed_is_as_computed_by_hand)
{
	struct plan stop;

	/* 5000^2 / (2 * 5000) = 2500 steps in 2 * 2500 / 5000 s */
	ck_assert(plan_make_stop(&stop, q44(5000), q32(5000)));
	ck_assert_uint_eq(stop.steps, 2500);
	ck_assert_uint_eq(plan_deadline(&stop, 2500), NS);
	/* A little less deceleration needs one step more. */
	ck_assert(plan_make_stop(&stop, q44(5000), q32(5000) - 1));
	ck_assert_uint_eq(stop.steps, 2501);
	ck_assert_uint_eq(plan_deadline(&stop, 2501), 1000400000);
	/* Half a step would do: it is one, with half the deceleration. */
	ck_assert(plan_make_stop(&stop, q44(100), q32(10000)));
	ck_assert_uint_eq(stop.steps, 1);
	ck_assert_uint_eq(plan_deadline(&stop, 1), 20000000);
}

/*
 * The speed handed over is rounded down by up to 2^-44 microsteps/s, which a
 * ramp turns into time. Three deadlines are rounded.
 */
TEST(splitting_a_move_does_not_change_its_timing)
{
	for (int i = 0; i < 20000; i++) {
		struct plan_request request;
		struct plan whole, rest;
		s64 want, got;
		u64 at, step;
		real most;

		random_plan(&whole, &request);
		at = random_below(whole.steps);
		step = at + 1 + random_below(whole.steps - at);
		request.steps = whole.steps - at;
		request.start_sps_q44 = plan_speed(&whole, at);
		ck_assert(plan_make(&rest, &request));
		want = plan_deadline(&whole, step) - plan_deadline(&whole, at);
		got = plan_deadline(&rest, step - at);
		most = ACCEL_ONE / request.accel_sps2_q32 +
		       ACCEL_ONE / request.decel_sps2_q32;
		most = 1.51L + most * NS / SPEED_ONE;
		MUST(got - want <= most && want - got <= most,
		     "split at %llu, step %llu of %llu: %lld ns, not %lld",
		     (unsigned long long)at, (unsigned long long)step,
		     (unsigned long long)whole.steps, (long long)got,
		     (long long)want);
	}
}

TEST(a_stop_leaves_the_schedule_that_it_leaves_as_it_was)
{
	struct plan_request request = {
		.steps = 20000,
		.speed_sps_q44 = q44(5000),
		.accel_sps2_q32 = q32(5000),
		.decel_sps2_q32 = q32(5000),
	};
	struct plan plan, stop;

	ck_assert(plan_make(&plan, &request));
	for (u64 step = 1; step <= plan.steps; step += 7) {
		u64 before = plan_deadline(&plan, step);
		u64 speed = plan_speed(&plan, step);

		if (!speed)
			continue;
		ck_assert(plan_make_stop(&stop, speed, q32(5000)));
		ck_assert_uint_eq(plan_deadline(&plan, step), before);
		/* Where the move itself decelerates, both are the same. */
		if (step <= plan.decel_begin)
			continue;
		ck_assert_uint_eq(stop.steps, plan.steps - step);
		ck_assert_uint_le(llabs((s64)(plan_deadline(&plan, plan.steps) -
					      before -
					      plan_deadline(&stop,
							    stop.steps))), 1);
	}
}
