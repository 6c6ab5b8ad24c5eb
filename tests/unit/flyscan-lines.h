/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the world of flyscan-world.h, which includes this: a trigger line
 * that pulses at the very steps, a camera that exposes at the pulses, and a
 * strobe that goes with each exposure.
 */
#ifndef FLYSCAN_LINES_H
#define FLYSCAN_LINES_H

/* From the step's edge to the line's. */
#define PULSE_AFTER_NS 150

/* Events are told so late, if nothing else was set. */
#define TOLD_AFTER_NS 30000000

static struct lines {
	/* settings */
	bool absent;			/* there is none */
	bool armed_before;		/* by somebody else */
	bool triggered;			/* the camera exposes at pulses */
	uint32_t can;			/* enum camera_trigger */
	uint64_t ready_ns;		/* after its start, and not before */
	uint64_t delay_ns;		/* from the pulse to the exposure */
	int64_t late_ns;		/* its times, beside what they mark */
	uint64_t jitter_ns;		/* likewise, up and down */
	size_t skip;			/* nth place of a pass never matches */
	size_t ignore;			/* nth exposure is not made */
	size_t lose_frame;		/* nth exposure has no frame */
	size_t lose_event;		/* nth pulse is not told */
	size_t lose_strobe;		/* nth exposure has no strobe */
	size_t noise;			/* nth exposure has a second strobe */
	uint64_t lose_from;		/* edges of the strobe that are not */
	uint64_t lose_to;		/* told, from the first to the last */
	size_t deaf_from;		/* nth exposure and all later: none */
	uint64_t first_ns;		/* the first frame comes later */
	int get_error;			/* once there was a pass */
	bool storm;			/* of strobes */
	uint64_t told_after_ns;
	int set_error;

	/* how they are */
	bool armed;
	struct oscan_trigger_set set;
	struct oscan_trigger_set pass;	/* the last one but OFF */
	int64_t places[MOST_FRAMES];
	size_t next;
	uint64_t fired;
	uint32_t edges;
	uint64_t latched;
	size_t pulses;			/* of all passes, tests too */
	size_t sets;
	struct oscan_event events[2 * MOST_FRAMES];
	size_t n_events;
	size_t told;
	uint64_t exposures[MOST_FRAMES];
	size_t n_exposures;		/* since the camera was started */
	uint64_t busy_until;
} lines;

static void tell_of(uint32_t type, uint64_t time_ns, int64_t position,
		    uint32_t value, uint64_t aux)
{
	ck_assert_uint_lt(lines.n_events, 2 * MOST_FRAMES);
	lines.events[lines.n_events++] = (struct oscan_event){
		.type = type,
		.line = 1,
		.time_ns = time_ns,
		.position = position,
		.positions = { position },
		.value = value,
		.aux = aux,
	};
}

static void latch(uint64_t time_ns, uint32_t value)
{
	const uint64_t count = ++lines.latched;

	if (count < lines.lose_from || count > lines.lose_to)
		tell_of(OSCAN_EVENT_CAPTURE, time_ns, 0, value, count);
}

static void strobe(uint64_t time_ns)
{
	if (!(lines.edges & OSCAN_CAPTURE_RISING))
		return;
	latch(time_ns, 1);
	if (lines.edges & OSCAN_CAPTURE_FALLING)
		latch(time_ns + world.exposure_ns, 0);
}

/* The camera exposes, and its strobe tells. */
static void expose(uint64_t time_ns)
{
	size_t n;

	if (!world.camera_running ||
	    time_ns < world.camera_start_ns + lines.ready_ns ||
	    time_ns < lines.busy_until)
		return;
	ck_assert_uint_lt(lines.n_exposures, MOST_FRAMES);
	lines.exposures[lines.n_exposures++] = time_ns;
	lines.busy_until = time_ns + world.exposure_ns + world.readout_ns;
	n = world.camera_starts == 2 ? lines.n_exposures : 0;
	if (!n || n != lines.lose_strobe)
		strobe(time_ns);
	if (n && n == lines.noise)
		strobe(time_ns + 31000000);
}

