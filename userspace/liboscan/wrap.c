// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which way round a turntable goes.
 *
 * A turn need not be a whole number of microsteps: with a gear of 40 : 3 it is
 * 42666 2/3. All is counted in parts of a microstep, as many as the gear's
 * denominator says, of which a turn is a whole number; so nothing drifts,
 * however many turns there were.
 */
#include "oscan.h"

#include <errno.h>
#include <math.h>

#include "internal.h"

typedef __int128 parts_t;

static parts_t parts_per_turn(const struct oscan_axis_info *axis)
{
	return (parts_t)axis->full_steps_per_turn * axis->microsteps *
	       axis->gear_num;
}

/* To the nearest; a half away from zero, as llround(3). */
static int64_t steps_from_parts(const struct oscan_axis_info *axis,
				parts_t parts)
{
	parts_t half = axis->gear_den / 2;

	return (parts < 0 ? parts - half : parts + half) / axis->gear_den;
}

/* From 0 to under one turn. */
static parts_t remainder_of(parts_t parts, parts_t turn)
{
	parts %= turn;
	return parts < 0 ? parts + turn : parts;
}

static int check_limits(const struct oscan_axis_info *axis, int64_t steps)
{
	if (!(axis->flags & OSCAN_AXIS_HAS_LIMITS) ||
	    (steps >= axis->limit_min && steps <= axis->limit_max))
		return 0;
	errno = EDOM;
	return -1;
}

OSCAN_API int oscan_axis_to_steps_by_way(const struct oscan_axis_info *axis,
					 double value, int64_t from,
					 enum oscan_way way, int64_t *steps)
{
	parts_t turn = parts_per_turn(axis), start, ahead, way_up;
	int64_t absolute, to;

	/* First what was asked for; what a modulo makes of it is always good. */
	if (oscan_axis_to_steps(axis, value, &absolute) ||
	    check_limits(axis, absolute))
		return -1;
	if (way == OSCAN_WAY_ABSOLUTE) {
		*steps = absolute;
		return 0;
	}
	if (!(axis->flags & OSCAN_AXIS_WRAPS) ||
	    axis->unit != OSCAN_UNIT_DEGREE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	start = (parts_t)from * axis->gear_den;
	ahead = llroundl(fmodl(value, 360) / 360 * turn);
	way_up = remainder_of(ahead - start, turn);
	to = steps_from_parts(axis, start + way_up -
			      (2 * way_up > turn ? turn : 0));
	/* On the microstep nearest to that angle no turn is due. */
	if (to != from && way != OSCAN_WAY_SHORTEST)
		to = steps_from_parts(axis, start + way_up -
				      (way == OSCAN_WAY_DOWN ? turn : 0));
	if (check_limits(axis, to))
		return -1;
	*steps = to;
	return 0;
}
