// SPDX-License-Identifier: GPL-2.0
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/platform_device.h>
