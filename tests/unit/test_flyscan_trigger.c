// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/flyscan.c userspace/scan/frames.c
 * userspace/scan/geometry.c userspace/scan/metadata.c
 * userspace/scan/motion.c userspace/scan/pair.c
 * userspace/scan/place.c userspace/scan/preflight.c userspace/scan/store.c
 * userspace/scan/store-begin.c
 * userspace/scan/uncertainty.c userspace/scan/latency-file.c
 * userspace/scan/guard.c userspace/scan/window.c userspace/scan/finish.c
 * userspace/scan/limits.c userspace/scan/earlier.c userspace/scan/restore.c
 * userspace/scan/controls.c userspace/scan/trigger.c
 * userspace/scan/trigger-check.c userspace/scan/trigger-places.c
 * userspace/scan/trigger-pair.c
 * userspace/scan/match.c userspace/scan/restore-lines.c userspace/scan/lights.c
 * userspace/camera/mark.c userspace/liboscan/clock.c
 * userspace/liboscan/track.c userspace/liboscan/units.c -lm -ljansson
 * -Wl,--wrap=clock_gettime -Wl,--wrap=clock_nanosleep -Wl,--wrap=nanosleep
 * -Wl,--wrap=poll
 */
/*
 * A fly scan that is timed by lines, in the world of flyscan-world.h: the axis
 * has the camera expose, or the camera's strobe is latched.
 */
#include "flyscan-world.h"

#define EXPOSURE 40000000
#define READOUT 16000000
#define MIDDLE (world.exposure_ns / 2 + world.readout_ns / 2)

/* Times of a camera that tell nothing but the order. */
static void any_times(void)
{
	lines.late_ns = 333000000;
	lines.jitter_ns = 20000000;
}

static void new_lines(enum flyscan_trigger trigger)
{
	new_world();
	request.trigger = trigger;
	request.exposure_s = EXPOSURE / 1e9;
	world.exposure_ns = EXPOSURE;
	world.readout_ns = READOUT;
	world.mark = CAMERA_MARK_EXPOSURE_START;
	lines.triggered = flyscan_triggers(&request);
}

static bool line_told(size_t row)
{
	return row < world.paired &&
	       stored_at("pairing/source", row) != SCAN_SOURCE_CAMERA;
}

/* Where the axis was in the middle of what the camera really exposed. */
static void exposures_are_true(double tolerance)
{
	for (size_t i = 0; i < world.paired; i++) {
		uint64_t start = lines.exposures[world.frames[i].sequence];

		MUST(fabs(world.position_stored[i] -
			  truth(start + MIDDLE)) < tolerance,
		     "row %zu is at %g and not at %g", i,
		     world.position_stored[i], truth(start + MIDDLE));
	}
}

/* One frame on each place, to a microstep; @lost ones are not there. */
static void places_are_met(uint32_t passes, uint32_t lost)
{
	uint32_t met = 0;

	for (size_t i = 0; i < world.paired; i++) {
		double place = world.position_stored[i] * 10;

		if (!world.in_scan[i])
			continue;
		MUST(fabs(place - rint(place)) < 0.11, "a frame at %g",
		     place / 10);
		met++;
	}
	ck_assert_uint_eq(met, 51 * passes - lost);
	ck_assert_uint_eq(result.frames_in_scan, met);
}

/* ---- the axis triggers the camera ---- */

TEST(R12_compare_puts_the_middle_of_each_exposure_on_its_place)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	runs_well();
	exposures_are_true(0.011);
	places_are_met(1, 0);
	ck_assert_uint_eq(result.ledger.pulses, 51);
	/* The first one tried the camera. */
	ck_assert_uint_eq(result.ledger.written, 52);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 0);
	ck_assert_uint_eq(result.warning_count, 0);
	ck_assert(line_told(0) && line_told(51));
}

TEST(R12_D17_and_so_in_both_directions_behind_a_latency_that_is_known)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 4;
	lines.delay_ns = 7000000;
	request.trigger_latency_ns = 7000000;
	runs_well();
	exposures_are_true(0.011);
	places_are_met(4, 0);
	ck_assert_uint_eq(lines.sets, 4);
	ck_assert_uint_eq(result.ledger.pulses, 4 * 51);
	/* Backwards too. */
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.start = 5;
	request.end = 0;
	runs_well();
	exposures_are_true(0.011);
	places_are_met(1, 0);
}

