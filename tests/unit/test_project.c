// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/project.c userspace/writer/project-name.c
 *	userspace/writer/project-file.c userspace/writer/project-journal.c
 *	userspace/writer/project-scan.c userspace/writer/project-photo.c
 *	userspace/writer/project-read.c userspace/writer/photo.c
 *	userspace/writer/photo-facts.c userspace/writer/photo-exif.c
 *	userspace/writer/photo-jpeg.c userspace/writer/photo-png.c
 *	userspace/writer/photo-tiff.c userspace/writer/photo-shrink.c
 *	userspace/writer/photo-h5.c userspace/writer/durable.c
 *	userspace/writer/utc.c userspace/writer/h5.c userspace/writer/space.c
 *	userspace/writer/compress.c -lhdf5_serial -ljansson -ljpeg -ltiff
 *	-lpng -lexif -llz4 -ldeflate -lunistring -lm -pthread
 */
/*
 * The folder of a project. The disk is played where it must be full, for
 * reading only, or where the program dies before one of its calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "camera.h"
#include "durable.h"
#include "project.h"
#include "unit.h"

static char root[64];
static char why[PROJECT_ERROR_LEN];

/*
 * The disk: these take the place of libc's.
 */
static atomic_int calls_left = -1;	/* then it dies, or fails with @failure */
static int failure;		/* errno; 0: it dies */
static bool read_only;
static atomic_ulong calls, written;

/* Return: whether the call fails */
static bool count_call(void)
{
	calls++;
	if (calls_left < 0 || calls_left-- > 0)
		return false;
	if (!failure)
		raise(SIGKILL);
	/* The disk stays full. */
	calls_left = 0;
	errno = failure;
	return true;
}

int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
	va_end(list);
	if (read_only && flags & (O_CREAT | O_WRONLY | O_RDWR)) {
		errno = EROFS;
		return -1;
	}
	if (flags & O_CREAT && count_call())
		return -1;
	return syscall(SYS_open, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t size)
{
	if (count_call())
		return -1;
	written += size;
	return syscall(SYS_write, fd, data, size);
}

/* The thread of the scan, which asks while another one waits for the disk. */
static struct project_scan *asked;
static unsigned int asked_times;
static bool answered_late;

static void *ask(void *data)
{
	const struct project_photo photo = { 0, -1, -1 };

	project_has_photo(data, &photo);
	project_scan_photos(data);
	project_scan_progress(data, 1, 1);
	return NULL;
}

static void ask_meanwhile(void)
{
	struct timespec deadline;
	pthread_t thread;

	if (!asked)
		return;
	asked_times++;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 60;
	ck_assert_int_eq(pthread_create(&thread, NULL, ask, asked), 0);
	if (!pthread_timedjoin_np(thread, NULL, &deadline))
		return;
	answered_late = true;
	asked = NULL;
	pthread_detach(thread);
}

