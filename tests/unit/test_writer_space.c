// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/space.c */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "space.h"
#include "unit.h"

/* The file system, played: these take the place of libc's. */
static int allocate_error;
static int64_t allocated_from, allocated_bytes;
static int allocations;
static uint64_t free_blocks, available_blocks;
static uid_t user;

int fallocate(int fd __attribute__((unused)), int mode, off_t offset,
	      off_t length)
{
	ck_assert_int_eq(mode, 1);	/* FALLOC_FL_KEEP_SIZE */
	allocations++;
	allocated_from = offset;
	allocated_bytes = length;
	errno = allocate_error;
	return allocate_error ? -1 : 0;
}

int fstatvfs(int fd __attribute__((unused)), struct statvfs *vfs)
{
	*vfs = (struct statvfs) {
		.f_frsize = 4096,
		.f_bsize = 65536,
		.f_bfree = free_blocks,
		.f_bavail = available_blocks,
	};
	return 0;
}

uid_t geteuid(void)
{
	return user;
}

static struct space space_of(FILE *file, long size)
{
	fseek(file, size - 1, SEEK_SET);
	putc(0, file);
	fflush(file);
	return (struct space) { .fd = fileno(file) };
}

TEST(a_claim_allocates_only_what_is_not_claimed_yet)
{
	struct space space = { .fd = 5 };

	ck_assert_int_eq(space_claim(&space, 1000), 0);
	ck_assert_int_eq(allocated_from, 0);
	ck_assert_int_eq(allocated_bytes, 1000);
	ck_assert_int_eq(space_claim(&space, 1500), 0);
	ck_assert_int_eq(allocated_from, 1000);
	ck_assert_int_eq(allocated_bytes, 500);
	ck_assert_int_eq(space_claim(&space, 1500), 0);
	ck_assert_int_eq(space_claim(&space, 10), 0);
	ck_assert_int_eq(allocations, 2);
	ck_assert_int_eq(space.end, 1500);
}

TEST(a_claim_that_fails_changes_nothing)
{
	struct space space = { .fd = 5, .end = 100 };

	allocate_error = ENOSPC;
	ck_assert_int_eq(space_claim(&space, 1000), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(space.end, 100);
	allocate_error = EDQUOT;
	ck_assert_int_eq(space_claim(&space, 1000), -1);
	ck_assert_int_eq(errno, EDQUOT);
}

TEST(without_allocation_the_free_space_decides)
{
	FILE *file = tmpfile();
	struct space space = space_of(file, 10000);

	allocate_error = EOPNOTSUPP;
	user = 1000;
	available_blocks = 10;
	free_blocks = 1000;
	ck_assert_int_eq(space_claim(&space, 10000 + 9 * 4096), 0);
	ck_assert_int_eq(space_claim(&space, 10000 + 10 * 4096), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(space_claim(&space, 10000), 0);
	fclose(file);
}

TEST(root_may_use_what_is_kept_for_root)
{
	FILE *file = tmpfile();
	struct space space = space_of(file, 10000);

	allocate_error = EOPNOTSUPP;
	available_blocks = 0;
	free_blocks = 10;
	user = 0;
	ck_assert_int_eq(space_claim(&space, 20000), 0);
	user = 1000;
	ck_assert_int_eq(space_claim(&space, 20000), -1);
	fclose(file);
}

TEST(the_file_keeps_its_length_when_space_is_given_back)
{
	FILE *file = tmpfile();
	struct space space = space_of(file, 10000);
	struct stat st;

	space.end = 50000;
	space_return(&space);
	ck_assert_int_eq(fstat(space.fd, &st), 0);
	ck_assert_int_eq(st.st_size, 10000);
	ck_assert_int_eq(space.end, 10000);
	fclose(file);
}
