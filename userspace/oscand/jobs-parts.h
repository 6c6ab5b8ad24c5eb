/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What jobs.c and jobs-run.c share: the queue, and the thread that runs it.
 *
 * Two locks. disk: held over a change of state and the writing of its file, so
 * that files tell changes in their order. lock: what is in memory; held for
 * moments only, never while the disk is waited for. disk is taken first.
 */
#ifndef OSCAND_JOBS_PARTS_H
#define OSCAND_JOBS_PARTS_H

#include <pthread.h>
#include "job.h"
#include "jobs-file.h"

/**
 * struct jobs - all of them
 * @options: where and what
 * @files: of the jobs
 * @disk: see above
 * @lock: see above; also over all that follows
 * @changed: a job is to be run, or the thread is to end
 * @list: shape [@count], by id; a new one is stored before the oldest is gone
 * @count: number of jobs
 * @last_id: greatest id ever given
 * @last_order: likewise
 * @active: runs or is paused, NULL: none
 * @run: of @active
 * @told_ns: when progress was last sent on
 * @stopping: the thread is to end
 * @started: @thread is there
 */
struct jobs {
	struct jobs_options options;
	struct jobs_files *files;
	pthread_mutex_t disk;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *list[JOBS_MAX + 1];
	size_t count;
	uint64_t last_id;
	uint64_t last_order;
	struct job *active;
	struct job_run *run;
	uint64_t told_ns;
	bool stopping;
	bool started;
	pthread_t thread;
};

/** jobs_lock_both - disk, then lock */
void jobs_lock_both(struct jobs *jobs);

/** jobs_unlock_both - likewise, the other way round */
void jobs_unlock_both(struct jobs *jobs);

/** jobs_tell - pass an event on; with or without the locks; @value is stolen */
void jobs_tell(struct jobs *jobs, const char *name, json_t *value);

/** jobs_add_line - to the log, and tell it; with the lock */
void jobs_add_line(struct jobs *jobs, struct job *job, const char *text);

/** jobs_enter - into a new state, and all that goes with it; with both locks */
void jobs_enter(struct jobs *jobs, struct job *job, enum job_state state);

/** jobs_save - with disk and without the lock. Return: 0, or -1 with errno */
int jobs_save(struct jobs *jobs, struct job *job);

/** jobs_catch_up - save those that could not be; likewise */
int jobs_catch_up(struct jobs *jobs);

/**
 * jobs_changed - store and tell it; with both locks, of which lock is let go
 *
 * Return: 0, or -1 with errno: it is not stored, and that stands on stderr.
 */
int jobs_changed(struct jobs *jobs, struct job *job);

/**
 * jobs_take_back - what could not be stored has not been; with disk and without
 * the lock
 * @before: as the job was
 * @text: for its log
 */
void jobs_take_back(struct jobs *jobs, struct job *job,
		    const struct job *before, const char *text);

/** jobs_command - to the job that runs; with both locks */
void jobs_command(struct jobs *jobs, enum capture_command command);

#endif /* OSCAND_JOBS_PARTS_H */
