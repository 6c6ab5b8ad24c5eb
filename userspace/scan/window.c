// SPDX-License-Identifier: GPL-2.0-or-later
/* When each pass was in the range that was asked for. */
#include "scan.h"

/* 0: never */
static uint64_t passed(const struct scan *scan, const struct scan_pass *pass,
		       double place)
{
	uint64_t time_ns;

	if (oscan_track_when(scan->track, scan_steps(scan, place),
			     pass->launch_ns, &time_ns))
		return 0;
	return time_ns;
}

/*
 * When the axis passed @place after the launch. Places that it never passes
 * because the run-up is shorter than half a spacing, or because it was
 * stopped, are replaced by where it began or came to rest.
 */
static uint64_t crossing(const struct scan *scan, const struct scan_pass *pass,
			 double place)
{
	uint64_t time_ns = 0;

	if (pass->direction * (place - pass->initial) <= 0)
		return pass->launch_ns;
	if (pass->direction * (pass->final - place) >= 0)
		time_ns = passed(scan, pass, place);
	if (!time_ns)
		time_ns = passed(scan, pass, pass->final);
	return time_ns ? time_ns : scan->state.last_step_ns;
}

void scan_find_windows(struct scan *scan)
{
	double intervals = scan->result->geometry.frames - 1;
	struct scan_pass *pass;
	double half;

	for (uint32_t i = 0; i < scan->result->passes; i++) {
		pass = &scan->passes[i];
		half = (pass->end - pass->start) / intervals / 2;
		pass->window_ns[0] = crossing(scan, pass, pass->start - half);
		pass->window_ns[1] = crossing(scan, pass, pass->end + half);
		pass->crossing_ns[0] = passed(scan, pass, pass->start);
		pass->crossing_ns[1] = passed(scan, pass, pass->end);
	}
}

uint32_t scan_pass_at(const struct scan *scan, uint64_t time_ns)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	const struct scan_pass *pass;

	for (uint32_t i = 0; i < scan->result->passes; i++) {
		pass = &scan->passes[i];
		if (time_ns >= pass->window_ns[0] &&
		    time_ns <= pass->window_ns[1])
			return (earlier ? earlier->first_pass : 0) + i + 1;
	}
	return 0;
}
