/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Charts on a canvas: a frame with ticks, and what is drawn within. */
#ifndef CHART_H
#define CHART_H

#include <stdbool.h>
#include <stddef.h>
#include "canvas.h"
#include "svg.h"

/**
 * struct chart - one chart
 * @canvas: where it is
 * @left: of its plane, in the canvas's units
 * @top: of its plane
 * @width: of its plane; ticks and labels are to the left and below
 * @height: of its plane
 * @x: what goes right
 * @y: what goes up
 * @y_durations: @y is the decimal logarithm of nanoseconds
 */
struct chart {
	struct canvas *canvas;
	double left;
	double top;
	double width;
	double height;
	struct svg_axis x;
	struct svg_axis y;
	bool y_durations;
};

/* Room for a y axis on the left, and for an x axis below. */
#define CHART_LEFT 84
#define CHART_BELOW 46

/** chart_widen - let an axis, which may begin as { NAN, NAN }, have @value */
void chart_widen(struct svg_axis *axis, double value);

/** chart_round - leave some room, and have an extent where there is none */
void chart_round(struct svg_axis *axis);

/** chart_frame - grid, ticks and labels */
void chart_frame(const struct chart *chart);

/** chart_band - shade from one x to another, over the whole height */
void chart_band(const struct chart *chart, double from, double to);

/**
 * chart_line - a line through points
 * @x: shape [@count], ascending
 * @y: shape [@count]; the line is broken at a NAN
 *
 * However many they are, no more is drawn than can be seen.
 */
void chart_line(const struct chart *chart, const double *x, const double *y,
		size_t count);

/**
 * chart_points - a dot at each point; not at a NAN
 *
 * However many they are, no two are drawn at one place.
 */
void chart_points(const struct chart *chart, const double *x, const double *y,
		  size_t count);

/** chart_bars - the greatest y at each x that can be told apart, as bars */
void chart_bars(const struct chart *chart, const double *x, const double *y,
		size_t count);

#endif /* CHART_H */
