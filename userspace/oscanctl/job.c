// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl job: scans that oscand does, one after another. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "job.h"

enum {
	OPTION_KIND = OPTION_OWN,
	OPTION_NAME,
	OPTION_WAIT,
	OPTION_STATE,
	OPTION_SOCKET,
	OPTION_URL,
	OPTION_TOKEN_FILE,
};

static const struct option_text option_texts[] = {
	{ "kind", OPTION_KIND, "KIND",
	  "of submit: capture (if not given) or flyscan" },
	{ "name", OPTION_NAME, "TEXT", "of submit: a name for people" },
	{ "wait", OPTION_WAIT, NULL,
	  "of submit and resume: wait for the end, too" },
	{ "state", OPTION_STATE, "STATE", "of list: only those in this state" },
	{ "socket", OPTION_SOCKET, "PATH",
	  "socket of oscand, $OSCAN_SOCKET or " JOB_SOCKET " if not given" },
	{ "url", OPTION_URL, "URL",
	  "oscand on another machine, http://HOST:PORT" },
	{ "token-file", OPTION_TOKEN_FILE, "FILE",
	  "file with the token that it wants there" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "job",
	.operands = "ACTION [FILE|ID]",
	.least = 1,
	.most = 2,
	.text = "Submit a scan to oscand, or list, show, pause, resume, cancel, wait, log, delete one.",
	.options = option_texts,
};

/**
 * struct request - the command line
 * @id: of the job, 0 where the action takes none
 * @file: with settings, "-" for standard input
 */
struct request {
	struct job_client *client;
	const char *kind;
	const char *name;
	const char *state;
	bool wait;
	bool json;
	long long id;
	const char *file;
};

static int call(const struct request *request, const char *method,
		const char *verb, json_t *body, json_t **answer)
{
	char path[96];

	snprintf(path, sizeof(path), "/v1/jobs/%lld%s%s", request->id,
		 *verb ? "/" : "", verb);
	return job_client_call(request->client, method, path, body, answer);
}

/* Prints @answer as JSON, or lets @show print it; releases it. */
static int print(const struct request *request, json_t *answer,
		 void (*show)(const json_t *answer))
{
	if (request->json)
		return print_json(answer);
	show(answer);
	json_decref(answer);
	return EXIT_SUCCESS;
}

static void show_short(const json_t *job)
{
	printf("job %lld is %s\n", job_id(job), job_state(job));
}

static int print_or_wait(const struct request *request, json_t *job)
{
	long long id = job_id(job);

	if (!request->wait)
		return print(request, job, show_short);
	json_decref(job);
	return job_wait(request->client, id, request->json);
}

static json_t *read_settings(const char *path)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	FILE *file = name == path ? fopen(path, "re") : stdin;
	json_error_t error;
	json_t *settings;

	if (!file) {
		fail("wanted the settings of a scan in %s, found: %s; name a job file",
		     name, strerror(errno));
		return NULL;
	}
	settings = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	if (file != stdin)
		fclose(file);
	if (json_is_object(settings))
		return settings;
	if (settings)
		fail("%s: wanted a JSON object with settings, found another value; see oscanctl-job(1)",
		     name);
	else
		fail("%s: wanted a JSON object with settings, found in line %d: %s; see oscanctl-job(1)",
		     name, error.line, error.text);
	json_decref(settings);
	return NULL;
}

static int submit(const struct request *request)
{
	json_t *settings = read_settings(request->file), *body, *job;
	int status;

	if (!settings)
		return EXIT_FAILURE;
	body = json_pack("{s:s, s:o, s:s*}", "kind", request->kind,
			 "settings", settings, "name", request->name);
	if (!body)
		return fail("wanted a name in UTF-8, found \"%s\"; give another one",
			    request->name);
	status = job_client_call(request->client, "POST", "/v1/jobs", body,
				 &job);
	return status ? status : print_or_wait(request, job);
}

static int list(const struct request *request)
{
	char *state = NULL, *path = NULL;
	json_t *answer;
	int status;

	if (request->state)
		state = curl_easy_escape(request->client->curl, request->state,
					 0);
	if (asprintf(&path, "/v1/jobs%s%s", state ? "?state=" : "",
		     state ? state : "") < 0)
		return fail("out of memory");
	status = job_client_call(request->client, "GET", path, NULL, &answer);
	curl_free(state);
	free(path);
	return status ? status : print(request, answer, job_show_list);
}

static int show(const struct request *request)
{
	json_t *job;
	int status = call(request, "GET", "", NULL, &job);

	return status ? status : print(request, job, job_show);
}

