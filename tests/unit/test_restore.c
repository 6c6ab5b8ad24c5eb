// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/restore.c userspace/scan/lights.c
 * userspace/scan/restore-lines.c -ljansson -lm
 */
/*
 * The journal of what a scan changes, with motors and V4L2 devices replaced;
 * a scan that is killed is a process that is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lights.h"
#include "oscan.h"
#include "restore.h"
#include "unit.h"

#define MOST 32

static struct {
	int64_t value[MOST];		/* of the control with that id */
	bool enabled;
	bool fails[MOST];
	bool motor_gone;
	bool motor_busy;
	bool homed;
	uint32_t order[MOST];		/* of ids put back */
	size_t n_order;
	bool armed;			/* the trigger line */
	uint32_t format;		/* of the camera, put back */
	int64_t size;
	uint32_t edges;			/* of the capture line */
	uint32_t interval_ns;
} devices;

static char folder[64];
static char why[RESTORE_TEXT_LEN];
static uint32_t restored;

struct oscan_motor *oscan_motor_open(const char *path, bool writable)
{
	ck_assert_str_eq(path, "/dev/oscan-motor");
	ck_assert(writable);
	errno = ENOENT;
	return devices.motor_gone ? NULL : (struct oscan_motor *)&devices;
}

void oscan_motor_close(struct oscan_motor *motor)
{
	(void)motor;
}

int oscan_motor_find_axis(const struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return strcmp(name, "slide") ? -1 : 0;
}

int oscan_motor_state(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_state *state)
{
	(void)motor;
	(void)axis;
	memset(state, 0, sizeof(*state));
	state->flags = devices.enabled ? OSCAN_STATE_ENABLED : 0;
	state->position_state = devices.homed ? OSCAN_POSITION_KNOWN :
						OSCAN_POSITION_SUSPECT;
	return 0;
}

int oscan_motor_enable(struct oscan_motor *motor, unsigned int axis, bool on)
{
	(void)motor;
	(void)axis;
	errno = EBUSY;
	if (devices.motor_busy)
		return -1;
	devices.enabled = on;
	return 0;
}

int oscan_trigger_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return strcmp(name, "camera") ? -1 : 1;
}

int oscan_trigger_get(struct oscan_motor *motor, unsigned int line,
		      struct oscan_trigger *state)
{
	(void)motor;
	*state = (struct oscan_trigger){
		.line = line,
		.status = devices.armed ? OSCAN_TRIGGER_ARMED :
					  OSCAN_TRIGGER_DONE,
	};
	return 0;
}

int oscan_trigger_set(struct oscan_motor *motor,
		      const struct oscan_trigger_set *set)
{
	(void)motor;
	errno = EBUSY;
	if (devices.motor_busy)
		return -1;
	ck_assert_uint_eq(set->line, 1);
	ck_assert_uint_eq(set->mode, OSCAN_TRIGGER_OFF);
	devices.armed = false;
	return 0;
}

int oscan_capture_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return strcmp(name, "strobe") ? -1 : 0;
}

int oscan_capture_get(struct oscan_motor *motor, unsigned int line,
		      struct oscan_capture *state)
{
	(void)motor;
	*state = (struct oscan_capture){
		.line = line,
		.edges = devices.edges,
		.min_interval_ns = devices.interval_ns,
	};
	return 0;
}

int oscan_capture_set(struct oscan_motor *motor, unsigned int line,
		      uint32_t edges, uint32_t min_interval_ns)
{
	(void)motor;
	ck_assert_uint_eq(line, 0);
	devices.edges = edges;
	devices.interval_ns = min_interval_ns;
	return 0;
}

int controls_each(const char *device,
		  int (*each)(void *data, const struct restore_entry *entry),
		  void *data)
{
	(void)device;
	(void)each;
	(void)data;
	return 0;
}

int controls_put_back(const struct restore_entry *entry)
{
	int64_t before;

	if (entry->kind == RESTORE_FORMAT) {
		devices.format = entry->id;
		devices.size = entry->before;
		return 1;
	}
	before = devices.value[entry->id];
	devices.order[devices.n_order++] = entry->id;
	errno = EIO;
	if (devices.fails[entry->id])
		return -1;
	devices.value[entry->id] = entry->before;
	return before != entry->before;
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		perror(folder);
}

static struct restore *begin(void)
{
	struct restore *restore = restore_open(folder, &restored, why);

	ck_assert_msg(restore != NULL, "%s", why);
	return restore;
}

