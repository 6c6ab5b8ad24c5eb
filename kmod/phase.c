// SPDX-License-Identifier: GPL-2.0
/* One phase of a plan: time, speed and acceleration at a place. */
#include "plan.h"
#include "wide.h"

/* From the worst beginning, twice too much, 7 bring 64 bits. */
#define NEWTON_ROUNDS	8

static struct plan_number ramp_seconds(const struct plan_phase *phase,
				       struct plan_number steps)
{
	struct plan_number square, sum;

	square = number_multiply(number_twice(phase->bend), steps);
	square = number_add(square, number_multiply(phase->speed,
						    phase->speed));
	/* Unlike the textbook's form this does not cancel at high speed. */
	sum = number_add(phase->speed, number_root(square));
	return number_divide(number_twice(steps), sum);
}

/*
 * The cube root by Newton's method from above, from a power of two that is at
 * most twice too much.
 */
static struct plan_number cube_root(struct plan_number value)
{
	struct plan_number root, square;
	int i, exponent = value.exponent + 64;

	/* value < 2^exponent; a third of that, rounded up */
	exponent = exponent > 0 ? (exponent + 2) / 3 : exponent / 3;
	root = number_of(1, exponent);
	for (i = 0; i < NEWTON_ROUNDS; i++) {
		square = number_multiply(root, root);
		root = number_add(number_twice(root),
				  number_divide(value, square));
		root = number_divide(root, number_of(3, 0));
	}
	return root;
}

/*
 * s = v t + b t^3 is convex: Newton's method comes down to the root from
 * either of two bounds above it, v = 0 and b = 0, of which the nearer one is
 * at most 1.47 times too much.
 */
static struct plan_number faster_seconds(const struct plan_phase *phase,
					 struct plan_number steps)
{
	struct plan_number t, even, square, above, below;
	int i;

	t = cube_root(number_divide(steps, phase->bend));
	if (!phase->speed.mantissa)
		return t;
	even = number_divide(steps, phase->speed);
	if (number_less(even, t))
		t = even;
	for (i = 0; i < NEWTON_ROUNDS; i++) {
		/* t = (s + 2 b t^3) / (v + 3 b t^2): nothing cancels. */
		square = number_multiply(number_multiply(t, t), phase->bend);
		above = number_add(steps, number_twice(number_multiply(square,
								       t)));
		below = number_add(phase->speed,
				   number_add(number_twice(square), square));
		t = number_divide(above, below);
	}
	return t;
}

/*
 * s = v t - b t^3 is concave: Newton's method comes up to the root from s / v.
 * The speed falls by half at most, so that is at least 5/6 of it; where a
 * motion is levelled it falls to a sixteenth, and a few rounds more are needed.
 */
static struct plan_number slower_seconds(const struct plan_phase *phase,
					 struct plan_number steps)
{
	struct plan_number t, square, cube, lost;
	int i;

	t = number_divide(steps, phase->speed);
	for (i = 0; i < NEWTON_ROUNDS + 4; i++) {
		/* t = (s - 2 b t^3) / (v - 3 b t^2) */
		square = number_multiply(number_multiply(t, t), phase->bend);
		cube = number_twice(number_multiply(square, t));
		lost = number_add(number_twice(square), square);
		if (!number_less(cube, steps) ||
		    !number_less(lost, phase->speed))
			break;
		t = number_divide(number_subtract(steps, cube),
				  number_subtract(phase->speed, lost));
	}
	return t;
}

struct plan_number phase_seconds(const struct plan_phase *phase,
				 struct plan_number steps)
{
	if (!steps.mantissa)
		return steps;
	switch (phase->curve) {
	case PLAN_RAMP:
		return ramp_seconds(phase, steps);
	case PLAN_JERK_FASTER:
		return faster_seconds(phase, steps);
	case PLAN_JERK_SLOWER:
		return slower_seconds(phase, steps);
	case PLAN_EVEN:
		break;
	}
	return number_divide(steps, phase->speed);
}

static struct plan_number ramp_speed(const struct plan_phase *phase,
				     struct plan_number steps)
{
	struct plan_number square;

	square = number_multiply(number_twice(phase->bend), steps);
	square = number_add(square, number_multiply(phase->speed,
						    phase->speed));
	return number_root(square);
}

static struct plan_motion jerk_motion(const struct plan_phase *phase,
				      struct plan_number steps)
{
	struct plan_number t = phase_seconds(phase, steps);
	struct plan_number change = number_multiply(phase->bend, t);
	struct plan_number gain = number_multiply(change, t);
	struct plan_number speed;

	change = number_add(number_twice(number_twice(change)),
			    number_twice(change));
	gain = number_add(number_twice(gain), gain);
	if (phase->curve == PLAN_JERK_FASTER)
		speed = number_add(phase->speed, gain);
	else if (number_less(gain, phase->speed))
		speed = number_subtract(phase->speed, gain);
	else
		speed = number_of(0, 0);
	return (struct plan_motion){
		.sps_q44 = number_fixed(speed, 44),
		.sps2_q32 = number_fixed(change, 32),
		.slowing = phase->backward ==
			   (phase->curve == PLAN_JERK_FASTER),
	};
}

struct plan_motion phase_motion(const struct plan_phase *phase,
				struct plan_number steps)
{
	switch (phase->curve) {
	case PLAN_RAMP:
		return (struct plan_motion){
			.sps_q44 = number_fixed(ramp_speed(phase, steps), 44),
			.sps2_q32 = number_fixed(phase->bend, 32),
			.slowing = phase->backward,
		};
	case PLAN_JERK_FASTER:
	case PLAN_JERK_SLOWER:
		return jerk_motion(phase, steps);
	case PLAN_EVEN:
		break;
	}
	return (struct plan_motion){
		.sps_q44 = number_fixed(phase->speed, 44),
	};
}
