// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl move: move an axis and wait until it is at rest. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "oscanctl.h"

#define PROGRESS_MS 100

enum {
	OPTION_RELATIVE = OPTION_OWN,
	OPTION_SPEED,
	OPTION_ACCEL,
	OPTION_DECEL,
	OPTION_JERK,
	OPTION_STEPS,
	OPTION_WAY,
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
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "move",
	.operands = "AXIS VALUE",
	.least = 2,
	.most = 2,
	.text = "Move an axis to VALUE, in degrees or millimetres, and wait until it is there.",
	.options = option_texts,
};

/* What was asked for; a quantity without text was not given. */
struct request {
	const char *axis;
	struct quantity value;
	struct quantity speed;
	struct quantity accel;
	struct quantity decel;
	struct quantity jerk;
	enum oscan_way way;
	bool relative;
	bool in_steps;
	bool json;
};

/* A move under way. */
struct motion {
	struct oscan_motor *motor;
	unsigned int axis;
	const struct oscan_axis_info *info;
	struct oscan_move move;
	struct oscan_state begin;
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
	default:
		request->in_steps = true;
		return 0;
	}
}

static int fixed_point(const char *what, const struct quantity *quantity,
		       const struct oscan_axis_info *axis, bool in_steps,
		       __u64 *fixed)
{
	double steps;

	if (!quantity->text)
		return 0;
	if (quantity_steps(what, quantity, axis, in_steps, &steps))
		return EXIT_USAGE;
	switch (quantity->kind) {
	case QUANTITY_SPEED:
		*fixed = oscan_speed_from_double(steps);
		break;
	case QUANTITY_JERK:
		*fixed = oscan_jerk_from_double(steps);
		break;
	default:
		*fixed = oscan_accel_from_double(steps);
	}
	return 0;
}

/* Of a turntable: which of the positions of that angle. */
static int take_way(const struct request *request,
		    const struct motion *motion, int64_t *target)
{
	const struct oscan_axis_info *info = motion->info;
	char limits[MACHINE_TEXT_LEN];
	double steps;

	if (!request->way || request->way == OSCAN_WAY_ABSOLUTE)
		return 0;
	if (quantity_steps("VALUE", &request->value, info, false, &steps))
		return EXIT_USAGE;
	if (!oscan_axis_to_steps_by_way(info, oscan_axis_to_unit(info, steps),
					motion->begin.position, request->way,
					target))
		return 0;
	if (errno == EDOM)
		return fail("wanted to move %s to %s, found soft limits of %s; choose a position between them",
			    info->name, request->value.text,
			    machine_limits(info, limits));
	return fail("wanted a way round for %s, found that it is no turntable (oscan,wraps in the overlay); leave out --way",
		    info->name);
}

static int make_move(const struct request *request, struct motion *motion)
{
	const struct oscan_axis_info *info = motion->info;
	struct oscan_move *move = &motion->move;
	bool in_steps = request->in_steps;
	int64_t target;
	int status;

	if (quantity_position("VALUE", &request->value, info, in_steps,
			      &target) ||
	    fixed_point("--speed", &request->speed, info, in_steps,
			&move->speed_sps_q44) ||
	    fixed_point("--accel", &request->accel, info, in_steps,
			&move->accel_sps2_q32) ||
	    fixed_point("--decel", &request->decel, info, in_steps,
			&move->decel_sps2_q32) ||
	    fixed_point("--jerk", &request->jerk, info, in_steps,
			&move->jerk_sps3_q24))
		return EXIT_USAGE;
	status = take_way(request, motion, &target);
	if (status)
		return status;
	move->axis = motion->axis;
	move->target = target;
	move->flags = request->relative ? OSCAN_MOVE_RELATIVE : 0;
	return 0;
}

