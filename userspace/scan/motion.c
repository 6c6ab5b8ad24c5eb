// SPDX-License-Identifier: GPL-2.0-or-later
/* The axis: its moves, what watches them, and its steps. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "scan.h"

#define NS_PER_S 1000000000ull

/* A move is late when it takes longer than planned by this. */
#define LATE_FACTOR 1.5
#define LATE_NS (10 * NS_PER_S)

/* Longest wait for a stop on top of the ramp, and for the last steps. */
#define STOP_NS (5 * NS_PER_S)
#define TRACE_NS (3 * NS_PER_S)

/* Longest wait for the time that the last frame has. */
#define AHEAD_NS NS_PER_S

static void pause_tick(void)
{
	struct timespec tick = { .tv_nsec = SCAN_TICK_MS * 1000000l };

	nanosleep(&tick, NULL);
}

static int state_failed(struct scan *scan)
{
	return scan_fail(scan, errno,
			 "wanted the state of %s, found: %s; load the driver again",
			 scan->info->name, strerror(errno));
}

static int move_failed(struct scan *scan, int64_t target)
{
	const char *name = scan->info->name, *unit = scan_unit(scan);
	double place = oscan_axis_to_unit(scan->info, target);

	switch (errno) {
	case EBUSY:
		return scan_fail(scan, EBUSY,
				 "wanted to move %s, found that another program controls the motors or it is moving; wait until that has ended, or end it",
				 name);
	case ESHUTDOWN:
		return scan_fail(scan, ESHUTDOWN,
				 "wanted to move %s, found its motor switched off; switch it on with \"oscanctl enable %s\"",
				 name, name);
	case E2BIG:
		return scan_fail(scan, E2BIG,
				 "wanted to move %s to %.6g %s, found that this machine cannot carry the speed while other axes move; wait until they are at rest",
				 name, place, unit);
	case EDOM:
		return scan_fail(scan, EDOM,
				 "wanted to move %s to %.6g %s, found that outside of its limits; choose a range within them",
				 name, place, unit);
	default:
		return scan_fail(scan, errno,
				 "wanted to move %s to %.6g %s, found: %s; \"oscanctl doctor\" tells more",
				 name, place, unit, strerror(errno));
	}
}

static int start_move(struct scan *scan, double place, uint64_t speed)
{
	double accel = scan_steps(scan, scan->result->geometry.accel);
	struct oscan_move *move = &scan->move;

	memset(move, 0, sizeof(*move));
	move->axis = scan->axis;
	/* The run-up takes up the play of the gear. */
	move->flags = OSCAN_MOVE_DIRECT;
	move->target = llrint(scan_steps(scan, place));
	move->speed_sps_q44 = speed;
	move->accel_sps2_q32 = oscan_accel_from_double(accel);
	/* Rounding must not lift them above the greatest. */
	if (move->speed_sps_q44 > scan->info->max_speed_sps_q44)
		move->speed_sps_q44 = scan->info->max_speed_sps_q44;
	if (move->accel_sps2_q32 > scan->info->max_accel_sps2_q32)
		move->accel_sps2_q32 = scan->info->max_accel_sps2_q32;
	if (oscan_motor_move(scan->motor, move))
		return move_failed(scan, move->target);
	scan->moving = true;
	scan_guard_moving(scan);
	scan->move_deadline_ns =
		scan_now() + move->duration_ns * LATE_FACTOR + LATE_NS;
	return 0;
}

static const char *why_ended(uint32_t end)
{
	switch (end) {
	case OSCAN_END_STOPPED:
		return "was stopped from elsewhere";
	case OSCAN_END_HALTED:
		return "was halted from elsewhere";
	case OSCAN_END_RELEASED:
		return "was let go";
	case OSCAN_END_SWITCH:
		return "came to an end stop";
	case OSCAN_END_SYSTEM:
		return "was stopped by the system";
	default:
		return "ended early";
	}
}

