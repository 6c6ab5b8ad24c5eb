// SPDX-License-Identifier: GPL-2.0
/*
 * What firmware says of the axes: device tree on a board, software nodes and
 * a gpio lookup table elsewhere. The binding is
 * dts-overlays/oscan,motor.yaml.
 */
#include <linux/math64.h>
#include <linux/property.h>
#include <linux/string.h>

#include "motor.h"

#define LINE_NAME_LEN	(OSCAN_NAME_LEN + sizeof("-max-stop"))

struct number {
	const char *name;
	size_t offset;		/* of a u32 in struct oscan_axis_info */
	u32 preset;
	u32 min;
	u32 max;
};

#define NUMBER(_name, _field, _preset, _min, _max)			\
	{								\
		.name = _name,						\
		.offset = offsetof(struct oscan_axis_info, _field),	\
		.preset = _preset,					\
		.min = _min,						\
		.max = _max,						\
	}

static const struct number numbers[] = {
	NUMBER("oscan,full-steps-per-turn", full_steps_per_turn,
	       200, 1, 100000),
	NUMBER("oscan,microsteps", microsteps, 16, 1, 1024),
	NUMBER("oscan,start-stop-rate-fsps", start_stop_rate_fsps,
	       100, 1, 1000),
	NUMBER("oscan,pulse-high-ns", pulse_high_ns, 2500, 100, 10000000),
	NUMBER("oscan,pulse-low-ns", pulse_low_ns, 2500, 100, 10000000),
	NUMBER("oscan,dir-setup-ns", dir_setup_ns, 5000, 0, 10000000),
	NUMBER("oscan,dir-hold-ns", dir_hold_ns, 5000, 0, 10000000),
	NUMBER("oscan,enable-delay-ns", enable_delay_ns,
	       1000000, 0, 4000000000U),
	NUMBER("oscan,catch-up-percent", catch_up_percent, 10, 0, 50),
	NUMBER("oscan,stop-debounce-us", stop_debounce_us, 5000, 0, 1000000),
	NUMBER("oscan,idle-off-ms", idle_off_ms, 0, 0, 86400000),
};

static int read_number(struct device *dev, struct fwnode_handle *node,
		       const struct number *number, u32 *value)
{
	*value = number->preset;
	fwnode_property_read_u32(node, number->name, value);
	if (*value < number->min || *value > number->max)
		return dev_err_probe(dev, -EINVAL,
				     "%s of %pfwP must be %u to %u, is %u\n",
				     number->name, node, number->min,
				     number->max, *value);
	return 0;
}

static int read_numbers(struct device *dev, struct fwnode_handle *node,
			struct oscan_axis_info *info)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		ret = read_number(dev, node, &numbers[i],
				  (void *)info + numbers[i].offset);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_scale(struct device *dev, struct fwnode_handle *node,
		      struct oscan_axis_info *info)
{
	u32 ratio[2] = { 1, 1 };
	u32 travel = 0;

	fwnode_property_read_u32_array(node, "oscan,gear-ratio", ratio, 2);
	if (!ratio[0] || !ratio[1])
		return dev_err_probe(dev, -EINVAL,
				     "oscan,gear-ratio of %pfwP has a zero\n",
				     node);
	info->gear_num = ratio[0];
	info->gear_den = ratio[1];
	info->unit = OSCAN_UNIT_DEGREE;
	if (fwnode_property_read_u32(node, "oscan,travel-per-turn-nm",
				     &travel))
		return 0;
	if (!travel)
		return dev_err_probe(dev, -EINVAL,
				     "oscan,travel-per-turn-nm of %pfwP is zero\n",
				     node);
	info->unit = OSCAN_UNIT_MILLIMETRE;
	info->travel_per_turn_nm = travel;
	return 0;
}

/* The pulse must fit into the shortest interval that may come. */
static u32 fastest_pulses(const struct oscan_axis_info *info)
{
	u64 pulse_ns = info->pulse_high_ns + info->pulse_low_ns;

	return div64_u64((u64)NSEC_PER_SEC * (100 - info->catch_up_percent),
			 100 * pulse_ns);
}

static int read_speeds(struct device *dev, struct fwnode_handle *node,
		       struct oscan_axis_info *info)
{
	const struct number speed = { "oscan,max-speed-sps", 0, 5000,
				      1, 1000000 };
	const struct number accel = { "oscan,max-accel-sps2", 0, 5000,
				      1, 100000000 };
	u32 value;
	int ret;

