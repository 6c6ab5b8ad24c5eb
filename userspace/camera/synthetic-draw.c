// SPDX-License-Identifier: GPL-2.0-or-later
/* How a frame of the synthetic camera comes to look. */
#include "synthetic-camera.h"

#include <math.h>
#include "defocus.h"

static bool same(const struct scene_pose *a, const struct scene_pose *b)
{
	return a->turntable_deg == b->turntable_deg &&
	       a->rotor_deg == b->rotor_deg;
}

/*
 * The poses in the middle of as many parts of the exposure; one if all are
 * the same.
 */
static int row_poses(struct camera *camera, uint64_t start_ns,
		     uint64_t exposure_ns,
		     struct scene_pose poses[SYNTHETIC_POSES])
{
	uint64_t part_ns = exposure_ns / SYNTHETIC_POSES;
	bool still = true;

	for (int i = 0; i < SYNTHETIC_POSES; i++) {
		if (camera->source.at(camera->source.data,
				      start_ns + i * part_ns + part_ns / 2,
				      &poses[i]))
			return -1;
		still = still && same(&poses[i], &poses[0]);
	}
	return still ? 1 : SYNTHETIC_POSES;
}

/* The lamp is set for the exposure that the camera was configured for. */
static double brightness(const struct camera *camera,
			 const struct synthetic_state *state)
{
	double lit = (double)state->exposure_ns / camera->settings.exposure_ns;

	return fmin(state->gain * lit, SCENE_GAIN_MAX);
}

static void scale_channel(uint8_t *pixels, size_t count, double factor)
{
	uint8_t scaled[256];

	if (factor == 1)
		return;
	for (int value = 0; value < 256; value++)
		scaled[value] = fmin(lrint(value * factor), 255);
	for (size_t i = 0; i < count; i++)
		pixels[3 * i] = scaled[pixels[3 * i]];
}

static void balance(const struct synthetic_state *state, size_t count,
		    uint8_t *pixels)
{
	scale_channel(pixels, count, state->red_gain / SYNTHETIC_RED_GAIN);
	scale_channel(pixels + 2, count,
		      state->blue_gain / SYNTHETIC_BLUE_GAIN);
}

/* Red and blue before any balance are as much darker as it makes them. */
static void mosaic(const uint8_t *colours, uint32_t width, uint32_t height,
		   uint8_t *raw)
{
	static const double gains[3] = { SYNTHETIC_RED_GAIN, 1,
					 SYNTHETIC_BLUE_GAIN };
	double range = (1 << SYNTHETIC_BAYER_BITS) - 1 - SYNTHETIC_BAYER_BLACK;
	uint32_t sample;
	int channel;

	for (uint32_t row = 0; row < height; row++) {
		for (uint32_t column = 0; column < width; column++) {
			channel = (row & 1) + (column & 1);
			sample = SYNTHETIC_BAYER_BLACK +
				 lrint(colours[channel] * range / 255 /
				       gains[channel]);
			raw[0] = sample;
			raw[1] = sample >> 8;
			raw += 2;
			colours += 3;
		}
	}
}

static int draw_rows(struct camera *camera,
		     const struct synthetic_state *state, uint32_t format,
		     uint8_t *pixels)
{
	const struct camera_settings *settings = &camera->settings;
	uint64_t start_ns = synthetic_exposure_start(camera, camera->number);
	size_t row_bytes = (size_t)settings->width *
			   camera_bytes_per_pixel(format);
	double gain = brightness(camera, state);
	struct scene_pose poses[SYNTHETIC_POSES];
	uint64_t row_ns = camera->options.row_ns;
	int count = 0;

	for (uint32_t row = 0; row < settings->height; row++) {
		if (!row || row_ns)
			count = row_poses(camera, start_ns + row * row_ns,
					  state->exposure_ns, poses);
		if (count < 0)
			return -1;
		scene_row(camera->scene, row, poses, count, gain, format,
			  pixels + row * row_bytes);
	}
	return 0;
}

int synthetic_draw(struct camera *camera, struct synthetic_state *state,
		   uint8_t *pixels)
{
	const struct camera_settings *settings = &camera->settings;
	bool raw = settings->format == CAMERA_FORMAT_BAYER16;
	uint32_t format = raw ? CAMERA_FORMAT_RGB8 : settings->format;
	uint8_t *colours = raw ? camera->colours : pixels;

	if (synthetic_settle_focus(camera, state) ||
	    draw_rows(camera, state, format, colours))
		return -1;
	if (!isnan(state->lens_dpt) &&
	    defocus(camera->scene, state->lens_dpt,
		    camera_bytes_per_pixel(format), colours))
		return -1;
	if (raw)
		mosaic(colours, settings->width, settings->height, pixels);
	else if (format == CAMERA_FORMAT_RGB8)
		balance(state, (size_t)settings->width * settings->height,
			pixels);
	return 0;
}
