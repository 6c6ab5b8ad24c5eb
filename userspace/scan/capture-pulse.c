// SPDX-License-Identifier: GPL-2.0-or-later
/* An external trigger in place of a camera: the kernel's time and positions. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "capture-parts.h"

static uint32_t width_ns(const struct capture *capture)
{
	return lrint(capture->request->trigger_width_s * 1e9);
}

static int fire(struct capture *capture)
{
	if (oscan_trigger_pulse(capture->motor, capture->line,
				width_ns(capture), &capture->pulse))
		return capture_fail(capture, errno,
				    "wanted to pulse the line %.60s, found: %s; see what else drives it",
				    capture->request->trigger,
				    strerror(errno));
	capture->shot_ns = capture->pulse.time_ns;
	capture->taking = true;
	return 0;
}

/*
 * The pulse stands for the exposure, so the axes rest until it ends. What is
 * photographed has to be journalled: there is room for it before.
 */
int capture_pulse(struct capture *capture)
{
	uint64_t now = capture_now(), end_ns;
	int rested;

	end_ns = capture->shot_ns + width_ns(capture);
	if (now < capture->ready_ns || (capture->shot_ns && now < end_ns))
		return capture_idle(capture);
	if (!capture->shot_ns && capture_saver_full(capture))
		return capture_idle(capture);
	if (!capture->shot_ns)
		return capture_check_space(capture, 1) ? -1 : fire(capture);
	rested = capture_rested(capture, end_ns);
	if (rested < 0)
		return -1;
	if (!rested)
		return capture_fail(capture, EAGAIN,
				    "wanted the axes at rest during the pulse, found that they had moved; keep other programs from moving them");
	capture->taking = false;
	return capture_put(capture, &capture->pulse) ? -1 : 1;
}
