// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * Compare output, judged on the edges that the rig recorded. The rig is loaded
 * with triggers=2.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"

#define BOTH	(OSCAN_TRIGGER_UP | OSCAN_TRIGGER_DOWN)
#define WIDTH	20000
#define MOST	4096

static const unsigned int lines[] = {
	OSCAN_RIG_TRIGGER, OSCAN_RIG_TRIGGER_2,
};

/* A pulse as recorded: where the axis was, and from when to when. */
struct pulse {
	int64_t position;
	uint64_t rise_ns;
	uint64_t fall_ns;
};

struct pulses {
	struct pulse at[MOST];
	size_t count;
};

static uint64_t fall_after(const struct recording *recording, size_t i)
{
	unsigned int line = recording->edges[i].line;

	while (++i < recording->count)
		if (recording->edges[i].line == line)
			return recording->edges[i].time_ns;
	kit_fail("a pulse of line %u has no end", line);
}

/*
 * Pulses of a trigger line, each of which must come right after the rising
 * edge of a STEP, or of TRIGGER after that one. @position is the axis's at the
 * first edge, @up the direction it goes first.
 */
static struct pulses take_pulses(unsigned int axis, unsigned int line,
				 int64_t position, bool up)
{
	struct edge_lines of_axis = axis_lines(axis);
	struct recording recording = rig_take();
	const struct oscan_rig_edge *edge;
	struct pulses pulses = { .count = 0 };
	size_t i;
	int step;

	for (i = 0; i < recording.count; i++) {
		edge = &recording.edges[i];
		if (edge->line == of_axis.dir)
			up = edge->value;
		if (edge->line == of_axis.step && edge->value)
			position += up ? 1 : -1;
		if (edge->line != lines[line] || !edge->value)
			continue;
		step = i && edge[-1].line == OSCAN_RIG_TRIGGER ? -2 : -1;
		want(i > 1 && edge[step].value &&
		     edge[step].line == of_axis.step,
		     "the pulse at %lld does not follow the edge of its step",
		     (long long)position);
		want(pulses.count < MOST, "too many pulses");
		pulses.at[pulses.count++] = (struct pulse) {
			.position = position,
			.rise_ns = edge->time_ns,
			.fall_ns = fall_after(&recording, i),
		};
	}
	recording_free(&recording);
	return pulses;
}

static void want_positions(const struct pulses *pulses, size_t count,
			   const int64_t *positions)
{
	size_t i;

	for (i = 0; i < count && i < pulses->count; i++)
		want(pulses->at[i].position == positions[i],
		     "pulse %zu came at %lld, wanted %lld", i,
		     (long long)pulses->at[i].position,
		     (long long)positions[i]);
	want_equal(pulses->count, count);
}

#define WANT_POSITIONS(pulses, ...)					\
	do {								\
		const int64_t wanted[] = { __VA_ARGS__ };		\
									\
		want_positions(pulses, sizeof(wanted) / sizeof(*wanted),\
			       wanted);					\
	} while (0)

static struct oscan_trigger trigger_state(int fd, unsigned int line)
{
	struct oscan_trigger state = { .line = line };

	motor_do(fd, OSCAN_IOC_TRIGGER_GET, &state);
	return state;
}

static void set(int fd, struct oscan_trigger_set request)
{
	motor_do(fd, OSCAN_IOC_TRIGGER_SET, &request);
}

static struct oscan_trigger_set single(int64_t at)
{
	return (struct oscan_trigger_set) {
		.mode = OSCAN_TRIGGER_SINGLE, .flags = BOTH, .start = at,
		.width_ns = WIDTH,
	};
}

static struct oscan_trigger_set every(int64_t start, int64_t distance,
				      uint64_t number)
{
	return (struct oscan_trigger_set) {
		.mode = OSCAN_TRIGGER_EVERY, .flags = BOTH, .start = start,
		.distance = distance, .number = number, .width_ns = WIDTH,
	};
}

