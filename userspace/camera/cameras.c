// SPDX-License-Identifier: GPL-2.0-or-later
/* The kinds of cameras that there are. */
#include <errno.h>
#include <string.h>
#include "camera.h"
#include "synthetic.h"

const struct camera_ops *camera_ops_of(const char *id)
{
	struct synthetic_options options;

	if (id && (!strcmp(id, "gphoto2") || !strncmp(id, "gphoto2:", 8)))
		return &camera_gphoto2;
	if (id && *id && (!synthetic_parse(id, &options) || errno == EINVAL))
		return &camera_synthetic;
	return &camera_libcamera;
}
