// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/scan/capture.c userspace/scan/capture-ahead.c
 * userspace/scan/capture-begin.c
 * userspace/scan/capture-camera.c userspace/scan/capture-check.c
 * userspace/scan/capture-describe.c userspace/scan/capture-finish.c
 * userspace/scan/capture-folder.c userspace/scan/capture-lock.c
 * userspace/scan/capture-motion.c userspace/scan/capture-open.c
 * userspace/scan/capture-plan.c userspace/scan/capture-pulse.c
 * userspace/scan/capture-save.c userspace/scan/capture-locked.c
 * userspace/scan/capture-settings.c userspace/scan/capture-shots.c
 * userspace/scan/capture-tell.c userspace/scan/capture-trust.c
 * userspace/scan/path.c
 * userspace/scan/path-file.c userspace/scan/path-list.c
 * userspace/scan/path-near.c userspace/scan/path-order.c
 * userspace/scan/path-time.c userspace/scan/words.c
 * userspace/scan/axis-state.c userspace/camera/mark.c
 * userspace/writer/durable.c userspace/liboscan/clock.c
 * userspace/liboscan/units.c userspace/liboscan/wrap.c -lm -ljansson
 * -pthread -Wl,--wrap=clock_gettime -Wl,--wrap=nanosleep
 * -Wl,--wrap=statvfs
 */
/* A capture scan in capture-world.h's world, in every state and way out. */
#include <sys/wait.h>
#include "unit.h"
#include "capture-world.h"

#define POINTS 5
#define STATES (CAPTURE_DONE + 1)

/* What the one who looks on does, and when. */
static struct {
	enum capture_state in;
	unsigned int nth;	/* time that the state is entered, from 1 */
	enum { NOTHING, PAUSE, CANCEL, KILL, PAUSE_CANCEL, PAUSE_KILL,
	       FILL, STEP, PAUSE_BRIEFLY } deed;
	unsigned int at_pulse;	/* after that one, in place of in and nth */
	unsigned int seen[STATES];
	enum capture_state last;
	uint64_t commanded_ns;
	uint64_t brief_ns;	/* of PAUSE_BRIEFLY */
	unsigned int fetches;
	unsigned int pauses;
	uint64_t pause_ns;	/* on top of its ticks */
	unsigned int ticks;
	double eta_s;
	double elapsed_s;
	unsigned int queue_most;
} watcher;

static struct capture_control control;
static struct capture_result result;

static void act(void)
{
	watcher.commanded_ns = world->now;
	switch (watcher.deed) {
	case CANCEL:
		control.command = CAPTURE_CANCEL;
		break;
	case KILL:
		raise(SIGKILL);
		break;
	case FILL:
		world->free_bytes = 1 << 20;
		break;
	case STEP:
		world->axis[TURNTABLE].from++;
		world->axis[TURNTABLE].to++;
		world->axis[TURNTABLE].steps_before++;
		break;
	default:
		control.command = CAPTURE_PAUSE;
	}
}

static void must_rest(void)
{
	struct oscan_state state;

	for (int i = world->no_rotor; i < AXES; i++) {
		oscan_motor_state(NULL, i, &state);
		ck_assert_uint_eq(state.motion, OSCAN_MOTION_IDLE);
	}
}

static void in_pause(void)
{
	must_rest();
	/* It did not wait for the move to end. */
	if (watcher.in == CAPTURE_MOVE || watcher.in == CAPTURE_PARK)
		ck_assert(world->axis[ROTOR].end == OSCAN_END_STOPPED ||
			  world->axis[TURNTABLE].end == OSCAN_END_STOPPED);
	if (++watcher.ticks < 3)
		return;
	watcher.ticks = 0;
	world->now += watcher.pause_ns;
	if (watcher.deed == PAUSE_CANCEL)
		control.command = CAPTURE_CANCEL;
	else if (watcher.deed == PAUSE_KILL)
		raise(SIGKILL);
	else
		control.command = CAPTURE_GO;
}

static void look_on(const struct capture_progress *progress, void *data)
{
	enum capture_state state = progress->state;

	(void)data;
	watcher.eta_s = progress->eta_s;
	watcher.elapsed_s = progress->elapsed_s;
	if (progress->queue_used > watcher.queue_most)
		watcher.queue_most = progress->queue_used;
	if (watcher.at_pulse && world->pulses == watcher.at_pulse) {
		watcher.at_pulse = 0;
		act();
	}
	/* Whatever else it has to wait for. */
	if (control.command != CAPTURE_GO &&
	    world->now > watcher.commanded_ns + SECOND / 5)
		must_rest();
	if (watcher.deed == PAUSE_BRIEFLY && watcher.commanded_ns &&
	    world->now > watcher.commanded_ns + watcher.brief_ns)
		control.command = CAPTURE_GO;
	if (state == CAPTURE_PAUSED)
		in_pause();
	if (state == watcher.last)
		return;
	if (state == CAPTURE_PAUSED)
		watcher.pauses++;
	watcher.last = state;
	if (++watcher.seen[state] == watcher.nth && state == watcher.in &&
	    watcher.deed != NOTHING)
		act();
}

static int run(const struct capture_request *request)
{
	control.command = CAPTURE_GO;
	watcher.last = 0;
	return capture_run(request, &control, look_on, NULL, &result);
}

static struct capture_request plain(void)
{
	struct capture_request request = CAPTURE_REQUEST_DEFAULT;

	memset(&watcher, 0, sizeof(watcher));
	request.project = "p";
	request.path.points = POINTS;
	request.camera = &played_camera;
	return request;
}

/* All that a scan can be asked for. */
static struct capture_request rich(void)
{
	struct capture_request request = plain();

	request.stack = 2;
	request.focus_min_dpt = 3;
	request.focus_max_dpt = 5;
	request.bracket = 2;
	request.bracket_ev = 1;
	request.settle_s = 0.12;
	request.after_s = 0.05;
	request.light = "ring";
	request.brightness = 80;
	request.home = true;
	request.workers = 1;
	request.lock_white_balance = true;
	return request;
}

static double turn(double angle_deg)
{
	angle_deg = fmod(angle_deg, 360);
	return angle_deg > 180 ? angle_deg - 360 :
	       angle_deg < -180 ? angle_deg + 360 : angle_deg;
}

