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
/* A fly scan in the world of flyscan-world.h. */
#include "flyscan-world.h"

TEST(R12_R125_every_frame_has_the_position_where_it_was_exposed)
{
	new_world();
	runs_well();
	ck_assert_uint_gt(world.paired, 51);
	positions_are_true(0);
	in_scan_is_exact(0);
	ck_assert_uint_eq(result.frames_unpaired, 0);
	ck_assert_str_eq(world.status, "complete");
}

TEST(D17_a_scan_backwards_has_true_positions)
{
	new_world();
	request.start = 5;
	request.end = -3;
	runs_well();
	ck_assert_uint_eq(result.frames_in_scan, 81);
	positions_are_true(0);
	in_scan_is_exact(0);
}

static void middle_is(uint32_t mark, int64_t middle_ns)
{
	double half;

	new_world();
	world.mark = mark;
	world.exposure_ns = 40000000;
	world.readout_ns = 16000000;
	runs_well();
	positions_are_true(middle_ns);
	in_scan_is_exact(middle_ns);
	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		half = (world.end_stored[i] - world.start_stored[i]) / 2;
		ck_assert_double_eq_tol(half, 0.02, 0.011);
	}
}

TEST(D20_R132_the_middle_row_and_the_middle_of_the_exposure_count)
{
	middle_is(CAMERA_MARK_EXPOSURE_START, 20000000 + 8000000);
	middle_is(CAMERA_MARK_READOUT_START, -20000000 + 8000000);
	middle_is(CAMERA_MARK_FRAME_END, -20000000 - 8000000);
}

/* As of every camera that the system tells nothing of but the time. */
TEST(an_exposure_that_is_not_told_is_the_one_that_was_set)
{
	new_world();
	world.mark = CAMERA_MARK_EXPOSURE_START;
	world.exposure_ns = 40000000;
	world.tells_no_exposure = true;
	request.exposure_s = 0.04;
	runs_well();
	positions_are_true(20000000);
	ck_assert_double_eq_tol(world.end_stored[30] - world.start_stored[30],
				0.04, 0.011);
	/* What is stored of the frame is what was told. */
	ck_assert_uint_eq(world.frames[30].exposure_ns, 0);
}

TEST(an_unknown_mark_or_exposure_counts_as_the_time_of_the_frame)
{
	new_world();
	world.exposure_ns = 40000000;
	runs_well();
	positions_are_true(0);
	ck_assert(isnan(world.start_stored[30]));
	new_world();
	world.mark = CAMERA_MARK_READOUT_START;
	runs_well();
	positions_are_true(0);
	ck_assert(isnan(world.end_stored[30]));
}

/* In the scanned range and half a spacing around it. */
TEST(R124_there_is_a_frame_for_each_place_and_it_stands_there)
{
	size_t n = 0;

	new_world();
	world.mark = CAMERA_MARK_READOUT_START;
	world.exposure_ns = 40000000;
	runs_well();
	ck_assert_uint_eq(result.geometry.frames, 51);
	ck_assert_uint_eq(result.frames_in_scan, 51);
	for (size_t i = 0; i < world.paired; i++)
		if (world.in_scan[i])
			ck_assert_double_eq_tol(world.position_stored[i],
						n++ * 0.1, 0.011);
	ck_assert_uint_eq(n, 51);
}

TEST(R86_R139_frames_before_and_behind_the_pass_are_kept_and_marked)
{
	new_world();
	runs_well();
	ck_assert_int_eq(world.in_scan[0], 0);
	ck_assert_int_eq(world.in_scan[world.paired - 1], 0);
	ck_assert_uint_eq(result.ledger.written, world.paired);
	ck_assert_uint_eq(result.ledger.delivered, world.paired);
}

TEST(steps_commanded_counted_and_traced_are_equal)
{
	new_world();
	runs_well();
	ck_assert_int_eq(result.steps_commanded, length_of(&passed));
	ck_assert_int_eq(result.steps_counted, result.steps_commanded);
	ck_assert_uint_eq(result.steps_traced, result.steps_commanded);
	ck_assert_uint_eq(world.traced, result.steps_commanded);
}

