// SPDX-License-Identifier: GPL-2.0-or-later
/* What is stored of a scan besides frames, positions and steps. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "scan.h"

/*
 * Bytes per second that the slowest disk is taken to write, and what is
 * allowed on top; both of the model that ad_flush has in fly scans elsewhere.
 */
#define FLUSH_BYTES_PER_S (50.0 * 1024 * 1024)
#define FLUSH_HEADROOM 3
#define FLUSH_LEAST_S 10

/* Longest name of the user's metadata. */
#define KEY_LEN 64

struct number {
	const char *name;
	double value;
	const char *unit;
};

struct text {
	const char *name;
	const char *value;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void scan_read_clocks(struct oscan_clocks *clocks)
{
	if (oscan_clock_read(clocks))
		memset(clocks, 0, sizeof(*clocks));
}

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
		"camera", "clocks", "ledger", "motor", "pairing", "pass",
		"resumed_from", "steps", "uncertainty", "versions", "warnings",
		"watchdog",
	};
	size_t length = strlen(key);

	for (size_t i = 0; i < COUNT(taken); i++)
		if (!strcmp(key, taken[i]))
			return false;
	return length && length <= KEY_LEN && strchr(letters, *key) &&
	       strspn(key, more) == length;
}

static int store_numbers(struct scan *scan, const struct number *numbers,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_users(scan, numbers[i].name) &&
		    writer_add_number(scan->writer, numbers[i].name,
				      numbers[i].value, numbers[i].unit))
			return -1;
	return 0;
}

static int store_texts(struct scan *scan, const struct text *texts,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_users(scan, texts[i].name) &&
		    writer_add_text(scan->writer, texts[i].name,
				    texts[i].value))
			return -1;
	return 0;
}

static int store_time(struct scan *scan, const char *name, uint64_t time_ns)
{
	return writer_add_array(scan->writer, name, &time_ns, 1, "ns");
}

static double flush_timeout_s(const struct scan *scan)
{
	double bytes = (double)scan_frame_bytes(scan) *
		       scan->result->geometry.frames;
	double seconds = FLUSH_HEADROOM * bytes / FLUSH_BYTES_PER_S;

	return seconds > FLUSH_LEAST_S ? seconds : FLUSH_LEAST_S;
}

static double exposure_s(const struct scan *scan)
{
	return scan->request->exposure_s ? scan->request->exposure_s :
					   scan->result->period_used_s;
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
	const struct text texts[] = {
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
		{ "camera/latency_source", scan->latency_source },
		{ "status", scan->error ? scan->result->error : "complete" },
	};
	const struct number numbers[] = {
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
		{ "hdf_flush_timeout_max", flush_timeout_s(scan), "s" },
		{ "consumer_tick", scan_tick_ms(scan) / 1e3, "s" },
		{ "force_hdf_nonblocking", request->nonblocking, NULL },
		{ "strict", request->strict, NULL },
		{ "passes", scan_pass_count(scan), NULL },
		{ "queue_frames", scan->queue_frames, NULL },
		{ "watchdog/motion", scan_motion_timeout_s(scan), "s" },
		{ "watchdog/writer", scan_writer_timeout_s(scan), "s" },
		{ "watchdog/deadline", scan->guard.deadline_s, "s" },
	};

	if (store_texts(scan, texts, COUNT(texts)) ||
	    store_numbers(scan, numbers, COUNT(numbers)))
		return -1;
	return 0;
}

static int store_camera(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	const struct camera_settings *settings = &scan->settings;
	const struct camera_capabilities *can = &scan->capabilities;
	double period = result->period_used_s;
	const struct number numbers[] = {
		{ "t_period_measured", result->period_measured_s, "s" },
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

	return store_numbers(scan, numbers, COUNT(numbers));
}

static int store_ledger(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	const struct flyscan_ledger *ledger = &result->ledger;
	const struct number numbers[] = {
		{ "ledger/sensor_gaps", ledger->sensor_gaps, NULL },
		{ "ledger/camera_dropped", ledger->camera_dropped, NULL },
		{ "ledger/camera_bad", ledger->camera_bad, NULL },
		{ "ledger/delivered", ledger->delivered, NULL },
		{ "ledger/taken", ledger->taken, NULL },
		{ "ledger/dropped", ledger->dropped, NULL },
		{ "ledger/packed", ledger->packed, NULL },
		{ "ledger/written", ledger->written, NULL },
		{ "ledger/copied", ledger->copied, NULL },
		{ "ledger/lost_sensor", ledger->sensor_gaps, NULL },
		{ "ledger/lost_camera", ledger->camera_dropped, NULL },
		{ "ledger/lost_queue", ledger->delivered - ledger->taken,
		  NULL },
		{ "ledger/lost_compressor", ledger->taken - ledger->packed,
		  NULL },
		{ "ledger/lost_writer", ledger->packed - ledger->written,
		  NULL },
		{ "ledger/lost", flyscan_lost(ledger), NULL },
		{ "ledger/in_scan", result->frames_in_scan, NULL },
		{ "ledger/unpaired", result->frames_unpaired, NULL },
		{ "steps/commanded", result->steps_commanded, NULL },
		{ "steps/counted", result->steps_counted, NULL },
		{ "steps/traced", result->steps_traced, NULL },
	};

	return store_numbers(scan, numbers, COUNT(numbers));
}

static int store_motor(struct scan *scan)
{
	const struct oscan_stats *stats = &scan->result->stats;
	const struct oscan_axis_info *info = scan->info;
	uint64_t bins[OSCAN_LATE_BINS];
	/* Of a pass with less than two steps there is no interval. */
	double shortest = stats->move_shortest_ns == UINT64_MAX ? NAN :
			  stats->move_shortest_ns;
	const struct number numbers[] = {
		{ "motor/worst_late", stats->move_worst_late_ns, "ns" },
		{ "motor/slip", stats->move_slip_ns, "ns" },
		{ "motor/shortest_interval", shortest, "ns" },
		{ "motor/stumbles", stats->move_stumbles, NULL },
		{ "motor/position_state", scan->state.position_state, NULL },
		{ "motor/steps_per_unit", oscan_axis_steps_per_unit(info),
		  NULL },
		{ "motor/full_steps_per_turn", info->full_steps_per_turn,
		  NULL },
		{ "motor/microsteps", info->microsteps, NULL },
		{ "motor/gear_num", info->gear_num, NULL },
		{ "motor/gear_den", info->gear_den, NULL },
		{ "motor/catch_up", info->catch_up_percent, "percent" },
	};

	for (int i = 0; i < OSCAN_LATE_BINS; i++)
		bins[i] = stats->late_bins[i] -
			  scan->stats_before.late_bins[i];
	if (store_numbers(scan, numbers, COUNT(numbers)))
		return -1;
	return writer_add_array(scan->writer, "motor/late_bins", bins,
				OSCAN_LATE_BINS, NULL);
}

static int store_clock(struct scan *scan, const char *when,
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
		if (store_time(scan, name, list[i].time_ns))
			return -1;
	}
	return 0;
}

