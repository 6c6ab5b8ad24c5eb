// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* Every request answers 0. */
static int request(struct oscan_motor *motor, unsigned long code,
		   void *argument)
{
	int ret = ioctl(oscan_motor_fd(motor), code, argument);

	if (ret <= 0)
		return ret;
	errno = EBADE;
	return -1;
}

OSCAN_API int oscan_trigger_get(struct oscan_motor *motor, unsigned int line,
				struct oscan_trigger *state)
{
	memset(state, 0, sizeof(*state));
	state->line = line;
	if (request(motor, OSCAN_IOC_TRIGGER_GET, state))
		return -1;
	if (state->line == line && state->status && state->mode &&
	    memchr(state->name, '\0', sizeof(state->name)))
		return 0;
	errno = EBADE;
	return -1;
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

	return request(motor, OSCAN_IOC_TRIGGER_SET, &copy);
}

OSCAN_API int oscan_trigger_pulse(struct oscan_motor *motor, unsigned int line,
				  uint32_t width_ns, struct oscan_pulse *pulse)
{
	struct oscan_pulse own;

	if (!pulse)
		pulse = &own;
	memset(pulse, 0, sizeof(*pulse));
	pulse->line = line;
	pulse->width_ns = width_ns;
	return request(motor, OSCAN_IOC_PULSE, pulse);
}

OSCAN_API int oscan_capture_get(struct oscan_motor *motor, unsigned int line,
				struct oscan_capture *state)
{
	memset(state, 0, sizeof(*state));
	state->line = line;
	if (request(motor, OSCAN_IOC_CAPTURE_GET, state))
		return -1;
	if (state->line == line &&
	    memchr(state->name, '\0', sizeof(state->name)))
		return 0;
	errno = EBADE;
	return -1;
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

	return request(motor, OSCAN_IOC_CAPTURE_SET, &set);
}
