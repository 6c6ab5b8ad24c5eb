// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a synthetic camera is told between frames. Frames are drawn when they
 * are fetched, so the state of each exposure that has begun is kept.
 */
#include "synthetic-camera.h"

#include <errno.h>
#include <math.h>
#include "defocus.h"

static struct synthetic_change *newest(struct camera *camera)
{
	return &camera->changes[(camera->change_count - 1) %
				SYNTHETIC_CHANGES];
}

void synthetic_controls_reset(struct camera *camera)
{
	camera->change_count = 1;
	camera->changes[0] = (struct synthetic_change){
		.state = {
			.exposure_ns = camera->settings.exposure_ns,
			.gain = camera->settings.gain,
			.lens_dpt = camera->options.lens_dpt,
			.red_gain = SYNTHETIC_RED_GAIN,
			.blue_gain = SYNTHETIC_BLUE_GAIN,
		},
	};
}

static bool is_focusing(const struct camera *camera,
			const struct synthetic_state *state)
{
	return state->focus == CAMERA_FOCUS_SCANNING && !camera->focus_known;
}

static uint32_t focus_end(const struct camera *camera, uint32_t from)
{
	return camera->options.on_demand ? from :
					   from + SYNTHETIC_FOCUS_FRAMES;
}

void synthetic_controls_start(struct camera *camera)
{
	camera->changes[0] = *newest(camera);
	camera->changes[0].from = 0;
	camera->change_count = 1;
	if (is_focusing(camera, &camera->changes[0].state))
		camera->focus_at = focus_end(camera, 0);
}

const struct synthetic_state *synthetic_state(const struct camera *camera,
					      uint32_t number)
{
	uint32_t oldest = camera->change_count > SYNTHETIC_CHANGES ?
			  camera->change_count - SYNTHETIC_CHANGES : 0;
	const struct synthetic_change *change;
	uint32_t i = camera->change_count;

	do {
		change = &camera->changes[--i % SYNTHETIC_CHANGES];
	} while (change->from > number && i > oldest);
	return &change->state;
}

uint32_t synthetic_next_exposure(const struct camera *camera)
{
	uint32_t number = camera->number;
	uint64_t now_ns, time_ns;

	if (!camera->started)
		return 0;
	if (camera->options.on_demand)
		return camera->shot_count;
	if (camera->trigger) {
		while (!synthetic_trigger_at(camera->trigger, number,
					     &time_ns))
			number++;
		return number;
	}
	now_ns = synthetic_now_ns();
	if (now_ns < synthetic_exposure_start(camera, number))
		return number;
	return (now_ns - camera->start_ns) / camera->settings.period_ns + 1;
}

static bool exposure_fits(const struct camera *camera, uint64_t exposure_ns)
{
	return exposure_ns <= (camera->options.on_demand ?
			       SYNTHETIC_PERIOD_MOST_NS :
			       camera->settings.period_ns);
}

static bool gain_fits(double gain)
{
	return gain >= 1 / SCENE_GAIN_MAX && gain <= SCENE_GAIN_MAX;
}

static int check(const struct camera *camera,
		 const struct camera_controls *controls)
{
	bool lens = !isnan(controls->lens_dpt);
	bool balance = controls->red_gain != 0 || controls->blue_gain != 0;

	errno = EIO;
	if (camera->vanished)
		return -1;
	errno = EOPNOTSUPP;
	if ((lens || controls->autofocus) && isnan(camera->options.lens_dpt))
		return -1;
	errno = EINVAL;
	if (!camera->settings.width || (lens && controls->autofocus) ||
	    !exposure_fits(camera, controls->exposure_ns) ||
	    (controls->gain != 0 && !gain_fits(controls->gain)))
		return -1;
	if (lens && !(controls->lens_dpt >= 0 &&
		      controls->lens_dpt <= SYNTHETIC_LENS_MAX_DPT))
		return -1;
	return balance && !(gain_fits(controls->red_gain) &&
			    gain_fits(controls->blue_gain)) ? -1 : 0;
}

static void apply(struct synthetic_state *state,
		  const struct camera_controls *controls)
{
	if (controls->exposure_ns)
		state->exposure_ns = controls->exposure_ns;
	if (controls->gain > 0)
		state->gain = controls->gain;
	if (controls->red_gain > 0) {
		state->red_gain = controls->red_gain;
		state->blue_gain = controls->blue_gain;
	}
	if (!isnan(controls->lens_dpt)) {
		state->lens_dpt = controls->lens_dpt;
		state->focus = CAMERA_FOCUS_UNKNOWN;
	}
	if (controls->autofocus)
		state->focus = CAMERA_FOCUS_SCANNING;
}

static void take_focus(const struct camera *camera,
		       struct synthetic_state *state)
{
	state->focus = camera->focus_found;
	if (state->focus == CAMERA_FOCUS_FOUND)
		state->lens_dpt = camera->focus_dpt;
}

int synthetic_control(struct camera *camera,
		      const struct camera_controls *controls)
{
	uint32_t from = synthetic_next_exposure(camera);
	struct synthetic_change change;

	if (check(camera, controls))
		return -1;
	change = *newest(camera);
	if (change.state.focus == CAMERA_FOCUS_SCANNING && camera->focus_known)
		take_focus(camera, &change.state);
	if (change.from < from)
		camera->change_count++;
	change.from = from;
	apply(&change.state, controls);
	if (controls->autofocus) {
		camera->focus_known = false;
		camera->focus_at = focus_end(camera, from);
	}
	*newest(camera) = change;
	if (camera->trigger)
		synthetic_trigger_busy(camera->trigger,
				       change.state.exposure_ns +
				       synthetic_readout_ns(camera));
	return 0;
}

/* It looks at the object as it stands when the exposure begins. */
static int focus(struct camera *camera)
{
	uint32_t number = camera->number;
	struct scene_pose pose;

	camera->focus_found = CAMERA_FOCUS_FAILED;
	if (!synthetic_faulty(camera, number, SYNTHETIC_FAULT_FOCUS)) {
		if (camera->source.at(camera->source.data,
				      synthetic_exposure_start(camera, number),
				      &pose) ||
		    defocus_search(camera->settings.width,
				   camera->settings.height, &pose, 0,
				   SYNTHETIC_LENS_MAX_DPT,
				   &camera->focus_dpt))
			return -1;
		camera->focus_found = CAMERA_FOCUS_FOUND;
	}
	camera->focus_known = true;
	return 0;
}

int synthetic_settle_focus(struct camera *camera,
			   struct synthetic_state *state)
{
	*state = *synthetic_state(camera, camera->number);
	if (state->focus != CAMERA_FOCUS_SCANNING ||
	    camera->number < camera->focus_at)
		return 0;
	if (!camera->focus_known && focus(camera))
		return -1;
	take_focus(camera, state);
	return 0;
}
