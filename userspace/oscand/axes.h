/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The motors, as far as they are moved by hand and not by a job.
 *
 * Control is taken with the first command and given back when the axes are at
 * rest, so that other programs can move them, too. A thread looks at the axes
 * and tells what changes. Any thread may call these; none waits for a move.
 * Those that take @error put a sentence there, shape [AXES_ERROR_LEN], and set
 * errno: ENOENT no such axis, EINVAL wrong in itself, EBUSY not now, ENODEV no
 * motors.
 */
#ifndef OSCAND_AXES_H
#define OSCAND_AXES_H

#include <stdbool.h>
#include <jansson.h>
#include "oscan.h"

#define AXES_ERROR_LEN 640

struct axes;

/**
 * axes_new - begin to look
 * @device: of the motors, NULL for the usual one. That it is not there, or
 *	goes away, is no error: it is looked for again.
 * @event: an axis has changed: "axis"; @value is the callee's
 *
 * Return: NULL with errno.
 */
struct axes *axes_new(const char *device,
		      void (*event)(void *data, const char *name,
				    json_t *value), void *data);

/** axes_free - end a homing, give the motors back, free; NULL is accepted */
void axes_free(struct axes *axes);

/** axes_list - new array of Axis of openapi.yaml, or NULL with @error */
json_t *axes_list(struct axes *axes, char *error);

/** axes_get - new Axis, or NULL with @error */
json_t *axes_get(struct axes *axes, const char *name, char *error);

/**
 * struct axes_move - a move by hand, user's units
 * @relative: @value is a distance
 * @value: where to
 * @way: enum oscan_way, 0: shortest where it wraps
 * @speed: 0: the axis's greatest
 * @accel: likewise
 */
struct axes_move {
	bool relative;
	double value;
	int way;
	double speed;
	double accel;
};

/** axes_move - begin it. Return: as axes_get() */
json_t *axes_move(struct axes *axes, const char *name,
		  const struct axes_move *move, char *error);

/** axes_stop - decelerate; a homing ends, too. Return: as axes_get() */
json_t *axes_stop(struct axes *axes, const char *name, char *error);

/**
 * axes_home - begin to look for an end stop
 * @direction: -1, +1, 0: where there is one
 * @position: where it closes, NAN: at the soft limit of its side, else 0
 *
 * Return: as axes_get()
 */
json_t *axes_home(struct axes *axes, const char *name, int direction,
		  double position, char *error);

/** axes_set_position - say where it is. Return: as axes_get() */
json_t *axes_set_position(struct axes *axes, const char *name,
			  double position, char *error);

/** axes_error - why there are no motors, into @error; false: there are */
bool axes_error(struct axes *axes, char *error);

/** axes_claim - leave them to a job. Return: false: they move, ask again */
bool axes_claim(struct axes *axes);

/** axes_release - the job has ended */
void axes_release(struct axes *axes);

#endif /* OSCAND_AXES_H */
