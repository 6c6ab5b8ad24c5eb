// SPDX-License-Identifier: GPL-2.0
/*
 * From a request to the phases of its plan. Numbers keep 63 good bits or more
 * through every operation and no operation cancels, so a deadline of up to
 * 2^47 ns is out by less than 2^-8 ns before it is rounded.
 */
#include "plan.h"
#include "wide.h"

#define NS_PER_S	1000000000ULL

/* Of times in nanoseconds. */
#define FRACTION_BITS	16

/* What two ways of computing a length may differ by, as a power of two. */
#define SLACK_BITS	50

/*
 * The top speed is found to that many bits. What is left over becomes an even
 * phase; the time lost is smaller by twice as many.
 */
#define SEARCH_ROUNDS	60

static const struct plan_number zero;

static struct plan_number speed_number(u64 sps_q44)
{
	return number_of(sps_q44, -44);
}

static struct plan_number accel_number(u64 sps2_q32)
{
	return number_of(sps2_q32, -32);
}

static struct plan_number sixth(struct plan_number a)
{
	return number_divide(a, number_of(6, 0));
}

/* a < b by more than computing may have brought about */
static bool clearly_less(struct plan_number a, struct plan_number b)
{
	struct plan_number slack = b;

	slack.exponent -= SLACK_BITS;
	return b.mantissa && number_less(number_add(a, slack), b);
}

/**
 * struct limits - what a ramp may do
 * @sps2: greatest acceleration or deceleration
 * @sps3: greatest jerk; 0 for no limit
 */
struct limits {
	struct plan_number sps2;
	struct plan_number sps3;
};

/**
 * struct ramp - from one speed to another, either way
 * @slow: the lower speed, microsteps/s
 * @fast: the higher speed
 * @bend: acceleration of the flat part
 * @twist: a sixth of the jerk
 * @curve_s: time in which the acceleration rises, and in which it falls
 * @flat_s: time in which it stays
 * @seconds: all of the ramp
 * @steps: length
 */
struct ramp {
	struct plan_number slow;
	struct plan_number fast;
	struct plan_number bend;
	struct plan_number twist;
	struct plan_number curve_s;
	struct plan_number flat_s;
	struct plan_number seconds;
	struct plan_number steps;
};

static struct ramp make_ramp(const struct limits *limits,
			     struct plan_number slow, struct plan_number fast)
{
	struct plan_number gain = number_excess(fast, slow);
	struct plan_number square = number_multiply(limits->sps2,
						    limits->sps2);
	struct ramp ramp = { .slow = slow, .fast = fast, .bend = limits->sps2 };

	if (!limits->sps3.mantissa) {
		ramp.flat_s = number_divide(gain, limits->sps2);
		ramp.seconds = ramp.flat_s;
	} else if (number_less(number_multiply(gain, limits->sps3), square)) {
		ramp.curve_s = number_root(number_divide(gain, limits->sps3));
		ramp.seconds = number_twice(ramp.curve_s);
	} else {
		ramp.curve_s = number_divide(limits->sps2, limits->sps3);
		ramp.seconds = number_divide(gain, limits->sps2);
		ramp.flat_s = number_excess(ramp.seconds, ramp.curve_s);
		ramp.seconds = number_add(ramp.seconds, ramp.curve_s);
	}
	if (limits->sps3.mantissa)
		ramp.twist = sixth(limits->sps3);
	ramp.steps = number_half(number_multiply(number_add(slow, fast),
						 ramp.seconds));
	return ramp;
}

/* Where a plan that is being made has got to. */
struct draft {
	struct plan *plan;
	struct plan_wide position;
	struct plan_number seconds;
	struct plan_number speed;
};

static u64 fixed_ns(struct plan_number seconds)
{
	return number_fixed(number_multiply(seconds, number_of(NS_PER_S, 0)),
			    FRACTION_BITS);
}

