// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/vm/prog/kit/lines.c tests/rotor/judge.c tests/rotor/edges.c -lm */
/*
 * What oscan_rig.h promises, seen by a program that toggles lines through the
 * gpio character device. The rig is loaded with bare=1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kit.h"
#include "lines.h"

static int get_watch(unsigned int line)
{
	return lines_get(GPIO_V2_LINE_FLAG_INPUT |
			 GPIO_V2_LINE_FLAG_EDGE_RISING |
			 GPIO_V2_LINE_FLAG_EDGE_FALLING, 1, &line);
}

/* Bit 0 is STEP, bit 1 DIR. */
static void step(int fd, int steps)
{
	uint64_t dir = steps > 0 ? 2 : 0;
	int i;

	lines_set(fd, 2, dir);
	for (i = 0; i < abs(steps); i++) {
		lines_set(fd, 1, 1);
		lines_set(fd, 1, 0);
	}
}

static void every_change_is_recorded_once_in_order_with_its_time(void)
{
	int fd = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	uint64_t before[1000], after[1000];
	struct recording recording;
	unsigned int i;

	rig_reset();
	for (i = 0; i < 1000; i++) {
		before[i] = kit_now_ns();
		lines_set(fd, 1, !(i & 1));
		after[i] = kit_now_ns();
		lines_set(fd, 1, !(i & 1));	/* no change */
	}
	want_equal(rig_number("edges"), 1000);
	recording = rig_take();
	want_equal(recording.count, 1000);
	for (i = 0; i < 1000; i++) {
		struct oscan_rig_edge *edge = &recording.edges[i];

		want_equal(edge->line, OSCAN_RIG_FREE_STEP);
		want_equal(edge->value, !(i & 1));
		want(edge->time_ns >= before[i] && edge->time_ns <= after[i],
		     "edge %u was not recorded while it was written", i);
	}
	want_equal(rig_number("lost"), 0);
}

static void lines_set_together_are_each_recorded(void)
{
	int fd = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	struct recording recording;

	rig_reset();
	lines_set(fd, 3, 3);
	lines_set(fd, 3, 1);
	lines_set(fd, 3, 0);
	recording = rig_take();
	want_equal(recording.count, 4);
	want_equal(recording_count(&recording, OSCAN_RIG_FREE_STEP, 1), 1);
	want_equal(recording_count(&recording, OSCAN_RIG_FREE_STEP, 0), 1);
	want_equal(recording_count(&recording, OSCAN_RIG_FREE_DIR, 1), 1);
	want_equal(recording_count(&recording, OSCAN_RIG_FREE_DIR, 0), 1);
}

static void a_line_that_becomes_an_input_falls(void)
{
	const unsigned int line = OSCAN_RIG_FREE_STEP;
	int fd = lines_get(GPIO_V2_LINE_FLAG_OUTPUT, 1, &line);
	struct recording recording;

	rig_reset();
	lines_set(fd, 1, 1);
	close(fd);
	fd = lines_get(GPIO_V2_LINE_FLAG_INPUT, 1, &line);
	want_equal(lines_level(fd), 0);
	recording = rig_take();
	want_equal(recording.count, 2);
	want_equal(recording.edges[1].value, 0);
}

static void lines_have_their_names(void)
{
	static const struct {
		unsigned int line;
		const char *name;
	} wanted[] = {
		{ OSCAN_RIG_TURNTABLE_STEP, "turntable-step" },
		{ OSCAN_RIG_TURNTABLE_ENDSTOP, "turntable-endstop" },
		{ OSCAN_RIG_ROTOR_DIR, "rotor-dir" },
		{ OSCAN_RIG_ROTOR_ENABLE, "rotor-enable" },
		{ OSCAN_RIG_CAPTURE, "capture" },
		{ OSCAN_RIG_FREE_DIR, "free-dir" },
		{ 15, "" },
	};
	int chip = lines_chip();
	unsigned int i;

	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		struct gpio_v2_line_info info = { .offset = wanted[i].line };

		want(!ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info),
		     "line %u: %m", wanted[i].line);
		want(!strcmp(info.name, wanted[i].name),
		     "line %u is called \"%s\"", wanted[i].line, info.name);
	}
}

