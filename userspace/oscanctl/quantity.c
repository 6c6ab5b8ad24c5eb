// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers with a unit, from the command line to microsteps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

static const char *const behind_unit[] = {
	[QUANTITY_POSITION] = "",
	[QUANTITY_SPEED] = "/s",
	[QUANTITY_ACCEL] = "/s2",
	[QUANTITY_JERK] = "/s3",
};

static bool is_unit(const char *text, enum quantity_kind kind)
{
	static const char *const units[] = { "deg", "mm", "turn" };
	size_t i, length;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		length = strlen(units[i]);
		if (!strncmp(text, units[i], length))
			return !strcmp(text + length, behind_unit[kind]);
	}
	return false;
}

static bool in_turns(const struct quantity *quantity)
{
	return !strncmp(quantity->unit, "turn", 4);
}

int quantity_parse(const char *what, const char *text,
		   enum quantity_kind kind, struct quantity *quantity)
{
	char *end;

	quantity->kind = kind;
	quantity->text = text;
	quantity->value = strtod(text, &end);
	quantity->unit = end;
	/* strtod(3) takes hexadecimal too, which nobody means here. */
	if (end == text || strpbrk(text, "xX"))
		return wrong_usage("%s: wanted a number, found \"%s\"", what,
				   text);
	if (*end && !is_unit(end, kind))
		return wrong_usage("%s: wanted a number, alone or with deg%s, mm%s or turn%s behind it, found \"%s\"",
				   what, behind_unit[kind], behind_unit[kind],
				   behind_unit[kind], text);
	if (!isfinite(quantity->value))
		return wrong_usage("%s: wanted a finite number, found \"%s\"",
				   what, text);
	if (kind != QUANTITY_POSITION && quantity->value <= 0)
		return wrong_usage("%s: wanted more than zero, found \"%s\"",
				   what, text);
	return 0;
}

int quantity_steps(const char *what, const struct quantity *quantity,
		   const struct oscan_axis_info *axis, bool in_steps,
		   double *steps)
{
	const char *behind = behind_unit[quantity->kind];
	const char *unit = oscan_axis_unit_name(axis);

	*steps = quantity->value;
	if (in_turns(quantity))
		*steps *= oscan_axis_steps_per_turn(axis);
	else if (!in_steps)
		*steps *= oscan_axis_steps_per_unit(axis);
	if (!*quantity->unit)
		return 0;
	if (in_steps)
		return wrong_usage("%s: wanted a number of microsteps without a unit, found \"%s\"",
				   what, quantity->text);
	if (in_turns(quantity) ||
	    !strncmp(quantity->unit, unit, strlen(unit)))
		return 0;
	return wrong_usage("%s: wanted %s%s, the unit of %s, found \"%s\"",
			   what, unit, behind, axis->name, quantity->text);
}

int quantity_position(const char *what, const struct quantity *quantity,
		      const struct oscan_axis_info *axis, bool in_steps,
		      int64_t *steps)
{
	double exact;

	if (quantity_steps(what, quantity, axis, in_steps, &exact))
		return EXIT_USAGE;
	if (in_steps && exact != rint(exact))
		return wrong_usage("%s: wanted whole microsteps, found \"%s\"",
				   what, quantity->text);
	if (fabs(exact) > (double)OSCAN_POSITION_LIMIT)
		return wrong_usage("%s: wanted at most 2^53 microsteps, found \"%s\"",
				   what, quantity->text);
	*steps = llrint(exact);
	return 0;
}

uint64_t quantity_fixed(const char *what, const struct quantity *quantity,
			const struct oscan_axis_info *axis, bool in_steps,
			int *status)
{
	double steps;

	if (*status || !quantity->text)
		return 0;
	*status = quantity_steps(what, quantity, axis, in_steps, &steps);
	if (*status)
		return 0;
	switch (quantity->kind) {
	case QUANTITY_SPEED:
		return oscan_speed_from_double(steps);
	case QUANTITY_JERK:
		return oscan_jerk_from_double(steps);
	default:
		return oscan_accel_from_double(steps);
	}
}
