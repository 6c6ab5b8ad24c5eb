// SPDX-License-Identifier: GPL-2.0-or-later
/* Which moment of a frame its time marks, from when frames come. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "diag.h"

const char *diag_verdict_name(enum diag_verdict verdict)
{
	static const char *const names[] = {
		[DIAG_NONE] = "none",
		[DIAG_START_ACQUIRE] = "start_acquire",
		[DIAG_END_ACQUIRE] = "end_acquire",
		[DIAG_END_PERIOD] = "end_period",
	};

	return names[verdict];
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static double deviation(const double *values, size_t count)
{
	double sum = 0, squares = 0, mean;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	mean = sum / count;
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return sqrt(squares / (count - 1));
}

void diag_judge(double *quarter, double *whole, size_t count, double longest_s,
		double period_s, double exposure_s, double readout_s,
		struct diag_timing *timing)
{
	/* What lies between the two meanings: so much longer an exposure. */
	double spread = 0.75 * exposure_s, shift, residual;

	timing->verdict = DIAG_NONE;
	*timing->why = '\0';
	timing->delay_short_s = median(quarter, count);
	timing->delay_long_s = median(whole, count);
	timing->spread_s = fmax(deviation(quarter, count),
				deviation(whole, count));
	timing->longest_s = longest_s;
	shift = timing->delay_long_s - timing->delay_short_s;
	residual = fmin(fabs(shift), fabs(shift - spread)) +
		   timing->spread_s / sqrt(count);

	if (longest_s > 2 * period_s)
		snprintf(timing->why, sizeof(timing->why),
			 "frames came together: %.3g s between two, with a period of %.3g s",
			 longest_s, period_s);
	else if (timing->spread_s > exposure_s)
		snprintf(timing->why, sizeof(timing->why),
			 "the times scatter by %.3g s, more than the exposure of %.3g s",
			 timing->spread_s, exposure_s);
	else if (residual > 0.5 * spread)
		snprintf(timing->why, sizeof(timing->why),
			 "an exposure longer by %.3g s moved the times by %.3g s, which is neither",
			 spread, shift);
	else if (fabs(shift - spread) < fabs(shift))
		timing->verdict = DIAG_START_ACQUIRE;
	else if (timing->delay_long_s >= readout_s)
		timing->verdict = DIAG_END_ACQUIRE;
	else
		timing->verdict = DIAG_END_PERIOD;
}
