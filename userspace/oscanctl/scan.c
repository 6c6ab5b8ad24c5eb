// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl scan: photos from all around, at rest. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture-settings.h"
#include "oscanctl.h"
#include "project.h"
#include "scan-show.h"

enum {
	OPTION_PROJECT = OPTION_OWN,
	OPTION_METHOD,
	OPTION_POINTS,
	OPTION_MIN_THETA,
	OPTION_MAX_THETA,
	OPTION_MIN_PHI,
	OPTION_MAX_PHI,
	OPTION_RINGS,
	OPTION_LIST,
	OPTION_RADIUS,
	OPTION_NO_OPTIMIZE,
	OPTION_CAMERA,
	OPTION_SIZE,
	OPTION_SHUTTER,
	OPTION_GAIN,
	OPTION_RED,
	OPTION_BLUE,
	OPTION_LOCK_WHITE,
	OPTION_AUTOFOCUS,
	OPTION_FOCUS,
	OPTION_STACKS,
	OPTION_RANGE,
	OPTION_BRACKET,
	OPTION_BRACKET_EV,
	OPTION_BEFORE,
	OPTION_AFTER,
	OPTION_FORMAT,
	OPTION_QUALITY,
	OPTION_ORIENTATION,
	OPTION_FOCAL,
	OPTION_LIGHT,
	OPTION_BRIGHTNESS,
	OPTION_TRIGGER,
	OPTION_TRIGGER_WIDTH,
	OPTION_THETA_AXIS,
	OPTION_PHI_AXIS,
	OPTION_LAST_FIXED = OPTION_PHI_AXIS,
	/* These may change when a scan is taken up again. */
	OPTION_HOME,
	OPTION_TRUST,
	OPTION_THETA_STOP,
	OPTION_PHI_STOP,
	OPTION_STAY,
	OPTION_QUEUE,
	OPTION_WORKERS,
	OPTION_SERIAL,
	OPTION_KEEP_FREE,
	/* These are no settings. */
	OPTION_ROOT,
	OPTION_JOB,
	OPTION_RESUME,
	OPTION_DRY_RUN,
};

