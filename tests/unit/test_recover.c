// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/writer.c userspace/writer/nexus.c
 *	userspace/writer/layout.c userspace/writer/h5.c
 *	userspace/writer/h5read.c
 *	userspace/writer/queue.c userspace/writer/space.c
 *	userspace/writer/compress.c userspace/writer/documents.c
 *	userspace/writer/disk.c userspace/writer/durable.c
 *	userspace/writer/documents-recover.c userspace/writer/recover.c
 *	userspace/writer/packers.c userspace/writer/syncer.c
 *	userspace/writer/steplog.c userspace/writer/steps.c
 *	userspace/writer/uuid.c userspace/writer/views.c
 *	-lhdf5_serial -ljansson -llz4 -ldeflate -lm -pthread
 *	-Wl,--wrap=pthread_cond_clockwait
 */
/*
 * Writers that are killed, lose their power or their disk. The disk is played:
 * what HDF5 writes with comes through here.
 */
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <jansson.h>
#include <libdeflate.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "h5.h"
#include "recover.h"
#include "unit.h"
#include "writer.h"

#define WIDTH 33
#define HEIGHT 17
#define BYTES (WIDTH * HEIGHT)
#define LOG "/entry/instrument/turntable/value_log/"
#define ROUNDS 50
#define STEPS 3
#define PAGE 4096
#define TEARS 30
#define NOT_TORN 4
#define FRAMES 600
#define DEADLINE_MS 20000

static char folder[64];
static char path[96], copy[96], note[112];

/**
 * struct shared - what a writer that is to be killed tells
 * @written: frames that writer_written() counted
 * @synced: frames that were synced
 * @durable: which of the two copies of the disk is whole, 1 or 2; 0: none
 * @cancelled: the disk has been asked by one whom it never answers
 * @inherited: by that one, of the descriptor that was not to be
 */
static struct shared {
	atomic_uint_least64_t written;
	atomic_uint_least64_t synced;
	atomic_int durable;
	volatile int cancelled;
	volatile int inherited;
} *shared;

/* How the disk behaves. */
static bool power_may_fail;
static atomic_long writes_left = -1;	/* then it is gone; -1: never */
static unsigned int slow_us;
static int not_inherited = -1;
static pid_t answers_only;		/* 0: to all */
static int syncs_left = -1;		/* until one fails; -1: none does */
static atomic_long tears_left;		/* writes over a border until then, */
static int tear_at;			/* torn at that border; 0: none is */
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;

/*
 * The kernel looks for SIGKILL between two pages. Return: bytes that are
 * written before the end, or all of them.
 */
static size_t torn(size_t bytes, off64_t at)
{
	const size_t first = PAGE - at % PAGE;
	const size_t borders = (at + bytes - 1) / PAGE - at / PAGE;

	if (!tear_at || !borders || tears_left-- != 0)
		return bytes;
	return first + (tear_at - 1) % borders * PAGE;
}

static ssize_t write_torn(int fd, const void *data, size_t bytes, off64_t at)
{
	const size_t part = torn(bytes, at);
	const ssize_t ret = syscall(SYS_pwrite64, fd, data, part, at);

	if (part < bytes)
		raise(SIGKILL);
	return ret;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	char all[65536];
	size_t bytes = 0;

	for (int n = 0; n < count; n++) {
		if (bytes + parts[n].iov_len > sizeof(all))
			_exit(3);
		memcpy(all + bytes, parts[n].iov_base, parts[n].iov_len);
		bytes += parts[n].iov_len;
	}
	return write_torn(fd, all, bytes, at);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
	ssize_t ret;

	if (slow_us)
		usleep(slow_us);
	if (answers_only && getpid() != answers_only) {
		shared->inherited = fcntl(not_inherited, F_GETFD) >= 0;
		shared->cancelled = 1;
		for (;;)
			pause();
	}
	if (!writes_left) {
		errno = EIO;
		return -1;
	}
	if (writes_left > 0)
		writes_left--;
	pthread_mutex_lock(&disk);
	ret = write_torn(fd, data, bytes, at);
	pthread_mutex_unlock(&disk);
	return ret;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at)
	__attribute__((alias("pwrite64")));

