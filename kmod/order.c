// SPDX-License-Identifier: GPL-2.0
/*
 * An order: what is asked for, checked, and cut into legs. Nothing of the axis
 * changes but its draft.
 */
#include <linux/math64.h>
#include <linux/overflow.h>

#include "order.h"

#define MOVE_FLAGS	(OSCAN_MOVE_RELATIVE | OSCAN_MOVE_REPLACE |	\
			 OSCAN_MOVE_QUEUE | OSCAN_MOVE_JOG |		\
			 OSCAN_MOVE_DIRECT | OSCAN_MOVE_HOMING)

/* Of a jog: so that with its ramps it is shorter than PLAN_MAX_NS. */
#define JOG_SECONDS	(30 * 3600)

bool order_flags_are_valid(const struct oscan_move *move)
{
	u32 flags = move->flags;

	if (flags & ~MOVE_FLAGS)
		return false;
	if ((flags & OSCAN_MOVE_REPLACE) && (flags & OSCAN_MOVE_QUEUE))
		return false;
	if (!(flags & OSCAN_MOVE_JOG))
		return true;
	return !(flags & (OSCAN_MOVE_RELATIVE | OSCAN_MOVE_HOMING)) &&
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

int order_read_limits(struct axis *axis, const struct oscan_move *move,
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

u32 order_rate(const struct plan_request *request)
{
	return (request->speed_sps_q44 + OSCAN_SPEED_ONE - 1) /
	       OSCAN_SPEED_ONE;
}

/* Summed with all axes that move; @also is not moving yet. */
int order_check_rate(struct axis *axis, u64 also, u32 rate_sps)
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
	s64 least = -OSCAN_POSITION_LIMIT, most = OSCAN_POSITION_LIMIT;

	if (info->flags & OSCAN_AXIS_HAS_LIMITS) {
		least = info->limit_min;
		most = info->limit_max;
	}
	reach = clamp_t(u64, reach, 1, OSCAN_MOVE_STEPS_LIMIT);
	return clamp_t(s64, from + sign * (s64)reach, least, most);
}

static int find_target(const struct axis *axis, const struct oscan_move *move,
		       s64 from, const struct plan_request *request,
		       s64 *target)
{
	*target = move->target;
	if (move->flags & OSCAN_MOVE_JOG) {
		*target = jog_target(axis, from, move->target, request);
		/* It is beyond the limit, which is the other way. */
		if ((*target - from) * move->target < 0)
			return -EDOM;
	}
	if ((move->flags & OSCAN_MOVE_RELATIVE) &&
	    check_add_overflow(from, move->target, target))
		return -EOVERFLOW;
	if (*target > OSCAN_POSITION_LIMIT || *target < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	return 0;
}

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

int order_make(const struct axis *axis, const struct oscan_move *move, s64 from,
	       const struct plan_request *request, struct order *order)
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

int order_make_at_speed(struct axis *axis, const struct oscan_move *move,
			const struct plan_request *request, struct order *order,
			struct leg *first)
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
	if ((turn - end) * axis->sign < 0) {
		turn = end;
		/* So slow that it brakes for longer than a jog goes on. */
		if ((move->flags & OSCAN_MOVE_JOG) &&
		    move->target == axis->sign)
			target = end;
	}
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

int order_plan(struct axis *axis, struct order *order, struct oscan_move *move)
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

bool order_can_begin_at_rest(struct axis *axis, const struct order *order,
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

u32 order_next_id(struct axis *axis)
{
	if (!++axis->last_id)
		axis->last_id = 1;
	return axis->last_id;
}

void order_name(struct order *order, u32 id)
{
	unsigned int i;

	for (i = 0; i < order->count; i++)
		order->legs[i].move_id = id;
}
