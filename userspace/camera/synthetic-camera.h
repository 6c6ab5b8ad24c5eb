/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the synthetic camera share. */
#ifndef OSCAN_SYNTHETIC_CAMERA_H
#define OSCAN_SYNTHETIC_CAMERA_H

#include "synthetic.h"
#include "synthetic-trigger.h"

#define SYNTHETIC_BUFFERS 4
/* Photos on demand whose times are remembered. */
#define SYNTHETIC_SHOTS 1024
/* Changes of the controls that are remembered for frames not fetched yet. */
#define SYNTHETIC_CHANGES 16
/* Frames that auto-focus takes. */
#define SYNTHETIC_FOCUS_FRAMES 10
#define SYNTHETIC_PERIOD_MOST_NS 100000000000ull

/* Gains that make white look white, and so those of automatic balance. */
#define SYNTHETIC_RED_GAIN 2.0
#define SYNTHETIC_BLUE_GAIN 1.6

/**
 * struct synthetic_state - what a frame is taken with
 * @exposure_ns: see camera_frame, and so on
 * @lens_dpt: NAN: everything is sharp
 * @focus: enum camera_focus; while it is scanning, the camera's focus_at says
 *	when that ends
 */
struct synthetic_state {
	uint64_t exposure_ns;
	double gain;
	double lens_dpt;
	uint32_t focus;
	double red_gain;
	double blue_gain;
};

/** struct synthetic_change - @state holds from frame @from on */
struct synthetic_change {
	uint32_t from;
	struct synthetic_state state;
};

/**
 * struct camera - a synthetic one
 * @id: as it was opened
 * @options: what @id says
 * @source: of the poses
 * @trigger: what has it expose, NULL: it runs free, or on demand
 * @settings: as configured; width 0: not yet
 * @scene: for that size
 * @buffers: shape [SYNTHETIC_BUFFERS], each of one frame
 * @colours: shape [height][width][3], what a raw image is made of
 * @held: those that are out
 * @started: between start() and stop()
 * @vanished: unplugged
 * @start_ns: when the first row of frame 0 begins to be exposed
 * @number: of the next frame; those without a pose are passed over
 * @shots: of the last photos on demand: when the first row began to be exposed
 * @shot_count: photos on demand since start
 * @changes: the newest at (@change_count - 1) % SYNTHETIC_CHANGES
 * @change_count: since configure or start, 1 at least
 * @focus_at: number of the frame at which auto-focus ends
 * @focus_known: it has ended with:
 * @focus_found: enum camera_focus
 * @focus_dpt: lens position
 */
struct camera {
	char *id;
	struct synthetic_options options;
	struct pose_source source;
	struct synthetic_trigger *trigger;
	struct camera_settings settings;
	struct scene *scene;
	uint8_t *buffers[SYNTHETIC_BUFFERS];
	uint8_t *colours;
	bool held[SYNTHETIC_BUFFERS];
	bool started;
	bool vanished;
	uint64_t start_ns;
	uint32_t number;
	uint64_t shots[SYNTHETIC_SHOTS];
	uint32_t shot_count;
	struct synthetic_change changes[SYNTHETIC_CHANGES];
	uint32_t change_count;
	uint32_t focus_at;
	bool focus_known;
	uint32_t focus_found;
	double focus_dpt;
};

/** synthetic_now_ns - CLOCK_MONOTONIC */
uint64_t synthetic_now_ns(void);

/*
 * synthetic-time.c
 */

/** synthetic_faulty - whether a frame has a fault */
bool synthetic_faulty(const struct camera *camera, uint32_t number,
		      enum synthetic_fault fault);

/** synthetic_readout_ns - from the first row to the last one */
uint64_t synthetic_readout_ns(const struct camera *camera);

/** synthetic_exposure_start - when the first row of a frame begins */
uint64_t synthetic_exposure_start(const struct camera *camera,
				  uint32_t number);

/** synthetic_end - when the last row of a frame has been read out */
uint64_t synthetic_end(const struct camera *camera, uint32_t number);

/** synthetic_time_told - the time that the next frame says it has */
uint64_t synthetic_time_told(const struct camera *camera);

/*
 * synthetic-controls.c
 */

/** synthetic_controls_reset - after configure() */
void synthetic_controls_reset(struct camera *camera);

/** synthetic_controls_start - the newest state holds from frame 0 on */
void synthetic_controls_start(struct camera *camera);

/** synthetic_state - what a frame is taken with, before auto-focus ended */
const struct synthetic_state *synthetic_state(const struct camera *camera,
					      uint32_t number);

/** synthetic_next_exposure - the first frame not begun yet */
uint32_t synthetic_next_exposure(const struct camera *camera);

/** synthetic_control - camera_ops.control() */
int synthetic_control(struct camera *camera,
		      const struct camera_controls *controls);

/**
 * synthetic_settle_focus - what the next frame is taken with; auto-focus that
 * ends with it is carried out
 *
 * Return: 0, or -1 with errno of the pose source, ENOMEM
 */
int synthetic_settle_focus(struct camera *camera,
			   struct synthetic_state *state);

/*
 * synthetic-draw.c
 */

/**
 * synthetic_draw - draw the next frame
 * @state: out, what it was taken with
 * @pixels: out
 *
 * Return: 0, or -1 with errno of the pose source, ENOMEM
 */
int synthetic_draw(struct camera *camera, struct synthetic_state *state,
		   uint8_t *pixels);

#endif /* OSCAN_SYNTHETIC_CAMERA_H */
