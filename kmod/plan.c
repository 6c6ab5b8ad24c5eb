// SPDX-License-Identifier: GPL-2.0
/*
 * Deadlines in closed form. Numbers keep 63 good bits or more through every
 * operation and no operation cancels, so a deadline of up to 2^47 ns is out
 * by less than 2^-12 ns before it is rounded.
 */
#include "plan.h"
#include "wide.h"

#define NS_PER_S	1000000000ULL
#define NS2_PER_S2	1000000000000000000ULL

/* Of times in nanoseconds. */
#define FRACTION_BITS	16

static struct plan_number speed_number(u64 sps_q44)
{
	return number_of(sps_q44, -44);
}

static struct plan_number accel_number(u64 sps2_q32)
{
	return number_of(sps2_q32, -32);
}

/* (speed^2 - start^2) / (2 accel): steps from one speed to the other. */
static struct plan_number steps_between(struct plan_wide start_square,
					u64 speed_sps_q44,
					struct plan_number accel_sps2)
{
	struct plan_wide square = wide_multiply(speed_sps_q44, speed_sps_q44);

	square = wide_subtract(square, start_square);
	return number_divide(number_of_wide(square, -89), accel_sps2);
}

/* The same with start 0, in whole steps, rounded up; speed > 0. */
static u64 steps_to_stop(u64 speed_sps_q44, u64 decel_sps2_q32)
{
	struct plan_wide square = wide_multiply(speed_sps_q44, speed_sps_q44);
	u64 below;

	square = wide_subtract(square, (struct plan_wide){ 0, 1 });
	below = wide_divide(wide_shift_right(square, 57), decel_sps2_q32);
	return below < PLAN_MAX_STEPS ? below + 1 : PLAN_MAX_STEPS + 1;
}

static void set_speeds(struct plan *plan, u64 start_sps_q44, u64 speed_sps_q44)
{
	plan->start_sps_q44 = start_sps_q44;
	plan->start_square = wide_multiply(start_sps_q44, start_sps_q44);
	plan->speed_sps_q44 = speed_sps_q44;
	plan->step_ns = number_divide(number_of(NS_PER_S, 0),
				      speed_number(speed_sps_q44));
}

static void set_decel(struct plan *plan, struct plan_number decel_sps2)
{
	plan->decel_sps2 = decel_sps2;
	plan->decel_ns2 = number_divide(number_of(NS2_PER_S2, 1), decel_sps2);
}

static bool set_end(struct plan *plan, struct plan_number end_ns)
{
	plan->end = number_fixed(end_ns, FRACTION_BITS);
	return plan->end <= PLAN_MAX_NS << FRACTION_BITS;
}

/* Time to rest over the last @steps of a move. */
static struct plan_number decelerating_ns(const struct plan *plan, u64 steps)
{
	return number_root(number_multiply(number_of(steps, 0),
					   plan->decel_ns2));
}

static u64 decelerating_sps_q44(const struct plan *plan, u64 steps)
{
	struct plan_wide square = wide_multiply(plan->decel_sps2.mantissa,
						steps);

	return wide_root(wide_scale(square, plan->decel_sps2.exponent + 89));
}

static struct plan_wide accelerating_square(const struct plan *plan, u64 step)
{
	struct plan_wide gain = wide_multiply(plan->accel_sps2_q32, step);

	return wide_add(plan->start_square, wide_scale(gain, 57));
}

/*
 * 2 n / (v0 + sqrt(v0^2 + 2 a n)), which unlike the textbook's form does not
 * cancel when v0 is great.
 */
static struct plan_number accelerating_ns(const struct plan *plan, u64 step)
{
	struct plan_number speed, sum;

	speed = number_root(number_of_wide(accelerating_square(plan, step),
					   -88));
	sum = number_add(speed_number(plan->start_sps_q44), speed);
	return number_divide(number_multiply(number_of(step, 1),
					     number_of(NS_PER_S, 0)), sum);
}

/* Too fast to stop within the steps: from what can be stopped, at once. */
static bool make_decelerating(struct plan *plan)
{
	u64 speed = decelerating_sps_q44(plan, plan->steps);

	set_speeds(plan, speed, speed);
	return set_end(plan, decelerating_ns(plan, plan->steps));
}

/* The peak is @up steps after the start. */
static bool make_triangle(struct plan *plan, struct plan_number up)
{
	struct plan_number twice_up = number_multiply(up, number_of(2, 0));
	struct plan_number start = speed_number(plan->start_sps_q44);
	struct plan_number second = number_of(NS_PER_S, 0);
	struct plan_number peak, accel_s, decel_s;

	plan->accel_end = number_fixed(up, 0);
	if (plan->accel_end > plan->steps)
		plan->accel_end = plan->steps;
	plan->decel_begin = plan->accel_end;
	peak = number_multiply(twice_up, accel_number(plan->accel_sps2_q32));
	peak = number_add(peak, number_of_wide(plan->start_square, -88));
	peak = number_root(peak);
	accel_s = number_divide(twice_up, number_add(start, peak));
	decel_s = number_divide(peak, plan->decel_sps2);
	return set_end(plan, number_multiply(number_add(accel_s, decel_s),
					     second));
}

