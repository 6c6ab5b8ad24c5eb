// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cameras of libgphoto2: DSLRs and others that take photos when told to.
 *
 * shoot() returns when the camera has taken the photo; the file is fetched by
 * next(), so that the object moves meanwhile.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gphoto2/gphoto2.h>
#include "camera.h"
#include "gphoto2-config.h"

#define NAME "gphoto2"
#define BUFFERS 4

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull

/* A camera that is busy is asked again, for so long. */
#define PATIENCE_NS (10 * NS_PER_S)
#define PAUSE_NS (50 * NS_PER_MS)

/* Of the gain 1. */
#define ISO_OF_ONE 100.0

/**
 * struct shot - a photo in the camera
 * @time_ns: when it was asked for
 */
struct shot {
	CameraFilePath path;
	uint64_t time_ns;
	uint64_t exposure_ns;
	double gain;
};

/**
 * struct camera - one of libgphoto2
 * @id: "gphoto2:MODEL@PORT"
 * @configured: configure() was called
 * @gone: unplugged
 * @settings: as they are in the camera
 * @shots: taken and not fetched, oldest first
 * @files: that are out
 * @sequence: of the next photo to be fetched
 */
struct camera {
	Camera *device;
	GPContext *context;
	char *id;
	char *model;
	bool configured;
	bool started;
	bool gone;
	struct camera_settings settings;
	struct shot shots[BUFFERS];
	size_t shot_count;
	struct _CameraFile *files[BUFFERS];
	uint32_t sequence;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void pause_ns(uint64_t ns)
{
	struct timespec pause = { ns / NS_PER_S, ns % NS_PER_S };

	nanosleep(&pause, NULL);
}

static int errno_of(int result)
{
	switch (result) {
	case GP_ERROR_MODEL_NOT_FOUND:
	case GP_ERROR_UNKNOWN_PORT:
	case GP_ERROR_IO_USB_FIND:
		return ENODEV;
	case GP_ERROR_IO_USB_CLAIM:
	case GP_ERROR_IO_LOCK:
	case GP_ERROR_CAMERA_BUSY:
		return EBUSY;
	case GP_ERROR_NO_MEMORY:
		return ENOMEM;
	case GP_ERROR_BAD_PARAMETERS:
		return EINVAL;
	case GP_ERROR_NOT_SUPPORTED:
		return EOPNOTSUPP;
	default:
		return EIO;
	}
}

/* Return: 0, or -1 with errno */
static int checked(int result)
{
	if (result >= GP_OK)
		return 0;
	errno = errno_of(result);
	return -1;
}

/* Errors of the port, after which the camera must be opened again. */
static bool is_gone(int result)
{
	return result == GP_ERROR_IO || result == GP_ERROR_IO_READ ||
	       result == GP_ERROR_IO_WRITE || result == GP_ERROR_IO_USB_FIND ||
	       result == GP_ERROR_IO_USB_CLEAR_HALT;
}

/* Of a camera that is open; one that has gone gives EIO. */
static int checked_open(struct camera *camera, int result)
{
	if (is_gone(result)) {
		camera->gone = true;
		errno = EIO;
		return -1;
	}
	return checked(result);
}

/* ---- which cameras there are ---- */

static int make_id(char **id, const char *model, const char *port)
{
	if (asprintf(id, NAME ":%s@%s", model, port) >= 0)
		return 0;
	*id = NULL;
	errno = ENOMEM;
	return -1;
}

/* Those that are connected: names are models, values are ports. */
/*
 * Drivers of cameras and ports are loaded and unloaded by libltdl, which
 * several threads may not do at once.
 */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static int detect(CameraList **list)
{
	GPContext *context = gp_context_new();
	int result = context ? gp_list_new(list) : GP_ERROR_NO_MEMORY;

	pthread_mutex_lock(&loading);
	if (result >= GP_OK) {
		result = gp_camera_autodetect(*list, context);
		if (result < GP_OK)
			gp_list_free(*list);
	}
	pthread_mutex_unlock(&loading);
	if (context)
		gp_context_unref(context);
	return checked(result);
}

static int gphoto2_list(void (*each)(const char *id, const char *model,
				     void *data), void *data)
{
	const char *model, *port;
	CameraList *list;
	int count;
	char *id;

	if (detect(&list))
		return -1;
	count = gp_list_count(list);
	for (int i = 0; i < count; i++) {
		gp_list_get_name(list, i, &model);
		gp_list_get_value(list, i, &port);
		if (make_id(&id, model, port)) {
			count = -1;
			break;
		}
		each(id, model, data);
		free(id);
	}
	gp_list_free(list);
	return count;
}

/* ---- open and close ---- */

static int use_model(Camera *device, const char *model, GPContext *context)
{
	CameraAbilitiesList *list;
	CameraAbilities abilities;
	int result = gp_abilities_list_new(&list), index;

	if (result < GP_OK)
		return result;
	result = gp_abilities_list_load(list, context);
	if (result >= GP_OK) {
		index = gp_abilities_list_lookup_model(list, model);
		result = index < 0 ? index :
			 gp_abilities_list_get_abilities(list, index,
							 &abilities);
	}
	if (result >= GP_OK)
		result = gp_camera_set_abilities(device, abilities);
	gp_abilities_list_free(list);
	return result;
}

static int use_port(Camera *device, const char *port)
{
	GPPortInfoList *list;
	GPPortInfo info;
	int result = gp_port_info_list_new(&list), index;

	if (result < GP_OK)
		return result;
	result = gp_port_info_list_load(list);
	if (result >= GP_OK) {
		index = gp_port_info_list_lookup_path(list, port);
		result = index < 0 ? index :
			 gp_port_info_list_get_info(list, index, &info);
	}
	if (result >= GP_OK)
		result = gp_camera_set_port_info(device, info);
	gp_port_info_list_free(list);
	return result;
}

static void gphoto2_stop(struct camera *camera)
{
	camera->started = false;
	camera->shot_count = 0;
	for (int i = 0; i < BUFFERS; i++) {
		if (camera->files[i])
			gp_file_unref(camera->files[i]);
		camera->files[i] = NULL;
	}
}

static void gphoto2_close(struct camera *camera)
{
	int error = errno;

	if (!camera)
		return;
	gphoto2_stop(camera);
	pthread_mutex_lock(&loading);
	if (camera->device) {
		gp_camera_exit(camera->device, camera->context);
		gp_camera_unref(camera->device);
	}
	pthread_mutex_unlock(&loading);
	if (camera->context)
		gp_context_unref(camera->context);
	free(camera->model);
	free(camera->id);
	free(camera);
	errno = error;
}

static struct camera *connect(const char *model, const char *port)
{
	struct camera *camera = calloc(1, sizeof(*camera));
	int result = GP_ERROR_NO_MEMORY;

