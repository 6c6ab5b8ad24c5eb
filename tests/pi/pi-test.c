// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In the emulated Raspberry Pi: the driver on the pins of the Greenshield. The
 * pins are read from the registers of the gpio controller, past every driver.
 * Registers: BCM2835 ARM Peripherals, chapter 6.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kit.h"

#define GPIO_BASE	0x3f200000
#define GPIO_FUNCTION(pin)	((pin) / 10)
#define GPIO_LEVEL		(0x34 / 4)
#define FUNCTION_OUTPUT	1

/* dts-overlays/oscan-mini-greenshield.dts */
struct pins {
	const char *name;
	unsigned int step;
	unsigned int dir;
	unsigned int enable;	/* active low */
	int64_t position;
};

static const struct pins rotor = { "rotor", 6, 5, 23, 10667 };
static const struct pins turntable = { "turntable", 11, 9, 22, 0 };
static const struct pins *const boards_axes[] = { &rotor, &turntable };

/* Slow enough to be watched; pulses last 0.5 ms, tests/pi/slow-pulses.dts. */
#define SLOW_SPS	500

#define FOR_EACH_AXIS(pins)						\
	for (const struct pins *const *_p = boards_axes, *pins;		\
	     _p < boards_axes + 2 && (pins = *_p); _p++)

static uint32_t read_register(unsigned int index)
{
	static const uint32_t *registers;
	void *map;
	int fd;

	if (registers)
		return __atomic_load_n(&registers[index], __ATOMIC_RELAXED);
	fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	want(fd >= 0, "/dev/mem: %m");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, GPIO_BASE);
	want(map != MAP_FAILED, "mapping the registers: %m");
	close(fd);
	registers = map;
	return read_register(index);
}

static uint32_t levels(void)
{
	return read_register(GPIO_LEVEL);
}

static bool is_high(unsigned int pin)
{
	return levels() >> pin & 1;
}

static void want_level(const struct pins *pins, const char *line,
		       unsigned int pin, bool high)
{
	want(is_high(pin) == high, "%s of the %s (pin %u) is %s", line,
	     pins->name, pin, high ? "low" : "high");
}

static uint32_t mask_of(const struct pins *pins)
{
	return 1U << pins->step | 1U << pins->dir | 1U << pins->enable;
}

/* An overlay's axes come in any order. */
static unsigned int axis_of(int fd, const struct pins *pins)
{
	unsigned int axis, count = motor_info(fd).axes;

	for (axis = 0; axis < count; axis++)
		if (!strcmp(motor_axis_info(fd, axis).name, pins->name))
			return axis;
	kit_fail("there is no axis called %s", pins->name);
}

static int64_t position_of(int fd, const struct pins *pins)
{
	return motor_state(fd, axis_of(fd, pins)).position;
}

/* All axes at rest, enabled, and where the firmware puts them. */
static int setup(void)
{
	int fd = motor_open(O_RDWR);

	motor_halt(fd);
	FOR_EACH_AXIS(pins) {
		motor_enable(fd, axis_of(fd, pins), true);
		motor_set_position(fd, axis_of(fd, pins), pins->position);
	}
	return fd;
}

static void the_axes_stand_where_the_firmware_says(void)
{
	int fd = motor_open(O_RDWR);

	want_equal(motor_info(fd).axes, 2);
	FOR_EACH_AXIS(pins) {
		struct oscan_state state = motor_state(fd, axis_of(fd, pins));

		want_equal(state.position, pins->position);
		want_equal(state.position_state, OSCAN_POSITION_ASSUMED);
		want_equal(state.flags & OSCAN_STATE_ENABLED, 0);
		want_equal(state.steps, 0);
	}
}

static void every_number_of_the_overlay_arrives(void)
{
	int fd = motor_open(O_RDWR);
	struct oscan_axis_info info = motor_axis_info(fd, axis_of(fd, &rotor));

	want_equal(info.flags, OSCAN_AXIS_HAS_ENABLE | OSCAN_AXIS_HAS_LIMITS);
	want_equal(info.unit, OSCAN_UNIT_DEGREE);
	want_equal(info.full_steps_per_turn, 200);
	want_equal(info.microsteps, 16);
	want_equal(info.gear_num, 40);
	want_equal(info.gear_den, 3);
	want_equal(info.limit_min, 1422);
	want_equal(info.limit_max, 14815);
	want_equal(info.max_speed_sps_q44, 5000 * OSCAN_SPEED_ONE);
	want_equal(info.max_accel_sps2_q32, 20000 * OSCAN_ACCEL_ONE);
	info = motor_axis_info(fd, axis_of(fd, &turntable));
	want_equal(info.flags, OSCAN_AXIS_HAS_ENABLE | OSCAN_AXIS_WRAPS);
	want_equal(info.gear_num, 1);
	want_equal(info.gear_den, 1);
	want_equal(info.max_accel_sps2_q32, 5000 * OSCAN_ACCEL_ONE);
}

