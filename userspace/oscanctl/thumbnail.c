// SPDX-License-Identifier: GPL-2.0-or-later
/* Small pictures inside a page. */
#include <stdlib.h>
#include "thumbnail.h"

#define QUALITY 82

static void write_base64(FILE *out, const unsigned char *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits;
	size_t i;

	for (i = 0; i < size; i += 3) {
		bits = data[i] << 16;
		if (i + 1 < size)
			bits |= data[i + 1] << 8;
		if (i + 2 < size)
			bits |= data[i + 2];
		putc(digits[bits >> 18], out);
		putc(digits[bits >> 12 & 63], out);
		putc(i + 1 < size ? digits[bits >> 6 & 63] : '=', out);
		putc(i + 2 < size ? digits[bits & 63] : '=', out);
	}
}

int thumbnail_write(FILE *out, const struct photo_pixels *pixels,
		    uint32_t most)
{
	struct photo_pixels small;
	uint8_t *data;
	size_t size;
	int failed;

	if (photo_shrink(pixels, most, &small))
		return -1;
	failed = photo_jpeg(&small, QUALITY, NULL, &data, &size);
	free((void *)small.data);
	if (failed)
		return -1;
	fprintf(out, "data:image/jpeg;base64,");
	write_base64(out, data, size);
	free(data);
	return 0;
}
