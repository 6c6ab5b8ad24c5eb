// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/camera/synthetic.c userspace/camera/synthetic-options.c
 * userspace/camera/synthetic-draw.c userspace/camera/synthetic-time.c
 * userspace/camera/synthetic-controls.c userspace/camera/synthetic-trigger.c
 * userspace/camera/defocus.c
 * userspace/camera/scene.c
 * tests/camera/angle.c -lm
 * -Wl,--wrap=clock_gettime -Wl,--wrap=clock_nanosleep
 */
/* The synthetic camera exposes when a line of the driver says so. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../camera/angle.h"
#include "oscan.h"
#include "synthetic-world.h"

#define EXPOSURE (20 * MS)
#define SPEED 40.0

/* ---- the driver ---- */

static struct {
	bool absent;
	int errors;		/* reads that fail with EIO */
	struct oscan_event events[32];
	unsigned int count;
	unsigned int told;
	unsigned int opened;
} driver;

static void happens(uint32_t type, uint32_t line, uint32_t value,
		    uint64_t after_ns)
{
	driver.events[driver.count++] = (struct oscan_event){
		.type = type,
		.line = line,
		.value = value,
		.time_ns = now + after_ns,
	};
}

static void pulse(uint64_t after_ns)
{
	happens(OSCAN_EVENT_TRIGGER, 1, 0, after_ns);
}

struct oscan_motor *oscan_motor_open(const char *path, bool writable)
{
	(void)path;
	ck_assert(!writable);
	errno = ENOENT;
	if (driver.absent)
		return NULL;
	driver.opened++;
	return (struct oscan_motor *)&driver;
}

void oscan_motor_close(struct oscan_motor *motor)
{
	(void)motor;
	driver.opened--;
}

static int find(const char *name, const char *first, const char *second)
{
	errno = ENXIO;
	if (!strcmp(name, first))
		return 0;
	return strcmp(name, second) ? -1 : 1;
}

int oscan_trigger_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return find(name, "flash", "camera");
}

int oscan_capture_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return find(name, "index", "strobe");
}

struct oscan_monitor *oscan_monitor_open(unsigned int groups)
{
	ck_assert_uint_eq(groups, OSCAN_MONITOR_EVENT);
	driver.opened++;
	return (struct oscan_monitor *)&driver;
}

void oscan_monitor_close(struct oscan_monitor *monitor)
{
	driver.opened -= !!monitor;
}

int oscan_monitor_read(struct oscan_monitor *monitor,
		       const struct oscan_monitor_handler *handler)
{
	(void)monitor;
	errno = EIO;
	if (driver.errors)
		return -1;
	while (driver.told < driver.count &&
	       driver.events[driver.told].time_ns <= now)
		handler->event(&driver.events[driver.told++], false,
			       handler->data);
	return 0;
}

/* Not wanted here: the turntable turns by itself. */
int pose_driver(struct pose_source *source, const char *device,
		const struct scene_pose *rest)
{
	(void)source;
	(void)device;
	(void)rest;
	errno = ENOENT;
	return -1;
}

static uint64_t zero_ns;

static int turning_at(void *data, uint64_t time_ns, struct scene_pose *pose)
{
	(void)data;
	*pose = (struct scene_pose){ SPEED * (time_ns - zero_ns) / 1e9, 90 };
	return 0;
}

int pose_steady(struct pose_source *source, const struct scene_pose *start,
		uint64_t start_ns, double speed_deg_s)
{
	(void)start;
	(void)speed_deg_s;
	zero_ns = start_ns;
	*source = (struct pose_source){ .at = turning_at };
	return 0;
}

static struct camera *started(const char *id)
{
	struct camera_settings settings = {
		.width = WIDTH,
		.height = HEIGHT,
		.period_ns = 50 * MS,
		.exposure_ns = EXPOSURE,
	};
	struct camera *camera;

	memset(&driver, 0, sizeof(driver));
	camera = ops->open(id);
	ck_assert_ptr_nonnull(camera);
	ck_assert_int_eq(ops->configure(camera, &settings), 0);
	ck_assert_int_eq(ops->start(camera), 0);
	return camera;
}

/* The next frame is that of a time, and shows it. */
static void is_exposed_at(struct camera *camera, uint64_t time_ns)
{
	struct camera_capabilities can;
	struct camera_frame frame = next(camera);
	struct angle angle;

	ops->capabilities(camera, &can);
	ck_assert_uint_eq(frame.time_ns, time_ns);
	ck_assert_uint_ge(now, time_ns + EXPOSURE);
	ck_assert(angle_read(frame.data, WIDTH, HEIGHT, 1, &angle));
	ck_assert_double_eq_tol(
		angle_between(angle.degrees, SPEED / 1e9 *
			      (time_ns + (EXPOSURE + can.readout_ns) / 2 -
			       zero_ns)), 0, 0.02);
	ops->release(camera, &frame);
}

