// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/camera/angle.c pkg:hdf5 -lm */
/*
 * A scan with the synthetic camera proves its pairing: the angle that the
 * pixels of each frame show is the position that the file has for it, and the
 * mean of what the rig's edges have for the time of its exposure. Where a line
 * told when a frame was exposed, that is when the rig saw a rising edge of it,
 * and each frame has one of its own. Where the axis had it exposed, that is at
 * the very step that is half of exposure and readout before a whole degree.
 *
 *	synthetic-check FILE EDGES
 *
 * Shares no code with what wrote the file. The last line says what was found;
 * exit status 0: all is well.
 */
#include <hdf5.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../camera/angle.h"
#include "oscan_rig.h"

#define MOST_FRAMES 1000
#define MOST_STEPS 10000
#define LEAST_FRAMES 8

/* Of the rig's turntable. */
#define STEPS_PER_DEG (3200 / 360.0)
/*
 * In microsteps. The position is that of the middle of the exposure, and the
 * pixels show the mean over all of it; these differ where the turntable speeds
 * up, or a step was late. A latency that was measured is uncertain.
 */
#define BY_FILE 1.0
#define BY_EDGES 0.15
#define SAMPLES 64
/* Of the angle code, up and down from the middle. */
#define ROWS 6

struct scan {
	hid_t file;
	size_t frames;
	hsize_t height;
	hsize_t width;
	uint64_t stamp[MOST_FRAMES];
	double exposure[MOST_FRAMES];
	double position[MOST_FRAMES];
	double error[MOST_FRAMES];
	uint8_t in_scan[MOST_FRAMES];
	char mark[32];
	double readout;
	double row_time;
	double latency;
	double latency_error;
	uint64_t launch;
	bool lines;
	double speed;			/* degrees per second */
	uint64_t source[MOST_FRAMES];	/* 1: TRIGGER, 2: CAPTURE */
	uint64_t middle[MOST_FRAMES];	/* by the line */
};

struct edges {
	size_t count;
	uint64_t *time;
	int64_t *position;
	double *stood;			/* microsteps, of each step */
	size_t lines[3];		/* rising edges by source */
	uint64_t line[3][MOST_FRAMES];
};

__attribute__((noreturn, format(printf, 1, 2)))
static void wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static void column(struct scan *scan, const char *path, hid_t type, void *to)
{
	hid_t set = H5Dopen2(scan->file, path, H5P_DEFAULT);
	hid_t space = set < 0 ? -1 : H5Dget_space(set);
	hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);

	if (count != (hssize_t)scan->frames)
		wrong("%s has %lld values for %zu frames", path,
		      (long long)count, scan->frames);
	if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0)
		wrong("%s cannot be read", path);
	H5Sclose(space);
	H5Dclose(set);
}

/* Return: how many steps there are */
static size_t times_of_steps(const struct scan *scan, uint64_t *times)
{
	hid_t set = H5Dopen2(scan->file,
			     "/entry/instrument/turntable/value_log/time_ns",
			     H5P_DEFAULT);
	hid_t space = set < 0 ? -1 : H5Dget_space(set);
	hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);

	if (count < 0 || count > MOST_STEPS ||
	    H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT,
		    times) < 0)
		wrong("the times of %lld steps cannot be read",
		      (long long)count);
	H5Sclose(space);
	H5Dclose(set);
	return count;
}

static double number(struct scan *scan, const char *path)
{
	hid_t set = H5Dopen2(scan->file, path, H5P_DEFAULT);
	double value;

	if (set < 0 || H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL,
			       H5P_DEFAULT, &value) < 0)
		wrong("%s cannot be read", path);
	H5Dclose(set);
	return value;
}

