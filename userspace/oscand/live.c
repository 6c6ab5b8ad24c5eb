// SPDX-License-Identifier: GPL-2.0-or-later
/* What the camera sees now, for those who look on. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "camera.h"
#include "live.h"
#include "photo.h"
#include "preview.h"

#define WAIT_MS 200
#define FRAME_MS 100
/* So long without a frame, and the camera is taken to be gone. */
#define SILENT_FRAMES 50
#define AGAIN_S 2

#define PART "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n"

/**
 * struct live - who looks on, and what is to be seen
 * @preview: frames come in here
 * @usual: id of the camera where none is asked for
 * @wake: told of each picture
 * @data: passed on
 * @lock: over all that follows
 * @changed: @viewers, @claimed, @open or @ending
 * @camera: id of the camera that those who look on want
 * @viewers: number of them
 * @claimed: a job has the camera
 * @open: we have it
 * @asked: counts up when somebody begins to look on where nobody did
 * @shown: @asked when the camera was opened: what comes is what was asked for
 * @ending: the threads are to end
 * @why: why there are no pictures, "" else
 * @jpeg: the newest picture, NULL: none
 * @size: bytes of it
 * @number: of it, from 1
 * @pump: thread that takes pictures out of @preview
 * @watch: thread that has the camera while no job runs
 * @threads: number of these that were started
 */
struct live {
	struct preview *preview;
	char usual[512];
	void (*wake)(void *data);
	void *data;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char camera[512];
	unsigned int viewers;
	bool claimed;
	bool open;
	uint64_t asked;
	uint64_t shown;
	bool ending;
	char why[LIVE_ERROR_LEN];
	uint8_t *jpeg;
	size_t size;
	uint64_t number;
	pthread_t pump;
	pthread_t watch;
	unsigned int threads;
};

static void __attribute__((format(printf, 2, 3)))
say(struct live *live, const char *format, ...)
{
	va_list list;

	pthread_mutex_lock(&live->lock);
	va_start(list, format);
	/* Who looks on now may have asked for another camera. */
	if (live->shown == live->asked)
		vsnprintf(live->why, sizeof(live->why), format, list);
	va_end(list);
	pthread_mutex_unlock(&live->lock);
	live->wake(live->data);
}

/* With the lock. */
static void forget(struct live *live)
{
	free(live->jpeg);
	live->jpeg = NULL;
	live->size = 0;
}

/* With the lock: and not the last pictures of the camera before. */
static bool is_asked_for(const struct live *live)
{
	return live->claimed || live->shown == live->asked;
}

static void *pump(void *data)
{
	struct live *live = data;
	uint64_t number = 0, asked;
	uint8_t *jpeg;
	size_t size;

	pthread_mutex_lock(&live->lock);
	while (!live->ending) {
		if (!live->viewers || !is_asked_for(live)) {
			pthread_cond_wait(&live->changed, &live->lock);
			continue;
		}
		asked = live->asked;
		pthread_mutex_unlock(&live->lock);
		if (preview_wait(live->preview, &number, WAIT_MS, &jpeg,
				 &size))
			jpeg = NULL;
		pthread_mutex_lock(&live->lock);
		if (!jpeg || asked != live->asked) {
			free(jpeg);
			continue;
		}
		forget(live);
		live->jpeg = jpeg;
		live->size = size;
		live->number++;
		live->why[0] = '\0';
		pthread_mutex_unlock(&live->lock);
		live->wake(live->data);
		pthread_mutex_lock(&live->lock);
	}
	pthread_mutex_unlock(&live->lock);
	return NULL;
}

static bool is_wanted(struct live *live)
{
	bool wanted;

	pthread_mutex_lock(&live->lock);
	wanted = live->viewers && !live->claimed && !live->ending &&
		 live->shown == live->asked;
	pthread_mutex_unlock(&live->lock);
	return wanted;
}

static void offer(struct live *live, const struct camera_settings *settings,
		  const struct camera_capabilities *can,
		  const struct camera_frame *frame)
{
	struct photo_pixels pixels = {
		.width = settings->width,
		.height = settings->height,
		.format = settings->format,
		.bayer = can->bayer,
		.bayer_bits = can->bayer_bits,
		.data = frame->data,
		.size = frame->size,
	};

	preview_offer(live->preview, &pixels);
}

static void show(struct live *live, const struct camera_ops *ops,
		 struct camera *camera, const struct camera_settings *settings,
		 const struct camera_capabilities *can)
{
	struct camera_frame frame;
	unsigned int silent = 0;

	while (is_wanted(live) && silent < SILENT_FRAMES) {
		if (!ops->next(camera, &frame, FRAME_MS)) {
			offer(live, settings, can, &frame);
			ops->release(camera, &frame);
			silent = 0;
		} else if (errno == ETIMEDOUT || errno == EINTR) {
			silent++;
		} else {
			break;
		}
	}
	if (is_wanted(live))
		say(live, "wanted pictures of %.200s, found that no more come; see to the camera",
		    ops->id(camera));
}

static void show_camera(struct live *live, const struct camera_ops *ops,
			struct camera *camera)
{
	struct camera_settings settings = { 0 };
	struct camera_capabilities can = { 0 };

	if (ops->configure(camera, &settings)) {
		say(live, "wanted to set up %.200s, found: %s; see to the camera",
		    ops->id(camera), strerror(errno));
		return;
	}
	ops->capabilities(camera, &can);
	if (can.on_demand) {
		say(live, "wanted a preview of %.200s, found a camera that takes single photos only",
		    ops->id(camera));
		return;
	}
	if (ops->start(camera)) {
		say(live, "wanted to start %.200s, found: %s; see to the camera",
		    ops->id(camera), strerror(errno));
		return;
	}
	show(live, ops, camera, &settings, &can);
	ops->stop(camera);
}

