/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the synthetic camera looks at: a column on a turntable, drawn for any
 * pose, with a ruler of its angle and points whose places are known. Pure.
 *
 * The object. Millimetres, z upwards, origin in the middle of the column,
 * which is SCENE_RADIUS thick and goes from -SCENE_HALF_HEIGHT to
 * +SCENE_HALF_HEIGHT. The table is a disc of SCENE_TABLE_RADIUS at its foot.
 * Both are covered with a texture that is the same on every machine, and with
 * the points of scene_point(): white dots of SCENE_DOT_RADIUS, each in a dark
 * ring. They are lit by one lamp that stands still, beside the camera.
 *
 * The angle code is a belt around the column that shines by itself. Its
 * brightness at azimuth a of the object is 128 + 100 cos(n a), with
 *   n = SCENE_FINE	where |z| < SCENE_FINE_TO,
 *   n = SCENE_MIDDLE	where SCENE_FINE_TO < |z| < SCENE_MIDDLE_TO,
 *   n = SCENE_COARSE	where SCENE_MIDDLE_TO < |z| < SCENE_COARSE_TO,
 * each rounded to a whole number, times the gain. From a camera of 90 degrees
 * the fine code lies around the middle row. A phase of the fine code that is
 * fitted tells the angle of the turntable at the middle of the exposure, the
 * two others tell which period it is in.
 *
 * The pose. A point p of the object stands at p turned by turntable_deg around
 * z, from x towards y. The camera stands on an arc of SCENE_DISTANCE around
 * the origin, in the plane of x and z, at rotor_deg from z (0: looking straight
 * down, 90: level, at +x), and looks at the origin.
 *
 * The camera is a pinhole without distortion. With t = rotor_deg,
 *   c = SCENE_DISTANCE (sin t, 0, cos t)		where it is
 *   f = (-sin t, 0, -cos t)			forward
 *   r = (0, 1, 0)				to the right of the image
 *   u = (-cos t, 0, sin t)			upwards in the image
 * a point q is seen at column (width - 1) / 2 + F (q - c).r / (q - c).f and
 * row (height - 1) / 2 - F (q - c).u / (q - c).f, where whole numbers are the
 * middles of pixels and F is scene_focal_px().
 */
#ifndef OSCAN_SCENE_H
#define OSCAN_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENE_RADIUS		25.0
#define SCENE_HALF_HEIGHT	30.0
#define SCENE_TABLE_RADIUS	50.0
#define SCENE_DISTANCE		250.0
#define SCENE_DOT_RADIUS	1.6

#define SCENE_FINE		25
#define SCENE_MIDDLE		5
#define SCENE_COARSE		1
#define SCENE_FINE_TO		6.0
#define SCENE_MIDDLE_TO		11.0
#define SCENE_COARSE_TO		16.0

/* Most poses that a row may be exposed for. */
#define SCENE_POSES_MAX 16
/* Greatest gain. */
#define SCENE_GAIN_MAX 8.0

/**
 * struct scene_pose - how object and camera stand
 * @turntable_deg: any number of turns
 * @rotor_deg: of the camera's arc, from straight above; 0 to 180
 */
struct scene_pose {
	double turntable_deg;
	double rotor_deg;
};

struct scene;

/**
 * scene_new - prepare for images of one size
 *
 * Return: scene, to be freed with scene_free(), or NULL with ENOMEM.
 */
struct scene *scene_new(uint32_t width, uint32_t height);

/** scene_free - free; NULL is accepted */
void scene_free(struct scene *scene);

/**
 * scene_row - draw one row
 * @row: 0 is at the top
 * @poses: shape [@count], evenly spread over the row's exposure, of which the
 *	mean is taken
 * @count: 1 to SCENE_POSES_MAX
 * @gain: above 0, up to SCENE_GAIN_MAX
 * @format: enum camera_format
 * @pixels: out, shape [width] or [width][3]
 *
 * It costs little while rotor_deg is that of the row's last drawing.
 */
void scene_row(struct scene *scene, uint32_t row,
	       const struct scene_pose *poses, size_t count, double gain,
	       uint32_t format, uint8_t *pixels);

/** scene_width - as made */
uint32_t scene_width(const struct scene *scene);

/** scene_height - as made */
uint32_t scene_height(const struct scene *scene);

/**
 * scene_dioptres - how far away what a row shows is
 *
 * Return: shape [width], 1/m along the optical axis, for the last pose of the
 * row's last drawing; 0 for the background.
 */
const float *scene_dioptres(const struct scene *scene, uint32_t row);

/** scene_focal_px - focal length: 1.5 times the width, or twice the height */
double scene_focal_px(uint32_t width, uint32_t height);

/**
 * scene_point - a dot of the object
 * @index: from 0
 * @point: out, shape [3], mm, of the object at 0 degrees
 *
 * Return: false when there are not so many
 */
bool scene_point(size_t index, double point[3]);

/**
 * scene_project - where a point of the object is in the image
 * @point: shape [3], mm, as from scene_point()
 * @column: out, pixels, may lie beyond the image
 * @line: out, row, likewise
 *
 * Return: whether it is seen: on the surface, facing the camera, and nothing
 * before it
 */
bool scene_project(uint32_t width, uint32_t height,
		   const struct scene_pose *pose, const double point[3],
		   double *column, double *line);

#endif /* OSCAN_SCENE_H */
