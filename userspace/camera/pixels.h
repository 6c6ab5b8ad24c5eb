/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a camera puts into memory, turned into rows of RGB8, GREY8 or BAYER16
 * without padding. Pure.
 */
#ifndef OSCAN_PIXELS_H
#define OSCAN_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum pixels_layout - order of bytes in memory */
enum pixels_layout {
	PIXELS_GREY = 1,	/* y */
	PIXELS_RGB = 2,		/* r g b */
	PIXELS_BGR = 3,		/* b g r */
	PIXELS_RGBX = 4,	/* r g b x */
	PIXELS_BGRX = 5,	/* b g r x */
	PIXELS_YUYV = 6,	/* y u y v: two pixels */
	PIXELS_UYVY = 7,	/* u y v y: two pixels */
	PIXELS_NV12 = 8,	/* plane of y; plane of u v, each for 2 x 2 */
	PIXELS_NV21 = 9,	/* plane of y; plane of v u, each for 2 x 2 */
	PIXELS_RAW16 = 10,	/* samples of two bytes, low one first */
	PIXELS_RAW10P = 11,	/* four high bytes; low bits of the four */
	PIXELS_RAW12P = 12,	/* two high bytes; low bits of the two */
};

/** enum pixels_encoding - how y u v were made from red, green, blue */
enum pixels_encoding {
	PIXELS_REC601 = 1,	/* ITU-R BT.601: kr 0.299, kb 0.114 */
	PIXELS_REC709 = 2,	/* ITU-R BT.709: kr 0.2126, kb 0.0722 */
	PIXELS_REC2020 = 3,	/* ITU-R BT.2020: kr 0.2627, kb 0.0593 */
};

/**
 * struct pixels_image - an image in the camera's memory
 * @layout: enum pixels_layout
 * @encoding: enum pixels_encoding, for the layouts with y u v
 * @full_range: y u v use 0 to 255, not 16 to 235 and 16 to 240
 * @width: pixels; even for the layouts with y u v and PIXELS_RAW12P, a multiple
 *	of four for PIXELS_RAW10P
 * @height: pixels; even for the layouts with two planes
 * @stride: bytes from row to row, in each plane
 * @planes: first byte of each plane; the second is used by NV12 and NV21 only
 */
struct pixels_image {
	uint32_t layout;
	uint32_t encoding;
	bool full_range;
	uint32_t width;
	uint32_t height;
	size_t stride;
	const uint8_t *planes[2];
};

/** pixels_planes - number of planes of a layout; 0: unknown layout */
unsigned int pixels_planes(uint32_t layout);

/** pixels_row_bytes - bytes of a row without padding; 0: unknown layout */
size_t pixels_row_bytes(uint32_t layout, uint32_t width);

/**
 * pixels_plane_bytes - least size of a plane that holds the image
 * @image: its planes are not looked at
 * @plane: 0 or 1
 */
size_t pixels_plane_bytes(const struct pixels_image *image,
			  unsigned int plane);

/**
 * pixels_convert - write the image as @format
 * @image: source
 * @format: enum camera_format
 * @to: shape [height][width][3] for RGB8, [height][width] for GREY8,
 *	[height][width][2] for BAYER16
 *
 * Grey of a coloured image is its luma by ITU-R BT.601, full range. BAYER16 is
 * made of PIXELS_GREY and the raw layouts, and these make nothing else.
 *
 * Return: 0, or -1 with EINVAL: layout or format unknown or not of each other,
 * odd size.
 */
int pixels_convert(const struct pixels_image *image, uint32_t format,
		   uint8_t *to);

#ifdef __cplusplus
}
#endif

#endif /* OSCAN_PIXELS_H */
