// SPDX-License-Identifier: GPL-2.0-or-later
/* What is stored of a scan when it has ended. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "scan.h"
#include "store.h"

void scan_read_clocks(struct oscan_clocks *clocks)
{
	if (oscan_clock_read(clocks))
		memset(clocks, 0, sizeof(*clocks));
}

static int store_ledger(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	const struct flyscan_ledger *ledger = &result->ledger;
	const struct scan_number numbers[] = {
		{ "ledger/sensor_gaps", ledger->sensor_gaps, NULL },
		{ "ledger/camera_dropped", ledger->camera_dropped, NULL },
		{ "ledger/camera_bad", ledger->camera_bad, NULL },
		{ "ledger/delivered", ledger->delivered, NULL },
		{ "ledger/taken", ledger->taken, NULL },
		{ "ledger/dropped", ledger->dropped, NULL },
		{ "ledger/packed", ledger->packed, NULL },
		{ "ledger/written", ledger->written, NULL },
		{ "ledger/copied", ledger->copied, NULL },
		{ "ledger/pulses", ledger->pulses, NULL },
		{ "ledger/strobes", ledger->strobes, NULL },
		{ "ledger/untimed", ledger->untimed, NULL },
		{ "ledger/lost_pulses", ledger->pulses_missed, NULL },
		{ "ledger/lost_trigger", ledger->unanswered, NULL },
		{ "ledger/lost_sensor", ledger->sensor_gaps, NULL },
		{ "ledger/lost_camera", ledger->camera_dropped, NULL },
		{ "ledger/lost_queue", ledger->delivered - ledger->taken,
		  NULL },
		{ "ledger/lost_compressor", ledger->taken - ledger->packed,
		  NULL },
		{ "ledger/lost_writer", ledger->packed - ledger->written,
		  NULL },
		{ "ledger/lost", flyscan_lost(ledger), NULL },
		{ "ledger/in_scan", result->frames_in_scan, NULL },
		{ "ledger/unpaired", result->frames_unpaired, NULL },
		{ "steps/commanded", result->steps_commanded, NULL },
		{ "steps/counted", result->steps_counted, NULL },
		{ "steps/traced", result->steps_traced, NULL },
	};

	return scan_store_numbers(scan, numbers, COUNT(numbers));
}

static int store_motor(struct scan *scan)
{
	const struct oscan_stats *stats = &scan->result->stats;
	uint64_t bins[OSCAN_LATE_BINS];
	/* Of passes with less than two steps there is no interval. */
	double shortest = stats->move_shortest_ns == UINT64_MAX ? NAN :
			  stats->move_shortest_ns;
	const struct scan_number numbers[] = {
		{ "motor/worst_late", stats->move_worst_late_ns, "ns" },
		{ "motor/slip", stats->move_slip_ns, "ns" },
		{ "motor/shortest_interval", shortest, "ns" },
		{ "motor/stumbles", stats->move_stumbles, NULL },
		{ "motor/position_state", scan->state.position_state, NULL },
	};

	for (int i = 0; i < OSCAN_LATE_BINS; i++)
		bins[i] = stats->late_bins[i] -
			  scan->stats_before.late_bins[i];
	if (scan_store_numbers(scan, numbers, COUNT(numbers)))
		return -1;
	return writer_add_array(scan->writer, "motor/late_bins", bins,
				OSCAN_LATE_BINS, NULL);
}

/* One for each pass that was begun, the first one in clocks too; 0: never. */
static int store_passes(struct scan *scan)
{
	size_t passes = scan->result->passes, count = passes ? passes : 1;
	uint64_t *times = calloc(3 * count, sizeof(*times));
	int result;

	if (!times)
		return -1;
	for (size_t i = 0; i < passes; i++) {
		times[i] = scan->passes[i].launch_ns;
		times[count + i] = scan->passes[i].crossing_ns[0];
		times[2 * count + i] = scan->passes[i].crossing_ns[1];
	}
	result = scan_store_time(scan, "clocks/launch", times[0]) ||
		 scan_store_time(scan, "clocks/t_start", times[count]) ||
		 scan_store_time(scan, "clocks/t_end", times[2 * count]) ||
		 writer_add_array(scan->writer, "pass/launch", times, count,
				  "ns") ||
		 writer_add_array(scan->writer, "pass/t_start",
				  times + count, count, "ns") ||
		 writer_add_array(scan->writer, "pass/t_end",
				  times + 2 * count, count, "ns");
	free(times);
	return result ? -1 : 0;
}

static int store_clocks(struct scan *scan)
{
	struct oscan_clocks now;

	scan_read_clocks(&now);
	return scan_store_clock(scan, "end", &now) || store_passes(scan) ?
	       -1 : 0;
}

static int store_warnings(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	char name[64];

	for (uint32_t i = 0; i < result->warning_count; i++) {
		snprintf(name, sizeof(name), "warnings/%u", i);
		if (writer_add_text(scan->writer, name,
				    result->warnings[i].text))
			return -1;
	}
	return 0;
}

/* Each hop within the writer; what is lost is the difference of two. */
static int store_writer(struct scan *scan)
{
	struct writer_counts counts;

	writer_counts(scan->writer, &counts);
	const struct scan_number numbers[] = {
		{ "writer/offered", counts.offered, NULL },
		{ "writer/dropped", counts.dropped, NULL },
		{ "writer/refused", counts.refused, NULL },
		{ "writer/taken", counts.taken, NULL },
		{ "writer/packed", counts.packed, NULL },
		{ "writer/plain", counts.plain, NULL },
		{ "writer/written", counts.written, NULL },
		{ "writer/bytes", counts.bytes, NULL },
	};

	return scan_store_numbers(scan, numbers, COUNT(numbers));
}

int scan_store_recovered(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	const struct scan_text status = {
		"status", "the scan was killed; its frames were recovered"
	};
	const struct scan_number numbers[] = {
		{ "ledger/written", result->ledger.written, NULL },
		{ "ledger/copied", result->ledger.copied, NULL },
		{ "ledger/in_scan", result->frames_in_scan, NULL },
		{ "ledger/unpaired", result->frames_unpaired, NULL },
		{ "steps/traced", result->steps_traced, NULL },
	};

	/* It may be the user's own. */
	if (scan_store_texts(scan, &status, 1) && errno != EEXIST)
		return -1;
	return scan_store_numbers(scan, numbers, COUNT(numbers)) ||
	       store_passes(scan) ? -1 : 0;
}

/* For the stop document, as bluesky has it. */
static void store_outcome(struct scan *scan)
{
	if (!scan->error)
		writer_outcome(scan->writer, "success", "");
	else
		writer_outcome(scan->writer, scan->error == ECANCELED ?
			       "abort" : "fail", scan->result->error);
}

int scan_store(struct scan *scan)
{
	const struct scan_text status = {
		"status", scan->error ? scan->result->error : "complete"
	};

	store_outcome(scan);
	if (scan_store_texts(scan, &status, 1) || store_ledger(scan) ||
	    store_motor(scan) || store_clocks(scan) || store_warnings(scan) ||
	    store_writer(scan))
		return scan_writer_failed(scan, errno);
	return 0;
}
