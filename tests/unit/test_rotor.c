// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/rotor/rotor.c tests/rotor/judge.c tests/rotor/edges.c
 * tests/rotor/pattern.c -lm
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"
#include "pattern.h"
#include "rotor.h"
#include "unit.h"

#define MICROSTEPS	16
#define NO_HOLD_STEP	0

static const struct edge_lines lines = {
	.step = OSCAN_RIG_TURNTABLE_STEP,
	.dir = OSCAN_RIG_TURNTABLE_DIR,
	.enable = OSCAN_RIG_TURNTABLE_ENABLE,
	.enable_active_low = true,
	.dir_initial = EDGE_LEARN,
};

static const struct rotor_load no_load;

struct outcome {
	long lost_fs;
	unsigned long slips;
	double max_lag_deg;
	double angle_fs;
};

static struct rotor_motor motor_named(const char *name)
{
	const struct rotor_motor *motor = rotor_motor_find(name);

	ck_assert_ptr_nonnull(motor);
	return *motor;
}

/* A current source: the torque does not depend on the speed. */
static struct rotor_motor ideal_motor(void)
{
	struct rotor_motor motor = motor_named("nema17-40");

	motor.supply_v = 1e6;
	motor.damping_ratio = 0;
	return motor;
}

static struct rotor *new_rotor(const struct rotor_motor *motor,
			       const struct rotor_load *load,
			       unsigned int microsteps)
{
	struct rotor *rotor = rotor_new(motor, load, microsteps, 0);

	ck_assert_ptr_nonnull(rotor);
	return rotor;
}

static struct oscan_rig_edge *edges_of(const struct pattern *pattern,
				       size_t *count)
{
	double *times = pattern_times(pattern);
	struct oscan_rig_edge *edges;

	ck_assert_ptr_nonnull(times);
	edges = pattern_edges(times, pattern->steps, &lines, count);
	ck_assert_ptr_nonnull(edges);
	free(times);
	ck_assert_uint_eq(edges_check(edges, *count), *count);
	return edges;
}

static struct outcome run(const struct rotor_motor *motor,
			  const struct rotor_load *load,
			  const struct pattern *pattern)
{
	struct rotor *rotor = new_rotor(motor, load, MICROSTEPS);
	struct outcome outcome;
	struct oscan_rig_edge *edges;
	size_t count;

	edges = edges_of(pattern, &count);
	rotor_replay(rotor, edges, count, &lines, UINT64_MAX);
	outcome = (struct outcome) {
		.lost_fs = rotor_lost_fs(rotor),
		.slips = rotor_slips(rotor),
		.max_lag_deg = rotor_max_lag_deg(rotor),
		.angle_fs = rotor_angle_fs(rotor),
	};
	rotor_free(rotor);
	free(edges);
	return outcome;
}

/* Slips while the field turns evenly from the start, for @seconds. */
static unsigned long slips_at(const struct rotor_motor *motor,
			      const struct rotor_load *load, double fsps,
			      unsigned int microsteps, double seconds)
{
	struct rotor *rotor = new_rotor(motor, load, microsteps);
	double interval_ns = 1e9 / (fsps * microsteps);
	unsigned long slips;
	size_t n;

	for (n = 0; n * interval_ns < seconds * 1e9; n++) {
		rotor_advance(rotor, llround(n * interval_ns));
		rotor_step(rotor, 1);
	}
	slips = rotor_slips(rotor);
	rotor_free(rotor);
	return slips;
}

/* Bisects between a rate that starts and one that stalls, to 0.2 %. */
static double found_start_stop(const struct rotor_motor *motor,
			       const struct rotor_load *load,
			       unsigned int microsteps)
{
	double swing_s = 1 / rotor_natural_hz(motor, load);
	double low = rotor_start_stop_fsps(motor, load) / 2;
	double high = 3 * low;
	int i;

	ck_assert_uint_eq(slips_at(motor, load, low, microsteps, 4 * swing_s),
			  0);
	ck_assert_uint_gt(slips_at(motor, load, high, microsteps, 4 * swing_s),
			  0);
	for (i = 0; i < 10; i++) {
		double middle = (low + high) / 2;

		if (slips_at(motor, load, middle, microsteps, 4 * swing_s))
			high = middle;
		else
			low = middle;
	}
	return low;
}

/* Seconds of @swings swings about a field angle one microstep ahead. */
static double found_swing_s(const struct rotor_motor *motor,
			    const struct rotor_load *load, int swings)
{
	struct rotor *rotor = new_rotor(motor, load, 64);
	double before;
	uint64_t first_ns = 0;
	uint64_t now_ns = 0;
	int crossings = 0;

	rotor_step(rotor, 1);
	while (crossings <= 2 * swings) {
		before = rotor_angle_fs(rotor) - rotor_field_fs(rotor);
		rotor_advance(rotor, ++now_ns * 1000);
		MUST(now_ns < 10000000, "it does not swing");
		if (before * (rotor_angle_fs(rotor) -
			      rotor_field_fs(rotor)) >= 0)
			continue;
		if (!crossings++)
			first_ns = now_ns * 1000;
	}
	rotor_free(rotor);
	return (now_ns * 1000 - first_ns) * 1e-9 / swings;
}

