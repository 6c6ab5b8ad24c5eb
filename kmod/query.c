// SPDX-License-Identifier: GPL-2.0
/*
 * What anybody may ask of the generic netlink family, and what the system's
 * administrator may set. Process context throughout.
 */
#include <linux/nospec.h>
#include "motor.h"
#include "netlink.h"

/* The controller that is bound, or NULL; only one can be. */
static struct controller *present;
static DEFINE_MUTEX(present_lock);

void query_add(struct controller *controller)
{
	mutex_lock(&present_lock);
	present = controller;
	mutex_unlock(&present_lock);
}

/* Nothing is asked of the controller any more when this returns. */
void query_remove(struct controller *controller)
{
	mutex_lock(&present_lock);
	present = NULL;
	mutex_unlock(&present_lock);
}

static int put_info(struct sk_buff *skb, struct axis *axis)
{
	struct oscan_info info;

	controller_get_info(axis->controller, &info);
	return nla_put(skb, OSCAN_ATTR_INFO, sizeof(info), &info);
}

static int put_axis_info(struct sk_buff *skb, struct axis *axis)
{
	return nla_put(skb, OSCAN_ATTR_AXIS_INFO, sizeof(axis->info),
		       &axis->info);
}

static int put_state(struct sk_buff *skb, struct axis *axis)
{
	struct oscan_state state;

	axis_get_state(axis, &state);
	if (READ_ONCE(axis->controller->holder))
		state.flags |= OSCAN_STATE_CONTROLLED;
	return nla_put(skb, OSCAN_ATTR_STATE, sizeof(state), &state);
}

static int put_stats(struct sk_buff *skb, struct axis *axis)
{
	struct oscan_stats stats;

	axis_get_stats(axis, &stats);
	return nla_put(skb, OSCAN_ATTR_STATS, sizeof(stats), &stats);
}

static int put_stream(struct sk_buff *skb, struct axis *axis)
{
	struct stream stream;

	trace_get_stream(axis, &stream);
	if (nla_put_u32(skb, OSCAN_ATTR_PERIOD_MS, stream.period_ms))
		return -EMSGSIZE;
	return nla_put_u32(skb, OSCAN_ATTR_SPACING, stream.spacing);
}

/* What one message of each command says of an axis. */
static int (*const put_answer[])(struct sk_buff *skb, struct axis *axis) = {
	[OSCAN_CMD_INFO_GET] = put_info,
	[OSCAN_CMD_AXIS_GET] = put_axis_info,
	[OSCAN_CMD_STATE_GET] = put_state,
	[OSCAN_CMD_STATS_GET] = put_stats,
	[OSCAN_CMD_STREAM_GET] = put_stream,
};

static int put(struct sk_buff *skb, u8 cmd, struct axis *axis)
{
	if (nla_put_string(skb, OSCAN_ATTR_CONTROLLER,
			   dev_name(axis->controller->dev)))
		return -EMSGSIZE;
	if (cmd != OSCAN_CMD_INFO_GET &&
	    nla_put_u32(skb, OSCAN_ATTR_AXIS, axis->info.axis))
		return -EMSGSIZE;
	return put_answer[cmd](skb, axis);
}

static int add_message(struct sk_buff *skb, u32 port, u32 seq, int flags,
		       u8 cmd, struct axis *axis)
{
	void *header = genlmsg_put(skb, port, seq, &netlink_family, flags,
				   cmd);

	if (!header)
		return -EMSGSIZE;
	if (put(skb, cmd, axis)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* present_lock held. The controller alone is asked for as its first axis. */
static struct axis *find_axis(struct genl_info *info, int *error)
{
	const struct nlattr *attr = info->attrs[OSCAN_ATTR_AXIS];
	u32 number = attr ? nla_get_u32(attr) : 0;

	*error = -ENODEV;
	if (!present)
		return NULL;
	*error = -EINVAL;
	if (!attr && info->genlhdr->cmd != OSCAN_CMD_INFO_GET) {
		NL_SET_ERR_MSG(info->extack, "the axis is missing");
		return NULL;
	}
	*error = -ENXIO;
	if (number >= present->n_axes) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "no such axis");
		return NULL;
	}
	return &present->axes[array_index_nospec(number, present->n_axes)];
}

