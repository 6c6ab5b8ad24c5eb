// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything that can be known to be wrong before anything moves. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include "capture-parts.h"
#include "capture-settings.h"

/* Where nothing is known of the size of a photo: a large JPEG. */
#define PHOTO_BYTES (10u << 20)
/* What is kept beside a photo: its metadata, and a line of the journal. */
#define METADATA_BYTES 8192

static int device_failed(struct capture *capture)
{
	const char *path = capture->request->device ?
			   capture->request->device : OSCAN_DEVICE_PATH;

	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return capture_fail(capture, errno,
				    "wanted the motors at %.200s, found no such device; load the driver with \"modprobe oscan_motor\" (\"oscanctl doctor\" tells what is missing)",
				    path);
	case EACCES:
	case EPERM:
		return capture_fail(capture, errno,
				    "wanted to open %.200s for commands, found that this user may not; run it with sudo or have the file's permissions changed",
				    path);
	default:
		return capture_fail(capture, errno,
				    "wanted to open %.200s, found: %s; \"oscanctl doctor\" tells more",
				    path, strerror(errno));
	}
}

static int check_free(struct capture *capture,
		      const struct capture_axis *axis)
{
	const char *name = axis->info->name;

	if ((axis->state.flags & OSCAN_STATE_CONTROLLED) &&
	    !(axis->state.flags & OSCAN_STATE_MINE))
		return capture_fail(capture, EBUSY,
				    "wanted to control %s, found that another program controls the motors; wait until it has ended, or end it",
				    name);
	if (axis->state.motion != OSCAN_MOTION_IDLE)
		return capture_fail(capture, EBUSY,
				    "wanted %s at rest, found it moving; wait, or stop it with \"oscanctl stop %s\"",
				    name, name);
	return 0;
}

static int find_axis(struct capture *capture, enum capture_axes which,
		     const char *name, const char *usual)
{
	struct capture_axis *axis = &capture->axis[which];
	int number = oscan_motor_find_axis(capture->motor,
					   name ? name : usual);

	if (number < 0 && !name) {
		path_axis_of(NULL, &axis->path);
		return 0;
	}
	if (number < 0)
		return capture_fail(capture, ENXIO,
				    "no axis \"%.60s\"; \"oscanctl list\" shows those of this machine",
				    name);
	axis->number = number;
	axis->info = oscan_motor_axis_info(capture->motor, number);
	if (axis->info->unit != OSCAN_UNIT_DEGREE)
		return capture_fail(capture, EINVAL,
				    "wanted an axis that turns, found that %s is in millimetres; choose another one",
				    axis->info->name);
	path_axis_of(axis->info, &axis->path);
	return 0;
}

static int find_line(struct capture *capture)
{
	const char *name = capture->request->trigger;
	int line;

	if (!name)
		return 0;
	line = oscan_trigger_find(capture->motor, name);
	if (line < 0)
		return capture_fail(capture, errno,
				    "no trigger line \"%.60s\"; \"oscanctl trigger\" shows those of this machine",
				    name);
	capture->line = line;
	return 0;
}

int capture_open_rig(struct capture *capture)
{
	const struct capture_request *request = capture->request;

	capture_boot_id(capture->locked.boot);
	capture->motor = oscan_motor_open(request->device, true);
	if (!capture->motor)
		return device_failed(capture);
	if (find_axis(capture, CAPTURE_THETA, request->theta_axis, "rotor") ||
	    find_axis(capture, CAPTURE_PHI, request->phi_axis, "turntable") ||
	    find_line(capture) || capture_read_axes(capture))
		return -1;
	if (!capture->axis[CAPTURE_THETA].info &&
	    !capture->axis[CAPTURE_PHI].info)
		return capture_fail(capture, ENXIO,
				    "wanted an axis named rotor or turntable, found neither; name the axes of this machine (\"oscanctl list\" shows them)");
	if (capture->axis[CAPTURE_THETA].info ==
	    capture->axis[CAPTURE_PHI].info)
		return capture_fail(capture, EINVAL,
				    "wanted two axes, found %s named twice; correct one of them",
				    capture->axis[CAPTURE_PHI].info->name);
	for (int i = 0; i < CAPTURE_AXES; i++) {
		struct capture_axis *axis = &capture->axis[i];

		if (axis->info && check_free(capture, axis))
			return -1;
		axis->rest_steps = axis->state.steps;
	}
	return 0;
}