/* Which is none with the writer's lock: it is not the file. */
static void snapshot(int fd, int number)
{
	char name[112], data[65536];
	off_t at = 0;
	ssize_t count;
	int to;

	snprintf(name, sizeof(name), "%s.%d", path, number);
	to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while ((count = pread(fd, data, sizeof(data), at)) > 0) {
		if (write(to, data, count) != count)
			_exit(3);
		at += count;
	}
	close(to);
}

/* All that was written up to here is there after a power cut, and no more. */
int fdatasync(int fd)
{
	const int next = shared->durable == 1 ? 2 : 1;

	if (!writes_left) {
		errno = EIO;
		return -1;
	}
	if (power_may_fail) {
		pthread_mutex_lock(&disk);
		snapshot(fd, next);
		pthread_mutex_unlock(&disk);
		shared->durable = next;
	}
	return 0;
}

/* A real disk takes its time for each of a hundred. */
int fsync(int fd __attribute__((unused)))
{
	if (syncs_left < 0 || syncs_left--)
		return 0;
	errno = EIO;
	return -1;
}

/* As between two file systems; 0: they are one. */
static int range_error;

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at,
			size_t bytes, unsigned int flags)
{
	if (!range_error)
		return syscall(SYS_copy_file_range, from, from_at, to, to_at,
			       bytes, flags);
	errno = range_error;
	return -1;
}

/* HDF5's crashes are to be crashes. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_sigbus=0:abort_on_error=1";
}

/* No second need pass from one sync to the next. */
int __wrap_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *lock,
				  clockid_t clock,
				  const struct timespec *until);
int __wrap_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *lock,
				  clockid_t clock __attribute__((unused)),
				  const struct timespec *until
				  __attribute__((unused)))
{
	struct timespec soon;

	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 3000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_nsec -= 1000000000;
		soon.tv_sec++;
	}
	return pthread_cond_timedwait(cond, lock, &soon);
}

static struct writer_config fixture(void)
{
	strcpy(folder, "/tmp/oscan-recover-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/scan.h5", folder);
	snprintf(copy, sizeof(copy), "%s/scan.recovered.h5", folder);
	snprintf(note, sizeof(note), "%s.torn", path);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	return (struct writer_config) {
		.path = path,
		.width = WIDTH,
		.height = HEIGHT,
		.bytes_per_pixel = 1,
		.queue_frames = 8,
		.axis_name = "turntable",
		.axis_unit = "deg",
		.rotation = true,
		.steps_per_unit = 8,
		.camera_id = "id",
		.camera_model = "model",
		.time_mark = "unknown",
		.title = "title",
		.program = "test_recover 1",
	};
}

static void empty_copy(void)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.jsonl", copy);
	unlink(name);
	unlink(copy);
}

static void empty_folder(void)
{
	static const char *const names[] = {
		"scan.h5", "scan.h5.jsonl", "scan.recovered.h5",
		"scan.recovered.h5.jsonl", "scan.h5.1", "scan.h5.2",
		"scan.h5.torn",
	};
	char name[128];

	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++) {
		snprintf(name, sizeof(name), "%s/%s", folder, names[n]);
		unlink(name);
	}
}

/* Nothing but the files that should be there is left. */
static void cleanup(void)
{
	if (!folder[0])
		return;
	empty_folder();
	if (rmdir(folder))
		abort();
}

static uint8_t pixel(uint64_t frame, size_t k)
{
	return (uint8_t)(7 * frame + 31 * k + k / 256);
}

