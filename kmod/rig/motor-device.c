// SPDX-License-Identifier: GPL-2.0
/*
 * The device that oscan_motor.ko binds to, with the axes of an OpenScan Mini
 * with Greenshield. Its gpios come from a lookup table: software nodes cannot
 * name them on 6.1.
 */
#include <linux/gpio/machine.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "rig.h"

static bool bare;
module_param(bare, bool, 0444);
MODULE_PARM_DESC(bare, "1: the gpio chip alone, without the device oscan-motor");

#define OVERRIDE(name, property)					\
	static unsigned int name;					\
	module_param(name, uint, 0444);					\
	MODULE_PARM_DESC(name, property " of both axes; 0: its default")

OVERRIDE(max_speed_sps, "oscan,max-speed-sps");
OVERRIDE(max_accel_sps2, "oscan,max-accel-sps2");
OVERRIDE(start_stop_fsps, "oscan,start-stop-rate-fsps");
OVERRIDE(pulse_high_ns, "oscan,pulse-high-ns");
OVERRIDE(pulse_low_ns, "oscan,pulse-low-ns");
OVERRIDE(dir_setup_ns, "oscan,dir-setup-ns");
OVERRIDE(dir_hold_ns, "oscan,dir-hold-ns");
OVERRIDE(enable_delay_ns, "oscan,enable-delay-ns");
OVERRIDE(idle_off_ms, "oscan,idle-off-ms");

static int catch_up_percent = -1;
module_param(catch_up_percent, int, 0444);
MODULE_PARM_DESC(catch_up_percent,
		 "oscan,catch-up-percent of both axes; -1: its default");

static int backlash_steps;
module_param(backlash_steps, int, 0444);
MODULE_PARM_DESC(backlash_steps, "oscan,backlash-steps of both axes");

static int stop_debounce_us = -1;
module_param(stop_debounce_us, int, 0444);
MODULE_PARM_DESC(stop_debounce_us,
		 "oscan,stop-debounce-us of both axes; -1: its default");

enum stops {
	STOPS_NONE = 0,
	STOPS_FAST = 1,
	STOPS_SLOW = 2,
	STOPS_WITHOUT_IRQ = 3,
};

static unsigned int stops;
module_param(stops, uint, 0444);
MODULE_PARM_DESC(stops, "1: both axes have both end stops; 2: on a chip that sleeps; 3: and has no interrupts");

static bool shared_enable;
module_param(shared_enable, bool, 0444);
MODULE_PARM_DESC(shared_enable, "1: one ENABLE line for both axes");

static unsigned int triggers;
module_param(triggers, uint, 0444);
MODULE_PARM_DESC(triggers, "how many trigger lines the device has, 0 to 2");

static bool captures;
module_param(captures, bool, 0444);
MODULE_PARM_DESC(captures, "1: the device has the capture line");

/* Room for every override, besides what an axis starts with, and the end. */
#define MAX_PROPERTIES	20

static struct property_entry turntable_properties[MAX_PROPERTIES] = {
	PROPERTY_ENTRY_STRING("label", "turntable"),
	PROPERTY_ENTRY_U32("oscan,full-steps-per-turn", 200),
	PROPERTY_ENTRY_U32("oscan,microsteps", 16),
	PROPERTY_ENTRY_U32("oscan,max-speed-sps", 5000),
	PROPERTY_ENTRY_U32("oscan,max-accel-sps2", 5000),
	PROPERTY_ENTRY_BOOL("oscan,wraps"),
};

static const u32 rotor_gear[] = { 40, 3 };

/* 12 to 125 degrees, at 90 degrees when it is switched on. */
static struct property_entry rotor_properties[MAX_PROPERTIES] = {
	PROPERTY_ENTRY_STRING("label", "rotor"),
	PROPERTY_ENTRY_U32("oscan,full-steps-per-turn", 200),
	PROPERTY_ENTRY_U32("oscan,microsteps", 16),
	PROPERTY_ENTRY_U32_ARRAY("oscan,gear-ratio", rotor_gear),
	PROPERTY_ENTRY_U32("oscan,max-speed-sps", 5000),
	PROPERTY_ENTRY_U32("oscan,max-accel-sps2", 20000),
	PROPERTY_ENTRY_U32("oscan,limit-min-steps", 1422),
	PROPERTY_ENTRY_U32("oscan,limit-max-steps", 14815),
	PROPERTY_ENTRY_U32("oscan,initial-position-steps", 10667),
};

