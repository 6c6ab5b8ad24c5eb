// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl move: move axes and wait until they are at rest. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "move.h"

#define PROGRESS_MS 100

enum {
	OPTION_RELATIVE = OPTION_OWN,
	OPTION_SPEED,
	OPTION_ACCEL,
	OPTION_DECEL,
	OPTION_JERK,
	OPTION_STEPS,
	OPTION_WAY,
	OPTION_ARRIVE,
};

static const struct option_text option_texts[] = {
	{ "relative", OPTION_RELATIVE, NULL,
	  "VALUE counts from the present position" },
	{ "speed", OPTION_SPEED, "X",
	  "per second, the axis's greatest if not given" },
	{ "accel", OPTION_ACCEL, "X",
	  "per second squared, the greatest if not given" },
	{ "decel", OPTION_DECEL, "X",
	  "per second squared, as --accel if not given" },
	{ "jerk", OPTION_JERK, "X",
	  "per second cubed: an S-curve; no limit if not given" },
	{ "steps", OPTION_STEPS, NULL, "all values are in microsteps" },
	{ "way", OPTION_WAY, "WAY",
	  "of a turntable: absolute (if not given), shortest, up or down" },
	{ "arrive-together", OPTION_ARRIVE, NULL,
	  "slow the faster axes down, so that all end at once" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "move",
	.operands = "AXIS VALUE [AXIS VALUE]...",
	.least = 2,
	.most = 2 * OSCAN_MAX_AXES,
	.text = "Move an axis to VALUE, in degrees or millimetres, and wait until it is there; several axes start together.",
	.options = option_texts,
};

/*
 * What was asked for; a quantity without text was not given, and all but the
 * values are for each axis.
 */
struct request {
	unsigned int count;
	const char *axes[OSCAN_MAX_AXES];
	struct quantity values[OSCAN_MAX_AXES];
	struct quantity speed;
	struct quantity accel;
	struct quantity decel;
	struct quantity jerk;
	enum oscan_way way;
	bool relative;
	bool in_steps;
	bool arrive;
	bool json;
};

static int parse_way(const char *text, enum oscan_way *way)
{
	static const char *const names[] = {
		[OSCAN_WAY_ABSOLUTE] = "absolute",
		[OSCAN_WAY_SHORTEST] = "shortest",
		[OSCAN_WAY_UP] = "up",
		[OSCAN_WAY_DOWN] = "down",
	};
	size_t i;

	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]))
			continue;
		*way = i;
		return 0;
	}
	return wrong_usage("--way: wanted absolute, shortest, up or down, found \"%s\"",
			   text);
}

static int parse_option(struct request *request, int key, const char *value)
{
	switch (key) {
	case OPTION_RELATIVE:
		request->relative = true;
		return 0;
	case OPTION_SPEED:
		return quantity_parse("--speed", value, QUANTITY_SPEED,
				      &request->speed);
	case OPTION_ACCEL:
		return quantity_parse("--accel", value, QUANTITY_ACCEL,
				      &request->accel);
	case OPTION_DECEL:
		return quantity_parse("--decel", value, QUANTITY_ACCEL,
				      &request->decel);
	case OPTION_JERK:
		return quantity_parse("--jerk", value, QUANTITY_JERK,
				      &request->jerk);
	case OPTION_WAY:
		return parse_way(value, &request->way);
	case OPTION_ARRIVE:
		request->arrive = true;
		return 0;
	default:
		request->in_steps = true;
		return 0;
	}
}

/* Of a turntable: which of the positions of that angle. */
static int take_way(const struct request *request,
		    const struct quantity *value, const struct motion *motion,
		    int64_t *target)
{
	const struct oscan_axis_info *info = motion->info;
	char limits[MACHINE_TEXT_LEN];
	double steps;

	if (!request->way || request->way == OSCAN_WAY_ABSOLUTE)
		return 0;
	if (quantity_steps("VALUE", value, info, false, &steps))
		return EXIT_USAGE;
	if (!oscan_axis_to_steps_by_way(info, oscan_axis_to_unit(info, steps),
					motion->begin.position, request->way,
					target))
		return 0;
	if (errno == EDOM)
		return fail("wanted to move %s to %s, found soft limits of %s; choose a position between them",
			    info->name, value->text,
			    machine_limits(info, limits));
	return fail("wanted a way round for %s, found that it is no turntable (oscan,wraps in the overlay); leave out --way",
		    info->name);
}

