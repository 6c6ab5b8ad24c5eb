// SPDX-License-Identifier: GPL-2.0-or-later
/* Start the moves of "oscanctl move", or say why they cannot be. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "move.h"

/* Of a plan, 2^47 ns. */
#define LONGEST_S 140737.0

int64_t motion_target(const struct motion *motion)
{
	if (motion->move.flags & OSCAN_MOVE_RELATIVE)
		return motion->begin.position + motion->move.target;
	return motion->move.target;
}

static uint64_t speed_of(const struct motion *motion)
{
	return motion->move.speed_sps_q44 ? motion->move.speed_sps_q44 :
					    motion->info->max_speed_sps_q44;
}

/* Even without speeding up and slowing down. */
static bool is_too_slow(const struct motion *motion)
{
	double steps = llabs(motion_target(motion) - motion->begin.position);

	return steps > LONGEST_S * oscan_speed_to_double(speed_of(motion));
}

static int fail_range(const struct motion *motion)
{
	const struct oscan_axis_info *axis = motion->info;
	const struct oscan_move *move = &motion->move;
	const char *unit = oscan_axis_unit_name(axis);
	double scale = oscan_axis_steps_per_unit(axis);
	uint64_t accel = move->accel_sps2_q32;

	if (move->speed_sps_q44 > axis->max_speed_sps_q44)
		return fail("wanted %s at %.4f %s/s, found that it goes up to %.4f %s/s; give a smaller --speed",
			    axis->name,
			    oscan_speed_to_double(move->speed_sps_q44) / scale,
			    unit,
			    oscan_speed_to_double(axis->max_speed_sps_q44) /
			    scale, unit);
	if (move->decel_sps2_q32 > accel)
		accel = move->decel_sps2_q32;
	if (accel > axis->max_accel_sps2_q32)
		return fail("wanted %s to accelerate with %.4f %s/s2, found that it takes up to %.4f %s/s2; give a smaller --accel or --decel",
			    axis->name, oscan_accel_to_double(accel) / scale,
			    unit,
			    oscan_accel_to_double(axis->max_accel_sps2_q32) /
			    scale, unit);
	return fail("wanted a move of %s that takes at most 39 hours, found that this one takes longer; give a greater %s or move in parts",
		    axis->name, is_too_slow(motion) ? "--speed" :
		    "--accel, --decel or --jerk");
}

static int fail_rate(const struct motions *motions)
{
	const struct oscan_axis_info *axis = motions->each[0].info;
	uint32_t most = oscan_motor_info(motions->motor)->max_rate_sps;
	double sum = 0;
	unsigned int i;

	for (i = 0; i < motions->count; i++)
		sum += oscan_speed_to_double(speed_of(&motions->each[i]));
	if (motions->count > 1)
		return fail("wanted %.0f microsteps/s in all, found that this machine carries %u over all moving axes; give a smaller --speed",
			    sum, most);
	return fail("wanted %.0f microsteps/s, found that this machine carries %u over all moving axes; give a --speed of at most %.4f %s/s",
		    sum, most, most / oscan_axis_steps_per_unit(axis),
		    oscan_axis_unit_name(axis));
}

static bool is_too_fast(const struct motion *motion)
{
	const struct oscan_axis_info *info = motion->info;
	const struct oscan_move *move = &motion->move;

	return move->speed_sps_q44 > info->max_speed_sps_q44 ||
	       move->accel_sps2_q32 > info->max_accel_sps2_q32 ||
	       move->decel_sps2_q32 > info->max_accel_sps2_q32;
}

static bool is_outside(const struct motion *motion, int64_t position)
{
	const struct oscan_axis_info *info = motion->info;

	return info->flags & OSCAN_AXIS_HAS_LIMITS &&
	       position != motion->begin.position &&
	       (position < info->limit_min || position > info->limit_max);
}

