// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/page.c */
/* The page, in a file in place of the device. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "oscan.h"
#include "unit.h"

#define HALVES	2000

static char path[] = "/tmp/oscan-page-XXXXXX";

static struct oscan_page good_page(void)
{
	return (struct oscan_page) {
		.version = OSCAN_PAGE_VERSION,
		.size = sizeof(struct oscan_page),
		.axes = 2,
		.alive = 1,
	};
}

/* A file with that page, and a mapping through which it is written. */
static struct oscan_page *make_file(const struct oscan_page *page)
{
	struct oscan_page *own;
	int fd;

	strcpy(path, "/tmp/oscan-page-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, page, sizeof(*page)), sizeof(*page));
	own = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	ck_assert_ptr_ne(own, MAP_FAILED);
	close(fd);
	return own;
}

static void remove_file(struct oscan_page *own)
{
	munmap(own, sizeof(*own));
	unlink(path);
}

TEST(what_is_on_the_page_comes_out)
{
	struct oscan_page page = good_page();
	struct oscan_page_axis axis;
	const struct oscan_page *opened;
	struct oscan_page *own;

	page.axis[1] = (struct oscan_page_axis) {
		.seq = 8, .flags = 9, .motion = 2, .position_state = 3,
		.position = -(1LL << 50), .target = 1LL << 50,
		.last_step_ns = 1ULL << 60, .interval_ns = 5, .steps = 6,
		.move_id = 7, .direction = -1,
	};
	own = make_file(&page);
	opened = oscan_page_open(path);
	ck_assert_ptr_nonnull(opened);
	ck_assert_int_eq(oscan_page_read(opened, 1, &axis), 0);
	ck_assert_mem_eq(&axis, &page.axis[1], sizeof(axis));
	errno = 0;
	ck_assert_int_eq(oscan_page_read(opened, 2, &axis), -1);
	ck_assert_int_eq(errno, ENXIO);
	oscan_page_close(opened);
	oscan_page_close(NULL);
	remove_file(own);
}

TEST(a_device_that_is_gone_is_enodev_with_its_last_position)
{
	struct oscan_page page = good_page();
	struct oscan_page *own = make_file(&page);
	const struct oscan_page *opened = oscan_page_open(path);
	struct oscan_page_axis axis = { 0 };

	own->axis[0].position = 77;
	own->alive = 0;
	errno = 0;
	ck_assert_int_eq(oscan_page_read(opened, 0, &axis), -1);
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(axis.position, 77);
	oscan_page_close(opened);
	remove_file(own);
}

static void must_not_open(const struct oscan_page *page)
{
	struct oscan_page *own = make_file(page);

	errno = 0;
	ck_assert_ptr_null(oscan_page_open(path));
	ck_assert_int_eq(errno, EPROTO);
	remove_file(own);
}

TEST(a_page_of_another_version_is_refused)
{
	struct oscan_page page = good_page();

	page.version++;
	must_not_open(&page);
	page = good_page();
	page.size--;
	must_not_open(&page);
	page = good_page();
	page.axes = OSCAN_MAX_AXES + 1;
	must_not_open(&page);
}

TEST(errors_of_open_and_mmap_are_passed_on)
{
	errno = 0;
	ck_assert_ptr_null(oscan_page_open("/nonexistent/oscan"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(oscan_page_open("/dev/null"));
	ck_assert_int_eq(errno, ENODEV);
}

TEST(a_file_that_is_too_short_for_a_page_is_refused)
{
	struct oscan_page page = good_page();
	struct oscan_page *own = make_file(&page);

	ck_assert_int_eq(truncate(path, sizeof(page) - 1), 0);
	errno = 0;
	ck_assert_ptr_null(oscan_page_open(path));
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(truncate(path, 0), 0);
	errno = 0;
	ck_assert_ptr_null(oscan_page_open(path));
	ck_assert_int_eq(errno, ENODEV);
	remove_file(own);
}

/* What the handler below writes, as kmod/page.c does; each call is half. */
static volatile struct oscan_page_axis *written;
static volatile int64_t halves;

/*
 * A signal comes in the middle of anything, so no second processor is needed,
 * and what was begun is always ended by the next one.
 */
static void write_half(int number)
{
	int64_t i = ++halves / 2 + 1;

	(void)number;
	if (halves % 2) {
		written->seq++;
		written->position = i;
		return;
	}
	i--;
	written->target = -i;
	written->last_step_ns = 3 * i;
	written->steps = i;
	written->move_id = i;
	written->seq++;
}

static void let_signals_come(long us)
{
	const struct itimerval timer = { { 0, us }, { 0, us } };

	signal(SIGALRM, us ? write_half : SIG_IGN);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

TEST(what_is_read_while_it_is_written_is_of_one_moment)
{
	struct oscan_page page = good_page();
	struct oscan_page *own = make_file(&page);
	const struct oscan_page *opened = oscan_page_open(path);
	struct oscan_page_axis axis;
	int64_t before = 0;

	written = &own->axis[1];
	let_signals_come(100);
	while (halves < HALVES) {
		MUST(!oscan_page_read(opened, 1, &axis), "%m");
		MUST(!(axis.seq & 1), "it is half written");
		MUST(axis.target == -axis.position &&
		     axis.last_step_ns == 3 * (uint64_t)axis.position &&
		     axis.steps == (uint64_t)axis.position &&
		     axis.move_id == (uint32_t)axis.position,
		     "position %ld", (long)axis.position);
		MUST(axis.position >= before, "it went back");
		before = axis.position;
	}
	let_signals_come(0);
	ck_assert_int_gt(before, HALVES / 4);
	oscan_page_close(opened);
	remove_file(own);
}
