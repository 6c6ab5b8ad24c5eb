// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * ENABLE lines that axes share, and motors that are switched off at rest.
 * The first cases need the rig loaded with shared_enable=1
 * enable_delay_ns=40000000, those called idle_* with idle_off_ms=2000.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"

#define IDLE_OFF_MS	2000
#define ENABLE_DELAY_NS	40000000ULL
#define DEADLINE_NS	(60 * KIT_NS_PER_S)

/* Both axes off, with known positions; nothing recorded. */
static int setup_off(void)
{
	int fd = motor_setup();

	motor_enable(fd, TURNTABLE, false);
	motor_enable(fd, ROTOR, false);
	motor_set_position(fd, TURNTABLE, 0);
	motor_set_position(fd, ROTOR, ROTOR_START);
	rig_reset();
	return fd;
}

/* Changes of the line that both share; it is active low. */
static void want_switched(size_t on, size_t off)
{
	struct recording recording = rig_take();

	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_ENABLE, 0),
		   on);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_ENABLE, 1),
		   off);
	want_equal(recording_count(&recording, OSCAN_RIG_ROTOR_ENABLE, 0), 0);
	recording_free(&recording);
}

static bool is_on(int fd, unsigned int axis)
{
	return motor_state(fd, axis).flags & OSCAN_STATE_ENABLED;
}

static void axes_say_that_they_share_a_line(void)
{
	const uint32_t flags = OSCAN_AXIS_HAS_ENABLE | OSCAN_AXIS_SHARED_ENABLE;
	int fd = motor_open(O_RDONLY);

	want_equal(motor_axis_info(fd, TURNTABLE).flags & flags, flags);
	want_equal(motor_axis_info(fd, ROTOR).flags & flags, flags);
}

static void a_shared_line_is_on_while_any_axis_is(void)
{
	int fd = setup_off();

	motor_enable(fd, TURNTABLE, true);
	want_switched(1, 0);
	motor_enable(fd, TURNTABLE, true);
	motor_enable(fd, ROTOR, true);
	want_switched(0, 0);
	motor_enable(fd, TURNTABLE, false);
	motor_enable(fd, TURNTABLE, false);
	want_switched(0, 0);
	want(!is_on(fd, TURNTABLE) && is_on(fd, ROTOR),
	     "the wrong axis is on");
	motor_enable(fd, ROTOR, false);
	want_switched(0, 1);
}

static void each_axis_of_a_shared_line_is_switched_on_by_itself(void)
{
	int fd = setup_off();

	motor_enable(fd, TURNTABLE, true);
	want_equal(motor_try_move(fd, ROTOR, 10, 0), -ESHUTDOWN);
	motor_move(fd, TURNTABLE, 10, 0);
}

static void positions_are_suspect_when_the_shared_line_goes_off(void)
{
	int fd = setup_off();

	motor_enable(fd, TURNTABLE, true);
	motor_enable(fd, ROTOR, true);
	motor_enable(fd, ROTOR, false);
	want_equal(motor_state(fd, ROTOR).position_state,
		   OSCAN_POSITION_KNOWN);
	motor_enable(fd, TURNTABLE, false);
	want_equal(motor_state(fd, ROTOR).position_state,
		   OSCAN_POSITION_SUSPECT);
	want_equal(motor_state(fd, TURNTABLE).position_state,
		   OSCAN_POSITION_SUSPECT);
}

/* It counts from the line, not from the request. */
static void the_second_axis_waits_for_the_shared_line(void)
{
	int fd = setup_off(), i;
	struct recording recording;
	uint64_t *steps, *on;
	size_t count;

	for (i = 0; i < 2; i++) {
		motor_enable(fd, i ? TURNTABLE : ROTOR, true);
		motor_enable(fd, i ? ROTOR : TURNTABLE, true);
		motor_move(fd, TURNTABLE, 4, 0);
		recording = rig_take();
		steps = step_times(&recording, TURNTABLE, &count);
		on = recording_times(&recording, OSCAN_RIG_TURNTABLE_ENABLE, 0,
				     &count);
		want_equal(count, 1);
		want(steps[0] - on[0] >= ENABLE_DELAY_NS,
		     "the first step came %llu ns after the line",
		     (unsigned long long)(steps[0] - on[0]));
		motor_enable(fd, TURNTABLE, false);
		motor_enable(fd, ROTOR, false);
		rig_reset();
	}
}

static void one_axis_moves_while_the_other_is_switched(void)
{
	int fd = setup_off();

	motor_enable(fd, TURNTABLE, true);
	motor_start(fd, TURNTABLE, 1000, 1000);
	motor_enable(fd, ROTOR, true);
	motor_enable(fd, ROTOR, false);
	want_equal(motor_rest(fd, TURNTABLE).end, OSCAN_END_DONE);
	want_switched(1, 0);
}

