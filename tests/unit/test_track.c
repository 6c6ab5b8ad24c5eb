// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/track.c -lm -Wl,--wrap=reallocarray */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "oscan.h"
#include "unit.h"

/* The allocation after so many good ones fails; negative: none does. */
static int allocations_left = -1;

/* The sizes of what was asked for, of each array the greatest. */
static size_t allocated;

void *__real_reallocarray(void *array, size_t items, size_t bytes);
void *__wrap_reallocarray(void *array, size_t items, size_t bytes);

void *__wrap_reallocarray(void *array, size_t items, size_t bytes)
{
	if (!allocations_left)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	/* An array doubles, so that what it was before is half of it. */
	allocated += array ? items * bytes / 2 : items * bytes;
	return __real_reallocarray(array, items, bytes);
}

static struct oscan_track *new_track(int64_t position, uint64_t time_ns)
{
	struct oscan_track *track = oscan_track_new(position, time_ns);

	ck_assert_ptr_nonnull(track);
	return track;
}

static int add(struct oscan_track *track, int direction, int64_t first,
	       size_t steps, const uint64_t *times_ns, uint64_t horizon_ns)
{
	return oscan_track_add(track, &(struct oscan_trace_batch){
		.steps = steps,
		.direction = direction,
		.first_position = first,
		.times_ns = times_ns,
		.horizon_ns = horizon_ns,
	});
}

static int add_missed(struct oscan_track *track, int direction, int64_t first,
		      size_t steps, const uint64_t *times_ns,
		      uint64_t horizon_ns)
{
	return oscan_track_add(track, &(struct oscan_trace_batch){
		.steps = steps,
		.direction = direction,
		.first_position = first,
		.times_ns = times_ns,
		.horizon_ns = horizon_ns,
		.missed = true,
	});
}

static int add_horizon(struct oscan_track *track, uint64_t horizon_ns)
{
	return add(track, 0, 0, 0, NULL, horizon_ns);
}

static double at(const struct oscan_track *track, uint64_t time_ns)
{
	struct oscan_position position;

	MUST(!oscan_track_at(track, time_ns, &position), "at %lu: %s",
	     time_ns, strerror(errno));
	MUST(fabs(position.sigma - 0.288675) < 1e-6, "%f", position.sigma);
	return position.steps;
}

static double speed_at(const struct oscan_track *track, uint64_t time_ns)
{
	struct oscan_position position;

	ck_assert_int_eq(oscan_track_at(track, time_ns, &position), 0);
	return position.speed;
}

static int error_at(const struct oscan_track *track, uint64_t time_ns)
{
	struct oscan_position position;

	errno = 0;
	ck_assert_int_eq(oscan_track_at(track, time_ns, &position), -1);
	return errno;
}

static uint64_t when(const struct oscan_track *track, double steps,
		     uint64_t after_ns)
{
	uint64_t time_ns = 0;

	MUST(!oscan_track_when(track, steps, after_ns, &time_ns),
	     "%f not found after %lu", steps, after_ns);
	return time_ns;
}

static int is_never(const struct oscan_track *track, double steps,
		    uint64_t after_ns)
{
	uint64_t time_ns = 77;
	int result;

	errno = 0;
	result = oscan_track_when(track, steps, after_ns, &time_ns);
	return result == -1 && errno == ENODATA && time_ns == 77;
}

