/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file itself; writer.h has its layout. Not every build of HDF5 is made
 * for threads (Debian's is): all functions take one lock of the process, so
 * that two files may be written at once. One file is used by one thread at a
 * time.
 *
 * Functions return 0, or -1 with errno: ENOSPC, EDQUOT: no space was left;
 * nothing was written and the file is whole. EIO and others: HDF5 failed; the
 * file is broken for good, every further call fails, and what was flushed can
 * be read with SWMR.
 */
#ifndef OSCAN_NEXUS_H
#define OSCAN_NEXUS_H

#include "layout.h"
#include "queue.h"
#include "steps.h"
#include "writer.h"

struct nexus;

/**
 * nexus_create - create the file, SWMR from the first frame on
 * @config: copied; checked already
 *
 * Return: the file, or NULL with errno; then nothing is left on the disk.
 */
struct nexus *nexus_create(const struct writer_config *config);

/** nexus_reopen - as writer_reopen(); the frames have ended */
struct nexus *nexus_reopen(const struct writer_config *config, uint64_t steps);

/** nexus_epoch - from which times in the file are counted */
const struct layout_epoch *nexus_epoch(const struct nexus *nexus);

/** nexus_uid - of the scan */
const char *nexus_uid(const struct nexus *nexus);

/** nexus_config - its own copy; valid until nexus_close() */
const struct writer_config *nexus_config(const struct nexus *nexus);

/** nexus_fd - a descriptor of the file, for fdatasync(2) */
int nexus_fd(const struct nexus *nexus);

/** nexus_directory - that of the file's directory, for fsync(2); -1: none */
int nexus_directory(const struct nexus *nexus);

/** nexus_append - write the oldest @count frames of a queue, 1 to LAYOUT_BATCH */
int nexus_append(struct nexus *nexus, const struct queue *queue, size_t count);

/** nexus_append_steps - write steps and events; after the first frame */
int nexus_append_steps(struct nexus *nexus, const struct steps *steps);

/** nexus_flush - let readers see every frame appended */
int nexus_flush(struct nexus *nexus);

/** nexus_frames - frames appended */
uint64_t nexus_frames(const struct nexus *nexus);

/** nexus_can_compress - compress_is_there(), under the lock */
bool nexus_can_compress(enum writer_compression compression);

/** nexus_end_frames - flush and leave SWMR; then nexus_add_*() may be used */
int nexus_end_frames(struct nexus *nexus);

/* As the functions of writer.h; EEXIST if the name is there already. */
int nexus_add_pairing(struct nexus *nexus,
		      const struct writer_pairing *pairing);
int nexus_add_trace(struct nexus *nexus, const struct writer_trace *trace);
int nexus_add_earlier_steps(struct nexus *nexus,
			    const struct writer_trace *trace,
			    const uint64_t *utc_ns);
int nexus_add_number(struct nexus *nexus, const char *name, double value,
		     const char *unit);
int nexus_add_text(struct nexus *nexus, const char *name, const char *text);
int nexus_add_array(struct nexus *nexus, const char *name,
		    const uint64_t *values, size_t count, const char *unit);
int nexus_add_reals(struct nexus *nexus, const char *name,
		    const double *values, size_t count, const char *unit);

/** nexus_close - end time, fsync, free; after nexus_end_frames() */
int nexus_close(struct nexus *nexus);

#endif /* OSCAN_NEXUS_H */
