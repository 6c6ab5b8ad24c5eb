// SPDX-License-Identifier: GPL-2.0-or-later
/* Jobs over HTTP. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api.h"
#include "daemon.h"

/* false: there is no such job, and that has been answered. */
static bool take_id(const struct http_request *request,
		    struct http_response *response, uint64_t *id)
{
	const char *text = request->parameter[0];
	size_t digits = strspn(text, "0123456789");

	*id = strtoull(text, NULL, 10);
	if (digits && digits < 19 && !text[digits] && *id)
		return true;
	http_error(response, 404, "wanted the number of a job, found \"%.80s\"",
		   text);
	return false;
}

void api_jobs(struct daemon *daemon, const struct http_request *request,
	      struct http_response *response)
{
	const char *name = http_query(request, "state");
	int state = name ? job_state(name) : 0;

	if (state < 0) {
		http_error(response, 400, "\"state\": wanted pending, running, paused, completed, cancelled, error or interrupted, found \"%.80s\"",
			   name);
		return;
	}
	http_json(response, 200,
		  json_pack("{s:o}", "jobs",
			    jobs_list(daemon->jobs, (enum job_state)state)));
}

void api_job_submit(struct daemon *daemon, const struct http_request *request,
		    struct http_response *response)
{
	struct http_field fields[] = {
		{ .name = "kind", .type = JSON_STRING, .needed = true },
		{ .name = "settings", .type = JSON_OBJECT, .needed = true },
		{ .name = "name", .type = JSON_STRING },
	};
	const char *name = "";
	char why[JOBS_ERROR_LEN];
	json_t *job;

	if (http_fields(request, response, fields, 3))
		return;
	if (fields[2].value)
		name = json_string_value(fields[2].value);
	if (strlen(name) > 150) {
		http_error(response, 400, "\"name\": wanted at most 150 bytes, found %zu",
			   strlen(name));
		return;
	}
	job = jobs_submit(daemon->jobs, json_string_value(fields[0].value),
			  fields[1].value, name, why);
	if (!job) {
		http_errno(response, errno, why);
		return;
	}
	response->header = "location:";
	snprintf(response->value, sizeof(response->value),
		 "/v1/jobs/%" JSON_INTEGER_FORMAT,
		 json_integer_value(json_object_get(job, "id")));
	http_json(response, 201, job);
}

void api_job(struct daemon *daemon, const struct http_request *request,
	     struct http_response *response)
{
	char why[JOBS_ERROR_LEN];
	uint64_t id;

	if (take_id(request, response, &id))
		http_give(response, 200, jobs_get(daemon->jobs, id, why), why);
}

void api_job_log(struct daemon *daemon, const struct http_request *request,
		 struct http_response *response)
{
	char why[JOBS_ERROR_LEN];
	uint64_t id;

	if (take_id(request, response, &id))
		http_give(response, 200, jobs_log(daemon->jobs, id, why), why);
}

void api_job_delete(struct daemon *daemon, const struct http_request *request,
		    struct http_response *response)
{
	char why[JOBS_ERROR_LEN];
	uint64_t id;

	if (!take_id(request, response, &id))
		return;
	if (jobs_delete(daemon->jobs, id, why))
		http_errno(response, errno, why);
	else
		response->status = 204;
}

/* Nothing stands in the body of an order. */
static void order(struct daemon *daemon, const struct http_request *request,
		  struct http_response *response,
		  json_t *(*give_order)(struct jobs *jobs, uint64_t id,
					char *error))
{
	char why[JOBS_ERROR_LEN];
	uint64_t id;

	if (take_id(request, response, &id) &&
	    !http_fields(request, response, NULL, 0))
		http_give(response, 202, give_order(daemon->jobs, id, why), why);
}

void api_job_pause(struct daemon *daemon, const struct http_request *request,
		   struct http_response *response)
{
	order(daemon, request, response, jobs_pause);
}

void api_job_resume(struct daemon *daemon, const struct http_request *request,
		    struct http_response *response)
{
	order(daemon, request, response, jobs_resume);
}

void api_job_cancel(struct daemon *daemon, const struct http_request *request,
		    struct http_response *response)
{
	order(daemon, request, response, jobs_cancel);
}