/* STEPS for each frame, before it. */
static int put_steps(struct writer *writer, uint64_t frame)
{
	uint64_t times[STEPS];
	int64_t positions[STEPS];
	const struct writer_trace steps = { STEPS, times, positions };

	for (uint64_t n = 0; n < STEPS; n++) {
		times[n] = 5 * (frame * STEPS + n) + 1;
		positions[n] = frame * STEPS + n;
	}
	return writer_put_steps(writer, &steps);
}

static int put(struct writer *writer, uint64_t n)
{
	const struct writer_frame frame = {
		.time_ns = 1000 + n, .sequence = 3 * n, .status = 1,
	};
	uint8_t pixels[BYTES];

	if (put_steps(writer, n))
		return -1;
	for (size_t k = 0; k < BYTES; k++)
		pixels[k] = pixel(n, k);
	return writer_put(writer, pixels, &frame);
}

/*
 * In a process of its own, until it is killed. FRAMES are enough: on a machine
 * that is busy with others the killer comes late.
 */
static void write_endlessly(const struct writer_config *config)
{
	struct writer *writer = writer_open(config);
	struct writer_counts counts;

	if (!writer)
		_exit(1);
	for (uint64_t n = 0; n >= FRAMES || !put(writer, n); n++) {
		writer_counts(writer, &counts);
		shared->written = counts.written;
		shared->synced = counts.synced;
		/* What was to be torn was not. */
		if (n >= FRAMES && tear_at && counts.written == FRAMES)
			_exit(NOT_TORN);
		if (n >= FRAMES)
			usleep(1000);
	}
	_exit(2);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000) + ts.tv_nsec / 1000000;
}

/* Kill it once @counter has come to @frames. */
static void write_and_kill(const struct writer_config *config,
			   const atomic_uint_least64_t *counter,
			   uint64_t frames)
{
	const uint64_t deadline = now_ms() + DEADLINE_MS;
	pid_t child;
	int status;

	memset(shared, 0, sizeof(*shared));
	child = fork();
	if (!child)
		write_endlessly(config);
	while (*counter < frames) {
		ck_assert_msg(now_ms() < deadline, "no %llu frames",
			      (unsigned long long)frames);
		ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
		usleep(100);
	}
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
}

static hsize_t read_column(hid_t file, const char *name, uint64_t *values)
{
	hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
	hid_t space = H5Dget_space(dataset);
	const hsize_t count = H5Sget_simple_extent_npoints(space);

	if (values)
		ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_UINT64, H5S_ALL,
					 H5S_ALL, H5P_DEFAULT, values), 0);
	H5Sclose(space);
	H5Dclose(dataset);
	return count;
}

static void check_pixels(hid_t file, uint64_t frames)
{
	uint8_t *pixels = malloc(frames * BYTES + 1);
	hid_t dataset = H5Dopen2(file, "/entry/data/data", H5P_DEFAULT);

	ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL,
				 H5P_DEFAULT, pixels), 0);
	for (uint64_t n = 0; n < frames; n++) {
		for (size_t k = 0; k < BYTES; k++)
			MUST(pixels[n * BYTES + k] == pixel(n, k),
			     "byte %zu of frame %llu", k,
			     (unsigned long long)n);
	}
	H5Dclose(dataset);
	free(pixels);
}

/* Those before a frame that was flushed are there. */
static void check_steps(hid_t file, uint64_t frames)
{
	uint64_t *times, *positions;
	hsize_t count = read_column(file, LOG "time_ns", NULL);

	ck_assert_uint_ge(count, STEPS * frames);
	ck_assert_uint_ge(read_column(file, LOG "raw_value", NULL),
			  STEPS * frames);
	times = calloc(count + 1, sizeof(*times));
	positions = calloc(read_column(file, LOG "raw_value", NULL) + 1,
			   sizeof(*positions));
	read_column(file, LOG "time_ns", times);
	read_column(file, LOG "raw_value", positions);
	for (uint64_t n = 0; n < STEPS * frames; n++)
		MUST(times[n] == 5 * n + 1 && positions[n] == n, "step %llu",
		     (unsigned long long)n);
	free(times);
	free(positions);
}

