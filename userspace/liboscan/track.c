// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define NS_PER_S 1e9

/**
 * struct run - steps in one direction with nothing missing in between
 * @first: index of its first step
 * @direction: +1 or -1
 * @after_gap: nothing is known between @gap_from and the first step
 * @gap_from: valid with @after_gap
 */
struct run {
	size_t first;
	int direction;
	bool after_gap;
	uint64_t gap_from;
};

/**
 * struct oscan_track - the steps of one axis
 * @begin_position: position at @begin
 * @begin: from when on the track knows
 * @horizon: up to when the track knows
 * @gap_open: something is missing after @gap_from and no step came since
 * @gap_from: valid with @gap_open
 * @gaps: number of gaps, the open one too
 * @count: number of steps
 * @room: steps that fit
 * @times_ns: shape [count], strictly ascending
 * @positions: shape [count], after each step
 * @n_runs: number of runs; not 0 when @count is not
 * @runs_room: runs that fit
 * @runs: shape [n_runs]; within each the positions are consecutive
 */
struct oscan_track {
	int64_t begin_position;
	uint64_t begin;
	uint64_t horizon;
	bool gap_open;
	uint64_t gap_from;
	size_t gaps;
	size_t count;
	size_t room;
	uint64_t *times_ns;
	int64_t *positions;
	size_t n_runs;
	size_t runs_room;
	struct run *runs;
};

OSCAN_API struct oscan_track *oscan_track_new(int64_t position,
					      uint64_t time_ns)
{
	struct oscan_track *track = calloc(1, sizeof(*track));

	if (!track)
		return NULL;
	track->begin_position = position;
	track->begin = time_ns;
	track->horizon = time_ns;
	return track;
}

OSCAN_API void oscan_track_free(struct oscan_track *track)
{
	if (!track)
		return;
	free(track->times_ns);
	free(track->positions);
	free(track->runs);
	free(track);
}

static int make_room_for_run(struct oscan_track *track)
{
	size_t room = track->runs_room ? 2 * track->runs_room : 16;
	struct run *runs;

	if (track->n_runs < track->runs_room)
		return 0;
	runs = reallocarray(track->runs, room, sizeof(*runs));
	if (!runs)
		return -1;
	track->runs = runs;
	track->runs_room = room;
	return 0;
}

static int make_room_for_steps(struct oscan_track *track, size_t steps)
{
	size_t room = track->room ? track->room : 1024;
	uint64_t *times_ns;
	int64_t *positions;

	while (room - track->count < steps)
		room *= 2;
	if (room == track->room)
		return 0;
	times_ns = reallocarray(track->times_ns, room, sizeof(*times_ns));
	if (!times_ns)
		return -1;
	track->times_ns = times_ns;
	positions = reallocarray(track->positions, room, sizeof(*positions));
	if (!positions)
		return -1;
	track->positions = positions;
	track->room = room;
	return 0;
}

static int64_t last_position(const struct oscan_track *track)
{
	return track->count ? track->positions[track->count - 1] :
			      track->begin_position;
}

