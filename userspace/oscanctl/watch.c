// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "oscanctl.h"
#include "watch.h"

#define LONGEST_S 1e9

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

int watch_option(struct watch *watch, int key, const char *value)
{
	char *end;
	double seconds;

	if (key == OPTION_UNTIL_REST) {
		watch->until_rest = true;
		return 0;
	}
	errno = 0;
	seconds = strtod(value, &end);
	if (errno || *end || end == value || !(seconds > 0) ||
	    seconds > LONGEST_S)
		return wrong_usage("--duration: wanted seconds, more than zero, found \"%s\"",
				   value);
	watch->duration_ns = llrint(seconds * 1e9);
	return 0;
}

static int watch_failed(void)
{
	switch (errno) {
	case ENOENT:
		return fail("wanted the axes, found no driver here; load it with \"modprobe oscan_motor\", and leave a container that has a network of its own");
	case ENODEV:
		return fail("wanted the axes, found a driver without a device; \"oscanctl doctor\" tells what is missing");
	default:
		return fail("wanted the axes, found: %s; \"oscanctl doctor\" tells more",
			    strerror(errno));
	}
}

static int unknown_axis(const struct watch *watch, const char *name)
{
	char names[OSCAN_MAX_AXES * (OSCAN_NAME_LEN + 2)] = "";
	size_t length = 0;
	unsigned int i;

	for (i = 0; i < watch->count; i++)
		length += snprintf(names + length, sizeof(names) - length,
				   "%s%.*s", i ? ", " : "", OSCAN_NAME_LEN,
				   watch->axes[i].info.name);
	return fail("no axis \"%s\"; this machine has %s", name, names);
}

static int find_axes(struct watch *watch, const char *name)
{
	struct oscan_axis_info info[OSCAN_MAX_AXES];
	int count = oscan_query_axes(info);
	bool found = false;
	int i;

	if (count < 0)
		return watch_failed();
	watch->count = count;
	for (i = 0; i < count; i++) {
		watch->axes[i].info = info[i];
		watch->axes[i].wanted = !name || !strcmp(info[i].name, name);
		found |= watch->axes[i].wanted;
	}
	return found ? 0 : unknown_axis(watch, name);
}

static int ask_states(struct watch *watch)
{
	struct oscan_state states[OSCAN_MAX_AXES];
	int count = oscan_query_states(states), i;

	if (count < 0)
		return watch_failed();
	for (i = 0; i < count && i < (int)watch->count; i++)
		watch->axes[i].state = states[i];
	return 0;
}

int watch_open(struct watch *watch, unsigned int groups, const char *name)
{
	unsigned int i;

	if (find_axes(watch, name))
		return EXIT_FAILURE;
	if (watch->on_event)
		groups |= OSCAN_MONITOR_EVENT;
	watch->monitor = oscan_monitor_open(groups | OSCAN_MONITOR_STATE);
	if (!watch->monitor)
		return watch_failed();
	/* Only now, so that no step is between the state and the first told. */
	if (ask_states(watch)) {
		oscan_monitor_close(watch->monitor);
		return EXIT_FAILURE;
	}
	for (i = 0; i < watch->count; i++) {
		watch->axes[i].begin = watch->axes[i].state;
		watch->axes[i].horizon_ns = watch->axes[i].state.time_ns;
	}
	if (watch->duration_ns)
		watch->end_ns = now_ns() + watch->duration_ns;
	return 0;
}

void watch_close(struct watch *watch)
{
	oscan_monitor_close(watch->monitor);
}

static void on_trace(const struct oscan_trace_batch *batch, void *data)
{
	struct watch *watch = data;
	struct watched *axis = &watch->axes[batch->axis];

	if (batch->axis >= watch->count || !axis->wanted)
		return;
	if (batch->horizon_ns > axis->horizon_ns)
		axis->horizon_ns = batch->horizon_ns;
	axis->missed += batch->missed;
	if (watch->on_steps)
		watch->on_steps(axis, batch, watch->data);
}

static void on_state(const struct oscan_state *state, void *data)
{
	struct watch *watch = data;
	struct watched *axis = &watch->axes[state->axis];

	if (state->axis >= watch->count || !axis->wanted)
		return;
	axis->state = *state;
	if (watch->on_state)
		watch->on_state(axis, watch->data);
}

static bool is_of_line(const struct oscan_event *event)
{
	return event->type == OSCAN_EVENT_PULSE ||
	       event->type == OSCAN_EVENT_CAPTURE;
}

static bool all_wanted(const struct watch *watch)
{
	unsigned int i;

	for (i = 0; i < watch->count; i++)
		if (!watch->axes[i].wanted)
			return false;
	return true;
}

static void on_event(const struct oscan_event *event, bool missed, void *data)
{
	struct watch *watch = data;
	struct watched *axis = &watch->axes[event->axis];

	watch->events_missed += missed;
	if (is_of_line(event)) {
		if (all_wanted(watch))
			watch->on_event(NULL, event, missed, watch->data);
	} else if (event->axis < watch->count && axis->wanted) {
		watch->on_event(axis, event, missed, watch->data);
	}
}

/* At rest, and every step up to then was told. */
static bool has_come_to_rest(const struct watch *watch)
{
	const struct watched *axis;
	bool moved = false;
	unsigned int i;

	for (i = 0; i < watch->count; i++) {
		axis = &watch->axes[i];
		if (!axis->wanted)
			continue;
		if (axis->state.motion != OSCAN_MOTION_IDLE ||
		    axis->horizon_ns < axis->state.last_step_ns)
			return false;
		moved |= axis->state.steps != axis->begin.steps;
	}
	return moved;
}

static bool is_over(const struct watch *watch)
{
	if (cancelled || (watch->end_ns && now_ns() >= watch->end_ns))
		return true;
	return watch->until_rest && has_come_to_rest(watch);
}

static int wait_for_more(const struct watch *watch, uint64_t tick_ns)
{
	struct pollfd wait = {
		.fd = oscan_monitor_fd(watch->monitor), .events = POLLIN,
	};
	uint64_t now = now_ns(), until = tick_ns;

	if (watch->end_ns && watch->end_ns < until)
		until = watch->end_ns;
	/* A signal that comes before is seen at the next tick. */
	return poll(&wait, 1, until > now ? (until - now) / 1000000 + 1 : 0);
}

static int read_all(struct watch *watch)
{
	const struct oscan_monitor_handler handler = {
		.trace = on_trace,
		.state = on_state,
		.event = watch->on_event ? on_event : NULL,
		.data = watch,
	};

	if (oscan_monitor_read(watch->monitor, &handler) >= 0)
		return 0;
	return fail("wanted the steps, found a message that cannot be read (%s); install the driver that came with this program",
		    strerror(errno));
}

static int tick(struct watch *watch)
{
	if (ask_states(watch))
		return EXIT_FAILURE;
	return watch->on_tick ? watch->on_tick(watch, watch->data) : 0;
}

int watch_run(struct watch *watch)
{
	uint64_t next = now_ns();
	int status = 0;

	cancel_catch();
	while (!status && !is_over(watch)) {
		if (now_ns() >= next) {
			status = tick(watch);
			next = now_ns() + WATCH_TICK_MS * 1000000ull;
			continue;
		}
		wait_for_more(watch, next);
		status = read_all(watch);
	}
	/* The event of the end follows the state of rest. */
	if (!status && !cancelled && watch->on_event && watch->until_rest)
		wait_for_more(watch, now_ns() + WATCH_TICK_MS * 1000000ull);
	/* What has come by the end belongs to it. */
	return status ? status : read_all(watch);
}
