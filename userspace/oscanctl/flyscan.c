// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl flyscan: pass the camera and keep every frame. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "flyscan.h"
#include "latency-file.h"
#include "oscanctl.h"

#define BAR_WIDTH 30
#define SECOND_NS 1000000000ull

enum {
	OPTION_AXIS = OPTION_OWN,
	OPTION_START,
	OPTION_END,
	OPTION_DENSITY,
	OPTION_PERIOD,
	OPTION_EXPOSURE,
	OPTION_TAXI,
	OPTION_ACCEL,
	OPTION_CAMERA,
	OPTION_MARK,
	OPTION_READOUT,
	OPTION_LATENCY,
	OPTION_SIZE,
	OPTION_OUTPUT,
	OPTION_NAME,
};

static const struct option_text option_texts[] = {
	{ "axis", OPTION_AXIS, "NAME", "axis that moves" },
	{ "start", OPTION_START, "X", "first position, degrees or millimetres" },
	{ "end", OPTION_END, "X", "last position; below START scans backwards" },
	{ "density", OPTION_DENSITY, "N",
	  "frames per degree or millimetre, 2 if not given" },
	{ "period", OPTION_PERIOD, "S",
	  "seconds from frame to frame, 0.1 if not given" },
	{ "exposure", OPTION_EXPOSURE, "S",
	  "seconds, as long as the period if not given" },
	{ "taxi", OPTION_TAXI, "X",
	  "way on top of the run-up, 0.5 if not given" },
	{ "accel", OPTION_ACCEL, "A", "acceleration, the greatest if not given" },
	{ "camera", OPTION_CAMERA, "ID",
	  "camera, the first if not given; \"synthetic\" needs none" },
	{ "mark", OPTION_MARK, "MOMENT",
	  "what the times of the frames mark: exposure_start, readout_start or frame_end" },
	{ "readout", OPTION_READOUT, "NS",
	  "nanoseconds from the first row's readout to the last one's" },
	{ "latency", OPTION_LATENCY, "NS",
	  "nanoseconds by which the times of the frames are late" },
	{ "size", OPTION_SIZE, "WxH",
	  "pixels, or the nearest that it has; its choice if not given" },
	{ "output", OPTION_OUTPUT, "DIR",
	  "folder for the file, made if missing; here if not given" },
	{ "name", OPTION_NAME, "STEM",
	  "the file is STEM_NNNNNN.h5, \"flyscan\" if not given" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "flyscan",
	.operands = "",
	.text = "Move an axis past the camera at constant speed; store each frame with its position.",
	.options = option_texts,
};

/* In the axis's unit, which is not known yet. */
static int number(const char *what, const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	/* strtod(3) takes hexadecimal too, which nobody means here. */
	if (end == text || *end || strpbrk(text, "xX") || !isfinite(*value))
		return wrong_usage("%s: wanted a number without a unit, found \"%s\"",
				   what, text);
	return 0;
}

static int positive(const char *what, const char *text, double *value)
{
	if (number(what, text, value))
		return EXIT_USAGE;
	if (*value <= 0)
		return wrong_usage("%s: wanted more than zero, found \"%s\"",
				   what, text);
	return 0;
}

static int not_negative(const char *what, const char *text, double *value)
{
	if (number(what, text, value))
		return EXIT_USAGE;
	if (*value < 0)
		return wrong_usage("%s: wanted zero or more, found \"%s\"",
				   what, text);
	return 0;
}

static int size(const char *text, struct flyscan_request *request)
{
	char end;

	if (strspn(text, "0123456789x") == strlen(text) &&
	    sscanf(text, "%5" SCNu32 "x%5" SCNu32 "%c", &request->width,
		   &request->height, &end) == 2 &&
	    request->width && request->height)
		return 0;
	return wrong_usage("--size: wanted pixels as in 640x480, found \"%s\"",
			   text);
}

static int mark(const char *text, struct flyscan_request *request)
{
	for (uint32_t mark = CAMERA_MARK_EXPOSURE_START;
	     mark <= CAMERA_MARK_FRAME_END; mark++) {
		if (!strcmp(text, camera_mark_name(mark))) {
			request->mark = mark;
			return 0;
		}
	}
	return wrong_usage("--mark: wanted exposure_start, readout_start or frame_end, found \"%s\"",
			   text);
}

/* Ten seconds either way are more than any camera needs. */
static int nanoseconds(const char *what, const char *text, double least,
		       double *value)
{
	if (number(what, text, value))
		return EXIT_USAGE;
	if (*value < least || *value > 10.0 * SECOND_NS)
		return wrong_usage("%s: wanted nanoseconds from %.0f to 10000000000, found \"%s\"",
				   what, least, text);
	return 0;
}

static int readout(const char *text, struct flyscan_request *request)
{
	double value;

	if (nanoseconds("--readout", text, 0, &value))
		return EXIT_USAGE;
	request->readout_ns = llrint(value);
	return 0;
}

static int latency(const char *text, struct flyscan_request *request)
{
	double value;

	if (nanoseconds("--latency", text, -10.0 * SECOND_NS, &value))
		return EXIT_USAGE;
	request->latency_ns = llrint(value);
	request->latency_given = true;
	return 0;
}

/* What was given, a bit for each key. */
static unsigned int bit(int key)
{
	return 1u << (key - OPTION_OWN);
}

static int take_option(int key, const char *value,
		       struct flyscan_request *request)
{
	switch (key) {
	case OPTION_AXIS:
		request->axis = value;
		return 0;
	case OPTION_START:
		return number("--start", value, &request->start);
	case OPTION_END:
		return number("--end", value, &request->end);
	case OPTION_DENSITY:
		return positive("--density", value, &request->per_unit);
	case OPTION_PERIOD:
		return positive("--period", value, &request->period_s);
	case OPTION_EXPOSURE:
		return positive("--exposure", value, &request->exposure_s);
	case OPTION_TAXI:
		return not_negative("--taxi", value, &request->taxi_allowance);
	case OPTION_ACCEL:
		return positive("--accel", value, &request->accel);
	case OPTION_CAMERA:
		request->camera_id = value;
		request->camera = camera_ops_of(value);
		return 0;
	case OPTION_MARK:
		return mark(value, request);
	case OPTION_READOUT:
		return readout(value, request);
	case OPTION_LATENCY:
		return latency(value, request);
	case OPTION_SIZE:
		return size(value, request);
	case OPTION_OUTPUT:
		request->directory = value;
		return 0;
	default:
		request->name = value;
		return 0;
	}
}

static int check_given(unsigned int given)
{
	static const struct {
		int key;
		const char *name;
	} needed[] = {
		{ OPTION_AXIS, "--axis" },
		{ OPTION_START, "--start" },
		{ OPTION_END, "--end" },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!(given & bit(needed[i].key)))
			return wrong_usage("wanted --axis, --start and --end, found no %s",
					   needed[i].name);
	return 0;
}

/**
 * struct display - how the progress is shown
 * @request: of the scan
 * @terminal: one line that changes, else a line each second
 * @phase: shown last
 * @shown_ns: when a line was last written
 */
struct display {
	const struct flyscan_request *request;
	bool terminal;
	enum flyscan_phase phase;
	uint64_t shown_ns;
};

static const char *phase_text(enum flyscan_phase phase)
{
	switch (phase) {
	case FLYSCAN_CHECK:
		return "checking";
	case FLYSCAN_MEASURE:
		return "measuring the camera's period";
	case FLYSCAN_TAXI:
		return "going to the start";
	case FLYSCAN_ARM:
		return "waiting for the first frame";
	case FLYSCAN_PASS:
		return "passing";
	case FLYSCAN_DRAIN:
		return "writing the last frames";
	default:
		return "storing the positions";
	}
}

static void show_bar(const struct flyscan_progress *progress)
{
	char bar[BAR_WIDTH + 1];
	int filled = progress->fraction * BAR_WIDTH;

	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '=', filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r\033[K[%s] %3.0f %%  %s, at %.2f, %" PRIu64
		" frames written",
		bar, 100 * progress->fraction, phase_text(progress->phase),
		progress->position, progress->frames);
}

static void show_line(const struct flyscan_progress *progress)
{
	if (progress->phase != FLYSCAN_PASS) {
		fprintf(stderr, "%s\n", phase_text(progress->phase));
		return;
	}
	fprintf(stderr, "passing: %3.0f %%, at %.2f, %" PRIu64
		" frames written\n",
		100 * progress->fraction, progress->position,
		progress->frames);
}

/* Worth a line: the scan is not as asked for. */
static void show_period(const struct display *display, double period_s)
{
	double asked = display->request->period_s;

	if (period_s == asked)
		return;
	if (display->terminal)
		fprintf(stderr, "\r\033[K");
	fprintf(stderr,
		"the camera's period is %.4g s and not the %.4g s asked for; the scan runs at that\n",
		period_s, asked);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void show(const struct flyscan_progress *progress, void *data)
{
	struct display *display = data;
	bool changed = progress->phase != display->phase;
	uint64_t now = now_ns();

	if (changed && progress->phase == FLYSCAN_TAXI)
		show_period(display, progress->period_s);
	if (display->terminal)
		show_bar(progress);
	else if (changed || now - display->shown_ns >= SECOND_NS)
		show_line(progress);
	else
		return;
	display->phase = progress->phase;
	display->shown_ns = now;
}

static json_t *ledger_json(const struct flyscan_result *result)
{
	const struct flyscan_ledger *ledger = &result->ledger;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "expected", (json_int_t)result->geometry.frames,
			 "in_pass", (json_int_t)result->frames_in_scan,
			 "sensor_gaps", (json_int_t)ledger->sensor_gaps,
			 "camera_dropped", (json_int_t)ledger->camera_dropped,
			 "camera_bad", (json_int_t)ledger->camera_bad,
			 "delivered", (json_int_t)ledger->delivered,
			 "taken", (json_int_t)ledger->taken,
			 "written", (json_int_t)ledger->written,
			 "lost", (json_int_t)flyscan_lost(ledger),
			 "without_position",
			 (json_int_t)result->frames_unpaired);
}

static json_t *result_json(const struct flyscan_result *result)
{
	const struct flyscan_geometry *geometry = &result->geometry;
	const struct oscan_stats *stats = &result->stats;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o*, s:o*}",
		"frames", ledger_json(result),
		"size", json_pack("{s:i, s:i}",
			"width", (int)result->width,
			"height", (int)result->height),
		"steps", json_pack("{s:I, s:I, s:I}",
			"commanded", (json_int_t)result->steps_commanded,
			"counted", (json_int_t)result->steps_counted,
			"traced", (json_int_t)result->steps_traced),
		"motor", json_pack("{s:I, s:I, s:I}",
			"worst_late_ns", (json_int_t)stats->move_worst_late_ns,
			"slip_ns", (json_int_t)stats->move_slip_ns,
			"stumbles", (json_int_t)stats->move_stumbles),
		"period", json_pack("{s:f, s:f, s:f, s:f, s:f}",
			"asked_s", result->period_asked_s,
			"measured_s", result->period_measured_s,
			"used_s", result->period_used_s,
			"shortest_s", result->shortest_s,
			"longest_s", result->longest_s),
		"geometry", json_pack("{s:f, s:f, s:f, s:f}",
			"initial", geometry->initial,
			"final", geometry->final,
			"velocity", geometry->velocity,
			"duration_s", geometry->duration_s),
		"file", *result->path ? json_string(result->path) : NULL,
		"error", *result->error ? json_string(result->error) : NULL);
}

