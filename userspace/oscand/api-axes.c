// SPDX-License-Identifier: GPL-2.0-or-later
/* The motors over HTTP. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "api.h"
#include "daemon.h"

void api_axes(struct daemon *daemon, const struct http_request *request,
	      struct http_response *response)
{
	char why[AXES_ERROR_LEN];
	json_t *list = axes_list(daemon->axes, why);

	if (list)
		http_json(response, 200, json_pack("{s:o}", "axes", list));
	else
		http_errno(response, errno, why);
}

void api_axis(struct daemon *daemon, const struct http_request *request,
	      struct http_response *response)
{
	char why[AXES_ERROR_LEN];

	http_give(response, 200, axes_get(daemon->axes, request->parameter[0], why),
	     why);
}

static int find_word(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static bool is_above_zero(struct http_response *response,
			  const struct http_field *field)
{
	if (!field->value || json_number_value(field->value) > 0)
		return true;
	http_error(response, 400, "\"%s\": wanted more than zero, found %g",
		   field->name, json_number_value(field->value));
	return false;
}

/* false: has been answered. */
static bool take_way(struct http_response *response, const json_t *value,
		     struct axes_move *move)
{
	static const char *const ways[] = {
		"absolute", "shortest", "up", "down"
	};
	int way;

	if (!value)
		return true;
	way = find_word(json_string_value(value), ways, 4);
	if (way >= 0 && move->relative) {
		http_error(response, 400, "\"way\": wanted \"to\" with it, found \"by\"");
		return false;
	}
	if (way < 0) {
		http_error(response, 400, "\"way\": wanted absolute, shortest, up or down, found \"%.80s\"",
			   json_string_value(value));
		return false;
	}
	move->way = OSCAN_WAY_ABSOLUTE + way;
	return true;
}

void api_axis_move(struct daemon *daemon, const struct http_request *request,
		   struct http_response *response)
{
	struct http_field fields[] = {
		{ .name = "to", .type = JSON_REAL },
		{ .name = "by", .type = JSON_REAL },
		{ .name = "way", .type = JSON_STRING },
		{ .name = "speed", .type = JSON_REAL },
		{ .name = "accel", .type = JSON_REAL },
	};
	struct axes_move move = { 0 };
	char why[AXES_ERROR_LEN];

	if (http_fields(request, response, fields, 5))
		return;
	if (!fields[0].value == !fields[1].value) {
		http_error(response, 400, "wanted \"to\" or \"by\", found %s",
			   fields[0].value ? "both" : "neither");
		return;
	}
	move.relative = fields[1].value;
	move.value = json_number_value(fields[move.relative].value);
	move.speed = json_number_value(fields[3].value);
	move.accel = json_number_value(fields[4].value);
	if (!take_way(response, fields[2].value, &move) ||
	    !is_above_zero(response, &fields[3]) ||
	    !is_above_zero(response, &fields[4]))
		return;
	http_give(response, 202,
	     axes_move(daemon->axes, request->parameter[0], &move, why), why);
}

void api_axis_stop(struct daemon *daemon, const struct http_request *request,
		   struct http_response *response)
{
	char why[AXES_ERROR_LEN];

	if (!http_fields(request, response, NULL, 0))
		http_give(response, 202,
		     axes_stop(daemon->axes, request->parameter[0], why), why);
}

void api_axis_home(struct daemon *daemon, const struct http_request *request,
		   struct http_response *response)
{
	static const char *const ends[] = { "min", "max" };
	struct http_field fields[] = {
		{ .name = "towards", .type = JSON_STRING },
		{ .name = "position", .type = JSON_REAL },
	};
	double position = NAN;
	char why[AXES_ERROR_LEN];
	int direction = 0;

	if (http_fields(request, response, fields, 2))
		return;
	if (fields[0].value) {
		int end = find_word(json_string_value(fields[0].value), ends,
				    2);

		if (end < 0) {
			http_error(response, 400, "\"towards\": wanted min or max, found \"%.80s\"",
				   json_string_value(fields[0].value));
			return;
		}
		direction = end ? 1 : -1;
	}
	if (fields[1].value)
		position = json_number_value(fields[1].value);
	http_give(response, 202,
	     axes_home(daemon->axes, request->parameter[0], direction,
		       position, why), why);
}

void api_axis_set_position(struct daemon *daemon,
			   const struct http_request *request,
			   struct http_response *response)
{
	struct http_field fields[] = {
		{ .name = "position", .type = JSON_REAL, .needed = true },
	};
	char why[AXES_ERROR_LEN];

	if (!http_fields(request, response, fields, 1))
		http_give(response, 200,
		     axes_set_position(daemon->axes, request->parameter[0],
				       json_number_value(fields[0].value),
				       why), why);
}
