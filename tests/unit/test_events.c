// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/events.c */
/* Events, with a pipe in place of the device. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "oscan.h"
#include "unit.h"

static int ends[2];

int oscan_motor_fd(const struct oscan_motor *motor)
{
	(void)motor;
	return ends[0];
}

static struct oscan_events asked;
static int answer;

int ioctl(int fd, unsigned long code, ...)
{
	va_list list;

	ck_assert_int_eq(fd, ends[0]);
	ck_assert_uint_eq(code, OSCAN_IOC_EVENTS);
	va_start(list, code);
	asked = *va_arg(list, struct oscan_events *);
	va_end(list);
	if (answer < 0) {
		errno = -answer;
		return -1;
	}
	return answer;
}

static void begin(void)
{
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	answer = 0;
}

static void end(void)
{
	close(ends[0]);
	close(ends[1]);
}

static void put(const void *bytes, size_t size)
{
	ck_assert_int_eq(write(ends[1], bytes, size), size);
}

static void must_fail(size_t count, int timeout_ms, int error)
{
	struct oscan_event events[4];

	errno = 0;
	ck_assert_int_eq(oscan_events_read(NULL, events, count, timeout_ms),
			 -1);
	ck_assert_int_eq(errno, error);
}

TEST(a_subscription_asks_for_the_types_given)
{
	begin();
	ck_assert_int_eq(oscan_events_subscribe(NULL, 0x120), 0);
	ck_assert_uint_eq(asked.types, 0x120);
	ck_assert_uint_eq(asked.reserved[0], 0);
	answer = -EUSERS;
	ck_assert_int_eq(oscan_events_subscribe(NULL, 2), -1);
	ck_assert_int_eq(errno, EUSERS);
	answer = 1;
	ck_assert_int_eq(oscan_events_subscribe(NULL, 2), -1);
	ck_assert_int_eq(errno, EBADE);
	end();
}

TEST(as_many_events_come_as_there_are_and_fit)
{
	struct oscan_event out[3], in[3];
	int i;

	begin();
	memset(out, 0x5a, sizeof(out));
	for (i = 0; i < 3; i++)
		out[i].type = i + 1;
	put(out, sizeof(out));
	ck_assert_int_eq(oscan_events_read(NULL, in, 2, -1), 2);
	ck_assert_int_eq(oscan_events_read(NULL, in + 2, 1, 0), 1);
	ck_assert_mem_eq(in, out, sizeof(out));
	end();
}

TEST(a_wait_ends_when_its_time_is_up)
{
	begin();
	must_fail(1, 0, ETIMEDOUT);
	must_fail(4, 1, ETIMEDOUT);
	end();
}

TEST(room_for_no_event_is_refused)
{
	begin();
	must_fail(0, 0, EINVAL);
	end();
}

TEST(what_is_no_event_is_an_error)
{
	struct oscan_event none = { 0 };

	begin();
	put("short", 5);
	must_fail(1, -1, EIO);
	put(&none, sizeof(none));
	must_fail(1, -1, EBADE);
	close(ends[1]);
	must_fail(1, -1, EIO);
	close(ends[0]);
	must_fail(1, -1, EBADF);
}
