// SPDX-License-Identifier: GPL-2.0
/*
 * Moves of several axes that begin, or also end, at the same time.
 */
#include <linux/nospec.h>
#include <linux/slab.h>

#include "order.h"

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
		    !order_flags_are_valid(&moves[i]) || (moves[i].flags & refused))
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

static int make_orders(struct controller *controller, u32 flags,
		       struct oscan_move *moves, struct order *orders,
		       unsigned int count)
{
	struct plan_request request;
	struct oscan_move move;
	struct axis *axis;
	unsigned int i;
	u64 rates = 0;
	int ret;

	for (i = 0; i < count; i++) {
		axis = axis_of(controller, &moves[i]);
		if (!axis_is_idle(axis))
			return -EBUSY;
		move = moves[i];
		/* What is arrived at together cannot be overrun. */
		if (flags & OSCAN_GROUP_ARRIVE)
			move.flags |= OSCAN_MOVE_DIRECT;
		ret = order_read_limits(axis, &move, &request);
		if (!ret)
			ret = order_make(axis, &move, axis->position, &request,
					 &orders[i]);
		if (!ret && start_is_blocked(axis, &orders[i]))
			ret = -ENOSPC;
		if (!ret)
			ret = order_check_rate(axis, rates, order_rate(&request));
		if (!ret)
			ret = order_plan(axis, &orders[i], &moves[i]);
		if (ret)
			return ret;
		rates += order_rate(&request);
	}
	return 0;
}

/* All as long as the longest. */
static void slow_down(struct controller *controller, struct oscan_move *moves,
		      struct order *orders, unsigned int count)
{
	u64 longest = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		longest = max(longest, moves[i].duration_ns);
	for (i = 0; i < count; i++) {
		if (!orders[i].count || moves[i].duration_ns == longest)
			continue;
		plan_stretch(&axis_of(controller, &moves[i])->draft,
			     &orders[i].legs[0].request, longest);
		moves[i].duration_ns = longest;
	}
}

static u64 find_origin(struct controller *controller,
		       const struct oscan_move *moves, unsigned int count)
{
	u64 origin = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		origin = max(origin,
			     start_earliest(axis_of(controller, &moves[i])));
	return origin + count * GROUP_LEAD_NS;
}

/* Interrupts off: nothing comes between the origin and the last start. */
static void start_all(struct controller *controller, struct oscan_move *moves,
		      struct order *orders, unsigned int count)
{
	unsigned long flags;
	struct axis *axis;
	unsigned int i;
	u64 origin;

	local_irq_save(flags);
	origin = find_origin(controller, moves, count);
	for (i = 0; i < count; i++) {
		axis = axis_of(controller, &moves[i]);
		moves[i].start_ns = 0;
		if (orders[i].count)
			start_order(axis, &orders[i], &moves[i], origin);
		else
			start_nothing(axis, &moves[i]);
	}
	local_irq_restore(flags);
}

static int run_orders(struct controller *controller, u32 flags,
		      struct oscan_move *moves, struct order *orders,
		      unsigned int count)
{
	unsigned int i;
	int ret;

	ret = make_orders(controller, flags, moves, orders, count);
	if (!ret && (flags & OSCAN_GROUP_ARRIVE))
		slow_down(controller, moves, orders, count);
	for (i = 0; !ret && i < count; i++)
		if (!axis_of(controller, &moves[i])->enabled)
			ret = -ESHUTDOWN;
	if (ret)
		return ret;
	for (i = 0; i < count; i++)
		if (orders[i].count)
			start_direction(axis_of(controller, &moves[i]),
					orders[i].legs[0].sign);
	start_all(controller, moves, orders, count);
	return 0;
}

int axes_move_together(struct controller *controller, u32 flags,
		       struct oscan_move *moves, unsigned int count)
{
	struct order *orders;
	int ret;

	ret = check_group(controller, flags, moves, count);
	if (ret)
		return ret;
	orders = kcalloc(count, sizeof(*orders), GFP_KERNEL);
	if (!orders)
		return -ENOMEM;
	ret = run_orders(controller, flags, moves, orders, count);
	kfree(orders);
	return ret;
}
