// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscanctl/flyscan-resume.c userspace/oscanctl/scanfile.c
 * userspace/oscanctl/message.c userspace/camera/mark.c
 * userspace/writer/compress.c -ljansson -lhdf5_serial -llz4 -ldeflate -lm
 */
/* Which places of a scan have no frame. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flyscan-resume.h"
#include "unit.h"

#define PLACES 11

static double positions[64];
static uint8_t in_scan[64];
static size_t frames;
static uint32_t first, last;

static void add(double position, bool in)
{
	positions[frames] = position;
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
	return resume_missing(positions, in_scan, frames, start, end, PLACES,
			      &first, &last);
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
