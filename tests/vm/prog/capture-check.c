// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * Capture input, judged on the edges that the rig recorded. The rig is loaded
 * with triggers=1 captures=1: a camera on the first trigger line answers on
 * the capture line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"

#define BOTH	(OSCAN_CAPTURE_RISING | OSCAN_CAPTURE_FALLING)
#define WAIT_NS	(30 * KIT_NS_PER_S)
#define MOST	64

static struct oscan_capture capture_state(int fd)
{
	struct oscan_capture state = { 0 };

	motor_do(fd, OSCAN_IOC_CAPTURE_GET, &state);
	return state;
}

static void set(int fd, uint32_t edges, uint32_t min_interval_ns)
{
	struct oscan_capture_set request = {
		.edges = edges, .min_interval_ns = min_interval_ns,
	};

	motor_do(fd, OSCAN_IOC_CAPTURE_SET, &request);
}

static int begin(void)
{
	int fd = motor_setup();

	rig_write("strobe", "0 0");
	rig_write("capture", "0");
	set(fd, 0, 0);
	motor_move(fd, TURNTABLE, -1, 0);
	motor_move(fd, ROTOR, -1, 0);
	motor_set_position(fd, TURNTABLE, 0);
	motor_set_position(fd, ROTOR, ROTOR_START);
	rig_reset();
	return fd;
}

static int listen(void)
{
	struct oscan_events events = {
		.types = OSCAN_EVENT_BIT(OSCAN_EVENT_CAPTURE),
	};
	int fd = motor_open(O_RDONLY | O_NONBLOCK);

	motor_do(fd, OSCAN_IOC_EVENTS, &events);
	return fd;
}

static void wait_for_count(int fd, uint64_t count)
{
	uint64_t deadline = kit_now_ns() + WAIT_NS;

	while (capture_state(fd).count < count) {
		want(kit_now_ns() < deadline, "%llu edges were not latched",
		     (unsigned long long)count);
		kit_sleep_ms(2);
	}
}

/* All steps go up. */
static int64_t place_at(const struct recording *recording,
			   unsigned int axis, uint64_t time_ns)
{
	size_t count, steps = 0;
	uint64_t *times = step_times(recording, axis, &count);
	int64_t from = axis == ROTOR ? ROTOR_START : 0;

	while (steps < count && times[steps] <= time_ns)
		steps++;
	free(times);
	return from + steps;
}

static void check_latch(const struct recording *recording,
			const struct oscan_event *event, uint64_t edge_ns,
			uint64_t next_ns)
{
	unsigned int axis;

	want(event->time_ns >= edge_ns && event->time_ns < next_ns,
	     "an edge at %llu was latched at %llu",
	     (unsigned long long)edge_ns,
	     (unsigned long long)event->time_ns);
	for (axis = 0; axis < 2; axis++)
		want_equal(event->positions[axis],
			   place_at(recording, axis, event->time_ns));
	for (; axis < OSCAN_MAX_AXES; axis++)
		want_equal(event->positions[axis], 0);
}

/*
 * The strobe comes at any time between the steps of both axes. A machine that
 * is held up sees one edge of a short strobe, and a camera that is still busy
 * hears no trigger: 27 ms of each 0.1 s are time enough.
 */
static void the_strobe_of_a_camera_latches_time_and_all_positions(void)
{
	struct oscan_trigger_set every = {
		.mode = OSCAN_TRIGGER_EVERY, .flags = OSCAN_TRIGGER_UP,
		.start = 40, .distance = 51, .number = 12, .width_ns = 20000,
	};
	int fd = begin(), events = listen();
	struct oscan_event latched[MOST];
	struct recording recording;
	struct oscan_capture state;
	uint64_t *rises, *falls;
	size_t count, i;

	rig_write("strobe", "3333 27170");
	set(fd, BOTH, 0);
	motor_do(fd, OSCAN_IOC_TRIGGER_SET, &every);
	motor_start(fd, ROTOR, 700, 425);
	motor_move(fd, TURNTABLE, 700, 500);
	motor_rest(fd, ROTOR);
	wait_for_count(fd, 24);
	recording = rig_take();
	rises = recording_times(&recording, OSCAN_RIG_CAPTURE, 1, &count);
	want_equal(count, 12);
	falls = recording_times(&recording, OSCAN_RIG_CAPTURE, 0, &count);
	want_equal(count, 12);
	want_equal(read(events, latched, sizeof(latched)),
		   24 * sizeof(*latched));
	for (i = 0; i < 12; i++) {
		want_equal(latched[2 * i].value, 1);
		want_equal(latched[2 * i + 1].value, 0);
		want_equal(latched[2 * i + 1].aux, 2 * i + 2);
		check_latch(&recording, &latched[2 * i], rises[i], falls[i]);
		check_latch(&recording, &latched[2 * i + 1], falls[i],
			    i < 11 ? rises[i + 1] : UINT64_MAX);
	}
	state = capture_state(fd);
	want_equal(state.count, 24);
	want_equal(state.level, 0);
	want_equal(state.time_ns, latched[23].time_ns);
	want(!memcmp(state.positions, latched[23].positions,
		     sizeof(state.positions)), "the last latch is another");
	want(!strcmp(state.name, "strobe"), "it is called %s", state.name);
	rig_write("strobe", "0 0");
}

