// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines that go with the exposures: a trigger line, a capture line. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "scan.h"

#define NS_PER_S 1000000000ull

/* From one pulse that tries the camera to the next. */
#define TRY_NS NS_PER_S

/* A camera that runs free shows itself in this time, or in three periods. */
#define QUIET_S 0.5

/* A frame may come so long after its exposure, and two periods. */
#define GRACE_NS NS_PER_S

/* Longest wait for what the driver has to tell. */
#define TELL_NS (3 * NS_PER_S)

/* More strobes than this, and four for each frame, are none. */
#define STROBES_MOST 5000

/* ---- events ---- */

/* In the file too, so that they are there if this program is killed. */
static void keep(struct scan *scan, enum writer_course kind,
		 uint64_t time_ns, int64_t position)
{
	if (scan->writer &&
	    writer_put_course(scan->writer, kind, time_ns, position))
		scan_writer_failed(scan, errno);
}

static void add_edge(struct scan *scan, struct scan_line *line,
		     const struct scan_edge *edge)
{
	if (scan_line_add(line, edge))
		scan_fail(scan, ENOMEM,
			  "wanted memory for pulse %zu, found none; take fewer frames",
			  line->count);
}

static void add_pulse(struct scan *scan, const struct oscan_event *event)
{
	struct scan_trigger *trigger = &scan->trigger;
	struct scan_edge edge = {
		.time_ns = event->time_ns,
		.position = event->positions[scan->axis],
		.pass = SCAN_NO_PASS,
	};

	if (event->type == OSCAN_EVENT_TRIGGER) {
		trigger->pulses.told = event->aux;
		edge.position = event->position;
		edge.pass = scan->result->passes - 1;
	}
	if (event->time_ns < trigger->from_ns)
		return;
	/* Its frame may have come before we were told of it. */
	if (event->time_ns > trigger->framed_ns)
		trigger->waits = true;
	add_edge(scan, &trigger->pulses, &edge);
	keep(scan, WRITER_COURSE_PULSE, edge.time_ns, edge.position);
}

static void add_strobe(struct scan *scan, const struct oscan_event *event)
{
	struct scan_line *line = &scan->trigger.strobes;
	const bool joins = (uint64_t)event->aux == line->told + 1;
	const struct scan_edge edge = {
		.time_ns = event->time_ns,
		.position = event->positions[scan->axis],
		.pass = SCAN_NO_PASS,
	};

	line->told = event->aux;
	if (event->time_ns < scan->trigger.from_ns)
		return;
	/* After a loss it may end an exposure that was not told. */
	if (!event->value && !joins)
		return;
	if (event->value)
		add_edge(scan, line, &edge);
	else
		scan_line_end(line, event->time_ns);
	keep(scan, event->value ? WRITER_COURSE_STROBE :
				  WRITER_COURSE_STROBE_END,
	     edge.time_ns, edge.position);
	if (line->count > STROBES_MOST + 4 * scan->result->ledger.delivered)
		scan_fail(scan, EPROTO,
			  "wanted a strobe for each frame, found %zu for %llu; see the wiring of the line %.40s",
			  line->count,
			  (unsigned long long)scan->result->ledger.delivered,
			  scan_capture_line(scan));
}

void scan_trigger_event(const struct oscan_event *event, bool missed,
			void *data)
{
	struct scan *scan = data;
	struct scan_trigger *trigger = &scan->trigger;
	bool pulses = flyscan_triggers(scan->request) &&
		      event->line == trigger->pulses.number;
	bool strobes = flyscan_captures(scan->request) &&
		       event->line == trigger->strobes.number;

	/* The count of each line tells what was lost of it. */
	(void)missed;
	switch (event->type) {
	case OSCAN_EVENT_TRIGGER:
	case OSCAN_EVENT_PULSE:
		if (pulses)
			add_pulse(scan, event);
		break;
	case OSCAN_EVENT_TRIGGER_MISSED:
		if (pulses)
			trigger->missed = event->aux;
		break;
	case OSCAN_EVENT_CAPTURE:
		if (strobes)
			add_strobe(scan, event);
		break;
	}
}

/* ---- what the lines do ---- */

static int line_failed(struct scan *scan, const char *name)
{
	if (errno == EBUSY)
		return scan_fail(scan, EBUSY,
				 "wanted to set the line %.40s, found that another program controls the motors; wait until it has ended, or end it",
				 name);
	return scan_fail(scan, errno,
			 "wanted to set the line %.40s, found: %s; \"oscanctl doctor\" tells more",
			 name, strerror(errno));
}

static int note_line(struct scan *scan, enum restore_kind kind,
		     const char *name, int64_t before)
{
	if (!restore_note_line(scan->restore, kind, scan->request->device,
			       name, before))
		return 0;
	return scan_fail(scan, errno,
			 "wanted to write into the journal %.300s, found: %s; free some space there",
			 restore_path(scan->restore), strerror(errno));
}

