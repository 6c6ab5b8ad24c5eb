// SPDX-License-Identifier: GPL-2.0-or-later
/* The motors, as far as they are moved by hand. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "axes.h"
#include "axis-state.h"
#include "homing.h"

#define LOOK_NS 100000000
#define AGAIN_NS 2000000000

/**
 * struct axes - the motors
 * @device: path, NULL for the usual one
 * @event: told of each change
 * @data: passed on
 * @lock: over all that follows
 * @changed: there is something to look at sooner
 * @watch: to look, NULL: there are no motors
 * @error: errno of the last attempt to open @watch
 * @control: to command, NULL: not ours now
 * @claimed: a job has them
 * @ending: the thread is to end
 * @homing: under way, or the last one of each axis
 * @home: number of the axis that is being homed, -1: none. @control is then
 *	homing's thread's.
 * @told: state as last told
 * @known: @told counts
 */
struct axes {
	const char *device;
	void (*event)(void *data, const char *name, json_t *value);
	void *data;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct oscan_motor *watch;
	int error;
	struct oscan_motor *control;
	bool claimed;
	bool ending;
	struct homing homing[OSCAN_MAX_AXES];
	int home;
	struct oscan_state told[OSCAN_MAX_AXES];
	bool known[OSCAN_MAX_AXES];
	pthread_t thread;
	bool started;
};

static void *__attribute__((format(printf, 3, 4)))
refuse(char *why, int error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(why, AXES_ERROR_LEN, format, list);
	va_end(list);
	errno = error;
	return NULL;
}

static const char *path_of(const struct axes *axes)
{
	return axes->device ? axes->device : OSCAN_DEVICE_PATH;
}

/* With the lock. */
static void open_watch(struct axes *axes)
{
	if (axes->watch)
		return;
	axes->watch = oscan_motor_open(axes->device, false);
	axes->error = axes->watch ? 0 : errno;
	memset(axes->known, 0, sizeof(axes->known));
}

/* With the lock: the driver has gone. */
static void close_all(struct axes *axes)
{
	if (axes->home >= 0)
		return;
	oscan_motor_close(axes->control);
	axes->control = NULL;
	oscan_motor_close(axes->watch);
	axes->watch = NULL;
	axes->error = ENODEV;
}

static json_t *fixed(uint64_t value, double (*to_double)(uint64_t value),
		     double scale)
{
	return json_real(to_double(value) / scale);
}

/* With the lock. */
static json_t *axis_json(struct axes *axes, unsigned int axis,
			 struct oscan_state *state)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(axes->watch, axis);
	bool limited = info->flags & OSCAN_AXIS_HAS_LIMITS;
	double scale = oscan_axis_steps_per_unit(info);
	json_t *value, *more;

	/* Through another file than the one that has control. */
	if (state->flags & OSCAN_STATE_CONTROLLED &&
	    (axes->control || axes->claimed))
		state->flags |= OSCAN_STATE_MINE;
	value = axis_state_json(info, state);
	more = json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}",
		"min", limited ?
		json_real(oscan_axis_to_unit(info, info->limit_min)) :
		json_null(),
		"max", limited ?
		json_real(oscan_axis_to_unit(info, info->limit_max)) :
		json_null(),
		"wraps", !!(info->flags & OSCAN_AXIS_WRAPS),
		"max_speed", fixed(info->max_speed_sps_q44,
				   oscan_speed_to_double, scale),
		"max_accel", fixed(info->max_accel_sps2_q32,
				   oscan_accel_to_double, scale),
		"homing", homing_json(&axes->homing[axis]));
	json_object_update_new(value, more);
	return value;
}

/* With the lock. */
static json_t *read_axis(struct axes *axes, unsigned int axis, char *why)
{
	struct oscan_state state;

	if (!oscan_motor_state(axes->watch, axis, &state))
		return axis_json(axes, axis, &state);
	if (errno == ENODEV)
		close_all(axes);
	return refuse(why, ENODEV, "wanted to know where an axis is, found: %s; see to the driver",
		      strerror(errno));
}

/* With the lock. */
static bool has_motors(struct axes *axes, char *why)
{
	open_watch(axes);
	if (axes->watch)
		return true;
	refuse(why, ENODEV, "wanted the motors at %s, found: %s; load the driver (\"oscanctl doctor\" tells what is missing)",
	       path_of(axes), strerror(axes->error));
	return false;
}

