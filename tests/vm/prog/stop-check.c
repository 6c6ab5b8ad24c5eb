// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * How an axis comes to rest before its target, whoever wants it to. The rig
 * is loaded with max_accel_sps2=32 start_stop_fsps=1, so that speeds above the
 * start-stop rate are low and only a host that is late by a quarter of a
 * second makes the axis stumble.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit.h"

/* A second, and 32^2 / (2 * 32) steps, to get there from rest and back. */
#define FAST_SPS	32
#define RAMP_STEPS	16
/* Too far to get there. */
#define FAR_STEPS	1000000

/* What makes the axis stop. */
enum stopper {
	BY_STOP,
	BY_CLOSE,
	BY_KILL,
	BY_UNBIND,
};

/* A program that moves the turntable until it is killed. */
static pid_t start_victim(void)
{
	pid_t child = fork();

	want(child >= 0, "fork: %m");
	if (!child) {
		motor_start(motor_open(O_RDWR), TURNTABLE, FAR_STEPS,
			    FAST_SPS);
		for (;;)
			pause();
	}
	return child;
}

static void kill_victim(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void write_driver(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path),
		 "/sys/bus/platform/drivers/oscan-motor/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	want(fd >= 0, "%s: %m", path);
	want(write(fd, "oscan-motor", 11) == 11, "%s: %m", name);
	close(fd);
}

struct stopped {
	struct recording recording;
	uint64_t *times;
	size_t count;
	size_t before;		/* steps made when the stop was asked for */
	uint64_t asked_ns;
	bool stumbled;
};

static void stop_by(enum stopper stopper, int fd, pid_t victim)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };

	switch (stopper) {
	case BY_STOP:
		motor_do(fd, OSCAN_IOC_STOP, &stop);
		break;
	case BY_CLOSE:
		close(fd);
		break;
	case BY_KILL:
		kill_victim(victim);
		break;
	case BY_UNBIND:
		write_driver("unbind");
		break;
	}
}

/*
 * Only a stumble lets one interval be so much longer than the one before: in
 * a deceleration to rest it is at most 1 / (sqrt(2) - 1) times as long.
 */
static bool has_pause(const uint64_t *times, size_t count)
{
	size_t i;

	for (i = 2; i < count; i++)
		if (times[i] - times[i - 1] >
		    6 * (times[i - 1] - times[i - 2]))
			return true;
	return false;
}

/* Runs at speed, is stopped, rests. After an unbind there is no state. */
static struct stopped run_and_stop(enum stopper stopper, enum oscan_end end)
{
	int fd = motor_setup(), watcher = motor_open(O_RDONLY);
	uint64_t before = motor_state(watcher, TURNTABLE).steps;
	struct stopped stopped = { .count = 0 };
	struct oscan_state state = { 0 };
	pid_t victim = 0;

	if (stopper == BY_KILL) {
		close(fd);
		victim = start_victim();
	} else {
		motor_start(fd, TURNTABLE, FAR_STEPS, FAST_SPS);
	}
	motor_wait_steps(watcher, TURNTABLE, before, RAMP_STEPS + 15);
	stop_by(stopper, fd, victim);
	stopped.asked_ns = kit_now_ns();
	if (stopper != BY_UNBIND)
		state = motor_rest(watcher, TURNTABLE);
	stopped.recording = rig_take();
	stopped.times = step_times(&stopped.recording, TURNTABLE,
				   &stopped.count);
	stopped.stumbled = has_pause(stopped.times, stopped.count);
	if (stopper != BY_CLOSE && stopper != BY_KILL)
		close(fd);
	if (stopper == BY_UNBIND) {
		close(watcher);
		return stopped;
	}
	want_equal(state.end, end);
	want_equal(state.position,
		   recording_net(&stopped.recording, TURNTABLE));
	want_equal(state.target, state.position);
	if (!motor_stats(watcher, TURNTABLE).move_stumbles)
		want_equal(state.position_state, OSCAN_POSITION_KNOWN);
	judge_axis(watcher, TURNTABLE, &stopped.recording, FAST_SPS);
	close(watcher);
	kit_sleep_ms(50);
	want_equal(rig_take().count, 0);
	return stopped;
}

/*
 * The ideal end: RAMP_STEPS from speed to rest in a second, the last interval
 * sqrt(2 / 32) s. Late steps stretch it; then the catch-up share may make the
 * intervals shorter by a tenth.
 */
static void want_soft(const struct stopped *stopped)
{
	size_t count = stopped->count;
	uint64_t *last = stopped->times + count - 1;
	size_t i, at_speed = 0;

	want(count > RAMP_STEPS, "it made %zu steps only", count);
	want(last[0] - last[-RAMP_STEPS] >= 890 * KIT_NS_PER_MS,
	     "the last %d steps took %llu ns", RAMP_STEPS,
	     (unsigned long long)(last[0] - last[-RAMP_STEPS]));
	want(last[0] - last[-1] >= 224 * KIT_NS_PER_MS,
	     "the last interval is %llu ns",
	     (unsigned long long)(last[0] - last[-1]));
	for (i = 0; i < count; i++)
		at_speed += stopped->times[i] <= stopped->asked_ns;
	want(count - at_speed <= RAMP_STEPS + 1,
	     "%zu steps came after the request", count - at_speed);
}

/* A host that holds the guest up at the wrong moment makes it stumble. */
static void check_soft_stop(enum stopper stopper, enum oscan_end end)
{
	struct stopped stopped;
	int attempt;

	for (attempt = 0; attempt < 10; attempt++) {
		stopped = run_and_stop(stopper, end);
		if (!stopped.stumbled) {
			want_soft(&stopped);
			return;
		}
		if (stopper == BY_UNBIND)
			write_driver("bind");
	}
	kit_fail("this host is too busy: the axis stumbled in each of ten attempts");
}

