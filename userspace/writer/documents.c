// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "documents.h"
#include "h5.h"
#include "jsontext.h"
#include "space.h"
#include "uuid.h"

#define SUFFIX ".jsonl"

/* Between two words about frames, and between two events of the axis. */
#define FRAMES_NS UINT64_C(1000000000)
#define AXIS_NS UINT64_C(100000000)

#define NAME_LEN DOCUMENTS_NAME_LEN

/* Kept free for what is told at the end. */
#define ROOM 65536

/* For a camera in whose id there is no letter and no digit. */
#define NAMELESS "camera"

/** struct stream - a descriptor and what was told of it */
struct stream {
	char name[NAME_LEN + 64];
	char uid[UUID_LEN];
	uint64_t events;
};

enum { STREAM_BASELINE, STREAM_WRITTEN, STREAM_CAMERA, STREAM_AXIS, STREAMS };

/**
 * struct field - what is stored with each frame, one dataset
 * @key: "%s" is the camera's or the axis's name
 * @path: "%s" is the axis's name as it is
 * @late: it is there only when the frames have positions
 */
struct field {
	const char *key;
	const char *path;
	const char *dtype;
	const char *numpy;
	const char *units;
	bool late;
};

#define DETECTOR "/entry/instrument/detector/"

/* The image is the first one, a position the last one. */
static const struct field fields[] = {
	{ "%s_image", "/entry/data/data", "array", "|u1", NULL, false },
	{ "%s_sensor_timestamp", DETECTOR "sensor_timestamp", "integer",
	  "<u8", "ns", false },
	{ "%s_sequence_number", DETECTOR "sequence_number", "integer", "<u4",
	  NULL, false },
	{ "%s_frame_status", DETECTOR "frame_status", "integer", "|u1", NULL,
	  false },
	{ "%s_count_time", DETECTOR "count_time", "number", "<f8", "s",
	  false },
	{ "%s_gain", DETECTOR "gain", "number", "<f8", NULL, false },
	{ "%s", "/entry/data/%s", "number", "<f8", NULL, true },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

/**
 * struct documents
 * @space: of @file
 * @error: first errno of writing, 0: all is well
 * @primary: its events are frames
 * @resources: uid of each field's, "": not told yet
 * @told: of each field's frames
 * @frames: all of them so far
 * @last: the newest of them
 * @told_ns: when the last word about frames was written, 0: never
 * @steps: of the axis so far
 * @step_told_ns: time of the last one that was told, 0: none
 */
struct documents {
	const struct writer_config *config;
	const struct layout_epoch *epoch;
	FILE *file;
	struct space space;
	int error;
	char run[UUID_LEN];
	char det[NAME_LEN];
	char axis[NAME_LEN];
	struct stream streams[STREAMS];
	struct stream primary;
	char resources[FIELDS][UUID_LEN];
	uint64_t told[FIELDS];
	uint64_t frames;
	struct writer_frame last;
	uint64_t told_ns;
	size_t steps;
	uint64_t step_told_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* Seconds of Unix time. */
static double unix_time(const struct documents *documents, uint64_t time_ns)
{
	return layout_utc_ns(documents->epoch, time_ns) / 1e9;
}

static void note(struct documents *documents, int error)
{
	if (!documents->error)
		documents->error = error;
}

/* @doc is released. */
static void emit(struct documents *documents, const char *name, json_t *doc)
{
	json_t *line = json_pack("{s:s, s:o}", "name", name, "doc", doc);

	errno = 0;
	if (!line)
		note(documents, ENOMEM);
	else if (json_dumpf(line, documents->file, JSON_COMPACT) ||
		 putc('\n', documents->file) == EOF)
		note(documents, errno ? errno : EIO);
	json_decref(line);
}

/* When frames have filled the disk there is still room to say so. */
static void keep_room(struct documents *documents)
{
	const long at = ftell(documents->file);

	if (at >= 0 && documents->space.end < (uint64_t)at + ROOM / 2)
		space_claim(&documents->space, at + ROOM);
}

static void flush(struct documents *documents)
{
	if (fflush(documents->file))
		note(documents, errno);
	keep_room(documents);
}

/* A name of its own for each document. */
static const char *new_uid(struct documents *documents, char uid[UUID_LEN])
{
	if (uuid_make(uid)) {
		note(documents, errno);
		*uid = '\0';
	}
	return uid;
}

void documents_name(const char *text, char out[DOCUMENTS_NAME_LEN])
{
	size_t length = 0;

	for (; text && *text && length < DOCUMENTS_NAME_LEN - 1; text++) {
		if (isalnum((unsigned char)*text))
			out[length++] = *text;
		else if (length && out[length - 1] != '_')
			out[length++] = '_';
	}
	out[length] = '\0';
	if (!length)
		strcpy(out, NAMELESS);
}

/* event-model has no "." and no "/" in the keys of what it does not know. */
static json_t *clean(const json_t *value)
{
	const char *key;
	json_t *copy, *member;
	size_t n;

	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach(value, n, member)
			json_array_append_new(copy, clean(member));
		return copy;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_object();
	json_object_foreach((json_t *)value, key, member) {
		char *name = strdup(*key ? key : "_");

		for (char *p = name; p && *p; p++) {
			if (*p == '.' || *p == '/')
				*p = '_';
		}
		json_object_set_new(copy, name ? name : "_", clean(member));
		free(name);
	}
	return copy;
}

/* What is asked for may say anything but what the run itself is. */
static void start(struct documents *documents, const json_t *metadata)
{
	json_t *doc = clean(metadata);

	json_object_update_new(doc, json_pack("{s:f, s:s, s:{s:[[[s], s]]}}",
		"time", unix_time(documents, documents->epoch->monotonic_ns),
		"uid", documents->run,
		"hints", "dimensions", documents->axis, "primary"));
	json_object_set_new(doc, "program",
			    json_any_text(documents->config->program));
	emit(documents, "start", doc);
}

static json_t *data_key(const char *dtype, const char *numpy,
			const char *units, const char *source)
{
	return json_pack("{s:s, s:[], s:s, s:s, s:s*}", "dtype", dtype,
			 "shape", "dtype_numpy", numpy, "source", source,
			 "units", units);
}

/* @keys and @objects are released. */
static void descriptor(struct documents *documents, struct stream *stream,
		       json_t *keys, json_t *objects)
{
	json_t *hints = json_object();
	const char *object;
	json_t *names;

	json_object_foreach(objects, object, names)
		json_object_set_new(hints, object,
				    json_pack("{s:O}", "fields", names));
	emit(documents, "descriptor",
	     json_pack("{s:s, s:s, s:f, s:s, s:o, s:o, s:o}",
		       "uid", new_uid(documents, stream->uid),
		       "run_start", documents->run,
		       "time", unix_time(documents, now_ns()),
		       "name", stream->name, "data_keys", keys,
		       "object_keys", objects, "hints", hints));
}

static void field_key(const struct documents *documents,
		      const struct field *field, char key[NAME_LEN + 64])
{
	snprintf(key, NAME_LEN + 64, field->key,
		 field->late ? documents->axis : documents->det);
}

char *documents_uri(const char *path)
{
	static const char plain[] = "/-._~";
	char *whole = realpath(path, NULL);
	const size_t length = strlen(whole ? whole : path);
	char *uri = malloc(3 * length + sizeof("file://localhost"));
	char *out = uri;

	if (uri)
		out += sprintf(out, "file://localhost");
	for (const char *in = whole ? whole : path; uri && *in; in++) {
		if (isalnum((unsigned char)*in) || strchr(plain, *in))
			*out++ = *in;
		else
			out += sprintf(out, "%%%02X", (unsigned char)*in);
	}
	if (uri)
		*out = '\0';
	free(whole);
	return uri;
}

static json_t *frame_shape(const struct writer_config *config)
{
	json_t *shape = json_pack("[i, I, I]", 1, (json_int_t)config->height,
				  (json_int_t)config->width);

	if (config->bytes_per_pixel > 1)
		json_array_append_new(shape,
				      json_integer(config->bytes_per_pixel));
	return shape;
}

static void describe_primary(struct documents *documents)
{
	json_t *keys = json_object(), *of_det = json_array();
	json_t *of_axis = json_array(), *key;
	char *uri = documents_uri(documents->config->path);
	char name[NAME_LEN + 64];

	for (size_t n = 0; n < FIELDS; n++) {
		field_key(documents, &fields[n], name);
		key = data_key(fields[n].dtype, fields[n].numpy,
			       fields[n].late ? documents->config->axis_unit
					      : fields[n].units,
			       uri ? uri : "");
		json_object_set_new(key, "external", json_string("STREAM:"));
		if (!n)
			json_object_set_new(key, "shape",
					    frame_shape(documents->config));
		json_object_set_new(keys, name, key);
		json_array_append_new(fields[n].late ? of_axis : of_det,
				      json_string(name));
	}
	strcpy(documents->primary.name, "primary");
	descriptor(documents, &documents->primary, keys,
		   json_pack("{s:o, s:o}", documents->det, of_det,
			     documents->axis, of_axis));
	free(uri);
}

/* One key of one object: what a monitor has. */
static void describe_monitor(struct documents *documents, int which,
			     const char *object, const char *key, json_t *value)
{
	struct stream *stream = &documents->streams[which];

	snprintf(stream->name, sizeof(stream->name), "%.*s_monitor", NAME_LEN,
		 key);
	descriptor(documents, stream, json_pack("{s:o}", key, value),
		   json_pack("{s:[s]}", object, key));
}

static void counter_key(const struct documents *documents, int which,
			char key[NAME_LEN + 64])
{
	snprintf(key, NAME_LEN + 64, "%s_%s_array_counter", documents->det,
		 which == STREAM_WRITTEN ? "hdf1" : "cam");
}

static void describe_monitors(struct documents *documents)
{
	char key[NAME_LEN + 64];

	for (int which = STREAM_WRITTEN; which <= STREAM_CAMERA; which++) {
		counter_key(documents, which, key);
		describe_monitor(documents, which, documents->det, key,
				 data_key("integer", "<i8", NULL,
					  which == STREAM_WRITTEN
					  ? "oscan:writer" : "oscan:camera"));
	}
	describe_monitor(documents, STREAM_AXIS, documents->axis,
			 documents->axis,
			 data_key("number", "<f8",
				  documents->config->axis_unit,
				  "oscan:steps"));
}

/* @data is released; its values are of @time_ns. */
static void event(struct documents *documents, struct stream *stream,
		  json_t *data, uint64_t time_ns)
{
	json_t *timestamps = json_object();
	char uid[UUID_LEN];
	const char *key;
	json_t *value;

	stream->events++;
	json_object_foreach(data, key, value)
		json_object_set_new(timestamps, key,
				    json_real(unix_time(documents, time_ns)));
	emit(documents, "event",
	     json_pack("{s:s, s:s, s:I, s:f, s:o, s:o}",
		       "uid", new_uid(documents, uid),
		       "descriptor", stream->uid,
		       "seq_num", (json_int_t)stream->events,
		       "time", unix_time(documents, now_ns()),
		       "data", data, "timestamps", timestamps));
}

/* How things stand: before the frames and after them. */
static void baseline(struct documents *documents, uint64_t dropped)
{
	char scale[NAME_LEN + 64], written[NAME_LEN + 64];
	char lost[NAME_LEN + 64];
	const char *axis = documents->axis;

	snprintf(scale, sizeof(scale), "%s_steps_per_unit", axis);
	snprintf(written, sizeof(written), "%s_frames_written",
		 documents->det);
	snprintf(lost, sizeof(lost), "%s_frames_dropped", documents->det);
	if (!documents->streams[STREAM_BASELINE].events) {
		strcpy(documents->streams[STREAM_BASELINE].name, "baseline");
		descriptor(documents, &documents->streams[STREAM_BASELINE],
			   json_pack("{s:o, s:o, s:o}", scale,
				     data_key("number", "<f8", NULL,
					      "oscan:axis"),
				     written,
				     data_key("integer", "<i8", NULL,
					      "oscan:writer"),
				     lost,
				     data_key("integer", "<i8", NULL,
					      "oscan:writer")),
			   json_pack("{s:[s], s:[s, s]}", axis, scale,
				     documents->det, written, lost));
	}
	event(documents, &documents->streams[STREAM_BASELINE],
	      json_pack("{s:f, s:I, s:I}", scale,
			documents->config->steps_per_unit,
			written, (json_int_t)documents->frames,
			lost, (json_int_t)dropped), now_ns());
}

json_t *documents_resource(const char *uid, const char *run, const char *key,
			   const char *uri, const char *path, json_t *chunk)
{
	if (!chunk)
		chunk = json_pack("[i]", H5_GROWING_CHUNK);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:o, s:o, s:b}}",
			 "uid", uid, "run_start", run, "data_key", key,
			 "mimetype", "application/x-hdf5", "uri", uri,
			 "parameters", "dataset", json_any_text(path),
			 "chunk_shape", chunk, "swmr", 1);
}

