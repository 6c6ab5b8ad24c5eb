// SPDX-License-Identifier: GPL-2.0-or-later
/* A capture scan: its states, and what leads from one to the next. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "capture-parts.h"

/* Frames in which an axis moved though it should be at rest, in a row. */
#define RESTLESS_MOST 3

uint64_t capture_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CAPTURE_NS_PER_S + now.tv_nsec;
}

int capture_fail(struct capture *capture, int error, const char *format, ...)
{
	char *text = capture->complete ? capture->result->warning :
					 capture->result->error;
	va_list args;

	if (!capture->error) {
		capture->error = error ? error : EIO;
		va_start(args, format);
		vsnprintf(text, CAPTURE_ERROR_LEN, format, args);
		va_end(args);
	}
	errno = capture->error;
	return -1;
}

int capture_commanded(const struct capture *capture)
{
	return capture->control ? atomic_load(&capture->control->command) :
				  CAPTURE_GO;
}

static enum capture_state check(struct capture *capture)
{
	if (capture_begin(capture))
		return CAPTURE_DONE;
	if (!capture_seek_point(capture))
		return CAPTURE_DRAIN;
	capture->under_way = true;
	if (capture_set_status(capture, "running"))
		return CAPTURE_DONE;
	return CAPTURE_PREPARE;
}

static enum capture_state prepare(struct capture *capture)
{
	if (capture_saver_start(capture) || capture_light_up(capture) ||
	    capture_enable(capture) || capture_camera_start(capture))
		return CAPTURE_DRAIN;
	return CAPTURE_MOVE;
}

static enum capture_state home(struct capture *capture)
{
	if (capture_home(capture))
		return capture->error ? CAPTURE_STOP : CAPTURE_HOME;
	return CAPTURE_MOVE;
}

/* Here, so that after a pause it goes on to the same point. */
static void move_begin(struct capture *capture)
{
	const struct path_point *point = &capture->path.points[capture->point];
	const bool gone = capture->gone && !capture->halted;
	int trusted;

	if (capture->late_error) {
		capture_fail(capture, capture->late_error, "%s",
			     capture->late_text);
		return;
	}
	capture->gone = false;
	capture->halted = false;
	trusted = gone ? 1 : capture_trusted(capture);
	if (!trusted)
		capture->state = CAPTURE_HOME;
	if (trusted <= 0)
		return;
	if (!capture->begin_ns) {
		capture->begin_ns = capture_now();
		capture->fresh_ns = capture->begin_ns;
	}
	/* The lens moves while the axes do. */
	if ((!gone &&
	     capture_go(capture, point->theta_deg, point->phi_deg)) ||
	    capture_wish_for(capture))
		return;
	capture->shot_ns = 0;
}

static enum capture_state move(struct capture *capture)
{
	int moving;

	if (capture_idle(capture))
		return CAPTURE_STOP;
	moving = capture_moving(capture);
	if (moving)
		return moving < 0 ? CAPTURE_STOP : CAPTURE_MOVE;
	return CAPTURE_SETTLE;
}

static void settle_begin(struct capture *capture)
{
	uint64_t settle_ns = capture->request->settle_s * CAPTURE_NS_PER_S;

	capture->ready_ns = capture_last_step(capture) + settle_ns;
	if (capture->ready_ns < capture->fresh_ns)
		capture->ready_ns = capture->fresh_ns;
}

/* A frame that begins in time may be on its way before that time has come. */
static enum capture_state settle(struct capture *capture)
{
	if (capture_needs_lock(capture))
		return CAPTURE_LOCK;
	return CAPTURE_EXPOSE;
}

static enum capture_state lock(struct capture *capture)
{
	int locked = capture_lock(capture);

	if (locked <= 0)
		return locked < 0 ? CAPTURE_STOP : CAPTURE_LOCK;
	if (capture_locked_save(capture) || capture_wish_for(capture))
		return CAPTURE_STOP;
	return CAPTURE_EXPOSE;
}

/* What makes a pose doubtful may happen at a point, too: idle-off, say. */
static enum capture_state judge(struct capture *capture)
{
	uint64_t begin_ns, end_ns;
	int rested;

