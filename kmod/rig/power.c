// SPDX-License-Identifier: GPL-2.0
/*
 * The rig when the machine sleeps or is switched off: its device comes right
 * after the motors, whose parent it is, and so sees what they made of it.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

#include "rig.h"

static bool refuse_suspend;
module_param(refuse_suspend, bool, 0644);
MODULE_PARM_DESC(refuse_suspend, "1: once the motors were suspended, have the suspend called off with EBUSY");

/*
 * The machine's disk, or its emulator, may not come back from a suspend; so it
 * goes as far as the motors and no further.
 */
static int rig_suspend(struct device *dev)
{
	return refuse_suspend ? -EBUSY : 0;
}

/* The last two steps of the turntable that are in the ring; 0: none. */
static void last_steps(struct rig *rig, u64 times[2])
{
	const struct ring *ring = &rig->ring;
	const struct oscan_rig_edge *record;
	unsigned long flags;
	int found = 0;
	u64 at;

	raw_spin_lock_irqsave(&rig->lock, flags);
	for (at = ring->head; at != ring->tail && found < 2; at--) {
		record = &ring->records[(at - 1) & (ring->size - 1)];
		if (record->line == OSCAN_RIG_TURNTABLE_STEP && record->value)
			times[found++] = record->time_ns;
	}
	raw_spin_unlock_irqrestore(&rig->lock, flags);
}

/* Nothing but the console can tell how a shutdown went. */
static void rig_shutdown(struct platform_device *pdev)
{
	u64 times[2] = { 0, 0 };

	last_steps(platform_get_drvdata(pdev), times);
	if (!times[1])
		return;
	dev_info(&pdev->dev,
		 "shutdown: last step of the turntable %llu us ago, %llu us after the one before\n",
		 div_u64(ktime_get_ns() - times[0], NSEC_PER_USEC),
		 div_u64(times[0] - times[1], NSEC_PER_USEC));
}

static const struct dev_pm_ops rig_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(rig_suspend, NULL)
};

static struct platform_driver rig_driver = {
	.driver = {
		.name = "oscan-rig",
		.pm = pm_sleep_ptr(&rig_pm_ops),
	},
	.shutdown = rig_shutdown,
};

int power_init(struct rig *rig)
{
	platform_set_drvdata(rig->device, rig);
	return platform_driver_register(&rig_driver);
}

void power_exit(void)
{
	platform_driver_unregister(&rig_driver);
}
