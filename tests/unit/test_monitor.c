// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LINK: userspace/liboscan/monitor.c userspace/liboscan/monitor-decode.c
 *	-lnl-genl-3 -lnl-3
 */
#include <errno.h>
#include <fcntl.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "monitor-decode.h"
#include "oscan.h"
#include "unit.h"

#define FAMILY 0x77

/* What the handler was told last, and how often. */
static struct oscan_trace_batch got;
static uint64_t got_times[MONITOR_MAX_STEPS];
static uint32_t got_late[MONITOR_MAX_STEPS];
static struct oscan_state got_state;
static struct oscan_event got_event;
static bool got_missed;
static int n_traces;
static int n_states;
static int n_events;
static int n_missed;
static int handler_data;

static void on_trace(const struct oscan_trace_batch *batch, void *data)
{
	ck_assert_ptr_eq(data, &handler_data);
	got = *batch;
	if (batch->steps) {
		memcpy(got_times, batch->times_ns,
		       batch->steps * sizeof(*got_times));
		memcpy(got_late, batch->late_ns,
		       batch->steps * sizeof(*got_late));
	}
	n_traces++;
	n_missed += batch->missed;
}

static void on_state(const struct oscan_state *state, void *data)
{
	ck_assert_ptr_eq(data, &handler_data);
	got_state = *state;
	n_states++;
}

static void on_event(const struct oscan_event *event, bool missed, void *data)
{
	ck_assert_ptr_eq(data, &handler_data);
	got_event = *event;
	got_missed = missed;
	n_events++;
}

static const struct oscan_monitor_handler handler = {
	.trace = on_trace,
	.state = on_state,
	.event = on_event,
	.data = &handler_data,
};

/*
 * What a trace message is made of; an attribute without a bit is left out.
 * Unless it says otherwise its steps follow those of the message of its axis
 * before, and each is 5 ns late.
 */
struct trace {
	unsigned int without;
	int command;
	uint32_t spacing;
	uint64_t number;
	uint64_t total;
	const void *late;
	size_t late_bytes;
	uint32_t axis;
	uint32_t seq;
	uint64_t lost;
	uint64_t horizon;
	int64_t first;
	uint64_t time;
	int32_t direction;
	uint32_t steps;
	const void *deltas;
	size_t deltas_bytes;
};

#define WITHOUT(attribute) (1U << OSCAN_ATTR_##attribute)
#define WITHOUT_STEPS (WITHOUT(FIRST_POSITION) | WITHOUT(FIRST_TIME) | \
		       WITHOUT(DIRECTION) | WITHOUT(STEPS) | \
		       WITHOUT(DELTAS) | WITHOUT(FIRST_NUMBER) | WITHOUT(LATE))

/* Three steps at 1000, 1001 and 1301 ns. */
static const uint8_t two_deltas[] = { 0x01, 0xac, 0x02 };

static const struct trace good = {
	.command = OSCAN_CMD_TRACE,
	.spacing = 1,
	.axis = 1,
	.seq = 7,
	.lost = 0,
	.horizon = 5000,
	.first = -42,
	.time = 1000,
	.direction = -1,
	.steps = 3,
	.deltas = two_deltas,
	.deltas_bytes = sizeof(two_deltas),
};

static struct nl_msg *new_message(int command)
{
	struct nl_msg *message = nlmsg_alloc_size(1 << 18);

	ck_assert_ptr_nonnull(message);
	ck_assert_ptr_nonnull(genlmsg_put(message, 0, 0, FAMILY, 0, 0, command,
					  OSCAN_GENL_VERSION));
	return message;
}

static void put(struct nl_msg *message, int attribute, const void *data,
		size_t bytes)
{
	ck_assert_int_eq(nla_put(message, attribute, (int)bytes, data), 0);
}

#define PUT(attribute, field)						\
	do {								\
		if (!(trace->without & WITHOUT(attribute)))		\
			put(message, OSCAN_ATTR_##attribute,		\
			    &trace->field, sizeof(trace->field));	\
	} while (0)

static uint64_t numbers[OSCAN_MAX_AXES];

static struct nl_msg *trace_message(const struct trace *wanted)
{
	static uint8_t fives[UINT16_MAX - NLA_HDRLEN];
	struct trace filled = *wanted, *trace = &filled;
	uint64_t *number = &numbers[trace->axis % OSCAN_MAX_AXES];
	struct nl_msg *message = new_message(trace->command);

	memset(fives, 5, sizeof(fives));
	if (!trace->number)
		trace->number = *number + 1;
	if (!trace->total)
		trace->total = trace->number +
			       trace->spacing * (trace->steps - 1ULL);
	*number = trace->total;
	if (!trace->late) {
		trace->late = fives;
		trace->late_bytes = trace->steps < sizeof(fives) ?
				    trace->steps : sizeof(fives);
	}
	PUT(AXIS, axis);
	PUT(SEQ, seq);
	put(message, OSCAN_ATTR_PAD, NULL, 0);
	PUT(LOST, lost);
	PUT(HORIZON, horizon);
	PUT(FIRST_POSITION, first);
	PUT(FIRST_TIME, time);
	PUT(DIRECTION, direction);
	PUT(STEPS, steps);
	PUT(FIRST_NUMBER, number);
	PUT(TOTAL, total);
	PUT(SPACING, spacing);
	if (!(trace->without & WITHOUT(LATE)))
		put(message, OSCAN_ATTR_LATE, trace->late, trace->late_bytes);
	if (!(trace->without & WITHOUT(DELTAS)) && trace->deltas)
		put(message, OSCAN_ATTR_DELTAS, trace->deltas,
		    trace->deltas_bytes);
	return message;
}

