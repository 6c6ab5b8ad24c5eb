/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fly scan: the axis passes the camera at constant speed, each frame is
 * stored with the exact position at which it was exposed.
 *
 * Order: checks, camera measured, file created, taxi to the start, camera
 * started, first frame in the file, motor started, frames until the axis has
 * passed the end (and back, if there are more passes), camera stopped, axis at
 * rest, queue drained, positions from the step trace, file finished, settings
 * put back. Whatever happens, the axis is at rest, the camera is stopped, every
 * frame that was taken is in the file and what the scan has changed is as it
 * was at the end.
 */
#ifndef OSCAN_FLYSCAN_H
#define OSCAN_FLYSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "camera.h"
#include "oscan.h"
#include "writer.h"

struct preview;

/* Most passes of a scan. */
#define FLYSCAN_PASSES_MAX 1000

/**
 * struct flyscan_md - one of the user's own metadata
 * @key: name below /entry/flyscan, as flyscan_md_key() allows
 * @text: value, NULL: it is @number
 * @number: value
 */
struct flyscan_md {
	const char *key;
	const char *text;
	double number;
};

/** flyscan_md_key - is it a name: a letter, then letters, digits, "_", "-",
 * ".", up to 64 of them, and none of the scan's own groups?
 */
bool flyscan_md_key(const char *key);

/**
 * struct flyscan_earlier - frames of an earlier scan that this one completes
 *
 * They are copied to the front of the new file.
 *
 * @path: of its file
 * @start: user's unit, first place of the whole scan (p_start)
 * @end: last one (p_end)
 * @places: number of places of a pass of the whole scan (num_frames)
 * @passes: number of passes of the whole scan
 * @first_pass: of these, the first one that is flown now, from 0
 * @scale: microsteps per user's unit
 * @frames: number of frames
 * @frame: shape [@frames], as writer_put() wants them, but for the pixels
 * @time_ns: shape [@frames], when each was exposed
 * @position: shape [@frames], user's unit; also the next four, as in
 *	struct writer_pairing
 * @position_start: shape [@frames]
 * @position_end: shape [@frames]
 * @sigma: shape [@frames]
 * @speed: shape [@frames]
 * @in_scan: shape [@frames]
 * @pass: shape [@frames], number of the pass that each is of, from 1; 0: none
 * @source: shape [@frames], enum scan_source of each; NULL: the camera
 * @steps: number of steps
 * @step_ns: shape [@steps], CLOCK_MONOTONIC
 * @step_utc_ns: shape [@steps], when that was, from 1970-01-01 UTC
 * @step_position: shape [@steps], microsteps
 * @runs: number of scans that the frames are from, one after the other
 * @run_frames: shape [@runs], number of frames of each
 * @run_steps: shape [@runs], number of steps of each
 * @boot_ids: of the machine's start that the times of each are of, with a
 *	space between
 * @other_boot: not all of them are of this start; then the position must be
 *	known, for the steps were not counted in between; likewise where the
 *	driver was loaded again
 * @driver_probed_ns: of the driver of the last of them, see struct oscan_info;
 *	0: not known
 * @width: pixels
 * @height: pixels
 * @pixels: copy the pixels of frame @index; 0, or -1 with errno, EAGAIN: not
 *	while the writer is at work
 * @data: passed to @pixels
 */
struct flyscan_earlier {
	const char *path;
	double start;
	double end;
	uint32_t places;
	uint32_t passes;
	uint32_t first_pass;
	double scale;
	size_t frames;
	const struct writer_frame *frame;
	const uint64_t *time_ns;
	const double *position;
	const double *position_start;
	const double *position_end;
	const double *sigma;
	const double *speed;
	const uint8_t *in_scan;
	const uint64_t *pass;
	const uint64_t *source;
	size_t steps;
	const uint64_t *step_ns;
	const uint64_t *step_utc_ns;
	const int64_t *step_position;
	size_t runs;
	const uint64_t *run_frames;
	const uint64_t *run_steps;
	const char *boot_ids;
	bool other_boot;
	uint64_t driver_probed_ns;
	uint32_t width;
	uint32_t height;
	int (*pixels)(void *data, size_t index, void *pixels);
	void *data;
};

/* Longer than the name of a start of the machine. */
#define FLYSCAN_BOOT_LEN 64

