// SPDX-License-Identifier: GPL-2.0-or-later
/* Moves from rest, stops: as kmod/move.c and kmod/step.c decide them. */
#include <errno.h>

#include "model.h"

#define MOVE_FLAGS	(OSCAN_MOVE_RELATIVE | OSCAN_MOVE_REPLACE |	\
			 OSCAN_MOVE_QUEUE | OSCAN_MOVE_JOG |		\
			 OSCAN_MOVE_DIRECT | OSCAN_MOVE_HOMING)
#define JOG_SECONDS	(30 * 3600)
/* As far as lines that need setting up delay a move. */
#define LEAD_NS		50000

static bool flags_are_valid(const struct oscan_move *move)
{
	const uint32_t both = OSCAN_MOVE_REPLACE | OSCAN_MOVE_QUEUE;

	if (move->flags & ~MOVE_FLAGS || move->reserved || move->reserved0 ||
	    (move->flags & both) == both)
		return false;
	if (!(move->flags & OSCAN_MOVE_JOG))
		return true;
	return !(move->flags & (OSCAN_MOVE_RELATIVE | OSCAN_MOVE_HOMING)) &&
	       (move->target == 1 || move->target == -1);
}

static int read_limits(const struct oscan_axis_info *info,
		       const struct oscan_move *move,
		       struct plan_request *request)
{
	if (move->flags & OSCAN_MOVE_HOMING)
		return -EOPNOTSUPP;
	if (!move->pass_steps != !move->pass_ns ||
	    (move->pass_ns && move->speed_sps_q44))
		return -EINVAL;
	*request = (struct plan_request){
		.speed_sps_q44 = move->speed_sps_q44 ?
				 move->speed_sps_q44 : info->max_speed_sps_q44,
		.accel_sps2_q32 = move->accel_sps2_q32 ?
				  move->accel_sps2_q32 :
				  info->max_accel_sps2_q32,
		.jerk_sps3_q24 = move->jerk_sps3_q24,
		.pass_steps = move->pass_steps,
		.pass_ns = move->pass_ns,
	};
	request->decel_sps2_q32 = move->decel_sps2_q32 ?
				  move->decel_sps2_q32 :
				  request->accel_sps2_q32;
	if (move->pass_ns > PLAN_MAX_NS ||
	    move->pass_steps > OSCAN_MOVE_STEPS_LIMIT)
		return -ERANGE;
	if (move->pass_ns)
		request->speed_sps_q44 = plan_pass_speed(move->pass_steps,
							 move->pass_ns);
	if (!request->speed_sps_q44 ||
	    request->speed_sps_q44 > info->max_speed_sps_q44 ||
	    request->accel_sps2_q32 > info->max_accel_sps2_q32 ||
	    request->decel_sps2_q32 > info->max_accel_sps2_q32)
		return -ERANGE;
	return 0;
}

static int64_t jog_target(const struct oscan_axis_info *info, int64_t from,
			  int64_t sign, const struct plan_request *request)
{
	uint64_t reach = (request->speed_sps_q44 >> 20) * JOG_SECONDS >> 24;
	int64_t target = from + sign * (int64_t)(reach ? reach : 1);

	if (!(info->flags & OSCAN_AXIS_HAS_LIMITS))
		return target;
	if (target < info->limit_min)
		return info->limit_min;
	return target > info->limit_max ? info->limit_max : target;
}

