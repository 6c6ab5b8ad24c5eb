// SPDX-License-Identifier: GPL-2.0-or-later
/* LINK: tests/vm/prog/kit/kit.c tests/rotor/judge.c tests/rotor/edges.c liboscan.a pkg:libnl-genl-3.0 -lm */
/*
 * The generic netlink family: what may be asked and set, by whom and from
 * where, what is refused, and that nothing of it disturbs the steps. Meant to
 * run while the machine is under load.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "kit.h"
#include "oscan.h"

#define NOBODY 65534
#define FAST_SPS 10000
#define FAST_STEPS 8000

/* A netlink message, made by hand so that it can be wrong. */
struct message {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	unsigned char bytes[16384];
};

static int family;

static int group_of(const char *name)
{
	struct nl_sock *socket = nl_socket_alloc();
	int group;

	want(socket && !genl_connect(socket), "cannot connect to netlink");
	group = name ? genl_ctrl_resolve_grp(socket, OSCAN_GENL_NAME, name) :
		       genl_ctrl_resolve(socket, OSCAN_GENL_NAME);
	want(group > 0, "no %s", name ? name : "family");
	nl_socket_free(socket);
	return group;
}

static int open_socket(void)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	want(fd >= 0, "netlink socket: %m");
	/* What has no number hears nothing. */
	want(!bind(fd, (const struct sockaddr *)&any, sizeof(any)),
	     "binding: %m");
	return fd;
}

static void join(int fd, int group)
{
	want(!setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			 sizeof(group)), "joining: %m");
}

static struct message *begin_message(int cmd, int flags)
{
	static struct message message;

	memset(&message, 0, sizeof(message));
	message.header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	message.header.nlmsg_type = family;
	message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	message.genl.cmd = cmd;
	message.genl.version = OSCAN_GENL_VERSION;
	return &message;
}

static void put(struct message *message, int type, const void *data,
		size_t size)
{
	unsigned char *end = (unsigned char *)message +
			     NLMSG_ALIGN(message->header.nlmsg_len);
	struct nlattr attr = {
		.nla_len = NLA_HDRLEN + size, .nla_type = type,
	};

	memcpy(end, &attr, sizeof(attr));
	memcpy(end + NLA_HDRLEN, data, size);
	message->header.nlmsg_len = end - (unsigned char *)message +
				    NLA_ALIGN(attr.nla_len);
}

static void put_u32(struct message *message, int type, uint32_t value)
{
	put(message, type, &value, sizeof(value));
}

/* What the kernel answers: 0, or errno, of the whole request. */
static int send_message(const struct message *message, size_t size)
{
	char answer[16384];
	struct nlmsghdr *header = (struct nlmsghdr *)answer;
	struct pollfd wait = { .fd = open_socket(), .events = POLLIN };
	int error = -1;
	ssize_t got;

	want(send(wait.fd, message, size, 0) == (ssize_t)size, "sending: %m");
	while (error < 0) {
		want(poll(&wait, 1, 20000) == 1, "no answer");
		got = recv(wait.fd, answer, sizeof(answer), 0);
		want(got >= (ssize_t)sizeof(*header), "receiving: %m");
		if (header->nlmsg_type == NLMSG_ERROR ||
		    header->nlmsg_type == NLMSG_DONE)
			error = -*(int *)NLMSG_DATA(header);
	}
	close(wait.fd);
	return error;
}

static int ask(const struct message *message)
{
	return send_message(message, message->header.nlmsg_len);
}

