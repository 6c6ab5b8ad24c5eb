// SPDX-License-Identifier: GPL-2.0-or-later
/* A scan that completes another begins with the frames of that one. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "scan.h"
#include "store.h"

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

static int read_frame(struct scan *scan, size_t index, void *pixels)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;

	while (earlier->pixels(earlier->data, index, pixels)) {
		if (errno != EAGAIN)
			return scan_fail(scan, errno,
					 "wanted frame %zu of %.200s, found that it cannot be read; scan all of it again",
					 index, earlier->path);
		if (scan_wait_for_writer(scan))
			return -1;
	}
	return 0;
}

static int copy_frame(struct scan *scan, size_t index, void *pixels)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	struct scan_frame *frame = &scan->frames[index];

	if (read_frame(scan, index, pixels) || scan_wait_for_room(scan))
		return -1;
	if (writer_put(scan->writer, pixels, &earlier->frame[index]))
		return scan_writer_failed(scan, errno);
	frame->time_ns = earlier->frame[index].time_ns;
	frame->sequence = earlier->frame[index].sequence;
	frame->exposure_ns = earlier->frame[index].exposure_ns;
	if (earlier->source)
		frame->source = earlier->source[index];
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

static int store_runs(struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	struct writer *writer = scan->writer;

	return writer_add_text(writer, "resumed_from", earlier->path) ||
	       writer_add_array(writer, "earlier/frames", earlier->run_frames,
				earlier->runs, NULL) ||
	       writer_add_array(writer, "earlier/steps", earlier->run_steps,
				earlier->runs, NULL) ||
	       writer_add_text(writer, "earlier/boot_ids", earlier->boot_ids) ?
	       -1 : 0;
}

static int store_marks(struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	uint64_t *in_scan = calloc(earlier->frames + 1, sizeof(*in_scan));
	int ret;

	if (!in_scan)
		return -1;
	for (size_t i = 0; i < earlier->frames; i++)
		in_scan[i] = earlier->in_scan[i];
	ret = writer_add_array(scan->writer, "earlier/in_scan", in_scan,
			       earlier->frames, NULL);
	free(in_scan);
	return ret;
}

int scan_store_earlier(struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	const char *unit = scan_unit(scan);
	const struct {
		const char *name;
		const double *values;
	} reals[] = {
		{ "earlier/position", earlier->position },
		{ "earlier/position_start", earlier->position_start },
		{ "earlier/position_end", earlier->position_end },
		{ "earlier/position_errors", earlier->sigma },
		{ "earlier/speed", earlier->speed },
	};
	const struct writer_trace steps = {
		earlier->steps, earlier->step_ns, earlier->step_position
	};

	if (store_runs(scan) || store_marks(scan) ||
	    writer_add_earlier_steps(scan->writer, &steps,
				     earlier->step_utc_ns) ||
	    writer_add_array(scan->writer, "earlier/time_ns", earlier->time_ns,
			     earlier->frames, "ns") ||
	    writer_add_array(scan->writer, "earlier/pass", earlier->pass,
			     earlier->frames, NULL) ||
	    (earlier->source &&
	     writer_add_array(scan->writer, "earlier/source", earlier->source,
			      earlier->frames, NULL)))
		return -1;
	for (size_t i = 0; i < COUNT(reals); i++)
		if (writer_add_reals(scan->writer, reals[i].name,
				     reals[i].values, earlier->frames,
				     i < COUNT(reals) - 1 ? unit : NULL))
			return -1;
	return 0;
}

/*
 * Or the machine with it. That of the scans before the last one does not
 * matter: where it was another, the last one was told where it is.
 */
static bool was_loaded_again(const struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;

	return earlier->other_boot || !earlier->driver_probed_ns ||
	       earlier->driver_probed_ns !=
		       oscan_motor_info(scan->motor)->probed_ns;
}

/* Nobody sees in the file that its halves do not join. */
static int check_position(struct scan *scan)
{
	const char *path = scan->request->earlier->path;
	const char *name = scan->info->name;

	if (scan->state.position_state == OSCAN_POSITION_LOST)
		return scan_fail(scan, EPROTO,
				 "wanted to complete %.200s, found the position of %s lost since; home it with \"oscanctl home %s\" or set it with \"oscanctl set-position\"",
				 path, name, name);
	if (scan->state.position_state == OSCAN_POSITION_SUSPECT)
		scan_warn(scan, FLYSCAN_WARN_POSITION,
			  "the position of %s is uncertain (its motor was off, or it stumbled), and the frames of both scans may not join; home it with \"oscanctl home %s\" before it goes on",
			  name, name);
	return 0;
}

int scan_check_earlier(struct scan *scan)
{
	const struct flyscan_earlier *earlier = scan->request->earlier;
	double scale = oscan_axis_steps_per_unit(scan->info);

	if (!earlier)
		return 0;
	if (fabs(earlier->scale - scale) > 1e-9 * scale)
		return scan_fail(scan, EPROTO,
				 "wanted %s with %.9g microsteps per %s as in %.200s, found %.9g; set the axis up as it was",
				 scan->info->name, earlier->scale,
				 scan_unit(scan), earlier->path, scale);
	if (was_loaded_again(scan) &&
	    scan->state.position_state != OSCAN_POSITION_KNOWN)
		return scan_fail(scan, EPROTO,
				 "wanted to complete %.200s, which is from before the machine was started or the driver was loaded again, found the position of %s not known since; home it with \"oscanctl home %s\" or set it with \"oscanctl set-position\"",
				 earlier->path, scan->info->name,
				 scan->info->name);
	return check_position(scan);
}