/* A new folder and new devices, all controls at 1. */
static struct restore *begin_new(void)
{
	memset(&devices, 0, sizeof(devices));
	for (int i = 0; i < MOST; i++)
		devices.value[i] = 1;
	if (*folder)
		remove_folder();
	else
		atexit(remove_folder);
	strcpy(folder, "/tmp/test_restore.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	return begin();
}

/* Note control @id, then change it. */
static void override(struct restore *restore, uint32_t id, int64_t value)
{
	struct restore_entry entry = {
		.kind = RESTORE_CONTROL,
		.device = "/dev/video0",
		.name = "usb-1",
		.id = id,
		.before = devices.value[id],
	};

	ck_assert_int_eq(restore_note(restore, &entry), 0);
	devices.value[id] = value;
}

static void note_format(struct restore *restore, uint32_t pixels, int width,
			int height)
{
	const struct restore_entry entry = {
		.kind = RESTORE_FORMAT,
		.device = "/dev/video0",
		.name = "usb-1",
		.id = pixels,
		.before = (int64_t)width << 32 | height,
	};

	ck_assert_int_eq(restore_note(restore, &entry), 0);
}

static off_t journal_size(void)
{
	struct stat status;
	char path[128];

	snprintf(path, sizeof(path), "%s/flyscan.journal", folder);
	return stat(path, &status) ? -1 : status.st_size;
}

TEST(R61_the_first_value_is_the_one_that_is_kept)
{
	struct restore *restore = begin_new();

	override(restore, 3, 10);
	override(restore, 3, 20);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_int_eq(devices.value[3], 1);
	ck_assert_uint_eq(restored, 1);
	ck_assert_uint_eq(devices.n_order, 1);
}

TEST(R58_R62_R112_all_is_put_back_the_last_one_first)
{
	struct restore *restore = begin_new();

	for (uint32_t id = 1; id <= 20; id++)
		override(restore, id, 100 + id);
	ck_assert_int_eq(restore_note_motor(restore, NULL, "slide"), 0);
	devices.enabled = true;
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(devices.n_order, 20);
	for (uint32_t i = 0; i < 20; i++) {
		ck_assert_uint_eq(devices.order[i], 20 - i);
		ck_assert_int_eq(devices.value[i + 1], 1);
	}
	ck_assert(!devices.enabled);
	ck_assert_uint_eq(restored, 21);
	ck_assert_int_eq(journal_size(), 0);
}

TEST(R59_R62_nothing_changed_is_nothing_put_back)
{
	struct restore *restore = begin_new();

	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 0);
	restore = begin();
	override(restore, 3, 1);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 0);
	ck_assert_int_eq(restore_close(NULL, &restored, why), 0);
}

TEST(D9_one_that_fails_keeps_no_other_from_being_put_back)
{
	struct restore *restore = begin_new();

	override(restore, 1, 10);
	override(restore, 2, 20);
	override(restore, 3, 30);
	devices.fails[2] = true;
	ck_assert_int_eq(restore_close(restore, &restored, why), -1);
	ck_assert_int_eq(devices.value[1], 1);
	ck_assert_int_eq(devices.value[2], 20);
	ck_assert_int_eq(devices.value[3], 1);
	ck_assert_ptr_nonnull(strstr(why, "control 2 of /dev/video0"));
	ck_assert_ptr_nonnull(strstr(why, "Input/output error"));
	/* It is tried again. */
	devices.fails[2] = false;
	restore = begin();
	ck_assert_int_eq(devices.value[2], 1);
	ck_assert_uint_eq(restored, 1);
	ck_assert_str_eq(why, "");
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_int_eq(journal_size(), 0);
}

TEST(what_cannot_be_put_back_stays_in_the_journal_with_its_first_value)
{
	struct restore *restore = begin_new();

	override(restore, 2, 20);
	devices.fails[2] = true;
	ck_assert_int_eq(restore_close(restore, &restored, why), -1);
	restore = begin();
	ck_assert_str_ne(why, "");
	override(restore, 2, 30);
	devices.fails[2] = false;
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_int_eq(devices.value[2], 1);
}

/* Note and change in a process that is killed. */
static void killed_scan(void)
{
	struct restore *restore = begin_new();
	pid_t child;
	int status;

	restore_close(restore, &restored, why);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		restore = begin();
		override(restore, 5, 50);
		override(restore, 6, 60);
		restore_note_motor(restore, NULL, "slide");
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	devices.value[5] = 50;
	devices.value[6] = 60;
	devices.enabled = true;
}

