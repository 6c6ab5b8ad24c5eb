// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "edges.h"
#include "judge.h"
#include "rotor.h"

#define EXIT_BAD	1	/* steps lost or a rule violated */
#define EXIT_USAGE	2	/* wrong usage, or nothing to judge */

#define GCM2	1e-7	/* kg m^2 */

enum option_id {
	OPT_EDGES = 1,
	OPT_STEP,
	OPT_DIR,
	OPT_ENABLE,
	OPT_ENABLE_ACTIVE_HIGH,
	OPT_DIR_INITIAL,
	OPT_MICROSTEPS,
	OPT_MOTOR,
	OPT_LOAD_INERTIA,
	OPT_FRICTION,
	OPT_DAMPING,
	OPT_PULSE_HIGH,
	OPT_PULSE_LOW,
	OPT_DIR_SETUP,
	OPT_DIR_HOLD,
	OPT_ENABLE_DELAY,
	OPT_MAX_SPEED,
	OPT_CATCH_UP,
	OPT_JSON,
	OPT_HELP,
};

static const struct option options[] = {
	{ "edges", required_argument, NULL, OPT_EDGES },
	{ "step", required_argument, NULL, OPT_STEP },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "enable", required_argument, NULL, OPT_ENABLE },
	{ "enable-active-high", no_argument, NULL, OPT_ENABLE_ACTIVE_HIGH },
	{ "dir-initial", required_argument, NULL, OPT_DIR_INITIAL },
	{ "microsteps", required_argument, NULL, OPT_MICROSTEPS },
	{ "motor", required_argument, NULL, OPT_MOTOR },
	{ "load-inertia", required_argument, NULL, OPT_LOAD_INERTIA },
	{ "friction", required_argument, NULL, OPT_FRICTION },
	{ "damping", required_argument, NULL, OPT_DAMPING },
	{ "pulse-high-ns", required_argument, NULL, OPT_PULSE_HIGH },
	{ "pulse-low-ns", required_argument, NULL, OPT_PULSE_LOW },
	{ "dir-setup-ns", required_argument, NULL, OPT_DIR_SETUP },
	{ "dir-hold-ns", required_argument, NULL, OPT_DIR_HOLD },
	{ "enable-delay-ns", required_argument, NULL, OPT_ENABLE_DELAY },
	{ "max-speed-sps", required_argument, NULL, OPT_MAX_SPEED },
	{ "catch-up", required_argument, NULL, OPT_CATCH_UP },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ }
};

static const char usage[] =
"Usage: rotor-judge --edges FILE --step LINE --dir LINE --microsteps N\n"
"                   --motor NAME [OPTION...]\n"
"Say what the rotor made of the edges that the rig recorded.\n"
"\n"
"  --edges FILE           recording, as read from /dev/oscan-rig\n"
"  --step, --dir LINE     lines of the axis\n"
"  --enable LINE          without: always powered\n"
"  --enable-active-high   ENABLE high powers the motor (default: low does)\n"
"  --dir-initial 0|1      level of DIR before the recording (default: the\n"
"                         opposite of its first edge; low if it has none)\n"
"  --microsteps N         per full step, 1 to 256\n"
"  --motor NAME           one of the motors below\n"
"  --load-inertia GCM2    g cm^2 at the motor's shaft\n"
"  --friction MNM         dry friction at the motor's shaft, mNm\n"
"  --damping RATIO        damping ratio of the motor without load\n"
"  --json                 one JSON object\n"
"\n"
"Rules; what is left out is not judged:\n"
"  --pulse-high-ns N  --pulse-low-ns N  --dir-setup-ns N  --dir-hold-ns N\n"
"  --enable-delay-ns N\n"
"  --max-speed-sps V      no interval is shorter than at V microsteps/s\n"
"  --catch-up PERCENT     ... less so much, 0 to 50 (default 0)\n"
"\n"
"Exit status: 0 clean, 1 steps lost or a rule violated, 2 wrong usage or\n"
"nothing to judge.\n"
"\n"
"Motors (with their default load):\n";

struct request {
	const char *path;
	struct judge_rules rules;
	struct rotor_motor motor;
	unsigned int microsteps;
	bool json;
};

struct result {
	struct judge_verdict verdict;
	long lost_fs;
	unsigned long slips;
	double max_lag_deg;
	double angle_fs;
};

static void print_help(void)
{
	const struct rotor_motor *motor;
	size_t i;

	fputs(usage, stdout);
	for (i = 0; (motor = rotor_motor_at(i)); i++)
		printf("  %-12s %s, %.0f g cm^2, %.0f mNm\n", motor->name,
		       motor->model, motor->load.inertia_kgm2 / GCM2,
		       motor->load.friction_nm * 1e3);
}

/* In [low, high], the whole argument; NAN if not. */
static double parse_number(const char *name, const char *text, double low,
			   double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end != text && !*end && value >= low && value <= high)
		return value;
	fprintf(stderr,
		"rotor-judge: --%s takes a number from %.10g to %.10g, not \"%s\".\n",
		name, low, high, text);
	return NAN;
}

