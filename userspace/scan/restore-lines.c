// SPDX-License-Identifier: GPL-2.0-or-later
/* Trigger and capture lines of the driver, as they were. */
#include <errno.h>
#include "oscan.h"
#include "restore.h"

static int put_back_trigger(struct oscan_motor *motor, unsigned int line)
{
	struct oscan_trigger_set off = {
		.line = line,
		.mode = OSCAN_TRIGGER_OFF,
	};
	struct oscan_trigger state;

	if (oscan_trigger_get(motor, line, &state))
		return -1;
	if (state.status != OSCAN_TRIGGER_ARMED)
		return 0;
	return oscan_trigger_set(motor, &off) ? -1 : 1;
}

static int put_back_capture(struct oscan_motor *motor, unsigned int line,
			    int64_t before)
{
	uint32_t edges = before, interval_ns = before >> 32;
	struct oscan_capture state;

	if (oscan_capture_get(motor, line, &state))
		return -1;
	if (state.edges == edges && state.min_interval_ns == interval_ns)
		return 0;
	return oscan_capture_set(motor, line, edges, interval_ns) ? -1 : 1;
}

int lines_put_back(const struct restore_entry *entry)
{
	bool trigger = entry->kind == RESTORE_TRIGGER;
	struct oscan_motor *motor = oscan_motor_open(entry->device, true);
	int line, result, error;

	if (!motor)
		return errno == ENOENT || errno == ENXIO || errno == ENODEV ?
		       0 : -1;
	line = trigger ? oscan_trigger_find(motor, entry->name) :
			 oscan_capture_find(motor, entry->name);
	if (line < 0)
		result = 0;
	else if (trigger)
		result = put_back_trigger(motor, line);
	else
		result = put_back_capture(motor, line, entry->before);
	error = errno;
	oscan_motor_close(motor);
	errno = error;
	return result;
}
