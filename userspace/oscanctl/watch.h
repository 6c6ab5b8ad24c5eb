/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching axes until something ends it: what monitor and record share. It
 * needs no right to open the device.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "oscan.h"

/* What the commands have in common; watch_option() handles them. */
enum {
	OPTION_DURATION = 0x120,
	OPTION_UNTIL_REST = 0x121,
};

#define WATCH_TEXT_DURATION \
	{ "duration", OPTION_DURATION, "SECONDS", "end after so long" }
#define WATCH_TEXT_UNTIL_REST \
	{ "until-rest", OPTION_UNTIL_REST, NULL, \
	  "end when an axis has moved and all are at rest" }

/**
 * struct watched - an axis
 * @wanted: it is among those that were asked for; others are not told
 * @info: what firmware says of it
 * @begin: its state when the watch began
 * @state: its present state, at most WATCH_TICK_MS old
 * @horizon_ns: every step up to then was told
 * @missed: how often something was missed
 */
struct watched {
	bool wanted;
	struct oscan_axis_info info;
	struct oscan_state begin;
	struct oscan_state state;
	uint64_t horizon_ns;
	size_t missed;
};

/* How often the states are asked for and @tick is called. */
#define WATCH_TICK_MS 200

/**
 * struct watch - a watch
 * @duration_ns: end after so long, 0: not for that reason
 * @until_rest: end when a wanted axis has moved and all wanted are at rest
 * @on_steps: steps of a wanted axis were told, or its horizon. NULL: none
 * @on_state: its state changed. NULL: none
 * @on_event: something happened; to a wanted axis or, if all are wanted, on a
 *	line: then @axis is NULL. NULL: none, and none is asked for
 * @on_tick: time has passed. Return: not 0 to end with that. NULL: none
 * @data: passed on
 * @axes: shape [count]
 * @count: number of axes
 * @events_missed: how often events were missed
 * @monitor: private, as is what follows
 * @end_ns: when the duration is over
 */
struct watch {
	uint64_t duration_ns;
	bool until_rest;
	void (*on_steps)(struct watched *axis,
			 const struct oscan_trace_batch *batch, void *data);
	void (*on_state)(struct watched *axis, void *data);
	void (*on_event)(const struct watched *axis,
			 const struct oscan_event *event, bool missed,
			 void *data);
	int (*on_tick)(struct watch *watch, void *data);
	void *data;
	struct watched axes[OSCAN_MAX_AXES];
	unsigned int count;
	size_t events_missed;
	struct oscan_monitor *monitor;
	uint64_t end_ns;
};

/**
 * watch_option - take an option of WATCH_OPTION_TEXTS
 * @key: as options_next() returned it
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int watch_option(struct watch *watch, int key, const char *value);

/**
 * watch_open - find the axes and subscribe
 * @groups: of enum oscan_monitor_group, besides OSCAN_MONITOR_STATE
 * @name: the one axis that is wanted; NULL: all
 *
 * Return: 0, or EXIT_FAILURE after a sentence; then there is nothing to close.
 */
int watch_open(struct watch *watch, unsigned int groups, const char *name);

/**
 * watch_run - call the handlers until the end, or Ctrl-C
 *
 * Return: 0; EXIT_FAILURE after a sentence: the driver was taken away; or what
 * @on_tick returned.
 */
int watch_run(struct watch *watch);

void watch_close(struct watch *watch);

#endif /* WATCH_H */
