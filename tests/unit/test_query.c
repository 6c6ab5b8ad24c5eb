// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: userspace/liboscan/query.c -lnl-genl-3 -lnl-3 */
/*
 * What the library makes of answers, good and bad. The socket is real, but
 * what is sent goes nowhere, and what recvmsg() says comes from a list.
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "oscan.h"
#include "unit.h"

#define FAMILY 0x77

static struct nl_msg *answers[32];
static size_t n_answers;
static size_t next_answer;
static int resolve_error;
static struct nl_msg *sent;

int genl_ctrl_resolve(struct nl_sock *socket, const char *name)
{
	(void)socket;
	ck_assert_str_eq(name, OSCAN_GENL_NAME);
	return resolve_error ? resolve_error : FAMILY;
}

int nl_send_auto(struct nl_sock *socket, struct nl_msg *message)
{
	/* Who does not send has no number to wait for. */
	nl_socket_disable_seq_check(socket);
	nlmsg_free(sent);
	sent = nlmsg_convert(nlmsg_hdr(message));
	return 1;
}

ssize_t recvmsg(int fd, struct msghdr *into, int flags)
{
	struct sockaddr_nl *from = into->msg_name;
	struct nlmsghdr *header;
	size_t room = into->msg_iov->iov_len, size;

	(void)fd;
	if (next_answer == n_answers) {
		errno = ENOTCONN;
		return -1;
	}
	header = nlmsg_hdr(answers[next_answer]);
	*from = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
	into->msg_namelen = sizeof(*from);
	size = header->nlmsg_len;
	into->msg_flags = size > room ? MSG_TRUNC : 0;
	into->msg_controllen = 0;
	memcpy(into->msg_iov->iov_base, header, size < room ? size : room);
	if (!(flags & MSG_PEEK))
		nlmsg_free(answers[next_answer++]);
	return (ssize_t)size;
}

static void answer(struct nl_msg *message)
{
	answers[n_answers++] = message;
}

static struct nl_msg *new_answer(int cmd, int flags)
{
	struct nl_msg *message = nlmsg_alloc();

	genlmsg_put(message, 0, 0, FAMILY, 0, flags, cmd, 1);
	nla_put_string(message, OSCAN_ATTR_CONTROLLER, "oscan-motor");
	return message;
}

/* @bytes of a struct oscan_state that says @axis twice */
static void answer_state(uint32_t axis, size_t bytes)
{
	struct nl_msg *message = new_answer(OSCAN_CMD_STATE_GET, NLM_F_MULTI);
	struct oscan_state states[2] = {
		{ .axis = axis, .position = -7 - (int)axis },
	};

	nla_put_u32(message, OSCAN_ATTR_AXIS, axis);
	nla_put(message, OSCAN_ATTR_STATE, (int)bytes, states);
	answer(message);
}

/* NLMSG_DONE of a dump and NLMSG_ERROR both begin with the error. */
static void answer_end(int type, int error)
{
	struct nl_msg *message = nlmsg_alloc();
	struct nlmsgerr end = { .error = -error };

	nlmsg_put(message, 0, 0, type, sizeof(end),
		  type == NLMSG_DONE ? NLM_F_MULTI : 0);
	memcpy(nlmsg_data(nlmsg_hdr(message)), &end, sizeof(end));
	answer(message);
}

static struct oscan_state states[OSCAN_MAX_AXES];

static void must_fail(int result, int error)
{
	ck_assert_int_eq(result, -1);
	ck_assert_msg(errno == error, "%s and not %s", strerror(errno),
		      strerror(error));
}

TEST(every_axis_comes_out_in_its_place)
{
	answer_state(0, sizeof(*states));
	/* Longer, of a later version. */
	answer_state(1, sizeof(*states) + 8);
	answer_end(NLMSG_DONE, 0);
	ck_assert_int_eq(oscan_query_states(states), 2);
	ck_assert_int_eq(states[0].position, -7);
	ck_assert_int_eq(states[1].position, -8);
	ck_assert_int_eq(genlmsg_hdr(nlmsg_hdr(sent))->cmd,
			 OSCAN_CMD_STATE_GET);
	ck_assert_int_eq(nlmsg_hdr(sent)->nlmsg_flags & NLM_F_DUMP,
			 NLM_F_DUMP);
	/* A dump takes no attributes. */
	ck_assert_int_eq(nlmsg_hdr(sent)->nlmsg_len,
			 NLMSG_HDRLEN + GENL_HDRLEN);
}

