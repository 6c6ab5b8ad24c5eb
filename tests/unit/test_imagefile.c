// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscanctl/imagefile.c -ltiff -lpng */
#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include "imagefile.h"
#include "unit.h"

#define WIDTH 31
#define HEIGHT 17

static char path[64];
static uint8_t pixels[WIDTH * HEIGHT * 3];

static struct image fixture(uint32_t bytes_per_pixel)
{
	strcpy(path, "/tmp/oscan-image-XXXXXX");
	for (size_t k = 0; k < sizeof(pixels); k++)
		pixels[k] = 31 * k + k / 7;
	return (struct image) { WIDTH, HEIGHT, bytes_per_pixel, pixels };
}

static void cleanup(void)
{
	unlink(path);
}

static void check_tiff(const struct image *image)
{
	const size_t row = WIDTH * image->bytes_per_pixel;
	uint8_t got[WIDTH * 3];
	char *text;
	TIFF *tiff;

	ck_assert_int_eq(imagefile_tiff(mkstemp(path), image, "gr\u00fcn"), 0);
	tiff = TIFFOpen(path, "r");
	ck_assert_ptr_nonnull(tiff);
	ck_assert_int_eq(TIFFScanlineSize(tiff), row);
	ck_assert_int_eq(TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text),
			 1);
	ck_assert_str_eq(text, "gr\u00fcn");
	for (uint32_t y = 0; y < HEIGHT; y++) {
		ck_assert_int_eq(TIFFReadScanline(tiff, got, y, 0), 1);
		ck_assert_mem_eq(got, pixels + y * row, row);
	}
	ck_assert_int_eq(TIFFReadScanline(tiff, got, HEIGHT, 0), -1);
	TIFFClose(tiff);
	cleanup();
}

static void check_png(const struct image *image)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t got[sizeof(pixels)];

	ck_assert_int_eq(imagefile_png(mkstemp(path), image, "text"), 0);
	ck_assert_int_ne(png_image_begin_read_from_file(&png, path), 0);
	ck_assert_uint_eq(png.width, WIDTH);
	ck_assert_uint_eq(png.height, HEIGHT);
	ck_assert_uint_eq(png.format, image->bytes_per_pixel == 3
			  ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY);
	ck_assert_int_ne(png_image_finish_read(&png, NULL, got, 0, NULL), 0);
	ck_assert_mem_eq(got, pixels, WIDTH * HEIGHT * image->bytes_per_pixel);
	cleanup();
}

TEST(grey_pixels_come_back)
{
	const struct image image = fixture(1);

	check_tiff(&image);
	fixture(1);
	check_png(&image);
}

TEST(pixels_in_colour_come_back)
{
	const struct image image = fixture(3);

	check_tiff(&image);
	fixture(3);
	check_png(&image);
}

TEST(a_disk_that_is_full_says_so)
{
	const struct image image = fixture(3);

	ck_assert_int_eq(imagefile_png(open("/dev/full", O_RDWR), &image, ""),
			 -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(imagefile_tiff(open("/dev/full", O_RDWR), &image,
					""), -1);
	ck_assert_int_ne(errno, 0);
}
