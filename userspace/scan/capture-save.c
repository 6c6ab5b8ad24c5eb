// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Photos on their way to the disk. The thread of the scan puts them, workers
 * take the oldest one each; when the queue is full the scan waits. A photo
 * stays in the queue until it is in the journal, so the queue is the memory.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture-parts.h"

enum slot_state {
	SLOT_FREE = 0,
	SLOT_WAITING = 1,
	SLOT_SAVING = 2,
};

/**
 * struct slot - room for a photo
 * @state: enum slot_state
 * @number: photos are taken in this order
 * @photo: of the scan's thread while free, of a worker while saving
 */
struct slot {
	enum slot_state state;
	uint64_t number;
	struct capture_photo photo;
};

/**
 * struct capture_saver - the queue
 * @lock: protects all that follows but what a photo holds
 * @wake: a photo waits, or it ends
 * @slots: shape [@room]
 * @room: photos at most
 * @used: of them, not free
 * @numbers: photos put so far
 * @ending: no more will come
 * @saved: photos in the journal since it was last asked
 * @bytes: of them
 * @error: errno of the first failure
 * @text: and its sentence
 * @threads: shape [@workers]
 * @workers: that were started
 * @scan: where to
 * @format: enum photo_format
 * @quality: of JPEG
 */
struct capture_saver {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct slot *slots;
	uint32_t room;
	uint32_t used;
	uint64_t numbers;
	bool ending;
	uint64_t saved;
	uint64_t bytes;
	int error;
	char text[CAPTURE_ERROR_LEN];
	pthread_t *threads;
	uint32_t workers;
	struct project_scan *scan;
	enum photo_format format;
	int quality;
};

static const char *why_not(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return "no space left; free some, then take the scan up again";
	case EROFS:
		return "the disk to be read-only now; see the kernel's log and the disk, then take the scan up again";
	case ENODEV:
	case EIO:
		return "that the disk fails; see its cable and the kernel's log, then take the scan up again";
	case EEXIST:
		return "it there already";
	default:
		return strerror(error);
	}
}

/* Return: 0, or -1 with errno. */
static int save(struct capture_saver *saver, struct capture_photo *photo,
		uint64_t *bytes)
{
	enum photo_format format = photo->pixels.data ? saver->format : 0;
	json_t *metadata = photo->metadata;
	char path[CAPTURE_PATH_LEN];

	*bytes = 0;
	photo->metadata = NULL;
	if (format && (project_photo_path(saver->scan, &photo->id, format,
					  path, sizeof(path)) ||
		       photo_save(path, format, saver->quality,
				  &photo->pixels, &photo->info, bytes))) {
		json_decref(metadata);
		return -1;
	}
	return project_photo_done(saver->scan, &photo->id, format, *bytes,
				  metadata);
}

static struct slot *oldest(struct capture_saver *saver)
{
	struct slot *found = NULL;

	for (uint32_t i = 0; i < saver->room; i++) {
		struct slot *slot = &saver->slots[i];

		if (slot->state == SLOT_WAITING &&
		    (!found || slot->number < found->number))
			found = slot;
	}
	return found;
}

static void account(struct capture_saver *saver, const struct slot *slot,
		    int error, uint64_t bytes)
{
	if (!error) {
		saver->saved++;
		saver->bytes += bytes;
		return;
	}
	if (saver->error)
		return;
	saver->error = error;
	snprintf(saver->text, sizeof(saver->text),
		 "wanted to save the photo %s in %.200s, found %s",
		 slot->photo.name, project_scan_folder(saver->scan),
		 why_not(error));
}

static void *work(void *data)
{
	struct capture_saver *saver = data;
	struct slot *slot;
	uint64_t bytes;
	int error;

	pthread_mutex_lock(&saver->lock);
	for (;;) {
		slot = oldest(saver);
		if (!slot && saver->ending)
			break;
		if (!slot) {
			pthread_cond_wait(&saver->wake, &saver->lock);
			continue;
		}
		slot->state = SLOT_SAVING;
		pthread_mutex_unlock(&saver->lock);
		error = save(saver, &slot->photo, &bytes) ? errno : 0;
		pthread_mutex_lock(&saver->lock);
		account(saver, slot, error, bytes);
		slot->state = SLOT_FREE;
		saver->used--;
	}
	pthread_mutex_unlock(&saver->lock);
	return NULL;
}

static int start(struct capture_saver *saver, uint32_t workers)
{
	int error;

	saver->slots = calloc(saver->room, sizeof(*saver->slots));
	saver->threads = calloc(workers, sizeof(*saver->threads));
	if (!saver->slots || !saver->threads)
		return -1;
	for (; saver->workers < workers; saver->workers++) {
		error = pthread_create(&saver->threads[saver->workers], NULL,
				       work, saver);
		if (error) {
			errno = error;
			return -1;
		}
	}
	return 0;
}

