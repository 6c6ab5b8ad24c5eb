// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Positions for the frames of a scan that was killed: a scan is set up as it
 * was, from what its file tells, and is paired as any other.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h5read.h"
#include "recover.h"
#include "recovered.h"
#include "scan.h"

#define FLYSCAN "/entry/flyscan/"
#define DETECTOR "/entry/instrument/detector/"
#define DATA "/entry/data/"

/**
 * struct remains - a file and the scan that it is of
 * @file: open for reading, or -1
 * @width: of the frames, pixels
 * @height: likewise
 * @bytes_per_pixel: likewise
 * @frames: number of them
 * @steps: number of steps that are sound, those of earlier scans too
 * @time_ns: shape [steps]
 * @position: shape [steps]
 * @in_scan: shape [earlier.frames], of @earlier
 */
struct remains {
	hid_t file;
	struct scan scan;
	struct flyscan_request request;
	struct flyscan_result result;
	struct flyscan_earlier earlier;
	struct oscan_axis_info info;
	uint32_t width;
	uint32_t height;
	uint32_t bytes_per_pixel;
	size_t frames;
	size_t steps;
	uint64_t *time_ns;
	int64_t *position;
	uint8_t *in_scan;
};

static double number(const struct remains *remains, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), FLYSCAN "%s", name);
	return h5_read_number(remains->file, path);
}

/* As number(), 0 if it is not there or makes no count. */
static uint64_t whole(const struct remains *remains, const char *name)
{
	const double value = number(remains, name);

	return value >= 0 && value < 1e15 ? llrint(value) : 0;
}

/* Shape [@count], or NULL. */
static void *values(const struct remains *remains, const char *path,
		    hid_t type, size_t size, size_t count)
{
	size_t found;
	void *list = h5_read_all(remains->file, path, type, size, &found);

	if (found >= count)
		return list;
	free(list);
	return NULL;
}

static const double *reals(const struct remains *remains, const char *path,
			   size_t count)
{
	return values(remains, path, H5T_NATIVE_DOUBLE, sizeof(double), count);
}

static const uint64_t *counts(const struct remains *remains, const char *path,
			      size_t count)
{
	return values(remains, path, H5T_NATIVE_UINT64, sizeof(uint64_t),
		      count);
}

static bool read_size(struct remains *remains)
{
	hid_t images = h5_open(remains->file, DATA "data");
	hid_t space = images < 0 ? -1 : H5Dget_space(images);
	hsize_t dims[H5S_MAX_RANK] = { 0 };
	int rank = -1;

	if (space >= 0) {
		rank = H5Sget_simple_extent_dims(space, dims, NULL);
		H5Sclose(space);
	}
	if (images >= 0)
		H5Dclose(images);
	remains->frames = dims[0];
	remains->height = dims[1];
	remains->width = dims[2];
	remains->bytes_per_pixel = rank == 4 ? dims[3] : 1;
	return rank == 3 || rank == 4;
}

static bool read_axis(struct remains *remains)
{
	struct oscan_axis_info *info = &remains->info;
	const double scale = number(remains, "motor/steps_per_unit");
	char name[OSCAN_NAME_LEN + 1], path[128], unit[16];
	double turn;

	h5_read_text(remains->file, FLYSCAN "flymotor_name", name,
		     sizeof(name));
	snprintf(info->name, sizeof(info->name), "%.*s", OSCAN_NAME_LEN - 1,
		 name);
	snprintf(path, sizeof(path), "/entry/instrument/%s/value_log/value",
		 info->name);
	h5_read_attribute(remains->file, path, "units", unit, sizeof(unit));
	info->unit = strcmp(unit, "mm") ? OSCAN_UNIT_DEGREE
					: OSCAN_UNIT_MILLIMETRE;
	info->full_steps_per_turn =
		whole(remains, "motor/full_steps_per_turn");
	info->microsteps = whole(remains, "motor/microsteps");
	info->gear_num = whole(remains, "motor/gear_num");
	info->gear_den = whole(remains, "motor/gear_den");
	if (!*unit || !(scale > 0) || !info->gear_den)
		return false;
	turn = oscan_axis_steps_per_turn(info);
	info->travel_per_turn_nm = llround(turn / scale * 1e6);
	return turn > 0;
}