/* With the lock: number of the axis, -1 with a sentence. */
static int find_axis(struct axes *axes, const char *name, char *why)
{
	char names[OSCAN_MAX_AXES * (OSCAN_NAME_LEN + 2)] = "";
	unsigned int count;
	int axis;

	if (!has_motors(axes, why))
		return -1;
	axis = oscan_motor_find_axis(axes->watch, name);
	if (axis >= 0)
		return axis;
	count = oscan_motor_info(axes->watch)->axes;
	for (unsigned int i = 0; i < count; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 "%s%s", i ? ", " : "",
			 oscan_motor_axis_info(axes->watch, i)->name);
	refuse(why, ENOENT, "no axis \"%.80s\"; this machine has %s", name,
	       names);
	return -1;
}

json_t *axes_list(struct axes *axes, char *error)
{
	json_t *array = NULL, *value;

	pthread_mutex_lock(&axes->lock);
	if (has_motors(axes, error))
		array = json_array();
	for (unsigned int i = 0; array && axes->watch &&
	     i < oscan_motor_info(axes->watch)->axes; i++) {
		value = read_axis(axes, i, error);
		if (value) {
			json_array_append_new(array, value);
			continue;
		}
		json_decref(array);
		array = NULL;
	}
	pthread_mutex_unlock(&axes->lock);
	return array;
}

json_t *axes_get(struct axes *axes, const char *name, char *error)
{
	json_t *value = NULL;
	int axis;

	pthread_mutex_lock(&axes->lock);
	axis = find_axis(axes, name, error);
	if (axis >= 0)
		value = read_axis(axes, axis, error);
	pthread_mutex_unlock(&axes->lock);
	return value;
}

/* With the lock: may the axes be commanded by hand now? */
static bool take_control(struct axes *axes, char *why)
{
	if (axes->claimed) {
		refuse(why, EBUSY, "wanted to command an axis, found that a job has the motors; cancel it, and resume it later");
		return false;
	}
	if (axes->home >= 0) {
		refuse(why, EBUSY, "wanted to command an axis, found that %s is being homed; stop it or wait",
		       oscan_motor_axis_info(axes->watch, axes->home)->name);
		return false;
	}
	if (!axes->control)
		axes->control = oscan_motor_open(axes->device, true);
	if (axes->control)
		return true;
	refuse(why, errno == EACCES ? EACCES : ENODEV,
	       "wanted to command the motors at %s, found: %s; \"oscanctl doctor\" tells more",
	       path_of(axes), strerror(errno));
	return false;
}

/* Of a command that was given with the lock; its answer, and what changes. */
static json_t *after(struct axes *axes, int axis, char *why)
{
	pthread_cond_broadcast(&axes->changed);
	return read_axis(axes, axis, why);
}

static int fail_command(const struct oscan_axis_info *info,
			const char *wanted, char *why)
{
	const char *name = info->name;

	switch (errno) {
	case EBUSY:
		refuse(why, EBUSY, "wanted to %s %s, found that it moves, or that another program has the motors; stop it or wait",
		       wanted, name);
		break;
	case ERANGE:
	case E2BIG:
		refuse(why, EINVAL, "wanted to %s %s, found more speed or acceleration than it can have, or a move of days; see \"max_speed\" and \"max_accel\"",
		       wanted, name);
		break;
	case EDOM:
		refuse(why, EINVAL, "wanted to %s %s, found that this leaves its soft limits; see \"min\" and \"max\"",
		       wanted, name);
		break;
	case EOVERFLOW:
		refuse(why, EINVAL, "wanted to %s %s, found that it is farther than a move can go; move in parts",
		       wanted, name);
		break;
	case ENOSPC:
		refuse(why, EBUSY, "wanted to %s %s, found the end stop on that side closed; move away from it",
		       wanted, name);
		break;
	default:
		refuse(why, errno == ENODEV ? ENODEV : EIO,
		       "wanted to %s %s, found: %s; \"oscanctl doctor\" tells more",
		       wanted, name, strerror(errno));
	}
	return -1;
}

