// SPDX-License-Identifier: GPL-2.0-or-later
/* What is found at the end of a scan: sums that must be zero, and warnings. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "scan.h"

typedef unsigned long long count;

uint64_t flyscan_lost(const struct flyscan_ledger *ledger)
{
	return ledger->pulses_missed + ledger->unanswered +
	       ledger->sensor_gaps + ledger->camera_dropped +
	       (ledger->delivered - ledger->taken) +
	       (ledger->taken - ledger->packed) +
	       (ledger->packed - ledger->written);
}

const char *flyscan_phase_name(enum flyscan_phase phase)
{
	switch (phase) {
	case FLYSCAN_CHECK:
		return "checking";
	case FLYSCAN_MEASURE:
		return "measuring the camera's period";
	case FLYSCAN_TAXI:
		return "going to the start";
	case FLYSCAN_ARM:
		return "waiting for the first frame";
	case FLYSCAN_PASS:
		return "passing";
	case FLYSCAN_DRAIN:
		return "writing the last frames";
	default:
		return "storing the positions";
	}
}

const char *flyscan_warning_name(enum flyscan_warning_kind kind)
{
	static const char *const names[] = {
		[FLYSCAN_WARN_DATA_LOSS] = "FlyscanDataLossWarning",
		[FLYSCAN_WARN_PERIOD] = "FlyscanPeriodWarning",
		[FLYSCAN_WARN_BAD_FRAME] = "FlyscanBadFrameWarning",
		[FLYSCAN_WARN_COUNT] = "FlyscanCountWarning",
		[FLYSCAN_WARN_RESTORE] = "FlyscanRestoreWarning",
		[FLYSCAN_WARN_TRIGGER] = "FlyscanTriggerWarning",
		[FLYSCAN_WARN_POSITION] = "FlyscanPositionWarning",
	};

	return names[kind];
}

void scan_warn(struct scan *scan, enum flyscan_warning_kind kind,
	       const char *format, ...)
{
	struct flyscan_result *result = scan->result;
	struct flyscan_warning *warning;
	va_list args;

	if (result->warning_count == FLYSCAN_WARNINGS_MAX)
		return;
	warning = &result->warnings[result->warning_count++];
	warning->kind = kind;
	va_start(args, format);
	vsnprintf(warning->text, sizeof(warning->text), format, args);
	va_end(args);
}

/* Frames dropped by a full queue are no failure where that was asked for. */
static uint64_t lost_against_order(const struct scan *scan)
{
	const struct flyscan_ledger *ledger = &scan->result->ledger;
	uint64_t lost = flyscan_lost(ledger);

	if (scan->request->nonblocking)
		lost -= ledger->dropped;
	return lost;
}

static void check_frames(struct scan *scan)
{
	const struct flyscan_ledger *ledger = &scan->result->ledger;

	if (!lost_against_order(scan))
		return;
	if (ledger->pulses_missed + ledger->unanswered)
		scan_fail(scan, ENODATA,
			  "wanted a frame for each place, found %llu places without a pulse and %llu of %llu pulses without a frame; take a longer period or a shorter exposure, and see the wiring",
			  (count)ledger->pulses_missed,
			  (count)ledger->unanswered, (count)ledger->pulses);
	scan_fail(scan, ENODATA,
		  "wanted every frame in the file, found %llu lost (%llu by the sensor, %llu by the camera, %llu on the way to the queue, %llu by the compressor, %llu by the writer); take a longer period, smaller frames or a faster disk",
		  (count)flyscan_lost(ledger), (count)ledger->sensor_gaps,
		  (count)ledger->camera_dropped,
		  (count)(ledger->delivered - ledger->taken),
		  (count)(ledger->taken - ledger->packed),
		  (count)(ledger->packed - ledger->written));
}

/* Then nothing says by how much the camera's times are late. */
static void check_lines(struct scan *scan)
{
	const struct flyscan_ledger *ledger = &scan->result->ledger;
	const bool captures = flyscan_captures(scan->request);

	if (ledger->untimed && ledger->untimed == ledger->written)
		scan_fail(scan, ENODATA,
			  "wanted the %s of each of %llu frames on the line %.40s, found none of any (%llu were told); see its wiring, or take another --trigger-mode",
			  captures ? "strobe" : "pulse",
			  (count)ledger->written,
			  captures ? scan_capture_line(scan) :
				     scan_trigger_line(scan),
			  (count)(captures ? ledger->strobes :
					     ledger->pulses));
}

void scan_check_sums(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;

	check_frames(scan);
	check_lines(scan);
	if (!scan->error &&
	    (result->steps_counted != result->steps_commanded ||
	     result->steps_traced != (uint64_t)result->steps_counted))
		scan_fail(scan, EIO,
			  "wanted %lld steps, found %lld counted by the driver and %llu in the trace; start the scan again",
			  (long long)result->steps_commanded,
			  (long long)result->steps_counted,
			  (count)result->steps_traced);
}

/*
 * Where it was not asked for, loss is an error that tells the same. All
 * counters of a scan begin at zero; both ends are told all the same.
 */
static void warn_of_loss(struct scan *scan)
{
	const struct flyscan_ledger *ledger = &scan->result->ledger;
	uint64_t lost = flyscan_lost(ledger);

	if (lost && scan->request->nonblocking)
		scan_warn(scan, FLYSCAN_WARN_DATA_LOSS,
			  "%llu frames were dropped (dropped: 0 before, %llu now; %llu given by the camera, %llu in the file); take a longer --t-period or fewer --exposures-per-egu",
			  (count)lost, (count)lost,
			  (count)ledger->delivered, (count)ledger->written);
}

static void warn_of_times(struct scan *scan)
{
	const struct flyscan_ledger *ledger = &scan->result->ledger;

	if (ledger->untimed)
		scan_warn(scan, FLYSCAN_WARN_TRIGGER,
			  "%llu of %llu frames have no %s of their own (%llu were told); their times are the camera's, less what these are late",
			  (count)ledger->untimed, (count)ledger->written,
			  flyscan_captures(scan->request) ? "strobe" : "pulse",
			  (count)(flyscan_captures(scan->request) ?
				  ledger->strobes : ledger->pulses));
}

static void warn_of_period(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;

	if (result->period_used_s != result->period_asked_s)
		scan_warn(scan, FLYSCAN_WARN_PERIOD,
			  "the camera's period is %.4g s and not the %.4g s asked for; the scan ran at that",
			  result->period_used_s, result->period_asked_s);
}

static void warn_of_frames(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	const struct flyscan_earlier *earlier = scan->request->earlier;
	uint64_t places = earlier ?
			  (uint64_t)earlier->places * earlier->passes :
			  (uint64_t)result->geometry.frames *
			  scan_pass_count(scan);

	if (result->ledger.camera_bad)
		scan_warn(scan, FLYSCAN_WARN_BAD_FRAME,
			  "the camera marked %llu frames as bad; they are in the file with frame_status 2",
			  (count)result->ledger.camera_bad);
	if (!scan->error && result->frames_in_scan != places)
		scan_warn(scan, FLYSCAN_WARN_COUNT,
			  "%llu frames stand in the range for %llu places; the camera did not keep its period",
			  (count)result->frames_in_scan, (count)places);
}

void scan_check_warnings(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;

	warn_of_loss(scan);
	warn_of_times(scan);
	warn_of_period(scan);
	warn_of_frames(scan);
	if (scan->request->strict && result->warning_count && !scan->error)
		scan_fail(scan, EPROTO,
			  "wanted a scan without a warning (--strict), found: %.440s",
			  result->warnings[0].text);
}
