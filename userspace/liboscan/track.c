// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The steps of one axis, and where it was between them.
 *
 * One thread adds, any number ask: what they share is under a lock that lets
 * the one who adds pass before those who ask, so that nothing it has to read
 * piles up.
 */
#include "oscan.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define NS_PER_S 1e9

/*
 * An interval so many times as long as the one before it is a rest. Within a
 * move the ratio is at most 1 + sqrt(2) with constant acceleration and 3.9
 * with constant jerk, both at its very end.
 */
#define REST_RATIO 4

/**
 * struct run - steps in one direction with neither rest nor gap in between
 * @first: index of its first step
 * @direction: +1 or -1
 * @after_gap: nothing is known between @until_ns and the first step; else the
 *	axis moves evenly from @until_ns on to the first step
 * @until_ns: until then it stands where it was before the run
 */
struct run {
	size_t first;
	int direction;
	bool after_gap;
	uint64_t until_ns;
};

/*
 * So many runs share a range of positions, so that the time of a position is
 * found without a look at each run.
 */
#define BLOCK_RUNS 64

/**
 * struct range - between which positions the axis moved in a block of runs
 */
struct range {
	int64_t low;
	int64_t high;
};

/**
 * struct oscan_track - the steps of one axis
 * @lock: of all that follows
 * @begin_position: position at @begin
 * @begin: from when on the track knows
 * @first_begin: from when on it knew before it forgot anything
 * @horizon: up to when the track knows
 * @gap_open: something is missing after @gap_from and no step came since
 * @gap_from: valid with @gap_open
 * @gaps: number of gaps, the open one too
 * @window: number of steps to keep at least, 0 for all
 * @late_ns: standard uncertainty of the time of a step
 * @clock_ns: standard uncertainty of the times that are asked for
 * @interval: between the last two steps, 0 if that is not known
 * @count: number of steps
 * @room: steps that fit
 * @times_ns: shape [count], strictly ascending
 * @positions: shape [count], after each step
 * @n_runs: number of runs; not 0 when @count is not
 * @runs_room: runs that fit
 * @runs: shape [n_runs]; within each the positions are consecutive
 * @ranges: of each BLOCK_RUNS runs, the last of which may be fewer
 */
struct oscan_track {
	pthread_rwlock_t lock;
	int64_t begin_position;
	uint64_t begin;
	uint64_t first_begin;
	uint64_t horizon;
	bool gap_open;
	uint64_t gap_from;
	size_t gaps;
	size_t window;
	uint64_t late_ns;
	uint64_t clock_ns;
	uint64_t interval;
	size_t count;
	size_t room;
	uint64_t *times_ns;
	int64_t *positions;
	size_t n_runs;
	size_t runs_room;
	struct run *runs;
	struct range *ranges;
};

/* A track is const to those who ask; its lock is not. */
static void read_lock(const struct oscan_track *track)
{
	pthread_rwlock_rdlock((pthread_rwlock_t *)&track->lock);
}

static void write_lock(struct oscan_track *track)
{
	pthread_rwlock_wrlock(&track->lock);
}

static void unlock(const struct oscan_track *track)
{
	pthread_rwlock_unlock((pthread_rwlock_t *)&track->lock);
}

static int make_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t writer_first;
	int error;

	pthread_rwlockattr_init(&writer_first);
	pthread_rwlockattr_setkind_np(&writer_first,
			PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	error = pthread_rwlock_init(lock, &writer_first);
	pthread_rwlockattr_destroy(&writer_first);
	return error;
}

OSCAN_API struct oscan_track *oscan_track_new(int64_t position,
					      uint64_t time_ns)
{
	struct oscan_track *track = calloc(1, sizeof(*track));

	if (!track || make_lock(&track->lock)) {
		free(track);
		errno = ENOMEM;
		return NULL;
	}
	track->begin_position = position;
	track->begin = time_ns;
	track->first_begin = time_ns;
	track->horizon = time_ns;
	return track;
}

OSCAN_API void oscan_track_free(struct oscan_track *track)
{
	if (!track)
		return;
	pthread_rwlock_destroy(&track->lock);
	free(track->times_ns);
	free(track->positions);
	free(track->runs);
	free(track->ranges);
	free(track);
}

