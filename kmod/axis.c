// SPDX-License-Identifier: GPL-2.0
/* Commands to one axis, and what can be asked of it. */
#include <linux/ktime.h>
#include <linux/string.h>

#include "motor.h"
#include "oscan_trace.h"

int axis_init(struct axis *axis)
{
	axis->ring = kvcalloc(TRACE_RING_STEPS, sizeof(*axis->ring),
			      GFP_KERNEL);
	if (!axis->ring)
		return -ENOMEM;
	raw_spin_lock_init(&axis->lock);
	compat_hrtimer_setup(&axis->timer, step_timer, CLOCK_MONOTONIC,
			     HRTIMER_MODE_ABS_PINNED_HARD);
	axis->stream = (struct stream){
		.period_ms = OSCAN_PERIOD_MS_DEFAULT,
		.spacing = OSCAN_SPACING_DEFAULT,
	};
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
	page_write(axis);
	return 0;
}

void axis_report(struct axis *axis)
{
	queue_work(motor_workqueue, &axis->controller->report);
}

void axis_changed(struct axis *axis)
{
	axis->state_changed = true;
	page_write(axis);
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

/* axis->lock held */
static void set_position(struct axis *axis, s64 position)
{
	s64 before = axis->position;

	axis->latch.position += position - before;
	axis->position = position;
	axis->target = position;
	axis->position_state = OSCAN_POSITION_KNOWN;
	trigger_rebase(axis);
	axis_changed(axis);
	events_put_axis(axis, OSCAN_EVENT_POSITION_SET, 0, before);
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
	if (!ret)
		set_position(axis, position);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
	return ret;
}

void axis_stop(struct axis *axis, enum oscan_end why)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	trace_oscan_stop(axis, why);
	step_stop(axis, why);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
}

void axis_halt(struct axis *axis, enum oscan_end why)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	trace_oscan_halt(axis, why);
	step_halt(axis, why);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
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
	state->queued = legs_waiting(axis);
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
