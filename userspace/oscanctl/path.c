// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl path: where a capture scan would take its photos, and how long. */
#include "path.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"
#include "path-svg.h"

#define THETA_AXIS "rotor"
#define PHI_AXIS "turntable"

enum {
	OPTION_METHOD = OPTION_OWN,
	OPTION_POINTS,
	OPTION_MIN_THETA,
	OPTION_MAX_THETA,
	OPTION_MIN_PHI,
	OPTION_MAX_PHI,
	OPTION_RINGS,
	OPTION_LIST,
	OPTION_NO_OPTIMIZE,
	OPTION_CSV,
	OPTION_SVG,
};

static const struct option_text option_texts[] = {
	{ "method", OPTION_METHOD, "NAME",
	  "fibonacci (if not given), grid, spiral or rings" },
	{ "points", OPTION_POINTS, "N", "photos, 130 if not given" },
	{ "min-theta", OPTION_MIN_THETA, "DEG",
	  "of the rotor, 0 is straight down; 12 if not given" },
	{ "max-theta", OPTION_MAX_THETA, "DEG",
	  "90 is level; 125 if not given" },
	{ "min-phi", OPTION_MIN_PHI, "DEG",
	  "of the turntable; 0 if not given" },
	{ "max-phi", OPTION_MAX_PHI, "DEG", "360 if not given" },
	{ "rings", OPTION_RINGS, "N",
	  "thetas of a grid or of rings, turns of a spiral" },
	{ "list", OPTION_LIST, "FILE",
	  "points from a CSV, a JSON or a path.json of OpenScan3" },
	{ "no-optimize", OPTION_NO_OPTIMIZE, NULL,
	  "keep the points in the order in which they were made" },
	{ "svg", OPTION_SVG, "FILE", "draw a picture, too" },
	{ "csv", OPTION_CSV, NULL, "print the points as CSV" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "path",
	.operands = "",
	.text = "Show where a scan would take its photos, in which order, and how long its moves take.",
	.options = option_texts,
};

/**
 * struct order - what was asked for
 * @windowed: name of an option that makes no sense with a list; NULL: none
 */
struct order {
	struct path_request path;
	const char *windowed;
	const char *svg;
	bool as_given;
	bool csv;
};

/**
 * struct rig - what moves
 * @device: it is the driver's, and not an assumption
 */
struct rig {
	struct path_axis theta;
	struct path_axis phi;
	double theta_now;
	double phi_now;
	bool device;
};

/* OpenScan's Mini with its Greenshield, level, for a machine with no motors. */
static const struct rig assumed = {
	.theta = { true, false, 5000 / (42667 / 360.0),
		   20000 / (42667 / 360.0), 20000 / (42667 / 360.0), 0, 12,
		   125 },
	.phi = { true, true, 5000 / (3200 / 360.0), 5000 / (3200 / 360.0),
		 5000 / (3200 / 360.0), 0, NAN, NAN },
	.theta_now = 90,
};

/* ---- what was asked for ---- */

static int take_number(const char *name, const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (*text && !*end && isfinite(*value))
		return 0;
	return wrong_usage("--%s: wanted degrees, a number without a unit, found \"%s\"",
			   name, text);
}

static int take_count(const char *name, const char *text, uint32_t *value)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && number &&
	    number <= PATH_POINTS_MAX) {
		*value = number;
		return 0;
	}
	return wrong_usage("--%s: wanted 1 to %u, found \"%s\"", name,
			   PATH_POINTS_MAX, text);
}

static int take_method(struct order *order, const char *name)
{
	int method = path_method_of(name);

	if (method < 0 || method == PATH_LIST)
		return wrong_usage("--method: wanted fibonacci, grid, spiral or rings, found \"%s\"",
				   name);
	order->path.method = method;
	return 0;
}

static int take_option(struct order *order, int key, const char *value)
{
	struct path_request *path = &order->path;

	if (key <= OPTION_RINGS)
		order->windowed = option_texts[key - OPTION_METHOD].name;
	switch (key) {
	case OPTION_METHOD:
		return take_method(order, value);
	case OPTION_POINTS:
		return take_count("points", value, &path->points);
	case OPTION_MIN_THETA:
		return take_number("min-theta", value, &path->min_theta);
	case OPTION_MAX_THETA:
		return take_number("max-theta", value, &path->max_theta);
	case OPTION_MIN_PHI:
		return take_number("min-phi", value, &path->min_phi);
	case OPTION_MAX_PHI:
		return take_number("max-phi", value, &path->max_phi);
	case OPTION_RINGS:
		return take_count("rings", value, &path->rings);
	case OPTION_LIST:
		path->file = value;
		return 0;
	case OPTION_NO_OPTIMIZE:
		order->as_given = true;
		return 0;
	case OPTION_SVG:
		order->svg = value;
		return 0;
	default:
		order->csv = true;
		return 0;
	}
}

static int check_options(struct order *order, const struct options *options)
{
	if (order->csv && options->json)
		return wrong_usage("wanted --json or --csv, found both");
	if (order->path.rings && order->path.method == PATH_FIBONACCI)
		return wrong_usage("wanted --rings with --method grid, spiral or rings, found fibonacci");
	if (!order->path.file)
		return 0;
	if (order->windowed)
		return wrong_usage("wanted the points of --list alone, found --%s too",
				   order->windowed);
	order->path.method = PATH_LIST;
	return 0;
}

/* ---- the rig ---- */

static int take_axis(struct oscan_motor *motor, const char *name,
		     struct path_axis *axis, double *now)
{
	const struct oscan_axis_info *info;
	int number = oscan_motor_find_axis(motor, name);
	struct oscan_state state;

