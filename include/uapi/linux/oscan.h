/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * oscan: step motors that move an object past a camera.
 *
 * Commands go down through ioctls on /dev/oscan-motor, facts come up through
 * the generic netlink family "oscan". The driver knows steps and time only:
 *
 *   position  __s64, microsteps, as counted when the STEP edge was written
 *   time      __u64, nanoseconds of CLOCK_MONOTONIC
 *   speed     __u64, microsteps per second in units of 2^-44 (name ends in
 *             _sps_q44); 1 microstep/s is 1 << 44, the greatest value is just
 *             under 2^20 microsteps/s. A pass of one hour ends on its
 *             nanosecond.
 *   acceleration  __u64, microsteps per second squared in units of 2^-32
 *             (name ends in _sps2_q32)
 *   jerk      __u64, microsteps per second cubed in units of 2^-24 (name
 *             ends in _sps3_q24)
 *
 * Degrees, millimetres and the wrap of a turntable belong to userspace, which
 * finds the scale in struct oscan_axis_info.
 *
 * Who may do what: any number of files may be open. Requests that only read
 * work on every one of them. Commands need a file opened for writing (-EBADF)
 * and take control of the controller for that file: until it is closed, the
 * commands of every other file fail with -EBUSY. OSCAN_IOC_STOP and
 * OSCAN_IOC_HALT are the exception: they take no control and are accepted
 * from any file opened for writing, so that a second terminal can always stop
 * the machine. When the file that holds control is closed, by close(2) or
 * because its process died, its axes decelerate to a stop and control is
 * free. A mapping of the page (struct oscan_page) keeps its file open, so it
 * should be of a file that never commands.
 *
 * What sets trigger and capture lines needs a file opened for writing (-EBADF)
 * and fails with -EBUSY while another one holds control, but takes none: like
 * a position, a setting stays until it is changed or the driver is unbound.
 *
 * Errors that every request may return:
 *   -ENOTTY   unknown request
 *   -EFAULT   bad pointer
 *   -EINVAL   padding or reserved field not zero, unknown flag, value outside
 *             of the documented range
 *   -ENODEV   the device is gone; the file stays open and says this for ever
 *   -ENXIO    no such axis or line
 *
 * Every struct has the same layout for 32-bit and 64-bit processes. Reserved
 * fields of commands must be zero on the way in; requests that only read look
 * at nothing but the number of the axis or line. All are zero on the way out.
 */
#ifndef _UAPI_LINUX_OSCAN_H
#define _UAPI_LINUX_OSCAN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * OSCAN_ABI_VERSION - version of this file
 *
 * Raised when something is added. Nothing is ever taken away or changed, so
 * a program works with every driver whose version is not below its own.
 */
#define OSCAN_ABI_VERSION	1

#define OSCAN_MAX_AXES		8
#define OSCAN_NAME_LEN		32
#define OSCAN_MAX_TRIGGERS	4
#define OSCAN_MAX_CAPTURES	4

/* Speed, acceleration and jerk of one, see the top of this file. */
#define OSCAN_SPEED_ONE		(1ULL << 44)
#define OSCAN_ACCEL_ONE		(1ULL << 32)
#define OSCAN_JERK_ONE		(1ULL << 24)

/**
 * OSCAN_POSITION_LIMIT - greatest absolute position, microsteps
 *
 * A move or a position beyond it is refused with -EOVERFLOW.
 */
#define OSCAN_POSITION_LIMIT	(1LL << 53)

/**
 * OSCAN_MOVE_STEPS_LIMIT - greatest length of one move, microsteps
 */
#define OSCAN_MOVE_STEPS_LIMIT	(1LL << 40)

/**
 * OSCAN_MOVE_QUEUE_LIMIT - moves of one axis that may wait for the running one
 */
#define OSCAN_MOVE_QUEUE_LIMIT	16

/**
 * struct oscan_info - the controller (OSCAN_IOC_INFO)
 * @abi_version: OSCAN_ABI_VERSION of the driver
 * @axes: number of axes, 1 to OSCAN_MAX_AXES; axis numbers are 0 to axes - 1
 * @step_cost_ns: processor time of one step, of a jerk-limited ramp, which
 *	takes longest, as measured when the driver was bound, or as its
 *	parameter of that name says, nanoseconds
 * @max_rate_sps: greatest sum of the speeds of all moving axes, microsteps
 *	per second, that the driver accepts, from @step_cost_ns
 * @triggers: number of trigger lines, 0 to OSCAN_MAX_TRIGGERS; they are 0 to
 *	triggers - 1. @step_cost_ns includes a pulse of each.
 * @captures: number of capture lines, 0 to OSCAN_MAX_CAPTURES, likewise
 * @probed_ns: when the driver was bound to the device, nanoseconds, never 0.
 *	Together with the boot's id it tells whether positions and counts of
 *	steps go on from earlier ones, or began anew because the driver was
 *	loaded or bound again.
 * @reserved: zero
 * @name: name of the device, NUL terminated
 * @driver_version: version of the driver, NUL terminated
 */
struct oscan_info {
	__u32 abi_version;
	__u32 axes;
	__u32 step_cost_ns;
	__u32 max_rate_sps;
	__u32 triggers;
	__u32 captures;
	__u64 probed_ns;
	__u64 reserved[2];
	char name[OSCAN_NAME_LEN];
	char driver_version[OSCAN_NAME_LEN];
};

/**
 * enum oscan_unit - what one turn of the axis's output means
 * @OSCAN_UNIT_DEGREE: a rotary axis, 360 degrees
 * @OSCAN_UNIT_MILLIMETRE: a linear axis, @travel_per_turn_nm of
 *	struct oscan_axis_info
 */
enum oscan_unit {
	OSCAN_UNIT_DEGREE = 1,
	OSCAN_UNIT_MILLIMETRE = 2,
};

/* oscan_axis_info.flags */
#define OSCAN_AXIS_HAS_ENABLE	(1U << 0)	/* has an ENABLE line */
#define OSCAN_AXIS_HAS_LIMITS	(1U << 1)	/* soft limits are in force */
#define OSCAN_AXIS_WRAPS	(1U << 2)	/* a turntable: any angle, */
						/* modulo one turn */
#define OSCAN_AXIS_HAS_MIN_STOP	(1U << 3)	/* has an end stop at the */
						/* lower end of its way */
#define OSCAN_AXIS_HAS_MAX_STOP	(1U << 4)	/* and at the upper end */
#define OSCAN_AXIS_SHARED_ENABLE (1U << 5)	/* its ENABLE line is that of */
						/* other axes, too */