static void resource(struct documents *documents, size_t n)
{
	const struct field *field = &fields[n];
	char key[NAME_LEN + 64], path[NAME_LEN + 64];
	char *uri = documents_uri(documents->config->path);
	json_t *chunk = n ? NULL : frame_shape(documents->config);

	field_key(documents, field, key);
	snprintf(path, sizeof(path), field->path,
		 documents->config->axis_name);
	emit(documents, "stream_resource",
	     documents_resource(new_uid(documents, documents->resources[n]),
				documents->run, key, uri ? uri : "", path,
				chunk));
	free(uri);
}

static void datum(struct documents *documents, size_t n)
{
	const json_int_t from = documents->told[n], to = documents->frames;
	char uid[UUID_LEN + 32];

	if (from == to)
		return;
	if (!*documents->resources[n])
		resource(documents, n);
	snprintf(uid, sizeof(uid), "%s/%lld", documents->resources[n],
		 (long long)from);
	emit(documents, "stream_datum",
	     json_pack("{s:s, s:s, s:s, s:{s:I, s:I}, s:{s:I, s:I}}",
		       "uid", uid, "stream_resource", documents->resources[n],
		       "descriptor", documents->primary.uid,
		       "indices", "start", from, "stop", to,
		       "seq_nums", "start", from + 1, "stop", to + 1));
	documents->told[n] = to;
}