	ret = read_number(dev, node, &speed, &value);
	if (ret)
		return ret;
	if (value > fastest_pulses(info))
		return dev_err_probe(dev, -EINVAL,
				     "oscan,max-speed-sps of %pfwP is %u; with its oscan,pulse-high-ns, oscan,pulse-low-ns and oscan,catch-up-percent it must be at most %u\n",
				     node, value, fastest_pulses(info));
	info->max_speed_sps_q44 = value * OSCAN_SPEED_ONE;
	ret = read_number(dev, node, &accel, &value);
	if (ret)
		return ret;
	info->max_accel_sps2_q32 = value * OSCAN_ACCEL_ONE;
	if ((u64)info->start_stop_rate_fsps * info->microsteps > 1000000)
		return dev_err_probe(dev, -EINVAL,
				     "the start-stop rate of %pfwP is above 1000000 microsteps/s\n",
				     node);
	return 0;
}

/* Positions are signed; device tree keeps them in a u32. */
static bool read_position(struct fwnode_handle *node, const char *name,
			  s64 *position)
{
	u32 value;

	if (fwnode_property_read_u32(node, name, &value))
		return false;
	*position = (s32)value;
	return true;
}

/* Positive: approached upwards. */
static int read_backlash(struct device *dev, struct fwnode_handle *node,
			 struct oscan_axis_info *info)
{
	s64 steps = 0;

	read_position(node, "oscan,backlash-steps", &steps);
	if (steps > 1000000 || steps < -1000000)
		return dev_err_probe(dev, -EINVAL,
				     "oscan,backlash-steps of %pfwP must be -1000000 to 1000000, is %lld\n",
				     node, steps);
	info->backlash_steps = steps;
	return 0;
}

static int read_limits(struct device *dev, struct fwnode_handle *node,
		       struct oscan_axis_info *info)
{
	bool min = read_position(node, "oscan,limit-min-steps",
				 &info->limit_min);
	bool max = read_position(node, "oscan,limit-max-steps",
				 &info->limit_max);

	if (fwnode_property_read_bool(node, "oscan,wraps"))
		info->flags |= OSCAN_AXIS_WRAPS;
	if (!min && !max)
		return 0;
	if (!min || !max || info->limit_min >= info->limit_max)
		return dev_err_probe(dev, -EINVAL,
				     "%pfwP needs both soft limits, the lower one first\n",
				     node);
	if (info->flags & OSCAN_AXIS_WRAPS)
		return dev_err_probe(dev, -EINVAL,
				     "%pfwP wraps and has soft limits: choose one\n",
				     node);
	info->flags |= OSCAN_AXIS_HAS_LIMITS;
	return 0;
}

static int read_name(struct device *dev, struct fwnode_handle *node,
		     struct controller *controller, struct axis *axis)
{
	const char *name = fwnode_get_name(node);
	struct axis *other;

	fwnode_property_read_string(node, "label", &name);
	if (!name || strscpy(axis->info.name, name, OSCAN_NAME_LEN) <= 0)
		return dev_err_probe(dev, -EINVAL,
				     "label of %pfwP must have 1 to %d letters\n",
				     node, OSCAN_NAME_LEN - 1);
	for (other = controller->axes; other != axis; other++)
		if (!strcmp(other->info.name, axis->info.name))
			return dev_err_probe(dev, -EINVAL,
					     "two axes are called %s\n",
					     axis->info.name);
	return 0;
}

/* NULL for a line that is not there. */
static struct gpio_desc *get_line(struct device *dev,
				  struct fwnode_handle *node,
				  const char *axis, const char *function,
				  enum gpiod_flags flags)
{
	char property[16], name[LINE_NAME_LEN];
	struct gpio_desc *line;

	snprintf(property, sizeof(property), "%s-gpios", function);
	snprintf(name, sizeof(name), "%s-%s", axis, function);
	if (!fwnode_property_present(node, property))
		return devm_gpiod_get_optional(dev, name, flags);
	line = devm_fwnode_gpiod_get(dev, node, function, flags, name);
	return line == ERR_PTR(-ENOENT) ? NULL : line;
}

