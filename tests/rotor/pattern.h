/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Step patterns in floating point: what a move should look like, what a
 * hold-up makes of it, and how a step maker goes on after that.
 */
#ifndef ROTOR_PATTERN_H
#define ROTOR_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "edges.h"

/**
 * enum pattern_after - how it goes on after a hold-up
 * @PATTERN_BURST: the overdue steps follow each other after @burst_s
 * @PATTERN_CATCH_UP: intervals are shorter than planned by @catch_up, until
 *	no step is overdue
 * @PATTERN_RAMP: the steps that remain are planned anew from @restart_sps
 */
enum pattern_after {
	PATTERN_BURST = 1,
	PATTERN_CATCH_UP,
	PATTERN_RAMP,
};

/**
 * struct pattern - a move from rest to rest, held up on its way
 * @steps: microsteps, 1 or more
 * @speed_sps: even speed, microsteps per second
 * @accel_sps2: acceleration and deceleration, microsteps per second squared
 * @start_sps: speed to start with at once, 0 from rest
 * @hold_step: first step that is held up, from 1; 0: none
 * @hold_s: for how long after it would have come
 * @hold_every: it happens again every so many steps; 0: once
 * @hold_count: so many times in all with @hold_every
 * @after: how it goes on
 * @burst_s: PATTERN_BURST, seconds
 * @catch_up: PATTERN_CATCH_UP, share of the planned interval, 0 to 0.5
 * @restart_sps: PATTERN_RAMP, microsteps per second
 * @rest_s: PATTERN_RAMP, time from the held up step to the new origin, seconds
 * @no_end: at speed to the last step: no deceleration
 */
struct pattern {
	size_t steps;
	double speed_sps;
	double accel_sps2;
	double start_sps;
	size_t hold_step;
	double hold_s;
	size_t hold_every;
	size_t hold_count;
	enum pattern_after after;
	double burst_s;
	double catch_up;
	double restart_sps;
	double rest_s;
	int no_end;
};

/**
 * pattern_times() - when the steps come
 * @pattern: pattern
 *
 * Return: @pattern->steps times, seconds from the origin of the move; to be
 * freed with free(3); NULL with errno ENOMEM.
 */
double *pattern_times(const struct pattern *pattern);

/**
 * pattern_edges() - the recording that a rig would make of them
 * @times: seconds
 * @steps: number of times
 * @lines: lines of the axis
 * @count: out: number of edges
 *
 * DIR goes high 10 us before the origin, which is 1 ms after 0; pulses are
 * 2 us. ENABLE is not touched.
 *
 * Return: to be freed with free(3); NULL with errno ENOMEM.
 */
struct oscan_rig_edge *pattern_edges(const double *times, size_t steps,
				     const struct edge_lines *lines,
				     size_t *count);

#endif /* ROTOR_PATTERN_H */
