// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "camera.h"
#include "pixels.h"

/* Fixed point with 16 bits: value = matrix * (y - y_low, u - 128, v - 128). */
struct matrix {
	int32_t y_low;
	int32_t y;
	int32_t rv;
	int32_t gu;
	int32_t gv;
	int32_t bu;
};

#define FIXED_BITS 16

static int32_t fixed(double value)
{
	return (int32_t)(value * (1 << FIXED_BITS) + (value < 0 ? -0.5 : 0.5));
}

static struct matrix matrix_of(const struct pixels_image *image)
{
	double kr = 0.299, kb = 0.114, kg, y, c;

	if (image->encoding == PIXELS_REC709) {
		kr = 0.2126;
		kb = 0.0722;
	} else if (image->encoding == PIXELS_REC2020) {
		kr = 0.2627;
		kb = 0.0593;
	}
	kg = 1 - kr - kb;
	y = image->full_range ? 1 : 255.0 / 219;
	c = image->full_range ? 1 : 255.0 / 224;
	return (struct matrix) {
		.y_low = image->full_range ? 0 : 16,
		.y = fixed(y),
		.rv = fixed(2 * (1 - kr) * c),
		.gu = fixed(-2 * (1 - kb) * kb / kg * c),
		.gv = fixed(-2 * (1 - kr) * kr / kg * c),
		.bu = fixed(2 * (1 - kb) * c),
	};
}

static uint8_t clamp_byte(int32_t value)
{
	value = (value + (1 << (FIXED_BITS - 1))) >> FIXED_BITS;
	if (value < 0)
		return 0;
	return value > 255 ? 255 : (uint8_t)value;
}

static void put_yuv(const struct matrix *m, uint8_t *to, int y, int u, int v)
{
	const int32_t grey = (y - m->y_low) * m->y;

	u -= 128;
	v -= 128;
	to[0] = clamp_byte(grey + m->rv * v);
	to[1] = clamp_byte(grey + m->gu * u + m->gv * v);
	to[2] = clamp_byte(grey + m->bu * u);
}

static uint8_t luma(const uint8_t *rgb)
{
	return clamp_byte(19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2]);
}

static void row_packed(const struct pixels_image *image, const uint8_t *from,
		       uint8_t *to)
{
	const bool wide = image->layout == PIXELS_RGBX ||
			  image->layout == PIXELS_BGRX;
	const bool blue_first = image->layout == PIXELS_BGR ||
				image->layout == PIXELS_BGRX;
	const unsigned int red = blue_first ? 2 : 0, step = wide ? 4 : 3;

	for (uint32_t x = 0; x < image->width; x++) {
		to[0] = from[red];
		to[1] = from[1];
		to[2] = from[2 - red];
		to += 3;
		from += step;
	}
}

static void row_grey(const struct pixels_image *image, const uint8_t *from,
		     uint8_t *to)
{
	for (uint32_t x = 0; x < image->width; x++) {
		memset(to, from[x], 3);
		to += 3;
	}
}

static void row_yuyv(const struct pixels_image *image, const struct matrix *m,
		     const uint8_t *from, uint8_t *to)
{
	const unsigned int y = image->layout == PIXELS_UYVY ? 1 : 0;
	const unsigned int u = 1 - y;

	for (uint32_t x = 0; x < image->width; x += 2) {
		put_yuv(m, to, from[y], from[u], from[u + 2]);
		put_yuv(m, to + 3, from[y + 2], from[u], from[u + 2]);
		from += 4;
		to += 6;
	}
}

static void row_nv12(const struct pixels_image *image, const struct matrix *m,
		     uint32_t row, const uint8_t *from, uint8_t *to)
{
	const uint8_t *uv = image->planes[1] + row / 2 * image->stride;
	const unsigned int u = image->layout == PIXELS_NV21 ? 1 : 0;

	for (uint32_t x = 0; x < image->width; x++) {
		const uint8_t *pair = uv + x / 2 * 2;

		put_yuv(m, to, from[x], pair[u], pair[1 - u]);
		to += 3;
	}
}

static void row_rgb(const struct pixels_image *image, const struct matrix *m,
		    uint32_t row, uint8_t *to)
{
	const uint8_t *from = image->planes[0] + row * image->stride;

	switch (image->layout) {
	case PIXELS_GREY:
		row_grey(image, from, to);
		break;
	case PIXELS_YUYV:
	case PIXELS_UYVY:
		row_yuyv(image, m, from, to);
		break;
	case PIXELS_NV12:
	case PIXELS_NV21:
		row_nv12(image, m, row, from, to);
		break;
	default:
		row_packed(image, from, to);
		break;
	}
}

/* Luma is there already; only its range may have to be widened. */
static void row_grey_of_yuv(const struct pixels_image *image,
			    const struct matrix *m, uint32_t row, uint8_t *to)
{
	const bool planar = pixels_planes(image->layout) == 2;
	const unsigned int step = planar ? 1 : 2;
	const uint8_t *from = image->planes[0] + row * image->stride;

	if (image->layout == PIXELS_UYVY)
		from++;
	for (uint32_t x = 0; x < image->width; x++)
		to[x] = clamp_byte((from[x * step] - m->y_low) * m->y);
}

