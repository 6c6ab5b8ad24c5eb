// SPDX-License-Identifier: GPL-2.0-or-later
/* The axes of a capture scan: their moves, and what watches them. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include "capture-parts.h"

#define NS CAPTURE_NS_PER_S

/* A move is late when it takes longer than planned by this. */
#define LATE_FACTOR 1.5
#define LATE_NS (10 * NS)
/* Longest time without a step; the slowest first one takes far less. */
#define STEP_NS (10 * NS)
/* Longest wait for a stop on top of its ramp, and for a halt. */
#define STOP_NS (5 * NS)
/* A camera's time may be so far ahead. */
#define AHEAD_NS NS

static void pause_ns(uint64_t ns)
{
	struct timespec time = { .tv_sec = ns / NS, .tv_nsec = ns % NS };

	nanosleep(&time, NULL);
}

/*
 * It stays on after the scan: switched off, the position would be in doubt for
 * the next one, or for who takes this one up again.
 */
static int switch_on(struct capture *capture, struct capture_axis *axis)
{
	const char *name = axis->info->name;

	if (axis->state.flags & OSCAN_STATE_ENABLED)
		return 0;
	if (!oscan_motor_enable(capture->motor, axis->number, true))
		return 0;
	if (errno == EBUSY)
		return capture_fail(capture, EBUSY,
				    "wanted to control %s, found that another program controls the motors; wait until it has ended, or end it",
				    name);
	return capture_fail(capture, errno,
			    "wanted to switch on the motor of %s, found: %s; \"oscanctl doctor\" tells more",
			    name, strerror(errno));
}

int capture_enable(struct capture *capture)
{
	if (capture_read_axes(capture))
		return -1;
	for (int i = 0; i < CAPTURE_AXES; i++)
		if (capture->axis[i].info &&
		    switch_on(capture, &capture->axis[i]))
			return -1;
	return 0;
}

int capture_read_axes(struct capture *capture)
{
	for (int i = 0; i < CAPTURE_AXES; i++) {
		struct capture_axis *axis = &capture->axis[i];

		if (axis->info && oscan_motor_state(capture->motor,
						    axis->number,
						    &axis->state))
			return capture_fail(capture, errno,
					    "wanted the state of %s, found: %s; load the driver again",
					    axis->info->name, strerror(errno));
	}
	return 0;
}

static int go_failed(struct capture *capture, double theta_deg,
		     double phi_deg)
{
	switch (errno) {
	case EBUSY:
		return capture_fail(capture, EBUSY,
				    "wanted to move, found that another program controls the motors; wait until it has ended, or end it");
	case EDOM:
		return capture_fail(capture, EDOM,
				    "wanted to go to theta %g and phi %g, found that outside of the limits; choose points within them, with room for an approach against play",
				    theta_deg, phi_deg);
	case ENOSPC:
		return capture_fail(capture, ENOSPC,
				    "wanted to go to theta %g and phi %g, found an end stop closed on that side; see that the axes are where they say, and home them",
				    theta_deg, phi_deg);
	default:
		return capture_fail(capture, errno,
				    "wanted to go to theta %g and phi %g, found: %s; \"oscanctl doctor\" tells more",
				    theta_deg, phi_deg, strerror(errno));
	}
}

static int aim(struct capture_axis *axis, double angle_deg)
{
	enum oscan_way way = axis->info->flags & OSCAN_AXIS_WRAPS ?
			     OSCAN_WAY_SHORTEST : OSCAN_WAY_ABSOLUTE;

	return oscan_axis_to_steps_by_way(axis->info, angle_deg,
					  axis->state.position, way,
					  &axis->target);
}

