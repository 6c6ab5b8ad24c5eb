// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl project stack: the focus stacks of a project, each as one photo. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "durable.h"
#include "project-command.h"
#include "project.h"
#include "stack.h"

#define FOLDER "stacked"
#define QUALITY 95
/* Between the point of a photo's name and its place in the stack. */
#define MARK "_fs"

/**
 * struct work - what is done, and what came of it
 * @scratch: folder for what is made on the way
 * @folder: of the scan
 * @index: of the scan
 * @members: photos of each of its stacks; 0: not told
 * @incomplete: stacks that lack some of them
 * @stop: the next one would fail as well
 */
struct work {
	const struct project_request *request;
	struct project *project;
	char scratch[PATH_MAX];
	const char *folder;
	unsigned int index;
	size_t members;
	size_t merged;
	size_t kept;
	size_t incomplete;
	size_t failed;
	bool stop;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of "scan01_007_fs02_ev01.jpg": "_ev01.jpg"; NULL: of no stack */
static const char *behind_place(const char *photo)
{
	const char *mark = strstr(photo, MARK);

	if (!mark)
		return NULL;
	mark += strlen(MARK);
	return mark + strspn(mark, "0123456789");
}

static bool same_point(const char *a, const char *b)
{
	const size_t length = strstr(a, MARK) - a + strlen(MARK);

	return !strncmp(a, b, length);
}

/* stacked/stacked_scan01_007.jpg, or stacked_scan01_007_ev01.jpg */
static int result_path(const struct work *work, const char *photo,
		       char path[PATH_MAX])
{
	const int before = strstr(photo, MARK) - photo;
	const char *behind = behind_place(photo);

	return snprintf(path, PATH_MAX, "%s/" FOLDER "/stacked_%.*s%.*s.jpg",
			work->folder, before, photo,
			(int)strcspn(behind, "."), behind) < PATH_MAX ? 0 : -1;
}

static int full_paths(const struct work *work, char *const *photos,
		      size_t count, char **paths)
{
	for (size_t n = 0; n < count; n++) {
		if (asprintf(&paths[n], "%s/%s", work->folder, photos[n]) < 0)
			return -1;
	}
	return 0;
}

static int merge(struct work *work, char *const *photos, size_t count,
		 const char *path)
{
	char error[STACK_ERROR_LEN] = "out of memory";
	char *paths[STACK_MOST] = { NULL };
	int failed = -1, keep;
	uint64_t bytes;

	if (count > STACK_MOST)
		return fail("%s: wanted a stack of at most %d photos, found %zu",
			    path, STACK_MOST, count);
	if (!full_paths(work, photos, count, paths))
		failed = stack_merge((const char *const *)paths, count,
				     work->scratch, path, QUALITY, &bytes,
				     error);
	keep = errno;
	for (size_t n = 0; n < count; n++)
		free(paths[n]);
	/* Without its programs, and on a full disk, none can be merged. */
	work->stop = cancelled || (failed && keep != EIO);
	if (failed && !cancelled)
		fail("%s of scan %u: %s", photos[0], work->index, error);
	return failed;
}

static void take_stack(struct work *work, char *const *photos, size_t count)
{
	char path[PATH_MAX];

	/* Merged, it would be kept when the scan has been completed. */
	if (count < work->members) {
		work->incomplete++;
		return;
	}
	if (count < 2 || result_path(work, photos[0], path))
		return;
	if (!access(path, F_OK)) {
		work->kept++;
		return;
	}
	if (merge(work, photos, count, path)) {
		work->failed++;
		return;
	}
	work->merged++;
	if (!work->request->json)
		printf("%s\n", path);
	fflush(stdout);
}

/* The stack of the first photo; they are taken out of @photos. */
static size_t pick_stack(char **photos, size_t count,
			 char *stack[STACK_MOST + 1])
{
	const char *first = photos[0], *behind = behind_place(first);
	size_t members = 0;

	for (size_t n = 0; n < count; n++) {
		if (!photos[n])
			continue;
		if (!same_point(first, photos[n]))
			break;
		if (strcmp(behind_place(photos[n]), behind))
			continue;
		if (members <= STACK_MOST)
			stack[members++] = photos[n];
		photos[n] = NULL;
	}
	return members;
}

/* @photos: sorted, so that those of a point stand together */
static void take_stacks(struct work *work, char **photos, size_t count)
{
	char *stack[STACK_MOST + 1];

	for (size_t n = 0; n < count && !work->stop; n++) {
		if (photos[n])
			take_stack(work, stack,
				   pick_stack(photos + n, count - n, stack));
	}
}

static void take_photos(struct work *work, const json_t *photos)
{
	char **names = calloc(json_array_size(photos) + 1, sizeof(*names));
	size_t count = 0, n;
	const char *name;
	json_t *photo;

	if (!names) {
		work->failed++;
		return;
	}
	json_array_foreach(photos, n, photo) {
		name = json_string_value(photo);
		if (name && behind_place(name))
			names[count++] = (char *)name;
	}
	qsort(names, count, sizeof(*names), by_name);
	take_stacks(work, names, count);
	free(names);
}

/* What is in the folder now, in bytes. */
static uint64_t size_of(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (!fstatat(dirfd(dir), entry->d_name, &st, 0) &&
		    S_ISREG(st.st_mode))
			bytes += st.st_size;
	}
	if (dir)
		closedir(dir);
	return bytes;
}

