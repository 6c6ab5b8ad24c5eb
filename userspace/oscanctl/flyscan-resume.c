// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oscanctl flyscan --resume: read what there is of a scan, ask for the rest.
 * The earlier file is only read.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flyscan-resume.h"
#include "oscanctl.h"
#include "writer.h"

#define DETECTOR "/entry/instrument/detector/"
#define DATA "/entry/data/"

/* A place is taken by the frame nearest to it. */
static void mark_places(bool *taken, const double *positions,
			const uint8_t *in_scan, size_t frames, double start,
			double end, uint32_t places)
{
	double spacing = (end - start) / (places - 1), place;

	for (size_t i = 0; i < frames; i++) {
		if (!in_scan[i] || isnan(positions[i]))
			continue;
		place = round((positions[i] - start) / spacing);
		if (place >= 0 && place < places)
			taken[(uint32_t)place] = true;
	}
}

uint32_t resume_missing(const double *positions, const uint8_t *in_scan,
			size_t frames, double start, double end,
			uint32_t places, uint32_t *first, uint32_t *last)
{
	bool *taken = calloc(places, sizeof(*taken));
	uint32_t missing = 0;

	*first = 0;
	*last = places - 1;
	/* Without memory for the look all of it is scanned. */
	if (!taken)
		return places;
	mark_places(taken, positions, in_scan, frames, start, end, places);
	for (uint32_t i = 0; i < places; i++) {
		if (taken[i])
			continue;
		if (!missing++)
			*first = i;
		*last = i;
	}
	free(taken);
	if (*first == *last && *last + 1 < places)
		++*last;
	else if (*first == *last)
		--*first;
	return missing;
}

static int cannot(const struct resumed *resumed, const char *what)
{
	return fail("wanted to complete %.200s, found %s; start a new scan",
		    resumed->path, what);
}

/* Shape [frames] of @type; NULL after a sentence. */
static void *column(const struct resumed *resumed, const char *path,
		    hid_t type, size_t size)
{
	size_t frames = resumed->file.frames;
	hid_t data = H5Dopen2(resumed->file.file, path, H5P_DEFAULT);
	hid_t space = data < 0 ? -1 : H5Dget_space(data);
	void *values = calloc(frames + 1, size);
	bool good = values && space >= 0 &&
		    H5Sget_simple_extent_npoints(space) >= (hssize_t)frames;
	hsize_t count = frames;
	hid_t memory = H5Screate_simple(1, &count, NULL);
	hsize_t start = 0;

	good = good &&
	       H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL,
				   &count, NULL) >= 0 &&
	       H5Dread(data, type, memory, space, H5P_DEFAULT, values) >= 0;
	H5Sclose(memory);
	if (space >= 0)
		H5Sclose(space);
	if (data >= 0)
		H5Dclose(data);
	if (good)
		return values;
	free(values);
	fail("wanted %s in %.200s, found none that can be read; start a new scan",
	     path, resumed->path);
	return NULL;
}

static void *numbers(const struct resumed *resumed, const char *path)
{
	return column(resumed, path, H5T_NATIVE_DOUBLE, sizeof(double));
}

static uint64_t to_ns(double seconds)
{
	return seconds > 0 ? llrint(seconds * 1e9) : 0;
}

/* As they were put when they were taken. */
static struct writer_frame *read_frames(const struct resumed *resumed)
{
	size_t frames = resumed->file.frames;
	struct writer_frame *list = calloc(frames + 1, sizeof(*list));
	uint64_t *time_ns = column(resumed, DETECTOR "sensor_timestamp",
				   H5T_NATIVE_UINT64, sizeof(*time_ns));
	uint32_t *sequence = column(resumed, DETECTOR "sequence_number",
				    H5T_NATIVE_UINT32, sizeof(*sequence));
	uint32_t *status = column(resumed, DETECTOR "frame_status",
				  H5T_NATIVE_UINT32, sizeof(*status));
	double *exposure = numbers(resumed, DETECTOR "count_time");
	double *period = numbers(resumed, DETECTOR "frame_time");
	double *gain = numbers(resumed, DETECTOR "gain");

	if (list && time_ns && sequence && status && exposure && period &&
	    gain) {
		for (size_t i = 0; i < frames; i++)
			list[i] = (struct writer_frame){
				.time_ns = time_ns[i],
				.sequence = sequence[i],
				.status = status[i],
				.exposure_ns = to_ns(exposure[i]),
				.gain = isnan(gain[i]) ? 0 : gain[i],
				.frame_duration_ns = to_ns(period[i]),
			};
	} else {
		free(list);
		list = NULL;
	}
	free(time_ns);
	free(sequence);
	free(status);
	free(exposure);
	free(period);
	free(gain);
	return list;
}

static double *read_axis(const struct resumed *resumed, const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), DATA "%s%s", resumed->file.axis, suffix);
	return numbers(resumed, path);
}

static int pixels(void *data, size_t index, void *pixels)
{
	struct resumed *resumed = data;

	errno = EIO;
	return scanfile_pixels(&resumed->file, index, pixels);
}

