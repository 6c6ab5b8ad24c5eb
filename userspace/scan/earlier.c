// SPDX-License-Identifier: GPL-2.0-or-later
/* A scan that completes another begins with the frames of that one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "scan.h"

static int same_size(struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;

	if (earlier->width == scan->settings.width &&
	    earlier->height == scan->settings.height)
		return 0;
	return scan_fail(scan, EPROTO,
			 "wanted frames of %ux%u pixels as in %.200s, found that the camera gives %ux%u; use the same camera",
			 earlier->width, earlier->height, earlier->path,
			 scan->settings.width, scan->settings.height);
}

static int copy_frame(struct scan *scan, size_t index, void *pixels)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	struct scan_frame *frame = &scan->frames[index];

	if (earlier->pixels(earlier->data, index, pixels))
		return scan_fail(scan, errno,
				 "wanted frame %zu of %.200s, found that it cannot be read; scan all of it again",
				 index, earlier->path);
	if (scan_wait_for_room(scan))
		return -1;
	if (writer_put(scan->writer, pixels, &earlier->frame[index]))
		return scan_writer_failed(scan, errno);
	frame->time_ns = earlier->frame[index].time_ns;
	frame->sequence = earlier->frame[index].sequence;
	frame->exposure_ns = earlier->frame[index].exposure_ns;
	scan->result->ledger.copied++;
	return 0;
}

/* Nothing moves yet and no camera runs. */
int scan_copy_earlier(struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	void *pixels;
	int result = 0;

	if (!earlier || !earlier->frames)
		return 0;
	if (same_size(scan))
		return -1;
	scan->guard.written_ns = scan_now();
	pixels = malloc(scan_frame_bytes(scan));
	scan->frames = calloc(earlier->frames, sizeof(*scan->frames));
	scan->frames_room = earlier->frames;
	if (!pixels || !scan->frames)
		result = scan_fail(scan, ENOMEM,
				   "wanted memory for %zu frames, found none; end other programs",
				   earlier->frames);
	for (size_t i = 0; i < earlier->frames && !result; i++)
		result = scan_cancelled(scan) ? -1 :
			 copy_frame(scan, i, pixels);
	free(pixels);
	return result;
}

int scan_trace(struct scan *scan, struct writer_trace *trace)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	size_t before = earlier ? earlier->steps : 0, now;
	const int64_t *position;
	const uint64_t *time_ns;
	uint64_t *times;
	int64_t *positions;

	now = oscan_track_count(scan->track);
	oscan_track_steps(scan->track, &time_ns, &position);
	times = calloc(before + now + 1, sizeof(*times));
	positions = calloc(before + now + 1, sizeof(*positions));
	if (!times || !positions) {
		free(times);
		free(positions);
		return scan_fail(scan, ENOMEM,
				 "wanted memory for %zu steps, found none; end other programs",
				 before + now);
	}
	if (before) {
		memcpy(times, earlier->step_ns, before * sizeof(*times));
		memcpy(positions, earlier->step_position,
		       before * sizeof(*positions));
	}
	if (now) {
		memcpy(times + before, time_ns, now * sizeof(*times));
		memcpy(positions + before, position, now * sizeof(*positions));
	}
	*trace = (struct writer_trace){
		.steps = before + now,
		.time_ns = times,
		.position = positions,
	};
	return 0;
}
