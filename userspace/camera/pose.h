/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the synthetic camera learns how the object stood.
 */
#ifndef OSCAN_POSE_H
#define OSCAN_POSE_H

#include <stdint.h>
#include "scene.h"

/**
 * struct pose_source - who knows the poses
 * @at: the pose at @time_ns, CLOCK_MONOTONIC, which is past. 0, or -1 with
 *	errno: EAGAIN: not known yet, ask again in a while; any other: never.
 *	Need not answer for times long before the latest it was asked for.
 * @close: give back; may be NULL
 * @data: passed on
 */
struct pose_source {
	int (*at)(void *data, uint64_t time_ns, struct scene_pose *pose);
	void (*close)(void *data);
	void *data;
};

/**
 * pose_steady - a turntable that turns by itself, and a rotor that stands
 * @source: out
 * @start: pose at @start_ns
 * @speed_deg_s: of the turntable, may be negative or 0
 *
 * Return: 0, or -1 with ENOMEM
 */
int pose_steady(struct pose_source *source, const struct scene_pose *start,
		uint64_t start_ns, double speed_deg_s);

/**
 * pose_driver - the steps that the driver made
 * @source: out
 * @device: of the motors, NULL for the usual one
 * @rest: pose of an axis that the machine has not
 *
 * The axes are those named "turntable" and "rotor". Between two steps the pose
 * is on the straight line. It subscribes to the driver's trace as any program
 * may, and commands nothing. While steps are missing from the trace, and when
 * a position was set, no pose is known until the axis was seen at rest.
 *
 * Return: 0, or -1: errno of oscan_motor_open() or oscan_monitor_open();
 * ENXIO: neither axis is there; ENOMEM
 */
int pose_driver(struct pose_source *source, const char *device,
		const struct scene_pose *rest);

#endif /* OSCAN_POSE_H */
