// SPDX-License-Identifier: GPL-2.0-or-later
/* Documents of a scan that did not end. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "documents.h"
#include "uuid.h"

/* The images are below it, and a position for each. */
#define DATA "/entry/data/"

/**
 * struct remains - what is being taken over
 * @out: the new documents
 * @uri: of the new file
 * @frames: in it
 * @run: uid of the run, "" before its start
 * @primary: uid of the descriptor of the frames
 * @names: name of each descriptor by its uid
 * @events: number of events by name
 * @told: number of frames told of by the uid of the resource; not of positions
 */
struct remains {
	FILE *out;
	char *uri;
	json_int_t frames;
	char run[UUID_LEN];
	char primary[UUID_LEN];
	json_t *names;
	json_t *events;
	json_t *told;
};

static const char *text_of(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "";
}

static int emit(struct remains *remains, const char *name, json_t *doc)
{
	json_t *line = json_pack("{s:s, s:O}", "name", name, "doc", doc);
	int ret = -1;

	if (line && !json_dumpf(line, remains->out, JSON_COMPACT) &&
	    putc('\n', remains->out) != EOF)
		ret = 0;
	json_decref(line);
	return ret;
}

static void take_descriptor(struct remains *remains, const json_t *doc)
{
	const char *name = text_of(doc, "name");

	json_object_set_new(remains->names, text_of(doc, "uid"),
			    json_string(name));
	json_object_set_new(remains->events, name, json_integer(0));
	if (!strcmp(name, "primary"))
		snprintf(remains->primary, UUID_LEN, "%s",
			 text_of(doc, "uid"));
}

static void take_event(struct remains *remains, const json_t *doc)
{
	const char *name = text_of(remains->names, text_of(doc, "descriptor"));

	json_object_set_new(remains->events, name,
			    json_object_get(doc, "seq_num")
			    ? json_incref(json_object_get(doc, "seq_num"))
			    : json_integer(0));
}

/*
 * Return: false if it is of the positions: whether the new file has them is
 * another question, and tell_positions() answers it.
 */
static bool take_resource(struct remains *remains, json_t *doc)
{
	const char *path = text_of(json_object_get(doc, "parameters"),
				   "dataset");

	if (!strncmp(path, DATA, strlen(DATA)) && strcmp(path, DATA "data"))
		return false;
	json_object_set_new(doc, "uri", json_string(remains->uri));
	json_object_set_new(remains->told, text_of(doc, "uid"),
			    json_integer(0));
	return true;
}

/* Return: true if it tells only of what is in the file. */
static bool take_datum(struct remains *remains, const json_t *doc)
{
	const char *resource = text_of(doc, "stream_resource");
	const json_t *stop = json_object_get(json_object_get(doc, "indices"),
					     "stop");

	if (!json_object_get(remains->told, resource) ||
	    json_integer_value(stop) > remains->frames)
		return false;
	json_object_set_new(remains->told, resource,
			    json_integer(json_integer_value(stop)));
	return true;
}

static int take(struct remains *remains, const char *name, json_t *doc)
{
	if (!strcmp(name, "start")) {
		snprintf(remains->run, UUID_LEN, "%s", text_of(doc, "uid"));
	} else if (!strcmp(name, "descriptor")) {
		take_descriptor(remains, doc);
	} else if (!strcmp(name, "event")) {
		take_event(remains, doc);
	} else if (!strcmp(name, "stream_resource")) {
		if (!take_resource(remains, doc))
			return 0;
	} else if (!strcmp(name, "stream_datum")) {
		if (!take_datum(remains, doc))
			return 0;
	} else {
		return 0;
	}
	return emit(remains, name, doc);
}

/* The last line may have been cut off. */
static int take_lines(struct remains *remains, FILE *in)
{
	size_t size = 0;
	char *line = NULL;
	int ret = 0;

	while (!ret && getline(&line, &size, in) > 0) {
		json_t *document = json_loads(line, 0, NULL);

		if (!document)
			break;
		ret = take(remains, text_of(document, "name"),
			   json_object_get(document, "doc"));
		json_decref(document);
	}
	free(line);
	return ret;
}

