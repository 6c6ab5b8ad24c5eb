// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames and the pulses or strobes that they belong to. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "match.h"
#include "scan.h"

/* A camera that is triggered tells no later than so many periods. */
#define LATE_PERIODS 16

int scan_line_add(struct scan_line *line, const struct scan_edge *edge)
{
	size_t room = line->room ? 2 * line->room : 256;
	struct scan_edge *edges = line->edges;

	if (line->count == line->room) {
		edges = realloc(edges, room * sizeof(*edges));
		if (!edges)
			return -1;
		line->edges = edges;
		line->room = room;
	}
	edges[line->count++] = *edge;
	return 0;
}

void scan_line_end(struct scan_line *line, uint64_t time_ns)
{
	if (line->count && !line->edges[line->count - 1].end_ns)
		line->edges[line->count - 1].end_ns = time_ns;
}

void scan_trigger_free(struct scan *scan)
{
	free(scan->trigger.pulses.edges);
	free(scan->trigger.strobes.edges);
}

/* Frames with a line's edges; those of an earlier scan are left out. */
struct pairing {
	size_t frames;
	uint64_t *frame_ns;
	uint32_t *sequence;
	uint64_t *edge_ns;
	size_t *edge;
	struct match match;
};

static void free_pairing(struct pairing *pairing)
{
	free(pairing->frame_ns);
	free(pairing->sequence);
	free(pairing->edge_ns);
	free(pairing->edge);
}

static bool make_pairing(struct scan *scan, const struct scan_line *line,
			 struct pairing *pairing)
{
	const struct scan_frame *frames = scan->frames +
					  scan->result->ledger.copied;
	size_t count = pairing->frames, edges = line->count;

	pairing->frame_ns = calloc(count + 1, sizeof(*pairing->frame_ns));
	pairing->sequence = calloc(count + 1, sizeof(*pairing->sequence));
	pairing->edge = calloc(count + 1, sizeof(*pairing->edge));
	pairing->edge_ns = calloc(edges + 1, sizeof(*pairing->edge_ns));
	if (!pairing->frame_ns || !pairing->sequence || !pairing->edge ||
	    !pairing->edge_ns)
		return false;
	for (size_t i = 0; i < count; i++) {
		pairing->frame_ns[i] = scan_exposure_start(scan, &frames[i]);
		pairing->sequence[i] = frames[i].sequence;
	}
	for (size_t i = 0; i < edges; i++)
		pairing->edge_ns[i] = line->edges[i].time_ns;
	return true;
}

static bool tells_exposure(const struct scan *scan, size_t frames)
{
	const struct scan_frame *frame = scan->frames +
					 scan->result->ledger.copied;

	for (size_t i = 0; i < frames; i++)
		if (frame[i].exposure_ns)
			return true;
	return false;
}

/* A pulse of noise is shorter. */
static uint64_t longest(const struct scan_line *line)
{
	uint64_t most = 0, width;

	for (size_t i = 0; i < line->count; i++) {
		if (!line->edges[i].end_ns)
			continue;
		width = line->edges[i].end_ns - line->edges[i].time_ns;
		if (width > most)
			most = width;
	}
	return most;
}

/*
 * What a camera says that its times mark is right to half a period. Where it
 * does not say, or does not tell the exposure that these times come after, they
 * are taken when the frame has been exposed or later. Of one that is triggered the passes, which begin and end, tell more.
 */
static void set_bounds(const struct scan *scan, const struct scan_line *line,
		       struct match_times *times)
{
	uint64_t exposure_ns = scan->settings.exposure_ns;
	double period = scan->result->period_used_s * 1e9;
	double low = -period / 2;

	if (!exposure_ns)
		exposure_ns = longest(line);
	if (scan->capabilities.mark == CAMERA_MARK_UNKNOWN ||
	    (scan_trigger_ends(scan) && !tells_exposure(scan, times->frames)))
		low = exposure_ns - period / 4;
	times->period_ns = period;
	times->low_ns = low;
	times->high_ns = low + period;
	if (flyscan_triggers(scan->request)) {
		times->low_ns = -period / 2;
		times->high_ns = LATE_PERIODS * period;
	}
}

