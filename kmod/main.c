// SPDX-License-Identifier: GPL-2.0
/* The platform driver: bind, unbind, suspend, reboot. */
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "motor.h"

/* Longer decelerations are cut off when the system cannot wait. */
#define STOP_TIMEOUT	(10 * HZ)

struct workqueue_struct *motor_workqueue;

static void controller_release(struct kref *ref)
{
	struct controller *controller =
		container_of(ref, struct controller, ref);
	unsigned int i;

	for (i = 0; i < controller->n_axes; i++)
		kvfree(controller->axes[i].ring);
	kfree(controller->buffers);
	page_free(controller);
	kvfree(controller);
}

void controller_put(struct controller *controller)
{
	kref_put(&controller->ref, controller_release);
}

static bool all_idle(struct controller *controller)
{
	unsigned int i;

	for (i = 0; i < controller->n_axes; i++)
		if (!axis_is_idle(&controller->axes[i]))
			return false;
	return true;
}

/* Softly while there is time, at once after that. */
static void stop_all(struct controller *controller)
{
	unsigned int i;

	for (i = 0; i < controller->n_axes; i++)
		axis_stop(&controller->axes[i], OSCAN_END_SYSTEM);
	if (wait_event_timeout(controller->idle, all_idle(controller),
			       STOP_TIMEOUT))
		return;
	for (i = 0; i < controller->n_axes; i++)
		axis_halt(&controller->axes[i], OSCAN_END_SYSTEM);
	wait_event_timeout(controller->idle, all_idle(controller), HZ);
}

static struct controller *controller_new(struct device *dev)
{
	struct controller *controller;

	/* Plans and queues make it too large to ask for in one piece. */
	controller = kvzalloc(sizeof(*controller), GFP_KERNEL);
	if (!controller)
		return NULL;
	kref_init(&controller->ref);
	mutex_init(&controller->mutex);
	init_waitqueue_head(&controller->idle);
	INIT_WORK(&controller->report, trace_report);
	events_init(&controller->events);
	controller->dev = dev;
	controller->probed_ns = ktime_get_ns();
	controller->misc = (struct miscdevice) {
		.minor = MISC_DYNAMIC_MINOR,
		.name = "oscan-motor",
		.fops = &motor_fops,
		.parent = dev,
	};
	controller->buffers = trace_buffers_new();
	if (!controller->buffers) {
		kvfree(controller);
		return NULL;
	}
	return controller;
}

static int controller_setup(struct controller *controller)
{
	unsigned int i;
	int ret;

	if (hrtimer_resolution > 1)
		return dev_err_probe(controller->dev, -EOPNOTSUPP,
				     "needs high-resolution timers: CONFIG_HIGH_RES_TIMERS, and no highres=off on the kernel's command line\n");
	ret = controller_read_props(controller);
	if (!ret)
		ret = page_init(controller);
	if (ret)
		return ret;
	for (i = 0; i < controller->n_triggers; i++)
		trigger_init(&controller->triggers[i]);
	for (i = 0; i < controller->n_captures; i++) {
		ret = capture_init(&controller->captures[i]);
		if (ret)
			return ret;
	}
	for (i = 0; i < controller->n_axes; i++) {
		ret = axis_init(&controller->axes[i]);
		if (ret)
			return ret;
	}
	ret = controller_measure_cost(controller);
	if (ret)
		return ret;
	return endstop_request(controller);
}

static int motor_probe(struct platform_device *pdev)
{
	struct controller *controller = controller_new(&pdev->dev);
	int ret;

	if (!controller)
		return -ENOMEM;
	ret = controller_setup(controller);
	if (ret)
		goto err_put;
	platform_set_drvdata(pdev, controller);
	ret = misc_register(&controller->misc);
	if (ret) {
		dev_err_probe(&pdev->dev, ret,
			      "cannot make /dev/oscan-motor; only one device is possible\n");
		goto err_endstop;
	}
	debug_init(controller);
	query_add(controller);
	dev_info(&pdev->dev, "%u axes, %u ns a step, up to %u steps/s\n",
		 controller->n_axes, controller->step_cost_ns,
		 controller->max_rate_sps);
	return 0;

err_endstop:
	endstop_release(controller);
err_put:
	/* An end stop may have closed already. */
	events_close(&controller->events);
	cancel_work_sync(&controller->report);
	controller_put(controller);
	return ret;
}

static void refuse_requests(struct controller *controller)
{
	mutex_lock(&controller->mutex);
	WRITE_ONCE(controller->gone, true);
	WRITE_ONCE(controller->holder, NULL);
	mutex_unlock(&controller->mutex);
}

static void motor_remove(struct platform_device *pdev)
{
	struct controller *controller = platform_get_drvdata(pdev);
	unsigned int i;

	query_remove(controller);
	debug_exit(controller);
	misc_deregister(&controller->misc);
	refuse_requests(controller);
	stop_all(controller);
	endstop_release(controller);
	for (i = 0; i < controller->n_captures; i++)
		capture_exit(&controller->captures[i]);
	for (i = 0; i < controller->n_axes; i++) {
		hrtimer_cancel(&controller->axes[i].timer);
		enable_exit(&controller->axes[i]);
	}
	for (i = 0; i < controller->n_triggers; i++)
		trigger_exit(&controller->triggers[i]);
	page_close(controller);
	events_close(&controller->events);
	/* The last events are told, too. */
	flush_work(&controller->report);
	cancel_work_sync(&controller->report);
	controller_put(controller);
}

static void motor_shutdown(struct platform_device *pdev)
{
	struct controller *controller = platform_get_drvdata(pdev);

	/* Programs may still run: reboot -f, kexec. */
	refuse_requests(controller);
	stop_all(controller);
}

static int motor_suspend(struct device *dev)
{
	stop_all(dev_get_drvdata(dev));
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(motor_pm_ops, motor_suspend, NULL);

static const struct of_device_id motor_of_match[] = {
	{ .compatible = "oscan,motor" },
	{ }
};
MODULE_DEVICE_TABLE(of, motor_of_match);

static const struct platform_device_id motor_ids[] = {
	{ .name = "oscan-motor" },
	{ }
};
MODULE_DEVICE_TABLE(platform, motor_ids);

static struct platform_driver motor_driver = {
	.driver = {
		.name = "oscan-motor",
		.of_match_table = motor_of_match,
		.pm = pm_sleep_ptr(&motor_pm_ops),
	},
	.id_table = motor_ids,
	.probe = motor_probe,
	.compat_remove = motor_remove,
	.shutdown = motor_shutdown,
};

static int __init motor_init(void)
{
	int ret;

	/* High priority, or a loaded machine would fill the rings. */
	motor_workqueue = alloc_workqueue("oscan-motor",
					  WQ_HIGHPRI | WQ_UNBOUND, 1);
	if (!motor_workqueue)
		return -ENOMEM;
	ret = netlink_init();
	if (ret)
		goto err_workqueue;
	ret = platform_driver_register(&motor_driver);
	if (ret)
		goto err_netlink;
	return 0;

err_netlink:
	netlink_exit();
err_workqueue:
	destroy_workqueue(motor_workqueue);
	return ret;
}
module_init(motor_init);

static void __exit motor_exit(void)
{
	platform_driver_unregister(&motor_driver);
	netlink_exit();
	destroy_workqueue(motor_workqueue);
}
module_exit(motor_exit);

MODULE_DESCRIPTION("Step motors that move an object past a camera");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
