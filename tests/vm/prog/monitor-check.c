// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * What liboscan's monitor and track say of a real driver, held against the
 * edges that the rig recorded. Meant to run while the machine is under load.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kit.h"
#include "oscan.h"

#define AXIS 0

/**
 * struct watch - a subscriber and all it was told of AXIS
 * @monitor: subscribed to everything
 * @track: begins where the axis stood after subscribing
 * @steps: steps told, with those from before the track's beginning
 * @missed: batches that said so
 * @lost: steps that the driver says it lost
 * @states: state messages
 * @last: the last of them
 */
struct watch {
	struct oscan_monitor *monitor;
	struct oscan_track *track;
	size_t steps;
	unsigned int missed;
	uint64_t lost;
	unsigned int states;
	struct oscan_state last;
};

static struct oscan_motor *open_control(void)
{
	struct oscan_motor *motor = oscan_motor_open(NULL, true);

	want(motor, "opening the motor: %m");
	want(!oscan_motor_enable(motor, AXIS, true), "enabling: %m");
	return motor;
}

static struct oscan_state state_of(struct oscan_motor *motor)
{
	struct oscan_state state;

	want(!oscan_motor_state(motor, AXIS, &state), "state: %m");
	return state;
}

static void watch_open(struct watch *watch, struct oscan_motor *motor)
{
	struct oscan_state state;

	memset(watch, 0, sizeof(*watch));
	watch->monitor = oscan_monitor_open(OSCAN_MONITOR_TRACE |
					    OSCAN_MONITOR_STATE);
	want(watch->monitor, "subscribing: %m");
	state = state_of(motor);
	watch->track = oscan_track_new(state.position, state.time_ns);
	want(watch->track, "a track: %m");
}

static void watch_close(struct watch *watch)
{
	oscan_track_free(watch->track);
	oscan_monitor_close(watch->monitor);
}

static void on_trace(const struct oscan_trace_batch *batch, void *data)
{
	struct watch *watch = data;

	if (batch->axis != AXIS)
		return;
	watch->steps += batch->steps;
	watch->missed += batch->missed;
	watch->lost = batch->lost_total;
	want(!oscan_track_add(watch->track, batch),
	     "a batch of %zu steps to %lld did not fit the track: %m",
	     batch->steps, (long long)batch->first_position);
}

static void on_state(const struct oscan_state *state, void *data)
{
	struct watch *watch = data;

	if (state->axis != AXIS)
		return;
	watch->states++;
	watch->last = *state;
}

static int watch_read(struct watch *watch)
{
	const struct oscan_monitor_handler handler = {
		.trace = on_trace,
		.state = on_state,
		.data = watch,
	};
	int count = oscan_monitor_read(watch->monitor, &handler);

	want(count >= 0, "reading the monitor: %m");
	return count;
}

/* Listen until the trace is complete up to the present state, at rest. */
static struct oscan_state watch_until_rest(struct watch *watch,
					   struct oscan_motor *motor)
{
	struct pollfd wait = {
		.fd = oscan_monitor_fd(watch->monitor), .events = POLLIN,
	};
	uint64_t deadline = kit_now_ns() + 240 * KIT_NS_PER_S;
	struct oscan_state state;

	do {
		poll(&wait, 1, 20);
		watch_read(watch);
		state = state_of(motor);
		want(kit_now_ns() < deadline,
		     "motion %u, the trace ends %lld ns before the last step",
		     state.motion,
		     (long long)(state.last_step_ns -
				 oscan_track_horizon(watch->track)));
	} while (state.motion != OSCAN_MOTION_IDLE ||
		 watch->last.motion != OSCAN_MOTION_IDLE ||
		 watch->last.move_id != state.move_id ||
		 oscan_track_horizon(watch->track) < state.last_step_ns);
	return state;
}

static void start(struct oscan_motor *motor, int64_t steps)
{
	struct oscan_move move = {
		.axis = AXIS,
		.flags = OSCAN_MOVE_RELATIVE,
		.target = steps,
	};

	want(!oscan_motor_move(motor, &move), "moving %lld steps: %m",
	     (long long)steps);
}