static void check_photo(const struct capture_request *request,
			const struct taken *taken)
{
	static const double step_deg[] = { 360 * 3 / 128000.0, 0.1125 };
	double planned[] = { taken->theta_deg, taken->phi_deg }, seen;
	double lens, exposure, values;

	for (int i = world->no_rotor; i < AXES; i++) {
		ck_assert_int_eq(taken->seen.begin[i], taken->seen.end[i]);
		seen = taken->seen.begin[i] * step_deg[i];
		MUST(fabs(turn(seen - planned[i])) <= 0.501 * step_deg[i],
		     "%g %g", seen, planned[i]);
		MUST(fabs(turn(seen - taken->measured[i])) < 1e-6,
		     "%g %g", seen, taken->measured[i]);
		MUST(fabs(taken->sigma[i] - step_deg[i] / sqrt(12)) < 1e-9,
		     "%g", taken->sigma[i]);
	}
	if (request->stack > 1) {
		lens = request->focus_min_dpt +
		       (request->focus_max_dpt - request->focus_min_dpt) *
		       taken->id.stack / (request->stack - 1);
		ck_assert_double_eq(taken->seen.lens_dpt, lens);
	}
	if (request->bracket > 1) {
		values = taken->id.bracket - (request->bracket - 1) / 2.0;
		exposure = EXPOSURE * exp2(request->bracket_ev * values);
		MUST(fabs(taken->seen.exposure_ns - exposure) < 2, "%g",
		     exposure);
	}
}

/* Nothing twice, nothing missing, each as it was to be, in path.json's order. */
static void check_complete(const struct capture_request *request,
			   unsigned int points)
{
	unsigned int each = request->stack * request->bracket, at = 0;
	char file[128], why[PATH_ERROR_LEN];
	struct path path;

	ck_assert_uint_eq(world->count, points * each);
	ck_assert_str_eq(world->status, "completed");
	snprintf(file, sizeof(file), "%s/path.json", world->folder);
	ck_assert_int_eq(path_load(&path, file, why), 0);
	ck_assert_uint_eq(path.count, points);
	for (unsigned int i = 0; i < world->count; i++) {
		const struct project_photo *id = &world->taken[i].id;

		for (unsigned int j = 0; j < i; j++)
			MUST(memcmp(id, &world->taken[j].id, sizeof(*id)),
			     "photo %u twice", id->original);
		check_photo(request, &world->taken[i]);
		if (request->workers > 1)
			continue;
		if (id->original != path.points[at].original)
			at++;
		ck_assert_uint_eq(id->original, path.points[at].original);
	}
	path_free(&path);
	ck_assert(!world->camera_open);
	ck_assert_uint_eq(world->restore_open, world->restore_closed);
	ck_assert_double_eq(world->light, world->light_before);
}

/* Back to where they began: after homing, that is the end stop. */
static void check_parked(void)
{
	ck_assert_int_eq(world->axis[TURNTABLE].end, OSCAN_END_DONE);
	ck_assert_int_eq(world->axis[TURNTABLE].to % 3200, 0);
}

/* In a process of its own, which may be killed. */
static void run_to_death(const struct capture_request *request)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (!child) {
		run(request);
		_exit(3);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	world_after_death();
}

static void finish(struct capture_request *request)
{
	world->now += SECOND;
	watcher.deed = NOTHING;
	request->resume_scan = 1;
	request->home = false;
	ck_assert_msg(!run(request), "%s", result.error);
	ck_assert_uint_eq(result.photos_saved, result.photos_total);
}

TEST(every_photo_is_taken_at_rest_where_it_was_planned)
{
	struct capture_request request = rich();

	world_begin();
	world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	for (int state = CAPTURE_CHECK; state < CAPTURE_DONE; state++)
		MUST(!watcher.seen[state] == (state == CAPTURE_STOP ||
					      state == CAPTURE_PAUSED),
		     "state %d", state);
	ck_assert_uint_eq(watcher.seen[CAPTURE_LOCK], 1);
	ck_assert_uint_eq(world->camera_starts, 1);
	/* Switched off, they would not know where they are. */
	ck_assert(world->axis[ROTOR].enabled && world->axis[TURNTABLE].enabled);
	check_parked();
	world_end();
}

/* Where an end of a frame's exposure is misjudged, it is seen in motion. */
TEST(whatever_the_times_of_the_frames_mark_the_axes_rest_meanwhile)
{
	static const uint32_t marks[] = {
		CAMERA_MARK_UNKNOWN, CAMERA_MARK_EXPOSURE_START,
		CAMERA_MARK_READOUT_START, CAMERA_MARK_FRAME_END,
	};

	for (int i = 0; i < 4; i++) {
		struct capture_request request = plain();

		world_begin();
		world->mark = marks[i];
		request.path.points = 30;
		ck_assert_msg(!run(&request), "%s", result.error);
		check_complete(&request, 30);
		world_end();
	}
}

/* The axes move up to the first rows of such a frame. */
TEST(a_camera_that_tells_no_exposure_and_no_period_is_waited_for)
{
	static const uint32_t marks[] = { CAMERA_MARK_UNKNOWN,
					  CAMERA_MARK_READOUT_START,
					  CAMERA_MARK_FRAME_END };

	for (int i = 0; i < 3; i++) {
		struct capture_request request = plain();

		world_begin();
		world->mark = marks[i];
		world->untimed = true;
		world->auto_ns = PERIOD - READOUT;
		request.path.points = 30;
		ck_assert_msg(!run(&request), "%s", result.error);
		check_complete(&request, 30);
		world_end();
	}
}

TEST(a_pause_in_any_state_loses_nothing_and_a_move_goes_on_to_its_point)
{
	for (int state = CAPTURE_HOME; state < CAPTURE_DONE; state++) {
		struct capture_request request = rich();

		if (state == CAPTURE_STOP || state == CAPTURE_PAUSED)
			continue;
		world_begin();
		world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
		watcher.in = state;
		watcher.nth = state == CAPTURE_HOME || state == CAPTURE_LOCK ||
			      state >= CAPTURE_DRAIN ? 1 : 3;
		watcher.deed = PAUSE;
		ck_assert_msg(!run(&request), "%d: %s", state, result.error);
		MUST(watcher.pauses == 1, "state %d", state);
		check_complete(&request, POINTS);
		check_parked();
		world_end();
	}
}

TEST(a_cancel_in_a_pause_of_the_parking_leaves_the_axes_and_the_scan_complete)
{
	struct capture_request request = rich();
	int64_t at;

	world_begin();
	world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
	watcher.in = CAPTURE_PARK;
	watcher.nth = 1;
	watcher.deed = PAUSE_CANCEL;
	ck_assert_msg(!run(&request), "%s", result.error);
	ck_assert_uint_eq(watcher.pauses, 1);
	ck_assert_uint_eq(watcher.seen[CAPTURE_PARK], 1);
	ck_assert_ptr_nonnull(strstr(result.warning, "left where they stood"));
	at = position_at(&world->axis[ROTOR], world->now);
	ck_assert_int_ne(at, world->axis[ROTOR].to);
	check_complete(&request, POINTS);
	world_end();
}

