/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a sensor takes to read a frame out, from its own driver: libcamera
 * knows but does not tell.
 *
 * The time of a line is (width + V4L2_CID_HBLANK) / V4L2_CID_PIXEL_RATE, with
 * the width of what the sensor puts out. A frame that is only a part of that is
 * read out faster than said here.
 *
 * The media device is not asked which sensor it has: libcamera locks it with
 * lockf(3), and a process loses such a lock when it closes the file once more.
 */
#ifndef OSCAN_READOUT_H
#define OSCAN_READOUT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * readout_of_sensor - of the sensor with an open sub-device
 *
 * Return: nanoseconds from the first line's readout to the last one's; 0 when
 * it does not tell.
 */
uint64_t readout_of_sensor(int subdev);

/**
 * readout_of_camera - of the sensor of a camera of libcamera
 * @sysfs: where that is mounted, "/sys"
 * @id: of the camera; where the device tree describes the sensor this is its
 *	place in there, such as "/base/soc/i2c0mux/i2c@1/imx219@10"
 *
 * Return: as above; 0 also when there is no such sensor
 */
uint64_t readout_of_camera(const char *sysfs, const char *id);

#ifdef __cplusplus
}
#endif

#endif /* OSCAN_READOUT_H */
