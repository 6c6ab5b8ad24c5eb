/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One photo as a file: encoded, with what is known of it inside, and durable:
 * it is written under another name, synced and renamed (durable.h), so that
 * no crash leaves half a photo.
 *
 * What is known goes in as EXIF (JPEG, TIFF, DNG), as text (PNG), beside it as
 * JSON (raw), or as columns (HDF5):
 *
 *   Make, Model, Software            camera_make, camera_model, program
 *   DateTimeOriginal, SubSec...,     utc_ns, in UTC; OffsetTimeOriginal says
 *   OffsetTimeOriginal               so ("+00:00")
 *   ExposureTime                     exposure_ns
 *   ISOSpeedRatings                  100 times gain, as libcamera's own
 *                                    programs have it
 *   FocalLength                      focal_length_mm
 *   SubjectDistance                  1 / lens_dpt, m
 *   FocalPlaneX/YResolution          from pixel_um; unit: centimetre
 *   Orientation                      orientation
 *   ImageDescription                 name
 *   UserComment                      "theta 90.0000 deg +- 0.0042, phi ...",
 *                                    ASCII
 *
 * Every function is thread-safe: there is no state but the files.
 */
#ifndef OSCAN_PHOTO_H
#define OSCAN_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/**
 * enum photo_format - kinds of file
 * @PHOTO_JPEG: from RGB8, GREY8; a JPEG of the camera's own is stored as it
 *	is, with the EXIF that it has
 * @PHOTO_TIFF: from RGB8, GREY8, BAYER16 (grey, 16 bits, not demosaiced);
 *	without loss
 * @PHOTO_DNG: from BAYER16; Adobe's Digital Negative 1.4
 * @PHOTO_RAW: from anything: the bytes of the camera; a file of the same name
 *	with ".json" behind it says their shape
 * @PHOTO_HDF5: from RGB8, GREY8, BAYER16: all photos of a scan in one file,
 *	photo-h5.h has its layout
 * @PHOTO_PNG: from RGB8, GREY8, BAYER16 (grey, 16 bits); without loss
 */
enum photo_format {
	PHOTO_JPEG = 1,
	PHOTO_TIFF = 2,
	PHOTO_DNG = 3,
	PHOTO_RAW = 4,
	PHOTO_HDF5 = 5,
	PHOTO_PNG = 6,
};

/**
 * photo_format - by name: "jpeg", "tiff", "dng", "raw", "hdf5", "png"
 *
 * Return: enum photo_format, or -1: there is none of that name.
 */
int photo_format(const char *name);

/** photo_format_name - "jpeg" ...; NULL if it is none of the enum */
const char *photo_format_name(enum photo_format format);

/** photo_suffix - ".jpg" ".tiff" ".dng" ".raw" ".h5" ".png"; or NULL */
const char *photo_suffix(enum photo_format format);

/**
 * struct photo_pixels - a frame; as camera.h has it
 * @width: pixels, at least 1; CAMERA_FORMAT_JPEG: not looked at
 * @height: likewise
 * @format: enum camera_format
 * @bayer: enum camera_bayer of CAMERA_FORMAT_BAYER16; else not looked at
 * @bayer_bits: bits of a sample that are used, 8 to 16, the low ones; likewise
 * @bayer_black: sample without light; 0 if the camera does not tell
 * @data: rows without padding
 * @size: bytes of @data
 */
struct photo_pixels {
	uint32_t width;
	uint32_t height;
	uint32_t format;
	uint32_t bayer;
	uint32_t bayer_bits;
	uint32_t bayer_black;
	const void *data;
	size_t size;
};

