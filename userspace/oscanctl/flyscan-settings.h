/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a fly scan: the same from the command line and a job file. */
#ifndef FLYSCAN_SETTINGS_H
#define FLYSCAN_SETTINGS_H

#include <jansson.h>
#include "flyscan.h"

#define SETTINGS_MD_MAX 64

/**
 * struct settings - a request, and what its texts lie in
 * @request: as flyscan_run() wants it
 * @md: of @request
 * @keys: shape [@key_count], keys of @md that came from the command line
 * @key_count: number of them
 * @job: the job file, NULL: none; texts of @request lie in it
 */
struct settings {
	struct flyscan_request request;
	struct flyscan_md md[SETTINGS_MD_MAX];
	char *keys[SETTINGS_MD_MAX];
	size_t key_count;
	json_t *job;
};

/** settings_begin - everything as if nothing was given */
void settings_begin(struct settings *settings);

/** settings_end - free; the request is not valid any more */
void settings_end(struct settings *settings);

/**
 * settings_option - one from the command line
 * @name: as the long option, without "--": "p-start"
 * @value: text, NULL for an option without; must outlive @settings
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int settings_option(struct settings *settings, const char *name,
		    const char *value);

/**
 * settings_load - all that a job file says; then the command line
 *
 * One JSON object. Its keys are the long options with "_" for "-"; "md" is an
 * object of numbers and texts.
 *
 * Return: 0, or EXIT_USAGE after a sentence that names the key; EXIT_FAILURE
 * after one if it cannot be read.
 */
int settings_load(struct settings *settings, const char *path);

#endif /* FLYSCAN_SETTINGS_H */