static int read_earlier(struct resumed *resumed)
{
	struct flyscan_earlier *earlier = &resumed->earlier;
	const struct scanfile *file = &resumed->file;

	*earlier = (struct flyscan_earlier){
		.path = resumed->path,
		.start = scanfile_number(file, "p_start"),
		.end = scanfile_number(file, "p_end"),
		.places = scanfile_number(file, "num_frames"),
		.frames = file->frames,
		.time_ns = file->time_ns,
		.position = file->position,
		.in_scan = resumed->in_scan,
		.steps = file->steps,
		.step_ns = file->step_ns,
		.step_position = file->step_position,
		.width = file->width,
		.height = file->height,
		.pixels = pixels,
		.data = resumed,
	};
	earlier->frame = read_frames(resumed);
	if (earlier->frame)
		earlier->position_start = read_axis(resumed, "_start");
	if (earlier->position_start)
		earlier->position_end = read_axis(resumed, "_end");
	if (earlier->position_end)
		earlier->sigma = read_axis(resumed, "_errors");
	if (earlier->sigma)
		earlier->speed = read_axis(resumed, "_speed");
	return earlier->speed ? 0 : EXIT_FAILURE;
}

/* Times of another boot do not compare, and the motor was off in between. */
static int check_boot(struct resumed *resumed)
{
	char then[SCANFILE_TEXT_LEN], now[64] = "";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file) {
		if (!fgets(now, sizeof(now), file))
			*now = '\0';
		fclose(file);
	}
	now[strcspn(now, "\n")] = '\0';
	scanfile_text(&resumed->file, "clocks/boot_id", then);
	if (!strcmp(then, now))
		return 0;
	return cannot(resumed, "that the machine was started again since");
}

/* Split "folder/stem_000012.h5". */
static void split_name(struct resumed *resumed)
{
	char *name = strrchr(resumed->path, '/') + 1, *number;

	snprintf(resumed->folder, sizeof(resumed->folder), "%.*s",
		 (int)(name - resumed->path - (name - 1 > resumed->path)),
		 resumed->path);
	snprintf(resumed->stem, sizeof(resumed->stem), "%.200s", name);
	number = strrchr(resumed->stem, '_');
	if (number && strspn(number + 1, "0123456789") >= 6 &&
	    !strcmp(number + 1 + strspn(number + 1, "0123456789"), ".h5"))
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

static void ask(const struct resumed *resumed, struct flyscan_request *request)
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
	if (scanfile_number(file, "t_acquire_was_default"))
		request->exposure_s = 0;
	if (!scanfile_number(file, "motor_accl_was_default"))
		request->accel = scanfile_number(file, "scan_velocity") /
				 scanfile_number(file, "motor_accl");
}

/* What the new frames cover does not count twice. */
static void leave_to_new(struct resumed *resumed, double low, double high,
			 double half)
{
	const struct scanfile *file = &resumed->file;

	for (size_t i = 0; i < file->frames; i++) {
		resumed->in_scan[i] = file->in_scan[i];
		if (file->position[i] > low - half &&
		    file->position[i] < high + half)
			resumed->in_scan[i] = 0;
	}
}

static int ask_missing(struct resumed *resumed,
		       struct flyscan_request *request)
{
	double places = scanfile_number(&resumed->file, "num_frames");
	double start = request->start, end = request->end, spacing;
	uint32_t first, last, missing;

	if (!isfinite(start) || !isfinite(end) || start == end ||
	    !(places >= 2 && places <= FLYSCAN_FRAMES_MAX) ||
	    !isfinite(request->period_s))
		return cannot(resumed, "that it does not tell its range");
	if (scanfile_number(&resumed->file, "passes") > 1)
		return cannot(resumed, "a scan of more than one pass");
	missing = resume_missing(resumed->file.position,
				 resumed->file.in_scan, resumed->file.frames,
				 start, end, places, &first, &last);
	if (!missing)
		return cannot(resumed, "a frame on each of its places");
	spacing = (end - start) / (places - 1);
	request->start = start + first * spacing;
	request->end = start + last * spacing;
	request->per_unit = 1 / fabs(spacing);
	leave_to_new(resumed, fmin(request->start, request->end),
		     fmax(request->start, request->end), fabs(spacing) / 2);
	note("%u of %.0f places have no frame; scanning from %g to %g",
	     missing, places, request->start, request->end);
	return 0;
}

int resume_load(struct resumed *resumed, const char *path,
		struct flyscan_request *request)
{
	if (!realpath(path, resumed->path))
		return fail("wanted the scan %.200s, found: %s; give the file of a scan that ended early",
			    path, strerror(errno));
	if (scanfile_open(&resumed->file, resumed->path)) {
		resumed->file.file = 0;
		return EXIT_FAILURE;
	}
	resumed->in_scan = calloc(resumed->file.frames + 1, 1);
	if (!resumed->in_scan)
		return fail("wanted memory, found none; end other programs");
	snprintf(resumed->axis, sizeof(resumed->axis), "%s",
		 resumed->file.axis);
	scanfile_text(&resumed->file, DETECTOR "local_name", resumed->camera);
	split_name(resumed);
	ask(resumed, request);
	if (check_boot(resumed) || ask_missing(resumed, request) ||
	    read_earlier(resumed))
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
	/* Zero: it was never opened. */
	if (resumed->file.file > 0)
		scanfile_close(&resumed->file);
}