static void read_mark(struct scan *scan)
{
	hid_t set = H5Dopen2(scan->file,
			     "/entry/instrument/detector/sensor_timestamp",
			     H5P_DEFAULT);
	hid_t attribute = H5Aopen(set, "marks", H5P_DEFAULT);
	hid_t type = H5Aget_type(attribute);
	char *text = scan->mark;

	if (H5Tis_variable_str(type) > 0) {
		if (H5Aread(attribute, type, &text) < 0)
			wrong("the mark cannot be read");
		snprintf(scan->mark, sizeof(scan->mark), "%s", text);
	} else if (H5Tget_size(type) >= sizeof(scan->mark) ||
		   H5Aread(attribute, type, text) < 0) {
		wrong("the mark cannot be read");
	}
	H5Tclose(type);
	H5Aclose(attribute);
	H5Dclose(set);
}

static void open_scan(struct scan *scan, const char *path)
{
	hid_t set, space;
	hsize_t size[4];

	scan->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	set = H5Dopen2(scan->file, "/entry/data/data", H5P_DEFAULT);
	space = H5Dget_space(set);
	if (H5Sget_simple_extent_ndims(space) != 3 ||
	    H5Sget_simple_extent_dims(space, size, NULL) < 0)
		wrong("%s has no grey frames", path);
	H5Sclose(space);
	H5Dclose(set);
	if (size[0] < LEAST_FRAMES || size[0] > MOST_FRAMES)
		wrong("%s has %llu frames", path, (unsigned long long)size[0]);
	scan->frames = size[0];
	scan->height = size[1];
	scan->width = size[2];
	column(scan, "/entry/instrument/detector/sensor_timestamp",
	       H5T_NATIVE_UINT64, scan->stamp);
	column(scan, "/entry/instrument/detector/count_time",
	       H5T_NATIVE_DOUBLE, scan->exposure);
	column(scan, "/entry/data/turntable", H5T_NATIVE_DOUBLE,
	       scan->position);
	column(scan, "/entry/data/turntable_errors", H5T_NATIVE_DOUBLE,
	       scan->error);
	column(scan, "/entry/data/in_scan", H5T_NATIVE_UINT8, scan->in_scan);
	scan->readout = number(scan, "/entry/flyscan/camera/readout");
	scan->row_time = number(scan, "/entry/flyscan/camera/row_time");
	scan->latency = number(scan, "/entry/flyscan/camera/latency");
	scan->latency_error =
		number(scan, "/entry/flyscan/camera/latency_uncertainty");
	set = H5Dopen2(scan->file, "/entry/flyscan/clocks/launch",
		       H5P_DEFAULT);
	if (H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT,
		    &scan->launch) < 0)
		wrong("the launch cannot be read");
	H5Dclose(set);
	read_mark(scan);
	scan->speed = number(scan, "/entry/flyscan/scan_velocity");
	scan->lines = H5Lexists(scan->file, "/entry/flyscan/pairing/source",
				H5P_DEFAULT) > 0;
	if (!scan->lines)
		return;
	column(scan, "/entry/flyscan/pairing/source", H5T_NATIVE_UINT64,
	       scan->source);
	column(scan, "/entry/flyscan/pairing/time_ns", H5T_NATIVE_UINT64,
	       scan->middle);
}

static void add_line(struct edges *edges, const struct oscan_rig_edge *edge)
{
	int source = edge->line == OSCAN_RIG_TRIGGER ? 1 :
		     edge->line == OSCAN_RIG_CAPTURE ? 2 : 0;

	if (!source || !edge->value)
		return;
	if (edges->lines[source] == MOST_FRAMES)
		wrong("there are more than %d edges of line %u", MOST_FRAMES,
		      edge->line);
	edges->line[source][edges->lines[source]++] = edge->time_ns;
}