/* The time of a scan begins with its first move. */
TEST(a_pause_before_the_first_move_is_not_taken_off_the_scans_time)
{
	double elapsed[2];

	for (int paused = 0; paused < 2; paused++) {
		struct capture_request request = rich();

		world_begin();
		world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
		watcher.in = CAPTURE_HOME;
		watcher.nth = paused;
		watcher.deed = PAUSE;
		watcher.pause_ns = 2 * SECOND;
		ck_assert_msg(!run(&request), "%s", result.error);
		ck_assert_uint_eq(watcher.pauses, paused);
		elapsed[paused] = result.elapsed_s;
		world_end();
	}
	MUST(fabs(elapsed[0] - elapsed[1]) < 1, "%g %g", elapsed[0],
	     elapsed[1]);
}

TEST(a_cancel_in_any_state_keeps_what_is_saved_and_can_be_taken_up)
{
	for (int state = CAPTURE_CHECK; state < CAPTURE_DRAIN; state++) {
		struct capture_request request = rich();

		if (state == CAPTURE_STOP)
			continue;
		world_begin();
		world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
		watcher.in = state == CAPTURE_PAUSED ? CAPTURE_EXPOSE : state;
		watcher.nth = state <= CAPTURE_HOME ||
			      state == CAPTURE_LOCK ? 1 : 3;
		watcher.deed = state == CAPTURE_PAUSED ? PAUSE_CANCEL : CANCEL;
		ck_assert_int_eq(run(&request), -1);
		ck_assert_int_eq(errno, ECANCELED);
		ck_assert(result.resumable);
		ck_assert_str_eq(world->status, "cancelled");
		ck_assert_uint_eq(world->restore_open, world->restore_closed);
		finish(&request);
		check_complete(&request, POINTS);
		world_end();
	}
}

TEST(a_scan_killed_in_any_state_is_completed_in_its_order)
{
	for (int state = CAPTURE_PREPARE; state < CAPTURE_DONE; state++) {
		struct capture_request request = rich();

		if (state == CAPTURE_STOP)
			continue;
		world_begin();
		world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
		watcher.in = state == CAPTURE_PAUSED ? CAPTURE_MOVE : state;
		watcher.nth = state <= CAPTURE_HOME || state == CAPTURE_LOCK ||
			      state >= CAPTURE_DRAIN ? 1 : 3;
		watcher.deed = state == CAPTURE_PAUSED ? PAUSE_KILL : KILL;
		run_to_death(&request);
		finish(&request);
		check_complete(&request, POINTS);
		world_end();
	}
}

TEST(a_scan_killed_before_between_or_behind_a_save_has_no_photo_twice)
{
	for (int where = 1; where <= 3; where++)
		for (unsigned int nth = 1; nth < 4 * POINTS; nth += 6) {
			struct capture_request request = rich();

			world_begin();
			request.home = false;
			world->kill_at_save = nth;
			world->kill_where = where;
			run_to_death(&request);
			finish(&request);
			check_complete(&request, POINTS);
			world_end();
		}
}

TEST(the_next_move_does_not_wait_for_the_save)
{
	struct capture_request request = plain();
	double overlapped, serial;

	request.path.points = 20;
	request.exposure_ns = EXPOSURE;
	request.gain = 1;
	world_begin();
	world->save_ns = SECOND / 3;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, 20);
	overlapped = result.elapsed_s;
	world_end();
	request = plain();
	request.path.points = 20;
	request.exposure_ns = EXPOSURE;
	request.gain = 1;
	request.serial = true;
	world_begin();
	world->save_ns = SECOND / 3;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, 20);
	serial = result.elapsed_s;
	world_end();
	/* Of 20 saves of 1/3 s, most of each. */
	ck_assert_double_gt(serial, overlapped + 20 * 0.2);
}

TEST(a_slow_disk_makes_the_scan_wait_and_its_memory_stays_bounded)
{
	struct capture_request request = plain();

	world_begin();
	request.queue = 3;
	request.workers = 2;
	request.path.points = 30;
	world->save_ns = 3 * SECOND;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, 30);
	ck_assert_uint_gt(result.queue_waits, 10);
	/* One more is counted while it is put. */
	ck_assert_uint_le(world->most_waiting, 4);
	ck_assert_uint_eq(watcher.queue_most, 3);
	ck_assert_uint_eq(result.memory_bytes, 5 * sizeof(struct seen));
	world_end();
}

TEST(the_time_left_is_told_from_what_the_points_took)
{
	struct capture_request request = plain();
	double all;

	world_begin();
	request.path.points = 40;
	request.settle_s = 0.5;
	watcher.in = CAPTURE_MOVE;
	watcher.nth = 21;
	watcher.deed = CANCEL;
	ck_assert_int_eq(run(&request), -1);
	all = watcher.elapsed_s + watcher.eta_s;
	watcher.seen[CAPTURE_MOVE] = 0;
	finish(&request);
	/* The whole, as it was foreseen after a half. */
	MUST(fabs(all - world->duration_s) < 0.15 * all, "%g %g", all,
	     world->duration_s);
	world_end();
}

/* Wants a failure with this error and words, at rest, and then the rest. */
static void check_failure(struct capture_request *request, int error,
			  const char *words)
{
	int failed = run(request), found = errno;

	ck_assert_int_eq(failed, -1);
	ck_assert_msg(found == error, "%s: %s", strerror(found), result.error);
	ck_assert_msg(strstr(result.error, words), "%s", result.error);
	ck_assert(!world->camera_open);
	ck_assert_uint_eq(world->restore_open, world->restore_closed);
	ck_assert_double_eq(world->light, world->light_before);
}

static void check_failure_and_rest(struct capture_request *request, int error,
				   const char *words)
{
	check_failure(request, error, words);
	ck_assert(result.resumable);
	ck_assert_str_eq(world->status, "error");
	ck_assert_str_eq(world->message, result.error);
	world->vanish_at_ns = world->silent_at_ns = NEVER;
	world->stuck_from_ns = world->state_fails_at_ns = NEVER;
	world->save_error = world->light_error = 0;
	world->bad_frames = world->disobedient = false;
	world->free_bytes = 1ull << 40;
	world->axis[ROTOR].from = world->axis[ROTOR].to = 10667;
	finish(request);
	check_complete(request, request->path.points);
	world_end();
}