/* As any reader opens it, without SWMR; @least of @frames were flushed. */
static void check_recovered(uint64_t frames, uint64_t least)
{
	hid_t file = H5Fopen(copy, H5F_ACC_RDONLY, H5P_DEFAULT);
	uint64_t *numbers = calloc(frames + 1, sizeof(*numbers));

	ck_assert_int_ge(file, 0);
	ck_assert_uint_eq(read_column(file, "/entry/data/data", NULL),
			  frames * BYTES);
	ck_assert_uint_eq(read_column(file,
		"/entry/instrument/detector/sequence_number", numbers),
		frames);
	for (uint64_t n = 0; n < frames; n++)
		MUST(numbers[n] == 3 * n, "row %llu", (unsigned long long)n);
	check_pixels(file, frames);
	check_steps(file, least);
	H5Fclose(file);
	free(numbers);
}

static uint64_t sum_of(const char *name)
{
	FILE *file = fopen(name, "r");
	uint64_t sum = 0;
	int c;

	ck_assert_ptr_nonnull(file);
	while ((c = getc(file)) != EOF)
		sum = sum * 1099511628211u + c + 1;
	fclose(file);
	return sum;
}

/* @from is recovered with @least frames at least, and left as it is. */
static void must_recover(const char *from, uint64_t least)
{
	const uint64_t sum = sum_of(from);
	uint64_t frames;

	ck_assert_msg(!recover_file(from, copy, NULL, NULL, NULL, &frames), "%s",
		      strerror(errno));
	ck_assert_msg(frames >= least, "%llu frames of %llu",
		      (unsigned long long)frames, (unsigned long long)least);
	ck_assert(sum_of(from) == sum);
	check_recovered(frames, least);
}

/* The same numbers each time. */
static uint64_t next_random(uint64_t most)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return 1 + (state >> 33) % most;
}

TEST(after_fifty_kills_every_frame_written_is_there_bit_for_bit)
{
	struct writer_config config = fixture();

	for (int round = 0; round < ROUNDS; round++) {
		config.compression = (enum writer_compression)(round % 5);
		if (!writer_can_compress(config.compression))
			config.compression = WRITER_PLAIN;
		write_and_kill(&config, &shared->written, next_random(150));
		must_recover(path, shared->written);
		empty_folder();
	}
	cleanup();
}

/* Return: false if there were not so many writes over a border. */
static bool write_and_tear(const struct writer_config *config, long writes,
			   int border)
{
	pid_t child;
	int status;

	memset(shared, 0, sizeof(*shared));
	child = fork();
	if (!child) {
		tears_left = writes;
		tear_at = border;
		write_endlessly(config);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_TORN)
		return false;
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "status %x", status);
	return true;
}

/*
 * Every write over a border of a page, of metadata, of pixels and of the note
 * of what is about to be written, may be the last one and end at any border.
 */
TEST(a_write_that_the_kill_has_torn_loses_no_frame_flushed_before)
{
	const struct writer_config config = fixture();
	int torn = 0;

	for (int round = 0; round < TEARS; round++) {
		if (write_and_tear(&config, 10 + 4 * round, 1 + round % 2)) {
			torn++;
			if (shared->written)
				must_recover(path, shared->written);
		}
		empty_folder();
	}
	ck_assert_int_gt(torn, TEARS / 2);
	cleanup();
}

TEST(after_a_power_cut_every_frame_synced_is_there)
{
	const struct writer_config config = fixture();
	char durable[112];

	power_may_fail = true;
	for (int round = 0; round < 8; round++) {
		write_and_kill(&config, &shared->synced, next_random(60));
		snprintf(durable, sizeof(durable), "%s.%d", path,
			 shared->durable);
		must_recover(durable, shared->synced);
		empty_folder();
	}
	cleanup();
}

