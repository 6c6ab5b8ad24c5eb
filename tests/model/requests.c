// SPDX-License-Identifier: GPL-2.0-or-later
/* The system calls of liboscan: those of the model's files are answered here. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define LOOK_MS 2

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct model_file *files;

static struct model_file *find(int fd)
{
	struct model_file *file;

	pthread_mutex_lock(&files_lock);
	for (file = files; file && file->fd != fd; file = file->next)
		;
	pthread_mutex_unlock(&files_lock);
	return file;
}

int model_open(const char *path, int flags, ...)
{
	struct model_file *file;

	if (strcmp(path, OSCAN_DEVICE_PATH))
		return open(path, flags);
	file = model_file_open((flags & O_ACCMODE) == O_RDWR);
	if (!file)
		return -1;
	pthread_mutex_lock(&files_lock);
	file->next = files;
	files = file;
	pthread_mutex_unlock(&files_lock);
	return file->fd;
}

int model_close(int fd)
{
	struct model_file *file = find(fd), **place = &files;

	if (!file)
		return close(fd);
	pthread_mutex_lock(&files_lock);
	while (*place != file)
		place = &(*place)->next;
	*place = file->next;
	pthread_mutex_unlock(&files_lock);
	model_file_close(file);
	return 0;
}

/* ---- requests ---- */

static int get_info(struct model_file *file, void *argument, uint64_t now_ns)
{
	*(struct oscan_info *)argument = (struct oscan_info){
		.abi_version = OSCAN_ABI_VERSION,
		.axes = MODEL_AXES,
		.step_cost_ns = 1000,
		.max_rate_sps = 100000,
		.triggers = 1,
		.probed_ns = file->model->probed_ns,
		.name = "oscan-model",
		.driver_version = "model",
	};
	return 0;
}

static int get_axis_info(struct model_file *file, void *argument,
			 uint64_t now_ns)
{
	struct oscan_axis_info *info = argument;

	if (info->axis >= MODEL_AXES)
		return -ENXIO;
	*info = model_info[info->axis];
	return 0;
}

static int get_state(struct model_file *file, void *argument, uint64_t now_ns)
{
	struct oscan_state *state = argument;

	if (state->axis >= MODEL_AXES)
		return -ENXIO;
	*state = file->model->axes[state->axis].state;
	if (file->model->held)
		state->flags |= OSCAN_STATE_CONTROLLED;
	if (file->mine)
		state->flags |= OSCAN_STATE_MINE;
	return 0;
}

static int get_stats(struct model_file *file, void *argument, uint64_t now_ns)
{
	struct oscan_stats *stats = argument;
	const struct oscan_state *state;

	if (stats->axis >= MODEL_AXES)
		return -ENXIO;
	state = &file->model->axes[stats->axis].state;
	*stats = (struct oscan_stats){
		.axis = stats->axis,
		.move_id = state->move_id,
		.move_shortest_ns = UINT64_MAX,
		.late_bins = { state->steps },
	};
	return 0;
}

static int run_enable(struct model_file *file, void *argument, uint64_t now_ns)
{
	const struct oscan_enable *enable = argument;
	struct oscan_state *state;

	if (enable->axis >= MODEL_AXES)
		return -ENXIO;
	state = &file->model->axes[enable->axis].state;
	if (!enable->on && state->motion != OSCAN_MOTION_IDLE)
		return -EBUSY;
	if (enable->on == !!(state->flags & OSCAN_STATE_ENABLED))
		return 0;
	state->flags ^= OSCAN_STATE_ENABLED;
	if (enable->on)
		file->model->axes[enable->axis].enable_ns = now_ns;
	else if (state->position_state != OSCAN_POSITION_LOST)
		state->position_state = OSCAN_POSITION_SUSPECT;
	model_tell_axis(file->model, enable->axis, enable->on ?
			OSCAN_EVENT_ENABLED : OSCAN_EVENT_DISABLED, now_ns, 0,
			0);
	return 0;
}

static int run_move(struct model_file *file, void *argument, uint64_t now_ns)
{
	return model_move(file->model, argument, now_ns);
}