TEST(a_camera_that_is_unplugged_or_silent_ends_the_scan_and_it_goes_on_later)
{
	struct capture_request request = rich();

	request.home = false;
	world_begin();
	world->vanish_at_ns = world->now + 4 * SECOND;
	check_failure_and_rest(&request, EIO, "see its cable");
	request = rich();
	request.home = false;
	world_begin();
	world->silent_at_ns = world->now + 4 * SECOND;
	check_failure_and_rest(&request, ETIMEDOUT, "found none for");
	request = rich();
	request.home = false;
	world_begin();
	world->bad_frames = true;
	check_failure_and_rest(&request, EIO, "only broken ones");
}

TEST(a_lens_that_stays_where_it_is_is_told)
{
	struct capture_request request = plain();

	request.lens_dpt = 9;
	world_begin();
	world->disobedient = true;
	check_failure_and_rest(&request, ETIMEDOUT, "does not obey");
}

TEST(a_full_or_read_only_disk_ends_the_scan_and_keeps_what_is_saved)
{
	static const int errors[] = { ENOSPC, EROFS, EIO };
	static const char *const words[] = { "no space left", "read-only",
					     "the disk fails" };

	for (int i = 0; i < 3; i++) {
		struct capture_request request = rich();

		request.home = false;
		world_begin();
		world->save_error = errors[i];
		world->save_error_at = 7;
		check_failure(&request, errors[i], words[i]);
		ck_assert_uint_eq(world->count, 7);
		ck_assert_uint_eq(result.photos_saved, 7);
		world->save_error = 0;
		finish(&request);
		check_complete(&request, POINTS);
		world_end();
	}
}

TEST(space_is_looked_at_before_and_during_the_scan)
{
	struct capture_request request = plain();

	world_begin();
	world->free_bytes = request.keep_free_bytes + 1000;
	check_failure(&request, ENOSPC, "free some space");
	ck_assert(!world->made);
	world->free_bytes = request.keep_free_bytes + (1 << 20);
	watcher.in = CAPTURE_MOVE;
	watcher.nth = 3;
	watcher.deed = FILL;
	check_failure_and_rest(&request, ENOSPC, "free some space");
}

TEST(an_axis_that_is_stuck_stopped_or_gone_ends_the_scan)
{
	struct capture_request request = plain();

	request.path.points = 30;
	world_begin();
	world->stuck_from_ns = world->now + 2 * SECOND + SECOND / 3;
	check_failure(&request, ETIMEDOUT, "without a step");
	world_end();
	request = plain();
	request.path.points = 30;
	world_begin();
	world->state_fails_at_ns = world->now + 2 * SECOND;
	check_failure_and_rest(&request, ENODEV, "load the driver again");
	request = plain();
	request.path.points = 50;
	request.optimise = false;
	world_begin();
	world->stopped_at_ns = world->now + 2 * SECOND + SECOND / 5;
	check_failure(&request, ECONNABORTED, "was stopped from elsewhere");
	finish(&request);
	check_complete(&request, 50);
	world_end();
}

TEST(a_position_that_is_lost_or_suspect_is_found_again_before_a_move)
{
	struct capture_request request = plain();

	world_begin();
	world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
	world->axis[ROTOR].position_state = OSCAN_POSITION_LOST;
	world->axis[ROTOR].truth = 700;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	ck_assert_uint_eq(watcher.seen[CAPTURE_HOME], 1);
	ck_assert_uint_eq(result.position_state, OSCAN_POSITION_KNOWN);
	world_end();
	request = plain();
	world_begin();
	world->axis[TURNTABLE].position_state = OSCAN_POSITION_LOST;
	check_failure(&request, ESTALE, "oscanctl set-position turntable");
	ck_assert(!world->made);
	request.trust = true;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	ck_assert_uint_eq(result.position_state, OSCAN_POSITION_LOST);
	world_end();
}

TEST(a_stumble_has_the_axis_homed_if_it_can_be_and_the_photo_taken_again)
{
	struct capture_request request = rich();

	request.home = false;
	world_begin();
	world->axis[TURNTABLE].flags = OSCAN_AXIS_HAS_MIN_STOP;
	world->suspect_at_ns = world->now + 5 * SECOND;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	ck_assert_uint_eq(watcher.seen[CAPTURE_HOME], 1);
	ck_assert_uint_eq(result.position_state, OSCAN_POSITION_KNOWN);
	world_end();
	request = rich();
	request.home = false;
	world_begin();
	world->suspect_at_ns = world->now + 5 * SECOND;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	ck_assert_uint_eq(result.position_state, OSCAN_POSITION_SUSPECT);
	world_end();
}

TEST(a_step_while_the_camera_exposes_has_the_photo_taken_again)
{
	struct capture_request request = plain();

	world_begin();
	watcher.in = CAPTURE_EXPOSE;
	watcher.nth = 2;
	watcher.deed = STEP;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	ck_assert_uint_eq(watcher.seen[CAPTURE_MOVE], POINTS + 1);
	world_end();
}

TEST(an_end_stop_that_never_closes_is_told)
{
	struct capture_request request = plain();

	request.home = true;
	world_begin();
	world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
	world->never_closes = true;
	check_failure(&request, ENODATA, "did not close");
	world_end();
}

static void locked_path(char file[128])
{
	snprintf(file, 128, "%s/locked.json", world->folder);
}

/* Takes the reference to the value. */
static void edit_locked(const char *key, json_t *value)
{
	char file[128];
	json_t *json;

	locked_path(file);
	json = json_load_file(file, 0, NULL);
	ck_assert_ptr_nonnull(json_object_get(json, key));
	json_object_set_new(json, key, value);
	ck_assert_int_eq(json_dump_file(json, file, 0), 0);
	json_decref(json);
}

/* Cancels at the third point. */
static void run_a_part(struct capture_request *request)
{
	memset(&watcher, 0, sizeof(watcher));
	watcher.in = CAPTURE_MOVE;
	watcher.nth = 3;
	watcher.deed = CANCEL;
	ck_assert_int_eq(run(request), -1);
	ck_assert_msg(result.error[0] && world->count, "%s", result.error);
	ck_assert_str_eq(world->status, "cancelled");
	watcher.deed = NOTHING;
	request->resume_scan = 1;
}

