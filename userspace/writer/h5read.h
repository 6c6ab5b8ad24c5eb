/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in an HDF5 file, by its path; nothing is said of what is not. */
#ifndef OSCAN_H5READ_H
#define OSCAN_H5READ_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

/** h5_exists - is there anything at @path? */
bool h5_exists(hid_t file, const char *path);

/** h5_open - the dataset at @path, to be closed, or a negative number */
hid_t h5_open(hid_t file, const char *path);

/**
 * h5_read_all - a whole dataset
 * @type: of the values in memory
 * @size: of one of them
 * @count: out
 *
 * Return: values, to be freed, or NULL: it is not there.
 */
void *h5_read_all(hid_t file, const char *path, hid_t type, size_t size,
		  size_t *count);

/** h5_read_number - a single value; NAN if it is not there */
double h5_read_number(hid_t file, const char *path);

/** h5_read_text - a text, cut to @size with its NUL; "" if it is not there */
void h5_read_text(hid_t file, const char *path, char *text, size_t size);

/** h5_read_attribute - text of an attribute, the first one of several; ""
 * likewise
 */
void h5_read_attribute(hid_t file, const char *path, const char *name,
		       char *text, size_t size);

#endif /* OSCAN_H5READ_H */
