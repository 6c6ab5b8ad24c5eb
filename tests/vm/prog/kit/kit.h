/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of the virtual machine tests have in common: cases that
 * report one result line each, the rig, and /dev/oscan-motor by its ioctls
 * alone.
 *
 * Unless it says otherwise, a function that cannot do its work fails the case
 * that called it: it does not return.
 */
#ifndef KIT_H
#define KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/oscan.h>

#include "judge.h"
#include "oscan_rig.h"

#define KIT_NS_PER_MS	1000000ULL
#define KIT_NS_PER_S	1000000000ULL

/**
 * struct kit_case - one test
 * @name: what must hold, without blanks
 * @run: returns when it does; runs in a process of its own
 */
struct kit_case {
	const char *name;
	void (*run)(void);
};

/**
 * kit_main() - run cases
 * @argc: of main()
 * @argv: of main(): names of cases, none for all of them; or "--list", which
 *	prints all names
 * @cases: cases
 * @count: number of cases
 *
 * Prints "ok NAME" or "not ok NAME: WHY" for each. A case that takes longer
 * than $OSCAN_CASE_SECONDS, ten minutes by default, is killed and fails.
 *
 * Return: exit status: 0 all is well, 1 a case failed, 2 no such case
 */
int kit_main(int argc, char **argv, const struct kit_case *cases,
	     size_t count);

/**
 * kit_main_alone() - kit_main() where some cases are not part of the suite
 * @argc: of main()
 * @argv: of main()
 * @cases: the suite
 * @count: number of @cases
 * @alone: cases that need a rig of their own each, run when it alone is named
 * @alone_count: number of @alone
 *
 * Return: as kit_main()
 */
int kit_main_alone(int argc, char **argv, const struct kit_case *cases,
		   size_t count, const struct kit_case *alone,
		   size_t alone_count);

/* kit_fail() - the case fails, for the reason given as for printf(3) */
void kit_fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* kit_say() - a line for the person who watches, as for printf(3) */
void kit_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* want() - the case fails unless @condition holds */
#define want(condition, ...)						\
	do {								\
		if (!(condition))					\
			kit_fail(__VA_ARGS__);				\
	} while (0)

/* want_equal() - the case fails unless two numbers are the same */
#define want_equal(found, wanted)					\
	kit_want_equal(#found, (long long)(found), (long long)(wanted))
void kit_want_equal(const char *what, long long found, long long wanted);

/* kit_now_ns() - CLOCK_MONOTONIC, nanoseconds */
uint64_t kit_now_ns(void);
void kit_sleep_ms(unsigned int ms);

/* rig_write() - write @text to a file of the rig's; 0 or -errno, returns */
int rig_try_write(const char *name, const char *text);
void rig_write(const char *name, const char *text);
/* rig_number() - what such a file says */
long long rig_number(const char *name);
/* rig_reset() - forget all edges so far */
void rig_reset(void);

/**
 * struct recording - edges read from the rig
 * @edges: shape [count]; free with recording_free()
 * @count: number of edges
 */
struct recording {
	struct oscan_rig_edge *edges;
	size_t count;
};

/* rig_take() - all edges there are; none was lost, the ring is empty then */
struct recording rig_take(void);
void recording_free(struct recording *recording);
void recording_save(const struct recording *recording, const char *path);
/* recording_count() - changes of @line to @value */
size_t recording_count(const struct recording *recording, unsigned int line,
		       unsigned int value);

/**
 * recording_times() - when a line changed
 * @recording: edges
 * @line: line
 * @value: to this level
 * @count: out: number of times
 *
 * Return: nanoseconds; free with free(3)
 */
uint64_t *recording_times(const struct recording *recording,
			  unsigned int line, unsigned int value,
			  size_t *count);

/* axis_lines() - lines of an axis of the rig's, for the judge */
struct edge_lines axis_lines(unsigned int axis);
/* recording_net() - rising STEP edges upwards less those downwards */
int64_t recording_net(const struct recording *recording, unsigned int axis);
/* step_times() - when an axis made its steps, as recording_times() */
uint64_t *step_times(const struct recording *recording, unsigned int axis,
		     size_t *count);

/* The axes of the rig's, and numbers of theirs: kmod/rig/oscan_rig.h. */
enum { TURNTABLE, ROTOR };
#define SPEED_SPS	5000
#define ACCEL_SPS2	5000
#define START_STOP_SPS	1600
#define ROTOR_MIN	1422
#define ROTOR_MAX	14815
#define ROTOR_START	10667

/* motor_open() - /dev/oscan-motor with the flags of open(2) */
int motor_open(int flags);
/* motor_try() - an ioctl; 0 or -errno, returns */
int motor_try(int fd, unsigned long request, void *argument);
void motor_do(int fd, unsigned long request, void *argument);

struct oscan_info motor_info(int fd);
struct oscan_axis_info motor_axis_info(int fd, unsigned int axis);
struct oscan_state motor_state(int fd, unsigned int axis);
struct oscan_stats motor_stats(int fd, unsigned int axis);
void motor_enable(int fd, unsigned int axis, bool on);
void motor_set_position(int fd, unsigned int axis, int64_t position);
/* motor_halt() - halt all axes and wait until they rest */
void motor_halt(int fd);

/*
 * motor_setup() - open for a test: all axes at rest and enabled, turntable at
 * 0, rotor at ROTOR_START, both known; nothing recorded, no disturbance to
 * come
 */
int motor_setup(void);

/* motor_try_move() - relative, at the axis's greatest speed if 0 */
int motor_try_move(int fd, unsigned int axis, int64_t steps,
		   unsigned int speed_sps);
/* motor_try_to() - to a position, at the axis's greatest speed */
int motor_try_to(int fd, unsigned int axis, int64_t position);
/* motor_start() - start such a move; the answer of the driver */
struct oscan_move motor_start(int fd, unsigned int axis, int64_t steps,
			      unsigned int speed_sps);
/* motor_rest() - wait until the axis rests; how it stands then */
struct oscan_state motor_rest(int fd, unsigned int axis);
/* motor_move() - start and wait; must end on its target */
void motor_move(int fd, unsigned int axis, int64_t steps,
		unsigned int speed_sps);
/* motor_wait_steps() - wait until the axis has made @steps more than @from */
void motor_wait_steps(int fd, unsigned int axis, uint64_t from,
		      uint64_t steps);

/**
 * ideal_ns() - when a step of a move from rest to rest is due
 * @step: step, 1 to @steps
 * @steps: length of the move
 * @speed_sps: even speed, microsteps per second
 * @accel_sps2: acceleration and deceleration, microsteps per second squared
 *
 * Return: nanoseconds after the origin
 */
double ideal_ns(uint64_t step, uint64_t steps, double speed_sps,
		double accel_sps2);

/**
 * judge_axis() - hold a recording against what the driver says of an axis
 * @fd: /dev/oscan-motor
 * @axis: number of the axis
 * @recording: edges
 * @speed_sps: greatest speed planned, microsteps per second
 *
 * Every timing of struct oscan_axis_info and the catch-up share; any
 * violation fails the case with the judge's sentence.
 *
 * Return: the verdict
 */
struct judge_verdict judge_axis(int fd, unsigned int axis,
				const struct recording *recording,
				double speed_sps);

#endif /* KIT_H */
