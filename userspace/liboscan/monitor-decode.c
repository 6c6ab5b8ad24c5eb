// SPDX-License-Identifier: LGPL-2.1-or-later
#include "monitor-decode.h"

#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>

#define ATTR_IS(bytes) { .minlen = (bytes), .maxlen = (bytes) }

static const struct nla_policy policy[OSCAN_ATTR_MAX + 1] = {
	[OSCAN_ATTR_AXIS] = ATTR_IS(4),
	[OSCAN_ATTR_SEQ] = ATTR_IS(4),
	[OSCAN_ATTR_LOST] = ATTR_IS(8),
	[OSCAN_ATTR_HORIZON] = ATTR_IS(8),
	[OSCAN_ATTR_FIRST_POSITION] = ATTR_IS(8),
	[OSCAN_ATTR_FIRST_TIME] = ATTR_IS(8),
	[OSCAN_ATTR_DIRECTION] = ATTR_IS(4),
	[OSCAN_ATTR_STEPS] = ATTR_IS(4),
	[OSCAN_ATTR_FIRST_NUMBER] = ATTR_IS(8),
	[OSCAN_ATTR_TOTAL] = ATTR_IS(8),
	[OSCAN_ATTR_SPACING] = ATTR_IS(4),
	/* Longer in later versions. */
	[OSCAN_ATTR_STATE] = { .minlen = sizeof(struct oscan_state) },
	[OSCAN_ATTR_EVENT] = { .minlen = sizeof(struct oscan_event) },
};

static int bad_message(void)
{
	errno = EBADE;
	return -1;
}

/**
 * take_leb128 - read one number
 * @bytes: in and out: where to read, past what was read
 *
 * Return: false where the bytes end too early, the number is over 64 bits or
 * longer than it need be.
 */
