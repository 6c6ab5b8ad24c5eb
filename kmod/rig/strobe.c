// SPDX-License-Identifier: GPL-2.0
/* The strobe of a camera: CAPTURE answers TRIGGER, or goes on by itself. */
#include "rig.h"

static ktime_t span(u32 us)
{
	return ns_to_ktime((u64)us * NSEC_PER_USEC);
}

/* Hard interrupt context. */
static enum hrtimer_restart make_edge(struct hrtimer *timer)
{
	struct rig *rig = container_of(timer, struct rig, strobe.timer);
	struct strobe *strobe = &rig->strobe;
	bool rises, again;

	raw_spin_lock(&rig->lock);
	rises = !(rig->levels & BIT(OSCAN_RIG_CAPTURE));
	lines_set_level(rig, OSCAN_RIG_CAPTURE, rises);
	strobe->busy = rises || strobe->period_us;
	again = strobe->busy;
	if (rises)
		hrtimer_forward_now(timer, span(max(strobe->width_us, 1U)));
	else if (again)
		hrtimer_forward_now(timer, span(strobe->period_us -
						strobe->width_us));
	raw_spin_unlock(&rig->lock);
	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

void strobe_begin(struct rig *rig)
{
	struct strobe *strobe = &rig->strobe;

	if (!strobe->width_us || strobe->busy)
		return;
	strobe->busy = true;
	hrtimer_start(&strobe->timer, span(strobe->delay_us),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void strobe_set(struct rig *rig, u32 delay_us, u32 width_us, u32 period_us)
{
	struct strobe *strobe = &rig->strobe;
	unsigned long flags;

	hrtimer_cancel(&strobe->timer);
	raw_spin_lock_irqsave(&rig->lock, flags);
	if (strobe->busy)
		lines_set_level(rig, OSCAN_RIG_CAPTURE, false);
	strobe->delay_us = delay_us;
	strobe->width_us = width_us;
	strobe->period_us = period_us;
	strobe->busy = period_us;
	if (period_us)
		hrtimer_start(&strobe->timer, span(period_us),
			      HRTIMER_MODE_REL_PINNED_HARD);
	raw_spin_unlock_irqrestore(&rig->lock, flags);
}

void strobe_init(struct rig *rig)
{
	compat_hrtimer_setup(&rig->strobe.timer, make_edge, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED_HARD);
}

void strobe_exit(struct rig *rig)
{
	hrtimer_cancel(&rig->strobe.timer);
}