TEST(a_rotor_swings_at_the_natural_frequency)
{
	struct rotor_motor motor = ideal_motor();
	struct rotor_load load = { .inertia_kgm2 = 200e-7 };
	double alone_hz = sqrt(50 * 0.40 / 54e-7) / (2 * M_PI);
	double loaded_hz = sqrt(50 * 0.40 / 254e-7) / (2 * M_PI);

	ck_assert_double_eq_tol(rotor_natural_hz(&motor, &no_load), alone_hz,
				1e-6 * alone_hz);
	ck_assert_double_eq_tol(1 / found_swing_s(&motor, &no_load, 10),
				alone_hz, 1e-3 * alone_hz);
	ck_assert_double_eq_tol(1 / found_swing_s(&motor, &load, 10),
				loaded_hz, 1e-3 * loaded_hz);
}

/* Free swings keep their energy: what they lose in 100 is the integrator's. */
TEST(the_integrator_loses_nothing)
{
	struct rotor_motor motor = ideal_motor();
	struct rotor *rotor = new_rotor(&motor, &no_load, 1);
	double swing_s = 1 / rotor_natural_hz(&motor, &no_load);
	double greatest = 0;
	uint64_t now_ns;

	rotor_step(rotor, 1);
	now_ns = 100 * swing_s * 1e9;
	rotor_advance(rotor, now_ns);
	while (now_ns < 102 * swing_s * 1e9) {
		now_ns += 1000;
		rotor_advance(rotor, now_ns);
		greatest = fmax(greatest, rotor_angle_fs(rotor));
	}
	ck_assert_double_eq_tol(greatest, 2, 1e-3);
	rotor_free(rotor);
}

TEST(damping_takes_its_share_of_each_swing)
{
	struct rotor_motor motor = ideal_motor();
	double decay_s = 2 * 54e-7;
	struct rotor *rotor;
	double least = 2;
	double ratio = 0.1;
	uint64_t now_ns = 0;

	motor.damping_ratio = ratio;
	decay_s /= rotor_damping(&motor);
	ck_assert_double_eq_tol(decay_s, 1 / (ratio * sqrt(50 * 0.40 / 54e-7)),
				1e-9);
	rotor = new_rotor(&motor, &no_load, 64);
	rotor_step(rotor, 1);
	while (now_ns < 4000000) {
		now_ns += 1000;
		rotor_advance(rotor, now_ns);
		least = fmin(least, rotor_field_fs(rotor) -
				    rotor_angle_fs(rotor));
	}
	/* Overshoot of a second-order system. */
	ck_assert_double_eq_tol(-least * 64,
				exp(-M_PI * ratio / sqrt(1 - ratio * ratio)),
				5e-3);
	rotor_free(rotor);
}

TEST(the_start_stop_rate_is_that_of_the_closed_form)
{
	struct rotor_motor motor = ideal_motor();
	struct rotor_load loads[] = {
		{ },
		{ .inertia_kgm2 = 140e-7 },
		{ .inertia_kgm2 = 140e-7, .friction_nm = 0.04 },
		{ .inertia_kgm2 = 1000e-7, .friction_nm = 0.20 },
	};
	size_t i;

	ck_assert_double_eq_tol(rotor_start_stop_fsps(&motor, &no_load),
				4 / M_PI * sqrt(50 * 0.40 / 54e-7), 1e-3);
	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		double closed = rotor_start_stop_fsps(&motor, &loads[i]);
		double found = found_start_stop(&motor, &loads[i], 64);

		MUST(fabs(found - closed) < 0.02 * closed,
		     "load %zu: %.1f, closed form %.1f fs/s", i, found,
		     closed);
	}
}

TEST(friction_above_the_torque_never_starts)
{
	struct rotor_motor motor = ideal_motor();
	struct rotor_load load = { .friction_nm = 0.41 };

	ck_assert_double_eq(rotor_start_stop_fsps(&motor, &load), 0);
	ck_assert_uint_gt(slips_at(&motor, &load, 20, MICROSTEPS, 0.5), 0);
	load.friction_nm = 0.39;
	ck_assert_uint_eq(slips_at(&motor, &load, 20, MICROSTEPS, 0.5), 0);
}

/* The formula worked by hand, and its limits. */
TEST(the_torque_falls_with_the_speed_as_the_winding_says)
{
	struct rotor_motor motor = motor_named("nema17-40");
	double k = 0.40 / (sqrt(2) * 1.7);
	double w = 1250 * 2 * M_PI / 200;
	double z2 = 1.5 * 1.5 + pow(50 * w * 2.8e-3, 2);

	ck_assert_double_eq_tol(rotor_torque(&motor, 0), 0.40, 1e-9);
	ck_assert_double_eq_tol(rotor_torque(&motor, 1250),
				k * 12 / sqrt(z2) - k * k * w * 1.5 / z2,
				1e-9);
	ck_assert_double_lt(rotor_torque(&motor, 2500),
			    rotor_torque(&motor, 1250));
	ck_assert_double_eq_tol(rotor_torque(&motor, 1e6), 0, 1e-3);
	motor = motor_named("nema17-13");
	ck_assert_double_eq_tol(rotor_torque(&motor, 0), 0.1302, 1e-9);
}

/* Speed at which the torque is just that of damping and load. */
static double pull_out_fsps(const struct rotor_motor *motor,
			    const struct rotor_load *load)
{
	double low = 0;
	double high = 10000;
	int i;

	for (i = 0; i < 50; i++) {
		double middle = (low + high) / 2;
		double drag = rotor_damping(motor) * middle * 2 * M_PI / 200 +
			      load->friction_nm + load->torque_nm;

		if (rotor_torque(motor, middle) > drag)
			low = middle;
		else
			high = middle;
	}
	return low;
}

