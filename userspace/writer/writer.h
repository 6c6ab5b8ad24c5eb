/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan file: NeXus in HDF5, written by one thread of its own.
 *
 * The file is created exclusively under its final name, is SWMR from the
 * first frame on, and can be read by any HDF5 reader that asks for SWMR while
 * it is being written, and by any at all when it is closed. After a crash
 * (SIGKILL too) every frame that writer_written() had counted is there, with
 * its times and its sequence number; open it with SWMR then.
 *
 * Layout. n: frames, m: steps, H: height, W: width in pixels, <axis>: name of
 * the axis, <unit>: its unit. A type without a shape is a single value. What
 * is marked (+) exists from the beginning and grows with each frame; readers
 * of a growing file find n in the shape of data. What is marked (*) is added
 * after the last frame. NAN: not known. Texts are UTF-8.
 *
 *   /                                    NXroot
 *   /entry                               NXentry
 *   /entry/title                         text
 *   /entry/start_time                    text: ISO 8601, UTC: file was made
 *   /entry/end_time                      text: ISO 8601, UTC: closed (*)
 *   /entry/duration                      f64, s: from start to end (*)
 *   /entry/entry_identifier              text: random UUID of this scan
 *   /entry/entry_identifier_uuid         text: the same
 *   /entry/program_name                  text: name and version
 *   /entry/instrument                    NXinstrument
 *   /entry/instrument/name               text: "oscan"
 *   /entry/instrument/detector           NXdetector
 *   /entry/instrument/detector/local_name
 *                                        text: id of the camera
 *   /entry/instrument/detector/description
 *                                        text: model of the camera
 *   /entry/instrument/detector/layout    text: "area"
 *   /entry/instrument/detector/data      [n,H,W] u8, or [n,H,W,3] u8: red,
 *                                        green, blue (+)
 *   /entry/instrument/detector/sensor_timestamp
 *                                        [n] u64, ns: camera's own time of the
 *                                        frame, CLOCK_MONOTONIC; attribute
 *                                        marks: what moment it is (+)
 *   /entry/instrument/detector/sequence_number
 *                                        [n] u32: camera's own count (+)
 *   /entry/instrument/detector/frame_status
 *                                        [n] u8: 1 good, 2 bad (+)
 *   /entry/instrument/detector/start_time
 *                                        [n] f64, s: sensor_timestamp from the
 *                                        attribute start (ISO 8601, UTC) (+)
 *   /entry/instrument/detector/count_time
 *                                        [n] f64, s: exposure, or NAN (+)
 *   /entry/instrument/detector/frame_time
 *                                        [n] f64, s: period, or NAN (+)
 *   /entry/instrument/detector/gain      [n] f64: analogue, or NAN (+)
 *   /entry/instrument/<axis>             NXpositioner
 *   /entry/instrument/<axis>/name        text
 *   /entry/instrument/<axis>/steps_per_unit
 *                                        f64, 1/<unit>: microsteps
 *   /entry/instrument/<axis>/value       [n] f64, <unit>: is data/<axis> (*)
 *   /entry/instrument/<axis>/value_log   NXlog: every step (*)
 *   /entry/instrument/<axis>/value_log/description
 *                                        text (*)
 *   /entry/instrument/<axis>/value_log/time
 *                                        [m] f64, s: of each step from the
 *                                        attribute start (ISO 8601, UTC) (*)
 *   /entry/instrument/<axis>/value_log/time_ns
 *                                        [m] u64, ns: the same, exact,
 *                                        CLOCK_MONOTONIC (*)
 *   /entry/instrument/<axis>/value_log/value
 *                                        [m] f64, <unit>: after the step (*)
 *   /entry/instrument/<axis>/value_log/raw_value
 *                                        [m] i64: microsteps after it (*)
 *   /entry/sample                        NXsample
 *   /entry/sample/name                   text: the title
 *   /entry/sample/rotation_angle         [n] f64, <unit>: is data/<axis>, for
 *                                        an axis that turns only (*)
 *   /entry/data                          NXdata: signal data; axes: at first
 *                                        sensor_timestamp, then <axis>
 *   /entry/data/data                     is instrument/detector/data (+)
 *   /entry/data/sensor_timestamp         is that of instrument/detector (+)
 *   /entry/data/frame_index              [n] u64: 0, 1, 2 ... (+)
 *   /entry/data/<axis>                   [n] f64, <unit>: position at the
 *                                        middle of the exposure, or NAN (*)
 *   /entry/data/<axis>_start             [n] f64, <unit>: at its begin (*)
 *   /entry/data/<axis>_end               [n] f64, <unit>: at its end (*)
 *   /entry/data/<axis>_errors            [n] f64, <unit>: standard
 *                                        uncertainty of <axis> (*)
 *   /entry/data/<axis>_speed             [n] f64, <unit>/s (*)
 *   /entry/data/in_scan                  [n] u8: 1: within the range scanned,
 *                                        0: before or after it (*)
 *   /entry/flyscan                       NXcollection: writer_add_number(),
 *                                        writer_add_text(), writer_add_array(),
 *                                        writer_add_reals()
 *
 * Attributes besides units, description and NX_class: of /: default, creator,
 * file_name, file_time, file_update_time, HDF5_Version; of /entry: default; of
 * /entry/data: signal, axes ("." for a dimension without), <axis>_indices,
 * sensor_timestamp_indices; of data: interpretation; of times: clock or start,
 * marks; of <axis>: long_name.
 */