TEST(no_axis_is_no_error)
{
	answer_end(NLMSG_DONE, 0);
	ck_assert_int_eq(oscan_query_states(states), 0);
}

TEST(a_struct_that_is_too_short_is_refused)
{
	answer_state(0, sizeof(*states) - 1);
	must_fail(oscan_query_states(states), EBADE);
}

TEST(axes_out_of_order_are_refused)
{
	answer_state(1, sizeof(*states));
	must_fail(oscan_query_states(states), EBADE);
}

TEST(more_axes_than_there_can_be_are_refused)
{
	uint32_t axis;

	for (axis = 0; axis <= OSCAN_MAX_AXES; axis++)
		answer_state(axis, sizeof(*states));
	must_fail(oscan_query_states(states), EBADE);
}

TEST(another_answer_is_refused)
{
	answer_state(0, sizeof(*states));
	must_fail(oscan_query_stats(&(struct oscan_stats){ 0 }), EBADE);
}

TEST(an_answer_without_what_was_asked_for_is_refused)
{
	struct oscan_stream stream;
	struct oscan_info info;

	answer(new_answer(OSCAN_CMD_INFO_GET, 0));
	must_fail(oscan_query_info(&info), EBADE);
	answer(new_answer(OSCAN_CMD_STREAM_GET, 0));
	must_fail(oscan_stream_get(0, &stream), EBADE);
}

TEST(nothing_is_filled_in_until_all_has_come)
{
	struct oscan_state before[OSCAN_MAX_AXES];

	memset(states, 0x5a, sizeof(states));
	memcpy(before, states, sizeof(states));
	answer_state(0, sizeof(*states));
	answer_end(NLMSG_DONE, ENODEV);
	must_fail(oscan_query_states(states), ENODEV);
	ck_assert_mem_eq(states, before, sizeof(states));
}

TEST(errors_of_the_kernel_come_out)
{
	const struct oscan_stream wanted = { .spacing = 9 };
	const int errors[] = { EPERM, ENXIO, ERANGE, EINVAL, ENODEV };
	struct nlattr *attr[OSCAN_ATTR_MAX + 1];
	struct oscan_stream stream;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		answer_end(NLMSG_ERROR, errors[i]);
		must_fail(oscan_stream_set(3, &wanted), errors[i]);
	}
	genlmsg_parse(nlmsg_hdr(sent), 0, attr, OSCAN_ATTR_MAX, NULL);
	ck_assert_uint_eq(nla_get_u32(attr[OSCAN_ATTR_AXIS]), 3);
	ck_assert_uint_eq(nla_get_u32(attr[OSCAN_ATTR_SPACING]), 9);
	ck_assert_ptr_null(attr[OSCAN_ATTR_PERIOD_MS]);
	/* Of a dump it comes at its end. */
	answer_end(NLMSG_DONE, ENODEV);
	must_fail(oscan_query_states(states), ENODEV);
	resolve_error = -NLE_OBJ_NOTFOUND;
	must_fail(oscan_query_states(states), ENOENT);
	resolve_error = 0;
	must_fail(oscan_stream_get(OSCAN_MAX_AXES, &stream), ENXIO);
	must_fail(oscan_query_states(states), EIO);
}

TEST(settings_are_set_and_read)
{
	const struct oscan_stream wanted = { .period_ms = 5 };
	struct nl_msg *message = new_answer(OSCAN_CMD_STREAM_GET, 0);
	struct oscan_stream stream;

	answer_end(NLMSG_ERROR, 0);
	ck_assert_int_eq(oscan_stream_set(0, &wanted), 0);
	nla_put_u32(message, OSCAN_ATTR_AXIS, 0);
	nla_put_u32(message, OSCAN_ATTR_PERIOD_MS, 5);
	nla_put_u32(message, OSCAN_ATTR_SPACING, 100);
	answer(message);
	ck_assert_int_eq(oscan_stream_get(0, &stream), 0);
	ck_assert_uint_eq(stream.period_ms, 5);
	ck_assert_uint_eq(stream.spacing, 100);
}
