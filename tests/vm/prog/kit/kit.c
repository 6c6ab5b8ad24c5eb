// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kit.h"

/* Where time is exact, many of its seconds pass in one of ours. */
#define CASE_SECONDS	600
#define REST_NS		(60 * KIT_NS_PER_S)
#define FILES		"/sys/kernel/debug/oscan-rig/"

/* Write end of the pipe to the parent; reasons have no line breaks. */
static int reason_fd = STDERR_FILENO;

void kit_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdprintf(reason_fd, format, arguments);
	va_end(arguments);
	_exit(1);
}

void kit_say(const char *format, ...)
{
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	dprintf(STDOUT_FILENO, "# %s\n", text);
}

void kit_want_equal(const char *what, long long found, long long wanted)
{
	want(found == wanted, "%s is %lld, wanted %lld", what, found, wanted);
}

static unsigned int case_seconds(void)
{
	const char *text = getenv("OSCAN_CASE_SECONDS");

	return text ? strtoul(text, NULL, 10) : CASE_SECONDS;
}

static void run_child(const struct kit_case *test, const int *ends)
{
	close(ends[0]);
	reason_fd = ends[1];
	alarm(case_seconds());
	test->run();
	_exit(0);
}

static size_t read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size - 1 &&
	       (got = read(fd, text + length, size - 1 - length)) > 0)
		length += got;
	text[length] = '\0';
	return length;
}

static bool run_case(const struct kit_case *test)
{
	char reason[400];
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	child = fork();
	if (!child)
		run_child(test, ends);
	close(ends[1]);
	read_all(ends[0], reason, sizeof(reason));
	close(ends[0]);
	if (waitpid(child, &status, 0) != child)
		status = -1;
	if (!status)
		printf("ok %s\n", test->name);
	else if (WIFSIGNALED(status))
		printf("not ok %s: ended by signal %d\n", test->name,
		       WTERMSIG(status));
	else
		printf("not ok %s: %s\n", test->name, reason);
	return !status;
}

static bool is_chosen(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc < 2;
}

int kit_main(int argc, char **argv, const struct kit_case *cases,
	     size_t count)
{
	bool good = true;
	int found = 0;
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (i = 0; i < count; i++)
			puts(cases[i].name);
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < count; i++) {
		if (!is_chosen(cases[i].name, argc, argv))
			continue;
		found++;
		good &= run_case(&cases[i]);
	}
	if (!found || (argc > 1 && found != argc - 1)) {
		fprintf(stderr, "%s: no such case\n", argv[0]);
		return 2;
	}
	return !good;
}

int kit_main_alone(int argc, char **argv, const struct kit_case *cases,
		   size_t count, const struct kit_case *alone,
		   size_t alone_count)
{
	size_t i;

	for (i = 0; i < alone_count; i++)
		if (argc == 2 && !strcmp(argv[1], alone[i].name))
			return kit_main(argc, argv, &alone[i], 1);
	return kit_main(argc, argv, cases, count);
}

uint64_t kit_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * KIT_NS_PER_S + now.tv_nsec;
}

void kit_sleep_ms(unsigned int ms)
{
	const struct timespec time = {
		ms / 1000, ms % 1000 * KIT_NS_PER_MS
	};

	nanosleep(&time, NULL);
}