/* As capture_settings_resume() has it, without what was given at first. */
TEST(trust_is_good_for_the_boot_in_which_it_was_given)
{
	struct capture_request request = plain();

	request.trust = true;
	world_begin();
	world->axis[TURNTABLE].position_state = OSCAN_POSITION_LOST;
	run_a_part(&request);
	request.trust = false;
	finish(&request);
	check_complete(&request, POINTS);
	world_end();
	request = plain();
	request.trust = true;
	request.path.points = 20;
	world_begin();
	world->axis[TURNTABLE].position_state = OSCAN_POSITION_LOST;
	run_a_part(&request);
	request.trust = false;
	edit_locked("boot_id", json_string("another"));
	check_failure(&request, ESTALE, "lost");
	/* Known for a while, it is not trusted when it is lost again. */
	world->axis[TURNTABLE].position_state = OSCAN_POSITION_KNOWN;
	run_a_part(&request);
	world->axis[TURNTABLE].position_state = OSCAN_POSITION_LOST;
	check_failure(&request, ESTALE, "lost");
	request.trust = true;
	run_a_part(&request);
	request.trust = false;
	finish(&request);
	check_complete(&request, 20);
	world_end();
}

/* What the firmware says of positions counts again, however it is moved then. */
TEST(a_driver_that_was_loaded_again_is_trusted_no_more_than_another_boot)
{
	for (int trust = 0; trust < 2; trust++) {
		struct capture_request request = plain();

		request.trust = trust;
		world_begin();
		for (int i = 0; i < AXES; i++)
			world->axis[i].position_state = OSCAN_POSITION_ASSUMED;
		run_a_part(&request);
		request.trust = false;
		world_load_driver();
		for (int i = 0; i < AXES; i++)
			world->axis[i].steps_before = 1000000;
		check_failure(&request, ESTALE, "only assumed");
		world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
		world->axis[TURNTABLE].flags = OSCAN_AXIS_HAS_MIN_STOP;
		finish(&request);
		ck_assert_uint_eq(watcher.seen[CAPTURE_HOME], 1);
		check_complete(&request, POINTS);
		world_end();
	}
}

TEST(a_scan_that_cannot_be_taken_up_stays_as_it_is)
{
	struct capture_request request = plain();
	double duration_s;

	world_begin();
	ck_assert_msg(!run(&request), "%s", result.error);
	duration_s = world->duration_s;
	request.resume_scan = 1;
	world->model = "other";
	check_failure(&request, ENODEV, "played, with which the scan began");
	ck_assert_str_eq(world->status, "completed");
	ck_assert_uint_eq(world->points_done, POINTS);
	ck_assert_double_eq(world->duration_s, duration_s);
	world_end();
}

TEST(a_scan_is_not_completed_with_another_camera_or_size)
{
	struct capture_request request = plain();

	world_begin();
	run_a_part(&request);
	world->model = "other";
	check_failure(&request, ENODEV, "played, with which the scan began");
	world->model = "played";
	world->width++;
	check_failure(&request, EINVAL, "with which the scan began");
	/* Not told by every camera before its first photo. */
	world->width = 0;
	finish(&request);
	check_complete(&request, POINTS);
	world_end();
}

TEST(without_locked_json_nothing_is_trusted_and_nothing_parked_at_a_guess)
{
	struct capture_request request = plain();
	char file[128];

	request.workers = 1;
	world_begin();
	run_a_part(&request);
	locked_path(file);
	ck_assert_int_eq(unlink(file), 0);
	world->axis[ROTOR].position_state = OSCAN_POSITION_ASSUMED;
	check_failure(&request, ESTALE, "only assumed");
	world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
	finish(&request);
	ck_assert_uint_eq(watcher.seen[CAPTURE_HOME], 1);
	check_complete(&request, POINTS);
	for (int i = 0; i < AXES; i++)
		ck_assert_int_eq(world->axis[i].to,
				 world->taken[world->count - 1].seen.end[i]);
	world_end();
}

TEST(a_focus_that_was_not_told_is_found_once_more_and_nothing_else)
{
	struct capture_request request = plain();

	request.autofocus = true;
	world_begin();
	world->focus = CAMERA_FOCUS_FOUND;
	run_a_part(&request);
	world->focusing = false;
	edit_locked("lens_dpt", json_null());
	edit_locked("exposure_ns", json_integer(2 * EXPOSURE));
	watcher.seen[CAPTURE_LOCK] = 0;
	world->count = 1;
	finish(&request);
	ck_assert_uint_eq(watcher.seen[CAPTURE_LOCK], 1);
	check_complete(&request, POINTS);
	for (unsigned int i = 0; i < world->count; i++) {
		ck_assert_double_eq(world->taken[i].seen.lens_dpt, 7.25);
		if (i)
			ck_assert_uint_eq(world->taken[i].seen.exposure_ns,
					  2 * EXPOSURE);
	}
	world_end();
	request = plain();
	request.lock_white_balance = true;
	world_begin();
	run_a_part(&request);
	edit_locked("red_gain", json_real(0));
	watcher.seen[CAPTURE_LOCK] = 0;
	finish(&request);
	ck_assert_uint_eq(watcher.seen[CAPTURE_LOCK], 1);
	check_complete(&request, POINTS);
	world_end();
}

/* The machine's own guess of where it is after a power cut is no knowledge. */
TEST(after_another_boot_an_assumed_position_does_not_do)
{
	struct capture_request request = plain();
	char file[128], text[512];
	FILE *locked;
	char *boot;

	world_begin();
	world->axis[ROTOR].position_state = OSCAN_POSITION_ASSUMED;
	watcher.in = CAPTURE_EXPOSE;
	watcher.nth = 2;
	watcher.deed = KILL;
	run_to_death(&request);
	snprintf(file, sizeof(file), "%s/locked.json", world->folder);
	locked = fopen(file, "r+");
	ck_assert_ptr_nonnull(locked);
	text[fread(text, 1, sizeof(text) - 1, locked)] = '\0';
	boot = strstr(text, "boot_id\": \"");
	ck_assert_ptr_nonnull(boot);
	boot[11] ^= 1;
	rewind(locked);
	fputs(text, locked);
	fclose(locked);
	watcher.deed = NOTHING;
	request.resume_scan = 1;
	check_failure(&request, ESTALE, "only assumed");
	world->axis[ROTOR].flags = OSCAN_AXIS_HAS_MAX_STOP;
	finish(&request);
	ck_assert_uint_eq(watcher.seen[CAPTURE_HOME], 1);
	check_complete(&request, POINTS);
	world_end();
}

