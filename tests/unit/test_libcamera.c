// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/unit/libcamera-played.cpp userspace/camera/pixels.c
 * userspace/camera/readout.c userspace/camera/v4l2-driver.c
 * -lcamera -lcamera-base -lm
 */
/*
 * What libcamera is told between two photos, and what it tells with one. The
 * values of its enumerations are from its documentation of controls.
 */
#include <errno.h>
#include <math.h>

#include "libcamera-played.h"
#include "pixels.h"
#include "unit.h"

#define MS 1000000ull

static const struct camera_ops *const ops = &camera_libcamera;

static struct camera *camera_new(void)
{
	const struct camera_settings settings = {
		.period_ns = 100 * MS,
		.exposure_ns = 10 * MS,
		.gain = 2,
	};

	return played_new(true, &settings);
}

static void must_fail(struct camera *camera, struct camera_controls controls,
		      int error)
{
	errno = 0;
	ck_assert_int_eq(ops->control(camera, &controls), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_str_eq(played_pending(camera), "");
}

TEST(what_a_camera_has_is_told)
{
	struct camera *camera = camera_new();
	struct camera_capabilities can;

	ops->capabilities(camera, &can);
	ck_assert(can.sets_lens && can.has_autofocus && can.sets_white_balance);
	ck_assert(can.sets_exposure && can.sets_gain && !can.on_demand);
	ck_assert_double_eq(can.lens_min_dpt, 0.5);
	ck_assert_double_eq(can.lens_max_dpt, 15);
	played_free(camera);
	camera = played_new(false, &(struct camera_settings){ 0 });
	ops->capabilities(camera, &can);
	ck_assert(!can.sets_lens && !can.has_autofocus &&
		  !can.sets_white_balance);
	played_free(camera);
}

TEST(controls_are_sent_in_the_units_of_libcamera)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = camera_new();

	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera), "");
	controls.exposure_ns = 20 * MS;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera),
			 "AeEnable=false ExposureTime=20000 ");
	controls.exposure_ns = 30 * MS;
	controls.gain = 4;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera),
			 "AeEnable=false AnalogueGain=4.000000 ExposureTime=30000 ");
	played_free(camera);
}

TEST(a_lens_is_moved_by_hand_or_focused_once)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = camera_new();

	controls.lens_dpt = 4.5;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera),
			 "AfMode=0 LensPosition=4.500000 ");
	controls = CAMERA_CONTROLS_LEAVE;
	controls.autofocus = true;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera),
			 "AfMode=1 AfTrigger=0 LensPosition=4.500000 ");
	/* With the first start, and not with the second. */
	ck_assert_str_eq(played_start(camera),
			 "AeEnable=false AfMode=1 AfTrigger=0 AnalogueGain=2.000000 ExposureTime=10000 FrameDurationLimits=[ 100000, 100000 ] LensPosition=4.500000 ");
	ck_assert_str_eq(played_pending(camera), "");
	ck_assert_str_eq(played_start(camera),
			 "AeEnable=false AfMode=1 AnalogueGain=2.000000 ExposureTime=10000 FrameDurationLimits=[ 100000, 100000 ] LensPosition=4.500000 ");
	played_free(camera);
}

TEST(white_balance_is_set_or_held)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = camera_new();

	controls.lock_white_balance = true;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera), "AwbEnable=false ");
	controls.lock_white_balance = false;
	controls.red_gain = 2;
	controls.blue_gain = 1.5;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(played_pending(camera),
			 "AwbEnable=false ColourGains=[ 2.000000, 1.500000 ] ");
	played_free(camera);
}

TEST(a_control_holds_over_the_next_start)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = camera_new();

	ck_assert_str_eq(played_start(camera),
			 "AeEnable=false AnalogueGain=2.000000 ExposureTime=10000 FrameDurationLimits=[ 100000, 100000 ] ");
	controls.gain = 8;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(played_start(camera),
				 "AeEnable=false AnalogueGain=8.000000 ExposureTime=10000 FrameDurationLimits=[ 100000, 100000 ] ");
	played_free(camera);
}

TEST(what_cannot_be_is_refused_and_nothing_is_sent)
{
	const struct camera_controls leave = CAMERA_CONTROLS_LEAVE;
	struct camera_controls controls = leave;
	struct camera *camera = camera_new();

	controls.exposure_ns = 99000;
	must_fail(camera, controls, EINVAL);
	controls.exposure_ns = UINT64_MAX;
	must_fail(camera, controls, EINVAL);
	controls = leave;
	controls.gain = 17;
	must_fail(camera, controls, EINVAL);
	controls.gain = -1;
	must_fail(camera, controls, EINVAL);
	controls.gain = NAN;
	must_fail(camera, controls, EINVAL);
	controls = leave;
	controls.lens_dpt = 0.4;
	must_fail(camera, controls, EINVAL);
	controls.lens_dpt = INFINITY;
	must_fail(camera, controls, EINVAL);
	controls.lens_dpt = 1;
	controls.autofocus = true;
	must_fail(camera, controls, EINVAL);
	controls = leave;
	controls.red_gain = 2;
	must_fail(camera, controls, EINVAL);
	controls.blue_gain = 33;
	must_fail(camera, controls, EINVAL);
	controls.blue_gain = NAN;
	must_fail(camera, controls, EINVAL);
	played_unplug(camera);
	must_fail(camera, leave, EIO);
	played_free(camera);
}

