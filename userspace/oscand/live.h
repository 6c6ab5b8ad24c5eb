/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the camera sees now, for those who look on.
 *
 * While a job runs its camera thread offers the frames (preview.h). While none
 * does, and somebody looks, a camera is opened for that; it is given back
 * before a job begins.
 */
#ifndef OSCAND_LIVE_H
#define OSCAND_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a sentence, with its NUL. */
#define LIVE_ERROR_LEN 640

/* Greatest width of the pictures, pixels. */
#define LIVE_WIDTH 1280

struct live;
struct preview;

/**
 * live_new - nobody looks on yet
 * @camera: id of the camera where none is asked for, NULL: the first one
 * @wake: called after each picture and error, by a thread of its own
 *
 * Return: NULL with errno.
 */
struct live *live_new(const char *camera, void (*wake)(void *data),
		      void *data);

/** live_free - give the camera back, free; NULL is accepted */
void live_free(struct live *live);

/** live_preview - for the scans; valid as long as @live */
struct preview *live_preview(struct live *live);

/**
 * live_view - one more looks on
 * @camera: id, NULL or "": the usual one. Not looked at while a job runs.
 * @why: out, shape [LIVE_ERROR_LEN]
 *
 * Return: 0, or -1 with a sentence: EBUSY: others look through another camera.
 */
int live_view(struct live *live, const char *camera, char *why);

/** live_leave - one less */
void live_leave(struct live *live);

/**
 * live_picture - the newest picture
 * @number: in and out: number of the last one seen, 0: none
 * @part: with the headers of a part of multipart/x-mixed-replace
 * @size: out: bytes
 *
 * Return: to be freed with free(3), or NULL: there is no newer one.
 */
uint8_t *live_picture(struct live *live, uint64_t *number, bool part,
		      size_t *size);

/** live_error - why there are no pictures, into @why; false: no error */
bool live_error(struct live *live, char why[LIVE_ERROR_LEN]);

/** live_claim - leave the camera to a job. Return: false: ask again */
bool live_claim(struct live *live);

/** live_release - the job has ended */
void live_release(struct live *live);

/** live_user - "job", "preview" or NULL: what uses a camera */
const char *live_user(struct live *live);

#endif /* OSCAND_LIVE_H */
