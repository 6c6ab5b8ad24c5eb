/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: what the scanner has to do, one at a time, in the order in which it
 * was asked for.
 *
 * Each job is a file, <folder>/jobs/<id>.json, written whole or not at all
 * whenever its state changes, and read again when the daemon begins. A job
 * that ran when the daemon died is "interrupted" then; and so that no machine
 * begins to move by itself after a power cut, those that waited behind it are,
 * too, and after another start of the machine all that waited. Whoever resumes
 * them puts them into the queue again.
 *
 *   pending -> running <-> paused
 *      |          |          |
 *      |          +----------+--> completed, cancelled, error, interrupted
 *      +--> cancelled                              |
 *      ^-------------- resume ---------------------+  (not of a completed one)
 *
 * Functions may be called by any thread and may wait for the disk, but for
 * job_progress() and job_log(), which never do, so that who watches a scan
 * cannot slow it. Those that take @error put one sentence there when they
 * fail, and set errno: ENOENT no such job, EBUSY not in this state, EINVAL
 * wrong in itself, ENOSPC it could not be stored, for whatever reason, and so
 * nothing has changed; else what the system says.
 */
#ifndef OSCAND_JOBS_H
#define OSCAND_JOBS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include "capture.h"

/* Room for a sentence, with its NUL. */
#define JOBS_ERROR_LEN 640

/* Jobs that are known at once; the oldest that has ended makes room. */
#define JOBS_MAX 500

/* Ids and orders are less: numbers that every JSON reader has exactly. */
#define JOBS_ID_MAX (INT64_C(1) << 53)

/* Last lines that are kept of a job's log, and their length, with the NUL. */
#define JOBS_LOG_LINES 100
#define JOBS_LOG_LEN 256

/* Most bytes of a job's settings, as JSON. */
#define JOBS_SETTINGS_MAX 8192

enum job_state {
	JOB_PENDING = 1,
	JOB_RUNNING = 2,
	JOB_PAUSED = 3,
	JOB_COMPLETED = 4,
	JOB_CANCELLED = 5,
	JOB_ERROR = 6,
	JOB_INTERRUPTED = 7,
};

/** job_state_name - "pending" and so on; NULL: no such state */
const char *job_state_name(enum job_state state);

/** job_state - by name, -1: there is none */
int job_state(const char *name);

/**
 * struct job_progress - how far a job has come
 * @phase: what it does, for people; static text
 * @part: likewise, less finely: the log has a line when it changes; NULL: @phase
 * @done: photos or frames stored
 * @total: in all, 0: not known yet
 * @fraction: 0 to 1
 * @elapsed_s: without pauses
 * @eta_s: to the end, NAN: not known yet
 */
struct job_progress {
	const char *phase;
	const char *part;
	uint64_t done;
	uint64_t total;
	double fraction;
	double elapsed_s;
	double eta_s;
};

/**
 * struct job_run - a job that runs, as its kind sees it
 * @settings: as submitted
 * @earlier: result that an earlier run has told, NULL: there was none
 * @control: what is wanted now
 * @cancelled: set with CAPTURE_CANCEL
 * @data: of struct jobs_options
 * @error: out: one sentence after an error
 * @abandoned: out: something hangs in the system; the daemon must end with
 *	_exit(2) and be started again
 * @jobs: for job_progress() and so on
 * @id: of the job
 */
struct job_run {
	json_t *settings;
	json_t *earlier;
	struct capture_control control;
	volatile int cancelled;
	void *data;
	char error[JOBS_ERROR_LEN];
	bool abandoned;
	struct jobs *jobs;
	uint64_t id;
};

/**
 * struct job_kind - what kinds of jobs there are; a list ends with NULL name
 * @name: "capture"
 * @pauses: it takes CAPTURE_PAUSE
 * @check: is there anything wrong with the settings, whatever the machine? 0,
 *	or -1 with a sentence, shape [JOBS_ERROR_LEN]
 * @run: do it, or what is left of it. 0, or -1 with errno and a sentence in
 *	run->error; ECANCELED after CAPTURE_CANCEL
 */
