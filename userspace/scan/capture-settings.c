// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of a capture scan, from wherever they come. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture-settings.h"
#include "photo.h"
#include "project.h"
#include "words.h"

enum field_type {
	FIELD_NUMBER = 1,	/* double */
	FIELD_COUNT = 2,	/* uint32_t */
	FIELD_BIG = 3,		/* uint64_t */
	FIELD_FLAG = 4,		/* bool */
	FIELD_TEXT = 5,		/* const char * */
	FIELD_METHOD = 6,	/* enum path_method, by name */
	FIELD_FORMAT = 7,	/* enum photo_format, by name */
	FIELD_RANGE = 8,	/* two doubles, one after the other */
};

/**
 * struct field - one setting
 * @name: key
 * @type: enum field_type
 * @offset: in struct capture_request
 * @least: of a number as it is given
 * @most: likewise
 * @scale: what it is multiplied with
 */
struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	double least;
	double most;
	double scale;
};

/* Longest text, bytes; a path may have so many. */
#define TEXT_MOST 4095
#define AT(field) offsetof(struct capture_request, field)

static const struct field fields[] = {
	{ "project", FIELD_TEXT, AT(project), 0, 0, 0 },
	{ "path_method", FIELD_METHOD, AT(path.method), 0, 0, 0 },
	{ "points", FIELD_COUNT, AT(path.points), 1, PATH_POINTS_MAX, 1 },
	{ "min_theta", FIELD_NUMBER, AT(path.min_theta), 0, 180, 1 },
	{ "max_theta", FIELD_NUMBER, AT(path.max_theta), 0, 180, 1 },
	{ "min_phi", FIELD_NUMBER, AT(path.min_phi), 0, 360, 1 },
	{ "max_phi", FIELD_NUMBER, AT(path.max_phi), 0, 360, 1 },
	{ "rings", FIELD_COUNT, AT(path.rings), 0, PATH_POINTS_MAX, 1 },
	{ "path_file", FIELD_TEXT, AT(path.file), 0, 0, 0 },
	{ "scan_radius_mm", FIELD_NUMBER, AT(path.radius_mm), 0, 1e6, 1 },
	{ "optimize_path", FIELD_FLAG, AT(optimise), 0, 0, 0 },
	{ "theta_axis", FIELD_TEXT, AT(theta_axis), 0, 0, 0 },
	{ "phi_axis", FIELD_TEXT, AT(phi_axis), 0, 0, 0 },
	{ "camera", FIELD_TEXT, AT(camera_id), 0, 0, 0 },
	{ "width", FIELD_COUNT, AT(width), 0, 65535, 1 },
	{ "height", FIELD_COUNT, AT(height), 0, 65535, 1 },
	{ "shutter", FIELD_BIG, AT(exposure_ns), 0, 3600000, 1e6 },
	{ "gain", FIELD_NUMBER, AT(gain), 0, 1000, 1 },
	{ "awbg_red", FIELD_NUMBER, AT(red_gain), 0, 1000, 1 },
	{ "awbg_blue", FIELD_NUMBER, AT(blue_gain), 0, 1000, 1 },
	{ "lock_white_balance", FIELD_FLAG, AT(lock_white_balance), 0, 0, 0 },
	{ "AF", FIELD_FLAG, AT(autofocus), 0, 0, 0 },
	{ "manual_focus", FIELD_NUMBER, AT(lens_dpt), 0, 100, 1 },
	{ "focus_stacks", FIELD_COUNT, AT(stack), 1, CAPTURE_STACK_MAX, 1 },
	{ "focus_range", FIELD_RANGE, AT(focus_min_dpt), 0, 100, 1 },
	{ "bracket", FIELD_COUNT, AT(bracket), 1, CAPTURE_BRACKET_MAX, 1 },
	{ "bracket_ev", FIELD_NUMBER, AT(bracket_ev), 0.01, 5, 1 },
	{ "pause_before_capture_ms", FIELD_NUMBER, AT(settle_s), 0, 600000,
	  1e-3 },
	{ "pause_after_capture_ms", FIELD_NUMBER, AT(after_s), 0, 600000,
	  1e-3 },
	{ "image_format", FIELD_FORMAT, AT(format), 0, 0, 0 },
	{ "jpeg_quality", FIELD_COUNT, AT(quality), 1, 100, 1 },
	{ "orientation_flag", FIELD_COUNT, AT(orientation), 1, 8, 1 },
	{ "focal_length_mm", FIELD_NUMBER, AT(focal_length_mm), 0,
	  CAPTURE_FOCAL_MAX_MM, 1 },
	{ "light", FIELD_TEXT, AT(light), 0, 0, 0 },
	{ "brightness", FIELD_NUMBER, AT(brightness), 0, 100, 1 },
	{ "trigger", FIELD_TEXT, AT(trigger), 0, 0, 0 },
	{ "trigger_width_ms", FIELD_NUMBER, AT(trigger_width_s), 0.001, 4000,
	  1e-3 },
	{ "queue", FIELD_COUNT, AT(queue), 1, CAPTURE_QUEUE_MAX, 1 },
	{ "workers", FIELD_COUNT, AT(workers), 1, CAPTURE_WORKERS_MAX, 1 },
	{ "serial", FIELD_FLAG, AT(serial), 0, 0, 0 },
	{ "keep_free_mb", FIELD_BIG, AT(keep_free_bytes), 0, 1e9, 1e6 },
	{ "home", FIELD_FLAG, AT(home), 0, 0, 0 },
	{ "trust", FIELD_FLAG, AT(trust), 0, 0, 0 },
	{ "theta_stop", FIELD_NUMBER, AT(theta_stop_deg), -3600, 3600, 1 },
	{ "phi_stop", FIELD_NUMBER, AT(phi_stop_deg), -3600, 3600, 1 },
	{ "stay", FIELD_FLAG, AT(stay), 0, 0, 0 },
};

