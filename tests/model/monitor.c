// SPDX-License-Identifier: GPL-2.0-or-later
/* What the driver tells over netlink without being asked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "model.h"

#define BATCH_STEPS 4096

/**
 * struct oscan_monitor - a watcher
 * @file: of the machine
 * @timer: what programs poll
 * @groups: OSCAN_MONITOR_*
 * @told: steps of each axis so far
 * @events_told: events so far
 * @events_behind: some were pushed out
 * @copy: of @file, while nobody changes it
 */
struct oscan_monitor {
	struct model_file *file;
	int timer;
	unsigned int groups;
	uint64_t told[MODEL_AXES];
	uint64_t events_told;
	bool events_behind;
	struct model copy;
	uint64_t times_ns[BATCH_STEPS];
	uint32_t late_ns[BATCH_STEPS];
};

static int make_timer(void)
{
	const struct itimerspec each = {
		.it_interval.tv_nsec = MODEL_PERIOD_NS,
		.it_value.tv_nsec = MODEL_PERIOD_NS,
	};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (timer >= 0)
		timerfd_settime(timer, 0, &each, NULL);
	return timer;
}

struct oscan_monitor *oscan_monitor_open(unsigned int groups)
{
	const unsigned int both = OSCAN_MONITOR_TRACE | OSCAN_MONITOR_THIN;
	struct oscan_monitor *monitor;

	if (!groups || groups & ~15u || (groups & both) == both) {
		errno = EINVAL;
		return NULL;
	}
	monitor = calloc(1, sizeof(*monitor));
	if (!monitor)
		return NULL;
	monitor->groups = groups;
	monitor->timer = make_timer();
	monitor->file = model_file_open(false);
	if (monitor->timer < 0 || !monitor->file) {
		oscan_monitor_close(monitor);
		errno = EIO;
		return NULL;
	}
	model_enter(monitor->file);
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		monitor->told[i] = monitor->file->model->axes[i].state.steps;
	monitor->events_told = monitor->file->model->events_count;
	model_leave(monitor->file);
	return monitor;
}

void oscan_monitor_close(struct oscan_monitor *monitor)
{
	if (!monitor)
		return;
	if (monitor->file)
		model_file_close(monitor->file);
	if (monitor->timer >= 0)
		close(monitor->timer);
	free(monitor);
}

int oscan_monitor_fd(const struct oscan_monitor *monitor)
{
	return monitor->timer;
}

/* Steps @from to @to of a leg, as far as they lead to a multiple of @spacing. */
static int tell_leg(struct oscan_monitor *monitor,
		    const struct oscan_monitor_handler *handler,
		    struct oscan_trace_batch *batch,
		    const struct model_leg *leg, uint64_t from, uint64_t to,
		    uint64_t horizon_ns)
{
	int64_t position;
	int batches = 0;

	batch->direction = leg->sign;
	while (from <= to) {
		batch->steps = 0;
		for (; from <= to && batch->steps < BATCH_STEPS; from++) {
			position = leg->position + leg->sign * (int64_t)from;
			if (position % batch->spacing)
				continue;
			if (!batch->steps) {
				batch->first_position = position;
				batch->first_number = leg->number + from;
			}
			monitor->times_ns[batch->steps++] =
				model_step_ns(leg, from);
		}
		batch->total = leg->number + from - 1;
		/* More of them follow in the next batch. */
		batch->horizon_ns = horizon_ns && from > to ? horizon_ns :
				    model_step_ns(leg, from - 1);
		if (!batch->steps)
			batch->direction = 0;
		if (handler->trace)
			handler->trace(batch, handler->data);
		batch->missed = false;
		batches++;
	}
	return batches;
}

/* Of a moving axis what is in this period waits for its message. */
static uint64_t complete_until(const struct model_axis *axis)
{
	uint64_t now_ns = axis->state.time_ns;

	if (axis->state.motion == OSCAN_MOTION_IDLE)
		return now_ns;
	return now_ns - now_ns % MODEL_PERIOD_NS;
}