	if (!camera)
		return NULL;
	camera->context = gp_context_new();
	camera->model = strdup(model);
	if (!camera->context || !camera->model ||
	    make_id(&camera->id, model, port))
		goto err;
	pthread_mutex_lock(&loading);
	result = gp_camera_new(&camera->device);
	if (result >= GP_OK)
		result = use_model(camera->device, model, camera->context);
	if (result >= GP_OK)
		result = use_port(camera->device, port);
	if (result >= GP_OK)
		result = gp_camera_init(camera->device, camera->context);
	pthread_mutex_unlock(&loading);
	if (result >= GP_OK)
		return camera;
err:
	errno = errno_of(result);
	gphoto2_close(camera);
	return NULL;
}

/* By all of its id, or without the port, which changes with each plug. */
static bool is_wanted(const char *id, const char *model, const char *port)
{
	size_t length = strlen(NAME ":"), model_length = strlen(model);

	if (!strcmp(id, NAME))
		return true;
	if (strncmp(id, NAME ":", length) ||
	    strncmp(id + length, model, model_length))
		return false;
	id += length + model_length;
	return !*id || (*id == '@' && !strcmp(id + 1, port));
}

static struct camera *gphoto2_open(const char *id)
{
	struct camera *camera = NULL;
	const char *model, *port;
	CameraList *list;
	int i, count, error;

