/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has a synthetic camera expose: pulses of one of the driver's lines.
 *
 * Of a trigger line each pulse begins an exposure, at the time that the driver
 * tells of it. Of a capture line each rising edge tells that one began: the
 * line is the strobe of the camera that the rig plays. A pulse that comes
 * while the frame before is exposed or read out is ignored, as cameras do.
 *
 * It listens as any program may, and sets no line: a capture line tells
 * nothing before somebody has it latch.
 */
#ifndef OSCAN_SYNTHETIC_TRIGGER_H
#define OSCAN_SYNTHETIC_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

/* Exposures whose times are remembered. */
#define SYNTHETIC_TRIGGER_RING 1024

struct synthetic_trigger;

/**
 * synthetic_trigger_open - listen to a line
 * @device: of the motors, NULL for the usual one
 * @line: name of the line
 * @strobe: it is a capture line
 *
 * Return: NULL with errno of oscan_motor_open() or oscan_monitor_open(); ENXIO:
 * there is no such line; ENOMEM
 */
struct synthetic_trigger *synthetic_trigger_open(const char *device,
						 const char *line,
						 bool strobe);

/** synthetic_trigger_close - give back; NULL is accepted */
void synthetic_trigger_close(struct synthetic_trigger *trigger);

/**
 * synthetic_trigger_start - count exposures from 0
 * @now_ns: pulses before that are none of this camera's
 * @busy_ns: of exposure and readout
 *
 * Return: 0, or -1 with errno of oscan_monitor_read()
 */
int synthetic_trigger_start(struct synthetic_trigger *trigger, uint64_t now_ns,
			    uint64_t busy_ns);

/** synthetic_trigger_busy - exposure and readout take so long from now on */
void synthetic_trigger_busy(struct synthetic_trigger *trigger,
			    uint64_t busy_ns);

/**
 * synthetic_trigger_at - when an exposure began
 * @number: from 0 on, no less than SYNTHETIC_TRIGGER_RING before the last one
 *
 * Return: 0, or -1: EAGAIN: it has not; errno of oscan_monitor_read()
 */
int synthetic_trigger_at(struct synthetic_trigger *trigger, uint32_t number,
			 uint64_t *time_ns);

#endif /* OSCAN_SYNTHETIC_TRIGGER_H */