static struct oscan_trigger_set list(const int64_t *positions, size_t count)
{
	return (struct oscan_trigger_set) {
		.mode = OSCAN_TRIGGER_LIST, .flags = BOTH,
		.number = count, .positions = (uintptr_t)positions,
		.width_ns = WIDTH,
	};
}

static void off(int fd, unsigned int line)
{
	set(fd, (struct oscan_trigger_set) {
		.line = line, .mode = OSCAN_TRIGGER_OFF,
	});
}

/* Lines off, turntable at 0; nothing recorded. */
static int begin(void)
{
	int fd = motor_setup();

	off(fd, 0);
	off(fd, 1);
	/* So that it is known which way the next move goes. */
	motor_move(fd, TURNTABLE, -1, 0);
	motor_set_position(fd, TURNTABLE, 0);
	rig_reset();
	return fd;
}

static void a_single_position_pulses_once_however_often_it_is_passed(void)
{
	int fd = begin();
	struct oscan_trigger state;
	struct pulses pulses;

	set(fd, single(50));
	state = trigger_state(fd, 0);
	want_equal(state.status, OSCAN_TRIGGER_ARMED);
	want_equal(state.next, 50);
	want_equal(state.number, 1);
	want(!strcmp(state.name, "camera"), "it is called %s", state.name);
	motor_move(fd, TURNTABLE, 60, 0);
	motor_move(fd, TURNTABLE, -20, 0);
	motor_move(fd, TURNTABLE, 20, 0);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 50);
	state = trigger_state(fd, 0);
	want_equal(state.status, OSCAN_TRIGGER_DONE);
	want_equal(state.fired, 1);
	want_equal(state.missed, 0);
	want_equal(state.next, 0);
	want_equal(state.last_position, 50);
	/* Read after the edge was written, and long before it ended. */
	want(state.last_ns >= pulses.at[0].rise_ns &&
	     state.last_ns < pulses.at[0].fall_ns, "its time is another");
	/* Set again it does it again. */
	set(fd, single(50));
	motor_move(fd, TURNTABLE, -20, 0);
	pulses = take_pulses(TURNTABLE, 0, 60, true);
	WANT_POSITIONS(&pulses, 50);
}

static void every_nth_position_pulses_in_both_directions(void)
{
	int fd = begin();
	struct pulses pulses;
	size_t i;

	set(fd, every(10, 7, 9));
	motor_move(fd, TURNTABLE, 100, 0);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 10, 17, 24, 31, 38, 45, 52, 59, 66);
	for (i = 0; i < pulses.count; i++)
		want(pulses.at[i].fall_ns - pulses.at[i].rise_ns >= WIDTH,
		     "a pulse of %d ns ended after %llu ns", WIDTH,
		     (unsigned long long)(pulses.at[i].fall_ns -
					  pulses.at[i].rise_ns));
	want_equal(trigger_state(fd, 0).status, OSCAN_TRIGGER_DONE);
	/* On and on, until it is told to stop. */
	set(fd, every(90, -10, 0));
	motor_move(fd, TURNTABLE, -65, 0);
	want_equal(trigger_state(fd, 0).next, 30);
	off(fd, 0);
	motor_move(fd, TURNTABLE, -20, 0);
	pulses = take_pulses(TURNTABLE, 0, 100, true);
	WANT_POSITIONS(&pulses, 90, 80, 70, 60, 50, 40);
	want_equal(trigger_state(fd, 0).status, OSCAN_TRIGGER_IDLE);
}

static void the_positions_of_a_list_match_in_their_order(void)
{
	static const int64_t places[] = { 30, 60, 60, 20 };
	int fd = begin();
	struct pulses pulses;

	set(fd, list(places, 4));
	motor_move(fd, TURNTABLE, 80, 0);
	motor_move(fd, TURNTABLE, -80, 0);
	motor_move(fd, TURNTABLE, 80, 0);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 30, 60, 60, 20);
	want_equal(trigger_state(fd, 0).status, OSCAN_TRIGGER_DONE);
}

