// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/motor.c */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "oscan.h"
#include "unit.h"

/*
 * The kernel, played by a list of requests that must come in this order.
 * ioctl() and the clock below take the place of libc's.
 */

/**
 * struct answer - one request expected, and what is said to it
 * @code: request
 * @size: bytes of its struct
 * @want: shape [size]: what must come in
 * @give: shape [size]: what goes out when @result is not -1
 * @result: of ioctl(2)
 * @error: errno with -1
 */
struct answer {
	unsigned long code;
	size_t size;
	const void *want;
	const void *give;
	int result;
	int error;
};

static const struct answer *script;
static size_t script_left;

static void expect(const struct answer *answers, size_t count)
{
	script = answers;
	script_left = count;
}

static void expect_nothing_more(void)
{
	ck_assert_uint_eq(script_left, 0);
}

int ioctl(int fd, unsigned long code, ...)
{
	const struct answer *answer = script;
	va_list list;
	void *argument;

	va_start(list, code);
	argument = va_arg(list, void *);
	va_end(list);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	ck_assert_uint_gt(script_left, 0);
	ck_assert_uint_eq(code, answer->code);
	ck_assert_uint_eq(_IOC_SIZE(code), answer->size);
	ck_assert_mem_eq(argument, answer->want, answer->size);
	script++;
	script_left--;
	if (answer->result < 0) {
		errno = answer->error;
		return answer->result;
	}
	memcpy(argument, answer->give, answer->size);
	return answer->result;
}

/* A clock that only sleeping moves, while armed. */
static bool clock_armed;
static int64_t clock_ns;
static int64_t pauses_ns[64];
static size_t n_pauses;
static int pause_error;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!clock_armed)
		return (int)syscall(SYS_clock_gettime, clock, now);
	ck_assert_int_eq(clock, CLOCK_MONOTONIC);
	now->tv_sec = clock_ns / 1000000000;
	now->tv_nsec = clock_ns % 1000000000;
	return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span,
		    struct timespec *left)
{
	int64_t ns = span->tv_sec * 1000000000LL + span->tv_nsec;

	(void)left;
	ck_assert(clock_armed);
	ck_assert_int_eq(clock, CLOCK_MONOTONIC);
	ck_assert_int_eq(flags, 0);
	ck_assert_uint_lt(n_pauses, 64);
	pauses_ns[n_pauses++] = ns;
	clock_ns += ns;
	return pause_error;
}

/* Bytes that are unlikely to be right by accident, the same every time. */
static void fill(void *bytes, size_t size)
{
	uint8_t *byte = bytes;

	while (size--)
		*byte++ = (uint8_t)(lrand48() >> 8 | 1);
}

static struct oscan_info good_info(void)
{
	struct oscan_info info;

	fill(&info, sizeof(info));
	info.abi_version = OSCAN_ABI_VERSION;
	info.axes = 2;
	strcpy(info.name, "oscan-motor");
	strcpy(info.driver_version, "0.1.0");
	return info;
}

static struct oscan_axis_info good_axis(unsigned int axis)
{
	struct oscan_axis_info info;

	fill(&info, sizeof(info));
	info.axis = axis;
	info.unit = OSCAN_UNIT_DEGREE;
	strcpy(info.name, axis ? "rotor" : "turntable");
	return info;
}

static const struct oscan_info no_info;
static const struct oscan_axis_info no_axes[OSCAN_MAX_AXES] = {
	{ .axis = 0 }, { .axis = 1 }, { .axis = 2 }, { .axis = 3 },
	{ .axis = 4 }, { .axis = 5 }, { .axis = 6 }, { .axis = 7 },
};

static struct oscan_info the_info;
static struct oscan_axis_info the_axes[2];

/* A motor over /dev/null, which takes no ioctl() of its own. */
static struct oscan_motor *open_motor(bool writable)
{
	const struct answer answers[] = {
		{ OSCAN_IOC_INFO, sizeof(no_info), &no_info, &the_info, 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(no_axes[0]), &no_axes[0],
		  &the_axes[0], 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(no_axes[0]), &no_axes[1],
		  &the_axes[1], 0, 0 },
	};
	struct oscan_motor *motor;