TEST(R51_R56_R71_R80_R85_D16_things_happen_in_their_order)
{
	size_t move, start;

	new_world();
	runs_well();
	move = first(EVENT_MOVE, 0);
	ck_assert_uint_lt(first(EVENT_MONITOR, 0), move);
	ck_assert_uint_lt(first(EVENT_FILE, 0), move);
	ck_assert_uint_lt(first(EVENT_ENABLE, 0), move);
	/* Measuring starts and stops the camera before anything moves. */
	ck_assert_uint_lt(first(EVENT_CAMERA_STOP, 0), move);
	start = first(EVENT_CAMERA_START, move);
	ck_assert_uint_lt(start, world.n_events);
	ck_assert_uint_lt(start, first(EVENT_FRAME, start));
	ck_assert_uint_lt(first(EVENT_FRAME, start),
			  first(EVENT_MOVE, move + 1));
	ck_assert_uint_lt(first(EVENT_MOVE, move + 1),
			  first(EVENT_CAMERA_STOP, start));
	ck_assert_uint_eq(first(EVENT_STOP, 0), world.n_events);
	ck_assert_uint_eq(told_phases, 0xfe);
}

TEST(a_camera_that_obeys_is_taken_at_its_word)
{
	new_world();
	world.camera_period_ns = SECOND / 10 * 1.04;
	runs_well();
	ck_assert_double_eq_tol(result.period_measured_s, 0.104, 1e-6);
	ck_assert_double_eq(result.period_used_s, 0.1);
}

TEST(D11_R79_a_camera_that_says_it_obeys_and_does_not_is_measured)
{
	new_world();
	world.camera_period_ns = SECOND / 10 * 1.06;
	runs_well();
	ck_assert_double_eq_tol(result.period_used_s, 0.106, 1e-6);
	ck_assert_double_eq_tol(told_period, 0.106, 1e-6);
	ck_assert_double_eq(result.period_asked_s, 0.1);
	ck_assert_double_eq_tol(stored("t_period_measured"), 0.106, 1e-6);
	ck_assert_double_eq(stored("t_period"), 0.1);
	ck_assert_uint_eq(result.frames_in_scan, 51);
	ck_assert_double_eq_tol(result.shortest_s, 0.106, 1e-6);
	ck_assert_double_eq_tol(result.longest_s, 0.106, 1e-6);
}

TEST(a_camera_that_cannot_be_told_is_measured)
{
	new_world();
	world.camera_obeys = false;
	world.camera_period_ns = SECOND / 30;
	runs_well();
	ck_assert_double_eq_tol(result.period_used_s, 1 / 30.0, 1e-6);
	ck_assert_double_eq_tol(result.geometry.velocity, 3, 1e-4);
	ck_assert_uint_eq(result.frames_in_scan, 51);
}

TEST(a_camera_that_cannot_be_told_is_believed_by_nothing_but_its_times)
{
	new_world();
	world.camera_obeys = false;
	world.camera_period_ns = SECOND / 10 * 1.01;
	runs_well();
	ck_assert_double_eq_tol(result.period_used_s, 0.101, 1e-6);
}

TEST(a_measured_period_that_the_axis_cannot_follow_is_refused)
{
	new_world();
	world.camera_obeys = false;
	world.camera_period_ns = SECOND / 1000;
	fails(ERANGE, "the camera's own period is");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");
}

TEST(R130_a_camera_that_never_gives_a_frame_moves_nothing)
{
	new_world();
	world.silent_from = 0;
	fails(ETIMEDOUT, "a first frame");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");
}

TEST(a_camera_that_takes_single_photos_moves_nothing)
{
	new_world();
	world.on_demand = true;
	fails(EINVAL, "takes single photos");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");
}

