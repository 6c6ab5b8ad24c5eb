// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/oscand/jobs.c userspace/oscand/jobs-run.c
 * userspace/oscand/job.c userspace/oscand/jobs-file.c
 * userspace/oscand/events.c userspace/writer/durable.c
 * -ljansson -lsystemd -lm -Wl,--wrap=fsync
 */
/*
 * The queue of oscand, with scans that are played: what a job may do in each
 * state, and what a daemon that was killed leaves to the next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.h"
#include "jobs.h"
#include "unit.h"

#define DEADLINE_S 60

static char folder[64];
static char why[JOBS_ERROR_LEN];
static struct jobs *jobs;
static json_t *settings;

/* The played scan: it goes on until told to end. */
static atomic_int end_as;	/* errno, 0: well, -1: not yet */
static atomic_int runs;
static atomic_bool pausing;
static atomic_bool claimable;
static atomic_int claims;
static char earlier[128];

static int play_check(json_t *value, void *data, char *error)
{
	(void)data;
	if (!json_object_get(value, "wrong"))
		return 0;
	strcpy(error, "settings: \"wrong\": wanted none");
	errno = EINVAL;
	return -1;
}

static int play(struct job_run *run)
{
	struct job_progress progress = {
		.phase = "play", .done = 1, .total = 4, .fraction = 0.25,
		.elapsed_s = 1, .eta_s = 3,
	};
	const char *made = json_string_value(json_object_get(run->earlier,
							     "file"));
	int command;

	snprintf(earlier, sizeof(earlier), "%s", made ? made : "none");
	job_result(run, json_pack("{s:s}", "file", "a.h5"));
	job_progress(run, &progress);
	job_log(run, "playing");
	atomic_fetch_add(&runs, 1);
	while (atomic_load(&end_as) < 0) {
		command = atomic_load(&run->control.command);
		atomic_store(&pausing, command == CAPTURE_PAUSE);
		if (command == CAPTURE_CANCEL) {
			MUST(run->cancelled);
			errno = ECANCELED;
			return -1;
		}
		usleep(500);
	}
	errno = atomic_load(&end_as);
	if (!errno)
		return 0;
	strcpy(run->error, "the played scan has failed");
	return -1;
}

static const struct job_kind kinds[] = {
	{ .name = "capture", .pauses = true, .check = play_check, .run = play },
	{ .name = "flyscan", .check = play_check, .run = play },
	{ 0 }
};

static bool claim(void *data)
{
	(void)data;
	atomic_fetch_add(&claims, 1);
	return atomic_load(&claimable);
}

static atomic_int events_told;

static void count_event(void *data, const char *name, json_t *value)
{
	(void)data;
	(void)name;
	atomic_fetch_add(&events_told, 1);
	json_decref(value);
}

/* The disk. In a folder a new file has its name before that is synced. */
static atomic_int sync_fails;
static atomic_int spared;
enum { SYNC_ALL = 1, SYNC_FOLDERS = 2 };

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	int fails = atomic_load(&sync_fails);
	struct stat status;

	if (!fails || fstat(fd, &status) ||
	    (fails == SYNC_FOLDERS && !S_ISDIR(status.st_mode)) ||
	    atomic_fetch_sub(&spared, 1) > 0)
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

static struct jobs *open_jobs(void)
{
	struct jobs_options options = {
		.folder = folder, .kinds = kinds, .claim = claim,
		.event = count_event,
	};

	return jobs_open(&options, why);
}

