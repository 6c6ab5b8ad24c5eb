// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl calibrate: the scale of an axis from a travel that was measured. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

/* So near to a power of two the microsteps are what is wrong. */
#define NEAR_POWER 0.02

enum {
	OPTION_COMMANDED = OPTION_OWN,
	OPTION_MEASURED,
};

static const struct option_text option_texts[] = {
	{ "commanded", OPTION_COMMANDED, "X", "travel that the axis was told to make" },
	{ "measured", OPTION_MEASURED, "Y", "travel that it made" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "calibrate",
	.operands = "AXIS",
	.least = 1,
	.most = 1,
	.text = "Work out the scale of an axis from a known travel; moves and changes nothing.",
	.options = option_texts,
};

/* What came of it: the axis as it should be described. */
struct result {
	const struct oscan_axis_info *now;
	struct oscan_axis_info exact;	/* exactly what was measured */
	struct oscan_axis_info simple;	/* within its last digit */
	double factor;			/* commanded / measured */
};

/*
 * Half a unit of the last digit that was typed, as a share of the number:
 * 0.05 of 358.2, and of 3.582e2 as well.
 */
static double tolerance_of(const struct quantity *measured)
{
	const char *point = strchr(measured->text, '.');
	const char *tens = strpbrk(measured->text, "eE");
	double last = 0;

	if (point)
		last -= strspn(point + 1, "0123456789");
	/* The unit may have that letter, too. */
	if (tens && tens < measured->unit)
		last += atoi(tens + 1);
	return fmin(0.5 * pow(10, last) / fabs(measured->value), 0.5);
}

static bool is_linear(const struct oscan_axis_info *axis)
{
	return axis->unit == OSCAN_UNIT_MILLIMETRE;
}

/* "oscan,gear-ratio = <40 3>;" as an overlay has it. */
static const char *property(const struct oscan_axis_info *axis,
			    char text[MACHINE_TEXT_LEN])
{
	if (is_linear(axis))
		snprintf(text, MACHINE_TEXT_LEN,
			 "oscan,travel-per-turn-nm = <%llu>;",
			 (unsigned long long)axis->travel_per_turn_nm);
	else
		snprintf(text, MACHINE_TEXT_LEN, "oscan,gear-ratio = <%u %u>;",
			 axis->gear_num, axis->gear_den);
	return text;
}

static bool same_scale(const struct oscan_axis_info *one,
		       const struct oscan_axis_info *other)
{
	return one->gear_num == other->gear_num &&
	       one->gear_den == other->gear_den &&
	       one->travel_per_turn_nm == other->travel_per_turn_nm;
}

/* The microsteps that the motor driver has, if that explains it; else 0. */
static unsigned int other_microsteps(const struct result *result)
{
	double power = rint(log2(result->factor));
	double microsteps = result->now->microsteps * exp2(power);

	if (!power || fabs(result->factor / exp2(power) - 1) > NEAR_POWER)
		return 0;
	return microsteps >= 1 && microsteps <= 1024 &&
	       microsteps == rint(microsteps) ? microsteps : 0;
}

static void print_limits(const struct result *result)
{
	char before[MACHINE_TEXT_LEN], after[MACHINE_TEXT_LEN];

	if (!(result->now->flags & OSCAN_AXIS_HAS_LIMITS))
		return;
	printf("The soft limits are in microsteps and stay where they are; what was called\n%s is then %s.\n",
	       machine_limits(result->now, before),
	       machine_limits(&result->exact, after));
}

static void print_result(const struct result *result)
{
	const struct oscan_axis_info *now = result->now;
	char text[MACHINE_TEXT_LEN];
	unsigned int microsteps = other_microsteps(result);

	printf("%s makes %.6g %s for each %s that it is told to\n", now->name,
	       1 / result->factor, oscan_axis_unit_name(now),
	       oscan_axis_unit_name(now));
	if (same_scale(now, &result->exact)) {
		printf("Its scale is right: %s\n", property(now, text));
		return;
	}
	printf("In the overlay, in the node of %s, replace\n    %s\n",
	       now->name, property(now, text));
	printf("by\n    %s\n", property(&result->exact, text));
	if (!same_scale(&result->simple, &result->exact))
		printf("or, as near as was measured, by\n    %s\n",
		       property(&result->simple, text));
	if (microsteps)
		printf("Look at the switches of its motor driver first: set to %u microsteps it does\nthe same, and then the property to change is\n    oscan,microsteps = <%u>;\n",
		       microsteps, microsteps);
	print_limits(result);
}

static json_t *scale_json(const struct oscan_axis_info *axis)
{
	char text[MACHINE_TEXT_LEN];

	return json_pack("{s:s, s:I, s:I, s:I, s:f}",
			 "property", property(axis, text),
			 "gear_num", (json_int_t)axis->gear_num,
			 "gear_den", (json_int_t)axis->gear_den,
			 "travel_per_turn_nm",
			 (json_int_t)axis->travel_per_turn_nm,
			 "steps_per_unit", oscan_axis_steps_per_unit(axis));
}

static json_t *result_json(const struct result *result)
{
	unsigned int microsteps = other_microsteps(result);

	return json_pack("{s:s, s:s, s:f, s:b, s:o, s:o, s:o, s:o}",
			 "axis", result->now->name,
			 "unit", oscan_axis_unit_name(result->now),
			 "made_per_unit", 1 / result->factor,
			 "right", same_scale(result->now, &result->exact),
			 "now", scale_json(result->now),
			 "exact", scale_json(&result->exact),
			 "simplest", scale_json(&result->simple),
			 "microsteps", microsteps ? json_integer(microsteps) :
						    json_null());
}

static int calibrate(const struct oscan_axis_info *axis,
		     const struct quantity *commanded,
		     const struct quantity *measured, bool json)
{
	struct result result = { .now = axis };
	double told, made;

	if (quantity_steps("--commanded", commanded, axis, false, &told) ||
	    quantity_steps("--measured", measured, axis, false, &made))
		return EXIT_USAGE;
	result.factor = told / made;
	if (oscan_axis_calibrate(axis, told, made, 0, &result.exact) ||
	    oscan_axis_calibrate(axis, told, made, tolerance_of(measured),
				 &result.simple)) {
		if (errno != EINVAL)
			return fail("wanted the scale of %s, found that %s for %s is no possible one; check both numbers",
				    axis->name, measured->text,
				    commanded->text);
		if (result.factor < 0)
			return fail("wanted --commanded and --measured of the same sign, found %s and %s; an axis that turns the wrong way needs the other polarity of its dir-gpios in the overlay",
				    commanded->text, measured->text);
		return fail("wanted a --commanded and a --measured that are not zero, found %s and %s; move the axis as far as it can go",
			    commanded->text, measured->text);
	}
	if (json)
		return print_json(result_json(&result));
	print_result(&result);
	return EXIT_SUCCESS;
}

static int run(struct oscan_motor *motor, const char *name,
	       const struct quantity *commanded,
	       const struct quantity *measured, bool json)
{
	int axis = machine_axis(motor, name);

	if (axis < 0)
		return EXIT_FAILURE;
	return calibrate(oscan_motor_axis_info(motor, axis), commanded,
			 measured, json);
}

int cmd_calibrate(int argc, char **argv)
{
	struct quantity commanded = { .text = NULL };
	struct quantity measured = { .text = NULL };
	struct oscan_motor *motor;
	struct options options;
	int status = 0, key;

	options_begin(&options, &usage, argc, argv);
	while (!status && (key = options_next(&options)) > 0)
		status = key == OPTION_COMMANDED ?
			 quantity_parse("--commanded", options.value,
					QUANTITY_POSITION, &commanded) :
			 quantity_parse("--measured", options.value,
					QUANTITY_POSITION, &measured);
	if (status)
		return status;
	if (key < 0)
		return options.status;
	if (!commanded.text || !measured.text)
		return wrong_usage("wanted --commanded and --measured, found %s",
				   commanded.text || measured.text ?
				   "one of them only" : "neither");
	motor = machine_open(options.device, false);
	if (!motor)
		return EXIT_FAILURE;
	status = run(motor, argv[1], &commanded, &measured, options.json);
	oscan_motor_close(motor);
	return status;
}
