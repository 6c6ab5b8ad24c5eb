// SPDX-License-Identifier: GPL-2.0-or-later
/* The beginning of a capture scan: first all checks, then what they allow. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "capture-parts.h"
#include "lights.h"

/* A missing light is seen before anything is made or moved. */
static int check_light(struct capture *capture)
{
	const char *light = capture->request->light;
	double percent;

	if (!light || !light_get(light, &percent))
		return 0;
	return capture_fail(capture, errno,
			    "wanted the light \"%.60s\", found: %s; \"oscanctl light\" lists those there are",
			    light, strerror(errno));
}

static int check_all(struct capture *capture)
{
	if (capture_check(capture->request, capture->result->error)) {
		capture->error = errno;
		return -1;
	}
	if (capture_open_rig(capture) || check_light(capture))
		return -1;
	if (!capture->request->resume_scan && (capture_doubt(capture) ||
					       capture_make_path(capture)))
		return -1;
	return capture_open_camera(capture);
}

/* Also puts back what a scan that was killed has left. */
static int open_restore(struct capture *capture)
{
	const char *folder = capture->request->state;
	char why[RESTORE_TEXT_LEN];
	uint32_t restored;

	capture->restore = restore_open(folder, &restored, why);
	if (!capture->restore)
		return capture_fail(capture, errno, "%s", why);
	if (*why)
		snprintf(capture->result->warning, CAPTURE_ERROR_LEN, "%s",
			 why);
	return 0;
}

/* With what is in the journal of a scan that is taken up, or all of it. */
static int plan(struct capture *capture)
{
	const struct capture_result *result = capture->result;

	if (capture_plan(capture))
		return -1;
	return capture_check_space(capture, result->photos_total -
					    result->photos_saved);
}

int capture_try(struct capture *capture)
{
	return check_all(capture) || plan(capture) ? -1 : 0;
}

int capture_begin(struct capture *capture)
{
	if (capture->request->resume_scan)
		return check_all(capture) || open_restore(capture) ||
		       capture_open_project(capture) || plan(capture) ? -1 : 0;
	return capture_try(capture) || open_restore(capture) ||
	       capture_open_project(capture) ? -1 : 0;
}

int capture_light_up(struct capture *capture)
{
	const char *light = capture->request->light;

	if (!light)
		return 0;
	if (!restore_note_light(capture->restore, light) &&
	    !light_set(light, capture->request->brightness))
		return 0;
	return capture_fail(capture, errno,
			    "wanted to set the light \"%.60s\" to %g percent, found: %s; run it as root or have the light's rights changed",
			    light, capture->request->brightness,
			    strerror(errno));
}

int capture_set_status(struct capture *capture, const char *status)
{
	if (!project_scan_status(capture->scan, status, NULL))
		return 0;
	return capture_fail(capture, errno,
			    "wanted to write scan.json in %.200s, found: %s; free some space or make the folder writable",
			    project_scan_folder(capture->scan),
			    strerror(errno));
}
