// SPDX-License-Identifier: GPL-2.0-or-later
/* Jobs of oscand, for people. */
#include <stdio.h>
#include <string.h>
#include "job.h"

/* Text of a field, "-" where it has none. */
static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? text : "-";
}

static double number_of(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

long long job_id(const json_t *job)
{
	return json_integer_value(json_object_get(job, "id"));
}

const char *job_state(const json_t *job)
{
	return text_of(job, "state");
}

static void put_left(char *text, size_t size, const json_t *progress)
{
	double left = number_of(progress, "eta_s");

	if (!json_is_number(json_object_get(progress, "eta_s")))
		return;
	if (left >= 3600)
		snprintf(text, size, ", %d:%02d h left", (int)left / 3600,
			 (int)left / 60 % 60);
	else
		snprintf(text, size, ", %d:%02d left", (int)left / 60,
			 (int)left % 60);
}

const char *job_progress_text(const json_t *progress,
			      char text[JOB_TEXT_LEN])
{
	char left[48] = "";

	if (!json_is_object(progress))
		return "-";
	put_left(left, sizeof(left), progress);
	snprintf(text, JOB_TEXT_LEN, "%.40s: %3.0f %%, %.0f of %.0f%s",
		 text_of(progress, "phase"),
		 100 * number_of(progress, "fraction"),
		 number_of(progress, "done"), number_of(progress, "total"),
		 left);
	return text;
}

void job_show_list(const json_t *answer)
{
	const json_t *jobs = json_object_get(answer, "jobs"), *job;
	size_t i;

	printf("%4s  %-8s %-12s %5s  %-20s %s\n", "ID", "KIND", "STATE",
	       "DONE", "SUBMITTED", "NAME");
	json_array_foreach(jobs, i, job)
		printf("%4lld  %-8s %-12s %3.0f %%  %-20.20s %s\n",
		       job_id(job), text_of(job, "kind"), job_state(job),
		       100 * number_of(json_object_get(job, "progress"),
				       "fraction"),
		       text_of(job, "submitted"), text_of(job, "name"));
}

static void show_result(const json_t *result)
{
	const json_t *warnings = json_object_get(result, "warnings"), *warning;
	size_t i;

	if (json_object_get(result, "file"))
		printf("file       %s\n", text_of(result, "file"));
	if (json_object_get(result, "project"))
		printf("project    %s, scan %.0f\n",
		       text_of(result, "project"), number_of(result, "scan"));
	if (json_object_get(result, "stored"))
		printf("stored     %.0f, %.0f lost\n",
		       number_of(result, "stored"), number_of(result, "lost"));
	json_array_foreach(warnings, i, warning)
		printf("warning    %s\n", json_string_value(warning));
}

static void show_settings(const json_t *settings)
{
	char *text = json_dumps(settings, JSON_INDENT(2) |
				JSON_REAL_PRECISION(15));

	if (text)
		printf("settings   %s\n", text);
	free(text);
}

void job_show(const json_t *job)
{
	char text[JOB_TEXT_LEN];

	printf("job        %lld, %s\n", job_id(job), text_of(job, "kind"));
	printf("name       %s\n", text_of(job, "name"));
	printf("state      %s\n", job_state(job));
	printf("progress   %s\n",
	       job_progress_text(json_object_get(job, "progress"), text));
	printf("submitted  %s\n", text_of(job, "submitted"));
	printf("started    %s\n", text_of(job, "started"));
	printf("ended      %s\n", text_of(job, "ended"));
	printf("resumed    %.0f times\n", number_of(job, "resumes"));
	if (json_is_string(json_object_get(job, "error")))
		printf("error      %s\n", text_of(job, "error"));
	show_result(json_object_get(job, "result"));
	show_settings(json_object_get(job, "settings"));
}

void job_show_log(const json_t *log)
{
	const json_t *lines = json_object_get(log, "lines"), *line;
	double dropped = number_of(log, "dropped");
	size_t i;

	if (dropped > 0)
		printf("(%.0f older lines were forgotten)\n", dropped);
	json_array_foreach(lines, i, line)
		printf("%s  %s\n", text_of(line, "time"),
		       text_of(line, "text"));
}
