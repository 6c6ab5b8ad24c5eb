// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/writer.c userspace/writer/nexus.c
 *	userspace/writer/layout.c userspace/writer/h5.c
 *	userspace/writer/queue.c userspace/writer/space.c
 *	userspace/writer/compress.c userspace/writer/documents.c
 *	userspace/writer/disk.c
 *	userspace/writer/packers.c userspace/writer/syncer.c
 *	userspace/writer/steplog.c userspace/writer/steps.c
 *	userspace/writer/uuid.c userspace/writer/views.c
 *	-lhdf5_serial -ljansson -llz4 -ldeflate -pthread
 *	-Wl,--wrap=fdatasync
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
#include <time.h>
#include <unistd.h>

#include "h5.h"
#include "queue.h"
#include "unit.h"
#include "writer.h"

#define WIDTH 16
#define HEIGHT 8
#define BYTES (WIDTH * HEIGHT * 3)

static char folder[64];
static char path[96];

/* A folder that is gone when the test's process is. */
static struct writer_config fixture(void)
{
	strcpy(folder, "/tmp/oscan-writer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/scan.h5", folder);
	return (struct writer_config) {
		.path = path,
		.width = WIDTH,
		.height = HEIGHT,
		.bytes_per_pixel = 3,
		.queue_frames = 2,
		.axis_name = "turntable",
		.axis_unit = "deg",
		.rotation = true,
		.steps_per_unit = 8,
		.camera_id = "id",
		.camera_model = "model",
		.time_mark = "unknown",
		.title = "title",
		.program = "test_writer 1",
	};
}

static void cleanup(void)
{
	if (!folder[0])
		return;
	writer_remove(path);
	chmod(folder, 0700);
	rmdir(folder);
}

__attribute__((constructor)) static void cleanup_at_exit(void)
{
	atexit(cleanup);
}

static void must_fail(const struct writer_config *config, int error)
{
	struct writer *writer;

	errno = 0;
	writer = writer_open(config);
	ck_assert_ptr_null(writer);
	ck_assert_msg(errno == error, "%s, not %s", strerrorname_np(errno),
		      strerrorname_np(error));
}

static bool exists(const char *name)
{
	struct stat st;

	return !stat(name, &st);
}

static int put(struct writer *writer, unsigned int n)
{
	const struct writer_frame frame = {
		.time_ns = 1000 + n, .sequence = n, .status = 1,
	};
	uint8_t pixels[BYTES];

	memset(pixels, n, sizeof(pixels));
	return writer_put(writer, pixels, &frame);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000) + ts.tv_nsec / 1000000;
}

static void short_pause(void)
{
	const struct timespec ts = { .tv_nsec = 1000000 };

	nanosleep(&ts, NULL);
}

TEST(an_existing_file_is_left_as_it_is)
{
	const struct writer_config config = fixture();
	FILE *file = fopen(path, "w");
	char text[32] = "";

	ck_assert_ptr_nonnull(file);
	fputs("someone else's", file);
	fclose(file);
	must_fail(&config, EEXIST);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "someone else's");
}

TEST(a_link_to_nowhere_is_not_followed)
{
	const struct writer_config config = fixture();
	char target[128];

	snprintf(target, sizeof(target), "%s/target", folder);
	ck_assert_int_eq(symlink(target, path), 0);
	must_fail(&config, EEXIST);
	ck_assert(!exists(target));
}

TEST(a_missing_folder_is_ENOENT)
{
	struct writer_config config = fixture();

	config.path = "/tmp/oscan-there-is-no-such-folder/scan.h5";
	must_fail(&config, ENOENT);
}

TEST(a_file_in_place_of_the_folder_is_ENOTDIR)
{
	struct writer_config config = fixture();

	config.path = "/dev/null/scan.h5";
	must_fail(&config, ENOTDIR);
}

TEST(a_folder_that_may_not_be_written_is_EACCES)
{
	const struct writer_config config = fixture();

	ck_assert_int_eq(chmod(folder, 0555), 0);
	/* Root may write anywhere; nobody may not. */
	if (!geteuid())
		ck_assert_int_eq(seteuid(65534), 0);
	must_fail(&config, EACCES);
	if (!getuid())
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert(!exists(path));
}

