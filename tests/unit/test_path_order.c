// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/path.c userspace/scan/path-list.c
 * userspace/scan/path-file.c userspace/scan/path-time.c
 * userspace/scan/path-near.c userspace/scan/path-order.c
 * userspace/writer/durable.c userspace/liboscan/units.c
 * kmod/plan.c kmod/phase.c -ljansson -lm
 */
/* What moves take, by the driver's own plans, and the order of the points. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "path.h"
#include "plan.h"
#include "unit.h"

/* OpenScan3's Mini with the Greenshield: rotor and turntable. */
#define ROTOR_SCALE	(3200 * 40 / 3.0 / 360)
#define TABLE_SCALE	(3200 / 360.0)

static char said[PATH_ERROR_LEN];

static const struct oscan_axis_info rotor_info = {
	AXIS_ROTARY(40, 3),
	.flags = OSCAN_AXIS_HAS_LIMITS,
	.limit_min = 1422,	/* 12 degrees less a third of a step */
	.limit_max = 14815,
	.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
	.max_accel_sps2_q32 = 20000 * OSCAN_ACCEL_ONE,
};

static const struct oscan_axis_info table_info = {
	AXIS_ROTARY(1, 1),
	.flags = OSCAN_AXIS_WRAPS,
	.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
	.max_accel_sps2_q32 = 5000 * OSCAN_ACCEL_ONE,
};

static struct path_axis rotor, table;

__attribute__((constructor)) static void make_axes(void)
{
	path_axis_of(&rotor_info, &rotor);
	path_axis_of(&table_info, &table);
}

static double random_between(double low, double high)
{
	return low + (high - low) * (random() / (double)RAND_MAX);
}

static double random_power(double low, double high)
{
	return low * pow(high / low, random() / (double)RAND_MAX);
}

/* ---- time ---- */

/* By the driver, for an axis of one microstep a degree. */
static double driver_seconds(const struct path_axis *axis, uint64_t steps)
{
	const struct plan_request request = {
		.steps = steps,
		.speed_sps_q44 = llrint(ldexp(axis->speed, 44)),
		.accel_sps2_q32 = llrint(ldexp(axis->accel, 32)),
		.decel_sps2_q32 = llrint(ldexp(axis->decel, 32)),
		.jerk_sps3_q24 = llrint(ldexp(axis->jerk, 24)),
	};
	struct plan plan;

	MUST(plan_make(&plan, &request) == PLAN_MADE);
	return plan_deadline(&plan, steps) / 1e9;
}

TEST(moves_take_as_long_as_the_driver_plans_them)
{
	struct path_axis axis = {
		.present = true, .min_deg = NAN, .max_deg = NAN,
	};
	double driver, ours;
	uint64_t steps;

	for (int i = 0; i < 20000; i++) {
		axis.speed = random_power(100, 1e5);
		axis.accel = random_power(10, 1e6);
		axis.decel = i % 3 ? axis.accel : random_power(10, 1e6);
		axis.jerk = i % 2 ? random_power(10, 1e8) : 0;
		steps = random_power(1, 1e6);
		driver = driver_seconds(&axis, steps);
		ours = path_move_seconds(&axis, 0, steps);
		MUST(fabs(ours - driver) < 2e-9 + 1e-9 * driver,
		     "%llu steps, v %g a %g d %g j %g: %.9f and not %.9f",
		     (unsigned long long)steps, axis.speed, axis.accel,
		     axis.decel, axis.jerk, ours, driver);
		MUST(ours == path_move_seconds(&axis, steps, 0));
	}
}

TEST(an_axis_is_taken_over_in_degrees)
{
	ck_assert(rotor.present && !rotor.wraps);
	ck_assert_double_eq_tol(rotor.speed, 5000 / ROTOR_SCALE, 1e-9);
	ck_assert_double_eq_tol(rotor.accel, 20000 / ROTOR_SCALE, 1e-9);
	ck_assert_double_eq(rotor.decel, rotor.accel);
	ck_assert_double_eq(rotor.jerk, 0);
	ck_assert_double_eq_tol(rotor.min_deg, 11.998, 1e-3);
	ck_assert_double_eq_tol(rotor.max_deg, 125.0, 1e-2);
	ck_assert(table.present && table.wraps);
	ck_assert(isnan(table.min_deg) && isnan(table.max_deg));
}