/**
 * struct oscan_axis_info - what firmware says of an axis (OSCAN_IOC_AXIS_INFO)
 * @axis: in: number of the axis
 * @flags: OSCAN_AXIS_*
 * @name: name of the axis, NUL terminated, unique in the controller
 * @unit: enum oscan_unit
 * @full_steps_per_turn: full steps per turn of the motor, 200 for most
 * @microsteps: microsteps per full step, as set on the motor driver
 * @gear_num: turns of the motor per turn of the output is
 *	@gear_num / @gear_den
 * @gear_den: not zero
 * @start_stop_rate_fsps: full steps per second that the motor may start and
 *	stop with at once
 * @travel_per_turn_nm: travel per turn of the output, nanometres; zero for a
 *	rotary axis
 * @limit_min: lower soft limit, microsteps; valid with OSCAN_AXIS_HAS_LIMITS
 * @limit_max: upper soft limit, microsteps
 * @max_speed_sps_q44: greatest speed accepted
 * @max_accel_sps2_q32: greatest acceleration and deceleration accepted; also
 *	the one used where a move gives none
 * @pulse_high_ns: shortest time that STEP is active, nanoseconds
 * @pulse_low_ns: shortest time that STEP is inactive, nanoseconds
 * @dir_setup_ns: shortest time from a change of DIR to the next STEP
 * @dir_hold_ns: shortest time from STEP inactive to a change of DIR
 * @enable_delay_ns: shortest time from ENABLE to the first STEP
 * @catch_up_percent: by how much an interval may be shorter than planned to
 *	work off lateness, 0 to 50 percent
 * @backlash_steps: a move that ends in the direction opposite to the sign of
 *	this goes on by so many microsteps and comes back, so that play in the
 *	gear is always on the same side; 0 for an axis without play
 * @stop_debounce_us: an end stop that has closed counts as open once it was
 *	open for so long, microseconds
 * @idle_off_ms: the motor is switched off after so long at rest,
 *	milliseconds; 0 for never
 * @reserved: zero
 */
struct oscan_axis_info {
	__u32 axis;
	__u32 flags;
	char name[OSCAN_NAME_LEN];
	__u32 unit;
	__u32 full_steps_per_turn;
	__u32 microsteps;
	__u32 gear_num;
	__u32 gear_den;
	__u32 start_stop_rate_fsps;
	__u64 travel_per_turn_nm;
	__s64 limit_min;
	__s64 limit_max;
	__u64 max_speed_sps_q44;
	__u64 max_accel_sps2_q32;
	__u32 pulse_high_ns;
	__u32 pulse_low_ns;
	__u32 dir_setup_ns;
	__u32 dir_hold_ns;
	__u32 enable_delay_ns;
	__u32 catch_up_percent;
	__s64 backlash_steps;
	__u32 stop_debounce_us;
	__u32 idle_off_ms;
	__u64 reserved[6];
};

/**
 * struct oscan_enable - switch a motor driver on or off (OSCAN_IOC_ENABLE)
 * @axis: number of the axis
 * @on: 1 on, 0 off
 * @reserved: zero
 *
 * An axis without an ENABLE line is always on; switching it on is accepted,
 * switching it off fails with -EOPNOTSUPP. -EBUSY also while the axis moves
 * and @on is 0. Switching off makes the position OSCAN_POSITION_SUSPECT.
 *
 * A line that axes share (OSCAN_AXIS_SHARED_ENABLE) is on while at least one
 * of them is. Each must be switched on by itself before it moves; the
 * positions of all of them become suspect when the last one is switched off,
 * and not before, for until then every motor is held.
 *
 * An axis with @idle_off_ms in struct oscan_axis_info is switched off by
 * itself when it has been at rest for so long, as if by this request. The
 * next move then fails with -ESHUTDOWN until it is switched on again. The time
 * begins anew when it is switched on, also where it is on already.
 */
struct oscan_enable {
	__u32 axis;
	__u32 on;
	__u64 reserved[2];
};

/* oscan_move.flags */
#define OSCAN_MOVE_RELATIVE	(1U << 0)	/* target counts from the */
						/* present position or, with */
						/* QUEUE, the end of the */
						/* move before */
#define OSCAN_MOVE_REPLACE	(1U << 1)	/* a running move and those */
						/* that wait give way */
#define OSCAN_MOVE_QUEUE	(1U << 2)	/* after those accepted so */
						/* far */
#define OSCAN_MOVE_JOG		(1U << 3)	/* target is a direction */
#define OSCAN_MOVE_DIRECT	(1U << 4)	/* no approach against play */
#define OSCAN_MOVE_HOMING	(1U << 5)	/* soft limits do not apply, */
						/* for where they are is yet */
						/* to be found; only for an */
						/* axis with an end stop, */
						/* not with JOG */

/**
 * struct oscan_move - move an axis (OSCAN_IOC_MOVE, OSCAN_IOC_MOVE_TOGETHER)
 * @axis: number of the axis
 * @flags: OSCAN_MOVE_*
 * @target: microsteps; with OSCAN_MOVE_JOG 1 or -1
 * @speed_sps_q44: speed of the even part; zero means the axis's greatest
 * @accel_sps2_q32: acceleration; zero means the axis's greatest
 * @decel_sps2_q32: deceleration; zero means the same as the acceleration
 * @start_ns: out: CLOCK_MONOTONIC time of the move's origin, from which the
 *	schedule counts. Lines that need setting up first delay it, so it may
 *	lie a little in the future. Zero for a move of no steps and for one
 *	that waits or replaces.
 * @duration_ns: out: planned duration, nanoseconds. Lateness adds to it. Zero
 *	where @start_ns is.
 * @move_id: out: number of this move, from 1, never zero, one sequence per
 *	axis; see struct oscan_state
 * @reserved0: zero
 * @jerk_sps3_q24: greatest jerk: the acceleration changes evenly, which is
 *	called an S-curve; zero means that it may change at once
 * @pass_steps: with @pass_ns, in place of @speed_sps_q44: the even part makes
 *	exactly so many microsteps
 * @pass_ns: in so many nanoseconds; zero means that @speed_sps_q44 counts
 * @reserved: zero
 *
 * The call returns when the move has been accepted; the move runs by itself.
 * Step n of N is due when the ideal position, which starts at rest, speeds up
 * within the limits of acceleration and jerk, keeps its speed and slows down
 * in the same way to rest, is exactly n. Without a limit of jerk the first
 * step is thus due sqrt(2 / acceleration) after the origin, the last one at
 * the very end.
 *
 * While the axis moves a move is refused unless it says what it wants:
 *
 * OSCAN_MOVE_REPLACE: from the present speed to the new target. Where the
 * target is nearer than the axis can stop, or behind it, it stops first and
 * then comes back. The new limits hold from now on; a speed above the new one
 * is left with the new deceleration. Only where the move would else be refused,
 * as when it would brake beyond the soft limits, or level its acceleration at a
 * speed above that of both moves, it has the greater one of the old and the new
 * deceleration and jerk, of which no limit of jerk is the greatest.
 *
 * OSCAN_MOVE_QUEUE: when all moves before it are done. Two moves in the same
 * direction join at the lower of their speeds, or what the rest of the queue
 * lets be stopped in time, and the position where they meet is passed exactly
 * then. Up to OSCAN_MOVE_QUEUE_LIMIT moves may wait. A queued move of no steps
 * is dropped.
 *
 * Neither makes a difference at rest. OSCAN_IOC_STOP, OSCAN_IOC_HALT and the
 * end of control drop all moves that wait.
 *
 * OSCAN_MOVE_JOG: on and on in one direction, to the soft limit or as far as a
 * move may go (OSCAN_MOVE_STEPS_LIMIT or 30 hours), whichever is nearer, and to
 * rest there. With OSCAN_MOVE_REPLACE it changes speed or direction of one that
 * runs. Beyond a soft limit it goes back only, else -EDOM.
 *
 * Errors: -EBUSY another file holds control, or the axis is moving and the
 * move neither replaces nor waits, or it is stopping; -EAGAIN the queue is
 * full; -ESHUTDOWN the axis is not enabled; -ERANGE the speed or acceleration
 * is above the axis's greatest, or the move would take over 2^47 ns (39
 * hours); -E2BIG the summed speed of all moving axes is more than this machine
 * can carry (@max_rate_sps of struct oscan_info); -EDOM the path leaves the
 * soft limits, braking and approach included; -EOVERFLOW the target is beyond
 * OSCAN_POSITION_LIMIT or the move longer than OSCAN_MOVE_STEPS_LIMIT; -ENOSPC
 * the axis is at rest and the end stop on the side of the target is closed;
 * -EOPNOTSUPP OSCAN_MOVE_HOMING and no end stop; -EINVAL flags that contradict
 * each other, a jog with another target than 1 or -1, or a pass with a speed or
 * with only one of its numbers. After an error nothing has changed.
 *
 * An end stop that closes halts the axis at once, without deceleration and
 * with the count right, if the axis moves towards it (OSCAN_END_SWITCH): from
 * the interrupt of its line, and also because its level is read before each
 * step. From above the start-stop rate the position then is
 * OSCAN_POSITION_SUSPECT. Away from a closed end stop the axis moves freely.
 */