	srand48(1);
	the_info = good_info();
	the_axes[0] = good_axis(0);
	the_axes[1] = good_axis(1);
	expect(answers, 3);
	motor = oscan_motor_open("/dev/null", writable);
	ck_assert_ptr_nonnull(motor);
	expect_nothing_more();
	return motor;
}

static void expect_one(const struct answer *answer)
{
	expect(answer, 1);
}

static int lowest_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

static void must_not_open(const struct answer *answers, size_t count,
			  int error)
{
	int fd = lowest_free_fd();

	expect(answers, count);
	errno = 0;
	ck_assert_ptr_null(oscan_motor_open("/dev/null", true));
	ck_assert_int_eq(errno, error);
	expect_nothing_more();
	ck_assert_int_eq(lowest_free_fd(), fd);
}

TEST(what_the_driver_says_of_itself_comes_out_unchanged)
{
	struct oscan_motor *motor = open_motor(true);

	ck_assert_mem_eq(oscan_motor_info(motor), &the_info, sizeof(the_info));
	ck_assert_mem_eq(oscan_motor_axis_info(motor, 0), &the_axes[0],
			 sizeof(the_axes[0]));
	ck_assert_mem_eq(oscan_motor_axis_info(motor, 1), &the_axes[1],
			 sizeof(the_axes[1]));
	oscan_motor_close(motor);
}

TEST(the_file_is_opened_as_asked_and_closed_on_exec)
{
	struct oscan_motor *motor = open_motor(true);
	int fd = oscan_motor_fd(motor);

	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	oscan_motor_close(motor);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	motor = open_motor(false);
	ck_assert_int_eq(fcntl(oscan_motor_fd(motor), F_GETFL) & O_ACCMODE,
			 O_RDONLY);
	oscan_motor_close(motor);
}

TEST(closing_nothing_is_accepted)
{
	oscan_motor_close(NULL);
}

