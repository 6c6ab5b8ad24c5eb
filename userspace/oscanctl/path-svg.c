// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theta is the distance from the middle, phi the angle. A move is a curve, for
 * both axes go at once; points go from dark to bright in their order.
 */
#include "path-svg.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "durable.h"

#define SIDE 520
#define MARGIN 40
#define HEAD 50
#define RING_DEG 30
/* Longest straight piece of a move, degrees of phi. */
#define PIECE_DEG 4

/**
 * struct panel - one of the two pictures
 * @left: of it in the file
 * @scale: pixels per degree of theta
 */
struct panel {
	FILE *out;
	double left;
	double scale;
	bool wraps;
};

static double x_of(const struct panel *panel, double theta, double phi)
{
	return panel->left + SIDE / 2.0 +
	       theta * panel->scale * cos(phi * M_PI / 180);
}

static double y_of(const struct panel *panel, double theta, double phi)
{
	return HEAD + SIDE / 2.0 -
	       theta * panel->scale * sin(phi * M_PI / 180);
}

static double greatest_theta(const struct path *path, double theta_now)
{
	double most = fmax(RING_DEG, theta_now);

	for (size_t i = 0; i < path->count; i++)
		most = fmax(most, path->points[i].theta_deg);
	return most;
}

static void draw_rings(const struct panel *panel, double most)
{
	for (int theta = RING_DEG; theta <= most; theta += RING_DEG)
		fprintf(panel->out,
			"<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>"
			"<text class=\"ring\" x=\"%.1f\" y=\"%.1f\">%d&#176;</text>\n",
			x_of(panel, 0, 0), y_of(panel, 0, 0),
			theta * panel->scale, x_of(panel, theta, 90) + 3,
			y_of(panel, theta, 90) - 3, theta);
}

static void draw_move(const struct panel *panel, const struct path_point *from,
		      const struct path_point *to)
{
	double way = to->phi_deg - from->phi_deg;
	double theta_way = to->theta_deg - from->theta_deg, part;
	int pieces;

	if (panel->wraps)
		way = remainder(way, 360);
	pieces = 1 + fabs(way) / PIECE_DEG;
	for (int i = 1; i <= pieces; i++) {
		part = (double)i / pieces;
		fprintf(panel->out, " %.1f,%.1f",
			x_of(panel, from->theta_deg + theta_way * part,
			     from->phi_deg + way * part),
			y_of(panel, from->theta_deg + theta_way * part,
			     from->phi_deg + way * part));
	}
}

static void draw_path(const struct panel *panel,
		      const struct path_point *points, size_t count,
		      struct path_point now)
{
	const struct path_point *at = &now;

	fprintf(panel->out, "<polyline class=\"move\" points=\"%.1f,%.1f",
		x_of(panel, now.theta_deg, now.phi_deg),
		y_of(panel, now.theta_deg, now.phi_deg));
	for (size_t i = 0; i < count; at = &points[i++])
		draw_move(panel, at, &points[i]);
	fputs("\"/>\n", panel->out);
	fprintf(panel->out,
		"<circle class=\"start\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"><title>start</title></circle>\n",
		x_of(panel, now.theta_deg, now.phi_deg),
		y_of(panel, now.theta_deg, now.phi_deg));
	for (size_t i = 0; i < count; i++)
		fprintf(panel->out,
			"<circle class=\"photo\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"hsl(%.0f,75%%,45%%)\"><title>photo %u: theta %.2f, phi %.2f</title></circle>\n",
			x_of(panel, points[i].theta_deg, points[i].phi_deg),
			y_of(panel, points[i].theta_deg, points[i].phi_deg),
			240 - 210.0 * i / count, points[i].original,
			points[i].theta_deg, points[i].phi_deg);
}

static void draw_panel(struct panel *panel, const char *title, double seconds,
		       const struct path *path, const struct path_point *points,
		       struct path_point now)
{
	double most = greatest_theta(path, now.theta_deg);

	panel->scale = (SIDE / 2.0 - MARGIN) / most;
	fprintf(panel->out, "<text x=\"%.1f\" y=\"30\">%s: %.1f s</text>\n",
		panel->left + MARGIN, title, seconds);
	draw_rings(panel, most);
	draw_path(panel, points, path->count, now);
}

static void draw(FILE *out, const struct path *path,
		 const struct path_axis *axis, struct path_point now,
		 const struct path_point *sorted)
{
	struct panel panel = { .out = out, .wraps = axis->wraps };

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n"
		"<title>%zu photos</title>\n<style>"
		".ring{fill:none;stroke:#ccc}text.ring{fill:#888;stroke:none;font-size:11px}"
		".move{fill:none;stroke:#777;stroke-width:0.8}.start{fill:none;stroke:#c00;stroke-width:2}"
		"</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		2 * SIDE, SIDE + HEAD, path->count);
	draw_panel(&panel, "As it was made", path->unordered_seconds, path,
		   sorted, now);
	panel.left = SIDE;
	draw_panel(&panel, "In the order of execution", path->seconds, path,
		   path->points, now);
	fputs("</svg>\n", out);
}

int path_svg(const struct path *path, const struct path_axis *axis,
	     double theta_now, double phi_now, const char *file)
{
	const struct path_point now = {
		.theta_deg = theta_now, .phi_deg = phi_now,
	};
	struct path_point *sorted = calloc(path->count, sizeof(*sorted));
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result = -1, code;

	errno = ENOMEM;
	if (sorted && out) {
		memcpy(sorted, path->points, path->count * sizeof(*sorted));
		qsort(sorted, path->count, sizeof(*sorted), path_by_original);
		draw(out, path, axis, now, sorted);
		result = ferror(out);
	}
	if (out && fclose(out))
		result = -1;
	if (!result)
		result = durable_write(file, text, size);
	code = errno;
	free(text);
	free(sorted);
	errno = code;
	return result ? -1 : 0;
}
