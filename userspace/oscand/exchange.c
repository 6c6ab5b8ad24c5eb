// SPDX-License-Identifier: GPL-2.0-or-later
/* One request and its answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "daemon.h"
#include "exchange.h"

#define CHUNK (64u << 10)
#define PICTURE_NS UINT64_C(15000000000)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

void exchange_free(struct exchange *exchange)
{
	if (exchange->viewing)
		live_leave(exchange->daemon->live);
	http_response_end(&exchange->response);
	json_decref(exchange->request.body);
	free(exchange->body);
	free(exchange->out);
	free(exchange);
}

static int parse_body(struct exchange *exchange)
{
	struct http_request *request = &exchange->request;
	json_error_t error;

	if (!exchange->expected)
		return 0;
	if (request->method & (HTTP_GET | HTTP_DELETE)) {
		http_error(&exchange->response, 400,
			   "wanted no body, found one of %zu bytes",
			   exchange->expected);
		return -1;
	}
	request->body = json_loadb(exchange->body, exchange->expected,
				   JSON_REJECT_DUPLICATES, &error);
	if (!request->body)
		http_error(&exchange->response, 400,
			   "wanted JSON, found in line %d: %s", error.line,
			   error.text);
	else if (!json_is_object(request->body))
		http_error(&exchange->response, 400,
			   "wanted one object { ... }, found something else");
	else
		return 0;
	return -1;
}

/* Is the name one of those that are separated by " "? */
static bool is_known(const char *names, const char *name)
{
	size_t length = strlen(name);

	while (names && *names) {
		size_t one = strcspn(names, " ");

		if (one == length && !memcmp(names, name, length))
			return true;
		names += one + (names[one] == ' ');
	}
	return false;
}

static int check_queries(struct exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	const char *wants = exchange->route->wants;

	for (unsigned int i = 0; i < request->queries; i++) {
		const char *name = request->query[i].name;

		if (is_known(wants, name) &&
		    http_query(request, name) == request->query[i].value)
			continue;
		http_error(&exchange->response, 400,
			   is_known(wants, name) ?
			   "wanted each query once, found \"%s\" twice" :
			   "no query \"%s\" here", name);
		return -1;
	}
	return 0;
}

void exchange_answer(struct exchange *exchange)
{
	if (!check_queries(exchange) && !parse_body(exchange))
		exchange->route->handler(exchange->daemon, &exchange->request,
					 &exchange->response);
	if (!exchange->response.status)
		http_error(&exchange->response, 500,
			   "wanted an answer, found none; see the daemon's log");
	exchange->viewing = exchange->response.stream >= HTTP_STREAM_PREVIEW;
	exchange->left = exchange->response.length;
}

static enum exchange_more take(struct exchange *exchange, void *data,
			       size_t size)
{
	free(exchange->out);
	exchange->out = data;
	exchange->out_size = size;
	exchange->out_sent = 0;
	return EXCHANGE_DATA;
}

/* As read(2). */
static ssize_t read_some(struct exchange *exchange, size_t size)
{
	char *data = malloc(size);
	ssize_t got;

	if (!data)
		return -1;
	got = read(exchange->response.file, data, size);
	if (got > 0)
		take(exchange, data, got);
	else
		free(data);
	return got;
}

/* A file that has become shorter is not what was promised. */
void exchange_read(struct exchange *exchange)
{
	size_t size = exchange->left < CHUNK ? exchange->left : CHUNK;
	ssize_t got = read_some(exchange, size);

	exchange->broken = got <= 0;
	exchange->left -= got;
}

static enum exchange_more more_file(const struct exchange *exchange)
{
	if (exchange->broken)
		return EXCHANGE_ABORT;
	return exchange->left ? EXCHANGE_READ : EXCHANGE_END;
}

/* It does not block. */
static enum exchange_more more_pipe(struct exchange *exchange)
{
	ssize_t got = read_some(exchange, CHUNK);

	if (got > 0)
		return EXCHANGE_DATA;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return EXCHANGE_IDLE;
	return got < 0 ? EXCHANGE_ABORT : EXCHANGE_END;
}

static enum exchange_more more_events(struct exchange *exchange)
{
	char *text = events_next(exchange->daemon->events,
				 &exchange->response.last_event);

	if (!text)
		return EXCHANGE_IDLE;
	return take(exchange, text, strlen(text));
}

static enum exchange_more more_pictures(struct exchange *exchange)
{
	uint64_t now = now_ns();
	uint8_t *data;
	size_t size;

	/* Half a period too soon is in time, on the average. */
	if (exchange->picture &&
	    now - exchange->picture_ns < 0.5e9 / exchange->response.fps)
		return EXCHANGE_IDLE;
	data = live_picture(exchange->daemon->live, &exchange->picture, true,
			    &size);
	if (!data)
		return EXCHANGE_IDLE;
	exchange->picture_ns = now;
	return take(exchange, data, size);
}

static bool first_picture(struct exchange *exchange)
{
	struct http_response *response = &exchange->response;
	bool only = response->stream == HTTP_STREAM_SNAPSHOT;
	uint8_t *data;
	size_t size;

	data = live_picture(exchange->daemon->live, &exchange->picture, !only,
			    &size);
	if (!data)
		return false;
	exchange->picture_ns = now_ns();
	take(exchange, data, size);
	if (only)
		response->stream = HTTP_STREAM_NONE;
	return true;
}

bool exchange_ready(struct exchange *exchange)
{
	struct http_response *response = &exchange->response;
	char why[LIVE_ERROR_LEN];

	if (response->stream < HTTP_STREAM_PREVIEW || exchange->head ||
	    first_picture(exchange))
		return true;
	if (live_error(exchange->daemon->live, why)) {
		http_error(response, 503, "%s", why);
		return true;
	}
	if (now_ns() - exchange->since_ns < PICTURE_NS)
		return false;
	http_error(response, 503, "wanted a picture, found that none came; a job may be between two scans, try again");
	return true;
}

enum exchange_more exchange_more(struct exchange *exchange)
{
	struct http_response *response = &exchange->response;

	if (exchange->out_sent < exchange->out_size)
		return EXCHANGE_DATA;
	if (exchange->head)
		return EXCHANGE_END;
	if (response->stream == HTTP_STREAM_EVENTS)
		return more_events(exchange);
	if (response->stream == HTTP_STREAM_PREVIEW)
		return more_pictures(exchange);
	if (response->has_file)
		return response->length < 0 ? more_pipe(exchange) :
					      more_file(exchange);
	if (!response->body)
		return EXCHANGE_END;
	take(exchange, response->body, response->size);
	response->body = NULL;
	return response->size ? EXCHANGE_DATA : EXCHANGE_END;
}
