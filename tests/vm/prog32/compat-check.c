// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A 32-bit program: every request from a process whose pointers have 4 bytes.
 * It needs no C library, so that none for 32 bits has to be there.
 */
#include <linux/fcntl.h>
#include <linux/oscan.h>

#define NR_EXIT		1
#define NR_WRITE	4
#define NR_OPEN		5
#define NR_IOCTL	54
#define ENOTTY		25
#define EFAULT		14
#define STEPS		37
#define GUARD		0x5a

/* What is behind the struct must stay as it is. */
static union {
	unsigned char bytes[1024];
	struct oscan_info info;
	struct oscan_axis_info axis_info;
	struct oscan_state state;
	struct oscan_stats stats;
	struct oscan_enable enable;
	struct oscan_move move;
	struct oscan_stop stop;
	struct oscan_set_position set_position;
	struct oscan_events events;
	struct oscan_trigger_set trigger_set;
	struct oscan_trigger trigger;
	struct oscan_pulse pulse;
	struct oscan_capture_set capture_set;
	struct oscan_capture capture;
} argument;

static int fd;

static int call(int number, unsigned int a, unsigned int b, unsigned int c)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

static void say(const char *text)
{
	unsigned int length = 0;

	while (text[length])
		length++;
	call(NR_WRITE, 1, (unsigned int)text, length);
}

static void leave(int status)
{
	call(NR_EXIT, status, 0, 0);
	for (;;)
		;
}

static void want(int condition, const char *what)
{
	if (condition)
		return;
	say("not as it must be: ");
	say(what);
	say("\n");
	leave(1);
}

static void prepare(unsigned int size)
{
	volatile unsigned char *byte = argument.bytes;
	unsigned int i;

	for (i = 0; i < sizeof(argument); i++)
		byte[i] = i < size ? 0 : GUARD;
}

static int request(unsigned int cmd)
{
	unsigned int i, size = _IOC_SIZE(cmd);
	int ret = call(NR_IOCTL, fd, cmd, (unsigned int)&argument);

	for (i = size; i < sizeof(argument); i++)
		want(argument.bytes[i] == GUARD, "bytes behind the struct");
	return ret;
}

static void check_reading(void)
{
	prepare(sizeof(argument.info));
	want(!request(OSCAN_IOC_INFO), "INFO");
	want(argument.info.abi_version >= OSCAN_ABI_VERSION, "version");
	want(argument.info.axes == 2, "number of axes");
	prepare(sizeof(argument.axis_info));
	argument.axis_info.axis = 1;
	want(!request(OSCAN_IOC_AXIS_INFO), "AXIS_INFO");
	want(argument.axis_info.axis == 1, "axis of AXIS_INFO");
	want(argument.axis_info.gear_num == 40, "gear");
	want(argument.axis_info.limit_max == 14815, "limit");
	want(argument.axis_info.max_speed_sps_q44 == 5000 * OSCAN_SPEED_ONE,
	     "greatest speed");
	want(argument.axis_info.catch_up_percent == 10, "catch-up share");
	prepare(sizeof(argument.stats));
	argument.stats.axis = 1;
	want(!request(OSCAN_IOC_STATS), "STATS");
	want(argument.stats.axis == 1, "axis of STATS");
}

static void read_state(void)
{
	prepare(sizeof(argument.state));
	want(!request(OSCAN_IOC_STATE), "STATE");
}

static void check_position(long long position)
{
	read_state();
	want(argument.state.position == position, "position");
}

