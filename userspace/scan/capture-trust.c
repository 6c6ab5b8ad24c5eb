// SPDX-License-Identifier: GPL-2.0-or-later
/* Positions of the axes: whether they can be relied on, and homing. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "capture-parts.h"

/* Who becomes suspect again and again is not to be cured by homing. */
#define HOMINGS_MOST 5

static bool has_stop(const struct capture_axis *axis)
{
	return axis->info->flags &
	       (OSCAN_AXIS_HAS_MIN_STOP | OSCAN_AXIS_HAS_MAX_STOP);
}

static const char *doubt_of(uint32_t state)
{
	switch (state) {
	case OSCAN_POSITION_KNOWN:
		return "known";
	case OSCAN_POSITION_ASSUMED:
		return "only assumed since the driver was loaded";
	case OSCAN_POSITION_SUSPECT:
		return "suspect";
	default:
		return "lost";
	}
}

/* Neither the machine nor the driver was started again. */
static bool is_same_driver(const struct capture *capture)
{
	const struct capture_locked *locked = &capture->locked;
	char boot[40];

	capture_boot_id(boot);
	return !strcmp(boot, locked->boot) && locked->probed_ns &&
	       locked->probed_ns ==
		       oscan_motor_info(capture->motor)->probed_ns;
}

/*
 * A scan goes on from where it was: to a new driver that is a guess. Without an
 * end stop nothing better than a suspect position is to be had: the photos say
 * that it is one.
 */
static bool is_doubtful(const struct capture *capture,
			const struct capture_axis *axis)
{
	if (capture->request->home && !axis->homings && has_stop(axis))
		return true;
	if (capture->request->trust ||
	    (capture->locked.trusted && is_same_driver(capture)))
		return false;
	switch (axis->state.position_state) {
	case OSCAN_POSITION_KNOWN:
		return false;
	case OSCAN_POSITION_SUSPECT:
		return has_stop(axis);
	case OSCAN_POSITION_ASSUMED:
		return !is_same_driver(capture);
	default:
		return true;
	}
}

static int distrust(struct capture *capture, const struct capture_axis *axis)
{
	const char *state = doubt_of(axis->state.position_state);
	const char *name = axis->info->name;

	if (has_stop(axis))
		return capture_fail(capture, ESTALE,
				    "wanted the position of %s known, found it %s although it was homed %d times; see its speed and load, and \"oscanctl stats\"",
				    name, state, HOMINGS_MOST);
	return capture_fail(capture, ESTALE,
			    "wanted the position of %s known, found it %s, and no end stop to find it by; say where it is with \"oscanctl set-position %s\", or scan all the same with --trust",
			    name, state, name);
}

int capture_doubt(struct capture *capture)
{
	for (int i = 0; i < CAPTURE_AXES; i++) {
		const struct capture_axis *axis = &capture->axis[i];

		if (axis->info && !has_stop(axis) &&
		    is_doubtful(capture, axis))
			return distrust(capture, axis);
	}
	return 0;
}

/* The positions count: a later boot or driver finds them in doubt. */
static int note_driver(struct capture *capture)
{
	struct capture_locked *locked = &capture->locked;
	bool same = is_same_driver(capture), trusted;

	trusted = capture->request->trust || (same && locked->trusted);
	if (same && trusted == locked->trusted)
		return 0;
	capture_boot_id(locked->boot);
	locked->probed_ns = oscan_motor_info(capture->motor)->probed_ns;
	locked->trusted = trusted;
	return capture_locked_save(capture);
}

int capture_trusted(struct capture *capture)
{
	bool home = false;

	if (capture_enable(capture))
		return -1;
	for (int i = 0; i < CAPTURE_AXES; i++) {
		const struct capture_axis *axis = &capture->axis[i];

		if (!axis->info || !is_doubtful(capture, axis))
			continue;
		if (!has_stop(axis) || axis->homings >= HOMINGS_MOST)
			return distrust(capture, axis);
		home = true;
	}
	if (home)
		return 0;
	return note_driver(capture) ? -1 : 1;
}

static bool homing_goes_on(const struct oscan_state *state, void *data)
{
	struct capture *capture = data;

	(void)state;
	if (capture_commanded(capture) != CAPTURE_GO ||
	    capture_idle(capture))
		return false;
	/* A homing takes long; the one who looks on wants to see it. */
	capture_read_axes(capture);
	capture_tell(capture, false);
	return !capture->error;
}

static int homing_failed(struct capture *capture,
			 const struct capture_axis *axis)
{
	const char *name = axis->info->name, *found = strerror(errno);

	switch (errno) {
	case ENODATA:
		found = "that its end stop did not close";
		break;
	case ENOSPC:
		found = "that its end stop stays closed";
		break;
	case EXDEV:
		found = "that the end stop of the other side closed";
		break;
	case EIO:
		found = "that it was stopped";
		break;
	case ESTALE:
		found = "that something made its position suspect again";
		break;
	}
	return capture_fail(capture, errno,
			    "wanted to home %s, found %s; try \"oscanctl home %s\", which tells more",
			    name, found, name);
}

/* A scan that begins in doubt does not know where it began. */
static int forget_begin(struct capture *capture, enum capture_axes which)
{
	if (capture->points_before || capture->points_run)
		return 0;
	capture->locked.begin_deg[which] = NAN;
	return capture_locked_save(capture);
}

static int home_axis(struct capture *capture, enum capture_axes which)
{
	struct capture_axis *axis = &capture->axis[which];
	const struct oscan_axis_info *info = axis->info;
	bool upper = info->flags & OSCAN_AXIS_HAS_MAX_STOP &&
		     !(info->flags & OSCAN_AXIS_HAS_MIN_STOP);
	bool in_doubt = axis->state.position_state >= OSCAN_POSITION_SUSPECT;
	double stop_deg = which == CAPTURE_THETA ?
			  capture->request->theta_stop_deg :
			  capture->request->phi_stop_deg;
	struct oscan_homing homing = {
		.axis = axis->number,
		.direction = upper ? 1 : -1,
		.go_on = homing_goes_on,
		.data = capture,
	};

	if (!isnan(stop_deg))
		homing.position = llrint(stop_deg *
					 oscan_axis_steps_per_unit(info));
	else if (info->flags & OSCAN_AXIS_HAS_LIMITS)
		homing.position = upper ? info->limit_max : info->limit_min;
	if (!oscan_home(capture->motor, &homing)) {
		axis->homings++;
		return in_doubt ? forget_begin(capture, which) : 0;
	}
	if (errno == ECANCELED)
		return -1;
	return homing_failed(capture, axis);
}

int capture_home(struct capture *capture)
{
	for (int i = 0; i < CAPTURE_AXES; i++) {
		const struct capture_axis *axis = &capture->axis[i];

		if (axis->info && is_doubtful(capture, axis) &&
		    home_axis(capture, i))
			return -1;
	}
	return 0;
}