TEST(a_turntable_goes_the_shortest_way)
{
	double ten = path_move_seconds(&table, 0, 10);

	/* A triangle: there are 5000 steps/s^2 in 88.9 steps. */
	ck_assert_double_eq_tol(ten, 2 * sqrt(10 * TABLE_SCALE / 5000), 1e-12);
	ck_assert_double_eq_tol(path_move_seconds(&table, 355, 5), ten, 1e-12);
	ck_assert_double_eq_tol(path_move_seconds(&table, 5, 355), ten, 1e-12);
	ck_assert_double_eq_tol(path_move_seconds(&table, 0, 730), ten, 1e-12);
	ck_assert_double_eq(path_move_seconds(&table, 10, 370), 0);
	ck_assert_double_gt(path_move_seconds(&rotor, 0, 350),
			    path_move_seconds(&rotor, 0, 20));
}

TEST(both_axes_move_at_once_and_one_that_is_missing_takes_no_time)
{
	const struct path_axis none = { 0 };
	struct path_point points[] = { { 0, 60, 300 }, { 1, 90, 30 } };
	struct path path = { .count = 2, .points = points };
	double theta = path_move_seconds(&rotor, 90, 60) * 2;
	double phi = path_move_seconds(&table, 0, 60) +
		     path_move_seconds(&table, 0, 90);

	path_time(&path, &rotor, &none, 90, 0);
	ck_assert_double_eq_tol(path.seconds, theta, 1e-12);
	path_time(&path, &none, &table, 90, 0);
	ck_assert_double_eq_tol(path.seconds, phi, 1e-12);
	path_time(&path, &rotor, &table, 90, 0);
	ck_assert_double_eq_tol(path.seconds,
		fmax(theta / 2, path_move_seconds(&table, 0, 60)) +
		fmax(theta / 2, path_move_seconds(&table, 0, 90)), 1e-12);
	ck_assert_double_eq(path.seconds, path.unordered_seconds);
}

/* ---- limits ---- */

TEST(limits_hold_before_any_turn_is_taken_off)
{
	struct path_point points[] = {
		{ 0, 12, 0 }, { 1, 125, 359 }, { 2, 125.1, -20 }, { 3, 5, 0 },
	};
	struct path path = { .count = 2, .points = points };
	struct path_axis limited = rotor;
	const struct path_axis none = { 0 };

	limited.min_deg = 0;
	limited.max_deg = 360;
	ck_assert_msg(!path_check(&path, &rotor, &table, said), "%s", said);
	ck_assert_msg(!path_check(&path, &rotor, &limited, said), "%s", said);
	path.count = 4;
	ck_assert_int_eq(path_check(&path, &rotor, &table, said), -1);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_ptr_nonnull(strstr(said, "2 of 4 beyond"));
	ck_assert_ptr_nonnull(strstr(said, "number 2 at 125.1"));
	points[2].theta_deg = 100;
	points[3].theta_deg = 50;
	ck_assert_int_eq(path_check(&path, &rotor, &table, said), 0);
	ck_assert_int_eq(path_check(&path, &rotor, &limited, said), -1);
	ck_assert_ptr_nonnull(strstr(said, "1 of 4 beyond"));
	ck_assert_ptr_nonnull(strstr(said, "phi"));
	ck_assert_int_eq(path_check(&path, &none, &table, said), -1);
	ck_assert_ptr_nonnull(strstr(said, "wanted an axis for theta"));
	for (int i = 0; i < 4; i++)
		points[i].theta_deg = 77;
	ck_assert_int_eq(path_check(&path, &none, &table, said), 0);
}

