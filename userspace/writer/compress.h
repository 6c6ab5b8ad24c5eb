/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames as HDF5's filters would store them, made outside of HDF5, so that
 * any number of threads can do it. Pixels have elements of one byte, for which
 * the shuffle filter changes nothing.
 */
#ifndef OSCAN_COMPRESS_H
#define OSCAN_COMPRESS_H

#include <hdf5.h>
#include <stddef.h>
#include "writer.h"

/**
 * compress_is_there - whether HDF5 on this machine can read it
 *
 * What could not be read again here is not written. A call of HDF5: under the
 * lock, if there are other threads.
 */
bool compress_is_there(enum writer_compression compression);

/**
 * compress_set_filters - name the filters in a dataset's creation list
 *
 * Return: 0, or -1 when HDF5 fails.
 */
int compress_set_filters(enum writer_compression compression, hid_t plist);

/** compress_room - bytes of memory that packing a frame of @bytes takes */
size_t compress_room(enum writer_compression compression, size_t bytes);

/**
 * compress_pack - make of pixels what the filters would
 * @pixels: shape [bytes]
 * @out: shape [compress_room()]
 *
 * Any thread, without a lock.
 *
 * Return: bytes of @out, less than @bytes; 0: it would not become less, or no
 * memory: store the pixels as they are, with every filter left out.
 */
size_t compress_pack(enum writer_compression compression, const void *pixels,
		     size_t bytes, void *out);

#endif /* OSCAN_COMPRESS_H */