static struct monitor_decoder *decoder;

static void forget(void)
{
	free(decoder);
	decoder = calloc(1, sizeof(*decoder));
	ck_assert_ptr_nonnull(decoder);
	n_traces = 0;
	n_states = 0;
	n_events = 0;
	n_missed = 0;
}

/* Decode a copy with nothing behind it, so that ASan sees every overrun. */
static int decode_bytes(const void *bytes, size_t size)
{
	void *copy = malloc(size);
	int result;

	memcpy(copy, bytes, size);
	errno = 0;
	result = monitor_decode(decoder, copy, &handler);
	free(copy);
	if (result < 0)
		ck_assert_int_eq(errno, EBADE);
	return result;
}

static int decode(struct nl_msg *message)
{
	const struct nlmsghdr *header = nlmsg_hdr(message);
	int result = decode_bytes(header, header->nlmsg_len);

	nlmsg_free(message);
	return result;
}

static int decode_trace(const struct trace *trace)
{
	return decode(trace_message(trace));
}

static void must_refuse(const struct trace *trace)
{
	forget();
	ck_assert_int_eq(decode_trace(trace), -1);
	ck_assert_int_eq(n_traces, 0);
	ck_assert(!decoder->axes[1].seen);
}

TEST(every_field_of_a_trace_comes_out)
{
	forget();
	ck_assert_int_eq(decode_trace(&good), 1);
	ck_assert_int_eq(n_traces, 1);
	ck_assert_uint_eq(got.axis, 1);
	ck_assert_uint_eq(got.steps, 3);
	ck_assert_int_eq(got.direction, -1);
	ck_assert_int_eq(got.first_position, -42);
	ck_assert_uint_eq(got.horizon_ns, 5000);
	ck_assert_uint_eq(got.lost_total, 0);
	ck_assert(!got.missed);
	ck_assert_uint_eq(got_times[0], 1000);
	ck_assert_uint_eq(got_times[1], 1001);
	ck_assert_uint_eq(got_times[2], 1301);
	ck_assert_uint_eq(got_late[2], 5);
	ck_assert_uint_eq(got.first_number, numbers[1] - 2);
	ck_assert_uint_eq(got.total, numbers[1]);
	ck_assert_uint_eq(got.spacing, 1);
}

TEST(a_thinned_trace_says_what_was_left_out)
{
	struct trace trace = good;

	trace.command = OSCAN_CMD_THIN;
	trace.spacing = 100;
	trace.first = -100;
	trace.number = 1000;
	trace.total = 1250;
	forget();
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert_uint_eq(got.spacing, 100);
	ck_assert_uint_eq(got.first_number, 1000);
	ck_assert_uint_eq(got.total, 1250);
	/* The next, 50 steps later, misses nothing that should be there. */
	trace.seq++;
	trace.number = 1300;
	trace.total = 1500;
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert(!got.missed);
	/* The last of its steps must not be beyond the total. */
	trace.total = 1499;
	must_refuse(&trace);
	trace.number = UINT64_MAX - 100;
	trace.total = UINT64_MAX;
	must_refuse(&trace);
	trace = good;
	trace.spacing = 0;
	must_refuse(&trace);
}

TEST(numbers_that_do_not_join_are_missed)
{
	struct trace trace = good;

	forget();
	trace.number = 1;
	ck_assert_int_eq(decode_trace(&trace), 1);
	trace.seq++;
	trace.number = 4;
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert(!got.missed);
	trace.seq++;
	trace.number = 8;
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert(got.missed);
}

TEST(lateness_is_read_and_has_32_bits)
{
	const uint8_t late[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x07 };
	uint8_t bad[sizeof(late)];
	struct trace trace = good;

	trace.late = late;
	trace.late_bytes = sizeof(late);
	forget();
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert_uint_eq(got_late[0], 0);
	ck_assert_uint_eq(got_late[1], UINT32_MAX);
	ck_assert_uint_eq(got_late[2], 7);
	memcpy(bad, late, sizeof(bad));
	bad[5] = 0x10;
	trace.late = bad;
	must_refuse(&trace);
	trace.late = late;
	trace.late_bytes--;
	must_refuse(&trace);
}

TEST(one_step_needs_no_deltas)
{
	struct trace trace = good;

	trace.steps = 1;
	trace.without = WITHOUT(DELTAS);
	forget();
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert_uint_eq(got.steps, 1);
	ck_assert_uint_eq(got_times[0], 1000);
	trace.without = 0;
	trace.deltas_bytes = 0;
	ck_assert_int_eq(decode_trace(&trace), 1);
	trace.deltas_bytes = 1;
	must_refuse(&trace);
}

