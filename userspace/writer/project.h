/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of a project, laid out as OpenScan3's, so that its tools read it:
 *
 *   <root>/<project>/
 *     openscan_project.json     name, path, created, description, uploaded,
 *                               cloud_project_name, downloaded, scans
 *                               {scanNN: {index, created, total_size_bytes}}
 *     thumbnail.jpg
 *     scan01/
 *       scan.json               OpenScan3's Scan
 *       path.json               of path.h, written by the scan
 *       journal.jsonl           ours: one line a photo, in the order in which
 *                               they were saved
 *       scan01_007.jpg          scan, index in the path as it was made
 *       scan01_007_fs02.jpg     of a focus stack
 *       scan01_007_ev01.jpg     of an exposure bracket
 *       scan01.h5               instead of these, photo-h5.h
 *       metadata/scan01_007.json
 *       stacked/stacked_scan01_007.jpg
 *
 * Nothing that grows is rewritten for a photo: each costs the photo, its
 * metadata and one line of the journal, whatever the number. scan.json and
 * openscan_project.json are written when the state changes, and scan.json with
 * the first photo that comes 30 s after the last time.
 *
 * The journal is what tells which photos there are. A line that a crash has
 * torn is passed over, and that photo has to be taken again. A line:
 *
 *   {"photo": "scan01_007_fs02", "file": "scan01_007_fs02.jpg",
 *    "bytes": 123456, "metadata_bytes": 1234, "utc": "2026-..."}
 *
 * with "file" null where there is no image of ours (external trigger).
 *
 * A folder is written by one program at a time: project_open() locks it until
 * project_close() or the end of the process. Reading needs no lock.
 *
 * Functions that take @error put one whole sentence there when they fail: what
 * was wanted, what was found, what to do. Those that take a struct project or
 * project_scan are called by one thread, but for those that say otherwise.
 */
#ifndef OSCAN_PROJECT_H
#define OSCAN_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "photo.h"

/* Room for a sentence of this file, with its NUL. */
#define PROJECT_ERROR_LEN 512
/* Room for project_photo_name(), with its NUL. */
#define PROJECT_PHOTO_LEN 64
/* Characters of a name, and bytes of it as UTF-8, at most. */
#define PROJECT_NAME_MAX 150
#define PROJECT_NAME_BYTES 240
/* Scans of a project, at most. */
#define PROJECT_SCANS_MAX 9999

struct project;
struct project_scan;

/**
 * project_root - folder of all projects
 * @root: what was asked for; NULL: OPENSCAN_PROJECT_DIR of the environment,
 *	or "projects" if that is not set, as OpenScan3
 */
const char *project_root(const char *root);

/**
 * project_name_check - whether a project may have this name
 *
 * 1 to PROJECT_NAME_MAX characters, UTF-8 in normal form C, no control
 * characters, none of <>:"/\|?*, not beginning with "." or " ", not ending
 * with either, and none that Windows keeps for devices ("CON", "nul.txt").
 *
 * Return: 0, or -1 with @error.
 */
int project_name_check(const char *name, char error[PROJECT_ERROR_LEN]);

/**
 * project_open - open a project for writing, and lock it
 * @root: as project_root() gave it
 * @create: make it, and @root, if they are not there
 *
 * Removes what a crash has left half-written, and marks scans "interrupted"
 * that a program left "running", "paused" or "pending".
 *
 * Return: project, or NULL with @error and errno: EINVAL: its name, ENOENT,
 * EBUSY: another program has it, EBADMSG: openscan_project.json is none,
 * EACCES, EROFS, ENOSPC, ENOMEM...
 */
struct project *project_open(const char *root, const char *name, bool create,
			     char error[PROJECT_ERROR_LEN]);

/** project_close - unlock it; its scans must be closed. NULL is accepted */
void project_close(struct project *project);

/**
 * project_scratch - a folder for what is made on the way to something, gone
 * with project_close() or, after a crash, with the next project_open()
 * @path: out, PATH_MAX bytes
 *
 * Return: 0, or -1 with errno.
 */
int project_scratch(struct project *project, char *path);

/**
 * project_scan_new - begin the next scan: scanNN after the last one
 * @settings: object, OpenScan3's ScanSetting and what else there is; stolen,
 *	also after an error
 * @camera_name: text
 * @camera_settings: object; stolen likewise
 *
 * Its status is "pending".
 *
 * Return: scan, or NULL with @error and errno.
 */
struct project_scan *project_scan_new(struct project *project,
				      json_t *settings,
				      const char *camera_name,
				      json_t *camera_settings,
				      char error[PROJECT_ERROR_LEN]);

/**
 * project_scan_open - take up a scan again, with the photos of its journal
 * @index: from 1
 *
 * Return: scan, or NULL with @error and errno: ENOENT: there is none, EBADMSG:
 * its scan.json is none...
 */
struct project_scan *project_scan_open(struct project *project,
				       unsigned int index,
				       char error[PROJECT_ERROR_LEN]);

/** project_scan_index - NN of scanNN */
unsigned int project_scan_index(const struct project_scan *scan);

/** project_scan_folder - its folder, valid until project_scan_close() */
const char *project_scan_folder(const struct project_scan *scan);

/** project_scan_photos - photos of the journal; any thread */
size_t project_scan_photos(struct project_scan *scan);

/**
 * struct project_photo - which photo of a scan
 * @original: index of its point in the path as it was made, from 0
 * @stack: place in the focus stack, from 0; -1: there is none
 * @bracket: place in the exposure bracket, from 0; -1: there is none
 */
struct project_photo {
	unsigned int original;
	int stack;
	int bracket;
};