static int fail_range(const struct oscan_axis_info *axis,
		      const struct oscan_move *move)
{
	const char *unit = oscan_axis_unit_name(axis);
	double scale = oscan_axis_steps_per_unit(axis);
	uint64_t accel = move->accel_sps2_q32;

	if (move->speed_sps_q44 > axis->max_speed_sps_q44)
		return fail("wanted %s at %.4f %s/s, found that it goes up to %.4f %s/s; give a smaller --speed",
			    axis->name,
			    oscan_speed_to_double(move->speed_sps_q44) / scale,
			    unit,
			    oscan_speed_to_double(axis->max_speed_sps_q44) /
			    scale, unit);
	if (move->decel_sps2_q32 > accel)
		accel = move->decel_sps2_q32;
	if (accel > axis->max_accel_sps2_q32)
		return fail("wanted %s to accelerate with %.4f %s/s2, found that it takes up to %.4f %s/s2; give a smaller --accel or --decel",
			    axis->name, oscan_accel_to_double(accel) / scale,
			    unit,
			    oscan_accel_to_double(axis->max_accel_sps2_q32) /
			    scale, unit);
	return fail("wanted a move of %s that takes at most 39 hours, found that this one takes longer; give a greater --speed or move in parts",
		    axis->name);
}

static int fail_rate(const struct motion *motion)
{
	const struct oscan_axis_info *axis = motion->info;
	uint32_t most = oscan_motor_info(motion->motor)->max_rate_sps;
	uint64_t speed = motion->move.speed_sps_q44;

	if (!speed)
		speed = axis->max_speed_sps_q44;
	return fail("wanted %.0f microsteps/s, found that this machine carries %u over all moving axes; give a --speed of at most %.4f %s/s",
		    oscan_speed_to_double(speed), most,
		    most / oscan_axis_steps_per_unit(axis),
		    oscan_axis_unit_name(axis));
}

static int64_t target_of(const struct motion *motion)
{
	if (motion->move.flags & OSCAN_MOVE_RELATIVE)
		return motion->begin.position + motion->move.target;
	return motion->move.target;
}

static int fail_move(const struct motion *motion, int error)
{
	char wanted[2 * MACHINE_TEXT_LEN], place[MACHINE_TEXT_LEN];
	char limits[MACHINE_TEXT_LEN];

	machine_place(motion->info, target_of(motion), place);
	snprintf(wanted, sizeof(wanted), "move %s to %s", motion->info->name,
		 place);
	switch (error) {
	case ERANGE:
		return fail_range(motion->info, &motion->move);
	case E2BIG:
		return fail_rate(motion);
	case EDOM:
		return fail("wanted to %s, found soft limits of %s; choose a position between them",
			    wanted, machine_limits(motion->info, limits));
	case EOVERFLOW:
		return fail("wanted to %s, found that it is farther than a move can go (2^40 microsteps); move in parts",
			    wanted);
	default:
		return machine_fail(motion->motor, motion->axis, wanted,
				    error);
	}
}

/* The motor is switched on only where the driver finds it off. */
static int start(struct motion *motion)
{
	if (!oscan_motor_move(motion->motor, &motion->move))
		return 0;
	if (errno != ESHUTDOWN)
		return fail_move(motion, errno);
	if (oscan_motor_enable(motion->motor, motion->axis, true))
		return machine_fail(motion->motor, motion->axis,
				    "switch the motor on", errno);
	if (oscan_motor_move(motion->motor, &motion->move))
		return fail_move(motion, errno);
	return 0;
}

static void show_progress(const struct motion *motion,
			  const struct oscan_state *state)
{
	double way = (double)state->target - motion->begin.position;
	double done = (double)state->position - motion->begin.position;

	fprintf(stderr, "\r%s  %.4f %s  %3.0f %%\033[K", motion->info->name,
		oscan_axis_to_unit(motion->info, state->position),
		oscan_axis_unit_name(motion->info),
		way != 0 ? 100 * done / way : 100);
}

