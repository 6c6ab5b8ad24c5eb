// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to oscand over its Unix socket or TCP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "job-client.h"
#include "oscanctl.h"

#define MOST_BYTES (16u << 20)
#define CONNECT_S 10L
#define ANSWER_S 60L
/* The daemon says something every 15 s. */
#define SILENCE_S 60L
#define TOKEN_LEN 512

struct text {
	char *bytes;
	size_t length;
};

static int read_token(const char *path, char **token)
{
	FILE *file = fopen(path, "re");
	char line[TOKEN_LEN];
	bool there;

	if (!file)
		return fail("wanted the token in %s, found: %s; name the file that oscand was given",
			    path, strerror(errno));
	there = fgets(line, sizeof(line), file);
	fclose(file);
	line[there ? strcspn(line, "\r\n") : 0] = '\0';
	if (!*line || strlen(line) == sizeof(line) - 1)
		return fail("wanted the token as the first line of %s, found none that can be one; name the file that oscand was given",
			    path);
	*token = strdup(line);
	return *token ? 0 : fail("out of memory");
}

int job_client_open(struct job_client *client, const char *socket,
		    const char *url, const char *token_file)
{
	int status;

	memset(client, 0, sizeof(*client));
	if (!socket)
		socket = getenv("OSCAN_SOCKET");
	client->socket = socket && *socket ? socket : JOB_SOCKET;
	client->url = url;
	status = token_file ? read_token(token_file, &client->token) : 0;
	if (status)
		return status;
	client->curl = curl_easy_init();
	if (client->curl)
		return 0;
	job_client_close(client);
	return fail("out of memory");
}

void job_client_close(struct job_client *client)
{
	curl_easy_cleanup(client->curl);
	free(client->token);
}

int job_client_unreachable(const struct job_client *client, const char *why)
{
	if (client->url)
		return fail("wanted oscand at %s, found: %s; see that it listens there (oscand --listen)",
			    client->url, why);
	return fail("wanted oscand at %s, found: %s; start it with \"systemctl start oscand\", or give its socket with --socket",
		    client->socket, why);
}

static const char *reason(const struct job_client *client, CURLcode result)
{
	long error = 0;

	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &error);
	if (result == CURLE_COULDNT_CONNECT && error == EACCES)
		return "this user may not connect to it";
	return error && result == CURLE_COULDNT_CONNECT ?
	       strerror(error) : curl_easy_strerror(result);
}

/* What every request has in common. */
static struct curl_slist *prepare(struct job_client *client, const char *path)
{
	CURL *curl = client->curl;
	const char *base = client->url ? client->url : "http://localhost";
	int length = strlen(base);
	struct curl_slist *headers;
	char line[TOKEN_LEN + 32];
	char *url;

	curl_easy_reset(curl);
	while (length && base[length - 1] == '/')
		length--;
	if (asprintf(&url, "%.*s%s", length, base, path) < 0)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	free(url);
	if (!client->url) {
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
				 client->socket);
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	}
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "oscanctl/" OSCAN_VERSION);
	/* The body is small: no asking first. */
	headers = curl_slist_append(NULL, "Expect:");
	if (headers && client->token) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s",
			 client->token);
		curl_slist_append(headers, line);
	}
	return headers;
}

static size_t keep(char *bytes, size_t size, size_t count, void *data)
{
	struct text *text = data;
	char *longer;

	if (text->length + count > MOST_BYTES)
		return 0;
	longer = realloc(text->bytes, text->length + count + 1);
	if (!longer)
		return 0;
	memcpy(longer + text->length, bytes, count);
	text->bytes = longer;
	text->length += count;
	longer[text->length] = '\0';
	return count;
}

static int is_no_answer(const struct job_client *client)
{
	return fail("wanted an answer of oscand at %s, found something else; give the address of oscand",
		    client->url ? client->url : client->socket);
}

/* The daemon refuses with one sentence. */
static int refused(const struct job_client *client, json_t *value)
{
	const char *sentence = json_string_value(json_object_get(value,
								 "error"));

	return sentence ? fail("%s", sentence) : is_no_answer(client);
}

static int judge(struct job_client *client, const struct text *text,
		 json_t **answer)
{
	json_t *value = json_loadb(text->bytes ? text->bytes : "",
				   text->length, 0, NULL);
	long code = 0;
	int status = 0;

	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code < 200 || code > 299)
		status = refused(client, value);
	else if (text->length && !json_is_object(value))
		status = is_no_answer(client);
	if (status || !answer)
		json_decref(value);
	else
		*answer = value;
	return status;
}

