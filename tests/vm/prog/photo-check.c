// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/rotor/edges.c pkg:jansson -lm */
/*
 * A capture scan against the edges that the rig recorded from its loading on:
 * each photo was exposed while no axis made a step, where its metadata says
 * that it was, within half a step of where it was to be; and each point of the
 * path has one.
 *
 *	photo-check SCAN EDGES
 *
 * SCAN is the folder of the scan. Shares no code with what wrote it. The last
 * line says what was found; exit status 0: all is well.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "edges.h"

#define MOST_PHOTOS 1000
#define AXES 2

/* The rig's axes, and their names in the metadata. */
static const struct {
	const char *angle;
	const char *axis;
	uint32_t step;
	uint32_t dir;
	long long origin;
	double steps_per_deg;
	bool wraps;
} axes[AXES] = {
	{ "theta", "theta_axis", OSCAN_RIG_ROTOR_STEP, OSCAN_RIG_ROTOR_DIR,
	  10667, 3200 * 40 / 3.0 / 360, false },
	{ "fi", "fi_axis", OSCAN_RIG_TURNTABLE_STEP, OSCAN_RIG_TURNTABLE_DIR,
	  0, 3200 / 360.0, true },
};

static struct oscan_rig_edge *edges;
static size_t edges_count;

__attribute__((noreturn, format(printf, 1, 2)))
static void wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *value = json_load_file(path, 0, &error);

	if (!value)
		wrong("%s: %s", path, error.text);
	return value;
}

/* Of an object in @name, or of @object itself where that is NULL. */
static double number(const json_t *object, const char *name, const char *key)
{
	const json_t *in = name ? json_object_get(object, name) : object;
	const json_t *value = json_object_get(in, key);

	if (!json_is_number(value))
		wrong("%s.%s is no number", name ? name : "", key);
	return json_number_value(value);
}

static uint64_t time_of(const json_t *measured, const char *key)
{
	const json_t *in = json_object_get(measured, "exposure");

	return json_integer_value(json_object_get(in, key));
}

/* Steps of an axis up to a time. */
static long long counted(int axis, uint64_t time_ns)
{
	long long count = axes[axis].origin;
	bool up = false;

	for (size_t i = 0; i < edges_count && edges[i].time_ns <= time_ns;
	     i++) {
		if (edges[i].line == axes[axis].dir)
			up = edges[i].value;
		else if (edges[i].line == axes[axis].step && edges[i].value)
			count += up ? 1 : -1;
	}
	return count;
}

static double apart_deg(int axis, double a, double b)
{
	return axes[axis].wraps ? fabs(remainder(a - b, 360)) : fabs(a - b);
}

static void check_axis(const char *name, int axis, const json_t *metadata)
{
	const json_t *measured = json_object_get(metadata, "measured");
	const json_t *scan = json_object_get(metadata, "scan_metadata");
	uint64_t begin_ns = time_of(measured, "begin_ns");
	uint64_t end_ns = time_of(measured, "end_ns");
	long long begin = counted(axis, begin_ns), end = counted(axis, end_ns);
	double step_deg = 1 / axes[axis].steps_per_deg;
	double angle = number(measured, NULL, axes[axis].angle);
	double wanted = number(scan, "polar_coordinates", axes[axis].angle);

	if (!begin_ns || end_ns <= begin_ns)
		wrong("%s: exposed from %llu to %llu", name,
		      (unsigned long long)begin_ns,
		      (unsigned long long)end_ns);
	if (begin != end)
		wrong("%s: %s made %lld steps in the exposure", name,
		      axes[axis].angle, end - begin);
	if (number(measured, axes[axis].axis, "steps") != end)
		wrong("%s: %s stood at %.0f, the rig counted %lld", name,
		      axes[axis].angle,
		      number(measured, axes[axis].axis, "steps"), end);
	if (apart_deg(axis, angle, end * step_deg) > step_deg / 1000)
		wrong("%s: %s is said to be %f and is %f", name,
		      axes[axis].angle, angle, end * step_deg);
	if (apart_deg(axis, angle, wanted) > 0.51 * step_deg)
		wrong("%s: %s is %f and was to be %f", name,
		      axes[axis].angle, angle, wanted);
}

static void check_photo(const char *folder, const char *photo)
{
	char path[4096];
	json_t *metadata;

	snprintf(path, sizeof(path), "%s/metadata/%s.json", folder, photo);
	metadata = load(path);
	for (int axis = 0; axis < AXES; axis++)
		check_axis(photo, axis, metadata);
	json_decref(metadata);
}

/* Each point once: the number behind the last "_" of the photo's name. */
static void mark(bool *seen, size_t points, const char *photo)
{
	const char *text = strrchr(photo, '_');
	size_t point = text ? strtoul(text + 1, NULL, 10) : points;

	if (point >= points)
		wrong("photo %s of %zu points", photo, points);
	if (seen[point])
		wrong("photo %s is there twice", photo);
	seen[point] = true;
}

static size_t points_of(const char *folder)
{
	char path[4096];
	json_t *file;
	size_t count;

	snprintf(path, sizeof(path), "%s/path.json", folder);
	file = load(path);
	count = json_array_size(json_object_get(file, "points"));
	json_decref(file);
	if (!count || count > MOST_PHOTOS)
		wrong("%s has %zu points", path, count);
	return count;
}

static size_t check_journal(const char *folder, bool *seen, size_t points)
{
	char path[4096], line[4096];
	size_t photos = 0;
	const char *photo;
	json_t *entry;
	FILE *journal;

	snprintf(path, sizeof(path), "%s/journal.jsonl", folder);
	journal = fopen(path, "r");
	if (!journal)
		wrong("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), journal)) {
		/* A crash has torn it: the photo was taken again. */
		entry = json_loads(line, 0, NULL);
		photo = json_string_value(json_object_get(entry, "photo"));
		if (photo) {
			mark(seen, points, photo);
			check_photo(folder, photo);
			photos++;
		}
		json_decref(entry);
	}
	fclose(journal);
	return photos;
}

int main(int argc, char **argv)
{
	bool seen[MOST_PHOTOS] = { false };
	size_t points, photos;

	if (argc != 3)
		wrong("usage: photo-check SCAN EDGES");
	edges = edges_load(argv[2], &edges_count);
	if (!edges)
		wrong("%s: %s", argv[2], strerror(errno));
	points = points_of(argv[1]);
	photos = check_journal(argv[1], seen, points);
	for (size_t i = 0; i < points; i++)
		if (!seen[i])
			wrong("%zu photos, none of point %zu", photos, i);
	printf("%zu photos are where the rig counted\n", photos);
	return 0;
}