/**
 * struct photo_info - what is known of a photo; all zero: nothing
 * @name: "scan01_007_fs02"; NULL: not known. HDF5: a photo whose name is there
 *	already takes its place, see photo-h5.h
 * @camera_make: NULL: not known
 * @camera_model: NULL: not known
 * @program: name and version, "oscan 0.1.0"; NULL: nothing
 * @exposure_ns: 0: not known
 * @gain: analogue, times; 0: not known
 * @focal_length_mm: 0: not known
 * @pixel_um: size of a pixel; 0: not known
 * @lens_dpt: lens position, dioptres; NAN or less than 0: not known
 * @red_gain: white balance, times green; 0: not known
 * @blue_gain: likewise
 * @orientation: of EXIF, 1 to 8; 0: as 1
 * @utc_ns: middle of the exposure, nanoseconds from 1970, UTC; 0: not known
 * @has_pose: the four below are known
 * @theta_deg: measured, at the exposure
 * @phi_deg: measured, at the exposure
 * @theta_sigma_deg: standard uncertainty; NAN: not known
 * @phi_sigma_deg: likewise
 */
struct photo_info {
	const char *name;
	const char *camera_make;
	const char *camera_model;
	const char *program;
	uint64_t exposure_ns;
	double gain;
	double focal_length_mm;
	double pixel_um;
	double lens_dpt;
	double red_gain;
	double blue_gain;
	uint32_t orientation;
	int64_t utc_ns;
	bool has_pose;
	double theta_deg;
	double phi_deg;
	double theta_sigma_deg;
	double phi_sigma_deg;
};

/**
 * photo_save - one photo, durable when this returns
 * @path: of the file; one that is there is replaced. HDF5: of the scan's
 *	file, to which the photo is added
 * @quality: of JPEG, 1 to 100; else not looked at
 * @info: NULL: nothing is known
 * @bytes: out, by how much the disk is fuller: of the file, and of raw's JSON;
 *	HDF5: by which the file grew. May be NULL.
 *
 * Memory: a JPEG at most twice its own size, the others a few rows and 1 MiB,
 * HDF5 the size of @pixels.
 *
 * Return: 0, or -1 with errno: EINVAL: these pixels are nothing for that
 * format, or @pixels, @info or @quality are out of range; of open(2), write(2)
 * and rename(2) (ENOSPC, EDQUOT, EROFS, EACCES, ENOENT, EIO); ENOMEM; EFBIG:
 * more than the format can hold; HDF5 besides: EEXIST: the file there has
 * pictures of another shape, EBADMSG: it is none of ours, or broken.
 */
int photo_save(const char *path, enum photo_format format, int quality,
	       const struct photo_pixels *pixels,
	       const struct photo_info *info, uint64_t *bytes);

/**
 * photo_write - the same into a file that is open, and neither renamed nor
 * synced nor closed
 * @fd: open for reading and writing, at its begin
 * @format: not PHOTO_HDF5
 *
 * Of raw the JSON is left out.
 *
 * Return: 0, or -1 with errno as photo_save().
 */
int photo_write(int fd, enum photo_format format, int quality,
		const struct photo_pixels *pixels,
		const struct photo_info *info);

/**
 * photo_info_json - all of @info but its name, program and pose; what is not
 * known is null
 *
 * Return: new object, or NULL: no memory.
 */
json_t *photo_info_json(const struct photo_info *info);

/**
 * photo_jpeg - a JPEG in memory
 * @pixels: RGB8 or GREY8
 * @info: as EXIF; NULL: none
 * @data: out, to be freed with free()
 * @size: out, bytes
 *
 * Return: 0, or -1 with errno: EINVAL, ENOMEM, EFBIG: over 65500 pixels wide.
 */
int photo_jpeg(const struct photo_pixels *pixels, int quality,
	       const struct photo_info *info, uint8_t **data, size_t *size);

/**
 * photo_shrink - a smaller picture, each pixel the mean of those it replaces
 * @pixels: RGB8 or GREY8, JPEG, or BAYER16, which becomes GREY8
 * @most: greatest width and height; a picture that is smaller stays as it is
 * @small: out; its data is to be freed with free()
 *
 * Return: 0, or -1 with errno: EINVAL, also of a JPEG that is none, ENOMEM.
 */
int photo_shrink(const struct photo_pixels *pixels, uint32_t most,
		 struct photo_pixels *small);

#endif /* OSCAN_PHOTO_H */
