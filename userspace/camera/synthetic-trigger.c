// SPDX-License-Identifier: GPL-2.0-or-later
#include "synthetic-trigger.h"

#include <errno.h>
#include <stdlib.h>
#include "oscan.h"

/**
 * struct synthetic_trigger - a line that is listened to
 * @monitor: of the driver's events
 * @line: its number
 * @strobe: it is a capture line
 * @from_ns: exposures begin after that
 * @busy_ns: and so long after each other
 * @count: exposures so far
 * @times: shape [SYNTHETIC_TRIGGER_RING], of the last ones
 */
struct synthetic_trigger {
	struct oscan_monitor *monitor;
	unsigned int line;
	bool strobe;
	uint64_t from_ns;
	uint64_t busy_ns;
	uint32_t count;
	uint64_t times[SYNTHETIC_TRIGGER_RING];
};

static int find_line(struct synthetic_trigger *trigger, const char *device,
		     const char *line)
{
	struct oscan_motor *motor = oscan_motor_open(device, false);
	int number, error;

	if (!motor)
		return -1;
	number = trigger->strobe ? oscan_capture_find(motor, line) :
				   oscan_trigger_find(motor, line);
	error = errno;
	oscan_motor_close(motor);
	errno = error;
	trigger->line = number;
	return number < 0 ? -1 : 0;
}

struct synthetic_trigger *synthetic_trigger_open(const char *device,
						 const char *line, bool strobe)
{
	struct synthetic_trigger *trigger = calloc(1, sizeof(*trigger));

	if (!trigger)
		return NULL;
	trigger->strobe = strobe;
	if (!find_line(trigger, device, line))
		trigger->monitor = oscan_monitor_open(OSCAN_MONITOR_EVENT);
	if (trigger->monitor)
		return trigger;
	synthetic_trigger_close(trigger);
	return NULL;
}

void synthetic_trigger_close(struct synthetic_trigger *trigger)
{
	int error = errno;

	if (!trigger)
		return;
	oscan_monitor_close(trigger->monitor);
	free(trigger);
	errno = error;
}

static bool is_ours(const struct synthetic_trigger *trigger,
		    const struct oscan_event *event)
{
	if (event->line != trigger->line || event->time_ns < trigger->from_ns)
		return false;
	if (trigger->strobe)
		return event->type == OSCAN_EVENT_CAPTURE && event->value;
	return event->type == OSCAN_EVENT_TRIGGER ||
	       event->type == OSCAN_EVENT_PULSE;
}

static void expose(const struct oscan_event *event, bool missed, void *data)
{
	struct synthetic_trigger *trigger = data;

	(void)missed;
	if (!is_ours(trigger, event))
		return;
	trigger->times[trigger->count++ % SYNTHETIC_TRIGGER_RING] =
		event->time_ns;
	trigger->from_ns = event->time_ns + trigger->busy_ns;
}

static int listen_to(struct synthetic_trigger *trigger)
{
	struct oscan_monitor_handler handler = {
		.event = expose,
		.data = trigger,
	};

	/* One message that cannot be read is a pulse less. */
	return oscan_monitor_read(trigger->monitor, &handler) < 0 &&
	       errno != EBADE ? -1 : 0;
}

int synthetic_trigger_start(struct synthetic_trigger *trigger, uint64_t now_ns,
			    uint64_t busy_ns)
{
	trigger->from_ns = now_ns;
	trigger->busy_ns = busy_ns;
	trigger->count = 0;
	return listen_to(trigger);
}

void synthetic_trigger_busy(struct synthetic_trigger *trigger,
			    uint64_t busy_ns)
{
	trigger->busy_ns = busy_ns;
}

int synthetic_trigger_at(struct synthetic_trigger *trigger, uint32_t number,
			 uint64_t *time_ns)
{
	if (number >= trigger->count && listen_to(trigger))
		return -1;
	errno = EAGAIN;
	if (number >= trigger->count)
		return -1;
	*time_ns = trigger->times[number % SYNTHETIC_TRIGGER_RING];
	return 0;
}
