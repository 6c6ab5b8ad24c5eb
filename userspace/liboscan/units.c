// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <math.h>

#include "internal.h"

#define SPEED_FRACTION_BITS 44
#define ACCEL_FRACTION_BITS 32
#define JERK_FRACTION_BITS 24

OSCAN_API const char *oscan_axis_unit_name(const struct oscan_axis_info *axis)
{
	return axis->unit == OSCAN_UNIT_MILLIMETRE ? "mm" : "deg";
}

static double units_per_turn(const struct oscan_axis_info *axis)
{
	if (axis->unit == OSCAN_UNIT_MILLIMETRE)
		return (double)axis->travel_per_turn_nm / 1e6;
	return 360.0;
}

OSCAN_API double oscan_axis_steps_per_turn(const struct oscan_axis_info *axis)
{
	return (double)axis->full_steps_per_turn * axis->microsteps *
	       axis->gear_num / axis->gear_den;
}

OSCAN_API double oscan_axis_steps_per_unit(const struct oscan_axis_info *axis)
{
	return oscan_axis_steps_per_turn(axis) / units_per_turn(axis);
}

OSCAN_API double oscan_axis_to_unit(const struct oscan_axis_info *axis,
				    double steps)
{
	return steps * units_per_turn(axis) /
	       oscan_axis_steps_per_turn(axis);
}

OSCAN_API int oscan_axis_to_steps(const struct oscan_axis_info *axis,
				  double value, int64_t *steps)
{
	double exact = value * oscan_axis_steps_per_turn(axis) /
		       units_per_turn(axis);

	/* Not "greater than", so that NaN is refused too. */
	if (!(fabs(exact) <= (double)OSCAN_POSITION_LIMIT)) {
		errno = ERANGE;
		return -1;
	}
	*steps = llround(exact);
	return 0;
}

/* Zero asks the kernel for the greatest value, so the least is not zero. */
static uint64_t fixed_from_double(double value, int fraction_bits)
{
	double scaled = ldexp(value, fraction_bits);

	if (!(scaled > 0))
		return 0;
	if (scaled >= 0x1p64)
		return UINT64_MAX;
	return scaled < 1 ? 1 : (uint64_t)round(scaled);
}

OSCAN_API uint64_t oscan_speed_from_double(double steps_per_s)
{
	return fixed_from_double(steps_per_s, SPEED_FRACTION_BITS);
}

OSCAN_API double oscan_speed_to_double(uint64_t speed_sps_q44)
{
	return ldexp((double)speed_sps_q44, -SPEED_FRACTION_BITS);
}

OSCAN_API uint64_t oscan_accel_from_double(double steps_per_s2)
{
	return fixed_from_double(steps_per_s2, ACCEL_FRACTION_BITS);
}

OSCAN_API double oscan_accel_to_double(uint64_t accel_sps2_q32)
{
	return ldexp((double)accel_sps2_q32, -ACCEL_FRACTION_BITS);
}

OSCAN_API uint64_t oscan_jerk_from_double(double steps_per_s3)
{
	return fixed_from_double(steps_per_s3, JERK_FRACTION_BITS);
}

OSCAN_API double oscan_jerk_to_double(uint64_t jerk_sps3_q24)
{
	return ldexp((double)jerk_sps3_q24, -JERK_FRACTION_BITS);
}
