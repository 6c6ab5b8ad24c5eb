// SPDX-License-Identifier: GPL-2.0-or-later
#include "v4l2-driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "camera.h"

#define NAME_LEN 512

#define VIDEO_FOLDER "/sys/class/video4linux"

/* /dev/media0 and so on. */
#define MOST_MEDIA 32

/*
 * raspberrypi: picamera2 issue 821; uvcvideo: V4L2_BUF_FLAG_TSTAMP_SRC_SOE; all
 * others: V4L2's default, end of frame. Only uvcvideo is known to count frames
 * that found no buffer: vimc and the Pi's image processor count what they
 * deliver.
 */
static const struct v4l2_driver drivers[] = {
	{ "vimc", CAMERA_MARK_UNKNOWN, false },
	{ "uvcvideo", CAMERA_MARK_EXPOSURE_START, true },
	{ "unicam", CAMERA_MARK_READOUT_START, false },
	{ "rp1-cfe", CAMERA_MARK_READOUT_START, false },
	{ 0 }
};

static const struct v4l2_driver unknown = { "", CAMERA_MARK_UNKNOWN, false };
static const struct v4l2_driver other = { "", CAMERA_MARK_FRAME_END, false };

static bool driver_name(dev_t device, char name[NAME_LEN])
{
	char path[64], target[NAME_LEN];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device/driver",
		 major(device), minor(device));
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return false;
	target[length] = '\0';
	strcpy(name, strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	return true;
}

const struct v4l2_driver *v4l2_driver_of(const dev_t *devices, size_t count)
{
	const struct v4l2_driver *driver;
	bool named = false;
	char name[NAME_LEN];

	for (size_t i = 0; i < count; i++) {
		if (!driver_name(devices[i], name))
			continue;
		named = true;
		for (driver = drivers; driver->part_of_name; driver++)
			if (strstr(name, driver->part_of_name))
				return driver;
	}
	return named ? &other : &unknown;
}

static bool read_number(const char *name, dev_t *device)
{
	unsigned int major_number, minor_number;
	char path[512];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), VIDEO_FOLDER "/%s/dev", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	read = fscanf(file, "%u:%u", &major_number, &minor_number) == 2;
	fclose(file);
	if (read)
		*device = makedev(major_number, minor_number);
	return read;
}

size_t v4l2_devices(dev_t *devices, size_t most)
{
	DIR *folder = opendir(VIDEO_FOLDER);
	const struct dirent *entry;
	size_t count = 0;

	if (!folder)
		return 0;
	while (count < most && (entry = readdir(folder)))
		count += read_number(entry->d_name, &devices[count]);
	closedir(folder);
	return count;
}

static bool is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool locked;

	if (fd < 0)
		return false;
	locked = lockf(fd, F_TEST, 0) &&
		 (errno == EACCES || errno == EAGAIN);
	close(fd);
	return locked;
}

bool v4l2_media_is_locked(void)
{
	char path[32];

	for (int n = 0; n < MOST_MEDIA; n++) {
		snprintf(path, sizeof(path), "/dev/media%d", n);
		if (is_locked(path))
			return true;
	}
	return false;
}
