// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <linux/netlink.h>

#include "internal.h"

/**
 * union answers - of all axes, until the last one has come
 */
union answers {
	struct oscan_axis_info axes[OSCAN_MAX_AXES];
	struct oscan_state states[OSCAN_MAX_AXES];
	struct oscan_stats stats[OSCAN_MAX_AXES];
};

/**
 * struct query - a request and what has been answered so far
 * @cmd: OSCAN_CMD_*
 * @flags: NLM_F_*
 * @axis: number of the axis, or -1
 * @stream: what to set, and what was told
 * @attribute: of an answer: which holds the struct that is asked for
 * @structs: out: shape [@most], @size bytes each, in the order of the axes
 * @size: of a struct
 * @most: how many there is room for
 * @count: messages so far
 * @error: errno of the kernel's answer, or 0
 */
struct query {
	int cmd;
	int flags;
	int axis;
	struct oscan_stream stream;
	int attribute;
	void *structs;
	size_t size;
	unsigned int most;
	unsigned int count;
	int error;
};

static bool take_struct(struct query *query, const struct nlattr *attr)
{
	char *place = (char *)query->structs + query->count * query->size;

	/* Longer in later versions. */
	if (!attr || (size_t)nla_len(attr) < query->size)
		return false;
	memcpy(place, nla_data(attr), query->size);
	return true;
}

static bool take_number(uint32_t *number, const struct nlattr *attr)
{
	if (!attr || nla_len(attr) != sizeof(*number))
		return false;
	*number = nla_get_u32(attr);
	return true;
}

static bool take_answer(struct query *query, struct nlmsghdr *header)
{
	struct nlattr *attr[OSCAN_ATTR_MAX + 1];
	uint32_t axis;

	if (query->count == query->most ||
	    genlmsg_parse(header, 0, attr, OSCAN_ATTR_MAX, NULL) ||
	    genlmsg_hdr(header)->cmd != query->cmd)
		return false;
	if (query->cmd == OSCAN_CMD_STREAM_GET)
		return take_number(&query->stream.period_ms,
				   attr[OSCAN_ATTR_PERIOD_MS]) &&
		       take_number(&query->stream.spacing,
				   attr[OSCAN_ATTR_SPACING]);
	if (query->cmd != OSCAN_CMD_INFO_GET &&
	    (!take_number(&axis, attr[OSCAN_ATTR_AXIS]) ||
	     axis != query->count))
		return false;
	return take_struct(query, attr[query->attribute]);
}

static int on_answer(struct nl_msg *message, void *data)
{
	struct query *query = data;

	if (!take_answer(query, nlmsg_hdr(message)))
		query->error = EBADE;
	query->count++;
	return query->error ? NL_STOP : NL_OK;
}

/* libnl's own numbers do not tell all errors apart. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error,
		    void *data)
{
	struct query *query = data;

	query->error = -error->error;
	return NL_STOP;
}

static int on_acknowledgement(struct nl_msg *message, void *data)
{
	return NL_STOP;
}

/* The end of a dump carries its error, which libnl does not look at. */
static int on_end(struct nl_msg *message, void *data)
{
	const struct nlmsghdr *header = nlmsg_hdr(message);
	struct query *query = data;
	int error;

	if (nlmsg_datalen(header) >= (int)sizeof(error)) {
		memcpy(&error, nlmsg_data(header), sizeof(error));
		query->error = -error;
	}
	return NL_STOP;
}

static int put_request(struct nl_msg *message, int family,
		       const struct query *query)
{
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
			 query->flags, query->cmd, OSCAN_GENL_VERSION))
		return -NLE_NOMEM;
	if (query->axis >= 0)
		NLA_PUT_U32(message, OSCAN_ATTR_AXIS, query->axis);
	if (query->stream.period_ms)
		NLA_PUT_U32(message, OSCAN_ATTR_PERIOD_MS,
			    query->stream.period_ms);
	if (query->stream.spacing)
		NLA_PUT_U32(message, OSCAN_ATTR_SPACING,
			    query->stream.spacing);
	return 0;

nla_put_failure:
	return -NLE_NOMEM;
}

