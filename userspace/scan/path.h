/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a capture scan takes its photos, and in which order.
 *
 * Angles are degrees, and OpenScan's: theta is the rotor's, 0 where the camera
 * looks straight down, 90 where it is level; phi ("fi") is the turntable's. In
 * the documents a point is also given as
 *   x = r sin(theta) cos(phi), y = r sin(theta) sin(phi), z = r cos(theta).
 *
 * A path is made, checked, ordered and saved once, before the first move;
 * whoever takes up the scan again loads it and makes no new one.
 *
 * Functions that take an error buffer put a whole sentence there after a
 * failure: what was wanted, what was found, what to do. All are thread-safe.
 */
#ifndef OSCAN_PATH_H
#define OSCAN_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "oscan.h"

/* Room for a sentence of this file, with its NUL. */
#define PATH_ERROR_LEN 512
/* Most points of a path. */
#define PATH_POINTS_MAX 100000

/**
 * enum path_method - how points are spread over the window
 * @PATH_FIBONACCI: evenly over the sphere; the very points of OpenScan3: with
 *	z = cos(theta) in even steps from @max_theta to @min_theta, and phi
 *	further by the golden section of its range each time. @min_theta equal
 *	to @max_theta makes one circle of the turntable.
 * @PATH_GRID: rings of thetas in even steps, both ends included, all of them
 *	with the same phis
 * @PATH_SPIRAL: from @min_theta to @max_theta while phi goes around
 * @PATH_RINGS: as PATH_GRID, but with fewer phis where a circle is smaller, so
 *	that points stand about evenly
 * @PATH_LIST: read from a file
 */
enum path_method {
	PATH_FIBONACCI = 1,
	PATH_GRID = 2,
	PATH_SPIRAL = 3,
	PATH_RINGS = 4,
	PATH_LIST = 5,
};

/**
 * path_method_name - "fibonacci", "grid", "spiral", "rings" or "list"; NULL
 *	for another number
 */
const char *path_method_name(enum path_method method);

/** path_method_of - by name: enum path_method, -1: none has that name */
int path_method_of(const char *name);

/**
 * struct path_request - what is asked for
 * @method: enum path_method
 * @points: 1 to PATH_POINTS_MAX; of PATH_GRID and PATH_RINGS at least @rings,
 *	and of PATH_GRID a multiple of it where @rings is given. Not looked at
 *	with PATH_LIST.
 * @min_theta: 0 to 180
 * @max_theta: 0 to 180, not below @min_theta
 * @min_phi: 0 to 360
 * @max_phi: 0 to 360. Below @min_phi the window goes through 0; 0 to 360 is
 *	the whole turn, and equal ones are one angle. Of a window that is no
 *	whole turn both ends belong to it in PATH_GRID, PATH_RINGS and, in
 *	PATH_SPIRAL, to each turn, which goes to and fro.
 * @rings: PATH_GRID, PATH_RINGS: number of thetas; PATH_SPIRAL: number of
 *	turns; 0: so that points stand about evenly. Not looked at else.
 * @file: PATH_LIST only. Either CSV, one "theta,phi" a line, with or without
 *	that line at the head ("fi" is the same as "phi", the columns may be
 *	exchanged, others are passed over; lines that are empty or begin with
 *	"#" too); or JSON: [[theta, phi], ...], or a list of objects with
 *	"theta" and "phi" or "fi", or the path.json of OpenScan3, in its
 *	original order.
 * @radius_mm: distance from the camera to the middle of the object, more than
 *	0, for the documents; 0: 1.0, as OpenScan3 has it
 */
struct path_request {
	enum path_method method;
	uint32_t points;
	double min_theta;
	double max_theta;
	double min_phi;
	double max_phi;
	uint32_t rings;
	const char *file;
	double radius_mm;
};

/* The window that OpenScan3 scans unless it is told another one. */
#define PATH_REQUEST_DEFAULT						\
	{								\
		.method = PATH_FIBONACCI, .points = 130,		\
		.min_theta = 12, .max_theta = 125,			\
		.min_phi = 0, .max_phi = 360,				\
	}

/**
 * struct path_point - where a photo is taken
 * @original: place before ordering, from 0; names the photo
 * @theta_deg: degrees
 * @phi_deg: degrees, 0 to 360 unless a list says otherwise
 */
struct path_point {
	uint32_t original;
	double theta_deg;
	double phi_deg;
};

/** path_by_original - for qsort(3): points as they were before ordering */
int path_by_original(const void *a, const void *b);

