// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/home.c userspace/liboscan/units.c -lm */
/*
 * oscan_home() on an axis that is played here: moves are over at once, and
 * the switches close where the test puts them.
 */
#include <errno.h>
#include <string.h>

#include "oscan.h"
#include "unit.h"

/* The library's functions, played: not all of them look at everything. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

enum { MOST_MOVES = 16 };

/**
 * struct world - the axis, its switches, and what was asked of them
 * @place: where the axis really is, microsteps
 * @count: where the driver thinks that it is
 * @edges: shape [2]: the lower switch is closed at or below [0], the upper
 *	one at or above [1]
 * @dead: shape [2]: that switch never closes
 * @turns_wrong: the motor does
 * @latch: count at which a switch last closed
 * @opening: states that still say closed after a switch was left
 * @moves: shape [n_moves]: steps of each move
 * @speeds: their speeds
 * @halt_in: number of the move that somebody halts early, 0 for none
 */
static struct world {
	struct oscan_axis_info info;
	int64_t place;
	int64_t count;
	int64_t edges[2];
	bool dead[2];
	bool closed[2];
	bool turns_wrong;
	bool enabled;
	int64_t latch;
	uint32_t latch_count;
	uint32_t latch_stop;
	unsigned int opening;
	uint32_t end;
	bool known;
	int64_t moves[MOST_MOVES];
	uint64_t speeds[MOST_MOVES];
	unsigned int n_moves;
	unsigned int halt_in;
	int wait_error;
	unsigned int stops;
	unsigned int halts;
} world;

static void begin(void)
{
	world = (struct world) {
		.info = {
			.flags = OSCAN_AXIS_HAS_MIN_STOP |
				 OSCAN_AXIS_HAS_MAX_STOP,
			.unit = OSCAN_UNIT_DEGREE,
			.full_steps_per_turn = 200,
			.microsteps = 16,
			.gear_num = 9,
			.gear_den = 8,
			.start_stop_rate_fsps = 100,
			.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,
			.stop_debounce_us = 1000,
		},
		.edges = { -1000, 1000 },
		.enabled = true,
		.count = 77,
		.end = OSCAN_END_NONE,
	};
}

static bool is_pressed(int side)
{
	if (world.dead[side])
		return false;
	return side ? world.place >= world.edges[1] :
		      world.place <= world.edges[0];
}

static uint32_t flag_of(int side)
{
	return side ? OSCAN_STATE_AT_MAX : OSCAN_STATE_AT_MIN;
}

static void look(int side)
{
	bool pressed = is_pressed(side);

	if (pressed && !world.closed[side]) {
		world.latch = world.count;
		world.latch_count++;
		world.latch_stop = flag_of(side);
	}
	world.closed[side] = pressed;
}

const struct oscan_axis_info *
oscan_motor_axis_info(const struct oscan_motor *motor, unsigned int axis)
{
	ck_assert_uint_eq(axis, 0);
	return &world.info;
}

int oscan_motor_state(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_state *state)
{
	int side;

	*state = (struct oscan_state) {
		.flags = world.enabled ? OSCAN_STATE_ENABLED : 0,
		.motion = OSCAN_MOTION_IDLE,
		.position = world.count,
		.end = world.end,
		.latch_position = world.latch,
		.latch_count = world.latch_count,
		.latch_stop = world.latch_stop,
	};
	for (side = 0; side < 2; side++) {
		look(side);
		if (world.closed[side] || world.opening)
			state->flags |= flag_of(side);
	}
	if (world.opening)
		world.opening--;
	return 0;
}

int oscan_motor_wait(struct oscan_motor *motor, unsigned int axis,
		     int timeout_ms, struct oscan_state *state)
{
	oscan_motor_state(motor, axis, state);
	if (!world.wait_error)
		return 0;
	errno = world.wait_error;
	world.wait_error = 0;
	return -1;
}

int oscan_motor_enable(struct oscan_motor *motor, unsigned int axis, bool on)
{
	world.enabled = on;
	return 0;
}

int oscan_motor_stop(struct oscan_motor *motor, uint32_t axes)
{
	ck_assert_uint_eq(axes, 1);
	world.stops++;
	return 0;
}

int oscan_motor_halt(struct oscan_motor *motor, uint32_t axes)
{
	ck_assert_uint_eq(axes, 1);
	world.halts++;
	return 0;
}