static void answers_agree_with_the_device(void)
{
	struct oscan_axis_info axes[OSCAN_MAX_AXES], axis_info;
	struct oscan_state states[OSCAN_MAX_AXES], state;
	struct oscan_stats stats[OSCAN_MAX_AXES], stats_of;
	struct oscan_stream stream;
	struct oscan_info info, wanted;
	int fd = motor_setup(), axis;

	motor_move(fd, TURNTABLE, 50, 0);
	motor_move(fd, ROTOR, -20, 0);
	wanted = motor_info(fd);
	want(!oscan_query_info(&info), "info: %m");
	want(!memcmp(&info, &wanted, sizeof(info)), "another controller");
	want_equal(oscan_query_axes(axes), wanted.axes);
	want_equal(oscan_query_states(states), wanted.axes);
	want_equal(oscan_query_stats(stats), wanted.axes);
	for (axis = 0; axis < (int)wanted.axes; axis++) {
		axis_info = motor_axis_info(fd, axis);
		want(!memcmp(&axes[axis], &axis_info, sizeof(axis_info)),
		     "axis %d is another", axis);
		stats_of = motor_stats(fd, axis);
		want(!memcmp(&stats[axis], &stats_of, sizeof(stats_of)),
		     "axis %d has other statistics", axis);
		state = motor_state(fd, axis);
		want_equal(states[axis].flags & OSCAN_STATE_MINE, 0);
		want_equal(states[axis].flags | OSCAN_STATE_MINE, state.flags);
		state.flags = states[axis].flags;
		state.time_ns = states[axis].time_ns;
		want(!memcmp(&states[axis], &state, sizeof(state)),
		     "axis %d has another state", axis);
		want(!oscan_stream_get(axis, &stream), "stream: %m");
		want_equal(stream.period_ms, OSCAN_PERIOD_MS_DEFAULT);
		want_equal(stream.spacing, OSCAN_SPACING_DEFAULT);
	}
	want(oscan_stream_get(wanted.axes, &stream) && errno == ENXIO,
	     "an axis too many: %m");
	close(fd);
}

static void settings_are_kept_and_held_to_their_range(void)
{
	const struct oscan_stream bad[] = {
		{ OSCAN_PERIOD_MS_MAX + 1, 0 }, { ~0U, 0 },
		{ 0, OSCAN_SPACING_MAX + 1 }, { 0, ~0U }, { 1, ~0U },
	};
	const struct oscan_stream least = { 1, 1 };
	const struct oscan_stream most = {
		OSCAN_PERIOD_MS_MAX, OSCAN_SPACING_MAX,
	};
	struct oscan_stream stream = { 0 };
	struct message *message;
	size_t i;

	want(oscan_stream_set(ROTOR, &stream) && errno == EINVAL,
	     "setting nothing: %m");
	want(!oscan_stream_set(ROTOR, &least), "the least: %m");
	want(!oscan_stream_set(ROTOR, &most), "the most: %m");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		want(oscan_stream_set(ROTOR, &bad[i]) && errno == ERANGE,
		     "settings %zu: %m", i);
	message = begin_message(OSCAN_CMD_STREAM_SET, 0);
	put_u32(message, OSCAN_ATTR_AXIS, ROTOR);
	put_u32(message, OSCAN_ATTR_PERIOD_MS, 0);
	want_equal(ask(message), ERANGE);
	want(!oscan_stream_get(ROTOR, &stream), "stream: %m");
	want_equal(stream.period_ms, OSCAN_PERIOD_MS_MAX);
	want_equal(stream.spacing, OSCAN_SPACING_MAX);
	/* One by itself leaves the other. */
	stream = (struct oscan_stream) { .spacing = 7 };
	want(!oscan_stream_set(ROTOR, &stream), "spacing: %m");
	want(!oscan_stream_get(ROTOR, &stream), "stream: %m");
	want_equal(stream.period_ms, OSCAN_PERIOD_MS_MAX);
	want_equal(stream.spacing, 7);
	want(!oscan_stream_get(TURNTABLE, &stream), "stream: %m");
	want_equal(stream.spacing, OSCAN_SPACING_DEFAULT);
	stream = (struct oscan_stream) {
		OSCAN_PERIOD_MS_DEFAULT, OSCAN_SPACING_DEFAULT,
	};
	want(!oscan_stream_set(ROTOR, &stream), "back: %m");
}

