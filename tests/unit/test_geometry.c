// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/geometry.c userspace/liboscan/units.c -lm */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flyscan.h"
#include "unit.h"

static struct oscan_axis_info turntable(void)
{
	return (struct oscan_axis_info){
		.name = "turntable",
		.flags = OSCAN_AXIS_WRAPS,
		.unit = OSCAN_UNIT_DEGREE,
		.full_steps_per_turn = 200,
		.microsteps = 16,
		.gear_num = 1,
		.gear_den = 1,
		.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
		.max_accel_sps2_q32 = 5000 * OSCAN_ACCEL_ONE,
	};
}

/* 10 microsteps a millimetre, from -100 to 100 mm. */
static struct oscan_axis_info slide(void)
{
	return (struct oscan_axis_info){
		.name = "slide",
		.flags = OSCAN_AXIS_HAS_LIMITS,
		.unit = OSCAN_UNIT_MILLIMETRE,
		.full_steps_per_turn = 10,
		.microsteps = 1,
		.gear_num = 1,
		.gear_den = 1,
		.travel_per_turn_nm = 1000000,
		.limit_min = -1000,
		.limit_max = 1000,
		.max_speed_sps_q44 = 1000 * OSCAN_SPEED_ONE,
		.max_accel_sps2_q32 = 500 * OSCAN_ACCEL_ONE,
	};
}

static struct flyscan_request seed_request(void)
{
	return (struct flyscan_request){
		.start = 0,
		.end = 5,
		.per_unit = 2,
		.period_s = 0.1,
		.taxi_allowance = 0.5,
	};
}

static char sentence[FLYSCAN_ERROR_LEN];

static int plan(const struct flyscan_request *request,
		const struct oscan_axis_info *axis,
		struct flyscan_geometry *geometry)
{
	sentence[0] = '\0';
	errno = 0;
	return flyscan_plan(request, axis, request->period_s, geometry,
			    sentence);
}

static struct flyscan_geometry good(const struct flyscan_request *request,
				    const struct oscan_axis_info *axis)
{
	struct flyscan_geometry geometry;

	ck_assert_msg(!plan(request, axis, &geometry), "%s", sentence);
	return geometry;
}

