// SPDX-License-Identifier: GPL-2.0
/*
 * The move commands: what is asked for is checked, cut into legs and given to
 * the step engine. Nothing changes before all checks have passed.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "motor.h"

#define MOVE_FLAGS	(OSCAN_MOVE_RELATIVE | OSCAN_MOVE_REPLACE |	\
			 OSCAN_MOVE_QUEUE | OSCAN_MOVE_JOG |		\
			 OSCAN_MOVE_DIRECT | OSCAN_MOVE_HOMING)

/* Of a jog: so that with its ramps it is shorter than PLAN_MAX_NS. */
#define JOG_SECONDS	(30 * 3600)

/* The axis came to rest meanwhile: begin anew. Never leaves this file. */
#define AT_REST		1

static bool flags_are_valid(const struct oscan_move *move)
{
	u32 flags = move->flags;

	if (flags & ~MOVE_FLAGS)
		return false;
	if ((flags & OSCAN_MOVE_REPLACE) && (flags & OSCAN_MOVE_QUEUE))
		return false;
	if (!(flags & OSCAN_MOVE_JOG))
		return true;
	return !(flags & OSCAN_MOVE_RELATIVE) &&
	       (move->target == 1 || move->target == -1);
}

static int read_speed(const struct oscan_axis_info *info,
		      const struct oscan_move *move,
		      struct plan_request *request)
{
	if (!move->pass_steps != !move->pass_ns ||
	    (move->pass_ns && move->speed_sps_q44))
		return -EINVAL;
	request->speed_sps_q44 = move->speed_sps_q44 ?:
				 info->max_speed_sps_q44;
	if (move->pass_ns) {
		if (move->pass_steps > OSCAN_MOVE_STEPS_LIMIT ||
		    move->pass_ns > PLAN_MAX_NS)
			return -ERANGE;
		request->pass_steps = move->pass_steps;
		request->pass_ns = move->pass_ns;
		request->speed_sps_q44 = plan_pass_speed(move->pass_steps,
							 move->pass_ns);
	}
	if (!request->speed_sps_q44 ||
	    request->speed_sps_q44 > info->max_speed_sps_q44)
		return -ERANGE;
	return 0;
}

static int read_limits(struct axis *axis, const struct oscan_move *move,
		       struct plan_request *request)
{
	const struct oscan_axis_info *info = &axis->info;

	if ((move->flags & OSCAN_MOVE_HOMING) && !endstop_exists(axis))
		return -EOPNOTSUPP;
	*request = (struct plan_request) {
		.accel_sps2_q32 = move->accel_sps2_q32 ?:
				  info->max_accel_sps2_q32,
		.jerk_sps3_q24 = move->jerk_sps3_q24,
	};
	request->decel_sps2_q32 = move->decel_sps2_q32 ?:
				  request->accel_sps2_q32;
	if (request->accel_sps2_q32 > info->max_accel_sps2_q32 ||
	    request->decel_sps2_q32 > info->max_accel_sps2_q32)
		return -ERANGE;
	return read_speed(info, move, request);
}

static u32 rate_of(const struct plan_request *request)
{
	return (request->speed_sps_q44 + OSCAN_SPEED_ONE - 1) /
	       OSCAN_SPEED_ONE;
}

/* Summed with all axes that move; @also is not moving yet. */
static int check_rate(struct axis *axis, u64 also, u32 rate_sps)
{
	struct controller *controller = axis->controller;
	u64 sum = rate_sps + also;
	unsigned int i;

	/* A rate only falls while the mutex is held. */
	for (i = 0; i < controller->n_axes; i++)
		if (&controller->axes[i] != axis)
			sum += READ_ONCE(controller->axes[i].rate_sps);
	return sum > controller->max_rate_sps ? -E2BIG : 0;
}

static bool leaves_limits(const struct axis *axis, s64 position)
{
	const struct oscan_axis_info *info = &axis->info;

	return (info->flags & OSCAN_AXIS_HAS_LIMITS) &&
	       (position < info->limit_min || position > info->limit_max);
}

