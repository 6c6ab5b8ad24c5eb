// SPDX-License-Identifier: GPL-2.0-or-later
/* Pictures of numbers, as inline SVG. */
#include <math.h>
#include <stdbool.h>
#include "svg.h"

#define WIDTH 960
#define HEIGHT 420
#define BARS_HEIGHT 320
#define LEFT 70
#define RIGHT 20
#define TOP 26
#define BOTTOM 52
#define TICKS 8
#define MANY_POINTS 150

/* A plane to draw on, in the picture's own units. */
struct plane {
	const struct svg_axis *x;
	const struct svg_axis *y;
	double bottom;
};

static double across(const struct plane *plane, double value)
{
	return LEFT + (value - plane->x->low) /
	       (plane->x->high - plane->x->low) * (WIDTH - LEFT - RIGHT);
}

static double up(const struct plane *plane, double value)
{
	return plane->bottom - (value - plane->y->low) /
	       (plane->y->high - plane->y->low) * (plane->bottom - TOP);
}

double svg_nice_step(double raw)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double power = pow(10, floor(log10(raw)));

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] * power >= raw * (1 - 1e-9))
			return steps[i] * power;
	return 10 * power;
}

const char *svg_duration(double ns, char text[SVG_DURATION_LEN])
{
	static const char *const units[] = { "ns", "\u00b5s", "ms", "s" };
	size_t unit = 0;

	while (ns >= 1000 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(text, SVG_DURATION_LEN, ns >= 100 || ns == rint(ns) ?
		 "%.0f %s" : "%.1f %s", ns, units[unit]);
	return text;
}

static void begin(FILE *out, int height, const char *name)
{
	fprintf(out,
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		WIDTH, height, name);
}

static void vertical_ticks(FILE *out, const struct plane *plane)
{
	const struct svg_axis *x = plane->x;
	double step = svg_nice_step((x->high - x->low) / TICKS);

	for (double n = ceil(x->low / step); n * step <= x->high; n++) {
		double at = across(plane, n * step);

		fprintf(out,
			"<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.6g</text>\n",
			at, TOP, at, plane->bottom, at, plane->bottom + 18,
			n ? n * step : 0);
	}
	fprintf(out,
		"<text class=\"label\" x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
		(LEFT + WIDTH - RIGHT) / 2, plane->bottom + 42, x->label);
}

static void horizontal_ticks(FILE *out, const struct plane *plane)
{
	const struct svg_axis *y = plane->y;
	double step = svg_nice_step((y->high - y->low) / TICKS);

	for (double n = ceil(y->low / step); n * step <= y->high; n++) {
		double at = up(plane, n * step);

		fprintf(out,
			"<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n",
			LEFT, at, WIDTH - RIGHT, at, LEFT - 8, at + 4,
			n ? n * step : 0);
	}
	fprintf(out, "<text class=\"label\" x=\"%d\" y=\"14\">%s</text>\n",
		LEFT - 50, y->label);
}

static void draw_band(FILE *out, const struct plane *plane,
		      const double band[2])
{
	double top = up(plane, fmax(band[0], band[1]));
	double bottom = up(plane, fmin(band[0], band[1]));

	fprintf(out,
		"<rect class=\"band\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n",
		LEFT, top, WIDTH - LEFT - RIGHT, bottom - top);
}

static void draw_line(FILE *out, const struct plane *plane, const double *x,
		      const double *y, size_t count)
{
	fprintf(out, "<polyline class=\"path\" points=\"");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%.1f,%.1f", i ? " " : "",
			across(plane, x[i]), up(plane, y[i]));
	fprintf(out, "\"/>\n");
}

static void draw_points(FILE *out, const struct plane *plane,
			const struct svg_point *points, size_t count)
{
	double radius = count > MANY_POINTS ? 2.2 : 3.2;

	for (size_t i = 0; i < count; i++)
		fprintf(out,
			"<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>frame %zu: %.4f at %.4f s</title></circle>\n",
			points[i].marked ? "frame" : "frame outside",
			across(plane, points[i].x), up(plane, points[i].y),
			radius, points[i].index, points[i].y, points[i].x);
}

void svg_plot(FILE *out, const struct svg_axis *x, const struct svg_axis *y,
	      const double *line_x, const double *line_y, size_t line,
	      const struct svg_point *points, size_t n_points,
	      const double band[2])
{
	struct plane plane = { x, y, HEIGHT - BOTTOM };

	begin(out, HEIGHT, "position against time, with the frames");
	draw_band(out, &plane, band);
	vertical_ticks(out, &plane);
	horizontal_ticks(out, &plane);
	draw_line(out, &plane, line_x, line_y, line);
	draw_points(out, &plane, points, n_points);
	fprintf(out, "</svg>\n");
}

/* Populated bins with one empty one on each side. */
static bool used_bins(const uint64_t *bins, size_t count, size_t *first,
		      size_t *last)
{
	*first = 0;
	*last = count;
	while (*first < count && !bins[*first])
		(*first)++;
	while (*last > *first && !bins[*last - 1])
		(*last)--;
	if (*first == *last)
		return false;
	if (*first)
		(*first)--;
	if (*last < count)
		(*last)++;
	return true;
}

/* Bin 0 begins at nothing, bin n at 2^(n-1) ns. */
static double bin_begin(size_t bin)
{
	return bin ? ldexp(1, bin - 1) : 0;
}

static void draw_bar(FILE *out, const struct plane *plane, size_t bin,
		     uint64_t count, size_t every)
{
	double left = across(plane, bin), right = across(plane, bin + 1);
	/* One is to be seen, ten is to be more: their logarithm. */
	double top = count ? up(plane, log10(count) + 0.3) : plane->bottom;
	char from[SVG_DURATION_LEN], to[SVG_DURATION_LEN];

	svg_duration(bin_begin(bin), from);
	svg_duration(bin_begin(bin + 1), to);
	if (count)
		fprintf(out,
			"<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"><title>%llu steps from %s to under %s late</title></rect><text class=\"count\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%llu</text>\n",
			left + 2, top, right - left - 4, plane->bottom - top,
			(unsigned long long)count, from, to,
			(left + right) / 2, top - 5,
			(unsigned long long)count);
	if (bin % every == 0)
		fprintf(out,
			"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
			left, plane->bottom + 18, from);
}

void svg_late_bins(FILE *out, const uint64_t *bins, size_t count)
{
	struct svg_axis x = { .label = "lateness of a step" };
	struct svg_axis y = { .label = "steps" };
	struct plane plane = { &x, &y, BARS_HEIGHT - BOTTOM };
	size_t first, last, bin;

	if (!used_bins(bins, count, &first, &last)) {
		fprintf(out, "<p>No step was made.</p>\n");
		return;
	}
	x.low = first;
	x.high = last;
	for (bin = first; bin < last; bin++)
		if (bins[bin])
			y.high = fmax(y.high, log10(bins[bin]) + 0.5);
	begin(out, BARS_HEIGHT, "histogram of the lateness of the steps");
	for (bin = first; bin < last; bin++)
		draw_bar(out, &plane, bin, bins[bin],
			 last - first > 14 ? 2 : 1);
	fprintf(out,
		"<line class=\"base\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n"
		"<text class=\"label\" x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">%s (each bar: twice the one before; heights are logarithmic)</text>\n"
		"</svg>\n",
		LEFT, plane.bottom, WIDTH - RIGHT, plane.bottom,
		(LEFT + WIDTH - RIGHT) / 2, plane.bottom + 42, x.label);
}
