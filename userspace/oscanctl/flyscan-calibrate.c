// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl flyscan-calibrate: how late the times of a camera's frames are. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "flyscan-options.h"
#include "latency-file.h"
#include "oscanctl.h"
#include "scanfile.h"
#include "shift.h"

/* The slowest speed is that of the density asked for over this. */
#define SPEEDS 3

/* Of a pass, from the middle of it; more make it slow and no better. */
#define MOST_FRAMES 200
#define MOST_BYTES (256u << 20)

/* A latency below this many of its uncertainties cannot be told from none. */
#define CERTAIN 2

enum {
	OPTION_AXIS = OPTION_OWN,
	OPTION_START,
	OPTION_END,
	OPTION_DENSITY,
	OPTION_PERIOD,
	OPTION_EXPOSURE,
	OPTION_CAMERA,
	OPTION_SIZE,
	OPTION_TEMPORARY,
	OPTION_MARK,
	OPTION_READOUT,
};

static const struct option_text option_texts[] = {
	{ "axis", OPTION_AXIS, "NAME", "axis that moves" },
	{ "p-start", OPTION_START, "X", "one end, degrees or millimetres" },
	{ "p-end", OPTION_END, "X", "the other end" },
	{ "exposures-per-egu", OPTION_DENSITY, "N",
	  "frames per degree or millimetre at the highest speed, 2 if not given" },
	{ "t-period", OPTION_PERIOD, "S",
	  "seconds from frame to frame, 0.1 if not given" },
	{ "t-acquire", OPTION_EXPOSURE, "S",
	  "exposure, seconds, as long as the period if not given" },
	{ "camera", OPTION_CAMERA, "ID", "camera, the first if not given" },
	{ "size", OPTION_SIZE, "WxH",
	  "pixels, or the nearest that it has; its choice if not given" },
	{ "temporary", OPTION_TEMPORARY, "DIR",
	  "folder for the scans, which are removed; /var/tmp if not given" },
	{ "mark", OPTION_MARK, "MOMENT",
	  "what the times of the frames mark, as scans have it" },
	{ "readout", OPTION_READOUT, "NS",
	  "nanoseconds from the first row's readout to the last one's" },
	{ "start", OPTION_START, "X", NULL },
	{ "end", OPTION_END, "X", NULL },
	{ "density", OPTION_DENSITY, "N", NULL },
	{ "period", OPTION_PERIOD, "S", NULL },
	{ "exposure", OPTION_EXPOSURE, "S", NULL },
	OPTION_TEXT_DEVICE,
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "flyscan-calibrate",
	.operands = "",
	.text = "Measure the constant latency of a camera by scans forward and backward; later scans use it.",
	.options = option_texts,
};

static int take_option(int key, const char *value, struct settings *settings)
{
	if (key != OPTION_TEMPORARY)
		return flyscan_option(settings, option_texts, key, value);
	settings->request.directory = value;
	return 0;
}

static int check_range_given(const struct flyscan_request *request)
{
	if (!request->axis || isnan(request->start) || isnan(request->end))
		return wrong_usage("wanted --axis, --p-start and --p-end, found no %s",
				   !request->axis ? "--axis" :
				   isnan(request->start) ? "--p-start" :
				   "--p-end");
	return flyscan_check_given(request);
}

/**
 * struct pass - the frames of a scan that were taken within its range
 * @found: for shift.h; its arrays are to be freed
 * @speed: user's unit per second, above 0
 * @camera: its id
 * @mark: what its times mark
 * @exposure_s: with which it was taken
 * @unit: of the axis
 */
struct pass {
	struct shift_pass found;
	double speed;
	char camera[SCANFILE_TEXT_LEN];
	char mark[SCANFILE_TEXT_LEN];
	double exposure_s;
	char unit[8];
};

static void free_pass(struct pass *pass)
{
	free((void *)pass->found.images);
	free((void *)pass->found.position);
}

/* Frames within the range; more than are needed are left out at both ends. */
static size_t choose(const struct scanfile *scan, size_t bytes, size_t *first)
{
	size_t most = MOST_BYTES / bytes, count = 0;

	for (size_t i = scan->frames; i-- > 0;) {
		if (!scan->in_scan[i])
			continue;
		*first = i;
		count++;
	}
	if (most > MOST_FRAMES)
		most = MOST_FRAMES;
	if (count <= most)
		return count;
	*first += (count - most) / 2;
	return most;
}

