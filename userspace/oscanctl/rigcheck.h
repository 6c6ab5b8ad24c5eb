/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The positions of a scan against the edges that the rig recorded. */
#ifndef RIGCHECK_H
#define RIGCHECK_H

#include "scanfile.h"

/* Farther from the rig's edges no position may be, microsteps. */
#define RIGCHECK_LIMIT 1.0

/**
 * struct rigcheck - what came out
 * @edges: in the file, of all lines
 * @steps: rising edges of the axis's STEP line in the pass, both directions
 * @traced: steps in the trace
 * @frames: compared: those that the scan took itself
 * @worst: greatest difference between a frame's stored position and the one
 *	by the edges alone, microsteps; INFINITY if a frame has no position
 * @worst_frame: the frame that has it
 * @good: @worst within RIGCHECK_LIMIT and @steps as many as @traced
 */
struct rigcheck {
	size_t edges;
	size_t steps;
	size_t traced;
	size_t frames;
	double worst;
	size_t worst_frame;
	bool good;
};

/**
 * rigcheck_run - compare
 * @path: file of struct oscan_rig_edge, as read from /dev/oscan-rig
 *
 * Return: 0, or EXIT_FAILURE after a sentence.
 */
int rigcheck_run(const struct scanfile *scan, const char *path,
		 struct rigcheck *check);

#endif /* RIGCHECK_H */
