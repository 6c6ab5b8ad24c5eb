/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of "oscanctl job". */
#ifndef OSCANCTL_JOB_H
#define OSCANCTL_JOB_H

#include <stdlib.h>
#include "job-client.h"
#include "oscanctl.h"

#define JOB_TEXT_LEN 160

/* job-show.c: for people, on standard output */

/** job_id - number of a job, 0 if it has none */
long long job_id(const json_t *job);
/** job_state - "pending", "running" and so on */
const char *job_state(const json_t *job);
/** job_progress_text - "moving:  30 %, 12 of 40, 2:10 left"; "-" for null */
const char *job_progress_text(const json_t *progress,
			      char text[JOB_TEXT_LEN]);
void job_show_list(const json_t *answer);
void job_show(const json_t *job);
void job_show_log(const json_t *log);

/**
 * job_wait - show the progress of a job until it has ended
 * @json: print the job as JSON at the end
 *
 * A daemon that goes away is waited for. Ctrl-C ends the waiting, not the job.
 *
 * Return: exit status: EXIT_SUCCESS when it is completed.
 */
int job_wait(struct job_client *client, long long id, bool json);

#endif /* OSCANCTL_JOB_H */
