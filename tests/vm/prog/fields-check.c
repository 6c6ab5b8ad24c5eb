// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c tests/fuzz/requests.c tests/fuzz/fields.c tests/fuzz/random.c -lm */
/*
 * Bad input: every field of every request at its ends, wrong sizes, bad
 * pointers, other calls at the same time, positions at the ends of s64. The
 * requests are those of tests/fuzz/requests.c, so a new one is covered when
 * the fuzzer knows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../fuzz/fuzz.h"
#include "kit.h"

#define AXES	2
#define TRIGGERS 1
#define CAPTURES 1
#define PAGE	4096

/* What <linux/oscan.h> documents for requests as a whole. */
static const int errors_of_all[] = {
	EINVAL, EFAULT, ENXIO, EBUSY, EOPNOTSUPP, ESHUTDOWN, ERANGE, E2BIG, EDOM,
	EOVERFLOW, ENOSPC, EAGAIN, ENODATA, ESTALE, EUSERS,
};

static const uint64_t ends[] = {
	0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
	0xfffffffe, 0xffffffff, 0x100000000, 1ULL << 40, (1ULL << 40) + 1,
	1ULL << 44, 1ULL << 47, 1ULL << 53, (1ULL << 53) + 1,
	-(1ULL << 53), -(1ULL << 53) - 1, -(1ULL << 40) - 1, 1ULL << 62,
	(1ULL << 63) - 1, 1ULL << 63, (1ULL << 63) + 1, -2ULL, -1ULL,
};

static bool is_documented(int error)
{
	size_t i;

	for (i = 0; i < sizeof(errors_of_all) / sizeof(*errors_of_all); i++)
		if (errors_of_all[i] == error)
			return true;
	return false;
}

struct snapshot {
	struct oscan_state states[AXES];
};

static struct snapshot look(int fd)
{
	return (struct snapshot) {
		{ motor_state(fd, 0), motor_state(fd, 1) },
	};
}

/* What only says when it was read, or how far the trace was told. */
static void forget_times(struct oscan_state *state)
{
	state->time_ns = 0;
	state->trace_seq = 0;
}

static void want_unchanged(int fd, struct snapshot *before, const char *what,
			   uint64_t value)
{
	struct snapshot now = look(fd);
	int axis;

	for (axis = 0; axis < AXES; axis++) {
		forget_times(&now.states[axis]);
		forget_times(&before->states[axis]);
		want(!memcmp(&now.states[axis], &before->states[axis],
			     sizeof(struct oscan_state)),
		     "%s with %#llx was refused but changed axis %d", what,
		     (unsigned long long)value, axis);
	}
}

static unsigned int lines_of(const struct fuzz_request *request)
{
	return !strncmp(request->name, "CAPTURE", 7) ? CAPTURES : TRIGGERS;
}

static int wanted_of(const struct fuzz_request *request,
		     const struct fuzz_field *field, uint64_t value)
{
	uint32_t half = value;

	switch (field->kind) {
	case 'a':
		return half < AXES ? -1 : ENXIO;
	case 't':
		return half < lines_of(request) ? -1 : ENXIO;
	case 'm':
		return half >> AXES ? ENXIO : -1;
	case 'b':
		return half > 1 ? EINVAL : -1;
	case 'z':
		return half ? EINVAL : -1;
	case 'Z':
		return value ? EINVAL : -1;
	default:
		return -1;
	}
}

static void check_value(int fd, const struct fuzz_request *request,
			const struct fuzz_field *field, uint64_t value)
{
	unsigned char argument[FUZZ_ARGUMENT] = { 0 };
	struct snapshot before = look(fd);
	char what[64];
	int error, wanted;

	fields_put(argument, field, value);
	snprintf(what, sizeof(what), "%s at byte %zu", request->name,
		 field->offset);
	error = -motor_try(fd, request->cmd, argument);
	wanted = wanted_of(request, field, value);
	want(wanted < 0 || error == wanted, "%s with %#llx: %s, wanted %s",
	     what, (unsigned long long)value, strerror(error),
	     strerror(wanted));
	want(!error || is_documented(error), "%s with %#llx: %s", what,
	     (unsigned long long)value, strerror(error));
	if (error) {
		want_unchanged(fd, &before, what, value);
		return;
	}
	/* Accepted: as it was for the next one. */
	motor_halt(fd);
	motor_enable(fd, TURNTABLE, true);
	motor_enable(fd, ROTOR, true);
	motor_set_position(fd, TURNTABLE, 0);
	motor_set_position(fd, ROTOR, ROTOR_START);
}

