// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "disk.h"
#include "documents.h"
#include "h5.h"
#include "h5read.h"
#include "layout.h"
#include "recover.h"

#define SUFFIX ".h5"
#define IMAGES "/entry/data/data"

/** struct job - what recover_file() was asked for */
struct job {
	const char *from;
	const char *to;
	int (*finish)(const char *path, void *data);
	void *data;
};

static int fail(int error)
{
	errno = error;
	return -1;
}

int recover_path(const char *path, char *out, size_t size)
{
	size_t length = strlen(path);

	if (length > strlen(SUFFIX) &&
	    !strcmp(path + length - strlen(SUFFIX), SUFFIX))
		length -= strlen(SUFFIX);
	if (snprintf(out, size, "%.*s.recovered" SUFFIX, (int)length, path) >=
	    (int)size)
		return fail(ENAMETOOLONG);
	return 0;
}

/* The writer locks the file for as long as it lives; see nexus.c. */
static int check_writer(int fd)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &lock))
		return -1;
	return lock.l_type == F_UNLCK ? 0 : fail(EBUSY);
}

/*
 * Nobody writes to it any more, so what does not read well now never will: by
 * itself a reader with SWMR tries a hundred times and doubles its pauses, which
 * takes for ever.
 */
static hid_t open_with(const char *path, unsigned int flags)
{
	hid_t access = h5_access(), file = -1;

	if (access >= 0 && H5Pset_metadata_read_attempts(access, 1) >= 0)
		file = H5Fopen(path, flags, access);
	H5Pclose(access);
	return file;
}

bool recover_is_whole(const char *path)
{
	hid_t file = open_with(path, H5F_ACC_RDONLY);

	if (file < 0)
		return false;
	H5Fclose(file);
	return true;
}

static int copy_bytes(int from, int to)
{
	ssize_t count;

	do {
		count = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
	} while (count > 0);
	return count ? -1 : 0;
}

/*
 * In a file that was being finished, out of SWMR: what h5clear(1) does with
 * -s and --increment=0 at once, on a copy. Both at once is what keeps HDF5
 * from cutting off all that is behind the end that the head speaks of.
 */
static hid_t open_cleared(const char *path)
{
	hid_t access = h5_access(), file = -1;
	const hbool_t yes = true;

	if (access < 0)
		return -1;
	if (H5Pset(access, "clear_status_flags", &yes) >= 0 &&
	    H5Pset(access, "skip_eof_check", &yes) >= 0)
		file = H5Fopen(path, H5F_ACC_RDWR, access);
	if (file >= 0 && H5Fincrement_filesize(file, 0) < 0) {
		H5Fclose(file);
		file = -1;
	}
	H5Pclose(access);
	return file;
}

/* What may be torn is put right in the copy. */
static int make_copy(int fd, const char *from, const char *copy)
{
	int to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret;

	if (to < 0)
		return -1;
	ret = copy_bytes(fd, to) || disk_mend(from, to) ? -1 : 0;
	close(to);
	return ret;
}

static int64_t count_frames(hid_t file)
{
	hid_t images = H5Dopen2(file, IMAGES, H5P_DEFAULT);
	int64_t frames;

	if (images < 0)
		return -1;
	frames = h5_length(images);
	H5Dclose(images);
	return frames;
}

/* A row is written before its image: there may be one too many. */
static int trim(hid_t file, const char *path, uint64_t frames)
{
	hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
	const hsize_t dims[] = { frames };
	int ret = -1;

	if (dataset < 0)
		return -1;
	if (h5_length(dataset) >= (int64_t)frames &&
	    H5Dset_extent(dataset, dims) >= 0)
		ret = 0;
	H5Dclose(dataset);
	return ret;
}

static int copy_root_attribute(hid_t from, hid_t to, const char *name)
{
	hid_t attribute = H5Aopen(from, name, H5P_DEFAULT), type;
	char *text = NULL;
	int ret = -1;

	if (attribute < 0)
		return 0;
	type = H5Aget_type(attribute);
	if (H5Aread(attribute, type, &text) >= 0 && text) {
		ret = h5_attribute(to, name, text);
		H5free_memory(text);
	}
	H5Tclose(type);
	H5Aclose(attribute);
	return ret;
}

static int copy_root(hid_t from, hid_t to)
{
	static const char *const names[] = {
		"NX_class", "default", "file_name", "file_time", "creator",
		"creator_version", "HDF5_Version",
	};

	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++) {
		if (copy_root_attribute(from, to, names[n]))
			return -1;
	}
	return 0;
}

static int say_so(hid_t file, const char *from)
{
	struct layout_epoch now;

	layout_now(&now);
	return h5_text(file, "/entry/flyscan/recovered_from", from) ||
	       h5_text(file, "/entry/flyscan/recovered_time", now.text) ||
	       h5_attribute(file, "file_update_time", now.text) ? -1 : 0;
}

static int copy_all(hid_t from, hid_t to, const char *name, uint64_t *frames)
{
	int64_t count;

	if (copy_root(from, to) ||
	    H5Ocopy(from, "entry", to, "entry", H5P_DEFAULT, H5P_DEFAULT) < 0)
		return -1;
	/* Of the copy: what was cut off there is in neither. */
	count = count_frames(to);
	if (count < 0)
		return -1;
	for (int n = 0; n < LAYOUT_COLUMNS; n++) {
		if (trim(to, layout_column_path(n), count))
			return -1;
	}
	*frames = count;
	return say_so(to, name);
}

