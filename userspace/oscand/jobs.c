// SPDX-License-Identifier: GPL-2.0-or-later
/* The queue of jobs: what is in it, and what may be done with each. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs-parts.h"

static int __attribute__((format(printf, 3, 4)))
refuse(char *why, int error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(why, JOBS_ERROR_LEN, format, list);
	va_end(list);
	errno = error;
	return -1;
}

void jobs_tell(struct jobs *jobs, const char *name, json_t *value)
{
	if (jobs->options.event && value)
		jobs->options.event(jobs->options.data, name, value);
	else
		json_decref(value);
}

/* With the lock. */
static void tell_line(struct jobs *jobs, const struct job *job,
		      const struct job_line *line)
{
	jobs_tell(jobs, "log", json_pack("{s:I, s:s, s:s}",
					 "id", (json_int_t)job->id,
					 "time", line->time,
					 "text", line->text));
}

void jobs_add_line(struct jobs *jobs, struct job *job, const char *text)
{
	tell_line(jobs, job, job_line(job, text));
}

/* With both locks. */
static struct job *find(const struct jobs *jobs, uint64_t id)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (jobs->list[i]->id == id)
			return jobs->list[i];
	return NULL;
}

static struct job *find_or_refuse(const struct jobs *jobs, uint64_t id,
				  char *why)
{
	struct job *job = find(jobs, id);

	if (!job)
		refuse(why, ENOENT, "wanted job %llu, found that there is none; see the list of jobs",
		       (unsigned long long)id);
	return job;
}

int jobs_save(struct jobs *jobs, struct job *job)
{
	json_t *value;
	int result;

	pthread_mutex_lock(&jobs->lock);
	value = job_file_json(job);
	pthread_mutex_unlock(&jobs->lock);
	result = jobs_files_write(jobs->files, job->id, value);
	json_decref(value);
	job->unsaved = result;
	return result;
}

int jobs_catch_up(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (jobs->list[i]->unsaved && jobs_save(jobs, jobs->list[i]))
			return -1;
	return 0;
}

void jobs_enter(struct jobs *jobs, struct job *job, enum job_state state)
{
	char text[64];

	job->state = state;
	if (state == JOB_PENDING) {
		job->order = ++jobs->last_order;
		job->ended[0] = '\0';
		job->error[0] = '\0';
	} else if (state == JOB_RUNNING && job != jobs->active) {
		job_time(job->started);
		jobs->active = job;
	} else if (state >= JOB_COMPLETED) {
		job_time(job->ended);
	}
	snprintf(text, sizeof(text), "now %s", job_state_name(state));
	jobs_add_line(jobs, job, text);
}

int jobs_changed(struct jobs *jobs, struct job *job)
{
	json_t *value = job_json(job);
	int error = 0;

	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
	if (jobs_save(jobs, job)) {
		error = errno;
		fprintf(stderr, "wanted to keep the state of job %llu, found: %s; see to the disk\n",
			(unsigned long long)job->id, strerror(error));
	} else {
		jobs_catch_up(jobs);
	}
	jobs_tell(jobs, "job", value);
	errno = error;
	return error ? -1 : 0;
}

void jobs_lock_both(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->disk);
	pthread_mutex_lock(&jobs->lock);
}

void jobs_unlock_both(struct jobs *jobs)
{
	pthread_mutex_unlock(&jobs->lock);
	pthread_mutex_unlock(&jobs->disk);
}

void jobs_command(struct jobs *jobs, enum capture_command command)
{
	atomic_store(&jobs->run->control.command, command);
	if (command == CAPTURE_CANCEL)
		jobs->run->cancelled = 1;
}

/* With both locks, which it keeps. 0, or -1 with a sentence. */
typedef int order_fn(struct jobs *jobs, struct job *job, char *why);

static int wrong_state(const struct job *job, const char *wanted, char *why)
{
	return refuse(why, EBUSY, "wanted to %s job %llu, found that it is %s",
		      wanted, (unsigned long long)job->id,
		      job_state_name(job->state));
}

static int order_pause(struct jobs *jobs, struct job *job, char *why)
{
	if (job->state != JOB_RUNNING)
		return wrong_state(job, "pause", why);
	if (!job->kind->pauses)
		return refuse(why, EBUSY, "wanted to pause job %llu, found a %s, which cannot be; cancel it, and resume it later",
			      (unsigned long long)job->id, job->kind->name);
	if (jobs->run->cancelled)
		return refuse(why, EBUSY, "wanted to pause job %llu, found that it is being cancelled",
			      (unsigned long long)job->id);
	jobs_command(jobs, CAPTURE_PAUSE);
	jobs_enter(jobs, job, JOB_PAUSED);
	return 0;
}

