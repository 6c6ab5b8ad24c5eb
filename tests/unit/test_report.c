// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscanctl/svg.c userspace/oscanctl/thumbnail.c
 *	userspace/writer/photo-shrink.c userspace/writer/photo-jpeg.c
 *	userspace/writer/photo-exif.c userspace/writer/photo-facts.c
 *	-ljpeg -lexif -lm
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

#include "camera.h"
#include "svg.h"
#include "thumbnail.h"
#include "unit.h"

#define BINS 40

static char *written;
static size_t written_size;

static FILE *begin(void)
{
	FILE *out = open_memstream(&written, &written_size);

	ck_assert_ptr_nonnull(out);
	return out;
}

static size_t count_of(const char *word)
{
	const char *at = written;
	size_t count = 0;

	while ((at = strstr(at, word))) {
		count++;
		at += strlen(word);
	}
	return count;
}

TEST(ticks_stand_at_ones_twos_and_fives)
{
	static const double table[][2] = {
		{ 1, 1 }, { 1.01, 2 }, { 2, 2 }, { 2.5, 5 }, { 5, 5 },
		{ 5.1, 10 }, { 0.03, 0.05 }, { 0.0011, 0.002 }, { 360, 500 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_double_eq_tol(svg_nice_step(table[i][0]),
					table[i][1], 1e-12);
}

TEST(durations_are_told_in_the_unit_that_suits)
{
	static const struct {
		double ns;
		const char *text;
	} table[] = {
		{ 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1 \u00b5s" },
		{ 8192, "8.2 \u00b5s" }, { 131072, "131 \u00b5s" },
		{ 2.5e6, "2.5 ms" }, { 3e9, "3 s" }, { 5e12, "5000 s" },
	};
	char text[SVG_DURATION_LEN];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_str_eq(svg_duration(table[i].ns, text),
				 table[i].text);
}

TEST(each_bin_with_steps_has_a_bar_that_says_how_many)
{
	uint64_t bins[BINS] = { [0] = 3, [10] = 1, [11] = 1234567, [39] = 2 };
	FILE *out = begin();

	svg_late_bins(out, bins, BINS);
	fclose(out);
	ck_assert_uint_eq(count_of("class=\"bar\""), 4);
	ck_assert_uint_eq(count_of(">1234567<"), 1);
	/* Bin 10 is 2^9 to under 2^10 ns. */
	ck_assert_uint_eq(count_of("1 steps from 512 ns to under 1.0 \u00b5s"),
			  1);
	ck_assert_uint_eq(count_of("3 steps from 0 ns to under 1 ns"), 1);
	ck_assert_uint_eq(count_of("nan"), 0);
	ck_assert_uint_eq(count_of("</svg>"), 1);
	free(written);
}

TEST(no_steps_make_no_histogram)
{
	uint64_t bins[BINS] = { 0 };
	FILE *out = begin();

	svg_late_bins(out, bins, BINS);
	fclose(out);
	ck_assert_uint_eq(count_of("<svg"), 0);
	ck_assert_uint_eq(count_of("No step"), 1);
	free(written);
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : 63;
}

static size_t decode_base64(const char *text, uint8_t *data)
{
	size_t size = 0, length = strlen(text);

	ck_assert_uint_eq(length % 4, 0);
	for (size_t i = 0; i < length; i += 4) {
		uint32_t bits = digit(text[i]) << 18 | digit(text[i + 1]) << 12;

		if (text[i + 2] != '=')
			bits |= digit(text[i + 2]) << 6;
		if (text[i + 3] != '=')
			bits |= digit(text[i + 3]);
		data[size++] = bits >> 16;
		if (text[i + 2] != '=')
			data[size++] = bits >> 8;
		if (text[i + 3] != '=')
			data[size++] = bits;
	}
	return size;
}

struct picture {
	unsigned int width;
	unsigned int height;
	int depth;
	uint8_t pixels[200 * 200 * 3];
};

static void decode_jpeg(const uint8_t *data, size_t size,
			struct picture *picture)
{
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr error;
	JSAMPROW row = picture->pixels;

	info.err = jpeg_std_error(&error);
	jpeg_create_decompress(&info);
	jpeg_mem_src(&info, data, size);
	jpeg_read_header(&info, TRUE);
	jpeg_start_decompress(&info);
	picture->width = info.output_width;
	picture->height = info.output_height;
	picture->depth = info.output_components;
	while (info.output_scanline < info.output_height) {
		jpeg_read_scanlines(&info, &row, 1);
		row += info.output_width * info.output_components;
	}
	jpeg_finish_decompress(&info);
	jpeg_destroy_decompress(&info);
	ck_assert_int_eq(error.num_warnings, 0);
}

static void round_trip(const uint8_t *pixels, size_t width, size_t height,
		       size_t depth, struct picture *picture)
{
	static const char head[] = "data:image/jpeg;base64,";
	const struct photo_pixels image = {
		.width = width,
		.height = height,
		.format = depth == 3 ? CAMERA_FORMAT_RGB8
				     : CAMERA_FORMAT_GREY8,
		.data = pixels,
		.size = width * height * depth,
	};
	uint8_t *data;
	FILE *out = begin();

	ck_assert_int_eq(thumbnail_write(out, &image, 160), 0);
	fclose(out);
	ck_assert(!strncmp(written, head, strlen(head)));
	data = malloc(written_size);
	decode_jpeg(data, decode_base64(written + strlen(head), data),
		    picture);
	free(data);
	free(written);
}

static void near(const struct picture *picture, unsigned int x,
		 unsigned int y, int red, int green, int blue)
{
	const uint8_t *pixel = picture->pixels +
			       (y * picture->width + x) * 3;

	ck_assert_int_le(abs(pixel[0] - red), 12);
	ck_assert_int_le(abs(pixel[1] - green), 12);
	ck_assert_int_le(abs(pixel[2] - blue), 12);
}

/* Left half red, right half blue, the lower quarter green. */
TEST(a_thumbnail_shows_the_frame_in_its_colours)
{
	static struct picture picture;
	size_t width = 640, height = 480;
	uint8_t *pixels = calloc(width * height, 3);

	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++) {
			int band = y >= 360 ? 1 : x < 320 ? 0 : 2;

			pixels[(y * width + x) * 3 + band] = 200;
		}
	round_trip(pixels, width, height, 3, &picture);
	ck_assert_uint_eq(picture.width, 160);
	ck_assert_uint_eq(picture.height, 120);
	near(&picture, 20, 20, 200, 0, 0);
	near(&picture, 140, 20, 0, 0, 200);
	near(&picture, 80, 110, 0, 200, 0);
	free(pixels);
}

TEST(grey_and_odd_and_tiny_frames_have_thumbnails)
{
	static const size_t sizes[][2] = {
		{ 1, 1 }, { 161, 3 }, { 7, 190 }, { 1000, 2 }, { 333, 217 },
	};
	static struct picture picture;
	uint8_t *pixels;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pixels = malloc(sizes[i][0] * sizes[i][1]);
		memset(pixels, 90, sizes[i][0] * sizes[i][1]);
		round_trip(pixels, sizes[i][0], sizes[i][1], 1, &picture);
		ck_assert_int_eq(picture.depth, 1);
		ck_assert_uint_ge(picture.height, 1);
		ck_assert_int_le(abs(picture.pixels[0] - 90), 2);
		free(pixels);
	}
}