static uint32_t run(int64_t steps)
{
	int sign = steps > 0 ? 1 : -1, side = steps > 0;
	int64_t made;

	for (made = 0; made != steps; made += sign) {
		if (world.closed[side])
			return OSCAN_END_SWITCH;
		if (world.n_moves == world.halt_in && made == steps / 8)
			return OSCAN_END_HALTED;
		world.count += sign;
		world.place += world.turns_wrong ? -sign : sign;
		look(0);
		look(1);
	}
	return world.closed[side] ? OSCAN_END_SWITCH : OSCAN_END_DONE;
}

int oscan_motor_move(struct oscan_motor *motor, struct oscan_move *move)
{
	ck_assert(world.enabled);
	ck_assert_uint_eq(move->flags & OSCAN_MOVE_RELATIVE,
			  OSCAN_MOVE_RELATIVE);
	ck_assert_uint_eq(move->flags & OSCAN_MOVE_HOMING, OSCAN_MOVE_HOMING);
	ck_assert_uint_lt(world.n_moves, MOST_MOVES);
	world.moves[world.n_moves] = move->target;
	world.speeds[world.n_moves++] = move->speed_sps_q44;
	world.end = run(move->target);
	return 0;
}

int oscan_motor_set_latch_position(struct oscan_motor *motor,
				   unsigned int axis, int64_t position)
{
	world.count += position - world.latch;
	world.latch = position;
	world.known = true;
	return 0;
}

/* Returns errno, 0 if all went well. */
static int home(struct oscan_homing *homing)
{
	errno = 0;
	return oscan_home(NULL, homing) ? errno : 0;
}

static void must_fail(struct oscan_homing *homing, int error, uint32_t phase)
{
	ck_assert_int_eq(home(homing), error);
	ck_assert_uint_eq(homing->phase, phase);
	ck_assert(!world.known);
}

TEST(the_position_is_that_of_the_edge_afterwards)
{
	struct oscan_homing homing = { .direction = -1, .position = 300 };

	begin();
	ck_assert_int_eq(home(&homing), 0);
	ck_assert(world.known);
	ck_assert_int_eq(world.count - 300, world.place - -1000);
	ck_assert_int_eq(homing.offset_steps, 300 - (77 - 1000));
	ck_assert_uint_eq(homing.phase, OSCAN_HOMING_SET);
}

TEST(the_upper_end_stop_is_found_as_well)
{
	struct oscan_homing homing = { .direction = 1, .position = -4 };

	begin();
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_int_eq(world.count - -4, world.place - 1000);
}

/* 10 microsteps a degree. */
TEST(defaults_are_as_documented)
{
	struct oscan_homing homing = { .direction = 1 };
	const uint64_t rate = 1600 * OSCAN_SPEED_ONE;

	begin();
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_uint_eq(world.n_moves, 3);
	ck_assert_int_eq(world.moves[0], 4500);
	ck_assert_uint_eq(world.speeds[0], rate);
	ck_assert_int_eq(world.moves[1], -20);
	ck_assert_uint_eq(world.speeds[1], rate);
	ck_assert_int_eq(world.moves[2], 40);
	ck_assert_uint_eq(world.speeds[2], rate / 10 + 1);
}

/* So that it can be used for the next axis. */
TEST(the_request_stays_as_it_was_asked_for)
{
	struct oscan_homing homing = { .direction = 1 };

	begin();
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_uint_eq(homing.fast_sps_q44, 0);
	ck_assert_uint_eq(homing.slow_sps_q44, 0);
	ck_assert_int_eq(homing.backoff_steps, 0);
	ck_assert_int_eq(homing.travel_steps, 0);
}

TEST(soft_limits_say_how_far_to_look)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.info.flags |= OSCAN_AXIS_HAS_LIMITS;
	world.info.limit_min = -800;
	world.info.limit_max = 800;
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_int_eq(world.moves[0], -2000);
}

TEST(a_linear_axis_without_limits_must_be_told_how_far_to_look)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.info.unit = OSCAN_UNIT_MILLIMETRE;
	world.info.travel_per_turn_nm = 8000000;
	must_fail(&homing, EINVAL, 0);
	ck_assert_uint_eq(world.n_moves, 0);
	homing.travel_steps = 1500;
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_int_eq(world.moves[0], -1500);
}