#define COUNT (sizeof(fields) / sizeof(fields[0]))

__attribute__((format(printf, 3, 4)))
static int refuse(struct capture_settings *settings, int error,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(settings->error, sizeof(settings->error), format, args);
	va_end(args);
	errno = error;
	return -1;
}

void capture_settings_begin(struct capture_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->request = CAPTURE_REQUEST_DEFAULT;
	settings->texts = json_array();
}

void capture_settings_end(struct capture_settings *settings)
{
	json_decref(settings->texts);
	settings->texts = NULL;
}

static const char *type_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",
		[JSON_STRING] = "a text", [JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false", [JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static int wrong_type(struct capture_settings *settings, const char *where,
		      const struct field *field, const char *wanted,
		      const json_t *value)
{
	return refuse(settings, EINVAL, "%.200s: \"%s\": wanted %s, found %s",
		      where, field->name, wanted, type_name(value));
}

static int out_of_range(struct capture_settings *settings, const char *where,
			const struct field *field, double value)
{
	return refuse(settings, EINVAL,
		      "%.200s: \"%s\": wanted %s from %g to %g, found %.15g",
		      where, field->name,
		      field->type == FIELD_COUNT ? "a whole number" :
						   "a number",
		      field->least, field->most, value);
}

static bool is_within(const struct field *field, double value)
{
	return value >= field->least && value <= field->most &&
	       (field->type != FIELD_COUNT || value == floor(value));
}

static int take_number(struct capture_settings *settings, const char *where,
		       const struct field *field, const json_t *value,
		       void *place)
{
	double number = json_number_value(value);

	if (!json_is_number(value))
		return wrong_type(settings, where, field, "a number", value);
	if (!is_within(field, number))
		return out_of_range(settings, where, field, number);
	if (field->type == FIELD_COUNT)
		*(uint32_t *)place = number;
	else if (field->type == FIELD_BIG)
		*(uint64_t *)place = llround(number * field->scale);
	else
		*(double *)place = number * field->scale;
	return 0;
}

static int take_range(struct capture_settings *settings, const char *where,
		      const struct field *field, const json_t *value,
		      double *place)
{
	if (!json_is_array(value) || json_array_size(value) != 2)
		return wrong_type(settings, where, field,
				  "a list of two numbers", value);
	if (take_number(settings, where, field, json_array_get(value, 0),
			&place[0]))
		return -1;
	return take_number(settings, where, field, json_array_get(value, 1),
			   &place[1]);
}

