/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HDF5 in short words. Functions that return int: 0, or -1; those that return
 * an id: the id, to be closed by the caller, or a negative number.
 */
#ifndef OSCAN_H5_H
#define OSCAN_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values in a chunk of what grows; each flush writes the one being filled. */
#define H5_GROWING_CHUNK 256

/**
 * h5_lock - before any call of HDF5; not every build of it is made for
 * threads (Debian's is)
 *
 * errno is 0 then: where it is something after a failure, a system call of
 * HDF5's has failed.
 */
void h5_lock(void);

/**
 * h5_lock_soon - likewise, but waits 10 ms at most: a thread that writes to a
 * disk that hangs keeps it for ever. Return: whether it is locked
 */
bool h5_lock_soon(void);

/** h5_unlock - errno stays as it is */
void h5_unlock(void);

/** h5_errno - errno after a failure: one of the disk or of memory, or EIO */
int h5_errno(void);

/** h5_access - how every file of ours is opened; to be closed by the caller */
hid_t h5_access(void);

/** h5_group - make a group; its attribute NX_class is set */
hid_t h5_group(hid_t parent, const char *name, const char *nx_class);

/** h5_make_group - make a group and close it */
int h5_make_group(hid_t parent, const char *name, const char *nx_class);

/** h5_attribute - a text attribute, UTF-8; replaces one that is there */
int h5_attribute(hid_t object, const char *name, const char *text);

/** h5_attributes - an attribute of @count texts; replaces one that is there */
int h5_attributes(hid_t object, const char *name, const char *const *texts,
		  size_t count);

/** h5_attribute_index - an integer attribute; replaces one that is there */
int h5_attribute_index(hid_t object, const char *name, int64_t value);

/** h5_attribute_remove - remove an attribute if it is there */
int h5_attribute_remove(hid_t object, const char *name);

/** h5_describe - set the attribute of a dataset that is named by its path */
int h5_describe(hid_t parent, const char *path, const char *name,
		const char *text);

/** h5_text - a text dataset, UTF-8 */
int h5_text(hid_t parent, const char *path, const char *text);

/** h5_integer - a scalar dataset, i64 */
int h5_integer(hid_t parent, const char *path, int64_t value);

/** h5_number - a scalar dataset; @units may be NULL */
int h5_number(hid_t parent, const char *path, double value, const char *units);

/**
 * h5_array - a dataset of @count values; @units may be NULL
 * @type: in memory and, as is, in the file
 */
int h5_array(hid_t parent, const char *path, hid_t type, const void *values,
	     size_t count, const char *units);

/** h5_growing - an empty dataset of one dimension that may grow */
hid_t h5_growing(hid_t parent, const char *path, hid_t type,
		 const char *units);

/** h5_length - of a dataset's first dimension, or -1 */
int64_t h5_length(hid_t dataset);

/** h5_append - write @more values behind @count values of h5_growing() */
int h5_append(hid_t dataset, hid_t type, uint64_t count, const void *values,
	      size_t more);

/** h5_link - give an object a second name; both paths begin at @parent */
int h5_link(hid_t parent, const char *path, const char *second);

#endif /* OSCAN_H5_H */
