// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every request of <linux/oscan.h>: a new one is one line more here.
 *
 * REQUEST(name, struct, right, weight, effect, fields). The fields are the
 * struct's, one letter each in their order; a number behind a letter, or
 * behind a group in parentheses, repeats it. The program refuses to run when
 * they do not add up to the size of the struct.
 *
 *	a	u32	number of an axis
 *	m	u32	bit n: axis n
 *	b	u32	0 or 1
 *	f	u32	flags
 *	n	u32	a number up to 8, such as the length of a list
 *	o	u32	one of a few, such as a mode
 *	t	u32	number of a trigger or capture line
 *	w	u32	a short time, nanoseconds
 *	u	u32	any number
 *	z	u32	reserved: zero
 *	P	s64	position or distance, microsteps
 *	V	u64	speed, microsteps/s in 2^-44
 *	A	u64	acceleration, microsteps/s^2 in 2^-32
 *	J	u64	jerk, microsteps/s^3 in 2^-24; 0 for none
 *	K	u64	number of steps; 0 for none
 *	T	u64	duration, nanoseconds; 0 for none
 *	L	u64	address of a list of struct oscan_move
 *	S	u64	address of a list of positions
 *	D	s64	distance, microsteps, small
 *	U	u64	any number
 *	Z	u64	reserved: zero
 *	N	char[32] name
 *
 * What the driver only fills in is u and U: it may hold anything on the way
 * in. Of a request that anybody may make, reserved fields are that too.
 */
#include <linux/oscan.h>

#include "fuzz.h"

#define REQUEST(_name, _struct, _right, _weight, _effect, _fields)	\
	{								\
		.name = #_name,						\
		.cmd = OSCAN_IOC_##_name,				\
		.size = sizeof(struct _struct),				\
		.right = FUZZ_##_right,					\
		.weight = _weight,					\
		.effect = FUZZ_##_effect,					\
		.fields = _fields,					\
	}

const struct fuzz_request fuzz_requests[] = {
	REQUEST(INFO, oscan_info, WATCH, 1, PLAIN, "u6U3N2"),
	REQUEST(AXIS_INFO, oscan_axis_info, WATCH, 1, PLAIN, "auNu6U5u6U8"),
	REQUEST(STATE, oscan_state, WATCH, 4, PLAIN, "au5U5u2U5"),
	REQUEST(STATS, oscan_stats, WATCH, 1, PLAIN, "auU3u2U50"),
	REQUEST(ENABLE, oscan_enable, COMMAND, 6, PLAIN, "abZ2"),
	REQUEST(MOVE, oscan_move, COMMAND, 40, PLAIN, "afPVA2U2uzJKTZ"),
	REQUEST(MOVE_TOGETHER, oscan_group, COMMAND, 20, PLAIN, "nfLZ2"),
	REQUEST(STOP, oscan_stop, COMMAND, 2, ENDS, "mz3"),
	REQUEST(HALT, oscan_stop, COMMAND, 2, ENDS, "mz3"),
	REQUEST(SET_POSITION, oscan_set_position, COMMAND, 4, REBASES, "afPZ2"),
	REQUEST(EVENTS, oscan_events, WATCH, 2, PLAIN, "uz3"),
	REQUEST(TRIGGER_SET, oscan_trigger_set, COMMAND, 12, PLAIN,
		"taofPDKSwzZ2"),
	REQUEST(TRIGGER_GET, oscan_trigger, WATCH, 2, PLAIN, "tuNu4U11"),
	REQUEST(PULSE, oscan_pulse, COMMAND, 2, PLAIN, "twU9Z2"),
	REQUEST(CAPTURE_SET, oscan_capture_set, COMMAND, 2, PLAIN, "towzZ2"),
	REQUEST(CAPTURE_GET, oscan_capture, WATCH, 2, PLAIN, "tuNu2U13"),
};

const size_t fuzz_request_count =
	sizeof(fuzz_requests) / sizeof(*fuzz_requests);
