// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of a fly scan, from the command line and from a job file. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flyscan-settings.h"
#include "words.h"

enum setting_type {
	SETTING_NUMBER = 1,	/* double */
	SETTING_COUNT = 2,	/* uint32_t, above zero */
	SETTING_TEXT = 3,	/* const char * */
	SETTING_FLAG = 4,	/* bool */
	SETTING_SIZE = 5,	/* "640x480" */
	SETTING_MD = 6,		/* key=value, an object in a job file */
	SETTING_CHOICE = 7,	/* one of some texts */
	SETTING_NS = 8,		/* number of nanoseconds */
};

/* More than any camera needs. */
#define NS_MOST 1e10
/* Longest text, bytes; a path may have so many. */
#define TEXT_MOST 4095

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;
};

#define AT(field) offsetof(struct flyscan_request, field)

static const struct setting list[] = {
	{ "axis", SETTING_TEXT, AT(axis) },
	{ "camera", SETTING_TEXT, AT(camera_id) },
	{ "p-start", SETTING_NUMBER, AT(start) },
	{ "p-end", SETTING_NUMBER, AT(end) },
	{ "exposures-per-egu", SETTING_NUMBER, AT(per_unit) },
	{ "t-period", SETTING_NUMBER, AT(period_s) },
	{ "t-acquire", SETTING_NUMBER, AT(exposure_s) },
	{ "taxi-allowance", SETTING_NUMBER, AT(taxi_allowance) },
	{ "accel", SETTING_NUMBER, AT(accel) },
	{ "passes", SETTING_COUNT, AT(passes) },
	{ "mark", SETTING_CHOICE, AT(mark) },
	{ "readout", SETTING_NS, AT(readout_ns) },
	{ "latency", SETTING_NS, AT(latency_ns) },
	{ "trigger-mode", SETTING_CHOICE, AT(trigger) },
	{ "trigger-line", SETTING_TEXT, AT(trigger_line) },
	{ "trigger-latency", SETTING_NS, AT(trigger_latency_ns) },
	{ "capture-line", SETTING_TEXT, AT(capture_line) },
	{ "capture-edges", SETTING_CHOICE, AT(capture_both) },
	{ "size", SETTING_SIZE, 0 },
	{ "file-name", SETTING_TEXT, AT(name) },
	{ "compression", SETTING_CHOICE, AT(compression) },
	{ "file-path", SETTING_TEXT, AT(directory) },
	{ "consumer-tick", SETTING_NUMBER, AT(tick_s) },
	{ "force-nonblocking", SETTING_FLAG, AT(nonblocking) },
	{ "strict", SETTING_FLAG, AT(strict) },
	{ "md", SETTING_MD, 0 },
};

#define COUNT (sizeof(list) / sizeof(list[0]))

static int __attribute__((format(printf, 2, 3)))
refuse(struct settings *settings, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(settings->error, sizeof(settings->error), format, list);
	va_end(list);
	errno = EINVAL;
	return -1;
}

void settings_begin(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->request = (struct flyscan_request){
		.start = 0,
		.end = 5,
		.per_unit = 2,
		.period_s = 0.1,
		.taxi_allowance = 0.5,
		.passes = 1,
		.directory = "/tmp/flyscan",
		.name = "flyscan",
		.md = settings->md,
	};
}

void settings_end(struct settings *settings)
{
	for (size_t i = 0; i < settings->key_count; i++)
		free(settings->keys[i]);
	settings->key_count = 0;
	json_decref(settings->job);
	settings->job = NULL;
}

static void *field(struct settings *settings, const struct setting *setting)
{
	return (char *)&settings->request + setting->offset;
}

/* strtod(3) takes hexadecimal too, which nobody means here. */
static bool is_number(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && !*end && !strpbrk(text, "xX") &&
	       isfinite(*value);
}

static bool is_size(const char *text, uint32_t *width, uint32_t *height)
{
	char end;

	return strspn(text, "0123456789x") == strlen(text) &&
	       sscanf(text, "%5" SCNu32 "x%5" SCNu32 "%c", width, height,
		      &end) == 2 && *width && *height;
}