/* The driver runs over a target that it comes to from the wrong side. */
TEST(the_limits_leave_room_for_an_approach_against_play)
{
	struct path_point points[] = { { 0, 12, 0 }, { 1, 125, 0 } };
	struct path path = { .count = 2, .points = points };
	struct oscan_axis_info info = rotor_info;
	struct path_axis axis;

	for (int sign = -1; sign <= 1; sign += 2) {
		info.backlash_steps = sign * 36;
		path_axis_of(&info, &axis);
		points[0].theta_deg = 12;
		points[1].theta_deg = 125;
		ck_assert_int_eq(path_check(&path, &axis, &table, said), -1);
		ck_assert_ptr_nonnull(strstr(said, sign < 0 ?
					     "number 1 at 125" :
					     "number 0 at 12"));
		points[sign > 0 ? 0 : 1].theta_deg += sign * 1.02;
		ck_assert_msg(!path_check(&path, &axis, &table, said), "%s",
			      said);
	}
}

/* ---- order ---- */

/* OpenScan3's estimate, as its optimization.py has it, for one axis. */
static double openscan_seconds(double degrees, double scale, double accel)
{
	const double speed = 5000;
	int steps = degrees * scale, ramp = speed * speed / accel / 2;

	if (!steps)
		return 0;
	if (2 * ramp > steps)
		return 2 * sqrt(2 * fmax(steps / 2, 1) / accel);
	return 2 * speed / accel + (steps - 2 * ramp) / speed;
}

static double openscan_move(const struct path_point *a,
			    const struct path_point *b)
{
	double phi = fabs(a->phi_deg - b->phi_deg);

	return fmax(openscan_seconds(fabs(a->theta_deg - b->theta_deg),
				     ROTOR_SCALE, 20000),
		    openscan_seconds(fmin(phi, 360 - phi), TABLE_SCALE, 5000));
}

/* Its nearest neighbours from 90, 0. */
static double openscan_nearest(const struct path *path)
{
	struct path_point at = { .theta_deg = 90 };
	bool *used = calloc(path->count, sizeof(*used));
	double seconds = 0;

	for (size_t i = 0; i < path->count; i++) {
		size_t best = path->count;

		for (size_t j = 0; j < path->count; j++)
			if (!used[j] && (best == path->count ||
			    openscan_move(&at, &path->points[j]) <
			    openscan_move(&at, &path->points[best])))
				best = j;
		seconds += openscan_move(&at, &path->points[best]);
		used[best] = true;
		at = path->points[best];
	}
	free(used);
	return seconds;
}

/* Every original once, where it was; and the times as they add up. */
static void must_be_permutation(const struct path *path,
				const struct path *given,
				const struct path_axis *theta,
				const struct path_axis *phi, double theta_now,
				double phi_now)
{
	bool *seen = calloc(path->count, sizeof(*seen));
	double seconds = 0, unordered = 0;

	MUST(path->count == given->count);
	for (size_t i = 0; i < path->count; i++) {
		const struct path_point *point = &path->points[i];

		MUST(point->original < path->count && !seen[point->original]);
		seen[point->original] = true;
		MUST(point->theta_deg ==
		     given->points[point->original].theta_deg);
		MUST(point->phi_deg == given->points[point->original].phi_deg);
		seconds += fmax(path_move_seconds(theta, i ?
					point[-1].theta_deg : theta_now,
					point->theta_deg),
				path_move_seconds(phi, i ?
					point[-1].phi_deg : phi_now,
					point->phi_deg));
		point = &given->points[i];
		unordered += fmax(path_move_seconds(theta, i ?
					point[-1].theta_deg : theta_now,
					point->theta_deg),
				  path_move_seconds(phi, i ?
					point[-1].phi_deg : phi_now,
					point->phi_deg));
	}
	MUST(fabs(path->seconds - seconds) < 1e-9);
	MUST(fabs(path->unordered_seconds - unordered) < 1e-9);
	MUST(path->seconds <= path->unordered_seconds);
	free(seen);
}

static struct path copy_of(const struct path *path)
{
	struct path copy = *path;

	copy.points = calloc(path->count, sizeof(*copy.points));
	memcpy(copy.points, path->points,
	       path->count * sizeof(*copy.points));
	return copy;
}

static struct path random_path(size_t count, int kind)
{
	struct path path = { .count = count };