static void read_edges(struct edges *edges, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct oscan_rig_edge edge;
	int64_t position = 0;
	size_t room = 0;
	int up = 0;

	if (!file)
		wrong("%s cannot be opened", path);
	while (fread(&edge, sizeof(edge), 1, file) == 1) {
		add_line(edges, &edge);
		if (edge.line == OSCAN_RIG_TURNTABLE_DIR)
			up = edge.value;
		if (edge.line != OSCAN_RIG_TURNTABLE_STEP || !edge.value)
			continue;
		position += up ? 1 : -1;
		if (edges->count == room) {
			room = room ? 2 * room : 4096;
			edges->time = realloc(edges->time, room * 8);
			edges->position = realloc(edges->position, room * 8);
			edges->stood = realloc(edges->stood, room * 8);
			if (!edges->time || !edges->position || !edges->stood)
				wrong("no memory for the edges");
		}
		edges->time[edges->count] = edge.time_ns;
		edges->stood[edges->count] = 0;
		edges->position[edges->count++] = position;
	}
	fclose(file);
}

/*
 * The driver reads the clock when it has written a step. Where the host took
 * the processor from the machine between the two, the step's time is as much
 * later than its edge, and so the positions next to it are behind.
 */
static void compare_times(const struct scan *scan, struct edges *edges)
{
	static uint64_t times[MOST_STEPS];
	size_t first = 0, steps;

	steps = times_of_steps(scan, times);
	while (first < edges->count && edges->time[first] <= scan->launch)
		first++;
	if (first + steps > edges->count)
		wrong("%zu steps, and %zu edges", steps, edges->count - first);
	for (size_t i = first; i < first + steps; i++) {
		double late = (double)times[i - first] - edges->time[i];
		double before = i ? edges->time[i] - edges->time[i - 1] : 1e9;
		double after = i + 1 < edges->count ?
			       edges->time[i + 1] - edges->time[i] : 1e9;

		if (late < 0 || late >= after)
			wrong("step %zu is %.0f ns after its edge, the next edge %.0f ns",
			      i - first, late, after);
		edges->stood[i] = fmax(late / after, late / (before + late));
	}
}

/* Before the launch it rests. */
static double edges_at(const struct scan *scan, const struct edges *edges,
		       uint64_t time)
{
	size_t next = 0;
	uint64_t since;

	while (next < edges->count && edges->time[next] <= time)
		next++;
	if (!next)
		return 0;
	since = edges->time[next - 1];
	if (next == edges->count || since < scan->launch)
		return edges->position[next - 1];
	return edges->position[next - 1] +
	       (edges->position[next] - edges->position[next - 1]) *
	       ((double)(time - since) / (edges->time[next] - since));
}

/* When the middle row was in the middle of its exposure. */
static uint64_t middle(const struct scan *scan, size_t frame)
{
	double half = scan->exposure[frame] / 2, rows = scan->readout / 2;
	double shift = half + rows;

	if (scan->lines)
		return scan->middle[frame];
	if (!strcmp(scan->mark, "readout_start"))
		shift = rows - half;
	else if (!strcmp(scan->mark, "frame_end"))
		shift = -half - rows;
	else if (strcmp(scan->mark, "exposure_start"))
		wrong("the times mark \"%s\"", scan->mark);
	return scan->stamp[frame] +
	       (int64_t)llrint((shift - scan->latency) * 1e9);
}

/* When a row, counted from the middle, was in the middle of its exposure. */
static uint64_t middle_of_row(const struct scan *scan, size_t frame, int row)
{
	return middle(scan, frame) + (int64_t)llrint(row * scan->row_time * 1e9);
}

/* Return: by how much the driver's times may put the frame off, microsteps */
static double stood_in(const struct scan *scan, const struct edges *edges,
		       size_t frame)
{
	uint64_t half = llrint(scan->exposure[frame] * 1e9 / 2);
	uint64_t from = middle_of_row(scan, frame, -ROWS) - half;
	uint64_t to = middle_of_row(scan, frame, ROWS) + half;
	double stood = 0;

	for (size_t i = 0; i < edges->count; i++)
		if ((i + 1 == edges->count || edges->time[i + 1] > from) &&
		    (!i || edges->time[i - 1] < to))
			stood = fmax(stood, edges->stood[i]);
	return stood;
}

