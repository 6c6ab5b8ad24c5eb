// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NONE	UINT64_MAX

struct rule_text {
	const char *name;
	const char *what;	/* of the sentence "<what> at ... ns ..." */
};

static const struct rule_text texts[JUDGE_RULES] = {
	[JUDGE_PULSE_HIGH] = { "pulse_high", "STEP fell" },
	[JUDGE_PULSE_LOW] = { "pulse_low", "STEP rose" },
	[JUDGE_DIR_SETUP] = { "dir_setup", "STEP rose" },
	[JUDGE_DIR_HOLD] = { "dir_hold", "DIR changed" },
	[JUDGE_ENABLE_DELAY] = { "enable_delay", "STEP rose" },
	[JUDGE_INTERVAL] = { "interval", "STEP rose" },
	[JUDGE_STEP_UNPOWERED] = { "step_unpowered", "STEP rose" },
	[JUDGE_DIR_WHILE_HIGH] = { "dir_while_high", "DIR changed" },
};

static const char *const since[JUDGE_RULES] = {
	[JUDGE_PULSE_HIGH] = "it rose",
	[JUDGE_PULSE_LOW] = "it fell",
	[JUDGE_DIR_SETUP] = "DIR changed",
	[JUDGE_DIR_HOLD] = "the last edge of STEP",
	[JUDGE_ENABLE_DELAY] = "ENABLE",
	[JUDGE_INTERVAL] = "the step before",
};

/* What is known of the axis at an edge. */
struct axis {
	const struct judge_rules *rules;
	struct judge_verdict *verdict;
	uint64_t limit_ns[JUDGE_RULES];
	int step;
	int dir;
	bool powered;
	uint64_t rose_ns;
	uint64_t fell_ns;
	uint64_t dir_ns;
	uint64_t enabled_ns;
};

const char *judge_rule_name(enum judge_rule rule)
{
	return texts[rule].name;
}

static bool count_violation(struct axis *axis, enum judge_rule rule,
			    uint64_t time_ns)
{
	struct judge_verdict *verdict = axis->verdict;

	verdict->violations[rule]++;
	if (verdict->total++)
		return false;
	verdict->first_rule = rule;
	verdict->first_ns = time_ns;
	return true;
}

static void judge_time(struct axis *axis, enum judge_rule rule,
		       uint64_t from_ns, uint64_t time_ns)
{
	uint64_t *least_ns = &axis->verdict->least_ns[rule];
	uint64_t found_ns = time_ns - from_ns;

	if (from_ns == NONE)
		return;
	if (found_ns < *least_ns)
		*least_ns = found_ns;
	if (found_ns >= axis->limit_ns[rule])
		return;
	if (!count_violation(axis, rule, time_ns))
		return;
	snprintf(axis->verdict->first, JUDGE_SENTENCE,
		 "%s at %" PRIu64 " ns, %" PRIu64
		 " ns after %s; at least %" PRIu64 " ns are needed (%s).",
		 texts[rule].what, time_ns, found_ns, since[rule],
		 axis->limit_ns[rule], texts[rule].name);
}

static void judge_never(struct axis *axis, enum judge_rule rule,
			uint64_t time_ns, const char *state)
{
	if (!count_violation(axis, rule, time_ns))
		return;
	snprintf(axis->verdict->first, JUDGE_SENTENCE,
		 "%s at %" PRIu64 " ns while %s (%s).", texts[rule].what,
		 time_ns, state, texts[rule].name);
}

static void take_rise(struct axis *axis, uint64_t time_ns)
{
	judge_time(axis, JUDGE_PULSE_LOW, axis->fell_ns, time_ns);
	judge_time(axis, JUDGE_INTERVAL, axis->rose_ns, time_ns);
	judge_time(axis, JUDGE_DIR_SETUP, axis->dir_ns, time_ns);
	if (axis->powered)
		judge_time(axis, JUDGE_ENABLE_DELAY, axis->enabled_ns,
			   time_ns);
	else
		judge_never(axis, JUDGE_STEP_UNPOWERED, time_ns,
			    "the motor was unpowered");
	axis->verdict->steps++;
	axis->verdict->position += axis->dir ? 1 : -1;
	axis->rose_ns = time_ns;
}

static void take_step(struct axis *axis, const struct oscan_rig_edge *edge)
{
	if (edge->value) {
		take_rise(axis, edge->time_ns);
	} else {
		judge_time(axis, JUDGE_PULSE_HIGH, axis->rose_ns,
			   edge->time_ns);
		axis->fell_ns = edge->time_ns;
	}
	axis->step = edge->value;
}

static void take_dir(struct axis *axis, const struct oscan_rig_edge *edge)
{
	uint64_t step_ns = axis->step ? axis->rose_ns : axis->fell_ns;

	judge_time(axis, JUDGE_DIR_HOLD, step_ns, edge->time_ns);
	if (axis->step)
		judge_never(axis, JUDGE_DIR_WHILE_HIGH, edge->time_ns,
			    "STEP was high");
	axis->dir = edge->value;
	axis->dir_ns = edge->time_ns;
}

static void take_enable(struct axis *axis, const struct oscan_rig_edge *edge)
{
	axis->powered = edge->value != axis->rules->lines.enable_active_low;
	axis->enabled_ns = axis->powered ? edge->time_ns : NONE;
}

/* Whole ns: one less is still right. 1e-3: the division may round up. */
static uint64_t interval_limit_ns(const struct judge_rules *rules)
{
	double share = rules->catch_up_percent / 100;
	double limit_ns;

	if (rules->max_speed_sps <= 0)
		return 0;
	limit_ns = (1 - share) / rules->max_speed_sps * 1e9 - 1;
	return limit_ns > 0 ? ceil(limit_ns - 1e-3) : 0;
}

static void start(struct axis *axis, const struct oscan_rig_edge *edges,
		  size_t count, const struct judge_rules *rules,
		  struct judge_verdict *verdict)
{
	const struct edge_lines *lines = &rules->lines;
	int rule;

	memset(verdict, 0, sizeof(*verdict));
	for (rule = 0; rule < JUDGE_RULES; rule++)
		verdict->least_ns[rule] = NONE;
	*axis = (struct axis) {
		.rules = rules,
		.verdict = verdict,
		.limit_ns = {
			[JUDGE_PULSE_HIGH] = rules->pulse_high_ns,
			[JUDGE_PULSE_LOW] = rules->pulse_low_ns,
			[JUDGE_DIR_SETUP] = rules->dir_setup_ns,
			[JUDGE_DIR_HOLD] = rules->dir_hold_ns,
			[JUDGE_ENABLE_DELAY] = rules->enable_delay_ns,
			[JUDGE_INTERVAL] = interval_limit_ns(rules),
		},
		.step = edges_initial(edges, count, lines->step, 0),
		.dir = edges_dir_initial(edges, count, lines),
		.powered = edges_powered_initial(edges, count, lines),
		.rose_ns = NONE,
		.fell_ns = NONE,
		.dir_ns = NONE,
		.enabled_ns = NONE,
	};
}

void judge_edges(const struct oscan_rig_edge *edges, size_t count,
		 const struct judge_rules *rules,
		 struct judge_verdict *verdict)
{
	struct axis axis;
	size_t i;

	start(&axis, edges, count, rules, verdict);
	for (i = 0; i < count; i++) {
		uint32_t line = edges[i].line;

		if (line == rules->lines.step)
			take_step(&axis, &edges[i]);
		else if (line == rules->lines.dir)
			take_dir(&axis, &edges[i]);
		else if (line == rules->lines.enable)
			take_enable(&axis, &edges[i]);
	}
}