static int check_end(struct scan *scan)
{
	const struct oscan_state *state = &scan->state;

	if (state->end == OSCAN_END_DONE &&
	    state->position == scan->move.target)
		return 0;
	return scan_fail(scan, ECONNABORTED,
			 "wanted %s to go to %.6g %s, found that it %s at %.6g %s; start the scan again when it may move",
			 scan->info->name,
			 oscan_axis_to_unit(scan->info, scan->move.target),
			 scan_unit(scan), why_ended(state->end),
			 oscan_axis_to_unit(scan->info, state->position),
			 scan_unit(scan));
}

static void add_steps(const struct oscan_trace_batch *batch, void *data)
{
	struct scan *scan = data;

	if (batch->axis != scan->axis || !scan->track)
		return;
	if (oscan_track_add(scan->track, batch))
		scan_fail(scan, errno,
			  "wanted to add %zu steps to the trace of %s, found: %s; start the scan again",
			  batch->steps, scan->info->name, strerror(errno));
}

int scan_read(struct scan *scan)
{
	struct oscan_monitor_handler handler = {
		.trace = add_steps,
		.event = scan_trigger_event,
		.data = scan,
	};

	if (oscan_monitor_read(scan->monitor, &handler) < 0)
		return scan_fail(scan, errno,
				 "wanted the steps of %s, found a message that cannot be read (%s); install the driver that came with this program",
				 scan->info->name, strerror(errno));
	return scan->error ? -1 : 0;
}

/* So that they are in the file if this program is killed. */
static int put_steps(struct scan *scan)
{
	const size_t count = oscan_track_count(scan->track);
	int64_t position = scan->before.position;
	const uint64_t known_ns = oscan_track_horizon(scan->track);
	struct writer_trace steps = { .steps = count - scan->steps_put };

	oscan_track_steps(scan->track, &steps.time_ns, &steps.position);
	if (count)
		position = steps.position[count - 1];
	if (steps.steps) {
		steps.time_ns += scan->steps_put;
		steps.position += scan->steps_put;
	}
	if (known_ns == scan->known_put_ns)
		return 0;
	if (writer_put_steps(scan->writer, &steps) ||
	    writer_put_course(scan->writer, WRITER_COURSE_KNOWN, known_ns,
			      position))
		return scan_writer_failed(scan, errno);
	scan->steps_put = count;
	scan->known_put_ns = known_ns;
	return 0;
}

int scan_watch(struct scan *scan)
{
	struct oscan_state *state = &scan->state;

	if (oscan_motor_state(scan->motor, scan->axis, state))
		return state_failed(scan);
	if (scan_read(scan) || (scan->track && put_steps(scan)))
		return -1;
	if (scan_guard(scan))
		return -1;
	if (!scan->moving)
		return 0;
	if (state->motion == OSCAN_MOTION_IDLE &&
	    state->move_id == scan->move.move_id) {
		scan->moving = false;
		return check_end(scan);
	}
	if (scan_now() > scan->move_deadline_ns)
		return scan_fail(scan, ETIMEDOUT,
				 "wanted %s to go to %.6g %s in %.3g s, found it at %.6g %s long after that; see the kernel's log",
				 scan->info->name,
				 oscan_axis_to_unit(scan->info,
						    scan->move.target),
				 scan_unit(scan),
				 scan->move.duration_ns / 1e9,
				 oscan_axis_to_unit(scan->info,
						    state->position),
				 scan_unit(scan));
	return 0;
}

/* The journal first: who is killed in between has changed nothing unknown. */
static int enable(struct scan *scan)
{
	if (!(scan->state.flags & OSCAN_STATE_ENABLED) &&
	    restore_note_motor(scan->restore, scan->request->device,
			       scan->info->name))
		return scan_fail(scan, errno,
				 "wanted to write into the journal %.300s, found: %s; free some space there",
				 restore_path(scan->restore), strerror(errno));
	restore_use_motor(scan->restore);
	if (!oscan_motor_enable(scan->motor, scan->axis, true))
		return 0;
	if (errno == EBUSY)
		return scan_fail(scan, EBUSY,
				 "wanted to control %s, found that another program controls the motors; wait until it has ended, or end it",
				 scan->info->name);
	return scan_fail(scan, errno,
			 "wanted to switch on the motor of %s, found: %s; \"oscanctl doctor\" tells more",
			 scan->info->name, strerror(errno));
}

