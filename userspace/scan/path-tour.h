/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that order a path share. */
#ifndef OSCAN_PATH_TOUR_H
#define OSCAN_PATH_TOUR_H

#include "path-internal.h"

#define NEAR 10
#define NONE UINT32_MAX

/**
 * struct tour - a way through @count points
 * @points: shape [count + 1]; [0] is where it begins
 * @at: shape [count + 1]: which point is at a place
 * @place: shape [count + 1]: at which place a point is
 * @sorted: shape [count + 1]: points by theta, then phi
 * @rank: shape [count + 1]: where a point is in @sorted
 * @near: shape [count + 1][NEAR]: the nearest, NONE at the end
 * @awake: shape [count + 1]: something near it has changed
 * @budget: what is left of it
 */
struct tour {
	const struct path_axis *theta;
	const struct path_axis *phi;
	uint32_t count;
	struct path_point *points;
	uint32_t *at;
	uint32_t *place;
	uint32_t *sorted;
	uint32_t *rank;
	uint32_t (*near)[NEAR];
	bool *awake;
	int64_t budget;
};

static inline double cost(const struct tour *tour, uint32_t a, uint32_t b)
{
	return path_cost(tour->theta, tour->phi, &tour->points[a],
			 &tour->points[b]);
}

/** tour_find_near - set @tour->near, and what it needs for that */
void tour_find_near(struct tour *tour);

/**
 * tour_nearest_first - set @tour->at: from each point to the nearest one left
 *
 * After tour_find_near(). Return: 0, or -1 with ENOMEM
 */
int tour_nearest_first(struct tour *tour);

#endif /* OSCAN_PATH_TOUR_H */
