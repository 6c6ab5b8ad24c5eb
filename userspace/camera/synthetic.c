// SPDX-License-Identifier: GPL-2.0-or-later
#include "synthetic-camera.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "defocus.h"

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull

#define WIDTH 640
#define HEIGHT 480
#define PERIOD_NS (NS_PER_S / 10)
#define PERIOD_LEAST_NS NS_PER_MS
/* Of a photo on demand. */
#define EXPOSURE_NS (10 * NS_PER_MS)

/* Pause before a pose that is not known yet is asked for again. */
#define PAUSE_NS (5 * NS_PER_MS)
/* A pose not known so long after the frame never will be. */
#define PATIENCE_NS (5 * NS_PER_S)

uint64_t synthetic_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Return: 0, or -1 with EINTR */
static int sleep_until(uint64_t time_ns)
{
	struct timespec until = {
		.tv_sec = time_ns / NS_PER_S,
		.tv_nsec = time_ns % NS_PER_S,
	};

	errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	return errno ? -1 : 0;
}

static int synthetic_list(void (*each)(const char *id, const char *model,
				       void *data), void *data)
{
	each("synthetic", "turntable and column, drawn", data);
	return 1;
}

static void synthetic_stop(struct camera *camera)
{
	camera->started = false;
	memset(camera->held, 0, sizeof(camera->held));
}

static void free_frames(struct camera *camera)
{
	for (int i = 0; i < SYNTHETIC_BUFFERS; i++) {
		free(camera->buffers[i]);
		camera->buffers[i] = NULL;
	}
	free(camera->colours);
	camera->colours = NULL;
	scene_free(camera->scene);
	camera->scene = NULL;
	camera->settings.width = 0;
}

static void synthetic_close(struct camera *camera)
{
	int error = errno;

	if (!camera)
		return;
	free_frames(camera);
	synthetic_trigger_close(camera->trigger);
	if (camera->source.close)
		camera->source.close(camera->source.data);
	free(camera->id);
	free(camera);
	errno = error;
}

static int open_trigger(struct camera *camera)
{
	const struct synthetic_options *options = &camera->options;
	const char *device = *options->device ? options->device : NULL;

	if (!*options->line)
		return 0;
	camera->trigger = synthetic_trigger_open(device, options->line,
						 options->strobe);
	return camera->trigger ? 0 : -1;
}

struct camera *synthetic_open_with(const char *id,
				   const struct pose_source *source)
{
	struct camera *camera = calloc(1, sizeof(*camera));

	if (!camera) {
		if (source->close)
			source->close(source->data);
		return NULL;
	}
	camera->source = *source;
	camera->id = strdup(id && *id ? id : "synthetic");
	if (!camera->id || synthetic_parse(id, &camera->options) ||
	    open_trigger(camera)) {
		synthetic_close(camera);
		return NULL;
	}
	return camera;
}

static struct camera *synthetic_open(const char *id)
{
	struct synthetic_options options;
	struct pose_source source;
	int failed = -1;

	if (synthetic_parse(id, &options))
		return NULL;
	if (!options.own_pose)
		failed = pose_driver(&source,
				     *options.device ? options.device : NULL,
				     &options.pose);
	if (failed && options.need_driver)
		return NULL;
	if (failed && pose_steady(&source, &options.pose, synthetic_now_ns(),
				  options.speed_deg_s))
		return NULL;
	return synthetic_open_with(id, &source);
}

static const char *synthetic_id(const struct camera *camera)
{
	return camera->id;
}

static const char *synthetic_model(const struct camera *camera)
{
	(void)camera;
	return "synthetic";
}

static bool runs_free(const struct camera *camera)
{
	return !camera->trigger && !camera->options.on_demand;
}

static double pixel_um(const struct camera_settings *settings)
{
	if (!settings->width)
		return 0;
	return 1000 * DEFOCUS_FOCAL_MM /
	       scene_focal_px(settings->width, settings->height);
}