static void print_time(double seconds)
{
	if (seconds < 1e-6)
		printf("%.0f ns", seconds * 1e9);
	else if (seconds < 1e-3)
		printf("%.1f us", seconds * 1e6);
	else if (seconds < 1)
		printf("%.2f ms", seconds * 1e3);
	else
		printf("%.3f s", seconds);
}

static void print_steps(const struct flyscan_result *result)
{
	bool equal = result->steps_commanded == result->steps_counted &&
		     (uint64_t)result->steps_counted == result->steps_traced;
	const char *sign = equal ? "=" : ",";

	printf("steps     %" PRId64 " commanded %s %" PRId64
	       " counted %s %" PRIu64 " traced\n",
	       result->steps_commanded, sign, result->steps_counted, sign,
	       result->steps_traced);
}

static void print_size(const struct flyscan_request *request,
		       const struct flyscan_result *result)
{
	printf("size      %ux%u pixels", result->width, result->height);
	if ((request->width && request->width != result->width) ||
	    (request->height && request->height != result->height))
		printf(", the nearest that the camera has to %ux%u",
		       request->width, request->height);
	printf("\n");
}

static void print_intervals(const struct flyscan_result *result)
{
	if (!result->longest_s)
		return;
	printf("intervals ");
	print_time(result->shortest_s);
	printf(" to ");
	print_time(result->longest_s);
	printf(" from frame to frame in the pass\n");
}

