// SPDX-License-Identifier: GPL-2.0-or-later
/* Sentences for people on stderr, JSON for programs on stdout. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

int unknown_word(const char *what, const char *word,
		 const char *const *words, size_t count)
{
	const char *close = closest(word, words, count);

	if (!close)
		return wrong_usage("no %s \"%s\"", what, word);
	return wrong_usage("no %s \"%s\"; did you mean \"%s\"?", what, word,
			   close);
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
