// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread that runs jobs, and what a job that runs tells. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "jobs-parts.h"

#define PROGRESS_NS 500000000
#define AGAIN_NS 50000000
#define DISK_AGAIN_NS 500000000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

void job_progress(struct job_run *run, const struct job_progress *progress)
{
	const char *part = progress->part ? progress->part : progress->phase;
	struct jobs *jobs = run->jobs;
	struct job *job;

	pthread_mutex_lock(&jobs->lock);
	job = jobs->active;
	job_set_progress(job, progress);
	if (strcmp(job->part, part)) {
		snprintf(job->part, sizeof(job->part), "%s", part);
		jobs_add_line(jobs, job, part);
	}
	if (now_ns() - jobs->told_ns >= PROGRESS_NS) {
		jobs->told_ns = now_ns();
		jobs_tell(jobs, "progress",
			  json_pack("{s:I, s:o}", "id", (json_int_t)job->id,
				    "progress",
				    job_progress_json(&job->progress)));
	}
	pthread_mutex_unlock(&jobs->lock);
}

void job_log(struct job_run *run, const char *format, ...)
{
	struct jobs *jobs = run->jobs;
	char text[JOBS_ERROR_LEN];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	pthread_mutex_lock(&jobs->lock);
	jobs_add_line(jobs, jobs->active, text);
	pthread_mutex_unlock(&jobs->lock);
}

int job_result(struct job_run *run, json_t *result)
{
	struct jobs *jobs = run->jobs;
	int saved;

	jobs_lock_both(jobs);
	json_decref(jobs->active->result);
	jobs->active->result = result;
	pthread_mutex_unlock(&jobs->lock);
	saved = jobs_save(jobs, jobs->active);
	pthread_mutex_unlock(&jobs->disk);
	return saved;
}

/* With the lock: the one that has waited longest. */
static struct job *next_job(const struct jobs *jobs)
{
	struct job *next = NULL;

	for (size_t i = 0; i < jobs->count; i++) {
		struct job *job = jobs->list[i];

		if (job->state == JOB_PENDING &&
		    (!next || job->order < next->order))
			next = job;
	}
	return next;
}

/* With the lock. Less than a second. */
static void wait_a_moment(struct jobs *jobs, long wait_ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += wait_ns;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&jobs->changed, &jobs->lock, &until);
}

static bool claim(struct jobs *jobs)
{
	return !jobs->options.claim ||
	       jobs->options.claim(jobs->options.data);
}

static void release(struct jobs *jobs)
{
	if (jobs->options.release)
		jobs->options.release(jobs->options.data);
}

/* A job is there and the machine is ours; false: the thread is to end. */
static bool wait_for_job(struct jobs *jobs)
{
	bool claimed = false, tried = false;

	pthread_mutex_lock(&jobs->lock);
	while (!jobs->stopping && !claimed) {
		if (!next_job(jobs) && !tried) {
			pthread_cond_wait(&jobs->changed, &jobs->lock);
			continue;
		}
		tried = next_job(jobs);
		if (!tried) {
			/* Cancelled while it was waited for the machine. */
			pthread_mutex_unlock(&jobs->lock);
			release(jobs);
			pthread_mutex_lock(&jobs->lock);
			continue;
		}
		pthread_mutex_unlock(&jobs->lock);
		claimed = claim(jobs);
		pthread_mutex_lock(&jobs->lock);
		if (!claimed && !jobs->stopping)
			wait_a_moment(jobs, AGAIN_NS);
	}
	pthread_mutex_unlock(&jobs->lock);
	return claimed;
}

static enum job_state state_after(const struct jobs *jobs, int failed,
				  int error)
{
	if (!failed)
		return JOB_COMPLETED;
	if (error != ECANCELED)
		return JOB_ERROR;
	return jobs->stopping ? JOB_INTERRUPTED : JOB_CANCELLED;
}

