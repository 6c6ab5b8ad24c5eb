// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl flyscan: pass the camera and keep every frame. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "flyscan.h"
#include "flyscan-dry-run.h"
#include "flyscan-options.h"
#include "flyscan-resume.h"
#include "flyscan-settings.h"
#include "latency-file.h"
#include "oscanctl.h"

#define BAR_WIDTH 30
#define SECOND_NS 1000000000ull

enum {
	OPTION_AXIS = OPTION_OWN,
	OPTION_CAMERA,
	OPTION_START,
	OPTION_END,
	OPTION_DENSITY,
	OPTION_PERIOD,
	OPTION_EXPOSURE,
	OPTION_TAXI,
	OPTION_ACCEL,
	OPTION_PASSES,
	OPTION_MARK,
	OPTION_READOUT,
	OPTION_LATENCY,
	OPTION_TRIGGER_MODE,
	OPTION_TRIGGER_LINE,
	OPTION_TRIGGER_LATENCY,
	OPTION_CAPTURE_LINE,
	OPTION_CAPTURE_EDGES,
	OPTION_SIZE,
	OPTION_NAME,
	OPTION_COMPRESSION,
	OPTION_PATH,
	OPTION_TICK,
	OPTION_NONBLOCKING,
	OPTION_STRICT,
	OPTION_MD,
	OPTION_JOB,
	OPTION_RESUME,
	OPTION_DRY_RUN,
};