int rig_try_write(const char *name, const char *text)
{
	char path[128];
	int fd, ret = 0;

	snprintf(path, sizeof(path), FILES "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

void rig_write(const char *name, const char *text)
{
	int ret = rig_try_write(name, text);

	want(!ret, "writing \"%s\" to the rig's %s: %s", text, name,
	     strerror(-ret));
}

long long rig_number(const char *name)
{
	char path[128], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), FILES "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	want(fd >= 0, "%s: %m", path);
	want(read_all(fd, text, sizeof(text)), "%s is empty", path);
	close(fd);
	return strtoll(text, NULL, 10);
}

void rig_reset(void)
{
	rig_write("reset", "1");
}

struct recording rig_take(void)
{
	struct recording recording = { 0 };
	size_t room = 1 << 16, bytes = 0;
	ssize_t got;
	int fd;

	want_equal(rig_number("lost"), 0);
	fd = open("/dev/oscan-rig", O_RDONLY | O_CLOEXEC);
	want(fd >= 0, "/dev/oscan-rig: %m");
	recording.edges = malloc(room);
	want(recording.edges, "no memory");
	while ((got = read(fd, (char *)recording.edges + bytes,
			   room - bytes)) > 0) {
		bytes += got;
		if (room - bytes >= sizeof(*recording.edges))
			continue;
		room *= 2;
		recording.edges = realloc(recording.edges, room);
		want(recording.edges, "no memory");
	}
	want(!got, "reading /dev/oscan-rig: %m");
	close(fd);
	recording.count = bytes / sizeof(*recording.edges);
	want_equal(edges_check(recording.edges, recording.count),
		   recording.count);
	return recording;
}

void recording_free(struct recording *recording)
{
	free(recording->edges);
	*recording = (struct recording) { 0 };
}

void recording_save(const struct recording *recording, const char *path)
{
	size_t bytes = recording->count * sizeof(*recording->edges);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	want(fd >= 0, "%s: %m", path);
	want(write(fd, recording->edges, bytes) == (ssize_t)bytes,
	     "writing %s: %m", path);
	want(!close(fd), "closing %s: %m", path);
}

size_t recording_count(const struct recording *recording, unsigned int line,
		       unsigned int value)
{
	size_t i, count = 0;

	for (i = 0; i < recording->count; i++)
		if (recording->edges[i].line == line &&
		    recording->edges[i].value == value)
			count++;
	return count;
}

uint64_t *recording_times(const struct recording *recording,
			  unsigned int line, unsigned int value,
			  size_t *count)
{
	const struct oscan_rig_edge *edge = recording->edges;
	uint64_t *times = malloc((recording->count + 1) * sizeof(*times));

	want(times, "no memory");
	*count = 0;
	for (; edge < recording->edges + recording->count; edge++)
		if (edge->line == line && edge->value == value)
			times[(*count)++] = edge->time_ns;
	return times;
}

struct edge_lines axis_lines(unsigned int axis)
{
	return (struct edge_lines) {
		.step = axis ? OSCAN_RIG_ROTOR_STEP : OSCAN_RIG_TURNTABLE_STEP,
		.dir = axis ? OSCAN_RIG_ROTOR_DIR : OSCAN_RIG_TURNTABLE_DIR,
		.enable = axis ? OSCAN_RIG_ROTOR_ENABLE :
				 OSCAN_RIG_TURNTABLE_ENABLE,
		.enable_active_low = true,
		.dir_initial = EDGE_LEARN,
	};
}

/* The level that DIR has now tells the level before a recording without it. */
static int dir_initial(const struct recording *recording, unsigned int line)
{
	char path[] = FILES "lines", name[64], direction[8];
	unsigned int number, level = 0;
	FILE *file;

	if (recording_count(recording, line, 0) ||
	    recording_count(recording, line, 1))
		return EDGE_LEARN;
	file = fopen(path, "re");
	want(file, "%s: %m", path);
	while (fscanf(file, "%u %63s %7s %u", &number, name, direction,
		      &level) == 4)
		if (number == line)
			break;
	fclose(file);
	return level;
}

int64_t recording_net(const struct recording *recording, unsigned int axis)
{
	struct judge_rules rules = { .lines = axis_lines(axis) };
	struct judge_verdict verdict;

	rules.lines.dir_initial = dir_initial(recording, rules.lines.dir);
	judge_edges(recording->edges, recording->count, &rules, &verdict);
	return verdict.position;
}

uint64_t *step_times(const struct recording *recording, unsigned int axis,
		     size_t *count)
{
	return recording_times(recording, axis_lines(axis).step, 1, count);
}

int motor_open(int flags)
{
	int fd = open("/dev/oscan-motor", flags | O_CLOEXEC);

	want(fd >= 0, "/dev/oscan-motor: %m");
	return fd;
}

int motor_try(int fd, unsigned long request, void *argument)
{
	int ret;

	do {
		ret = ioctl(fd, request, argument);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

static const char *request_name(unsigned long request)
{
	static const char * const names[] = {
		"INFO", "AXIS_INFO", "STATE", "STATS", "ENABLE", "MOVE",
		"STOP", "HALT", "SET_POSITION", "MOVE_TOGETHER", "EVENTS",
		"TRIGGER_SET", "TRIGGER_GET", "PULSE", "CAPTURE_SET",
		"CAPTURE_GET",
	};
	unsigned int number = _IOC_NR(request) - 0x40;

	return number < sizeof(names) / sizeof(*names) ? names[number] : "?";
}

void motor_do(int fd, unsigned long request, void *argument)
{
	int ret = motor_try(fd, request, argument);

	want(!ret, "%s: %s", request_name(request), strerror(-ret));
}

struct oscan_info motor_info(int fd)
{
	struct oscan_info info;

	motor_do(fd, OSCAN_IOC_INFO, &info);
	return info;
}

struct oscan_axis_info motor_axis_info(int fd, unsigned int axis)
{
	struct oscan_axis_info info = { .axis = axis };

	motor_do(fd, OSCAN_IOC_AXIS_INFO, &info);
	return info;
}

struct oscan_state motor_state(int fd, unsigned int axis)
{
	struct oscan_state state = { .axis = axis };

	motor_do(fd, OSCAN_IOC_STATE, &state);
	return state;
}

struct oscan_stats motor_stats(int fd, unsigned int axis)
{
	struct oscan_stats stats = { .axis = axis };

	motor_do(fd, OSCAN_IOC_STATS, &stats);
	return stats;
}

void motor_enable(int fd, unsigned int axis, bool on)
{
	struct oscan_enable enable = { .axis = axis, .on = on };

	motor_do(fd, OSCAN_IOC_ENABLE, &enable);
}

void motor_set_position(int fd, unsigned int axis, int64_t position)
{
	struct oscan_set_position set = { .axis = axis, .position = position };

	motor_do(fd, OSCAN_IOC_SET_POSITION, &set);
}

void motor_halt(int fd)
{
	struct oscan_stop stop = {
		.axes = (1U << motor_info(fd).axes) - 1,
	};

	motor_do(fd, OSCAN_IOC_HALT, &stop);
	motor_rest(fd, 0);
	motor_rest(fd, 1);
}

int motor_setup(void)
{
	int fd = motor_open(O_RDWR);

	motor_halt(fd);
	motor_enable(fd, TURNTABLE, true);
	motor_enable(fd, ROTOR, true);
	motor_set_position(fd, TURNTABLE, 0);
	motor_set_position(fd, ROTOR, ROTOR_START);
	rig_write("delay_at", "0 0");
	rig_reset();
	return fd;
}

static struct oscan_move relative(unsigned int axis, int64_t steps,
				  unsigned int speed_sps)
{
	return (struct oscan_move) {
		.axis = axis,
		.flags = OSCAN_MOVE_RELATIVE,
		.target = steps,
		.speed_sps_q44 = speed_sps * OSCAN_SPEED_ONE,
	};
}

int motor_try_move(int fd, unsigned int axis, int64_t steps,
		   unsigned int speed_sps)
{
	struct oscan_move move = relative(axis, steps, speed_sps);

	return motor_try(fd, OSCAN_IOC_MOVE, &move);
}

int motor_try_to(int fd, unsigned int axis, int64_t position)
{
	struct oscan_move move = { .axis = axis, .target = position };

	return motor_try(fd, OSCAN_IOC_MOVE, &move);
}

struct oscan_move motor_start(int fd, unsigned int axis, int64_t steps,
			      unsigned int speed_sps)
{
	struct oscan_move move = relative(axis, steps, speed_sps);

	motor_do(fd, OSCAN_IOC_MOVE, &move);
	return move;
}

struct oscan_state motor_rest(int fd, unsigned int axis)
{
	uint64_t deadline = kit_now_ns() + REST_NS;
	struct oscan_state state;

	for (;;) {
		state = motor_state(fd, axis);
		if (state.motion == OSCAN_MOTION_IDLE)
			return state;
		want(kit_now_ns() < deadline,
		     "axis %u is not at rest after 60 s", axis);
		kit_sleep_ms(5);
	}
}

void motor_move(int fd, unsigned int axis, int64_t steps,
		unsigned int speed_sps)
{
	int64_t target = motor_state(fd, axis).position + steps;
	struct oscan_state state;

	motor_start(fd, axis, steps, speed_sps);
	state = motor_rest(fd, axis);
	want_equal(state.end, OSCAN_END_DONE);
	want_equal(state.position, target);
}

void motor_wait_steps(int fd, unsigned int axis, uint64_t from,
		      uint64_t steps)
{
	uint64_t deadline = kit_now_ns() + REST_NS;

	while (motor_state(fd, axis).steps - from < steps) {
		want(kit_now_ns() < deadline,
		     "axis %u has not made %llu steps within 60 s", axis,
		     (unsigned long long)steps);
		kit_sleep_ms(2);
	}
}

double ideal_ns(uint64_t step, uint64_t steps, double speed_sps,
		double accel_sps2)
{
	double peak = fmin(speed_sps, sqrt(accel_sps2 * steps));
	double ramp = peak * peak / (2 * accel_sps2);
	double end = 2 * peak / accel_sps2 + (steps - 2 * ramp) / peak;
	double seconds;

	if (step <= ramp)
		seconds = sqrt(2 * step / accel_sps2);
	else if (step <= steps - ramp)
		seconds = peak / accel_sps2 + (step - ramp) / peak;
	else
		seconds = end - sqrt(2 * (steps - step) / accel_sps2);
	return seconds * 1e9;
}

struct judge_verdict judge_axis(int fd, unsigned int axis,
				const struct recording *recording,
				double speed_sps)
{
	struct oscan_axis_info info = motor_axis_info(fd, axis);
	struct judge_rules rules = {
		.lines = axis_lines(axis),
		.pulse_high_ns = info.pulse_high_ns,
		.pulse_low_ns = info.pulse_low_ns,
		.dir_setup_ns = info.dir_setup_ns,
		.dir_hold_ns = info.dir_hold_ns,
		.enable_delay_ns = info.enable_delay_ns,
		.max_speed_sps = speed_sps,
		.catch_up_percent = info.catch_up_percent,
	};
	struct judge_verdict verdict;

	rules.lines.dir_initial = dir_initial(recording, rules.lines.dir);
	judge_edges(recording->edges, recording->count, &rules, &verdict);
	want(!verdict.total, "%s", verdict.first);
	return verdict;
}