static void refused(const struct flyscan_request *request,
		    const struct oscan_axis_info *axis, int error,
		    const char *word)
{
	struct flyscan_geometry geometry;

	ck_assert_int_eq(plan(request, axis, &geometry), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_msg(strstr(sentence, word), "\"%s\" says nothing of %s",
		      sentence, word);
	ck_assert_ptr_null(strchr(sentence, '\n'));
}

/*
 * The oracle flies the plan: distance covered at a time after launch, from
 * rest to rest, with no more than the plan's velocity and acceleration.
 */
static long double flown(const struct flyscan_geometry *plan, long double time)
{
	long double v = plan->velocity, a = plan->accel;
	long double length = fabsl((long double)plan->final - plan->initial);
	long double ramp = v / a;
	long double even = (length - v * ramp) / v;

	if (time <= ramp)
		return a * time * time / 2;
	if (time <= ramp + even)
		return v * ramp / 2 + v * (time - ramp);
	if (time >= 2 * ramp + even)
		return length;
	time = 2 * ramp + even - time;
	return length - a * time * time / 2;
}

/* First time at which the place is reached. */
static long double reached(const struct flyscan_geometry *plan, double place)
{
	long double low = 0, high = 1e6L, middle;
	long double far = fabsl((long double)place - plan->initial);

	for (int i = 0; i < 200; i++) {
		middle = (low + high) / 2;
		if (flown(plan, middle) < far)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Frames one period apart, the first at start: each on its planned place. */
static void frames_stand_right(const struct flyscan_request *request,
			       const struct oscan_axis_info *axis)
{
	struct flyscan_geometry plan = good(request, axis);
	double range = request->end - request->start;
	double microstep = 1 / oscan_axis_steps_per_unit(axis);
	int sign = range > 0 ? 1 : -1;
	uint32_t n;
	double begin = reached(&plan, request->start), place, wanted;

	ck_assert_int_eq(plan.direction, sign);
	for (n = 0; n < plan.frames; n++) {
		place = plan.initial +
			sign * flown(&plan, begin + n * request->period_s);
		wanted = request->start + range * n / (plan.frames - 1);
		ck_assert_double_eq_tol(place, wanted,
					1e-9 * fabs(range) + 1e-9);
	}
	/* The run-up has the allowance on top, to within a microstep. */
	place = sign * (request->start - plan.initial) - plan.d_taxi -
		request->taxi_allowance;
	ck_assert_double_ge(place, -1e-6 * microstep);
	ck_assert_double_lt(place, microstep);
	place = sign * (plan.final - request->end) - plan.d_taxi -
		request->taxi_allowance;
	ck_assert_double_ge(place, -1e-6 * microstep);
	ck_assert_double_lt(place, microstep);
}

TEST(R36_R37_R40_R41_R42_R43_the_numbers_of_a_known_scan_are_right)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = seed_request();
	struct flyscan_geometry plan;

	request.accel = 4;
	plan = good(&request, &axis);
	/* 0, 0.5, ... 5: ten intervals of 0.1 s. */
	ck_assert_uint_eq(plan.frames, 11);
	ck_assert_double_eq_tol(plan.duration_s, 1.0, 1e-12);
	ck_assert_double_eq_tol(plan.velocity, 5.0, 1e-12);
	ck_assert_double_eq(plan.accel, 4);
	ck_assert_double_eq_tol(plan.accel_s, 1.25, 1e-12);
	ck_assert_double_eq_tol(plan.d_taxi, 3.125, 1e-12);
	/* 3.625 mm is 36.25 microsteps: 37. */
	ck_assert_double_eq_tol(plan.initial, -3.7, 1e-12);
	ck_assert_double_eq_tol(plan.final, 8.7, 1e-12);
}

TEST(D6_R3_R4_the_last_frame_stands_on_the_end)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = seed_request();
	struct flyscan_geometry plan = good(&request, &axis);

	ck_assert_double_eq_tol(plan.velocity * request.period_s *
				(plan.frames - 1), 5, 1e-12);
}

TEST(D6_D7_R8_R44_every_frame_stands_on_its_place)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request;

	srand(1);
	for (int i = 0; i < 300; i++) {
		request = seed_request();
		request.start = (rand() % 200001 - 100000) / 100.0;
		request.end = request.start + (rand() % 2 ? 1 : -1) *
			      (1 + rand() % 36000 / 100.0);
		request.per_unit = 1 + rand() % 40 / 10.0;
		request.period_s = 0.02 + rand() % 1000 / 1000.0;
		request.taxi_allowance = rand() % 300 / 100.0;
		request.accel = rand() % 2 ? 0 : 20 + rand() % 500;
		frames_stand_right(&request, &axis);
	}
}

TEST(R29_R45_a_scan_backwards_mirrors_the_scan_forwards)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = seed_request();
	struct flyscan_geometry forth, back;

	request.start = -5;
	forth = good(&request, &axis);
	request.start = 5;
	request.end = -5;
	back = good(&request, &axis);
	request.end = 5;
	ck_assert_int_eq(forth.direction, 1);
	ck_assert_int_eq(back.direction, -1);
	/* -5 to 5 and 5 to -5 */
	request.start = -5;
	forth = good(&request, &axis);
	ck_assert_double_eq_tol(back.initial, -forth.initial, 1e-12);
	ck_assert_double_eq_tol(back.final, -forth.final, 1e-12);
	ck_assert_uint_eq(back.frames, forth.frames);
	ck_assert(back.velocity > 0);
}

/* Counts the places itself instead of rounding. */
static uint32_t places(double range, double per_unit)
{
	uint32_t n = 0;

	while (n / per_unit <= range + 0.5 / per_unit - 1e-9)
		n++;
	return n;
}

TEST(R34_the_number_of_frames_counts_both_ends)
{
	static const double ranges[] = { 1, 2.3, 5, 90, 359.9 };
	static const double densities[] = { 1, 1.6, 2, 10 };
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < 4; j++) {
			request.end = ranges[i];
			request.per_unit = densities[j];
			ck_assert_uint_eq(good(&request, &axis).frames,
					  places(ranges[i], densities[j]));
		}
	}
}