static void check_commands(void)
{
	prepare(sizeof(argument.set_position));
	argument.set_position.position = -(1LL << 40) - 5;
	want(!request(OSCAN_IOC_SET_POSITION), "SET_POSITION");
	check_position(-(1LL << 40) - 5);
	want(argument.state.position_state == OSCAN_POSITION_KNOWN,
	     "position state");
	want(argument.state.flags & OSCAN_STATE_MINE, "control");
	prepare(sizeof(argument.enable));
	argument.enable.on = 1;
	want(!request(OSCAN_IOC_ENABLE), "ENABLE");
	prepare(sizeof(argument.move));
	argument.move.flags = OSCAN_MOVE_RELATIVE;
	argument.move.target = STEPS;
	argument.move.speed_sps_q44 = 4000 * OSCAN_SPEED_ONE;
	want(!request(OSCAN_IOC_MOVE), "MOVE");
	want(argument.move.move_id, "number of the move");
	want(argument.move.start_ns && argument.move.duration_ns,
	     "times of the move");
	do {
		read_state();
	} while (argument.state.motion != OSCAN_MOTION_IDLE);
	check_position(-(1LL << 40) - 5 + STEPS);
	want(argument.state.end == OSCAN_END_DONE, "end of the move");
	prepare(sizeof(argument.stop));
	argument.stop.axes = 3;
	want(!request(OSCAN_IOC_STOP), "STOP");
	prepare(sizeof(argument.stop));
	argument.stop.axes = 3;
	want(!request(OSCAN_IOC_HALT), "HALT");
}

/* A list is addressed by a number of 64 bits. */
static void check_lines(void)
{
	static const long long places[2] = { -(1LL << 41), 3 };

	prepare(sizeof(argument.trigger_set));
	argument.trigger_set.line = 1;
	argument.trigger_set.mode = OSCAN_TRIGGER_LIST;
	argument.trigger_set.flags = OSCAN_TRIGGER_UP;
	argument.trigger_set.number = 2;
	argument.trigger_set.positions = (unsigned int)places;
	argument.trigger_set.width_ns = 1000;
	want(!request(OSCAN_IOC_TRIGGER_SET), "TRIGGER_SET");
	prepare(sizeof(argument.trigger));
	argument.trigger.line = 1;
	want(!request(OSCAN_IOC_TRIGGER_GET), "TRIGGER_GET");
	want(argument.trigger.next == -(1LL << 41), "next position");
	prepare(sizeof(argument.pulse));
	argument.pulse.width_ns = 1000;
	want(!request(OSCAN_IOC_PULSE), "PULSE");
	want(argument.pulse.time_ns, "time of the pulse");
	prepare(sizeof(argument.capture_set));
	argument.capture_set.edges = OSCAN_CAPTURE_RISING;
	argument.capture_set.min_interval_ns = 5;
	want(!request(OSCAN_IOC_CAPTURE_SET), "CAPTURE_SET");
	prepare(sizeof(argument.capture));
	want(!request(OSCAN_IOC_CAPTURE_GET), "CAPTURE_GET");
	want(argument.capture.min_interval_ns == 5, "interval");
	prepare(sizeof(argument.events));
	argument.events.types = OSCAN_EVENT_ALL;
	want(!request(OSCAN_IOC_EVENTS), "EVENTS");
}

static void check_refusals(void)
{
	prepare(8);
	want(request(_IOC(_IOC_READ, 'o', 0x40, 8)) == -ENOTTY,
	     "a wrong size");
	want(call(NR_IOCTL, fd, OSCAN_IOC_STATE, 0) == -EFAULT, "NULL");
	want(call(NR_IOCTL, fd, OSCAN_IOC_MOVE, 0xfffffff0) == -EFAULT,
	     "the end of the address space");
	want(call(NR_IOCTL, fd, OSCAN_IOC_INFO, 0xc0000000) == -EFAULT,
	     "no memory of this process");
}

void _start(void);
void _start(void)
{
	want(sizeof(void *) == 4, "32 bits");
	fd = call(NR_OPEN, (unsigned int)"/dev/oscan-motor", O_RDWR, 0);
	want(fd >= 0, "/dev/oscan-motor");
	check_reading();
	check_commands();
	check_lines();
	check_refusals();
	say("all is well\n");
	leave(0);
}
