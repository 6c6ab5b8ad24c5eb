/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * liboscan: drive the motors of oscan and know where they were at any time.
 *
 * Functions return NULL or -1 and set errno; none prints, none exits. A
 * kernel answer that cannot be is EBADE. Handles are used by one thread at a
 * time unless said otherwise; different handles are independent. Pointers
 * must not be NULL unless said otherwise.
 *
 * Positions are microsteps, times nanoseconds of CLOCK_MONOTONIC, as in
 * <linux/oscan.h>, which defines the structs used here.
 */
#ifndef OSCAN_H
#define OSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/oscan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the driver's device is found unless a path is given. */
#define OSCAN_DEVICE_PATH "/dev/oscan-motor"

/**
 * @defgroup motor Motor: command the axes
 *
 * A motor is one open file on the device. Closing it stops, softly, whatever
 * it set in motion.
 * @{
 */

struct oscan_motor;

/**
 * oscan_motor_open - open the device
 * @path: device file, NULL for OSCAN_DEVICE_PATH
 * @writable: true to command, false to watch only
 *
 * Return: new motor, to be closed with oscan_motor_close(), or NULL: errno of
 * open(2) (ENOENT: the driver is not loaded or has no device, EACCES), ENOTTY:
 * not an oscan device, EPROTO: the driver is older than this library, EBADE.
 */
struct oscan_motor *oscan_motor_open(const char *path, bool writable);

/** oscan_motor_close - close; NULL is accepted */
void oscan_motor_close(struct oscan_motor *motor);

/** oscan_motor_fd - file descriptor, owned by the motor, closed on exec */
int oscan_motor_fd(const struct oscan_motor *motor);

/** oscan_motor_info - the controller as read when opened; never NULL */
const struct oscan_info *oscan_motor_info(const struct oscan_motor *motor);

/**
 * oscan_motor_axis_info - an axis as read when opened
 *
 * Return: owned by the motor; NULL with ENXIO for no such axis.
 */
const struct oscan_axis_info *
oscan_motor_axis_info(const struct oscan_motor *motor, unsigned int axis);

/**
 * oscan_motor_find_axis - number of an axis by its name
 *
 * Return: number, or -1 with ENXIO.
 */
int oscan_motor_find_axis(const struct oscan_motor *motor, const char *name);

/* The following are the requests of <linux/oscan.h>, with its errors. */

/** oscan_motor_state - read the state of an axis into @state */
int oscan_motor_state(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_state *state);

/** oscan_motor_stats - read the statistics of an axis into @stats */
int oscan_motor_stats(struct oscan_motor *motor, unsigned int axis,
		      struct oscan_stats *stats);

/** oscan_motor_enable - switch the driver of an axis on or off */
int oscan_motor_enable(struct oscan_motor *motor, unsigned int axis, bool on);

/**
 * oscan_motor_move - start a move
 * @move: request; outputs are filled in. Prepare it with designated
 *	initialisers so that the rest is zero.
 */
int oscan_motor_move(struct oscan_motor *motor, struct oscan_move *move);

/**
 * oscan_motor_move_together - start moves of several axes at the same time
 * @moves: shape [count], each of another axis, as for oscan_motor_move()
 * @count: 1 to OSCAN_MAX_AXES
 * @arrive: slow the faster ones down, so that all end at the same time
 */
int oscan_motor_move_together(struct oscan_motor *motor,
			      struct oscan_move *moves, unsigned int count,
			      bool arrive);

/** oscan_motor_stop - decelerate the axes in the bit mask @axes */
int oscan_motor_stop(struct oscan_motor *motor, uint32_t axes);

/** oscan_motor_halt - stop the axes in the bit mask @axes at once */
int oscan_motor_halt(struct oscan_motor *motor, uint32_t axes);

/** oscan_motor_set_position - say where an axis is, microsteps */
int oscan_motor_set_position(struct oscan_motor *motor, unsigned int axis,
			     int64_t position);

/**
 * oscan_motor_set_latch_position - say where an end stop last closed
 *
 * The axis is as many steps away from @position as it made since then.
 */
int oscan_motor_set_latch_position(struct oscan_motor *motor,
				   unsigned int axis, int64_t position);