static void begin(void)
{
	strcpy(folder, "/tmp/test_oscand_jobs.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	settings = json_object();
	atomic_store(&end_as, -1);
	atomic_store(&claimable, true);
	atomic_store(&sync_fails, 0);
	jobs = open_jobs();
	ck_assert_msg(jobs != NULL, "%s", why);
}

static void finish(void)
{
	char command[128];

	jobs_close(jobs);
	json_decref(settings);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static uint64_t submit(const char *kind)
{
	json_t *job = jobs_submit(jobs, kind, settings, "of a test", why);
	uint64_t id;

	ck_assert_msg(job != NULL, "%s", why);
	id = json_integer_value(json_object_get(job, "id"));
	json_decref(job);
	return id;
}

static const char *text_of(uint64_t id, const char *key)
{
	static char text[JOBS_ERROR_LEN];
	json_t *job = jobs_get(jobs, id, why);
	const char *value;

	MUST(job);
	value = json_string_value(json_object_get(job, key));
	snprintf(text, sizeof(text), "%s", value ? value : "null");
	json_decref(job);
	return text;
}

static void wait_for(uint64_t id, const char *state)
{
	for (int i = 0; i < DEADLINE_S * 1000; i++) {
		if (!strcmp(text_of(id, "state"), state))
			return;
		usleep(1000);
	}
	ck_abort_msg("job %d never was %s, it is %s", (int)id, state,
		     text_of(id, "state"));
}

static void wait_until(const atomic_int *value, int least)
{
	for (int i = 0; i < DEADLINE_S * 1000; i++) {
		if (atomic_load(value) >= least)
			return;
		usleep(1000);
	}
	ck_abort_msg("never came to %d", least);
}

static void well(json_t *job)
{
	ck_assert_msg(job != NULL, "%s", why);
	json_decref(job);
}

static void refused(json_t *job, int error, const char *word)
{
	ck_assert_ptr_null(job);
	ck_assert_int_eq(errno, error);
	ck_assert_msg(strstr(why, word) != NULL, "\"%s\" says nothing of %s",
		      why, word);
}

static void run_until(const char *kind, uint64_t *id)
{
	int before = atomic_load(&runs);

	*id = submit(kind);
	ck_assert(!jobs_start(jobs));
	wait_until(&runs, before + 1);
	wait_for(*id, "running");
}

TEST(jobs_run_one_by_one_in_their_order)
{
	uint64_t first, second, third;

	begin();
	first = submit("capture");
	second = submit("flyscan");
	third = submit("capture");
	ck_assert_uint_eq(jobs_pending(jobs), 3);
	ck_assert(!jobs_start(jobs));
	wait_for(first, "running");
	ck_assert_uint_eq(jobs_active(jobs), first);
	ck_assert_str_eq(text_of(second, "state"), "pending");
	atomic_store(&end_as, 0);
	wait_for(third, "completed");
	ck_assert_str_eq(text_of(first, "state"), "completed");
	ck_assert_str_le(text_of(first, "ended"), text_of(second, "started"));
	ck_assert_uint_eq(jobs_active(jobs), 0);
	finish();
}

TEST(a_capture_scan_is_paused_resumed_and_cancelled)
{
	uint64_t id;

	begin();
	run_until("capture", &id);
	well(jobs_pause(jobs, id, why));
	wait_for(id, "paused");
	while (!atomic_load(&pausing))
		usleep(500);
	refused(jobs_pause(jobs, id, why), EBUSY, "paused");
	well(jobs_resume(jobs, id, why));
	wait_for(id, "running");
	well(jobs_pause(jobs, id, why));
	well(jobs_cancel(jobs, id, why));
	wait_for(id, "cancelled");
	refused(jobs_cancel(jobs, id, why), EBUSY, "cancelled");
	refused(jobs_pause(jobs, id, why), EBUSY, "cancelled");
	finish();
}

TEST(a_fly_scan_cannot_be_paused)
{
	uint64_t id;

	begin();
	run_until("flyscan", &id);
	refused(jobs_pause(jobs, id, why), EBUSY, "flyscan");
	refused(jobs_resume(jobs, id, why), EBUSY, "running");
	ck_assert_int_eq(jobs_delete(jobs, id, why), -1);
	ck_assert_int_eq(errno, EBUSY);
	atomic_store(&end_as, 0);
	wait_for(id, "completed");
	refused(jobs_resume(jobs, id, why), EBUSY, "completed");
	ck_assert_int_eq(jobs_delete(jobs, id, why), 0);
	refused(jobs_get(jobs, id, why), ENOENT, "there is none");
	finish();
}

TEST(a_job_that_has_failed_is_completed_from_where_it_ended)
{
	uint64_t id;

	begin();
	run_until("capture", &id);
	ck_assert_str_eq(earlier, "none");
	atomic_store(&end_as, EIO);
	wait_for(id, "error");
	ck_assert_str_eq(text_of(id, "error"), "the played scan has failed");
	atomic_store(&end_as, 0);
	well(jobs_resume(jobs, id, why));
	wait_for(id, "completed");
	ck_assert_str_eq(earlier, "a.h5");
	ck_assert_str_eq(text_of(id, "error"), "null");
	finish();
}

TEST(one_that_is_resumed_goes_to_the_end_of_the_queue)
{
	uint64_t first, second, third;

	begin();
	first = submit("capture");
	well(jobs_cancel(jobs, first, why));
	second = submit("capture");
	third = submit("capture");
	well(jobs_cancel(jobs, second, why));
	well(jobs_resume(jobs, first, why));
	ck_assert(!jobs_start(jobs));
	wait_for(third, "running");
	ck_assert_str_eq(text_of(first, "state"), "pending");
	ck_assert_str_eq(text_of(second, "state"), "cancelled");
	finish();
}

TEST(nothing_begins_before_the_machine_is_free)
{
	uint64_t id;
	int before;

	begin();
	atomic_store(&claimable, false);
	before = atomic_load(&claims);
	id = submit("capture");
	ck_assert(!jobs_start(jobs));
	wait_until(&claims, before + 3);
	ck_assert_str_eq(text_of(id, "state"), "pending");
	atomic_store(&claimable, true);
	wait_for(id, "running");
	finish();
}

/* The daemon dies in @state: in a process of its own, by SIGKILL. */
static void die_in(const char *state, uint64_t *id, uint64_t *behind)
{
	int channel[2], status;
	pid_t child;

	jobs_close(jobs);
	atomic_store(&runs, 0);
	ck_assert(!pipe(channel));
	child = fork();
	if (!child) {
		jobs = open_jobs();
		*id = submit("capture");
		*behind = submit("flyscan");
		if (strcmp(state, "pending")) {
			ck_assert(!jobs_start(jobs));
			wait_until(&runs, 1);
		}
		if (!strcmp(state, "paused"))
			well(jobs_pause(jobs, *id, why));
		else if (!strcmp(state, "cancelled"))
			well(jobs_cancel(jobs, *id, why));
		else if (!strcmp(state, "completed"))
			atomic_store(&end_as, 0);
		else if (!strcmp(state, "error"))
			atomic_store(&end_as, EIO);
		wait_for(*id, state);
		if (strcmp(state, "pending") && strcmp(state, "running") &&
		    strcmp(state, "paused"))
			wait_for(*behind, !strcmp(state, "cancelled") ?
				 "running" : state);
		/* It waits until what went before is on the disk. */
		ck_assert_int_eq(jobs_delete(jobs, 999, why), -1);
		ck_assert(write(channel[1], id, sizeof(*id)) == sizeof(*id));
		ck_assert(write(channel[1], behind, sizeof(*behind)) ==
			  sizeof(*behind));
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert(read(channel[0], id, sizeof(*id)) == sizeof(*id));
	ck_assert(read(channel[0], behind, sizeof(*behind)) ==
		  sizeof(*behind));
	close(channel[0]);
	close(channel[1]);
	jobs = open_jobs();
	ck_assert_msg(jobs != NULL, "%s", why);
}

static void dies_in(const char *state, const char *after,
		    const char *after_behind)
{
	uint64_t id, behind;

	begin();
	die_in(state, &id, &behind);
	ck_assert_str_eq(text_of(id, "state"), after);
	ck_assert_str_eq(text_of(behind, "state"), after_behind);
	/* None is begun by itself that was interrupted. */
	if (!strcmp(after, "interrupted")) {
		ck_assert_ptr_nonnull(strstr(text_of(id, "error"), "died"));
		ck_assert(!jobs_start(jobs));
		well(jobs_resume(jobs, id, why));
		wait_for(id, "running");
		ck_assert_str_eq(text_of(behind, "state"), "interrupted");
		atomic_store(&end_as, 0);
		wait_for(id, "completed");
	}
	/* No id is given twice. */
	ck_assert_uint_gt(submit("capture"), behind);
	finish();
}

TEST(a_daemon_that_dies_while_jobs_wait_leaves_them_waiting)
{
	dies_in("pending", "pending", "pending");
}

TEST(a_daemon_that_dies_while_a_job_runs_leaves_it_interrupted)
{
	dies_in("running", "interrupted", "interrupted");
}

TEST(a_daemon_that_dies_while_a_job_is_paused_leaves_it_interrupted)
{
	dies_in("paused", "interrupted", "interrupted");
}

TEST(what_had_ended_when_the_daemon_died_stays_as_it_was)
{
	dies_in("completed", "completed", "completed");
	dies_in("error", "error", "error");
	dies_in("cancelled", "cancelled", "interrupted");
}

TEST(a_daemon_that_is_told_to_end_interrupts_its_job_only)
{
	uint64_t id, behind;

	begin();
	run_until("capture", &id);
	behind = submit("capture");
	jobs_close(jobs);
	jobs = open_jobs();
	ck_assert_str_eq(text_of(id, "state"), "interrupted");
	ck_assert_str_eq(text_of(behind, "state"), "pending");
	finish();
}

TEST(of_two_daemons_one_is_refused)
{
	begin();
	ck_assert_ptr_null(open_jobs());
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_ptr_nonnull(strstr(why, "another oscand"));
	finish();
}

TEST(a_job_that_is_forgotten_is_so_for_good)
{
	uint64_t first, second;

	begin();
	first = submit("capture");
	second = submit("capture");
	ck_assert_int_eq(jobs_delete(jobs, second, why), 0);
	jobs_close(jobs);
	jobs = open_jobs();
	ck_assert_str_eq(text_of(first, "state"), "pending");
	refused(jobs_get(jobs, second, why), ENOENT, "there is none");
	ck_assert_uint_gt(submit("capture"), second);
	finish();
}

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/jobs/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

TEST(files_that_are_no_jobs_are_put_aside)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "\"a\"", "{\"id\": 1, \"id\": 1}",
		"{\"id\": 9223372036854775807, \"order\": 1, \"kind\": \"capture\", \"name\": \"\", \"state\": \"pending\", \"submitted\": \"\", \"settings\": {}, \"result\": null}",
		"{\"id\": 107, \"order\": 1, \"kind\": \"dance\", \"name\": \"\", \"state\": \"pending\", \"submitted\": \"\", \"settings\": {}, \"result\": null}",
		"{\"id\": 108, \"order\": 1, \"kind\": \"capture\", \"name\": \"\", \"state\": \"asleep\", \"submitted\": \"\", \"settings\": {}, \"result\": null}",
		"{\"id\": 109, \"order\": 1, \"kind\": \"capture\", \"name\": \"\", \"state\": \"pending\", \"submitted\": \"\", \"settings\": [], \"result\": null}",
		"{\"id\": 110, \"order\": -1, \"kind\": \"capture\", \"name\": \"\", \"state\": \"pending\", \"submitted\": \"\", \"settings\": {}, \"result\": null}",
		"{\"id\": 1, \"order\": 1, \"kind\": \"capture\", \"name\": \"\", \"state\": \"pending\", \"submitted\": \"\", \"settings\": {}, \"result\": null}",
	};
	char name[32], path[256];
	uint64_t id;

	begin();
	id = submit("capture");
	jobs_close(jobs);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(name, sizeof(name), "%06zu.json", 100 + i);
		write_file(name, texts[i]);
	}
	write_file("9007199254740992.json", "{\"id\": 9007199254740992, \"order\": 1, \"kind\": \"capture\", \"name\": \"\", \"state\": \"pending\", \"submitted\": \"\", \"settings\": {}, \"result\": null}");
	write_file(".000001.json.part", "torn");
	write_file("last.json", "{\"last\": \"x\"}");
	jobs = open_jobs();
	ck_assert_msg(jobs != NULL, "%s", why);
	ck_assert_str_eq(text_of(id, "state"), "pending");
	ck_assert_uint_eq(jobs_pending(jobs), 1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(path, sizeof(path), "%s/jobs/%06zu.json.bad", folder,
			 100 + i);
		ck_assert_msg(!access(path, F_OK), "%s is not there", path);
	}
	ck_assert_uint_lt(submit("capture"), 7);
	finish();
}