TEST(a_folder_without_permission_to_list_may_still_be_written)
{
	const struct writer_config config = fixture();
	struct writer *writer;

	ck_assert_int_eq(chmod(folder, 0333), 0);
	if (!geteuid()) {
		ck_assert_int_eq(chown(folder, 65534, 65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	writer = writer_open(&config);
	ck_assert_msg(writer, "%s", strerror(errno));
	ck_assert_int_eq(writer_close(writer), 0);
	if (!getuid())
		ck_assert_int_eq(seteuid(0), 0);
}

TEST(a_configuration_that_cannot_be_is_EINVAL)
{
	const struct writer_config good = fixture();
	struct writer_config bad[18];
	const size_t count = sizeof(bad) / sizeof(*bad);

	for (size_t n = 0; n < count; n++)
		bad[n] = good;
	bad[0].width = 0;
	bad[1].height = 0;
	bad[2].bytes_per_pixel = 0;
	bad[3].bytes_per_pixel = 2;
	bad[4].bytes_per_pixel = 4;
	bad[5].queue_frames = 0;
	bad[6].path = "";
	bad[7].path = NULL;
	bad[8].axis_name = "a/b";
	bad[9].axis_name = "";
	bad[10].axis_name = "data";
	bad[11].axis_name = "detector";
	bad[12].axis_name = "..";
	bad[13].axis_unit = "";
	bad[14].steps_per_unit = 0;
	bad[15].steps_per_unit = NAN;
	bad[16].steps_per_unit = INFINITY;
	bad[17].width = 40000;
	bad[17].height = 40000;
	for (size_t n = 0; n < count; n++)
		must_fail(&bad[n], EINVAL);
	ck_assert(!exists(path));
}

TEST(the_last_frame_is_flushed_without_another_one_behind_it)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	const uint64_t deadline = now_ms() + 20000;

	ck_assert_ptr_nonnull(writer);
	for (unsigned int n = 0; n < 3; n++) {
		ck_assert_int_eq(put(writer, n), 0);
		while (writer_written(writer) != n + 1) {
			ck_assert(now_ms() < deadline);
			short_pause();
		}
	}
	ck_assert_int_eq(writer_taken(writer), 3);
	ck_assert_int_eq(writer_close(writer), 0);
}

/* The disk hangs for as long as it is locked. */
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	pthread_mutex_lock(&disk);
	pthread_mutex_unlock(&disk);
	return __real_fdatasync(fd);
}

TEST(a_disk_that_hangs_is_not_waited_for_unless_asked)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	const uint64_t deadline = now_ms() + 60000;
	struct writer_counts counts;

	ck_assert_ptr_nonnull(writer);
	pthread_mutex_lock(&disk);
	ck_assert_int_eq(put(writer, 0), 0);
	while (!writer_written(writer)) {
		ck_assert(now_ms() < deadline);
		short_pause();
	}
	ck_assert(!writer_settle(writer));
	writer_counts(writer, &counts);
	ck_assert_int_eq(counts.synced, 0);
	pthread_mutex_unlock(&disk);
	while (!writer_settle(writer)) {
		ck_assert(now_ms() < deadline);
		short_pause();
	}
	writer_counts(writer, &counts);
	ck_assert_int_eq(counts.synced, 1);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert(writer_settle(writer));
	ck_assert_int_eq(writer_close(writer), 0);
}

TEST(hdf5_is_not_waited_for_where_another_thread_may_keep_it)
{
	h5_lock();
	ck_assert(!h5_lock_soon());
	h5_unlock();
	ck_assert(h5_lock_soon());
	h5_unlock();
}

TEST(a_queue_of_one_loses_no_frame)
{
	struct writer_config config = fixture();
	struct writer *writer;

	config.queue_frames = 1;
	writer = writer_open(&config);
	ck_assert_ptr_nonnull(writer);
	for (unsigned int n = 0; n < 300; n++)
		ck_assert_int_eq(put(writer, n), 0);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_taken(writer), 300);
	ck_assert_int_eq(writer_written(writer), 300);
	ck_assert_int_eq(writer_error(writer), 0);
	ck_assert_int_eq(writer_close(writer), 0);
}

TEST(after_the_end_no_frame_is_taken)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);

	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(put(writer, 0), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(writer_taken(writer), 0);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_close(writer), 0);
	ck_assert_int_eq(writer_close(NULL), 0);
}