/* The same exposure in all photos, though it drifts until it is locked. */
TEST(what_is_automatic_is_locked_once_and_stays_after_a_resume)
{
	struct capture_request request = plain();

	request.autofocus = true;
	world_begin();
	world->focus = CAMERA_FOCUS_FOUND;
	world->auto_gain_drifts = true;
	watcher.in = CAPTURE_MOVE;
	watcher.nth = 3;
	watcher.deed = KILL;
	run_to_death(&request);
	world->focus = CAMERA_FOCUS_FAILED;
	finish(&request);
	ck_assert_uint_eq(watcher.seen[CAPTURE_LOCK], 0);
	check_complete(&request, POINTS);
	for (unsigned int i = 0; i < world->count; i++)
		ck_assert_double_eq(world->taken[i].seen.lens_dpt, 7.25);
	world_end();
	request = plain();
	request.autofocus = true;
	world_begin();
	world->focus = CAMERA_FOCUS_FAILED;
	check_failure(&request, EDOM, "found that it could not");
	world_end();
}

TEST(a_focus_stack_turns_round_at_each_point)
{
	struct capture_request request = plain();
	double travel = 0;

	request.stack = 5;
	request.workers = 1;
	request.focus_min_dpt = 4;
	request.focus_max_dpt = 8;
	world_begin();
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	for (unsigned int i = 1; i < world->count; i++)
		travel += fabs(world->taken[i].seen.lens_dpt -
			       world->taken[i - 1].seen.lens_dpt);
	ck_assert_double_eq(travel, POINTS * 4);
	world_end();
}

TEST(a_camera_that_does_not_tell_its_controls_has_time_to_obey)
{
	struct capture_request request = rich();

	request.home = false;
	world_begin();
	world->untold = true;
	request.exposure_ns = EXPOSURE;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	world_end();
}

TEST(a_camera_on_demand_is_told_when_all_is_at_rest)
{
	struct capture_request request = rich();

	request.home = false;
	world_begin();
	world->on_demand = true;
	request.exposure_ns = EXPOSURE;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	world_end();
}

/* To be fetched takes it longer than the photo. */
TEST(a_photo_ends_when_the_camera_has_taken_it)
{
	struct capture_request request = plain();
	const struct taken *taken = NULL;

	request.exposure_ns = EXPOSURE;
	world_begin();
	world->on_demand = true;
	world->fetch_ns = 2 * SECOND;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	for (unsigned int i = 0; i < world->count; i++) {
		taken = &world->taken[i];
		MUST(taken->end_ns - taken->begin_ns < 2 * (EXPOSURE + READOUT),
		     "photo %u", i);
	}
	world_end();
}

static double fetching_scan_s(bool serial)
{
	struct capture_request request = plain();
	double elapsed_s;

	request.path.points = 20;
	request.exposure_ns = EXPOSURE;
	request.serial = serial;
	request.workers = 1;
	world_begin();
	world->on_demand = true;
	world->fetch_ns = SECOND / 3;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, 20);
	elapsed_s = result.elapsed_s;
	world_end();
	return elapsed_s;
}

TEST(the_next_move_does_not_wait_for_a_photo_to_be_fetched)
{
	double overlapped = fetching_scan_s(false);
	double serial = fetching_scan_s(true);

	/* Of 20 moves that take as long, most of each. */
	MUST(serial > overlapped + 20 * 0.2, "%g %g", serial, overlapped);
}

TEST(whatever_is_commanded_while_a_photo_is_fetched_none_is_lost)
{
	for (int state = CAPTURE_MOVE; state <= CAPTURE_AFTER; state++)
		for (int paused = 0; paused < 2; paused++) {
			struct capture_request request = plain();

			if (state == CAPTURE_LOCK)
				continue;
			request.exposure_ns = EXPOSURE;
			world_begin();
			world->on_demand = true;
			world->fetch_ns = SECOND / 20;
			watcher.in = state;
			watcher.nth = 3;
			watcher.deed = paused ? PAUSE : CANCEL;
			ck_assert_int_eq(run(&request), paused ? 0 : -1);
			MUST(watcher.seen[state] >= 3, "state %d", state);
			/* What is in the queue is not taken again. */
			MUST(!paused || watcher.seen[CAPTURE_MOVE] ==
			     POINTS + (state < CAPTURE_EXPOSE),
			     "state %d", state);
			finish(&request);
			check_complete(&request, POINTS);
			world_end();
		}
}

static struct capture_request fetching(void)
{
	struct capture_request request = plain();

	request.exposure_ns = EXPOSURE;
	request.workers = 1;
	world_begin();
	world->on_demand = true;
	return request;
}

/* That of the third photo: the second is the first to be fetched on the way. */
static bool is_third_fetch(void)
{
	bool moves = !at_rest(&world->axis[ROTOR], world->now) ||
		     !at_rest(&world->axis[TURNTABLE], world->now);

	return ++watcher.fetches == 2 && moves;
}

static void act_in_fetch(void)
{
	if (is_third_fetch())
		act();
}

TEST(a_command_while_a_photo_is_fetched_stops_the_axes_and_keeps_the_photo)
{
	for (int paused = 0; paused < 2; paused++) {
		struct capture_request request = fetching();

		world->fetch_ns = 2 * SECOND;
		world->in_fetch = act_in_fetch;
		watcher.deed = paused ? PAUSE : CANCEL;
		ck_assert_int_eq(run(&request), paused ? 0 : -1);
		ck_assert(watcher.commanded_ns);
		ck_assert_uint_eq(watcher.pauses, paused);
		ck_assert_uint_eq(world->count, paused ? POINTS : 3);
		finish(&request);
		check_complete(&request, POINTS);
		ck_assert_uint_eq(watcher.seen[CAPTURE_MOVE], POINTS);
		world_end();
	}
}

TEST(so_does_one_while_a_fetched_photo_waits_for_the_queue)
{
	for (int paused = 0; paused < 2; paused++) {
		struct capture_request request = fetching();

		request.queue = 1;
		world->save_ns = 5 * SECOND;
		watcher.in = CAPTURE_QUEUE;
		watcher.nth = 3;
		watcher.deed = paused ? PAUSE : CANCEL;
		ck_assert_int_eq(run(&request), paused ? 0 : -1);
		ck_assert_uint_ge(result.queue_waits, 1);
		ck_assert_uint_eq(world->count, paused ? POINTS : 3);
		finish(&request);
		check_complete(&request, POINTS);
		world_end();
	}
}

TEST(a_pause_that_is_over_before_the_photo_is_there_takes_nothing_twice)
{
	/* The axes have been stopped, or are being stopped, when it is. */
	static const uint64_t fetch_ns[] = { 2 * SECOND, SECOND / 10 };
	static const uint64_t brief_ns[] = { SECOND / 2, 0 };

	for (int i = 0; i < 2; i++) {
		struct capture_request request = fetching();

		world->fetch_ns = fetch_ns[i];
		watcher.brief_ns = brief_ns[i];
		world->in_fetch = act_in_fetch;
		watcher.deed = PAUSE_BRIEFLY;
		ck_assert_msg(!run(&request), "%s", result.error);
		ck_assert(watcher.commanded_ns);
		ck_assert_uint_eq(watcher.pauses, 0);
		ck_assert_uint_eq(watcher.seen[CAPTURE_MOVE], POINTS);
		check_complete(&request, POINTS);
		world_end();
	}
}

