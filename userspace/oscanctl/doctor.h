/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of oscanctl doctor share. */
#ifndef OSCANCTL_DOCTOR_H
#define OSCANCTL_DOCTOR_H

#include "oscanctl.h"

/** enum finding_level - how bad it is */
enum finding_level {
	FINDING_OK = 1,
	FINDING_WARN = 2,	/* works, but not as well as it could */
	FINDING_FAIL = 3,	/* a scan cannot work */
};

/**
 * struct checkup - what the checks look at
 * @device: path of the motors' device
 * @directory: where scans are to be stored
 * @motor: open for reading, NULL if it could not be opened
 * @findings: shape [], one object for each finding
 * @text: print findings as they come
 * @failed: number of findings of FINDING_FAIL
 */
struct checkup {
	const char *device;
	const char *directory;
	struct oscan_motor *motor;
	json_t *findings;
	bool text;
	int failed;
};

/**
 * finding - tell one
 * @subject: one or two words
 * @advice: what to do; NULL with FINDING_OK
 * @format: what was found
 */
void finding(struct checkup *checkup, enum finding_level level,
	     const char *subject, const char *advice, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* doctor-system.c: the kernel and the processors */
void check_kernel(struct checkup *checkup);
void check_timers(struct checkup *checkup);
void check_clock_source(struct checkup *checkup);
void check_governor(struct checkup *checkup);
void check_gpio_chips(struct checkup *checkup);

/* doctor-driver.c: the driver and the axes */
void check_module(struct checkup *checkup);
void check_device(struct checkup *checkup);
void check_permission(struct checkup *checkup);
void check_axes(struct checkup *checkup);
void check_step_cost(struct checkup *checkup);
void check_netlink(struct checkup *checkup);

/* doctor-scan.c: what a scan needs besides */
void check_camera(struct checkup *checkup);
void check_disk(struct checkup *checkup);

#endif /* OSCANCTL_DOCTOR_H */
