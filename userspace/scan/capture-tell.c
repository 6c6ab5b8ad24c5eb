// SPDX-License-Identifier: GPL-2.0-or-later
/* What a capture scan tells while it runs. */
#include <math.h>
#include "capture-parts.h"

#define TELL_NS (CAPTURE_NS_PER_S / 10)

double capture_elapsed_s(const struct capture *capture)
{
	uint64_t now = capture->pause_ns ? capture->pause_ns : capture_now();

	if (!capture->begin_ns)
		return 0;
	return (now - capture->begin_ns - capture->paused_ns) / 1e9;
}

/*
 * The moves are known exactly; what a point takes besides is the mean of those
 * of this run.
 */
static double eta_s(const struct capture *capture, double elapsed_s)
{
	uint32_t todo = capture->path.count - capture->points_before;
	double left_s = capture->moves_left_s - capture->made_s;

	if (!capture->points_run)
		return NAN;
	return fmax(left_s, 0) +
	       (todo - capture->points_run) *
	       fmax(elapsed_s - capture->made_s, 0) / capture->points_run;
}

void capture_tell(struct capture *capture, bool force)
{
	const struct capture_result *result = capture->result;
	struct capture_progress progress;
	uint64_t now = capture_now();

	if (!capture->progress ||
	    (!force && now - capture->told_ns < TELL_NS))
		return;
	capture->told_ns = now;
	progress = (struct capture_progress){
		.state = capture->state,
		.scan = result->scan,
		.photos_saved = result->photos_saved,
		.photos_total = result->photos_total,
		.points_done = capture->points_before + capture->points_run,
		.points_total = result->points_total,
		.elapsed_s = capture_elapsed_s(capture),
		.theta_deg = capture_angle(capture, CAPTURE_THETA),
		.phi_deg = capture_angle(capture, CAPTURE_PHI),
		.queue_used = capture_saver_used(capture),
		.bytes = result->bytes,
	};
	progress.eta_s = eta_s(capture, progress.elapsed_s);
	capture->progress(&progress, capture->progress_data);
}
