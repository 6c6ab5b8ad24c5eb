/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of path.h share. */
#ifndef OSCAN_PATH_INTERNAL_H
#define OSCAN_PATH_INTERNAL_H

#include <jansson.h>
#include <stdio.h>
#include "path.h"

/* Greatest amount of a phi that is read from a file: ten turns. */
#define PATH_PHI_MAX 3600.0
/* Largest file that is read, bytes: some 600 for each of the most points. */
#define PATH_FILE_MAX (64 << 20)

/**
 * path_fail - put a sentence into @error
 * @error: shape [PATH_ERROR_LEN]
 * @code: for errno
 *
 * Return: -1
 */
int path_fail(char *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** path_alloc - a path of @count points, all of them zero. Return: 0 or -1 */
int path_alloc(struct path *path, size_t count, char *error);

/**
 * path_open - open a file of points to read
 *
 * Only a regular file of at most PATH_FILE_MAX bytes is opened.
 *
 * Return: stream, or NULL with a sentence
 */
FILE *path_open(const char *file, char *error);

/** path_parse - read JSON. Return: new reference, or NULL with a sentence */
json_t *path_parse(FILE *in, const char *file, char *error);

/**
 * path_take_angles - read and check theta and phi
 * @where: "points[3]", for the sentence
 *
 * Return: 0, or -1 with a sentence
 */
int path_take_angles(const char *file, const char *where, json_t *theta,
		     json_t *phi, struct path_point *point, char *error);

/** path_check_angles - whether a file may have these. Return: 0 or -1 */
int path_check_angles(const char *file, const char *where, double theta,
		      double phi, char *error);

/** path_from_json - what path_load() does, of @root */
int path_from_json(struct path *path, json_t *root, const char *file,
		   char *error);

/** path_count_identical - set @path->identical. Return: 0, or -1 */
int path_count_identical(struct path *path, char *error);

/** path_list - the points of PATH_LIST */
int path_list(const struct path_request *request, struct path *path,
	      char *error);

/** path_cost - seconds from one point to another, both axes at once */
double path_cost(const struct path_axis *theta, const struct path_axis *phi,
		 const struct path_point *from, const struct path_point *to);

#endif /* OSCAN_PATH_INTERNAL_H */
