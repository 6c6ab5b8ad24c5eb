// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generic netlink family: its groups joined and left while messages come,
 * and messages sent to it that are not as they should be.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/oscan.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "fuzz.h"
#include "kit.h"

#define ATTRIBUTES_MOST	6

static int family;
static const char *const names[] = {
	OSCAN_GENL_TRACE, OSCAN_GENL_STATE, OSCAN_GENL_THIN, OSCAN_GENL_EVENT,
};

#define GROUPS (sizeof(names) / sizeof(*names))

static int groups[GROUPS];

void netlink_begin(void)
{
	struct nl_sock *socket = nl_socket_alloc();
	size_t i;

	want(socket && !genl_connect(socket), "cannot connect to netlink");
	family = genl_ctrl_resolve(socket, OSCAN_GENL_NAME);
	want(family > 0, "the netlink family is not there");
	for (i = 0; i < GROUPS; i++) {
		groups[i] = genl_ctrl_resolve_grp(socket, OSCAN_GENL_NAME,
						  names[i]);
		want(groups[i] > 0, "the netlink group %s is not there",
		     names[i]);
	}
	nl_socket_free(socket);
}

void netlink_end(struct fuzz_thread *thread)
{
	if (thread->socket >= 0)
		close(thread->socket);
	thread->socket = -1;
}

static int open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_GENERIC);

	want(fd >= 0, "netlink socket: %m");
	bind(fd, (struct sockaddr *)&address, sizeof(address));
	return fd;
}

static void change_membership(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	int option = fuzz_one_in(random, 3) ? NETLINK_DROP_MEMBERSHIP :
					      NETLINK_ADD_MEMBERSHIP;
	int group = groups[fuzz_below(random, GROUPS)];

	setsockopt(thread->socket, SOL_NETLINK, option, &group,
		   sizeof(group));
}

static void change_buffer(struct fuzz_thread *thread)
{
	int size = fuzz_below(&thread->random, 1 << 16);

	setsockopt(thread->socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static void receive(struct fuzz_thread *thread)
{
	char bytes[8192];
	int i;

	for (i = 0; i < 8; i++)
		if (recv(thread->socket, bytes,
			 fuzz_below(&thread->random, sizeof(bytes) + 1),
			 MSG_DONTWAIT) < 0)
			break;
}

struct message {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	unsigned char bytes[4096];
};

static size_t add_attribute(struct fuzz_random *random, unsigned char *bytes)
{
	struct nlattr *attr = (struct nlattr *)bytes;
	size_t size = fuzz_one_in(random, 2) ? 4ULL << fuzz_below(random, 2) :
		      fuzz_below(random, 200), i;

	attr->nla_type = fuzz_below(random, OSCAN_ATTR_MAX + 3);
	if (fuzz_one_in(random, 8))
		attr->nla_type |= fuzz_one_in(random, 2) ? NLA_F_NESTED :
							   1 << 14;
	attr->nla_len = NLA_HDRLEN + size;
	for (i = 0; i < size; i++)
		bytes[NLA_HDRLEN + i] = fuzz_any(random);
	if (fuzz_one_in(random, 8))
		attr->nla_len = fuzz_any(random);
	return NLA_ALIGN(NLA_HDRLEN + size);
}

static size_t make_message(struct fuzz_random *random,
			   struct message *message)
{
	unsigned int count = fuzz_below(random, ATTRIBUTES_MOST + 1);
	size_t used = 0;

	memset(message, 0, offsetof(struct message, bytes));
	while (count--)
		used += add_attribute(random, message->bytes + used);
	message->header.nlmsg_type = family;
	message->header.nlmsg_flags = NLM_F_REQUEST |
		(fuzz_one_in(random, 2) ? NLM_F_ACK : 0) |
		(fuzz_one_in(random, 4) ? NLM_F_DUMP : 0) |
		(fuzz_one_in(random, 8) ? fuzz_any(random) : 0);
	message->header.nlmsg_seq = fuzz_any(random);
	message->genl.cmd = fuzz_one_in(random, 4) ? fuzz_any(random) :
						     fuzz_below(random, 12);
	message->genl.version = fuzz_one_in(random, 4) ? fuzz_any(random) :
							 OSCAN_GENL_VERSION;
	used += offsetof(struct message, bytes);
	message->header.nlmsg_len = used;
	if (fuzz_one_in(random, 8))
		message->header.nlmsg_len = fuzz_below(random, 2 * used);
	return fuzz_one_in(random, 16) ? fuzz_below(random, used + 1) : used;
}

static void send_message(struct fuzz_thread *thread)
{
	struct message message;
	size_t size = make_message(&thread->random, &message);

	send(thread->socket, &message, size, MSG_DONTWAIT);
}

/* What the kernel says of the family itself. */
static void ask_for_policy(struct fuzz_thread *thread)
{
	struct message message = { 0 };
	struct nlattr *attr = (struct nlattr *)message.bytes;
	uint16_t id = family;

	attr->nla_type = CTRL_ATTR_FAMILY_ID;
	attr->nla_len = NLA_HDRLEN + sizeof(id);
	memcpy(message.bytes + NLA_HDRLEN, &id, sizeof(id));
	message.header.nlmsg_type = GENL_ID_CTRL;
	message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message.header.nlmsg_len = offsetof(struct message, bytes) +
				   NLA_HDRLEN + NLA_ALIGN(sizeof(id));
	message.genl.cmd = CTRL_CMD_GETPOLICY;
	message.genl.version = 1;
	send(thread->socket, &message, message.header.nlmsg_len, MSG_DONTWAIT);
}

void netlink_call(struct fuzz_thread *thread)
{
	if (thread->socket < 0)
		thread->socket = open_socket();
	switch (fuzz_below(&thread->random, 16)) {
	case 0:
		netlink_end(thread);
		break;
	case 1:
		change_buffer(thread);
		break;
	case 2:
		ask_for_policy(thread);
		break;
	case 3:
	case 4:
	case 5:
		change_membership(thread);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		receive(thread);
		break;
	default:
		send_message(thread);
	}
}