static int take_text(struct capture_settings *settings, const char *where,
		     const struct field *field, json_t *value,
		     const char **place)
{
	const char *text = json_string_value(value);

	if (!text)
		return wrong_type(settings, where, field, "a text", value);
	if (!*text && field->offset != AT(camera_id))
		return refuse(settings, EINVAL,
			      "%.200s: \"%s\": wanted a text, found an empty one",
			      where, field->name);
	if (strlen(text) > TEXT_MOST)
		return refuse(settings, EINVAL,
			      "%.200s: \"%s\": wanted at most %d bytes, found %zu",
			      where, field->name, TEXT_MOST, strlen(text));
	if (json_array_append(settings->texts, value))
		return refuse(settings, ENOMEM,
			      "wanted memory, found none; end other programs");
	*place = text;
	return 0;
}

static int take_choice(struct capture_settings *settings, const char *where,
		       const struct field *field, const json_t *value)
{
	struct capture_request *request = &settings->request;
	bool method = field->type == FIELD_METHOD;
	const char *text = json_string_value(value);
	int found;

	if (!text)
		return wrong_type(settings, where, field, "a text", value);
	found = method ? path_method_of(text) : photo_format(text);
	if (found < 0)
		return refuse(settings, EINVAL,
			      "%.200s: \"%s\": wanted %s, found \"%.80s\"",
			      where, field->name, method ?
			      "fibonacci, grid, spiral, rings or list" :
			      "jpeg, tiff, dng, raw, hdf5 or png", text);
	if (method)
		request->path.method = found;
	else
		request->format = found;
	return 0;
}

static int take(struct capture_settings *settings, const char *where,
		const struct field *field, json_t *value)
{
	void *place = (char *)&settings->request + field->offset;

	switch (field->type) {
	case FIELD_FLAG:
		if (!json_is_boolean(value))
			return wrong_type(settings, where, field,
					  "true or false", value);
		*(bool *)place = json_is_true(value);
		return 0;
	case FIELD_TEXT:
		return take_text(settings, where, field, value, place);
	case FIELD_METHOD:
	case FIELD_FORMAT:
		return take_choice(settings, where, field, value);
	case FIELD_RANGE:
		return take_range(settings, where, field, value, place);
	default:
		return take_number(settings, where, field, value, place);
	}
}

static const struct field *find(const char *key)
{
	const char *a, *b;

	for (size_t i = 0; i < COUNT; i++) {
		a = fields[i].name;
		for (b = key; *a && *a == (*b == '-' ? '_' : *b); a++)
			b++;
		if (!*a && !*b)
			return &fields[i];
	}
	return NULL;
}

static int unknown_key(struct capture_settings *settings, const char *where,
		       const char *key)
{
	const char *names[COUNT], *close;

	for (size_t i = 0; i < COUNT; i++)
		names[i] = fields[i].name;
	close = closest(key, names, COUNT);
	if (close)
		return refuse(settings, EINVAL,
			      "%.200s: no key \"%.80s\"; did you mean \"%s\"?",
			      where, key, close);
	return refuse(settings, EINVAL, "%.200s: no key \"%.80s\"", where,
		      key);
}

int capture_settings_take(struct capture_settings *settings,
			  const json_t *job, const char *where)
{
	const struct field *field;
	const char *key;
	json_t *value;

	if (!json_is_object(job))
		return refuse(settings, EINVAL,
			      "%.200s: wanted one object {...} of settings, found %s",
			      where, job ? type_name(job) : "nothing");
	json_object_foreach((json_t *)job, key, value) {
		field = find(key);
		if (!field || strchr(key, '-'))
			return unknown_key(settings, where, key);
		if (take(settings, where, field, value))
			return -1;
	}
	return 0;
}

int capture_settings_load(struct capture_settings *settings, const char *path)
{
	json_error_t error;
	json_t *job = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	int failed;

	if (!job && json_error_code(&error) == json_error_cannot_open_file)
		return refuse(settings, errno ? errno : ENOENT,
			      "wanted the job file %.200s, found: %s; give the right one",
			      path, strerror(errno));
	if (!job)
		return refuse(settings, EINVAL,
			      "wanted JSON in %.200s, found in line %d: %.160s; correct it",
			      path, error.line, error.text);
	failed = capture_settings_take(settings, job, path);
	json_decref(job);
	return failed;
}