TEST(an_empty_track_knows_its_beginning_only)
{
	struct oscan_track *track = new_track(42, 1000);

	ck_assert_uint_eq(oscan_track_begin(track), 1000);
	ck_assert_uint_eq(oscan_track_horizon(track), 1000);
	ck_assert_uint_eq(oscan_track_count(track), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	ck_assert_double_eq(at(track, 1000), 42);
	ck_assert_double_eq(speed_at(track, 1000), 0);
	ck_assert_int_eq(error_at(track, 999), ERANGE);
	ck_assert_int_eq(error_at(track, 1001), ERANGE);
	ck_assert_uint_eq(when(track, 42, 0), 1000);
	ck_assert(is_never(track, 43, 0));
	oscan_track_free(track);
}

TEST(freeing_nothing_is_accepted)
{
	oscan_track_free(NULL);
}

TEST(an_axis_at_rest_stays_where_it_was_up_to_the_horizon)
{
	struct oscan_track *track = new_track(-7, 1000);

	ck_assert_int_eq(add_horizon(track, 5000), 0);
	ck_assert_double_eq(at(track, 3000), -7);
	ck_assert_double_eq(at(track, 5000), -7);
	ck_assert_int_eq(error_at(track, 5001), ERANGE);
	ck_assert_uint_eq(when(track, -7, 2500), 2500);
	ck_assert(is_never(track, -7, 5001));
	oscan_track_free(track);
}

TEST(position_is_interpolated_between_two_steps)
{
	const uint64_t times[] = { 2000, 3000, 5000 };
	struct oscan_track *track = new_track(10, 1000);

	ck_assert_int_eq(add(track, 1, 11, 3, times, 6000), 0);
	ck_assert_double_eq(at(track, 1999), 10);
	ck_assert_double_eq(at(track, 2000), 11);
	ck_assert_double_eq(at(track, 2500), 11.5);
	ck_assert_double_eq(at(track, 3000), 12);
	ck_assert_double_eq(at(track, 3500), 12.25);
	ck_assert_double_eq(at(track, 5000), 13);
	ck_assert_double_eq(at(track, 6000), 13);
	ck_assert_double_eq(speed_at(track, 1500), 0);
	ck_assert_double_eq_tol(speed_at(track, 2500), 1e6, 1e-3);
	ck_assert_double_eq_tol(speed_at(track, 4000), 5e5, 1e-3);
	ck_assert_double_eq(speed_at(track, 5500), 0);
	oscan_track_free(track);
}

TEST(a_reversal_turns_at_the_last_step)
{
	const uint64_t up[] = { 2000, 3000 };
	const uint64_t down[] = { 5000, 6000, 7000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 2, up, 4000), 0);
	ck_assert_int_eq(add(track, -1, 1, 3, down, 7000), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	ck_assert_double_eq(at(track, 3000), 2);
	ck_assert_double_eq(at(track, 4000), 1.5);
	ck_assert_double_eq(at(track, 5000), 1);
	ck_assert_double_eq(at(track, 6500), -0.5);
	ck_assert_double_eq_tol(speed_at(track, 6500), -1e6, 1e-3);
	ck_assert_uint_eq(when(track, 1.5, 0), 2500);
	ck_assert_uint_eq(when(track, 1.5, 2501), 4000);
	ck_assert_uint_eq(when(track, -1, 0), 7000);
	ck_assert(is_never(track, 2, 3001));
	ck_assert(is_never(track, 2.5, 0));
	oscan_track_free(track);
}

TEST(a_missed_message_opens_a_gap_without_answers)
{
	const uint64_t before[] = { 2000, 3000 };
	const uint64_t after[] = { 8000, 9000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 2, before, 4000), 0);
	ck_assert_int_eq(add_missed(track, 1, 3, 2, after, 9500), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 1);
	ck_assert_double_eq(at(track, 4000), 2);
	ck_assert_double_eq(speed_at(track, 3500), 0);
	ck_assert_int_eq(error_at(track, 4001), ENODATA);
	ck_assert_int_eq(error_at(track, 7999), ENODATA);
	ck_assert_double_eq(at(track, 8000), 3);
	ck_assert_double_eq(at(track, 8500), 3.5);
	ck_assert(is_never(track, 2.5, 0));
	ck_assert_uint_eq(when(track, 3, 0), 8000);
	ck_assert_uint_eq(when(track, 3.5, 5000), 8500);
	ck_assert_uint_eq(when(track, 2, 0), 3000);
	oscan_track_free(track);
}

TEST(positions_that_do_not_join_open_a_gap)
{
	const uint64_t before[] = { 2000 };
	const uint64_t after[] = { 8000 };
	const struct { int direction; int64_t first; } apart[] = {
		{ 1, 3 }, { 1, 1 }, { 1, 0 }, { -1, 1 }, { -1, -1 }, { 1, 99 },
	};
	size_t i;

	for (i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
		struct oscan_track *track = new_track(0, 1000);

		ck_assert_int_eq(add(track, 1, 1, 1, before, 3000), 0);
		ck_assert_int_eq(add(track, apart[i].direction, apart[i].first,
				     1, after, 9000), 0);
		ck_assert_uint_eq(oscan_track_gaps(track), 1);
		ck_assert_int_eq(error_at(track, 5000), ENODATA);
		ck_assert_double_eq(at(track, 8000), (double)apart[i].first);
		oscan_track_free(track);
	}
}

TEST(the_beginning_must_join_too)
{
	const uint64_t times[] = { 2000, 3000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 5, 2, times, 3000), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 1);
	ck_assert_double_eq(at(track, 1000), 0);
	ck_assert_int_eq(error_at(track, 1001), ENODATA);
	ck_assert_double_eq(at(track, 2500), 5.5);
	oscan_track_free(track);
}

TEST(an_open_gap_lasts_until_a_step_comes)
{
	const uint64_t times[] = { 9000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add_missed(track, 0, 0, 0, NULL, 5000), 0);
	ck_assert_int_eq(add_horizon(track, 6000), 0);
	ck_assert_int_eq(add_missed(track, 0, 0, 0, NULL, 7000), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 1);
	ck_assert_uint_eq(oscan_track_horizon(track), 7000);
	ck_assert_double_eq(at(track, 1000), 0);
	ck_assert_int_eq(error_at(track, 1001), ENODATA);
	ck_assert_int_eq(error_at(track, 7000), ENODATA);
	ck_assert_int_eq(error_at(track, 7001), ERANGE);
	ck_assert(is_never(track, 0, 1001));
	ck_assert_int_eq(add(track, 1, 1, 1, times, 9000), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 1);
	ck_assert_int_eq(error_at(track, 8000), ENODATA);
	ck_assert_double_eq(at(track, 9000), 1);
	oscan_track_free(track);
}

