// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * Moves that the machine comes in the way of: a processor goes, the system is
 * to sleep, the module is to be removed. The rig is loaded with
 * refuse_suspend=1 start_stop_fsps=1.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kit.h"

#define SLOW_SPS	400

static int try_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	want(fd >= 0, "%s: %m", path);
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

static int remove_module(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static void set_processor(int cpu, bool online)
{
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	error = try_write_file(path, online ? "1" : "0");
	want(!error, "%s: %s", path, strerror(error));
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	want(!sched_setaffinity(0, sizeof(set), &set), "no processor %d", cpu);
}

static void want_exact(int fd, unsigned int axis, uint64_t before,
		       int64_t steps)
{
	struct recording recording = rig_take();

	want_equal(motor_state(fd, axis).steps - before, llabs(steps));
	want_equal(recording_count(&recording, axis_lines(axis).step, 1),
		   llabs(steps));
	want_equal(recording_net(&recording, axis), steps);
	judge_axis(fd, axis, &recording, SPEED_SPS);
	recording_free(&recording);
}

/* The timer is pinned to the processor that the move was started on. */
static void a_move_goes_on_when_its_processor_goes(void)
{
	int fd = motor_setup(), back;
	uint64_t before = motor_state(fd, TURNTABLE).steps;
	struct oscan_state state;

	run_on(1);
	motor_start(fd, TURNTABLE, 2000, 1000);
	run_on(0);
	motor_wait_steps(fd, TURNTABLE, before, 300);
	set_processor(1, false);
	motor_wait_steps(fd, TURNTABLE, before, 1000);
	set_processor(1, true);
	state = motor_rest(fd, TURNTABLE);
	want_equal(state.end, OSCAN_END_DONE);
	want_equal(state.position, 2000);
	want_exact(fd, TURNTABLE, before, 2000);
	/* And the timer may be started anywhere after that. */
	for (back = 0; back < 2; back++) {
		run_on(back);
		motor_move(fd, TURNTABLE, -1000, 0);
	}
}

static void processors_come_and_go_while_two_axes_move(void)
{
	int fd = motor_setup(), i;
	uint64_t turntable = motor_state(fd, TURNTABLE).steps;
	uint64_t rotor = motor_state(fd, ROTOR).steps;

	run_on(1);
	motor_start(fd, TURNTABLE, -3000, 800);
	motor_start(fd, ROTOR, 2400, 700);
	run_on(0);
	for (i = 0; i < 4; i++) {
		set_processor(1, i % 2);
		motor_wait_steps(fd, TURNTABLE, turntable, 500 * (i + 1));
	}
	want_equal(motor_rest(fd, TURNTABLE).end, OSCAN_END_DONE);
	want_equal(motor_rest(fd, ROTOR).end, OSCAN_END_DONE);
	want_equal(motor_state(fd, TURNTABLE).steps - turntable, 3000);
	want_equal(motor_state(fd, ROTOR).steps - rotor, 2400);
	want_equal(rig_number("lost"), 0);
	want_equal(motor_state(fd, TURNTABLE).position, -3000);
	want_equal(motor_state(fd, ROTOR).position, ROTOR_START + 2400);
}

static void a_suspend_stops_all_axes_softly(void)
{
	int fd = motor_setup();
	uint64_t turntable = motor_state(fd, TURNTABLE).steps;
	uint64_t rotor = motor_state(fd, ROTOR).steps;
	struct oscan_state state;
	struct recording recording;
	int error;

	motor_start(fd, TURNTABLE, 100000, SLOW_SPS);
	motor_start(fd, ROTOR, 4000, SLOW_SPS);
	motor_wait_steps(fd, TURNTABLE, turntable, 100);
	motor_wait_steps(fd, ROTOR, rotor, 100);
	error = try_write_file("/sys/power/state", "freeze");
	want(error == EBUSY, "the suspend ended with %s", strerror(error));
	state = motor_state(fd, TURNTABLE);
	want_equal(state.motion, OSCAN_MOTION_IDLE);
	want_equal(state.end, OSCAN_END_SYSTEM);
	want(state.flags & OSCAN_STATE_MINE, "control is gone");
	want_equal(motor_state(fd, ROTOR).end, OSCAN_END_SYSTEM);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), state.position);
	want_equal(recording_net(&recording, ROTOR),
		   motor_state(fd, ROTOR).position - ROTOR_START);
	judge_axis(fd, TURNTABLE, &recording, SLOW_SPS);
	kit_sleep_ms(50);
	want_equal(rig_take().count, 0);
	motor_move(fd, TURNTABLE, -state.position, 0);
}