static int find_target(const struct oscan_axis_info *info,
		       const struct oscan_move *move, int64_t from,
		       const struct plan_request *request, int64_t *target)
{
	*target = move->target;
	if (move->flags & OSCAN_MOVE_JOG) {
		*target = jog_target(info, from, move->target, request);
		if ((*target - from) * move->target < 0)
			return -EDOM;
	}
	if ((move->flags & OSCAN_MOVE_RELATIVE) &&
	    __builtin_add_overflow(from, move->target, target))
		return -EOVERFLOW;
	if (*target > OSCAN_POSITION_LIMIT || *target < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	if (*target - from > OSCAN_MOVE_STEPS_LIMIT ||
	    from - *target > OSCAN_MOVE_STEPS_LIMIT)
		return -EOVERFLOW;
	if (*target != from && (info->flags & OSCAN_AXIS_HAS_LIMITS) &&
	    (*target < info->limit_min || *target > info->limit_max))
		return -EDOM;
	return 0;
}

/**
 * struct order - a move that was checked
 * @request: its @steps may be 0, and then there is no plan
 * @plan: schedule
 * @target: microsteps
 */
struct order {
	struct plan_request request;
	struct plan plan;
	int64_t target;
};

static int plan_order(struct order *order, struct oscan_move *move)
{
	move->duration_ns = 0;
	if (!order->request.steps)
		return 0;
	if (plan_make(&order->plan, &order->request) != PLAN_MADE)
		return -ERANGE;
	move->duration_ns = plan_deadline(&order->plan, order->plan.steps);
	return 0;
}

static int make_order(const struct model *model, struct oscan_move *move,
		      struct order *order)
{
	const struct oscan_state *state = &model->axes[move->axis].state;
	const struct oscan_axis_info *info = &model_info[move->axis];
	int64_t from = state->position;
	int error;

	if (state->motion != OSCAN_MOTION_IDLE)
		return move->flags & (OSCAN_MOVE_REPLACE | OSCAN_MOVE_QUEUE) ?
		       -EOPNOTSUPP : -EBUSY;
	error = read_limits(info, move, &order->request);
	if (!error)
		error = find_target(info, move, from, &order->request,
				    &order->target);
	if (error)
		return error;
	order->request.steps = order->target > from ? order->target - from :
						      from - order->target;
	return plan_order(order, move);
}

static struct model_leg *new_leg(struct model_axis *axis)
{
	return &axis->legs[axis->legs_count++ % MODEL_LEGS];
}

static void begin(struct model *model, struct oscan_move *move,
		  const struct order *order, uint64_t now_ns,
		  uint64_t origin_ns)
{
	struct model_axis *axis = &model->axes[move->axis];
	struct oscan_state *state = &axis->state;

	if (!++state->move_id)
		state->move_id = 1;
	move->move_id = state->move_id;
	move->start_ns = 0;
	state->target = order->target;
	model_tell_axis(model, move->axis, OSCAN_EVENT_MOVE_STARTED, now_ns, 0,
			order->target);
	if (!order->request.steps) {
		state->end = OSCAN_END_DONE;
		model_tell_axis(model, move->axis, OSCAN_EVENT_MOVE_ENDED,
				now_ns, OSCAN_END_DONE, 0);
		return;
	}
	move->start_ns = origin_ns;
	state->motion = OSCAN_MOTION_MOVING;
	axis->pending_end = OSCAN_END_DONE;
	axis->request = order->request;
	axis->made = 0;
	*new_leg(axis) = (struct model_leg){
		.plan = order->plan,
		.steps = order->plan.steps,
		.origin_ns = origin_ns,
		.number = state->steps,
		.position = state->position,
		.sign = order->target > state->position ? 1 : -1,
	};
	axis->leg = axis->legs_count;
}

static uint64_t earliest_origin(const struct model *model, unsigned int axis,
				uint64_t now_ns)
{
	uint64_t enabled_ns = model->axes[axis].enable_ns +
			      model_info[axis].enable_delay_ns;

	return now_ns + LEAD_NS > enabled_ns ? now_ns + LEAD_NS : enabled_ns;
}

static void arrive_together(struct order *orders, struct oscan_move *moves,
			    unsigned int count)
{
	uint64_t longest = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (moves[i].duration_ns > longest)
			longest = moves[i].duration_ns;
	for (i = 0; i < count; i++) {
		if (!moves[i].duration_ns || moves[i].duration_ns == longest)
			continue;
		plan_stretch(&orders[i].plan, &orders[i].request, longest);
		moves[i].duration_ns = longest;
	}
}

static int check_group(const struct oscan_move *moves, unsigned int count,
		       uint32_t refused)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (!flags_are_valid(&moves[i]) || moves[i].flags & refused)
			return -EINVAL;
		if (moves[i].axis >= MODEL_AXES)
			return -ENXIO;
		if (seen & 1u << moves[i].axis)
			return -EINVAL;
		seen |= 1u << moves[i].axis;
	}
	return 0;
}

