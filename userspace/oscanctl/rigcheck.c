// SPDX-License-Identifier: GPL-2.0-or-later
/* The positions of a scan against the edges that the rig recorded. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "../../kmod/rig/oscan_rig.h"
#include "oscanctl.h"
#include "rigcheck.h"

/* Steps of the pass by the edges: times, and the count after each. */
struct steps {
	size_t count;
	uint64_t *time_ns;
	int64_t *position;
	int64_t begin;
};

static const struct lines {
	const char *axis;
	uint32_t step;
	uint32_t dir;
} lines[] = {
	{ "turntable", OSCAN_RIG_TURNTABLE_STEP, OSCAN_RIG_TURNTABLE_DIR },
	{ "rotor", OSCAN_RIG_ROTOR_STEP, OSCAN_RIG_ROTOR_DIR },
};

static const struct lines *find_lines(const struct scanfile *scan)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strcmp(scan->axis, lines[i].axis))
			return &lines[i];
	fail("wanted the rig's lines of %s, found that the rig has turntable and rotor only; leave --edges out",
	     scan->axis);
	return NULL;
}

static struct oscan_rig_edge *read_edges(const char *path, size_t *count)
{
	struct oscan_rig_edge *edges = NULL;
	FILE *file = fopen(path, "rb");
	struct stat status;

	if (!file || fstat(fileno(file), &status)) {
		fail("wanted the edges in %s, found: %s; give a file that was read from /dev/oscan-rig",
		     path, strerror(errno));
		goto out;
	}
	*count = status.st_size / sizeof(*edges);
	if (!*count || status.st_size % sizeof(*edges)) {
		fail("wanted whole records of %zu bytes in %s, found %lld bytes; read /dev/oscan-rig into it again",
		     sizeof(*edges), path, (long long)status.st_size);
		goto out;
	}
	edges = malloc(status.st_size);
	if (!edges || fread(edges, sizeof(*edges), *count, file) != *count) {
		fail("wanted to read %s, found: %s; try again", path,
		     strerror(errno));
		free(edges);
		edges = NULL;
	}
out:
	if (file)
		fclose(file);
	return edges;
}

static int gather(struct steps *steps, const struct scanfile *scan,
		  const struct oscan_rig_edge *edges, size_t count)
{
	uint64_t end_ns = UINT64_MAX;
	const struct lines *line = find_lines(scan);
	int64_t position = llrint(scanfile_number(scan, "p_initial") *
				  scan->scale);
	int direction = -1;

	if (!line)
		return EXIT_FAILURE;
	scanfile_counts(scan, "clocks/monotonic_end", &end_ns, 1);
	steps->count = 0;
	steps->begin = position;
	steps->time_ns = malloc(count * sizeof(*steps->time_ns));
	steps->position = malloc(count * sizeof(*steps->position));
	if (!steps->time_ns || !steps->position)
		return fail("wanted memory for %zu edges, found none; end other programs",
			    count);
	for (size_t i = 0; i < count; i++) {
		if (edges[i].line == line->dir)
			direction = edges[i].value ? 1 : -1;
		/* Before the launch the axis was on its way to p_initial. */
		if (edges[i].line != line->step || !edges[i].value ||
		    edges[i].time_ns < scan->launch_ns ||
		    edges[i].time_ns > end_ns)
			continue;
		position += direction;
		steps->time_ns[steps->count] = edges[i].time_ns;
		steps->position[steps->count++] = position;
	}
	return 0;
}

static double position_at(const struct steps *steps, uint64_t time_ns)
{
	size_t low = 0, high = steps->count, middle;
	double part;

	/* low: number of steps up to the time */
	while (low < high) {
		middle = (low + high) / 2;
		if (steps->time_ns[middle] <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return steps->begin;
	if (low == steps->count)
		return steps->position[low - 1];
	part = (double)(time_ns - steps->time_ns[low - 1]) /
	       (double)(steps->time_ns[low] - steps->time_ns[low - 1]);
	return steps->position[low - 1] +
	       part * (double)(steps->position[low] -
			       steps->position[low - 1]);
}

static void compare(const struct scanfile *scan, const struct steps *steps,
		    struct rigcheck *check)
{
	double difference;

	for (size_t i = scan->first_frame; i < scan->frames; i++) {
		difference = fabs(position_at(steps, scan->time_ns[i]) -
				  scan->position[i] * scan->scale);
		if (isnan(difference))
			difference = INFINITY;
		if (difference > check->worst) {
			check->worst = difference;
			check->worst_frame = i;
		}
	}
	check->frames = scan->frames - scan->first_frame;
	check->steps = steps->count;
	check->traced = scan->steps - scan->first_step;
	check->good = check->frames && check->worst <= RIGCHECK_LIMIT &&
		      check->steps == check->traced;
}

int rigcheck_run(const struct scanfile *scan, const char *path,
		 struct rigcheck *check)
{
	struct oscan_rig_edge *edges;
	struct steps steps = { 0 };
	int status;

	memset(check, 0, sizeof(*check));
	edges = read_edges(path, &check->edges);
	if (!edges)
		return EXIT_FAILURE;
	status = gather(&steps, scan, edges, check->edges);
	if (!status)
		compare(scan, &steps, check);
	free(steps.time_ns);
	free(steps.position);
	free(edges);
	return status;
}