static int follow(const struct motion *motion, struct oscan_state *state)
{
	bool terminal = isatty(STDERR_FILENO), stopping = false;
	int result, error;

	for (;;) {
		result = oscan_motor_wait(motion->motor, motion->axis,
					  PROGRESS_MS, state);
		if (!result || (errno != ETIMEDOUT && errno != EINTR))
			break;
		if (cancelled && !stopping) {
			stopping = true;
			result = oscan_motor_stop(motion->motor,
						  1U << motion->axis);
			if (result)
				break;
		}
		if (terminal && !oscan_motor_state(motion->motor, motion->axis,
						   state))
			show_progress(motion, state);
	}
	error = errno;
	if (terminal)
		fprintf(stderr, "\r\033[K");
	if (result)
		return machine_fail(motion->motor, motion->axis,
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

static int print_result(const struct motion *motion,
			const struct oscan_state *state,
			const struct oscan_stats *stats, bool json)
{
	const struct oscan_axis_info *info = motion->info;
	char place[MACHINE_TEXT_LEN];
	json_t *object;

	if (!json) {
		printf("%s: at %s, %s; latest step by %.1f us\n", info->name,
		       machine_place(info, state->position, place),
		       position_state_name(state->position_state),
		       stats->move_worst_late_ns / 1e3);
		return EXIT_SUCCESS;
	}
	object = machine_state_json(info, state);
	json_object_update_new(object,
		json_pack("{s:I, s:I, s:I, s:i, s:I, s:I}",
			  "from_steps", (json_int_t)motion->begin.position,
			  "planned_ns", (json_int_t)motion->move.duration_ns,
			  "worst_late_ns",
			  (json_int_t)stats->move_worst_late_ns,
			  "stumbles", stats->move_stumbles,
			  "slip_ns", (json_int_t)stats->move_slip_ns,
			  "start_ns", (json_int_t)motion->move.start_ns));
	return print_json(object);
}

static int finish(const struct motion *motion, const struct oscan_state *state,
		  bool json)
{
	char place[MACHINE_TEXT_LEN], target[MACHINE_TEXT_LEN];
	const struct oscan_axis_info *info = motion->info;
	struct oscan_stats stats;
	int status;

	if (oscan_motor_stats(motion->motor, motion->axis, &stats))
		return machine_fail(motion->motor, motion->axis,
				    "read the statistics", errno);
	status = print_result(motion, state, &stats, json);
	if (state->end != OSCAN_END_DONE)
		return fail("%s; %s stands at %s and not at %s; the count is right, move again to get there",
			    reason(state->end), info->name,
			    machine_place(info, state->position, place),
			    machine_place(info, target_of(motion), target));
	if (stats.move_stumbles)
		note("%s stumbled %u times (was held up at speed and ramped up again), so its position is suspect; check it and say where it is with \"oscanctl set-position\"",
		     info->name, stats.move_stumbles);
	return status;
}

static int move(struct oscan_motor *motor, const struct request *request)
{
	struct motion motion = { .motor = motor };
	struct oscan_state state;
	int axis, status;

	axis = machine_axis(motor, request->axis);
	if (axis < 0)
		return EXIT_FAILURE;
	motion.axis = axis;
	motion.info = oscan_motor_axis_info(motor, axis);
	if (machine_state(motor, axis, &motion.begin))
		return EXIT_FAILURE;
	status = make_move(request, &motion);
	if (status)
		return status;
	cancel_catch();
	status = start(&motion);
	if (!status)
		status = follow(&motion, &state);
	if (!status)
		status = finish(&motion, &state, request->json);
	return status;
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
	if (quantity_parse("VALUE", argv[2], QUANTITY_POSITION,
			   &request.value))
		return EXIT_USAGE;
	if (request.way && (request.relative || request.in_steps))
		return wrong_usage("--way is for an angle, found --%s with it",
				   request.relative ? "relative" : "steps");
	request.axis = argv[1];
	request.json = options.json;
	motor = machine_open(options.device, true);
	if (!motor)
		return EXIT_FAILURE;
	status = move(motor, &request);
	oscan_motor_close(motor);
	return status;
}