static int run_group(struct model_file *file, void *argument, uint64_t now_ns)
{
	const struct oscan_group *group = argument;

	if (!group->count || group->count > OSCAN_MAX_AXES ||
	    group->flags & ~OSCAN_GROUP_ARRIVE)
		return -EINVAL;
	return model_move_together(file->model,
				   (struct oscan_move *)group->moves,
				   group->count, group->flags, now_ns);
}

static int run_for_axes(struct model *model, const struct oscan_stop *stop,
			uint32_t why, uint64_t now_ns,
			void (*run)(struct model *model, unsigned int axis,
				    uint32_t why, uint64_t now_ns))
{
	if (stop->axes >> MODEL_AXES)
		return -ENXIO;
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		if (stop->axes & 1u << i)
			run(model, i, why, now_ns);
	return 0;
}

static int run_stop(struct model_file *file, void *argument, uint64_t now_ns)
{
	return run_for_axes(file->model, argument, OSCAN_END_STOPPED, now_ns,
			    model_stop);
}

static int run_halt(struct model_file *file, void *argument, uint64_t now_ns)
{
	return run_for_axes(file->model, argument, OSCAN_END_HALTED, now_ns,
			    model_halt);
}

static int run_set_position(struct model_file *file, void *argument,
			    uint64_t now_ns)
{
	const struct oscan_set_position *set = argument;
	struct oscan_state *state;
	int64_t before;

	if (set->axis >= MODEL_AXES)
		return -ENXIO;
	if (set->position > OSCAN_POSITION_LIMIT ||
	    set->position < -OSCAN_POSITION_LIMIT)
		return -EOVERFLOW;
	state = &file->model->axes[set->axis].state;
	if (state->motion != OSCAN_MOTION_IDLE)
		return -EBUSY;
	if (set->flags & OSCAN_SET_AT_LATCH)
		return -ENODATA;
	before = state->position;
	state->position = set->position;
	state->target = set->position;
	state->position_state = OSCAN_POSITION_KNOWN;
	model_tell_axis(file->model, set->axis, OSCAN_EVENT_POSITION_SET,
			now_ns, 0, before);
	return 0;
}

static int run_events(struct model_file *file, void *argument, uint64_t now_ns)
{
	const struct oscan_events *events = argument;

	if (events->types & ~OSCAN_EVENT_ALL)
		return -EINVAL;
	file->types = events->types;
	file->seen = file->model->events_count;
	file->seq = 0;
	file->dropped = 0;
	return 0;
}

static int get_trigger(struct model_file *file, void *argument,
		       uint64_t now_ns)
{
	struct oscan_trigger *trigger = argument;

	if (trigger->line)
		return -ENXIO;
	*trigger = file->model->camera;
	return 0;
}

static int run_trigger_set(struct model_file *file, void *argument,
			   uint64_t now_ns)
{
	const struct oscan_trigger_set *set = argument;

	if (set->line)
		return -ENXIO;
	return set->mode == OSCAN_TRIGGER_OFF ? 0 : -EOPNOTSUPP;
}

static int run_pulse(struct model_file *file, void *argument, uint64_t now_ns)
{
	struct oscan_trigger *camera = &file->model->camera;
	struct oscan_pulse *pulse = argument;
	struct oscan_event event = {
		.type = OSCAN_EVENT_PULSE,
		.time_ns = now_ns,
	};

	if (pulse->line)
		return -ENXIO;
	if (pulse->width_ns < OSCAN_PULSE_MIN_NS)
		return -EINVAL;
	if (camera->pulses && now_ns < camera->last_ns + camera->width_ns)
		return -EBUSY;
	camera->width_ns = pulse->width_ns;
	camera->last_ns = now_ns;
	camera->pulses++;
	pulse->time_ns = now_ns;
	for (unsigned int i = 0; i < MODEL_AXES; i++)
		pulse->positions[i] = file->model->axes[i].state.position;
	memcpy(event.positions, pulse->positions, sizeof(event.positions));
	model_tell(file->model, &event);
	return 0;
}

static int no_line(struct model_file *file, void *argument, uint64_t now_ns)
{
	return -ENXIO;
}

enum right { WATCH, INTERRUPT, SETTING, COMMAND };