static s64 jog_target(const struct axis *axis, s64 from, int sign,
		      const struct plan_request *request)
{
	const struct oscan_axis_info *info = &axis->info;
	u64 reach = (request->speed_sps_q44 >> 20) * JOG_SECONDS >> 24;

	if (info->flags & OSCAN_AXIS_HAS_LIMITS)
		return sign > 0 ? info->limit_max : info->limit_min;
	reach = clamp_t(u64, reach, 1, OSCAN_MOVE_STEPS_LIMIT);
	return clamp_t(s64, from + sign * (s64)reach, -OSCAN_POSITION_LIMIT,
		       OSCAN_POSITION_LIMIT);
}

static int find_target(const struct axis *axis, const struct oscan_move *move,
		       s64 from, const struct plan_request *request,
		       s64 *target)
{
	*target = move->target;
	if (move->flags & OSCAN_MOVE_JOG)
		*target = jog_target(axis, from, move->target, request);
	if ((move->flags & OSCAN_MOVE_RELATIVE) &&
	    check_add_overflow(from, move->target, target))
		return -EOVERFLOW;
	if (*target > OSCAN_POSITION_LIMIT || *target < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	return 0;
}

/**
 * struct order - a move, checked and cut
 * @legs: shape [count]
 * @count: 0 for a move of no steps
 * @homing: where the soft limits are is yet to be found
 */
struct order {
	struct leg legs[2];
	unsigned int count;
	bool homing;
};

static int add_leg(const struct axis *axis, struct order *order, s64 from,
		   s64 to, s64 goal, const struct plan_request *request)
{
	struct leg *leg = &order->legs[order->count];
	u64 steps = to > from ? to - from : from - to;

	if (!steps)
		return 0;
	if (steps > OSCAN_MOVE_STEPS_LIMIT || to > OSCAN_POSITION_LIMIT ||
	    to < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	if (!order->homing && leaves_limits(axis, to))
		return -EDOM;
	*leg = (struct leg){
		.goal = goal,
		.sign = to > from ? 1 : -1,
		.request = *request,
	};
	leg->request.steps = steps;
	order->count++;
	return 0;
}

/* A direction in which the last leg must not end is overrun and come back. */
static s64 overrun(const struct axis *axis, const struct oscan_move *move,
		   s64 from, s64 target)
{
	s64 play = axis->info.backlash_steps;

	if (!play || from == target || (play > 0) == (target > from) ||
	    (move->flags & (OSCAN_MOVE_DIRECT | OSCAN_MOVE_JOG |
			    OSCAN_MOVE_HOMING)))
		return target;
	return target - play;
}

static int make_order(const struct axis *axis, const struct oscan_move *move,
		      s64 from, const struct plan_request *request,
		      struct order *order)
{
	s64 target, turn;
	int ret;

	order->count = 0;
	order->homing = move->flags & OSCAN_MOVE_HOMING;
	ret = find_target(axis, move, from, request, &target);
	if (ret)
		return ret;
	turn = overrun(axis, move, from, target);
	ret = add_leg(axis, order, from, turn, target, request);
	if (!ret)
		ret = add_leg(axis, order, turn, target, target, request);
	return ret;
}

static u32 next_id(struct axis *axis)
{
	if (!++axis->last_id)
		axis->last_id = 1;
	return axis->last_id;
}

static void name_legs(struct order *order, u32 id)
{
	unsigned int i;

	for (i = 0; i < order->count; i++)
		order->legs[i].move_id = id;
}

static void sleep_until(u64 ns)
{
	u64 now = ktime_get_ns();

	if (now < ns)
		fsleep(div_u64(ns - now, NSEC_PER_USEC) + 1);
}

/* The axis is idle and cannot start: neither line nor times change. */
static void set_direction(struct axis *axis, int sign)
{
	if (sign == axis->sign)
		return;
	sleep_until(axis->fall_ns + axis->info.dir_hold_ns);
	gpiod_set_value(axis->dir, sign > 0);
	axis->dir_ns = ktime_get_ns();
	axis->sign = sign;
}

static u64 earliest_origin(const struct axis *axis)
{
	u64 origin = max(ktime_get_ns(),
			 axis->dir_ns + axis->info.dir_setup_ns);

	if (!axis->enable_ns)
		return origin;
	return max(origin, axis->enable_ns + axis->info.enable_delay_ns);
}

/* A move of no steps is over at once, but is a move. */
static void begin_and_end(struct axis *axis, struct oscan_move *move)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->leg.move_id = next_id(axis);
	axis->leg.goal = axis->position;
	step_new_move(axis);
	axis->end = OSCAN_END_DONE;
	events_put_axis(axis, OSCAN_EVENT_MOVE_ENDED, OSCAN_END_DONE, 0);
	move->move_id = axis->move_id;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
}

/* From rest, on the draft of the axis. */
static int plan_order(struct axis *axis, struct order *order,
		      struct oscan_move *move)
{
	unsigned int i;

	move->duration_ns = 0;
	for (i = order->count; i--;) {
		if (plan_make(&axis->draft, &order->legs[i].request))
			return -ERANGE;
		move->duration_ns += plan_deadline(&axis->draft,
						   axis->draft.steps);
	}
	return 0;
}

/* Lines are set, the draft is the first leg's plan. */
static void begin(struct axis *axis, struct order *order,
		  struct oscan_move *move, u64 origin_ns)
{
	unsigned long flags;

	name_legs(order, next_id(axis));
	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->leg = order->legs[0];
	axis->legs[0] = order->legs[1];
	axis->legs_count = order->count - 1;
	axis->plan = axis->draft;
	axis->rate_sps = rate_of(&axis->leg.request);
	step_new_move(axis);
	step_begin(axis, origin_ns);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
	move->start_ns = origin_ns;
	move->move_id = axis->last_id;
}

/* At rest. Once it moves, the line is read before each step. */
static bool is_blocked(struct axis *axis, const struct order *order)
{
	return order->count && endstop_is_closed(axis, order->legs[0].sign);
}

static int move_from_rest(struct axis *axis, struct oscan_move *move,
			  const struct plan_request *request)
{
	struct order order;
	int ret;

	ret = make_order(axis, move, axis->position, request, &order);
	if (!ret && is_blocked(axis, &order))
		ret = -ENOSPC;
	if (!ret)
		ret = check_rate(axis, 0, rate_of(request));
	if (!ret)
		ret = plan_order(axis, &order, move);
	/* Last: who then switches the motor on has a move that is accepted. */
	if (!ret && !axis->enabled)
		ret = -ESHUTDOWN;
	if (ret)
		return ret;
	if (!order.count) {
		begin_and_end(axis, move);
		return 0;
	}
	set_direction(axis, order.legs[0].sign);
	begin(axis, &order, move, earliest_origin(axis));
	return 0;
}

/* axis->lock held: the motion now, with the limits of the new move */
static void turn_here(struct axis *axis, struct order *order)
{
	axis->legs[0] = order->legs[0];
	axis->legs[1] = order->legs[1];
	axis->legs_count = order->count;
	step_restart(axis);
}

/*
 * The legs of a target that the axis can stop at, or has to come back to. The
 * first one does not say yet at what speed it begins.
 */
static int order_from_speed(struct axis *axis, const struct oscan_move *move,
			    const struct plan_request *request,
			    struct order *order, struct leg *first)
{
	struct plan_request stop = *request, rest = *request;
	s64 target, end, turn;
	int ret;

	ret = find_target(axis, move, axis->position, request, &target);
	if (ret)
		return ret;
	order->count = 0;
	order->homing = move->flags & OSCAN_MOVE_HOMING;
	rest.start = (struct plan_motion){ 0 };
	stop.steps = plan_stop_steps(&stop);
	if (stop.steps > OSCAN_MOVE_STEPS_LIMIT)
		return -EOVERFLOW;
	end = axis->position + axis->sign * (s64)stop.steps;
	turn = overrun(axis, move, end, target);
	if ((turn - end) * axis->sign < 0)
		turn = end;
	ret = add_leg(axis, order, axis->position, turn, target, &rest);
	if (ret)
		return ret;
	*first = order->legs[0];
	order->count = 0;
	end = overrun(axis, move, turn, target);
	ret = add_leg(axis, order, turn, end, target, &rest);
	if (!ret)
		ret = add_leg(axis, order, end, target, target, &rest);
	return ret;
}

/*
 * axis->lock held: all legs from rest, for so the later ones begin, and a
 * stumble has the first one begin anew.
 */
static bool can_begin_at_rest(struct axis *axis, const struct order *order,
			      const struct leg *first)
{
	unsigned int i;

	if (first && plan_make(&axis->draft, &first->request))
		return false;
	for (i = 0; i < order->count; i++)
		if (plan_make(&axis->draft, &order->legs[i].request))
			return false;
	return true;
}

static int replace_at_speed(struct axis *axis, const struct oscan_move *move,
			    struct plan_request *request)
{
	struct order order;
	struct leg first;
	int ret;

	/* Nobody may be kept from stopping where the old limits would have. */
	request->decel_sps2_q32 = max(request->decel_sps2_q32,
				      axis->leg.request.decel_sps2_q32);
	if (request->jerk_sps3_q24 && axis->leg.request.jerk_sps3_q24)
		request->jerk_sps3_q24 = max(request->jerk_sps3_q24,
					     axis->leg.request.jerk_sps3_q24);
	ret = order_from_speed(axis, move, request, &order, &first);
	if (ret)
		return ret;
	if (!can_begin_at_rest(axis, &order, &first))
		return -ERANGE;
	first.request.start = request->start;
	if (plan_make(&axis->draft, &first.request))
		return -ERANGE;
	first.request.start = (struct plan_motion){ 0 };
	name_legs(&order, next_id(axis));
	first.move_id = axis->last_id;
	axis->leg = first;
	axis->legs[0] = order.legs[0];
	axis->legs[1] = order.legs[1];
	axis->legs_count = order.count;
	step_new_move(axis);
	step_replan(axis, &axis->draft);
	return 0;
}

static int replace_at_rest(struct axis *axis, const struct oscan_move *move,
			   const struct plan_request *request)
{
	struct order order;
	int ret;

	ret = make_order(axis, move, axis->position, request, &order);
	if (ret)
		return ret;
	if (!can_begin_at_rest(axis, &order, NULL))
		return -ERANGE;
	name_legs(&order, next_id(axis));
	if (order.count) {
		turn_here(axis, &order);
		return 0;
	}
	axis->leg.move_id = axis->last_id;
	axis->leg.goal = axis->position;
	step_new_move(axis);
	step_halt(axis, OSCAN_END_DONE);
	return 0;
}

/* axis->lock held */
static int replace(struct axis *axis, const struct oscan_move *move,
		   struct plan_request *request)
{
	u32 rate = rate_of(request);
	int ret;

	if (axis->motion == OSCAN_MOTION_IDLE)
		return AT_REST;
	if (axis->motion != OSCAN_MOTION_MOVING ||
	    axis->pending_end != OSCAN_END_DONE)
		return -EBUSY;
	request->start = plan_motion(&axis->plan, axis->step_in_plan);
	if (request->start.sps_q44) {
		ret = replace_at_speed(axis, move, request);
	} else {
		request->start = (struct plan_motion){ 0 };
		ret = replace_at_rest(axis, move, request);
	}
	if (!ret && axis->motion == OSCAN_MOTION_MOVING)
		axis->rate_sps = max(axis->rate_sps, rate);
	return ret;
}

static int move_instead(struct axis *axis, struct oscan_move *move,
			struct plan_request request)
{
	unsigned long flags;
	int ret;

	ret = check_rate(axis, 0, max(rate_of(&request), axis->rate_sps));
	if (ret)
		return ret;
	raw_spin_lock_irqsave(&axis->lock, flags);
	ret = replace(axis, move, &request);
	if (!ret)
		move->move_id = axis->last_id;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
	return ret;
}

/* What runs and waits, as it is now; returns false if the axis is at rest. */
static bool look_at_legs(struct axis *axis, struct leg *running,
			 struct leg *legs, unsigned int *count, u32 *waiting)
{
	unsigned long flags;
	bool moving;

	raw_spin_lock_irqsave(&axis->lock, flags);
	moving = axis->motion != OSCAN_MOTION_IDLE;
	*running = axis->leg;
	*count = axis->legs_count;
	*waiting = legs_waiting(axis);
	memcpy(legs, axis->legs, *count * sizeof(*legs));
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	return moving;
}

/*
 * axis->lock held. Of @legs those are dropped that were taken since they were
 * looked at; the running leg goes on at the end speed that was found for it.
 */
static int put_legs(struct axis *axis, const struct leg *running,
		    const struct leg *legs, unsigned int seen,
		    unsigned int count)
{
	unsigned int taken = seen - axis->legs_count;
	const struct leg *now = taken ? &legs[taken - 1] : running;
	struct plan_request request;

	if (axis->motion == OSCAN_MOTION_IDLE)
		return AT_REST;
	if (axis->motion != OSCAN_MOTION_MOVING ||
	    axis->pending_end != OSCAN_END_DONE)
		return -EBUSY;
	axis->legs_count = count - taken;
	memcpy(axis->legs, legs + taken, axis->legs_count * sizeof(*legs));
	axis->leg.request.end_sps_q44 = now->request.end_sps_q44;
	axis->rate_sps = max(axis->rate_sps,
			     rate_of(&legs[count - 1].request));
	if (axis->step_in_plan == axis->plan.steps ||
	    now->request.end_sps_q44 <= axis->plan.end_sps_q44)
		return 0;
	request = axis->leg.request;
	request.steps = axis->plan.steps - axis->step_in_plan;
	request.start = plan_motion(&axis->plan, axis->step_in_plan);
	/* Only the end is faster: what could be done before still can. */
	if (plan_make(&axis->draft, &request) == PLAN_MADE)
		step_replan(axis, &axis->draft);
	return 0;
}

static int queue_order(struct axis *axis, struct oscan_move *move,
		       const struct plan_request *request)
{
	struct leg *legs = axis->draft_legs, running;
	unsigned int seen, count;
	unsigned long flags;
	struct order order;
	u32 waiting;
	int ret;

	if (!look_at_legs(axis, &running, legs, &seen, &waiting))
		return AT_REST;
	ret = make_order(axis, move, seen ? legs[seen - 1].goal : running.goal,
			 request, &order);
	if (!ret)
		ret = plan_order(axis, &order, move);
	if (!ret && waiting >= OSCAN_MOVE_QUEUE_LIMIT)
		ret = -EAGAIN;
	move->duration_ns = 0;
	move->move_id = axis->last_id;
	if (ret || !order.count)
		return ret;
	name_legs(&order, axis->last_id + 1 ?: 1);
	count = seen + order.count;
	memcpy(legs + seen, order.legs, order.count * sizeof(*legs));
	legs_set_end_speeds(&running, legs, count);
	raw_spin_lock_irqsave(&axis->lock, flags);
	ret = put_legs(axis, &running, legs, seen, count);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	if (!ret)
		move->move_id = next_id(axis);
	axis_report(axis);
	return ret;
}

static int move_after(struct axis *axis, struct oscan_move *move,
		      const struct plan_request *request)
{
	int ret;

	ret = check_rate(axis, 0, max(rate_of(request), axis->rate_sps));
	if (ret)
		return ret;
	return queue_order(axis, move, request);
}

int axis_move(struct axis *axis, struct oscan_move *move)
{
	struct plan_request request;
	int ret = AT_REST;

	if (!flags_are_valid(move))
		return -EINVAL;
	if (!axis_is_idle(axis) &&
	    !(move->flags & (OSCAN_MOVE_REPLACE | OSCAN_MOVE_QUEUE)))
		return -EBUSY;
	ret = read_limits(axis, move, &request);
	if (ret)
		return ret;
	move->start_ns = 0;
	move->duration_ns = 0;
	ret = AT_REST;
	if (!axis_is_idle(axis))
		ret = (move->flags & OSCAN_MOVE_REPLACE) ?
		      move_instead(axis, move, request) :
		      move_after(axis, move, &request);
	if (ret == AT_REST)
		ret = move_from_rest(axis, move, &request);
	return ret;
}

/* Time between the call and the first origin, for each axis of a group. */
#define GROUP_LEAD_NS	50000

static int check_group(const struct controller *controller, u32 flags,
		       const struct oscan_move *moves, unsigned int count)
{
	u32 refused = OSCAN_MOVE_REPLACE | OSCAN_MOVE_QUEUE, seen = 0;
	unsigned int i;

	if (flags & ~OSCAN_GROUP_ARRIVE)
		return -EINVAL;
	if (flags & OSCAN_GROUP_ARRIVE)
		refused |= OSCAN_MOVE_JOG;
	for (i = 0; i < count; i++) {
		if (moves[i].reserved || moves[i].reserved0 ||
		    !flags_are_valid(&moves[i]) || (moves[i].flags & refused))
			return -EINVAL;
		if (moves[i].axis >= controller->n_axes)
			return -ENXIO;
		if (seen & BIT(moves[i].axis))
			return -EINVAL;
		seen |= BIT(moves[i].axis);
	}
	return 0;
}

static struct axis *axis_of(struct controller *controller,
			    const struct oscan_move *move)
{
	return &controller->axes[array_index_nospec(move->axis,
						    controller->n_axes)];
}

static int make_orders(struct controller *controller, struct oscan_move *moves,
		       struct order *orders, unsigned int count)
{
	struct plan_request request;
	struct axis *axis;
	unsigned int i;
	u64 rates = 0;
	int ret;

	for (i = 0; i < count; i++) {
		axis = axis_of(controller, &moves[i]);
		if (!axis_is_idle(axis))
			return -EBUSY;
		ret = read_limits(axis, &moves[i], &request);
		if (!ret)
			ret = make_order(axis, &moves[i], axis->position,
					 &request, &orders[i]);
		if (!ret && is_blocked(axis, &orders[i]))
			ret = -ENOSPC;
		if (!ret)
			ret = check_rate(axis, rates, rate_of(&request));
		if (!ret)
			ret = plan_order(axis, &orders[i], &moves[i]);
		if (ret)
			return ret;
		rates += rate_of(&request);
	}
	return 0;
}

/* All as long as the longest. */
static int slow_down(struct controller *controller, struct oscan_move *moves,
		     struct order *orders, unsigned int count)
{
	u64 longest = 0, duration;
	unsigned int i;

	for (i = 0; i < count; i++)
		longest = max(longest, moves[i].duration_ns);
	for (i = 0; i < count; i++) {
		duration = moves[i].duration_ns;
		if (!orders[i].count || duration == longest)
			continue;
		if (!plan_stretch(&orders[i].legs[0].request, duration,
				  longest) ||
		    plan_order(axis_of(controller, &moves[i]), &orders[i],
			       &moves[i]))
			return -ERANGE;
	}
	return 0;
}

static u64 set_up(struct controller *controller, struct oscan_move *moves,
		  struct order *orders, unsigned int count)
{
	u64 origin = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (orders[i].count)
			set_direction(axis_of(controller, &moves[i]),
				      orders[i].legs[0].sign);
	for (i = 0; i < count; i++)
		origin = max(origin,
			     earliest_origin(axis_of(controller, &moves[i])));
	return origin + count * GROUP_LEAD_NS;
}

static int run_orders(struct controller *controller, u32 flags,
		      struct oscan_move *moves, struct order *orders,
		      unsigned int count)
{
	struct axis *axis;
	unsigned int i;
	u64 origin;
	int ret;

	ret = make_orders(controller, moves, orders, count);
	if (!ret && (flags & OSCAN_GROUP_ARRIVE))
		ret = slow_down(controller, moves, orders, count);
	for (i = 0; !ret && i < count; i++)
		if (!axis_of(controller, &moves[i])->enabled)
			ret = -ESHUTDOWN;
	if (ret)
		return ret;
	origin = set_up(controller, moves, orders, count);
	for (i = 0; i < count; i++) {
		axis = axis_of(controller, &moves[i]);
		moves[i].start_ns = 0;
		if (orders[i].count)
			begin(axis, &orders[i], &moves[i], origin);
		else
			begin_and_end(axis, &moves[i]);
	}
	return 0;
}

int axes_move_together(struct controller *controller, u32 flags,
		       struct oscan_move *moves, unsigned int count)
{
	struct order *orders;
	unsigned int i;
	int ret;

	ret = check_group(controller, flags, moves, count);
	if (ret)
		return ret;
	orders = kcalloc(count, sizeof(*orders), GFP_KERNEL);
	if (!orders)
		return -ENOMEM;
	/* What is arrived at together cannot be overrun. */
	for (i = 0; i < count && (flags & OSCAN_GROUP_ARRIVE); i++)
		moves[i].flags |= OSCAN_MOVE_DIRECT;
	ret = run_orders(controller, flags, moves, orders, count);
	kfree(orders);
	return ret;
}