	if (detect(&list))
		return NULL;
	count = gp_list_count(list);
	for (i = 0; i < count; i++) {
		gp_list_get_name(list, i, &model);
		gp_list_get_value(list, i, &port);
		if (is_wanted(id && *id ? id : NAME, model, port))
			break;
	}
	if (i < count)
		camera = connect(model, port);
	else
		errno = ENODEV;
	error = errno;
	gp_list_free(list);
	errno = error;
	return camera;
}

static const char *gphoto2_id(const struct camera *camera)
{
	return camera->id;
}

static const char *gphoto2_model(const struct camera *camera)
{
	return camera->model;
}

/* ---- settings ---- */

static void gphoto2_capabilities(const struct camera *camera,
				 struct camera_capabilities *capabilities)
{
	*capabilities = (struct camera_capabilities){
		.sets_exposure = camera->settings.exposure_ns != 0,
		.sets_gain = camera->settings.gain > 0,
		.mark = CAMERA_MARK_UNKNOWN,
		.on_demand = true,
	};
}

static int set_exposure(struct camera *camera, uint64_t exposure_ns)
{
	double got;
	int result = gphoto2_set_number(camera->device, camera->context,
					GPHOTO2_SHUTTER, exposure_ns / 1e9,
					&got);

	if (result == GP_OK)
		camera->settings.exposure_ns = llrint(got * 1e9);
	return result;
}

static int set_gain(struct camera *camera, double gain)
{
	double got;
	int result = gphoto2_set_number(camera->device, camera->context,
					GPHOTO2_ISO, gain * ISO_OF_ONE, &got);

	if (result == GP_OK)
		camera->settings.gain = got / ISO_OF_ONE;
	return result;
}

/* A camera that is set by hand need not obey: then it tells what it has. */
static int settle_exposure(struct camera *camera, uint64_t want_ns)
{
	double now = 0;
	int result;

	camera->settings.exposure_ns = 0;
	if (want_ns) {
		result = set_exposure(camera, want_ns);
		if (result != GP_ERROR_NOT_SUPPORTED)
			return result;
	}
	result = gphoto2_get_number(camera->device, camera->context,
				    GPHOTO2_SHUTTER, &now);
	camera->settings.exposure_ns = llrint(now * 1e9);
	return result == GP_ERROR_NOT_SUPPORTED ? GP_OK : result;
}

static int settle_gain(struct camera *camera, double want)
{
	double now = 0;
	int result;

	camera->settings.gain = 0;
	if (want > 0) {
		result = set_gain(camera, want);
		if (result != GP_ERROR_NOT_SUPPORTED)
			return result;
	}
	result = gphoto2_get_number(camera->device, camera->context,
				    GPHOTO2_ISO, &now);
	camera->settings.gain = now / ISO_OF_ONE;
	return result == GP_ERROR_NOT_SUPPORTED ? GP_OK : result;
}

static int gphoto2_configure(struct camera *camera,
			     struct camera_settings *settings)
{
	int result;

