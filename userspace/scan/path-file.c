// SPDX-License-Identifier: GPL-2.0-or-later
/* path.json, as OpenScan3 writes it. */
#include "path-internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "durable.h"

#define WHERE_LEN 64
/* How far cartesian may be from polar, in radii. */
#define CARTESIAN_OFF 1e-6

FILE *path_open(const char *file, char *error)
{
	FILE *in = fopen(file, "re");
	struct stat about;

	if (!in || fstat(fileno(in), &about)) {
		path_fail(error, errno, "wanted to read %s, found: %s", file,
			  strerror(errno));
	} else if (!S_ISREG(about.st_mode)) {
		path_fail(error, EINVAL,
			  "wanted to read %s, found that it is no regular file",
			  file);
	} else if (about.st_size > PATH_FILE_MAX) {
		path_fail(error, EFBIG,
			  "%s: wanted at most %d MiB, found %lld bytes", file,
			  PATH_FILE_MAX >> 20, (long long)about.st_size);
	} else {
		return in;
	}
	if (in)
		fclose(in);
	return NULL;
}

json_t *path_parse(FILE *in, const char *file, char *error)
{
	json_error_t why;
	json_t *root = json_loadf(in, JSON_REJECT_DUPLICATES, &why);

	if (!root)
		path_fail(error, EBADMSG, "%s: line %d: wanted JSON, found: %s",
			  file, why.line, why.text);
	return root;
}

int path_check_angles(const char *file, const char *where, double theta,
		      double phi, char *error)
{
	if (!(theta >= 0 && theta <= 180))
		return path_fail(error, EBADMSG,
				 "%s: %s: wanted a theta of 0 to 180 degrees, found %g",
				 file, where, theta);
	if (!(fabs(phi) <= PATH_PHI_MAX))
		return path_fail(error, EBADMSG,
				 "%s: %s: wanted a phi of %g to %g degrees, found %g",
				 file, where, -PATH_PHI_MAX, PATH_PHI_MAX, phi);
	return 0;
}

static int no_number(const char *file, const char *where, const char *name,
		     const json_t *value, char *error)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT)
			   : NULL;

	path_fail(error, EBADMSG, "%s: %s: wanted a number for %s, found %.40s",
		  file, where, name, text ? text : "none");
	free(text);
	return -1;
}

int path_take_angles(const char *file, const char *where, json_t *theta,
		     json_t *phi, struct path_point *point, char *error)
{
	if (!json_is_number(theta))
		return no_number(file, where, "theta", theta, error);
	if (!json_is_number(phi))
		return no_number(file, where, "phi", phi, error);
	point->theta_deg = json_number_value(theta);
	point->phi_deg = json_number_value(phi);
	return path_check_angles(file, where, point->theta_deg, point->phi_deg,
				 error);
}

static void cartesian(const struct path_point *point, double radius,
		      double place[3])
{
	double theta = point->theta_deg * M_PI / 180;
	double phi = point->phi_deg * M_PI / 180;

	place[0] = radius * sin(theta) * cos(phi);
	place[1] = radius * sin(theta) * sin(phi);
	place[2] = radius * cos(theta);
}

/* It is there for other programs; a file in which it differs was tampered with */
static int check_cartesian(const char *file, const char *where, json_t *given,
			   const struct path_point *point, double radius,
			   char *error)
{
	static const char *const names[] = { "x", "y", "z" };
	double place[3];
	json_t *value;

	if (!given)
		return 0;
	cartesian(point, radius, place);
	for (int i = 0; i < 3; i++) {
		value = json_object_get(given, names[i]);
		if (!json_is_number(value))
			return no_number(file, where, names[i], value, error);
		if (fabs(json_number_value(value) - place[i]) >
		    CARTESIAN_OFF * radius)
			return path_fail(error, EBADMSG,
					 "%s: %s: wanted %s to be %g by its angles, found %g",
					 file, where, names[i], place[i],
					 json_number_value(value));
	}
	return 0;
}

static int take_steps(const char *file, const char *where, json_t *item,
		      size_t i, struct path_point *point, char *error)
{
	json_t *execution = json_object_get(item, "execution_step");
	json_t *original = json_object_get(item, "original_step");

	if (!json_is_integer(execution) ||
	    json_integer_value(execution) != (json_int_t)i)
		return no_number(file, where, "execution_step that is its place in the list",
				 execution, error);
	if (!json_is_integer(original) || json_integer_value(original) < 0 ||
	    json_integer_value(original) >= PATH_POINTS_MAX)
		return no_number(file, where, "original_step from 0 on",
				 original, error);
	point->original = json_integer_value(original);
	return 0;
}

