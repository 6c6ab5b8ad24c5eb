// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * What linux/oscan.h promises of motion, judged by the edges that the rig
 * recorded and by nothing that the driver says of itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit.h"

/* Rounding of a deadline, and of the double that it is held against. */
#define ROUNDING_NS	2

static size_t steps_of(const struct recording *recording, unsigned int axis)
{
	return recording_count(recording, axis_lines(axis).step, 1);
}

static void check_count(int fd, unsigned int axis, int64_t steps)
{
	uint64_t before = motor_state(fd, axis).steps;
	struct recording recording;

	rig_reset();
	motor_move(fd, axis, steps, 0);
	want_equal(motor_state(fd, axis).steps - before, llabs(steps));
	recording = rig_take();
	want_equal(steps_of(&recording, axis), llabs(steps));
	want_equal(recording_net(&recording, axis), steps);
	judge_axis(fd, axis, &recording, SPEED_SPS);
	recording_free(&recording);
}

static void a_move_makes_exactly_the_steps_asked_for(void)
{
	static const int lengths[] = { 1, 2, 3, 4, 5, 16, 17, 99, 400 };
	int fd = motor_setup();
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		check_count(fd, TURNTABLE, lengths[i]);
		check_count(fd, TURNTABLE, -lengths[i]);
	}
	want_equal(motor_state(fd, TURNTABLE).position, 0);
	check_count(fd, ROTOR, 333);
	check_count(fd, ROTOR, -333);
}

static void a_long_move_makes_exactly_the_steps_asked_for(void)
{
	int fd = motor_setup();

	check_count(fd, TURNTABLE, -8001);
}

static void a_move_of_no_steps_is_over_at_once(void)
{
	int fd = motor_setup();
	uint32_t before = motor_state(fd, TURNTABLE).move_id;
	struct oscan_move move = motor_start(fd, TURNTABLE, 0, 0);
	struct oscan_state state = motor_state(fd, TURNTABLE);

	want_equal(move.start_ns, 0);
	want_equal(move.duration_ns, 0);
	want_equal(move.move_id, before + 1);
	want_equal(state.move_id, move.move_id);
	want_equal(state.motion, OSCAN_MOTION_IDLE);
	want_equal(state.end, OSCAN_END_DONE);
	want_equal(rig_number("edges"), 0);
}

/* Late is allowed, early never: neither for the user nor for the motor. */
static void no_step_comes_before_it_is_due(void)
{
	int fd = motor_setup();
	struct oscan_move move = motor_start(fd, TURNTABLE, 6500, 0);
	struct recording recording;
	uint64_t *times;
	size_t count, i;
	double due;

	motor_rest(fd, TURNTABLE);
	recording = rig_take();
	times = step_times(&recording, TURNTABLE, &count);
	want_equal(count, 6500);
	for (i = 0; i < count; i++) {
		due = move.start_ns + ideal_ns(i + 1, 6500, SPEED_SPS,
					       ACCEL_SPS2);
		want(times[i] + ROUNDING_NS >= due,
		     "step %zu came %.0f ns early", i + 1, due - times[i]);
	}
	due = ideal_ns(6500, 6500, SPEED_SPS, ACCEL_SPS2);
	want(llabs((long long)(move.duration_ns - due)) <= ROUNDING_NS,
	     "planned duration is %llu ns, ideal %.0f ns",
	     (unsigned long long)move.duration_ns, due);
}

/*
 * Three hold-ups below the start-stop rate: the axis goes on, catches up
 * gently and never bursts.
 */
