// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is of a scan that ended early: frames, positions, steps. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "flyscan-resume.h"
#include "h5.h"
#include "oscanctl.h"

#define DETECTOR "/entry/instrument/detector/"
#define ATTRIBUTES "/entry/instrument/NDAttributes/"
#define DATA "/entry/data/"

/* From 1970-01-01 to 1990-01-01, where EPICS begins to count. */
#define EPICS_EPOCH_S UINT64_C(631152000)

int resume_cannot(const struct resumed *resumed, const char *what)
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
	uint64_t *utc_s = column(resumed, ATTRIBUTES "NDArrayEpicsTSSec",
				 H5T_NATIVE_UINT64, sizeof(*utc_s));
	uint64_t *utc_ns = column(resumed, ATTRIBUTES "NDArrayEpicsTSnSec",
				  H5T_NATIVE_UINT64, sizeof(*utc_ns));

	if (list && time_ns && sequence && status && exposure && period &&
	    gain && utc_s && utc_ns) {
		for (size_t i = 0; i < frames; i++)
			list[i] = (struct writer_frame){
				.time_ns = time_ns[i],
				.utc_ns = (utc_s[i] + EPICS_EPOCH_S) *
					  1000000000 + utc_ns[i],
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
	free(utc_s);
	free(utc_ns);
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
	int ret;

	/* The writer's thread is in HDF5 meanwhile. */
	if (!h5_lock_soon()) {
		errno = EAGAIN;
		return -1;
	}
	errno = EIO;
	ret = scanfile_pixels(&resumed->file, index, pixels);
	h5_unlock();
	return ret;
}

/* Seconds from 1970 of "2026-01-31T12:34:56.000000000Z", as nanoseconds. */
static uint64_t from_iso(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest)
		return 0;
	return timegm(&tm) * UINT64_C(1000000000) +
	       (*rest == '.' ? llrint(strtod(rest, NULL) * 1e9) : 0);
}

/* When each step was made, whatever the machine's own clock said. */
static int read_step_utc(struct resumed *resumed)
{
	const struct scanfile *file = &resumed->file;
	char path[128], start[SCANFILE_TEXT_LEN];
	uint64_t start_ns;
	double *seconds;
	size_t count;

	snprintf(path, sizeof(path), "/entry/instrument/%s/value_log/time",
		 file->axis);
	start_ns = from_iso(scanfile_attribute(file, path, "start", start));
	seconds = scanfile_values(file, path, H5T_NATIVE_DOUBLE,
				  sizeof(*seconds), &count);
	resumed->step_utc_ns = calloc(file->steps + 1, sizeof(uint64_t));
	if (!start_ns || !seconds || !resumed->step_utc_ns ||
	    count < file->steps) {
		free(seconds);
		return resume_cannot(resumed, "no times of its steps");
	}
	for (size_t i = 0; i < file->steps; i++)
		resumed->step_utc_ns[i] =
			start_ns + (int64_t)llrint(seconds[i] * 1e9);
	free(seconds);
	return 0;
}

static uint64_t sum(const uint64_t *list, size_t count)
{
	uint64_t total = 0;

	for (size_t i = 0; list && i < count; i++)
		total += list[i];
	return total;
}

/* The scans before the last one are told of in the file, it itself is not. */
static uint64_t *add_run(const struct resumed *resumed, const char *name,
			 size_t all, size_t *runs)
{
	uint64_t *earlier, *list;

	earlier = scanfile_values(&resumed->file, name, H5T_NATIVE_UINT64,
				  sizeof(*earlier), runs);
	list = calloc(*runs + 1, sizeof(*list));
	if (list && earlier)
		memcpy(list, earlier, *runs * sizeof(*list));
	if (list)
		list[*runs] = all - sum(earlier, *runs);
	++*runs;
	free(earlier);
	return list;
}

/* Return: all of them of @now? */
static bool all_boots_are(const char *boots, const char *now)
{
	const size_t length = strlen(now);

	for (; *boots; boots += strspn(boots, " ")) {
		if (strcspn(boots, " ") != length ||
		    strncmp(boots, now, length))
			return false;
		boots += length;
	}
	return length > 0;
}

static int read_runs(struct resumed *resumed)
{
	const struct scanfile *file = &resumed->file;
	struct flyscan_earlier *earlier = &resumed->earlier;
	char before[SCANFILE_TEXT_LEN], last[SCANFILE_TEXT_LEN];
	char now[FLYSCAN_BOOT_LEN];
	size_t runs;

	resumed->run_frames = add_run(resumed, "earlier/frames", file->frames,
				      &runs);
	resumed->run_steps = add_run(resumed, "earlier/steps", file->steps,
				     &earlier->runs);
	if (!resumed->run_frames || !resumed->run_steps ||
	    runs != earlier->runs)
		return resume_cannot(resumed, "scans in it that do not tell their frames and steps");
	scanfile_text(file, "earlier/boot_ids", before);
	scanfile_text(file, "clocks/boot_id", last);
	snprintf(resumed->boot_ids, sizeof(resumed->boot_ids), "%s%s%s",
		 before, *before ? " " : "", last);
	flyscan_boot_id(now);
	earlier->run_frames = resumed->run_frames;
	earlier->run_steps = resumed->run_steps;
	earlier->boot_ids = resumed->boot_ids;
	earlier->other_boot = !all_boots_are(resumed->boot_ids, now);
	scanfile_counts(file, "clocks/driver_probed",
			&earlier->driver_probed_ns, 1);
	return 0;
}

/* Only of a scan that was timed by lines is it there. */
static int read_source(struct resumed *resumed)
{
	size_t count;

	resumed->source = scanfile_values(&resumed->file, "pairing/source",
					  H5T_NATIVE_UINT64, sizeof(uint64_t),
					  &count);
	if (!resumed->source || count == resumed->file.frames)
		return 0;
	return resume_cannot(resumed, "that it does not tell who timed each frame");
}

int resume_read_earlier(struct resumed *resumed)
{
	struct flyscan_earlier *earlier = &resumed->earlier;
	const struct scanfile *file = &resumed->file;

	*earlier = (struct flyscan_earlier){
		.path = resumed->path,
		.first_pass = earlier->first_pass,
		.passes = earlier->passes,
		.scale = file->scale,
		.pass = resumed->pass,
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
	if (!earlier->speed || read_step_utc(resumed) || read_runs(resumed) ||
	    read_source(resumed))
		return EXIT_FAILURE;
	earlier->source = resumed->source;
	earlier->step_utc_ns = resumed->step_utc_ns;
	return 0;
}
