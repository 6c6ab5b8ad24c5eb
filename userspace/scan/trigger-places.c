// SPDX-License-Identifier: GPL-2.0-or-later
/* Where and how often a line pulses. */
#include <math.h>
#include "scan.h"

const char *scan_trigger_line(const struct scan *scan)
{
	return scan->request->trigger_line ? scan->request->trigger_line :
					     FLYSCAN_TRIGGER_LINE;
}

const char *scan_capture_line(const struct scan *scan)
{
	return scan->request->capture_line ? scan->request->capture_line :
					     FLYSCAN_CAPTURE_LINE;
}

/* The configured one; a camera that does not tell is taken at our word. */
double scan_trigger_exposure_s(const struct scan *scan)
{
	if (scan->settings.exposure_ns)
		return scan->settings.exposure_ns / 1e9;
	return flyscan_exposure_s(scan->request, scan->result->period_used_s);
}

double scan_trigger_busy_s(const struct scan *scan)
{
	return scan_trigger_exposure_s(scan) +
	       scan->capabilities.readout_ns / 1e9;
}

bool scan_trigger_ends(const struct scan *scan)
{
	return scan->capabilities.mark == CAMERA_MARK_READOUT_START ||
	       scan->capabilities.mark == CAMERA_MARK_FRAME_END;
}

/* Each place is at a whole microstep. */
double scan_trigger_shortest_s(const struct scan *scan)
{
	double steps = fabs(scan_trigger_spacing(scan));
	double period = scan->result->period_used_s;

	if (scan_trigger_is_whole(scan) || steps < 1)
		return period;
	return period * floor(steps) / steps;
}

/* Without an error worth a microstep at the last one. */
bool scan_trigger_is_whole(const struct scan *scan)
{
	double steps = scan_trigger_spacing(scan);

	return fabs(steps - rint(steps)) * scan->result->geometry.frames <
	       0.01;
}

double scan_trigger_lead(const struct scan *scan)
{
	double seconds = scan->request->trigger_latency_ns / 1e9 +
			 scan_trigger_busy_s(scan) / 2;

	return scan->result->geometry.velocity * seconds;
}

double scan_trigger_spacing(const struct scan *scan)
{
	const struct flyscan_request *request = scan->request;

	return scan_steps(scan, request->end - request->start) /
	       (scan->result->geometry.frames - 1);
}