static void a_late_step_never_bursts_what_follows(void)
{
	int fd = motor_setup();
	struct recording recording;
	struct oscan_stats stats;
	uint64_t *times;
	double planned;
	size_t count, i;

	motor_start(fd, TURNTABLE, 1500, 1500);
	for (i = 0; i < 3; i++) {
		rig_write("delay_at", "100 20000");
		while (rig_number("delay_at"))
			kit_sleep_ms(5);
	}
	motor_rest(fd, TURNTABLE);
	stats = motor_stats(fd, TURNTABLE);
	recording = rig_take();
	times = step_times(&recording, TURNTABLE, &count);
	want_equal(count, 1500);
	for (i = 1; i < count; i++) {
		planned = ideal_ns(i + 1, 1500, 1500, ACCEL_SPS2) -
			  ideal_ns(i, 1500, 1500, ACCEL_SPS2);
		want(times[i] - times[i - 1] + ROUNDING_NS >= 0.9 * planned,
		     "interval before step %zu is %llu ns, planned %.0f ns",
		     i + 1, (unsigned long long)(times[i] - times[i - 1]),
		     planned);
	}
	want_equal(stats.move_stumbles, 0);
	want(stats.move_worst_late_ns >= 19 * KIT_NS_PER_MS,
	     "the worst step was %llu ns late only",
	     (unsigned long long)stats.move_worst_late_ns);
	want(stats.move_slip_ns >= 3 * 18 * KIT_NS_PER_MS,
	     "the schedule slipped by %llu ns only",
	     (unsigned long long)stats.move_slip_ns);
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_KNOWN);
	want_equal(recording_net(&recording, TURNTABLE), 1500);
}

/* Step 2800 is held up for 10 ms at 5000 microsteps/s. */
static void a_pause_at_speed_is_a_stumble_and_ramps_up_again(void)
{
	int fd = motor_setup();
	struct recording recording;
	struct oscan_state state;
	uint64_t *times;
	double first;
	size_t count;

	rig_write("delay_at", "2800 10000");
	motor_start(fd, TURNTABLE, 5500, 0);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	times = step_times(&recording, TURNTABLE, &count);
	want_equal(count, 5500);
	want_equal(recording_net(&recording, TURNTABLE), 5500);
	want_equal(state.position, 5500);
	want_equal(state.end, OSCAN_END_DONE);
	want_equal(state.position_state, OSCAN_POSITION_SUSPECT);
	want(motor_stats(fd, TURNTABLE).move_stumbles >= 1, "no stumble");
	/* Two intervals after it: at 5000 steps/s one is 200 us. */
	first = times[2801] - times[2800];
	want(first >= 0.85e9 / START_STOP_SPS,
	     "it went on with an interval of %.0f ns", first);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
}

/* Whatever the numbers are that the rig was loaded with. */
static void every_timing_of_the_driver_is_kept(void)
{
	static const enum judge_rule rules[] = {
		JUDGE_PULSE_HIGH, JUDGE_PULSE_LOW, JUDGE_DIR_SETUP,
		JUDGE_DIR_HOLD, JUDGE_ENABLE_DELAY, JUDGE_INTERVAL,
	};
	int fd = motor_setup();
	struct recording recording;
	struct judge_verdict verdict;
	unsigned int i;

	motor_enable(fd, TURNTABLE, false);
	for (i = 0; i < 3; i++) {
		motor_enable(fd, TURNTABLE, true);
		motor_move(fd, TURNTABLE, 40, 0);
		motor_move(fd, TURNTABLE, -1, 0);
		motor_move(fd, TURNTABLE, 1, 0);
		motor_move(fd, TURNTABLE, 1, 0);
		motor_move(fd, TURNTABLE, -41, 0);
		motor_enable(fd, TURNTABLE, false);
	}
	recording = rig_take();
	verdict = judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
	want_equal(verdict.position, 0);
	want_equal(verdict.steps, 3 * 84);
	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		want(verdict.least_ns[rules[i]] != UINT64_MAX,
		     "%s never occurred", judge_rule_name(rules[i]));
}

static void a_reversal_comes_back_to_where_it_began(void)
{
	int fd = motor_setup();
	struct recording recording;
	int i;

	for (i = 0; i < 4; i++) {
		motor_move(fd, TURNTABLE, 200, 0);
		motor_move(fd, TURNTABLE, -200, 0);
	}
	recording = rig_take();
	want_equal(steps_of(&recording, TURNTABLE), 8 * 200);
	want_equal(recording_net(&recording, TURNTABLE), 0);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
}

