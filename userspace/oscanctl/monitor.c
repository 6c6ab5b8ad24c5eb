// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl monitor: watch the axes live. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "oscanctl.h"
#include "watch.h"

enum {
	OPTION_CSV = OPTION_OWN,
	OPTION_THIN,
};

static const struct option_text option_texts[] = {
	OPTION_TEXT_JSON,
	{ "csv", OPTION_CSV, NULL, "print a line for each step" },
	{ "thin", OPTION_THIN, NULL,
	  "only of steps evenly apart, see oscanctl-stream(1)" },
	WATCH_TEXT_DURATION,
	WATCH_TEXT_UNTIL_REST,
	{ 0 }
};

static const struct usage usage = {
	.command = "monitor",
	.operands = "[AXIS]",
	.most = 1,
	.text = "Show live where the axes are, until Ctrl-C.",
	.options = option_texts,
};

/**
 * struct row - what the table shows of an axis besides its state
 * @speed: microsteps/s, of the last steps
 * @last_ns: when the last of them was made
 * @worst_late_ns: since the watch began
 */
struct row {
	double speed;
	uint64_t last_ns;
	uint32_t worst_late_ns;
};

/**
 * struct table - the table on a terminal
 * @rows: shape [OSCAN_MAX_AXES]
 * @lines: that were printed last time, to be written over
 * @over: write over them
 */
struct table {
	struct row rows[OSCAN_MAX_AXES];
	unsigned int lines;
	bool over;
};

static int print_failed(void)
{
	return fail("the result could not be printed");
}

static int flush(struct watch *watch, void *data)
{
	return fflush(stdout) || ferror(stdout) ? print_failed() : 0;
}

static void table_steps(struct watched *axis,
			const struct oscan_trace_batch *batch, void *data)
{
	struct row *row = &((struct table *)data)->rows[batch->axis];
	uint64_t from_ns = row->last_ns;
	size_t intervals = batch->steps, i;

	if (!batch->steps)
		return;
	for (i = 0; i < batch->steps; i++)
		if (batch->late_ns[i] > row->worst_late_ns)
			row->worst_late_ns = batch->late_ns[i];
	row->last_ns = batch->times_ns[batch->steps - 1];
	if (batch->steps > 1) {
		from_ns = batch->times_ns[0];
		intervals = batch->steps - 1;
	}
	row->speed = from_ns ? batch->direction * 1e9 * intervals *
			       batch->spacing / (row->last_ns - from_ns) : 0;
}

static void print_row(const struct watched *axis, const struct row *row)
{
	const struct oscan_axis_info *info = &axis->info;
	double scale = oscan_axis_steps_per_unit(info);
	bool idle = axis->state.motion == OSCAN_MOTION_IDLE;

	/* Eighty columns are enough. */
	printf("%-12.12s %11.4f %-3s %9.2f %-3s/s %-8s %-8s %7.1f us %4zu\n",
	       info->name, oscan_axis_to_unit(info, axis->state.position),
	       oscan_axis_unit_name(info), idle ? 0 : row->speed / scale,
	       oscan_axis_unit_name(info), motion_name(axis->state.motion),
	       position_state_name(axis->state.position_state),
	       row->worst_late_ns / 1e3, axis->missed);
}

static int table_tick(struct watch *watch, void *data)
{
	struct table *table = data;
	unsigned int i;

	/* Up as many lines, and clear from there on. */
	if (table->over && table->lines)
		printf("\033[%uA\033[J", table->lines);
	printf("%-12s %15s %15s %-8s %-8s %10s %4s\n", "axis", "position",
	       "speed", "motion", "trust", "latest by", "gaps");
	table->lines = 1;
	for (i = 0; i < watch->count; i++) {
		if (!watch->axes[i].wanted)
			continue;
		print_row(&watch->axes[i], &table->rows[i]);
		table->lines++;
	}
	return flush(watch, data);
}

static void print_line(json_t *object)
{
	if (object)
		json_dumpf(object, stdout,
			   JSON_COMPACT | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(object);
}

static json_t *numbers(const struct oscan_trace_batch *batch, bool late)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < batch->steps; i++)
		json_array_append_new(array,
				      json_integer(late ? batch->late_ns[i] :
						   batch->times_ns[i]));
	return array;
}

static void json_steps(struct watched *axis,
		       const struct oscan_trace_batch *batch, void *data)
{
	print_line(json_pack("{s:s, s:s, s:I, s:i, s:i, s:I, s:I, s:I, s:b, s:I, s:o, s:o}",
			     "type", "steps", "axis", axis->info.name,
			     "first_number", (json_int_t)batch->first_number,
			     "direction", batch->direction,
			     "spacing", (int)batch->spacing,
			     "first_position_steps",
			     (json_int_t)batch->first_position,
			     "total", (json_int_t)batch->total,
			     "horizon_ns", (json_int_t)batch->horizon_ns,
			     "missed", batch->missed,
			     "lost_total", (json_int_t)batch->lost_total,
			     "times_ns", numbers(batch, false),
			     "late_ns", numbers(batch, true)));
}

