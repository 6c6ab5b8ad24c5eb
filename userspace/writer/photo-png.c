// SPDX-License-Identifier: GPL-2.0-or-later
/* PNG, by libpng. */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <png.h>
#include "camera.h"
#include "durable.h"
#include "photo-file.h"

/* PNG has no use for the mark that a JPEG's EXIF begins with, "Exif\0\0". */
#define EXIF_MARK 6

static void failed(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void be_quiet(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void write_some(png_structp png, png_bytep data, size_t size)
{
	const int *fd = png_get_io_ptr(png);

	if (durable_write_all(*fd, data, size))
		png_error(png, "");
}

static void flush(png_structp png)
{
	(void)png;
}

static void describe(png_structp png, png_infop info, const char *text)
{
	png_text chunk = {
		.compression = PNG_TEXT_COMPRESSION_NONE,
		.key = (char *)"Description",
		.text = (char *)text,
	};

	if (text)
		png_set_text(png, info, &chunk, 1);
}

static void write_rows(png_structp png, const struct photo_pixels *pixels)
{
	const size_t row = (size_t)pixels->width *
			   camera_bytes_per_pixel(pixels->format);
	const uint8_t *from = pixels->data;

	for (uint32_t y = 0; y < pixels->height; y++)
		png_write_row(png, from + y * row);
}

static void write_png(png_structp png, png_infop info,
		      const struct photo_pixels *pixels, const char *text,
		      uint8_t *exif, size_t exif_size)
{
	const bool wide = pixels->format == CAMERA_FORMAT_BAYER16;

	png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
	png_set_IHDR(png, info, pixels->width, pixels->height, wide ? 16 : 8,
		     pixels->format == CAMERA_FORMAT_RGB8 ?
		     PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 1);
	describe(png, info, text);
	png_set_eXIf_1(png, info, exif_size - EXIF_MARK, exif + EXIF_MARK);
	png_write_info(png, info);
	/* PNG has the high byte first, the camera the low one. */
	if (wide)
		png_set_swap(png);
	write_rows(png, pixels);
	/* All that is told stands before the rows. */
	png_write_end(png, NULL);
}

static bool write_with_exif(int fd, const struct photo_pixels *pixels,
			    const char *text, uint8_t *exif, size_t exif_size)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
						  failed, be_quiet);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	/* Set before the jump, read behind it. */
	volatile bool good = false;

	if (info && !setjmp(png_jmpbuf(png))) {
		png_set_write_fn(png, &fd, write_some, flush);
		write_png(png, info, pixels, text, exif, exif_size);
		good = true;
	}
	png_destroy_write_struct(&png, &info);
	return good;
}

int photo_png(int fd, const struct photo_pixels *pixels,
	      const struct photo_info *info)
{
	uint8_t *exif;
	size_t size;
	bool good;

	if (photo_exif(pixels, info, &exif, &size))
		return -1;
	/* libpng tells of other errors by messages alone. */
	errno = 0;
	good = write_with_exif(fd, pixels, info->name, exif, size);
	if (!good && !errno)
		errno = ENOMEM;
	free(exif);
	return good ? 0 : -1;
}