static void stick_in_fetch(void)
{
	if (is_third_fetch())
		world->stuck_from_ns = world->now;
}

TEST(an_axis_that_sticks_while_a_photo_is_fetched_is_not_left_to_itself)
{
	struct capture_request request = fetching();
	const struct played_axis *axis;
	uint64_t stuck_ns, stopped_ns = NEVER;

	world->fetch_ns = 30 * SECOND;
	world->in_fetch = stick_in_fetch;
	check_failure(&request, ETIMEDOUT, "without a step for 10 s");
	ck_assert_uint_eq(world->count, 3);
	stuck_ns = world->stuck_from_ns;
	for (int i = 0; i < AXES; i++) {
		axis = &world->axis[i];
		if (axis->end_ns > stuck_ns)
			stopped_ns = least(stopped_ns, axis->stop_ns);
	}
	MUST(stopped_ns < stuck_ns + 11 * SECOND, "%.3g s",
	     (stopped_ns - stuck_ns) / 1e9);
	world->stuck_from_ns = NEVER;
	finish(&request);
	check_complete(&request, POINTS);
	world_end();
}

TEST(a_disk_that_is_full_while_a_photo_is_fetched_ends_the_scan)
{
	struct capture_request request = fetching();

	world->fetch_ns = 2 * SECOND;
	world->save_ns = SECOND;
	world->save_error = ENOSPC;
	world->save_error_at = 2;
	check_failure_and_rest(&request, ENOSPC, "");
}

TEST(a_photo_is_not_lost_when_the_move_after_it_is_refused)
{
	struct capture_request request = fetching();

	/* The one after the second photo. */
	world->refuse_move = 3;
	ck_assert_int_eq(run(&request), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_ptr_nonnull(strstr(result.error, "an end stop closed"));
	ck_assert_uint_eq(world->count, 2);
	finish(&request);
	check_complete(&request, POINTS);
	world_end();
}

/* The camera would hand it over in place of the next one. */
TEST(a_photo_that_is_late_is_waited_for_before_a_pause)
{
	for (int state = CAPTURE_LOCK; state <= CAPTURE_EXPOSE; state++)
		for (int serial = 0; serial < 2; serial++) {
			struct capture_request request = fetching();

			request.lock_white_balance = true;
			request.serial = serial;
			world->late_ns = SECOND / 2;
			watcher.in = state;
			watcher.nth = state == CAPTURE_LOCK ? 1 : 3;
			watcher.deed = PAUSE;
			ck_assert_msg(!run(&request), "%s", result.error);
			ck_assert_uint_eq(watcher.pauses, 1);
			check_complete(&request, POINTS);
			world_end();
		}
}

/* By then the axes are on their way. */
TEST(a_photo_that_is_handed_over_broken_is_taken_again_where_it_was)
{
	struct capture_request request = plain();

	request.exposure_ns = EXPOSURE;
	request.workers = 1;
	world_begin();
	world->on_demand = true;
	world->bad_in = 3;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	ck_assert_uint_eq(watcher.seen[CAPTURE_MOVE], POINTS + 1);
	world_end();
	world_begin();
	world->on_demand = world->bad_frames = true;
	check_failure_and_rest(&request, EIO, "only broken ones");
}

TEST(a_focal_length_that_is_given_does_where_the_camera_tells_none)
{
	for (int told = 0; told < 2; told++) {
		struct capture_request request = plain();

		request.focal_length_mm = 35;
		world_begin();
		world->focal_length_mm = told ? 4 : 0;
		ck_assert_msg(!run(&request), "%s", result.error);
		ck_assert_double_eq(world->taken[0].focal_length_mm,
				    told ? 4 : 35);
		world_end();
	}
}

TEST(a_white_balance_that_is_given_holds_from_the_first_frame_on)
{
	struct capture_request request = plain();

	request.red_gain = 1.5;
	request.blue_gain = 1.25;
	world_begin();
	ck_assert_msg(!run(&request), "%s", result.error);
	ck_assert_double_eq(world->red_gain_at_start, 1.5);
	world_end();
}

/* It has a few exposures to choose from, and takes the nearest one. */
TEST(a_camera_on_demand_that_exposes_as_near_as_it_can_is_content)
{
	struct capture_request request = plain();

	request.exposure_ns = EXPOSURE;
	world_begin();
	world->on_demand = world->coarse = true;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, POINTS);
	for (unsigned int i = 0; i < world->count; i++)
		ck_assert_uint_eq(world->taken[i].exposure_ns,
				  EXPOSURE * 13 / 10);
	world_end();
}

TEST(a_bracket_about_no_exposure_is_refused)
{
	struct capture_request request = plain();

	request.bracket = 3;
	world_begin();
	world->on_demand = true;
	check_failure(&request, EOPNOTSUPP, "played finds none by itself");
	ck_assert(!world->made);
	world_end();
	request = rich();
	request.home = false;
	world_begin();
	world->untold = true;
	check_failure(&request, EOPNOTSUPP, "give --shutter");
	ck_assert_uint_eq(world->count, 0);
	world_end();
}

TEST(a_long_pause_before_the_photo_is_no_fault_of_the_camera)
{
	for (int i = 0; i < 2; i++) {
		struct capture_request request = plain();

		request.settle_s = 200;
		request.path.points = 2;
		world_begin();
		world->on_demand = i;
		ck_assert_msg(!run(&request), "%s", result.error);
		check_complete(&request, 2);
		ck_assert_double_gt(result.elapsed_s, 400);
		world_end();
	}
}

TEST(an_external_trigger_is_pulsed_at_rest_and_journalled)
{
	struct capture_request request = plain();

	request.trigger = "camera";
	request.settle_s = 0.3;
	request.workers = 1;
	world_begin();
	watcher.in = CAPTURE_EXPOSE;
	watcher.nth = 3;
	watcher.deed = CANCEL;
	ck_assert_int_eq(run(&request), -1);
	finish(&request);
	ck_assert_uint_eq(world->count, POINTS);
	ck_assert_uint_eq(world->camera_starts, 0);
	ck_assert_uint_le(world->pulses, POINTS + 1);
	for (unsigned int i = 0; i < world->count; i++) {
		ck_assert_uint_eq(world->taken[i].format, 0);
		ck_assert_uint_gt(world->taken[i].begin_ns, 0);
		MUST(fabs(world->taken[i].measured[ROTOR] -
			  world->taken[i].theta_deg) < 0.005, "%u", i);
	}
	world_end();
	request = plain();
	request.trigger = "other";
	world_begin();
	check_failure(&request, ENXIO, "no trigger line");
	world_end();
}

