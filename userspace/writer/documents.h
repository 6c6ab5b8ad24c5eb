/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event-model documents of a scan (bluesky's event-model 1.24), beside its
 * file: one object {"name": ..., "doc": ...} a line.
 *
 *   start        what the scan was asked for; uid is entry_identifier
 *   descriptor   of the streams, each before its first document:
 *     primary    the frames, and what is stored with each: in the file
 *     baseline   one event before the frames, one after
 *     <det>_hdf1_array_counter_monitor    frames in the file
 *     <det>_cam_array_counter_monitor     the camera's own count
 *     <axis>_monitor                      position, from the step trace
 *   stream_resource, stream_datum         where the frames are; about one a
 *                second while they are written
 *   event        of baseline and the monitors: "timestamps" is the time of the
 *                source, "time" the time at which it was noted
 *   stop         how it ended
 *
 * <det> is the camera's id with "_" for all but letters and digits. One thread
 * at a time. What cannot be written is found at the end: frames do not wait
 * for documents.
 */
#ifndef OSCAN_DOCUMENTS_H
#define OSCAN_DOCUMENTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "layout.h"
#include "writer.h"

struct documents;

/**
 * documents_path - "scan.h5.jsonl" for "scan.h5"
 *
 * Return: 0, or -1 with ENAMETOOLONG.
 */
int documents_path(const char *path, char *out, size_t size);

/**
 * documents_uri - a file's name as RFC 3986 has it, "file://localhost/..."
 *
 * Return: text, to be freed, or NULL with ENOMEM.
 */
char *documents_uri(const char *path);

/* Longest name of a device in the documents, with its NUL. */
#define DOCUMENTS_NAME_LEN 256

/** documents_name - @text with "_" for all but letters and digits */
void documents_name(const char *text, char out[DOCUMENTS_NAME_LEN]);

/**
 * documents_resource - what stands in a stream_resource
 * @path: of the dataset
 * @chunk: its shape, released; NULL: of what grows, with one dimension
 *
 * Return: object, or NULL with no memory.
 */
json_t *documents_resource(const char *uid, const char *run, const char *key,
			   const char *uri, const char *path, json_t *chunk);

/**
 * documents_open - create the file, exclusively; start, descriptors
 * @config: needed until documents_close()
 * @epoch: likewise
 * @uid: of the run
 *
 * Return: documents, or NULL with errno: of open(2), EINVAL: the metadata is
 * no JSON object, ENOMEM.
 */
struct documents *documents_open(const struct writer_config *config,
				 const struct layout_epoch *epoch,
				 const char *uid);

/**
 * documents_frames - frames have become readable
 * @frames: all of them
 * @last: the newest
 *
 * Most calls only note it; see documents_finish_frames().
 */
void documents_frames(struct documents *documents, uint64_t frames,
		      const struct writer_frame *last);

/** documents_finish_frames - tell of those that have not been told of */
void documents_finish_frames(struct documents *documents);

/** documents_pairing - all frames have a position in the file */
void documents_pairing(struct documents *documents);

/** documents_steps - the next steps of the axis: events, ten a second */
void documents_steps(struct documents *documents,
		     const struct writer_trace *steps);

/** documents_trace - all of them: events of those not told of, and the last */
void documents_trace(struct documents *documents,
		     const struct writer_trace *trace);

/**
 * documents_close - baseline, stop, fsync; free
 * @exit_status: "success", "abort" or "fail"
 * @reason: "" for none
 * @dropped: frames
 *
 * Return: 0, or -1 with the first errno of writing.
 */
int documents_close(struct documents *documents, const char *exit_status,
		    const char *reason, uint64_t dropped);

/**
 * documents_recover - those of a scan that did not end, for a copy of its file
 * @from: file of the scan
 * @to: the copy, whose documents are made; must not exist
 * @frames: in the copy
 * @axis: name of the axis that they have positions of, NULL: they have none
 *
 * Whole lines are taken over, with the copy in place of the file; the frames
 * that were not told of yet, and a stop with "fail", follow. Where @from has
 * no documents there are none.
 *
 * Return: 0, or -1 with errno; there are none then either.
 */
int documents_recover(const char *from, const char *to, uint64_t frames,
		      const char *axis);

#endif /* OSCAN_DOCUMENTS_H */
