/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When each step of a move is due: exact, in closed form, integers only.
 *
 * The ideal axis passes position 0 at time 0 with speed v0 and position N with
 * speed v1. In between it goes from v0 to a greatest speed v, keeps that, and
 * goes on to v1. Without a limit of jerk each ramp has constant acceleration;
 * with one it is an S: the acceleration rises evenly, stays, and falls evenly
 * to 0. Step n (1 to N) is due when the ideal position is n.
 *
 * So a plan is a list of phases. A phase is told from its anchor, the end at
 * which its acceleration is 0 or its speed least; s steps away from there,
 * t seconds have passed:
 *
 *   even    s = v t                   t = s / v
 *   ramp    s = v t + a t^2 / 2       t = 2 s / (v + sqrt(v^2 + 2 a s))
 *   jerk    s = v t +- j t^3 / 6      t by Newton's method, see phase.c
 *
 * No deadline depends on the one before, so nothing drifts. Every deadline is
 * within 1 ns of the ideal one, and never before the one of the step before.
 *
 * Pure arithmetic: callable in any context, also in hard interrupt; the time
 * that a call takes is bounded and does not depend on the numbers. No kernel
 * interface is used, the unit tests compile the same files.
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
#define PLAN_MAX_PHASES		8

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
 * struct plan_motion - how an axis moves at one moment, forwards
 * @sps_q44: speed, microsteps/s in 2^-44
 * @sps2_q32: amount of the acceleration, microsteps/s^2 in 2^-32
 * @slowing: the acceleration is against the motion
 */
struct plan_motion {
	u64 sps_q44;
	u64 sps2_q32;
	bool slowing;
};

/**
 * struct plan_request - what is asked for
 * @steps: N, 1 to PLAN_MAX_STEPS
 * @start: how the axis moves at the beginning. The acceleration counts only
 *	with a limit of jerk, and is brought to 0 first.
 * @end_sps_q44: v1, microsteps/s in 2^-44; 0 to come to rest. Lowered to what
 *	can be reached within @steps.
 * @speed_sps_q44: v, microsteps/s in 2^-44, not 0
 * @accel_sps2_q32: greatest acceleration, microsteps/s^2 in 2^-32, not 0
 * @decel_sps2_q32: greatest deceleration, microsteps/s^2 in 2^-32, not 0
 * @jerk_sps3_q24: greatest jerk, microsteps/s^3 in 2^-24; 0 for no limit
 * @pass_steps: the exact speed v is @pass_steps in @pass_ns, and
 *	@speed_sps_q44 that, rounded down; 0 where @speed_sps_q44 is exact
 * @pass_ns: nanoseconds
 */
struct plan_request {
	u64 steps;
	struct plan_motion start;
	u64 end_sps_q44;
	u64 speed_sps_q44;
	u64 accel_sps2_q32;
	u64 decel_sps2_q32;
	u64 jerk_sps3_q24;
	u64 pass_steps;
	u64 pass_ns;
};

enum plan_curve {
	PLAN_EVEN,		/* constant speed */
	PLAN_RAMP,		/* constant acceleration, least speed at the */
				/* anchor */
	PLAN_JERK_FASTER,	/* acceleration 0 at the anchor, faster than */
				/* there everywhere else */
	PLAN_JERK_SLOWER,	/* the same, slower everywhere else */
};

/**
 * struct plan_phase - part of a plan
 * @last: last step that belongs to it
 * @curve: enum plan_curve
 * @backward: the anchor is its end and not its beginning
 * @position: where the anchor is, microsteps in 2^-64
 * @time: when, nanoseconds in 2^-16
 * @speed: at the anchor, microsteps/s
 * @bend: a of a ramp, microsteps/s^2; j / 6 with jerk, microsteps/s^3
 */
struct plan_phase {
	u64 last;
	enum plan_curve curve;
	bool backward;
	struct plan_wide position;
	u64 time;
	struct plan_number speed;
	struct plan_number bend;
};

