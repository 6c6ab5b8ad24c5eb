// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "compress.h"
#include "packers.h"

/* Memory changes hands instead of being copied. */
static void swap(void **a, void **b)
{
	void *const was = *a;

	*a = *b;
	*b = was;
}

static void pack(struct packers *packers, struct queue_entry *entry,
		 void **scratch)
{
	const size_t bytes = compress_pack(packers->compression, entry->data,
					   entry->bytes, *scratch);

	if (bytes) {
		swap(&entry->data, scratch);
		entry->bytes = bytes;
		entry->plain = false;
	} else {
		packers->plain++;
	}
	packers->packed++;
	queue_pack(packers->queue, entry);
}

static void *run(void *data)
{
	struct packer *packer = data;
	struct queue_entry *entry;

	while ((entry = queue_claim(packer->packers->queue)))
		pack(packer->packers, entry, &packer->scratch);
	return NULL;
}

static size_t threads_for(const struct queue *queue)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	const size_t count = processors > 0 ? processors : 1;

	return count < queue->size ? count : queue->size;
}

static int start_one(struct packers *packers, size_t room)
{
	struct packer *packer = &packers->list[packers->count];

	packer->packers = packers;
	packer->scratch = malloc(room);
	if (!packer->scratch)
		return -1;
	errno = pthread_create(&packer->thread, NULL, run, packer);
	if (errno) {
		free(packer->scratch);
		return -1;
	}
	packers->count++;
	return 0;
}

int packers_start(struct packers *packers, struct queue *queue,
		  enum writer_compression compression, size_t room)
{
	const size_t count = threads_for(queue);
	int error;

	packers->queue = queue;
	packers->compression = compression;
	packers->count = 0;
	packers->list = calloc(count, sizeof(*packers->list));
	if (!packers->list)
		return -1;
	while (packers->count < count) {
		if (!start_one(packers, room))
			continue;
		error = errno;
		queue_fail(queue, error);
		packers_join(packers);
		errno = error;
		return -1;
	}
	return 0;
}

void packers_join(struct packers *packers)
{
	for (size_t n = 0; n < packers->count; n++) {
		pthread_join(packers->list[n].thread, NULL);
		free(packers->list[n].scratch);
	}
	packers->count = 0;
	free(packers->list);
	packers->list = NULL;
}