TEST(a_slow_ramp_pulls_out_at_the_closed_forms_speed)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor_load load = {
		.inertia_kgm2 = 100e-7,
		.friction_nm = 0.02,
		.torque_nm = 0.12,
	};
	double limit_sps = pull_out_fsps(&motor, &load) * MICROSTEPS;
	struct pattern ramp = {
		.accel_sps2 = 20000,
		.after = PATTERN_CATCH_UP,
	};

	ramp.speed_sps = 0.95 * limit_sps;
	ramp.steps = ramp.speed_sps * ramp.speed_sps / ramp.accel_sps2 + 2000;
	ck_assert_int_eq(run(&motor, &load, &ramp).lost_fs, 0);
	ramp.speed_sps = 1.05 * limit_sps;
	ramp.steps = ramp.speed_sps * ramp.speed_sps / ramp.accel_sps2 + 2000;
	ck_assert_int_gt(run(&motor, &load, &ramp).lost_fs, 0);
}

TEST(a_ramp_within_the_torque_loses_none_and_one_beyond_stalls)
{
	struct rotor_motor motor = ideal_motor();
	struct rotor_load load = { .inertia_kgm2 = 500e-7 };
	double greatest_sps2 = 0.40 / 554e-7 * 200 / (2 * M_PI) * MICROSTEPS;
	struct pattern ramp = {
		.steps = 6000,
		.speed_sps = 30000,
		.after = PATTERN_CATCH_UP,
	};

	motor.damping_ratio = 0.02;
	/* From rest at once the swing doubles the lag: 0.72 is its limit. */
	ramp.accel_sps2 = 0.6 * greatest_sps2;
	ck_assert_int_eq(run(&motor, &load, &ramp).lost_fs, 0);
	ramp.accel_sps2 = 1.1 * greatest_sps2;
	ck_assert_int_gt(run(&motor, &load, &ramp).lost_fs, 0);
}

TEST(a_jump_far_above_the_start_stop_rate_stalls)
{
	struct rotor_motor motor = motor_named("nema17-40");
	double rate = rotor_start_stop_fsps(&motor, &motor.load) * MICROSTEPS;
	struct pattern jump = {
		.steps = 8000,
		.speed_sps = 2 * rate,
		.start_sps = 2 * rate,
		.accel_sps2 = 1e6,
		.after = PATTERN_CATCH_UP,
		.no_end = 1,
	};
	struct outcome outcome = run(&motor, &motor.load, &jump);

	ck_assert_int_gt(outcome.lost_fs, 400);
	ck_assert_int_eq(outcome.lost_fs % 4, 0);
	ck_assert_double_gt(outcome.max_lag_deg, 180);
	jump.speed_sps = 0.4 * rate;
	jump.start_sps = jump.speed_sps;
	ck_assert_int_eq(run(&motor, &motor.load, &jump).lost_fs, 0);
}

/* 50 microsteps at once turn the field by 281 deg: the rotor goes back. */
TEST(a_burst_of_three_full_steps_slips_once)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor *rotor = new_rotor(&motor, &motor.load, MICROSTEPS);
	int i;

	for (i = 0; i < 50; i++)
		rotor_step(rotor, 1);
	rotor_settle(rotor);
	ck_assert_int_eq(rotor_lost_fs(rotor), 4);
	ck_assert_uint_eq(rotor_slips(rotor), 1);
	ck_assert_double_eq_tol(rotor_angle_fs(rotor), 50 / 16.0 - 4, 0.05);
	rotor_free(rotor);
}

/* NEMA17, 16 microsteps, steps due at 200 us, the acceleration of OpenScan. */
static struct pattern cruise(double speed_sps)
{
	struct pattern pattern = {
		.speed_sps = speed_sps,
		.accel_sps2 = 20000,
		.after = PATTERN_CATCH_UP,
		.catch_up = 0.10,
	};
	double ramp = speed_sps * speed_sps / (2 * pattern.accel_sps2);

	pattern.steps = 2 * ramp + 0.5 * speed_sps;
	pattern.hold_step = ramp + 0.1 * speed_sps;
	return pattern;
}

static const double holds_s[] = { 0.010, 0.020, 0.050 };
#define HOLDS (sizeof(holds_s) / sizeof(holds_s[0]))

/* No datasheet states damping and load: it must hold wherever they are. */
static const double damping_ratios[] = { 0.02, 0.05, 0.20 };
static const double load_shares[] = { 0, 1 };
#define VARIANTS 6

static struct rotor_motor variant(const char *name, size_t i)
{
	struct rotor_motor motor = motor_named(name);

	motor.damping_ratio = damping_ratios[i % 3];
	motor.load.inertia_kgm2 *= load_shares[i / 3];
	return motor;
}

static int whole_slips(long lost_fs)
{
	return lost_fs > 0 && lost_fs % 4 == 0;
}

TEST(overdue_steps_sent_at_once_lose_whole_slips)
{
	/* Multiples of 4 near what the field ran ahead: 3, 6, 15.6. */
	static const long least_fs[HOLDS] = { 4, 4, 16 };
	static const long most_fs[HOLDS] = { 4, 8, 20 };
	struct pattern old_way = cruise(5000);
	size_t i;
	size_t k;

	old_way.after = PATTERN_BURST;
	old_way.burst_s = 20e-6;
	for (i = 0; i < VARIANTS; i++) {
		struct rotor_motor motor = variant("nema17-40", i);

		for (k = 0; k < HOLDS; k++) {
			struct outcome outcome;

			old_way.hold_s = holds_s[k];
			outcome = run(&motor, &motor.load, &old_way);
			MUST(whole_slips(outcome.lost_fs) &&
			     outcome.lost_fs >= least_fs[k] &&
			     outcome.lost_fs <= most_fs[k],
			     "variant %zu, %.0f ms: %ld full steps", i,
			     holds_s[k] * 1e3, outcome.lost_fs);
		}
	}
}

