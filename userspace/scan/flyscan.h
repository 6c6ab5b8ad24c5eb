/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fly scan: the axis passes the camera at constant speed, each frame is
 * stored with the exact position at which it was exposed.
 *
 * Order: checks, camera measured, file created, taxi to the start, camera
 * started, first frame in the file, motor started, frames until the axis has
 * passed the end, camera stopped, axis at rest, queue drained, positions from
 * the step trace, file finished. Whatever happens, the axis is at rest, the
 * camera is stopped and every frame that was taken is in the file at the end.
 */
#ifndef OSCAN_FLYSCAN_H
#define OSCAN_FLYSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "camera.h"
#include "oscan.h"

/**
 * struct flyscan_request - what is asked for; names in the comments are those
 * of the metadata
 * @axis: name of the axis (flymotor_name)
 * @start: first position, user's unit (p_start)
 * @end: last position, user's unit (p_end); less than @start scans backwards
 * @per_unit: frames per user's unit (exposures_per_egu), > 0
 * @period_s: time from frame to frame, seconds (t_period), > 0
 * @exposure_s: exposure, seconds (t_acquire); 0: as long as the period
 * @taxi_allowance: user's unit, run-up on top of the acceleration distance
 *	at both ends, >= 0
 * @accel: user's unit per s^2, 0: the axis's greatest
 * @camera: ops of the camera
 * @camera_id: NULL or "": the first one
 * @width: pixels, 0: the camera's choice; else the nearest that it has
 * @height: likewise
 * @directory: existing or to be made, up to 5 levels (ad_file_path)
 * @name: stem of the file (ad_file_name); the file is the next free
 *	<directory>/<name>_NNNNNN.h5
 * @device: path of the motor's device, NULL for the usual one
 * @mark: enum camera_mark: what the times of the frames mark, 0: what the
 *	camera says
 * @readout_ns: from the first row's readout to the last one's, 0: what the
 *	camera says
 * @latency_given: @latency_ns counts, and not what @latency_file says
 * @latency_ns: the times of the frames are so much later than what they mark
 * @latency_file: measured latencies, latency-file.h; NULL: none
 */
struct flyscan_request {
	const char *axis;
	double start;
	double end;
	double per_unit;
	double period_s;
	double exposure_s;
	double taxi_allowance;
	double accel;
	const struct camera_ops *camera;
	const char *camera_id;
	uint32_t width;
	uint32_t height;
	const char *directory;
	const char *name;
	const char *device;
	uint32_t mark;
	uint64_t readout_ns;
	bool latency_given;
	int64_t latency_ns;
	const char *latency_file;
};

/* Most frames that a scan may plan. */
#define FLYSCAN_FRAMES_MAX 10000000

/**
 * struct flyscan_geometry - what follows from it, user's units and seconds
 * @frames: N = round(1 + |end - start| * per_unit), half to even, 2 to
 *	FLYSCAN_FRAMES_MAX (num_frames)
 * @direction: +1 or -1
 * @duration_s: (N - 1) * period: from the first to the last frame
 *	(scan_active_duration)
 * @velocity: |end - start| / duration (scan_velocity): frames stand exactly
 *	|end - start| / (N - 1) apart
 * @accel: acceleration used, per s^2
 * @accel_s: velocity / accel (motor_accl)
 * @d_taxi: velocity^2 / (2 accel): distance to reach the velocity
 * @initial: where the run-up begins (p_initial): start less d_taxi less the
 *	allowance in the direction of the scan, outward to a whole microstep
 * @final: where the axis comes to rest (p_final), likewise
 */
struct flyscan_geometry {
	uint32_t frames;
	int direction;
	double duration_s;
	double velocity;
	double accel;
	double accel_s;
	double d_taxi;
	double initial;
	double final;
};

/* Longest sentence that an error is told in, with its NUL. */
#define FLYSCAN_ERROR_LEN 512

/**
 * flyscan_plan - work the geometry out and check it; pure
 * @request: names and the camera are not looked at
 * @axis: the axis
 * @period_s: period to plan with: the one asked for or the measured one
 * @geometry: out
 * @error: out, shape [FLYSCAN_ERROR_LEN]: one sentence after an error
 *
 * Checks, in this order: range, density, allowance, period, number of frames,
 * exposure, speed and acceleration against the axis, both ends against the
 * soft limits.
 *
 * Return: 0, or -1 with EINVAL, or ERANGE for what the axis cannot do.
 */