/** flyscan_boot_id - of this start of the machine, "" if not known */
void flyscan_boot_id(char id[FLYSCAN_BOOT_LEN]);

/**
 * enum flyscan_trigger - who says when a frame is exposed (trigger_mode)
 * @FLYSCAN_TRIGGER_FREE: the camera, and its own times tell
 * @FLYSCAN_TRIGGER_COMPARE: the axis: a trigger line pulses once for each place,
 *	and the camera exposes at each pulse, whose time the driver tells
 * @FLYSCAN_TRIGGER_STROBE: the camera, whose strobe a capture line latches
 * @FLYSCAN_TRIGGER_BOTH: the axis, and the strobe tells when it was
 */
enum flyscan_trigger {
	FLYSCAN_TRIGGER_FREE = 0,
	FLYSCAN_TRIGGER_COMPARE = 1,
	FLYSCAN_TRIGGER_STROBE = 2,
	FLYSCAN_TRIGGER_BOTH = 3,
};

/** flyscan_trigger_name - "free", "compare", "strobe" or "both" */
const char *flyscan_trigger_name(enum flyscan_trigger trigger);

/** flyscan_trigger - by name: enum flyscan_trigger, -1: there is none */
int flyscan_trigger(const char *name);

/* Lines where none are named: those of the overlays. */
#define FLYSCAN_TRIGGER_LINE "camera"
#define FLYSCAN_CAPTURE_LINE "strobe"

/* Length of a pulse of the trigger line. */
#define FLYSCAN_PULSE_NS 100000

/* Greatest trigger latency. */
#define FLYSCAN_TRIGGER_LATENCY_MAX_NS 1000000000

/**
 * struct flyscan_request - what is asked for; names in the comments are those
 * of the metadata
 * @axis: name of the axis (flymotor_name)
 * @start: first position, user's unit (p_start)
 * @end: last position, user's unit (p_end); less than @start scans backwards
 * @per_unit: frames per user's unit (exposures_per_egu), > 0
 * @period_s: time from frame to frame, seconds (t_period), > 0
 * @exposure_s: exposure, seconds (t_acquire); 0: as long as the period, half of
 *	it where the axis triggers the camera
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
 * @compression: how pixels are stored (compression)
 * @device: path of the motor's device, NULL for the usual one
 * @mark: enum camera_mark: what the times of the frames mark, 0: what the
 *	camera says
 * @readout_ns: from the first row's readout to the last one's, 0: what the
 *	camera says
 * @latency_given: @latency_ns counts, and not what @latency_file says
 * @latency_ns: the times of the frames are so much later than what they mark
 * @latency_file: measured latencies, latency-file.h; NULL: none
 * @passes: times past the camera, 1 to FLYSCAN_PASSES_MAX; every second one
 *	goes from end to start; 0 is 1
 * @tick_s: longest wait for a frame that may put off everything else
 *	(consumer_tick), seconds, 0.001 to 1; 0 is 0.02
 * @nonblocking: a frame that finds the queue full is dropped and counted
 *	instead of waited with (force_hdf_nonblocking); to show what that does
 * @strict: a scan with a warning has failed
 * @md: shape [@md_count], the user's own metadata; they win over the scan's
 * @md_count: number of them
 * @earlier: the scan that this one completes, NULL: none
 * @trigger: enum flyscan_trigger
 * @trigger_line: that pulses, NULL: FLYSCAN_TRIGGER_LINE
 * @trigger_latency_ns: from the pulse to the first row's exposure, 0 to
 *	FLYSCAN_TRIGGER_LATENCY_MAX_NS
 * @capture_line: of the strobe, NULL: FLYSCAN_CAPTURE_LINE
 * @capture_both: the strobe's other edge ends the exposure
 * @state: folder of the journal, NULL for the usual one
 * @preview: newest frames for people, NULL: none
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
	enum writer_compression compression;
	const char *device;
	uint32_t mark;
	uint64_t readout_ns;
	bool latency_given;
	int64_t latency_ns;
	const char *latency_file;
	uint32_t passes;
	double tick_s;
	bool nonblocking;
	bool strict;
	const struct flyscan_md *md;
	size_t md_count;
	const struct flyscan_earlier *earlier;
	enum flyscan_trigger trigger;
	const char *trigger_line;
	uint64_t trigger_latency_ns;
	const char *capture_line;
	bool capture_both;
	const char *state;
	struct preview *preview;
};

/** flyscan_triggers - does the axis trigger the camera? */
static inline bool flyscan_triggers(const struct flyscan_request *request)
{
	return request->trigger == FLYSCAN_TRIGGER_COMPARE ||
	       request->trigger == FLYSCAN_TRIGGER_BOTH;
}