TEST(D18_a_camera_on_another_clock_moves_nothing)
{
	new_world();
	world.camera_clock_ns = 600 * SECOND;
	fails(EPROTO, "CLOCK_MONOTONIC");
	ck_assert_uint_eq(world.moves, 0);
	new_world();
	world.camera_clock_ns = -600 * (int64_t)SECOND;
	fails(EPROTO, "600.0");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(R22_R83_no_first_frame_means_no_pass_and_no_file)
{
	uint64_t begin;
	char path[128];

	new_world();
	world.silent_from = 0;
	world.silent_start = 2;
	begin = world.now;
	fails(ETIMEDOUT, "a first frame");
	ck_assert_ptr_nonnull(strstr(result.error, "none for 5 s"));
	ck_assert_uint_eq(world.moves, 1);
	ck_assert_uint_lt(world.now - begin, 15 * SECOND);
	ck_assert_str_eq(result.path, "");
	snprintf(path, sizeof(path), "%s/scan_000001.h5", folder);
	ck_assert_int_ne(access(path, F_OK), 0);
}

TEST(D3_R91_R92_R136_a_camera_that_falls_silent_ends_the_scan)
{
	new_world();
	request.end = 20;
	world.silent_from = 30;
	world.silent_start = 2;
	fails(ETIMEDOUT, "the next frame");
	ck_assert_ptr_nonnull(strstr(result.error, "its cable and power"));
	ck_assert_uint_eq(result.ledger.written, 30);
	/* The motor first. */
	ck_assert_uint_lt(first(EVENT_STOP, 0),
			  first(EVENT_CAMERA_STOP, first(EVENT_MOVE, 0)));
	ck_assert_ptr_nonnull(strstr(result.error, "30 frames taken are in"));
	positions_are_true(0);
	ck_assert_uint_eq(result.frames_unpaired, 0);
}

/* The frames before it are in the file, with their positions. */
static void wrong_frame(int error, const char *word)
{
	request.end = 20;
	world.wrong_from = 30;
	fails(error, word);
	ck_assert_uint_eq(result.ledger.written, 30);
	ck_assert_uint_eq(world.paired, 30);
	ck_assert_uint_eq(result.frames_unpaired, 0);
	ck_assert_ptr_nonnull(strstr(result.error, "30 frames taken are in"));
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	positions_are_true(0);
}

TEST(a_frame_of_the_wrong_size_ends_the_scan)
{
	new_world();
	world.wrong_size = 1;
	wrong_frame(EPROTO, "wanted frames of 96 bytes from the camera camera one, found one of 95");
	new_world();
	world.wrong_size = sizeof(world.pixels);
	wrong_frame(EPROTO, "found one of 0");
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
}

TEST(times_that_repeat_or_go_backwards_end_the_scan)
{
	new_world();
	world.wrong_time = true;
	wrong_frame(EPROTO, "0.000000 s later than the one before");
	new_world();
	world.wrong_time = true;
	world.wrong_ns = -1500000;
	wrong_frame(EPROTO, "-0.001500 s later than the one before");
}

TEST(a_count_that_repeats_or_goes_back_ends_the_scan)
{
	new_world();
	world.wrong_count = 1;
	wrong_frame(EPROTO, "found frame 29 after frame 29");
	ck_assert_uint_eq(result.ledger.sensor_gaps, 0);
	new_world();
	world.wrong_count = 20;
	wrong_frame(EPROTO, "found frame 10 after frame 29");
	ck_assert_uint_eq(result.ledger.sensor_gaps, 0);
}

TEST(a_camera_that_fails_or_vanishes_ends_the_scan)
{
	new_world();
	world.wrong_error = EIO;
	wrong_frame(EIO, "it has stopped to deliver");
	new_world();
	world.wrong_error = ENODEV;
	wrong_frame(ENODEV, "it has stopped to deliver");
}

TEST(a_last_frame_whose_time_is_to_come_has_its_position)
{
	new_world();
	request.taxi_allowance = 0;
	world.camera_clock_ns = 450000000;
	runs_well();
	ck_assert_uint_eq(result.frames_unpaired, 0);
	positions_are_true(0);
}

TEST(what_is_known_of_the_camera_better_than_by_itself_counts)
{
	new_world();
	world.exposure_ns = 40000000;
	world.readout_ns = 2000000;
	request.mark = CAMERA_MARK_FRAME_END;
	request.readout_ns = 16000000;
	request.latency_given = true;
	request.latency_ns = 30000000;
	runs_well();
	positions_are_true(-20000000 - 8000000 - 30000000);
	ck_assert_uint_eq(result.frames_in_scan, 51);
}

TEST(D4_a_motor_that_makes_no_step_ends_the_scan)
{
	uint64_t begin;

	new_world();
	world.stuck_at = 200;
	begin = world.now;
	fails(ETIMEDOUT, "no step for 5 s");
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	/* The way to there takes 3 s, and measuring the camera 1.3 s. */
	ck_assert_uint_lt(world.now - begin, 20 * SECOND);
	ck_assert_str_ne(result.path, "");
}

TEST(R101_R102_a_motor_stopped_from_elsewhere_ends_the_scan)
{
	new_world();
	world.stopped_at = 300;
	fails(ECONNABORTED, "stopped from elsewhere");
	ck_assert_int_eq(result.steps_counted, 300);
	ck_assert_uint_eq(result.steps_traced, 300);
	ck_assert_uint_eq(result.frames_unpaired, 0);
}

TEST(R126_lost_steps_are_told_and_no_position_is_made_up)
{
	size_t unknown = 0;

	new_world();
	world.lose_from = 300;
	world.lose_to = 330;
	fails(ENODATA, "gap");
	ck_assert_uint_gt(result.frames_unpaired, 0);
	ck_assert_uint_lt(result.frames_unpaired, 10);
	for (size_t i = 0; i < world.paired; i++) {
		if (isnan(world.position_stored[i]))
			unknown++;
		else
			ck_assert_double_eq_tol(world.position_stored[i],
						truth(world.frames[i].time_ns),
						0.01);
	}
	ck_assert_uint_eq(unknown, result.frames_unpaired);
}

TEST(D14_D19_R138_a_dropped_frame_is_told_and_shifts_no_other)
{
	new_world();
	world.gap_at = 20;
	fails(ENODATA, "1 lost (1 by the sensor");
	ck_assert_uint_eq(result.ledger.sensor_gaps, 1);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
	ck_assert_uint_eq(result.frames_in_scan, 50);
	ck_assert_double_eq_tol(result.shortest_s, 0.1, 1e-6);
	ck_assert_double_eq_tol(result.longest_s, 0.2, 1e-6);
	ck_assert_uint_eq(world.frames[19].sequence, 19);
	ck_assert_uint_eq(world.frames[20].sequence, 21);
	times_are_the_cameras();
	positions_are_true(0);
}

TEST(a_full_disk_ends_the_scan_and_keeps_what_was_written)
{
	new_world();
	world.put_error = ENOSPC;
	world.put_error_at = 25;
	fails(ENOSPC, "disk full");
	ck_assert_uint_eq(result.ledger.written, 25);
	ck_assert_uint_eq(result.ledger.delivered, 26);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 1);
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	ck_assert_str_ne(result.path, "");
}

