/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capture scan: go to a point, rest, take photos, go to the next one while the
 * photos are being saved.
 *
 * Order: checks, project and path.json, light, axes home where their position
 * cannot be relied on, the points one by one, queue drained, axes put back,
 * settings put back. At a point: both axes move, rest, settle; photos are the
 * first frames whose exposure began after that and whose lens position and
 * exposure are the wanted ones; each is copied into a queue from which threads
 * save it. The next move starts at once; it waits only when the queue is full,
 * so no photo is ever dropped.
 *
 * Whatever happens, the axes are at rest, every photo that was taken is saved
 * or will be taken again, and the scan can be taken up: the order is in
 * path.json, what was saved in the journal of the project, what was locked
 * (exposure, white balance, focus) in locked.json of the scan's folder. The
 * motors stay on, so that their positions stay known.
 *
 * Memory: struct capture_request.queue photos, the frames that the camera
 * itself holds, and one photo being encoded per worker; whatever the length of
 * the scan.
 */
#ifndef OSCAN_CAPTURE_H
#define OSCAN_CAPTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "camera.h"
#include "oscan.h"
#include "path.h"

struct preview;

/* Longest sentence that an error is told in, with its NUL. */
#define CAPTURE_ERROR_LEN 512
#define CAPTURE_PATH_LEN 4096

#define CAPTURE_STACK_MAX 99
#define CAPTURE_BRACKET_MAX 9
#define CAPTURE_FOCAL_MAX_MM 10000
#define CAPTURE_QUEUE_MAX 64
#define CAPTURE_WORKERS_MAX 16

/**
 * struct capture_request - what is asked for
 *
 * Begin with CAPTURE_REQUEST_DEFAULT.
 *
 * @device: path of the motor's device, NULL for the usual one
 * @theta_axis: name of the axis that lifts the camera, NULL: "rotor" if there
 *	is one. A rig without it takes only paths with one theta.
 * @phi_axis: of the turntable, NULL: "turntable" if there is one; likewise
 * @path: where photos are taken; not looked at with @resume_scan
 * @optimise: put the points into an order that takes less time
 * @root: folder of the projects, NULL for the usual one (project_root())
 * @project: name of the project; made if it is not there
 * @resume_scan: number of the scan to take up, 0: a new one. All else must be
 *	as it was then; capture_settings_resume() reads it.
 * @camera: ops of the camera; not looked at with @trigger
 * @camera_id: NULL or "": the first one
 * @width: pixels, 0: the camera's choice
 * @height: likewise
 * @exposure_ns: 0: automatic, and locked at the first point
 * @gain: 0: likewise
 * @red_gain: 0: automatic, and locked with @lock_white_balance
 * @blue_gain: likewise; both or neither
 * @lock_white_balance: hold what the camera finds at the first point
 * @settle_s: from rest to the first exposure, 0 to 600
 *	(pause_before_capture_ms)
 * @after_s: from the last exposure at a point to the next move, 0 to 600
 * @format: enum photo_format
 * @quality: of JPEG, 1 to 100
 * @orientation: EXIF, 1 to 8
 * @focal_length_mm: of the lens, up to CAPTURE_FOCAL_MAX_MM, where the camera
 *	does not tell it; 0: not known
 * @stack: photos with different focus at each point, 1 to CAPTURE_STACK_MAX.
 *	From @focus_min_dpt to @focus_max_dpt or back, whichever is nearer to
 *	where the lens is.
 * @focus_min_dpt: first lens position of a stack, dioptres
 * @focus_max_dpt: last one, above the first
 * @lens_dpt: lens position without a stack, NAN: as it is
 * @autofocus: focus once, at the first point, and hold; without a stack
 * @bracket: photos with different exposure, 1 to CAPTURE_BRACKET_MAX
 * @bracket_ev: from each to the next, exposure values, above 0 to 5; the middle
 *	one has the exposure of the scan
 * @light: name of the light, NULL: none
 * @brightness: percent, 0 to 100
 * @trigger: name of a trigger line that is pulsed instead of taking a photo,
 *	NULL: none. The journal has the kernel's time and positions.
 * @trigger_width_s: length of the pulse, 1e-6 to 4
 * @queue: photos waiting to be saved or being saved, 1 to CAPTURE_QUEUE_MAX
 * @workers: threads that save, 1 to CAPTURE_WORKERS_MAX
 * @serial: wait until all is saved before the next move, for comparison
 * @keep_free_bytes: of the disk; the scan ends before there is less
 * @preview: newest frames for people, NULL: none
 * @home: home the axes that have an end stop, whatever their position
 * @trust: rely on positions that are suspect or lost, and do not home for them.
 *	A scan that is taken up needs no new one until the machine or the driver
 *	has been started again.
 * @theta_stop_deg: where the end stop of @theta_axis is, NAN: at the soft
 *	limit of its side
 * @phi_stop_deg: likewise; NAN without a soft limit: 0
 * @stay: leave the axes at the last point. Otherwise they go back to where
 *	they began when the scan is completed.
 * @state: folder of the journal of settings (restore.h), NULL for the usual one
 */
