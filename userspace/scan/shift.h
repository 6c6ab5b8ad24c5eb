/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The constant latency of a camera, by the two-direction method. Pure.
 *
 * A camera whose times are late by tau labels a frame with the position that
 * the axis had tau later: too far in the direction of the scan, by speed times
 * tau. So the same sight has two labels, one from each direction, which differ
 * by 2 speed tau, and by the backlash of the axis. Measured at several speeds,
 * the slope of that line is 2 tau and what it has at rest is the backlash.
 */
#ifndef OSCAN_SHIFT_H
#define OSCAN_SHIFT_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct shift_pass - the frames of one pass at even speed
 * @frames: number of frames
 * @bytes: of each frame
 * @images: shape [frames][bytes]
 * @position: shape [frames], labels, user's unit
 */
struct shift_pass {
	size_t frames;
	size_t bytes;
	const uint8_t *images;
	const double *position;
};

/**
 * struct shift - what two passes differ by
 * @value: label upwards less label downwards of the same sight, user's unit
 * @sigma: its standard uncertainty
 * @pairs: frames that were compared
 */
struct shift {
	double value;
	double sigma;
	size_t pairs;
};

/* Least number of pairs that a shift is taken from. */
#define SHIFT_LEAST_PAIRS 5

/**
 * shift_find - compare two passes over the same range, at the same speed
 * @up: pass with rising positions
 * @down: pass with falling positions, frames of the same size
 *
 * Between its neighbours a frame is taken for a parabola in the position, so
 * what is seen must not move further than its own size from frame to frame.
 *
 * Return: 0, or -1 with errno: ENODATA: less than SHIFT_LEAST_PAIRS frames
 * show the same within eight frames; ENOMEM
 */
int shift_find(const struct shift_pass *up, const struct shift_pass *down,
	       struct shift *shift);

/**
 * struct latency - the line through shifts of several speeds
 * @seconds: tau
 * @sigma: its standard uncertainty, seconds
 * @backlash: shift at rest, user's unit
 */
struct latency {
	double seconds;
	double sigma;
	double backlash;
};

/**
 * latency_fit - the line
 * @speed: shape [@count], user's unit per second, above 0
 * @shift: shape [@count]
 *
 * Return: 0, or -1 with EINVAL: less than three, or all of the same speed.
 */
int latency_fit(const double *speed, const struct shift *shift, size_t count,
		struct latency *latency);

#endif /* OSCAN_SHIFT_H */
