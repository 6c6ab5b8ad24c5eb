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

static int fail_zip(struct archive *archive, const char *file, char *error)
{
	int code = archive_errno(archive);

	return export_fail(error, code > 0 ? code : EIO,
			   "wanted to write %s, found: %s; choose another place",
			   file, archive_error_string(archive));
}

static int fail_read(const char *path, int code, char *error)
{
	return export_fail(error, code, "wanted to read %s, found: %s", path,
			   strerror(code));
}

static int copy(struct archive *archive, int fd, const char *path,
		const char *file, char *error)
{
	char data[CHUNK];
	ssize_t got;

	for (;;) {
		got = read(fd, data, sizeof(data));
		if (got < 0)
			return fail_read(path, errno, error);
		if (!got)
			return 0;
		if (archive_write_data(archive, data, got) < 0)
			return fail_zip(archive, file, error);
	}
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

static int add_file(struct archive *archive, const FTSENT *entry, size_t skip,
		    const char *file, char *error)
{
	int fd = open(entry->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat about;
	int result;

	if (fd < 0 || fstat(fd, &about))
		result = fail_read(entry->fts_path, errno, error);
	else if (write_header(archive, entry->fts_path + skip, &about) <
		 ARCHIVE_WARN)
		result = fail_zip(archive, file, error);
	else
		result = copy(archive, fd, entry->fts_path, file, error);
	if (fd >= 0)
		close(fd);
	return result;
}

static int add_entry(struct archive *archive, FTS *tree, FTSENT *entry,
		     size_t skip, const char *file, size_t *files, char *error)
{
	if (entry->fts_level > FTS_ROOTLEVEL && entry->fts_name[0] == '.') {
		fts_set(tree, entry, FTS_SKIP);
		return 0;
	}
	if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
	    entry->fts_info == FTS_NS)
		return fail_read(entry->fts_path, entry->fts_errno, error);
	if (entry->fts_info != FTS_F)
		return 0;
	++*files;
	return add_file(archive, entry, skip, file, error);
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_all(struct archive *archive, char *folder, const char *file,
		   size_t *files, char *error)
{
	char *const roots[] = { folder, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	size_t skip = strrchr(folder, '/') + 1 - folder;
	FTSENT *entry;
	int result = 0;

	if (!tree)
		return fail_read(folder, errno, error);
	while (!result && (errno = 0, entry = fts_read(tree)))
		result = add_entry(archive, tree, entry, skip, file, files,
				   error);
	if (!result && errno)
		result = fail_read(folder, errno, error);
	fts_close(tree);
	return result;
}

static int write_zip(int fd, char *folder, const char *file, size_t *files,
		     char *error)
{
	struct archive *archive = archive_write_new();
	int result;

	if (!archive)
		return export_fail(error, ENOMEM, "wanted memory, found none");
	/* Photos do not get smaller by compression. */
	if (archive_write_set_format_zip(archive) ||
	    archive_write_set_options(archive, "zip:compression=store") ||
	    archive_write_set_bytes_in_last_block(archive, 1) ||
	    archive_write_open_fd(archive, fd))
		result = fail_zip(archive, file, error);
	else
		result = add_all(archive, folder, file, files, error);
	if (!result && archive_write_close(archive))
		result = fail_zip(archive, file, error);
	archive_write_free(archive);
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
	result = write_zip(durable.fd, real, file, files, error);
	if (result)
		durable_abort(&durable);
	else if (durable_commit(&durable))
		result = export_cannot_write(file, errno, error);
	code = errno;
	free(real);
	errno = code;
	return result;
}