/* Zero stands for "not given" in these. */
static bool is_above_zero(const struct setting *setting)
{
	return setting->offset == AT(exposure_s) ||
	       setting->offset == AT(accel) || setting->offset == AT(tick_s);
}

static bool set_number(struct settings *settings,
		       const struct setting *setting, double value)
{
	if (is_above_zero(setting) && value <= 0)
		return false;
	*(double *)field(settings, setting) = value;
	return true;
}

static bool set_count(struct settings *settings, const struct setting *setting,
		      double value)
{
	if (value < 1 || value > UINT32_MAX || value != floor(value))
		return false;
	*(uint32_t *)field(settings, setting) = value;
	return true;
}

static const char *choices(const struct setting *setting)
{
	if (setting->offset == AT(mark))
		return "exposure_start, readout_start or frame_end";
	if (setting->offset == AT(trigger))
		return "free, compare, strobe or both";
	if (setting->offset == AT(capture_both))
		return "rising or both";
	return "none, deflate, shuffle-deflate, lz4 or bitshuffle-lz4";
}

static bool set_choice(struct settings *settings,
		       const struct setting *setting, const char *text)
{
	struct flyscan_request *request = &settings->request;
	int kind;

	if (setting->offset == AT(mark)) {
		kind = camera_mark(text);
		if (kind > 0)
			request->mark = kind;
		return kind > 0;
	}
	if (setting->offset == AT(trigger)) {
		kind = flyscan_trigger(text);
		if (kind >= 0)
			request->trigger = (enum flyscan_trigger)kind;
		return kind >= 0;
	}
	if (setting->offset == AT(capture_both)) {
		request->capture_both = !strcmp(text, "both");
		return request->capture_both || !strcmp(text, "rising");
	}
	kind = writer_compression(text);
	if (kind >= 0)
		request->compression = (enum writer_compression)kind;
	return kind >= 0;
}

static double least_ns(const struct setting *setting)
{
	return setting->offset == AT(latency_ns) ? -NS_MOST : 0;
}

static double most_ns(const struct setting *setting)
{
	return setting->offset == AT(trigger_latency_ns) ?
	       FLYSCAN_TRIGGER_LATENCY_MAX_NS : NS_MOST;
}

static bool set_ns(struct settings *settings, const struct setting *setting,
		   double value)
{
	struct flyscan_request *request = &settings->request;

	if (value < least_ns(setting) || value > most_ns(setting))
		return false;
	if (setting->offset != AT(latency_ns)) {
		*(uint64_t *)field(settings, setting) = llrint(value);
		return true;
	}
	request->latency_ns = llrint(value);
	request->latency_given = true;
	return true;
}

/* One key twice: the later one counts. */
static struct flyscan_md *md_place(struct settings *settings, const char *key)
{
	struct flyscan_md *md = settings->md;
	size_t count = settings->request.md_count;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(md[i].key, key))
			return &md[i];
	if (count == SETTINGS_MD_MAX)
		return NULL;
	settings->request.md_count++;
	return &md[count];
}

static int add_md(struct settings *settings, const char *where,
		  const char *key, const char *text, double number)
{
	struct flyscan_md *md;

	if (!flyscan_md_key(key))
		return refuse(settings, "%s: wanted a letter, then letters, digits, \"_\", \"-\" or \".\", and no name of the scan's own groups, found the key \"%.80s\"",
			      where, key);
	md = md_place(settings, key);
	if (!md)
		return refuse(settings, "%s: wanted no more than %d keys, found \"%.80s\" as one more",
			      where, SETTINGS_MD_MAX, key);
	*md = (struct flyscan_md){ .key = key, .text = text,
				   .number = number };
	return 0;
}

/* "key=value": a number where the value is one. */
static int option_md(struct settings *settings, const char *value)
{
	const char *equals = strchr(value, '=');
	double number = 0;
	char *key;

	if (!equals)
		return refuse(settings, "--md: wanted KEY=VALUE, found \"%s\"",
			      value);
	if (settings->key_count == SETTINGS_MD_MAX)
		return refuse(settings, "--md: wanted it no more than %d times, found \"%s\" as one more",
			      SETTINGS_MD_MAX, value);
	key = strndup(value, equals - value);
	if (!key) {
		refuse(settings, "wanted memory, found none; end other programs");
		errno = ENOMEM;
		return -1;
	}
	settings->keys[settings->key_count++] = key;
	value = is_number(equals + 1, &number) ? NULL : equals + 1;
	return add_md(settings, "--md", key, value, number);
}

