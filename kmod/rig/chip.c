// SPDX-License-Identifier: GPL-2.0
/* The gpio chip and its interrupts. */
#include <linux/bitops.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/module.h>

#include "rig.h"

static const char * const names[OSCAN_RIG_LINES] = {
	[OSCAN_RIG_TURNTABLE_STEP] = "turntable-step",
	[OSCAN_RIG_TURNTABLE_DIR] = "turntable-dir",
	[OSCAN_RIG_TURNTABLE_ENABLE] = "turntable-enable",
	[OSCAN_RIG_TURNTABLE_ENDSTOP] = "turntable-endstop",
	[OSCAN_RIG_ROTOR_STEP] = "rotor-step",
	[OSCAN_RIG_ROTOR_DIR] = "rotor-dir",
	[OSCAN_RIG_ROTOR_ENABLE] = "rotor-enable",
	[OSCAN_RIG_ROTOR_ENDSTOP] = "rotor-endstop",
	[OSCAN_RIG_TRIGGER] = "trigger",
	[OSCAN_RIG_CAPTURE] = "capture",
	[OSCAN_RIG_FREE_STEP] = "free-step",
	[OSCAN_RIG_FREE_DIR] = "free-dir",
	[OSCAN_RIG_TURNTABLE_ENDSTOP_2] = "turntable-endstop-2",
	[OSCAN_RIG_ROTOR_ENDSTOP_2] = "rotor-endstop-2",
	[OSCAN_RIG_TRIGGER_2] = "trigger-2",
};

/* Driven by the rig itself. */
static bool is_input_only(unsigned int line)
{
	switch (line) {
	case OSCAN_RIG_TURNTABLE_ENDSTOP:
	case OSCAN_RIG_ROTOR_ENDSTOP:
	case OSCAN_RIG_TURNTABLE_ENDSTOP_2:
	case OSCAN_RIG_ROTOR_ENDSTOP_2:
	case OSCAN_RIG_CAPTURE:
		return true;
	default:
		return false;
	}
}

/*
 * A line in use keeps the module loaded, but for those of "oscan-motor": that
 * device is the module's own and gives its lines back when it is removed.
 */
static int chip_request(struct gpio_chip *chip, unsigned int line)
{
	if (motor_device_uses(line) || try_module_get(THIS_MODULE))
		return 0;
	return -ENODEV;
}

static void chip_free(struct gpio_chip *chip, unsigned int line)
{
	if (!motor_device_uses(line))
		module_put(THIS_MODULE);
}

