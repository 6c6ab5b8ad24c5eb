// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything that can be known to be wrong before anything moves. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "latency-file.h"
#include "scan.h"

/* Frames before and behind the pass are kept too. */
#define FRAMES_FACTOR 1.5
/* Time, position and count of a step; what HDF5 needs besides. */
#define STEP_BYTES 32
#define FILE_BYTES (1 << 20)

/* Of a step in an oscan_track, which has room for so many and then doubles. */
#define TRACK_STEP_BYTES 16
#define TRACK_LEAST_STEPS 1024

struct text {
	char text[FLYSCAN_ERROR_LEN];
	size_t length;
};

/* One more thing that is wrong; all are told. */
__attribute__((format(printf, 3, 4)))
static void object(struct scan *scan, int error, const char *format, ...)
{
	char *text = scan->result->error;
	size_t length = strlen(text);
	va_list args;

	if (length)
		length += snprintf(text + length, FLYSCAN_ERROR_LEN - length,
				   "; also ");
	if (length < FLYSCAN_ERROR_LEN) {
		va_start(args, format);
		vsnprintf(text + length, FLYSCAN_ERROR_LEN - length, format,
			  args);
		va_end(args);
	}
	if (!scan->error)
		scan->error = error;
}

static void append(struct text *list, const char *word)
{
	int length = snprintf(list->text + list->length,
			      sizeof(list->text) - list->length, "%s%s",
			      list->length ? ", " : "", word);

	list->length += length;
	if (list->length >= sizeof(list->text))
		list->length = sizeof(list->text) - 1;
}

static void object_device(struct scan *scan)
{
	const char *path = scan->request->device ? scan->request->device :
						   OSCAN_DEVICE_PATH;

	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		object(scan, errno,
		       "wanted the motors at %.200s, found no such device; load the driver with \"modprobe oscan_motor\" (\"oscanctl doctor\" tells what is missing)",
		       path);
		break;
	case EACCES:
	case EPERM:
		object(scan, errno,
		       "wanted to open %.200s for commands, found that this user may not; run it with sudo or have the file's permissions changed",
		       path);
		break;
	case ENOTTY:
		object(scan, errno,
		       "wanted the motors at %.200s, found another kind of file; give the right one",
		       path);
		break;
	default:
		object(scan, errno,
		       "wanted to open %.200s, found: %s; \"oscanctl doctor\" tells more",
		       path, strerror(errno));
	}
}

static void object_axis(struct scan *scan)
{
	unsigned int axes = oscan_motor_info(scan->motor)->axes;
	struct text names = { .length = 0 };

	for (unsigned int i = 0; i < axes; i++)
		append(&names, oscan_motor_axis_info(scan->motor, i)->name);
	object(scan, ENXIO, "no axis \"%.40s\"; this machine has %.300s",
	       scan->request->axis, names.text);
}

static void check_free(struct scan *scan)
{
	const char *name = scan->info->name;

	if (oscan_motor_state(scan->motor, scan->axis, &scan->state) ||
	    oscan_motor_stats(scan->motor, scan->axis, &scan->stats_before)) {
		object(scan, errno,
		       "wanted the state of %s, found: %s; load the driver again",
		       name, strerror(errno));
		return;
	}
	if ((scan->state.flags & OSCAN_STATE_CONTROLLED) &&
	    !(scan->state.flags & OSCAN_STATE_MINE))
		object(scan, EBUSY,
		       "wanted to control %s, found that another program controls the motors; wait until it has ended, or end it",
		       name);
	else if (scan->state.motion != OSCAN_MOTION_IDLE)
		object(scan, EBUSY,
		       "wanted %s at rest, found it moving; wait, or stop it with \"oscanctl stop %s\"",
		       name, name);
}

static void open_axis(struct scan *scan)
{
	unsigned int groups = OSCAN_MONITOR_TRACE;
	int axis;

	scan->motor = oscan_motor_open(scan->request->device, true);
	if (!scan->motor) {
		object_device(scan);
		return;
	}
	axis = oscan_motor_find_axis(scan->motor, scan->request->axis);
	if (axis < 0) {
		object_axis(scan);
		return;
	}
	scan->axis = axis;
	scan->info = oscan_motor_axis_info(scan->motor, axis);
	check_free(scan);
	scan_check_earlier(scan);
	if (scan->request->trigger != FLYSCAN_TRIGGER_FREE)
		groups |= OSCAN_MONITOR_EVENT;
	scan->monitor = oscan_monitor_open(groups);
	if (!scan->monitor)
		object(scan, errno,
		       "wanted to receive the steps of %s, found: %s; install the driver that came with this program",
		       scan->info->name, strerror(errno));
}