static int make_move(const struct request *request,
		     const struct quantity *value, struct motion *motion)
{
	const struct oscan_axis_info *info = motion->info;
	struct oscan_move *move = &motion->move;
	bool in_steps = request->in_steps;
	int64_t target;
	int status;

	status = quantity_position("VALUE", value, info, in_steps, &target);
	move->speed_sps_q44 = quantity_fixed("--speed", &request->speed, info,
					     in_steps, &status);
	move->accel_sps2_q32 = quantity_fixed("--accel", &request->accel,
					      info, in_steps, &status);
	move->decel_sps2_q32 = quantity_fixed("--decel", &request->decel,
					      info, in_steps, &status);
	move->jerk_sps3_q24 = quantity_fixed("--jerk", &request->jerk, info,
					     in_steps, &status);
	if (!status)
		status = take_way(request, value, motion, &target);
	if (status)
		return status;
	move->axis = motion->axis;
	move->target = target;
	move->flags = request->relative ? OSCAN_MOVE_RELATIVE : 0;
	return 0;
}

static void show_progress(struct motions *motions)
{
	unsigned int i;

	fputs("\r", stderr);
	for (i = 0; i < motions->count; i++) {
		struct motion *motion = &motions->each[i];
		double begin = motion->begin.position, way, done;

		if (oscan_motor_state(motions->motor, motion->axis,
				      &motion->state))
			continue;
		way = motion->state.target - begin;
		done = motion->state.position - begin;
		fprintf(stderr, "%s%s  %.4f %s  %3.0f %%", i ? "   " : "",
			motion->info->name,
			oscan_axis_to_unit(motion->info,
					   motion->state.position),
			oscan_axis_unit_name(motion->info),
			way != 0 ? 100 * done / way : 100);
	}
	fputs("\033[K", stderr);
}

static uint32_t all_axes(const struct motions *motions)
{
	uint32_t axes = 0;
	unsigned int i;

	for (i = 0; i < motions->count; i++)
		axes |= 1U << motions->each[i].axis;
	return axes;
}

/*
 * Until the axis of a motion is at rest, and meanwhile for all of them: what
 * is seen on the terminal, and the end that was asked for.
 */
static int follow_one(struct motions *motions, struct motion *motion,
		      bool *stopping)
{
	bool terminal = isatty(STDERR_FILENO);

	for (;;) {
		if (!oscan_motor_wait(motions->motor, motion->axis,
				      PROGRESS_MS, &motion->state))
			return 0;
		if (errno != ETIMEDOUT && errno != EINTR)
			return -1;
		if (cancelled && !*stopping) {
			*stopping = true;
			if (oscan_motor_stop(motions->motor,
					     all_axes(motions)))
				return -1;
		}
		if (terminal)
			show_progress(motions);
	}
}

static int follow(struct motions *motions)
{
	bool terminal = isatty(STDERR_FILENO), stopping = false;
	int result = 0, error;
	unsigned int i;

	for (i = 0; i < motions->count && !result; i++)
		result = follow_one(motions, &motions->each[i], &stopping);
	error = errno;
	if (terminal)
		fprintf(stderr, "\r\033[K");
	if (result)
		return machine_fail(motions->motor, motions->each[i - 1].axis,
				    "follow the move", error);
	return 0;
}

static const char *reason(uint32_t end)
{
	if (cancelled)
		return "interrupted";
	switch (end) {
	case OSCAN_END_STOPPED:
		return "stopped by another program";
	case OSCAN_END_HALTED:
		return "halted by another program";
	case OSCAN_END_SWITCH:
		return "the end stop closed";
	case OSCAN_END_SYSTEM:
		return "stopped by the system (suspend, shutdown or removal)";
	default:
		return "ended early";
	}
}

static json_t *result_json(const struct motion *motion,
			   const struct oscan_stats *stats)
{
	json_t *object = axis_state_json(motion->info, &motion->state);

	json_object_update_new(object,
		json_pack("{s:I, s:I, s:I, s:i, s:I, s:I}",
			  "from_steps", (json_int_t)motion->begin.position,
			  "planned_ns", (json_int_t)motion->move.duration_ns,
			  "worst_late_ns",
			  (json_int_t)stats->move_worst_late_ns,
			  "stumbles", stats->move_stumbles,
			  "slip_ns", (json_int_t)stats->move_slip_ns,
			  "start_ns", (json_int_t)motion->move.start_ns));
	return object;
}

static void print_text(const struct motion *motion,
		       const struct oscan_stats *stats)
{
	char place[MACHINE_TEXT_LEN];

	printf("%s: at %s, %s; latest step by %.1f us\n", motion->info->name,
	       machine_place(motion->info, motion->state.position, place),
	       position_state_name(motion->state.position_state),
	       stats->move_worst_late_ns / 1e3);
}