static void lines_that_the_rig_drives_cannot_be_outputs(void)
{
	static const unsigned int lines[] = {
		OSCAN_RIG_TURNTABLE_ENDSTOP, OSCAN_RIG_ROTOR_ENDSTOP,
		OSCAN_RIG_CAPTURE,
	};
	unsigned int i;

	for (i = 0; i < 3; i++)
		want_equal(lines_try(GPIO_V2_LINE_FLAG_OUTPUT, 1, &lines[i]),
			   -EINVAL);
}

static void reading_takes_whole_records(void)
{
	void *bad_pointer = mmap(NULL, 4096, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int lines = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	struct oscan_rig_edge edges[4];
	int fd = open("/dev/oscan-rig", O_RDONLY);

	rig_reset();
	want(!read(fd, edges, sizeof(edges)), "an empty ring has edges");
	step(lines, 1);
	step(lines, -1);
	want_equal(rig_number("edges"), 6);
	want(read(fd, edges, 15) == -1 && errno == EINVAL,
	     "15 bytes can be read");
	want(read(fd, bad_pointer, 16) == -1 && errno == EFAULT,
	     "a bad pointer can be read to");
	want_equal(read(fd, edges, 16), 16);
	want_equal(edges[0].line, OSCAN_RIG_FREE_DIR);
	want_equal(read(fd, edges, 47), 32);
	want_equal(edges[0].line, OSCAN_RIG_FREE_STEP);
	want_equal(edges[1].value, 0);
	want_equal(read(fd, edges, sizeof(edges)), 48);
	want_equal(edges[0].line, OSCAN_RIG_FREE_DIR);
	want_equal(read(fd, edges, sizeof(edges)), 0);
}

static void a_second_reader_is_turned_away(void)
{
	int first = open("/dev/oscan-rig", O_RDONLY);
	int second;

	want(first >= 0, "/dev/oscan-rig: %m");
	second = open("/dev/oscan-rig", O_RDONLY);
	want(second == -1 && errno == EBUSY, "a second reader: %m");
	close(first);
	second = open("/dev/oscan-rig", O_RDONLY);
	want(second >= 0, "after the first has gone: %m");
}

static void reset_empties_and_zeroes(void)
{
	int fd = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	struct recording recording;

	step(fd, 3);
	rig_reset();
	want_equal(rig_number("edges"), 0);
	recording = rig_take();
	want_equal(recording.count, 0);
	step(fd, -2);
	recording = rig_take();
	want_equal(recording.count, 5);
}

/* Loaded with ring_records=16. */
static void a_full_ring_loses_the_newest_and_counts_them(void)
{
	int lines = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	struct oscan_rig_edge edges[64];
	int fd = open("/dev/oscan-rig", O_RDONLY);
	uint64_t last;

	rig_reset();
	step(lines, 20);			/* 41 edges */
	want_equal(rig_number("edges"), 41);
	want_equal(rig_number("lost"), 25);
	want_equal(read(fd, edges, sizeof(edges)), 16 * 16);
	want_equal(edges[0].line, OSCAN_RIG_FREE_DIR);
	want_equal(edges[15].value, 1);
	last = edges[15].time_ns;
	step(lines, 4);				/* 8 edges */
	want_equal(rig_number("lost"), 25);
	want_equal(read(fd, edges, sizeof(edges)), 8 * 16);
	want(edges[0].time_ns > last, "records come out of order");
	rig_reset();
	want_equal(rig_number("lost"), 0);
}

/* The switch is pressed and let go exactly at its count, up and down. */
static void an_end_stop_follows_the_count(void)
{
	int fd = lines_outputs(OSCAN_RIG_TURNTABLE_STEP,
			     OSCAN_RIG_TURNTABLE_DIR);
	int watch = get_watch(OSCAN_RIG_TURNTABLE_ENDSTOP);

	rig_write("endstop_0", "5 1 normal");
	step(fd, 4);
	want_equal(lines_level(watch), 0);
	step(fd, 1);
	want_equal(lines_level(watch), 1);
	step(fd, 3);
	want_equal(lines_level(watch), 1);
	step(fd, -3);
	want_equal(lines_level(watch), 1);
	step(fd, -1);
	want_equal(lines_level(watch), 0);
	rig_write("endstop_0", "4 1 normal");
	want_equal(lines_level(watch), 1);
	rig_write("endstop_0", "4 -1 normal");
	want_equal(lines_level(watch), 1);
	step(fd, 1);
	want_equal(lines_level(watch), 0);
	rig_write("endstop_0", "100 -1 normal");
	want_equal(lines_level(watch), 1);
	rig_write("endstop_0", "off");
	want_equal(lines_level(watch), 0);
	step(fd, -5);
}

static void each_axis_has_its_own_end_stop(void)
{
	int fd = lines_outputs(OSCAN_RIG_ROTOR_STEP, OSCAN_RIG_ROTOR_DIR);
	int turntable = get_watch(OSCAN_RIG_TURNTABLE_ENDSTOP);
	int rotor = get_watch(OSCAN_RIG_ROTOR_ENDSTOP);

	rig_write("endstop_0", "-2 -1 normal");
	rig_write("endstop_1", "-2 -1 normal");
	step(fd, -2);
	want_equal(lines_level(turntable), 0);
	want_equal(lines_level(rotor), 1);
	step(fd, 2);
	want_equal(lines_level(rotor), 0);
	rig_write("endstop_0", "off");
	rig_write("endstop_1", "off");
}

static void a_stuck_end_stop_never_closes(void)
{
	int fd = lines_outputs(OSCAN_RIG_TURNTABLE_STEP,
			     OSCAN_RIG_TURNTABLE_DIR);
	struct recording recording;

	rig_reset();
	rig_write("endstop_0", "1 1 stuck");
	step(fd, 3);
	step(fd, -3);
	recording = rig_take();
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_ENDSTOP,
				   1), 0);
	rig_write("endstop_0", "off");
}

