/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of oscand. */
#ifndef OSCAND_OPTIONS_H
#define OSCAND_OPTIONS_H

#define OPTIONS_LISTEN_MAX 3

/**
 * struct options - what was asked for
 * @state: folder of the jobs
 * @projects: folder of the projects, NULL: below @state
 * @device: of the motors, NULL: the usual one
 * @camera: where none is asked for, NULL: the first one
 * @socket: path, NULL: the usual one
 * @group: of the socket, NULL: the daemon's
 * @listen: shape [@listens], addresses
 * @listens: number of them
 * @token_file: path, NULL: none
 */
struct options {
	const char *state;
	const char *projects;
	const char *device;
	const char *camera;
	const char *socket;
	const char *group;
	const char *listen[OPTIONS_LISTEN_MAX];
	unsigned int listens;
	const char *token_file;
};

/**
 * options_parse - read it
 *
 * Return: 0: go on, 1: leave with success, --help was printed, 2: leave with
 * this, after a sentence.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif /* OSCAND_OPTIONS_H */
