// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/clock.c -Wl,--wrap=clock_gettime */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "oscan.h"
#include "unit.h"

/*
 * Clocks whose truth is known: each reading takes some time, now and then a
 * long one, and returns what the clock showed somewhere within it.
 */
static bool fake;
static int64_t true_ns, boot_ahead, real_ahead;
static int readings, quiet_at;
static clockid_t broken;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static int64_t random_below(int64_t limit)
{
	return (int64_t)(drand48() * (double)limit);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t shown, most = readings++ / 3 % 15 == quiet_at ? 20 : 100000;

	if (!fake)
		return __real_clock_gettime(clock, now);
	if (clock == broken) {
		errno = EINVAL;
		return -1;
	}
	true_ns += random_below(most);
	shown = true_ns;
	true_ns += random_below(most);
	if (clock == CLOCK_BOOTTIME)
		shown += boot_ahead;
	else if (clock == CLOCK_REALTIME)
		shown += real_ahead;
	now->tv_sec = shown / 1000000000;
	now->tv_nsec = shown % 1000000000;
	return 0;
}

static uint64_t apart(int64_t a, int64_t b)
{
	return (uint64_t)llabs(a - b);
}

TEST(offsets_are_true_within_their_error_and_the_tightest_reading_counts)
{
	struct oscan_clocks clocks;
	int round;

	srand48(1);
	for (round = 0; round < 2000; round++) {
		int64_t before;

		fake = true;
		broken = -1;
		readings = 0;
		quiet_at = (int)random_below(15);
		true_ns = before = 1 + random_below(1LL << 50);
		boot_ahead = random_below(1LL << 50);
		real_ahead = 1700000000LL * 1000000000 + random_below(1 << 30);
		ck_assert_int_eq(oscan_clock_read(&clocks), 0);
		fake = false;
		MUST(apart(clocks.boottime_offset_ns, boot_ahead) <=
		     clocks.boottime_error_ns, "%d", round);
		MUST(apart(clocks.realtime_offset_ns, real_ahead) <=
		     clocks.realtime_error_ns, "%d", round);
		/* Three readings of at most 40 ns each. */
		MUST(clocks.boottime_error_ns <= 60, "%lu",
		     clocks.boottime_error_ns);
		MUST(clocks.realtime_error_ns <= 60, "%lu",
		     clocks.realtime_error_ns);
		MUST(clocks.monotonic_ns >= (uint64_t)before &&
		     clocks.monotonic_ns <= (uint64_t)true_ns, "%d", round);
	}
}

TEST(a_clock_that_is_not_there_is_told_and_nothing_written)
{
	struct oscan_clocks clocks = { .monotonic_ns = 42 };

	for (broken = CLOCK_REALTIME; broken <= CLOCK_BOOTTIME;
	     broken += CLOCK_BOOTTIME) {
		fake = true;
		errno = 0;
		ck_assert_int_eq(oscan_clock_read(&clocks), -1);
		fake = false;
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_uint_eq(clocks.monotonic_ns, 42);
	}
}

TEST(this_machine_has_these_clocks)
{
	struct oscan_clocks clocks;
	struct timespec now;

	ck_assert_int_eq(oscan_clock_read(&clocks), 0);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ck_assert_uint_le(clocks.monotonic_ns,
			  now.tv_sec * 1000000000ull + now.tv_nsec);
	ck_assert_uint_gt(clocks.monotonic_ns, 0);
	ck_assert_int_ge(clocks.boottime_offset_ns,
			 -(int64_t)clocks.boottime_error_ns);
	/* After 2020, which a machine's time of day had better be. */
	ck_assert_int_gt(clocks.realtime_offset_ns +
			 (int64_t)clocks.monotonic_ns,
			 1577836800LL * 1000000000);
}

static const struct oscan_clocks start = { 1000, 50, 3, 5000, 7 };
static const struct oscan_clocks end = { 2000, 50, 5, 6000, 2 };

