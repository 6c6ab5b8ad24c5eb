// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl capture: when a line changed, and where the axes were then. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

/* How soon after Ctrl-C it ends, whatever the signal met. */
#define LOOK_MS	500

enum {
	OPTION_EDGES = OPTION_OWN,
	OPTION_INTERVAL,
	OPTION_FOLLOW,
	OPTION_NUMBER,
};

static const struct option_text option_texts[] = {
	{ "edges", OPTION_EDGES, "WHICH",
	  "latch rising, falling or both edges, or off" },
	{ "min-interval", OPTION_INTERVAL, "TIME",
	  "ignore edges that follow sooner; 0us if not given" },
	{ "follow", OPTION_FOLLOW, NULL, "print each edge that latches" },
	{ "number", OPTION_NUMBER, "N", "end --follow after so many" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "capture",
	.operands = "[LINE]",
	.least = 0,
	.most = 1,
	.text = "Latch the time of LINE's edges and where all axes are, or show the lines.",
	.options = option_texts,
};

struct order {
	const char *line;
	bool set;
	uint32_t edges;
	uint32_t min_interval_ns;
	bool follow;
	uint64_t number;
	bool json;
};

static const char *const edge_names[] = { "off", "rising", "falling", "both" };

static const char *edges_name(uint32_t edges)
{
	return edges < 4 ? edge_names[edges] : "unknown";
}

static json_t *state_json(struct oscan_motor *motor,
			  const struct oscan_capture *state)
{
	json_t *last = json_null();

	if (state->count)
		last = json_pack("{s:I, s:s, s:o}",
				 "time_ns", (json_int_t)state->time_ns,
				 "edge", edges_name(state->level ? 1 : 2),
				 "positions_steps",
				 line_places(motor,
					     state->positions));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}",
			 "line", state->name,
			 "edges", edges_name(state->edges),
			 "min_interval_ns",
			 (json_int_t)state->min_interval_ns,
			 "count", (json_int_t)state->count,
			 "ignored", (json_int_t)state->ignored,
			 "last", last);
}

static void print_places(struct oscan_motor *motor, const __s64 *positions)
{
	const struct oscan_axis_info *info;
	char text[MACHINE_TEXT_LEN];
	unsigned int axis;

	for (axis = 0; axis < oscan_motor_info(motor)->axes; axis++) {
		info = oscan_motor_axis_info(motor, axis);
		printf("%s %s %s", axis ? "," : "", info->name,
		       machine_place(info, positions[axis], text));
	}
	putchar('\n');
}

static void print_state(struct oscan_motor *motor,
			const struct oscan_capture *state)
{
	printf("%s: %s; %llu latched, %llu ignored\n", state->name,
	       edges_name(state->edges), (unsigned long long)state->count,
	       (unsigned long long)state->ignored);
	if (!state->count)
		return;
	printf("  last at %.9f s:", state->time_ns / 1e9);
	print_places(motor, state->positions);
}

static int show(struct oscan_motor *motor, unsigned int line, json_t **json)
{
	struct oscan_capture state;

	if (oscan_capture_get(motor, line, &state))
		return -1;
	if (json)
		*json = state_json(motor, &state);
	else
		print_state(motor, &state);
	return 0;
}

/* One JSON object in a line, so that a program can read them as they come. */
static int print_event(struct oscan_motor *motor,
		       const struct oscan_event *event, bool json)
{
	const char *edge = edges_name(event->value ? 1 : 2);
	json_t *value;
	int result;

	if (!json) {
		printf("%lld %.9f s %s:", (long long)event->aux,
		       event->time_ns / 1e9, edge);
		print_places(motor, event->positions);
		return fflush(stdout);
	}
	value = json_pack("{s:I, s:I, s:s, s:o}",
			  "count", (json_int_t)event->aux,
			  "time_ns", (json_int_t)event->time_ns,
			  "edge", edge,
			  "positions_steps",
			  line_places(motor, event->positions));
	result = json_dumpf(value, stdout, JSON_COMPACT);
	json_decref(value);
	return result || putchar('\n') == EOF || fflush(stdout);
}

