// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which points lie near each other. They are sorted by theta, so that both
 * ways from a point one need not look further than theta alone is too far.
 */
#include "path-tour.h"

#include <math.h>
#include <stdlib.h>

/* Places on either side of a point, by theta, that are looked at. */
#define LOOKS 400

static int compare_points(const void *a, const void *b, void *data)
{
	const struct path_point *points = data;
	const struct path_point *one = &points[*(const uint32_t *)a];
	const struct path_point *two = &points[*(const uint32_t *)b];

	if (one->theta_deg != two->theta_deg)
		return one->theta_deg < two->theta_deg ? -1 : 1;
	if (one->phi_deg != two->phi_deg)
		return one->phi_deg < two->phi_deg ? -1 : 1;
	return 0;
}

static void sort(struct tour *tour)
{
	for (uint32_t i = 0; i <= tour->count; i++)
		tour->sorted[i] = i;
	qsort_r(tour->sorted, tour->count + 1, sizeof(*tour->sorted),
		compare_points, tour->points);
	for (uint32_t i = 0; i <= tour->count; i++)
		tour->rank[tour->sorted[i]] = i;
}

static double theta_seconds(const struct tour *tour, uint32_t a, uint32_t b)
{
	return path_move_seconds(tour->theta, tour->points[a].theta_deg,
				 tour->points[b].theta_deg);
}

/**
 * struct nearest - the nearest ones so far
 * @seconds: shape [NEAR], rising
 */
struct nearest {
	unsigned int count;
	double seconds[NEAR];
	uint32_t *points;
};

/* Return: whether none that is so far by theta can be among them any more */
static bool is_beyond(const struct nearest *nearest, double seconds)
{
	return nearest->count == NEAR && seconds >= nearest->seconds[NEAR - 1];
}

static void insert(struct nearest *nearest, uint32_t point, double seconds)
{
	unsigned int i;

	if (is_beyond(nearest, seconds))
		return;
	i = nearest->count < NEAR ? nearest->count++ : NEAR - 1;
	for (; i && nearest->seconds[i - 1] > seconds; i--) {
		nearest->seconds[i] = nearest->seconds[i - 1];
		nearest->points[i] = nearest->points[i - 1];
	}
	nearest->seconds[i] = seconds;
	nearest->points[i] = point;
}

static void look_one_way(const struct tour *tour, uint32_t point, int step,
			 struct nearest *nearest)
{
	int64_t rank = tour->rank[point];
	uint32_t other;

	for (int looks = 0; looks < LOOKS; looks++) {
		rank += step;
		if (rank < 0 || rank > tour->count)
			return;
		other = tour->sorted[rank];
		if (is_beyond(nearest, theta_seconds(tour, point, other)))
			return;
		insert(nearest, other, cost(tour, point, other));
	}
}

void tour_find_near(struct tour *tour)
{
	struct nearest nearest;

	sort(tour);
	for (uint32_t point = 0; point <= tour->count; point++) {
		nearest.count = 0;
		nearest.points = tour->near[point];
		for (int i = 0; i < NEAR; i++)
			nearest.points[i] = NONE;
		look_one_way(tour, point, 1, &nearest);
		look_one_way(tour, point, -1, &nearest);
	}
}

/* ---- the nearest one each time ---- */

/* The points not yet visited are a chain by their rank, of @next and @before */
struct chain {
	uint32_t *next;
	uint32_t *before;
};

static void look_along(const struct tour *tour, const uint32_t *links,
		       uint32_t from, uint32_t *best, double *seconds)
{
	uint32_t rank = links[from], other;
	double away;

	for (int looks = 0; looks < LOOKS && rank != NONE; looks++) {
		other = tour->sorted[rank];
		if (theta_seconds(tour, tour->sorted[from], other) >= *seconds)
			return;
		away = cost(tour, tour->sorted[from], other);
		if (away < *seconds) {
			*seconds = away;
			*best = rank;
		}
		rank = links[rank];
	}
}

static void take_nearest(struct tour *tour, struct chain *chain)
{
	uint32_t rank = tour->rank[0], best;
	double seconds;

	tour->at[0] = 0;
	for (uint32_t place = 1; place <= tour->count; place++) {
		seconds = INFINITY;
		best = NONE;
		look_along(tour, chain->next, rank, &best, &seconds);
		look_along(tour, chain->before, rank, &best, &seconds);
		if (chain->next[rank] != NONE)
			chain->before[chain->next[rank]] = chain->before[rank];
		if (chain->before[rank] != NONE)
			chain->next[chain->before[rank]] = chain->next[rank];
		rank = best;
		tour->at[place] = tour->sorted[rank];
	}
}

int tour_nearest_first(struct tour *tour)
{
	struct chain chain = {
		.next = calloc(tour->count + 1, sizeof(*chain.next)),
		.before = calloc(tour->count + 1, sizeof(*chain.before)),
	};
	bool good = chain.next && chain.before;

	if (good) {
		for (uint32_t i = 0; i <= tour->count; i++) {
			chain.next[i] = i < tour->count ? i + 1 : NONE;
			chain.before[i] = i ? i - 1 : NONE;
		}
		take_nearest(tour, &chain);
	}
	free(chain.next);
	free(chain.before);
	return good ? 0 : -1;
}