TEST(the_pulse_tells_the_time_and_not_the_camera)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	any_times();
	runs_well();
	exposures_are_true(0.011);
	places_are_met(2, 0);
	ck_assert_double_eq_tol(stored("pairing/offset"), 0.333, 0.004);
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	any_times();
	world.mark = CAMERA_MARK_UNKNOWN;
	runs_well();
	exposures_are_true(0.011);
	places_are_met(1, 0);
}

TEST(a_pulse_without_a_frame_shifts_no_other_and_fails_the_scan)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	any_times();
	/* The 20th of the first pass: two tried the camera before. */
	lines.ignore = 22;
	fails(ENODATA, "1 of 102 pulses without a frame");
	ck_assert_uint_eq(result.ledger.unanswered, 1);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
	exposures_are_true(0.011);
	places_are_met(2, 1);
}

TEST(a_frame_that_the_camera_dropped_shifts_no_other_and_is_no_pulses_fault)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.lose_frame = 31;
	fails(ENODATA, "1 by the sensor");
	ck_assert_uint_eq(result.ledger.sensor_gaps, 1);
	ck_assert_uint_eq(result.ledger.unanswered, 0);
	exposures_are_true(0.011);
	places_are_met(1, 1);
}

TEST(a_pulse_that_is_not_told_leaves_its_frame_the_cameras_time)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.late_ns = 33000000;
	lines.lose_event = 32;
	runs_well();
	ck_assert_uint_eq(result.ledger.untimed, 1);
	ck_assert(warned(FLYSCAN_WARN_TRIGGER, "1 of 52 frames have no pulse"));
	ck_assert(line_told(29) && !line_told(30) && line_told(31));
	exposures_are_true(0.011);
	places_are_met(1, 0);
}

/* R82, R130: by pulses that try it, before anything moves. */
TEST(a_camera_is_tried_before_the_motor_starts)
{
	size_t frame, pass;

	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.ready_ns = 2500000000;
	runs_well();
	places_are_met(1, 0);
	ck_assert(!world.moved_at_start);
	frame = first(EVENT_FRAME, 0);
	pass = first(EVENT_MOVE, first(EVENT_MOVE, 0) + 1);
	ck_assert_uint_lt(first(EVENT_CAMERA_START, 0),
			  first(EVENT_FILE, 0));
	ck_assert_uint_lt(frame, pass);
	/* Those that found it not ready are no loss. */
	ck_assert_uint_eq(result.ledger.pulses, 51);
	ck_assert_uint_eq(lines.pulses, 51 + 2 * 4);

	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.deaf_from = 1;
	fails(ETIMEDOUT, "a first frame");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");

	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.triggered = false;
	fails(EPROTO, "one frame of the camera camera one for each pulse");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(a_camera_that_answers_no_more_ends_the_scan_in_time)
{
	uint64_t began;

	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.per_unit = 50;
	lines.deaf_from = 60;
	fails(ETIMEDOUT, "the next frame");
	began = world.list[1].start_ns;
	/* Frames for the first 57 places, then 5 s, then the ramp. */
	ck_assert_double_lt((world.now - began) / 1e9, 6 + 5 + 10);
	ck_assert_uint_ge(result.ledger.written, 56);
	ck_assert(!lines.armed);
	exposures_are_true(0.011);
}

/* Between passes there is no pulse for longer than a camera may be silent. */
TEST(no_frame_is_missed_where_no_pulse_is)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	request.taxi_allowance = 8;
	runs_well();
	places_are_met(2, 0);
}

/* Its frame is there before the event of its last pulse is read. */
TEST(likewise_where_frames_come_before_their_pulses_are_told)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	request.taxi_allowance = 8;
	request.exposure_s = 0.005;
	world.exposure_ns = 5000000;
	runs_well();
	places_are_met(2, 0);
}

TEST(a_place_that_no_step_came_to_fails_the_scan)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	lines.skip = 20;
	fails(ENODATA, "found 2 places without a pulse");
	ck_assert_uint_eq(result.ledger.pulses, 2 * 50);
	ck_assert_uint_eq(result.ledger.pulses_missed, 2);
	/* Those behind the place where it ended are not missed. */
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	world.stopped_at = 300;
	fails(ECONNABORTED, "stopped from elsewhere");
	ck_assert_uint_eq(result.ledger.pulses_missed, 0);
}

TEST(a_line_that_cannot_be_read_is_told)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.get_error = ENXIO;
	fails(ENXIO, "wanted the pulses of the line camera");
}

