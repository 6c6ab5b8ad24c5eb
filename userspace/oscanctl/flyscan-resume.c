// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oscanctl flyscan --resume: read what there is of a scan, ask for the rest.
 * The earlier file is only read.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "flyscan-missing.h"
#include "flyscan-resume.h"
#include "oscanctl.h"
#include "recover.h"
#include "recovered.h"
#include "writer.h"

#define DETECTOR "/entry/instrument/detector/"

static uint64_t to_ns(double seconds)
{
	return seconds > 0 ? llrint(seconds * 1e9) : 0;
}

/* Split "folder/stem_000012.h5", or what was recovered of it. */
static void split_name(struct resumed *resumed)
{
	char *name = strrchr(resumed->path, '/') + 1, *number;
	const char *rest;

	snprintf(resumed->folder, sizeof(resumed->folder), "%.*s",
		 (int)(name - resumed->path - (name - 1 > resumed->path)),
		 resumed->path);
	snprintf(resumed->stem, sizeof(resumed->stem), "%.200s", name);
	number = strrchr(resumed->stem, '_');
	if (!number || strspn(number + 1, "0123456789") < 6)
		return;
	rest = number + 1 + strspn(number + 1, "0123456789");
	if (!strcmp(rest, ".h5") || !strcmp(rest, ".recovered.h5"))
		*number = '\0';
}

/* A latency that was measured is still where it was then. */
static void ask_camera(const struct resumed *resumed,
		       struct flyscan_request *request)
{
	const struct scanfile *file = &resumed->file;
	double readout_s = scanfile_number(file, "camera/readout");
	char text[SCANFILE_TEXT_LEN];
	int kind;

	scanfile_text(file, "camera/time_mark", text);
	kind = camera_mark(text);
	if (kind > 0)
		request->mark = kind;
	if (readout_s > 0)
		request->readout_ns = to_ns(readout_s);
	scanfile_text(file, "camera/latency_source", text);
	if (!strcmp(text, "given")) {
		request->latency_ns =
			llrint(scanfile_number(file, "camera/latency") * 1e9);
		request->latency_given = true;
	}
	scanfile_text(file, "compression", text);
	kind = writer_compression(text);
	if (kind >= 0)
		request->compression = (enum writer_compression)kind;
}

static void ask_trigger(struct resumed *resumed,
			struct flyscan_request *request)
{
	const struct scanfile *file = &resumed->file;
	double latency_s = scanfile_number(file, "trigger/latency");
	char text[SCANFILE_TEXT_LEN];
	int kind;

	scanfile_text(file, "trigger_mode", text);
	kind = flyscan_trigger(text);
	if (kind > 0)
		request->trigger = (enum flyscan_trigger)kind;
	if (flyscan_triggers(request)) {
		request->trigger_line = resumed->trigger_line;
		scanfile_text(file, "trigger/line", resumed->trigger_line);
		if (latency_s > 0)
			request->trigger_latency_ns = to_ns(latency_s);
	}
	if (flyscan_captures(request)) {
		request->capture_line = resumed->capture_line;
		scanfile_text(file, "strobe/line", resumed->capture_line);
		request->capture_both =
			scanfile_number(file, "strobe/both_edges") == 1;
	}
}

static void ask(struct resumed *resumed, struct flyscan_request *request)
{
	const struct scanfile *file = &resumed->file;

	request->axis = resumed->axis;
	request->camera_id = resumed->camera;
	request->directory = resumed->folder;
	request->name = resumed->stem;
	request->start = scanfile_number(file, "p_start");
	request->end = scanfile_number(file, "p_end");
	request->per_unit = scanfile_number(file, "exposures_per_egu");
	request->period_s = scanfile_number(file, "t_period");
	request->exposure_s = scanfile_number(file, "t_acquire");
	request->taxi_allowance = scanfile_number(file, "taxi_allowance");
	request->width = file->width;
	request->height = file->height;
	ask_camera(resumed, request);
	ask_trigger(resumed, request);
	if (scanfile_number(file, "t_acquire_was_default"))
		request->exposure_s = 0;
	if (!scanfile_number(file, "motor_accl_was_default"))
		request->accel = scanfile_number(file, "scan_velocity") /
				 scanfile_number(file, "motor_accl");
}

/* What the new frames cover does not count twice. */
static void leave_to_new(struct resumed *resumed, uint32_t passes, double low,
			 double high)
{
	const struct scanfile *file = &resumed->file;
	const uint32_t first = resumed->earlier.first_pass;

	for (size_t i = 0; i < file->frames; i++) {
		const bool anew = resumed->pass[i] > first &&
				  resumed->pass[i] <= first + passes &&
				  file->position[i] > low &&
				  file->position[i] < high;

		resumed->in_scan[i] = file->in_scan[i] && !anew;
		if (!resumed->in_scan[i])
			resumed->pass[i] = 0;
	}
}

