// SPDX-License-Identifier: GPL-2.0-or-later
#include "photo.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <jansson.h>
#include "camera.h"
#include "durable.h"
#include "photo-file.h"
#include "photo-h5.h"
#include "utc.h"

static const struct {
	const char *name;
	const char *suffix;
} formats[] = {
	[PHOTO_JPEG] = { "jpeg", ".jpg" },
	[PHOTO_TIFF] = { "tiff", ".tiff" },
	[PHOTO_DNG] = { "dng", ".dng" },
	[PHOTO_RAW] = { "raw", ".raw" },
	[PHOTO_HDF5] = { "hdf5", ".h5" },
	[PHOTO_PNG] = { "png", ".png" },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct photo_info nothing = { .lens_dpt = NAN };

static int fail(int error)
{
	errno = error;
	return -1;
}

int photo_format(const char *name)
{
	for (size_t n = PHOTO_JPEG; n < FORMATS; n++) {
		if (!strcmp(formats[n].name, name))
			return n;
	}
	return -1;
}

const char *photo_format_name(enum photo_format format)
{
	return format < FORMATS ? formats[format].name : NULL;
}

const char *photo_suffix(enum photo_format format)
{
	return format < FORMATS ? formats[format].suffix : NULL;
}

static bool is_known(double value)
{
	return isfinite(value) && value > 0;
}

static bool is_jpeg(const struct photo_pixels *pixels)
{
	const uint8_t *data = pixels->data;

	return pixels->size > 4 && data[0] == 0xff && data[1] == 0xd8;
}

static bool are_good(const struct photo_pixels *pixels)
{
	uint64_t bytes;

	if (pixels->format == CAMERA_FORMAT_JPEG)
		return is_jpeg(pixels);
	bytes = camera_bytes_per_pixel(pixels->format);
	if (!bytes || !pixels->width || !pixels->height ||
	    pixels->width > INT32_MAX || pixels->height > INT32_MAX ||
	    __builtin_mul_overflow(bytes, pixels->width, &bytes) ||
	    __builtin_mul_overflow(bytes, pixels->height, &bytes) ||
	    bytes != pixels->size)
		return false;
	if (pixels->format != CAMERA_FORMAT_BAYER16)
		return true;
	return pixels->bayer >= CAMERA_BAYER_RGGB &&
	       pixels->bayer <= CAMERA_BAYER_BGGR &&
	       pixels->bayer_bits >= 8 && pixels->bayer_bits <= 16 &&
	       pixels->bayer_black < 1U << pixels->bayer_bits;
}

static bool is_good_info(const struct photo_info *info)
{
	return info->orientation <= 8 && info->gain >= 0 &&
	       isfinite(info->gain) && info->red_gain >= 0 &&
	       isfinite(info->red_gain) && info->blue_gain >= 0 &&
	       isfinite(info->blue_gain) && info->focal_length_mm >= 0 &&
	       info->pixel_um >= 0 && !isinf(info->lens_dpt) &&
	       (!info->has_pose || (isfinite(info->theta_deg) &&
				    isfinite(info->phi_deg)));
}

static bool can_hold(enum photo_format format, uint32_t pixels)
{
	switch (format) {
	case PHOTO_JPEG:
		return pixels != CAMERA_FORMAT_BAYER16;
	case PHOTO_DNG:
		return pixels == CAMERA_FORMAT_BAYER16;
	case PHOTO_RAW:
		return true;
	default:
		return pixels != CAMERA_FORMAT_JPEG;
	}
}

static int check(enum photo_format format, int quality,
		 const struct photo_pixels *pixels,
		 const struct photo_info *info)
{
	if (!photo_suffix(format) || !are_good(pixels) ||
	    !is_good_info(info) || !can_hold(format, pixels->format) ||
	    (format == PHOTO_JPEG && (quality < 1 || quality > 100)))
		return fail(EINVAL);
	return 0;
}

static int write_jpeg(int fd, int quality, const struct photo_pixels *pixels,
		      const struct photo_info *info)
{
	uint8_t *data;
	size_t size;
	int failed;

	if (pixels->format == CAMERA_FORMAT_JPEG)
		return durable_write_all(fd, pixels->data, pixels->size);
	if (photo_jpeg(pixels, quality, info, &data, &size))
		return -1;
	failed = durable_write_all(fd, data, size);
	free(data);
	return failed;
}

static int write_format(int fd, enum photo_format format, int quality,
			const struct photo_pixels *pixels,
			const struct photo_info *info)
{
	switch (format) {
	case PHOTO_JPEG:
		return write_jpeg(fd, quality, pixels, info);
	case PHOTO_TIFF:
	case PHOTO_DNG:
		return photo_tiff(fd, pixels, info, format == PHOTO_DNG);
	case PHOTO_PNG:
		return photo_png(fd, pixels, info);
	default:
		return durable_write_all(fd, pixels->data, pixels->size);
	}
}

int photo_write(int fd, enum photo_format format, int quality,
		const struct photo_pixels *pixels,
		const struct photo_info *info)
{
	if (!info)
		info = &nothing;
	if (format == PHOTO_HDF5)
		return fail(EINVAL);
	if (check(format, quality, pixels, info))
		return -1;
	return write_format(fd, format, quality, pixels, info);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *number_or_null(double value)
{
	return is_known(value) ? json_real(value) : json_null();
}

static json_t *shape_json(const struct photo_pixels *pixels)
{
	static const char *const names[] = {
		[CAMERA_FORMAT_RGB8] = "rgb8",
		[CAMERA_FORMAT_GREY8] = "grey8",
		[CAMERA_FORMAT_JPEG] = "jpeg",
		[CAMERA_FORMAT_BAYER16] = "bayer16",
	};
	static const char *const patterns[] = {
		[CAMERA_BAYER_RGGB] = "RGGB", [CAMERA_BAYER_GRBG] = "GRBG",
		[CAMERA_BAYER_GBRG] = "GBRG", [CAMERA_BAYER_BGGR] = "BGGR",
	};
	json_t *shape = json_pack("{s:s, s:i, s:i}", "pixels",
				  names[pixels->format], "width",
				  (int)pixels->width, "height",
				  (int)pixels->height);

	if (pixels->format == CAMERA_FORMAT_BAYER16)
		json_object_update_new(shape,
			json_pack("{s:s, s:i, s:i}", "bayer",
				  patterns[pixels->bayer], "bits",
				  (int)pixels->bayer_bits, "black",
				  (int)pixels->bayer_black));
	return shape;
}

json_t *photo_info_json(const struct photo_info *info)
{
	struct photo_facts facts;
	char utc[UTC_LEN];

	photo_facts(info, &facts);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o}",
			 "camera_make", text_or_null(info->camera_make),
			 "camera_model", text_or_null(info->camera_model),
			 "exposure_ns", info->exposure_ns ?
			 json_integer(info->exposure_ns) : json_null(),
			 "gain", number_or_null(info->gain),
			 "lens_dpt", info->lens_dpt >= 0 ?
			 json_real(info->lens_dpt) : json_null(),
			 "focal_length_mm",
			 number_or_null(info->focal_length_mm),
			 "pixel_um", number_or_null(info->pixel_um),
			 "red_gain", number_or_null(info->red_gain),
			 "blue_gain", number_or_null(info->blue_gain),
			 "orientation", (int)facts.orientation,
			 "utc", text_or_null(facts.date[0] ?
					     utc_text(info->utc_ns, utc) :
					     NULL));
}

