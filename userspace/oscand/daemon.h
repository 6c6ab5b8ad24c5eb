/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon: what its parts know of each other. */
#ifndef OSCAND_DAEMON_H
#define OSCAND_DAEMON_H

#include "axes.h"
#include "events.h"
#include "jobs.h"
#include "live.h"
#include "server.h"

/**
 * struct daemon - all of it; set up by main.c, constant from then on
 * @device: of the motors
 * @camera: id, where none is asked for; NULL: the first one
 * @projects: folder of the projects
 * @state: folder of the jobs
 * @runtime: folder of the journal of settings that are to be put back, NULL:
 *	the usual one
 * @started: when, as job_time() has it
 * @events: what has happened
 * @jobs: what is to be done
 * @axes: the motors
 * @live: what the camera sees
 * @server: the clients
 */
struct daemon {
	const char *device;
	const char *camera;
	const char *projects;
	const char *state;
	const char *runtime;
	char started[32];
	struct events *events;
	struct jobs *jobs;
	struct axes *axes;
	struct live *live;
	struct server *server;
};

/** job_kinds - what oscand can do */
extern const struct job_kind job_kinds[];

int job_flyscan_check(json_t *settings, void *data, char *error);
int job_flyscan_run(struct job_run *run);
int job_capture_check(json_t *settings, void *data, char *error);
int job_capture_run(struct job_run *run);

#endif /* OSCAND_DAEMON_H */