TEST(a_camera_without_controls_takes_none)
{
	const struct camera_controls leave = CAMERA_CONTROLS_LEAVE;
	struct camera *camera = played_new(false,
					   &(struct camera_settings){ 0 });
	struct camera_controls controls = leave;

	ck_assert_int_eq(ops->control(camera, &leave), 0);
	controls.exposure_ns = MS;
	must_fail(camera, controls, EOPNOTSUPP);
	controls = leave;
	controls.gain = 2;
	must_fail(camera, controls, EOPNOTSUPP);
	controls = leave;
	controls.lens_dpt = 2;
	must_fail(camera, controls, EOPNOTSUPP);
	controls = leave;
	controls.autofocus = true;
	must_fail(camera, controls, EOPNOTSUPP);
	controls = leave;
	controls.lock_white_balance = true;
	must_fail(camera, controls, EOPNOTSUPP);
	ck_assert_str_eq(played_start(camera), "");
	played_free(camera);
}

TEST(a_frame_tells_its_lens_focus_and_balance)
{
	static const uint32_t focus[] = {
		CAMERA_FOCUS_UNKNOWN, CAMERA_FOCUS_SCANNING,
		CAMERA_FOCUS_FOUND, CAMERA_FOCUS_FAILED,
		CAMERA_FOCUS_UNKNOWN,
	};
	struct camera_frame frame;

	for (int state = 0; state < 5; state++) {
		played_describe(2.5, state, 1.75, 0.5, &frame);
		ck_assert_double_eq(frame.lens_dpt, 2.5);
		ck_assert_double_eq(frame.red_gain, 1.75);
		ck_assert_double_eq(frame.blue_gain, 0.5);
		ck_assert_uint_eq(frame.focus, focus[state]);
	}
	played_describe_nothing(&frame);
	ck_assert(isnan(frame.lens_dpt));
	ck_assert_uint_eq(frame.focus, CAMERA_FOCUS_UNKNOWN);
	ck_assert_double_eq(frame.red_gain, 0);
	ck_assert_double_eq(frame.blue_gain, 0);
}

TEST(black_is_in_the_steps_of_the_raw_samples)
{
	static const int32_t even[] = { 4096, 4096, 4096, 4096 };
	static const int32_t mixed[] = { 4000, 4200, 4100, 4084 };
	static const int32_t wrong[] = { -5, 1 << 20, 0, 0 };

	ck_assert_uint_eq(played_black(even, 10), 64);
	ck_assert_uint_eq(played_black(even, 12), 256);
	ck_assert_uint_eq(played_black(even, 16), 4096);
	ck_assert_uint_eq(played_black(mixed, 16), 4096);
	ck_assert_uint_lt(played_black(wrong, 8), 256);
	ck_assert_uint_eq(played_black(NULL, 10), 0);
}

TEST(raw_formats_are_what_their_names_say)
{
	static const struct {
		const char *format;
		uint32_t layout, bayer, bits;
	} rows[] = {
		{ "SRGGB10_CSI2P", PIXELS_RAW10P, CAMERA_BAYER_RGGB, 10 },
		{ "SGBRG12_CSI2P", PIXELS_RAW12P, CAMERA_BAYER_GBRG, 12 },
		{ "SBGGR10", PIXELS_RAW16, CAMERA_BAYER_BGGR, 10 },
		{ "SGRBG12", PIXELS_RAW16, CAMERA_BAYER_GRBG, 12 },
		{ "SBGGR16", PIXELS_RAW16, CAMERA_BAYER_BGGR, 16 },
		{ "SGBRG8", PIXELS_GREY, CAMERA_BAYER_GBRG, 8 },
	};
	uint32_t layout, bayer, bits;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(played_raw(rows[i].format, &layout, &bayer,
					 &bits), "%s", rows[i].format);
		ck_assert_uint_eq(layout, rows[i].layout);
		ck_assert_uint_eq(bayer, rows[i].bayer);
		ck_assert_uint_eq(bits, rows[i].bits);
	}
	ck_assert(!played_raw("BGR888", &layout, &bayer, &bits));
	ck_assert(!played_raw("SRGGB10_IPU3", &layout, &bayer, &bits));
}
