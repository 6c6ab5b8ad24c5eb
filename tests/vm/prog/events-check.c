// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * Events by read(2), poll(2) and netlink. The rig is loaded with triggers=1 stops=1
 * start_stop_fsps=1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kit.h"
#include "oscan.h"

#define SIZE	sizeof(struct oscan_event)
/* A busy machine may hold an axis up at any time. */
#define CALM	(OSCAN_EVENT_ALL & ~OSCAN_EVENT_BIT(OSCAN_EVENT_STUMBLE))
#define WAIT_NS	(30 * KIT_NS_PER_S)

static void subscribe(int fd, uint32_t types)
{
	struct oscan_events events = { .types = types };

	motor_do(fd, OSCAN_IOC_EVENTS, &events);
}

static int listen(uint32_t types)
{
	int fd = motor_open(O_RDONLY | O_NONBLOCK);

	subscribe(fd, types);
	return fd;
}

static ssize_t try_read(int fd, void *events, size_t size)
{
	ssize_t got = read(fd, events, size);

	return got < 0 ? -errno : got;
}

/* The next event, which must have come or come soon. */
static struct oscan_event next(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	struct oscan_event event;

	want_equal(poll(&wanted, 1, WAIT_NS / KIT_NS_PER_MS), 1);
	want_equal(wanted.revents, POLLIN);
	want_equal(try_read(fd, &event, SIZE), SIZE);
	want_equal(event.reserved, 0);
	return event;
}

static struct oscan_event want_next(int fd, uint32_t type)
{
	struct oscan_event event = next(fd);

	want(event.type == type, "event %u is of type %u, wanted %u",
	     event.seq, event.type, type);
	return event;
}

static int poll_now(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };

	want(poll(&wanted, 1, 0) >= 0, "poll: %m");
	return wanted.revents;
}

static void a_move_tells_when_it_begins_and_why_it_ends(void)
{
	int fd = motor_setup(), all = listen(CALM);
	uint64_t before = kit_now_ns();
	struct oscan_event start, end;
	struct oscan_move move;

	want_equal(poll_now(all), 0);
	move = motor_start(fd, TURNTABLE, 30, 0);
	motor_rest(fd, TURNTABLE);
	start = want_next(all, OSCAN_EVENT_MOVE_STARTED);
	end = want_next(all, OSCAN_EVENT_MOVE_ENDED);
	want_equal(try_read(all, &start, SIZE), -EAGAIN);
	want_equal(poll_now(all), 0);
	want_equal(start.seq, 0);
	want_equal(end.seq, 1);
	want_equal(start.move_id, move.move_id);
	want_equal(end.move_id, move.move_id);
	want_equal(start.position, 0);
	want_equal(start.aux, 30);
	want_equal(end.position, 30);
	want_equal(end.value, OSCAN_END_DONE);
	want_equal(start.axis, TURNTABLE);
	want_equal(end.dropped, 0);
	want(before <= start.time_ns && start.time_ns < end.time_ns &&
	     end.time_ns <= kit_now_ns(), "times that cannot be");
	/* A move of no steps is one, too. */
	motor_move(fd, ROTOR, 0, 0);
	start = want_next(all, OSCAN_EVENT_MOVE_STARTED);
	end = want_next(all, OSCAN_EVENT_MOVE_ENDED);
	want_equal(end.axis, ROTOR);
	want_equal(end.position, ROTOR_START);
}