static void gives_none(struct camera *camera, int error)
{
	struct camera_frame frame;

	ck_assert_int_eq(ops->next(camera, &frame, 200), -1);
	ck_assert_int_eq(errno, error);
}

static void ends(struct camera *camera)
{
	ops->close(camera);
	ck_assert_uint_eq(driver.opened, 0);
}

/* ---- tests ---- */

TEST(each_pulse_of_its_line_is_one_frame)
{
	struct camera *camera = started("synthetic:speed=40,trigger=camera");
	struct camera_capabilities can;

	ops->capabilities(camera, &can);
	ck_assert_uint_eq(can.trigger, CAMERA_TRIGGER_LINE);
	ck_assert(!can.sets_period);
	gives_none(camera, ETIMEDOUT);
	pulse(30 * MS);
	happens(OSCAN_EVENT_TRIGGER, 0, 0, 60 * MS);
	happens(OSCAN_EVENT_CAPTURE, 1, 1, 70 * MS);
	happens(OSCAN_EVENT_TRIGGER_MISSED, 1, 0, 80 * MS);
	happens(OSCAN_EVENT_PULSE, 1, 0, 100 * MS);
	is_exposed_at(camera, driver.events[0].time_ns);
	is_exposed_at(camera, driver.events[4].time_ns);
	gives_none(camera, ETIMEDOUT);
	ends(camera);
}

TEST(a_pulse_while_it_exposes_is_ignored)
{
	struct camera *camera =
		started("synthetic:speed=40,trigger=camera,row=1e-4");

	pulse(30 * MS);
	pulse(30 * MS + EXPOSURE + 119 * MS / 10 - 1);
	pulse(90 * MS);
	is_exposed_at(camera, driver.events[0].time_ns);
	is_exposed_at(camera, driver.events[2].time_ns);
	ends(camera);
}

TEST(a_pulse_before_the_start_is_not_its_own)
{
	struct camera *camera = started("synthetic:speed=40,trigger=camera");

	ops->stop(camera);
	pulse(0);
	now += MS;
	ck_assert_int_eq(ops->start(camera), 0);
	gives_none(camera, ETIMEDOUT);
	ends(camera);
}

TEST(the_strobe_tells_when_it_exposed)
{
	struct camera *camera = started("synthetic:speed=40,strobe=strobe");
	struct camera_capabilities can;

	ops->capabilities(camera, &can);
	ck_assert_uint_eq(can.trigger, CAMERA_TRIGGER_UNKNOWN);
	happens(OSCAN_EVENT_CAPTURE, 1, 1, 10 * MS);
	happens(OSCAN_EVENT_CAPTURE, 1, 0, 30 * MS + 1);
	happens(OSCAN_EVENT_CAPTURE, 0, 1, 40 * MS);
	happens(OSCAN_EVENT_TRIGGER, 1, 0, 50 * MS);
	happens(OSCAN_EVENT_CAPTURE, 1, 1, 60 * MS);
	is_exposed_at(camera, driver.events[0].time_ns);
	is_exposed_at(camera, driver.events[4].time_ns);
	ends(camera);
}

TEST(a_frame_that_is_dropped_is_a_gap)
{
	struct camera *camera =
		started("synthetic:speed=40,trigger=camera,drop=2");

	for (int i = 1; i <= 3; i++)
		pulse(i * 50 * MS);
	is_exposed_at(camera, driver.events[0].time_ns);
	is_exposed_at(camera, driver.events[2].time_ns);
	ends(camera);
}

TEST(a_driver_or_line_that_is_missing_is_told)
{
	struct camera *camera;

	memset(&driver, 0, sizeof(driver));
	ck_assert_ptr_null(ops->open("synthetic:speed=1,trigger=lamp"));
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_ptr_null(ops->open("synthetic:speed=1,strobe=camera"));
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_uint_eq(driver.opened, 0);
	driver.absent = true;
	ck_assert_ptr_null(ops->open("synthetic:speed=1,trigger=camera"));
	ck_assert_int_eq(errno, ENOENT);
	camera = started("synthetic:speed=40,trigger=camera");
	driver.errors = 1;
	gives_none(camera, EIO);
	ends(camera);
}

TEST(an_id_names_one_line)
{
	static const char *const bad[] = {
		"synthetic:trigger=", "synthetic:strobe=",
		"synthetic:trigger=camera,strobe=strobe",
		"synthetic:trigger=camera,trigger=flash",
		"synthetic:trigger=a_name_that_is_longer_than_31_letters",
	};
	struct synthetic_options options;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(synthetic_parse(bad[i], &options), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
}
