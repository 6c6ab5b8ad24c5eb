/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lines.c: what trigger and capture lines have in common, on the command
 * line.
 */
#ifndef LINES_H
#define LINES_H

#include "oscanctl.h"

/**
 * struct line_kind - trigger or capture lines
 * @what: for sentences, "trigger"
 * @property: of the device tree that names them
 * @find: number of the line with that name, or -1 with errno
 * @name: name of a line by its number, into @name; -1 with errno
 * @show: state of a line: printed, or as a new object into @json where that is
 *	not NULL; -1 with errno
 */
struct line_kind {
	const char *what;
	const char *property;
	int (*find)(struct oscan_motor *motor, const char *name);
	int (*name)(struct oscan_motor *motor, unsigned int line,
		    char name[OSCAN_NAME_LEN]);
	int (*show)(struct oscan_motor *motor, unsigned int line,
		    json_t **json);
};

/**
 * line_find - number of a line by its name
 *
 * Return: number, or -1 after a sentence that names the lines there are.
 */
int line_find(struct oscan_motor *motor, const struct line_kind *kind,
	      const char *name);

/** line_show - state of a line. Return: EXIT_SUCCESS or EXIT_FAILURE */
int line_show(struct oscan_motor *motor, const struct line_kind *kind,
	      unsigned int line, bool json);

/** line_show_all - line_show() of each of them */
int line_show_all(struct oscan_motor *motor, const struct line_kind *kind,
		  bool json);

/**
 * line_time - "50us", "2.5ms", "1s"
 * @what: for the sentence, "--width"
 * @least: least value accepted, nanoseconds
 * @most: greatest value accepted, nanoseconds
 * @ns: out
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int line_time(const char *what, const char *text, double least, double most,
	      uint32_t *ns);

/**
 * line_number - a whole number above zero
 *
 * Return: 0, or EXIT_USAGE after a sentence.
 */
int line_number(const char *what, const char *text, uint64_t *number);

/**
 * line_fail - the sentence for a request that failed
 * @wanted: "pulse camera"
 * @error: errno of the request
 *
 * Return: EXIT_FAILURE
 */
int line_fail(struct oscan_motor *motor, const char *wanted, int error);

/** line_places - positions of all axes, microsteps by name; a new reference */
json_t *line_places(struct oscan_motor *motor, const __s64 *positions);

#endif /* LINES_H */
