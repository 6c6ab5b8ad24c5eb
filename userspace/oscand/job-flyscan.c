// SPDX-License-Identifier: GPL-2.0-or-later
/* A fly scan as a job. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../oscanctl/flyscan-resume.h"
#include "daemon.h"
#include "flyscan-settings.h"
#include "job-path.h"
#include "latency-file.h"
#include "said.h"

/* Folder of the files, below that of the state. */
#define FOLDER "flyscan"

/**
 * struct fly - a fly scan that runs
 * @run: the job
 * @settings: of it
 * @resumed: what there is of it already
 * @result: of it
 * @folder: of the file
 * @latencies: path of the file of latencies
 * @path: as told to the job; "" not yet
 * @begun_ns: when it began
 */
struct fly {
	struct job_run *run;
	struct settings settings;
	struct resumed resumed;
	struct flyscan_result result;
	char folder[PATH_MAX];
	char latencies[PATH_MAX];
	char path[PATH_MAX];
	uint64_t begun_ns;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Below the daemon's own. */
static int take_folder(const struct daemon *daemon, const json_t *json,
		       char folder[PATH_MAX], char *error)
{
	const char *path = json_string_value(json_object_get(json,
							     "file_path"));
	char own[PATH_MAX];

	snprintf(own, sizeof(own), "%.*s/" FOLDER, PATH_MAX - 16,
		 daemon->state);
	if (path)
		return job_path(own, "file_path", path, folder, error);
	strcpy(folder, own);
	return 0;
}

static int take(struct settings *settings, json_t *json,
		const struct daemon *daemon, char folder[PATH_MAX],
		char *error)
{
	const struct flyscan_request *request = &settings->request;

	settings_begin(settings);
	if (settings_take(settings, json, "settings")) {
		snprintf(error, JOBS_ERROR_LEN, "%s", settings->error);
		return -1;
	}
	if (take_folder(daemon, json, folder, error))
		return -1;
	settings->request.directory = folder;
	errno = EINVAL;
	if (!request->axis) {
		snprintf(error, JOBS_ERROR_LEN, "settings: \"axis\": wanted the axis that moves, found none");
		return -1;
	}
	return flyscan_check(request, "unit", request->period_s, error);
}

int job_flyscan_check(json_t *settings, void *data, char *error)
{
	struct fly *fly = calloc(1, sizeof(*fly));
	int result, cause;

	if (!fly) {
		snprintf(error, JOBS_ERROR_LEN, "wanted memory, found none; end other programs");
		return -1;
	}
	result = take(&fly->settings, settings, data, fly->folder, error);
	cause = errno;
	settings_end(&fly->settings);
	free(fly);
	errno = cause;
	return result;
}

static json_t *result_json(const struct fly *fly)
{
	const struct flyscan_result *result = &fly->result;
	json_t *warnings = json_array();

	for (uint32_t i = 0; i < result->warning_count; i++)
		json_array_append_new(warnings,
				      json_string(result->warnings[i].text));
	return json_pack("{s:s, s:I, s:I, s:o}", "file", fly->path,
			 "stored", (json_int_t)result->ledger.written,
			 "lost", (json_int_t)flyscan_lost(&result->ledger),
			 "warnings", warnings);
}

/* What is left of the pass, as it is planned. */
static double eta_s(const struct flyscan_progress *progress)
{
	if (progress->phase < FLYSCAN_PASS || progress->period_s <= 0)
		return NAN;
	return (1 - progress->fraction) * progress->frames_expected *
	       progress->period_s;
}

/*
 * So that a scan whose daemon dies can be completed. An empty file is removed
 * in the end, and must not take the place of one that has frames.
 */
static void tell_path(struct fly *fly,
		      const struct flyscan_progress *progress)
{
	if (!progress->frames || !strcmp(progress->path, fly->path))
		return;
	snprintf(fly->path, sizeof(fly->path), "%s", progress->path);
	job_log(fly->run, "its file is %s", fly->path);
	if (job_result(fly->run, json_pack("{s:s}", "file", fly->path)))
		job_log(fly->run, "wanted to keep its name, found: %s",
			strerror(errno));
}

static void progress(const struct flyscan_progress *progress, void *data)
{
	struct fly *fly = data;
	struct job_progress told = {
		.phase = flyscan_phase_name(progress->phase),
		.done = progress->frames,
		.total = progress->frames_expected,
		.fraction = progress->fraction,
		.elapsed_s = (now_ns() - fly->begun_ns) / 1e9,
		.eta_s = eta_s(progress),
	};

	tell_path(fly, progress);
	job_progress(fly->run, &told);
}

/* The range and the times are the file's, and so is the folder. */
static int take_earlier(struct fly *fly)
{
	const json_t *file = json_object_get(fly->run->earlier, "file");

	if (!json_is_string(file))
		return 0;
	said_begin();
	fly->resumed.cancelled = &fly->run->cancelled;
	if (resume_load(&fly->resumed, json_string_value(file),
			&fly->settings.request)) {
		if (fly->resumed.nothing) {
			job_log(fly->run, "%s; it begins anew", said_error());
			return 0;
		}
		snprintf(fly->run->error, sizeof(fly->run->error), "%s",
			 said_error());
		errno = fly->run->cancelled ? ECANCELED : EINVAL;
		return -1;
	}
	if (*said_note())
		job_log(fly->run, "%s", said_note());
	return 0;
}

static int prepare(struct fly *fly)
{
	struct flyscan_request *request = &fly->settings.request;
	const struct daemon *daemon = fly->run->data;

	if (take(&fly->settings, fly->run->settings, daemon, fly->folder,
		 fly->run->error))
		return -1;
	if (take_earlier(fly))
		return -1;
	if (!request->camera_id)
		request->camera_id = daemon->camera;
	request->camera = camera_ops_of(request->camera_id);
	request->device = daemon->device;
	request->state = daemon->runtime;
	request->preview = live_preview(daemon->live);
	if (!latency_file_path(fly->latencies, sizeof(fly->latencies)))
		request->latency_file = fly->latencies;
	return 0;
}

static int fly_scan(struct fly *fly)
{
	const struct flyscan_result *result = &fly->result;
	int failed, error;

	if (prepare(fly))
		return -1;
	failed = flyscan_run(&fly->settings.request, progress, fly,
			     &fly->run->cancelled, &fly->result);
	error = errno;
	snprintf(fly->run->error, sizeof(fly->run->error), "%s",
		 result->error);
	for (uint32_t i = 0; i < result->warning_count; i++)
		job_log(fly->run, "%s", result->warnings[i].text);
	if (*result->path) {
		snprintf(fly->path, sizeof(fly->path), "%s", result->path);
		job_result(fly->run, result_json(fly));
	}
	fly->run->abandoned = result->abandoned;
	errno = error;
	return failed;
}

int job_flyscan_run(struct job_run *run)
{
	struct fly *fly = calloc(1, sizeof(*fly));
	int failed, error;

	if (!fly)
		return -1;
	fly->run = run;
	fly->begun_ns = now_ns();
	failed = fly_scan(fly);
	error = errno;
	/* The writer's thread may hold HDF5 for ever: closing would wait. */
	if (!run->abandoned)
		resume_end(&fly->resumed);
	settings_end(&fly->settings);
	free(fly);
	errno = error;
	return failed;
}
