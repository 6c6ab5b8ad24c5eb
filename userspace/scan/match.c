// SPDX-License-Identifier: GPL-2.0-or-later
#include "match.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Differences between frames and edges that may be offsets. */
struct differences {
	int64_t *ns;
	size_t count;
	size_t room;
};

static int64_t less(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int add(struct differences *list, int64_t ns)
{
	size_t room = list->room ? 2 * list->room : 1024;
	int64_t *more;

	if (list->count == list->room) {
		more = realloc(list->ns, room * sizeof(*more));
		if (!more)
			return -1;
		list->ns = more;
		list->room = room;
	}
	list->ns[list->count++] = ns;
	return 0;
}

/* All between @low and @high, ascending. */
static int collect(const struct match_times *times, int64_t low, int64_t high,
		   struct differences *list)
{
	size_t first = 0;

	for (size_t i = 0; i < times->frames; i++) {
		while (first < times->edges &&
		       less(times->frame_ns[i], times->edge_ns[first]) > high)
			first++;
		for (size_t j = first; j < times->edges; j++) {
			int64_t ns = less(times->frame_ns[i],
					  times->edge_ns[j]);

			if (ns < low)
				break;
			if (add(list, ns))
				return -1;
		}
	}
	if (list->count)
		qsort(list->ns, list->count, sizeof(*list->ns), by_value);
	return 0;
}

/*
 * The median of the densest half period. No frame has two differences in it,
 * for edges are a period apart.
 */
static bool densest(const struct differences *list,
		    const struct match_times *times, int64_t *offset)
{
	int64_t width = times->period_ns / 2, middle;
	size_t last = 0, most = 0;

	for (size_t i = 0; i < list->count; i++) {
		while (last < list->count &&
		       list->ns[last] - list->ns[i] < width)
			last++;
		middle = list->ns[i + (last - i) / 2];
		if (last - i > most && middle >= times->low_ns &&
		    middle < times->high_ns) {
			most = last - i;
			*offset = middle;
		}
	}
	return most;
}

static int find_offset(const struct match_times *times, int64_t *offset,
		       bool *found)
{
	int64_t margin = times->period_ns / 4;
	struct differences list = { 0 };
	int result = collect(times, times->low_ns - margin,
			     times->high_ns + margin, &list);

	*found = !result && densest(&list, times, offset);
	free(list.ns);
	return result;
}

/* What is left of frame @i against edge @j. */
static int64_t rest(const struct match_times *times, int64_t offset, size_t i,
		    size_t j)
{
	return less(times->frame_ns[i], times->edge_ns[j]) - offset;
}

/* Of two frames that are nearest to one edge the nearer one has it. */
static void by_time(const struct match_times *times, int64_t offset,
		    size_t *edge)
{
	int64_t margin = times->period_ns / 4;
	size_t j = 0, before = MATCH_NONE;

	for (size_t i = 0; i < times->frames; i++) {
		edge[i] = MATCH_NONE;
		while (j + 1 < times->edges &&
		       llabs(rest(times, offset, i, j + 1)) <=
		       llabs(rest(times, offset, i, j)))
			j++;
		if (llabs(rest(times, offset, i, j)) > margin)
			continue;
		if (before != MATCH_NONE && edge[before] == j) {
			if (llabs(rest(times, offset, before, j)) <=
			    llabs(rest(times, offset, i, j)))
				continue;
			edge[before] = MATCH_NONE;
		}
		edge[i] = j;
		before = i;
	}
}

/* From @a to @b, which have an edge each, to those in between. */
static void by_sequence(const struct match_times *times, size_t *edge,
			size_t a, size_t b)
{
	uint32_t first = times->sequence[a], before = 0, number;
	uint32_t frames = times->sequence[b] - first;

	if (edge[b] - edge[a] != frames)
		return;
	for (size_t i = a + 1; i < b; i++) {
		number = times->sequence[i] - first;
		if (number <= before || number >= frames)
			return;
		edge[i] = edge[a] + number;
		before = number;
	}
}

static void fill_gaps(const struct match_times *times, size_t *edge)
{
	size_t before = MATCH_NONE;

	for (size_t i = 0; i < times->frames; i++) {
		if (edge[i] == MATCH_NONE)
			continue;
		if (before != MATCH_NONE && i > before + 1)
			by_sequence(times, edge, before, i);
		before = i;
	}
}

static void judge(const struct match_times *times, const size_t *edge,
		  struct match *match)
{
	double left, squares = 0;

	for (size_t i = 0; i < times->frames; i++) {
		if (edge[i] == MATCH_NONE)
			continue;
		left = rest(times, match->offset_ns, i, edge[i]);
		squares += left * left;
		match->matched++;
	}
	if (match->matched)
		match->scatter_ns = sqrt(squares / match->matched);
}

int match_times(const struct match_times *times, size_t *edge,
		struct match *match)
{
	bool found;

	*match = (struct match){ 0 };
	for (size_t i = 0; i < times->frames; i++)
		edge[i] = MATCH_NONE;
	if (find_offset(times, &match->offset_ns, &found)) {
		errno = ENOMEM;
		return -1;
	}
	if (!found)
		return 0;
	by_time(times, match->offset_ns, edge);
	if (times->sequence)
		fill_gaps(times, edge);
	judge(times, edge, match);
	return 0;
}
