/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pictures of traces and of scans share. */
#ifndef PLOT_H
#define PLOT_H

#include <stddef.h>

#define PLOT_WIDTH 960
#define PLOT_PLANE_HEIGHT 170
#define PLOT_PLANE_EVERY 250
#define PLOT_HEAD 70
#define PLOT_FOOT 10

/**
 * struct series - points to be drawn
 * @x: shape [@count], seconds
 * @y: shape [@count]
 */
struct series {
	double *x;
	double *y;
	size_t count;
};

/** series_make - room for @most points; 0, or -1: series_free() it then too */
int series_make(struct series *series, size_t most);

void series_add(struct series *series, double x, double y);

void series_free(struct series *series);

/** plot_base - name of a file without its folder */
const char *plot_base(const char *path);

/** plot_write_failed - the sentence, and the exit status */
int plot_write_failed(const char *path, int error);

/**
 * plot_scan - draw a file of "oscanctl flyscan"
 * @name: of the axis that is asked for, NULL: whichever it is
 * @path: of the picture
 *
 * Return: exit status, after a sentence if it is not 0.
 */
int plot_scan(const char *file, const char *name, const char *path);

#endif /* PLOT_H */
