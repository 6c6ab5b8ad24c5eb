// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * What the modules do when memory runs out: each allocation of a call is made
 * to fail once, the first in the first attempt, the second in the next one,
 * until an attempt has no allocation left to fail. The call then says so or
 * has done without, and the next one works. Needs a kernel with
 * CONFIG_FAULT_INJECTION, set up by tests/debug/test-faults.sh; what is left
 * behind is looked for by the kernel itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kit.h"
#include "oscan.h"

#define DRIVER	"/sys/bus/platform/drivers/oscan-motor/"

/* More than any call has. */
#define ALLOCATIONS_MAX	20000

/**
 * struct call - what is made to fail
 * @what: for messages
 * @run: 0 or -errno
 * @undo: after a run that returned 0; may be NULL
 */
struct call {
	const char *what;
	int (*run)(void);
	void (*undo)(void);
};

static int fault_fd = -1;

/* The @nth allocation that this thread makes from now on fails. */
static void fault_arm(unsigned int nth)
{
	char text[12];
	int length = sprintf(text, "%u", nth);

	if (fault_fd < 0)
		fault_fd = open("/proc/thread-self/fail-nth",
				O_RDWR | O_CLOEXEC);
	want(fault_fd >= 0, "/proc/thread-self/fail-nth: %m");
	want(pwrite(fault_fd, text, length, 0) == length,
	     "writing fail-nth: %m");
}

/* True if it did fail. */
static bool fault_disarm(void)
{
	char text[12] = "";

	want(pread(fault_fd, text, sizeof(text) - 1, 0) > 0,
	     "reading fail-nth: %m");
	want(pwrite(fault_fd, "0", 1, 0) == 1, "writing fail-nth: %m");
	return !atoi(text);
}

/* Returns how many allocations failed. */
static unsigned int fail_each_allocation(const struct call *call)
{
	unsigned int nth;
	bool hit;
	int ret;

	/* Once without, so that this program's own pages are all there. */
	ret = call->run();
	want(!ret, "%s: %s", call->what, strerror(-ret));
	if (call->undo)
		call->undo();
	for (nth = 1;; nth++) {
		want(nth < ALLOCATIONS_MAX, "%s never ends", call->what);
		fault_arm(nth);
		ret = call->run();
		hit = fault_disarm();
		want(hit || !ret, "%s failed though no allocation did: %s",
		     call->what, strerror(-ret));
		if (!ret && call->undo)
			call->undo();
		if (!hit)
			break;
	}
	kit_say("%s: %u allocations", call->what, nth - 1);
	return nth - 1;
}

static void want_each_allocation_to_fail(const struct call *call)
{
	want(fail_each_allocation(call), "%s allocates nothing", call->what);
}

static void want_usable(void)
{
	int fd = motor_setup();
	struct recording recording;

	motor_move(fd, TURNTABLE, 20, 0);
	motor_move(fd, ROTOR, -20, 0);
	recording = rig_take();
	want_equal(recording_net(&recording, TURNTABLE), 20);
	want_equal(recording_net(&recording, ROTOR), -20);
	close(fd);
}

static int driver_fds[2];

static int write_device(int fd)
{
	static const char device[] = "oscan-motor";

	return pwrite(fd, device, sizeof(device) - 1, 0) < 0 ? -errno : 0;
}

static int bind_device(void)
{
	return write_device(driver_fds[0]);
}

static int unbind_device(void)
{
	return write_device(driver_fds[1]);
}

static void must_bind(void)
{
	int ret = bind_device();

	want(!ret, "binding: %s", strerror(-ret));
}

static void must_unbind(void)
{
	int ret = unbind_device();

	want(!ret, "unbinding: %s", strerror(-ret));
}

/* Refused before the driver is asked, for want of memory; then it is bound. */
static void unbind_if_bound(void)
{
	if (!access(DRIVER "oscan-motor", F_OK))
		must_unbind();
}

static void open_driver(void)
{
	driver_fds[0] = open(DRIVER "bind", O_WRONLY | O_CLOEXEC);
	driver_fds[1] = open(DRIVER "unbind", O_WRONLY | O_CLOEXEC);
	want(driver_fds[0] >= 0 && driver_fds[1] >= 0, DRIVER ": %m");
}

static void each_allocation_of_binding_may_fail(void)
{
	const struct call call = {
		"binding", bind_device, unbind_if_bound,
	};

	open_driver();
	must_unbind();
	want_each_allocation_to_fail(&call);
	must_bind();
	want_usable();
}

