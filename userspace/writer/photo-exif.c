// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a photo, as EXIF, by libexif. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <libexif/exif-data.h>
#include "camera.h"
#include "photo-file.h"

#define BYTE_ORDER_HERE EXIF_BYTE_ORDER_INTEL
#define ASCII_PREFIX "ASCII\0\0"

/* Return: room for @size bytes of a new entry, NULL: no memory */
static unsigned char *add(ExifData *exif, ExifIfd ifd, ExifTag tag,
			  ExifFormat format, unsigned long components)
{
	const size_t size = exif_format_get_size(format) * components;
	ExifMem *mem = exif_mem_new_default();
	ExifEntry *entry = exif_entry_new_mem(mem);

	if (entry) {
		entry->data = exif_mem_alloc(mem, size);
		entry->tag = tag;
		entry->format = format;
		entry->components = components;
		entry->size = entry->data ? size : 0;
		exif_content_add_entry(exif->ifd[ifd], entry);
	}
	exif_mem_unref(mem);
	/* The content holds it. */
	exif_entry_unref(entry);
	return entry ? entry->data : NULL;
}

static bool add_bytes(ExifData *exif, ExifIfd ifd, ExifTag tag,
		      ExifFormat format, const void *bytes, size_t size)
{
	unsigned char *to = add(exif, ifd, tag, format, size);

	if (to)
		memcpy(to, bytes, size);
	return to;
}

static bool add_text(ExifData *exif, ExifIfd ifd, ExifTag tag,
		     const char *text)
{
	if (!text || !text[0])
		return true;
	return add_bytes(exif, ifd, tag, EXIF_FORMAT_ASCII, text,
			 strlen(text) + 1);
}

static bool add_short(ExifData *exif, ExifIfd ifd, ExifTag tag, uint16_t value)
{
	unsigned char *to = add(exif, ifd, tag, EXIF_FORMAT_SHORT, 1);

	if (to)
		exif_set_short(to, BYTE_ORDER_HERE, value);
	return to;
}

static bool add_long(ExifData *exif, ExifIfd ifd, ExifTag tag, uint32_t value)
{
	unsigned char *to = add(exif, ifd, tag, EXIF_FORMAT_LONG, 1);

	if (to)
		exif_set_long(to, BYTE_ORDER_HERE, value);
	return to;
}

static ExifRational rational(double value)
{
	uint32_t per = 1000000;

	if (isinf(value))
		return (ExifRational) { UINT32_MAX, 1 };
	while (value * per > UINT32_MAX - 1.)
		per /= 10;
	return (ExifRational) { round(value * per), per };
}

/* 0: not known */
static bool add_rational(ExifData *exif, ExifTag tag, double value)
{
	unsigned char *to;

	if (!value)
		return true;
	to = add(exif, EXIF_IFD_EXIF, tag, EXIF_FORMAT_RATIONAL, 1);
	if (to)
		exif_set_rational(to, BYTE_ORDER_HERE, rational(value));
	return to;
}

static bool add_comment(ExifData *exif, const char *text)
{
	char comment[sizeof(ASCII_PREFIX) + sizeof(((struct photo_facts *)0)->
						   comment)] = ASCII_PREFIX;

	if (!text[0])
		return true;
	strcpy(comment + sizeof(ASCII_PREFIX), text);
	return add_bytes(exif, EXIF_IFD_EXIF, EXIF_TAG_USER_COMMENT,
			 EXIF_FORMAT_UNDEFINED, comment,
			 sizeof(ASCII_PREFIX) + strlen(text));
}

