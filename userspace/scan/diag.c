// SPDX-License-Identifier: GPL-2.0-or-later
/* Camera and writer on their own. One thread, and the writer's. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "diag.h"
#include "scan.h"

#define TICK_MS 20
#define DRAIN_S 10.0
#define QUEUE_FRAMES 16

/* Frames for each of the two exposures; the first ones have the older one. */
#define TIMING_FRAMES 20
#define TIMING_SKIP 5

/**
 * struct diag - while it runs
 * @restore: what it changes, and its journal
 * @settings: as configured
 * @last: of the frame before
 * @first_ns: when the first frame came
 * @last_ns: when the last one did
 */
struct diag {
	const struct diag_request *request;
	struct diag_report *report;
	const volatile int *cancel;
	struct restore *restore;
	struct camera *camera;
	struct camera_settings settings;
	struct camera_capabilities can;
	struct writer *writer;
	struct camera_frame last;
	uint64_t first_ns;
	uint64_t last_ns;
};

static double now_s(void)
{
	return scan_now() / 1e9;
}

__attribute__((format(printf, 3, 4)))
static int refuse(struct diag *diag, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(diag->report->error, FLYSCAN_ERROR_LEN, format, args);
	va_end(args);
	errno = error ? error : EIO;
	return -1;
}

static int configure(struct diag *diag, double exposure_s)
{
	const struct diag_request *request = diag->request;

	diag->settings = (struct camera_settings){
		.width = request->width,
		.height = request->height,
		.period_ns = llrint(request->period_s * 1e9),
		.exposure_ns = llrint(exposure_s * 1e9),
	};
	if (request->camera->configure(diag->camera, &diag->settings))
		return refuse(diag, errno,
			      "wanted the camera %.80s to take frames of this size and period, found that it cannot (%s); choose others",
			      request->camera->id(diag->camera),
			      strerror(errno));
	request->camera->capabilities(diag->camera, &diag->can);
	if (!camera_streams(&diag->settings, &diag->can))
		return refuse(diag, EINVAL,
			      "wanted a film in grey or in red, green and blue, found that the camera %.80s takes single photos or another format; choose another camera",
			      request->camera->id(diag->camera));
	diag->report->width = diag->settings.width;
	diag->report->height = diag->settings.height;
	return 0;
}

static int open_camera(struct diag *diag)
{
	const struct diag_request *request = diag->request;

	diag->camera = request->camera->open(request->camera_id);
	if (!diag->camera)
		return refuse(diag, errno,
			      "wanted the camera %.80s, found: %s; \"oscanctl doctor\" names those that are there",
			      request->camera_id ? request->camera_id :
						   "that is there first",
			      strerror(errno));
	if (restore_note_camera(diag->restore))
		return refuse(diag, errno,
			      "wanted to write into the journal %.300s, found: %s; free some space there",
			      restore_path(diag->restore), strerror(errno));
	return configure(diag, request->exposure_s);
}

static size_t frame_bytes(const struct diag *diag)
{
	return (size_t)diag->settings.width * diag->settings.height *
	       camera_bytes_per_pixel(diag->settings.format);
}

/* The layout wants an axis; here is none that moves. */
static struct writer *open_writer(void *data, const char *path)
{
	struct diag *diag = data;
	const struct camera_ops *ops = diag->request->camera;
	struct writer_config config = {
		.path = path,
		.width = diag->settings.width,
		.height = diag->settings.height,
		.bytes_per_pixel =
			camera_bytes_per_pixel(diag->settings.format),
		.queue_frames = QUEUE_FRAMES,
		.axis_name = "no_axis",
		.axis_unit = "mm",
		.steps_per_unit = 1,
		.camera_id = ops->id(diag->camera),
		.camera_model = ops->model(diag->camera),
		.time_mark = "unknown",
		.title = "camera and writer without a scan",
		.program = "oscanctl " OSCAN_VERSION,
	};

	return writer_open(&config);
}

