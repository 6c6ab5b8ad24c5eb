/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The latencies of cameras that were measured, as JSON: an object of the id of
 * each camera with
 *   time_mark		what it is the latency of, as in the scan file
 *   exposure_ns	with which it was measured
 *   latency_ns		the camera's times are so much late
 *   uncertainty_ns	standard uncertainty
 *   backlash		of the axis that was used, in
 *   unit		"deg" or "mm"
 *   measured		ISO 8601, UTC
 */
#ifndef OSCAN_LATENCY_FILE_H
#define OSCAN_LATENCY_FILE_H

#include <stddef.h>
#include <stdint.h>

/** struct latency_entry - what is known of a camera; fields as above */
struct latency_entry {
	char time_mark[32];
	uint64_t exposure_ns;
	int64_t latency_ns;
	double uncertainty_ns;
	double backlash;
	char unit[8];
	char measured[32];
};

/**
 * latency_file_path - where it is: cameras.json in $XDG_CONFIG_HOME/oscan, or
 * in ~/.config/oscan
 *
 * Return: 0, or -1 with errno: ENOENT: neither variable is set, ENAMETOOLONG
 */
int latency_file_path(char *path, size_t size);

/**
 * latency_file_load - what is known of a camera
 *
 * Return: 0, or -1 with errno: ENOENT: no file, or nothing of this camera;
 * EBADMSG: not as above; errno of open(2)
 */
int latency_file_load(const char *path, const char *camera,
		      struct latency_entry *entry);

/**
 * latency_file_save - put a camera's entry in, in place of any earlier one
 *
 * Makes the folder. The file is replaced at once or not at all.
 *
 * Return: 0, or -1 with errno: EBADMSG: what is there is no such file; errno
 * of mkdir(2), open(2), rename(2)
 */
int latency_file_save(const char *path, const char *camera,
		      const struct latency_entry *entry);

#endif /* OSCAN_LATENCY_FILE_H */