static void finish(struct jobs *jobs, struct job_run *run, int failed,
		   int error)
{
	enum job_state state;
	struct job *job;

	jobs_lock_both(jobs);
	job = jobs->active;
	state = state_after(jobs, failed, error);
	if (state == JOB_ERROR && !*run->error)
		snprintf(run->error, sizeof(run->error),
			 "wanted to run the job, found: %s", strerror(error));
	if (state == JOB_INTERRUPTED)
		snprintf(run->error, sizeof(run->error),
			 "the daemon was told to end; resume it");
	if (state == JOB_ERROR || state == JOB_INTERRUPTED) {
		job_set_error(job, run->error);
		jobs_add_line(jobs, job, job->error);
	}
	jobs->active = NULL;
	jobs->run = NULL;
	jobs_enter(jobs, job, state);
	jobs_changed(jobs, job);
	pthread_mutex_unlock(&jobs->disk);
}

/* With both locks; the second one is let go. -1: it must not run, and waits. */
static int begin(struct jobs *jobs, struct job *job, struct job_run *run)
{
	const struct job before = *job;
	char text[JOBS_LOG_LEN];

	*run = (struct job_run){
		.settings = job->settings,
		.earlier = json_incref(job->result),
		.data = jobs->options.data,
		.jobs = jobs,
		.id = job->id,
	};
	jobs->run = run;
	jobs->told_ns = 0;
	job->has_progress = false;
	jobs_enter(jobs, job, JOB_RUNNING);
	if (!jobs_changed(jobs, job))
		return 0;
	/* After a kill it would be begun once more, by itself. */
	snprintf(text, sizeof(text),
		 "that could not be stored, found: %s; it waits for the disk of the daemon's state",
		 strerror(errno));
	jobs_take_back(jobs, job, &before, text);
	return -1;
}

/* false: its start could not be stored. */
static bool run_one(struct jobs *jobs)
{
	static struct job_run run;
	int failed, error;
	struct job *job;

	jobs_lock_both(jobs);
	/* It may have been cancelled meanwhile. */
	job = jobs->stopping ? NULL : next_job(jobs);
	if (!job) {
		jobs_unlock_both(jobs);
		return true;
	}
	failed = begin(jobs, job, &run);
	pthread_mutex_unlock(&jobs->disk);
	if (failed) {
		json_decref(run.earlier);
		return false;
	}
	failed = job->kind->run(&run);
	error = errno;
	finish(jobs, &run, failed, error);
	json_decref(run.earlier);
	if (run.abandoned)
		_exit(EXIT_FAILURE);
	return true;
}

/* Until the files say what is in memory. */
static void wait_for_disk(struct jobs *jobs)
{
	bool behind = true;

	pthread_mutex_lock(&jobs->lock);
	while (behind && !jobs->stopping) {
		wait_a_moment(jobs, DISK_AGAIN_NS);
		pthread_mutex_unlock(&jobs->lock);
		pthread_mutex_lock(&jobs->disk);
		behind = jobs_catch_up(jobs);
		pthread_mutex_unlock(&jobs->disk);
		pthread_mutex_lock(&jobs->lock);
	}
	pthread_mutex_unlock(&jobs->lock);
}

static void *run_jobs(void *data)
{
	struct jobs *jobs = data;
	bool stored;

	while (wait_for_job(jobs)) {
		stored = run_one(jobs);
		release(jobs);
		if (!stored)
			wait_for_disk(jobs);
	}
	return NULL;
}

int jobs_start(struct jobs *jobs)
{
	int error = pthread_create(&jobs->thread, NULL, run_jobs, jobs);

	jobs->started = !error;
	errno = error;
	return error ? -1 : 0;
}

void jobs_stop(struct jobs *jobs)
{
	if (!jobs->started)
		return;
	jobs_lock_both(jobs);
	jobs->stopping = true;
	if (jobs->run)
		jobs_command(jobs, CAPTURE_CANCEL);
	pthread_cond_broadcast(&jobs->changed);
	jobs_unlock_both(jobs);
	pthread_join(jobs->thread, NULL);
	jobs->started = false;
}