/* As fast as they may, and as this machine can carry together. */
static void share_rate(struct capture *capture, struct oscan_move *moves,
		       unsigned int count)
{
	double carried = oscan_motor_info(capture->motor)->max_rate_sps;
	double wanted = 0;

	/* Rounding must not lift the sum above it. */
	carried *= 0.999;

	for (unsigned int i = 0; i < count; i++)
		wanted += oscan_speed_to_double(moves[i].speed_sps_q44);
	for (unsigned int i = 0; i < count && wanted > carried; i++)
		moves[i].speed_sps_q44 *= carried / wanted;
}

static void moving(struct capture_axis *axis, const struct oscan_move *move)
{
	uint64_t now = capture_now();

	axis->moving = true;
	axis->move_id = move->move_id;
	axis->seen_steps = axis->state.steps;
	axis->seen_ns = now;
	axis->deadline_ns = now + move->duration_ns * LATE_FACTOR + LATE_NS;
}

int capture_go(struct capture *capture, double theta_deg, double phi_deg)
{
	const double angle_deg[] = { theta_deg, phi_deg };
	struct oscan_move moves[CAPTURE_AXES] = { 0 };
	struct capture_axis *axis;
	unsigned int count = 0;

	if (capture_read_axes(capture))
		return -1;
	for (int i = 0; i < CAPTURE_AXES; i++) {
		axis = &capture->axis[i];
		if (!axis->info || isnan(angle_deg[i]))
			continue;
		if (aim(axis, angle_deg[i]))
			return go_failed(capture, theta_deg, phi_deg);
		axis->rest_steps = axis->state.steps;
		if (axis->target == axis->state.position)
			continue;
		moves[count++] = (struct oscan_move){
			.axis = axis->number,
			.target = axis->target,
			.speed_sps_q44 = axis->info->max_speed_sps_q44,
		};
	}
	if (!count)
		return 0;
	share_rate(capture, moves, count);
	if (oscan_motor_move_together(capture->motor, moves, count, false))
		return go_failed(capture, theta_deg, phi_deg);
	for (unsigned int n = 0; n < count; n++)
		for (int i = 0; i < CAPTURE_AXES; i++)
			if (capture->axis[i].info &&
			    capture->axis[i].number == moves[n].axis)
				moving(&capture->axis[i], &moves[n]);
	return 0;
}

static const char *why_ended(uint32_t end)
{
	switch (end) {
	case OSCAN_END_STOPPED:
		return "was stopped from elsewhere";
	case OSCAN_END_HALTED:
		return "was halted from elsewhere";
	case OSCAN_END_SWITCH:
		return "came to an end stop";
	case OSCAN_END_SYSTEM:
		return "was stopped by the system";
	default:
		return "ended early";
	}
}

static int check_end(struct capture *capture, struct capture_axis *axis)
{
	const struct oscan_state *state = &axis->state;

	axis->moving = false;
	axis->rest_steps = state->steps;
	if (state->end == OSCAN_END_DONE && state->position == axis->target)
		return 0;
	return capture_fail(capture, ECONNABORTED,
			    "wanted %s to go to %.6g degrees, found that it %s at %.6g; take the scan up again when it may move",
			    axis->info->name,
			    oscan_axis_to_unit(axis->info, axis->target),
			    why_ended(state->end),
			    oscan_axis_to_unit(axis->info, state->position));
}

static int watch(struct capture *capture, struct capture_axis *axis)
{
	const struct oscan_state *state = &axis->state;
	uint64_t now = capture_now();

	if (state->motion == OSCAN_MOTION_IDLE &&
	    state->move_id == axis->move_id)
		return check_end(capture, axis);
	if (state->steps != axis->seen_steps) {
		axis->seen_steps = state->steps;
		axis->seen_ns = now;
	}
	if (now > axis->deadline_ns || now > axis->seen_ns + STEP_NS)
		return capture_fail(capture, ETIMEDOUT,
				    "wanted %s to go to %.6g degrees, found it at %.6g %s; see the kernel's log",
				    axis->info->name,
				    oscan_axis_to_unit(axis->info,
						       axis->target),
				    oscan_axis_to_unit(axis->info,
						       state->position),
				    now > axis->deadline_ns ?
				    "long after it should be there" :
				    "without a step for 10 s");
	return 1;
}