TEST(R62_R113_after_a_kill_the_next_start_puts_back)
{
	struct restore *restore;

	killed_scan();
	restore = begin();
	ck_assert_uint_eq(restored, 3);
	ck_assert_int_eq(devices.value[5], 1);
	ck_assert_int_eq(devices.value[6], 1);
	ck_assert(!devices.enabled);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 0);
}

TEST(a_line_that_was_cut_off_is_passed_over)
{
	struct restore *restore;
	char path[128];

	killed_scan();
	snprintf(path, sizeof(path), "%s/flyscan.journal", folder);
	ck_assert_int_eq(truncate(path, journal_size() - 9), 0);
	restore = begin();
	ck_assert_uint_eq(restored, 2);
	/* The motor's line was cut: it had not been switched on by then. */
	ck_assert(devices.enabled);
	override(restore, 7, 70);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_int_eq(devices.value[7], 1);
}

TEST(a_journal_of_something_else_changes_nothing)
{
	struct restore *restore = begin_new();
	char path[128];
	FILE *file;

	restore_close(restore, &restored, why);
	snprintf(path, sizeof(path), "%s/flyscan.journal", folder);
	file = fopen(path, "w");
	fputs("{}\n[1]\n{\"what\": \"rocket\", \"device\": \"a\", \"name\": \"\", \"id\": 1, \"before\": 2}\n{\"what\": \"control\", \"device\": 7}\nnonsense\n", file);
	for (int i = 0; i < 5000; i++)
		fputc('x', file);
	fclose(file);
	restore = begin();
	ck_assert_uint_eq(restored, 0);
	ck_assert_uint_eq(devices.n_order, 0);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
}

TEST(a_device_that_is_gone_needs_nothing_put_back)
{
	struct restore *restore;

	killed_scan();
	devices.motor_gone = true;
	restore = begin();
	ck_assert_uint_eq(restored, 2);
	ck_assert_str_eq(why, "");
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
}

TEST(a_motor_that_another_program_controls_is_told_and_kept)
{
	struct restore *restore;

	killed_scan();
	devices.motor_busy = true;
	restore = begin();
	ck_assert_ptr_nonnull(strstr(why, "motor 0 of /dev/oscan-motor (slide)"));
	devices.motor_busy = false;
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert(!devices.enabled);
}

TEST(a_motor_that_was_homed_since_a_kill_stays_on)
{
	struct restore *restore;

	killed_scan();
	devices.homed = true;
	restore = begin();
	ck_assert(devices.enabled);
	ck_assert_uint_eq(restored, 2);
	/* What this scan itself has switched on is another matter. */
	devices.enabled = false;
	ck_assert_int_eq(restore_note_motor(restore, NULL, "slide"), 0);
	devices.enabled = true;
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert(!devices.enabled);
}

/* Its position would be lost with its current. */
TEST(the_motor_of_a_scan_that_is_completed_is_put_back_after_its_use)
{
	struct restore *restore;

	killed_scan();
	restore = restore_open_but(folder, NULL, "slide", &restored, why);
	ck_assert_msg(restore && !*why, "%s", why);
	ck_assert(devices.enabled);
	ck_assert_uint_eq(restored, 2);
	/* Not used: it waits for who completes the scan, or for anyone else. */
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert(devices.enabled);
	ck_assert_int_gt(journal_size(), 0);

	restore = restore_open_but(folder, NULL, "slide", &restored, why);
	restore_use_motor(restore);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert(!devices.enabled);
	ck_assert_int_eq(journal_size(), 0);

	/* Another motor is put back at once. */
	killed_scan();
	restore = restore_open_but(folder, NULL, "turntable", &restored, why);
	ck_assert(!devices.enabled);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
}

/* As restore.h has it: YUYV, and 640 x 480. */
TEST(R58_of_a_device_the_first_format_is_kept_and_put_back_after_a_kill)
{
	static const char line[] =
		"{\"what\":\"format\",\"device\":\"/dev/video0\",\"name\":\"usb-1\",\"id\":1448695129,\"before\":2748779069920}\n";
	struct restore *restore = begin_new();
	char text[2 * sizeof(line)] = "";
	FILE *journal;

	note_format(restore, 0x56595559, 640, 480);
	note_format(restore, 0x47504a4d, 1920, 1080);
	journal = fopen(restore_path(restore), "r+");
	ck_assert_uint_eq(fread(text, 1, sizeof(text), journal),
			  strlen(line));
	ck_assert_str_eq(text, line);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 1);
	devices.size = 0;
	rewind(journal);
	fputs(line, journal);
	fclose(journal);
	ck_assert_int_eq(restore_close(begin(), &(uint32_t){ 0 }, why), 0);
	ck_assert_uint_eq(restored, 1);
	ck_assert_uint_eq(devices.format, 0x56595559);
	ck_assert_int_eq(devices.size, 2748779069920);
}