TEST(what_lies_before_the_beginning_is_left_out)
{
	const uint64_t times[] = { 200, 400, 600, 1000, 1200, 1400 };
	struct oscan_track *track = new_track(4, 1000);

	ck_assert_int_eq(add_missed(track, 1, 1, 3, times, 700), 0);
	ck_assert_int_eq(add_missed(track, 0, 0, 0, NULL, 1000), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	ck_assert_uint_eq(oscan_track_count(track), 0);
	ck_assert_uint_eq(oscan_track_horizon(track), 1000);
	ck_assert_int_eq(add_missed(track, 1, 1, 6, times, 1500), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	ck_assert_uint_eq(oscan_track_count(track), 2);
	ck_assert_uint_eq(oscan_track_horizon(track), 1500);
	ck_assert_double_eq(at(track, 1300), 5.5);
	ck_assert_int_eq(add(track, 1, 1, 3, times, 700), 0);
	ck_assert_uint_eq(oscan_track_count(track), 2);
	oscan_track_free(track);
}

TEST(a_batch_before_the_beginning_still_moves_the_horizon)
{
	const uint64_t times[] = { 200, 400 };
	struct oscan_track *track = new_track(2, 1000);

	ck_assert_int_eq(add(track, 1, 1, 2, times, 3000), 0);
	ck_assert_uint_eq(oscan_track_count(track), 0);
	ck_assert_double_eq(at(track, 3000), 2);
	oscan_track_free(track);
}

TEST(a_batch_that_comes_twice_is_refused)
{
	const uint64_t times[] = { 2000, 3000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 2, times, 3000), 0);
	errno = 0;
	ck_assert_int_eq(add(track, 1, 1, 2, times, 3000), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(add(track, 1, 2, 1, times + 1, 3000), -1);
	ck_assert_uint_eq(oscan_track_count(track), 2);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	oscan_track_free(track);
}

TEST(a_step_before_the_horizon_is_refused_and_one_on_it_taken)
{
	const uint64_t times[] = { 2000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add_horizon(track, 2001), 0);
	ck_assert_int_eq(add(track, 1, 1, 1, times, 3000), -1);
	ck_assert_int_eq(errno, EINVAL);
	oscan_track_free(track);
	track = new_track(0, 1000);
	ck_assert_int_eq(add_horizon(track, 2000), 0);
	ck_assert_int_eq(add(track, 1, 1, 1, times, 3000), 0);
	ck_assert_double_eq(at(track, 2000), 1);
	oscan_track_free(track);
}

TEST(an_older_horizon_changes_nothing)
{
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add_horizon(track, 5000), 0);
	ck_assert_int_eq(add_horizon(track, 4000), 0);
	ck_assert_int_eq(add_horizon(track, 0), 0);
	ck_assert_uint_eq(oscan_track_horizon(track), 5000);
	oscan_track_free(track);
}

TEST(a_batch_that_cannot_be_is_refused_and_changes_nothing)
{
	const uint64_t good[] = { 2000, 3000 };
	const uint64_t same[] = { 2000, 2000 };
	const uint64_t falling[] = { 3000, 2000 };
	const struct oscan_trace_batch bad[] = {
		{ .steps = 2, .direction = 0, .first_position = 1,
		  .times_ns = good, .horizon_ns = 3000 },
		{ .steps = 2, .direction = 1, .first_position = 1, .spacing = 2,
		  .times_ns = good, .horizon_ns = 3000 },
		{ .steps = 2, .direction = 2, .first_position = 1,
		  .times_ns = good, .horizon_ns = 3000 },
		{ .steps = 2, .direction = 1, .first_position = 1,
		  .times_ns = same, .horizon_ns = 3000 },
		{ .steps = 2, .direction = 1, .first_position = 1,
		  .times_ns = falling, .horizon_ns = 3000 },
		{ .steps = 2, .direction = 1, .first_position = 1,
		  .times_ns = good, .horizon_ns = 2999 },
		{ .steps = 2, .direction = 1, .first_position = INT64_MAX,
		  .times_ns = good, .horizon_ns = 3000 },
		{ .steps = 2, .direction = -1, .first_position = INT64_MIN,
		  .times_ns = good, .horizon_ns = 3000 },
		{ .steps = 2, .direction = 1,
		  .first_position = OSCAN_POSITION_LIMIT + 1,
		  .times_ns = good, .horizon_ns = 3000 },
		{ .steps = SIZE_MAX, .direction = 1, .first_position = 1,
		  .times_ns = good, .horizon_ns = 3000 },
	};
	struct oscan_track *track = new_track(0, 1000);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		ck_assert_int_eq(oscan_track_add(track, &bad[i]), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_uint_eq(oscan_track_count(track), 0);
		ck_assert_uint_eq(oscan_track_horizon(track), 1000);
		ck_assert_uint_eq(oscan_track_gaps(track), 0);
	}
	ck_assert_int_eq(add(track, 1, 1, 2, good, 3000), 0);
	oscan_track_free(track);
}

TEST(without_memory_the_track_is_unchanged)
{
	const uint64_t times[] = { 2000, 3000 };
	struct oscan_track *track = new_track(0, 1000);
	int good;

	for (good = 0; good < 4; good++) {
		allocations_left = good;
		errno = 0;
		ck_assert_int_eq(add_missed(track, 1, 5, 2, times, 4000), -1);
		allocations_left = -1;
		ck_assert_uint_eq(oscan_track_count(track), 0);
		ck_assert_uint_eq(oscan_track_gaps(track), 0);
		ck_assert_uint_eq(oscan_track_horizon(track), 1000);
		ck_assert_double_eq(at(track, 1000), 0);
		/* The next round must fail one allocation later. */
		oscan_track_free(track);
		track = new_track(0, 1000);
	}
	ck_assert_int_eq(add(track, 1, 1, 2, times, 4000), 0);
	ck_assert_double_eq(at(track, 2500), 1.5);
	oscan_track_free(track);
}

TEST(when_starts_from_the_time_given)
{
	const uint64_t up[] = { 2000, 3000 };
	const uint64_t down[] = { 5000, 6000 };
	const uint64_t again[] = { 8000, 9000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 2, up, 4000), 0);
	ck_assert_int_eq(add(track, -1, 1, 2, down, 7000), 0);
	ck_assert_int_eq(add(track, 1, 1, 2, again, 9000), 0);
	ck_assert_uint_eq(when(track, 1, 0), 2000);
	ck_assert_uint_eq(when(track, 1, 2000), 2000);
	ck_assert_uint_eq(when(track, 1, 2001), 5000);
	ck_assert_uint_eq(when(track, 1, 5001), 8000);
	ck_assert(is_never(track, 1, 8001));
	/* The axis left 0 with its first step, whose way is not known. */
	ck_assert_uint_eq(when(track, 0, 0), 1000);
	ck_assert_uint_eq(when(track, 0, 1999), 1999);
	ck_assert_uint_eq(when(track, 0, 2000), 6000);
	ck_assert_uint_eq(when(track, 0.5, 0), 2000);
	ck_assert(is_never(track, NAN, 0));
	ck_assert(is_never(track, INFINITY, 0));
	ck_assert(is_never(track, -INFINITY, 0));
	ck_assert(is_never(track, 1, UINT64_MAX));
	oscan_track_free(track);
}

