// SPDX-License-Identifier: GPL-2.0-or-later
/* The state of an axis in words and as JSON. */
#include "axis-state.h"

const char *position_state_name(uint32_t position_state)
{
	switch (position_state) {
	case OSCAN_POSITION_KNOWN:
		return "known";
	case OSCAN_POSITION_ASSUMED:
		return "assumed";
	case OSCAN_POSITION_SUSPECT:
		return "suspect";
	case OSCAN_POSITION_LOST:
		return "lost";
	default:
		return "unknown";
	}
}

const char *motion_name(uint32_t motion)
{
	switch (motion) {
	case OSCAN_MOTION_IDLE:
		return "idle";
	case OSCAN_MOTION_MOVING:
		return "moving";
	case OSCAN_MOTION_STOPPING:
		return "stopping";
	default:
		return "unknown";
	}
}

const char *end_name(uint32_t end)
{
	switch (end) {
	case OSCAN_END_NONE:
		return "none";
	case OSCAN_END_DONE:
		return "done";
	case OSCAN_END_STOPPED:
		return "stopped";
	case OSCAN_END_HALTED:
		return "halted";
	case OSCAN_END_RELEASED:
		return "released";
	case OSCAN_END_SYSTEM:
		return "system";
	case OSCAN_END_SWITCH:
		return "switch";
	default:
		return "unknown";
	}
}

const char *control_name(uint32_t state_flags)
{
	if (!(state_flags & OSCAN_STATE_CONTROLLED))
		return "free";
	return state_flags & OSCAN_STATE_MINE ? "this" : "other";
}

const char *stop_name(const struct oscan_axis_info *axis,
		      const struct oscan_state *state, int end)
{
	uint32_t has = end > 0 ? OSCAN_AXIS_HAS_MAX_STOP :
				 OSCAN_AXIS_HAS_MIN_STOP;
	uint32_t at = end > 0 ? OSCAN_STATE_AT_MAX : OSCAN_STATE_AT_MIN;

	if (!(axis->flags & has))
		return NULL;
	return state->flags & at ? "closed" : "open";
}

json_t *axis_state_json(const struct oscan_axis_info *axis,
			   const struct oscan_state *state)
{
	return json_pack("{s:s, s:s, s:f, s:I, s:I, s:s, s:s, s:b, s:s, s:s, s:i, s:I, s:I, s:s?, s:s?}",
			 "axis", axis->name,
			 "unit", oscan_axis_unit_name(axis),
			 "position", oscan_axis_to_unit(axis, state->position),
			 "position_steps", (json_int_t)state->position,
			 "target_steps", (json_int_t)state->target,
			 "position_state",
			 position_state_name(state->position_state),
			 "motion", motion_name(state->motion),
			 "enabled", !!(state->flags & OSCAN_STATE_ENABLED),
			 "control", control_name(state->flags),
			 "last_end", end_name(state->end),
			 "move_id", (int)state->move_id,
			 "steps_total", (json_int_t)state->steps,
			 "time_ns", (json_int_t)state->time_ns,
			 "min_stop", stop_name(axis, state, -1),
			 "max_stop", stop_name(axis, state, 1));
}
