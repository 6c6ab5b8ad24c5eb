/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fly scan while it runs: what its parts share. One thread.
 *
 * Functions return 0, or -1 after scan_fail(), unless said otherwise.
 */
#ifndef OSCAN_SCAN_H
#define OSCAN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "camera.h"
#include "flyscan.h"
#include "oscan.h"
#include "restore.h"
#include "trigger.h"
#include "writer.h"

#ifndef OSCAN_VERSION
#define OSCAN_VERSION "unknown"
#endif

/* How long a wait for a frame may put off everything else, if not told. */
#define SCAN_TICK_MS 20

#define SCAN_PATH_LEN sizeof(((struct flyscan_result *)0)->path)

/**
 * struct scan_frame - what pairing needs to know of a frame in the file
 * @time_ns: camera's time
 * @sequence: camera's count
 * @exposure_ns: of scan_exposure_ns(), or of a line; 0 if not known
 * @start_ns: when the first row began to be exposed, if a line told; 0: what
 *	@time_ns leads to
 * @source: enum scan_source of it
 */
struct scan_frame {
	uint64_t time_ns;
	uint32_t sequence;
	uint64_t exposure_ns;
	uint64_t start_ns;
	uint8_t source;
};

/** enum scan_source - who told when a frame was exposed; as in the file */
enum scan_source {
	SCAN_SOURCE_CAMERA = 0,
	SCAN_SOURCE_PULSE = 1,
	SCAN_SOURCE_STROBE = 2,
};

/**
 * struct scan_uncertainty - standard uncertainties that all frames share
 * @clock_s: of the camera's clock against that of the steps
 * @latency_s: of the camera's latency
 * @time_s: of a frame's time: resolution and scatter
 * @row_s: of a row's time: rows are exposed one after the other
 */
struct scan_uncertainty {
	double clock_s;
	double latency_s;
	double time_s;
	double row_s;
};

/**
 * struct scan_pass - one way past the camera
 * @direction: +1 or -1
 * @start: user's unit, first planned place
 * @end: last one
 * @initial: where the run-up begins
 * @final: where the axis comes to rest
 * @launch_ns: when the motor was started
 * @window_ns: shape [2], the frames exposed from then to then are in the scan
 * @crossing_ns: shape [2], when start and end were passed, 0: not
 */
struct scan_pass {
	int direction;
	double start;
	double end;
	double initial;
	double final;
	uint64_t launch_ns;
	uint64_t window_ns[2];
	uint64_t crossing_ns[2];
};

/**
 * struct scan_guard - what must go on while the scan runs
 * @deadline_s: longest time for all moves and frames, 0: not begun
 * @deadline_ns: when all moves and frames must be over, 0: none yet
 * @steps: as last seen
 * @steps_ns: when they last rose, or the move began
 * @written: frames as last seen
 * @written_ns: when they last rose, or none was waiting
 * @synced: frames that the disk had, as last seen
 * @synced_ns: when they last rose, or the disk began to be waited for; 0: not
 *	yet
 */
struct scan_guard {
	double deadline_s;
	uint64_t deadline_ns;
	uint64_t steps;
	uint64_t steps_ns;
	uint64_t written;
	uint64_t written_ns;
	uint64_t synced;
	uint64_t synced_ns;
};

/**
 * struct scan - everything of one run
 * @request: as asked for
 * @result: as it went; @result->error is filled by scan_fail()
 * @error: errno of the first failure, 0 while all is well
 * @progress: may be NULL, as are @progress_data and @cancel
 * @progress_ns: when @progress was last called
 * @phase: enum flyscan_phase
 *
 * @motor: open for writing
 * @axis: number of the axis
 * @info: of the axis
 * @state: of the axis, as last read
 * @before: state at rest at p_initial: the track begins here
 * @stats_before: statistics before anything moved
 * @move: the move that runs or ran last
 * @move_deadline_ns: when it has to be at rest
 * @moving: a move was started and not yet seen at rest
 * @passes: shape [result->passes], those that were begun
 * @guard: watchdogs
 * @monitor: subscribed to the trace
 * @track: steps since @before, NULL until then
 * @steps_put: of these, those that the writer has
 * @known_put_ns: up to when it was told that it has all
 *
 * @camera: open
 * @settings: as configured
 * @capabilities: of the camera
 * @latency_ns: the times of the frames are so much late
 * @latency_sigma_ns: its standard uncertainty, 0 if not known
 * @latency_source: where these are from, text
 * @camera_running: started and not stopped
 * @frames: shape [result->ledger.copied + result->ledger.taken]
 * @frames_room: allocated length of @frames
 * @last_sequence: of the last frame
 * @last_time_ns: camera's time of the last frame, 0: none
 * @last_frame_ns: when the last frame came, or the camera was started
 * @frame_timeout_ns: longest time without a frame
 *
 * @writer: of the file at @result->path
 * @uncertainty: found before pairing
 * @queue_frames: length of its queue
 * @stalled: the writer makes no progress and cannot be waited for
 * @start_clocks: before the pass
 *
 * @trigger: lines that go with the exposures
 *
 * @restore: what the scan has changed, and its journal
 */
