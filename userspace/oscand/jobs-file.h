/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the jobs: <folder>/jobs/000012.json, and last.json, the
 * greatest id so far, so that none is given twice. Whoever has them open holds
 * a lock on <folder>/oscand.lock.
 */
#ifndef OSCAND_JOBS_FILE_H
#define OSCAND_JOBS_FILE_H

#include <stdint.h>
#include <jansson.h>

struct jobs_files;

/**
 * jobs_files_open - lock and read them
 * @folder: of the state, made if it is not there
 * @take: called for each file; -1: that is no job, put it aside
 * @data: passed on
 * @last: in and out: greatest id; made greater by what last.json says
 * @error: out, shape [JOBS_ERROR_LEN]: one sentence after an error
 *
 * Return: to be closed with jobs_files_close(), or NULL with errno: EBUSY:
 * another process has them.
 */
struct jobs_files *jobs_files_open(const char *folder,
				   int (*take)(void *data, json_t *value),
				   void *data, uint64_t *last, char *error);

/** jobs_files_close - unlock and free; NULL is accepted */
void jobs_files_close(struct jobs_files *files);

/** jobs_files_write - durable when it returns. Return: 0, or -1 with errno */
int jobs_files_write(struct jobs_files *files, uint64_t id,
		     const json_t *value);

/** jobs_files_last - the greatest id so far. Return: likewise */
int jobs_files_last(struct jobs_files *files, uint64_t id);

/** jobs_files_remove - one that is not there is no error. Return: likewise */
int jobs_files_remove(struct jobs_files *files, uint64_t id);

#endif /* OSCAND_JOBS_FILE_H */
