// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl record: keep the steps of the axes in a file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"
#include "tracefile.h"
#include "watch.h"

/* A writer that is killed loses what came since. */
#define FLUSH_TICKS 5

static const struct option_text option_texts[] = {
	WATCH_TEXT_DURATION,
	WATCH_TEXT_UNTIL_REST,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "record",
	.operands = "FILE [AXIS]",
	.least = 1,
	.most = 2,
	.text = "Keep every step of the axes in a new HDF5 file, until Ctrl-C.",
	.options = option_texts,
};

/**
 * struct record - a recording
 * @trace: the file
 * @index: shape [OSCAN_MAX_AXES], place of each axis in the file
 * @ticks: since the file was flushed
 * @status: not 0: the file could not be written
 */
struct record {
	struct tracefile trace;
	unsigned int index[OSCAN_MAX_AXES];
	unsigned int ticks;
	int status;
};

static void on_steps(struct watched *axis,
		     const struct oscan_trace_batch *batch, void *data)
{
	struct record *record = data;

	if (!record->status)
		record->status = tracefile_steps(&record->trace,
						 record->index[batch->axis],
						 batch);
}

static int on_tick(struct watch *watch, void *data)
{
	struct record *record = data;

	(void)watch;
	if (!record->status && ++record->ticks >= FLUSH_TICKS) {
		record->ticks = 0;
		record->status = tracefile_flush(&record->trace);
	}
	return record->status;
}

static int add_axes(const struct watch *watch, struct record *record)
{
	unsigned int i;

	for (i = 0; i < watch->count; i++) {
		const struct watched *axis = &watch->axes[i];

		record->index[i] = record->trace.count;
		if (axis->wanted &&
		    tracefile_axis_add(&record->trace, &axis->info,
				       &axis->begin))
			return EXIT_FAILURE;
	}
	return 0;
}

/**
 * struct outcome - what is told of an axis in the end
 * @name: of the axis
 * @steps: in the file
 * @missing: that are not
 */
struct outcome {
	const char *name;
	uint64_t steps;
	uint64_t missing;
};

static void sum_up(const struct watch *watch, const struct record *record,
		   struct outcome *outcomes)
{
	unsigned int i;

	for (i = 0; i < record->trace.count; i++) {
		const struct tracefile_axis *axis = record->trace.axes[i];
		const struct oscan_state *begin =
			&watch->axes[axis->info.axis].begin;

		outcomes[i] = (struct outcome){
			.name = watch->axes[axis->info.axis].info.name,
			.steps = axis->written + axis->count,
		};
		outcomes[i].missing = axis->total - begin->steps -
				      outcomes[i].steps;
	}
}

static int tell(const struct outcome *outcomes, unsigned int count,
		const char *path, bool json)
{
	json_t *array = json_array();
	int status = EXIT_SUCCESS;
	unsigned int i;

	for (i = 0; i < count; i++) {
		json_array_append_new(array, json_pack("{s:s, s:I, s:I}",
			"axis", outcomes[i].name,
			"steps", (json_int_t)outcomes[i].steps,
			"missing_steps", (json_int_t)outcomes[i].missing));
		if (!json)
			printf("%-16s %" PRIu64 " steps\n", outcomes[i].name,
			       outcomes[i].steps);
		if (outcomes[i].missing)
			status = fail("wanted every step of %s in %s, found %"
				      PRIu64 " missing, which the file tells; let other programs do less meanwhile",
				      outcomes[i].name, path,
				      outcomes[i].missing);
	}
	if (json && print_json(json_pack("{s:s, s:O}", "file", path, "axes",
					 array)))
		status = EXIT_FAILURE;
	json_decref(array);
	return status;
}

static int run(struct watch *watch, struct record *record, bool json)
{
	struct outcome outcomes[OSCAN_MAX_AXES];
	const char *path = record->trace.path;
	unsigned int count;
	int status;

	status = add_axes(watch, record);
	if (!status)
		status = watch_run(watch);
	if (!status)
		status = record->status;
	sum_up(watch, record, outcomes);
	count = record->trace.count;
	/* Also after an error: what came before it is worth keeping. */
	if (tracefile_close(&record->trace))
		return EXIT_FAILURE;
	return status ? status : tell(outcomes, count, path, json);
}

int cmd_record(int argc, char **argv)
{
	static struct record record;
	struct watch watch = {
		.on_steps = on_steps, .on_tick = on_tick, .data = &record,
	};
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		if (watch_option(&watch, key, options.value))
			return EXIT_USAGE;
	if (key < 0)
		return options.status;
	/* Before the file is made: it would stay behind. */
	if (watch_open(&watch, OSCAN_MONITOR_TRACE,
		       options.count > 1 ? argv[2] : NULL))
		return EXIT_FAILURE;
	status = tracefile_create(&record.trace, argv[1], OSCAN_VERSION);
	if (!status)
		status = run(&watch, &record, options.json);
	watch_close(&watch);
	return status;
}
