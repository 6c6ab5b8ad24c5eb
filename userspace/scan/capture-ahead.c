// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * To the next point while a camera on demand hands over its photo. That may
 * take seconds in which the camera answers nothing, so it is a thread's that
 * does nothing else: the axes go on to be watched, and commands to be obeyed.
 */
#include <errno.h>
#include <stdio.h>
#include "capture-parts.h"

static void *fetch(void *data)
{
	struct capture *capture = data;
	struct capture_fetch *fetch = &capture->fetch;

	fetch->error = 0;
	if (capture->request->camera->next(capture->camera, &fetch->frame,
					   CAPTURE_TICK_MS))
		fetch->error = errno;
	fetch->over = true;
	return NULL;
}

static int fetch_begin(struct capture *capture)
{
	struct capture_fetch *begun = &capture->fetch;

	begun->over = false;
	begun->begun = !pthread_create(&begun->thread, NULL, fetch, capture);
	return begun->begun ? 0 : -1;
}

bool capture_fetching(const struct capture *capture)
{
	return capture->fetch.begun && !capture->fetch.over;
}

int capture_fetch_end(struct capture *capture)
{
	struct capture_fetch *fetch = &capture->fetch;

	pthread_join(fetch->thread, NULL);
	fetch->begun = false;
	capture->frame = fetch->frame;
	errno = fetch->error;
	return fetch->error ? -1 : 0;
}

static void halt(struct capture *capture)
{
	capture->halted = true;
	capture_stop(capture);
}

/* The photo is there already: it is not to be lost for what comes after it. */
static void put_off(struct capture *capture)
{
	char *text = capture->result->error;

	capture->late_error = capture->error;
	snprintf(capture->late_text, sizeof(capture->late_text), "%s", text);
	capture->error = 0;
	text[0] = '\0';
	halt(capture);
}

/* The first photo of a project is shown by this thread, which takes a while. */
int capture_go_ahead(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct path_point *to = capture_point_after(capture);

	if (!to || capture->restless || request->serial || !capture->shown ||
	    request->after_s > 0 || capture_commanded(capture) != CAPTURE_GO)
		return 0;
	if (capture_rested(capture, capture->shot_end_ns) <= 0 ||
	    capture_trusted(capture) <= 0)
		return capture->error ? -1 : 0;
	if (fetch_begin(capture))
		return 0;
	capture->gone = true;
	if (capture_go(capture, to->theta_deg, to->phi_deg))
		put_off(capture);
	return 0;
}

bool capture_ahead(struct capture *capture)
{
	int moving;

	if (!capture->halted && capture_commanded(capture) != CAPTURE_GO)
		halt(capture);
	if (capture->halted)
		return capture_stopping(capture);
	moving = capture_moving(capture);
	if (moving < 0)
		put_off(capture);
	return moving;
}
