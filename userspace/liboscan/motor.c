// SPDX-License-Identifier: LGPL-2.1-or-later
#include "oscan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define NS_PER_MS	1000000LL
#define NS_PER_S	1000000000LL
#define WAIT_FIRST_NS	(1 * NS_PER_MS)
#define WAIT_LONGEST_NS	(10 * NS_PER_MS)

struct oscan_motor {
	int fd;
	struct oscan_info info;
	struct oscan_axis_info axes[OSCAN_MAX_AXES];
};

static int read_info(struct oscan_motor *motor)
{
	struct oscan_info *info = &motor->info;

	if (request(motor->fd, OSCAN_IOC_INFO, info))
		return -1;
	if (info->abi_version < OSCAN_ABI_VERSION) {
		errno = EPROTO;
		return -1;
	}
	if (info->axes < 1 || info->axes > OSCAN_MAX_AXES ||
	    !is_name(info->name) || !is_name(info->driver_version))
		return bad_answer();
	return 0;
}

static bool has_scale(const struct oscan_axis_info *info)
{
	if (!info->full_steps_per_turn || !info->microsteps ||
	    !info->gear_num || !info->gear_den)
		return false;
	return info->unit == OSCAN_UNIT_DEGREE ||
	       (info->unit == OSCAN_UNIT_MILLIMETRE &&
		info->travel_per_turn_nm);
}

static int read_axis_info(struct oscan_motor *motor, unsigned int axis)
{
	struct oscan_axis_info *info = &motor->axes[axis];

	info->axis = axis;
	if (request(motor->fd, OSCAN_IOC_AXIS_INFO, info))
		return -1;
	if (info->axis != axis || !is_name(info->name) || !has_scale(info))
		return bad_answer();
	return 0;
}

static int read_all_info(struct oscan_motor *motor)
{
	unsigned int axis;

	if (read_info(motor))
		return -1;
	for (axis = 0; axis < motor->info.axes; axis++)
		if (read_axis_info(motor, axis))
			return -1;
	return 0;
}

OSCAN_API struct oscan_motor *oscan_motor_open(const char *path, bool writable)
{
	struct oscan_motor *motor = calloc(1, sizeof(*motor));
	int error;

	if (!motor)
		return NULL;
	motor->fd = open(path ? path : OSCAN_DEVICE_PATH,
			 (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (motor->fd < 0)
		goto err_free;
	if (read_all_info(motor))
		goto err_close;
	return motor;

err_close:
	error = errno;
	close(motor->fd);
	errno = error;
err_free:
	error = errno;
	free(motor);
	errno = error;
	return NULL;
}

OSCAN_API void oscan_motor_close(struct oscan_motor *motor)
{
	if (!motor)
		return;
	close(motor->fd);
	free(motor);
}

OSCAN_API int oscan_motor_fd(const struct oscan_motor *motor)
{
	return motor->fd;
}

OSCAN_API const struct oscan_info *
oscan_motor_info(const struct oscan_motor *motor)
{
	return &motor->info;
}

OSCAN_API const struct oscan_axis_info *
oscan_motor_axis_info(const struct oscan_motor *motor, unsigned int axis)
{
	if (axis >= motor->info.axes) {
		errno = ENXIO;
		return NULL;
	}
	return &motor->axes[axis];
}

OSCAN_API int oscan_motor_find_axis(const struct oscan_motor *motor,
				    const char *name)
{
	unsigned int axis;

	for (axis = 0; axis < motor->info.axes; axis++)
		if (!strcmp(motor->axes[axis].name, name))
			return axis;
	errno = ENXIO;
	return -1;
}

OSCAN_API int oscan_motor_state(struct oscan_motor *motor, unsigned int axis,
				struct oscan_state *state)
{
	struct oscan_state answer = { .axis = axis };

	if (request(motor->fd, OSCAN_IOC_STATE, &answer))
		return -1;
	if (answer.axis != axis || !answer.motion || !answer.position_state ||
	    !answer.end)
		return bad_answer();
	*state = answer;
	return 0;
}

OSCAN_API int oscan_motor_stats(struct oscan_motor *motor, unsigned int axis,
				struct oscan_stats *stats)
{
	struct oscan_stats answer = { .axis = axis };

	if (request(motor->fd, OSCAN_IOC_STATS, &answer))
		return -1;
	if (answer.axis != axis)
		return bad_answer();
	*stats = answer;
	return 0;
}

OSCAN_API int oscan_motor_enable(struct oscan_motor *motor, unsigned int axis,
				 bool on)
{
	struct oscan_enable enable = { .axis = axis, .on = on };

	return request(motor->fd, OSCAN_IOC_ENABLE, &enable);
}

OSCAN_API int oscan_motor_move(struct oscan_motor *motor,
			       struct oscan_move *move)
{
	return request(motor->fd, OSCAN_IOC_MOVE, move);
}

OSCAN_API int oscan_motor_move_together(struct oscan_motor *motor,
					struct oscan_move *moves,
					unsigned int count, bool arrive)
{
	struct oscan_group group = {
		.count = count,
		.flags = arrive ? OSCAN_GROUP_ARRIVE : 0,
		.moves = (uintptr_t)moves,
	};

	return request(motor->fd, OSCAN_IOC_MOVE_TOGETHER, &group);
}

OSCAN_API int oscan_motor_stop(struct oscan_motor *motor, uint32_t axes)
{
	struct oscan_stop stop = { .axes = axes };

	return request(motor->fd, OSCAN_IOC_STOP, &stop);
}

OSCAN_API int oscan_motor_halt(struct oscan_motor *motor, uint32_t axes)
{
	struct oscan_stop stop = { .axes = axes };

	return request(motor->fd, OSCAN_IOC_HALT, &stop);
}

OSCAN_API int oscan_motor_set_position(struct oscan_motor *motor,
				       unsigned int axis, int64_t position)
{
	struct oscan_set_position set = { .axis = axis, .position = position };

	return request(motor->fd, OSCAN_IOC_SET_POSITION, &set);
}

OSCAN_API int oscan_motor_set_latch_position(struct oscan_motor *motor,
					     unsigned int axis,
					     int64_t position)
{
	struct oscan_set_position set = {
		.axis = axis,
		.flags = OSCAN_SET_AT_LATCH,
		.position = position,
	};

	return request(motor->fd, OSCAN_IOC_SET_POSITION, &set);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int sleep_ns(int64_t ns)
{
	struct timespec span = { .tv_nsec = ns };
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);

	if (!error)
		return 0;
	errno = error;
	return -1;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

OSCAN_API int oscan_motor_wait(struct oscan_motor *motor, unsigned int axis,
			       int timeout_ms, struct oscan_state *state)
{
	int64_t deadline = timeout_ms < 0 ? INT64_MAX :
			   now_ns() + timeout_ms * NS_PER_MS;
	int64_t pause = WAIT_FIRST_NS;
	struct oscan_state own;
	int64_t left;

	if (!state)
		state = &own;
	for (;;) {
		if (oscan_motor_state(motor, axis, state))
			return -1;
		if (state->motion == OSCAN_MOTION_IDLE)
			return 0;
		left = deadline - now_ns();
		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (sleep_ns(least(pause, left)))
			return -1;
		pause = least(2 * pause, WAIT_LONGEST_NS);
	}
}