/* Whether the strobe is that of a camera that runs free is not known here. */
static uint32_t triggered_by(const struct synthetic_options *options)
{
	if (!*options->line)
		return CAMERA_TRIGGER_NONE;
	return options->strobe ? CAMERA_TRIGGER_UNKNOWN : CAMERA_TRIGGER_LINE;
}

static void synthetic_capabilities(const struct camera *camera,
				   struct camera_capabilities *capabilities)
{
	bool lens = !isnan(camera->options.lens_dpt);

	*capabilities = (struct camera_capabilities){
		.sets_period = runs_free(camera),
		.sets_exposure = true,
		.sets_gain = true,
		.counts_gaps = true,
		.mark = camera->options.mark,
		.readout_ns = synthetic_readout_ns(camera),
		.sets_lens = lens,
		.lens_max_dpt = lens ? SYNTHETIC_LENS_MAX_DPT : 0,
		.has_autofocus = lens,
		.sets_white_balance = true,
		.on_demand = camera->options.on_demand,
		.trigger = triggered_by(&camera->options),
		.bayer = CAMERA_BAYER_RGGB,
		.bayer_bits = SYNTHETIC_BAYER_BITS,
		.focal_length_mm = DEFOCUS_FOCAL_MM,
		.pixel_um = pixel_um(&camera->settings),
	};
}

