// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "internal.h"

OSCAN_API int oscan_events_subscribe(struct oscan_motor *motor, uint32_t types)
{
	struct oscan_events events = { .types = types };

	return request(oscan_motor_fd(motor), OSCAN_IOC_EVENTS, &events);
}

/* Of a file that has not subscribed read(2) says so at once. */
static int wait_for_one(int fd, int timeout_ms)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	int ready = poll(&wanted, 1, timeout_ms);

	if (ready > 0)
		return 0;
	if (!ready)
		errno = ETIMEDOUT;
	return -1;
}

OSCAN_API int oscan_events_read(struct oscan_motor *motor,
				struct oscan_event *events, size_t count,
				int timeout_ms)
{
	const size_t most = INT_MAX / sizeof(*events);
	int fd = oscan_motor_fd(motor);
	ssize_t bytes;

	if (!count) {
		errno = EINVAL;
		return -1;
	}
	if (timeout_ms >= 0 && wait_for_one(fd, timeout_ms))
		return -1;
	bytes = read(fd, events,
		     (count < most ? count : most) * sizeof(*events));
	if (bytes < 0)
		return -1;
	if (!bytes || bytes % sizeof(*events)) {
		errno = EIO;
		return -1;
	}
	if (!events->type) {
		errno = EBADE;
		return -1;
	}
	return bytes / sizeof(*events);
}