int capture_moving(struct capture *capture)
{
	int still = 0, watched;

	if (capture_read_axes(capture))
		return -1;
	for (int i = 0; i < CAPTURE_AXES; i++) {
		if (!capture->axis[i].moving)
			continue;
		watched = watch(capture, &capture->axis[i]);
		if (watched < 0)
			return -1;
		still |= watched;
	}
	return still;
}

/* The longest that decelerating from full speed may take. */
static uint64_t ramp_ns(const struct capture_axis *axis)
{
	return oscan_speed_to_double(axis->info->max_speed_sps_q44) /
	       oscan_accel_to_double(axis->info->max_accel_sps2_q32) *
	       LATE_FACTOR * NS;
}

void capture_stop(struct capture *capture)
{
	for (int i = 0; i < CAPTURE_AXES; i++) {
		struct capture_axis *axis = &capture->axis[i];

		if (!axis->moving)
			continue;
		if (oscan_motor_stop(capture->motor, 1u << axis->number))
			oscan_motor_halt(capture->motor, 1u << axis->number);
		axis->deadline_ns = capture_now() + ramp_ns(axis) + STOP_NS;
	}
}

static bool stops(struct capture *capture, struct capture_axis *axis)
{
	uint64_t now = capture_now();

	if (oscan_motor_state(capture->motor, axis->number, &axis->state) ||
	    axis->state.motion == OSCAN_MOTION_IDLE)
		return false;
	if (now > axis->deadline_ns)
		oscan_motor_halt(capture->motor, 1u << axis->number);
	return now < axis->deadline_ns + STOP_NS;
}

int capture_stopping(struct capture *capture)
{
	int still = 0;

	for (int i = 0; i < CAPTURE_AXES; i++) {
		struct capture_axis *axis = &capture->axis[i];

		if (axis->moving)
			axis->moving = stops(capture, axis);
		still |= axis->moving;
	}
	return still;
}

int capture_rested(struct capture *capture, uint64_t until_ns)
{
	uint64_t now = capture_now();
	struct capture_axis *axis;

	if (until_ns > now)
		pause_ns(until_ns - now < AHEAD_NS ? until_ns - now + 1 :
						     AHEAD_NS);
	if (capture_read_axes(capture))
		return -1;
	for (int i = 0; i < CAPTURE_AXES; i++) {
		axis = &capture->axis[i];
		if (axis->info &&
		    (axis->state.motion != OSCAN_MOTION_IDLE ||
		     axis->state.steps != axis->rest_steps))
			return 0;
		axis->rested = axis->state;
	}
	return 1;
}

uint64_t capture_last_step(const struct capture *capture)
{
	uint64_t last = 0;

	for (int i = 0; i < CAPTURE_AXES; i++)
		if (capture->axis[i].info &&
		    capture->axis[i].state.last_step_ns > last)
			last = capture->axis[i].state.last_step_ns;
	return last;
}

static double angle(const struct capture_axis *axis,
		    const struct oscan_state *state)
{
	double angle_deg;

	if (!axis->info)
		return NAN;
	angle_deg = oscan_axis_to_unit(axis->info, state->position);
	if (!(axis->info->flags & OSCAN_AXIS_WRAPS))
		return angle_deg;
	angle_deg = fmod(angle_deg, 360);
	return angle_deg < 0 ? angle_deg + 360 : angle_deg;
}

double capture_angle(const struct capture *capture, enum capture_axes which)
{
	const struct capture_axis *axis = &capture->axis[which];

	return angle(axis, &axis->state);
}

double capture_angle_rested(const struct capture *capture,
			    enum capture_axes which)
{
	const struct capture_axis *axis = &capture->axis[which];

	return angle(axis, &axis->rested);
}