static int order_resume(struct jobs *jobs, struct job *job, char *why)
{
	switch (job->state) {
	case JOB_PAUSED:
		if (jobs->run->cancelled)
			return refuse(why, EBUSY, "wanted to resume job %llu, found that it is being cancelled",
				      (unsigned long long)job->id);
		jobs_command(jobs, CAPTURE_GO);
		jobs_enter(jobs, job, JOB_RUNNING);
		return 0;
	case JOB_CANCELLED:
	case JOB_ERROR:
	case JOB_INTERRUPTED:
		job->resumes++;
		jobs_enter(jobs, job, JOB_PENDING);
		return 0;
	default:
		return wrong_state(job, "resume", why);
	}
}

static int order_cancel(struct jobs *jobs, struct job *job, char *why)
{
	if (job->state == JOB_PENDING) {
		jobs_enter(jobs, job, JOB_CANCELLED);
		return 0;
	}
	if (job != jobs->active)
		return wrong_state(job, "cancel", why);
	if (!jobs->run->cancelled)
		jobs_add_line(jobs, job, "to be cancelled");
	jobs_command(jobs, CAPTURE_CANCEL);
	return 0;
}

void jobs_take_back(struct jobs *jobs, struct job *job,
		    const struct job *before, const char *text)
{
	pthread_mutex_lock(&jobs->lock);
	job->state = before->state;
	job->order = before->order;
	job->resumes = before->resumes;
	job->has_progress = before->has_progress;
	memcpy(job->started, before->started, sizeof(job->started));
	memcpy(job->ended, before->ended, sizeof(job->ended));
	memcpy(job->error, before->error, sizeof(job->error));
	if (job == jobs->active) {
		jobs->active = NULL;
		jobs->run = NULL;
	}
	jobs_add_line(jobs, job, text);
	jobs_changed(jobs, job);
}

/*
 * With disk and the lock, which is let go. The one that runs obeys whatever the
 * disk does; the next daemon finds it interrupted in either case.
 */
static int obey(struct jobs *jobs, struct job *job, order_fn *fn, char *why)
{
	const struct job before = *job;
	char found[128];

	if (fn(jobs, job, why)) {
		pthread_mutex_unlock(&jobs->lock);
		return -1;
	}
	if (!jobs_changed(jobs, job) || job == jobs->active)
		return 0;
	snprintf(found, sizeof(found), "%s", strerror(errno));
	jobs_take_back(jobs, job, &before,
		       "that could not be stored, and does not count");
	return refuse(why, ENOSPC, "wanted to store that job %llu is %s, found: %s; see to the disk of the daemon's state",
		      (unsigned long long)job->id,
		      before.state == JOB_PENDING ? "cancelled" : "pending",
		      found);
}

static json_t *order(struct jobs *jobs, uint64_t id, order_fn *fn, char *why)
{
	json_t *value = NULL;
	struct job *job;

	jobs_lock_both(jobs);
	job = find_or_refuse(jobs, id, why);
	if (!job)
		pthread_mutex_unlock(&jobs->lock);
	else if (!obey(jobs, job, fn, why))
		value = jobs_get(jobs, id, why);
	pthread_mutex_unlock(&jobs->disk);
	return value;
}

json_t *jobs_pause(struct jobs *jobs, uint64_t id, char *error)
{
	return order(jobs, id, order_pause, error);
}

json_t *jobs_resume(struct jobs *jobs, uint64_t id, char *error)
{
	return order(jobs, id, order_resume, error);
}

json_t *jobs_cancel(struct jobs *jobs, uint64_t id, char *error)
{
	return order(jobs, id, order_cancel, error);
}

/* With both locks. */
static void drop(struct jobs *jobs, struct job *job)
{
	size_t at = 0;

	while (jobs->list[at] != job)
		at++;
	memmove(&jobs->list[at], &jobs->list[at + 1],
		(--jobs->count - at) * sizeof(jobs->list[0]));
	jobs_tell(jobs, "deleted",
		  json_pack("{s:I}", "id", (json_int_t)job->id));
	job_free(job);
}

/*
 * With both locks. A scan must not wait for the disk when it tells how far it
 * is; the other lock keeps the list and the states as they are.
 */
static int remove_file(struct jobs *jobs, uint64_t id)
{
	int result;

	pthread_mutex_unlock(&jobs->lock);
	result = jobs_files_remove(jobs->files, id);
	pthread_mutex_lock(&jobs->lock);
	return result;
}

