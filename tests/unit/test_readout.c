// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/readout.c -lm -Wl,--wrap=open -Wl,--wrap=close
 * -Wl,--wrap=ioctl
 */
/* A sensor's time to read a frame out, from devices that are played here. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/v4l2-subdev.h>
#include <linux/videodev2.h>

#include "readout.h"
#include "unit.h"

#define SUBDEV 1000
#define ID "/base/soc/i2c@1/imx219@10"

/* As an imx219 of a Raspberry Pi has it for 1640 x 1232. */
static struct {
	bool no_subdev;
	bool no_rate;
	bool no_blank;
	int64_t rate;
	int32_t blank;
	uint32_t width;
	uint32_t height;
	int open;
} device;

static void new_device(void)
{
	memset(&device, 0, sizeof(device));
	device.rate = 182400000;
	device.blank = 1808;
	device.width = 1640;
	device.height = 1232;
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	errno = ENOENT;
	if (!strcmp(path, "/dev/v4l-subdev7") && !device.no_subdev) {
		device.open++;
		return SUBDEV;
	}
	return -1;
}

int __wrap_close(int fd)
{
	ck_assert_int_eq(fd, SUBDEV);
	device.open--;
	return 0;
}

static int control(struct v4l2_ext_controls *controls)
{
	struct v4l2_ext_control *control = controls->controls;

	ck_assert_uint_eq(controls->count, 1);
	ck_assert_uint_eq(controls->which, V4L2_CTRL_WHICH_CUR_VAL);
	errno = EINVAL;
	if (control->id == V4L2_CID_PIXEL_RATE && !device.no_rate)
		control->value64 = device.rate;
	else if (control->id == V4L2_CID_HBLANK && !device.no_blank)
		control->value = device.blank;
	else
		return -1;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct v4l2_subdev_format *format;
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	ck_assert_int_eq(fd, SUBDEV);
	if (request == VIDIOC_G_EXT_CTRLS)
		return control(argument);
	ck_assert(request == VIDIOC_SUBDEV_G_FMT);
	format = argument;
	ck_assert_uint_eq(format->which, V4L2_SUBDEV_FORMAT_ACTIVE);
	ck_assert_uint_eq(format->pad, 0);
	format->format.width = device.width;
	format->format.height = device.height;
	return 0;
}

static void is_not_known(void)
{
	ck_assert_uint_eq(readout_of_sensor(SUBDEV), 0);
}

TEST(lines_take_their_width_and_blanking_at_the_pixel_rate)
{
	new_device();
	/* 3448 pixels a line, 18.904 us; 1231 lines. */
	ck_assert_uint_eq(readout_of_sensor(SUBDEV), 23270219);
	device.height = 1;
	is_not_known();
}

TEST(what_is_not_told_is_not_known)
{
	new_device();
	device.no_rate = true;
	is_not_known();
	new_device();
	device.no_blank = true;
	is_not_known();
}

TEST(numbers_that_cannot_be_are_not_believed)
{
	new_device();
	device.rate = 0;
	is_not_known();
	device.rate = -5;
	is_not_known();
	device.rate = 1;
	is_not_known();
	new_device();
	device.blank = -3000;
	is_not_known();
	new_device();
	device.height = 0;
	is_not_known();
}

/* ---- which one it is ---- */

static char sysfs[] = "/tmp/test_readout.XXXXXX";

static void sh(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	ck_assert_int_eq(system(command), 0);
}

static void add_sensor(int number, const char *id)
{
	sh("mkdir -p %s/devices/%d %s/firmware/devicetree%s %s/class/video4linux/v4l-subdev%d",
	   sysfs, number, sysfs, id, sysfs, number);
	sh("ln -s ../../firmware/devicetree%s %s/devices/%d/of_node", id,
	   sysfs, number);
	sh("ln -s ../../../devices/%d %s/class/video4linux/v4l-subdev%d/device",
	   number, sysfs, number);
}

TEST(the_sensor_is_the_one_that_the_id_names)
{
	new_device();
	ck_assert_ptr_nonnull(mkdtemp(sysfs));
	ck_assert_uint_eq(readout_of_camera(sysfs, ID), 0);
	add_sensor(6, "/base/soc/i2c@1/imx219@1");
	add_sensor(7, ID);
	add_sensor(8, ID "0");
	ck_assert_uint_eq(readout_of_camera(sysfs, ID), 23270219);
	ck_assert_int_eq(device.open, 0);
	ck_assert_uint_eq(readout_of_camera(sysfs, "/base/soc/i2c@1"), 0);
	ck_assert_uint_eq(readout_of_camera(sysfs, "platform/vimc.0"), 0);
	ck_assert_uint_eq(readout_of_camera(sysfs, ""), 0);
	device.no_subdev = true;
	ck_assert_uint_eq(readout_of_camera(sysfs, ID), 0);
	ck_assert_int_eq(device.open, 0);
	sh("rm -rf %s", sysfs);
}

TEST(without_sysfs_nothing_is_known)
{
	new_device();
	ck_assert_uint_eq(readout_of_camera("/nowhere", ID), 0);
}
