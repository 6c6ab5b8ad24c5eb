// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: right ones, nearly right ones and wrong ones. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/oscan.h>

#include "fuzz.h"
#include "kit.h"

#define PAGE	4096

/* What may come of a request at all. */
static const int documented[] = {
	0, EINTR, EBADF, EBUSY, ENODEV, ENXIO, EINVAL, EFAULT, ENOTTY,
	EOPNOTSUPP, ESHUTDOWN, ERANGE, E2BIG, EDOM, EOVERFLOW, ENOSPC,
	EAGAIN, ENODATA, ESTALE, EUSERS,
};

/* shape [3 pages]: one that all may write, one read-only, one not there */
static unsigned char *pages;
static unsigned int total_weight;

static void check_table(void)
{
	const struct fuzz_request *request = fuzz_requests;
	static struct fuzz_layout layout;
	size_t i;

	want(fuzz_request_count <= 64, "too many requests for the tally");
	for (i = 0; i < fuzz_request_count; i++, request++) {
		want(fields_parse(&layout, request->fields) &&
		     layout.size == request->size,
		     "requests.c: the fields of %s have %zu bytes, the struct %zu",
		     request->name, layout.size, request->size);
		total_weight += request->weight;
	}
}

void ioctl_begin(void)
{
	check_table();
	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	want(pages != MAP_FAILED, "mmap: %m");
	memset(pages, 0, 2 * PAGE);
	want(!mprotect(pages + PAGE, PAGE, PROT_READ), "mprotect: %m");
	want(!mprotect(pages + 2 * PAGE, PAGE, PROT_NONE), "mprotect: %m");
}

static bool may_do(const struct fuzz_machine *machine,
		   enum fuzz_effect effect)
{
	return effect == FUZZ_PLAIN ||
	       (effect == FUZZ_ENDS && !machine->calm) ||
	       (effect == FUZZ_REBASES && machine->rebase);
}

static const struct fuzz_request *choose(struct fuzz_thread *thread)
{
	const struct fuzz_request *request;
	uint64_t left;

	do {
		request = fuzz_requests;
		left = fuzz_below(&thread->random, total_weight);
		for (; left >= request->weight; request++)
			left -= request->weight;
	} while (!may_do(thread->machine, request->effect));
	return request;
}

static bool is_known(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < fuzz_request_count; i++)
		if (fuzz_requests[i].cmd == cmd)
			return true;
	return false;
}

static unsigned int spoil_cmd(struct fuzz_random *random, unsigned int cmd)
{
	unsigned int direction = _IOC_DIR(cmd), number = _IOC_NR(cmd);
	unsigned int type = _IOC_TYPE(cmd), size = _IOC_SIZE(cmd);

	switch (fuzz_below(random, 5)) {
	case 0:
		size += fuzz_below(random, 17) - 8;
		break;
	case 1:
		size = fuzz_below(random, 1 << 14);
		break;
	case 2:
		direction = fuzz_below(random, 4);
		break;
	case 3:
		number = fuzz_below(random, 256);
		break;
	default:
		type++;
	}
	return _IOC(direction, type, number, size & _IOC_SIZEMASK);
}

/* How an argument can be reached. */
enum reach {
	REACH_ALL,	/* read and written */
	REACH_READ,	/* read only */
	REACH_NONE,	/* not all of it, or none */
	REACH_RACE,	/* all, but another thread may write it too */
};

static void *bad_pointer(struct fuzz_random *random, size_t size)
{
	switch (fuzz_below(random, 5)) {
	case 0:
		return NULL;
	case 1:		/* its last bytes are not there */
		return pages + 2 * PAGE - size + 1 +
		       fuzz_below(random, size);
	case 2:		/* the kernel's own */
		return (void *)0xffff888000001000;
	case 3:		/* no address at all */
		return (void *)(fuzz_any(random) | 1ULL << 63);
	default:
		return pages + 2 * PAGE;
	}
}

static void *place(struct fuzz_random *random, unsigned char *argument,
		   unsigned char *room, size_t size, enum reach *reach)
{
	*reach = REACH_ALL;
	switch (fuzz_below(random, 32)) {
	case 0:
		*reach = REACH_NONE;
		return bad_pointer(random, size);
	case 1:		/* zeroes */
		*reach = REACH_READ;
		return pages + PAGE;
	case 2:
		*reach = REACH_RACE;
		memcpy(pages, argument, size);
		return pages;
	case 3:
		room += 1 + fuzz_below(random, 7);
		memcpy(room, argument, size);
		return room;
	default:
		return argument;
	}
}

static void check_documented(const char *name, int error)
{
	size_t i;

	for (i = 0; i < sizeof(documented) / sizeof(*documented); i++)
		if (documented[i] == error)
			return;
	kit_fail("%s: %s, which is not documented", name, strerror(error));
}

static void judge(const struct fuzz_request *request, int error,
		  enum reach reach, bool spoilt)
{
	check_documented(request->name, error);
	want(error || reach != REACH_NONE,
	     "%s was accepted with a bad pointer", request->name);
	want(error || reach != REACH_READ ||
	     !(_IOC_DIR(request->cmd) & _IOC_READ),
	     "%s was accepted, though it cannot have written its answer",
	     request->name);
	want(error || reach != REACH_ALL || !spoilt ||
	     request->right == FUZZ_WATCH,
	     "%s was accepted with a reserved field that is not zero",
	     request->name);
}

static void call_unknown(int fd, unsigned int cmd, void *argument)
{
	int error = ioctl(fd, cmd, argument) ? errno : 0;

	want(error == ENOTTY || error == EBADF,
	     "unknown request %#x: %s, wanted ENOTTY", cmd, strerror(error));
}

void ioctl_call(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	const struct fuzz_request *request = choose(thread);
	unsigned char argument[FUZZ_ARGUMENT], room[FUZZ_ARGUMENT + 8];
	int fd = files_pick(random), error;
	enum reach reach;
	unsigned int cmd;
	void *pointer;
	bool spoilt;

	spoilt = fields_fill(random, thread->machine, request, argument);
	pointer = place(random, argument, room, request->size, &reach);
	if (fuzz_one_in(random, 16)) {
		cmd = spoil_cmd(random, request->cmd);
		if (!is_known(cmd)) {
			call_unknown(fd, cmd, pointer);
			return;
		}
	}
	error = ioctl(fd, request->cmd, pointer) ? errno : 0;
	if (error)
		thread->tally.refused[request - fuzz_requests]++;
	else
		thread->tally.accepted[request - fuzz_requests]++;
	judge(request, error, reach, spoilt);
}
