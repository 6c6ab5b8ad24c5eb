// SPDX-License-Identifier: LGPL-2.1-or-later
/* How far other clocks are ahead of CLOCK_MONOTONIC. */
#include "oscan.h"

#include <errno.h>
#include <time.h>

#include "internal.h"

#define NS_PER_S 1000000000LL

/* Most of them are not interrupted. */
#define READINGS 15

static int read_clock(clockid_t clock, int64_t *ns)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		return -1;
	*ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	return 0;
}

/**
 * read_offset - one clock, between two readings of CLOCK_MONOTONIC
 * @middle_ns: out: time between the two, of the tightest reading
 * @error_ns: out: half their distance, rounded up
 */
static int read_offset(clockid_t clock, int64_t *middle_ns,
		       int64_t *offset_ns, uint64_t *error_ns)
{
	int64_t before, there, after, best = INT64_MAX;
	int i;

	for (i = 0; i < READINGS; i++) {
		if (read_clock(CLOCK_MONOTONIC, &before) ||
		    read_clock(clock, &there) ||
		    read_clock(CLOCK_MONOTONIC, &after))
			return -1;
		if (after - before >= best)
			continue;
		best = after - before;
		*middle_ns = before + best / 2;
		*offset_ns = there - *middle_ns;
		*error_ns = (uint64_t)(best - best / 2);
	}
	return 0;
}

OSCAN_API int oscan_clock_read(struct oscan_clocks *clocks)
{
	struct oscan_clocks now;
	int64_t middle;

	if (read_offset(CLOCK_BOOTTIME, &middle, &now.boottime_offset_ns,
			&now.boottime_error_ns) ||
	    read_offset(CLOCK_REALTIME, &middle, &now.realtime_offset_ns,
			&now.realtime_error_ns))
		return -1;
	now.monotonic_ns = (uint64_t)middle;
	*clocks = now;
	return 0;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The offset was between @start and @end all the time, if it went one way.
 * Differences are unsigned, so that no two offsets are too far apart.
 */
static int64_t offset_between(int64_t start, int64_t end, long double part,
			      uint64_t *error_ns)
{
	bool up = end > start;
	uint64_t change = up ? (uint64_t)end - (uint64_t)start :
			       (uint64_t)start - (uint64_t)end;
	long double exact = part * change + 0.5L;
	uint64_t done = exact >= (long double)change ? change :
			(uint64_t)exact;

	*error_ns += greater(done, change - done);
	return (int64_t)(up ? (uint64_t)start + done : (uint64_t)start - done);
}

OSCAN_API int oscan_clock_at(const struct oscan_clocks *start,
			     const struct oscan_clocks *end, uint64_t time_ns,
			     struct oscan_clocks *clocks)
{
	long double part;
	uint64_t span = end->monotonic_ns - start->monotonic_ns;
	struct oscan_clocks now = { .monotonic_ns = time_ns };

	if (end->monotonic_ns < start->monotonic_ns) {
		errno = EINVAL;
		return -1;
	}
	if (time_ns < start->monotonic_ns || time_ns > end->monotonic_ns) {
		errno = ERANGE;
		return -1;
	}
	if (time_ns == start->monotonic_ns || time_ns == end->monotonic_ns) {
		*clocks = time_ns == start->monotonic_ns ? *start : *end;
		return 0;
	}
	part = (long double)(time_ns - start->monotonic_ns) / span;
	now.boottime_error_ns = greater(start->boottime_error_ns,
					end->boottime_error_ns);
	now.boottime_offset_ns = offset_between(start->boottime_offset_ns,
						end->boottime_offset_ns, part,
						&now.boottime_error_ns);
	now.realtime_error_ns = greater(start->realtime_error_ns,
					end->realtime_error_ns);
	now.realtime_offset_ns = offset_between(start->realtime_offset_ns,
						end->realtime_offset_ns, part,
						&now.realtime_error_ns);
	*clocks = now;
	return 0;
}