TEST(the_same_hold_up_without_a_burst_loses_none)
{
	struct pattern new_way = cruise(5000);
	size_t i;
	size_t k;

	for (i = 0; i < VARIANTS; i++) {
		struct rotor_motor motor = variant("nema17-40", i);

		for (k = 0; k < HOLDS; k++) {
			struct outcome outcome;

			new_way.hold_s = holds_s[k];
			outcome = run(&motor, &motor.load, &new_way);
			MUST(!outcome.lost_fs && !outcome.slips,
			     "variant %zu, %.0f ms: %ld full steps", i,
			     holds_s[k] * 1e3, outcome.lost_fs);
		}
	}
}

TEST(a_move_that_is_not_held_up_loses_none)
{
	struct pattern pattern = cruise(20000);
	size_t i;

	pattern.hold_step = NO_HOLD_STEP;
	for (i = 0; i < VARIANTS; i++) {
		struct rotor_motor motor = variant("nema17-40", i);

		ck_assert_int_eq(run(&motor, &motor.load, &pattern).lost_fs,
				 0);
	}
}

/*
 * With the arm's load. Without, the closed form is above 20000 microsteps/s,
 * and it loses none. Light damping leaves the rotor swinging: it may meet the
 * field by luck, so not after every pause.
 */
TEST(going_on_at_speed_above_the_start_stop_rate_loses)
{
	struct pattern pattern = cruise(20000);
	size_t i;
	size_t k;

	for (i = VARIANTS / 2; i < VARIANTS; i++) {
		struct rotor_motor motor = variant("nema17-40", i);
		int losses = 0;

		ck_assert_double_gt(20000.0 / MICROSTEPS,
				    rotor_start_stop_fsps(&motor,
							  &motor.load));
		for (k = 0; k < HOLDS; k++) {
			struct outcome outcome;

			pattern.hold_s = holds_s[k];
			outcome = run(&motor, &motor.load, &pattern);
			if (!outcome.lost_fs)
				continue;
			ck_assert(whole_slips(outcome.lost_fs));
			losses++;
		}
		MUST(losses, "variant %zu", i);
	}
}

TEST(going_on_at_speed_after_10_ms_loses)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct pattern pattern = cruise(20000);

	pattern.hold_s = 0.010;
	ck_assert(whole_slips(run(&motor, &motor.load, &pattern).lost_fs));
}

/* 100 full steps/s is the rate that the axes have by default. */
TEST(ramping_up_again_after_a_hold_up_loses_none)
{
	struct pattern pattern = cruise(20000);
	static const double restarts_fsps[] = { 0, 100 };
	size_t i;
	size_t k;
	size_t r;

	pattern.after = PATTERN_RAMP;
	for (i = 0; i < VARIANTS; i++) {
		struct rotor_motor motor = variant("nema17-40", i);

		for (k = 0; k < HOLDS; k++) {
			for (r = 0; r < 2; r++) {
				struct outcome outcome;

				pattern.hold_s = holds_s[k];
				pattern.restart_sps = restarts_fsps[r] *
						      MICROSTEPS;
				outcome = run(&motor, &motor.load, &pattern);
				MUST(!outcome.lost_fs,
				     "variant %zu, %.0f ms: %ld full steps", i,
				     holds_s[k] * 1e3, outcome.lost_fs);
			}
		}
	}
}

/*
 * The driver's rule: a pause is a stumble when the field fell behind by more
 * than half a full step and the axis is faster than the start-stop rate.
 */
TEST(a_pause_of_less_than_half_a_full_step_loses_none)
{
	static const double speeds_sps[] = { 1000, 2000, 5000, 10000, 20000 };
	static const double load_factors[] = { 0, 0.2, 1, 3 };
	const struct rotor_motor *motor;
	size_t m;
	size_t k;
	size_t v;

	for (m = 0; (motor = rotor_motor_at(m)); m++) {
		for (k = 0; k < 8; k++) {
			struct rotor_motor driven = *motor;

			driven.load.inertia_kgm2 *= load_factors[k / 2];
			driven.damping_ratio = k % 2 ? 0.20 : 0.02;
			for (v = 0; v < 5; v++) {
				double speed = speeds_sps[v];
				struct pattern pattern = cruise(speed);
				struct outcome outcome;

				pattern.hold_s = 0.499 * MICROSTEPS / speed;
				outcome = run(&driven, &driven.load, &pattern);
				MUST(!outcome.lost_fs && !outcome.slips,
				     "%s, case %zu, %.0f microsteps/s: %ld",
				     motor->name, k, speed, outcome.lost_fs);
			}
		}
	}
}

/*
 * After a pause the rotor may swing back as fast as it ran: it must follow
 * (1 + 1 / 0.9) times the speed, or 0.47 of the closed form.
 */
TEST(below_the_start_stop_rate_a_pause_of_any_length_loses_none)
{
	const struct rotor_motor *motor;
	size_t m;
	size_t k;

	for (m = 0; (motor = rotor_motor_at(m)); m++) {
		double swing_s = 1 / rotor_natural_hz(motor, &motor->load);
		double rate = 0.45 * rotor_start_stop_fsps(motor,
							   &motor->load);
		struct rotor_motor driven = *motor;
		struct pattern pattern = cruise(rate * MICROSTEPS);

		driven.damping_ratio = 0.02;
		for (k = 1; k < 30; k++) {
			struct outcome outcome;

			pattern.hold_s = 0.1 * k * swing_s;
			outcome = run(&driven, &driven.load, &pattern);
			MUST(!outcome.lost_fs && !outcome.slips,
			     "%s, %zu tenths of a swing: %ld", motor->name, k,
			     outcome.lost_fs);
		}
	}
}