static void check_request(int fd, const struct fuzz_request *request)
{
	static struct fuzz_layout layout;
	const struct fuzz_field *field;
	size_t i, value;

	want(fields_parse(&layout, request->fields) &&
	     layout.size == request->size, "fields of %s", request->name);
	for (i = 0; i < layout.count; i++) {
		field = &layout.fields[i];
		/* Of a request that only reads, nothing else is looked at. */
		if (request->right == FUZZ_WATCH && field->kind != 'a' &&
		    field->kind != 't')
			continue;
		for (value = 0; value < sizeof(ends) / sizeof(*ends); value++)
			check_value(fd, request, field, ends[value]);
	}
}

static void every_field_at_its_ends_is_accepted_or_refused_as_documented(void)
{
	int fd = motor_setup();
	struct recording recording;
	uint64_t steps[AXES];
	size_t i;
	int axis;

	for (axis = 0; axis < AXES; axis++)
		steps[axis] = motor_state(fd, axis).steps;
	for (i = 0; i < fuzz_request_count; i++)
		check_request(fd, &fuzz_requests[i]);
	recording = rig_take();
	for (axis = 0; axis < AXES; axis++)
		want_equal(motor_state(fd, axis).steps - steps[axis],
			   recording_count(&recording, axis_lines(axis).step,
					   1));
}

/* A request as it stands, but for one part of its number. */
static void a_wrong_size_or_direction_is_an_unknown_request(void)
{
	unsigned char argument[1 << 14] = { 0 };
	int fd = motor_setup();
	struct snapshot before = look(fd);
	const struct fuzz_request *request;
	unsigned int nr, size, direction;
	size_t i;

	for (i = 0; i < fuzz_request_count; i++) {
		request = &fuzz_requests[i];
		nr = _IOC_NR(request->cmd);
		for (size = 0; size < 1 << 14; size += size < 600 ? 1 : 997)
			if (size != request->size)
				want_equal(motor_try(fd,
					_IOC(_IOC_DIR(request->cmd), 'o', nr,
					     size), argument), -ENOTTY);
		for (direction = 0; direction < 4; direction++)
			if (direction != _IOC_DIR(request->cmd))
				want_equal(motor_try(fd,
					_IOC(direction, 'o', nr,
					     request->size), argument),
					-ENOTTY);
	}
	want_unchanged(fd, &before, "an unknown request", 0);
}

/* At every boundary within the struct, and where nothing is at all. */
static void an_argument_that_is_not_all_there_is_refused(void)
{
	unsigned char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = motor_setup();
	struct snapshot before = look(fd);
	size_t i, there;

	want(pages != MAP_FAILED, "mmap: %m");
	want(!mprotect(pages + PAGE, PAGE, PROT_NONE), "mprotect: %m");
	for (i = 0; i < fuzz_request_count; i++) {
		for (there = 0; there < fuzz_requests[i].size; there++)
			want_equal(motor_try(fd, fuzz_requests[i].cmd,
					     pages + PAGE - there), -EFAULT);
		want_equal(motor_try(fd, fuzz_requests[i].cmd, NULL),
			   -EFAULT);
		want_equal(motor_try(fd, fuzz_requests[i].cmd, (void *)-1),
			   -EFAULT);
		want_equal(motor_try(fd, fuzz_requests[i].cmd,
				     (void *)0xffff888000000000), -EFAULT);
	}
	want_unchanged(fd, &before, "a bad pointer", 0);
}

static void an_unaligned_argument_is_as_good_as_any(void)
{
	_Alignas(8) unsigned char bytes[sizeof(struct oscan_move) + 8];
	struct oscan_move move = {
		.flags = OSCAN_MOVE_RELATIVE, .target = 1,
	};
	int fd = motor_setup(), shift;

	for (shift = 1; shift < 8; shift++) {
		memcpy(bytes + shift, &move, sizeof(move));
		motor_do(fd, OSCAN_IOC_MOVE, bytes + shift);
		want_equal(motor_rest(fd, TURNTABLE).position, shift);
	}
}

