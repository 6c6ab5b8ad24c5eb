// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl plot: draw a recorded trace, or a scan. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chart.h"
#include "h5read.h"
#include "oscanctl.h"
#include "plot.h"
#include "tracefile.h"

#define PATH_LEN 4096
#define LATE_LEAST_NS 10

/* A speed is told over at least so large a part of the whole. */
#define SPEED_PARTS 500

static const struct option_text option_texts[] = {
	{ "output", 'o', "PICTURE",
	  "ends in .svg or .png; FILE.svg if not given" },
	{ 0 }
};

static const struct usage usage = {
	.command = "plot",
	.operands = "FILE [AXIS]",
	.least = 1,
	.most = 2,
	.text = "Draw the steps that were recorded, or the frames of a fly scan.",
	.options = option_texts,
};

int series_make(struct series *series, size_t most)
{
	series->x = calloc(most + 1, sizeof(*series->x));
	series->y = calloc(most + 1, sizeof(*series->y));
	series->count = 0;
	return series->x && series->y ? 0 : -1;
}

void series_add(struct series *series, double x, double y)
{
	series->x[series->count] = x;
	series->y[series->count++] = y;
}

void series_free(struct series *series)
{
	free(series->x);
	free(series->y);
}

static double seconds(const struct traceread_axis *axis, uint64_t time_ns)
{
	return (double)(int64_t)(time_ns - axis->begin_ns) / 1e9;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return first < second ? -1 : first > second;
}

/* Steps are missing between the one before and this one. */
static bool is_after_gap(const struct traceread_axis *axis, size_t step)
{
	return bsearch(&axis->time_ns[step], axis->gap_to_ns, axis->gaps,
		       sizeof(*axis->gap_to_ns), compare_times);
}

static double place(const struct traceread_axis *axis, int64_t position)
{
	return position / axis->steps_per_unit;
}

/* As the axis stood: still until a step, and then there. */
static void find_positions(const struct traceread_axis *axis,
			   struct series *series)
{
	double stood = place(axis, axis->begin_position);
	size_t i;

	series_add(series, 0, stood);
	for (i = 0; i < axis->steps; i++) {
		double at = seconds(axis, axis->time_ns[i]);

		series_add(series, at, is_after_gap(axis, i) ? NAN : stood);
		stood = place(axis, axis->position[i]);
		series_add(series, at, stood);
	}
	series_add(series, seconds(axis, axis->horizon_ns), stood);
}

/* Mean speed over a stretch that can be seen, or one interval. */
static void find_speeds(const struct traceread_axis *axis,
			struct series *series)
{
	uint64_t least_ns = (axis->horizon_ns - axis->begin_ns) / SPEED_PARTS;
	double speed, before = 0;
	size_t from = 0, i;

	series_add(series, 0, 0);
	if (axis->steps)
		series_add(series, seconds(axis, axis->time_ns[0]), 0);
	for (i = 1; i < axis->steps; i++) {
		if (is_after_gap(axis, i))
			from = i;
		while (from + 1 < i && axis->time_ns[i] -
		       axis->time_ns[from + 1] >= least_ns)
			from++;
		if (from == i) {
			series_add(series, before, NAN);
			continue;
		}
		before = seconds(axis, axis->time_ns[i - 1]);
		speed = place(axis, axis->position[i] - axis->position[from]) *
			1e9 / (double)(axis->time_ns[i] - axis->time_ns[from]);
		series_add(series, before, speed);
		before = seconds(axis, axis->time_ns[i]);
		series_add(series, before, speed);
	}
	series_add(series, before, 0);
	series_add(series, seconds(axis, axis->horizon_ns), 0);
}

static void find_lateness(const struct traceread_axis *axis,
			  struct series *series)
{
	size_t i;

	for (i = 0; i < axis->steps; i++)
		series_add(series, seconds(axis, axis->time_ns[i]),
			   log10(fmax(axis->late_ns[i], LATE_LEAST_NS)));
}

static void draw_gaps(const struct chart *chart,
		      const struct traceread_axis *axis)
{
	size_t i;

	for (i = 0; i < axis->gaps; i++)
		chart_band(chart, seconds(axis, axis->gap_from_ns[i]),
			   seconds(axis, axis->gap_to_ns[i]));
}

/**
 * struct pane - one of the charts of an axis
 * @label: of what goes up; of a unit if it has "%s" in it
 * @find: makes the points
 * @draw: draws them
 * @durations: see struct chart
 */
static const struct pane {
	const char *label;
	void (*find)(const struct traceread_axis *axis, struct series *series);
	void (*draw)(const struct chart *chart, const double *x,
		     const double *y, size_t count);
	bool durations;
} panes[] = {
	{ "position", find_positions, chart_line, false },
	{ "speed", find_speeds, chart_line, false },
	{ "lateness, the worst at each time", find_lateness, chart_bars,
	  true },
};

#define PANES (sizeof(panes) / sizeof(panes[0]))

static void label_pane(const struct pane *pane,
		       const struct traceread_axis *axis, char text[64])
{
	if (pane->durations)
		snprintf(text, 64, "%s", pane->label);
	else
		snprintf(text, 64, "%s of %.24s (%s%s)", pane->label,
			 axis->name, axis->unit,
			 pane->find == find_speeds ? "/s" : "");
}