TEST(a_message_may_only_move_the_horizon)
{
	struct trace trace = good;

	trace.without = WITHOUT_STEPS;
	forget();
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert_uint_eq(got.steps, 0);
	ck_assert_int_eq(got.direction, 0);
	ck_assert_uint_eq(got.horizon_ns, 5000);
}

TEST(a_missing_attribute_is_refused)
{
	const int attributes[] = {
		OSCAN_ATTR_AXIS, OSCAN_ATTR_SEQ, OSCAN_ATTR_LOST,
		OSCAN_ATTR_HORIZON, OSCAN_ATTR_FIRST_POSITION,
		OSCAN_ATTR_FIRST_TIME, OSCAN_ATTR_DIRECTION, OSCAN_ATTR_STEPS,
		OSCAN_ATTR_DELTAS, OSCAN_ATTR_FIRST_NUMBER, OSCAN_ATTR_LATE,
		OSCAN_ATTR_TOTAL, OSCAN_ATTR_SPACING,
	};
	struct trace trace = good;
	size_t i;

	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		trace.without = 1U << attributes[i];
		must_refuse(&trace);
		/* All but this one of those that belong to the steps. */
		if (WITHOUT_STEPS & trace.without) {
			trace.without = WITHOUT_STEPS & ~trace.without;
			must_refuse(&trace);
		}
	}
}

TEST(values_that_cannot_be_are_refused)
{
	struct trace trace;

	trace = good;
	trace.axis = OSCAN_MAX_AXES;
	must_refuse(&trace);
	trace = good;
	trace.steps = 0;
	must_refuse(&trace);
	trace.without = WITHOUT(DELTAS);
	must_refuse(&trace);
	trace = good;
	trace.direction = 0;
	must_refuse(&trace);
	trace.direction = 2;
	must_refuse(&trace);
	trace = good;
	trace.first = OSCAN_POSITION_LIMIT + 1;
	must_refuse(&trace);
	trace.first = INT64_MIN;
	must_refuse(&trace);
	trace = good;
	trace.horizon = 1300;
	must_refuse(&trace);
	trace.horizon = 1301;
	forget();
	ck_assert_int_eq(decode_trace(&trace), 1);
}

TEST(more_or_fewer_steps_than_deltas_are_refused)
{
	struct trace trace = good;

	trace.steps = 2;
	must_refuse(&trace);
	trace.steps = 4;
	must_refuse(&trace);
	trace.steps = UINT32_MAX;
	must_refuse(&trace);
	trace.steps = MONITOR_MAX_STEPS + 1;
	must_refuse(&trace);
}

TEST(the_longest_message_is_decoded)
{
	struct trace trace = good;
	uint8_t *deltas = malloc(UINT16_MAX);
	uint32_t steps = UINT16_MAX - NLA_HDRLEN;

	memset(deltas, 0x7f, UINT16_MAX);
	trace.steps = steps;
	trace.deltas = deltas;
	trace.deltas_bytes = steps - 1;
	trace.horizon = UINT64_MAX;
	forget();
	ck_assert_int_eq(decode_trace(&trace), 1);
	ck_assert_uint_eq(got.steps, steps);
	ck_assert_uint_eq(got_times[steps - 1], 1000 + 127UL * (steps - 1));
	free(deltas);
}

static int decode_delta(const uint8_t *bytes, size_t size, uint64_t first_ns)
{
	struct trace trace = good;

	trace.steps = 2;
	trace.time = first_ns;
	trace.horizon = UINT64_MAX;
	trace.deltas = bytes;
	trace.deltas_bytes = size;
	forget();
	return decode_trace(&trace);
}

TEST(numbers_of_every_length_are_read)
{
	uint8_t bytes[10];
	uint64_t number, left;
	size_t size;
	int bit;

	for (bit = 0; bit < 64; bit++) {
		number = (UINT64_MAX >> bit) - 1;
		if (!number)
			continue;
		for (size = 0, left = number; left; left >>= 7)
			bytes[size++] = (uint8_t)(left & 0x7f) |
					(left > 0x7f ? 0x80 : 0);
		ck_assert_int_eq(decode_delta(bytes, size, 1), 1);
		ck_assert_uint_eq(got_times[1] - got_times[0], number);
	}
}

TEST(numbers_that_are_too_long_or_too_great_are_refused)
{
	static const struct { uint8_t bytes[12]; size_t size; } bad[] = {
		{ { 0x80 }, 1 },
		{ { 0x81, 0x80 }, 2 },
		{ { 0x81, 0x00 }, 2 },
		{ { 0x80, 0x80, 0x00 }, 3 },
		{ { 0x00 }, 1 },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0x02 }, 10 },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0x81, 0x00 }, 11 },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0x01 }, 12 },
		{ { 0x01, 0x01 }, 2 },
		{ { 0x01, 0x00 }, 2 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(decode_delta(bad[i].bytes, bad[i].size, 1) == -1,
			      "number %zu was taken", i);
		ck_assert_int_eq(n_traces, 0);
	}
}