	capture_exposure(capture, &begin_ns, &end_ns);
	rested = capture_rested(capture, end_ns);
	if (rested > 0 && capture_trusted(capture) > 0) {
		capture->restless = 0;
		return CAPTURE_QUEUE;
	}
	capture_release(capture);
	if (!rested && ++capture->restless >= RESTLESS_MOST)
		capture_fail(capture, EAGAIN,
			     "wanted the axes at rest while the camera exposes, found %u times that they had moved; keep other programs from moving them",
			     RESTLESS_MOST);
	return capture->error ? CAPTURE_STOP : CAPTURE_MOVE;
}

static enum capture_state next_shot(struct capture *capture)
{
	capture->shot++;
	capture->shot_ns = 0;
	if (!capture_seek(capture))
		return CAPTURE_AFTER;
	if (capture_wish_for(capture))
		return CAPTURE_STOP;
	return CAPTURE_EXPOSE;
}

uint64_t capture_due(const struct capture *capture)
{
	uint64_t now = capture_now();

	return now > capture->ready_ns ? now : capture->ready_ns;
}

static void expose_begin(struct capture *capture)
{
	capture->wait_ns = capture_due(capture);
	capture->frame = (struct camera_frame){ 0 };
}

/* A photo that turns out to be none is taken again, and then waited for. */
static enum capture_state fetch(struct capture *capture)
{
	struct timespec tick = { .tv_nsec = CAPTURE_TICK_MS * 1000000l };
	bool moving = capture_ahead(capture);
	int held;

	if (capture_fetching(capture) || (moving && !capture->shot_ns)) {
		nanosleep(&tick, NULL);
		return CAPTURE_EXPOSE;
	}
	if (!capture->shot_ns) {
		capture->gone = false;
		capture->restless = 1;
		return CAPTURE_MOVE;
	}
	held = capture_expose(capture);
	if (held > 0)
		return CAPTURE_QUEUE;
	return held < 0 ? CAPTURE_STOP : CAPTURE_EXPOSE;
}

static enum capture_state expose(struct capture *capture)
{
	int held;

	if (capture->request->trigger) {
		held = capture_pulse(capture);
		if (held > 0)
			return next_shot(capture);
		return held < 0 ? CAPTURE_STOP : CAPTURE_EXPOSE;
	}
	if (capture->gone)
		return fetch(capture);
	if (capture->capabilities.on_demand && !capture->shot_ns) {
		held = capture_shoot(capture);
		if (held <= 0)
			return held < 0 ? CAPTURE_STOP : CAPTURE_EXPOSE;
		if (capture_go_ahead(capture))
			return CAPTURE_STOP;
		if (capture->gone)
			return CAPTURE_EXPOSE;
	}
	held = capture_expose(capture);
	if (held > 0)
		return judge(capture);
	return held < 0 ? CAPTURE_STOP : CAPTURE_EXPOSE;
}

static void queue_begin(struct capture *capture)
{
	if (capture_saver_full(capture))
		capture->result->queue_waits++;
}

static enum capture_state queue(struct capture *capture)
{
	struct timespec tick = { .tv_nsec = CAPTURE_TICK_MS * 1000000l };
	bool moving = capture->gone && capture_ahead(capture);

	/* Axes that are being stopped cannot set off for anywhere. */
	if (capture_saver_full(capture) || (moving && capture->halted)) {
		nanosleep(&tick, NULL);
		return CAPTURE_QUEUE;
	}
	if (capture_check_space(capture, 1) || capture_put(capture, NULL))
		return CAPTURE_STOP;
	return next_shot(capture);
}

static void after_begin(struct capture *capture)
{
	capture->after_ns = capture_now() +
		(uint64_t)(capture->request->after_s * CAPTURE_NS_PER_S);
}

static enum capture_state after(struct capture *capture)
{
	bool wait = capture->request->serial &&
		    capture_saver_used(capture);

	if (wait || capture_now() < capture->after_ns) {
		if (capture_idle(capture))
			return CAPTURE_STOP;
		return CAPTURE_AFTER;
	}
	capture->made_s += capture->moves_s[capture->point];
	capture->points_run++;
	capture->point++;
	capture->shot = 0;
	project_scan_progress(capture->scan, capture->point,
			      capture->earlier_s +
			      capture_elapsed_s(capture));
	return capture_seek_point(capture) ? CAPTURE_MOVE : CAPTURE_DRAIN;
}

