/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of an axis in words and as JSON: the same from every program. */
#ifndef OSCAN_AXIS_STATE_H
#define OSCAN_AXIS_STATE_H

#include <stdint.h>
#include <jansson.h>
#include "oscan.h"

const char *position_state_name(uint32_t position_state);
const char *motion_name(uint32_t motion);
const char *end_name(uint32_t end);

/**
 * stop_name - "open" or "closed", NULL without such an end stop
 * @end: -1 the lower one, +1 the upper one
 */
const char *stop_name(const struct oscan_axis_info *axis,
		      const struct oscan_state *state, int end);

/** control_name - "free", "this" program or "other" */
const char *control_name(uint32_t state_flags);

/** axis_state_json - an axis and its state; a new reference */
json_t *axis_state_json(const struct oscan_axis_info *axis,
			const struct oscan_state *state);

#endif /* OSCAN_AXIS_STATE_H */