/* 50 deep: it takes three times 20 to get out. */
TEST(an_axis_on_its_switch_backs_off_until_it_is_open)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.place = -1050;
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_uint_eq(world.n_moves, 4);
	ck_assert_int_eq(world.moves[0], 20);
	ck_assert_int_eq(world.moves[3], -80);
	ck_assert_int_eq(world.count, world.place - -1000);
}

TEST(a_switch_that_is_slow_to_count_as_open_is_waited_for)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.place = -1000;
	world.opening = 10;
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_uint_eq(world.n_moves, 2);
}

TEST(a_dead_switch_is_told)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.dead[0] = true;
	must_fail(&homing, ENODATA, OSCAN_HOMING_FAST);
	ck_assert_uint_eq(homing.end, OSCAN_END_DONE);
}

TEST(a_stuck_switch_is_told)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.edges[0] = 900;
	must_fail(&homing, ENOSPC, OSCAN_HOMING_BACK_OFF);
	ck_assert_uint_eq(world.n_moves, 4);
}

TEST(a_motor_that_turns_the_wrong_way_is_told)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.turns_wrong = true;
	must_fail(&homing, EXDEV, OSCAN_HOMING_FAST);
}

TEST(a_move_that_somebody_halts_is_told)
{
	const uint32_t phases[] = {
		OSCAN_HOMING_FAST, OSCAN_HOMING_BACK_OFF, OSCAN_HOMING_SLOW,
	};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct oscan_homing homing = { .direction = -1 };

		begin();
		world.halt_in = i + 1;
		must_fail(&homing, EIO, phases[i]);
		ck_assert_uint_eq(homing.end, OSCAN_END_HALTED);
	}
}

TEST(an_axis_without_that_end_stop_does_not_move)
{
	struct oscan_homing homing = { .direction = -1 };

	begin();
	world.info.flags = OSCAN_AXIS_HAS_MAX_STOP;
	must_fail(&homing, EOPNOTSUPP, 0);
	ck_assert_uint_eq(world.n_moves, 0);
}

TEST(a_slow_seek_above_the_start_stop_rate_is_refused)
{
	struct oscan_homing homing = {
		.direction = -1,
		.slow_sps_q44 = 1600 * OSCAN_SPEED_ONE + 1,
	};

	begin();
	must_fail(&homing, EINVAL, 0);
	homing.slow_sps_q44--;
	ck_assert_int_eq(home(&homing), 0);
	ck_assert_uint_eq(world.speeds[2], 1600 * OSCAN_SPEED_ONE);
}

TEST(a_slow_seek_above_the_greatest_speed_is_refused)
{
	struct oscan_homing homing = {
		.direction = -1,
		.slow_sps_q44 = 900 * OSCAN_SPEED_ONE + 1,
	};

	begin();
	world.info.max_speed_sps_q44 = 900 * OSCAN_SPEED_ONE;
	must_fail(&homing, EINVAL, 0);
	homing.slow_sps_q44--;
	ck_assert_int_eq(home(&homing), 0);
}

TEST(a_motor_that_is_off_is_switched_on)
{
	struct oscan_homing homing = { .direction = 1 };

	begin();
	world.enabled = false;
	ck_assert_int_eq(home(&homing), 0);
}

static bool never(const struct oscan_state *state, void *data)
{
	ck_assert_ptr_eq(data, &world);
	return false;
}

TEST(what_is_called_off_stops_softly)
{
	struct oscan_homing homing = {
		.direction = 1, .go_on = never, .data = &world,
	};

	begin();
	world.wait_error = ETIMEDOUT;
	must_fail(&homing, ECANCELED, OSCAN_HOMING_FAST);
	ck_assert_uint_eq(world.stops, 1);
	ck_assert_uint_eq(world.halts, 0);
}

TEST(a_signal_calls_off_where_nobody_is_asked)
{
	struct oscan_homing homing = { .direction = 1 };

	begin();
	world.wait_error = EINTR;
	must_fail(&homing, EINTR, OSCAN_HOMING_FAST);
	ck_assert_uint_eq(world.stops, 1);
}

TEST(an_error_of_the_driver_is_passed_on)
{
	struct oscan_homing homing = { .direction = 1 };

	begin();
	world.wait_error = ENODEV;
	must_fail(&homing, ENODEV, OSCAN_HOMING_FAST);
}
