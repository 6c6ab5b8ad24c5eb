// SPDX-License-Identifier: GPL-2.0
/*
 * The step engine: writes the edges, counts them, decides when the next one
 * comes. Late is late, never fast.
 *
 * Everything here runs with axis->lock held, most of it in hard interrupt
 * context on every kernel: no allocation, no printk, no wake-up.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/processor.h>

#include "motor.h"
#include "oscan_trace.h"

void step_suspect(struct axis *axis)
{
	axis->latch.stale = true;
	if (axis->position_state != OSCAN_POSITION_LOST)
		axis->position_state = OSCAN_POSITION_SUSPECT;
}

static bool above_start_stop(struct axis *axis)
{
	return plan_motion(&axis->plan, axis->step_in_plan).sps_q44 >
	       axis->start_stop_sps_q44;
}

static void end_move(struct axis *axis, enum oscan_end why)
{
	axis->motion = OSCAN_MOTION_IDLE;
	axis->end = why;
	axis->next_edge = STEP_EDGE_NONE;
	axis->rest_ns = ktime_get_ns();
	axis->rate_sps = 0;
	legs_clear(axis);
	axis_changed(axis);
	trace_oscan_move_end(axis, why);
	events_put_axis(axis, OSCAN_EVENT_MOVE_ENDED, why, 0);
}

/* axis->leg is the first of a new move, and its statistics begin. */
void step_new_move(struct axis *axis)
{
	struct oscan_stats *stats = &axis->stats;

	axis->move_id = axis->leg.move_id;
	axis->target = axis->leg.goal;
	stats->move_id = axis->move_id;
	stats->move_worst_late_ns = 0;
	stats->move_slip_ns = 0;
	stats->move_shortest_ns = U64_MAX;
	stats->move_stumbles = 0;
	axis_changed(axis);
	trace_oscan_move_start(axis);
	events_put_axis(axis, OSCAN_EVENT_MOVE_STARTED, 0, axis->target);
}

/*
 * No further step. A pulse that has begun is finished by the timer, which
 * then ends the move.
 */
void step_halt(struct axis *axis, enum oscan_end why)
{
	if (axis->motion == OSCAN_MOTION_IDLE)
		return;
	if (above_start_stop(axis))
		step_suspect(axis);
	axis->target = axis->position;
	axis->plan.steps = axis->step_in_plan;
	axis->pending_end = why;
	legs_clear(axis);
	if (axis->next_edge == STEP_EDGE_FALL)
		return;
	/* A callback that already runs waits for the lock and finds no edge. */
	hrtimer_try_to_cancel(&axis->timer);
	end_move(axis, why);
}

/* Above the start-stop rate the next step begins the deceleration. */
void step_stop(struct axis *axis, enum oscan_end why)
{
	if (axis->motion != OSCAN_MOTION_MOVING ||
	    axis->pending_end != OSCAN_END_DONE)
		return;
	if (above_start_stop(axis))
		axis->pending_end = why;
	else
		step_halt(axis, why);
}

/* The first step of a plan that begins at rest. */
static void due_from_rest(struct axis *axis, u64 origin_ns)
{
	axis->step_in_plan = 0;
	axis->held_ns = 0;
	axis->previous_ns = 0;
	axis->origin_ns = origin_ns;
	axis->due_ns = origin_ns + plan_deadline(&axis->plan, 1);
	axis->paced_ns = axis->due_ns;
	axis->next_edge = STEP_EDGE_RISE;
}

/* From when on DIR and ENABLE let the first interval begin. */
u64 step_lines_ready_ns(const struct axis *axis)
{
	u64 ready = axis->dir_ns + axis->info.dir_setup_ns;

	if (!axis->enable_ns)
		return ready;
	return max(ready, axis->enable_ns + axis->info.enable_delay_ns);
}

static void write_turn(struct axis *axis)
{
	axis->sign = axis->leg.sign;
	gpiod_set_value(axis->dir, axis->sign > 0);
	axis->dir_ns = ktime_get_ns();
	due_from_rest(axis, step_lines_ready_ns(axis));
}