static void want_output(const struct pins *pins, unsigned int pin)
{
	uint32_t function = read_register(GPIO_FUNCTION(pin)) >>
			    pin % 10 * 3 & 7;

	want(function == FUNCTION_OUTPUT, "pin %u of the %s has function %u",
	     pin, pins->name, function);
}

static void every_line_is_an_output_and_spi_is_off(void)
{
	static const char path[] =
		"/sys/firmware/devicetree/base/soc/spi@7e204000/status";
	char status[16] = "";
	FILE *file;

	FOR_EACH_AXIS(pins) {
		want_output(pins, pins->step);
		want_output(pins, pins->dir);
		want_output(pins, pins->enable);
	}
	file = fopen(path, "re");
	want(file, "%s: %m", path);
	want(fgets(status, sizeof(status), file), "%s is empty", path);
	fclose(file);
	want(!strcmp(status, "disabled"), "SPI0 is %s", status);
}

static void enable_is_low_while_the_motor_is_on(void)
{
	int fd = setup();

	FOR_EACH_AXIS(pins) {
		unsigned int axis = axis_of(fd, pins);

		want_level(pins, "ENABLE", pins->enable, false);
		motor_enable(fd, axis, false);
		want_level(pins, "ENABLE", pins->enable, true);
		want_equal(motor_try_move(fd, axis, 10, 0), -ESHUTDOWN);
		motor_enable(fd, axis, true);
		want_level(pins, "ENABLE", pins->enable, false);
	}
}

static void a_move_is_counted_step_for_step(void)
{
	int fd = setup();

	FOR_EACH_AXIS(pins) {
		unsigned int axis = axis_of(fd, pins);
		uint64_t before = motor_state(fd, axis).steps;

		motor_move(fd, axis, 3200, 0);
		want_equal(motor_state(fd, axis).steps - before, 3200);
		motor_move(fd, axis, -1, 0);
		motor_move(fd, axis, -3199, 0);
		want_equal(motor_state(fd, axis).steps - before, 6400);
		want_equal(position_of(fd, pins), pins->position);
	}
}

static void dir_is_high_upwards_and_low_downwards(void)
{
	int fd = setup();

	FOR_EACH_AXIS(pins) {
		unsigned int axis = axis_of(fd, pins);

		motor_move(fd, axis, 20, 0);
		want_level(pins, "DIR", pins->dir, true);
		want_level(pins, "STEP", pins->step, false);
		motor_move(fd, axis, -20, 0);
		want_level(pins, "DIR", pins->dir, false);
		want_level(pins, "STEP", pins->step, false);
	}
}

/* Rising edges of STEP, until the axis is at rest. Other pins must not move. */
static uint64_t watch_pulses(int fd, const struct pins *pins, bool up)
{
	uint32_t step = 1U << pins->step, was = levels(), now;
	uint64_t pulses = 0;
	unsigned int reads;

	for (reads = 1; reads % 64 ||
	     motor_state(fd, axis_of(fd, pins)).motion != OSCAN_MOTION_IDLE;
	     reads++) {
		now = levels();
		want((now | step) == (was | step),
		     "pins changed during the move: %#x, then %#x", was, now);
		want((now >> pins->dir & 1) == up, "DIR is wrong");
		pulses += now & ~was & step ? 1 : 0;
		was = now;
	}
	want_level(pins, "STEP", pins->step, false);
	return pulses;
}

/* DIR is set before the call that starts the move returns. */
static uint64_t count_pulses(int fd, const struct pins *pins, int64_t steps)
{
	motor_start(fd, axis_of(fd, pins), steps, SLOW_SPS);
	return watch_pulses(fd, pins, steps > 0);
}

