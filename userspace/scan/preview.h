/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newest frame as a small JPEG, for people who look on while a scan runs.
 *
 * It can never slow the scan: the camera thread offers every frame it has, and
 * that costs it no more than an attempt to take a lock unless somebody waits.
 * Then one pixel of several is copied, at most 20 times a second; encoding is
 * done by those who wait. A frame that comes too soon for them is dropped.
 */
#ifndef OSCAN_PREVIEW_H
#define OSCAN_PREVIEW_H

#include <stddef.h>
#include <stdint.h>

struct photo_pixels;
struct preview;

/**
 * preview_new - nothing to be seen yet
 * @max_width: pixels, greatest width of the JPEGs, > 0. A frame is scaled down
 *	by a whole number, so that they may be narrower; none is scaled up
 *
 * Return: to be freed with preview_free(), or NULL with ENOMEM or EINVAL.
 */
struct preview *preview_new(uint32_t max_width);

/** preview_free - free; nobody may wait or offer any more; NULL is accepted */
void preview_free(struct preview *preview);

/**
 * preview_offer - a frame has come; from the camera thread
 * @preview: NULL is accepted: nobody looks on
 * @frame: RGB8, GREY8, JPEG or BAYER16; needed during the call only
 *
 * Never waits and never fails: what cannot be shown (a JPEG is passed on as it
 * is, so it is as large as it is; above 16 MiB it is not) is dropped.
 */
void preview_offer(struct preview *preview, const struct photo_pixels *frame);

/**
 * preview_wait - the next frame that is newer than the last one seen
 * @number: in: number of the last frame seen, 0 for none; out: of this one
 * @timeout_ms: longest wait; 0 looks once
 * @jpeg: out: one JPEG file, to be freed with free(3)
 * @size: out: bytes
 *
 * Any number of threads may wait; a frame is encoded once for all of them.
 * What was offered while nobody waited was not kept, and what is older than a
 * second is not given.
 *
 * Return: 0, or -1: ETIMEDOUT none came, ENOMEM.
 */
int preview_wait(struct preview *preview, uint64_t *number, int timeout_ms,
		 uint8_t **jpeg, size_t *size);

#endif /* OSCAN_PREVIEW_H */