	errno = EBUSY;
	if (camera->started)
		return -1;
	errno = EINVAL;
	if (settings->format && settings->format != CAMERA_FORMAT_JPEG)
		return -1;
	errno = EIO;
	if (camera->gone)
		return -1;
	camera->settings = (struct camera_settings){
		.format = CAMERA_FORMAT_JPEG,
	};
	/* Not each camera has a choice. */
	gphoto2_prefer_memory(camera->device, camera->context);
	result = gphoto2_prefer_jpeg(camera->device, camera->context);
	if (result == GP_OK)
		result = settle_exposure(camera, settings->exposure_ns);
	if (result == GP_OK)
		result = settle_gain(camera, settings->gain);
	if (checked_open(camera, result))
		return -1;
	camera->configured = true;
	*settings = camera->settings;
	return 0;
}

static int check_controls(struct camera *camera,
			  const struct camera_controls *controls)
{
	int result = GP_OK;

	errno = EIO;
	if (camera->gone)
		return -1;
	errno = EOPNOTSUPP;
	if (!isnan(controls->lens_dpt) || controls->autofocus ||
	    controls->red_gain != 0 || controls->blue_gain != 0 ||
	    controls->lock_white_balance)
		return -1;
	errno = EINVAL;
	if (!camera->configured || !(controls->gain >= 0))
		return -1;
	if (controls->exposure_ns)
		result = gphoto2_check_number(camera->device, camera->context,
					      GPHOTO2_SHUTTER,
					      controls->exposure_ns / 1e9);
	if (result == GP_OK && controls->gain > 0)
		result = gphoto2_check_number(camera->device, camera->context,
					      GPHOTO2_ISO,
					      controls->gain * ISO_OF_ONE);
	return checked_open(camera, result);
}

static int gphoto2_control(struct camera *camera,
			   const struct camera_controls *controls)
{
	int result = GP_OK;

	if (check_controls(camera, controls))
		return -1;
	if (controls->exposure_ns)
		result = set_exposure(camera, controls->exposure_ns);
	if (result == GP_OK && controls->gain > 0)
		result = set_gain(camera, controls->gain);
	return checked_open(camera, result);
}

/* ---- photos ---- */

static int gphoto2_start(struct camera *camera)
{
	errno = EINVAL;
	if (!camera->configured)
		return -1;
	errno = EBUSY;
	if (camera->started)
		return -1;
	errno = ENODEV;
	if (camera->gone)
		return -1;
	camera->started = true;
	camera->sequence = 0;
	return 0;
}

static int check_running(const struct camera *camera)
{
	errno = EIO;
	return camera->started && !camera->gone ? 0 : -1;
}

static int free_file(const struct camera *camera)
{
	for (int i = 0; i < BUFFERS; i++)
		if (!camera->files[i])
			return i;
	return -1;
}

static size_t held_count(const struct camera *camera)
{
	size_t count = 0;

	for (int i = 0; i < BUFFERS; i++)
		count += camera->files[i] != NULL;
	return count;
}

static int gphoto2_shoot(struct camera *camera)
{
	struct shot *shot = &camera->shots[camera->shot_count];
	uint64_t begin_ns = now_ns();
	int result;

	if (check_running(camera))
		return -1;
	errno = EBUSY;
	if (camera->shot_count + held_count(camera) >= BUFFERS)
		return -1;
	for (;;) {
		shot->time_ns = now_ns();
		result = gp_camera_capture(camera->device, GP_CAPTURE_IMAGE,
					   &shot->path, camera->context);
		if (result != GP_ERROR_CAMERA_BUSY ||
		    now_ns() - begin_ns > PATIENCE_NS)
			break;
		pause_ns(PAUSE_NS);
	}
	if (checked_open(camera, result)) {
		/* EBUSY is for photos that are not fetched. */
		errno = EIO;
		return -1;
	}
	shot->exposure_ns = camera->settings.exposure_ns;
	shot->gain = camera->settings.gain;
	camera->shot_count++;
	return 0;
}

static bool is_jpeg(const char *data, size_t size)
{
	return size > 2 && !memcmp(data, "\xff\xd8", 2);
}

/* What is in the camera's memory goes; nobody else would fetch it. */
static int fetch(struct camera *camera, const struct shot *shot,
		 CameraFile **file)
{
	int result = gp_file_new(file);

	if (result < GP_OK)
		return checked(result);
	result = gp_camera_file_get(camera->device, shot->path.folder,
				    shot->path.name, GP_FILE_TYPE_NORMAL,
				    *file, camera->context);
	if (!checked_open(camera, result)) {
		gp_camera_file_delete(camera->device, shot->path.folder,
				      shot->path.name, camera->context);
		return 0;
	}
	gp_file_unref(*file);
	errno = EIO;
	return -1;
}

static void describe(const struct camera *camera, const struct shot *shot,
		     const char *data, size_t size, struct camera_frame *frame)
{
	*frame = (struct camera_frame){
		.data = data,
		.size = size,
		.time_ns = shot->time_ns,
		.sequence = camera->sequence,
		.status = CAMERA_FRAME_GOOD,
		.exposure_ns = shot->exposure_ns,
		.gain = shot->gain,
		.lens_dpt = NAN,
	};
}

static void forget_oldest(struct camera *camera)
{
	camera->shot_count--;
	memmove(camera->shots, camera->shots + 1,
		camera->shot_count * sizeof(*camera->shots));
	camera->sequence++;
}

static int gphoto2_next(struct camera *camera, struct camera_frame *frame,
			int timeout_ms)
{
	struct shot shot = camera->shots[0];
	int buffer = free_file(camera);
	unsigned long size;
	const char *data;
	CameraFile *file;

	if (check_running(camera))
		return -1;
	if (!camera->shot_count || buffer < 0) {
		pause_ns(timeout_ms * NS_PER_MS);
		errno = ETIMEDOUT;
		return -1;
	}
	if (fetch(camera, &shot, &file))
		return -1;
	if (checked(gp_file_get_data_and_size(file, &data, &size)) ||
	    !is_jpeg(data, size)) {
		gp_file_unref(file);
		forget_oldest(camera);
		errno = EPROTO;
		return -1;
	}
	describe(camera, &shot, data, size, frame);
	camera->files[buffer] = file;
	forget_oldest(camera);
	return 0;
}

static void gphoto2_release(struct camera *camera, struct camera_frame *frame)
{
	unsigned long size;
	const char *data;

	for (int i = 0; i < BUFFERS; i++) {
		if (!camera->files[i] ||
		    gp_file_get_data_and_size(camera->files[i], &data, &size) ||
		    data != frame->data)
			continue;
		gp_file_unref(camera->files[i]);
		camera->files[i] = NULL;
		frame->data = NULL;
		return;
	}
}

static uint64_t gphoto2_dropped(const struct camera *camera)
{
	(void)camera;
	return 0;
}

const struct camera_ops camera_gphoto2 = {
	.name = NAME,
	.list = gphoto2_list,
	.open = gphoto2_open,
	.close = gphoto2_close,
	.id = gphoto2_id,
	.model = gphoto2_model,
	.capabilities = gphoto2_capabilities,
	.configure = gphoto2_configure,
	.start = gphoto2_start,
	.next = gphoto2_next,
	.release = gphoto2_release,
	.dropped = gphoto2_dropped,
	.control = gphoto2_control,
	.shoot = gphoto2_shoot,
	.stop = gphoto2_stop,
};
