// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/rotor.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * What the rotor makes of a hold-up: of the old way's steps and of the
 * driver's, at the same speed, on the same chip, held up for as long at the
 * same step. The rotor axis of the rig: nema17-40, 16 microsteps.
 */
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit.h"
#include "rotor.h"

#define MOTOR		"nema17-40"
#define MICROSTEPS	16
#define STEPS		2000
#define HOLD_STEP	1000

struct outcome {
	size_t steps;
	long lost_fs;
	double behind_fs;
	double max_lag_deg;
};

static struct outcome replay(const struct recording *recording,
			     const struct edge_lines *lines)
{
	const struct rotor_motor *motor = rotor_motor_find(MOTOR);
	struct outcome outcome;
	struct rotor *rotor;

	want(recording->count, "nothing was recorded");
	rotor = rotor_new(motor, &motor->load, MICROSTEPS,
			  recording->edges[0].time_ns);
	want(rotor, "no rotor: %m");
	rotor_replay(rotor, recording->edges, recording->count, lines,
		     UINT64_MAX);
	outcome = (struct outcome) {
		.steps = recording_count(recording, lines->step, 1),
		.lost_fs = rotor_lost_fs(rotor),
		.behind_fs = rotor_field_fs(rotor) - rotor_angle_fs(rotor),
		.max_lag_deg = rotor_max_lag_deg(rotor),
	};
	rotor_free(rotor);
	return outcome;
}

/* The program beside this one. */
static void run_oldway(unsigned int hold_ms)
{
	char self[PATH_MAX], command[PATH_MAX + 100];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	want(length > 0, "/proc/self/exe: %m");
	self[length] = '\0';
	snprintf(command, sizeof(command),
		 "%s/oldway --steps %d --hold-step %d --hold-ms %u >/dev/null",
		 dirname(self), STEPS, HOLD_STEP, hold_ms);
	want(!system(command), "%s failed", command);
}

static struct outcome old_way(unsigned int hold_ms)
{
	const struct edge_lines lines = {
		.step = OSCAN_RIG_FREE_STEP,
		.dir = OSCAN_RIG_FREE_DIR,
		.enable = EDGE_NO_LINE,
		.dir_initial = EDGE_LEARN,
	};
	struct recording recording;
	struct outcome outcome;

	rig_reset();
	run_oldway(hold_ms);
	recording = rig_take();
	outcome = replay(&recording, &lines);
	want_equal(outcome.steps, STEPS);
	return outcome;
}

/*
 * A host that holds the guest up in the middle of the burst may spread it, so
 * there are three attempts to show what a burst does.
 */
static void check_old_way(unsigned int hold_ms)
{
	struct outcome outcome;
	int attempt;

	for (attempt = 0; attempt < 3; attempt++) {
		outcome = old_way(hold_ms);
		want(fabs(outcome.behind_fs - outcome.lost_fs) < 0.5,
		     "the rotor stands %.2f full steps behind: no whole slips",
		     outcome.behind_fs);
		want_equal(outcome.lost_fs % 4, 0);
		kit_say("held up %u ms, the old way loses %ld full steps",
			hold_ms, outcome.lost_fs);
		if (outcome.lost_fs > 0)
			return;
	}
	kit_fail("the rotor lost nothing, greatest lag %.0f degrees",
		 outcome.max_lag_deg);
}

static void the_old_way_loses_slips_when_held_up_10_ms(void)
{
	check_old_way(10);
}

static void the_old_way_loses_slips_when_held_up_20_ms(void)
{
	check_old_way(20);
}

static void the_old_way_loses_slips_when_held_up_50_ms(void)
{
	check_old_way(50);
}

enum hold_up {
	IN_THE_STEP,
	ON_EVERY_PROCESSOR,
};

static void hold_up_now(int fd, uint64_t before, unsigned int hold_ms)
{
	char text[32];

	motor_wait_steps(fd, ROTOR, before, HOLD_STEP);
	snprintf(text, sizeof(text), "%u", hold_ms * 1000);
	rig_write("delay_us", text);
}

/* Downwards, where the rotor axis has room. */
static void check_driver(enum hold_up hold_up, unsigned int hold_ms)
{
	const struct edge_lines lines = axis_lines(ROTOR);
	int fd = motor_setup();
	uint64_t before = motor_state(fd, ROTOR).steps;
	struct recording recording;
	struct oscan_state state;
	struct oscan_stats stats;
	struct outcome outcome;
	char text[32];

	if (hold_up == IN_THE_STEP) {
		snprintf(text, sizeof(text), "%d %u", HOLD_STEP,
			 hold_ms * 1000);
		rig_write("delay_at", text);
	}
	motor_start(fd, ROTOR, -STEPS, 0);
	if (hold_up == ON_EVERY_PROCESSOR)
		hold_up_now(fd, before, hold_ms);
	state = motor_rest(fd, ROTOR);
	stats = motor_stats(fd, ROTOR);
	recording = rig_take();
	outcome = replay(&recording, &lines);
	kit_say("held up %u ms, the driver loses %ld full steps, stumbles %u",
		hold_ms, outcome.lost_fs, stats.move_stumbles);
	want_equal(outcome.lost_fs, 0);
	want(fabs(outcome.behind_fs) < 0.5,
	     "the rotor stands %.2f full steps behind", outcome.behind_fs);
	want_equal(outcome.steps, STEPS);
	want_equal(state.end, OSCAN_END_DONE);
	want_equal(state.position, ROTOR_START - STEPS);
	want_equal(recording_net(&recording, ROTOR), -STEPS);
	want(stats.move_stumbles >= 1, "the driver did not see the hold-up");
	want_equal(state.position_state, OSCAN_POSITION_SUSPECT);
	want(stats.move_slip_ns >= (hold_ms - 1) * KIT_NS_PER_MS,
	     "the schedule slipped by %llu ns only",
	     (unsigned long long)stats.move_slip_ns);
	judge_axis(fd, ROTOR, &recording, SPEED_SPS);
}

static void the_driver_loses_nothing_when_held_up_10_ms(void)
{
	check_driver(IN_THE_STEP, 10);
}

static void the_driver_loses_nothing_when_held_up_20_ms(void)
{
	check_driver(IN_THE_STEP, 20);
}

static void the_driver_loses_nothing_when_held_up_50_ms(void)
{
	check_driver(IN_THE_STEP, 50);
}

static void the_driver_loses_nothing_when_every_processor_is_busy(void)
{
	check_driver(ON_EVERY_PROCESSOR, 50);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(the_old_way_loses_slips_when_held_up_10_ms),
	CASE(the_old_way_loses_slips_when_held_up_20_ms),
	CASE(the_old_way_loses_slips_when_held_up_50_ms),
	CASE(the_driver_loses_nothing_when_held_up_10_ms),
	CASE(the_driver_loses_nothing_when_held_up_20_ms),
	CASE(the_driver_loses_nothing_when_held_up_50_ms),
	CASE(the_driver_loses_nothing_when_every_processor_is_busy),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
