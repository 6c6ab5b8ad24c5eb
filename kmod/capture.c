// SPDX-License-Identifier: GPL-2.0
/* Capture input: an edge latches its time and where all axes are. */
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "motor.h"

static_assert(sizeof(struct oscan_capture_set) == 32);
static_assert(sizeof(struct oscan_capture) == 152);

static struct capture *find(struct controller *controller, u32 line)
{
	if (line >= controller->n_captures)
		return NULL;
	line = array_index_nospec(line, controller->n_captures);
	return &controller->captures[line];
}

static u32 level_after(struct capture *capture)
{
	switch (capture->state.edges) {
	case OSCAN_CAPTURE_RISING:
		return 1;
	case OSCAN_CAPTURE_FALLING:
		return 0;
	default:
		return gpiod_get_value(capture->line) > 0;
	}
}

/* capture->lock held */
static void latch(struct capture *capture, u64 now)
{
	struct oscan_capture *state = &capture->state;
	struct oscan_event event = {
		.type = OSCAN_EVENT_CAPTURE,
		.line = state->line,
	};

	state->level = level_after(capture);
	state->time_ns = page_positions(capture->controller, now,
					state->positions);
	state->count++;
	event.time_ns = state->time_ns;
	event.value = state->level;
	event.aux = state->count;
	memcpy(event.positions, state->positions, sizeof(event.positions));
	events_put(capture->controller, &event);
}

/* Hard interrupt context, PREEMPT_RT too. */
static irqreturn_t on_edge(int irq, void *data)
{
	u64 now = ktime_get_ns();
	struct capture *capture = data;
	struct oscan_capture *state = &capture->state;

	raw_spin_lock(&capture->lock);
	if (state->count && now - state->time_ns < state->min_interval_ns)
		state->ignored++;
	else
		latch(capture, now);
	raw_spin_unlock(&capture->lock);
	return IRQ_HANDLED;
}

/* Edges of the line itself, which may be active when it is low. */
static unsigned long irq_flags(struct capture *capture, u32 edges)
{
	bool low = gpiod_is_active_low(capture->line);
	unsigned long flags = IRQF_NO_THREAD;

	if (edges & OSCAN_CAPTURE_RISING)
		flags |= low ? IRQF_TRIGGER_FALLING : IRQF_TRIGGER_RISING;
	if (edges & OSCAN_CAPTURE_FALLING)
		flags |= low ? IRQF_TRIGGER_RISING : IRQF_TRIGGER_FALLING;
	return flags;
}

static void release(struct capture *capture)
{
	if (capture->requested)
		free_irq(capture->irq, capture);
	capture->requested = false;
}

static void begin_anew(struct capture *capture, u32 edges, u32 min_interval_ns)
{
	struct oscan_capture *state = &capture->state;
	unsigned long flags;

	raw_spin_lock_irqsave(&capture->lock, flags);
	state->edges = edges;
	state->min_interval_ns = min_interval_ns;
	state->level = 0;
	state->count = 0;
	state->ignored = 0;
	state->time_ns = 0;
	memset(state->positions, 0, sizeof(state->positions));
	raw_spin_unlock_irqrestore(&capture->lock, flags);
}

int capture_set(struct controller *controller,
		const struct oscan_capture_set *set)
{
	const u32 all = OSCAN_CAPTURE_RISING | OSCAN_CAPTURE_FALLING;
	struct capture *capture = find(controller, set->line);

	if (!capture)
		return -ENXIO;
	if ((set->edges & ~all) || (!set->edges && set->min_interval_ns) ||
	    set->min_interval_ns > OSCAN_CAPTURE_INTERVAL_LIMIT_NS)
		return -EINVAL;
	release(capture);
	begin_anew(capture, set->edges, set->min_interval_ns);
	if (!set->edges)
		return 0;
	if (request_irq(capture->irq, on_edge, irq_flags(capture, set->edges),
			capture->state.name, capture)) {
		begin_anew(capture, 0, 0);
		return -EOPNOTSUPP;
	}
	capture->requested = true;
	return 0;
}

int capture_get(struct controller *controller, struct oscan_capture *state)
{
	struct capture *capture = find(controller, state->line);
	unsigned long flags;

	if (!capture)
		return -ENXIO;
	raw_spin_lock_irqsave(&capture->lock, flags);
	*state = capture->state;
	raw_spin_unlock_irqrestore(&capture->lock, flags);
	return 0;
}

int capture_init(struct capture *capture)
{
	struct device *dev = capture->controller->dev;
	int irq = gpiod_to_irq(capture->line);

	raw_spin_lock_init(&capture->lock);
	if (irq < 0)
		return dev_err_probe(dev, irq,
				     "capture line %s has no interrupt; it needs a gpio chip that gives it one\n",
				     capture->state.name);
	capture->irq = irq;
	return 0;
}

void capture_exit(struct capture *capture)
{
	release(capture);
}
