// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/scene.c tests/camera/angle.c -lm */
/*
 * What the synthetic camera draws is what scene.h says, by its formulas and
 * by the angle that is read back from the pixels.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../camera/angle.h"
#include "camera.h"
#include "scene.h"
#include "unit.h"

#define WIDTH 640
#define HEIGHT 480

static uint8_t image[WIDTH * HEIGHT * 3];

static void draw(struct scene *scene, uint32_t width, uint32_t height,
		 const struct scene_pose *poses, size_t count, double gain,
		 uint32_t format)
{
	size_t row_bytes = width * camera_bytes_per_pixel(format);

	for (uint32_t row = 0; row < height; row++)
		scene_row(scene, row, poses, count, gain, format,
			  image + row * row_bytes);
}

static struct scene_pose level(double degrees)
{
	return (struct scene_pose){ degrees, 90 };
}

static struct angle read_level(struct scene *scene, uint32_t width,
			       uint32_t height, double degrees)
{
	struct scene_pose pose = level(degrees);
	struct angle angle;

	draw(scene, width, height, &pose, 1, 1, CAMERA_FORMAT_GREY8);
	ck_assert_msg(angle_read(image, width, height, 1, &angle),
		      "no code is seen at %f degrees", degrees);
	return angle;
}

static void reads_back(uint32_t width, uint32_t height, double step,
		       double tolerance)
{
	struct scene *scene = scene_new(width, height);

	for (double degrees = -361; degrees < 361; degrees += step) {
		struct angle angle = read_level(scene, width, height, degrees);

		ck_assert_double_eq_tol(angle_between(angle.degrees, degrees),
					0, tolerance);
		ck_assert_double_eq_tol(angle.per_row, 0, tolerance);
	}
	scene_free(scene);
}

TEST(an_image_tells_its_angle)
{
	reads_back(320, 240, 47.3, 0.005);
	reads_back(160, 120, 31.7, 0.02);
	reads_back(640, 360, 223.4, 0.005);
}

TEST(a_step_of_a_hundredth_of_a_degree_is_seen)
{
	struct scene *scene = scene_new(320, 240);
	double before = read_level(scene, 320, 240, 77).degrees;
	double after = read_level(scene, 320, 240, 77.01).degrees;

	ck_assert_double_eq_tol(after - before, 0.01, 0.004);
	scene_free(scene);
}

TEST(a_blurred_image_tells_the_middle_and_has_less_contrast)
{
	struct scene *scene = scene_new(320, 240);
	struct scene_pose poses[8];
	struct angle still, blurred;

	still = read_level(scene, 320, 240, 200);
	for (int i = 0; i < 8; i++)
		poses[i] = level(200 + 6 * ((i + 0.5) / 8 - 0.5));
	draw(scene, 320, 240, poses, 8, 1, CAMERA_FORMAT_GREY8);
	ck_assert(angle_read(image, 320, 240, 1, &blurred));
	ck_assert_double_eq_tol(blurred.degrees, 200, 0.005);
	/* Of 25 periods a blur of 6 degrees leaves sin(x) / x, x = 75 deg. */
	ck_assert_double_eq_tol(blurred.contrast / still.contrast, 0.738,
				0.01);
	scene_free(scene);
}

TEST(rows_of_different_poses_tell_the_slope)
{
	struct scene *scene = scene_new(320, 240);
	struct scene_pose pose;
	struct angle angle;

	for (uint32_t row = 0; row < 240; row++) {
		pose = level(40 + 0.02 * (row - 119.5));
		scene_row(scene, row, &pose, 1, 1, CAMERA_FORMAT_GREY8,
			  image + row * 320);
	}
	ck_assert(angle_read(image, 320, 240, 1, &angle));
	ck_assert_double_eq_tol(angle.degrees, 40, 0.005);
	ck_assert_double_eq_tol(angle.per_row, 0.02, 0.001);
	scene_free(scene);
}

