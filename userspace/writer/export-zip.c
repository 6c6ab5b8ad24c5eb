// SPDX-License-Identifier: GPL-2.0-or-later
#include "export.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "durable.h"
#include "export-text.h"

#define CHUNK 65536

/* Photos do not get smaller by compression. */
#define OPTIONS "zip:compression=store,zip:hdrcharset=UTF-8"

/**
 * struct zip - one being made
 * @fd: where it goes
 * @file: what that is called in sentences
 * @code: errno of writing to @fd, 0: all is well; else it gets no more
 * @skip: bytes of a path that are left out of the name of its entry
 * @files: in it so far
 * @error: the sentence
 */
struct zip {
	struct archive *archive;
	int fd;
	const char *file;
	int code;
	size_t skip;
	size_t files;
	char *error;
};

/* The library does not free all that it has when it is told of an error. */
static la_ssize_t put(struct archive *archive, void *data, const void *buffer,
		      size_t size)
{
	struct zip *zip = data;

	(void)archive;
	if (!zip->code && durable_write_all(zip->fd, buffer, size))
		zip->code = errno;
	return size;
}

static int fail_zip(struct zip *zip)
{
	int code = archive_errno(zip->archive);

	if (zip->code)
		return export_cannot_write(zip->file, zip->code, zip->error);
	return export_fail(zip->error, code > 0 ? code : EIO,
			   "wanted to write %s, found: %s; choose another place",
			   zip->file, archive_error_string(zip->archive));
}

static int fail_read(const char *path, int code, char *error)
{
	return export_fail(error, code, "wanted to read %s, found: %s", path,
			   strerror(code));
}

/* What the library would fill up with zeros is no file. */
static int copy(struct zip *zip, int fd, const char *path, off_t size)
{
	char data[CHUNK];
	ssize_t got;

	for (; size; size -= got) {
		got = read(fd, data, size < CHUNK ? size : CHUNK);
		if (got < 0)
			return fail_read(path, errno, zip->error);
		if (!got)
			return export_fail(zip->error, EIO,
					   "wanted %lld bytes more of %s, found its end; wait until nobody changes it",
					   (long long)size, path);
		if (archive_write_data(zip->archive, data, got) < 0 ||
		    zip->code)
			return fail_zip(zip);
	}
	return 0;
}

static int write_header(struct archive *archive, const char *name,
			const struct stat *about)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return ARCHIVE_FATAL;
	archive_entry_set_pathname_utf8(entry, name);
	archive_entry_set_size(entry, about->st_size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, about->st_mtime, 0);
	result = archive_write_header(archive, entry);
	archive_entry_free(entry);
	return result;
}

static int add_file(struct zip *zip, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat about;
	int result;

	if (fd < 0 || fstat(fd, &about))
		result = fail_read(path, errno, zip->error);
	else if (write_header(zip->archive, path + zip->skip, &about) <
		 ARCHIVE_WARN)
		result = fail_zip(zip);
	else
		result = copy(zip, fd, path, about.st_size);
	if (fd >= 0)
		close(fd);
	return result;
}

static int add_entry(struct zip *zip, FTS *tree, FTSENT *entry)
{
	if (entry->fts_level > FTS_ROOTLEVEL && entry->fts_name[0] == '.') {
		fts_set(tree, entry, FTS_SKIP);
		return 0;
	}
	if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
	    entry->fts_info == FTS_NS)
		return fail_read(entry->fts_path, entry->fts_errno,
				 zip->error);
	if (entry->fts_info != FTS_F)
		return 0;
	zip->files++;
	return add_file(zip, entry->fts_path);
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_all(struct zip *zip, const char *folder)
{
	char *const roots[] = { (char *)folder, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	FTSENT *entry;
	int result = 0;

	if (!tree)
		return fail_read(folder, errno, zip->error);
	while (!result && (errno = 0, entry = fts_read(tree)))
		result = add_entry(zip, tree, entry);
	if (!result && errno)
		result = fail_read(folder, errno, zip->error);
	fts_close(tree);
	return result;
}

static int write_all(struct zip *zip, const char *folder)
{
	if (archive_write_set_format_zip(zip->archive) ||
	    archive_write_set_options(zip->archive, OPTIONS) ||
	    archive_write_set_bytes_in_last_block(zip->archive, 1) ||
	    archive_write_open(zip->archive, zip, NULL, put, NULL))
		return fail_zip(zip);
	if (add_all(zip, folder)) {
		/* Else its directory would follow, and all seem to be there. */
		zip->code = errno;
		return -1;
	}
	return archive_write_close(zip->archive) || zip->code ? fail_zip(zip)
							      : 0;
}

int export_zip_to(int fd, const char *name, const char *folder, size_t skip,
		  size_t *files, char error[EXPORT_ERROR_LEN])
{
	struct zip zip = {
		.archive = archive_write_new(),
		.fd = fd,
		.file = name,
		.skip = skip,
		.error = error,
	};
	int result, code;

	if (!zip.archive)
		return export_fail(error, ENOMEM, "wanted memory, found none");
	result = write_all(&zip, folder);
	code = errno;
	archive_write_free(zip.archive);
	*files = zip.files;
	errno = code;
	return result;
}

int export_zip(const char *folder, const char *file, size_t *files,
	       char error[EXPORT_ERROR_LEN])
{
	struct durable durable;
	char *real;
	int result, code;

	*files = 0;
	if (!access(file, F_OK))
		return export_cannot_write(file, EEXIST, error);
	real = realpath(folder, NULL);
	if (!real)
		return fail_read(folder, errno, error);
	if (durable_begin(&durable, file)) {
		code = errno;
		free(real);
		return export_cannot_write(file, code, error);
	}
	result = export_zip_to(durable.fd, file, real,
			       strrchr(real, '/') + 1 - real, files, error);
	if (result)
		durable_abort(&durable);
	else if (durable_commit(&durable))
		result = export_cannot_write(file, errno, error);
	code = errno;
	free(real);
	errno = code;
	return result;
}