static void commands_tell_what_they_did(void)
{
	int fd = motor_setup(), all = listen(CALM);
	uint64_t steps = motor_state(fd, TURNTABLE).steps;
	struct oscan_stop stop = { .axes = 1 };
	struct oscan_event event;
	struct oscan_state state;

	motor_set_position(fd, ROTOR, ROTOR_START + 7);
	event = want_next(all, OSCAN_EVENT_POSITION_SET);
	want_equal(event.axis, ROTOR);
	want_equal(event.position, ROTOR_START + 7);
	want_equal(event.aux, ROTOR_START);
	motor_enable(fd, ROTOR, false);
	want_equal(want_next(all, OSCAN_EVENT_DISABLED).axis, ROTOR);
	motor_enable(fd, ROTOR, true);
	want_equal(want_next(all, OSCAN_EVENT_ENABLED).axis, ROTOR);
	motor_start(fd, TURNTABLE, 100000, 0);
	motor_wait_steps(fd, TURNTABLE, steps, 600);
	motor_do(fd, OSCAN_IOC_STOP, &stop);
	state = motor_rest(fd, TURNTABLE);
	want_next(all, OSCAN_EVENT_MOVE_STARTED);
	/* Slower than the start-stop rate it stops at once. */
	if (motor_stats(fd, TURNTABLE).move_stumbles)
		return;
	event = want_next(all, OSCAN_EVENT_STOPPING);
	want_equal(event.value, OSCAN_END_STOPPED);
	want_equal(event.aux, state.position);
	event = want_next(all, OSCAN_EVENT_MOVE_ENDED);
	want_equal(event.value, OSCAN_END_STOPPED);
	want_equal(event.position, state.position);
	want_equal(event.seq, 5);
}

static void a_disturbance_tells(void)
{
	int fd = motor_setup(), all = listen(OSCAN_EVENT_ALL);
	struct oscan_event event;

	rig_write("delay_at", "150 30000");
	motor_start(fd, TURNTABLE, 400, 0);
	motor_rest(fd, TURNTABLE);
	event = want_next(all, OSCAN_EVENT_MOVE_STARTED);
	while (event.position < 150)
		event = next(all);
	want_equal(event.type, OSCAN_EVENT_STUMBLE);
	want(event.position <= 152, "it stumbled at %lld",
	     (long long)event.position);
}

static void an_end_stop_tells(void)
{
	int fd = motor_setup(), all = listen(CALM);
	struct oscan_event event;
	char text[64];

	snprintf(text, sizeof(text), "%lld 1 normal",
		 rig_number("net_2") + 20);
	rig_write("endstop_2", text);
	motor_start(fd, TURNTABLE, 40, 1000);
	motor_rest(fd, TURNTABLE);
	want_next(all, OSCAN_EVENT_MOVE_STARTED);
	event = want_next(all, OSCAN_EVENT_STOP_CLOSED);
	want_equal(event.value, OSCAN_STATE_AT_MAX);
	want_equal(event.position, 20);
	event = want_next(all, OSCAN_EVENT_MOVE_ENDED);
	want_equal(event.value, OSCAN_END_SWITCH);
	motor_move(fd, TURNTABLE, -30, 1000);
	want_next(all, OSCAN_EVENT_MOVE_STARTED);
	event = next(all);
	if (event.type == OSCAN_EVENT_MOVE_ENDED)
		event = next(all);
	want_equal(event.type, OSCAN_EVENT_STOP_OPENED);
	want_equal(event.value, OSCAN_STATE_AT_MAX);
	rig_write("endstop_2", "off");
}

static void each_file_gets_what_it_subscribed_to_and_nothing_else(void)
{
	int fd = motor_setup(), i;
	int ends = listen(OSCAN_EVENT_BIT(OSCAN_EVENT_MOVE_ENDED));
	int starts = listen(OSCAN_EVENT_BIT(OSCAN_EVENT_MOVE_STARTED));
	int none = motor_open(O_RDONLY | O_NONBLOCK);
	struct oscan_event events[8];

	for (i = 0; i < 3; i++)
		motor_move(fd, TURNTABLE, 5, 0);
	/* As many whole ones as there are and fit. */
	want_equal(try_read(ends, events, 2 * SIZE + 100), 2 * SIZE);
	want_equal(try_read(ends, events + 2, 5 * SIZE), SIZE);
	for (i = 0; i < 3; i++) {
		want_equal(events[i].type, OSCAN_EVENT_MOVE_ENDED);
		want_equal(events[i].seq, i);
		want_equal(events[i].position, 5 * (i + 1));
	}
	want_equal(try_read(starts, events, sizeof(events)), 3 * SIZE);
	want_equal(events[2].type, OSCAN_EVENT_MOVE_STARTED);
	want_equal(try_read(none, events, SIZE), -ENODATA);
	want_equal(poll_now(none), POLLERR);
	/* Subscribing again forgets; 0 ends it. */
	motor_move(fd, TURNTABLE, 5, 0);
	subscribe(ends, OSCAN_EVENT_BIT(OSCAN_EVENT_MOVE_ENDED));
	want_equal(try_read(ends, events, SIZE), -EAGAIN);
	motor_move(fd, TURNTABLE, 5, 0);
	want_equal(want_next(ends, OSCAN_EVENT_MOVE_ENDED).seq, 0);
	subscribe(ends, 0);
	want_equal(try_read(ends, events, SIZE), -ENODATA);
}

