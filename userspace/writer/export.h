/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scan for other programs: where each photo was taken, as a COLMAP model,
 * as transforms.json, as CSV; and the photos in one zip.
 *
 * The world of these is the object, at turntable 0: millimetres, z upwards,
 * origin in the middle, x where the camera stands. An object that is turned by
 * phi, from x towards y (counterclockwise, seen from above), is seen as by a
 * camera that has gone round by -phi:
 *   c = r (sin(theta) cos(phi), -sin(theta) sin(phi), cos(theta))
 * looks at the origin and is upright. The camera is a pinhole in the middle of
 * the image without distortion; a photo that has to be turned to be upright
 * (orientation of EXIF) is described as it is stored. scene.h is of this kind.
 *
 * Poses are the measured ones; where a photo has none, the commanded one.
 *
 * Functions that take @error put one whole sentence there when they fail. No
 * file that is there is overwritten. Thread-safe: there is no state.
 */
#ifndef OSCAN_EXPORT_H
#define OSCAN_EXPORT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* Room for a sentence of this file, with its NUL. */
#define EXPORT_ERROR_LEN 512
/* Room for the name of a photo in its folder, with its NUL. */
#define EXPORT_FILE_LEN 128

/**
 * struct export_photo - one photo
 * @file: name in the folder of the scan
 * @original: index in the path as it was made
 * @width: pixels, as stored
 * @height: pixels, as stored
 * @orientation: of EXIF: 1, 3, 6 or 8
 * @focal_px: focal length in pixels; 0: not known
 * @radius_mm: from the camera to the origin
 * @theta_deg: pose
 * @phi_deg: pose, with the sign that the turntable has
 * @theta_sigma_deg: standard uncertainty, NAN if not known
 * @phi_sigma_deg: likewise
 * @measured: the pose is measured, and not the commanded one
 */
struct export_photo {
	char file[EXPORT_FILE_LEN];
	unsigned int original;
	uint32_t width;
	uint32_t height;
	uint32_t orientation;
	double focal_px;
	double radius_mm;
	double theta_deg;
	double phi_deg;
	double theta_sigma_deg;
	double phi_sigma_deg;
	bool measured;
};

/**
 * struct export_scan - all photos of a scan
 * @folder: of the scan, absolute
 * @count: number of photos
 * @photos: shape [count], by name
 * @commanded: of them, how many have only a commanded pose
 * @left_out: photos that are not among them
 * @why: the reason for the first of these, a sentence
 */
struct export_scan {
	char folder[PATH_MAX];
	size_t count;
	struct export_photo *photos;
	size_t commanded;
	size_t left_out;
	char why[EXPORT_ERROR_LEN];
};

/**
 * export_open - read where the photos of a scan were taken
 * @folder: of the scan
 * @scan: its scan.json, with "photos"
 * @focal_px: focal length of photos of which it is not known; 0: none is given
 * @clockwise: the turntable turns clockwise, seen from above, for a rising phi
 * @out: to be freed with export_close(); undefined after an error
 *
 * A point with a merged focus stack (stacked/) has this one for its frames.
 * Photos that are no image for such programs (raw, HDF5), or of which metadata
 * or size cannot be read, are left out.
 *
 * Return: 0, or -1 with @error and errno: ENODATA: no photo is left, EBADMSG,
 * ENOMEM, errno of realpath(3).
 */
int export_open(const char *folder, const json_t *scan, double focal_px,
		bool clockwise, struct export_scan *out,
		char error[EXPORT_ERROR_LEN]);

/** export_close - free; one of zeros is accepted */
void export_close(struct export_scan *scan);

/**
 * export_pose - where the camera stood
 * @place: out: in the world, mm
 * @axes: out: in the world, of length 1: to the right in the stored image,
 *	downwards in it, forward. The rows of a world-to-camera rotation.
 */
void export_pose(const struct export_photo *photo, double place[3],
		 double axes[3][3]);

/**
 * export_quaternion - a rotation as COLMAP has it
 * @axes: rows of its matrix
 * @quaternion: out: w, x, y, z; w is not below 0
 */
void export_quaternion(double axes[3][3], double quaternion[4]);

/**
 * export_colmap - a sparse model as text, with no points
 * @folder: made if it is not there; gets cameras.txt, images.txt, points3D.txt
 *
 * Names in images.txt are relative to the folder of the scan.
 *
 * Return: 0, or -1 with @error and errno: ENODATA: a focal length is not known,
 * EEXIST, or of writing.
 */
int export_colmap(const struct export_scan *scan, const char *folder,
		  char error[EXPORT_ERROR_LEN]);

/**
 * export_transforms - cameras as NeRF programs read them
 *
 * Millimetres and z upwards; camera-to-world with y up and z backward. Files
 * are relative if @file goes into the folder of the scan, else absolute.
 *
 * Return: as export_colmap()
 */
int export_transforms(const struct export_scan *scan, const char *file,
		      char error[EXPORT_ERROR_LEN]);

/**
 * export_csv - the poses as a table
 *
 *   file,original,theta,phi,theta_sigma,phi_sigma,source,x,y,z
 * in degrees and millimetres; source: measured or commanded; a sigma that is
 * not known is empty.
 *
 * Return: 0, or -1 with @error and errno: EEXIST, or of writing.
 */
int export_csv(const struct export_scan *scan, const char *file,
	       char error[EXPORT_ERROR_LEN]);

/**
 * export_zip - all files below a folder
 * @folder: of a project or of a scan; its own name is the first of each entry
 * @file: of the zip, durable when this returns
 * @files: out: number of files in it
 *
 * What is being written, or begins with a dot, is left out, and links are not
 * followed. Nothing is compressed: photos would not get smaller.
 *
 * Return: 0, or -1 with @error and errno: EEXIST, EIO: a file has become
 * shorter meanwhile, or of reading and writing; then there is no @file.
 */
int export_zip(const char *folder, const char *file, size_t *files,
	       char error[EXPORT_ERROR_LEN]);

/**
 * export_zip_to - export_zip(), to whoever reads it
 * @fd: open for writing; it need not be a file; stays open
 * @name: what that is called in @error
 * @folder: as for export_zip()
 * @skip: bytes of the paths that are left out of the names of entries
 *
 * Return: 0, or -1 with @error and errno of reading and writing; then what was
 * written has no end, and nobody takes it for a zip file. SIGPIPE is the
 * caller's.
 */
int export_zip_to(int fd, const char *name, const char *folder, size_t skip,
		  size_t *files, char error[EXPORT_ERROR_LEN]);

#endif /* OSCAN_EXPORT_H */
