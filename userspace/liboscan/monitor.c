// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "internal.h"
#include "monitor-decode.h"

/* Thousands of messages, each of which tells of some 20 ms. */
#define RECEIVE_BUFFER_BYTES (4 << 20)

/**
 * struct oscan_monitor - a subscribed socket
 * @handler: valid during oscan_monitor_read(), as are the following
 * @handled: messages handed over
 * @bad: some message was malformed
 */
struct oscan_monitor {
	struct nl_sock *socket;
	struct monitor_decoder decoder;
	const struct oscan_monitor_handler *handler;
	int handled;
	bool bad;
};

static int fail(int nl_error)
{
	switch (-nl_error) {
	case NLE_OBJ_NOTFOUND:
		errno = ENOENT;
		break;
	case NLE_NOMEM:
		errno = ENOMEM;
		break;
	case NLE_PERM:
		errno = EPERM;
		break;
	default:
		errno = EIO;
	}
	return -1;
}

static int on_message(struct nl_msg *message, void *data)
{
	struct oscan_monitor *monitor = data;
	int result;

	/* Only the kernel tells facts. */
	if (nlmsg_get_src(message)->nl_pid)
		return NL_OK;
	result = monitor_decode(&monitor->decoder, nlmsg_hdr(message),
				monitor->handler);
	if (result < 0)
		monitor->bad = true;
	else
		monitor->handled += result;
	return NL_OK;
}

static void enlarge_buffer(struct nl_sock *socket)
{
	int bytes = RECEIVE_BUFFER_BYTES;

	/* Beyond the system's limit for those who may; else up to it. */
	if (setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE,
		       &bytes, sizeof(bytes)))
		nl_socket_set_buffer_size(socket, bytes, 0);
}

static const struct {
	enum oscan_monitor_group group;
	const char *name;
} all_groups[] = {
	{ OSCAN_MONITOR_TRACE, OSCAN_GENL_TRACE },
	{ OSCAN_MONITOR_THIN, OSCAN_GENL_THIN },
	{ OSCAN_MONITOR_STATE, OSCAN_GENL_STATE },
	{ OSCAN_MONITOR_EVENT, OSCAN_GENL_EVENT },
};

#define ALL_GROUPS (sizeof(all_groups) / sizeof(*all_groups))

/*
 * Names are asked for before the first group is joined: with messages coming
 * in between, libnl would take one of them for the answer.
 */
static int subscribe(struct nl_sock *socket, unsigned int groups)
{
	int ids[ALL_GROUPS];
	size_t i;

	for (i = 0; i < ALL_GROUPS; i++) {
		ids[i] = genl_ctrl_resolve_grp(socket, OSCAN_GENL_NAME,
					       all_groups[i].name);
		if (ids[i] < 0)
			return ids[i];
	}
	for (i = 0; i < ALL_GROUPS; i++) {
		int error = groups & all_groups[i].group ?
			    nl_socket_add_membership(socket, ids[i]) : 0;

		if (error)
			return error;
	}
	return 0;
}

static int connect_socket(struct oscan_monitor *monitor, unsigned int groups)
{
	struct nl_sock *socket = monitor->socket;
	int error = genl_connect(socket);

	if (error)
		return error;
	enlarge_buffer(socket);
	error = subscribe(socket, groups);
	if (error)
		return error;
	nl_socket_disable_seq_check(socket);
	error = nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM,
				    on_message, monitor);
	return error ? error : nl_socket_set_nonblocking(socket);
}

OSCAN_API struct oscan_monitor *oscan_monitor_open(unsigned int groups)
{
	const unsigned int both = OSCAN_MONITOR_TRACE | OSCAN_MONITOR_THIN;
	const unsigned int known = both | OSCAN_MONITOR_STATE |
				   OSCAN_MONITOR_EVENT;
	struct oscan_monitor *monitor;
	int nl_error;
	int error;

	if (!groups || groups & ~known || (groups & both) == both) {
		errno = EINVAL;
		return NULL;
	}
	monitor = calloc(1, sizeof(*monitor));
	if (!monitor)
		return NULL;
	monitor->socket = nl_socket_alloc();
	if (!monitor->socket) {
		errno = ENOMEM;
		goto err_close;
	}
	nl_error = connect_socket(monitor, groups);
	if (nl_error) {
		fail(nl_error);
		goto err_close;
	}
	return monitor;

err_close:
	error = errno;
	oscan_monitor_close(monitor);
	errno = error;
	return NULL;
}

OSCAN_API void oscan_monitor_close(struct oscan_monitor *monitor)
{
	if (!monitor)
		return;
	nl_socket_free(monitor->socket);
	free(monitor);
}

OSCAN_API int oscan_monitor_fd(const struct oscan_monitor *monitor)
{
	return nl_socket_get_fd(monitor->socket);
}

/*
 * libnl says NLE_NOMEM both when the kernel had to drop messages (ENOBUFS,
 * said once) and when there is no memory; the latter repeats itself.
 */
static int receive_all(struct oscan_monitor *monitor)
{
	bool dropped = false;
	int result;

	for (;;) {
		result = nl_recvmsgs_default(monitor->socket);
		if (result == -NLE_AGAIN)
			return 0;
		if (result == -NLE_NOMEM && !dropped) {
			dropped = true;
			continue;
		}
		if (result < 0)
			return fail(result);
		dropped = false;
	}
}

OSCAN_API int oscan_monitor_read(struct oscan_monitor *monitor,
				 const struct oscan_monitor_handler *handler)
{
	int result;

	monitor->handler = handler;
	monitor->handled = 0;
	monitor->bad = false;
	result = receive_all(monitor);
	monitor->handler = NULL;
	if (result)
		return -1;
	if (monitor->bad) {
		errno = EBADE;
		return -1;
	}
	return monitor->handled;
}