static int show_log(const struct request *request)
{
	json_t *log;
	int status = call(request, "GET", "log", NULL, &log);

	return status ? status : print(request, log, job_show_log);
}

static int order(const struct request *request, const char *verb)
{
	json_t *job;
	int status = call(request, "POST", verb, NULL, &job);

	return status ? status : print_or_wait(request, job);
}

static int pause_job(const struct request *request)
{
	return order(request, "pause");
}

static int resume(const struct request *request)
{
	return order(request, "resume");
}

static int cancel(const struct request *request)
{
	return order(request, "cancel");
}

static int wait_for(const struct request *request)
{
	return job_wait(request->client, request->id, request->json);
}

static int delete(const struct request *request)
{
	return call(request, "DELETE", "", NULL, NULL);
}

/* Which operand an action takes. */
enum operand { NOTHING, SETTINGS, ID };

static const struct action {
	const char *name;
	enum operand operand;
	int (*run)(const struct request *request);
} actions[] = {
	{ "submit", SETTINGS, submit },
	{ "list", NOTHING, list },
	{ "show", ID, show },
	{ "pause", ID, pause_job },
	{ "resume", ID, resume },
	{ "cancel", ID, cancel },
	{ "wait", ID, wait_for },
	{ "log", ID, show_log },
	{ "delete", ID, delete },
};

#define ACTIONS (sizeof(actions) / sizeof(*actions))

static const struct action *find_action(const char *name)
{
	const char *names[ACTIONS];

	for (size_t i = 0; i < ACTIONS; i++) {
		if (!strcmp(actions[i].name, name))
			return &actions[i];
		names[i] = actions[i].name;
	}
	unknown_word("action", name, names, ACTIONS);
	return NULL;
}

static int parse_id(const char *text, long long *id)
{
	char *end;

	errno = 0;
	*id = strtoll(text, &end, 10);
	if (errno || *end || end == text || *id < 1)
		return wrong_usage("wanted the number of a job, found \"%s\"",
				   text);
	return 0;
}

static int take_operand(const struct action *action, const char *operand,
			struct request *request)
{
	switch (action->operand) {
	case NOTHING:
		return operand ? wrong_usage("%s: wanted nothing behind it, found \"%s\"",
					     action->name, operand) : 0;
	case SETTINGS:
		request->file = operand;
		return operand ? 0 :
		       wrong_usage("submit: wanted a file with settings, found none");
	case ID:
		break;
	}
	if (!operand)
		return wrong_usage("%s: wanted the number of a job, found none",
				   action->name);
	return parse_id(operand, &request->id);
}

static int check(const struct action *action, const struct request *request)
{
	if (strcmp(request->kind, "capture") &&
	    strcmp(request->kind, "flyscan"))
		return wrong_usage("--kind: wanted capture or flyscan, found \"%s\"",
				   request->kind);
	if (request->wait && action->run != submit && action->run != resume)
		return wrong_usage("--wait: wanted with submit or resume, found with %s",
				   action->name);
	return 0;
}

static int run(const struct options *options, struct request *request,
	       const char *socket, const char *url, const char *token_file)
{
	char **operands = options->argv + 1;
	const struct action *action = find_action(operands[0]);
	struct job_client client;
	int status = EXIT_USAGE;

	if (action)
		status = take_operand(action, options->count > 1 ?
				      operands[1] : NULL, request);
	if (!status)
		status = check(action, request);
	if (!status && socket && url)
		status = wrong_usage("wanted --socket or --url, found both");
	if (!status)
		status = job_client_open(&client, socket, url, token_file);
	if (status)
		return status;
	request->client = &client;
	status = action->run(request);
	job_client_close(&client);
	return status;
}

int cmd_job(int argc, char **argv)
{
	const char *socket = NULL, *url = NULL, *token_file = NULL;
	struct request request = { .kind = "capture" };
	struct options options;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		switch (key) {
		case OPTION_KIND:
			request.kind = options.value;
			break;
		case OPTION_NAME:
			request.name = options.value;
			break;
		case OPTION_WAIT:
			request.wait = true;
			break;
		case OPTION_STATE:
			request.state = options.value;
			break;
		case OPTION_SOCKET:
			socket = options.value;
			break;
		case OPTION_URL:
			url = options.value;
			break;
		default:
			token_file = options.value;
		}
	}
	if (key < 0)
		return options.status;
	request.json = options.json;
	return run(&options, &request, socket, url, token_file);
}