TEST(nothing_is_added_while_frames_are_written)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	const struct writer_trace trace = { 0 };
	const struct writer_pairing pairing = { 0 };
	const uint64_t utc_ns = 1;

	ck_assert_int_eq(put(writer, 0), 0);
	ck_assert_int_eq(writer_add_number(writer, "a", 1, NULL), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(writer_add_earlier_steps(writer, &trace, &utc_ns),
			 -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(writer_add_trace(writer, &trace), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(writer_add_pairing(writer, &pairing), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(writer_close(writer), 0);
}

TEST(before_the_first_frame_parameters_may_be_added_and_are_added_once)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	const struct writer_trace trace = { 0 };
	const struct writer_pairing pairing = { 0 };

	ck_assert_int_eq(writer_add_number(writer, "a", 1, NULL), 0);
	ck_assert_int_eq(writer_add_number(writer, "a", 1, NULL), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(writer_add_trace(writer, &trace), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(writer_add_pairing(writer, &pairing), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(put(writer, 0), 0);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_add_number(writer, "a", 1, NULL), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(writer_close(writer), 0);
}

static void must_refuse(struct writer *writer, const char *name, int error)
{
	const uint64_t value = 1;

	ck_assert_int_eq(writer_add_number(writer, name, 1, NULL), -1);
	ck_assert_msg(errno == error, "number %s: %s", name, strerror(errno));
	ck_assert_int_eq(writer_add_text(writer, name, ""), -1);
	ck_assert_msg(errno == error, "text %s: %s", name, strerror(errno));
	ck_assert_int_eq(writer_add_array(writer, name, &value, 1, NULL), -1);
	ck_assert_msg(errno == error, "array %s: %s", name, strerror(errno));
}

TEST(a_name_that_is_taken_or_bad_is_refused_and_harms_nothing)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	char name[300];

	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_add_number(writer, "a", 1, "mm"), 0);
	ck_assert_int_eq(writer_add_text(writer, "g/a", "text"), 0);
	must_refuse(writer, "a", EEXIST);
	must_refuse(writer, "g/a", EEXIST);
	must_refuse(writer, "g", EEXIST);
	must_refuse(writer, "a/b", EINVAL);
	must_refuse(writer, "", EINVAL);
	must_refuse(writer, "/a", EINVAL);
	must_refuse(writer, "a/", EINVAL);
	must_refuse(writer, "a/b/c", EINVAL);
	memset(name, 'n', sizeof(name));
	name[201] = '\0';
	must_refuse(writer, name, EINVAL);
	name[200] = '\0';
	ck_assert_int_eq(writer_add_number(writer, name, 1, NULL), 0);
	ck_assert_int_eq(writer_add_array(writer, "none", NULL, 0, "ns"), 0);
	ck_assert_int_eq(writer_close(writer), 0);
}

TEST(positions_are_stored_once_and_for_every_frame)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	const double values[3] = { 1, 2, 3 };
	const uint8_t in_scan[3] = { 0, 1, 0 };
	struct writer_pairing pairing = {
		2, values, values, values, values, values, in_scan
	};

	for (unsigned int n = 0; n < 3; n++)
		ck_assert_int_eq(put(writer, n), 0);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_add_pairing(writer, &pairing), -1);
	ck_assert_int_eq(errno, EINVAL);
	pairing.frames = 3;
	ck_assert_int_eq(writer_add_pairing(writer, &pairing), 0);
	ck_assert_int_eq(writer_add_pairing(writer, &pairing), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(writer_close(writer), 0);
}

TEST(steps_are_stored_once)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	const struct writer_trace trace = { 0 };

	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_add_trace(writer, &trace), 0);
	ck_assert_int_eq(writer_add_trace(writer, &trace), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(writer_close(writer), 0);
}

TEST(closing_finishes_the_frames)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	struct stat st;

	for (unsigned int n = 0; n < 10; n++)
		ck_assert_int_eq(put(writer, n), 0);
	ck_assert_int_eq(writer_close(writer), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_ge(st.st_size, 10 * BYTES);
	/* What was claimed ahead has been given back. */
	ck_assert_int_lt(st.st_blocks * 512, st.st_size + 65536);
}

/* Return: the last line of the documents. */
static const char *last_document(void)
{
	static char line[4096];
	char name[128];
	FILE *file;

	snprintf(name, sizeof(name), "%s.jsonl", path);
	file = fopen(name, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		;
	fclose(file);
	return line;
}

TEST(the_documents_end_as_the_scan_did_whatever_the_reason_contains)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);

	ck_assert_int_eq(put(writer, 0), 0);
	writer_outcome(writer, "abort", "no");
	writer_outcome(writer, "fail", "\xff is no \"UTF-8\"\n");
	ck_assert_int_eq(writer_close(writer), 0);
	ck_assert_ptr_nonnull(strstr(last_document(),
				     "\"exit_status\":\"fail\""));
	ck_assert_ptr_nonnull(strstr(last_document(),
				     "? is no \\\"UTF-8\\\"\\n"));
}

TEST(documents_of_another_file_are_left_as_they_are)
{
	const struct writer_config config = fixture();
	char name[128];

	snprintf(name, sizeof(name), "%s.jsonl", path);
	fclose(fopen(name, "w"));
	must_fail(&config, EEXIST);
	ck_assert(exists(name));
	ck_assert(!exists(path));
}

TEST(metadata_that_are_no_object_are_EINVAL)
{
	static const char *const bad[] = { "", "[]", "{", "1" };
	struct writer_config config = fixture();

	for (size_t n = 0; n < sizeof(bad) / sizeof(*bad); n++) {
		config.metadata = bad[n];
		must_fail(&config, EINVAL);
		ck_assert(!exists(path));
	}
}