static int camera_failed(struct capture *capture)
{
	const char *id = capture->request->camera_id;
	const char *named = id && *id ? id : "that is there first";

	switch (errno) {
	case EBUSY:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found that another program uses it; end that program",
				    named);
	case ENODEV:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found none; connect it and see that its driver is loaded (\"oscanctl doctor\" tells more), or take \"synthetic\" to try without",
				    named);
	case ENOSYS:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found this program built without the library for it; install that and build again",
				    named);
	case EINVAL:
		return capture_fail(capture, errno,
				    "wanted the camera %.80s, found a part of its name that is not known or cannot be; correct it",
				    named);
	default:
		return capture_fail(capture, errno,
				    "wanted to open the camera %.80s, found: %s; \"oscanctl doctor\" tells more",
				    named, strerror(errno));
	}
}

static bool wants_raw(uint32_t format)
{
	return format == PHOTO_DNG || format == PHOTO_RAW;
}

/* Colours as they are seen, or as they are sensed, else what it has. */
static int configure(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_ops *ops = request->camera;
	struct camera_settings wanted = {
		.width = request->width,
		.height = request->height,
		.exposure_ns = request->exposure_ns,
		.gain = request->gain,
	};

	ops->capabilities(capture->camera, &capture->capabilities);
	wanted.format = wants_raw(request->format) &&
			capture->capabilities.bayer ?
			CAMERA_FORMAT_BAYER16 : CAMERA_FORMAT_RGB8;
	capture->settings = wanted;
	if (!ops->configure(capture->camera, &capture->settings))
		return 0;
	if (errno != EINVAL)
		return -1;
	wanted.format = 0;
	capture->settings = wanted;
	return ops->configure(capture->camera, &capture->settings);
}

/* A format of the camera that cannot become that of the photos. */
static bool format_fits(uint32_t photo, uint32_t camera)
{
	switch (photo) {
	case PHOTO_RAW:
		return true;
	case PHOTO_DNG:
		return camera == CAMERA_FORMAT_BAYER16;
	case PHOTO_JPEG:
		return camera != CAMERA_FORMAT_BAYER16;
	default:
		return camera != CAMERA_FORMAT_JPEG;
	}
}

static int lacks(struct capture *capture, const char *what)
{
	const struct camera_ops *ops = capture->request->camera;

	return capture_fail(capture, EOPNOTSUPP,
			    "wanted the camera %.80s to %s, found that it cannot; leave that to the camera, or take another one",
			    ops->id(capture->camera), what);
}

static int check_lens(struct capture *capture, double lens_dpt)
{
	const struct camera_capabilities *can = &capture->capabilities;

	if (!can->sets_lens)
		return lacks(capture, "move its lens");
	if (lens_dpt >= can->lens_min_dpt && lens_dpt <= can->lens_max_dpt)
		return 0;
	return capture_fail(capture, ERANGE,
			    "wanted the lens at %g dioptres, found that it goes from %g to %g; choose a position between them",
			    lens_dpt, can->lens_min_dpt, can->lens_max_dpt);
}

static int check_abilities(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct camera_capabilities *can = &capture->capabilities;

	if (!format_fits(request->format, capture->settings.format))
		return capture_fail(capture, EOPNOTSUPP,
				    "wanted photos as %s, found that the camera %.80s does not give what that is made of; choose another format",
				    photo_format_name(request->format),
				    request->camera->id(capture->camera));
	if ((request->exposure_ns || request->bracket > 1) &&
	    !can->sets_exposure)
		return lacks(capture, "keep to an exposure");
	if (request->gain && !can->sets_gain)
		return lacks(capture, "keep to a gain");
	if ((request->red_gain || request->lock_white_balance) &&
	    !can->sets_white_balance)
		return lacks(capture, "keep to a white balance");
	if (request->autofocus && !can->has_autofocus)
		return lacks(capture, "focus by itself");
	if (!isnan(request->lens_dpt) &&
	    check_lens(capture, request->lens_dpt))
		return -1;
	if (request->stack > 1 &&
	    (check_lens(capture, request->focus_min_dpt) ||
	     check_lens(capture, request->focus_max_dpt)))
		return -1;
	return 0;
}

int capture_open_camera(struct capture *capture)
{
	const struct capture_request *request = capture->request;

	if (request->trigger)
		return 0;
	capture->camera = request->camera->open(request->camera_id);
	if (!capture->camera)
		return camera_failed(capture);
	if (configure(capture))
		return capture_fail(capture, errno,
				    "wanted %ux%u pixels from the camera %.80s, found: %s; choose another size or exposure, or leave it to the camera",
				    request->width, request->height,
				    request->camera->id(capture->camera),
				    strerror(errno));
	request->camera->capabilities(capture->camera,
				      &capture->capabilities);
	capture->result->width = capture->settings.width;
	capture->result->height = capture->settings.height;
	return check_abilities(capture);
}

static int path_failed(struct capture *capture, const char *why)
{
	return capture_fail(capture, errno, "%s", why);
}

