// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "disk.h"
#include "documents.h"
#include "durable.h"
#include "h5.h"
#include "h5read.h"
#include "layout.h"
#include "recover.h"

#define SUFFIX ".h5"
#define IMAGES "/entry/data/data"

#define CHUNK 65536

/* What is copied between two looks at whether it is still wanted. */
#define PIECE (1 << 26)
#define LOOK_US 10000

/* Processor time for a copy: no machine is as slow as that. */
#define LEAST_S 20
#define BYTES_PER_S 1000000

/**
 * struct job - what recover_file() was asked for
 * @part: @to while it is being made
 */
struct job {
	const char *from;
	const char *to;
	const char *part;
	int (*finish)(const char *path, void *data);
	void *data;
	const volatile int *cancelled;
};

static int fail(int error)
{
	errno = error;
	return -1;
}

static bool is_cancelled(const struct job *job)
{
	return job->cancelled && *job->cancelled;
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

static hid_t open_growing(const char *path)
{
	return open_with(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ);
}

bool recover_is_whole(const char *path)
{
	hid_t file = open_with(path, H5F_ACC_RDONLY);

	if (file < 0)
		return false;
	H5Fclose(file);
	return true;
}

static int copy_rest(int from, int to, const struct job *job)
{
	char data[CHUNK];
	ssize_t count;

	for (;;) {
		if (is_cancelled(job))
			return fail(ECANCELED);
		count = read(from, data, sizeof(data));
		if (count <= 0)
			return count ? -1 : 0;
		if (durable_write_all(to, data, count))
			return -1;
	}
}

/* Not from one file system to another, nor on each one. */
static int copy_bytes(int from, int to, const struct job *job)
{
	ssize_t count;

	do {
		count = copy_file_range(from, NULL, to, NULL, PIECE, 0);
	} while (count > 0 && !is_cancelled(job));
	if (count < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
	    errno != EOPNOTSUPP)
		return -1;
	return copy_rest(from, to, job);
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

/*
 * What may be torn is put right in the copy. One that was left by a recovery
 * that was cut off is of no use.
 */
static int make_copy(int fd, const struct job *job, const char *copy)
{
	int to, ret, error;

	unlink(copy);
	to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	ret = copy_bytes(fd, to, job) || disk_mend(job->from, to) ? -1 : 0;
	error = errno;
	close(to);
	if (ret)
		unlink(copy);
	errno = error;
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

static int copy_all(hid_t from, hid_t to, const char *name)
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
	return say_so(to, name);
}

static int write_copy(hid_t from, const char *name, const char *part)
{
	hid_t access = h5_access(), to = -1;
	int ret = -1;

	errno = 0;
	if (access >= 0)
		to = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
	if (to >= 0) {
		ret = copy_all(from, to, name);
		if (H5Fclose(to) < 0)
			ret = -1;
	}
	H5Pclose(access);
	/* HDF5 tells of its own troubles by what was left in errno, or not. */
	return ret && errno != ENOSPC ? fail(EIO) : ret;
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

static int copy_file(hid_t (*open_file)(const char *path), const char *path,
		     const struct job *job)
{
	hid_t file = open_file(path);

	if (file < 0 || count_frames(file) < 0)
		return fail(EBADMSG);
	return write_copy(file, job->from, job->part);
}

/* One that goes in circles ends, and so does one whose parent has gone. */
static void limit(const char *path)
{
	struct stat status = { 0 };
	struct rlimit most;

	stat(path, &status);
	most.rlim_cur = LEAST_S + status.st_size / BYTES_PER_S;
	most.rlim_max = most.rlim_cur;
	setrlimit(RLIMIT_CPU, &most);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* As waitpid(2). */
static pid_t wait_for(pid_t child, int *status, const struct job *job)
{
	pid_t ended;

	do {
		if (is_cancelled(job))
			kill(child, SIGKILL);
		ended = waitpid(child, status, job->cancelled ? WNOHANG : 0);
		if (!ended)
			usleep(LOOK_US);
	} while (!ended || (ended < 0 && errno == EINTR));
	return ended;
}

/*
 * HDF5 may crash over what a power cut has left, or never come to an end: in a
 * process of its own that is one more file that cannot be read. It has nothing
 * of what others have open: who waits for the end of a pipe, or for the motor,
 * is not to wait for it.
 */
static int copy_apart(hid_t (*open_file)(const char *path), const char *path,
		      const struct job *job)
{
	int status, error = EIO;
	pid_t child;

	child = fork();
	if (child < 0)
		return -1;
	if (!child) {
		close_range(3, ~0u, 0);
		limit(path);
		_exit(copy_file(open_file, path, job) ? errno : 0);
	}
	if (wait_for(child, &status, job) < 0)
		return -1;
	if (is_cancelled(job))
		return fail(ECANCELED);
	if (WIFEXITED(status))
		error = WEXITSTATUS(status);
	return error ? fail(error) : 0;
}

static int count_copied(const char *path, uint64_t *frames)
{
	hid_t file = open_with(path, H5F_ACC_RDONLY);
	int64_t count = -1;

	if (file >= 0) {
		count = count_frames(file);
		H5Fclose(file);
	}
	*frames = count;
	return count < 0 ? fail(EIO) : 0;
}

/* What a failure to add positions has left is no file to be trusted. */
static int recover_from(hid_t (*open_file)(const char *path), const char *path,
			const struct job *job, uint64_t *frames)
{
	if (copy_apart(open_file, path, job))
		return -1;
	if (job->finish && job->finish(job->part, job->data) &&
	    copy_apart(open_file, path, job))
		return -1;
	if (count_copied(job->part, frames) || publish(job->part, job->to))
		return -1;
	return recover_documents(job->from, job->to, *frames);
}

/* Would another way of reading the file help? */
static bool is_unreadable(int error)
{
	return error == EBADMSG || error == EIO;
}

static int recover_copy(int fd, const struct job *job, uint64_t *frames)
{
	char copy[PATH_MAX + 8];
	int ret, error;

	snprintf(copy, sizeof(copy), "%s.copy", job->part);
	if (make_copy(fd, job, copy))
		return -1;
	ret = recover_from(open_growing, copy, job, frames);
	if (ret && is_unreadable(errno))
		ret = recover_from(open_cleared, copy, job, frames);
	error = errno;
	unlink(copy);
	errno = error;
	return ret;
}

/* As it is, where that can be read, and else a copy of it. */
static int recover_open(int fd, const struct job *job, uint64_t *frames)
{
	int ret;

	if (disk_is_torn(job->from, fd)) {
		ret = recover_copy(fd, job, frames);
		if (!ret || !is_unreadable(errno))
			return ret;
		/* After a power cut the note may be newer than the file. */
		return recover_from(open_growing, job->from, job, frames);
	}
	ret = recover_from(open_growing, job->from, job, frames);
	if (ret && is_unreadable(errno))
		ret = recover_copy(fd, job, frames);
	return ret;
}

static bool is_at(int fd, const char *path)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !lstat(path, &there) &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/*
 * Locked for as long as it is being made, so that what a recovery that was cut
 * off has left can be told from the work of one that lives. Some file systems
 * have no locks. Return: file descriptor, or -1.
 */
static int take_part(const struct job *job)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(job->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0666);
	bool taken;

	if (fd < 0)
		return -1;
	taken = fcntl(fd, F_OFD_SETLK, &lock) &&
		(errno == EAGAIN || errno == EACCES);
	if (!taken && is_at(fd, job->part))
		return fd;
	close(fd);
	return fail(EBUSY);
}

static int recover_into_part(int fd, const struct job *job, uint64_t *frames)
{
	int part = take_part(job), ret, error;

	if (part < 0)
		return -1;
	/* Another may have made it just now. */
	ret = access(job->to, F_OK) ? recover_open(fd, job, frames) :
				      fail(EEXIST);
	error = errno;
	if (ret)
		unlink(job->part);
	close(part);
	errno = error;
	return ret;
}

int recover_file(const char *from, const char *to,
		 int (*finish)(const char *path, void *data), void *data,
		 const volatile int *cancelled, uint64_t *frames)
{
	char part[PATH_MAX];
	const struct job job = { from, to, part, finish, data, cancelled };
	int fd, ret, error;

	if (snprintf(part, sizeof(part), "%s.part", to) >= (int)sizeof(part))
		return fail(ENAMETOOLONG);
	fd = open(from, O_RDONLY | O_CLOEXEC);
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
		ret = recover_into_part(fd, &job, frames);
	error = errno;
	close(fd);
	errno = error;
	return ret;
}
