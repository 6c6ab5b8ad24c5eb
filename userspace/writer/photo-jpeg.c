// SPDX-License-Identifier: GPL-2.0-or-later
/* JPEG, by libjpeg-turbo. */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>
#include <jerror.h>
#include "camera.h"
#include "photo-file.h"

/* Longest content of a marker, less its length. */
#define MARKER_MOST 65533

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

static void be_quiet(j_common_ptr info)
{
	(void)info;
}

static struct jpeg_error_mgr *set_error(struct error *error)
{
	jpeg_std_error(&error->manager);
	error->manager.error_exit = leave;
	error->manager.output_message = be_quiet;
	return &error->manager;
}

static int fail(const struct error *error)
{
	errno = error->manager.msg_code == JERR_OUT_OF_MEMORY ? ENOMEM
							       : EINVAL;
	return -1;
}

static void compress(struct jpeg_compress_struct *jpeg, int quality,
		     const struct photo_pixels *pixels, const uint8_t *exif,
		     size_t exif_size)
{
	const bool colour = pixels->format == CAMERA_FORMAT_RGB8;
	const size_t row = (size_t)pixels->width * (colour ? 3 : 1);

	jpeg->image_width = pixels->width;
	jpeg->image_height = pixels->height;
	jpeg->input_components = colour ? 3 : 1;
	jpeg->in_color_space = colour ? JCS_RGB : JCS_GRAYSCALE;
	jpeg_set_defaults(jpeg);
	jpeg_set_quality(jpeg, quality, TRUE);
	/* EXIF wants to be the first marker. */
	jpeg->write_JFIF_header = !exif_size;
	jpeg_start_compress(jpeg, TRUE);
	if (exif_size)
		jpeg_write_marker(jpeg, JPEG_APP0 + 1, exif, exif_size);
	while (jpeg->next_scanline < jpeg->image_height) {
		JSAMPROW from = (JSAMPROW)pixels->data +
				jpeg->next_scanline * row;

		jpeg_write_scanlines(jpeg, &from, 1);
	}
	jpeg_finish_compress(jpeg);
}

static int encode(FILE *out, const struct photo_pixels *pixels, int quality,
		  const uint8_t *exif, size_t exif_size)
{
	struct jpeg_compress_struct jpeg;
	struct error error;

	jpeg.err = set_error(&error);
	if (setjmp(error.out)) {
		jpeg_destroy_compress(&jpeg);
		return fail(&error);
	}
	jpeg_create_compress(&jpeg);
	jpeg_stdio_dest(&jpeg, out);
	compress(&jpeg, quality, pixels, exif, exif_size);
	jpeg_destroy_compress(&jpeg);
	return 0;
}

/* libjpeg's own destination in memory loses its memory after an error. */
static int encode_in_memory(const struct photo_pixels *pixels, int quality,
			    const uint8_t *exif, size_t exif_size,
			    uint8_t **data, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	int failed;

	if (!out)
		return -1;
	failed = encode(out, pixels, quality, exif, exif_size);
	if (fclose(out) || failed) {
		free(text);
		return -1;
	}
	*data = (uint8_t *)text;
	return 0;
}

int photo_jpeg(const struct photo_pixels *pixels, int quality,
	       const struct photo_info *info, uint8_t **data, size_t *size)
{
	uint8_t *exif = NULL;
	size_t exif_size = 0;
	int failed;

	if ((pixels->format != CAMERA_FORMAT_RGB8 &&
	     pixels->format != CAMERA_FORMAT_GREY8) || quality < 1 ||
	    quality > 100 || !pixels->width || !pixels->height) {
		errno = EINVAL;
		return -1;
	}
	if (pixels->width > JPEG_MAX_DIMENSION ||
	    pixels->height > JPEG_MAX_DIMENSION) {
		errno = EFBIG;
		return -1;
	}
	if (info && photo_exif(pixels, info, &exif, &exif_size))
		return -1;
	if (exif_size > MARKER_MOST) {
		free(exif);
		errno = EINVAL;
		return -1;
	}
	failed = encode_in_memory(pixels, quality, exif, exif_size, data,
				  size);
	free(exif);
	return failed;
}

static bool is_too_big(const struct jpeg_decompress_struct *jpeg,
		       uint32_t most)
{
	return jpeg->output_width / 2 >= most ||
	       jpeg->output_height / 2 >= most;
}

/* Smaller already while it is decoded: that is quicker, and takes less room. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, uint32_t most)
{
	jpeg_calc_output_dimensions(jpeg);
	while (jpeg->scale_denom < 8 && is_too_big(jpeg, most)) {
		jpeg->scale_denom *= 2;
		jpeg_calc_output_dimensions(jpeg);
	}
}

static void start(struct jpeg_decompress_struct *jpeg,
		  const struct photo_pixels *pixels, uint32_t most)
{
	jpeg_mem_src(jpeg, pixels->data, pixels->size);
	jpeg_read_header(jpeg, TRUE);
	if (jpeg->num_components == 1)
		jpeg->out_color_space = JCS_GRAYSCALE;
	else
		jpeg->out_color_space = JCS_RGB;
	jpeg->scale_num = 1;
	jpeg->scale_denom = 1;
	choose_scale(jpeg, most);
	jpeg_start_decompress(jpeg);
}

static void read_rows(struct jpeg_decompress_struct *jpeg, uint8_t *data)
{
	const size_t row = (size_t)jpeg->output_width *
			   jpeg->output_components;

	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW to = data + jpeg->output_scanline * row;

		jpeg_read_scanlines(jpeg, &to, 1);
	}
	jpeg_finish_decompress(jpeg);
}

int photo_decode(const struct photo_pixels *pixels, uint32_t most,
		 struct photo_pixels *decoded)
{
	struct jpeg_decompress_struct jpeg;
	uint8_t *volatile data = NULL;
	struct error error;
	size_t size;

	jpeg.err = set_error(&error);
	if (setjmp(error.out)) {
		jpeg_destroy_decompress(&jpeg);
		free(data);
		return fail(&error);
	}
	jpeg_create_decompress(&jpeg);
	start(&jpeg, pixels, most);
	size = (size_t)jpeg.output_width * jpeg.output_height *
	       jpeg.output_components;
	data = malloc(size);
	if (!data)
		ERREXIT1(&jpeg, JERR_OUT_OF_MEMORY, 0);
	read_rows(&jpeg, data);
	*decoded = (struct photo_pixels) {
		.width = jpeg.output_width,
		.height = jpeg.output_height,
		.format = jpeg.output_components == 1 ? CAMERA_FORMAT_GREY8
						      : CAMERA_FORMAT_RGB8,
		.data = data,
		.size = size,
	};
	jpeg_destroy_decompress(&jpeg);
	return 0;
}