int jobs_delete(struct jobs *jobs, uint64_t id, char *error)
{
	struct job *job;
	int result = -1;

	jobs_lock_both(jobs);
	job = find_or_refuse(jobs, id, error);
	if (job && job == jobs->active)
		refuse(error, EBUSY, "wanted to forget job %llu, found that it is %s; cancel it first",
		       (unsigned long long)id, job_state_name(job->state));
	else if (job && remove_file(jobs, id))
		refuse(error, errno, "wanted to forget job %llu, found: %s; see to the disk",
		       (unsigned long long)id, strerror(errno));
	else if (job) {
		drop(jobs, job);
		result = 0;
	}
	jobs_unlock_both(jobs);
	return result;
}

/* With both locks. */
static struct job *oldest_ended(const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (jobs->list[i]->state >= JOB_COMPLETED)
			return jobs->list[i];
	return NULL;
}

/* With both locks. */
static void make_room(struct jobs *jobs)
{
	struct job *oldest = oldest_ended(jobs);

	while (jobs->count >= JOBS_MAX && oldest) {
		remove_file(jobs, oldest->id);
		drop(jobs, oldest);
		oldest = oldest_ended(jobs);
	}
}

static const struct job_kind *find_kind(const struct jobs *jobs,
					const char *name, char *why)
{
	const struct job_kind *kind = jobs->options.kinds;
	char names[128] = "";

	for (; kind->name; kind++) {
		if (!strcmp(kind->name, name))
			return kind;
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 "%s\"%s\"", *names ? " or " : "", kind->name);
	}
	refuse(why, EINVAL, "\"kind\": wanted %s, found \"%.80s\"", names,
	       name);
	return NULL;
}

static int check_settings(struct jobs *jobs, const struct job_kind *kind,
			  json_t *settings, char *why)
{
	size_t size = json_dumpb(settings, NULL, 0, JSON_COMPACT);

	if (!json_is_object(settings) || !size)
		return refuse(why, EINVAL, "\"settings\": wanted an object, found something else");
	if (size > JOBS_SETTINGS_MAX)
		return refuse(why, EINVAL, "\"settings\": wanted no more than %d bytes, found %zu",
			      JOBS_SETTINGS_MAX, size);
	why[0] = '\0';
	return kind->check(settings, jobs->options.data, why);
}

/* With both locks. Nobody is told of it yet. */
static struct job *make_job(struct jobs *jobs, const struct job_kind *kind,
			    json_t *settings, const char *name, char *why)
{
	struct job *job;

	if (jobs->count >= JOBS_MAX && !oldest_ended(jobs)) {
		refuse(why, EBUSY, "wanted to queue one more job, found %d that wait; cancel some",
		       JOBS_MAX);
		return NULL;
	}
	job = job_new(settings, name);
	if (!job) {
		refuse(why, ENOMEM, "wanted memory for a job, found none; end other programs");
		return NULL;
	}
	job->id = ++jobs->last_id;
	job->order = ++jobs->last_order;
	job->kind = kind;
	job->state = JOB_PENDING;
	job_time(job->submitted);
	job_line(job, "now pending");
	return job;
}

/* With both locks. */
static void add_job(struct jobs *jobs, struct job *job)
{
	make_room(jobs);
	jobs->list[jobs->count++] = job;
	tell_line(jobs, job, &job->log[0]);
	jobs_tell(jobs, "job", job_json(job));
	pthread_cond_broadcast(&jobs->changed);
}

/* The next daemon must not find what was refused: it may lie there all the same.
 */
static void forget(struct jobs *jobs, struct job *job)
{
	int error = errno;

	jobs_files_remove(jobs->files, job->id);
	job_free(job);
	errno = error;
}

json_t *jobs_submit(struct jobs *jobs, const char *kind, json_t *settings,
		    const char *name, char *error)
{
	const struct job_kind *found = find_kind(jobs, kind, error);
	json_t *value = NULL;
	struct job *job;

	if (!found || check_settings(jobs, found, settings, error))
		return NULL;
	jobs_lock_both(jobs);
	job = make_job(jobs, found, settings, name, error);
	pthread_mutex_unlock(&jobs->lock);
	if (!job)
		goto out;
	/* It is promised only when it is on the disk. */
	if (jobs_files_last(jobs->files, job->id) || jobs_save(jobs, job)) {
		refuse(error, ENOSPC, "wanted to store the job, found: %s; see to the disk of the daemon's state",
		       strerror(errno));
		forget(jobs, job);
		goto out;
	}
	pthread_mutex_lock(&jobs->lock);
	value = job_json(job);
	add_job(jobs, job);
	pthread_mutex_unlock(&jobs->lock);
out:
	pthread_mutex_unlock(&jobs->disk);
	return value;
}