static struct plan_wide place_after(struct plan_wide from,
				    struct plan_number steps)
{
	return wide_add(from, number_wide(steps));
}

static struct plan_wide place_before(struct plan_wide from,
				     struct plan_number steps)
{
	struct plan_wide back = number_wide(steps);

	if (from.hi < back.hi || (from.hi == back.hi && from.lo < back.lo))
		return (struct plan_wide){ 0, 0 };
	return wide_subtract(from, back);
}

/* @phase has its curve, side, speed and bend. */
static void add_phase(struct draft *draft, struct plan_phase phase,
		      struct plan_wide anchor, struct plan_number seconds,
		      struct plan_wide end)
{
	struct plan *plan = draft->plan;

	phase.position = anchor;
	phase.time = fixed_ns(seconds);
	/* A step at the seam is the next phase's, so the last one's is the end. */
	phase.last = end.lo || !end.hi ? end.hi : end.hi - 1;
	if (phase.last > plan->steps)
		phase.last = plan->steps;
	plan->phase[plan->phases++] = phase;
}

/* v t + b t^3, or with a minus */
static struct plan_number slow_part(const struct ramp *ramp)
{
	struct plan_number square = number_multiply(ramp->curve_s,
						    ramp->curve_s);
	struct plan_number bend = number_multiply(ramp->twist, square);

	return number_multiply(number_add(ramp->slow, bend), ramp->curve_s);
}

static struct plan_number fast_part(const struct ramp *ramp)
{
	struct plan_number square = number_multiply(ramp->curve_s,
						    ramp->curve_s);
	struct plan_number bend = number_multiply(ramp->twist, square);

	return number_multiply(number_excess(ramp->fast, bend), ramp->curve_s);
}

/* Speed after the slow curve: v + 3 b t^2 */
static struct plan_number knee_speed(const struct ramp *ramp)
{
	struct plan_number gain;

	gain = number_multiply(number_multiply(ramp->twist, ramp->curve_s),
			       ramp->curve_s);
	return number_add(ramp->slow, number_add(number_twice(gain), gain));
}

/* @end: where the ramp ends */
static void add_rising(struct draft *draft, const struct ramp *ramp,
		       struct plan_wide end)
{
	struct plan_phase phase = {
		.curve = PLAN_JERK_FASTER,
		.speed = ramp->slow,
		.bend = ramp->twist,
	};
	struct plan_wide knee = place_after(draft->position, slow_part(ramp));
	struct plan_number last = number_add(draft->seconds, ramp->seconds);

	if (ramp->curve_s.mantissa)
		add_phase(draft, phase, draft->position, draft->seconds, knee);
	if (ramp->flat_s.mantissa) {
		phase.curve = PLAN_RAMP;
		phase.speed = knee_speed(ramp);
		phase.bend = ramp->bend;
		add_phase(draft, phase, knee,
			  number_add(draft->seconds, ramp->curve_s),
			  place_before(end, fast_part(ramp)));
	}
	if (ramp->curve_s.mantissa) {
		phase.curve = PLAN_JERK_SLOWER;
		phase.backward = true;
		phase.speed = ramp->fast;
		phase.bend = ramp->twist;
		add_phase(draft, phase, end, last, end);
	}
	draft->position = end;
	draft->seconds = last;
	draft->speed = ramp->fast;
}

static void add_falling(struct draft *draft, const struct ramp *ramp,
			struct plan_wide end)
{
	struct plan_phase phase = {
		.curve = PLAN_JERK_SLOWER,
		.speed = ramp->fast,
		.bend = ramp->twist,
	};
	struct plan_wide knee = place_before(end, slow_part(ramp));
	struct plan_number last = number_add(draft->seconds, ramp->seconds);

