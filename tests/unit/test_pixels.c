// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/pixels.c -lm */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "pixels.h"
#include "unit.h"

#define WIDTH 6
#define HEIGHT 4
#define PAD 5

/* What a pixel's layout is made of, told apart from the code under test. */
static const char *const orders[] = {
	[PIXELS_GREY] = "g", [PIXELS_RGB] = "rgb", [PIXELS_BGR] = "bgr",
	[PIXELS_RGBX] = "rgbx", [PIXELS_BGRX] = "bgrx",
};

static int red(int x, int y)
{
	return (13 * x + 50 * y) & 255;
}

static int green(int x, int y)
{
	return (200 - 29 * x + 7 * y) & 255;
}

static int blue(int x, int y)
{
	return (97 * x + 31 * y + 3) & 255;
}

static uint8_t component(char name, int x, int y)
{
	switch (name) {
	case 'r':
	case 'g':
		return name == 'r' ? red(x, y) : green(x, y);
	case 'b':
		return blue(x, y);
	default:
		return 0xee;
	}
}

/* Exactly as large as it must be: ASan sees a read beyond it. */
static uint8_t *draw_packed(struct pixels_image *image, uint32_t layout)
{
	const char *order = orders[layout];
	const size_t bytes = strlen(order);
	const size_t row = WIDTH * bytes;
	uint8_t *memory;

	*image = (struct pixels_image) {
		.layout = layout, .encoding = PIXELS_REC601, .width = WIDTH,
		.height = HEIGHT, .stride = row + PAD,
	};
	ck_assert_uint_eq(pixels_row_bytes(layout, WIDTH), row);
	ck_assert_uint_eq(pixels_plane_bytes(image, 0),
			  (HEIGHT - 1) * (row + PAD) + row);
	memory = malloc(pixels_plane_bytes(image, 0));
	memset(memory, 0xaa, pixels_plane_bytes(image, 0));
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			for (size_t n = 0; n < bytes; n++)
				memory[y * (row + PAD) + x * bytes + n] =
					component(order[n], x, y);
	image->planes[0] = memory;
	return memory;
}

TEST(packed_colours_come_out_as_red_green_blue)
{
	struct pixels_image image;
	uint8_t *out = malloc(WIDTH * HEIGHT * 3);

	for (uint32_t layout = PIXELS_RGB; layout <= PIXELS_BGRX; layout++) {
		uint8_t *memory = draw_packed(&image, layout);
		const uint8_t *p = out;

		ck_assert_int_eq(pixels_convert(&image, CAMERA_FORMAT_RGB8,
						out), 0);
		for (int y = 0; y < HEIGHT; y++)
			for (int x = 0; x < WIDTH; x++, p += 3)
				ck_assert_msg(p[0] == red(x, y) &&
					      p[1] == green(x, y) &&
					      p[2] == blue(x, y),
					      "layout %u at %d, %d", layout, x,
					      y);
		free(memory);
	}
	free(out);
}

TEST(grey_stays_grey)
{
	struct pixels_image image;
	uint8_t *memory = draw_packed(&image, PIXELS_GREY);
	uint8_t *out = malloc(WIDTH * HEIGHT * 3);

	ck_assert_int_eq(pixels_convert(&image, CAMERA_FORMAT_GREY8, out), 0);
	for (int n = 0; n < WIDTH * HEIGHT; n++)
		ck_assert_int_eq(out[n], green(n % WIDTH, n / WIDTH));
	ck_assert_int_eq(pixels_convert(&image, CAMERA_FORMAT_RGB8, out), 0);
	for (int n = 0; n < WIDTH * HEIGHT * 3; n++)
		ck_assert_int_eq(out[n],
				 green(n / 3 % WIDTH, n / 3 / WIDTH));
	free(memory);
	free(out);
}

TEST(grey_of_colours_is_their_luma)
{
	struct pixels_image image;
	uint8_t *out = malloc(WIDTH * HEIGHT);

	for (uint32_t layout = PIXELS_RGB; layout <= PIXELS_BGRX; layout++) {
		uint8_t *memory = draw_packed(&image, layout);

		ck_assert_int_eq(pixels_convert(&image, CAMERA_FORMAT_GREY8,
						out), 0);
		for (int n = 0; n < WIDTH * HEIGHT; n++) {
			const int x = n % WIDTH, y = n / WIDTH;
			const double want = 0.299 * red(x, y) +
				0.587 * green(x, y) + 0.114 * blue(x, y);

			ck_assert_double_eq_tol(out[n], want, 0.51);
		}
		free(memory);
	}
	free(out);
}