static bool take_leb128(const uint8_t **bytes, const uint8_t *end,
			uint64_t *number)
{
	unsigned int shift = 0;
	uint8_t byte;

	*number = 0;
	do {
		if (*bytes == end)
			return false;
		byte = *(*bytes)++;
		if (shift == 63 && byte > 1)
			return false;
		*number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return byte || shift == 7;
}

/* Runs out of bytes before MONITOR_MAX_STEPS, whatever @steps says. */
static bool take_late(uint32_t *late_ns, size_t steps,
		      const struct nlattr *late)
{
	const uint8_t *bytes = nla_data(late);
	const uint8_t *end = bytes + nla_len(late);
	uint64_t number;
	size_t step;

	for (step = 0; step < steps; step++) {
		if (!take_leb128(&bytes, end, &number) || number > UINT32_MAX)
			return false;
		late_ns[step] = number;
	}
	return bytes == end;
}

/* After take_late(), which has found that there are not too many steps. */
static bool take_times(uint64_t *times_ns, size_t steps, uint64_t first_ns,
		       const struct nlattr *deltas)
{
	const uint8_t *bytes = deltas ? nla_data(deltas) : NULL;
	const uint8_t *end = deltas ? bytes + nla_len(deltas) : NULL;
	uint64_t delta;
	size_t step;

	times_ns[0] = first_ns;
	for (step = 1; step < steps; step++) {
		if (!take_leb128(&bytes, end, &delta) || !delta ||
		    __builtin_add_overflow(times_ns[step - 1], delta,
					   &times_ns[step]))
			return false;
	}
	return bytes == end;
}

static bool has_nothing_of_steps(struct nlattr **attr)
{
	return !attr[OSCAN_ATTR_FIRST_POSITION] &&
	       !attr[OSCAN_ATTR_FIRST_TIME] &&
	       !attr[OSCAN_ATTR_FIRST_NUMBER] &&
	       !attr[OSCAN_ATTR_DIRECTION] && !attr[OSCAN_ATTR_LATE] &&
	       !attr[OSCAN_ATTR_DELTAS];
}

static bool is_possible(const struct oscan_trace_batch *batch)
{
	const int64_t first = batch->first_position;

	return batch->steps && batch->first_number &&
	       (batch->direction == 1 || batch->direction == -1) &&
	       first <= OSCAN_POSITION_LIMIT && first >= -OSCAN_POSITION_LIMIT;
}

/* Numbers do not wrap: there are more than any axis can make. */
static bool is_in_total(const struct oscan_trace_batch *batch)
{
	uint64_t last;

	return !__builtin_mul_overflow(batch->steps - 1,
				       (uint64_t)batch->spacing, &last) &&
	       !__builtin_add_overflow(batch->first_number, last, &last) &&
	       last <= batch->total;
}

static bool take_steps(struct oscan_trace_batch *batch,
		       struct monitor_decoder *decoder, struct nlattr **attr)
{
	if (!attr[OSCAN_ATTR_STEPS])
		return has_nothing_of_steps(attr);
	if (!attr[OSCAN_ATTR_FIRST_POSITION] || !attr[OSCAN_ATTR_FIRST_TIME] ||
	    !attr[OSCAN_ATTR_FIRST_NUMBER] || !attr[OSCAN_ATTR_DIRECTION] ||
	    !attr[OSCAN_ATTR_LATE])
		return false;

	batch->steps = nla_get_u32(attr[OSCAN_ATTR_STEPS]);
	batch->direction = nla_get_s32(attr[OSCAN_ATTR_DIRECTION]);
	batch->first_position = nla_get_s64(attr[OSCAN_ATTR_FIRST_POSITION]);
	batch->first_number = nla_get_u64(attr[OSCAN_ATTR_FIRST_NUMBER]);
	batch->times_ns = decoder->times_ns;
	batch->late_ns = decoder->late_ns;
	if (!is_possible(batch) || !is_in_total(batch) ||
	    !take_late(decoder->late_ns, batch->steps, attr[OSCAN_ATTR_LATE]) ||
	    !take_times(decoder->times_ns, batch->steps,
			nla_get_u64(attr[OSCAN_ATTR_FIRST_TIME]),
			attr[OSCAN_ATTR_DELTAS]))
		return false;
	return decoder->times_ns[batch->steps - 1] <= batch->horizon_ns;
}

static bool take_axis(unsigned int *axis, struct nlattr **attr)
{
	if (!attr[OSCAN_ATTR_AXIS] || !attr[OSCAN_ATTR_SEQ])
		return false;
	*axis = nla_get_u32(attr[OSCAN_ATTR_AXIS]);
	return *axis < OSCAN_MAX_AXES;
}

/* Also where every message came: the ring was full between two of its steps. */
static bool is_missed(const struct monitor_axis *axis, uint32_t seq,
		      const struct oscan_trace_batch *batch)
{
	if (!axis->seen)
		return false;
	if (seq != axis->next_seq || batch->lost_total != axis->lost)
		return true;
	return batch->spacing == 1 && batch->steps &&
	       batch->first_number != axis->total + 1;
}

static int decode_trace(struct monitor_decoder *decoder, struct nlattr **attr,
			const struct oscan_monitor_handler *handler)
{
	struct oscan_trace_batch batch = { 0 };
	struct monitor_axis *axis;
	uint32_t seq;

	if (!take_axis(&batch.axis, attr) || !attr[OSCAN_ATTR_LOST] ||
	    !attr[OSCAN_ATTR_HORIZON] || !attr[OSCAN_ATTR_TOTAL] ||
	    !attr[OSCAN_ATTR_SPACING])
		return bad_message();
	batch.lost_total = nla_get_u64(attr[OSCAN_ATTR_LOST]);
	batch.horizon_ns = nla_get_u64(attr[OSCAN_ATTR_HORIZON]);
	batch.total = nla_get_u64(attr[OSCAN_ATTR_TOTAL]);
	batch.spacing = nla_get_u32(attr[OSCAN_ATTR_SPACING]);
	if (!batch.spacing || !take_steps(&batch, decoder, attr))
		return bad_message();

	axis = &decoder->axes[batch.axis];
	seq = nla_get_u32(attr[OSCAN_ATTR_SEQ]);
	batch.missed = is_missed(axis, seq, &batch);
	*axis = (struct monitor_axis){
		.seen = true,
		.next_seq = seq + 1,
		.lost = batch.lost_total,
		.total = batch.total,
	};
	if (handler->trace)
		handler->trace(&batch, handler->data);
	return 1;
}

static int decode_state(struct nlattr **attr,
			const struct oscan_monitor_handler *handler)
{
	struct oscan_state state;
	unsigned int axis;

	if (!take_axis(&axis, attr) || !attr[OSCAN_ATTR_STATE])
		return bad_message();
	/* Attributes are aligned to 4 bytes, the struct to 8. */
	memcpy(&state, nla_data(attr[OSCAN_ATTR_STATE]), sizeof(state));
	if (state.axis != axis || !state.motion || !state.position_state ||
	    !state.end)
		return bad_message();
	if (handler->state)
		handler->state(&state, handler->data);
	return 1;
}

/* Events of a line have no axis. */
static bool is_of_its_axis(const struct oscan_event *event,
			   struct nlattr **attr)
{
	return event->axis < OSCAN_MAX_AXES &&
	       (!attr[OSCAN_ATTR_AXIS] ||
		nla_get_u32(attr[OSCAN_ATTR_AXIS]) == event->axis);
}

static int decode_event(struct monitor_decoder *decoder, struct nlattr **attr,
			const struct oscan_monitor_handler *handler)
{
	struct oscan_event event;
	bool missed;

	if (!attr[OSCAN_ATTR_SEQ] || !attr[OSCAN_ATTR_LOST] ||
	    !attr[OSCAN_ATTR_EVENT])
		return bad_message();
	memcpy(&event, nla_data(attr[OSCAN_ATTR_EVENT]), sizeof(event));
	if (!event.type || !is_of_its_axis(&event, attr) ||
	    event.seq != nla_get_u32(attr[OSCAN_ATTR_SEQ]) ||
	    event.dropped != nla_get_u64(attr[OSCAN_ATTR_LOST]))
		return bad_message();
	missed = decoder->event_seen && event.seq != decoder->next_event;
	decoder->event_seen = true;
	decoder->next_event = event.seq + 1;
	if (handler->event)
		handler->event(&event, missed, handler->data);
	return 1;
}

/* libnl ignores what is left where an attribute does not fit. */
static bool is_whole(const struct nlmsghdr *header)
{
	const struct nlattr *attr;
	int left;

	nla_for_each_attr(attr, genlmsg_attrdata(nlmsg_data(header), 0),
			  genlmsg_attrlen(nlmsg_data(header), 0), left)
		;
	return left <= 0;
}

int monitor_decode(struct monitor_decoder *decoder,
		   const struct nlmsghdr *message,
		   const struct oscan_monitor_handler *handler)
{
	/* libnl reads only, but takes no pointer to const. */
	struct nlmsghdr *header = (struct nlmsghdr *)message;
	struct nlattr *attr[OSCAN_ATTR_MAX + 1];

	if (!genlmsg_valid_hdr(header, 0) || !is_whole(header) ||
	    genlmsg_parse(header, 0, attr, OSCAN_ATTR_MAX, policy))
		return bad_message();
	switch (genlmsg_hdr(header)->cmd) {
	case OSCAN_CMD_TRACE:
	case OSCAN_CMD_THIN:
		return decode_trace(decoder, attr, handler);
	case OSCAN_CMD_STATE:
		return decode_state(attr, handler);
	case OSCAN_CMD_EVENT:
		return decode_event(decoder, attr, handler);
	default:
		return 0;
	}
}