static void range_of(struct chart *chart, const struct series *series)
{
	size_t i;

	for (i = 0; i < series->count; i++)
		chart_widen(&chart->y, series->y[i]);
	if (chart->y_durations) {
		/* Whole decades, from one that shows that there is nothing. */
		chart->y.low = log10(LATE_LEAST_NS);
		chart->y.high = ceil(fmax(chart->y.high, 3));
	} else {
		chart_round(&chart->y);
	}
}

static int draw_pane(struct canvas *canvas, const struct pane *pane,
		     const struct traceread_axis *axis, double top,
		     double end)
{
	struct chart chart = {
		.canvas = canvas,
		.left = CHART_LEFT,
		.top = top,
		.width = PLOT_WIDTH - CHART_LEFT - 24,
		.height = PLOT_PLANE_HEIGHT,
		.x = { 0, end, "seconds since the recording began" },
		.y = { NAN, NAN, NULL },
		.y_durations = pane->durations,
	};
	struct series series;
	char label[64];

	if (series_make(&series, 2 * axis->steps + 4)) {
		series_free(&series);
		errno = ENOMEM;
		return -1;
	}
	pane->find(axis, &series);
	label_pane(pane, axis, label);
	chart.y.label = label;
	range_of(&chart, &series);
	draw_gaps(&chart, axis);
	chart_frame(&chart);
	pane->draw(&chart, series.x, series.y, series.count);
	series_free(&series);
	return 0;
}

/* One for all, so that they can be compared. */
static double end_of(const struct traceread_axis *axes, unsigned int count)
{
	double end = 1e-6;
	unsigned int i;

	for (i = 0; i < count; i++)
		end = fmax(end, seconds(&axes[i], axes[i].horizon_ns));
	return end;
}

const char *plot_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void draw_title(struct canvas *canvas,
		       const struct traceread_axis *axis, const char *file,
		       double top)
{
	char text[160];

	snprintf(text, sizeof(text), "%.32s in %.64s: %zu steps in %.4g s%s",
		 axis->name, plot_base(file), axis->steps,
		 seconds(axis, axis->horizon_ns),
		 axis->gaps ? "; shaded: steps are missing" : "");
	canvas_text(canvas, CANVAS_TEXT, CANVAS_LEFT, 14, top, 15, text);
}

int plot_write_failed(const char *path, int error)
{
	if (error == EINVAL)
		return wrong_usage("--output: wanted a name that ends in .svg or .png, found \"%s\"",
				   path);
	return fail("wanted to write the picture %s, found: %s; choose another place with --output",
		    path, strerror(error));
}

static int draw(const struct traceread_axis *axes, unsigned int count,
		const char *file, const char *path)
{
	double each = PLOT_HEAD + PANES * PLOT_PLANE_EVERY + PLOT_FOOT;
	struct canvas *canvas =
		canvas_new(path, PLOT_WIDTH, count * each,
			   "position, speed and lateness against time");
	unsigned int i;
	int bad = 0;
	size_t pane;

	if (!canvas)
		return plot_write_failed(path, errno);
	for (i = 0; i < count; i++) {
		draw_title(canvas, &axes[i], file, i * each + 26);
		for (pane = 0; pane < PANES; pane++)
			bad |= draw_pane(canvas, &panes[pane], &axes[i],
					 i * each + PLOT_HEAD + pane * PLOT_PLANE_EVERY,
					 end_of(axes, count));
	}
	if (canvas_close(canvas))
		return plot_write_failed(path, errno);
	if (bad)
		return plot_write_failed(path, ENOMEM);
	printf("%s\n", path);
	return EXIT_SUCCESS;
}

/* "trace.h5" becomes "trace.svg". */
static void picture_path(const char *file, char path[PATH_LEN])
{
	size_t length = strlen(file);

	if (length > 3 && !strcmp(file + length - 3, ".h5"))
		length -= 3;
	snprintf(path, PATH_LEN, "%.*s.svg", (int)length, file);
}

/*
 * The one that is named; else those that moved, or if none did, all. Return:
 * their number
 */
static unsigned int choose(const struct traceread *trace, const char *name,
			   struct traceread_axis *chosen)
{
	unsigned int count = 0, i;

	for (i = 0; i < trace->count; i++)
		if (name ? !strcmp(trace->axes[i].name, name) :
			   trace->axes[i].steps)
			chosen[count++] = trace->axes[i];
	if (count || name)
		return count;
	memcpy(chosen, trace->axes, trace->count * sizeof(*chosen));
	return trace->count;
}

static int plot(const char *file, const char *name, const char *path)
{
	struct traceread_axis chosen[OSCAN_MAX_AXES];
	struct traceread trace;
	unsigned int count;
	int status;

	if (traceread_open(&trace, file))
		return EXIT_FAILURE;
	count = choose(&trace, name, chosen);
	if (count)
		status = draw(chosen, count, file, path);
	else
		status = fail("wanted axis \"%s\", found that %s has no such; leave it away to draw all that moved",
			      name, file);
	traceread_free(&trace);
	return status;
}

/* What was not finished is told of by those that read it. */
static bool is_scan(const char *path)
{
	hid_t file;
	bool found;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (file < 0)
		return false;
	found = h5_exists(file, "/entry/data/data");
	H5Fclose(file);
	return found;
}

int cmd_plot(int argc, char **argv)
{
	const char *output = NULL, *name;
	struct options options;
	char path[PATH_LEN];
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		output = options.value;
	if (key < 0)
		return options.status;
	picture_path(argv[1], path);
	if (!output)
		output = path;
	name = options.count > 1 ? argv[2] : NULL;
	if (is_scan(argv[1]))
		return plot_scan(argv[1], name, output);
	return plot(argv[1], name, output);
}