static u64 next_edge_ns(const struct axis *axis)
{
	if (axis->next_edge == STEP_EDGE_FALL)
		return axis->rise_ns + axis->info.pulse_high_ns;
	if (axis->next_edge == STEP_EDGE_TURN)
		return axis->fall_ns + axis->info.dir_hold_ns;
	return max(axis->due_ns, axis->fall_ns + axis->info.pulse_low_ns);
}

/* A callback that waits for the lock meanwhile finds the timer queued. */
static void arm(struct axis *axis)
{
	hrtimer_start(&axis->timer, ns_to_ktime(next_edge_ns(axis)),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

/* From rest, with DIR as it must be. */
void step_begin(struct axis *axis, u64 origin_ns)
{
	axis->motion = OSCAN_MOTION_MOVING;
	axis->pending_end = OSCAN_END_DONE;
	due_from_rest(axis, origin_ns);
	axis_changed(axis);
	arm(axis);
}

/* At rest in the middle of a move: axis->legs are new. */
void step_restart(struct axis *axis)
{
	axis->plan.steps = axis->step_in_plan;
	/* When the pulse ends, the legs are looked at in any case. */
	if (axis->next_edge == STEP_EDGE_FALL)
		return;
	legs_next(axis);
	axis->next_edge = STEP_EDGE_TURN;
	arm(axis);
}

/* Where the plan has the last step and the next, once for each step. */
static void find_places(struct axis *axis)
{
	axis->place_ns = plan_deadline(&axis->plan, axis->step_in_plan);
	axis->next_place_ns = plan_deadline(&axis->plan,
					    axis->step_in_plan + 1);
}

static u64 next_interval(const struct axis *axis)
{
	return axis->next_place_ns - axis->place_ns;
}

static void slip(struct axis *axis, u64 ns)
{
	axis->origin_ns += ns;
	axis->stats.move_slip_ns += ns;
	axis->stats.slip_ns += ns;
}

/*
 * The field stood still for so long that the rotor does, too, or swings about
 * it: from rest, for from the start-stop rate a swinging rotor slips at times.
 */
static void ramp_up_again(struct axis *axis)
{
	struct plan_request request = axis->leg.request;

	request.steps = axis->plan.steps - axis->step_in_plan;
	request.start = (struct plan_motion){ 0 };
	if (axis->motion == OSCAN_MOTION_STOPPING) {
		request.speed_sps_q44 = min(request.speed_sps_q44,
					    axis->start_stop_sps_q44);
		request.pass_ns = 0;
	}
	/* Only so slow a stop takes too long: then as fast as the axis can. */
	if (plan_make(&axis->plan, &request)) {
		request.speed_sps_q44 = axis->leg.request.speed_sps_q44;
		request.accel_sps2_q32 = axis->info.max_accel_sps2_q32;
		request.decel_sps2_q32 = axis->info.max_accel_sps2_q32;
		request.jerk_sps3_q24 = 0;
		plan_make(&axis->plan, &request);
		axis->leg.request = request;
	}
	axis->step_in_plan = 0;
	axis->origin_ns = axis->rise_ns;
	find_places(axis);
	axis->stats.move_stumbles++;
	axis->stats.stumbles++;
	trace_oscan_stumble(axis, request.steps);
	step_suspect(axis);
	axis_changed(axis);
	events_put_axis(axis, OSCAN_EVENT_STUMBLE, 0, 0);
}

/*
 * A pause of more than half a full step is a stumble: only what is longer than
 * planned, not what was left over from before. So are several within a full
 * step that are as long together, for the field as good as stands still. Each
 * step makes up for half an interval, as a rotor follows one that goes on at
 * two thirds of its speed.
 */
static bool has_stumbled(struct axis *axis, u64 interval)
{
	u64 pause = axis->rise_ns - min(axis->rise_ns, axis->paced_ns);

	axis->held_ns -= min(axis->held_ns, interval / 2);
	axis->held_ns += pause;
	if (2 * axis->held_ns <= interval * axis->info.microsteps)
		return false;
	axis->held_ns = 0;
	return above_start_stop(axis);
}

/*
 * Of the time by which the last step came after its place in the schedule,
 * up to one interval is left to be worked off by the steps to come; the rest
 * moves the schedule.
 */
static void absorb_lag(struct axis *axis)
{
	u64 ideal = axis->origin_ns + axis->place_ns;
	u64 lag = axis->rise_ns - min(axis->rise_ns, ideal);
	u64 interval = next_interval(axis);

	if (has_stumbled(axis, interval)) {
		slip(axis, lag);
		ramp_up_again(axis);
	} else if (lag > interval) {
		slip(axis, lag - interval);
	}
}

/* From here on by another plan, which begins with the present step. */
static void use_plan(struct axis *axis, const struct plan *plan)
{
	axis->origin_ns += plan_deadline(&axis->plan, axis->step_in_plan);
	axis->plan = *plan;
	axis->step_in_plan = 0;
}

static bool plan_stop(struct plan *plan, struct plan_request *request, u64 room)
{
	request->steps = plan_stop_steps(request);
	return request->steps <= room && plan_make(plan, request) == PLAN_MADE;
}

/*
 * Not beyond where the axis would have come to rest: the legs that follow may
 * brake harder, and were entered at a speed for that. Where even that is too
 * long, for a deceleration that is given up and begun anew, the jerk gives way.
 */
static bool make_stop(struct axis *axis, struct plan_request *request)
{
	struct plan *plan = &axis->stop_plan;
	u64 room = legs_room(axis);

	if (plan_stop(plan, request, room))
		return true;
	legs_strengthen(axis, request);
	if (plan_stop(plan, request, room))
		return true;
	request->jerk_sps3_q24 = 0;
	return plan_stop(plan, request, PLAN_MAX_STEPS);
}

/* A stop was asked for: leave the schedule for a deceleration. */
static void decelerate(struct axis *axis)
{
	struct plan_request request = axis->leg.request;
	u64 left = axis->plan.steps - axis->step_in_plan;
	bool stops;

	axis->motion = OSCAN_MOTION_STOPPING;
	request.start = plan_motion(&axis->plan, axis->step_in_plan);
	request.speed_sps_q44 = request.start.sps_q44;
	request.pass_ns = 0;
	request.end_sps_q44 = 0;
	/* The schedule itself may come to rest as early. */
	stops = (axis->plan.end_sps_q44 || plan_stop_steps(&request) < left) &&
		make_stop(axis, &request);
	if (stops) {
		use_plan(axis, &axis->stop_plan);
		axis->leg.request = request;
		left = request.steps;
	}
	legs_clear(axis);
	axis->target = axis->position + axis->sign * (s64)left;
}

/* The next step is never nearer than its interval less the catch-up share. */
static void schedule_next(struct axis *axis)
{
	u64 interval = next_interval(axis);
	u64 share = div_u64(interval * axis->info.catch_up_percent, 100);

	axis->due_ns = max(axis->origin_ns + axis->next_place_ns,
			   axis->rise_ns + interval - share);
	axis->paced_ns = max(axis->due_ns, axis->rise_ns + interval);
}

static void plan_next(struct axis *axis)
{
	if (axis->pending_end != OSCAN_END_DONE &&
	    axis->motion == OSCAN_MOTION_MOVING) {
		decelerate(axis);
		axis_changed(axis);
		events_put_axis(axis, OSCAN_EVENT_STOPPING, axis->pending_end,
				axis->target);
	}
	if (axis->step_in_plan == axis->plan.steps && !legs_join(axis))
		return;
	find_places(axis);
	absorb_lag(axis);
	schedule_next(axis);
}

/*
 * A faster plan may have the next step before the present moment. Only what is
 * overdue by the old one, too, is late.
 */
static void delay_until(struct axis *axis, u64 ns)
{
	if (axis->due_ns >= ns)
		return;
	axis->origin_ns += ns - axis->due_ns;
	axis->due_ns = ns;
	axis->paced_ns = max(axis->paced_ns, ns);
}

/* While the axis moves, at a speed; in any context. */
void step_replan(struct axis *axis, const struct plan *plan)
{
	u64 latest = min(ktime_get_ns(), axis->due_ns);

	use_plan(axis, plan);
	find_places(axis);
	schedule_next(axis);
	delay_until(axis, latest);
	/* After a pulse that has begun, what is due comes by itself. */
	if (axis->next_edge == STEP_EDGE_RISE)
		arm(axis);
}

static void account(struct axis *axis)
{
	struct oscan_stats *stats = &axis->stats;
	u64 late = axis->rise_ns - min(axis->rise_ns, axis->due_ns);

	trace_oscan_step(axis, late);
	axis->late_ns = min_t(u64, late, U32_MAX);
	stats->late_bins[min(fls64(late), OSCAN_LATE_BINS - 1)]++;
	stats->worst_late_ns = max(stats->worst_late_ns, late);
	stats->move_worst_late_ns = max(stats->move_worst_late_ns, late);
	if (axis->previous_ns)
		stats->move_shortest_ns = min(stats->move_shortest_ns,
					      axis->rise_ns -
					      axis->previous_ns);
	axis->previous_ns = axis->rise_ns;
}

/* Returns true when the trace should be sent. */
static bool write_rise(struct axis *axis)
{
	page_begin_step(axis);
	gpiod_set_value(axis->step, 1);
	axis->rise_ns = ktime_get_ns();
	axis->position += axis->sign;
	axis->steps++;
	page_end_step(axis);
	trigger_step(axis);
	axis->step_in_plan++;
	axis->next_edge = STEP_EDGE_FALL;
	account(axis);
	plan_next(axis);
	return trace_put(axis);
}

static void write_fall(struct axis *axis)
{
	gpiod_set_value(axis->step, 0);
	axis->fall_ns = ktime_get_ns();
	if (axis->step_in_plan == axis->plan.steps) {
		if (legs_next(axis))
			axis->next_edge = STEP_EDGE_TURN;
		else
			end_move(axis, axis->pending_end);
		return;
	}
	axis->next_edge = STEP_EDGE_RISE;
}

static void wait_until(u64 ns)
{
	while (ktime_get_ns() < ns)
		cpu_relax();
}

/* Writes what is due. Returns true when the trace should be sent. */
static bool write_edges(struct axis *axis)
{
	bool send = false;

	if (axis->next_edge == STEP_EDGE_TURN) {
		write_turn(axis);
		return false;
	}
	if (axis->next_edge == STEP_EDGE_RISE) {
		if (endstop_before_step(axis))
			return false;
		send = write_rise(axis);
		if (axis->info.pulse_high_ns > STEP_SPIN_MAX_NS)
			return send;
		wait_until(axis->rise_ns + axis->info.pulse_high_ns);
	}
	write_fall(axis);
	return send;
}

enum hrtimer_restart step_timer(struct hrtimer *timer)
{
	struct axis *axis = container_of(timer, struct axis, timer);
	enum hrtimer_restart restart = HRTIMER_NORESTART;
	bool report;

	raw_spin_lock(&axis->lock);
	/* Halted, perhaps moving again, while this call waited for the lock. */
	if (axis->next_edge == STEP_EDGE_NONE || hrtimer_is_queued(timer)) {
		raw_spin_unlock(&axis->lock);
		return HRTIMER_NORESTART;
	}
	report = write_edges(axis) || axis->state_changed;
	if (axis->next_edge != STEP_EDGE_NONE) {
		hrtimer_set_expires(timer, ns_to_ktime(next_edge_ns(axis)));
		restart = HRTIMER_RESTART;
	}
	raw_spin_unlock(&axis->lock);
	if (report)
		axis_report(axis);
	return restart;
}
