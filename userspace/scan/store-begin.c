// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is known of a scan before its first frame: it is in the file even if
 * the program is killed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "scan.h"
#include "store.h"

/*
 * Bytes per second that the slowest disk is taken to write, and what is
 * allowed on top; both of the model that ad_flush has in fly scans elsewhere.
 */
#define FLUSH_BYTES_PER_S (50.0 * 1024 * 1024)
#define FLUSH_HEADROOM 3
#define FLUSH_LEAST_S 10

/* Longest name of the user's metadata. */
#define KEY_LEN 64

/* The user's own metadata win over those of the scan, see flyscan.h. */
static bool is_users(const struct scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->request->md_count; i++)
		if (!strcmp(scan->request->md[i].key, name))
			return true;
	return false;
}

static int store_users(struct scan *scan)
{
	const struct flyscan_md *md = scan->request->md;

	for (size_t i = 0; i < scan->request->md_count; i++) {
		if (md[i].text ?
		    writer_add_text(scan->writer, md[i].key, md[i].text) :
		    writer_add_number(scan->writer, md[i].key, md[i].number,
				      NULL))
			return -1;
	}
	return 0;
}

bool flyscan_md_key(const char *key)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char more[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
	/* Groups and texts that the scan stores itself. */
	static const char *const taken[] = {
		"camera", "clocks", "earlier", "ledger", "motor", "pairing",
		"pass", "range", "resumed_from", "steps", "strobe", "trigger",
		"uncertainty", "versions", "warnings", "watchdog", "writer",
	};
	size_t length = strlen(key);

	for (size_t i = 0; i < COUNT(taken); i++)
		if (!strcmp(key, taken[i]))
			return false;
	return length && length <= KEY_LEN && strchr(letters, *key) &&
	       strspn(key, more) == length;
}

int scan_store_numbers(struct scan *scan, const struct scan_number *numbers,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_users(scan, numbers[i].name) &&
		    writer_add_number(scan->writer, numbers[i].name,
				      numbers[i].value, numbers[i].unit))
			return -1;
	return 0;
}

int scan_store_texts(struct scan *scan, const struct scan_text *texts,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_users(scan, texts[i].name) &&
		    writer_add_text(scan->writer, texts[i].name,
				    texts[i].value))
			return -1;
	return 0;
}

int scan_store_time(struct scan *scan, const char *name, uint64_t time_ns)
{
	return writer_add_array(scan->writer, name, &time_ns, 1, "ns");
}

int scan_store_clock(struct scan *scan, const char *when,
		     const struct oscan_clocks *clocks)
{
	uint64_t now = clocks->monotonic_ns;
	const struct {
		const char *name;
		uint64_t time_ns;
	} list[] = {
		{ "monotonic", now },
		{ "boottime", now + clocks->boottime_offset_ns },
		{ "boottime_error", clocks->boottime_error_ns },
		{ "realtime", now + clocks->realtime_offset_ns },
		{ "realtime_error", clocks->realtime_error_ns },
	};
	char name[64];

	for (size_t i = 0; i < COUNT(list); i++) {
		snprintf(name, sizeof(name), "clocks/%s_%s", list[i].name,
			 when);
		if (scan_store_time(scan, name, list[i].time_ns))
			return -1;
	}
	return 0;
}

double scan_flush_timeout_s(const struct scan *scan)
{
	double bytes = (double)scan_frame_bytes(scan) *
		       scan->result->geometry.frames * scan_pass_count(scan);
	double seconds = FLUSH_HEADROOM * bytes / FLUSH_BYTES_PER_S;

	return seconds > FLUSH_LEAST_S ? seconds : FLUSH_LEAST_S;
}

static double exposure_s(const struct scan *scan)
{
	return flyscan_exposure_s(scan->request, scan->result->period_used_s);
}

static int store_parameters(struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	const char *unit = scan_unit(scan);
	double scale = oscan_axis_steps_per_unit(scan->info);
	const struct flyscan_earlier *earlier = request->earlier;
	bool rotation = scan->info->unit == OSCAN_UNIT_DEGREE;
	const char *per_s = rotation ? "deg/s" : "mm/s";
	const struct scan_text texts[] = {
		{ "plan_name", "flyscan" },
		{ "det_name", request->camera->id(scan->camera) },
		{ "flymotor_name", scan->info->name },
		{ "compression",
		  writer_compression_name(request->compression) },
		{ "motor_egu", unit },
		{ "ad_file_name", request->name },
		{ "ad_file_path", request->directory },
		{ "camera_interface", request->camera->name },
		{ "camera/time_mark", scan_mark_name(scan) },
		{ "trigger_mode", flyscan_trigger_name(request->trigger) },
		{ "camera/latency_source", scan->latency_source },
	};
	const struct scan_number numbers[] = {
		{ "p_start", earlier ? earlier->start : request->start, unit },
		{ "p_end", earlier ? earlier->end : request->end, unit },
		{ "exposures_per_egu", request->per_unit,
		  rotation ? "1/deg" : "1/mm" },
		{ "t_acquire", exposure_s(scan), "s" },
		{ "t_acquire_was_default", request->exposure_s == 0, NULL },
		{ "t_period", request->period_s, "s" },
		{ "taxi_allowance", request->taxi_allowance, unit },
		{ "p_initial", geometry->initial, unit },
		{ "p_final", geometry->final, unit },
		{ "num_frames", earlier ? earlier->places : geometry->frames,
		  NULL },
		{ "scan_active_duration", geometry->duration_s, "s" },
		{ "scan_velocity", geometry->velocity, per_s },
		{ "d_taxi", geometry->d_taxi, unit },
		{ "motor_accl", geometry->accel_s, "s" },
		{ "motor_accl_was_default", request->accel == 0, NULL },
		{ "motor_velocity_max",
		  oscan_speed_to_double(scan->info->max_speed_sps_q44) / scale,
		  per_s },
		{ "motor_velocity_base", NAN, per_s },
		{ "motor_velocity_base_was_unreadable", 1, NULL },
		/* The file has no bound. */
		{ "hdf_num_capture", 0, NULL },
		{ "hdf_flush_timeout_max", scan_flush_timeout_s(scan), "s" },
		{ "consumer_tick", scan_tick_ms(scan) / 1e3, "s" },
		{ "force_hdf_nonblocking", request->nonblocking, NULL },
		{ "strict", request->strict, NULL },
		{ "passes", earlier ? earlier->passes : scan_pass_count(scan),
		  NULL },
		{ "range/start", request->start, unit },
		{ "range/end", request->end, unit },
		{ "range/places", geometry->frames, NULL },
		{ "range/passes", scan_pass_count(scan), NULL },
		{ "range/first_pass", earlier ? earlier->first_pass : 0, NULL },
		{ "queue_frames", scan->queue_frames, NULL },
		{ "watchdog/motion", scan_motion_timeout_s(scan), "s" },
		{ "watchdog/writer", scan_writer_timeout_s(scan), "s" },
		{ "watchdog/deadline", scan_deadline_s(scan), "s" },
	};

	if (scan_store_texts(scan, texts, COUNT(texts)) ||
	    scan_store_numbers(scan, numbers, COUNT(numbers)))
		return -1;
	return 0;
}