	if (ramp->curve_s.mantissa)
		add_phase(draft, phase, draft->position, draft->seconds,
			  place_after(draft->position, fast_part(ramp)));
	phase.backward = true;
	if (ramp->flat_s.mantissa) {
		phase.curve = PLAN_RAMP;
		phase.speed = knee_speed(ramp);
		phase.bend = ramp->bend;
		add_phase(draft, phase, knee,
			  number_excess(last, ramp->curve_s), knee);
	}
	if (ramp->curve_s.mantissa) {
		phase.curve = PLAN_JERK_FASTER;
		phase.speed = ramp->slow;
		phase.bend = ramp->twist;
		add_phase(draft, phase, end, last, end);
	}
	draft->position = end;
	draft->seconds = last;
	draft->speed = ramp->slow;
}

static void add_even(struct draft *draft, struct plan_wide end)
{
	struct plan_phase phase = { .curve = PLAN_EVEN, .speed = draft->speed };
	struct plan_number length;

	if (end.hi < draft->position.hi ||
	    (end.hi == draft->position.hi && end.lo <= draft->position.lo))
		return;
	/* At rest already, but for what computing has brought about. */
	if (!draft->speed.mantissa)
		return;
	length = number_of_wide(wide_subtract(end, draft->position), -64);
	add_phase(draft, phase, draft->position, draft->seconds, end);
	draft->position = end;
	draft->seconds = number_add(draft->seconds,
				    number_divide(length, draft->speed));
}

/**
 * struct levelling - a motion whose acceleration is brought to 0
 * @phase: curve, speed at the end, and bend
 * @seconds: time that it takes; 0 if there is nothing to do
 * @steps: length
 */
struct levelling {
	struct plan_phase phase;
	struct plan_number seconds;
	struct plan_number steps;
};

/* Levelling may make a motion that much faster. */
#define LEVELLING_GAIN	15

/*
 * a / j seconds, in which the speed changes by a^2 / 2 j. Where that is more
 * than there is, or would make it many times as fast, as when the limit of
 * jerk is much lower than before, the jerk is as great as it must be.
 */
static struct levelling make_levelling(const struct plan_motion *start,
				       struct plan_number sps3)
{
	struct plan_number speed = speed_number(start->sps_q44);
	struct plan_number accel = accel_number(start->sps2_q32);
	struct plan_number change, bend, most;
	struct levelling level = { .phase.speed = speed };

	if (!sps3.mantissa || !accel.mantissa || !speed.mantissa)
		return level;
	level.phase.backward = true;
	change = number_half(number_divide(number_multiply(accel, accel),
					   sps3));
	most = number_multiply(speed, number_of(start->slowing ?
						1 : LEVELLING_GAIN, 0));
	if (!number_less(change, most)) {
		change = most;
		sps3 = number_half(number_divide(number_multiply(accel, accel),
						 most));
	}
	level.seconds = number_divide(accel, sps3);
	level.phase.bend = sixth(sps3);
	bend = number_multiply(level.phase.bend,
			       number_multiply(level.seconds, level.seconds));
	if (start->slowing) {
		level.phase.curve = PLAN_JERK_FASTER;
		level.phase.speed = number_excess(speed, change);
		level.steps = number_add(level.phase.speed, bend);
	} else {
		level.phase.curve = PLAN_JERK_SLOWER;
		level.phase.speed = number_add(speed, change);
		level.steps = number_excess(level.phase.speed, bend);
	}
	level.steps = number_multiply(level.steps, level.seconds);
	return level;
}

static void add_levelling(struct draft *draft, const struct levelling *level)
{
	if (level->seconds.mantissa) {
		draft->position = number_wide(level->steps);
		draft->seconds = level->seconds;
		add_phase(draft, level->phase, draft->position,
			  draft->seconds, draft->position);
	}
	draft->speed = level->phase.speed;
}

/**
 * struct course - the speeds of what is left when the motion is level
 * @up: limits of speeding up
 * @down: limits of slowing down
 * @from: speed at the beginning
 * @to: speed at the end
 * @steps: length
 * @levelling: steps that were made before
 */