/* For the person who watches, as progress of guest-lib.sh does. */
__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	const char *path = getenv("OSCAN_RESULTS");
	FILE *results = path ? fopen(path, "a") : NULL;
	va_list arguments;

	if (!results)
		return;
	fputs("# ", results);
	va_start(arguments, format);
	vfprintf(results, format, arguments);
	va_end(arguments);
	fputc('\n', results);
	fclose(results);
}

/**
 * struct pulses - rising STEP edges as the rig saw them
 * @count: number of them
 * @times_ns: shape [count]
 * @positions: shape [count], after each, counted from the first position
 */
struct pulses {
	size_t count;
	uint64_t *times_ns;
	int64_t *positions;
};

static struct pulses take_pulses(int64_t position)
{
	struct recording recording = rig_take();
	struct pulses pulses = {
		.times_ns = calloc(recording.count + 1, sizeof(uint64_t)),
		.positions = calloc(recording.count + 1, sizeof(int64_t)),
	};
	/* What DIR is before it changes first is not recorded. */
	int sign = 0;
	size_t i;

	for (i = 0; i < recording.count; i++) {
		const struct oscan_rig_edge *edge = &recording.edges[i];

		if (edge->line == OSCAN_RIG_TURNTABLE_DIR)
			sign = edge->value ? 1 : -1;
		if (edge->line != OSCAN_RIG_TURNTABLE_STEP || !edge->value)
			continue;
		want(sign, "a step came before any direction");
		position += sign;
		pulses.times_ns[pulses.count] = edge->time_ns;
		pulses.positions[pulses.count++] = position;
	}
	recording_free(&recording);
	return pulses;
}

static void free_pulses(struct pulses *pulses)
{
	free(pulses->times_ns);
	free(pulses->positions);
}

/* So that the rig records which way the next move goes. */
static void start_downwards(struct oscan_motor *motor)
{
	start(motor, -1);
	want(!oscan_motor_wait(motor, AXIS, 10000, NULL), "a step back: %m");
	rig_reset();
}

/* The driver reads its clock after the rig did, and before the next edge. */
static void compare_steps(const struct oscan_track *track,
			  const struct pulses *pulses)
{
	const uint64_t *times_ns;
	const int64_t *positions;
	uint64_t worst = 0;
	size_t i;

	oscan_track_steps(track, &times_ns, &positions);
	want_equal(oscan_track_count(track), pulses->count);
	for (i = 0; i < pulses->count; i++) {
		want(positions[i] == pulses->positions[i],
		     "step %zu: told %lld, the rig counted %lld", i,
		     (long long)positions[i], (long long)pulses->positions[i]);
		want(times_ns[i] >= pulses->times_ns[i],
		     "step %zu was told %lld ns before its edge", i,
		     (long long)(pulses->times_ns[i] - times_ns[i]));
		want(i + 1 == pulses->count ||
		     times_ns[i] < pulses->times_ns[i + 1],
		     "step %zu was told after the edge of the next", i);
		if (times_ns[i] - pulses->times_ns[i] > worst)
			worst = times_ns[i] - pulses->times_ns[i];
	}
	note("%zu steps, told at most %llu ns after the edge", pulses->count,
	     (unsigned long long)worst);
}

/* The position at a time, by the rig alone. */
static int64_t pulses_at(const struct pulses *pulses, int64_t begin,
			 uint64_t time_ns)
{
	size_t i = 0;

	while (i < pulses->count && pulses->times_ns[i] <= time_ns)
		i++;
	return i ? pulses->positions[i - 1] : begin;
}

static void compare_track(const struct oscan_track *track,
			  const struct pulses *pulses, int64_t begin)
{
	uint64_t from = oscan_track_begin(track);
	uint64_t span = oscan_track_horizon(track) - from;
	struct oscan_position position;
	double worst = 0;
	int i;

	srand48(1);
	for (i = 0; i < 1000; i++) {
		uint64_t time_ns = from + (uint64_t)(drand48() * (double)span);
		int64_t edges = pulses_at(pulses, begin, time_ns);
		double apart;

		want(!oscan_track_at(track, time_ns, &position),
		     "no position at %llu: %m", (unsigned long long)time_ns);
		apart = fabs(position.steps - (double)edges);
		want(apart <= 1, "%f microsteps from the rig at %llu", apart,
		     (unsigned long long)time_ns);
		if (apart > worst)
			worst = apart;
	}
	note("at most %.3f microsteps from the rig", worst);
}

