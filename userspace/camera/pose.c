// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include "oscan.h"
#include "pose.h"

/*
 * Steps that an axis at rest has told are on their way for no longer than
 * this; what has not come by then is lost.
 */
#define OVERDUE_NS 500000000ull

/* ---- steady ---- */

struct steady {
	struct scene_pose start;
	uint64_t start_ns;
	double speed_deg_s;
};

static int steady_at(void *data, uint64_t time_ns, struct scene_pose *pose)
{
	const struct steady *steady = data;
	double seconds = (double)(int64_t)(time_ns - steady->start_ns) / 1e9;

	*pose = steady->start;
	pose->turntable_deg += seconds * steady->speed_deg_s;
	return 0;
}

int pose_steady(struct pose_source *source, const struct scene_pose *start,
		uint64_t start_ns, double speed_deg_s)
{
	struct steady *steady = calloc(1, sizeof(*steady));

	if (!steady)
		return -1;
	steady->start = *start;
	steady->start_ns = start_ns;
	steady->speed_deg_s = speed_deg_s;
	*source = (struct pose_source){
		.at = steady_at,
		.close = free,
		.data = steady,
	};
	return 0;
}

/* ---- the driver's steps ---- */

enum { TURNTABLE, ROTOR, AXES };

static const char *const names[AXES] = { "turntable", "rotor" };

/**
 * struct follower - an axis and its steps
 * @number: of the axis, -1: it is not there
 * @info: of the axis
 * @track: its steps since it was seen at rest
 * @before: its steps before that, NULL: not known
 * @position: at the beginning of @track, microsteps
 * @steps: oscan_state.steps there
 * @broken: @track is of no use from now on
 *
 * A track draws a straight line from step to step, but between two moves the
 * axis stood at the last step of the first one.
 */
struct follower {
	int number;
	const struct oscan_axis_info *info;
	struct oscan_track *track;
	struct oscan_track *before;
	int64_t position;
	uint64_t steps;
	bool broken;
};

struct driver {
	struct oscan_motor *motor;
	struct oscan_monitor *monitor;
	struct scene_pose rest;
	struct follower followers[AXES];
};

static int begin_track(struct follower *follower,
		       const struct oscan_state *state)
{
	struct oscan_track *track = oscan_track_new(state->position,
						    state->time_ns);

	if (!track)
		return -1;
	oscan_track_free(follower->before);
	follower->before = follower->track;
	follower->track = track;
	follower->position = state->position;
	follower->steps = state->steps;
	follower->broken = false;
	return 0;
}

static void add_steps(const struct oscan_trace_batch *batch, void *data)
{
	struct driver *driver = data;
	struct follower *follower;

	for (int i = 0; i < AXES; i++) {
		follower = &driver->followers[i];
		if (follower->number != (int)batch->axis)
			continue;
		if (oscan_track_add(follower->track, batch))
			follower->broken = true;
	}
}

static int64_t last_position(const struct follower *follower)
{
	size_t count = oscan_track_count(follower->track);
	const uint64_t *times_ns;
	const int64_t *positions;

	if (!count)
		return follower->position;
	oscan_track_steps(follower->track, &times_ns, &positions);
	return positions[count - 1];
}

/*
 * No message comes of an axis at rest: its state tells that it was there until
 * then, if every step has come.
 */
static int look(struct driver *driver, struct follower *follower)
{
	struct oscan_trace_batch rest = { .axis = follower->number };
	struct oscan_track *track = follower->track;
	struct oscan_state state;
	uint64_t missing;

	if (oscan_motor_state(driver->motor, follower->number, &state))
		return -1;
	if (state.motion != OSCAN_MOTION_IDLE)
		return 0;
	missing = state.steps - follower->steps - oscan_track_count(track);
	if (!missing && !follower->broken &&
	    last_position(follower) == state.position) {
		rest.horizon_ns = state.time_ns;
		if (oscan_track_add(track, &rest))
			return -1;
		return oscan_track_count(track) ?
		       begin_track(follower, &state) : 0;
	}
	if (missing && !follower->broken &&
	    state.time_ns - state.last_step_ns < OVERDUE_NS)
		return 0;
	return begin_track(follower, &state);
}