/* As fast as the axis may, and as this machine can carry. */
uint64_t scan_taxi_speed(const struct scan *scan)
{
	uint64_t carried = oscan_motor_info(scan->motor)->max_rate_sps *
			   (uint64_t)OSCAN_SPEED_ONE;

	if (oscan_motor_info(scan->motor)->max_rate_sps >= 1u << 20 ||
	    carried > scan->info->max_speed_sps_q44)
		return scan->info->max_speed_sps_q44;
	return carried;
}

int scan_taxi(struct scan *scan)
{
	double initial = scan->result->geometry.initial;

	if (scan_watch(scan) || enable(scan))
		return -1;
	if (scan->state.position != llrint(scan_steps(scan, initial)) &&
	    start_move(scan, initial, scan_taxi_speed(scan)))
		return -1;
	while (scan->moving) {
		pause_tick();
		if (scan_cancelled(scan) || scan_watch(scan))
			return -1;
		scan_tell(scan);
	}
	if (oscan_motor_state(scan->motor, scan->axis, &scan->state))
		return state_failed(scan);
	scan->before = scan->state;
	scan->track = oscan_track_new(scan->before.position,
				      scan->before.time_ns);
	if (!scan->track)
		return scan_fail(scan, ENOMEM,
				 "wanted memory for the steps, found none; end other programs");
	scan->known_put_ns = scan->before.time_ns;
	if (writer_put_course(scan->writer, WRITER_COURSE_REST,
			      scan->before.time_ns, scan->before.position))
		return scan_writer_failed(scan, errno);
	return 0;
}

/* What the driver tells of a move is of the last one alone. */
void scan_add_stats(struct scan *scan)
{
	const struct oscan_stats *before = &scan->stats_before;
	struct oscan_stats now, *sum = &scan->result->stats;

	if (oscan_motor_stats(scan->motor, scan->axis, &now))
		return;
	now.move_slip_ns = now.slip_ns - before->slip_ns;
	now.move_stumbles = now.stumbles - before->stumbles;
	if (now.move_worst_late_ns < sum->move_worst_late_ns)
		now.move_worst_late_ns = sum->move_worst_late_ns;
	if (sum->move_shortest_ns &&
	    now.move_shortest_ns > sum->move_shortest_ns)
		now.move_shortest_ns = sum->move_shortest_ns;
	*sum = now;
}

int scan_launch(struct scan *scan)
{
	double speed = scan_steps(scan, scan->result->geometry.velocity);
	uint32_t number = scan->result->passes;
	struct scan_pass *pass;

	if (!scan->passes)
		scan->passes = calloc(scan_pass_count(scan), sizeof(*pass));
	if (!scan->passes)
		return scan_fail(scan, ENOMEM,
				 "wanted memory for %u passes, found none; end other programs",
				 scan_pass_count(scan));
	pass = &scan->passes[number];
	scan_pass_planned(scan, number, pass);
	if (number)
		scan_add_stats(scan);
	if (start_move(scan, pass->final, oscan_speed_from_double(speed)))
		return -1;
	pass->launch_ns = scan->move.start_ns;
	scan->result->passes++;
	if (writer_put_course(scan->writer, WRITER_COURSE_LAUNCH,
			      pass->launch_ns, scan->move.target))
		return scan_writer_failed(scan, errno);
	return 0;
}