static void a_bouncing_end_stop_changes_ten_times_and_settles(void)
{
	int fd = lines_outputs(OSCAN_RIG_TURNTABLE_STEP,
			     OSCAN_RIG_TURNTABLE_DIR);
	int watch = get_watch(OSCAN_RIG_TURNTABLE_ENDSTOP);
	struct recording recording;
	uint64_t *rises;
	size_t count;

	rig_reset();
	rig_write("endstop_0", "2 1 bounce");
	step(fd, 2);
	kit_sleep_ms(100);
	want_equal(lines_level(watch), 1);
	recording = rig_take();
	rises = recording_times(&recording, OSCAN_RIG_TURNTABLE_ENDSTOP, 1,
				&count);
	want_equal(count, 6);
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_ENDSTOP,
				   0), 5);
	want(rises[5] - rises[0] >= KIT_NS_PER_MS, "it settled after %llu ns",
	     (unsigned long long)(rises[5] - rises[0]));
	step(fd, -2);
	kit_sleep_ms(100);
	want_equal(lines_level(watch), 0);
	recording = rig_take();
	want_equal(recording_count(&recording, OSCAN_RIG_TURNTABLE_ENDSTOP,
				   0), 6);
	rig_write("endstop_0", "off");
}

/* Reads line events until none comes for 200 ms. */
static unsigned int read_events(int fd, struct gpio_v2_line_event *events,
				unsigned int room)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	unsigned int count = 0;
	ssize_t got;

	while (count < room && poll(&wait, 1, 200) == 1) {
		got = read(fd, &events[count],
			   (room - count) * sizeof(*events));
		want(got > 0, "line events: %m");
		count += got / sizeof(*events);
	}
	return count;
}

