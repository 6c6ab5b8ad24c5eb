// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open files on /dev/oscan-motor. A slot is emptied by whoever closes its
 * file, in one exchange, so that no number is closed twice; those who took the
 * number before use it while, or after, it is closed.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/oscan.h>

#include "fuzz.h"

#define FILES	6
#define NONE	(-1)

static const char path[] = "/dev/oscan-motor";
static atomic_int files[FILES];

void files_begin(void)
{
	int i;

	for (i = 0; i < FILES; i++)
		atomic_store(&files[i], NONE);
}

static void put_in(int slot, int fd)
{
	int before = atomic_exchange(&files[slot], fd);

	if (before != NONE)
		close(before);
}

void files_end(void)
{
	int i;

	for (i = 0; i < FILES; i++)
		put_in(i, NONE);
}

/* One file makes most of the calls, so that it mostly holds control. */
static int any_slot(struct fuzz_random *random)
{
	return fuzz_one_in(random, 4) ? fuzz_below(random, FILES) : 0;
}

static int any_mode(struct fuzz_random *random, int slot)
{
	static const int modes[] = { O_RDONLY, O_RDWR, O_RDWR, O_WRONLY };

	if (!slot && !fuzz_one_in(random, 4))
		return O_RDWR | O_CLOEXEC;
	return modes[fuzz_below(random, 4)] | O_CLOEXEC |
	       (fuzz_one_in(random, 4) ? O_NONBLOCK : 0);
}

int files_pick(struct fuzz_random *random)
{
	int slot = any_slot(random);
	int fd = atomic_load(&files[slot]);

	if (fd != NONE)
		return fd;
	fd = open(path, any_mode(random, slot));
	if (fd >= 0)
		put_in(slot, fd);
	return fd;
}

void files_change(struct fuzz_random *random)
{
	int slot = fuzz_below(random, FILES);

	switch (fuzz_below(random, 4)) {
	case 0:
		put_in(slot, open(path, any_mode(random, slot)));
		break;
	case 1:
		put_in(slot, fcntl(files_pick(random), F_DUPFD_CLOEXEC, 0));
		break;
	default:
		put_in(slot, NONE);
	}
}

static void try_map(struct fuzz_random *random, int fd)
{
	static const int protections[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_EXEC,
	};
	size_t size = 4096 << fuzz_below(random, 3);
	off_t offset = fuzz_one_in(random, 2) ? 0 : fuzz_any(random) << 12;
	void *page = mmap(NULL, size, protections[fuzz_below(random, 4)],
			  fuzz_one_in(random, 2) ? MAP_SHARED : MAP_PRIVATE,
			  fd, offset);

	if (page != MAP_FAILED)
		munmap(page, size);
}

/* What waits is interrupted by the signals that come all the time. */
void files_other(struct fuzz_random *random)
{
	int fd = files_pick(random);
	struct pollfd poll_one = { .fd = fd, .events = fuzz_any(random) };
	char bytes[512], *pointer = fuzz_one_in(random, 4) ? NULL : bytes;
	size_t size = fuzz_below(random, sizeof(bytes) + 1);

	switch (fuzz_below(random, 6)) {
	case 0:
		(void)!read(fd, pointer, size);
		break;
	case 1:
		(void)!write(fd, pointer, size);
		break;
	case 2:
		poll(&poll_one, 1, 0);
		break;
	case 3:
		lseek(fd, fuzz_any(random), fuzz_below(random, 5));
		break;
	case 4:
		fcntl(fd, F_SETFL, fuzz_one_in(random, 2) ? O_NONBLOCK : 0);
		break;
	default:
		try_map(random, fd);
	}
}

/* What it does with an open file is cut short at any point. */
static void child(struct fuzz_random *random)
{
	struct oscan_move move = {
		.flags = OSCAN_MOVE_RELATIVE,
		.target = fuzz_below(random, 2001) - 1000,
	};
	int fd = open(path, O_RDWR);

	ioctl(fd, OSCAN_IOC_MOVE, &move);
	if (fuzz_one_in(random, 2))
		kill(getpid(), SIGKILL);
	_exit(0);
}

void files_fork(struct fuzz_random *random)
{
	pid_t pid = fork();

	if (!pid)
		child(random);
	if (pid < 0)
		return;
	if (fuzz_one_in(random, 2))
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0)
		;
}
