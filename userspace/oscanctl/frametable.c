// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "frametable.h"
#include "oscanctl.h"

#define DETECTOR "/entry/instrument/detector/"

/* What a file without positions shows its frames against. */
#define NO_AXIS "sensor_timestamp"

/* Column @name as @type; NULL if it is not there or of another length. */
static void *read_column(const struct scanfile *scan, const char *name,
			 hid_t type)
{
	size_t count;
	/* Each type that is asked for has 8 bytes. */
	void *values = scanfile_values(scan, name, type, 8, &count);

	if (values && count >= scan->frames)
		return values;
	free(values);
	return NULL;
}

static void *read_of_axis(const struct scanfile *scan, const char *suffix)
{
	char path[SCANFILE_TEXT_LEN];

	snprintf(path, sizeof(path), "/entry/data/%s%s", scan->axis, suffix);
	return read_column(scan, path, H5T_NATIVE_DOUBLE);
}

static void read_positions(struct frametable *table)
{
	struct scanfile *scan = &table->scan;
	char path[SCANFILE_TEXT_LEN], text[SCANFILE_TEXT_LEN];

	snprintf(scan->axis, sizeof(scan->axis), "%.63s",
		 scanfile_attribute(scan, "/entry/data", "axes", text));
	if (!strcmp(scan->axis, NO_AXIS))
		return;
	snprintf(path, sizeof(path), "/entry/data/%s", scan->axis);
	snprintf(scan->unit, sizeof(scan->unit), "%.15s",
		 scanfile_attribute(scan, path, "units", text));
	table->position = read_of_axis(scan, "");
	table->sigma = read_of_axis(scan, "_errors");
	table->in_scan = read_column(scan, "/entry/data/in_scan",
				     H5T_NATIVE_UINT64);
}

int frametable_open(struct frametable *table, const char *path)
{
	struct scanfile *scan = &table->scan;

	memset(table, 0, sizeof(*table));
	if (scanfile_open_frames(scan, path))
		return EXIT_FAILURE;
	read_positions(table);
	table->sequence = read_column(scan, DETECTOR "sequence_number",
				      H5T_NATIVE_UINT64);
	table->status = read_column(scan, DETECTOR "frame_status",
				    H5T_NATIVE_UINT64);
	if (table->position)
		table->time_ns = read_column(scan, "pairing/time_ns",
					     H5T_NATIVE_UINT64);
	if (!table->time_ns)
		table->time_ns = read_column(scan, DETECTOR NO_AXIS,
					     H5T_NATIVE_UINT64);
	if (table->time_ns && table->sequence && table->status)
		return 0;
	frametable_close(table);
	return fail("wanted the times of the frames in %s, found none; give the name of a file that \"oscanctl flyscan\" made",
		    path);
}

void frametable_close(struct frametable *table)
{
	free(table->time_ns);
	free(table->sequence);
	free(table->status);
	free(table->position);
	free(table->sigma);
	free(table->in_scan);
	H5Fclose(table->scan.file);
}

bool frametable_counts(const struct frametable *table, size_t frame)
{
	return !table->in_scan || table->in_scan[frame];
}

static void csv_number(FILE *out, const double *values, size_t frame)
{
	putc(',', out);
	if (values && !isnan(values[frame]))
		fprintf(out, "%.9g", values[frame]);
}

void frametable_csv(const struct frametable *table, FILE *out)
{
	const char *unit = table->position ? table->scan.unit : "unknown";

	fprintf(out, "frame,time_ns,sequence,status,position_%s,uncertainty_%s,in_scan\n",
		unit, unit);
	for (size_t n = 0; n < table->scan.frames; n++) {
		fprintf(out, "%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64, n,
			table->time_ns[n], table->sequence[n],
			table->status[n]);
		csv_number(out, table->position, n);
		csv_number(out, table->sigma, n);
		if (table->in_scan)
			fprintf(out, ",%" PRIu64 "\n", table->in_scan[n]);
		else
			fprintf(out, ",\n");
	}
}
