/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan file: NeXus in HDF5, written by one thread of its own.
 *
 * The file is created exclusively under its final name, is SWMR from the
 * first frame on, and can be read by any HDF5 reader that asks for SWMR while
 * it is being written, and by any at all when it is closed. After a crash
 * (SIGKILL too) every frame that writer_written() had counted is there, with
 * its times and its sequence number, and after a power cut every one that
 * writer_counts() had as synced; recover.h makes an ordinary file of it.
 *
 * While it is being written <path>.torn stands beside it, disk.h, which is
 * needed to recover it.
 *
 * Beside it, as <path>.jsonl, stand the event-model documents of the scan, one
 * JSON object a line: documents.h.
 *
 * Layout. n: frames, m: steps, c: events, H: height, W: width in pixels, <axis>: name of
 * the axis, <unit>: its unit. A type without a shape is a single value. What
 * is marked (+) exists from the beginning and grows while frames are written;
 * readers of a growing file find n in the shape of data. What is marked (*) is added
 * after the last frame. NAN: not known. Texts are UTF-8.
 *
 *   /                                    NXroot
 *   /entry                               NXentry
 *   /entry/definition                    text: "NXtomo" (*) (grey, turns)
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
 *   /entry/instrument/detector/type      text: "CMOS"
 *   /entry/instrument/detector/bit_depth_readout
 *                                        i64: 8
 *   /entry/instrument/detector/saturation_value
 *                                        i64: 255
 *   /entry/instrument/detector/detector_readout_time
 *                                        f64, s: from the first row's readout
 *                                        to the last one's; 0: global shutter
 *                                        or not known
 *   /entry/instrument/detector/acquisition_mode
 *                                        text: "triggered" (pulsed)
 *   /entry/instrument/detector/trigger_delay_time
 *                                        f64, s: from the pulse to the first
 *                                        row's exposure (pulsed)
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
 *                                        [n] f64, s: begin of the exposure of
 *                                        the first row from the attribute
 *                                        start (ISO 8601, UTC);
 *                                        sensor_timestamp where the exposure
 *                                        or what it marks is not known (+)
 *   /entry/instrument/detector/stop_time [n] f64, s: end of that exposure,
 *                                        likewise, or NAN (+)
 *   /entry/instrument/detector/count_time
 *                                        [n] f64, s: exposure, or NAN (+)
 *   /entry/instrument/detector/frame_time
 *                                        [n] f64, s: period, or NAN (+)
 *   /entry/instrument/detector/gain      [n] f64: analogue, or NAN (+)
 *   /entry/instrument/detector/image_key [n] u8: 0: of the scan, 3: outside of
 *                                        it, or bad, or without a position (*)
 *   /entry/instrument/NDAttributes       NXcollection: as areaDetector has it
 *   /entry/instrument/NDAttributes/NDArrayUniqueId
 *                                        is detector/sequence_number (+)
 *   /entry/instrument/NDAttributes/NDArrayTimeStamp
 *                                        [n] f64, s: sensor_timestamp, UTC from
 *                                        1990-01-01, the EPICS epoch (+)
 *   /entry/instrument/NDAttributes/NDArrayEpicsTSSec
 *                                        [n] u32, s: whole seconds of it (+)
 *   /entry/instrument/NDAttributes/NDArrayEpicsTSnSec
 *                                        [n] u32, ns: the rest of it (+)
 *   /entry/instrument/<axis>             NXpositioner
 *   /entry/instrument/<axis>/name        text
 *   /entry/instrument/<axis>/steps_per_unit
 *                                        f64, 1/<unit>: microsteps
 *   /entry/instrument/<axis>/velocity    f64, <unit>/s: of the scan
 *   /entry/instrument/<axis>/acceleration_time
 *                                        f64, s: to reach it
 *   /entry/instrument/<axis>/soft_limit_min
 *                                        f64, <unit>: or NAN: there is none
 *   /entry/instrument/<axis>/soft_limit_max
 *                                        f64, <unit>: or NAN: there is none
 *   /entry/instrument/<axis>/value       [n] f64, <unit>: is data/<axis> (*)
 *   /entry/instrument/<axis>/value_log   NXlog: every step
 *   /entry/instrument/<axis>/value_log/description
 *                                        text
 *   /entry/instrument/<axis>/value_log/time
 *                                        [m] f64, s: of each step from the
 *                                        attribute start (ISO 8601, UTC) (+)
 *   /entry/instrument/<axis>/value_log/time_ns
 *                                        [m] u64, ns: the same, exact,
 *                                        CLOCK_MONOTONIC (+)
 *   /entry/instrument/<axis>/value_log/value
 *                                        [m] f64, <unit>: after the step (+)
 *   /entry/instrument/<axis>/value_log/raw_value
 *                                        [m] i64: microsteps after it (+)
 *   /entry/instrument/<axis>/course      NXcollection: what makes positions of
 *                                        the steps, writer_put_course()
 *   /entry/instrument/<axis>/course/event
 *                                        [c] u8: enum writer_course (+)
 *   /entry/instrument/<axis>/course/time_ns
 *                                        [c] u64, ns: CLOCK_MONOTONIC (+)
 *   /entry/instrument/<axis>/course/position
 *                                        [c] i64: microsteps (+)
 *   /entry/sample                        NXsample
 *   /entry/sample/name                   text: the title
 *   /entry/sample/depends_on             text: "transformations/<axis>" (*)
 *   /entry/sample/transformations        NXtransformations (*)
 *   /entry/sample/transformations/<axis> is data/<axis>_start (*)
 *   /entry/sample/transformations/<axis>_end
 *                                        is data/<axis>_end (*)
 *   /entry/sample/rotation_angle         is data/<axis> (*) (turns)
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
 *   /entry/data/rotation_angle           is data/<axis> (*) (grey, turns)
 *   /entry/data/image_key                is detector/image_key (*) (grey,
 *                                        turns)
 *   /entry/in_scan                       NXdata: the k frames that are in_scan
 *                                        and no other; signal data; axes:
 *                                        <axis> (*) (k)
 *   /entry/in_scan/data                  [k,H,W] u8, or [k,H,W,3] u8: virtual:
 *                                        pixels stay where they are (*) (k)
 *   /entry/in_scan/<axis>                [k] f64, <unit>: of data (*) (k)
 *   /entry/in_scan/<axis>_errors         [k] f64, <unit>: of data (*) (k)
 *   /entry/in_scan/frame_index           [k] u64: their places in data (*) (k)
 *   /entry/flyscan                       NXcollection: writer_add_number(),
 *                                        writer_add_text(), writer_add_array(),
 *                                        writer_add_reals(): before the first
 *                                        frame or after the last
 *   /tomo                                NXentry: the k frames in NXtomo's
 *                                        form, for a camera in colour: its
 *                                        green (*) (colour, turns, k)
 *   /tomo/definition                     text: "NXtomo" (*) (colour, turns, k)
 *   /tomo/instrument                     NXinstrument (*) (colour, turns, k)
 *   /tomo/instrument/detector            NXdetector (*) (colour, turns, k)
 *   /tomo/instrument/detector/data       [k,H,W] u8: virtual (*) (colour,
 *                                        turns, k)
 *   /tomo/instrument/detector/image_key  [k] u8: 0, or 3: bad or without a
 *                                        position (*) (colour, turns, k)
 *   /tomo/sample                         NXsample (*) (colour, turns, k)
 *   /tomo/sample/name                    text: the title (*) (colour, turns, k)
 *   /tomo/sample/rotation_angle          [k] f64, <unit>: of data (*) (colour,
 *                                        turns, k)
 *   /tomo/data                           NXdata: links of the three (*)
 *                                        (colour, turns, k)
 *   /tomo/data/data                      is detector/data (*) (colour, turns,
 *                                        k)
 *   /tomo/data/image_key                 is detector/image_key (*) (colour,
 *                                        turns, k)
 *   /tomo/data/rotation_angle            is sample/rotation_angle (*) (colour,
 *                                        turns, k)
 *
 * What is marked grey or colour is only in files of such a camera, pulsed: only
 * where writer_config.triggered, turns: only of an axis that turns the sample,
 * k: only where k is not 0.
 *
 * Attributes besides units, description and NX_class: of /: default, creator,
 * creator_version, file_name, file_time, file_update_time, HDF5_Version; of
 * /entry: default; of transformations/<axis>: transformation_type, vector,
 * depends_on (by convention of this program the sample turns about +y or moves
 * along +x of NeXus); of program_name: version; of
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
 * enum writer_compression - how pixels are stored; HDF5's filters
 *
 * Frames that would not become smaller are stored as they are, with the
 * filters left out for that chunk, which any HDF5 reader understands.
 */
