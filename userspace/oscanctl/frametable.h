/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of each frame of a scan file, as rows. Files without positions
 * will do: of scans that were killed and recovered, or failed.
 */
#ifndef FRAMETABLE_H
#define FRAMETABLE_H

#include <stdio.h>
#include "scanfile.h"

/**
 * struct frametable - fields that the file does not have are NULL
 * @scan: pixels are read with it; axis, unit and size are filled in
 * @time_ns: shape [scan.frames], CLOCK_MONOTONIC: what @position is for, else
 *	the camera's own time
 * @sequence: shape [scan.frames], camera's own count
 * @status: shape [scan.frames], enum camera_status
 * @position: shape [scan.frames], scan.unit, NAN: not known
 * @sigma: shape [scan.frames], likewise: standard uncertainty
 * @in_scan: shape [scan.frames]
 */
struct frametable {
	struct scanfile scan;
	uint64_t *time_ns;
	uint64_t *sequence;
	uint64_t *status;
	double *position;
	double *sigma;
	uint64_t *in_scan;
};

/** frametable_open - Return: 0, or EXIT_FAILURE after a sentence */
int frametable_open(struct frametable *table, const char *path);

/** frametable_close - close and free */
void frametable_close(struct frametable *table);

/** frametable_counts - whether the frame is one of the scan's, or all are */
bool frametable_counts(const struct frametable *table, size_t frame);

/** frametable_csv - all rows below a head; what is not known is empty */
void frametable_csv(const struct frametable *table, FILE *out);

#endif /* FRAMETABLE_H */