static bool add_image(ExifData *exif, const struct photo_info *info,
		      const struct photo_facts *facts)
{
	const ExifIfd ifd = EXIF_IFD_0;

	return add_text(exif, ifd, EXIF_TAG_MAKE, info->camera_make) &&
	       add_text(exif, ifd, EXIF_TAG_MODEL, info->camera_model) &&
	       add_text(exif, ifd, EXIF_TAG_SOFTWARE, info->program) &&
	       add_text(exif, ifd, EXIF_TAG_IMAGE_DESCRIPTION, info->name) &&
	       add_text(exif, ifd, EXIF_TAG_DATE_TIME, facts->date) &&
	       add_short(exif, ifd, EXIF_TAG_ORIENTATION, facts->orientation);
}

static bool add_time(ExifData *exif, const struct photo_facts *facts)
{
	const ExifIfd ifd = EXIF_IFD_EXIF;

	return !facts->date[0] ||
	       (add_text(exif, ifd, EXIF_TAG_DATE_TIME_ORIGINAL,
			 facts->date) &&
		add_text(exif, ifd, EXIF_TAG_SUB_SEC_TIME_ORIGINAL,
			 facts->subsec) &&
		add_text(exif, ifd, EXIF_TAG_OFFSET_TIME_ORIGINAL, "+00:00"));
}

static bool add_resolution(ExifData *exif, double pixels_per_cm)
{
	/* 3: centimetre */
	return !pixels_per_cm ||
	       (add_rational(exif, EXIF_TAG_FOCAL_PLANE_X_RESOLUTION,
			     pixels_per_cm) &&
		add_rational(exif, EXIF_TAG_FOCAL_PLANE_Y_RESOLUTION,
			     pixels_per_cm) &&
		add_short(exif, EXIF_IFD_EXIF,
			  EXIF_TAG_FOCAL_PLANE_RESOLUTION_UNIT, 3));
}

static bool add_exposure(ExifData *exif, const struct photo_facts *facts)
{
	return add_rational(exif, EXIF_TAG_EXPOSURE_TIME, facts->exposure_s) &&
	       (!facts->iso || add_short(exif, EXIF_IFD_EXIF,
					 EXIF_TAG_ISO_SPEED_RATINGS,
					 facts->iso)) &&
	       add_rational(exif, EXIF_TAG_FOCAL_LENGTH, facts->focal_mm) &&
	       add_rational(exif, EXIF_TAG_SUBJECT_DISTANCE,
			    facts->distance_m) &&
	       add_resolution(exif, facts->pixels_per_cm) &&
	       add_comment(exif, facts->comment);
}

static bool add_size(ExifData *exif, const struct photo_pixels *pixels)
{
	const ExifIfd ifd = EXIF_IFD_EXIF;

	/* 1: sRGB */
	return add_bytes(exif, ifd, EXIF_TAG_EXIF_VERSION,
			 EXIF_FORMAT_UNDEFINED, "0231", 4) &&
	       add_long(exif, ifd, EXIF_TAG_PIXEL_X_DIMENSION,
			pixels->width) &&
	       add_long(exif, ifd, EXIF_TAG_PIXEL_Y_DIMENSION,
			pixels->height) &&
	       add_short(exif, ifd, EXIF_TAG_COLOR_SPACE, 1);
}

int photo_exif(const struct photo_pixels *pixels,
	       const struct photo_info *info, uint8_t **data, size_t *size)
{
	ExifData *exif = exif_data_new();
	struct photo_facts facts;
	unsigned int length = 0;

	*data = NULL;
	photo_facts(info, &facts);
	if (exif) {
		exif_data_set_byte_order(exif, BYTE_ORDER_HERE);
		if (add_image(exif, info, &facts) &&
		    add_size(exif, pixels) && add_time(exif, &facts) &&
		    add_exposure(exif, &facts)) {
			/* What EXIF demands, though it says nothing here. */
			exif_data_set_data_type(exif,
						EXIF_DATA_TYPE_COMPRESSED);
			exif_data_fix(exif);
			exif_data_save_data(exif, data, &length);
		}
		exif_data_unref(exif);
	}
	*size = length;
	if (*data)
		return 0;
	errno = ENOMEM;
	return -1;
}
