// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine in a file, and what its axes did since somebody looked. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define MODEL_VERSION	0x6f7363616e000002ull
#define LOCK_CONTROL	0
#define LOCK_STATE	1

#define GREENSHIELD							\
	.unit = OSCAN_UNIT_DEGREE,					\
	.full_steps_per_turn = 200,					\
	.microsteps = 16,						\
	.start_stop_rate_fsps = 100,					\
	.max_speed_sps_q44 = 5000 * OSCAN_SPEED_ONE,			\
	.pulse_high_ns = 2500,						\
	.pulse_low_ns = 2500,						\
	.dir_setup_ns = 5000,						\
	.dir_hold_ns = 5000,						\
	.enable_delay_ns = 1000000,					\
	.catch_up_percent = 10,						\
	.stop_debounce_us = 5000

const struct oscan_axis_info model_info[MODEL_AXES] = {
	{
		.axis = 0,
		.flags = OSCAN_AXIS_HAS_ENABLE | OSCAN_AXIS_WRAPS,
		.name = "turntable",
		.gear_num = 1,
		.gear_den = 1,
		.max_accel_sps2_q32 = 5000 * OSCAN_ACCEL_ONE,
		GREENSHIELD
	}, {
		.axis = 1,
		.flags = OSCAN_AXIS_HAS_ENABLE | OSCAN_AXIS_HAS_LIMITS,
		.name = "rotor",
		.gear_num = 40,
		.gear_den = 3,
		.limit_min = 1422,
		.limit_max = 14815,
		.max_accel_sps2_q32 = 20000 * OSCAN_ACCEL_ONE,
		GREENSHIELD
	}
};

static const int64_t initial_position[MODEL_AXES] = { 0, 10667 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* Locks of an open file end with its process. */
static int lock(int fd, int command, int type, off_t byte)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};
	int result;

	do
		result = fcntl(fd, command, &lock);
	while (result && errno == EINTR);
	/* F_OFD_GETLK: who is in the way. */
	return result ? result : lock.l_type;
}

void model_tell(struct model *model, const struct oscan_event *event)
{
	struct oscan_event *place =
		&model->events[model->events_count % MODEL_EVENTS];

	*place = *event;
	place->seq = model->events_count++;
}

void model_tell_axis(struct model *model, unsigned int axis, uint32_t type,
		     uint64_t time_ns, uint32_t value, int64_t aux)
{
	const struct oscan_state *state = &model->axes[axis].state;
	struct oscan_event event = {
		.type = type,
		.time_ns = time_ns,
		.axis = axis,
		.position = state->position,
		.move_id = state->move_id,
		.value = value,
		.aux = aux,
	};

	model_tell(model, &event);
}

uint64_t model_step_ns(const struct model_leg *leg, uint64_t step)
{
	return leg->origin_ns + plan_deadline(&leg->plan, step);
}

/* The last step of the leg that was due by then, at least @from. */
static uint64_t steps_until(const struct model_leg *leg, uint64_t from,
			    uint64_t time_ns)
{
	uint64_t least = from, most = leg->steps, middle;

	while (least < most) {
		middle = least + (most - least + 1) / 2;
		if (model_step_ns(leg, middle) <= time_ns)
			least = middle;
		else
			most = middle - 1;
	}
	return least;
}

static void advance(struct model *model, unsigned int number, uint64_t time_ns)
{
	struct model_axis *axis = &model->axes[number];
	struct oscan_state *state = &axis->state;
	const struct model_leg *leg;

	state->time_ns = time_ns;
	while (state->motion != OSCAN_MOTION_IDLE) {
		leg = &axis->legs[(axis->leg - 1) % MODEL_LEGS];
		axis->made = steps_until(leg, axis->made, time_ns);
		state->position = leg->position +
				  leg->sign * (int64_t)axis->made;
		state->steps = leg->number + axis->made;
		if (axis->made)
			state->last_step_ns = model_step_ns(leg, axis->made);
		if (axis->made < leg->steps)
			return;
		if (axis->leg < axis->legs_count) {
			axis->leg++;
			axis->made = 0;
			continue;
		}
		state->motion = OSCAN_MOTION_IDLE;
		state->end = axis->pending_end;
		model_tell_axis(model, number, OSCAN_EVENT_MOVE_ENDED,
				state->last_step_ns, state->end, 0);
	}
}