/** project_photo_name - "scan01_007_fs02_ev01" */
void project_photo_name(const struct project_scan *scan,
			const struct project_photo *photo,
			char name[PROJECT_PHOTO_LEN]);

/**
 * project_photo_path - where photo_save() shall put it
 *
 * With PHOTO_HDF5 the same file for all. Any thread.
 *
 * Return: 0, or -1 with errno ENAMETOOLONG, EINVAL: no such format.
 */
int project_photo_path(const struct project_scan *scan,
		       const struct project_photo *photo,
		       enum photo_format format, char *path, size_t size);

/**
 * project_metadata - what OpenScan3 stores with a photo, and what was measured
 * @format: enum photo_format; 0: no image of ours
 * @theta_deg: where it should be taken
 * @phi_deg: likewise
 * @radius_mm: from the camera to the middle of the object
 * @info: what is known of it
 *
 *   {"camera_metadata": {"camera_name", "camera_settings", "raw_metadata":
 *      {"exposure_ns", "gain", "lens_dpt", "focal_length_mm", "pixel_um",
 *       "red_gain", "blue_gain", "orientation", "utc"}},
 *    "scan_metadata": {"step": original, "polar_coordinates": {"theta", "fi",
 *      "r"}, "project_name", "scan_index", "stack_index", "cart_coordinates":
 *      {"x", "y", "z"}},
 *    "format": "jpeg",
 *    "bracket_index": null,
 *    "measured": {"theta", "fi", "theta_sigma", "fi_sigma"}}
 *
 * Degrees and millimetres; null for what is not known, "measured" too. The
 * caller may set more keys, in "measured" and beside it.
 *
 * Return: a new reference, or NULL with errno ENOMEM. Any thread.
 */
json_t *project_metadata(const struct project_scan *scan,
			 const struct project_photo *photo,
			 enum photo_format format, double theta_deg,
			 double phi_deg, double radius_mm,
			 const struct photo_info *info);

/**
 * project_photo_done - make a photo, whose file is durable, part of the scan
 * @format: as it was saved; 0: there is no image of ours
 * @bytes: as photo_save() told
 * @metadata: project_metadata(); stolen, also after an error
 *
 * Writes metadata/<name>.json, then the line of the journal, both durable when
 * this returns. Any thread.
 *
 * Return: 0, or -1 with errno: ENOSPC, EROFS...; EEXIST: the journal has it
 * already.
 */
int project_photo_done(struct project_scan *scan,
		       const struct project_photo *photo,
		       enum photo_format format, uint64_t bytes,
		       json_t *metadata);

/** project_has_photo - whether the journal has it; any thread */
bool project_has_photo(struct project_scan *scan,
		       const struct project_photo *photo);

/**
 * project_scan_progress - current_step and duration, told with the next
 * writing of scan.json
 * @points_done: points of the path of which every photo is saved
 * @duration_s: that the scan ran, without pauses, resumed ones added
 *
 * Any thread.
 */
void project_scan_progress(struct project_scan *scan, unsigned int points_done,
			   double duration_s);

/** project_scan_duration - as of the last time that it was told, s */
double project_scan_duration(struct project_scan *scan);

/**
 * project_scan_status - write scan.json and openscan_project.json
 * @status: OpenScan3's "pending", "running", "paused", "completed",
 *	"cancelled", "error" or "interrupted"; NULL: it and the message stay
 *	as they are
 * @message: one sentence for system_message; NULL: none
 *
 * Return: 0, or -1 with errno: EINVAL: no such status, ENOSPC...
 */
int project_scan_status(struct project_scan *scan, const char *status,
			const char *message);

/** project_scan_stacked - bytes in stacked/, told with project_scan_status() */
void project_scan_stacked(struct project_scan *scan, uint64_t bytes);

/**
 * project_thumbnail - thumbnail.jpg, 512 pixels, unless there is one already
 * @pixels: as photo_shrink() takes them
 * @orientation: EXIF, 1 to 8, told in the file
 *
 * Return: 0, or -1 with errno.
 */
int project_thumbnail(struct project *project,
		      const struct photo_pixels *pixels, uint32_t orientation);

/** project_scan_close - close it as it is; NULL is accepted */
void project_scan_close(struct project_scan *scan);

/*
 * Reading, without a lock: a scan that is being taken is told as it was a
 * moment ago.
 */

/**
 * project_list - names of all projects below a root, sorted
 *
 * Return: new array of texts, empty if there is no such folder, or NULL with
 * @error.
 */
json_t *project_list(const char *root, char error[PROJECT_ERROR_LEN]);

/**
 * project_read - a project: openscan_project.json with the true path, and in
 * scans.<scanNN> what project_scan_read() tells, less "photos"; of a scan that
 * cannot be read only "index" and "error", a sentence
 *
 * Return: new object, or NULL with @error and errno as project_open().
 */
json_t *project_read(const char *root, const char *name,
		     char error[PROJECT_ERROR_LEN]);

/**
 * project_scan_read - a scan: scan.json with photos (files) and
 * total_size_bytes as the journal has them, and photo_count
 *
 * Return: new object, or NULL with @error and errno as project_scan_open().
 */
json_t *project_scan_read(const char *root, const char *name,
			  unsigned int index, char error[PROJECT_ERROR_LEN]);

/**
 * project_delete - remove a project, or one scan of it, with all its photos
 * @index: of the scan; 0: the whole project
 *
 * It is locked for that, and vanishes at once, under another name, before its
 * files go one by one.
 *
 * Return: 0, or -1 with @error and errno as project_open().
 */
int project_delete(const char *root, const char *name, unsigned int index,
		   char error[PROJECT_ERROR_LEN]);

#endif /* OSCAN_PROJECT_H */
