/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other ways to look at the frames of a file, once they have positions:
 * without those outside of the scan, as NXtomo has it, as a transformation of
 * the sample. No pixel is copied.
 */
#ifndef OSCAN_VIEWS_H
#define OSCAN_VIEWS_H

#include <hdf5.h>
#include "writer.h"

/**
 * views_make - after layout_pairing()
 *
 * Return: 0, or -1 when HDF5 fails.
 */
int views_make(hid_t file, const struct writer_config *config,
	       const struct writer_pairing *pairing);

#endif /* OSCAN_VIEWS_H */
