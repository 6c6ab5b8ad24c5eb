// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/recovered.c userspace/scan/pair.c
 * userspace/scan/uncertainty.c userspace/scan/window.c
 * userspace/scan/trigger-pair.c userspace/scan/trigger-places.c
 * userspace/scan/match.c userspace/scan/geometry.c
 * userspace/writer/writer.c userspace/writer/nexus.c
 * userspace/writer/layout.c userspace/writer/h5.c userspace/writer/h5read.c
 * userspace/writer/queue.c userspace/writer/space.c
 * userspace/writer/compress.c userspace/writer/documents.c
 * userspace/writer/disk.c userspace/writer/durable.c
 * userspace/writer/documents-recover.c userspace/writer/recover.c
 * userspace/writer/packers.c userspace/writer/syncer.c
 * userspace/writer/steplog.c userspace/writer/steps.c
 * userspace/writer/uuid.c userspace/writer/views.c
 * userspace/camera/mark.c userspace/liboscan/track.c
 * userspace/liboscan/units.c
 * -lhdf5_serial -ljansson -llz4 -ldeflate -lm -pthread
 */
/*
 * A fly scan that is killed in the middle of a pass, in a process of its own.
 * The axis moves by a closed form, so what each position must be is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "h5read.h"
#include "oscan.h"
#include "recover.h"
#include "recovered.h"
#include "scan.h"
#include "unit.h"
#include "writer.h"

#define SECOND UINT64_C(1000000000)
#define BEGIN (100 * SECOND)
#define STEP_NS UINT64_C(10000000)
#define STEPS_PER_DEG 10
#define FRAMES 60
#define PERIOD_NS UINT64_C(50000000)
#define EXPOSURE_NS UINT64_C(24000000)
#define FIRST_NS (BEGIN - 2 * PERIOD_NS)
#define KNOWN_STEPS 200
#define LOG "/entry/instrument/turntable/value_log/"

/* What is asked for: 10 degrees each way, the run-up 2 degrees. */
#define PLACES 21
#define RUN_UP 2.0

static char folder[64], path[96], copy[96];
static const char *mark = "exposure_start";
/* The strobe of each frame was latched, and the camera's times are so late. */
static bool strobes;
static uint64_t late_ns;
/* The camera told the exposure of no frame, but obeyed what was set. */
static bool untold;
/* The first frames are those of a scan that this one was to complete. */
#define EARLIER 10
static bool completes;

/* What recovered.c and pair.c need of the rest of a scan. */

int scan_fail(struct scan *scan, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	scan->error = error;
	errno = error;
	return -1;
}

int scan_writer_failed(struct scan *scan, int error)
{
	return scan_fail(scan, error, "writer: %s", strerror(error));
}

const char *scan_unit(const struct scan *scan)
{
	return oscan_axis_unit_name(scan->info);
}

double scan_steps(const struct scan *scan, double value)
{
	return value * oscan_axis_steps_per_unit(scan->info);
}

void scan_pass_planned(const struct scan *scan, uint32_t number,
		       struct scan_pass *pass)
{
	const struct flyscan_request *request = scan->request;
	const struct flyscan_geometry *geometry = &scan->result->geometry;

	*pass = (struct scan_pass){
		.direction = number % 2 ? -geometry->direction
					: geometry->direction,
		.start = number % 2 ? request->end : request->start,
		.end = number % 2 ? request->start : request->end,
		.initial = number % 2 ? geometry->final : geometry->initial,
		.final = number % 2 ? geometry->initial : geometry->final,
	};
}

int scan_store_recovered(struct scan *scan)
{
	return writer_add_number(scan->writer, "ledger/in_scan",
				 scan->result->frames_in_scan, NULL);
}

static void number(struct writer *writer, const char *name, double value)
{
	if (writer_add_number(writer, name, value, NULL))
		_exit(11);
}

/* As store-begin.c stores them. */
static void add_parameters(struct writer *writer, const char *axis)
{
	if (writer_add_text(writer, "flymotor_name", axis) ||
	    writer_add_text(writer, "camera/time_mark", mark))
		_exit(12);
	number(writer, "motor/steps_per_unit", STEPS_PER_DEG);
	number(writer, "motor/full_steps_per_turn", 200);
	number(writer, "motor/microsteps", 18);
	number(writer, "motor/gear_num", 1);
	number(writer, "motor/gear_den", 1);
	number(writer, "range/start", 0);
	number(writer, "range/end", 10);
	number(writer, "range/passes", 1);
	number(writer, "range/first_pass", 0);
	number(writer, "range/places", PLACES);
	number(writer, "p_initial", -RUN_UP);
	number(writer, "p_final", 10 + RUN_UP);
	number(writer, "camera/readout", 0);
	number(writer, "camera/latency", 0);
	number(writer, "camera/latency_uncertainty", 0);
	number(writer, "camera/exposure", EXPOSURE_NS / 1e9);
	number(writer, "camera/sets_exposure", untold);
	if (!strobes)
		return;
	if (writer_add_text(writer, "trigger_mode", "strobe"))
		_exit(16);
	number(writer, "t_period_used", PERIOD_NS / 1e9);
	number(writer, "camera/counts_gaps", 1);
}

