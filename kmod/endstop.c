// SPDX-License-Identifier: GPL-2.0
/*
 * End stops: what their lines say, where the axis was when one closed, and
 * that an axis does not go on towards one that is closed.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>

#include "motor.h"

static const u32 closed_flags[SIDES] = {
	[SIDE_MIN] = OSCAN_STATE_AT_MIN,
	[SIDE_MAX] = OSCAN_STATE_AT_MAX,
};

static struct endstop *stop_towards(struct axis *axis, int sign)
{
	return &axis->stops[sign > 0 ? SIDE_MAX : SIDE_MIN];
}

static u64 debounce_ns(struct endstop *stop)
{
	return (u64)stop->axis->info.stop_debounce_us * NSEC_PER_USEC;
}

/*
 * axis->lock held. Position before motion: a halt may make it suspect. The
 * count of a motor that is off says nothing of where a hand has pushed it.
 */
static void close_stop(struct endstop *stop, u64 now)
{
	struct axis *axis = stop->axis;

	stop->closed = true;
	axis->latch = (struct latch) {
		.position = axis->position,
		.time_ns = now,
		.count = axis->latch.count + 1,
		.stop = closed_flags[stop - axis->stops],
		.stale = !axis->enabled,
	};
	axis_changed(axis);
	events_put_axis(axis, OSCAN_EVENT_STOP_CLOSED, axis->latch.stop, 0);
	/* In the middle of a turn it is at rest and about to go away. */
	if (axis->motion != OSCAN_MOTION_IDLE && axis->sign == stop->sign &&
	    axis->next_edge != STEP_EDGE_TURN)
		step_halt(axis, OSCAN_END_SWITCH);
}

/* axis->lock held */
static void open_stop(struct endstop *stop)
{
	struct axis *axis = stop->axis;

	stop->closed = false;
	axis_changed(axis);
	events_put_axis(axis, OSCAN_EVENT_STOP_OPENED,
			closed_flags[stop - axis->stops], 0);
}

/*
 * axis->lock held. Take over what the line says: it closes at once and opens
 * when it was inactive for the debounce time.
 */
static void take_level(struct endstop *stop, bool active, u64 now)
{
	bool released = stop->active && !active;

	if (active || released)
		stop->active_ns = now;
	stop->active = active;
	if (active && !stop->closed)
		close_stop(stop, now);
	if (active || !stop->closed)
		return;
	if (now - stop->active_ns >= debounce_ns(stop))
		open_stop(stop);
	else if (released)
		hrtimer_start(&stop->settle,
			      ns_to_ktime(now + debounce_ns(stop)),
			      HRTIMER_MODE_ABS_HARD);
}

/* axis->lock held. A line that cannot be read here stays as it was. */
static void read_line(struct endstop *stop)
{
	bool active = stop->active;

	if (!stop->slow)
		active = gpiod_get_value(stop->line) > 0;
	take_level(stop, active, ktime_get_ns());
}

static void report_changes(struct endstop *stop, bool changed)
{
	if (changed)
		axis_report(stop->axis);
}

/* Hard interrupt context. */
static enum hrtimer_restart settle(struct hrtimer *timer)
{
	struct endstop *stop = container_of(timer, struct endstop, settle);
	struct axis *axis = stop->axis;
	bool changed;

	raw_spin_lock(&axis->lock);
	if (stop->line)
		read_line(stop);
	changed = axis->state_changed;
	raw_spin_unlock(&axis->lock);
	report_changes(stop, changed);
	return HRTIMER_NORESTART;
}

/* Hard interrupt context, PREEMPT_RT too. */
static irqreturn_t on_edge(int irq, void *data)
{
	struct endstop *stop = data;
	struct axis *axis = stop->axis;
	bool changed;

	raw_spin_lock(&axis->lock);
	read_line(stop);
	changed = axis->state_changed;
	raw_spin_unlock(&axis->lock);
	report_changes(stop, changed);
	return IRQ_HANDLED;
}

/* Process context. */
static void take_slowly(struct endstop *stop)
{
	struct axis *axis = stop->axis;
	unsigned long flags;
	bool active, changed;

	active = gpiod_get_value_cansleep(stop->line) > 0;
	raw_spin_lock_irqsave(&axis->lock, flags);
	take_level(stop, active, ktime_get_ns());
	changed = axis->state_changed;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	report_changes(stop, changed);
}

/* A thread: the line is on a chip that sleeps. */
static irqreturn_t on_slow_edge(int irq, void *data)
{
	take_slowly(data);
	return IRQ_HANDLED;
}

/* For a stop whose interrupt came before anybody could look, or never. */
void endstop_refresh(struct axis *axis)
{
	struct endstop *stop;
	unsigned long flags;
	bool changed;

	for (stop = axis->stops; stop < axis->stops + SIDES; stop++) {
		raw_spin_lock_irqsave(&axis->lock, flags);
		if (stop->line)
			read_line(stop);
		changed = axis->state_changed;
		raw_spin_unlock_irqrestore(&axis->lock, flags);
		report_changes(stop, changed);
	}
}