static bool read_geometry(struct remains *remains)
{
	struct flyscan_request *request = &remains->request;
	struct flyscan_geometry *geometry = &remains->result.geometry;

	request->start = number(remains, "range/start");
	request->end = number(remains, "range/end");
	request->passes = whole(remains, "range/passes");
	geometry->frames = whole(remains, "range/places");
	geometry->initial = number(remains, "p_initial");
	geometry->final = number(remains, "p_final");
	geometry->direction = request->end < request->start ? -1 : 1;
	return isfinite(request->start) && isfinite(request->end) &&
	       isfinite(geometry->initial) && isfinite(geometry->final) &&
	       geometry->frames >= 2;
}

/* Files of earlier versions do not tell. */
static void read_trigger(struct remains *remains)
{
	struct flyscan_request *request = &remains->request;
	struct scan *scan = &remains->scan;
	const double period = number(remains, "t_period_used");
	const double latency = number(remains, "trigger/latency");
	char text[32];
	int mode;

	h5_read_text(remains->file, FLYSCAN "trigger_mode", text,
		     sizeof(text));
	mode = flyscan_trigger(text);
	if (mode <= 0 || !(period > 0))
		return;
	request->trigger = (enum flyscan_trigger)mode;
	request->capture_both = whole(remains, "strobe/both_edges");
	if (latency > 0)
		request->trigger_latency_ns = llrint(latency * 1e9);
	scan->result->period_used_s = period;
	scan->capabilities.counts_gaps = whole(remains, "camera/counts_gaps");
}

static bool read_camera(struct remains *remains)
{
	struct scan *scan = &remains->scan;
	const double readout = number(remains, "camera/readout");
	const double latency = number(remains, "camera/latency");
	const double sigma = number(remains, "camera/latency_uncertainty");
	const double exposure = number(remains, "camera/exposure");
	char text[32];
	int mark;

	h5_read_text(remains->file, FLYSCAN "camera/time_mark", text,
		     sizeof(text));
	mark = camera_mark(text);
	if (!*text || !isfinite(readout + latency + sigma))
		return false;
	scan->capabilities.mark = mark > 0 ? mark : CAMERA_MARK_UNKNOWN;
	scan->capabilities.readout_ns = llrint(readout * 1e9);
	scan->latency_ns = llrint(latency * 1e9);
	scan->latency_sigma_ns = sigma * 1e9;
	scan->settings.exposure_ns = exposure > 0 ? llrint(exposure * 1e9) : 0;
	scan->capabilities.sets_exposure = whole(remains,
						 "camera/sets_exposure");
	read_trigger(remains);
	scan->settings.width = remains->width;
	scan->settings.height = remains->height;
	return true;
}

static bool read_frames(struct remains *remains)
{
	const size_t frames = remains->frames;
	const uint64_t *time_ns = counts(remains, DETECTOR "sensor_timestamp",
					 frames);
	const uint64_t *sequence = counts(remains, DETECTOR "sequence_number",
					  frames);
	const double *exposure = reals(remains, DETECTOR "count_time", frames);
	struct scan_frame *list = calloc(frames + 1, sizeof(*list));
	const bool good = time_ns && sequence && exposure && list;

	for (size_t i = 0; good && i < frames; i++)
		list[i] = (struct scan_frame){
			.time_ns = time_ns[i],
			.sequence = sequence[i],
			.exposure_ns = scan_exposure_ns(&remains->scan,
				exposure[i] > 0 ? llrint(exposure[i] * 1e9) : 0),
		};
	remains->scan.frames = list;
	free((void *)time_ns);
	free((void *)sequence);
	free((void *)exposure);
	return good;
}

static uint64_t sum(const struct remains *remains, const char *path)
{
	uint64_t *list, total = 0;
	size_t runs;

	list = h5_read_all(remains->file, path, H5T_NATIVE_UINT64,
			   sizeof(*list), &runs);
	for (size_t i = 0; list && i < runs; i++)
		total += list[i];
	free(list);
	return total;
}