/* As earlier.c stores them. */
static void add_earlier(struct writer *writer)
{
	static const char *const counts[] = {
		"earlier/time_ns", "earlier/pass", "earlier/in_scan",
		"earlier/source",
	};
	static const char *const reals[] = {
		"earlier/position", "earlier/position_start",
		"earlier/position_end", "earlier/position_errors",
		"earlier/speed",
	};
	const uint64_t frames = EARLIER, steps = 0;
	uint64_t ones[EARLIER];
	double values[EARLIER];

	for (size_t i = 0; i < EARLIER; i++)
		ones[i] = values[i] = 1;
	if (writer_add_array(writer, "earlier/frames", &frames, 1, NULL) ||
	    writer_add_array(writer, "earlier/steps", &steps, 1, NULL))
		_exit(18);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (writer_add_array(writer, counts[i], ones, EARLIER, NULL))
			_exit(18);
	for (size_t i = 0; i < sizeof(reals) / sizeof(*reals); i++)
		if (writer_add_reals(writer, reals[i], values, EARLIER, NULL))
			_exit(18);
}

static uint64_t step_ns(size_t n)
{
	return BEGIN + (n + 1) * STEP_NS;
}

/* One step each 10 ms, from -RUN_UP on: @known, with a gap among them? */
static void put_steps(struct writer *writer, size_t known, bool gap)
{
	uint64_t times[KNOWN_STEPS];
	int64_t positions[KNOWN_STEPS];
	struct writer_trace steps = { known, times, positions };
	int64_t last = 0;

	for (size_t n = 0; n < known; n++) {
		times[n] = step_ns(n);
		positions[n] = n + 1 - (int64_t)(RUN_UP * STEPS_PER_DEG);
		if (gap && n > known / 2)
			positions[n] += 5;
		last = positions[n];
	}
	if (writer_put_course(writer, WRITER_COURSE_REST, BEGIN - SECOND,
			      -RUN_UP * STEPS_PER_DEG) ||
	    writer_put_course(writer, WRITER_COURSE_LAUNCH, BEGIN,
			      120) ||
	    writer_put_steps(writer, &steps) ||
	    (known && writer_put_course(writer, WRITER_COURSE_KNOWN,
					times[known - 1] + 3000000, last)))
		_exit(13);
}

static void put_frames(struct writer *writer)
{
	uint8_t pixels[4 * 3] = { 0 };

	for (uint64_t n = 0; n < FRAMES; n++) {
		const struct writer_frame frame = {
			.time_ns = FIRST_NS + n * PERIOD_NS + late_ns,
			.sequence = n, .status = 1,
			.exposure_ns = untold ? 0 : EXPOSURE_NS,
		};

		if (strobes && writer_put_course(writer, WRITER_COURSE_STROBE,
						 FIRST_NS + n * PERIOD_NS, 0))
			_exit(17);

		if (writer_put(writer, pixels, &frame))
			_exit(14);
	}
	while (writer_written(writer) < FRAMES)
		usleep(1000);
}

static void scan_and_die(size_t known, bool gap, const char *axis)
{
	const struct writer_config config = {
		.path = path, .width = 4, .height = 3, .bytes_per_pixel = 1,
		.queue_frames = 8, .axis_name = "turntable",
		.axis_unit = "deg", .rotation = true,
		.steps_per_unit = STEPS_PER_DEG, .camera_id = "id",
		.camera_model = "model", .time_mark = "exposure_start",
		.title = "title", .program = "test_recovered 1",
		.metadata = "{\"plan_name\": \"flyscan\"}",
	};
	struct writer *writer = writer_open(&config);

	if (!writer)
		_exit(10);
	add_parameters(writer, axis);
	if (completes)
		add_earlier(writer);
	put_steps(writer, known, gap);
	put_frames(writer);
	raise(SIGKILL);
}

static void kill_scan(size_t known, bool gap, const char *axis)
{
	pid_t child;
	int status;

	strcpy(folder, "/tmp/oscan-recovered-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/scan.h5", folder);
	snprintf(copy, sizeof(copy), "%s/scan.recovered.h5", folder);
	child = fork();
	if (!child)
		scan_and_die(known, gap, axis);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status), "exit %d", WEXITSTATUS(status));
}