static void every_step_is_told_with_its_time(void)
{
	struct oscan_motor *motor = open_control();
	struct oscan_state before, after;
	struct pulses pulses;
	struct watch watch;

	start_downwards(motor);
	before = state_of(motor);
	watch_open(&watch, motor);
	start(motor, 6000);
	after = watch_until_rest(&watch, motor);
	pulses = take_pulses(before.position);

	want_equal(after.position, before.position + 6000);
	want_equal(pulses.count, 6000);
	want_equal(watch.steps, 6000);
	want_equal(watch.missed, 0);
	want_equal(watch.lost, after.trace_lost);
	want_equal(oscan_track_gaps(watch.track), 0);
	compare_steps(watch.track, &pulses);
	compare_track(watch.track, &pulses, before.position);
	free_pulses(&pulses);
	watch_close(&watch);
	oscan_motor_close(motor);
}

static void reversals_are_told(void)
{
	const int64_t moves[] = { 700, -900, 1, -1, 300 };
	struct oscan_motor *motor = open_control();
	struct oscan_state before, after;
	struct pulses pulses;
	struct watch watch;
	uint64_t turn_ns;
	size_t i;

	start_downwards(motor);
	before = state_of(motor);
	watch_open(&watch, motor);
	for (i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		start(motor, moves[i]);
		after = watch_until_rest(&watch, motor);
	}
	pulses = take_pulses(before.position);

	want_equal(after.position, before.position + 101 - 1);
	want_equal(watch.missed, 0);
	want_equal(oscan_track_gaps(watch.track), 0);
	compare_steps(watch.track, &pulses);
	compare_track(watch.track, &pulses, before.position);
	want(!oscan_track_when(watch.track, (double)before.position + 700, 0,
			       &turn_ns), "the turning point was not passed");
	want(turn_ns >= pulses.times_ns[699] && turn_ns < pulses.times_ns[700],
	     "the turning point is at the wrong time");
	free_pulses(&pulses);
	watch_close(&watch);
	oscan_motor_close(motor);
}

static void a_new_position_opens_a_gap_and_is_told(void)
{
	struct oscan_motor *motor = open_control();
	struct oscan_position position;
	struct oscan_state before, after;
	struct watch watch;

	before = state_of(motor);
	watch_open(&watch, motor);
	start(motor, 100);
	watch_until_rest(&watch, motor);
	want(!oscan_motor_set_position(motor, AXIS, 1000000), "set: %m");
	start(motor, 100);
	after = watch_until_rest(&watch, motor);

	want_equal(after.position, 1000100);
	want_equal(watch.last.position, 1000100);
	want_equal(watch.last.position_state, OSCAN_POSITION_KNOWN);
	want_equal(watch.missed, 0);
	want_equal(oscan_track_gaps(watch.track), 1);
	want_equal(oscan_track_count(watch.track), 200);
	want(!oscan_track_at(watch.track, oscan_track_horizon(watch.track),
			     &position), "no position at the end: %m");
	want_equal(position.steps, 1000100);
	want(!oscan_motor_set_position(motor, AXIS, before.position + 200),
	     "set: %m");
	watch_close(&watch);
	oscan_motor_close(motor);
}

static void states_are_told_after_the_steps_that_led_to_them(void)
{
	struct oscan_motor *motor = open_control();
	struct oscan_state before, after;
	struct watch watch;

	before = state_of(motor);
	watch_open(&watch, motor);
	start(motor, 500);
	after = watch_until_rest(&watch, motor);
	want(watch.states >= 1, "no state was told");
	want_equal(watch.last.motion, OSCAN_MOTION_IDLE);
	want_equal(watch.last.end, OSCAN_END_DONE);
	want_equal(watch.last.position, before.position + 500);
	want_equal(watch.last.steps, before.steps + 500);
	want_equal(watch.last.flags & OSCAN_STATE_MINE, 0);
	want(watch.last.flags & OSCAN_STATE_ENABLED, "said to be disabled");
	want_equal(watch.last.move_id, after.move_id);
	want_equal(watch.steps, 500);
	watch_close(&watch);
	oscan_motor_close(motor);
}