OSCAN_API void oscan_track_set_window(struct oscan_track *track, size_t steps)
{
	write_lock(track);
	track->window = steps;
	unlock(track);
}

OSCAN_API void oscan_track_set_sigma(struct oscan_track *track,
				     uint64_t late_ns, uint64_t clock_ns)
{
	write_lock(track);
	track->late_ns = late_ns;
	track->clock_ns = clock_ns;
	unlock(track);
}

static int make_room_for_runs(struct oscan_track *track, size_t runs)
{
	size_t room = track->runs_room ? track->runs_room : BLOCK_RUNS;
	struct range *ranges;
	struct run *larger;

	while (room - track->n_runs < runs)
		room *= 2;
	if (room == track->runs_room)
		return 0;
	larger = reallocarray(track->runs, room, sizeof(*larger));
	if (!larger)
		return -1;
	track->runs = larger;
	ranges = reallocarray(track->ranges, room / BLOCK_RUNS,
			      sizeof(*ranges));
	if (!ranges)
		return -1;
	track->ranges = ranges;
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

/* The index of the first step after a run. */
static size_t run_end(const struct oscan_track *track, size_t run)
{
	return run + 1 < track->n_runs ? track->runs[run + 1].first :
					 track->count;
}

/* Where the axis was before the first step of a run, if nothing is missing. */
static int64_t way_from(const struct oscan_track *track, size_t run)
{
	return track->positions[track->runs[run].first] -
	       track->runs[run].direction;
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

static bool is_rest(uint64_t since, uint64_t interval)
{
	return interval && since / interval >= REST_RATIO;
}

/* At least as many as appending the batch begins. */
static size_t count_runs(const struct oscan_track *track,
			 const struct oscan_trace_batch *batch)
{
	uint64_t interval = track->interval, since;
	size_t runs = 1, step;

	for (step = 0; step < batch->steps; step++) {
		if (step)
			since = batch->times_ns[step] -
				batch->times_ns[step - 1];
		else if (track->count)
			since = batch->times_ns[0] -
				track->times_ns[track->count - 1];
		else
			since = 0;
		runs += is_rest(since, interval);
		interval = since;
	}
	return runs;
}

/* What run @run covers of the range of its block, up to @position. */
static void widen(struct oscan_track *track, size_t run, int64_t position)
{
	struct range *range = &track->ranges[run / BLOCK_RUNS];

	if (position < range->low)
		range->low = position;
	if (position > range->high)
		range->high = position;
}

/* @from is where the run before ended, if nothing is missing in between. */
static void widen_by_run(struct oscan_track *track, size_t run, int64_t from,
			 int64_t to)
{
	if (run % BLOCK_RUNS == 0)
		track->ranges[run / BLOCK_RUNS] = (struct range){ from, from };
	widen(track, run, to);
}

static void begin_run(struct oscan_track *track, int direction,
		      uint64_t until_ns)
{
	track->runs[track->n_runs++] = (struct run){
		.first = track->count,
		.direction = direction,
		.after_gap = track->gap_open,
		.until_ns = until_ns,
	};
	track->gap_open = false;
}

/*
 * A move ends and begins with the same interval, that of its acceleration
 * from rest. So what comes after a rest is taken to last as long as the last
 * interval before it.
 */
static void append_step(struct oscan_track *track, int64_t position,
			int direction, uint64_t time_ns)
{
	const struct run *last = track->n_runs ?
				 &track->runs[track->n_runs - 1] : NULL;
	uint64_t before = track->count ?
			  track->times_ns[track->count - 1] : time_ns;
	uint64_t since = time_ns - before;
	size_t runs = track->n_runs;

	if (track->gap_open) {
		begin_run(track, direction, track->gap_from);
		since = 0;
	} else if (is_rest(since, track->interval)) {
		begin_run(track, direction, time_ns - track->interval);
	} else if (!last || last->direction != direction) {
		begin_run(track, direction, before);
	}
	if (track->n_runs > runs)
		widen_by_run(track, runs, position - direction, position);
	else
		widen(track, runs - 1, position);
	track->interval = since;
	track->times_ns[track->count] = time_ns;
	track->positions[track->count++] = position;
}

static void append(struct oscan_track *track,
		   const struct oscan_trace_batch *batch)
{
	size_t step;

	if (batch->first_position - batch->direction != last_position(track))
		open_gap(track);
	for (step = 0; step < batch->steps; step++)
		append_step(track, batch->first_position +
			    batch->direction * (int64_t)step, batch->direction,
			    batch->times_ns[step]);
}

/*
 * Half of what is kept goes at once, so that little is moved for each step.
 * The first step that stays is where the track begins: how the axis got there
 * is forgotten as if it had been missed.
 */
static void forget(struct oscan_track *track)
{
	size_t out, runs_out, run, last;

	if (!track->window || track->count / 2 < track->window)
		return;
	out = track->count - track->window;
	runs_out = find_run(track, out);
	track->begin = track->times_ns[out];
	track->begin_position = track->positions[out];
	track->count -= out;
	memmove(track->times_ns, track->times_ns + out,
		track->count * sizeof(*track->times_ns));
	memmove(track->positions, track->positions + out,
		track->count * sizeof(*track->positions));
	track->n_runs -= runs_out;
	memmove(track->runs, track->runs + runs_out,
		track->n_runs * sizeof(*track->runs));
	for (run = 1; run < track->n_runs; run++)
		track->runs[run].first -= out;
	track->runs[0].first = 0;
	track->runs[0].after_gap = true;
	track->runs[0].until_ns = track->begin;
	for (run = 0; run < track->n_runs; run++) {
		last = run_end(track, run) - 1;
		widen_by_run(track, run, way_from(track, run),
			     track->positions[last]);
	}
}

static int add(struct oscan_track *track, struct oscan_trace_batch *batch)
{
	if (batch->horizon_ns <= track->begin)
		return 0;
	leave_out_before(batch, track->begin);
	if (batch->steps && (batch->times_ns[0] < track->horizon ||
			     (track->count && batch->times_ns[0] ==
			      track->times_ns[track->count - 1]))) {
		errno = EINVAL;
		return -1;
	}
	if (make_room_for_runs(track, count_runs(track, batch)) ||
	    make_room_for_steps(track, batch->steps))
		return -1;
	if (batch->missed)
		open_gap(track);
	if (batch->steps)
		append(track, batch);
	if (batch->horizon_ns > track->horizon)
		track->horizon = batch->horizon_ns;
	forget(track);
	return 0;
}

OSCAN_API int oscan_track_add(struct oscan_track *track,
			      const struct oscan_trace_batch *whole)
{
	struct oscan_trace_batch batch = *whole;
	int result;

	if (!is_valid(&batch)) {
		errno = EINVAL;
		return -1;
	}
	write_lock(track);
	result = add(track, &batch);
	unlock(track);
	return result;
}

static int add_state(struct oscan_track *track,
		     const struct oscan_state *state)
{
	uint64_t last = track->count ? track->times_ns[track->count - 1] :
				       track->begin;

	if (state->time_ns <= track->horizon)
		return 0;
	if (state->last_step_ns > last || track->gap_open) {
		errno = EAGAIN;
		return -1;
	}
	if (state->position != last_position(track)) {
		errno = ESTALE;
		return -1;
	}
	track->horizon = state->time_ns;
	return 0;
}

OSCAN_API int oscan_track_add_state(struct oscan_track *track,
				    const struct oscan_state *state)
{
	int result;

	write_lock(track);
	result = add_state(track, state);
	unlock(track);
	return result;
}

/* What the quantities are is said in oscan.h. */
static void answer(const struct oscan_track *track, double steps, double speed,
		   struct oscan_position *position)
{
	*position = (struct oscan_position){
		.steps = steps,
		.speed = speed,
		.sigma = sqrt(1.0 / 12 + pow(speed / NS_PER_S, 2) *
			      (pow((double)track->late_ns, 2) +
			       pow((double)track->clock_ns, 2))),
	};
}

/* On the way from @from, left at @since_ns, to step @next. */
static void moves(const struct oscan_track *track, int64_t from,
		  uint64_t since_ns, size_t next, uint64_t time_ns,
		  struct oscan_position *position)
{
	double way = (double)(track->positions[next] - from);
	double interval = (double)(track->times_ns[next] - since_ns);

	answer(track, (double)from +
	       way * ((double)(time_ns - since_ns) / interval),
	       way * NS_PER_S / interval, position);
}

/* After @from and before step @next, the first one of a run. */
static int at_run(const struct oscan_track *track, const struct run *run,
		  int64_t from, uint64_t time_ns,
		  struct oscan_position *position)
{
	if (time_ns <= run->until_ns) {
		answer(track, (double)from, 0, position);
		return 0;
	}
	if (run->after_gap) {
		errno = ENODATA;
		return -1;
	}
	moves(track, from, run->until_ns, run->first, time_ns, position);
	return 0;
}

static int at(const struct oscan_track *track, uint64_t time_ns,
	      struct oscan_position *position)
{
	const struct run *run;
	int64_t from;
	size_t next;

	if (time_ns < track->begin || time_ns > track->horizon) {
		errno = time_ns >= track->first_begin &&
			time_ns < track->begin ? ESTALE : ERANGE;
		return -1;
	}
	next = find_time(track, time_ns, true);
	from = next ? track->positions[next - 1] : track->begin_position;
	if (next == track->count) {
		if (track->gap_open && time_ns > track->gap_from) {
			errno = ENODATA;
			return -1;
		}
		answer(track, (double)from, 0, position);
		return 0;
	}
	run = &track->runs[find_run(track, next)];
	if (run->first == next)
		return at_run(track, run, from, time_ns, position);
	moves(track, from, track->times_ns[next - 1], next, time_ns, position);
	return 0;
}

OSCAN_API int oscan_track_at(const struct oscan_track *track, uint64_t time_ns,
			     struct oscan_position *position)
{
	int result;

	read_lock(track);
	result = at(track, time_ns, position);
	unlock(track);
	return result;
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
	size_t end = run_end(track, index);
	int64_t from = way_from(track, index);
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
	if (way < whole) {
		since = step == run->first ? run->until_ns :
					     track->times_ns[step - 1];
		part = (way - (whole - 1)) * (double)(*time_ns - since);
		*time_ns = since + (uint64_t)round(part);
	}
	return true;
}

static bool may_be_in_block(const struct oscan_track *track, size_t run,
			    double steps)
{
	const struct range *range = &track->ranges[run / BLOCK_RUNS];

	return steps >= (double)range->low && steps <= (double)range->high;
}

static int find(const struct oscan_track *track, double steps,
		uint64_t after_ns, uint64_t *time_ns)
{
	uint64_t after = after_ns > track->begin ? after_ns : track->begin;
	size_t step = find_time(track, after, false);
	struct oscan_position position;
	uint64_t passed;
	size_t run;

	if (!at(track, after, &position) && position.steps == steps) {
		*time_ns = after;
		return 0;
	}
	run = step < track->count ? find_run(track, step) : track->n_runs;
	while (run < track->n_runs) {
		if (!may_be_in_block(track, run, steps)) {
			run += BLOCK_RUNS - run % BLOCK_RUNS;
			continue;
		}
		if (passed_in_run(track, run, steps, &passed) &&
		    passed >= after) {
			*time_ns = passed;
			return 0;
		}
		run++;
	}
	errno = after_ns < track->begin && track->begin > track->first_begin ?
		ESTALE : ENODATA;
	return -1;
}

OSCAN_API int oscan_track_when(const struct oscan_track *track, double steps,
			       uint64_t after_ns, uint64_t *time_ns)
{
	int result;

	read_lock(track);
	result = find(track, steps, after_ns, time_ns);
	unlock(track);
	return result;
}

OSCAN_API uint64_t oscan_track_begin(const struct oscan_track *track)
{
	uint64_t begin;

	read_lock(track);
	begin = track->begin;
	unlock(track);
	return begin;
}

OSCAN_API uint64_t oscan_track_horizon(const struct oscan_track *track)
{
	uint64_t horizon;

	read_lock(track);
	horizon = track->horizon;
	unlock(track);
	return horizon;
}

OSCAN_API size_t oscan_track_gaps(const struct oscan_track *track)
{
	size_t gaps;

	read_lock(track);
	gaps = track->gaps;
	unlock(track);
	return gaps;
}

OSCAN_API size_t oscan_track_count(const struct oscan_track *track)
{
	size_t count;

	read_lock(track);
	count = track->count;
	unlock(track);
	return count;
}

OSCAN_API void oscan_track_steps(const struct oscan_track *track,
				 const uint64_t **times_ns,
				 const int64_t **positions)
{
	*times_ns = track->times_ns;
	*positions = track->positions;
}