/* Of a scan that was to complete another, what it had of that one. */
static bool read_earlier(struct remains *remains)
{
	struct flyscan_earlier *earlier = &remains->earlier;
	const size_t frames = sum(remains, FLYSCAN "earlier/frames");
	const uint64_t *in_scan;

	if (!frames)
		return true;
	if (frames > remains->frames)
		return false;
	*earlier = (struct flyscan_earlier){
		.frames = frames,
		.first_pass = whole(remains, "range/first_pass"),
		.time_ns = counts(remains, FLYSCAN "earlier/time_ns", frames),
		.pass = counts(remains, FLYSCAN "earlier/pass", frames),
		.position = reals(remains, FLYSCAN "earlier/position", frames),
		.position_start = reals(remains, FLYSCAN
					"earlier/position_start", frames),
		.position_end = reals(remains, FLYSCAN "earlier/position_end",
				      frames),
		.sigma = reals(remains, FLYSCAN "earlier/position_errors",
			       frames),
		.speed = reals(remains, FLYSCAN "earlier/speed", frames),
	};
	/* Of frames that no line told of, and of earlier versions, it lacks. */
	earlier->source = counts(remains, FLYSCAN "earlier/source", frames);
	for (size_t i = 0; earlier->source && i < frames; i++)
		remains->scan.frames[i].source = earlier->source[i];
	in_scan = counts(remains, FLYSCAN "earlier/in_scan", frames);
	remains->in_scan = calloc(frames, 1);
	for (size_t i = 0; in_scan && remains->in_scan && i < frames; i++)
		remains->in_scan[i] = in_scan[i];
	earlier->in_scan = in_scan ? remains->in_scan : NULL;
	free((void *)in_scan);
	remains->request.earlier = earlier;
	remains->result.ledger.copied = frames;
	return earlier->time_ns && earlier->pass && earlier->position &&
	       earlier->position_start && earlier->position_end &&
	       earlier->sigma && earlier->speed && earlier->in_scan;
}

static const char *axis_path(const struct remains *remains, const char *name,
			     char path[160])
{
	snprintf(path, 160, "/entry/instrument/%s/%s", remains->info.name,
		 name);
	return path;
}

/* Where the axis was then, as far as the steps tell. */
static int64_t position_at(const struct remains *remains, size_t first,
			   const struct oscan_state *begin, uint64_t time_ns)
{
	size_t n = remains->steps;

	while (n > first && remains->time_ns[n - 1] > time_ns)
		n--;
	return n > first ? remains->position[n - 1] : begin->position;
}

/* What a power cut has left of the last block may be anything. */
static bool read_steps(struct remains *remains, size_t first)
{
	size_t times, positions;
	char path[160];

	remains->time_ns = h5_read_all(remains->file,
		axis_path(remains, "value_log/time_ns", path),
		H5T_NATIVE_UINT64, sizeof(uint64_t), &times);
	remains->position = h5_read_all(remains->file,
		axis_path(remains, "value_log/raw_value", path),
		H5T_NATIVE_INT64, sizeof(int64_t), &positions);
	if (positions < times)
		times = positions;
	for (remains->steps = first; remains->steps < times; remains->steps++) {
		const size_t n = remains->steps;

		if (llabs(remains->position[n]) > OSCAN_POSITION_LIMIT ||
		    (n > first && remains->time_ns[n] <=
				  remains->time_ns[n - 1]))
			break;
	}
	return remains->time_ns && remains->position && first <= times;
}

/* One after the other in one direction; a gap lies before what does not join. */
static size_t batch_from(const struct remains *remains, size_t at,
			 int64_t before, struct oscan_trace_batch *batch)
{
	const int64_t *position = remains->position;
	const bool joins = llabs(position[at] - before) == 1;
	int direction = position[at] - before;
	size_t end = at + 1;

	if (!joins)
		direction = end < remains->steps &&
			    position[end] < position[at] ? -1 : 1;
	while (end < remains->steps &&
	       position[end] - position[end - 1] == direction)
		end++;
	*batch = (struct oscan_trace_batch){
		.steps = end - at,
		.direction = direction,
		.first_position = position[at],
		.times_ns = remains->time_ns + at,
		.spacing = 1,
		.horizon_ns = remains->time_ns[end - 1],
	};
	return end;
}

