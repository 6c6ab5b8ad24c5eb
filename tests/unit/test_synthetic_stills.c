// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/synthetic.c userspace/camera/synthetic-options.c
 * userspace/camera/synthetic-draw.c userspace/camera/synthetic-time.c
 * userspace/camera/synthetic-controls.c userspace/camera/synthetic-trigger.c
 * userspace/camera/defocus.c
 * userspace/camera/scene.c userspace/camera/pose.c tests/camera/angle.c
 * userspace/liboscan/track.c userspace/liboscan/units.c
 * userspace/liboscan/motor.c userspace/liboscan/monitor.c
 * userspace/liboscan/monitor-decode.c userspace/liboscan/events.c
 * userspace/liboscan/trigger.c -lnl-genl-3 -lnl-3 -lm
 * -Wl,--wrap=clock_gettime -Wl,--wrap=clock_nanosleep
 * -Wl,--wrap=oscan_motor_open
 */
/*
 * The synthetic camera as a scan of photos uses it: on demand, with controls
 * that change between photos, a lens that must be focused, raw images.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../camera/angle.h"
#include "defocus.h"
#include "oscan.h"
#include "synthetic-world.h"

#define PIXELS (WIDTH * HEIGHT)

/* The column is at 225 mm where it is nearest, its rim at 248.7 mm. */
#define NEAR_DPT 4.4444
#define RIM_DPT 4.02

/* No driver: the poses are those of the id. */
struct oscan_motor *__wrap_oscan_motor_open(const char *path, bool writable);

struct oscan_motor *__wrap_oscan_motor_open(const char *path, bool writable)
{
	(void)path;
	(void)writable;
	errno = ENOENT;
	return NULL;
}

static struct camera *started(const char *id)
{
	struct camera_settings settings = { .width = WIDTH, .height = HEIGHT };
	struct camera *camera = ops->open(id);

	ck_assert_ptr_nonnull(camera);
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_int_eq(ops->start(camera), 0);
	return camera;
}

static struct camera_frame shot(struct camera *camera)
{
	ck_assert_int_eq(ops->shoot(camera), 0);
	return take(camera);
}

static void control(struct camera *camera, struct camera_controls controls)
{
	ck_assert_int_eq(ops->control(camera, &controls), 0);
}

static void lens(struct camera *camera, double dpt)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;

	controls.lens_dpt = dpt;
	control(camera, controls);
}

static void autofocus(struct camera *camera)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;

	controls.autofocus = true;
	control(camera, controls);
}

/* What the camera does not use itself: the mean of the second derivative. */
static double detail(const uint8_t *pixels)
{
	double sum = 0;

	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t x = 1; x + 1 < WIDTH; x++)
			sum += abs(2 * pixels[y * WIDTH + x] -
				   pixels[y * WIDTH + x - 1] -
				   pixels[y * WIDTH + x + 1]);
	return sum;
}

static double mean(const uint8_t *pixels, size_t count, size_t step)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += pixels[i * step];
	return sum / count;
}

/* ---- on demand ---- */

