// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/calibrate.c userspace/liboscan/units.c -lm */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "axes.h"
#include "oscan.h"
#include "unit.h"

static const struct oscan_axis_info rotor = { AXIS_ROTARY(40, 3) };

static const struct oscan_axis_info slide = { AXIS_LINEAR(200, 1) };

static struct oscan_axis_info calibrated(const struct oscan_axis_info *axis,
					 double commanded, double measured,
					 double tolerance)
{
	struct oscan_axis_info result = { .gear_num = 0 };

	MUST(!oscan_axis_calibrate(axis, commanded, measured, tolerance,
				   &result), "%f %f", commanded, measured);
	return result;
}

static void must_be_gear(const struct oscan_axis_info *axis, uint32_t num,
			 uint32_t den)
{
	ck_assert_uint_eq(axis->gear_num, num);
	ck_assert_uint_eq(axis->gear_den, den);
}

TEST(a_right_scale_stays_as_it_is)
{
	struct oscan_axis_info result = calibrated(&rotor, 90, 90, 0);

	must_be_gear(&result, 40, 3);
	result = calibrated(&slide, -100, -100, 0);
	ck_assert_uint_eq(result.travel_per_turn_nm, 8000000);
	must_be_gear(&result, 1, 1);
}

/* 40 / 3 * 360 / 358.2 is 8000 / 597 exactly. */
TEST(the_gear_becomes_the_exact_fraction)
{
	struct oscan_axis_info result = calibrated(&rotor, 360, 358.2, 0);

	must_be_gear(&result, 8000, 597);
	result = calibrated(&rotor, 90, 45, 0);
	must_be_gear(&result, 80, 3);
	result = calibrated(&rotor, 45, 90, 0);
	must_be_gear(&result, 20, 3);
	result = calibrated(&rotor, -100, -99, 0);
	must_be_gear(&result, 4000, 297);
}

TEST(the_simplest_gear_that_was_measured_is_found)
{
	struct oscan_axis_info result;

	/* 40 / 3 * 360 / 358.2 = 13.4003; 67 / 5 = 13.4 */
	result = calibrated(&rotor, 360, 358.2, 0.05 / 358.2);
	must_be_gear(&result, 67, 5);
	result = calibrated(&rotor, 360, 358.2, 0.05);
	must_be_gear(&result, 13, 1);
}

TEST(the_travel_of_a_turn_becomes_the_measured_one)
{
	struct oscan_axis_info result = calibrated(&slide, 100, 99.5, 0.01);

	ck_assert_uint_eq(result.travel_per_turn_nm, 7960000);
	must_be_gear(&result, 1, 1);
	result = calibrated(&slide, 300, 100, 0);
	ck_assert_uint_eq(result.travel_per_turn_nm, 2666667);
}

/* The steps that were made are the travel that was measured. */
static void check_any(const struct oscan_axis_info *axis, double commanded,
		      double measured)
{
	struct oscan_axis_info result = calibrated(axis, commanded, measured,
						   0);
	double steps = commanded * oscan_axis_steps_per_unit(axis);
	double read = oscan_axis_to_unit(&result, steps);

	MUST(fabs(read / measured - 1) < 2.5e-7, "%f %f reads %.10f", commanded,
	     measured, read);
}

TEST(after_it_the_axis_reads_what_was_measured)
{
	double commanded, measured;
	int i;

	srand48(4);
	for (i = 0; i < 50000; i++) {
		commanded = (1 + lrand48() % 1000000) / 100.0;
		measured = commanded * (0.3 + drand48() * 3);
		check_any(&rotor, commanded, measured);
		check_any(&slide, -commanded, -measured);
	}
}

/* No fraction with a lesser denominator is within the tolerance. */
TEST(the_gear_has_the_least_denominator)
{
	struct oscan_axis_info result;
	double factor, tolerance, ratio, least;
	uint32_t den;
	int i;

	srand48(5);
	for (i = 0; i < 2000; i++) {
		factor = 0.5 + drand48();
		tolerance = exp(-3 - 10 * drand48());
		result = calibrated(&rotor, factor, 1, tolerance);
		ratio = factor * 40 / 3;
		least = ratio * tolerance;
		MUST(fabs((double)result.gear_num / result.gear_den - ratio) <=
		     least * (1 + 1e-9), "%.12f", ratio);
		for (den = 1; den < result.gear_den; den++)
			MUST(fabs(rint(ratio * den) / den - ratio) >=
			     least * (1 - 1e-9), "%.12f: %u", ratio, den);
	}
}

static int error_of(const struct oscan_axis_info *axis, double commanded,
		    double measured, double tolerance)
{
	struct oscan_axis_info result = { .gear_num = 77 };

	errno = 0;
	ck_assert_int_eq(oscan_axis_calibrate(axis, commanded, measured,
					      tolerance, &result), -1);
	ck_assert_uint_eq(result.gear_num, 77);
	return errno;
}

TEST(what_is_no_travel_is_refused)
{
	double bad[][2] = {
		{ 0, 1 }, { 1, 0 }, { 0, 0 }, { 1, -1 }, { -1, 1 },
		{ NAN, 1 }, { 1, NAN }, { INFINITY, 1 }, { 1, INFINITY },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(error_of(&rotor, bad[i][0], bad[i][1], 0),
				 EINVAL);
	ck_assert_int_eq(error_of(&rotor, 1, 1, -0.1), EINVAL);
	ck_assert_int_eq(error_of(&rotor, 1, 1, 1), EINVAL);
	ck_assert_int_eq(error_of(&rotor, 1, 1, NAN), EINVAL);
}

TEST(what_does_not_fit_is_refused)
{
	ck_assert_int_eq(error_of(&rotor, 1e10, 1, 0), ERANGE);
	ck_assert_int_eq(error_of(&rotor, 1, 1e300, 0), ERANGE);
	ck_assert_int_eq(error_of(&slide, 1, 1000, 0), ERANGE);
	ck_assert_int_eq(error_of(&slide, 1e8, 1, 0), ERANGE);
}

TEST(an_axis_can_be_calibrated_in_place)
{
	struct oscan_axis_info axis = rotor;

	ck_assert_int_eq(oscan_axis_calibrate(&axis, 90, 45, 0, &axis), 0);
	must_be_gear(&axis, 80, 3);
	ck_assert_uint_eq(axis.microsteps, 16);
}
