// SPDX-License-Identifier: GPL-2.0-or-later
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