static void must_refuse(const char *from, const char *to, int error)
{
	uint64_t frames;

	ck_assert_int_eq(recover_file(from, to, NULL, NULL, NULL, &frames), -1);
	ck_assert_msg(errno == error, "%s, not %s", strerrorname_np(errno),
		      strerrorname_np(error));
}

TEST(what_need_not_or_cannot_be_recovered_is_refused)
{
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	FILE *file;

	ck_assert_int_eq(put(writer, 0), 0);
	must_refuse(path, copy, EBUSY);
	ck_assert_int_eq(writer_close(writer), 0);
	must_refuse(path, copy, EALREADY);
	must_refuse(path, path, EEXIST);
	must_refuse("/tmp/oscan-no-such-file.h5", copy, ENOENT);
	file = fopen(path, "w");
	fputs("no HDF5", file);
	fclose(file);
	must_refuse(path, copy, ENOEXEC);
	ck_assert_int_ne(access(copy, F_OK), 0);
	cleanup();
}

/* Killed while the positions were being added, when it is no longer SWMR. */
static void kill_at_the_end(const struct writer_config *config)
{
	double values[100] = { 0 };
	uint8_t in_scan[100] = { 1 };
	const struct writer_pairing pairing = {
		100, values, values, values, values, values, in_scan
	};
	int status;
	pid_t child = fork();

	if (!child) {
		struct writer *writer = writer_open(config);

		for (uint64_t n = 0; n < 100; n++)
			put(writer, n);
		if (writer_finish_frames(writer) ||
		    writer_add_pairing(writer, &pairing) ||
		    writer_add_text(writer, "name", "value"))
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
}

TEST(a_writer_killed_while_it_finishes_leaves_its_frames)
{
	const struct writer_config config = fixture();

	kill_at_the_end(&config);
	must_recover(path, 100);
	cleanup();
}

TEST(a_copy_goes_to_another_file_system_too)
{
	static const int errors[] = { EXDEV, EINVAL, ENOSYS, EOPNOTSUPP };
	const struct writer_config config = fixture();

	kill_at_the_end(&config);
	for (size_t n = 0; n < sizeof(errors) / sizeof(*errors); n++) {
		range_error = errors[n];
		must_recover(path, 100);
		empty_copy();
	}
	range_error = ENOSPC;
	must_refuse(path, copy, ENOSPC);
	cleanup();
}

static int die(const char *name __attribute__((unused)),
	       void *data __attribute__((unused)))
{
	raise(SIGKILL);
	return 0;
}

/* Also where it has left more than the next one makes. */
static void recover_and_die(void)
{
	uint64_t frames;
	char name[128];
	FILE *file;
	int status;
	pid_t child = fork();

	if (!child)
		_exit(recover_file(path, copy, die, NULL, NULL, &frames));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	snprintf(name, sizeof(name), "%s.part", copy);
	ck_assert_int_eq(access(name, F_OK), 0);
	ck_assert_int_eq(truncate(name, 100 * BYTES * 2), 0);
	snprintf(name, sizeof(name), "%s.part.copy", copy);
	file = fopen(name, "w");
	fputs("half of it", file);
	fclose(file);
}

TEST(what_a_recovery_that_was_killed_has_left_is_made_anew)
{
	const struct writer_config config = fixture();

	kill_at_the_end(&config);
	recover_and_die();
	must_recover(path, 100);
	cleanup();
}

/* While the first one has made its part. */
static int recover_again(const char *name, void *data)
{
	const uint64_t sum = sum_of(name);

	must_refuse(path, copy, EBUSY);
	ck_assert(sum_of(name) == sum);
	*(int *)data = 1;
	return 0;
}

TEST(two_recoveries_are_not_in_each_others_way)
{
	const struct writer_config config = fixture();
	uint64_t frames;
	int again = 0;

	kill_at_the_end(&config);
	ck_assert_int_eq(recover_file(path, copy, recover_again, &again, NULL,
				      &frames), 0);
	ck_assert_int_eq(again, 1);
	check_recovered(100, 100);
	cleanup();
}

TEST(one_that_is_cancelled_ends_and_leaves_nothing)
{
	const struct writer_config config = fixture();
	uint64_t frames;

	kill_at_the_end(&config);
	not_inherited = open("/dev/null", O_RDONLY | O_CLOEXEC);
	answers_only = getpid();
	ck_assert_int_eq(recover_file(path, copy, NULL, NULL,
				      &shared->cancelled, &frames), -1);
	ck_assert_int_eq(errno, ECANCELED);
	/* And what asked had nothing of ours. */
	ck_assert_int_eq(shared->cancelled, 1);
	ck_assert_int_eq(shared->inherited, 0);
	close(not_inherited);
	cleanup();
}

TEST(one_whose_documents_cannot_be_made_leaves_nothing)
{
	const struct writer_config config = fixture();
	char name[128];

	kill_at_the_end(&config);
	/* That of the file is the first. */
	syncs_left = 1;
	must_refuse(path, copy, EIO);
	ck_assert_int_eq(syncs_left, -1);
	snprintf(name, sizeof(name), "%s.jsonl", copy);
	ck_assert_int_ne(access(name, F_OK), 0);
	ck_assert_int_ne(access(copy, F_OK), 0);
	cleanup();
}

/* As recovered.c would, by what readers look at. */
static int show_against(const char *name, void *axis)
{
	hid_t file = H5Fopen(name, H5F_ACC_RDWR, H5P_DEFAULT);
	hid_t group = H5Gopen2(file, "/entry/data", H5P_DEFAULT);
	const int ret = h5_attribute(group, "axes", axis);

	H5Gclose(group);
	H5Fclose(file);
	return ret;
}

/* Of the dataset @path; no document tells of one that was not named before. */
static int resources_told(const char *path)
{
	json_t *known = json_object(), *line, *doc;
	char name[128];
	int count = 0;
	FILE *file;

	snprintf(name, sizeof(name), "%s.jsonl", copy);
	file = fopen(name, "r");
	ck_assert_ptr_nonnull(file);
	while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL))) {
		const char *resource = NULL, *dataset = NULL, *uid = NULL;

		doc = json_object_get(line, "doc");
		json_unpack(doc, "{s:s, s?s, s?{s:s}}", "uid", &uid,
			    "stream_resource", &resource, "parameters",
			    "dataset", &dataset);
		if (dataset)
			json_object_set_new(known, uid, json_true());
		if (resource)
			ck_assert_ptr_nonnull(json_object_get(known,
							      resource));
		count += dataset && !strcmp(dataset, path);
		json_decref(line);
	}
	fclose(file);
	json_decref(known);
	return count;
}