static void each_edge_of_an_end_stop_interrupts(void)
{
	int fd = lines_outputs(OSCAN_RIG_ROTOR_STEP, OSCAN_RIG_ROTOR_DIR);
	int watch = get_watch(OSCAN_RIG_ROTOR_ENDSTOP);
	struct gpio_v2_line_event events[16];
	struct recording recording;
	unsigned int i;

	rig_reset();
	rig_write("endstop_1", "1 1 normal");
	for (i = 0; i < 3; i++) {
		step(fd, 1);
		want_equal(read_events(watch, &events[2 * i], 1), 1);
		step(fd, -1);
		want_equal(read_events(watch, &events[2 * i + 1], 1), 1);
	}
	want_equal(read_events(watch, events, 1), 0);
	for (i = 0; i < 6; i++)
		want_equal(events[i].id, i & 1 ?
			   GPIO_V2_LINE_EVENT_FALLING_EDGE :
			   GPIO_V2_LINE_EVENT_RISING_EDGE);
	recording = rig_take();
	want_equal(recording_count(&recording, OSCAN_RIG_ROTOR_ENDSTOP, 1),
		   3);
	rig_write("endstop_1", "off");
}

static void only_the_wanted_edge_interrupts(void)
{
	const unsigned int line = OSCAN_RIG_CAPTURE;
	int watch = lines_get(GPIO_V2_LINE_FLAG_INPUT |
			      GPIO_V2_LINE_FLAG_EDGE_FALLING, 1, &line);
	struct gpio_v2_line_event events[8];

	rig_write("capture", "1");
	want_equal(rig_number("capture"), 1);
	want_equal(lines_level(watch), 1);
	want_equal(read_events(watch, events, 8), 0);
	rig_write("capture", "0");
	want_equal(read_events(watch, events, 8), 1);
	want_equal(events[0].id, GPIO_V2_LINE_EVENT_FALLING_EDGE);
}

struct watcher {
	pthread_t thread;
	int cpu;
	atomic_bool *stop;
	uint64_t longest_ns;
};

static void *watch_clock(void *argument)
{
	struct watcher *watcher = argument;
	uint64_t now, previous;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(watcher->cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	previous = kit_now_ns();
	while (!*watcher->stop) {
		now = kit_now_ns();
		if (now - previous > watcher->longest_ns)
			watcher->longest_ns = now - previous;
		previous = now;
	}
	return NULL;
}

static void delay_us_keeps_every_processor_busy(void)
{
	int i, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct watcher watchers[cpus];
	atomic_bool stop = false;
	uint64_t start;

	for (i = 0; i < cpus; i++) {
		watchers[i] = (struct watcher) { .cpu = i, .stop = &stop };
		want(!pthread_create(&watchers[i].thread, NULL, watch_clock,
				     &watchers[i]), "no thread");
	}
	kit_sleep_ms(50);
	for (i = 0; i < cpus; i++)
		watchers[i].longest_ns = 0;
	start = kit_now_ns();
	rig_write("delay_us", "300000");
	want(kit_now_ns() - start >= 300 * KIT_NS_PER_MS,
	     "it was over after %llu ns",
	     (unsigned long long)(kit_now_ns() - start));
	kit_sleep_ms(10);
	stop = true;
	/* The first may have begun a little before the others. */
	for (i = 0; i < cpus; i++) {
		pthread_join(watchers[i].thread, NULL);
		want(watchers[i].longest_ns >= 200 * KIT_NS_PER_MS,
		     "processor %d was held up for %llu ns only", i,
		     (unsigned long long)watchers[i].longest_ns);
	}
}

static uint64_t time_of_step(int fd)
{
	uint64_t start = kit_now_ns();

	step(fd, 1);
	return kit_now_ns() - start;
}

static void delay_at_holds_up_that_step_once(void)
{
	int fd = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);
	struct recording recording;
	uint64_t *rises, *falls;
	size_t count;

	rig_reset();
	rig_write("delay_at", "3 100000");
	time_of_step(fd);
	want_equal(rig_number("delay_at"), 2);
	time_of_step(fd);
	want(time_of_step(fd) >= 100 * KIT_NS_PER_MS,
	     "the third step was not held up");
	want_equal(rig_number("delay_at"), 0);
	time_of_step(fd);
	recording = rig_take();
	rises = recording_times(&recording, OSCAN_RIG_FREE_STEP, 1, &count);
	falls = recording_times(&recording, OSCAN_RIG_FREE_STEP, 0, &count);
	want_equal(count, 4);
	want(falls[2] - rises[2] >= 100 * KIT_NS_PER_MS,
	     "the edge was recorded after the delay");
	want(falls[3] - rises[3] < 100 * KIT_NS_PER_MS,
	     "the fourth step was held up, too");
}