/**
 * oscan_motor_wait - wait until an axis is at rest
 * @timeout_ms: longest wait; 0 looks once, negative waits for ever
 * @state: out, may be NULL: state as last read, also after ETIMEDOUT and EINTR
 *
 * Reads the state at once and then after pauses of 1, 2, 4, 8 and from then on
 * 10 ms, so it returns at most 10 ms after the axis came to rest.
 *
 * Return: 0 at rest, -1 with ETIMEDOUT, EINTR when a signal handler ran during
 * a pause, or an error of oscan_motor_state(). Other requests are made again
 * after a signal handler and never return EINTR.
 */
int oscan_motor_wait(struct oscan_motor *motor, unsigned int axis,
		     int timeout_ms, struct oscan_state *state);

/** @} */

/**
 * @defgroup trigger Trigger and capture: lines that go with the motion
 *
 * Lines have numbers, from 0, and names. The requests are those of
 * <linux/oscan.h>, with its errors; commands need a motor that was opened to
 * command, though they take no control.
 * @{
 */

/**
 * oscan_trigger_find - number of a trigger line by its name
 *
 * Return: number, or -1: ENXIO there is none, or an error of
 * oscan_trigger_get().
 */
int oscan_trigger_find(struct oscan_motor *motor, const char *name);

/** oscan_trigger_get - read the state of a trigger line into @state */
int oscan_trigger_get(struct oscan_motor *motor, unsigned int line,
		      struct oscan_trigger *state);

/**
 * oscan_trigger_set - have a line pulse where an axis passes positions
 * @set: request. Prepare it with designated initialisers so that the rest is
 *	zero. A list of positions is copied by the driver.
 */
int oscan_trigger_set(struct oscan_motor *motor,
		      const struct oscan_trigger_set *set);

/**
 * oscan_trigger_pulse - pulse a line now
 * @width_ns: length, nanoseconds, OSCAN_PULSE_MIN_NS or more
 * @pulse: out, may be NULL: when that was and where all axes were
 */
int oscan_trigger_pulse(struct oscan_motor *motor, unsigned int line,
			uint32_t width_ns, struct oscan_pulse *pulse);

/** oscan_capture_find - oscan_trigger_find() of a capture line */
int oscan_capture_find(struct oscan_motor *motor, const char *name);

/** oscan_capture_get - read the state of a capture line into @state */
int oscan_capture_get(struct oscan_motor *motor, unsigned int line,
		      struct oscan_capture *state);

/**
 * oscan_capture_set - have edges of a line latch time and positions
 * @edges: OSCAN_CAPTURE_*, 0 for none
 * @min_interval_ns: edges that follow one that latched sooner than that are
 *	only counted
 */
int oscan_capture_set(struct oscan_motor *motor, unsigned int line,
		      uint32_t edges, uint32_t min_interval_ns);

/** @} */

/**
 * @defgroup events Events: what has happened, one by one
 *
 * Each open motor has a queue of its own, so a program that only waits for
 * events opens a motor for that, not writable.
 * @{
 */

/**
 * oscan_events_subscribe - have events come, or no longer
 * @types: mask of OSCAN_EVENT_BIT(), 0 for none. Forgets what was not read.
 *
 * Return: 0, or -1 with the errors of OSCAN_IOC_EVENTS.
 */
int oscan_events_subscribe(struct oscan_motor *motor, uint32_t types);

/**
 * oscan_events_read - wait for events and take them
 * @events: out: shape [count]
 * @count: at least 1
 * @timeout_ms: longest wait for the first one; 0 looks once, negative waits
 *	for ever
 *
 * What oscan_motor_fd() says is to be read can be waited for by poll(2), too.
 * One thread at a time reads from a motor.
 *
 * Return: number of events, at least 1, or -1: ETIMEDOUT, EINTR a signal
 * handler ran, ENODATA not subscribed, ENODEV the device is gone and all there
 * was has been taken, EINVAL no room, EIO a short read, EBADE.
 */
int oscan_events_read(struct oscan_motor *motor, struct oscan_event *events,
		      size_t count, int timeout_ms);

/** @} */

/**
 * @defgroup page Page: where the axes are, without a system call
 *
 * Any number of threads may read the same page at the same time, from any
 * context, signal handlers included.
 * @{
 */

/**
 * oscan_page_open - map the page of a device
 * @path: device file, NULL for OSCAN_DEVICE_PATH; opened to read
 *
 * Return: page, to be unmapped with oscan_page_close(), or NULL: errno of
 * open(2) or mmap(2) (ENODEV also for a file that cannot be mapped or is
 * shorter than a page), EPROTO: another version of the page than this library
 * knows, or another file.
 */
const struct oscan_page *oscan_page_open(const char *path);

