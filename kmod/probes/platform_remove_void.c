// SPDX-License-Identifier: GPL-2.0
#include <linux/platform_device.h>

void probe_remove(struct platform_device *pdev);

struct platform_driver probe_driver = {
	.remove = probe_remove,
};
