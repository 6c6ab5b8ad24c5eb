/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests that carry rows of oscan-flyscan(7), in the world of test_flyscan.c,
 * which includes this at its end.
 */

TEST(R82_motor_starts_only_after_the_first_frame)
{
	size_t taxi, camera, frame, pass;
	uint64_t launched;

	new_world();
	runs_well();
	taxi = first(EVENT_MOVE, 0);
	camera = first(EVENT_CAMERA_START, taxi);
	frame = first(EVENT_FRAME, 0);
	pass = first(EVENT_MOVE, taxi + 1);
	ck_assert_uint_lt(camera, frame);
	ck_assert_uint_lt(frame, pass);
	ck_assert_uint_lt(pass, world.n_events);

	/* It was taken long before, and is not in the file. */
	launched = passed.start_ns;
	new_world();
	world.written_from_ns = launched + SECOND;
	runs_well();
	ck_assert_uint_ge(passed.start_ns, world.written_from_ns);
}

TEST(R60_R72_R74_the_camera_is_armed_when_the_axis_is_parked)
{
	new_world();
	runs_well();
	ck_assert(!world.moved_at_start);
	ck_assert_uint_eq(world.camera_starts, 2);
}

TEST(R60_R73_R85_R100_the_speed_belongs_to_the_move)
{
	new_world();
	runs_well();
	ck_assert_double_eq_tol(world.list[0].speed, 5000, 1e-6);
	ck_assert_double_eq_tol(world.list[1].speed, 100, 1e-6);
	/* It runs out to its end: at rest where it was to be. */
	ck_assert_int_eq(world.list[1].made, length_of(&world.list[1]));
	ck_assert_int_eq(world.list[0].to,
			 llrint(result.geometry.initial * 100));
	ck_assert_int_eq(world.list[1].to,
			 llrint(result.geometry.final * 100));
}

TEST(R22_R23_the_watchdogs_are_as_long_as_stated)
{
	ck_assert_double_eq(scan_first_frame_timeout_s(0.1), 5);
	ck_assert_double_eq(scan_first_frame_timeout_s(2), 10);
	ck_assert_double_eq(scan_frame_timeout_s(0.1), 5);
	ck_assert_double_eq(scan_frame_timeout_s(2), 40);
	new_world();
	runs_well();
	ck_assert_double_eq(stored("first_frame_timeout"), 5);
	ck_assert_double_eq(stored("frame_timeout"), 5);
	ck_assert_double_eq(stored("watchdog/motion"), 5);
	ck_assert_double_eq(stored("watchdog/writer"), 10);
	ck_assert_double_gt(stored("watchdog/deadline"), 6);
	ck_assert_double_lt(stored("watchdog/deadline"), 60);
}

/* Stopped by its own time and by no other. */
static void trips_after(uint64_t since, double least, double most)
{
	double seconds = (world.now - since) / 1e9;

	ck_assert_double_ge(seconds, least);
	ck_assert_double_le(seconds, most);
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
}

TEST(R23_R92_a_silent_camera_is_found_within_the_stated_time)
{
	uint64_t last;

	new_world();
	request.end = 20;
	world.silent_from = 30;
	world.silent_start = 2;
	fails(ETIMEDOUT, "none for 5 s");
	last = world.frames[world.taken - 1].time_ns;
	trips_after(last, 5, 7);
}

TEST(D4_a_motor_that_creeps_ends_the_scan)
{
	new_world();
	world.creep = 20;
	fails(ETIMEDOUT, "long after that");
	/* 6.2 s planned, half as long again, and 10 s. */
	trips_after(passed.start_ns, 15, 25);
	ck_assert_uint_gt(result.ledger.written, 100);
}

TEST(D4_a_camera_whose_times_creep_ends_by_the_deadline)
{
	new_world();
	world.times_creep = true;
	fails(ETIMEDOUT, "to be over in");
	/* The axis has long come to rest. */
	ck_assert_uint_eq(first(EVENT_STOP, 0), world.n_events);
	ck_assert_double_le((world.now - 1000 * SECOND) / 1e9,
			    stored("watchdog/deadline") + 5);
}

TEST(R24_R107_a_disk_that_hangs_is_found_and_not_waited_for)
{
	uint64_t begin;

	new_world();
	request.end = 20;
	world.stall_at = 40;
	begin = world.now;
	fails(ETIMEDOUT, "the disk took none for 10 s");
	trips_after(begin, 10, 30);
	ck_assert(result.abandoned);
	ck_assert_uint_eq(result.ledger.written, 40);
	ck_assert_uint_eq(world.closes, 0);
	ck_assert_uint_eq(first(EVENT_FINISH, 0), world.n_events);
	ck_assert_ptr_nonnull(strstr(result.error, "40 frames taken are in"));
}