static void toggle(unsigned int times)
{
	while (times--) {
		rig_write("capture", "1");
		rig_write("capture", "0");
	}
}

static void only_the_edges_asked_for_are_latched(void)
{
	int fd = begin(), events = listen();
	struct oscan_event latched[MOST];

	set(fd, OSCAN_CAPTURE_RISING, 0);
	toggle(3);
	wait_for_count(fd, 3);
	want_equal(read(events, latched, sizeof(latched)),
		   3 * sizeof(*latched));
	want_equal(latched[2].value, 1);
	set(fd, OSCAN_CAPTURE_FALLING, 0);
	want_equal(capture_state(fd).count, 0);
	toggle(2);
	wait_for_count(fd, 2);
	want_equal(capture_state(fd).level, 0);
	set(fd, 0, 0);
	toggle(2);
	want_equal(capture_state(fd).edges, 0);
	want_equal(capture_state(fd).count, 0);
	want_equal(read(events, latched, sizeof(latched)),
		   2 * sizeof(*latched));
}

static void edges_that_come_too_soon_are_counted_and_not_latched(void)
{
	int fd = begin(), events = listen();
	uint64_t deadline = kit_now_ns() + WAIT_NS;
	struct oscan_event latched[MOST];

	set(fd, OSCAN_CAPTURE_RISING, OSCAN_CAPTURE_INTERVAL_LIMIT_NS);
	toggle(5);
	while (capture_state(fd).count + capture_state(fd).ignored < 5)
		want(kit_now_ns() < deadline, "edges were not seen");
	/* Should a second have passed meanwhile, two. */
	want(capture_state(fd).ignored >= 2, "%llu of 5 were ignored",
	     (unsigned long long)capture_state(fd).ignored);
	want_equal(read(events, latched, sizeof(latched)),
		   capture_state(fd).count * sizeof(*latched));
}

static void a_bad_capture_request_is_refused_and_changes_nothing(void)
{
	struct oscan_capture_set bad = { .edges = OSCAN_CAPTURE_RISING };
	int fd = begin(), watcher = motor_open(O_RDONLY);
	int other = motor_open(O_RDWR);
	struct oscan_capture none = { .line = 1 };

	set(fd, OSCAN_CAPTURE_RISING, 0);
	want_equal(motor_try(watcher, OSCAN_IOC_CAPTURE_SET, &bad), -EBADF);
	want_equal(motor_try(other, OSCAN_IOC_CAPTURE_SET, &bad), -EBUSY);
	want_equal(motor_try(fd, OSCAN_IOC_CAPTURE_GET, &none), -ENXIO);
	bad.line = 1;
	want_equal(motor_try(fd, OSCAN_IOC_CAPTURE_SET, &bad), -ENXIO);
	bad.line = 0;
	bad.edges = 4;
	want_equal(motor_try(fd, OSCAN_IOC_CAPTURE_SET, &bad), -EINVAL);
	bad.edges = 1;
	bad.min_interval_ns = OSCAN_CAPTURE_INTERVAL_LIMIT_NS + 1;
	want_equal(motor_try(fd, OSCAN_IOC_CAPTURE_SET, &bad), -EINVAL);
	bad.edges = 0;
	bad.min_interval_ns = 1;
	want_equal(motor_try(fd, OSCAN_IOC_CAPTURE_SET, &bad), -EINVAL);
	bad.min_interval_ns = 0;
	bad.reserved0 = 1;
	want_equal(motor_try(fd, OSCAN_IOC_CAPTURE_SET, &bad), -EINVAL);
	want_equal(capture_state(fd).edges, OSCAN_CAPTURE_RISING);
	toggle(1);
	wait_for_count(fd, 1);
	want_equal(motor_info(fd).captures, 1);
	want(motor_info(fd).triggers, "no trigger lines");
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(the_strobe_of_a_camera_latches_time_and_all_positions),
	CASE(only_the_edges_asked_for_are_latched),
	CASE(edges_that_come_too_soon_are_counted_and_not_latched),
	CASE(a_bad_capture_request_is_refused_and_changes_nothing),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
