// SPDX-License-Identifier: GPL-2.0-or-later
#include "readout.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/v4l2-subdev.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#define CLASS "/class/video4linux/"
/* What the places of the device tree stand in. */
#define TREE "/firmware/devicetree"

/* Slower than this is no sensor. */
#define LONGEST_NS 10e9

static bool read_control(int subdev, uint32_t id, int64_t *value)
{
	struct v4l2_ext_control control = { .id = id };
	struct v4l2_ext_controls controls = {
		.which = V4L2_CTRL_WHICH_CUR_VAL,
		.count = 1,
		.controls = &control,
	};

	if (ioctl(subdev, VIDIOC_G_EXT_CTRLS, &controls))
		return false;
	*value = id == V4L2_CID_PIXEL_RATE ? control.value64 : control.value;
	return true;
}

uint64_t readout_of_sensor(int subdev)
{
	struct v4l2_subdev_format format = {
		.which = V4L2_SUBDEV_FORMAT_ACTIVE,
	};
	int64_t rate, blank;
	double ns;

	if (!read_control(subdev, V4L2_CID_PIXEL_RATE, &rate) ||
	    !read_control(subdev, V4L2_CID_HBLANK, &blank) ||
	    ioctl(subdev, VIDIOC_SUBDEV_G_FMT, &format) || rate <= 0 ||
	    blank < 0 || !format.format.height)
		return 0;
	ns = ((double)format.format.width + blank) * 1e9 / rate *
	     (format.format.height - 1);
	return ns < LONGEST_NS ? llrint(ns) : 0;
}

/* Is this link of a sub-device's the place of the camera? */
static bool is_place(const char *sysfs, const char *link, const char *id)
{
	char base[PATH_MAX], place[PATH_MAX];
	size_t length;

	if (!realpath(sysfs, base) || !realpath(link, place))
		return false;
	length = strlen(base);
	return !strncmp(place, base, length) &&
	       !strncmp(place + length, TREE, strlen(TREE)) &&
	       !strcmp(place + length + strlen(TREE), id);
}

/* @link: <sysfs>/class/video4linux/v4l-subdevN/device/of_node */
static uint64_t readout_of_link(const char *link, size_t root)
{
	const char *name = link + root + strlen(CLASS);
	uint64_t readout_ns;
	char path[64];
	int subdev;

	snprintf(path, sizeof(path), "/dev/%.*s", (int)strcspn(name, "/"),
		 name);
	subdev = open(path, O_RDONLY | O_CLOEXEC);
	if (subdev < 0)
		return 0;
	readout_ns = readout_of_sensor(subdev);
	close(subdev);
	return readout_ns;
}

uint64_t readout_of_camera(const char *sysfs, const char *id)
{
	char pattern[PATH_MAX];
	uint64_t readout_ns = 0;
	glob_t found;

	if (snprintf(pattern, sizeof(pattern),
		     "%s" CLASS "v4l-subdev*/device/of_node", sysfs) >=
	    (int)sizeof(pattern) || glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !readout_ns; i++)
		if (is_place(sysfs, found.gl_pathv[i], id))
			readout_ns = readout_of_link(found.gl_pathv[i],
						     strlen(sysfs));
	globfree(&found);
	return readout_ns;
}