struct course {
	struct limits up;
	struct limits down;
	struct plan_number from;
	struct plan_number to;
	struct plan_number steps;
	struct plan_number levelling;
};

/* Measured over the whole plan, for the slack is a share of that. */
static bool is_too_short(const struct course *course, struct plan_number length)
{
	return clearly_less(number_add(course->steps, course->levelling),
			    number_add(length, course->levelling));
}

static struct plan_number ramps_length(const struct course *course,
				       struct plan_number top)
{
	struct ramp ramp = make_ramp(&course->down, course->to, top);
	struct plan_number length = ramp.steps;

	if (number_less(top, course->from))
		ramp = make_ramp(&course->down, top, course->from);
	else
		ramp = make_ramp(&course->up, course->from, top);
	return number_add(length, ramp.steps);
}

/* top^2 = (2 N a d + d v0^2 + a v1^2) / (a + d) */
static struct plan_number triangle_top(const struct course *course)
{
	struct plan_number a = course->up.sps2, d = course->down.sps2;
	struct plan_number sum, square;

	sum = number_multiply(number_twice(course->steps),
			      number_multiply(a, d));
	square = number_multiply(course->from, course->from);
	sum = number_add(sum, number_multiply(square, d));
	square = number_multiply(course->to, course->to);
	sum = number_add(sum, number_multiply(square, a));
	return number_root(number_divide(sum, number_add(a, d)));
}

/* Greatest speed below @most whose ramps are not longer than the course. */
static struct plan_number search_top(const struct course *course,
				     struct plan_number least,
				     struct plan_number most)
{
	struct plan_number middle;
	int i;

	for (i = 0; i < SEARCH_ROUNDS; i++) {
		middle = number_half(number_add(least, most));
		/* From nothing up, the order of magnitude comes first. */
		if (!least.mantissa)
			middle.exponent -= 3;
		if (number_less(course->steps, ramps_length(course, middle)))
			most = middle;
		else
			least = middle;
	}
	return least;
}

static struct plan_number find_top(const struct course *course,
				   struct plan_number speed)
{
	struct plan_number least = course->from;

	if (number_less(least, course->to))
		least = course->to;
	if (!is_too_short(course, ramps_length(course, speed)))
		return speed;
	/* Too little room to slow down first and again at the end. */
	if (!number_less(least, speed))
		return least;
	if (!course->up.sps3.mantissa)
		return triangle_top(course);
	return search_top(course, least, speed);
}

/* The end speed is above what can be reached: what can. */
static struct plan_number find_end(struct course *course)
{
	struct plan_number least = course->from, most = course->to;
	struct plan_number gain;
	struct ramp ramp;
	int i;

	if (!course->up.sps3.mantissa) {
		gain = number_multiply(number_twice(course->steps),
				       course->up.sps2);
		return number_root(number_add(gain,
					      number_multiply(least, least)));
	}
	for (i = 0; i < SEARCH_ROUNDS; i++) {
		struct plan_number middle = number_half(number_add(least,
								   most));

		ramp = make_ramp(&course->up, course->from, middle);
		if (number_less(course->steps, ramp.steps))
			most = middle;
		else
			least = middle;
	}
	return least;
}

static bool cannot_slow_down(const struct course *course)
{
	struct ramp ramp;

	if (!number_less(course->to, course->from))
		return false;
	ramp = make_ramp(&course->down, course->to, course->from);
	return is_too_short(course, ramp.steps);
}

static bool cannot_speed_up(const struct course *course)
{
	struct ramp ramp;

	if (!number_less(course->from, course->to))
		return false;
	ramp = make_ramp(&course->up, course->from, course->to);
	return is_too_short(course, ramp.steps);
}

static struct plan_number pass_number(u64 steps, u64 ns)
{
	struct plan_number a_second = number_multiply(number_of(steps, 0),
						      number_of(NS_PER_S, 0));

