/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests and answers, as those see them who answer.
 *
 * server.c reads a request, finds its route in routes.c, has its handler run
 * by one of a few threads, and sends the answer. A handler may wait for the
 * disk and for locks; the server itself waits for nothing.
 */
#ifndef OSCAND_HTTP_H
#define OSCAND_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* Longest path and query value, with their NULs; parts of a path; queries. */
#define HTTP_PATH_LEN 1024
#define HTTP_VALUE_LEN 256
#define HTTP_PARTS_MAX 8
#define HTTP_QUERIES_MAX 8

/* Greatest body of a request, bytes. */
#define HTTP_BODY_MAX (1u << 20)

struct daemon;

enum http_method {
	HTTP_GET = 1 << 0,	/* of HEAD, too: the server leaves the body out */
	HTTP_POST = 1 << 1,
	HTTP_PUT = 1 << 2,
	HTTP_DELETE = 1 << 3,
};

/**
 * struct http_query - one parameter of the query
 * @name: before the "="
 * @value: behind it
 */
struct http_query {
	char name[32];
	char value[HTTP_VALUE_LEN];
};

/**
 * struct http_request - a request
 * @method: enum http_method
 * @parameter: what stands for each {name} of the route, in its order
 * @query: shape [@queries]
 * @queries: number of them
 * @body: object; NULL: none was sent
 * @last_event: of the header Last-Event-ID, "" none
 * @path: memory of @parameter
 */
struct http_request {
	enum http_method method;
	const char *parameter[HTTP_PARTS_MAX];
	struct http_query query[HTTP_QUERIES_MAX];
	unsigned int queries;
	json_t *body;
	char last_event[32];
	char path[HTTP_PATH_LEN];
};

/** enum http_stream - what goes on after the answer has begun */
enum http_stream {
	HTTP_STREAM_NONE = 0,
	HTTP_STREAM_EVENTS = 1,		/* from http_response.last_event on */
	HTTP_STREAM_PREVIEW = 2,	/* pictures, http_response.fps at most */
	HTTP_STREAM_SNAPSHOT = 3,	/* one picture */
};

/**
 * struct http_response - an answer; begins as zeros
 * @status: 200
 * @type: of the body; static text
 * @body: to be freed with free(3), NULL: none
 * @size: of it
 * @file: descriptor that the body is read from, if @has_file; closed by the
 *	server
 * @has_file: see above
 * @length: of the file's body; negative: until its end
 * @header: one more header's name; static text with ":"
 * @value: its value
 * @stream: enum http_stream
 * @last_event: id of the event seen last
 * @fps: pictures per second
 */
struct http_response {
	unsigned int status;
	const char *type;
	char *body;
	size_t size;
	int file;
	bool has_file;
	int64_t length;
	const char *header;
	char value[HTTP_PATH_LEN];
	enum http_stream stream;
	uint64_t last_event;
	double fps;
};

/** http_handler - answer a request */
typedef void http_handler(struct daemon *daemon,
			  const struct http_request *request,
			  struct http_response *response);

/**
 * struct http_route - a path and a method
 * @method: enum http_method
 * @path: "/v1/jobs/{id}"
 * @handler: answers
 * @wants: queries that are known, separated by " "; NULL: none
 * @disk: @handler waits for the disk of the projects, which may hang
 */
struct http_route {
	enum http_method method;
	const char *path;
	http_handler *handler;
	const char *wants;
	bool disk;
};

/**
 * route_find - the route of a request
 * @request: its method and path; parameters are filled in, its path is cut up
 * @methods: out: enum http_method of all routes with that path; 0: none
 *
 * Return: NULL: there is none.
 */
const struct http_route *route_find(struct http_request *request,
				    unsigned int *methods);

/** http_json - answer with a value, which is stolen; NULL: no memory */
void http_json(struct http_response *response, unsigned int status,
	       json_t *value);

/** http_error - answer with a sentence; what was there is freed */
void http_error(struct http_response *response, unsigned int status,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/** http_errno - http_error() with the status that belongs to an errno */
void http_errno(struct http_response *response, int error,
		const char *sentence);

/** http_give - http_json(), or, where @value is NULL, http_errno() of errno */
void http_give(struct http_response *response, unsigned int status,
	       json_t *value, const char *sentence);

/** http_query - value of a query, NULL: not given */
const char *http_query(const struct http_request *request, const char *name);

/**
 * struct http_field - a key of a body
 * @name: of it
 * @type: JSON_STRING, JSON_OBJECT, JSON_REAL: any number
 * @needed: it must be there
 * @value: out: NULL: it is not there
 */
struct http_field {
	const char *name;
	json_type type;
	bool needed;
	json_t *value;
};

/**
 * http_fields - take a body to pieces
 * @fields: shape [@count]
 *
 * Return: 0, or -1 after http_error(): a key that is not known, of the wrong
 * type, or missing; a number that is not finite.
 */
int http_fields(const struct http_request *request,
		struct http_response *response, struct http_field *fields,
		size_t count);

/** http_response_end - free what an answer holds */
void http_response_end(struct http_response *response);

#endif /* OSCAND_HTTP_H */
