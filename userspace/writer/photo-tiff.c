// SPDX-License-Identifier: GPL-2.0-or-later
/* TIFF and DNG, by libtiff. */
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <tiffio.h>
#include "camera.h"
#include "photo-file.h"

/* Offsets in a TIFF have 32 bits; some room is for all that is not pixels. */
#define MOST_BYTES (UINT32_MAX - (16 << 20))
/* EXIF's numbers for daylight D65, centimetre and sRGB. */
#define LIGHT_D65 21
#define UNIT_CM 3
#define SPACE_SRGB 1
/* What EXIF wants where a picture has no size on paper. */
#define NO_RESOLUTION 72.

static int be_quiet(TIFF *tiff, void *data, const char *module,
		    const char *format, va_list list)
{
	(void)tiff;
	(void)data;
	(void)module;
	(void)format;
	(void)list;
	return 1;
}

/* Its own descriptor is closed with it. */
static TIFF *open_tiff(int fd)
{
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	const int own = dup(fd);
	TIFF *tiff = NULL;

	if (options && own >= 0) {
		TIFFOpenOptionsSetErrorHandlerExtR(options, be_quiet, NULL);
		TIFFOpenOptionsSetWarningHandlerExtR(options, be_quiet, NULL);
		tiff = TIFFFdOpenExt(own, "photo", "w", options);
	}
	TIFFOpenOptionsFree(options);
	if (!tiff && own >= 0)
		close(own);
	return tiff;
}

static bool set_text(TIFF *tiff, uint32_t tag, const char *text)
{
	return !text || !text[0] || TIFFSetField(tiff, tag, text);
}

/* 0: not known */
static bool set_real(TIFF *tiff, uint32_t tag, double value)
{
	return !value || TIFFSetField(tiff, tag, value);
}

static bool set_comment(TIFF *tiff, const char *text)
{
	char comment[8 + sizeof(((struct photo_facts *)0)->comment)] = "ASCII";

	if (!text[0])
		return true;
	strcpy(comment + 8, text);
	return TIFFSetField(tiff, EXIFTAG_USERCOMMENT, 8 + (int)strlen(text),
			    comment);
}

static bool set_time(TIFF *tiff, const struct photo_facts *facts)
{
	return !facts->date[0] ||
	       (TIFFSetField(tiff, EXIFTAG_DATETIMEORIGINAL, facts->date) &&
		TIFFSetField(tiff, EXIFTAG_SUBSECTIMEORIGINAL,
			     facts->subsec) &&
		TIFFSetField(tiff, EXIFTAG_OFFSETTIMEORIGINAL, "+00:00"));
}

static bool set_resolution(TIFF *tiff, double pixels_per_cm)
{
	return !pixels_per_cm ||
	       (TIFFSetField(tiff, EXIFTAG_FOCALPLANEXRESOLUTION,
			     pixels_per_cm) &&
		TIFFSetField(tiff, EXIFTAG_FOCALPLANEYRESOLUTION,
			     pixels_per_cm) &&
		TIFFSetField(tiff, EXIFTAG_FOCALPLANERESOLUTIONUNIT,
			     UNIT_CM));
}

static bool set_exif(TIFF *tiff, const struct photo_facts *facts)
{
	uint16_t iso[] = { facts->iso };

	return TIFFSetField(tiff, EXIFTAG_EXIFVERSION, "0231") &&
	       TIFFSetField(tiff, EXIFTAG_FLASHPIXVERSION, "0100") &&
	       TIFFSetField(tiff, EXIFTAG_COLORSPACE, SPACE_SRGB) &&
	       set_time(tiff, facts) &&
	       set_real(tiff, EXIFTAG_EXPOSURETIME, facts->exposure_s) &&
	       (!iso[0] ||
		TIFFSetField(tiff, EXIFTAG_ISOSPEEDRATINGS, 1, iso)) &&
	       set_real(tiff, EXIFTAG_FOCALLENGTH, facts->focal_mm) &&
	       (!facts->distance_m || isinf(facts->distance_m) ||
		TIFFSetField(tiff, EXIFTAG_SUBJECTDISTANCE,
			     facts->distance_m)) &&
	       set_resolution(tiff, facts->pixels_per_cm) &&
	       set_comment(tiff, facts->comment);
}

