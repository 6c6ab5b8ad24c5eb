/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver and a machine below it, for tests on a host without either: an
 * OpenScan Mini with Greenshield whose steps come exactly when they are due.
 * Steps are not made, they are worked out whenever somebody looks, from the
 * plans of the driver's own plan.c.
 *
 * liboscan's motor.c, events.c and trigger.c are compiled with model_open()
 * and its like in place of the system calls; what goes over netlink and the
 * page is in monitor.c and query.c here. So programs are linked from the
 * product's own objects and libmodel.a in place of liboscan.a.
 *
 * Like the driver: control, soft stop when it ends, limits, enabling, events,
 * the trigger line "camera" with OSCAN_IOC_PULSE. Not there: end stops,
 * OSCAN_MOVE_REPLACE and OSCAN_MOVE_QUEUE while the axis moves
 * (-EOPNOTSUPP), compare output (-EOPNOTSUPP), capture lines, lateness.
 *
 * OSCAN_MODEL_STATE: file with all of it, made if it is not there, so that
 * processes share a machine; without it each process has one of its own.
 * OSCAN_MODEL_LOST=1: positions are lost when the process opens it first.
 *
 * When a process that holds control dies, nobody knows when that was: its axes
 * decelerate from the last time that anybody looked.
 */
#ifndef MODEL_H
#define MODEL_H

#include <sys/types.h>

#include "oscan.h"
#include "plan.h"

#define MODEL_AXES	2
/* Of an axis; watchers who have not read for longer have missed steps. */
#define MODEL_LEGS	256
#define MODEL_EVENTS	OSCAN_EVENT_QUEUE
/* Steps of a moving axis are told at multiples of this, as by the driver. */
#define MODEL_PERIOD_NS	(OSCAN_PERIOD_MS_DEFAULT * 1000000ull)

/**
 * struct model_leg - steps that follow one plan
 * @plan: schedule
 * @steps: how many of its steps count: less than it has where it was stopped
 * @origin_ns: from when it counts
 * @number: steps of the axis before it
 * @position: where it begins
 * @sign: +1 or -1
 */
struct model_leg {
	struct plan plan;
	uint64_t steps;
	uint64_t origin_ns;
	uint64_t number;
	int64_t position;
	int sign;
};

/**
 * struct model_axis - an axis
 * @state: as of the last look
 * @request: how the running move was asked for
 * @pending_end: what ends it, enum oscan_end
 * @enable_ns: when it was switched on
 * @leg: number of the leg that runs or ran last, from 1
 * @made: steps of that leg so far
 * @legs_count: legs so far; the last MODEL_LEGS are kept
 * @legs: leg n is at (n - 1) % MODEL_LEGS
 */
struct model_axis {
	struct oscan_state state;
	struct plan_request request;
	uint32_t pending_end;
	uint64_t enable_ns;
	uint64_t leg;
	uint64_t made;
	uint64_t legs_count;
	struct model_leg legs[MODEL_LEGS];
};

/**
 * struct model - the machine, shared by all processes
 * @version: MODEL_VERSION once it is set up
 * @probed_ns: when that was
 * @held: some file has control, or had it when its process died
 * @looked_ns: when somebody looked last
 * @camera: the trigger line
 * @axes: turntable and rotor
 * @events_count: events so far; the last MODEL_EVENTS are kept
 * @events: event n (from 0) is at n % MODEL_EVENTS
 */
struct model {
	uint64_t version;
	uint64_t probed_ns;
	bool held;
	uint64_t looked_ns;
	struct oscan_trigger camera;
	struct model_axis axes[MODEL_AXES];
	uint64_t events_count;
	struct oscan_event events[MODEL_EVENTS];
};

/**
 * struct model_file - an open file on the machine
 * @next: of this process
 * @fd: of the shared file. Its locks belong to this file alone: byte 0 is
 *	control, byte 1 is held while anything is read or changed.
 * @writable: may command
 * @mine: has control
 * @types: OSCAN_EVENT_BIT()s subscribed to
 * @seen: events up to here were read or not subscribed to
 * @seq: of the next event
 * @dropped: events that came too fast
 * @model: mapping
 */
struct model_file {
	struct model_file *next;
	int fd;
	bool writable;
	bool mine;
	uint32_t types;
	uint64_t seen;
	uint32_t seq;
	uint64_t dropped;
	struct model *model;
};

extern const struct oscan_axis_info model_info[MODEL_AXES];

/* model.c: the file, and what happened up to now */

/* Return: NULL with errno of open(2) or mmap(2) */
struct model_file *model_file_open(bool writable);
void model_file_close(struct model_file *file);
/* Between these nobody else reads or changes. Return: now, nanoseconds. */
uint64_t model_enter(struct model_file *file);
void model_leave(struct model_file *file);
/* Return: false if another file has it */
bool model_take_control(struct model_file *file);
/* When step @step, from 1, of a leg is due. */
uint64_t model_step_ns(const struct model_leg *leg, uint64_t step);
/* Tell what happened; of an axis all but these follows from it. */
void model_tell(struct model *model, const struct oscan_event *event);
void model_tell_axis(struct model *model, unsigned int axis, uint32_t type,
		     uint64_t time_ns, uint32_t value, int64_t aux);

/* moves.c: between model_enter() and model_leave(). Return: 0 or -errno. */
int model_move(struct model *model, struct oscan_move *move, uint64_t now_ns);
int model_move_together(struct model *model, struct oscan_move *moves,
			unsigned int count, bool arrive, uint64_t now_ns);
void model_stop(struct model *model, unsigned int axis, uint32_t why,
		uint64_t now_ns);
void model_halt(struct model *model, unsigned int axis, uint32_t why,
		uint64_t now_ns);

/* requests.c: the system calls; of other files than the model's the real ones */
int model_open(const char *path, int flags, ...);
int model_close(int fd);
int model_ioctl(int fd, unsigned long code, void *argument);
struct pollfd;
int model_poll(struct pollfd *wanted, unsigned long count, int timeout_ms);
ssize_t model_read(int fd, void *events, size_t bytes);

#endif /* MODEL_H */
