/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Camera and writer on their own: no motor, no scan. The camera's settings are
 * put back, as a scan does (restore.h). When frames are missing,
 * late or marked at another moment than thought, it shows here first.
 */
#ifndef OSCAN_DIAG_H
#define OSCAN_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "camera.h"
#include "flyscan.h"

/**
 * struct diag_request - what is asked for
 * @camera: ops of the camera
 * @camera_id: NULL or "": the first one
 * @width: pixels, 0: the camera's choice
 * @height: likewise
 * @period_s: seconds, > 0
 * @exposure_s: seconds, 0: as long as the period
 * @duration_s: how long to take frames, seconds, > 0
 * @directory: folder for the file; NULL: no file is written
 * @name: stem of the file
 * @timing: find out what the camera's time marks, instead
 * @state: folder of the journal, NULL for the usual one
 */
struct diag_request {
	const struct camera_ops *camera;
	const char *camera_id;
	uint32_t width;
	uint32_t height;
	double period_s;
	double exposure_s;
	double duration_s;
	const char *directory;
	const char *name;
	bool timing;
	const char *state;
};

/** enum diag_verdict - which moment of a frame its time marks */
enum diag_verdict {
	DIAG_NONE = 0,		/* not asked for, or not to be found out */
	DIAG_START_ACQUIRE = 1,	/* the exposure begins */
	DIAG_END_ACQUIRE = 2,	/* the exposure ends */
	DIAG_END_PERIOD = 3,	/* the frame has been read out */
};

/** diag_verdict_name - "start_acquire" and so on, "none" */
const char *diag_verdict_name(enum diag_verdict verdict);

/**
 * struct diag_timing - times of frames against when they came
 * @verdict: enum diag_verdict
 * @why: why there is none, "" else
 * @delay_short_s: median time from a frame's time to its coming, at a quarter
 *	of the exposure
 * @delay_long_s: likewise, at the whole exposure
 * @spread_s: standard deviation of that time
 * @longest_s: longest time between two frames' coming
 */
struct diag_timing {
	enum diag_verdict verdict;
	char why[160];
	double delay_short_s;
	double delay_long_s;
	double spread_s;
	double longest_s;
};

/**
 * struct diag_report - what was found
 * @capacity: frames at which it ends however long it took:
 *	(int)(duration / period * 1.5) + 20
 * @delivered: frames that came
 * @taken: frames that the writer accepted
 * @written: frames in the file
 * @sensor_gaps: missing by the camera's count
 * @camera_dropped: given up by the camera
 * @camera_bad: marked as bad
 * @seconds: from the first to the last frame
 * @frames_per_s: in that time
 * @bytes_per_s: of pixels
 * @drain_s: from the last frame until all were in the file
 * @drained: within 10 s
 * @width: pixels
 * @height: likewise
 * @period_s: median of the frames' times, seconds
 * @timing: with diag_request.timing
 * @path: of the file, "": none
 * @error: a sentence, ""
 */
struct diag_report {
	uint32_t capacity;
	uint64_t delivered;
	uint64_t taken;
	uint64_t written;
	uint64_t sensor_gaps;
	uint64_t camera_dropped;
	uint64_t camera_bad;
	double seconds;
	double frames_per_s;
	double bytes_per_s;
	double drain_s;
	bool drained;
	uint32_t width;
	uint32_t height;
	double period_s;
	struct diag_timing timing;
	char path[4096];
	char error[FLYSCAN_ERROR_LEN];
};

/**
 * diag_judge - what do frame times mark? Pure.
 * @quarter: shape [@count], seconds from frame's time to coming, at a quarter
 *	of @exposure_s; sorted in place, as is @whole
 * @whole: shape [@count], likewise at @exposure_s
 * @count: >= 2
 * @longest_s: longest time between two frames' coming
 * @period_s: of the camera
 * @readout_s: from the first row's readout to the last's, 0: not known
 * @timing: out
 *
 * A time that marks the begin of the exposure comes earlier against the
 * frame's coming by as much as the exposure is longer; one that marks its end,
 * or that of the readout, does not. These two differ by the readout.
 *
 * No verdict if frames came together (longest > 2 periods), the times scatter
 * (standard deviation > exposure), or they lie between two meanings
 * (residual > half the spread between them).
 */
void diag_judge(double *quarter, double *whole, size_t count, double longest_s,
		double period_s, double exposure_s, double readout_s,
		struct diag_timing *timing);

/**
 * diag_run - do it
 * @cancel: set by a signal handler to end it
 *
 * Return: 0, or -1 with errno and a sentence in @report->error. Frames lost
 * are no error: they are what is looked for.
 */
int diag_run(const struct diag_request *request, const volatile int *cancel,
	     struct diag_report *report);

#endif /* OSCAN_DIAG_H */
