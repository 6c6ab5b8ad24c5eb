// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/wrap.c userspace/liboscan/units.c -lm */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "axes.h"
#include "oscan.h"
#include "unit.h"

static const struct oscan_axis_info turntable = {
	AXIS_ROTARY(1, 1),
	.flags = OSCAN_AXIS_WRAPS,
};

/* 42666 2/3 microsteps a turn */
static const struct oscan_axis_info geared = {
	AXIS_ROTARY(40, 3),
	.flags = OSCAN_AXIS_WRAPS,
};

static const struct oscan_axis_info *const axes[] = { &turntable, &geared };

static int64_t to_steps(const struct oscan_axis_info *axis, double value,
			int64_t from, enum oscan_way way)
{
	int64_t steps = INT64_MIN;

	MUST(!oscan_axis_to_steps_by_way(axis, value, from, way, &steps),
	     "%f from %ld", value, from);
	return steps;
}

static int error_of(const struct oscan_axis_info *axis, double value,
		    enum oscan_way way)
{
	int64_t steps = 77;

	errno = 0;
	ck_assert_int_eq(oscan_axis_to_steps_by_way(axis, value, 0, way,
						    &steps), -1);
	ck_assert_int_eq(steps, 77);
	return errno;
}

TEST(absolute_goes_over_all_turns)
{
	ck_assert_int_eq(to_steps(&turntable, 720, 3, OSCAN_WAY_ABSOLUTE),
			 6400);
	ck_assert_int_eq(to_steps(&turntable, -90, 6400, OSCAN_WAY_ABSOLUTE),
			 -800);
}

TEST(the_shortest_way_crosses_zero)
{
	/* From 350 degrees to 10, and back. */
	ck_assert_int_eq(to_steps(&turntable, 10, 3111, OSCAN_WAY_SHORTEST),
			 3289);
	ck_assert_int_eq(to_steps(&turntable, 350, 89, OSCAN_WAY_SHORTEST),
			 -89);
	ck_assert_int_eq(to_steps(&turntable, 90, 0, OSCAN_WAY_SHORTEST), 800);
	ck_assert_int_eq(to_steps(&turntable, 270, 0, OSCAN_WAY_SHORTEST),
			 -800);
}

TEST(half_a_turn_goes_up)
{
	ck_assert_int_eq(to_steps(&turntable, 180, 0, OSCAN_WAY_SHORTEST),
			 1600);
	ck_assert_int_eq(to_steps(&turntable, -180, 0, OSCAN_WAY_SHORTEST),
			 1600);
	ck_assert_int_eq(to_steps(&turntable, 0, 1600, OSCAN_WAY_SHORTEST),
			 3200);
}

TEST(up_and_down_keep_their_sign)
{
	ck_assert_int_eq(to_steps(&turntable, 10, 3111, OSCAN_WAY_UP), 3289);
	ck_assert_int_eq(to_steps(&turntable, 10, 3111, OSCAN_WAY_DOWN), 89);
	ck_assert_int_eq(to_steps(&turntable, -10, 0, OSCAN_WAY_UP), 3111);
	ck_assert_int_eq(to_steps(&turntable, 90, 0, OSCAN_WAY_DOWN), -2400);
}

/* 30 degrees are 266 2/3 microsteps: an axis on 267 is there. */
TEST(an_axis_that_is_there_makes_no_turn)
{
	enum oscan_way way;

	for (way = OSCAN_WAY_SHORTEST; way <= OSCAN_WAY_DOWN; way++) {
		ck_assert_int_eq(to_steps(&turntable, 30, 267, way), 267);
		ck_assert_int_eq(to_steps(&turntable, 30 - 720, 3467, way),
				 3467);
		ck_assert_int_eq(to_steps(&turntable, 360, 0, way), 0);
		ck_assert_int_eq(to_steps(&geared, 360, 42667, way), 42667);
	}
}