static bool is_behind(const struct follower *follower, uint64_t time_ns)
{
	return follower->number >= 0 &&
	       oscan_track_horizon(follower->track) < time_ns;
}

/* What came since the last time. */
static int catch_up(struct driver *driver, uint64_t time_ns)
{
	struct oscan_monitor_handler handler = {
		.trace = add_steps,
		.data = driver,
	};

	if (oscan_monitor_read(driver->monitor, &handler) < 0 &&
	    errno != EBADE)
		return -1;
	for (int i = 0; i < AXES; i++)
		if (is_behind(&driver->followers[i], time_ns) &&
		    look(driver, &driver->followers[i]))
			return -1;
	return 0;
}

static int angle_at(const struct follower *follower, uint64_t time_ns,
		    double *degrees)
{
	const struct oscan_track *track = follower->track;
	struct oscan_position position;

	if (follower->number < 0)
		return 0;
	if (follower->before && time_ns < oscan_track_begin(track))
		track = follower->before;
	if (oscan_track_at(track, time_ns, &position)) {
		if (is_behind(follower, time_ns))
			errno = EAGAIN;
		return -1;
	}
	*degrees = oscan_axis_to_unit(follower->info, position.steps);
	return 0;
}

static int driver_at(void *data, uint64_t time_ns, struct scene_pose *pose)
{
	struct driver *driver = data;
	const struct follower *followers = driver->followers;

	if ((is_behind(&followers[TURNTABLE], time_ns) ||
	     is_behind(&followers[ROTOR], time_ns)) &&
	    catch_up(driver, time_ns))
		return -1;
	*pose = driver->rest;
	if (angle_at(&followers[TURNTABLE], time_ns, &pose->turntable_deg))
		return -1;
	return angle_at(&followers[ROTOR], time_ns, &pose->rotor_deg);
}

static void driver_close(void *data)
{
	struct driver *driver = data;

	for (int i = 0; i < AXES; i++) {
		oscan_track_free(driver->followers[i].track);
		oscan_track_free(driver->followers[i].before);
	}
	oscan_monitor_close(driver->monitor);
	oscan_motor_close(driver->motor);
	free(driver);
}

static int follow(struct driver *driver, int which)
{
	struct follower *follower = &driver->followers[which];
	struct oscan_state state;

	follower->number = oscan_motor_find_axis(driver->motor, names[which]);
	if (follower->number < 0)
		return 0;
	follower->info = oscan_motor_axis_info(driver->motor,
					       follower->number);
	if (follower->info->unit != OSCAN_UNIT_DEGREE) {
		follower->number = -1;
		return 0;
	}
	if (oscan_motor_state(driver->motor, follower->number, &state))
		return -1;
	return begin_track(follower, &state);
}

int pose_driver(struct pose_source *source, const char *device,
		const struct scene_pose *rest)
{
	struct driver *driver = calloc(1, sizeof(*driver));
	int error;

	if (!driver)
		return -1;
	driver->rest = *rest;
	for (int i = 0; i < AXES; i++)
		driver->followers[i].number = -1;
	driver->motor = oscan_motor_open(device, false);
	if (!driver->motor)
		goto err;
	/* Before the states are read, so that no step is between them. */
	driver->monitor = oscan_monitor_open(OSCAN_MONITOR_TRACE);
	if (!driver->monitor || follow(driver, TURNTABLE) ||
	    follow(driver, ROTOR))
		goto err;
	if (driver->followers[TURNTABLE].number < 0 &&
	    driver->followers[ROTOR].number < 0) {
		errno = ENXIO;
		goto err;
	}
	*source = (struct pose_source){
		.at = driver_at,
		.close = driver_close,
		.data = driver,
	};
	return 0;

err:
	error = errno;
	driver_close(driver);
	errno = error;
	return -1;
}
