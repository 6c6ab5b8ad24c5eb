/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fly scan that ended early, to be completed. */
#ifndef FLYSCAN_RESUME_H
#define FLYSCAN_RESUME_H

#include "flyscan.h"
#include "scanfile.h"

/**
 * struct resumed - the earlier scan; texts of the request lie in it
 * @cancelled: in: looked at while it is recovered; not 0: end. May be NULL
 * @file: open
 * @earlier: of the request
 * @path: absolute
 * @folder: that it is in
 * @stem: of its name
 * @axis: name of the axis
 * @camera: id of the camera
 * @trigger_line: that pulses
 * @capture_line: of the strobe
 * @in_scan: what counts of the earlier frames beside the new ones
 * @pass: of the earlier frames, also the others that are asked for
 * @source: likewise, or NULL
 * @step_utc_ns: likewise
 * @run_frames: likewise
 * @run_steps: likewise
 * @boot_ids: likewise
 * @nothing: out, after a failure: the file has gone, or no frame can be read
 *	of it; the request is as it was
 */
struct resumed {
	const volatile int *cancelled;
	struct scanfile file;
	struct flyscan_earlier earlier;
	char path[4096];
	char folder[4096];
	char stem[256];
	char axis[SCANFILE_TEXT_LEN];
	char camera[SCANFILE_TEXT_LEN];
	char trigger_line[SCANFILE_TEXT_LEN];
	char capture_line[SCANFILE_TEXT_LEN];
	uint8_t *in_scan;
	uint64_t *pass;
	uint64_t *source;
	uint64_t *step_utc_ns;
	uint64_t *run_frames;
	uint64_t *run_steps;
	char boot_ids[2 * SCANFILE_TEXT_LEN];
	bool nothing;
};

/**
 * resume_load - read the earlier scan, recovered if it was killed; ask for what
 * is missing in it
 * @resumed: zeroed, but for @cancelled
 *
 * Return: 0, or EXIT_FAILURE after a sentence.
 */
int resume_load(struct resumed *resumed, const char *path,
		struct flyscan_request *request);

/** resume_read_earlier - resumed->earlier; EXIT_FAILURE after a sentence */
int resume_read_earlier(struct resumed *resumed);

/** resume_cannot - "wanted to complete ..., found @what"; EXIT_FAILURE */
int resume_cannot(const struct resumed *resumed, const char *what);

/** resume_end - close and free; the request is not valid any more */
void resume_end(struct resumed *resumed);

#endif /* FLYSCAN_RESUME_H */
