// SPDX-License-Identifier: GPL-2.0
/* Switches that are pressed and let go by the edges that were counted. */
#include <linux/ktime.h>

#include "rig.h"

#define BOUNCE_NS	(100 * NSEC_PER_USEC)

static bool is_pressed(const struct endstop *endstop)
{
	const struct endstop_setting *setting = &endstop->setting;

	if (setting->mode == ENDSTOP_OFF || setting->mode == ENDSTOP_STUCK)
		return false;
	if (setting->mode == ENDSTOP_CLOSED)
		return true;
	return setting->direction > 0 ? endstop->net >= setting->count :
					endstop->net <= setting->count;
}

static void flip(struct endstop *endstop)
{
	struct rig *rig = endstop->rig;

	lines_set_level(rig, endstop->line,
			!(rig->levels & BIT(endstop->line)));
}

static void settle(struct endstop *endstop)
{
	struct rig *rig = endstop->rig;

	if (endstop->setting.mode == ENDSTOP_MUTE)
		lines_set_level_mute(rig, endstop->line, endstop->pressed);
	else
		lines_set_level(rig, endstop->line, endstop->pressed);
	if (endstop->setting.mode == ENDSTOP_GLITCH)
		lines_set_level(rig, endstop->line, false);
}

/* Hard interrupt context. */
static enum hrtimer_restart bounce(struct hrtimer *timer)
{
	struct endstop *endstop = container_of(timer, struct endstop, timer);
	struct rig *rig = endstop->rig;
	unsigned long flags;
	bool more;

	raw_spin_lock_irqsave(&rig->lock, flags);
	more = endstop->bounces;
	if (more) {
		endstop->bounces--;
		flip(endstop);
		hrtimer_forward_now(timer, ns_to_ktime(BOUNCE_NS));
	} else {
		settle(endstop);
	}
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return more ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void update(struct endstop *endstop)
{
	bool pressed = is_pressed(endstop);

	if (pressed == endstop->pressed)
		return;
	endstop->pressed = pressed;
	if (endstop->setting.mode != ENDSTOP_BOUNCE) {
		settle(endstop);
		return;
	}
	/* While it bounces, the timer settles it as it is then. */
	if (hrtimer_active(&endstop->timer))
		return;
	flip(endstop);
	endstop->bounces = endstop->setting.changes - 1;
	hrtimer_start(&endstop->timer, ns_to_ktime(BOUNCE_NS),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void endstop_count(struct endstop *endstop, int sign)
{
	endstop->net += sign;
	update(endstop);
}

void endstop_set(struct endstop *endstop,
		 const struct endstop_setting *setting)
{
	endstop->setting = *setting;
	endstop->bounces = 0;
	update(endstop);
}

void endstop_init(struct endstop *endstop, struct rig *rig, unsigned int line,
		  unsigned int step)
{
	endstop->rig = rig;
	endstop->line = line;
	endstop->step = step;
	compat_hrtimer_setup(&endstop->timer, bounce, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED_HARD);
}

void endstop_exit(struct endstop *endstop)
{
	hrtimer_cancel(&endstop->timer);
}
