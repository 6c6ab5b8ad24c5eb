// SPDX-License-Identifier: GPL-2.0-or-later
#include "edges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

_Static_assert(sizeof(struct oscan_rig_edge) == 16, "size of a record");
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "recordings are little endian and read as they are"
#endif

static struct oscan_rig_edge *read_records(FILE *file, size_t *count)
{
	struct oscan_rig_edge *edges;
	struct stat st;

	if (fstat(fileno(file), &st))
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	if (st.st_size % sizeof(*edges)) {
		errno = EBADMSG;
		return NULL;
	}
	edges = malloc(st.st_size ? st.st_size : 1);
	if (!edges)
		return NULL;
	*count = st.st_size / sizeof(*edges);
	if (fread(edges, sizeof(*edges), *count, file) != *count) {
		free(edges);
		errno = EIO;
		return NULL;
	}
	return edges;
}

struct oscan_rig_edge *edges_load(const char *path, size_t *count)
{
	struct oscan_rig_edge *edges;
	FILE *file;
	int saved;

	file = fopen(path, "rbe");
	if (!file)
		return NULL;
	edges = read_records(file, count);
	saved = errno;
	fclose(file);
	errno = saved;
	if (edges && edges_check(edges, *count) < *count) {
		free(edges);
		errno = EBADMSG;
		return NULL;
	}
	return edges;
}

static bool well_formed(const struct oscan_rig_edge *edge)
{
	return edge->line < OSCAN_RIG_LINES && edge->value <= 1 &&
	       !edge->padding[0] && !edge->padding[1] && !edge->padding[2];
}

size_t edges_check(const struct oscan_rig_edge *edges, size_t count)
{
	int level[OSCAN_RIG_LINES];
	size_t i;

	for (i = 0; i < OSCAN_RIG_LINES; i++)
		level[i] = -1;
	for (i = 0; i < count; i++) {
		if (!well_formed(&edges[i]))
			return i;
		if (i && edges[i].time_ns < edges[i - 1].time_ns)
			return i;
		if (level[edges[i].line] == edges[i].value)
			return i;
		level[edges[i].line] = edges[i].value;
	}
	return count;
}

int edges_initial(const struct oscan_rig_edge *edges, size_t count,
		  uint32_t line, int otherwise)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (edges[i].line == line)
			return !edges[i].value;
	return otherwise;
}

int edges_dir_initial(const struct oscan_rig_edge *edges, size_t count,
		      const struct edge_lines *lines)
{
	if (lines->dir_initial != EDGE_LEARN)
		return lines->dir_initial;
	return edges_initial(edges, count, lines->dir, 0);
}

bool edges_powered_initial(const struct oscan_rig_edge *edges, size_t count,
			   const struct edge_lines *lines)
{
	if (lines->enable == EDGE_NO_LINE)
		return true;
	return edges_initial(edges, count, lines->enable,
			     !lines->enable_active_low) !=
	       lines->enable_active_low;
}