static void show_live(struct live *live, const char *id)
{
	const struct camera_ops *ops = camera_ops_of(id);
	struct camera *camera = ops->open(id);

	if (!camera) {
		say(live, "wanted the camera \"%.200s\", found: %s; see the list of cameras",
		    id, errno == ENODEV ? "there is none" : strerror(errno));
		return;
	}
	show_camera(live, ops, camera);
	ops->close(camera);
}

/* With the lock: not at once again, unless those who look have changed. */
static void rest(struct live *live)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += AGAIN_S;
	while (live->viewers && !live->claimed && !live->ending && live->why[0])
		if (pthread_cond_timedwait(&live->changed, &live->lock,
					   &until))
			return;
}

static void *watch(void *data)
{
	struct live *live = data;
	char id[sizeof(live->camera)];

	pthread_mutex_lock(&live->lock);
	while (!live->ending) {
		if (!live->viewers || live->claimed) {
			pthread_cond_wait(&live->changed, &live->lock);
			continue;
		}
		live->open = true;
		live->shown = live->asked;
		pthread_cond_broadcast(&live->changed);
		strcpy(id, live->camera);
		pthread_mutex_unlock(&live->lock);
		show_live(live, id);
		pthread_mutex_lock(&live->lock);
		live->open = false;
		rest(live);
	}
	pthread_mutex_unlock(&live->lock);
	return NULL;
}

struct live *live_new(const char *camera, void (*wake)(void *data),
		      void *data)
{
	struct live *live = calloc(1, sizeof(*live));
	pthread_condattr_t monotonic;
	int error;

	if (!live)
		return NULL;
	snprintf(live->usual, sizeof(live->usual), "%s", camera ? camera : "");
	live->wake = wake;
	live->data = data;
	pthread_mutex_init(&live->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&live->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	live->preview = preview_new(LIVE_WIDTH);
	error = live->preview ? 0 : errno;
	if (!error)
		error = pthread_create(&live->pump, NULL, pump, live);
	live->threads += !error;
	if (!error)
		error = pthread_create(&live->watch, NULL, watch, live);
	live->threads += !error;
	if (!error)
		return live;
	live_free(live);
	errno = error;
	return NULL;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	pthread_mutex_lock(&live->lock);
	live->ending = true;
	pthread_cond_broadcast(&live->changed);
	pthread_mutex_unlock(&live->lock);
	if (live->threads > 0)
		pthread_join(live->pump, NULL);
	if (live->threads > 1)
		pthread_join(live->watch, NULL);
	forget(live);
	preview_free(live->preview);
	pthread_cond_destroy(&live->changed);
	pthread_mutex_destroy(&live->lock);
	free(live);
}

struct preview *live_preview(struct live *live)
{
	return live->preview;
}

int live_view(struct live *live, const char *camera, char *why)
{
	int result = 0;

	if (!camera || !*camera)
		camera = live->usual;
	pthread_mutex_lock(&live->lock);
	if (!live->viewers && strlen(camera) < sizeof(live->camera)) {
		strcpy(live->camera, camera);
		live->why[0] = '\0';
		live->asked++;
		forget(live);
	} else if (!live->claimed && strcmp(live->camera, camera)) {
		snprintf(why, LIVE_ERROR_LEN,
			 "wanted the camera \"%.200s\", found that others look through \"%.200s\"; wait until they are done",
			 camera, live->camera);
		result = -1;
	}
	live->viewers += !result;
	pthread_cond_broadcast(&live->changed);
	pthread_mutex_unlock(&live->lock);
	if (result)
		errno = EBUSY;
	return result;
}

void live_leave(struct live *live)
{
	pthread_mutex_lock(&live->lock);
	live->viewers--;
	pthread_cond_broadcast(&live->changed);
	pthread_mutex_unlock(&live->lock);
}

uint8_t *live_picture(struct live *live, uint64_t *number, bool part,
		      size_t *size)
{
	uint8_t *data = NULL;
	int head = 0;

	pthread_mutex_lock(&live->lock);
	if (live->jpeg && live->number != *number)
		data = malloc(sizeof(PART) + 32 + live->size);
	if (data) {
		if (part)
			head = sprintf((char *)data, PART, live->size);
		memcpy(data + head, live->jpeg, live->size);
		*size = head + live->size;
		if (part) {
			memcpy(data + *size, "\r\n", 2);
			*size += 2;
		}
		*number = live->number;
	}
	pthread_mutex_unlock(&live->lock);
	return data;
}

bool live_error(struct live *live, char why[LIVE_ERROR_LEN])
{
	pthread_mutex_lock(&live->lock);
	strcpy(why, live->claimed ? "" : live->why);
	pthread_mutex_unlock(&live->lock);
	return *why;
}

bool live_claim(struct live *live)
{
	bool free;

	pthread_mutex_lock(&live->lock);
	live->claimed = true;
	free = !live->open;
	pthread_cond_broadcast(&live->changed);
	pthread_mutex_unlock(&live->lock);
	return free;
}

void live_release(struct live *live)
{
	pthread_mutex_lock(&live->lock);
	live->claimed = false;
	live->why[0] = '\0';
	pthread_cond_broadcast(&live->changed);
	pthread_mutex_unlock(&live->lock);
}

const char *live_user(struct live *live)
{
	const char *user = NULL;

	pthread_mutex_lock(&live->lock);
	if (live->claimed)
		user = "job";
	else if (live->open)
		user = "preview";
	pthread_mutex_unlock(&live->lock);
	return user;
}
