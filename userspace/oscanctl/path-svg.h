/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of a path, as a file of its own. */
#ifndef PATH_SVG_H
#define PATH_SVG_H

#include "path.h"

/**
 * path_svg - draw a path as seen from above, in its original order and in the
 *	order of execution, side by side, each with the time of its moves
 * @path: with its times
 * @axis: of phi: whether its moves go the shortest way round
 * @theta_now: where the axes stand at first
 * @phi_now: likewise
 * @file: replaced in one step
 *
 * Return: 0, or -1 with errno of writing it, or ENOMEM
 */
int path_svg(const struct path *path, const struct path_axis *axis,
	     double theta_now, double phi_now, const char *file);

#endif /* PATH_SVG_H */
