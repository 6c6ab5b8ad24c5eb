// SPDX-License-Identifier: LGPL-2.1-or-later
/* The scale of an axis from a travel that was measured. */
#include "oscan.h"

#include <errno.h>
#include <math.h>

#include "internal.h"

/* Below what anybody can measure, above what rounding makes of a fraction. */
#define LEAST_TOLERANCE 1e-10L

struct fraction {
	long double num;
	long double den;
};

/*
 * The fraction of least denominator from @low to @high, by continued
 * fractions (Knuth, The Art of Computer Programming 2, 4.5.3, exercise 39).
 */
static struct fraction simplest_between(long double low, long double high)
{
	long double whole = floorl(low);
	struct fraction rest;

	if (whole == low)
		return (struct fraction) { whole, 1 };
	if (whole < floorl(high))
		return (struct fraction) { whole + 1, 1 };
	rest = simplest_between(1 / (high - whole), 1 / (low - whole));
	return (struct fraction) {
		whole * rest.num + rest.den, rest.num
	};
}

static int calibrate_gear(struct oscan_axis_info *axis, long double factor,
			  long double tolerance)
{
	long double ratio = factor * axis->gear_num / axis->gear_den;
	struct fraction fraction;

	tolerance = fmaxl(tolerance, LEAST_TOLERANCE);
	fraction = simplest_between(ratio * (1 - tolerance),
				    ratio * (1 + tolerance));
	if (!(fraction.num >= 1 && fraction.num <= UINT32_MAX &&
	      fraction.den <= UINT32_MAX)) {
		errno = ERANGE;
		return -1;
	}
	axis->gear_num = (uint32_t)fraction.num;
	axis->gear_den = (uint32_t)fraction.den;
	return 0;
}

static int calibrate_travel(struct oscan_axis_info *axis, long double factor)
{
	long double nm = roundl(axis->travel_per_turn_nm / factor);

	if (!(nm >= 1 && nm <= UINT32_MAX)) {
		errno = ERANGE;
		return -1;
	}
	axis->travel_per_turn_nm = (uint64_t)nm;
	return 0;
}

OSCAN_API int oscan_axis_calibrate(const struct oscan_axis_info *axis,
				   double commanded, double measured,
				   double tolerance,
				   struct oscan_axis_info *calibrated)
{
	long double factor = (long double)commanded / measured;
	struct oscan_axis_info result = *axis;
	int ret;

	/* Not the other way round, so that NaN is refused too. */
	if (!(factor > 0 && isfinite(factor)) || !(tolerance >= 0 &&
						   tolerance < 1)) {
		errno = EINVAL;
		return -1;
	}
	if (axis->unit == OSCAN_UNIT_MILLIMETRE)
		ret = calibrate_travel(&result, factor);
	else
		ret = calibrate_gear(&result, factor, tolerance);
	if (!ret)
		*calibrated = result;
	return ret;
}
