/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of export.h share. */
#ifndef OSCAN_EXPORT_TEXT_H
#define OSCAN_EXPORT_TEXT_H

#include <stdio.h>
#include "export.h"

/** export_fail - put a sentence into @error, @code into errno. Return: -1 */
int export_fail(char *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** export_cannot_write - export_fail() that says so. Return: -1 */
int export_cannot_write(const char *path, int code, char *error);

/**
 * struct export_text - a file that is being written
 * @out: what goes into it
 */
struct export_text {
	FILE *out;
	char *data;
	size_t size;
};

/** export_text_begin - start one in memory. Return: 0, or -1 with @error */
int export_text_begin(struct export_text *text, char *error);

/**
 * export_text_end - write it to a place where there is no file yet
 *
 * Return: 0, or -1 with @error; it is free in any case
 */
int export_text_end(struct export_text *text, const char *path, char *error);

#endif /* OSCAN_EXPORT_TEXT_H */
