// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/gphoto2.c userspace/camera/gphoto2-config.c
 * -lgphoto2 -lgphoto2_port -lm
 * -Wl,--wrap=clock_gettime -Wl,--wrap=nanosleep
 * -Wl,--wrap=gp_camera_autodetect -Wl,--wrap=gp_abilities_list_load
 * -Wl,--wrap=gp_abilities_list_lookup_model
 * -Wl,--wrap=gp_abilities_list_get_abilities
 * -Wl,--wrap=gp_port_info_list_load -Wl,--wrap=gp_port_info_list_lookup_path
 * -Wl,--wrap=gp_port_info_list_get_info -Wl,--wrap=gp_camera_set_abilities
 * -Wl,--wrap=gp_camera_set_port_info -Wl,--wrap=gp_camera_init
 * -Wl,--wrap=gp_camera_exit -Wl,--wrap=gp_camera_get_single_config
 * -Wl,--wrap=gp_camera_set_single_config -Wl,--wrap=gp_camera_capture
 * -Wl,--wrap=gp_camera_file_get -Wl,--wrap=gp_camera_file_delete
 */
/*
 * Cameras of libgphoto2, of which one is played here: its widgets, lists and
 * files are libgphoto2's own, what would go over USB is not.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gphoto2/gphoto2.h>

#include "camera.h"
#include "gphoto2-config.h"
#include "unit.h"

#define SECOND 1000000000ull
#define MS 1000000ull

#define CANON "gphoto2:Canon EOS 600D@usb:001,004"

static const struct camera_ops *const ops = &camera_gphoto2;

struct config {
	const char *name;
	const char *value;
	const char *choices[8];
};

static const struct config canon[] = {
	{ "shutterspeed", "1/60",
	  { "bulb", "30", "0.5", "1/60", "1/125", "1/4000" } },
	{ "iso", "Auto", { "Auto", "100", "200", "400", "6400" } },
	{ "imageformat", "RAW + Large Fine JPEG",
	  { "RAW", "RAW + Large Fine JPEG", "Large Fine JPEG",
	    "Small JPEG" } },
	{ "capturetarget", "Memory card", { "Internal RAM", "Memory card" } },
	{ 0 }
};

static struct {
	uint64_t now;
	int cameras;
	int init_error;
	int open;
	struct config configs[8];
	int sets;			/* of settings */
	int busy;			/* captures that are refused so */
	int capture_error;
	int captures;
	int get_error;
	uint64_t get_ns;
	const char *file;		/* first bytes */
	char deleted[64];
} world;

/* ---- the clock ---- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	world.now += 100;
	time->tv_sec = world.now / SECOND;
	time->tv_nsec = world.now % SECOND;
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	world.now += time->tv_sec * SECOND + time->tv_nsec;
	return 0;
}

/* ---- what would go over USB ---- */

__typeof__(gp_camera_autodetect) __wrap_gp_camera_autodetect;
__typeof__(gp_abilities_list_load) __wrap_gp_abilities_list_load;
__typeof__(gp_abilities_list_lookup_model) __wrap_gp_abilities_list_lookup_model;
__typeof__(gp_abilities_list_get_abilities) __wrap_gp_abilities_list_get_abilities;
__typeof__(gp_port_info_list_load) __wrap_gp_port_info_list_load;
__typeof__(gp_port_info_list_lookup_path) __wrap_gp_port_info_list_lookup_path;
__typeof__(gp_port_info_list_get_info) __wrap_gp_port_info_list_get_info;
__typeof__(gp_camera_set_abilities) __wrap_gp_camera_set_abilities;
__typeof__(gp_camera_set_port_info) __wrap_gp_camera_set_port_info;
__typeof__(gp_camera_init) __wrap_gp_camera_init;
__typeof__(gp_camera_exit) __wrap_gp_camera_exit;
__typeof__(gp_camera_get_single_config) __wrap_gp_camera_get_single_config;
__typeof__(gp_camera_set_single_config) __wrap_gp_camera_set_single_config;
__typeof__(gp_camera_capture) __wrap_gp_camera_capture;
__typeof__(gp_camera_file_get) __wrap_gp_camera_file_get;
__typeof__(gp_camera_file_delete) __wrap_gp_camera_file_delete;