static void everything_is_given_back(void)
{
	ck_assert(!world.enabled);
	ck_assert_uint_eq(world.monitors, 0);
	ck_assert_uint_eq(world.cameras, 0);
	ck_assert_uint_eq(world.halts, 0);
}

TEST(R81_R103_R104_R105_D5_cancelling_ends_softly_in_every_phase)
{
	for (int phase = FLYSCAN_CHECK; phase <= FLYSCAN_FINISH; phase++) {
		new_world();
		world.cancel_in = phase;
		/* Then all is at rest, and what there is is finished. */
		if (phase < FLYSCAN_DRAIN)
			fails(ECANCELED, "as asked for");
		else
			runs_well();
		ck_assert_uint_eq(result.frames_unpaired, 0);
		everything_is_given_back();
		ck_assert_uint_eq(world.closes, phase >= FLYSCAN_TAXI);
		if (phase == FLYSCAN_TAXI || phase == FLYSCAN_PASS)
			ck_assert_uint_lt(first(EVENT_STOP, 0),
					  world.n_events);
		if (phase < FLYSCAN_TAXI)
			ck_assert_uint_eq(world.moves, 0);
		else if (phase < FLYSCAN_PASS)
			ck_assert_uint_le(world.moves, 1);
	}
}

TEST(R81_R105_D5_what_fails_leaves_nothing_moving_and_nothing_changed)
{
	for (unsigned int n = 1; n <= 3; n++) {
		new_world();
		request.passes = 2;
		world.failing_move = n;
		fails(EIO, "wanted to move slide");
		ck_assert_uint_eq(world.moves, n - 1);
		ck_assert(!world.moving);
		ck_assert_uint_eq(world.closes, 1);
		ck_assert_int_eq(*result.path != 0, n > 1);
		everything_is_given_back();
	}
	for (unsigned int n = 1; n <= 2; n++) {
		new_world();
		world.failing_start = n;
		fails(EIO, "wanted to start the camera");
		ck_assert_uint_eq(world.moves, n - 1);
		ck_assert_uint_eq(world.closes, n - 1);
		ck_assert_str_eq(result.path, "");
		everything_is_given_back();
	}
}