TEST(documents_tell_once_of_positions_that_the_killed_writer_told_of_too)
{
	const struct writer_config config = fixture();
	uint64_t frames;

	kill_at_the_end(&config);
	must_recover(path, 100);
	ck_assert_int_eq(resources_told("/entry/data/data"), 1);
	empty_copy();
	ck_assert_int_eq(recover_file(path, copy, show_against, "turntable",
				      NULL, &frames), 0);
	ck_assert_int_eq(resources_told("/entry/data/turntable"), 1);
	empty_copy();
	ck_assert_int_eq(recover_file(path, copy, show_against,
				      "sensor_timestamp", NULL, &frames), 0);
	ck_assert_int_eq(resources_told("/entry/data/turntable"), 0);
	cleanup();
}

static void check_sums(struct writer *writer, struct writer_counts *counts)
{
	writer_counts(writer, counts);
	ck_assert_uint_eq(counts->offered, counts->dropped + counts->refused +
			  counts->taken);
}

TEST(a_slow_disk_makes_the_camera_wait_and_loses_nothing)
{
	struct writer_config config = fixture();
	struct writer_counts counts;
	struct writer *writer;

	config.compression = WRITER_DEFLATE;
	writer = writer_open(&config);
	slow_us = 500;
	for (uint64_t n = 0; n < 40; n++)
		ck_assert_int_eq(put(writer, n), 0);
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	check_sums(writer, &counts);
	ck_assert_uint_eq(counts.taken, 40);
	ck_assert_uint_eq(counts.packed, 40);
	ck_assert_uint_eq(counts.written, 40);
	ck_assert_uint_eq(counts.dropped, 0);
	ck_assert_uint_gt(counts.bytes, 0);
	ck_assert_uint_lt(counts.bytes, 40 * BYTES);
	ck_assert_int_eq(access(note, F_OK), 0);
	ck_assert_int_eq(writer_close(writer), 0);
	/* Nothing can be torn any more. */
	ck_assert_int_ne(access(note, F_OK), 0);
	cleanup();
}

