// SPDX-License-Identifier: GPL-2.0-or-later
#include <cairo.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "canvas.h"

#define PIXELS 2

static const struct ink {
	double red;
	double green;
	double blue;
	double width;
} inks[] = {
	[CANVAS_TEXT] = { 0.13, 0.14, 0.16, 1 },
	[CANVAS_SOFT] = { 0.40, 0.43, 0.47, 1 },
	[CANVAS_GRID] = { 0.90, 0.91, 0.93, 1 },
	[CANVAS_LINE] = { 0.05, 0.38, 0.67, 1.4 },
	[CANVAS_SHADE] = { 0.98, 0.86, 0.72, 1 },
};

/**
 * struct canvas - a picture
 * @path: where it will be
 * @part: where it is until it is whole
 * @svg: it is an SVG; else NULL
 * @cairo: it is a PNG; else NULL
 */
struct canvas {
	char path[PATH_MAX];
	char part[PATH_MAX];
	FILE *svg;
	cairo_t *cairo;
};

static bool ends_in(const char *path, const char *ending)
{
	size_t length = strlen(path), end = strlen(ending);

	return length > end && !strcmp(path + length - end, ending);
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

static int begin_svg(struct canvas *canvas, double width, double height,
		     const char *title)
{
	FILE *svg = fopen(canvas->part, "w");

	if (!svg)
		return -1;
	canvas->svg = svg;
	fprintf(svg,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\" role=\"img\" font-family=\"DejaVu Sans,system-ui,sans-serif\">\n<title>",
		width, height, width, height);
	put_escaped(svg, title);
	fprintf(svg, "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
	return 0;
}

static int begin_png(struct canvas *canvas, double width, double height)
{
	cairo_surface_t *surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24,
					   width * PIXELS, height * PIXELS);

	canvas->cairo = cairo_create(surface);
	cairo_surface_destroy(surface);
	if (cairo_status(canvas->cairo) != CAIRO_STATUS_SUCCESS) {
		cairo_destroy(canvas->cairo);
		errno = ENOMEM;
		return -1;
	}
	cairo_scale(canvas->cairo, PIXELS, PIXELS);
	cairo_set_source_rgb(canvas->cairo, 1, 1, 1);
	cairo_paint(canvas->cairo);
	cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
	cairo_select_font_face(canvas->cairo, "DejaVu Sans",
			       CAIRO_FONT_SLANT_NORMAL,
			       CAIRO_FONT_WEIGHT_NORMAL);
	return 0;
}

static int begin(struct canvas *canvas, const char *path, double width,
		 double height, const char *title)
{
	size_t room = sizeof(canvas->part);

	if ((size_t)snprintf(canvas->path, room, "%s", path) >= room ||
	    (size_t)snprintf(canvas->part, room, "%s.part", path) >= room) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (ends_in(path, ".svg"))
		return begin_svg(canvas, width, height, title);
	if (ends_in(path, ".png"))
		return begin_png(canvas, width, height);
	errno = EINVAL;
	return -1;
}

struct canvas *canvas_new(const char *path, double width, double height,
			  const char *title)
{
	struct canvas *canvas = calloc(1, sizeof(*canvas));

	if (!canvas)
		return NULL;
	if (!begin(canvas, path, width, height, title))
		return canvas;
	free(canvas);
	return NULL;
}

/* "#rrggbb" */
static const char *colour(enum canvas_ink ink, char text[8])
{
	snprintf(text, 8, "#%02x%02x%02x",
		 (unsigned int)(inks[ink].red * 255) & 0xff,
		 (unsigned int)(inks[ink].green * 255) & 0xff,
		 (unsigned int)(inks[ink].blue * 255) & 0xff);
	return text;
}

static void use_ink(cairo_t *cairo, enum canvas_ink ink)
{
	cairo_set_source_rgb(cairo, inks[ink].red, inks[ink].green,
			     inks[ink].blue);
	cairo_set_line_width(cairo, inks[ink].width);
}

void canvas_polyline(struct canvas *canvas, enum canvas_ink ink,
		     const double *x, const double *y, size_t count)
{
	char text[8];
	size_t i;

	if (canvas->svg) {
		fprintf(canvas->svg,
			"<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%g\" stroke-linejoin=\"round\" points=\"",
			colour(ink, text), inks[ink].width);
		for (i = 0; i < count; i++)
			fprintf(canvas->svg, "%s%.2f,%.2f", i ? " " : "",
				x[i], y[i]);
		fprintf(canvas->svg, "\"/>\n");
		return;
	}
	/* Text leaves a point behind. */
	cairo_new_path(canvas->cairo);
	for (i = 0; i < count; i++)
		cairo_line_to(canvas->cairo, x[i], y[i]);
	use_ink(canvas->cairo, ink);
	cairo_stroke(canvas->cairo);
}

void canvas_rectangle(struct canvas *canvas, enum canvas_ink ink, double x,
		      double y, double width, double height)
{
	char text[8];

	if (canvas->svg) {
		fprintf(canvas->svg,
			"<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>\n",
			x, y, width, height, colour(ink, text));
		return;
	}
	use_ink(canvas->cairo, ink);
	cairo_rectangle(canvas->cairo, x, y, width, height);
	cairo_fill(canvas->cairo);
}

void canvas_text(struct canvas *canvas, enum canvas_ink ink,
		 enum canvas_align align, double x, double y, double size,
		 const char *text)
{
	static const char *const anchors[] = { "start", "middle", "end" };
	cairo_text_extents_t extents;
	char hex[8];

	if (canvas->svg) {
		fprintf(canvas->svg,
			"<text x=\"%.2f\" y=\"%.2f\" font-size=\"%g\" text-anchor=\"%s\" fill=\"%s\">",
			x, y, size, anchors[align], colour(ink, hex));
		put_escaped(canvas->svg, text);
		fprintf(canvas->svg, "</text>\n");
		return;
	}
	cairo_set_font_size(canvas->cairo, size);
	cairo_text_extents(canvas->cairo, text, &extents);
	use_ink(canvas->cairo, ink);
	cairo_move_to(canvas->cairo, x - extents.x_advance * align / 2, y);
	cairo_show_text(canvas->cairo, text);
}

static int end_svg(struct canvas *canvas)
{
	int bad;

	fprintf(canvas->svg, "</svg>\n");
	bad = ferror(canvas->svg);
	return fclose(canvas->svg) || bad ? -1 : 0;
}

static int end_png(struct canvas *canvas)
{
	cairo_status_t status;

	errno = 0;
	status = cairo_surface_write_to_png(cairo_get_target(canvas->cairo),
					    canvas->part);
	cairo_destroy(canvas->cairo);
	if (status == CAIRO_STATUS_SUCCESS)
		return 0;
	if (status == CAIRO_STATUS_NO_MEMORY)
		errno = ENOMEM;
	else if (!errno)
		errno = EIO;
	return -1;
}

int canvas_close(struct canvas *canvas)
{
	int result = canvas->svg ? end_svg(canvas) : end_png(canvas), error;

	if (!result)
		result = rename(canvas->part, canvas->path);
	error = errno;
	if (result)
		unlink(canvas->part);
	free(canvas);
	errno = error;
	return result;
}
