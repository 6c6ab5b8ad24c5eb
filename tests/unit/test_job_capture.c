// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscand/job-capture.c userspace/scan/capture-settings.c
 * userspace/scan/path.c userspace/scan/path-file.c userspace/scan/path-list.c
 * userspace/scan/path-near.c userspace/scan/path-order.c
 * userspace/scan/path-time.c userspace/scan/words.c
 * userspace/writer/durable.c userspace/liboscan/units.c
 * userspace/liboscan/wrap.c -lm -ljansson
 */
/* A capture scan as a job: which scan of a project it takes up again. */
#include <errno.h>
#include <string.h>
#include "capture.h"
#include "daemon.h"
#include "job-played.h"
#include "photo.h"
#include "project.h"
#include "unit.h"

/* What is on the disk, and what the scan was asked for. */
static const char *created;
static unsigned int runs;
static unsigned int resumed;
static json_t *told;

json_t *project_scan_read(const char *root, const char *name,
			  unsigned int index, char error[PROJECT_ERROR_LEN])
{
	(void)root;
	(void)name;
	strcpy(error, "there is none");
	errno = ENOENT;
	return index == 3 && created ?
	       json_pack("{s:s, s:{}}", "created", created, "settings") : NULL;
}

int capture_run(const struct capture_request *request,
		struct capture_control *control,
		void (*progress)(const struct capture_progress *progress,
				 void *data),
		void *data, struct capture_result *result)
{
	const struct capture_progress done = { .state = CAPTURE_DONE,
					       .scan = 3 };

	(void)control;
	runs++;
	resumed = request->resume_scan;
	result->scan = 3;
	progress(&done, data);
	return 0;
}

int capture_check(const struct capture_request *request, char *error)
{
	(void)request;
	(void)error;
	return 0;
}

const char *capture_state_name(enum capture_state state)
{
	(void)state;
	return "played";
}

const char *project_root(const char *root)
{
	return root;
}

int photo_format(const char *name)
{
	(void)name;
	return PHOTO_JPEG;
}

const char *photo_format_name(enum photo_format format)
{
	(void)format;
	return "jpeg";
}

int job_result(struct job_run *run, json_t *result)
{
	(void)run;
	json_decref(told);
	told = result;
	return 0;
}

static int run_job(json_t *earlier, char *error)
{
	struct daemon daemon = { .projects = "/projects" };
	struct job_run run = {
		.settings = json_pack("{s:s}", "project", "mouse"),
		.earlier = earlier, .data = &daemon,
	};
	int failed = job_capture_run(&run), cause = errno;

	strcpy(error, run.error);
	json_decref(run.settings);
	errno = cause;
	return failed;
}

/* The number of the last scan is given again when that one is deleted. */
TEST(a_job_takes_up_its_own_scan_and_no_later_one_of_that_number)
{
	char error[JOBS_ERROR_LEN];
	json_t *earlier;

	created = "2026-11-21T20:05:01.123456Z";
	ck_assert_msg(!run_job(NULL, error), "%s", error);
	ck_assert_uint_eq(resumed, 0);
	earlier = json_incref(told);
	ck_assert_msg(!run_job(earlier, error), "%s", error);
	ck_assert_uint_eq(resumed, 3);
	created = "2026-11-21T21:00:00.000000Z";
	ck_assert_int_eq(run_job(earlier, error), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert_ptr_nonnull(strstr(error, "submit a new job"));
	created = NULL;
	ck_assert_int_eq(run_job(earlier, error), -1);
	ck_assert_str_eq(error, "there is none");
	ck_assert_uint_eq(runs, 2);
	json_decref(earlier);
	json_decref(told);
}