static void take_stacks_of(struct work *work, const json_t *scan)
{
	const struct project_request *request = work->request;
	const size_t before = work->incomplete;

	work->members = json_integer_value(json_object_get(
		json_object_get(scan, "settings"), "focus_stacks"));
	take_photos(work, json_object_get(scan, "photos"));
	if (work->incomplete > before)
		note("left out %zu focus stacks of scan %u with fewer than %zu photos; complete it with \"oscanctl scan --resume '%s:%u' --root '%s'\" first",
		     work->incomplete - before, work->index, work->members,
		     request->name, work->index, request->root);
}

static int take_scan(struct work *work, unsigned int index)
{
	const struct project_request *request = work->request;
	char error[PROJECT_ERROR_LEN], folder[PATH_MAX];
	struct project_scan *scan;
	json_t *told;
	int failed;

	scan = project_scan_open(work->project, index, error);
	if (!scan)
		return fail("%s", error);
	told = project_scan_read(request->root, request->name, index, error);
	work->folder = project_scan_folder(scan);
	work->index = index;
	failed = snprintf(folder, sizeof(folder), "%s/" FOLDER,
			  work->folder) >= (int)sizeof(folder) ||
		 (durable_folder(folder) && errno != EEXIST);
	if (told && !failed) {
		take_stacks_of(work, told);
		/* An empty one is not left behind. */
		rmdir(folder);
		project_scan_stacked(scan, size_of(folder));
		failed = project_scan_status(scan, NULL, NULL);
	}
	json_decref(told);
	project_scan_close(scan);
	return failed ? fail("wanted to write to scan %u of %s, found: %s; look at its disk",
			     index, request->name, strerror(errno)) : 0;
}

static int take_scans(struct work *work)
{
	const struct project_request *request = work->request;
	char error[PROJECT_ERROR_LEN];
	json_t *project, *scan;
	int status = 0;
	const char *key;

	if (request->scan)
		return take_scan(work, request->scan);
	project = project_read(request->root, request->name, error);
	if (!project)
		return fail("%s", error);
	json_object_foreach(json_object_get(project, "scans"), key, scan) {
		if (work->stop)
			break;
		if (take_scan(work, json_integer_value(json_object_get(scan,
								"index"))))
			status = EXIT_FAILURE;
	}
	json_decref(project);
	return status;
}

static int tell(const struct work *work, int status)
{
	if (work->request->json) {
		int printed = print_json(json_pack("{s:I, s:I, s:I, s:I}",
					"merged", (json_int_t)work->merged,
					"kept", (json_int_t)work->kept,
					"incomplete",
					(json_int_t)work->incomplete,
					"failed", (json_int_t)work->failed));

		return status ? status : printed;
	}
	if (!work->merged && !work->kept && !work->incomplete &&
	    !work->failed && !status)
		return fail("wanted focus stacks in %s, found none; take a scan with more than one photo at a point",
			    work->request->name);
	printf("merged      %zu\nkept        %zu\nincomplete  %zu\nfailed      %zu\n",
	       work->merged, work->kept, work->incomplete, work->failed);
	return status;
}

int project_stack(const struct project_request *request)
{
	struct work work = { .request = request };
	char error[PROJECT_ERROR_LEN];
	int status;

	work.project = project_open(request->root, request->name, false,
				    error);
	if (!work.project)
		return fail("%s", error);
	cancel_catch();
	if (project_scratch(work.project, work.scratch))
		status = fail("wanted to write to %s, found: %s; look at its disk",
			      request->name, strerror(errno));
	else
		status = take_scans(&work);
	project_close(work.project);
	if (work.failed || cancelled)
		status = EXIT_FAILURE;
	return tell(&work, status);
}