/* 0, or -1 with errno as oscan_motor_move(). */
static int make_move(struct axes *axes, const struct oscan_axis_info *info,
		     const struct axes_move *wanted, struct oscan_move *move)
{
	bool wraps = info->flags & OSCAN_AXIS_WRAPS;
	double scale = oscan_axis_steps_per_unit(info);
	enum oscan_way way = wanted->way ? (enum oscan_way)wanted->way :
			     wraps ? OSCAN_WAY_SHORTEST : OSCAN_WAY_ABSOLUTE;
	struct oscan_state state;
	int64_t target = 0;
	int failed;

	*move = (struct oscan_move){
		.axis = info->axis,
		.speed_sps_q44 = oscan_speed_from_double(wanted->speed *
							 scale),
		.accel_sps2_q32 = oscan_accel_from_double(wanted->accel *
							  scale),
	};
	if (wanted->relative) {
		move->flags = OSCAN_MOVE_RELATIVE;
		failed = oscan_axis_to_steps(info, wanted->value, &target);
	} else {
		if (oscan_motor_state(axes->control, info->axis, &state))
			return -1;
		failed = oscan_axis_to_steps_by_way(info, wanted->value,
						    state.position, way,
						    &target);
	}
	move->target = target;
	if (failed && errno == ERANGE)
		errno = EOVERFLOW;
	return failed;
}

/* The motor is switched on only where the driver finds it off. */
static int start_move(struct axes *axes, struct oscan_move *move)
{
	if (!oscan_motor_move(axes->control, move))
		return 0;
	if (errno != ESHUTDOWN ||
	    oscan_motor_enable(axes->control, move->axis, true))
		return -1;
	return oscan_motor_move(axes->control, move);
}

/* With the lock. */
static int move_axis(struct axes *axes, int axis,
		     const struct axes_move *wanted, char *why)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(axes->watch, axis);
	struct oscan_move move;

	if (wanted->way > OSCAN_WAY_ABSOLUTE &&
	    !(info->flags & OSCAN_AXIS_WRAPS)) {
		refuse(why, EINVAL, "\"way\": wanted \"absolute\", found another one for %s, which is no turntable",
		       info->name);
		return -1;
	}
	if (!take_control(axes, why))
		return -1;
	if (make_move(axes, info, wanted, &move) || start_move(axes, &move))
		return fail_command(info, "move", why);
	return 0;
}

json_t *axes_move(struct axes *axes, const char *name,
		  const struct axes_move *move, char *error)
{
	json_t *value = NULL;
	int axis;

	pthread_mutex_lock(&axes->lock);
	axis = find_axis(axes, name, error);
	if (axis >= 0 && !move_axis(axes, axis, move, error))
		value = after(axes, axis, error);
	pthread_mutex_unlock(&axes->lock);
	return value;
}

/* With the lock. */
static int stop_axis(struct axes *axes, int axis, char *why)
{
	if (axes->home == axis) {
		homing_end(&axes->homing[axis]);
		return 0;
	}
	/* What moves without us is somebody else's. */
	if (!axes->claimed && axes->home < 0 && !axes->control)
		return 0;
	/* A stop is one call: also while another axis is being homed. */
	if ((axes->claimed || axes->home < 0) && !take_control(axes, why))
		return -1;
	if (!oscan_motor_stop(axes->control, 1U << axis))
		return 0;
	return fail_command(oscan_motor_axis_info(axes->watch, axis), "stop",
			    why);
}

json_t *axes_stop(struct axes *axes, const char *name, char *error)
{
	json_t *value = NULL;
	int axis;

	pthread_mutex_lock(&axes->lock);
	axis = find_axis(axes, name, error);
	if (axis >= 0 && !stop_axis(axes, axis, error))
		value = after(axes, axis, error);
	pthread_mutex_unlock(&axes->lock);
	return value;
}

static void homed(void *data)
{
	struct axes *axes = data;

	pthread_mutex_lock(&axes->lock);
	axes->known[axes->home] = false;
	axes->home = -1;
	pthread_cond_broadcast(&axes->changed);
	pthread_mutex_unlock(&axes->lock);
}

json_t *axes_home(struct axes *axes, const char *name, int direction,
		  double position, char *error)
{
	const struct oscan_axis_info *info;
	json_t *value = NULL;
	int axis;

	pthread_mutex_lock(&axes->lock);
	axis = find_axis(axes, name, error);
	if (axis < 0 || !take_control(axes, error))
		goto out;
	info = oscan_motor_axis_info(axes->watch, axis);
	axes->home = axis;
	if (homing_begin(&axes->homing[axis], axes->control, info, direction,
			 position, homed, axes)) {
		axes->home = -1;
		refuse(error, errno, "%s", axes->homing[axis].error);
		goto out;
	}
	value = after(axes, axis, error);
out:
	pthread_mutex_unlock(&axes->lock);
	return value;
}