int __wrap_gp_camera_autodetect(CameraList *list, GPContext *context)
{
	(void)context;
	if (world.cameras > 0)
		gp_list_append(list, "Canon EOS 600D", "usb:001,004");
	if (world.cameras > 1)
		gp_list_append(list, "Nikon DSC D90", "usb:001,007");
	return world.cameras;
}

int __wrap_gp_abilities_list_load(CameraAbilitiesList *list,
				  GPContext *context)
{
	(void)list;
	(void)context;
	return GP_OK;
}

int __wrap_gp_abilities_list_lookup_model(CameraAbilitiesList *list,
					  const char *model)
{
	(void)list;
	return strcmp(model, "Canon EOS 600D") ? GP_ERROR_MODEL_NOT_FOUND : 3;
}

int __wrap_gp_abilities_list_get_abilities(CameraAbilitiesList *list,
					   int index,
					   CameraAbilities *abilities)
{
	(void)list;
	ck_assert_int_eq(index, 3);
	memset(abilities, 0, sizeof(*abilities));
	return GP_OK;
}

int __wrap_gp_port_info_list_load(GPPortInfoList *list)
{
	(void)list;
	return GP_OK;
}

int __wrap_gp_port_info_list_lookup_path(GPPortInfoList *list,
					 const char *path)
{
	(void)list;
	ck_assert_str_eq(path, "usb:001,004");
	return 5;
}

int __wrap_gp_port_info_list_get_info(GPPortInfoList *list, int index,
				      GPPortInfo *info)
{
	(void)list;
	ck_assert_int_eq(index, 5);
	*info = NULL;
	return GP_OK;
}

int __wrap_gp_camera_set_abilities(Camera *camera, CameraAbilities abilities)
{
	(void)camera;
	(void)abilities;
	return GP_OK;
}

int __wrap_gp_camera_set_port_info(Camera *camera, GPPortInfo info)
{
	(void)camera;
	(void)info;
	return GP_OK;
}

int __wrap_gp_camera_init(Camera *camera, GPContext *context)
{
	(void)camera;
	(void)context;
	if (!world.init_error)
		world.open++;
	return world.init_error;
}

int __wrap_gp_camera_exit(Camera *camera, GPContext *context)
{
	(void)camera;
	(void)context;
	world.open--;
	return GP_OK;
}

static struct config *find(const char *name)
{
	for (struct config *config = world.configs; config->name; config++)
		if (!strcmp(config->name, name))
			return config;
	return NULL;
}

int __wrap_gp_camera_get_single_config(Camera *camera, const char *name,
				       CameraWidget **widget,
				       GPContext *context)
{
	const struct config *config = find(name);

	(void)camera;
	(void)context;
	if (world.get_error)
		return world.get_error;
	if (!config)
		return GP_ERROR_BAD_PARAMETERS;
	gp_widget_new(GP_WIDGET_RADIO, name, widget);
	for (int i = 0; config->choices[i]; i++)
		gp_widget_add_choice(*widget, config->choices[i]);
	gp_widget_set_value(*widget, config->value);
	return GP_OK;
}

int __wrap_gp_camera_set_single_config(Camera *camera, const char *name,
				       CameraWidget *widget,
				       GPContext *context)
{
	struct config *config = find(name);
	const char *value;

	(void)camera;
	(void)context;
	ck_assert_ptr_nonnull(config);
	gp_widget_get_value(widget, &value);
	for (int i = 0; config->choices[i]; i++)
		if (!strcmp(config->choices[i], value))
			config->value = config->choices[i];
	ck_assert_str_eq(config->value, value);
	world.sets++;
	return GP_OK;
}

int __wrap_gp_camera_capture(Camera *camera, CameraCaptureType type,
			     CameraFilePath *path, GPContext *context)
{
	(void)camera;
	(void)context;
	ck_assert_int_eq(type, GP_CAPTURE_IMAGE);
	if (world.busy && world.busy--)
		return GP_ERROR_CAMERA_BUSY;
	if (world.capture_error)
		return world.capture_error;
	strcpy(path->folder, "/");
	snprintf(path->name, sizeof(path->name), "capt%04d.jpg",
		 world.captures++);
	return GP_OK;
}

int __wrap_gp_camera_file_get(Camera *camera, const char *folder,
			      const char *name, CameraFileType type,
			      CameraFile *file, GPContext *context)
{
	(void)camera;
	(void)context;
	ck_assert_str_eq(folder, "/");
	ck_assert_int_eq(type, GP_FILE_TYPE_NORMAL);
	world.now += world.get_ns;
	if (world.get_error)
		return world.get_error;
	gp_file_append(file, world.file, strlen(world.file));
	return gp_file_append(file, name, strlen(name));
}

