// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/shift.c userspace/scan/latency-file.c
 * userspace/camera/scene.c -ljansson -lm
 */
/*
 * The two-direction method on images of a turntable whose labels are late by a
 * known time, and with a known backlash; and the file that keeps the result.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camera.h"
#include "latency-file.h"
#include "scene.h"
#include "shift.h"
#include "unit.h"

#define WIDTH 120
#define HEIGHT 90
#define BYTES (WIDTH * HEIGHT)
#define FRAMES 14
#define POSES 4

static struct scene *scene;

/* One exposed over @blur degrees, in the middle at @degrees. */
static void draw(double degrees, double blur, uint8_t *image)
{
	struct scene_pose poses[POSES];

	for (int i = 0; i < POSES; i++)
		poses[i] = (struct scene_pose){
			degrees + blur * ((i + 0.5) / POSES - 0.5), 90
		};
	for (uint32_t row = 0; row < HEIGHT; row++)
		scene_row(scene, row, poses, POSES, 1, CAMERA_FORMAT_GREY8,
			  image + row * WIDTH);
}

/**
 * fly - a pass from 0 to 13 spacings, or back
 * @spacing: degrees from frame to frame; negative: backward
 * @late: how far the labels are ahead of the truth
 */
static struct shift_pass fly(double spacing, double phase, double late)
{
	double *position = calloc(FRAMES, sizeof(*position));
	uint8_t *images = calloc(FRAMES, BYTES);
	double from = spacing < 0 ? -(FRAMES - 1) * spacing : 0;

	for (int i = 0; i < FRAMES; i++) {
		double truth = from + (i + phase) * spacing;

		draw(truth, fabs(spacing), images + i * BYTES);
		position[i] = truth + late;
	}
	return (struct shift_pass){ FRAMES, BYTES, images, position };
}

static void done(struct shift_pass *pass)
{
	free((void *)pass->images);
	free((void *)pass->position);
}

/* Frames each 0.1 s. */
static struct shift measure(double speed, double latency, double backlash)
{
	double spacing = speed / 10;
	struct shift_pass up = fly(spacing, 0.2, speed * latency + backlash);
	struct shift_pass down = fly(-spacing, -0.35, -speed * latency);
	struct shift shift;

	ck_assert_int_eq(shift_find(&up, &down, &shift), 0);
	ck_assert_uint_ge(shift.pairs, SHIFT_LEAST_PAIRS);
	ck_assert_uint_le(shift.pairs, FRAMES);
	done(&up);
	done(&down);
	return shift;
}

static void finds(double latency, double backlash)
{
	static const double speeds[] = { 2.5, 5, 7.5 };
	struct shift shifts[3];
	struct latency found;

	scene = scene_new(WIDTH, HEIGHT);
	for (int i = 0; i < 3; i++) {
		shifts[i] = measure(speeds[i], latency, backlash);
		ck_assert_double_eq_tol(shifts[i].value,
					2 * speeds[i] * latency + backlash,
					0.01);
	}
	scene_free(scene);
	ck_assert_int_eq(latency_fit(speeds, shifts, 3, &found), 0);
	ck_assert_double_eq_tol(found.seconds, latency, 1e-3);
	ck_assert_double_eq_tol(found.seconds, latency, 3 * found.sigma);
	ck_assert_double_eq_tol(found.backlash, backlash, 0.02);
}

TEST(a_latency_and_a_backlash_are_told_apart)
{
	finds(0.02, 0.3);
}

TEST(times_that_are_early_and_no_backlash_are_found)
{
	finds(-0.035, 0);
}

TEST(a_camera_without_latency_has_none)
{
	finds(0, 0);
}

TEST(what_shows_nothing_is_refused)
{
	struct shift_pass up, down;
	struct shift shift;

	scene = scene_new(WIDTH, HEIGHT);
	up = fly(1, 0, 0);
	down = fly(-1, 0, 0);
	memset((void *)up.images, 100, FRAMES * BYTES);
	memset((void *)down.images, 100, FRAMES * BYTES);
	ck_assert_int_eq(shift_find(&up, &down, &shift), -1);
	ck_assert_int_eq(errno, ENODATA);
	done(&up);
	up = fly(1, 0, 0);
	up.frames = 4;
	ck_assert_int_eq(shift_find(&up, &down, &shift), -1);
	up.frames = FRAMES;
	down.frames = 0;
	ck_assert_int_eq(shift_find(&up, &down, &shift), -1);
	ck_assert_int_eq(errno, ENODATA);
	done(&up);
	done(&down);
	scene_free(scene);
}

