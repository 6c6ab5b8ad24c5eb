// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscanctl/tracefile.c userspace/oscanctl/traceread.c
 *	userspace/oscanctl/message.c userspace/liboscan/units.c
 *	userspace/writer/h5.c userspace/writer/layout.c
 *	userspace/writer/compress.c userspace/scan/words.c
 *	-lhdf5_serial -ljansson -llz4 -ldeflate -lm
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "h5.h"
#include "oscanctl.h"
#include "tracefile.h"
#include "unit.h"

#define BEGIN_NS 1000000000ull

static char path[64];

static const struct oscan_axis_info axis = {
	.name = "turntable", .unit = OSCAN_UNIT_DEGREE,
	.full_steps_per_turn = 200, .microsteps = 16, .gear_num = 1,
	.gear_den = 1,
};

static void new_path(void)
{
	snprintf(path, sizeof(path), "/tmp/oscan-trace-%d.h5", getpid());
	unlink(path);
}

/* HDF5 would try once more when the process ends, as writer/nexus.c says. */
__attribute__((constructor)) static void leave_hdf5_open(void)
{
	H5dont_atexit();
}

/* What is said of errors is looked at by test_plot. */
static void be_quiet(void)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void listen_to_stderr(void)
{
	FILE *heard = tmpfile();

	ck_assert_ptr_nonnull(heard);
	ck_assert_int_ge(dup2(fileno(heard), STDERR_FILENO), 0);
}

static int sentences_heard(void)
{
	char text[4096];
	ssize_t length, i;
	int lines = 0;

	length = pread(STDERR_FILENO, text, sizeof(text), 0);
	ck_assert_int_ge(length, 0);
	for (i = 0; i < length; i++)
		lines += text[i] == '\n';
	return lines;
}

static void create(struct tracefile *trace)
{
	const struct oscan_state state = {
		.position = -3, .time_ns = BEGIN_NS, .steps = 40,
	};

	new_path();
	ck_assert_int_eq(tracefile_create(trace, path, "1"), 0);
	ck_assert_int_eq(tracefile_axis_add(trace, &axis, &state), 0);
}

/* Steps @first to @last, each 1000 ns after the one before, n ns late. */
static int add(struct tracefile *trace, uint64_t first, uint64_t last)
{
	static uint64_t times[100000];
	static uint32_t late[100000];
	struct oscan_trace_batch batch = {
		.steps = last - first + 1, .direction = 1, .spacing = 1,
		.first_number = first, .first_position = (int64_t)first - 43,
		.times_ns = times, .late_ns = late, .total = last,
		.horizon_ns = BEGIN_NS + last * 1000 + 500,
	};
	uint64_t n;

	for (n = first; n <= last; n++) {
		times[n - first] = BEGIN_NS + n * 1000;
		late[n - first] = (uint32_t)n;
	}
	return tracefile_steps(trace, 0, &batch);
}

static void read_back(struct traceread *read)
{
	ck_assert_int_eq(traceread_open(read, path), 0);
	ck_assert_uint_eq(read->count, 1);
	ck_assert_str_eq(read->axes[0].name, "turntable");
	ck_assert_str_eq(read->axes[0].unit, "deg");
	ck_assert_double_eq_tol(read->axes[0].steps_per_unit, 3200 / 360.0,
				1e-12);
	ck_assert_int_eq(read->axes[0].begin_position, -3);
	ck_assert_uint_eq(read->axes[0].begin_ns, BEGIN_NS);
}

/* More than is kept in memory; steps from before the beginning left out. */
TEST(every_step_is_written_and_read)
{
	struct tracefile trace;
	struct traceread read;
	size_t i;

	create(&trace);
	ck_assert_int_eq(add(&trace, 1, 100), 0);
	ck_assert_int_eq(add(&trace, 101, 101), 0);
	ck_assert_int_eq(tracefile_flush(&trace), 0);
	ck_assert_int_eq(add(&trace, 102, 50000), 0);
	ck_assert_int_eq(tracefile_close(&trace), 0);
	read_back(&read);
	ck_assert_uint_eq(read.axes[0].steps, 50000 - 40);
	ck_assert_uint_eq(read.axes[0].gaps, 0);
	ck_assert_uint_eq(read.axes[0].horizon_ns, BEGIN_NS + 50000500);
	for (i = 0; i < read.axes[0].steps; i++) {
		MUST(read.axes[0].time_ns[i] == BEGIN_NS + (i + 41) * 1000);
		MUST(read.axes[0].position[i] == (int64_t)i - 2);
		MUST(read.axes[0].late_ns[i] == i + 41);
	}
	traceread_free(&read);
	unlink(path);
}

