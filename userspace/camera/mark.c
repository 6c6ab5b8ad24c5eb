// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "camera.h"

const char *camera_mark_name(uint32_t mark)
{
	switch (mark) {
	case CAMERA_MARK_EXPOSURE_START:
		return "exposure_start";
	case CAMERA_MARK_READOUT_START:
		return "readout_start";
	case CAMERA_MARK_FRAME_END:
		return "frame_end";
	default:
		return "unknown";
	}
}

int camera_mark(const char *name)
{
	for (int mark = CAMERA_MARK_EXPOSURE_START;
	     mark <= CAMERA_MARK_FRAME_END; mark++)
		if (!strcmp(name, camera_mark_name(mark)))
			return mark;
	return -1;
}
