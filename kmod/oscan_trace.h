/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, for people: /sys/kernel/tracing/events/oscan. Positions are
 * microsteps, times nanoseconds of CLOCK_MONOTONIC. All are called with
 * axis->lock held; one that is off costs an instruction that does nothing.
 *
 *   oscan_move_start	a move begins, from rest or where another joins or
 *			gives way to it
 *   oscan_move_end	the axis is at rest, and how well the steps of its last
 *			move met their time
 *   oscan_stop		a stop was asked for, by whom the field why says
 *   oscan_halt		the same for a halt
 *   oscan_stumble	a pause at speed: the move ramps up again
 *   oscan_step		a step was written
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM oscan

#if !defined(OSCAN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define OSCAN_TRACE_H

#include <linux/oscan.h>
#include <linux/tracepoint.h>

#include "motor.h"

/* For programs that read the binary trace, as perf and trace-cmd do. */
TRACE_DEFINE_ENUM(OSCAN_END_NONE);
TRACE_DEFINE_ENUM(OSCAN_END_DONE);
TRACE_DEFINE_ENUM(OSCAN_END_STOPPED);
TRACE_DEFINE_ENUM(OSCAN_END_HALTED);
TRACE_DEFINE_ENUM(OSCAN_END_RELEASED);
TRACE_DEFINE_ENUM(OSCAN_END_SYSTEM);
TRACE_DEFINE_ENUM(OSCAN_END_SWITCH);

#define oscan_trace_end_name(end)					\
	__print_symbolic(end,						\
			 { OSCAN_END_NONE, "none" },			\
			 { OSCAN_END_DONE, "done" },			\
			 { OSCAN_END_STOPPED, "stopped" },		\
			 { OSCAN_END_HALTED, "halted" },		\
			 { OSCAN_END_RELEASED, "released" },		\
			 { OSCAN_END_SYSTEM, "system" },		\
			 { OSCAN_END_SWITCH, "switch" })

TRACE_EVENT(oscan_move_start,
	TP_PROTO(const struct axis *axis),
	TP_ARGS(axis),
	TP_STRUCT__entry(
		__field(u32, axis)
		__array(char, name, OSCAN_NAME_LEN)
		__field(u32, move_id)
		__field(s64, position)
		__field(s64, target)
		__field(u32, rate_sps)
	),
	TP_fast_assign(
		__entry->axis = axis->info.axis;
		memcpy(__entry->name, axis->info.name, OSCAN_NAME_LEN);
		__entry->move_id = axis->move_id;
		__entry->position = axis->position;
		__entry->target = axis->target;
		__entry->rate_sps = axis->rate_sps;
	),
	TP_printk("axis=%u name=%s move_id=%u position=%lld target=%lld rate_sps=%u",
		  __entry->axis, __entry->name, __entry->move_id,
		  __entry->position, __entry->target, __entry->rate_sps)
);

TRACE_EVENT(oscan_move_end,
	TP_PROTO(const struct axis *axis, unsigned int end),
	TP_ARGS(axis, end),
	TP_STRUCT__entry(
		__field(u32, axis)
		__array(char, name, OSCAN_NAME_LEN)
		__field(u32, move_id)
		__field(u32, end)
		__field(s64, position)
		__field(u64, worst_late_ns)
		__field(u64, slip_ns)
		__field(u32, stumbles)
	),
	TP_fast_assign(
		__entry->axis = axis->info.axis;
		memcpy(__entry->name, axis->info.name, OSCAN_NAME_LEN);
		__entry->move_id = axis->move_id;
		__entry->end = end;
		__entry->position = axis->position;
		__entry->worst_late_ns = axis->stats.move_worst_late_ns;
		__entry->slip_ns = axis->stats.move_slip_ns;
		__entry->stumbles = axis->stats.move_stumbles;
	),
	TP_printk("axis=%u name=%s move_id=%u end=%s position=%lld worst_late_ns=%llu slip_ns=%llu stumbles=%u",
		  __entry->axis, __entry->name, __entry->move_id,
		  oscan_trace_end_name(__entry->end), __entry->position,
		  __entry->worst_late_ns, __entry->slip_ns, __entry->stumbles)
);

DECLARE_EVENT_CLASS(oscan_ask,
	TP_PROTO(const struct axis *axis, unsigned int why),
	TP_ARGS(axis, why),
	TP_STRUCT__entry(
		__field(u32, axis)
		__array(char, name, OSCAN_NAME_LEN)
		__field(u32, move_id)
		__field(u32, why)
		__field(s64, position)
	),
	TP_fast_assign(
		__entry->axis = axis->info.axis;
		memcpy(__entry->name, axis->info.name, OSCAN_NAME_LEN);
		__entry->move_id = axis->move_id;
		__entry->why = why;
		__entry->position = axis->position;
	),
	TP_printk("axis=%u name=%s move_id=%u why=%s position=%lld",
		  __entry->axis, __entry->name, __entry->move_id,
		  oscan_trace_end_name(__entry->why), __entry->position)
);

DEFINE_EVENT(oscan_ask, oscan_stop,
	TP_PROTO(const struct axis *axis, unsigned int why),
	TP_ARGS(axis, why)
);

DEFINE_EVENT(oscan_ask, oscan_halt,
	TP_PROTO(const struct axis *axis, unsigned int why),
	TP_ARGS(axis, why)
);

TRACE_EVENT(oscan_stumble,
	TP_PROTO(const struct axis *axis, u64 steps_left),
	TP_ARGS(axis, steps_left),
	TP_STRUCT__entry(
		__field(u32, axis)
		__array(char, name, OSCAN_NAME_LEN)
		__field(u32, move_id)
		__field(s64, position)
		__field(u64, steps_left)
	),
	TP_fast_assign(
		__entry->axis = axis->info.axis;
		memcpy(__entry->name, axis->info.name, OSCAN_NAME_LEN);
		__entry->move_id = axis->move_id;
		__entry->position = axis->position;
		__entry->steps_left = steps_left;
	),
	TP_printk("axis=%u name=%s move_id=%u position=%lld steps_left=%llu",
		  __entry->axis, __entry->name, __entry->move_id,
		  __entry->position, __entry->steps_left)
);

TRACE_EVENT(oscan_step,
	TP_PROTO(const struct axis *axis, u64 late_ns),
	TP_ARGS(axis, late_ns),
	TP_STRUCT__entry(
		__field(u32, axis)
		__field(s64, position)
		__field(u64, time_ns)
		__field(u64, late_ns)
	),
	TP_fast_assign(
		__entry->axis = axis->info.axis;
		__entry->position = axis->position;
		__entry->time_ns = axis->rise_ns;
		__entry->late_ns = late_ns;
	),
	TP_printk("axis=%u position=%lld time_ns=%llu late_ns=%llu",
		  __entry->axis, __entry->position, __entry->time_ns,
		  __entry->late_ns)
);

#endif /* OSCAN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE oscan_trace
#include <trace/define_trace.h>
