/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stop and halt share. */
#ifndef OSCANCTL_STOP_H
#define OSCANCTL_STOP_H

#include "oscanctl.h"

/** stop_request - oscan_motor_stop() or oscan_motor_halt() */
typedef int stop_request(struct oscan_motor *motor, uint32_t axes);

/** stop_axes - the command line of both. Return: exit status */
int stop_axes(const struct usage *stop_usage, stop_request *request, int argc,
	      char **argv);

#endif /* OSCANCTL_STOP_H */
