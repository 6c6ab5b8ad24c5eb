/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace file: the steps of axes in HDF5, laid out as NeXus.
 *
 *   /                       NXroot; creator
 *   /entry                  NXentry: title, start_time, end_time (once it is
 *                           finished), program_name
 *   /entry/trace/version    1: this is a trace file, as follows
 *   /entry/instrument/AXIS  NXpositioner, for each axis:
 *     name, unit            "turntable", "deg" or "mm"
 *     steps_per_unit        microsteps per unit
 *     begin_position        microsteps, at
 *     begin_time_ns
 *     horizon_ns            every step up to then is here, or in a gap
 *     value_log             NXlog, all of one length:
 *       time                seconds since start_time
 *       value               position after the step, in the unit
 *       time_ns             uint64, CLOCK_MONOTONIC
 *       raw_value           int64, microsteps
 *       number              uint64, among all that the axis has made
 *       late                uint32, nanoseconds; 2^32 - 1 is also for more
 *     gaps                  NXcollection, all of one length:
 *       from_ns             the last that was told before what is missing
 *       to_ns               the first that was told after it
 *       steps               how many steps are missing
 */
#ifndef TRACEFILE_H
#define TRACEFILE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "oscan.h"

#define TRACEFILE_VERSION 1

/* Steps that are kept in memory until they are written. */
#define TRACEFILE_STEPS 8192

enum tracefile_column {
	TRACEFILE_TIME,
	TRACEFILE_VALUE,
	TRACEFILE_TIME_NS,
	TRACEFILE_RAW_VALUE,
	TRACEFILE_NUMBER,
	TRACEFILE_LATE,
	TRACEFILE_GAP_FROM,
	TRACEFILE_GAP_TO,
	TRACEFILE_GAP_STEPS,
	TRACEFILE_COLUMNS,
};

/**
 * struct tracefile_axis - an axis that is being recorded
 * @info: what firmware says of it
 * @group: its group
 * @columns: its datasets
 * @written: steps in the file
 * @gaps: gaps in the file
 * @count: steps in memory
 * @time_ns: shape [@count]
 * @position: shape [@count]
 * @number: shape [@count]
 * @late_ns: shape [@count]
 * @horizon_ns: see above
 * @total: steps up to then
 */
struct tracefile_axis {
	struct oscan_axis_info info;
	hid_t group;
	hid_t columns[TRACEFILE_COLUMNS];
	uint64_t written;
	uint64_t gaps;
	size_t count;
	uint64_t time_ns[TRACEFILE_STEPS];
	int64_t position[TRACEFILE_STEPS];
	uint64_t number[TRACEFILE_STEPS];
	uint32_t late_ns[TRACEFILE_STEPS];
	uint64_t horizon_ns;
	uint64_t total;
};

/**
 * struct tracefile - a file that is being written
 * @path: its name
 * @file: HDF5's
 * @failed: a sentence has said that it cannot be written
 * @start_ns: CLOCK_MONOTONIC at start_time
 * @axes: shape [@count]
 * @count: number of axes
 */
struct tracefile {
	const char *path;
	hid_t file;
	bool failed;
	uint64_t start_ns;
	struct tracefile_axis *axes[OSCAN_MAX_AXES];
	unsigned int count;
};

/*
 * The following return 0, or EXIT_FAILURE after a sentence, one for each file.
 * A file whose writer was killed holds what was flushed; one that could not
 * even be begun is removed.
 */

/** tracefile_create - make a file that is not there yet
 * @path: must stay valid
 * @version: of this program
 */
int tracefile_create(struct tracefile *trace, const char *path,
		     const char *version);

/** tracefile_axis_add - before any steps. @state: where the axis begins */
int tracefile_axis_add(struct tracefile *trace,
		       const struct oscan_axis_info *info,
		       const struct oscan_state *state);

/** tracefile_steps - append steps of axis @index, in the order of addition;
 * those from before its beginning are left out
 */
int tracefile_steps(struct tracefile *trace, unsigned int index,
		    const struct oscan_trace_batch *batch);

/** tracefile_flush - write what is in memory */
int tracefile_flush(struct tracefile *trace);

/** tracefile_close - finish and close; frees also where it fails */
int tracefile_close(struct tracefile *trace);

/**
 * struct traceread_axis - the trace of an axis as read from a file
 * @name: of the axis
 * @unit: "deg" or "mm"
 * @steps_per_unit: microsteps per unit, > 0
 * @begin_position: microsteps
 * @begin_ns: CLOCK_MONOTONIC
 * @horizon_ns: up to when it is complete
 * @steps: number of steps
 * @time_ns: shape [@steps], ascending
 * @position: shape [@steps], microsteps
 * @late_ns: shape [@steps]
 * @gaps: number of gaps
 * @gap_from_ns: shape [@gaps]
 * @gap_to_ns: shape [@gaps]
 */
struct traceread_axis {
	char name[OSCAN_NAME_LEN];
	char unit[8];
	double steps_per_unit;
	int64_t begin_position;
	uint64_t begin_ns;
	uint64_t horizon_ns;
	size_t steps;
	uint64_t *time_ns;
	int64_t *position;
	uint32_t *late_ns;
	size_t gaps;
	uint64_t *gap_from_ns;
	uint64_t *gap_to_ns;
};

/**
 * struct traceread - a trace file that was read
 * @axes: shape [@count]
 * @count: number of axes
 */
struct traceread {
	struct traceread_axis axes[OSCAN_MAX_AXES];
	unsigned int count;
};

/** traceread_open - read all of it; the file is closed again */
int traceread_open(struct traceread *trace, const char *path);

/** traceread_free - free what was read; a zeroed struct is accepted */
void traceread_free(struct traceread *trace);

#endif /* TRACEFILE_H */
