// SPDX-License-Identifier: GPL-2.0-or-later
/* Which photos there are to be taken, in which order at a point. */
#include <math.h>
#include "capture-parts.h"

uint32_t capture_shots(const struct capture_request *request)
{
	return request->stack * request->bracket;
}

static double stack_lens(const struct capture_request *request,
			 unsigned int place)
{
	double range = request->focus_max_dpt - request->focus_min_dpt;

	return request->focus_min_dpt + range * place / (request->stack - 1);
}

/* The middle of a bracket has the exposure of the scan. */
static uint64_t bracket_exposure(const struct capture *capture,
				 unsigned int place)
{
	const struct capture_request *request = capture->request;
	double values = request->bracket_ev *
			(place - (request->bracket - 1) / 2.0);

	return llround(capture->locked.exposure_ns * exp2(values));
}

void capture_shot(const struct capture *capture, struct project_photo *photo,
		  struct capture_wish *wish)
{
	const struct capture_request *request = capture->request;
	unsigned int stack = capture->shot / request->bracket;
	unsigned int bracket = capture->shot % request->bracket;

	if (capture->down)
		stack = request->stack - 1 - stack;
	*photo = (struct project_photo){
		.original = capture->path.points[capture->point].original,
		.stack = request->stack > 1 ? (int)stack : -1,
		.bracket = request->bracket > 1 ? (int)bracket : -1,
	};
	wish->lens_dpt = request->stack > 1 ? stack_lens(request, stack) :
					      capture->locked.lens_dpt;
	wish->exposure_ns = request->bracket > 1 ?
			    bracket_exposure(capture, bracket) :
			    capture->locked.exposure_ns;
}

bool capture_seek(struct capture *capture)
{
	struct capture_wish wish;
	struct project_photo photo;

	for (; capture->shot < capture_shots(capture->request);
	     capture->shot++) {
		capture_shot(capture, &photo, &wish);
		if (!project_has_photo(capture->scan, &photo))
			return true;
	}
	return false;
}

/* The lens goes on from where the last stack has left it. */
static void turn_stack(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	double lens = capture->wish.lens_dpt;

	capture->down = request->stack > 1 && !isnan(lens) &&
			fabs(request->focus_max_dpt - lens) <
			fabs(request->focus_min_dpt - lens);
}

bool capture_seek_point(struct capture *capture)
{
	for (; capture->point < capture->path.count; capture->point++) {
		capture->shot = 0;
		turn_stack(capture);
		if (capture_seek(capture))
			return true;
	}
	return false;
}

const struct path_point *capture_point_after(struct capture *capture)
{
	const uint32_t point = capture->point, shot = capture->shot;
	const struct path_point *after = NULL;
	const bool down = capture->down;

	capture->shot++;
	if (!capture_seek(capture)) {
		capture->point++;
		if (capture_seek_point(capture))
			after = &capture->path.points[capture->point];
	}
	capture->point = point;
	capture->shot = shot;
	capture->down = down;
	return after;
}
