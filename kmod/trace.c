// SPDX-License-Identifier: GPL-2.0
/*
 * From the step interrupt to the watchers: a ring for each axis, emptied by
 * one worker.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "motor.h"

/* So many steps are sent before their time, to leave room in the ring. */
#define SEND_STEPS	(TRACE_RING_STEPS / 8)

/* As many as are copied with interrupts off. */
#define SLICE_STEPS	256U

/**
 * struct slice - what was taken from the ring at one moment
 * @steps: shape [@count]
 * @count: number of steps
 * @more: steps are left
 * @state: a state message is owed; only if no steps are left
 * @now_ns: that moment
 * @total: steps that the axis had made by then
 * @lost: those of them that found the ring full
 */
struct slice {
	struct trace_step steps[SLICE_STEPS];
	unsigned int count;
	bool more;
	bool state;
	u64 now_ns;
	u64 total;
	u64 lost;
};

/**
 * struct trace_buffers - what the worker works with
 * @slice: steps just taken
 * @trace: message that is being filled with each of them
 * @thin: message that is being filled with some of them
 */
struct trace_buffers {
	struct slice slice;
	struct trace_batch trace;
	struct trace_batch thin;
};

struct trace_buffers *trace_buffers_new(void)
{
	return kmalloc(sizeof(struct trace_buffers), GFP_KERNEL);
}

/* Hard interrupt context. */
bool trace_put(struct axis *axis)
{
	if (!netlink_wanted(OSCAN_CMD_TRACE) && !netlink_wanted(OSCAN_CMD_THIN))
		return false;
	if (axis->ring_head - axis->ring_tail == TRACE_RING_STEPS) {
		axis->trace_lost++;
		return true;
	}
	axis->ring[axis->ring_head++ % TRACE_RING_STEPS] =
		(struct trace_step) {
			.time_ns = axis->rise_ns,
			.position = axis->position,
			.number = axis->steps,
			.late_ns = axis->late_ns,
			.sign = axis->sign,
		};
	if (axis->ring_head - axis->ring_tail < SEND_STEPS &&
	    axis->rise_ns - axis->trace_kick_ns <
	    axis->stream.period_ms * (u64)NSEC_PER_MSEC)
		return false;
	axis->trace_kick_ns = axis->rise_ns;
	return true;
}

static void take(struct axis *axis, struct slice *slice)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&axis->lock, flags);
	slice->count = min_t(u64, axis->ring_head - axis->ring_tail,
			     SLICE_STEPS);
	for (i = 0; i < slice->count; i++)
		slice->steps[i] =
			axis->ring[axis->ring_tail++ % TRACE_RING_STEPS];
	slice->more = axis->ring_tail != axis->ring_head;
	slice->state = !slice->more && axis->state_changed;
	if (slice->state)
		axis->state_changed = false;
	slice->now_ns = ktime_get_ns();
	slice->total = axis->steps;
	slice->lost = axis->trace_lost;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

/* oscan_state.trace_seq must not be ahead of the steps that were sent. */
static u32 next_seq(struct axis *axis, u8 cmd)
{
	unsigned long flags;
	u32 seq;

	if (cmd == OSCAN_CMD_THIN)
		return axis->thin_seq++;
	raw_spin_lock_irqsave(&axis->lock, flags);
	seq = axis->trace_seq++;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	return seq;
}

/* Sends a batch and empties it. */
static void send(struct axis *axis, u8 cmd, struct trace_batch *batch,
		 u64 horizon_ns, u64 total, u64 lost)
{
	const struct trace_message message = {
		.cmd = cmd,
		.axis = axis->info.axis,
		.seq = next_seq(axis, cmd),
		.lost = lost,
		.horizon_ns = horizon_ns,
		.total = total,
		.batch = batch,
	};

	netlink_send_trace(&message);
	batch_begin(batch, batch->spacing);
}

static void add(struct axis *axis, u8 cmd, struct trace_batch *batch,
		const struct trace_step *step, u64 lost)
{
	if (batch_add(batch, step))
		return;
	send(axis, cmd, batch, batch->last.time_ns, batch->last.number, lost);
	batch_add(batch, step);
}

static bool is_on_grid(const struct trace_step *step, u32 spacing)
{
	s32 rest;

	div_s64_rem(step->position, (s32)spacing, &rest);
	return !rest;
}

/*
 * Whether somebody listens is asked after the steps were taken: who comes
 * later finds them all in the state with which he begins.
 */
static void add_slice(struct axis *axis, struct trace_buffers *buffers)
{
	const struct slice *slice = &buffers->slice;
	bool trace = netlink_wanted(OSCAN_CMD_TRACE);
	bool thin = netlink_wanted(OSCAN_CMD_THIN);
	unsigned int i;

	for (i = 0; i < slice->count; i++) {
		const struct trace_step *step = &slice->steps[i];

		if (trace)
			add(axis, OSCAN_CMD_TRACE, &buffers->trace, step,
			    slice->lost);
		if (thin && is_on_grid(step, buffers->thin.spacing))
			add(axis, OSCAN_CMD_THIN, &buffers->thin, step,
			    slice->lost);
	}
}

static void finish(struct axis *axis, u8 cmd, struct trace_batch *batch,
		   const struct slice *slice)
{
	if (batch->count || slice->state)
		send(axis, cmd, batch, slice->now_ns, slice->total,
		     slice->lost);
}

static void report_state(struct axis *axis)
{
	struct oscan_state state;

	axis_get_state(axis, &state);
	if (READ_ONCE(axis->controller->holder))
		state.flags |= OSCAN_STATE_CONTROLLED;
	netlink_send_state(axis->state_seq++, &state);
}

static void report_axis(struct axis *axis, struct trace_buffers *buffers)
{
	struct stream stream;

	trace_get_stream(axis, &stream);
	batch_begin(&buffers->trace, 1);
	batch_begin(&buffers->thin, stream.spacing);
	do {
		take(axis, &buffers->slice);
		add_slice(axis, buffers);
	} while (buffers->slice.more);
	finish(axis, OSCAN_CMD_TRACE, &buffers->trace, &buffers->slice);
	finish(axis, OSCAN_CMD_THIN, &buffers->thin, &buffers->slice);
	if (buffers->slice.state)
		report_state(axis);
}

void trace_report(struct work_struct *work)
{
	struct controller *controller =
		container_of(work, struct controller, report);
	/* Steps that led to an event are in the ring when axis->lock is free. */
	u64 events = events_so_far(&controller->events);
	unsigned int i;

	for (i = 0; i < controller->n_axes; i++)
		report_axis(&controller->axes[i], controller->buffers);
	events_report(&controller->events, events);
	wake_up_all(&controller->idle);
}

void trace_get_stream(struct axis *axis, struct stream *stream)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	*stream = axis->stream;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

void trace_set_stream(struct axis *axis, const struct stream *stream)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->stream = *stream;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}
