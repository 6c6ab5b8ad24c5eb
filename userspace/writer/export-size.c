// SPDX-License-Identifier: GPL-2.0-or-later
#include "export-size.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

/** struct jpeg_error - libjpeg's, and where to go on after one */
struct jpeg_error {
	struct jpeg_error_mgr manager;
	jmp_buf out;
};

static void jpeg_leave(j_common_ptr jpeg)
{
	struct jpeg_error *error = (struct jpeg_error *)jpeg->err;

	longjmp(error->out, 1);
}

static void jpeg_quiet(j_common_ptr jpeg)
{
	(void)jpeg;
}

static int jpeg_size(FILE *in, uint32_t *width, uint32_t *height)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error error;

	jpeg.err = jpeg_std_error(&error.manager);
	error.manager.error_exit = jpeg_leave;
	error.manager.output_message = jpeg_quiet;
	if (setjmp(error.out)) {
		jpeg_destroy_decompress(&jpeg);
		return -1;
	}
	jpeg_create_decompress(&jpeg);
	jpeg_stdio_src(&jpeg, in);
	jpeg_read_header(&jpeg, TRUE);
	*width = jpeg.image_width;
	*height = jpeg.image_height;
	jpeg_destroy_decompress(&jpeg);
	return 0;
}

static int png_size(FILE *in, uint32_t *width, uint32_t *height)
{
	png_image image = { .version = PNG_IMAGE_VERSION };

	if (!png_image_begin_read_from_stdio(&image, in))
		return -1;
	*width = image.width;
	*height = image.height;
	png_image_free(&image);
	return 0;
}

static int tiff_quiet(TIFF *tiff, void *data, const char *module,
		      const char *format, va_list arguments)
{
	(void)tiff;
	(void)data;
	(void)module;
	(void)format;
	(void)arguments;
	return 1;
}

static TIFF *tiff_open(const char *path)
{
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	TIFF *tiff = NULL;

	if (options) {
		TIFFOpenOptionsSetErrorHandlerExtR(options, tiff_quiet, NULL);
		TIFFOpenOptionsSetWarningHandlerExtR(options, tiff_quiet, NULL);
		tiff = TIFFOpenExt(path, "r", options);
	}
	TIFFOpenOptionsFree(options);
	return tiff;
}

static int tiff_size(const char *path, uint32_t *width, uint32_t *height)
{
	TIFF *tiff = tiff_open(path);
	int good;

	if (!tiff)
		return -1;
	good = TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, width) &&
	       TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, height);
	TIFFClose(tiff);
	return good ? 0 : -1;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);

	return length > end && !strcasecmp(name + length - end, suffix);
}

static bool is_jpeg(const char *name)
{
	return has_suffix(name, ".jpg") || has_suffix(name, ".jpeg");
}

static bool is_tiff(const char *name)
{
	return has_suffix(name, ".tiff") || has_suffix(name, ".tif");
}

bool export_is_image(const char *name)
{
	return is_jpeg(name) || is_tiff(name) || has_suffix(name, ".png");
}

int export_size(const char *path, uint32_t *width, uint32_t *height)
{
	FILE *in = fopen(path, "re");
	int failed;

	if (!in)
		return -1;
	if (is_jpeg(path))
		failed = jpeg_size(in, width, height);
	else if (is_tiff(path))
		failed = tiff_size(path, width, height);
	else
		failed = png_size(in, width, height);
	fclose(in);
	if (failed || !*width || !*height) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}