#ifndef OSCAN_WRITER_H
#define OSCAN_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;

/**
 * struct writer_config - what the file is made for
 * @path: file to create; must not exist
 * @width: pixels
 * @height: pixels
 * @bytes_per_pixel: 1 (grey) or 3 (red, green, blue)
 * @queue_frames: bound of the queue between the camera and the writer, > 0;
 *	so many frames of memory are taken
 * @axis_name: name of the axis that is scanned; no "/", no name that the
 *	layout has beside it
 * @axis_unit: "deg" or "mm"
 * @rotation: the axis turns the sample
 * @steps_per_unit: microsteps per unit
 * @camera_id: id of the camera
 * @camera_model: text
 * @time_mark: what the frame's time marks: text as in camera.h, lower case,
 *	for instance "exposure_start"
 * @title: text
 * @program: name and version of the program
 */
struct writer_config {
	const char *path;
	uint32_t width;
	uint32_t height;
	uint32_t bytes_per_pixel;
	uint32_t queue_frames;
	const char *axis_name;
	const char *axis_unit;
	bool rotation;
	double steps_per_unit;
	const char *camera_id;
	const char *camera_model;
	const char *time_mark;
	const char *title;
	const char *program;
};

/**
 * struct writer_frame - what is stored with each frame at once
 * @time_ns: camera's time, CLOCK_MONOTONIC
 * @sequence: camera's sequence number
 * @status: enum camera_status
 * @exposure_ns: 0 if not known
 * @gain: 0 if not known
 * @frame_duration_ns: 0 if not known
 */
struct writer_frame {
	uint64_t time_ns;
	uint32_t sequence;
	uint32_t status;
	uint64_t exposure_ns;
	double gain;
	uint64_t frame_duration_ns;
};

/**
 * struct writer_pairing - where the axis was for each frame, after the scan
 * @frames: number of frames, as many as were written
 * @position: shape [frames], user's unit, at the middle of the exposure (at
 *	the frame's time where the exposure is not known); NAN: not known
 * @position_start: shape [frames], user's unit, at the exposure's begin
 * @position_end: shape [frames], user's unit, at the exposure's end
 * @sigma: shape [frames], user's unit, standard uncertainty
 * @speed: shape [frames], user's unit per second
 * @in_scan: shape [frames], 1 if the frame lies in the scanned range
 */