TEST(a_time_beyond_all_numbers_is_refused)
{
	const uint8_t two[] = { 0x02 };

	ck_assert_int_eq(decode_delta(two, 1, UINT64_MAX - 1), -1);
	ck_assert_int_eq(decode_delta(two, 1, UINT64_MAX - 2), 1);
}

TEST(attributes_of_the_wrong_size_are_refused)
{
	const int attributes[] = {
		OSCAN_ATTR_AXIS, OSCAN_ATTR_SEQ, OSCAN_ATTR_LOST,
		OSCAN_ATTR_HORIZON, OSCAN_ATTR_FIRST_POSITION,
		OSCAN_ATTR_FIRST_TIME, OSCAN_ATTR_DIRECTION, OSCAN_ATTR_STEPS,
	};
	const uint8_t bytes[9] = { 1 };
	struct trace trace = good;
	struct nl_msg *message;
	size_t i, size;

	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		bool is_long = attributes[i] >= OSCAN_ATTR_LOST &&
			       attributes[i] <= OSCAN_ATTR_FIRST_TIME;

		for (size = 0; size <= 9; size++) {
			if (size == (is_long ? 8 : 4))
				continue;
			trace.without = 1U << attributes[i];
			message = trace_message(&trace);
			put(message, attributes[i], bytes, size);
			forget();
			ck_assert_int_eq(decode(message), -1);
		}
	}
}

TEST(unknown_attributes_are_ignored)
{
	struct nl_msg *message = trace_message(&good);

	put(message, OSCAN_ATTR_MAX + 1, "later", 6);
	put(message, 1000, NULL, 0);
	forget();
	ck_assert_int_eq(decode(message), 1);
	ck_assert_uint_eq(got.steps, 3);
}

TEST(unknown_commands_are_ignored)
{
	forget();
	ck_assert_int_eq(decode(new_message(200)), 0);
	ck_assert_int_eq(decode(new_message(0)), 0);
	ck_assert_int_eq(n_traces + n_states, 0);
}

static struct oscan_state good_state(void)
{
	struct oscan_state state = {
		.axis = 1,
		.flags = OSCAN_STATE_ENABLED,
		.motion = OSCAN_MOTION_STOPPING,
		.position_state = OSCAN_POSITION_SUSPECT,
		.end = OSCAN_END_HALTED,
		.move_id = 77,
		.position = -123456789,
		.target = 987654321,
		.time_ns = 1ULL << 60,
		.last_step_ns = 1ULL << 59,
		.steps = 1ULL << 58,
		.trace_seq = 5,
		.trace_lost = 6,
	};

	return state;
}

static struct nl_msg *state_message(const void *state, size_t bytes)
{
	struct nl_msg *message = new_message(OSCAN_CMD_STATE);
	uint32_t axis = 1;
	uint32_t seq = 0;

	put(message, OSCAN_ATTR_AXIS, &axis, sizeof(axis));
	put(message, OSCAN_ATTR_SEQ, &seq, sizeof(seq));
	put(message, OSCAN_ATTR_STATE, state, bytes);
	return message;
}

TEST(a_state_comes_out_unchanged)
{
	struct oscan_state state = good_state();

	forget();
	ck_assert_int_eq(decode(state_message(&state, sizeof(state))), 1);
	ck_assert_int_eq(n_states, 1);
	ck_assert_mem_eq(&got_state, &state, sizeof(state));
}

TEST(a_longer_state_is_taken_and_a_shorter_one_refused)
{
	struct oscan_state states[2] = { good_state() };

	forget();
	ck_assert_int_eq(decode(state_message(states, sizeof(states))), 1);
	ck_assert_mem_eq(&got_state, &states[0], sizeof(*states));
	forget();
	ck_assert_int_eq(decode(state_message(states, sizeof(*states) - 1)),
			 -1);
	ck_assert_int_eq(decode(state_message(states, 0)), -1);
	ck_assert_int_eq(n_states, 0);
}

TEST(a_state_that_cannot_be_is_refused)
{
	struct oscan_state bad[4];
	struct nl_msg *message;
	uint32_t axis = 1;
	size_t i;

	for (i = 0; i < 4; i++)
		bad[i] = good_state();
	bad[0].axis = 0;
	bad[1].motion = 0;
	bad[2].position_state = 0;
	bad[3].end = 0;
	forget();
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(decode(state_message(&bad[i], sizeof(*bad))),
				 -1);
	message = new_message(OSCAN_CMD_STATE);
	put(message, OSCAN_ATTR_AXIS, &axis, sizeof(axis));
	put(message, OSCAN_ATTR_SEQ, &axis, sizeof(axis));
	ck_assert_int_eq(decode(message), -1);
	ck_assert_int_eq(n_states, 0);
}

static const struct oscan_event good_event = {
	.seq = 0x80000001,
	.type = OSCAN_EVENT_TRIGGER,
	.time_ns = 1ULL << 60,
	.axis = 2,
	.line = 3,
	.position = -123456789,
	.move_id = 4,
	.value = 5,
	.aux = -6,
	.dropped = 1ULL << 40,
	.positions = { 7, -8, 9, [OSCAN_MAX_AXES - 1] = -10 },
};

