// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of V4L2 devices: they outlive the program that made them, so that
 * the next one would see through our exposure.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "restore.h"

/* What cannot be read back and written again. */
#define NO_SETTING (V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_READ_ONLY | \
		    V4L2_CTRL_FLAG_WRITE_ONLY | V4L2_CTRL_FLAG_VOLATILE | \
		    V4L2_CTRL_FLAG_INACTIVE | V4L2_CTRL_FLAG_HAS_PAYLOAD | \
		    V4L2_CTRL_FLAG_EXECUTE_ON_WRITE)

static bool is_number(uint32_t type)
{
	switch (type) {
	case V4L2_CTRL_TYPE_INTEGER:
	case V4L2_CTRL_TYPE_BOOLEAN:
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU:
	case V4L2_CTRL_TYPE_BITMASK:
	case V4L2_CTRL_TYPE_INTEGER64:
		return true;
	default:
		return false;
	}
}

static int open_device(const char *path)
{
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* Subdevices do not tell their bus on every kernel. */
static void bus_of(int fd, char *bus, size_t size)
{
	struct v4l2_capability capability = { 0 };

	*bus = '\0';
	if (!ioctl(fd, VIDIOC_QUERYCAP, &capability))
		snprintf(bus, size, "%.*s",
			 (int)sizeof(capability.bus_info),
			 (const char *)capability.bus_info);
}

static int exchange(int fd, unsigned long request, uint32_t id, uint32_t type,
		    int64_t *value)
{
	struct v4l2_ext_control control = { .id = id };
	struct v4l2_ext_controls controls = {
		.which = V4L2_CTRL_WHICH_CUR_VAL,
		.count = 1,
		.controls = &control,
	};

	if (type == V4L2_CTRL_TYPE_INTEGER64)
		control.value64 = *value;
	else
		control.value = *value;
	if (ioctl(fd, request, &controls))
		return -1;
	*value = type == V4L2_CTRL_TYPE_INTEGER64 ? control.value64 :
						     control.value;
	return 0;
}

/* Return: 0 also if the device has no single-planar capture format. */
static int get_format(int fd, struct v4l2_format *format)
{
	memset(format, 0, sizeof(*format));
	format->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	return ioctl(fd, VIDIOC_G_FMT, format);
}

static int64_t size_of(const struct v4l2_format *format)
{
	return (int64_t)format->fmt.pix.width << 32 | format->fmt.pix.height;
}

static int tell_format(int fd, struct restore_entry entry,
		       int (*each)(void *data,
				   const struct restore_entry *entry),
		       void *data)
{
	struct v4l2_format format;

	if (get_format(fd, &format))
		return 0;
	entry.kind = RESTORE_FORMAT;
	entry.id = format.fmt.pix.pixelformat;
	entry.before = size_of(&format);
	return each(data, &entry);
}

int controls_each(const char *device,
		  int (*each)(void *data, const struct restore_entry *entry),
		  void *data)
{
	struct restore_entry entry = { .kind = RESTORE_CONTROL };
	struct v4l2_query_ext_ctrl query = { 0 };
	int fd = open_device(device), result;

	if (fd < 0)
		return 0;
	snprintf(entry.device, sizeof(entry.device), "%s", device);
	bus_of(fd, entry.name, sizeof(entry.name));
	result = tell_format(fd, entry, each, data);
	query.id = V4L2_CTRL_FLAG_NEXT_CTRL;
	while (!result && !ioctl(fd, VIDIOC_QUERY_EXT_CTRL, &query)) {
		entry.id = query.id;
		entry.before = 0;
		if (!(query.flags & NO_SETTING) && is_number(query.type) &&
		    !exchange(fd, VIDIOC_G_EXT_CTRLS, query.id, query.type,
			      &entry.before))
			result = each(data, &entry);
		query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	close(fd);
	return result;
}

static int put_back_control(int fd, const struct restore_entry *entry)
{
	struct v4l2_query_ext_ctrl query = { .id = entry->id };
	int64_t value = 0;

	if (ioctl(fd, VIDIOC_QUERY_EXT_CTRL, &query) ||
	    exchange(fd, VIDIOC_G_EXT_CTRLS, entry->id, query.type, &value))
		return -1;
	if (value == entry->before)
		return 0;
	value = entry->before;
	if (exchange(fd, VIDIOC_S_EXT_CTRLS, entry->id, query.type, &value))
		return -1;
	return 1;
}

static int put_back_format(int fd, const struct restore_entry *entry)
{
	struct v4l2_format format;

	if (get_format(fd, &format))
		return -1;
	if (format.fmt.pix.pixelformat == entry->id &&
	    size_of(&format) == entry->before)
		return 0;
	format.fmt.pix.pixelformat = entry->id;
	format.fmt.pix.width = entry->before >> 32;
	format.fmt.pix.height = entry->before;
	format.fmt.pix.bytesperline = 0;
	format.fmt.pix.sizeimage = 0;
	return ioctl(fd, VIDIOC_S_FMT, &format) ? -1 : 1;
}

int controls_put_back(const struct restore_entry *entry)
{
	char bus[sizeof(entry->name)];
	int fd = open_device(entry->device), result = 0, error;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV || errno == ENXIO ?
		       0 : -1;
	bus_of(fd, bus, sizeof(bus));
	if (!strcmp(bus, entry->name))
		result = entry->kind == RESTORE_FORMAT ?
			 put_back_format(fd, entry) :
			 put_back_control(fd, entry);
	error = errno;
	close(fd);
	errno = error;
	return result;
}