static void pulse_at(uint32_t type, uint64_t time_ns, int64_t position)
{
	bool told = ++lines.pulses != lines.lose_event;

	if (told)
		tell_of(type, time_ns, position, 0,
			type == OSCAN_EVENT_TRIGGER ? lines.fired : 0);
	if (lines.triggered && lines.pulses != lines.ignore &&
	    (!lines.deaf_from || lines.pulses < lines.deaf_from))
		expose(time_ns + lines.delay_ns);
}

static int64_t next_place(void)
{
	if (lines.set.mode == OSCAN_TRIGGER_LIST)
		return lines.places[lines.next];
	return lines.set.start + (int64_t)lines.next * lines.set.distance;
}

/* What happens up to a time. */
static void run_lines(uint64_t until)
{
	uint32_t way = sign_of(&world.move) > 0 ? OSCAN_TRIGGER_UP :
						  OSCAN_TRIGGER_DOWN;
	int64_t made, n, position;

	if (!world.moves || !lines.armed || !(lines.set.flags & way))
		return;
	made = steps_by(&world.move, until);
	if (world.moves >= 2 && world.stuck_at && made > world.stuck_at)
		made = world.stuck_at;
	while (lines.next < lines.set.number) {
		position = next_place();
		n = (position - world.move.from) * sign_of(&world.move);
		if (n < 1 || n > made)
			break;
		if (++lines.next == lines.skip)
			continue;
		lines.fired++;
		pulse_at(OSCAN_EVENT_TRIGGER,
			 step_time(&world.move, n) + PULSE_AFTER_NS,
			 position);
	}
	if (lines.next == lines.set.number)
		lines.armed = false;
}

static void tell_events(const struct oscan_monitor_handler *handler)
{
	uint64_t after_ns = lines.told_after_ns ? lines.told_after_ns :
						  TOLD_AFTER_NS;
	const struct oscan_event *event;

	run_lines(world.now);
	for (int i = 0; i < 200 && lines.storm && world.camera_starts == 2; i++)
		strobe(world.now - 2 * TOLD_AFTER_NS);
	while (lines.told < lines.n_events) {
		event = &lines.events[lines.told];
		if (event->time_ns + after_ns > world.now)
			break;
		lines.told++;
		if (handler->event)
			handler->event(event, false, handler->data);
	}
}

/* A frame that the lines made: 0, or -1 with ETIMEDOUT. */
static int triggered_next(struct camera_frame *frame, uint64_t until)
{
	uint64_t start, due;

	run_lines(until);
	if (world.camera_starts == 2 && lines.lose_frame &&
	    world.frame + 1 == lines.lose_frame)
		world.frame++;
	start = lines.exposures[world.frame];
	due = start + world.exposure_ns + world.readout_ns + 700000;
	if (world.camera_starts == 2 && !world.frame)
		due += lines.first_ns;
	if (world.frame >= lines.n_exposures || due > until) {
		advance(until);
		errno = ETIMEDOUT;
		return -1;
	}
	advance(due);
	memset(frame, 0, sizeof(*frame));
	frame->data = world.pixels;
	frame->size = sizeof(world.pixels);
	frame->time_ns = start + lines.late_ns;
	if (lines.jitter_ns)
		frame->time_ns += rand() % (2 * lines.jitter_ns) -
				  lines.jitter_ns;
	frame->sequence = world.frame++;
	frame->status = CAMERA_FRAME_GOOD;
	frame->exposure_ns = world.exposure_ns;
	world.held = true;
	if (world.camera_starts == 2)
		happened(EVENT_FRAME);
	return 0;
}