static int get_fast_line(struct device *dev, struct fwnode_handle *node,
			 const char *axis, const char *function,
			 struct gpio_desc **line)
{
	*line = get_line(dev, node, axis, function, GPIOD_OUT_LOW);
	if (!*line)
		*line = ERR_PTR(-ENOENT);
	if (IS_ERR(*line))
		return dev_err_probe(dev, PTR_ERR(*line),
				     "axis %s has no usable %s line\n",
				     axis, function);
	if (gpiod_cansleep(*line))
		return dev_err_probe(dev, -EINVAL,
				     "%s line of axis %s is on a gpio chip that sleeps; steps need one that does not\n",
				     function, axis);
	return 0;
}

static int get_enable(struct device *dev, struct fwnode_handle *node,
		      struct axis *axis)
{
	const char *name = axis->info.name;

	axis->enable_line = get_line(dev, node, name, "enable", GPIOD_OUT_LOW);
	if (IS_ERR(axis->enable_line))
		return dev_err_probe(dev, PTR_ERR(axis->enable_line),
				     "enable line of axis %s\n", name);
	if (axis->enable_line)
		axis->info.flags |= OSCAN_AXIS_HAS_ENABLE;
	else if (axis->controller->shared_enable)
		axis->info.flags |= OSCAN_AXIS_HAS_ENABLE |
				    OSCAN_AXIS_SHARED_ENABLE;
	else if (axis->info.idle_off_ms)
		return dev_err_probe(dev, -EINVAL,
				     "oscan,idle-off-ms of axis %s needs an enable line\n",
				     name);
	return 0;
}

static int check_stop(struct device *dev, struct axis *axis,
		      struct endstop *stop, struct gpio_desc *line, u32 flag)
{
	if (IS_ERR(line))
		return dev_err_probe(dev, PTR_ERR(line),
				     "end stop lines of axis %s\n",
				     axis->info.name);
	if (!line)
		return 0;
	stop->line = line;
	stop->slow = gpiod_cansleep(line);
	axis->info.flags |= flag;
	return 0;
}

static int get_stops(struct device *dev, struct fwnode_handle *node,
		     struct axis *axis)
{
	const char *name = axis->info.name;
	int ret;

	ret = check_stop(dev, axis, &axis->stops[SIDE_MIN],
			 get_line(dev, node, name, "min-stop", GPIOD_IN),
			 OSCAN_AXIS_HAS_MIN_STOP);
	if (ret)
		return ret;
	return check_stop(dev, axis, &axis->stops[SIDE_MAX],
			  get_line(dev, node, name, "max-stop", GPIOD_IN),
			  OSCAN_AXIS_HAS_MAX_STOP);
}

static int get_lines(struct device *dev, struct fwnode_handle *node,
		     struct axis *axis)
{
	const char *name = axis->info.name;
	int ret;

	ret = get_fast_line(dev, node, name, "step", &axis->step);
	if (!ret)
		ret = get_fast_line(dev, node, name, "dir", &axis->dir);
	if (!ret)
		ret = get_enable(dev, node, axis);
	if (!ret)
		ret = get_stops(dev, node, axis);
	return ret;
}

static int read_axis(struct controller *controller,
		     struct fwnode_handle *node, struct axis *axis)
{
	struct device *dev = controller->dev;
	int ret;

	axis->controller = controller;
	axis->info.axis = controller->n_axes;
	ret = read_name(dev, node, controller, axis);
	if (!ret)
		ret = read_numbers(dev, node, &axis->info);
	if (!ret)
		ret = read_scale(dev, node, &axis->info);
	if (!ret)
		ret = read_speeds(dev, node, &axis->info);
	if (!ret)
		ret = read_limits(dev, node, &axis->info);
	if (!ret)
		ret = read_backlash(dev, node, &axis->info);
	if (ret)
		return ret;
	read_position(node, "oscan,initial-position-steps",
		      &axis->initial_position);
	return get_lines(dev, node, axis);
}

/* Lines of the controller itself: those of @function, and their names. */
struct line_list {
	const char *function;
	enum gpiod_flags flags;
	unsigned int most;
	unsigned int count;
	struct gpio_desc *lines[OSCAN_MAX_TRIGGERS];
	const char *names[OSCAN_MAX_TRIGGERS];
};

static_assert(OSCAN_MAX_TRIGGERS >= OSCAN_MAX_CAPTURES);