static int option(struct settings *settings, const struct setting *setting,
		  const char *value)
{
	struct flyscan_request *request = &settings->request;
	double number;

	switch (setting->type) {
	case SETTING_NUMBER:
		if (!is_number(value, &number))
			return refuse(settings, "--%s: wanted a number without a unit, found \"%s\"",
				      setting->name, value);
		if (!set_number(settings, setting, number))
			return refuse(settings, "--%s: wanted more than zero, found \"%s\"",
				      setting->name, value);
		return 0;
	case SETTING_COUNT:
		if (!is_number(value, &number) ||
		    !set_count(settings, setting, number))
			return refuse(settings, "--%s: wanted a whole number above zero, found \"%s\"",
				      setting->name, value);
		return 0;
	case SETTING_SIZE:
		if (!is_size(value, &request->width, &request->height))
			return refuse(settings, "--%s: wanted pixels as in 640x480, found \"%s\"",
				      setting->name, value);
		return 0;
	case SETTING_TEXT:
		if (strlen(value) > TEXT_MOST)
			return refuse(settings, "--%s: wanted at most %d bytes, found %zu",
				      setting->name, TEXT_MOST, strlen(value));
		*(const char **)field(settings, setting) = value;
		return 0;
	case SETTING_FLAG:
		*(bool *)field(settings, setting) = true;
		return 0;
	case SETTING_CHOICE:
		if (!set_choice(settings, setting, value))
			return refuse(settings, "--%s: wanted %s, found \"%s\"",
				      setting->name, choices(setting),
				      value);
		return 0;
	case SETTING_NS:
		if (!is_number(value, &number))
			return refuse(settings, "--%s: wanted a number without a unit, found \"%s\"",
				      setting->name, value);
		if (!set_ns(settings, setting, number))
			return refuse(settings, "--%s: wanted nanoseconds from %.0f to %.0f, found \"%s\"",
				      setting->name, least_ns(setting),
				      most_ns(setting), value);
		return 0;
	default:
		return option_md(settings, value);
	}
}

int settings_option(struct settings *settings, const char *name,
		    const char *value)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(list[i].name, name))
			return option(settings, &list[i], value);
	return refuse(settings, "no setting \"%s\"", name);
}

/* Is @key the option's name, with "_" for "-"? */
static bool is_key(const char *name, const char *key)
{
	for (; *name && *key; name++, key++)
		if (*key != (*name == '-' ? '_' : *name))
			return false;
	return !*name && !*key;
}

static int wrong_type(struct settings *settings, const char *path,
		      const char *key, const char *wanted,
		      const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",
		[JSON_STRING] = "a text", [JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false", [JSON_NULL] = "null",
	};

	return refuse(settings, "%.200s: \"%.80s\": wanted %s, found %s",
		      path, key, wanted, names[json_typeof(value)]);
}

static int job_md(struct settings *settings, const char *path, json_t *value)
{
	char where[300];
	const char *key;
	json_t *entry;
	int status;

	if (!json_is_object(value))
		return wrong_type(settings, path, "md", "an object", value);
	snprintf(where, sizeof(where), "%.200s: \"md\"", path);
	json_object_foreach(value, key, entry) {
		if (!json_is_number(entry) && !json_is_string(entry))
			return wrong_type(settings, path, key, "a number or a text",
					  entry);
		status = add_md(settings, where, key,
				json_string_value(entry),
				json_number_value(entry));
		if (status)
			return status;
	}
	return 0;
}