/* First in the file, so that the directory of the image can point to it. */
static bool write_exif(TIFF *tiff, const struct photo_facts *facts,
		       uint64_t *offset)
{
	/* libtiff's functions return 0 where it is a directory of its own. */
	if (TIFFCreateEXIFDirectory(tiff) || !set_exif(tiff, facts) ||
	    !TIFFWriteCustomDirectory(tiff, offset))
		return false;
	TIFFFreeDirectory(tiff);
	return !TIFFCreateDirectory(tiff);
}

static bool set_info(TIFF *tiff, const struct photo_info *info,
		     const struct photo_facts *facts, uint64_t exif)
{
	return set_text(tiff, TIFFTAG_MAKE, info->camera_make) &&
	       set_text(tiff, TIFFTAG_MODEL, info->camera_model) &&
	       set_text(tiff, TIFFTAG_SOFTWARE, info->program) &&
	       set_text(tiff, TIFFTAG_IMAGEDESCRIPTION, info->name) &&
	       set_text(tiff, TIFFTAG_DATETIME, facts->date) &&
	       TIFFSetField(tiff, TIFFTAG_ORIENTATION, facts->orientation) &&
	       TIFFSetField(tiff, TIFFTAG_EXIFIFD, exif);
}

static bool set_layout(TIFF *tiff, const struct photo_pixels *pixels, bool dng)
{
	const bool colour = pixels->format == CAMERA_FORMAT_RGB8;
	const bool wide = pixels->format == CAMERA_FORMAT_BAYER16;
	uint16_t photometric = PHOTOMETRIC_MINISBLACK;

	if (colour)
		photometric = PHOTOMETRIC_RGB;
	else if (dng)
		photometric = PHOTOMETRIC_CFA;
	return TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, 0) &&
	       TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, pixels->width) &&
	       TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, pixels->height) &&
	       TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, wide ? 16 : 8) &&
	       TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, colour ? 3 : 1) &&
	       TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric) &&
	       TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
			    PLANARCONFIG_CONTIG) &&
	       TIFFSetField(tiff, TIFFTAG_XRESOLUTION, NO_RESOLUTION) &&
	       TIFFSetField(tiff, TIFFTAG_YRESOLUTION, NO_RESOLUTION) &&
	       TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) &&
	       TIFFSetField(tiff, TIFFTAG_COMPRESSION,
			    dng ? COMPRESSION_NONE : COMPRESSION_LZW) &&
	       (dng || TIFFSetField(tiff, TIFFTAG_PREDICTOR,
				    PREDICTOR_HORIZONTAL)) &&
	       TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
			    TIFFDefaultStripSize(tiff, 0));
}

/*
 * The colours of the sensor are not known: they are taken for those of sRGB
 * behind the gains of its white balance. So a white that the camera found is
 * white in the picture, and nothing is said that nobody has measured.
 */
static bool set_colours(TIFF *tiff, const struct photo_info *info)
{
	/* XYZ to linear sRGB at D65, IEC 61966-2-1. */
	static const float srgb[3][3] = {
		{ 3.2406f, -1.5372f, -0.4986f },
		{ -0.9689f, 1.8758f, 0.0415f },
		{ 0.0557f, -0.2040f, 1.0570f },
	};
	const float neutral[3] = {
		info->red_gain > 0 ? 1 / info->red_gain : 1, 1,
		info->blue_gain > 0 ? 1 / info->blue_gain : 1,
	};
	float matrix[3][3];

	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 3; column++)
			matrix[row][column] = neutral[row] * srgb[row][column];
	return TIFFSetField(tiff, TIFFTAG_COLORMATRIX1, 9, matrix) &&
	       TIFFSetField(tiff, TIFFTAG_CALIBRATIONILLUMINANT1, LIGHT_D65) &&
	       TIFFSetField(tiff, TIFFTAG_ASSHOTNEUTRAL, 3, neutral);
}

