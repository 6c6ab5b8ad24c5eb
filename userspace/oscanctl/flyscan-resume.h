/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fly scan that ended early, to be completed. */
#ifndef FLYSCAN_RESUME_H
#define FLYSCAN_RESUME_H

#include "flyscan.h"
#include "scanfile.h"

/**
 * struct resumed - the earlier scan; texts of the request lie in it
 * @file: open
 * @earlier: of the request
 * @path: absolute
 * @folder: that it is in
 * @stem: of its name
 * @axis: name of the axis
 * @camera: id of the camera
 * @in_scan: what counts of the earlier frames beside the new ones
 */
struct resumed {
	struct scanfile file;
	struct flyscan_earlier earlier;
	char path[4096];
	char folder[4096];
	char stem[256];
	char axis[SCANFILE_TEXT_LEN];
	char camera[SCANFILE_TEXT_LEN];
	uint8_t *in_scan;
};

/**
 * resume_missing - which places have no frame
 * @positions: shape [@frames], NAN: not known
 * @in_scan: shape [@frames]
 * @start: first place
 * @end: last place
 * @places: number of places, >= 2
 * @first: out: first place without a frame
 * @last: out: last one; one apart from @first at least, so that there is a
 *	range to scan
 *
 * A frame stands on a place if it is nearer to it than to any other.
 *
 * Return: number of places without a frame.
 */
uint32_t resume_missing(const double *positions, const uint8_t *in_scan,
			size_t frames, double start, double end,
			uint32_t places, uint32_t *first, uint32_t *last);

/**
 * resume_load - read the earlier scan; ask for what is missing in it
 * @resumed: zeroed
 *
 * Return: 0, or EXIT_FAILURE after a sentence.
 */
int resume_load(struct resumed *resumed, const char *path,
		struct flyscan_request *request);

/** resume_end - close and free; the request is not valid any more */
void resume_end(struct resumed *resumed);

#endif /* FLYSCAN_RESUME_H */
