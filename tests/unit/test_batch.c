// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LINK: kmod/batch.c userspace/liboscan/monitor-decode.c -lnl-genl-3 -lnl-3
 */
/*
 * What the driver writes of its steps, read by the library's decoder.
 */
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "monitor-decode.h"
#include "unit.h"

#define MOST 8192

static struct trace_batch batch;
static struct trace_step steps[MOST];
static struct monitor_decoder decoder;
static bool decoded;

static struct trace_step step_after(const struct trace_step *last, u64 ns)
{
	struct trace_step step = *last;

	step.time_ns += ns;
	step.position += step.sign;
	step.number++;
	return step;
}

static void must_equal(const struct oscan_trace_batch *got, void *data)
{
	const struct trace_step *step = steps;
	size_t i;

	(void)data;
	ck_assert_uint_eq(got->steps, batch.count);
	ck_assert_uint_eq(got->spacing, batch.spacing);
	ck_assert_uint_eq(got->first_number, step->number);
	ck_assert_int_eq(got->first_position, step->position);
	ck_assert_int_eq(got->direction, step->sign);
	for (i = 0; i < batch.count; i++) {
		MUST(got->times_ns[i] == steps[i].time_ns);
		MUST(got->late_ns[i] == steps[i].late_ns);
	}
	decoded = true;
}

#define PUT(message, attribute, type, value)				\
	do {								\
		const type put = (value);				\
		nla_put(message, OSCAN_ATTR_##attribute, sizeof(put), &put); \
	} while (0)

/* As kmod/netlink.c fills it in. Returns its length. */
static size_t round_trip(void)
{
	const struct oscan_monitor_handler handler = { .trace = must_equal };
	struct nl_msg *message = nlmsg_alloc_size(1 << 16);
	size_t length;

	genlmsg_put(message, 0, 0, 0x77, 0, 0, OSCAN_CMD_TRACE, 1);
	PUT(message, AXIS, u32, 0);
	PUT(message, SEQ, u32, 0);
	PUT(message, LOST, u64, 0);
	PUT(message, HORIZON, u64, batch.last.time_ns);
	PUT(message, TOTAL, u64, batch.last.number);
	PUT(message, SPACING, u32, batch.spacing);
	PUT(message, FIRST_POSITION, s64, batch.first.position);
	PUT(message, FIRST_TIME, u64, batch.first.time_ns);
	PUT(message, FIRST_NUMBER, u64, batch.first.number);
	PUT(message, DIRECTION, int32_t, batch.first.sign);
	PUT(message, STEPS, u32, batch.count);
	nla_put(message, OSCAN_ATTR_LATE, (int)batch.late_bytes, batch.late);
	if (batch.deltas_bytes)
		nla_put(message, OSCAN_ATTR_DELTAS, (int)batch.deltas_bytes,
			batch.deltas);
	decoded = false;
	ck_assert_int_eq(monitor_decode(&decoder, nlmsg_hdr(message),
					&handler), 1);
	ck_assert(decoded);
	length = nlmsg_hdr(message)->nlmsg_len;
	nlmsg_free(message);
	return length;
}

TEST(what_is_written_is_read)
{
	struct trace_step step = {
		.time_ns = 1ULL << 60, .position = -5, .number = 1, .sign = 1,
	};
	int bit, i;

	for (bit = 0; bit < 62; bit++) {
		batch_begin(&batch, 1);
		for (i = 0; i < 40; i++) {
			step.late_ns = (u32)(~0ULL >> (bit + i) % 64);
			ck_assert(batch_add(&batch, &step));
			steps[i] = step;
			step = step_after(&step, 1 + (1ULL << bit) / 64 + i);
		}
		round_trip();
		step.time_ns = 1ULL << 60;
	}
}

TEST(one_step_is_a_batch)
{
	steps[0] = (struct trace_step) {
		.time_ns = 7, .position = -1, .number = 1, .sign = -1,
	};
	batch_begin(&batch, 1);
	ck_assert(batch_add(&batch, &steps[0]));
	round_trip();
}

/* With the longest numbers and the shortest. */
TEST(a_full_batch_fits_into_8_kib)
{
	const struct { u64 ns; u32 late_ns; } kinds[] = {
		{ 1ULL << 48, ~0U }, { 1, 0 }, { 20000, 3000 },
	};
	struct trace_step step;
	size_t kind, length;

	for (kind = 0; kind < 3; kind++) {
		step = (struct trace_step) { .number = 1, .sign = -1 };
		step.late_ns = kinds[kind].late_ns;
		batch_begin(&batch, 1);
		while (batch_add(&batch, &step)) {
			steps[batch.count - 1] = step;
			ck_assert_uint_lt(batch.count, MOST);
			step = step_after(&step, kinds[kind].ns);
		}
		ck_assert_uint_le(batch.deltas_bytes + batch.late_bytes,
				  BATCH_BYTES);
		length = round_trip();
		ck_assert_uint_le(length, 7872);
		ck_assert_uint_ge(length, 7000);
	}
}

TEST(what_does_not_follow_is_left_to_the_next)
{
	const struct trace_step first = {
		.time_ns = 100, .position = 10, .number = 5, .sign = 1,
	};
	struct trace_step other[4];
	size_t i;

	for (i = 0; i < 4; i++)
		other[i] = step_after(&first, 10);
	other[0].position = 9;
	other[0].sign = -1;
	other[1].position = 12;
	/* The one between them found the ring full. */
	other[2].number = 7;
	other[3].sign = -1;
	batch_begin(&batch, 1);
	ck_assert(batch_add(&batch, &first));
	for (i = 0; i < 4; i++)
		ck_assert_msg(!batch_add(&batch, &other[i]), "%zu", i);
	ck_assert_uint_eq(batch.count, 1);
	steps[0] = first;
	steps[1] = step_after(&first, 10);
	ck_assert(batch_add(&batch, &steps[1]));
	round_trip();
}

TEST(thinned_steps_follow_a_spacing_apart)
{
	struct trace_step step = {
		.time_ns = 100, .position = 20, .number = 5, .sign = -1,
	};

	batch_begin(&batch, 10);
	ck_assert(batch_add(&batch, &step));
	steps[0] = step;
	step = (struct trace_step) {
		.time_ns = 200, .position = 10, .number = 15, .sign = -1,
	};
	ck_assert(batch_add(&batch, &step));
	steps[1] = step;
	/* To the same place on a way there and back. */
	step.position = 0;
	step.number = 27;
	ck_assert(!batch_add(&batch, &step));
	ck_assert_uint_eq(batch.count, 2);
	round_trip();
}