static struct nl_msg *event_message(const struct oscan_event *event)
{
	struct nl_msg *message = new_message(OSCAN_CMD_EVENT);

	put(message, OSCAN_ATTR_AXIS, &event->axis, sizeof(event->axis));
	put(message, OSCAN_ATTR_SEQ, &event->seq, sizeof(event->seq));
	put(message, OSCAN_ATTR_LOST, &event->dropped,
	    sizeof(event->dropped));
	put(message, OSCAN_ATTR_EVENT, event, sizeof(*event));
	return message;
}

/* Of good_event; a size of 0 leaves the attribute out. */
static struct nl_msg *event_of(size_t axis, size_t seq, size_t lost,
			       size_t event)
{
	const struct oscan_event events[2] = { good_event };
	const struct {
		int attribute;
		const void *data;
		size_t bytes;
	} parts[] = {
		{ OSCAN_ATTR_AXIS, &events->axis, axis },
		{ OSCAN_ATTR_SEQ, &events->seq, seq },
		{ OSCAN_ATTR_LOST, &events->dropped, lost },
		{ OSCAN_ATTR_EVENT, events, event },
	};
	struct nl_msg *message = new_message(OSCAN_CMD_EVENT);
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].bytes)
			put(message, parts[i].attribute, parts[i].data,
			    parts[i].bytes);
	return message;
}

TEST(an_event_comes_out_unchanged)
{
	forget();
	ck_assert_int_eq(decode(event_message(&good_event)), 1);
	ck_assert_int_eq(n_events, 1);
	ck_assert_mem_eq(&got_event, &good_event, sizeof(good_event));
	ck_assert(!got_missed);
	ck_assert_int_eq(n_traces + n_states, 0);
}

TEST(an_event_of_a_line_needs_no_axis)
{
	forget();
	ck_assert_int_eq(decode(event_of(0, 4, 8, sizeof(good_event))), 1);
	ck_assert_mem_eq(&got_event, &good_event, sizeof(good_event));
}

TEST(a_longer_event_is_taken_and_what_is_short_or_missing_refused)
{
	const size_t size = sizeof(good_event);

	forget();
	ck_assert_int_eq(decode(event_of(4, 4, 8, 2 * size)), 1);
	ck_assert_mem_eq(&got_event, &good_event, size);
	forget();
	ck_assert_int_eq(decode(event_of(4, 4, 8, size - 1)), -1);
	ck_assert_int_eq(decode(event_of(4, 4, 8, 0)), -1);
	ck_assert_int_eq(decode(event_of(4, 4, 0, size)), -1);
	ck_assert_int_eq(decode(event_of(4, 4, 4, size)), -1);
	ck_assert_int_eq(decode(event_of(4, 0, 8, size)), -1);
	ck_assert_int_eq(decode(event_of(4, 3, 8, size)), -1);
	ck_assert_int_eq(decode(event_of(3, 4, 8, size)), -1);
	ck_assert_int_eq(n_events, 0);
	ck_assert(!decoder->event_seen);
}

/* What the event says and what stands beside it. */
static int decode_apart(struct oscan_event event,
			const struct oscan_event *beside)
{
	struct nl_msg *message = new_message(OSCAN_CMD_EVENT);

	put(message, OSCAN_ATTR_AXIS, &beside->axis, sizeof(beside->axis));
	put(message, OSCAN_ATTR_SEQ, &beside->seq, sizeof(beside->seq));
	put(message, OSCAN_ATTR_LOST, &beside->dropped,
	    sizeof(beside->dropped));
	put(message, OSCAN_ATTR_EVENT, &event, sizeof(event));
	return decode(message);
}

TEST(an_event_that_cannot_be_is_refused)
{
	struct oscan_event bad = good_event;

	forget();
	bad.type = 0;
	ck_assert_int_eq(decode(event_message(&bad)), -1);
	bad = good_event;
	bad.axis = OSCAN_MAX_AXES;
	ck_assert_int_eq(decode(event_message(&bad)), -1);
	bad = good_event;
	bad.axis++;
	ck_assert_int_eq(decode_apart(good_event, &bad), -1);
	bad = good_event;
	bad.seq++;
	ck_assert_int_eq(decode_apart(good_event, &bad), -1);
	bad = good_event;
	bad.dropped++;
	ck_assert_int_eq(decode_apart(good_event, &bad), -1);
	ck_assert_int_eq(n_events, 0);
	/* A later version may know more. */
	bad = good_event;
	bad.type = 1000;
	ck_assert_int_eq(decode(event_message(&bad)), 1);
}

