// SPDX-License-Identifier: GPL-2.0-or-later
/* Every path that there is; openapi.yaml has them all. */
#include <stdbool.h>
#include <string.h>
#include "api.h"
#include "http.h"

static const struct http_route routes[] = {
	{ HTTP_GET, "/v1/status", api_status, NULL, false },
	{ HTTP_GET, "/v1/disk", api_disk, NULL, true },
	{ HTTP_GET, "/v1/jobs", api_jobs, "state", false },
	{ HTTP_POST, "/v1/jobs", api_job_submit, NULL, false },
	{ HTTP_GET, "/v1/jobs/{id}", api_job, NULL, false },
	{ HTTP_DELETE, "/v1/jobs/{id}", api_job_delete, NULL, false },
	{ HTTP_POST, "/v1/jobs/{id}/pause", api_job_pause, NULL, false },
	{ HTTP_POST, "/v1/jobs/{id}/resume", api_job_resume, NULL, false },
	{ HTTP_POST, "/v1/jobs/{id}/cancel", api_job_cancel, NULL, false },
	{ HTTP_GET, "/v1/jobs/{id}/log", api_job_log, NULL, false },
	{ HTTP_GET, "/v1/events", api_events, "last", false },
	{ HTTP_GET, "/v1/axes", api_axes, NULL, false },
	{ HTTP_GET, "/v1/axes/{axis}", api_axis, NULL, false },
	{ HTTP_POST, "/v1/axes/{axis}/move", api_axis_move, NULL, false },
	{ HTTP_POST, "/v1/axes/{axis}/stop", api_axis_stop, NULL, false },
	{ HTTP_POST, "/v1/axes/{axis}/home", api_axis_home, NULL, false },
	{ HTTP_POST, "/v1/axes/{axis}/set-position", api_axis_set_position, NULL, false },
	{ HTTP_GET, "/v1/cameras", api_cameras, NULL, false },
	{ HTTP_GET, "/v1/lights", api_lights, NULL, false },
	{ HTTP_PUT, "/v1/lights/{light}", api_light_set, NULL, false },
	{ HTTP_GET, "/v1/preview", api_preview, "camera fps", false },
	{ HTTP_GET, "/v1/snapshot", api_snapshot, "camera", false },
	{ HTTP_GET, "/v1/projects", api_projects, NULL, true },
	{ HTTP_GET, "/v1/projects/{project}", api_project, NULL, true },
	{ HTTP_GET, "/v1/projects/{project}/thumbnail", api_thumbnail, NULL, true },
	{ HTTP_GET, "/v1/projects/{project}/zip", api_zip, "scan", true },
	{ HTTP_GET, "/v1/projects/{project}/scans/{scan}", api_scan, NULL, true },
	{ HTTP_GET, "/v1/projects/{project}/scans/{scan}/photos", api_photos, NULL, true },
	{ HTTP_GET, "/v1/projects/{project}/scans/{scan}/photos/{file}",
	  api_photo, NULL, true },
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

/* Length of the part that begins here. */
static size_t part(const char *path)
{
	return strcspn(path, "/");
}

/* Both without their first "/". @found: where the {names} stand in @path. */
static unsigned int match(const char *route, const char *path,
			  const char **found, unsigned int count)
{
	while (true) {
		size_t wanted = part(route), given = part(path);

		if (*route == '{' && given && count < HTTP_PARTS_MAX)
			found[count++] = path;
		else if (wanted != given || memcmp(route, path, given))
			return HTTP_PARTS_MAX + 1;
		if (!route[wanted] || !path[given])
			return route[wanted] || path[given] ?
			       HTTP_PARTS_MAX + 1 : count;
		route += wanted + 1;
		path += given + 1;
	}
}

static bool matches(const struct http_route *route,
		    const struct http_request *request, const char **found)
{
	return request->path[0] == '/' &&
	       match(route->path + 1, request->path + 1, found, 0) <=
	       HTTP_PARTS_MAX;
}

const struct http_route *route_find(struct http_request *request,
				    unsigned int *methods)
{
	const char *found[HTTP_PARTS_MAX] = { 0 };
	const struct http_route *route = NULL;

	*methods = 0;
	for (size_t i = 0; i < ROUTES; i++) {
		memset(found, 0, sizeof(found));
		if (!matches(&routes[i], request, found))
			continue;
		*methods |= routes[i].method;
		if (routes[i].method != request->method)
			continue;
		route = &routes[i];
		memcpy(request->parameter, found, sizeof(found));
	}
	for (size_t i = 0; route && request->parameter[i]; i++) {
		char *end = (char *)request->parameter[i];

		end += part(end);
		*end = '\0';
	}
	return route;
}