/* strtod(3) takes hexadecimal too, which nobody means here. */
static json_t *number_of(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || strpbrk(text, "xX") || !isfinite(value))
		return NULL;
	return json_real(value);
}

static json_t *range_of(const char *text)
{
	const char *colon = strchr(text, ':');
	json_t *list = json_array(), *low, *high;
	char first[32];

	if (!colon || colon - text >= (int)sizeof(first)) {
		json_decref(list);
		return NULL;
	}
	memcpy(first, text, colon - text);
	first[colon - text] = '\0';
	low = number_of(first);
	high = number_of(colon + 1);
	if (low && high) {
		json_array_append(list, low);
		json_array_append(list, high);
	} else {
		json_decref(list);
		list = NULL;
	}
	json_decref(low);
	json_decref(high);
	return list;
}

static json_t *value_of(const struct field *field, const char *text)
{
	switch (field->type) {
	case FIELD_FLAG:
		if (text && strcmp(text, "no"))
			return NULL;
		return json_boolean(!text);
	case FIELD_TEXT:
	case FIELD_METHOD:
	case FIELD_FORMAT:
		return json_string(text);
	case FIELD_RANGE:
		return range_of(text);
	default:
		return number_of(text);
	}
}

int capture_settings_option(struct capture_settings *settings,
			    const char *name, const char *text)
{
	const struct field *field = find(name);
	json_t *value;
	char where[64];
	int failed;

	snprintf(where, sizeof(where), "--%s", name);
	if (!field)
		return unknown_key(settings, where, name);
	value = value_of(field, text);
	if (!value)
		return refuse(settings, EINVAL, "%s: wanted %s, found \"%.80s\"",
			      where, field->type == FIELD_RANGE ?
			      "two numbers as in 10:15" :
			      "a number without a unit", text);
	failed = take(settings, where, field, value);
	json_decref(value);
	return failed;
}

int capture_settings_resume(struct capture_settings *settings,
			    const char *root, const char *project,
			    unsigned int scan)
{
	json_t *document;
	char where[64];
	int failed;

	document = project_scan_read(project_root(root), project, scan,
				     settings->error);
	if (!document)
		return -1;
	snprintf(where, sizeof(where), "settings of scan %u", scan);
	failed = capture_settings_take(settings,
				       json_object_get(document, "settings"),
				       where);
	json_decref(document);
	/* locked.json has it, with the boot that it is good for. */
	settings->request.trust = false;
	settings->request.root = root;
	settings->request.project = project;
	settings->request.resume_scan = scan;
	return failed;
}

static json_t *told_number(double value)
{
	return isfinite(value) ? json_real(value) : NULL;
}

/* NULL: nothing to be told. */
static json_t *told(const struct capture_request *request,
		    const struct field *field)
{
	const void *place = (const char *)request + field->offset;
	const double *number = place;

	switch (field->type) {
	case FIELD_NUMBER:
		return told_number(*number / field->scale);
	case FIELD_COUNT:
		return json_integer(*(const uint32_t *)place);
	case FIELD_BIG:
		return json_real(*(const uint64_t *)place / field->scale);
	case FIELD_FLAG:
		return json_boolean(*(const bool *)place);
	case FIELD_TEXT:
		if (!*(const char *const *)place)
			return NULL;
		return json_string(*(const char *const *)place);
	case FIELD_METHOD:
		return json_string(path_method_name(request->path.method));
	case FIELD_FORMAT:
		return json_string(photo_format_name(request->format));
	default:
		return json_pack("[f, f]", number[0], number[1]);
	}
}

json_t *capture_settings_json(const struct capture_request *request)
{
	json_t *settings = json_object(), *value;

	for (size_t i = 0; i < COUNT; i++) {
		value = told(request, &fields[i]);
		if (value)
			json_object_set_new(settings, fields[i].name, value);
	}
	return settings;
}