int flyscan_plan(const struct flyscan_request *request,
		 const struct oscan_axis_info *axis, double period_s,
		 struct flyscan_geometry *geometry, char *error);

/** enum flyscan_phase - where a scan is */
enum flyscan_phase {
	FLYSCAN_CHECK = 1,	/* nothing has been touched yet */
	FLYSCAN_MEASURE = 2,	/* the camera's period is being measured */
	FLYSCAN_TAXI = 3,	/* on the way to the start */
	FLYSCAN_ARM = 4,	/* camera running, waiting for the first frame */
	FLYSCAN_PASS = 5,	/* the motor moves, frames are taken */
	FLYSCAN_DRAIN = 6,	/* frames are on their way to the file */
	FLYSCAN_FINISH = 7,	/* positions and trace are being stored */
};

/**
 * struct flyscan_ledger - every frame counted at each hop
 * @sensor_gaps: frames that the camera's sequence shows missing
 * @camera_dropped: frames that the camera says it dropped
 * @camera_bad: frames that the camera marked as bad; they are written
 * @delivered: frames that the camera gave to the scan
 * @taken: frames that the writer accepted
 * @written: frames that are in the file
 *
 * Lost is sensor_gaps + camera_dropped + (delivered - taken) +
 * (taken - written) and must be zero.
 */
struct flyscan_ledger {
	uint64_t sensor_gaps;
	uint64_t camera_dropped;
	uint64_t camera_bad;
	uint64_t delivered;
	uint64_t taken;
	uint64_t written;
};

/** flyscan_lost - number of frames lost */
uint64_t flyscan_lost(const struct flyscan_ledger *ledger);

/**
 * struct flyscan_progress - told while the scan runs
 * @phase: enum flyscan_phase
 * @position: user's unit
 * @frames: frames in the file
 * @frames_expected: of the pass
 * @fraction: of the pass, 0 to 1
 * @period_s: period that the scan is planned with, 0 before it is known
 */
struct flyscan_progress {
	enum flyscan_phase phase;
	double position;
	uint64_t frames;
	uint64_t frames_expected;
	double fraction;
	double period_s;
};

/**
 * struct flyscan_result - how it went; filled in as far as the scan came
 * @geometry: as flown
 * @period_asked_s: as asked for
 * @period_measured_s: median of the camera's period just before the scan
 * @period_used_s: what @geometry was planned with
 * @shortest_s: shortest time between two frames of the scan, 0 if not known
 * @longest_s: longest time, likewise; these two tell why there may be more or
 *	less frames in the scan than planned
 * @width: of the frames, pixels
 * @height: likewise
 * @ledger: frames at each hop
 * @frames_in_scan: frames exposed while the axis went from half a spacing
 *	before start to half a spacing behind end: one for each of the planned
 *	places if the camera keeps its period
 * @frames_unpaired: frames that have no position: a gap in the trace
 * @steps_commanded: length of the pass and its run-up and run-out, microsteps
 * @steps_counted: by the driver in the same time
 * @steps_traced: that reached the file
 * @stats: of the driver, after the scan
 * @path: of the file, "" before it was created
 * @error: one sentence, "" if all went well
 */
struct flyscan_result {
	struct flyscan_geometry geometry;
	double period_asked_s;
	double period_measured_s;
	double period_used_s;
	double shortest_s;
	double longest_s;
	uint32_t width;
	uint32_t height;
	struct flyscan_ledger ledger;
	uint64_t frames_in_scan;
	uint64_t frames_unpaired;
	int64_t steps_commanded;
	int64_t steps_counted;
	uint64_t steps_traced;
	struct oscan_stats stats;
	char path[4096];
	char error[FLYSCAN_ERROR_LEN];
};

/**
 * flyscan_run - do it
 * @request: what is asked for
 * @progress: called about ten times a second and at each change of phase, may
 *	be NULL
 * @data: passed to @progress
 * @cancel: set by a signal handler to end the scan early, softly; the file
 *	keeps what was taken
 * @result: out
 *
 * Return: 0 when every frame taken is in the file with its position; else -1
 * with errno and one sentence in @result->error: what was wanted, what was
 * found, what to do. ECANCELED after @cancel.
 */
int flyscan_run(const struct flyscan_request *request,
		void (*progress)(const struct flyscan_progress *progress,
				 void *data),
		void *data, const volatile int *cancel,
		struct flyscan_result *result);

#endif /* OSCAN_FLYSCAN_H */