TEST(extreme_numbers_do_no_harm)
{
	const uint64_t times[] = { UINT64_MAX - 1, UINT64_MAX };
	struct oscan_track *track = new_track(INT64_MIN, 0);

	ck_assert_double_eq(at(track, 0), -0x1p63);
	ck_assert_int_eq(add(track, -1, -OSCAN_POSITION_LIMIT, 2, times,
			     UINT64_MAX), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 1);
	ck_assert_int_eq(error_at(track, 1), ENODATA);
	ck_assert_double_eq(at(track, UINT64_MAX - 1), -0x1p53);
	ck_assert_uint_eq(when(track, -0x1p53, 0), UINT64_MAX - 1);
	oscan_track_free(track);
	track = new_track(0, 0);
	ck_assert_int_eq(add(track, 1, 1, 1, (uint64_t[]){ 1 }, 1), 0);
	ck_assert_int_eq(add(track, 1, 2, 1, times + 1, UINT64_MAX), 0);
	ck_assert_double_eq_tol(at(track, UINT64_MAX / 2), 1.5, 1e-9);
	ck_assert_uint_gt(when(track, nextafter(2, 0), 0), UINT64_MAX / 2);
	oscan_track_free(track);
}

TEST(in_a_rest_the_axis_stands_until_the_next_move_begins)
{
	const uint64_t up[] = { 2000, 2100, 2200 };
	const uint64_t on[] = { 9000, 9050 };
	const uint64_t down[] = { 20000 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 3, up, 5000), 0);
	ck_assert_int_eq(add(track, 1, 4, 2, on, 9050), 0);
	ck_assert_int_eq(add(track, -1, 4, 1, down, 20000), 0);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	ck_assert_double_eq(at(track, 2150), 2.5);
	ck_assert_double_eq(at(track, 5000), 3);
	ck_assert_double_eq(speed_at(track, 8900), 0);
	ck_assert_double_eq(at(track, 8900), 3);
	ck_assert_double_eq(at(track, 8950), 3.5);
	ck_assert_double_eq_tol(speed_at(track, 8950), 1e7, 1e-3);
	ck_assert_double_eq(at(track, 9025), 4.5);
	ck_assert_double_eq(at(track, 19950), 5);
	ck_assert_double_eq(at(track, 19975), 4.5);
	ck_assert_uint_eq(when(track, 3.5, 0), 8950);
	ck_assert_uint_eq(when(track, 3, 2300), 2300);
	ck_assert_uint_eq(when(track, 3.25, 3000), 8925);
	ck_assert_uint_eq(when(track, 4.5, 9051), 19975);
	oscan_track_free(track);
}

TEST(four_times_the_interval_before_is_a_rest_and_less_is_not)
{
	const uint64_t slower[] = { 2000, 2100, 2499 };
	const uint64_t rest[] = { 2000, 2100, 2500 };
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 3, slower, 2499), 0);
	ck_assert_double_gt(at(track, 2200), 2.2);
	oscan_track_free(track);
	track = new_track(0, 1000);
	ck_assert_int_eq(add(track, 1, 1, 3, rest, 2500), 0);
	ck_assert_double_eq(at(track, 2400), 2);
	ck_assert_double_eq(at(track, 2450), 2.5);
	oscan_track_free(track);
}