static void bad_calls_are_refused_as_documented(void)
{
	struct oscan_events request = { .types = OSCAN_EVENT_ALL };
	int fd = motor_setup(), all = listen(CALM), i;
	int files[OSCAN_EVENT_FILES];
	struct oscan_event events[4];
	void *volatile nowhere = NULL;

	want_equal(try_read(all, events, 0), -EINVAL);
	want_equal(try_read(all, events, SIZE - 1), -EINVAL);
	request.types = 1;
	want_equal(motor_try(all, OSCAN_IOC_EVENTS, &request), -EINVAL);
	request.types = OSCAN_EVENT_ALL + 2;
	want_equal(motor_try(all, OSCAN_IOC_EVENTS, &request), -EINVAL);
	request.types = OSCAN_EVENT_ALL;
	request.reserved[2] = 1;
	want_equal(motor_try(all, OSCAN_IOC_EVENTS, &request), -EINVAL);
	/* One that could not be written is lost, and counted. */
	motor_move(fd, TURNTABLE, 5, 0);
	want_equal(try_read(all, nowhere, SIZE), -EFAULT);
	want_equal(try_read(all, events, sizeof(events)), SIZE);
	want_equal(events[0].seq, 1);
	want_equal(events[0].dropped, 1);
	request.reserved[2] = 0;
	for (i = 0; i < OSCAN_EVENT_FILES - 1; i++)
		files[i] = listen(2);
	files[i] = motor_open(O_RDONLY);
	want_equal(motor_try(files[i], OSCAN_IOC_EVENTS, &request), -EUSERS);
	/* One that has subscribed may change it, and closing makes room. */
	subscribe(files[0], 4);
	close(files[0]);
	subscribe(files[i], OSCAN_EVENT_ALL);
}

static void what_nobody_reads_pushes_out_the_oldest_and_is_counted(void)
{
	struct oscan_trigger_set every = {
		.mode = OSCAN_TRIGGER_EVERY, .flags = OSCAN_TRIGGER_UP,
		.start = 1, .distance = 1, .width_ns = OSCAN_PULSE_MIN_NS,
	};
	const uint32_t bit = OSCAN_EVENT_BIT(OSCAN_EVENT_TRIGGER) |
			     OSCAN_EVENT_BIT(OSCAN_EVENT_TRIGGER_MISSED);
	const uint32_t made = OSCAN_EVENT_QUEUE + 44;
	static struct oscan_event events[OSCAN_EVENT_QUEUE + 1];
	int fd = motor_setup(), slow = listen(bit), fast = listen(bit);
	uint32_t i, read = 0;
	ssize_t got;

	motor_do(fd, OSCAN_IOC_TRIGGER_SET, &every);
	motor_start(fd, TURNTABLE, made, 1000);
	while (read < made) {
		want_equal(next(fast).seq, read);
		read++;
	}
	motor_rest(fd, TURNTABLE);
	got = try_read(slow, events, sizeof(events));
	want_equal(got, OSCAN_EVENT_QUEUE * SIZE);
	for (i = 0; i < OSCAN_EVENT_QUEUE; i++) {
		want_equal(events[i].seq, 44 + i);
		want_equal(events[i].position, 45 + i);
		want_equal(events[i].dropped, 44);
	}
	every = (struct oscan_trigger_set) { .mode = OSCAN_TRIGGER_OFF };
	motor_do(fd, OSCAN_IOC_TRIGGER_SET, &every);
}

/* What was told by netlink. */
struct told {
	struct oscan_monitor *monitor;
	struct oscan_event events[32];
	unsigned int count;
	unsigned int missed;
	int64_t position;
};

static void on_steps(const struct oscan_trace_batch *batch, void *data)
{
	struct told *told = data;

	if (batch->axis == TURNTABLE && batch->steps)
		told->position = batch->first_position +
				 batch->direction * ((int64_t)batch->steps - 1);
}