int capture_saver_start(struct capture *capture)
{
	const struct capture_request *request = capture->request;
	struct capture_saver *saver = calloc(1, sizeof(*saver));

	capture->saver = saver;
	if (saver) {
		pthread_mutex_init(&saver->lock, NULL);
		pthread_cond_init(&saver->wake, NULL);
		saver->room = request->queue;
		saver->scan = capture->scan;
		saver->format = request->format;
		saver->quality = request->quality;
	}
	if (saver && !start(saver, request->workers))
		return 0;
	return capture_fail(capture, errno,
			    "wanted a queue of %u photos and %u threads that save them, found: %s; choose less",
			    request->queue, request->workers,
			    strerror(errno));
}

uint32_t capture_saver_used(struct capture *capture)
{
	struct capture_saver *saver = capture->saver;
	uint32_t used;

	if (!saver)
		return 0;
	pthread_mutex_lock(&saver->lock);
	used = saver->used;
	pthread_mutex_unlock(&saver->lock);
	return used;
}

bool capture_saver_full(struct capture *capture)
{
	return capture_saver_used(capture) == capture->saver->room;
}

int capture_saver_check(struct capture *capture)
{
	struct capture_saver *saver = capture->saver;
	struct capture_result *result = capture->result;
	int error;

	if (!saver)
		return 0;
	pthread_mutex_lock(&saver->lock);
	result->photos_saved += saver->saved;
	result->bytes += saver->bytes;
	capture->saved += saver->saved;
	saver->saved = 0;
	saver->bytes = 0;
	error = saver->error;
	pthread_mutex_unlock(&saver->lock);
	if (capture->saved)
		result->photo_bytes = result->bytes / capture->saved;
	return error ? capture_fail(capture, error, "%s", saver->text) : 0;
}

void capture_saver_stop(struct capture *capture)
{
	struct capture_saver *saver = capture->saver;

	if (!saver)
		return;
	pthread_mutex_lock(&saver->lock);
	saver->ending = true;
	pthread_cond_broadcast(&saver->wake);
	pthread_mutex_unlock(&saver->lock);
	for (uint32_t i = 0; i < saver->workers; i++)
		pthread_join(saver->threads[i], NULL);
	capture_saver_check(capture);
	for (uint32_t i = 0; saver->slots && i < saver->room; i++)
		free((void *)saver->slots[i].photo.pixels.data);
	pthread_mutex_destroy(&saver->lock);
	pthread_cond_destroy(&saver->wake);
	free(saver->slots);
	free(saver->threads);
	free(saver);
	capture->saver = NULL;
}

/*
 * There is one, as capture_saver_full() said. Only this thread takes them, so
 * it stays free without the lock.
 */
static struct slot *free_slot(struct capture_saver *saver)
{
	struct slot *slot = saver->slots;

	pthread_mutex_lock(&saver->lock);
	while (slot->state != SLOT_FREE)
		slot++;
	pthread_mutex_unlock(&saver->lock);
	return slot;
}

static void hand_over(struct capture_saver *saver, struct slot *slot)
{
	pthread_mutex_lock(&saver->lock);
	slot->number = saver->numbers++;
	slot->state = SLOT_WAITING;
	saver->used++;
	pthread_cond_signal(&saver->wake);
	pthread_mutex_unlock(&saver->lock);
}

static int copy_pixels(const struct capture *capture,
		       struct capture_photo *photo)
{
	const struct camera_frame *frame = &capture->frame;
	void *data = (void *)photo->pixels.data;

	if (photo->room < frame->size) {
		free(data);
		photo->room = 0;
		photo->pixels.data = data = malloc(frame->size);
		if (!data)
			return -1;
		photo->room = frame->size;
	}
	memcpy(data, frame->data, frame->size);
	photo->pixels = capture_pixels(capture);
	photo->pixels.data = data;
	return 0;
}

static void keep_worst_state(struct capture *capture)
{
	struct capture_result *result = capture->result;

	for (int i = 0; i < CAPTURE_AXES; i++)
		if (capture->axis[i].info &&
		    capture->axis[i].state.position_state >
		    result->position_state)
			result->position_state =
				capture->axis[i].state.position_state;
}

/* For the first scan of a project; one that has it keeps it. */
static void show_project(struct capture *capture,
			 const struct capture_photo *photo)
{
	if (!capture->shown && photo->pixels.data)
		project_thumbnail(capture->project, &photo->pixels,
				  photo->info.orientation);
	capture->shown = true;
}

int capture_put(struct capture *capture, const struct oscan_pulse *pulse)
{
	struct slot *slot = free_slot(capture->saver);
	struct capture_photo *photo = &slot->photo;
	struct capture_wish wish;
	int failed = 0;

	capture_shot(capture, &photo->id, &wish);
	capture_describe(capture, photo, pulse);
	if (!pulse) {
		failed = copy_pixels(capture, photo);
		show_project(capture, photo);
		photo->metadata = capture_metadata(capture, photo, NULL);
		capture_release(capture);
	} else {
		photo->metadata = capture_metadata(capture, photo, pulse);
	}
	if (failed || !photo->metadata) {
		json_decref(photo->metadata);
		photo->metadata = NULL;
		return capture_fail(capture, ENOMEM,
				    "wanted memory for the photo %s, found none; choose a shorter queue or smaller photos, then take the scan up again",
				    photo->name);
	}
	keep_worst_state(capture);
	hand_over(capture->saver, slot);
	return 0;
}