static int set_capture(struct scan *scan)
{
	struct scan_line *line = &scan->trigger.strobes;
	uint32_t edges = OSCAN_CAPTURE_RISING;
	struct oscan_capture state;

	if (scan->request->capture_both)
		edges |= OSCAN_CAPTURE_FALLING;
	if (oscan_capture_get(scan->motor, line->number, &state))
		return line_failed(scan, scan_capture_line(scan));
	if (note_line(scan, RESTORE_CAPTURE, state.name,
		      state.edges | (int64_t)state.min_interval_ns << 32))
		return -1;
	if (oscan_capture_set(scan->motor, line->number, edges, 0))
		return line_failed(scan, scan_capture_line(scan));
	line->ours = true;
	return 0;
}

int scan_trigger_begin(struct scan *scan, bool counts)
{
	struct scan_trigger *trigger = &scan->trigger;

	if (flyscan_captures(scan->request) && set_capture(scan))
		return -1;
	trigger->from_ns = counts ? scan_now() : UINT64_MAX;
	trigger->tried_ns = 0;
	trigger->tries = 0;
	trigger->waits = false;
	trigger->framed_ns = 0;
	trigger->pulses.count = 0;
	trigger->strobes.count = 0;
	trigger->strobes.told = 0;
	return 0;
}

static int pulse(struct scan *scan)
{
	scan->trigger.tried_ns = scan_now();
	scan->trigger.tries++;
	scan->trigger.waits = true;
	if (oscan_trigger_pulse(scan->motor, scan->trigger.pulses.number,
				FLYSCAN_PULSE_NS, NULL))
		return line_failed(scan, scan_trigger_line(scan));
	return 0;
}

static uint64_t busy_ns(const struct scan *scan)
{
	return llrint(scan_trigger_busy_s(scan) * NS_PER_S);
}

static bool is_time(const struct scan *scan)
{
	return scan_now() - scan->trigger.tried_ns >=
	       TRY_NS + 2 * busy_ns(scan);
}

static int runs_free(struct scan *scan)
{
	return scan_fail(scan, EPROTO,
			 "wanted one frame of the camera %.80s for each pulse of %.40s, found more; set it to be triggered, or take another --trigger-mode",
			 scan->request->camera->id(scan->camera),
			 scan_trigger_line(scan));
}

/* Return: 1 there is a frame, 0 none yet, -1 */
static int look_for_frame(struct scan *scan)
{
	const struct camera_ops *ops = scan->request->camera;
	struct camera_frame frame;
	int bad;

	if (ops->next(scan->camera, &frame, scan_tick_ms(scan)))
		return errno == ETIMEDOUT || errno == EINTR ? 0 :
		       scan_stopped_delivering(scan);
	bad = scan_check_clock(scan, &frame);
	ops->release(scan->camera, &frame);
	return bad ? -1 : 1;
}

static int try(struct scan *scan)
{
	double period = scan->result->period_used_s;
	double timeout = scan_first_frame_timeout_s(period);
	uint64_t quiet_ns = fmax(3 * period, QUIET_S) * NS_PER_S;
	uint64_t begin = scan_now(), answered = 0;
	unsigned int pulses = 0, frames = 0;
	int found;

	for (;;) {
		if (scan_cancelled(scan))
			return -1;
		if (!frames && is_time(scan)) {
			if (pulse(scan))
				return -1;
			pulses++;
		}
		found = look_for_frame(scan);
		if (found < 0)
			return -1;
		if (found)
			answered = scan_now();
		frames += found;
		if (frames > pulses)
			return runs_free(scan);
		if (frames && scan_now() - answered > quiet_ns)
			return 0;
		if (!frames && scan_now() - begin > timeout * NS_PER_S)
			return scan_silent(scan, timeout);
		scan_tell(scan);
	}
}

int scan_trigger_try(struct scan *scan)
{
	int result;

	if (scan_trigger_begin(scan, false) || scan_camera_start(scan))
		return -1;
	result = try(scan);
	scan_camera_stop(scan);
	return result;
}

int scan_trigger_test(struct scan *scan)
{
	if (!flyscan_triggers(scan->request) ||
	    scan->result->ledger.delivered || !is_time(scan))
		return 0;
	return pulse(scan);
}

/* One pulse has one frame, and that has come. */
bool scan_trigger_settled(const struct scan *scan)
{
	const struct scan_trigger *trigger = &scan->trigger;

	return trigger->tries < 2 ||
	       scan_now() > trigger->tried_ns + busy_ns(scan) + GRACE_NS;
}

/* ---- passes ---- */

static int64_t place_of(const struct scan *scan, const struct scan_pass *pass,
			uint32_t place)
{
	double first = scan_steps(scan, pass->start) - pass->direction *
		       scan_steps(scan, scan_trigger_lead(scan));
	double spacing = pass->direction * fabs(scan_trigger_spacing(scan));

	if (scan_trigger_is_whole(scan))
		return llrint(first) + place * llrint(spacing);
	/* Of two that are as near the same one always, for even gaps. */
	return floor(first + place * spacing + 0.5);
}