struct scan {
	const struct flyscan_request *request;
	struct flyscan_result *result;
	int error;
	void (*progress)(const struct flyscan_progress *progress, void *data);
	void *progress_data;
	uint64_t progress_ns;
	const volatile int *cancel;
	enum flyscan_phase phase;

	struct oscan_motor *motor;
	unsigned int axis;
	const struct oscan_axis_info *info;
	struct oscan_state state;
	struct oscan_state before;
	struct oscan_stats stats_before;
	struct oscan_move move;
	uint64_t move_deadline_ns;
	bool moving;
	struct scan_pass *passes;
	struct scan_guard guard;
	struct oscan_monitor *monitor;
	struct oscan_track *track;
	size_t steps_put;
	uint64_t known_put_ns;

	struct camera *camera;
	struct camera_settings settings;
	struct camera_capabilities capabilities;
	int64_t latency_ns;
	double latency_sigma_ns;
	char latency_source[64];
	bool camera_running;
	struct scan_frame *frames;
	size_t frames_room;
	uint32_t last_sequence;
	uint64_t last_time_ns;
	uint64_t last_frame_ns;
	uint64_t frame_timeout_ns;

	struct writer *writer;
	struct scan_uncertainty uncertainty;
	uint32_t queue_frames;
	bool stalled;
	struct oscan_clocks start_clocks;

	struct scan_trigger trigger;

	struct restore *restore;
};

/** scan_now - CLOCK_MONOTONIC, nanoseconds */
uint64_t scan_now(void);

/**
 * scan_fail - remember the first failure
 *
 * Return: -1 with errno
 */