static const char * const trigger_names[] = { "camera", "flash" };
static const char * const capture_names[] = { "strobe" };

/* Filled in by add_names(). */
static struct property_entry motor_properties[3];

static const struct software_node motor_node = {
	.name = "oscan-motor",
	.properties = motor_properties,
};

static const struct software_node turntable_node = {
	.name = "turntable",
	.parent = &motor_node,
	.properties = turntable_properties,
};

static const struct software_node rotor_node = {
	.name = "rotor",
	.parent = &motor_node,
	.properties = rotor_properties,
};

static const struct software_node *nodes[] = {
	&motor_node, &turntable_node, &rotor_node, NULL
};

#define LINE(line, name, flags)						\
	GPIO_LOOKUP("oscan-rig", OSCAN_RIG_##line, name, GPIO_ACTIVE_##flags)

static const struct gpiod_lookup step_lines[] = {
	LINE(TURNTABLE_STEP, "turntable-step", HIGH),
	LINE(TURNTABLE_DIR, "turntable-dir", HIGH),
	LINE(ROTOR_STEP, "rotor-step", HIGH),
	LINE(ROTOR_DIR, "rotor-dir", HIGH),
};

static const struct gpiod_lookup enable_lines[] = {
	LINE(TURNTABLE_ENABLE, "turntable-enable", LOW),
	LINE(ROTOR_ENABLE, "rotor-enable", LOW),
};

static const struct gpiod_lookup shared_enable_lines[] = {
	LINE(TURNTABLE_ENABLE, "enable", LOW),
};

static const struct gpiod_lookup stop_lines[] = {
	LINE(TURNTABLE_ENDSTOP, "turntable-min-stop", HIGH),
	LINE(TURNTABLE_ENDSTOP_2, "turntable-max-stop", HIGH),
	LINE(ROTOR_ENDSTOP, "rotor-min-stop", HIGH),
	LINE(ROTOR_ENDSTOP_2, "rotor-max-stop", HIGH),
};

static const struct gpiod_lookup trigger_lines[] = {
	GPIO_LOOKUP_IDX("oscan-rig", OSCAN_RIG_TRIGGER, "trigger", 0,
			GPIO_ACTIVE_HIGH),
	GPIO_LOOKUP_IDX("oscan-rig", OSCAN_RIG_TRIGGER_2, "trigger", 1,
			GPIO_ACTIVE_HIGH),
};

static const struct gpiod_lookup capture_lines[] = {
	LINE(CAPTURE, "capture", HIGH),
};

#define SLOW_LINE(number, name)						\
	GPIO_LOOKUP("oscan-rig-slow", number, name, GPIO_ACTIVE_HIGH)

static const struct gpiod_lookup slow_stop_lines[] = {
	SLOW_LINE(0, "turntable-min-stop"),
	SLOW_LINE(2, "turntable-max-stop"),
	SLOW_LINE(1, "rotor-min-stop"),
	SLOW_LINE(3, "rotor-max-stop"),
};

/* The device has no line twice, so it has no more than there are. */
static struct gpiod_lookup_table gpios = {
	.dev_id = "oscan-motor",
	.table = { [OSCAN_RIG_LINES] = { } },
};

static void add_lines(const struct gpiod_lookup *lines, size_t count)
{
	struct gpiod_lookup *lookup = gpios.table;

	while (lookup->key)
		lookup++;
	memcpy(lookup, lines, count * sizeof(*lines));
}

static void choose_lines(void)
{
	add_lines(step_lines, ARRAY_SIZE(step_lines));
	if (shared_enable)
		add_lines(shared_enable_lines,
			  ARRAY_SIZE(shared_enable_lines));
	else
		add_lines(enable_lines, ARRAY_SIZE(enable_lines));
	if (stops == STOPS_FAST)
		add_lines(stop_lines, ARRAY_SIZE(stop_lines));
	else if (stops)
		add_lines(slow_stop_lines, ARRAY_SIZE(slow_stop_lines));
	add_lines(trigger_lines, triggers);
	if (captures)
		add_lines(capture_lines, ARRAY_SIZE(capture_lines));
}

static void add_names(void)
{
	struct property_entry *property = motor_properties;

	if (triggers)
		*property++ = PROPERTY_ENTRY_STRING_ARRAY_LEN("trigger-names",
							      trigger_names,
							      triggers);
	if (captures)
		*property = PROPERTY_ENTRY_STRING_ARRAY("capture-names",
							capture_names);
}

static struct platform_device *motor_device;

bool motor_device_uses(unsigned int line)
{
	const struct gpiod_lookup *lookup;

	if (bare)
		return false;
	for (lookup = gpios.table; lookup->key; lookup++)
		if (lookup->chip_hwnum == line &&
		    !strcmp(lookup->key, "oscan-rig"))
			return true;
	return false;
}

static void set_number(struct property_entry *properties, const char *name,
		       u32 value)
{
	while (properties->name && strcmp(properties->name, name))
		properties++;
	*properties = PROPERTY_ENTRY_U32(name, value);
}

static void override(struct property_entry *properties)
{
	const struct {
		const char *name;
		u32 value;
	} numbers[] = {
		{ "oscan,max-speed-sps", max_speed_sps },
		{ "oscan,max-accel-sps2", max_accel_sps2 },
		{ "oscan,start-stop-rate-fsps", start_stop_fsps },
		{ "oscan,pulse-high-ns", pulse_high_ns },
		{ "oscan,pulse-low-ns", pulse_low_ns },
		{ "oscan,dir-setup-ns", dir_setup_ns },
		{ "oscan,dir-hold-ns", dir_hold_ns },
		{ "oscan,enable-delay-ns", enable_delay_ns },
		{ "oscan,backlash-steps", backlash_steps },
		{ "oscan,idle-off-ms", idle_off_ms },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].value)
			set_number(properties, numbers[i].name,
				   numbers[i].value);
	if (catch_up_percent >= 0)
		set_number(properties, "oscan,catch-up-percent",
			   catch_up_percent);
	if (stop_debounce_us >= 0)
		set_number(properties, "oscan,stop-debounce-us",
			   stop_debounce_us);
}