static void print_summary(const struct flyscan_request *request,
			  const struct flyscan_result *result)
{
	printf("frames    %u expected, %" PRIu64 " in the pass, %" PRIu64
	       " written, %" PRIu64 " lost\n",
	       result->geometry.frames, result->frames_in_scan,
	       result->ledger.written, flyscan_lost(&result->ledger));
	print_size(request, result);
	print_steps(result);
	printf("lateness  worst ");
	print_time(result->stats.move_worst_late_ns / 1e9);
	if (result->stats.move_stumbles)
		printf(", %u stumbles: the rotor may have slipped",
		       result->stats.move_stumbles);
	printf("\nperiod    ");
	print_time(result->period_asked_s);
	printf(" asked, ");
	print_time(result->period_measured_s);
	printf(" measured, ");
	print_time(result->period_used_s);
	printf(" used\n");
	print_intervals(result);
	printf("file      %s\n", result->path);
}

static int run(const struct flyscan_request *request, bool json)
{
	struct display display = {
		.request = request,
		.terminal = isatty(STDERR_FILENO),
	};
	static struct flyscan_result result;
	int failed;

	cancel_catch();
	failed = flyscan_run(request, show, &display, &cancelled, &result);
	if (display.terminal)
		fprintf(stderr, "\r\033[K");
	if (failed)
		fail("%s", result.error);
	if (json && print_json(result_json(&result)))
		return EXIT_FAILURE;
	if (!json && *result.path)
		print_summary(request, &result);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_flyscan(int argc, char **argv)
{
	struct flyscan_request request = {
		.per_unit = 2,
		.period_s = 0.1,
		.taxi_allowance = 0.5,
		.camera = &camera_libcamera,
		.directory = ".",
		.name = "flyscan",
	};
	static char latencies[PATH_MAX];
	struct options options;
	unsigned int given = 0;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		if (take_option(key, options.value, &request))
			return EXIT_USAGE;
		given |= bit(key);
	}
	if (key < 0)
		return options.status;
	if (check_given(given))
		return EXIT_USAGE;
	if (!latency_file_path(latencies, sizeof(latencies)))
		request.latency_file = latencies;
	request.device = options.device;
	return run(&request, options.json);
}