/* y, u, v of a colour in floating point, by the definition of the standard. */
static void encode(const double *rgb, uint32_t encoding, bool full,
		   double *yuv)
{
	static const double weights[][2] = {
		[PIXELS_REC601] = { 0.299, 0.114 },
		[PIXELS_REC709] = { 0.2126, 0.0722 },
		[PIXELS_REC2020] = { 0.2627, 0.0593 },
	};
	const double kr = weights[encoding][0], kb = weights[encoding][1];
	const double y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
	const double u = (rgb[2] - y) / (2 * (1 - kb));
	const double v = (rgb[0] - y) / (2 * (1 - kr));

	yuv[0] = full ? 255 * y : 16 + 219 * y;
	yuv[1] = 128 + (full ? 255 : 224) * u;
	yuv[2] = 128 + (full ? 255 : 224) * v;
}

static uint8_t *draw_yuv(struct pixels_image *image, const uint8_t *yuv)
{
	uint8_t *memory = malloc(12);

	image->width = 2;
	image->height = 2;
	image->stride = pixels_planes(image->layout) == 2 ? 2 : 4;
	image->planes[0] = memory;
	image->planes[1] = memory + 4;
	for (int row = 0; row < 2; row++) {
		uint8_t *p = memory + row * image->stride;

		switch (image->layout) {
		case PIXELS_YUYV:
			p[0] = p[2] = yuv[0];
			p[1] = yuv[1];
			p[3] = yuv[2];
			break;
		case PIXELS_UYVY:
			p[1] = p[3] = yuv[0];
			p[0] = yuv[1];
			p[2] = yuv[2];
			break;
		default:
			p[0] = p[1] = yuv[0];
			memory[4] = yuv[image->layout == PIXELS_NV12 ? 1 : 2];
			memory[5] = yuv[image->layout == PIXELS_NV12 ? 2 : 1];
			break;
		}
	}
	return memory;
}

static void check_yuv(struct pixels_image *image, const double *rgb)
{
	double exact[3];
	uint8_t yuv[3], out[12], *memory;

	encode(rgb, image->encoding, image->full_range, exact);
	for (int n = 0; n < 3; n++)
		yuv[n] = lround(fmin(fmax(exact[n], 0), 255));
	memory = draw_yuv(image, yuv);
	ck_assert_int_eq(pixels_convert(image, CAMERA_FORMAT_RGB8, out), 0);
	/* Half a unit of v is up to 0.9 of red, of u up to 1.1 of blue. */
	for (int n = 0; n < 12; n++)
		ck_assert_msg(fabs(out[n] - 255 * rgb[n % 3]) < 2.6,
			      "layout %u, encoding %u: %d, not %.1f",
			      image->layout, image->encoding, out[n],
			      255 * rgb[n % 3]);
	ck_assert_int_eq(pixels_convert(image, CAMERA_FORMAT_GREY8, out), 0);
	for (int n = 0; n < 4; n++)
		ck_assert_double_eq_tol(out[n], image->full_range ? exact[0] :
					(exact[0] - 16) * 255 / 219, 1.1);
	free(memory);
}

TEST(luma_and_chroma_become_the_colours_they_came_from)
{
	struct pixels_image image = { 0 };

	for (image.layout = PIXELS_YUYV; image.layout <= PIXELS_NV21;
	     image.layout++)
		for (image.encoding = PIXELS_REC601;
		     image.encoding <= PIXELS_REC2020; image.encoding++)
			for (int n = 0; n < 250; n++) {
				const double rgb[3] = {
					n % 5 / 4.0, n / 5 % 5 / 4.0,
					n / 25 % 5 / 4.0,
				};

				image.full_range = n >= 125;
				check_yuv(&image, rgb);
			}
}

/* The four pixels of a 2 x 2 block share u and v; the next block has others. */
TEST(each_block_has_its_own_chroma)
{
	static const uint8_t memory[] = {
		100, 100, 100, 100,
		100, 100, 100, 100,
		128, 128, 255, 128,
	};
	const struct pixels_image image = {
		.layout = PIXELS_NV12, .encoding = PIXELS_REC601,
		.full_range = true, .width = 4, .height = 2, .stride = 4,
		.planes = { memory, memory + 8 },
	};
	uint8_t out[24];

	ck_assert_int_eq(pixels_convert(&image, CAMERA_FORMAT_RGB8, out), 0);
	for (int n = 0; n < 8; n++)
		ck_assert_int_eq(out[3 * n + 2] > 200, n % 4 >= 2);
}