	path.points = calloc(count, sizeof(*path.points));
	for (size_t i = 0; i < count; i++)
		path.points[i] = (struct path_point){
			.original = i,
			.theta_deg = kind == 1 ? 90 : kind == 2 ?
				     12 + random() % 3 * 50 :
				     random_between(12, 125),
			.phi_deg = kind == 2 ? random() % 3 * 120 :
				   random_between(0, 360),
		};
	return path;
}

TEST(an_order_is_never_worse_and_loses_no_point)
{
	const struct path_axis none = { 0 };
	struct path path, given;
	double theta, phi;

	for (int i = 0; i < 300; i++) {
		const struct path_axis *first = i % 7 ? &rotor : &none;
		const struct path_axis *second = i % 11 ? &table : &none;

		path = random_path(1 + random() % 60, i % 4);
		given = copy_of(&path);
		theta = random_between(12, 125);
		phi = random_between(-400, 400);
		path_order(&path, first, second, theta, phi);
		must_be_permutation(&path, &given, first, second, theta, phi);
		/* Once more begins from the better order. */
		path_order(&path, first, second, theta, phi);
		must_be_permutation(&path, &given, first, second, theta, phi);
		path_free(&path);
		path_free(&given);
	}
}

TEST(the_best_order_is_kept)
{
	struct path_point points[50];
	struct path path = { .count = 50, .points = points };

	for (int i = 0; i < 50; i++)
		points[i] = (struct path_point){ i, 90, 7 * i };
	path_order(&path, &rotor, &table, 90, 0);
	for (uint32_t i = 0; i < 50; i++)
		ck_assert_uint_eq(points[i].original, i);
}

/* The least seconds of all orders of points[from..]. */
static double best_of_all(struct path *path, size_t from,
			  const struct path_point *at, double so_far,
			  double best)
{
	struct path_point *points = path->points, swapped;

	if (so_far >= best)
		return best;
	if (from == path->count)
		return so_far;
	for (size_t i = from; i < path->count; i++) {
		swapped = points[from];
		points[from] = points[i];
		points[i] = swapped;
		best = best_of_all(path, from + 1, &points[from], so_far +
			fmax(path_move_seconds(&rotor, at->theta_deg,
					       points[from].theta_deg),
			     path_move_seconds(&table, at->phi_deg,
					       points[from].phi_deg)), best);
		points[i] = points[from];
		points[from] = swapped;
	}
	return best;
}

TEST(few_points_are_put_into_nearly_the_best_of_all_orders)
{
	const struct path_point now = { 0, 90, 0 };
	double ours = 0, best = 0;

	for (int i = 0; i < 60; i++) {
		struct path path = random_path(7, 0);

		best += best_of_all(&path, 0, &now, 0, INFINITY);
		path_order(&path, &rotor, &table, 90, 0);
		ours += path.seconds;
		path_free(&path);
	}
	ck_assert_double_ge(ours, best * (1 - 1e-9));
	ck_assert_msg(ours < 1.02 * best, "%g and not %g", ours, best);
}

TEST(a_scan_takes_less_time_than_with_OpenScan3)
{
	static const struct {
		uint32_t points;
		double unordered;	/* openscan.md, section 4 */
	} rows[] = { { 50, 50 }, { 130, 129 }, { 300, 297 }, { 1000, 0 } };
	struct path_request request = PATH_REQUEST_DEFAULT;
	struct path path, given;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		request.points = rows[i].points;
		ck_assert_int_eq(path_make(&request, &path, said), 0);
		given = copy_of(&path);
		path_order(&path, &rotor, &table, 90, 0);
		must_be_permutation(&path, &given, &rotor, &table, 90, 0);
		if (rows[i].unordered)
			ck_assert_double_eq_tol(path.unordered_seconds,
						rows[i].unordered, 1);
		/* Its estimate leaves out parts of steps. */
		ck_assert_msg(path.seconds < 1.001 * openscan_nearest(&given),
			      "%g and not %g", path.seconds,
			      openscan_nearest(&given));
		ck_assert_double_lt(path.seconds, 0.6 * path.unordered_seconds);
		path_free(&path);
		path_free(&given);
	}
}
