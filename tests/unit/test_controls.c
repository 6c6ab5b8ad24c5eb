// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/controls.c -Wl,--wrap=open -Wl,--wrap=ioctl */
/* The settings of a V4L2 device that is played. */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "restore.h"
#include "unit.h"

#define DEVICE "/dev/video0"
#define GAIN V4L2_CID_GAIN
#define LINK_FREQUENCY V4L2_CID_LINK_FREQ
#define RATE V4L2_CID_PIXEL_RATE
#define MOST 8

/* As a program that only looks on has set it up. */
static struct {
	const char *bus;
	struct v4l2_pix_format format;
	int64_t gain;
	int64_t rate;
	bool gone;
	bool busy;
} camera;

static struct restore_entry noted[MOST];
static size_t count;

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	ck_assert_str_eq(path, DEVICE);
	errno = ENODEV;
	return camera.gone ? -1 : openat(AT_FDCWD, "/dev/null", flags);
}

static int query(struct v4l2_query_ext_ctrl *control)
{
	static const struct v4l2_query_ext_ctrl controls[] = {
		{ .id = GAIN, .type = V4L2_CTRL_TYPE_INTEGER },
		{ .id = LINK_FREQUENCY, .type = V4L2_CTRL_TYPE_INTEGER,
		  .flags = V4L2_CTRL_FLAG_READ_ONLY },
		{ .id = RATE, .type = V4L2_CTRL_TYPE_INTEGER64 },
	};
	const bool next = control->id & V4L2_CTRL_FLAG_NEXT_CTRL;
	const uint32_t id = control->id & ~V4L2_CTRL_FLAG_NEXT_CTRL;

	for (size_t n = 0; n < sizeof(controls) / sizeof(*controls); n++) {
		if (next ? controls[n].id > id : controls[n].id == id) {
			*control = controls[n];
			return 0;
		}
	}
	errno = EINVAL;
	return -1;
}

static int exchange(struct v4l2_ext_controls *controls, bool set)
{
	struct v4l2_ext_control *control = controls->controls;

	ck_assert_uint_eq(controls->count, 1);
	if (control->id == GAIN && set)
		camera.gain = control->value;
	else if (control->id == GAIN)
		control->value = camera.gain;
	else if (set)
		camera.rate = control->value64;
	else
		control->value64 = camera.rate;
	return 0;
}

/* A driver works these two out itself where they are 0. */
static int set_format(struct v4l2_pix_format format)
{
	errno = EBUSY;
	if (camera.busy)
		return -1;
	ck_assert_uint_eq(format.bytesperline, 0);
	ck_assert_uint_eq(format.sizeimage, 0);
	format.bytesperline = 2 * format.width;
	format.sizeimage = format.bytesperline * format.height;
	camera.format = format;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *data);
int __wrap_ioctl(int fd, unsigned long request, void *data)
{
	struct v4l2_capability *capability = data;
	struct v4l2_format *format = data;

	(void)fd;
	switch (request) {
	case VIDIOC_QUERYCAP:
		strcpy((char *)capability->bus_info, camera.bus);
		return 0;
	case VIDIOC_G_FMT:
		ck_assert_uint_eq(format->type, V4L2_BUF_TYPE_VIDEO_CAPTURE);
		format->fmt.pix = camera.format;
		return 0;
	case VIDIOC_S_FMT:
		return set_format(format->fmt.pix);
	case VIDIOC_QUERY_EXT_CTRL:
		return query(data);
	default:
		return exchange(data, request == VIDIOC_S_EXT_CTRLS);
	}
}

static int note(void *data, const struct restore_entry *entry)
{
	(void)data;
	ck_assert_uint_lt(count, MOST);
	noted[count++] = *entry;
	return 0;
}

static void use(uint32_t pixels, uint32_t width, uint32_t height)
{
	camera.format = (struct v4l2_pix_format){
		.pixelformat = pixels,
		.width = width,
		.height = height,
		.bytesperline = 2 * width,
		.sizeimage = 2 * width * height,
	};
}

/* What a scan changes, noted before. */
static void change(void)
{
	camera.bus = "usb-1";
	camera.gain = -3;
	camera.rate = INT64_C(1) << 40;
	use(V4L2_PIX_FMT_YUYV, 640, 480);
	ck_assert_int_eq(controls_each(DEVICE, note, NULL), 0);
	use(V4L2_PIX_FMT_MJPEG, 1920, 1080);
	camera.gain = 7;
	camera.rate = 8;
}

static void must_have(uint32_t pixels, uint32_t width, uint32_t height)
{
	ck_assert_uint_eq(camera.format.pixelformat, pixels);
	ck_assert_uint_eq(camera.format.width, width);
	ck_assert_uint_eq(camera.format.height, height);
	ck_assert_uint_eq(camera.format.sizeimage, 2 * width * height);
}

TEST(R58_a_format_that_was_changed_is_put_back)
{
	change();
	ck_assert_uint_eq(noted[0].kind, RESTORE_FORMAT);
	ck_assert_int_eq(controls_put_back(&noted[0]), 1);
	must_have(V4L2_PIX_FMT_YUYV, 640, 480);
	ck_assert_int_eq(controls_put_back(&noted[0]), 0);
	/* One of the two is enough. */
	use(V4L2_PIX_FMT_YUYV, 480, 640);
	ck_assert_int_eq(controls_put_back(&noted[0]), 1);
	use(V4L2_PIX_FMT_MJPEG, 640, 480);
	ck_assert_int_eq(controls_put_back(&noted[0]), 1);
	must_have(V4L2_PIX_FMT_YUYV, 640, 480);
}

TEST(R58_controls_that_were_changed_are_put_back)
{
	change();
	ck_assert_uint_eq(count, 3);
	for (size_t n = 1; n < count; n++) {
		ck_assert_uint_eq(noted[n].kind, RESTORE_CONTROL);
		ck_assert_int_eq(controls_put_back(&noted[n]), 1);
		ck_assert_int_eq(controls_put_back(&noted[n]), 0);
	}
	ck_assert_int_eq(camera.gain, -3);
	ck_assert_int_eq(camera.rate, INT64_C(1) << 40);
	must_have(V4L2_PIX_FMT_MJPEG, 1920, 1080);
}

TEST(a_device_that_is_busy_is_told_and_one_that_is_gone_is_not)
{
	change();
	camera.busy = true;
	ck_assert_int_eq(controls_put_back(&noted[0]), -1);
	ck_assert_int_eq(errno, EBUSY);
	camera.busy = false;
	camera.gone = true;
	ck_assert_int_eq(controls_put_back(&noted[0]), 0);
	camera.gone = false;
	camera.bus = "usb-2";
	ck_assert_int_eq(controls_put_back(&noted[0]), 0);
	must_have(V4L2_PIX_FMT_MJPEG, 1920, 1080);
}