TEST(R34_half_a_frame_is_rounded_to_the_even_number)
{
	static const struct {
		double range;
		uint32_t frames;
	} table[] = {
		{ 1.5, 2 }, { 2.5, 4 }, { 3.5, 4 }, { 4.5, 6 }, { 0.51, 2 },
	};
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	request.per_unit = 1;
	for (size_t i = 0; i < 5; i++) {
		request.end = table[i].range;
		ck_assert_uint_eq(good(&request, &axis).frames,
				  table[i].frames);
	}
}

TEST(R35_less_than_two_frames_are_refused)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	request.end = 0.49;
	request.per_unit = 1;
	refused(&request, &axis, EINVAL, "density");
	refused(&request, &axis, EINVAL, "over 0.49 deg makes 1 frame");
	request.per_unit = 1e-300;
	refused(&request, &axis, EINVAL, "density");
}

TEST(R141_more_frames_than_a_file_holds_are_refused)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	request.end = 1;
	request.period_s = 0.001;
	request.per_unit = FLYSCAN_FRAMES_MAX - 1;
	ck_assert_uint_eq(good(&request, &axis).frames, FLYSCAN_FRAMES_MAX);
	request.per_unit = FLYSCAN_FRAMES_MAX;
	refused(&request, &axis, EINVAL, "frames");
	request.per_unit = 1e300;
	refused(&request, &axis, EINVAL, "frames");
}

TEST(R5_R6_R29_R30_R31_R32_bad_numbers_are_refused_by_name)
{
	static const double bad[] = { 0, -1, NAN, INFINITY, -INFINITY };
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request;

	for (size_t i = 0; i < 5; i++) {
		request = seed_request();
		request.per_unit = bad[i];
		refused(&request, &axis, EINVAL, "density");
		request = seed_request();
		request.period_s = bad[i];
		refused(&request, &axis, EINVAL, "period");
		if (!i)
			continue;
		request = seed_request();
		request.taxi_allowance = bad[i];
		refused(&request, &axis, EINVAL, "allowance");
		request = seed_request();
		request.exposure_s = bad[i];
		refused(&request, &axis, EINVAL, "exposure");
		request = seed_request();
		request.accel = bad[i];
		refused(&request, &axis, EINVAL, "acceleration");
		if (i < 2)
			continue;
		request = seed_request();
		request.start = bad[i];
		refused(&request, &axis, EINVAL, "start");
		request = seed_request();
		request.end = bad[i];
		refused(&request, &axis, EINVAL, "end");
	}
	request = seed_request();
	request.end = request.start;
	refused(&request, &axis, EINVAL, "start");
	request.start = -1.7e308;
	request.end = 1.7e308;
	refused(&request, &axis, EINVAL, "start");
}

/* Everything is wrong; what is told is mended, and the next one is told. */
TEST(R33_checks_come_in_their_order)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = {
		.start = 90, .end = 90, .per_unit = -1, .taxi_allowance = -1,
		.period_s = -1, .exposure_s = 1, .accel = 1e6,
	};

	refused(&request, &axis, EINVAL, "p_start and p_end");
	request.end = 99.9;
	refused(&request, &axis, EINVAL, "density");
	request.per_unit = 0.01;
	refused(&request, &axis, EINVAL, "allowance");
	request.taxi_allowance = 1;
	refused(&request, &axis, EINVAL, "period");
	request.period_s = 0.0001;
	refused(&request, &axis, EINVAL, "frame");
	request.per_unit = 10;
	refused(&request, &axis, EINVAL, "exposure");
	request.exposure_s = 0;
	refused(&request, &axis, ERANGE, "faster");
	request.period_s = 0.1;
	refused(&request, &axis, ERANGE, "acceleration");
	request.accel = 0;
	refused(&request, &axis, ERANGE, "limits");
	request.end = 95;
	good(&request, &axis);
}

TEST(R7_R48_the_exposure_may_be_as_long_as_the_period)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	request.exposure_s = request.period_s;
	good(&request, &axis);
	request.exposure_s = nextafter(request.period_s, 1);
	refused(&request, &axis, EINVAL, "exposure");
}

TEST(the_period_given_counts_and_not_the_one_asked_for)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();
	struct flyscan_geometry plan;

	ck_assert_int_eq(flyscan_plan(&request, &axis, 0.2, &plan, sentence),
			 0);
	ck_assert_double_eq_tol(plan.duration_s, 2, 1e-12);
	request.exposure_s = 0.1;
	ck_assert_int_eq(flyscan_plan(&request, &axis, 0.05, &plan, sentence),
			 -1);
}

