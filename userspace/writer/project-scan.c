// SPDX-License-Identifier: GPL-2.0-or-later
/* One scan of a project, while it is being taken. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "durable.h"
#include "photo-h5.h"
#include "project-file.h"
#include "utc.h"

/* Its own size is in it: so many rounds until that is right. */
#define SIZE_ROUNDS 5

/* Return: NULL, with @error */
static void *fail(const char *folder, unsigned int index, int error_number,
		  char error[PROJECT_ERROR_LEN])
{
	char wanted[PATH_MAX + 40];

	snprintf(wanted, sizeof(wanted), "scan %u of the project %s", index,
		 folder);
	project_say(error, error_number, wanted, NULL, NULL);
	return NULL;
}

static uint64_t size_of(const struct project_scan *scan, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (project_join(path, scan->folder, name) || stat(path, &st))
		return 0;
	return st.st_size;
}

/* Files that the scan has put beside the photos. */
static uint64_t size_of_others(const struct project_scan *scan)
{
	return size_of(scan, "path.json") + size_of(scan, "locked.json");
}

static json_int_t text_size(json_t *json)
{
	/* As durable_json() writes it, with the end of its line. */
	return json_dumpb(json, NULL, 0, JSON_INDENT(2) |
			  JSON_REAL_PRECISION(15)) + 1;
}

static void set_size(struct project_scan *scan)
{
	const json_int_t stacked = json_integer_value(json_object_get(
					scan->json, "stacked_size_bytes"));
	const json_int_t others = scan->journal.bytes + scan->journal.good +
				  size_of_others(scan) + stacked;
	json_int_t total = others, last = -1;

	for (int n = 0; n < SIZE_ROUNDS && total != last; n++) {
		last = total;
		json_object_set_new(scan->json, "total_size_bytes",
				    json_integer(total));
		total = others + text_size(scan->json);
	}
}

/* What is inside of it is replaced, never changed, so a copy may be shallow. */
static json_t *snapshot(struct project_scan *scan)
{
	char utc[UTC_LEN];
	json_t *json;

	pthread_mutex_lock(&scan->lock);
	json_object_set_new(scan->json, "last_updated",
			    json_string(utc_text(scan->written, utc)));
	json_object_set_new(scan->json, "photos",
			    journal_files(&scan->journal));
	set_size(scan);
	json = json_copy(scan->json);
	/* It would be kept twice. */
	json_object_set_new(scan->json, "photos", json_array());
	pthread_mutex_unlock(&scan->lock);
	return json;
}

int project_scan_save(struct project_scan *scan)
{
	char path[PATH_MAX];
	json_t *json;
	int failed;

	scan->written = utc_now();
	json = snapshot(scan);
	if (!json) {
		errno = ENOMEM;
		return -1;
	}
	failed = project_join(path, scan->folder, PROJECT_SCAN_FILE) ||
		 durable_json(path, json, NULL);
	json_decref(json);
	return failed ? -1 : 0;
}

static int save_summary(struct project_scan *scan)
{
	json_t *scans = json_object_get(scan->project->json, "scans");
	const char *name = strrchr(scan->folder, '/') + 1;

	pthread_mutex_lock(&scan->lock);
	json_object_set_new(scans, name, json_pack("{s:i, s:O, s:O}",
		"index", (int)scan->index,
		"created", json_object_get(scan->json, "created"),
		"total_size_bytes",
		json_object_get(scan->json, "total_size_bytes")));
	pthread_mutex_unlock(&scan->lock);
	return project_save_main(scan->project);
}

int project_scan_status(struct project_scan *scan, const char *status,
			const char *message)
{
	int failed;

	if (status && !project_is_status(status)) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&scan->disk);
	pthread_mutex_lock(&scan->lock);
	if (status) {
		json_object_set_new(scan->json, "status",
				    json_string(status));
		json_object_set_new(scan->json, "system_message",
				    message ? json_string(message)
					    : json_null());
	}
	pthread_mutex_unlock(&scan->lock);
	failed = project_scan_save(scan) || save_summary(scan);
	pthread_mutex_unlock(&scan->disk);
	return failed ? -1 : 0;
}

/* What a crash has torn is cut off, so that the next line is whole. */
static int open_journal(struct project_scan *scan)
{
	char path[PATH_MAX];

	if (project_join(path, scan->folder, PROJECT_JOURNAL) ||
	    journal_import(scan->folder,
			   json_object_get(scan->json, "photos")) ||
	    journal_read(&scan->journal, scan->folder))
		return -1;
	scan->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
			0666);
	if (scan->fd < 0 || ftruncate(scan->fd, scan->journal.good))
		return -1;
	return fsync(scan->fd);
}

static struct project_scan *allocate(struct project *project,
				     unsigned int index, json_t *json)
{
	struct project_scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->project = project;
	scan->index = index;
	scan->json = json_incref(json);
	scan->camera_name = json_object_get(json, "camera_name");
	scan->camera_settings = json_object_get(json, "camera_settings");
	scan->fd = -1;
	pthread_mutex_init(&scan->lock, NULL);
	pthread_mutex_init(&scan->disk, NULL);
	if (project_scan_path(scan->folder, project->folder, index)) {
		project_scan_close(scan);
		return NULL;
	}
	return scan;
}