TEST(what_is_wrong_is_refused_when_it_is_submitted)
{
	json_t *large = json_object();
	char *text = malloc(JOBS_SETTINGS_MAX + 1);

	begin();
	refused(jobs_submit(jobs, "dance", settings, "", why), EINVAL,
		"dance");
	memset(text, 'x', JOBS_SETTINGS_MAX);
	text[JOBS_SETTINGS_MAX] = '\0';
	json_object_set_new(large, "name", json_string(text));
	refused(jobs_submit(jobs, "capture", large, "", why), EINVAL,
		"8192");
	json_object_set_new(settings, "wrong", json_true());
	refused(jobs_submit(jobs, "capture", settings, "", why), EINVAL,
		"wanted none");
	ck_assert_uint_eq(jobs_pending(jobs), 0);
	json_decref(large);
	free(text);
	finish();
}

static void restart(void)
{
	atomic_store(&sync_fails, 0);
	jobs_close(jobs);
	jobs = open_jobs();
	ck_assert_msg(jobs != NULL, "%s", why);
}

TEST(a_job_that_cannot_be_stored_is_not_taken)
{
	for (int fails = SYNC_ALL; fails <= SYNC_FOLDERS; fails++) {
		begin();
		/* The number is stored first. */
		atomic_store(&spared, fails == SYNC_FOLDERS);
		atomic_store(&events_told, 0);
		atomic_store(&sync_fails, fails);
		refused(jobs_submit(jobs, "capture", settings, "", why),
			ENOSPC, "disk");
		ck_assert_uint_eq(jobs_pending(jobs), 0);
		ck_assert_int_eq(atomic_load(&events_told), 0);
		restart();
		ck_assert_uint_eq(jobs_pending(jobs), 0);
		finish();
	}
}

