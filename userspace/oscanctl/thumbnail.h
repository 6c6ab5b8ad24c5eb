/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small pictures inside a page. */
#ifndef THUMBNAIL_H
#define THUMBNAIL_H

#include <stdio.h>
#include "photo.h"

/**
 * thumbnail_write - write a picture as a data URI with a JPEG in it
 * @most: greatest width and height of the result, pixels
 *
 * Return: 0, or -1 with errno of photo_shrink() or photo_jpeg().
 */
int thumbnail_write(FILE *out, const struct photo_pixels *pixels,
		    uint32_t most);

#endif /* THUMBNAIL_H */
