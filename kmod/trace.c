// SPDX-License-Identifier: GPL-2.0
/*
 * From the step interrupt to the watchers: a ring for each axis, emptied by
 * one worker.
 */
#include <linux/ktime.h>

#include "motor.h"

/* Steps wait at most so long for their message while others follow. */
#define SEND_AFTER_NS	(20 * NSEC_PER_MSEC)

/* Hard interrupt context. */
bool trace_put(struct axis *axis)
{
	if (!netlink_trace_wanted())
		return false;
	if (axis->ring_head - axis->ring_tail == TRACE_RING_STEPS) {
		axis->trace_lost++;
		return true;
	}
	axis->ring[axis->ring_head++ % TRACE_RING_STEPS] =
		(struct trace_step) {
			.time_ns = axis->rise_ns,
			.position = axis->position,
			.sign = axis->sign,
		};
	if (axis->ring_head - axis->ring_tail < TRACE_BATCH_STEPS &&
	    axis->rise_ns - axis->trace_kick_ns < SEND_AFTER_NS)
		return false;
	axis->trace_kick_ns = axis->rise_ns;
	return true;
}

static bool joins(const struct trace_batch *batch,
		  const struct trace_step *step)
{
	const struct trace_step *last;

	if (!batch->count)
		return true;
	last = &batch->steps[batch->count - 1];
	return step->sign == batch->sign &&
	       step->position == last->position + step->sign;
}

/* axis->lock held */
static void take_steps(struct axis *axis, struct trace_batch *batch)
{
	const struct trace_step *step;

	batch->count = 0;
	while (axis->ring_tail != axis->ring_head &&
	       batch->count < TRACE_BATCH_STEPS) {
		step = &axis->ring[axis->ring_tail % TRACE_RING_STEPS];
		if (!joins(batch, step))
			break;
		batch->sign = step->sign;
		batch->steps[batch->count++] = *step;
		axis->ring_tail++;
	}
}

/*
 * Takes what one message can carry and, when that was all, whether a state
 * message is owed. Returns true when steps are left.
 */
static bool take(struct axis *axis, struct trace_batch *batch, bool *state)
{
	unsigned long flags;
	bool more;

	raw_spin_lock_irqsave(&axis->lock, flags);
	take_steps(axis, batch);
	more = axis->ring_tail != axis->ring_head;
	*state = !more && axis->state_changed;
	if (*state)
		axis->state_changed = false;
	batch->axis = axis->info.axis;
	batch->lost = axis->trace_lost;
	batch->horizon_ns = more ? batch->steps[batch->count - 1].time_ns :
			    ktime_get_ns();
	batch->seq = axis->trace_seq;
	if (batch->count || *state)
		axis->trace_seq++;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	return more;
}

static void report_state(struct axis *axis)
{
	struct oscan_state state;

	axis_get_state(axis, &state);
	if (READ_ONCE(axis->controller->holder))
		state.flags |= OSCAN_STATE_CONTROLLED;
	netlink_send_state(axis->state_seq++, &state);
}

static void report_axis(struct axis *axis, struct trace_batch *batch)
{
	bool more, state;

	do {
		more = take(axis, batch, &state);
		if (batch->count || state)
			netlink_send_trace(batch);
		if (state)
			report_state(axis);
	} while (more);
}

void trace_report(struct work_struct *work)
{
	struct controller *controller =
		container_of(work, struct controller, report);
	unsigned int i;

	for (i = 0; i < controller->n_axes; i++)
		report_axis(&controller->axes[i], controller->batch);
	wake_up_all(&controller->idle);
}