static int get_one(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct axis *axis;
	int ret;

	if (!skb)
		return -ENOMEM;
	mutex_lock(&present_lock);
	axis = find_axis(info, &ret);
	if (axis)
		ret = add_message(skb, info->snd_portid, info->snd_seq, 0,
				  info->genlhdr->cmd, axis);
	mutex_unlock(&present_lock);
	if (ret) {
		nlmsg_free(skb);
		return ret;
	}
	return genlmsg_reply(skb, info);
}

/* present_lock held; cb->args[0]: axes told in earlier parts */
static int add_all(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);
	long count;

	if (!present)
		return -ENODEV;
	count = header->cmd == OSCAN_CMD_INFO_GET ? 1 : present->n_axes;
	for (; cb->args[0] < count; cb->args[0]++)
		if (add_message(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, NLM_F_MULTI, header->cmd,
				&present->axes[cb->args[0]]))
			break;
	return skb->len;
}

static int get_all(struct sk_buff *skb, struct netlink_callback *cb)
{
	int ret;

	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN)) {
		NL_SET_ERR_MSG(cb->extack, "a dump takes no attributes");
		return -EINVAL;
	}
	mutex_lock(&present_lock);
	ret = add_all(skb, cb);
	mutex_unlock(&present_lock);
	return ret;
}

/* present_lock held */
static int change_stream(struct genl_info *info)
{
	const struct nlattr *period = info->attrs[OSCAN_ATTR_PERIOD_MS];
	const struct nlattr *spacing = info->attrs[OSCAN_ATTR_SPACING];
	struct stream stream;
	struct axis *axis;
	int ret;

	axis = find_axis(info, &ret);
	if (!axis)
		return ret;
	if (!period && !spacing) {
		NL_SET_ERR_MSG(info->extack, "nothing to set");
		return -EINVAL;
	}
	trace_get_stream(axis, &stream);
	if (period)
		stream.period_ms = nla_get_u32(period);
	if (spacing)
		stream.spacing = nla_get_u32(spacing);
	trace_set_stream(axis, &stream);
	return 0;
}

static int set_stream(struct sk_buff *request, struct genl_info *info)
{
	int ret;

	mutex_lock(&present_lock);
	ret = change_stream(info);
	mutex_unlock(&present_lock);
	return ret;
}

static const struct nla_policy info_policy[OSCAN_ATTR_MAX + 1] = { };

static const struct nla_policy axis_policy[OSCAN_ATTR_MAX + 1] = {
	[OSCAN_ATTR_AXIS] = { .type = NLA_U32 },
};

static const struct nla_policy stream_policy[OSCAN_ATTR_MAX + 1] = {
	[OSCAN_ATTR_AXIS] = { .type = NLA_U32 },
	[OSCAN_ATTR_PERIOD_MS] = NLA_POLICY_RANGE(NLA_U32, 1,
						  OSCAN_PERIOD_MS_MAX),
	[OSCAN_ATTR_SPACING] = NLA_POLICY_RANGE(NLA_U32, 1, OSCAN_SPACING_MAX),
};

#define GET(command, attributes) {					\
	.cmd = (command),						\
	.policy = (attributes),						\
	.maxattr = OSCAN_ATTR_MAX,					\
	.doit = get_one,						\
	.dumpit = get_all,						\
}

const struct genl_ops query_ops[] = {
	GET(OSCAN_CMD_INFO_GET, info_policy),
	GET(OSCAN_CMD_AXIS_GET, axis_policy),
	GET(OSCAN_CMD_STATE_GET, axis_policy),
	GET(OSCAN_CMD_STATS_GET, axis_policy),
	GET(OSCAN_CMD_STREAM_GET, axis_policy),
	{
		.cmd = OSCAN_CMD_STREAM_SET,
		.policy = stream_policy,
		.maxattr = OSCAN_ATTR_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = set_stream,
	},
};

const unsigned int query_ops_count = ARRAY_SIZE(query_ops);