TEST(the_line_is_the_one_of_least_squares)
{
	static const double speeds[] = { 1, 2, 3 };
	static const double same[] = { 2, 2, 2 };
	const struct shift shifts[] = {
		{ 0.5, 0.01, 9 }, { 0.7, 0.01, 9 }, { 0.9, 0.01, 9 },
	};
	const struct shift bent[] = {
		{ 0.5, 0, 9 }, { 0.8, 0, 9 }, { 0.9, 0, 9 },
	};
	struct latency found;

	ck_assert_int_eq(latency_fit(speeds, shifts, 3, &found), 0);
	ck_assert_double_eq_tol(found.seconds, 0.1, 1e-12);
	ck_assert_double_eq_tol(found.backlash, 0.3, 1e-12);
	/* sigma of a slope over -1, 0, 1 is sigma / sqrt(2); tau is half. */
	ck_assert_double_eq_tol(found.sigma, 0.01 / sqrt(2) / 2, 1e-12);
	ck_assert_int_eq(latency_fit(speeds, bent, 3, &found), 0);
	/* Left over are 1/30, 2/30 and 1/30; one degree of freedom. */
	ck_assert_double_eq_tol(found.sigma, sqrt(6) / 30 / sqrt(2) / 2,
				1e-12);
	ck_assert_int_eq(latency_fit(speeds, shifts, 2, &found), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(latency_fit(same, shifts, 3, &found), -1);
	ck_assert_int_eq(errno, EINVAL);
}

/* ---- the file ---- */

static char folder[] = "/tmp/test_shift.XXXXXX";
static char path[128];

static void new_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a/b/cameras.json", folder);
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

TEST(an_entry_is_kept_beside_others_and_replaced)
{
	struct latency_entry one = {
		.time_mark = "frame_end",
		.exposure_ns = 10000000,
		.latency_ns = -123456,
		.uncertainty_ns = 789.5,
		.backlash = 0.25,
		.unit = "deg",
		.measured = "2026-11-21T10:00:00Z",
	}, two = one, found;

	new_folder();
	ck_assert_int_eq(latency_file_load(path, "cam, \"a\"", &found), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(latency_file_save(path, "cam, \"a\"", &one), 0);
	two.latency_ns = 5;
	ck_assert_int_eq(latency_file_save(path, "b", &two), 0);
	ck_assert_int_eq(latency_file_load(path, "cam, \"a\"", &found), 0);
	ck_assert_int_eq(found.latency_ns, -123456);
	ck_assert_double_eq(found.uncertainty_ns, 789.5);
	ck_assert_double_eq(found.backlash, 0.25);
	ck_assert_uint_eq(found.exposure_ns, 10000000);
	ck_assert_str_eq(found.time_mark, "frame_end");
	ck_assert_str_eq(found.unit, "deg");
	ck_assert_str_eq(found.measured, "2026-11-21T10:00:00Z");
	one.latency_ns = 7;
	ck_assert_int_eq(latency_file_save(path, "cam, \"a\"", &one), 0);
	ck_assert_int_eq(latency_file_load(path, "cam, \"a\"", &found), 0);
	ck_assert_int_eq(found.latency_ns, 7);
	ck_assert_int_eq(latency_file_load(path, "b", &found), 0);
	ck_assert_int_eq(found.latency_ns, 5);
	ck_assert_int_eq(latency_file_load(path, "c", &found), -1);
	ck_assert_int_eq(errno, ENOENT);
	remove_folder();
}

TEST(a_file_that_is_not_as_written_is_refused_and_left_alone)
{
	static const char *const bad[] = {
		"", "[]", "{", "{\"c\": 1}", "{\"c\": {}}",
		"{\"c\": {}, \"c\": {}}",
		"{\"c\": {\"time_mark\": \"x\", \"exposure_ns\": -1, \"latency_ns\": 0, \"uncertainty_ns\": 0, \"backlash\": 0, \"unit\": \"deg\", \"measured\": \"\"}}",
		"{\"c\": {\"time_mark\": \"x\", \"exposure_ns\": 1, \"latency_ns\": 99999999999, \"uncertainty_ns\": 0, \"backlash\": 0, \"unit\": \"deg\", \"measured\": \"\"}}",
		"{\"c\": {\"time_mark\": \"x\", \"exposure_ns\": 1, \"latency_ns\": 0, \"uncertainty_ns\": 0, \"backlash\": 0, \"unit\": \"degrees of arc\", \"measured\": \"\"}}",
		"{\"c\": {\"time_mark\": 3, \"exposure_ns\": 1, \"latency_ns\": 0, \"uncertainty_ns\": 0, \"backlash\": 0, \"unit\": \"deg\", \"measured\": \"\"}}",
	};
	struct latency_entry entry = { .unit = "deg" };

	new_folder();
	ck_assert_int_eq(latency_file_save(path, "x", &entry), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(bad[i]);
		ck_assert_msg(latency_file_load(path, "c", &entry) == -1,
			      "%s is accepted", bad[i]);
		ck_assert_int_eq(errno, EBADMSG);
	}
	write_file("[1]\n");
	ck_assert_int_eq(latency_file_save(path, "x", &entry), -1);
	ck_assert_int_eq(errno, EBADMSG);
	remove_folder();
}

TEST(the_file_is_below_the_configuration_of_the_user)
{
	char text[64];

	setenv("XDG_CONFIG_HOME", "/x", 1);
	setenv("HOME", "/h", 1);
	ck_assert_int_eq(latency_file_path(text, sizeof(text)), 0);
	ck_assert_str_eq(text, "/x/oscan/cameras.json");
	unsetenv("XDG_CONFIG_HOME");
	ck_assert_int_eq(latency_file_path(text, sizeof(text)), 0);
	ck_assert_str_eq(text, "/h/.config/oscan/cameras.json");
	ck_assert_int_eq(latency_file_path(text, 10), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	unsetenv("HOME");
	ck_assert_int_eq(latency_file_path(text, sizeof(text)), -1);
	ck_assert_int_eq(errno, ENOENT);
}