/* Two moves from rest to rest, 1 s apart; s = a t^2 / 2 at both ends. */
TEST(a_rest_between_moves_is_within_a_quarter_of_a_microstep_of_the_plan)
{
	const long double unit_ns = 1e7L;
	long double t, plan, worst = 0;
	struct oscan_track *track = new_track(0, 1000);
	uint64_t times_ns[400], begin;
	size_t move, i;
	uint64_t ns;

	for (move = 0; move < 2; move++) {
		begin = 2000000000 * (move + 1);
		for (i = 0; i < 200; i++) {
			times_ns[i] = begin + llroundl(sqrtl(i + 1) * unit_ns);
			times_ns[398 - i] = begin +
				llroundl((2 * sqrtl(200) - sqrtl(i)) * unit_ns);
		}
		ck_assert_int_eq(add(track, 1, 1 + 399 * (int64_t)move, 399,
				     times_ns, times_ns[398]), 0);
	}
	begin = 2000000000;
	for (ns = begin + llroundl(2 * sqrtl(200) * unit_ns) - 100000000;
	     ns < 2 * begin + 100000000; ns += 99991) {
		plan = 399;
		t = (2 * sqrtl(200) - (ns - begin) / unit_ns);
		if (t > 0)
			plan = 399.0L + 1 - t * t - 1;
		t = ((long double)ns - 2 * begin) / unit_ns;
		if (t > 0)
			plan = 399 + t * t;
		worst = fmaxl(worst, fabsl(at(track, ns) - plan));
	}
	ck_assert_ldouble_gt(worst, 0.1L);
	ck_assert_ldouble_lt(worst, 0.2501L);
	oscan_track_free(track);
}

TEST(uncertainty_of_times_counts_by_the_speed)
{
	const uint64_t times[] = { 2000, 2000 + 100000 };
	struct oscan_track *track = new_track(0, 1000);
	struct oscan_position position;

	ck_assert_int_eq(add(track, 1, 1, 2, times, 300000), 0);
	ck_assert_int_eq(oscan_track_at(track, 50000, &position), 0);
	ck_assert_double_eq_tol(position.sigma, 1 / sqrt(12), 1e-12);
	oscan_track_set_sigma(track, 30000, 40000);
	ck_assert_int_eq(oscan_track_at(track, 50000, &position), 0);
	ck_assert_double_eq_tol(position.sigma, sqrt(1.0 / 12 + 0.25), 1e-12);
	ck_assert_int_eq(oscan_track_at(track, 200000, &position), 0);
	ck_assert_double_eq_tol(position.sigma, 1 / sqrt(12), 1e-12);
	oscan_track_free(track);
}

static int add_state(struct oscan_track *track, int64_t position,
		     uint64_t last_step_ns, uint64_t time_ns)
{
	const struct oscan_state state = {
		.position = position,
		.last_step_ns = last_step_ns,
		.time_ns = time_ns,
	};

	errno = 0;
	return oscan_track_add_state(track, &state) ? errno : 0;
}

TEST(a_state_moves_the_horizon_once_its_steps_have_come)
{
	struct oscan_track *track = new_track(0, 1000);

	/* Its last step was before the track began. */
	ck_assert_int_eq(add_state(track, 0, 500, 1500), 0);
	ck_assert_uint_eq(oscan_track_horizon(track), 1500);
	ck_assert_int_eq(add_state(track, 1, 2000, 3000), EAGAIN);
	ck_assert_uint_eq(oscan_track_horizon(track), 1500);
	ck_assert_int_eq(add(track, 1, 1, 1, &(uint64_t){ 2000 }, 2000), 0);
	ck_assert_int_eq(add_state(track, 1, 2000, 3000), 0);
	ck_assert_uint_eq(oscan_track_horizon(track), 3000);
	ck_assert_double_eq(at(track, 3000), 1);
	ck_assert_int_eq(add_state(track, 0, 500, 2500), 0);
	ck_assert_uint_eq(oscan_track_horizon(track), 3000);
	oscan_track_free(track);
}

TEST(a_state_does_not_hide_a_loss_or_a_position_that_was_set)
{
	struct oscan_track *track = new_track(0, 1000);

	ck_assert_int_eq(add(track, 1, 1, 1, &(uint64_t){ 2000 }, 2000), 0);
	ck_assert_int_eq(add_state(track, 7, 2000, 3000), ESTALE);
	ck_assert_uint_eq(oscan_track_horizon(track), 2000);
	ck_assert_int_eq(add_missed(track, 0, 0, 0, NULL, 3000), 0);
	ck_assert_int_eq(add_state(track, 1, 2000, 4000), EAGAIN);
	ck_assert_uint_eq(oscan_track_horizon(track), 3000);
	oscan_track_free(track);
}