/* From where the axes stand; what has no axis stands where the path says. */
static void time_path(struct capture *capture, bool order)
{
	struct path *path = &capture->path;
	double theta_deg = capture_angle(capture, CAPTURE_THETA);
	double phi_deg = capture_angle(capture, CAPTURE_PHI);

	if (isnan(theta_deg))
		theta_deg = path->points[0].theta_deg;
	if (isnan(phi_deg))
		phi_deg = path->points[0].phi_deg;
	(order ? path_order : path_time)(path,
					 &capture->axis[CAPTURE_THETA].path,
					 &capture->axis[CAPTURE_PHI].path,
					 theta_deg, phi_deg);
}

static int check_path(struct capture *capture)
{
	char why[PATH_ERROR_LEN];

	if (path_check(&capture->path, &capture->axis[CAPTURE_THETA].path,
		       &capture->axis[CAPTURE_PHI].path, why))
		return path_failed(capture, why);
	return 0;
}

int capture_make_path(struct capture *capture)
{
	char why[PATH_ERROR_LEN];

	if (path_make(&capture->request->path, &capture->path, why)) {
		capture->path = (struct path){ 0 };
		return path_failed(capture, why);
	}
	if (check_path(capture))
		return -1;
	time_path(capture, capture->request->optimise);
	return 0;
}

static int place_failed(struct capture *capture, const char *what)
{
	return capture_fail(capture, errno,
			    "wanted to write %s in %.200s, found: %s; free some space or make the folder writable",
			    what, project_scan_folder(capture->scan),
			    strerror(errno));
}

static void path_file(const struct capture *capture, char *file, size_t size)
{
	snprintf(file, size, "%s/path.json",
		 project_scan_folder(capture->scan));
}

static int freeze_path(struct capture *capture)
{
	char file[CAPTURE_PATH_LEN];

	path_file(capture, file, sizeof(file));
	if (!path_save(&capture->path, file, capture->request->project,
		       project_scan_index(capture->scan)))
		return 0;
	return place_failed(capture, "path.json");
}

static json_t *camera_json(const struct capture *capture)
{
	const struct camera_settings *settings = &capture->settings;

	return json_pack("{s:f, s:f, s:i, s:i, s:i, s:i}",
			 "shutter", settings->exposure_ns / 1e6,
			 "gain", settings->gain,
			 "jpeg_quality", (int)capture->request->quality,
			 "orientation_flag",
			 (int)capture->request->orientation,
			 "width", (int)settings->width,
			 "height", (int)settings->height);
}

static const char *camera_name(const struct capture *capture)
{
	if (!capture->camera)
		return capture->request->trigger;
	return capture->request->camera->model(capture->camera);
}

static void lock_asked(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	struct capture_locked *locked = &capture->locked;

	for (int i = 0; i < CAPTURE_AXES; i++)
		locked->begin_deg[i] = capture_angle(capture, i);
	locked->exposure_ns = request->exposure_ns ?
			      capture->settings.exposure_ns : 0;
	locked->gain = request->gain ? capture->settings.gain : 0;
	locked->red_gain = request->red_gain;
	locked->blue_gain = request->blue_gain;
	locked->lens_dpt = request->lens_dpt;
}

static int new_scan(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	char why[PROJECT_ERROR_LEN];

	lock_asked(capture);
	capture->scan = project_scan_new(capture->project,
					 capture_settings_json(request),
					 camera_name(capture),
					 camera_json(capture), why);
	if (!capture->scan)
		return capture_fail(capture, errno, "%s", why);
	if (freeze_path(capture))
		return -1;
	return capture_session_save(capture);
}

/* Killed before the order was frozen, a scan has none, and no photo. */
static int load_path(struct capture *capture)
{
	char why[PATH_ERROR_LEN], file[CAPTURE_PATH_LEN];

	path_file(capture, file, sizeof(file));
	if (!path_load(&capture->path, file, why)) {
		if (check_path(capture))
			return -1;
		time_path(capture, false);
		return 0;
	}
	capture->path = (struct path){ 0 };
	if (errno != ENOENT || project_scan_photos(capture->scan))
		return path_failed(capture, why);
	return capture_make_path(capture) || freeze_path(capture) ? -1 : 0;
}

static int old_scan(struct capture *capture)
{
	char why[PROJECT_ERROR_LEN];

	lock_asked(capture);
	capture->scan = project_scan_open(capture->project,
					  capture->request->resume_scan, why);
	if (!capture->scan)
		return capture_fail(capture, errno, "%s", why);
	if (load_path(capture))
		return -1;
	capture->earlier_s = project_scan_duration(capture->scan);
	return capture_session_load(capture);
}