TEST(a_gap_in_the_events_is_missed_once)
{
	const struct {
		uint32_t seq;
		bool missed;
	} arrivals[] = {
		{ UINT32_MAX - 1, false }, { UINT32_MAX, false }, { 0, false },
		{ 2, true }, { 3, false }, { 3, true }, { 1, true },
		{ 2, false },
	};
	struct oscan_event event = good_event;
	size_t i;

	forget();
	for (i = 0; i < sizeof(arrivals) / sizeof(*arrivals); i++) {
		event.seq = arrivals[i].seq;
		/* One sequence for all axes. */
		event.axis = i % 2;
		ck_assert_int_eq(decode(event_message(&event)), 1);
		ck_assert_msg(got_missed == arrivals[i].missed, "%zu", i);
	}
}

TEST(a_bad_event_is_missed_by_the_next)
{
	struct oscan_event event = good_event;

	forget();
	ck_assert_int_eq(decode(event_message(&event)), 1);
	event.seq++;
	event.type = 0;
	ck_assert_int_eq(decode(event_message(&event)), -1);
	event.seq++;
	event.type = OSCAN_EVENT_PULSE;
	ck_assert_int_eq(decode(event_message(&event)), 1);
	ck_assert(got_missed);
}

TEST(what_nobody_asked_for_is_not_called)
{
	const struct oscan_monitor_handler nobody = { .data = NULL };
	struct oscan_state state = good_state();
	struct nl_msg *messages[] = {
		trace_message(&good), state_message(&state, sizeof(state)),
		event_message(&good_event),
	};
	size_t i;

	forget();
	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		ck_assert_int_eq(monitor_decode(decoder,
						nlmsg_hdr(messages[i]),
						&nobody), 1);
		nlmsg_free(messages[i]);
	}
}

/* Up to here the message says a horizon, and nothing that is wrong. */
#define HORIZON_BYTES (NLMSG_HDRLEN + GENL_HDRLEN + 2 * (NLA_HDRLEN + 4) + \
		       NLA_HDRLEN + 2 * (NLA_HDRLEN + 8))

TEST(a_truncated_message_is_refused)
{
	struct nl_msg *message = trace_message(&good);
	struct nlmsghdr *header = nlmsg_hdr(message);
	uint32_t size = header->nlmsg_len;
	uint32_t cut;

	forget();
	for (cut = sizeof(*header); cut < size; cut++) {
		header->nlmsg_len = cut;
		/* The last byte is padding. */
		if (cut == HORIZON_BYTES || cut == size - 1)
			continue;
		ck_assert_msg(decode_bytes(header, cut) == -1,
			      "%u of %u bytes were taken", cut, size);
	}
	ck_assert_int_eq(n_traces, 0);
	nlmsg_free(message);
}

TEST(a_truncated_event_is_refused)
{
	struct nl_msg *message = event_message(&good_event);
	struct nlmsghdr *header = nlmsg_hdr(message);
	uint32_t size = header->nlmsg_len;
	uint32_t cut;

	forget();
	for (cut = sizeof(*header); cut < size; cut++) {
		header->nlmsg_len = cut;
		ck_assert_msg(decode_bytes(header, cut) == -1,
			      "%u of %u bytes were taken", cut, size);
	}
	ck_assert_int_eq(n_events, 0);
	nlmsg_free(message);
}

TEST(a_broken_attribute_length_does_no_harm)
{
	struct nl_msg *message = trace_message(&good);
	struct nlmsghdr *header = nlmsg_hdr(message);
	uint8_t *copy = malloc(header->nlmsg_len);
	size_t i;

	srand48(1);
	forget();
	for (i = 0; i < 200000; i++) {
		size_t at = sizeof(*header) + GENL_HDRLEN +
			    (size_t)lrand48() % (header->nlmsg_len -
						 sizeof(*header) -
						 GENL_HDRLEN);

		memcpy(copy, header, header->nlmsg_len);
		copy[at] = (uint8_t)lrand48();
		monitor_decode(decoder, (struct nlmsghdr *)copy, &handler);
	}
	ck_assert_int_gt(n_traces, 0);
	free(copy);
	nlmsg_free(message);
}

static bool missed(const struct trace *trace)
{
	ck_assert_int_eq(decode_trace(trace), 1);
	return got.missed;
}

TEST(the_first_batch_misses_nothing)
{
	struct trace trace = good;

	trace.lost = 99;
	forget();
	ck_assert(!missed(&trace));
	ck_assert_uint_eq(got.lost_total, 99);
}

TEST(a_gap_in_the_sequence_is_missed_once)
{
	struct trace trace = good;

	forget();
	ck_assert(!missed(&trace));
	trace.seq = 8;
	ck_assert(!missed(&trace));
	trace.seq = 10;
	ck_assert(missed(&trace));
	trace.seq = 11;
	ck_assert(!missed(&trace));
	trace.seq = 11;
	ck_assert(missed(&trace));
	trace.seq = 3;
	ck_assert(missed(&trace));
	trace.seq = 4;
	ck_assert(!missed(&trace));
}

TEST(the_sequence_wraps)
{
	struct trace trace = good;

	forget();
	trace.seq = UINT32_MAX;
	ck_assert(!missed(&trace));
	trace.seq = 0;
	ck_assert(!missed(&trace));
}

