// SPDX-License-Identifier: GPL-2.0-or-later
/* Table of commands. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "oscanctl.h"

/* The same program with every command, beside this one. */
#define FULL_SUFFIX "-full"

static const struct command commands[] = {
	{ "list", cmd_list, "show the axes and their limits" },
	{ "status", cmd_status, "show where the axes are and what they do" },
	{ "stats", cmd_stats, "show how well steps met their time" },
	{ "monitor", cmd_monitor, "watch the axes live" },
	{ "stream", cmd_stream, "show or set how steps are told to watchers" },
	{ "record", cmd_record, "keep the steps of the axes in a file" },
	{ "plot", cmd_plot, "draw a recorded trace" },
	{ "enable", cmd_enable, "switch a motor on or off" },
	{ "move", cmd_move, "move axes" },
	{ "jog", cmd_jog, "move an axis until it is told to stop" },
	{ "stop", cmd_stop, "decelerate to a stop" },
	{ "halt", cmd_halt, "stop at once" },
	{ "home", cmd_home, "find an end stop and set the position by it" },
	{ "set-position", cmd_set_position, "say where an axis is" },
	{ "calibrate", cmd_calibrate,
	  "work out the scale of an axis from a known travel" },
	{ "trigger", cmd_trigger, "have a line pulse where an axis passes" },
	{ "capture", cmd_capture, "tell when a line changed, and where then" },
	{ "light", cmd_light, "show the lights, or set some" },
	{ "path", cmd_path, "show where a scan would take its photos" },
	{ "scan", cmd_scan, "take photos from all around" },
	{ "flyscan", cmd_flyscan, "pass the camera and keep every frame" },
	{ "recover", cmd_recover,
	  "make an ordinary file of one whose scan was killed" },
	{ "frames", cmd_frames, "show where each frame was taken" },
	{ "export", cmd_export, "write frames as images" },
	{ "flyscan-calibrate", cmd_flyscan_calibrate,
	  "measure how late the times of a camera are" },
	{ "job", cmd_job, "have oscand scan, and see how it goes" },
	{ "project", cmd_project, "list, show, stack or delete the photos of scans" },
	{ "report", cmd_report, "make a page of a fly scan to look at" },
	{ "diag", cmd_diag, "try camera and writer without a motor" },
	{ "doctor", cmd_doctor, "check whether this machine is fit" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_usage(void)
{
	size_t i;

	printf("Usage: oscanctl COMMAND [OPTION]... [ARGUMENT]...\n"
	       "Step motors past a camera and know where they were.\n\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-19s%s\n", commands[i].name, commands[i].summary);
	printf("\n"
	       "  --help             print this, or after a command its help\n"
	       "  --version          print the version\n\n"
	       "See oscanctl(1), and oscanctl-COMMAND(1) for each command.\n");
	return EXIT_SUCCESS;
}

static int unknown_command(const char *name)
{
	const char *names[COMMANDS];
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	return unknown_word("command", name, names, COMMANDS);
}

/*
 * Commands that need a camera or HDF5 are in a program of their own: what
 * stops a motor must neither wait for those libraries nor fail with them.
 */
static int run_full(char **argv)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path,
				  sizeof(path) - sizeof(FULL_SUFFIX));

	if (length < 0)
		return fail("wanted the path of this program, found: %s; mount /proc",
			    strerror(errno));
	strcpy(path + length, FULL_SUFFIX);
	execv(path, argv);
	return fail("wanted to run %s, found: %s; install oscan again", path,
		    strerror(errno));
}

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return wrong_usage("wanted a command, found none");
	if (!strcmp(argv[1], "--help"))
		return print_usage();
	if (!strcmp(argv[1], "--version")) {
		printf("oscanctl %s\n", OSCAN_VERSION);
		return EXIT_SUCCESS;
	}
	if (argv[1][0] == '-')
		return wrong_usage("no option \"%s\" before the command",
				   argv[1]);
	for (i = 0; i < COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name)) {
			message_command(commands[i].name);
			if (!commands[i].run)
				return run_full(argv);
			return commands[i].run(argc - 1, argv + 1);
		}
	}
	return unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	if (!status && (fflush(stdout) || ferror(stdout)))
		return fail("the result could not be printed");
	return status;
}
