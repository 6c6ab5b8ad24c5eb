// SPDX-License-Identifier: GPL-2.0
/*
 * ENABLE: motors that are switched on and off, by a line of their own or by
 * one that axes share, and switched off when they have rested long enough.
 */
#include <linux/ktime.h>

#include "motor.h"

static bool is_shared(struct axis *axis)
{
	return !axis->enable_line && axis->controller->shared_enable;
}

static bool has_line(struct axis *axis)
{
	return axis->enable_line || is_shared(axis);
}

static bool shared_line_is_used(struct controller *controller)
{
	unsigned int i;

	for (i = 0; i < controller->n_axes; i++)
		if (is_shared(&controller->axes[i]) &&
		    controller->axes[i].enabled)
			return true;
	return false;
}

/* Not under axis->lock: these lines may be on a chip that sleeps. */
static void energise(struct axis *axis)
{
	struct controller *controller = axis->controller;

	if (!is_shared(axis)) {
		gpiod_set_value_cansleep(axis->enable_line, 1);
		axis->enable_ns = ktime_get_ns();
		return;
	}
	if (!shared_line_is_used(controller)) {
		gpiod_set_value_cansleep(controller->shared_enable, 1);
		controller->shared_enable_ns = ktime_get_ns();
	}
	axis->enable_ns = controller->shared_enable_ns;
}

static void set_enabled(struct axis *axis, bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->enabled = on;
	axis->rest_ns = ktime_get_ns();
	axis_changed(axis);
	events_put_axis(axis, on ? OSCAN_EVENT_ENABLED : OSCAN_EVENT_DISABLED,
			0, 0);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

/* The motor is not held any more. */
static void lose_hold(struct axis *axis)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	step_suspect(axis);
	axis_changed(axis);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

static void release_shared(struct controller *controller)
{
	unsigned int i;

	if (shared_line_is_used(controller))
		return;
	gpiod_set_value_cansleep(controller->shared_enable, 0);
	for (i = 0; i < controller->n_axes; i++)
		if (is_shared(&controller->axes[i]))
			lose_hold(&controller->axes[i]);
}

static void release(struct axis *axis)
{
	set_enabled(axis, false);
	if (is_shared(axis)) {
		release_shared(axis->controller);
		return;
	}
	gpiod_set_value_cansleep(axis->enable_line, 0);
	lose_hold(axis);
}

/* Whoever asks for it again is about to need it. */
static void rest_anew(struct axis *axis)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->rest_ns = ktime_get_ns();
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

static u64 idle_off_ns(struct axis *axis)
{
	return (u64)axis->info.idle_off_ms * NSEC_PER_MSEC;
}

static void wait_for_idle(struct axis *axis, u64 ns)
{
	schedule_delayed_work(&axis->idle_off, nsecs_to_jiffies(ns) + 1);
}

int enable_set(struct axis *axis, bool on)
{
	if (!has_line(axis))
		return on ? 0 : -EOPNOTSUPP;
	if (!on && !axis_is_idle(axis))
		return -EBUSY;
	if (on == axis->enabled) {
		rest_anew(axis);
		return 0;
	}
	if (on) {
		energise(axis);
		set_enabled(axis, true);
	} else {
		release(axis);
	}
	if (on && axis->info.idle_off_ms)
		wait_for_idle(axis, idle_off_ns(axis));
	axis_report(axis);
	return 0;
}

/* Until it has rested long enough; a moving axis has all of it before it. */
static u64 rest_left_ns(struct axis *axis)
{
	u64 left = idle_off_ns(axis), rested;
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	if (axis->motion == OSCAN_MOTION_IDLE) {
		rested = ktime_get_ns() - axis->rest_ns;
		left -= min(left, rested);
	}
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	return left;
}

static void idle_off(struct work_struct *work)
{
	struct axis *axis = container_of(to_delayed_work(work), struct axis,
					 idle_off);
	struct controller *controller = axis->controller;
	u64 left;

	mutex_lock(&controller->mutex);
	if (!controller->gone && axis->enabled) {
		left = rest_left_ns(axis);
		if (left)
			wait_for_idle(axis, left);
		else
			enable_set(axis, false);
	}
	mutex_unlock(&controller->mutex);
}

void enable_init(struct axis *axis)
{
	INIT_DELAYED_WORK(&axis->idle_off, idle_off);
	axis->enabled = !has_line(axis);
}

void enable_exit(struct axis *axis)
{
	cancel_delayed_work_sync(&axis->idle_off);
}
