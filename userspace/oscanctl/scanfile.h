/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan file, read as writer.h lays it out. */
#ifndef SCANFILE_H
#define SCANFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hdf5.h>

#define SCANFILE_TEXT_LEN 512

/**
 * struct scanfile - a file that is open
 * @file: HDF5's
 * @axis: name of the axis
 * @unit: "deg" or "mm"
 * @scale: microsteps per unit
 * @frames: number of frames
 * @time_ns: shape [frames], CLOCK_MONOTONIC, what @position is for
 * @position: shape [frames], user's unit, NAN: not known
 * @in_scan: shape [frames]
 * @pass: shape [frames], from 1, 0: none
 * @first_frame: its own first one, those before are of an earlier scan that it
 *	completes: the clock may have begun anew since
 * @steps: number of steps
 * @step_ns: shape [steps]
 * @step_position: shape [steps], microsteps, after the step
 * @first_step: its own first one, like @first_frame
 * @launch_ns: when the pass began
 * @width: pixels
 * @height: pixels
 * @bytes_per_pixel: 1 or 3
 */
struct scanfile {
	hid_t file;
	char axis[64];
	char unit[16];
	double scale;
	size_t frames;
	uint64_t *time_ns;
	double *position;
	uint8_t *in_scan;
	uint64_t *pass;
	size_t first_frame;
	size_t steps;
	uint64_t *step_ns;
	int64_t *step_position;
	size_t first_step;
	uint64_t launch_ns;
	size_t width;
	size_t height;
	size_t bytes_per_pixel;
};

/**
 * scanfile_open - open and read all but the pixels
 *
 * Return: 0, or EXIT_FAILURE after a sentence.
 */
int scanfile_open(struct scanfile *scan, const char *path);

/**
 * scanfile_open_frames - open one that need not have positions
 *
 * Only @file, @frames, @width, @height and @bytes_per_pixel are set; the
 * caller closes @file.
 *
 * Return: 0, or EXIT_FAILURE after a sentence.
 */
int scanfile_open_frames(struct scanfile *scan, const char *path);

/**
 * scanfile_values - a whole dataset
 * @name: absolute, or below /entry/flyscan
 * @type: of HDF5, of the values in memory
 * @size: of one of them
 * @count: out
 *
 * Return: values, to be freed, or NULL: it is not there.
 */
void *scanfile_values(const struct scanfile *scan, const char *name,
		      hid_t type, size_t size, size_t *count);

/**
 * scanfile_attribute - text of an attribute, the first one of several; "" if
 * it is not there
 */
const char *scanfile_attribute(const struct scanfile *scan, const char *path,
			       const char *name,
			       char text[SCANFILE_TEXT_LEN]);

/** scanfile_close - close and free */
void scanfile_close(struct scanfile *scan);

/** scanfile_number - /entry/flyscan/@name; NAN if it is not there */
double scanfile_number(const struct scanfile *scan, const char *name);

/** scanfile_text - text at @path, absolute or below /entry/flyscan; "" if it
 * is not there
 */
const char *scanfile_text(const struct scanfile *scan, const char *path,
			  char text[SCANFILE_TEXT_LEN]);

/** scanfile_counts - shape [@count] numbers of /entry/flyscan/@name
 *
 * Return: 0, or -1: not there, or of another length.
 */
int scanfile_counts(const struct scanfile *scan, const char *name,
		    uint64_t *values, size_t count);

/**
 * scanfile_follows - did the scan take frame @index next after the one before
 * it, and in the same pass?
 */
bool scanfile_follows(const struct scanfile *scan, size_t index);

/** scanfile_pixels - frame @index into @pixels, as camera.h says
 *
 * Return: 0, or -1.
 */
int scanfile_pixels(const struct scanfile *scan, size_t index,
		    uint8_t *pixels);

/** scanfile_parameters - call @each with every number and text that stands
 * directly in /entry/flyscan
 */
void scanfile_parameters(const struct scanfile *scan,
			 void (*each)(const char *name, const char *value,
				      void *data), void *data);

#endif /* SCANFILE_H */
