// SPDX-License-Identifier: GPL-2.0
/* Load and unload. */
#include <linux/log2.h>
#include <linux/module.h>

#include "rig.h"

#define RECORDS_MIN	16U
#define RECORDS_MAX	(1U << 26)

static unsigned int ring_records = 1U << 20;
module_param(ring_records, uint, 0444);
MODULE_PARM_DESC(ring_records, "edges that the ring holds: a power of two, 16 to 67108864 (default 1048576)");

static struct rig rig = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(rig.lock),
};

static void endstops_exit(void)
{
	int i;

	for (i = 0; i < RIG_ENDSTOPS; i++)
		endstop_exit(&rig.endstops[i]);
	strobe_exit(&rig);
}

static int __init rig_init(void)
{
	int ret;

	if (!is_power_of_2(ring_records) || ring_records < RECORDS_MIN ||
	    ring_records > RECORDS_MAX) {
		pr_err("oscan_rig: ring_records must be a power of two from %u to %u, is %u\n",
		       RECORDS_MIN, RECORDS_MAX, ring_records);
		return -EINVAL;
	}
	ret = ring_init(&rig.ring, ring_records);
	if (ret)
		return ret;
	endstop_init(&rig.endstops[0], &rig, OSCAN_RIG_TURNTABLE_ENDSTOP,
		     OSCAN_RIG_TURNTABLE_STEP);
	endstop_init(&rig.endstops[1], &rig, OSCAN_RIG_ROTOR_ENDSTOP,
		     OSCAN_RIG_ROTOR_STEP);
	endstop_init(&rig.endstops[2], &rig, OSCAN_RIG_TURNTABLE_ENDSTOP_2,
		     OSCAN_RIG_TURNTABLE_STEP);
	endstop_init(&rig.endstops[3], &rig, OSCAN_RIG_ROTOR_ENDSTOP_2,
		     OSCAN_RIG_ROTOR_STEP);
	strobe_init(&rig);
	rig.device = platform_device_register_simple("oscan-rig",
						     PLATFORM_DEVID_NONE,
						     NULL, 0);
	if (IS_ERR(rig.device)) {
		ret = PTR_ERR(rig.device);
		goto err_ring;
	}
	ret = chip_init(&rig);
	if (ret)
		goto err_device;
	ret = chrdev_init(&rig);
	if (ret)
		goto err_chip;
	debug_init(&rig);
	ret = power_init(&rig);
	if (ret)
		goto err_debug;
	ret = motor_device_init(&rig);
	if (ret)
		goto err_power;
	return 0;

err_power:
	power_exit();
err_debug:
	debug_exit(&rig);
	chrdev_exit();
err_chip:
	chip_exit(&rig);
	endstops_exit();
err_device:
	platform_device_unregister(rig.device);
err_ring:
	ring_free(&rig.ring);
	return ret;
}
module_init(rig_init);

/* The motor's device gives its lines back first. */
static void __exit rig_exit(void)
{
	motor_device_exit(&rig);
	power_exit();
	debug_exit(&rig);
	chrdev_exit();
	chip_exit(&rig);
	endstops_exit();
	platform_device_unregister(rig.device);
	ring_free(&rig.ring);
}
module_exit(rig_exit);

MODULE_DESCRIPTION("gpio chip that records every edge, for tests");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