static int pair_with(struct scan *scan, const struct scan_line *line,
		     struct pairing *pairing)
{
	struct match_times times = {
		.frames = pairing->frames,
		.edges = line->count,
	};

	set_bounds(scan, line, &times);
	if (make_pairing(scan, line, pairing)) {
		times.frame_ns = pairing->frame_ns;
		times.edge_ns = pairing->edge_ns;
		if (scan->capabilities.counts_gaps)
			times.sequence = pairing->sequence;
		if (!match_times(&times, pairing->edge, &pairing->match))
			return 0;
	}
	return scan_fail(scan, ENOMEM,
			 "wanted memory for the times of %zu frames, found none; take fewer frames",
			 pairing->frames);
}

/* Those that tried the camera are none of a pass. */
static uint64_t pulses_told(const struct scan_line *line)
{
	uint64_t told = 0;

	for (size_t i = 0; i < line->count; i++)
		told += line->edges[i].pass != SCAN_NO_PASS;
	return told;
}

/*
 * Of pulses that tried the camera the first ones may find it not ready. One
 * that was not told has made one of the frames without a pulse.
 */
static void count_answers(struct scan *scan, const struct pairing *pairing)
{
	const struct scan_line *line = &scan->trigger.pulses;
	struct flyscan_ledger *ledger = &scan->result->ledger;
	uint64_t known = ledger->delivered - pairing->frames +
			 ledger->sensor_gaps + ledger->camera_dropped;
	uint64_t told = pulses_told(line);
	uint64_t untold = ledger->pulses > told ? ledger->pulses - told : 0;

	/* Of a scan that was killed the driver's count is not known. */
	if (!ledger->pulses)
		return;
	for (size_t i = 0; i < pairing->frames; i++) {
		if (pairing->edge[i] == MATCH_NONE) {
			known += untold > 0;
			untold -= untold > 0;
		} else if (line->edges[pairing->edge[i]].pass !=
			   SCAN_NO_PASS) {
			known++;
		}
	}
	if (ledger->pulses > known)
		ledger->unanswered = ledger->pulses - known;
}

static void take_edge(struct scan_frame *frame, const struct scan_edge *edge,
		      uint64_t latency_ns, enum scan_source source)
{
	frame->start_ns = edge->time_ns + latency_ns;
	frame->source = source;
	if (edge->end_ns)
		frame->exposure_ns = edge->end_ns - edge->time_ns;
}

/* A frame without an edge has its own time, less what the others' are late. */
static void take_edges(struct scan *scan, const struct scan_line *line,
		       const struct pairing *pairing, uint64_t latency_ns,
		       enum scan_source source)
{
	struct scan_frame *frame = scan->frames +
				   scan->result->ledger.copied;
	struct flyscan_ledger *ledger = &scan->result->ledger;

	scan->trigger.offset_ns = pairing->match.offset_ns - latency_ns;
	scan->trigger.scatter_s = pairing->match.scatter_ns / 1e9;
	for (size_t i = 0; i < pairing->frames; i++, frame++) {
		if (!frame->exposure_ns)
			frame->exposure_ns = scan->settings.exposure_ns;
		if (pairing->edge[i] != MATCH_NONE) {
			take_edge(frame, &line->edges[pairing->edge[i]],
				  latency_ns, source);
			continue;
		}
		ledger->untimed++;
		if (pairing->match.matched)
			frame->start_ns = pairing->frame_ns[i] -
					  scan->trigger.offset_ns;
	}
}

static int pair_pulses(struct scan *scan, size_t frames)
{
	const struct scan_line *line = &scan->trigger.pulses;
	struct pairing pairing = { .frames = frames };
	int result = pair_with(scan, line, &pairing);

	if (!result) {
		count_answers(scan, &pairing);
		if (!flyscan_captures(scan->request))
			take_edges(scan, line, &pairing,
				   scan->request->trigger_latency_ns,
				   SCAN_SOURCE_PULSE);
	}
	free_pairing(&pairing);
	return result;
}

static int pair_strobes(struct scan *scan, size_t frames)
{
	const struct scan_line *line = &scan->trigger.strobes;
	struct pairing pairing = { .frames = frames };
	int result = pair_with(scan, line, &pairing);

	if (!result)
		take_edges(scan, line, &pairing, 0, SCAN_SOURCE_STROBE);
	free_pairing(&pairing);
	return result;
}

