// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: libscan.a pkg:libcamera */
/*
 * What test-camera.sh holds against camera.h, one word each. Prints one
 * sentence and exits with 1 when it does not hold.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "camera.h"

static const struct camera_ops *const ops = &camera_libcamera;

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

#define MUST(condition, ...)						\
	do {								\
		if (!(condition))					\
			die(__VA_ARGS__);				\
	} while (0)

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static void count_camera(const char *id, const char *model, void *data)
{
	int *count = data;

	MUST(*id && *model, "a camera without id or model is listed");
	(*count)++;
}

static void print_camera(const char *id, const char *model, void *data)
{
	printf("%s (%s)\n", id, model);
}

static void list(const char *expected)
{
	int count = 0;

	const int told = ops->list(count_camera, &count);

	MUST(told == count && count == atoi(expected),
	     "%s cameras wanted, list returned %d and told %d", expected, told,
	     count);
	ops->list(print_camera, NULL);
}

static void refuse(const char *id, int error)
{
	struct camera *camera;

	errno = 0;
	camera = ops->open(id);
	MUST(!camera && errno == error, "opening \"%s\" gave %s with %s, not %s",
	     id, camera ? "a camera" : "NULL", strerror(errno),
	     strerror(error));
}

static struct camera *open_first(struct camera_settings *settings)
{
	struct camera *camera = ops->open(NULL);

	MUST(camera, "the first camera cannot be opened: %s", strerror(errno));
	MUST(!ops->configure(camera, settings), "configure: %s",
	     strerror(errno));
	MUST(settings->width && settings->height && settings->format,
	     "configure leaves size %ux%u, format %u", settings->width,
	     settings->height, settings->format);
	return camera;
}

/* Short timeouts in a row, as a scan waits. */
static void next(struct camera *camera, struct camera_frame *frame)
{
	const uint64_t deadline = now_ns() + UINT64_C(10000000000);

	while (ops->next(camera, frame, 100)) {
		MUST(errno == ETIMEDOUT, "next: %s", strerror(errno));
		MUST(now_ns() < deadline, "no frame within 10 s");
	}
}

static void check_frame(const struct camera_frame *frame,
			const struct camera_settings *settings)
{
	const size_t size = (size_t)settings->width * settings->height *
			    camera_bytes_per_pixel(settings->format);
	const uint64_t now = now_ns();
	const uint8_t *data = frame->data;
	size_t different = 0;

	MUST(frame->size == size, "size %zu, not %zu", frame->size, size);
	MUST(frame->status == CAMERA_FRAME_GOOD, "frame %u is bad",
	     frame->sequence);
	MUST(frame->time_ns <= now && now - frame->time_ns < 5000000000u,
	     "frame of %llu, now it is %llu",
	     (unsigned long long)frame->time_ns, (unsigned long long)now);
	for (size_t n = 1; n < size; n++)
		different += data[n] != data[0];
	MUST(different > size / 4, "the image is all the same");
}

static void take(struct camera *camera, struct camera_settings *settings,
		 unsigned int count)
{
	uint64_t first_ns = 0, last_ns = 0;
	struct camera_frame frame;
	uint32_t sequence = 0;

	for (unsigned int n = 0; n < count; n++) {
		next(camera, &frame);
		check_frame(&frame, settings);
		MUST(!n || frame.sequence > sequence,
		     "sequence %u after %u", frame.sequence, sequence);
		MUST(!n || frame.time_ns > last_ns, "time does not rise");
		if (!n)
			first_ns = frame.time_ns;
		last_ns = frame.time_ns;
		sequence = frame.sequence;
		ops->release(camera, &frame);
	}
	if (count > 1)
		printf("%u frames of %ux%u, %.2f ms apart, last sequence %u\n",
		       count, settings->width, settings->height,
		       (last_ns - first_ns) / 1e6 / (count - 1), sequence);
}

static void start(struct camera *camera)
{
	MUST(!ops->start(camera), "start: %s", strerror(errno));
}

static void frames(const char *count)
{
	struct camera_settings settings = { .width = 640, .height = 480 };
	struct camera *camera = open_first(&settings);
	struct camera_capabilities can;

	ops->capabilities(camera, &can);
	printf("%s, %s: mark %u, sets period %d, exposure %d, gain %d\n",
	       ops->id(camera), ops->model(camera), can.mark,
	       can.sets_period, can.sets_exposure, can.sets_gain);
	MUST(can.mark == CAMERA_MARK_UNKNOWN, "vimc's mark is %u", can.mark);
	MUST(!can.sets_period && !settings.period_ns,
	     "vimc is said to take a period");
	start(camera);
	take(camera, &settings, atoi(count));
	MUST(!ops->dropped(camera), "%llu frames dropped",
	     (unsigned long long)ops->dropped(camera));
	ops->stop(camera);
	ops->close(camera);
}

static void again(void)
{
	struct camera_settings settings = { .width = 320, .height = 240 };
	struct camera *camera = open_first(&settings);

	for (int n = 0; n < 3; n++) {
		start(camera);
		take(camera, &settings, 10);
		ops->stop(camera);
	}
	ops->close(camera);
	for (int n = 0; n < 3; n++) {
		camera = open_first(&settings);
		start(camera);
		take(camera, &settings, 5);
		ops->close(camera);
	}
}