static int run(struct model *model, struct oscan_move *moves,
	       unsigned int count, bool arrive, uint64_t now_ns)
{
	struct order orders[MODEL_AXES];
	uint64_t origin = 0, earliest;
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i < count; i++)
		error = make_order(model, &moves[i], &orders[i]);
	if (!error && arrive)
		arrive_together(orders, moves, count);
	for (i = 0; !error && i < count; i++)
		if (!(model->axes[moves[i].axis].state.flags &
		      OSCAN_STATE_ENABLED))
			error = -ESHUTDOWN;
	if (error)
		return error;
	for (i = 0; i < count; i++) {
		earliest = earliest_origin(model, moves[i].axis, now_ns);
		if (earliest > origin)
			origin = earliest;
	}
	for (i = 0; i < count; i++)
		begin(model, &moves[i], &orders[i], now_ns, origin);
	return 0;
}

int model_move(struct model *model, struct oscan_move *move, uint64_t now_ns)
{
	int error = check_group(move, 1, 0);

	return error ? error : run(model, move, 1, false, now_ns);
}

int model_move_together(struct model *model, struct oscan_move *moves,
			unsigned int count, bool arrive, uint64_t now_ns)
{
	uint32_t refused = OSCAN_MOVE_REPLACE | OSCAN_MOVE_QUEUE |
			   (arrive ? OSCAN_MOVE_JOG : 0);
	int error = check_group(moves, count, refused);

	return error ? error : run(model, moves, count, arrive, now_ns);
}

static struct model_leg *running_leg(struct model_axis *axis)
{
	return &axis->legs[(axis->leg - 1) % MODEL_LEGS];
}

static bool above_start_stop(struct model_axis *axis, unsigned int number)
{
	const struct oscan_axis_info *info = &model_info[number];

	return plan_motion(&running_leg(axis)->plan, axis->made).sps_q44 >
	       info->start_stop_rate_fsps * info->microsteps * OSCAN_SPEED_ONE;
}

void model_halt(struct model *model, unsigned int number, uint32_t why,
		uint64_t now_ns)
{
	struct model_axis *axis = &model->axes[number];
	struct oscan_state *state = &axis->state;

	if (state->motion == OSCAN_MOTION_IDLE)
		return;
	if (above_start_stop(axis, number) &&
	    state->position_state != OSCAN_POSITION_LOST)
		state->position_state = OSCAN_POSITION_SUSPECT;
	running_leg(axis)->steps = axis->made;
	axis->legs_count = axis->leg;
	state->target = state->position;
	state->motion = OSCAN_MOTION_IDLE;
	state->end = why;
	model_tell_axis(model, number, OSCAN_EVENT_MOVE_ENDED, now_ns, why, 0);
}

/* By a plan that begins with the next step, unless it comes to rest as early. */
static void decelerate(struct model *model, unsigned int number)
{
	struct model_axis *axis = &model->axes[number];
	struct model_leg *leg = running_leg(axis);
	uint64_t begin = axis->made + 1;
	struct plan_request request = axis->request;
	struct model_leg stop = {
		.origin_ns = model_step_ns(leg, begin),
		.number = leg->number + begin,
		.position = leg->position + leg->sign * (int64_t)begin,
		.sign = leg->sign,
	};

	request.start = plan_motion(&leg->plan, begin);
	request.speed_sps_q44 = request.start.sps_q44;
	request.pass_ns = 0;
	request.steps = plan_stop_steps(&request);
	if (request.steps >= leg->steps - begin ||
	    plan_make(&stop.plan, &request) != PLAN_MADE)
		return;
	stop.steps = stop.plan.steps;
	leg->steps = begin;
	axis->state.target = stop.position + stop.sign * (int64_t)stop.steps;
	*new_leg(axis) = stop;
}

void model_stop(struct model *model, unsigned int number, uint32_t why,
		uint64_t now_ns)
{
	struct model_axis *axis = &model->axes[number];

	if (axis->state.motion != OSCAN_MOTION_MOVING)
		return;
	if (!above_start_stop(axis, number)) {
		model_halt(model, number, why, now_ns);
		return;
	}
	axis->pending_end = why;
	axis->state.motion = OSCAN_MOTION_STOPPING;
	decelerate(model, number);
	model_tell_axis(model, number, OSCAN_EVENT_STOPPING, now_ns, why,
			axis->state.target);
}