TEST(R24_a_disk_that_hangs_at_the_end_is_found_too)
{
	new_world();
	world.stall_at = 55;
	fails(ETIMEDOUT, "the disk took none");
	ck_assert(result.abandoned);
	ck_assert_uint_eq(result.ledger.written, 55);
}

/* Written they are, but who waits for the disk waits for ever. */
TEST(R24_a_disk_that_takes_nothing_for_good_is_found_too)
{
	new_world();
	world.disk_ns = NEVER / 2;
	fails(ETIMEDOUT, "did not take them for 10 s");
	ck_assert(result.abandoned);
	ck_assert(!world.enabled);
	ck_assert_uint_eq(first(EVENT_FINISH, 0), world.n_events);
	ck_assert_uint_eq(result.ledger.written, result.ledger.taken);

	new_world();
	world.disk_ns = 9 * SECOND;
	runs_well();
}

TEST(R24_a_disk_that_goes_on_taking_is_not_found_to_hang)
{
	new_world();
	world.disk_turn_ns = 8 * SECOND;
	world.disk_ns = 17 * SECOND;
	runs_well();

	new_world();
	world.disk_turn_ns = 8 * SECOND;
	world.disk_ns = NEVER / 2;
	fails(ETIMEDOUT, "the last 2 frames");
	ck_assert_ptr_nonnull(strstr(result.error,
				     "did not take them for 10 s"));
}

/* Each frame comes in time for the one, all of them do not for the other. */
TEST(R25_what_waits_at_the_end_is_in_the_file_within_hdf_flush_timeout_max)
{
	uint64_t end;

	new_world();
	world.stall_at = 50;
	world.crawl_ns = 4 * SECOND;
	fails(ETIMEDOUT, "within 10 s of the last one");
	ck_assert_double_eq(stored("hdf_flush_timeout_max"), 10);
	ck_assert(result.abandoned);
	ck_assert_uint_ge(result.ledger.written, 52);
	ck_assert_uint_lt(result.ledger.written, result.ledger.taken);
	end = result.ledger.taken;

	/* Half as slow, and all of them are there. */
	new_world();
	world.stall_at = 50;
	world.crawl_ns = SECOND;
	runs_well();
	ck_assert_uint_eq(result.ledger.written, end);
}

TEST(R25_the_flush_timeout_is_by_the_formula_of_the_plan)
{
	struct flyscan_result planned = { .geometry = { .frames = 200 } };
	struct flyscan_request three = { .passes = 1 };
	struct scan scan = {
		.request = &three,
		.result = &planned,
		.settings = {
			.width = 1920,
			.height = 1080,
			.format = CAMERA_FORMAT_RGB8,
		},
	};

	/* 3 * 1920 * 1080 * 3 bytes * 200 / 1 MiB / 50 */
	ck_assert_double_eq_tol(scan_flush_timeout_s(&scan), 71.1914, 1e-3);
	three.passes = 3;
	ck_assert_double_eq_tol(scan_flush_timeout_s(&scan), 3 * 71.1914,
				1e-3);
}

TEST(R16_R68_R69_R89_D8_D12_a_slow_disk_loses_nothing)
{
	new_world();
	world.stall_at = 20;
	world.stall_ns = 4 * SECOND;
	runs_well();
	ck_assert_uint_eq(result.ledger.written, result.ledger.delivered);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 0);
	/* The queue is drained before the file is closed. */
	ck_assert_uint_lt(first(EVENT_CAMERA_STOP, first(EVENT_FRAME, 0)),
			  first(EVENT_FINISH, 0));
	ck_assert_uint_lt(first(EVENT_FINISH, 0), first(EVENT_FILE_CLOSE, 0));
	ck_assert_uint_le(world.longest_sleep_ns, 50000000);

	/* Those that wait when the camera has stopped are waited for. */
	new_world();
	world.stall_at = 55;
	world.stall_ns = 4 * SECOND;
	runs_well();
	ck_assert_uint_gt(world.waited, 0);
	ck_assert_uint_eq(result.ledger.written, result.ledger.delivered);
	ck_assert_uint_eq(flyscan_lost(&result.ledger), 0);
	ck_assert_uint_le(world.longest_sleep_ns, 50000000);
}