/* One axis as an object, several as a list of them. */
static int print_results(const struct motions *motions,
			 const struct oscan_stats *stats, bool json)
{
	json_t *array;
	unsigned int i;

	if (!json) {
		for (i = 0; i < motions->count; i++)
			print_text(&motions->each[i], &stats[i]);
		return EXIT_SUCCESS;
	}
	if (motions->count == 1)
		return print_json(result_json(&motions->each[0], &stats[0]));
	array = json_array();
	for (i = 0; i < motions->count; i++)
		json_array_append_new(array, result_json(&motions->each[i],
							 &stats[i]));
	return print_json(json_pack("{s:o}", "axes", array));
}

static const char *advice(const struct oscan_state *state)
{
	bool closed = state->end == OSCAN_END_SWITCH;

	if (state->position_state >= OSCAN_POSITION_SUSPECT)
		return closed ? "its position is suspect, move away from the end stop and home it" :
				"its position is suspect, check it and say where it is with \"oscanctl set-position\"";
	return closed ? "the count is right, move away from the end stop, or home it if it should not be there" :
			"the count is right, move again to get there";
}

static int judge(const struct motion *motion, const struct oscan_stats *stats)
{
	char place[MACHINE_TEXT_LEN], target[MACHINE_TEXT_LEN];
	const struct oscan_axis_info *info = motion->info;

	if (motion->state.end != OSCAN_END_DONE)
		return fail("%s; %s stands at %s and not at %s; %s",
			    reason(motion->state.end), info->name,
			    machine_place(info, motion->state.position, place),
			    machine_place(info, motion_target(motion), target),
			    advice(&motion->state));
	if (stats->move_stumbles)
		note("%s stumbled %u times (was held up at speed and ramped up again), so its position is suspect; check it and say where it is with \"oscanctl set-position\"",
		     info->name, stats->move_stumbles);
	return EXIT_SUCCESS;
}

static int finish(const struct motions *motions, bool json)
{
	struct oscan_stats stats[OSCAN_MAX_AXES];
	unsigned int i;
	int status;

	for (i = 0; i < motions->count; i++)
		if (oscan_motor_stats(motions->motor, motions->each[i].axis,
				      &stats[i]))
			return machine_fail(motions->motor,
					    motions->each[i].axis,
					    "read the statistics", errno);
	status = print_results(motions, stats, json);
	for (i = 0; i < motions->count; i++)
		status |= judge(&motions->each[i], &stats[i]);
	return status;
}

static int make_motion(const struct request *request, unsigned int index,
		       struct motions *motions)
{
	struct motion *motion = &motions->each[index];
	int axis = machine_axis(motions->motor, request->axes[index]);

	if (axis < 0)
		return EXIT_FAILURE;
	motion->axis = axis;
	motion->info = oscan_motor_axis_info(motions->motor, axis);
	if (machine_state(motions->motor, axis, &motion->begin))
		return EXIT_FAILURE;
	return make_move(request, &request->values[index], motion);
}

static int move(struct oscan_motor *motor, const struct request *request)
{
	struct motions motions = {
		.motor = motor,
		.count = request->count,
		.arrive = request->arrive,
	};
	unsigned int i;
	int status;

	for (i = 0; i < request->count; i++) {
		status = make_motion(request, i, &motions);
		if (status)
			return status;
	}
	cancel_catch();
	status = motions_start(&motions);
	if (!status)
		status = follow(&motions);
	if (!status)
		status = finish(&motions, request->json);
	return status;
}

static int parse_operands(struct request *request, char **argv, int count)
{
	unsigned int i, j;

	if (count % 2)
		return wrong_usage("wanted a VALUE for each AXIS, found none for \"%s\"",
				   argv[count]);
	request->count = count / 2;
	for (i = 0; i < request->count; i++) {
		request->axes[i] = argv[1 + 2 * i];
		if (quantity_parse("VALUE", argv[2 + 2 * i],
				   QUANTITY_POSITION, &request->values[i]))
			return EXIT_USAGE;
		for (j = 0; j < i; j++)
			if (!strcmp(request->axes[i], request->axes[j]))
				return wrong_usage("wanted each axis once, found \"%s\" twice",
						   request->axes[i]);
	}
	return 0;
}

int cmd_move(int argc, char **argv)
{
	struct request request = { 0 };
	struct oscan_motor *motor;
	struct options options;
	int status, key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		if (parse_option(&request, key, options.value))
			return EXIT_USAGE;
	if (key < 0)
		return options.status;
	if (parse_operands(&request, argv, options.count))
		return EXIT_USAGE;
	if (request.way && (request.relative || request.in_steps))
		return wrong_usage("--way is for an angle, found --%s with it",
				   request.relative ? "relative" : "steps");
	request.json = options.json;
	motor = machine_open(options.device, true);
	if (!motor)
		return EXIT_FAILURE;
	status = move(motor, &request);
	oscan_motor_close(motor);
	return status;
}
