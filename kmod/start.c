// SPDX-License-Identifier: GPL-2.0
/*
 * An order is carried out by an axis that rests: lines first, then the timer.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "order.h"

static void sleep_until(u64 ns)
{
	u64 now = ktime_get_ns();

	if (now < ns)
		fsleep(div_u64(ns - now, NSEC_PER_USEC) + 1);
}

void start_direction(struct axis *axis, int sign)
{
	if (sign == axis->sign)
		return;
	sleep_until(axis->fall_ns + axis->info.dir_hold_ns);
	gpiod_set_value(axis->dir, sign > 0);
	axis->dir_ns = ktime_get_ns();
	axis->sign = sign;
}

u64 start_earliest(const struct axis *axis)
{
	return max(ktime_get_ns(), step_lines_ready_ns(axis));
}

void start_nothing(struct axis *axis, struct oscan_move *move)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->leg.move_id = order_next_id(axis);
	axis->leg.goal = axis->position;
	step_new_move(axis);
	axis->end = OSCAN_END_DONE;
	events_put_axis(axis, OSCAN_EVENT_MOVE_ENDED, OSCAN_END_DONE, 0);
	move->move_id = axis->move_id;
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
}

void start_order(struct axis *axis, struct order *order,
		 struct oscan_move *move, u64 origin_ns)
{
	unsigned long flags;

	order_name(order, order_next_id(axis));
	raw_spin_lock_irqsave(&axis->lock, flags);
	axis->leg = order->legs[0];
	axis->legs[0] = order->legs[1];
	axis->legs_count = order->count - 1;
	axis->plan = axis->draft;
	axis->rate_sps = order_rate(&axis->leg.request);
	step_new_move(axis);
	step_begin(axis, origin_ns);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
	axis_report(axis);
	move->start_ns = origin_ns;
	move->move_id = axis->last_id;
}

bool start_is_blocked(struct axis *axis, const struct order *order)
{
	return order->count && endstop_is_closed(axis, order->legs[0].sign);
}