struct oscan_move {
	__u32 axis;
	__u32 flags;
	__s64 target;
	__u64 speed_sps_q44;
	__u64 accel_sps2_q32;
	__u64 decel_sps2_q32;
	__u64 start_ns;
	__u64 duration_ns;
	__u32 move_id;
	__u32 reserved0;
	__u64 jerk_sps3_q24;
	__u64 pass_steps;
	__u64 pass_ns;
	__u64 reserved;
};

/* oscan_group.flags */
#define OSCAN_GROUP_ARRIVE	(1U << 0)	/* arrive together, too */

/**
 * struct oscan_group - moves that start together (OSCAN_IOC_MOVE_TOGETHER)
 * @count: number of moves, 1 to OSCAN_MAX_AXES, each of another axis
 * @flags: OSCAN_GROUP_*
 * @moves: address of struct oscan_move [@count], in and out
 * @reserved: zero
 *
 * All or none. All have the same @start_ns. With OSCAN_GROUP_ARRIVE the faster
 * moves are slowed down, so that all have the @duration_ns of the slowest;
 * such moves are direct.
 *
 * Errors: those of OSCAN_IOC_MOVE; -EBUSY also where any axis is moving;
 * -EINVAL also for OSCAN_MOVE_REPLACE, OSCAN_MOVE_QUEUE, an axis named twice
 * and, with OSCAN_GROUP_ARRIVE, OSCAN_MOVE_JOG. After an error nothing has
 * changed.
 */
struct oscan_group {
	__u32 count;
	__u32 flags;
	__u64 moves;
	__u64 reserved[2];
};

/**
 * struct oscan_stop - stop axes (OSCAN_IOC_STOP, OSCAN_IOC_HALT)
 * @axes: bit n set: axis n. Bits of axes that are not there: -ENXIO.
 * @reserved: zero
 *
 * OSCAN_IOC_STOP decelerates as the move would have, and at or below the
 * start-stop rate writes no further step. Where that would lead beyond the end
 * of moves that are joined, it decelerates as hard as any of these may, and
 * without a limit of jerk if it must. OSCAN_IOC_HALT writes no further step at
 * any speed. Both return at once; the axis is at rest when its state
 * says so. The position is right after both. A halt from above the start-stop
 * rate makes it OSCAN_POSITION_SUSPECT, for the rotor may have run on.
 * Stopping an axis at rest does nothing.
 */
struct oscan_stop {
	__u32 axes;
	__u32 reserved[3];
};

/* oscan_set_position.flags */
#define OSCAN_SET_AT_LATCH	(1U << 0)	/* the position is that of */
						/* the latch */

/**
 * struct oscan_set_position - say where an axis is (OSCAN_IOC_SET_POSITION)
 * @axis: number of the axis
 * @flags: OSCAN_SET_*
 * @position: microsteps, absolute value at most OSCAN_POSITION_LIMIT
 * @reserved: zero
 *
 * Moves nothing. The position becomes OSCAN_POSITION_KNOWN, and
 * @latch_position of struct oscan_state is shifted along with it. -EBUSY also
 * while the axis moves; -EOVERFLOW the position is beyond
 * OSCAN_POSITION_LIMIT. Of a motor that is off it holds as long as nothing
 * moves the axis, a hand for instance: the driver would not know.
 *
 * With OSCAN_SET_AT_LATCH @position is that of the place at which an end stop
 * last closed, and the axis is as many steps away from it as were made since.
 * -ENODATA no end stop has closed yet; -ESTALE the axis was not switched on
 * then, or what makes a position suspect has happened since, so that those steps
 * do not tell how far away the axis is.
 */
struct oscan_set_position {
	__u32 axis;
	__u32 flags;
	__s64 position;
	__u64 reserved[2];
};

/**
 * enum oscan_position_state - how far the position can be trusted
 * @OSCAN_POSITION_KNOWN: set or homed, and every step since then was made
 *	within what the motor can follow
 * @OSCAN_POSITION_ASSUMED: as the firmware says it is at power-on
 * @OSCAN_POSITION_SUSPECT: the rotor may have moved without a step or not
 *	moved with one: driver switched off, halt or end stop at speed,
 *	stumble
 * @OSCAN_POSITION_LOST: known to be wrong
 */
enum oscan_position_state {
	OSCAN_POSITION_KNOWN = 1,
	OSCAN_POSITION_ASSUMED = 2,
	OSCAN_POSITION_SUSPECT = 3,
	OSCAN_POSITION_LOST = 4,
};

/**
 * enum oscan_motion - what an axis is doing
 * @OSCAN_MOTION_IDLE: at rest, no step is due
 * @OSCAN_MOTION_MOVING: steps are due
 * @OSCAN_MOTION_STOPPING: decelerating to a stop that was asked for
 */
enum oscan_motion {
	OSCAN_MOTION_IDLE = 1,
	OSCAN_MOTION_MOVING = 2,
	OSCAN_MOTION_STOPPING = 3,
};

