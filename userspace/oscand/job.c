// SPDX-License-Identifier: GPL-2.0-or-later
/* One job, in memory and as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <time.h>
#include "job.h"

static const char *const states[] = {
	[JOB_PENDING] = "pending", [JOB_RUNNING] = "running",
	[JOB_PAUSED] = "paused", [JOB_COMPLETED] = "completed",
	[JOB_CANCELLED] = "cancelled", [JOB_ERROR] = "error",
	[JOB_INTERRUPTED] = "interrupted",
};

const char *job_state_name(enum job_state state)
{
	if (state < JOB_PENDING || state > JOB_INTERRUPTED)
		return NULL;
	return states[state];
}

int job_state(const char *name)
{
	for (int state = JOB_PENDING; state <= JOB_INTERRUPTED; state++)
		if (!strcmp(states[state], name))
			return state;
	return -1;
}

void job_time(char text[JOB_TIME_LEN])
{
	struct timespec now;
	size_t length;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	length = strftime(text, JOB_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, JOB_TIME_LEN - length, ".%03dZ",
		 (int)(now.tv_nsec / 1000000) % 1000);
}

struct job *job_new(json_t *settings, const char *name)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->settings = json_incref(settings);
	job->name = strdup(name);
	job->log = calloc(JOBS_LOG_LINES, sizeof(*job->log));
	if (job->name && job->log)
		return job;
	job_free(job);
	errno = ENOMEM;
	return NULL;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	json_decref(job->settings);
	json_decref(job->result);
	free(job->name);
	free(job->log);
	free(job);
}

/* What others have cut in the middle of a character is no UTF-8 any more. */
static void make_utf8(char *text)
{
	json_t *value = json_string(text);

	for (; !value && *text; text++)
		if (*text & 0x80)
			*text = '?';
	json_decref(value);
}

/* Cut where a character begins, not within it. */
static void copy_text(char *to, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size) {
		length = size - 1;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(to, text, length);
	to[length] = '\0';
	make_utf8(to);
}

void job_set_error(struct job *job, const char *error)
{
	copy_text(job->error, sizeof(job->error), error);
}

const struct job_line *job_line(struct job *job, const char *text)
{
	struct job_line *line = &job->log[job->logged++ % JOBS_LOG_LINES];

	job_time(line->time);
	copy_text(line->text, sizeof(line->text), text);
	return line;
}

void job_set_progress(struct job *job, const struct job_progress *progress)
{
	copy_text(job->phase, sizeof(job->phase), progress->phase);
	job->progress = *progress;
	job->progress.phase = job->phase;
	job->progress.part = NULL;
	job->has_progress = true;
}

static double within(double value, double low, double high)
{
	/* Also of NAN. */
	if (!(value > low))
		return low;
	return value < high ? value : high;
}

json_t *job_progress_json(const struct job_progress *progress)
{
	bool known = isfinite(progress->eta_s);

	return json_pack("{s:s, s:I, s:I, s:f, s:f, s:o}",
			 "phase", progress->phase,
			 "done", (json_int_t)progress->done,
			 "total", (json_int_t)progress->total,
			 "fraction", within(progress->fraction, 0, 1),
			 "elapsed_s", within(progress->elapsed_s, 0, 1e12),
			 "eta_s", known ?
			 json_real(within(progress->eta_s, 0, 1e12)) :
			 json_null());
}

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

json_t *job_json(const struct job *job)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:O, s:s, s:o, s:o, s:o, s:o, s:O?, s:I}",
			 "id", (json_int_t)job->id,
			 "kind", job->kind->name,
			 "name", job->name,
			 "state", states[job->state],
			 "settings", job->settings,
			 "submitted", job->submitted,
			 "started", text_or_null(job->started),
			 "ended", text_or_null(job->ended),
			 "progress", job->has_progress ?
			 job_progress_json(&job->progress) : json_null(),
			 "error", text_or_null(job->error),
			 "result", job->result,
			 "resumes", (json_int_t)job->resumes);
}

static uint64_t dropped(const struct job *job)
{
	return job->logged > JOBS_LOG_LINES ? job->logged - JOBS_LOG_LINES : 0;
}

json_t *job_log_json(const struct job *job)
{
	json_t *lines = json_array();

	for (uint64_t i = dropped(job); i < job->logged; i++) {
		const struct job_line *line = &job->log[i % JOBS_LOG_LINES];

		json_array_append_new(lines, json_pack("{s:s, s:s}",
						       "time", line->time,
						       "text", line->text));
	}
	return json_pack("{s:o, s:I}", "lines", lines,
			 "dropped", (json_int_t)dropped(job));
}

