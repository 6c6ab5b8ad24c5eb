/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large an image is, from its first bytes. */
#ifndef OSCAN_EXPORT_SIZE_H
#define OSCAN_EXPORT_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/** export_is_image - whether other programs take a file of such a name */
bool export_is_image(const char *name);

/**
 * export_size - width and height of a JPEG, PNG or TIFF, by its suffix
 *
 * Return: 0, or -1 with errno: EBADMSG: it is none, or of open(2).
 */
int export_size(const char *path, uint32_t *width, uint32_t *height);

#endif /* OSCAN_EXPORT_SIZE_H */