/**
 * enum oscan_end - why the last move ended
 * @OSCAN_END_NONE: no move has ended yet
 * @OSCAN_END_DONE: on its target
 * @OSCAN_END_STOPPED: OSCAN_IOC_STOP
 * @OSCAN_END_HALTED: OSCAN_IOC_HALT
 * @OSCAN_END_RELEASED: the file that held control was closed
 * @OSCAN_END_SYSTEM: suspend, reboot or removal of the device
 * @OSCAN_END_SWITCH: the end stop that the axis moved towards closed
 */
enum oscan_end {
	OSCAN_END_NONE = 1,
	OSCAN_END_DONE = 2,
	OSCAN_END_STOPPED = 3,
	OSCAN_END_HALTED = 4,
	OSCAN_END_RELEASED = 5,
	OSCAN_END_SYSTEM = 6,
	OSCAN_END_SWITCH = 7,
};

/* oscan_state.flags */
#define OSCAN_STATE_ENABLED	(1U << 0)	/* the motor driver is on */
#define OSCAN_STATE_CONTROLLED	(1U << 1)	/* some file holds control */
#define OSCAN_STATE_MINE	(1U << 2)	/* this file holds control */
#define OSCAN_STATE_AT_MIN	(1U << 3)	/* the lower end stop is */
						/* closed, debounced */
#define OSCAN_STATE_AT_MAX	(1U << 4)	/* the upper one is */

/**
 * struct oscan_state - one axis at one moment (OSCAN_IOC_STATE)
 * @axis: in: number of the axis
 * @flags: OSCAN_STATE_*
 * @motion: enum oscan_motion
 * @position_state: enum oscan_position_state
 * @end: enum oscan_end of the last move that ended
 * @move_id: number of the running move or, at rest, of the last one; 0 if
 *	there was none
 * @position: microsteps, counted as written
 * @target: where the running or last move ends or was to end, microsteps
 * @time_ns: when this was read. Every step up to this time is in @position.
 * @last_step_ns: when the last STEP edge was written; 0 if there was none
 * @steps: steps written since the driver was bound, both directions summed
 * @trace_seq: sequence number of the next OSCAN_CMD_TRACE message of this
 *	axis; when the steps of @position have not all been sent yet, they come
 *	in that message or later ones
 * @queued: moves that wait for the running one
 * @trace_lost: steps that found the trace ring full, since the driver was
 *	bound; they are in @position but in no OSCAN_CMD_TRACE message
 * @latch_position: position at which an end stop last closed, microsteps
 * @latch_ns: when that was seen; 0 if none has closed since the driver was
 *	bound
 * @latch_count: how often an end stop of this axis has closed since then
 * @latch_stop: the one that closed last, OSCAN_STATE_AT_MIN or
 *	OSCAN_STATE_AT_MAX; 0 if none has
 * @reserved: zero
 *
 * All fields are of the same moment.
 *
 * An end stop closes when it is seen active for the first time, and closes
 * again only after it has been inactive for @stop_debounce_us of struct
 * oscan_axis_info; so however often it bounces it is latched once. An
 * interrupt of a line that is inactive again when it is read is ignored.
 */
struct oscan_state {
	__u32 axis;
	__u32 flags;
	__u32 motion;
	__u32 position_state;
	__u32 end;
	__u32 move_id;
	__s64 position;
	__s64 target;
	__u64 time_ns;
	__u64 last_step_ns;
	__u64 steps;
	__u32 trace_seq;
	__u32 queued;
	__u64 trace_lost;
	__s64 latch_position;
	__u64 latch_ns;
	__u32 latch_count;
	__u32 latch_stop;
	__u64 reserved;
};

/* Number of bins in oscan_stats.late_bins. */
#define OSCAN_LATE_BINS		40

/**
 * struct oscan_stats - how well steps met their time (OSCAN_IOC_STATS)
 * @axis: in: number of the axis
 * @move_id: move that the @move_* fields speak of; 0 if there was none
 * @move_worst_late_ns: greatest lateness in that move, nanoseconds
 * @move_slip_ns: by how much the schedule of that move was shifted in total
 * @move_shortest_ns: shortest interval between two steps as written;
 *	~0 if there were fewer than two
 * @move_stumbles: how often that move had to ramp up again after a pause
 * @stumbles: the same since the driver was bound
 * @worst_late_ns: greatest lateness since the driver was bound
 * @slip_ns: total shift since the driver was bound
 * @late_bins: number of steps by lateness since the driver was bound: bin 0
 *	under 1 ns, bin n from 2^(n-1) to under 2^n nanoseconds, the last one
 *	also everything above
 * @reserved: zero
 *
 * Lateness of a step is the time at which its edge was written less the time
 * at which it was due, after the schedule's shift so far.
 */
struct oscan_stats {
	__u32 axis;
	__u32 move_id;
	__u64 move_worst_late_ns;
	__u64 move_slip_ns;
	__u64 move_shortest_ns;
	__u32 move_stumbles;
	__u32 stumbles;
	__u64 worst_late_ns;
	__u64 slip_ns;
	__u64 late_bins[OSCAN_LATE_BINS];
	__u64 reserved[8];
};

/**
 * enum oscan_trigger_mode - when a trigger line pulses by itself
 * @OSCAN_TRIGGER_OFF: never
 * @OSCAN_TRIGGER_SINGLE: at one position
 * @OSCAN_TRIGGER_EVERY: at positions with the same distance
 * @OSCAN_TRIGGER_LIST: at the positions of a list
 */
enum oscan_trigger_mode {
	OSCAN_TRIGGER_OFF = 1,
	OSCAN_TRIGGER_SINGLE = 2,
	OSCAN_TRIGGER_EVERY = 3,
	OSCAN_TRIGGER_LIST = 4,
};

/* oscan_trigger_set.flags, at least one of them unless the mode is OFF */
#define OSCAN_TRIGGER_UP	(1U << 0)	/* a step upwards matches */
#define OSCAN_TRIGGER_DOWN	(1U << 1)	/* a step downwards does */

/* Entries of the longest list. */
#define OSCAN_TRIGGER_LIST_LIMIT 65536

/* Shortest pulse of a trigger line, nanoseconds. */
#define OSCAN_PULSE_MIN_NS	1000

