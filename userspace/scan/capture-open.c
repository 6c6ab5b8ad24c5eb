// SPDX-License-Identifier: GPL-2.0-or-later
/* The rig and the camera of a capture scan: whether they can do it. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "capture-parts.h"

static int device_failed(struct capture *capture)
{
	const char *path = capture->request->device ?
			   capture->request->device : OSCAN_DEVICE_PATH;

	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return capture_fail(capture, errno,
				    "wanted the motors at %.200s, found no such device; load the driver with \"modprobe oscan_motor\" (\"oscanctl doctor\" tells what is missing)",
				    path);
	case EACCES:
	case EPERM:
		return capture_fail(capture, errno,
				    "wanted to open %.200s for commands, found that this user may not; run it with sudo or have the file's permissions changed",
				    path);
	default:
		return capture_fail(capture, errno,
				    "wanted to open %.200s, found: %s; \"oscanctl doctor\" tells more",
				    path, strerror(errno));
	}
}

static int check_free(struct capture *capture,
		      const struct capture_axis *axis)
{
	const char *name = axis->info->name;

	if ((axis->state.flags & OSCAN_STATE_CONTROLLED) &&
	    !(axis->state.flags & OSCAN_STATE_MINE))
		return capture_fail(capture, EBUSY,
				    "wanted to control %s, found that another program controls the motors; wait until it has ended, or end it",
				    name);
	if (axis->state.motion != OSCAN_MOTION_IDLE)
		return capture_fail(capture, EBUSY,
				    "wanted %s at rest, found it moving; wait, or stop it with \"oscanctl stop %s\"",
				    name, name);
	return 0;
}

static int find_axis(struct capture *capture, enum capture_axes which,
		     const char *name, const char *usual)
{
	struct capture_axis *axis = &capture->axis[which];
	int number = oscan_motor_find_axis(capture->motor,
					   name ? name : usual);

	if (number < 0 && !name) {
		path_axis_of(NULL, &axis->path);
		return 0;
	}
	if (number < 0)
		return capture_fail(capture, ENXIO,
				    "no axis \"%.60s\"; \"oscanctl list\" shows those of this machine",
				    name);
	axis->number = number;
	axis->info = oscan_motor_axis_info(capture->motor, number);
	if (axis->info->unit != OSCAN_UNIT_DEGREE)
		return capture_fail(capture, EINVAL,
				    "wanted an axis that turns, found that %s is in millimetres; choose another one",
				    axis->info->name);
	path_axis_of(axis->info, &axis->path);
	return 0;
}

static int find_line(struct capture *capture)
{
	const char *name = capture->request->trigger;
	int line;

	if (!name)
		return 0;
	line = oscan_trigger_find(capture->motor, name);
	if (line < 0)
		return capture_fail(capture, errno,
				    "no trigger line \"%.60s\"; \"oscanctl trigger\" shows those of this machine",
				    name);
	capture->line = line;
	return 0;
}

int capture_open_rig(struct capture *capture)
{
	const struct capture_request *request = capture->request;

	capture_boot_id(capture->locked.boot);
	capture->motor = oscan_motor_open(request->device, true);
	if (!capture->motor)
		return device_failed(capture);
	capture->locked.probed_ns = oscan_motor_info(capture->motor)->probed_ns;
	if (find_axis(capture, CAPTURE_THETA, request->theta_axis, "rotor") ||
	    find_axis(capture, CAPTURE_PHI, request->phi_axis, "turntable") ||
	    find_line(capture) || capture_read_axes(capture))
		return -1;
	if (!capture->axis[CAPTURE_THETA].info &&
	    !capture->axis[CAPTURE_PHI].info)
		return capture_fail(capture, ENXIO,
				    "wanted an axis named rotor or turntable, found neither; name the axes of this machine (\"oscanctl list\" shows them)");
	if (capture->axis[CAPTURE_THETA].info ==
	    capture->axis[CAPTURE_PHI].info)
		return capture_fail(capture, EINVAL,
				    "wanted two axes, found %s named twice; correct one of them",
				    capture->axis[CAPTURE_PHI].info->name);
	for (int i = 0; i < CAPTURE_AXES; i++) {
		struct capture_axis *axis = &capture->axis[i];

		if (axis->info && check_free(capture, axis))
			return -1;
		axis->rest_steps = axis->state.steps;
	}
	return 0;
}

static int camera_failed(struct capture *capture)
{
	const char *id = capture->request->camera_id;
	const char *named = id && *id ? id : "that is there first";

	switch (errno) {
	case EBUSY:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found that another program uses it; end that program",
				    named);
	case ENODEV:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found none; connect it and see that its driver is loaded (\"oscanctl doctor\" tells more), or take \"synthetic\" to try without",
				    named);
	case ENOSYS:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found this program built without the library for it; install that and build again",
				    named);
	case EINVAL:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found a part of its name that is not known or cannot be; correct it",
				    named);
	default:
		return capture_fail(capture, errno,
				    "wanted to open the camera %.80s, found: %s; \"oscanctl doctor\" tells more",
				    named, strerror(errno));
	}
}

static bool wants_raw(uint32_t format)
{
	return format == PHOTO_DNG || format == PHOTO_RAW;
}

/* Colours as they are seen, or as they are sensed, else what it has. */
static int configure(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_ops *ops = request->camera;
	struct camera_settings wanted = {
		.width = request->width,
		.height = request->height,
		.exposure_ns = request->exposure_ns,
		.gain = request->gain,
	};

	ops->capabilities(capture->camera, &capture->capabilities);
	wanted.format = wants_raw(request->format) &&
			capture->capabilities.bayer ?
			CAMERA_FORMAT_BAYER16 : CAMERA_FORMAT_RGB8;
	capture->settings = wanted;
	if (!ops->configure(capture->camera, &capture->settings))
		return 0;
	if (errno != EINVAL)
		return -1;
	wanted.format = 0;
	capture->settings = wanted;
	return ops->configure(capture->camera, &capture->settings);
}

