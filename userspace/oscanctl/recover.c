// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl recover: make an ordinary file of one whose scan was killed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oscanctl.h"
#include "recover.h"
#include "recovered.h"

#define PATH_LEN 4096

static const struct option_text option_texts[] = {
	{ "output", 'o', "NEW", "file to make, FILE.recovered.h5 if not given" },
	OPTION_TEXT_JSON,
	{ 0 }
};

static const struct usage usage = {
	.command = "recover",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.text = "Make an ordinary file of one whose scan was killed; FILE stays as it is.",
	.options = option_texts,
};

static int recover_failed(const char *file, const char *to, int error)
{
	switch (error) {
	case EBUSY:
		return fail("wanted to recover %s, found that a scan is writing it, or that it is being recovered already; wait for the end of that",
			    file);
	case ENOEXEC:
		return fail("wanted to recover %s, found a file that is not HDF5; give the name of a file that \"oscanctl flyscan\" made",
			    file);
	case EBADMSG:
		return fail("wanted to recover %s, found no frames that can be read; nothing had been flushed, or it is not from \"oscanctl flyscan\"",
			    file);
	case EEXIST:
		return fail("wanted to make %s, found that there is one, or its .jsonl; choose another name with --output",
			    to);
	case ENOSPC:
	case EDQUOT:
		return fail("wanted to make %s, found no room for it; choose another place with --output",
			    to);
	default:
		return fail("wanted to recover %s into %s, found: %s; see that the first can be read and the second be made",
			    file, to, strerror(error));
	}
}

static int tell_whole(const char *file, bool json)
{
	if (json)
		return print_json(json_pack("{s:s, s:b}", "file", file,
					    "recovered", 0));
	printf("%s is whole; there is nothing to recover\n", file);
	return EXIT_SUCCESS;
}

static int tell_frames(const char *to, const struct recovered *found,
		       bool json)
{
	if (json)
		return print_json(json_pack("{s:s, s:b, s:I, s:I}", "file", to,
					    "recovered", 1, "frames",
					    (json_int_t)found->frames,
					    "positions",
					    (json_int_t)found->positions));
	printf("frames    %" PRIu64 " recovered\n", found->frames);
	if (found->lacking)
		printf("positions none: the file does not tell %s\n",
		       found->lacking);
	else
		printf("positions %" PRIu64 " known\n", found->positions);
	printf("file      %s\n", to);
	return EXIT_SUCCESS;
}

int cmd_recover(int argc, char **argv)
{
	const char *to = NULL, *file;
	struct options options;
	char path[PATH_LEN];
	struct recovered found;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0)
		to = options.value;
	if (key < 0)
		return options.status;
	file = argv[1];
	if (!to && recover_path(file, path, sizeof(path)))
		return recover_failed(file, file, errno);
	if (!to)
		to = path;
	if (!flyscan_recover(file, to, &found))
		return tell_frames(to, &found, options.json);
	if (errno == EALREADY)
		return tell_whole(file, options.json);
	return recover_failed(file, to, errno);
}
