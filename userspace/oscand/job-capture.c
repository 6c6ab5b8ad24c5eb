// SPDX-License-Identifier: GPL-2.0-or-later
/* A capture scan as a job. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture-settings.h"
#include "daemon.h"
#include "job-path.h"
#include "project.h"
#include "utc.h"

/**
 * struct shoot - a capture scan that runs
 * @run: the job
 * @settings: of it
 * @result: of it
 * @list: path of the list of points
 * @scan: number, as told to the job; 0 not yet
 * @created: when it was made, as in its scan.json; "" not known
 */
struct shoot {
	struct job_run *run;
	struct capture_settings settings;
	struct capture_result result;
	char list[PATH_MAX];
	unsigned int scan;
	char created[UTC_LEN];
};

static int take(struct capture_settings *settings, const json_t *json,
		const struct daemon *daemon, char list[PATH_MAX], char *error)
{
	struct capture_request *request = &settings->request;

	capture_settings_begin(settings);
	if (capture_settings_take(settings, json, "settings")) {
		snprintf(error, JOBS_ERROR_LEN, "%s", settings->error);
		return -1;
	}
	if (request->path.file) {
		if (job_path(daemon->projects, "path_file", request->path.file,
			     list, error))
			return -1;
		request->path.file = list;
	}
	request->root = daemon->projects;
	return capture_check(request, error);
}

int job_capture_check(json_t *settings, void *data, char *error)
{
	struct shoot *shoot = calloc(1, sizeof(*shoot));
	int result, cause;

	if (!shoot) {
		snprintf(error, JOBS_ERROR_LEN, "wanted memory, found none; end other programs");
		return -1;
	}
	result = take(&shoot->settings, settings, data, shoot->list, error);
	cause = errno;
	capture_settings_end(&shoot->settings);
	free(shoot);
	errno = cause;
	return result;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *project_of(const struct shoot *shoot)
{
	return text_of(shoot->run->settings, "project");
}

static json_t *result_json(const struct shoot *shoot)
{
	const struct capture_result *result = &shoot->result;
	json_t *warnings = json_array();

	if (*result->warning)
		json_array_append_new(warnings, json_string(result->warning));
	return json_pack("{s:s, s:i, s:s, s:I, s:o}",
			 "project", project_of(shoot),
			 "scan", (int)shoot->scan, "created", shoot->created,
			 "stored", (json_int_t)result->photos_saved,
			 "warnings", warnings);
}

/* Return: 0, or -1 with the error of the job. */
static int find_created(struct shoot *shoot, unsigned int scan)
{
	const struct daemon *daemon = shoot->run->data;
	char why[PROJECT_ERROR_LEN];
	const char *created;
	json_t *json;

	json = project_scan_read(daemon->projects, project_of(shoot), scan,
				 why);
	if (!json) {
		snprintf(shoot->run->error, sizeof(shoot->run->error), "%s",
			 why);
		return -1;
	}
	created = text_of(json, "created");
	snprintf(shoot->created, sizeof(shoot->created), "%s",
		 created ? created : "");
	json_decref(json);
	return 0;
}

/* The number of the last scan is given again when that one is deleted. */
static int check_same(struct shoot *shoot, unsigned int scan)
{
	const char *created = text_of(shoot->run->earlier, "created");

	if (find_created(shoot, scan))
		return -1;
	if (!created || !*created || !strcmp(created, shoot->created))
		return 0;
	snprintf(shoot->run->error, sizeof(shoot->run->error),
		 "wanted scan %u of %.100s as it was made at %.40s, found one made at %.40s; submit a new job",
		 scan, project_of(shoot), created, shoot->created);
	errno = ESTALE;
	return -1;
}

/* So that a scan whose daemon dies can be taken up again. */
static void tell_scan(struct shoot *shoot, unsigned int scan)
{
	if (!scan || scan == shoot->scan)
		return;
	shoot->scan = scan;
	find_created(shoot, scan);
	job_log(shoot->run, "it is scan %u of %s", scan, project_of(shoot));
	if (job_result(shoot->run, json_pack("{s:s, s:i, s:s}", "project",
					     project_of(shoot), "scan",
					     (int)scan, "created",
					     shoot->created)))
		job_log(shoot->run, "wanted to keep its number, found: %s",
			strerror(errno));
}

static double fraction(const struct capture_progress *progress)
{
	if (!progress->photos_total)
		return 0;
	return (double)progress->photos_saved / progress->photos_total;
}

/* What is the same at each point is one part of the scan. */
static const char *part_of(enum capture_state state)
{
	switch (state) {
	case CAPTURE_MOVE:
	case CAPTURE_SETTLE:
	case CAPTURE_LOCK:
	case CAPTURE_EXPOSE:
	case CAPTURE_QUEUE:
	case CAPTURE_AFTER:
		return "photos";
	default:
		return NULL;
	}
}

static void progress(const struct capture_progress *progress, void *data)
{
	struct shoot *shoot = data;
	struct job_progress told = {
		/* Which need not mean that all is done. */
		.phase = progress->state == CAPTURE_DONE ? "ended" :
			 capture_state_name(progress->state),
		.part = part_of(progress->state),
		.done = progress->photos_saved,
		.total = progress->photos_total,
		.fraction = fraction(progress),
		.elapsed_s = progress->elapsed_s,
		.eta_s = progress->eta_s,
	};

	tell_scan(shoot, progress->scan);
	job_progress(shoot->run, &told);
}

static int prepare(struct shoot *shoot)
{
	struct capture_settings *settings = &shoot->settings;
	struct capture_request *request = &settings->request;
	const struct daemon *daemon = shoot->run->data;
	json_int_t scan = json_integer_value(
		json_object_get(shoot->run->earlier, "scan"));

	if (scan > 0) {
		capture_settings_begin(settings);
		if (check_same(shoot, scan))
			return -1;
		if (capture_settings_resume(settings, daemon->projects,
					    project_of(shoot), scan)) {
			snprintf(shoot->run->error, sizeof(shoot->run->error),
				 "%s", settings->error);
			return -1;
		}
	} else if (take(settings, shoot->run->settings, daemon, shoot->list,
			shoot->run->error)) {
		return -1;
	}
	request->device = daemon->device;
	request->state = daemon->runtime;
	if (!request->camera_id)
		request->camera_id = daemon->camera;
	request->root = daemon->projects;
	request->camera = camera_ops_of(request->camera_id);
	request->preview = live_preview(daemon->live);
	return 0;
}

static int capture(struct shoot *shoot)
{
	struct capture_result *result = &shoot->result;
	int failed, error;

	if (prepare(shoot))
		return -1;
	failed = capture_run(&shoot->settings.request, &shoot->run->control,
			     progress, shoot, result);
	error = errno;
	snprintf(shoot->run->error, sizeof(shoot->run->error), "%s",
		 result->error);
	if (*result->warning)
		job_log(shoot->run, "%s", result->warning);
	if (result->scan) {
		shoot->scan = result->scan;
		job_result(shoot->run, result_json(shoot));
	}
	errno = error;
	return failed;
}

int job_capture_run(struct job_run *run)
{
	struct shoot *shoot = calloc(1, sizeof(*shoot));
	int failed, error;

	if (!shoot)
		return -1;
	shoot->run = run;
	failed = capture(shoot);
	error = errno;
	capture_settings_end(&shoot->settings);
	free(shoot);
	errno = error;
	return failed;
}
