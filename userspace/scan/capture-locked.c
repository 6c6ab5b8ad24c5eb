// SPDX-License-Identifier: GPL-2.0-or-later
/* locked.json: what a scan that is taken up again cannot find out. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "capture-parts.h"
#include "durable.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

void capture_boot_id(char boot[40])
{
	FILE *file = fopen(BOOT_ID, "re");

	if (!file || !fgets(boot, 40, file))
		strcpy(boot, "unknown");
	boot[strcspn(boot, "\n")] = '\0';
	if (file)
		fclose(file);
}

static void locked_file(const struct capture *capture, char *file,
			 size_t size)
{
	snprintf(file, size, "%s/locked.json",
		 project_scan_folder(capture->scan));
}

static json_t *number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *to_json(const struct capture_locked *locked)
{
	return json_pack("{s:s, s:I, s:b, s:o, s:o, s:b, s:I, s:f, s:f, s:f, s:o}",
			 "boot_id", locked->boot,
			 "driver_probed_ns", (json_int_t)locked->probed_ns,
			 "trusted", (int)locked->trusted,
			 "begin_theta",
			 number(locked->begin_deg[CAPTURE_THETA]),
			 "begin_fi", number(locked->begin_deg[CAPTURE_PHI]),
			 "found", (int)locked->found,
			 "exposure_ns", (json_int_t)locked->exposure_ns,
			 "gain", locked->gain,
			 "red_gain", locked->red_gain,
			 "blue_gain", locked->blue_gain,
			 "lens_dpt", number(locked->lens_dpt));
}

int capture_locked_save(struct capture *capture)
{
	json_t *json = to_json(&capture->locked);
	char file[CAPTURE_PATH_LEN];
	int failed;

	locked_file(capture, file, sizeof(file));
	errno = ENOMEM;
	failed = !json || durable_json(file, json, NULL);
	json_decref(json);
	if (!failed)
		return 0;
	return capture_fail(capture, errno,
			    "wanted to write locked.json in %.200s, found: %s; free some space or make the folder writable",
			    project_scan_folder(capture->scan),
			    strerror(errno));
}

static bool take_number(const json_t *json, const char *key, double least,
			double most, double *value)
{
	const json_t *entry = json_object_get(json, key);

	if (json_is_null(entry))
		return true;
	if (!json_is_number(entry))
		return false;
	*value = json_number_value(entry);
	return *value >= least && *value <= most;
}

static bool from_json(const json_t *json, struct capture_locked *locked)
{
	const char *boot = json_string_value(json_object_get(json,
							     "boot_id"));
	const json_t *found = json_object_get(json, "found");
	double exposure_ns = 0;

	if (!boot || strlen(boot) >= sizeof(locked->boot) ||
	    !json_is_boolean(found))
		return false;
	strcpy(locked->boot, boot);
	locked->probed_ns = json_integer_value(
		json_object_get(json, "driver_probed_ns"));
	locked->trusted = json_is_true(json_object_get(json, "trusted"));
	/* Not where they stand now, where it is not told. */
	locked->begin_deg[CAPTURE_THETA] = NAN;
	locked->begin_deg[CAPTURE_PHI] = NAN;
	if (!take_number(json, "begin_theta", -1e6, 1e6,
			 &locked->begin_deg[CAPTURE_THETA]) ||
	    !take_number(json, "begin_fi", -1e6, 1e6,
			 &locked->begin_deg[CAPTURE_PHI]))
		return false;
	locked->found = json_is_true(found);
	if (!locked->found)
		return true;
	if (!take_number(json, "exposure_ns", 0, 1e13, &exposure_ns))
		return false;
	locked->exposure_ns = exposure_ns;
	return take_number(json, "gain", 0, 1e4, &locked->gain) &&
	       take_number(json, "red_gain", 0, 1e4, &locked->red_gain) &&
	       take_number(json, "blue_gain", 0, 1e4,
			   &locked->blue_gain) &&
	       take_number(json, "lens_dpt", 0, 1e3, &locked->lens_dpt);
}

/*
 * Killed before it was written, a scan has no photo. Of one that has some it
 * was taken away, and nobody knows any more where the axes were trusted, and
 * where they began.
 */
static int write_anew(struct capture *capture)
{
	struct capture_locked *locked = &capture->locked;

	if (project_scan_photos(capture->scan)) {
		locked->boot[0] = '\0';
		locked->trusted = false;
		locked->begin_deg[CAPTURE_THETA] = NAN;
		locked->begin_deg[CAPTURE_PHI] = NAN;
	}
	return capture_locked_save(capture);
}

/* What was found, but not told by the frames, ended with the camera's run. */
static bool is_untold(const struct capture *capture)
{
	const struct capture_request *request = capture->request;
	const struct capture_locked *locked = &capture->locked;

	return (request->autofocus && isnan(locked->lens_dpt)) ||
	       (request->lock_white_balance && !locked->red_gain);
}

int capture_locked_load(struct capture *capture)
{
	char file[CAPTURE_PATH_LEN];
	json_error_t error;
	json_t *json;
	bool good;

	locked_file(capture, file, sizeof(file));
	json = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
	if (!json &&
	    json_error_code(&error) == json_error_cannot_open_file)
		return write_anew(capture);
	good = json && from_json(json, &capture->locked);
	json_decref(json);
	capture->refind = good && is_untold(capture);
	if (good)
		return 0;
	return capture_fail(capture, EBADMSG,
			    "wanted what was locked for the scan in %.300s, found a file that is not as it was written; remove it to have exposure and focus found anew",
			    file);
}
