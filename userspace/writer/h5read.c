// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h5read.h"

#define PATH_LEN 1024

/* H5Lexists() wants each part of the path to be there. */
bool h5_exists(hid_t file, const char *path)
{
	char part[PATH_LEN];
	size_t at;

	snprintf(part, sizeof(part), "%s", path);
	for (at = 1; at <= strlen(part); at++) {
		if (path[at] && path[at] != '/')
			continue;
		part[at] = '\0';
		if (H5Lexists(file, part, H5P_DEFAULT) <= 0)
			return false;
		part[at] = path[at];
	}
	return true;
}

hid_t h5_open(hid_t file, const char *path)
{
	return h5_exists(file, path) ? H5Dopen2(file, path, H5P_DEFAULT) : -1;
}

static hssize_t points_of(hid_t dataset)
{
	hid_t space = H5Dget_space(dataset);
	hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);

	if (space >= 0)
		H5Sclose(space);
	return count;
}

void *h5_read_all(hid_t file, const char *path, hid_t type, size_t size,
		  size_t *count)
{
	hid_t dataset = h5_open(file, path);
	hssize_t points = dataset < 0 ? -1 : points_of(dataset);
	void *values = NULL;

	if (points >= 0)
		values = calloc(points + 1, size);
	if (values && points &&
	    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
		free(values);
		values = NULL;
	}
	if (dataset >= 0)
		H5Dclose(dataset);
	*count = points < 0 ? 0 : points;
	return values;
}

double h5_read_number(hid_t file, const char *path)
{
	double *values, value = NAN;
	size_t count;

	values = h5_read_all(file, path, H5T_NATIVE_DOUBLE, sizeof(*values),
			     &count);
	if (values && count == 1)
		value = *values;
	free(values);
	return value;
}

static void read_text(hid_t dataset, char *text, size_t size)
{
	hid_t type = H5Dget_type(dataset);
	char *value = NULL;

	if (type >= 0 && H5Tis_variable_str(type) > 0 &&
	    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
		    &value) >= 0 && value) {
		snprintf(text, size, "%s", value);
		H5free_memory(value);
	}
	if (type >= 0)
		H5Tclose(type);
}

void h5_read_text(hid_t file, const char *path, char *text, size_t size)
{
	hid_t dataset = h5_open(file, path);

	*text = '\0';
	if (dataset < 0)
		return;
	read_text(dataset, text, size);
	H5Dclose(dataset);
}

/* Of one text or of a list of them. */
static void read_attribute(hid_t attribute, char *text, size_t size)
{
	hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
	const hssize_t count = H5Sget_simple_extent_npoints(space);
	char **texts = calloc(count > 0 ? count : 1, sizeof(*texts));

	if (texts && count > 0 && H5Tis_variable_str(type) > 0 &&
	    H5Aread(attribute, type, texts) >= 0) {
		snprintf(text, size, "%s", texts[0]);
		H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
	}
	free(texts);
	H5Sclose(space);
	H5Tclose(type);
}

void h5_read_attribute(hid_t file, const char *path, const char *name,
		       char *text, size_t size)
{
	hid_t attribute = -1;

	*text = '\0';
	if (h5_exists(file, path))
		attribute = H5Aopen_by_name(file, path, name, H5P_DEFAULT,
					    H5P_DEFAULT);
	if (attribute < 0)
		return;
	read_attribute(attribute, text, size);
	H5Aclose(attribute);
}