int __wrap_gp_camera_file_delete(Camera *camera, const char *folder,
				 const char *name, GPContext *context)
{
	(void)camera;
	(void)folder;
	(void)context;
	strcpy(world.deleted, name);
	return GP_OK;
}

/* ---- tests ---- */

static void new_world(void)
{
	memset(&world, 0, sizeof(world));
	world.now = 1000 * SECOND;
	world.cameras = 1;
	world.file = "\xff\xd8\xff";
	memcpy(world.configs, canon, sizeof(canon));
}

/* First bytes of a file of the played camera, and then its name. */
#define JPEG(name) "\xff\xd8\xff" name

static struct camera *configured(struct camera_settings settings)
{
	struct camera *camera = ops->open("gphoto2");

	ck_assert_ptr_nonnull(camera);
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	return camera;
}

static struct camera *started(void)
{
	struct camera *camera = configured((struct camera_settings){ 0 });

	ck_assert_int_eq(ops->start(camera), 0);
	return camera;
}

static void must_fail(int result, int error)
{
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(errno, error);
}

static char listed[256];

static void add(const char *id, const char *model, void *data)
{
	(void)data;
	strcat(listed, id);
	strcat(listed, "=");
	strcat(listed, model);
	strcat(listed, ";");
}

static void must_not_open(const char *id, int error)
{
	errno = 0;
	ck_assert_ptr_null(ops->open(id));
	ck_assert_int_eq(errno, error);
}

TEST(cameras_are_listed_and_opened)
{
	static const char *const ids[] = {
		"gphoto2", "", CANON, "gphoto2:Canon EOS 600D",
	};
	struct camera *camera;

	new_world();
	world.cameras = 2;
	ck_assert_int_eq(ops->list(add, NULL), 2);
	ck_assert_str_eq(listed, CANON "=Canon EOS 600D;gphoto2:Nikon DSC D90@usb:001,007=Nikon DSC D90;");
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		camera = ops->open(ids[i]);
		ck_assert_ptr_nonnull(camera);
		ck_assert_str_eq(ops->id(camera), CANON);
		ck_assert_str_eq(ops->model(camera), "Canon EOS 600D");
		ck_assert_int_eq(world.open, 1);
		ops->close(camera);
	}
	ops->close(NULL);
	ck_assert_int_eq(world.open, 0);
}

TEST(a_camera_that_cannot_be_opened_is_told)
{
	new_world();
	must_not_open("gphoto2:Canon EOS 600D@usb:001,005", ENODEV);
	must_not_open("gphoto2:Canon EOS 60", ENODEV);
	must_not_open("gphoto2:Canon EOS 600D Mark", ENODEV);
	must_not_open("gphoto2:", ENODEV);
	must_not_open("vimc", ENODEV);
	world.init_error = GP_ERROR_IO_USB_CLAIM;
	must_not_open("gphoto2", EBUSY);
	world.init_error = GP_ERROR_IO_READ;
	must_not_open("gphoto2", EIO);
	world.cameras = 2;
	must_not_open("gphoto2:Nikon DSC D90", ENODEV);
	world.cameras = 0;
	ck_assert_int_eq(ops->list(add, NULL), 0);
	must_not_open("gphoto2", ENODEV);
	world.cameras = GP_ERROR_NO_MEMORY;
	must_not_open("gphoto2", ENOMEM);
	must_fail(ops->list(add, NULL), ENOMEM);
}