static int listen_for(struct nl_sock *socket, struct query *query)
{
	int error = nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM,
					on_answer, query);

	if (!error)
		error = nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM,
					    on_acknowledgement, query);
	if (!error)
		error = nl_socket_modify_cb(socket, NL_CB_FINISH,
					    NL_CB_CUSTOM, on_end, query);
	if (!error)
		error = nl_socket_modify_err_cb(socket, NL_CB_CUSTOM,
						on_error, query);
	return error;
}

/* Return: 0 or a number of libnl's */
static int converse(struct nl_sock *socket, struct nl_msg *message,
		    struct query *query)
{
	int family, error;

	error = genl_connect(socket);
	if (error)
		return error;
	family = genl_ctrl_resolve(socket, OSCAN_GENL_NAME);
	if (family < 0)
		return family;
	error = put_request(message, family, query);
	if (!error)
		error = listen_for(socket, query);
	if (!error)
		error = nl_send_auto(socket, message);
	if (error < 0)
		return error;
	error = nl_recvmsgs_default(socket);
	/* The reason is known better than by libnl. */
	return query->error ? 0 : error;
}

static int to_errno(int nl_error)
{
	switch (-nl_error) {
	case NLE_OBJ_NOTFOUND:
		return ENOENT;
	case NLE_NOMEM:
		return ENOMEM;
	default:
		return EIO;
	}
}

static int run(struct query *query)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct nl_msg *message = nlmsg_alloc();
	int error = -NLE_NOMEM;

	if (socket && message)
		error = converse(socket, message, query);
	nlmsg_free(message);
	nl_socket_free(socket);
	if (error >= 0 && !query->error)
		return 0;
	errno = error < 0 ? to_errno(error) : query->error;
	return -1;
}

static int ask_all(int cmd, int attribute, void *structs, size_t size)
{
	union answers answers;
	struct query query = {
		.cmd = cmd,
		.flags = NLM_F_REQUEST | NLM_F_DUMP,
		.axis = -1,
		.attribute = attribute,
		.structs = &answers,
		.size = size,
		.most = OSCAN_MAX_AXES,
	};

	if (run(&query))
		return -1;
	memcpy(structs, &answers, query.count * size);
	return (int)query.count;
}

OSCAN_API int oscan_query_info(struct oscan_info *info)
{
	struct query query = {
		.cmd = OSCAN_CMD_INFO_GET,
		.flags = NLM_F_REQUEST,
		.axis = -1,
		.attribute = OSCAN_ATTR_INFO,
		.structs = info,
		.size = sizeof(*info),
		.most = 1,
	};

	return run(&query);
}

OSCAN_API int oscan_query_axes(struct oscan_axis_info *axes)
{
	return ask_all(OSCAN_CMD_AXIS_GET, OSCAN_ATTR_AXIS_INFO, axes,
		       sizeof(*axes));
}

OSCAN_API int oscan_query_states(struct oscan_state *states)
{
	return ask_all(OSCAN_CMD_STATE_GET, OSCAN_ATTR_STATE, states,
		       sizeof(*states));
}

OSCAN_API int oscan_query_stats(struct oscan_stats *stats)
{
	return ask_all(OSCAN_CMD_STATS_GET, OSCAN_ATTR_STATS, stats,
		       sizeof(*stats));
}

OSCAN_API int oscan_stream_get(unsigned int axis, struct oscan_stream *stream)
{
	struct query query = {
		.cmd = OSCAN_CMD_STREAM_GET,
		.flags = NLM_F_REQUEST,
		.axis = (int)axis,
		.most = 1,
	};

	if (axis >= OSCAN_MAX_AXES) {
		errno = ENXIO;
		return -1;
	}
	if (run(&query))
		return -1;
	*stream = query.stream;
	return 0;
}

OSCAN_API int oscan_stream_set(unsigned int axis,
			       const struct oscan_stream *stream)
{
	struct query query = {
		.cmd = OSCAN_CMD_STREAM_SET,
		.flags = NLM_F_REQUEST | NLM_F_ACK,
		.axis = (int)axis,
		.stream = *stream,
	};

	if (axis >= OSCAN_MAX_AXES) {
		errno = ENXIO;
		return -1;
	}
	return run(&query);
}