int scan_fail(struct scan *scan, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** scan_cancelled - end asked for? Then it has failed with ECANCELED. */
bool scan_cancelled(struct scan *scan);

/** scan_phase - enter a phase and tell it */
void scan_phase(struct scan *scan, enum flyscan_phase phase);

/** scan_tell - tell the progress, about ten times a second */
void scan_tell(struct scan *scan);

/** scan_unit - "deg" or "mm" */
const char *scan_unit(const struct scan *scan);

/** scan_steps - user's unit to microsteps, not rounded */
double scan_steps(const struct scan *scan, double value);

/** scan_warn - remember a warning */
void scan_warn(struct scan *scan, enum flyscan_warning_kind kind,
	       const char *format, ...) __attribute__((format(printf, 3, 4)));

/** scan_tick_ms - longest wait for a frame */
int scan_tick_ms(const struct scan *scan);

/** scan_pass_count - passes asked for */
uint32_t scan_pass_count(const struct scan *scan);

/** scan_frames_put - frames given to the writer */
uint64_t scan_frames_put(const struct scan *scan);

/*
 * guard.c: watchdogs. What must hold within a time while the scan runs; each
 * time is stored in the file.
 */

/** scan_first_frame_timeout_s - for the first frame: max(5 periods, 5 s) */
double scan_first_frame_timeout_s(double period_s);

/** scan_frame_timeout_s - longest time without one: max(20 periods, 5 s) */
double scan_frame_timeout_s(double period_s);

/** scan_motion_timeout_s - without a step while a move runs:
 * max(20 steps at the speed of the scan, 3 times the first one from rest, 5 s)
 */
double scan_motion_timeout_s(const struct scan *scan);

/** scan_writer_timeout_s - without a frame reaching the file while some wait:
 * max(3 frames at 1 MB/s, 10 s)
 */
double scan_writer_timeout_s(const struct scan *scan);

/** scan_deadline_s - all moves as planned, half as long again, and 10 s for
 * each, and the first frame
 */
double scan_deadline_s(const struct scan *scan);

/** scan_guard_begin - the deadline runs from now on */
void scan_guard_begin(struct scan *scan);

/** scan_guard_moving - a move was started */
void scan_guard_moving(struct scan *scan);

/** scan_guard - are all as they must be? Called by scan_watch() */
int scan_guard(struct scan *scan);

/** scan_guard_writer - is the writer? */
int scan_guard_writer(struct scan *scan);

/** scan_guard_flush - has it, since @begun_ns, put away what waited? */
int scan_guard_flush(struct scan *scan, uint64_t begun_ns);

/** scan_guard_disk - does the disk take what was written? Some each
 * max(the frames that it has not, at 1 MB/s, 10 s).
 */
int scan_guard_disk(struct scan *scan);

/** scan_frame_bytes - of the pixels of one frame */
size_t scan_frame_bytes(const struct scan *scan);

/*
 * preflight.c: open the devices and check all that can be checked before
 * anything moves. Every failure is named, in one sentence.
 */
int scan_preflight(struct scan *scan);

/** scan_room - bytes that the file will take */
double scan_room(const struct scan *scan);

/** scan_memory - bytes that the times of the steps will take */
double scan_memory(const struct scan *scan);

/** scan_free_memory - bytes that the machine has for it; NAN: not known */
double scan_free_memory(void);

/** scan_limits - limits.c: what scan_preflight() compared; their number */
size_t scan_limits(const struct scan *scan, struct flyscan_limit *limits);

/** scan_missing_folders - levels of @directory that are not there */
int scan_missing_folders(const char *directory);

/* place.c: make the folder and the file */
int scan_create(struct scan *scan);

/**
 * scan_metadata - what the scan was asked for, as the text of a JSON object
 *
 * Return: text, to be freed, or NULL: no memory.
 */
char *scan_metadata(const struct scan *scan);

/** scan_check_place - can @directory be made and take @bytes?
 * @why: out, shape [FLYSCAN_ERROR_LEN]: a sentence if not
 *
 * Return: 0, or -1 with errno
 */
int scan_check_place(const char *directory, double bytes, char *why);

/** scan_new_file - make @directory and the next free <stem>_NNNNNN.h5 in it
 * @open: makes the file; its errno EEXIST means that the number is taken
 * @path: out, shape [SCAN_PATH_LEN]: of the file, or what could not be made
 *
 * Return: what @open returned, or NULL with errno.
 */
struct writer *scan_new_file(const char *directory, const char *stem,
			     struct writer *(*open)(void *data,
						    const char *path),
			     void *data, char *path);

/** scan_free_bytes - room on the file system of @directory, 0: not known */
double scan_free_bytes(const char *directory);

/* frames.c: frames into the file */

/** scan_measure - find the camera's period; result->period_* */
int scan_measure(struct scan *scan);

/** scan_camera_start - start; then scan_take() may be called */
int scan_camera_start(struct scan *scan);

/**
 * scan_take - wait for a frame up to @timeout_ms and hand it to the writer
 *
 * Return: 1 a frame was taken, 0 none came, -1
 */
int scan_take(struct scan *scan, int timeout_ms);

/** scan_check_clock - is the frame's time of CLOCK_MONOTONIC? */
int scan_check_clock(struct scan *scan, const struct camera_frame *frame);

/** scan_silent - fail: there was no frame for so long */
int scan_silent(struct scan *scan, double seconds);

/** scan_stopped_delivering - fail: the camera has, with errno */
int scan_stopped_delivering(struct scan *scan);

/** scan_wait_for_writer - let it work for a moment, and watch it and the rest.
 * Return: 0, or -1: something failed, or the scan was cancelled
 */
int scan_wait_for_writer(struct scan *scan);

/** scan_wait_for_room - wait until a frame finds room in the queue */
int scan_wait_for_room(struct scan *scan);

/** scan_camera_stop - stop; nothing if it does not run */
void scan_camera_stop(struct scan *scan);

/* motion.c: the axis */

/** scan_taxi - go to p_initial, come to rest, begin the track */
int scan_taxi(struct scan *scan);

/** scan_taxi_speed - of the way to p_initial, as oscan_move.speed_sps_q44 */
uint64_t scan_taxi_speed(const struct scan *scan);

/** scan_launch - start the next pass, to the other end */
int scan_launch(struct scan *scan);

/** scan_add_stats - those of the pass that is over to result->stats */
void scan_add_stats(struct scan *scan);

/** scan_pass_planned - the pass with that number, 0 is the first */
void scan_pass_planned(const struct scan *scan, uint32_t number,
		       struct scan_pass *pass);

/** scan_read - take what the driver has told: steps, and events of lines */
int scan_read(struct scan *scan);

/** scan_watch - read steps and state, see that the move is as it should be */
int scan_watch(struct scan *scan);

/** scan_rest - wait until the axis is at rest, stopping it if it failed */
void scan_rest(struct scan *scan);

/** scan_collect_trace - wait until the track has every step that was made */
int scan_collect_trace(struct scan *scan);

/** scan_store_trace - store them; result->steps_traced */
int scan_store_trace(struct scan *scan);

/* window.c */

/** scan_find_windows - when each pass was in the scanned range */
void scan_find_windows(struct scan *scan);

/** scan_pass_at - number of the pass in whose range the scan was at a time,
 * among those of the whole scan, from 1; 0: in none
 */
uint32_t scan_pass_at(const struct scan *scan, uint64_t time_ns);

/* earlier.c */

/** scan_copy_earlier - the frames of the earlier scan into the file */
int scan_copy_earlier(struct scan *scan);

/** scan_check_earlier - can the axis complete it? Its state has been read */
int scan_check_earlier(struct scan *scan);

/* pair.c */

/**
 * scan_exposure - when the middle of the frame was exposed
 * @half_ns: out, may be NULL: half the exposure; 0 if that is not known
 *
 * The middle row stands for a frame of a rolling shutter. The latency that is
 * known has been taken off. After scan_trigger_pair() the lines have told.
 */
uint64_t scan_exposure(const struct scan *scan, const struct scan_frame *frame,
		       uint64_t *half_ns);

/** scan_exposure_ns - of a frame that told @told_ns; of one that told none, 0,
 * what the camera was set to, if it obeys
 */
uint64_t scan_exposure_ns(const struct scan *scan, uint64_t told_ns);

/** scan_exposure_start - when the first row began to be exposed, by the
 * camera's time; where nobody knows what that marks, it itself
 */
uint64_t scan_exposure_start(const struct scan *scan,
			     const struct scan_frame *frame);

/** scan_mark_name - what the camera's time marks, as in writer.h */
const char *scan_mark_name(const struct scan *scan);

/** scan_pair - give each frame its position and store them */
int scan_pair(struct scan *scan);

/** scan_check_pairs - has each one its position? */
int scan_check_pairs(struct scan *scan);

/* uncertainty.c */

/** scan_find_uncertainty - fill in scan->uncertainty from @rows frames */
void scan_find_uncertainty(struct scan *scan, size_t rows);

/**
 * scan_sigma - standard uncertainty of a position, user's unit
 * @frame: that stands there
 * @between: out: the part of it that is left out between two steps
 */
double scan_sigma(const struct scan *scan, const struct scan_frame *frame,
		  uint64_t time_ns, const struct oscan_position *position,
		  double *between);

/**
 * scan_store_uncertainty - store the terms, and how even the passes were
 * @time_ns: shape [@rows], when each frame was exposed
 * @position: shape [@rows]
 * @between: shape [@rows], of scan_sigma()
 * @pass: shape [@rows], of scan_pass_at()
 *
 * Return: 0, or -1 with errno of the writer
 */
int scan_store_uncertainty(struct scan *scan, const uint64_t *time_ns,
			   const double *position, const double *between,
			   const uint64_t *pass, size_t rows);

/* store.c */

/** scan_read_clocks - the offsets of the clocks now; all zero if they fail */
void scan_read_clocks(struct oscan_clocks *clocks);

/** scan_store - ledger, clocks, statistics, how it ended */
int scan_store(struct scan *scan);

/** scan_store_recovered - what can be told of a scan that was killed
 *
 * Return: 0, or -1 with errno of the writer
 */
int scan_store_recovered(struct scan *scan);

/* store-begin.c */

/** scan_store_begin - all that is known before the first frame */
int scan_store_begin(struct scan *scan);

/** scan_flush_timeout_s - for the frames that wait when the camera has stopped:
 * max(3 times the frames of all passes at 50 MiB/s, 10 s)
 */
double scan_flush_timeout_s(const struct scan *scan);

/* finish.c: what was found at the end */

/** scan_check_sums - frames and steps: is any missing at a hop? */
void scan_check_sums(struct scan *scan);

/** scan_check_warnings - what went otherwise; an error if it is strict */
void scan_check_warnings(struct scan *scan);

/* flyscan.c: scan_writer_failed - the sentence for a writer that stopped */
int scan_writer_failed(struct scan *scan, int error);

#endif /* OSCAN_SCAN_H */
