// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A short way through all points: the nearest one each time, or the order
 * given if that is shorter; then exchanges of two ways (2-opt) and of up to
 * SEGMENT_MAX points in a row (Or-opt) as long as one of them saves time. Only
 * what lies near is tried, and no more than BUDGET times.
 *
 * Seconds are the distance: the same both ways, and never more on the direct
 * way than on one over a third point. The way begins at the present pose,
 * which stays its first place, and may end anywhere.
 */
#include "path-tour.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENT_MAX 3
/* Exchanges looked at; some 100 ns each. */
#define BUDGET 10000000
/* Points exchanged for which as much is taken off as for one looked at. */
#define SWAPS 16
/* Less than this is no gain but rounding, s. */
#define LEAST 1e-9

/* 0 where one of both is no point: nothing comes behind the last one */
static double cost_if(const struct tour *tour, uint32_t a, uint32_t b)
{
	return a == NONE || b == NONE ? 0 : cost(tour, a, b);
}

static uint32_t at(const struct tour *tour, uint32_t place)
{
	return place <= tour->count ? tour->at[place] : NONE;
}

static void wake(struct tour *tour, uint32_t point)
{
	if (point != NONE)
		tour->awake[point] = true;
}

static double length(const struct tour *tour)
{
	double seconds = 0;

	for (uint32_t place = 1; place <= tour->count; place++)
		seconds += cost(tour, tour->at[place - 1], tour->at[place]);
	return seconds;
}

/* ---- exchanges ---- */

static void reverse(struct tour *tour, uint32_t first, uint32_t last)
{
	uint32_t swapped;

	tour->budget -= ((int64_t)last - first) / (2 * SWAPS) + 1;
	for (; first < last; first++, last--) {
		swapped = tour->at[first];
		tour->at[first] = tour->at[last];
		tour->at[last] = swapped;
		tour->place[tour->at[first]] = first;
		tour->place[tour->at[last]] = last;
	}
}

/* Of the ways behind @a and behind one near it: cross them over. */
static bool cross_behind(struct tour *tour, uint32_t a)
{
	uint32_t i = tour->place[a], b = at(tour, i + 1), c, d, j;
	double now = cost_if(tour, a, b), way;

	for (int k = 0; k < NEAR && tour->near[a][k] != NONE; k++) {
		c = tour->near[a][k];
		way = cost(tour, a, c);
		if (b != NONE && way >= now)
			return false;
		j = tour->place[c];
		d = at(tour, j + 1);
		tour->budget--;
		if (now + cost_if(tour, c, d) - way - cost_if(tour, b, d) <
		    LEAST)
			continue;
		if (j > i)
			reverse(tour, i + 1, j);
		else
			reverse(tour, j + 1, i);
		wake(tour, b);
		wake(tour, c);
		wake(tour, d);
		return true;
	}
	return false;
}

/* Likewise of the ways before them; @a is not the first. */
static bool cross_before(struct tour *tour, uint32_t a)
{
	uint32_t i = tour->place[a], b = tour->at[i - 1], c, d, j;
	double now = cost(tour, a, b), way;

	for (int k = 0; k < NEAR && tour->near[a][k] != NONE; k++) {
		c = tour->near[a][k];
		way = cost(tour, a, c);
		if (way >= now)
			return false;
		j = tour->place[c];
		if (!j)
			continue;
		d = tour->at[j - 1];
		tour->budget--;
		if (now + cost(tour, c, d) - way - cost(tour, b, d) < LEAST)
			continue;
		if (j > i)
			reverse(tour, i, j - 1);
		else
			reverse(tour, j, i - 1);
		wake(tour, b);
		wake(tour, c);
		wake(tour, d);
		return true;
	}
	return false;
}

/**
 * struct segment - points in a row that are to go elsewhere
 * @first: place
 * @last: place
 * @freed: seconds that the way is shorter without it
 */
struct segment {
	uint32_t first;
	uint32_t last;
	double freed;
};

/* Put it behind @place, turned round or not. */
static void move(struct tour *tour, const struct segment *segment,
		 uint32_t place, bool turned)
{
	uint32_t first = segment->first, last = segment->last;

	bool stays = place + 1 >= first && place <= last;

	if (turned == stays)
		reverse(tour, first, last);
	if (place > last) {
		reverse(tour, last + 1, place);
		reverse(tour, first, place);
	} else if (!stays) {
		reverse(tour, place + 1, first - 1);
		reverse(tour, place + 1, last);
	}
}

/*
 * Put the end @a of a segment beside @c, and the other end @o beside what is
 * behind @c (or before it) when the segment has gone.
 */
