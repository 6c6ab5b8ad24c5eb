// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl frames: where each frame of a fly scan was taken. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "frametable.h"
#include "oscanctl.h"

enum {
	OPTION_CSV = OPTION_OWN,
};

static const struct option_text option_texts[] = {
	{ "csv", OPTION_CSV, NULL, "print comma-separated values" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "frames",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.text = "Show the time, position and uncertainty of each frame of a fly scan.",
	.options = option_texts,
};

static json_t *known(const double *values, size_t frame)
{
	if (!values || isnan(values[frame]))
		return json_null();
	return json_real(values[frame]);
}

static json_t *frame_json(const struct frametable *table, size_t n)
{
	return json_pack("{s:I, s:I, s:I, s:b, s:o, s:o, s:o}",
		"frame", (json_int_t)n,
		"time_ns", (json_int_t)table->time_ns[n],
		"sequence", (json_int_t)table->sequence[n],
		"good", table->status[n] == 1,
		"position", known(table->position, n),
		"uncertainty", known(table->sigma, n),
		"in_scan", table->in_scan ? json_boolean(table->in_scan[n])
					  : json_null());
}

static json_t *table_json(const struct frametable *table)
{
	json_t *frames = json_array();

	for (size_t n = 0; n < table->scan.frames; n++)
		json_array_append_new(frames, frame_json(table, n));
	return json_pack("{s:o, s:o, s:o}",
		"axis", table->position ? json_string(table->scan.axis)
					: json_null(),
		"unit", table->position ? json_string(table->scan.unit)
					: json_null(),
		"frames", frames);
}

static void print_known(const double *values, size_t frame)
{
	if (!values || isnan(values[frame]))
		printf("  %14s", "-");
	else
		printf("  %14.6f", values[frame]);
}

/* First frame of the scan that took frame @n, for each has its own clock. */
static size_t begin_of(const uint64_t *earlier, size_t scans, size_t n)
{
	size_t begin = 0;

	for (size_t i = 0; earlier && i < scans && n - begin >= earlier[i]; i++)
		begin += earlier[i];
	return begin;
}

/* Seconds since the first frame: of the clock itself nobody knows the zero. */
static void print_table(const struct frametable *table)
{
	const char *unit = table->position ? table->scan.unit : "-";
	uint64_t *earlier;
	char head[64];
	size_t scans;

	snprintf(head, sizeof(head), "position %s", unit);
	printf("%8s  %12s  %14s", "frame", "time s", head);
	snprintf(head, sizeof(head), "uncertainty %s", unit);
	printf("  %14s  %s\n", head, "in scan");
	earlier = scanfile_values(&table->scan, "earlier/frames",
				  H5T_NATIVE_UINT64, sizeof(*earlier), &scans);
	for (size_t n = 0; n < table->scan.frames; n++) {
		const int64_t since = table->time_ns[n] -
			table->time_ns[begin_of(earlier, scans, n)];

		printf("%8zu  %12.6f", n, since / 1e9);
		print_known(table->position, n);
		print_known(table->sigma, n);
		printf("  %s%s\n", !table->in_scan ? "-" :
		       table->in_scan[n] ? "yes" : "no",
		       table->status[n] == 1 ? "" : "  (bad)");
	}
	free(earlier);
}

int cmd_frames(int argc, char **argv)
{
	struct frametable table;
	struct options options;
	bool csv = false;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		csv = true;
	if (key < 0)
		return options.status;
	if (csv && options.json)
		return wrong_usage("wanted --csv or --json, found both");
	if (frametable_open(&table, argv[1]))
		return EXIT_FAILURE;
	key = EXIT_SUCCESS;
	if (options.json)
		key = print_json(table_json(&table));
	else if (csv)
		frametable_csv(&table, stdout);
	else
		print_table(&table);
	frametable_close(&table);
	if (fflush(stdout))
		return fail("wanted to print the frames, found: %s",
			    strerror(errno));
	return key;
}