static void a_suspend_at_rest_changes_nothing(void)
{
	int fd = motor_setup();
	struct oscan_state before, after;

	motor_move(fd, TURNTABLE, 10, 0);
	rig_reset();
	before = motor_state(fd, TURNTABLE);
	want_equal(try_write_file("/sys/power/state", "freeze"), EBUSY);
	after = motor_state(fd, TURNTABLE);
	after.time_ns = before.time_ns;
	after.trace_seq = before.trace_seq;
	want(!memcmp(&before, &after, sizeof(before)), "it changed the state");
	want_equal(rig_number("edges"), 0);
	motor_move(fd, TURNTABLE, -10, 0);
}

static void the_module_stays_while_a_file_is_open(void)
{
	int fd = motor_setup(), watcher = motor_open(O_RDONLY);
	uint64_t before = motor_state(fd, TURNTABLE).steps;

	motor_start(fd, TURNTABLE, 500, 0);
	want_equal(remove_module("oscan_motor"), EWOULDBLOCK);
	want_equal(motor_rest(fd, TURNTABLE).end, OSCAN_END_DONE);
	close(fd);
	want_equal(remove_module("oscan_motor"), EWOULDBLOCK);
	want_equal(motor_state(watcher, TURNTABLE).steps - before, 500);
	want_equal(motor_state(watcher, TURNTABLE).position, 500);
}

/* The file is closed, so the module may go; the axis still slows down. */
static void a_module_removed_in_a_deceleration_lets_it_end(void)
{
	int fd = motor_setup();
	uint64_t before = motor_state(fd, TURNTABLE).steps, *times;
	struct recording recording;
	size_t count;

	motor_start(fd, TURNTABLE, 100000, SLOW_SPS);
	motor_wait_steps(fd, TURNTABLE, before, 200);
	close(fd);
	want_equal(remove_module("oscan_motor"), 0);
	want(access("/dev/oscan-motor", F_OK), "the device is still there");
	recording = rig_take();
	times = step_times(&recording, TURNTABLE, &count);
	want(count >= 200, "%zu steps only", count);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 0),
		   count);
	/* At SLOW_SPS it is 2.5 ms; from the last but one to rest more. */
	want(times[count - 1] - times[count - 2] >
	     2 * KIT_NS_PER_S / SLOW_SPS, "the last interval is %llu ns",
	     (unsigned long long)(times[count - 1] - times[count - 2]));
	kit_sleep_ms(50);
	want_equal(rig_take().count, 0);
}

/* Until the machine is switched off; then it tries to go on. */
static void the_turntable_moves(void)
{
	int fd = motor_setup(), error;
	uint64_t before = motor_state(fd, TURNTABLE).steps;
	char text[80];

	alarm(0);
	motor_start(fd, TURNTABLE, 1000000, SLOW_SPS);
	motor_wait_steps(fd, TURNTABLE, before, 200);
	want(!try_write_file("/tmp/it-moves", "1"), "/tmp/it-moves");
	do {
		kit_sleep_ms(1);
		error = -motor_try_move(fd, TURNTABLE, 1, 0);
	} while (error == EBUSY);
	snprintf(text, sizeof(text), "in the shutdown: %s\n",
		 error ? strerror(error) : "a move was begun");
	want(!try_write_file("/dev/kmsg", text), "/dev/kmsg");
	for (;;)
		pause();
}

#define CASE(name) { #name, name }

/* The driver is gone after the last one. */
static const struct kit_case cases[] = {
	CASE(a_move_goes_on_when_its_processor_goes),
	CASE(processors_come_and_go_while_two_axes_move),
	CASE(a_suspend_stops_all_axes_softly),
	CASE(a_suspend_at_rest_changes_nothing),
	CASE(the_module_stays_while_a_file_is_open),
	CASE(a_module_removed_in_a_deceleration_lets_it_end),
};

/* For reboot.sh, and no test. */
static const struct kit_case mover = CASE(the_turntable_moves);

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], mover.name))
		return kit_main(argc, argv, &mover, 1);
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
