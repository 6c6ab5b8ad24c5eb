// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "chart.h"

#define TICKS_X 10
#define TICKS_Y 5
#define TEXT_SIZE 11
#define LABEL_SIZE 12

/* Of a line, in the canvas's units: finer cannot be seen. */
#define COLUMN 0.5

/* Side of a dot. */
#define DOT 3.0

static double across(const struct chart *chart, double value)
{
	return chart->left + (value - chart->x.low) /
	       (chart->x.high - chart->x.low) * chart->width;
}

static double up(const struct chart *chart, double value)
{
	return chart->top + chart->height - (value - chart->y.low) /
	       (chart->y.high - chart->y.low) * chart->height;
}

void chart_widen(struct svg_axis *axis, double value)
{
	axis->low = fmin(axis->low, value);
	axis->high = fmax(axis->high, value);
}

void chart_round(struct svg_axis *axis)
{
	double extent = axis->high - axis->low;

	if (!(extent > 0))
		extent = fmax(fabs(axis->high) * 0.2, 1);
	axis->low -= extent * 0.06;
	axis->high += extent * 0.06;
}

static void line(const struct chart *chart, double x1, double y1, double x2,
		 double y2)
{
	const double x[] = { x1, x2 }, y[] = { y1, y2 };

	canvas_polyline(chart->canvas, CANVAS_GRID, x, y, 2);
}

static void ticks_across(const struct chart *chart)
{
	double step = svg_nice_step((chart->x.high - chart->x.low) / TICKS_X);
	double bottom = chart->top + chart->height;
	char text[32];
	double n;

	for (n = ceil(chart->x.low / step); n * step <= chart->x.high; n++) {
		double at = across(chart, n * step);

		line(chart, at, chart->top, at, bottom);
		snprintf(text, sizeof(text), "%.6g", n ? n * step : 0);
		canvas_text(chart->canvas, CANVAS_SOFT, CANVAS_MIDDLE, at,
			    bottom + 16, TEXT_SIZE, text);
	}
	canvas_text(chart->canvas, CANVAS_TEXT, CANVAS_MIDDLE,
		    chart->left + chart->width / 2, bottom + 36, LABEL_SIZE,
		    chart->x.label);
}

static void ticks_up(const struct chart *chart)
{
	double step = chart->y_durations ? 1 :
		svg_nice_step((chart->y.high - chart->y.low) / TICKS_Y);
	char text[SVG_DURATION_LEN];
	double n;

	for (n = ceil(chart->y.low / step); n * step <= chart->y.high; n++) {
		double at = up(chart, n * step);

		line(chart, chart->left, at, chart->left + chart->width, at);
		if (chart->y_durations)
			svg_duration(rint(pow(10, n)), text);
		else
			snprintf(text, sizeof(text), "%.6g",
				 n ? n * step : 0);
		canvas_text(chart->canvas, CANVAS_SOFT, CANVAS_RIGHT,
			    chart->left - 8, at + 4, TEXT_SIZE, text);
	}
	canvas_text(chart->canvas, CANVAS_TEXT, CANVAS_LEFT,
		    chart->left - CHART_LEFT + 14, chart->top - 10,
		    LABEL_SIZE, chart->y.label);
}

void chart_frame(const struct chart *chart)
{
	ticks_across(chart);
	ticks_up(chart);
}

void chart_band(const struct chart *chart, double from, double to)
{
	double left = across(chart, fmax(from, chart->x.low));
	double right = across(chart, fmin(to, chart->x.high));

	if (right < left)
		return;
	/* To be seen however short it is. */
	canvas_rectangle(chart->canvas, CANVAS_SHADE, left, chart->top,
			 fmax(right - left, 1), chart->height);
}

static size_t column_of(const struct chart *chart, double x)
{
	double column = (across(chart, x) - chart->left) / COLUMN;

	return column > 0 ? (size_t)column : 0;
}

/* Points of one column, from @from to before the one that is returned. */
static size_t end_of_column(const struct chart *chart, const double *x,
			    size_t from, size_t count)
{
	size_t column = column_of(chart, x[from]), to = from + 1;

	while (to < count && column_of(chart, x[to]) == column)
		to++;
	return to;
}

static void extremes(const double *y, size_t from, size_t to, size_t *least,
		     size_t *greatest)
{
	size_t i;

	*least = from;
	*greatest = from;
	for (i = from; i < to; i++) {
		if (y[i] < y[*least])
			*least = i;
		if (y[i] > y[*greatest])
			*greatest = i;
	}
}

/* Of each column the first, the extremes in their order, and the last. */
static void unbroken_line(const struct chart *chart, const double *x,
			  const double *y, size_t count, double *points)
{
	size_t from, to, i, least, greatest, n = 0;
	double *xs = points, *ys = points + count;

	for (from = 0; from < count; from = to) {
		to = end_of_column(chart, x, from, count);
		extremes(y, from, to, &least, &greatest);
		for (i = from; i < to; i++) {
			if (i != from && i != to - 1 && i != least &&
			    i != greatest)
				continue;
			xs[n] = across(chart, x[i]);
			ys[n++] = up(chart, y[i]);
		}
	}
	canvas_polyline(chart->canvas, CANVAS_LINE, xs, ys, n);
}

void chart_line(const struct chart *chart, const double *x, const double *y,
		size_t count)
{
	double *points = malloc((2 * count + 1) * sizeof(*points));
	size_t from, to;

	if (!points)
		return;
	for (from = 0; from < count; from = to + 1) {
		for (to = from; to < count && !isnan(y[to]); to++)
			;
		if (to > from)
			unbroken_line(chart, x + from, y + from, to - from,
				      points);
	}
	free(points);
}

void chart_points(const struct chart *chart, const double *x, const double *y,
		  size_t count)
{
	double at, over, last_at = NAN, last_over = NAN;

	for (size_t i = 0; i < count; i++) {
		if (isnan(y[i]))
			continue;
		at = rint(across(chart, x[i]) / COLUMN) * COLUMN;
		over = rint(up(chart, y[i]) / COLUMN) * COLUMN;
		if (at == last_at && over == last_over)
			continue;
		canvas_rectangle(chart->canvas, CANVAS_TEXT, at - DOT / 2,
				 over - DOT / 2, DOT, DOT);
		last_at = at;
		last_over = over;
	}
}

void chart_bars(const struct chart *chart, const double *x, const double *y,
		size_t count)
{
	size_t from, to, least, greatest;
	double top;

	for (from = 0; from < count; from = to) {
		to = end_of_column(chart, x, from, count);
		extremes(y, from, to, &least, &greatest);
		top = up(chart, fmax(y[greatest], chart->y.low));
		canvas_rectangle(chart->canvas, CANVAS_LINE,
				 across(chart, x[from]) - COLUMN, top,
				 2 * COLUMN, chart->top + chart->height - top);
	}
}
