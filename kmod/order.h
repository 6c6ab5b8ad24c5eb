/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Orders: moves that are checked and cut into legs, and how they begin. In
 * process context with the controller's mutex held, but where it says so.
 */
#ifndef OSCAN_ORDER_H
#define OSCAN_ORDER_H

#include "motor.h"

/**
 * struct order - a move, checked and cut
 * @legs: shape [count]
 * @count: 0 for a move of no steps
 * @homing: where the soft limits are is yet to be found
 */
struct order {
	struct leg legs[2];
	unsigned int count;
	bool homing;
};

/* order.c */

/** order_flags_are_valid - none unknown, none that exclude each other */
bool order_flags_are_valid(const struct oscan_move *move);

/**
 * order_read_limits - how fast a move may go
 * @request: out, without steps
 *
 * Return: 0, or the errno of OSCAN_IOC_MOVE.
 */
int order_read_limits(struct axis *axis, const struct oscan_move *move,
		      struct plan_request *request);

/** order_rate - greatest rate of a move, microsteps per second, rounded up */
u32 order_rate(const struct plan_request *request);

/**
 * order_check_rate - can the machine carry it beside what runs?
 * @also: rates that come on top of those of the axes
 *
 * Return: 0 or -E2BIG.
 */
int order_check_rate(struct axis *axis, u64 also, u32 rate_sps);

/**
 * order_make - legs of a move from rest at @from
 *
 * Return: 0, or the errno of OSCAN_IOC_MOVE.
 */
int order_make(const struct axis *axis, const struct oscan_move *move, s64 from,
	       const struct plan_request *request, struct order *order);

/**
 * order_make_at_speed - legs of a move that replaces the one under way
 * @order: out, all legs but the first
 * @first: out, which does not say yet at what speed it begins
 *
 * For a target that the axis can stop at, or has to come back to. axis->lock
 * held.
 *
 * Return: 0, or the errno of OSCAN_IOC_MOVE.
 */
int order_make_at_speed(struct axis *axis, const struct oscan_move *move,
			const struct plan_request *request, struct order *order,
			struct leg *first);

/**
 * order_plan - plan all legs from rest, the first one into the draft
 *
 * Return: 0 or -ERANGE.
 */
int order_plan(struct axis *axis, struct order *order, struct oscan_move *move);

/**
 * order_can_begin_at_rest - can all legs be planned from rest?
 * @first: one more, or NULL
 *
 * For so the later ones begin, and a stumble has the first one begin anew.
 * axis->lock held.
 */
bool order_can_begin_at_rest(struct axis *axis, const struct order *order,
			     const struct leg *first);

/** order_next_id - number of the next move, never 0 */
u32 order_next_id(struct axis *axis);

/** order_name - give all legs the number of their move */
void order_name(struct order *order, u32 id);

/* start.c */

/**
 * start_direction - write DIR, no sooner than its hold time after a step
 *
 * The axis is idle and cannot start: neither line nor times change. Sleeps.
 */
void start_direction(struct axis *axis, int sign);

/** start_earliest - when the first interval may begin, CLOCK_MONOTONIC */
u64 start_earliest(const struct axis *axis);

/** start_nothing - a move of no steps is over at once, but is a move */
void start_nothing(struct axis *axis, struct oscan_move *move);

/** start_order - begin; lines are set, the draft is the first leg's plan */
void start_order(struct axis *axis, struct order *order,
		 struct oscan_move *move, u64 origin_ns);

/**
 * start_is_blocked - is the end stop closed on the side it goes to?
 *
 * At rest. Once it moves, the line is read before each step.
 */
bool start_is_blocked(struct axis *axis, const struct order *order);

#endif /* OSCAN_ORDER_H */