TEST(an_order_that_cannot_be_stored_is_refused)
{
	uint64_t id;

	for (int fails = SYNC_ALL; fails <= SYNC_FOLDERS; fails++) {
		begin();
		id = submit("capture");
		atomic_store(&sync_fails, fails);
		refused(jobs_cancel(jobs, id, why), ENOSPC, "cancelled");
		ck_assert_str_eq(text_of(id, "state"), "pending");
		restart();
		ck_assert_str_eq(text_of(id, "state"), "pending");
		well(jobs_cancel(jobs, id, why));
		atomic_store(&sync_fails, fails);
		refused(jobs_resume(jobs, id, why), ENOSPC, "pending");
		ck_assert_str_eq(text_of(id, "state"), "cancelled");
		ck_assert_str_ne(text_of(id, "ended"), "null");
		restart();
		ck_assert_str_eq(text_of(id, "state"), "cancelled");
		finish();
	}
}

/* In one of its last lines. */
static bool log_tells(uint64_t id, const char *what)
{
	json_t *log = jobs_log(jobs, id, why);
	char *text = json_dumps(log, 0);
	bool found = strstr(text, what);

	json_decref(log);
	free(text);
	return found;
}

static void wait_for_line(uint64_t id, const char *what)
{
	for (int i = 0; i < DEADLINE_S * 1000; i++) {
		if (log_tells(id, what))
			return;
		usleep(1000);
	}
	ck_abort_msg("the log of job %d never told of \"%s\"", (int)id, what);
}

