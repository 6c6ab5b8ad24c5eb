/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One image into a file that is open. */
#ifndef IMAGEFILE_H
#define IMAGEFILE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct image - pixels as camera.h has them
 * @bytes_per_pixel: 1 (grey) or 3 (red, green, blue)
 * @pixels: shape [height][width][bytes_per_pixel]
 */
struct image {
	uint32_t width;
	uint32_t height;
	uint32_t bytes_per_pixel;
	const uint8_t *pixels;
};

/**
 * imagefile_tiff - TIFF, LZW; @text is its ImageDescription
 * @fd: is closed
 *
 * Return: 0, or -1 with errno.
 */
int imagefile_tiff(int fd, const struct image *image, const char *text);

/** imagefile_png - PNG; @text is its Description; likewise */
int imagefile_png(int fd, const struct image *image, const char *text);

#endif /* IMAGEFILE_H */
