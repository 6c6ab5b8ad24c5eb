// SPDX-License-Identifier: GPL-2.0
/* Facts for any number of watchers: the generic netlink family. */
#include "motor.h"
#include "netlink.h"

enum group {
	GROUP_TRACE,
	GROUP_THIN,
	GROUP_STATE,
	GROUP_EVENT,
};

static const struct genl_multicast_group groups[] = {
	[GROUP_TRACE] = { .name = OSCAN_GENL_TRACE },
	[GROUP_THIN] = { .name = OSCAN_GENL_THIN },
	[GROUP_STATE] = { .name = OSCAN_GENL_STATE },
	[GROUP_EVENT] = { .name = OSCAN_GENL_EVENT },
};

/*
 * A motor belongs to the machine and to no network namespace: the family is
 * seen in the initial one only, and so by whoever shares that.
 */
struct genl_family netlink_family __ro_after_init = {
	.name = OSCAN_GENL_NAME,
	.version = OSCAN_GENL_VERSION,
	.maxattr = OSCAN_ATTR_MAX,
	.module = THIS_MODULE,
	.ops = query_ops,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int __init netlink_init(void)
{
	netlink_family.n_ops = query_ops_count;
	return genl_register_family(&netlink_family);
}

void netlink_exit(void)
{
	genl_unregister_family(&netlink_family);
}

static enum group group_of(u8 cmd)
{
	switch (cmd) {
	case OSCAN_CMD_TRACE:
		return GROUP_TRACE;
	case OSCAN_CMD_THIN:
		return GROUP_THIN;
	case OSCAN_CMD_EVENT:
		return GROUP_EVENT;
	default:
		return GROUP_STATE;
	}
}

bool netlink_wanted(u8 cmd)
{
	return genl_has_listeners(&netlink_family, &init_net, group_of(cmd));
}

static int put_steps(struct sk_buff *skb, const struct trace_batch *batch)
{
	const struct trace_step *first = &batch->first;

	if (!batch->count)
		return 0;
	if (nla_put_s64(skb, OSCAN_ATTR_FIRST_POSITION, first->position,
			OSCAN_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_FIRST_TIME, first->time_ns,
			      OSCAN_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_FIRST_NUMBER, first->number,
			      OSCAN_ATTR_PAD) ||
	    nla_put_s32(skb, OSCAN_ATTR_DIRECTION, first->sign) ||
	    nla_put_u32(skb, OSCAN_ATTR_STEPS, batch->count) ||
	    nla_put(skb, OSCAN_ATTR_LATE, batch->late_bytes, batch->late))
		return -EMSGSIZE;
	if (!batch->deltas_bytes)
		return 0;
	return nla_put(skb, OSCAN_ATTR_DELTAS, batch->deltas_bytes,
		       batch->deltas);
}

static int put_trace(struct sk_buff *skb, const struct trace_message *message)
{
	if (nla_put_u32(skb, OSCAN_ATTR_AXIS, message->axis) ||
	    nla_put_u32(skb, OSCAN_ATTR_SEQ, message->seq) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_LOST, message->lost,
			      OSCAN_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_HORIZON, message->horizon_ns,
			      OSCAN_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_TOTAL, message->total,
			      OSCAN_ATTR_PAD) ||
	    nla_put_u32(skb, OSCAN_ATTR_SPACING, message->batch->spacing))
		return -EMSGSIZE;
	return put_steps(skb, message->batch);
}

static struct sk_buff *new_message(size_t bytes, u8 cmd, void **header)
{
	struct sk_buff *skb = genlmsg_new(bytes, GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, 0, &netlink_family, 0, cmd);
	return skb;
}

/* A message that cannot be sent leaves a gap in the numbers, which tells. */
static void multicast(struct sk_buff *skb, void *header, u8 cmd)
{
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&netlink_family, &init_net, skb, 0,
				group_of(cmd), GFP_KERNEL);
}

void netlink_send_trace(const struct trace_message *message)
{
	const struct trace_batch *batch = message->batch;
	size_t bytes = 11 * nla_total_size_64bit(sizeof(u64)) +
		       nla_total_size(batch->deltas_bytes) +
		       nla_total_size(batch->late_bytes);
	struct sk_buff *skb;
	void *header;

	/* See batch.h: what receives into 8 KiB must get the whole of it. */
	BUILD_BUG_ON(BATCH_BYTES + 13 * nla_total_size_64bit(sizeof(u64)) +
		     GENL_HDRLEN + NLMSG_HDRLEN > SKB_WITH_OVERHEAD(8192));
	if (!netlink_wanted(message->cmd))
		return;
	skb = new_message(bytes, message->cmd, &header);
	if (!skb)
		return;
	if (put_trace(skb, message))
		nlmsg_free(skb);
	else
		multicast(skb, header, message->cmd);
}

void netlink_send_state(u32 seq, const struct oscan_state *state)
{
	size_t bytes = 2 * nla_total_size(sizeof(u32)) +
		       nla_total_size(sizeof(*state));
	struct sk_buff *skb;
	void *header;

	if (!netlink_wanted(OSCAN_CMD_STATE))
		return;
	skb = new_message(bytes, OSCAN_CMD_STATE, &header);
	if (!skb)
		return;
	if (nla_put_u32(skb, OSCAN_ATTR_AXIS, state->axis) ||
	    nla_put_u32(skb, OSCAN_ATTR_SEQ, seq) ||
	    nla_put(skb, OSCAN_ATTR_STATE, sizeof(*state), state))
		nlmsg_free(skb);
	else
		multicast(skb, header, OSCAN_CMD_STATE);
}

static int put_event(struct sk_buff *skb, const struct oscan_event *event)
{
	bool of_line = event->type == OSCAN_EVENT_PULSE ||
		       event->type == OSCAN_EVENT_CAPTURE;

	if ((!of_line && nla_put_u32(skb, OSCAN_ATTR_AXIS, event->axis)) ||
	    nla_put_u32(skb, OSCAN_ATTR_SEQ, event->seq) ||
	    nla_put_u64_64bit(skb, OSCAN_ATTR_LOST, event->dropped,
			      OSCAN_ATTR_PAD))
		return -EMSGSIZE;
	return nla_put(skb, OSCAN_ATTR_EVENT, sizeof(*event), event);
}

void netlink_send_event(const struct oscan_event *event)
{
	size_t bytes = 2 * nla_total_size(sizeof(u32)) +
		       nla_total_size_64bit(sizeof(u64)) +
		       nla_total_size(sizeof(*event));
	struct sk_buff *skb;
	void *header;

	if (!netlink_wanted(OSCAN_CMD_EVENT))
		return;
	skb = new_message(bytes, OSCAN_CMD_EVENT, &header);
	if (!skb)
		return;
	if (put_event(skb, event))
		nlmsg_free(skb);
	else
		multicast(skb, header, OSCAN_CMD_EVENT);
}