/* The trigger line pulses no more, the capture line latches what it did. */
TEST(R62_lines_of_the_driver_are_put_back)
{
	const int64_t before = OSCAN_CAPTURE_FALLING | 70000LL << 32;
	struct restore *restore = begin_new();
	pid_t child;

	restore_close(restore, &restored, why);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		restore = begin();
		restore_note_line(restore, RESTORE_TRIGGER, NULL, "camera", 0);
		restore_note_line(restore, RESTORE_CAPTURE, NULL, "strobe",
				  before);
		restore_note_line(restore, RESTORE_TRIGGER, NULL, "gone", 0);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	devices.armed = true;
	devices.edges = OSCAN_CAPTURE_RISING;
	restore = begin();
	ck_assert_uint_eq(restored, 2);
	ck_assert(!devices.armed);
	ck_assert_uint_eq(devices.edges, OSCAN_CAPTURE_FALLING);
	ck_assert_uint_eq(devices.interval_ns, 70000);
	/* What is as it was is left alone; what cannot be is told. */
	ck_assert_int_eq(restore_note_line(restore, RESTORE_TRIGGER, NULL,
					   "camera", 0), 0);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 0);
	restore = begin();
	restore_note_line(restore, RESTORE_TRIGGER, NULL, "camera", 0);
	devices.armed = true;
	devices.motor_busy = true;
	ck_assert_int_eq(restore_close(restore, &restored, why), -1);
	ck_assert_ptr_nonnull(strstr(why, "trigger"));
}

static int brightness(const char *lights)
{
	char path[128];
	int value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/oscan:white:ring/brightness", lights);
	file = fopen(path, "r");
	if (file) {
		ck_assert_int_eq(fscanf(file, "%d", &value), 1);
		fclose(file);
	}
	return value;
}

TEST(a_light_is_put_back)
{
	struct restore *restore = begin_new();
	char lights[96], command[512];
	pid_t child;

	snprintf(lights, sizeof(lights), "%s/leds", folder);
	setenv("OSCAN_LEDS", lights, 1);
	snprintf(command, sizeof(command),
		 "mkdir -p %s/oscan:white:ring && cd %s/oscan:white:ring && echo 255 >max_brightness && echo 7 >brightness",
		 lights, lights);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(restore_note_light(restore, "lamp"), -1);
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(journal_size(), 0);
	ck_assert_int_eq(restore_note_light(restore, "ring"), 0);
	ck_assert_int_eq(light_set("ring", 100), 0);
	ck_assert_int_eq(brightness(lights), 255);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 1);
	ck_assert_int_eq(brightness(lights), 7);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		restore = begin();
		restore_note_light(restore, "ring");
		light_set("ring", 50);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(brightness(lights), 128);
	restore = begin();
	ck_assert_uint_eq(restored, 1);
	ck_assert_int_eq(brightness(lights), 7);
	/* One that has gone is not missed. */
	ck_assert_int_eq(restore_note_light(restore, "ring"), 0);
	snprintf(command, sizeof(command), "rm -r %s", lights);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
	ck_assert_uint_eq(restored, 0);
	unsetenv("OSCAN_LEDS");
}

TEST(two_scans_do_not_run_at_once)
{
	struct restore *restore = begin_new();

	override(restore, 3, 10);
	ck_assert_ptr_null(restore_open(folder, &restored, why));
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_ptr_nonnull(strstr(why, "another one runs"));
	ck_assert_int_eq(devices.value[3], 10);
	ck_assert_int_eq(restore_close(restore, &restored, why), 0);
}

TEST(a_folder_that_others_may_write_is_refused)
{
	struct restore *restore = begin_new();

	restore_close(restore, &restored, why);
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_ptr_null(restore_open(folder, &restored, why));
	ck_assert_ptr_nonnull(strstr(why, "this user's own"));
	ck_assert_int_eq(chmod(folder, 0700), 0);
	ck_assert_ptr_null(restore_open("/proc/nowhere", &restored, why));
	ck_assert_int_eq(errno, EACCES);
}
