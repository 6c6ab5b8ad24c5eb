/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture scan while it runs: what its parts share.
 *
 * One thread runs the scan; the workers of capture-save.c have their queue and
 * what they report in it, and touch nothing else, and the one of
 * capture-ahead.c has the camera for a while, and struct capture_fetch.
 * Functions return 0, or -1 after capture_fail(), unless said otherwise.
 */
#ifndef OSCAN_CAPTURE_PARTS_H
#define OSCAN_CAPTURE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "camera.h"
#include "capture.h"
#include "oscan.h"
#include "path.h"
#include "photo.h"
#include "project.h"
#include "restore.h"

#define CAPTURE_NS_PER_S 1000000000ull

/* How often commands, axes and camera are looked at. */
#define CAPTURE_TICK_MS 5

enum capture_axes {
	CAPTURE_THETA = 0,
	CAPTURE_PHI = 1,
	CAPTURE_AXES = 2,
};

/**
 * struct capture_axis - one of the two
 * @info: NULL: the rig does not have it
 * @number: of the axis
 * @path: as the path sees it
 * @state: as last read
 * @rested: as it was when the photo in work had been exposed
 * @target: of the move that runs or ran last
 * @moving: a move was started and not yet seen at rest
 * @move_id: of that move
 * @homings: how often it was homed in this run
 * @rest_steps: steps made when it was last seen at rest after a move
 * @seen_steps: steps as last seen, for the watchdog
 * @seen_ns: when they last rose, or the move began
 * @deadline_ns: when it has to be at rest
 */
struct capture_axis {
	const struct oscan_axis_info *info;
	unsigned int number;
	struct path_axis path;
	struct oscan_state state;
	struct oscan_state rested;
	int64_t target;
	bool moving;
	uint32_t move_id;
	unsigned int homings;
	uint64_t rest_steps;
	uint64_t seen_steps;
	uint64_t seen_ns;
	uint64_t deadline_ns;
};

/**
 * struct capture_wish - what a photo needs of the camera
 * @exposure_ns: 0: any
 * @lens_dpt: NAN: any
 */
struct capture_wish {
	uint64_t exposure_ns;
	double lens_dpt;
};

/**
 * struct capture_locked - locked.json: what must outlive a crash
 * @boot: id of the boot in which the axes were last trusted, "" not known
 * @trusted: because they were to be, whatever their state, as long as that
 *	driver counts
 * @probed_ns: of that driver, see struct oscan_info; 0 not known
 * @begin_deg: where the axes stood when the scan began, NAN without the axis
 *	and where that is not known
 * @found: the rest has been found; until then it is what was asked for
 * @exposure_ns: 0: the camera's own
 * @gain: likewise
 * @red_gain: likewise
 * @blue_gain: likewise
 * @lens_dpt: NAN: as it is
 */
struct capture_locked {
	char boot[40];
	bool trusted;
	uint64_t probed_ns;
	double begin_deg[CAPTURE_AXES];
	bool found;
	uint64_t exposure_ns;
	double gain;
	double red_gain;
	double blue_gain;
	double lens_dpt;
};

/**
 * struct capture_photo - a photo on its way to the disk
 * @id: which one
 * @pixels: @data is allocated, @room bytes; no data: there is no image of ours
 * @room: kept from photo to photo
 * @info: what is known of it
 * @name: of @info
 * @metadata: until it is handed on
 */
struct capture_photo {
	struct project_photo id;
	struct photo_pixels pixels;
	size_t room;
	struct photo_info info;
	char name[PROJECT_PHOTO_LEN];
	json_t *metadata;
};

struct capture_saver;

/**
 * struct capture_fetch - the thread that has the camera hand over a photo
 * @thread: with @begun
 * @begun: and not yet joined; nobody else may use the camera
 * @over: it waits to be joined; what follows is valid
 * @frame: with no @error
 * @error: errno of the camera, 0: none
 */
struct capture_fetch {
	pthread_t thread;
	bool begun;
	atomic_bool over;
	struct camera_frame frame;
	int error;
};