static bool make_track(struct remains *remains, size_t first,
		       const struct oscan_state *begin, uint64_t known_ns)
{
	struct oscan_trace_batch batch = { .horizon_ns = known_ns };
	struct scan *scan = &remains->scan;
	int64_t before = begin->position;
	size_t at = first;

	scan->track = oscan_track_new(begin->position, begin->time_ns);
	if (!scan->track)
		return false;
	while (at < remains->steps) {
		at = batch_from(remains, at, before, &batch);
		if (oscan_track_add(scan->track, &batch))
			return false;
		before = remains->position[at - 1];
		scan->state.last_step_ns = remains->time_ns[at - 1];
	}
	batch = (struct oscan_trace_batch){ .horizon_ns = known_ns };
	return known_ns <= oscan_track_horizon(scan->track) ||
	       !oscan_track_add(scan->track, &batch);
}

/**
 * struct course - as it was put, shape [count]
 * @begin: where the steps begin
 */
struct course {
	size_t count;
	uint64_t *event;
	uint64_t *time_ns;
	int64_t *position;
	struct oscan_state begin;
};

static bool read_course(struct remains *remains, struct course *course)
{
	struct scan *scan = &remains->scan;
	size_t lengths[3];
	char path[160];

	course->event = h5_read_all(remains->file,
		axis_path(remains, "course/event", path), H5T_NATIVE_UINT64,
		sizeof(uint64_t), &lengths[0]);
	course->time_ns = h5_read_all(remains->file,
		axis_path(remains, "course/time_ns", path), H5T_NATIVE_UINT64,
		sizeof(uint64_t), &lengths[1]);
	course->position = h5_read_all(remains->file,
		axis_path(remains, "course/position", path), H5T_NATIVE_INT64,
		sizeof(int64_t), &lengths[2]);
	course->count = lengths[0];
	for (int i = 1; i < 3; i++)
		if (lengths[i] < course->count)
			course->count = lengths[i];
	scan->passes = calloc(course->count + 1, sizeof(*scan->passes));
	return course->event && course->time_ns && course->position &&
	       scan->passes;
}

static bool take_course(struct remains *remains, struct course *course)
{
	struct scan *scan = &remains->scan;
	uint32_t *passes = &remains->result.passes;

	for (size_t i = 0; i < course->count; i++) {
		const uint64_t time_ns = course->time_ns[i];
		const struct scan_edge edge = {
			.time_ns = time_ns,
			.position = course->position[i],
			.pass = *passes ? *passes - 1 : SCAN_NO_PASS,
		};

		switch (course->event[i]) {
		case WRITER_COURSE_REST:
			course->begin.position = course->position[i];
			course->begin.time_ns = time_ns;
			break;
		case WRITER_COURSE_LAUNCH:
			scan_pass_planned(scan, *passes,
					  &scan->passes[*passes]);
			scan->passes[(*passes)++].launch_ns = time_ns;
			break;
		case WRITER_COURSE_PULSE:
			if (scan_line_add(&scan->trigger.pulses, &edge))
				return false;
			break;
		case WRITER_COURSE_STROBE:
			if (scan_line_add(&scan->trigger.strobes, &edge))
				return false;
			break;
		case WRITER_COURSE_STROBE_END:
			scan_line_end(&scan->trigger.strobes, time_ns);
			break;
		}
	}
	return true;
}

/*
 * A word that all steps are there is only as good as the steps: a power cut may
 * have left the one and not the other.
 */
