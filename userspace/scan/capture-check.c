// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with a request for a capture scan, whatever the rig. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include "capture-parts.h"

#define PAUSE_MOST_S 600
#define LENS_MOST_DPT 100
#define GAIN_MOST 1000
#define EXPOSURE_MOST_S 3600
#define SIZE_MOST 65535

__attribute__((format(printf, 2, 3)))
static int refuse(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, CAPTURE_ERROR_LEN, format, args);
	va_end(args);
	errno = EINVAL;
	return -1;
}

/* False for what is not a number, too. */
static bool within(double value, double least, double most)
{
	return value >= least && value <= most;
}

static int check_times(const struct capture_request *request, char *error)
{
	if (!within(request->settle_s, 0, PAUSE_MOST_S))
		return refuse(error,
			      "wanted a pause before the photo from 0 to %d s, found %g s; correct it",
			      PAUSE_MOST_S, request->settle_s);
	if (!within(request->after_s, 0, PAUSE_MOST_S))
		return refuse(error,
			      "wanted a pause after the photo from 0 to %d s, found %g s; correct it",
			      PAUSE_MOST_S, request->after_s);
	return 0;
}

static int check_camera(const struct capture_request *request, char *error)
{
	double exposure_s = (double)request->exposure_ns / CAPTURE_NS_PER_S;

	if (request->width > SIZE_MOST || request->height > SIZE_MOST)
		return refuse(error,
			      "wanted photos of up to %d pixels a side, found %ux%u; choose smaller ones",
			      SIZE_MOST, request->width, request->height);
	if (exposure_s > EXPOSURE_MOST_S)
		return refuse(error,
			      "wanted an exposure of up to %d s, found %g s; choose a shorter one",
			      EXPOSURE_MOST_S, exposure_s);
	if (!within(request->gain, 0, GAIN_MOST) ||
	    !within(request->red_gain, 0, GAIN_MOST) ||
	    !within(request->blue_gain, 0, GAIN_MOST))
		return refuse(error,
			      "wanted gains from 0 to %d, found %g, red %g and blue %g; correct them",
			      GAIN_MOST, request->gain, request->red_gain,
			      request->blue_gain);
	if (!within(request->focal_length_mm, 0, CAPTURE_FOCAL_MAX_MM))
		return refuse(error,
			      "wanted a focal length of up to %d mm, found %g; correct it",
			      CAPTURE_FOCAL_MAX_MM, request->focal_length_mm);
	if (!request->red_gain != !request->blue_gain)
		return refuse(error,
			      "wanted the gains of red and blue, found only one of them; give both, or neither");
	return 0;
}

static int check_focus(const struct capture_request *request, char *error)
{
	if (request->stack < 1 || request->stack > CAPTURE_STACK_MAX)
		return refuse(error,
			      "wanted 1 to %d photos in a focus stack, found %u; choose another number",
			      CAPTURE_STACK_MAX, request->stack);
	if (request->stack > 1 &&
	    (!within(request->focus_min_dpt, 0, LENS_MOST_DPT) ||
	     !within(request->focus_max_dpt, 0, LENS_MOST_DPT) ||
	     request->focus_max_dpt <= request->focus_min_dpt))
		return refuse(error,
			      "wanted a focus range that rises, from 0 to %d dioptres, found %g to %g; correct it",
			      LENS_MOST_DPT, request->focus_min_dpt,
			      request->focus_max_dpt);
	if (!isnan(request->lens_dpt) &&
	    !within(request->lens_dpt, 0, LENS_MOST_DPT))
		return refuse(error,
			      "wanted a lens position from 0 to %d dioptres, found %g; correct it",
			      LENS_MOST_DPT, request->lens_dpt);
	if (request->autofocus + !isnan(request->lens_dpt) +
	    (request->stack > 1) > 1)
		return refuse(error,
			      "wanted one of auto-focus, a lens position and a focus stack, found more than one; leave the others out");
	return 0;
}

static int check_bracket(const struct capture_request *request, char *error)
{
	if (request->bracket < 1 || request->bracket > CAPTURE_BRACKET_MAX)
		return refuse(error,
			      "wanted 1 to %d photos in a bracket, found %u; choose another number",
			      CAPTURE_BRACKET_MAX, request->bracket);
	if (request->bracket > 1 && !(request->bracket_ev > 0 &&
				      request->bracket_ev <= 5))
		return refuse(error,
			      "wanted more than 0 up to 5 exposure values from photo to photo of a bracket, found %g; correct it",
			      request->bracket_ev);
	return 0;
}

static int check_trigger(const struct capture_request *request, char *error)
{
	if (!request->trigger)
		return 0;
	if (request->stack > 1 || request->bracket > 1)
		return refuse(error,
			      "wanted one pulse of the trigger line at a point, found a focus stack or a bracket; leave those to the camera");
	if (!within(request->trigger_width_s, 1e-6, 4))
		return refuse(error,
			      "wanted pulses from 0.001 to 4000 ms, found %g ms; correct them",
			      request->trigger_width_s * 1e3);
	return 0;
}

static int check_file(const struct capture_request *request, char *error)
{
	char why[PROJECT_ERROR_LEN];

	if (!request->project)
		return refuse(error,
			      "wanted the name of a project, found none; give one");
	if (project_name_check(request->project, why))
		return refuse(error, "%s", why);
	if (!photo_format_name(request->format))
		return refuse(error,
			      "wanted a format of photos, found number %u; choose jpeg, tiff, dng, raw, hdf5 or png",
			      request->format);
	if (request->quality < 1 || request->quality > 100)
		return refuse(error,
			      "wanted a quality from 1 to 100, found %u; correct it",
			      request->quality);
	if (request->orientation < 1 || request->orientation > 8)
		return refuse(error,
			      "wanted an orientation from 1 to 8, as of EXIF, found %u; correct it",
			      request->orientation);
	return 0;
}

static int check_work(const struct capture_request *request, char *error)
{
	if (request->queue < 1 || request->queue > CAPTURE_QUEUE_MAX)
		return refuse(error,
			      "wanted a queue of 1 to %d photos, found %u; choose another length",
			      CAPTURE_QUEUE_MAX, request->queue);
	if (request->workers < 1 || request->workers > CAPTURE_WORKERS_MAX)
		return refuse(error,
			      "wanted 1 to %d threads that save, found %u; choose another number",
			      CAPTURE_WORKERS_MAX, request->workers);
	if (request->light && !within(request->brightness, 0, 100))
		return refuse(error,
			      "wanted a brightness from 0 to 100 percent, found %g; correct it",
			      request->brightness);
	if (isinf(request->theta_stop_deg) || isinf(request->phi_stop_deg) ||
	    fabs(request->theta_stop_deg) > 3600 ||
	    fabs(request->phi_stop_deg) > 3600)
		return refuse(error,
			      "wanted end stops within 3600 degrees, found %g and %g; correct them",
			      request->theta_stop_deg, request->phi_stop_deg);
	return 0;
}

int capture_check(const struct capture_request *request, char *error)
{
	if (check_file(request, error) || check_times(request, error) ||
	    check_camera(request, error) || check_focus(request, error) ||
	    check_bracket(request, error) || check_trigger(request, error))
		return -1;
	return check_work(request, error);
}
