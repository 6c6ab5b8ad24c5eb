// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl diag: camera and writer on their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "diag.h"
#include "flyscan-settings.h"
#include "oscanctl.h"

/* 24 hours; more is no diagnosis. */
#define DURATION_MAX_S 86400.0

enum {
	OPTION_CAMERA = OPTION_OWN,
	OPTION_PERIOD,
	OPTION_EXPOSURE,
	OPTION_SIZE,
	OPTION_DURATION,
	OPTION_PATH,
	OPTION_NAME,
	OPTION_NO_FILE,
	OPTION_TIMING,
};

static const struct option_text option_texts[] = {
	{ "camera", OPTION_CAMERA, "ID",
	  "camera, the first if not given; \"synthetic\" needs none" },
	{ "t-period", OPTION_PERIOD, "S",
	  "seconds from frame to frame, 0.1 if not given" },
	{ "t-acquire", OPTION_EXPOSURE, "S",
	  "exposure, seconds, as long as the period if not given" },
	{ "size", OPTION_SIZE, "WxH",
	  "pixels, or the nearest that it has; its choice if not given" },
	{ "duration", OPTION_DURATION, "S",
	  "seconds to take frames, 2 if not given" },
	{ "file-path", OPTION_PATH, "DIR",
	  "folder for the file, made if missing; /tmp/flyscan if not given" },
	{ "file-name", OPTION_NAME, "STEM",
	  "the file is STEM_NNNNNN.h5, \"diag\" if not given" },
	{ "no-file", OPTION_NO_FILE, NULL, "the camera alone" },
	{ "timing", OPTION_TIMING, NULL,
	  "find out what the times of the frames mark, instead" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "diag",
	.operands = "",
	.text = "Take frames and write them, without a motor; tell what was lost and how fast it went.",
	.options = option_texts,
};

static int take_duration(const char *value, double *duration)
{
	char *end;

	*duration = strtod(value, &end);
	if (end != value && !*end && *duration > 0 &&
	    *duration <= DURATION_MAX_S)
		return 0;
	return wrong_usage("--duration: wanted seconds, above 0 and up to %.0f, found \"%s\"",
			   DURATION_MAX_S, value);
}

static const char *name_of(int key)
{
	const struct option_text *text = option_texts;

	while (text->key != key)
		text++;
	return text->name;
}

static json_t *timing_json(const struct diag_timing *timing)
{
	return json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}",
			 "verdict", diag_verdict_name(timing->verdict),
			 "why", timing->why,
			 "delay_short_s", timing->delay_short_s,
			 "delay_long_s", timing->delay_long_s,
			 "spread_s", timing->spread_s,
			 "longest_s", timing->longest_s);
}

static json_t *report_json(const struct diag_report *report, bool timing)
{
	json_t *value;

	if (timing)
		return timing_json(&report->timing);
	value = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:b, s:i, s:i, s:f}",
		"delivered", (json_int_t)report->delivered,
		"taken", (json_int_t)report->taken,
		"written", (json_int_t)report->written,
		"sensor_gaps", (json_int_t)report->sensor_gaps,
		"camera_dropped", (json_int_t)report->camera_dropped,
		"camera_bad", (json_int_t)report->camera_bad,
		"seconds", report->seconds,
		"frames_per_s", report->frames_per_s,
		"bytes_per_s", report->bytes_per_s,
		"drain_s", report->drain_s,
		"drained", report->drained,
		"width", (int)report->width,
		"height", (int)report->height,
		"period_s", report->period_s);
	if (*report->path)
		json_object_set_new(value, "file", json_string(report->path));
	if (*report->error)
		json_object_set_new(value, "error",
				    json_string(report->error));
	return value;
}

static void print_timing(const struct diag_timing *timing)
{
	printf("times     mark %s\n", diag_verdict_name(timing->verdict));
	if (*timing->why)
		printf("because   %s\n", timing->why);
	if (timing->longest_s)
		printf("delay     %.3g s at a quarter of the exposure, %.3g s at all of it, scatter %.2g s\n",
		       timing->delay_short_s, timing->delay_long_s,
		       timing->spread_s);
}

static void print_report(const struct diag_report *report)
{
	printf("frames    %" PRIu64 " delivered, %" PRIu64 " taken, %" PRIu64
	       " written\n",
	       report->delivered, report->taken, report->written);
	printf("lost      %" PRIu64 " by the sensor, %" PRIu64
	       " by the camera; %" PRIu64 " bad\n",
	       report->sensor_gaps, report->camera_dropped,
	       report->camera_bad);
	printf("size      %ux%u pixels\n", report->width, report->height);
	printf("rate      %.4g frames/s, %.4g MB/s in %.3g s; period %.4g s\n",
	       report->frames_per_s, report->bytes_per_s / 1e6,
	       report->seconds, report->period_s);
	if (*report->path)
		printf("drained   %s %.3g s\nfile      %s\n",
		       report->drained ? "in" : "NOT in", report->drain_s,
		       report->path);
}

static int run(const struct diag_request *request, bool json)
{
	static struct diag_report report;
	int failed;

	cancel_catch();
	failed = diag_run(request, &cancelled, &report);
	if (failed)
		fail("%s", report.error);
	if (json && print_json(report_json(&report, request->timing)))
		return EXIT_FAILURE;
	if (!json && request->timing)
		print_timing(&report.timing);
	else if (!json && report.delivered)
		print_report(&report);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A camera and a period are given as to a scan, and checked likewise. */
static int check(const struct flyscan_request *scan,
		 struct diag_request *request)
{
	char why[FLYSCAN_ERROR_LEN];

	if (flyscan_check(scan, "unit", scan->period_s, why))
		return wrong_usage("%s", why);
	request->camera = camera_ops_of(scan->camera_id);
	request->camera_id = scan->camera_id;
	request->width = scan->width;
	request->height = scan->height;
	request->period_s = scan->period_s;
	request->exposure_s = scan->exposure_s;
	if (request->directory)
		request->directory = scan->directory;
	request->name = scan->name;
	return 0;
}

int cmd_diag(int argc, char **argv)
{
	struct diag_request request = {
		.directory = "",
		.duration_s = 2,
	};
	static struct settings settings;
	struct options options;
	int key, status = 0;

	settings_begin(&settings);
	settings.request.name = "diag";
	options_begin(&options, &usage, argc, argv);
	while (!status && (key = options_next(&options)) > 0) {
		if (key == OPTION_DURATION)
			status = take_duration(options.value,
					       &request.duration_s);
		else if (key == OPTION_NO_FILE)
			request.directory = NULL;
		else if (key == OPTION_TIMING)
			request.timing = true;
		else
			status = settings_option(&settings, name_of(key),
						 options.value);
	}
	if (!status && key < 0)
		return options.status;
	if (!status)
		status = check(&settings.request, &request);
	if (!status)
		status = run(&request, options.json);
	settings_end(&settings);
	return status;
}