static int read_frames(const struct scanfile *scan, struct pass *pass)
{
	size_t bytes = scan->width * scan->height * scan->bytes_per_pixel;
	size_t first = 0, count = choose(scan, bytes, &first);
	uint8_t *images = calloc(count + 1, bytes);
	double *position = calloc(count + 1, sizeof(*position));
	bool good = images && position;

	pass->found.images = images;
	pass->found.position = position;
	pass->found.bytes = bytes;
	pass->found.frames = count;
	for (size_t i = 0; good && i < count; i++) {
		good = !scanfile_pixels(scan, first + i, images + i * bytes);
		position[i] = scan->position[first + i];
	}
	if (!good)
		return fail("wanted the frames of the scan, found them unreadable, or no memory for them; take smaller frames");
	if (count > 1)
		pass->speed = fabs(position[count - 1] - position[0]) * 1e9 /
			      (scan->time_ns[first + count - 1] -
			       scan->time_ns[first]);
	return 0;
}

static int read_pass(const char *path, struct pass *pass)
{
	struct scanfile scan;
	int failed;

	if (scanfile_open(&scan, path))
		return EXIT_FAILURE;
	snprintf(pass->unit, sizeof(pass->unit), "%.7s", scan.unit);
	pass->exposure_s = scanfile_number(&scan, "camera/exposure");
	scanfile_text(&scan, "camera/time_mark", pass->mark);
	scanfile_text(&scan, "det_name", pass->camera);
	failed = read_frames(&scan, pass);
	scanfile_close(&scan);
	return failed;
}

/* One scan; its file is gone afterwards. */
static int fly(const struct flyscan_request *request, struct pass *pass)
{
	static struct flyscan_result result;
	int failed;

	fprintf(stderr, "from %g to %g with %.4g frames per degree or millimetre\n",
		request->start, request->end, request->per_unit);
	if (flyscan_run(request, NULL, NULL, &cancelled, &result)) {
		if (*result.path)
			writer_remove(result.path);
		fail("%s", result.error);
		if (result.abandoned) {
			fflush(NULL);
			_exit(EXIT_FAILURE);
		}
		return EXIT_FAILURE;
	}
	failed = read_pass(result.path, pass);
	writer_remove(result.path);
	return failed;
}

static int compare(const struct flyscan_request *request, struct pass *up,
		   struct pass *down, struct shift *shift)
{
	if (!shift_find(&up->found, &down->found, shift))
		return 0;
	if (errno != ENODATA)
		return fail("wanted to compare the frames, found: %s; take smaller ones",
			    strerror(errno));
	return fail("wanted the same sights in both directions from %g to %g, found less than %d frames of them; put something with fine detail before the camera, take a higher density, or a longer way",
		    request->start, request->end, SHIFT_LEAST_PAIRS);
}

/* Forward and backward at one speed. @up tells of the camera. */
static int measure(struct flyscan_request *request, struct pass *up,
		   double *speed, struct shift *shift)
{
	double start = request->start, end = request->end;
	struct pass down = { 0 };
	int failed;

	free_pass(up);
	memset(up, 0, sizeof(*up));
	failed = fly(request, up);
	request->start = end;
	request->end = start;
	failed = failed || fly(request, &down);
	request->start = start;
	request->end = end;
	failed = failed || compare(request, up, &down, shift);
	*speed = (up->speed + down.speed) / 2;
	free_pass(&down);
	return failed ? EXIT_FAILURE : 0;
}

/**
 * struct found - what was measured
 * @speed: shape [SPEEDS]
 * @shift: shape [SPEEDS]
 * @latency: the line through them
 * @entry: as it is stored
 * @camera: id
 * @path: where it is stored
 */
struct found {
	double speed[SPEEDS];
	struct shift shift[SPEEDS];
	struct latency latency;
	struct latency_entry entry;
	char camera[SCANFILE_TEXT_LEN];
	char path[PATH_MAX];
};