TEST(cancelling_in_the_pass_keeps_frames_and_positions)
{
	new_world();
	world.cancel_at_ns = world.now + 6 * SECOND;
	fails(ECANCELED, "frames taken are in");
	ck_assert_str_eq(world.exit_status, "abort");
	ck_assert_uint_gt(result.ledger.written, 10);
	ck_assert_uint_eq(world.paired, result.ledger.written);
	positions_are_true(0);
	ck_assert_uint_gt(result.steps_counted, 0);
	ck_assert_int_lt(result.steps_counted, result.steps_commanded);
	ck_assert_uint_eq(result.steps_traced, result.steps_counted);
	ck_assert_str_ne(result.path, "");
	ck_assert_int_eq(access(result.path, F_OK), 0);
}

TEST(D1_R64_the_next_free_number_is_taken_and_no_file_overwritten)
{
	char path[256];
	FILE *file;

	new_world();
	snprintf(path, sizeof(path), "%s/scan_000041.h5", folder);
	file = fopen(path, "w");
	fputs("precious", file);
	fclose(file);
	runs_well();
	snprintf(path, sizeof(path), "%s/scan_000042.h5", folder);
	ck_assert_str_eq(result.path, path);
	new_world();
	runs_well();
	snprintf(path, sizeof(path), "%s/scan_000043.h5", folder);
	ck_assert_str_eq(result.path, path);
	snprintf(path, sizeof(path), "%s/scan_000041.h5", folder);
	file = fopen(path, "r");
	ck_assert_int_eq(fgetc(file), 'p');
	fclose(file);
}

TEST(R63_a_folder_is_made_up_to_five_levels)
{
	char deep[256];

	new_world();
	snprintf(deep, sizeof(deep), "%s/1/2/3/4/5", folder);
	request.directory = deep;
	runs_well();
	new_world();
	snprintf(deep, sizeof(deep), "%s/a/2/3/4/5/6", folder);
	request.directory = deep;
	fails(ENOENT, "6 levels");
	ck_assert_uint_eq(world.n_events, first(EVENT_MOVE, 0));
	snprintf(deep, sizeof(deep), "%s/a", folder);
	ck_assert_int_ne(access(deep, F_OK), 0);
}

TEST(R20_R52_R53_R54_R117_everything_that_is_missing_is_told_at_once)
{
	new_world();
	world.no_device = true;
	world.no_camera = true;
	request.directory = "/proc/nowhere";
	fails(ENOENT, "modprobe oscan_motor");
	ck_assert_ptr_nonnull(strstr(result.error, "also wanted a camera"));
	ck_assert_ptr_nonnull(strstr(result.error, "/proc"));
	ck_assert_uint_eq(world.n_events, 0);
	ck_assert_uint_eq(world.longest_sleep_ns, 0);
}

TEST(R1_R2_R21_R55_R65_R66_R133_each_missing_thing_is_told)
{
	new_world();
	request.axis = "sldie";
	fails(ENXIO, "no axis \"sldie\"; this machine has slide");
	new_world();
	world.controlled = true;
	fails(EBUSY, "another program controls");
	new_world();
	world.camera_busy = true;
	fails(EBUSY, "another program uses it");
	new_world();
	request.camera_id = "camera two";
	fails(ENODEV, "no camera \"camera two\"; this machine has camera one");
	new_world();
	request.end = 99.9;
	fails(ERANGE, "limits");
	new_world();
	request.period_s = 0.0001;
	fails(ERANGE, "faster");
	new_world();
	request.name = "a/b";
	fails(EINVAL, "name for the file");
	new_world();
	request.directory = "";
	fails(ENOENT, "folder");
	new_world();
	request.directory = "/dev/null";
	fails(ENOTDIR, "is a file");
	new_world();
	request.directory = "/dev/null/x";
	fails(ENOTDIR, "/dev/null/x");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(the_size_that_the_camera_has_is_told)
{
	new_world();
	request.width = 640;
	request.height = 480;
	runs_well();
	ck_assert_uint_eq(result.width, WIDTH);
	ck_assert_uint_eq(result.height, HEIGHT);
}

TEST(every_frame_is_offered_to_who_looks_on)
{
	new_world();
	runs_well();
	ck_assert_uint_ge(world.shown, result.ledger.delivered);
	ck_assert_uint_gt(result.ledger.delivered, 0);
}

TEST(R143_a_scan_that_begins_where_the_axis_is_needs_no_taxi)
{
	new_world();
	world.position = 0;
	runs_well();
	new_world();
	world.position = llrint(result.geometry.initial * 100);
	world.moves = 1;
	runs_well();
	ck_assert_uint_eq(world.moves, 2);
}

TEST(R46_R60_what_the_machine_cannot_carry_is_refused_and_bounds_the_taxi)
{
	new_world();
	info.max_rate_sps = 99;
	fails(ERANGE, "carries no more than 99");
	ck_assert_uint_eq(world.moves, 0);
	new_world();
	info.max_rate_sps = 1000;
	runs_well();
	ck_assert_double_eq_tol(world.list[0].speed, 1000, 1e-6);
	ck_assert_double_eq_tol(world.list[1].speed, 100, 1e-6);
}

static void memory_is(bool enough)
{
	struct flyscan_limit limits[FLYSCAN_LIMITS_MAX];
	size_t count, memory = 0;
	bool told;

	flyscan_preview(&request, &result, limits, &count);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(limits[i].name, "memory"))
			memory = i;
	ck_assert_uint_gt(memory, 0);
	ck_assert(limits[memory].holds == enough);
	told = strstr(result.error, "memory for the times of");
	ck_assert(told == !enough);
	ck_assert_uint_eq(world.moves, 0);
}