static bool put_beside(struct tour *tour, const struct segment *segment,
		       uint32_t a, uint32_t o, uint32_t c, bool behind)
{
	uint32_t j = tour->place[c], d;
	bool a_first = a == tour->at[segment->first];
	double added;

	if (!behind && !j)
		return false;
	if (behind)
		d = j + 1 == segment->first ? at(tour, segment->last + 1) :
					      at(tour, j + 1);
	else
		d = j - 1 == segment->last ? tour->at[segment->first - 1] :
					     tour->at[j - 1];
	tour->budget--;
	added = cost(tour, a, c) + cost_if(tour, o, d) - cost_if(tour, c, d);
	if (segment->freed - added < LEAST)
		return false;
	wake(tour, tour->at[segment->first - 1]);
	wake(tour, at(tour, segment->last + 1));
	wake(tour, o);
	wake(tour, c);
	wake(tour, d);
	move(tour, segment, behind ? j : j - 1, a_first != behind);
	return true;
}

static bool move_segment(struct tour *tour, uint32_t first, uint32_t last,
			 uint32_t a)
{
	struct segment segment = { .first = first, .last = last };
	uint32_t before = tour->at[first - 1], behind = at(tour, last + 1);
	uint32_t o = tour->at[first] == a ? tour->at[last] : tour->at[first];
	uint32_t c;

	segment.freed = cost(tour, before, tour->at[first]) +
			cost_if(tour, tour->at[last], behind) -
			cost_if(tour, before, behind);
	for (int k = 0; k < NEAR && tour->near[a][k] != NONE; k++) {
		c = tour->near[a][k];
		if (tour->place[c] >= first && tour->place[c] <= last)
			continue;
		if (cost(tour, a, c) >= segment.freed)
			return false;
		if (put_beside(tour, &segment, a, o, c, true) ||
		    put_beside(tour, &segment, a, o, c, false))
			return true;
	}
	return false;
}

static bool move_segments(struct tour *tour, uint32_t a)
{
	uint32_t i = tour->place[a];

	for (uint32_t more = 0; more < SEGMENT_MAX; more++) {
		if (i + more <= tour->count &&
		    move_segment(tour, i, i + more, a))
			return true;
		if (more && i > more && move_segment(tour, i - more, i, a))
			return true;
	}
	return false;
}

static bool improve(struct tour *tour, uint32_t a)
{
	return cross_behind(tour, a) || cross_before(tour, a) ||
	       move_segments(tour, a);
}

static void improve_all(struct tour *tour)
{
	bool changed = true;

	memset(tour->awake, true, tour->count + 1);
	while (changed) {
		changed = false;
		for (uint32_t a = 1; a <= tour->count; a++) {
			if (!tour->awake[a])
				continue;
			tour->awake[a] = false;
			while (tour->budget > 0 && improve(tour, a))
				changed = true;
		}
	}
}

/* ---- all of it ---- */

static void set_order(struct tour *tour, bool as_given)
{
	for (uint32_t i = 0; i <= tour->count; i++) {
		if (as_given)
			tour->at[i] = i;
		tour->place[tour->at[i]] = i;
	}
}

static void take_order(const struct tour *tour, struct path *path)
{
	for (uint32_t i = 0; i < tour->count; i++)
		path->points[i] = tour->points[tour->at[i + 1]];
}

static void order(struct tour *tour, struct path *path)
{
	double given;

	set_order(tour, true);
	given = length(tour);
	tour_find_near(tour);
	if (tour_nearest_first(tour))
		return;
	set_order(tour, length(tour) >= given);
	improve_all(tour);
	if (length(tour) < given)
		take_order(tour, path);
}

static bool tour_alloc(struct tour *tour)
{
	size_t count = tour->count + 1;

	tour->points = calloc(count, sizeof(*tour->points));
	tour->at = calloc(count, sizeof(*tour->at));
	tour->place = calloc(count, sizeof(*tour->place));
	tour->sorted = calloc(count, sizeof(*tour->sorted));
	tour->rank = calloc(count, sizeof(*tour->rank));
	tour->near = calloc(count, sizeof(*tour->near));
	tour->awake = calloc(count, sizeof(*tour->awake));
	return tour->points && tour->at && tour->place && tour->sorted &&
	       tour->rank && tour->near && tour->awake;
}

static void tour_free(struct tour *tour)
{
	free(tour->points);
	free(tour->at);
	free(tour->place);
	free(tour->sorted);
	free(tour->rank);
	free(tour->near);
	free(tour->awake);
}

void path_order(struct path *path, const struct path_axis *theta,
		const struct path_axis *phi, double theta_now, double phi_now)
{
	struct tour tour = {
		.theta = theta, .phi = phi, .count = path->count,
		.budget = BUDGET,
	};

	if (tour_alloc(&tour)) {
		tour.points[0] = (struct path_point){
			.theta_deg = theta_now, .phi_deg = phi_now,
		};
		memcpy(tour.points + 1, path->points,
		       path->count * sizeof(*path->points));
		order(&tour, path);
	}
	tour_free(&tour);
	path_time(path, theta, phi, theta_now, phi_now);
}
