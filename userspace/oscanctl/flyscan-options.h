/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that fly scans do with their options. */
#ifndef FLYSCAN_OPTIONS_H
#define FLYSCAN_OPTIONS_H

#include "flyscan-settings.h"
#include "oscanctl.h"

/** flyscan_option - a setting from the command line
 * @texts: the command's options; the first name of @key is the setting's
 *
 * Return: 0, or EXIT_USAGE or EXIT_FAILURE after a sentence.
 */
int flyscan_option(struct settings *settings, const struct option_text *texts,
		   int key, const char *value);

/** flyscan_refused - tell what was wrong with settings, by errno
 *
 * Return: EXIT_USAGE or EXIT_FAILURE
 */
int flyscan_refused(const struct settings *settings);

/** flyscan_check_given - what can be told without the axis
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int flyscan_check_given(const struct flyscan_request *request);

#endif /* FLYSCAN_OPTIONS_H */