static uint64_t known_until(const struct remains *remains, size_t first,
			    const struct course *course)
{
	const struct oscan_state *begin = &course->begin;
	uint64_t known_ns = begin->time_ns;

	if (remains->steps > first)
		known_ns = remains->time_ns[remains->steps - 1];
	for (size_t i = course->count; i > 0; i--) {
		const uint64_t time_ns = course->time_ns[i - 1];

		if (course->event[i - 1] != WRITER_COURSE_KNOWN)
			continue;
		if (time_ns <= known_ns)
			break;
		if (position_at(remains, first, begin, time_ns) ==
		    course->position[i - 1])
			return time_ns;
	}
	return known_ns;
}

/* Return: true with a track; there is none if the axis had not been reached. */
static bool read_track(struct remains *remains)
{
	const size_t first = sum(remains, FLYSCAN "earlier/steps");
	struct course course = { 0 };
	bool good = read_course(remains, &course) &&
		    read_steps(remains, first);

	if (good) {
		good = take_course(remains, &course) &&
		       course.begin.time_ns &&
		       make_track(remains, first, &course.begin,
				  known_until(remains, first, &course));
	}
	free(course.event);
	free(course.time_ns);
	free(course.position);
	return good;
}

/* Return: NULL, or what is lacking. */
static const char *read_all(struct remains *remains)
{
	static const struct {
		bool (*read)(struct remains *remains);
		const char *what;
	} parts[] = {
		{ read_size, "frames" },
		{ read_axis, "the axis" },
		{ read_geometry, "the range" },
		{ read_camera, "what the times of its frames mark" },
		{ read_frames, "the times of its frames" },
		{ read_earlier, "the positions of the scan that it completes" },
		{ read_track, "the steps of the axis" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!parts[i].read(remains))
			return parts[i].what;
	return NULL;
}

static int add_positions(struct remains *remains, const char *path)
{
	const struct writer_config config = {
		.path = path,
		.width = remains->width,
		.height = remains->height,
		.bytes_per_pixel = remains->bytes_per_pixel,
		.axis_name = remains->info.name,
		.axis_unit = oscan_axis_unit_name(&remains->info),
		.rotation = remains->info.unit == OSCAN_UNIT_DEGREE,
	};
	struct scan *scan = &remains->scan;
	int ret;

	scan->writer = writer_reopen(&config, remains->steps);
	if (!scan->writer)
		return -1;
	scan->result->ledger.written = remains->frames -
				       scan->result->ledger.copied;
	scan->result->steps_traced = oscan_track_count(scan->track);
	ret = scan_pair(scan) || scan_store_recovered(scan) ? -1 : 0;
	return writer_close(scan->writer) ? -1 : ret;
}

static void free_remains(struct remains *remains)
{
	const struct flyscan_earlier *earlier = &remains->earlier;

	oscan_track_free(remains->scan.track);
	free(remains->scan.frames);
	free(remains->scan.passes);
	scan_trigger_free(&remains->scan);
	free(remains->time_ns);
	free(remains->position);
	free(remains->in_scan);
	free((void *)earlier->time_ns);
	free((void *)earlier->pass);
	free((void *)earlier->source);
	free((void *)earlier->position);
	free((void *)earlier->position_start);
	free((void *)earlier->position_end);
	free((void *)earlier->sigma);
	free((void *)earlier->speed);
	free(remains);
}

int recovered_finish(const char *path, void *data)
{
	struct remains *remains = calloc(1, sizeof(*remains));
	struct recovered *recovered = data;
	int ret = 0;

	if (!remains)
		return -1;
	remains->scan.request = &remains->request;
	remains->scan.result = &remains->result;
	remains->scan.info = &remains->info;
	remains->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	recovered->lacking = "anything";
	if (remains->file >= 0) {
		recovered->lacking = read_all(remains);
		H5Fclose(remains->file);
	}
	if (!recovered->lacking)
		ret = add_positions(remains, path);
	if (!recovered->lacking && !ret)
		recovered->positions = remains->frames -
				       remains->result.frames_unpaired;
	free_remains(remains);
	return ret;
}

int flyscan_recover(const char *from, const char *to,
		    struct recovered *recovered)
{
	recovered->positions = 0;
	return recover_file(from, to, recovered_finish, recovered, NULL,
			    &recovered->frames);
}
