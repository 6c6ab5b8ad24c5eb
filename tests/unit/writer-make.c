// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/writer/writer.c userspace/writer/nexus.c
 *	userspace/writer/layout.c userspace/writer/h5.c
 *	userspace/writer/compress.c userspace/writer/disk.c
 *	userspace/writer/documents.c userspace/writer/durable.c
 *	userspace/writer/packers.c userspace/writer/queue.c
 *	userspace/writer/space.c userspace/writer/steplog.c
 *	userspace/writer/steps.c userspace/writer/syncer.c
 *	userspace/writer/utc.c userspace/writer/uuid.c userspace/writer/views.c
 *	-lhdf5_serial -ljansson -llz4 -ldeflate -lm -pthread
 */

/*
 * Writes scan files for test_writer_readers.sh and test_writer_crash.sh.
 *
 *   writer-make FILE FRAMES WIDTH HEIGHT BYTES_PER_PIXEL
 *		[whole|last|endless [COMPRESSION]]
 *
 * Byte k of frame i is (7 i + 31 k + k / 256) mod 256; the frame's time is
 * begin + 33333333 i, its sequence number 3 i. Step i is made at begin +
 * 1000003 i, to i - 500; before each frame ten are put. "last" ends without a word
 * after the frames. "endless", 2 ms a frame, writes FRAMES, says so, and goes
 * on until it is killed. Prints "written N", and "NAME: error ERRNO" for each
 * function that failed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "writer.h"

#define STEPS 1000
#define STEPS_PER_FRAME 10

static uint8_t *pixels;
static size_t pixel_bytes;
static bool endless;
static const uint64_t begin_ns = UINT64_C(1000000000000);

static void told(const char *what, int ret)
{
	if (ret)
		printf("%s: error %s\n", what, strerrorname_np(errno));
}

static void draw(uint64_t frame)
{
	for (size_t k = 0; k < pixel_bytes; k++)
		pixels[k] = (uint8_t)(7 * frame + 31 * k + k / 256);
}

static uint64_t step_ns(uint64_t n)
{
	return begin_ns + n * 1000003;
}

/* Those before a frame are there if the frame is. */
static void put_steps(struct writer *writer, uint64_t frame)
{
	const uint64_t first = frame * STEPS_PER_FRAME;
	uint64_t times[STEPS_PER_FRAME];
	int64_t positions[STEPS_PER_FRAME];
	const struct writer_trace steps = {
		STEPS_PER_FRAME, times, positions
	};

	for (uint64_t n = 0; n < STEPS_PER_FRAME; n++) {
		times[n] = step_ns(first + n);
		positions[n] = (int64_t)(first + n) - 500;
	}
	if (!endless && first + STEPS_PER_FRAME > STEPS)
		return;
	told("steps", writer_put_steps(writer, &steps));
}

static void put_course(struct writer *writer)
{
	told("course", writer_put_course(writer, WRITER_COURSE_REST, begin_ns,
					 -501));
	told("course", writer_put_course(writer, WRITER_COURSE_LAUNCH,
					 begin_ns, 499));
	told("course", writer_put_course(writer, WRITER_COURSE_KNOWN,
					 begin_ns + 7, -500));
}

static int put(struct writer *writer, uint64_t n)
{
	const struct writer_frame frame = {
		.time_ns = begin_ns + n * 33333333,
		.sequence = 3 * n,
		.status = 1 + n % 2,
		.exposure_ns = n ? 1000 * n : 0,
		.gain = n ? 1 + n / 8.0 : 0,
		.frame_duration_ns = n ? 33333000 : 0,
	};

	put_steps(writer, n);
	draw(n);
	return writer_put(writer, pixels, &frame);
}

static void write_endless(struct writer *writer, uint64_t frames)
{
	const struct timespec period = { .tv_nsec = 2000000 };
	bool said = false;

	for (uint64_t n = 0; !put(writer, n); n++) {
		nanosleep(&period, NULL);
		if (said || writer_written(writer) < frames)
			continue;
		printf("written %llu\n",
		       (unsigned long long)writer_written(writer));
		fflush(stdout);
		said = true;
	}
}

