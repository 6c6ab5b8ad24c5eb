// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <sys/random.h>
#include "uuid.h"

int uuid_make(char text[UUID_LEN])
{
	unsigned char bytes[16];
	char *p = text;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -1;
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	for (int n = 0; n < 16; n++) {
		if (n == 4 || n == 6 || n == 8 || n == 10)
			*p++ = '-';
		p += sprintf(p, "%02x", bytes[n]);
	}
	return 0;
}