/** flyscan_captures - does a strobe tell of the exposures? */
static inline bool flyscan_captures(const struct flyscan_request *request)
{
	return request->trigger == FLYSCAN_TRIGGER_STROBE ||
	       request->trigger == FLYSCAN_TRIGGER_BOTH;
}

/** flyscan_exposure_s - what is asked for, at a period */
static inline double flyscan_exposure_s(const struct flyscan_request *request,
					double period_s)
{
	if (request->exposure_s != 0)
		return request->exposure_s;
	return flyscan_triggers(request) ? period_s / 2 : period_s;
}

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
 * flyscan_check - what is wrong with a request, whatever the axis; pure
 * @unit: "deg", "mm", or "unit" while the axis is not known
 * @period_s: period to check with
 * @error: out, shape [FLYSCAN_ERROR_LEN]: one sentence after an error
 *
 * In this order: range, density, allowance, period, number of frames,
 * exposure, passes, tick, trigger latency. An end below the start scans backwards.
 *
 * Return: 0, or -1 with EINVAL.
 */
int flyscan_check(const struct flyscan_request *request, const char *unit,
		  double period_s, char *error);

/**
 * flyscan_plan - work the geometry out and check it; pure
 * @request: names and the camera are not looked at
 * @axis: the axis
 * @period_s: period to plan with: the one asked for or the measured one
 * @geometry: out
 * @error: out, shape [FLYSCAN_ERROR_LEN]: one sentence after an error
 *
 * Checks, in this order: flyscan_check(), speed and acceleration against the
 * axis, both ends against the soft limits.
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

/** flyscan_phase_name - "going to the start" and so on, for people */
const char *flyscan_phase_name(enum flyscan_phase phase);

/**
 * struct flyscan_ledger - every frame counted at each hop
 * @sensor_gaps: frames that the camera's sequence shows missing
 * @camera_dropped: frames that the camera says it dropped
 * @camera_bad: frames that the camera marked as bad; they are written
 * @delivered: frames that the camera gave to the scan
 * @taken: frames that the writer accepted
 * @dropped: frames that found its queue full, where that was asked for; of
 *	those that were not taken
 * @packed: frames that left its compressor
 * @written: frames that are in the file
 * @copied: frames of the earlier scan in the file; not among the others
 * @pulses: of the trigger line in the passes
 * @pulses_missed: places without a pulse, for the line was still active
 * @unanswered: pulses without a frame that are not lost elsewhere
 * @strobes: latched since the camera was started
 * @untimed: frames in the file without a pulse or strobe of their own
 *
 * Lost is pulses_missed + unanswered + sensor_gaps + camera_dropped + (delivered - taken: the queue) +
 * (taken - packed: the compressor) + (packed - written: the writer) and must
 * be zero. @dropped, @packed and @written are the writer's own counts.
 */