static void wait_until_off(int fd)
{
	uint64_t deadline = kit_now_ns() + DEADLINE_NS;

	while (is_on(fd, TURNTABLE)) {
		want(kit_now_ns() < deadline, "it is on after 60 s");
		kit_sleep_ms(10);
	}
}

/* Waits until it is; the last STEP edge before, the time of ENABLE's. */
static void want_idle_off(int fd)
{
	struct recording recording;
	uint64_t *falls, *off;
	size_t steps, count;

	wait_until_off(fd);
	recording = rig_take();
	falls = recording_times(&recording, OSCAN_RIG_TURNTABLE_STEP, 0,
				&steps);
	off = recording_times(&recording, OSCAN_RIG_TURNTABLE_ENABLE, 1,
			      &count);
	want_equal(count, 1);
	want(steps, "it made no step");
	want(off[0] - falls[steps - 1] >= IDLE_OFF_MS * KIT_NS_PER_MS,
	     "it was switched off %llu ns after the last step",
	     (unsigned long long)(off[0] - falls[steps - 1]));
}

/* The move is longer than the time. */
static void idle_motors_are_switched_off_and_moving_ones_are_not(void)
{
	int fd = motor_setup();
	struct oscan_state state;

	want_equal(motor_axis_info(fd, TURNTABLE).idle_off_ms, IDLE_OFF_MS);
	motor_move(fd, TURNTABLE, 1500, 600);
	want(is_on(fd, TURNTABLE), "it was switched off in the move");
	want_idle_off(fd);
	state = motor_state(fd, TURNTABLE);
	want_equal(state.position, 1500);
	want_equal(state.position_state, OSCAN_POSITION_SUSPECT);
	want_equal(motor_try_move(fd, TURNTABLE, 1, 0), -ESHUTDOWN);
	rig_reset();
	motor_enable(fd, TURNTABLE, true);
	motor_move(fd, TURNTABLE, -1500, 0);
	want_idle_off(fd);
}

static void idle_motors_are_switched_off_after_a_halt(void)
{
	struct oscan_stop halt = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();

	motor_start(fd, TURNTABLE, 100000, 600);
	motor_wait_steps(fd, TURNTABLE, motor_state(fd, TURNTABLE).steps, 300);
	motor_do(fd, OSCAN_IOC_HALT, &halt);
	want_idle_off(fd);
}

/* A motor that is switched on and never moves. */
static void idle_motors_that_never_moved_are_switched_off(void)
{
	int fd = motor_setup();
	uint64_t deadline = kit_now_ns() + DEADLINE_NS;

	motor_enable(fd, ROTOR, false);
	motor_enable(fd, ROTOR, true);
	/* With a shared line the last one of both lets it go. */
	while (is_on(fd, ROTOR) || is_on(fd, TURNTABLE))
		want(kit_now_ns() < deadline, "one is on after 60 s");
	want_equal(motor_state(fd, ROTOR).position_state,
		   OSCAN_POSITION_SUSPECT);
}

static void idle_motors_stay_on_when_that_is_asked_for_again(void)
{
	int fd = motor_setup();
	struct recording recording;
	uint64_t asked_ns, *off;
	size_t count;

	kit_sleep_ms(IDLE_OFF_MS / 2);
	asked_ns = kit_now_ns();
	motor_enable(fd, TURNTABLE, true);
	wait_until_off(fd);
	recording = rig_take();
	off = recording_times(&recording, OSCAN_RIG_TURNTABLE_ENABLE, 1,
			      &count);
	want(count, "nobody saw it go off");
	want(off[count - 1] - asked_ns >= IDLE_OFF_MS * KIT_NS_PER_MS,
	     "it was switched off %llu ns after it was to be on",
	     (unsigned long long)(off[count - 1] - asked_ns));
}

#define CASE(name) { #name, name }

static const struct kit_case shared[] = {
	CASE(axes_say_that_they_share_a_line),
	CASE(a_shared_line_is_on_while_any_axis_is),
	CASE(each_axis_of_a_shared_line_is_switched_on_by_itself),
	CASE(positions_are_suspect_when_the_shared_line_goes_off),
	CASE(the_second_axis_waits_for_the_shared_line),
	CASE(one_axis_moves_while_the_other_is_switched),
};

static const struct kit_case idle[] = {
	CASE(idle_motors_are_switched_off_and_moving_ones_are_not),
	CASE(idle_motors_are_switched_off_after_a_halt),
	CASE(idle_motors_that_never_moved_are_switched_off),
	CASE(idle_motors_stay_on_when_that_is_asked_for_again),
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strncmp(argv[1], "idle_", 5))
		return kit_main(argc, argv, idle,
				sizeof(idle) / sizeof(*idle));
	return kit_main(argc, argv, shared, sizeof(shared) / sizeof(*shared));
}
