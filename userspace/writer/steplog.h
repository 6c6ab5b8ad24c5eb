/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every step of the axis and its course in the file, value_log and course in
 * writer.h. Functions return 0, or -1 when HDF5 fails.
 */
#ifndef OSCAN_STEPLOG_H
#define OSCAN_STEPLOG_H

#include "layout.h"
#include "steps.h"

enum { STEPLOG_DATASETS = 7 };

/**
 * struct steplog - the datasets
 * @datasets: open, or negative
 * @steps: in the file
 * @events: likewise
 */
struct steplog {
	hid_t datasets[STEPLOG_DATASETS];
	uint64_t steps;
	uint64_t events;
};

/** steplog_make - make them, empty; steplog_close() after a failure too */
int steplog_make(hid_t file, const struct writer_config *config,
		 const struct layout_epoch *epoch, struct steplog *log);

/** steplog_open - of a file that has them; likewise */
int steplog_open(hid_t file, const char *axis, struct steplog *log);

/**
 * steplog_append - write steps behind those that there are
 * @utc_ns: shape [trace->steps], of each; NULL: what @epoch makes of its time
 */
int steplog_append(struct steplog *log, const struct writer_config *config,
		   const struct layout_epoch *epoch,
		   const struct writer_trace *trace, const uint64_t *utc_ns);

/** steplog_append_course - write events behind those that there are */
int steplog_append_course(struct steplog *log, const struct course *course,
			  size_t events);

/** steplog_cut - forget all but the first @steps */
int steplog_cut(struct steplog *log, uint64_t steps);

/** steplog_flush - let readers see what was appended, the course last */
int steplog_flush(struct steplog *log);

void steplog_close(struct steplog *log);

#endif /* OSCAN_STEPLOG_H */