TEST(what_is_missing_is_told_with_its_number)
{
	struct oscan_trace_batch end = {
		.spacing = 1, .total = 230, .horizon_ns = BEGIN_NS + 500000,
	};
	struct tracefile trace;
	struct traceread read;

	create(&trace);
	/* Between beginning and first step, two steps, and at the end. */
	ck_assert_int_eq(add(&trace, 51, 100), 0);
	ck_assert_int_eq(add(&trace, 111, 200), 0);
	ck_assert_int_eq(tracefile_steps(&trace, 0, &end), 0);
	ck_assert_int_eq(tracefile_close(&trace), 0);
	read_back(&read);
	ck_assert_uint_eq(read.axes[0].steps, 140);
	ck_assert_uint_eq(read.axes[0].gaps, 3);
	ck_assert_uint_eq(read.axes[0].gap_from_ns[0], BEGIN_NS);
	ck_assert_uint_eq(read.axes[0].gap_to_ns[0], BEGIN_NS + 51000);
	ck_assert_uint_eq(read.axes[0].gap_from_ns[1], BEGIN_NS + 100500);
	ck_assert_uint_eq(read.axes[0].gap_to_ns[1], BEGIN_NS + 111000);
	ck_assert_uint_eq(read.axes[0].gap_from_ns[2], BEGIN_NS + 200500);
	ck_assert_uint_eq(read.axes[0].gap_to_ns[2], BEGIN_NS + 500000);
	traceread_free(&read);
	unlink(path);
}

TEST(a_file_that_is_there_is_left_alone)
{
	struct tracefile trace;
	char text[16] = "";
	FILE *file;

	new_path();
	file = fopen(path, "w");
	fputs("precious", file);
	fclose(file);
	be_quiet();
	ck_assert_int_eq(tracefile_create(&trace, path, "1"), EXIT_FAILURE);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "precious");
	ck_assert_int_eq(tracefile_create(&trace, "/nowhere/x", "1"),
			 EXIT_FAILURE);
	unlink(path);
}

/* As a full disk does, but for errno. */
TEST(a_full_disk_is_an_error)
{
	const struct rlimit limit = { 300000, 300000 };
	struct tracefile trace;
	int status = 0, i;

	create(&trace);
	listen_to_stderr();
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (i = 0; i < 20 && !status; i++)
		status = add(&trace, 41 + i * 5000, 5040 + i * 5000) ?:
			 tracefile_flush(&trace);
	ck_assert_int_eq(status, EXIT_FAILURE);
	ck_assert_int_eq(tracefile_close(&trace), EXIT_FAILURE);
	ck_assert_int_eq(sentences_heard(), 1);
	ck_assert_int_eq(access(path, F_OK), 0);
	unlink(path);
}

TEST(a_file_that_could_not_be_begun_does_not_stay)
{
	const struct rlimit limit = { 4000, 4000 };
	const struct oscan_state state = { .time_ns = BEGIN_NS };
	struct tracefile trace;

	new_path();
	listen_to_stderr();
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(tracefile_create(&trace, path, "1"), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(tracefile_axis_add(&trace, &axis, &state),
			 EXIT_FAILURE);
	ck_assert_int_eq(tracefile_close(&trace), EXIT_FAILURE);
	ck_assert_int_eq(sentences_heard(), 1);
	ck_assert_int_eq(access(path, F_OK), -1);
}

/* What HDF5 itself makes of bytes that are wrong is not ours to test. */
TEST(a_cut_file_is_refused)
{
	struct tracefile trace;
	struct traceread read;
	struct stat status;
	int i;

	create(&trace);
	ck_assert_int_eq(add(&trace, 41, 60), 0);
	ck_assert_int_eq(tracefile_close(&trace), 0);
	be_quiet();
	stat(path, &status);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(truncate(path, status.st_size - 1 -
					  i * status.st_size / 21), 0);
		ck_assert_int_eq(traceread_open(&read, path), EXIT_FAILURE);
	}
	unlink(path);
}

/* A dataset of @count numbers in place of one that is there; -1: none. */
static void replace(const char *name, int count)
{
	const int64_t numbers[] = { 7, 6, 5, 4, 3, 2, 1, 0, 0, 0 };
	char place[128];
	hid_t file;

	snprintf(place, sizeof(place), "/entry/%s", name);
	file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	ck_assert_int_ge(file, 0);
	ck_assert_int_ge(H5Ldelete(file, place, H5P_DEFAULT), 0);
	if (count >= 0)
		ck_assert_int_eq(h5_array(file, place, H5T_NATIVE_INT64,
					  numbers, count, NULL), 0);
	H5Fclose(file);
}

#define AXIS "instrument/turntable/"

TEST(a_trace_that_cannot_be_is_refused)
{
	static const char *const names[] = {
		"trace/version", AXIS "name", AXIS "unit",
		AXIS "steps_per_unit", AXIS "begin_position",
		AXIS "begin_time_ns", AXIS "horizon_ns",
		AXIS "value_log/time_ns", AXIS "value_log/raw_value",
		AXIS "value_log/late", AXIS "gaps/from_ns", AXIS "gaps/to_ns",
	};
	struct tracefile trace;
	struct traceread read;
	size_t i;
	int count;

	be_quiet();
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (count = -1; count < 11; count += 11) {
			create(&trace);
			ck_assert_int_eq(add(&trace, 41, 47), 0);
			ck_assert_int_eq(tracefile_close(&trace), 0);
			replace(names[i], count);
			ck_assert_msg(traceread_open(&read, path) ==
				      EXIT_FAILURE, "%s with %d was read",
				      names[i], count);
		}
	}
	/* As many as there are steps, but they fall. */
	create(&trace);
	ck_assert_int_eq(add(&trace, 41, 47), 0);
	ck_assert_int_eq(tracefile_close(&trace), 0);
	replace(AXIS "value_log/time_ns", 7);
	ck_assert_int_eq(traceread_open(&read, path), EXIT_FAILURE);
	unlink(path);
}