/* Where it turns round so that play is always on the same side. */
static int64_t farthest(const struct motions *motions,
			const struct motion *motion)
{
	int64_t begin = motion->begin.position, target = motion_target(motion);
	int64_t play = motion->info->backlash_steps;
	bool direct = motions->arrive && motions->count > 1;

	if (direct || target == begin || (play > 0) == (target > begin))
		return target;
	return target - play;
}

static bool is_blocked(const struct motion *motion)
{
	uint32_t stop = motion_target(motion) < motion->begin.position ?
			OSCAN_STATE_AT_MIN : OSCAN_STATE_AT_MAX;

	return motion->begin.flags & stop;
}

static bool is_at_fault(const struct motions *motions,
			const struct motion *motion, int error)
{
	switch (error) {
	case ERANGE:
		return is_too_fast(motion) || is_too_slow(motion);
	case EDOM:
		return is_outside(motion, farthest(motions, motion));
	case ENOSPC:
		return is_blocked(motion);
	case EBUSY:
		return motion->begin.motion != OSCAN_MOTION_IDLE;
	default:
		return false;
	}
}

/* The kernel does not say which; the first one where it cannot be told. */
static const struct motion *find_fault(const struct motions *motions,
				       int error)
{
	unsigned int i;

	for (i = 0; i < motions->count; i++)
		if (is_at_fault(motions, &motions->each[i], error))
			return &motions->each[i];
	return &motions->each[0];
}

static int fail_limits(const struct motions *motions,
		       const struct motion *motion, const char *wanted)
{
	char limits[MACHINE_TEXT_LEN], turn[MACHINE_TEXT_LEN];
	const struct oscan_axis_info *info = motion->info;

	machine_limits(info, limits);
	if (is_outside(motion, motion_target(motion)))
		return fail("wanted to %s, found soft limits of %s; choose a position between them",
			    wanted, limits);
	return fail("wanted to %s, found that it goes on to %s first and comes back, against its play, which is out of its soft limits of %s; choose a position farther within them",
		    wanted,
		    machine_place(info, farthest(motions, motion), turn),
		    limits);
}

static int fail_move(const struct motions *motions, int error)
{
	const struct motion *motion = find_fault(motions, error);
	char wanted[2 * MACHINE_TEXT_LEN], place[MACHINE_TEXT_LEN];

	machine_place(motion->info, motion_target(motion), place);
	snprintf(wanted, sizeof(wanted), "move %s to %s", motion->info->name,
		 place);
	switch (error) {
	case ERANGE:
		return fail_range(motion);
	case E2BIG:
		return fail_rate(motions);
	case EDOM:
		return fail_limits(motions, motion, wanted);
	case EOVERFLOW:
		return fail("wanted to %s, found that it is farther than a move can go (2^40 microsteps); move in parts",
			    wanted);
	default:
		return machine_fail(motions->motor, motion->axis, wanted,
				    error);
	}
}

static int request(struct motions *motions)
{
	struct oscan_move moves[OSCAN_MAX_AXES];
	unsigned int i;

	if (motions->count == 1)
		return oscan_motor_move(motions->motor,
					&motions->each[0].move);
	for (i = 0; i < motions->count; i++)
		moves[i] = motions->each[i].move;
	if (oscan_motor_move_together(motions->motor, moves, motions->count,
				      motions->arrive))
		return -1;
	for (i = 0; i < motions->count; i++)
		motions->each[i].move = moves[i];
	return 0;
}

/* The motors are switched on only where the driver finds one off. */
int motions_start(struct motions *motions)
{
	unsigned int i;

	if (!request(motions))
		return 0;
	if (errno != ESHUTDOWN)
		return fail_move(motions, errno);
	for (i = 0; i < motions->count; i++)
		if (oscan_motor_enable(motions->motor, motions->each[i].axis,
				       true))
			return machine_fail(motions->motor,
					    motions->each[i].axis,
					    "switch the motor on", errno);
	if (request(motions))
		return fail_move(motions, errno);
	return 0;
}
