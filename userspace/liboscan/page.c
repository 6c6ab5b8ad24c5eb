// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* What a file maps beyond its end is SIGBUS to read. */
static bool is_too_short(int fd)
{
	struct stat file;

	return !fstat(fd, &file) && S_ISREG(file.st_mode) &&
	       file.st_size < (off_t)sizeof(struct oscan_page);
}

static const struct oscan_page *map(const char *path)
{
	int fd = open(path ? path : OSCAN_DEVICE_PATH, O_RDONLY | O_CLOEXEC);
	void *page = MAP_FAILED;
	int error;

	if (fd < 0)
		return NULL;
	errno = ENODEV;
	if (!is_too_short(fd))
		page = mmap(NULL, sizeof(struct oscan_page), PROT_READ,
			    MAP_SHARED, fd, 0);
	error = errno;
	close(fd);
	errno = error;
	return page == MAP_FAILED ? NULL : page;
}

OSCAN_API const struct oscan_page *oscan_page_open(const char *path)
{
	const struct oscan_page *page = map(path);

	if (!page)
		return NULL;
	if (page->version == OSCAN_PAGE_VERSION &&
	    page->size >= sizeof(*page) && page->axes <= OSCAN_MAX_AXES)
		return page;
	oscan_page_close(page);
	errno = EPROTO;
	return NULL;
}

OSCAN_API void oscan_page_close(const struct oscan_page *page)
{
	if (page)
		munmap((void *)page, sizeof(*page));
}

/* Read again what changed meanwhile: a torn number is thrown away. */
static bool copy(const volatile struct oscan_page_axis *from,
		 struct oscan_page_axis *to)
{
	uint32_t seq = __atomic_load_n(&from->seq, __ATOMIC_ACQUIRE);

	if (seq & 1)
		return false;
	*to = *(const struct oscan_page_axis *)from;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	to->seq = seq;
	return __atomic_load_n(&from->seq, __ATOMIC_RELAXED) == seq;
}

OSCAN_API int oscan_page_read(const struct oscan_page *page,
			      unsigned int number,
			      struct oscan_page_axis *axis)
{
	bool alive;

	if (number >= page->axes) {
		errno = ENXIO;
		return -1;
	}
	/* First: what comes after it has gone is the last there is. */
	alive = __atomic_load_n(&page->alive, __ATOMIC_ACQUIRE);
	while (!copy(&page->axis[number], axis))
		;
	if (alive)
		return 0;
	errno = ENODEV;
	return -1;
}
