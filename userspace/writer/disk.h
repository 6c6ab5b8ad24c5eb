/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How HDF5 writes the scan file: as ever, but what a kill could tear is noted
 * beside it first.
 *
 * A process that is killed within pwrite(2) leaves what it had written up to
 * some border of a page. A block of HDF5's metadata that lies over one, half
 * new and half old, has a wrong checksum, and with it all that it leads to is
 * lost. So each such block is written into a file of its own before it is
 * written to its place: if it is torn there, it is whole here, and if it is
 * torn here, it is whole there.
 * A later write to its place that has no note of its own ends the note first.
 */
#ifndef OSCAN_DISK_H
#define OSCAN_DISK_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * disk_note_path - "scan.h5.torn" for "scan.h5"
 *
 * Return: 0, or -1 with ENAMETOOLONG.
 */
int disk_note_path(const char *path, char *out, size_t size);

/**
 * disk_note_open - make the note of a new file; it replaces one that is there
 *
 * Return: descriptor, or -1 with errno of open(2).
 */
int disk_note_open(const char *path);

/** disk_note_remove - nothing can be torn any more */
void disk_note_remove(const char *path);

/**
 * disk_is_torn - is the block that is noted not what stands in its place?
 * @path: of the file
 * @fd: of the file
 *
 * HDF5 does not survive reading such a file.
 */
bool disk_is_torn(const char *path, int fd);

/**
 * disk_mend - put the block that is noted, if there is one, to its place
 * @path: of the file whose note it is
 * @fd: a copy of that file, open for writing
 *
 * Return: 0, or -1 with errno.
 */
int disk_mend(const char *path, int fd);

/**
 * disk_access - have files opened with @access written so
 * @access: of H5P_FILE_ACCESS
 * @note: of disk_note_open(), open for as long as the file
 *
 * Return: 0, or -1 when HDF5 fails.
 */
int disk_access(hid_t access, int note);

#endif /* OSCAN_DISK_H */