static int make_entry(const struct pass *pass, struct found *found)
{
	struct latency_entry *entry = &found->entry;
	time_t now = time(NULL);
	struct tm utc;

	if (latency_fit(found->speed, found->shift, SPEEDS, &found->latency))
		return fail("wanted scans at %d speeds, found that they are the same; choose a longer way",
			    SPEEDS);
	memcpy(found->camera, pass->camera, sizeof(found->camera));
	snprintf(entry->time_mark, sizeof(entry->time_mark), "%.31s",
		 pass->mark);
	snprintf(entry->unit, sizeof(entry->unit), "%s", pass->unit);
	entry->exposure_ns = llrint(pass->exposure_s * 1e9);
	entry->latency_ns = llrint(found->latency.seconds * 1e9);
	entry->uncertainty_ns = rint(found->latency.sigma * 1e9);
	entry->backlash = found->latency.backlash;
	strftime(entry->measured, sizeof(entry->measured),
		 "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	return 0;
}

static int store(struct found *found)
{
	if (latency_file_path(found->path, sizeof(found->path)) ||
	    latency_file_save(found->path, found->camera, &found->entry))
		return fail("wanted to store the latency in %s, found: %s; correct that, or give it to each scan with --latency %" PRId64,
			    *found->path ? found->path : "~/.config",
			    strerror(errno), found->entry.latency_ns);
	return 0;
}

static int measure_all(struct flyscan_request *request, struct found *found)
{
	double density = request->per_unit;
	struct pass pass = { 0 };
	int failed = 0;

	for (int i = 0; i < SPEEDS && !failed; i++) {
		request->per_unit = density * SPEEDS / (i + 1);
		failed = measure(request, &pass, &found->speed[i],
				 &found->shift[i]);
	}
	failed = failed || make_entry(&pass, found);
	free_pass(&pass);
	return failed ? EXIT_FAILURE : 0;
}

static json_t *found_json(const struct found *found)
{
	const struct latency_entry *entry = &found->entry;
	json_t *list = json_array();

	for (int i = 0; i < SPEEDS; i++)
		json_array_append_new(list, json_pack("{s:f, s:f, s:f, s:I}",
			"speed", found->speed[i],
			"shift", found->shift[i].value,
			"uncertainty", found->shift[i].sigma,
			"frames", (json_int_t)found->shift[i].pairs));
	return json_pack("{s:s, s:s, s:I, s:f, s:f, s:s, s:o, s:s}",
			 "camera", found->camera,
			 "time_mark", entry->time_mark,
			 "latency_ns", (json_int_t)entry->latency_ns,
			 "uncertainty_ns", entry->uncertainty_ns,
			 "backlash", entry->backlash,
			 "unit", entry->unit, "speeds", list,
			 "file", found->path);
}

static void print_found(const struct found *found)
{
	const struct latency_entry *entry = &found->entry;
	const char *unit = entry->unit;

	printf("camera    %s\n", found->camera);
	for (int i = 0; i < SPEEDS; i++)
		printf("shift     %.5f %s at %.4g %s/s, by %zu frames\n",
		       found->shift[i].value, unit, found->speed[i], unit,
		       found->shift[i].pairs);
	printf("latency   %" PRId64 " ns, give or take %.0f ns%s\n",
	       entry->latency_ns, entry->uncertainty_ns,
	       fabs(found->latency.seconds) <
	       CERTAIN * found->latency.sigma ?
	       ": hardly to be told from none" : "");
	printf("backlash  %.5f %s\n", entry->backlash, unit);
	printf("stored    %s\n", found->path);
}

static int run(struct flyscan_request *request, bool json)
{
	static struct found found;
	char folder[PATH_MAX];
	int failed;

	if (snprintf(folder, sizeof(folder), "%s/oscan-XXXXXX",
		     request->directory) >= (int)sizeof(folder) ||
	    !mkdtemp(folder))
		return fail("wanted a folder for scans in %.200s, found: %s; choose another one with --temporary",
			    request->directory, strerror(errno));
	request->directory = folder;
	cancel_catch();
	failed = measure_all(request, &found);
	rmdir(folder);
	if (failed || store(&found))
		return EXIT_FAILURE;
	if (json)
		return print_json(found_json(&found));
	print_found(&found);
	return EXIT_SUCCESS;
}

static void begin(struct settings *settings)
{
	struct flyscan_request *request = &settings->request;

	settings_begin(settings);
	request->start = NAN;
	request->end = NAN;
	request->directory = "/var/tmp";
	request->name = "calibrate";
	/* What is measured is not to be taken off before. */
	request->latency_given = true;
}

int cmd_flyscan_calibrate(int argc, char **argv)
{
	static struct settings settings;
	struct flyscan_request *request = &settings.request;
	struct options options;
	int key, status;

	options_begin(&options, &usage, argc, argv);
	begin(&settings);
	while ((key = options_next(&options)) > 0) {
		status = take_option(key, options.value, &settings);
		if (status)
			return status;
	}
	if (key < 0)
		return options.status;
	if (check_range_given(request))
		return EXIT_USAGE;
	if (request->start > request->end) {
		double start = request->start;

		request->start = request->end;
		request->end = start;
	}
	request->camera = camera_ops_of(request->camera_id);
	request->device = options.device;
	return run(request, options.json);
}