/* Up to the rate itself; beyond it the dead stop slips, whatever follows. */
TEST(ramping_up_from_rest_right_after_a_pause_of_any_length_loses_none)
{
	const struct rotor_motor *motor;
	size_t m;
	size_t k;

	for (m = 0; (motor = rotor_motor_at(m)); m++) {
		double swing_s = 1 / rotor_natural_hz(motor, &motor->load);
		double rate = 0.95 * rotor_start_stop_fsps(motor,
							   &motor->load);
		struct rotor_motor driven = *motor;
		struct pattern pattern = cruise(rate * MICROSTEPS);

		pattern.after = PATTERN_RAMP;
		driven.damping_ratio = 0.02;
		for (k = 4; k < 16; k++) {
			struct outcome outcome;

			pattern.hold_s = 0.1 * k * swing_s;
			outcome = run(&driven, &driven.load, &pattern);
			MUST(!outcome.lost_fs,
			     "%s, %zu tenths of a swing: %ld", motor->name, k,
			     outcome.lost_fs);
		}
	}
}

TEST(a_heavy_rotor_stopped_dead_runs_on_by_whole_slips)
{
	struct rotor_motor motor = motor_named("nema17-13");
	double rate = rotor_start_stop_fsps(&motor, &motor.load);
	struct pattern pattern = {
		.speed_sps = 1.5 * rate * MICROSTEPS,
		.accel_sps2 = 20000,
		.after = PATTERN_CATCH_UP,
		.no_end = 1,
	};
	long lost_fs;

	pattern.steps = pattern.speed_sps * pattern.speed_sps /
			(2 * pattern.accel_sps2) + 1000;
	lost_fs = run(&motor, &motor.load, &pattern).lost_fs;
	ck_assert_int_lt(lost_fs, 0);
	ck_assert_int_eq(lost_fs % 4, 0);
}

TEST(a_rotor_follows_both_ways)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor *rotor = new_rotor(&motor, &motor.load, MICROSTEPS);
	uint64_t now_ns = 0;
	int n;

	for (n = 0; n < 3200; n++) {
		rotor_advance(rotor, now_ns += 1000000);
		rotor_step(rotor, n < 1000 ? 1 : -1);
	}
	rotor_settle(rotor);
	ck_assert_double_eq_tol(rotor_field_fs(rotor), -1200 / 16.0, 1e-9);
	/* At rest within the friction: asin(5 / 400) is 0.008 full steps. */
	ck_assert_double_eq_tol(rotor_angle_fs(rotor), -1200 / 16.0, 0.02);
	ck_assert_int_eq(rotor_lost_fs(rotor), 0);
	rotor_free(rotor);
}

TEST(a_replay_until_a_time_says_where_the_rotor_was)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct pattern pattern = cruise(3000);
	struct rotor *rotor = new_rotor(&motor, &motor.load, MICROSTEPS);
	struct oscan_rig_edge *edges;
	uint64_t until_ns;
	size_t count;

	pattern.hold_step = NO_HOLD_STEP;
	edges = edges_of(&pattern, &count);
	until_ns = edges[count / 2].time_ns;
	rotor_replay(rotor, edges, count, &lines, until_ns);
	/* Even speed: it lags by the damping and friction only. */
	ck_assert_double_eq_tol(rotor_angle_fs(rotor), count / 4 / 16.0, 0.1);
	ck_assert_double_eq_tol(rotor_speed_fsps(rotor), 3000 / 16.0, 3);
	rotor_free(rotor);
	free(edges);
}

TEST(dry_friction_holds_a_rotor_off_its_place)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor_load load = { .friction_nm = 0.20 };
	struct rotor *rotor = new_rotor(&motor, &load, 64);
	int i;

	/* Half the torque: a lead of a third of a full step moves nothing. */
	for (i = 0; i < 21; i++)
		rotor_step(rotor, 1);
	rotor_settle(rotor);
	ck_assert_double_eq(rotor_angle_fs(rotor), 0);
	rotor_step(rotor, 1);
	rotor_settle(rotor);
	ck_assert_double_gt(rotor_angle_fs(rotor), 0);
	rotor_free(rotor);
}

/* Dry friction takes 2 F / (p T) of each half swing: 4.5, 2.5, 0.5 of F/pT. */
TEST(a_swing_against_dry_friction_ends_at_rest_where_it_turns)
{
	struct rotor_motor motor = ideal_motor();
	struct rotor_load load = {
		.friction_nm = 0.40 * (M_PI / 2 / MICROSTEPS) / 4.5,
	};
	struct rotor *rotor = new_rotor(&motor, &load, MICROSTEPS);

	rotor_step(rotor, 1);
	rotor_settle(rotor);
	ck_assert_double_eq(rotor_speed_fsps(rotor), 0);
	ck_assert_double_eq_tol((1.0 / MICROSTEPS - rotor_angle_fs(rotor)) *
				MICROSTEPS, 0.5 / 4.5, 5e-3);
	rotor_free(rotor);
}

TEST(a_constant_load_is_held_at_its_lag)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor_load load = { .torque_nm = 0.20 };
	struct rotor *rotor = new_rotor(&motor, &load, 64);

	rotor_settle(rotor);
	/* asin(1 / 2) is 30 deg electrical, a third of a full step. */
	ck_assert_double_eq_tol(rotor_angle_fs(rotor), -1 / 3.0, 1e-3);
	rotor_free(rotor);
}

