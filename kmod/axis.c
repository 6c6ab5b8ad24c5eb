// SPDX-License-Identifier: GPL-2.0
/* Commands to one axis, and what can be asked of it. */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "motor.h"

int axis_init(struct axis *axis)
{
	axis->ring = kvcalloc(TRACE_RING_STEPS, sizeof(*axis->ring),
			      GFP_KERNEL);
	if (!axis->ring)
		return -ENOMEM;
	raw_spin_lock_init(&axis->lock);
	compat_hrtimer_setup(&axis->timer, step_timer, CLOCK_MONOTONIC,
			     HRTIMER_MODE_ABS_PINNED_HARD);
	axis->next_edge = STEP_EDGE_NONE;
	axis->motion = OSCAN_MOTION_IDLE;
	axis->end = OSCAN_END_NONE;
	axis->position_state = OSCAN_POSITION_ASSUMED;
	axis->position = axis->initial_position;
	axis->target = axis->position;
	enable_init(axis);
	endstop_init(axis);
	/* DIR was requested inactive just now. */
	axis->sign = -1;
	axis->dir_ns = ktime_get_ns();
	axis->start_stop_sps_q44 = (u64)axis->info.start_stop_rate_fsps *
				   axis->info.microsteps * OSCAN_SPEED_ONE;
	return 0;
}

static void report(struct axis *axis)
{
	queue_work(motor_workqueue, &axis->controller->report);
}

bool axis_is_idle(struct axis *axis)
{
	unsigned long flags;
	bool idle;

	raw_spin_lock_irqsave(&axis->lock, flags);
	idle = axis->motion == OSCAN_MOTION_IDLE;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	return idle;
}