static void a_line_in_use_keeps_the_rig_loaded(void)
{
	int fd = lines_outputs(OSCAN_RIG_FREE_STEP, OSCAN_RIG_FREE_DIR);

	want(system("rmmod oscan_rig 2>/dev/null"), "it could be removed");
	step(fd, 1);
}

static void bad_text_is_refused(void)
{
	static const struct {
		const char *file;
		const char *text;
	} bad[] = {
		{ "reset", "0" }, { "reset", "2" }, { "reset", "x" },
		{ "capture", "2" }, { "capture", "-1" },
		{ "strobe", "1" }, { "strobe", "5 0" },
		{ "strobe", "1 1000001" }, { "strobe", "1 2 3" },
		{ "strobe", "0 5 5" }, { "strobe", "0 0 7" },
		{ "delay_us", "1000001" }, { "delay_us", "x" },
		{ "delay_at", "1" },
		{ "delay_at", "1 0" }, { "delay_at", "0 1" },
		{ "delay_at", "1 1000001" }, { "delay_at", "1 2 3" },
		{ "endstop_0", "1 1" }, { "endstop_0", "of" },
		{ "endstop_0", "1 0 normal" }, { "endstop_0", "1 2 normal" },
		{ "endstop_0", "1 1 off" }, { "endstop_0", "1 1 norma" },
		{ "endstop_0", "1 1 normalities" },
		{ "endstop_0", "1 1 normal 1" }, { "endstop_0", "1 1 normal x" },
		{ "endstop_0", "1 1 bounce 0" }, { "endstop_0", "1 1 bounce x" },
		{ "endstop_0", "1 1 bounce 1001" },
		{ "endstop_0", "1 1 bounce 2 3" },
		{ "endstop_0", "                                          "
			       "                        1 1 normal" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		want(rig_try_write(bad[i].file, bad[i].text) == -EINVAL,
		     "%s takes \"%s\"", bad[i].file, bad[i].text);
	want_equal(rig_number("delay_at"), 0);
	want_equal(rig_try_write("edges", "1"), -EACCES);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(every_change_is_recorded_once_in_order_with_its_time),
	CASE(lines_set_together_are_each_recorded),
	CASE(a_line_that_becomes_an_input_falls),
	CASE(lines_have_their_names),
	CASE(lines_that_the_rig_drives_cannot_be_outputs),
	CASE(reading_takes_whole_records),
	CASE(a_second_reader_is_turned_away),
	CASE(reset_empties_and_zeroes),
	CASE(an_end_stop_follows_the_count),
	CASE(each_axis_has_its_own_end_stop),
	CASE(a_stuck_end_stop_never_closes),
	CASE(a_bouncing_end_stop_changes_ten_times_and_settles),
	CASE(each_edge_of_an_end_stop_interrupts),
	CASE(only_the_wanted_edge_interrupts),
	CASE(delay_us_keeps_every_processor_busy),
	CASE(delay_at_holds_up_that_step_once),
	CASE(a_line_in_use_keeps_the_rig_loaded),
	CASE(bad_text_is_refused),
};

/* Only with ring_records=16. */
static const struct kit_case small_ring[] = {
	CASE(a_full_ring_loses_the_newest_and_counts_them),
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], small_ring[0].name))
		return kit_main(argc, argv, small_ring, 1);
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
