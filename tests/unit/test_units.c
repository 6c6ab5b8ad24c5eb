// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/units.c -lm */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "axes.h"
#include "oscan.h"
#include "unit.h"

static const struct oscan_axis_info turntable = { AXIS_ROTARY(1, 1) };

static const struct oscan_axis_info rotor = { AXIS_ROTARY(40, 3) };

static const struct oscan_axis_info slide = { AXIS_LINEAR(400, 2) };

static int64_t to_steps(const struct oscan_axis_info *axis, double value)
{
	int64_t steps = INT64_MIN;

	MUST(!oscan_axis_to_steps(axis, value, &steps), "%f", value);
	return steps;
}

TEST(units_are_named)
{
	ck_assert_str_eq(oscan_axis_unit_name(&turntable), "deg");
	ck_assert_str_eq(oscan_axis_unit_name(&slide), "mm");
}

TEST(a_turn_has_the_steps_of_motor_and_gear)
{
	ck_assert_double_eq_tol(oscan_axis_steps_per_unit(&turntable),
				3200 / 360.0, 1e-12);
	ck_assert_double_eq_tol(oscan_axis_steps_per_unit(&rotor),
				128000 / 1080.0, 1e-12);
	ck_assert_double_eq_tol(oscan_axis_steps_per_unit(&slide), 3200, 1e-9);
}

TEST(known_positions_convert_exactly)
{
	ck_assert_int_eq(to_steps(&turntable, 0), 0);
	ck_assert_int_eq(to_steps(&turntable, 90), 800);
	ck_assert_int_eq(to_steps(&turntable, -360), -3200);
	ck_assert_int_eq(to_steps(&rotor, 90), 10667);
	ck_assert_int_eq(to_steps(&rotor, 125), 14815);
	ck_assert_int_eq(to_steps(&slide, 2.5), 8000);
	ck_assert_double_eq(oscan_axis_to_unit(&turntable, 800), 90);
	ck_assert_double_eq(oscan_axis_to_unit(&slide, -1600), -0.5);
}

TEST(the_nearest_step_is_taken)
{
	ck_assert_int_eq(to_steps(&slide, 10.49 / 3200), 10);
	ck_assert_int_eq(to_steps(&slide, 10.51 / 3200), 11);
	ck_assert_int_eq(to_steps(&slide, -10.49 / 3200), -10);
	ck_assert_int_eq(to_steps(&slide, -10.51 / 3200), -11);
}

TEST(steps_come_back_from_units_unchanged)
{
	const struct oscan_axis_info *axes[] = { &turntable, &rotor, &slide };
	int64_t steps, again;
	double value;
	size_t axis;
	int i;

	srand48(1);
	for (axis = 0; axis < 3; axis++) {
		for (i = 0; i < 100000; i++) {
			steps = mrand48() * (1LL << (i % 12));
			value = oscan_axis_to_unit(axes[axis], (double)steps);
			again = to_steps(axes[axis], value);
			MUST(again == steps, "%ld, not %ld", again, steps);
		}
	}
}

TEST(what_is_no_position_is_refused)
{
	double limit = (double)OSCAN_POSITION_LIMIT;
	double bad[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300,
			 limit / 3200 * 1.001, -limit / 3200 * 1.001 };
	int64_t steps = 77;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		ck_assert_int_eq(oscan_axis_to_steps(&slide, bad[i], &steps),
				 -1);
		ck_assert_int_eq(errno, ERANGE);
		ck_assert_int_eq(steps, 77);
	}
}

TEST(the_greatest_position_is_accepted)
{
	ck_assert_int_eq(to_steps(&slide, 0x1p53 / 3200), 1LL << 53);
	ck_assert_int_eq(to_steps(&slide, -0x1p53 / 3200), -(1LL << 53));
}

TEST(one_is_the_kernels_one)
{
	ck_assert_uint_eq(oscan_speed_from_double(1), OSCAN_SPEED_ONE);
	ck_assert_uint_eq(oscan_speed_from_double(5000),
			  5000 * OSCAN_SPEED_ONE);
	ck_assert_uint_eq(oscan_accel_from_double(1), OSCAN_ACCEL_ONE);
	ck_assert_uint_eq(oscan_accel_from_double(1e8),
			  100000000 * OSCAN_ACCEL_ONE);
	ck_assert_double_eq(oscan_speed_to_double(OSCAN_SPEED_ONE / 4), 0.25);
	ck_assert_double_eq(oscan_accel_to_double(OSCAN_ACCEL_ONE * 3), 3);
}