json_t *jobs_list(struct jobs *jobs, enum job_state state)
{
	json_t *array = json_array();

	pthread_mutex_lock(&jobs->lock);
	for (size_t i = 0; i < jobs->count; i++)
		if (!state || jobs->list[i]->state == state)
			json_array_append_new(array, job_json(jobs->list[i]));
	pthread_mutex_unlock(&jobs->lock);
	return array;
}

static json_t *one(struct jobs *jobs, uint64_t id,
		   json_t *(*make)(const struct job *job), char *why)
{
	json_t *value = NULL;
	struct job *job;

	pthread_mutex_lock(&jobs->lock);
	job = find_or_refuse(jobs, id, why);
	if (job) {
		value = make(job);
		if (!value)
			refuse(why, ENOMEM, "wanted memory for the answer, found none");
	}
	pthread_mutex_unlock(&jobs->lock);
	return value;
}

json_t *jobs_get(struct jobs *jobs, uint64_t id, char *error)
{
	return one(jobs, id, job_json, error);
}

json_t *jobs_log(struct jobs *jobs, uint64_t id, char *error)
{
	return one(jobs, id, job_log_json, error);
}

uint64_t jobs_active(struct jobs *jobs)
{
	uint64_t id;

	pthread_mutex_lock(&jobs->lock);
	id = jobs->active ? jobs->active->id : 0;
	pthread_mutex_unlock(&jobs->lock);
	return id;
}

unsigned int jobs_pending(struct jobs *jobs)
{
	unsigned int pending = 0;

	pthread_mutex_lock(&jobs->lock);
	for (size_t i = 0; i < jobs->count; i++)
		pending += jobs->list[i]->state == JOB_PENDING;
	pthread_mutex_unlock(&jobs->lock);
	return pending;
}

static const char *why_interrupted(const struct job *job)
{
	if (job->state != JOB_PENDING)
		return "the daemon died while it ran; resume it";
	if (job->other_boot)
		return "the machine was started again while it waited; resume it to queue it again";
	return "the daemon died while another job ran; resume this one to queue it again";
}

/*
 * After a power cut, and when the daemon died while one ran, nothing is to move
 * until somebody says so.
 */
static void interrupt(struct jobs *jobs)
{
	bool ran = false;

	for (size_t i = 0; i < jobs->count; i++)
		ran |= jobs->list[i]->state == JOB_RUNNING ||
		       jobs->list[i]->state == JOB_PAUSED;
	for (size_t i = 0; i < jobs->count; i++) {
		struct job *job = jobs->list[i];

		if (job->state >= JOB_COMPLETED ||
		    (job->state == JOB_PENDING && !ran && !job->other_boot))
			continue;
		strcpy(job->error, why_interrupted(job));
		pthread_mutex_lock(&jobs->lock);
		jobs_enter(jobs, job, JOB_INTERRUPTED);
		jobs_changed(jobs, job);
	}
}

static int take(void *data, json_t *value)
{
	struct jobs *jobs = data;
	struct job *job = job_read(value, jobs->options.kinds);
	size_t at = jobs->count;

	if (!job)
		return -1;
	if (find(jobs, job->id) || jobs->count > JOBS_MAX) {
		job_free(job);
		errno = EBADMSG;
		return -1;
	}
	for (; at && jobs->list[at - 1]->id > job->id; at--)
		jobs->list[at] = jobs->list[at - 1];
	jobs->list[at] = job;
	jobs->count++;
	if (job->id > jobs->last_id)
		jobs->last_id = job->id;
	if (job->order > jobs->last_order)
		jobs->last_order = job->order;
	return 0;
}

struct jobs *jobs_open(const struct jobs_options *options, char *error)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	pthread_condattr_t monotonic;

	if (!jobs) {
		refuse(error, ENOMEM, "wanted memory, found none; end other programs");
		return NULL;
	}
	jobs->options = *options;
	pthread_mutex_init(&jobs->disk, NULL);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	jobs->files = jobs_files_open(options->folder, take, jobs,
				      &jobs->last_id, error);
	if (!jobs->files) {
		jobs_close(jobs);
		return NULL;
	}
	interrupt(jobs);
	return jobs;
}

void jobs_close(struct jobs *jobs)
{
	int error = errno;

	if (!jobs)
		return;
	jobs_stop(jobs);
	jobs_catch_up(jobs);
	for (size_t i = 0; i < jobs->count; i++)
		job_free(jobs->list[i]);
	jobs_files_close(jobs->files);
	pthread_cond_destroy(&jobs->changed);
	pthread_mutex_destroy(&jobs->lock);
	pthread_mutex_destroy(&jobs->disk);
	free(jobs);
	errno = error;
}