	return number_divide(a_second, number_of(ns, 0));
}

u64 plan_pass_speed(u64 steps, u64 ns)
{
	return number_fixed(pass_number(steps, ns), 44);
}

/* @value of a request less, but not 0. */
static u64 lowered(u64 value, struct plan_number part)
{
	return number_fixed(number_multiply(number_of(value, 0), part), 0) + 1;
}

void plan_stretch(struct plan *plan, struct plan_request *request, u64 to_ns)
{
	struct plan_number from = number_of(plan->end, 0);
	struct plan_number to = number_of(to_ns, FRACTION_BITS);
	struct plan_number part = number_divide(from, to);
	struct plan_number square = number_multiply(part, part);

	plan->stretch = number_divide(to, from);
	plan->top_sps_q44 = number_fixed(number_multiply(
			speed_number(plan->top_sps_q44), part), 44);
	request->speed_sps_q44 = lowered(request->speed_sps_q44, part);
	request->pass_ns = 0;
	request->accel_sps2_q32 = lowered(request->accel_sps2_q32, square);
	request->decel_sps2_q32 = lowered(request->decel_sps2_q32, square);
	if (request->jerk_sps3_q24)
		request->jerk_sps3_q24 = lowered(request->jerk_sps3_q24,
						 number_multiply(square, part));
}

static struct plan_number asked_speed(const struct plan_request *request)
{
	if (!request->pass_ns)
		return speed_number(request->speed_sps_q44);
	return pass_number(request->pass_steps, request->pass_ns);
}

static void add_course(struct draft *draft, const struct course *course,
		       struct plan_number top)
{
	struct plan_wide end = { draft->plan->steps, 0 };
	struct ramp last = make_ramp(&course->down, course->to, top);
	struct ramp first;

	if (number_less(top, course->from)) {
		first = make_ramp(&course->down, top, course->from);
		add_falling(draft, &first,
			    place_after(draft->position, first.steps));
	} else if (number_less(course->from, top)) {
		first = make_ramp(&course->up, course->from, top);
		add_rising(draft, &first,
			   place_after(draft->position, first.steps));
	}
	draft->speed = top;
	if (!number_less(course->to, top)) {
		add_even(draft, end);
		return;
	}
	add_even(draft, place_before(end, last.steps));
	add_falling(draft, &last, end);
}

static u64 greatest_speed(const struct plan_request *request,
			  const struct course *course, struct plan_number top)
{
	u64 greatest = number_fixed(number_less(top, course->from) ?
				    course->from : top, 44);

	return greatest < request->start.sps_q44 ? request->start.sps_q44 :
						   greatest;
}

enum plan_result plan_make(struct plan *plan,
			   const struct plan_request *request)
{
	struct plan_number sps3 = number_of(request->jerk_sps3_q24, -24);
	struct levelling level = make_levelling(&request->start, sps3);
	struct course course = {
		.up = { accel_number(request->accel_sps2_q32), sps3 },
		.down = { accel_number(request->decel_sps2_q32), sps3 },
		.from = level.phase.speed,
		.to = speed_number(request->end_sps_q44),
		.steps = number_of(request->steps, 0),
		.levelling = level.steps,
	};
	struct plan_number top = asked_speed(request);
	struct draft draft = { .plan = plan };

	if (clearly_less(course.steps, level.steps))
		return PLAN_TOO_NEAR;
	course.steps = number_excess(course.steps, level.steps);
	if (number_less(top, course.to))
		course.to = top;
	if (cannot_slow_down(&course))
		return PLAN_TOO_NEAR;
	if (cannot_speed_up(&course))
		course.to = find_end(&course);
	top = find_top(&course, top);

	plan->steps = request->steps;
	plan->phases = 0;
	plan->stretch = zero;
	plan->top_sps_q44 = greatest_speed(request, &course, top);
	plan->end_sps_q44 = number_fixed(course.to, 44);
	add_levelling(&draft, &level);
	add_course(&draft, &course, top);
	plan->phase[plan->phases - 1].last = plan->steps;
	plan->end = fixed_ns(draft.seconds);
	return plan->end <= PLAN_MAX_NS << FRACTION_BITS ? PLAN_MADE :
							   PLAN_TOO_LONG;
}

