/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps that follow each other, written the way OSCAN_CMD_TRACE and
 * OSCAN_CMD_THIN carry them.
 *
 * Pure: no kernel interface is used, the unit tests compile the same file.
 */
#ifndef OSCAN_BATCH_H
#define OSCAN_BATCH_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
#endif

/*
 * With what else is in it a message is shorter than 7872 bytes: so it fits
 * the 8 KiB that programs commonly receive into, and takes 8 KiB of the
 * receiver's buffer and not 16.
 */
#define BATCH_BYTES	7424U

/**
 * struct trace_step - a step on its way from the interrupt to the trace
 * @time_ns: when it was written
 * @position: after it, microsteps
 * @number: its place among all steps of the axis, from 1
 * @late_ns: by how much it was late, at most ~0
 * @sign: +1 or -1
 */
struct trace_step {
	u64 time_ns;
	s64 position;
	u64 number;
	u32 late_ns;
	int sign;
};

/**
 * struct trace_batch - steps in one direction, evenly apart
 * @spacing: microsteps from each of them to the next
 * @count: number of them, 0 in an empty batch; the rest is valid if not
 * @first: the first
 * @last: the last
 * @deltas_bytes: length of @deltas
 * @late_bytes: length of @late
 * @deltas: @count - 1 LEB128 numbers, nanoseconds from each to the next
 * @late: @count LEB128 numbers, lateness of each
 */
struct trace_batch {
	u32 spacing;
	u32 count;
	struct trace_step first;
	struct trace_step last;
	u32 deltas_bytes;
	u32 late_bytes;
	u8 deltas[BATCH_BYTES];
	u8 late[BATCH_BYTES];
};

/* batch_begin() - an empty one */
void batch_begin(struct trace_batch *batch, u32 spacing);

/**
 * batch_add() - append a step
 * @batch: batch
 * @step: later than the last one
 *
 * Return: false: it does not follow the last one, or the batch is full; the
 * batch is as it was. An empty batch takes any step.
 */
bool batch_add(struct trace_batch *batch, const struct trace_step *step);

#endif /* OSCAN_BATCH_H */