int motor_device_init(struct rig *rig)
{
	struct platform_device_info info = {
		.parent = &rig->device->dev,
		.name = "oscan-motor",
		.id = PLATFORM_DEVID_NONE,
	};
	int ret;

	if (bare)
		return 0;
	if (triggers > ARRAY_SIZE(trigger_lines)) {
		pr_err("oscan_rig: triggers must be 0 to %zu, is %u\n",
		       ARRAY_SIZE(trigger_lines), triggers);
		return -EINVAL;
	}
	override(turntable_properties);
	override(rotor_properties);
	choose_lines();
	add_names();
	if (stops > STOPS_FAST) {
		ret = slow_init(rig, stops == STOPS_SLOW);
		if (ret)
			return ret;
	}
	ret = software_node_register_node_group(nodes);
	if (ret)
		goto err_slow;
	info.fwnode = software_node_fwnode(&motor_node);
	gpiod_add_lookup_table(&gpios);
	motor_device = platform_device_register_full(&info);
	if (!IS_ERR(motor_device))
		return 0;
	gpiod_remove_lookup_table(&gpios);
	software_node_unregister_node_group(nodes);
	ret = PTR_ERR(motor_device);
err_slow:
	if (stops > STOPS_FAST)
		slow_exit(rig);
	return ret;
}

void motor_device_exit(struct rig *rig)
{
	if (bare)
		return;
	platform_device_unregister(motor_device);
	gpiod_remove_lookup_table(&gpios);
	software_node_unregister_node_group(nodes);
	if (stops > STOPS_FAST)
		slow_exit(rig);
}