TEST(R46_the_greatest_speed_is_accepted_and_no_more)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = seed_request();

	/* 100 mm/s is the greatest: 0.5 mm in 5 ms. */
	axis.flags = 0;
	request.period_s = 0.005;
	good(&request, &axis);
	request.period_s = 0.00499;
	refused(&request, &axis, ERANGE, "faster than 100 mm/s");
}

TEST(R134_what_the_sentence_advises_helps)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();
	struct flyscan_geometry plan;
	double period, density;
	char *at;

	for (int i = 0; i < 50; i++) {
		request.end = 30 + 7 * i;
		request.per_unit = 0.3 + 0.01 * i;
		request.period_s = 0.0001 * (i + 1);
		if (!flyscan_plan(&request, &axis, request.period_s, &plan,
				  sentence))
			continue;
		at = strstr(sentence, "a period of ");
		ck_assert_ptr_nonnull(at);
		period = strtod(at + strlen("a period of "), NULL);
		at = strstr(sentence, "a density of ");
		ck_assert_ptr_nonnull(at);
		density = strtod(at + strlen("a density of "), NULL);
		ck_assert_int_eq(flyscan_plan(&request, &axis, period, &plan,
					      sentence), 0);
		ck_assert_double_le(period, request.period_s * 50000);
		request.per_unit = density;
		ck_assert_msg(!flyscan_plan(&request, &axis, request.period_s,
					    &plan, sentence), "%s", sentence);
	}
}

TEST(R18_R38_no_acceleration_means_the_greatest)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = seed_request();

	ck_assert_double_eq_tol(good(&request, &axis).accel, 50, 1e-9);
	request.accel = 50;
	good(&request, &axis);
	request.accel = 50.001;
	refused(&request, &axis, ERANGE, "acceleration");
}

TEST(D15_both_ends_of_the_run_stay_within_the_limits)
{
	struct oscan_axis_info axis = slide();
	struct flyscan_request request = seed_request();

	/* The run-up takes 0.25 + 0.5 mm: 7.5 microsteps, so 8. */
	request.start = 90;
	request.end = 99.2;
	good(&request, &axis);
	request.end = 99.3;
	refused(&request, &axis, ERANGE, "limits");
	request.end = 90;
	request.start = 99.3;
	refused(&request, &axis, ERANGE, "limits");
	request.start = -90;
	request.end = -99.2;
	good(&request, &axis);
	request.end = -99.3;
	refused(&request, &axis, ERANGE, "limits");
	request.start = -99.3;
	request.end = -90;
	refused(&request, &axis, ERANGE, "limits");
	axis.flags = 0;
	good(&request, &axis);
}

TEST(a_turntable_may_begin_below_zero_and_turn_many_times)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	ck_assert(good(&request, &axis).initial < 0);
	request.start = -720;
	request.end = 3600;
	good(&request, &axis);
}

TEST(an_axis_is_not_sent_farther_than_it_can_count)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	/* 2^53 microsteps are 1.013e15 degrees. */
	request.start = 1.01e15;
	request.end = request.start + 10;
	good(&request, &axis);
	request.start = 1.02e15;
	request.end = request.start + 10;
	refused(&request, &axis, ERANGE, "farther");
}

TEST(R47_a_pass_longer_than_a_move_can_be_is_refused)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();

	request.period_s = 14000;
	refused(&request, &axis, ERANGE, "hours");
	request.period_s = 10000;
	good(&request, &axis);
	request.end = 1e-300;
	request.per_unit = 1e300;
	request.period_s = 1e300;
	request.taxi_allowance = 0;
	refused(&request, &axis, ERANGE, "hours");
}

TEST(the_run_begins_and_ends_on_whole_microsteps)
{
	struct oscan_axis_info axis = turntable();
	struct flyscan_request request = seed_request();
	struct flyscan_geometry plan;
	double steps;

	for (int i = 0; i < 100; i++) {
		request.start = i * 0.137;
		request.end = request.start + 3 + i;
		plan = good(&request, &axis);
		steps = plan.initial * 3200 / 360;
		ck_assert_double_eq_tol(steps, rint(steps), 1e-6);
		steps = plan.final * 3200 / 360;
		ck_assert_double_eq_tol(steps, rint(steps), 1e-6);
	}
}