/* The index of the first time that is not before, or after, @time_ns. */
static size_t find_time(const struct oscan_track *track, uint64_t time_ns,
			bool after)
{
	size_t low = 0;
	size_t high = track->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (track->times_ns[middle] < time_ns ||
		    (after && track->times_ns[middle] == time_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The index of the run that step @step belongs to. */
static size_t find_run(const struct oscan_track *track, size_t step)
{
	size_t low = 0;
	size_t high = track->n_runs;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (track->runs[middle].first <= step)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool is_valid(const struct oscan_trace_batch *batch)
{
	size_t step;

	if (!batch->steps)
		return true;
	/* 0: made by hand, without a driver. */
	if (batch->spacing > 1)
		return false;
	if (batch->direction != 1 && batch->direction != -1)
		return false;
	if (batch->steps > OSCAN_MOVE_STEPS_LIMIT ||
	    batch->first_position > OSCAN_POSITION_LIMIT ||
	    batch->first_position < -OSCAN_POSITION_LIMIT)
		return false;
	for (step = 1; step < batch->steps; step++)
		if (batch->times_ns[step] <= batch->times_ns[step - 1])
			return false;
	return batch->times_ns[batch->steps - 1] <= batch->horizon_ns;
}

/* What is missing before a step that is left out is of no interest. */
static void leave_out_before(struct oscan_trace_batch *batch, uint64_t begin)
{
	size_t out = 0;

	while (out < batch->steps && batch->times_ns[out] <= begin)
		out++;
	if (!out)
		return;
	batch->steps -= out;
	batch->times_ns += out;
	batch->first_position += batch->direction * (int64_t)out;
	batch->missed = false;
}

static void open_gap(struct oscan_track *track)
{
	if (track->gap_open)
		return;
	track->gap_open = true;
	track->gap_from = track->horizon;
	track->gaps++;
}

static void append(struct oscan_track *track,
		   const struct oscan_trace_batch *batch)
{
	const struct run *last = track->n_runs ?
				 &track->runs[track->n_runs - 1] : NULL;
	size_t step;

	if (batch->first_position - batch->direction != last_position(track))
		open_gap(track);
	if (!last || track->gap_open ||
	    last->direction != batch->direction)
		track->runs[track->n_runs++] = (struct run){
			.first = track->count,
			.direction = batch->direction,
			.after_gap = track->gap_open,
			.gap_from = track->gap_from,
		};
	track->gap_open = false;
	memcpy(track->times_ns + track->count, batch->times_ns,
	       batch->steps * sizeof(*track->times_ns));
	for (step = 0; step < batch->steps; step++)
		track->positions[track->count + step] = batch->first_position +
			batch->direction * (int64_t)step;
	track->count += batch->steps;
}

OSCAN_API int oscan_track_add(struct oscan_track *track,
			      const struct oscan_trace_batch *whole)
{
	struct oscan_trace_batch batch = *whole;

	if (!is_valid(&batch)) {
		errno = EINVAL;
		return -1;
	}
	if (batch.horizon_ns <= track->begin)
		return 0;
	leave_out_before(&batch, track->begin);
	if (batch.steps && (batch.times_ns[0] < track->horizon ||
			    (track->count && batch.times_ns[0] ==
			     track->times_ns[track->count - 1]))) {
		errno = EINVAL;
		return -1;
	}
	if (make_room_for_run(track) || make_room_for_steps(track, batch.steps))
		return -1;
	if (batch.missed)
		open_gap(track);
	if (batch.steps)
		append(track, &batch);
	if (batch.horizon_ns > track->horizon)
		track->horizon = batch.horizon_ns;
	return 0;
}

static void stands(struct oscan_position *position, int64_t steps)
{
	*position = (struct oscan_position){
		.steps = (double)steps,
		.sigma = 1 / sqrt(12),
	};
}

/* Between step @next - 1 and step @next. */
static void moves(const struct oscan_track *track, size_t next,
		  uint64_t time_ns, struct oscan_position *position)
{
	int64_t from = track->positions[next - 1];
	double way = (double)(track->positions[next] - from);
	uint64_t since = track->times_ns[next - 1];
	double interval = (double)(track->times_ns[next] - since);

	*position = (struct oscan_position){
		.steps = (double)from +
			 way * ((double)(time_ns - since) / interval),
		.speed = way * NS_PER_S / interval,
		.sigma = 1 / sqrt(12),
	};
}

OSCAN_API int oscan_track_at(const struct oscan_track *track, uint64_t time_ns,
			     struct oscan_position *position)
{
	size_t next = find_time(track, time_ns, true);
	bool gap = track->gap_open;
	uint64_t gap_from = track->gap_from;

	if (time_ns < track->begin || time_ns > track->horizon) {
		errno = ERANGE;
		return -1;
	}
	if (next < track->count) {
		const struct run *run = &track->runs[find_run(track, next)];

		gap = run->after_gap && run->first == next;
		gap_from = run->gap_from;
	}
	if (gap && time_ns > gap_from) {
		errno = ENODATA;
		return -1;
	}
	if (!next)
		stands(position, track->begin_position);
	else if (gap || next == track->count)
		stands(position, track->positions[next - 1]);
	else
		moves(track, next, time_ns, position);
	return 0;
}

/**
 * passed_in_run - when a position was passed in a run
 *
 * The way into the run, from where the axis was before its first step, is
 * part of it unless there is a gap.
 */
static bool passed_in_run(const struct oscan_track *track, size_t index,
			  double steps, uint64_t *time_ns)
{
	const struct run *run = &track->runs[index];
	size_t end = index + 1 < track->n_runs ? run[1].first : track->count;
	int64_t from = track->positions[run->first] - run->direction;
	double way = (steps - (double)from) * run->direction;
	double whole = ceil(way);
	double part;
	uint64_t since;
	size_t step;

	if (!(way >= (run->after_gap ? 1 : 0)) || whole < 1 ||
	    way > (double)(end - run->first))
		return false;
	step = run->first + (size_t)whole - 1;
	*time_ns = track->times_ns[step];
	if (step && way < whole) {
		since = track->times_ns[step - 1];
		part = (way - (whole - 1)) * (double)(*time_ns - since);
		*time_ns = since + (uint64_t)round(part);
	}
	return true;
}

OSCAN_API int oscan_track_when(const struct oscan_track *track, double steps,
			       uint64_t after_ns, uint64_t *time_ns)
{
	uint64_t after = after_ns > track->begin ? after_ns : track->begin;
	size_t step = find_time(track, after, false);
	struct oscan_position position;
	uint64_t passed;
	size_t run;

	if (!oscan_track_at(track, after, &position) &&
	    position.steps == steps) {
		*time_ns = after;
		return 0;
	}
	if (step < track->count) {
		for (run = find_run(track, step); run < track->n_runs; run++) {
			if (passed_in_run(track, run, steps, &passed) &&
			    passed >= after) {
				*time_ns = passed;
				return 0;
			}
		}
	}
	errno = ENODATA;
	return -1;
}

OSCAN_API uint64_t oscan_track_begin(const struct oscan_track *track)
{
	return track->begin;
}

OSCAN_API uint64_t oscan_track_horizon(const struct oscan_track *track)
{
	return track->horizon;
}

OSCAN_API size_t oscan_track_gaps(const struct oscan_track *track)
{
	return track->gaps;
}

OSCAN_API size_t oscan_track_count(const struct oscan_track *track)
{
	return track->count;
}

OSCAN_API void oscan_track_steps(const struct oscan_track *track,
				 const uint64_t **times_ns,
				 const int64_t **positions)
{
	*times_ns = track->times_ns;
	*positions = track->positions;
}
