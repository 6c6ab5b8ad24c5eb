// SPDX-License-Identifier: GPL-2.0-or-later
/* The newest frame as a small JPEG. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "camera.h"
#include "photo.h"
#include "preview.h"

#define QUALITY 80
#define JPEG_MAX (16u << 20)
/* No more pictures a second than people see. */
#define INTERVAL_NS 50000000
#define OLD_NS 1000000000

/**
 * struct preview - a frame, and then a JPEG of it
 * @most: greatest width
 * @lock: over all that follows. The camera thread only tries to take it, and
 *	drops its frame where that fails.
 * @come: a frame has come
 * @waiting: threads that wait
 * @pixels: the newest frame; its data is @data
 * @data: shape [@room]
 * @room: bytes
 * @came_ns: when it came
 * @number: of it, from 1; 0: there is none
 * @jpeg: of frame @encoded
 * @size: bytes
 * @encoded: 0: there is none
 */
struct preview {
	uint32_t most;
	pthread_mutex_t lock;
	pthread_cond_t come;
	unsigned int waiting;
	struct photo_pixels pixels;
	uint8_t *data;
	size_t room;
	uint64_t came_ns;
	uint64_t number;
	uint8_t *jpeg;
	size_t size;
	uint64_t encoded;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

struct preview *preview_new(uint32_t max_width)
{
	struct preview *preview = calloc(1, sizeof(*preview));
	pthread_condattr_t monotonic;

