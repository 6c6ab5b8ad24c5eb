// SPDX-License-Identifier: GPL-2.0-or-later
/* Points that a person, or another program, has put into a file. */
#include "path-internal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define COLUMNS_MAX 64
#define WHERE_LEN 64

/**
 * struct table - CSV being read
 * @number: of the line, from 1
 * @theta: which column, from 0
 * @phi: likewise
 * @columns: there must be so many at least
 * @begun: the first line that counts has been seen
 */
struct table {
	FILE *in;
	const char *file;
	unsigned int number;
	int theta;
	int phi;
	int columns;
	bool begun;
	char *line;
	size_t room;
};

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	if (end - text >= 2 && *text == '"' && end[-1] == '"') {
		text++;
		end--;
	}
	*end = '\0';
	return text;
}

/* Return: number of columns, COLUMNS_MAX + 1 if there are more */
static int split(char *line, char *columns[COLUMNS_MAX])
{
	int count = 0;
	char *next;

	for (; line; line = next) {
		next = strchr(line, ',');
		if (next)
			*next++ = '\0';
		if (count == COLUMNS_MAX)
			return COLUMNS_MAX + 1;
		columns[count++] = trim(line);
	}
	return count;
}

static bool is_number(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && !*end;
}

/* What line of the file counts next. Return: its text, NULL at the end */
static char *next_line(struct table *table)
{
	char *text;
	ssize_t length;

	for (;;) {
		length = getline(&table->line, &table->room, table->in);
		if (length < 0)
			return NULL;
		table->number++;
		text = table->line;
		/* No text has a NUL; what is behind it must not vanish. */
		for (ssize_t i = 0; i < length; i++)
			if (!text[i])
				text[i] = '?';
		if (table->number == 1 &&
		    !strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
			text += strlen(BYTE_ORDER_MARK);
		text = trim(text);
		if (*text && *text != '#')
			return text;
	}
}

static int column_named(char *columns[], int count, const char *name,
			const char *other)
{
	int found = -1;

	for (int i = 0; i < count; i++) {
		if (strcasecmp(columns[i], name) &&
		    strcasecmp(columns[i], other))
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/* A line at the head with the names of the columns. Return: 0, -1, 1: none */
static int take_head(struct table *table, char *columns[], int count,
		     char *error)
{
	double value;

	if (is_number(columns[0], &value))
		return 1;
	if (count > COLUMNS_MAX)
		count = COLUMNS_MAX;
	table->theta = column_named(columns, count, "theta", "theta");
	table->phi = column_named(columns, count, "phi", "fi");
	table->columns = (table->theta > table->phi ? table->theta :
						      table->phi) + 1;
	if (table->theta >= 0 && table->phi >= 0)
		return 0;
	return path_fail(error, EBADMSG,
			 "%s: line %u: wanted numbers, or one column \"theta\" and one \"phi\", found \"%.40s\"",
			 table->file, table->number, columns[0]);
}

static int take_row(struct table *table, char *columns[], int count,
		    struct path_point *point, char *error)
{
	double *const to[] = { &point->theta_deg, &point->phi_deg };
	const int from[] = { table->theta, table->phi };
	char where[WHERE_LEN];

	snprintf(where, sizeof(where), "line %u", table->number);
	if (count < table->columns || count > COLUMNS_MAX)
		return path_fail(error, EBADMSG,
				 "%s: %s: wanted %d columns, theta and phi among them, found %d",
				 table->file, where, table->columns, count);
	for (int i = 0; i < 2; i++)
		if (!is_number(columns[from[i]], to[i]))
			return path_fail(error, EBADMSG,
					 "%s: %s: wanted a number for %s, found \"%.40s\"",
					 table->file, where,
					 i ? "phi" : "theta",
					 columns[from[i]]);
	return path_check_angles(table->file, where, point->theta_deg,
				 point->phi_deg, error);
}

static int add(struct path *path, const struct path_point *point,
	       const char *file, char *error)
{
	struct path_point *more;
	size_t room = 64;

	if (path->count == PATH_POINTS_MAX)
		return path_fail(error, EBADMSG,
				 "%s: wanted at most %u points, found more",
				 file, PATH_POINTS_MAX);
	while (room < path->count)
		room *= 2;
	if (!path->points || room == path->count) {
		room = path->points ? 2 * room : room;
		more = reallocarray(path->points, room, sizeof(*more));
		if (!more)
			return path_fail(error, ENOMEM,
					 "%s: wanted memory for %zu points, found none",
					 file, room);
		path->points = more;
	}
	path->points[path->count] = *point;
	path->points[path->count].original = path->count;
	path->count++;
	return 0;
}

static int take_line(struct table *table, char *text, struct path *path,
		     char *error)
{
	char *columns[COLUMNS_MAX];
	struct path_point point = { 0 };
	int count = split(text, columns), head = 1;

	if (!table->begun)
		head = take_head(table, columns, count, error);
	table->begun = true;
	if (head <= 0)
		return head;
	if (take_row(table, columns, count, &point, error))
		return -1;
	return add(path, &point, table->file, error);
}

static int read_table(struct path *path, FILE *in, const char *file,
		      char *error)
{
	struct table table = {
		.in = in, .file = file, .theta = 0, .phi = 1, .columns = 2,
	};
	int result = 0;
	char *text;

	while (!result && (text = next_line(&table)))
		result = take_line(&table, text, path, error);
	free(table.line);
	if (!result && ferror(in))
		result = path_fail(error, EIO,
				   "wanted to read %s, found that it cannot be read to its end",
				   file);
	if (!result && !path->count)
		result = path_fail(error, EBADMSG,
				   "%s: wanted points, found none", file);
	return result;
}

/* [theta, phi] or {"theta": ..., "phi": ...} */
static int take_item(const char *file, const char *where, json_t *item,
		     struct path_point *point, char *error)
{
	json_t *phi = json_object_get(item, "phi");
	json_t *fi = json_object_get(item, "fi");

	if (json_is_object(item) && !(phi && fi))
		return path_take_angles(file, where,
					json_object_get(item, "theta"),
					phi ? phi : fi, point, error);
	if (json_is_array(item) && json_array_size(item) == 2)
		return path_take_angles(file, where, json_array_get(item, 0),
					json_array_get(item, 1), point, error);
	return path_fail(error, EBADMSG,
			 "%s: %s: wanted [theta, phi], or an object with \"theta\" and either \"phi\" or \"fi\", found something else",
			 file, where);
}

static int take_array(struct path *path, json_t *array, const char *file,
		      char *error)
{
	char where[WHERE_LEN];
	size_t count = json_array_size(array);

	if (!count || count > PATH_POINTS_MAX)
		return path_fail(error, EBADMSG,
				 "%s: wanted 1 to %u points, found %zu", file,
				 PATH_POINTS_MAX, count);
	if (path_alloc(path, count, error))
		return -1;
	for (size_t i = 0; i < count; i++) {
		snprintf(where, sizeof(where), "point %zu", i);
		if (take_item(file, where, json_array_get(array, i),
			      &path->points[i], error))
			return -1;
		path->points[i].original = i;
	}
	return 0;
}

/* Numbers of photos that OpenScan3 left out are not kept in a new scan. */
static int take_document(struct path *path, json_t *root, const char *file,
			 char *error)
{
	if (path_from_json(path, root, file, error))
		return -1;
	qsort(path->points, path->count, sizeof(*path->points),
	      path_by_original);
	for (size_t i = 0; i < path->count; i++)
		path->points[i].original = i;
	return 0;
}

static int read_json(struct path *path, FILE *in, const char *file,
		     char *error)
{
	json_t *root = path_parse(in, file, error);
	int result;

	if (!root)
		return -1;
	if (json_is_array(root))
		result = take_array(path, root, file, error);
	else
		result = take_document(path, root, file, error);
	json_decref(root);
	return result;
}

static bool looks_like_json(FILE *in)
{
	int c;

	do
		c = getc(in);
	while (c != EOF && isspace(c));
	rewind(in);
	return c == '[' || c == '{';
}

int path_list(const struct path_request *request, struct path *path,
	      char *error)
{
	FILE *in;
	int result;

	if (!request->file || !*request->file)
		return path_fail(error, EINVAL,
				 "wanted a file with the points, found none");
	in = path_open(request->file, error);
	if (!in)
		return -1;
	if (looks_like_json(in))
		result = read_json(path, in, request->file, error);
	else
		result = read_table(path, in, request->file, error);
	fclose(in);
	path->seconds = NAN;
	path->unordered_seconds = NAN;
	return result;
}