static void must_refuse(uint32_t layout, uint32_t format, uint32_t width,
			uint32_t height)
{
	static const uint8_t memory[64];
	const struct pixels_image image = {
		.layout = layout, .width = width, .height = height,
		.stride = 8, .planes = { memory, memory },
	};
	uint8_t out[64];

	errno = 0;
	ck_assert_int_eq(pixels_convert(&image, format, out), -1);
	ck_assert_int_eq(errno, EINVAL);
}

/* Two rows of four samples, with a gap between the rows. */
static void must_unpack(uint32_t layout, const uint8_t *memory, size_t stride,
			size_t row_bytes, const uint16_t samples[8])
{
	uint8_t *exact = malloc(stride + row_bytes), out[16];
	const struct pixels_image image = {
		.layout = layout, .width = 4, .height = 2, .stride = stride,
		.planes = { exact },
	};

	memcpy(exact, memory, stride + row_bytes);
	ck_assert_uint_eq(pixels_row_bytes(layout, 4), row_bytes);
	ck_assert_uint_eq(pixels_planes(layout), 1);
	ck_assert_int_eq(pixels_convert(&image, CAMERA_FORMAT_BAYER16, out), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_msg((out[2 * i] | out[2 * i + 1] << 8) == samples[i],
			      "layout %u, sample %d is %#x, not %#x", layout,
			      i, out[2 * i] | out[2 * i + 1] << 8, samples[i]);
	free(exact);
}

/* Bytes as the tables of CSI-2 and of V4L2's pixel formats have them. */
TEST(raw_samples_are_unpacked)
{
	static const uint8_t packed10[] = {
		0xff, 0x00, 0x80, 0x55, 0x93, 0xee,
		0x00, 0xff, 0x01, 0xaa, 0x6c,
	};
	static const uint8_t packed12[] = {
		0xff, 0x00, 0x1e, 0x80, 0x55, 0xf0, 0xee,
		0x12, 0x45, 0x63, 0xab, 0xde, 0xfc,
	};
	static const uint8_t whole[] = {
		0xff, 0x03, 0x00, 0x00, 0x34, 0x12, 0xff, 0xff, 0xee, 0xee,
		0x01, 0x00, 0x00, 0x01, 0xcd, 0xab, 0x80, 0x00,
	};
	static const uint8_t bytes[] = { 1, 2, 3, 255, 9, 0, 7, 128, 64 };

	must_unpack(PIXELS_RAW10P, packed10, 6, 5, (const uint16_t[]){
		    0x3ff, 0x000, 0x201, 0x156, 0x000, 0x3ff, 0x006, 0x2a9 });
	must_unpack(PIXELS_RAW12P, packed12, 7, 6, (const uint16_t[]){
		    0xffe, 0x001, 0x800, 0x55f, 0x123, 0x456, 0xabc, 0xdef });
	must_unpack(PIXELS_RAW16, whole, 10, 8, (const uint16_t[]){
		    0x3ff, 0, 0x1234, 0xffff, 1, 0x100, 0xabcd, 0x80 });
	must_unpack(PIXELS_GREY, bytes, 5, 4, (const uint16_t[]){
		    1, 2, 3, 255, 0, 7, 128, 64 });
}

TEST(what_is_not_known_is_refused)
{
	must_refuse(0, CAMERA_FORMAT_RGB8, 2, 2);
	must_refuse(PIXELS_RAW12P + 1, CAMERA_FORMAT_RGB8, 2, 2);
	must_refuse(PIXELS_RAW12P + 1, CAMERA_FORMAT_BAYER16, 2, 2);
	must_refuse(PIXELS_RAW16, CAMERA_FORMAT_RGB8, 2, 2);
	must_refuse(PIXELS_RAW10P, CAMERA_FORMAT_GREY8, 4, 2);
	must_refuse(PIXELS_RGB, CAMERA_FORMAT_BAYER16, 2, 2);
	must_refuse(PIXELS_NV12, CAMERA_FORMAT_BAYER16, 2, 2);
	must_refuse(PIXELS_RAW10P, CAMERA_FORMAT_BAYER16, 2, 2);
	must_refuse(PIXELS_RAW12P, CAMERA_FORMAT_BAYER16, 3, 2);
	must_refuse(PIXELS_RGB, 0, 2, 2);
	must_refuse(PIXELS_RGB, CAMERA_FORMAT_GREY8 + 1, 2, 2);
	must_refuse(PIXELS_YUYV, CAMERA_FORMAT_RGB8, 3, 2);
	must_refuse(PIXELS_NV12, CAMERA_FORMAT_RGB8, 2, 3);
	ck_assert_uint_eq(pixels_planes(0), 0);
	ck_assert_uint_eq(pixels_planes(PIXELS_RAW12P + 1), 0);
	ck_assert_uint_eq(pixels_row_bytes(PIXELS_RAW12P + 1, 4), 0);
}
