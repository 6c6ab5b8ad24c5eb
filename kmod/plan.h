/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When each step of a move is due: exact, in closed form, integers only.
 *
 * The ideal axis starts with speed v0 at position 0 and time 0, accelerates
 * with a to speed v, keeps it, decelerates with d and comes to rest at
 * position N. Step n (1 to N) is due when the ideal position is n:
 *
 *   accelerating   T(n) = (sqrt(v0^2 + 2 a n) - v0) / a
 *   even           T(n) = n / v + (v - v0)^2 / (2 a v)
 *   decelerating   T(n) = T(N) - sqrt(2 (N - n) / d)
 *
 * No deadline depends on the one before, so nothing drifts. Every deadline is
 * within 1 ns of the ideal one, and never before the one of the step before.
 *
 * Pure arithmetic: callable in any context, also in hard interrupt; the time
 * that a call takes is bounded and does not depend on the numbers. No kernel
 * interface is used, the unit tests compile the same file.
 */
#ifndef OSCAN_PLAN_H
#define OSCAN_PLAN_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
#endif

#define PLAN_MAX_STEPS		(1ULL << 40)	/* OSCAN_MOVE_STEPS_LIMIT */
#define PLAN_MAX_NS		(1ULL << 47)	/* 39 hours */

/**
 * struct plan_wide - unsigned 128-bit number
 * @hi: upper half
 * @lo: lower half
 */
struct plan_wide {
	u64 hi;
	u64 lo;
};

/**
 * struct plan_number - @mantissa * 2^@exponent
 * @mantissa: top bit set; 0 for the number 0
 * @exponent: power of two
 */
struct plan_number {
	u64 mantissa;
	int exponent;
};

/**
 * struct plan_request - what is asked for
 * @steps: N, 1 to PLAN_MAX_STEPS
 * @start_sps_q44: v0, microsteps/s in 2^-44; 0 from rest. Greater than
 *	@speed_sps_q44 is taken as that. Where the axis could not come to rest
 *	within @steps from it, it is lowered to the greatest from which it can.
 * @speed_sps_q44: v, microsteps/s in 2^-44, not 0
 * @accel_sps2_q32: a, microsteps/s^2 in 2^-32, not 0
 * @decel_sps2_q32: d, microsteps/s^2 in 2^-32, not 0
 */
struct plan_request {
	u64 steps;
	u64 start_sps_q44;
	u64 speed_sps_q44;
	u64 accel_sps2_q32;
	u64 decel_sps2_q32;
};

/**
 * struct plan - a schedule; fields belong to plan.c, others may read the first
 *	three
 * @steps: N
 * @accel_end: last step of the accelerating phase, 0 if there is none
 * @decel_begin: steps after this one are decelerating; N if there is none
 * @start_sps_q44: v0 as it is used, microsteps/s in 2^-44
 * @speed_sps_q44: greatest speed, microsteps/s in 2^-44
 * @start_square: v0^2, (microsteps/s)^2 in 2^-88
 * @accel_sps2_q32: a, microsteps/s^2 in 2^-32
 * @decel_sps2: d, microsteps/s^2
 * @step_ns: 1 / v, nanoseconds
 * @decel_ns2: 2 / d, nanoseconds^2
 * @even_offset: (v - v0)^2 / (2 a v), nanoseconds in 2^-16
 * @end: T(N), nanoseconds in 2^-16
 */
struct plan {
	u64 steps;
	u64 accel_end;
	u64 decel_begin;
	u64 start_sps_q44;
	u64 speed_sps_q44;
	struct plan_wide start_square;
	u64 accel_sps2_q32;
	struct plan_number decel_sps2;
	struct plan_number step_ns;
	struct plan_number decel_ns2;
	u64 even_offset;
	u64 end;
};

/**
 * plan_make() - work a request out
 * @plan: out
 * @request: what is asked for; fields within the ranges documented there
 *
 * Return: true, or false if the move would take longer than PLAN_MAX_NS; then
 * @plan is undefined.
 */
bool plan_make(struct plan *plan, const struct plan_request *request);

/**
 * plan_make_stop() - decelerate to rest from a speed
 * @plan: out; time 0 and position 0 are those of the present step
 * @speed_sps_q44: present speed, not 0
 * @decel_sps2_q32: greatest deceleration, not 0
 *
 * The axis comes to rest on a whole step: after the least number of steps for
 * which the deceleration needed is not above @decel_sps2_q32, with exactly
 * the deceleration that this takes.
 *
 * Return: as plan_make().
 */
bool plan_make_stop(struct plan *plan, u64 speed_sps_q44, u64 decel_sps2_q32);

/**
 * plan_deadline() - when a step is due
 * @plan: schedule
 * @step: 0 to plan->steps
 *
 * Return: nanoseconds after the origin, rounded to the nearest; 0 for step 0.
 */
u64 plan_deadline(const struct plan *plan, u64 step);

/**
 * plan_speed() - speed at the moment a step is due
 * @plan: schedule
 * @step: 0 to plan->steps
 *
 * Return: microsteps/s in 2^-44, rounded down; never above the speed asked
 * for.
 */
u64 plan_speed(const struct plan *plan, u64 step);

#endif /* OSCAN_PLAN_H */
