// SPDX-License-Identifier: GPL-2.0-or-later
/* Watchdogs: whatever stands still ends the scan, with its name. */
#include <errno.h>
#include <math.h>
#include "scan.h"

#define NS_PER_S 1000000000ull

/* Floors: below them a busy machine would look like a broken one. */
#define FRAME_LEAST_S 5
#define MOTION_LEAST_S 5
#define WRITER_LEAST_S 10

/* Slowest disk that is not taken for a dead one, bytes per second. */
#define SLOWEST_DISK 1e6

/* A move may take so much longer than planned, and this on top. */
#define LATE_FACTOR 1.5
#define LATE_S 10

static uint64_t to_ns(double seconds)
{
	return llrint(seconds * 1e9);
}

double scan_first_frame_timeout_s(double period_s)
{
	return fmax(5 * period_s, FRAME_LEAST_S);
}

double scan_frame_timeout_s(double period_s)
{
	return fmax(20 * period_s, FRAME_LEAST_S);
}

double scan_motion_timeout_s(const struct scan *scan)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	double speed = scan_steps(scan, geometry->velocity);
	double first = sqrt(2 / scan_steps(scan, geometry->accel));

	return fmax(fmax(20 / speed, 3 * first), MOTION_LEAST_S);
}

double scan_writer_timeout_s(const struct scan *scan)
{
	return fmax(3 * scan_frame_bytes(scan) / SLOWEST_DISK,
		    WRITER_LEAST_S);
}

/* The way to the run-up; called before it is made. */
static double taxi_s(const struct scan *scan)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	double place = oscan_axis_to_unit(scan->info, scan->state.position);
	double way = fabs(geometry->initial - place);
	double speed = oscan_speed_to_double(scan_taxi_speed(scan)) /
		       oscan_axis_steps_per_unit(scan->info);

	return way / speed + speed / geometry->accel;
}

double scan_deadline_s(const struct scan *scan)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	double period = scan->result->period_used_s;
	double length = fabs(geometry->final - geometry->initial);
	double pass = length / geometry->velocity + geometry->accel_s;
	uint32_t passes = scan_pass_count(scan);

	/* A pass waits for its frame, and is over two frames behind the end. */
	pass += 5 * period + LATE_S;
	return LATE_FACTOR * (taxi_s(scan) + passes * pass) + LATE_S +
	       scan_first_frame_timeout_s(period);
}

void scan_guard_begin(struct scan *scan)
{
	scan->guard.deadline_s = scan_deadline_s(scan);
	scan->guard.deadline_ns = scan_now() + to_ns(scan->guard.deadline_s);
	scan->guard.written_ns = scan_now();
}

void scan_guard_moving(struct scan *scan)
{
	scan->guard.steps = scan->state.steps;
	scan->guard.steps_ns = scan_now();
}

static int guard_motion(struct scan *scan)
{
	struct scan_guard *guard = &scan->guard;
	double timeout = scan_motion_timeout_s(scan);

	if (scan->state.steps != guard->steps || !scan->moving) {
		guard->steps = scan->state.steps;
		guard->steps_ns = scan_now();
		return 0;
	}
	if (scan_now() - guard->steps_ns <= to_ns(timeout))
		return 0;
	return scan_fail(scan, ETIMEDOUT,
			 "wanted %s to move on, found no step for %.3g s at %.6g %s; see the kernel's log",
			 scan->info->name, timeout,
			 oscan_axis_to_unit(scan->info, scan->state.position),
			 scan_unit(scan));
}

int scan_guard_writer(struct scan *scan)
{
	struct scan_guard *guard = &scan->guard;
	double timeout = scan_writer_timeout_s(scan);
	uint64_t written = writer_written(scan->writer);

	if (written != guard->written || written >= scan_frames_put(scan)) {
		guard->written = written;
		guard->written_ns = scan_now();
		return 0;
	}
	if (scan_now() - guard->written_ns <= to_ns(timeout))
		return 0;
	scan->stalled = true;
	return scan_fail(scan, ETIMEDOUT,
			 "wanted frame %llu written to %.200s, found that the disk took none for %.3g s; see its cable and the kernel's log",
			 (unsigned long long)written + 1, scan->result->path,
			 timeout);
}

int scan_guard_flush(struct scan *scan, uint64_t begun_ns)
{
	double timeout = scan_flush_timeout_s(scan);
	uint64_t written = writer_written(scan->writer);

	if (scan_now() - begun_ns <= to_ns(timeout))
		return 0;
	scan->stalled = true;
	return scan_fail(scan, ETIMEDOUT,
			 "wanted all %llu frames in %.200s within %.3g s of the last one, found %llu there; take a faster disk, smaller frames or a longer period",
			 (unsigned long long)scan_frames_put(scan),
			 scan->result->path, timeout,
			 (unsigned long long)written);
}

int scan_guard_disk(struct scan *scan)
{
	struct scan_guard *guard = &scan->guard;
	struct writer_counts counts;
	uint64_t frames;
	double timeout;

	writer_counts(scan->writer, &counts);
	/* Fewer frames have less time: it begins anew with them. */
	if (!guard->synced_ns || counts.synced != guard->synced) {
		guard->synced = counts.synced;
		guard->synced_ns = scan_now();
		return 0;
	}
	frames = counts.written - counts.synced;
	timeout = fmax(frames * (scan_frame_bytes(scan) / SLOWEST_DISK),
		       WRITER_LEAST_S);
	if (scan_now() - guard->synced_ns <= to_ns(timeout))
		return 0;
	scan->stalled = true;
	return scan_fail(scan, ETIMEDOUT,
			 "wanted the last %llu frames in %.200s on the disk, found that it did not take them for %.3g s; see its cable and the kernel's log",
			 (unsigned long long)frames, scan->result->path,
			 timeout);
}

int scan_guard(struct scan *scan)
{
	if (scan->moving && guard_motion(scan))
		return -1;
	if (scan->writer && scan_guard_writer(scan))
		return -1;
	if (!scan->guard.deadline_ns || scan_now() <= scan->guard.deadline_ns)
		return 0;
	return scan_fail(scan, ETIMEDOUT,
			 "wanted the scan to be over in %.4g s, found it not; see that the camera's times rise and the axis is not held up",
			 scan->guard.deadline_s);
}