TEST(steps_that_the_driver_lost_are_missed)
{
	struct trace trace = good;

	forget();
	ck_assert(!missed(&trace));
	trace.seq = 8;
	trace.lost = 5;
	ck_assert(missed(&trace));
	ck_assert_uint_eq(got.lost_total, 5);
	trace.seq = 9;
	ck_assert(!missed(&trace));
}

TEST(each_axis_has_its_own_sequence)
{
	struct trace one = good;
	struct trace other = good;

	other.axis = 0;
	other.seq = 1000;
	other.lost = 4;
	forget();
	ck_assert(!missed(&one));
	ck_assert(!missed(&other));
	one.seq++;
	other.seq += 2;
	ck_assert(!missed(&one));
	ck_assert(missed(&other));
}

TEST(a_state_does_not_count_as_trace)
{
	struct oscan_state state = good_state();
	struct trace trace = good;

	forget();
	ck_assert(!missed(&trace));
	ck_assert_int_eq(decode(state_message(&state, sizeof(state))), 1);
	trace.seq++;
	ck_assert(!missed(&trace));
}

TEST(a_refused_message_is_missed_by_the_next)
{
	struct trace trace = good;

	forget();
	ck_assert(!missed(&trace));
	trace.seq = 8;
	trace.direction = 0;
	ck_assert_int_eq(decode_trace(&trace), -1);
	trace.seq = 9;
	trace.direction = -1;
	ck_assert(missed(&trace));
}

/*
 * The socket: real, but for the groups and for what recvmsg() says, which
 * comes from a list.
 */

/**
 * struct arrival - one answer of recvmsg(2)
 * @message: or NULL
 * @from: netlink port it comes from; 0 is the kernel
 * @error: errno when there is no message
 */
struct arrival {
	struct nl_msg *message;
	uint32_t from;
	int error;
};

static struct arrival arrivals[600];
static size_t n_arrivals;
static size_t next_arrival;
static int resolve_error;
static int joined_groups;

#define GROUP_NUMBER 0x10

int genl_ctrl_resolve_grp(struct nl_sock *socket, const char *family,
			  const char *group)
{
	(void)socket;
	ck_assert_str_eq(family, OSCAN_GENL_NAME);
	ck_assert_msg(!joined_groups, "asked among messages that come in");
	if (resolve_error)
		return resolve_error;
	if (!strcmp(group, OSCAN_GENL_TRACE))
		return GROUP_NUMBER + OSCAN_MONITOR_TRACE;
	if (!strcmp(group, OSCAN_GENL_THIN))
		return GROUP_NUMBER + OSCAN_MONITOR_THIN;
	if (!strcmp(group, OSCAN_GENL_EVENT))
		return GROUP_NUMBER + OSCAN_MONITOR_EVENT;
	ck_assert_str_eq(group, OSCAN_GENL_STATE);
	return GROUP_NUMBER + OSCAN_MONITOR_STATE;
}

int nl_socket_add_membership(struct nl_sock *socket, int group)
{
	(void)socket;
	joined_groups |= group - GROUP_NUMBER;
	return 0;
}

ssize_t recvmsg(int fd, struct msghdr *into, int flags)
{
	struct arrival *arrival = &arrivals[next_arrival];
	struct sockaddr_nl *from = into->msg_name;
	struct nlmsghdr *header;
	size_t room = into->msg_iov->iov_len;
	size_t size;

	(void)fd;
	if (next_arrival == n_arrivals) {
		errno = EAGAIN;
		return -1;
	}
	if (arrival->error) {
		next_arrival++;
		errno = arrival->error;
		return -1;
	}
	header = nlmsg_hdr(arrival->message);
	size = header->nlmsg_len;
	*from = (struct sockaddr_nl){
		.nl_family = AF_NETLINK, .nl_pid = arrival->from,
	};
	into->msg_namelen = sizeof(*from);
	into->msg_flags = size > room ? MSG_TRUNC : 0;
	into->msg_controllen = 0;
	memcpy(into->msg_iov->iov_base, header, size < room ? size : room);
	if (!(flags & MSG_PEEK)) {
		nlmsg_free(arrival->message);
		next_arrival++;
	}
	return (ssize_t)size;
}

static void arrive(struct nl_msg *message)
{
	arrivals[n_arrivals++] = (struct arrival){ .message = message };
}

static void arrive_trace(uint32_t seq)
{
	struct trace trace = good;

	trace.seq = seq;
	arrive(trace_message(&trace));
}

static void arrive_error(int error)
{
	arrivals[n_arrivals++] = (struct arrival){ .error = error };
}

static struct oscan_monitor *open_monitor(void)
{
	struct oscan_monitor *monitor =
		oscan_monitor_open(OSCAN_MONITOR_TRACE | OSCAN_MONITOR_STATE);

	ck_assert_msg(monitor != NULL, "%s", strerror(errno));
	n_traces = 0;
	n_states = 0;
	n_missed = 0;
	return monitor;
}

