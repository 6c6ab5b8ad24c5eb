/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of file of photo.h; what they get has been checked by photo.c. */
#ifndef OSCAN_PHOTO_FILE_H
#define OSCAN_PHOTO_FILE_H

#include "photo.h"

/**
 * struct photo_facts - struct photo_info in the words of EXIF
 * @date: "2026:11:21 20:05:01", UTC; "": not known
 * @subsec: "123456", microseconds
 * @comment: the pose; "": not known
 * @exposure_s: 0: not known, as in all that follow
 * @iso: 100 times gain
 * @focal_mm: focal length
 * @distance_m: that the lens is focused at; INFINITY for the lens at 0
 * @pixels_per_cm: of the sensor
 * @orientation: 1 to 8
 */
struct photo_facts {
	char date[20];
	char subsec[8];
	char comment[128];
	double exposure_s;
	uint16_t iso;
	double focal_mm;
	double distance_m;
	double pixels_per_cm;
	uint16_t orientation;
};

/** photo_facts - work them out; @info may not be NULL */
void photo_facts(const struct photo_info *info, struct photo_facts *facts);

/**
 * photo_exif - an EXIF block: "Exif\0\0" and a TIFF of its own
 * @data: out, to be freed with free()
 *
 * Return: 0, or -1 with ENOMEM.
 */
int photo_exif(const struct photo_pixels *pixels,
	       const struct photo_info *info, uint8_t **data, size_t *size);

/** photo_tiff - a TIFF, or with @dng a DNG. Return: 0, or -1 with errno */
int photo_tiff(int fd, const struct photo_pixels *pixels,
	       const struct photo_info *info, bool dng);

/** photo_png - a PNG. Return: 0, or -1 with errno */
int photo_png(int fd, const struct photo_pixels *pixels,
	      const struct photo_info *info);

/**
 * photo_decode - the pixels of a JPEG
 * @most: of width and height; a greater picture may be made smaller by a power
 *	of two, but not below it
 * @decoded: out; its data is to be freed with free()
 *
 * Return: 0, or -1 with errno: EINVAL: it is no JPEG, ENOMEM.
 */
int photo_decode(const struct photo_pixels *pixels, uint32_t most,
		 struct photo_pixels *decoded);

#endif /* OSCAN_PHOTO_FILE_H */
