// SPDX-License-Identifier: GPL-2.0-or-later
/* What those need who answer requests. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "http.h"
#include "words.h"

#define SENTENCE_LEN 2048
#define FIELDS_MAX 8

void http_response_end(struct http_response *response)
{
	free(response->body);
	if (response->has_file)
		close(response->file);
	*response = (struct http_response){ 0 };
}

void http_json(struct http_response *response, unsigned int status,
	       json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT |
				JSON_REAL_PRECISION(15));

	json_decref(value);
	if (!text) {
		http_error(response, 500, "wanted memory for the answer, found none; end other programs");
		return;
	}
	response->status = status;
	response->type = "application/json";
	response->body = text;
	response->size = strlen(text);
}

void http_error(struct http_response *response, unsigned int status,
		const char *format, ...)
{
	char sentence[SENTENCE_LEN];
	json_t *value;
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	http_response_end(response);
	value = json_string(sentence);
	/* What a client has sent may have been cut within a character. */
	for (char *at = sentence; !value && *at; at++)
		if (*at & 0x80)
			*at = '?';
	if (!value)
		value = json_string(sentence);
	value = json_pack("{s:o}", "error", value);
	response->status = status;
	response->type = "application/json";
	response->body = json_dumps(value, JSON_COMPACT);
	response->size = response->body ? strlen(response->body) : 0;
	json_decref(value);
}

void http_errno(struct http_response *response, int error,
		const char *sentence)
{
	unsigned int status = 500;

	if (error == EINVAL)
		status = 400;
	else if (error == ENOENT)
		status = 404;
	else if (error == EBUSY)
		status = 409;
	else if (error == ENODEV)
		status = 503;
	else if (error == ENOSPC || error == EDQUOT)
		status = 507;
	http_error(response, status, "%s", sentence);
}

void http_give(struct http_response *response, unsigned int status,
	       json_t *value, const char *sentence)
{
	if (value)
		http_json(response, status, value);
	else
		http_errno(response, errno, sentence);
}

const char *http_query(const struct http_request *request, const char *name)
{
	for (unsigned int i = 0; i < request->queries; i++)
		if (!strcmp(request->query[i].name, name))
			return request->query[i].value;
	return NULL;
}

static const char *type_name(json_type type)
{
	switch (type) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_NULL:
		return "null";
	default:
		return "true or false";
	}
}

static bool is_type(const json_t *value, json_type type)
{
	if (type == JSON_REAL)
		return json_is_number(value) &&
		       isfinite(json_number_value(value));
	return json_typeof(value) == type;
}

static int unknown_key(struct http_response *response, const char *key,
		       const struct http_field *fields, size_t count)
{
	const char *names[FIELDS_MAX], *close;

	for (size_t i = 0; i < count; i++)
		names[i] = fields[i].name;
	close = closest(key, names, count);
	if (close)
		http_error(response, 400,
			   "no key \"%.80s\"; did you mean \"%s\"?", key,
			   close);
	else
		http_error(response, 400, "no key \"%.80s\"", key);
	return -1;
}

static int take_field(struct http_response *response, const char *key,
		      json_t *value, struct http_field *fields, size_t count)
{
	size_t i = 0;

	while (i < count && strcmp(fields[i].name, key))
		i++;
	if (i == count)
		return unknown_key(response, key, fields, count);
	if (!is_type(value, fields[i].type)) {
		http_error(response, 400, "\"%s\": wanted %s, found %s", key,
			   type_name(fields[i].type),
			   type_name(json_typeof(value)));
		return -1;
	}
	fields[i].value = value;
	return 0;
}

int http_fields(const struct http_request *request,
		struct http_response *response, struct http_field *fields,
		size_t count)
{
	const char *key;
	json_t *value;

	json_object_foreach(request->body, key, value)
		if (take_field(response, key, value, fields, count))
			return -1;
	for (size_t i = 0; i < count; i++) {
		if (!fields[i].needed || fields[i].value)
			continue;
		http_error(response, 400, "\"%s\": wanted %s, found none",
			   fields[i].name, type_name(fields[i].type));
		return -1;
	}
	return 0;
}
