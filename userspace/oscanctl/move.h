/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves of "oscanctl move": of one axis, or of several that start together.
 */
#ifndef OSCANCTL_MOVE_H
#define OSCANCTL_MOVE_H

#include "oscanctl.h"

/**
 * struct motion - the move of one axis
 * @axis: its number
 * @info: of the axis
 * @move: as asked for and, once started, as accepted
 * @begin: where the axis was before
 * @state: where it is now
 */
struct motion {
	unsigned int axis;
	const struct oscan_axis_info *info;
	struct oscan_move move;
	struct oscan_state begin;
	struct oscan_state state;
};

/**
 * struct motions - moves that start together
 * @motor: writable
 * @arrive: they end together, too
 * @count: number of moves, 1 to OSCAN_MAX_AXES
 * @each: shape [@count], of different axes
 */
struct motions {
	struct oscan_motor *motor;
	bool arrive;
	unsigned int count;
	struct motion each[OSCAN_MAX_AXES];
};

/** motion_target - where a move is to end, microsteps */
int64_t motion_target(const struct motion *motion);

/**
 * motions_start - start all of them, or none
 *
 * Motors that are off are switched on.
 *
 * Return: 0, or EXIT_FAILURE after a sentence that names the axis at fault.
 */
int motions_start(struct motions *motions);

#endif /* OSCANCTL_MOVE_H */
