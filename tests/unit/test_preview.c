// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/preview.c userspace/writer/photo-jpeg.c
 * userspace/writer/photo-exif.c userspace/writer/photo-facts.c
 * userspace/writer/utc.c -ljpeg -lexif -lm
 */
/* What people see of a scan: the newest frame, and never at the scan's cost. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jpeglib.h>

#include "camera.h"
#include "photo.h"
#include "preview.h"
#include "unit.h"

#define WIDTH 640
#define HEIGHT 480
#define LONG_MS 60000

static struct preview *preview;
static uint8_t frame[WIDTH * HEIGHT * 3];
static atomic_bool ending;
static pthread_t camera;
static size_t jpeg_size;
static uint32_t format;

static struct photo_pixels pixels_of(uint32_t format)
{
	return (struct photo_pixels){
		.width = WIDTH,
		.height = HEIGHT,
		.format = format,
		.bayer = CAMERA_BAYER_RGGB,
		.bayer_bits = 10,
		.data = frame,
		.size = (size_t)WIDTH * HEIGHT *
			camera_bytes_per_pixel(format),
	};
}

/* The same frame again and again, without end. */
static void *offer(void *unused)
{
	struct photo_pixels pixels = pixels_of(format);

	if (format == CAMERA_FORMAT_JPEG)
		pixels.size = jpeg_size;
	while (!atomic_load(&ending)) {
		preview_offer(preview, &pixels);
		usleep(1000);
	}
	return unused;
}

static void begin(uint32_t as)
{
	preview = preview_new(200);
	ck_assert_ptr_nonnull(preview);
	format = as;
	atomic_store(&ending, false);
	ck_assert(!pthread_create(&camera, NULL, offer, NULL));
}

static void end(void)
{
	atomic_store(&ending, true);
	pthread_join(camera, NULL);
	preview_free(preview);
}

/* One pixel of the middle, and the size, by libjpeg. */
static void decode(const uint8_t *jpeg, size_t size, uint32_t *width,
		   uint32_t *height, int *components, uint8_t middle[3])
{
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr manager;
	uint8_t row[WIDTH * 3], *rows = row;

	info.err = jpeg_std_error(&manager);
	jpeg_create_decompress(&info);
	jpeg_mem_src(&info, jpeg, size);
	jpeg_read_header(&info, TRUE);
	jpeg_start_decompress(&info);
	*width = info.output_width;
	*height = info.output_height;
	*components = info.output_components;
	while (info.output_scanline <= info.output_height / 2)
		jpeg_read_scanlines(&info, &rows, 1);
	memcpy(middle, row + info.output_width / 2 * *components, *components);
	jpeg_destroy_decompress(&info);
}

TEST(who_waits_gets_the_next_frame_scaled_down)
{
	uint32_t width, height;
	uint64_t number = 0;
	uint8_t *jpeg, middle[3];
	int components;
	size_t size;

	memset(frame, 40, sizeof(frame));
	begin(CAMERA_FORMAT_RGB8);
	ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg, &size));
	decode(jpeg, size, &width, &height, &components, middle);
	ck_assert_uint_eq(width, WIDTH / 4);
	ck_assert_uint_eq(height, HEIGHT / 4);
	ck_assert_int_eq(components, 3);
	ck_assert_int_le(abs(middle[1] - 40), 2);
	free(jpeg);
	end();
}

TEST(each_frame_is_newer_than_the_last)
{
	uint64_t number = 0, before;
	uint8_t *jpeg;
	size_t size;

	begin(CAMERA_FORMAT_GREY8);
	for (int i = 0; i < 4; i++) {
		before = number;
		ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg,
					&size));
		ck_assert_uint_gt(number, before);
		free(jpeg);
	}
	end();
}

TEST(raw_samples_become_their_colours)
{
	uint16_t *sample = (uint16_t *)frame;
	uint32_t width, height;
	uint64_t number = 0;
	uint8_t *jpeg, middle[3];
	int components;
	size_t size;

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			sample[y * WIDTH + x] = y % 2 && x % 2 ? 40 << 2 :
						y % 2 || x % 2 ? 100 << 2 :
						200 << 2;
	begin(CAMERA_FORMAT_BAYER16);
	ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg, &size));
	decode(jpeg, size, &width, &height, &components, middle);
	ck_assert_int_eq(components, 3);
	ck_assert_int_le(abs(middle[0] - 200), 4);
	ck_assert_int_le(abs(middle[1] - 100), 4);
	ck_assert_int_le(abs(middle[2] - 40), 4);
	free(jpeg);
	end();
}

TEST(a_jpeg_of_the_camera_is_passed_on)
{
	struct photo_pixels pixels = pixels_of(CAMERA_FORMAT_GREY8);
	uint64_t number = 0;
	uint8_t *made, *jpeg;
	size_t size;

	ck_assert(!photo_jpeg(&pixels, 90, NULL, &made, &jpeg_size));
	ck_assert_uint_lt(jpeg_size, sizeof(frame));
	memcpy(frame, made, jpeg_size);
	begin(CAMERA_FORMAT_JPEG);
	ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg, &size));
	ck_assert_uint_eq(size, jpeg_size);
	ck_assert_mem_eq(jpeg, made, size);
	free(jpeg);
	free(made);
	end();
}

TEST(what_was_offered_while_nobody_waited_is_not_kept)
{
	struct photo_pixels pixels = pixels_of(CAMERA_FORMAT_RGB8);
	uint64_t number = 0;
	uint8_t *jpeg;
	size_t size;

	preview = preview_new(200);
	preview_offer(preview, &pixels);
	ck_assert(preview_wait(preview, &number, 1, &jpeg, &size));
	ck_assert_int_eq(errno, ETIMEDOUT);
	preview_free(preview);
}

TEST(frames_are_dropped_while_nobody_waits)
{
	uint64_t number = 0;
	uint8_t *jpeg;
	size_t size;

	begin(CAMERA_FORMAT_RGB8);
	ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg, &size));
	free(jpeg);
	/* Many frames later the next one is number 2: none was copied. */
	usleep(30000);
	ck_assert_uint_eq(number, 1);
	ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg, &size));
	ck_assert_uint_eq(number, 2);
	free(jpeg);
	end();
}

TEST(what_cannot_be_shown_is_passed_over)
{
	struct photo_pixels pixels = pixels_of(CAMERA_FORMAT_RGB8);
	uint64_t number = 0;
	uint8_t *jpeg;
	size_t size;

	preview_offer(NULL, &pixels);
	begin(CAMERA_FORMAT_RGB8);
	pixels.size--;
	preview_offer(preview, &pixels);
	pixels.format = 99;
	preview_offer(preview, &pixels);
	ck_assert(!preview_wait(preview, &number, LONG_MS, &jpeg, &size));
	free(jpeg);
	end();
	ck_assert_ptr_null(preview_new(0));
	ck_assert_int_eq(errno, EINVAL);
}