TEST(the_groups_asked_for_are_joined)
{
	struct oscan_monitor *monitor;

	monitor = oscan_monitor_open(OSCAN_MONITOR_STATE);
	ck_assert_ptr_nonnull(monitor);
	ck_assert_int_eq(joined_groups, OSCAN_MONITOR_STATE);
	oscan_monitor_close(monitor);
	joined_groups = 0;
	monitor = oscan_monitor_open(OSCAN_MONITOR_EVENT);
	ck_assert_ptr_nonnull(monitor);
	ck_assert_int_eq(joined_groups, OSCAN_MONITOR_EVENT);
	oscan_monitor_close(monitor);
	joined_groups = 0;
	monitor = open_monitor();
	ck_assert_int_eq(joined_groups,
			 OSCAN_MONITOR_STATE | OSCAN_MONITOR_TRACE);
	oscan_monitor_close(monitor);
}

TEST(no_group_and_unknown_groups_are_refused)
{
	errno = 0;
	ck_assert_ptr_null(oscan_monitor_open(0));
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_ptr_null(oscan_monitor_open(1 << 30));
	ck_assert_int_eq(errno, EINVAL);
	/* Which of the two a message is of could not be told. */
	errno = 0;
	ck_assert_ptr_null(oscan_monitor_open(OSCAN_MONITOR_TRACE |
					      OSCAN_MONITOR_THIN));
	ck_assert_int_eq(errno, EINVAL);
}

TEST(without_the_driver_there_is_no_monitor)
{
	const struct { int nl_error; int error; } failures[] = {
		{ -NLE_OBJ_NOTFOUND, ENOENT },
		{ -NLE_PERM, EPERM },
		{ -NLE_NOMEM, ENOMEM },
		{ -NLE_BAD_SOCK, EIO },
	};
	size_t i;

	for (i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		resolve_error = failures[i].nl_error;
		errno = 0;
		ck_assert_ptr_null(oscan_monitor_open(OSCAN_MONITOR_TRACE));
		ck_assert_int_eq(errno, failures[i].error);
	}
}

TEST(closing_nothing_is_accepted)
{
	oscan_monitor_close(NULL);
}

TEST(the_socket_does_not_block_and_is_closed_on_exec)
{
	struct oscan_monitor *monitor = open_monitor();
	int fd = oscan_monitor_fd(monitor);
	int size = 0;
	socklen_t length = sizeof(size);

	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length);
	ck_assert_int_ge(size, 128 << 10);
	oscan_monitor_close(monitor);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}

TEST(nothing_to_read_is_no_message)
{
	struct oscan_monitor *monitor = open_monitor();

	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 0);
	oscan_monitor_close(monitor);
}

TEST(everything_that_has_come_is_read_at_once)
{
	struct oscan_monitor *monitor = open_monitor();
	struct oscan_state state = good_state();
	uint32_t seq;

	for (seq = 0; seq < 500; seq++)
		arrive_trace(seq);
	arrive(state_message(&state, sizeof(state)));
	arrive(new_message(99));
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 501);
	ck_assert_int_eq(n_traces, 500);
	ck_assert_int_eq(n_missed, 0);
	ck_assert_int_eq(n_states, 1);
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 0);
	oscan_monitor_close(monitor);
}

TEST(a_full_buffer_is_no_error_but_missed)
{
	struct oscan_monitor *monitor = open_monitor();

	arrive_trace(0);
	arrive_error(ENOBUFS);
	arrive_trace(1);
	arrive_trace(4);
	arrive_error(ENOBUFS);
	arrive_trace(5);
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 4);
	ck_assert_int_eq(n_missed, 1);
	arrive_error(ENOBUFS);
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 0);
	oscan_monitor_close(monitor);
}

TEST(no_memory_is_an_error_and_ends)
{
	struct oscan_monitor *monitor = open_monitor();

	arrive_error(ENOMEM);
	arrive_error(ENOMEM);
	errno = 0;
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), -1);
	ck_assert_int_eq(errno, ENOMEM);
	oscan_monitor_close(monitor);
}

TEST(a_broken_socket_is_an_error)
{
	struct oscan_monitor *monitor = open_monitor();

	arrive_error(ENOTCONN);
	errno = 0;
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), -1);
	ck_assert_int_eq(errno, EIO);
	oscan_monitor_close(monitor);
}

TEST(a_bad_message_is_an_error_after_all_others_were_handled)
{
	struct oscan_monitor *monitor = open_monitor();
	struct trace bad = good;

	bad.seq = 1;
	bad.steps = 0;
	arrive_trace(0);
	arrive(trace_message(&bad));
	arrive_trace(2);
	errno = 0;
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), -1);
	ck_assert_int_eq(errno, EBADE);
	ck_assert_int_eq(n_traces, 2);
	ck_assert_int_eq(n_missed, 1);
	arrive_trace(3);
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 1);
	ck_assert_int_eq(n_missed, 1);
	oscan_monitor_close(monitor);
}

TEST(only_the_kernel_is_believed)
{
	struct oscan_monitor *monitor = open_monitor();

	arrive_trace(0);
	arrivals[n_arrivals - 1].from = 1234;
	ck_assert_int_eq(oscan_monitor_read(monitor, &handler), 0);
	ck_assert_int_eq(n_traces, 0);
	oscan_monitor_close(monitor);
}
