// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine over HTTP: status, disk, cameras, lights, what is to be seen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include "api.h"
#include "camera.h"
#include "daemon.h"
#include "job.h"
#include "lights.h"

/* Of a folder that is not there yet, the one that it will be in. */
static json_t *folder_json(const char *path)
{
	char at[HTTP_PATH_LEN * 4], *slash;
	struct statvfs status;

	if (strlen(path) >= sizeof(at))
		return NULL;
	strcpy(at, path);
	while (statvfs(at, &status)) {
		slash = strrchr(at, '/');
		if (errno != ENOENT || !strcmp(at, "/") || !strcmp(at, "."))
			return NULL;
		/* Of "/a" the folder is "/", and of "a" it is ".". */
		if (slash)
			slash[slash == at] = '\0';
		else
			strcpy(at, ".");
	}
	return json_pack("{s:s, s:I, s:I}", "path", path,
			 "free_bytes", (json_int_t)status.f_bavail *
				       (json_int_t)status.f_frsize,
			 "total_bytes", (json_int_t)status.f_blocks *
					(json_int_t)status.f_frsize);
}

static json_t *disk_json(const struct daemon *daemon)
{
	json_t *projects = folder_json(daemon->projects);
	json_t *state = folder_json(daemon->state);

	if (projects && state)
		return json_pack("{s:o, s:o}", "projects", projects, "state",
				 state);
	json_decref(projects);
	json_decref(state);
	return NULL;
}

static void no_disk(struct http_response *response)
{
	http_error(response, 500, "wanted to know how much room there is, found: %s; see to the disk",
		   strerror(errno));
}

void api_disk(struct daemon *daemon, const struct http_request *request,
	      struct http_response *response)
{
	json_t *disk = disk_json(daemon);

	if (disk)
		http_json(response, 200, disk);
	else
		no_disk(response);
}

void api_status(struct daemon *daemon, const struct http_request *request,
		struct http_response *response)
{
	bool wrong;
	char why[AXES_ERROR_LEN], now[JOB_TIME_LEN];
	uint64_t job = jobs_active(daemon->jobs);
	json_t *disk = disk_json(daemon);

	if (!disk) {
		no_disk(response);
		return;
	}
	job_time(now);
	wrong = axes_error(daemon->axes, why);
	http_json(response, 200, json_pack("{s:s, s:s, s:s, s:o, s:i, s:{s:s, s:s?}, s:s?, s:i, s:o}",
		"version", OSCAN_VERSION,
		"started", daemon->started,
		"time", now,
		"job", job ? json_integer(job) : json_null(),
		"pending", (int)jobs_pending(daemon->jobs),
		"motor", "device", daemon->device ? daemon->device :
				   OSCAN_DEVICE_PATH,
			 "error", wrong ? why : NULL,
		"camera", live_user(daemon->live),
		"clients", (int)server_clients(daemon->server),
		"disk", disk));
}

/**
 * struct cameras - the list being made
 * @list: array
 * @kind: of those that come
 */
struct cameras {
	json_t *list;
	const char *kind;
};

static void add_camera(const char *id, const char *model, void *data)
{
	struct cameras *cameras = data;

	json_array_append_new(cameras->list,
			      json_pack("{s:s, s:s, s:s}", "id", id, "model",
					model, "kind", cameras->kind));
}

void api_cameras(struct daemon *daemon, const struct http_request *request,
		 struct http_response *response)
{
	static const char *const kinds[] = { "", "gphoto2", "synthetic" };
	struct cameras cameras = { .list = json_array() };
	const struct camera_ops *ops, *before = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ops = camera_ops_of(kinds[i]);
		cameras.kind = ops->name;
		/* A kind that was not built in is another one's. */
		if (ops != before)
			ops->list(add_camera, &cameras);
		before = ops;
	}
	http_json(response, 200, json_pack("{s:o}", "cameras", cameras.list));
}