static void after_a_reversal_no_position_pulses_twice(void)
{
	int fd = begin();
	struct pulses pulses;

	set(fd, every(10, 10, 6));
	motor_move(fd, TURNTABLE, 35, 0);
	motor_move(fd, TURNTABLE, -30, 0);
	want_equal(trigger_state(fd, 0).next, 40);
	motor_move(fd, TURNTABLE, 60, 0);
	motor_move(fd, TURNTABLE, -60, 0);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 10, 20, 30, 40, 50, 60);
}

static void a_direction_that_is_filtered_out_does_not_match(void)
{
	struct oscan_trigger_set down = every(20, 20, 3);
	int fd = begin(), i;
	struct pulses pulses;

	down.flags = OSCAN_TRIGGER_DOWN;
	set(fd, down);
	for (i = 0; i < 2; i++) {
		motor_move(fd, TURNTABLE, 70, 0);
		motor_move(fd, TURNTABLE, -70, 0);
	}
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 20, 40);
	want_equal(trigger_state(fd, 0).next, 60);
	want_equal(trigger_state(fd, 0).missed, 0);
}

static void a_place_where_the_axis_stands_already_does_not_match(void)
{
	int fd = begin();
	struct pulses pulses;

	set(fd, every(0, 5, 0));
	motor_move(fd, TURNTABLE, 7, 0);
	want_equal(trigger_state(fd, 0).next, 0);
	motor_move(fd, TURNTABLE, -7, 0);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 0);
}

static void setting_the_position_ends_what_waits_for_that_axis(void)
{
	struct oscan_trigger_set other = single(ROTOR_START + 10);
	int fd = begin();
	struct oscan_trigger state;
	struct pulses pulses;

	other.line = 1;
	other.axis = ROTOR;
	set(fd, every(10, 10, 0));
	set(fd, other);
	motor_move(fd, TURNTABLE, 25, 0);
	motor_set_position(fd, TURNTABLE, 0);
	state = trigger_state(fd, 0);
	want_equal(state.status, OSCAN_TRIGGER_REBASED);
	want_equal(state.next, 0);
	want_equal(state.fired, 2);
	motor_move(fd, TURNTABLE, 40, 0);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 10, 20);
	want_equal(trigger_state(fd, 1).status, OSCAN_TRIGGER_ARMED);
	motor_move(fd, ROTOR, 20, 0);
	pulses = take_pulses(ROTOR, 1, ROTOR_START, true);
	want_equal(trigger_state(fd, 1).status, OSCAN_TRIGGER_DONE);
	want_equal(trigger_state(fd, 1).last_position, ROTOR_START + 10);
}

/* A camera that gets one edge for two positions would never tell. */
static void a_pulse_that_is_not_over_is_missed_and_counted(void)
{
	struct oscan_trigger_set wide = every(1, 1, 60);
	int fd = begin();
	struct oscan_trigger state;
	struct pulses pulses;
	size_t i;

	wide.width_ns = 20 * KIT_NS_PER_MS;
	set(fd, wide);
	motor_move(fd, TURNTABLE, 60, 0);
	state = trigger_state(fd, 0);
	want_equal(state.fired + state.missed, 60);
	want(state.missed > 20, "%llu missed only",
	     (unsigned long long)state.missed);
	/* One edge of DIR, two of each step, and the last pulse ends. */
	while (rig_number("edges") < (long long)(1 + 2 * 60 + 2 * state.fired))
		kit_sleep_ms(5);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	want_equal(pulses.count, state.fired);
	for (i = 1; i < pulses.count; i++)
		want(pulses.at[i].rise_ns >= pulses.at[i - 1].fall_ns,
		     "pulses %zu and %zu are one", i - 1, i);
}

static void two_lines_may_wait_for_the_same_step(void)
{
	struct oscan_trigger_set second = every(10, 10, 3);
	int fd = begin();
	struct pulses pulses;

	second.line = 1;
	set(fd, second);
	set(fd, every(10, 10, 3));
	motor_move(fd, TURNTABLE, 50, 0);
	/* The second one right after the first. */
	pulses = take_pulses(TURNTABLE, 1, 0, false);
	WANT_POSITIONS(&pulses, 10, 20, 30);
	want_equal(trigger_state(fd, 0).fired, 3);
	want(!strcmp(trigger_state(fd, 1).name, "flash"), "its name");
}