/**
 * struct plan - a schedule; fields belong to plan.c, others may read the first
 *	three
 * @steps: N
 * @end_sps_q44: v1 as it is reached, microsteps/s in 2^-44
 * @top_sps_q44: greatest speed, microsteps/s in 2^-44
 * @end: T(N), nanoseconds in 2^-16, before it is stretched
 * @stretch: what all times are multiplied by; 0 for nothing
 * @phases: number of phases
 * @phase: shape [phases]
 */
struct plan {
	u64 steps;
	u64 end_sps_q44;
	u64 top_sps_q44;
	u64 end;
	struct plan_number stretch;
	unsigned int phases;
	struct plan_phase phase[PLAN_MAX_PHASES];
};

/**
 * enum plan_result - whether there is such a plan
 * @PLAN_MADE: there is
 * @PLAN_TOO_LONG: it would take longer than PLAN_MAX_NS
 * @PLAN_TOO_NEAR: too fast to get to the end speed within the steps
 */
enum plan_result {
	PLAN_MADE,
	PLAN_TOO_LONG,
	PLAN_TOO_NEAR,
};

/**
 * plan_make() - work a request out
 * @plan: out; undefined unless PLAN_MADE
 * @request: what is asked for; fields within the ranges documented there
 *
 * A start above the speed asked for is left with the deceleration; where that
 * and the last ramp do not fit, it is kept until the last ramp.
 *
 * Return: PLAN_MADE, or why not
 */
enum plan_result plan_make(struct plan *plan,
			   const struct plan_request *request);

/**
 * plan_pass_speed() - speed of a pass
 * @steps: 1 to PLAN_MAX_STEPS
 * @ns: nanoseconds, not 0
 *
 * Return: microsteps/s in 2^-44, rounded down; the greatest number if that is
 * too small for it
 */
u64 plan_pass_speed(u64 steps, u64 ns);

/**
 * plan_stretch() - the same motion, slower
 * @plan: in and out: from rest to rest, not stretched yet
 * @request: in and out: what @plan was made from. Speed, acceleration and jerk
 *	are lowered alike, as far as their fields tell, for what may take the
 *	place of the plan on its way.
 * @to_ns: what it takes from now on, to the nanosecond; longer than before, at
 *	most PLAN_MAX_NS
 *
 * A deadline on the way is within 1 ns of the ideal one, or within a 2^8-th of
 * the stretch where that is more.
 */
void plan_stretch(struct plan *plan, struct plan_request *request, u64 to_ns);

/**
 * plan_stop_steps() - least steps in which a motion can come to rest
 * @request: of this the start, deceleration and jerk
 *
 * Return: whole steps, rounded up; more than PLAN_MAX_STEPS if above that
 */
u64 plan_stop_steps(const struct plan_request *request);

/**
 * plan_reach() - greatest speed from which a motion can come down in time
 * @request: of this the steps, end speed, greatest speed, deceleration and
 *	jerk
 *
 * Return: microsteps/s in 2^-44, rounded down, at most @speed_sps_q44
 */
u64 plan_reach(const struct plan_request *request);

/**
 * plan_deadline() - when a step is due
 * @plan: schedule
 * @step: 0 to plan->steps
 *
 * Return: nanoseconds after the origin, rounded to the nearest; 0 for step 0.
 */
u64 plan_deadline(const struct plan *plan, u64 step);

/**
 * plan_motion() - how the axis moves at the moment a step is due
 * @plan: schedule
 * @step: 0 to plan->steps
 *
 * Return: speed and acceleration, both rounded down; of two phases that meet
 * at the step, those of the second.
 */
struct plan_motion plan_motion(const struct plan *plan, u64 step);

/* phase.c */

/* Time from the anchor to a place @steps away from it, s. */
struct plan_number phase_seconds(const struct plan_phase *phase,
				 struct plan_number steps);
/* Speed and acceleration there. */
struct plan_motion phase_motion(const struct plan_phase *phase,
				struct plan_number steps);

#endif /* OSCAN_PLAN_H */