TEST(an_axis_is_found_by_its_whole_name)
{
	struct oscan_motor *motor = open_motor(false);

	ck_assert_int_eq(oscan_motor_find_axis(motor, "turntable"), 0);
	ck_assert_int_eq(oscan_motor_find_axis(motor, "rotor"), 1);
	errno = 0;
	ck_assert_int_eq(oscan_motor_find_axis(motor, "rot"), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(oscan_motor_find_axis(motor, "Rotor"), -1);
	ck_assert_int_eq(oscan_motor_find_axis(motor, ""), -1);
	oscan_motor_close(motor);
}

TEST(an_axis_that_is_not_there_has_no_info)
{
	struct oscan_motor *motor = open_motor(false);

	errno = 0;
	ck_assert_ptr_null(oscan_motor_axis_info(motor, 2));
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_ptr_null(oscan_motor_axis_info(motor, UINT32_MAX));
	oscan_motor_close(motor);
}

TEST(errors_of_open_are_passed_on)
{
	errno = 0;
	ck_assert_ptr_null(oscan_motor_open("/nonexistent/oscan", true));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(oscan_motor_open("/", true));
	ck_assert_int_eq(errno, EISDIR);
}

TEST(the_usual_path_is_taken_when_none_is_given)
{
	if (!access(OSCAN_DEVICE_PATH, F_OK))
		return;
	errno = 0;
	ck_assert_ptr_null(oscan_motor_open(NULL, false));
	ck_assert_int_eq(errno, ENOENT);
}

TEST(another_device_is_refused)
{
	const struct answer answers[] = {
		{ OSCAN_IOC_INFO, sizeof(no_info), &no_info, NULL, -1, ENOTTY },
	};

	must_not_open(answers, 1, ENOTTY);
}

TEST(an_older_driver_is_refused_and_a_newer_one_is_not)
{
	struct oscan_info info = good_info();
	struct oscan_axis_info axes[] = { good_axis(0), good_axis(1) };
	const struct answer answers[] = {
		{ OSCAN_IOC_INFO, sizeof(info), &no_info, &info, 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(*axes), no_axes, axes, 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(*axes), no_axes + 1, axes + 1,
		  0, 0 },
	};
	struct oscan_motor *motor;

	info.abi_version = OSCAN_ABI_VERSION - 1;
	must_not_open(answers, 1, EPROTO);
	info.abi_version = OSCAN_ABI_VERSION + 1;
	expect(answers, 3);
	motor = oscan_motor_open("/dev/null", false);
	ck_assert_ptr_nonnull(motor);
	oscan_motor_close(motor);
}

TEST(an_info_that_cannot_be_is_ebade)
{
	struct oscan_info info;
	const struct answer answer = {
		OSCAN_IOC_INFO, sizeof(info), &no_info, &info, 0, 0
	};
	const struct answer positive = {
		OSCAN_IOC_INFO, sizeof(info), &no_info, &info, 1, 0
	};

	info = good_info();
	must_not_open(&positive, 1, EBADE);
	info.axes = 0;
	must_not_open(&answer, 1, EBADE);
	info.axes = OSCAN_MAX_AXES + 1;
	must_not_open(&answer, 1, EBADE);
	info = good_info();
	memset(info.name, 'x', sizeof(info.name));
	must_not_open(&answer, 1, EBADE);
	info = good_info();
	memset(info.driver_version, 'x', sizeof(info.driver_version));
	must_not_open(&answer, 1, EBADE);
}

static void must_not_open_axis(const struct oscan_axis_info *axis)
{
	struct oscan_info info = good_info();
	const struct answer answers[] = {
		{ OSCAN_IOC_INFO, sizeof(info), &no_info, &info, 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(*axis), no_axes, axis, 0, 0 },
	};

	must_not_open(answers, 2, EBADE);
}

TEST(an_axis_that_cannot_be_is_ebade)
{
	struct oscan_axis_info axis;

	axis = good_axis(0);
	axis.axis = 1;
	must_not_open_axis(&axis);
	axis = good_axis(0);
	memset(axis.name, 'x', sizeof(axis.name));
	must_not_open_axis(&axis);
	axis = good_axis(0);
	axis.unit = 0;
	must_not_open_axis(&axis);
	axis.unit = OSCAN_UNIT_MILLIMETRE + 1;
	must_not_open_axis(&axis);
	axis.unit = OSCAN_UNIT_MILLIMETRE;
	axis.travel_per_turn_nm = 0;
	must_not_open_axis(&axis);
	axis = good_axis(0);
	axis.full_steps_per_turn = 0;
	must_not_open_axis(&axis);
	axis = good_axis(0);
	axis.microsteps = 0;
	must_not_open_axis(&axis);
	axis = good_axis(0);
	axis.gear_num = 0;
	must_not_open_axis(&axis);
	axis = good_axis(0);
	axis.gear_den = 0;
	must_not_open_axis(&axis);
}

TEST(an_error_in_an_axis_is_passed_on)
{
	struct oscan_info info = good_info();
	struct oscan_axis_info axis = good_axis(0);
	const struct answer answers[] = {
		{ OSCAN_IOC_INFO, sizeof(info), &no_info, &info, 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(axis), no_axes, &axis, 0, 0 },
		{ OSCAN_IOC_AXIS_INFO, sizeof(axis), no_axes + 1, NULL, -1,
		  ENODEV },
	};

	must_not_open(answers, 3, ENODEV);
}

static struct oscan_state good_state(unsigned int axis)
{
	struct oscan_state state;

	fill(&state, sizeof(state));
	state.axis = axis;
	state.motion = OSCAN_MOTION_MOVING;
	state.position_state = OSCAN_POSITION_KNOWN;
	state.end = OSCAN_END_NONE;
	return state;
}

TEST(state_is_read_whole_with_nothing_but_the_axis_going_in)
{
	struct oscan_motor *motor = open_motor(false);
	const struct oscan_state want = { .axis = 1 };
	struct oscan_state give = good_state(1);
	struct oscan_state got;

	fill(&got, sizeof(got));
	expect_one(&(struct answer){ OSCAN_IOC_STATE, sizeof(want), &want,
				     &give, 0, 0 });
	ck_assert_int_eq(oscan_motor_state(motor, 1, &got), 0);
	ck_assert_mem_eq(&got, &give, sizeof(got));
	expect_nothing_more();
	oscan_motor_close(motor);
}

TEST(a_state_that_cannot_be_is_ebade)
{
	struct oscan_motor *motor = open_motor(false);
	const struct oscan_state want = { .axis = 1 };
	struct oscan_state give[5];
	struct oscan_state got;
	size_t i;

	for (i = 0; i < 5; i++)
		give[i] = good_state(1);
	give[0].axis = 0;
	give[1].motion = 0;
	give[2].position_state = 0;
	give[3].end = 0;
	for (i = 0; i < 5; i++) {
		expect_one(&(struct answer){ OSCAN_IOC_STATE, sizeof(want),
					     &want, &give[i], i == 4, 0 });
		errno = 0;
		ck_assert_int_eq(oscan_motor_state(motor, 1, &got), -1);
		ck_assert_int_eq(errno, EBADE);
	}
	oscan_motor_close(motor);
}

TEST(a_request_that_a_signal_kept_from_beginning_is_made_again)
{
	struct oscan_motor *motor = open_motor(true);
	const struct oscan_state want = { .axis = 1 };
	const struct oscan_stop stop = { .axes = 2 };
	struct oscan_state give = good_state(1), got;
	const struct answer answers[] = {
		{ OSCAN_IOC_STATE, sizeof(want), &want, NULL, -1, EINTR },
		{ OSCAN_IOC_STATE, sizeof(want), &want, NULL, -1, EINTR },
		{ OSCAN_IOC_STATE, sizeof(want), &want, &give, 0, 0 },
		{ OSCAN_IOC_STOP, sizeof(stop), &stop, NULL, -1, EINTR },
		{ OSCAN_IOC_STOP, sizeof(stop), &stop, &stop, 0, 0 },
	};

	expect(answers, 5);
	ck_assert_int_eq(oscan_motor_state(motor, 1, &got), 0);
	ck_assert_mem_eq(&got, &give, sizeof(got));
	ck_assert_int_eq(oscan_motor_stop(motor, 2), 0);
	expect_nothing_more();
	oscan_motor_close(motor);
}

TEST(what_could_not_be_read_is_left_alone)
{
	struct oscan_motor *motor = open_motor(false);
	const struct oscan_state want = { .axis = 1 };
	const struct oscan_stats want_stats = { .axis = 1 };
	struct oscan_state before = good_state(0), got = before;
	struct oscan_stats stats_before, stats;
	const struct answer answers[] = {
		{ OSCAN_IOC_STATE, sizeof(want), &want, NULL, -1, ENODEV },
		{ OSCAN_IOC_STATS, sizeof(stats), &want_stats, NULL, -1,
		  ENODEV },
	};

	fill(&stats, sizeof(stats));
	stats_before = stats;
	expect(answers, 2);
	ck_assert_int_eq(oscan_motor_state(motor, 1, &got), -1);
	ck_assert_mem_eq(&got, &before, sizeof(got));
	ck_assert_int_eq(oscan_motor_stats(motor, 1, &stats), -1);
	ck_assert_mem_eq(&stats, &stats_before, sizeof(stats));
	expect_nothing_more();
	oscan_motor_close(motor);
}

TEST(statistics_are_read_whole)
{
	struct oscan_motor *motor = open_motor(false);
	const struct oscan_stats want = { .axis = 1 };
	struct oscan_stats give, got;

	fill(&give, sizeof(give));
	fill(&got, sizeof(got));
	give.axis = 1;
	expect_one(&(struct answer){ OSCAN_IOC_STATS, sizeof(want), &want,
				     &give, 0, 0 });
	ck_assert_int_eq(oscan_motor_stats(motor, 1, &got), 0);
	ck_assert_mem_eq(&got, &give, sizeof(got));
	give.axis = 0;
	expect_one(&(struct answer){ OSCAN_IOC_STATS, sizeof(want), &want,
				     &give, 0, 0 });
	ck_assert_int_eq(oscan_motor_stats(motor, 1, &got), -1);
	ck_assert_int_eq(errno, EBADE);
	oscan_motor_close(motor);
}

TEST(enable_says_on_and_off)
{
	struct oscan_motor *motor = open_motor(true);
	const struct oscan_enable on = { .axis = 1, .on = 1 };
	const struct oscan_enable off = { .axis = 0, .on = 0 };

	expect_one(&(struct answer){ OSCAN_IOC_ENABLE, sizeof(on), &on, &on,
				     0, 0 });
	ck_assert_int_eq(oscan_motor_enable(motor, 1, true), 0);
	expect_one(&(struct answer){ OSCAN_IOC_ENABLE, sizeof(off), &off, &off,
				     0, 0 });
	ck_assert_int_eq(oscan_motor_enable(motor, 0, false), 0);
	expect_nothing_more();
	oscan_motor_close(motor);
}

TEST(a_move_goes_down_and_comes_back_unchanged)
{
	struct oscan_motor *motor = open_motor(true);
	struct oscan_move want, give, move;

	fill(&want, sizeof(want));
	fill(&give, sizeof(give));
	move = want;
	expect_one(&(struct answer){ OSCAN_IOC_MOVE, sizeof(want), &want,
				     &give, 0, 0 });
	ck_assert_int_eq(oscan_motor_move(motor, &move), 0);
	ck_assert_mem_eq(&move, &give, sizeof(move));
	oscan_motor_close(motor);
}

TEST(stop_and_halt_name_their_axes)
{
	struct oscan_motor *motor = open_motor(true);
	const struct oscan_stop two = { .axes = 2 };
	const struct oscan_stop all = { .axes = UINT32_MAX };

	expect_one(&(struct answer){ OSCAN_IOC_STOP, sizeof(two), &two, &two,
				     0, 0 });
	ck_assert_int_eq(oscan_motor_stop(motor, 2), 0);
	expect_one(&(struct answer){ OSCAN_IOC_HALT, sizeof(all), &all, &all,
				     0, 0 });
	ck_assert_int_eq(oscan_motor_halt(motor, UINT32_MAX), 0);
	expect_nothing_more();
	oscan_motor_close(motor);
}

TEST(set_position_says_axis_and_position)
{
	struct oscan_motor *motor = open_motor(true);
	const struct oscan_set_position want = {
		.axis = 1, .position = -123456789012345
	};

	expect_one(&(struct answer){ OSCAN_IOC_SET_POSITION, sizeof(want),
				     &want, &want, 0, 0 });
	ck_assert_int_eq(oscan_motor_set_position(motor, 1, -123456789012345),
			 0);
	expect_nothing_more();
	oscan_motor_close(motor);
}

/* Every command, answered by the kernel with @result and @error. */
static void must_all_fail(struct oscan_motor *motor, int result, int error,
			  int want_error)
{
	struct oscan_enable enable = { .axis = 1, .on = 1 };
	struct oscan_set_position set = { .axis = 1, .position = 5 };
	struct oscan_set_position latch = {
		.axis = 1, .flags = OSCAN_SET_AT_LATCH, .position = 6
	};
	struct oscan_move move = { .axis = 1, .target = 5 };
	struct oscan_stop stop = { .axes = 3 };
	const struct answer answers[] = {
		{ OSCAN_IOC_ENABLE, sizeof(enable), &enable, &enable, result,
		  error },
		{ OSCAN_IOC_MOVE, sizeof(move), &move, &move, result, error },
		{ OSCAN_IOC_STOP, sizeof(stop), &stop, &stop, result, error },
		{ OSCAN_IOC_HALT, sizeof(stop), &stop, &stop, result, error },
		{ OSCAN_IOC_SET_POSITION, sizeof(set), &set, &set, result,
		  error },
		{ OSCAN_IOC_SET_POSITION, sizeof(latch), &latch, &latch,
		  result, error },
	};
	struct oscan_move again = move;

	expect(answers, 6);
	ck_assert_int_eq(oscan_motor_enable(motor, 1, true), -1);
	ck_assert_int_eq(errno, want_error);
	ck_assert_int_eq(oscan_motor_move(motor, &again), -1);
	ck_assert_int_eq(errno, want_error);
	ck_assert_int_eq(oscan_motor_stop(motor, 3), -1);
	ck_assert_int_eq(errno, want_error);
	ck_assert_int_eq(oscan_motor_halt(motor, 3), -1);
	ck_assert_int_eq(errno, want_error);
	ck_assert_int_eq(oscan_motor_set_position(motor, 1, 5), -1);
	ck_assert_int_eq(errno, want_error);
	ck_assert_int_eq(oscan_motor_set_latch_position(motor, 1, 6), -1);
	ck_assert_int_eq(errno, want_error);
	expect_nothing_more();
}

TEST(every_error_of_the_driver_is_passed_on)
{
	const int errors[] = { EBUSY, ENODEV, EINVAL, ENXIO, EBADF, ERANGE,
			       EDOM, EOVERFLOW, ESHUTDOWN, EOPNOTSUPP };
	struct oscan_motor *motor = open_motor(true);
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		must_all_fail(motor, -1, errors[i], errors[i]);
	oscan_motor_close(motor);
}

TEST(a_positive_answer_is_ebade)
{
	struct oscan_motor *motor = open_motor(true);

	must_all_fail(motor, 1, 0, EBADE);
	oscan_motor_close(motor);
}

/* @reads states of axis 1; the last one is at rest if @rest. */
static void expect_states(struct answer *answers, struct oscan_state *states,
			  size_t reads, bool rest)
{
	static const struct oscan_state want = { .axis = 1 };
	size_t i;

	for (i = 0; i < reads; i++) {
		states[i] = good_state(1);
		states[i].position = (int64_t)i;
		answers[i] = (struct answer){ OSCAN_IOC_STATE, sizeof(want),
					      &want, &states[i], 0, 0 };
	}
	if (rest)
		states[reads - 1].motion = OSCAN_MOTION_IDLE;
	expect(answers, reads);
	clock_armed = true;
	clock_ns = 123456789012345;
	n_pauses = 0;
	pause_error = 0;
}

TEST(waiting_for_an_axis_at_rest_does_not_sleep)
{
	struct oscan_motor *motor = open_motor(true);
	struct oscan_state states[1], state;
	struct answer answers[1];

	expect_states(answers, states, 1, true);
	ck_assert_int_eq(oscan_motor_wait(motor, 1, -1, &state), 0);
	ck_assert_uint_eq(n_pauses, 0);
	ck_assert_mem_eq(&state, &states[0], sizeof(state));
	clock_armed = false;
	oscan_motor_close(motor);
}

TEST(pauses_grow_from_1_to_10_ms)
{
	const int64_t want[] = { 1000000, 2000000, 4000000, 8000000, 10000000,
				 10000000, 10000000 };
	struct oscan_motor *motor = open_motor(true);
	struct oscan_state states[8], state;
	struct answer answers[8];

	expect_states(answers, states, 8, true);
	ck_assert_int_eq(oscan_motor_wait(motor, 1, -1, &state), 0);
	expect_nothing_more();
	ck_assert_uint_eq(n_pauses, 7);
	ck_assert_mem_eq(pauses_ns, want, sizeof(want));
	ck_assert_int_eq(state.position, 7);
	clock_armed = false;
	oscan_motor_close(motor);
}

TEST(a_wait_ends_on_its_time_with_the_last_state)
{
	const int64_t want[] = { 1000000, 2000000, 4000000, 5000000 };
	struct oscan_motor *motor = open_motor(true);
	struct oscan_state states[5], state;
	struct answer answers[5];

	expect_states(answers, states, 5, false);
	errno = 0;
	ck_assert_int_eq(oscan_motor_wait(motor, 1, 12, &state), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_uint_eq(n_pauses, 4);
	ck_assert_mem_eq(pauses_ns, want, sizeof(want));
	ck_assert_int_eq(state.position, 4);
	clock_armed = false;
	oscan_motor_close(motor);
}

TEST(no_time_to_wait_looks_once)
{
	struct oscan_motor *motor = open_motor(true);
	struct oscan_state states[1];
	struct answer answers[1];

	expect_states(answers, states, 1, false);
	ck_assert_int_eq(oscan_motor_wait(motor, 1, 0, NULL), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	expect_nothing_more();
	ck_assert_uint_eq(n_pauses, 0);
	clock_armed = false;
	oscan_motor_close(motor);
}

TEST(a_signal_ends_the_wait)
{
	struct oscan_motor *motor = open_motor(true);
	struct oscan_state states[1];
	struct answer answers[1];

	expect_states(answers, states, 1, false);
	pause_error = EINTR;
	errno = 0;
	ck_assert_int_eq(oscan_motor_wait(motor, 1, -1, NULL), -1);
	ck_assert_int_eq(errno, EINTR);
	expect_nothing_more();
	clock_armed = false;
	oscan_motor_close(motor);
}

TEST(an_error_ends_the_wait)
{
	struct oscan_motor *motor = open_motor(true);
	const struct oscan_state want = { .axis = 1 };

	expect_one(&(struct answer){ OSCAN_IOC_STATE, sizeof(want), &want,
				     NULL, -1, ENODEV });
	ck_assert_int_eq(oscan_motor_wait(motor, 1, -1, NULL), -1);
	ck_assert_int_eq(errno, ENODEV);
	oscan_motor_close(motor);
}
