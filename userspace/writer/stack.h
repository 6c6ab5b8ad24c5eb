/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A focus stack as one photo, made by programs of others: align_image_stack
 * (hugin-tools) lays the photos over each other, enfuse takes from each what
 * is sharp in it.
 */
#ifndef OSCAN_STACK_H
#define OSCAN_STACK_H

#include <stddef.h>
#include <stdint.h>

/* Room for a sentence of this file, with its NUL. */
#define STACK_ERROR_LEN 512
/* Photos of a stack, at most. */
#define STACK_MOST 99

/**
 * stack_merge - make one photo of several
 * @photos: paths of at least 2 and at most STACK_MOST, JPEG, TIFF or PNG of
 *	one size, in the order of their focus
 * @count: number of them
 * @scratch: a folder for what is made on the way, on a disk with room for
 *	@count times the picture without compression; may hold other files
 * @path: of the JPEG that is made; it is durable when this returns, and has
 *	the geometry and the EXIF of the middle photo
 * @quality: 1 to 100
 * @bytes: out: of the JPEG
 *
 * The photos are only read. It takes some seconds for each photo.
 *
 * Return: 0, or -1 with @error, one sentence, and errno: ENOENT: one of the
 * programs is not installed, EINTR: it was ended by a signal, ENOSPC...
 */
int stack_merge(const char *const *photos, size_t count, const char *scratch,
		const char *path, int quality, uint64_t *bytes,
		char error[STACK_ERROR_LEN]);

#endif /* OSCAN_STACK_H */
