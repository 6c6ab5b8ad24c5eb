/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines that go with the exposures of a fly scan: one that has the camera
 * expose, one that tells when it did. Where the camera's own times are what
 * counts, functions do nothing.
 *
 * Functions return 0, or -1 after scan_fail(), unless said otherwise.
 */
#ifndef OSCAN_SCAN_TRIGGER_H
#define OSCAN_SCAN_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "oscan.h"

/**
 * struct scan_edge - a pulse of the trigger line, or a strobe
 * @time_ns: when the line became active
 * @end_ns: when it became inactive, 0: not known
 * @position: of the axis then, microsteps
 * @pass: number of the pass, SCAN_NO_PASS: a pulse that tried the camera
 */
struct scan_edge {
	uint64_t time_ns;
	uint64_t end_ns;
	int64_t position;
	uint32_t pass;
};

#define SCAN_NO_PASS UINT32_MAX

/**
 * struct scan_line - a line that goes with the exposures
 * @number: of the line
 * @ours: it does what the scan has set
 * @edges: shape [@count]
 * @count: edges of which we were told
 * @room: allocated length of @edges
 * @told: events of the line since it was set, by the last one's own count
 * @made: as @told should become, by the driver's count
 */
struct scan_line {
	unsigned int number;
	bool ours;
	struct scan_edge *edges;
	size_t count;
	size_t room;
	uint64_t told;
	uint64_t made;
};

/**
 * struct scan_trigger - lines that go with the exposures
 * @pulses: of the trigger line
 * @strobes: of the capture line
 * @from_ns: edges before that are not of the scan
 * @waits: there was a pulse since the last frame
 * @framed_ns: when the last frame came
 * @tried_ns: when a pulse last tried the camera
 * @tries: such pulses since the camera was started
 * @first: first pulse of the pass
 * @delivered: frames when it was launched
 * @missed: places of it without a pulse
 * @offset_ns: times of frames less those of the line
 * @scatter_s: of that
 */
struct scan_trigger {
	struct scan_line pulses;
	struct scan_line strobes;
	uint64_t from_ns;
	bool waits;
	uint64_t framed_ns;
	uint64_t tried_ns;
	unsigned int tries;
	size_t first;
	uint64_t delivered;
	uint64_t missed;
	int64_t offset_ns;
	double scatter_s;
};

struct scan;

/* trigger-places.c */

/** scan_trigger_line - name of the one that pulses */
const char *scan_trigger_line(const struct scan *scan);

/** scan_capture_line - name of the one that latches */
const char *scan_capture_line(const struct scan *scan);

/** scan_trigger_exposure_s - as configured; else as asked for */
double scan_trigger_exposure_s(const struct scan *scan);

/** scan_trigger_ends - do the camera's times mark the end of the exposure? */
bool scan_trigger_ends(const struct scan *scan);

/** scan_trigger_spacing - from place to place, microsteps, not rounded */
double scan_trigger_spacing(const struct scan *scan);

/** scan_trigger_is_whole - are these whole microsteps, for all places? */
bool scan_trigger_is_whole(const struct scan *scan);

/** scan_trigger_shortest_s - shortest time from pulse to pulse */
double scan_trigger_shortest_s(const struct scan *scan);

/** scan_trigger_lead - a pulse comes so far before its place, user's unit */
double scan_trigger_lead(const struct scan *scan);

/** scan_trigger_busy_s - of exposure and readout: pulses must be further apart
 */
double scan_trigger_busy_s(const struct scan *scan);

/* trigger-check.c */

/** scan_trigger_check - can camera, lines and geometry do this?
 * @why: out, shape [FLYSCAN_ERROR_LEN]: a sentence if not
 *
 * Return: 0, or -1 with errno
 */
int scan_trigger_check(struct scan *scan, char *why);

/* trigger.c */

/** scan_trigger_begin - have strobes latch; before the camera is started
 * @counts: pulses and strobes are those of the scan from now on; else none is
 */
int scan_trigger_begin(struct scan *scan, bool counts);

/** scan_trigger_try - see that the camera answers each pulse, and only these */
int scan_trigger_try(struct scan *scan);

/** scan_trigger_test - a pulse each second until there is a first frame */
int scan_trigger_test(struct scan *scan);

/** scan_trigger_settled - no frame of a pulse that tried the camera can come any
 * more
 */
bool scan_trigger_settled(const struct scan *scan);

/** scan_trigger_pass - have the places of the next pass pulse; at rest */
int scan_trigger_pass(struct scan *scan);

/** scan_trigger_passed - all its pulses have been made, and their frames came,
 * or have had their time
 */
bool scan_trigger_passed(struct scan *scan);

/** scan_trigger_quiet - no frame is due: the camera need not have sent one */
bool scan_trigger_quiet(const struct scan *scan);

/** scan_trigger_last - when the last strobe came, 0: none did */
uint64_t scan_trigger_last(const struct scan *scan);

/** scan_trigger_event - something happened; for oscan_monitor_read() */
void scan_trigger_event(const struct oscan_event *event, bool missed,
			void *data);

/** scan_trigger_end - lines are as they were; no pulse comes after it */
void scan_trigger_end(struct scan *scan);

/** scan_trigger_collect - wait until every pulse and strobe has been told */
int scan_trigger_collect(struct scan *scan);

/* trigger-pair.c */

/** scan_line_add - a line became active; 0, or -1 with ENOMEM */
int scan_line_add(struct scan_line *line, const struct scan_edge *edge);

/** scan_line_end - it became inactive */
void scan_line_end(struct scan_line *line, uint64_t time_ns);

/** scan_trigger_free - free what was told */
void scan_trigger_free(struct scan *scan);

/** scan_trigger_pair - scan_frame.start_ns of the first @rows frames */
int scan_trigger_pair(struct scan *scan, size_t rows);

/** scan_trigger_store_begin - how they are set; 0, or -1 with errno of the
 * writer
 */
int scan_trigger_store_begin(struct scan *scan);

/** scan_trigger_store - what the lines did; 0, or -1 with errno of the writer */
int scan_trigger_store(struct scan *scan, size_t rows);

#endif /* OSCAN_SCAN_TRIGGER_H */
