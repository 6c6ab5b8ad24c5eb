// SPDX-License-Identifier: GPL-2.0
/*
 * The end-stop lines once more, on a gpio chip that sleeps, as a port
 * expander behind a slow bus does.
 */
#include <linux/delay.h>
#include <linux/irqdomain.h>
#include <linux/module.h>

#include "rig.h"

static const char * const names[RIG_ENDSTOPS] = {
	"slow-turntable-endstop", "slow-rotor-endstop",
	"slow-turntable-endstop-2", "slow-rotor-endstop-2",
};

static int slow_get_direction(struct gpio_chip *chip, unsigned int line)
{
	return GPIO_LINE_DIRECTION_IN;
}

static int slow_direction_input(struct gpio_chip *chip, unsigned int line)
{
	return 0;
}

static int slow_get(struct gpio_chip *chip, unsigned int line)
{
	struct rig *rig = gpiochip_get_data(chip);

	usleep_range(100, 200);
	return !!(READ_ONCE(rig->levels) & BIT(rig->endstops[line].line));
}

/* The interrupt is that of the line itself. */
static int slow_to_irq(struct gpio_chip *chip, unsigned int line)
{
	struct rig *rig = gpiochip_get_data(chip);

	return irq_create_mapping(rig->chip.irq.domain,
				  rig->endstops[line].line);
}

int slow_init(struct rig *rig, bool interrupts)
{
	rig->slow = (struct gpio_chip) {
		.label = "oscan-rig-slow",
		.parent = &rig->device->dev,
		.base = -1,
		.ngpio = RIG_ENDSTOPS,
		.names = names,
		.can_sleep = true,
		.get_direction = slow_get_direction,
		.direction_input = slow_direction_input,
		.get = slow_get,
		.to_irq = interrupts ? slow_to_irq : NULL,
	};
	return gpiochip_add_data(&rig->slow, rig);
}

void slow_exit(struct rig *rig)
{
	gpiochip_remove(&rig->slow);
}