/* Whole degrees; the angle in units of 1 / (360 * den) microstep is exact. */
static void check_any(const struct oscan_axis_info *axis, int64_t from,
		      int degrees, enum oscan_way way)
{
	__int128 turn = (__int128)axis->full_steps_per_turn *
			axis->microsteps * axis->gear_num * 360;
	__int128 unit = (__int128)axis->gear_den * 360;
	int64_t steps = to_steps(axis, degrees, from, way);
	__int128 off = (steps * unit - turn / 360 * degrees) % turn;
	__int128 go = (steps - from) * unit;

	if (off < 0)
		off += turn;
	MUST(2 * off <= unit || 2 * (turn - off) <= unit,
	     "%d degrees from %ld ends on %ld", degrees, from, steps);
	if (way == OSCAN_WAY_SHORTEST)
		MUST(2 * go <= turn + unit && -2 * go <= turn + unit,
		     "%d degrees from %ld goes to %ld", degrees, from, steps);
	if (way == OSCAN_WAY_UP)
		MUST(go >= 0 && 2 * go <= 2 * turn + unit,
		     "%d degrees up from %ld goes to %ld", degrees, from,
		     steps);
	if (way == OSCAN_WAY_DOWN)
		MUST(go <= 0 && -2 * go <= 2 * turn + unit,
		     "%d degrees down from %ld goes to %ld", degrees, from,
		     steps);
}

TEST(every_way_ends_on_the_angle_after_any_number_of_turns)
{
	enum oscan_way way;
	int64_t from;
	int i;

	srand48(3);
	for (i = 0; i < 200000; i++) {
		from = mrand48() * (1LL << (i % 20));
		way = OSCAN_WAY_SHORTEST + i % 3;
		check_any(axes[i / 3 % 2], from, (int)(mrand48() % 2000), way);
	}
}

TEST(a_thousand_turns_up_do_not_drift)
{
	int64_t at = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		at = to_steps(&geared, 120, at, OSCAN_WAY_UP);
		at = to_steps(&geared, 240, at, OSCAN_WAY_UP);
		at = to_steps(&geared, 0, at, OSCAN_WAY_UP);
	}
	ck_assert_int_eq(at, (128000LL * 1000 + 1) / 3);
}

TEST(limits_are_held_against_what_was_asked_for)
{
	struct oscan_axis_info axis = turntable;

	axis.flags |= OSCAN_AXIS_HAS_LIMITS;
	axis.limit_min = -800;
	axis.limit_max = 800;
	/* 370 degrees would be 10, which is within them. */
	ck_assert_int_eq(error_of(&axis, 370, OSCAN_WAY_SHORTEST), EDOM);
	ck_assert_int_eq(error_of(&axis, 370, OSCAN_WAY_ABSOLUTE), EDOM);
	ck_assert_int_eq(error_of(&axis, 91, OSCAN_WAY_UP), EDOM);
	ck_assert_int_eq(to_steps(&axis, 90, 0, OSCAN_WAY_SHORTEST), 800);
	/* The result, too. */
	ck_assert_int_eq(error_of(&axis, 45, OSCAN_WAY_DOWN), EDOM);
	ck_assert_int_eq(error_of(&turntable, 1e300, OSCAN_WAY_SHORTEST),
			 ERANGE);
	ck_assert_int_eq(error_of(&turntable, NAN, OSCAN_WAY_SHORTEST),
			 ERANGE);
}

TEST(only_a_turntable_has_ways)
{
	struct oscan_axis_info rotor = turntable, slide = turntable;

	rotor.flags = 0;
	slide.unit = OSCAN_UNIT_MILLIMETRE;
	slide.travel_per_turn_nm = 8000000;
	ck_assert_int_eq(error_of(&rotor, 10, OSCAN_WAY_SHORTEST), EOPNOTSUPP);
	ck_assert_int_eq(error_of(&slide, 10, OSCAN_WAY_UP), EOPNOTSUPP);
	ck_assert_int_eq(to_steps(&rotor, 10, 0, OSCAN_WAY_ABSOLUTE), 89);
}