struct job_kind {
	const char *name;
	bool pauses;
	int (*check)(json_t *settings, void *data, char *error);
	int (*run)(struct job_run *run);
};

/**
 * struct jobs_options - where jobs are kept and what they need
 * @folder: of the state; made if it is not there
 * @kinds: list of kinds
 * @data: passed to all of these
 * @claim: take the machine for a job; false: not now, ask again a moment
 *	later. May be NULL.
 * @release: give it back, or what @claim has taken of it so far. May be NULL.
 * @event: something to tell: "job", "deleted", "progress", "log"; @value is
 *	the callee's. Called by any thread, never waits. May be NULL.
 */
struct jobs_options {
	const char *folder;
	const struct job_kind *kinds;
	void *data;
	bool (*claim)(void *data);
	void (*release)(void *data);
	void (*event)(void *data, const char *name, json_t *value);
};

struct jobs;

/**
 * jobs_open - read what there is; nothing runs yet
 *
 * Files that are no jobs are put aside, as <id>.json.bad, and told on stderr.
 *
 * Return: to be closed with jobs_close(), or NULL with @error: EBUSY: another
 * daemon keeps this folder.
 */
struct jobs *jobs_open(const struct jobs_options *options, char *error);

/** jobs_start - run those that are pending, from now on. Return: 0, or -1 */
int jobs_start(struct jobs *jobs);

/** jobs_stop - end the one that runs, softly: it is interrupted; wait for it */
void jobs_stop(struct jobs *jobs);

/** jobs_close - free; NULL is accepted */
void jobs_close(struct jobs *jobs);

/**
 * jobs_submit - put a job into the queue
 * @settings: object; a new reference is taken
 * @name: for people
 *
 * Return: the job as JSON, a new reference, or NULL with @error.
 */
json_t *jobs_submit(struct jobs *jobs, const char *kind, json_t *settings,
		    const char *name, char *error);

/**
 * jobs_pause - pause the job that runs, whether that can be stored or not
 *
 * Return: as jobs_submit()
 */
json_t *jobs_pause(struct jobs *jobs, uint64_t id, char *error);

/** jobs_resume - go on with it, or queue it again. Return: as jobs_submit() */
json_t *jobs_resume(struct jobs *jobs, uint64_t id, char *error);

/** jobs_cancel - end it softly, or take it out of the queue. Return: likewise
 */
json_t *jobs_cancel(struct jobs *jobs, uint64_t id, char *error);

/** jobs_delete - forget one that does not run. Return: 0, or -1 with @error */
int jobs_delete(struct jobs *jobs, uint64_t id, char *error);

/**
 * jobs_list - all jobs, the oldest first, as openapi.yaml has them
 * @state: only those, 0: all
 *
 * Return: new array, or NULL with ENOMEM.
 */
json_t *jobs_list(struct jobs *jobs, enum job_state state);

/** jobs_get - one job. Return: new object, or NULL with @error */
json_t *jobs_get(struct jobs *jobs, uint64_t id, char *error);

/** jobs_log - {"lines": [...], "dropped": n}. Return: new, or NULL likewise */
json_t *jobs_log(struct jobs *jobs, uint64_t id, char *error);

/** jobs_active - id of the job that runs or is paused, 0: none */
uint64_t jobs_active(struct jobs *jobs);

/** jobs_pending - number of jobs that wait */
unsigned int jobs_pending(struct jobs *jobs);

/** job_progress - tell how far it has come; at most two a second are sent on
 */
void job_progress(struct job_run *run, const struct job_progress *progress);

/** job_log - add a line to the log */
void job_log(struct job_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * job_result - what the job makes, so that it can be taken up again
 * @result: as openapi.yaml has it; stolen
 *
 * On the disk when this returns. Return: 0, or -1 with errno.
 */
int job_result(struct job_run *run, json_t *result);

#endif /* OSCAND_JOBS_H */
