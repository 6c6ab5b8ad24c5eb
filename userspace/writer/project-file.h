/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of project.h's functions share. */
#ifndef OSCAN_PROJECT_FILE_H
#define OSCAN_PROJECT_FILE_H

#include <limits.h>
#include <pthread.h>
#include "project.h"

#define PROJECT_FILE "openscan_project.json"
#define PROJECT_SCAN_FILE "scan.json"
#define PROJECT_JOURNAL "journal.jsonl"
#define PROJECT_METADATA "metadata"
#define PROJECT_STACKED "stacked"
/* Begin of the names of folders that are to go, with all that is in them. */
#define PROJECT_SCRATCH ".scratch-"

/**
 * struct project - one that is open for writing
 * @fd: its folder, with the lock
 * @json: openscan_project.json
 */
struct project {
	char name[PROJECT_NAME_BYTES + 1];
	char folder[PATH_MAX];
	int fd;
	json_t *json;
};

/**
 * project_say - the sentence of a failure
 * @wanted: "to read /x/scan.json"
 * @error_number: becomes errno; its text is what was found
 * @todo: "free some space"; NULL: chosen by @error_number
 *
 * Return: -1.
 */
int project_say(char error[PROJECT_ERROR_LEN], int error_number,
		const char *wanted, const char *found, const char *todo);

/**
 * project_join - "<folder>/<name>"
 *
 * Return: 0, or -1 with ENAMETOOLONG.
 */
int project_join(char path[PATH_MAX], const char *folder, const char *name);

/** project_scan_path - "<folder>/scan<NN>" likewise */
int project_scan_path(char path[PATH_MAX], const char *folder,
		      unsigned int index);

/**
 * project_scan_number - the index of a folder's name
 *
 * Return: 1 to PROJECT_SCANS_MAX, or 0: it is not that of a scan.
 */
unsigned int project_scan_number(const char *name);

/**
 * project_load - a file that holds an object
 *
 * Return: new object, or NULL with @error and errno; EBADMSG: it holds none.
 */
json_t *project_load(const char *path, char error[PROJECT_ERROR_LEN]);

/**
 * project_load_main - openscan_project.json, with each of its keys there and
 * of its kind
 *
 * Return: new object, or NULL with @error and errno.
 */
json_t *project_load_main(const char *folder, const char *name,
			  char error[PROJECT_ERROR_LEN]);

/**
 * project_load_scan - scan.json likewise
 * @folder: of the project
 */
json_t *project_load_scan(const char *folder, unsigned int index,
			  char error[PROJECT_ERROR_LEN]);

/** project_save_main - write openscan_project.json. Return: 0, or -1 */
int project_save_main(struct project *project);

/** project_is_status - whether it is one of OpenScan3's */
bool project_is_status(const char *status);

/** project_is_underway - whether a scan of that status is not at its end */
bool project_is_underway(const char *status);

/** project_remove_tree - a folder and all below it. Return: 0, or -1 */
int project_remove_tree(const char *path);

/** project_clean_scratch - remove what a crash left of these in a folder */
void project_clean_scratch(const char *folder);

/**
 * struct journal - what the journal of a scan tells
 * @photos: object: name to file, or to null; in the order of the journal
 * @bytes: of photos and metadata
 * @good: bytes of the file up to the end of its last whole line
 */
struct journal {
	json_t *photos;
	uint64_t bytes;
	uint64_t good;
};

/**
 * struct project_scan - one that is open for writing
 * @camera_name: of scan.json, never changes
 * @camera_settings: likewise
 * @json: scan.json
 * @lock: of @json and @journal; never held while the disk is waited for
 * @disk: of the files of the scan, @journal.good, @fd and @written; taken before
 *	@lock
 * @journal: what the journal has
 * @fd: the journal
 * @written: when scan.json was written, ns from 1970
 */
struct project_scan {
	struct project *project;
	unsigned int index;
	char folder[PATH_MAX];
	json_t *camera_name;
	json_t *camera_settings;
	json_t *json;
	pthread_mutex_t lock;
	pthread_mutex_t disk;
	struct journal journal;
	int fd;
	int64_t written;
};

/**
 * project_scan_save - write scan.json; holding @disk, not @lock
 *
 * Return: 0, or -1 with errno.
 */
int project_scan_save(struct project_scan *scan);

/**
 * journal_read - read the journal in the folder of a scan; no file, no photos
 *
 * Return: 0, or -1 with errno; then there is nothing to free.
 */
int journal_read(struct journal *journal, const char *folder);

/**
 * journal_import - make the journal of a scan that has none, because
 * OpenScan3 took it
 * @folder: of the scan
 * @photos: of its scan.json
 *
 * Return: 0, also if there is one, or -1 with errno.
 */
int journal_import(const char *folder, const json_t *photos);

/**
 * journal_line - the line of one photo, with its end
 * @file: NULL: there is no image
 *
 * Return: text to be freed, or NULL: no memory.
 */
char *journal_line(const char *photo, const char *file, uint64_t bytes,
		   uint64_t metadata_bytes);

/** journal_files - new array of the files, each once */
json_t *journal_files(const struct journal *journal);

#endif /* OSCAN_PROJECT_FILE_H */
