// SPDX-License-Identifier: GPL-2.0-or-later
/* In place of gphoto2.c where libgphoto2 is not there. */
#include <errno.h>
#include "camera.h"

static int gphoto2_list(void (*each)(const char *id, const char *model,
				     void *data), void *data)
{
	(void)each;
	(void)data;
	return 0;
}

static struct camera *gphoto2_open(const char *id)
{
	(void)id;
	errno = ENOSYS;
	return NULL;
}

const struct camera_ops camera_gphoto2 = {
	.name = "gphoto2",
	.list = gphoto2_list,
	.open = gphoto2_open,
};
