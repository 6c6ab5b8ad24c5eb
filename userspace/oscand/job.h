/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One job, in memory and as a file. For jobs.c and jobs-run.c only. */
#ifndef OSCAND_JOB_H
#define OSCAND_JOB_H

#include "jobs.h"

/* Room for a time as text, with its NUL. */
#define JOB_TIME_LEN 32

/** job_time - now, "2026-11-21T20:06:14.123Z" */
void job_time(char text[JOB_TIME_LEN]);

/**
 * struct job_line - a line of the log
 * @time: when
 * @text: what
 */
struct job_line {
	char time[JOB_TIME_LEN];
	char text[JOBS_LOG_LEN];
};

/**
 * struct job - one job
 * @id: from 1
 * @order: the pending one with the least is next
 * @kind: what it does
 * @name: for people
 * @state: where it is
 * @unsaved: its file may say something else; with disk, of struct jobs
 * @other_boot: it was read from a file of another start of the machine, or one
 *	that does not tell
 * @settings: as submitted
 * @submitted: when
 * @started: when, "" not yet
 * @ended: when, "" not yet
 * @has_progress: @progress counts
 * @progress: last told
 * @phase: @progress.phase lies here
 * @part: the one that the log had last
 * @error: "" none
 * @result: NULL none
 * @resumes: how often it was taken up again
 * @log: ring, shape [JOBS_LOG_LINES]
 * @logged: lines so far; the last ones are in @log
 */
struct job {
	uint64_t id;
	uint64_t order;
	const struct job_kind *kind;
	char *name;
	enum job_state state;
	bool unsaved;
	bool other_boot;
	json_t *settings;
	char submitted[JOB_TIME_LEN];
	char started[JOB_TIME_LEN];
	char ended[JOB_TIME_LEN];
	bool has_progress;
	struct job_progress progress;
	char phase[64];
	char part[64];
	char error[JOBS_ERROR_LEN];
	json_t *result;
	uint64_t resumes;
	struct job_line *log;
	uint64_t logged;
};

/** job_new - empty but for @settings and @name. Return: NULL with ENOMEM */
struct job *job_new(json_t *settings, const char *name);

/** job_free - free; NULL is accepted */
void job_free(struct job *job);

/** job_line - a new line in the log; @time as now */
const struct job_line *job_line(struct job *job, const char *text);

/** job_set_error - what went wrong; cut to fit, and made UTF-8 if it is not */
void job_set_error(struct job *job, const char *error);

/** job_set_progress - copy; texts too */
void job_set_progress(struct job *job, const struct job_progress *progress);

/** job_json - as openapi.yaml has it. Return: new, or NULL */
json_t *job_json(const struct job *job);

/** job_progress_json - Progress of openapi.yaml. Return: new, or NULL */
json_t *job_progress_json(const struct job_progress *progress);

/** job_log_json - the answer of /v1/jobs/{id}/log. Return: new, or NULL */
json_t *job_log_json(const struct job *job);

/** job_file_json - job_json() with what else is kept. Return: new, or NULL */
json_t *job_file_json(const struct job *job);

/**
 * job_read - of job_file_json()
 * @kinds: list of kinds
 *
 * Return: new, or NULL with EBADMSG: that is no job, or ENOMEM.
 */
struct job *job_read(json_t *value, const struct job_kind *kinds);

#endif /* OSCAND_JOB_H */