TEST(what_was_forgotten_is_told_apart_from_what_was_never_known)
{
	struct oscan_track *track = new_track(0, 1000);
	uint64_t time_ns, step;

	oscan_track_set_window(track, 3);
	for (step = 1; step <= 5; step++)
		ck_assert_int_eq(add(track, 1, (int64_t)step, 1,
				     &(uint64_t){ 1000 + 100 * step },
				     1000 + 100 * step), 0);
	ck_assert_uint_eq(oscan_track_count(track), 5);
	ck_assert_uint_eq(oscan_track_begin(track), 1000);
	ck_assert_int_eq(add(track, 1, 6, 1, &(uint64_t){ 1600 }, 1650), 0);
	ck_assert_uint_eq(oscan_track_count(track), 3);
	ck_assert_uint_eq(oscan_track_begin(track), 1400);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	ck_assert_int_eq(error_at(track, 999), ERANGE);
	ck_assert_int_eq(error_at(track, 1000), ESTALE);
	ck_assert_int_eq(error_at(track, 1399), ESTALE);
	ck_assert_int_eq(error_at(track, 1651), ERANGE);
	ck_assert_double_eq(at(track, 1400), 4);
	ck_assert_double_eq(at(track, 1450), 4.5);
	ck_assert_double_eq(at(track, 1650), 6);
	ck_assert_uint_eq(when(track, 4, 0), 1400);
	ck_assert_uint_eq(when(track, 4.5, 0), 1450);
	errno = 0;
	ck_assert_int_eq(oscan_track_when(track, 3.9, 0, &time_ns), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert(is_never(track, 3.9, 1400));
	ck_assert(is_never(track, 7, 1400));
	oscan_track_free(track);
}

TEST(a_window_of_one_step_and_a_batch_longer_than_the_window)
{
	const uint64_t times[] = { 2000, 3000, 4000, 5000, 6000, 7000, 8000 };
	struct oscan_track *track = new_track(0, 1000);

	oscan_track_set_window(track, 1);
	ck_assert_int_eq(add(track, -1, -1, 7, times, 8500), 0);
	ck_assert_uint_eq(oscan_track_count(track), 1);
	ck_assert_uint_eq(oscan_track_begin(track), 8000);
	ck_assert_double_eq(at(track, 8000), -7);
	ck_assert_double_eq(at(track, 8500), -7);
	ck_assert_int_eq(add(track, 1, -6, 1, &(uint64_t){ 9000 }, 9000), 0);
	ck_assert_double_eq(at(track, 9000), -6);
	ck_assert_int_eq(error_at(track, 8500), ESTALE);
	oscan_track_set_window(track, 0);
	ck_assert_int_eq(add(track, 1, -5, 1, &(uint64_t){ 9500 }, 9500), 0);
	ck_assert_int_eq(add(track, 1, -4, 1, &(uint64_t){ 9600 }, 9600), 0);
	ck_assert_uint_eq(oscan_track_count(track), 3);
	oscan_track_free(track);
}

/* Each step a run of its own, which takes the most. */
TEST(memory_is_bounded_by_the_window)
{
	const size_t window = 700;
	struct oscan_track *track = new_track(0, 0);
	uint64_t step, now = 0;

	oscan_track_set_window(track, window);
	allocated = 0;
	for (step = 0; step < 100000; step++) {
		bool up = step % 2 == 0;

		now += 1 + step % 7 * 100;
		ck_assert_int_eq(add(track, up ? 1 : -1, up, 1, &now, now), 0);
		MUST(oscan_track_count(track) < 2 * window, "%lu", step);
	}
	ck_assert_uint_gt(oscan_track_count(track), window - 1);
	ck_assert_uint_le(allocated, 250 * window);
	ck_assert_uint_eq(oscan_track_gaps(track), 0);
	oscan_track_free(track);
}

TEST(the_steps_come_out_as_they_went_in)
{
	const uint64_t up[] = { 2000, 3000 };
	const uint64_t down[] = { 5000 };
	struct oscan_track *track = new_track(0, 1000);
	const uint64_t *times_ns;
	const int64_t *positions;

	ck_assert_int_eq(add(track, 1, 1, 2, up, 4000), 0);
	ck_assert_int_eq(add(track, -1, 1, 1, down, 5000), 0);
	oscan_track_steps(track, &times_ns, &positions);
	ck_assert_uint_eq(oscan_track_count(track), 3);
	ck_assert_mem_eq(times_ns, up, sizeof(up));
	ck_assert_uint_eq(times_ns[2], 5000);
	ck_assert_int_eq(positions[0], 1);
	ck_assert_int_eq(positions[1], 2);
	ck_assert_int_eq(positions[2], 1);
	oscan_track_free(track);
}

/*
 * A random history and what must be answered, worked out the slow way: a list
 * of what is known from when to when, searched from its start.
 */
#define HISTORY_MAX 2000

struct knot {
	uint64_t time_ns;
	int64_t position;
	bool joined;
};

struct history {
	uint64_t begin;
	uint64_t horizon;
	struct knot knots[HISTORY_MAX];
	uint64_t known_until[HISTORY_MAX];
	size_t n_knots;
	size_t gaps;
};

static uint64_t random_below(uint64_t limit)
{
	return (uint64_t)(drand48() * (double)limit);
}

/* Feed random batches to a track and note them in the history. */
static struct oscan_track *make_history(struct history *history)
{
	int64_t position = (int64_t)random_below(2000) - 1000;
	uint64_t now = 1000000 + random_below(1000000);
	struct oscan_track *track = new_track(position, now);
	size_t batches = 1 + random_below(30);
	uint64_t times_ns[50];

	memset(history, 0, sizeof(*history));
	history->begin = now;
	history->knots[history->n_knots++] = (struct knot){ now, position, true };
	history->known_until[0] = now;
	for (; batches; batches--) {
		bool missed = random_below(6) == 0;
		bool jumped = random_below(10) == 0;
		size_t steps = random_below(50);
		int direction = random_below(2) ? 1 : -1;
		size_t step;

		if (!steps)
			missed = false;
		else if (jumped)
			position += 1 + (int64_t)random_below(20);
		for (step = 0; step < steps; step++) {
			now += 1 + random_below(step ? 1000 : 50000);
			times_ns[step] = now;
			history->knots[history->n_knots] = (struct knot){
				now, position + direction * (int64_t)(step + 1),
				step || !(missed || jumped),
			};
			history->known_until[history->n_knots++] = now;
		}
		now += random_below(3) ? random_below(10000) : 0;
		history->known_until[history->n_knots - 1] = now;
		history->gaps += steps && (missed || jumped);
		ck_assert_int_eq(oscan_track_add(track,
			&(struct oscan_trace_batch){
				.steps = steps,
				.direction = steps ? direction : 0,
				.first_position = position + direction,
				.times_ns = times_ns,
				.horizon_ns = now,
				.missed = missed,
			}), 0);
		position += direction * (int64_t)steps;
	}
	history->horizon = now;
	return track;
}

/* Knot 0 is the beginning and no step. */
static bool is_interval(const struct history *history, size_t i)
{
	return i > 1 && history->knots[i].joined;
}

/* From when on it is on its way to knot @i, which is joined to the one before. */
static uint64_t oracle_leaves(const struct history *history, size_t i)
{
	const struct knot *knot = &history->knots[i];
	uint64_t before;

	if (i == 1)
		return knot->time_ns;
	if (!is_interval(history, i - 1))
		return knot[-1].time_ns;
	before = knot[-1].time_ns - knot[-2].time_ns;
	if (knot->time_ns - knot[-1].time_ns < 4 * before)
		return knot[-1].time_ns;
	return knot->time_ns - before;
}

/* Return: position, or NAN where there is no answer. */
static long double oracle_at(const struct history *history, uint64_t time_ns)
{
	const struct knot *knot = history->knots;
	uint64_t leaves;
	size_t i = 0;

	if (time_ns < history->begin || time_ns > history->horizon)
		return NAN;
	while (i + 1 < history->n_knots && knot[i + 1].time_ns <= time_ns)
		i++;
	if (i + 1 < history->n_knots && knot[i + 1].joined) {
		leaves = oracle_leaves(history, i + 1);
		if (time_ns <= leaves)
			return knot[i].position;
		return knot[i].position +
		       (long double)(knot[i + 1].position - knot[i].position) *
		       (time_ns - leaves) / (knot[i + 1].time_ns - leaves);
	}
	return time_ns <= history->known_until[i] ? knot[i].position : NAN;
}

TEST(a_million_random_times_are_answered_as_the_slow_way_does)
{
	static struct history history;
	int round;
	int i;

	srand48(3);
	for (round = 0; round < 500; round++) {
		struct oscan_track *track = make_history(&history);
		uint64_t span = history.horizon - history.begin;

		ck_assert_uint_eq(oscan_track_count(track),
				  history.n_knots - 1);
		ck_assert_uint_eq(oscan_track_gaps(track), history.gaps);
		ck_assert_uint_eq(oscan_track_horizon(track), history.horizon);
		for (i = 0; i < 2000; i++) {
			const struct knot *knot = &history.knots[
				random_below(history.n_knots)];
			uint64_t time_ns = i % 2 ?
				history.begin - 10 + random_below(span + 20) :
				knot->time_ns - 1 + random_below(3);
			long double want = oracle_at(&history, time_ns);
			struct oscan_position got;

			if (oscan_track_at(track, time_ns, &got)) {
				MUST(isnan(want), "no answer: %d", errno);
				MUST(errno == (time_ns < history.begin ||
					       time_ns > history.horizon ?
					       ERANGE : ENODATA), "%d", errno);
			} else {
				MUST(fabsl(got.steps - want) < 1e-9L,
				     "%f, not %Lf", got.steps, want);
			}
		}
		oscan_track_free(track);
	}
}

/* The same batches, with and without a window. */
TEST(what_a_window_keeps_is_answered_as_if_all_were_kept)
{
	uint64_t now = 5000, times_ns[50];
	struct oscan_track *all = new_track(0, now);
	struct oscan_track *some = new_track(0, now);
	struct oscan_position a, b;
	int64_t position = 0;
	int batch, i, answered = 0, forgotten = 0, lost = 0;

	srand48(8);
	oscan_track_set_window(some, 100);
	for (batch = 0; batch < 2000; batch++) {
		size_t steps = 1 + random_below(50), step;
		int direction = random_below(2) ? 1 : -1;
		struct oscan_trace_batch next = {
			.steps = steps,
			.direction = direction,
			.first_position = position + direction,
			.times_ns = times_ns,
			.missed = random_below(20) == 0,
		};

		for (step = 0; step < steps; step++) {
			now += 1 + random_below(random_below(9) ? 100 : 5000);
			times_ns[step] = now;
		}
		next.horizon_ns = now;
		position += direction * (int64_t)steps;
		ck_assert_int_eq(oscan_track_add(all, &next), 0);
		ck_assert_int_eq(oscan_track_add(some, &next), 0);
		for (i = 0; i < 100; i++) {
			uint64_t time_ns = now - random_below(100000);
			int bad = oscan_track_at(some, time_ns, &b);

			if (bad && errno == ESTALE) {
				MUST(time_ns < oscan_track_begin(some), "");
				forgotten++;
				continue;
			}
			lost += bad && errno == ENODATA;
			MUST(bad == oscan_track_at(all, time_ns, &a),
			     "%d at %lu", bad, time_ns);
			MUST(bad || (a.steps == b.steps && a.speed == b.speed),
			     "%f, not %f", b.steps, a.steps);
			answered += !bad;
		}
	}
	ck_assert_uint_eq(oscan_track_gaps(some), oscan_track_gaps(all));
	ck_assert_int_gt(answered, 10000);
	ck_assert_int_gt(forgotten, 10000);
	ck_assert_int_gt(lost, 100);
	oscan_track_free(all);
	oscan_track_free(some);
}

/* The first time, by trying every nanosecond knot by knot. */
static bool oracle_when(const struct history *history, long double steps,
			uint64_t after_ns, long double *time_ns)
{
	uint64_t after = after_ns > history->begin ? after_ns : history->begin;
	size_t i;

	if (oracle_at(history, after) == steps) {
		*time_ns = after;
		return true;
	}
	for (i = 1; i < history->n_knots; i++) {
		const struct knot *from = &history->knots[i - 1];
		const struct knot *to = &history->knots[i];
		int64_t way = to->position - from->position;
		double part = (steps - from->position) / way;
		uint64_t leaves;

		if (to->time_ns < after)
			continue;
		if (to->position == steps)
			part = 1;
		else if (!to->joined || !(part > 0 && part < 1))
			continue;
		leaves = to->joined ? oracle_leaves(history, i) : to->time_ns;
		*time_ns = leaves + part * (to->time_ns - leaves);
		if (roundl(*time_ns) >= after)
			return true;
	}
	return false;
}

TEST(the_time_of_a_position_is_the_one_the_slow_way_finds)
{
	long double want;
	static struct history history;
	int found = 0;
	int round;
	int i;

	srand48(4);
	for (round = 0; round < 500; round++) {
		struct oscan_track *track = make_history(&history);
		uint64_t span = history.horizon - history.begin;

		for (i = 0; i < 200; i++) {
			const struct knot *knot = &history.knots[
				random_below(history.n_knots)];
			double steps = (double)knot->position +
				       (i % 3 ? drand48() * 4 - 2 : 0);
			uint64_t after = i % 2 ? 0 :
				history.begin + random_below(span + 1);
			uint64_t time_ns;

			if (oracle_when(&history, steps, after, &want)) {
				time_ns = when(track, steps, after);
				MUST(fabsl(time_ns - want) <= 0.51L,
				     "%lu, not %Lf", time_ns, want);
				found++;
			} else {
				MUST(is_never(track, steps, after),
				     "%f after %lu", steps, after);
			}
		}
		oscan_track_free(track);
	}
	ck_assert_int_gt(found, 10000);
}

/* Many turns, of which all but the last are short of the position. */
TEST(a_position_behind_many_turns_is_found)
{
	struct oscan_track *track = new_track(0, 0);
	uint64_t now = 0;
	int turn, i;

	for (turn = 0; turn < 1000; turn++) {
		for (i = 1; i <= 10; i++) {
			now += 100;
			ck_assert_int_eq(add(track, 1, i, 1, &now, now), 0);
		}
		for (i = 9; i >= 0; i--) {
			now += 100;
			ck_assert_int_eq(add(track, -1, i, 1, &now, now), 0);
		}
	}
	for (i = 1; i <= 11; i++) {
		now += 100;
		ck_assert_int_eq(add(track, 1, i, 1, &now, now), 0);
	}
	ck_assert_uint_eq(when(track, 11, 0), now);
	ck_assert_uint_eq(when(track, 10.5, 0), now - 50);
	ck_assert_uint_eq(when(track, 10, 0), 1000);
	ck_assert_uint_eq(when(track, 10, 1001), 3000);
	ck_assert(is_never(track, 11.5, 0));
	ck_assert(is_never(track, -0.5, 0));
	oscan_track_free(track);
}

TEST(how_steps_are_cut_into_batches_does_not_matter)
{
	const size_t steps = 5000;
	uint64_t *times_ns = calloc(steps, sizeof(*times_ns));
	struct oscan_track *whole = new_track(0, 0);
	struct oscan_track *cut = new_track(0, 0);
	size_t done;
	size_t i;

	srand48(5);
	for (i = 0; i < steps; i++)
		times_ns[i] = (i ? times_ns[i - 1] : 100) + 1 +
			      random_below(100);
	ck_assert_int_eq(add(whole, -1, -1, steps, times_ns,
			     times_ns[steps - 1]), 0);
	for (done = 0; done < steps; ) {
		size_t part = 1 + random_below(100);

		if (part > steps - done)
			part = steps - done;
		ck_assert_int_eq(add(cut, -1, -1 - (int64_t)done, part,
				     times_ns + done,
				     times_ns[done + part - 1]), 0);
		done += part;
	}
	for (i = 0; i < times_ns[steps - 1]; i += 7)
		MUST(at(whole, i) == at(cut, i), "%zu", i);
	oscan_track_free(whole);
	oscan_track_free(cut);
	free(times_ns);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A search from the start would take hours. */
TEST(a_million_answers_from_a_million_steps_take_no_time)
{
	const size_t steps = 1000000;
	uint64_t *times_ns = calloc(steps, sizeof(*times_ns));
	struct oscan_track *track = new_track(0, 0);
	double start;
	size_t i;

	for (i = 0; i < steps; i++)
		times_ns[i] = 200000 * (i + 1);
	ck_assert_int_eq(add(track, 1, 1, steps, times_ns,
			     times_ns[steps - 1]), 0);
	srand48(6);
	start = seconds_now();
	for (i = 0; i < 1000000; i++)
		at(track, random_below(times_ns[steps - 1]));
	for (i = 0; i < 1000000; i++)
		when(track, drand48() * (double)steps, 0);
	ck_assert_double_lt(seconds_now() - start, 60);
	oscan_track_free(track);
	free(times_ns);
}