	if (!preview || !max_width) {
		free(preview);
		errno = max_width ? ENOMEM : EINVAL;
		return NULL;
	}
	preview->most = max_width;
	pthread_mutex_init(&preview->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&preview->come, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return preview;
}

void preview_free(struct preview *preview)
{
	if (!preview)
		return;
	pthread_cond_destroy(&preview->come);
	pthread_mutex_destroy(&preview->lock);
	free(preview->data);
	free(preview->jpeg);
	free(preview);
}

/* Every @step-th pixel: the mean of all would cost what the scan has not. */
static void pick(uint8_t *to, const struct photo_pixels *from, uint32_t step,
		 const struct photo_pixels *small)
{
	uint32_t depth = camera_bytes_per_pixel(from->format);
	const uint8_t *data = from->data;

	for (size_t y = 0; y < small->height; y++) {
		const uint8_t *row = data + y * step * from->width * depth;

		for (size_t x = 0; x < small->width; x++, row += step * depth)
			for (size_t c = 0; c < depth; c++)
				*to++ = row[c];
	}
}

/* Where red stands in the four samples; blue stands across. */
static unsigned int red_of(uint32_t bayer)
{
	switch (bayer) {
	case CAMERA_BAYER_GRBG:
		return 1;
	case CAMERA_BAYER_GBRG:
		return 2;
	case CAMERA_BAYER_BGGR:
		return 3;
	default:
		return 0;
	}
}

/* One pixel of every @step-th cell of four samples. */
static void pick_bayer(uint8_t *to, const struct photo_pixels *from,
		       uint32_t step, const struct photo_pixels *small)
{
	unsigned int shift = from->bayer_bits - 8, red = red_of(from->bayer);
	const uint16_t *data = from->data;

	for (size_t y = 0; y < small->height; y++) {
		const uint16_t *row = data + y * step * from->width;

		for (size_t x = 0; x < small->width; x++, row += step) {
			uint16_t cell[4] = { row[0], row[1], row[from->width],
					     row[from->width + 1] };

			*to++ = cell[red] >> shift;
			*to++ = (cell[red ^ 1] + cell[red ^ 2]) / 2 >> shift;
			*to++ = cell[3 - red] >> shift;
		}
	}
}

static bool make_room(struct preview *preview, size_t size)
{
	uint8_t *data;

	if (size <= preview->room)
		return true;
	data = realloc(preview->data, size);
	if (!data)
		return false;
	preview->data = data;
	preview->room = size;
	return true;
}

static bool copy_jpeg(struct preview *preview,
		      const struct photo_pixels *frame)
{
	if (frame->size > JPEG_MAX || !make_room(preview, frame->size))
		return false;
	memcpy(preview->data, frame->data, frame->size);
	preview->pixels = *frame;
	return true;
}

static bool copy(struct preview *preview, const struct photo_pixels *frame)
{
	bool bayer = frame->format == CAMERA_FORMAT_BAYER16;
	uint32_t step = (frame->width + preview->most - 1) / preview->most;
	uint32_t depth = camera_bytes_per_pixel(frame->format);
	struct photo_pixels small = *frame;

	if (frame->format == CAMERA_FORMAT_JPEG)
		return copy_jpeg(preview, frame);
	/* Cells of two by two must not be cut. */
	if (bayer && step % 2)
		step++;
	if (!depth || !step || frame->width < 2 || frame->height < 2 ||
	    frame->size < (size_t)frame->width * frame->height * depth ||
	    (bayer && (frame->bayer_bits < 8 || frame->bayer_bits > 16)))
		return false;
	small.width = frame->width / step;
	small.height = frame->height / step;
	if (bayer) {
		small.format = CAMERA_FORMAT_RGB8;
		depth = 3;
	}
	if (!small.width || !small.height)
		return false;
	small.size = (size_t)small.width * small.height * depth;
	if (!make_room(preview, small.size))
		return false;
	if (bayer)
		pick_bayer(preview->data, frame, step, &small);
	else
		pick(preview->data, frame, step, &small);
	preview->pixels = small;
	return true;
}

void preview_offer(struct preview *preview, const struct photo_pixels *frame)
{
	uint64_t now;

	if (!preview || pthread_mutex_trylock(&preview->lock))
		return;
	now = now_ns();
	if (preview->waiting && now - preview->came_ns >= INTERVAL_NS &&
	    copy(preview, frame)) {
		preview->came_ns = now;
		preview->number++;
		pthread_cond_broadcast(&preview->come);
	}
	pthread_mutex_unlock(&preview->lock);
}

/* With the lock: who offers is sent away meanwhile. */
static int encode(struct preview *preview)
{
	struct photo_pixels *pixels = &preview->pixels;
	uint8_t *jpeg;
	size_t size;

	if (preview->encoded == preview->number)
		return 0;
	pixels->data = preview->data;
	if (pixels->format == CAMERA_FORMAT_JPEG) {
		size = pixels->size;
		jpeg = malloc(size);
		if (jpeg)
			memcpy(jpeg, pixels->data, size);
	} else if (photo_jpeg(pixels, QUALITY, NULL, &jpeg, &size)) {
		jpeg = NULL;
	}
	if (!jpeg) {
		errno = ENOMEM;
		return -1;
	}
	free(preview->jpeg);
	preview->jpeg = jpeg;
	preview->size = size;
	preview->encoded = preview->number;
	return 0;
}

static int give(struct preview *preview, uint64_t *number, uint8_t **jpeg,
		size_t *size)
{
	if (encode(preview))
		return -1;
	*jpeg = malloc(preview->size);
	if (!*jpeg)
		return -1;
	memcpy(*jpeg, preview->jpeg, preview->size);
	*size = preview->size;
	*number = preview->number;
	return 0;
}

/* With the lock. */
static int wait_newer(struct preview *preview, uint64_t number, int timeout_ms)
{
	uint64_t until_ns = now_ns() + timeout_ms * UINT64_C(1000000);
	struct timespec until = { until_ns / 1000000000,
				  until_ns % 1000000000 };
	int error = 0;

	/* What was offered to others long ago is not what is seen now. */
	if (now_ns() - preview->came_ns > OLD_NS)
		number = preview->number;
	preview->waiting++;
	while (!error && preview->number <= number)
		error = pthread_cond_timedwait(&preview->come, &preview->lock,
					       &until);
	preview->waiting--;
	errno = error;
	return preview->number <= number ? -1 : 0;
}

int preview_wait(struct preview *preview, uint64_t *number, int timeout_ms,
		 uint8_t **jpeg, size_t *size)
{
	int result;

	pthread_mutex_lock(&preview->lock);
	result = wait_newer(preview, *number, timeout_ms);
	if (!result)
		result = give(preview, number, jpeg, size);
	pthread_mutex_unlock(&preview->lock);
	return result;
}