static double parse_whole(const char *name, const char *text, double low,
			  double high)
{
	double value = parse_number(name, text, low, high);

	if (isnan(value) || value == floor(value))
		return value;
	fprintf(stderr,
		"rotor-judge: --%s takes a whole number, not \"%s\".\n", name,
		text);
	return NAN;
}

static double option_value(int opt, const char *name, const char *text)
{
	switch (opt) {
	case OPT_STEP:
	case OPT_DIR:
	case OPT_ENABLE:
		return parse_whole(name, text, 0, OSCAN_RIG_LINES - 1);
	case OPT_DIR_INITIAL:
		return parse_whole(name, text, 0, 1);
	case OPT_MICROSTEPS:
		return parse_whole(name, text, 1, ROTOR_MAX_MICROSTEPS);
	case OPT_LOAD_INERTIA:
		return parse_number(name, text, 0, 1e9);
	case OPT_FRICTION:
		return parse_number(name, text, 0, 1e6);
	case OPT_DAMPING:
		return parse_number(name, text, 0, 10);
	case OPT_MAX_SPEED:
		return parse_number(name, text, 1e-3, 1e9);
	case OPT_CATCH_UP:
		return parse_number(name, text, 0, 50);
	default:
		return parse_whole(name, text, 0, 1e12);
	}
}

static void take_number(struct request *request, int opt, double value)
{
	struct judge_rules *rules = &request->rules;

	switch (opt) {
	case OPT_STEP:
		rules->lines.step = value;
		break;
	case OPT_DIR:
		rules->lines.dir = value;
		break;
	case OPT_ENABLE:
		rules->lines.enable = value;
		break;
	case OPT_DIR_INITIAL:
		rules->lines.dir_initial = value;
		break;
	case OPT_MICROSTEPS:
		request->microsteps = value;
		break;
	case OPT_LOAD_INERTIA:
		request->motor.load.inertia_kgm2 = value * GCM2;
		break;
	case OPT_FRICTION:
		request->motor.load.friction_nm = value * 1e-3;
		break;
	case OPT_DAMPING:
		request->motor.damping_ratio = value;
		break;
	case OPT_PULSE_HIGH:
		rules->pulse_high_ns = value;
		break;
	case OPT_PULSE_LOW:
		rules->pulse_low_ns = value;
		break;
	case OPT_DIR_SETUP:
		rules->dir_setup_ns = value;
		break;
	case OPT_DIR_HOLD:
		rules->dir_hold_ns = value;
		break;
	case OPT_ENABLE_DELAY:
		rules->enable_delay_ns = value;
		break;
	case OPT_MAX_SPEED:
		rules->max_speed_sps = value;
		break;
	case OPT_CATCH_UP:
		rules->catch_up_percent = value;
		break;
	}
}

static int take_motor(struct request *request, const char *name)
{
	const struct rotor_motor *motor = rotor_motor_find(name);

	if (!motor) {
		fprintf(stderr,
			"rotor-judge: there is no motor \"%s\"; --help lists them.\n",
			name);
		return -1;
	}
	request->motor = *motor;
	return 0;
}

/* The motor first: other options change what it brings. */
static int parse_motor(struct request *request, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			print_help();
			exit(EXIT_SUCCESS);
		}
		if (opt == '?')
			return -1;
		if (opt == OPT_MOTOR && take_motor(request, optarg))
			return -1;
	}
	if (optind < argc) {
		fprintf(stderr, "rotor-judge: unexpected argument \"%s\".\n",
			argv[optind]);
		return -1;
	}
	optind = 1;
	return 0;
}

static int parse_rest(struct request *request, int argc, char **argv)
{
	int index;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1) {
		double value;

		switch (opt) {
		case OPT_EDGES:
			request->path = optarg;
			break;
		case OPT_MOTOR:
			break;
		case OPT_JSON:
			request->json = true;
			break;
		case OPT_ENABLE_ACTIVE_HIGH:
			request->rules.lines.enable_active_low = false;
			break;
		default:
			value = option_value(opt, options[index].name, optarg);
			if (isnan(value))
				return -1;
			take_number(request, opt, value);
		}
	}
	return 0;
}

static int check_complete(const struct request *request)
{
	const struct edge_lines *lines = &request->rules.lines;
	const char *missing = NULL;

	if (!request->path)
		missing = "--edges";
	else if (lines->step == EDGE_NO_LINE)
		missing = "--step";
	else if (lines->dir == EDGE_NO_LINE)
		missing = "--dir";
	else if (!request->microsteps)
		missing = "--microsteps";
	else if (!request->motor.name)
		missing = "--motor";
	if (missing) {
		fprintf(stderr, "rotor-judge: %s is needed; see --help.\n",
			missing);
		return -1;
	}
	if (lines->step == lines->dir || lines->step == lines->enable ||
	    lines->dir == lines->enable) {
		fputs("rotor-judge: --step, --dir and --enable must be different lines.\n",
		      stderr);
		return -1;
	}
	return 0;
}

