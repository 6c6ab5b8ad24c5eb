/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Were the rules of the step engine kept, judged on recorded edges.
 */
#ifndef ROTOR_JUDGE_H
#define ROTOR_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edges.h"

/**
 * struct judge_rules - what the edges of an axis are held against
 * @lines: lines of the axis
 * @pulse_high_ns: STEP stays high at least so long
 * @pulse_low_ns: STEP stays low at least so long
 * @dir_setup_ns: from a change of DIR to the next rising edge of STEP
 * @dir_hold_ns: from any edge of STEP to a change of DIR, which must find STEP
 *	low
 * @enable_delay_ns: from ENABLE to the next rising edge of STEP; an unpowered
 *	motor gets no steps at all
 * @max_speed_sps: greatest planned speed, microsteps per second; 0: not judged
 * @catch_up_percent: by how much an interval may be shorter than planned, 0
 *	to 50. No interval between rising edges of STEP may be shorter than
 *	(1 - catch_up_percent / 100) / max_speed_sps less 1 ns.
 *
 * A limit of 0 ns is not judged. @lines.enable is EDGE_NO_LINE for an axis
 * without ENABLE.
 */
struct judge_rules {
	struct edge_lines lines;
	uint64_t pulse_high_ns;
	uint64_t pulse_low_ns;
	uint64_t dir_setup_ns;
	uint64_t dir_hold_ns;
	uint64_t enable_delay_ns;
	double max_speed_sps;
	double catch_up_percent;
};

/**
 * enum judge_rule - the rules, in the order of struct judge_verdict's arrays
 */
enum judge_rule {
	JUDGE_PULSE_HIGH = 0,
	JUDGE_PULSE_LOW,
	JUDGE_DIR_SETUP,
	JUDGE_DIR_HOLD,
	JUDGE_ENABLE_DELAY,
	JUDGE_INTERVAL,
	JUDGE_STEP_UNPOWERED,
	JUDGE_DIR_WHILE_HIGH,
	JUDGE_RULES,
};

/**
 * judge_rule_name() - a rule's name, as --json prints it
 * @rule: rule
 */
const char *judge_rule_name(enum judge_rule rule);

#define JUDGE_SENTENCE	240

/**
 * struct judge_verdict - what was found
 * @position: rising edges of STEP with DIR high less those with DIR low
 * @steps: rising edges of STEP
 * @violations: number of violations, of each rule
 * @least_ns: least time found, of each rule that is a time, judged or not;
 *	UINT64_MAX where it never occurred
 * @total: sum of @violations
 * @first_rule: rule first violated; valid with @total
 * @first_ns: time of the edge that violated it
 * @first: one sentence on it; empty without
 */
struct judge_verdict {
	int64_t position;
	uint64_t steps;
	uint64_t violations[JUDGE_RULES];
	uint64_t least_ns[JUDGE_RULES];
	uint64_t total;
	enum judge_rule first_rule;
	uint64_t first_ns;
	char first[JUDGE_SENTENCE];
};

/**
 * judge_edges() - judge a recording
 * @edges: recording that edges_check() accepts
 * @count: number of edges
 * @rules: rules
 * @verdict: out
 */
void judge_edges(const struct oscan_rig_edge *edges, size_t count,
		 const struct judge_rules *rules,
		 struct judge_verdict *verdict);

#endif /* ROTOR_JUDGE_H */
