/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic camera on a clock of its own, which runs only while somebody
 * looks at it or sleeps. Link with -Wl,--wrap=clock_gettime
 * -Wl,--wrap=clock_nanosleep.
 */
#ifndef SYNTHETIC_WORLD_H
#define SYNTHETIC_WORLD_H

#include <errno.h>
#include <time.h>

#include "synthetic.h"
#include "unit.h"

#define SECOND 1000000000ull
#define MS 1000000ull
#define WIDTH 160u
#define HEIGHT 120u

static uint64_t now = 1000 * SECOND;
static int interrupted;			/* sleeps that a signal ends */
static const struct camera_ops *const ops = &camera_synthetic;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	now += 100;
	time->tv_sec = now / SECOND;
	time->tv_nsec = now % SECOND;
	return 0;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left)
{
	uint64_t until = time->tv_sec * SECOND + time->tv_nsec;

	(void)clock;
	(void)left;
	ck_assert_int_eq(flags, TIMER_ABSTIME);
	if (interrupted && interrupted--)
		return EINTR;
	if (until > now)
		now = until;
	return 0;
}

static inline struct camera_frame next(struct camera *camera)
{
	struct camera_frame frame;
	int tries = 0;

	while (ops->next(camera, &frame, 50)) {
		ck_assert_int_eq(errno, ETIMEDOUT);
		ck_assert_int_lt(++tries, 100);
	}
	return frame;
}

static inline struct camera_frame take(struct camera *camera)
{
	struct camera_frame frame = next(camera);

	ops->release(camera, &frame);
	return frame;
}

#endif /* SYNTHETIC_WORLD_H */