struct capture_request {
	const char *device;
	const char *theta_axis;
	const char *phi_axis;
	struct path_request path;
	bool optimise;
	const char *root;
	const char *project;
	unsigned int resume_scan;
	const struct camera_ops *camera;
	const char *camera_id;
	uint32_t width;
	uint32_t height;
	uint64_t exposure_ns;
	double gain;
	double red_gain;
	double blue_gain;
	bool lock_white_balance;
	double settle_s;
	double after_s;
	uint32_t format;
	uint32_t quality;
	uint32_t orientation;
	double focal_length_mm;
	uint32_t stack;
	double focus_min_dpt;
	double focus_max_dpt;
	double lens_dpt;
	bool autofocus;
	uint32_t bracket;
	double bracket_ev;
	const char *light;
	double brightness;
	const char *trigger;
	double trigger_width_s;
	uint32_t queue;
	uint32_t workers;
	bool serial;
	uint64_t keep_free_bytes;
	struct preview *preview;
	bool home;
	bool trust;
	double theta_stop_deg;
	double phi_stop_deg;
	bool stay;
	const char *state;
};

/*
 * OpenScan3's defaults; JPEG is format 1. Needs <math.h>. project is still to
 * be given.
 */
#define CAPTURE_REQUEST_DEFAULT						\
	((struct capture_request){					\
		.path = PATH_REQUEST_DEFAULT, .optimise = true,		\
		.format = 1, .quality = 90, .orientation = 1,		\
		.stack = 1, .focus_min_dpt = 10, .focus_max_dpt = 15,	\
		.lens_dpt = NAN, .bracket = 1, .bracket_ev = 1,		\
		.brightness = 100, .trigger_width_s = 0.1,		\
		.queue = 4, .workers = 2,				\
		.keep_free_bytes = 256u << 20,				\
		.theta_stop_deg = NAN, .phi_stop_deg = NAN,		\
	})

/** enum capture_state - where a scan is: one table, in capture.c */
enum capture_state {
	CAPTURE_CHECK = 1,	/* nothing has been touched yet */
	CAPTURE_PREPARE = 2,	/* light, motors and camera are switched on */
	CAPTURE_HOME = 3,	/* an axis looks for its end stop */
	CAPTURE_MOVE = 4,	/* on the way to a point */
	CAPTURE_SETTLE = 5,	/* at rest, shaking dies away */
	CAPTURE_LOCK = 6,	/* focus, exposure, white balance are found */
	CAPTURE_EXPOSE = 7,	/* waiting for the wanted frame */
	CAPTURE_QUEUE = 8,	/* the frame waits for room in the queue */
	CAPTURE_AFTER = 9,	/* after_s, or, with serial, all is saved */
	CAPTURE_STOP = 10,	/* decelerating, for a pause or the end */
	CAPTURE_PAUSED = 11,	/* at rest until told to go on */
	CAPTURE_DRAIN = 12,	/* the last photos are being saved */
	CAPTURE_PARK = 13,	/* back to where it began */
	CAPTURE_DONE = 14,
};

/** capture_state_name - "move", "paused" and so on */
const char *capture_state_name(enum capture_state state);

/** enum capture_command - what is to be done next */
enum capture_command {
	CAPTURE_GO = 0,		/* scan, or go on */
	CAPTURE_PAUSE = 1,	/* stop softly and wait */
	CAPTURE_CANCEL = 2,	/* stop softly and end; can be taken up again */
};