static uint64_t within(uint64_t value, uint64_t least, uint64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

/* Photos on demand have no period. */
static void settle_times(const struct camera *camera,
			 struct camera_settings *settings)
{
	if (camera->options.on_demand) {
		settings->period_ns = 0;
		settings->exposure_ns = within(settings->exposure_ns ?
					       settings->exposure_ns :
					       EXPOSURE_NS, 1000,
					       SYNTHETIC_PERIOD_MOST_NS);
		return;
	}
	settings->period_ns = within(settings->period_ns ? settings->period_ns :
				     PERIOD_NS, PERIOD_LEAST_NS,
				     SYNTHETIC_PERIOD_MOST_NS);
	if (!settings->exposure_ns ||
	    settings->exposure_ns > settings->period_ns)
		settings->exposure_ns = settings->period_ns;
}

static void settle(const struct camera *camera,
		   struct camera_settings *settings)
{
	settings->width = within(settings->width ? settings->width : WIDTH, 1,
				 SYNTHETIC_SIZE_MAX);
	settings->height = within(settings->height ? settings->height : HEIGHT,
				  1, SYNTHETIC_SIZE_MAX);
	if (!camera_bytes_per_pixel(settings->format))
		settings->format = camera->options.format;
	settle_times(camera, settings);
	if (!(settings->gain > 0))
		settings->gain = 1;
	settings->gain = fmin(fmax(settings->gain, 1 / SCENE_GAIN_MAX),
			      SCENE_GAIN_MAX);
}

static size_t frame_size(const struct camera_settings *settings)
{
	return (size_t)settings->width * settings->height *
	       camera_bytes_per_pixel(settings->format);
}

static int synthetic_configure(struct camera *camera,
			       struct camera_settings *settings)
{
	struct camera_settings want = *settings;
	bool good = true;

	if (camera->started) {
		errno = EBUSY;
		return -1;
	}
	settle(camera, &want);
	if (!camera->options.on_demand &&
	    (want.height - 1) * camera->options.row_ns > want.period_ns) {
		errno = EINVAL;
		return -1;
	}
	free_frames(camera);
	camera->scene = scene_new(want.width, want.height);
	for (int i = 0; i < SYNTHETIC_BUFFERS; i++) {
		camera->buffers[i] = malloc(frame_size(&want));
		good = good && camera->buffers[i];
	}
	if (want.format == CAMERA_FORMAT_BAYER16) {
		camera->colours = malloc((size_t)want.width * want.height * 3);
		good = good && camera->colours;
	}
	if (!camera->scene || !good) {
		free_frames(camera);
		errno = ENOMEM;
		return -1;
	}
	camera->settings = want;
	synthetic_controls_reset(camera);
	*settings = want;
	return 0;
}

static int synthetic_start(struct camera *camera)
{
	if (camera->vanished) {
		errno = ENODEV;
		return -1;
	}
	if (!camera->settings.width) {
		errno = EINVAL;
		return -1;
	}
	if (camera->started) {
		errno = EBUSY;
		return -1;
	}
	camera->start_ns = synthetic_now_ns();
	camera->number = 0;
	camera->shot_count = 0;
	synthetic_controls_start(camera);
	if (camera->trigger &&
	    synthetic_trigger_start(camera->trigger, camera->start_ns,
				    synthetic_state(camera, 0)->exposure_ns +
				    synthetic_readout_ns(camera)))
		return -1;
	camera->started = true;
	return 0;
}

static bool faulty(const struct camera *camera, enum synthetic_fault fault)
{
	return synthetic_faulty(camera, camera->number, fault);
}

/* Return: 0, or -1 with the errno of the source, EINTR */
static int wait_pose(struct camera *camera, uint64_t time_ns,
		     uint64_t deadline_ns, struct scene_pose *pose)
{
	uint64_t now;

	for (;;) {
		if (!camera->source.at(camera->source.data, time_ns, pose))
			return 0;
		if (errno != EAGAIN)
			return -1;
		now = synthetic_now_ns();
		if (now > time_ns + PATIENCE_NS) {
			errno = ENODATA;
			return -1;
		}
		if (now >= deadline_ns) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (sleep_until(now + PAUSE_NS))
			return -1;
	}
}

static int free_buffer(const struct camera *camera)
{
	for (int i = 0; i < SYNTHETIC_BUFFERS; i++)
		if (!camera->held[i])
			return i;
	return -1;
}

static void describe(const struct camera *camera,
		     const struct synthetic_state *state, const uint8_t *pixels,
		     struct camera_frame *frame)
{
	const struct camera_settings *settings = &camera->settings;

	*frame = (struct camera_frame){
		.data = pixels,
		.size = frame_size(settings),
		.time_ns = synthetic_time_told(camera),
		.sequence = camera->number,
		.status = CAMERA_FRAME_GOOD,
		.exposure_ns = state->exposure_ns,
		.gain = state->gain,
		.frame_duration_ns = runs_free(camera) ? settings->period_ns :
							 0,
		.lens_dpt = state->lens_dpt,
		.focus = state->focus,
		.red_gain = state->red_gain,
		.blue_gain = state->blue_gain,
		.bayer_black = settings->format == CAMERA_FORMAT_BAYER16 ?
			       SYNTHETIC_BAYER_BLACK : 0,
	};
	if (faulty(camera, SYNTHETIC_FAULT_SIZE))
		frame->size /= 2;
	if (faulty(camera, SYNTHETIC_FAULT_BAD))
		frame->status = CAMERA_FRAME_BAD;
}

/* Poses before the beginning of what is known, or in a gap of it. */
static bool never_known(int error)
{
	return error == ERANGE || error == ENODATA;
}

static int await_trigger(struct camera *camera, uint64_t deadline_ns)
{
	uint64_t now, time_ns;

	while (synthetic_trigger_at(camera->trigger, camera->number,
				    &time_ns)) {
		if (errno != EAGAIN)
			return -1;
		now = synthetic_now_ns();
		errno = ETIMEDOUT;
		if (now >= deadline_ns || sleep_until(now + PAUSE_NS))
			return -1;
	}
	return 0;
}

/* Whether the next frame has begun, or is to begin. */
static bool is_coming(const struct camera *camera)
{
	return !camera->options.on_demand ||
	       camera->number < camera->shot_count;
}

/* Wait for the end of the frame, and for what its poses were. */
static int await(struct camera *camera, uint64_t deadline_ns)
{
	struct scene_pose pose;
	uint64_t end_ns;

	if (camera->trigger && await_trigger(camera, deadline_ns))
		return -1;
	end_ns = synthetic_end(camera, camera->number);
	if (!is_coming(camera) || end_ns > deadline_ns ||
	    free_buffer(camera) < 0 || faulty(camera, SYNTHETIC_FAULT_STALL)) {
		if (!sleep_until(deadline_ns))
			errno = ETIMEDOUT;
		return -1;
	}
	if (sleep_until(end_ns))
		return -1;
	return wait_pose(camera, end_ns, deadline_ns, &pose);
}

static bool is_dropped(const struct camera *camera)
{
	return camera->options.drop && is_coming(camera) &&
	       (camera->number + 1) % camera->options.drop == 0;
}

static int check_running(struct camera *camera)
{
	errno = EIO;
	if (!camera->started)
		return -1;
	if (faulty(camera, SYNTHETIC_FAULT_VANISH))
		camera->vanished = true;
	return camera->vanished || faulty(camera, SYNTHETIC_FAULT_ERROR) ? -1 :
									   0;
}

static int synthetic_next(struct camera *camera, struct camera_frame *frame,
			  int timeout_ms)
{
	uint64_t deadline_ns = synthetic_now_ns() + timeout_ms * NS_PER_MS;
	struct synthetic_state state;
	int buffer;

	for (;;) {
		if (check_running(camera))
			return -1;
		if (is_dropped(camera)) {
			camera->number++;
			continue;
		}
		buffer = free_buffer(camera);
		if (!await(camera, deadline_ns) &&
		    !synthetic_draw(camera, &state, camera->buffers[buffer]))
			break;
		if (!never_known(errno))
			return -1;
		camera->number++;
	}
	describe(camera, &state, camera->buffers[buffer], frame);
	camera->held[buffer] = true;
	camera->number++;
	return 0;
}

static void synthetic_release(struct camera *camera,
			      struct camera_frame *frame)
{
	for (int i = 0; i < SYNTHETIC_BUFFERS; i++)
		if (camera->buffers[i] == frame->data)
			camera->held[i] = false;
}

/* Each is a gap in the sequence. */
static uint64_t synthetic_dropped(const struct camera *camera)
{
	(void)camera;
	return 0;
}

static uint32_t held_count(const struct camera *camera)
{
	uint32_t count = 0;

	for (int i = 0; i < SYNTHETIC_BUFFERS; i++)
		count += camera->held[i];
	return count;
}

/*
 * Between two photos nobody asks for poses, and of a long move more may have
 * come than waits to be read: from here on they are known again.
 */
static void meet_object(struct camera *camera)
{
	uint64_t now = synthetic_now_ns(), deadline_ns = now + PATIENCE_NS;
	struct scene_pose pose;

	while (wait_pose(camera, now, deadline_ns, &pose) &&
	       now < deadline_ns && (never_known(errno) || errno == EINTR)) {
		sleep_until(now + PAUSE_NS);
		now = synthetic_now_ns();
	}
}

static int synthetic_shoot(struct camera *camera)
{
	uint32_t shot = camera->shot_count;
	uint32_t waiting = shot - camera->number;

	errno = EIO;
	if (!camera->started || camera->vanished)
		return -1;
	if (synthetic_faulty(camera, shot, SYNTHETIC_FAULT_VANISH))
		camera->vanished = true;
	if (camera->vanished ||
	    synthetic_faulty(camera, shot, SYNTHETIC_FAULT_ERROR))
		return -1;
	errno = EBUSY;
	if (!camera->options.on_demand ||
	    waiting + held_count(camera) >= SYNTHETIC_BUFFERS)
		return -1;
	meet_object(camera);
	camera->shots[shot % SYNTHETIC_SHOTS] = synthetic_now_ns();
	/* A photo that has begun is taken, whatever signals come. */
	while (sleep_until(synthetic_end(camera, shot)) && errno == EINTR)
		;
	camera->shot_count++;
	return 0;
}

const struct camera_ops camera_synthetic = {
	.name = "synthetic",
	.list = synthetic_list,
	.open = synthetic_open,
	.close = synthetic_close,
	.id = synthetic_id,
	.model = synthetic_model,
	.capabilities = synthetic_capabilities,
	.configure = synthetic_configure,
	.start = synthetic_start,
	.next = synthetic_next,
	.release = synthetic_release,
	.dropped = synthetic_dropped,
	.control = synthetic_control,
	.shoot = synthetic_shoot,
	.stop = synthetic_stop,
};