/* What the bytes of a raw file are. */
static int save_shape(const char *path, const struct photo_pixels *pixels,
		      const struct photo_info *info, size_t *bytes)
{
	char beside[PATH_MAX];
	json_t *shape;
	int failed;

	if (snprintf(beside, sizeof(beside), "%s.json", path) >=
	    (int)sizeof(beside))
		return fail(ENAMETOOLONG);
	shape = shape_json(pixels);
	json_object_update_new(shape, photo_info_json(info));
	failed = durable_json(beside, shape, bytes);
	json_decref(shape);
	return failed;
}

static int save_file(const char *path, enum photo_format format, int quality,
		     const struct photo_pixels *pixels,
		     const struct photo_info *info, uint64_t *bytes)
{
	struct durable durable;
	struct stat st;
	size_t more = 0;

	if (format == PHOTO_RAW && save_shape(path, pixels, info, &more))
		return -1;
	if (durable_begin(&durable, path))
		return -1;
	if (write_format(durable.fd, format, quality, pixels, info) ||
	    fstat(durable.fd, &st)) {
		durable_abort(&durable);
		return -1;
	}
	*bytes = st.st_size + more;
	return durable_commit(&durable);
}

int photo_save(const char *path, enum photo_format format, int quality,
	       const struct photo_pixels *pixels,
	       const struct photo_info *info, uint64_t *bytes)
{
	uint64_t unasked;

	if (!info)
		info = &nothing;
	if (!bytes)
		bytes = &unasked;
	if (check(format, quality, pixels, info))
		return -1;
	if (format == PHOTO_HDF5)
		return photo_h5_add(path, pixels, info, bytes);
	return save_file(path, format, quality, pixels, info, bytes);
}