TEST(drop_mode_counts_each_frame_that_it_drops)
{
	struct writer_config config = fixture();
	struct writer_counts counts;
	uint64_t dropped = 0;
	struct writer *writer;

	config.queue_frames = 2;
	config.drop = true;
	writer = writer_open(&config);
	slow_us = 500;
	for (uint64_t n = 0; n < 400; n++) {
		const int ret = put(writer, n);

		ck_assert_int_ge(ret, 0);
		dropped += ret;
	}
	ck_assert_int_eq(writer_finish_frames(writer), 0);
	check_sums(writer, &counts);
	ck_assert_uint_eq(counts.offered, 400);
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(counts.dropped, dropped);
	ck_assert_uint_eq(counts.written, 400 - dropped);
	ck_assert_int_eq(writer_close(writer), 0);
	cleanup();
}

/* Return: 0 when all of it was told as it should be. */
static int lose_the_disk(const struct writer_config *config)
{
	struct writer *writer = writer_open(config);
	uint64_t n = 0;

	while (n < 20)
		put(writer, n++);
	while (writer_written(writer) < 20)
		usleep(1000);
	writes_left = 30;
	while (n < 1000 && !put(writer, n))
		n++;
	if (n == 1000 || errno != EIO)
		return 1;
	return writer_close(writer) == -1 && errno == EIO ? 0 : 2;
}

TEST(a_disk_that_is_gone_ends_with_EIO_and_what_was_written_is_there)
{
	const struct writer_config config = fixture();
	pid_t child = fork();
	int status;

	/* HDF5 would open a file again that it has not closed. */
	if (!child)
		_exit(lose_the_disk(&config));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	must_recover(path, 20);
	cleanup();
}

/* Of a disk without room for the next claim that is large. */
static struct writer *crowded;

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	if (!crowded || length < 1 << 20)
		return syscall(SYS_fallocate, fd, mode, offset, length);
	/* The axis moves on meanwhile. */
	put_steps(crowded, 2000);
	errno = ENOSPC;
	return -1;
}

TEST(steps_that_found_no_room_are_not_followed_by_later_ones)
{
	static uint64_t times[100000];
	static int64_t positions[100000];
	const struct writer_trace many = { 100000, times, positions };
	const struct writer_config config = fixture();
	struct writer *writer = writer_open(&config);
	hid_t file;

	for (uint64_t n = 0; n < 10; n++)
		ck_assert_int_eq(put(writer, n), 0);
	while (writer_written(writer) < 10)
		usleep(1000);
	crowded = writer;
	ck_assert_int_eq(writer_put_steps(writer, &many), 0);
	ck_assert_int_eq(put(writer, 10), 0);
	ck_assert_int_eq(writer_finish_frames(writer), -1);
	ck_assert_int_eq(errno, ENOSPC);
	crowded = NULL;
	ck_assert_int_eq(writer_close(writer), -1);
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	ck_assert_uint_eq(read_column(file, "/entry/data/data", NULL),
			  11 * BYTES);
	ck_assert_uint_eq(read_column(file, LOG "time_ns", NULL), 10 * STEPS);
	H5Fclose(file);
	cleanup();
}