TEST(a_photo_is_taken_when_it_is_asked_for_and_not_before)
{
	struct camera *camera = started("synthetic:on_demand=yes,speed=40");
	struct camera_capabilities can;
	struct camera_frame frame;
	struct angle angle;
	uint64_t before, opened = now;

	ops->capabilities(camera, &can);
	ck_assert(can.on_demand && !can.sets_period);
	ck_assert_int_eq(ops->next(camera, &frame, 1000), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	for (uint32_t i = 0; i < 5; i++) {
		now += 777 * MS;
		before = now;
		interrupted = i;
		ck_assert_int_eq(ops->shoot(camera), 0);
		/* The object may move as soon as it has been exposed. */
		ck_assert_uint_ge(now, before + 10 * MS);
		ck_assert_uint_lt(now, before + 11 * MS);
		frame = take(camera);
		ck_assert_uint_eq(frame.sequence, i);
		ck_assert_uint_ge(frame.time_ns, before);
		ck_assert_uint_lt(frame.time_ns, before + MS);
		ck_assert_uint_eq(frame.exposure_ns, 10 * MS);
		ck_assert_uint_eq(frame.frame_duration_ns, 0);
		ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
		ck_assert_double_eq_tol(angle_between(angle.degrees, 40 *
			(frame.time_ns + 5 * MS - opened) / 1e9), 0, 0.02);
	}
	ck_assert_int_eq(ops->next(camera, &frame, 0), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ops->close(camera);
}

TEST(photos_wait_until_they_are_fetched)
{
	struct camera *camera = started("synthetic:on_demand=yes");
	struct camera_frame frames[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(ops->shoot(camera), -1);
	ck_assert_int_eq(errno, EBUSY);
	for (uint32_t i = 0; i < 4; i++) {
		frames[i] = next(camera);
		ck_assert_uint_eq(frames[i].sequence, i);
	}
	ck_assert_int_eq(ops->shoot(camera), -1);
	ck_assert_int_eq(errno, EBUSY);
	ops->release(camera, &frames[2]);
	ck_assert_uint_eq(shot(camera).sequence, 4);
	ops->stop(camera);
	ck_assert_int_eq(ops->shoot(camera), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(ops->start(camera), 0);
	ck_assert_uint_eq(shot(camera).sequence, 0);
	ops->close(camera);
}

/* What is known of the object was lost, and begins anew when it is asked. */
static uint64_t known_from;

static int lost_at(void *data, uint64_t time_ns, struct scene_pose *pose)
{
	(void)data;
	if (!known_from)
		known_from = now;
	*pose = (struct scene_pose){ 0, 90 };
	errno = ERANGE;
	return time_ns < known_from ? -1 : 0;
}

TEST(a_photo_is_not_lost_with_what_was_known_of_the_object)
{
	static const struct pose_source source = { .at = lost_at };
	struct camera_settings settings = { .width = 8, .height = 8 };
	struct camera *camera = synthetic_open_with("synthetic:on_demand=yes",
						    &source);

	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_int_eq(ops->start(camera), 0);
	for (uint32_t i = 0; i < 3; i++) {
		known_from = 0;
		ck_assert_uint_eq(shot(camera).sequence, i);
	}
	ops->close(camera);
}

TEST(a_camera_that_runs_free_takes_no_photo_on_demand)
{
	struct camera *camera = started("synthetic");

	ck_assert_int_eq(ops->shoot(camera), -1);
	ck_assert_int_eq(errno, EBUSY);
	ops->close(camera);
}

TEST(photos_on_demand_have_their_faults)
{
	struct camera *camera;
	struct camera_frame frame;

	camera = started("synthetic:on_demand=yes,fault=error@2");
	shot(camera);
	ck_assert_int_eq(ops->shoot(camera), -1);
	ck_assert_int_eq(errno, EIO);
	ops->close(camera);
	camera = started("synthetic:on_demand=yes,fault=vanish@1");
	ck_assert_int_eq(ops->shoot(camera), -1);
	ck_assert_int_eq(errno, EIO);
	ops->stop(camera);
	ck_assert_int_eq(ops->start(camera), -1);
	ck_assert_int_eq(errno, ENODEV);
	ops->close(camera);
	camera = started("synthetic:on_demand=yes,fault=stall@2");
	shot(camera);
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(ops->next(camera, &frame, 5000), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ops->close(camera);
	camera = started("synthetic:on_demand=yes,drop=2");
	ck_assert_uint_eq(shot(camera).sequence, 0);
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(ops->next(camera, &frame, 5000), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_uint_eq(shot(camera).sequence, 2);
	ops->close(camera);
	for (int reverse = 0; reverse < 2; reverse++) {
		camera = started(reverse ?
				 "synthetic:on_demand=yes,fault=reverse@7" :
				 "synthetic:on_demand=yes,fault=repeat@7");
		for (int i = 0; i < 6; i++)
			frame = shot(camera);
		for (int i = 0; i < 6; i++)
			ck_assert_uint_eq(shot(camera).time_ns, frame.time_ns -
					  (reverse ? (i + 1) * 10 * MS : 0));
		ops->close(camera);
	}
	camera = started("synthetic:on_demand=yes,fault=size@1");
	ck_assert_uint_eq(shot(camera).size, PIXELS / 2);
	ops->close(camera);
}

/* ---- controls ---- */

TEST(frames_that_begin_after_a_change_have_it)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = started("synthetic:speed=0");
	struct camera_frame frame;
	uint64_t told;
	double bright;

	frame = take(camera);
	bright = mean(frame.data, PIXELS, 1);
	ck_assert_uint_eq(frame.exposure_ns, 100 * MS);
	controls.exposure_ns = 50 * MS;
	control(camera, controls);
	controls.exposure_ns = 0;
	controls.gain = 0.25;
	now += 300 * MS;
	told = now;
	control(camera, controls);
	for (uint32_t i = 1; i < 8; i++) {
		bool late;

		frame = take(camera);
		late = frame.time_ns >= told;
		ck_assert_uint_eq(frame.sequence, i);
		ck_assert_uint_eq(frame.exposure_ns, i > 1 ? 50 * MS :
						     100 * MS);
		ck_assert_double_eq(frame.gain, late ? 0.25 : 1);
		ck_assert_double_eq_tol(mean(frame.data, PIXELS, 1),
					bright * (i > 1 ? 0.5 : 1) *
					(late ? 0.25 : 1), 1.5);
	}
	/* They stay, also over a stop, but not over a configuration. */
	ops->stop(camera);
	ck_assert_int_eq(ops->start(camera), 0);
	ck_assert_double_eq(take(camera).gain, 0.25);
	ops->close(camera);
	camera = started("synthetic:speed=0");
	ck_assert_double_eq(take(camera).gain, 1);
	ops->close(camera);
}

TEST(a_control_that_cannot_be_changes_nothing)
{
	const struct camera_controls leave = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = started("synthetic:on_demand=yes,lens=3");
	struct camera_controls bad[12];
	struct camera_frame frame;
	struct camera_controls controls;

	for (size_t i = 0; i < 12; i++) {
		bad[i] = leave;
		bad[i].gain = 2;
	}
	bad[0].gain = 100;
	bad[1].gain = -1;
	bad[2].gain = NAN;
	bad[3].exposure_ns = 101 * SECOND;
	bad[4].exposure_ns = UINT64_MAX;
	bad[5].lens_dpt = -0.1;
	bad[6].lens_dpt = INFINITY;
	bad[7].lens_dpt = 11;
	bad[8].red_gain = 2;
	bad[9].blue_gain = 2;
	bad[10].red_gain = NAN;
	bad[10].blue_gain = 1;
	bad[11].lens_dpt = 2;
	bad[11].autofocus = true;
	for (size_t i = 0; i < 12; i++) {
		ck_assert_msg(ops->control(camera, &bad[i]) == -1,
			      "controls %zu are accepted", i);
		ck_assert_int_eq(errno, EINVAL);
	}
	frame = shot(camera);
	ck_assert_double_eq(frame.gain, 1);
	ck_assert_double_eq(frame.lens_dpt, 3);
	ck_assert_uint_eq(frame.exposure_ns, 10 * MS);
	ops->close(camera);

	camera = started("synthetic:on_demand=yes");
	controls = leave;
	controls.lens_dpt = 2;
	ck_assert_int_eq(ops->control(camera, &controls), -1);
	ck_assert_int_eq(errno, EOPNOTSUPP);
	controls = leave;
	controls.autofocus = true;
	ck_assert_int_eq(ops->control(camera, &controls), -1);
	ck_assert_int_eq(errno, EOPNOTSUPP);
	ck_assert(isnan(shot(camera).lens_dpt));
	ops->close(camera);
}

TEST(more_changes_than_are_kept_end_with_the_last_one)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = started("synthetic:speed=0");

	for (int i = 1; i <= 40; i++) {
		controls.gain = 1 + i / 100.0;
		control(camera, controls);
		now += 100 * MS;
	}
	for (int i = 0; i < 50; i++)
		controls.gain = take(camera).gain;
	ck_assert_double_eq(controls.gain, 1.4);
	ops->close(camera);
}

/* ---- the lens ---- */

/* A pixel's box along one direction, by what of each neighbour it covers. */
static double covered(const double *line, int count, int at, double half)
{
	double sum = 0, all = 0;

	for (int i = 0; i < count; i++) {
		double part = fmin(i + 1, at + 0.5 + half) -
			      fmax(i, at + 0.5 - half);

		if (part <= 0)
			continue;
		sum += part * line[i];
		all += part;
	}
	return sum / all;
}

static double box_of(const struct scene *scene, uint32_t x, uint32_t y,
		     double lens_dpt)
{
	double radius = scene_focal_px(64, 48) * 0.004 *
			fabs(scene_dioptres(scene, y)[x] - lens_dpt);

	return sqrt(0.25 + radius * radius * 3 / 4);
}

TEST(defocus_is_the_box_that_its_formula_says)
{
	static uint8_t image[48][64];
	static double rows[48][64];
	struct scene *scene = scene_new(64, 48);
	struct scene_pose pose = { 20, 60 };
	double line[64], worst = 0;

	for (uint32_t y = 0; y < 48; y++) {
		scene_row(scene, y, &pose, 1, 1, CAMERA_FORMAT_GREY8,
			  image[y]);
		for (int x = 0; x < 64; x++)
			line[x] = image[y][x];
		for (int x = 0; x < 64; x++)
			rows[y][x] = round(covered(line, 64, x,
						   box_of(scene, x, y, 9)));
	}
	ck_assert_int_eq(defocus(scene, 9, 1, image[0]), 0);
	for (int x = 0; x < 64; x++) {
		for (int y = 0; y < 48; y++)
			line[y] = rows[y][x];
		for (int y = 0; y < 48; y++)
			worst = fmax(worst, fabs(image[y][x] -
				covered(line, 48, y, box_of(scene, x, y, 9))));
	}
	ck_assert_double_le(worst, 1.6);
	scene_free(scene);
}

TEST(what_is_in_focus_is_as_a_pinhole_shows_it)
{
	struct camera *pinhole = started("synthetic:turntable=20,on_demand=yes");
	struct camera *camera = started("synthetic:turntable=20,on_demand=yes,lens=4.4444");
	const uint8_t *seen, *wanted;
	struct camera_frame frame;
	size_t at = (HEIGHT / 2) * WIDTH + WIDTH / 2 - 4;

	wanted = shot(pinhole).data;
	frame = shot(camera);
	seen = frame.data;
	ck_assert_double_eq(frame.lens_dpt, 4.4444);
	for (size_t i = at; i < at + 8; i++)
		ck_assert_int_le(abs(seen[i] - wanted[i]), 1);
	lens(camera, 1);
	frame = shot(camera);
	ck_assert_double_eq(frame.lens_dpt, 1);
	ck_assert_double_lt(2 * detail(frame.data), detail(wanted));
	ops->close(pinhole);
	ops->close(camera);
}

TEST(a_stack_has_one_sharpest_photo)
{
	struct camera *camera = started("synthetic:turntable=20,on_demand=yes,lens=0");
	double best = 0, best_dpt = 0, before = 0, sharp;
	bool falling = false;
	struct camera_frame frame;

	for (int i = 8; i <= 28; i++) {
		lens(camera, i / 4.0);
		frame = shot(camera);
		sharp = detail(frame.data);
		ck_assert_double_eq(frame.lens_dpt, i / 4.0);
		falling = falling || sharp < 0.99 * before;
		ck_assert(!falling || sharp < 1.01 * before);
		before = sharp;
		if (sharp > best) {
			best = sharp;
			best_dpt = i / 4.0;
		}
	}
	ck_assert_double_ge(best_dpt, RIM_DPT - 0.25);
	ck_assert_double_le(best_dpt, NEAR_DPT + 0.25);
	ops->close(camera);
}

static void must_be_sharp(struct camera *camera, const char *id)
{
	struct camera_frame frame;
	double found, sharp;

	autofocus(camera);
	frame = shot(camera);
	ck_assert_uint_eq(frame.focus, CAMERA_FOCUS_FOUND);
	found = frame.lens_dpt;
	sharp = detail(frame.data);
	frame = shot(camera);
	ck_assert_double_eq(frame.lens_dpt, found);
	for (int i = -1; i <= 1; i += 2) {
		lens(camera, found + 0.4 * i);
		frame = shot(camera);
		ck_assert_uint_eq(frame.focus, CAMERA_FOCUS_UNKNOWN);
		ck_assert_msg(detail(frame.data) < sharp,
			      "%s: sharper at %f than at %f", id,
			      frame.lens_dpt, found);
	}
}

TEST(autofocus_finds_where_the_object_is_sharp)
{
	static const char *const ids[] = {
		"synthetic:on_demand=yes,lens=0,turntable=70",
		"synthetic:on_demand=yes,lens=10,rotor=50",
		"synthetic:on_demand=yes,lens=4,rotor=0",
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct camera *camera = started(ids[i]);

		must_be_sharp(camera, ids[i]);
		ops->close(camera);
	}
}

TEST(autofocus_takes_some_frames_and_then_holds)
{
	struct camera *camera = started("synthetic:lens=1,speed=0");
	int scanning = 0, found = 0;
	struct camera_frame frame;

	ck_assert_uint_eq(take(camera).focus, CAMERA_FOCUS_UNKNOWN);
	autofocus(camera);
	for (int i = 0; i < 20; i++) {
		frame = take(camera);
		scanning += frame.focus == CAMERA_FOCUS_SCANNING;
		found += frame.focus == CAMERA_FOCUS_FOUND;
		ck_assert(!found || frame.focus == CAMERA_FOCUS_FOUND);
		ck_assert(!found || fabs(frame.lens_dpt - NEAR_DPT) < 0.45);
	}
	ck_assert_int_eq(scanning, 10);
	ck_assert_int_ge(found, 8);
	ops->close(camera);
}

TEST(autofocus_that_fails_leaves_the_lens_where_it_was)
{
	struct camera *camera = started("synthetic:on_demand=yes,lens=1,fault=focus@1");
	struct camera_frame frame;

	autofocus(camera);
	frame = shot(camera);
	ck_assert_uint_eq(frame.focus, CAMERA_FOCUS_FAILED);
	ck_assert_double_eq(frame.lens_dpt, 1);
	ops->close(camera);
}

/* ---- colours ---- */

TEST(a_raw_image_is_the_same_scene_before_its_white_balance)
{
	static const double gains[3] = { 2, 1, 1.6 };
	struct camera *colour = started("synthetic:format=rgb,turntable=9");
	struct camera *camera = started("synthetic:format=bayer,turntable=9");
	struct camera_capabilities can;
	struct camera_frame wanted = take(colour), frame = take(camera);
	const uint8_t *rgb = wanted.data, *raw = frame.data;

	ops->capabilities(camera, &can);
	ck_assert_uint_eq(can.bayer, CAMERA_BAYER_RGGB);
	ck_assert_uint_eq(can.bayer_bits, 12);
	ck_assert_uint_eq(frame.size, 2 * PIXELS);
	ck_assert_double_eq(frame.red_gain, 2);
	ck_assert_double_eq(frame.blue_gain, 1.6);
	ck_assert_uint_eq(frame.bayer_black, 256);
	for (size_t y = 0; y < HEIGHT; y++) {
		for (size_t x = 0; x < WIDTH; x++) {
			size_t at = y * WIDTH + x;
			int colour_at = y % 2 + x % 2;
			int sample = raw[2 * at] | raw[2 * at + 1] << 8;

			ck_assert_double_eq_tol((sample - 256.) *
						gains[colour_at] / 3839 * 255,
						rgb[3 * at + colour_at], 0.1);
		}
	}
	ops->close(colour);
	ops->close(camera);
}

TEST(white_balance_is_what_it_is_set_to)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = started("synthetic:format=rgb,on_demand=yes");
	struct camera_frame frame = shot(camera);
	double red = mean(frame.data, PIXELS, 3);
	double green = mean((const uint8_t *)frame.data + 1, PIXELS, 3);
	double blue = mean((const uint8_t *)frame.data + 2, PIXELS, 3);

	controls.lock_white_balance = true;
	control(camera, controls);
	ck_assert_double_eq(shot(camera).red_gain, 2);
	controls.red_gain = 1;
	controls.blue_gain = 0.4;
	control(camera, controls);
	frame = shot(camera);
	ck_assert_double_eq(frame.red_gain, 1);
	ck_assert_double_eq(frame.blue_gain, 0.4);
	ck_assert_double_eq_tol(mean(frame.data, PIXELS, 3), red / 2, 0.6);
	ck_assert_double_eq(mean((const uint8_t *)frame.data + 1, PIXELS, 3),
			    green);
	ck_assert_double_eq_tol(mean((const uint8_t *)frame.data + 2, PIXELS,
				     3), blue / 4, 0.6);
	ops->close(camera);
}

TEST(focal_length_and_pixels_are_those_of_the_scene)
{
	struct camera *camera = started("synthetic");
	struct camera_capabilities can;

	ops->capabilities(camera, &can);
	ck_assert_double_eq_tol(1000 * can.focal_length_mm / can.pixel_um,
				scene_focal_px(WIDTH, HEIGHT), 1e-9);
	ck_assert(!can.sets_lens && !can.has_autofocus && !can.on_demand);
	ops->close(camera);
}