static void try_from(int fd, int64_t at, int64_t by)
{
	struct oscan_move move = {
		.flags = OSCAN_MOVE_RELATIVE, .target = by,
	};
	struct snapshot before;
	__int128 target = (__int128)at + by;
	bool there = target <= OSCAN_POSITION_LIMIT &&
		     target >= -OSCAN_POSITION_LIMIT;
	int ret;

	motor_set_position(fd, TURNTABLE, at);
	before = look(fd);
	ret = motor_try(fd, OSCAN_IOC_MOVE, &move);
	want(there == !ret && (there || ret == -EOVERFLOW),
	     "a move of %lld from %lld: %s", (long long)by, (long long)at,
	     strerror(-ret));
	if (ret)
		want_unchanged(fd, &before, "such a move", by);
	motor_halt(fd);
	motor_enable(fd, TURNTABLE, true);
}

static void no_move_leaves_the_positions_there_are(void)
{
	static const int64_t places[] = {
		OSCAN_POSITION_LIMIT, -OSCAN_POSITION_LIMIT,
		OSCAN_POSITION_LIMIT - 1, 1 - OSCAN_POSITION_LIMIT, 0,
	};
	static const int64_t ways[] = {
		1, -1, 2, -2, INT64_MAX, INT64_MIN, INT64_MAX - 1,
		INT64_MIN + 1, INT64_MAX - OSCAN_POSITION_LIMIT,
		INT64_MIN + OSCAN_POSITION_LIMIT,
	};
	int fd = motor_setup();
	size_t i, j;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		for (j = 0; j < sizeof(ways) / sizeof(*ways); j++)
			try_from(fd, places[i], ways[j]);
}

static atomic_bool ended;

/* Reads all the time, from another thread, and tries to command. */
static void *disturb(void *data)
{
	const int *fd = data;
	struct oscan_state state;
	struct oscan_move move = { .flags = OSCAN_MOVE_RELATIVE, .target = 1 };
	struct oscan_set_position set = { .position = 77 };
	struct oscan_enable off = { .on = 0 };
	int64_t before = INT64_MIN;

	while (!ended) {
		state = motor_state(*fd, TURNTABLE);
		want(state.position >= before, "the position went back");
		before = state.position;
		want_equal(motor_try(*fd, OSCAN_IOC_MOVE, &move), -EBUSY);
		want_equal(motor_try(*fd, OSCAN_IOC_SET_POSITION, &set),
			   -EBUSY);
		want_equal(motor_try(*fd, OSCAN_IOC_ENABLE, &off), -EBUSY);
	}
	return NULL;
}

/* Over one file, and over another. */
static void check_second_thread(int fd, int other)
{
	struct recording recording;
	pthread_t thread;
	int64_t from = motor_state(fd, TURNTABLE).position;

	rig_reset();
	ended = false;
	motor_start(fd, TURNTABLE, 1500, 1500);
	want(!pthread_create(&thread, NULL, disturb, &other),
	     "pthread_create");
	motor_wait_steps(fd, TURNTABLE, motor_state(fd, TURNTABLE).steps,
			 1000);
	ended = true;
	want(!pthread_join(thread, NULL), "pthread_join");
	want_equal(motor_rest(fd, TURNTABLE).position, from + 1500);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), 1500);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
	recording_free(&recording);
}

static void a_second_thread_does_not_disturb_a_move(void)
{
	int fd = motor_setup();

	check_second_thread(fd, fd);
	check_second_thread(fd, motor_open(O_RDWR));
}

struct racer {
	int fd;
	unsigned int axis;
	uint64_t steps;
};

/* Both commands come of the same file; each axis obeys one thread. */
static void *race(void *data)
{
	struct racer *racer = data;
	int i;

	for (i = 0; i < 30; i++) {
		motor_move(racer->fd, racer->axis, i % 2 ? -7 : 7, 0);
		racer->steps += 7;
	}
	return NULL;
}

