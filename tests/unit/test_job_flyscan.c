// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscand/job-flyscan.c -lm -ljansson */
/* A fly scan as a job: what is left of it when it has ended. */
#include <errno.h>
#include <string.h>
#include "daemon.h"
#include "flyscan-settings.h"
#include "job-played.h"
#include "latency-file.h"
#include "said.h"
#include "../../userspace/oscanctl/flyscan-resume.h"
#include "unit.h"

static bool hangs;
static unsigned int ended;

int flyscan_run(const struct flyscan_request *request,
		void (*progress)(const struct flyscan_progress *progress,
				 void *data),
		void *data, const volatile int *cancel,
		struct flyscan_result *result)
{
	(void)request;
	(void)progress;
	(void)data;
	(void)cancel;
	strcpy(result->path, "/scans/a_000002.h5");
	strcpy(result->error, "the disk took none");
	result->abandoned = hangs;
	errno = ETIMEDOUT;
	return -1;
}

int flyscan_check(const struct flyscan_request *request, const char *unit,
		  double period_s, char *error)
{
	(void)request;
	(void)unit;
	(void)period_s;
	(void)error;
	return 0;
}

const char *flyscan_phase_name(enum flyscan_phase phase)
{
	(void)phase;
	return "played";
}

uint64_t flyscan_lost(const struct flyscan_ledger *ledger)
{
	(void)ledger;
	return 0;
}

void settings_begin(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
}

void settings_end(struct settings *settings)
{
	(void)settings;
}

int settings_take(struct settings *settings, json_t *job, const char *where)
{
	(void)job;
	(void)where;
	settings->request.axis = "turntable";
	return 0;
}

int resume_load(struct resumed *resumed, const char *path,
		struct flyscan_request *request)
{
	(void)request;
	ck_assert_str_eq(path, "/scans/a_000001.h5");
	resumed->file.file = 1;
	return 0;
}

void resume_end(struct resumed *resumed)
{
	ck_assert_int_eq(resumed->file.file, 1);
	ended++;
}

void said_begin(void)
{
}

const char *said_error(void)
{
	return "";
}

const char *said_note(void)
{
	return "";
}

int latency_file_path(char *path, size_t size)
{
	(void)path;
	(void)size;
	return -1;
}

int job_result(struct job_run *run, json_t *result)
{
	(void)run;
	json_decref(result);
	return 0;
}

/* Return: whether the daemon is to end. */
static bool run_resumed(void)
{
	struct daemon daemon = { .state = "/state" };
	struct job_run run = {
		.settings = json_object(), .data = &daemon,
		.earlier = json_pack("{s:s}", "file", "/scans/a_000001.h5"),
	};

	ended = 0;
	ck_assert_int_eq(job_flyscan_run(&run), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_str_eq(run.error, "the disk took none");
	json_decref(run.settings);
	json_decref(run.earlier);
	return run.abandoned;
}

/* HDF5 would wait for the writer's thread, and the daemon would never end. */
TEST(of_a_scan_whose_disk_hangs_the_earlier_file_is_not_closed)
{
	ck_assert(!run_resumed());
	ck_assert_uint_eq(ended, 1);
	hangs = true;
	ck_assert(run_resumed());
	ck_assert_uint_eq(ended, 0);
}