TEST(R70_R84_R110_R142_dropping_on_purpose_tells_what_it_lost)
{
	char number[32];
	uint64_t lost;

	new_world();
	request.nonblocking = true;
	world.stall_at = 20;
	world.stall_ns = 4 * SECOND;
	runs_well();
	lost = flyscan_lost(&result.ledger);
	ck_assert_uint_gt(lost, 5);
	ck_assert_uint_eq(lost, result.ledger.delivered - result.ledger.taken);
	ck_assert_uint_eq(lost, result.ledger.dropped);
	ck_assert_uint_eq(result.ledger.written, result.ledger.taken);
	snprintf(number, sizeof(number), "%llu frames were dropped",
		 (unsigned long long)lost);
	ck_assert(warned(FLYSCAN_WARN_DATA_LOSS, number));
	ck_assert_ptr_nonnull(strstr(stored_text("warnings/0"), number));
	ck_assert(warned(FLYSCAN_WARN_DATA_LOSS, "0 before"));
	ck_assert(warned(FLYSCAN_WARN_DATA_LOSS, "given by the camera"));
	ck_assert(warned(FLYSCAN_WARN_DATA_LOSS, "in the file"));
	ck_assert(warned(FLYSCAN_WARN_DATA_LOSS, "--t-period"));
	ck_assert(warned(FLYSCAN_WARN_DATA_LOSS, "--exposures-per-egu"));
	ck_assert_str_eq(flyscan_warning_name(FLYSCAN_WARN_DATA_LOSS),
			 "FlyscanDataLossWarning");
	ck_assert_double_eq(stored("force_hdf_nonblocking"), 1);
	ck_assert_double_eq(stored("ledger/lost_queue"), lost);
	ck_assert_double_eq(stored("ledger/dropped"), lost);
	ck_assert_double_eq(stored("ledger/lost"), lost);
	positions_are_true(0);
}

TEST(a_frame_that_the_compressor_lost_is_told_as_such)
{
	new_world();
	request.nonblocking = true;
	world.pack_lost = 1;
	fails(ENODATA, "found 1 lost (0 by the sensor, 0 by the camera, 0 on the way to the queue, 1 by the compressor, 0 by the writer)");
	ck_assert_double_eq(stored("ledger/lost_compressor"), 1);
	ck_assert_double_eq(stored("ledger/lost_queue"), 0);
}

TEST(R110_strict_makes_a_warning_an_error)
{
	new_world();
	request.nonblocking = true;
	request.strict = true;
	world.stall_at = 20;
	world.stall_ns = 4 * SECOND;
	fails(EPROTO, "(--strict), found: ");
	ck_assert_str_ne(result.path, "");
	new_world();
	request.strict = true;
	world.camera_period_ns = SECOND / 10 * 1.06;
	fails(EPROTO, "the camera's period");
	new_world();
	request.strict = true;
	runs_well();
	ck_assert_uint_eq(result.warning_count, 0);
}

TEST(R17_the_queue_is_sized_by_time)
{
	new_world();
	runs_well();
	ck_assert_uint_eq(world.queue_frames, 20);
	new_world();
	request.period_s = 0.02;
	request.per_unit = 20;
	world.camera_period_ns = SECOND / 50;
	runs_well();
	ck_assert_uint_eq(world.queue_frames, 100);
	new_world();
	request.period_s = 1;
	world.camera_period_ns = SECOND;
	runs_well();
	ck_assert_uint_eq(world.queue_frames, 4);
	/* 24 MiB each: 256 MiB hold ten of them, though 2 s are 20. */
	new_world();
	request.end = 0.5;
	world.width = 4096;
	world.height = 2048;
	runs_well();
	ck_assert_uint_eq(world.queue_frames, 10);
	new_world();
	request.end = 0.5;
	world.width = 8192;
	world.height = 4096;
	runs_well();
	ck_assert_uint_eq(world.queue_frames, 4);
}

/* 101 frames in the range, 1.5 times as many and 20 are 171. */
TEST(D2_R26_R131_a_long_run_up_needs_no_capacity)
{
	new_world();
	request.end = 0.5;
	request.per_unit = 200;
	runs_well();
	ck_assert_uint_eq(result.geometry.frames, 101);
	ck_assert_uint_gt(result.ledger.written, 202);
	ck_assert_uint_eq(result.frames_in_scan, 101);
	ck_assert_double_eq(stored("hdf_num_capture"), 0);
}

TEST(D22_R57_what_was_dropped_before_the_scan_does_not_count)
{
	new_world();
	world.dropped[1] = 7;
	runs_well();
	ck_assert_uint_eq(result.ledger.camera_dropped, 0);
	new_world();
	world.dropped[1] = 7;
	world.dropped[2] = 2;
	fails(ENODATA, "2 by the camera");
}

