// SPDX-License-Identifier: GPL-2.0
/* Facts for any number of watchers: the generic netlink family. */
#include <net/genetlink.h>

#include "motor.h"

enum group {
	GROUP_TRACE,
	GROUP_STATE,
};

static const struct genl_multicast_group groups[] = {
	[GROUP_TRACE] = { .name = OSCAN_GENL_TRACE },
	[GROUP_STATE] = { .name = OSCAN_GENL_STATE },
};

static struct genl_family family __ro_after_init = {
	.name = OSCAN_GENL_NAME,
	.version = OSCAN_GENL_VERSION,
	.maxattr = OSCAN_ATTR_MAX,
	.module = THIS_MODULE,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.resv_start_op = OSCAN_CMD_STATE + 1,
};

/* A u64 as unsigned LEB128. */
#define LEB128_MAX_BYTES 10

int __init netlink_init(void)
{
	return genl_register_family(&family);
}

void netlink_exit(void)
{
	genl_unregister_family(&family);
}

bool netlink_trace_wanted(void)
{
	return genl_has_listeners(&family, &init_net, GROUP_TRACE);
}

static unsigned int put_leb128(u8 *out, u64 value)
{
	unsigned int n = 0;

	while (value >= 0x80) {
		out[n++] = value | 0x80;
		value >>= 7;
	}
	out[n++] = value;
	return n;
}

static unsigned int leb128_bytes(u64 value)
{
	return value ? DIV_ROUND_UP(fls64(value), 7) : 1;
}

static int put_deltas(struct sk_buff *skb, const struct trace_batch *batch)
{
	const struct trace_step *step = batch->steps;
	unsigned int i, bytes = 0;
	struct nlattr *attr;
	u8 *out;

	if (batch->count < 2)
		return 0;
	for (i = 1; i < batch->count; i++)
		bytes += leb128_bytes(step[i].time_ns - step[i - 1].time_ns);
	attr = nla_reserve(skb, OSCAN_ATTR_DELTAS, bytes);
	if (!attr)
		return -EMSGSIZE;
	out = nla_data(attr);
	for (i = 1; i < batch->count; i++)
		out += put_leb128(out,
				  step[i].time_ns - step[i - 1].time_ns);
	return 0;
}

static int put_steps(struct sk_buff *skb, const struct trace_batch *batch)
{
	const struct trace_step *first = batch->steps;

	if (!batch->count)
		return 0;
	if (nla_put_s64(skb, OSCAN_ATTR_FIRST_POSITION, first->position,
			OSCAN_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_FIRST_TIME, first->time_ns,
			      OSCAN_ATTR_PAD) ||
	    nla_put_s32(skb, OSCAN_ATTR_DIRECTION, batch->sign) ||
	    nla_put_u32(skb, OSCAN_ATTR_STEPS, batch->count))
		return -EMSGSIZE;
	return put_deltas(skb, batch);
}

static int put_trace(struct sk_buff *skb, const struct trace_batch *batch)
{
	if (nla_put_u32(skb, OSCAN_ATTR_AXIS, batch->axis) ||
	    nla_put_u32(skb, OSCAN_ATTR_SEQ, batch->seq) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_LOST, batch->lost,
			      OSCAN_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_HORIZON, batch->horizon_ns,
			      OSCAN_ATTR_PAD))
		return -EMSGSIZE;
	return put_steps(skb, batch);
}

static struct sk_buff *new_message(size_t bytes, u8 cmd, void **header)
{
	struct sk_buff *skb = genlmsg_new(bytes, GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, 0, &family, 0, cmd);
	return skb;
}

/* A message that cannot be sent leaves a gap in the numbers, which tells. */
static void multicast(struct sk_buff *skb, void *header, enum group group)
{
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&family, &init_net, skb, 0, group, GFP_KERNEL);
}

void netlink_send_trace(const struct trace_batch *batch)
{
	size_t bytes = 12 * nla_total_size_64bit(sizeof(u64)) +
		       nla_total_size(batch->count * LEB128_MAX_BYTES);
	struct sk_buff *skb;
	void *header;

	if (!netlink_trace_wanted())
		return;
	skb = new_message(bytes, OSCAN_CMD_TRACE, &header);
	if (!skb)
		return;
	if (put_trace(skb, batch))
		nlmsg_free(skb);
	else
		multicast(skb, header, GROUP_TRACE);
}

void netlink_send_state(u32 seq, const struct oscan_state *state)
{
	size_t bytes = 2 * nla_total_size(sizeof(u32)) +
		       nla_total_size(sizeof(*state));
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&family, &init_net, GROUP_STATE))
		return;
	skb = new_message(bytes, OSCAN_CMD_STATE, &header);
	if (!skb)
		return;
	if (nla_put_u32(skb, OSCAN_ATTR_AXIS, state->axis) ||
	    nla_put_u32(skb, OSCAN_ATTR_SEQ, seq) ||
	    nla_put(skb, OSCAN_ATTR_STATE, sizeof(*state), state))
		nlmsg_free(skb);
	else
		multicast(skb, header, GROUP_STATE);
}