int scan_trigger_pair(struct scan *scan, size_t rows)
{
	size_t frames = rows - scan->result->ledger.copied;

	if (flyscan_triggers(scan->request) && pair_pulses(scan, frames))
		return -1;
	if (flyscan_captures(scan->request))
		return pair_strobes(scan, frames);
	return 0;
}

/* ---- into the file ---- */

static int store_edges(struct scan *scan, const struct scan_line *line,
		       const char *time, const char *end, const char *position)
{
	uint64_t *times = calloc(2 * line->count + 1, sizeof(*times));
	double *places = calloc(line->count + 1, sizeof(*places));
	const struct scan_edge *edge = line->edges;
	int result = -1;

	errno = ENOMEM;
	if (times && places) {
		for (size_t i = 0; i < line->count; i++, edge++) {
			times[i] = edge->time_ns;
			times[line->count + i] = edge->end_ns;
			places[i] = oscan_axis_to_unit(scan->info,
						       edge->position);
		}
		result = writer_add_array(scan->writer, time, times,
					  line->count, "ns") ||
			 (end && writer_add_array(scan->writer, end,
						  times + line->count,
						  line->count, "ns")) ||
			 writer_add_reals(scan->writer, position, places,
					  line->count, scan_unit(scan)) ?
			 -1 : 0;
	}
	free(times);
	free(places);
	return result;
}

static int store_sources(struct scan *scan, size_t rows)
{
	uint64_t *sources = calloc(rows + 1, sizeof(*sources));
	int result;

	if (!sources)
		return -1;
	for (size_t i = 0; i < rows; i++)
		sources[i] = scan->frames[i].source;
	result = writer_add_array(scan->writer, "pairing/source", sources,
				  rows, NULL);
	free(sources);
	return result;
}

int scan_trigger_store_begin(struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	struct writer *writer = scan->writer;

	if (flyscan_triggers(request) &&
	    (writer_add_text(writer, "trigger/line", scan_trigger_line(scan)) ||
	     writer_add_number(writer, "trigger/latency",
			       request->trigger_latency_ns / 1e9, "s") ||
	     writer_add_number(writer, "trigger/pulse_width",
			       FLYSCAN_PULSE_NS / 1e9, "s") ||
	     writer_add_number(writer, "trigger/lead", scan_trigger_lead(scan),
			       scan_unit(scan))))
		return -1;
	if (flyscan_captures(request) &&
	    (writer_add_text(writer, "strobe/line", scan_capture_line(scan)) ||
	     writer_add_number(writer, "strobe/both_edges",
			       request->capture_both, NULL)))
		return -1;
	return 0;
}

static int store_pulses(struct scan *scan)
{
	const struct scan_line *line = &scan->trigger.pulses;
	uint64_t *passes = calloc(line->count + 1, sizeof(*passes));
	int result;

	if (!passes)
		return -1;
	for (size_t i = 0; i < line->count; i++)
		passes[i] = line->edges[i].pass == SCAN_NO_PASS ? 0 :
			    line->edges[i].pass + 1;
	result = writer_add_array(scan->writer, "trigger/pulse_pass", passes,
				  line->count, NULL) ||
		 store_edges(scan, line, "trigger/pulse_time", NULL,
			     "trigger/pulse_position");
	free(passes);
	return result ? -1 : 0;
}

static int store_strobes(struct scan *scan)
{
	return store_edges(scan, &scan->trigger.strobes, "strobe/time",
			   scan->request->capture_both ? "strobe/end_time" :
							 NULL,
			   "strobe/position");
}

int scan_trigger_store(struct scan *scan, size_t rows)
{
	const struct flyscan_request *request = scan->request;

	if (request->trigger == FLYSCAN_TRIGGER_FREE)
		return 0;
	if (store_sources(scan, rows) ||
	    writer_add_number(scan->writer, "pairing/offset",
			      scan->trigger.offset_ns / 1e9, "s") ||
	    writer_add_number(scan->writer, "pairing/offset_scatter",
			      scan->trigger.scatter_s, "s"))
		return -1;
	if (flyscan_triggers(request) && store_pulses(scan))
		return -1;
	return flyscan_captures(request) ? store_strobes(scan) : 0;
}
