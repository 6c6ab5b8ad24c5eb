// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/capture-settings.c userspace/scan/path.c
 * userspace/scan/path-file.c userspace/scan/path-list.c
 * userspace/scan/path-near.c userspace/scan/path-order.c
 * userspace/scan/path-time.c userspace/scan/words.c
 * userspace/writer/durable.c userspace/liboscan/units.c
 * userspace/liboscan/wrap.c -lm -ljansson
 */
/* Settings of a capture scan: every field as it should not be. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "capture-settings.h"
#include "photo.h"
#include "project.h"
#include "unit.h"

static struct capture_settings settings;

/* The one for the other, to be read again. */
static json_t *stored;

int photo_format(const char *name)
{
	return !strcmp(name, "jpeg") ? PHOTO_JPEG :
	       !strcmp(name, "dng") ? PHOTO_DNG : -1;
}

const char *photo_format_name(enum photo_format format)
{
	return format == PHOTO_DNG ? "dng" : "jpeg";
}

const char *project_root(const char *root)
{
	return root ? root : "/projects";
}

json_t *project_scan_read(const char *root, const char *name,
			  unsigned int index, char error[PROJECT_ERROR_LEN])
{
	ck_assert_str_eq(root, "/projects");
	ck_assert_str_eq(name, "mouse");
	strcpy(error, "there is none");
	errno = ENOENT;
	return index == 2 ? json_pack("{s:O}", "settings", stored) : NULL;
}

static int take(const char *text)
{
	json_t *job = json_loads(text, JSON_DECODE_ANY, NULL);
	int failed;

	ck_assert_msg(job, "%s", text);
	capture_settings_begin(&settings);
	failed = capture_settings_take(&settings, job, "job");
	json_decref(job);
	return failed;
}

static void refused(const char *text, const char *words)
{
	int failed = take(text);

	ck_assert_msg(failed == -1 && errno == EINVAL, "%s: taken", text);
	ck_assert_msg(strstr(settings.error, words), "%s: %s", text,
		      settings.error);
	capture_settings_end(&settings);
}

TEST(a_job_of_openscan_is_taken)
{
	const struct capture_request *request = &settings.request;

	ck_assert_msg(!take("{\"project\": \"mouse\", \"path_method\": \"grid\","
		"\"points\": 60, \"min_theta\": 20.5, \"max_theta\": 90,"
		"\"optimize_path\": false, \"focus_stacks\": 3,"
		"\"focus_range\": [2, 4.5], \"pause_before_capture_ms\": 250,"
		"\"image_format\": \"dng\", \"shutter\": 12.5, \"AF\": true,"
		"\"keep_free_mb\": 5, \"focal_length_mm\": 4.74}"),
		"%s", settings.error);
	ck_assert_str_eq(request->project, "mouse");
	ck_assert_uint_eq(request->path.method, PATH_GRID);
	ck_assert_uint_eq(request->path.points, 60);
	ck_assert_double_eq(request->path.min_theta, 20.5);
	ck_assert(!request->optimise && request->autofocus);
	ck_assert_uint_eq(request->stack, 3);
	ck_assert_double_eq(request->focus_min_dpt, 2);
	ck_assert_double_eq(request->focus_max_dpt, 4.5);
	ck_assert_double_eq_tol(request->settle_s, 0.25, 1e-12);
	ck_assert_uint_eq(request->format, PHOTO_DNG);
	ck_assert_uint_eq(request->exposure_ns, 12500000);
	ck_assert_uint_eq(request->keep_free_bytes, 5000000);
	ck_assert_double_eq(request->focal_length_mm, 4.74);
	capture_settings_end(&settings);
}

TEST(every_key_with_every_wrong_type_or_number_is_refused_by_name)
{
	static const char *const values[] = {
		"null", "{}", "[]", "[1]", "[1, 2, 3]", "[true, 2]",
		"[1e9, -1]", "-1e300", "1e300", "\"\"", "\"x/y\"", "true",
	};
	json_t *defaults;
	char text[256];
	const char *key;
	json_t *value;
	int taken;

	capture_settings_begin(&settings);
	settings.request.project = settings.request.camera_id = "x";
	settings.request.path.file = settings.request.light = "x";
	settings.request.theta_axis = settings.request.phi_axis = "x";
	settings.request.trigger = "x";
	settings.request.lens_dpt = settings.request.theta_stop_deg = 1;
	settings.request.phi_stop_deg = 1;
	defaults = capture_settings_json(&settings.request);
	capture_settings_end(&settings);
	ck_assert_uint_ge(json_object_size(defaults), 44);
	json_object_foreach(defaults, key, value) {
		taken = 0;
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			snprintf(text, sizeof(text), "{\"%s\": %s}", key,
				 values[i]);
			if (!take(text))
				taken++;
			else
				MUST(strstr(settings.error, key), "%s: %s",
				     text, settings.error);
			capture_settings_end(&settings);
		}
		/* A text of any kind, true for a flag; "" for the camera. */
		MUST(taken == (json_is_boolean(value) ? 1 :
			       !json_is_string(value) ? 0 :
			       !strcmp(key, "camera") ? 2 :
			       !strcmp(key, "path_method") ||
			       !strcmp(key, "image_format") ? 0 : 1),
		     "%s: %d taken", key, taken);
	}
	json_decref(defaults);
}