/* Return: exit status of @run in a process of its own */
static int apart(int (*run)(void))
{
	pid_t child = fork();
	int status;

	want(child >= 0, "fork: %m");
	if (!child)
		_exit(run());
	want(waitpid(child, &status, 0) == child, "waitpid: %m");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

static int try_as_nobody(void)
{
	const struct oscan_stream stream = { 1, 1 };
	struct oscan_state states[OSCAN_MAX_AXES];

	if (setgid(NOBODY) || setuid(NOBODY) ||
	    open(OSCAN_DEVICE_PATH, O_RDONLY) >= 0)
		return 1;
	if (oscan_query_states(states) != 2 ||
	    !oscan_monitor_open(OSCAN_MONITOR_TRACE | OSCAN_MONITOR_STATE) ||
	    !oscan_monitor_open(OSCAN_MONITOR_THIN))
		return 2;
	if (!oscan_stream_set(ROTOR, &stream) || errno != EPERM)
		return 3;
	/* The right over a namespace of one's own is none over the machine. */
	if (unshare(CLONE_NEWUSER))
		return 4;
	return oscan_stream_set(ROTOR, &stream) && errno == EPERM ? 0 : 5;
}

static void anybody_may_watch_and_only_the_administrator_set(void)
{
	struct oscan_stream stream;

	want_equal(apart(try_as_nobody), 0);
	want(!oscan_stream_get(ROTOR, &stream), "stream: %m");
	want_equal(stream.period_ms, OSCAN_PERIOD_MS_DEFAULT);
}

static int try_elsewhere(void)
{
	const struct oscan_stream stream = { 1, 1 };
	struct oscan_state states[OSCAN_MAX_AXES];

	if (unshare(CLONE_NEWNET))
		return 1;
	if (oscan_query_states(states) >= 0 || errno != ENOENT ||
	    oscan_monitor_open(OSCAN_MONITOR_TRACE) || errno != ENOENT ||
	    !oscan_stream_set(ROTOR, &stream) || errno != ENOENT)
		return 2;
	/* The family's number is known, but leads nowhere. */
	return ask(begin_message(OSCAN_CMD_INFO_GET, 0)) == ENOENT ? 0 : 3;
}

static void another_network_namespace_does_not_see_the_family(void)
{
	want_equal(apart(try_elsewhere), 0);
}

/**
 * struct attack - a message that must be refused
 * @cmd: command
 * @flags: of netlink, besides
 * @attr: type of an attribute; 0 for none
 * @size: bytes of it, of which all are 0xff but the first, which is @first
 * @first: see there
 * @error: errno wanted
 */
struct attack {
	int cmd;
	int flags;
	int attr;
	size_t size;
	unsigned char first;
	int error;
};

static const struct attack attacks[] = {
	/* Nothing that may be asked. */
	{ 0, 0, 0, 0, 0, EOPNOTSUPP },
	{ OSCAN_CMD_TRACE, 0, 0, 0, 0, EOPNOTSUPP },
	{ OSCAN_CMD_STATE, NLM_F_DUMP, 0, 0, 0, EOPNOTSUPP },
	{ OSCAN_CMD_STREAM_SET, NLM_F_DUMP, 0, 0, 0, EOPNOTSUPP },
	{ OSCAN_CMD_EVENT, 0, 0, 0, 0, EOPNOTSUPP },
	{ OSCAN_CMD_EVENT + 1, 0, 0, 0, 0, EOPNOTSUPP },
	{ 255, NLM_F_DUMP, 0, 0, 0, EOPNOTSUPP },
	/* No axis, or none that is there. */
	{ OSCAN_CMD_AXIS_GET, 0, 0, 0, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, 0, 0, 0, EINVAL },
	{ OSCAN_CMD_STATS_GET, 0, 0, 0, 0, EINVAL },
	{ OSCAN_CMD_STREAM_GET, 0, 0, 0, 0, EINVAL },
	{ OSCAN_CMD_STREAM_SET, 0, 0, 0, 0, EINVAL },
	{ OSCAN_CMD_AXIS_GET, 0, OSCAN_ATTR_AXIS, 4, 0, ENXIO },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_AXIS, 4, 7, ENXIO },
	{ OSCAN_CMD_STATS_GET, 0, OSCAN_ATTR_AXIS, 4, 2, ENXIO },
	{ OSCAN_CMD_STREAM_SET, 0, OSCAN_ATTR_AXIS, 4, 0xff, ENXIO },
	/* Attributes of the wrong size. */
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_AXIS, 0, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_AXIS, 3, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_AXIS, 5, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_AXIS, 12000, 0, EINVAL },
	{ OSCAN_CMD_STREAM_SET, 0, OSCAN_ATTR_SPACING, 8, 0, EINVAL },
	/* Attributes that have no place there, or anywhere. */
	{ OSCAN_CMD_INFO_GET, 0, OSCAN_ATTR_AXIS, 4, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_PERIOD_MS, 4, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_STATE, 112, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, OSCAN_ATTR_MAX + 1, 4, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, 0x3fff, 4, 0, EINVAL },
	{ OSCAN_CMD_STATE_GET, 0, NLA_F_NESTED | OSCAN_ATTR_AXIS, 4, 0,
	  EINVAL },
	/* Dumps take none. */
	{ OSCAN_CMD_STATE_GET, NLM_F_DUMP, OSCAN_ATTR_AXIS, 4, 0, EINVAL },
	{ OSCAN_CMD_INFO_GET, NLM_F_DUMP, 500, 4, 0, EINVAL },
};

