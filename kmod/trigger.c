// SPDX-License-Identifier: GPL-2.0
/*
 * Compare output: lines that pulse where an axis passes a position, in the
 * locked section that writes the step, or at once when they are told to.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "motor.h"

static_assert(sizeof(struct oscan_trigger_set) == 72);
static_assert(sizeof(struct oscan_trigger) == 144);
static_assert(sizeof(struct oscan_pulse) == 96);

static struct trigger *find(struct controller *controller, u32 line)
{
	if (line >= controller->n_triggers)
		return NULL;
	line = array_index_nospec(line, controller->n_triggers);
	return &controller->triggers[line];
}

/* Hard interrupt context. */
static enum hrtimer_restart end_pulse(struct hrtimer *timer)
{
	struct trigger *trigger = container_of(timer, struct trigger, end);

	raw_spin_lock(&trigger->lock);
	gpiod_set_value(trigger->line, 0);
	trigger->active = false;
	raw_spin_unlock(&trigger->lock);
	return HRTIMER_NORESTART;
}

/* trigger->lock held, not active */
static void begin_pulse(struct trigger *trigger, u32 width_ns)
{
	gpiod_set_value(trigger->line, 1);
	trigger->state.last_ns = ktime_get_ns();
	trigger->state.pulses++;
	trigger->active = true;
	hrtimer_start(&trigger->end,
		      ns_to_ktime(trigger->state.last_ns + width_ns),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

static bool is_position(s64 position)
{
	return position <= OSCAN_POSITION_LIMIT &&
	       position >= -OSCAN_POSITION_LIMIT;
}

/* trigger->lock held: to the next position, if there is one */
static void advance(struct trigger *trigger)
{
	struct oscan_trigger *state = &trigger->state;
	u64 matched = state->fired + state->missed;
	s64 next;

	if (matched == state->number) {
		state->status = OSCAN_TRIGGER_DONE;
	} else {
		next = trigger->list ? trigger->list[matched] :
				       state->next + state->distance;
		if (is_position(next))
			state->next = next;
		else
			state->status = OSCAN_TRIGGER_DONE;
	}
	if (state->status != OSCAN_TRIGGER_ARMED)
		state->next = 0;
}

/* axis->lock and trigger->lock held */
static void tell(struct axis *axis, struct trigger *trigger, bool fires)
{
	const struct oscan_trigger *state = &trigger->state;
	struct oscan_event event = {
		.type = fires ? OSCAN_EVENT_TRIGGER :
				OSCAN_EVENT_TRIGGER_MISSED,
		.time_ns = fires ? state->last_ns : axis->rise_ns,
		.axis = axis->info.axis,
		.line = state->line,
		.position = axis->position,
		.move_id = axis->move_id,
		.aux = fires ? state->fired : state->missed,
	};

	events_put(axis->controller, &event);
}

/* axis->lock held; hard interrupt context */
static void match(struct axis *axis, struct trigger *trigger)
{
	struct oscan_trigger *state = &trigger->state;
	bool fires;

	raw_spin_lock(&trigger->lock);
	fires = !trigger->active;
	if (fires) {
		begin_pulse(trigger, state->width_ns);
		state->fired++;
		state->last_position = axis->position;
	} else {
		state->missed++;
	}
	advance(trigger);
	if (state->status != OSCAN_TRIGGER_ARMED)
		axis->triggers &= ~BIT(state->line);
	tell(axis, trigger, fires);
	raw_spin_unlock(&trigger->lock);
}

void trigger_step(struct axis *axis)
{
	u32 way = axis->sign > 0 ? OSCAN_TRIGGER_UP : OSCAN_TRIGGER_DOWN;
	unsigned long waiting = axis->triggers;
	struct trigger *trigger;
	unsigned int line;

	for_each_set_bit(line, &waiting, OSCAN_MAX_TRIGGERS) {
		trigger = &axis->controller->triggers[line];
		if (trigger->state.next == axis->position &&
		    (trigger->state.flags & way))
			match(axis, trigger);
	}
}

void trigger_rebase(struct axis *axis)
{
	unsigned long waiting = axis->triggers;
	struct trigger *trigger;
	unsigned int line;

	axis->triggers = 0;
	for_each_set_bit(line, &waiting, OSCAN_MAX_TRIGGERS) {
		trigger = &axis->controller->triggers[line];
		raw_spin_lock(&trigger->lock);
		trigger->state.status = OSCAN_TRIGGER_REBASED;
		trigger->state.next = 0;
		raw_spin_unlock(&trigger->lock);
	}
}

static void set_waiting(struct trigger *trigger, bool waiting)
{
	struct oscan_trigger *state = &trigger->state;
	struct axis *axis = &trigger->controller->axes[state->axis];
	unsigned long flags;

	raw_spin_lock_irqsave(&axis->lock, flags);
	if (waiting)
		axis->triggers |= BIT(state->line);
	else
		axis->triggers &= ~BIT(state->line);
	raw_spin_unlock_irqrestore(&axis->lock, flags);
}

static int check_every(const struct oscan_trigger_set *set)
{
	u64 room, stride;

	if (!set->distance || set->positions)
		return -EINVAL;
	if (!is_position(set->start) || !is_position(set->distance))
		return -EOVERFLOW;
	room = set->distance > 0 ? OSCAN_POSITION_LIMIT - set->start :
				   OSCAN_POSITION_LIMIT + set->start;
	stride = abs(set->distance);
	if (set->number && set->number - 1 > div64_u64(room, stride))
		return -EOVERFLOW;
	return 0;
}

static int check_list(const struct oscan_trigger_set *set)
{
	if (set->start || set->distance || !set->number ||
	    set->number > OSCAN_TRIGGER_LIST_LIMIT)
		return -EINVAL;
	return 0;
}

static int check(const struct oscan_trigger_set *set)
{
	const u32 ways = OSCAN_TRIGGER_UP | OSCAN_TRIGGER_DOWN;

	if (set->mode == OSCAN_TRIGGER_OFF)
		return set->axis || set->flags || set->start ||
		       set->distance || set->number || set->positions ||
		       set->width_ns ? -EINVAL : 0;
	if (!set->flags || (set->flags & ~ways) ||
	    set->width_ns < OSCAN_PULSE_MIN_NS)
		return -EINVAL;
	switch (set->mode) {
	case OSCAN_TRIGGER_SINGLE:
		if (set->distance || set->number || set->positions)
			return -EINVAL;
		return is_position(set->start) ? 0 : -EOVERFLOW;
	case OSCAN_TRIGGER_EVERY:
		return check_every(set);
	case OSCAN_TRIGGER_LIST:
		return check_list(set);
	default:
		return -EINVAL;
	}
}

int trigger_read_list(const struct oscan_trigger_set *set, s64 **list)
{
	s64 *positions;
	int ret;
	u64 i;

	if (set->mode != OSCAN_TRIGGER_LIST)
		return 0;
	ret = check(set);
	if (ret)
		return ret;
	positions = vmemdup_user(u64_to_user_ptr(set->positions),
				 set->number * sizeof(*positions));
	if (IS_ERR(positions))
		return PTR_ERR(positions);
	*list = positions;
	for (i = 0; i < set->number; i++)
		if (!is_position(positions[i]))
			return -EOVERFLOW;
	return 0;
}

/* Returns the list that was there. It waits for nothing meanwhile. */
static s64 *replace(struct trigger *trigger,
		    const struct oscan_trigger_set *set, s64 *list)
{
	struct oscan_trigger *state = &trigger->state;
	bool on = set->mode != OSCAN_TRIGGER_OFF;
	unsigned long flags;
	s64 *old;

	raw_spin_lock_irqsave(&trigger->lock, flags);
	old = trigger->list;
	trigger->list = list;
	state->status = on ? OSCAN_TRIGGER_ARMED : OSCAN_TRIGGER_IDLE;
	state->axis = set->axis;
	state->mode = set->mode;
	state->flags = set->flags;
	state->width_ns = set->width_ns;
	state->start = list ? list[0] : set->start;
	state->distance = set->distance;
	state->number = set->mode == OSCAN_TRIGGER_SINGLE ? 1 : set->number;
	state->next = state->start;
	state->fired = 0;
	state->missed = 0;
	state->last_position = 0;
	raw_spin_unlock_irqrestore(&trigger->lock, flags);
	return old;
}

int trigger_set(struct controller *controller,
		const struct oscan_trigger_set *set, s64 **list)
{
	struct trigger *trigger = find(controller, set->line);
	int ret;

	if (!trigger || set->axis >= controller->n_axes)
		return -ENXIO;
	ret = check(set);
	if (ret)
		return ret;
	set_waiting(trigger, false);
	*list = replace(trigger, set, *list);
	if (set->mode != OSCAN_TRIGGER_OFF)
		set_waiting(trigger, true);
	return 0;
}

int trigger_get(struct controller *controller, struct oscan_trigger *state)
{
	struct trigger *trigger = find(controller, state->line);
	unsigned long flags;

	if (!trigger)
		return -ENXIO;
	raw_spin_lock_irqsave(&trigger->lock, flags);
	*state = trigger->state;
	raw_spin_unlock_irqrestore(&trigger->lock, flags);
	return 0;
}

/* trigger->lock held */
static int pulse_now(struct trigger *trigger, struct oscan_pulse *pulse)
{
	struct controller *controller = trigger->controller;
	struct oscan_event event = {
		.type = OSCAN_EVENT_PULSE,
		.line = trigger->state.line,
	};

	if (trigger->active)
		return -EBUSY;
	begin_pulse(trigger, pulse->width_ns);
	memset(pulse->positions, 0, sizeof(pulse->positions));
	pulse->time_ns = page_positions(controller, trigger->state.last_ns,
					pulse->positions);
	event.time_ns = pulse->time_ns;
	memcpy(event.positions, pulse->positions, sizeof(event.positions));
	events_put(controller, &event);
	return 0;
}

int trigger_pulse(struct controller *controller, struct oscan_pulse *pulse)
{
	struct trigger *trigger = find(controller, pulse->line);
	unsigned long flags;
	int ret;

	if (!trigger)
		return -ENXIO;
	if (pulse->width_ns < OSCAN_PULSE_MIN_NS)
		return -EINVAL;
	raw_spin_lock_irqsave(&trigger->lock, flags);
	ret = pulse_now(trigger, pulse);
	raw_spin_unlock_irqrestore(&trigger->lock, flags);
	return ret;
}

void trigger_init(struct trigger *trigger)
{
	raw_spin_lock_init(&trigger->lock);
	compat_hrtimer_setup(&trigger->end, end_pulse, CLOCK_MONOTONIC,
			     HRTIMER_MODE_ABS_PINNED_HARD);
	trigger->state.status = OSCAN_TRIGGER_IDLE;
	trigger->state.mode = OSCAN_TRIGGER_OFF;
}

void trigger_exit(struct trigger *trigger)
{
	set_waiting(trigger, false);
	hrtimer_cancel(&trigger->end);
	gpiod_set_value(trigger->line, 0);
	kvfree(trigger->list);
	trigger->list = NULL;
}