TEST(a_job_that_cannot_be_stored_as_running_waits_until_it_can)
{
	uint64_t id, behind;
	int before;

	for (int fails = SYNC_ALL; fails <= SYNC_FOLDERS; fails++) {
		begin();
		before = atomic_load(&runs);
		id = submit("capture");
		behind = submit("capture");
		atomic_store(&sync_fails, fails);
		ck_assert(!jobs_start(jobs));
		wait_for_line(id, "waits for the disk");
		ck_assert_str_eq(text_of(id, "state"), "pending");
		ck_assert_str_eq(text_of(id, "started"), "null");
		ck_assert_uint_eq(jobs_active(jobs), 0);
		atomic_store(&sync_fails, 0);
		wait_for(id, "running");
		wait_until(&runs, before + 1);
		ck_assert_int_eq(atomic_load(&runs), before + 1);
		ck_assert_str_eq(text_of(behind, "state"), "pending");
		ck_assert(!log_tells(behind, "waits"));
		finish();
	}
}

TEST(one_that_waits_for_the_disk_is_the_same_to_the_next_daemon)
{
	uint64_t id;

	begin();
	id = submit("capture");
	atomic_store(&sync_fails, SYNC_ALL);
	ck_assert(!jobs_start(jobs));
	wait_for_line(id, "waits for the disk");
	restart();
	ck_assert_str_eq(text_of(id, "state"), "pending");
	well(jobs_cancel(jobs, id, why));
	restart();
	ck_assert_str_eq(text_of(id, "state"), "cancelled");
	finish();
}

TEST(an_end_that_could_not_be_stored_is_when_the_disk_is_well_again)
{
	uint64_t id, behind;

	begin();
	run_until("capture", &id);
	behind = submit("capture");
	atomic_store(&sync_fails, SYNC_ALL);
	atomic_store(&end_as, EIO);
	wait_for_line(behind, "waits for the disk");
	ck_assert_str_eq(text_of(id, "state"), "error");
	restart();
	ck_assert_str_eq(text_of(id, "state"), "error");
	ck_assert_str_eq(text_of(behind, "state"), "pending");
	finish();
}

TEST(one_that_runs_is_paused_and_cancelled_whatever_the_disk_does)
{
	uint64_t id;

	begin();
	run_until("capture", &id);
	atomic_store(&sync_fails, SYNC_ALL);
	well(jobs_pause(jobs, id, why));
	ck_assert_str_eq(text_of(id, "state"), "paused");
	well(jobs_resume(jobs, id, why));
	well(jobs_cancel(jobs, id, why));
	wait_for(id, "cancelled");
	finish();
}