static void every_step_is_one_pulse_on_the_axis_own_pin(void)
{
	int fd = setup();

	want_equal(count_pulses(fd, &turntable, 1), 1);
	want_equal(count_pulses(fd, &turntable, 2), 2);
	want_equal(count_pulses(fd, &turntable, 101), 101);
	want_equal(count_pulses(fd, &turntable, -100), 100);
	want_equal(position_of(fd, &turntable), 4);
}

static void a_stop_leaves_count_and_pulses_the_same(void)
{
	int fd = setup();
	unsigned int axis = axis_of(fd, &turntable);
	struct oscan_stop stop = { .axes = 1U << axis };
	struct oscan_state state;
	uint64_t pulses;
	pid_t child;

	/* Before the move: the first pulse may come while fork() works. */
	child = fork();
	want(child >= 0, "fork: %m");
	if (!child) {
		kit_sleep_ms(400);
		motor_do(fd, OSCAN_IOC_STOP, &stop);
		_exit(0);
	}
	motor_start(fd, axis, 1000, SLOW_SPS);
	pulses = watch_pulses(fd, &turntable, true);
	state = motor_state(fd, axis);
	want_equal(state.end, OSCAN_END_STOPPED);
	want(pulses > 10 && pulses < 1000, "%llu pulses",
	     (unsigned long long)pulses);
	want_equal(state.position, pulses);
}

static void both_axes_move_at_once(void)
{
	int fd = setup();
	unsigned int first = axis_of(fd, &rotor);
	unsigned int second = axis_of(fd, &turntable);

	motor_start(fd, first, -5000, 0);
	motor_start(fd, second, 2000, SLOW_SPS);
	want_equal(motor_rest(fd, first).position, 10667 - 5000);
	want_equal(motor_rest(fd, second).position, 2000);
}

static void a_move_beyond_a_soft_limit_is_refused_and_nothing_moves(void)
{
	int fd = setup();
	unsigned int axis = axis_of(fd, &rotor);
	uint64_t steps = motor_state(fd, axis).steps;
	uint32_t before = levels();

	want_equal(motor_try_to(fd, axis, 1421), -EDOM);
	want_equal(motor_try_to(fd, axis, 14816), -EDOM);
	want_equal(motor_try_move(fd, axis, 1LL << 40, 0), -EDOM);
	want_equal(motor_state(fd, axis).motion, OSCAN_MOTION_IDLE);
	want_equal(motor_state(fd, axis).steps, steps);
	want_equal(position_of(fd, &rotor), 10667);
	want_equal(levels() & mask_of(&rotor), before & mask_of(&rotor));
}

static void a_move_to_a_soft_limit_is_made(void)
{
	int fd = setup();
	unsigned int axis = axis_of(fd, &rotor);

	want_equal(motor_try_to(fd, axis, 14815), 0);
	want_equal(motor_rest(fd, axis).position, 14815);
	want_equal(motor_try_to(fd, axis, 1422), 0);
	want_equal(motor_rest(fd, axis).position, 1422);
}

static void closing_the_file_stops_the_motor(void)
{
	int fd = setup(), watcher = motor_open(O_RDONLY);
	unsigned int axis = axis_of(fd, &turntable);
	struct oscan_state state;

	motor_start(fd, axis, 1000000, 0);
	motor_wait_steps(fd, axis, motor_state(fd, axis).steps, 100);
	close(fd);
	state = motor_rest(watcher, axis);
	want_equal(state.end, OSCAN_END_RELEASED);
	want(state.position < 1000000, "it went on to the end");
	want_level(&turntable, "STEP", turntable.step, false);
}

#define CASE(name) { #name, name }

static const struct kit_case cases[] = {
	CASE(the_axes_stand_where_the_firmware_says),
	CASE(every_number_of_the_overlay_arrives),
	CASE(every_line_is_an_output_and_spi_is_off),
	CASE(enable_is_low_while_the_motor_is_on),
	CASE(a_move_is_counted_step_for_step),
	CASE(dir_is_high_upwards_and_low_downwards),
	CASE(every_step_is_one_pulse_on_the_axis_own_pin),
	CASE(a_stop_leaves_count_and_pulses_the_same),
	CASE(both_axes_move_at_once),
	CASE(a_move_beyond_a_soft_limit_is_refused_and_nothing_moves),
	CASE(a_move_to_a_soft_limit_is_made),
	CASE(closing_the_file_stops_the_motor),
};

int main(int argc, char **argv)
{
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
