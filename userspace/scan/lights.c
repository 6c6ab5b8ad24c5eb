// SPDX-License-Identifier: GPL-2.0-or-later
/* Lights are LED class devices. */
#include "lights.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OURS "oscan:"

static const char *leds_folder(void)
{
	const char *folder = getenv("OSCAN_LEDS");

	return folder && *folder ? folder : "/sys/class/leds";
}

static bool is_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') &&
	       strlen(name) < LIGHT_NAME_LEN;
}

static int attribute_path(char path[PATH_MAX], const char *name,
			  const char *attribute)
{
	int length = snprintf(path, PATH_MAX, "%s/%s/%s", leds_folder(), name,
			      attribute);

	errno = ENAMETOOLONG;
	return length < PATH_MAX ? 0 : -1;
}

static int read_number(const char *name, const char *attribute,
		       uint32_t *value)
{
	char path[PATH_MAX];
	FILE *file;
	int fields;

	if (attribute_path(path, name, attribute))
		return -1;
	file = fopen(path, "re");
	if (!file) {
		if (errno == ENOENT)
			errno = ENODEV;
		return -1;
	}
	fields = fscanf(file, "%u", value);
	fclose(file);
	errno = EIO;
	return fields == 1 ? 0 : -1;
}

static int read_light(const char *name, struct light *light)
{
	*light = (struct light){ 0 };
	snprintf(light->name, sizeof(light->name), "%s", name);
	if (read_number(name, "max_brightness", &light->most) ||
	    read_number(name, "brightness", &light->brightness))
		return -1;
	errno = EIO;
	if (!light->most)
		return -1;
	light->percent = 100.0 * light->brightness / light->most;
	return 0;
}

static int is_ours(const struct dirent *entry)
{
	return !strncmp(entry->d_name, OURS, strlen(OURS)) &&
	       is_name(entry->d_name);
}

/* "ring" means "oscan:white:ring" and "oscan:white:ring-2". */
static bool is_meant(const char *full, const char *name)
{
	const char *end = strrchr(full, ':') + 1;
	size_t length = strlen(name);

	if (strncmp(end, name, length))
		return false;
	end += length;
	return !*end || (*end == '-' && end[1] &&
			 !end[1 + strspn(end + 1, "0123456789")]);
}

static int each_of_ours(const char *name,
			int (*each)(void *data, const struct light *light),
			void *data)
{
	struct dirent **names;
	struct light light;
	int count = scandir(leds_folder(), &names, is_ours, versionsort);
	int result = 0, met = 0;

	if (count < 0 && errno == ENOMEM)
		return -1;
	for (int i = 0; i < count; i++) {
		if (!result && (!name || is_meant(names[i]->d_name, name))) {
			met++;
			result = read_light(names[i]->d_name, &light);
			if (!result)
				result = each(data, &light);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	if (result || !name || met)
		return result;
	errno = ENODEV;
	return -1;
}

int lights_each(const char *name,
		int (*each)(void *data, const struct light *light),
		void *data)
{
	struct light light;

	if (!name)
		return each_of_ours(NULL, each, data);
	errno = EINVAL;
	if (!is_name(name))
		return -1;
	if (!read_light(name, &light))
		return each(data, &light);
	if (errno != ENODEV)
		return -1;
	return each_of_ours(name, each, data);
}

static int brightest(void *data, const struct light *light)
{
	double *percent = data;

	*percent = fmax(*percent, light->percent);
	return 0;
}

int light_get(const char *name, double *percent)
{
	*percent = 0;
	return lights_each(name, brightest, percent);
}

static int write_brightness(const struct light *light, uint32_t brightness)
{
	char path[PATH_MAX], text[16];
	int fd, length, error;

	if (brightness > light->most) {
		errno = EINVAL;
		return -1;
	}
	if (attribute_path(path, light->name, "brightness"))
		return -1;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = snprintf(text, sizeof(text), "%u\n", brightness);
	errno = EIO;
	error = write(fd, text, length) == length ? 0 : errno;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

struct setting {
	double percent;
	int error;
};

static int set_one(void *data, const struct light *light)
{
	struct setting *setting = data;
	uint32_t brightness = lrint(setting->percent / 100 * light->most);

	if (setting->percent > 0 && !brightness)
		brightness = 1;
	if (write_brightness(light, brightness))
		setting->error = errno;
	return 0;
}

int light_set(const char *name, double percent)
{
	struct setting setting = { .percent = percent };

	if (!name || !(percent >= 0 && percent <= 100)) {
		errno = EINVAL;
		return -1;
	}
	if (lights_each(name, set_one, &setting))
		return -1;
	errno = setting.error;
	return setting.error ? -1 : 0;
}

int light_write(const char *name, uint32_t brightness)
{
	struct light light;

	errno = EINVAL;
	if (!is_name(name) || read_light(name, &light))
		return -1;
	return write_brightness(&light, brightness);
}
