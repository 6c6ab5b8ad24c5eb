// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "h5.h"
#include "steplog.h"

/* Values that are worked out at a time. */
#define PART 512

/* Those before LOG_EVENT have a value for each step, the others for events. */
enum {
	LOG_TIME,
	LOG_TIME_NS,
	LOG_VALUE,
	LOG_RAW,
	LOG_EVENT,
	LOG_EVENT_NS,
	LOG_EVENT_POSITION,
};

static const char *const names[STEPLOG_DATASETS] = {
	[LOG_TIME] = "value_log/time",
	[LOG_TIME_NS] = "value_log/time_ns",
	[LOG_VALUE] = "value_log/value",
	[LOG_RAW] = "value_log/raw_value",
	[LOG_EVENT] = "course/event",
	[LOG_EVENT_NS] = "course/time_ns",
	[LOG_EVENT_POSITION] = "course/position",
};

static const char *place(const char *axis, const char *name, char path[600])
{
	snprintf(path, 600, "/entry/instrument/%.100s/%s", axis, name);
	return path;
}

static void forget(struct steplog *log)
{
	for (int n = 0; n < STEPLOG_DATASETS; n++)
		log->datasets[n] = -1;
	log->steps = 0;
	log->events = 0;
}

static hid_t make(hid_t file, const struct writer_config *config, int which)
{
	const hid_t types[STEPLOG_DATASETS] = {
		H5T_NATIVE_DOUBLE, H5T_NATIVE_UINT64, H5T_NATIVE_DOUBLE,
		H5T_NATIVE_INT64, H5T_NATIVE_UINT8, H5T_NATIVE_UINT64,
		H5T_NATIVE_INT64,
	};
	const char *const units[STEPLOG_DATASETS] = {
		"s", "ns", config->axis_unit, NULL, NULL, "ns", NULL,
	};
	char path[600];

	return h5_growing(file, place(config->axis_name, names[which], path),
			  types[which], units[which]);
}

static int describe(const struct steplog *log,
		    const struct layout_epoch *epoch)
{
	return h5_attribute(log->datasets[LOG_TIME], "start", epoch->text) ||
	       h5_attribute(log->datasets[LOG_TIME_NS], "clock",
			    "CLOCK_MONOTONIC") ||
	       h5_attribute(log->datasets[LOG_RAW], "description",
			    "microsteps, counted by the driver") ||
	       h5_attribute(log->datasets[LOG_EVENT], "description",
			    "1: the log begins, at rest; 2: every step up to then is in the log; 3: a pass begins, to position; 4: the camera is triggered; 5: its strobe begins; 6: it ends") ||
	       h5_attribute(log->datasets[LOG_EVENT_NS], "clock",
			    "CLOCK_MONOTONIC") ? -1 : 0;
}

int steplog_make(hid_t file, const struct writer_config *config,
		 const struct layout_epoch *epoch, struct steplog *log)
{
	const char *axis = config->axis_name;
	char path[600];

	forget(log);
	if (h5_make_group(file, place(axis, "value_log", path), "NXlog") ||
	    h5_text(file, place(axis, "value_log/description", path),
		    "every step, at the time it was made") ||
	    h5_make_group(file, place(axis, "course", path), "NXcollection"))
		return -1;
	for (int n = 0; n < STEPLOG_DATASETS; n++) {
		log->datasets[n] = make(file, config, n);
		if (log->datasets[n] < 0)
			return -1;
	}
	return describe(log, epoch);
}

/* The shortest of them: they were not all written at once. */
static int count(const struct steplog *log, int from, int to, uint64_t *least)
{
	int64_t length;

	*least = UINT64_MAX;
	for (int n = from; n < to; n++) {
		length = h5_length(log->datasets[n]);
		if (length < 0)
			return -1;
		if ((uint64_t)length < *least)
			*least = length;
	}
	return 0;
}

int steplog_open(hid_t file, const char *axis, struct steplog *log)
{
	char path[600];

	forget(log);
	for (int n = 0; n < STEPLOG_DATASETS; n++) {
		log->datasets[n] = H5Dopen2(file, place(axis, names[n], path),
					    H5P_DEFAULT);
		if (log->datasets[n] < 0)
			return -1;
	}
	return count(log, 0, LOG_EVENT, &log->steps) ||
	       count(log, LOG_EVENT, STEPLOG_DATASETS, &log->events) ? -1 : 0;
}

static int append_part(struct steplog *log, const struct writer_config *config,
		       const struct layout_epoch *epoch,
		       const struct writer_trace *trace,
		       const uint64_t *utc_ns)
{
	double seconds[PART], values[PART];

	for (size_t n = 0; n < trace->steps; n++) {
		const uint64_t utc = utc_ns ? utc_ns[n] :
				     layout_utc_ns(epoch, trace->time_ns[n]);

		seconds[n] = (double)(int64_t)(utc - epoch->utc_ns) / 1e9;
		values[n] = (double)trace->position[n] /
			    config->steps_per_unit;
	}
	if (h5_append(log->datasets[LOG_TIME], H5T_NATIVE_DOUBLE, log->steps,
		      seconds, trace->steps) ||
	    h5_append(log->datasets[LOG_TIME_NS], H5T_NATIVE_UINT64,
		      log->steps, trace->time_ns, trace->steps) ||
	    h5_append(log->datasets[LOG_VALUE], H5T_NATIVE_DOUBLE, log->steps,
		      values, trace->steps) ||
	    h5_append(log->datasets[LOG_RAW], H5T_NATIVE_INT64, log->steps,
		      trace->position, trace->steps))
		return -1;
	log->steps += trace->steps;
	return 0;
}

int steplog_append(struct steplog *log, const struct writer_config *config,
		   const struct layout_epoch *epoch,
		   const struct writer_trace *trace, const uint64_t *utc_ns)
{
	for (size_t at = 0; at < trace->steps; at += PART) {
		const size_t left = trace->steps - at;
		const struct writer_trace part = {
			.steps = left < PART ? left : PART,
			.time_ns = trace->time_ns + at,
			.position = trace->position + at,
		};

		if (append_part(log, config, epoch, &part,
				utc_ns ? utc_ns + at : NULL))
			return -1;
	}
	return 0;
}

int steplog_append_course(struct steplog *log, const struct course *course,
			  size_t events)
{
	for (size_t n = 0; n < events; n++) {
		const uint8_t event = course[n].event;

		if (h5_append(log->datasets[LOG_EVENT], H5T_NATIVE_UINT8,
			      log->events, &event, 1) ||
		    h5_append(log->datasets[LOG_EVENT_NS], H5T_NATIVE_UINT64,
			      log->events, &course[n].time_ns, 1) ||
		    h5_append(log->datasets[LOG_EVENT_POSITION],
			      H5T_NATIVE_INT64, log->events,
			      &course[n].position, 1))
			return -1;
		log->events++;
	}
	return 0;
}

int steplog_cut(struct steplog *log, uint64_t steps)
{
	const hsize_t dims[] = { steps };

	for (int n = 0; n < LOG_EVENT; n++) {
		if (H5Dset_extent(log->datasets[n], dims) < 0)
			return -1;
	}
	log->steps = steps;
	return 0;
}

int steplog_flush(struct steplog *log)
{
	for (int n = 0; n < STEPLOG_DATASETS; n++) {
		if (H5Dflush(log->datasets[n]) < 0)
			return -1;
	}
	return 0;
}

void steplog_close(struct steplog *log)
{
	for (int n = 0; n < STEPLOG_DATASETS; n++) {
		if (log->datasets[n] >= 0)
			H5Dclose(log->datasets[n]);
	}
	forget(log);
}
