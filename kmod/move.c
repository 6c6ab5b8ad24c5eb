// SPDX-License-Identifier: GPL-2.0
/*
 * The move command. Nothing changes before all checks have passed.
 */
#include <linux/string.h>

#include "order.h"

/* The axis came to rest meanwhile: begin anew. Never leaves this file. */
#define AT_REST		1

static int move_from_rest(struct axis *axis, struct oscan_move *move,
			  const struct plan_request *request)
{
	struct order order;
	int ret;

	ret = order_make(axis, move, axis->position, request, &order);
	if (!ret && start_is_blocked(axis, &order))
		ret = -ENOSPC;
	if (!ret)
		ret = order_check_rate(axis, 0, order_rate(request));
	if (!ret)
		ret = order_plan(axis, &order, move);
	/* Last: who then switches the motor on has a move that is accepted. */
	if (!ret && !axis->enabled)
		ret = -ESHUTDOWN;
	if (ret)
		return ret;
	if (!order.count) {
		start_nothing(axis, move);
		return 0;
	}
	start_direction(axis, order.legs[0].sign);
	start_order(axis, &order, move, start_earliest(axis));
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

/* A lower jerk may bring the acceleration to 0 at too high a speed only. */
static bool is_too_fast(const struct axis *axis,
			const struct plan_request *request)
{
	return axis->draft.top_sps_q44 > max(request->speed_sps_q44,
					     axis->plan.top_sps_q44);
}

/* axis->lock held: from the motion now, into the draft */
static int plan_at_speed(struct axis *axis, const struct oscan_move *move,
			 const struct plan_request *request,
			 struct order *order, struct leg *first)
{
	int ret = order_make_at_speed(axis, move, request, order, first);

	if (ret)
		return ret;
	if (!order_can_begin_at_rest(axis, order, first))
		return -ERANGE;
	first->request.start = request->start;
	if (plan_make(&axis->draft, &first->request) ||
	    is_too_fast(axis, request))
		return -ERANGE;
	first->request.start = (struct plan_motion){ 0 };
	return 0;
}

static int replace_at_speed(struct axis *axis, const struct oscan_move *move,
			    struct plan_request *request)
{
	struct order order;
	struct leg first;
	int ret;

	ret = plan_at_speed(axis, move, request, &order, &first);
	if (ret) {
		/* Who could stop by the old limits is not kept from it. */
		legs_strengthen(axis, request);
		ret = plan_at_speed(axis, move, request, &order, &first);
	}
	if (ret)
		return ret;
	order_name(&order, order_next_id(axis));
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

	ret = order_make(axis, move, axis->position, request, &order);
	if (ret)
		return ret;
	if (!order_can_begin_at_rest(axis, &order, NULL))
		return -ERANGE;
	order_name(&order, order_next_id(axis));
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
	u32 rate = order_rate(request);
	int ret;

	if (axis->motion == OSCAN_MOTION_IDLE)
		return AT_REST;
	if (axis->motion != OSCAN_MOTION_MOVING ||
	    axis->pending_end != OSCAN_END_DONE)
		return -EBUSY;
	request->start = plan_motion(&axis->plan, axis->step_in_plan);
	/* Without a limit of jerk it may end at once. */
	if (!axis->leg.request.jerk_sps3_q24)
		request->start.sps2_q32 = 0;
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

	ret = order_check_rate(axis, 0, max(order_rate(&request), axis->rate_sps));
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
			     order_rate(&legs[count - 1].request));
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
	ret = order_make(axis, move, seen ? legs[seen - 1].goal : running.goal,
			 request, &order);
	if (!ret)
		ret = order_plan(axis, &order, move);
	if (!ret && waiting >= OSCAN_MOVE_QUEUE_LIMIT)
		ret = -EAGAIN;
	move->duration_ns = 0;
	move->move_id = axis->last_id;
	if (ret || !order.count)
		return ret;
	order_name(&order, axis->last_id + 1 ?: 1);
	count = seen + order.count;
	memcpy(legs + seen, order.legs, order.count * sizeof(*legs));
	legs_set_end_speeds(&running, legs, count);
	raw_spin_lock_irqsave(&axis->lock, flags);
	ret = put_legs(axis, &running, legs, seen, count);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	if (!ret)
		move->move_id = order_next_id(axis);
	axis_report(axis);
	return ret;
}

static int move_after(struct axis *axis, struct oscan_move *move,
		      const struct plan_request *request)
{
	int ret;

	ret = order_check_rate(axis, 0, max(order_rate(request), axis->rate_sps));
	if (ret)
		return ret;
	return queue_order(axis, move, request);
}

int axis_move(struct axis *axis, struct oscan_move *move)
{
	struct plan_request request;
	int ret = AT_REST;

	if (!order_flags_are_valid(move))
		return -EINVAL;
	if (!axis_is_idle(axis) &&
	    !(move->flags & (OSCAN_MOVE_REPLACE | OSCAN_MOVE_QUEUE)))
		return -EBUSY;
	ret = order_read_limits(axis, move, &request);
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