static void row_grey_of_rgb(const struct pixels_image *image, uint32_t row,
			    uint8_t *to)
{
	const size_t step = pixels_row_bytes(image->layout, 1);
	const bool blue_first = image->layout == PIXELS_BGR ||
				image->layout == PIXELS_BGRX;
	const unsigned int red = blue_first ? 2 : 0;
	const uint8_t *from = image->planes[0] + row * image->stride;

	for (uint32_t x = 0; x < image->width; x++) {
		const uint8_t rgb[3] = { from[red], from[1], from[2 - red] };

		to[x] = luma(rgb);
		from += step;
	}
}

static bool is_raw(uint32_t layout)
{
	return layout >= PIXELS_RAW16 && layout <= PIXELS_RAW12P;
}

static bool is_yuv(uint32_t layout)
{
	return layout >= PIXELS_YUYV && layout <= PIXELS_NV21;
}

static void row_to_grey(const struct pixels_image *image,
			const struct matrix *m, uint32_t row, uint8_t *to)
{
	if (image->layout == PIXELS_GREY)
		memcpy(to, image->planes[0] + row * image->stride,
		       image->width);
	else if (is_yuv(image->layout))
		row_grey_of_yuv(image, m, row, to);
	else
		row_grey_of_rgb(image, row, to);
}

static void put_sample(uint8_t *to, uint32_t sample)
{
	to[0] = sample;
	to[1] = sample >> 8;
}

/* CSI-2: the low bits of the first sample are the lowest ones. */
static void row_raw10p(const uint8_t *from, uint32_t width, uint8_t *to)
{
	for (uint32_t x = 0; x < width; x += 4, from += 5)
		for (int i = 0; i < 4; i++, to += 2)
			put_sample(to, from[i] << 2 | (from[4] >> 2 * i & 3));
}

static void row_raw12p(const uint8_t *from, uint32_t width, uint8_t *to)
{
	for (uint32_t x = 0; x < width; x += 2, from += 3)
		for (int i = 0; i < 2; i++, to += 2)
			put_sample(to, from[i] << 4 | (from[2] >> 4 * i & 15));
}

static void row_raw(const struct pixels_image *image, uint32_t row,
		    uint8_t *to)
{
	const uint8_t *from = image->planes[0] + row * image->stride;

	switch (image->layout) {
	case PIXELS_RAW10P:
		row_raw10p(from, image->width, to);
		break;
	case PIXELS_RAW12P:
		row_raw12p(from, image->width, to);
		break;
	case PIXELS_RAW16:
		memcpy(to, from, 2 * (size_t)image->width);
		break;
	default:
		for (uint32_t x = 0; x < image->width; x++)
			put_sample(to + 2 * (size_t)x, from[x]);
		break;
	}
}

unsigned int pixels_planes(uint32_t layout)
{
	if (layout < PIXELS_GREY || layout > PIXELS_RAW12P)
		return 0;
	return layout == PIXELS_NV12 || layout == PIXELS_NV21 ? 2 : 1;
}

size_t pixels_row_bytes(uint32_t layout, uint32_t width)
{
	switch (layout) {
	case PIXELS_GREY:
	case PIXELS_NV12:
	case PIXELS_NV21:
		return width;
	case PIXELS_YUYV:
	case PIXELS_UYVY:
	case PIXELS_RAW16:
		return (size_t)width * 2;
	case PIXELS_RAW10P:
		return (size_t)width / 4 * 5;
	case PIXELS_RAW12P:
		return (size_t)width / 2 * 3;
	case PIXELS_RGB:
	case PIXELS_BGR:
		return (size_t)width * 3;
	case PIXELS_RGBX:
	case PIXELS_BGRX:
		return (size_t)width * 4;
	default:
		return 0;
	}
}

size_t pixels_plane_bytes(const struct pixels_image *image, unsigned int plane)
{
	const size_t row = pixels_row_bytes(image->layout, image->width);
	const size_t rows = plane ? image->height / 2 : image->height;

	if (plane >= pixels_planes(image->layout) || !rows)
		return 0;
	return (rows - 1) * image->stride + row;
}

static bool size_fits(const struct pixels_image *image)
{
	if (image->layout == PIXELS_RAW10P && image->width % 4)
		return false;
	if ((is_yuv(image->layout) || image->layout == PIXELS_RAW12P) &&
	    image->width % 2)
		return false;
	return pixels_planes(image->layout) < 2 || image->height % 2 == 0;
}

static bool format_fits(const struct pixels_image *image, uint32_t format)
{
	if (format == CAMERA_FORMAT_BAYER16)
		return is_raw(image->layout) || image->layout == PIXELS_GREY;
	return !is_raw(image->layout) && (format == CAMERA_FORMAT_RGB8 ||
					  format == CAMERA_FORMAT_GREY8);
}

int pixels_convert(const struct pixels_image *image, uint32_t format,
		   uint8_t *to)
{
	const struct matrix m = matrix_of(image);
	const size_t row_bytes =
		(size_t)image->width * camera_bytes_per_pixel(format);

	if (!pixels_planes(image->layout) || !size_fits(image) ||
	    !format_fits(image, format)) {
		errno = EINVAL;
		return -1;
	}
	for (uint32_t row = 0; row < image->height; row++) {
		if (format == CAMERA_FORMAT_BAYER16)
			row_raw(image, row, to);
		else if (format == CAMERA_FORMAT_RGB8)
			row_rgb(image, &m, row, to);
		else
			row_to_grey(image, &m, row, to);
		to += row_bytes;
	}
	return 0;
}