/* The formulas of scene.h once more. */
static void project(const struct scene_pose *pose, const double point[3],
		    double *column, double *line)
{
	double a = pose->turntable_deg * M_PI / 180;
	double t = pose->rotor_deg * M_PI / 180;
	double x = point[0] * cos(a) - point[1] * sin(a);
	double y = point[0] * sin(a) + point[1] * cos(a);
	double z = point[2];
	double deep = SCENE_DISTANCE - x * sin(t) - z * cos(t);
	double high = -x * cos(t) + z * sin(t);

	*column = (WIDTH - 1) / 2.0 + 1.5 * WIDTH * y / deep;
	*line = (HEIGHT - 1) / 2.0 - 1.5 * WIDTH * high / deep;
}

/* Middle of what is as bright as the place: the texture never is. */
static bool blob(double *column, double *line)
{
	int c0 = lrint(*column), r0 = lrint(*line), reach = 9;
	double sum = 0, x = 0, y = 0, least;

	if (c0 < reach || c0 >= WIDTH - reach || r0 < reach ||
	    r0 >= HEIGHT - reach)
		return false;
	least = 0.88 * image[r0 * WIDTH + c0];
	for (int r = r0 - reach; r <= r0 + reach; r++) {
		for (int c = c0 - reach; c <= c0 + reach; c++) {
			if (image[r * WIDTH + c] < least)
				continue;
			sum++;
			x += c;
			y += r;
		}
	}
	if (sum < 20)
		return false;
	*column = x / sum;
	*line = y / sum;
	return true;
}

/* Dots that face the camera and that nothing is half before. */
static bool faces(const struct scene_pose *pose, const double point[3])
{
	double a = pose->turntable_deg * M_PI / 180;
	double t = pose->rotor_deg * M_PI / 180;
	double near = point[0] * cos(a) - point[1] * sin(a);

	if (hypot(point[0], point[1]) < SCENE_RADIUS - 1)
		return cos(t) > 0.6;
	if (hypot(point[0], point[1]) > SCENE_RADIUS + 1)
		return cos(t) > 0.9 && near > 0;
	return near / SCENE_RADIUS * sin(t) > 0.6;
}

static unsigned int check_points(struct scene *scene,
				 const struct scene_pose *pose)
{
	double point[3], column, line, ours[2];
	unsigned int found = 0;

	draw(scene, WIDTH, HEIGHT, pose, 1, 1, CAMERA_FORMAT_GREY8);
	for (size_t i = 0; scene_point(i, point); i++) {
		bool seen = scene_project(WIDTH, HEIGHT, pose, point, &column,
					  &line);

		project(pose, point, &ours[0], &ours[1]);
		ck_assert_double_eq_tol(column, ours[0], 1e-6);
		ck_assert_double_eq_tol(line, ours[1], 1e-6);
		if (!seen || !faces(pose, point))
			continue;
		ck_assert_msg(blob(&ours[0], &ours[1]),
			      "there is no dot %zu at %.1f, %.1f", i, column,
			      line);
		ck_assert_msg(hypot(ours[0] - column, ours[1] - line) < 0.6,
			      "dot %zu is at %.2f, %.2f and not %.2f, %.2f",
			      i, ours[0], ours[1], column, line);
		found++;
	}
	return found;
}

TEST(points_are_where_the_pinhole_model_has_them)
{
	static const double rotors[] = { 90, 70, 45, 20 };
	struct scene *scene = scene_new(WIDTH, HEIGHT);

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 3; k++) {
			struct scene_pose pose = { 31.0 * k, rotors[i] };

			ck_assert_uint_ge(check_points(scene, &pose), 3);
		}
	scene_free(scene);
}

TEST(what_is_behind_or_hidden_is_not_seen)
{
	static const double behind[3] = { -SCENE_RADIUS, 0, 24 };
	static const double before[3] = { SCENE_RADIUS, 0, 24 };
	/* On the table, behind the column from the level. */
	static const double hidden[3] = { -40, 0, -SCENE_HALF_HEIGHT };
	static const double inside[3] = { 5, 0, 0 };
	struct scene_pose pose = level(0), above = { 0, 0 };
	double column, line;

	ck_assert(scene_project(WIDTH, HEIGHT, &pose, before, &column, &line));
	ck_assert(!scene_project(WIDTH, HEIGHT, &pose, behind, &column,
				 &line));
	ck_assert(!scene_project(WIDTH, HEIGHT, &pose, hidden, &column,
				 &line));
	ck_assert(!scene_project(WIDTH, HEIGHT, &pose, inside, &column,
				 &line));
	ck_assert(scene_project(WIDTH, HEIGHT, &above, hidden, &column,
				&line));
}

