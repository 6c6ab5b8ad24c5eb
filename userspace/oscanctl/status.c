// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl status: where the axes are and what they do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "oscanctl.h"

static const struct option_text option_texts[] = {
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "status",
	.operands = "[AXIS]",
	.most = 1,
	.text = "Show where the axes are, what they do and how well steps met their time.",
	.options = option_texts,
};

static json_t *status_json(const struct oscan_axis_info *axis,
			   const struct oscan_state *state,
			   const struct oscan_stats *stats)
{
	json_t *object = axis_state_json(axis, state);

	json_object_update_new(object,
		json_pack("{s:i, s:I, s:I, s:i, s:I, s:I, s:I}",
			  "stumbles", stats->stumbles,
			  "worst_late_ns", (json_int_t)stats->worst_late_ns,
			  "slip_ns", (json_int_t)stats->slip_ns,
			  "move_stumbles", stats->move_stumbles,
			  "move_worst_late_ns",
			  (json_int_t)stats->move_worst_late_ns,
			  "move_slip_ns", (json_int_t)stats->move_slip_ns,
			  "trace_lost", (json_int_t)state->trace_lost));
	return object;
}

static const char *control_text(const struct oscan_state *state)
{
	if (state->flags & OSCAN_STATE_CONTROLLED)
		return "held by a program";
	return "free";
}

static void print_stops(const struct oscan_axis_info *axis,
			const struct oscan_state *state)
{
	const char *min = stop_name(axis, state, -1);
	const char *max = stop_name(axis, state, 1);

	if (min || max)
		printf("  end stops %s%s%s%s%s\n", min ? "min " : "",
		       min ? min : "", min && max ? ", " : "",
		       max ? "max " : "", max ? max : "");
}

static void print_status(const struct oscan_axis_info *axis,
			 const struct oscan_state *state,
			 const struct oscan_stats *stats)
{
	char text[MACHINE_TEXT_LEN];

	printf("%s\n", axis->name);
	printf("  position  %s, %s\n",
	       machine_place(axis, state->position, text),
	       position_state_name(state->position_state));
	printf("  motion    %s", motion_name(state->motion));
	if (state->motion != OSCAN_MOTION_IDLE)
		printf(" to %s", machine_place(axis, state->target, text));
	printf("\n  motor     %s\n",
	       state->flags & OSCAN_STATE_ENABLED ? "on" : "off");
	print_stops(axis, state);
	printf("  control   %s\n", control_text(state));
	printf("  last end  %s\n", end_name(state->end));
	printf("  steps     %llu; latest by %.1f us; %u stumble%s\n",
	       (unsigned long long)state->steps, stats->worst_late_ns / 1e3,
	       stats->stumbles, stats->stumbles == 1 ? "" : "s");
}

static int show_axis(struct oscan_motor *motor, unsigned int axis,
		     json_t *array)
{
	const struct oscan_axis_info *info =
		oscan_motor_axis_info(motor, axis);
	struct oscan_state state;
	struct oscan_stats stats;

	if (machine_state(motor, axis, &state))
		return EXIT_FAILURE;
	if (oscan_motor_stats(motor, axis, &stats))
		return machine_fail(motor, axis, "read the statistics", errno);
	if (array)
		json_array_append_new(array,
				      status_json(info, &state, &stats));
	else
		print_status(info, &state, &stats);
	return EXIT_SUCCESS;
}

int cmd_status(int argc, char **argv)
{
	return machine_show(argc, argv, &usage, show_axis);
}
