/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A camera that needs no hardware: it sees scene.h's object as it stood.
 *
 * A frame is drawn when it is asked for, and only after its exposure has
 * ended, from the poses of that very time. So a slow machine gets frames late,
 * but none less. Row n of a frame is exposed from n times the row time after
 * the first row on, as long as the exposure; what it shows is the mean of
 * SYNTHETIC_POSES poses, evenly spread over that time.
 *
 * The id is "synthetic", or "synthetic:" and a list of KEY=VALUE with commas
 * in between. Times are in seconds, N is a whole number from 1 on.
 *
 *   format=grey|rgb|bayer	where the program has no wish; grey
 *   mark=exposure_start|readout_start|frame_end|unknown
 *			what the times of the frames mark; exposure_start.
 *			unknown: the exposure's start, but it is not told
 *   row=S		time from row to row, 0: global shutter
 *   latency=S		so much later than that is the time told, or earlier
 *   jitter=S		standard deviation of the time told
 *   drop=N		every Nth frame is lost in the camera
 *   speed=D		degrees per second: the turntable turns by itself
 *   turntable=D	its angle at the start, degrees
 *   rotor=D		angle of the camera's arc, degrees; 90
 *   trigger=LINE	it exposes at each pulse of that trigger line of the driver
 *   strobe=LINE	it exposes where that capture line rises; not with trigger
 *   lens=D		it has a lens that can be moved, at so many dioptres first,
 *			from 0 to SYNTHETIC_LENS_MAX_DPT; without it everything
 *			is sharp, as a pinhole shows it
 *   on_demand=yes	a frame for each shoot() only; not with the lines above
 *   pose=driver	the poses must come from the driver
 *   device=PATH	of the driver
 *   fault=KIND@N	from the Nth frame after each start on:
 *	size	half of the rows are delivered
 *	repeat	the time of the frame before is told
 *	reverse	times go backwards
 *	bad	the camera says that the frame is bad
 *	stall	no frame comes
 *	error	next() fails with EIO
 *	vanish	likewise, and the camera cannot be started again
 *	focus	auto-focus fails
 *
 * With speed or turntable, or where the driver is not there, the pose is that
 * of the id; else the axes of the driver named turntable and rotor have it.
 *
 * configure() takes any size up to SYNTHETIC_SIZE_MAX, 640 x 480 if none is
 * given, any period from 1 ms on, 0.1 s if none is given, any exposure up to
 * the period, which is what it has if none is given, and a gain from 1/8 to 8;
 * EINVAL: the rows cannot be read out within the period. A camera on demand has
 * no period, and any exposure up to 100 s, 10 ms if none is given. The image is
 * as bright at any exposure that it is configured for, as if the lamp were
 * dimmed; an exposure that control() sets makes it brighter or darker.
 *
 * Auto-focus takes ten frames and then holds the lens position at which the
 * image is sharpest; defocus.h says how a lens blurs. White balance is right
 * until control() sets gains; a raw image is what it is before the balance.
 */
#ifndef OSCAN_SYNTHETIC_H
#define OSCAN_SYNTHETIC_H

#include <stdbool.h>
#include <stdint.h>
#include "camera.h"
#include "pose.h"

#define SYNTHETIC_SIZE_MAX 8192
#define SYNTHETIC_POSES 8
#define SYNTHETIC_LENS_MAX_DPT 10.0
#define SYNTHETIC_BAYER_BITS 12
#define SYNTHETIC_BAYER_BLACK 256

/** enum synthetic_fault - what goes wrong */
enum synthetic_fault {
	SYNTHETIC_FAULT_NONE,
	SYNTHETIC_FAULT_SIZE,
	SYNTHETIC_FAULT_REPEAT,
	SYNTHETIC_FAULT_REVERSE,
	SYNTHETIC_FAULT_BAD,
	SYNTHETIC_FAULT_STALL,
	SYNTHETIC_FAULT_ERROR,
	SYNTHETIC_FAULT_VANISH,
	SYNTHETIC_FAULT_FOCUS,
};

#define SYNTHETIC_PATH_LEN 256
#define SYNTHETIC_LINE_LEN 32

/**
 * struct synthetic_options - what an id says
 * @format: enum camera_format
 * @mark: enum camera_mark
 * @row_ns: time from row to row
 * @latency_ns: of the times told
 * @jitter_ns: of the times told
 * @drop: every so many frames, 0: none
 * @fault: enum synthetic_fault
 * @fault_at: first frame with the fault, from 1 on
 * @pose: where no driver has it
 * @speed_deg_s: likewise
 * @own_pose: speed or turntable was given
 * @need_driver: pose=driver was given
 * @device: of the driver, "": the usual one
 * @line: that has it expose, "": it runs free
 * @strobe: that is a capture line
 * @lens_dpt: lens position at first, NAN: it has no lens to move
 * @on_demand: a frame for each shoot() only
 */
struct synthetic_options {
	uint32_t format;
	uint32_t mark;
	uint64_t row_ns;
	int64_t latency_ns;
	uint64_t jitter_ns;
	uint32_t drop;
	uint32_t fault;
	uint32_t fault_at;
	struct scene_pose pose;
	double speed_deg_s;
	bool own_pose;
	bool need_driver;
	char device[SYNTHETIC_PATH_LEN];
	char line[SYNTHETIC_LINE_LEN];
	bool strobe;
	double lens_dpt;
	bool on_demand;
};

/** camera_synthetic - camera_ops.open() takes the ids above */
extern const struct camera_ops camera_synthetic;

/**
 * synthetic_parse - read an id
 *
 * Return: 0, or -1: ENODEV: the id of another camera, EINVAL: a key or a value
 * that is not as above, or a key twice.
 */
int synthetic_parse(const char *id, struct synthetic_options *options);

/**
 * synthetic_open_with - camera_ops.open(), with poses of one's own
 * @source: copied; closed with the camera, or at once after an error
 */
struct camera *synthetic_open_with(const char *id,
				   const struct pose_source *source);

#endif /* OSCAN_SYNTHETIC_H */