/* The exposure of the next frame of a camera that runs free, if it began. */
static void free_exposure(uint64_t due, uint64_t until)
{
	uint64_t start = due - world.exposure_ns - world.readout_ns;

	if (lines.edges && start <= until && world.frame == lines.n_exposures)
		expose(start);
}

/* Its time is that of the exposure then, but for what was set. */
static int64_t shift_by_lines(void)
{
	int64_t shift = lines.late_ns;

	if (!lines.edges)
		return 0;
	if (lines.jitter_ns)
		shift += rand() % (2 * lines.jitter_ns) -
			 (int64_t)lines.jitter_ns;
	return shift - (int64_t)(world.exposure_ns + world.readout_ns);
}

static int find_line(const char *name, const char *ours)
{
	errno = ENXIO;
	if (lines.absent)
		return -1;
	return strcmp(name, ours) ? -1 : 1;
}

int oscan_trigger_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return find_line(name, "camera");
}

int oscan_capture_find(struct oscan_motor *motor, const char *name)
{
	(void)motor;
	return find_line(name, "strobe");
}

int oscan_trigger_get(struct oscan_motor *motor, unsigned int line,
		      struct oscan_trigger *state)
{
	(void)motor;
	errno = ENXIO;
	if (line > 1 || lines.absent)
		return -1;
	errno = lines.get_error;
	if (lines.sets && lines.get_error)
		return -1;
	*state = (struct oscan_trigger){
		.line = line,
		.status = lines.armed || lines.armed_before ?
			  OSCAN_TRIGGER_ARMED : OSCAN_TRIGGER_IDLE,
		.number = lines.set.number,
		.fired = lines.fired,
	};
	strcpy(state->name, line ? "camera" : "flash");
	return 0;
}

int oscan_trigger_set(struct oscan_motor *motor,
		      const struct oscan_trigger_set *set)
{
	(void)motor;
	errno = lines.set_error;
	if (lines.set_error)
		return -1;
	ck_assert_uint_eq(set->line, 1);
	if (set->mode != OSCAN_TRIGGER_OFF) {
		ck_assert(!world.moving);
		lines.pass = *set;
		lines.sets++;
	}
	if (set->mode == OSCAN_TRIGGER_LIST) {
		ck_assert_uint_lt(set->number, MOST_FRAMES);
		memcpy(lines.places, (void *)(uintptr_t)set->positions,
		       set->number * sizeof(*lines.places));
	}
	lines.set = *set;
	lines.armed = set->mode != OSCAN_TRIGGER_OFF;
	lines.next = 0;
	lines.fired = 0;
	return 0;
}

int oscan_trigger_pulse(struct oscan_motor *motor, unsigned int line,
			uint32_t width_ns, struct oscan_pulse *pulse)
{
	(void)motor;
	ck_assert_ptr_null(pulse);
	ck_assert_uint_eq(line, 1);
	ck_assert_uint_eq(width_ns, FLYSCAN_PULSE_NS);
	errno = lines.set_error;
	if (lines.set_error)
		return -1;
	pulse_at(OSCAN_EVENT_PULSE, world.now, world.position);
	return 0;
}

int oscan_capture_get(struct oscan_motor *motor, unsigned int line,
		      struct oscan_capture *state)
{
	(void)motor;
	errno = ENXIO;
	if (line > 1 || lines.absent)
		return -1;
	*state = (struct oscan_capture){
		.line = line,
		.edges = lines.edges,
		.count = lines.latched,
	};
	strcpy(state->name, line ? "strobe" : "index");
	return 0;
}

int oscan_capture_set(struct oscan_motor *motor, unsigned int line,
		      uint32_t edges, uint32_t min_interval_ns)
{
	(void)motor;
	ck_assert_uint_eq(line, 1);
	ck_assert_uint_eq(min_interval_ns, 0);
	errno = lines.set_error;
	if (lines.set_error)
		return -1;
	lines.edges = edges;
	lines.latched = 0;
	return 0;
}

#endif /* FLYSCAN_LINES_H */
