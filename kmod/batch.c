// SPDX-License-Identifier: GPL-2.0
#include "batch.h"

/* Most bytes of a step: 64 bits and 32 bits, seven in a byte. */
#define STEP_BYTES	(10 + 5)

static unsigned int put_leb128(u8 *out, u64 value)
{
	unsigned int n = 0;

	while (value >= 0x80) {
		out[n++] = (u8)(value | 0x80);
		value >>= 7;
	}
	out[n++] = (u8)value;
	return n;
}

static bool follows(const struct trace_batch *batch,
		    const struct trace_step *step)
{
	const struct trace_step *last = &batch->last;

	return step->sign == last->sign &&
	       step->number == last->number + batch->spacing &&
	       step->position == last->position +
				 step->sign * (s64)batch->spacing;
}

void batch_begin(struct trace_batch *batch, u32 spacing)
{
	batch->spacing = spacing;
	batch->count = 0;
	batch->deltas_bytes = 0;
	batch->late_bytes = 0;
}

bool batch_add(struct trace_batch *batch, const struct trace_step *step)
{
	if (batch->deltas_bytes + batch->late_bytes > BATCH_BYTES - STEP_BYTES)
		return false;
	if (!batch->count) {
		batch->first = *step;
	} else {
		if (!follows(batch, step))
			return false;
		batch->deltas_bytes +=
			put_leb128(batch->deltas + batch->deltas_bytes,
				   step->time_ns - batch->last.time_ns);
	}
	batch->late_bytes += put_leb128(batch->late + batch->late_bytes,
					step->late_ns);
	batch->last = *step;
	batch->count++;
	return true;
}
