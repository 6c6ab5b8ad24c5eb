// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "internal.h"

#define POLL_MS		10
#define NS_PER_MS	1000000L
#define BACK_OFFS	4
#define BACKOFF_UNITS	2	/* degrees or millimetres */
/* Besides the debounce time, for a switch that has just been left. */
#define OPENING_MS	50

/**
 * struct search - a homing under way
 * @motor: motor
 * @homing: of the caller; of this only what goes out is written
 * @request: what to do, with every default filled in
 * @info: of the axis
 * @towards: OSCAN_STATE_AT_MIN or _MAX: the end stop that is looked for
 * @other: the one on the other side
 * @backed_off: how far the axis is from where the search for it ended
 */
struct search {
	struct oscan_motor *motor;
	struct oscan_homing *homing;
	struct oscan_homing request;
	const struct oscan_axis_info *info;
	uint32_t towards;
	uint32_t other;
	int64_t backed_off;
};

static int fail(int error)
{
	errno = error;
	return -1;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t start_stop_rate(const struct oscan_axis_info *info)
{
	return least((uint64_t)info->start_stop_rate_fsps * info->microsteps *
		     OSCAN_SPEED_ONE, info->max_speed_sps_q44);
}

static int64_t default_travel(const struct oscan_axis_info *info)
{
	if (info->flags & OSCAN_AXIS_HAS_LIMITS)
		return (info->limit_max - info->limit_min) * 5 / 4;
	if (info->unit == OSCAN_UNIT_DEGREE)
		return llround(450 * oscan_axis_steps_per_unit(info));
	return 0;
}

static int64_t default_backoff(const struct oscan_axis_info *info)
{
	int64_t steps = llround(BACKOFF_UNITS *
				oscan_axis_steps_per_unit(info));

	return steps > 0 ? steps : 1;
}

static bool is_distance(int64_t steps)
{
	return steps > 0 && steps <= OSCAN_MOVE_STEPS_LIMIT / (BACK_OFFS + 1);
}

static int fill_in(struct search *search)
{
	const struct oscan_axis_info *info = search->info;
	struct oscan_homing *homing = &search->request;
	uint64_t rate = start_stop_rate(info);

	if (!homing->fast_sps_q44)
		homing->fast_sps_q44 = rate;
	if (!homing->slow_sps_q44)
		homing->slow_sps_q44 = least(homing->fast_sps_q44 / 10 + 1,
					     rate);
	if (!homing->backoff_steps)
		homing->backoff_steps = default_backoff(info);
	if (!homing->travel_steps)
		homing->travel_steps = default_travel(info);
	if (homing->slow_sps_q44 > rate ||
	    !is_distance(homing->backoff_steps) ||
	    !is_distance(homing->travel_steps))
		return fail(EINVAL);
	return 0;
}

static int prepare(struct search *search)
{
	struct oscan_homing *homing = search->homing;
	uint32_t stop = OSCAN_AXIS_HAS_MIN_STOP;

	homing->phase = 0;
	homing->end = 0;
	homing->offset_steps = 0;
	search->request = *homing;
	search->info = oscan_motor_axis_info(search->motor, homing->axis);
	if (!search->info)
		return -1;
	if (homing->direction != 1 && homing->direction != -1)
		return fail(EINVAL);
	search->towards = OSCAN_STATE_AT_MIN;
	search->other = OSCAN_STATE_AT_MAX;
	if (homing->direction > 0) {
		stop = OSCAN_AXIS_HAS_MAX_STOP;
		search->towards = OSCAN_STATE_AT_MAX;
		search->other = OSCAN_STATE_AT_MIN;
	}
	if (!(search->info->flags & stop))
		return fail(EOPNOTSUPP);
	return fill_in(search);
}

/* Why the move under way has to be ended, 0 if it has not. */
static int reason_to_end(const struct search *search, int error,
			 const struct oscan_state *state, bool *other_open)
{
	const struct oscan_homing *homing = search->homing;

	if (!(state->flags & search->other))
		*other_open = true;
	else if (*other_open)
		return EXDEV;
	if (homing->go_on)
		return homing->go_on(state, homing->data) ? 0 : ECANCELED;
	return error == EINTR ? EINTR : 0;
}

static int end_move(const struct search *search, int reason)
{
	uint32_t axes = 1U << search->homing->axis;

	if (reason == EXDEV)
		return oscan_motor_halt(search->motor, axes);
	return oscan_motor_stop(search->motor, axes);
}

/* Until the move is over; @state as it is then. */
static int follow(const struct search *search, struct oscan_state *state)
{
	bool other_open = !(state->flags & search->other);
	int result, error, reason = 0;

	for (;;) {
		result = oscan_motor_wait(search->motor, search->homing->axis,
					  POLL_MS, state);
		error = result ? errno : 0;
		if (error && error != ETIMEDOUT && error != EINTR)
			return -1;
		if (!reason) {
			reason = reason_to_end(search, error, state,
					       &other_open);
			if (reason && error && end_move(search, reason))
				return -1;
		}
		if (!error)
			break;
	}
	search->homing->end = state->end;
	return reason ? fail(reason) : 0;
}

/* Moves by @steps; @state before and after. */
static int move(const struct search *search, int64_t steps, uint64_t speed,
		struct oscan_state *state)
{
	struct oscan_move request = {
		.axis = search->homing->axis,
		.flags = OSCAN_MOVE_RELATIVE | OSCAN_MOVE_HOMING,
		.target = steps,
		.speed_sps_q44 = speed,
	};

	if (oscan_motor_move(search->motor, &request))
		return -1;
	return follow(search, state);
}

static int seek(const struct search *search, int64_t travel, uint64_t speed,
		struct oscan_state *state)
{
	uint32_t before = state->latch_count;

	if (move(search, search->homing->direction * travel, speed, state))
		return -1;
	if (state->end != OSCAN_END_SWITCH && state->end != OSCAN_END_DONE)
		return fail(EIO);
	if (state->latch_count == before ||
	    state->latch_stop != search->towards)
		return fail(ENODATA);
	return 0;
}

/* It counts as open only when it has not bounced for the debounce time. */
static int wait_until_open(const struct search *search,
			   struct oscan_state *state)
{
	const struct timespec pause = { .tv_nsec = NS_PER_MS };
	long left = 4L * search->info->stop_debounce_us / 1000 + OPENING_MS;

	for (;;) {
		if (oscan_motor_state(search->motor, search->homing->axis,
				      state))
			return -1;
		if (!(state->flags & search->towards) || !left--)
			return 0;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

static int back_off(struct search *search, struct oscan_state *state)
{
	const struct oscan_homing *homing = &search->request;
	int64_t steps = homing->backoff_steps;
	int i;

	for (i = 0; i < BACK_OFFS; i++) {
		if (move(search, -homing->direction * steps,
			 homing->fast_sps_q44, state))
			return -1;
		if (state->end != OSCAN_END_DONE)
			return fail(EIO);
		search->backed_off += steps;
		if (wait_until_open(search, state))
			return -1;
		if (!(state->flags & search->towards))
			return 0;
	}
	return fail(ENOSPC);
}

static int begin(const struct search *search, struct oscan_state *state)
{
	unsigned int axis = search->homing->axis;

	if (oscan_motor_state(search->motor, axis, state))
		return -1;
	if (state->flags & OSCAN_STATE_ENABLED)
		return 0;
	return oscan_motor_enable(search->motor, axis, true);
}

static int find(struct search *search, struct oscan_state *state)
{
	const struct oscan_homing *request = &search->request;
	struct oscan_homing *homing = search->homing;

	if (!(state->flags & search->towards)) {
		homing->phase = OSCAN_HOMING_FAST;
		if (seek(search, request->travel_steps, request->fast_sps_q44,
			 state))
			return -1;
	}
	homing->phase = OSCAN_HOMING_BACK_OFF;
	if (back_off(search, state))
		return -1;
	homing->phase = OSCAN_HOMING_SLOW;
	return seek(search, search->backed_off + request->backoff_steps,
		    request->slow_sps_q44, state);
}

OSCAN_API int oscan_home(struct oscan_motor *motor,
			 struct oscan_homing *homing)
{
	struct search search = { .motor = motor, .homing = homing };
	struct oscan_state state;

	if (prepare(&search) || begin(&search, &state) ||
	    find(&search, &state))
		return -1;
	homing->phase = OSCAN_HOMING_SET;
	if (oscan_motor_set_latch_position(motor, homing->axis,
					   homing->position))
		return -1;
	homing->offset_steps = homing->position - state.latch_position;
	return 0;
}
