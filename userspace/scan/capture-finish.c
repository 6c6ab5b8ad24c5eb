// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a capture scan, however it came to it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture-parts.h"

static void close_camera(struct capture *capture)
{
	const struct camera_ops *ops = capture->request->camera;

	if (!capture->camera)
		return;
	if (capture->fetch.begun && !capture_fetch_end(capture))
		capture->holding = true;
	if (capture->holding)
		capture_release(capture);
	if (capture->camera_running)
		ops->stop(capture->camera);
	ops->close(capture->camera);
	capture->camera = NULL;
}

static void put_back(struct capture *capture)
{
	char why[RESTORE_TEXT_LEN];
	uint32_t restored;

	if (!capture->restore)
		return;
	if (restore_close(capture->restore, &restored, why) &&
	    !*capture->result->warning)
		snprintf(capture->result->warning, CAPTURE_ERROR_LEN, "%s",
			 why);
	capture->restore = NULL;
}

static void tell_end(struct capture *capture)
{
	struct capture_result *result = capture->result;
	const char *status = "completed";

	if (!capture->complete)
		status = capture->error == ECANCELED ? "cancelled" : "error";
	project_scan_progress(capture->scan,
			      capture->complete ? capture->path.count :
						  capture->point,
			      capture->earlier_s + result->elapsed_s);
	/* A full disk has been told of already. */
	if (project_scan_status(capture->scan, status,
				*result->error ? result->error : NULL))
		capture_fail(capture, errno,
			     "wanted to write scan.json in %.200s, found: %s; all photos are there",
			     result->folder, strerror(errno));
}

static void close_project(struct capture *capture)
{
	if (capture->scan) {
		capture->result->resumable = !capture->complete;
		if (capture->under_way || capture->complete)
			tell_end(capture);
		project_scan_close(capture->scan);
	}
	project_close(capture->project);
}

/* Settings last: the devices must not be in use any more. */
void capture_finish(struct capture *capture)
{
	capture->result->elapsed_s = capture_elapsed_s(capture);
	capture_saver_stop(capture);
	close_camera(capture);
	close_project(capture);
	oscan_motor_close(capture->motor);
	put_back(capture);
	free(capture->moves_s);
}
