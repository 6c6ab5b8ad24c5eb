/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a scan changes, and how it is put back.
 *
 * Before a setting is changed it is noted, in memory and in a journal that is
 * on the disk before the change. At the end all are put back, the last one
 * first, each whatever became of the others, and the journal is emptied. What
 * a scan that was killed has left is put back by the next one, but for a motor
 * whose position has become known since: that stays on. So does that of a scan
 * that completes another, until it has been used.
 *
 * The journal is <folder>/flyscan.journal, JSON lines:
 *
 *   {"what": "motor", "device": "/dev/oscan-motor", "name": "turntable",
 *    "id": 0, "before": 0}
 *   {"what": "control", "device": "/dev/video0", "name": "usb-0000:00:14.0-1",
 *    "id": 10094850, "before": 156}
 *   {"what": "format", "device": "/dev/video0", "name": "usb-0000:00:14.0-1",
 *    "id": 1448695129, "before": 2748779069920}
 *   {"what": "light", "device": "/sys/class/leds",
 *    "name": "oscan:white:ring-1", "id": 0, "before": 1}
 *   {"what": "trigger", "device": "/dev/oscan-motor", "name": "camera",
 *    "id": 0, "before": 0}
 *   {"what": "capture", "device": "/dev/oscan-motor", "name": "strobe",
 *    "id": 0, "before": 4294967297}
 *
 * motor: switched on (1) or off (0). control: V4L2 control @id of the device
 * on the bus @name. format: pixel format @id, width << 32 | height.
 * light: brightness in the steps of the device. trigger: the line pulses by
 * itself no more. capture: edges that latch, shortest interval << 32. A line that cannot be read, the
 * last one of a machine that lost its power, is passed over: what it stood for
 * had not been changed yet. The folder is
 * $RUNTIME_DIRECTORY, which systemd gives a service, or /run/oscan, else
 * $XDG_RUNTIME_DIR/oscan, else /tmp/oscan-<user>: it ends with the boot, as the
 * settings do. While a scan runs it holds a lock on the journal.
 */
#ifndef OSCAN_RESTORE_H
#define OSCAN_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a sentence of this file, with its NUL. */
#define RESTORE_TEXT_LEN 512

enum restore_kind {
	RESTORE_MOTOR = 1,
	RESTORE_CONTROL = 2,
	RESTORE_FORMAT = 3,
	RESTORE_LIGHT = 4,
	RESTORE_TRIGGER = 5,
	RESTORE_CAPTURE = 6,
};

/**
 * struct restore_entry - a setting as it was
 * @kind: enum restore_kind
 * @device: path
 * @name: of the axis, light or line, or the bus that the device is on
 * @id: see above
 * @before: see above
 */
struct restore_entry {
	enum restore_kind kind;
	char device[128];
	char name[64];
	uint32_t id;
	int64_t before;
};

struct restore;

/**
 * restore_open - take the journal; put back what it holds
 * @folder: NULL for the usual one
 * @restored: out: settings put back
 * @why: out, shape [RESTORE_TEXT_LEN]: a sentence after an error, and one if
 *	some could not be put back; these stay in the journal. "" else
 *
 * Return: to be closed with restore_close(), or NULL: EBUSY: another scan
 * runs; errno of open(2), ENOMEM.
 */
struct restore *restore_open(const char *folder, uint32_t *restored,
			     char *why);

/**
 * restore_open_but - restore_open(), and one motor stays as it is
 * @device: of the motor, NULL for the usual one
 * @axis: its name
 *
 * To switch it off would cost its position. Until restore_use_motor() it stays
 * in the journal, with nothing done.
 *
 * Return: as restore_open()
 */
struct restore *restore_open_but(const char *folder, const char *device,
				 const char *axis, uint32_t *restored,
				 char *why);

/** restore_use_motor - the motor that stayed is put back with all others */
void restore_use_motor(struct restore *restore);

/** restore_path - of the journal */
const char *restore_path(const struct restore *restore);

/**
 * restore_note - note a setting that is about to be changed
 *
 * One that is noted already keeps its older value.
 *
 * Return: 0, or -1 with errno of write(2) or fsync(2), ENOMEM: do not change it.
 */
int restore_note(struct restore *restore, const struct restore_entry *entry);

/** restore_note_motor - note that the motor of an axis is off */
int restore_note_motor(struct restore *restore, const char *device,
		       const char *axis);

/**
 * restore_note_camera - note the controls and formats of the V4L2 devices that
 * this process has open: those of the camera
 */
int restore_note_camera(struct restore *restore);

/**
 * restore_note_light - note how bright a light is
 * @name: as lights_each() takes it
 *
 * Return: as restore_note(), or errno of lights_each()
 */
int restore_note_light(struct restore *restore, const char *name);

/** restore_note_line - note a trigger or capture line of the driver */
int restore_note_line(struct restore *restore, enum restore_kind kind,
		      const char *device, const char *line, int64_t before);

/**
 * restore_close - put all back, the last one first; free
 * @restore: NULL is accepted
 * @restored: out: settings that had another value and were put back
 * @why: out, shape [RESTORE_TEXT_LEN]: a sentence after an error
 *
 * The devices must not be in use by the caller any more.
 *
 * Return: 0, or -1: some could not be put back; they stay in the journal.
 */
int restore_close(struct restore *restore, uint32_t *restored, char *why);

/*
 * controls.c: V4L2 devices.
 */

/**
 * controls_each - settings of a V4L2 device
 * @each: called for each; not 0 ends it
 *
 * Return: 0 also for a device that cannot be asked; else what @each returned.
 */
int controls_each(const char *device,
		  int (*each)(void *data, const struct restore_entry *entry),
		  void *data);

/**
 * controls_put_back - give a control or format its value again
 *
 * Return: 1 it had another, 0 it had that value, or the device is gone or
 * another one; -1 with errno.
 */
int controls_put_back(const struct restore_entry *entry);

/**
 * lines_put_back - restore-lines.c: a trigger or capture line of the driver
 *
 * Return: 1 it was set otherwise, 0 it was not, or the device is gone; -1 with
 * errno.
 */
int lines_put_back(const struct restore_entry *entry);

#endif /* OSCAN_RESTORE_H */
