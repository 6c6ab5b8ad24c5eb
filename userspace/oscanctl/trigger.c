// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl trigger: lines that pulse where an axis passes, or now. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

#define MOST_PLACES	64
#define WIDTH_NS	100000
/* Of the last place, microsteps: less is the rounding of a double. */
#define LEAST_ERROR	1e-3

enum {
	OPTION_AT = OPTION_OWN,
	OPTION_START,
	OPTION_EVERY,
	OPTION_NUMBER,
	OPTION_DIRECTION,
	OPTION_WIDTH,
	OPTION_STEPS,
	OPTION_PULSE,
	OPTION_OFF,
};

static const struct option_text option_texts[] = {
	{ "at", OPTION_AT, "POSITION",
	  "pulse there; may be repeated, then one after the other" },
	{ "every", OPTION_EVERY, "DISTANCE",
	  "pulse again and again, so far apart" },
	{ "start", OPTION_START, "POSITION", "first pulse of --every" },
	{ "number", OPTION_NUMBER, "N",
	  "pulses of --every, without end if not given" },
	{ "direction", OPTION_DIRECTION, "WAY",
	  "only going up or down; both if not given" },
	{ "width", OPTION_WIDTH, "TIME",
	  "length of a pulse, 100us if not given" },
	{ "steps", OPTION_STEPS, NULL, "positions are in microsteps" },
	{ "pulse", OPTION_PULSE, NULL, "pulse LINE once, now" },
	{ "off", OPTION_OFF, NULL, "no further pulse" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "trigger",
	.operands = "[LINE [AXIS]]",
	.least = 0,
	.most = 2,
	.text = "Have LINE pulse where AXIS passes positions, or show the lines.",
	.options = option_texts,
};

/* As asked for; quantities are parsed when the axis is known. */
struct order {
	const char *line;
	const char *axis;
	const char *at[MOST_PLACES];
	unsigned int places;
	const char *every;
	const char *start;
	uint64_t number;
	uint32_t flags;
	uint32_t width_ns;
	bool in_steps;
	bool pulse;
	bool off;
};

static const char *status_name(uint32_t status)
{
	static const char *const names[] = {
		[OSCAN_TRIGGER_IDLE] = "idle",
		[OSCAN_TRIGGER_ARMED] = "armed",
		[OSCAN_TRIGGER_DONE] = "done",
		[OSCAN_TRIGGER_REBASED] = "rebased",
	};

	return status < 5 && names[status] ? names[status] : "unknown";
}

static const char *mode_name(uint32_t mode)
{
	static const char *const names[] = {
		[OSCAN_TRIGGER_OFF] = "off",
		[OSCAN_TRIGGER_SINGLE] = "single",
		[OSCAN_TRIGGER_EVERY] = "every",
		[OSCAN_TRIGGER_LIST] = "list",
	};

	return mode < 5 && names[mode] ? names[mode] : "unknown";
}

static const char *way_name(uint32_t flags)
{
	switch (flags & (OSCAN_TRIGGER_UP | OSCAN_TRIGGER_DOWN)) {
	case OSCAN_TRIGGER_UP:
		return "up";
	case OSCAN_TRIGGER_DOWN:
		return "down";
	case OSCAN_TRIGGER_UP | OSCAN_TRIGGER_DOWN:
		return "both";
	default:
		return NULL;
	}
}

static const struct oscan_axis_info *
axis_of(struct oscan_motor *motor, const struct oscan_trigger *state)
{
	return state->mode == OSCAN_TRIGGER_OFF ? NULL :
	       oscan_motor_axis_info(motor, state->axis);
}

static json_t *state_json(struct oscan_motor *motor,
			  const struct oscan_trigger *state)
{
	const struct oscan_axis_info *axis = axis_of(motor, state);
	json_t *next = json_null(), *last = json_null();
	json_t *every = json_null();

	if (state->mode == OSCAN_TRIGGER_EVERY)
		every = json_integer(state->distance);
	if (state->status == OSCAN_TRIGGER_ARMED)
		next = json_integer(state->next);
	if (state->fired)
		last = json_integer(state->last_position);
	return json_pack("{s:s, s:s, s:s?, s:s, s:s?, s:I, s:o, s:o, s:I, s:I, s:o, s:I, s:I}",
			 "line", state->name,
			 "status", status_name(state->status),
			 "axis", axis ? axis->name : NULL,
			 "mode", mode_name(state->mode),
			 "direction", way_name(state->flags),
			 "width_ns", (json_int_t)state->width_ns,
			 "next_steps", next,
			 "every_steps", every,
			 "fired", (json_int_t)state->fired,
			 "missed", (json_int_t)state->missed,
			 "last_steps", last,
			 "last_ns", (json_int_t)state->last_ns,
			 "pulses_total", (json_int_t)state->pulses);
}

/* Behind the one that it waits for. */
static bool has_more(const struct oscan_trigger *state)
{
	return !state->number ||
	       state->fired + state->missed + 1 < state->number;
}

static void print_state(struct oscan_motor *motor,
			const struct oscan_trigger *state)
{
	const struct oscan_axis_info *axis = axis_of(motor, state);
	char text[MACHINE_TEXT_LEN];

	printf("%s: %s", state->name, status_name(state->status));
	if (state->status == OSCAN_TRIGGER_ARMED && axis)
		printf(", next where %s passes %s", axis->name,
		       machine_place(axis, state->next, text));
	if (state->status == OSCAN_TRIGGER_ARMED && axis && state->distance &&
	    has_more(state))
		printf(", then every %s",
		       machine_place(axis, state->distance, text));
	if (axis)
		printf("; %llu pulse%s of %g us, %llu missed",
		       (unsigned long long)state->fired,
		       state->fired == 1 ? "" : "s", state->width_ns / 1e3,
		       (unsigned long long)state->missed);
	putchar('\n');
}

static int show(struct oscan_motor *motor, unsigned int line, json_t **json)
{
	struct oscan_trigger state;

	if (oscan_trigger_get(motor, line, &state))
		return -1;
	if (json)
		*json = state_json(motor, &state);
	else
		print_state(motor, &state);
	return 0;
}

static int place(const char *what, const char *text, const struct order *order,
		 const struct oscan_axis_info *axis, __s64 *steps)
{
	struct quantity quantity;
	int64_t whole;

	if (quantity_parse(what, text, QUANTITY_POSITION, &quantity))
		return EXIT_USAGE;
	if (quantity_position(what, &quantity, axis, order->in_steps, &whole))
		return EXIT_USAGE;
	*steps = whole;
	return 0;
}

static int exact_place(const char *what, const char *text,
		       const struct order *order,
		       const struct oscan_axis_info *axis, double *steps)
{
	struct quantity quantity;

	if (quantity_parse(what, text, QUANTITY_POSITION, &quantity))
		return EXIT_USAGE;
	return quantity_steps(what, &quantity, axis, order->in_steps, steps);
}

static void set_list(struct oscan_trigger_set *set, const __s64 *places,
		     uint64_t count)
{
	set->mode = OSCAN_TRIGGER_LIST;
	set->number = count;
	set->positions = (uintptr_t)places;
}

/*
 * A distance that is no whole number of microsteps is not rounded once for
 * all, which would add up: each place is rounded by itself.
 */
static int fill_rounded(const struct order *order,
			const struct oscan_axis_info *axis, double distance,
			struct oscan_trigger_set *set, __s64 *places)
{
	double start;
	uint64_t i;

	if (order->number > OSCAN_TRIGGER_LIST_LIMIT)
		return wrong_usage("--number: wanted at most %d pulses at a distance that is no whole number of microsteps, found %llu",
				   OSCAN_TRIGGER_LIST_LIMIT,
				   (unsigned long long)order->number);
	if (exact_place("--start", order->start, order, axis, &start))
		return EXIT_USAGE;
	for (i = 0; i < order->number; i++)
		places[i] = llround(start + i * distance);
	set_list(set, places, order->number);
	return 0;
}

static int fill_every(const struct order *order,
		      const struct oscan_axis_info *axis,
		      struct oscan_trigger_set *set, __s64 *places)
{
	double distance, error;

	if (exact_place("--every", order->every, order, axis, &distance))
		return EXIT_USAGE;
	if (fabs(distance) < 1)
		return wrong_usage("--every: wanted at least a microstep, found \"%s\"",
				   order->every);
	error = fabs(distance - rint(distance)) * order->number;
	if (!order->in_steps && error > LEAST_ERROR)
		return fill_rounded(order, axis, distance, set, places);
	set->mode = OSCAN_TRIGGER_EVERY;
	set->number = order->number;
	return place("--start", order->start, order, axis, &set->start) ||
	       place("--every", order->every, order, axis, &set->distance) ?
	       EXIT_USAGE : 0;
}

/* One place is a single one. */
static int fill_places(const struct order *order,
		       const struct oscan_axis_info *axis,
		       struct oscan_trigger_set *set, __s64 *places)
{
	unsigned int i;

	for (i = 0; i < order->places; i++)
		if (place("--at", order->at[i], order, axis, &places[i]))
			return EXIT_USAGE;
	set->mode = OSCAN_TRIGGER_SINGLE;
	if (order->places == 1) {
		set->start = places[0];
		return 0;
	}
	set_list(set, places, order->places);
	return 0;
}

static int set_line(struct oscan_motor *motor, unsigned int line,
		    const struct order *order)
{
	struct oscan_trigger_set set = {
		.line = line,
		.flags = order->flags,
		.width_ns = order->width_ns,
	};
	static __s64 places[OSCAN_TRIGGER_LIST_LIMIT];
	const struct oscan_axis_info *axis;
	int number, status;
	char wanted[80];

	number = machine_axis(motor, order->axis);
	if (number < 0)
		return EXIT_FAILURE;
	set.axis = number;
	axis = oscan_motor_axis_info(motor, number);
	status = order->every ? fill_every(order, axis, &set, places) :
		 fill_places(order, axis, &set, places);
	if (status)
		return status;
	if (!oscan_trigger_set(motor, &set))
		return 0;
	snprintf(wanted, sizeof(wanted), "set %s", order->line);
	return line_fail(motor, wanted, errno);
}

static int turn_off(struct oscan_motor *motor, unsigned int line,
		    const struct order *order)
{
	const struct oscan_trigger_set set = {
		.line = line, .mode = OSCAN_TRIGGER_OFF,
	};
	char wanted[80];

	if (!oscan_trigger_set(motor, &set))
		return 0;
	snprintf(wanted, sizeof(wanted), "switch %s off", order->line);
	return line_fail(motor, wanted, errno);
}

static int pulse_line(struct oscan_motor *motor, unsigned int line,
		      const struct order *order, bool json)
{
	struct oscan_pulse pulse;
	char wanted[80];

	if (oscan_trigger_pulse(motor, line, order->width_ns, &pulse)) {
		snprintf(wanted, sizeof(wanted), "pulse %s", order->line);
		return line_fail(motor, wanted, errno);
	}
	if (json)
		return print_json(json_pack("{s:s, s:I, s:I, s:o}",
					    "line", order->line,
					    "width_ns",
					    (json_int_t)order->width_ns,
					    "time_ns",
					    (json_int_t)pulse.time_ns,
					    "positions_steps",
					    line_places(motor,
							pulse.positions)));
	printf("%s: a pulse of %g us at %.9f s\n", order->line,
	       order->width_ns / 1e3, pulse.time_ns / 1e9);
	return EXIT_SUCCESS;
}

static const struct line_kind kind;

static int run(struct oscan_motor *motor, const struct order *order, bool json)
{
	int line, status = EXIT_SUCCESS;

	if (!order->line)
		return line_show_all(motor, &kind, json);
	line = line_find(motor, &kind, order->line);
	if (line < 0)
		return EXIT_FAILURE;
	if (order->pulse)
		return pulse_line(motor, line, order, json);
	if (order->off)
		status = turn_off(motor, line, order);
	else if (order->axis)
		status = set_line(motor, line, order);
	return status ? status : line_show(motor, &kind, line, json);
}

static int name_of(struct oscan_motor *motor, unsigned int line,
		   char name[OSCAN_NAME_LEN])
{
	struct oscan_trigger state;

	if (oscan_trigger_get(motor, line, &state))
		return -1;
	memcpy(name, state.name, OSCAN_NAME_LEN);
	return 0;
}

static const struct line_kind kind = {
	.what = "trigger",
	.property = "trigger-gpios",
	.find = oscan_trigger_find,
	.name = name_of,
	.show = show,
};

static int parse_way(const char *text, uint32_t *flags)
{
	if (!strcmp(text, "up"))
		*flags = OSCAN_TRIGGER_UP;
	else if (!strcmp(text, "down"))
		*flags = OSCAN_TRIGGER_DOWN;
	else if (!strcmp(text, "both"))
		*flags = OSCAN_TRIGGER_UP | OSCAN_TRIGGER_DOWN;
	else
		return wrong_usage("--direction: wanted up, down or both, found \"%s\"",
				   text);
	return 0;
}

static int take_option(int key, const char *value, struct order *order)
{
	switch (key) {
	case OPTION_AT:
		if (order->places == MOST_PLACES)
			return wrong_usage("--at: wanted at most %d positions, found more",
					   MOST_PLACES);
		order->at[order->places++] = value;
		return 0;
	case OPTION_START:
		order->start = value;
		return 0;
	case OPTION_EVERY:
		order->every = value;
		return 0;
	case OPTION_NUMBER:
		return line_number("--number", value, &order->number);
	case OPTION_DIRECTION:
		return parse_way(value, &order->flags);
	case OPTION_WIDTH:
		return line_time("--width", value, OSCAN_PULSE_MIN_NS,
				 UINT32_MAX, &order->width_ns);
	case OPTION_STEPS:
		order->in_steps = true;
		return 0;
	case OPTION_PULSE:
		order->pulse = true;
		return 0;
	default:
		order->off = true;
		return 0;
	}
}

/* What must, and what must not, stand together. */
static int check(const struct order *order)
{
	int ways = !!order->places + !!order->every + order->pulse + order->off;

	if (ways > 1)
		return wrong_usage("wanted one of --at, --every, --pulse and --off, found more");
	if (ways && !order->line)
		return wrong_usage("wanted the name of a line, found none");
	if ((order->pulse || order->off) && order->axis)
		return wrong_usage("wanted no axis with --%s, found \"%s\"",
				   order->pulse ? "pulse" : "off", order->axis);
	if (order->axis && !ways)
		return wrong_usage("wanted --at or --every with an axis, found neither");
	if ((order->places || order->every) && !order->axis)
		return wrong_usage("wanted an axis with --at and --every, found none");
	if (!order->every != !order->start)
		return wrong_usage("wanted --start and --every together, found one of them");
	if (order->number && !order->every)
		return wrong_usage("wanted --every with --number, found --number alone");
	return 0;
}

/* Numbers that are none need no device to be found wrong. */
static int check_numbers(const struct order *order)
{
	struct quantity quantity;
	unsigned int i;

	for (i = 0; i < order->places; i++)
		if (quantity_parse("--at", order->at[i], QUANTITY_POSITION,
				   &quantity))
			return EXIT_USAGE;
	if (!order->every)
		return 0;
	if (quantity_parse("--start", order->start, QUANTITY_POSITION,
			   &quantity))
		return EXIT_USAGE;
	return quantity_parse("--every", order->every, QUANTITY_POSITION,
			      &quantity);
}

int cmd_trigger(int argc, char **argv)
{
	struct order order = {
		.flags = OSCAN_TRIGGER_UP | OSCAN_TRIGGER_DOWN,
		.width_ns = WIDTH_NS,
	};
	struct oscan_motor *motor;
	struct options options;
	int status, key;
	bool commands;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		status = take_option(key, options.value, &order);
		if (status)
			return status;
	}
	if (key < 0)
		return options.status;
	order.line = options.count > 0 ? argv[1] : NULL;
	order.axis = options.count > 1 ? argv[2] : NULL;
	status = check(&order);
	if (!status)
		status = check_numbers(&order);
	if (status)
		return status;
	commands = order.axis || order.pulse || order.off;
	motor = machine_open(options.device, commands);
	if (!motor)
		return EXIT_FAILURE;
	status = run(motor, &order, options.json);
	oscan_motor_close(motor);
	return status;
}