/* A format of the camera that cannot become that of the photos. */
static bool format_fits(uint32_t photo, uint32_t camera)
{
	switch (photo) {
	case PHOTO_RAW:
		return true;
	case PHOTO_DNG:
		return camera == CAMERA_FORMAT_BAYER16;
	case PHOTO_JPEG:
		return camera != CAMERA_FORMAT_BAYER16;
	default:
		return camera != CAMERA_FORMAT_JPEG;
	}
}

static int lacks(struct capture *capture, const char *what)
{
	const struct camera_ops *ops = capture->request->camera;

	return capture_fail(capture, EOPNOTSUPP,
			    "wanted the camera %.80s to %s, found that it cannot; leave that to the camera, or take another one",
			    ops->id(capture->camera), what);
}

int capture_no_middle(struct capture *capture)
{
	const struct camera_ops *ops = capture->request->camera;

	return capture_fail(capture, EOPNOTSUPP,
			    "wanted an exposure to bracket about, found none, and the camera %.80s finds none by itself; give --shutter",
			    ops->id(capture->camera));
}

static int check_lens(struct capture *capture, double lens_dpt)
{
	const struct camera_capabilities *can = &capture->capabilities;

	if (!can->sets_lens)
		return lacks(capture, "move its lens");
	if (lens_dpt >= can->lens_min_dpt && lens_dpt <= can->lens_max_dpt)
		return 0;
	return capture_fail(capture, ERANGE,
			    "wanted the lens at %g dioptres, found that it goes from %g to %g; choose a position between them",
			    lens_dpt, can->lens_min_dpt, can->lens_max_dpt);
}

/* One that shows no frames before the photo has nothing to find it by. */
static int check_bracket(struct capture *capture)
{
	const struct capture_request *request = capture->request;

	if (request->bracket < 2 || request->exposure_ns ||
	    !capture->capabilities.on_demand)
		return 0;
	return capture_no_middle(capture);
}

static int check_abilities(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_capabilities *can = &capture->capabilities;

	if (!format_fits(request->format, capture->settings.format))
		return capture_fail(capture, EOPNOTSUPP,
				    "wanted photos as %s, found that the camera %.80s does not give what that is made of; choose another format",
				    photo_format_name(request->format),
				    request->camera->id(capture->camera));
	if ((request->exposure_ns || request->bracket > 1) &&
	    !can->sets_exposure)
		return lacks(capture, "keep to an exposure");
	if (request->gain && !can->sets_gain)
		return lacks(capture, "keep to a gain");
	if ((request->red_gain || request->lock_white_balance) &&
	    !can->sets_white_balance)
		return lacks(capture, "keep to a white balance");
	if (request->autofocus && !can->has_autofocus)
		return lacks(capture, "focus by itself");
	if (!isnan(request->lens_dpt) &&
	    check_lens(capture, request->lens_dpt))
		return -1;
	if (request->stack > 1 &&
	    (check_lens(capture, request->focus_min_dpt) ||
	     check_lens(capture, request->focus_max_dpt)))
		return -1;
	return check_bracket(capture);
}

int capture_open_camera(struct capture *capture)
{
	const struct capture_request *request = capture->request;

	if (request->trigger)
		return 0;
	capture->camera = request->camera->open(request->camera_id);
	if (!capture->camera)
		return camera_failed(capture);
	if (configure(capture))
		return capture_fail(capture, errno,
				    "wanted %ux%u pixels from the camera %.80s, found: %s; choose another size or exposure, or leave it to the camera",
				    request->width, request->height,
				    request->camera->id(capture->camera),
				    strerror(errno));
	request->camera->capabilities(capture->camera,
				      &capture->capabilities);
	capture->result->width = capture->settings.width;
	capture->result->height = capture->settings.height;
	return check_abilities(capture);
}
