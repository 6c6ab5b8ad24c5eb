// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "durable.h"
#include "project-file.h"
#include "utc.h"

/* A line of ours is a tenth of that. */
#define LINE_MOST 4096

static bool is_plain(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/');
}

static void take(struct journal *journal, json_t *entry)
{
	const char *photo, *file = NULL;
	json_int_t bytes, more;
	json_t *image;

	if (json_unpack(entry, "{s:s, s:o, s:I, s:I}", "photo", &photo,
			"file", &image, "bytes", &bytes, "metadata_bytes",
			&more) || bytes < 0 || more < 0 || !is_plain(photo))
		return;
	if (!json_is_null(image)) {
		file = json_string_value(image);
		if (!file || !is_plain(file))
			return;
	}
	if (json_object_get(journal->photos, photo))
		return;
	if (!json_object_set(journal->photos, photo, image))
		journal->bytes += bytes + more;
}

static void read_lines(struct journal *journal, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, file)) > 0) {
		json_t *entry;

		/* What a crash has torn has no end. */
		if (line[length - 1] != '\n')
			break;
		journal->good += length;
		if (length > LINE_MOST)
			continue;
		entry = json_loadb(line, length, JSON_REJECT_DUPLICATES,
				   NULL);
		if (entry)
			take(journal, entry);
		json_decref(entry);
	}
	free(line);
}

int journal_read(struct journal *journal, const char *folder)
{
	char path[PATH_MAX];
	FILE *file;
	int failed;

	memset(journal, 0, sizeof(*journal));
	if (project_join(path, folder, PROJECT_JOURNAL))
		return -1;
	file = fopen(path, "re");
	if (!file && errno != ENOENT)
		return -1;
	journal->photos = json_object();
	if (!file)
		return 0;
	read_lines(journal, file);
	failed = ferror(file);
	fclose(file);
	if (!failed)
		return 0;
	json_decref(journal->photos);
	errno = EIO;
	return -1;
}

char *journal_line(const char *photo, const char *file, uint64_t bytes,
		   uint64_t metadata_bytes)
{
	char utc[UTC_LEN], *text, *line = NULL;
	json_t *entry = json_pack("{s:s, s:s?, s:I, s:I, s:s}", "photo", photo,
				  "file", file, "bytes", (json_int_t)bytes,
				  "metadata_bytes",
				  (json_int_t)metadata_bytes, "utc",
				  utc_text(utc_now(), utc));

	text = json_dumps(entry, 0);
	json_decref(entry);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

static uint64_t size_of(const char *folder, const char *name,
			const char *suffix)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix) >=
	    (int)sizeof(path) || stat(path, &st))
		return 0;
	return st.st_size;
}

static void import_photo(FILE *out, const char *folder, const char *file)
{
	char metadata[PATH_MAX], photo[NAME_MAX + 1];
	char *line;

	snprintf(photo, sizeof(photo), "%.*s", (int)strcspn(file, "."), file);
	snprintf(metadata, sizeof(metadata), "%s/" PROJECT_METADATA, folder);
	line = journal_line(photo, file, size_of(folder, file, ""),
			    size_of(metadata, photo, ".json"));
	fputs(line ? line : "", out);
	free(line);
}

int journal_import(const char *folder, const json_t *photos)
{
	char path[PATH_MAX], *text = NULL;
	size_t size, n;
	json_t *photo;
	int failed;
	FILE *out;

	if (project_join(path, folder, PROJECT_JOURNAL))
		return -1;
	if (!access(path, F_OK))
		return 0;
	out = open_memstream(&text, &size);
	if (!out)
		return -1;
	json_array_foreach(photos, n, photo) {
		const char *file = json_string_value(photo);

		if (file && is_plain(file))
			import_photo(out, folder, file);
	}
	failed = fclose(out) || durable_write(path, text, size);
	free(text);
	return failed ? -1 : 0;
}

json_t *journal_files(const struct journal *journal)
{
	json_t *files = json_array(), *file, *last = NULL;
	const char *photo;

	/* In one file for all, each photo tells the same one. */
	json_object_foreach(journal->photos, photo, file) {
		if (json_is_null(file) || (last && json_equal(file, last)))
			continue;
		json_array_append(files, file);
		last = file;
	}
	return files;
}