static const struct option_text option_texts[] = {
	{ "project", OPTION_PROJECT, "NAME",
	  "the photos are its next scan; made if it is not there" },
	{ "root", OPTION_ROOT, "DIR",
	  "folder of the projects; OPENSCAN_PROJECT_DIR or \"projects\" if not given" },
	{ "method", OPTION_METHOD, "NAME",
	  "fibonacci (if not given), grid, spiral or rings" },
	{ "points", OPTION_POINTS, "N", "points, 130 if not given" },
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
	{ "scan-radius-mm", OPTION_RADIUS, "MM",
	  "from the camera to the middle of the object; 1 if not given" },
	{ "no-optimize", OPTION_NO_OPTIMIZE, NULL,
	  "keep the points in the order in which they were made" },
	{ "theta-axis", OPTION_THETA_AXIS, "NAME",
	  "the one that lifts the camera, \"rotor\" if not given" },
	{ "phi-axis", OPTION_PHI_AXIS, "NAME",
	  "the turntable, \"turntable\" if not given" },
	{ "camera", OPTION_CAMERA, "ID",
	  "the first one if not given; \"synthetic\" needs none" },
	{ "size", OPTION_SIZE, "WxH",
	  "pixels, or the nearest that it has; its choice if not given" },
	{ "shutter", OPTION_SHUTTER, "MS",
	  "exposure; found at the first point if not given" },
	{ "gain", OPTION_GAIN, "N", "likewise" },
	{ "awbg-red", OPTION_RED, "N", "white balance, with --awbg-blue" },
	{ "awbg-blue", OPTION_BLUE, "N", "likewise" },
	{ "lock-white-balance", OPTION_LOCK_WHITE, NULL,
	  "hold what the camera finds at the first point" },
	{ "autofocus", OPTION_AUTOFOCUS, NULL,
	  "focus at the first point, and hold it" },
	{ "manual-focus", OPTION_FOCUS, "DPT",
	  "lens position, dioptres" },
	{ "focus-stacks", OPTION_STACKS, "N",
	  "photos with different focus at each point, 1 if not given" },
	{ "focus-range", OPTION_RANGE, "DPT:DPT",
	  "of these, dioptres; 10:15 if not given" },
	{ "bracket", OPTION_BRACKET, "N",
	  "photos with different exposure at each point, 1 if not given" },
	{ "bracket-ev", OPTION_BRACKET_EV, "EV",
	  "from one to the next, exposure values; 1 if not given" },
	{ "pause-before-capture-ms", OPTION_BEFORE, "MS",
	  "from rest to the photo, 0 if not given" },
	{ "pause-after-capture-ms", OPTION_AFTER, "MS",
	  "from the photo to the next move, 0 if not given" },
	{ "image-format", OPTION_FORMAT, "NAME",
	  "jpeg (if not given), tiff, dng, raw, hdf5 or png" },
	{ "jpeg-quality", OPTION_QUALITY, "N", "1 to 100, 90 if not given" },
	{ "orientation-flag", OPTION_ORIENTATION, "N",
	  "of EXIF, 1 to 8; 1 if not given" },
	{ "focal-length-mm", OPTION_FOCAL, "MM",
	  "of the lens, where the camera does not tell it" },
	{ "light", OPTION_LIGHT, "NAME", "switch it on for the scan" },
	{ "brightness", OPTION_BRIGHTNESS, "PERCENT",
	  "of it, 100 if not given" },
	{ "trigger", OPTION_TRIGGER, "LINE",
	  "pulse it at each point and take no photo" },
	{ "trigger-width-ms", OPTION_TRIGGER_WIDTH, "MS",
	  "length of the pulse, 100 if not given" },
	{ "home", OPTION_HOME, NULL,
	  "find the end stops first, though the positions are known" },
	{ "trust", OPTION_TRUST, NULL,
	  "rely on positions that are suspect or lost" },
	{ "theta-stop", OPTION_THETA_STOP, "DEG",
	  "where that axis's end stop is; at its limit if not given" },
	{ "phi-stop", OPTION_PHI_STOP, "DEG", "likewise; 0 without a limit" },
	{ "stay", OPTION_STAY, NULL,
	  "leave the axes at the last point" },
	{ "queue", OPTION_QUEUE, "N",
	  "photos that may wait to be saved, 4 if not given" },
	{ "workers", OPTION_WORKERS, "N",
	  "photos that are saved at a time, 2 if not given" },
	{ "serial", OPTION_SERIAL, NULL,
	  "save before the next move, to show what that costs" },
	{ "keep-free-mb", OPTION_KEEP_FREE, "MB",
	  "leave so much of the disk free, 268 if not given" },
	{ "job", OPTION_JOB, "FILE",
	  "take settings from this JSON; the command line wins" },
	{ "resume", OPTION_RESUME, "PROJECT:N",
	  "take what is missing in its scan N" },
	{ "dry-run", OPTION_DRY_RUN, NULL,
	  "check, and print the points, the time and the space" },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "scan",
	.operands = "",
	.text = "Take photos from all around: go to a point, rest, take them, save them while going on.",
	.options = option_texts,
};

/* Most options on one command line. */
#define GIVEN_MAX 128

/**
 * struct given - the command line
 * @key: shape [@count]
 * @value: shape [@count]
 * @count: options that are settings
 * @root: --root, NULL: the usual one
 * @job: --job, NULL: none
 * @resume: --resume, NULL: none
 * @dry_run: --dry-run
 */
struct given {
	int key[GIVEN_MAX];
	const char *value[GIVEN_MAX];
	size_t count;
	const char *root;
	const char *job;
	char *resume;
	bool dry_run;
};

static const char *name_of(int key)
{
	const struct option_text *text = option_texts;

	while (text->key != key)
		text++;
	return text->name;
}

static int take_option(int key, const char *value, struct given *given)
{
	switch (key) {
	case OPTION_ROOT:
		given->root = value;
		return 0;
	case OPTION_JOB:
		given->job = value;
		return 0;
	case OPTION_RESUME:
		given->resume = (char *)value;
		return 0;
	case OPTION_DRY_RUN:
		given->dry_run = true;
		return 0;
	}
	if (given->count == GIVEN_MAX)
		return wrong_usage("wanted no more than %d options, found \"--%s\" as one more",
				   GIVEN_MAX, name_of(key));
	given->key[given->count] = key;
	given->value[given->count++] = value;
	return 0;
}