bool endstop_is_closed(struct axis *axis, int sign)
{
	struct endstop *stop = stop_towards(axis, sign);

	if (!stop->line)
		return false;
	take_slowly(stop);
	return READ_ONCE(stop->closed);
}

bool endstop_before_step(struct axis *axis)
{
	struct endstop *stop = stop_towards(axis, axis->sign);

	if (!stop->line)
		return false;
	read_line(stop);
	if (stop->closed)
		step_halt(axis, OSCAN_END_SWITCH);
	return stop->closed;
}

u32 endstop_flags(struct axis *axis)
{
	enum side side;
	u32 flags = 0;

	for (side = SIDE_MIN; side < SIDES; side++)
		if (axis->stops[side].closed)
			flags |= closed_flags[side];
	return flags;
}

void endstop_get_state(struct axis *axis, struct oscan_state *state)
{
	state->flags |= endstop_flags(axis);
	state->latch_position = axis->latch.position;
	state->latch_ns = axis->latch.time_ns;
	state->latch_count = axis->latch.count;
	state->latch_stop = axis->latch.stop;
}

int endstop_from_latch(struct axis *axis, s64 *position)
{
	const struct latch *latch = &axis->latch;

	if (!latch->count)
		return -ENODATA;
	if (latch->stale)
		return -ESTALE;
	*position += axis->position - latch->position;
	if (*position > OSCAN_POSITION_LIMIT ||
	    *position < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	return 0;
}

bool endstop_exists(struct axis *axis)
{
	return axis->stops[SIDE_MIN].line || axis->stops[SIDE_MAX].line;
}

struct gpio_desc *endstop_read_before_step(struct axis *axis)
{
	enum side side;

	for (side = SIDE_MIN; side < SIDES; side++)
		if (axis->stops[side].line && !axis->stops[side].slow)
			return axis->stops[side].line;
	return NULL;
}

void endstop_init(struct axis *axis)
{
	enum side side;

	for (side = SIDE_MIN; side < SIDES; side++) {
		axis->stops[side].axis = axis;
		axis->stops[side].sign = side == SIDE_MAX ? 1 : -1;
		compat_hrtimer_setup(&axis->stops[side].settle, settle,
				     CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	}
}

static int request_irq_of(struct endstop *stop, int irq, const char *name)
{
	const unsigned long edges = IRQF_TRIGGER_RISING | IRQF_TRIGGER_FALLING;

	if (stop->slow)
		return request_threaded_irq(irq, NULL, on_slow_edge,
					    edges | IRQF_ONESHOT, name, stop);
	return request_irq(irq, on_edge, edges | IRQF_NO_THREAD, name, stop);
}

/*
 * A stop that is closed already is not latched: nobody saw it close. Without
 * an interrupt a line is read before each step, if it can be.
 */
static int request(struct endstop *stop)
{
	struct axis *axis = stop->axis;
	struct device *dev = axis->controller->dev;
	const char *name = axis->info.name;
	const char *end = stop->sign > 0 ? "max" : "min";
	int irq = gpiod_to_irq(stop->line);
	unsigned long flags;
	int ret = irq;

	stop->active = gpiod_get_value_cansleep(stop->line) > 0;
	raw_spin_lock_irqsave(&axis->lock, flags);
	stop->closed = stop->active;
	page_write(axis);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	if (irq >= 0)
		ret = request_irq_of(stop, irq, dev_name(dev));
	if (!ret) {
		stop->irq = irq;
		return 0;
	}
	if (ret == -EPROBE_DEFER)
		return ret;
	if (stop->slow)
		return dev_err_probe(dev, ret,
				     "%s-stop line of axis %s is on a gpio chip that sleeps and has no interrupt; an end stop needs a chip that does not sleep, or one with interrupts\n",
				     end, name);
	dev_warn(dev, "%s-stop line of axis %s has no interrupt (%d): it is only read before each step\n",
		 end, name, ret);
	return 0;
}

/* Nobody looks at the line after this, so nobody starts the timer. */
static void give_back(struct endstop *stop)
{
	unsigned long flags;

	if (stop->irq)
		free_irq(stop->irq, stop);
	raw_spin_lock_irqsave(&stop->axis->lock, flags);
	stop->line = NULL;
	raw_spin_unlock_irqrestore(&stop->axis->lock, flags);
	hrtimer_cancel(&stop->settle);
}

void endstop_release(struct controller *controller)
{
	unsigned int i;

	for (i = 0; i < controller->n_axes * SIDES; i++)
		give_back(&controller->axes[i / SIDES].stops[i % SIDES]);
}

int endstop_request(struct controller *controller)
{
	struct endstop *stop;
	unsigned int i;
	int ret;

	for (i = 0; i < controller->n_axes * SIDES; i++) {
		stop = &controller->axes[i / SIDES].stops[i % SIDES];
		if (!stop->line)
			continue;
		ret = request(stop);
		if (ret) {
			endstop_release(controller);
			return ret;
		}
	}
	return 0;
}
