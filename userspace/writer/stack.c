// SPDX-License-Identifier: GPL-2.0-or-later
#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libexif/exif-data.h>
#include "durable.h"

#define ALIGN "align_image_stack"
#define FUSE "enfuse"
#define PREFIX "aligned-"
#define MERGED "merged.jpg"
#define SAID "said.txt"
/* Their options, and the NULL at the end. */
#define ARGUMENTS (STACK_MOST + 16)
/* Bytes of a marker of a JPEG before its content, which has at most the rest */
#define MARKER_HEAD 4
#define MARKER_MOST 65533

extern char **environ;

static int say(char error[STACK_ERROR_LEN], int number, const char *wanted,
	       const char *found, const char *todo)
{
	if (snprintf(error, STACK_ERROR_LEN, "wanted %s, found: %s; %s",
		     wanted, found, todo) >= STACK_ERROR_LEN)
		strcpy(error + STACK_ERROR_LEN - 4, "...");
	errno = number;
	return -1;
}

static int join(char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* What it says goes to a file, of which a sentence may tell the end. */
static int start(char *const *arguments, const char *said, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY,
					 0);
	posix_spawn_file_actions_addopen(&actions, 1, said,
					 O_WRONLY | O_CREAT | O_TRUNC, 0666);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	error = posix_spawnp(child, arguments[0], &actions, NULL, arguments,
			     environ);
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	return error ? -1 : 0;
}

static int wait_for(pid_t child, int *status)
{
	while (waitpid(child, status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

static void last_line(const char *said, char *text, size_t size)
{
	FILE *file = fopen(said, "re");
	char line[200];

	snprintf(text, size, "that it failed and said nothing");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t")])
			snprintf(text, size, "\"%s\"", line);
	}
	if (file)
		fclose(file);
}

static int run(char *const *arguments, const char *scratch,
	       char error[STACK_ERROR_LEN])
{
	char said[PATH_MAX], wanted[64], found[224];
	pid_t child;
	int status;

	snprintf(wanted, sizeof(wanted), "%s to merge a focus stack",
		 arguments[0]);
	if (join(said, scratch, SAID) || start(arguments, said, &child) ||
	    wait_for(child, &status))
		return say(error, errno, wanted, strerror(errno),
			   "install hugin-tools and enfuse");
	if (WIFSIGNALED(status))
		return say(error, EINTR, wanted, strsignal(WTERMSIG(status)),
			   "start it again");
	if (!WEXITSTATUS(status))
		return 0;
	last_line(said, found, sizeof(found));
	return say(error, EIO, wanted, found,
		   "look at the photos: are they sharp, and of one object?");
}

static int align(const char *const *photos, size_t count, const char *scratch,
		 char error[STACK_ERROR_LEN])
{
	const size_t middle = count / 2;
	char prefix[PATH_MAX];
	/*
	 * The lens changes the field of view (-m). All are laid over the first,
	 * which keeps its geometry, and compared at a quarter of their size,
	 * at which what is blurred is found best.
	 */
	const char *arguments[ARGUMENTS] = {
		ALIGN, "-m", "--align-to-first", "-s", "2", "-a", prefix,
		"--", photos[middle],
	};
	size_t n = 9;

	if (join(prefix, scratch, PREFIX))
		return say(error, errno, "a folder for a focus stack",
			   strerror(errno), "choose another one");
	for (size_t photo = 0; photo < count; photo++) {
		if (photo != middle)
			arguments[n++] = photos[photo];
	}
	return run((char *const *)arguments, scratch, error);
}

static int fuse(size_t count, const char *scratch, int quality,
		char error[STACK_ERROR_LEN])
{
	char aligned[STACK_MOST][PATH_MAX + 16];
	char output[PATH_MAX + 16], compression[32];
	/* What is sharp, from the one photo where it is sharpest. */
	const char *arguments[ARGUMENTS] = {
		FUSE, "--exposure-weight=0", "--saturation-weight=0",
		"--contrast-weight=1", "--hard-mask", compression, output,
	};
	size_t n = 7;

	snprintf(compression, sizeof(compression), "--compression=%d",
		 quality);
	snprintf(output, sizeof(output), "--output=%s/" MERGED, scratch);
	for (size_t photo = 0; photo < count; photo++) {
		snprintf(aligned[photo], sizeof(aligned[photo]),
			 "%s/" PREFIX "%04zu.tif", scratch, photo);
		arguments[n++] = aligned[photo];
	}
	return run((char *const *)arguments, scratch, error);
}

static void remove_aligned(const char *scratch, size_t count)
{
	char path[PATH_MAX + 16];

	for (size_t photo = 0; photo < count; photo++) {
		snprintf(path, sizeof(path), "%s/" PREFIX "%04zu.tif", scratch,
			 photo);
		unlink(path);
	}
	if (!join(path, scratch, MERGED))
		unlink(path);
	if (!join(path, scratch, SAID))
		unlink(path);
}

/* Behind the begin of a JPEG; nothing if the photo has no EXIF. */
static int write_exif(int fd, const char *photo)
{
	ExifData *exif = exif_data_new_from_file(photo);
	uint8_t head[MARKER_HEAD] = { 0xff, 0xe1 };
	unsigned char *data = NULL;
	unsigned int size = 0;
	int failed = 0;

	if (!exif)
		return 0;
	exif_data_save_data(exif, &data, &size);
	exif_data_unref(exif);
	if (data && size && size <= MARKER_MOST) {
		head[2] = (size + 2) >> 8;
		head[3] = size + 2;
		failed = durable_write_all(fd, head, sizeof(head)) ||
			 durable_write_all(fd, data, size);
	}
	free(data);
	return failed ? -1 : 0;
}

static int copy(int to, int from)
{
	char data[65536];
	ssize_t count;

	while ((count = read(from, data, sizeof(data))) > 0) {
		if (durable_write_all(to, data, count))
			return -1;
	}
	return count ? -1 : 0;
}

static int write_merged(int to, int from, const char *photo)
{
	uint8_t begin[2];

	if (read(from, begin, 2) != 2 || begin[0] != 0xff || begin[1] != 0xd8) {
		errno = EBADMSG;
		return -1;
	}
	return durable_write_all(to, begin, 2) || write_exif(to, photo) ||
	       copy(to, from) ? -1 : 0;
}

static int publish(const char *scratch, const char *photo, const char *path,
		   uint64_t *bytes)
{
	char merged[PATH_MAX];
	struct durable durable;
	struct stat st;
	int from, failed;

	if (join(merged, scratch, MERGED))
		return -1;
	from = open(merged, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -1;
	failed = durable_begin(&durable, path);
	if (!failed) {
		failed = write_merged(durable.fd, from, photo) ||
			 fstat(durable.fd, &st);
		if (failed)
			durable_abort(&durable);
		else
			failed = durable_commit(&durable);
	}
	close(from);
	if (failed)
		return -1;
	*bytes = st.st_size;
	return 0;
}

int stack_merge(const char *const *photos, size_t count, const char *scratch,
		const char *path, int quality, uint64_t *bytes,
		char error[STACK_ERROR_LEN])
{
	int failed, keep;

	if (count < 2 || count > STACK_MOST)
		return say(error, EINVAL, "2 to 99 photos of a focus stack",
			   "another number", "take it again");
	failed = align(photos, count, scratch, error) ||
		 fuse(count, scratch, quality, error);
	if (!failed && publish(scratch, photos[count / 2], path, bytes))
		failed = say(error, errno, "to write a merged photo",
			     strerror(errno), "free some space");
	keep = errno;
	remove_aligned(scratch, count);
	errno = keep;
	return failed ? -1 : 0;
}