#define ATTACKS (sizeof(attacks) / sizeof(*attacks))

static void attack_with(const struct attack *attack)
{
	struct message *message = begin_message(attack->cmd, attack->flags);
	unsigned char bytes[12000];
	int error;

	memset(bytes, 0xff, sizeof(bytes));
	bytes[0] = attack->first;
	if (attack->attr)
		put(message, attack->attr, bytes, attack->size);
	error = ask(message);
	want(error == attack->error, "command %d, attribute %d of %zu: %s",
	     attack->cmd, attack->attr, attack->size, strerror(error));
}

/* Cut anywhere, with lengths that lie. What is no message has no answer. */
static void attack_with_lengths(int fd)
{
	struct message *message = begin_message(OSCAN_CMD_STATE_GET, 0);
	uint32_t whole, cut;
	struct nlattr *attr = (struct nlattr *)message->bytes;

	put_u32(message, OSCAN_ATTR_AXIS, TURNTABLE);
	whole = message->header.nlmsg_len;
	for (cut = 0; cut < whole; cut++) {
		message->header.nlmsg_len = whole;
		send(fd, message, cut, MSG_DONTWAIT);
		message->header.nlmsg_len = cut;
		send(fd, message, whole, MSG_DONTWAIT);
		send(fd, message, sizeof(*message), MSG_DONTWAIT);
	}
	message->header.nlmsg_len = whole;
	for (cut = 0; cut < 65536; cut += 977) {
		attr->nla_len = cut;
		send(fd, message, whole, MSG_DONTWAIT);
	}
	/* A header, and no more. */
	message->header.nlmsg_len = NLMSG_LENGTH(0);
	want_equal(send_message(message, NLMSG_LENGTH(0)), EINVAL);
	message = begin_message(OSCAN_CMD_STATE_GET, 0);
	message->genl.reserved = 0xffff;
	put_u32(message, OSCAN_ATTR_AXIS, TURNTABLE);
	want_equal(ask(message), EINVAL);
}

/* Every step of the move that runs was made, and none that was not planned. */
static void judge_move(int fd, struct oscan_state before, int64_t steps)
{
	struct recording recording;

	want_equal(motor_rest(fd, TURNTABLE).position,
		   before.position + steps);
	recording = rig_take();
	want_equal(recording_count(&recording, axis_lines(TURNTABLE).step, 1),
		   steps);
	judge_axis(fd, TURNTABLE, &recording, SPEED_SPS);
	recording_free(&recording);
}

static void what_is_wrong_is_refused_and_disturbs_no_step(void)
{
	int fd = motor_setup(), deaf = open_socket(), rounds = 0;
	const struct oscan_state before = motor_state(fd, TURNTABLE);
	size_t i;

	motor_start(fd, TURNTABLE, 3000, SPEED_SPS);
	do {
		for (i = 0; i < ATTACKS; i++)
			attack_with(&attacks[i]);
		attack_with_lengths(deaf);
		rounds++;
	} while (motor_state(fd, TURNTABLE).motion != OSCAN_MOTION_IDLE);
	kit_say("%d rounds of %zu messages during the move", rounds, ATTACKS);
	judge_move(fd, before, 3000);
	close(deaf);
	close(fd);
}

static void thousands_come_and_go_and_disturb_no_step(void)
{
	const int groups[] = {
		group_of(OSCAN_GENL_TRACE), group_of(OSCAN_GENL_THIN),
		group_of(OSCAN_GENL_STATE),
	};
	int fd = motor_setup(), sockets[64] = { 0 }, came = 0;
	const struct oscan_state before = motor_state(fd, TURNTABLE);
	const struct message *message;
	int *socket;

	motor_start(fd, TURNTABLE, 3000, SPEED_SPS);
	do {
		socket = &sockets[came % 64];
		if (*socket)
			close(*socket);
		*socket = open_socket();
		join(*socket, groups[came % 3]);
		message = begin_message(OSCAN_CMD_STATE_GET, NLM_F_DUMP);
		want(send(*socket, message, message->header.nlmsg_len, 0) > 0,
		     "asking: %m");
		came++;
	} while (came < 2000 ||
		 motor_state(fd, TURNTABLE).motion != OSCAN_MOTION_IDLE);
	kit_say("%d subscribers came, and none ever read", came);
	judge_move(fd, before, 3000);
	for (came = 0; came < 64; came++)
		close(sockets[came]);
	close(fd);
}