/** oscan_page_close - unmap; NULL is accepted */
void oscan_page_close(const struct oscan_page *page);

/**
 * oscan_page_read - one axis, all fields of one moment
 * @axis: out. @seq is even, and 2 more for each change since the driver was
 *	bound, wrapping.
 *
 * Waits while the driver writes the axis, which takes about a microsecond.
 * Memory order: what was read is not older than anything that the calling
 * thread knew of before the call, for the fields are read between two reads of
 * @seq, the first of which is an acquire and the second of which follows an
 * acquire fence.
 *
 * Return: 0, or -1: ENXIO no such axis; ENODEV the device is gone, and @axis
 * was filled in with how it was last.
 */
int oscan_page_read(const struct oscan_page *page, unsigned int number,
		    struct oscan_page_axis *axis);

/** @} */

/**
 * @defgroup homing Homing: find an end stop and with it the position
 * @{
 */

/**
 * enum oscan_homing_phase - the parts of a homing, in their order
 * @OSCAN_HOMING_FAST: to the end stop; left out where it is closed already
 * @OSCAN_HOMING_BACK_OFF: away from it until it is open
 * @OSCAN_HOMING_SLOW: to it again, this time to measure
 * @OSCAN_HOMING_SET: set the position where it closed
 */
enum oscan_homing_phase {
	OSCAN_HOMING_FAST = 1,
	OSCAN_HOMING_BACK_OFF = 2,
	OSCAN_HOMING_SLOW = 3,
	OSCAN_HOMING_SET = 4,
};

/**
 * struct oscan_homing - what to do and how it went
 * @axis: number of the axis
 * @direction: -1 to the lower end stop, +1 to the upper one
 * @fast_sps_q44: speed of the first seek and of backing off; 0 for the
 *	start-stop rate, from which the motor can stop at once, or the axis's
 *	greatest speed if that is lower
 * @slow_sps_q44: speed of the second seek, at most the start-stop rate and the
 *	axis's greatest speed; 0 for a tenth of @fast_sps_q44, but no more than
 *	those
 * @backoff_steps: how far to back off, microsteps, above 0; 0 for 2 degrees
 *	or 2 millimetres. As long as the end stop is closed after that it is
 *	done again, four times in all.
 * @travel_steps: greatest length of the first seek, microsteps, above 0; 0
 *	for the distance between the soft limits and a quarter of it, else, for
 *	a rotary axis, a turn and a quarter. A linear axis without soft limits
 *	must be told.
 * @position: position of the place where the end stop closes, microsteps
 * @go_on: asked about every 10 ms with the latest state; false ends the
 *	homing with ECANCELED. May be NULL.
 * @data: passed on
 * @phase: out: the last one begun, 0 if none was
 * @end: out: enum oscan_end of the last move, 0 if none was made
 * @offset_steps: out, after success: what was added to the position
 */
struct oscan_homing {
	unsigned int axis;
	int direction;
	uint64_t fast_sps_q44;
	uint64_t slow_sps_q44;
	int64_t backoff_steps;
	int64_t travel_steps;
	int64_t position;
	bool (*go_on)(const struct oscan_state *state, void *data);
	void *data;
	uint32_t phase;
	uint32_t end;
	int64_t offset_steps;
};

/**
 * oscan_home - find an end stop, and know the position from then on
 * @homing: request; outputs are filled in as it goes on, the rest stays as it
 *	is. Prepare it with designated initialisers so that the rest is zero.
 *
 * Blocks. Switches the motor on if it is off. Afterwards the axis stands where
 * the end stop closed, or a step further, and its position is
 * OSCAN_POSITION_KNOWN. Soft limits do not apply meanwhile.
 *
 * After an error the axis is at rest, unless the device is gone, and its
 * position is not to be relied on: it was counted on, but nothing was set.
 *
 * Return: 0, or -1:
 *   EOPNOTSUPP  the axis has no end stop on that side; nothing moved
 *   EINVAL      @direction is not -1 or +1, a distance is negative or too long
 *               or has no value to go by, the slow speed is above the
 *               start-stop rate or the axis's greatest; nothing moved
 *   ENODATA     it never closed: in OSCAN_HOMING_FAST within @travel_steps, in
 *               OSCAN_HOMING_SLOW within one @backoff_steps beyond the way
 *               backed off
 *   ENOSPC      it is closed and stays so, however far the axis backed off
 *   EXDEV       the end stop of the other side closed: the motor turns the
 *               wrong way, or the end stops are exchanged. The axis was
 *               halted.
 *   EIO         a move ended for another reason, @end says which
 *   ESTALE      after the end stop was found, something happened that makes
 *               the position suspect
 *   ECANCELED   @go_on said so; the axis decelerated to a stop
 *   EINTR       a signal handler ran and there is no @go_on; likewise
 * or an error of oscan_motor_state(), oscan_motor_enable() or
 * oscan_motor_move().
 */