/**
 * struct oscan_trigger_set - compare output (OSCAN_IOC_TRIGGER_SET)
 * @line: trigger line
 * @axis: axis whose position is compared; 0 with OSCAN_TRIGGER_OFF
 * @mode: enum oscan_trigger_mode. The fields that a mode does not name below
 *	must be zero.
 * @flags: OSCAN_TRIGGER_*, all modes but OFF
 * @start: SINGLE, EVERY: the first position, microsteps, absolute value at
 *	most OSCAN_POSITION_LIMIT
 * @distance: EVERY: from each position to the next, microsteps, not zero; its
 *	sign is the direction in which they follow each other
 * @number: EVERY: how many positions, 0 for on and on. LIST: entries of the
 *	list, 1 to OSCAN_TRIGGER_LIST_LIMIT
 * @positions: LIST: address of __s64 [@number], microsteps, in the order in
 *	which they are to match
 * @width_ns: length of a pulse, all modes but OFF; OSCAN_PULSE_MIN_NS or more,
 *	nanoseconds. No pulse is shorter; it ends by a timer's interrupt.
 * @reserved0: zero
 * @reserved: zero
 *
 * The positions are a sequence that is gone through once, from the first to
 * the last. The trigger waits for one of them at a time. It matches when a
 * step in a direction that @flags let arrives there: the pulse begins in the
 * same interrupt, as the very next write to a line after the step's edge, and
 * the trigger goes on to wait for the next one. From this follows:
 *
 * - No position of the sequence matches twice, however often the axis passes
 *   it, until the trigger is set again. A list may name a place twice, and
 *   then it matches twice, each in its turn.
 * - After a reversal nothing matches until the axis is back at the position
 *   that is waited for. One that was passed only in a direction that does not
 *   match is still waited for.
 * - An axis that stands at a position when the trigger is set has not arrived
 *   there. One that is beyond the first position comes back to it, or never
 *   matches.
 *
 * A match while the line is still active from the pulse before makes no pulse:
 * it is counted as missed and told by OSCAN_EVENT_TRIGGER_MISSED.
 *
 * The numbers are those of oscan_state.position. OSCAN_IOC_SET_POSITION of the
 * axis ends the sequence (OSCAN_TRIGGER_REBASED), for they mean other places
 * then; the trigger must be set again.
 *
 * Setting a line replaces what it did, whatever the axis is doing; a pulse
 * that has begun is finished. After an error nothing has changed.
 *
 * Errors: -EBUSY another file holds control; -EOVERFLOW a position is beyond
 * OSCAN_POSITION_LIMIT, the last one of EVERY included; -ENOMEM.
 */
struct oscan_trigger_set {
	__u32 line;
	__u32 axis;
	__u32 mode;
	__u32 flags;
	__s64 start;
	__s64 distance;
	__u64 number;
	__u64 positions;
	__u32 width_ns;
	__u32 reserved0;
	__u64 reserved[2];
};

/**
 * enum oscan_trigger_status - how far a trigger line is
 * @OSCAN_TRIGGER_IDLE: it was not set, or to OSCAN_TRIGGER_OFF
 * @OSCAN_TRIGGER_ARMED: it waits for @next of struct oscan_trigger
 * @OSCAN_TRIGGER_DONE: all positions have matched, or the next one of an
 *	endless sequence would be beyond OSCAN_POSITION_LIMIT
 * @OSCAN_TRIGGER_REBASED: the position of the axis was set meanwhile
 */
enum oscan_trigger_status {
	OSCAN_TRIGGER_IDLE = 1,
	OSCAN_TRIGGER_ARMED = 2,
	OSCAN_TRIGGER_DONE = 3,
	OSCAN_TRIGGER_REBASED = 4,
};

/**
 * struct oscan_trigger - a trigger line at one moment (OSCAN_IOC_TRIGGER_GET)
 * @line: in: trigger line
 * @status: enum oscan_trigger_status
 * @name: name of the line, NUL terminated
 * @axis: as it was set, as are the following
 * @mode: OSCAN_TRIGGER_OFF if it never was
 * @flags: OSCAN_TRIGGER_*
 * @width_ns: length of a pulse
 * @start: first position
 * @distance: from each position to the next
 * @number: of positions, 0 for on and on; 1 with OSCAN_TRIGGER_SINGLE
 * @next: position waited for, microsteps; 0 unless OSCAN_TRIGGER_ARMED
 * @fired: pulses since it was set
 * @missed: matches since then that made no pulse
 * @last_position: position of the last such pulse; 0 if there was none
 * @last_ns: when the line last became active, by OSCAN_IOC_PULSE too; 0 if it
 *	never did
 * @pulses: pulses since the driver was bound, those of OSCAN_IOC_PULSE too
 * @reserved: zero
 *
 * All fields are of the same moment.
 */
struct oscan_trigger {
	__u32 line;
	__u32 status;
	char name[OSCAN_NAME_LEN];
	__u32 axis;
	__u32 mode;
	__u32 flags;
	__u32 width_ns;
	__s64 start;
	__s64 distance;
	__u64 number;
	__s64 next;
	__u64 fired;
	__u64 missed;
	__s64 last_position;
	__u64 last_ns;
	__u64 pulses;
	__u64 reserved[2];
};

/**
 * struct oscan_pulse - pulse a trigger line now (OSCAN_IOC_PULSE)
 * @line: trigger line; it may be set to compare, too
 * @width_ns: length of the pulse, OSCAN_PULSE_MIN_NS or more, nanoseconds
 * @time_ns: out: when the line was active, read right after it was written
 * @positions: out: positions of all axes at @time_ns, microsteps; 0 for axes
 *	that are not there
 * @reserved: zero
 *
 * -EBUSY also while the line is active from an earlier pulse.
 */
struct oscan_pulse {
	__u32 line;
	__u32 width_ns;
	__u64 time_ns;
	__s64 positions[OSCAN_MAX_AXES];
	__u64 reserved[2];
};

/* oscan_capture_set.edges, oscan_capture.edges */
#define OSCAN_CAPTURE_RISING	(1U << 0)	/* the line becomes active */
#define OSCAN_CAPTURE_FALLING	(1U << 1)	/* it becomes inactive */

/* Greatest value of oscan_capture_set.min_interval_ns: a second. */
#define OSCAN_CAPTURE_INTERVAL_LIMIT_NS 1000000000

/**
 * struct oscan_capture_set - capture input (OSCAN_IOC_CAPTURE_SET)
 * @line: capture line
 * @edges: OSCAN_CAPTURE_*: edges that latch; 0 switches the line off
 * @min_interval_ns: an edge that comes sooner after the last one that latched
 *	does not latch but is counted as ignored; 0 to
 *	OSCAN_CAPTURE_INTERVAL_LIMIT_NS, and 0 with @edges 0
 * @reserved0: zero
 * @reserved: zero
 *
 * Sets its counts to zero. Each edge costs an interrupt, so a line that
 * changes without end takes processor time from everything else.
 *
 * -EBUSY another file holds control; -EOPNOTSUPP the line does not interrupt
 * at these edges, and is off then.
 */
struct oscan_capture_set {
	__u32 line;
	__u32 edges;
	__u32 min_interval_ns;
	__u32 reserved0;
	__u64 reserved[2];
};

/**
 * struct oscan_capture - a capture line at one moment (OSCAN_IOC_CAPTURE_GET)
 * @line: in: capture line
 * @edges: OSCAN_CAPTURE_* that latch
 * @name: name of the line, NUL terminated
 * @min_interval_ns: as it was set
 * @level: of the line when it last latched: 1 active, 0 not. Where both edges
 *	latch it is read after the interrupt, so after a pulse that is shorter
 *	than an interrupt takes it tells how the line is then; where one does,
 *	it is that edge's.
 * @count: edges that latched since it was set
 * @ignored: edges since then that came within @min_interval_ns
 * @time_ns: when the last one latched; 0 if none did
 * @positions: positions of all axes at @time_ns, microsteps; 0 for axes that
 *	are not there
 * @reserved: zero
 *
 * @time_ns is when the interrupt began or, where an axis made a step just
 * then, when @positions were read. All @positions are those of that very
 * moment.
 */