TEST(every_kind_of_compression_has_a_name_that_is_found)
{
	for (int n = WRITER_PLAIN; n <= WRITER_BITSHUFFLE_LZ4; n++) {
		const char *name =
			writer_compression_name((enum writer_compression)n);

		ck_assert_int_eq(writer_compression(name), n);
	}
	ck_assert_int_eq(writer_compression("zlib"), WRITER_DEFLATE);
	ck_assert_int_eq(writer_compression("zip"), -1);
	ck_assert_int_eq(writer_compression(""), -1);
	ck_assert_ptr_null(writer_compression_name(
		(enum writer_compression)(WRITER_BITSHUFFLE_LZ4 + 1)));
}

static void *write_another(void *data)
{
	struct writer_config config = *(struct writer_config *)data;
	char other[128];
	struct writer *writer;
	uint64_t written;

	snprintf(other, sizeof(other), "%s/other.h5", folder);
	config.path = other;
	writer = writer_open(&config);
	for (unsigned int n = 0; writer && n < 200; n++)
		put(writer, n);
	written = writer && !writer_finish_frames(writer)
		? writer_written(writer) : 0;
	writer_close(writer);
	writer_remove(other);
	return (void *)(uintptr_t)written;
}

TEST(two_files_may_be_written_at_once)
{
	struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	pthread_t thread;
	void *written;

	ck_assert_int_eq(pthread_create(&thread, NULL, write_another, &config),
			 0);
	for (unsigned int n = 0; n < 200; n++)
		ck_assert_int_eq(put(writer, n), 0);
	ck_assert_int_eq(pthread_join(thread, &written), 0);
	ck_assert_int_eq((uintptr_t)written, 200);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	ck_assert_int_eq(writer_written(writer), 200);
	ck_assert_int_eq(writer_close(writer), 0);
}

/* The queue by itself: nobody takes until the test does. */

static struct queue queue;
static _Atomic unsigned int accepted;

static void *put_five(void *unused __attribute__((unused)))
{
	for (unsigned int n = 0; n < 5; n++) {
		const struct writer_frame frame = { .sequence = n };
		const uint8_t pixels[2] = { n, n + 100 };

		if (queue_put(&queue, pixels, &frame, true))
			return (void *)(uintptr_t)errno;
		accepted++;
	}
	return NULL;
}

/* Returns when the queue of three is full and the fourth is waiting. */
static pthread_t fill_queue(void)
{
	const uint64_t deadline = now_ms() + 20000;
	pthread_t thread;

	ck_assert_int_eq(queue_init(&queue, 3, 2, 2, false), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, put_five, NULL), 0);
	while (accepted < 3) {
		ck_assert(now_ms() < deadline);
		short_pause();
	}
	for (int n = 0; n < 20; n++)
		short_pause();
	ck_assert_int_eq(accepted, 3);
	ck_assert_int_eq(pthread_tryjoin_np(thread, NULL), EBUSY);
	return thread;
}

TEST(a_full_queue_makes_the_camera_wait_and_keeps_the_order)
{
	pthread_t thread = fill_queue();
	void *error;

	for (unsigned int n = 0; n < 5; n++) {
		const struct queue_entry *entry;

		ck_assert_uint_gt(queue_take(&queue), 0);
		entry = queue_at(&queue, 0);
		ck_assert_int_eq(entry->frame.sequence, n);
		ck_assert_int_eq(((uint8_t *)entry->data)[1], n + 100);
		queue_drop(&queue, 1);
	}
	ck_assert_int_eq(pthread_join(thread, &error), 0);
	ck_assert_ptr_null(error);
	queue_end(&queue);
	ck_assert_uint_eq(queue_take(&queue), 0);
	queue_free(&queue);
}

TEST(a_camera_that_waits_is_told_of_the_failure)
{
	pthread_t thread = fill_queue();
	void *error;

	queue_fail(&queue, ENOSPC);
	ck_assert_int_eq(pthread_join(thread, &error), 0);
	ck_assert_int_eq((uintptr_t)error, ENOSPC);
	queue_free(&queue);
}

TEST(what_is_in_the_queue_at_the_end_is_still_taken)
{
	pthread_t thread = fill_queue();
	void *error;

	queue_end(&queue);
	ck_assert_int_eq(pthread_join(thread, &error), 0);
	ck_assert_int_eq((uintptr_t)error, EPIPE);
	for (unsigned int n = 0; n < 3; n++) {
		ck_assert(!queue_is_empty(&queue));
		ck_assert_uint_eq(queue_take(&queue), 3 - n);
		ck_assert_int_eq(queue_at(&queue, 0)->frame.sequence, n);
		queue_drop(&queue, 1);
	}
	ck_assert(queue_is_empty(&queue));
	ck_assert_uint_eq(queue_take(&queue), 0);
	queue_free(&queue);
}