int oscan_home(struct oscan_motor *motor, struct oscan_homing *homing);

/** @} */

/**
 * @defgroup units Units: microsteps and the user's units
 *
 * The user's unit of an axis is the degree or the millimetre. These are pure.
 * @{
 */

/** oscan_axis_unit_name - "deg" or "mm" */
const char *oscan_axis_unit_name(const struct oscan_axis_info *axis);

/** oscan_axis_steps_per_unit - microsteps per degree or millimetre, > 0 */
double oscan_axis_steps_per_unit(const struct oscan_axis_info *axis);

/**
 * oscan_axis_steps_per_turn - microsteps per turn of the axis, > 0
 *
 * Full steps per turn of the motor x microsteps x gear ratio; need not be
 * whole.
 */
double oscan_axis_steps_per_turn(const struct oscan_axis_info *axis);

/** oscan_axis_to_unit - position in degrees or millimetres */
double oscan_axis_to_unit(const struct oscan_axis_info *axis, double steps);

/**
 * oscan_axis_to_steps - nearest position in microsteps
 * @value: degrees or millimetres
 * @steps: out
 *
 * Return: 0, or -1 with ERANGE when @value is not finite or beyond
 * OSCAN_POSITION_LIMIT.
 */
int oscan_axis_to_steps(const struct oscan_axis_info *axis, double value,
			int64_t *steps);

/**
 * enum oscan_way - how a turntable gets to an angle
 * @OSCAN_WAY_ABSOLUTE: to this very position, however many turns that takes
 * @OSCAN_WAY_SHORTEST: at most half a turn; upwards when both ways are as far
 * @OSCAN_WAY_UP: upwards, less than a turn
 * @OSCAN_WAY_DOWN: downwards, less than a turn
 */
enum oscan_way {
	OSCAN_WAY_ABSOLUTE = 1,
	OSCAN_WAY_SHORTEST = 2,
	OSCAN_WAY_UP = 3,
	OSCAN_WAY_DOWN = 4,
};

/**
 * oscan_axis_to_steps_by_way - where an axis has to go for an angle
 * @value: degrees or millimetres; any number of turns
 * @from: where the axis is, microsteps
 * @way: but for OSCAN_WAY_ABSOLUTE only of an axis with OSCAN_AXIS_WRAPS
 * @steps: out: position to move to, microsteps
 *
 * Limits are held against @value before any turn is taken off it, and against
 * the result. An axis that stands on the microstep nearest to the angle stays
 * there, whatever the way. Exact over any number of turns, also where a turn
 * is no whole number of microsteps.
 *
 * Return: 0, or -1 with ERANGE as oscan_axis_to_steps(), EDOM: outside of the
 * soft limits, EOPNOTSUPP: the axis does not wrap.
 */
int oscan_axis_to_steps_by_way(const struct oscan_axis_info *axis,
			       double value, int64_t from, enum oscan_way way,
			       int64_t *steps);

/**
 * oscan_axis_calibrate - the scale from a travel that was measured
 * @axis: with the scale by which it was commanded
 * @commanded: travel that the axis was told to make, any unit
 * @measured: travel that it made, the same unit and sign
 * @tolerance: relative uncertainty of @measured, 0 to under 1
 * @calibrated: out: @axis with gear_num and gear_den (a rotary axis) or
 *	travel_per_turn_nm (a linear one) replaced; may be @axis
 *
 * The gear ratio is the fraction of least denominator within @tolerance, or
 * within 10^-10 if that is less; the travel per turn is to the nearest
 * nanometre. Microsteps of limits and positions mean other angles then.
 *
 * Return: 0, or -1 with EINVAL: a travel is zero, not finite, or their signs
 * differ; ERANGE: the result does not fit in its 32 bits. Then @calibrated is
 * unchanged.
 */
int oscan_axis_calibrate(const struct oscan_axis_info *axis,
			 double commanded, double measured, double tolerance,
			 struct oscan_axis_info *calibrated);