static int follow(struct oscan_motor *motor, unsigned int line,
		  const struct order *order)
{
	struct oscan_event event;
	uint64_t seen = 0, lost = 0;

	while (!cancelled && (!order->number || seen < order->number)) {
		if (oscan_events_read(motor, &event, 1, LOOK_MS) < 0) {
			if (errno == ETIMEDOUT || errno == EINTR)
				continue;
			return line_fail(motor, "wait for an edge", errno);
		}
		if (event.dropped != lost)
			note("%llu events were lost, for they came faster than they could be printed",
			     (unsigned long long)(event.dropped - lost));
		lost = event.dropped;
		if (event.line != line)
			continue;
		seen++;
		if (print_event(motor, &event, order->json))
			return fail("wanted to print an edge, found: %s",
				    strerror(errno));
	}
	return EXIT_SUCCESS;
}

/* Before the line is set, so that no edge is missed. */
static int subscribe(struct oscan_motor *motor)
{
	const uint32_t types = OSCAN_EVENT_BIT(OSCAN_EVENT_CAPTURE);

	cancel_catch();
	if (!oscan_events_subscribe(motor, types))
		return 0;
	return line_fail(motor, "wait for edges", errno);
}

static int name_of(struct oscan_motor *motor, unsigned int line,
		   char name[OSCAN_NAME_LEN])
{
	struct oscan_capture state;

	if (oscan_capture_get(motor, line, &state))
		return -1;
	memcpy(name, state.name, OSCAN_NAME_LEN);
	return 0;
}

static const struct line_kind kind = {
	.what = "capture",
	.property = "capture-gpios",
	.find = oscan_capture_find,
	.name = name_of,
	.show = show,
};

static int run(struct oscan_motor *motor, const struct order *order)
{
	char wanted[80];
	int line;

	if (!order->line)
		return line_show_all(motor, &kind, order->json);
	line = line_find(motor, &kind, order->line);
	if (line < 0 || (order->follow && subscribe(motor)))
		return EXIT_FAILURE;
	if (order->set && oscan_capture_set(motor, line, order->edges,
					    order->min_interval_ns)) {
		snprintf(wanted, sizeof(wanted), "set %s", order->line);
		return line_fail(motor, wanted, errno);
	}
	if (order->follow)
		return follow(motor, line, order);
	return line_show(motor, &kind, line, order->json);
}

static int parse_edges(const char *text, struct order *order)
{
	uint32_t edges;

	for (edges = 0; edges < 4; edges++) {
		if (strcmp(text, edge_names[edges]))
			continue;
		order->edges = edges;
		order->set = true;
		return 0;
	}
	return wrong_usage("--edges: wanted rising, falling, both or off, found \"%s\"",
			   text);
}

static int take_option(int key, const char *value, struct order *order)
{
	switch (key) {
	case OPTION_EDGES:
		return parse_edges(value, order);
	case OPTION_INTERVAL:
		return line_time("--min-interval", value, 0,
				 OSCAN_CAPTURE_INTERVAL_LIMIT_NS,
				 &order->min_interval_ns);
	case OPTION_FOLLOW:
		order->follow = true;
		return 0;
	default:
		return line_number("--number", value, &order->number);
	}
}

static int check(const struct order *order)
{
	if (!order->line && (order->set || order->follow))
		return wrong_usage("wanted the name of a line, found none");
	if (order->min_interval_ns && !order->edges)
		return wrong_usage("wanted --edges with --min-interval, found none");
	if (order->number && !order->follow)
		return wrong_usage("wanted --follow with --number, found --number alone");
	if (order->follow && order->set && !order->edges)
		return wrong_usage("wanted edges to follow, found --edges off");
	return 0;
}

int cmd_capture(int argc, char **argv)
{
	struct order order = { 0 };
	struct oscan_motor *motor;
	struct options options;
	int status, key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		status = take_option(key, options.value, &order);
		if (status)
			return status;
	}
	if (key < 0)
		return options.status;
	order.line = options.count ? argv[1] : NULL;
	order.json = options.json;
	status = check(&order);
	if (status)
		return status;
	motor = machine_open(options.device, order.set);
	if (!motor)
		return EXIT_FAILURE;
	status = run(motor, &order);
	oscan_motor_close(motor);
	return status;
}