static int perform(struct job_client *client, struct curl_slist *headers,
		   const char *body, json_t **answer)
{
	struct text text = { 0 };
	CURL *curl = client->curl;
	CURLcode result;
	int status;

	if (body) {
		headers = curl_slist_append(headers,
					    "Content-Type: application/json");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_S);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
	result = curl_easy_perform(curl);
	if (!result)
		status = judge(client, &text, answer);
	else
		status = job_client_unreachable(client,
						reason(client, result));
	curl_slist_free_all(headers);
	free(text.bytes);
	return status;
}

int job_client_call(struct job_client *client, const char *method,
		    const char *path, json_t *body, json_t **answer)
{
	struct curl_slist *headers = prepare(client, path);
	char *text = NULL;
	int status;

	if (answer)
		*answer = NULL;
	if (body)
		text = json_dumps(body, JSON_COMPACT |
				  JSON_REAL_PRECISION(17));
	if (!headers || (body && !text)) {
		curl_slist_free_all(headers);
		status = fail("out of memory");
	} else {
		curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
		/* A POST has a length, also without a body. */
		status = perform(client, headers, text ? text :
				 strcmp(method, "POST") ? NULL : "", answer);
	}
	free(text);
	json_decref(body);
	return status;
}

/* ---- server-sent events ---- */

/**
 * struct stream - what is being received
 * @line: the line that is not complete yet
 * @name: of the event that is not complete yet
 * @value: its data
 * @enough: a call returned false
 * @refusal: body of an answer that is no stream
 */
struct stream {
	struct job_client *client;
	const struct job_events *events;
	struct text line;
	char name[32];
	json_t *value;
	bool begun;
	bool enough;
	struct text refusal;
};

static void take_line(struct stream *stream)
{
	const struct job_events *events = stream->events;
	char *line = stream->line.bytes;

	line[strcspn(line, "\r")] = '\0';
	if (!strncmp(line, "event: ", 7)) {
		snprintf(stream->name, sizeof(stream->name), "%s", line + 7);
	} else if (!strncmp(line, "data: ", 6)) {
		json_decref(stream->value);
		stream->value = json_loads(line + 6, 0, NULL);
	} else if (!*line) {
		if (stream->value)
			stream->enough = !events->event(stream->name,
							stream->value,
							events->data);
		json_decref(stream->value);
		stream->value = NULL;
		*stream->name = '\0';
	}
	stream->line.length = 0;
}

static bool is_stream(struct stream *stream)
{
	long code = 0;

	curl_easy_getinfo(stream->client->curl, CURLINFO_RESPONSE_CODE, &code);
	return code == 200;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
	struct stream *stream = data;

	if (!is_stream(stream))
		return keep(bytes, size, count, &stream->refusal);
	for (size_t i = 0; i < count && !stream->enough; i++) {
		if (bytes[i] != '\n' &&
		    !keep(&bytes[i], 1, 1, &stream->line))
			return 0;
		if (bytes[i] == '\n' && stream->line.bytes) {
			stream->line.bytes[stream->line.length] = '\0';
			take_line(stream);
		}
	}
	return stream->enough ? 0 : count;
}

/* About once a second, and whenever something came. */
static int look(void *data, curl_off_t total, curl_off_t now,
		curl_off_t up_total, curl_off_t up_now)
{
	struct stream *stream = data;
	const struct job_events *events = stream->events;

	if (!stream->begun && !stream->enough && is_stream(stream)) {
		stream->begun = true;
		stream->enough = !events->begun(events->data);
	}
	return cancelled || stream->enough;
}

static void set_up_stream(CURL *curl, struct stream *stream,
			  struct curl_slist *headers)
{
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, stream);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, stream);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
}

static enum job_stream how_it_ended(struct stream *stream, CURLcode result)
{
	json_t *value;

	if (cancelled)
		return JOB_STREAM_CANCELLED;
	if (stream->enough)
		return JOB_STREAM_ENOUGH;
	if (result || is_stream(stream))
		return JOB_STREAM_BROKEN;
	value = json_loadb(stream->refusal.bytes ? stream->refusal.bytes : "",
			   stream->refusal.length, 0, NULL);
	refused(stream->client, value);
	json_decref(value);
	return JOB_STREAM_REFUSED;
}

enum job_stream job_client_listen(struct job_client *client,
				  const struct job_events *events)
{
	struct stream stream = { .client = client, .events = events };
	struct curl_slist *headers = prepare(client, "/v1/events");
	enum job_stream end;

	if (!headers) {
		fail("out of memory");
		return JOB_STREAM_REFUSED;
	}
	set_up_stream(client->curl, &stream, headers);
	end = how_it_ended(&stream, curl_easy_perform(client->curl));
	curl_slist_free_all(headers);
	json_decref(stream.value);
	free(stream.line.bytes);
	free(stream.refusal.bytes);
	return end;
}