static void two_axes_move_at_the_same_time(void)
{
	int fd = motor_setup();
	struct recording recording;

	motor_start(fd, TURNTABLE, 3000, 0);
	motor_start(fd, ROTOR, -3001, 0);
	want_equal(motor_state(fd, TURNTABLE).motion, OSCAN_MOTION_MOVING);
	motor_rest(fd, TURNTABLE);
	motor_rest(fd, ROTOR);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), 3000);
	want_equal(recording_net(&recording, ROTOR), -3001);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
	judge_axis(fd, ROTOR, &recording, SPEED_SPS);
}

/* What a refused request must leave alone. */
struct before {
	struct oscan_state states[2];
	int fd;
};

static struct before remember(int fd)
{
	struct before before = {
		.states = { motor_state(fd, 0), motor_state(fd, 1) },
		.fd = fd,
	};

	rig_reset();
	return before;
}

static void want_unchanged(const struct before *before, const char *what)
{
	struct oscan_state now, *then;
	unsigned int axis;

	for (axis = 0; axis < 2; axis++) {
		then = (struct oscan_state *)&before->states[axis];
		now = motor_state(before->fd, axis);
		now.time_ns = then->time_ns;
		/* Only says how far the trace was told. */
		now.trace_seq = then->trace_seq;
		want(!memcmp(&now, then, sizeof(now)),
		     "%s was refused but changed axis %u", what, axis);
	}
	want(!rig_number("edges"), "%s was refused but wrote an edge", what);
}

static void want_refused(const struct before *before, int found, int wanted,
			 const char *what)
{
	want(found == wanted, "%s: %s, wanted %s", what,
	     found ? strerror(-found) : "accepted", strerror(-wanted));
	want_unchanged(before, what);
}

static void soft_limits_are_kept_to_the_step(void)
{
	int fd = motor_setup();
	struct before before;
	struct recording recording;

	motor_set_position(fd, ROTOR, ROTOR_MAX - 20);
	before = remember(fd);
	want_refused(&before, motor_try_to(fd, ROTOR, ROTOR_MIN - 1), -EDOM,
		     "one step below the limit");
	want_refused(&before, motor_try_to(fd, ROTOR, ROTOR_MAX + 1), -EDOM,
		     "one step above the limit");
	want_refused(&before, motor_try_move(fd, ROTOR, 21, 0), -EDOM,
		     "a relative move beyond the limit");
	want(!motor_try_to(fd, ROTOR, ROTOR_MAX), "the upper limit");
	want_equal(motor_rest(fd, ROTOR).position, ROTOR_MAX);
	recording = rig_take();
	want_equal(recording_net(&recording, ROTOR), 20);
	before = remember(fd);
	want_refused(&before, motor_try_move(fd, ROTOR, 1, 0), -EDOM,
		     "a step over the limit that it stands on");
	motor_set_position(fd, ROTOR, ROTOR_MIN + 20);
	want(!motor_try_to(fd, ROTOR, ROTOR_MIN), "the lower limit");
	want_equal(motor_rest(fd, ROTOR).position, ROTOR_MIN);
}

static void a_moving_axis_refuses_what_would_disturb_it(void)
{
	struct oscan_set_position set = { .axis = TURNTABLE };
	struct oscan_enable off = { .axis = TURNTABLE };
	int fd = motor_setup();
	struct recording recording;

	motor_start(fd, TURNTABLE, 1000, 0);
	want_equal(motor_try_move(fd, TURNTABLE, 1, 0), -EBUSY);
	want_equal(motor_try(fd, OSCAN_IOC_ENABLE, &off), -EBUSY);
	want_equal(motor_try(fd, OSCAN_IOC_SET_POSITION, &set), -EBUSY);
	want_equal(motor_rest(fd, TURNTABLE).position, 1000);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), 1000);
}