static int take_size(struct capture_settings *settings, const char *text)
{
	struct capture_request *request = &settings->request;
	char end;

	if (strspn(text, "0123456789x") == strlen(text) &&
	    sscanf(text, "%5" SCNu32 "x%5" SCNu32 "%c", &request->width,
		   &request->height, &end) == 2 &&
	    request->width && request->height)
		return 0;
	return wrong_usage("--size: wanted pixels as in 640x480, found \"%s\"",
			   text);
}

static int take_setting(struct capture_settings *settings, int key,
			const char *value)
{
	const char *name = name_of(key);

	switch (key) {
	case OPTION_SIZE:
		return take_size(settings, value);
	case OPTION_METHOD:
		name = "path-method";
		break;
	case OPTION_LIST:
		settings->request.path.method = PATH_LIST;
		name = "path-file";
		break;
	case OPTION_NO_OPTIMIZE:
		name = "optimize-path";
		value = "no";
		break;
	case OPTION_AUTOFOCUS:
		name = "AF";
		break;
	}
	if (!capture_settings_option(settings, name, value))
		return 0;
	return wrong_usage("%s", settings->error);
}

/* What is in the scan already decides. */
static int check_resume(const struct given *given)
{
	if (given->job)
		return wrong_usage("wanted --resume or --job, found both");
	if (given->dry_run)
		return wrong_usage("wanted --resume or --dry-run, found both");
	for (size_t i = 0; i < given->count; i++)
		if (given->key[i] <= OPTION_LAST_FIXED)
			return wrong_usage("--resume takes the scan as it was begun, found \"--%s\" too",
					   name_of(given->key[i]));
	return 0;
}

/* "PROJECT:N", and a project may have colons only on other systems. */
static int load_resumed(const struct given *given,
			struct capture_settings *settings)
{
	char *colon = strrchr(given->resume, ':'), *end = NULL;
	unsigned long scan = 0;

	if (colon && colon[1] >= '0' && colon[1] <= '9')
		scan = strtoul(colon + 1, &end, 10);
	if (!scan || *end || scan > PROJECT_SCANS_MAX)
		return wrong_usage("--resume: wanted a project and the number of its scan, as in mouse:1, found \"%s\"",
				   given->resume);
	*colon = '\0';
	if (!capture_settings_resume(settings, given->root, given->resume,
				     scan))
		return 0;
	return fail("%s", settings->error);
}

/* The job file first, so that the command line wins. */
static int apply(const struct given *given, struct capture_settings *settings)
{
	int status = 0;

	settings->request.root = given->root;
	if (given->resume)
		status = check_resume(given);
	if (!status && given->resume)
		status = load_resumed(given, settings);
	else if (!status && given->job &&
		 capture_settings_load(settings, given->job))
		status = wrong_usage("%s", settings->error);
	for (size_t i = 0; i < given->count && !status; i++)
		status = take_setting(settings, given->key[i],
				      given->value[i]);
	return status;
}

static int start(const struct given *given, const struct options *options,
		 struct capture_settings *settings)
{
	struct capture_request *request = &settings->request;
	char why[CAPTURE_ERROR_LEN];
	int status = apply(given, settings);

	if (status)
		return status;
	if (!request->project)
		return wrong_usage("wanted the project that the photos are for, found no --project");
	if (capture_check(request, why))
		return wrong_usage("%s", why);
	request->camera = camera_ops_of(request->camera_id);
	request->device = options->device;
	if (given->dry_run)
		return scan_dry_run(request, options->json);
	return scan_run(request, options->json);
}

int cmd_scan(int argc, char **argv)
{
	static struct given given;
	struct capture_settings settings;
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		if (take_option(key, options.value, &given))
			return EXIT_USAGE;
	if (key < 0)
		return options.status;
	capture_settings_begin(&settings);
	status = start(&given, &options, &settings);
	capture_settings_end(&settings);
	return status;
}