static int load(const char *path, struct oscan_rig_edge **edges, size_t *count)
{
	*edges = edges_load(path, count);
	if (*edges)
		return 0;
	if (errno == EBADMSG)
		fprintf(stderr,
			"rotor-judge: %s is no complete recording of the rig: records of 16 bytes in the order of time were expected, with every change of a level; record it again, reading faster.\n",
			path);
	else
		fprintf(stderr, "rotor-judge: cannot read %s: %s.\n", path,
			strerror(errno));
	return -1;
}

static int judge_file(const struct request *request,
		      const struct oscan_rig_edge *edges, size_t count,
		      struct result *result)
{
	const struct edge_lines *lines = &request->rules.lines;
	struct rotor *rotor;

	judge_edges(edges, count, &request->rules, &result->verdict);
	if (!result->verdict.steps) {
		fprintf(stderr,
			"rotor-judge: %s has no step on line %" PRIu32
			": wrong line, or nothing moved.\n",
			request->path, lines->step);
		return -1;
	}
	rotor = rotor_new(&request->motor, &request->motor.load,
			  request->microsteps, edges[0].time_ns);
	if (!rotor) {
		perror("rotor-judge");
		return -1;
	}
	rotor_replay(rotor, edges, count, lines, UINT64_MAX);
	result->lost_fs = rotor_lost_fs(rotor);
	result->slips = rotor_slips(rotor);
	result->max_lag_deg = rotor_max_lag_deg(rotor);
	result->angle_fs = rotor_angle_fs(rotor);
	rotor_free(rotor);
	return 0;
}

static bool clean(const struct result *result)
{
	return !result->lost_fs && !result->verdict.total;
}

static void print_text(const struct request *request,
		       const struct result *result)
{
	const struct judge_verdict *verdict = &result->verdict;
	int rule;

	printf("position    %" PRId64 " microsteps, %" PRIu64 " steps\n",
	       verdict->position, verdict->steps);
	printf("rotor       lost %ld full steps, %lu slips, greatest lag %.0f deg, at %.2f full steps (%s)\n",
	       result->lost_fs, result->slips, result->max_lag_deg,
	       result->angle_fs, request->motor.name);
	printf("violations  %" PRIu64, verdict->total);
	for (rule = 0; rule < JUDGE_RULES; rule++)
		if (verdict->violations[rule])
			printf(", %s %" PRIu64, judge_rule_name(rule),
			       verdict->violations[rule]);
	putchar('\n');
	if (verdict->total)
		printf("first       %s\n", verdict->first);
	puts(clean(result) ? "clean" : "not clean");
}

static json_t *rules_json(const struct judge_verdict *verdict, bool least)
{
	json_t *object = json_object();
	int rule;

	for (rule = 0; rule < JUDGE_RULES; rule++) {
		uint64_t value = least ? verdict->least_ns[rule] :
				 verdict->violations[rule];

		json_object_set_new(object, judge_rule_name(rule),
				    value == UINT64_MAX ? json_null() :
				    json_integer(value));
	}
	return object;
}

static json_t *first_json(const struct judge_verdict *verdict)
{
	if (!verdict->total)
		return json_null();
	return json_pack("{s:s, s:I, s:s}", "rule",
			 judge_rule_name(verdict->first_rule), "time_ns",
			 (json_int_t)verdict->first_ns, "text",
			 verdict->first);
}

static int print_json(const struct request *request,
		      const struct result *result)
{
	const struct judge_verdict *verdict = &result->verdict;
	json_t *object;
	int ret;

	object = json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:o, s:o, s:o}",
			   "clean", (int)clean(result),
			   "motor", request->motor.name,
			   "position", (json_int_t)verdict->position,
			   "steps", (json_int_t)verdict->steps,
			   "lost_full_steps", (json_int_t)result->lost_fs,
			   "slips", (json_int_t)result->slips,
			   "max_lag_deg", result->max_lag_deg,
			   "rotor_full_steps", result->angle_fs,
			   "violations_total", (json_int_t)verdict->total,
			   "violations", rules_json(verdict, false),
			   "least_ns", rules_json(verdict, true),
			   "first_violation", first_json(verdict));
	if (!object)
		return -1;
	ret = json_dumpf(object, stdout, JSON_INDENT(2));
	json_decref(object);
	putchar('\n');
	return ret;
}

int main(int argc, char **argv)
{
	struct request request = {
		.rules.lines = {
			.step = EDGE_NO_LINE,
			.dir = EDGE_NO_LINE,
			.enable = EDGE_NO_LINE,
			.enable_active_low = true,
			.dir_initial = EDGE_LEARN,
		},
	};
	struct oscan_rig_edge *edges;
	struct result result;
	size_t count;
	int ret;

	if (parse_motor(&request, argc, argv) ||
	    parse_rest(&request, argc, argv) || check_complete(&request))
		return EXIT_USAGE;
	if (load(request.path, &edges, &count))
		return EXIT_USAGE;
	ret = judge_file(&request, edges, count, &result);
	free(edges);
	if (ret)
		return EXIT_USAGE;
	if (!request.json) {
		print_text(&request, &result);
	} else if (print_json(&request, &result)) {
		fputs("rotor-judge: cannot write the result.\n", stderr);
		return EXIT_USAGE;
	}
	return clean(&result) ? EXIT_SUCCESS : EXIT_BAD;
}