static void one_file_commands_and_all_may_watch_and_stop(void)
{
	struct oscan_set_position set = { .axis = TURNTABLE, .position = 7 };
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	struct oscan_enable off = { .axis = ROTOR };
	int first = motor_setup();
	int second = motor_open(O_RDWR);
	struct oscan_state state;

	motor_start(first, TURNTABLE, 50000, 0);
	want_equal(motor_try_move(second, ROTOR, 1, 0), -EBUSY);
	want_equal(motor_try(second, OSCAN_IOC_ENABLE, &off), -EBUSY);
	want_equal(motor_try(second, OSCAN_IOC_SET_POSITION, &set), -EBUSY);
	state = motor_state(second, TURNTABLE);
	want(state.flags & OSCAN_STATE_CONTROLLED, "nobody holds control");
	want(!(state.flags & OSCAN_STATE_MINE), "the watcher holds control");
	want(motor_state(first, TURNTABLE).flags & OSCAN_STATE_MINE,
	     "the commander does not hold control");
	motor_do(second, OSCAN_IOC_STOP, &stop);
	want_equal(motor_rest(second, TURNTABLE).end, OSCAN_END_STOPPED);
	want(motor_state(first, TURNTABLE).flags & OSCAN_STATE_MINE,
	     "stopping took control away");
	close(first);
	want(!(motor_state(second, ROTOR).flags & OSCAN_STATE_CONTROLLED),
	     "control is not free");
	motor_move(second, ROTOR, 5, 0);
	motor_move(second, ROTOR, -5, 0);
}

static void a_file_opened_for_reading_commands_nothing(void)
{
	struct oscan_set_position set = { .axis = TURNTABLE };
	struct oscan_enable off = { .axis = TURNTABLE };
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	struct before before;
	int reader;

	close(fd);
	reader = motor_open(O_RDONLY);
	before = remember(reader);
	want_refused(&before, motor_try_move(reader, TURNTABLE, 1, 0), -EBADF,
		     "a move");
	want_refused(&before, motor_try(reader, OSCAN_IOC_ENABLE, &off),
		     -EBADF, "switching off");
	want_refused(&before, motor_try(reader, OSCAN_IOC_SET_POSITION, &set),
		     -EBADF, "setting the position");
	want_refused(&before, motor_try(reader, OSCAN_IOC_STOP, &stop), -EBADF,
		     "a stop");
	want_refused(&before, motor_try(reader, OSCAN_IOC_HALT, &stop), -EBADF,
		     "a halt");
	want_equal(motor_info(reader).axes, 2);
}

static void a_refused_command_takes_no_control(void)
{
	int first = motor_setup(), second;

	close(first);
	first = motor_open(O_RDWR);
	second = motor_open(O_RDWR);
	want_equal(motor_try_to(first, ROTOR, ROTOR_MAX + 1), -EDOM);
	want(!(motor_state(first, ROTOR).flags & OSCAN_STATE_CONTROLLED),
	     "it took control");
	motor_move(second, TURNTABLE, 1, 0);
}

static void the_position_can_be_said(void)
{
	int fd = motor_setup();
	struct oscan_state state;

	motor_enable(fd, TURNTABLE, false);
	motor_enable(fd, TURNTABLE, true);
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_SUSPECT);
	rig_reset();
	motor_set_position(fd, TURNTABLE, -123456789012);
	state = motor_state(fd, TURNTABLE);
	want_equal(state.position, -123456789012);
	want_equal(state.position_state, OSCAN_POSITION_KNOWN);
	want_equal(rig_number("edges"), 0);
	motor_move(fd, TURNTABLE, 10, 0);
	want_equal(motor_state(fd, TURNTABLE).position, -123456789002);
	motor_set_position(fd, TURNTABLE, OSCAN_POSITION_LIMIT);
	want_equal(motor_try_move(fd, TURNTABLE, 1, 0), -EOVERFLOW);
	motor_set_position(fd, TURNTABLE, -OSCAN_POSITION_LIMIT);
	want_equal(motor_try_move(fd, TURNTABLE, -1, 0), -EOVERFLOW);
}

