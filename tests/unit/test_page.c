// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/page.c -pthread */
/* The page, in a file in place of the device. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "oscan.h"
#include "unit.h"

#define ROUNDS	20000
#define CHANGES	200

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

static atomic_bool ended;

/* As kmod/page.c does it: all fields tell the same number. */
static void *write_on(void *data)
{
	volatile struct oscan_page_axis *axis = data;
	int64_t i;

	for (i = 1; !ended; i++) {
		axis->seq++;
		atomic_thread_fence(memory_order_seq_cst);
		axis->position = i;
		/* A reader that shares the processor sees it half done. */
		if (i % 8 == 0)
			sched_yield();
		axis->target = -i;
		axis->last_step_ns = 3 * i;
		axis->steps = i;
		axis->move_id = i;
		atomic_thread_fence(memory_order_seq_cst);
		axis->seq++;
	}
	return NULL;
}

TEST(what_is_read_while_it_is_written_is_of_one_moment)
{
	struct oscan_page page = good_page();
	struct oscan_page *own = make_file(&page);
	const struct oscan_page *opened = oscan_page_open(path);
	struct oscan_page_axis axis;
	int64_t before = 0, changes = 0;
	pthread_t thread;
	int i;

	ck_assert_int_eq(pthread_create(&thread, NULL, write_on,
					&own->axis[1]), 0);
	for (i = 0; i < ROUNDS || changes < CHANGES; i++) {
		MUST(!oscan_page_read(opened, 1, &axis), "round %d", i);
		MUST(!(axis.seq & 1), "round %d", i);
		MUST(axis.target == -axis.position &&
		     axis.last_step_ns == 3 * (uint64_t)axis.position &&
		     axis.steps == (uint64_t)axis.position &&
		     axis.move_id == (uint32_t)axis.position, "round %d", i);
		MUST(axis.position >= before, "round %d", i);
		changes += axis.position > before;
		before = axis.position;
	}
	ended = true;
	pthread_join(thread, NULL);
	oscan_page_close(opened);
	remove_file(own);
}
