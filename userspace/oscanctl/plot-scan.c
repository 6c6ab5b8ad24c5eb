// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl plot: draw a fly scan. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chart.h"
#include "oscanctl.h"
#include "plot.h"
#include "scanfile.h"

/**
 * struct shown - what is drawn of a scan: what it took itself, and not what it
 * had of an earlier one, whose times are others
 * @scan: the file
 * @sigma: shape [scan->frames], user's unit
 * @spacing: user's unit, from one place to the next
 * @begin_ns: when the picture begins
 * @end_s: when it ends
 */
struct shown {
	const struct scanfile *scan;
	double *sigma;
	double spacing;
	uint64_t begin_ns;
	double end_s;
};

static double seconds(const struct shown *shown, uint64_t time_ns)
{
	return (double)(int64_t)(time_ns - shown->begin_ns) / 1e9;
}

static double frame_s(const struct shown *shown, size_t frame)
{
	return seconds(shown, shown->scan->time_ns[frame]);
}

static int look(struct shown *shown, const struct scanfile *scan)
{
	const double places = scanfile_number(scan, "num_frames");
	char path[128];
	size_t count;

	*shown = (struct shown){
		.scan = scan,
		.spacing = fabs(scanfile_number(scan, "p_end") -
				scanfile_number(scan, "p_start")) /
			   (places - 1),
		.end_s = 1e-6,
	};
	snprintf(path, sizeof(path), "/entry/data/%s_errors", scan->axis);
	shown->sigma = scanfile_values(scan, path, H5T_NATIVE_DOUBLE,
				       sizeof(*shown->sigma), &count);
	if (!shown->sigma || count != scan->frames ||
	    scan->first_frame == scan->frames || !isfinite(shown->spacing))
		return -1;
	shown->begin_ns = scan->time_ns[scan->first_frame];
	if (scan->first_step < scan->steps &&
	    scan->step_ns[scan->first_step] < shown->begin_ns)
		shown->begin_ns = scan->step_ns[scan->first_step];
	for (size_t i = scan->first_frame; i < scan->frames; i++)
		shown->end_s = fmax(shown->end_s, frame_s(shown, i));
	if (scan->first_step < scan->steps)
		shown->end_s = fmax(shown->end_s, seconds(shown,
			scan->step_ns[scan->steps - 1]));
	return 0;
}

static void find_positions(const struct shown *shown, struct series *series)
{
	for (size_t i = shown->scan->first_frame; i < shown->scan->frames; i++)
		series_add(series, frame_s(shown, i),
			   shown->scan->position[i]);
}

/* From one frame of the scan to the next, less what it should be. */
static void find_spacing(const struct shown *shown, struct series *series)
{
	const struct scanfile *scan = shown->scan;

	for (size_t i = scan->first_frame + 1; i < scan->frames; i++)
		series_add(series, frame_s(shown, i),
			   scanfile_follows(scan, i) ?
			   fabs(scan->position[i] - scan->position[i - 1]) -
			   shown->spacing : NAN);
}

static void find_sigma(const struct shown *shown, struct series *series)
{
	for (size_t i = shown->scan->first_frame; i < shown->scan->frames; i++)
		series_add(series, frame_s(shown, i), shown->sigma[i]);
}

/* The axis stood from each step to the next. */
static void draw_steps(const struct chart *chart, const struct shown *shown)
{
	const struct scanfile *scan = shown->scan;
	struct series series;
	double stood = NAN;

	if (!series_make(&series, 2 * (scan->steps - scan->first_step) + 1)) {
		for (size_t i = scan->first_step; i < scan->steps; i++) {
			const double at = seconds(shown, scan->step_ns[i]);

			series_add(&series, at, stood);
			stood = scan->step_position[i] / scan->scale;
			series_add(&series, at, stood);
		}
		chart_line(chart, series.x, series.y, series.count);
	}
	series_free(&series);
}

/* What lies before, between and behind the frames of the passes. */
static void draw_bands(const struct chart *chart, const struct shown *shown)
{
	const struct scanfile *scan = shown->scan;
	double from = 0;

	for (size_t i = scan->first_frame; i < scan->frames; i++) {
		if (!scan->in_scan[i])
			continue;
		if (!scanfile_follows(scan, i))
			chart_band(chart, from, frame_s(shown, i));
		from = frame_s(shown, i);
	}
	chart_band(chart, from, shown->end_s);
}