static const struct {
	unsigned long code;
	enum right right;
	int (*run)(struct model_file *file, void *argument, uint64_t now_ns);
} requests[] = {
	{ OSCAN_IOC_INFO, WATCH, get_info },
	{ OSCAN_IOC_AXIS_INFO, WATCH, get_axis_info },
	{ OSCAN_IOC_STATE, WATCH, get_state },
	{ OSCAN_IOC_STATS, WATCH, get_stats },
	{ OSCAN_IOC_ENABLE, COMMAND, run_enable },
	{ OSCAN_IOC_MOVE, COMMAND, run_move },
	{ OSCAN_IOC_MOVE_TOGETHER, COMMAND, run_group },
	{ OSCAN_IOC_STOP, INTERRUPT, run_stop },
	{ OSCAN_IOC_HALT, INTERRUPT, run_halt },
	{ OSCAN_IOC_SET_POSITION, COMMAND, run_set_position },
	{ OSCAN_IOC_EVENTS, WATCH, run_events },
	{ OSCAN_IOC_TRIGGER_SET, SETTING, run_trigger_set },
	{ OSCAN_IOC_TRIGGER_GET, WATCH, get_trigger },
	{ OSCAN_IOC_PULSE, SETTING, run_pulse },
	{ OSCAN_IOC_CAPTURE_SET, SETTING, no_line },
	{ OSCAN_IOC_CAPTURE_GET, WATCH, no_line },
};

static int run_request(struct model_file *file, size_t index, void *argument)
{
	enum right right = requests[index].right;
	uint64_t now_ns = model_enter(file);
	int error = 0;

	if (right != WATCH && !file->writable)
		error = -EBADF;
	else if (right >= SETTING && file->model->held && !file->mine)
		error = -EBUSY;
	if (!error)
		error = requests[index].run(file, argument, now_ns);
	if (!error && right == COMMAND && !model_take_control(file))
		error = -EBUSY;
	model_leave(file);
	return error;
}

int model_ioctl(int fd, unsigned long code, void *argument)
{
	struct model_file *file = find(fd);
	int error = -ENOTTY;

	if (!file)
		return ioctl(fd, code, argument);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (requests[i].code == code)
			error = run_request(file, i, argument);
	errno = -error;
	return error ? -1 : 0;
}

/* ---- events ---- */

/* Up to @count of those not seen yet. */
static size_t take(struct model_file *file, struct oscan_event *events,
		   size_t count)
{
	const struct model *model = file->model;
	const struct oscan_event *event;
	size_t taken = 0;

	for (; file->seen < model->events_count && taken < count;
	     file->seen++) {
		if (model->events_count - file->seen > MODEL_EVENTS) {
			file->seq++;
			file->dropped++;
			continue;
		}
		event = &model->events[file->seen % MODEL_EVENTS];
		if (!(file->types & OSCAN_EVENT_BIT(event->type)))
			continue;
		events[taken] = *event;
		events[taken].seq = file->seq++;
		events[taken++].dropped = file->dropped;
	}
	return taken;
}

static bool is_there(struct model_file *file)
{
	struct model_file before = *file;
	struct oscan_event event;
	bool found;

	model_enter(file);
	found = take(file, &event, 1);
	file->seen = before.seen;
	file->seq = before.seq;
	file->dropped = before.dropped;
	model_leave(file);
	return found;
}

int model_poll(struct pollfd *wanted, unsigned long count, int timeout_ms)
{
	struct model_file *file = find(wanted->fd);
	struct timespec pause = { .tv_nsec = LOOK_MS * 1000000l };
	int waited_ms = 0;

	if (!file)
		return poll(wanted, count, timeout_ms);
	while (file->types && !is_there(file)) {
		if (timeout_ms >= 0 && waited_ms >= timeout_ms)
			return 0;
		if (nanosleep(&pause, NULL))
			return -1;
		waited_ms += LOOK_MS;
	}
	wanted->revents = POLLIN;
	return 1;
}

ssize_t model_read(int fd, void *events, size_t bytes)
{
	struct model_file *file = find(fd);
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	size_t taken;

	if (!file)
		return read(fd, events, bytes);
	if (bytes < sizeof(struct oscan_event) || !file->types) {
		errno = file->types ? EINVAL : ENODATA;
		return -1;
	}
	if (model_poll(&wanted, 1, -1) < 0)
		return -1;
	model_enter(file);
	taken = take(file, events, bytes / sizeof(struct oscan_event));
	model_leave(file);
	return taken * sizeof(struct oscan_event);
}