TEST(a_pulse_that_has_begun_is_journalled_whatever_is_commanded)
{
	struct capture_request request = plain();

	for (int i = 0; i < 2; i++) {
		request = plain();
		request.trigger = "camera";
		request.trigger_width_s = 1;
		request.workers = 1;
		world_begin();
		watcher.at_pulse = 3;
		watcher.deed = i ? PAUSE : CANCEL;
		ck_assert_int_eq(run(&request), i ? 0 : -1);
		ck_assert_uint_eq(world->count, i ? POINTS : 3);
		ck_assert_uint_eq(watcher.pauses, i);
		finish(&request);
		ck_assert_uint_eq(world->count, POINTS);
		ck_assert_uint_eq(world->pulses, POINTS);
		world_end();
	}
}

TEST(no_pulse_goes_out_that_there_is_no_room_for)
{
	struct capture_request request = plain();

	request.trigger = "camera";
	world_begin();
	watcher.in = CAPTURE_MOVE;
	watcher.nth = 3;
	watcher.deed = FILL;
	check_failure(&request, ENOSPC, "free some space");
	ck_assert_uint_eq(world->pulses, world->count);
	world->free_bytes = 1ull << 40;
	finish(&request);
	ck_assert_uint_eq(world->count, POINTS);
	ck_assert_uint_eq(world->pulses, POINTS);
	world_end();
}

TEST(a_turntable_alone_goes_round)
{
	struct capture_request request = plain();

	world_begin();
	world->no_rotor = true;
	check_failure(&request, EDOM, "theta");
	request.path.method = PATH_RINGS;
	request.path.rings = 1;
	request.path.points = 8;
	request.path.min_theta = request.path.max_theta = 60;
	ck_assert_msg(!run(&request), "%s", result.error);
	check_complete(&request, 8);
	world_end();
}

TEST(a_scan_that_is_complete_is_completed_again_at_once)
{
	struct capture_request request = plain();
	uint32_t moves;

	world_begin();
	ck_assert_msg(!run(&request), "%s", result.error);
	moves = world->axis[ROTOR].move_id;
	finish(&request);
	ck_assert_uint_eq(world->axis[ROTOR].move_id, moves);
	check_complete(&request, POINTS);
	world_end();
}

TEST(the_thousandth_photo_takes_as_long_as_the_tenth)
{
	struct capture_request request = plain();
	double first, second;

	request.path.method = PATH_RINGS;
	request.path.rings = 1;
	request.path.points = 1000;
	request.path.min_theta = request.path.max_theta = 90;
	request.exposure_ns = EXPOSURE;
	request.gain = 1;
	world_begin();
	watcher.in = CAPTURE_MOVE;
	watcher.nth = 101;
	watcher.deed = CANCEL;
	ck_assert_int_eq(run(&request), -1);
	first = result.elapsed_s / world->count;
	finish(&request);
	second = result.elapsed_s / (world->count - 100);
	MUST(fabs(second - first) < 0.05 * first, "%g %g", first, second);
	check_complete(&request, 1000);
	world_end();
}

TEST(what_cannot_be_is_refused_before_anything_is_made)
{
	static const struct {
		size_t offset;
		double value;
		const char *words;
	} wrong[] = {
#define WRONG(field, value, words) \
	{ offsetof(struct capture_request, field), value, words }
		WRONG(settle_s, -1, "before the photo"),
		WRONG(settle_s, NAN, "before the photo"),
		WRONG(after_s, 601, "after the photo"),
		WRONG(gain, -1, "gains"),
		WRONG(red_gain, 2, "only one of them"),
		WRONG(focal_length_mm, -1, "focal length"),
		WRONG(lens_dpt, -3, "lens position"),
		WRONG(lens_dpt, 50, "choose a position between"),
		WRONG(path.min_theta, 500, "theta"),
		WRONG(path.max_theta, 150, "theta"),
	};

	world_begin();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct capture_request request = plain();

		*(double *)((char *)&request + wrong[i].offset) =
			wrong[i].value;
		ck_assert_int_eq(run(&request), -1);
		ck_assert_msg(strstr(result.error, wrong[i].words), "%zu: %s",
			      i, result.error);
		ck_assert(!world->made && !world->restore_open);
	}
	for (int i = 0; i < 12; i++) {
		struct capture_request request = plain();

		switch (i) {
		case 0:
			request.project = NULL;
			break;
		case 1:
			request.project = "../p";
			break;
		case 2:
			request.stack = 0;
			break;
		case 3:
			request.stack = 100;
			break;
		case 4:
			request.bracket = 10;
			break;
		case 5:
			request.quality = 101;
			break;
		case 6:
			request.format = 9;
			break;
		case 7:
			request.queue = 0;
			break;
		case 8:
			request.workers = 17;
			break;
		case 9:
			request.light = "other";
			break;
		case 10:
			request.camera_id = "none";
			break;
		case 11:
			request.autofocus = true;
			request.lens_dpt = 1;
			break;
		}
		ck_assert_int_eq(run(&request), -1);
		ck_assert_uint_gt(strlen(result.error), 10);
		ck_assert(!world->made && !world->restore_open);
	}
	world_end();
}

TEST(another_program_that_has_the_rig_is_told)
{
	struct capture_request request = plain();

	world_begin();
	world->controlled = true;
	check_failure(&request, EBUSY, "another program controls");
	world->controlled = false;
	world->busy = true;
	check_failure(&request, EBUSY, "another scan runs");
	world->busy = false;
	world->no_device = true;
	check_failure(&request, ENOENT, "load the driver");
	ck_assert(!world->made);
	world_end();
}

TEST(a_preview_tells_all_and_moves_nothing)
{
	struct capture_request request = rich();
	struct path path;

	world_begin();
	ck_assert_msg(!capture_preview(&request, &path, &result), "%s",
		      result.error);
	ck_assert_uint_eq(path.count, POINTS);
	ck_assert_uint_eq(result.photos_total, 4 * POINTS);
	ck_assert_double_gt(result.moves_s, 0.1);
	ck_assert(result.moves_s <= result.unordered_moves_s);
	ck_assert(!world->made && !world->restore_open);
	ck_assert_uint_eq(world->axis[ROTOR].move_id, 0);
	path_free(&path);
	world_end();
}