void project_scan_close(struct project_scan *scan)
{
	if (!scan)
		return;
	if (scan->fd >= 0)
		close(scan->fd);
	json_decref(scan->journal.photos);
	json_decref(scan->json);
	pthread_mutex_destroy(&scan->lock);
	pthread_mutex_destroy(&scan->disk);
	free(scan);
}

static int mend_hdf5(const struct project_scan *scan)
{
	const struct project_photo any = { 0, -1, -1 };
	char path[PATH_MAX];

	if (project_photo_path(scan, &any, PHOTO_HDF5, path, sizeof(path)))
		return -1;
	return photo_h5_mend(path);
}

struct project_scan *project_scan_open(struct project *project,
				       unsigned int index,
				       char error[PROJECT_ERROR_LEN])
{
	json_t *json = project_load_scan(project->folder, index, error);
	struct project_scan *scan;
	int keep;

	if (!json)
		return NULL;
	scan = allocate(project, index, json);
	json_decref(json);
	if (scan && !open_journal(scan) && !mend_hdf5(scan))
		return scan;
	keep = errno;
	project_scan_close(scan);
	return fail(project->folder, index, keep, error);
}

/* Whatever its project knows of, a folder that is there is not taken. */
static int make_folder(struct project *project, unsigned int *index)
{
	char path[PATH_MAX], metadata[PATH_MAX];
	const char *name;
	json_t *scan;

	*index = 1;
	json_object_foreach(json_object_get(project->json, "scans"), name,
			    scan) {
		if (project_scan_number(name) >= *index)
			*index = project_scan_number(name) + 1;
	}
	for (; *index <= PROJECT_SCANS_MAX; ++*index) {
		if (project_scan_path(path, project->folder, *index) ||
		    project_join(metadata, path, PROJECT_METADATA))
			return -1;
		if (!durable_folder(path))
			return durable_folder(metadata);
		if (errno != EEXIST)
			return -1;
	}
	errno = EMFILE;
	return -1;
}

static json_t *new_json(const struct project *project, unsigned int index,
			json_t *settings, const char *camera_name,
			json_t *camera_settings)
{
	char utc[UTC_LEN];

	utc_text(utc_now(), utc);
	return json_pack("{s:s, s:i, s:s, s:s, s:O, s:s?, s:O, s:i, s:n, s:s, s:n, s:f, s:i, s:i, s:[], s:n, s:n}",
			 "project_name", project->name, "index", (int)index,
			 "created", utc, "status", "pending", "settings",
			 settings, "camera_name", camera_name,
			 "camera_settings", camera_settings, "current_step", 0,
			 "system_message", "last_updated", utc, "description",
			 "duration", 0., "total_size_bytes", 0,
			 "stacked_size_bytes", 0, "photos", "task_id",
			 "stacking_task_status");
}

static struct project_scan *make_scan(struct project *project,
				      unsigned int index, json_t *json)
{
	struct project_scan *scan = allocate(project, index, json);

	if (scan && !open_journal(scan) &&
	    !project_scan_status(scan, NULL, NULL))
		return scan;
	project_scan_close(scan);
	return NULL;
}

struct project_scan *project_scan_new(struct project *project,
				      json_t *settings,
				      const char *camera_name,
				      json_t *camera_settings,
				      char error[PROJECT_ERROR_LEN])
{
	struct project_scan *scan = NULL;
	unsigned int index = 0;
	json_t *json = NULL;

	errno = EINVAL;
	if (json_is_object(settings) && json_is_object(camera_settings) &&
	    !make_folder(project, &index)) {
		json = new_json(project, index, settings, camera_name,
				camera_settings);
		errno = EINVAL;
		if (json)
			scan = make_scan(project, index, json);
	}
	if (!scan)
		fail(project->folder, index, errno, error);
	json_decref(json);
	json_decref(settings);
	json_decref(camera_settings);
	return scan;
}

unsigned int project_scan_index(const struct project_scan *scan)
{
	return scan->index;
}

const char *project_scan_folder(const struct project_scan *scan)
{
	return scan->folder;
}

size_t project_scan_photos(struct project_scan *scan)
{
	size_t photos;

	pthread_mutex_lock(&scan->lock);
	photos = json_object_size(scan->journal.photos);
	pthread_mutex_unlock(&scan->lock);
	return photos;
}

void project_scan_progress(struct project_scan *scan, unsigned int points_done,
			   double duration_s)
{
	pthread_mutex_lock(&scan->lock);
	json_object_set_new(scan->json, "current_step",
			    json_integer(points_done));
	if (isfinite(duration_s))
		json_object_set_new(scan->json, "duration",
				    json_real(duration_s));
	pthread_mutex_unlock(&scan->lock);
}

double project_scan_duration(struct project_scan *scan)
{
	double duration;

	pthread_mutex_lock(&scan->lock);
	duration = json_number_value(json_object_get(scan->json, "duration"));
	pthread_mutex_unlock(&scan->lock);
	return duration;
}

void project_scan_stacked(struct project_scan *scan, uint64_t bytes)
{
	pthread_mutex_lock(&scan->lock);
	json_object_set_new(scan->json, "stacked_size_bytes",
			    json_integer(bytes));
	pthread_mutex_unlock(&scan->lock);
}
