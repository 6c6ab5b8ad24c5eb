// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/trigger.c */
/* Trigger and capture lines; ioctl() below is the driver, with two of each. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "oscan.h"
#include "unit.h"

#define FD	77

int oscan_motor_fd(const struct oscan_motor *motor)
{
	(void)motor;
	return FD;
}

static struct oscan_trigger triggers[2];
static struct oscan_capture captures[2];
static struct oscan_trigger_set trigger_set;
static struct oscan_capture_set capture_set;
static int error;
static unsigned int interruptions;

static int refuse(int why)
{
	errno = why;
	return -1;
}

static int get_line(void *argument, const void *lines, size_t size)
{
	__u32 line = *(__u32 *)argument;

	if (line > 1)
		return refuse(ENXIO);
	memcpy(argument, (const char *)lines + line * size, size);
	return 0;
}

static int pulse(struct oscan_pulse *pulse)
{
	ck_assert_uint_eq(pulse->line, 1);
	ck_assert_uint_eq(pulse->width_ns, 5000);
	ck_assert_uint_eq(pulse->reserved[0], 0);
	pulse->time_ns = 123;
	pulse->positions[7] = -4;
	return 0;
}

int ioctl(int fd, unsigned long code, ...)
{
	void *argument;
	va_list list;

	va_start(list, code);
	argument = va_arg(list, void *);
	va_end(list);
	ck_assert_int_eq(fd, FD);
	if (interruptions) {
		interruptions--;
		return refuse(EINTR);
	}
	if (error)
		return error > 0 ? refuse(error) : 1;
	switch (code) {
	case OSCAN_IOC_TRIGGER_GET:
		return get_line(argument, triggers, sizeof(*triggers));
	case OSCAN_IOC_CAPTURE_GET:
		return get_line(argument, captures, sizeof(*captures));
	case OSCAN_IOC_TRIGGER_SET:
		trigger_set = *(struct oscan_trigger_set *)argument;
		return 0;
	case OSCAN_IOC_CAPTURE_SET:
		capture_set = *(struct oscan_capture_set *)argument;
		return 0;
	case OSCAN_IOC_PULSE:
		return pulse(argument);
	default:
		return refuse(ENOTTY);
	}
}

static void begin(void)
{
	static const char *const names[] = { "camera", "flash" };
	int i;

	error = 0;
	for (i = 0; i < 2; i++) {
		triggers[i] = (struct oscan_trigger) {
			.line = i, .status = OSCAN_TRIGGER_IDLE,
			.mode = OSCAN_TRIGGER_OFF,
		};
		captures[i] = (struct oscan_capture) { .line = i };
		strcpy(triggers[i].name, names[i]);
		snprintf(captures[i].name, sizeof(captures[i].name),
			 "in-%d", i);
	}
}

TEST(lines_are_found_by_their_whole_name)
{
	begin();
	ck_assert_int_eq(oscan_trigger_find(NULL, "flash"), 1);
	ck_assert_int_eq(oscan_capture_find(NULL, "in-0"), 0);
	errno = 0;
	ck_assert_int_eq(oscan_trigger_find(NULL, "flas"), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(oscan_capture_find(NULL, "flash"), -1);
	ck_assert_int_eq(errno, ENXIO);
	error = ENODEV;
	ck_assert_int_eq(oscan_trigger_find(NULL, "flash"), -1);
	ck_assert_int_eq(errno, ENODEV);
}

TEST(what_the_driver_says_of_a_line_comes_out)
{
	struct oscan_trigger trigger;
	struct oscan_capture capture;

	begin();
	memset(&trigger, 0xff, sizeof(trigger));
	memset(&capture, 0xff, sizeof(capture));
	captures[1].positions[3] = 99;
	ck_assert_int_eq(oscan_trigger_get(NULL, 1, &trigger), 0);
	ck_assert_mem_eq(&trigger, &triggers[1], sizeof(trigger));
	ck_assert_int_eq(oscan_capture_get(NULL, 1, &capture), 0);
	ck_assert_mem_eq(&capture, &captures[1], sizeof(capture));
}

/* And what was to be filled in is left alone. */
static void must_be_bad(void)
{
	struct oscan_trigger trigger = { .line = 55 };
	struct oscan_capture capture = { .line = 55 };

	errno = 0;
	ck_assert_int_eq(oscan_trigger_get(NULL, 0, &trigger), -1);
	ck_assert_int_eq(errno, EBADE);
	ck_assert_uint_eq(trigger.line, 55);
	errno = 0;
	ck_assert_int_eq(oscan_capture_get(NULL, 0, &capture), -1);
	ck_assert_int_eq(errno, EBADE);
	ck_assert_uint_eq(capture.line, 55);
}

TEST(an_answer_that_cannot_be_is_ebade)
{
	begin();
	triggers[0].line = captures[0].line = 1;
	must_be_bad();
	begin();
	memset(triggers[0].name, 'x', OSCAN_NAME_LEN);
	memset(captures[0].name, 'x', OSCAN_NAME_LEN);
	must_be_bad();
	begin();
	error = -1;
	must_be_bad();
}

TEST(requests_are_passed_on_as_they_are)
{
	const struct oscan_trigger_set set = {
		.line = 1, .mode = OSCAN_TRIGGER_EVERY, .start = -5,
		.distance = 7, .width_ns = 1000,
	};
	struct oscan_pulse pulse;

	begin();
	ck_assert_int_eq(oscan_trigger_set(NULL, &set), 0);
	ck_assert_mem_eq(&trigger_set, &set, sizeof(set));
	ck_assert_int_eq(oscan_capture_set(NULL, 1, 3, 50), 0);
	ck_assert_uint_eq(capture_set.line, 1);
	ck_assert_uint_eq(capture_set.edges, 3);
	ck_assert_uint_eq(capture_set.min_interval_ns, 50);
	ck_assert_uint_eq(capture_set.reserved[0], 0);
	ck_assert_int_eq(oscan_trigger_pulse(NULL, 1, 5000, &pulse), 0);
	ck_assert_uint_eq(pulse.time_ns, 123);
	ck_assert_int_eq(pulse.positions[7], -4);
	ck_assert_int_eq(oscan_trigger_pulse(NULL, 1, 5000, NULL), 0);
	interruptions = 2;
	ck_assert_int_eq(oscan_trigger_set(NULL, &set), 0);
	error = EBUSY;
	ck_assert_int_eq(oscan_trigger_pulse(NULL, 1, 6000, &pulse), -1);
	ck_assert_uint_eq(pulse.width_ns, 5000);
	ck_assert_int_eq(oscan_trigger_set(NULL, &set), -1);
	ck_assert_int_eq(errno, EBUSY);
	error = -1;
	ck_assert_int_eq(oscan_trigger_set(NULL, &set), -1);
	ck_assert_int_eq(errno, EBADE);
}