static int ask_missing(struct resumed *resumed,
		       struct flyscan_request *request)
{
	const struct scanfile *file = &resumed->file;
	const double places = scanfile_number(file, "num_frames");
	const double passes = scanfile_number(file, "passes");
	const double start = request->start, end = request->end;
	double spacing, from, to;
	struct missing missing;

	if (!isfinite(start) || !isfinite(end) || start == end ||
	    !(places >= 2 && places <= FLYSCAN_FRAMES_MAX) ||
	    !(passes >= 1 && passes <= FLYSCAN_PASSES_MAX) ||
	    !isfinite(request->period_s))
		return resume_cannot(resumed, "that it does not tell its range");
	resumed->earlier.passes = passes;
	memcpy(resumed->pass, file->pass, file->frames * sizeof(*file->pass));
	missing_find(&(struct missing_frames){
		.count = file->frames, .position = file->position,
		.in_scan = file->in_scan, .pass = resumed->pass,
		.start = start, .end = end, .places = places,
		.passes = passes }, &missing);
	if (!missing.places)
		return resume_cannot(resumed, "a frame on each of its places");
	spacing = (end - start) / (places - 1);
	from = start + missing.first * spacing;
	to = start + missing.last * spacing;
	request->passes = missing.last_pass - missing.first_pass + 1;
	request->start = missing.first_pass % 2 ? to : from;
	request->end = missing.first_pass % 2 ? from : to;
	request->per_unit = 1 / fabs(spacing);
	resumed->earlier.first_pass = missing.first_pass;
	leave_to_new(resumed, request->passes,
		     fmin(from, to) - fabs(spacing) / 2,
		     fmax(from, to) + fabs(spacing) / 2);
	note("%llu of %.0f places have no frame; scanning from %g to %g%s",
	     (unsigned long long)missing.places, places * passes,
	     request->start, request->end,
	     request->passes > 1 ? " and back" : "");
	return 0;
}

/* One that was killed is recovered first, and is itself left as it is. */
static int find_whole(struct resumed *resumed, char path[PATH_MAX])
{
	struct recovered recovered = { 0 };

	snprintf(path, PATH_MAX, "%s", resumed->path);
	if (H5Fis_hdf5(path) <= 0 || recover_is_whole(path) ||
	    recover_path(resumed->path, path, PATH_MAX))
		return 0;
	if (!recover_file(resumed->path, path, recovered_finish, &recovered,
			  resumed->cancelled, &recovered.frames)) {
		note("%llu frames recovered into %s, %llu of them with a position",
		     (unsigned long long)recovered.frames, path,
		     (unsigned long long)recovered.positions);
		return 0;
	}
	/* By an earlier call; whether it serves is seen when it is read. */
	if (errno == EEXIST)
		return access(path, F_OK) ?
		       fail("wanted to complete %.200s, which is not whole, found %.300s.jsonl in the way of recovering it; remove that",
			    resumed->path, path) : 0;
	resumed->nothing = errno == EBADMSG;
	return fail("wanted to complete %.200s, which is not whole, found that it cannot be recovered: %s; \"oscanctl recover\" tells more",
		    resumed->path, strerror(errno));
}

int resume_load(struct resumed *resumed, const char *path,
		struct flyscan_request *request)
{
	char whole[PATH_MAX];

	if (!realpath(path, resumed->path)) {
		resumed->nothing = errno == ENOENT;
		return fail("wanted the scan %.200s, found: %s; give the file of a scan that ended early",
			    path, strerror(errno));
	}
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	if (find_whole(resumed, whole))
		return EXIT_FAILURE;
	if (scanfile_open(&resumed->file, whole)) {
		resumed->file.file = 0;
		/* A power cut leaves no byte, or zeros, of what was not synced. */
		resumed->nothing = H5Fis_hdf5(whole) == 0;
		return EXIT_FAILURE;
	}
	resumed->in_scan = calloc(resumed->file.frames + 1, 1);
	resumed->pass = calloc(resumed->file.frames + 1, sizeof(uint64_t));
	if (!resumed->in_scan || !resumed->pass)
		return fail("wanted memory, found none; end other programs");
	snprintf(resumed->axis, sizeof(resumed->axis), "%s",
		 resumed->file.axis);
	scanfile_text(&resumed->file, DETECTOR "local_name", resumed->camera);
	split_name(resumed);
	ask(resumed, request);
	if (ask_missing(resumed, request) || resume_read_earlier(resumed))
		return EXIT_FAILURE;
	request->earlier = &resumed->earlier;
	return 0;
}

void resume_end(struct resumed *resumed)
{
	struct flyscan_earlier *earlier = &resumed->earlier;

	free((void *)earlier->frame);
	free((void *)earlier->position_start);
	free((void *)earlier->position_end);
	free((void *)earlier->sigma);
	free((void *)earlier->speed);
	free(resumed->in_scan);
	free(resumed->pass);
	free(resumed->source);
	free(resumed->step_utc_ns);
	free(resumed->run_frames);
	free(resumed->run_steps);
	/* Zero: it was never opened. */
	if (resumed->file.file > 0)
		scanfile_close(&resumed->file);
}
