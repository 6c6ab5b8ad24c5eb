// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kit.h"
#include "lines.h"

static int is_chip(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "gpiochip", 8);
}

int lines_chip(void)
{
	struct gpiochip_info info;
	struct dirent **entries;
	char path[300];
	int count, fd, i;

	count = scandir("/dev", &entries, is_chip, NULL);
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/dev/%s", entries[i]->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) &&
		    !strcmp(info.label, "oscan-rig"))
			return fd;
		close(fd);
	}
	kit_fail("no gpio chip is called oscan-rig");
}

int lines_try(uint64_t flags, unsigned int count, const unsigned int *lines)
{
	struct gpio_v2_line_request request = { .num_lines = count };
	int chip = lines_chip();

	memcpy(request.offsets, lines, count * sizeof(*lines));
	strcpy(request.consumer, "oscan-test");
	request.config.flags = flags;
	if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request))
		request.fd = -errno;
	close(chip);
	return request.fd;
}

int lines_get(uint64_t flags, unsigned int count, const unsigned int *lines)
{
	int fd = lines_try(flags, count, lines);

	want(fd >= 0, "lines of the rig: %s", strerror(-fd));
	return fd;
}

int lines_outputs(unsigned int first, unsigned int second)
{
	const unsigned int lines[] = { first, second };

	return lines_get(GPIO_V2_LINE_FLAG_OUTPUT, 2, lines);
}

void lines_set(int fd, uint64_t mask, uint64_t levels)
{
	struct gpio_v2_line_values values = { .bits = levels, .mask = mask };

	want(!ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values),
	     "setting lines: %m");
}

unsigned int lines_level(int fd)
{
	struct gpio_v2_line_values values = { .mask = 1 };

	want(!ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values),
	     "reading a line: %m");
	return values.bits & 1;
}