static const struct option_text option_texts[] = {
	{ "axis", OPTION_AXIS, "NAME", "axis that moves" },
	{ "camera", OPTION_CAMERA, "ID",
	  "camera, the first if not given; \"synthetic\" needs none" },
	{ "p-start", OPTION_START, "X",
	  "first position, degrees or millimetres, 0 if not given" },
	{ "p-end", OPTION_END, "X",
	  "last position, 5 if not given; one below the first scans backwards" },
	{ "exposures-per-egu", OPTION_DENSITY, "N",
	  "frames per degree or millimetre, 2 if not given" },
	{ "t-period", OPTION_PERIOD, "S",
	  "seconds from frame to frame, 0.1 if not given" },
	{ "t-acquire", OPTION_EXPOSURE, "S",
	  "exposure, seconds, as long as the period if not given" },
	{ "taxi-allowance", OPTION_TAXI, "X",
	  "way on top of the run-up, 0.5 if not given" },
	{ "accel", OPTION_ACCEL, "A", "acceleration, the greatest if not given" },
	{ "passes", OPTION_PASSES, "N",
	  "times past the camera, every second one back, 1 if not given" },
	{ "mark", OPTION_MARK, "MOMENT",
	  "what the times of the frames mark: exposure_start, readout_start or frame_end" },
	{ "readout", OPTION_READOUT, "NS",
	  "nanoseconds from the first row's readout to the last one's" },
	{ "latency", OPTION_LATENCY, "NS",
	  "nanoseconds by which the times of the frames are late" },
	{ "trigger-mode", OPTION_TRIGGER_MODE, "MODE",
	  "free, compare, strobe or both; free if not given" },
	{ "trigger-line", OPTION_TRIGGER_LINE, "LINE",
	  "that has the camera expose at each place; camera if not given" },
	{ "trigger-latency", OPTION_TRIGGER_LATENCY, "NS",
	  "nanoseconds from its pulse to the exposure" },
	{ "capture-line", OPTION_CAPTURE_LINE, "LINE",
	  "that tells when it exposes; strobe if not given" },
	{ "capture-edges", OPTION_CAPTURE_EDGES, "EDGES",
	  "rising, or both: the falling one ends the exposure" },
	{ "size", OPTION_SIZE, "WxH",
	  "pixels, or the nearest that it has; its choice if not given" },
	{ "file-name", OPTION_NAME, "STEM",
	  "the file is STEM_NNNNNN.h5, \"flyscan\" if not given" },
	{ "compression", OPTION_COMPRESSION, "KIND",
	  "none, deflate, shuffle-deflate, lz4 or bitshuffle-lz4; none if not given" },
	{ "file-path", OPTION_PATH, "DIR",
	  "folder for the file, made if missing; /tmp/flyscan if not given" },
	{ "consumer-tick", OPTION_TICK, "S",
	  "longest wait before all is looked at, 0.02 if not given" },
	{ "force-nonblocking", OPTION_NONBLOCKING, NULL,
	  "drop frames when the disk is too slow, to show what that does" },
	{ "strict", OPTION_STRICT, NULL, "a warning is a failure" },
	{ "md", OPTION_MD, "KEY=VALUE", "store it with the scan" },
	{ "job", OPTION_JOB, "FILE",
	  "take settings from this JSON; the command line wins" },
	{ "resume", OPTION_RESUME, "FILE",
	  "scan what is missing in FILE, into a new file with both" },
	{ "dry-run", OPTION_DRY_RUN, NULL,
	  "print the geometry and the checks, move nothing" },
	{ "start", OPTION_START, "X", NULL },
	{ "end", OPTION_END, "X", NULL },
	{ "density", OPTION_DENSITY, "N", NULL },
	{ "period", OPTION_PERIOD, "S", NULL },
	{ "exposure", OPTION_EXPOSURE, "S", NULL },
	{ "taxi", OPTION_TAXI, "X", NULL },
	{ "output", OPTION_PATH, "DIR", NULL },
	{ "name", OPTION_NAME, "STEM", NULL },
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

/* Most options on one command line. */
#define GIVEN_MAX 256

/**
 * struct given - the command line
 * @key: shape [@count]
 * @value: shape [@count]
 * @count: options of the scan
 * @job: --job, NULL: none
 * @resume: --resume, NULL: none
 * @dry_run: --dry-run
 */
struct given {
	int key[GIVEN_MAX];
	const char *value[GIVEN_MAX];
	size_t count;
	const char *job;
	const char *resume;
	bool dry_run;
};

static int take_option(int key, const char *value, struct given *given)
{
	switch (key) {
	case OPTION_JOB:
		given->job = value;
		return 0;
	case OPTION_RESUME:
		given->resume = value;
		return 0;
	case OPTION_DRY_RUN:
		given->dry_run = true;
		return 0;
	}
	if (given->count == GIVEN_MAX)
		return wrong_usage("wanted no more than %d options, found \"--%s\" as one more",
				   GIVEN_MAX, option_name(option_texts, key));
	given->key[given->count] = key;
	given->value[given->count++] = value;
	return 0;
}

/* What FILE itself decides, or would make two scans that do not join. */
static int check_resume(const struct given *given)
{
	if (given->job)
		return wrong_usage("wanted --resume or --job, found both");
	for (size_t i = 0; i < given->count; i++)
		if (given->key[i] <= OPTION_SIZE &&
		    given->key[i] != OPTION_CAMERA)
			return wrong_usage("--resume takes the range and the times from FILE, found \"--%s\" too",
					   option_name(option_texts,
						       given->key[i]));
	return 0;
}

/* The job file first, so that the command line wins. */
static int apply(const struct given *given, struct settings *settings,
		 struct resumed *resumed)
{
	int status = 0;

	if (given->resume)
		status = check_resume(given);
	if (status)
		return status;
	if (given->resume)
		status = resume_load(resumed, given->resume,
				     &settings->request);
	else if (given->job && settings_load(settings, given->job))
		status = flyscan_refused(settings);
	for (size_t i = 0; i < given->count && !status; i++)
		status = flyscan_option(settings, option_texts, given->key[i],
					given->value[i]);
	return status;
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

static void show_bar(const struct flyscan_progress *progress)
{
	char bar[BAR_WIDTH + 1];
	int filled = progress->fraction * BAR_WIDTH;

	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '=', filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r\033[K[%s] %3.0f %%  %s, at %.2f, %" PRIu64
		" frames written",
		bar, 100 * progress->fraction,
		flyscan_phase_name(progress->phase),
		progress->position, progress->frames);
}

static void show_line(const struct flyscan_progress *progress)
{
	if (progress->phase != FLYSCAN_PASS) {
		fprintf(stderr, "%s\n", flyscan_phase_name(progress->phase));
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

/* Places of all passes; those of the whole scan, as are the frames in it. */
static uint64_t expected(const struct flyscan_request *request,
			 const struct flyscan_result *result)
{
	const struct flyscan_earlier *earlier = request->earlier;
	uint64_t passes = result->passes ? result->passes : 1;

	if (earlier)
		return (uint64_t)earlier->places * earlier->passes;
	return result->geometry.frames * passes;
}

static json_t *warnings_json(const struct flyscan_result *result)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < result->warning_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}",
			"type", flyscan_warning_name(result->warnings[i].kind),
			"message", result->warnings[i].text));
	return list;
}