TEST(fixed_point_is_the_nearest)
{
	long double exact;
	double value;
	int i;

	srand48(2);
	for (i = 0; i < 100000; i++) {
		value = ldexp(drand48(), i % 40 - 20);
		exact = ldexpl(value, 44);
		MUST(fabsl(oscan_speed_from_double(value) - exact) <= 0.5L,
		     "%a", value);
		exact = ldexpl(value, 32);
		if (exact >= 1)
			MUST(fabsl(oscan_accel_from_double(value) - exact) <=
			     0.5L, "%a", value);
	}
}

/* Zero would ask the kernel for the greatest speed. */
TEST(a_tiny_speed_never_becomes_zero)
{
	ck_assert_uint_eq(oscan_speed_from_double(0x1p-60), 1);
	ck_assert_uint_eq(oscan_speed_from_double(5e-324), 1);
	ck_assert_uint_eq(oscan_accel_from_double(0x1p-60), 1);
}

TEST(no_speed_is_zero_and_too_much_is_the_most)
{
	double none[] = { 0, -0.0, -1, -INFINITY, NAN };
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		ck_assert_uint_eq(oscan_speed_from_double(none[i]), 0);
		ck_assert_uint_eq(oscan_accel_from_double(none[i]), 0);
	}
	ck_assert_uint_eq(oscan_speed_from_double(0x1p20), UINT64_MAX);
	ck_assert_uint_eq(oscan_speed_from_double(INFINITY), UINT64_MAX);
	ck_assert_uint_lt(oscan_speed_from_double(nextafter(0x1p20, 0)),
			  UINT64_MAX);
	ck_assert_uint_eq(oscan_accel_from_double(0x1p32), UINT64_MAX);
}

/* Each of the properties that make up a scale changes it by itself. */
TEST(full_steps_microsteps_and_gear_count_each_for_themselves)
{
	const struct oscan_axis_info *axes[] = { &turntable, &rotor, &slide };
	struct oscan_axis_info other;
	double before;
	size_t i;

	for (i = 0; i < 3; i++) {
		before = oscan_axis_steps_per_unit(axes[i]);
		other = *axes[i];
		other.full_steps_per_turn *= 2;
		ck_assert_double_eq(oscan_axis_steps_per_unit(&other),
				    2 * before);
		other = *axes[i];
		other.microsteps /= 8;
		ck_assert_double_eq(oscan_axis_steps_per_unit(&other),
				    before / 8);
		other = *axes[i];
		other.gear_num *= 5;
		ck_assert_double_eq_tol(oscan_axis_steps_per_unit(&other),
					5 * before, 1e-9);
		other = *axes[i];
		other.gear_den *= 7;
		ck_assert_double_eq_tol(oscan_axis_steps_per_unit(&other),
					before / 7, 1e-9);
	}
}

TEST(a_turn_is_the_same_in_steps_and_in_the_unit)
{
	ck_assert_double_eq(oscan_axis_steps_per_turn(&turntable), 3200);
	ck_assert_double_eq_tol(oscan_axis_steps_per_turn(&rotor),
				128000 / 3.0, 1e-9);
	ck_assert_double_eq(oscan_axis_steps_per_turn(&slide), 25600);
	ck_assert_int_eq(to_steps(&rotor, 3 * 360), 128000);
	ck_assert_int_eq(to_steps(&slide, 8), 25600);
}

/* A travel of nanometres on an axis of 10^9 steps. */
TEST(a_long_axis_is_right_to_the_step)
{
	struct oscan_axis_info track = slide;

	track.travel_per_turn_nm = 1;
	track.gear_num = 1;
	ck_assert_int_eq(to_steps(&track, 1e-6), 12800);
	ck_assert_int_eq(to_steps(&slide, 312500), 1000000000);
	ck_assert_double_eq(oscan_axis_to_unit(&slide, 1e9 + 1),
			    312500.0003125);
}