TEST(an_unpowered_rotor_stays_while_the_field_goes_on)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor *rotor = new_rotor(&motor, &motor.load, MICROSTEPS);
	int n;

	rotor_power(rotor, false);
	for (n = 1; n <= 9 * MICROSTEPS; n++) {
		rotor_advance(rotor, n * 1000000ULL);
		rotor_step(rotor, 1);
	}
	ck_assert_double_eq_tol(rotor_angle_fs(rotor), 0, 1e-6);
	ck_assert_int_eq(rotor_lost_fs(rotor), 8);
	rotor_power(rotor, true);
	rotor_settle(rotor);
	ck_assert_uint_eq(rotor_slips(rotor), 0);
	/* 9 full steps are two turns of the field and a quarter. */
	ck_assert_double_eq_tol(rotor_angle_fs(rotor), 1, 0.05);
	ck_assert_int_eq(rotor_lost_fs(rotor), 8);
	rotor_free(rotor);
}

/* Above the detent torque's well: w^2 J / 2 > T / (2 p) by far. */
TEST(a_motor_switched_off_at_speed_coasts_until_friction_ends_it)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor_load load = {
		.inertia_kgm2 = 10000e-7,
		.friction_nm = 0.02,
	};
	struct pattern pattern = {
		.steps = 5000,
		.speed_sps = 4000,
		.accel_sps2 = 4000,
		.after = PATTERN_CATCH_UP,
		.no_end = 1,
	};
	struct rotor *rotor;
	struct oscan_rig_edge *edges;
	double coast_rad;
	double w = 4000 / 16.0 * 2 * M_PI / 200;
	double before_fs;
	size_t count;

	motor.detent_torque_nm = 0;
	motor.damping_ratio = 0.02;
	rotor = new_rotor(&motor, &load, MICROSTEPS);
	edges = edges_of(&pattern, &count);
	rotor_replay(rotor, edges, count, &lines, edges[count - 1].time_ns);
	before_fs = rotor_angle_fs(rotor);
	w = rotor_speed_fsps(rotor) * 2 * M_PI / 200;
	rotor_power(rotor, false);
	rotor_settle(rotor);
	/* J w' = -F - b w, integrated over the angle. */
	coast_rad = (motor.inertia_kgm2 + load.inertia_kgm2) /
		    rotor_damping(&motor) *
		    (w - load.friction_nm / rotor_damping(&motor) *
			 log1p(w * rotor_damping(&motor) / load.friction_nm));
	ck_assert_double_eq_tol(rotor_angle_fs(rotor) - before_fs,
				coast_rad * 200 / (2 * M_PI), 0.05);
	rotor_free(rotor);
	free(edges);
}

TEST(a_rotor_is_refused_what_cannot_be)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor_load load = { .inertia_kgm2 = -1 };

	ck_assert_ptr_null(rotor_new(&motor, &load, 16, 0));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(rotor_new(&motor, &no_load, 0, 0));
	ck_assert_ptr_null(rotor_new(&motor, &no_load, 257, 0));
	motor.inertia_kgm2 = 0;
	ck_assert_ptr_null(rotor_new(&motor, &no_load, 16, 0));
	errno = 0;
	ck_assert_ptr_null(rotor_motor_find("nema99"));
	ck_assert_int_eq(errno, ENOENT);
}

/* The axis that the judge's tests begin with: 3 steps up at 5000/s. */
#define T0 1000000

static const struct judge_rules rules = {
	.lines = {
		.step = OSCAN_RIG_TURNTABLE_STEP,
		.dir = OSCAN_RIG_TURNTABLE_DIR,
		.enable = OSCAN_RIG_TURNTABLE_ENABLE,
		.enable_active_low = true,
		.dir_initial = EDGE_LEARN,
	},
	.pulse_high_ns = 2000,
	.pulse_low_ns = 3000,
	.dir_setup_ns = 1000,
	.dir_hold_ns = 1500,
	.enable_delay_ns = 50000,
	.max_speed_sps = 5000,
	.catch_up_percent = 10,
};

enum {
	EDGE_POWER,
	EDGE_DIR,
	EDGE_RISE_1,
	EDGE_FALL_1,
	EDGE_RISE_2,
	EDGE_FALL_2,
	EDGE_RISE_3,
	EDGE_FALL_3,
	EDGE_DIR_BACK,
	EDGE_RISE_4,
	EDGE_FALL_4,
	EDGE_COUNT,
};

#define EDGE(time, number, level)					\
	{ .time_ns = (time), .line = (number), .value = (level) }

/* Every limit is met to the nanosecond. */
static const struct oscan_rig_edge just_right[EDGE_COUNT] = {
	EDGE(T0 - 50000, OSCAN_RIG_TURNTABLE_ENABLE, 0),
	EDGE(T0 - 1000, OSCAN_RIG_TURNTABLE_DIR, 1),
	EDGE(T0, OSCAN_RIG_TURNTABLE_STEP, 1),
	EDGE(T0 + 2000, OSCAN_RIG_TURNTABLE_STEP, 0),
	EDGE(T0 + 179999, OSCAN_RIG_TURNTABLE_STEP, 1),
	EDGE(T0 + 376999, OSCAN_RIG_TURNTABLE_STEP, 0),
	EDGE(T0 + 379999, OSCAN_RIG_TURNTABLE_STEP, 1),
	EDGE(T0 + 381999, OSCAN_RIG_TURNTABLE_STEP, 0),
	EDGE(T0 + 383499, OSCAN_RIG_TURNTABLE_DIR, 0),
	EDGE(T0 + 600000, OSCAN_RIG_TURNTABLE_STEP, 1),
	EDGE(T0 + 602000, OSCAN_RIG_TURNTABLE_STEP, 0),
};