static json_t *ledger_json(const struct flyscan_request *request,
			   const struct flyscan_result *result)
{
	const struct flyscan_ledger *ledger = &result->ledger;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "pulses", (json_int_t)ledger->pulses,
			 "strobes", (json_int_t)ledger->strobes,
			 "untimed", (json_int_t)ledger->untimed,
			 "lost_pulses", (json_int_t)ledger->pulses_missed,
			 "lost_trigger", (json_int_t)ledger->unanswered,
			 "copied", (json_int_t)ledger->copied,
			 "lost_queue",
			 (json_int_t)(ledger->delivered - ledger->taken),
			 "lost_compressor",
			 (json_int_t)(ledger->taken - ledger->packed),
			 "lost_writer",
			 (json_int_t)(ledger->packed - ledger->written),
			 "dropped", (json_int_t)ledger->dropped,
			 "expected", (json_int_t)expected(request, result),
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

static json_t *result_json(const struct flyscan_request *request,
			   const struct flyscan_result *result)
{
	const struct flyscan_geometry *geometry = &result->geometry;
	const struct oscan_stats *stats = &result->stats;

	return json_pack("{s:o, s:o, s:I, s:{s:I, s:I}, s:o, s:o, s:o, s:o, s:o, s:o*, s:o*}",
		"frames", ledger_json(request, result),
		"warnings", warnings_json(result),
		"passes", (json_int_t)result->passes,
		"restored", "settings", (json_int_t)result->restored,
			"from_earlier", (json_int_t)result->restored_earlier,
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
	printf("frames    %" PRIu64 " expected, %" PRIu64 " in the pass, %"
	       PRIu64 " written, %" PRIu64 " lost\n",
	       expected(request, result), result->frames_in_scan,
	       result->ledger.written, flyscan_lost(&result->ledger));
	if (result->ledger.copied)
		printf("copied    %" PRIu64 " frames of the earlier scan\n",
		       result->ledger.copied);
	if (flyscan_triggers(request))
		printf("pulses    %" PRIu64 " sent, %" PRIu64
		       " without a frame; %" PRIu64 " places without a pulse\n",
		       result->ledger.pulses, result->ledger.unanswered,
		       result->ledger.pulses_missed);
	if (flyscan_captures(request))
		printf("strobes   %" PRIu64 " latched\n",
		       result->ledger.strobes);
	if (result->ledger.untimed)
		printf("untimed   %" PRIu64 " frames have the camera's time\n",
		       result->ledger.untimed);
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
	if (result->period_measured_s) {
		print_time(result->period_measured_s);
		printf(" measured, ");
	}
	print_time(result->period_used_s);
	printf(" used\n");
	print_intervals(result);
	printf("file      %s\n", result->path);
}

/* That of the period was told when it was found. */
static void show_warnings(const struct flyscan_result *result)
{
	const struct flyscan_warning *warning = result->warnings;

	for (uint32_t i = 0; i < result->warning_count; i++, warning++)
		if (warning->kind != FLYSCAN_WARN_PERIOD)
			note("%s: %s", flyscan_warning_name(warning->kind),
			     warning->text);
	if (result->restored_earlier)
		fprintf(stderr,
			"%u settings that an earlier scan had left were put back\n",
			result->restored_earlier);
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
	show_warnings(&result);
	if (failed)
		fail("%s", result.error);
	if (json && print_json(result_json(request, &result)))
		failed = -1;
	if (!json && *result.path)
		print_summary(request, &result);
	if (result.abandoned) {
		fflush(NULL);
		_exit(EXIT_FAILURE);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int start(const struct given *given, const struct options *options,
		 struct settings *settings, struct resumed *resumed)
{
	int status = apply(given, settings, resumed);

	if (!status)
		status = flyscan_check_given(&settings->request);
	if (status)
		return status;
	settings->request.camera = camera_ops_of(settings->request.camera_id);
	settings->request.device = options->device;
	if (given->dry_run)
		return flyscan_dry_run(&settings->request, options->json);
	return run(&settings->request, options->json);
}

int cmd_flyscan(int argc, char **argv)
{
	static char latencies[PATH_MAX];
	static struct given given;
	static struct settings settings;
	struct resumed resumed = { 0 };
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		if (take_option(key, options.value, &given))
			return EXIT_USAGE;
	if (key < 0)
		return options.status;
	settings_begin(&settings);
	if (!latency_file_path(latencies, sizeof(latencies)))
		settings.request.latency_file = latencies;
	status = start(&given, &options, &settings, &resumed);
	resume_end(&resumed);
	settings_end(&settings);
	return status;
}
