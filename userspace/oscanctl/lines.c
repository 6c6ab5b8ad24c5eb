// SPDX-License-Identifier: GPL-2.0-or-later
/* What trigger and capture lines have in common. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

static void list_names(struct oscan_motor *motor, const struct line_kind *kind,
		       char *text, size_t size)
{
	char name[OSCAN_NAME_LEN];
	size_t length = 0;
	unsigned int line;

	*text = '\0';
	for (line = 0; length < size && !kind->name(motor, line, name); line++)
		length += snprintf(text + length, size - length, "%s%s",
				   line ? ", " : "", name);
}

int line_find(struct oscan_motor *motor, const struct line_kind *kind,
	      const char *name)
{
	char names[OSCAN_MAX_TRIGGERS * (OSCAN_NAME_LEN + 2)];
	int line = kind->find(motor, name);

	if (line >= 0)
		return line;
	if (errno != ENXIO) {
		line_fail(motor, "find the line", errno);
		return -1;
	}
	list_names(motor, kind, names, sizeof(names));
	if (*names)
		fail("no %s line \"%s\"; this machine has %s", kind->what,
		     name, names);
	else
		fail("no %s line \"%s\"; this machine has none, give it some with %s in its device tree",
		     kind->what, name, kind->property);
	return -1;
}

static int cannot_read(struct oscan_motor *motor, const struct line_kind *kind)
{
	char wanted[64];
	int error = errno;

	snprintf(wanted, sizeof(wanted), "read the %s lines", kind->what);
	return line_fail(motor, wanted, error);
}

int line_show(struct oscan_motor *motor, const struct line_kind *kind,
	      unsigned int line, bool json)
{
	json_t *object;

	if (kind->show(motor, line, json ? &object : NULL))
		return cannot_read(motor, kind);
	return json ? print_json(object) : EXIT_SUCCESS;
}

int line_show_all(struct oscan_motor *motor, const struct line_kind *kind,
		  bool json)
{
	json_t *array = json ? json_array() : NULL, *object;
	unsigned int line;

	for (line = 0; !kind->show(motor, line, json ? &object : NULL); line++)
		if (json)
			json_array_append_new(array, object);
	if (errno != ENXIO) {
		json_decref(array);
		return cannot_read(motor, kind);
	}
	if (json)
		return print_json(json_pack("{s:o}", "lines", array));
	if (!line)
		printf("no %s lines: give the machine some with %s in its device tree\n",
		       kind->what, kind->property);
	return EXIT_SUCCESS;
}

static double unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].name))
			return units[i].ns;
	return 0;
}

int line_time(const char *what, const char *text, double least, double most,
	      uint32_t *ns)
{
	char *end;
	double value = strtod(text, &end);
	double unit = unit_ns(end);

	if (end == text || strpbrk(text, "xX") || !unit || !isfinite(value))
		return wrong_usage("%s: wanted a time such as 50us or 2ms, found \"%s\"",
				   what, text);
	value *= unit;
	if (value < least || value > most)
		return wrong_usage("%s: wanted %gus to %gs, found \"%s\"",
				   what, least / 1e3, most / 1e9, text);
	*ns = rint(value);
	return 0;
}

int line_number(const char *what, const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (!errno && *number && !*end && *text != '-')
		return 0;
	return wrong_usage("%s: wanted a whole number above zero, found \"%s\"",
			   what, text);
}

/* Of another program's control, or of a pulse that has not ended. */
static int fail_busy(struct oscan_motor *motor, const char *wanted)
{
	struct oscan_state state;

	if (oscan_motor_state(motor, 0, &state) ||
	    ((state.flags & OSCAN_STATE_CONTROLLED) &&
	     !(state.flags & OSCAN_STATE_MINE)))
		return machine_fail(motor, 0, wanted, EBUSY);
	return fail("wanted to %s, found it still active from the pulse before; wait until that has ended",
		    wanted);
}

int line_fail(struct oscan_motor *motor, const char *wanted, int error)
{
	switch (error) {
	case EBUSY:
		return fail_busy(motor, wanted);
	case EOPNOTSUPP:
		return fail("wanted to %s, found that the line does not interrupt at these edges; try other ones",
			    wanted);
	case EOVERFLOW:
		return fail("wanted to %s, found a position beyond 2^53 microsteps; ask for fewer or nearer ones",
			    wanted);
	case EUSERS:
		return fail("wanted to %s, found %d programs that wait for events already; end one of them",
			    wanted, OSCAN_EVENT_FILES);
	default:
		return machine_fail(motor, 0, wanted, error);
	}
}

json_t *line_places(struct oscan_motor *motor, const __s64 *positions)
{
	json_t *places = json_object();
	unsigned int axis;

	for (axis = 0; axis < oscan_motor_info(motor)->axes; axis++)
		json_object_set_new(places,
				    oscan_motor_axis_info(motor, axis)->name,
				    json_integer(positions[axis]));
	return places;
}