static struct judge_verdict judged(const struct oscan_rig_edge *edges)
{
	struct judge_verdict verdict;

	ck_assert_uint_eq(edges_check(edges, EDGE_COUNT), EDGE_COUNT);
	judge_edges(edges, EDGE_COUNT, &rules, &verdict);
	return verdict;
}

/* just_right with one edge moved, which must break just this rule. */
static void moved_breaks(int index, int by_ns, enum judge_rule rule,
			 const char *sentence)
{
	struct oscan_rig_edge edges[EDGE_COUNT];
	struct judge_verdict verdict;

	memcpy(edges, just_right, sizeof(edges));
	edges[index].time_ns += by_ns;
	verdict = judged(edges);
	ck_assert_uint_eq(verdict.total, 1);
	ck_assert_uint_eq(verdict.violations[rule], 1);
	ck_assert_int_eq(verdict.first_rule, rule);
	ck_assert_str_eq(verdict.first, sentence);
}

TEST(edges_that_just_meet_every_limit_are_clean)
{
	struct judge_verdict verdict = judged(just_right);

	ck_assert_str_eq(verdict.first, "");
	ck_assert_uint_eq(verdict.total, 0);
	ck_assert_int_eq(verdict.position, 2);
	ck_assert_uint_eq(verdict.steps, 4);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_PULSE_HIGH], 2000);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_PULSE_LOW], 3000);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_DIR_SETUP], 1000);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_DIR_HOLD], 1500);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_ENABLE_DELAY], 50000);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_INTERVAL], 179999);
}

TEST(the_field_goes_where_the_edges_say)
{
	struct rotor_motor motor = motor_named("nema17-40");
	struct rotor *rotor = new_rotor(&motor, &motor.load, MICROSTEPS);

	rotor_replay(rotor, just_right, EDGE_COUNT, &lines, UINT64_MAX);
	ck_assert_double_eq(rotor_field_fs(rotor), 2.0 / MICROSTEPS);
	rotor_free(rotor);
}

TEST(a_pulse_1_ns_too_short_is_found)
{
	moved_breaks(EDGE_FALL_1, -1, JUDGE_PULSE_HIGH,
		     "STEP fell at 1001999 ns, 1999 ns after it rose; at least 2000 ns are needed (pulse_high).");
}

TEST(a_pause_between_pulses_1_ns_too_short_is_found)
{
	moved_breaks(EDGE_FALL_2, 1, JUDGE_PULSE_LOW,
		     "STEP rose at 1379999 ns, 2999 ns after it fell; at least 3000 ns are needed (pulse_low).");
}

TEST(a_dir_1_ns_too_late_is_found)
{
	moved_breaks(EDGE_DIR, 1, JUDGE_DIR_SETUP,
		     "STEP rose at 1000000 ns, 999 ns after DIR changed; at least 1000 ns are needed (dir_setup).");
}

TEST(a_dir_1_ns_too_early_is_found)
{
	moved_breaks(EDGE_DIR_BACK, -1, JUDGE_DIR_HOLD,
		     "DIR changed at 1383498 ns, 1499 ns after the last edge of STEP; at least 1500 ns are needed (dir_hold).");
}

TEST(a_step_1_ns_too_early_after_enable_is_found)
{
	moved_breaks(EDGE_POWER, 1, JUDGE_ENABLE_DELAY,
		     "STEP rose at 1000000 ns, 49999 ns after ENABLE; at least 50000 ns are needed (enable_delay).");
}

TEST(an_interval_1_ns_below_the_share_is_found)
{
	moved_breaks(EDGE_RISE_2, -1, JUDGE_INTERVAL,
		     "STEP rose at 1179998 ns, 179998 ns after the step before; at least 179999 ns are needed (interval).");
}

TEST(a_step_of_an_unpowered_motor_is_found)
{
	struct oscan_rig_edge edges[EDGE_COUNT];
	struct judge_verdict verdict;

	memcpy(edges, just_right, sizeof(edges));
	edges[EDGE_POWER].value = 1;
	verdict = judged(edges);
	ck_assert_uint_eq(verdict.violations[JUDGE_STEP_UNPOWERED], 4);
	ck_assert_uint_eq(verdict.total, 4);
	ck_assert_str_eq(verdict.first,
			 "STEP rose at 1000000 ns while the motor was unpowered (step_unpowered).");
}

TEST(a_dir_that_changes_within_a_pulse_is_found)
{
	struct oscan_rig_edge edges[EDGE_COUNT];
	struct judge_verdict verdict;

	memcpy(edges, just_right, sizeof(edges));
	edges[EDGE_FALL_3] = just_right[EDGE_DIR_BACK];
	edges[EDGE_DIR_BACK] = just_right[EDGE_FALL_3];
	edges[EDGE_DIR_BACK].time_ns = edges[EDGE_FALL_3].time_ns;
	verdict = judged(edges);
	ck_assert_uint_eq(verdict.violations[JUDGE_DIR_WHILE_HIGH], 1);
	ck_assert_uint_eq(verdict.total, 1);
	ck_assert_str_eq(verdict.first,
			 "DIR changed at 1383499 ns while STEP was high (dir_while_high).");
}