static int chip_get_direction(struct gpio_chip *chip, unsigned int line)
{
	struct rig *rig = gpiochip_get_data(chip);

	return READ_ONCE(rig->outputs) & BIT(line) ?
	       GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int chip_get(struct gpio_chip *chip, unsigned int line)
{
	struct rig *rig = gpiochip_get_data(chip);

	return !!(READ_ONCE(rig->levels) & BIT(line));
}

/* An input that nobody drives is pulled down. */
static int chip_direction_input(struct gpio_chip *chip, unsigned int line)
{
	struct rig *rig = gpiochip_get_data(chip);
	unsigned long flags;

	raw_spin_lock_irqsave(&rig->lock, flags);
	if (rig->outputs & BIT(line)) {
		lines_write(rig, line, false);
		rig->outputs &= ~BIT(line);
	}
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return 0;
}

/* Interrupts stay off for the disturbance, as they were for the edge. */
static void write_lines(struct rig *rig, unsigned long outputs,
			unsigned long mask, unsigned long levels)
{
	unsigned long flags;
	unsigned int line;
	u32 busy_us = 0;

	raw_spin_lock_irqsave(&rig->lock, flags);
	rig->outputs |= outputs;
	mask &= rig->outputs;
	for_each_set_bit(line, &mask, OSCAN_RIG_LINES)
		busy_us += lines_write(rig, line, levels & BIT(line));
	raw_spin_unlock(&rig->lock);
	if (busy_us)
		disturb_this_cpu(busy_us);
	local_irq_restore(flags);
}

static int chip_direction_output(struct gpio_chip *chip, unsigned int line,
				 int value)
{
	if (is_input_only(line))
		return -EINVAL;
	write_lines(gpiochip_get_data(chip), BIT(line), BIT(line),
		    value ? BIT(line) : 0);
	return 0;
}

static compat_gpio_set_t chip_set(struct gpio_chip *chip, unsigned int line,
				  int value)
{
	write_lines(gpiochip_get_data(chip), 0, BIT(line),
		    value ? BIT(line) : 0);
	return COMPAT_GPIO_SET_DONE;
}

static compat_gpio_set_t chip_set_multiple(struct gpio_chip *chip,
					   unsigned long *mask,
					   unsigned long *levels)
{
	write_lines(gpiochip_get_data(chip), 0, *mask, *levels);
	return COMPAT_GPIO_SET_DONE;
}

static void change_mask(struct irq_data *data, bool unmask)
{
	struct rig *rig = gpiochip_get_data(irq_data_get_irq_chip_data(data));
	unsigned long bit = BIT(irqd_to_hwirq(data));
	unsigned long flags;

	raw_spin_lock_irqsave(&rig->lock, flags);
	if (unmask)
		rig->irq_unmasked |= bit;
	else
		rig->irq_unmasked &= ~bit;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
}

static void irq_mask(struct irq_data *data)
{
	change_mask(data, false);
	gpiochip_disable_irq(irq_data_get_irq_chip_data(data),
			     irqd_to_hwirq(data));
}

static void irq_unmask(struct irq_data *data)
{
	gpiochip_enable_irq(irq_data_get_irq_chip_data(data),
			    irqd_to_hwirq(data));
	change_mask(data, true);
}

/* Taken off irq_pending before the handler runs: nothing to do. */
static void irq_ack(struct irq_data *data)
{
}

static int irq_set_type(struct irq_data *data, unsigned int type)
{
	struct rig *rig = gpiochip_get_data(irq_data_get_irq_chip_data(data));
	unsigned long bit = BIT(irqd_to_hwirq(data));
	unsigned long flags;

	if (!(type & IRQ_TYPE_EDGE_BOTH) || (type & ~IRQ_TYPE_EDGE_BOTH))
		return -EINVAL;
	raw_spin_lock_irqsave(&rig->lock, flags);
	rig->irq_rising &= ~bit;
	rig->irq_falling &= ~bit;
	if (type & IRQ_TYPE_EDGE_RISING)
		rig->irq_rising |= bit;
	if (type & IRQ_TYPE_EDGE_FALLING)
		rig->irq_falling |= bit;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return 0;
}

static const struct irq_chip rig_irq_chip = {
	.name = "oscan-rig",
	.irq_ack = irq_ack,
	.irq_mask = irq_mask,
	.irq_unmask = irq_unmask,
	.irq_set_type = irq_set_type,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

/* Hard interrupt context. */
static void raise_irqs(struct irq_work *work)
{
	struct rig *rig = container_of(work, struct rig, irq_work);
	unsigned long flags, pending;
	unsigned int line;

	raw_spin_lock_irqsave(&rig->lock, flags);
	pending = rig->irq_pending;
	rig->irq_pending = 0;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	for_each_set_bit(line, &pending, OSCAN_RIG_LINES)
		generic_handle_domain_irq(rig->chip.irq.domain, line);
}

int chip_init(struct rig *rig)
{
	struct gpio_chip *chip = &rig->chip;

	rig->irq_work = IRQ_WORK_INIT_HARD(raise_irqs);
	*chip = (struct gpio_chip) {
		/* No owner: see chip_request(). */
		.label = "oscan-rig",
		.parent = &rig->device->dev,
		.base = -1,
		.ngpio = OSCAN_RIG_LINES,
		.names = names,
		.request = chip_request,
		.free = chip_free,
		.get_direction = chip_get_direction,
		.direction_input = chip_direction_input,
		.direction_output = chip_direction_output,
		.get = chip_get,
		.set = chip_set,
		.set_multiple = chip_set_multiple,
	};
	gpio_irq_chip_set_chip(&chip->irq, &rig_irq_chip);
	chip->irq.handler = handle_edge_irq;
	chip->irq.default_type = IRQ_TYPE_NONE;
	return gpiochip_add_data(chip, rig);
}

void chip_exit(struct rig *rig)
{
	gpiochip_remove(&rig->chip);
	irq_work_sync(&rig->irq_work);
}