/**
 * struct path - points
 * @count: number of points, 1 to PATH_POINTS_MAX
 * @points: shape [count], in the order of execution
 * @radius_mm: as in struct path_request
 * @identical: points that stand where another one before them stands, phi
 *	modulo 360; they are photographed all the same
 * @seconds: what the moves take, in this order; NAN until path_order() or
 *	path_time() was called
 * @unordered_seconds: the same in the original order
 */
struct path {
	size_t count;
	struct path_point *points;
	double radius_mm;
	size_t identical;
	double seconds;
	double unordered_seconds;
};

/**
 * struct path_axis - an axis as a path sees it
 * @present: false: there is none; its angles are whatever they are, and its
 *	moves take no time
 * @wraps: a turntable that goes the shortest way round
 * @speed: greatest, degrees/s, more than 0
 * @accel: degrees/s^2, more than 0
 * @decel: degrees/s^2, more than 0
 * @jerk: degrees/s^3, more than 0, or 0 for no limit
 * @min_deg: lower limit, with room for an approach against play beyond it; NAN
 *	if there is none
 * @max_deg: upper limit, likewise
 */
struct path_axis {
	bool present;
	bool wraps;
	double speed;
	double accel;
	double decel;
	double jerk;
	double min_deg;
	double max_deg;
};

/**
 * path_axis_of - an axis as the driver tells it
 * @info: in degrees; NULL: there is none
 *
 * Speed, acceleration and deceleration are the greatest that it takes, which
 * are those of a move that gives none; no limit of jerk.
 */
void path_axis_of(const struct oscan_axis_info *info, struct path_axis *axis);

/**
 * path_move_seconds - what a move from rest to rest takes
 *
 * The driver's schedule: a trapezoid, or an S-curve with a limit of jerk. What
 * a play in the gear adds is not counted.
 *
 * Return: seconds, 0 for no way
 */
double path_move_seconds(const struct path_axis *axis, double from_deg,
			 double to_deg);

/**
 * path_make - work out the points, in their original order
 * @path: out, to be freed with path_free(); undefined after an error
 * @error: out, shape [PATH_ERROR_LEN]
 *
 * Return: 0, or -1: EINVAL: the request, EBADMSG: what the file says, ENOMEM,
 * or errno of reading it
 */
int path_make(const struct path_request *request, struct path *path,
	      char *error);

/**
 * path_check - whether the axes may go there
 * @error: out, shape [PATH_ERROR_LEN]: names the first point that they may
 *	not, and how many there are
 *
 * Angles are held against the limits as they are, before any turn is taken
 * off. Without an axis all points must have the same angle of it.
 *
 * Return: 0, or -1 with EDOM
 */
int path_check(const struct path *path, const struct path_axis *theta,
	       const struct path_axis *phi, char *error);

/**
 * path_time - work out @path->seconds and @path->unordered_seconds
 * @theta_now: where the axes stand at first, degrees
 * @phi_now: likewise
 *
 * A move takes as long as the slower of both axes.
 */
void path_time(struct path *path, const struct path_axis *theta,
	       const struct path_axis *phi, double theta_now, double phi_now);

/**
 * path_order - put the points into an order that takes less time
 * @theta_now: where the axes stand at first, degrees; the scan may end anywhere
 * @phi_now: likewise
 *
 * Never an order that takes longer than the one given. Takes bounded time: well
 * below a second for 1000 points on a Raspberry Pi 4. Without memory the order
 * stays as it is. Sets the times as path_time().
 */
void path_order(struct path *path, const struct path_axis *theta,
		const struct path_axis *phi, double theta_now, double phi_now);

/**
 * path_save - write OpenScan3's path.json
 * @file: replaced in one step, after all of it is on the disk
 * @project: name of the project
 * @scan_index: number of the scan, from 1
 *
 * Return: 0, or -1 with errno of writing it
 */
int path_save(const struct path *path, const char *file, const char *project,
	      unsigned int scan_index);

/**
 * path_load - read what path_save() or OpenScan3 has written
 * @path: out, to be freed with path_free(); in the order of execution; its
 *	times are NAN. Undefined after an error.
 * @error: out, shape [PATH_ERROR_LEN]
 *
 * Return: 0, or -1: EBADMSG: what the file says, ENOMEM, or errno of reading it
 */
int path_load(struct path *path, const char *file, char *error);

/** path_free - free the points; a path of zeros is accepted */
void path_free(struct path *path);

#endif /* OSCAN_PATH_H */
