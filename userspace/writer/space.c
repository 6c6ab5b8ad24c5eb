// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "space.h"

static int check_free(const struct space *space, uint64_t end)
{
	struct statvfs vfs;
	struct stat st;
	uint64_t blocks;

	if (fstatvfs(space->fd, &vfs) || fstat(space->fd, &st))
		return -1;
	if (end <= (uint64_t)st.st_size)
		return 0;
	blocks = geteuid() ? vfs.f_bavail : vfs.f_bfree;
	if (blocks < (end - st.st_size) / vfs.f_frsize + 1) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

static int allocate(const struct space *space, uint64_t end)
{
	int ret;

	do {
		ret = fallocate(space->fd, FALLOC_FL_KEEP_SIZE, space->end,
				end - space->end);
	} while (ret && errno == EINTR);
	return ret;
}

int space_claim(struct space *space, uint64_t end)
{
	if (end <= space->end)
		return 0;
	if (!allocate(space, end)) {
		space->end = end;
		return 0;
	}
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	return check_free(space, end);
}

void space_return(struct space *space)
{
	struct stat st;

	if (!fstat(space->fd, &st) && !ftruncate(space->fd, st.st_size))
		space->end = st.st_size;
}
