/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder as a zip file that is made while it is sent, and needs no room on
 * the disk. Photos do not get smaller by compression, so there is none.
 */
#ifndef OSCAND_ZIP_H
#define OSCAND_ZIP_H

/* Zip files that are made at the same time, at most. */
#define ZIP_MAX 2

/**
 * zip_folder - begin to make it
 * @root: folder that names begin from
 * @folder: below it; with all that is in it, but for hidden files and links
 *
 * The end of the file comes when all is in it; whoever closes it before ends
 * it. Where a file cannot be read, or has become shorter meanwhile, what comes
 * ends there, is no whole zip file, and the log tells why.
 *
 * Return: file descriptor to read from, does not block; or -1 with errno:
 * EBUSY: ZIP_MAX others are made, ENOENT, ENOMEM...
 */
int zip_folder(const char *root, const char *folder);

#endif /* OSCAND_ZIP_H */