static void end_control(struct model *model, uint64_t time_ns)
{
	model->held = false;
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		model_stop(model, i, OSCAN_END_RELEASED, time_ns);
}

uint64_t model_enter(struct model_file *file)
{
	struct model *model = file->model;
	uint64_t time_ns;

	lock(file->fd, F_OFD_SETLKW, F_WRLCK, LOCK_STATE);
	if (model->held && !file->mine &&
	    lock(file->fd, F_OFD_GETLK, F_WRLCK, LOCK_CONTROL) == F_UNLCK)
		end_control(model, model->looked_ns);
	time_ns = now();
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		advance(model, i, time_ns);
	model->looked_ns = time_ns;
	return time_ns;
}

void model_leave(struct model_file *file)
{
	lock(file->fd, F_OFD_SETLK, F_UNLCK, LOCK_STATE);
}

bool model_take_control(struct model_file *file)
{
	if (!file->mine &&
	    lock(file->fd, F_OFD_SETLK, F_WRLCK, LOCK_CONTROL) < 0)
		return false;
	file->mine = true;
	file->model->held = true;
	return true;
}

static void set_up(struct model *model)
{
	static bool was_open;
	const char *lost = getenv("OSCAN_MODEL_LOST");
	struct oscan_state *state;

	for (unsigned int i = 0; i < MODEL_AXES; i++) {
		state = &model->axes[i].state;
		if (model->version != MODEL_VERSION)
			*state = (struct oscan_state){
				.axis = i,
				.motion = OSCAN_MOTION_IDLE,
				.position_state = OSCAN_POSITION_ASSUMED,
				.end = OSCAN_END_NONE,
				.position = initial_position[i],
				.target = initial_position[i],
			};
		if (!was_open && lost && !strcmp(lost, "1"))
			state->position_state = OSCAN_POSITION_LOST;
	}
	was_open = true;
	if (model->version == MODEL_VERSION)
		return;
	model->camera = (struct oscan_trigger){
		.status = OSCAN_TRIGGER_IDLE,
		.mode = OSCAN_TRIGGER_OFF,
		.name = "camera",
	};
	model->probed_ns = now();
	model->version = MODEL_VERSION;
}

static int own_memory = -1;

static void make_own_memory(void)
{
	own_memory = memfd_create("oscan-model", MFD_CLOEXEC);
}

/* Opened anew each time: only so has each its own locks. */
static int open_shared(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *path = getenv("OSCAN_MODEL_STATE");
	char own[32];

	if (path && *path)
		return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pthread_once(&once, make_own_memory);
	snprintf(own, sizeof(own), "/proc/self/fd/%d", own_memory);
	return open(own, O_RDWR | O_CLOEXEC);
}

struct model_file *model_file_open(bool writable)
{
	struct model_file *file = calloc(1, sizeof(*file));
	int error;

	if (!file)
		return NULL;
	file->writable = writable;
	file->fd = open_shared();
	if (file->fd < 0)
		goto err_free;
	lock(file->fd, F_OFD_SETLKW, F_WRLCK, LOCK_STATE);
	if (ftruncate(file->fd, sizeof(*file->model)))
		goto err_close;
	file->model = mmap(NULL, sizeof(*file->model), PROT_READ | PROT_WRITE,
			   MAP_SHARED, file->fd, 0);
	if (file->model == MAP_FAILED)
		goto err_close;
	set_up(file->model);
	model_leave(file);
	return file;

err_close:
	error = errno;
	close(file->fd);
	errno = error;
err_free:
	error = errno;
	free(file);
	errno = error;
	return NULL;
}

void model_file_close(struct model_file *file)
{
	uint64_t time_ns = model_enter(file);

	if (file->mine)
		end_control(file->model, time_ns);
	model_leave(file);
	munmap(file->model, sizeof(*file->model));
	close(file->fd);
	free(file);
}