/* By recv(2), once, and by the numbers of what it receives afterwards. */
static void who_does_not_read_is_told_so_and_disturbs_no_step(void)
{
	int fd = motor_setup(), deaf = open_socket(), least = 1, size;
	const struct oscan_state before = motor_state(fd, TURNTABLE);
	struct nlmsghdr *header;
	char bytes[8192];

	want(!setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)),
	     "sizing the buffer: %m");
	join(deaf, group_of(OSCAN_GENL_TRACE));
	motor_start(fd, TURNTABLE, 2000, SPEED_SPS);
	judge_move(fd, before, 2000);
	want(recv(deaf, bytes, sizeof(bytes), MSG_DONTWAIT) < 0 &&
	     errno == ENOBUFS, "it is not told: %m");
	size = recv(deaf, bytes, sizeof(bytes), MSG_DONTWAIT);
	header = (struct nlmsghdr *)bytes;
	want(size > NLMSG_HDRLEN && header->nlmsg_len == (uint32_t)size &&
	     header->nlmsg_type == family, "what came before is gone: %m");
	close(deaf);
	close(fd);
}

/**
 * struct heard - what a subscriber was told of the turntable
 * @messages: number of messages
 * @steps: in them
 * @missed: messages that said so
 * @total: of the last
 * @spacing: that all must have
 */
struct heard {
	unsigned int messages;
	size_t steps;
	unsigned int missed;
	uint64_t total;
	unsigned int spacing;
};

static void on_batch(const struct oscan_trace_batch *batch, void *data)
{
	struct heard *heard = data;
	size_t i;

	if (batch->axis != TURNTABLE)
		return;
	heard->messages++;
	heard->steps += batch->steps;
	heard->missed += batch->missed;
	heard->total = batch->total;
	want_equal(batch->spacing, heard->spacing);
	for (i = 0; i < batch->steps; i++)
		want_equal((batch->first_position + batch->direction *
			    (int64_t)(i * heard->spacing)) %
			   (int64_t)heard->spacing, 0);
}

static void listen_until(struct oscan_monitor *monitor, struct heard *heard,
			 uint64_t total)
{
	const struct oscan_monitor_handler handler = {
		.trace = on_batch, .data = heard,
	};
	struct pollfd wait = {
		.fd = oscan_monitor_fd(monitor), .events = POLLIN,
	};

	while (heard->total < total) {
		want(poll(&wait, 1, 60000) == 1, "%llu of %llu steps heard",
		     (unsigned long long)heard->total,
		     (unsigned long long)total);
		want(oscan_monitor_read(monitor, &handler) >= 0,
		     "reading: %m");
	}
}

static void set(uint32_t period_ms, uint32_t spacing)
{
	const struct oscan_stream stream = { period_ms, spacing };

	want(!oscan_stream_set(TURNTABLE, &stream), "setting: %m");
}

/* From 0 to 130, to -75, to 49: multiples of 10 on the way, told once each. */
static void a_thinned_trace_has_the_multiples_and_no_other(void)
{
	struct heard heard = { .spacing = 10 };
	struct oscan_monitor *monitor;
	struct oscan_state before;
	int fd = motor_setup();

	set(OSCAN_PERIOD_MS_DEFAULT, 10);
	monitor = oscan_monitor_open(OSCAN_MONITOR_THIN);
	want(monitor, "subscribing: %m");
	before = motor_state(fd, TURNTABLE);
	want_equal(before.position, 0);
	motor_move(fd, TURNTABLE, 130, 0);
	motor_move(fd, TURNTABLE, -205, 0);
	motor_move(fd, TURNTABLE, 124, 0);
	listen_until(monitor, &heard, before.steps + 459);
	want_equal(heard.total, before.steps + 459);
	want_equal(heard.missed, 0);
	/* 10 to 130, 120 to -70, -70 to 40 */
	want_equal(heard.steps, 13 + 20 + 12);
	set(OSCAN_PERIOD_MS_DEFAULT, OSCAN_SPACING_DEFAULT);
	oscan_monitor_close(monitor);
	close(fd);
}

