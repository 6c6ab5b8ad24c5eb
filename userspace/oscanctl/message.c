// SPDX-License-Identifier: GPL-2.0-or-later
/* Sentences for people on stderr, JSON for programs on stdout. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

static const char *command;

void message_command(const char *name)
{
	command = name;
}

static void print_sentence(const char *end, const char *format, va_list list)
{
	fflush(stdout);
	fprintf(stderr, command ? "oscanctl %s: " : "oscanctl: ", command);
	vfprintf(stderr, format, list);
	fprintf(stderr, "%s\n", end);
}

void note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_sentence("", format, list);
	va_end(list);
}

int fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_sentence("", format, list);
	va_end(list);
	return EXIT_FAILURE;
}

int wrong_usage(const char *format, ...)
{
	char end[64];
	va_list list;

	snprintf(end, sizeof(end), " (see oscanctl %s%s--help)",
		 command ? command : "", command ? " " : "");
	va_start(list, format);
	print_sentence(end, format, list);
	va_end(list);
	return EXIT_USAGE;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; words of this program are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], length = strlen(b);
	size_t i, j, diagonal, above;

	if (length >= sizeof(row) / sizeof(row[0]))
		return length;
	for (j = 0; j <= length; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= length; j++) {
			above = row[j];
			row[j] = least(least(above, row[j - 1]) + 1,
				       diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *closest(const char *word, const char *const *words, size_t count)
{
	size_t best = 3, i, far;
	const char *found = NULL;

	for (i = 0; i < count; i++) {
		far = distance(word, words[i]);
		if (far < best && far < strlen(words[i])) {
			best = far;
			found = words[i];
		}
	}
	return found;
}

int print_json(json_t *value)
{
	int result = -1;

	if (value)
		result = json_dumpf(value, stdout,
				    JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	json_decref(value);
	if (!result)
		result = putchar('\n') == EOF ? -1 : fflush(stdout);
	if (result)
		return fail("the result could not be printed");
	return EXIT_SUCCESS;
}
