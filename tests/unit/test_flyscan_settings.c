// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/flyscan-settings.c userspace/scan/words.c
 * userspace/scan/geometry.c userspace/liboscan/units.c
 * userspace/camera/mark.c userspace/writer/compress.c
 * -ljansson -lhdf5_serial -llz4 -ldeflate -lm
 */
/* Settings of a fly scan: defaults, the command line, job files, resuming. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flyscan-settings.h"
#include "unit.h"

/* The real one is in store.c, with all of the scan behind it. */
bool flyscan_md_key(const char *key)
{
	return *key && !strchr(key, '/');
}

static struct settings settings;
static const char *const said = settings.error;

static void option(const char *name, const char *value)
{
	ck_assert_msg(!settings_option(&settings, name, value), "%s", said);
}

static void wrong_option(const char *name, const char *value, const char *word)
{
	ck_assert_int_eq(settings_option(&settings, name, value), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_msg(strstr(said, name), "\"%s\" does not name %s", said,
		      name);
	ck_assert_msg(strstr(said, word), "\"%s\" says nothing of %s", said,
		      word);
}

/* A new start from a job file with this text. */
static int load(const char *text)
{
	char path[] = "/tmp/test_settings.XXXXXX";
	int fd = mkstemp(path), status, error;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	settings_end(&settings);
	settings_begin(&settings);
	status = settings_load(&settings, path);
	error = errno;
	unlink(path);
	errno = error;
	return status;
}

/* One sentence, with the key's name. */
static void refused(const char *text, const char *key, const char *word)
{
	ck_assert_int_eq(load(text), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_msg(strstr(said, key), "\"%s\" does not name %s", said, key);
	ck_assert_msg(strstr(said, word), "\"%s\" says nothing of %s", said,
		      word);
	ck_assert_ptr_null(strchr(said, '\n'));
	settings_end(&settings);
}

TEST(R3_R4_R5_R6_R7_R8_R10_R11_R13_R14_defaults_are_those_of_the_plan)
{
	const struct flyscan_request *request = &settings.request;

	settings_begin(&settings);
	ck_assert_double_eq(request->start, 0);
	ck_assert_double_eq(request->end, 5);
	ck_assert_double_eq(request->per_unit, 2);
	ck_assert_double_eq(request->period_s, 0.1);
	/* None: as long as the period. */
	ck_assert_double_eq(request->exposure_s, 0);
	ck_assert_double_eq(request->taxi_allowance, 0.5);
	ck_assert_str_eq(request->name, "flyscan");
	ck_assert_str_eq(request->directory, "/tmp/flyscan");
	/* 0.02 s. */
	ck_assert_double_eq(request->tick_s, 0);
	ck_assert(!request->nonblocking);
	ck_assert_uint_eq(request->passes, 1);
	ck_assert_int_eq(request->compression, WRITER_PLAIN);
	ck_assert_uint_eq(request->mark, 0);
	ck_assert(!request->latency_given);
	ck_assert_ptr_null(request->camera_id);
	ck_assert_ptr_null(request->axis);
	settings_end(&settings);
}

TEST(every_option_reaches_the_request)
{
	const struct flyscan_request *request = &settings.request;

	settings_begin(&settings);
	option("axis", "slide");
	option("camera", "one");
	option("p-start", "-3.5");
	option("p-end", "1e1");
	option("exposures-per-egu", "4");
	option("t-period", "0.2");
	option("t-acquire", ".05");
	option("taxi-allowance", "0");
	option("accel", "7");
	option("passes", "3");
	option("mark", "frame_end");
	option("readout", "16e6");
	option("latency", "-2500");
	option("size", "640x480");
	option("file-name", "a");
	option("compression", "bitshuffle-lz4");
	option("file-path", "b");
	option("consumer-tick", "0.01");
	option("force-nonblocking", NULL);
	option("strict", NULL);
	option("md", "run=7");
	option("md", "sample=a=b");
	option("md", "run=8");
	ck_assert_str_eq(request->axis, "slide");
	ck_assert_str_eq(request->camera_id, "one");
	ck_assert_double_eq(request->start, -3.5);
	ck_assert_double_eq(request->end, 10);
	ck_assert_double_eq(request->per_unit, 4);
	ck_assert_double_eq(request->period_s, 0.2);
	ck_assert_double_eq(request->exposure_s, 0.05);
	ck_assert_double_eq(request->taxi_allowance, 0);
	ck_assert_double_eq(request->accel, 7);
	ck_assert_uint_eq(request->passes, 3);
	ck_assert_uint_eq(request->mark, CAMERA_MARK_FRAME_END);
	ck_assert_uint_eq(request->readout_ns, 16000000);
	ck_assert_int_eq(request->latency_ns, -2500);
	ck_assert(request->latency_given);
	ck_assert_int_eq(request->compression, WRITER_BITSHUFFLE_LZ4);
	ck_assert_uint_eq(request->width, 640);
	ck_assert_uint_eq(request->height, 480);
	ck_assert_str_eq(request->name, "a");
	ck_assert_str_eq(request->directory, "b");
	ck_assert_double_eq(request->tick_s, 0.01);
	ck_assert(request->nonblocking && request->strict);
	ck_assert_uint_eq(request->md_count, 2);
	ck_assert_str_eq(request->md[0].key, "run");
	ck_assert_double_eq(request->md[0].number, 8);
	ck_assert_ptr_null(request->md[0].text);
	ck_assert_str_eq(request->md[1].text, "a=b");
	settings_end(&settings);
}

TEST(R12_the_trigger_mode_and_its_lines_are_settings)
{
	const struct flyscan_request *request = &settings.request;

	settings_begin(&settings);
	ck_assert_uint_eq(request->trigger, FLYSCAN_TRIGGER_FREE);
	option("trigger-mode", "both");
	option("trigger-line", "flash");
	option("trigger-latency", "12500");
	option("capture-line", "index");
	option("capture-edges", "both");
	ck_assert_uint_eq(request->trigger, FLYSCAN_TRIGGER_BOTH);
	ck_assert_str_eq(request->trigger_line, "flash");
	ck_assert_uint_eq(request->trigger_latency_ns, 12500);
	ck_assert_str_eq(request->capture_line, "index");
	ck_assert(request->capture_both);
	option("capture-edges", "rising");
	ck_assert(!request->capture_both);
	wrong_option("trigger-mode", "gate", "free, compare, strobe or both");
	wrong_option("trigger-latency", "-1", "from 0 to 1000000000");
	wrong_option("trigger-latency", "2e9", "from 0 to 1000000000");
	wrong_option("capture-edges", "falling", "rising or both");
	settings_end(&settings);
	ck_assert_msg(!load("{\"trigger_mode\": \"compare\","
			    "\"trigger_line\": \"camera\","
			    "\"trigger_latency\": 7}"), "%s", said);
	ck_assert_uint_eq(request->trigger, FLYSCAN_TRIGGER_COMPARE);
	ck_assert_uint_eq(request->trigger_latency_ns, 7);
	settings_end(&settings);
	refused("{\"trigger_mode\": 1}", "trigger_mode", "wanted a text");
	refused("{\"capture_line\": true}", "capture_line", "wanted a text");
	refused("{\"trigger_latency\": 1e10}", "trigger_latency",
		"to 1000000000");
	refused("{\"triger_mode\": \"both\"}", "triger_mode",
		"did you mean \"trigger_mode\"?");
}

TEST(a_wrong_value_is_told_with_the_option)
{
	settings_begin(&settings);
	wrong_option("p-start", "", "number");
	wrong_option("p-start", "0x10", "0x10");
	wrong_option("p-end", "nan", "number");
	wrong_option("t-period", "1s", "without a unit");
	wrong_option("t-acquire", "0", "more than zero");
	wrong_option("accel", "-1", "more than zero");
	wrong_option("passes", "0", "whole number");
	wrong_option("passes", "1.5", "whole number");
	wrong_option("passes", "1e99", "whole number");
	wrong_option("size", "640", "640x480");
	wrong_option("size", "0x4", "640x480");
	wrong_option("mark", "unknown", "exposure_start, readout_start or");
	wrong_option("compression", "", "none, deflate, shuffle-deflate, lz4");
	wrong_option("readout", "-1", "from 0 to 10000000000");
	wrong_option("latency", "-1e11", "from -10000000000 to 10000000000");
	wrong_option("latency", "5ms", "without a unit");
	wrong_option("md", "key", "KEY=VALUE");
	wrong_option("md", "a/b=1", "a/b");
	settings_end(&settings);
}

TEST(no_more_metadata_than_there_is_room_for)
{
	char text[16];

	settings_begin(&settings);
	for (int i = 0; i < SETTINGS_MD_MAX; i++) {
		snprintf(text, sizeof(text), "k%d=1", i);
		option("md", text);
	}
	wrong_option("md", "more=1", "64");
	settings_end(&settings);
}

TEST(a_job_file_reaches_the_request)
{
	const struct flyscan_request *request = &settings.request;

	ck_assert_msg(!load("{\"axis\": \"slide\", \"p_start\": 2, \"p_end\": 1.5,"
			    "\"exposures_per_egu\": 100, \"passes\": 2,"
			    "\"size\": \"320x240\", \"strict\": true,"
			    "\"force_nonblocking\": false, \"file_name\": \"x\","
			    "\"mark\": \"readout_start\", \"readout\": 5,"
			    "\"latency\": 0, \"compression\": \"zlib\","
			    "\"md\": {\"sample\": \"vase\", \"run\": 7}}"),
		      "%s", said);
	ck_assert_str_eq(request->axis, "slide");
	ck_assert_double_eq(request->start, 2);
	ck_assert_double_eq(request->end, 1.5);
	ck_assert_uint_eq(request->passes, 2);
	ck_assert_uint_eq(request->width, 320);
	ck_assert(request->strict && !request->nonblocking);
	ck_assert_uint_eq(request->mark, CAMERA_MARK_READOUT_START);
	ck_assert_uint_eq(request->readout_ns, 5);
	ck_assert(request->latency_given);
	ck_assert_int_eq(request->compression, WRITER_DEFLATE);
	ck_assert_str_eq(request->name, "x");
	ck_assert_uint_eq(request->md_count, 2);
	/* The command line wins. */
	option("p-end", "9");
	option("md", "run=8");
	ck_assert_double_eq(request->end, 9);
	ck_assert_uint_eq(request->md_count, 2);
	ck_assert_double_eq(request->md[1].number, 8);
	settings_end(&settings);
	ck_assert_int_eq(load("{}"), 0);
	settings_end(&settings);
}

TEST(a_job_file_that_is_wrong_is_told_with_the_key)
{
	refused("{\"p_strt\": 1}", "p_strt", "did you mean \"p_start\"?");
	refused("{\"p-start\": 1}", "p-start", "no key");
	refused("{\"rocket\": 1}", "rocket", "no key");
	refused("{\"p_start\": 1, \"p_start\": 2}", "p_start", "duplicate");
	refused("{\"md\": {\"a\": 1, \"a\": 2}}", "\"a\"", "duplicate");
	refused("{\"p_start\": \"1\"}", "p_start", "found a text");
	refused("{\"p_start\": null}", "p_start", "found null");
	refused("{\"p_start\": [1]}", "p_start", "found a list");
	refused("{\"axis\": 1}", "axis", "wanted a text, found a number");
	refused("{\"strict\": 1}", "strict", "true or false");
	refused("{\"passes\": 1.0}", "passes", "whole number");
	refused("{\"passes\": -1}", "passes", "found -1");
	refused("{\"passes\": 4294967296}", "passes", "4294967296");
	refused("{\"t_acquire\": 0}", "t_acquire", "more than zero");
	refused("{\"size\": \"big\"}", "size", "640x480");
	refused("{\"size\": 640}", "size", "found a number");
	refused("{\"mark\": \"now\"}", "mark", "found \"now\"");
	refused("{\"mark\": 2}", "mark", "wanted a text, found a number");
	refused("{\"compression\": \"zip\"}", "compression", "deflate");
	refused("{\"readout\": -1}", "readout", "from 0 to");
	refused("{\"latency\": \"1\"}", "latency", "found a text");
	refused("{\"md\": 1}", "md", "an object");
	refused("{\"md\": {\"a\": [1]}}", "\"a\"", "found a list");
	refused("{\"md\": {\"a/b\": 1}}", "a/b", "md");
	refused("{\"p_start\": 1e999}", "1e999", "JSON");
	refused("[1]", "test_settings", "one object");
	refused("{\"p_start\": ", "test_settings", "JSON");
	refused("", "test_settings", "JSON");
	refused("{} {}", "test_settings", "JSON");
}

TEST(a_job_file_that_is_not_there_is_told)
{
	settings_begin(&settings);
	ck_assert_int_eq(settings_load(&settings, "/nowhere/job.json"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_nonnull(strstr(said, "/nowhere/job.json"));
	settings_end(&settings);
}

/* Numbers out of range, in the order of the plan. */
TEST(R33_R48_numbers_out_of_range_are_told_with_their_key)
{
	static const struct {
		const char *text;
		const char *key;
	} table[] = {
		{ "{\"p_end\": 0, \"exposures_per_egu\": 0}", "p_end" },
		{ "{\"exposures_per_egu\": 0, \"taxi_allowance\": -1}",
		  "exposures_per_egu" },
		{ "{\"taxi_allowance\": -1, \"t_period\": 0}",
		  "taxi_allowance" },
		{ "{\"t_period\": 0, \"p_end\": 0.1}", "t_period" },
		{ "{\"p_end\": 0.1, \"t_acquire\": 9}", "frame" },
		{ "{\"t_acquire\": 9, \"passes\": 1001}", "t_acquire" },
		{ "{\"passes\": 1001, \"consumer_tick\": 9}", "passes" },
		{ "{\"consumer_tick\": 9}", "consumer_tick" },
	};
	char why[FLYSCAN_ERROR_LEN];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		ck_assert_int_eq(load(table[i].text), 0);
		ck_assert_int_eq(flyscan_check(&settings.request, "unit",
					       settings.request.period_s, why),
				 -1);
		ck_assert_msg(strstr(why, table[i].key), "%s", why);
		settings_end(&settings);
	}
}

TEST(R9_R135_zlib_is_a_name_and_what_is_none_is_told_all_of_them)
{
	settings_begin(&settings);
	ck_assert_int_eq(settings.request.compression, WRITER_PLAIN);
	option("compression", "zlib");
	ck_assert_int_eq(settings.request.compression, WRITER_DEFLATE);
	wrong_option("compression", "zip",
		     "none, deflate, shuffle-deflate, lz4");
	wrong_option("compression", "zip", "bitshuffle-lz4");
	settings_end(&settings);
	refused("{\"compression\": \"zip\"}", "compression",
		"none, deflate, shuffle-deflate, lz4");
}

TEST(R135_what_would_be_right_is_told)
{
	refused("{\"exposures_per_eg\": 1}", "exposures_per_eg",
		"did you mean \"exposures_per_egu\"?");
	settings_begin(&settings);
	wrong_option("size", "1920", "as in 640x480");
	wrong_option("t-period", "fast", "a number without a unit");
	wrong_option("md", "vase", "KEY=VALUE");
	settings_end(&settings);
}
