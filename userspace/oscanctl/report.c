// SPDX-License-Identifier: GPL-2.0-or-later
/* oscanctl report: make a page of a fly scan to look at. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "oscanctl.h"
#include "page.h"
#include "rigcheck.h"
#include "scanfile.h"

#define PATH_LEN 4096

enum {
	OPTION_EDGES = OPTION_OWN,
};

static const struct option_text option_texts[] = {
	{ "output", 'o', "PAGE", "page to write, FILE.html if not given" },
	{ "edges", OPTION_EDGES, "EDGES",
	  "check against these, read from /dev/oscan-rig" },
	{ 0 }
};

static const struct usage usage = {
	.command = "report",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.text = "Make an HTML page of a fly scan that needs no other file and no network.",
	.options = option_texts,
};

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "scan.h5" becomes "scan.html". */
static void page_path(const char *file, char path[PATH_LEN])
{
	size_t length = strlen(file);

	if (length > 3 && !strcmp(file + length - 3, ".h5"))
		length -= 3;
	snprintf(path, PATH_LEN, "%.*s.html", (int)length, file);
}

static int write_failed(const char *path, int error)
{
	return fail("wanted to write the page %s, found: %s; choose another place with --output",
		    path, strerror(error));
}

/* Under another name until it is whole. */
static int write_page(const struct scanfile *scan, const char *name,
		      const char *path, const struct rigcheck *check)
{
	char part[PATH_LEN];
	FILE *out;
	int result;

	if (snprintf(part, sizeof(part), "%s.part", path) >=
	    (int)sizeof(part))
		return write_failed(path, ENAMETOOLONG);
	out = fopen(part, "w");
	if (!out)
		return write_failed(path, errno);
	result = page_write(out, scan, name, check);
	if (fclose(out))
		result = -1;
	if (!result && !rename(part, path))
		return EXIT_SUCCESS;
	write_failed(path, errno);
	unlink(part);
	return EXIT_FAILURE;
}

static int tell_check(const struct rigcheck *check)
{
	printf("pairing   %zu frames, worst difference from the rig's edges %.3f microsteps\n",
	       check->frames, check->worst);
	printf("rig       %zu steps recorded, %zu in the trace\n",
	       check->steps, check->traced);
	if (check->good)
		return EXIT_SUCCESS;
	return fail("wanted every position within %g microstep of the rig's edges and as many steps, found otherwise; see the lines above and whether the rig has lost edges",
		    RIGCHECK_LIMIT);
}

static int report(const char *file, const char *edges, const char *path)
{
	struct rigcheck check;
	struct scanfile scan;
	int status = EXIT_SUCCESS;

	if (scanfile_open(&scan, file))
		return EXIT_FAILURE;
	if (edges)
		status = rigcheck_run(&scan, edges, &check);
	if (!status)
		status = write_page(&scan, base(file), path,
				    edges ? &check : NULL);
	if (!status)
		printf("report    %s\n", path);
	if (!status && edges)
		status = tell_check(&check);
	scanfile_close(&scan);
	return status;
}

int cmd_report(int argc, char **argv)
{
	const char *edges = NULL, *output = NULL;
	char path[PATH_LEN];
	struct options options;
	int key;

	options_begin(&options, &usage, argc, argv);
	while ((key = options_next(&options)) > 0) {
		if (key == 'o')
			output = options.value;
		else
			edges = options.value;
	}
	if (key < 0)
		return options.status;
	page_path(argv[1], path);
	return report(argv[1], edges, output ? output : path);
}
