/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of one kind of job: what oscand is to it, and does nothing here, but
 * for job_result(). One file of a test includes it.
 */
#ifndef JOB_PLAYED_H
#define JOB_PLAYED_H

#include "camera.h"
#include "job-path.h"
#include "jobs.h"
#include "live.h"

const struct camera_ops *camera_ops_of(const char *id)
{
	(void)id;
	return NULL;
}

struct preview *live_preview(struct live *live)
{
	(void)live;
	return NULL;
}

int job_path(const char *folder, const char *key, const char *path,
	     char whole[PATH_MAX], char *error)
{
	(void)folder;
	(void)key;
	(void)path;
	(void)whole;
	(void)error;
	return -1;
}

void job_log(struct job_run *run, const char *format, ...)
{
	(void)run;
	(void)format;
}

void job_progress(struct job_run *run, const struct job_progress *progress)
{
	(void)run;
	(void)progress;
}

#endif /* JOB_PLAYED_H */
