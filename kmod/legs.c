// SPDX-License-Identifier: GPL-2.0
/*
 * Legs: what an axis does after the plan that runs. A move is one leg, or two
 * where it turns round on its way; moves that wait add theirs.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "motor.h"

/* Speed at which @leg may be entered from one that went the same way. */
static u64 entry_speed(const struct leg *before, const struct leg *leg)
{
	struct plan_request reach = leg->request;

	if (before->sign != leg->sign)
		return 0;
	reach.speed_sps_q44 = min(before->request.speed_sps_q44,
				  leg->request.speed_sps_q44);
	return plan_reach(&reach);
}

/* From the last, which comes to rest, back to the one before the first. */
void legs_set_end_speeds(struct leg *running, struct leg *legs,
			 unsigned int count)
{
	struct leg *leg = count ? &legs[count - 1] : running;

	leg->request.end_sps_q44 = 0;
	while (count--) {
		leg = count ? &legs[count - 1] : running;
		leg->request.end_sps_q44 = entry_speed(leg, &legs[count]);
	}
}

/* The rest: axis->lock held, bounded time */

void legs_clear(struct axis *axis)
{
	axis->legs_count = 0;
}

u32 legs_waiting(const struct axis *axis)
{
	u32 waiting = 0, id = axis->leg.move_id;
	unsigned int i;

	for (i = 0; i < axis->legs_count; i++) {
		waiting += axis->legs[i].move_id != id;
		id = axis->legs[i].move_id;
	}
	return waiting;
}

/* How many of those that wait are entered without coming to rest. */
static unsigned int joined_legs(const struct axis *axis)
{
	unsigned int i = 0;

	if (!axis->plan.end_sps_q44)
		return 0;
	while (i < axis->legs_count && axis->legs[i].sign == axis->sign)
		i++;
	return i;
}

/* Steps to the next rest. */
u64 legs_room(const struct axis *axis)
{
	u64 steps = axis->plan.steps - axis->step_in_plan;
	unsigned int i;

	for (i = 0; i < joined_legs(axis); i++)
		steps += axis->legs[i].request.steps;
	return steps;
}

static void strengthen(struct plan_request *request,
		       const struct plan_request *other)
{
	request->decel_sps2_q32 = max(request->decel_sps2_q32,
				      other->decel_sps2_q32);
	request->jerk_sps3_q24 = other->jerk_sps3_q24 &&
				 request->jerk_sps3_q24 ?
				 max(request->jerk_sps3_q24,
				     other->jerk_sps3_q24) : 0;
}

/* Let @request brake as hard as any leg up to the next rest may. */
void legs_strengthen(const struct axis *axis, struct plan_request *request)
{
	unsigned int i;

	strengthen(request, &axis->leg.request);
	for (i = 0; i < joined_legs(axis); i++)
		strengthen(request, &axis->legs[i].request);
}

static void take_leg(struct axis *axis)
{
	axis->leg = axis->legs[0];
	memmove(axis->legs, axis->legs + 1,
		--axis->legs_count * sizeof(*axis->legs));
	if (axis->move_id != axis->leg.move_id)
		step_new_move(axis);
}

static void plan_leg(struct axis *axis, u64 start_sps_q44)
{
	struct plan_request request = axis->leg.request;

	request.start = (struct plan_motion){ .sps_q44 = start_sps_q44 };
	/* Rounding may leave the entry a little too fast. */
	if (plan_make(&axis->plan, &request) == PLAN_TOO_NEAR) {
		request.start.sps_q44 = plan_reach(&request);
		plan_make(&axis->plan, &request);
	}
	axis->step_in_plan = 0;
}

/*
 * After the last step of a leg: go on with the next without coming to rest.
 * False if there is none or it goes the other way.
 */
bool legs_join(struct axis *axis)
{
	u64 speed = axis->plan.end_sps_q44;

	if (!axis->legs_count || axis->legs[0].sign != axis->sign)
		return false;
	axis->origin_ns += plan_deadline(&axis->plan, axis->plan.steps);
	take_leg(axis);
	plan_leg(axis, speed);
	return true;
}

/* At rest: the next leg, which may go the other way. False if there is none. */
bool legs_next(struct axis *axis)
{
	if (!axis->legs_count)
		return false;
	take_leg(axis);
	plan_leg(axis, 0);
	return true;
}