static void cleanup(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static double *column(hid_t file, const char *name)
{
	size_t count;
	double *list = h5_read_all(file, name, H5T_NATIVE_DOUBLE,
				   sizeof(*list), &count);

	ck_assert_msg(list && count == FRAMES, "%s has %zu", name, count);
	return list;
}

/* Where the axis was, from the way that it moved; NAN: not known. */
static double truth(uint64_t time_ns, size_t known)
{
	double steps;

	if (time_ns < BEGIN - SECOND || (!known && time_ns > BEGIN - SECOND))
		return NAN;
	if (time_ns > step_ns(known) - STEP_NS + 3000000)
		return NAN;
	steps = ((double)time_ns - BEGIN) / STEP_NS;
	return fmax(steps, 0) / STEPS_PER_DEG - RUN_UP;
}

static void check_positions(size_t known)
{
	hid_t file = H5Fopen(copy, H5F_ACC_RDONLY, H5P_DEFAULT);
	double *position, *from, *sigma, *in_scan;

	ck_assert_int_ge(file, 0);
	position = column(file, "/entry/data/turntable");
	from = column(file, "/entry/data/turntable_start");
	sigma = column(file, "/entry/data/turntable_errors");
	in_scan = column(file, "/entry/data/in_scan");
	for (uint64_t n = 0; n < FRAMES; n++) {
		const uint64_t start_ns = FIRST_NS + n * PERIOD_NS;
		const double want = truth(start_ns + EXPOSURE_NS / 2, known);
		const double begin = truth(start_ns, known);

		MUST(isnan(want) == isnan(position[n]),
		     "frame %d: %g, not %g", (int)n, position[n], want);
		if (isnan(want)) {
			MUST(!in_scan[n], "frame %d is in the scan", (int)n);
			continue;
		}
		MUST(fabs(position[n] - want) < 1.01 / STEPS_PER_DEG &&
		     fabs(from[n] - begin) < 1.01 / STEPS_PER_DEG,
		     "frame %d: %g, not %g", (int)n, position[n], want);
		MUST(sigma[n] > 0 && sigma[n] < 1, "frame %d: sigma %g",
		     (int)n, sigma[n]);
		MUST(in_scan[n] == (want > -0.25 && want < 10.25),
		     "frame %d at %g: in_scan %g", (int)n, want, in_scan[n]);
	}
	free(position);
	free(from);
	free(sigma);
	free(in_scan);
	H5Fclose(file);
}

static uint64_t positions_known(size_t known)
{
	uint64_t count = 0;

	for (uint64_t n = 0; n < FRAMES; n++)
		count += !isnan(truth(FIRST_NS + n * PERIOD_NS +
				      EXPOSURE_NS / 2, known));
	return count;
}

TEST(frames_of_a_killed_scan_have_the_positions_that_its_steps_tell)
{
	struct recovered found;

	kill_scan(KNOWN_STEPS, false, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_uint_eq(found.frames, FRAMES);
	ck_assert_uint_eq(found.positions, positions_known(KNOWN_STEPS));
	/* Some are from after the last step that is known. */
	ck_assert_uint_lt(found.positions, FRAMES);
	check_positions(KNOWN_STEPS);
	cleanup();
}

/* Nobody knows when they were exposed, but a time they have. */
TEST(frames_whose_times_mark_nothing_known_have_a_position_all_the_same)
{
	struct recovered found;
	double *position, *from;
	hid_t file;

	mark = "unknown";
	kill_scan(KNOWN_STEPS, false, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_ptr_null(found.lacking);
	file = H5Fopen(copy, H5F_ACC_RDONLY, H5P_DEFAULT);
	position = column(file, "/entry/data/turntable");
	from = column(file, "/entry/data/turntable_start");
	for (uint64_t n = 4; n < 40; n++) {
		const double want = truth(FIRST_NS + n * PERIOD_NS,
					  KNOWN_STEPS);

		MUST(fabs(position[n] - want) < 1.01 / STEPS_PER_DEG &&
		     isnan(from[n]), "frame %d: %g", (int)n, position[n]);
	}
	free(position);
	free(from);
	H5Fclose(file);
	cleanup();
}

TEST(frames_of_a_killed_scan_have_the_times_of_their_strobes)
{
	struct recovered found;

	strobes = true;
	late_ns = 21000000;
	kill_scan(KNOWN_STEPS, false, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_uint_eq(found.positions, positions_known(KNOWN_STEPS));
	check_positions(KNOWN_STEPS);
	cleanup();
	strobes = false;
	late_ns = 0;
}

TEST(an_exposure_that_was_not_told_is_the_one_that_was_set)
{
	struct recovered found;

	untold = true;
	kill_scan(KNOWN_STEPS, false, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	check_positions(KNOWN_STEPS);
	cleanup();
	untold = false;
}

/* Their 1 is a pulse; the frames of the scan itself had strobes. */
TEST(who_told_of_the_frames_of_an_earlier_scan_is_kept)
{
	struct recovered found;
	double *source;
	hid_t file;

	strobes = true;
	completes = true;
	kill_scan(KNOWN_STEPS, false, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_ptr_null(found.lacking);
	file = H5Fopen(copy, H5F_ACC_RDONLY, H5P_DEFAULT);
	source = column(file, "/entry/flyscan/pairing/source");
	for (size_t n = 0; n < FRAMES; n++)
		ck_assert_double_eq(source[n], n < EARLIER ?
				    SCAN_SOURCE_PULSE : SCAN_SOURCE_STROBE);
	free(source);
	H5Fclose(file);
	cleanup();
	strobes = false;
	completes = false;
}

TEST(without_a_step_no_frame_has_a_position)
{
	struct recovered found;

	kill_scan(0, false, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_uint_eq(found.frames, FRAMES);
	ck_assert_uint_eq(found.positions, 0);
	check_positions(0);
	cleanup();
}

TEST(frames_in_a_gap_of_the_steps_have_no_position)
{
	struct recovered found;

	kill_scan(KNOWN_STEPS, true, "turntable");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_uint_eq(found.positions, positions_known(KNOWN_STEPS) - 1);
	cleanup();
}

/* The documents too tell of the frames alone. */
TEST(a_file_that_does_not_tell_its_axis_is_recovered_without_positions)
{
	struct recovered found;
	char axes[64];
	hid_t file;

	kill_scan(KNOWN_STEPS, false, "none of them");
	ck_assert_int_eq(flyscan_recover(path, copy, &found), 0);
	ck_assert_uint_eq(found.frames, FRAMES);
	ck_assert_uint_eq(found.positions, 0);
	ck_assert_str_eq(found.lacking, "the axis");
	file = H5Fopen(copy, H5F_ACC_RDONLY, H5P_DEFAULT);
	h5_read_attribute(file, "/entry/data", "axes", axes, sizeof(axes));
	ck_assert_str_eq(axes, "sensor_timestamp");
	H5Fclose(file);
	cleanup();
}

/* Time of the last word: steps beyond those that are there. */
static void lose_last_steps(const char *name, size_t steps)
{
	hid_t file = H5Fopen(copy, H5F_ACC_RDWR, H5P_DEFAULT);
	hid_t dataset = H5Dopen2(file, LOG "time_ns", H5P_DEFAULT);
	const hsize_t start[] = { KNOWN_STEPS - steps }, count[] = { steps };
	hid_t space = H5Dget_space(dataset);
	hid_t memory = H5Screate_simple(1, count, NULL);
	uint64_t zeros[KNOWN_STEPS] = { 0 };

	H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
	ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_UINT64, memory, space,
				  H5P_DEFAULT, zeros), 0);
	H5Sclose(memory);
	H5Sclose(space);
	H5Dclose(dataset);
	H5Fclose(file);
	ck_assert_int_eq(rename(copy, name), 0);
}

static int spoil(const char *name, void *data)
{
	ck_assert_int_eq(rename(name, copy), 0);
	lose_last_steps(name, *(size_t *)data);
	return recovered_finish(name, &(struct recovered){ 0 });
}

/* A power cut leaves zeros where a block was not written. */
TEST(steps_that_are_torn_end_what_is_known)
{
	size_t lost = 50;
	uint64_t frames;

	kill_scan(KNOWN_STEPS, false, "turntable");
	ck_assert_int_eq(recover_file(path, copy, spoil, &lost, NULL,
				      &frames), 0);
	ck_assert_uint_eq(frames, FRAMES);
	/* Known to the last step that is there, and not to the last word. */
	{
		hid_t file = H5Fopen(copy, H5F_ACC_RDONLY, H5P_DEFAULT);
		double *position = column(file, "/entry/data/turntable");
		const uint64_t end_ns = step_ns(KNOWN_STEPS - lost - 1);
		size_t steps;

		for (uint64_t n = 0; n < FRAMES; n++)
			MUST(isnan(position[n]) ==
			     (FIRST_NS + n * PERIOD_NS + EXPOSURE_NS / 2 >
			      end_ns), "frame %d: %g", (int)n, position[n]);
		free(position);
		free(h5_read_all(file, LOG "value", H5T_NATIVE_DOUBLE,
				 sizeof(double), &steps));
		ck_assert_uint_eq(steps, KNOWN_STEPS - lost);
		H5Fclose(file);
	}
	cleanup();
}