static bool set_dng(TIFF *tiff, const struct photo_pixels *pixels,
		    const struct photo_info *info)
{
	/* 0 red, 1 green, 2 blue */
	static const uint8_t patterns[][4] = {
		[CAMERA_BAYER_RGGB] = { 0, 1, 1, 2 },
		[CAMERA_BAYER_GRBG] = { 1, 0, 2, 1 },
		[CAMERA_BAYER_GBRG] = { 1, 2, 0, 1 },
		[CAMERA_BAYER_BGGR] = { 2, 1, 1, 0 },
	};
	static const uint16_t repeat[] = { 2, 2 };
	const float black = pixels->bayer_black;
	const uint32_t white = (1U << pixels->bayer_bits) - 1;
	const char *model = info->camera_model ? info->camera_model
					       : "unknown";

	return TIFFSetField(tiff, TIFFTAG_DNGVERSION, "\1\4\0\0") &&
	       TIFFSetField(tiff, TIFFTAG_DNGBACKWARDVERSION, "\1\1\0\0") &&
	       TIFFSetField(tiff, TIFFTAG_UNIQUECAMERAMODEL, model) &&
	       TIFFSetField(tiff, TIFFTAG_CFAREPEATPATTERNDIM, repeat) &&
	       TIFFSetField(tiff, TIFFTAG_CFAPATTERN, 4,
			    patterns[pixels->bayer]) &&
	       TIFFSetField(tiff, TIFFTAG_BLACKLEVEL, 1, &black) &&
	       TIFFSetField(tiff, TIFFTAG_WHITELEVEL, 1, &white) &&
	       set_colours(tiff, info);
}

/* libtiff takes samples as the machine has them. */
static void to_machine(uint8_t *row, size_t bytes)
{
	uint16_t sample;

	for (size_t n = 0; n + 1 < bytes; n += 2) {
		memcpy(&sample, row + n, 2);
		sample = le16toh(sample);
		memcpy(row + n, &sample, 2);
	}
}

static bool write_rows(TIFF *tiff, const struct photo_pixels *pixels)
{
	const size_t bytes = (size_t)pixels->width *
			     camera_bytes_per_pixel(pixels->format);
	const uint8_t *from = pixels->data;
	/* The predictor changes the row that it gets. */
	uint8_t *row = malloc(bytes);
	bool good = row;

	for (uint32_t y = 0; y < pixels->height && good; y++) {
		memcpy(row, from + y * bytes, bytes);
		if (pixels->format == CAMERA_FORMAT_BAYER16)
			to_machine(row, bytes);
		good = TIFFWriteScanline(tiff, row, y, 0) >= 0;
	}
	free(row);
	return good;
}

static bool write_all(TIFF *tiff, const struct photo_pixels *pixels,
		      const struct photo_info *info, bool dng)
{
	struct photo_facts facts;
	uint64_t exif;

	photo_facts(info, &facts);
	return write_exif(tiff, &facts, &exif) &&
	       set_layout(tiff, pixels, dng) &&
	       set_info(tiff, info, &facts, exif) &&
	       (!dng || set_dng(tiff, pixels, info)) &&
	       write_rows(tiff, pixels) && TIFFFlush(tiff);
}

int photo_tiff(int fd, const struct photo_pixels *pixels,
	       const struct photo_info *info, bool dng)
{
	TIFF *tiff;
	bool good;

	if (pixels->size > MOST_BYTES) {
		errno = EFBIG;
		return -1;
	}
	errno = 0;
	tiff = open_tiff(fd);
	if (tiff) {
		good = write_all(tiff, pixels, info, dng);
		TIFFClose(tiff);
		if (good)
			return 0;
	}
	/* libtiff tells of other errors by messages alone. */
	if (!errno)
		errno = EIO;
	return -1;
}