static int add_light(void *data, const struct light *light)
{
	return json_array_append_new(data, json_pack("{s:s, s:f}", "light",
						     light->name, "percent",
						     light->percent));
}

void api_lights(struct daemon *daemon, const struct http_request *request,
		struct http_response *response)
{
	json_t *list = json_array();

	if (lights_each(NULL, add_light, list)) {
		json_decref(list);
		http_error(response, 500, "wanted the lights, found: %s; see to /sys/class/leds",
			   strerror(errno));
		return;
	}
	http_json(response, 200, json_pack("{s:o}", "lights", list));
}

static void no_light(struct http_response *response, const char *name,
		     double percent)
{
	switch (errno) {
	case EINVAL:
		http_error(response, 400, "wanted 0 to 100 percent and the name of a light, found %g of \"%.80s\"",
			   percent, name);
		break;
	case ENODEV:
		http_error(response, 404, "no light \"%.80s\"; see the list of lights",
			   name);
		break;
	default:
		http_error(response, 500, "wanted to set the light \"%.80s\", found: %s",
			   name, strerror(errno));
	}
}

void api_light_set(struct daemon *daemon, const struct http_request *request,
		   struct http_response *response)
{
	struct http_field fields[] = {
		{ .name = "percent", .type = JSON_REAL, .needed = true },
	};
	const char *name = request->parameter[0];
	double percent;

	if (http_fields(request, response, fields, 1))
		return;
	if (jobs_active(daemon->jobs)) {
		http_error(response, 409, "wanted to set the light \"%.80s\", found that a job has it; cancel it, and resume it later",
			   name);
		return;
	}
	percent = json_number_value(fields[0].value);
	if (light_set(name, percent) || light_get(name, &percent))
		no_light(response, name, percent);
	else
		http_json(response, 200, json_pack("{s:s, s:f}", "light", name,
						   "percent", percent));
}

static bool take_fps(const struct http_request *request,
		     struct http_response *response, double *fps)
{
	const char *text = http_query(request, "fps");
	char *end;

	*fps = 10;
	if (!text)
		return true;
	*fps = strtod(text, &end);
	if (end != text && !*end && *fps >= 0.1 && *fps <= 20)
		return true;
	http_error(response, 400, "\"fps\": wanted 0.1 to 20, found \"%.80s\"",
		   text);
	return false;
}

static void view(struct daemon *daemon, const struct http_request *request,
		 struct http_response *response, enum http_stream stream,
		 const char *type)
{
	char why[LIVE_ERROR_LEN];

	if (live_view(daemon->live, http_query(request, "camera"), why)) {
		http_errno(response, errno, why);
		return;
	}
	response->status = 200;
	response->type = type;
	response->stream = stream;
}

void api_preview(struct daemon *daemon, const struct http_request *request,
		 struct http_response *response)
{
	double fps;

	if (!take_fps(request, response, &fps))
		return;
	view(daemon, request, response, HTTP_STREAM_PREVIEW,
	     "multipart/x-mixed-replace; boundary=frame");
	response->fps = fps;
}

void api_snapshot(struct daemon *daemon, const struct http_request *request,
		  struct http_response *response)
{
	view(daemon, request, response, HTTP_STREAM_SNAPSHOT, "image/jpeg");
}

void api_events(struct daemon *daemon, const struct http_request *request,
		struct http_response *response)
{
	const char *last = http_query(request, "last");
	size_t digits;

	if (!last && *request->last_event)
		last = request->last_event;
	digits = last ? strspn(last, "0123456789") : 0;
	if (last && (!digits || digits > 18 || last[digits])) {
		http_error(response, 400, "wanted the id of an event, found \"%.40s\"",
			   last);
		return;
	}
	response->status = 200;
	response->type = "text/event-stream";
	response->stream = HTTP_STREAM_EVENTS;
	response->last_event = last ? strtoull(last, NULL, 10) :
			       events_last(daemon->events);
}
