// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: */
/*
 * The brightness of every V4L2 subdevice that has one.
 *
 *   control VALUE	set it
 *   control		print each, one a line
 *
 * Exit status 0: there was one.
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST_DEVICES 32

int main(int argc, char **argv)
{
	struct v4l2_ext_control control = { .id = V4L2_CID_BRIGHTNESS };
	struct v4l2_ext_controls controls = {
		.which = V4L2_CTRL_WHICH_CUR_VAL,
		.count = 1,
		.controls = &control,
	};
	unsigned long request = argc > 1 ? VIDIOC_S_EXT_CTRLS :
					   VIDIOC_G_EXT_CTRLS;
	char path[64];
	int found = 0;

	for (int i = 0; i < MOST_DEVICES; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/v4l-subdev%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		control.value = argc > 1 ? atoi(argv[1]) : 0;
		if (!ioctl(fd, request, &controls)) {
			printf("%d\n", control.value);
			found++;
		}
		close(fd);
	}
	return found ? 0 : 1;
}