struct oscan_capture {
	__u32 line;
	__u32 edges;
	char name[OSCAN_NAME_LEN];
	__u32 min_interval_ns;
	__u32 level;
	__u64 count;
	__u64 ignored;
	__u64 time_ns;
	__s64 positions[OSCAN_MAX_AXES];
	__u64 reserved[2];
};

/**
 * enum oscan_event_type - what struct oscan_event tells
 * @OSCAN_EVENT_MOVE_STARTED: a move begins, from rest or where it joins or
 *	replaces another, which then has no end of its own. @aux is where it
 *	is to end.
 * @OSCAN_EVENT_MOVE_ENDED: the axis is at rest; @value is enum oscan_end
 * @OSCAN_EVENT_STOPPING: the axis decelerates because it was told to; @value
 *	is the enum oscan_end to come, @aux where it will be at rest
 * @OSCAN_EVENT_STUMBLE: the axis ramps up again after a pause at speed
 * @OSCAN_EVENT_STOP_CLOSED: an end stop closed; @value is
 *	OSCAN_STATE_AT_MIN or OSCAN_STATE_AT_MAX
 * @OSCAN_EVENT_STOP_OPENED: it opened; likewise
 * @OSCAN_EVENT_ENABLED: the motor was switched on
 * @OSCAN_EVENT_DISABLED: it was switched off
 * @OSCAN_EVENT_POSITION_SET: by OSCAN_IOC_SET_POSITION; @aux is the position
 *	before
 * @OSCAN_EVENT_TRIGGER: @line matched and pulses. @time_ns is when the line
 *	became active, @position that of the match, @aux the number of pulses
 *	since it was set, this one included.
 * @OSCAN_EVENT_TRIGGER_MISSED: it matched while still active; @aux is the
 *	number of matches missed since it was set
 * @OSCAN_EVENT_PULSE: OSCAN_IOC_PULSE of @line; @positions are filled in,
 *	@axis and @position are zero
 * @OSCAN_EVENT_CAPTURE: an edge of the capture line @line latched; @value is
 *	1 where it became active, 0 where inactive, @aux the number of edges
 *	latched since it was set, this one included. @positions are filled in,
 *	@axis and @position are zero.
 */
enum oscan_event_type {
	OSCAN_EVENT_MOVE_STARTED = 1,
	OSCAN_EVENT_MOVE_ENDED = 2,
	OSCAN_EVENT_STOPPING = 3,
	OSCAN_EVENT_STUMBLE = 4,
	OSCAN_EVENT_STOP_CLOSED = 5,
	OSCAN_EVENT_STOP_OPENED = 6,
	OSCAN_EVENT_ENABLED = 7,
	OSCAN_EVENT_DISABLED = 8,
	OSCAN_EVENT_POSITION_SET = 9,
	OSCAN_EVENT_TRIGGER = 10,
	OSCAN_EVENT_TRIGGER_MISSED = 11,
	OSCAN_EVENT_PULSE = 12,
	OSCAN_EVENT_CAPTURE = 13,
};

/* Bit of a type in oscan_events.types, and all those of this version. */
#define OSCAN_EVENT_BIT(type)	(1U << (type))
#define OSCAN_EVENT_ALL		0x3ffeU

/* Events that wait for a file; files that may have subscribed at a time. */
#define OSCAN_EVENT_QUEUE	256
#define OSCAN_EVENT_FILES	16

/**
 * struct oscan_events - subscribe this file to events (OSCAN_IOC_EVENTS)
 * @types: bit n: enum oscan_event_type n; 0 ends the subscription
 * @reserved: zero
 *
 * A file gets no event until it has subscribed. Subscribing again throws away
 * what was not read and begins with @seq 0. Events then come by read(2), as
 * struct oscan_event: as many whole ones as there are and fit, at least one.
 *
 * poll(2) says POLLIN when there is one. Up to OSCAN_EVENT_QUEUE wait for the
 * file; a further one pushes out the oldest. Every event of the subscribed
 * types has the next @seq, so that what was pushed out is a gap, of known
 * length.
 *
 * Errors of read(2): -EINVAL room for less than one event; -ENODATA the file
 * has not subscribed; -EAGAIN there is none and the file was opened with
 * O_NONBLOCK; -EINTR; -EFAULT, and the event counts as pushed out; -ENODEV
 * the device is gone and all there was has been read. poll(2) says POLLERR
 * where read(2) would fail so, and with it POLLHUP once the device is gone.
 *
 * Errors of this request: -EUSERS OSCAN_EVENT_FILES files have subscribed
 * already; -ENOMEM.
 */
struct oscan_events {
	__u32 types;
	__u32 reserved[3];
};

/**
 * struct oscan_event - something that happened, as read(2) returns it
 * @seq: number of the event for this file, from 0, one higher for each, wraps;
 *	in OSCAN_CMD_EVENT see OSCAN_ATTR_SEQ
 * @type: enum oscan_event_type, which says of the fields below what they are;
 *	those that it does not name are zero, but for @time_ns, @axis and, of
 *	an axis, @position and @move_id
 * @time_ns: when it happened, nanoseconds
 * @axis: axis that it is about
 * @line: trigger or capture line
 * @position: of the axis, microsteps
 * @move_id: number of the running or last move of the axis
 * @value: see the type
 * @aux: see the type
 * @dropped: events pushed out before they were read, since the subscription
 *	and until this one was read; in OSCAN_CMD_EVENT see OSCAN_ATTR_LOST
 * @reserved: zero
 * @positions: of all axes at @time_ns, microsteps; see the type
 */
struct oscan_event {
	__u32 seq;
	__u32 type;
	__u64 time_ns;
	__u32 axis;
	__u32 line;
	__s64 position;
	__u32 move_id;
	__u32 value;
	__s64 aux;
	__u64 dropped;
	__u64 reserved;
	__s64 positions[OSCAN_MAX_AXES];
};

/**
 * struct oscan_page_axis - an axis as the page shows it
 * @seq: odd while the driver writes the others
 * @flags: OSCAN_STATE_ENABLED, OSCAN_STATE_AT_MIN and OSCAN_STATE_AT_MAX
 * @motion: enum oscan_motion
 * @position_state: enum oscan_position_state
 * @position: microsteps
 * @target: where the running or last move ends or was to end
 * @last_step_ns: when the last STEP edge was written; 0 if there was none
 * @interval_ns: from the step before to that one, if both are of the same
 *	run from rest; else, and at rest, 0. One second divided by it is the
 *	speed.
 * @steps: steps written since the driver was bound
 * @move_id: number of the running or last move
 * @direction: of the last step or the next one, +1 or -1
 * @reserved: zero
 */
