// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a photo: inside of its file, and beside it. */
#include <math.h>
#include "axis-state.h"
#include "capture-parts.h"

#ifndef OSCAN_VERSION
#define OSCAN_VERSION "unknown"
#endif

/* Standard uncertainty of a count: a rectangle one microstep wide. */
#define RECTANGLE 0.28867513459481287

/* What the frame does not tell is what it was told. */
static void describe_frame(const struct capture *capture,
			   struct photo_info *info)
{
	const struct camera_capabilities *can = &capture->capabilities;
	const struct capture_locked *locked = &capture->locked;
	const struct camera_frame *frame = &capture->frame;

	info->camera_model = capture->request->camera->model(capture->camera);
	info->exposure_ns = frame->exposure_ns ? frame->exposure_ns :
						 capture->wish.exposure_ns;
	info->gain = frame->gain ? frame->gain : locked->gain;
	info->focal_length_mm = can->focal_length_mm ? can->focal_length_mm :
				capture->request->focal_length_mm;
	info->pixel_um = can->pixel_um;
	info->lens_dpt = isnan(frame->lens_dpt) ? capture->wish.lens_dpt :
						  frame->lens_dpt;
	info->red_gain = frame->red_gain ? frame->red_gain :
					   locked->red_gain;
	info->blue_gain = frame->blue_gain ? frame->blue_gain :
					     locked->blue_gain;
}

static double sigma_deg(const struct capture_axis *axis)
{
	return axis->info ? RECTANGLE / oscan_axis_steps_per_unit(axis->info) :
			    NAN;
}

/* What the rig cannot turn stands as the path says. */
static double measured(const struct capture *capture, enum capture_axes which,
		       double planned_deg)
{
	double angle_deg = capture_angle_rested(capture, which);

	return isnan(angle_deg) ? planned_deg : angle_deg;
}

static void describe_pose(const struct capture *capture,
			  struct photo_info *info)
{
	const struct path_point *point = &capture->path.points[capture->point];

	info->has_pose = true;
	info->theta_deg = measured(capture, CAPTURE_THETA, point->theta_deg);
	info->phi_deg = measured(capture, CAPTURE_PHI, point->phi_deg);
	info->theta_sigma_deg = sigma_deg(&capture->axis[CAPTURE_THETA]);
	info->phi_sigma_deg = sigma_deg(&capture->axis[CAPTURE_PHI]);
}

void capture_describe(const struct capture *capture,
		      struct capture_photo *photo,
		      const struct oscan_pulse *pulse)
{
	struct photo_info *info = &photo->info;
	struct oscan_clocks clocks;
	uint64_t begin_ns, end_ns;

	project_photo_name(capture->scan, &photo->id, photo->name);
	*info = (struct photo_info){
		.name = photo->name,
		.program = "oscan " OSCAN_VERSION,
		.orientation = capture->request->orientation,
		.lens_dpt = NAN,
	};
	describe_pose(capture, info);
	if (pulse) {
		begin_ns = pulse->time_ns;
		end_ns = begin_ns + pulse->width_ns;
		info->exposure_ns = pulse->width_ns;
	} else {
		describe_frame(capture, info);
		capture_exposure(capture, &begin_ns, &end_ns);
	}
	if (!oscan_clock_read(&clocks))
		info->utc_ns = begin_ns / 2 + end_ns / 2 +
			       clocks.realtime_offset_ns;
}

static json_t *axis_json(const struct capture_axis *axis)
{
	if (!axis->info)
		return json_null();
	return json_pack("{s:I, s:s, s:I}",
			 "steps", (json_int_t)axis->rested.position,
			 "position",
			 position_state_name(axis->rested.position_state),
			 "last_step_ns",
			 (json_int_t)axis->rested.last_step_ns);
}

static json_t *frame_json(const struct capture *capture)
{
	uint64_t begin_ns, end_ns;

	capture_exposure(capture, &begin_ns, &end_ns);
	return json_pack("{s:I, s:I, s:I, s:s, s:I}",
			 "begin_ns", (json_int_t)begin_ns,
			 "end_ns", (json_int_t)end_ns,
			 "camera_time_ns",
			 (json_int_t)capture->frame.time_ns,
			 "camera_time_marks",
			 camera_mark_name(capture->capabilities.mark),
			 "sequence", (json_int_t)capture->frame.sequence);
}

static json_t *pulse_json(const struct capture *capture,
			  const struct oscan_pulse *pulse)
{
	return json_pack("{s:s, s:I, s:I}",
			 "trigger", capture->request->trigger,
			 "begin_ns", (json_int_t)pulse->time_ns,
			 "end_ns",
			 (json_int_t)(pulse->time_ns + pulse->width_ns));
}

json_t *capture_metadata(const struct capture *capture,
			 const struct capture_photo *photo,
			 const struct oscan_pulse *pulse)
{
	const struct path_point *point = &capture->path.points[capture->point];
	json_t *metadata, *measured;

	metadata = project_metadata(capture->scan, &photo->id,
				    pulse ? 0 : capture->request->format,
				    point->theta_deg, point->phi_deg,
				    capture->path.radius_mm, &photo->info);
	measured = json_object_get(metadata, "measured");
	if (!json_is_object(measured))
		return metadata;
	json_object_set_new(measured, "theta_axis",
			    axis_json(&capture->axis[CAPTURE_THETA]));
	json_object_set_new(measured, "fi_axis",
			    axis_json(&capture->axis[CAPTURE_PHI]));
	json_object_set_new(measured, "exposure",
			    pulse ? pulse_json(capture, pulse) :
				    frame_json(capture));
	return metadata;
}
