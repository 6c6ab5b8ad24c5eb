// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <tiffio.h>
#include <unistd.h>
#include "imagefile.h"
#include "oscanctl.h"

static int io_error(void)
{
	/* The libraries tell of other errors by messages alone. */
	if (!errno)
		errno = EIO;
	return -1;
}

static bool set_fields(TIFF *tiff, const struct image *image, const char *text)
{
	const uint16_t photometric = image->bytes_per_pixel == 3
		? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;

	return TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, image->width) &&
	       TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, image->height) &&
	       TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8) &&
	       TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL,
			    image->bytes_per_pixel) &&
	       TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric) &&
	       TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
			    PLANARCONFIG_CONTIG) &&
	       TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW) &&
	       TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
			    TIFFDefaultStripSize(tiff, 0)) &&
	       TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, text) &&
	       TIFFSetField(tiff, TIFFTAG_SOFTWARE,
			    "oscanctl");
}

static bool write_rows(TIFF *tiff, const struct image *image)
{
	const size_t row = (size_t)image->width * image->bytes_per_pixel;

	for (uint32_t y = 0; y < image->height; y++) {
		/* Only a predictor, which is not used, would change them. */
		if (TIFFWriteScanline(tiff, (void *)(image->pixels + y * row),
				      y, 0) < 0)
			return false;
	}
	return true;
}

int imagefile_tiff(int fd, const struct image *image, const char *text)
{
	TIFF *tiff;
	bool good;

	TIFFSetErrorHandler(NULL);
	TIFFSetWarningHandler(NULL);
	errno = 0;
	tiff = TIFFFdOpen(fd, "image", "w");
	if (!tiff) {
		close(fd);
		return io_error();
	}
	good = set_fields(tiff, image, text) && write_rows(tiff, image) &&
	       TIFFFlush(tiff);
	TIFFClose(tiff);
	return good ? 0 : io_error();
}

static void png_failed(png_structp png, png_const_charp message)
{
	(void)message;
	png_longjmp(png, 1);
}

static void png_warned(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void png_all(png_structp png, png_infop info, const struct image *image,
		    const char *text)
{
	const size_t row = (size_t)image->width * image->bytes_per_pixel;
	png_text chunk = {
		.compression = PNG_TEXT_COMPRESSION_NONE,
		.key = (char *)"Description",
		.text = (char *)text,
	};

	png_set_IHDR(png, info, image->width, image->height, 8,
		     image->bytes_per_pixel == 3 ? PNG_COLOR_TYPE_RGB
						 : PNG_COLOR_TYPE_GRAY,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 1);
	png_set_text(png, info, &chunk, 1);
	png_write_info(png, info);
	for (uint32_t y = 0; y < image->height; y++)
		png_write_row(png, image->pixels + y * row);
	png_write_end(png, info);
}

static bool png_write(FILE *out, const struct image *image, const char *text)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
						  png_failed, png_warned);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	/* Set before the jump, read behind it. */
	volatile bool good = false;

	if (info && !setjmp(png_jmpbuf(png))) {
		png_init_io(png, out);
		png_all(png, info, image, text);
		good = true;
	}
	png_destroy_write_struct(&png, &info);
	return good;
}

int imagefile_png(int fd, const struct image *image, const char *text)
{
	FILE *out = fdopen(fd, "w");
	bool good;

	if (!out) {
		close(fd);
		return -1;
	}
	errno = 0;
	good = png_write(out, image, text);
	if (fclose(out))
		good = false;
	return good ? 0 : io_error();
}