static void stop_begin(struct capture *capture)
{
	if (capture->holding)
		capture_release(capture);
	capture->gone = false;
	capture->halted = false;
	capture_stop(capture);
}

static enum capture_state stop(struct capture *capture)
{
	struct timespec tick = { .tv_nsec = CAPTURE_TICK_MS * 1000000l };

	if (capture_stopping(capture)) {
		nanosleep(&tick, NULL);
		return CAPTURE_STOP;
	}
	if (!capture->error)
		return CAPTURE_PAUSED;
	return capture->complete ? CAPTURE_DONE : CAPTURE_DRAIN;
}

static void pause_begin(struct capture *capture)
{
	capture->pause_ns = capture_now();
	capture_set_status(capture, "paused");
}

static enum capture_state paused(struct capture *capture)
{
	if (capture_idle(capture))
		return CAPTURE_DRAIN;
	if (capture_commanded(capture) != CAPTURE_GO)
		return CAPTURE_PAUSED;
	capture->fresh_ns = capture_now();
	if (capture->begin_ns)
		capture->paused_ns += capture->fresh_ns - capture->pause_ns;
	capture->pause_ns = 0;
	if (capture_set_status(capture, "running"))
		return CAPTURE_DRAIN;
	return capture->again;
}

static enum capture_state drain(struct capture *capture)
{
	struct timespec tick = { .tv_nsec = CAPTURE_TICK_MS * 1000000l };

	if (capture_saver_used(capture)) {
		nanosleep(&tick, NULL);
		return CAPTURE_DRAIN;
	}
	capture_saver_check(capture);
	if (capture->error)
		return CAPTURE_DONE;
	capture->complete = true;
	if (capture->request->stay || !capture->begin_ns)
		return CAPTURE_DONE;
	return CAPTURE_PARK;
}

/* An end stop may stand outside of the limits. */
static double begin_angle(const struct capture *capture,
			  enum capture_axes which)
{
	const struct path_axis *axis = &capture->axis[which].path;
	double angle_deg = capture->locked.begin_deg[which];

	if (isnan(angle_deg) || axis->wraps)
		return angle_deg;
	return fmin(fmax(angle_deg, axis->min_deg), axis->max_deg);
}

static void park_begin(struct capture *capture)
{
	if (capture_trusted(capture) > 0)
		capture_go(capture, begin_angle(capture, CAPTURE_THETA),
			   begin_angle(capture, CAPTURE_PHI));
}

static enum capture_state park(struct capture *capture)
{
	int moving;

	if (capture_idle(capture))
		return CAPTURE_STOP;
	moving = capture_moving(capture);
	if (moving)
		return moving < 0 ? CAPTURE_STOP : CAPTURE_PARK;
	return CAPTURE_DONE;
}

/**
 * struct rule - a state
 * @name: for people
 * @begin: when it is entered from another one; NULL: nothing to do
 * @step: what there is to be done; the state to be in then
 * @end: where a failure or a cancel leads from here
 * @again: where it goes on after a pause; 0: what is begun here is ended first
 */
struct rule {
	const char *name;
	void (*begin)(struct capture *capture);
	enum capture_state (*step)(struct capture *capture);
	enum capture_state end;
	enum capture_state again;
};