static void a_disabled_axis_does_not_move(void)
{
	int fd = motor_setup();
	struct recording recording;
	struct before before;

	motor_enable(fd, TURNTABLE, false);
	want(!(motor_state(fd, TURNTABLE).flags & OSCAN_STATE_ENABLED),
	     "it is still enabled");
	recording = rig_take();
	want_equal(recording.count, 1);
	want_equal(recording.edges[0].line, OSCAN_RIG_TURNTABLE_ENABLE);
	want_equal(recording.edges[0].value, 1);
	before = remember(fd);
	want_refused(&before, motor_try_move(fd, TURNTABLE, 1, 0), -ESHUTDOWN,
		     "a move");
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_SUSPECT);
	motor_enable(fd, TURNTABLE, true);
	recording = rig_take();
	want_equal(recording.count, 1);
	want_equal(recording.edges[0].value, 0);
	motor_move(fd, TURNTABLE, 1, 0);
}

static void a_stop_at_rest_does_nothing(void)
{
	struct oscan_stop stop = { .axes = 3 };
	int fd = motor_setup();
	struct before before = remember(fd);

	motor_do(fd, OSCAN_IOC_STOP, &stop);
	want_unchanged(&before, "a stop");
	motor_do(fd, OSCAN_IOC_HALT, &stop);
	want_unchanged(&before, "a halt");
	stop.axes = 0;
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	want_unchanged(&before, "a stop of no axis");
}

static void too_fast_is_refused(void)
{
	struct oscan_move move = {
		.axis = TURNTABLE,
		.target = 100,
		.speed_sps_q44 = SPEED_SPS * OSCAN_SPEED_ONE,
		.accel_sps2_q32 = ACCEL_SPS2 * OSCAN_ACCEL_ONE,
		.decel_sps2_q32 = ACCEL_SPS2 * OSCAN_ACCEL_ONE,
	};
	int fd = motor_setup();
	struct before before = remember(fd);
	struct oscan_move bad;

	bad = move;
	bad.speed_sps_q44++;
	want_refused(&before, motor_try(fd, OSCAN_IOC_MOVE, &bad), -ERANGE,
		     "a speed just above the greatest");
	bad.speed_sps_q44 = ~0ULL;
	want_refused(&before, motor_try(fd, OSCAN_IOC_MOVE, &bad), -ERANGE,
		     "the greatest speed there is");
	bad = move;
	bad.accel_sps2_q32++;
	want_refused(&before, motor_try(fd, OSCAN_IOC_MOVE, &bad), -ERANGE,
		     "an acceleration just above the greatest");
	bad = move;
	bad.decel_sps2_q32 = ~0ULL;
	want_refused(&before, motor_try(fd, OSCAN_IOC_MOVE, &bad), -ERANGE,
		     "the greatest deceleration there is");
	bad = move;
	bad.speed_sps_q44 = 1;
	want_refused(&before, motor_try(fd, OSCAN_IOC_MOVE, &bad), -ERANGE,
		     "a move of more than 39 hours");
	motor_do(fd, OSCAN_IOC_MOVE, &move);
	want_equal(motor_rest(fd, TURNTABLE).position, 100);
}

static void more_than_the_machine_carries_is_refused(void)
{
	int fd = motor_setup();
	struct before before = remember(fd);
	unsigned int rate = motor_info(fd).max_rate_sps;

	want(rate < 1000000, "this machine carries %u steps/s", rate);
	want_refused(&before, motor_try_move(fd, TURNTABLE, 10, rate + 1),
		     -E2BIG, "a rate above that of the machine");
	motor_start(fd, TURNTABLE, 1000, rate / 2);
	before = remember(fd);
	want_equal(motor_try_move(fd, ROTOR, 10, rate - rate / 2 + 1),
		   -E2BIG);
	want_equal(motor_try_move(fd, ROTOR, 10, rate - rate / 2), 0);
	want_equal(motor_rest(fd, ROTOR).position, ROTOR_START + 10);
	motor_rest(fd, TURNTABLE);
	want_equal(motor_try_move(fd, ROTOR, -10, rate), 0);
	motor_rest(fd, ROTOR);
}

/* A request that would be accepted but for one field. */
struct bad_request {
	const char *what;
	unsigned long request;
	size_t size;
	size_t offset;
	uint64_t value;
	int error;
};

