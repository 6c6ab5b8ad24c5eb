/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small pictures inside a page. */
#ifndef THUMBNAIL_H
#define THUMBNAIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * thumbnail_write - write a picture as a data URI with a JPEG in it
 * @pixels: shape [@height][@width][@bytes_per_pixel], grey or red, green, blue
 * @most: greatest width of the result, pixels
 *
 * Return: 0, or -1 with ENOMEM.
 */
int thumbnail_write(FILE *out, const uint8_t *pixels, size_t width,
		    size_t height, size_t bytes_per_pixel, size_t most);

#endif /* THUMBNAIL_H */