TEST(between_two_readings_offsets_change_evenly)
{
	struct oscan_clocks at;

	ck_assert_int_eq(oscan_clock_at(&start, &end, 1250, &at), 0);
	ck_assert_uint_eq(at.monotonic_ns, 1250);
	ck_assert_int_eq(at.boottime_offset_ns, 50);
	ck_assert_uint_eq(at.boottime_error_ns, 5);
	ck_assert_int_eq(at.realtime_offset_ns, 5250);
	/* If the time was set at once, it may be 6000 by now. */
	ck_assert_uint_eq(at.realtime_error_ns, 7 + 750);
	ck_assert_int_eq(oscan_clock_at(&end, &start, 1250, &at), -1);
	ck_assert_int_eq(errno, EINVAL);
}

TEST(at_a_reading_it_is_that_reading)
{
	struct oscan_clocks at = end;

	ck_assert_int_eq(oscan_clock_at(&start, &end, 1000, &at), 0);
	ck_assert_mem_eq(&at, &start, sizeof(at));
	at = start;
	ck_assert_int_eq(oscan_clock_at(&at, &end, 2000, &at), 0);
	ck_assert_mem_eq(&at, &end, sizeof(at));
	ck_assert_int_eq(oscan_clock_at(&start, &start, 1000, &at), 0);
	ck_assert_mem_eq(&at, &start, sizeof(at));
}

TEST(outside_of_the_readings_there_is_no_answer)
{
	struct oscan_clocks at = end;

	errno = 0;
	ck_assert_int_eq(oscan_clock_at(&start, &end, 999, &at), -1);
	ck_assert_int_eq(errno, ERANGE);
	errno = 0;
	ck_assert_int_eq(oscan_clock_at(&start, &end, 2001, &at), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_mem_eq(&at, &end, sizeof(at));
}

/* An offset that changes anyhow, but only one way. */
TEST(the_truth_is_within_the_error_wherever_the_change_came)
{
	int round;

	srand48(2);
	for (round = 0; round < 100000; round++) {
		int64_t offset = random_below(1LL << 40) - (1LL << 39);
		int64_t change = random_below(1LL << 40) - (1LL << 39);
		uint64_t span = 1 + (uint64_t)random_below(1LL << 44);
		uint64_t time_ns = (uint64_t)random_below((int64_t)span + 1);
		struct oscan_clocks from = { .realtime_offset_ns = offset };
		struct oscan_clocks to = {
			.monotonic_ns = span,
			.realtime_offset_ns = offset + change,
		};
		long double even = offset + (long double)change * time_ns / span;
		struct oscan_clocks at;

		MUST(!oscan_clock_at(&from, &to, time_ns, &at), "%d", round);
		MUST(fabsl(at.realtime_offset_ns - even) <= 0.501L,
		     "%ld, not %Lf", at.realtime_offset_ns, even);
		if (!time_ns || time_ns == span)
			continue;
		MUST(apart(at.realtime_offset_ns, offset) <=
		     at.realtime_error_ns, "%d", round);
		MUST(apart(at.realtime_offset_ns, offset + change) <=
		     at.realtime_error_ns, "%d", round);
	}
}

TEST(extreme_offsets_do_no_harm)
{
	const struct oscan_clocks low = {
		.monotonic_ns = 0, .realtime_offset_ns = INT64_MIN,
	};
	const struct oscan_clocks high = {
		.monotonic_ns = UINT64_MAX, .realtime_offset_ns = INT64_MAX,
	};
	struct oscan_clocks at;

	ck_assert_int_eq(oscan_clock_at(&low, &high, UINT64_MAX / 2, &at), 0);
	ck_assert_uint_le(apart(at.realtime_offset_ns, 0), 2);
	ck_assert_int_eq(oscan_clock_at(&low, &high, UINT64_MAX - 1, &at), 0);
	ck_assert_int_gt(at.realtime_offset_ns, INT64_MAX - 2);
}