static int check_path(struct axis *axis, const struct oscan_move *move,
		      s64 *target, u64 *steps)
{
	const struct oscan_axis_info *info = &axis->info;
	s64 from = axis->position;

	*target = move->target;
	if ((move->flags & OSCAN_MOVE_RELATIVE) &&
	    check_add_overflow(from, move->target, target))
		return -EOVERFLOW;
	if (*target > OSCAN_POSITION_LIMIT || *target < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	*steps = *target > from ? *target - from : from - *target;
	if (*steps > OSCAN_MOVE_STEPS_LIMIT)
		return -EOVERFLOW;
	if ((info->flags & OSCAN_AXIS_HAS_LIMITS) && *steps &&
	    !(move->flags & OSCAN_MOVE_HOMING) &&
	    (*target < info->limit_min || *target > info->limit_max))
		return -EDOM;
	if (*steps && endstop_is_closed(axis, *target > from ? 1 : -1))
		return -ENOSPC;
	return 0;
}

static u32 rate_from_speed(u64 speed_sps_q44)
{
	return (speed_sps_q44 + OSCAN_SPEED_ONE - 1) / OSCAN_SPEED_ONE;
}

static int check_rate(struct axis *axis, u32 rate_sps)
{
	struct controller *controller = axis->controller;
	u64 sum = rate_sps;
	unsigned int i;

	/* A rate only falls while the mutex is held. */
	for (i = 0; i < controller->n_axes; i++)
		if (&controller->axes[i] != axis)
			sum += READ_ONCE(controller->axes[i].rate_sps);
	return sum > controller->max_rate_sps ? -E2BIG : 0;
}

static int make_request(struct axis *axis, const struct oscan_move *move,
			u64 steps, struct plan_request *request)
{
	const struct oscan_axis_info *info = &axis->info;

	*request = (struct plan_request) {
		.steps = steps,
		.speed_sps_q44 = move->speed_sps_q44 ?:
				 info->max_speed_sps_q44,
		.accel_sps2_q32 = move->accel_sps2_q32 ?:
				  info->max_accel_sps2_q32,
	};
	request->decel_sps2_q32 = move->decel_sps2_q32 ?:
				  request->accel_sps2_q32;
	if (request->speed_sps_q44 > info->max_speed_sps_q44 ||
	    request->accel_sps2_q32 > info->max_accel_sps2_q32 ||
	    request->decel_sps2_q32 > info->max_accel_sps2_q32)
		return -ERANGE;
	return check_rate(axis, rate_from_speed(request->speed_sps_q44));
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

static u64 earliest_origin(struct axis *axis)
{
	u64 origin = max(ktime_get_ns(),
			 axis->dir_ns + axis->info.dir_setup_ns);

	if (!axis->enable_ns)
		return origin;
	return max(origin, axis->enable_ns + axis->info.enable_delay_ns);
}

static void begin(struct axis *axis, const struct plan *plan,
		  const struct plan_request *request, s64 target)
{
	struct oscan_stats *stats = &axis->stats;

	axis->plan = *plan;
	axis->request = *request;
	axis->target = target;
	axis->rate_sps = rate_from_speed(request->speed_sps_q44);
	if (!++axis->move_id)
		axis->move_id = 1;
	stats->move_id = axis->move_id;
	stats->move_worst_late_ns = 0;
	stats->move_slip_ns = 0;
	stats->move_shortest_ns = U64_MAX;
	stats->move_stumbles = 0;
}

/* A move of no steps is over at once, but is a move. */
static void begin_and_end(struct axis *axis, struct oscan_move *move)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	begin(axis, &axis->plan, &axis->request, axis->position);
	axis->rate_sps = 0;
	axis->end = OSCAN_END_DONE;
	axis->state_changed = true;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	move->move_id = axis->move_id;
	report(axis);
}

int axis_move(struct axis *axis, struct oscan_move *move)
{
	struct plan_request request;
	unsigned long flags;
	struct plan plan;
	u64 origin, steps;
	s64 target;
	int ret;

	if (!axis_is_idle(axis))
		return -EBUSY;
	ret = check_path(axis, move, &target, &steps);
	if (!ret)
		ret = make_request(axis, move, steps, &request);
	if (!ret && steps && !plan_make(&plan, &request))
		ret = -ERANGE;
	/* Last: who then switches the motor on has a move that is accepted. */
	if (!ret && !axis->enabled)
		ret = -ESHUTDOWN;
	if (ret)
		return ret;
	move->start_ns = 0;
	move->duration_ns = 0;
	if (!steps) {
		begin_and_end(axis, move);
		return 0;
	}

	set_direction(axis, target > axis->position ? 1 : -1);
	raw_spin_lock_irqsave(&axis->lock, flags);
	begin(axis, &plan, &request, target);
	origin = earliest_origin(axis);
	step_begin(axis, origin);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	report(axis);

	move->start_ns = origin;
	move->duration_ns = plan_deadline(&plan, plan.steps);
	move->move_id = axis->move_id;
	return 0;
}

int axis_set_position(struct axis *axis, s64 position, bool at_latch)
{
	unsigned long flags;
	int ret = 0;

	if (position > OSCAN_POSITION_LIMIT ||
	    position < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	if (!axis_is_idle(axis))
		return -EBUSY;
	raw_spin_lock_irqsave(&axis->lock, flags);
	if (at_latch)
		ret = endstop_from_latch(axis, &position);
	if (!ret) {
		axis->latch.position += position - axis->position;
		axis->position = position;
		axis->target = position;
		axis->position_state = OSCAN_POSITION_KNOWN;
		axis->state_changed = true;
	}
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	report(axis);
	return ret;
}

void axis_stop(struct axis *axis, enum oscan_end why)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	step_stop(axis, why);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	report(axis);
}

void axis_halt(struct axis *axis, enum oscan_end why)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	step_halt(axis, why);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	report(axis);
}

void axis_get_state(struct axis *axis, struct oscan_state *state)
{
	unsigned long flags;

	memset(state, 0, sizeof(*state));
	state->axis = axis->info.axis;
	endstop_refresh(axis);
	raw_spin_lock_irqsave(&axis->lock, flags);
	if (axis->enabled)
		state->flags |= OSCAN_STATE_ENABLED;
	state->motion = axis->motion;
	state->position_state = axis->position_state;
	state->end = axis->end;
	state->move_id = axis->move_id;
	state->position = axis->position;
	state->target = axis->target;
	state->time_ns = ktime_get_ns();
	state->last_step_ns = axis->rise_ns;
	state->steps = axis->steps;
	state->trace_seq = axis->trace_seq;
	state->trace_lost = axis->trace_lost;
	endstop_get_state(axis, state);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

void axis_get_stats(struct axis *axis, struct oscan_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	*stats = axis->stats;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	stats->axis = axis->info.axis;
	if (!stats->move_id)
		stats->move_shortest_ns = U64_MAX;
}