static int tell_rest(struct remains *remains, const char *resource,
		     json_int_t from)
{
	const json_int_t to = remains->frames;
	char uid[2 * UUID_LEN + 32];
	json_t *doc;
	int ret;

	if (from >= to)
		return 0;
	snprintf(uid, sizeof(uid), "%s/%lld", resource, (long long)from);
	doc = json_pack("{s:s, s:s, s:s, s:{s:I, s:I}, s:{s:I, s:I}}",
			"uid", uid, "stream_resource", resource,
			"descriptor", remains->primary,
			"indices", "start", from, "stop", to,
			"seq_nums", "start", from + 1, "stop", to + 1);
	ret = emit(remains, "stream_datum", doc);
	json_decref(doc);
	return ret;
}

static int tell_positions(struct remains *remains, const char *axis)
{
	char key[DOCUMENTS_NAME_LEN], path[600], uid[UUID_LEN];
	json_t *doc;
	int ret;

	if (!axis || !remains->frames)
		return 0;
	if (uuid_make(uid))
		return -1;
	documents_name(axis, key);
	snprintf(path, sizeof(path), DATA "%s", axis);
	doc = documents_resource(uid, remains->run, key, remains->uri, path,
				 NULL);
	ret = emit(remains, "stream_resource", doc) ||
	      tell_rest(remains, uid, 0) ? -1 : 0;
	json_decref(doc);
	return ret;
}

static int stop(struct remains *remains)
{
	char uid[UUID_LEN] = "";
	json_t *doc;
	int ret;

	if (uuid_make(uid))
		return -1;
	json_object_set_new(remains->events, "primary",
			    json_integer(remains->frames));
	doc = json_pack("{s:s, s:s, s:f, s:s, s:s, s:O}", "uid", uid,
			"run_start", remains->run,
			"time", (double)time(NULL), "exit_status", "fail",
			"reason", "the scan was killed; its frames were recovered",
			"num_events", remains->events);
	ret = emit(remains, "stop", doc);
	json_decref(doc);
	return ret;
}

static int write_all(struct remains *remains, FILE *in, const char *axis)
{
	const char *resource;
	json_t *told;

	if (take_lines(remains, in))
		return -1;
	/* Not even a start: there is nothing that could be ended. */
	if (!*remains->run)
		return 0;
	json_object_foreach(remains->told, resource, told) {
		if (tell_rest(remains, resource, json_integer_value(told)))
			return -1;
	}
	return tell_positions(remains, axis) ? -1 : stop(remains);
}

static FILE *open_documents(const char *path, int flags)
{
	char name[PATH_MAX];
	FILE *file;
	int fd;

	if (documents_path(path, name, sizeof(name)))
		return NULL;
	fd = open(name, flags | O_CLOEXEC, 0666);
	file = fd < 0 ? NULL : fdopen(fd, flags & O_CREAT ? "w" : "r");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

static int recover(FILE *in, const char *to, uint64_t frames, const char *axis)
{
	struct remains remains = {
		.uri = documents_uri(to),
		.frames = frames,
		.names = json_object(),
		.events = json_object(),
		.told = json_object(),
	};
	char name[PATH_MAX];
	int ret = -1, error;

	remains.out = open_documents(to, O_WRONLY | O_CREAT | O_EXCL);
	if (remains.out && remains.uri)
		ret = write_all(&remains, in, axis);
	if (remains.out && (fflush(remains.out) ||
			    fsync(fileno(remains.out))))
		ret = -1;
	error = errno ? errno : EIO;
	if (remains.out)
		fclose(remains.out);
	if (remains.out && ret && !documents_path(to, name, sizeof(name)))
		unlink(name);
	json_decref(remains.names);
	json_decref(remains.events);
	json_decref(remains.told);
	free(remains.uri);
	errno = error;
	return ret;
}

int documents_recover(const char *from, const char *to, uint64_t frames,
		      const char *axis)
{
	FILE *in = open_documents(from, O_RDONLY);
	int ret, error;

	if (!in)
		return errno == ENOENT ? 0 : -1;
	ret = recover(in, to, frames, axis);
	error = errno;
	fclose(in);
	errno = error;
	return ret;
}