struct writer_pairing {
	size_t frames;
	const double *position;
	const double *position_start;
	const double *position_end;
	const double *sigma;
	const double *speed;
	const uint8_t *in_scan;
};

/**
 * struct writer_trace - every step of the axis, the raw fact
 * @steps: number of steps
 * @time_ns: shape [steps], CLOCK_MONOTONIC
 * @position: shape [steps], microsteps, after the step
 */
struct writer_trace {
	size_t steps;
	const uint64_t *time_ns;
	const int64_t *position;
};

/**
 * writer_open - create the file and start the thread
 *
 * Return: writer, or NULL: errno of open(2) (EEXIST, ENOENT, EACCES, EROFS,
 * ENOSPC), ENOSPC: less than one frame and 4 MiB are free, EINVAL, ENOMEM,
 * EIO: HDF5 could not make the file. Nothing is left behind after an error.
 * @config is not needed afterwards.
 */
struct writer *writer_open(const struct writer_config *config);

/**
 * writer_put - hand over one frame; pixels and @frame are copied
 *
 * Called by one thread (the camera's). While the queue is full it waits: a
 * frame is never dropped.
 *
 * A full disk is found before it is full: the room that it takes to finish the
 * file (4 MiB and 64 bytes a frame) is left.
 *
 * Return: 0, or -1: errno of the failure that stopped the writer (ENOSPC,
 * EDQUOT, EIO, EFBIG); then this frame and every further one is refused. EPIPE
 * after writer_finish_frames().
 */
int writer_put(struct writer *writer, const void *pixels,
	       const struct writer_frame *frame);

/** writer_taken - frames accepted by writer_put() so far; any thread */
uint64_t writer_taken(const struct writer *writer);

/** writer_written - frames that are in the file and flushed; any thread */
uint64_t writer_written(const struct writer *writer);

/** writer_error - errno of the failure that stopped the writer, or 0 */
int writer_error(const struct writer *writer);

/**
 * writer_finish_frames - wait until every frame taken is in the file, end the
 * thread, leave SWMR mode
 *
 * After it writer_add_*() may be called, by one thread; before it they fail
 * with EBUSY.
 *
 * Return: 0, or -1 with the errno of the failure. What was flushed before
 * remains readable. After ENOSPC the file is whole and may be added to as far
 * as the room left for that goes.
 */
int writer_finish_frames(struct writer *writer);

/*
 * The functions below return 0, or -1 with errno: EBUSY: frames are still
 * being written, EEXIST: there is one already, EINVAL, ENOSPC, ENOMEM; after
 * these the file is as before. EIO and others: the file is broken.
 */

/**
 * writer_add_pairing - store the positions of the frames; once
 *
 * EINVAL: as many frames were not written.
 */
int writer_add_pairing(struct writer *writer,
		       const struct writer_pairing *pairing);

/** writer_add_trace - store the steps; once */
int writer_add_trace(struct writer *writer, const struct writer_trace *trace);

/*
 * writer_add_number, writer_add_text, writer_add_array, writer_add_reals -
 * store a value as /entry/flyscan/<name>; NAN stands for "could not be read".
 * A name with one "/" puts it into a group below, "ledger/written". @unit may
 * be NULL. A name has at most 200 bytes.
 */
int writer_add_number(struct writer *writer, const char *name, double value,
		      const char *unit);
int writer_add_text(struct writer *writer, const char *name, const char *text);
int writer_add_array(struct writer *writer, const char *name,
		     const uint64_t *values, size_t count, const char *unit);
int writer_add_reals(struct writer *writer, const char *name,
		     const double *values, size_t count, const char *unit);

/**
 * writer_close - finish the file: end time, links, fsync; free the writer
 * @writer: NULL is accepted
 *
 * Finishes the frames first if that was not done. Call it after a failure
 * too: it then leaves what can be read and frees everything.
 *
 * Return: 0, or -1 with the errno of the failure that stopped the frames, or
 * of the first one in here.
 */
int writer_close(struct writer *writer);

#endif /* OSCAN_WRITER_H */