/* One of the least size, for a message or two, is full soon. */
static void set_buffer(struct oscan_monitor *monitor, int bytes)
{
	want(!setsockopt(oscan_monitor_fd(monitor), SOL_SOCKET, SO_RCVBUF,
			 &bytes, sizeof(bytes)), "sizing the buffer: %m");
}

static void a_subscriber_that_stalls_misses_and_harms_nobody(void)
{
	struct oscan_motor *motor = open_control();
	struct oscan_state before, after;
	struct oscan_position position;
	struct watch stalled, awake;
	struct pulses pulses;

	start_downwards(motor);
	before = state_of(motor);
	watch_open(&stalled, motor);
	watch_open(&awake, motor);
	set_buffer(stalled.monitor, 1);
	start(motor, 6000);
	after = watch_until_rest(&awake, motor);
	pulses = take_pulses(before.position);

	want_equal(after.position, before.position + 6000);
	want_equal(after.end, OSCAN_END_DONE);
	want_equal(after.trace_lost, before.trace_lost);
	want_equal(awake.missed, 0);
	compare_steps(awake.track, &pulses);

	watch_read(&stalled);
	want(stalled.steps < 6000, "nothing was dropped from a full buffer");
	set_buffer(stalled.monitor, 1 << 17);
	start(motor, 10);
	after = watch_until_rest(&stalled, motor);
	want_equal(stalled.missed, 1);
	want_equal(oscan_track_gaps(stalled.track), 1);
	want(oscan_track_at(stalled.track, pulses.times_ns[5990],
			    &position) && errno == ENODATA,
	     "an answer was given where messages were dropped");
	want(!oscan_track_at(stalled.track, oscan_track_horizon(stalled.track),
			     &position), "no position after the gap: %m");
	want_equal(position.steps, after.position);
	free_pulses(&pulses);
	watch_close(&stalled);
	watch_close(&awake);
	oscan_motor_close(motor);
}

/* The track's beginning is read while steps are under way. */
static void a_subscriber_may_come_in_the_middle_of_a_move(void)
{
	struct oscan_motor *motor = open_control();
	struct oscan_state before, after;
	struct pulses pulses;
	struct watch watch;
	int64_t begin;

	start_downwards(motor);
	before = state_of(motor);
	start(motor, 5000);
	while (state_of(motor).position < before.position + 1000)
		kit_sleep_ms(5);
	watch_open(&watch, motor);
	after = watch_until_rest(&watch, motor);
	pulses = take_pulses(before.position);
	begin = pulses_at(&pulses, before.position,
			  oscan_track_begin(watch.track));

	want_equal(after.position, before.position + 5000);
	want_equal(watch.missed, 0);
	want_equal(oscan_track_gaps(watch.track), 0);
	want_equal(oscan_track_count(watch.track), after.position - begin);
	compare_track(watch.track, &pulses, before.position);
	free_pulses(&pulses);
	watch_close(&watch);
	oscan_motor_close(motor);
}

static const struct kit_case cases[] = {
	{ "every_step_is_told_with_its_time",
	  every_step_is_told_with_its_time },
	{ "reversals_are_told", reversals_are_told },
	{ "a_new_position_opens_a_gap_and_is_told",
	  a_new_position_opens_a_gap_and_is_told },
	{ "states_are_told_after_the_steps_that_led_to_them",
	  states_are_told_after_the_steps_that_led_to_them },
	{ "a_subscriber_that_stalls_misses_and_harms_nobody",
	  a_subscriber_that_stalls_misses_and_harms_nobody },
	{ "a_subscriber_may_come_in_the_middle_of_a_move",
	  a_subscriber_may_come_in_the_middle_of_a_move },
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