static void stop_axis(struct scan *scan)
{
	double ramp = scan->result->geometry.accel_s * NS_PER_S;

	if (oscan_motor_stop(scan->motor, 1u << scan->axis))
		oscan_motor_halt(scan->motor, 1u << scan->axis);
	/* The taxi may be faster than the pass. */
	if (!scan->result->passes)
		ramp = (double)scan->info->max_speed_sps_q44 /
		       OSCAN_SPEED_ONE /
		       scan_steps(scan, scan->result->geometry.accel) *
		       NS_PER_S;
	scan->move_deadline_ns = scan_now() + ramp * LATE_FACTOR + STOP_NS;
}

static void wait_stopped(struct scan *scan)
{
	struct oscan_state *state = &scan->state;

	for (;;) {
		scan_read(scan);
		if (oscan_motor_state(scan->motor, scan->axis, state) ||
		    state->motion == OSCAN_MOTION_IDLE)
			break;
		if (scan_now() > scan->move_deadline_ns) {
			oscan_motor_halt(scan->motor, 1u << scan->axis);
			break;
		}
		pause_tick();
	}
	scan->moving = false;
}

void scan_rest(struct scan *scan)
{
	while (scan->moving && !scan->error) {
		if (!scan_cancelled(scan) && !scan_watch(scan)) {
			scan_tell(scan);
			pause_tick();
		}
	}
	if (scan->moving) {
		stop_axis(scan);
		wait_stopped(scan);
	}
}

static int trace_lost(struct scan *scan, uint64_t steps)
{
	return scan_fail(scan, ENODATA,
			 "wanted the time of each of the %llu steps of %s, found %zu with %zu gaps; start the scan again, with less load on the machine or a longer period",
			 (unsigned long long)steps, scan->info->name,
			 oscan_track_count(scan->track),
			 oscan_track_gaps(scan->track));
}

/*
 * A camera whose times are late tells of its last frame a time that is still
 * to come; the axis is known to rest only up to now.
 */
static void await_last_frame(struct scan *scan)
{
	uint64_t half_ns, end_ns, deadline = scan_now() + AHEAD_NS;
	const size_t put = scan_frames_put(scan);

	/* Copied frames stand before those that were taken. */
	if (!scan->result->ledger.taken)
		return;
	end_ns = scan_exposure(scan, &scan->frames[put - 1], &half_ns);
	end_ns += half_ns;
	while (scan_now() <= end_ns && scan_now() < deadline)
		pause_tick();
}

int scan_collect_trace(struct scan *scan)
{
	struct oscan_trace_batch end = { .axis = scan->axis };
	struct pollfd poller = {
		.fd = oscan_monitor_fd(scan->monitor),
		.events = POLLIN,
	};
	uint64_t deadline = scan_now() + TRACE_NS, steps;

	await_last_frame(scan);
	if (oscan_motor_state(scan->motor, scan->axis, &scan->state))
		return state_failed(scan);
	steps = scan->state.steps - scan->before.steps;
	while (oscan_track_count(scan->track) < steps &&
	       scan_now() < deadline) {
		poll(&poller, 1, SCAN_TICK_MS);
		scan_read(scan);
	}
	if (oscan_track_count(scan->track) != steps ||
	    oscan_track_gaps(scan->track))
		return trace_lost(scan, steps);
	/*
	 * Every step up to the time of the state has come, so the axis is
	 * known to have rested since the last one.
	 */
	end.horizon_ns = scan->state.time_ns;
	if (end.horizon_ns > oscan_track_horizon(scan->track) &&
	    oscan_track_add(scan->track, &end))
		return scan_fail(scan, errno,
				 "wanted to end the trace of %s, found: %s; start the scan again",
				 scan->info->name, strerror(errno));
	return 0;
}

int scan_store_trace(struct scan *scan)
{
	struct writer_trace steps = {
		.steps = oscan_track_count(scan->track),
	};

	oscan_track_steps(scan->track, &steps.time_ns, &steps.position);
	if (writer_add_trace(scan->writer, &steps))
		return scan_writer_failed(scan, errno);
	scan->result->steps_traced = steps.steps;
	return 0;
}