TEST(R67_R79_D11_the_camera_is_asked_for_period_and_exposure)
{
	new_world();
	request.exposure_s = 0.04;
	request.width = 640;
	world.set_exposure_ns = 39000000;
	runs_well();
	ck_assert_double_eq_tol(stored("t_acquire"), 0.04, 1e-9);
	ck_assert_double_eq_tol(stored("camera/exposure"), 0.039, 1e-9);
	ck_assert_uint_eq(world.asked.period_ns, 100000000);
	ck_assert_uint_eq(world.asked.exposure_ns, 40000000);
	ck_assert_uint_eq(world.asked.width, 640);
	ck_assert_double_eq(stored("camera/width_asked"), 640);
	ck_assert_double_eq(stored("camera/width"), WIDTH);
	new_world();
	runs_well();
	ck_assert_uint_eq(world.asked.exposure_ns, 100000000);
	ck_assert_double_eq(stored("t_acquire_was_default"), 1);
}

TEST(R118_R119_R25_R78_all_keys_are_stored)
{
	static const char *const numbers[] = {
		"p_start", "p_end", "exposures_per_egu", "t_acquire",
		"t_period", "taxi_allowance", "p_initial", "p_final",
		"num_frames", "scan_active_duration", "scan_velocity",
		"d_taxi", "motor_accl", "motor_accl_was_default",
		"motor_velocity_max", "hdf_num_capture",
		"hdf_flush_timeout_max", "consumer_tick",
		"clocks/monotonic_start", "clocks/monotonic_end",
	};
	static const char *const texts[] = {
		"det_name", "flymotor_name", "compression", "motor_egu",
		"ad_file_name", "ad_file_path",
	};

	new_world();
	runs_well();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		ck_assert_msg(isfinite(stored(numbers[i])), "%s", numbers[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_str_ne(stored_text(texts[i]), "");
	ck_assert_str_eq(stored_text("plan_name"), "flyscan");
	ck_assert_double_eq(stored("hdf_flush_timeout_max"), 10);
	ck_assert_double_eq(stored("consumer_tick"), 0.02);
}

/* 1 mm/s with 100 mm/s^2: 0.01 s and 0.005 mm to reach it. */
TEST(R38_R118_the_numbers_of_the_motor_are_those_of_the_scan)
{
	new_world();
	runs_well();
	ck_assert_double_eq_tol(stored("motor_velocity_max"), 50, 1e-9);
	ck_assert_double_eq_tol(stored("motor_accl"), 0.01, 1e-9);
	ck_assert_double_eq(stored("motor_accl_was_default"), 1);
	ck_assert_double_eq_tol(stored("d_taxi"), 0.005, 1e-9);
	/* Outward to a whole microstep of 0.01 mm. */
	ck_assert_double_eq_tol(stored("p_initial"), -0.51, 1e-9);
	ck_assert_double_eq_tol(stored("p_final"), 5.51, 1e-9);
	ck_assert_double_eq_tol(world.list[1].accel, 10000, 1e-6);
	new_world();
	request.accel = 50;
	runs_well();
	ck_assert_double_eq_tol(stored("motor_accl"), 0.02, 1e-9);
	ck_assert_double_eq(stored("motor_accl_was_default"), 0);
	ck_assert_double_eq_tol(stored("d_taxi"), 0.01, 1e-9);
	ck_assert_double_eq_tol(world.list[1].accel, 5000, 1e-6);
}

TEST(R9_R39_R49_units_and_compression_are_those_of_the_file)
{
	new_world();
	runs_well();
	ck_assert_str_eq(stored_text("motor_egu"), "mm");
	ck_assert_str_eq(stored_text("compression"), "none");
	new_world();
	request.compression = WRITER_DEFLATE;
	runs_well();
	ck_assert_str_eq(stored_text("compression"), "deflate");
}

TEST(R9_R49_R135_what_cannot_be_read_back_is_refused_with_what_can)
{
	new_world();
	world.no_plugins = true;
	request.compression = WRITER_BITSHUFFLE_LZ4;
	fails(ENOTSUP, "take one of none, deflate, shuffle-deflate, or");
	ck_assert_ptr_nonnull(strstr(result.error, "bitshuffle-lz4"));
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_uint_eq(world.camera_starts, 0);
	ck_assert_str_eq(result.path, "");

	new_world();
	request.compression = WRITER_BITSHUFFLE_LZ4;
	runs_well();
	ck_assert_str_eq(stored_text("compression"), "bitshuffle-lz4");
}

TEST(R120_R122_what_cannot_be_read_is_nan_and_says_so)
{
	new_world();
	runs_well();
	ck_assert(isnan(stored("motor_velocity_base")));
	ck_assert_double_eq(stored("motor_velocity_base_was_unreadable"), 1);
}

TEST(R121_D11_watchdogs_and_modes_are_stored)
{
	new_world();
	request.tick_s = 0.05;
	runs_well();
	ck_assert_double_eq(stored("consumer_tick"), 0.05);
	ck_assert_double_eq(stored("force_hdf_nonblocking"), 0);
	ck_assert_double_eq(stored("strict"), 0);
	ck_assert_double_eq(stored("passes"), 1);
	ck_assert_double_gt(stored("watchdog/motion"), 0);
	ck_assert_double_gt(stored("t_period_measured"), 0);
	ck_assert_double_ge(stored("camera/exposure"), 0);
}

TEST(R15_the_users_metadata_win)
{
	static const struct flyscan_md md[] = {
		{ .key = "sample", .text = "vase" },
		{ .key = "num_frames", .text = "many" },
		{ .key = "run", .number = 7 },
	};

	new_world();
	request.md = md;
	request.md_count = 3;
	runs_well();
	ck_assert_str_eq(stored_text("sample"), "vase");
	ck_assert_str_eq(stored_text("num_frames"), "many");
	ck_assert_double_eq(stored("run"), 7);
}

TEST(R15_names_of_metadata_are_checked)
{
	static const char *const bad[] = {
		"", "a/b", "1a", ".", "a b", "ledger", "camera", "a\n",
		"a234567890123456789012345678901234567890123456789012345678901234x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!flyscan_md_key(bad[i]), "%s", bad[i]);
	ck_assert(flyscan_md_key("a"));
	ck_assert(flyscan_md_key("Sample_1-b.c"));
}

TEST(D21_R94_R95_R101_R123_crossings_are_those_of_the_steps)
{
	new_world();
	runs_well();
	/* Between two steps: a step lasts 10 ms in the pass. */
	ck_assert_double_eq_tol(truth(stored("clocks/t_start")), 0, 1e-4);
	ck_assert_double_eq_tol(truth(stored("clocks/t_end")), 5, 1e-4);
	ck_assert_double_eq(stored("clocks/launch"), passed.start_ns);
}

/* Neither end is on a whole microstep. */
TEST(D21_R94_R123_crossings_between_two_steps_are_interpolated)
{
	const double low = 0.0037, high = 5.0037;

	new_world();
	request.start = low;
	request.end = high;
	runs_well();
	ck_assert_double_eq_tol(truth(stored("clocks/t_start")), low, 1e-4);
	ck_assert_double_eq_tol(truth(stored("clocks/t_end")), high, 1e-4);
	new_world();
	request.start = high;
	request.end = low;
	runs_well();
	ck_assert_double_eq_tol(truth(stored("clocks/t_start")), high, 1e-4);
	ck_assert_double_eq_tol(truth(stored("clocks/t_end")), low, 1e-4);
}

TEST(R87_R88_R90_R96_R129_the_camera_stops_behind_the_end)
{
	uint64_t end;

	new_world();
	runs_well();
	end = stored("clocks/t_end");
	ck_assert_uint_gt(world.frames[world.taken - 2].time_ns, end);
	ck_assert_uint_lt(world.frames[world.taken - 6].time_ns, end);
	/* Not with the axis, which comes to rest by itself. */
	ck_assert_uint_eq(first(EVENT_STOP, 0), world.n_events);
}

TEST(R75_R77_D13_D18_D24_frames_keep_their_own_time_and_number)
{
	new_world();
	runs_well();
	for (size_t i = 1; i < world.taken; i++) {
		ck_assert_uint_eq(world.frames[i].time_ns -
				  world.frames[i - 1].time_ns, SECOND / 10);
		ck_assert_uint_eq(world.frames[i].sequence -
				  world.frames[i - 1].sequence, 1);
	}
	times_are_the_cameras();
	ck_assert_uint_eq(world.traced, result.steps_counted);
}

static double told_fraction;
static uint64_t told_frames, told_times;

static void rises(const struct flyscan_progress *progress, void *data)
{
	ck_assert_double_ge(progress->fraction, told_fraction);
	ck_assert_uint_ge(progress->frames, told_frames);
	told_fraction = progress->fraction;
	told_frames = progress->frames;
	told_times++;
	(void)data;
}

TEST(R77_R93_progress_rises_and_ends_at_all)
{
	new_world();
	told_fraction = 0;
	told_frames = 0;
	told_times = 0;
	ck_assert_int_eq(flyscan_run(&request, rises, NULL, NULL, &result), 0);
	ck_assert_double_eq(told_fraction, 1);
	ck_assert_uint_eq(told_frames, result.ledger.written);
	ck_assert_uint_ge(told_times, 50);
	/* Ten times a second, and at each phase. */
	ck_assert_uint_le(told_times, 10 * (world.now / SECOND - 1000) + 20);
}

TEST(R13_R97_an_end_that_is_asked_for_is_seen_within_a_tick)
{
	new_world();
	request.tick_s = 0.001;
	world.cancel_at_ns = world.now + 6 * SECOND;
	fails(ECANCELED, "as asked for");
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
	ck_assert_uint_le(world.list[1].stop_ns,
			  world.cancel_at_ns + 2000000);
}

TEST(R99_R108_R114_everything_that_was_opened_is_closed_once)
{
	new_world();
	runs_well();
	ck_assert_uint_eq(world.camera_opens, 1);
	ck_assert_uint_eq(world.cameras, 0);
	ck_assert_uint_eq(world.monitors, 0);
	ck_assert_uint_eq(world.closes, 1);
	ck_assert_uint_lt(first(EVENT_FILE_CLOSE, 0), first(EVENT_CLOSE, 0));
	new_world();
	world.put_error = ENOSPC;
	world.put_error_at = 25;
	fails(ENOSPC, "disk full");
	ck_assert_uint_eq(world.monitors, 0);
	ck_assert_uint_eq(world.closes, 1);
}

TEST(R106_R109_R137_D10_what_was_written_is_told_after_the_close)
{
	new_world();
	runs_well();
	ck_assert_uint_eq(result.ledger.written, world.taken);
	ck_assert_str_ne(result.path, "");
	ck_assert_double_eq(stored("ledger/written"), world.taken);
}

TEST(R115_the_first_failure_is_told_and_no_later_one)
{
	new_world();
	request.end = 20;
	world.silent_from = 30;
	world.silent_start = 2;
	world.finish_error = EIO;
	fails(ETIMEDOUT, "the next frame");
	ck_assert_ptr_null(strstr(result.error, "Input/output"));
}

TEST(R19_R116_a_state_that_cannot_be_read_is_told)
{
	new_world();
	world.state_fails = true;
	fails(EIO, "the state of slide");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(R140_a_camera_may_take_its_time_for_the_first_frame)
{
	new_world();
	world.first_delay_ns = 4 * SECOND;
	runs_well();
	ck_assert_uint_eq(result.frames_in_scan, 51);
}

TEST(D19_times_that_repeat_or_go_back_end_the_scan)
{
	new_world();
	world.times_repeat = true;
	fails(EPROTO, "times of the camera camera one to rise");
	ck_assert_uint_eq(result.ledger.written, 10);
	ck_assert_uint_lt(first(EVENT_STOP, 0), world.n_events);
}

TEST(R138_a_frame_of_another_size_ends_the_scan)
{
	new_world();
	world.wrong_from = 0;
	world.wrong_size = 1;
	fails(EPROTO, "found one of 95");
	ck_assert_str_eq(result.path, "");
}

TEST(D17_R29_back_and_forth_has_true_positions_both_ways)
{
	size_t in_scan = 0;

	new_world();
	request.passes = 3;
	runs_well();
	ck_assert_uint_eq(result.passes, 3);
	ck_assert_uint_eq(world.moves, 4);
	ck_assert_uint_eq(result.frames_in_scan, 153);
	positions_are_true(0);
	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		in_scan++;
		ck_assert_double_ge(world.position_stored[i], -0.05);
		ck_assert_double_le(world.position_stored[i], 5.05);
	}
	ck_assert_uint_eq(in_scan, 153);
	/* Each pass is straight, and not the three of them. */
	ck_assert_double_lt(stored("pairing/line_max"), 0.02);
	ck_assert_int_eq(result.steps_counted, 3 * length_of(&passed));
	ck_assert_int_eq(world.list[2].to, world.list[1].from);
	ck_assert_double_eq_tol(truth(stored_at("pass/t_start", 1)), 5, 1e-4);
	ck_assert_double_eq_tol(truth(stored_at("pass/t_end", 1)), 0, 1e-4);
	/* The camera runs through. */
	ck_assert_uint_eq(world.camera_starts, 2);
}

TEST(D6_frames_of_every_pass_stand_on_the_places)
{
	size_t n = 0;
	int way = 1;

	new_world();
	request.passes = 2;
	world.mark = CAMERA_MARK_READOUT_START;
	world.exposure_ns = 40000000;
	runs_well();
	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		ck_assert_double_eq_tol(world.position_stored[i],
					(way > 0 ? n : 50 - n) * 0.1, 0.011);
		if (++n == 51) {
			n = 0;
			way = -way;
		}
	}
	ck_assert_uint_eq(n, 0);
}

/* The run-out is shorter than half a spacing: it rests where it counts. */
TEST(frames_at_rest_between_passes_are_not_in_the_scan)
{
	new_world();
	request.passes = 3;
	request.per_unit = 1;
	request.period_s = 0.2;
	request.taxi_allowance = 0;
	world.camera_period_ns = SECOND / 5;
	runs_well();
	ck_assert_double_lt(result.geometry.d_taxi, 0.5);
	ck_assert_uint_eq(result.frames_in_scan, 3 * 6);
}

TEST(R61_R62_R111_a_motor_that_was_off_is_off_again_however_it_ends)
{
	new_world();
	runs_well();
	ck_assert(!world.enabled);
	ck_assert_uint_eq(result.restored, 1);
	new_world();
	world.cancel_at_ns = world.now + 6 * SECOND;
	fails(ECANCELED, "as asked for");
	ck_assert(!world.enabled);
	new_world();
	world.stuck_at = 200;
	fails(ETIMEDOUT, "no step");
	ck_assert(!world.enabled);
	new_world();
	world.enabled = true;
	runs_well();
	ck_assert(world.enabled);
	ck_assert_uint_eq(result.restored, 0);
}

TEST(R50_a_preview_tells_every_limit_and_moves_nothing)
{
	struct flyscan_limit limits[FLYSCAN_LIMITS_MAX];
	size_t count;

	new_world();
	ck_assert_int_eq(flyscan_preview(&request, &result, limits, &count), 0);
	ck_assert_uint_eq(count, 10);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(limits[i].holds, "%s", limits[i].name);
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_uint_eq(world.camera_starts, 0);
	ck_assert_uint_eq(first(EVENT_ENABLE, 0), world.n_events);
	ck_assert_uint_eq(first(EVENT_FILE, 0), world.n_events);
	request.end = 99.9;
	ck_assert_int_eq(flyscan_preview(&request, &result, limits, &count),
			 -1);
	ck_assert_uint_eq(count, 10);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(limits[i].holds ==
			      !!strcmp(limits[i].name, "run-out to"),
			      "%s", limits[i].name);
}

/* What a scan that was cancelled has left, as a file would tell it. */
static struct flyscan_earlier earlier;
static struct writer_frame old_frames[MOST_FRAMES];
static uint64_t old_times[MOST_FRAMES];
static double old_position[MOST_FRAMES];
static uint8_t old_in_scan[MOST_FRAMES];
static const uint64_t old_step_ns[] = { 1, 2 };
static const int64_t old_steps[] = { 1, 2 };
static uint64_t old_pass[MOST_FRAMES];
static uint64_t old_count[2];

static bool writer_has_hdf5;

static int old_pixels(void *data, size_t index, void *pixels)
{
	(void)data;
	errno = EAGAIN;
	if (writer_has_hdf5 && writer_written(NULL) < world.taken)
		return -1;
	memset(pixels, index, WIDTH * HEIGHT * 3);
	return 0;
}

static void keep_as_earlier(void)
{
	size_t frames = world.taken;

	for (size_t i = 0; i < frames; i++) {
		old_frames[i] = world.frames[i];
		old_times[i] = world.frames[i].time_ns;
		old_position[i] = world.position_stored[i];
		old_in_scan[i] = world.in_scan[i];
		old_pass[i] = world.in_scan[i];
	}
	old_count[0] = frames;
	old_count[1] = 2;
	earlier = (struct flyscan_earlier){
		.path = "/earlier.h5", .start = 0, .end = 5, .places = 51,
		.passes = 1, .scale = oscan_axis_steps_per_unit(&axis_info),
		.pass = old_pass, .step_utc_ns = old_step_ns, .runs = 1,
		.run_frames = &old_count[0], .run_steps = &old_count[1],
		.boot_ids = "boot",
		.driver_probed_ns = info.probed_ns,
		.frames = frames, .frame = old_frames, .time_ns = old_times,
		.position = old_position, .position_start = old_position,
		.position_end = old_position, .sigma = old_position,
		.speed = old_position, .in_scan = old_in_scan,
		.steps = 2, .step_ns = old_step_ns,
		.step_position = old_steps,
		.width = WIDTH, .height = HEIGHT, .pixels = old_pixels,
	};
}

TEST(R98_a_scan_that_completes_another_has_the_frames_of_both)
{
	uint64_t half;
	double last = -1;

	new_world();
	world.cancel_at_ns = world.now + 5 * SECOND;
	fails(ECANCELED, "as asked for");
	half = result.frames_in_scan;
	ck_assert_uint_gt(half, 5);
	keep_as_earlier();

	new_world();
	request.earlier = &earlier;
	request.start = half * 0.1;
	world.mark = CAMERA_MARK_READOUT_START;
	runs_well();
	/* The two starts of the camera are no scatter of its times. */
	ck_assert_double_lt(stored("uncertainty/timestamp"), 1e-5);
	ck_assert_uint_eq(result.ledger.copied, earlier.frames);
	ck_assert_uint_eq(result.frames_in_scan, 51);
	ck_assert_uint_eq(world.taken,
			  earlier.frames + result.ledger.written);
	for (size_t i = 0; i < world.paired; i++) {
		if (!world.in_scan[i])
			continue;
		ck_assert_double_eq_tol(world.position_stored[i], last + 0.1,
					last < 0 ? 1.1 : 0.06);
		last = world.position_stored[i];
	}
	ck_assert_double_eq_tol(last, 5, 0.06);
	ck_assert_double_eq(stored("p_start"), 0);
	ck_assert_double_eq(stored("num_frames"), 51);
	ck_assert_str_eq(stored_text("resumed_from"), "/earlier.h5");
	ck_assert_uint_eq(world.traced, result.steps_traced);
	ck_assert_uint_eq(world.earlier_steps, 2);
}

TEST(a_completed_scan_awaits_the_time_of_its_own_last_frame)
{
	new_world();
	world.cancel_at_ns = world.now + 5 * SECOND;
	fails(ECANCELED, "as asked for");
	keep_as_earlier();

	new_world();
	request.earlier = &earlier;
	request.start = result.frames_in_scan * 0.1;
	request.taxi_allowance = 0;
	world.camera_clock_ns = 450000000;
	runs_well();
	ck_assert_uint_gt(result.ledger.copied, 0);
	ck_assert_uint_eq(result.frames_unpaired, 0);
}

TEST(R98_frames_that_were_copied_are_no_first_frame)
{
	new_world();
	world.cancel_at_ns = world.now + 5 * SECOND;
	fails(ECANCELED, "as asked for");
	keep_as_earlier();
	new_world();
	request.earlier = &earlier;
	request.start = 3;
	world.silent_from = 0;
	world.silent_start = 2;
	fails(ETIMEDOUT, "a first frame");
	ck_assert_uint_eq(world.moves, 1);
	ck_assert_str_eq(result.path, "");
}

TEST(an_axis_with_another_scale_cannot_complete_a_scan)
{
	new_world();
	keep_as_earlier();
	earlier.scale *= 2;
	request.earlier = &earlier;
	fails(EPROTO, "microsteps per mm as in /earlier.h5");
	ck_assert_uint_eq(world.moves, 0);
}

TEST(after_a_reboot_a_scan_is_completed_only_where_the_position_is_known)
{
	new_world();
	keep_as_earlier();
	earlier.other_boot = true;
	request.earlier = &earlier;
	world.position_state = OSCAN_POSITION_ASSUMED;
	fails(EPROTO, "home it with");
	ck_assert_uint_eq(world.moves, 0);
	ck_assert_str_eq(result.path, "");

	new_world();
	request.earlier = &earlier;
	world.position_state = OSCAN_POSITION_KNOWN;
	runs_well();
}

TEST(what_makes_positions_is_put_while_the_scan_runs)
{
	new_world();
	request.passes = 2;
	runs_well();
	ck_assert_uint_eq(world.course[WRITER_COURSE_REST], 1);
	ck_assert_uint_eq(world.course[WRITER_COURSE_LAUNCH], 2);
	ck_assert_uint_gt(world.course[WRITER_COURSE_KNOWN], 50);
	/* All but those that come when the frames have ended. */
	ck_assert_uint_gt(world.steps_put, result.steps_traced / 2);
	ck_assert_double_eq(stored("range/passes"), 2);
	ck_assert_double_eq(stored("range/places"), 51);
}

/* The first two passes are there; the third and the last one are flown. */
TEST(a_scan_of_several_passes_is_completed_pass_by_pass)
{
	new_world();
	request.passes = 2;
	runs_well();
	keep_as_earlier();
	earlier.passes = 4;
	earlier.first_pass = 2;
	for (size_t i = 0; i < earlier.frames; i++)
		old_pass[i] = world.pass[i];

	new_world();
	request.earlier = &earlier;
	request.passes = 2;
	runs_well();
	ck_assert_uint_eq(result.warning_count, 0);
	ck_assert_uint_eq(result.frames_in_scan, 4 * 51);
	ck_assert_double_eq(stored("passes"), 4);
	ck_assert_ptr_nonnull(strstr(world.metadata, "\"passes\":4"));
	for (uint64_t pass = 1; pass <= 4; pass++) {
		unsigned int frames = 0;

		for (size_t i = 0; i < world.paired; i++)
			frames += world.pass[i] == pass;
		ck_assert_uint_eq(frames, 51);
	}
}

TEST(frames_of_another_size_cannot_be_completed)
{
	new_world();
	keep_as_earlier();
	earlier.frames = 1;
	earlier.width = 9;
	request.earlier = &earlier;
	fails(EPROTO, "9x4 pixels as in /earlier.h5");
	ck_assert_uint_eq(world.moves, 0);
}