/* Degrees, the mean over the exposure of a row, counted from the middle. */
static double by_edges(const struct scan *scan, const struct edges *edges,
		       size_t frame, int row)
{
	double exposure_ns = scan->exposure[frame] * 1e9, sum = 0;
	uint64_t time = middle_of_row(scan, frame, row);

	for (int i = 0; i < SAMPLES; i++)
		sum += edges_at(scan, edges, time + (int64_t)
				(exposure_ns * ((i + 0.5) / SAMPLES - 0.5)));
	return sum / SAMPLES / STEPS_PER_DEG;
}

static void read_frame(const struct scan *scan, size_t frame,
		       struct angle *angle)
{
	hsize_t from[3] = { frame, 0, 0 };
	hsize_t size[3] = { 1, scan->height, scan->width };
	uint8_t *pixels = malloc(scan->height * scan->width);
	hid_t set = H5Dopen2(scan->file, "/entry/data/data", H5P_DEFAULT);
	hid_t space = H5Dget_space(set);
	hid_t memory = H5Screate_simple(3, size, NULL);

	H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, size, NULL);
	if (H5Dread(set, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT,
		    pixels) < 0)
		wrong("frame %zu cannot be read", frame);
	if (!angle_read(pixels, scan->width, scan->height, 1, angle))
		wrong("frame %zu shows no angle", frame);
	H5Sclose(memory);
	H5Sclose(space);
	H5Dclose(set);
	free(pixels);
}

/*
 * Return: by how much @degrees, a mean over the rows, lies outside of what the
 * edges have for the frame, microsteps, with the sign of by_file. Where the axis
 * was held up in mid exposure, the mean over the exposure is not the place in its
 * middle, and a blurred edge is found somewhere around the two.
 */
static double off_from_edges(const struct scan *scan, const struct edges *edges,
			     size_t frame, double degrees, double *uneven)
{
	double mean = 0, place = 0, off, other;

	for (int row = -ROWS; row <= ROWS; row++) {
		mean += by_edges(scan, edges, frame, row) / (2 * ROWS + 1);
		place += edges_at(scan, edges, middle_of_row(scan, frame, row)) /
			 (2 * ROWS + 1) / STEPS_PER_DEG;
	}
	off = angle_between(degrees, mean) * STEPS_PER_DEG;
	other = angle_between(degrees, place) * STEPS_PER_DEG;
	*uneven = fabs(off - other);
	if (off * other < 0)
		return 0;
	return fabs(off) < fabs(other) ? off : other;
}

/* Return: by how much it is off from the edges, microsteps */
static double check_frame(const struct scan *scan, const struct edges *edges,
			  size_t frame)
{
	double by_file, by_rig, slope, bound, uneven, stood;
	struct angle angle;

	read_frame(scan, frame, &angle);
	by_file = angle_between(angle.degrees, scan->position[frame]) *
		  STEPS_PER_DEG;
	by_rig = off_from_edges(scan, edges, frame, angle.degrees, &uneven);
	stood = stood_in(scan, edges, frame);
	bound = scan->latency_error > 0 ? BY_FILE : BY_EDGES + uneven + stood;
	if (fabs(by_file) > BY_FILE || fabs(by_rig) > bound)
		wrong("frame %zu shows %.4f degrees, %.3f microsteps from the file and %.3f from the edges, uneven by %.3f, with times late by %.3f",
		      frame, angle.degrees, by_file, by_rig, uneven, stood);
	slope = (by_edges(scan, edges, frame, ROWS) -
		 by_edges(scan, edges, frame, -ROWS)) / (2 * ROWS);
	if (uneven + stood < BY_EDGES &&
	    fabs(angle.per_row - slope) > 0.1 * fabs(slope) + 2e-3)
		wrong("frame %zu shows %.5f degrees from row to row and not %.5f",
		      frame, angle.per_row, slope);
	if (!(scan->error[frame] > 0) ||
	    fabs(by_file) / STEPS_PER_DEG > 4 * scan->error[frame])
		wrong("frame %zu is %.4f degrees off, with an uncertainty of %.4f",
		      frame, by_file / STEPS_PER_DEG, scan->error[frame]);
	return fabs(by_rig);
}