static const struct rule rules[] = {
	[CAPTURE_CHECK] = { "check", NULL, check, CAPTURE_DONE, 0 },
	[CAPTURE_PREPARE] = { "prepare", NULL, prepare, CAPTURE_DRAIN, 0 },
	[CAPTURE_HOME] = { "home", NULL, home, CAPTURE_STOP, CAPTURE_HOME },
	[CAPTURE_MOVE] = { "move", move_begin, move, CAPTURE_STOP,
			   CAPTURE_MOVE },
	[CAPTURE_SETTLE] = { "settle", settle_begin, settle, CAPTURE_STOP,
			     CAPTURE_MOVE },
	[CAPTURE_LOCK] = { "lock", capture_lock_begin, lock, CAPTURE_STOP,
			   CAPTURE_MOVE },
	[CAPTURE_EXPOSE] = { "expose", expose_begin, expose, CAPTURE_STOP,
			     CAPTURE_MOVE },
	[CAPTURE_QUEUE] = { "queue", queue_begin, queue, CAPTURE_STOP, 0 },
	[CAPTURE_AFTER] = { "after", after_begin, after, CAPTURE_STOP,
			    CAPTURE_AFTER },
	[CAPTURE_STOP] = { "stop", stop_begin, stop, CAPTURE_STOP, 0 },
	[CAPTURE_PAUSED] = { "paused", pause_begin, paused, CAPTURE_DRAIN, 0 },
	[CAPTURE_DRAIN] = { "drain", NULL, drain, CAPTURE_DRAIN, 0 },
	[CAPTURE_PARK] = { "park", park_begin, park, CAPTURE_STOP,
			   CAPTURE_PARK },
	[CAPTURE_DONE] = { "done", NULL, NULL, CAPTURE_DONE, 0 },
};

const char *capture_state_name(enum capture_state state)
{
	if (state < CAPTURE_CHECK || state > CAPTURE_DONE)
		return "unknown";
	return rules[state].name;
}

/*
 * Where a command or a failure leads, whatever the state would do next. A
 * parking that is cancelled is only left: the scan is complete. A photo or a
 * pulse that has begun goes into the queue first: the camera would hand over
 * that photo in place of the next one, and a second pulse would be a second
 * photo of the camera behind it.
 */
static enum capture_state commanded(struct capture *capture,
				    enum capture_state next)
{
	const struct rule *rule = &rules[next];
	int command = capture_commanded(capture);

	if (next == CAPTURE_DONE)
		return next;
	if (capture->taking && !capture->error)
		return next;
	if (command == CAPTURE_CANCEL && next != CAPTURE_DRAIN &&
	    next != CAPTURE_QUEUE)
		capture_fail(capture, ECANCELED, "%s",
			     capture->complete ?
			     "the scan is complete, but the axes were left where they stood, as was asked for" :
			     "the scan was cancelled; what is saved is kept, and it can be taken up again");
	if (capture->error)
		return rule->end;
	if (command == CAPTURE_PAUSE && rule->again) {
		capture->again = rule->again;
		return CAPTURE_STOP;
	}
	return next;
}

static void enter(struct capture *capture, enum capture_state next)
{
	capture->state = next;
	if (rules[next].begin)
		rules[next].begin(capture);
	capture_tell(capture, true);
}

static void run(struct capture *capture)
{
	enum capture_state next;

	enter(capture, CAPTURE_CHECK);
	while (capture->state != CAPTURE_DONE) {
		next = rules[capture->state].step(capture);
		if (capture->saver && !capture->complete)
			capture_saver_check(capture);
		next = commanded(capture, next);
		if (next != capture->state)
			enter(capture, next);
		else
			capture_tell(capture, false);
	}
}

static void begin(struct capture *capture,
		  const struct capture_request *request,
		  struct capture_result *result)
{
	memset(result, 0, sizeof(*result));
	memset(capture, 0, sizeof(*capture));
	capture->request = request;
	capture->result = result;
	capture->wish.lens_dpt = NAN;
}

int capture_run(const struct capture_request *request,
		struct capture_control *control,
		void (*progress)(const struct capture_progress *progress,
				 void *data),
		void *data, struct capture_result *result)
{
	struct capture capture;

	begin(&capture, request, result);
	capture.control = control;
	capture.progress = progress;
	capture.progress_data = data;
	run(&capture);
	capture_finish(&capture);
	path_free(&capture.path);
	if (capture.complete || !capture.error)
		return 0;
	errno = capture.error;
	return -1;
}

int capture_preview(const struct capture_request *request, struct path *path,
		    struct capture_result *result)
{
	struct capture capture;

	begin(&capture, request, result);
	capture_try(&capture);
	capture_finish(&capture);
	*path = (struct path){ 0 };
	if (capture.error)
		path_free(&capture.path);
	else
		*path = capture.path;
	errno = capture.error;
	return capture.error ? -1 : 0;
}