static int take_radius(struct path *path, const char *file, const char *where,
		       size_t i, json_t *value, char *error)
{
	double radius = json_number_value(value);

	if (!json_is_number(value) || !(radius > 0))
		return no_number(file, where, "r above 0", value, error);
	if (i && radius != path->radius_mm)
		return path_fail(error, EBADMSG,
				 "%s: %s: wanted the same r as before, %g, found %g",
				 file, where, path->radius_mm, radius);
	path->radius_mm = radius;
	return 0;
}

static int take_point(struct path *path, size_t i, json_t *item,
		      const char *file, char *error)
{
	json_t *polar = json_object_get(item, "polar");
	struct path_point *point = &path->points[i];
	char where[WHERE_LEN];

	snprintf(where, sizeof(where), "points[%zu]", i);
	if (!json_is_object(polar))
		return path_fail(error, EBADMSG,
				 "%s: %s: wanted an object with \"polar\", found none",
				 file, where);
	if (take_steps(file, where, item, i, point, error) ||
	    path_take_angles(file, where, json_object_get(polar, "theta"),
			     json_object_get(polar, "fi"), point, error) ||
	    take_radius(path, file, where, i, json_object_get(polar, "r"),
			error))
		return -1;
	return check_cartesian(file, where, json_object_get(item, "cartesian"),
			       point, path->radius_mm, error);
}

/* Photos are named by it. */
static int check_originals(const struct path *path, const char *file,
			   char *error)
{
	bool *seen = calloc(PATH_POINTS_MAX, sizeof(*seen));
	uint32_t original;
	int result = 0;

	if (!seen)
		return path_fail(error, ENOMEM, "%s: wanted memory, found none",
				 file);
	for (size_t i = 0; i < path->count && !result; i++) {
		original = path->points[i].original;
		if (seen[original])
			result = path_fail(error, EBADMSG,
					   "%s: points[%zu]: wanted each original_step once, found %u twice",
					   file, i, original);
		seen[original] = true;
	}
	free(seen);
	return result;
}

int path_from_json(struct path *path, json_t *root, const char *file,
		   char *error)
{
	json_t *points = json_object_get(root, "points");
	size_t count = json_array_size(points);

	if (!json_is_array(points))
		return path_fail(error, EBADMSG,
				 "%s: wanted a list \"points\", found none; is it a path.json?",
				 file);
	if (!count || count > PATH_POINTS_MAX)
		return path_fail(error, EBADMSG,
				 "%s: wanted 1 to %u points, found %zu", file,
				 PATH_POINTS_MAX, count);
	if (path_alloc(path, count, error))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (take_point(path, i, json_array_get(points, i), file, error))
			return -1;
	return check_originals(path, file, error);
}

int path_load(struct path *path, const char *file, char *error)
{
	int result = -1, code;
	json_t *root = NULL;
	FILE *in;

	memset(path, 0, sizeof(*path));
	in = path_open(file, error);
	if (!in)
		return -1;
	root = path_parse(in, file, error);
	if (root)
		result = path_from_json(path, root, file, error);
	if (!result)
		result = path_count_identical(path, error);
	code = errno;
	json_decref(root);
	fclose(in);
	if (result)
		path_free(path);
	errno = code;
	return result;
}

/* ---- writing ---- */

static json_t *point_json(const struct path_point *point, size_t i,
			  double radius)
{
	double place[3];

	cartesian(point, radius, place);
	return json_pack("{s:I, s:I, s:{s:f, s:f, s:f}, s:{s:f, s:f, s:f}}",
			 "execution_step", (json_int_t)i, "original_step",
			 (json_int_t)point->original, "polar", "theta",
			 point->theta_deg, "fi", point->phi_deg, "r", radius,
			 "cartesian", "x", place[0], "y", place[1], "z",
			 place[2]);
}

static json_t *path_json(const struct path *path, const char *project,
			 unsigned int scan_index)
{
	char generated[64], second[32];
	struct timespec now;
	struct tm local;
	json_t *points = json_array();
	int failed = !points;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &local);
	snprintf(generated, sizeof(generated), "%s.%06ld", second,
		 now.tv_nsec / 1000);
	for (size_t i = 0; i < path->count && !failed; i++)
		failed = json_array_append_new(points,
					       point_json(&path->points[i], i,
							  path->radius_mm));
	if (failed) {
		json_decref(points);
		return NULL;
	}
	return json_pack("{s:s, s:I, s:s, s:o}", "project_name", project,
			 "scan_index", (json_int_t)scan_index, "generated",
			 generated, "points", points);
}

int path_save(const struct path *path, const char *file, const char *project,
	      unsigned int scan_index)
{
	json_t *root = path_json(path, project, scan_index);
	int result, code;

	if (!root) {
		errno = ENOMEM;
		return -1;
	}
	result = durable_json(file, root, NULL);
	code = errno;
	json_decref(root);
	errno = code;
	return result;
}