TEST(texts_of_choices_are_read)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = {
		{ "1/125", 1 / 125.0 }, { "0.5", 0.5 }, { "30", 30 },
		{ "0.0125s", 0.0125 }, { "1.3\"", 1.3 }, { "3/10", 0.3 },
		{ "100", 100 }, { "bulb", 0 }, { "Auto", 0 }, { "", 0 },
		{ "1/0", 0 }, { "1/", 0 }, { "-1", 0 }, { "nan", 0 },
		{ "inf", 0 }, { "1/125 flash", 0 }, { "100x", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(gphoto2_number(rows[i].text) == rows[i].value,
			      "\"%s\" is read as %g", rows[i].text,
			      gphoto2_number(rows[i].text));
}

TEST(settings_become_the_nearest_choices)
{
	struct camera_settings settings = {
		.width = 640,
		.format = CAMERA_FORMAT_JPEG,
		.period_ns = SECOND,
		.exposure_ns = 10 * MS,
		.gain = 3,
	};
	struct camera_capabilities can;
	struct camera *camera;

	new_world();
	camera = ops->open("gphoto2");
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_str_eq(find("shutterspeed")->value, "1/125");
	ck_assert_str_eq(find("iso")->value, "400");
	ck_assert_str_eq(find("imageformat")->value, "Large Fine JPEG");
	ck_assert_str_eq(find("capturetarget")->value, "Internal RAM");
	ck_assert_uint_eq(settings.format, CAMERA_FORMAT_JPEG);
	ck_assert_uint_eq(settings.exposure_ns, 8 * MS);
	ck_assert_double_eq(settings.gain, 4);
	ck_assert_uint_eq(settings.width, 0);
	ck_assert_uint_eq(settings.period_ns, 0);
	ops->capabilities(camera, &can);
	ck_assert(can.on_demand && can.sets_exposure && can.sets_gain);
	ck_assert_uint_eq(can.mark, CAMERA_MARK_UNKNOWN);
	/* Nothing is sent that is so already. */
	ck_assert_int_eq(world.sets, 4);
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_int_eq(world.sets, 4);
	settings.format = CAMERA_FORMAT_RGB8;
	must_fail(ops->configure(camera, &settings), EINVAL);
	ops->close(camera);
	/* Left as it is, and told. */
	new_world();
	settings = (struct camera_settings){ 0 };
	camera = ops->open("gphoto2");
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_uint_eq(settings.exposure_ns, 16666667);
	ck_assert_double_eq(settings.gain, 0);
	ops->close(camera);
	/* A camera that can be told nothing. */
	new_world();
	memset(world.configs, 0, sizeof(world.configs));
	settings = (struct camera_settings){ .exposure_ns = MS, .gain = 1 };
	camera = ops->open("gphoto2");
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_uint_eq(settings.exposure_ns, 0);
	ck_assert_double_eq(settings.gain, 0);
	ops->close(camera);
}

TEST(controls_change_between_photos)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera;
	struct camera_frame frame;

	new_world();
	camera = started();
	ck_assert_int_eq(ops->shoot(camera), 0);
	controls.exposure_ns = 25 * SECOND;
	controls.gain = 60;
	ck_assert_int_eq(ops->control(camera, &controls), 0);
	ck_assert_str_eq(find("shutterspeed")->value, "30");
	ck_assert_str_eq(find("iso")->value, "6400");
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(ops->next(camera, &frame, 0), 0);
	ck_assert_uint_eq(frame.exposure_ns, 16666667);
	ck_assert_int_eq(ops->next(camera, &frame, 0), 0);
	ck_assert_uint_eq(frame.exposure_ns, 30 * SECOND);
	ck_assert_double_eq(frame.gain, 64);
	ck_assert(isnan(frame.lens_dpt));
	ops->close(camera);
}

TEST(controls_that_cannot_be_change_nothing)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera *camera;
	int sets;

	new_world();
	camera = started();
	sets = world.sets;
	controls.gain = 2;
	controls.exposure_ns = 1000 * SECOND;
	must_fail(ops->control(camera, &controls), EINVAL);
	controls.exposure_ns = SECOND / 60;
	controls.gain = 0.1;
	must_fail(ops->control(camera, &controls), EINVAL);
	controls.gain = NAN;
	must_fail(ops->control(camera, &controls), EINVAL);
	controls.gain = 2;
	controls.lens_dpt = 1;
	must_fail(ops->control(camera, &controls), EOPNOTSUPP);
	controls.lens_dpt = NAN;
	controls.lock_white_balance = true;
	must_fail(ops->control(camera, &controls), EOPNOTSUPP);
	ck_assert_int_eq(world.sets, sets);
	world.configs[0].name = "nothing";
	controls.lock_white_balance = false;
	must_fail(ops->control(camera, &controls), EOPNOTSUPP);
	ops->close(camera);
}