static unsigned int messages_of_a_move(int fd, uint32_t period_ms)
{
	struct oscan_monitor *monitor =
		oscan_monitor_open(OSCAN_MONITOR_TRACE);
	struct heard heard = { .spacing = 1 };
	struct oscan_state before = motor_state(fd, TURNTABLE);

	want(monitor, "subscribing: %m");
	set(period_ms, OSCAN_SPACING_DEFAULT);
	motor_start(fd, TURNTABLE, 1500, SPEED_SPS);
	listen_until(monitor, &heard, before.steps + 1500);
	motor_rest(fd, TURNTABLE);
	want_equal(heard.steps, 1500);
	want_equal(heard.missed, 0);
	oscan_monitor_close(monitor);
	return heard.messages;
}

static void a_longer_period_makes_fewer_messages(void)
{
	int fd = motor_setup();
	unsigned int often = messages_of_a_move(fd, 2);
	unsigned int rarely = messages_of_a_move(fd, OSCAN_PERIOD_MS_MAX);

	kit_say("%u and %u messages", often, rarely);
	want(rarely * 4 < often, "%u messages, and %u with the long period",
	     often, rarely);
	set(OSCAN_PERIOD_MS_DEFAULT, OSCAN_SPACING_DEFAULT);
	close(fd);
}

/* A monitor enlarges its buffer; this one does not. */
static void default_buffer(struct oscan_monitor *monitor)
{
	int fd = open_socket(), size, again;
	socklen_t length = sizeof(size);

	want(!getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length),
	     "the default: %m");
	close(fd);
	/* The kernel doubles what it is told. */
	again = size / 2;
	want(!setsockopt(oscan_monitor_fd(monitor), SOL_SOCKET, SO_RCVBUF,
			 &again, sizeof(again)), "sizing the buffer: %m");
	want(!getsockopt(oscan_monitor_fd(monitor), SOL_SOCKET, SO_RCVBUF,
			 &again, &length), "the buffer: %m");
	want_equal(again, size);
}

/*
 * Faster than any motor of a scanner. The highest rate that the driver admits
 * is for the benchmark, where an instruction takes a nanosecond: here it is
 * more than an emulated machine on a busy host can keep up.
 */
static void nothing_is_missed_with_the_default_buffer(void)
{
	struct heard heard = { .spacing = 1 };
	struct oscan_monitor *monitor;
	struct oscan_state before, after;
	struct recording recording;
	int fd = motor_setup();

	monitor = oscan_monitor_open(OSCAN_MONITOR_TRACE);
	want(monitor, "subscribing: %m");
	default_buffer(monitor);
	before = motor_state(fd, TURNTABLE);
	motor_start(fd, TURNTABLE, FAST_STEPS, FAST_SPS);
	listen_until(monitor, &heard, before.steps + FAST_STEPS);
	after = motor_rest(fd, TURNTABLE);
	recording = rig_take();
	kit_say("%d steps in %u messages", FAST_STEPS, heard.messages);
	want_equal(heard.missed, 0);
	want_equal(heard.steps, FAST_STEPS);
	want_equal(after.trace_lost, before.trace_lost);
	want_equal(recording_count(&recording, axis_lines(TURNTABLE).step, 1),
		   FAST_STEPS);
	recording_free(&recording);
	oscan_monitor_close(monitor);
	close(fd);
}

static const struct kit_case cases[] = {
	{ "answers_agree_with_the_device", answers_agree_with_the_device },
	{ "settings_are_kept_and_held_to_their_range",
	  settings_are_kept_and_held_to_their_range },
	{ "anybody_may_watch_and_only_the_administrator_set",
	  anybody_may_watch_and_only_the_administrator_set },
	{ "another_network_namespace_does_not_see_the_family",
	  another_network_namespace_does_not_see_the_family },
	{ "what_is_wrong_is_refused_and_disturbs_no_step",
	  what_is_wrong_is_refused_and_disturbs_no_step },
	{ "thousands_come_and_go_and_disturb_no_step",
	  thousands_come_and_go_and_disturb_no_step },
	{ "who_does_not_read_is_told_so_and_disturbs_no_step",
	  who_does_not_read_is_told_so_and_disturbs_no_step },
	{ "a_thinned_trace_has_the_multiples_and_no_other",
	  a_thinned_trace_has_the_multiples_and_no_other },
	{ "a_longer_period_makes_fewer_messages",
	  a_longer_period_makes_fewer_messages },
	{ "nothing_is_missed_with_the_default_buffer",
	  nothing_is_missed_with_the_default_buffer },
};

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list"))
		family = group_of(NULL);
	return kit_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
