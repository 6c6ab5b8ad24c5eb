// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/flyscan-missing.c -lm */
/* Which places of a scan have no frame. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flyscan-missing.h"
#include "unit.h"

#define PLACES 11

static double positions[64];
static uint8_t in_scan[64];
static uint64_t passes[64];
static size_t frames;
static uint32_t first, last;
static uint64_t pass = 1;

static void add(double position, bool in)
{
	positions[frames] = position;
	passes[frames] = pass;
	in_scan[frames++] = in;
}

/* A frame on each place from @from to @to, a little beside it. */
static void fill(int from, int to)
{
	for (int i = from; i <= to; i++)
		add(i * 0.5 + (i % 2 ? 0.2 : -0.2), true);
}

static uint32_t missing(double start, double end)
{
	return missing_of_pass(&(struct missing_frames){
		frames, positions, in_scan, passes, start, end, PLACES, 1 },
		0, &first, &last);
}

TEST(a_whole_scan_misses_nothing)
{
	frames = 0;
	fill(0, 10);
	ck_assert_uint_eq(missing(0, 5), 0);
}

TEST(an_empty_scan_misses_everything)
{
	frames = 0;
	ck_assert_uint_eq(missing(0, 5), 11);
	ck_assert_uint_eq(first, 0);
	ck_assert_uint_eq(last, 10);
}

TEST(the_rest_is_missed_in_both_directions)
{
	frames = 0;
	fill(0, 6);
	ck_assert_uint_eq(missing(0, 5), 4);
	ck_assert_uint_eq(first, 7);
	ck_assert_uint_eq(last, 10);
	/* From 5 down, those from 3 to 0 were scanned last. */
	ck_assert_uint_eq(missing(5, 0), 4);
	ck_assert_uint_eq(first, 0);
	ck_assert_uint_eq(last, 3);
}

TEST(holes_are_within_the_range)
{
	frames = 0;
	fill(0, 2);
	fill(4, 7);
	fill(9, 10);
	ck_assert_uint_eq(missing(0, 5), 2);
	ck_assert_uint_eq(first, 3);
	ck_assert_uint_eq(last, 8);
}

TEST(one_place_alone_takes_its_neighbour_along)
{
	frames = 0;
	fill(0, 9);
	ck_assert_uint_eq(missing(0, 5), 1);
	ck_assert_uint_eq(first, 9);
	ck_assert_uint_eq(last, 10);
	frames = 0;
	fill(1, 10);
	ck_assert_uint_eq(missing(0, 5), 1);
	ck_assert_uint_eq(first, 0);
	ck_assert_uint_eq(last, 1);
}

TEST(frames_that_do_not_count_take_no_place)
{
	frames = 0;
	fill(0, 9);
	add(5, false);
	add(NAN, true);
	add(5.3, true);
	add(-7, true);
	add(1e300, true);
	ck_assert_uint_eq(missing(0, 5), 1);
	ck_assert_uint_eq(first, 9);
}

static struct missing missing_in(uint32_t count)
{
	const struct missing_frames all = {
		frames, positions, in_scan, passes, 0, 5, PLACES, count
	};
	struct missing found;

	missing_find(&all, &found);
	return found;
}

/* fill() of one of several passes. */
static void fill_pass(uint64_t number, int from, int to)
{
	pass = number;
	fill(from, to);
	pass = 1;
}

TEST(the_last_pass_alone_is_completed_where_it_was_cut_off)
{
	struct missing found;

	frames = 0;
	fill_pass(1, 0, 10);
	fill_pass(2, 6, 10);
	found = missing_in(2);
	ck_assert_uint_eq(found.places, 6);
	ck_assert_uint_eq(found.first_pass, 1);
	ck_assert_uint_eq(found.last_pass, 1);
	ck_assert_uint_eq(found.first, 0);
	ck_assert_uint_eq(found.last, 5);
}

TEST(several_passes_are_flown_whole)
{
	struct missing found;

	frames = 0;
	fill_pass(1, 0, 10);
	fill_pass(2, 6, 10);
	found = missing_in(4);
	ck_assert_uint_eq(found.places, 6 + 2 * 11);
	ck_assert_uint_eq(found.first_pass, 1);
	ck_assert_uint_eq(found.last_pass, 3);
	ck_assert_uint_eq(found.first, 0);
	ck_assert_uint_eq(found.last, 10);
}

TEST(a_frame_of_another_pass_takes_no_place)
{
	frames = 0;
	fill_pass(1, 0, 10);
	fill_pass(2, 0, 10);
	ck_assert_uint_eq(missing_in(2).places, 0);
	passes[3] = 2;
	ck_assert_uint_eq(missing_in(2).places, 1);
	ck_assert_uint_eq(missing_in(2).first_pass, 0);
}
