// SPDX-License-Identifier: GPL-2.0-or-later
#include "shift.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* How many frames away from the same label the same sight is looked for. */
#define REACH 8

/* How much further than to its neighbours a frame is asked. */
#define OVER 1.3

/* Share of the spacing of the frames; found on images with fine detail. */
#define PARABOLA 0.005

/* Least root mean square of what a step of a frame changes, grey levels. */
#define LEAST_CHANGE 0.5

/**
 * struct model - a frame as a parabola of the position, and another frame
 *
 * With r the difference of the two, d and e the first and half of the second
 * derivative of the parabola, sums over all bytes.
 */
struct model {
	double rr, rd, re, dd, de, ee;
};

static double difference(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	return sum;
}

static size_t label_next_to(const struct shift_pass *pass, double position)
{
	size_t best = 0;

	for (size_t i = 1; i < pass->frames; i++)
		if (fabs(pass->position[i] - position) <
		    fabs(pass->position[best] - position))
			best = i;
	return best;
}

static size_t most_alike(const struct shift_pass *pass, const uint8_t *image,
			 double position)
{
	size_t about = label_next_to(pass, position), best = about;
	size_t last = about + REACH < pass->frames ? about + REACH :
						     pass->frames - 1;
	double least = DBL_MAX, differ;

	for (size_t i = about > REACH ? about - REACH : 0; i <= last; i++) {
		differ = difference(pass->images + i * pass->bytes, image,
				    pass->bytes);
		if (differ < least) {
			least = differ;
			best = i;
		}
	}
	return best;
}

static struct model compare(const struct shift_pass *pass, size_t i,
			    const uint8_t *other)
{
	double before = pass->position[i] - pass->position[i - 1];
	double after = pass->position[i + 1] - pass->position[i];
	const uint8_t *b = pass->images + i * pass->bytes;
	const uint8_t *a = b - pass->bytes, *c = b + pass->bytes;
	struct model model = { 0 };

	for (size_t k = 0; k < pass->bytes; k++) {
		double left = (b[k] - a[k]) / before;
		double right = (c[k] - b[k]) / after;
		double e = (right - left) / (before + after);
		double d = left + e * before;
		double r = other[k] - b[k];

		model.rr += r * r;
		model.rd += r * d;
		model.re += r * e;
		model.dd += d * d;
		model.de += d * e;
		model.ee += e * e;
	}
	return model;
}

/* What is left of r after d u + e u^2. */
static double left_of(const struct model *model, double u)
{
	return model->rr - 2 * model->rd * u +
	       (model->dd - 2 * model->re) * u * u +
	       2 * model->de * u * u * u + model->ee * u * u * u * u;
}

/* Where the least is left, by halving a third; NAN at the ends. */
static double best_between(const struct model *model, double low, double high)
{
	double step = (high - low) / 32, best = low, from, to;

	for (int i = 1; i <= 32; i++)
		if (left_of(model, low + i * step) < left_of(model, best))
			best = low + i * step;
	if (best - low < step / 2 || high - best < step / 2)
		return NAN;
	from = best - step;
	to = best + step;
	for (int i = 0; i < 60; i++) {
		double a = from + (to - from) / 3, b = to - (to - from) / 3;

		if (left_of(model, a) < left_of(model, b))
			to = b;
		else
			from = a;
	}
	return (from + to) / 2;
}

/*
 * How far from frame @i another image was taken, by what the frame changes
 * with the position. NAN when nothing changes, or not within reach.
 */
static double away(const struct shift_pass *pass, size_t i,
		   const uint8_t *image)
{
	double before = pass->position[i] - pass->position[i - 1];
	double after = pass->position[i + 1] - pass->position[i];
	struct model model;

	if (!(before > 0) || !(after > 0))
		return NAN;
	model = compare(pass, i, image);
	if (sqrt(model.dd / pass->bytes) * fmin(before, after) < LEAST_CHANGE)
		return NAN;
	return best_between(&model, -OVER * before, OVER * after);
}

/*
 * Label that an image would have had in the other pass, NAN when it is not
 * seen. Fine detail that the pixels do not resolve makes every distance too
 * short by some share, so that both of the frames next to it are asked.
 */
static double label_of(const struct shift_pass *pass, const uint8_t *image,
		       double about)
{
	size_t i = most_alike(pass, image, about), k;
	double here, there;

	if (i < 2 || i + 2 >= pass->frames)
		return NAN;
	here = away(pass, i, image);
	k = here > 0 ? i + 1 : i - 1;
	there = away(pass, k, image);
	if (isnan(here) || here == 0)
		return here + pass->position[i];
	if (isnan(there) || here * there >= 0)
		return NAN;
	return pass->position[i] + (pass->position[k] - pass->position[i]) *
	       here / (here - there);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return (values[count / 2] + values[(count - 1) / 2]) / 2;
}

/*
 * The median, and by how much half of the values differ from it; and what the
 * parabola is wrong by for all of them alike.
 */
static void summarise(double *values, size_t count, double spacing,
		      struct shift *shift)
{
	shift->pairs = count;
	shift->value = median(values, count);
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - shift->value);
	shift->sigma = hypot(1.4826 * median(values, count) / sqrt(count),
			     PARABOLA * spacing);
}

static double spacing_of(const struct shift_pass *pass)
{
	return (pass->position[pass->frames - 1] - pass->position[0]) /
	       (pass->frames - 1);
}

int shift_find(const struct shift_pass *up, const struct shift_pass *down,
	       struct shift *shift)
{
	double *values = calloc(down->frames + 1, sizeof(*values)), label;
	size_t count = 0;

	if (!values)
		return -1;
	for (size_t i = 0; i < down->frames && up->frames; i++) {
		label = label_of(up, down->images + i * down->bytes,
				 down->position[i]);
		if (!isnan(label))
			values[count++] = label - down->position[i];
	}
	if (count >= SHIFT_LEAST_PAIRS)
		summarise(values, count, spacing_of(up), shift);
	free(values);
	errno = ENODATA;
	return count >= SHIFT_LEAST_PAIRS ? 0 : -1;
}

int latency_fit(const double *speed, const struct shift *shift, size_t count,
		struct latency *latency)
{
	double mean_x = 0, mean_y = 0, xx = 0, xy = 0, slope, left = 0;
	double known = 0;

	for (size_t i = 0; i < count; i++) {
		mean_x += speed[i] / count;
		mean_y += shift[i].value / count;
	}
	for (size_t i = 0; i < count; i++) {
		double x = speed[i] - mean_x;

		xx += x * x;
		xy += x * (shift[i].value - mean_y);
		known += x * x * shift[i].sigma * shift[i].sigma;
	}
	if (count < 3 || !(xx > 1e-12 * mean_x * mean_x)) {
		errno = EINVAL;
		return -1;
	}
	slope = xy / xx;
	for (size_t i = 0; i < count; i++)
		left += pow(shift[i].value - mean_y -
			    slope * (speed[i] - mean_x), 2);
	latency->seconds = slope / 2;
	latency->sigma = fmax(sqrt(known) / xx,
			      sqrt(left / (count - 2) / xx)) / 2;
	latency->backlash = mean_y - slope * mean_x;
	return 0;
}