/**
 * struct capture_control - told to a scan while it runs
 * @command: enum capture_command; written by any thread or signal handler. A
 *	move in progress is stopped softly; it goes on to the same point later.
 *	Nothing counts after CAPTURE_CANCEL.
 */
struct capture_control {
	atomic_int command;
};

/**
 * struct capture_progress - told while the scan runs
 * @state: enum capture_state
 * @scan: number of the scan, 0 while it is not known
 * @photos_saved: in the journal, those of before a resume too
 * @photos_total: of the whole scan
 * @points_done: photographed, those of before a resume too
 * @points_total: of the whole scan
 * @elapsed_s: since the first move, without pauses
 * @eta_s: until all points are done, from what they took so far and the exact
 *	times of the moves to come; NAN before the first
 * @theta_deg: where the axes are; NAN if not known
 * @phi_deg: likewise, 0 to below 360
 * @queue_used: photos waiting to be saved or being saved
 * @bytes: of the photos saved in this run
 */
struct capture_progress {
	enum capture_state state;
	unsigned int scan;
	uint64_t photos_saved;
	uint64_t photos_total;
	uint32_t points_done;
	uint32_t points_total;
	double elapsed_s;
	double eta_s;
	double theta_deg;
	double phi_deg;
	uint32_t queue_used;
	uint64_t bytes;
};

/**
 * struct capture_result - how it went; filled in as far as the scan came
 * @scan: number of the scan in the project, 0: none was made
 * @folder: of the scan, "" if none was made
 * @photos_saved: in the journal, those of before a resume too
 * @photos_total: of the whole scan
 * @points_total: likewise
 * @width: of the photos, pixels, 0 if not known
 * @height: likewise
 * @moves_s: what the moves take, from where the axes stood
 * @unordered_moves_s: the same without @optimise
 * @photo_bytes: of one photo: as measured, or, before the first, as estimated
 * @memory_bytes: greatest memory for photos: see the top
 * @free_bytes: of the disk, when last seen
 * @elapsed_s: since the first move, without pauses
 * @queue_waits: photos that found the queue full
 * @bytes: of the photos saved in this run
 * @resumable: capture_run() with @resume_scan completes it
 * @position_state: worst enum oscan_position_state of the axes at a photo; 0
 *	without one
 * @error: one sentence, "" if all went well
 * @warning: one sentence of what could not be put back, "" if all was
 */
struct capture_result {
	unsigned int scan;
	char folder[CAPTURE_PATH_LEN];
	uint64_t photos_saved;
	uint64_t photos_total;
	uint32_t points_total;
	uint32_t width;
	uint32_t height;
	double moves_s;
	double unordered_moves_s;
	uint64_t photo_bytes;
	uint64_t memory_bytes;
	uint64_t free_bytes;
	double elapsed_s;
	uint64_t queue_waits;
	uint64_t bytes;
	bool resumable;
	uint32_t position_state;
	char error[CAPTURE_ERROR_LEN];
	char warning[CAPTURE_ERROR_LEN];
};

/**
 * capture_check - what is wrong with a request, whatever the rig; pure
 * @error: out, shape [CAPTURE_ERROR_LEN]: one sentence after an error
 *
 * Return: 0, or -1 with EINVAL.
 */
int capture_check(const struct capture_request *request, char *error);

/**
 * capture_preview - all checks of capture_run(), and nothing moves
 * @path: out: the points in their order, to be freed with path_free(); zeros
 *	after an error
 *
 * No file is made, no light switched on. The camera is configured, not
 * started.
 *
 * Return: 0: capture_run() would begin; -1 with errno and a sentence.
 */
int capture_preview(const struct capture_request *request, struct path *path,
		    struct capture_result *result);

/**
 * capture_run - do it
 * @control: NULL: it cannot be paused or cancelled
 * @progress: called about ten times a second and at each change of state, by
 *	the calling thread; may be NULL
 * @data: passed to @progress
 * @result: out
 *
 * Return: 0 when every photo is saved; else -1 with errno and one sentence in
 * @result->error: what was wanted, what was found, what to do. ECANCELED after
 * CAPTURE_CANCEL.
 */
int capture_run(const struct capture_request *request,
		struct capture_control *control,
		void (*progress)(const struct capture_progress *progress,
				 void *data),
		void *data, struct capture_result *result);

#endif /* OSCAN_CAPTURE_H */