static int tell_steps(struct oscan_monitor *monitor, unsigned int number,
		      const struct oscan_monitor_handler *handler)
{
	const struct model_axis *axis = &monitor->copy.axes[number];
	uint64_t until_ns = complete_until(axis), oldest = 1, to, i;
	struct oscan_trace_batch batch = {
		.axis = number,
		.times_ns = monitor->times_ns,
		.late_ns = monitor->late_ns,
		.spacing = monitor->groups & OSCAN_MONITOR_THIN ?
			   OSCAN_SPACING_DEFAULT : 1,
	};
	const struct model_leg *leg;
	uint64_t *told = &monitor->told[number];
	int batches = 0;

	if (axis->legs_count > MODEL_LEGS)
		oldest = axis->legs_count - MODEL_LEGS + 1;
	for (i = oldest; i <= axis->leg; i++) {
		leg = &axis->legs[(i - 1) % MODEL_LEGS];
		to = i < axis->leg ? leg->steps : axis->made;
		while (to && model_step_ns(leg, to) > until_ns)
			to--;
		if (leg->number + to <= *told)
			continue;
		if (leg->number > *told) {
			batch.missed = true;
			*told = leg->number;
		}
		batches += tell_leg(monitor, handler, &batch, leg,
				    *told - leg->number + 1, to,
				    i == axis->leg ? until_ns : 0);
		*told = leg->number + to;
	}
	return batches;
}

static int tell_event(struct oscan_monitor *monitor, uint64_t number,
		      const struct oscan_monitor_handler *handler)
{
	const struct model *model = &monitor->copy;
	struct oscan_event event = model->events[number % MODEL_EVENTS];

	if (!(monitor->groups & OSCAN_MONITOR_EVENT))
		return 0;
	if (handler->event)
		handler->event(&event, monitor->events_behind, handler->data);
	monitor->events_behind = false;
	return 1;
}

/* Changes that follow each other fast share a message. */
static int tell_states(struct oscan_monitor *monitor, unsigned int changed,
		       const struct oscan_monitor_handler *handler)
{
	int told = 0;

	if (!(monitor->groups & OSCAN_MONITOR_STATE))
		return 0;
	for (unsigned int i = 0; i < MODEL_AXES; i++) {
		if (!(changed & 1u << i))
			continue;
		if (handler->state)
			handler->state(&monitor->copy.axes[i].state,
				       handler->data);
		told++;
	}
	return told;
}

static int tell_events(struct oscan_monitor *monitor,
		       const struct oscan_monitor_handler *handler)
{
	const struct model *model = &monitor->copy;
	const struct oscan_event *event;
	unsigned int changed = 0;
	int told = 0;

	if (model->events_count - monitor->events_told > MODEL_EVENTS) {
		monitor->events_told = model->events_count - MODEL_EVENTS;
		monitor->events_behind = true;
	}
	for (; monitor->events_told < model->events_count;
	     monitor->events_told++) {
		event = &model->events[monitor->events_told % MODEL_EVENTS];
		if (event->type != OSCAN_EVENT_PULSE)
			changed |= 1u << event->axis;
		told += tell_event(monitor, monitor->events_told, handler);
	}
	return told + tell_states(monitor, changed, handler);
}

int oscan_monitor_read(struct oscan_monitor *monitor,
		       const struct oscan_monitor_handler *handler)
{
	uint64_t expirations;
	int told = 0;

	/* What came before is read now; nothing else is to be learnt here. */
	if (read(monitor->timer, &expirations, sizeof(expirations)) < 0 &&
	    errno != EAGAIN)
		return -1;
	/* Handlers may ask for states, so nobody is to wait for them. */
	model_enter(monitor->file);
	monitor->copy = *monitor->file->model;
	model_leave(monitor->file);
	if (monitor->groups & (OSCAN_MONITOR_TRACE | OSCAN_MONITOR_THIN))
		for (unsigned int i = 0; i < MODEL_AXES; i++)
			told += tell_steps(monitor, i, handler);
	return told + tell_events(monitor, handler);
}
