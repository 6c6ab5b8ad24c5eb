/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fly scan that was killed: its frames, and where the axis was for them. */
#ifndef OSCAN_RECOVERED_H
#define OSCAN_RECOVERED_H

#include <stdint.h>

/**
 * struct recovered - what was found
 * @frames: in the new file
 * @positions: of these, those with a position
 * @lacking: what the file does not tell, so that there are none; NULL: nothing
 */
struct recovered {
	uint64_t frames;
	uint64_t positions;
	const char *lacking;
};

/**
 * flyscan_recover - recover_file(), and the positions
 *
 * They are worked out from the steps that reached the file, in the way of a
 * scan that ends well. A frame from after the last step that is known has
 * none, and nothing is extrapolated. A file that tells of no steps is recovered
 * without.
 *
 * Return: 0, or -1 with errno of recover_file().
 */
int flyscan_recover(const char *from, const char *to,
		    struct recovered *recovered);

/**
 * recovered_finish - give positions to the frames of a file that was recovered
 * @data: struct recovered, out: @positions
 *
 * Return: 0, also where it tells of no steps; or -1 with errno: the file is of
 * no use then.
 */
int recovered_finish(const char *path, void *data);

#endif /* OSCAN_RECOVERED_H */
