/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of a capture scan: the same from the command line, a job file, a job
 * of the daemon, and the scan.json of a scan to take up again.
 *
 * Keys are OpenScan3's where it has them; oscanctl-scan(1) lists all. Each
 * value is checked for its type and range when it is taken; what depends on
 * other settings is capture_check()'s.
 *
 * What is refused is told in one sentence, settings.error; functions then
 * return -1 with errno: EINVAL for what is wrong in itself, else what the
 * system says.
 */
#ifndef OSCAN_CAPTURE_SETTINGS_H
#define OSCAN_CAPTURE_SETTINGS_H

#include <jansson.h>
#include "capture.h"

/**
 * struct capture_settings - a request, and what its texts lie in
 * @request: as capture_run() wants it, but for what no setting says: device,
 *	root, camera (camera_ops_of() the camera_id), preview, state
 * @texts: values that texts of @request lie in
 * @error: one sentence, after an error
 */
struct capture_settings {
	struct capture_request request;
	json_t *texts;
	char error[CAPTURE_ERROR_LEN];
};

/** capture_settings_begin - everything as if nothing was given */
void capture_settings_begin(struct capture_settings *settings);

/** capture_settings_end - free; the request is not valid any more */
void capture_settings_end(struct capture_settings *settings);

/**
 * capture_settings_take - all that a job says
 * @job: one object; the caller keeps his reference
 * @where: what the sentences begin with: name of the file
 *
 * Return: 0, or -1; the sentence names the key.
 */
int capture_settings_take(struct capture_settings *settings,
			  const json_t *job, const char *where);

/** capture_settings_load - capture_settings_take() of a file; a key given
 * twice is refused
 */
int capture_settings_load(struct capture_settings *settings,
			  const char *path);

/**
 * capture_settings_option - one from the command line
 * @name: key, with "-" or "_": "min-theta"
 * @text: value; of "focus-range" two numbers with a colon; NULL: true
 */
int capture_settings_option(struct capture_settings *settings,
			    const char *name, const char *text);

/**
 * capture_settings_resume - those of a scan that is to be taken up again
 * @root: folder of the projects, NULL for the usual one; must outlive @settings
 * @project: name; likewise
 * @scan: number, from 1
 *
 * But for trust, which is for who takes it up to give anew: what was given at
 * first counts only in the same boot, and capture_run() sees to that.
 */
int capture_settings_resume(struct capture_settings *settings,
			    const char *root, const char *project,
			    unsigned int scan);

/**
 * capture_settings_json - what capture_settings_take() makes the request of
 *
 * Return: new object, or NULL without memory.
 */
json_t *capture_settings_json(const struct capture_request *request);

#endif /* OSCAN_CAPTURE_SETTINGS_H */
