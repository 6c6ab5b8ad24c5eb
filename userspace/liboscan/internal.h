/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBOSCAN_INTERNAL_H
#define LIBOSCAN_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/oscan.h>

/* Everything without this mark stays inside the library. */
#define OSCAN_API __attribute__((visibility("default")))

static inline bool is_name(const char name[OSCAN_NAME_LEN])
{
	return memchr(name, '\0', OSCAN_NAME_LEN);
}

static inline int bad_answer(void)
{
	errno = EBADE;
	return -1;
}

/*
 * Every request answers 0. One that a signal handler kept from beginning has
 * done nothing and is made again.
 */
static inline int request(int fd, unsigned long code, void *argument)
{
	int result;

	do
		result = ioctl(fd, code, argument);
	while (result < 0 && errno == EINTR);
	return result > 0 ? bad_answer() : result;
}

#endif /* LIBOSCAN_INTERNAL_H */