enum writer_compression {
	WRITER_PLAIN = 0,		/* every reader */
	WRITER_DEFLATE = 1,		/* every reader; zlib's format */
	WRITER_SHUFFLE_DEFLATE = 2,	/* every reader; for pixels of a byte */
					/* the same bytes as WRITER_DEFLATE */
	WRITER_LZ4 = 3,			/* readers with the plugin 32004 */
	WRITER_BITSHUFFLE_LZ4 = 4,	/* readers with the plugin 32008 */
};

/**
 * writer_compression - by name: "none", "deflate" (or "zlib"),
 * "shuffle-deflate", "lz4", "bitshuffle-lz4"
 *
 * Return: enum writer_compression, or -1: there is none of that name.
 */
int writer_compression(const char *name);

/** writer_compression_name - "none" ...; NULL if it is none of the enum */
const char *writer_compression_name(enum writer_compression compression);

/**
 * writer_can_compress - whether HDF5 on this machine can read it back: the
 * plugin of LZ4 or bitshuffle may not be installed
 */
bool writer_can_compress(enum writer_compression compression);

/**
 * struct writer_config - what the file is made for
 * @path: file to create; must not exist
 * @width: pixels
 * @height: pixels
 * @bytes_per_pixel: 1 (grey) or 3 (red, green, blue)
 * @queue_frames: bound of the queue between the camera and the file, > 0; so
 *	many frames of memory are taken, and one more for each thread that
 *	compresses: as many as there are processors, at most @queue_frames
 * @compression: enum writer_compression
 * @drop: a frame that finds the queue full is dropped and counted; otherwise
 *	writer_put() waits and nothing is ever dropped
 * @axis_name: name of the axis that is scanned; no "/", no name that the
 *	layout has beside it
 * @axis_unit: "deg" or "mm"
 * @rotation: the axis turns the sample
 * @steps_per_unit: microsteps per unit
 * @velocity: unit/s, of the scan; 0: not known
 * @accel_s: seconds to reach it; 0: not known
 * @has_limits: the axis has the soft limits that follow
 * @limit_min: unit
 * @limit_max: unit
 * @camera_id: id of the camera
 * @camera_model: text
 * @time_mark: what the frame's time marks: text as in camera.h, lower case,
 *	for instance "exposure_start"
 * @readout_ns: from the first row's readout to the last one's; 0: a global
 *	shutter, or not known
 * @triggered: a pulse has the camera expose each frame
 * @trigger_delay_ns: from the pulse to the first row's exposure
 * @title: text
 * @program: name and version of the program, "oscanctl 0.1.0"
 * @metadata: text of a JSON object: what the scan was asked for; goes into the
 *	start document, where "." and "/" in keys become "_"; NULL: nothing
 */
