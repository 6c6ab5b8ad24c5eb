// SPDX-License-Identifier: GPL-2.0
/*
 * Levels, and what follows from an edge. Everything here runs with rig->lock
 * held, much of it in hard interrupt context: no allocation, no printk.
 */
#include <linux/bitops.h>

#include "rig.h"

static void want_irq(struct rig *rig, unsigned int line, bool level)
{
	unsigned long edges = level ? rig->irq_rising : rig->irq_falling;

	if (!(rig->irq_unmasked & edges & BIT(line)))
		return;
	rig->irq_pending |= BIT(line);
	irq_work_queue(&rig->irq_work);
}

/* Whether it changed. */
static bool change_level(struct rig *rig, unsigned int line, bool level)
{
	if (!!(rig->levels & BIT(line)) == level)
		return false;
	rig->levels ^= BIT(line);
	ring_put(&rig->ring, line, level);
	return true;
}

void lines_set_level(struct rig *rig, unsigned int line, bool level)
{
	if (change_level(rig, line, level))
		want_irq(rig, line, level);
}

void lines_set_level_mute(struct rig *rig, unsigned int line, bool level)
{
	change_level(rig, line, level);
}

/* The DIR line of an axis follows its STEP line. */
static void count_step(struct rig *rig, unsigned int line)
{
	int sign = rig->levels & BIT(line + 1) ? 1 : -1;
	int i;

	for (i = 0; i < RIG_ENDSTOPS; i++)
		if (rig->endstops[i].step == line)
			endstop_count(&rig->endstops[i], sign);
}

static bool is_step(unsigned int line)
{
	return line == OSCAN_RIG_TURNTABLE_STEP ||
	       line == OSCAN_RIG_ROTOR_STEP || line == OSCAN_RIG_FREE_STEP;
}

static u32 take_hold_up(struct hold_up *hold_up)
{
	u32 us = hold_up->us;

	if (!hold_up->edges || --hold_up->edges)
		return 0;
	hold_up->us = 0;
	return us;
}

u32 lines_write(struct rig *rig, unsigned int line, bool level)
{
	bool rises = level && !(rig->levels & BIT(line));

	lines_set_level(rig, line, level);
	if (rises && line == OSCAN_RIG_TRIGGER)
		strobe_begin(rig);
	if (!rises || !is_step(line))
		return 0;
	count_step(rig, line);
	return take_hold_up(&rig->hold_up);
}