static void check_geometry(struct scan *scan)
{
	double carried = oscan_motor_info(scan->motor)->max_rate_sps;
	struct flyscan_result *result = scan->result;
	char why[FLYSCAN_ERROR_LEN];
	double speed;

	if (flyscan_plan(scan->request, scan->info, result->period_used_s,
			 &result->geometry, why)) {
		object(scan, errno, "%s", why);
		return;
	}
	speed = scan_steps(scan, result->geometry.velocity);
	if (speed > carried)
		object(scan, ERANGE,
		       "the scan needs %.0f microsteps/s, and this machine carries no more than %.0f: take a longer period or a higher density",
		       speed, carried);
}

static void add_camera(const char *id, const char *model, void *data)
{
	(void)model;
	append(data, id);
}

static void object_camera(struct scan *scan, int error)
{
	const char *id = scan->request->camera_id;
	struct text names = { .length = 0 };

	if (error == EBUSY) {
		object(scan, error,
		       "wanted the camera %.80s, found that another program uses it; end that program",
		       id && *id ? id : "that is there first");
		return;
	}
	if (error == EINVAL && id && !strncmp(id, "synthetic", 9)) {
		object(scan, error,
		       "wanted the camera %.80s, found a part of its name that is not known or cannot be; see oscan-synthetic(7)",
		       id);
		return;
	}
	if (error != ENODEV) {
		object(scan, error,
		       "wanted to open the camera %.80s, found: %s; \"oscanctl doctor\" tells more",
		       id && *id ? id : "that is there first",
		       strerror(error));
		return;
	}
	if (scan->request->camera->list(add_camera, &names) <= 0)
		object(scan, error,
		       "wanted a camera, found none; connect one and see that its driver is loaded (\"oscanctl doctor\" tells more), or take \"synthetic\" to try without");
	else
		object(scan, error, "no camera \"%.80s\"; this machine has %.300s",
		       id ? id : "", names.text);
}

/*
 * A latency holds for the moment that it was measured for. Where nobody knows
 * what the times mark, it leads to the middle of the exposure, and holds for
 * that exposure alone.
 */
static bool latency_holds(const struct scan *scan,
			  const struct latency_entry *entry)
{
	double exposure_ns = scan->settings.exposure_ns;

	if (strcmp(entry->time_mark, scan_mark_name(scan)))
		return false;
	return scan->capabilities.mark != CAMERA_MARK_UNKNOWN ||
	       fabs(entry->exposure_ns - exposure_ns) <= 0.01 * exposure_ns;
}

static void find_latency(struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	struct latency_entry entry;

	strcpy(scan->latency_source, "none");
	if (request->latency_given) {
		scan->latency_ns = request->latency_ns;
		strcpy(scan->latency_source, "given");
		return;
	}
	if (!request->latency_file)
		return;
	if (latency_file_load(request->latency_file,
			      request->camera->id(scan->camera), &entry)) {
		if (errno != ENOENT && errno != ENOTDIR)
			object(scan, errno,
			       "wanted the measured latency of the camera in %.200s, found: %s; correct or remove that file",
			       request->latency_file,
			       errno == EBADMSG ? "it is not as oscanctl wrote it" :
			       strerror(errno));
		return;
	}
	if (!latency_holds(scan, &entry))
		return;
	scan->latency_ns = entry.latency_ns;
	scan->latency_sigma_ns = entry.uncertainty_ns;
	snprintf(scan->latency_source, sizeof(scan->latency_source),
		 "measured %s", entry.measured);
}

static void configure_camera(struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	struct camera_settings *settings = &scan->settings;
	double exposure = flyscan_exposure_s(request, request->period_s);

	settings->width = request->width;
	settings->height = request->height;
	if (request->period_s > 0 && request->period_s < 1e9)
		settings->period_ns = llrint(request->period_s * 1e9);
	if (exposure > 0 && exposure < 1e9)
		settings->exposure_ns = llrint(exposure * 1e9);
	if (request->camera->configure(scan->camera, settings)) {
		object(scan, errno,
		       "wanted the camera %.80s to take frames of this size and period, found that it cannot (%s); choose others",
		       request->camera->id(scan->camera), strerror(errno));
		return;
	}
	request->camera->capabilities(scan->camera, &scan->capabilities);
	if (request->mark)
		scan->capabilities.mark = request->mark;
	if (request->readout_ns)
		scan->capabilities.readout_ns = request->readout_ns;
	find_latency(scan);
	scan->result->width = settings->width;
	scan->result->height = settings->height;
	if (!camera_streams(settings, &scan->capabilities))
		object(scan, EINVAL,
		       "wanted a film in grey or in red, green and blue, found that the camera %.80s takes single photos or another format; choose another camera",
		       request->camera->id(scan->camera));
}

