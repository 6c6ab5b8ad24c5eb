/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All photos of a scan in one HDF5 file, which grows by one with each.
 *
 * n: photos, H: height, W: width. What is not known is NAN, or 0 of integers.
 *
 *   /                            NXroot
 *   /entry                       NXentry
 *   /entry/program_name          text
 *   /entry/instrument            NXinstrument
 *   /entry/instrument/detector   NXdetector
 *   /entry/instrument/detector/description
 *                                text: model of the camera
 *   /entry/photos                NXdata; signal data, axis phi
 *   /entry/photos/data           [n,H,W,3] u8: red, green, blue; [n,H,W] u8:
 *                                grey; [n,H,W] u16: raw, attributes bayer
 *                                ("RGGB"), bits, black. Deflated; a chunk
 *                                is a photo.
 *   /entry/photos/name           [n] text of 64 bytes: "scan01_007_fs02"
 *   /entry/photos/theta          [n] f64, deg: measured
 *   /entry/photos/phi            [n] f64, deg: measured
 *   /entry/photos/theta_errors   [n] f64, deg: standard uncertainty
 *   /entry/photos/phi_errors     [n] f64, deg
 *   /entry/photos/time_ns        [n] i64, ns from 1970, UTC: middle of the
 *                                exposure
 *   /entry/photos/exposure_time  [n] f64, s
 *   /entry/photos/gain           [n] f64: analogue
 *   /entry/photos/focal_length   [n] f64, mm
 *   /entry/photos/lens_position  [n] f64, 1/m
 *   /entry/photos/red_gain       [n] f64
 *   /entry/photos/blue_gain      [n] f64
 *   /entry/photos/orientation    [n] u8: of EXIF, 1 to 8
 *
 * Between two photos the file is closed: any reader may have it. While one is
 * added it is SWMR: a program that is killed leaves a file whose earlier
 * photos SWMR readers can read, and photo_h5_mend() makes an ordinary file of
 * it. There may be one more of the columns than of data then; the next photo
 * takes that row. Who writes the file is for the caller to agree (the lock of
 * project.h): HDF5's own locks would let a reader stop a scan, and are not
 * used.
 */
#ifndef OSCAN_PHOTO_H5_H
#define OSCAN_PHOTO_H5_H

#include "photo.h"

/**
 * photo_h5_add - add a photo; the file is made if there is none
 *
 * A photo that has the name of one of the last 64 takes its place: one that
 * was saved but, for a crash, never became part of the scan, and is taken
 * again.
 *
 * Arguments and result as of photo_save(), which has checked them.
 */
int photo_h5_add(const char *path, const struct photo_pixels *pixels,
		 const struct photo_info *info, uint64_t *bytes);

/**
 * photo_h5_mend - make an ordinary file of one whose writer was killed
 *
 * Return: 0, also if there was nothing to do or there is no such file, or -1
 * with errno: EBADMSG: it is none of ours, or broken; EIO, EROFS...
 */
int photo_h5_mend(const char *path);

#endif /* OSCAN_PHOTO_H5_H */