static void json_state(struct watched *axis, void *data)
{
	json_t *object = axis_state_json(&axis->info, &axis->state);

	json_object_set_new(object, "type", json_string("state"));
	print_line(object);
}

static const char *event_name(uint32_t type)
{
	static const char *const names[] = {
		[OSCAN_EVENT_MOVE_STARTED] = "move-started",
		[OSCAN_EVENT_MOVE_ENDED] = "move-ended",
		[OSCAN_EVENT_STOPPING] = "stopping",
		[OSCAN_EVENT_STUMBLE] = "stumble",
		[OSCAN_EVENT_STOP_CLOSED] = "stop-closed",
		[OSCAN_EVENT_STOP_OPENED] = "stop-opened",
		[OSCAN_EVENT_ENABLED] = "enabled",
		[OSCAN_EVENT_DISABLED] = "disabled",
		[OSCAN_EVENT_POSITION_SET] = "position-set",
		[OSCAN_EVENT_TRIGGER] = "trigger",
		[OSCAN_EVENT_TRIGGER_MISSED] = "trigger-missed",
		[OSCAN_EVENT_PULSE] = "pulse",
		[OSCAN_EVENT_CAPTURE] = "capture",
	};

	if (type >= sizeof(names) / sizeof(*names) || !names[type])
		return "unknown";
	return names[type];
}

static void json_event(const struct watched *axis,
		       const struct oscan_event *event, bool missed, void *data)
{
	json_t *positions = axis ? NULL : json_array();
	unsigned int i;

	for (i = 0; positions && i < OSCAN_MAX_AXES; i++)
		json_array_append_new(positions,
				      json_integer(event->positions[i]));
	print_line(json_pack("{s:s, s:s, s:I, s:b, s:I, s:s?, s:i, s:I, s:I, s:I, s:I, s:o?}",
			     "type", "event", "event", event_name(event->type),
			     "seq", (json_int_t)event->seq,
			     "missed", missed,
			     "time_ns", (json_int_t)event->time_ns,
			     "axis", axis ? axis->info.name : NULL,
			     "line", (int)event->line,
			     "position_steps", (json_int_t)event->position,
			     "move_id", (json_int_t)event->move_id,
			     "value", (json_int_t)event->value,
			     "aux", (json_int_t)event->aux,
			     "positions_steps", positions));
}

static void csv_steps(struct watched *axis,
		      const struct oscan_trace_batch *batch, void *data)
{
	int64_t position = batch->first_position;
	uint64_t number = batch->first_number;
	size_t i;

	for (i = 0; i < batch->steps; i++) {
		printf("%s,%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%.6f,%" PRIu32
		       "\n", axis->info.name, number, batch->times_ns[i],
		       position, oscan_axis_to_unit(&axis->info, position),
		       batch->late_ns[i]);
		position += batch->direction * (int64_t)batch->spacing;
		number += batch->spacing;
	}
}

static int tell_missed(const struct watch *watch)
{
	int status = EXIT_SUCCESS;
	unsigned int i;

	if (watch->events_missed)
		status = fail("wanted every event, found that some were missed %zu times; let whatever reads this read faster",
			      watch->events_missed);
	for (i = 0; i < watch->count; i++)
		if (watch->axes[i].missed)
			status = fail("wanted every message of %s, found that some were missed %zu times; let whatever reads this read faster, or watch with --thin",
				      watch->axes[i].info.name,
				      watch->axes[i].missed);
	return status;
}

static int monitor(struct watch *watch, const char *name, unsigned int groups)
{
	unsigned int i;
	int status;

	if (watch_open(watch, groups, name))
		return EXIT_FAILURE;
	if (watch->on_state)
		for (i = 0; i < watch->count; i++)
			if (watch->axes[i].wanted)
				watch->on_state(&watch->axes[i], NULL);
	status = watch_run(watch);
	if (!status)
		status = watch->on_tick(watch, watch->data);
	watch_close(watch);
	return status ? status : tell_missed(watch);
}

static void choose_output(struct watch *watch, struct table *table, bool json,
			  bool csv)
{
	watch->on_tick = flush;
	if (json) {
		watch->on_steps = json_steps;
		watch->on_state = json_state;
		watch->on_event = json_event;
	} else if (csv) {
		watch->on_steps = csv_steps;
		printf("axis,number,time_ns,position_steps,position,late_ns\n");
	} else {
		watch->on_steps = table_steps;
		watch->on_tick = table_tick;
		watch->data = table;
		table->over = isatty(STDOUT_FILENO);
	}
}

int cmd_monitor(int argc, char **argv)
{
	unsigned int groups = OSCAN_MONITOR_TRACE;
	struct watch watch = { 0 };
	struct table table = { 0 };
	struct options options;
	bool csv = false;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		if (key == OPTION_CSV)
			csv = true;
		else if (key == OPTION_THIN)
			groups = OSCAN_MONITOR_THIN;
		else if (watch_option(&watch, key, options.value))
			return EXIT_USAGE;
	}
	if (key < 0)
		return options.status;
	if (csv && options.json)
		return wrong_usage("wanted --json or --csv, found both");
	choose_output(&watch, &table, options.json, csv);
	return monitor(&watch, options.count ? argv[1] : NULL, groups);
}