static int open_file(struct diag *diag)
{
	const struct diag_request *request = diag->request;
	double bytes = (double)diag->report->capacity * frame_bytes(diag);
	char why[FLYSCAN_ERROR_LEN];

	if (!request->directory)
		return 0;
	if (scan_check_place(request->directory, bytes, why))
		return refuse(diag, errno, "%s", why);
	diag->writer = scan_new_file(request->directory, request->name,
				     open_writer, diag, diag->report->path);
	if (diag->writer)
		return 0;
	refuse(diag, errno,
	       "wanted to create %.300s, found: %s; choose another folder",
	       diag->report->path, strerror(errno));
	*diag->report->path = '\0';
	return -1;
}

static int put(struct diag *diag, const struct camera_frame *frame)
{
	struct writer_frame stored = {
		.time_ns = frame->time_ns,
		.sequence = frame->sequence,
		.status = frame->status,
		.exposure_ns = frame->exposure_ns,
		.gain = frame->gain,
		.frame_duration_ns = frame->frame_duration_ns,
	};

	if (!diag->writer)
		return 0;
	if (frame->size != frame_bytes(diag))
		return refuse(diag, EPROTO,
			      "wanted frames of %zu bytes, found one of %zu; use another size or camera",
			      frame_bytes(diag), frame->size);
	if (writer_put(diag->writer, frame->data, &stored))
		return refuse(diag, errno,
			      "wanted to write to %.300s, found: %s; choose another folder",
			      diag->report->path, strerror(errno));
	diag->report->taken++;
	return 0;
}

static void count(struct diag *diag, const struct camera_frame *frame)
{
	struct diag_report *report = diag->report;

	diag->last_ns = scan_now();
	if (!report->delivered)
		diag->first_ns = diag->last_ns;
	else if (diag->can.counts_gaps)
		report->sensor_gaps +=
			(uint32_t)(frame->sequence - diag->last.sequence - 1);
	if (frame->status == CAMERA_FRAME_BAD)
		report->camera_bad++;
	report->delivered++;
	diag->last = *frame;
}

/* Return: 1 a frame came, 0 none yet, -1 */
static int take(struct diag *diag)
{
	const struct camera_ops *ops = diag->request->camera;
	struct camera_frame frame;
	int result;

	if (ops->next(diag->camera, &frame, TICK_MS)) {
		if (errno == ETIMEDOUT || errno == EINTR)
			return 0;
		return refuse(diag, errno,
			      "wanted frames from the camera, found that it has stopped to deliver (%s); see its cable and power and the kernel's log",
			      strerror(errno));
	}
	count(diag, &frame);
	result = put(diag, &frame);
	ops->release(diag->camera, &frame);
	return result ? -1 : 1;
}

/* Until a frame comes; the camera may take its time for the first. */
static int take_one(struct diag *diag)
{
	double silence = scan_first_frame_timeout_s(diag->request->period_s);
	double begin = now_s();
	int taken;

	while (!(taken = take(diag))) {
		if (diag->cancel && *diag->cancel)
			return refuse(diag, ECANCELED,
				      "it was ended early, as asked for");
		if (now_s() - begin > silence)
			return refuse(diag, ETIMEDOUT,
				      "wanted a frame from the camera, found none for %.3g s; see its cable and power and the kernel's log",
				      silence);
	}
	return taken < 0 ? -1 : 0;
}

static int start(struct diag *diag)
{
	if (diag->request->camera->start(diag->camera))
		return refuse(diag, errno,
			      "wanted to start the camera, found: %s; see that no other program uses it and that it is plugged in",
			      strerror(errno));
	return 0;
}

static void stop(struct diag *diag)
{
	diag->report->camera_dropped +=
		diag->request->camera->dropped(diag->camera);
	diag->request->camera->stop(diag->camera);
}

