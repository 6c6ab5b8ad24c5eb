// SPDX-License-Identifier: GPL-2.0-or-later
/* What a camera finds by itself at the first point, and holds from then on. */
#include <errno.h>
#include <math.h>
#include "capture-parts.h"

#define NS CAPTURE_NS_PER_S

/* What is automatic has come to rest after so many like frames, or never. */
#define LOCK_FRAMES 5
#define LOCK_SHARE 0.02
#define LOCK_NS (5 * NS)
#define FOCUS_NS (15 * NS)

bool capture_needs_lock(const struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_capabilities *can = &capture->capabilities;

	if (!capture->camera || (capture->locked.found && !capture->refind))
		return false;
	if (request->autofocus || request->lock_white_balance)
		return true;
	if (can->on_demand)
		return false;
	return (!request->exposure_ns && can->sets_exposure) ||
	       (!request->gain && can->sets_gain);
}

/* What is known of an earlier run stays: all photos are to have the same. */
static bool wants_focus(const struct capture *capture)
{
	return capture->request->autofocus &&
	       isnan(capture->locked.lens_dpt);
}

void capture_lock_begin(struct capture *capture)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;

	capture->lock_ns = capture_due(capture);
	capture->lock_same = 0;
	capture->lock_frame.time_ns = 0;
	controls.autofocus = true;
	if (wants_focus(capture))
		capture_set_camera(capture, &controls);
}

static bool is_like(double a, double b)
{
	return fabs(a - b) <= LOCK_SHARE * fabs(b);
}

static void compare(struct capture *capture)
{
	const struct camera_frame *frame = &capture->frame;
	const struct camera_frame *before = &capture->lock_frame;

	if (before->time_ns &&
	    is_like(frame->exposure_ns, before->exposure_ns) &&
	    is_like(frame->gain, before->gain) &&
	    is_like(frame->red_gain, before->red_gain) &&
	    is_like(frame->blue_gain, before->blue_gain))
		capture->lock_same++;
	else
		capture->lock_same = 0;
	capture->lock_frame = *frame;
}

/* 1 it is, 0 not yet, -1 failed. */
static int is_focused(struct capture *capture)
{
	if (!wants_focus(capture))
		return 1;
	if (capture->frame.focus == CAMERA_FOCUS_FOUND)
		return 1;
	if (capture->frame.focus != CAMERA_FOCUS_FAILED &&
	    capture_now() - capture->lock_ns < FOCUS_NS)
		return 0;
	return capture_fail(capture, EDOM,
			    "wanted the camera %.80s to focus at the first point, found that it could not; give it more light or contrast, or a lens position",
			    capture->request->camera->id(capture->camera));
}

static void found(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_capabilities *can = &capture->capabilities;
	const struct camera_frame *frame = &capture->frame;
	struct capture_locked *locked = &capture->locked;

	if (!locked->exposure_ns && can->sets_exposure)
		locked->exposure_ns = frame->exposure_ns;
	if (!locked->gain && can->sets_gain)
		locked->gain = frame->gain;
	if (request->lock_white_balance && !locked->red_gain) {
		locked->red_gain = frame->red_gain;
		locked->blue_gain = frame->blue_gain;
	}
	if (wants_focus(capture))
		locked->lens_dpt = frame->lens_dpt;
	locked->found = true;
	capture->refind = false;
}

/* The lens is held by auto-focus itself. */
static int put_found(struct capture *capture)
{
	const struct capture_locked *locked = &capture->locked;
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;

	controls.exposure_ns = locked->exposure_ns;
	controls.gain = locked->gain;
	controls.red_gain = locked->red_gain;
	controls.blue_gain = locked->blue_gain;
	controls.lock_white_balance = capture->request->lock_white_balance &&
				      !locked->red_gain;
	capture->wish.exposure_ns = locked->exposure_ns;
	capture->wish.lens_dpt = locked->lens_dpt;
	capture->wish_ns = capture_now();
	if (!controls.exposure_ns && !controls.gain && !controls.red_gain &&
	    !controls.lock_white_balance)
		return 0;
	return capture_set_camera(capture, &controls);
}

/* Photos are dear: of a camera on demand one has to do. */
static bool is_steady(const struct capture *capture)
{
	return capture->capabilities.on_demand ||
	       capture->lock_same >= LOCK_FRAMES ||
	       capture_now() - capture->lock_ns >= LOCK_NS;
}

int capture_lock(struct capture *capture)
{
	int got = capture_look(capture), focused;
	uint64_t begin_ns, end_ns;

	if (got <= 0)
		return got;
	capture_exposure(capture, &begin_ns, &end_ns);
	focused = 0;
	if (begin_ns >= capture->ready_ns) {
		compare(capture);
		focused = is_focused(capture);
	}
	if (focused > 0 && !is_steady(capture))
		focused = 0;
	if (focused > 0)
		found(capture);
	capture_release(capture);
	capture->shot_ns = 0;
	if (focused > 0 && capture->request->bracket > 1 &&
	    !capture->locked.exposure_ns)
		return capture_no_middle(capture);
	if (focused > 0 && put_found(capture))
		return -1;
	return focused;
}