struct flyscan_ledger {
	uint64_t sensor_gaps;
	uint64_t camera_dropped;
	uint64_t camera_bad;
	uint64_t delivered;
	uint64_t taken;
	uint64_t dropped;
	uint64_t packed;
	uint64_t written;
	uint64_t copied;
	uint64_t pulses;
	uint64_t pulses_missed;
	uint64_t unanswered;
	uint64_t strobes;
	uint64_t untimed;
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
 * @path: of the file, "" before it was created
 */
struct flyscan_progress {
	enum flyscan_phase phase;
	double position;
	uint64_t frames;
	uint64_t frames_expected;
	double fraction;
	double period_s;
	const char *path;
};

/** enum flyscan_warning_kind - what a warning is about */
enum flyscan_warning_kind {
	FLYSCAN_WARN_DATA_LOSS = 1,	/* frames dropped, as asked for */
	FLYSCAN_WARN_PERIOD = 2,	/* the camera has another period */
	FLYSCAN_WARN_BAD_FRAME = 3,	/* the camera says: may be corrupt */
	FLYSCAN_WARN_COUNT = 4,		/* more or less frames than places */
	FLYSCAN_WARN_RESTORE = 5,	/* a setting could not be put back */
	FLYSCAN_WARN_TRIGGER = 6,	/* the camera's own time stands in */
	FLYSCAN_WARN_POSITION = 7,	/* may not be that of the earlier scan */
};

/** flyscan_warning_name - "FlyscanDataLossWarning" and so on */
const char *flyscan_warning_name(enum flyscan_warning_kind kind);

/**
 * struct flyscan_warning - what went otherwise, though the data are sound
 * @kind: enum flyscan_warning_kind
 * @text: one sentence
 */
struct flyscan_warning {
	enum flyscan_warning_kind kind;
	char text[FLYSCAN_ERROR_LEN];
};

/* Most warnings of a scan. */
#define FLYSCAN_WARNINGS_MAX 8

/**
 * struct flyscan_result - how it went; filled in as far as the scan came
 * @geometry: as flown
 * @period_asked_s: as asked for
 * @period_measured_s: median of the camera's period just before the scan, 0
 *	where the axis triggers it
 * @period_used_s: what @geometry was planned with
 * @shortest_s: shortest time between two frames of the scan, 0 if not known
 * @longest_s: longest time, likewise; these two tell why there may be more or
 *	less frames in the scan than planned
 * @width: of the frames, pixels
 * @height: likewise
 * @ledger: frames at each hop
 * @passes: passes that were begun
 * @frames_in_scan: frames exposed while the axis went from half a spacing
 *	before start to half a spacing behind end, in all passes: one for each
 *	of the planned places if the camera keeps its period
 * @frames_unpaired: frames that have no position: a gap in the trace
 * @steps_commanded: length of the pass and its run-up and run-out, microsteps
 * @steps_counted: by the driver in the same time
 * @steps_traced: that reached the file
 * @stats: of the driver, after the scan; of the move_* worst_late_ns and
 *	shortest_ns are of all passes, slip_ns and stumbles of the way to the
 *	start as well
 * @path: of the file, "" before it was created
 * @error: one sentence, "" if all went well
 * @warnings: shape [@warning_count]
 * @warning_count: at most FLYSCAN_WARNINGS_MAX
 * @restored: settings put back that the scan had changed
 * @restored_earlier: likewise, that a scan that was killed had left
 * @abandoned: the writer hangs in the system; the program must end with
 *	_exit(2), lest HDF5 waits for it
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
	uint32_t passes;
	uint64_t frames_in_scan;
	uint64_t frames_unpaired;
	int64_t steps_commanded;
	int64_t steps_counted;
	uint64_t steps_traced;
	struct oscan_stats stats;
	char path[4096];
	char error[FLYSCAN_ERROR_LEN];
	struct flyscan_warning warnings[FLYSCAN_WARNINGS_MAX];
	uint32_t warning_count;
	uint32_t restored;
	uint32_t restored_earlier;
	bool abandoned;
};

/**
 * struct flyscan_limit - a number that was checked against its limits
 * @name: "speed", "run-up from"
 * @value: what the scan needs, in @unit
 * @low: least, NAN: none
 * @high: greatest, NAN: none
 * @unit: text, "" for a count
 * @holds: it is within them
 */
struct flyscan_limit {
	const char *name;
	double value;
	double low;
	double high;
	const char *unit;
	bool holds;
};

/* Most limits that flyscan_preview() tells. */
#define FLYSCAN_LIMITS_MAX 16

/**
 * flyscan_preview - all checks of flyscan_run(), and nothing moves
 * @request: what is asked for
 * @result: out: geometry, size, warnings and error, as far as they are known
 * @limits: out, shape [FLYSCAN_LIMITS_MAX]
 * @count: out: how many there are; 0 if the axis is not there
 *
 * The motors are not commanded, no file and no folder is made. The camera is
 * configured, not started; its settings are put back.
 *
 * Return: 0: flyscan_run() would begin; -1 with errno and a sentence.
 */
int flyscan_preview(const struct flyscan_request *request,
		    struct flyscan_result *result,
		    struct flyscan_limit *limits, size_t *count);

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
