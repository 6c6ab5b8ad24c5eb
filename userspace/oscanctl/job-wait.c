// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl job wait: live, by the daemon's events. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "job.h"

/* A daemon that restarts is back within this. */
#define AWAY_S 60
#define AGAIN_MS 500

/**
 * struct wait - a job that is waited for
 * @job: as last seen, NULL before
 * @shown: last line of progress, without numbers
 * @terminal: a line that is written over again and again
 * @away_since: when the daemon went away, 0 while it is there
 */
struct wait {
	struct job_client *client;
	long long id;
	json_t *job;
	char shown[64];
	bool terminal;
	time_t away_since;
};

static bool has_ended(const json_t *job)
{
	static const char *const ends[] = {
		"completed", "cancelled", "error", "interrupted",
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (!strcmp(job_state(job), ends[i]))
			return true;
	return false;
}

/* Not on a terminal: what it does now, when that changes. */
static void show_progress(struct wait *wait, const json_t *progress)
{
	const char *state = wait->job ? job_state(wait->job) : "";
	const char *phase = json_string_value(json_object_get(progress,
							      "phase"));
	char text[JOB_TEXT_LEN], now[sizeof(wait->shown)];

	if (!strcmp(state, "pending") || !strcmp(state, "paused") || !phase)
		phase = state;
	snprintf(now, sizeof(now), "%s", phase);
	if (wait->terminal)
		fprintf(stderr, "\r\033[Kjob %lld %s", wait->id,
			json_is_object(progress) ?
			job_progress_text(progress, text) : now);
	else if (strcmp(now, wait->shown))
		fprintf(stderr, "job %lld: %s\n", wait->id, now);
	strcpy(wait->shown, now);
}

static void take_job(struct wait *wait, json_t *job)
{
	json_decref(wait->job);
	wait->job = json_incref(job);
	show_progress(wait, json_object_get(job, "progress"));
}

static int look(struct wait *wait)
{
	struct job_client once = *wait->client;
	char path[64];
	json_t *job;
	int status;

	/* The stream is on the other one. */
	once.curl = curl_easy_init();
	if (!once.curl)
		return fail("out of memory");
	snprintf(path, sizeof(path), "/v1/jobs/%lld", wait->id);
	status = job_client_call(&once, "GET", path, NULL, &job);
	curl_easy_cleanup(once.curl);
	if (status)
		return status;
	take_job(wait, job);
	json_decref(job);
	return 0;
}

/* From here on nothing is missed; what has happened before is looked up. */
static bool begin(void *data)
{
	struct wait *wait = data;

	wait->away_since = 0;
	return !look(wait) && !has_ended(wait->job);
}

static bool take_event(const char *name, json_t *value, void *data)
{
	struct wait *wait = data;

	/* What was lost may have been the end. */
	if (!strcmp(name, "lost"))
		return begin(wait);
	if (job_id(value) != wait->id)
		return true;
	if (!strcmp(name, "job"))
		take_job(wait, value);
	else if (!strcmp(name, "progress"))
		show_progress(wait, json_object_get(value, "progress"));
	if (!strcmp(name, "deleted")) {
		fail("wanted the end of job %lld, found that it was deleted; \"oscanctl job list\" shows what there is",
		     wait->id);
		return false;
	}
	return !has_ended(wait->job);
}

static void pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = AGAIN_MS * 1000000l };

	nanosleep(&pause, NULL);
}

static bool is_away_for_good(struct wait *wait)
{
	time_t now = time(NULL);

	if (!wait->away_since) {
		wait->away_since = now;
		if (!wait->terminal)
			fprintf(stderr, "job %lld: oscand is away, waiting for it\n",
				wait->id);
	}
	return now - wait->away_since > AWAY_S;
}

/* Return: 0 with the job as it ended, or EXIT_FAILURE after a sentence. */
static int follow(struct wait *wait)
{
	const struct job_events events = {
		.begun = begin,
		.event = take_event,
		.data = wait,
	};

	for (;;) {
		switch (job_client_listen(wait->client, &events)) {
		case JOB_STREAM_ENOUGH:
			if (wait->job && has_ended(wait->job))
				return 0;
			return EXIT_FAILURE;
		case JOB_STREAM_REFUSED:
			return EXIT_FAILURE;
		case JOB_STREAM_CANCELLED:
			return fail("wanted the end of job %lld, found signal %d; the job goes on, \"oscanctl job cancel %lld\" ends it",
				    wait->id, cancelled, wait->id);
		case JOB_STREAM_BROKEN:
			if (is_away_for_good(wait))
				return job_client_unreachable(wait->client,
					"it went away and did not come back");
			pause_a_little();
		}
	}
}

static int report(const struct wait *wait, bool json)
{
	const char *state = job_state(wait->job);
	const char *error = json_string_value(json_object_get(wait->job,
							      "error"));
	int status = EXIT_SUCCESS;

	if (strcmp(state, "completed"))
		status = error ? fail("job %lld: %s", wait->id, error) :
			 fail("job %lld was %s; \"oscanctl job resume %lld\" completes it",
			      wait->id, state, wait->id);
	if (json)
		return print_json(json_incref(wait->job)) ? EXIT_FAILURE :
							    status;
	job_show(wait->job);
	return status;
}

int job_wait(struct job_client *client, long long id, bool json)
{
	struct wait wait = {
		.client = client,
		.id = id,
		.terminal = isatty(STDERR_FILENO),
	};
	int status;

	/* No such job, no daemon: said before anything is waited for. */
	status = look(&wait);
	cancel_catch();
	if (!status && !has_ended(wait.job))
		status = follow(&wait);
	if (wait.terminal)
		fprintf(stderr, "\r\033[K");
	if (!status)
		status = report(&wait, json);
	json_decref(wait.job);
	return status;
}