/* 1e12 steps, 16 bytes each. */
TEST(steps_that_no_memory_holds_are_refused)
{
	new_world();
	memory_is(true);
	axis_info.limit_max = 2000000000000;
	request.end = 1e10;
	request.per_unit = 1e-8;
	request.period_s = 1e8;
	memory_is(false);
	axis_info.limit_max = 10000;
}

static void stumbles_are_told(unsigned int move)
{
	new_world();
	request.passes = 3;
	world.stumbling_move = move;
	runs_well();
	ck_assert_double_eq(stored("motor/stumbles"), 1);
	ck_assert_double_eq(stored("motor/slip"), 1000);
	ck_assert_double_eq(stored("motor/worst_late"), move > 1 ? 500 : 100);
	ck_assert_double_eq(stored("motor/shortest_interval"),
			    move > 1 ? 800 : 900);
}

TEST(a_stumble_is_told_whichever_move_it_was_in)
{
	for (unsigned int move = 1; move <= 4; move++)
		stumbles_are_told(move);
	new_world();
	runs_well();
	ck_assert_double_eq(stored("motor/stumbles"), 0);
	ck_assert_double_eq(stored("motor/slip"), 0);
}

/* The greatest speed of the axis is not that of the way there. */
TEST(a_long_way_at_what_the_machine_carries_is_no_late_scan)
{
	new_world();
	info.max_rate_sps = 200;
	world.position = -10000;
	runs_well();
	ck_assert_double_gt(stored("watchdog/deadline"), 1.5 * 9900 / 200.0);
}

#include "flyscan-rows.h"

/* As a scan that was killed leaves it: on, and it was off. */
static void leave_motor_on(void)
{
	char path[128];
	FILE *journal;

	snprintf(path, sizeof(path), "%s/flyscan.journal", folder);
	journal = fopen(path, "w");
	ck_assert_ptr_nonnull(journal);
	fprintf(journal, "{\"what\": \"motor\", \"device\": \"%s\", \"name\": \"slide\", \"id\": 0, \"before\": 0}\n",
		OSCAN_DEVICE_PATH);
	fclose(journal);
	world.enabled = true;
}

TEST(a_motor_stays_on_until_the_scan_is_complete)
{
	struct flyscan_limit limits[FLYSCAN_LIMITS_MAX];
	size_t count;

	new_world();
	runs_well();
	keep_as_earlier();

	new_world();
	world.position_state = OSCAN_POSITION_ASSUMED;
	leave_motor_on();
	request.earlier = &earlier;
	request.start = 3;
	ck_assert_int_eq(flyscan_preview(&request, &result, limits, &count), 0);
	ck_assert(world.enabled);
	run();
	ck_assert_uint_lt(first(EVENT_MOVE, 0), world.n_events);
	/* Switched on once more, and off at the end. */
	ck_assert_uint_eq(first(EVENT_ENABLE, 0) + 1, first(EVENT_MOVE, 0));
	ck_assert(!world.enabled);
	ck_assert(!warned(FLYSCAN_WARN_POSITION, ""));

	/* Of any other scan it is off before that begins. */
	new_world();
	leave_motor_on();
	ck_assert_int_eq(flyscan_preview(&request, &result, limits, &count), 0);
	ck_assert(!world.enabled);
}

