/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's driver of a camera means by the times of its frames:
 * libcamera passes them on without saying so.
 */
#ifndef OSCAN_V4L2_DRIVER_H
#define OSCAN_V4L2_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct v4l2_driver - a driver of cameras
 * @part_of_name: of its name in sysfs
 * @mark: enum camera_mark of its buffers' times
 * @counts_gaps: its sequence numbers count frames that found no buffer
 */
struct v4l2_driver {
	const char *part_of_name;
	uint32_t mark;
	bool counts_gaps;
};

/**
 * v4l2_driver_of - the driver of a camera's devices
 * @devices: shape [@count], numbers of /dev/video* and /dev/v4l-subdev*
 *
 * Return: never NULL; its mark is CAMERA_MARK_UNKNOWN where none is found
 */
const struct v4l2_driver *v4l2_driver_of(const dev_t *devices, size_t count);

/**
 * v4l2_devices - numbers of the V4L2 devices of this machine
 * @devices: out, shape [@most]
 *
 * Return: how many there are, at most @most
 */
size_t v4l2_devices(dev_t *devices, size_t most);

/**
 * v4l2_media_is_locked - whether a program holds a media device with lockf(3)
 *
 * Looking drops the locks that this process has on them itself.
 */
bool v4l2_media_is_locked(void);

#ifdef __cplusplus
}
#endif

#endif /* OSCAN_V4L2_DRIVER_H */
