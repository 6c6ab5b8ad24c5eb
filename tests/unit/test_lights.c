// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/lights.c -lm */
/* Lights in a folder that is made as the kernel makes /sys/class/leds. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lights.h"
#include "unit.h"

static char folder[64];

static void write_file(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void write_file(const char *text, const char *format, ...)
{
	char path[256];
	va_list list;
	FILE *file;

	va_start(list, format);
	vsnprintf(path, sizeof(path), format, list);
	va_end(list);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void add_led(const char *name, const char *most, const char *now)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	write_file(most, "%s/max_brightness", path);
	write_file(now, "%s/brightness", path);
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		perror(folder);
}

/* A dimmable ring, a lamp that is on or off, two spots, a keyboard. */
static void make_leds(void)
{
	strcpy(folder, "/tmp/test_lights.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	atexit(remove_folder);
	setenv("OSCAN_LEDS", folder, 1);
	add_led("oscan:white:ring", "255\n", "51\n");
	add_led("oscan:white:lamp", "1\n", "0\n");
	add_led("oscan:red:spot", "100\n", "0\n");
	add_led("oscan:blue:spot", "100\n", "0\n");
	add_led("input3::capslock", "1\n", "1\n");
}

static char listed[256];

static int add_name(void *data, const struct light *light)
{
	(void)data;
	strcat(listed, light->name);
	strcat(listed, " ");
	return 0;
}

static int stop_at_second(void *data, const struct light *light)
{
	int *count = data;

	(void)light;
	return ++*count == 2 ? 17 : 0;
}

static uint32_t raw(const char *name)
{
	uint32_t value = 4711;
	char path[192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/brightness", folder, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%u", &value), 1);
	fclose(file);
	return value;
}

static void must_fail(int result, int error)
{
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(errno, error);
}

TEST(lights_of_the_rig_are_listed_by_name)
{
	int count = 0;

	make_leds();
	add_led("oscan:white:ring-10", "1\n", "0\n");
	add_led("oscan:white:ring-9", "1\n", "0\n");
	ck_assert_int_eq(lights_each(NULL, add_name, NULL), 0);
	ck_assert_str_eq(listed, "oscan:blue:spot oscan:red:spot oscan:white:lamp oscan:white:ring oscan:white:ring-9 oscan:white:ring-10 ");
	ck_assert_int_eq(lights_each(NULL, stop_at_second, &count), 17);
	ck_assert_int_eq(count, 2);
	setenv("OSCAN_LEDS", "/proc/nowhere", 1);
	ck_assert_int_eq(lights_each(NULL, stop_at_second, &count), 0);
	ck_assert_int_eq(count, 2);
}

static void must_mean(const char *name, const char *lights)
{
	*listed = '\0';
	ck_assert_int_eq(lights_each(name, add_name, NULL), 0);
	ck_assert_str_eq(listed, lights);
}

TEST(a_name_means_the_light_that_has_it_or_those_that_end_so)
{
	double percent;

	make_leds();
	add_led("oscan:white:ring-2", "1\n", "1\n");
	add_led("oscan:white:ring-x", "1\n", "1\n");
	add_led("oscan:white:ring-", "1\n", "1\n");
	must_mean("oscan:white:ring", "oscan:white:ring ");
	must_mean("ring", "oscan:white:ring oscan:white:ring-2 ");
	must_mean("ring-2", "oscan:white:ring-2 ");
	must_mean("spot", "oscan:blue:spot oscan:red:spot ");
	must_mean("input3::capslock", "input3::capslock ");
	must_fail(lights_each("capslock", add_name, NULL), ENODEV);
	must_fail(lights_each("rin", add_name, NULL), ENODEV);
	ck_assert_int_eq(light_get("oscan:white:ring", &percent), 0);
	ck_assert_double_eq(percent, 20);
	ck_assert_int_eq(light_get("ring", &percent), 0);
	ck_assert_double_eq(percent, 100);
}

TEST(a_light_becomes_as_bright_as_was_asked)
{
	make_leds();
	ck_assert_int_eq(light_set("ring", 100), 0);
	ck_assert_uint_eq(raw("oscan:white:ring"), 255);
	ck_assert_int_eq(light_set("ring", 35), 0);
	ck_assert_uint_eq(raw("oscan:white:ring"), 89);
	ck_assert_int_eq(light_set("ring", 0), 0);
	ck_assert_uint_eq(raw("oscan:white:ring"), 0);
	/* Never off where it should be dim. */
	ck_assert_int_eq(light_set("ring", 0.01), 0);
	ck_assert_uint_eq(raw("oscan:white:ring"), 1);
	ck_assert_int_eq(light_set("lamp", 30), 0);
	ck_assert_uint_eq(raw("oscan:white:lamp"), 1);
	ck_assert_int_eq(light_set("lamp", 0), 0);
	ck_assert_uint_eq(raw("oscan:white:lamp"), 0);
	ck_assert_int_eq(light_write("oscan:white:ring", 200), 0);
	ck_assert_uint_eq(raw("oscan:white:ring"), 200);
	ck_assert_int_eq(light_set("spot", 40), 0);
	ck_assert_uint_eq(raw("oscan:red:spot"), 40);
	ck_assert_uint_eq(raw("oscan:blue:spot"), 40);
}

TEST(what_cannot_be_is_refused_and_changes_nothing)
{
	static const char *const names[] = {
		"", ".", "..", "../leds", "oscan:white:ring/", "/etc/passwd",
		"a name that is longer than any name that an LED of the kernel can have",
	};
	double percent;

	make_leds();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		must_fail(light_get(names[i], &percent), EINVAL);
		must_fail(light_set(names[i], 10), EINVAL);
	}
	must_fail(light_set("moon", 10), ENODEV);
	must_fail(light_set("ring", -1), EINVAL);
	must_fail(light_set("ring", 100.5), EINVAL);
	must_fail(light_set("ring", strtod("nan", NULL)), EINVAL);
	must_fail(light_write("ring", 1), ENODEV);
	must_fail(light_write("oscan:white:ring", 256), EINVAL);
	ck_assert_uint_eq(raw("oscan:white:ring"), 51);
	add_led("oscan:white:odd", "none\n", "0\n");
	must_fail(light_set("odd", 10), EIO);
	must_fail(light_set("oscan:white:odd", 10), EIO);
	add_led("oscan:white:dead", "0\n", "0\n");
	must_fail(light_set("oscan:white:dead", 10), EIO);
}