static void on_event(const struct oscan_event *event, bool missed, void *data)
{
	struct told *told = data;

	want(told->count < 32, "too many events");
	told->missed += missed;
	told->events[told->count++] = *event;
	if (event->type == OSCAN_EVENT_MOVE_ENDED)
		want_equal(told->position, event->position);
}

static struct told tell(void)
{
	struct told told = {
		.monitor = oscan_monitor_open(OSCAN_MONITOR_EVENT |
					      OSCAN_MONITOR_TRACE),
	};

	want(told.monitor, "subscribing: %m");
	return told;
}

static void wait_told(struct told *told, unsigned int count)
{
	const struct oscan_monitor_handler handler = {
		.trace = on_steps, .event = on_event, .data = told,
	};
	struct pollfd wait = {
		.fd = oscan_monitor_fd(told->monitor), .events = POLLIN,
	};

	while (told->count < count) {
		want_equal(poll(&wait, 1, WAIT_NS / KIT_NS_PER_MS), 1);
		want(oscan_monitor_read(told->monitor, &handler) >= 0,
		     "reading the monitor: %m");
	}
}

static struct oscan_event *wait_end(struct told *told)
{
	do {
		wait_told(told, told->count + 1);
	} while (told->events[told->count - 1].type != OSCAN_EVENT_MOVE_ENDED);
	return &told->events[told->count - 1];
}

/* A move that pulses at 5 and ends at a switch, and a pulse by itself. */
static void make_events(int fd)
{
	struct oscan_trigger_set single = {
		.mode = OSCAN_TRIGGER_SINGLE, .flags = OSCAN_TRIGGER_UP,
		.start = 5, .width_ns = OSCAN_PULSE_MIN_NS,
	};
	struct oscan_pulse pulse = { .width_ns = OSCAN_PULSE_MIN_NS };
	char text[64];

	snprintf(text, sizeof(text), "%lld 1 normal",
		 rig_number("net_2") + 20);
	rig_write("endstop_2", text);
	motor_do(fd, OSCAN_IOC_TRIGGER_SET, &single);
	motor_start(fd, TURNTABLE, 40, 1000);
	motor_rest(fd, TURNTABLE);
	motor_do(fd, OSCAN_IOC_PULSE, &pulse);
	rig_write("endstop_2", "off");
}

/* The same but for the number, which is of all that were ever told. */
static void want_same(struct oscan_event told, struct oscan_event read,
		      uint32_t first)
{
	want_equal(told.seq - first, read.seq);
	told.seq = read.seq;
	want(!memcmp(&told, &read, SIZE),
	     "event %u: read is of type %u at %lld, told of type %u at %lld",
	     read.seq, read.type, (long long)read.position, told.type,
	     (long long)told.position);
}

static void watchers_are_told_what_others_read(void)
{
	const uint32_t wanted[] = {
		OSCAN_EVENT_MOVE_STARTED, OSCAN_EVENT_TRIGGER,
		OSCAN_EVENT_STOP_CLOSED, OSCAN_EVENT_MOVE_ENDED,
		OSCAN_EVENT_PULSE, OSCAN_EVENT_STOP_OPENED,
	};
	int fd = motor_setup(), all = listen(OSCAN_EVENT_ALL);
	struct told one = tell(), other = tell();
	struct oscan_event event;
	uint32_t i = 0, found = 0;

	make_events(fd);
	do {
		event = next(all);
		wait_told(&one, i + 1);
		want_same(one.events[i++], event, one.events[0].seq);
		found += event.type == wanted[found];
	} while (event.type != OSCAN_EVENT_STOP_OPENED);
	want_equal(found, sizeof(wanted) / sizeof(*wanted));
	wait_told(&other, i);
	want(!memcmp(one.events, other.events, i * SIZE),
	     "two watchers were told different things");
	want_equal(one.missed + other.missed, 0);
	oscan_monitor_close(one.monitor);
	oscan_monitor_close(other.monitor);
}

