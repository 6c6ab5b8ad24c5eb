// SPDX-License-Identifier: GPL-2.0-or-later
#include "project.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "durable.h"
#include "project-file.h"
#include "utc.h"

#define THUMBNAIL "thumbnail.jpg"
#define THUMBNAIL_MOST 512
#define THUMBNAIL_QUALITY 85

/* Return: 0, or -1 with @error */
static int fail(struct project *project, int error_number,
		char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 32];

	snprintf(wanted, sizeof(wanted), "the project %s", project->folder);
	return project_say(error, error_number, wanted, NULL, NULL);
}

static int make_folder(const char *path, char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 32];

	if (!durable_folder(path) || errno == EEXIST)
		return 0;
	snprintf(wanted, sizeof(wanted), "to make the folder %s", path);
	return project_say(error, errno, wanted, NULL, errno == ENOENT ?
			   "make the one above it first" : NULL);
}

/* It may have been deleted, and made again, before it was locked. */
static bool is_there(const struct project *project)
{
	struct stat here, there;

	return !fstat(project->fd, &here) && !stat(project->folder, &there) &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

static int lock(struct project *project, char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 48];

	project->fd = open(project->folder,
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (project->fd < 0)
		return fail(project, errno, error);
	if (!flock(project->fd, LOCK_EX | LOCK_NB))
		return is_there(project) ? 0 : fail(project, ENOENT, error);
	if (errno != EWOULDBLOCK)
		return fail(project, errno, error);
	snprintf(wanted, sizeof(wanted), "to write to the project %s",
		 project->folder);
	return project_say(error, EBUSY, wanted,
			   "another program is writing to it",
			   "wait for its end, or choose another project");
}

static int set_path(struct project *project)
{
	char *path = realpath(project->folder, NULL);

	if (!path)
		return -1;
	json_object_set_new(project->json, "path", json_string(path));
	free(path);
	return 0;
}

static int make_main(struct project *project)
{
	char utc[UTC_LEN];

	project->json = json_pack("{s:s, s:s, s:s, s:n, s:b, s:n, s:b, s:{}}",
				  "name", project->name, "path", "",
				  "created", utc_text(utc_now(), utc),
				  "description", "uploaded", false,
				  "cloud_project_name", "downloaded", false,
				  "scans");
	return set_path(project) ? -1 : project_save_main(project);
}

static int load_main(struct project *project, bool create,
		     char error[PROJECT_ERROR_LEN])
{
	project->json = project_load_main(project->folder, project->name,
					  error);
	if (project->json)
		return set_path(project) ? fail(project, errno, error) : 0;
	if (errno != ENOENT || !create)
		return -1;
	return make_main(project) ? fail(project, errno, error) : 0;
}

static int clean_scan(const char *folder)
{
	static const char *const below[] = {
		PROJECT_METADATA, PROJECT_STACKED,
	};
	char path[PATH_MAX];

	if (durable_clean(folder) < 0)
		return -1;
	for (size_t n = 0; n < sizeof(below) / sizeof(*below); n++) {
		if (project_join(path, folder, below[n]))
			return -1;
		if (durable_clean(path) < 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}

/* A scan whose making a crash cut short, before its project knew of it. */
static int adopt(struct project *project, const char *name, json_t *scan)
{
	json_t *scans = json_object_get(project->json, "scans");

	if (json_object_get(scans, name))
		return 0;
	json_object_set_new(scans, name, json_pack("{s:O, s:O, s:O}",
		"index", json_object_get(scan, "index"),
		"created", json_object_get(scan, "created"),
		"total_size_bytes",
		json_object_get(scan, "total_size_bytes")));
	return project_save_main(project);
}

static int interrupt(const char *folder, json_t *scan)
{
	char path[PATH_MAX], utc[UTC_LEN];

	if (!project_is_underway(json_string_value(json_object_get(scan,
							"status"))))
		return 0;
	json_object_set_new(scan, "status", json_string("interrupted"));
	json_object_set_new(scan, "last_updated",
			    json_string(utc_text(utc_now(), utc)));
	if (project_join(path, folder, PROJECT_SCAN_FILE))
		return -1;
	return durable_json(path, scan, NULL);
}

/* Of a scan that a crash cut short before it had its scan.json; no more. */
static void remove_empty(const char *folder)
{
	char path[PATH_MAX];
	struct stat st;

	if (!project_join(path, folder, PROJECT_METADATA))
		rmdir(path);
	if (!project_join(path, folder, PROJECT_JOURNAL) &&
	    !stat(path, &st) && !st.st_size)
		unlink(path);
	rmdir(folder);
}

/* A scan that cannot be read is told when it is asked for. */
static int tidy_scan(struct project *project, const char *name)
{
	const unsigned int index = project_scan_number(name);
	char path[PATH_MAX], unasked[PROJECT_ERROR_LEN];
	json_t *scan;
	int failed;

	if (!index)
		return 0;
	if (project_join(path, project->folder, name) || clean_scan(path))
		return -1;
	scan = project_load_scan(project->folder, index, unasked);
	if (!scan) {
		if (errno == ENOENT)
			remove_empty(path);
		return 0;
	}
	failed = interrupt(path, scan) || adopt(project, name, scan);
	json_decref(scan);
	return failed ? -1 : 0;
}

static int tidy(struct project *project)
{
	DIR *dir = opendir(project->folder);
	struct dirent *entry;
	int failed = 0;

	if (!dir)
		return -1;
	while (!failed && (entry = readdir(dir)))
		failed = tidy_scan(project, entry->d_name);
	closedir(dir);
	if (failed || durable_clean(project->folder) < 0)
		return -1;
	project_clean_scratch(project->folder);
	return 0;
}

static int open_locked(struct project *project, bool create,
		       char error[PROJECT_ERROR_LEN])
{
	if (lock(project, error) || load_main(project, create, error))
		return -1;
	return tidy(project) ? fail(project, errno, error) : 0;
}

static struct project *allocate(const char *root, const char *name,
				char error[PROJECT_ERROR_LEN])
{
	struct project *project;

	if (project_name_check(name, error))
		return NULL;
	project = calloc(1, sizeof(*project));
	if (!project) {
		project_say(error, ENOMEM, "memory", NULL, NULL);
		return NULL;
	}
	project->fd = -1;
	strcpy(project->name, name);
	if (!project_join(project->folder, root, name))
		return project;
	project_say(error, errno, root, NULL, NULL);
	free(project);
	return NULL;
}

struct project *project_open(const char *root, const char *name, bool create,
			     char error[PROJECT_ERROR_LEN])
{
	struct project *project = allocate(root, name, error);
	int keep;

	if (!project)
		return NULL;
	if ((!create || (!make_folder(root, error) &&
			 !make_folder(project->folder, error))) &&
	    !open_locked(project, create, error))
		return project;
	keep = errno;
	project_close(project);
	errno = keep;
	return NULL;
}

void project_close(struct project *project)
{
	if (!project)
		return;
	/* Else it was not locked. */
	if (project->json)
		project_clean_scratch(project->folder);
	if (project->fd >= 0)
		close(project->fd);
	json_decref(project->json);
	free(project);
}

static int make_scratch(const char *folder, char path[PATH_MAX])
{
	if (project_join(path, folder, PROJECT_SCRATCH "XXXXXX"))
		return -1;
	return mkdtemp(path) ? 0 : -1;
}

int project_scratch(struct project *project, char *path)
{
	return make_scratch(project->folder, path);
}

int project_thumbnail(struct project *project,
		      const struct photo_pixels *pixels, uint32_t orientation)
{
	const struct photo_info info = {
		.lens_dpt = NAN, .orientation = orientation,
	};
	struct photo_pixels small;
	char path[PATH_MAX];
	int failed;

	if (project_join(path, project->folder, THUMBNAIL))
		return -1;
	if (!access(path, F_OK))
		return 0;
	if (photo_shrink(pixels, THUMBNAIL_MOST, &small))
		return -1;
	failed = photo_save(path, PHOTO_JPEG, THUMBNAIL_QUALITY, &small, &info,
			    NULL);
	free((void *)small.data);
	return failed;
}

/* Out of sight at once; what a crash leaves of it is no project any more. */
static int move_away(const char *folder, const char *path, const char *name)
{
	char bin[PATH_MAX], to[PATH_MAX];

	project_clean_scratch(folder);
	if (make_scratch(folder, bin))
		return -1;
	if (project_join(to, bin, name) || rename(path, to)) {
		const int keep = errno;

		rmdir(bin);
		errno = keep;
		return -1;
	}
	return project_remove_tree(bin);
}

static int delete_scan(struct project *project, unsigned int index)
{
	char path[PATH_MAX];
	const char *name;

	if (project_scan_path(path, project->folder, index))
		return -1;
	name = strrchr(path, '/') + 1;
	if (!json_object_get(json_object_get(project->json, "scans"), name) ||
	    index > PROJECT_SCANS_MAX) {
		errno = ENOENT;
		return -1;
	}
	json_object_del(json_object_get(project->json, "scans"), name);
	if (move_away(project->folder, path, name) && errno != ENOENT)
		return -1;
	return project_save_main(project);
}

static int delete_locked(struct project *project, const char *root,
			 unsigned int index, char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 32];
	int failed;

	/* Broken as it may be, it can be deleted as a whole. */
	if (lock(project, error) ||
	    (index && load_main(project, false, error)))
		return -1;
	failed = index ? delete_scan(project, index)
		       : move_away(root, project->folder, project->name);
	if (!failed)
		return 0;
	if (!index)
		return fail(project, errno, error);
	snprintf(wanted, sizeof(wanted), "scan %u of the project %s", index,
		 project->folder);
	return project_say(error, errno, wanted, NULL, NULL);
}

/* A folder of something else is none of ours to delete. */
static bool is_project(const char *folder)
{
	char path[PATH_MAX];

	return !project_join(path, folder, PROJECT_FILE) &&
	       !access(path, F_OK);
}

int project_delete(const char *root, const char *name, unsigned int index,
		   char error[PROJECT_ERROR_LEN])
{
	struct project *project = allocate(root, name, error);
	int failed, keep;

	if (!project)
		return -1;
	if (is_project(project->folder))
		failed = delete_locked(project, root, index, error);
	else
		failed = fail(project, ENOENT, error);
	keep = errno;
	project_close(project);
	errno = keep;
	return failed;
}