static int store_camera(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	const struct camera_settings *settings = &scan->settings;
	const struct camera_capabilities *can = &scan->capabilities;
	double period = result->period_used_s;
	const struct scan_number numbers[] = {
		{ "t_period_measured", result->period_measured_s ?
		  result->period_measured_s : NAN, "s" },
		{ "t_period_used", period, "s" },
		{ "first_frame_timeout", scan_first_frame_timeout_s(period),
		  "s" },
		{ "frame_timeout", scan_frame_timeout_s(period), "s" },
		{ "camera/width", settings->width, "pixel" },
		{ "camera/height", settings->height, "pixel" },
		{ "camera/width_asked", scan->request->width, "pixel" },
		{ "camera/height_asked", scan->request->height, "pixel" },
		{ "camera/period", settings->period_ns / 1e9, "s" },
		{ "camera/exposure", settings->exposure_ns / 1e9, "s" },
		{ "camera/gain", settings->gain, NULL },
		{ "camera/sets_period", can->sets_period, NULL },
		{ "camera/sets_exposure", can->sets_exposure, NULL },
		{ "camera/sets_gain", can->sets_gain, NULL },
		{ "camera/counts_gaps", can->counts_gaps, NULL },
		{ "camera/readout", can->readout_ns / 1e9, "s" },
		{ "camera/row_time", settings->height > 1 ?
		  can->readout_ns / 1e9 / (settings->height - 1) : 0, "s" },
		{ "camera/latency", scan->latency_ns / 1e9, "s" },
		{ "camera/latency_uncertainty",
		  scan->latency_sigma_ns / 1e9, "s" },
	};

	return scan_store_numbers(scan, numbers, COUNT(numbers));
}

static int store_axis(struct scan *scan)
{
	const struct oscan_axis_info *info = scan->info;
	const struct scan_number numbers[] = {
		{ "motor/steps_per_unit", oscan_axis_steps_per_unit(info),
		  NULL },
		{ "motor/full_steps_per_turn", info->full_steps_per_turn,
		  NULL },
		{ "motor/microsteps", info->microsteps, NULL },
		{ "motor/gear_num", info->gear_num, NULL },
		{ "motor/gear_den", info->gear_den, NULL },
		{ "motor/catch_up", info->catch_up_percent, "percent" },
	};

	return scan_store_numbers(scan, numbers, COUNT(numbers));
}

void flyscan_boot_id(char id[FLYSCAN_BOOT_LEN])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	*id = '\0';
	if (file) {
		if (!fgets(id, FLYSCAN_BOOT_LEN, file))
			*id = '\0';
		fclose(file);
	}
	id[strcspn(id, "\n")] = '\0';
}

static int store_boot(struct scan *scan)
{
	char id[FLYSCAN_BOOT_LEN];

	flyscan_boot_id(id);
	if (writer_add_text(scan->writer, "clocks/boot_id", id))
		return -1;
	return scan_store_time(scan, "clocks/driver_probed",
			       oscan_motor_info(scan->motor)->probed_ns);
}

static int store_versions(struct scan *scan)
{
	const struct oscan_info *info = oscan_motor_info(scan->motor);
	struct utsname system = { 0 };
	const struct scan_text texts[] = {
		{ "versions/oscan", OSCAN_VERSION },
		{ "versions/driver", info->driver_version },
		{ "versions/kernel", system.release },
		{ "versions/machine", system.machine },
	};

	uname(&system);
	if (scan_store_texts(scan, texts, COUNT(texts)))
		return -1;
	return writer_add_number(scan->writer, "versions/driver_abi",
				 info->abi_version, NULL);
}

int scan_store_begin(struct scan *scan)
{
	if (store_users(scan) || store_parameters(scan) ||
	    store_camera(scan) || scan_trigger_store_begin(scan) ||
	    store_axis(scan) || store_boot(scan) ||
	    scan_store_clock(scan, "start", &scan->start_clocks) ||
	    store_versions(scan) ||
	    (scan->request->earlier && scan_store_earlier(scan)))
		return scan_writer_failed(scan, errno);
	return 0;
}
