// SPDX-License-Identifier: GPL-2.0-or-later
#include "defocus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "camera.h"

/* Columns of bytes that are blurred together, for the cache. */
#define BLOCK 16

/* Of the image in which the best lens position is searched. */
#define SEARCH_WIDTH 320
#define SEARCH_STEPS 8
#define SEARCH_ROUNDS 5

/**
 * struct blur - what both directions share
 * @radius: of the circle for each dioptre, as the half width of a box
 * @sums: running sums of a row, or of a block of columns
 */
struct blur {
	const struct scene *scene;
	float lens_dpt;
	float radius;
	uint32_t channels;
	uint32_t *sums;
};

/* Half the width of the box of a pixel; that of a sharp one is 0.5. */
static float half_width(const struct blur *blur, float dioptres)
{
	float h = blur->radius * (dioptres - blur->lens_dpt);

	return sqrtf(0.25f + h * h);
}

/* The sum up to a place between pixels; @step: from one sum to the next. */
static float sum_to(const uint32_t *sums, float place, uint32_t step)
{
	uint32_t whole = place;
	float part = place - whole;
	const uint32_t *at = sums + (size_t)whole * step;

	return part > 0 ? part * (at[step] - at[0]) : 0;
}

/*
 * The mean from @middle - @half to @middle + @half, of @count pixels. Whole
 * sums are subtracted as integers, a float would lose the last digits.
 */
static uint8_t mean(const uint32_t *sums, uint32_t step, uint32_t count,
		    float middle, float half)
{
	float from = fmaxf(middle - half, 0);
	float to = fminf(middle + half, count);
	uint32_t whole = sums[(size_t)(uint32_t)to * step] -
			 sums[(size_t)(uint32_t)from * step];

	return (whole + sum_to(sums, to, step) - sum_to(sums, from, step)) /
	       (to - from) + 0.5f;
}

static void blur_row(const struct blur *blur, uint32_t row, uint32_t channel,
		     uint8_t *pixels)
{
	const float *dioptres = scene_dioptres(blur->scene, row);
	uint32_t width = scene_width(blur->scene), step = blur->channels;

	pixels += (size_t)row * width * step + channel;
	blur->sums[0] = 0;
	for (uint32_t x = 0; x < width; x++)
		blur->sums[x + 1] = blur->sums[x] + pixels[(size_t)x * step];
	for (uint32_t x = 0; x < width; x++)
		pixels[(size_t)x * step] = mean(blur->sums, 1, width, x + 0.5f,
						half_width(blur, dioptres[x]));
}

static void blur_columns(const struct blur *blur, size_t first, size_t count,
			 uint8_t *pixels)
{
	size_t row_bytes = (size_t)scene_width(blur->scene) * blur->channels;
	uint32_t height = scene_height(blur->scene);
	uint8_t *at = pixels + first;
	const float *dioptres;
	uint32_t *sums;

	memset(blur->sums, 0, BLOCK * sizeof(*blur->sums));
	for (uint32_t y = 0; y < height; y++, at += row_bytes) {
		sums = blur->sums + (size_t)y * BLOCK;
		for (size_t i = 0; i < count; i++)
			sums[BLOCK + i] = sums[i] + at[i];
	}
	at = pixels + first;
	for (uint32_t y = 0; y < height; y++, at += row_bytes) {
		dioptres = scene_dioptres(blur->scene, y);
		for (size_t i = 0; i < count; i++)
			at[i] = mean(blur->sums + i, BLOCK, height, y + 0.5f,
				     half_width(blur, dioptres[(first + i) /
							blur->channels]));
	}
}

int defocus(const struct scene *scene, double lens_dpt, uint32_t channels,
	    uint8_t *pixels)
{
	uint32_t width = scene_width(scene), height = scene_height(scene);
	size_t row_bytes = (size_t)width * channels;
	size_t room = (size_t)(height + 1) * BLOCK;
	struct blur blur = {
		.scene = scene,
		.lens_dpt = lens_dpt,
		/* A circle has the variance r^2 / 4, a box h^2 / 3. */
		.radius = scene_focal_px(width, height) *
			  DEFOCUS_APERTURE_MM / 2000 * sqrt(0.75),
		.channels = channels,
	};

	if (room < width + 1)
		room = width + 1;
	blur.sums = malloc(room * sizeof(*blur.sums));
	if (!blur.sums)
		return -1;
	for (uint32_t row = 0; row < height; row++)
		for (uint32_t channel = 0; channel < channels; channel++)
			blur_row(&blur, row, channel, pixels);
	for (size_t first = 0; first < row_bytes; first += BLOCK)
		blur_columns(&blur, first, first + BLOCK < row_bytes ? BLOCK :
			     row_bytes - first, pixels);
	free(blur.sums);
	return 0;
}

double defocus_sharpness(uint32_t width, uint32_t height,
			 const uint8_t *pixels)
{
	uint64_t sum = 0;
	int right, down;

	for (uint32_t y = 0; y + 1 < height; y++, pixels += width) {
		for (uint32_t x = 0; x + 1 < width; x++) {
			right = pixels[x + 1] - pixels[x];
			down = pixels[x + width] - pixels[x];
			sum += right * right + down * down;
		}
	}
	return (double)sum / width / height;
}

/* Return: as defocus_sharpness(), or -1 with ENOMEM */
static double try_lens(const struct scene *scene, double lens_dpt,
		       const uint8_t *sharp, uint8_t *pixels)
{
	uint32_t width = scene_width(scene), height = scene_height(scene);

	memcpy(pixels, sharp, (size_t)width * height);
	if (defocus(scene, lens_dpt, 1, pixels))
		return -1;
	return defocus_sharpness(width, height, pixels);
}

static int search(const struct scene *scene, double least, double most,
		  const uint8_t *sharp, uint8_t *pixels, double *lens_dpt)
{
	double step = (most - least) / SEARCH_STEPS, best = -1, at, middle;
	double sharpness;

	middle = (least + most) / 2;
	*lens_dpt = middle;
	for (int round = 0; round < SEARCH_ROUNDS; round++, step /= 3) {
		int reach = round ? 2 : SEARCH_STEPS / 2;

		for (int i = -reach; i <= reach; i++) {
			at = fmin(fmax(middle + i * step, least), most);
			sharpness = try_lens(scene, at, sharp, pixels);
			if (sharpness < 0)
				return -1;
			if (sharpness <= best)
				continue;
			best = sharpness;
			*lens_dpt = at;
		}
		middle = *lens_dpt;
	}
	return 0;
}

int defocus_search(uint32_t width, uint32_t height,
		   const struct scene_pose *pose, double least, double most,
		   double *lens_dpt)
{
	uint32_t small = width < SEARCH_WIDTH ? width : SEARCH_WIDTH;
	uint32_t low = fmax(round((double)height * small / width), 1);
	struct scene *scene = scene_new(small, low);
	size_t size = (size_t)small * low;
	uint8_t *pixels = malloc(2 * size);
	int result = -1;

	if (scene && pixels) {
		for (uint32_t row = 0; row < low; row++)
			scene_row(scene, row, pose, 1, 1, CAMERA_FORMAT_GREY8,
				  pixels + (size_t)row * small);
		result = search(scene, least, most, pixels, pixels + size,
				lens_dpt);
	}
	scene_free(scene);
	free(pixels);
	return result;
}