static void each_allocation_of_unbinding_may_fail(void)
{
	const struct call call = { "unbinding", unbind_device, must_bind };

	open_driver();
	want_each_allocation_to_fail(&call);
	want_usable();
}

static int opened = -1;

static int open_motor(void)
{
	opened = open("/dev/oscan-motor", O_RDWR | O_CLOEXEC);
	return opened < 0 ? -errno : 0;
}

static void close_motor(void)
{
	close(opened);
}

static void each_allocation_of_opening_may_fail(void)
{
	const struct call call = { "opening", open_motor, close_motor };

	want_each_allocation_to_fail(&call);
	want_usable();
}

static int run_info(void)
{
	struct oscan_info info;

	return motor_try(opened, OSCAN_IOC_INFO, &info);
}

static int run_axis_info(void)
{
	struct oscan_axis_info info = { .axis = ROTOR };

	return motor_try(opened, OSCAN_IOC_AXIS_INFO, &info);
}

static int run_state(void)
{
	struct oscan_state state = { .axis = ROTOR };

	return motor_try(opened, OSCAN_IOC_STATE, &state);
}

static int run_stats(void)
{
	struct oscan_stats stats = { .axis = ROTOR };

	return motor_try(opened, OSCAN_IOC_STATS, &stats);
}

static int run_off(void)
{
	struct oscan_enable enable = { .axis = ROTOR, .on = 0 };

	return motor_try(opened, OSCAN_IOC_ENABLE, &enable);
}

static void undo_off(void)
{
	motor_enable(opened, ROTOR, true);
}

static int run_set_position(void)
{
	struct oscan_set_position set = {
		.axis = ROTOR, .position = ROTOR_START,
	};

	return motor_try(opened, OSCAN_IOC_SET_POSITION, &set);
}

static int run_move(void)
{
	return motor_try_move(opened, TURNTABLE, 10, 0);
}

static void undo_move(void)
{
	motor_rest(opened, TURNTABLE);
	motor_move(opened, TURNTABLE, -10, 0);
}

static int run_stop(void)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };

	motor_start(opened, TURNTABLE, 400, 0);
	return motor_try(opened, OSCAN_IOC_STOP, &stop);
}

static int run_halt(void)
{
	struct oscan_stop stop = { .axes = 1 << TURNTABLE };

	motor_start(opened, TURNTABLE, 400, 0);
	return motor_try(opened, OSCAN_IOC_HALT, &stop);
}

static void undo_stop(void)
{
	motor_rest(opened, TURNTABLE);
}

/* With a subscriber, so that every fact is wanted. */
static void each_allocation_of_a_request_may_fail(void)
{
	static const struct call calls[] = {
		{ "INFO", run_info, NULL },
		{ "AXIS_INFO", run_axis_info, NULL },
		{ "STATE", run_state, NULL },
		{ "STATS", run_stats, NULL },
		{ "ENABLE", run_off, undo_off },
		{ "SET_POSITION", run_set_position, NULL },
		{ "MOVE", run_move, undo_move },
		{ "STOP", run_stop, undo_stop },
		{ "HALT", run_halt, undo_stop },
	};
	struct oscan_monitor *monitor =
		oscan_monitor_open(OSCAN_MONITOR_TRACE | OSCAN_MONITOR_STATE);
	size_t i;

	want(monitor, "subscribing: %m");
	opened = motor_setup();
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		fail_each_allocation(&calls[i]);
	close(opened);
	oscan_monitor_close(monitor);
	want_usable();
}

static struct oscan_monitor *subscription;

static int subscribe(void)
{
	subscription = oscan_monitor_open(OSCAN_MONITOR_TRACE |
					  OSCAN_MONITOR_STATE);
	return subscription ? 0 : -errno;
}

static void unsubscribe(void)
{
	oscan_monitor_close(subscription);
}

static void each_allocation_of_subscribing_may_fail(void)
{
	const struct call call = { "subscribing", subscribe, unsubscribe };

	want_each_allocation_to_fail(&call);
	want_usable();
}

struct told {
	size_t steps;
	unsigned int missed;
	bool rests;
	int64_t position;
};

static void on_trace(const struct oscan_trace_batch *batch, void *data)
{
	struct told *told = data;

	if (batch->axis != TURNTABLE)
		return;
	told->steps += batch->steps;
	told->missed += batch->missed;
}

