// SPDX-License-Identifier: GPL-2.0-or-later
/* What the scan was asked for, for the start document. */
#include <jansson.h>
#include <stdlib.h>
#include "jsontext.h"
#include "scan.h"

/* They win, as in the file. */
static void add_users(const struct scan *scan, json_t *object)
{
	const struct flyscan_md *md = scan->request->md;

	for (size_t i = 0; i < scan->request->md_count; i++)
		json_object_set_new(object, md[i].key, md[i].text ?
				    json_any_text(md[i].text) :
				    json_real(md[i].number));
}

char *scan_metadata(const struct scan *scan)
{
	const struct flyscan_request *request = scan->request;
	const struct flyscan_geometry *geometry = &scan->result->geometry;
	const struct flyscan_earlier *earlier = request->earlier;
	json_t *object = json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:s, s:o, s:o, s:i, s:f, s:f, s:i, s:s}",
		"plan_name", "flyscan",
		"plan_type", "fly",
		"det_name", json_any_text(request->camera->id(scan->camera)),
		"flymotor_name", json_any_text(scan->info->name),
		"motor_egu", scan_unit(scan),
		"p_start", earlier ? earlier->start : request->start,
		"p_end", earlier ? earlier->end : request->end,
		"exposures_per_egu", request->per_unit,
		"t_period", request->period_s,
		"t_acquire", flyscan_exposure_s(request,
						scan->result->period_used_s),
		"taxi_allowance", request->taxi_allowance,
		"compression", writer_compression_name(request->compression),
		"ad_file_name", json_any_text(request->name),
		"ad_file_path", json_any_text(request->directory),
		"num_frames", (int)(earlier ? earlier->places : geometry->frames),
		"scan_active_duration", geometry->duration_s,
		"scan_velocity", geometry->velocity,
		"passes", (int)(earlier ? earlier->passes :
					  scan_pass_count(scan)),
		"trigger_mode", flyscan_trigger_name(request->trigger));
	char *text;

	if (object)
		add_users(scan, object);
	text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	return text;
}