/* 5 microsteps apart, and half a microstep beside one. */
static void half_way(void)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.per_unit = 20;
	request.exposure_s = 0.034;
	world.exposure_ns = 34000000;
	request.trigger_latency_ns = 25000000;
	lines.delay_ns = 25000000;
}

TEST(places_are_evenly_apart_however_their_numbers_are_rounded)
{
	half_way();
	request.passes = 2;
	runs_well();
	exposures_are_true(0.011);
	ck_assert_uint_eq(lines.pass.number, 101);
	for (size_t i = 1; i < 101; i++)
		ck_assert_int_eq(lines.places[i] - lines.places[i - 1], -5);
	half_way();
	runs_well();
	for (size_t i = 1; i < 101; i++)
		ck_assert_int_eq(lines.places[i] - lines.places[i - 1], 5);
	/* 2.5 apart: 2 and 3 in turn. */
	half_way();
	request.per_unit = 40;
	runs_well();
	for (size_t i = 2; i < 201; i++)
		ck_assert_int_eq(lines.places[i] - lines.places[i - 2], 5);
}

TEST(places_that_no_list_holds_are_evenly_apart_too)
{
	for (int way = 1; way >= -1; way -= 2) {
		half_way();
		axis_info.limit_max = 400000;
		request.start = way > 0 ? 0 : 3277;
		request.end = way > 0 ? 3277 : 0;
		world.cancel_in = FLYSCAN_PASS;
		fails(ECANCELED, "ended early");
		ck_assert_uint_eq(lines.pass.mode, OSCAN_TRIGGER_EVERY);
		ck_assert_uint_eq(lines.pass.number, 65541);
		ck_assert_int_eq(lines.pass.distance, 5 * way);
	}
	axis_info.limit_max = 10000;
}

/* The frame of the first pulse that tried it comes after the second one. */
TEST(a_late_frame_of_a_pulse_before_the_pass_is_none_of_the_pass)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.first_ns = 1300000000;
	runs_well();
	places_are_met(1, 0);
	ck_assert_uint_eq(result.ledger.pulses, 51);
	ck_assert_uint_eq(result.ledger.written, 53);
}

TEST(a_pulse_that_is_told_late_is_one_of_its_pass)
{
	size_t counts[3] = { 0 };

	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	lines.told_after_ns = 2200000000;
	runs_well();
	exposures_are_true(0.011);
	places_are_met(2, 0);
	for (size_t i = 0; i < lines.pulses - 1; i++)
		counts[(size_t)stored_at("trigger/pulse_pass", i)]++;
	ck_assert_uint_eq(counts[1], 51);
	ck_assert_uint_eq(counts[2], 51);
}

TEST(frames_dropped_on_purpose_are_not_the_cameras)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.nonblocking = true;
	request.per_unit = 100;
	request.period_s = 0.06;
	request.exposure_s = 0.02;
	world.stall_at = 30;
	world.stall_ns = 4 * SECOND;
	world.exposure_ns = 20000000;
	runs_well();
	ck_assert_uint_gt(result.ledger.dropped, 5);
	ck_assert_uint_eq(result.ledger.unanswered, 0);
	ck_assert_uint_eq(flyscan_lost(&result.ledger),
			  result.ledger.dropped);
}

/* ---- the strobe tells ---- */

/* What the camera's times may be, if it says what they mark. */
static void strobe_with(uint32_t mark, int64_t late_ns, uint64_t jitter_ns)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	world.mark = mark;
	lines.late_ns = late_ns;
	lines.jitter_ns = jitter_ns;
	runs_well();
	exposures_are_true(0.011);
	places_are_met(1, 0);
	ck_assert_uint_eq(result.ledger.untimed, 0);
	ck_assert_uint_ge(result.ledger.strobes, result.ledger.written);
}

TEST(R12_the_strobe_tells_when_a_frame_was_exposed)
{
	strobe_with(CAMERA_MARK_EXPOSURE_START, 0, 0);
	strobe_with(CAMERA_MARK_EXPOSURE_START, 45000000, 0);
	strobe_with(CAMERA_MARK_EXPOSURE_START, -45000000, 0);
	strobe_with(CAMERA_MARK_EXPOSURE_START, 5000000, 20000000);
	/* Software's time, some of it after the frame was read out. */
	strobe_with(CAMERA_MARK_UNKNOWN, EXPOSURE + READOUT + 20000000,
		    10000000);
}

