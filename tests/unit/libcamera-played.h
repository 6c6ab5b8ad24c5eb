/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A camera of libcamera.cpp without a device. */
#ifndef LIBCAMERA_PLAYED_H
#define LIBCAMERA_PLAYED_H

#include "camera.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * played_new - a camera that is configured and not started
 * @controls: it has them: exposure of 100 us to 1 s, gain of 1 to 16, a lens
 *	from 0.5 to 15 dioptres with auto-focus, white balance
 */
struct camera *played_new(bool controls,
			  const struct camera_settings *settings);
void played_free(struct camera *camera);
void played_unplug(struct camera *camera);

/** played_pending - "NAME=VALUE " of what goes with the next request, by name */
const char *played_pending(const struct camera *camera);

/** played_start - likewise, what goes with a start, which is made */
const char *played_start(struct camera *camera);

/** played_describe - a frame of what libcamera tells of one */
void played_describe(float lens_dpt, int32_t af_state, float red, float blue,
		     struct camera_frame *frame);
void played_describe_nothing(struct camera_frame *frame);

/** played_black - of a frame with these levels, NULL: not told; bits a sample */
uint32_t played_black(const int32_t levels[4], uint32_t bits);

/** played_raw - what a format of libcamera is; false: no raw one */
bool played_raw(const char *format, uint32_t *layout, uint32_t *bayer,
		uint32_t *bits);

#ifdef __cplusplus
}
#endif

#endif /* LIBCAMERA_PLAYED_H */