/* Nothing is cut from power here, and it would take long. */
int fsync(int fd)
{
	(void)fd;
	ask_meanwhile();
	return count_call() ? -1 : 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int rename(const char *from, const char *to)
{
	return count_call() ? -1 : syscall(SYS_rename, from, to);
}

int remove(const char *path)
{
	if (count_call())
		return -1;
	return syscall(SYS_unlink, path) && syscall(SYS_rmdir, path) ? -1 : 0;
}

int mkdir(const char *path, mode_t mode)
{
	return count_call() ? -1 : syscall(SYS_mkdir, path, mode);
}

static void fixture(void)
{
	strcpy(root, "/tmp/oscan-project-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void cleanup(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

static struct project *open_project(const char *name)
{
	struct project *project = project_open(root, name, true, why);

	ck_assert_msg(project != NULL, "%s", why);
	return project;
}

static struct project_scan *new_scan(struct project *project)
{
	struct project_scan *scan = project_scan_new(project,
		json_pack("{s:i, s:s}", "points", 3, "path_method",
			  "fibonacci"), "synthetic",
		json_pack("{s:f}", "shutter", 50.), why);

	ck_assert_msg(scan != NULL, "%s", why);
	return scan;
}

static struct project_scan *open_scan(struct project *project, unsigned int n)
{
	struct project_scan *scan = project_scan_open(project, n, why);

	ck_assert_msg(scan != NULL, "%s", why);
	return scan;
}

static const struct photo_info info = {
	.exposure_ns = 10000000,
	.gain = 1,
	.lens_dpt = 8,
	.orientation = 1,
	.utc_ns = 1790000000123456789,
	.has_pose = true,
	.theta_deg = 59.99,
	.phi_deg = 45.01,
	.theta_sigma_deg = 0.01,
	.phi_sigma_deg = NAN,
};

/* Return: 0, or -1: what project_photo_done() did */
static int done(struct project_scan *scan, struct project_photo photo,
		uint64_t bytes)
{
	return project_photo_done(scan, &photo, PHOTO_JPEG, bytes,
				  project_metadata(scan, &photo, PHOTO_JPEG,
						   60, 45, 200, &info));
}

static int take(struct project_scan *scan, struct project_photo photo)
{
	static const char picture[] = "a picture";
	char path[256];

	if (project_photo_path(scan, &photo, PHOTO_JPEG, path, sizeof(path)) ||
	    durable_write(path, picture, sizeof(picture)))
		return -1;
	return done(scan, photo, sizeof(picture));
}

static struct project_photo plain(unsigned int original)
{
	return (struct project_photo) { original, -1, -1 };
}

static int check(const char *what)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "/usr/bin/python3 %s/tests/unit/project-check.py %s %s",
		 getenv("OSCAN_TOP"), root, what);
	return system(command);
}

TEST(names_are_those_that_every_system_can_have)
{
	static const char *const good[] = {
		"a", "Scan of a beetle", "x.y-z_1", "K\u00e4fer", "\u7532\u866b",
		"COM0", "COMX", "CONsole", "a'b", "-x",
	};
	static const char *const bad[] = {
		"", ".", "..", ".hidden", "end.", "end ", " x", "a/b", "../x",
		"a\\b", "a:b", "a*", "a?", "a<b", "a>b", "a|b", "a\"b", "a\nb",
		"a\x7f", "a\xc2\x85", "CON", "con", "Aux.txt", "NUL", "com1",
		"LPT9.jpg", "Ka\u0308fer", "\xff", "\xc3", "\xed\xa0\x80",
	};
	char name[PROJECT_NAME_BYTES + 100];

	for (size_t n = 0; n < sizeof(good) / sizeof(*good); n++)
		ck_assert_msg(!project_name_check(good[n], why), "%s: %s",
			      good[n], why);
	for (size_t n = 0; n < sizeof(bad) / sizeof(*bad); n++) {
		errno = 0;
		ck_assert_msg(project_name_check(bad[n], why), "%s", bad[n]);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_nonnull(strstr(why, "choose another name"));
		ck_assert_ptr_null(project_open("/tmp", bad[n], true, why));
		ck_assert_int_eq(errno, EINVAL);
	}
	memset(name, 'n', sizeof(name));
	name[PROJECT_NAME_MAX] = '\0';
	ck_assert_int_eq(project_name_check(name, why), 0);
	name[PROJECT_NAME_MAX] = 'n';
	name[PROJECT_NAME_MAX + 1] = '\0';
	ck_assert_int_eq(project_name_check(name, why), -1);
	name[0] = '\0';
	for (int n = 0; n < 81; n++)
		strcat(name, "\u7532");
	ck_assert_int_eq(project_name_check(name, why), -1);
}

static void thumbnail(struct project *project)
{
	static uint8_t bytes[600 * 300 * 3];
	const struct photo_pixels pixels = {
		600, 300, CAMERA_FORMAT_RGB8, .data = bytes,
		.size = sizeof(bytes),
	};

	ck_assert_int_eq(project_thumbnail(project, &pixels, 6), 0);
}

TEST(the_folder_is_openscan3s)
{
	struct project *project;
	struct project_scan *scan;
	char path[256];

	fixture();
	project = open_project("K\u00e4fer 1");
	thumbnail(project);
	scan = new_scan(project);
	ck_assert_int_eq(project_scan_status(scan, "running", NULL), 0);
	snprintf(path, sizeof(path), "%s/path.json",
		 project_scan_folder(scan));
	ck_assert_int_eq(durable_write(path, "{}", 2), 0);
	ck_assert_int_eq(take(scan, plain(7)), 0);
	ck_assert_int_eq(take(scan, (struct project_photo) { 8, 2, -1 }), 0);
	ck_assert_int_eq(take(scan, (struct project_photo) { 8, 3, 1 }), 0);
	ck_assert_int_eq(take(scan, plain(1234)), 0);
	/* External trigger: there is no picture of ours. */
	ck_assert_int_eq(project_photo_done(scan, &(struct project_photo)
			{ 9, -1, -1 }, 0, 0, project_metadata(scan,
			&(struct project_photo) { 9, -1, -1 }, 0, 60, 45, 200,
			NULL)), 0);
	project_scan_progress(scan, 4, 12.5);
	ck_assert_int_eq(project_scan_status(scan, "completed", "all is well"),
			 0);
	ck_assert_uint_eq(project_scan_photos(scan), 5);
	project_scan_close(scan);
	scan = new_scan(project);
	ck_assert_uint_eq(project_scan_index(scan), 2);
	ck_assert_int_eq(project_scan_status(scan, "dancing", NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	project_scan_close(scan);
	project_close(project);
	ck_assert_int_eq(check("layout"), 0);
	cleanup();
}

struct cost {
	unsigned long calls;
	unsigned long written;
};

static struct cost take_counted(struct project_scan *scan, unsigned int n)
{
	calls = 0;
	written = 0;
	ck_assert_int_eq(take(scan, plain(n)), 0);
	return (struct cost) { calls, written };
}

TEST(the_two_thousandth_photo_costs_what_the_tenth_did)
{
	struct project *project;
	struct project_scan *scan;
	struct cost tenth = { 0 }, last = { 0 };

	fixture();
	project = open_project("x");
	scan = new_scan(project);
	ck_assert_int_eq(project_scan_status(scan, "running", NULL), 0);
	for (unsigned int n = 100; n < 2099; n++) {
		if (n == 110)
			tenth = take_counted(scan, n);
		else
			/* Without the picture, for time's sake. */
			ck_assert_int_eq(done(scan, plain(n), 10), 0);
	}
	last = take_counted(scan, 2099);
	ck_assert_uint_gt(tenth.calls, 8);
	ck_assert_uint_eq(last.calls, tenth.calls);
	/* Its number has a digit more, in three places. */
	ck_assert_uint_le(last.written, tenth.written + 8);
	ck_assert_uint_eq(project_scan_photos(scan), 2000);
	project_scan_close(scan);
	project_close(project);
	cleanup();
}

TEST(one_program_writes_to_a_project)
{
	struct project *project;
	int ready[2], status;
	pid_t child;
	char byte;

	fixture();
	ck_assert_ptr_null(project_open(root, "x", false, why));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (!child) {
		open_project("x");
		syscall(SYS_write, ready[1], "", 1);
		pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_ptr_null(project_open(root, "x", true, why));
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_ptr_nonnull(strstr(why, "another program is writing to it"));
	ck_assert_int_eq(project_delete(root, "x", 0, why), -1);
	ck_assert_int_eq(errno, EBUSY);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	project = open_project("x");
	project_close(project);
	cleanup();
}

/* Return: whether it was killed, before its call number @n */
static bool killed_at(int n, void (*work)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		calls_left = n;
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		return true;
	}
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	return false;
}

#define PHOTOS 3

static void scan_once(void)
{
	struct project *project = open_project("x");
	struct project_scan *scan = new_scan(project);

	project_scan_status(scan, "running", NULL);
	for (int n = 0; n < PHOTOS; n++)
		ck_assert_int_eq(take(scan, plain(n)), 0);
	project_scan_status(scan, "completed", NULL);
	project_scan_close(scan);
	project_close(project);
}

static bool is_there(const struct project_scan *scan, const char *format,
		     int n)
{
	char name[64], path[256];

	snprintf(name, sizeof(name), format, n);
	snprintf(path, sizeof(path), "%s/%s", project_scan_folder(scan), name);
	return !access(path, F_OK);
}

static size_t scans_told(void)
{
	json_t *told = project_read(root, "x", why);
	const size_t scans = json_object_size(json_object_get(told, "scans"));

	ck_assert_msg(told != NULL, "%s", why);
	json_decref(told);
	return scans;
}

static void finish_scan(void)
{
	struct project *project = open_project("x");
	struct project_scan *scan = project_scan_open(project, 1, why);

	if (!scan)
		ck_assert_int_eq(errno, ENOENT);
	ck_assert_uint_eq(scans_told(), scan != NULL);
	if (!scan)
		scan = new_scan(project);
	for (int n = 0; n < PHOTOS; n++) {
		const struct project_photo photo = plain(n);

		if (!project_has_photo(scan, &photo)) {
			ck_assert_int_eq(take(scan, photo), 0);
			continue;
		}
		ck_assert(is_there(scan, "scan01_%03d.jpg", n));
		ck_assert(is_there(scan, "metadata/scan01_%03d.json", n));
		ck_assert_int_eq(take(scan, photo), -1);
		ck_assert_int_eq(errno, EEXIST);
	}
	ck_assert_int_eq(project_scan_status(scan, "completed", NULL), 0);
	project_scan_close(scan);
	project_close(project);
}

TEST(a_scan_goes_on_after_a_kill_at_any_moment)
{
	char command[160];
	int n = 0;

	fixture();
	for (; killed_at(n, scan_once); n++) {
		finish_scan();
		snprintf(command, sizeof(command), "mv %s/x %s/x%d", root,
			 root, n);
		ck_assert_int_eq(system(command), 0);
	}
	ck_assert_int_gt(n, 40);
	ck_assert_int_eq(check("killed"), 0);
	cleanup();
}

TEST(a_disk_that_is_full_for_a_while_loses_nothing)
{
	struct project *project;
	struct project_scan *scan;
	int failed = 0, n = 0;

	fixture();
	project = open_project("x");
	scan = new_scan(project);
	failure = ENOSPC;
	do {
		calls_left = n;
		if (take(scan, plain(0))) {
			ck_assert_int_eq(errno, ENOSPC);
			failed++;
		}
		n++;
	} while (!project_has_photo(scan, &(struct project_photo)
				    { 0, -1, -1 }));
	calls_left = -1;
	failure = 0;
	ck_assert_int_gt(failed, 8);
	ck_assert_int_eq(take(scan, plain(1)), 0);
	ck_assert_int_eq(project_scan_status(scan, "completed", NULL), 0);
	project_scan_close(scan);
	project_close(project);
	ck_assert_int_eq(check("full"), 0);
	cleanup();
}

TEST(a_disk_for_reading_only_says_so)
{
	struct project *project;

	fixture();
	project_close(open_project("x"));
	read_only = true;
	project = project_open(root, "x", true, why);
	ck_assert_msg(project != NULL, "%s", why);
	ck_assert_ptr_null(project_scan_new(project, json_object(), "c",
					    json_object(), why));
	ck_assert_int_eq(errno, EROFS);
	ck_assert_ptr_nonnull(strstr(why, "mount it for writing"));
	read_only = false;
	project_close(project);
	cleanup();
}

static void write_text(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	ck_assert_int_eq(durable_write(path, text, strlen(text)), 0);
}

static size_t photos_of_journal(const char *text)
{
	struct project *project;
	struct project_scan *scan;
	size_t photos;

	write_text("x/scan01/journal.jsonl", text);
	project = open_project("x");
	scan = open_scan(project, 1);
	photos = project_scan_photos(scan);
	/* What follows has a line of its own. */
	ck_assert_int_eq(take(scan, plain(99)), 0);
	project_scan_close(scan);
	scan = open_scan(project, 1);
	ck_assert_uint_eq(project_scan_photos(scan), photos + 1);
	project_scan_close(scan);
	project_close(project);
	return photos;
}

#define LINE(name) "{\"photo\": \"" name "\", \"file\": \"" name ".jpg\", " \
	"\"bytes\": 10, \"metadata_bytes\": 5}\n"

TEST(a_torn_line_of_the_journal_is_passed_over)
{
	static const char two[] = LINE("scan01_000") LINE("scan01_001");
	const size_t first = strchr(two, '\n') + 1 - two;
	char text[sizeof(two)];

	fixture();
	scan_once();
	for (size_t length = 0; length < sizeof(two); length += 3) {
		snprintf(text, sizeof(text), "%.*s", (int)length, two);
		ck_assert_uint_eq(photos_of_journal(text),
				  (length >= first) +
				  (length >= sizeof(two) - 1));
	}
	cleanup();
}

TEST(wrong_lines_of_the_journal_are_no_photos)
{
	static const char *const lines[] = {
		"\n", "{}\n", "[]\n", "7\n", "nonsense\n",
		"{\"photo\": 7, \"file\": null, \"bytes\": 1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"bytes\": 1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"file\": 7, \"bytes\": 1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"file\": null, \"bytes\": -1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"file\": null, \"bytes\": 1e99, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"file\": null, \"bytes\": 99999999999999999999, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"photo\": \"a\", \"file\": null, \"bytes\": 1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"../a\", \"file\": null, \"bytes\": 1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"file\": \"../../etc/passwd\", \"bytes\": 1, \"metadata_bytes\": 1}\n",
		"{\"photo\": \"a\", \"file\": \".x\", \"bytes\": 1, \"metadata_bytes\": 1}\n",
	};
	char text[600];

	fixture();
	scan_once();
	for (size_t n = 0; n < sizeof(lines) / sizeof(*lines); n++) {
		snprintf(text, sizeof(text), "%s%s%s", LINE("scan01_000"),
			 lines[n], LINE("scan01_001"));
		ck_assert_msg(photos_of_journal(text) == 2, "%s", lines[n]);
	}
	snprintf(text, sizeof(text), "%s%s", LINE("scan01_000"),
		 LINE("scan01_000"));
	ck_assert_uint_eq(photos_of_journal(text), 1);
	cleanup();
}

static void breaks(const char *file, const char *key, json_t *value)
{
	char path[256];
	struct project *project;
	json_t *whole, *broken;

	snprintf(path, sizeof(path), "%s/x/%s", root, file);
	whole = json_load_file(path, 0, NULL);
	broken = json_deep_copy(whole);
	if (value)
		json_object_set_new(broken, key, value);
	else
		json_object_del(broken, key);
	ck_assert_int_eq(durable_json(path, broken, NULL), 0);
	project = project_open(root, "x", true, why);
	if (project) {
		ck_assert_msg(!project_scan_open(project, 1, why), "%s: %s",
			      file, key);
		project_close(project);
	}
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_msg(strstr(why, key) && strstr(why, file), "%s: %s", key,
		      why);
	json_decref(broken);
	/* Nothing was changed of what could not be understood. */
	broken = json_load_file(path, 0, NULL);
	if (value)
		json_object_del(broken, key);
	json_object_set(broken, key, json_object_get(whole, key));
	ck_assert(json_equal(broken, whole));
	ck_assert_int_eq(durable_json(path, whole, NULL), 0);
	json_decref(broken);
	json_decref(whole);
}

TEST(each_field_that_is_wrong_is_named)
{
	static const char *const texts[] = {
		"name", "path", "created", "description",
		"cloud_project_name", "uploaded", "downloaded", "scans",
	};
	static const char *const fields[] = {
		"project_name", "index", "created", "status", "settings",
		"camera_name", "camera_settings", "current_step",
		"system_message", "last_updated", "description", "duration",
		"total_size_bytes", "stacked_size_bytes", "photos",
	};
	static const char *const wholes[] = {
		"", "[]", "7", "{", "{\"a\": 1, \"a\": 2}", "\xff",
	};

	fixture();
	scan_once();
	for (size_t n = 0; n < sizeof(texts) / sizeof(*texts); n++)
		breaks("openscan_project.json", texts[n], json_integer(7));
	breaks("openscan_project.json", "scans",
	       json_pack("{s:{s:i}}", "scan02", "index", 1));
	breaks("openscan_project.json", "scans",
	       json_pack("{s:{s:i}}", "../x", "index", 1));
	breaks("openscan_project.json", "scans",
	       json_pack("{s:i}", "scan01", 1));
	for (size_t n = 0; n < sizeof(fields) / sizeof(*fields); n++)
		breaks("scan01/scan.json", fields[n], json_true());
	breaks("scan01/scan.json", "index", json_integer(2));
	breaks("scan01/scan.json", "index", NULL);
	breaks("scan01/scan.json", "settings", NULL);
	breaks("scan01/scan.json", "status", json_string("dancing"));
	for (size_t n = 0; n < sizeof(wholes) / sizeof(*wholes); n++) {
		write_text("x/openscan_project.json", wholes[n]);
		ck_assert_ptr_null(project_open(root, "x", true, why));
		ck_assert_int_eq(errno, EBADMSG);
		ck_assert_ptr_null(project_read(root, "x", why));
		ck_assert_int_eq(errno, EBADMSG);
	}
	/* It can be deleted. */
	ck_assert_int_eq(project_delete(root, "x", 0, why), 0);
	cleanup();
}

static void check_status(const char *want, size_t photos)
{
	json_t *scan = project_scan_read(root, "x", 1, why);

	ck_assert_msg(scan != NULL, "%s", why);
	ck_assert_str_eq(json_string_value(json_object_get(scan, "status")),
			 want);
	ck_assert_uint_eq(json_array_size(json_object_get(scan, "photos")),
			  photos);
	ck_assert_int_eq(json_integer_value(json_object_get(scan,
							    "photo_count")),
			 photos);
	json_decref(scan);
}

TEST(a_reader_sees_each_photo_and_a_crash)
{
	struct project *project;
	struct project_scan *scan;
	json_t *told;

	fixture();
	project = open_project("x");
	scan = new_scan(project);
	ck_assert_int_eq(project_scan_status(scan, "running", NULL), 0);
	check_status("running", 0);
	ck_assert_int_eq(take(scan, plain(0)), 0);
	check_status("running", 1);
	project_scan_close(scan);
	project_close(project);
	/* Nobody ended it. */
	project = open_project("x");
	check_status("interrupted", 1);
	project_close(project);
	write_text("nothing", "");
	project_close(open_project("b"));
	told = project_list(root, why);
	ck_assert_uint_eq(json_array_size(told), 2);
	ck_assert_str_eq(json_string_value(json_array_get(told, 0)), "b");
	ck_assert_str_eq(json_string_value(json_array_get(told, 1)), "x");
	json_decref(told);
	ck_assert_ptr_null(project_read(root, "nothing", why));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(project_scan_read(root, "x", 2, why));
	ck_assert_int_eq(errno, ENOENT);
	told = project_list("/nonexistent", why);
	ck_assert_uint_eq(json_array_size(told), 0);
	json_decref(told);
	cleanup();
}

static void delete_project(void)
{
	ck_assert_msg(!project_delete(root, "x", 0, why), "%s", why);
}

static size_t projects(void)
{
	json_t *told = project_list(root, why);
	const size_t count = json_array_size(told);

	json_decref(told);
	return count;
}

TEST(a_project_is_deleted_whole_or_not_at_all)
{
	struct project *project;
	char command[256];
	int n = 0;

	fixture();
	for (scan_once(); killed_at(n, delete_project); n++) {
		if (projects())
			check_status("completed", PHOTOS);
		else
			scan_once();
		finish_scan();
	}
	ck_assert_int_gt(n, 10);
	ck_assert_uint_eq(projects(), 0);
	scan_once();
	scan_once();
	ck_assert_int_eq(project_delete(root, "x", 3, why), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(project_delete(root, "x", 1, why), 0);
	ck_assert_int_eq(project_delete(root, "x", 1, why), -1);
	project = open_project("x");
	ck_assert_ptr_null(project_scan_open(project, 1, why));
	project_scan_close(open_scan(project, 2));
	project_close(project);
	ck_assert_int_eq(project_delete(root, "none", 0, why), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(project_delete(root, "../x", 0, why), -1);
	/* A folder that is no project is not ours to delete. */
	snprintf(command, sizeof(command), "mkdir %s/mine", root);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(project_delete(root, "mine", 0, why), -1);
	ck_assert_int_eq(errno, ENOENT);
	delete_project();
	snprintf(command, sizeof(command), "rmdir %s/mine %s && mkdir %s",
		 root, root, root);
	ck_assert_int_eq(system(command), 0);
	cleanup();
}

TEST(who_asks_for_photos_does_not_wait_for_the_disk)
{
	struct project *project;
	struct project_scan *scan;

	fixture();
	project = open_project("x");
	scan = new_scan(project);
	asked = scan;
	ck_assert_int_eq(take(scan, plain(0)), 0);
	ck_assert_int_eq(project_scan_status(scan, "paused", NULL), 0);
	asked = NULL;
	ck_assert(!answered_late);
	/* Photo, metadata, journal, scan.json, openscan_project.json. */
	ck_assert_uint_ge(asked_times, 5);
	project_scan_close(scan);
	project_close(project);
	cleanup();
}

#define THREADS 4
#define EACH 50

static void *take_many(void *data)
{
	static atomic_uint next;

	for (int n = 0; n < EACH; n++)
		ck_assert_int_eq(take(data, plain(next++)), 0);
	return NULL;
}

TEST(photos_are_saved_by_several_threads)
{
	pthread_t threads[THREADS];
	struct project *project;
	struct project_scan *scan;

	fixture();
	project = open_project("x");
	scan = new_scan(project);
	for (int n = 0; n < THREADS; n++)
		pthread_create(&threads[n], NULL, take_many, scan);
	for (int n = 0; n < THREADS; n++)
		pthread_join(threads[n], NULL);
	project_scan_close(scan);
	scan = open_scan(project, 1);
	ck_assert_uint_eq(project_scan_photos(scan), THREADS * EACH);
	project_scan_close(scan);
	project_close(project);
	cleanup();
}