/* Of a camera that tells the exposure of no frame, nor, if @settings, at all. */
static struct camera_ops mute;
static bool mute_settings;

static int mute_configure(struct camera *camera,
			  struct camera_settings *settings)
{
	int result = camera_configure(camera, settings);

	if (mute_settings)
		settings->exposure_ns = 0;
	return result;
}

static int mute_next(struct camera *camera, struct camera_frame *frame,
		     int timeout_ms)
{
	int result = camera_next(camera, frame, timeout_ms);

	frame->exposure_ns = 0;
	return result;
}

static void new_mute(uint32_t mark, bool settings)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	mute = camera_ops;
	mute.configure = mute_configure;
	mute.next = mute_next;
	mute_settings = settings;
	request.camera = &mute;
	request.exposure_s = 0.07;
	world.exposure_ns = 70000000;
	world.mark = mark;
	lines.late_ns = world.exposure_ns +
			(mark == CAMERA_MARK_FRAME_END ? READOUT : 0);
}

static void mute_is_true(void)
{
	runs_well();
	ck_assert_uint_eq(result.ledger.untimed, 0);
	exposures_are_true(0.011);
	places_are_met(1, 0);
}

TEST(an_exposure_that_no_frame_tells_shifts_none)
{
	new_mute(CAMERA_MARK_READOUT_START, false);
	mute_is_true();
	new_mute(CAMERA_MARK_FRAME_END, false);
	mute_is_true();
	/* Then the strobe tells. */
	new_mute(CAMERA_MARK_READOUT_START, true);
	request.capture_both = true;
	mute_is_true();
	new_mute(CAMERA_MARK_FRAME_END, true);
	request.capture_both = true;
	mute_is_true();
	new_mute(CAMERA_MARK_FRAME_END, true);
	fails(EOPNOTSUPP, "found that it tells none");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(a_strobe_or_a_frame_that_is_missing_shifts_no_other)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	request.passes = 2;
	lines.late_ns = 12000000;
	lines.lose_strobe = 30;
	lines.noise = 50;
	runs_well();
	ck_assert_uint_eq(result.ledger.untimed, 1);
	ck_assert(warned(FLYSCAN_WARN_TRIGGER, "have no strobe of their own"));
	ck_assert(line_told(28) && !line_told(29) && line_told(30));
	exposures_are_true(0.011);
	places_are_met(2, 0);

	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.late_ns = 12000000;
	world.gap_at = 30;
	fails(ENODATA, "1 by the sensor");
	ck_assert_uint_eq(result.ledger.untimed, 0);
	exposures_are_true(0.011);
	places_are_met(1, 1);
}

/* The position of a frame whose strobe is missing is less well known. */
TEST(a_frame_without_a_strobe_says_how_well_its_time_is_known)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.late_ns = 12000000;
	lines.jitter_ns = 10000000;
	lines.lose_strobe = 40;
	runs_well();
	/* 1 mm/s, and 10 ms up and down evenly. */
	ck_assert_double_eq_tol(world.sigma_stored[39], 0.01 / sqrt(3), 0.002);
	ck_assert_double_lt(world.sigma_stored[38], 0.005);
	ck_assert_double_lt(stored("uncertainty/timestamp"), 1e-6);
	ck_assert_double_eq(stored("uncertainty/latency"), 0);
}

TEST(the_strobes_other_edge_ends_the_exposure)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	request.capture_both = true;
	world.told_exposure_ns = 10000000;	/* what the camera says */
	runs_well();
	exposures_are_true(0.011);
	for (size_t i = 0; i < world.paired; i++)
		if (world.in_scan[i])
			ck_assert_double_eq_tol(world.end_stored[i] -
						world.start_stored[i],
						EXPOSURE / 1e9, 0.011);
}

/* A fall and the next rise: the fall after them ends another exposure. */
TEST(edges_that_were_not_told_lengthen_no_exposure)
{
	size_t told = 0;

	new_lines(FLYSCAN_TRIGGER_STROBE);
	request.capture_both = true;
	world.told_exposure_ns = EXPOSURE;
	lines.lose_from = 60;
	lines.lose_to = 61;
	runs_well();
	ck_assert_uint_eq(result.ledger.untimed, 1);
	exposures_are_true(0.011);
	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		ck_assert_double_eq_tol(world.end_stored[i] -
					world.start_stored[i],
					EXPOSURE / 1e9, 0.011);
		told += stored_at("strobe/end_time", i) != 0;
	}
	ck_assert_uint_eq(told, result.frames_in_scan - 1);
}

