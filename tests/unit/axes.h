/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scales of axes for tests of units: fields of struct oscan_axis_info.
 *
 *   static const struct oscan_axis_info rotor = { AXIS_ROTARY(40, 3) };
 */
#ifndef AXES_H
#define AXES_H

#include "oscan.h"

/* 3200 microsteps per turn of the motor, and @num : @den turns of it. */
#define AXIS_ROTARY(num, den)						\
	.unit = OSCAN_UNIT_DEGREE,					\
	.full_steps_per_turn = 200,					\
	.microsteps = 16,						\
	.gear_num = (num),						\
	.gear_den = (den)

/* A lead screw of 8 mm per turn behind a gear of @num : 1. */
#define AXIS_LINEAR(full_steps, num)					\
	.unit = OSCAN_UNIT_MILLIMETRE,					\
	.full_steps_per_turn = (full_steps),				\
	.microsteps = 32,						\
	.gear_num = (num),						\
	.gear_den = 1,							\
	.travel_per_turn_nm = 8000000

#endif /* AXES_H */