static int write_copy(hid_t from, const char *name, const char *part,
		      uint64_t *frames)
{
	hid_t access = h5_access(), to = -1;
	int ret = -1;

	errno = 0;
	if (access >= 0)
		to = H5Fcreate(part, H5F_ACC_EXCL, H5P_DEFAULT, access);
	if (to >= 0) {
		ret = copy_all(from, to, name, frames);
		if (H5Fclose(to) < 0)
			ret = -1;
	}
	H5Pclose(access);
	/* HDF5 tells of its own troubles by what was left in errno, or not. */
	return ret && errno != ENOSPC && errno != EEXIST ? fail(EIO) : ret;
}

static int sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

/*
 * Atomic, and never over a file that is there; some file systems (FAT, NFS)
 * know no such renaming: there the last look must do.
 */
static int publish(const char *part, const char *to)
{
	if (sync_path(part))
		return -1;
	if (!renameat2(AT_FDCWD, part, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL)
		return -1;
	return access(to, F_OK) ? rename(part, to) : fail(EEXIST);
}

/* The frames of a file with positions are shown against them. */
static bool has_positions(const char *path, char *axis, size_t size)
{
	hid_t file = open_with(path, H5F_ACC_RDONLY);

	*axis = '\0';
	if (file >= 0) {
		h5_read_attribute(file, "/entry/data", "axes", axis, size);
		H5Fclose(file);
	}
	return *axis && strcmp(axis, "sensor_timestamp");
}

/* Without its documents there is no copy. */
static int recover_documents(const char *from, const char *to, uint64_t frames)
{
	char axis[128];
	int error;

	if (!documents_recover(from, to, frames,
			       has_positions(to, axis, sizeof(axis)) ? axis
								     : NULL))
		return 0;
	error = errno;
	unlink(to);
	return fail(error);
}

/* What a failure to add positions has left is no file to be trusted. */
static int write_whole(hid_t file, const struct job *job, const char *part,
		       uint64_t *frames)
{
	if (write_copy(file, job->from, part, frames))
		return -1;
	if (!job->finish || !job->finish(part, job->data))
		return 0;
	unlink(part);
	return write_copy(file, job->from, part, frames);
}

static int copy_and_publish(hid_t file, const struct job *job,
			    const char *part, uint64_t *frames)
{
	int error;

	if (count_frames(file) < 0)
		return fail(EBADMSG);
	if (write_whole(file, job, part, frames)) {
		/* Then it is not ours. */
		if (errno == EEXIST)
			return -1;
	} else if (!publish(part, job->to)) {
		return recover_documents(job->from, job->to, *frames);
	}
	error = errno;
	unlink(part);
	return fail(error);
}

/* @file: closed; negative: it could not be opened */
static int recover_from(hid_t file, const struct job *job, const char *part,
			uint64_t *frames)
{
	int ret, error;

	if (file < 0)
		return fail(EBADMSG);
	ret = copy_and_publish(file, job, part, frames);
	error = errno;
	H5Fclose(file);
	errno = error;
	return ret;
}

/* Would another way of reading the file help? */
static bool is_unreadable(int error)
{
	return error == EBADMSG || error == EIO;
}

static int recover_copy(int fd, const struct job *job, const char *part,
			uint64_t *frames)
{
	char copy[PATH_MAX + 8];
	int ret, error;

	snprintf(copy, sizeof(copy), "%s.copy", part);
	if (make_copy(fd, job->from, copy)) {
		ret = -1;
	} else {
		ret = recover_from(open_with(copy, H5F_ACC_RDONLY |
					     H5F_ACC_SWMR_READ), job, part,
				   frames);
		if (ret && is_unreadable(errno))
			ret = recover_from(open_cleared(copy), job, part,
					   frames);
	}
	error = errno;
	if (!ret || error != EEXIST)
		unlink(copy);
	errno = error;
	return ret;
}

/* As it is, where that can be read, and else a copy of it. */
static int recover_open(int fd, const struct job *job, uint64_t *frames)
{
	char part[PATH_MAX];
	int ret;

	if (snprintf(part, sizeof(part), "%s.part", job->to) >=
	    (int)sizeof(part))
		return fail(ENAMETOOLONG);
	if (disk_is_torn(job->from, fd)) {
		ret = recover_copy(fd, job, part, frames);
		if (!ret || !is_unreadable(errno))
			return ret;
		/* After a power cut the note may be newer than the file. */
		return recover_from(open_with(job->from, H5F_ACC_RDONLY |
					      H5F_ACC_SWMR_READ), job, part,
				    frames);
	}
	ret = recover_from(open_with(job->from, H5F_ACC_RDONLY |
				     H5F_ACC_SWMR_READ), job, part, frames);
	if (ret && is_unreadable(errno))
		ret = recover_copy(fd, job, part, frames);
	return ret;
}

int recover_file(const char *from, const char *to,
		 int (*finish)(const char *path, void *data), void *data,
		 uint64_t *frames)
{
	const struct job job = { from, to, finish, data };
	int fd = open(from, O_RDONLY | O_CLOEXEC), ret, error;

	if (fd < 0)
		return -1;
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	if (!access(to, F_OK))
		ret = fail(EEXIST);
	else if (H5Fis_hdf5(from) <= 0)
		ret = fail(ENOEXEC);
	else if (check_writer(fd))
		ret = -1;
	else if (recover_is_whole(from))
		ret = fail(EALREADY);
	else
		ret = recover_open(fd, &job, frames);
	error = errno;
	close(fd);
	errno = error;
	return ret;
}