struct oscan_page_axis {
	__u32 seq;
	__u32 flags;
	__u32 motion;
	__u32 position_state;
	__s64 position;
	__s64 target;
	__u64 last_step_ns;
	__u64 interval_ns;
	__u64 steps;
	__u32 move_id;
	__s32 direction;
	__u64 reserved[8];
};

/* oscan_page.version */
#define OSCAN_PAGE_VERSION	1

/**
 * struct oscan_page - where the axes are, without a system call
 * @version: OSCAN_PAGE_VERSION; raised when fields are added
 * @size: of this struct in the driver's version, bytes
 * @axes: number of axes
 * @alive: 1; 0 once the device is gone, and then nothing changes any more
 * @reserved: zero
 * @axis: shape [@axes], the rest is zero
 *
 * Map it with mmap(2) of any open file: offset 0, one page, MAP_SHARED and
 * PROT_READ. It stays mapped, and readable, when the device is gone. Errors:
 * -EPERM to write or to execute, which mprotect(2) refuses later, too
 * (-EACCES); -EINVAL another offset or length, or MAP_PRIVATE; -ENODEV.
 *
 * To read an axis: read @seq (acquire), again until it is even; read the other
 * fields; read @seq once more after them (an acquire fence, then relaxed); if
 * it has changed, begin anew. All fields are of one moment then, and no step
 * was written between @last_step_ns and that moment. @seq is odd for as long
 * as a step's edge takes to be written, so a reader on another processor waits
 * about a microsecond at most.
 */
struct oscan_page {
	__u32 version;
	__u32 size;
	__u32 axes;
	__u32 alive;
	__u64 reserved[14];
	struct oscan_page_axis axis[OSCAN_MAX_AXES];
};

#define OSCAN_IOC_INFO		_IOR('o', 0x40, struct oscan_info)
#define OSCAN_IOC_AXIS_INFO	_IOWR('o', 0x41, struct oscan_axis_info)
#define OSCAN_IOC_STATE		_IOWR('o', 0x42, struct oscan_state)
#define OSCAN_IOC_STATS		_IOWR('o', 0x43, struct oscan_stats)
#define OSCAN_IOC_ENABLE	_IOW('o', 0x44, struct oscan_enable)
#define OSCAN_IOC_MOVE		_IOWR('o', 0x45, struct oscan_move)
#define OSCAN_IOC_STOP		_IOW('o', 0x46, struct oscan_stop)
#define OSCAN_IOC_HALT		_IOW('o', 0x47, struct oscan_stop)
#define OSCAN_IOC_SET_POSITION	_IOW('o', 0x48, struct oscan_set_position)
#define OSCAN_IOC_MOVE_TOGETHER	_IOW('o', 0x49, struct oscan_group)
#define OSCAN_IOC_EVENTS	_IOW('o', 0x4a, struct oscan_events)
#define OSCAN_IOC_TRIGGER_SET	_IOW('o', 0x4b, struct oscan_trigger_set)
#define OSCAN_IOC_TRIGGER_GET	_IOWR('o', 0x4c, struct oscan_trigger)
#define OSCAN_IOC_PULSE		_IOWR('o', 0x4d, struct oscan_pulse)
#define OSCAN_IOC_CAPTURE_SET	_IOW('o', 0x4e, struct oscan_capture_set)
#define OSCAN_IOC_CAPTURE_GET	_IOWR('o', 0x4f, struct oscan_capture)

/*
 * Generic netlink family "oscan": facts for any number of watchers. The same
 * is said, for programs that make a client from it, in oscan-netlink.yaml:
 * beside this file in the source, in share/oscan where it is installed.
 *
 * What may be subscribed to are the groups, and what may be asked are the
 * requests that end in _GET, both without any right. OSCAN_CMD_STREAM_SET
 * needs CAP_NET_ADMIN in the initial user namespace. A motor belongs to the
 * machine and to no network namespace: the family is there in the initial one
 * only, and is not found in any other.
 *
 * Nothing is collected or sent while nobody has subscribed to the group, so a
 * watcher subscribes first and then takes the state (OSCAN_CMD_STATE_GET or
 * OSCAN_IOC_STATE) as where it begins. No message is longer than 8 KiB. A
 * subscriber that does not receive has its messages dropped when its buffer is
 * full, and disturbs nobody.
 */
#define OSCAN_GENL_NAME		"oscan"
#define OSCAN_GENL_VERSION	1
#define OSCAN_GENL_TRACE	"trace"	/* group of OSCAN_CMD_TRACE */
#define OSCAN_GENL_THIN		"thin"	/* group of OSCAN_CMD_THIN */
#define OSCAN_GENL_STATE	"state"	/* group of OSCAN_CMD_STATE */
#define OSCAN_GENL_EVENT	"event"	/* group of OSCAN_CMD_EVENT */

/* Stream settings, see OSCAN_ATTR_PERIOD_MS and OSCAN_ATTR_SPACING. */
#define OSCAN_PERIOD_MS_DEFAULT	20
#define OSCAN_PERIOD_MS_MAX	1000
#define OSCAN_SPACING_DEFAULT	100
#define OSCAN_SPACING_MAX	10000