static int set_places(struct scan *scan, const struct scan_pass *pass)
{
	uint32_t places = scan->result->geometry.frames;
	bool up = pass->direction > 0;
	int64_t *list = NULL;
	int result;
	struct oscan_trigger_set set = {
		.line = scan->trigger.pulses.number,
		.axis = scan->axis,
		.flags = up ? OSCAN_TRIGGER_UP : OSCAN_TRIGGER_DOWN,
		.number = places,
		.width_ns = FLYSCAN_PULSE_NS,
	};

	if (places > OSCAN_TRIGGER_LIST_LIMIT) {
		set.mode = OSCAN_TRIGGER_EVERY;
		set.start = place_of(scan, pass, 0);
		set.distance = place_of(scan, pass, 1) - set.start;
		return oscan_trigger_set(scan->motor, &set);
	}
	list = calloc(places, sizeof(*list));
	if (!list)
		return -1;
	for (uint32_t i = 0; i < places; i++)
		list[i] = place_of(scan, pass, i);
	set.mode = OSCAN_TRIGGER_LIST;
	set.positions = (uintptr_t)list;
	result = oscan_trigger_set(scan->motor, &set);
	free(list);
	return result;
}

/* The driver's counts of the pass that is over. */
static int count_pass(struct scan *scan)
{
	struct scan_trigger *trigger = &scan->trigger;
	struct flyscan_ledger *ledger = &scan->result->ledger;
	struct oscan_trigger state;

	if (!trigger->pulses.ours)
		return 0;
	if (oscan_trigger_get(scan->motor, trigger->pulses.number, &state))
		return scan_fail(scan, errno,
				 "wanted the pulses of the line %.40s, found: %s; load the driver again",
				 scan_trigger_line(scan), strerror(errno));
	ledger->pulses += state.fired;
	/* A scan that ended early has places that it did not come to. */
	ledger->pulses_missed += scan->error ? state.missed :
					       state.number - state.fired;
	trigger->pulses.made = state.fired;
	return 0;
}

int scan_trigger_pass(struct scan *scan)
{
	struct scan_trigger *trigger = &scan->trigger;
	struct scan_pass pass;

	if (!flyscan_triggers(scan->request))
		return 0;
	if (count_pass(scan) || scan_trigger_collect(scan))
		return -1;
	scan_pass_planned(scan, scan->result->passes, &pass);
	if (note_line(scan, RESTORE_TRIGGER, scan_trigger_line(scan), 0))
		return -1;
	if (set_places(scan, &pass))
		return line_failed(scan, scan_trigger_line(scan));
	trigger->pulses.ours = true;
	trigger->pulses.told = 0;
	trigger->pulses.made = 0;
	trigger->first = trigger->pulses.count;
	trigger->missed = 0;
	trigger->delivered = scan->result->ledger.delivered;
	return 0;
}

bool scan_trigger_passed(struct scan *scan)
{
	const struct scan_trigger *trigger = &scan->trigger;
	const struct scan_line *line = &trigger->pulses;
	size_t fired = line->count - trigger->first;
	bool all = fired + trigger->missed == scan->result->geometry.frames;
	uint64_t grace_ns = (2 * scan->result->period_used_s +
			     scan_trigger_busy_s(scan)) * NS_PER_S + GRACE_NS;

	if (!all)
		return !scan->moving && scan_now() > scan->state.last_step_ns +
						     grace_ns;
	if (scan->result->ledger.delivered - trigger->delivered >= fired)
		return true;
	return fired && scan_now() > line->edges[line->count - 1].time_ns +
				     grace_ns;
}

bool scan_trigger_quiet(const struct scan *scan)
{
	return flyscan_triggers(scan->request) && !scan->trigger.waits;
}

uint64_t scan_trigger_last(const struct scan *scan)
{
	const struct scan_line *line = &scan->trigger.strobes;

	return line->count ? line->edges[line->count - 1].time_ns : 0;
}

/* ---- the end ---- */

void scan_trigger_end(struct scan *scan)
{
	struct scan_trigger *trigger = &scan->trigger;
	struct oscan_trigger_set off = {
		.line = trigger->pulses.number,
		.mode = OSCAN_TRIGGER_OFF,
	};
	struct oscan_capture state;

	count_pass(scan);
	if (trigger->pulses.ours && oscan_trigger_set(scan->motor, &off))
		line_failed(scan, scan_trigger_line(scan));
	trigger->pulses.ours = false;
	if (trigger->strobes.ours &&
	    !oscan_capture_get(scan->motor, trigger->strobes.number, &state))
		trigger->strobes.made = state.count;
}

static bool is_told(const struct scan_line *line)
{
	return line->told >= line->made;
}

int scan_trigger_collect(struct scan *scan)
{
	struct scan_trigger *trigger = &scan->trigger;
	uint64_t deadline = scan_now() + TELL_NS;
	struct pollfd poller = {
		.fd = oscan_monitor_fd(scan->monitor),
		.events = POLLIN,
	};

	while (!is_told(&trigger->pulses) || !is_told(&trigger->strobes)) {
		if (scan_now() > deadline)
			break;
		poll(&poller, 1, SCAN_TICK_MS);
		if (scan_read(scan))
			return -1;
	}
	scan->result->ledger.strobes = trigger->strobes.count;
	return 0;
}