static void add_pairing(struct writer *writer, size_t frames)
{
	double *values = calloc(5 * frames + 1, sizeof(*values));
	uint64_t *times = calloc(frames + 1, sizeof(*times));
	uint8_t *in_scan = calloc(frames + 1, 1);
	const struct writer_pairing pairing = {
		.frames = frames,
		.position = values,
		.position_start = values + frames,
		.position_end = values + 2 * frames,
		.sigma = values + 3 * frames,
		.speed = values + 4 * frames,
		.in_scan = in_scan,
	};

	for (size_t n = 0; n < frames; n++) {
		times[n] = begin_ns + n * 33333333;
		values[n] = n ? 0.5 * n : NAN;
		values[frames + n] = 0.5 * n - 0.125;
		values[2 * frames + n] = 0.5 * n + 0.125;
		values[3 * frames + n] = 0.01;
		values[4 * frames + n] = 15;
		in_scan[n] = n % 2;
	}
	told("pairing", writer_add_pairing(writer, &pairing));
	told("array", writer_add_array(writer, "pairing/time_ns", times,
				       frames, "ns"));
	for (size_t n = 0; n < frames; n++)
		times[n] = in_scan[n];
	told("array", writer_add_array(writer, "pairing/pass", times, frames,
				       NULL));
	free(times);
	free(values);
	free(in_scan);
}

static void add_trace(struct writer *writer)
{
	uint64_t times[STEPS];
	int64_t positions[STEPS];
	const struct writer_trace trace = { STEPS, times, positions };

	for (int n = 0; n < STEPS; n++) {
		times[n] = step_ns(n);
		positions[n] = n - 500;
	}
	told("trace", writer_add_trace(writer, &trace));
}

static void add_rest(struct writer *writer)
{
	const uint64_t bins[] = { 5, 0, UINT64_C(1) << 63 };

	told("number", writer_add_number(writer, "p_start", -1.5, "deg"));
	told("number", writer_add_number(writer, "ledger/written", 3, NULL));
	told("number", writer_add_number(writer, "unread", NAN, NULL));
	told("number", writer_add_number(writer, "p_end", 8.5, "deg"));
	told("number", writer_add_number(writer, "num_frames", 21, NULL));
	told("number", writer_add_number(writer, "motor/steps_per_unit", 8,
					 NULL));
	told("text", writer_add_text(writer, "flymotor_name", "turntable"));
	told("text", writer_add_text(writer, "motor_egu", "deg"));
	told("array", writer_add_array(writer, "clocks/launch", &begin_ns, 1,
				       "ns"));
	told("text", writer_add_text(writer, "ledger/note", "gr\u00fc\u00dfe"));
	told("array", writer_add_array(writer, "late_bins", bins, 3, "ns"));
}

int main(int argc, char **argv)
{
	struct writer_config config = {
		.path = argv[1],
		.queue_frames = 4,
		.axis_name = "turntable",
		.axis_unit = "deg",
		.rotation = true,
		.steps_per_unit = 8,
		.velocity = 15,
		.accel_s = 0.25,
		.has_limits = true,
		.limit_min = -180,
		.limit_max = 180,
		.camera_id = "platform/test.0",
		.camera_model = "a camera",
		.time_mark = "exposure_start",
		.triggered = true,
		.trigger_delay_ns = 12500,
		.title = "a title",
		.program = "writer-make 1",
		.readout_ns = 20000000,
		.metadata = "{\"plan_name\": \"flyscan\", \"p_start\": -1.5, "
			    "\"a/b\": {\"c.d\": [{\"e.f\": null}]}, "
			    "\"uid\": \"not mine\"}",
	};
	const char *how = argc > 6 ? argv[6] : "";
	struct writer *writer;
	uint64_t frames;

	if (argc < 6)
		return 2;
	frames = strtoull(argv[2], NULL, 10);
	config.width = atoi(argv[3]);
	config.height = atoi(argv[4]);
	config.bytes_per_pixel = atoi(argv[5]);
	pixel_bytes = (size_t)config.width * config.height *
		      config.bytes_per_pixel;
	pixels = malloc(pixel_bytes);
	if (argc > 7)
		config.compression = writer_compression(argv[7]);
	endless = !strcmp(how, "endless");
	writer = writer_open(&config);
	told("open", writer ? 0 : -1);
	if (!writer)
		return 1;
	put_course(writer);
	if (endless) {
		write_endless(writer, frames);
		return 1;
	}
	for (uint64_t n = 0; n < frames; n++) {
		if (put(writer, n)) {
			told("put", -1);
			break;
		}
	}
	told("finish", writer_finish_frames(writer));
	printf("written %llu\n", (unsigned long long)writer_written(writer));
	if (strcmp(how, "last")) {
		add_pairing(writer, writer_written(writer));
		add_trace(writer);
		add_rest(writer);
	}
	told("close", writer_close(writer));
	free(pixels);
	return 0;
}