static double mean(uint32_t from, uint32_t to, uint32_t top, uint32_t bottom)
{
	double sum = 0;

	for (uint32_t row = top; row < bottom; row++)
		for (uint32_t column = from; column < to; column++)
			sum += image[row * WIDTH + column];
	return sum / (to - from) / (bottom - top);
}

/* The lamp is on the left, so what turns under it is brighter there. */
TEST(the_object_is_lit_from_one_side_whatever_its_angle)
{
	struct scene *scene = scene_new(WIDTH, HEIGHT);
	double left = 0, right = 0;

	for (int i = 0; i < 4; i++) {
		struct scene_pose pose = level(90 * i);

		draw(scene, WIDTH, HEIGHT, &pose, 1, 1, CAMERA_FORMAT_GREY8);
		left += mean(240, 300, 150, 165);
		right += mean(340, 400, 150, 165);
	}
	ck_assert_double_gt(left, 1.3 * right);
	scene_free(scene);
}

TEST(gain_makes_it_brighter_up_to_white)
{
	struct scene *scene = scene_new(WIDTH, HEIGHT);
	struct scene_pose pose = level(0);
	uint8_t *once = malloc(WIDTH * HEIGHT);

	draw(scene, WIDTH, HEIGHT, &pose, 1, 1, CAMERA_FORMAT_GREY8);
	memcpy(once, image, WIDTH * HEIGHT);
	draw(scene, WIDTH, HEIGHT, &pose, 1, 2, CAMERA_FORMAT_GREY8);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		ck_assert_int_le(abs(image[i] - (once[i] > 127 ? 255 :
						 2 * once[i])), 1);
	free(once);
	scene_free(scene);
}

TEST(a_coloured_image_tells_the_same_angle)
{
	struct scene *scene = scene_new(320, 240);
	struct scene_pose pose = level(123);
	bool coloured = false;
	struct angle angle;

	draw(scene, 320, 240, &pose, 1, 1, CAMERA_FORMAT_RGB8);
	ck_assert(angle_read(image, 320, 240, 3, &angle));
	ck_assert_double_eq_tol(angle.degrees, 123, 0.005);
	for (int i = 0; i < 320 * 240; i++)
		coloured = coloured || image[3 * i] > image[3 * i + 2] + 20;
	ck_assert(coloured);
	scene_free(scene);
}

/* In the order of drawing nothing is kept of another place of the camera. */
TEST(an_image_depends_on_its_pose_alone)
{
	struct scene *scene = scene_new(320, 240);
	struct scene_pose pose = level(5), other = { 5, 40 }, both[2];
	uint8_t *first = malloc(320 * 240);
	struct angle angle;

	draw(scene, 320, 240, &pose, 1, 1, CAMERA_FORMAT_GREY8);
	memcpy(first, image, 320 * 240);
	draw(scene, 320, 240, &other, 1, 1, CAMERA_FORMAT_GREY8);
	ck_assert(memcmp(first, image, 320 * 240));
	ck_assert(!angle_read(image, 320, 240, 1, &angle) ||
		  fabs(angle_between(angle.degrees, 5)) > 0.1);
	draw(scene, 320, 240, &pose, 1, 1, CAMERA_FORMAT_GREY8);
	ck_assert(!memcmp(first, image, 320 * 240));
	/* A rotor that moves in the exposure: the mean of both. */
	both[0] = pose;
	both[1] = other;
	draw(scene, 320, 240, both, 2, 1, CAMERA_FORMAT_GREY8);
	ck_assert(memcmp(first, image, 320 * 240));
	free(first);
	scene_free(scene);
}