/* @up and @down: length of the ramps in steps. */
static bool make_trapezoid(struct plan *plan, u64 decel_sps2_q32,
			   struct plan_number up, struct plan_number down)
{
	u64 braking = steps_to_stop(plan->speed_sps_q44, decel_sps2_q32);
	u64 lead_sps_q44 = plan->speed_sps_q44 - plan->start_sps_q44;
	struct plan_number lead, sum;

	plan->accel_end = number_fixed(up, 0);
	if (plan->accel_end > plan->steps)
		plan->accel_end = plan->steps;
	plan->decel_begin = plan->steps > braking ? plan->steps - braking : 0;
	if (plan->decel_begin < plan->accel_end)
		plan->decel_begin = plan->accel_end;

	/* Steps that the even speed would have made during the ramps. */
	lead = steps_between((struct plan_wide){ 0, 0 }, lead_sps_q44,
			     accel_number(plan->accel_sps2_q32));
	plan->even_offset = number_fixed(number_multiply(lead, plan->step_ns),
					 FRACTION_BITS);
	sum = number_add(number_add(number_of(plan->steps, 0), down), lead);
	return set_end(plan, number_multiply(sum, plan->step_ns));
}

bool plan_make(struct plan *plan, const struct plan_request *request)
{
	struct plan_number accel = accel_number(request->accel_sps2_q32);
	struct plan_number decel = accel_number(request->decel_sps2_q32);
	struct plan_number steps = number_of(request->steps, 0);
	struct plan_number start_square, reach, up, down;
	u64 start = request->start_sps_q44;

	if (start > request->speed_sps_q44)
		start = request->speed_sps_q44;
	*plan = (struct plan){
		.steps = request->steps,
		.accel_sps2_q32 = request->accel_sps2_q32,
	};
	set_decel(plan, decel);
	set_speeds(plan, start, request->speed_sps_q44);

	/* Square of the speed that can be stopped from. */
	reach = number_multiply(number_of(request->steps, 1), decel);
	start_square = number_of_wide(plan->start_square, -88);
	if (number_less(reach, start_square))
		return make_decelerating(plan);

	up = steps_between(plan->start_square, plan->speed_sps_q44, accel);
	down = steps_between((struct plan_wide){ 0, 0 }, plan->speed_sps_q44,
			     decel);
	if (!number_less(steps, number_add(up, down)))
		return make_trapezoid(plan, request->decel_sps2_q32, up, down);

	up = number_divide(number_subtract(reach, start_square),
			   number_multiply(number_add(accel, decel),
					   number_of(2, 0)));
	return make_triangle(plan, up);
}

bool plan_make_stop(struct plan *plan, u64 speed_sps_q44, u64 decel_sps2_q32)
{
	struct plan_wide square = wide_multiply(speed_sps_q44, speed_sps_q44);
	u64 steps = steps_to_stop(speed_sps_q44, decel_sps2_q32);

	*plan = (struct plan){ .steps = steps };
	if (steps > PLAN_MAX_STEPS)
		return false;
	set_speeds(plan, speed_sps_q44, speed_sps_q44);
	set_decel(plan, number_divide(number_of_wide(square, -88),
				      number_of(steps, 1)));
	return set_end(plan, number_multiply(number_of(steps, 1),
					     plan->step_ns));
}

/* In 2^-16 ns. */
static u64 exact_deadline(const struct plan *plan, u64 step)
{
	u64 left;

	if (step <= plan->accel_end)
		return number_fixed(accelerating_ns(plan, step), FRACTION_BITS);
	if (step <= plan->decel_begin)
		return plan->even_offset +
		       number_fixed(number_multiply(number_of(step, 0),
						    plan->step_ns),
				    FRACTION_BITS);
	left = number_fixed(decelerating_ns(plan, plan->steps - step),
			    FRACTION_BITS);
	return plan->end > left ? plan->end - left : 0;
}

u64 plan_deadline(const struct plan *plan, u64 step)
{
	u64 half = 1U << (FRACTION_BITS - 1);

	if (!step)
		return 0;
	return (exact_deadline(plan, step) + half) >> FRACTION_BITS;
}

u64 plan_speed(const struct plan *plan, u64 step)
{
	u64 speed = plan->speed_sps_q44;

	if (step <= plan->accel_end)
		speed = wide_root(accelerating_square(plan, step));
	else if (step > plan->decel_begin)
		speed = decelerating_sps_q44(plan, plan->steps - step);
	return speed < plan->speed_sps_q44 ? speed : plan->speed_sps_q44;
}