static void a_line_can_be_set_anew_while_the_axis_moves(void)
{
	static const int64_t places[] = { 700, 701, 710 };
	int fd = begin();
	uint64_t steps = motor_state(fd, TURNTABLE).steps;
	struct pulses pulses;

	set(fd, every(5, 5, 4));
	motor_start(fd, TURNTABLE, 800, 4000);
	motor_wait_steps(fd, TURNTABLE, steps, 50);
	set(fd, list(places, 3));
	motor_rest(fd, TURNTABLE);
	pulses = take_pulses(TURNTABLE, 0, 0, false);
	WANT_POSITIONS(&pulses, 5, 10, 15, 20, 700, 701, 710);
}

static void a_pulse_that_is_asked_for_comes_at_once(void)
{
	struct oscan_pulse pulse = { .line = 1, .width_ns = 300000000 };
	int fd = begin();
	uint64_t before = kit_now_ns(), *rises, *falls;
	struct recording recording;
	size_t count;

	motor_do(fd, OSCAN_IOC_PULSE, &pulse);
	want_equal(motor_try(fd, OSCAN_IOC_PULSE, &pulse), -EBUSY);
	want_equal(pulse.positions[TURNTABLE], 0);
	want_equal(pulse.positions[ROTOR], ROTOR_START);
	want(pulse.time_ns >= before && pulse.time_ns <= kit_now_ns(),
	     "its time is another");
	while (rig_number("edges") < 2)
		kit_sleep_ms(5);
	recording = rig_take();
	rises = recording_times(&recording, OSCAN_RIG_TRIGGER_2, 1, &count);
	want_equal(count, 1);
	falls = recording_times(&recording, OSCAN_RIG_TRIGGER_2, 0, &count);
	want_equal(count, 1);
	want(falls[0] - rises[0] >= pulse.width_ns, "it was too short");
	want(pulse.time_ns >= rises[0] && pulse.time_ns < falls[0],
	     "it was recorded at another time");
	want_equal(trigger_state(fd, 1).status, OSCAN_TRIGGER_IDLE);
	want(trigger_state(fd, 1).last_ns <= pulse.time_ns, "its state");
}

static void want_refused(int fd, struct oscan_trigger_set request, int error)
{
	struct oscan_trigger before = trigger_state(fd, 0);
	struct oscan_trigger after;
	int ret = motor_try(fd, OSCAN_IOC_TRIGGER_SET, &request);

	want(ret == -error, "mode %u, start %lld: %s, wanted %s", request.mode,
	     (long long)request.start, strerror(-ret), strerror(error));
	after = trigger_state(fd, 0);
	want(!memcmp(&before, &after, sizeof(before)),
	     "it was refused but changed the line");
}

/* refuse(REQUEST, ERROR, FIELD = VALUE): that makes a good request a bad one */
#define REFUSE(good, error, change)					\
	do {								\
		struct oscan_trigger_set bad = good;			\
									\
		bad.change;						\
		want_refused(fd, bad, error);				\
	} while (0)

