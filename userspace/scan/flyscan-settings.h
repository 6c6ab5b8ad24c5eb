/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of a fly scan: the same from the command line, a job file and a job
 * of the daemon.
 *
 * What is refused is told in one sentence, settings.error; functions then
 * return -1 with errno: EINVAL for what is wrong in itself, else what the
 * system says.
 */
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
 * @job: the job, NULL: none; texts of @request lie in it
 * @error: one sentence, after an error
 */
struct settings {
	struct flyscan_request request;
	struct flyscan_md md[SETTINGS_MD_MAX];
	char *keys[SETTINGS_MD_MAX];
	size_t key_count;
	json_t *job;
	char error[FLYSCAN_ERROR_LEN];
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
 * Return: 0, or -1.
 */
int settings_option(struct settings *settings, const char *name,
		    const char *value);

/**
 * settings_take - all that a job says; then the command line
 * @job: one object. Its keys are the long options with "_" for "-"; "md" is an
 *	object of numbers and texts. The caller keeps his reference.
 * @where: what the sentences begin with: name of the file
 *
 * Return: 0, or -1; the sentence names the key.
 */
int settings_take(struct settings *settings, json_t *job, const char *where);

/** settings_load - settings_take() of a file; a key given twice is refused */
int settings_load(struct settings *settings, const char *path);

#endif /* FLYSCAN_SETTINGS_H */