/**
 * struct capture - everything of one run
 * @request: as asked for
 * @control: may be NULL, as are @progress and @progress_data
 * @result: as it went; @result->error is filled by capture_fail()
 * @error: errno of the first failure, 0 while all is well
 * @complete: all photos are saved: nothing can fail any more
 * @state: enum capture_state
 * @again: state to go on with after a pause
 * @told_ns: when @progress was last called
 *
 * @motor: open for writing
 * @axis: see enum capture_axes
 * @line: number of the trigger line
 * @restore: what the scan has changed, and its journal
 *
 * @camera: open; NULL with a trigger
 * @settings: as configured
 * @capabilities: of the camera
 * @camera_running: started and not stopped
 * @last_frame_ns: when the last frame came, or the camera was started
 * @period_ns: from frame to frame, as told or measured; 0 not known
 * @before_ns: time of the last frame; 0: there was none
 * @before_sequence: its number
 * @frame: held while @holding; status 0: none yet for the photo in work
 * @holding: a frame waits for the queue
 * @wish: what the camera was last told
 * @wish_ns: when
 * @lens_ns: when its lens was last told to move, 0: not yet
 * @wait_ns: since when the photo in work is waited for; with a pause before it
 *	still to come
 * @polled_ns: when a frame was last asked for
 * @shot_ns: when a camera on demand was told to take it, 0: not yet
 * @shot_end_ns: when it had, with @shot_ns
 * @taking: it has and the photo is not in hand yet; or the line was pulsed and
 *	that is not in the queue yet
 * @fetch: while @gone
 * @lock_ns: when it began to look for what is to be locked
 * @lock_frame: the frame before, without its pixels
 * @lock_same: frames in a row that agree with the one before
 *
 * @project: open
 * @scan: open
 * @under_way: scan.json is to tell how this run ends; one that is refused
 *	leaves a scan that it was to take up as it was
 * @path: points in their order
 * @moves_s: shape [path.count], time of the move to each point
 * @moves_left_s: of the moves that are to come, the running one included
 * @point: index of the point in work
 * @shot: of its photos
 * @down: its focus stack goes from the greatest to the least
 * @gone: the move to the next point has begun, while the photo in work is
 *	fetched
 * @halted: it did not get there: a command or a failure came between
 * @late_error: errno of that failure, told when the photo is in the queue; 0:
 *	none
 * @late_text: sentence of it
 * @restless: frames in a row that were no photos, after an axis had moved
 * @locked: locked.json
 * @refind: what was found is not all in it, and has to be found once more
 * @saver: queue and workers
 * @saved: photos in the journal by this run
 * @shown: the thumbnail of the project has been seen to
 *
 * @pulse: the trigger line's, of the point in work, with @shot_ns
 * @fresh_ns: when the scan began or went on: what was exposed before that does
 *	not count
 * @ready_ns: an exposure may begin from then on
 * @after_ns: the next move may begin from then on
 * @begin_ns: first move, 0: not yet
 * @paused_ns: spent in pauses since then
 * @pause_ns: when the present one began, 0: none
 * @points_before: points that were done before this run
 * @points_run: points that were done in it
 * @made_s: planned time of the moves of this run that are done
 * @earlier_s: duration of the runs before
 */
struct capture {
	const struct capture_request *request;
	struct capture_control *control;
	struct capture_result *result;
	void (*progress)(const struct capture_progress *progress, void *data);
	void *progress_data;
	int error;
	bool complete;
	enum capture_state state;
	enum capture_state again;
	uint64_t told_ns;

	struct oscan_motor *motor;
	struct capture_axis axis[CAPTURE_AXES];
	unsigned int line;
	struct restore *restore;

	struct camera *camera;
	struct camera_settings settings;
	struct camera_capabilities capabilities;
	bool camera_running;
	uint64_t last_frame_ns;
	uint64_t period_ns;
	uint64_t before_ns;
	uint32_t before_sequence;
	struct camera_frame frame;
	bool holding;
	struct capture_wish wish;
	uint64_t wish_ns;
	uint64_t lens_ns;
	uint64_t wait_ns;
	uint64_t polled_ns;
	uint64_t shot_ns;
	uint64_t shot_end_ns;
	bool taking;
	struct capture_fetch fetch;
	uint64_t lock_ns;
	struct camera_frame lock_frame;
	unsigned int lock_same;

	struct project *project;
	struct project_scan *scan;
	bool under_way;
	struct path path;
	double *moves_s;
	double moves_left_s;
	uint32_t point;
	uint32_t shot;
	bool down;
	bool gone;
	bool halted;
	int late_error;
	char late_text[CAPTURE_ERROR_LEN];
	unsigned int restless;
	struct capture_locked locked;
	bool refind;
	struct capture_saver *saver;
	uint64_t saved;
	bool shown;

	struct oscan_pulse pulse;
	uint64_t fresh_ns;
	uint64_t ready_ns;
	uint64_t after_ns;
	uint64_t begin_ns;
	uint64_t paused_ns;
	uint64_t pause_ns;
	uint32_t points_before;
	uint32_t points_run;
	double made_s;
	double earlier_s;
};

/*
 * capture.c
 */

/**
 * capture_fail - remember the first failure
 * @error: errno
 *
 * Return: -1, with errno
 */