/**
 * oscan_speed_from_double - microsteps/s to the kernel's fixed point
 *
 * Return: nearest value, but at least 1 for any speed above zero, since 0 asks
 * a move for the axis's greatest; 0 when @steps_per_s is not above zero or not
 * a number, UINT64_MAX when it is beyond what the format can hold.
 */
uint64_t oscan_speed_from_double(double steps_per_s);

/** oscan_speed_to_double - the reverse, microsteps/s */
double oscan_speed_to_double(uint64_t speed_sps_q44);

/** oscan_accel_from_double - microsteps/s^2; as oscan_speed_from_double() */
uint64_t oscan_accel_from_double(double steps_per_s2);

/** oscan_accel_to_double - the reverse, microsteps/s^2 */
double oscan_accel_to_double(uint64_t accel_sps2_q32);

/** oscan_jerk_from_double - microsteps/s^3; as oscan_speed_from_double() */
uint64_t oscan_jerk_from_double(double steps_per_s3);

/** oscan_jerk_to_double - the reverse, microsteps/s^3 */
double oscan_jerk_to_double(uint64_t jerk_sps3_q24);

/** @} */

/**
 * @defgroup monitor Monitor: every step, change of state and event, as it comes
 *
 * A monitor is a netlink socket. Any number may be open, in any process, with
 * no right but to open a socket.
 * @{
 */

struct oscan_monitor;

/** enum oscan_monitor_group - what to receive, a bit mask */
enum oscan_monitor_group {
	OSCAN_MONITOR_TRACE = 1 << 0,	/* every step */
	OSCAN_MONITOR_STATE = 1 << 1,	/* every change of state */
	OSCAN_MONITOR_THIN = 1 << 2,	/* steps evenly apart, see */
					/* oscan_stream_set(); not together */
					/* with OSCAN_MONITOR_TRACE */
	OSCAN_MONITOR_EVENT = 1 << 3,	/* every event */
};

/**
 * struct oscan_trace_batch - steps of one axis in one direction
 * @axis: number of the axis
 * @steps: number of steps, 0 if the batch only moves the horizon
 * @direction: +1 or -1; 0 if @steps is 0
 * @first_position: position after the first step
 * @times_ns: shape [steps], time of each step, ascending
 * @late_ns: shape [steps], by how much each was late, as in struct
 *	oscan_stats; 2^32 - 1 is also for more
 * @first_number: of the first step, among all that the axis has made in both
 *	directions, from 1; as @steps of struct oscan_state. What the others
 *	have follows from @spacing.
 * @total: steps that the axis had made at the horizon
 * @spacing: microsteps from each step of the batch to the next: 1, or of
 *	OSCAN_MONITOR_THIN the setting; such a batch has the steps to multiples
 *	of it, and no other
 * @horizon_ns: no further step of this axis up to this time
 * @missed: true if anything may be missing between the batch before and this
 *	one: a message was dropped, or the driver's ring was full; false for
 *	the first batch of an axis, which has none before it. How many steps
 *	follows from @first_number and @total of the batch before.
 * @lost_total: steps that the driver could not put on the trace so far
 */
struct oscan_trace_batch {
	unsigned int axis;
	size_t steps;
	int direction;
	int64_t first_position;
	const uint64_t *times_ns;
	const uint32_t *late_ns;
	uint64_t first_number;
	uint64_t total;
	unsigned int spacing;
	uint64_t horizon_ns;
	bool missed;
	uint64_t lost_total;
};

/**
 * struct oscan_monitor_handler - what to call for each message
 * @trace: steps came; pointers are valid during the call. May be NULL.
 * @state: an axis changed its state. May be NULL.
 * @event: something happened, of any enum oscan_event_type, in order and after
 *	the steps that led to it; @seq counts on for all watchers. @missed is
 *	true if events may be missing between the one before and this one: a
 *	message was dropped, or the driver's ring was full; how many is the gap
 *	in @seq. False for the first. Types that a program does not know are to
 *	be passed over. May be NULL.
 * @data: passed on
 */
struct oscan_monitor_handler {
	void (*trace)(const struct oscan_trace_batch *batch, void *data);
	void (*state)(const struct oscan_state *state, void *data);
	void (*event)(const struct oscan_event *event, bool missed,
		      void *data);
	void *data;
};