static void open_camera(struct scan *scan)
{
	scan->camera = scan->request->camera->open(scan->request->camera_id);
	if (!scan->camera)
		object_camera(scan, errno);
	else if (restore_note_camera(scan->restore))
		object(scan, errno,
		       "wanted to write into the journal %.300s, found: %s; free some space there",
		       restore_path(scan->restore), strerror(errno));
	else
		configure_camera(scan);
}

/*
 * What a scan that was killed has left is put back before anything is read; but
 * where it is completed its axis, switched off, would not stand where it did.
 */
static void open_journal(struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	uint32_t *restored = &scan->result->restored_earlier;
	char why[FLYSCAN_ERROR_LEN];

	if (request->earlier)
		scan->restore = restore_open_but(request->state,
						 request->device,
						 request->axis, restored, why);
	else
		scan->restore = restore_open(request->state, restored, why);
	if (!scan->restore)
		object(scan, errno, "%s", why);
	else if (*why)
		scan_warn(scan, FLYSCAN_WARN_RESTORE, "%s", why);
}

static double all_steps(const struct scan *scan)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;

	return scan_pass_count(scan) *
	       fabs(scan_steps(scan, geometry->final - geometry->initial));
}

double scan_memory(const struct scan *scan)
{
	double steps = fmax(all_steps(scan), TRACK_LEAST_STEPS);

	return exp2(ceil(log2(steps))) * TRACK_STEP_BYTES;
}

double scan_free_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kilobytes;
	double bytes = NAN;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu", &kilobytes) == 1)
			bytes = kilobytes * 1024.0;
	if (file)
		fclose(file);
	return bytes;
}

static void check_memory(struct scan *scan)
{
	double needed = scan_memory(scan), found = scan_free_memory();

	if (needed > found)
		object(scan, ENOMEM,
		       "the scan wants %.1f MB of memory for the times of %.0f steps, found %.1f MB available: take fewer passes or a shorter range, or end other programs",
		       needed / 1e6, all_steps(scan), found / 1e6);
}

double scan_room(const struct scan *scan)
{
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	const struct flyscan_earlier *earlier = scan->request->earlier;
	double passes = scan_pass_count(scan), bytes = FILE_BYTES;

	if (scan->camera)
		bytes += FRAMES_FACTOR * passes * geometry->frames *
			 scan_frame_bytes(scan);
	if (scan->info)
		bytes += STEP_BYTES * all_steps(scan);
	if (earlier)
		bytes += (double)earlier->frames * scan_frame_bytes(scan) +
			 (double)earlier->steps * STEP_BYTES;
	return bytes;
}

static void check_place(struct scan *scan)
{
	const char *name = scan->request->name;
	char why[FLYSCAN_ERROR_LEN];

	if (!*name || strchr(name, '/') || strlen(name) > 200)
		object(scan, EINVAL,
		       "wanted a name for the file, found \"%.40s\"; choose one of 1 to 200 letters without \"/\"",
		       name);
	if (scan_check_place(scan->request->directory, scan_room(scan), why))
		object(scan, errno, "%s", why);
}

/* What cannot be read back is not written. */
static void check_compression(struct scan *scan)
{
	const enum writer_compression wanted = scan->request->compression;
	struct text names = { .length = 0 };

	if (writer_can_compress(wanted))
		return;
	for (int kind = WRITER_PLAIN; kind <= WRITER_BITSHUFFLE_LZ4; kind++)
		if (writer_can_compress((enum writer_compression)kind))
			append(&names, writer_compression_name(
				       (enum writer_compression)kind));
	object(scan, ENOTSUP,
	       "wanted frames compressed with %s, found that HDF5 cannot read that here; take one of %s, or install its plugin (Debian: hdf5-filter-plugin, bitshuffle)",
	       writer_compression_name(wanted), names.text);
}

int scan_preflight(struct scan *scan)
{
	char why[FLYSCAN_ERROR_LEN];

	open_journal(scan);
	if (!scan->restore)
		return -1;
	open_axis(scan);
	if (scan->info) {
		check_geometry(scan);
		check_memory(scan);
	}
	open_camera(scan);
	if (scan->result->geometry.velocity > 0 && scan->result->width &&
	    scan_trigger_check(scan, why))
		object(scan, errno, "%s", why);
	check_compression(scan);
	check_place(scan);
	return scan->error ? -1 : 0;
}
