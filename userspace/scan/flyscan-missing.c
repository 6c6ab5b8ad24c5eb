// SPDX-License-Identifier: GPL-2.0-or-later
/* Which places of a scan have no frame. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "flyscan-missing.h"

/* A place is taken by the frame nearest to it. */
static void mark_places(bool *taken, const struct missing_frames *frames,
			uint32_t pass)
{
	const double spacing = (frames->end - frames->start) /
			       (frames->places - 1);
	double place;

	for (size_t i = 0; i < frames->count; i++) {
		if (!frames->in_scan[i] || isnan(frames->position[i]) ||
		    frames->pass[i] != pass + 1)
			continue;
		place = round((frames->position[i] - frames->start) / spacing);
		if (place >= 0 && place < frames->places)
			taken[(uint32_t)place] = true;
	}
}

uint32_t missing_of_pass(const struct missing_frames *frames, uint32_t pass,
			 uint32_t *first, uint32_t *last)
{
	bool *taken = calloc(frames->places, sizeof(*taken));
	uint32_t missing = 0;

	*first = 0;
	*last = frames->places - 1;
	/* Without memory for the look all of it is scanned. */
	if (!taken)
		return frames->places;
	mark_places(taken, frames, pass);
	for (uint32_t i = 0; i < frames->places; i++) {
		if (taken[i])
			continue;
		if (!missing++)
			*first = i;
		*last = i;
	}
	free(taken);
	if (*first == *last && *last + 1 < frames->places)
		++*last;
	else if (*first == *last)
		--*first;
	return missing;
}

void missing_find(const struct missing_frames *frames, struct missing *missing)
{
	uint32_t first, last, count;

	*missing = (struct missing){ 0 };
	for (uint32_t pass = 0; pass < frames->passes; pass++) {
		count = missing_of_pass(frames, pass, &first, &last);
		if (!count)
			continue;
		if (!missing->places) {
			missing->first_pass = pass;
			missing->first = first;
			missing->last = last;
		}
		missing->last_pass = pass;
		missing->places += count;
	}
	/* More than one are flown whole: each begins where the other ends. */
	if (missing->first_pass != missing->last_pass) {
		missing->first = 0;
		missing->last = frames->places - 1;
	}
}