/**
 * oscan_monitor_open - subscribe
 * @groups: bit mask of enum oscan_monitor_group
 *
 * What comes is what is sent from this call on. To know where an axis was
 * then, read its state after this call and begin a track with it. The
 * subscription ends when the driver is unloaded; nothing tells.
 *
 * Return: new monitor, to be closed with oscan_monitor_close(), or NULL:
 * ENOENT: the driver is not loaded, or this is not the initial network
 * namespace; EINVAL: no group, an unknown one, or both TRACE and THIN; EPERM,
 * ENOMEM, EIO: netlink failed otherwise.
 */
struct oscan_monitor *oscan_monitor_open(unsigned int groups);

/** oscan_monitor_close - close; NULL is accepted */
void oscan_monitor_close(struct oscan_monitor *monitor);

/**
 * oscan_monitor_fd - file descriptor to poll for reading, not blocking
 *
 * Owned by the monitor, closed on exec. poll(2) also returns POLLERR after
 * messages were dropped; call oscan_monitor_read() then too.
 */
int oscan_monitor_fd(const struct oscan_monitor *monitor);

/**
 * oscan_monitor_read - handle every message that has come
 *
 * Never blocks.
 *
 * Return: number of messages handled, 0 if there was none, or -1: EBADE for
 * a message that is not as <linux/oscan.h> says: that one was left out, and
 * the next batch of its axis, or the next event, says so in @missed, all
 * others were handled; ENOMEM, EIO: netlink failed. A full socket buffer is no
 * error here; what comes after the gap says so in @missed. Messages and attributes that this
 * library does not know are ignored.
 */
int oscan_monitor_read(struct oscan_monitor *monitor,
		       const struct oscan_monitor_handler *handler);

/** @} */

/**
 * @defgroup query Query: what the driver says to anybody
 *
 * As the requests of oscan_motor, but over netlink: these need no right to open
 * the device. They may be called by any thread at any time; each blocks for as
 * long as the kernel needs to answer.
 *
 * Errors: ENOENT: the driver is not loaded, or this is not the initial network
 * namespace; ENODEV: it has no device; EBADE; ENOMEM, EIO: netlink failed.
 * @{
 */

/** oscan_query_info - the controller, into @info. Return: 0, or -1. */
int oscan_query_info(struct oscan_info *info);

/**
 * oscan_query_axes - what firmware says of all axes
 * @axes: out: shape [OSCAN_MAX_AXES]
 *
 * Return: number of axes, or -1.
 */
int oscan_query_axes(struct oscan_axis_info *axes);

/**
 * oscan_query_states - the present state of all axes; after a loss, say
 * @states: out: shape [OSCAN_MAX_AXES]; without OSCAN_STATE_MINE
 *
 * Return: number of axes, or -1.
 */
int oscan_query_states(struct oscan_state *states);

/**
 * oscan_query_stats - the statistics of all axes
 * @stats: out: shape [OSCAN_MAX_AXES]
 *
 * Return: number of axes, or -1.
 */
int oscan_query_stats(struct oscan_stats *stats);

/**
 * struct oscan_stream - how the steps of an axis are told to all subscribers
 * @period_ms: steps wait at most so long for their message while others
 *	follow, 1 to OSCAN_PERIOD_MS_MAX milliseconds
 * @spacing: OSCAN_MONITOR_THIN tells the steps to multiples of this, 1 to
 *	OSCAN_SPACING_MAX microsteps
 */
struct oscan_stream {
	uint32_t period_ms;
	uint32_t spacing;
};

/**
 * oscan_stream_get - the settings of an axis, into @stream
 *
 * Return: 0, or -1, also with ENXIO: no such axis.
 */
int oscan_stream_get(unsigned int axis, struct oscan_stream *stream);

/**
 * oscan_stream_set - change the settings of an axis
 * @stream: a field that is 0 stays as it is
 *
 * For all programs, until the driver is unbound. OSCAN_MONITOR_TRACE has every
 * step whatever @spacing is.
 *
 * Return: 0, or -1, also with ENXIO: no such axis; ERANGE: out of range;
 * EINVAL: both are 0; EPERM: it needs CAP_NET_ADMIN.
 */
int oscan_stream_set(unsigned int axis, const struct oscan_stream *stream);

/** @} */