/* Nothing says then by how much the camera's times are late. */
TEST(a_line_that_tells_of_no_frame_fails_the_scan_and_keeps_the_frames)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.lose_from = 1;
	lines.lose_to = UINT64_MAX;
	fails(ENODATA, "on the line strobe, found none of any");
	ck_assert_uint_gt(result.ledger.written, 50);
	ck_assert_uint_eq(world.paired, result.ledger.written);
	ck_assert_ptr_nonnull(strstr(result.error, "frames taken are in"));
}

/* There is no frame between them that is in neither. */
TEST(the_turn_between_two_passes_is_no_unevenness)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.passes = 2;
	runs_well();
	ck_assert_double_lt(stored("pairing/line_rms"), 0.02);
	ck_assert_double_lt(stored("pairing/line_max"), 0.02);
	ck_assert_double_lt(result.longest_s, 0.15);
}

TEST(a_line_that_never_rests_ends_the_scan)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.storm = true;
	fails(EPROTO, "see the wiring of the line strobe");
}

TEST(R12_the_axis_triggers_and_the_strobe_tells)
{
	new_lines(FLYSCAN_TRIGGER_BOTH);
	request.passes = 2;
	any_times();
	/* The latency is known well enough for the places to be met. */
	lines.delay_ns = 9000000;
	request.trigger_latency_ns = 8000000;
	runs_well();
	exposures_are_true(0.011);
	places_are_met(2, 0);
	ck_assert_uint_eq(result.ledger.pulses, 102);
	ck_assert_uint_eq(result.ledger.unanswered, 0);
	for (size_t i = 0; i < world.paired; i++)
		ck_assert_uint_eq(stored_at("pairing/source", i),
				  SCAN_SOURCE_STROBE);
}

/* ---- checks, and what is left behind ---- */

static void refuses(int error, const char *word)
{
	fails(error, word);
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_uint_eq(world.camera_starts, 0);
	ck_assert_uint_eq(lines.pulses, 0);
	ck_assert_str_eq(result.path, "");
}

TEST(what_line_camera_or_range_cannot_do_is_told_before_anything_moves)
{
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.trigger_line = "lamp";
	refuses(ENXIO, "no trigger line \"lamp\"; this machine has flash, camera");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.absent = true;
	refuses(ENXIO, "this machine has none");
	new_lines(FLYSCAN_TRIGGER_STROBE);
	request.capture_line = "flash";
	refuses(ENXIO, "no capture line \"flash\"; this machine has index, strobe");
	new_lines(FLYSCAN_TRIGGER_BOTH);
	lines.armed_before = true;
	refuses(EBUSY, "oscanctl trigger camera --off");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.exposure_s = 0.09;
	refuses(E2BIG, "--t-period of 0.1061 s or longer");
	/* 3 microsteps, 3 and 4 in turn: 0.09 s are too long for 3. */
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.per_unit = 30;
	request.exposure_s = 0.083;
	refuses(E2BIG, "down to 0.09 s apart");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	world.readout_ns = 0;
	request.period_s = 1.5e-4;
	request.exposure_s = 1e-5;
	request.per_unit = 100;
	request.end = 0.02;
	axis_info.max_speed_sps_q44 = 10000 * OSCAN_SPEED_ONE;
	axis_info.max_accel_sps2_q32 = 100000000 * OSCAN_ACCEL_ONE;
	refuses(E2BIG, "the line takes 0.0002 s for one");
	axis_info.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE;
	axis_info.max_accel_sps2_q32 = 10000 * OSCAN_ACCEL_ONE;
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.per_unit = 101;
	refuses(EINVAL, "take a density of 100 per mm or lower");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.taxi_allowance = 0.03;
	refuses(EINVAL, "0.028 mm before the first place");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.can = CAMERA_TRIGGER_NONE;
	refuses(EOPNOTSUPP, "camera one does not");
	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.can = CAMERA_TRIGGER_LINE;
	refuses(EOPNOTSUPP, "take --trigger-mode compare");
	new_lines(FLYSCAN_TRIGGER_FREE);
	request.trigger_line = "camera";
	refuses(EINVAL, "trigger_mode is free");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.capture_both = true;
	refuses(EINVAL, "trigger_mode is compare");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	request.trigger_latency_ns = FLYSCAN_TRIGGER_LATENCY_MAX_NS + 1;
	refuses(EINVAL, "the trigger latency is");
}