TEST(a_limit_of_zero_is_not_judged)
{
	struct judge_rules none = { .lines = rules.lines };
	struct judge_verdict verdict;
	struct oscan_rig_edge edges[EDGE_COUNT];
	size_t i;

	memcpy(edges, just_right, sizeof(edges));
	for (i = 0; i < EDGE_COUNT; i++)
		edges[i].time_ns = T0;
	judge_edges(edges, EDGE_COUNT, &none, &verdict);
	ck_assert_uint_eq(verdict.total, 0);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_INTERVAL], 0);
}

/* What the judge is there for: a burst shows, working off lateness does not. */
TEST(the_judge_finds_a_burst_and_lets_catching_up_pass)
{
	struct pattern pattern = cruise(5000);
	struct judge_verdict verdict;
	struct oscan_rig_edge *edges;
	size_t count;

	pattern.hold_s = 0.010;
	edges = edges_of(&pattern, &count);
	judge_edges(edges, count, &rules, &verdict);
	ck_assert_str_eq(verdict.first, "");
	ck_assert_int_eq(verdict.position, pattern.steps);
	free(edges);

	pattern.after = PATTERN_BURST;
	pattern.burst_s = 20e-6;
	edges = edges_of(&pattern, &count);
	judge_edges(edges, count, &rules, &verdict);
	ck_assert_uint_eq(verdict.least_ns[JUDGE_INTERVAL], 20000);
	/* 50 were overdue, and 5 more became so meanwhile. */
	ck_assert_uint_ge(verdict.violations[JUDGE_INTERVAL], 50);
	ck_assert_uint_le(verdict.violations[JUDGE_INTERVAL], 56);
	ck_assert_int_eq(verdict.position, pattern.steps);
	free(edges);
}

TEST(other_lines_do_not_count)
{
	struct oscan_rig_edge edges[EDGE_COUNT];
	struct judge_rules other = rules;
	struct judge_verdict verdict;

	memcpy(edges, just_right, sizeof(edges));
	other.lines.step = OSCAN_RIG_ROTOR_STEP;
	other.lines.dir = OSCAN_RIG_ROTOR_DIR;
	other.lines.enable = EDGE_NO_LINE;
	judge_edges(edges, EDGE_COUNT, &other, &verdict);
	ck_assert_uint_eq(verdict.steps, 0);
	ck_assert_int_eq(verdict.position, 0);
}

TEST(levels_before_the_recording_are_learnt_from_the_first_edges)
{
	struct edge_lines own = lines;

	ck_assert(!edges_powered_initial(just_right, EDGE_COUNT, &own));
	ck_assert_int_eq(edges_dir_initial(just_right, EDGE_COUNT, &own), 0);
	/* Without edges: powered, DIR low, or as told. */
	ck_assert(edges_powered_initial(just_right, 0, &own));
	ck_assert_int_eq(edges_dir_initial(just_right, 0, &own), 0);
	own.enable_active_low = false;
	ck_assert(edges_powered_initial(just_right, EDGE_COUNT, &own));
	ck_assert(edges_powered_initial(just_right, 0, &own));
	own.dir_initial = 1;
	ck_assert_int_eq(edges_dir_initial(just_right, EDGE_COUNT, &own), 1);
	own.enable = EDGE_NO_LINE;
	ck_assert(edges_powered_initial(just_right, EDGE_COUNT, &own));
}

TEST(a_recording_that_cannot_be_is_found)
{
	struct oscan_rig_edge edges[EDGE_COUNT];

	memcpy(edges, just_right, sizeof(edges));
	edges[EDGE_FALL_1].padding[2] = 1;
	ck_assert_uint_eq(edges_check(edges, EDGE_COUNT), EDGE_FALL_1);
	memcpy(edges, just_right, sizeof(edges));
	edges[EDGE_FALL_1].value = 1;
	ck_assert_uint_eq(edges_check(edges, EDGE_COUNT), EDGE_FALL_1);
	edges[EDGE_FALL_1].value = 2;
	ck_assert_uint_eq(edges_check(edges, EDGE_COUNT), EDGE_FALL_1);
	memcpy(edges, just_right, sizeof(edges));
	edges[EDGE_FALL_2].line = OSCAN_RIG_LINES;
	ck_assert_uint_eq(edges_check(edges, EDGE_COUNT), EDGE_FALL_2);
	memcpy(edges, just_right, sizeof(edges));
	edges[EDGE_FALL_2].time_ns = T0;
	ck_assert_uint_eq(edges_check(edges, EDGE_COUNT), EDGE_FALL_2);
}

/* A new file; its name is to be freed. */
static char *temporary(const void *bytes, size_t size)
{
	char *path = strdup("/tmp/oscan-test-rotor-XXXXXX");
	int fd;

	ck_assert_ptr_nonnull(path);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	return path;
}

TEST(a_recording_is_read_as_it_was_written)
{
	char *path = temporary(just_right, sizeof(just_right));
	struct oscan_rig_edge *edges;
	size_t count;

	edges = edges_load(path, &count);
	unlink(path);
	free(path);
	ck_assert_ptr_nonnull(edges);
	ck_assert_uint_eq(count, EDGE_COUNT);
	ck_assert_mem_eq(edges, just_right, sizeof(just_right));
	free(edges);
}

TEST(a_recording_that_is_cut_off_is_refused)
{
	char *path = temporary(just_right, sizeof(just_right) - 1);
	size_t count;

	ck_assert_ptr_null(edges_load(path, &count));
	ck_assert_int_eq(errno, EBADMSG);
	unlink(path);
	ck_assert_ptr_null(edges_load(path, &count));
	ck_assert_int_eq(errno, ENOENT);
	free(path);
	ck_assert_ptr_null(edges_load("/", &count));
	ck_assert_int_eq(errno, EISDIR);
}