TEST(a_photo_is_fetched_after_it_was_taken)
{
	struct camera_frame frame, held;
	struct camera *camera;
	uint64_t before;

	new_world();
	camera = configured((struct camera_settings){ 0 });
	must_fail(ops->shoot(camera), EIO);
	must_fail(ops->next(camera, &frame, 10), EIO);
	ck_assert_int_eq(ops->start(camera), 0);
	must_fail(ops->start(camera), EBUSY);
	before = world.now;
	must_fail(ops->next(camera, &frame, 100), ETIMEDOUT);
	ck_assert_uint_ge(world.now, before + 100 * MS);
	before = world.now;
	/* The cable is slow: it takes longer than the timeout. */
	world.get_ns = 3 * SECOND;
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_uint_lt(world.now, before + SECOND);
	ck_assert_int_eq(ops->next(camera, &held, 1), 0);
	ck_assert_uint_eq(held.size, 3 + strlen("capt0000.jpg"));
	ck_assert_mem_eq(held.data, JPEG("capt0000.jpg"), held.size);
	ck_assert_uint_eq(held.sequence, 0);
	ck_assert_uint_ge(held.time_ns, before);
	ck_assert_uint_lt(held.time_ns, before + SECOND);
	ck_assert_str_eq(world.deleted, "capt0000.jpg");
	ck_assert_int_eq(ops->next(camera, &frame, 1), 0);
	ck_assert_mem_eq(frame.data, JPEG("capt0001.jpg"), frame.size);
	ck_assert_uint_eq(frame.sequence, 1);
	ck_assert_mem_eq(held.data, JPEG("capt0000.jpg"), held.size);
	ops->release(camera, &held);
	ops->release(camera, &frame);
	/* Four at most, waiting or held. */
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(ops->shoot(camera), 0);
	must_fail(ops->shoot(camera), EBUSY);
	ck_assert_int_eq(ops->next(camera, &frame, 1), 0);
	must_fail(ops->shoot(camera), EBUSY);
	ops->release(camera, &frame);
	ck_assert_int_eq(ops->shoot(camera), 0);
	ops->stop(camera);
	must_fail(ops->next(camera, &frame, 1), EIO);
	ops->close(camera);
}

TEST(a_camera_that_is_busy_is_asked_again)
{
	struct camera *camera;
	uint64_t before;

	new_world();
	camera = started();
	world.busy = 20;
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(world.busy, 0);
	ck_assert_int_eq(world.captures, 1);
	before = world.now;
	world.busy = 1 << 30;
	must_fail(ops->shoot(camera), EIO);
	ck_assert_uint_lt(world.now, before + 60 * SECOND);
	world.busy = 0;
	ck_assert_int_eq(ops->shoot(camera), 0);
	/* It cannot focus, say: the next photo may be better. */
	world.capture_error = GP_ERROR;
	must_fail(ops->shoot(camera), EIO);
	world.capture_error = 0;
	ck_assert_int_eq(ops->shoot(camera), 0);
	ops->close(camera);
}

TEST(a_camera_that_is_unplugged_stays_so)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct camera_frame frame;
	struct camera *camera;

	new_world();
	camera = started();
	ck_assert_int_eq(ops->shoot(camera), 0);
	world.get_error = GP_ERROR_IO_WRITE;
	must_fail(ops->next(camera, &frame, 1), EIO);
	world.get_error = 0;
	must_fail(ops->next(camera, &frame, 1), EIO);
	must_fail(ops->shoot(camera), EIO);
	must_fail(ops->control(camera, &controls), EIO);
	ops->stop(camera);
	must_fail(ops->start(camera), ENODEV);
	ops->close(camera);
	new_world();
	camera = started();
	world.capture_error = GP_ERROR_IO_USB_FIND;
	must_fail(ops->shoot(camera), EIO);
	world.capture_error = 0;
	must_fail(ops->shoot(camera), EIO);
	ops->close(camera);
	new_world();
	camera = ops->open("gphoto2");
	world.get_error = GP_ERROR_IO_READ;
	must_fail(ops->configure(camera, &(struct camera_settings){ 0 }), EIO);
	ops->close(camera);
	ck_assert_int_eq(world.open, 0);
}

TEST(a_file_that_is_no_jpeg_is_refused_and_the_next_one_comes)
{
	struct camera_frame frame;
	struct camera *camera;

	new_world();
	camera = started();
	world.file = "II*";
	ck_assert_int_eq(ops->shoot(camera), 0);
	must_fail(ops->next(camera, &frame, 1), EPROTO);
	world.file = "\xff\xd8";
	ck_assert_int_eq(ops->shoot(camera), 0);
	ck_assert_int_eq(ops->next(camera, &frame, 1), 0);
	ck_assert_uint_eq(frame.sequence, 1);
	ops->close(camera);
}
