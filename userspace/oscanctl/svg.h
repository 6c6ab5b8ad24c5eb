/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of numbers, as inline SVG. Colours are classes of the page. */
#ifndef SVG_H
#define SVG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct svg_axis - what lies along one side
 * @low: first value
 * @high: last value, above @low
 * @label: text with unit
 */
struct svg_axis {
	double low;
	double high;
	const char *label;
};

/** struct svg_point - a frame */
struct svg_point {
	double x;
	double y;
	size_t index;
	int marked;
};

/**
 * svg_plot - a line and points over it, between two marked heights
 * @line_x: shape [@line]
 * @line_y: shape [@line]
 * @band: shape [2], heights between which it is shaded
 */
void svg_plot(FILE *out, const struct svg_axis *x, const struct svg_axis *y,
	      const double *line_x, const double *line_y, size_t line,
	      const struct svg_point *points, size_t n_points,
	      const double band[2]);

/**
 * svg_late_bins - how many steps were how late
 * @bins: shape [@count], as oscan_stats.late_bins
 */
void svg_late_bins(FILE *out, const uint64_t *bins, size_t count);

/** svg_nice_step - 1, 2 or 5 times a power of ten, at least @raw > 0 */
double svg_nice_step(double raw);

/** svg_duration - "85 us", with the unit that suits, into @text */
#define SVG_DURATION_LEN 32
const char *svg_duration(double ns, char text[SVG_DURATION_LEN]);

#endif /* SVG_H */