TEST(a_line_that_cannot_be_set_is_told)
{
	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.set_error = EBUSY;
	fails(EBUSY, "set the line strobe, found that another program");
	new_lines(FLYSCAN_TRIGGER_COMPARE);
	lines.set_error = ENOMEM;
	fails(ENOMEM, "set the line camera");
}

static void lines_are_as_before(void)
{
	ck_assert(!lines.armed);
	ck_assert_uint_eq(lines.edges, 0);
}

TEST(R61_R111_lines_are_put_back_however_the_scan_ends)
{
	new_lines(FLYSCAN_TRIGGER_BOTH);
	runs_well();
	lines_are_as_before();
	ck_assert_uint_ge(result.restored, 1);
	for (int phase = FLYSCAN_CHECK; phase <= FLYSCAN_PASS; phase++) {
		new_lines(FLYSCAN_TRIGGER_BOTH);
		world.cancel_in = phase;
		fails(ECANCELED, "ended early");
		lines_are_as_before();
	}
	new_lines(FLYSCAN_TRIGGER_BOTH);
	world.stopped_at = 300;
	fails(ECONNABORTED, "stopped from elsewhere");
	lines_are_as_before();
	exposures_are_true(0.011);
	/* What somebody had set is set again. */
	new_lines(FLYSCAN_TRIGGER_STROBE);
	lines.edges = OSCAN_CAPTURE_FALLING;
	runs_well();
	ck_assert_uint_eq(lines.edges, OSCAN_CAPTURE_FALLING);
}

TEST(R118_mode_pulses_and_strobes_are_stored)
{
	new_world();
	runs_well();
	ck_assert_str_eq(stored_text("trigger_mode"), "free");
	new_lines(FLYSCAN_TRIGGER_BOTH);
	request.trigger_latency_ns = 3000000;
	lines.delay_ns = 3000000;
	runs_well();
	ck_assert_str_eq(stored_text("trigger_mode"), "both");
	ck_assert_str_eq(stored_text("trigger/line"), "camera");
	ck_assert_str_eq(stored_text("strobe/line"), "strobe");
	ck_assert_double_eq(stored("trigger/latency"), 0.003);
	ck_assert_double_eq_tol(stored("trigger/lead"), 0.031, 1e-9);
	ck_assert_double_eq(stored("ledger/pulses"), 51);
	ck_assert_double_eq(stored("ledger/strobes"), 52);
	ck_assert_double_eq(stored("ledger/lost_trigger"), 0);
	ck_assert_double_eq(stored_at("trigger/pulse_pass", 0), 0);
	ck_assert_double_eq(stored_at("trigger/pulse_pass", 1), 1);
	/* The exposure begins 20 + 8 ms before the place, the pulse 3 more. */
	ck_assert_double_eq_tol(stored_at("trigger/pulse_position", 1),
				-0.03, 1e-9);
	ck_assert_uint_eq(stored_at("strobe/time", 1),
			  lines.exposures[1]);
	ck_assert_uint_eq(stored_at("trigger/pulse_time", 1),
			  lines.exposures[1] - 3000000);
}

TEST(R50_a_preview_tells_the_rate_of_the_pulses)
{
	struct flyscan_limit limits[FLYSCAN_LIMITS_MAX];
	size_t count;

	new_lines(FLYSCAN_TRIGGER_COMPARE);
	ck_assert_int_eq(flyscan_preview(&request, &result, limits, &count),
			 0);
	ck_assert_uint_eq(count, 12);
	ck_assert_str_eq(limits[10].name, "trigger rate");
	ck_assert_double_eq_tol(limits[10].value, 10, 1e-9);
	ck_assert_double_eq_tol(limits[10].high, 1e9 / (EXPOSURE + READOUT),
				1e-9);
	ck_assert_str_eq(limits[11].name, "pulse before");
	ck_assert_double_eq_tol(limits[11].value, 0.028, 1e-9);
	ck_assert(limits[10].holds && limits[11].holds);
	ck_assert_uint_eq(lines.pulses, 0);
	lines_are_as_before();
	request.exposure_s = 0.09;
	ck_assert_int_eq(flyscan_preview(&request, &result, limits, &count),
			 -1);
	ck_assert(!limits[10].holds);
}
