/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture that is a file: SVG, with text that stays text, or PNG, drawn by
 * cairo. x goes right and y down, in units of which a PNG has two pixels.
 */
#ifndef CANVAS_H
#define CANVAS_H

#include <stddef.h>

struct canvas;

enum canvas_ink {
	CANVAS_TEXT,	/* what must be read */
	CANVAS_SOFT,	/* what may be read */
	CANVAS_GRID,	/* behind the rest */
	CANVAS_LINE,	/* what it is about */
	CANVAS_SHADE,	/* an area that is pointed out */
};

enum canvas_align {
	CANVAS_LEFT,	/* the text begins there */
	CANVAS_MIDDLE,
	CANVAS_RIGHT,	/* the text ends there */
};

/**
 * canvas_new - an empty picture
 * @path: where it will be; ends in ".svg" or ".png". What is there is
 *	replaced, but not before canvas_close().
 * @title: what it shows, for those who cannot see it
 *
 * Return: new canvas for canvas_close(), or NULL with errno; EINVAL: another
 * ending.
 */
struct canvas *canvas_new(const char *path, double width, double height,
			  const char *title);

/** canvas_polyline - a line through @count points */
void canvas_polyline(struct canvas *canvas, enum canvas_ink ink,
		     const double *x, const double *y, size_t count);

/** canvas_rectangle - a filled one */
void canvas_rectangle(struct canvas *canvas, enum canvas_ink ink, double x,
		      double y, double width, double height);

/** canvas_text - @text of height @size on the base line at @y */
void canvas_text(struct canvas *canvas, enum canvas_ink ink,
		 enum canvas_align align, double x, double y, double size,
		 const char *text);

/**
 * canvas_close - write the file, and free the canvas also if that fails
 *
 * Return: 0, or -1 with errno; then the file is as it was before.
 */
int canvas_close(struct canvas *canvas);

#endif /* CANVAS_H */
