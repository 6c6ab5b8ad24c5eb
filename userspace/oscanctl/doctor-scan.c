// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl doctor: camera and disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "camera.h"
#include "doctor.h"

#define MEBI (1024.0 * 1024.0)
#define PROBE_CHUNK (1024 * 1024)
#define PROBE_CHUNKS 16
#define PROBE_SECONDS 1.0

static void tell_camera(const char *id, const char *model, void *data)
{
	finding(data, FINDING_OK, "camera", NULL, "%s, \"%s\"", model, id);
}

void check_camera(struct checkup *checkup)
{
	int count = camera_libcamera.list(tell_camera, checkup);
	int others = camera_gphoto2.list(tell_camera, checkup);

	if (others < 0)
		finding(checkup, FINDING_WARN, "camera",
			"end other programs that use the camera, and see that this user may open /dev/bus/usb",
			"libgphoto2 does not work: %s", strerror(errno));
	if (count < 0)
		finding(checkup, FINDING_FAIL, "camera",
			"try \"cam --list\" of libcamera-tools",
			"libcamera does not work: %s", strerror(errno));
	if (!count && others <= 0)
		finding(checkup, FINDING_FAIL, "camera",
			"connect one, and see that its driver is loaded and this user may open /dev/media* and /dev/video*",
			"libcamera finds none");
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Bytes per second, or -1 with errno. Ends early on a slow disk. */
static double probe_speed(int fd)
{
	char *chunk = calloc(1, PROBE_CHUNK);
	double begin = now(), done = 0;
	int i;

	if (!chunk)
		return -1;
	/* Not zeros: some disks and file systems do not store them. */
	for (i = 0; i < PROBE_CHUNK; i++)
		chunk[i] = random();
	for (i = 0; i < PROBE_CHUNKS && now() - begin < PROBE_SECONDS; i++) {
		/* What a disk that is full writes less says nothing itself. */
		errno = ENOSPC;
		if (write(fd, chunk, PROBE_CHUNK) != PROBE_CHUNK ||
		    fdatasync(fd)) {
			free(chunk);
			return -1;
		}
		done += PROBE_CHUNK;
	}
	free(chunk);
	return done / (now() - begin);
}

static double write_speed(const char *directory)
{
	char path[4096];
	double speed;
	int fd, error;

	snprintf(path, sizeof(path), "%s/.oscanctl-doctor-XXXXXX", directory);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -1;
	unlink(path);
	speed = probe_speed(fd);
	error = errno;
	close(fd);
	errno = error;
	return speed;
}

void check_disk(struct checkup *checkup)
{
	struct statvfs disk;
	double free_bytes, speed;
	const char *advice = NULL;

	if (statvfs(checkup->directory, &disk)) {
		finding(checkup, FINDING_FAIL, "disk",
			"give a folder that is there with --output",
			"\"%s\": %s", checkup->directory, strerror(errno));
		return;
	}
	speed = write_speed(checkup->directory);
	if (speed < 0) {
		finding(checkup, FINDING_FAIL, "disk",
			"give a folder with space that this user may write to with --output",
			"\"%s\" cannot be written to: %s", checkup->directory,
			strerror(errno));
		return;
	}
	free_bytes = (double)disk.f_bavail * disk.f_frsize;
	if (free_bytes < 1024 * MEBI)
		advice = "a fly scan of 100 frames of 640x480 takes 90 MiB: make space or give another folder with --output";
	else if (speed < 10 * MEBI)
		advice = "the disk sets how fast frames can come: use a faster one or fewer frames a second";
	finding(checkup, advice ? FINDING_WARN : FINDING_OK, "disk", advice,
		"\"%s\" has %.0f MiB free and takes %.0f MiB a second",
		checkup->directory, free_bytes / MEBI, speed / MEBI);
}