TEST(what_waited_is_held_when_the_machine_was_started_again)
{
	char command[256];
	uint64_t id;

	begin();
	id = submit("capture");
	restart();
	ck_assert_str_eq(text_of(id, "state"), "pending");
	jobs_close(jobs);
	snprintf(command, sizeof(command),
		 "sed -i 's/\"boot\": \"[0-9a-f]*\"/\"boot\": \"%032d\"/' %s/jobs/*.json",
		 0, folder);
	ck_assert_int_eq(system(command), 0);
	for (int i = 0; i < 2; i++) {
		jobs = open_jobs();
		ck_assert_str_eq(text_of(id, "state"), "interrupted");
		ck_assert_ptr_nonnull(strstr(text_of(id, "error"),
					     "the machine was started again"));
		if (!i)
			jobs_close(jobs);
	}
	well(jobs_resume(jobs, id, why));
	restart();
	ck_assert_str_eq(text_of(id, "state"), "pending");
	finish();
}

TEST(the_oldest_that_has_ended_makes_room)
{
	uint64_t first, second;

	begin();
	first = submit("capture");
	second = submit("capture");
	for (int i = 2; i < JOBS_MAX; i++)
		submit("capture");
	refused(jobs_submit(jobs, "capture", settings, "", why), EBUSY,
		"wait");
	well(jobs_cancel(jobs, second, why));
	atomic_store(&sync_fails, SYNC_ALL);
	refused(jobs_submit(jobs, "capture", settings, "", why), ENOSPC,
		"disk");
	ck_assert_str_eq(text_of(second, "state"), "cancelled");
	atomic_store(&sync_fails, 0);
	submit("capture");
	refused(jobs_get(jobs, second, why), ENOENT, "there is none");
	ck_assert_str_eq(text_of(first, "state"), "pending");
	finish();
}

TEST(the_log_keeps_its_last_lines_over_a_restart)
{
	json_t *log, *lines;
	uint64_t id;

	begin();
	id = submit("capture");
	/* Two lines each. */
	for (int i = 0; i < JOBS_LOG_LINES; i++) {
		well(jobs_cancel(jobs, id, why));
		well(jobs_resume(jobs, id, why));
	}
	for (int restart = 0; restart < 2; restart++) {
		log = jobs_log(jobs, id, why);
		lines = json_object_get(log, "lines");
		ck_assert_uint_eq(json_array_size(lines), JOBS_LOG_LINES);
		ck_assert_int_eq(json_integer_value(json_object_get(log,
								"dropped")),
				 JOBS_LOG_LINES + 1);
		ck_assert_str_eq(json_string_value(json_object_get(
			json_array_get(lines, JOBS_LOG_LINES - 1), "text")),
			"now pending");
		json_decref(log);
		jobs_close(jobs);
		jobs = open_jobs();
	}
	finish();
}

static atomic_int woken;

static void wake(void *data)
{
	(void)data;
	atomic_fetch_add(&woken, 1);
}

TEST(events_are_told_once_in_their_order_and_what_is_lost_is_told)
{
	struct events *events = events_new(wake, NULL);
	uint64_t begin = events_last(events), last = begin;
	char *text, wanted[64];

	ck_assert_ptr_null(events_next(events, &last));
	for (int i = 0; i < EVENTS_MAX + 10; i++)
		events_post(events, "job", json_pack("{s:i}", "number", i));
	ck_assert_int_eq(atomic_load(&woken), EVENTS_MAX + 10);
	text = events_next(events, &last);
	ck_assert_ptr_nonnull(strstr(text, "event: lost\ndata: {\"events\":10}\n\n"));
	free(text);
	for (int i = 10; i < EVENTS_MAX + 10; i++) {
		text = events_next(events, &last);
		snprintf(wanted, sizeof(wanted),
			 "id: %llu\nevent: job\ndata: {\"number\":%d}\n\n",
			 (unsigned long long)begin + i + 1, i);
		ck_assert_str_eq(text, wanted);
		free(text);
	}
	ck_assert_ptr_null(events_next(events, &last));
	/* Of another daemon, before or after this one. */
	last = 5;
	text = events_next(events, &last);
	ck_assert_ptr_nonnull(strstr(text, "{\"events\":null}"));
	free(text);
	last = events_last(events) + 5;
	text = events_next(events, &last);
	ck_assert_ptr_nonnull(strstr(text, "lost"));
	free(text);
	events_free(events);
}
