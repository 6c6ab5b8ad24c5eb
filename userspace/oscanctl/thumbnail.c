// SPDX-License-Identifier: GPL-2.0-or-later
/* Small pictures inside a page. */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <jpeglib.h>
#include "thumbnail.h"

#define QUALITY 82

/* The mean of the pixels that make one of the small picture. */
static void shrink_pixel(uint8_t *to, const uint8_t *pixels, size_t width,
			 size_t depth, const size_t x[2], const size_t y[2])
{
	size_t count = (x[1] - x[0]) * (y[1] - y[0]);

	for (size_t c = 0; c < depth; c++) {
		uint64_t sum = 0;

		for (size_t row = y[0]; row < y[1]; row++)
			for (size_t column = x[0]; column < x[1]; column++)
				sum += pixels[(row * width + column) * depth +
					      c];
		to[c] = (sum + count / 2) / count;
	}
}

static void shrink(uint8_t *to, size_t to_width, size_t to_height,
		   const uint8_t *pixels, size_t width, size_t height,
		   size_t depth)
{
	for (size_t row = 0; row < to_height; row++) {
		size_t y[2] = { row * height / to_height,
				(row + 1) * height / to_height };

		for (size_t column = 0; column < to_width; column++) {
			size_t x[2] = { column * width / to_width,
					(column + 1) * width / to_width };

			shrink_pixel(to, pixels, width, depth, x, y);
			to += depth;
		}
	}
}

/* libjpeg's own handler ends the program. */
struct error {
	struct jpeg_error_mgr manager;
	jmp_buf out;
};

static void leave(j_common_ptr info)
{
	struct error *error = (struct error *)info->err;

	longjmp(error->out, 1);
}

static int encode(const uint8_t *pixels, size_t width, size_t height,
		  size_t depth, unsigned char **data, unsigned long *size)
{
	struct jpeg_compress_struct info;
	struct error error;
	JSAMPROW row;

	info.err = jpeg_std_error(&error.manager);
	error.manager.error_exit = leave;
	if (setjmp(error.out)) {
		jpeg_destroy_compress(&info);
		return -1;
	}
	jpeg_create_compress(&info);
	jpeg_mem_dest(&info, data, size);
	info.image_width = width;
	info.image_height = height;
	info.input_components = depth;
	info.in_color_space = depth == 3 ? JCS_RGB : JCS_GRAYSCALE;
	jpeg_set_defaults(&info);
	jpeg_set_quality(&info, QUALITY, TRUE);
	jpeg_start_compress(&info, TRUE);
	while (info.next_scanline < info.image_height) {
		row = (JSAMPROW)pixels + info.next_scanline * width * depth;
		jpeg_write_scanlines(&info, &row, 1);
	}
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	return 0;
}

static void write_base64(FILE *out, const unsigned char *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits;
	size_t i;

	for (i = 0; i < size; i += 3) {
		bits = data[i] << 16;
		if (i + 1 < size)
			bits |= data[i + 1] << 8;
		if (i + 2 < size)
			bits |= data[i + 2];
		putc(digits[bits >> 18], out);
		putc(digits[bits >> 12 & 63], out);
		putc(i + 1 < size ? digits[bits >> 6 & 63] : '=', out);
		putc(i + 2 < size ? digits[bits & 63] : '=', out);
	}
}

int thumbnail_write(FILE *out, const uint8_t *pixels, size_t width,
		    size_t height, size_t bytes_per_pixel, size_t most)
{
	size_t to_width = width < most ? width : most;
	size_t to_height = (height * to_width + width / 2) / width;
	unsigned char *data = NULL;
	unsigned long size = 0;
	uint8_t *small;
	int result = -1;

	if (!to_height)
		to_height = 1;
	small = malloc(to_width * to_height * bytes_per_pixel);
	if (!small)
		return -1;
	shrink(small, to_width, to_height, pixels, width, height,
	       bytes_per_pixel);
	if (!encode(small, to_width, to_height, bytes_per_pixel, &data,
		    &size)) {
		fprintf(out, "data:image/jpeg;base64,");
		write_base64(out, data, size);
		result = 0;
	}
	free(data);
	free(small);
	if (result)
		errno = ENOMEM;
	return result;
}