static void count(struct documents *documents, int which, uint64_t value,
		  uint64_t time_ns)
{
	char key[NAME_LEN + 64];

	counter_key(documents, which, key);
	event(documents, &documents->streams[which],
	      json_pack("{s:I}", key, (json_int_t)value), time_ns);
}

void documents_finish_frames(struct documents *documents)
{
	if (documents->frames == documents->told[0])
		return;
	for (size_t n = 0; n < FIELDS; n++) {
		if (!fields[n].late)
			datum(documents, n);
	}
	count(documents, STREAM_WRITTEN, documents->frames, now_ns());
	count(documents, STREAM_CAMERA, documents->last.sequence,
	      layout_time_ns(documents->epoch, &documents->last));
	flush(documents);
	documents->told_ns = now_ns();
}

void documents_frames(struct documents *documents, uint64_t frames,
		      const struct writer_frame *last)
{
	documents->frames = frames;
	documents->last = *last;
	if (!documents->told_ns || now_ns() - documents->told_ns >= FRAMES_NS)
		documents_finish_frames(documents);
}

void documents_pairing(struct documents *documents)
{
	for (size_t n = 0; n < FIELDS; n++) {
		if (fields[n].late)
			datum(documents, n);
	}
	flush(documents);
}

static void tell_step(struct documents *documents, uint64_t time_ns,
		      int64_t position)
{
	documents->step_told_ns = time_ns;
	event(documents, &documents->streams[STREAM_AXIS],
	      json_pack("{s:f}", documents->axis,
			(double)position / documents->config->steps_per_unit),
	      time_ns);
}

