/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings of the rig: arrays of struct oscan_rig_edge, as read from
 * /dev/oscan-rig and written to a file unchanged (16 bytes each, little
 * endian, oldest first).
 */
#ifndef ROTOR_EDGES_H
#define ROTOR_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kmod/rig/oscan_rig.h"

/**
 * struct edge_lines - the lines of one axis
 * @step: number of the STEP line; a rising edge is a step
 * @dir: number of the DIR line; high counts up, low counts down
 * @enable: number of the ENABLE line, or EDGE_NO_LINE: always powered
 * @enable_active_low: the motor is powered while ENABLE is low (the rig's
 *	axes, and most motor drivers)
 * @dir_initial: level of DIR before the recording, 0 or 1, or EDGE_LEARN: the
 *	opposite of its first edge; if it has none, low, as the rig's lines are
 *	when it is loaded
 *
 * STEP and ENABLE start at the opposite of their first edge. ENABLE without
 * any edge is powered: the recording began after it was switched on.
 */
struct edge_lines {
	uint32_t step;
	uint32_t dir;
	uint32_t enable;
	bool enable_active_low;
	int dir_initial;
};

#define EDGE_NO_LINE	UINT32_MAX
#define EDGE_LEARN	(-1)

/**
 * edges_load() - read a recording
 * @path: file
 * @count: out: number of edges
 *
 * Return: the edges, to be freed with free(3), never NULL for an empty file;
 * or NULL with errno: that of open(2) or read(2), ENOMEM, or EBADMSG when the
 * size is no multiple of a record or a record is impossible (see
 * edges_check()).
 */
struct oscan_rig_edge *edges_load(const char *path, size_t *count);

/**
 * edges_check() - find what cannot have been recorded
 * @edges: recording
 * @count: number of edges
 *
 * Each edge has a line below OSCAN_RIG_LINES, a value of 0 or 1, zero padding,
 * a time not before that of the edge before it, and a level other than the
 * line's last one (or edges are missing).
 *
 * Return: index of the first edge that is not so, @count if there is none.
 */
size_t edges_check(const struct oscan_rig_edge *edges, size_t count);

/**
 * edges_initial() - level of a line before the recording
 * @edges: recording
 * @count: number of edges
 * @line: number of the line
 * @otherwise: what to return when the line has no edge
 *
 * Return: 0 or 1, or @otherwise.
 */
int edges_initial(const struct oscan_rig_edge *edges, size_t count,
		  uint32_t line, int otherwise);

/**
 * edges_dir_initial() - level of DIR before the recording
 * @edges: recording
 * @count: number of edges
 * @lines: lines of the axis
 *
 * Return: 0 or 1.
 */
int edges_dir_initial(const struct oscan_rig_edge *edges, size_t count,
		      const struct edge_lines *lines);

/**
 * edges_powered_initial() - was the motor powered before the recording
 * @edges: recording
 * @count: number of edges
 * @lines: lines of the axis
 *
 * Return: true if it was, also when the axis has no ENABLE line.
 */
bool edges_powered_initial(const struct oscan_rig_edge *edges, size_t count,
			   const struct edge_lines *lines);

#endif /* ROTOR_EDGES_H */
