// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl flyscan --dry-run: the geometry, and every check with its limits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "flyscan-dry-run.h"
#include "oscanctl.h"

static json_t *bound(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *limits_json(const struct flyscan_limit *limits, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack(
			"{s:s, s:f, s:o, s:o, s:s, s:b}",
			"check", limits[i].name, "value", limits[i].value,
			"least", bound(limits[i].low),
			"greatest", bound(limits[i].high),
			"unit", limits[i].unit, "holds", limits[i].holds));
	return list;
}

static json_t *geometry_json(const struct flyscan_geometry *geometry)
{
	if (!geometry->frames)
		return NULL;
	return json_pack("{s:I, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f}",
			 "num_frames", (json_int_t)geometry->frames,
			 "direction", geometry->direction,
			 "scan_active_duration", geometry->duration_s,
			 "scan_velocity", geometry->velocity,
			 "acceleration", geometry->accel,
			 "motor_accl", geometry->accel_s,
			 "d_taxi", geometry->d_taxi,
			 "p_initial", geometry->initial,
			 "p_final", geometry->final);
}

static void print_bounds(const struct flyscan_limit *limit)
{
	if (isnan(limit->low) && isnan(limit->high))
		printf("no limit");
	else if (isnan(limit->low))
		printf("at most %.6g", limit->high);
	else if (isnan(limit->high))
		printf("at least %.6g", limit->low);
	else
		printf("%.6g to %.6g", limit->low, limit->high);
}

static void print_limits(const struct flyscan_limit *limits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		printf("%-8s  %-13s %12.6g %-13s ",
		       limits[i].holds ? "ok" : "REFUSED", limits[i].name,
		       limits[i].value, limits[i].unit);
		print_bounds(&limits[i]);
		printf("\n");
	}
}

static void print_geometry(const struct flyscan_request *request,
			   const struct flyscan_geometry *geometry)
{
	double spacing = fabs(request->end - request->start) /
			 (geometry->frames - 1);

	printf("frames    %u, one each %.6g from %.6g to %.6g\n",
	       geometry->frames, spacing, request->start, request->end);
	printf("pass      %.6g s at %.6g per s\n", geometry->duration_s,
	       geometry->velocity);
	printf("run-up    from %.6g, %.6g of it to reach the speed in %.6g s\n",
	       geometry->initial, geometry->d_taxi, geometry->accel_s);
	printf("run-out   to %.6g\n", geometry->final);
}

int flyscan_dry_run(const struct flyscan_request *request, bool json)
{
	struct flyscan_limit limits[FLYSCAN_LIMITS_MAX];
	static struct flyscan_result result;
	size_t count;
	int failed = flyscan_preview(request, &result, limits, &count);

	if (failed)
		fail("%s", result.error);
	if (json && print_json(json_pack("{s:b, s:o*, s:o, s:o*}",
			"would_begin", !failed,
			"geometry", geometry_json(&result.geometry),
			"checks", limits_json(limits, count),
			"error", failed ? json_string(result.error) : NULL)))
		return EXIT_FAILURE;
	if (!json && count) {
		print_geometry(request, &result.geometry);
		print_limits(limits, count);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
