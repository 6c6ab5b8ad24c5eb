// SPDX-License-Identifier: GPL-2.0-or-later
#include "angle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of scene.h, in millimetres. */
#define DISTANCE 250.0
#define RADIUS 25.0
/* Away from the borders of a belt, and from the rim of the column. */
#define MARGIN 0.6
#define WIDEST 0.9

/* Less than this many grey levels is no code. */
#define LEAST_CONTRAST 8.0
#define LEAST_PIXELS 20

enum { FINE, MIDDLE, COARSE, BELTS };

/* Height from the middle of the column, and periods around it. */
static const struct belt {
	double from;
	double to;
	int periods;
} belts[BELTS] = {
	[FINE] = { -1, 6, 25 },
	[MIDDLE] = { 6, 11, 5 },
	[COARSE] = { 11, 16, 1 },
};

/* Sums of a fit of brightness = a + b cos(n azimuth) + c sin(n azimuth). */
struct sums {
	double matrix[3][3];
	double right[3];
	unsigned int pixels;
};

static void add(struct sums *sums, const double base[3], double brightness)
{
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++)
			sums->matrix[i][k] += base[i] * base[k];
		sums->right[i] += base[i] * brightness;
	}
	sums->pixels++;
}

static double minor(const double m[3][3], int column, const double *right)
{
	double copy[3][3];

	memcpy(copy, m, sizeof(copy));
	if (right)
		for (int i = 0; i < 3; i++)
			copy[i][column] = right[i];
	return copy[0][0] * (copy[1][1] * copy[2][2] -
			     copy[1][2] * copy[2][1]) -
	       copy[0][1] * (copy[1][0] * copy[2][2] -
			     copy[1][2] * copy[2][0]) +
	       copy[0][2] * (copy[1][0] * copy[2][1] -
			     copy[1][1] * copy[2][0]);
}

/* Phase of the code, n times the angle of the turntable. */
static bool solve(const struct sums *sums, double *phase, double *contrast)
{
	double all = minor(sums->matrix, 0, NULL);
	double cosine, sine;

	if (sums->pixels < LEAST_PIXELS || !(all > 0))
		return false;
	cosine = minor(sums->matrix, 1, sums->right) / all;
	sine = minor(sums->matrix, 2, sums->right) / all;
	*phase = atan2(sine, cosine);
	*contrast = hypot(cosine, sine);
	return *contrast >= LEAST_CONTRAST;
}

/**
 * struct stripe - what a column of pixels sees of the object's column
 * @seen: not past its rim
 * @deep: distance from the camera, level
 * @base: of the fit, for each belt
 */
struct stripe {
	bool seen;
	double deep;
	double base[BELTS][3];
};

/**
 * struct picture - an image and what its columns see
 * @stripes: shape [width]
 */
struct picture {
	const uint8_t *pixels;
	uint32_t width;
	uint32_t height;
	uint32_t channels;
	struct stripe *stripes;
};

static double focal(const struct picture *picture)
{
	return fmin(1.5 * picture->width, 2.0 * picture->height);
}

static void look(const struct picture *picture, uint32_t column)
{
	double x = (column - (picture->width - 1) / 2.0) / focal(picture);
	double root = DISTANCE * DISTANCE - (1 + x * x) *
		      (DISTANCE * DISTANCE - RADIUS * RADIUS);
	struct stripe *stripe = &picture->stripes[column];
	double azimuth;

	if (root < 0)
		return;
	stripe->deep = (DISTANCE - sqrt(root)) / (1 + x * x);
	azimuth = atan2(stripe->deep * x, DISTANCE - stripe->deep);
	stripe->seen = fabs(azimuth) < WIDEST;
	for (int i = 0; i < BELTS; i++) {
		stripe->base[i][0] = 1;
		stripe->base[i][1] = cos(belts[i].periods * azimuth);
		stripe->base[i][2] = sin(belts[i].periods * azimuth);
	}
}

static void add_row(const struct picture *picture, uint32_t row, int belt,
		    struct sums *sums)
{
	double y = fabs((picture->height - 1) / 2.0 - row) / focal(picture);
	const uint8_t *pixel = picture->pixels + (size_t)row *
			       picture->width * picture->channels;

	for (uint32_t column = 0; column < picture->width;
	     column++, pixel += picture->channels) {
		const struct stripe *stripe = &picture->stripes[column];
		double z = stripe->deep * y;

		if (stripe->seen && z > belts[belt].from + MARGIN &&
		    z < belts[belt].to - MARGIN)
			add(sums, stripe->base[belt], *pixel);
	}
}

static double wrapped(double phase)
{
	return remainder(phase, 2 * M_PI);
}

/* From a code of all its rows; the middle one is in the middle of them. */
static bool read_belt(const struct picture *picture, int belt, double *phase,
		      double *contrast)
{
	struct sums sums = { .pixels = 0 };

	for (uint32_t row = 0; row < picture->height; row++)
		add_row(picture, row, belt, &sums);
	return solve(&sums, phase, contrast);
}

/* The fine code, row by row: a line through their phases. */
static bool read_rows(const struct picture *picture, double about,
		      double *phase, double *per_row)
{
	double n = 0, x = 0, y = 0, xx = 0, xy = 0, at, found, contrast;

	for (uint32_t row = 0; row < picture->height; row++) {
		struct sums sums = { .pixels = 0 };

		add_row(picture, row, FINE, &sums);
		if (!solve(&sums, &found, &contrast))
			continue;
		at = row - (picture->height - 1) / 2.0;
		found = wrapped(found - about);
		n++;
		x += at;
		y += found;
		xx += at * at;
		xy += at * found;
	}
	if (n < 3)
		return false;
	*per_row = (n * xy - x * y) / (n * xx - x * x);
	*phase = about + (y - *per_row * x) / n;
	return true;
}

/* The one of a finer code's angles that is next to that of a coarser one. */
static double next_to(double coarse, double phase, int periods)
{
	return coarse + wrapped(phase - periods * coarse) / periods;
}

static bool read_picture(const struct picture *picture, struct angle *angle)
{
	double coarse, middle, fine, contrast, per_row, turn;

	if (!read_belt(picture, COARSE, &coarse, &contrast) ||
	    !read_belt(picture, MIDDLE, &middle, &contrast) ||
	    !read_belt(picture, FINE, &fine, &angle->contrast) ||
	    !read_rows(picture, fine, &fine, &per_row))
		return false;
	middle = next_to(coarse, middle, belts[MIDDLE].periods);
	fine = next_to(middle, fine, belts[FINE].periods);
	turn = fine / (2 * M_PI);
	angle->degrees = 360 * (turn - floor(turn));
	angle->per_row = per_row / belts[FINE].periods * 180 / M_PI;
	return true;
}

bool angle_read(const uint8_t *pixels, uint32_t width, uint32_t height,
		uint32_t channels, struct angle *angle)
{
	struct picture picture = {
		.pixels = pixels,
		.width = width,
		.height = height,
		.channels = channels,
		.stripes = calloc(width, sizeof(*picture.stripes)),
	};
	bool read;

	if (!picture.stripes)
		return false;
	for (uint32_t column = 0; column < width; column++)
		look(&picture, column);
	read = read_picture(&picture, angle);
	free(picture.stripes);
	return read;
}

double angle_between(double a, double b)
{
	return remainder(a - b, 360);
}