/* One for each pass that was begun, the first one in clocks too; 0: never. */
static int store_passes(struct scan *scan)
{
	size_t passes = scan->result->passes, count = passes ? passes : 1;
	uint64_t *times = calloc(3 * count, sizeof(*times));
	int result;

	if (!times)
		return -1;
	for (size_t i = 0; i < passes; i++) {
		times[i] = scan->passes[i].launch_ns;
		times[count + i] = scan->passes[i].crossing_ns[0];
		times[2 * count + i] = scan->passes[i].crossing_ns[1];
	}
	result = store_time(scan, "clocks/launch", times[0]) ||
		 store_time(scan, "clocks/t_start", times[count]) ||
		 store_time(scan, "clocks/t_end", times[2 * count]) ||
		 writer_add_array(scan->writer, "pass/launch", times, count,
				  "ns") ||
		 writer_add_array(scan->writer, "pass/t_start",
				  times + count, count, "ns") ||
		 writer_add_array(scan->writer, "pass/t_end",
				  times + 2 * count, count, "ns");
	free(times);
	return result ? -1 : 0;
}

static int store_clocks(struct scan *scan)
{
	struct oscan_clocks now;

	scan_read_clocks(&now);
	if (store_clock(scan, "start", &scan->start_clocks) ||
	    store_clock(scan, "end", &now))
		return -1;
	return store_passes(scan);
}

static int store_boot(struct scan *scan)
{
	char id[64] = "";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file) {
		if (!fgets(id, sizeof(id), file))
			*id = '\0';
		fclose(file);
	}
	id[strcspn(id, "\n")] = '\0';
	return writer_add_text(scan->writer, "clocks/boot_id", id);
}

static int store_warnings(struct scan *scan)
{
	const struct flyscan_result *result = scan->result;
	char name[64];

	for (uint32_t i = 0; i < result->warning_count; i++) {
		snprintf(name, sizeof(name), "warnings/%u", i);
		if (writer_add_text(scan->writer, name,
				    result->warnings[i].text))
			return -1;
	}
	if (!scan->request->earlier)
		return 0;
	return writer_add_text(scan->writer, "resumed_from",
			       scan->request->earlier->path);
}

static int store_versions(struct scan *scan)
{
	const struct oscan_info *info = oscan_motor_info(scan->motor);
	struct utsname system = { 0 };
	const struct text texts[] = {
		{ "versions/oscan", OSCAN_VERSION },
		{ "versions/driver", info->driver_version },
		{ "versions/kernel", system.release },
		{ "versions/machine", system.machine },
	};

	uname(&system);
	if (store_texts(scan, texts, COUNT(texts)))
		return -1;
	return writer_add_number(scan->writer, "versions/driver_abi",
				 info->abi_version, NULL);
}

/* Each hop within the writer; what is lost is the difference of two. */
static int store_writer(struct scan *scan)
{
	struct writer_counts counts;

	writer_counts(scan->writer, &counts);
	const struct number numbers[] = {
		{ "writer/offered", counts.offered, NULL },
		{ "writer/dropped", counts.dropped, NULL },
		{ "writer/refused", counts.refused, NULL },
		{ "writer/taken", counts.taken, NULL },
		{ "writer/packed", counts.packed, NULL },
		{ "writer/plain", counts.plain, NULL },
		{ "writer/written", counts.written, NULL },
		{ "writer/bytes", counts.bytes, NULL },
	};

	return store_numbers(scan, numbers, COUNT(numbers));
}

/* For the stop document, as bluesky has it. */
static void store_outcome(struct scan *scan)
{
	if (!scan->error)
		writer_outcome(scan->writer, "success", "");
	else
		writer_outcome(scan->writer, scan->error == ECANCELED ?
			       "abort" : "fail", scan->result->error);
}

int scan_store(struct scan *scan)
{
	store_outcome(scan);
	if (store_users(scan) || store_parameters(scan) ||
	    store_camera(scan) || store_ledger(scan) || store_motor(scan) ||
	    store_clocks(scan) || store_boot(scan) || store_warnings(scan) ||
	    store_versions(scan) || store_writer(scan))
		return scan_writer_failed(scan, errno);
	return 0;
}