static int capture(struct diag *diag)
{
	struct diag_report *report = diag->report;
	uint64_t first_time_ns = 0;
	uint32_t first = 0;
	int result = 0;

	if (start(diag))
		return -1;
	while (!result && report->delivered < report->capacity &&
	       (report->delivered < 2 ||
		(diag->last_ns - diag->first_ns) / 1e9 <
		diag->request->duration_s)) {
		result = take_one(diag);
		if (report->delivered == 1) {
			first_time_ns = diag->last.time_ns;
			first = diag->last.sequence;
		}
	}
	stop(diag);
	report->seconds = (diag->last_ns - diag->first_ns) / 1e9;
	if (report->seconds > 0) {
		report->frames_per_s = (report->delivered - 1) /
				       report->seconds;
		report->bytes_per_s = report->frames_per_s *
				      frame_bytes(diag);
	}
	if (diag->last.sequence != first)
		report->period_s = (diag->last.time_ns - first_time_ns) / 1e9 /
				   (uint32_t)(diag->last.sequence - first);
	return result;
}

static void drain(struct diag *diag)
{
	struct timespec tick = { .tv_nsec = TICK_MS * 1000000l };
	struct diag_report *report = diag->report;
	double begin = now_s();

	if (!diag->writer)
		return;
	while (writer_written(diag->writer) < report->taken &&
	       !writer_error(diag->writer) && now_s() - begin < DRAIN_S)
		nanosleep(&tick, NULL);
	report->drain_s = now_s() - begin;
	report->drained = writer_written(diag->writer) >= report->taken;
	if (writer_finish_frames(diag->writer) && !*report->error)
		refuse(diag, errno,
		       "wanted to write to %.300s, found: %s; choose another folder",
		       report->path, strerror(errno));
	report->written = writer_written(diag->writer);
	if (writer_close(diag->writer) && !*report->error)
		refuse(diag, errno, "wanted to finish %.300s, found: %s",
		       report->path, strerror(errno));
}

/* Seconds from the frames' times to their coming. */
static int gather(struct diag *diag, double exposure_s, double *delays,
		  double *longest)
{
	uint64_t before = 0;
	int result;

	if (configure(diag, exposure_s) || start(diag))
		return -1;
	for (int i = -TIMING_SKIP; i < TIMING_FRAMES; i++) {
		result = take_one(diag);
		if (result)
			break;
		if (i > -TIMING_SKIP)
			*longest = fmax(*longest,
					(diag->last_ns - before) / 1e9);
		before = diag->last_ns;
		if (i >= 0)
			delays[i] = (double)(int64_t)(diag->last_ns -
						      diag->last.time_ns) /
				    1e9;
	}
	stop(diag);
	return result;
}

static int timing(struct diag *diag)
{
	double quarter[TIMING_FRAMES], whole[TIMING_FRAMES], longest = 0;
	const struct diag_request *request = diag->request;
	double exposure = request->exposure_s;

	if (!diag->can.sets_exposure) {
		snprintf(diag->report->timing.why,
			 sizeof(diag->report->timing.why),
			 "the camera does not obey an exposure, so that its times cannot be told apart");
		return 0;
	}
	if (gather(diag, exposure / 4, quarter, &longest) ||
	    gather(diag, exposure, whole, &longest))
		return -1;
	diag_judge(quarter, whole, TIMING_FRAMES, longest, request->period_s,
		   exposure, diag->can.readout_ns / 1e9,
		   &diag->report->timing);
	return 0;
}

int diag_run(const struct diag_request *request, const volatile int *cancel,
	     struct diag_report *report)
{
	struct diag_request with = *request;
	struct diag diag = {
		.request = &with,
		.report = report,
		.cancel = cancel,
	};
	char why[RESTORE_TEXT_LEN];
	int result, error;
	uint32_t restored;

	memset(report, 0, sizeof(*report));
	if (!with.exposure_s)
		with.exposure_s = with.period_s;
	report->capacity = (int)(with.duration_s / with.period_s * 1.5) + 20;
	diag.restore = restore_open(with.state, &restored, why);
	result = diag.restore ? open_camera(&diag) :
		 refuse(&diag, errno, "%s", why);
	if (!result && with.timing) {
		result = timing(&diag);
	} else if (!result) {
		result = open_file(&diag) || capture(&diag) ? -1 : 0;
		drain(&diag);
	}
	error = errno;
	if (diag.camera)
		with.camera->close(diag.camera);
	if (restore_close(diag.restore, &restored, why) && !*report->error)
		snprintf(report->error, sizeof(report->error), "%s", why);
	errno = error;
	return result || *report->error ? -1 : 0;
}