u64 plan_stop_steps(const struct plan_request *request)
{
	struct plan_number sps3 = number_of(request->jerk_sps3_q24, -24);
	struct limits down = { accel_number(request->decel_sps2_q32), sps3 };
	struct levelling level = make_levelling(&request->start, sps3);
	struct ramp ramp = make_ramp(&down, zero, level.phase.speed);
	struct plan_number steps = number_add(level.steps, ramp.steps);
	u64 whole = number_fixed(steps, 0);

	if (whole > PLAN_MAX_STEPS)
		return PLAN_MAX_STEPS + 1;
	return whole + clearly_less(number_of(whole, 0), steps);
}

u64 plan_reach(const struct plan_request *request)
{
	struct course course = {
		/* Backwards in time this is a ramp up. */
		.up = { accel_number(request->decel_sps2_q32),
			number_of(request->jerk_sps3_q24, -24) },
		.from = speed_number(request->end_sps_q44),
		.to = speed_number(request->speed_sps_q44),
		.steps = number_of(request->steps, 0),
	};
	u64 reach = request->speed_sps_q44;

	if (cannot_speed_up(&course))
		reach = number_fixed(find_end(&course), 44);
	return reach < request->speed_sps_q44 ? reach :
						request->speed_sps_q44;
}

static const struct plan_phase *phase_at(const struct plan *plan, u64 step)
{
	const struct plan_phase *phase = plan->phase;

	while (phase->last < step)
		phase++;
	return phase;
}

/* Steps from the anchor. */
static struct plan_number distance(const struct plan_phase *phase, u64 step)
{
	struct plan_wide here = { step, 0 }, anchor = phase->position;
	bool before = here.hi < anchor.hi ||
		      (here.hi == anchor.hi && here.lo < anchor.lo);

	/* A step at the seam of two phases may lie a little outside. */
	if (before != phase->backward)
		return zero;
	here = before ? wide_subtract(anchor, here) :
			wide_subtract(here, anchor);
	return number_of_wide(here, -64);
}

u64 plan_deadline(const struct plan *plan, u64 step)
{
	const struct plan_phase *phase = phase_at(plan, step);
	u64 time = phase->time, half = 1U << (FRACTION_BITS - 1);
	u64 apart;

	if (!step)
		return 0;
	apart = fixed_ns(phase_seconds(phase, distance(phase, step)));
	if (!phase->backward)
		time += apart;
	else
		time -= apart < time ? apart : time;
	if (plan->stretch.mantissa)
		time = number_fixed(number_multiply(number_of(time, 0),
						    plan->stretch), 0);
	return (time + half) >> FRACTION_BITS;
}

static void stretch_motion(struct plan_motion *motion,
			   struct plan_number stretch)
{
	struct plan_number speed = speed_number(motion->sps_q44);
	struct plan_number accel = accel_number(motion->sps2_q32);

	speed = number_divide(speed, stretch);
	accel = number_divide(number_divide(accel, stretch), stretch);
	motion->sps_q44 = number_fixed(speed, 44);
	motion->sps2_q32 = number_fixed(accel, 32);
}

struct plan_motion plan_motion(const struct plan *plan, u64 step)
{
	const struct plan_phase *phase = phase_at(plan, step);
	struct plan_motion motion = phase_motion(phase, distance(phase, step));

	if (plan->stretch.mantissa)
		stretch_motion(&motion, plan->stretch);
	if (motion.sps_q44 > plan->top_sps_q44)
		motion.sps_q44 = plan->top_sps_q44;
	return motion;
}