static int get_line_list(struct device *dev, struct line_list *list)
{
	struct gpio_desc *line;

	for (;;) {
		line = devm_gpiod_get_index_optional(dev, list->function,
						     list->count, list->flags);
		if (IS_ERR(line))
			return dev_err_probe(dev, PTR_ERR(line),
					     "%s line %u\n", list->function,
					     list->count);
		if (!line)
			return 0;
		if (list->count == list->most)
			return dev_err_probe(dev, -EINVAL,
					     "more than %u %s lines\n",
					     list->most, list->function);
		if (gpiod_cansleep(line))
			return dev_err_probe(dev, -EINVAL,
					     "%s line %u is on a gpio chip that sleeps; it needs one that does not\n",
					     list->function, list->count);
		list->lines[list->count++] = line;
	}
}

static int name_line(struct device *dev, const struct line_list *list,
		     unsigned int line, char *name)
{
	unsigned int other;

	if (!list->names[line]) {
		snprintf(name, OSCAN_NAME_LEN, "%s-%u", list->function, line);
		return 0;
	}
	for (other = 0; other < line; other++)
		if (!strcmp(list->names[other], list->names[line]))
			return dev_err_probe(dev, -EINVAL,
					     "two %s lines are called %s\n",
					     list->function,
					     list->names[line]);
	if (strscpy(name, list->names[line], OSCAN_NAME_LEN) <= 0)
		return dev_err_probe(dev, -EINVAL,
				     "names of %s lines must have 1 to %d letters\n",
				     list->function, OSCAN_NAME_LEN - 1);
	return 0;
}

static int read_line_list(struct device *dev, struct line_list *list)
{
	char property[16];
	int ret, names;

	ret = get_line_list(dev, list);
	if (ret)
		return ret;
	snprintf(property, sizeof(property), "%s-names", list->function);
	if (!device_property_present(dev, property))
		return 0;
	names = device_property_string_array_count(dev, property);
	if (names != list->count)
		return dev_err_probe(dev, -EINVAL,
				     "%s has %d names for %u lines\n",
				     property, names, list->count);
	ret = device_property_read_string_array(dev, property, list->names,
						names);
	return ret < 0 ? ret : 0;
}

static int read_triggers(struct controller *controller)
{
	struct line_list list = {
		.function = "trigger",
		.flags = GPIOD_OUT_LOW,
		.most = OSCAN_MAX_TRIGGERS,
	};
	struct trigger *trigger = controller->triggers;
	unsigned int i;
	int ret;

	ret = read_line_list(controller->dev, &list);
	for (i = 0; !ret && i < list.count; i++, trigger++) {
		trigger->controller = controller;
		trigger->line = list.lines[i];
		trigger->state.line = i;
		ret = name_line(controller->dev, &list, i,
				trigger->state.name);
	}
	controller->n_triggers = list.count;
	return ret;
}

static int read_captures(struct controller *controller)
{
	struct line_list list = {
		.function = "capture",
		.flags = GPIOD_IN,
		.most = OSCAN_MAX_CAPTURES,
	};
	struct capture *capture = controller->captures;
	unsigned int i;
	int ret;

	ret = read_line_list(controller->dev, &list);
	for (i = 0; !ret && i < list.count; i++, capture++) {
		capture->controller = controller;
		capture->line = list.lines[i];
		capture->state.line = i;
		ret = name_line(controller->dev, &list, i,
				capture->state.name);
	}
	controller->n_captures = list.count;
	return ret;
}

int controller_read_props(struct controller *controller)
{
	struct device *dev = controller->dev;
	struct fwnode_handle *node;
	int ret;

	ret = read_triggers(controller);
	if (!ret)
		ret = read_captures(controller);
	if (ret)
		return ret;

	controller->shared_enable = devm_gpiod_get_optional(dev, "enable",
							    GPIOD_OUT_LOW);
	if (IS_ERR(controller->shared_enable))
		return dev_err_probe(dev, PTR_ERR(controller->shared_enable),
				     "shared enable line\n");
	device_for_each_child_node(dev, node) {
		if (controller->n_axes == OSCAN_MAX_AXES) {
			fwnode_handle_put(node);
			return dev_err_probe(dev, -EINVAL,
					     "more than %d axes\n",
					     OSCAN_MAX_AXES);
		}
		ret = read_axis(controller, node,
				&controller->axes[controller->n_axes]);
		if (ret) {
			fwnode_handle_put(node);
			return ret;
		}
		controller->n_axes++;
	}
	if (!controller->n_axes)
		return dev_err_probe(dev, -ENODEV, "firmware names no axis\n");
	return 0;
}
