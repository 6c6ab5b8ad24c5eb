// SPDX-License-Identifier: GPL-2.0
#include <linux/gpio/driver.h>

int probe_set(struct gpio_chip *chip, unsigned int offset, int value);

struct gpio_chip probe_chip = {
	.set = probe_set,
};
