/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which places of a scan have no frame; pure. */
#ifndef OSCAN_FLYSCAN_MISSING_H
#define OSCAN_FLYSCAN_MISSING_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct missing_frames - a scan and the frames that there are of it
 * @count: number of frames
 * @position: shape [@count], user's unit, NAN: not known
 * @in_scan: shape [@count]
 * @pass: shape [@count], number of the pass that each is of, from 1; 0: none
 * @start: first place, user's unit
 * @end: last place
 * @places: number of places of a pass, >= 2
 * @passes: number of passes
 */
struct missing_frames {
	size_t count;
	const double *position;
	const uint8_t *in_scan;
	const uint64_t *pass;
	double start;
	double end;
	uint32_t places;
	uint32_t passes;
};

/**
 * struct missing - what has to be scanned
 * @places: number of places without a frame, in all passes
 * @first_pass: the first pass that lacks one, from 0
 * @last_pass: the last one
 * @first: first place to scan in each of these and those between them
 * @last: last one; one apart from @first at least
 */
struct missing {
	uint64_t places;
	uint32_t first_pass;
	uint32_t last_pass;
	uint32_t first;
	uint32_t last;
};

/** missing_find - in all passes */
void missing_find(const struct missing_frames *frames, struct missing *missing);

/**
 * missing_of_pass - which places of one pass have no frame
 * @pass: its number, from 0
 * @first: out: first place without a frame
 * @last: out: last one; one apart from @first at least, so that there is a
 *	range to scan
 *
 * A frame stands on a place if it is nearer to it than to any other.
 *
 * Return: number of places without a frame.
 */
uint32_t missing_of_pass(const struct missing_frames *frames, uint32_t pass,
			 uint32_t *first, uint32_t *last);

#endif /* OSCAN_FLYSCAN_MISSING_H */