int capture_fail(struct capture *capture, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** capture_now - CLOCK_MONOTONIC, nanoseconds */
uint64_t capture_now(void);

/** capture_due - when a photo may be waited for: now, or after the pause */
uint64_t capture_due(const struct capture *capture);

/** capture_commanded - enum capture_command as of now */
int capture_commanded(const struct capture *capture);

/*
 * capture-begin.c
 */

/** capture_try - all checks of a new scan; nothing is made */
int capture_try(struct capture *capture);

/** capture_begin - all checks, then the journal of settings and the project */
int capture_begin(struct capture *capture);

/** capture_light_up - switch the light on, in the journal first */
int capture_light_up(struct capture *capture);

/** capture_set_status - project_scan_status(), with a sentence */
int capture_set_status(struct capture *capture, const char *status);

/*
 * capture-finish.c
 */

/** capture_finish - close and free all but the path, put settings back */
void capture_finish(struct capture *capture);

/*
 * capture-open.c: the rig and the camera.
 */

/** capture_open_rig - motors, axes, trigger line */
int capture_open_rig(struct capture *capture);

/** capture_open_camera - open and configure it; nothing with a trigger */
int capture_open_camera(struct capture *capture);

/** capture_no_middle - fail: no exposure to bracket about */
int capture_no_middle(struct capture *capture);

/*
 * capture-folder.c
 */

/**
 * capture_open_project - project and scan; path.json and locked.json of a new
 * one, or what is in those of the one to take up
 */
int capture_open_project(struct capture *capture);

/*
 * capture-plan.c
 */

/** capture_make_path - the points in their order, checked */
int capture_make_path(struct capture *capture);

/**
 * capture_check_path - hold the points against the axes; time of the moves
 * @order: put them into a better order, too
 */
int capture_check_path(struct capture *capture, bool order);

/** capture_plan - times of the moves, number of photos, memory */
int capture_plan(struct capture *capture);

/** capture_check_space - room for @photos more? */
int capture_check_space(struct capture *capture, uint64_t photos);

/*
 * capture-motion.c
 */

/** capture_enable - switch the motors on, in the journal first */
int capture_enable(struct capture *capture);

/** capture_read_axes - their states */
int capture_read_axes(struct capture *capture);

/** capture_go - start moves to angles, both axes together */
int capture_go(struct capture *capture, double theta_deg, double phi_deg);

/** capture_moving - watch the moves. Return: 1 moving, 0 at rest, -1 failed */
int capture_moving(struct capture *capture);

/** capture_stop - have all axes decelerate; never fails */
void capture_stop(struct capture *capture);

/** capture_stopping - 1 still moving, 0 at rest or beyond help */
int capture_stopping(struct capture *capture);

/**
 * capture_rested - no step since capture_moving() found rest, and up to
 * @until_ns; the states are kept in struct capture_axis.rested then
 *
 * Return: 1 so it is, 0 it has moved, -1 failed
 */
int capture_rested(struct capture *capture, uint64_t until_ns);

/** capture_last_step - time of the last step of either axis */
uint64_t capture_last_step(const struct capture *capture);

/** capture_angle - where an axis is, degrees; NAN without it. A turntable's is
 * 0 to below 360
 */
double capture_angle(const struct capture *capture, enum capture_axes which);

/** capture_angle_rested - likewise, where it was for the photo in work */
double capture_angle_rested(const struct capture *capture,
			    enum capture_axes which);

/*
 * capture-trust.c
 */

/** capture_doubt - fails if a position is in doubt and cannot be found */
int capture_doubt(struct capture *capture);

/**
 * capture_trusted - may positions be relied on?
 *
 * Return: 1 yes; 0 an axis with an end stop has to be homed first; -1 failed
 */
int capture_trusted(struct capture *capture);

/** capture_home - home what has to be; blocks, but for commands */
int capture_home(struct capture *capture);

/*
 * capture-camera.c
 */

/** capture_camera_start - start it, with what is locked already */
int capture_camera_start(struct capture *capture);

/**
 * capture_next - wait a tick for a frame
 *
 * Return: 1 @capture->frame is one and has to be given back with
 * capture_release(); 0 none; -1 failed
 */
int capture_next(struct capture *capture);

/**
 * capture_shoot - tell a camera on demand, when it is time
 *
 * Return: 1 it has exposed, 0 it is too early, -1 failed
 */
int capture_shoot(struct capture *capture);

/** capture_look - capture_next(); a camera on demand is told first, when it is
 * time
 */
int capture_look(struct capture *capture);

/** capture_set_camera - its control(), with a sentence */
int capture_set_camera(struct capture *capture,
		       const struct camera_controls *controls);

/** capture_pixels - the held frame */
struct photo_pixels capture_pixels(const struct capture *capture);

/** capture_release - give the frame back */
void capture_release(struct capture *capture);

/** capture_idle - let a tick pass; frames are shown and given back */
int capture_idle(struct capture *capture);

/** capture_wish_for - tell the camera what the photo in work needs */
int capture_wish_for(struct capture *capture);

/**
 * capture_expose - look for the frame that is the photo in work
 *
 * Return: 1 it is held, 0 not yet, -1 failed
 */
int capture_expose(struct capture *capture);

/** capture_exposure - when the frame's exposure began, and ended */
void capture_exposure(const struct capture *capture, uint64_t *begin_ns,
		      uint64_t *end_ns);

/*
 * capture-ahead.c: a move while a camera on demand hands over a photo.
 */

/**
 * capture_go_ahead - begin it, if all is well and nothing is to wait for the
 * photo; @capture->gone tells. A move that is refused is told by the next one
 */
int capture_go_ahead(struct capture *capture);

/**
 * capture_ahead - watch it; a command that is not CAPTURE_GO, or a failure,
 * stops it, with @capture->halted
 *
 * Return: an axis moves
 */
bool capture_ahead(struct capture *capture);

/** capture_fetching - the photo is not there yet */
bool capture_fetching(const struct capture *capture);

/** capture_fetch_end - wait for it. Return: 0, or -1 with errno of next() */
int capture_fetch_end(struct capture *capture);

/*
 * capture-lock.c
 */

/** capture_needs_lock - is there something to be found at the first point? */
bool capture_needs_lock(const struct capture *capture);

/** capture_lock_begin - begin to find it */
void capture_lock_begin(struct capture *capture);

/** capture_lock - go on with it. Return: 1 found and locked, 0 not yet, -1 */
int capture_lock(struct capture *capture);

/*
 * capture-shots.c: which photos there are to be taken.
 */

/** capture_shots - photos at each point */
uint32_t capture_shots(const struct capture_request *request);

/** capture_shot - the photo in work */
void capture_shot(const struct capture *capture, struct project_photo *photo,
		  struct capture_wish *wish);

/** capture_seek - to the first photo from the one in work on that is not in
 * the journal. Return: false: it is at another point, or there is none
 */
bool capture_seek(struct capture *capture);

/** capture_seek_point - to the next point with a photo to be taken, from the
 * one in work on. Return: false: there is none
 */
bool capture_seek_point(struct capture *capture);

/** capture_point_after - the point that follows on the photo in work; NULL:
 * there is none, or another photo to be taken before
 */
const struct path_point *capture_point_after(struct capture *capture);

/*
 * capture-pulse.c: an external trigger in place of a camera.
 */

/** capture_pulse - pulse the line and put it into the queue. Return: 1 done,
 * 0 not yet, -1 failed
 */
int capture_pulse(struct capture *capture);

/*
 * capture-save.c: queue and workers.
 */

/** capture_saver_start - allocate the queue and start the workers */
int capture_saver_start(struct capture *capture);

/** capture_saver_full - no room for one more photo */
bool capture_saver_full(struct capture *capture);

/** capture_saver_used - photos that are not saved yet */
uint32_t capture_saver_used(struct capture *capture);

/** capture_put - the held frame, or the pulse, as the photo in work; there is
 * room
 * @pulse: NULL: the held frame
 */
int capture_put(struct capture *capture, const struct oscan_pulse *pulse);

/** capture_saver_check - has a worker failed? takes over what was saved */
int capture_saver_check(struct capture *capture);

/** capture_saver_stop - end the workers, when all is saved; NULL is accepted */
void capture_saver_stop(struct capture *capture);

/*
 * capture-locked.c
 */

/** capture_locked_save - write locked.json */
int capture_locked_save(struct capture *capture);

/** capture_locked_load - read it; one that is not there changes nothing */
int capture_locked_load(struct capture *capture);

/** capture_boot_id - of this boot */
void capture_boot_id(char boot[40]);

/*
 * capture-tell.c
 */

/** capture_tell - call @progress, not too often unless @force */
void capture_tell(struct capture *capture, bool force);

/** capture_elapsed_s - since the first move, without pauses */
double capture_elapsed_s(const struct capture *capture);

/*
 * capture-describe.c
 */

/** capture_describe - name and info of the photo in work
 * @pulse: NULL: the held frame
 */
void capture_describe(const struct capture *capture,
		      struct capture_photo *photo,
		      const struct oscan_pulse *pulse);

/** capture_metadata - what is kept beside it */
json_t *capture_metadata(const struct capture *capture,
			 const struct capture_photo *photo,
			 const struct oscan_pulse *pulse);

#endif /* OSCAN_CAPTURE_PARTS_H */
