/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and texts of a scan into its file. Functions return 0, or -1 with
 * errno of the writer. What the user has given a name of its own wins.
 */
#ifndef OSCAN_SCAN_STORE_H
#define OSCAN_SCAN_STORE_H

#include "scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct scan_number {
	const char *name;
	double value;
	const char *unit;
};

struct scan_text {
	const char *name;
	const char *value;
};

int scan_store_numbers(struct scan *scan, const struct scan_number *numbers,
		       size_t count);

int scan_store_texts(struct scan *scan, const struct scan_text *texts,
		     size_t count);

/** scan_store_time - one time, nanoseconds */
int scan_store_time(struct scan *scan, const char *name, uint64_t time_ns);

/** scan_store_clock - the clocks at the "start" or the "end" */
int scan_store_clock(struct scan *scan, const char *when,
		     const struct oscan_clocks *clocks);

/** scan_store_earlier - earlier.c: steps and positions of the earlier scan */
int scan_store_earlier(struct scan *scan);

#endif /* OSCAN_SCAN_STORE_H */