static void on_state(const struct oscan_state *state, void *data)
{
	struct told *told = data;

	if (state->axis != TURNTABLE)
		return;
	told->rests = state->motion == OSCAN_MOTION_IDLE;
	told->position = state->position;
}

static void listen_until(struct told *told, int64_t position)
{
	const struct oscan_monitor_handler handler = {
		.trace = on_trace, .state = on_state, .data = told,
	};
	uint64_t deadline = kit_now_ns() + 60 * KIT_NS_PER_S;

	while (!told->rests || told->position != position) {
		want(kit_now_ns() < deadline,
		     "the state at %lld was never told", (long long)position);
		want(oscan_monitor_read(subscription, &handler) >= 0,
		     "reading the monitor: %m");
		kit_sleep_ms(1);
	}
}

static void set_failslab(const char *name, const char *text)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/failslab/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	want(fd >= 0 && write(fd, text, strlen(text)) > 0, "%s: %m", path);
	close(fd);
}

static bool failslab_hit(void)
{
	char text[16] = "";
	int fd = open("/sys/kernel/debug/failslab/times", O_RDONLY | O_CLOEXEC);

	want(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0,
	     "failslab/times: %m");
	close(fd);
	return !atoi(text);
}

/*
 * The worker sends: what fails is whatever is allocated below the driver, in
 * any thread, once @space bytes were. Returns whether something was.
 */
static bool lose_a_message(int fd, unsigned int space)
{
	struct told told = { 0 };
	int64_t position = motor_state(fd, TURNTABLE).position;
	char text[12];
	bool hit;

	want(!subscribe(), "subscribing: %m");
	sprintf(text, "%u", space);
	set_failslab("space", text);
	set_failslab("times", "1");
	set_failslab("probability", "100");
	motor_move(fd, TURNTABLE, 30, 0);
	kit_sleep_ms(20);
	set_failslab("probability", "0");
	hit = failslab_hit();
	motor_move(fd, TURNTABLE, 10, 0);
	listen_until(&told, position + 40);
	want(told.steps == 40 || told.missed,
	     "told of %zu steps of 40, and of none missed", told.steps);
	want(told.steps == 40 || hit, "steps were lost though nothing failed");
	unsubscribe();
	return hit;
}

static void each_allocation_of_a_message_may_fail(void)
{
	int fd = motor_setup();
	unsigned int space = 0;

	while (lose_a_message(fd, space))
		space += 256;
	want(space >= 2048, "the messages of a move take %u bytes only", space);
	kit_say("the messages of a move: %u bytes", space);
	motor_halt(fd);
	close(fd);
	want_usable();
}

/* A module in memory: what is read from a file is not what is tested. */
static void *image;
static size_t image_size;
static const char *image_name;

static void read_module(const char *name)
{
	char path[512];
	struct stat status;
	int fd;

	snprintf(path, sizeof(path), "%s/%s.ko", getenv("OSCAN_MODULES"), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	want(fd >= 0 && !fstat(fd, &status), "%s: %m", path);
	image_name = name;
	image_size = status.st_size;
	image = malloc(image_size);
	want(image && read(fd, image, image_size) == (ssize_t)image_size,
	     "reading %s: %m", path);
	close(fd);
}

static int load_module(void)
{
	return syscall(SYS_init_module, image, image_size, "") ? -errno : 0;
}

static void must_unload(void)
{
	want(!syscall(SYS_delete_module, image_name, O_NONBLOCK),
	     "unloading %s: %m", image_name);
}

static void must_load(void)
{
	int ret = load_module();

	want(!ret, "loading %s: %s", image_name, strerror(-ret));
}

/* The rig's device is there, so that it is bound on the way. */
static void each_allocation_of_loading_the_driver_may_fail(void)
{
	struct call call = { "oscan_motor", load_module, must_unload };

	read_module(call.what);
	must_unload();
	want_each_allocation_to_fail(&call);
	must_load();
	free(image);
	want_usable();
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(each_allocation_of_binding_may_fail),
	CASE(each_allocation_of_unbinding_may_fail),
	CASE(each_allocation_of_opening_may_fail),
	CASE(each_allocation_of_a_request_may_fail),
	CASE(each_allocation_of_subscribing_may_fail),
	CASE(each_allocation_of_a_message_may_fail),
	CASE(each_allocation_of_loading_the_driver_may_fail),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