void documents_steps(struct documents *documents,
		     const struct writer_trace *steps)
{
	for (size_t n = 0; n < steps->steps; n++) {
		if (!documents->step_told_ns ||
		    steps->time_ns[n] - documents->step_told_ns >= AXIS_NS)
			tell_step(documents, steps->time_ns[n],
				  steps->position[n]);
	}
	documents->steps += steps->steps;
}

void documents_trace(struct documents *documents,
		     const struct writer_trace *trace)
{
	const size_t before = documents->steps;
	const size_t last = trace->steps - 1;

	if (!trace->steps)
		return;
	documents_steps(documents, &(struct writer_trace){
		trace->steps - before, trace->time_ns + before,
		trace->position + before });
	if (trace->time_ns[last] != documents->step_told_ns)
		tell_step(documents, trace->time_ns[last],
			  trace->position[last]);
	flush(documents);
}

int documents_path(const char *path, char *out, size_t size)
{
	if (snprintf(out, size, "%s" SUFFIX, path) < (int)size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static FILE *create(const char *path)
{
	char name[4096];
	FILE *file;
	int fd;

	if (documents_path(path, name, sizeof(name)))
		return NULL;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

struct documents *documents_open(const struct writer_config *config,
				 const struct layout_epoch *epoch,
				 const char *uid)
{
	json_t *metadata = json_loads(config->metadata ? config->metadata
						       : "{}", 0, NULL);
	struct documents *documents = NULL;

	errno = EINVAL;
	if (json_is_object(metadata))
		documents = calloc(1, sizeof(*documents));
	if (documents)
		documents->file = create(config->path);
	if (!documents || !documents->file) {
		free(documents);
		json_decref(metadata);
		return NULL;
	}
	documents->space.fd = fileno(documents->file);
	documents->config = config;
	documents->epoch = epoch;
	strcpy(documents->run, uid);
	documents_name(config->camera_id, documents->det);
	documents_name(config->axis_name, documents->axis);
	start(documents, metadata);
	describe_primary(documents);
	describe_monitors(documents);
	baseline(documents, 0);
	flush(documents);
	json_decref(metadata);
	return documents;
}

static json_t *event_counts(const struct documents *documents)
{
	json_t *counts = json_pack("{s:I}", documents->primary.name,
				   (json_int_t)documents->frames);

	for (int n = 0; n < STREAMS; n++)
		json_object_set_new(counts, documents->streams[n].name,
			json_integer(documents->streams[n].events));
	return counts;
}

int documents_close(struct documents *documents, const char *exit_status,
		    const char *reason, uint64_t dropped)
{
	char uid[UUID_LEN];
	int error;

	documents_finish_frames(documents);
	baseline(documents, dropped);
	emit(documents, "stop",
	     json_pack("{s:s, s:s, s:f, s:s, s:o, s:o}",
		       "uid", new_uid(documents, uid),
		       "run_start", documents->run,
		       "time", unix_time(documents, now_ns()),
		       "exit_status", exit_status,
		       "reason", json_any_text(reason),
		       "num_events", event_counts(documents)));
	flush(documents);
	space_return(&documents->space);
	if (fsync(fileno(documents->file)))
		note(documents, errno);
	if (fclose(documents->file))
		note(documents, errno);
	error = documents->error;
	free(documents);
	errno = error;
	return error ? -1 : 0;
}