int capture_open_project(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	char why[PROJECT_ERROR_LEN];
	int failed;

	capture->project = project_open(project_root(request->root),
					request->project,
					!request->resume_scan, why);
	if (!capture->project)
		return capture_fail(capture, errno, "%s", why);
	failed = request->resume_scan ? old_scan(capture) : new_scan(capture);
	if (!capture->scan)
		return failed;
	capture->result->scan = project_scan_index(capture->scan);
	snprintf(capture->result->folder, sizeof(capture->result->folder),
		 "%s", project_scan_folder(capture->scan));
	return failed;
}

/* Only moves to points that lack a photo. */
static double plan_moves(struct capture *capture)
{
	const struct path_axis *theta = &capture->axis[CAPTURE_THETA].path;
	const struct path_axis *phi = &capture->axis[CAPTURE_PHI].path;
	const struct path_point *to;
	double at[CAPTURE_AXES], sum = 0;

	for (int i = 0; i < CAPTURE_AXES; i++)
		at[i] = capture_angle(capture, i);
	for (size_t i = 0; i < capture->path.count; i++) {
		capture->point = i;
		capture->shot = 0;
		if (capture->scan && !capture_seek(capture)) {
			capture->points_before++;
			continue;
		}
		to = &capture->path.points[i];
		capture->moves_s[i] =
			fmax(theta->present ?
			     path_move_seconds(theta, at[0], to->theta_deg) : 0,
			     phi->present ?
			     path_move_seconds(phi, at[1], to->phi_deg) : 0);
		at[0] = to->theta_deg;
		at[1] = to->phi_deg;
		sum += capture->moves_s[i];
	}
	capture->point = 0;
	capture->shot = 0;
	return sum;
}

/* Lossless formats as they are, JPEG of the best quality a byte a pixel. */
static uint64_t estimate(const struct capture *capture)
{
	uint64_t pixels = (uint64_t)capture->settings.width *
			  capture->settings.height;
	uint32_t format = capture->settings.format;

	if (!capture->camera)
		return METADATA_BYTES;
	if (!pixels)
		return PHOTO_BYTES;
	if (format == CAMERA_FORMAT_JPEG ||
	    capture->request->format == PHOTO_JPEG)
		return pixels + METADATA_BYTES;
	return pixels * camera_bytes_per_pixel(format) + METADATA_BYTES;
}

static uint64_t frame_bytes(const struct capture *capture)
{
	uint64_t bytes = (uint64_t)capture->settings.width *
			 capture->settings.height *
			 camera_bytes_per_pixel(capture->settings.format);

	return capture->camera && !bytes ? PHOTO_BYTES : bytes;
}

int capture_plan(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	struct capture_result *result = capture->result;

	capture->moves_s = calloc(capture->path.count,
				  sizeof(*capture->moves_s));
	if (!capture->moves_s)
		return capture_fail(capture, ENOMEM,
				    "wanted memory for %zu points, found none; end other programs",
				    capture->path.count);
	capture->moves_left_s = plan_moves(capture);
	result->points_total = capture->path.count;
	result->photos_total = (uint64_t)capture->path.count *
			       capture_shots(request);
	result->photos_saved = capture->scan ?
			       project_scan_photos(capture->scan) : 0;
	result->moves_s = capture->moves_left_s;
	result->unordered_moves_s = capture->path.unordered_seconds;
	result->photo_bytes = estimate(capture);
	result->memory_bytes = frame_bytes(capture) *
			       (request->queue + request->workers);
	return 0;
}

/* Of the folder, or of the part of its path that is there. */
static uint64_t free_bytes(const char *folder)
{
	char path[CAPTURE_PATH_LEN];
	struct statvfs space;
	char *slash;

	snprintf(path, sizeof(path), "%s", folder);
	while (statvfs(path, &space)) {
		slash = strrchr(path, '/');
		if (errno != ENOENT)
			return UINT64_MAX;
		if (!slash)
			strcpy(path, ".");
		else if (slash == path)
			strcpy(path, "/");
		else
			*slash = '\0';
	}
	return (uint64_t)space.f_bavail * space.f_frsize;
}

int capture_check_space(struct capture *capture, uint64_t photos)
{
	const struct capture_request *request = capture->request;
	struct capture_result *result = capture->result;
	const char *folder = capture->scan ?
			     project_scan_folder(capture->scan) :
			     project_root(request->root);
	uint64_t wanted = photos * result->photo_bytes +
			  request->keep_free_bytes;

	result->free_bytes = free_bytes(folder);
	if (capture->saver)
		wanted += capture_saver_used(capture) * result->photo_bytes;
	if (result->free_bytes >= wanted)
		return 0;
	return capture_fail(capture, ENOSPC,
			    "wanted %.1f MB for %llu photos and %.1f MB left free in %.200s, found %.1f MB; free some space there, take fewer or smaller photos, or leave less free",
			    (wanted - request->keep_free_bytes) / 1e6,
			    (unsigned long long)photos,
			    request->keep_free_bytes / 1e6, folder,
			    result->free_bytes / 1e6);
}