/**
 * @defgroup track Track: where an axis was at a time
 *
 * A track keeps the steps of one axis and answers between them. It is pure: fed
 * from a monitor or from a file, the answers are the same.
 *
 * At the time of a step the position is exactly the count. Within a move the
 * position goes evenly from each step to the next, which is where the plan put
 * it to within 0.25 microsteps (S-curves: 0.4) next to a rest and far less
 * elsewhere. The axis stands at the count
 *   - between the beginning and the first step, between the last step and the
 *     horizon, and between a step and the horizon before a gap;
 *   - in a rest, which is an interval at least four times as long as the one
 *     before it, up to that one's length before the next step: a move begins
 *     from rest as slowly as the one before it ended.
 * Both differ from the plan by less than a microstep where the next move is
 * accelerated otherwise, or the axis makes single steps. An answer from after
 * the last step is likewise less than a microstep from what it will be when
 * the next step has come.
 *
 * Threads: one thread at a time may change a track (oscan_track_add...(),
 * oscan_track_set_...()) while any number of others ask; only
 * oscan_track_steps() and oscan_track_free() are for when nobody changes it.
 * Who adds waits for the look-ups under way and for no others.
 * @{
 */

struct oscan_track;

/**
 * struct oscan_position - an answer
 * @steps: microsteps, with the part between two steps
 * @speed: microsteps per second at that time, signed; 0 at rest
 * @sigma: standard uncertainty of @steps, microsteps:
 *	sqrt(1 / 12 + @speed^2 (late^2 + clock^2)), of the step as a rectangle
 *	one microstep wide and of what oscan_track_set_sigma() said, which is
 *	nothing where it was not called
 */
struct oscan_position {
	double steps;
	double speed;
	double sigma;
};

/**
 * oscan_track_new - an empty track
 * @position: position at @time_ns, microsteps
 * @time_ns: from when on the track knows
 *
 * Return: new track, to be freed with oscan_track_free(), or NULL with ENOMEM.
 */
struct oscan_track *oscan_track_new(int64_t position, uint64_t time_ns);

/** oscan_track_free - free; NULL is accepted */
void oscan_track_free(struct oscan_track *track);

/**
 * oscan_track_set_window - forget the oldest steps from now on
 * @steps: number of the last steps to keep at least; 0, as of a new track,
 *	to keep all
 *
 * The track then keeps less than twice as many: it forgets the older half when
 * it comes to that, and the oldest step that is kept becomes its beginning.
 * Fed with batches no longer than @steps, of which there must be 512 or more,
 * it takes at most 250 bytes for each of them, and 64 where the axis seldom
 * turns round.
 */
void oscan_track_set_window(struct oscan_track *track, size_t steps);

/**
 * oscan_track_set_sigma - what is uncertain about times
 * @late_ns: standard uncertainty of a step's time against the even motion of
 *	the rotor, nanoseconds: the worst lateness of struct oscan_stats / 3,
 *	say. The time itself is that of the edge, so where the edges and not
 *	the rotor matter it is 0.
 * @clock_ns: standard uncertainty of the times that are asked for, such as
 *	those of a camera, or of the offset of their clock, nanoseconds
 *
 * Of every answer from now on.
 */
void oscan_track_set_sigma(struct oscan_track *track, uint64_t late_ns,
			   uint64_t clock_ns);

/**
 * oscan_track_add - append a batch
 *
 * A batch that does not join (missed, or its first position is not one step in
 * its direction from the last) opens a gap: no answer is given between the
 * last horizon and the first step after. A batch without steps moves the
 * horizon only; one with an older horizon than the track's changes nothing.
 * Steps up to and including the time of the track's beginning are left out,
 * and with them what was missed before them: the beginning's position has
 * them in it.
 *
 * Return: 0, or -1: ENOMEM; EINVAL: steps at or before the last step's time or
 * before the horizon, times that do not rise, a horizon before the last time,
 * a direction that is not +1 or -1, a position beyond OSCAN_POSITION_LIMIT, a
 * @spacing above 1.
 * After an error the track is unchanged.
 */
int oscan_track_add(struct oscan_track *track,
		    const struct oscan_trace_batch *batch);

/**
 * oscan_track_add_state - move the horizon to when a state was read
 * @state: of the same axis, as oscan_motor_state() or a monitor brought it
 *
 * An axis at rest sends nothing, so this is how a track learns that it still
 * rests. A state that is older than the horizon changes nothing.
 *
 * Return: 0, or -1: EAGAIN the steps that led to it have not all been added:
 * read the monitor and try again, but after a loss only the next step helps;
 * ESTALE they have, but the position was set since: begin a new track with
 * this state. After an error the track is unchanged.
 */
int oscan_track_add_state(struct oscan_track *track,
			  const struct oscan_state *state);

