// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked over netlink, and the page. */
#include <errno.h>
#include <stdlib.h>

#include "model.h"

int oscan_query_info(struct oscan_info *info)
{
	struct oscan_motor *motor = oscan_motor_open(NULL, false);

	if (!motor)
		return -1;
	*info = *oscan_motor_info(motor);
	oscan_motor_close(motor);
	return 0;
}

int oscan_query_axes(struct oscan_axis_info *axes)
{
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		axes[i] = model_info[i];
	return MODEL_AXES;
}

int oscan_query_states(struct oscan_state *states)
{
	struct oscan_motor *motor = oscan_motor_open(NULL, false);

	if (!motor)
		return -1;
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		oscan_motor_state(motor, i, &states[i]);
	oscan_motor_close(motor);
	return MODEL_AXES;
}

int oscan_query_stats(struct oscan_stats *stats)
{
	struct oscan_motor *motor = oscan_motor_open(NULL, false);

	if (!motor)
		return -1;
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		oscan_motor_stats(motor, i, &stats[i]);
	oscan_motor_close(motor);
	return MODEL_AXES;
}

int oscan_stream_get(unsigned int axis, struct oscan_stream *stream)
{
	*stream = (struct oscan_stream){
		.period_ms = OSCAN_PERIOD_MS_DEFAULT,
		.spacing = OSCAN_SPACING_DEFAULT,
	};
	errno = ENXIO;
	return axis < MODEL_AXES ? 0 : -1;
}

int oscan_stream_set(unsigned int axis, const struct oscan_stream *stream)
{
	errno = EPERM;
	return -1;
}

/* ---- the page, which is written when it is read ---- */

struct own_page {
	struct oscan_page page;
	struct oscan_motor *motor;
};

const struct oscan_page *oscan_page_open(const char *path)
{
	struct own_page *own = calloc(1, sizeof(*own));

	if (!own)
		return NULL;
	own->motor = oscan_motor_open(path, false);
	if (!own->motor) {
		free(own);
		return NULL;
	}
	own->page = (struct oscan_page){
		.version = OSCAN_PAGE_VERSION,
		.size = sizeof(own->page),
		.axes = MODEL_AXES,
		.alive = 1,
	};
	return &own->page;
}

void oscan_page_close(const struct oscan_page *page)
{
	struct own_page *own = (struct own_page *)page;

	if (!own)
		return;
	oscan_motor_close(own->motor);
	free(own);
}

int oscan_page_read(const struct oscan_page *page, unsigned int number,
		    struct oscan_page_axis *axis)
{
	const struct own_page *own = (const struct own_page *)page;
	struct oscan_state state;

	if (oscan_motor_state(own->motor, number, &state))
		return -1;
	*axis = (struct oscan_page_axis){
		.seq = 2 * (uint32_t)(state.steps + state.move_id),
		.flags = state.flags & OSCAN_STATE_ENABLED,
		.motion = state.motion,
		.position_state = state.position_state,
		.position = state.position,
		.target = state.target,
		.last_step_ns = state.last_step_ns,
		.steps = state.steps,
		.move_id = state.move_id,
		.direction = state.target < state.position ? -1 : 1,
	};
	return 0;
}
