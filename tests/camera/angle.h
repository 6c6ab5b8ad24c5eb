/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The angle of the turntable, read from the pixels of a synthetic image.
 *
 * Written from what scene.h says of the object and the camera, and sharing no
 * code with what draws them.
 */
#ifndef ANGLE_H
#define ANGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct angle - what an image says
 * @degrees: of the turntable at the middle row, 0 to 360
 * @per_row: change from row to row, degrees
 * @contrast: of the fine code: half of what it goes up and down, grey levels
 */
struct angle {
	double degrees;
	double per_row;
	double contrast;
};

/**
 * angle_read - read the angle code
 * @pixels: shape [@height][@width][@channels], seen from a rotor of 90 degrees
 * @channels: 1 or 3
 *
 * Return: false when there is no code, or too little contrast
 */
bool angle_read(const uint8_t *pixels, uint32_t width, uint32_t height,
		uint32_t channels, struct angle *angle);

/** angle_between - @a less @b by the shorter way, -180 to 180 */
double angle_between(double a, double b);

#endif /* ANGLE_H */