TEST(what_is_no_setting_is_refused)
{
	refused("{\"point\": 3}", "did you mean \"points\"");
	refused("{\"min-theta\": 3}", "did you mean \"min_theta\"");
	refused("{\"device\": \"/etc/passwd\"}", "no key");
	refused("{\"root\": \"/etc\"}", "no key");
	refused("{\"points\": 2.5}", "a whole number from 1 to 100000");
	refused("[1, 2]", "wanted one object");
	refused("3", "wanted one object");
	refused("{\"image_format\": \"gif\"}", "jpeg, tiff");
	refused("{\"path_method\": \"circle\"}", "fibonacci, grid");
}

TEST(a_file_that_is_not_json_or_names_a_key_twice_is_refused)
{
	char path[] = "/dev/shm/capture-job.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	fputs("{\"points\": 3, \"points\": 4}", file);
	fclose(file);
	capture_settings_begin(&settings);
	ck_assert_int_eq(capture_settings_load(&settings, path), -1);
	ck_assert_ptr_nonnull(strstr(settings.error, "duplicate"));
	unlink(path);
	ck_assert_int_eq(capture_settings_load(&settings, path), -1);
	ck_assert_int_eq(errno, ENOENT);
	capture_settings_end(&settings);
}

TEST(the_command_line_says_the_same)
{
	capture_settings_begin(&settings);
	ck_assert(!capture_settings_option(&settings, "min-theta", "-0"));
	ck_assert(!capture_settings_option(&settings, "focus-range", "1:2.5"));
	ck_assert(!capture_settings_option(&settings, "home", NULL));
	ck_assert(!capture_settings_option(&settings, "optimize-path", "no"));
	ck_assert(!capture_settings_option(&settings, "light", "ring"));
	ck_assert(settings.request.home && !settings.request.optimise);
	ck_assert_double_eq(settings.request.focus_max_dpt, 2.5);
	ck_assert_str_eq(settings.request.light, "ring");
	ck_assert_int_eq(capture_settings_option(&settings, "points", "0x10"),
			 -1);
	ck_assert_int_eq(capture_settings_option(&settings, "points", "nan"),
			 -1);
	ck_assert_int_eq(capture_settings_option(&settings, "points", "3deg"),
			 -1);
	ck_assert_int_eq(capture_settings_option(&settings, "focus-range",
						 "3"), -1);
	ck_assert_int_eq(capture_settings_option(&settings, "focus-range",
						 ":"), -1);
	ck_assert_int_eq(capture_settings_option(&settings, "pointz", "3"),
			 -1);
	ck_assert_ptr_nonnull(strstr(settings.error, "did you mean"));
	capture_settings_end(&settings);
}

/* Odd numbers, so that none is any other's default. */
TEST(what_is_stored_with_a_scan_makes_the_same_request)
{
	struct capture_request first;
	struct capture_settings again;
	json_t *second;

	ck_assert(!take("{\"project\": \"mouse\", \"points\": 77,"
		"\"shutter\": 33.333333, \"gain\": 1.7, \"stay\": true,"
		"\"trust\": true,"
		"\"pause_before_capture_ms\": 123.456, \"light\": \"ring\","
		"\"path_method\": \"rings\", \"manual_focus\": 3.3}"));
	first = settings.request;
	stored = capture_settings_json(&first);
	capture_settings_begin(&again);
	ck_assert_int_eq(capture_settings_resume(&again, NULL, "mouse", 1),
			 -1);
	ck_assert_str_eq(again.error, "there is none");
	ck_assert_int_eq(capture_settings_resume(&again, NULL, "mouse", 2), 0);
	ck_assert_uint_eq(again.request.resume_scan, 2);
	/* That was for the machine as it stood. */
	ck_assert(first.trust && !again.request.trust);
	ck_assert_uint_eq(again.request.exposure_ns, first.exposure_ns);
	ck_assert_double_eq(again.request.lens_dpt, 3.3);
	ck_assert_double_eq_tol(again.request.settle_s, 0.123456, 1e-12);
	second = capture_settings_json(&again.request);
	ck_assert_str_eq(json_string_value(json_object_get(second, "light")),
			 "ring");
	ck_assert_uint_eq(json_object_size(second), json_object_size(stored));
	json_decref(second);
	json_decref(stored);
	capture_settings_end(&again);
	capture_settings_end(&settings);
}