/* Return: number of the edge that is nearest to the begin of the exposure */
static size_t edge_of(const struct scan *scan, const struct edges *edges,
		      size_t frame)
{
	uint64_t start = scan->middle[frame] - llrint(1e9 / 2 *
			 (scan->exposure[frame] + scan->readout));
	const uint64_t *line = edges->line[scan->source[frame]];
	size_t count = edges->lines[scan->source[frame]], near = 0;

	for (size_t i = 1; i < count; i++)
		if (llabs((int64_t)(line[i] - start)) <
		    llabs((int64_t)(line[near] - start)))
			near = i;
	if (!count)
		wrong("the rig saw no edge of the line");
	/* An interrupt may be late on an emulated machine, but never early. */
	if (start < line[near] ||
	    (near + 1 < count &&
	     start - line[near] > (line[near + 1] - line[near]) / 4))
		wrong("frame %zu begins %lld ns after the edge of the line",
		      frame, (long long)(start - line[near]));
	return near;
}

/* Steps are late on an emulated machine; the pulse comes with its step. */
static void check_place(const struct scan *scan, const struct edges *edges,
			size_t frame, uint64_t time)
{
	double lead = scan->speed / 2 *
		      (scan->exposure[frame] + scan->readout);
	size_t step = 0;
	double place;

	while (step < edges->count && edges->time[step] <= time)
		step++;
	if (step < 2)
		wrong("frame %zu is exposed before any step", frame);
	if (edges->position[step - 1] < edges->position[step - 2])
		lead = -lead;
	place = edges->position[step - 1] / STEPS_PER_DEG + lead;
	if (fabs(place - rint(place)) * STEPS_PER_DEG > 0.51)
		wrong("frame %zu is exposed for %.4f degrees", frame, place);
}

static void check_lines(const struct scan *scan, const struct edges *edges)
{
	size_t last = 0, edge;

	for (size_t i = 0; i < scan->frames && scan->lines; i++) {
		if (scan->source[i] < 1 || scan->source[i] > 2)
			wrong("frame %zu has no edge of its own", i);
		edge = edge_of(scan, edges, i);
		if (scan->source[i] == 1 && scan->in_scan[i])
			check_place(scan, edges, i, edges->line[1][edge]);
		if (i && edge <= last)
			wrong("frames %zu and %zu have edge %zu and %zu",
			      i - 1, i, last, edge);
		last = edge;
	}
}

int main(int argc, char **argv)
{
	static struct scan scan;
	static struct edges edges;
	double worst = 0, worst_even = 0, off;
	size_t even = 0, stood = 0;

	if (argc != 3)
		wrong("wanted FILE EDGES");
	open_scan(&scan, argv[1]);
	read_edges(&edges, argv[2]);
	compare_times(&scan, &edges);
	check_lines(&scan, &edges);
	for (size_t i = 0; i < scan.frames; i++) {
		off = check_frame(&scan, &edges, i);
		worst = fmax(worst, off);
		if (!scan.in_scan[i])
			continue;
		if (stood_in(&scan, &edges, i) > BY_EDGES) {
			stood++;
			continue;
		}
		worst_even = fmax(worst_even, off);
		even++;
	}
	if (even < LEAST_FRAMES)
		wrong("%zu frames are in the pass, and %zu where the machine stood still",
		      even, stood);
	printf("%zu frames, at most %.3f microsteps from the edges; %zu in the pass, at most %.3f; %zu where the machine stood still\n",
	       scan.frames, worst, even, worst_even, stood);
	free(edges.time);
	free(edges.stood);
	free(edges.position);
	H5Fclose(scan.file);
	return 0;
}
