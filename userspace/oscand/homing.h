/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One homing, by a thread of its own. For axes.c only. */
#ifndef OSCAND_HOMING_H
#define OSCAND_HOMING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <jansson.h>
#include "oscan.h"

enum homing_state {
	HOMING_NONE = 0,	/* none was asked for yet */
	HOMING_RUNNING = 1,
	HOMING_DONE = 2,
	HOMING_ERROR = 3,
};

/**
 * struct homing - the last homing of an axis; zero at first
 * @state: enum homing_state; written last
 * @ending: it is to end
 * @error: why it has failed, one sentence
 * @request: what is done
 * @motor: the thread's meanwhile
 * @info: of the axis
 * @done: called at the end, by the thread
 * @data: passed on
 */
struct homing {
	atomic_int state;
	atomic_bool ending;
	char error[512];
	struct oscan_homing request;
	struct oscan_motor *motor;
	const struct oscan_axis_info *info;
	void (*done)(void *data);
	void *data;
};

/**
 * homing_begin - begin it
 * @direction: -1, +1, 0: where there is an end stop
 * @position: user's unit; NAN: the soft limit of that side, else 0
 *
 * Return: 0, or -1 with errno and @homing->error; @done is not called then.
 */
int homing_begin(struct homing *homing, struct oscan_motor *motor,
		 const struct oscan_axis_info *info, int direction,
		 double position, void (*done)(void *data), void *data);

/** homing_end - end it early, softly; does not wait */
void homing_end(struct homing *homing);

/** homing_json - "homing" of openapi.yaml; a new reference */
json_t *homing_json(struct homing *homing);

#endif /* OSCAND_HOMING_H */