	path_axis_of(NULL, axis);
	*now = 0;
	if (number < 0)
		return 0;
	if (machine_state(motor, number, &state))
		return EXIT_FAILURE;
	info = oscan_motor_axis_info(motor, number);
	if (info->unit != OSCAN_UNIT_DEGREE)
		return fail("wanted the axis %s to turn, found that it moves along a line; see \"oscanctl list\"",
			    name);
	path_axis_of(info, axis);
	*now = oscan_axis_to_unit(info, state.position);
	return 0;
}

static int take_rig(const char *device, struct rig *rig)
{
	struct oscan_motor *motor;
	int status;

	*rig = assumed;
	motor = oscan_motor_open(device, false);
	if (!motor && errno == ENOENT && !device) {
		note("no driver on this machine: the times are those of an OpenScan Mini with a Greenshield");
		return 0;
	}
	if (!motor)
		motor = machine_open(device, false);
	if (!motor)
		return EXIT_FAILURE;
	rig->device = true;
	status = take_axis(motor, THETA_AXIS, &rig->theta, &rig->theta_now);
	if (!status)
		status = take_axis(motor, PHI_AXIS, &rig->phi, &rig->phi_now);
	oscan_motor_close(motor);
	if (!status && !rig->theta.present && !rig->phi.present)
		return fail("wanted an axis named " THETA_AXIS " or " PHI_AXIS ", found neither; see \"oscanctl list\"");
	return status;
}

/* ---- what is told ---- */

static double seconds_to(const struct path *path, const struct rig *rig,
			 size_t i)
{
	struct path_point at = {
		.theta_deg = rig->theta_now, .phi_deg = rig->phi_now,
	};

	if (i)
		at = path->points[i - 1];
	return fmax(path_move_seconds(&rig->theta, at.theta_deg,
				      path->points[i].theta_deg),
		    path_move_seconds(&rig->phi, at.phi_deg,
				      path->points[i].phi_deg));
}

static void print_csv(const struct path *path, const struct rig *rig)
{
	printf("execution_step,original_step,theta,phi,seconds\n");
	for (size_t i = 0; i < path->count; i++)
		printf("%zu,%u,%.9g,%.9g,%.6f\n", i, path->points[i].original,
		       path->points[i].theta_deg, path->points[i].phi_deg,
		       seconds_to(path, rig, i));
}

static json_t *points_json(const struct path *path, const struct rig *rig)
{
	json_t *list = json_array();

	for (size_t i = 0; i < path->count; i++)
		json_array_append_new(list, json_pack(
			"{s:I, s:I, s:f, s:f, s:f}",
			"execution_step", (json_int_t)i, "original_step",
			(json_int_t)path->points[i].original,
			"theta", path->points[i].theta_deg, "phi",
			path->points[i].phi_deg, "seconds",
			seconds_to(path, rig, i)));
	return list;
}

static int tell_json(const struct order *order, const struct path *path,
		     const struct rig *rig)
{
	return print_json(json_pack(
		"{s:s, s:I, s:I, s:f, s:f, s:s, s:{s:f, s:f}, s:o}",
		"method", path_method_name(order->path.method),
		"count", (json_int_t)path->count,
		"identical", (json_int_t)path->identical,
		"seconds", path->seconds,
		"unordered_seconds", path->unordered_seconds,
		"rig", rig->device ? "driver" : "openscan-mini-greenshield",
		"start", "theta", rig->theta_now, "phi", rig->phi_now,
		"points", points_json(path, rig)));
}

static int tell_text(const struct path *path, const struct rig *rig)
{
	double seconds = 0;

	printf("   photo     theta       phi      move        at\n");
	for (size_t i = 0; i < path->count; i++) {
		seconds += seconds_to(path, rig, i);
		printf("%8u %9.3f %9.3f %7.2f s %7.1f s\n",
		       path->points[i].original, path->points[i].theta_deg,
		       path->points[i].phi_deg, seconds_to(path, rig, i),
		       seconds);
	}
	printf("\nphotos     %zu\nmoves      %.1f s, as they were made %.1f s\n",
	       path->count, path->seconds, path->unordered_seconds);
	return EXIT_SUCCESS;
}

static int tell(const struct order *order, const struct path *path,
		const struct rig *rig, bool json)
{
	if (path->identical)
		note("%zu of %zu points stand where another one stands; each is photographed all the same",
		     path->identical, path->count);
	if (order->svg && path_svg(path, &rig->phi, rig->theta_now,
				   rig->phi_now, order->svg))
		return fail("wanted to write %s, found: %s; choose another file",
			    order->svg, strerror(errno));
	if (json)
		return tell_json(order, path, rig);
	if (!order->csv)
		return tell_text(path, rig);
	print_csv(path, rig);
	return EXIT_SUCCESS;
}

static int run(const struct order *order, const struct options *options)
{
	char error[PATH_ERROR_LEN];
	struct path path;
	struct rig rig;
	int status = EXIT_FAILURE;

	if (path_make(&order->path, &path, error))
		return fail("%s", error);
	if (take_rig(options->device, &rig))
		goto free_path;
	if (path_check(&path, &rig.theta, &rig.phi, error)) {
		status = fail("%s", error);
		goto free_path;
	}
	if (order->as_given)
		path_time(&path, &rig.theta, &rig.phi, rig.theta_now,
			  rig.phi_now);
	else
		path_order(&path, &rig.theta, &rig.phi, rig.theta_now,
			   rig.phi_now);
	status = tell(order, &path, &rig, options->json);
free_path:
	path_free(&path);
	return status;
}

int cmd_path(int argc, char **argv)
{
	struct order order = { .path = PATH_REQUEST_DEFAULT };
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		status = take_option(&order, key, options.value);
		if (status)
			return status;
	}
	if (key < 0)
		return options.status;
	status = check_options(&order, &options);
	return status ? status : run(&order, &options);
}