/**
 * oscan_track_at - position at a time
 *
 * Takes a time that grows with the logarithm of the number of steps.
 *
 * Return: 0, or -1: ERANGE before the beginning or after the horizon (nothing
 * is ever extrapolated), ESTALE before the beginning in what was forgotten,
 * ENODATA in a gap.
 */
int oscan_track_at(const struct oscan_track *track, uint64_t time_ns,
		   struct oscan_position *position);

/**
 * oscan_track_when - first time at or after @after_ns at which a position
 * was passed
 * @steps: microsteps, may lie between two steps
 * @after_ns: may lie before the beginning or in a gap
 * @time_ns: out, nearest nanosecond; @after_ns itself where the axis stood at
 *	@steps then
 *
 * What was passed within a gap or in what was forgotten is not found. Takes a
 * time that grows with the logarithm of the number of steps and the number of
 * reversals and rests from @after_ns to the answer.
 *
 * Return: 0, or -1: ENODATA never passed in what the track knows; ESTALE nor
 * there, but @after_ns lies before it in what was forgotten. Then @time_ns is
 * unchanged.
 */
int oscan_track_when(const struct oscan_track *track, double steps,
		     uint64_t after_ns, uint64_t *time_ns);

/** oscan_track_begin - time from which on the track knows, nanoseconds */
uint64_t oscan_track_begin(const struct oscan_track *track);

/** oscan_track_horizon - time up to which the track knows, nanoseconds */
uint64_t oscan_track_horizon(const struct oscan_track *track);

/** oscan_track_gaps - number of gaps so far, forgotten ones too */
size_t oscan_track_gaps(const struct oscan_track *track);

/** oscan_track_count - number of steps kept */
size_t oscan_track_count(const struct oscan_track *track);

/**
 * oscan_track_steps - the steps themselves
 * @times_ns: out: shape [count], time of each step
 * @positions: out: shape [count], position after each step
 *
 * Both stay valid until the track is changed or freed.
 */
void oscan_track_steps(const struct oscan_track *track,
		       const uint64_t **times_ns, const int64_t **positions);

/** @} */

/**
 * @defgroup clock Clock: from CLOCK_MONOTONIC to other clocks
 *
 * All times of oscan are of CLOCK_MONOTONIC, which does not go on while the
 * machine is suspended. Read the clocks where a recording begins and where it
 * ends; what lies between can then be told on the others. Any thread.
 * @{
 */

/**
 * struct oscan_clocks - how far other clocks were ahead of CLOCK_MONOTONIC
 * @monotonic_ns: when
 * @boottime_offset_ns: CLOCK_BOOTTIME less CLOCK_MONOTONIC, nanoseconds
 * @boottime_error_ns: greatest error of that; as a standard uncertainty it is
 *	this / sqrt(3), nanoseconds
 * @realtime_offset_ns: CLOCK_REALTIME (UTC since 1970, without leap seconds)
 *	less CLOCK_MONOTONIC, nanoseconds
 * @realtime_error_ns: greatest error of that, not of the machine's time of day
 */
struct oscan_clocks {
	uint64_t monotonic_ns;
	int64_t boottime_offset_ns;
	uint64_t boottime_error_ns;
	int64_t realtime_offset_ns;
	uint64_t realtime_error_ns;
};

/**
 * oscan_clock_read - the offsets now
 * @clocks: out
 *
 * Each of the clocks is read between two readings of CLOCK_MONOTONIC, several
 * times; the tightest pair counts and its half width is the error, some tens
 * of nanoseconds on most machines.
 *
 * Return: 0, or -1 with an error of clock_gettime(2). Then @clocks is
 * unchanged.
 */
int oscan_clock_read(struct oscan_clocks *clocks);

/**
 * oscan_clock_at - the offsets at a time between two readings
 * @start: the earlier reading
 * @end: the later one
 * @time_ns: CLOCK_MONOTONIC, from @start to @end
 * @clocks: out; may be @start or @end
 *
 * Offsets change evenly between the two, as they do while the time of day is
 * disciplined. They may also have changed at once, by a suspend or because the
 * time was set, and nobody knows when; so each error is the greater one of the
 * two readings and the distance of the answer from the reading that is farther
 * off. At the time of a reading it is that reading.
 *
 * Return: 0, or -1: EINVAL @end is before @start, ERANGE @time_ns is not
 * between them. Then @clocks is unchanged.
 */
int oscan_clock_at(const struct oscan_clocks *start,
		   const struct oscan_clocks *end, uint64_t time_ns,
		   struct oscan_clocks *clocks);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* OSCAN_H */