/* With the lock. */
static int set_position(struct axes *axes, int axis, double position,
			char *why)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(axes->watch, axis);
	int64_t steps;

	if (oscan_axis_to_steps(info, position, &steps)) {
		refuse(why, EINVAL, "\"position\": wanted one that can be counted, found %g",
		       position);
		return -1;
	}
	if (!take_control(axes, why))
		return -1;
	if (!oscan_motor_set_position(axes->control, axis, steps))
		return 0;
	return fail_command(info, "set the position of", why);
}

json_t *axes_set_position(struct axes *axes, const char *name,
			  double position, char *error)
{
	json_t *value = NULL;
	int axis;

	pthread_mutex_lock(&axes->lock);
	axis = find_axis(axes, name, error);
	if (axis >= 0 && !set_position(axes, axis, position, error))
		value = after(axes, axis, error);
	pthread_mutex_unlock(&axes->lock);
	return value;
}

bool axes_error(struct axes *axes, char *error)
{
	bool wrong;

	pthread_mutex_lock(&axes->lock);
	wrong = !has_motors(axes, error);
	pthread_mutex_unlock(&axes->lock);
	return wrong;
}

static bool differs(const struct oscan_state *a, const struct oscan_state *b)
{
	return a->position != b->position || a->motion != b->motion ||
	       a->position_state != b->position_state ||
	       a->flags != b->flags || a->target != b->target ||
	       a->move_id != b->move_id;
}

/* With the lock. Return: all axes are at rest. */
static bool look(struct axes *axes)
{
	struct oscan_state state, raw;
	bool rest = true;

	for (unsigned int i = 0; i < oscan_motor_info(axes->watch)->axes;
	     i++) {
		if (oscan_motor_state(axes->watch, i, &state)) {
			close_all(axes);
			return false;
		}
		rest &= state.motion == OSCAN_MOTION_IDLE;
		if (axes->known[i] && !differs(&state, &axes->told[i]))
			continue;
		raw = state;
		axes->event(axes->data, "axis", axis_json(axes, i, &state));
		axes->told[i] = raw;
		axes->known[i] = true;
	}
	return rest;
}

/* With the lock. */
static void pause_ns(struct axes *axes, uint64_t ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ns % 1000000000;
	until.tv_sec += ns / 1000000000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&axes->changed, &axes->lock, &until);
}

static void *watch(void *data)
{
	struct axes *axes = data;

	pthread_mutex_lock(&axes->lock);
	while (!axes->ending) {
		open_watch(axes);
		if (!axes->watch) {
			pause_ns(axes, AGAIN_NS);
			continue;
		}
		if (look(axes) && axes->home < 0) {
			oscan_motor_close(axes->control);
			axes->control = NULL;
		}
		pause_ns(axes, LOOK_NS);
	}
	pthread_mutex_unlock(&axes->lock);
	return NULL;
}

struct axes *axes_new(const char *device,
		      void (*event)(void *data, const char *name,
				    json_t *value), void *data)
{
	struct axes *axes = calloc(1, sizeof(*axes));
	pthread_condattr_t monotonic;
	int error;

	if (!axes)
		return NULL;
	axes->device = device;
	axes->event = event;
	axes->data = data;
	axes->home = -1;
	pthread_mutex_init(&axes->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&axes->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	error = pthread_create(&axes->thread, NULL, watch, axes);
	axes->started = !error;
	if (!error)
		return axes;
	axes_free(axes);
	errno = error;
	return NULL;
}

void axes_free(struct axes *axes)
{
	if (!axes)
		return;
	pthread_mutex_lock(&axes->lock);
	axes->ending = true;
	if (axes->home >= 0)
		homing_end(&axes->homing[axes->home]);
	pthread_cond_broadcast(&axes->changed);
	while (axes->home >= 0)
		pthread_cond_wait(&axes->changed, &axes->lock);
	pthread_mutex_unlock(&axes->lock);
	if (axes->started)
		pthread_join(axes->thread, NULL);
	oscan_motor_close(axes->control);
	oscan_motor_close(axes->watch);
	pthread_cond_destroy(&axes->changed);
	pthread_mutex_destroy(&axes->lock);
	free(axes);
}

bool axes_claim(struct axes *axes)
{
	pthread_mutex_lock(&axes->lock);
	if (axes->home < 0 && !axes->control)
		axes->claimed = true;
	pthread_cond_broadcast(&axes->changed);
	pthread_mutex_unlock(&axes->lock);
	return axes->claimed;
}

void axes_release(struct axes *axes)
{
	pthread_mutex_lock(&axes->lock);
	axes->claimed = false;
	pthread_mutex_unlock(&axes->lock);
}
