// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/match.c -lm */
/* Frames find their edges, whatever is missing on either side. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "match.h"
#include "unit.h"

#define MS 1000000ll
#define SECOND 1000000000ull
#define PERIOD (100 * MS)
#define MOST 4096

/* What is told, and which edge each frame really has. */
static struct {
	uint64_t frame_ns[MOST];
	uint32_t sequence[MOST];
	size_t truth[MOST];
	size_t frames;
	uint64_t edge_ns[MOST];
	size_t edges;
	size_t edge[MOST];
	struct match match;
} told;

static void begin(void)
{
	memset(&told, 0, sizeof(told));
	srand(1);
}

static int64_t noise(int64_t most_ns)
{
	return most_ns ? rand() % (2 * most_ns + 1) - most_ns : 0;
}

static void add_edge(uint64_t time_ns)
{
	told.edge_ns[told.edges++] = time_ns;
}

/* An exposure: its edge, its frame, or both. */
static void expose(uint64_t time_ns, uint32_t number, int64_t offset_ns,
		   bool has_edge, bool has_frame)
{
	if (has_frame) {
		told.truth[told.frames] = has_edge ? told.edges : MATCH_NONE;
		told.sequence[told.frames] = number;
		told.frame_ns[told.frames++] = time_ns + offset_ns;
	}
	if (has_edge)
		add_edge(time_ns);
}

static void match(int64_t low_ns, int64_t high_ns, bool counts)
{
	struct match_times times = {
		.frames = told.frames,
		.frame_ns = told.frame_ns,
		.sequence = counts ? told.sequence : NULL,
		.edges = told.edges,
		.edge_ns = told.edge_ns,
		.period_ns = PERIOD,
		.low_ns = low_ns,
		.high_ns = high_ns,
	};

	ck_assert_int_eq(match_times(&times, told.edge, &told.match), 0);
}

static void is_true(void)
{
	for (size_t i = 0; i < told.frames; i++)
		MUST(told.edge[i] == told.truth[i],
		     "frame %zu has edge %zd and not %zd", i,
		     (ssize_t)told.edge[i], (ssize_t)told.truth[i]);
}

/* A camera that runs free, its strobe, and what is lost on either side. */
static void free_run(int64_t offset_ns, int64_t noise_ns, int lose)
{
	begin();
	for (uint32_t i = 0; i < 500; i++)
		expose(SECOND + i * PERIOD, i, offset_ns + noise(noise_ns),
		       !lose || rand() % lose, !lose || rand() % lose);
	match(-PERIOD / 2, PERIOD / 2, true);
	is_true();
	ck_assert_int_le(llabs(told.match.offset_ns - offset_ns),
			 noise_ns ? noise_ns / 4 : 0);
}

TEST(what_is_missing_on_either_side_shifts_no_other)
{
	free_run(0, 0, 0);
	free_run(37 * MS, 0, 0);
	free_run(-49 * MS, 0, 3);
	free_run(12 * MS, 20 * MS, 0);
	free_run(12 * MS, 20 * MS, 5);
	ck_assert_double_gt(told.match.scatter_ns, 8e6);
	ck_assert_double_lt(told.match.scatter_ns, 16e6);
}

/* Where software's times are late, the number of a frame says which it is. */
TEST(a_time_that_is_far_off_gives_way_to_the_number)
{
	begin();
	for (uint32_t i = 0; i < 100; i++)
		expose(SECOND + i * PERIOD, i,
		       MS + (i % 10 == 5 ? 70 * MS : 0), true, i % 10 != 6);
	match(-PERIOD / 2, PERIOD / 2, false);
	ck_assert_uint_eq(told.match.matched, 80);
	match(-PERIOD / 2, PERIOD / 2, true);
	ck_assert_uint_eq(told.match.matched, 90);
	is_true();
}

/* The numbers say nothing where an edge is missing in between. */
TEST(a_number_that_does_not_agree_with_the_edges_is_not_believed)
{
	begin();
	for (uint32_t i = 0; i < 50; i++)
		expose(SECOND + i * PERIOD, i, i == 20 ? 45 * MS : 0, i != 21,
		       true);
	match(-PERIOD / 2, PERIOD / 2, true);
	told.truth[20] = MATCH_NONE;
	is_true();
}

/*
 * Pulses of three passes and one before them: only with the true offset has
 * each frame one, however long the camera's times are late.
 */
static void triggered(int64_t offset_ns, int lose)
{
	uint64_t start = SECOND;
	uint32_t number = 0;

	begin();
	expose(start, number++, offset_ns, true, true);
	for (int pass = 0; pass < 3; pass++) {
		start += 5 * SECOND + pass * 77 * MS;
		for (int i = 0; i < 40; i++)
			expose(start + i * PERIOD + noise(2 * MS), number++,
			       offset_ns + noise(5 * MS), true,
			       !lose || rand() % lose);
	}
	match(-PERIOD / 2, 16 * PERIOD, true);
	is_true();
}

TEST(a_camera_that_tells_late_is_no_pulse_off)
{
	triggered(0, 0);
	triggered(20 * MS, 4);
	triggered(333 * MS, 0);
	triggered(1110 * MS, 4);
}

TEST(an_edge_has_one_frame)
{
	begin();
	for (uint32_t i = 0; i < 20; i++)
		expose(SECOND + i * PERIOD, i, 0, true, true);
	/* A second frame for the last but one, 10 ms after it. */
	told.frame_ns[20] = told.frame_ns[19];
	told.truth[20] = told.truth[19];
	told.frame_ns[19] = told.frame_ns[18] + 10 * MS;
	told.truth[19] = MATCH_NONE;
	told.frames = 21;
	match(-PERIOD / 2, PERIOD / 2, false);
	is_true();
	ck_assert_uint_eq(told.match.matched, 20);
}

/* It cannot be told; a camera is soon rather than late. */
TEST(of_offsets_that_match_as_many_it_is_the_smallest)
{
	begin();
	for (int i = 0; i < 4; i++)
		add_edge(SECOND + i * PERIOD);
	told.frame_ns[0] = SECOND + 3 * PERIOD + MS;
	told.truth[0] = 3;
	told.frames = 1;
	match(-PERIOD / 2, 16 * PERIOD, true);
	is_true();
	ck_assert_int_eq(told.match.offset_ns, MS);
}

TEST(nothing_is_made_up)
{
	begin();
	match(-PERIOD / 2, PERIOD / 2, true);
	ck_assert_uint_eq(told.match.matched, 0);
	expose(SECOND, 0, 0, true, false);
	match(-PERIOD / 2, PERIOD / 2, true);
	ck_assert_uint_eq(told.match.matched, 0);
	expose(9 * SECOND, 1, 0, false, true);
	match(-PERIOD / 2, PERIOD / 2, true);
	is_true();
	ck_assert_uint_eq(told.match.matched, 0);
	ck_assert_int_eq(told.match.offset_ns, 0);
	/* Frames beyond the last edge and before the first one. */
	begin();
	for (uint32_t i = 0; i < 30; i++)
		expose(SECOND + i * PERIOD, i, MS, i > 3 && i < 25, true);
	match(-PERIOD / 2, PERIOD / 2, true);
	is_true();
	ck_assert_uint_eq(told.match.matched, 21);
}
