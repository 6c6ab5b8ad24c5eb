// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl home: find an end stop, and know the position from then on. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"

enum {
	OPTION_TOWARDS = OPTION_OWN,
	OPTION_FAST,
	OPTION_SLOW,
	OPTION_BACKOFF,
	OPTION_POSITION,
	OPTION_TRAVEL,
	OPTION_STEPS,
};

static const struct option_text option_texts[] = {
	{ "towards", OPTION_TOWARDS, "END",
	  "min or max; the end stop there is, or min" },
	{ "fast", OPTION_FAST, "X",
	  "speed of the first seek, the start-stop rate if not given" },
	{ "slow", OPTION_SLOW, "X",
	  "speed of the second seek, a tenth of it if not given" },
	{ "backoff", OPTION_BACKOFF, "X",
	  "way back between them, 2 deg or 2 mm if not given" },
	{ "position", OPTION_POSITION, "P",
	  "where the end stop is; the soft limit, or 0" },
	{ "travel", OPTION_TRAVEL, "MAX",
	  "greatest way to the end stop" },
	{ "steps", OPTION_STEPS, NULL, "all values are in microsteps" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "home",
	.operands = "AXIS",
	.least = 1,
	.most = 1,
	.text = "Find an end stop of an axis, measure where it is, and set the position by it.",
	.options = option_texts,
};

/* What was asked for; a quantity without text was not given. */
struct request {
	const char *axis;
	int direction;
	struct quantity fast;
	struct quantity slow;
	struct quantity backoff;
	struct quantity position;
	struct quantity travel;
	bool in_steps;
	bool json;
};

static int parse_direction(const char *text, int *direction)
{
	if (strcmp(text, "min") && strcmp(text, "max"))
		return wrong_usage("--towards: wanted min or max, found \"%s\"",
				   text);
	*direction = !strcmp(text, "max") ? 1 : -1;
	return 0;
}

static int parse_distance(const char *what, const char *text,
			  struct quantity *quantity)
{
	if (quantity_parse(what, text, QUANTITY_POSITION, quantity))
		return EXIT_USAGE;
	if (quantity->value <= 0)
		return wrong_usage("%s: wanted more than zero, found \"%s\"",
				   what, text);
	return 0;
}

static int parse_option(struct request *request, int key, const char *value)
{
	switch (key) {
	case OPTION_TOWARDS:
		return parse_direction(value, &request->direction);
	case OPTION_FAST:
		return quantity_parse("--fast", value, QUANTITY_SPEED,
				      &request->fast);
	case OPTION_SLOW:
		return quantity_parse("--slow", value, QUANTITY_SPEED,
				      &request->slow);
	case OPTION_BACKOFF:
		return parse_distance("--backoff", value, &request->backoff);
	case OPTION_POSITION:
		return quantity_parse("--position", value, QUANTITY_POSITION,
				      &request->position);
	case OPTION_TRAVEL:
		return parse_distance("--travel", value, &request->travel);
	default:
		request->in_steps = true;
		return 0;
	}
}

/* A distance below one microstep is one. */
static int take_distance(const char *what, const struct quantity *quantity,
			 const struct oscan_axis_info *axis, bool in_steps,
			 int64_t *steps)
{
	if (!quantity->text)
		return 0;
	if (quantity_position(what, quantity, axis, in_steps, steps))
		return EXIT_USAGE;
	if (!*steps)
		*steps = 1;
	return 0;
}

static int64_t default_position(const struct oscan_axis_info *axis,
				int direction)
{
	if (!(axis->flags & OSCAN_AXIS_HAS_LIMITS))
		return 0;
	return direction > 0 ? axis->limit_max : axis->limit_min;
}

static int default_direction(const struct oscan_axis_info *axis)
{
	if ((axis->flags & OSCAN_AXIS_HAS_MAX_STOP) &&
	    !(axis->flags & OSCAN_AXIS_HAS_MIN_STOP))
		return 1;
	return -1;
}

static int make_homing(const struct request *request,
		       const struct oscan_axis_info *axis,
		       struct oscan_homing *homing)
{
	bool in_steps = request->in_steps;
	int status = 0;

	homing->axis = axis->axis;
	homing->direction = request->direction ? : default_direction(axis);
	homing->position = default_position(axis, homing->direction);
	if (request->position.text &&
	    quantity_position("--position", &request->position, axis, in_steps,
			      &homing->position))
		return EXIT_USAGE;
	homing->fast_sps_q44 = quantity_fixed("--fast", &request->fast, axis,
					      in_steps, &status);
	homing->slow_sps_q44 = quantity_fixed("--slow", &request->slow, axis,
					      in_steps, &status);
	if (status ||
	    take_distance("--backoff", &request->backoff, axis, in_steps,
			  &homing->backoff_steps) ||
	    take_distance("--travel", &request->travel, axis, in_steps,
			  &homing->travel_steps))
		return EXIT_USAGE;
	return 0;
}

static bool not_cancelled(const struct oscan_state *state, void *data)
{
	return !cancelled;
}

static const char *end_of(const struct oscan_homing *homing)
{
	return homing->direction > 0 ? "max" : "min";
}

static int fail_speed(const struct oscan_axis_info *axis,
		      const struct oscan_homing *homing)
{
	double scale = oscan_axis_steps_per_unit(axis);
	const char *unit = oscan_axis_unit_name(axis);

	if (homing->fast_sps_q44 > axis->max_speed_sps_q44)
		return fail("wanted to home %s at %.4f %s/s, found that it goes up to %.4f %s/s; give a smaller --fast",
			    axis->name,
			    oscan_speed_to_double(homing->fast_sps_q44) / scale,
			    unit,
			    oscan_speed_to_double(axis->max_speed_sps_q44) /
			    scale, unit);
	return fail("wanted to home %s, found that its way takes over 39 hours; give a greater --fast or --slow, or a smaller --travel",
		    axis->name);
}

/* What the library takes for a travel that was not given. */
static bool has_travel(const struct oscan_axis_info *axis)
{
	return axis->flags & OSCAN_AXIS_HAS_LIMITS ||
	       axis->unit == OSCAN_UNIT_DEGREE;
}

static int fail_request(const struct oscan_axis_info *axis,
			const struct oscan_homing *homing)
{
	double rate = fmin((double)axis->start_stop_rate_fsps *
			   axis->microsteps,
			   oscan_speed_to_double(axis->max_speed_sps_q44));

	if (oscan_speed_to_double(homing->slow_sps_q44) > rate)
		return fail("wanted to measure with %s at a --slow that it goes at and its motor can stop from at once, found one above %.4f %s/s; give a smaller one",
			    axis->name, oscan_axis_to_unit(axis, rate),
			    oscan_axis_unit_name(axis));
	if (!homing->travel_steps && !has_travel(axis))
		return fail("wanted to home %s, found neither soft limits nor a turn to go by; say how far the end stop is at most with --travel",
			    axis->name);
	return fail("wanted to home %s, found a --travel or --backoff that is too long; give a smaller one",
		    axis->name);
}

static int fail_lost(struct oscan_motor *motor,
		     const struct oscan_axis_info *axis,
		     const struct oscan_homing *homing, int64_t begin)
{
	char place[MACHINE_TEXT_LEN];
	struct oscan_state state;

	if (homing->phase == OSCAN_HOMING_SLOW)
		return fail("wanted to find the %s stop of %s for the second time, found that it did not close again; check the switch and its wire",
			    end_of(homing), axis->name);
	if (machine_state(motor, axis->axis, &state))
		return EXIT_FAILURE;
	return fail("wanted to find the %s stop of %s, found that it did not close within %s; check the switch and its wire, or give a greater --travel",
		    end_of(homing), axis->name,
		    machine_place(axis, llabs(state.position - begin), place));
}

static int fail_home(struct oscan_motor *motor,
		     const struct oscan_axis_info *axis,
		     const struct oscan_homing *homing, int64_t begin,
		     int error)
{
	char wanted[MACHINE_TEXT_LEN];

	snprintf(wanted, sizeof(wanted), "home %s at its %s stop", axis->name,
		 end_of(homing));
	switch (error) {
	case EOPNOTSUPP:
		return fail("wanted to %s, found that it has none; say where it is with \"oscanctl set-position %s\"",
			    wanted, axis->name);
	case EINVAL:
		return fail_request(axis, homing);
	case ERANGE:
		return fail_speed(axis, homing);
	case ENODATA:
		return fail_lost(motor, axis, homing, begin);
	case ENOSPC:
		return fail("wanted to %s, found that it stays closed; check the switch, its wire and its polarity, or give a greater --backoff",
			    wanted);
	case EXDEV:
		return fail("wanted to %s, found that the other end stop closed; check which way the motor turns and which switch is which",
			    wanted);
	case EIO:
		return fail("wanted to %s, found that a move ended early (%s); the axis is not homed, try again when it may move",
			    wanted, end_name(homing->end));
	case ESTALE:
		return fail("wanted to %s, found that the motor was switched off or held up after it was found; try again",
			    wanted);
	case ECANCELED:
		return fail("interrupted; %s is not homed, and its position is not to be relied on",
			    axis->name);
	default:
		return machine_fail(motor, axis->axis, wanted, error);
	}
}

static int print_result(const struct oscan_axis_info *axis,
			const struct oscan_homing *homing,
			const struct oscan_state *state, bool json)
{
	char edge[MACHINE_TEXT_LEN], place[MACHINE_TEXT_LEN];
	json_t *object;

	if (!json) {
		printf("%s: its %s stop closes at %s; now at %s, %s; the count was off by %lld microsteps\n",
		       axis->name, end_of(homing),
		       machine_place(axis, homing->position, edge),
		       machine_place(axis, state->position, place),
		       position_state_name(state->position_state),
		       (long long)homing->offset_steps);
		return EXIT_SUCCESS;
	}
	object = axis_state_json(axis, state);
	json_object_update_new(object,
		json_pack("{s:s, s:I, s:I}",
			  "towards", end_of(homing),
			  "edge_steps", (json_int_t)homing->position,
			  "offset_steps", (json_int_t)homing->offset_steps));
	return print_json(object);
}

static int home(struct oscan_motor *motor, const struct request *request)
{
	struct oscan_homing homing = { .go_on = not_cancelled };
	const struct oscan_axis_info *info;
	struct oscan_state begin, state;
	int axis;

	axis = machine_axis(motor, request->axis);
	if (axis < 0)
		return EXIT_FAILURE;
	info = oscan_motor_axis_info(motor, axis);
	if (make_homing(request, info, &homing))
		return EXIT_USAGE;
	if (machine_state(motor, axis, &begin))
		return EXIT_FAILURE;
	cancel_catch();
	if (oscan_home(motor, &homing))
		return fail_home(motor, info, &homing, begin.position, errno);
	if (machine_state(motor, axis, &state))
		return EXIT_FAILURE;
	return print_result(info, &homing, &state, request->json);
}

int cmd_home(int argc, char **argv)
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
	request.axis = argv[1];
	request.json = options.json;
	motor = machine_open(options.device, true);
	if (!motor)
		return EXIT_FAILURE;
	status = home(motor, &request);
	oscan_motor_close(motor);
	return status;
}