/* The eight bars of the test picture: only colours that are pure are judged. */
static void colours(void)
{
	static const struct {
		unsigned int bar;
		bool red, green, blue;
	} bars[] = {
		{ 0, true, true, true }, { 1, true, true, false },
		{ 2, false, true, true }, { 3, false, true, false },
		{ 4, true, false, true }, { 5, true, false, false },
		{ 6, false, false, true }, { 7, false, false, false },
	};
	struct camera_settings settings = { .width = 640, .height = 480,
					    .format = CAMERA_FORMAT_RGB8 };
	struct camera *camera = open_first(&settings);
	struct camera_frame frame;

	start(camera);
	next(camera, &frame);
	for (size_t n = 0; n < sizeof(bars) / sizeof(*bars); n++) {
		const size_t x = (2 * bars[n].bar + 1) * settings.width / 16;
		const size_t y = settings.height / 2;
		const uint8_t *p = (const uint8_t *)frame.data +
				   (y * settings.width + x) * 3;

		MUST((p[0] > 90) == bars[n].red && (p[1] > 90) == bars[n].green
		     && (p[2] > 90) == bars[n].blue,
		     "bar %zu is red %u, green %u, blue %u", n, p[0], p[1],
		     p[2]);
	}
	ops->release(camera, &frame);
	ops->close(camera);
}

static void grey(void)
{
	struct camera_settings settings = { .width = 320, .height = 240,
					    .format = CAMERA_FORMAT_GREY8 };
	struct camera *camera = open_first(&settings);

	MUST(settings.format == CAMERA_FORMAT_GREY8, "format became %u",
	     settings.format);
	start(camera);
	take(camera, &settings, 5);
	ops->close(camera);
}

/* Two frames may be held at once; a frame keeps its pixels until released. */
static void held(void)
{
	struct camera_settings settings = { .width = 320, .height = 240 };
	struct camera *camera = open_first(&settings);
	struct camera_frame first, second, late;

	start(camera);
	next(camera, &first);
	next(camera, &second);
	MUST(first.data != second.data, "two frames share their pixels");
	ops->release(camera, &first);
	ops->stop(camera);
	MUST(ops->next(camera, &late, 0) && errno == EIO,
	     "a frame came after stop");
	ops->release(camera, &second);
	start(camera);
	take(camera, &settings, 10);
	next(camera, &first);
	ops->close(camera);
}

/* vimc has a lens in the kernel, but libcamera shows none of it. */
static void check_controls(struct camera *camera)
{
	struct camera_settings raw = { .format = CAMERA_FORMAT_BAYER16 };
	struct camera_settings settings = { 0 };
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera_capabilities can;

	ops->capabilities(camera, &can);
	MUST(!can.sets_lens && !can.has_autofocus && !can.sets_white_balance &&
	     !can.on_demand && !can.bayer,
	     "it says that it can what it cannot");
	MUST(!ops->control(camera, &controls), "no control: %s",
	     strerror(errno));
	controls.exposure_ns = 1000000;
	MUST(ops->control(camera, &controls) && errno == EOPNOTSUPP,
	     "an exposure: %s", strerror(errno));
	controls = CAMERA_CONTROLS_LEAVE;
	controls.lens_dpt = 2;
	MUST(ops->control(camera, &controls) && errno == EOPNOTSUPP,
	     "a lens position: %s", strerror(errno));
	MUST(ops->configure(camera, &raw) && errno == EINVAL,
	     "raw images: %s", strerror(errno));
	MUST(ops->control(camera, &controls) && errno == EINVAL,
	     "controls without a configuration: %s", strerror(errno));
	MUST(!ops->configure(camera, &settings), "configure: %s",
	     strerror(errno));
}

static void order(void)
{
	struct camera_settings settings = { .format = 77 };
	struct camera *camera = ops->open("");
	struct camera_frame frame;

	MUST(camera, "open: %s", strerror(errno));
	MUST(ops->start(camera) && errno == EINVAL,
	     "start before configure: %s", strerror(errno));
	MUST(ops->configure(camera, &settings) && errno == EINVAL,
	     "an unknown format was accepted");
	settings.format = 0;
	MUST(!ops->configure(camera, &settings), "configure: %s",
	     strerror(errno));
	check_controls(camera);
	MUST(ops->next(camera, &frame, 0) && errno == EIO,
	     "a frame before start");
	start(camera);
	MUST(ops->start(camera) && errno == EBUSY, "started twice: %s",
	     strerror(errno));
	MUST(ops->configure(camera, &settings) && errno == EBUSY,
	     "configured while started: %s", strerror(errno));
	take(camera, &settings, 3);
	ops->close(camera);
	ops->close(NULL);
}

/* Holds the camera until it is killed; says so with a file. */
static void hold(const char *path)
{
	struct camera_settings settings = { .width = 320, .height = 240 };
	struct camera *camera = open_first(&settings);
	FILE *file;

	start(camera);
	file = fopen(path, "w");
	MUST(file && !fclose(file), "%s: %s", path, strerror(errno));
	pause();
	ops->close(camera);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *with = argc > 2 ? argv[2] : "";

	if (!strcmp(what, "list"))
		list(with);
	else if (!strcmp(what, "absent"))
		refuse(with, ENODEV);
	else if (!strcmp(what, "busy"))
		refuse(with, EBUSY);
	else if (!strcmp(what, "frames"))
		frames(with);
	else if (!strcmp(what, "again"))
		again();
	else if (!strcmp(what, "colours"))
		colours();
	else if (!strcmp(what, "grey"))
		grey();
	else if (!strcmp(what, "held"))
		held();
	else if (!strcmp(what, "order"))
		order();
	else if (!strcmp(what, "hold"))
		hold(with);
	else
		die("no check is named \"%s\"", what);
	return 0;
}