static void a_bad_request_is_refused_and_changes_nothing(void)
{
	const int64_t limit = OSCAN_POSITION_LIMIT;
	static const int64_t good[] = { 1, 2 };
	int64_t far[] = { 1, limit + 1 };
	int fd = begin();

	set(fd, every(1000, 10, 0));
	REFUSE(single(5), ENXIO, line = 2);
	REFUSE(single(5), ENXIO, line = 0xffffffff);
	REFUSE(single(5), ENXIO, axis = 2);
	REFUSE(single(5), EINVAL, mode = 0);
	REFUSE(single(5), EINVAL, mode = 5);
	REFUSE(single(5), EINVAL, flags = 0);
	REFUSE(single(5), EINVAL, flags = 4);
	REFUSE(single(5), EINVAL, width_ns = OSCAN_PULSE_MIN_NS - 1);
	REFUSE(single(5), EINVAL, distance = 1);
	REFUSE(single(5), EINVAL, number = 1);
	REFUSE(single(5), EINVAL, positions = 8);
	REFUSE(single(5), EINVAL, reserved0 = 1);
	REFUSE(single(5), EINVAL, reserved[1] = 1);
	REFUSE(single(5), EOVERFLOW, start = limit + 1);
	REFUSE(single(5), EOVERFLOW, start = INT64_MIN);
	REFUSE(every(5, 5, 5), EINVAL, distance = 0);
	REFUSE(every(5, 5, 5), EINVAL, positions = 8);
	REFUSE(every(5, 5, 5), EOVERFLOW, distance = INT64_MIN);
	REFUSE(every(5, 5, 5), EOVERFLOW, start = -limit - 1);
	REFUSE(every(limit - 4, 2, 3), EOVERFLOW, number = 4);
	REFUSE(every(4 - limit, -2, 3), EOVERFLOW, number = 4);
	REFUSE(every(5, 5, 5), EOVERFLOW, number = UINT64_MAX);
	REFUSE(list(good, 2), EINVAL, start = 1);
	REFUSE(list(good, 2), EINVAL, distance = 1);
	REFUSE(list(good, 2), EINVAL, number = 0);
	REFUSE(list(good, 2), EINVAL, number = OSCAN_TRIGGER_LIST_LIMIT + 1);
	REFUSE(list(good, 2), EINVAL, number = UINT64_MAX);
	REFUSE(list(good, 2), EFAULT, positions = 0);
	REFUSE(list(good, 2), EFAULT, positions = UINT64_MAX - 7);
	REFUSE(list(far, 2), EOVERFLOW, number = 2);
	REFUSE((struct oscan_trigger_set){ .mode = OSCAN_TRIGGER_OFF },
	       EINVAL, width_ns = WIDTH);
	want_equal(trigger_state(fd, 0).next, 1000);
	/* And the last ones that are good. */
	set(fd, every(limit - 4, 2, 3));
	set(fd, every(4 - limit, -2, 3));
	set(fd, list(good, 2));
}

static void only_who_may_command_sets_lines_and_none_against_who_does(void)
{
	struct oscan_trigger_set request = single(5);
	struct oscan_pulse pulse = { .width_ns = WIDTH };
	int fd = begin(), other = motor_open(O_RDWR);
	int watcher = motor_open(O_RDONLY);

	want_equal(motor_try(watcher, OSCAN_IOC_TRIGGER_SET, &request),
		   -EBADF);
	want_equal(motor_try(watcher, OSCAN_IOC_PULSE, &pulse), -EBADF);
	want_equal(motor_try(other, OSCAN_IOC_TRIGGER_SET, &request), -EBUSY);
	want_equal(motor_try(other, OSCAN_IOC_PULSE, &pulse), -EBUSY);
	/* A setting takes no control and stays when its file is closed. */
	close(fd);
	set(other, request);
	want(!(motor_state(watcher, 0).flags & OSCAN_STATE_CONTROLLED),
	     "it took control");
	close(other);
	want_equal(trigger_state(watcher, 0).status, OSCAN_TRIGGER_ARMED);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(a_single_position_pulses_once_however_often_it_is_passed),
	CASE(every_nth_position_pulses_in_both_directions),
	CASE(the_positions_of_a_list_match_in_their_order),
	CASE(after_a_reversal_no_position_pulses_twice),
	CASE(a_direction_that_is_filtered_out_does_not_match),
	CASE(a_place_where_the_axis_stands_already_does_not_match),
	CASE(setting_the_position_ends_what_waits_for_that_axis),
	CASE(a_pulse_that_is_not_over_is_missed_and_counted),
	CASE(two_lines_may_wait_for_the_same_step),
	CASE(a_line_can_be_set_anew_while_the_axis_moves),
	CASE(a_pulse_that_is_asked_for_comes_at_once),
	CASE(a_bad_request_is_refused_and_changes_nothing),
	CASE(only_who_may_command_sets_lines_and_none_against_who_does),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