static int job_value(struct settings *settings, const char *path,
		     const char *key, const struct setting *setting,
		     json_t *value)
{
	struct flyscan_request *request = &settings->request;

	switch (setting->type) {
	case SETTING_NUMBER:
		if (!json_is_number(value))
			return wrong_type(settings, path, key, "a number", value);
		if (!set_number(settings, setting, json_number_value(value)))
			return refuse(settings, "%.200s: \"%s\": wanted more than zero, found %g",
				      path, key,
				      json_number_value(value));
		return 0;
	case SETTING_COUNT:
		if (!json_is_integer(value))
			return wrong_type(settings, path, key, "a whole number", value);
		if (!set_count(settings, setting, json_integer_value(value)))
			return refuse(settings, "%.200s: \"%s\": wanted a whole number above zero, found %lld",
				      path, key,
				      (long long)json_integer_value(value));
		return 0;
	case SETTING_TEXT:
		if (!json_is_string(value))
			return wrong_type(settings, path, key, "a text", value);
		*(const char **)field(settings, setting) =
			json_string_value(value);
		return 0;
	case SETTING_FLAG:
		if (!json_is_boolean(value))
			return wrong_type(settings, path, key, "true or false", value);
		*(bool *)field(settings, setting) = json_is_true(value);
		return 0;
	case SETTING_CHOICE:
		if (!json_is_string(value))
			return wrong_type(settings, path, key, "a text", value);
		if (!set_choice(settings, setting, json_string_value(value)))
			return refuse(settings, "%.200s: \"%s\": wanted %s, found \"%.80s\"",
				      path, key, choices(setting),
				      json_string_value(value));
		return 0;
	case SETTING_NS:
		if (!json_is_number(value))
			return wrong_type(settings, path, key, "a number", value);
		if (!set_ns(settings, setting, json_number_value(value)))
			return refuse(settings, "%.200s: \"%s\": wanted nanoseconds from %.0f to %.0f, found %g",
				      path, key, least_ns(setting),
				      most_ns(setting),
				      json_number_value(value));
		return 0;
	case SETTING_SIZE:
		if (!json_is_string(value))
			return wrong_type(settings, path, key, "a text", value);
		if (!is_size(json_string_value(value), &request->width,
			     &request->height))
			return refuse(settings, "%.200s: \"%s\": wanted pixels as in 640x480, found \"%.80s\"",
				      path, key,
				      json_string_value(value));
		return 0;
	default:
		return job_md(settings, path, value);
	}
}

static int unknown_key(struct settings *settings, const char *path,
		       const char *key)
{
	char names[COUNT][32];
	const char *words[COUNT], *close;

	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "%s", list[i].name);
		for (char *at = names[i]; *at; at++)
			if (*at == '-')
				*at = '_';
		words[i] = names[i];
	}
	close = closest(key, words, COUNT);
	if (close)
		return refuse(settings, "%.200s: no key \"%.80s\"; did you mean \"%s\"?",
			      path, key, close);
	return refuse(settings, "%.200s: no key \"%.80s\"", path, key);
}

static int job_key(struct settings *settings, const char *path,
		   const char *key, json_t *value)
{
	for (size_t i = 0; i < COUNT; i++)
		if (is_key(list[i].name, key))
			return job_value(settings, path, key, &list[i], value);
	return unknown_key(settings, path, key);
}

int settings_take(struct settings *settings, json_t *job, const char *where)
{
	const char *key;
	json_t *value;

	json_decref(settings->job);
	settings->job = json_incref(job);
	if (!json_is_object(job))
		return refuse(settings,
			      "%.200s: wanted one object { ... }, found something else",
			      where);
	json_object_foreach(job, key, value)
		if (job_key(settings, where, key, value))
			return -1;
	return 0;
}

int settings_load(struct settings *settings, const char *path)
{
	json_error_t error;
	int result, open_error;
	json_t *job;

	job = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!job && json_error_code(&error) == json_error_cannot_open_file) {
		open_error = errno;
		refuse(settings,
		       "wanted the job file %.200s, found: %s; give another one",
		       path, strerror(open_error));
		errno = open_error;
		return -1;
	}
	if (!job)
		return refuse(settings,
			      "%.200s: wanted JSON, found in line %d: %s",
			      path, error.line, error.text);
	result = settings_take(settings, job, path);
	json_decref(job);
	return result;
}
