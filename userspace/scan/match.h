/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of two series of times belong together: frames as a camera tells them,
 * and the edges of a line that goes with its exposures.
 *
 * The camera tells its times with an offset that is constant but for some
 * scatter. It is found as the one with which most frames have an edge of their
 * own, so a frame or an edge that is missing shifts no other.
 */
#ifndef OSCAN_MATCH_H
#define OSCAN_MATCH_H

#include <stddef.h>
#include <stdint.h>

/* A frame without an edge. */
#define MATCH_NONE SIZE_MAX

/**
 * struct match_times - what is to be matched; both series ascend
 * @frames: number of frames
 * @frame_ns: shape [@frames], as the camera tells them
 * @sequence: shape [@frames], the camera's count; NULL: it does not count those
 *	that are missing
 * @edges: number of edges
 * @edge_ns: shape [@edges]
 * @period_ns: from frame to frame, or a little less
 * @low_ns: least offset that can be: frame less edge
 * @high_ns: the offset is below that
 */
struct match_times {
	size_t frames;
	const uint64_t *frame_ns;
	const uint32_t *sequence;
	size_t edges;
	const uint64_t *edge_ns;
	uint64_t period_ns;
	int64_t low_ns;
	int64_t high_ns;
};

/**
 * struct match - how they belong together
 * @matched: frames that have an edge
 * @offset_ns: median of frame less edge; 0 if there is none
 * @scatter_ns: root of the mean square of what they deviate from it
 */
struct match {
	size_t matched;
	int64_t offset_ns;
	double scatter_ns;
};

/**
 * match_times - find the edge of each frame
 * @times: what there is
 * @edge: out, shape [frames]: number of its edge, or MATCH_NONE; no edge has
 *	two frames, and both ascend
 * @match: out
 *
 * A frame has the edge that is nearest when the offset has been taken off, if
 * that is within a quarter of the period. Between two frames that have one, a
 * frame whose time is farther off, as software's may be, has the edge that its
 * sequence number leads to, if the numbers of both agree with their edges.
 *
 * Where several offsets match as many frames, it is the smallest.
 *
 * Return: 0, or -1 with ENOMEM
 */
int match_times(const struct match_times *times, size_t *edge,
		struct match *match);

#endif /* OSCAN_MATCH_H */
