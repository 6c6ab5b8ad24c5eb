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
	/* Longer in later versions. */
	[OSCAN_ATTR_STATE] = { .minlen = sizeof(struct oscan_state) },
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

static bool take_steps(struct oscan_trace_batch *batch, uint64_t *times_ns,
		       struct nlattr **attr)
{
	uint32_t steps;
	int64_t first;

	if (!attr[OSCAN_ATTR_STEPS])
		return !attr[OSCAN_ATTR_FIRST_POSITION] &&
		       !attr[OSCAN_ATTR_FIRST_TIME] &&
		       !attr[OSCAN_ATTR_DIRECTION] &&
		       !attr[OSCAN_ATTR_DELTAS];
	if (!attr[OSCAN_ATTR_FIRST_POSITION] || !attr[OSCAN_ATTR_FIRST_TIME] ||
	    !attr[OSCAN_ATTR_DIRECTION])
		return false;

	steps = nla_get_u32(attr[OSCAN_ATTR_STEPS]);
	first = nla_get_s64(attr[OSCAN_ATTR_FIRST_POSITION]);
	batch->steps = steps;
	batch->direction = nla_get_s32(attr[OSCAN_ATTR_DIRECTION]);
	batch->first_position = first;
	batch->times_ns = times_ns;
	if (steps < 1 ||
	    (batch->direction != 1 && batch->direction != -1) ||
	    first > OSCAN_POSITION_LIMIT || first < -OSCAN_POSITION_LIMIT)
		return false;
	if (!take_times(times_ns, steps,
			nla_get_u64(attr[OSCAN_ATTR_FIRST_TIME]),
			attr[OSCAN_ATTR_DELTAS]))
		return false;
	return times_ns[steps - 1] <= batch->horizon_ns;
}

static bool take_axis(unsigned int *axis, struct nlattr **attr)
{
	if (!attr[OSCAN_ATTR_AXIS] || !attr[OSCAN_ATTR_SEQ])
		return false;
	*axis = nla_get_u32(attr[OSCAN_ATTR_AXIS]);
	return *axis < OSCAN_MAX_AXES;
}

static int decode_trace(struct monitor_decoder *decoder, struct nlattr **attr,
			const struct oscan_monitor_handler *handler)
{
	struct oscan_trace_batch batch = { 0 };
	struct monitor_axis *axis;
	uint32_t seq;

	if (!take_axis(&batch.axis, attr) || !attr[OSCAN_ATTR_LOST] ||
	    !attr[OSCAN_ATTR_HORIZON])
		return bad_message();
	batch.lost_total = nla_get_u64(attr[OSCAN_ATTR_LOST]);
	batch.horizon_ns = nla_get_u64(attr[OSCAN_ATTR_HORIZON]);
	if (!take_steps(&batch, decoder->times_ns, attr))
		return bad_message();

	axis = &decoder->axes[batch.axis];
	seq = nla_get_u32(attr[OSCAN_ATTR_SEQ]);
	batch.missed = axis->seen && (seq != axis->next_seq ||
				      batch.lost_total != axis->lost);
	*axis = (struct monitor_axis){
		.seen = true,
		.next_seq = seq + 1,
		.lost = batch.lost_total,
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
		return decode_trace(decoder, attr, handler);
	case OSCAN_CMD_STATE:
		return decode_state(attr, handler);
	default:
		return 0;
	}
}
