/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a lens that is not focused does to an image of the scene. Pure.
 *
 * A point at a distance of d dioptres is spread by a lens at l over a circle
 * of F A |d - l| pixels, where F is scene_focal_px() and A the aperture in
 * metres. The circle is replaced by a box of the same variance, along rows,
 * then along columns; each pixel has that of its own distance.
 */
#ifndef OSCAN_DEFOCUS_H
#define OSCAN_DEFOCUS_H

#include <stdint.h>
#include "scene.h"

/* Of the lens: f/2. */
#define DEFOCUS_FOCAL_MM	16.0
#define DEFOCUS_APERTURE_MM	8.0

/**
 * defocus - blur an image that scene_row() has drawn
 * @scene: just drawn, all rows
 * @lens_dpt: lens position
 * @channels: bytes per pixel
 * @pixels: shape [height][width][@channels]
 *
 * Return: 0, or -1 with ENOMEM
 */
int defocus(const struct scene *scene, double lens_dpt, uint32_t channels,
	    uint8_t *pixels);

/**
 * defocus_sharpness - how sharp an image of one channel is
 *
 * Return: the mean square of what neighbours differ by; the image of a set
 * that is largest is the sharpest.
 */
double defocus_sharpness(uint32_t width, uint32_t height,
			 const uint8_t *pixels);

/**
 * defocus_search - the lens position at which the scene is sharpest
 * @width: of the image; it is searched in a small one of the same view
 * @pose: how object and camera stand
 * @least: least lens position
 * @most: greatest lens position
 * @lens_dpt: out
 *
 * Each position that is tried is a frame drawn, blurred and looked at: some
 * over all of the range, then closer and closer around the sharpest.
 *
 * Return: 0, or -1 with ENOMEM
 */
int defocus_search(uint32_t width, uint32_t height,
		   const struct scene_pose *pose, double least, double most,
		   double *lens_dpt);

#endif /* OSCAN_DEFOCUS_H */
