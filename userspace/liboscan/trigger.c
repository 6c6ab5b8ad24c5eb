// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

OSCAN_API int oscan_trigger_get(struct oscan_motor *motor, unsigned int line,
				struct oscan_trigger *state)
{
	struct oscan_trigger answer = { .line = line };

	if (request(oscan_motor_fd(motor), OSCAN_IOC_TRIGGER_GET, &answer))
		return -1;
	if (answer.line != line || !answer.status || !answer.mode ||
	    !is_name(answer.name))
		return bad_answer();
	*state = answer;
	return 0;
}

OSCAN_API int oscan_trigger_find(struct oscan_motor *motor, const char *name)
{
	struct oscan_trigger state;
	unsigned int line;

	for (line = 0; !oscan_trigger_get(motor, line, &state); line++)
		if (!strcmp(state.name, name))
			return line;
	return -1;
}

OSCAN_API int oscan_trigger_set(struct oscan_motor *motor,
				const struct oscan_trigger_set *set)
{
	struct oscan_trigger_set copy = *set;

	return request(oscan_motor_fd(motor), OSCAN_IOC_TRIGGER_SET, &copy);
}

OSCAN_API int oscan_trigger_pulse(struct oscan_motor *motor, unsigned int line,
				  uint32_t width_ns, struct oscan_pulse *pulse)
{
	struct oscan_pulse made = { .line = line, .width_ns = width_ns };

	if (request(oscan_motor_fd(motor), OSCAN_IOC_PULSE, &made))
		return -1;
	if (pulse)
		*pulse = made;
	return 0;
}

OSCAN_API int oscan_capture_get(struct oscan_motor *motor, unsigned int line,
				struct oscan_capture *state)
{
	struct oscan_capture answer = { .line = line };

	if (request(oscan_motor_fd(motor), OSCAN_IOC_CAPTURE_GET, &answer))
		return -1;
	if (answer.line != line || !is_name(answer.name))
		return bad_answer();
	*state = answer;
	return 0;
}

OSCAN_API int oscan_capture_find(struct oscan_motor *motor, const char *name)
{
	struct oscan_capture state;
	unsigned int line;

	for (line = 0; !oscan_capture_get(motor, line, &state); line++)
		if (!strcmp(state.name, name))
			return line;
	return -1;
}

OSCAN_API int oscan_capture_set(struct oscan_motor *motor, unsigned int line,
				uint32_t edges, uint32_t min_interval_ns)
{
	struct oscan_capture_set set = {
		.line = line,
		.edges = edges,
		.min_interval_ns = min_interval_ns,
	};

	return request(oscan_motor_fd(motor), OSCAN_IOC_CAPTURE_SET, &set);
}
