// SPDX-License-Identifier: GPL-2.0-or-later
/* Small pictures of photos. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "camera.h"
#include "photo-file.h"

/**
 * struct grid - how the small picture lies on the large one
 * @samples: of a pixel of both
 * @wide: samples have 16 bits
 * @shift: by which such a sample is reduced to 8
 */
struct grid {
	const struct photo_pixels *from;
	const struct photo_pixels *to;
	size_t samples;
	bool wide;
	unsigned int shift;
};

static uint32_t sample(const struct grid *grid, size_t at)
{
	const uint8_t *bytes = grid->from->data;

	if (!grid->wide)
		return bytes[at];
	return bytes[2 * at] | bytes[2 * at + 1] << 8;
}

/* The mean of the pixels that make one of the small picture. */
static uint8_t mean(const struct grid *grid, size_t channel,
		    const size_t x[2], const size_t y[2])
{
	const size_t count = (x[1] - x[0]) * (y[1] - y[0]);
	uint64_t sum = 0;

	for (size_t row = y[0]; row < y[1]; row++) {
		const size_t begin = row * grid->from->width;

		for (size_t column = x[0]; column < x[1]; column++)
			sum += sample(grid, (begin + column) * grid->samples +
				      channel);
	}
	sum = ((sum + count / 2) / count) >> grid->shift;
	return sum < UINT8_MAX ? sum : UINT8_MAX;
}

static void shrink(const struct grid *grid, uint8_t *out)
{
	const uint64_t width = grid->to->width, height = grid->to->height;

	for (uint64_t row = 0; row < height; row++) {
		const size_t y[2] = {
			row * grid->from->height / height,
			(row + 1) * grid->from->height / height,
		};

		for (uint64_t column = 0; column < width; column++) {
			const size_t x[2] = {
				column * grid->from->width / width,
				(column + 1) * grid->from->width / width,
			};

			for (size_t n = 0; n < grid->samples; n++)
				*out++ = mean(grid, n, x, y);
		}
	}
}

static uint32_t part_of(uint32_t length, uint32_t most, uint32_t longest)
{
	const uint64_t part = ((uint64_t)length * most + longest / 2) / longest;

	return part ? part : 1;
}

static void set_size(struct photo_pixels *small,
		     const struct photo_pixels *pixels, uint32_t most)
{
	const uint32_t longest = pixels->width > pixels->height
				 ? pixels->width : pixels->height;

	small->width = pixels->width;
	small->height = pixels->height;
	if (longest <= most)
		return;
	small->width = part_of(pixels->width, most, longest);
	small->height = part_of(pixels->height, most, longest);
}

static int shrink_pixels(const struct photo_pixels *pixels, uint32_t most,
			 struct photo_pixels *small)
{
	const bool wide = pixels->format == CAMERA_FORMAT_BAYER16;
	const struct grid grid = {
		.from = pixels,
		.to = small,
		.samples = pixels->format == CAMERA_FORMAT_RGB8 ? 3 : 1,
		.wide = wide,
		.shift = wide && pixels->bayer_bits > 8
			 ? pixels->bayer_bits - 8 : 0,
	};
	uint8_t *data;

	memset(small, 0, sizeof(*small));
	set_size(small, pixels, most);
	small->format = grid.samples == 3 ? CAMERA_FORMAT_RGB8
					  : CAMERA_FORMAT_GREY8;
	small->size = (size_t)small->width * small->height * grid.samples;
	data = malloc(small->size);
	if (!data)
		return -1;
	shrink(&grid, data);
	small->data = data;
	return 0;
}

static int shrink_jpeg(const struct photo_pixels *pixels, uint32_t most,
		       struct photo_pixels *small)
{
	struct photo_pixels decoded;
	int failed;

	if (photo_decode(pixels, most, &decoded))
		return -1;
	failed = shrink_pixels(&decoded, most, small);
	free((void *)decoded.data);
	return failed;
}

int photo_shrink(const struct photo_pixels *pixels, uint32_t most,
		 struct photo_pixels *small)
{
	if (most && pixels->format == CAMERA_FORMAT_JPEG)
		return shrink_jpeg(pixels, most, small);
	if (!most || !camera_bytes_per_pixel(pixels->format) ||
	    !pixels->width || !pixels->height) {
		errno = EINVAL;
		return -1;
	}
	return shrink_pixels(pixels, most, small);
}