static void two_threads_command_an_axis_each(void)
{
	int fd = motor_setup(), axis;
	struct racer racers[AXES] = { { fd, 0, 0 }, { fd, 1, 0 } };
	pthread_t threads[AXES];
	struct recording recording;

	for (axis = 0; axis < AXES; axis++)
		want(!pthread_create(&threads[axis], NULL, race,
				     &racers[axis]), "pthread_create");
	for (axis = 0; axis < AXES; axis++)
		want(!pthread_join(threads[axis], NULL), "pthread_join");
	recording = rig_take();
	for (axis = 0; axis < AXES; axis++) {
		want_equal(recording_net(&recording, axis), 0);
		want_equal(recording_count(&recording, axis_lines(axis).step,
					   1), racers[axis].steps);
	}
}

/* A page that the kernel cannot read until fill() is called. */
struct slow_page {
	int fd;
	void *page;
};

static struct slow_page slow_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct slow_page slow;

	slow.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	want(slow.page != MAP_FAILED, "mmap: %m");
	range.range = (struct uffdio_range){ (uintptr_t)slow.page, PAGE };
	slow.fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	want(slow.fd >= 0, "userfaultfd: %m");
	want(!ioctl(slow.fd, UFFDIO_API, &api), "UFFDIO_API: %m");
	want(!ioctl(slow.fd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER: %m");
	return slow;
}

static void wait_for_reader(const struct slow_page *slow)
{
	struct pollfd wait = { .fd = slow->fd, .events = POLLIN };

	want(poll(&wait, 1, 60000) == 1 && wait.revents == POLLIN,
	     "nobody reads the page");
}

static void fill(struct slow_page *slow)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)slow->page, PAGE },
	};

	want(!ioctl(slow->fd, UFFDIO_ZEROPAGE, &zero), "UFFDIO_ZEROPAGE: %m");
	close(slow->fd);
}

struct slow_call {
	int fd;
	unsigned long request;
	void *argument;
};

static void *call(void *data)
{
	struct slow_call *call = data;

	motor_do(call->fd, call->request, call->argument);
	return NULL;
}

static void check_slow_call(struct slow_page *slow, struct slow_call *slow_call)
{
	struct oscan_stop halt = { .axes = 1 << TURNTABLE };
	int other = motor_open(O_RDWR);
	pthread_t thread;

	motor_start(slow_call->fd, TURNTABLE, 100000, 0);
	want(!pthread_create(&thread, NULL, call, slow_call),
	     "pthread_create");
	wait_for_reader(slow);
	motor_do(other, OSCAN_IOC_HALT, &halt);
	want_equal(motor_rest(other, TURNTABLE).end, OSCAN_END_HALTED);
	fill(slow);
	want(!pthread_join(thread, NULL), "pthread_join");
	close(other);
}

/* Zeroes: a move to 0, and a place at 0. */
static void others_halt_while_the_memory_of_a_caller_is_slow(void)
{
	int fd = motor_setup();
	struct slow_page moves = slow_page(), places = slow_page();
	struct oscan_group group = {
		.moves = (uintptr_t)moves.page, .count = 1,
	};
	struct oscan_trigger_set list = {
		.mode = OSCAN_TRIGGER_LIST,
		.flags = OSCAN_TRIGGER_UP,
		.width_ns = OSCAN_PULSE_MIN_NS,
		.positions = (uintptr_t)places.page,
		.number = 1,
	};

	check_slow_call(&places, &(struct slow_call){
		fd, OSCAN_IOC_TRIGGER_SET, &list });
	check_slow_call(&moves, &(struct slow_call){
		fd, OSCAN_IOC_MOVE_TOGETHER, &group });
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(every_field_at_its_ends_is_accepted_or_refused_as_documented),
	CASE(a_wrong_size_or_direction_is_an_unknown_request),
	CASE(an_argument_that_is_not_all_there_is_refused),
	CASE(an_unaligned_argument_is_as_good_as_any),
	CASE(no_move_leaves_the_positions_there_are),
	CASE(a_second_thread_does_not_disturb_a_move),
	CASE(two_threads_command_an_axis_each),
	CASE(others_halt_while_the_memory_of_a_caller_is_slow),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
