/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text of C as one of JSON, which has nothing but UTF-8. */
#ifndef OSCAN_JSONTEXT_H
#define OSCAN_JSONTEXT_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/**
 * json_any_text - a name of a file may have any bytes
 *
 * Return: the text, with "?" for every byte that is not ASCII if it is not
 * UTF-8; NULL: no memory.
 */
static inline json_t *json_any_text(const char *text)
{
	json_t *value = json_string(text);
	char *plain;

	if (value)
		return value;
	plain = strdup(text);
	for (char *p = plain; p && *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	value = plain ? json_string(plain) : NULL;
	free(plain);
	return value;
}

#endif /* OSCAN_JSONTEXT_H */
