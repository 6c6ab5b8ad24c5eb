// SPDX-License-Identifier: GPL-2.0-or-later
/* One homing, by a thread of its own. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "homing.h"

static bool go_on(const struct oscan_state *state, void *data)
{
	struct homing *homing = data;

	return !atomic_load(&homing->ending);
}

static const char *reason(int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return "that it has no such end stop; set its position instead";
	case EINVAL:
		return "neither soft limits nor a turn to go by; use \"oscanctl home\" with --travel";
	case ENODATA:
		return "that the end stop did not close; check the switch and its wire";
	case ENOSPC:
		return "that the end stop stays closed; check the switch, its wire and its polarity";
	case EXDEV:
		return "that the other end stop closed; check which way the motor turns";
	case EIO:
		return "that a move ended early; try again when it may move";
	case ESTALE:
		return "that the motor was switched off or held up meanwhile; try again";
	case ECANCELED:
		return "that it was stopped; its position is not to be relied on";
	case EBUSY:
		return "that it moves, or that another program has the motors; stop it or wait";
	case ENODEV:
		return "that the device has gone away; load the driver again";
	default:
		return NULL;
	}
}

static void fail(struct homing *homing, int error)
{
	const char *why = reason(error);

	if (why)
		snprintf(homing->error, sizeof(homing->error),
			 "wanted to home %s, found %s", homing->info->name,
			 why);
	else
		snprintf(homing->error, sizeof(homing->error),
			 "wanted to home %s, found: %s; \"oscanctl doctor\" tells more",
			 homing->info->name, strerror(error));
	errno = error;
}

static void *run(void *data)
{
	struct homing *homing = data;
	bool failed = oscan_home(homing->motor, &homing->request);

	if (failed)
		fail(homing, errno);
	atomic_store(&homing->state, failed ? HOMING_ERROR : HOMING_DONE);
	homing->done(homing->data);
	return NULL;
}

static int default_direction(const struct oscan_axis_info *info)
{
	return (info->flags & OSCAN_AXIS_HAS_MAX_STOP) &&
	       !(info->flags & OSCAN_AXIS_HAS_MIN_STOP) ? 1 : -1;
}

static int64_t default_position(const struct oscan_axis_info *info,
				int direction)
{
	if (!(info->flags & OSCAN_AXIS_HAS_LIMITS))
		return 0;
	return direction > 0 ? info->limit_max : info->limit_min;
}

static int start(struct homing *homing)
{
	pthread_attr_t detached;
	pthread_t thread;
	int error;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &detached, run, homing);
	pthread_attr_destroy(&detached);
	return error;
}

int homing_begin(struct homing *homing, struct oscan_motor *motor,
		 const struct oscan_axis_info *info, int direction,
		 double position, void (*done)(void *data), void *data)
{
	uint32_t stop;
	int error = 0;

	homing->info = info;
	homing->motor = motor;
	homing->done = done;
	homing->data = data;
	homing->request = (struct oscan_homing){
		.axis = info->axis,
		.direction = direction ? : default_direction(info),
		.go_on = go_on,
		.data = homing,
	};
	homing->request.position = default_position(info,
						homing->request.direction);
	stop = homing->request.direction > 0 ? OSCAN_AXIS_HAS_MAX_STOP :
					       OSCAN_AXIS_HAS_MIN_STOP;
	if (!(info->flags & stop)) {
		fail(homing, EOPNOTSUPP);
		errno = EINVAL;
		return -1;
	}
	if (!isnan(position) &&
	    oscan_axis_to_steps(info, position, &homing->request.position)) {
		snprintf(homing->error, sizeof(homing->error),
			 "\"position\": wanted one that can be counted, found %g",
			 position);
		errno = EINVAL;
		return -1;
	}
	homing->error[0] = '\0';
	atomic_store(&homing->ending, false);
	atomic_store(&homing->state, HOMING_RUNNING);
	error = start(homing);
	if (!error)
		return 0;
	fail(homing, error);
	atomic_store(&homing->state, HOMING_ERROR);
	errno = error;
	return -1;
}

void homing_end(struct homing *homing)
{
	atomic_store(&homing->ending, true);
}

json_t *homing_json(struct homing *homing)
{
	static const char *const names[] = {
		[HOMING_RUNNING] = "running", [HOMING_DONE] = "done",
		[HOMING_ERROR] = "error",
	};
	int state = atomic_load(&homing->state);

	if (state == HOMING_NONE)
		return json_null();
	return json_pack("{s:s, s:s?}", "state", names[state], "error",
			 state == HOMING_ERROR ? homing->error : NULL);
}
