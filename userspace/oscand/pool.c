// SPDX-License-Identifier: GPL-2.0-or-later
/* A few threads that answer requests. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include "pool.h"

/**
 * struct pool_list - first in, first out
 * @first: NULL: empty
 * @end: where the next one is hung
 * @count: of them
 */
struct pool_list {
	struct pool_work *first;
	struct pool_work **end;
	unsigned int count;
};

/**
 * struct pool - the threads and their work
 * @lock: over all but the threads
 * @more: there is work, or the threads are to end
 * @todo: to be done
 * @todo_disk: likewise, what waits for a disk
 * @at_disk: threads that do so
 * @done: has been done
 * @ending: the threads are to end when there is nothing to be done
 * @work: does it
 * @wake: told of each that is done
 * @data: passed on
 * @thread: shape [@threads]
 * @threads: number that were started
 */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct pool_list todo;
	struct pool_list todo_disk;
	unsigned int at_disk;
	struct pool_list done;
	bool ending;
	void (*work)(struct pool_work *work, void *data);
	void (*wake)(void *data);
	void *data;
	pthread_t thread[POOL_THREADS];
	unsigned int threads;
};

static void list_put(struct pool_list *list, struct pool_work *work)
{
	work->next = NULL;
	*list->end = work;
	list->end = &work->next;
	list->count++;
}

static struct pool_work *list_take(struct pool_list *list)
{
	struct pool_work *work = list->first;

	if (!work)
		return NULL;
	list->first = work->next;
	if (!list->first)
		list->end = &list->first;
	list->count--;
	return work;
}

/* With the lock. */
static struct pool_work *take_todo(struct pool *pool)
{
	struct pool_work *work = list_take(&pool->todo);

	if (work || pool->at_disk == POOL_DISK)
		return work;
	work = list_take(&pool->todo_disk);
	pool->at_disk += !!work;
	return work;
}

static void *run(void *data)
{
	struct pool *pool = data;
	struct pool_work *work;

	pthread_mutex_lock(&pool->lock);
	while (true) {
		work = take_todo(pool);
		if (!work && pool->ending)
			break;
		if (!work) {
			pthread_cond_wait(&pool->more, &pool->lock);
			continue;
		}
		pthread_mutex_unlock(&pool->lock);
		pool->work(work, pool->data);
		pthread_mutex_lock(&pool->lock);
		pool->at_disk -= work->disk;
		list_put(&pool->done, work);
		pthread_mutex_unlock(&pool->lock);
		pool->wake(pool->data);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_new(void (*work)(struct pool_work *work, void *data),
		      void (*wake)(void *data), void *data)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	int error = 0;

	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->more, NULL);
	pool->todo.end = &pool->todo.first;
	pool->todo_disk.end = &pool->todo_disk.first;
	pool->done.end = &pool->done.first;
	pool->work = work;
	pool->wake = wake;
	pool->data = data;
	while (!error && pool->threads < POOL_THREADS) {
		error = pthread_create(&pool->thread[pool->threads], NULL,
				       run, pool);
		pool->threads += !error;
	}
	if (!error)
		return pool;
	pool_free(pool);
	errno = error;
	return NULL;
}

bool pool_put(struct pool *pool, struct pool_work *work)
{
	struct pool_list *todo = work->disk ? &pool->todo_disk : &pool->todo;
	bool room;

	pthread_mutex_lock(&pool->lock);
	room = todo->count < POOL_QUEUE_MAX;
	if (room) {
		list_put(todo, work);
		pthread_cond_signal(&pool->more);
	}
	pthread_mutex_unlock(&pool->lock);
	return room;
}

struct pool_work *pool_take(struct pool *pool)
{
	struct pool_work *work;

	pthread_mutex_lock(&pool->lock);
	work = list_take(&pool->done);
	pthread_mutex_unlock(&pool->lock);
	return work;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	while (pool->threads)
		pthread_join(pool->thread[--pool->threads], NULL);
	pthread_cond_destroy(&pool->more);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