/* What is written to the file through the driver with the note. */
static void write_at(H5FD_t *file, H5FD_mem_t type, haddr_t at, char byte,
		     size_t size)
{
	char data[PAGE];

	memset(data, byte, size);
	ck_assert_int_ge(H5FDwrite(file, type, H5P_DEFAULT, at, size, data),
			 0);
}

static char byte_at(int fd, off_t at)
{
	char byte = 0;

	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	return byte;
}

TEST(a_note_is_of_the_last_write_to_its_place)
{
	static const H5FD_mem_t types[] = { H5FD_MEM_OHDR, H5FD_MEM_DRAW };
	hid_t access;
	H5FD_t *file;
	int torn, fd;

	fixture();
	access = H5Pcreate(H5P_FILE_ACCESS);
	torn = disk_note_open(path);
	ck_assert_int_eq(disk_access(access, torn), 0);
	file = H5FDopen(path, H5F_ACC_RDWR | H5F_ACC_CREAT, access,
			HADDR_UNDEF);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(H5FDset_eoa(file, H5FD_MEM_OHDR, 4 * PAGE), 0);
	fd = open(path, O_RDWR);
	for (size_t n = 0; n < sizeof(types) / sizeof(*types); n++) {
		/* Beside it: the note stays, and mends what is torn. */
		write_at(file, H5FD_MEM_OHDR, PAGE - 96, 'a', 200);
		write_at(file, types[n], PAGE - 196, 'b', 100);
		write_at(file, types[n], PAGE + 104, 'b', 100);
		ck_assert(!disk_is_torn(path, fd));
		ck_assert_int_eq(pwrite(fd, "x", 1, PAGE), 1);
		ck_assert(disk_is_torn(path, fd));
		ck_assert_int_eq(disk_mend(path, fd), 0);
		ck_assert_int_eq(byte_at(fd, PAGE), 'a');
		/* Within it: the note is of something older. */
		write_at(file, types[n], PAGE + 103, 'c', 100);
		ck_assert(!disk_is_torn(path, fd));
		ck_assert_int_eq(disk_mend(path, fd), 0);
		ck_assert_int_eq(byte_at(fd, PAGE + 103), 'c');
	}
	close(fd);
	ck_assert_int_ge(H5FDclose(file), 0);
	close(torn);
	H5Pclose(access);
	cleanup();
}

static void put_note(uint64_t at, const void *block, uint32_t size)
{
	const struct {
		uint32_t magic;
		uint32_t size;
		uint64_t address;
		uint64_t check;
	} head = { 0x6e726f74, size, at, libdeflate_crc32(0, block, size) };
	FILE *file = fopen(note, "w");

	ck_assert_uint_eq(fwrite(&head, sizeof(head), 1, file), 1);
	ck_assert_uint_eq(fwrite(block, size, 1, file), 1);
	fclose(file);
}

/* After a power cut: what it notes stands before all that it belongs to. */
TEST(a_note_that_does_not_fit_the_file_loses_no_frame)
{
	const struct writer_config config = fixture();
	static const uint8_t zeros[96];

	write_and_kill(&config, &shared->written, 20);
	put_note(0, zeros, sizeof(zeros));
	must_recover(path, 20);
	cleanup();
}

/* HDF5 has no check of its own for texts: of some of these it crashes. */
TEST(a_note_that_hdf5_crashes_over_loses_no_frame)
{
	const struct writer_config config = fixture();
	uint8_t block[400];

	write_and_kill(&config, &shared->written, 20);
	for (uint64_t at = 2000; at < 4000; at += 400) {
		for (size_t k = 0; k < sizeof(block); k++)
			block[k] = next_random(256);
		put_note(at, block, sizeof(block));
		must_recover(path, 20);
		empty_copy();
	}
	cleanup();
}