/* "" where it is not known. */
static void boot_id(char text[SD_ID128_STRING_MAX])
{
	sd_id128_t id;

	text[0] = '\0';
	if (!sd_id128_get_boot(&id))
		sd_id128_to_string(id, text);
}

json_t *job_file_json(const struct job *job)
{
	json_t *value = job_json(job);
	char boot[SD_ID128_STRING_MAX];

	if (!value)
		return NULL;
	boot_id(boot);
	json_object_set_new(value, "boot", json_string(boot));
	json_object_set_new(value, "order", json_integer(job->order));
	json_object_set_new(value, "log", job_log_json(job));
	return value;
}

static const struct job_kind *find_kind(const struct job_kind *kinds,
					const char *name)
{
	for (; kinds->name; kinds++)
		if (!strcmp(kinds->name, name))
			return kinds;
	return NULL;
}

static void read_log(struct job *job, const json_t *log)
{
	const json_t *lines = json_object_get(log, "lines");
	json_int_t before = json_integer_value(json_object_get(log,
							       "dropped"));
	const char *time, *text;
	struct job_line *kept;
	size_t index;
	json_t *line;

	/* Only a full ring has dropped any. */
	if (before > 0 && json_array_size(lines) == JOBS_LOG_LINES)
		job->logged = before;
	json_array_foreach(lines, index, line) {
		if (json_unpack(line, "{s:s, s:s}", "time", &time,
				"text", &text))
			continue;
		kept = &job->log[job->logged++ % JOBS_LOG_LINES];
		copy_text(kept->time, sizeof(kept->time), time);
		copy_text(kept->text, sizeof(kept->text), text);
	}
}

static void read_progress(struct job *job, json_t *value)
{
	struct job_progress progress = { .eta_s = NAN };
	json_int_t done, total;
	json_t *eta;

	if (json_unpack(value, "{s:s, s:I, s:I, s:F, s:F, s:o}",
			"phase", &progress.phase, "done", &done,
			"total", &total, "fraction", &progress.fraction,
			"elapsed_s", &progress.elapsed_s, "eta_s", &eta) ||
	    done < 0 || total < 0)
		return;
	progress.done = done;
	progress.total = total;
	if (json_is_number(eta))
		progress.eta_s = json_number_value(eta);
	job_set_progress(job, &progress);
}

static void read_text(char *to, size_t size, const json_t *value)
{
	if (json_is_string(value))
		copy_text(to, size, json_string_value(value));
}

static bool is_of_this_boot(const json_t *value)
{
	const char *written = json_string_value(json_object_get(value,
								"boot"));
	char boot[SD_ID128_STRING_MAX];

	boot_id(boot);
	return written && *boot && !strcmp(written, boot);
}

struct job *job_read(json_t *value, const struct job_kind *kinds)
{
	const char *kind, *name, *state, *submitted;
	json_t *settings, *result;
	json_int_t id, order;
	struct job *job;

	errno = EBADMSG;
	if (json_unpack(value, "{s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:o}",
			"id", &id, "order", &order, "kind", &kind,
			"name", &name, "state", &state,
			"submitted", &submitted, "settings", &settings,
			"result", &result) ||
	    id < 1 || id >= JOBS_ID_MAX || order < 1 ||
	    order >= JOBS_ID_MAX || !find_kind(kinds, kind) ||
	    job_state(state) < 0 || !json_is_object(settings) ||
	    !(json_is_object(result) || json_is_null(result)))
		return NULL;
	job = job_new(settings, name);
	if (!job)
		return NULL;
	job->id = id;
	job->order = order;
	job->kind = find_kind(kinds, kind);
	job->state = (enum job_state)job_state(state);
	job->other_boot = !is_of_this_boot(value);
	copy_text(job->submitted, sizeof(job->submitted), submitted);
	read_text(job->started, sizeof(job->started),
		  json_object_get(value, "started"));
	read_text(job->ended, sizeof(job->ended),
		  json_object_get(value, "ended"));
	read_text(job->error, sizeof(job->error),
		  json_object_get(value, "error"));
	read_progress(job, json_object_get(value, "progress"));
	read_log(job, json_object_get(value, "log"));
	if (json_is_object(result))
		job->result = json_incref(result);
	if (json_is_integer(json_object_get(value, "resumes")) &&
	    json_integer_value(json_object_get(value, "resumes")) > 0)
		job->resumes = json_integer_value(json_object_get(value,
								  "resumes"));
	return job;
}