/* Nothing is kept for who comes later, and nothing is counted meanwhile. */
static void a_watcher_that_comes_again_is_told_from_then_on(void)
{
	int fd = motor_setup();
	struct told before = tell(), after;
	uint32_t seq;

	motor_move(fd, TURNTABLE, 5, 0);
	seq = wait_end(&before)->seq;
	oscan_monitor_close(before.monitor);
	motor_move(fd, TURNTABLE, 5, 0);
	after = tell();
	motor_move(fd, TURNTABLE, -3, 0);
	want_equal(wait_end(&after)->position, 7);
	want_equal(after.events[0].type, OSCAN_EVENT_MOVE_STARTED);
	want_equal(after.events[0].aux, 7);
	want_equal(after.events[0].seq, seq + 1);
	want_equal(after.missed, 0);
	oscan_monitor_close(after.monitor);
}

struct reader {
	int fd;
	atomic_int tid;
	ssize_t got;
	struct oscan_event event;
};

static void *read_one(void *data)
{
	struct reader *reader = data;

	reader->tid = syscall(SYS_gettid);
	reader->got = try_read(reader->fd, &reader->event, SIZE);
	return NULL;
}

static bool sleeps(int tid)
{
	char path[64], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	want(fgets(text, sizeof(text), file), "%s is empty", path);
	fclose(file);
	return strstr(text, ") S ");
}

/* A thread that waits in read(2). */
static pthread_t start_reader(struct reader *reader, uint32_t types)
{
	uint64_t deadline = kit_now_ns() + WAIT_NS;
	pthread_t thread;

	*reader = (struct reader) { .fd = motor_open(O_RDONLY) };
	subscribe(reader->fd, types);
	want(!pthread_create(&thread, NULL, read_one, reader),
	     "pthread_create");
	while (!reader->tid || !sleeps(reader->tid)) {
		want(kit_now_ns() < deadline, "it does not wait");
		kit_sleep_ms(2);
	}
	return thread;
}

static void a_read_that_waits_is_woken(void)
{
	int fd = motor_setup(), i;
	struct reader readers[2];
	pthread_t threads[2];

	for (i = 0; i < 2; i++)
		threads[i] = start_reader(&readers[i],
			OSCAN_EVENT_BIT(OSCAN_EVENT_MOVE_ENDED));
	motor_move(fd, TURNTABLE, 5, 0);
	for (i = 0; i < 2; i++) {
		want(!pthread_join(threads[i], NULL), "pthread_join");
		want_equal(readers[i].got, SIZE);
		want_equal(readers[i].event.type, OSCAN_EVENT_MOVE_ENDED);
		want_equal(readers[i].event.position, 5);
	}
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

/* What came before the end can still be read. */
static void a_device_that_goes_ends_every_wait(void)
{
	int fd = motor_setup(), all = listen(CALM);
	uint64_t steps = motor_state(fd, TURNTABLE).steps;
	struct oscan_event event;
	struct reader reader;
	pthread_t thread;

	thread = start_reader(&reader, OSCAN_EVENT_BIT(OSCAN_EVENT_CAPTURE));
	motor_start(fd, TURNTABLE, 100000, 0);
	motor_wait_steps(fd, TURNTABLE, steps, 50);
	write_driver("unbind");
	want(!pthread_join(thread, NULL), "pthread_join");
	want_equal(reader.got, -ENODEV);
	want_equal(poll_now(all), POLLIN | POLLERR | POLLHUP);
	want_equal(try_read(all, &event, SIZE), SIZE);
	want_equal(event.type, OSCAN_EVENT_MOVE_STARTED);
	while (event.type != OSCAN_EVENT_MOVE_ENDED)
		want_equal(try_read(all, &event, SIZE), SIZE);
	want_equal(event.value, OSCAN_END_SYSTEM);
	want_equal(try_read(all, &event, SIZE), -ENODEV);
	want_equal(poll_now(all), POLLERR | POLLHUP);
	write_driver("bind");
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(a_move_tells_when_it_begins_and_why_it_ends),
	CASE(commands_tell_what_they_did),
	CASE(a_disturbance_tells),
	CASE(an_end_stop_tells),
	CASE(each_file_gets_what_it_subscribed_to_and_nothing_else),
	CASE(bad_calls_are_refused_as_documented),
	CASE(what_nobody_reads_pushes_out_the_oldest_and_is_counted),
	CASE(watchers_are_told_what_others_read),
	CASE(a_watcher_that_comes_again_is_told_from_then_on),
	CASE(a_read_that_waits_is_woken),
	CASE(a_device_that_goes_ends_every_wait),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