struct writer_config {
	const char *path;
	uint32_t width;
	uint32_t height;
	uint32_t bytes_per_pixel;
	uint32_t queue_frames;
	enum writer_compression compression;
	bool drop;
	const char *axis_name;
	const char *axis_unit;
	bool rotation;
	double steps_per_unit;
	double velocity;
	double accel_s;
	bool has_limits;
	double limit_min;
	double limit_max;
	const char *camera_id;
	const char *camera_model;
	const char *time_mark;
	uint64_t readout_ns;
	bool triggered;
	uint64_t trigger_delay_ns;
	const char *title;
	const char *program;
	const char *metadata;
};

/**
 * struct writer_frame - what is stored with each frame at once
 * @time_ns: camera's time, CLOCK_MONOTONIC
 * @utc_ns: when that was, from 1970-01-01 UTC, where @time_ns is of another
 *	start of the machine; 0: of this one
 * @sequence: camera's sequence number
 * @status: enum camera_status
 * @exposure_ns: 0 if not known
 * @gain: 0 if not known
 * @frame_duration_ns: 0 if not known
 */
struct writer_frame {
	uint64_t time_ns;
	uint64_t utc_ns;
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

/** enum writer_course - what writer_put_course() tells of the axis */
enum writer_course {
	WRITER_COURSE_REST = 1,		/* at rest there: the steps begin */
	WRITER_COURSE_KNOWN = 2,	/* every step up to then has been put */
	WRITER_COURSE_LAUNCH = 3,	/* a pass begins, and will end there */
	WRITER_COURSE_PULSE = 4,	/* there the camera was triggered */
	WRITER_COURSE_STROBE = 5,	/* there its strobe began */
	WRITER_COURSE_STROBE_END = 6,	/* there it ended */
};

/**
 * struct writer_counts - frames at each hop, and bytes
 * @offered: calls of writer_put(); when none is in it: dropped + refused +
 *	taken
 * @dropped: the queue was full; only with @writer_config.drop
 * @refused: after a failure or the end
 * @taken: that entered the queue
 * @packed: that left the compressor, changed or not; taken - packed: lost in
 *	it, or still in it
 * @plain: of @packed, those that did not become smaller
 * @written: that are in the file and flushed; packed - written: lost by the
 *	writer, or still on the way
 * @synced: that the disk has too: a power cut leaves them
 * @bytes: of pixels as they are in the file
 */
struct writer_counts {
	uint64_t offered;
	uint64_t dropped;
	uint64_t refused;
	uint64_t taken;
	uint64_t packed;
	uint64_t plain;
	uint64_t written;
	uint64_t synced;
	uint64_t bytes;
};

/**
 * writer_open - create the file and start the threads
 *
 * Until the first writer_put() what may be added after the frames may be added
 * too, positions apart: it is there then if the program is killed.
 *
 * Return: writer, or NULL: errno of open(2) (EEXIST: this file or the one of
 * the documents, ENOENT, EACCES, EROFS, ENOSPC), ENOSPC: less than one frame
 * and 4 MiB are free, EINVAL, ENOMEM, ENOTSUP: writer_can_compress() is false,
 * EIO: HDF5 could not make the file. Nothing is left behind after an error.
 * @config is not needed afterwards.
 */
struct writer *writer_open(const struct writer_config *config);

/**
 * writer_reopen - open a file whose frames have ended, to add what comes after
 * them
 * @config: @path, @axis_name, @axis_unit, @rotation, @bytes_per_pixel, @width
 *	and @height as they were when it was made
 * @steps: that are kept, of those in the file, from the first one
 *
 * It has no documents. The end time is left as it is.
 *
 * Return: writer as after writer_finish_frames(), or NULL with errno.
 */
struct writer *writer_reopen(const struct writer_config *config,
			     uint64_t steps);

/**
 * writer_put - hand over one frame; pixels and @frame are copied
 *
 * Called by one thread (the camera's). While the queue is full it waits, and a
 * frame is never dropped, unless @writer_config.drop asks for that.
 *
 * A full disk is found before it is full: the room that it takes to finish the
 * file (4 MiB and 128 bytes a frame) is left.
 *
 * Return: 0; 1: the frame was dropped; or -1: errno of the failure that
 * stopped the writer (ENOSPC, EDQUOT, EIO, EFBIG); then this frame and every
 * further one is refused. EPIPE after writer_finish_frames().
 */
int writer_put(struct writer *writer, const void *pixels,
	       const struct writer_frame *frame);

/**
 * writer_put_steps - hand over steps that were made; copied, any thread
 *
 * They are in the file with the next frames that are, at the latest; the first
 * to come is the first of the scan. Never waits.
 *
 * Return: 0, or -1 with ENOMEM.
 */
int writer_put_steps(struct writer *writer, const struct writer_trace *steps);

/**
 * writer_put_course - likewise, what happened to the axis
 * @time_ns: CLOCK_MONOTONIC
 * @position: microsteps
 */
int writer_put_course(struct writer *writer, enum writer_course event,
		      uint64_t time_ns, int64_t position);

/** writer_taken - frames accepted by writer_put() so far; any thread */
uint64_t writer_taken(const struct writer *writer);

/** writer_written - frames that are in the file and flushed; any thread */
uint64_t writer_written(const struct writer *writer);

/** writer_counts - frames at each hop so far; any thread */
void writer_counts(const struct writer *writer, struct writer_counts *counts);

/** writer_error - errno of the failure that stopped the writer, or 0 */
int writer_error(const struct writer *writer);

/**
 * writer_settle - have the disk take what is flushed, once more; never waits
 *
 * For when all frames that were taken are written. writer_finish_frames() waits
 * for the disk without end; this is to be asked before, again and again.
 *
 * Return: true when the disk has taken it or has failed.
 */
bool writer_settle(struct writer *writer);

/**
 * writer_finish_frames - wait until every frame taken is in the file, end the
 * thread, leave SWMR mode
 *
 * After it writer_add_*() may be called, by one thread; from the first
 * writer_put() to it they fail with EBUSY.
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

/**
 * writer_add_trace - store all steps of the scan, after the frames; once
 *
 * Those that writer_put_steps() has brought into the file are passed over.
 * EINVAL: there are less than those.
 */
int writer_add_trace(struct writer *writer, const struct writer_trace *trace);

/**
 * writer_add_earlier_steps - store those of an earlier scan, before the first
 * frame; they stand before those of this one
 * @utc_ns: shape [trace->steps], when they were made, from 1970-01-01 UTC
 */
int writer_add_earlier_steps(struct writer *writer,
			     const struct writer_trace *trace,
			     const uint64_t *utc_ns);

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

/** writer_remove - delete a file that was closed, and its documents */
void writer_remove(const char *path);

/**
 * writer_outcome - how the scan ended, for the stop document
 * @exit_status: "success", "abort" (it was told to) or "fail"
 * @reason: one sentence, "" for none
 *
 * Any time before writer_close(). Without it, "success" if the writer did not
 * fail. A writer that fails makes "fail" of "success".
 */
void writer_outcome(struct writer *writer, const char *exit_status,
		    const char *reason);

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