/**
 * struct pane - one of the charts
 * @label: of what goes up
 * @find: makes the points, one for each frame
 * @from_zero: what goes up begins at zero
 */
static const struct pane {
	const char *label;
	void (*find)(const struct shown *shown, struct series *series);
	bool from_zero;
} panes[] = {
	{ "position of the frames", find_positions, false },
	{ "error of the spacing from frame to frame", find_spacing, false },
	{ "standard uncertainty of the position", find_sigma, true },
};

#define PANES (sizeof(panes) / sizeof(panes[0]))

static void draw_points(struct chart *chart, const struct shown *shown,
			const struct pane *pane, const struct series *series)
{
	for (size_t i = 0; i < series->count; i++)
		chart_widen(&chart->y, series->y[i]);
	if (pane->from_zero || isnan(chart->y.low))
		chart_widen(&chart->y, 0);
	chart_round(&chart->y);
	if (pane->from_zero)
		chart->y.low = 0;
	draw_bands(chart, shown);
	chart_frame(chart);
	if (pane->find == find_positions)
		draw_steps(chart, shown);
	chart_points(chart, series->x, series->y, series->count);
}

static int draw_pane(struct canvas *canvas, const struct pane *pane,
		     const struct shown *shown, double top)
{
	char label[96];
	struct chart chart = {
		.canvas = canvas,
		.left = CHART_LEFT,
		.top = top,
		.width = PLOT_WIDTH - CHART_LEFT - 24,
		.height = PLOT_PLANE_HEIGHT,
		.x = { 0, shown->end_s,
		       "seconds since the first frame or step" },
		.y = { NAN, NAN, label },
	};
	struct series series;
	int ret;

	snprintf(label, sizeof(label), "%s (%s)", pane->label,
		 shown->scan->unit);
	ret = series_make(&series, shown->scan->frames);
	if (!ret) {
		pane->find(shown, &series);
		draw_points(&chart, shown, pane, &series);
	}
	series_free(&series);
	return ret;
}

static void draw_title(struct canvas *canvas, const struct shown *shown,
		       const char *file)
{
	const struct scanfile *scan = shown->scan;
	size_t in_scan = 0;
	char text[200];
	int length;

	for (size_t i = scan->first_frame; i < scan->frames; i++)
		in_scan += scan->in_scan[i];
	length = snprintf(text, sizeof(text),
			  "%.32s in %.64s: %zu frames, %zu of them in the scan; shaded: outside of it",
			  scan->axis, plot_base(file),
			  scan->frames - scan->first_frame, in_scan);
	if (scan->first_frame)
		snprintf(text + length, sizeof(text) - length,
			 "; not shown: %zu of an earlier scan",
			 scan->first_frame);
	canvas_text(canvas, CANVAS_TEXT, CANVAS_LEFT, 14, 26, 15, text);
}

static int draw(const struct shown *shown, const char *file, const char *path)
{
	struct canvas *canvas =
		canvas_new(path, PLOT_WIDTH,
			   PLOT_HEAD + PANES * PLOT_PLANE_EVERY + PLOT_FOOT,
			   "position of each frame, its spacing and its uncertainty against time");
	int bad = 0;

	if (!canvas)
		return plot_write_failed(path, errno);
	draw_title(canvas, shown, file);
	for (size_t pane = 0; pane < PANES; pane++)
		bad |= draw_pane(canvas, &panes[pane], shown,
				 PLOT_HEAD + pane * PLOT_PLANE_EVERY);
	if (canvas_close(canvas))
		return plot_write_failed(path, errno);
	if (bad)
		return plot_write_failed(path, ENOMEM);
	printf("%s\n", path);
	return EXIT_SUCCESS;
}

int plot_scan(const char *file, const char *name, const char *path)
{
	struct scanfile scan;
	struct shown shown;
	int status;

	if (scanfile_open(&scan, file))
		return EXIT_FAILURE;
	if (look(&shown, &scan))
		status = fail("wanted frames with positions to draw in %s, found none; give the name of a file that \"oscanctl flyscan\" made",
			      file);
	else if (name && strcmp(name, scan.axis))
		status = fail("wanted axis \"%s\", found that %s is a scan of %s; leave the name away",
			      name, file, scan.axis);
	else
		status = draw(&shown, file, path);
	free(shown.sigma);
	scanfile_close(&scan);
	return status;
}