#define BAD(_request, _struct, _size, _field, _value, _error)		\
	{								\
		.what = #_request " with " #_field " " #_value,		\
		.request = OSCAN_IOC_##_request,			\
		.size = _size,						\
		.offset = offsetof(struct _struct, _field),		\
		.value = _value,					\
		.error = _error,					\
	}

static const struct bad_request bad_requests[] = {
	BAD(AXIS_INFO, oscan_axis_info, 4, axis, 2, -ENXIO),
	BAD(AXIS_INFO, oscan_axis_info, 4, axis, ~0U, -ENXIO),
	BAD(STATE, oscan_state, 4, axis, 2, -ENXIO),
	BAD(STATS, oscan_stats, 4, axis, 2, -ENXIO),
	BAD(ENABLE, oscan_enable, 4, axis, 2, -ENXIO),
	BAD(ENABLE, oscan_enable, 4, on, 2, -EINVAL),
	BAD(ENABLE, oscan_enable, 4, on, ~0U, -EINVAL),
	BAD(ENABLE, oscan_enable, 8, reserved[0], 1, -EINVAL),
	BAD(ENABLE, oscan_enable, 8, reserved[1], 1ULL << 63, -EINVAL),
	BAD(MOVE, oscan_move, 4, axis, 2, -ENXIO),
	BAD(MOVE, oscan_move, 4, axis, 1U << 31, -ENXIO),
	BAD(MOVE, oscan_move, 4, flags, 6, -EINVAL),
	BAD(MOVE, oscan_move, 4, flags, 8, -EINVAL),
	BAD(MOVE, oscan_move, 4, flags, 9, -EINVAL),
	BAD(MOVE, oscan_move, 4, flags, 64, -EINVAL),
	BAD(MOVE, oscan_move, 8, pass_steps, 1, -EINVAL),
	BAD(MOVE, oscan_move, 8, pass_ns, 1, -EINVAL),
	BAD(MOVE, oscan_move, 4, flags, 1U << 31, -EINVAL),
	BAD(MOVE, oscan_move, 8, target, (1ULL << 53) + 1, -EOVERFLOW),
	BAD(MOVE, oscan_move, 8, target, 1ULL << 63, -EOVERFLOW),
	BAD(MOVE, oscan_move, 8, target, (1ULL << 40) + 1, -EOVERFLOW),
	BAD(MOVE, oscan_move, 4, reserved0, 1, -EINVAL),
	BAD(MOVE, oscan_move, 8, reserved, 1, -EINVAL),
	BAD(MOVE, oscan_move, 8, reserved, 1ULL << 32, -EINVAL),
	BAD(MOVE_TOGETHER, oscan_group, 4, count, 0, -EINVAL),
	BAD(MOVE_TOGETHER, oscan_group, 4, count, 9, -EINVAL),
	BAD(MOVE_TOGETHER, oscan_group, 4, count, 1, -EFAULT),
	BAD(MOVE_TOGETHER, oscan_group, 8, reserved[0], 1, -EINVAL),
	BAD(MOVE_TOGETHER, oscan_group, 8, reserved[1], 1, -EINVAL),
	BAD(STOP, oscan_stop, 4, axes, 1 << 2, -ENXIO),
	BAD(STOP, oscan_stop, 4, axes, 1U << 31, -ENXIO),
	BAD(STOP, oscan_stop, 4, reserved[0], 1, -EINVAL),
	BAD(STOP, oscan_stop, 4, reserved[1], 1, -EINVAL),
	BAD(STOP, oscan_stop, 4, reserved[2], 1, -EINVAL),
	BAD(HALT, oscan_stop, 4, axes, 7, -ENXIO),
	BAD(HALT, oscan_stop, 4, reserved[2], 1U << 31, -EINVAL),
	BAD(SET_POSITION, oscan_set_position, 4, axis, 2, -ENXIO),
	BAD(SET_POSITION, oscan_set_position, 4, flags, 2, -EINVAL),
	BAD(SET_POSITION, oscan_set_position, 8, reserved[0], 1, -EINVAL),
	BAD(SET_POSITION, oscan_set_position, 8, reserved[1], 1, -EINVAL),
	BAD(SET_POSITION, oscan_set_position, 8, position,
	    (1ULL << 53) + 1, -EOVERFLOW),
	BAD(SET_POSITION, oscan_set_position, 8, position,
	    -(1ULL << 53) - 1, -EOVERFLOW),
	BAD(SET_POSITION, oscan_set_position, 8, position,
	    1ULL << 63, -EOVERFLOW),
};