static void a_stop_decelerates_and_counts_right(void)
{
	check_soft_stop(BY_STOP, OSCAN_END_STOPPED);
}

static void closing_the_file_is_a_soft_stop(void)
{
	check_soft_stop(BY_CLOSE, OSCAN_END_RELEASED);
}

static void a_killed_program_leaves_a_soft_stop(void)
{
	int fd;

	check_soft_stop(BY_KILL, OSCAN_END_RELEASED);
	fd = motor_open(O_RDWR);
	want(!(motor_state(fd, TURNTABLE).flags & OSCAN_STATE_CONTROLLED),
	     "control is not free");
	motor_move(fd, TURNTABLE, -16, 0);
}

static void a_stop_while_slowing_down_ends_on_the_target(void)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	uint64_t before = motor_state(fd, TURNTABLE).steps;
	struct recording recording;
	struct oscan_state state;

	motor_start(fd, TURNTABLE, -40, FAST_SPS);
	motor_wait_steps(fd, TURNTABLE, before, 30);
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	state = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	want_equal(state.end, OSCAN_END_STOPPED);
	want_equal(state.position, recording_net(&recording, TURNTABLE));
	if (!motor_stats(fd, TURNTABLE).move_stumbles)
		want_equal(state.position, -40);
}

static void check_halt(int speed_sps, unsigned int steps,
		       enum oscan_position_state wanted)
{
	struct oscan_stop halt = { .axes = 1 << TURNTABLE };
	int fd = motor_setup();
	uint64_t before = motor_state(fd, TURNTABLE).steps, now, *times;
	struct recording recording;
	struct oscan_state state;
	size_t count;

	motor_start(fd, TURNTABLE, FAR_STEPS, speed_sps);
	motor_wait_steps(fd, TURNTABLE, before, steps);
	motor_do(fd, OSCAN_IOC_HALT, &halt);
	now = kit_now_ns();
	state = motor_rest(fd, TURNTABLE);
	kit_sleep_ms(50);
	recording = rig_take();
	times = step_times(&recording, TURNTABLE, &count);
	want(times[count - 1] <= now, "a step came after the halt");
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_STEP, 0),
		   count);
	want_equal(state.end, OSCAN_END_HALTED);
	want_equal(state.position, recording_net(&recording, TURNTABLE));
	want_equal(state.position, motor_state(fd, TURNTABLE).position);
	want_equal(state.target, state.position);
	want_equal(state.position_state, wanted);
	motor_move(fd, TURNTABLE, -10, 0);
}

static void a_halt_at_speed_writes_no_further_step(void)
{
	check_halt(FAST_SPS, RAMP_STEPS + 15, OSCAN_POSITION_SUSPECT);
}

/* 16 microsteps/s */
static void a_halt_below_the_start_stop_rate_keeps_the_position(void)
{
	check_halt(15, 5, OSCAN_POSITION_KNOWN);
}

static void want_gone(int fd)
{
	struct oscan_stop stop = { .axes = 1 };
	struct oscan_info info;

	want_equal(motor_try(fd, OSCAN_IOC_INFO, &info), -ENODEV);
	want_equal(motor_try_move(fd, TURNTABLE, 1, 0), -ENODEV);
	want_equal(motor_try(fd, OSCAN_IOC_STOP, &stop), -ENODEV);
	want(open("/dev/oscan-motor", O_RDWR) == -1, "the device is there");
}

static void an_unbound_device_stops_softly_and_says_so_for_ever(void)
{
	int fd = motor_open(O_RDWR);
	uint64_t probed_ns = motor_info(fd).probed_ns;

	want(probed_ns, "nobody knows when the device was bound");
	want_equal(motor_info(motor_open(O_RDONLY)).probed_ns, probed_ns);
	check_soft_stop(BY_UNBIND, OSCAN_END_SYSTEM);
	want_gone(fd);
	kit_sleep_ms(50);
	want_equal(rig_take().count, 0);
	write_driver("bind");
	want_equal(motor_try(fd, OSCAN_IOC_INFO, &(struct oscan_info){ 0 }),
		   -ENODEV);
	fd = motor_setup();
	want(motor_info(fd).probed_ns > probed_ns, "it was not bound again");
	motor_move(fd, TURNTABLE, 10, 0);
}

/* From FAST_SPS it takes a second to stop. */
static void a_rig_removed_in_a_move_stops_softly(void)
{
	int fd = motor_setup();
	uint64_t before = motor_state(fd, TURNTABLE).steps, start;

	motor_start(fd, TURNTABLE, FAR_STEPS, FAST_SPS);
	motor_wait_steps(fd, TURNTABLE, before, RAMP_STEPS + 15);
	start = kit_now_ns();
	want(!system("rmmod oscan_rig"), "the rig cannot be removed");
	want(kit_now_ns() - start > 500 * KIT_NS_PER_MS,
	     "it took %llu ns only",
	     (unsigned long long)(kit_now_ns() - start));
	want_gone(fd);
}

#define CASE(name) { #name, name }

/* The rig is gone after the last one. */
static const struct kit_case cases[] = {
	CASE(a_stop_decelerates_and_counts_right),
	CASE(closing_the_file_is_a_soft_stop),
	CASE(a_killed_program_leaves_a_soft_stop),
	CASE(a_stop_while_slowing_down_ends_on_the_target),
	CASE(a_halt_at_speed_writes_no_further_step),
	CASE(a_halt_below_the_start_stop_rate_keeps_the_position),
	CASE(an_unbound_device_stops_softly_and_says_so_for_ever),
	CASE(a_rig_removed_in_a_move_stops_softly),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