TEST(a_scan_is_not_completed_unnoticed_where_its_axis_may_have_moved)
{
	new_world();
	runs_well();
	keep_as_earlier();

	new_world();
	world.position_state = OSCAN_POSITION_SUSPECT;
	request.earlier = &earlier;
	request.start = 3;
	run();
	ck_assert(warned(FLYSCAN_WARN_POSITION, "home it with"));
	new_world();
	world.position_state = OSCAN_POSITION_SUSPECT;
	request.earlier = &earlier;
	request.start = 3;
	request.strict = true;
	fails(EPROTO, "the position of slide is uncertain");

	new_world();
	world.position_state = OSCAN_POSITION_LOST;
	request.earlier = &earlier;
	request.start = 3;
	fails(EPROTO, "lost since");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(who_told_of_a_copied_frame_is_kept)
{
	uint64_t strobes[MOST_FRAMES];

	for (size_t i = 0; i < MOST_FRAMES; i++)
		strobes[i] = i % 2 ? SCAN_SOURCE_STROBE : SCAN_SOURCE_CAMERA;
	new_world();
	runs_well();
	keep_as_earlier();
	earlier.source = strobes;

	new_world();
	request.earlier = &earlier;
	request.start = 3;
	request.trigger = FLYSCAN_TRIGGER_STROBE;
	request.exposure_s = 0.04;
	world.exposure_ns = 40000000;
	world.mark = CAMERA_MARK_EXPOSURE_START;
	run();
	for (size_t i = 0; i < earlier.frames; i++) {
		ck_assert_double_eq(stored_at("pairing/source", i),
				    strobes[i]);
		ck_assert_double_eq(stored_at("earlier/source", i),
				    strobes[i]);
	}
	ck_assert_double_eq(stored_at("pairing/source", earlier.frames + 30),
			    SCAN_SOURCE_STROBE);
}

/* It has made steps since, later than those of the scan; 0: not known. */
TEST(likewise_after_the_driver_was_loaded_again)
{
	const uint64_t other[] = { info.probed_ns - 1, 0 };

	new_world();
	keep_as_earlier();
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		new_world();
		request.earlier = &earlier;
		earlier.driver_probed_ns = other[i];
		world.position_state = OSCAN_POSITION_ASSUMED;
		fails(EPROTO, "or the driver was loaded again");
		ck_assert_uint_eq(world.moves, 0);
	}

	new_world();
	request.earlier = &earlier;
	earlier.driver_probed_ns = info.probed_ns;
	world.position_state = OSCAN_POSITION_ASSUMED;
	runs_well();
	ck_assert_double_eq(stored("clocks/driver_probed"), info.probed_ns);
}

/* Only one of them can be in HDF5, and a write to the disk does not return. */
TEST(a_disk_that_hangs_while_frames_are_copied_is_found)
{
	writer_has_hdf5 = true;
	new_world();
	runs_well();
	keep_as_earlier();

	new_world();
	request.earlier = &earlier;
	world.stall_at = 3;
	fails(ETIMEDOUT, "the disk took none for 10 s");
	ck_assert(result.abandoned);
	ck_assert_uint_eq(result.ledger.copied, 4);

	new_world();
	request.earlier = &earlier;
	world.stall_at = 3;
	world.cancel_at_ns = world.now + 2 * SECOND;
	fails(ECANCELED, "ended early, as asked for");

	new_world();
	request.earlier = &earlier;
	request.start = 3;
	world.stall_at = 3;
	world.stall_ns = 2 * SECOND;
	run();
	ck_assert_uint_eq(result.ledger.copied, earlier.frames);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 0);
}

/* Some frames of the earlier scan are in the file then, and none of its own. */
TEST(a_disk_that_is_full_while_frames_are_copied_leaves_no_new_one)
{
	new_world();
	runs_well();
	keep_as_earlier();
	new_world();
	request.earlier = &earlier;
	world.stall_at = 1;
	world.put_error = ENOSPC;
	world.put_error_at = 3;
	fails(ENOSPC, "disk full");
	ck_assert_uint_eq(result.ledger.copied, 3);
	ck_assert_uint_eq(result.ledger.written, 0);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 0);
}