/**
 * enum oscan_cmd - messages of the family
 * @OSCAN_CMD_TRACE: from the kernel, in the group of that name: times of
 *	successive steps of one axis in one direction. Carries AXIS, SEQ, LOST,
 *	HORIZON, TOTAL, SPACING and, unless it only says how far the trace is
 *	complete, FIRST_POSITION, FIRST_TIME, FIRST_NUMBER, DIRECTION, STEPS,
 *	LATE and, if STEPS is above 1, DELTAS. SPACING is 1.
 * @OSCAN_CMD_STATE: from the kernel, in the group of that name: sent when an
 *	axis starts or ends a move, is switched on or off, has its position
 *	set, stumbles, or has an end stop that closes or opens; changes that
 *	follow each other fast may share a message. Carries AXIS, SEQ, STATE.
 *	It comes after the steps that led to it.
 * @OSCAN_CMD_THIN: from the kernel, in the group of that name: as
 *	OSCAN_CMD_TRACE, but only of those steps that lead to a position which
 *	is a multiple of SPACING. Every other step was left out. It has
 *	sequence numbers of its own.
 * @OSCAN_CMD_INFO_GET: ask for the controller. Answer: CONTROLLER, INFO.
 * @OSCAN_CMD_AXIS_GET: ask what firmware says of an axis. Takes AXIS, as the
 *	following do. Answer: CONTROLLER, AXIS, AXIS_INFO.
 * @OSCAN_CMD_STATE_GET: ask for the state of an axis; after a loss for
 *	instance. Answer: CONTROLLER, AXIS, STATE.
 * @OSCAN_CMD_STATS_GET: ask for the statistics of an axis. Answer:
 *	CONTROLLER, AXIS, STATS.
 * @OSCAN_CMD_STREAM_GET: ask how the steps of an axis are told. Answer:
 *	CONTROLLER, AXIS, PERIOD_MS, SPACING.
 * @OSCAN_CMD_STREAM_SET: set how the steps of an axis are told, for all
 *	subscribers, until the driver is unbound. Takes AXIS and PERIOD_MS,
 *	SPACING or both; what is not given stays.
 * @OSCAN_CMD_EVENT: from the kernel, in the group of that name: an event of
 *	any type, as read(2) of the device returns it to who subscribed by
 *	OSCAN_IOC_EVENTS. Carries AXIS (unless the event is of a line alone,
 *	OSCAN_EVENT_PULSE or OSCAN_EVENT_CAPTURE), SEQ, LOST, EVENT. It comes
 *	in the order of the events, and after the steps that led to it.
 *
 * As a dump (NLM_F_DUMP) the requests that end in _GET take no attribute, and
 * answer with one message for each axis, OSCAN_CMD_INFO_GET with one in all.
 *
 * A watcher knows that it has missed something from a gap in SEQ (a message
 * was dropped on the way, because the socket's buffer was full; recv(2) then
 * also says ENOBUFS) or a greater LOST (steps were made that are in no
 * message). Which steps it did not see follows from FIRST_NUMBER and TOTAL, and
 * how many events from SEQ alone.
 *
 * Errors of requests: -EOPNOTSUPP no such request, or a dump of one that has
 * none; -EINVAL an attribute that the request does not take or of the wrong
 * length, in a dump any, no AXIS, or nothing to set; -ERANGE a setting out of
 * its range; -ENXIO no such axis; -EPERM not the administrator; -ENODEV the
 * driver has no device now.
 */
enum oscan_cmd {
	OSCAN_CMD_TRACE = 1,
	OSCAN_CMD_STATE = 2,
	OSCAN_CMD_THIN = 3,
	OSCAN_CMD_INFO_GET = 4,
	OSCAN_CMD_AXIS_GET = 5,
	OSCAN_CMD_STATE_GET = 6,
	OSCAN_CMD_STATS_GET = 7,
	OSCAN_CMD_STREAM_GET = 8,
	OSCAN_CMD_STREAM_SET = 9,
	OSCAN_CMD_EVENT = 10,
};

/**
 * enum oscan_attr - attributes
 * @OSCAN_ATTR_PAD: alignment
 * @OSCAN_ATTR_AXIS: u32, number of the axis
 * @OSCAN_ATTR_SEQ: u32, sequence number, one higher for each message of this
 *	command and axis since the driver was bound, wraps. Of events: one
 *	higher for each event of any axis or line that happened while somebody
 *	had subscribed
 * @OSCAN_ATTR_LOST: u64, oscan_state.trace_lost at this message. Of events:
 *	how many the next ones pushed out before they could be sent, because
 *	OSCAN_EVENT_QUEUE waited already, since the driver was bound
 * @OSCAN_ATTR_HORIZON: u64, nanoseconds. Every step of this axis up to this
 *	time is in this message or an earlier one or counted in LOST (of a
 *	thinned stream: or leads to a position that is left out); between the
 *	last step so reported and this time the axis made no other.
 * @OSCAN_ATTR_FIRST_POSITION: s64, position after the first step, microsteps
 * @OSCAN_ATTR_FIRST_TIME: u64, nanoseconds, time of the first step
 * @OSCAN_ATTR_DIRECTION: s32, +1 or -1: what each step adds to the position
 * @OSCAN_ATTR_STEPS: u32, number of steps in this message, at least 1
 * @OSCAN_ATTR_DELTAS: binary, STEPS - 1 unsigned LEB128 numbers: nanoseconds
 *	from each step in this message to the next one in it
 * @OSCAN_ATTR_STATE: binary, struct oscan_state (without OSCAN_STATE_MINE);
 *	longer in later versions, as are all structs here
 * @OSCAN_ATTR_LATE: binary, STEPS unsigned LEB128 numbers: lateness of each
 *	step in nanoseconds as in struct oscan_stats, at most 2^32 - 1
 * @OSCAN_ATTR_FIRST_NUMBER: u64, oscan_state.steps after the first step: its
 *	number among all steps of this axis, in both directions
 * @OSCAN_ATTR_TOTAL: u64, oscan_state.steps at HORIZON
 * @OSCAN_ATTR_SPACING: u32, microsteps from each step in this message to the
 *	next one in it. As a setting: what OSCAN_CMD_THIN has, 1 to
 *	OSCAN_SPACING_MAX, OSCAN_SPACING_DEFAULT unless set.
 * @OSCAN_ATTR_PERIOD_MS: u32, milliseconds. Steps wait at most so long for
 *	their message while others follow, or until the next step if that is
 *	later, or the axis is at rest. 1 to OSCAN_PERIOD_MS_MAX,
 *	OSCAN_PERIOD_MS_DEFAULT unless set. Messages that are full are sent
 *	before.
 * @OSCAN_ATTR_CONTROLLER: string, name of the controller, which is that in
 *	struct oscan_info
 * @OSCAN_ATTR_INFO: binary, struct oscan_info
 * @OSCAN_ATTR_AXIS_INFO: binary, struct oscan_axis_info
 * @OSCAN_ATTR_STATS: binary, struct oscan_stats
 * @OSCAN_ATTR_EVENT: binary, struct oscan_event; @seq in it is SEQ, @dropped
 *	is LOST
 *
 * Attributes are aligned to 4 bytes only, the structs in them too.
 */
enum oscan_attr {
	OSCAN_ATTR_PAD = 1,
	OSCAN_ATTR_AXIS = 2,
	OSCAN_ATTR_SEQ = 3,
	OSCAN_ATTR_LOST = 4,
	OSCAN_ATTR_HORIZON = 5,
	OSCAN_ATTR_FIRST_POSITION = 6,
	OSCAN_ATTR_FIRST_TIME = 7,
	OSCAN_ATTR_DIRECTION = 8,
	OSCAN_ATTR_STEPS = 9,
	OSCAN_ATTR_DELTAS = 10,
	OSCAN_ATTR_STATE = 11,
	OSCAN_ATTR_LATE = 12,
	OSCAN_ATTR_FIRST_NUMBER = 13,
	OSCAN_ATTR_TOTAL = 14,
	OSCAN_ATTR_SPACING = 15,
	OSCAN_ATTR_PERIOD_MS = 16,
	OSCAN_ATTR_CONTROLLER = 17,
	OSCAN_ATTR_INFO = 18,
	OSCAN_ATTR_AXIS_INFO = 19,
	OSCAN_ATTR_STATS = 20,
	OSCAN_ATTR_EVENT = 21,
	/* private: */
	__OSCAN_ATTR_END,
};
#define OSCAN_ATTR_MAX		(__OSCAN_ATTR_END - 1)

#endif /* _UAPI_LINUX_OSCAN_H */
