// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of oscand. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "options.h"

static const char help[] =
	"Usage: oscand [OPTION]...\n"
	"Run the jobs of a scanner, and let clients submit and watch them over HTTP.\n"
	"\n"
	"  --state=DIR        keep jobs there, /var/lib/oscan if not given\n"
	"  --projects=DIR     keep projects there; $OPENSCAN_PROJECT_DIR, or\n"
	"                     \"projects\" in the folder of the state, if not given\n"
	"  --device=PATH      device of the motors\n"
	"  --camera=ID        camera where none is asked for, the first one if not given\n"
	"  --socket=PATH      Unix socket, /run/oscan/oscand.sock if not given\n"
	"  --group=NAME       group that may use the socket\n"
	"  --listen=ADDR:PORT listen there, too; needs --token-file\n"
	"  --token-file=FILE  its first line is what clients by TCP must know\n"
	"  -h, --help         print this\n";

enum {
	OPTION_STATE = 0x100,
	OPTION_PROJECTS,
	OPTION_DEVICE,
	OPTION_CAMERA,
	OPTION_SOCKET,
	OPTION_GROUP,
	OPTION_LISTEN,
	OPTION_TOKEN_FILE,
};

static const struct option names[] = {
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "projects", required_argument, NULL, OPTION_PROJECTS },
	{ "device", required_argument, NULL, OPTION_DEVICE },
	{ "camera", required_argument, NULL, OPTION_CAMERA },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "group", required_argument, NULL, OPTION_GROUP },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "token-file", required_argument, NULL, OPTION_TOKEN_FILE },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static const char **field_of(struct options *options, int key)
{
	switch (key) {
	case OPTION_STATE:
		return &options->state;
	case OPTION_PROJECTS:
		return &options->projects;
	case OPTION_DEVICE:
		return &options->device;
	case OPTION_CAMERA:
		return &options->camera;
	case OPTION_SOCKET:
		return &options->socket;
	case OPTION_GROUP:
		return &options->group;
	case OPTION_TOKEN_FILE:
		return &options->token_file;
	default:
		return NULL;
	}
}

static int wrong(const char *what, const char *found)
{
	fprintf(stderr, "oscand: %s%s%s%s (see oscand --help)\n", what,
		found ? " \"" : "", found ? found : "", found ? "\"" : "");
	return 2;
}

static int take(struct options *options, int key)
{
	const char **field = field_of(options, key);

	if (field && !*optarg)
		return wrong("wanted a value, found an empty one", NULL);
	if (field) {
		*field = optarg;
		return 0;
	}
	if (options->listens == OPTIONS_LISTEN_MAX)
		return wrong("wanted --listen three times at most, found one more",
			     optarg);
	options->listen[options->listens++] = optarg;
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int key, status = 0;

	*options = (struct options){ .state = "/var/lib/oscan" };
	opterr = 0;
	while (!status && (key = getopt_long(argc, argv, ":h", names,
					     NULL)) >= 0) {
		if (key == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (key == ':')
			status = wrong("wanted a value behind",
				       argv[optind - 1]);
		else if (key == '?')
			status = wrong("no option", argv[optind - 1]);
		else
			status = take(options, key);
	}
	if (!status && optind < argc)
		status = wrong("wanted options only, found", argv[optind]);
	if (!status && options->listens && !options->token_file)
		status = wrong("wanted a --token-file with --listen, found none",
			       NULL);
	return status;
}