static void each_bad_field_is_refused_and_changes_nothing(void)
{
	int fd = motor_setup();
	struct before before = remember(fd);
	const struct bad_request *bad = bad_requests;
	unsigned char argument[512];
	size_t i, n = sizeof(bad_requests) / sizeof(*bad_requests);

	for (i = 0; i < n; i++, bad++) {
		memset(argument, 0, sizeof(argument));
		memcpy(argument + bad->offset, &bad->value, bad->size);
		want_refused(&before, motor_try(fd, bad->request, argument),
			     bad->error, bad->what);
	}
}

static void a_bad_pointer_is_refused_and_changes_nothing(void)
{
	static const unsigned long requests[] = {
		OSCAN_IOC_INFO, OSCAN_IOC_AXIS_INFO, OSCAN_IOC_STATE,
		OSCAN_IOC_STATS, OSCAN_IOC_ENABLE, OSCAN_IOC_MOVE,
		OSCAN_IOC_STOP, OSCAN_IOC_HALT, OSCAN_IOC_SET_POSITION,
	};
	int fd = motor_setup();
	struct before before = remember(fd);
	void *pointer = mmap(NULL, 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		want_refused(&before, motor_try(fd, requests[i], pointer),
			     -EFAULT, "a bad pointer");
}

static void an_unknown_request_is_refused(void)
{
	static const unsigned long requests[] = {
		_IO('o', 0x3f), _IO('o', 0x40), _IO('o', 0x7f),
		_IOR('o', 0x42, struct oscan_state),
		_IOWR('o', 0x45, struct oscan_stop),
		_IOW('p', 0x46, struct oscan_stop),
	};
	char argument[512] = { 0 };
	int fd = motor_setup();
	struct before before = remember(fd);
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		want_refused(&before, motor_try(fd, requests[i], argument),
			     -ENOTTY, "an unknown request");
}

static void a_short_move_is_made_and_counted(void)
{
	int fd = motor_setup();

	check_count(fd, TURNTABLE, 20);
	check_count(fd, ROTOR, -20);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(a_move_makes_exactly_the_steps_asked_for),
	CASE(a_long_move_makes_exactly_the_steps_asked_for),
	CASE(a_move_of_no_steps_is_over_at_once),
	CASE(no_step_comes_before_it_is_due),
	CASE(a_late_step_never_bursts_what_follows),
	CASE(a_pause_at_speed_is_a_stumble_and_ramps_up_again),
	CASE(every_timing_of_the_driver_is_kept),
	CASE(a_reversal_comes_back_to_where_it_began),
	CASE(two_axes_move_at_the_same_time),
	CASE(soft_limits_are_kept_to_the_step),
	CASE(a_moving_axis_refuses_what_would_disturb_it),
	CASE(one_file_commands_and_all_may_watch_and_stop),
	CASE(a_file_opened_for_reading_commands_nothing),
	CASE(a_refused_command_takes_no_control),
	CASE(the_position_can_be_said),
	CASE(a_disabled_axis_does_not_move),
	CASE(a_stop_at_rest_does_nothing),
	CASE(too_fast_is_refused),
	CASE(each_bad_field_is_refused_and_changes_nothing),
	CASE(a_bad_pointer_is_refused_and_changes_nothing),
	CASE(an_unknown_request_is_refused),
};

/* Not part of the suite: the first needs max_speed_sps=1000000. */
static const struct kit_case alone[] = {
	CASE(more_than_the_machine_carries_is_refused),
	CASE(a_short_move_is_made_and_counted),
};

int main(int argc, char **argv)
{
	return kit_main_alone(argc, argv, cases, sizeof(cases) / sizeof(*cases),
			      alone, sizeof(alone) / sizeof(*alone));
}
