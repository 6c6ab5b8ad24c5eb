// SPDX-License-Identifier: GPL-2.0
/* /dev/oscan-motor: requests, and who may command. */
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "motor.h"

#define DRIVER_VERSION	"0.1.0"

static_assert(sizeof(struct oscan_info) == 112);
static_assert(sizeof(struct oscan_axis_info) == 192);
static_assert(sizeof(struct oscan_enable) == 24);
static_assert(sizeof(struct oscan_move) == 96);
static_assert(sizeof(struct oscan_group) == 32);
static_assert(sizeof(struct oscan_stop) == 16);
static_assert(sizeof(struct oscan_set_position) == 32);
static_assert(sizeof(struct oscan_state) == 112);
static_assert(sizeof(struct oscan_stats) == 440);
static_assert(sizeof(struct oscan_events) == 16);

/* What a request says, and copies of the lists that it points to, or NULL. */
struct request {
	union {
		struct oscan_info info;
		struct oscan_axis_info axis_info;
		struct oscan_state state;
		struct oscan_stats stats;
		struct oscan_enable enable;
		struct oscan_move move;
		struct oscan_group group;
		struct oscan_stop stop;
		struct oscan_set_position set_position;
		struct oscan_events events;
		struct oscan_trigger_set trigger_set;
		struct oscan_trigger trigger;
		struct oscan_pulse pulse;
		struct oscan_capture_set capture_set;
		struct oscan_capture capture;
	};
	struct oscan_move *moves;
	s64 *positions;
};

static int motor_open(struct inode *inode, struct file *file)
{
	struct controller *controller =
		container_of(file->private_data, struct controller, misc);
	struct motor_file *motor;

	motor = kzalloc(sizeof(*motor), GFP_KERNEL);
	if (!motor)
		return -ENOMEM;
	/* misc_deregister() waits for this call: the device is still there. */
	kref_get(&controller->ref);
	motor->controller = controller;
	file->private_data = motor;
	return 0;
}

static int motor_release(struct inode *inode, struct file *file)
{
	struct motor_file *motor = file->private_data;
	struct controller *controller = motor->controller;
	unsigned int i;

	mutex_lock(&controller->mutex);
	if (controller->holder == motor) {
		WRITE_ONCE(controller->holder, NULL);
		for (i = 0; i < controller->n_axes; i++)
			axis_stop(&controller->axes[i], OSCAN_END_RELEASED);
	}
	mutex_unlock(&controller->mutex);
	events_unsubscribe(motor);
	controller_put(controller);
	kfree(motor);
	return 0;
}

static struct axis *find_axis(struct controller *controller, u32 number)
{
	if (number >= controller->n_axes)
		return NULL;
	number = array_index_nospec(number, controller->n_axes);
	return &controller->axes[number];
}

void controller_get_info(struct controller *controller,
			 struct oscan_info *info)
{
	memset(info, 0, sizeof(*info));
	info->abi_version = OSCAN_ABI_VERSION;
	info->axes = controller->n_axes;
	info->step_cost_ns = controller->step_cost_ns;
	info->max_rate_sps = controller->max_rate_sps;
	info->triggers = controller->n_triggers;
	info->captures = controller->n_captures;
	info->probed_ns = controller->probed_ns;
	strscpy(info->name, dev_name(controller->dev), OSCAN_NAME_LEN);
	strscpy(info->driver_version, DRIVER_VERSION, OSCAN_NAME_LEN);
}

static int get_info(struct motor_file *motor, struct request *r)
{
	controller_get_info(motor->controller, &r->info);
	return 0;
}

static int get_axis_info(struct motor_file *motor, struct request *r)
{
	struct axis *axis = find_axis(motor->controller, r->axis_info.axis);

	if (!axis)
		return -ENXIO;
	r->axis_info = axis->info;
	return 0;
}

static int get_state(struct motor_file *motor, struct request *r)
{
	struct controller *controller = motor->controller;
	struct axis *axis = find_axis(controller, r->state.axis);

	if (!axis)
		return -ENXIO;
	axis_get_state(axis, &r->state);
	if (controller->holder)
		r->state.flags |= OSCAN_STATE_CONTROLLED;
	if (controller->holder == motor)
		r->state.flags |= OSCAN_STATE_MINE;
	return 0;
}

static int get_stats(struct motor_file *motor, struct request *r)
{
	struct axis *axis = find_axis(motor->controller, r->stats.axis);

	if (!axis)
		return -ENXIO;
	axis_get_stats(axis, &r->stats);
	return 0;
}

static bool is_zero(const void *bytes, size_t count)
{
	return !memchr_inv(bytes, 0, count);
}

static int run_enable(struct motor_file *motor, struct request *r)
{
	struct axis *axis = find_axis(motor->controller, r->enable.axis);

	if (!is_zero(r->enable.reserved, sizeof(r->enable.reserved)) ||
	    r->enable.on > 1)
		return -EINVAL;
	return axis ? enable_set(axis, r->enable.on) : -ENXIO;
}

static int run_move(struct motor_file *motor, struct request *r)
{
	struct axis *axis = find_axis(motor->controller, r->move.axis);

	if (r->move.reserved || r->move.reserved0)
		return -EINVAL;
	return axis ? axis_move(axis, &r->move) : -ENXIO;
}

static void __user *moves_of(const struct request *r)
{
	return u64_to_user_ptr(r->group.moves);
}

static size_t moves_size(const struct request *r)
{
	return r->group.count * sizeof(struct oscan_move);
}

/* Before anything happens: can the answer be written? */
static int read_moves(struct request *r)
{
	struct oscan_move *moves;

	if (!is_zero(r->group.reserved, sizeof(r->group.reserved)) ||
	    !r->group.count || r->group.count > OSCAN_MAX_AXES)
		return -EINVAL;
	moves = memdup_user(moves_of(r), moves_size(r));
	if (IS_ERR(moves))
		return PTR_ERR(moves);
	r->moves = moves;
	return copy_to_user(moves_of(r), moves, moves_size(r)) ? -EFAULT : 0;
}

static int run_group(struct motor_file *motor, struct request *r)
{
	return axes_move_together(motor->controller, r->group.flags, r->moves,
				  r->group.count);
}

static int run_set_position(struct motor_file *motor, struct request *r)
{
	struct axis *axis = find_axis(motor->controller,
				      r->set_position.axis);

	if (!is_zero(r->set_position.reserved,
		     sizeof(r->set_position.reserved)) ||
	    (r->set_position.flags & ~OSCAN_SET_AT_LATCH))
		return -EINVAL;
	if (!axis)
		return -ENXIO;
	return axis_set_position(axis, r->set_position.position,
				 r->set_position.flags & OSCAN_SET_AT_LATCH);
}

static int for_axes(struct motor_file *motor, const struct oscan_stop *stop,
		    void (*stop_axis)(struct axis *axis, enum oscan_end why),
		    enum oscan_end why)
{
	struct controller *controller = motor->controller;
	unsigned int i;

	if (!is_zero(stop->reserved, sizeof(stop->reserved)))
		return -EINVAL;
	if (stop->axes >> controller->n_axes)
		return -ENXIO;
	for (i = 0; i < controller->n_axes; i++)
		if (stop->axes & BIT(i))
			stop_axis(&controller->axes[i], why);
	return 0;
}

static int run_stop(struct motor_file *motor, struct request *r)
{
	return for_axes(motor, &r->stop, axis_stop, OSCAN_END_STOPPED);
}

static int run_halt(struct motor_file *motor, struct request *r)
{
	return for_axes(motor, &r->stop, axis_halt, OSCAN_END_HALTED);
}

static int run_events(struct motor_file *motor, struct request *r)
{
	if (!is_zero(r->events.reserved, sizeof(r->events.reserved)))
		return -EINVAL;
	return events_subscribe(motor, r->events.types);
}

static int run_trigger_set(struct motor_file *motor, struct request *r)
{
	if (!is_zero(r->trigger_set.reserved,
		     sizeof(r->trigger_set.reserved)) ||
	    r->trigger_set.reserved0)
		return -EINVAL;
	return trigger_set(motor->controller, &r->trigger_set,
			   &r->positions);
}

static int get_trigger(struct motor_file *motor, struct request *r)
{
	return trigger_get(motor->controller, &r->trigger);
}

static int run_pulse(struct motor_file *motor, struct request *r)
{
	if (!is_zero(r->pulse.reserved, sizeof(r->pulse.reserved)))
		return -EINVAL;
	return trigger_pulse(motor->controller, &r->pulse);
}

static int run_capture_set(struct motor_file *motor, struct request *r)
{
	if (!is_zero(r->capture_set.reserved,
		     sizeof(r->capture_set.reserved)) ||
	    r->capture_set.reserved0)
		return -EINVAL;
	return capture_set(motor->controller, &r->capture_set);
}

static int get_capture(struct motor_file *motor, struct request *r)
{
	return capture_get(motor->controller, &r->capture);
}

enum right {
	WATCH,		/* any file */
	INTERRUPT,	/* a file opened for writing */
	SETTING,	/* and no other one holds control */
	COMMAND,	/* and it takes control */
};

static const struct {
	unsigned int cmd;
	enum right right;
	int (*run)(struct motor_file *motor, struct request *request);
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
	{ OSCAN_IOC_CAPTURE_SET, SETTING, run_capture_set },
	{ OSCAN_IOC_CAPTURE_GET, WATCH, get_capture },
};

/* controller->mutex held. Control is kept only by a command that succeeded. */
static int run_locked(struct motor_file *motor, unsigned int index,
		      struct request *request)
{
	struct controller *controller = motor->controller;
	enum right right = requests[index].right;
	int ret;

	if (controller->gone)
		return -ENODEV;
	if (right >= SETTING && controller->holder &&
	    controller->holder != motor)
		return -EBUSY;
	ret = requests[index].run(motor, request);
	if (!ret && right == COMMAND)
		WRITE_ONCE(controller->holder, motor);
	return ret;
}

static int run_alone(struct motor_file *motor, unsigned int index,
		     struct request *request)
{
	struct mutex *mutex = &motor->controller->mutex;
	int ret;

	if (mutex_lock_interruptible(mutex))
		return -ERESTARTSYS;
	ret = run_locked(motor, index, request);
	mutex_unlock(mutex);
	return ret;
}

static int read_list(unsigned int cmd, struct request *request)
{
	if (cmd == OSCAN_IOC_MOVE_TOGETHER)
		return read_moves(request);
	if (cmd == OSCAN_IOC_TRIGGER_SET)
		return trigger_read_list(&request->trigger_set,
					 &request->positions);
	return 0;
}

static int read_request(unsigned int cmd, void __user *argument,
			struct request *request)
{
	if ((_IOC_DIR(cmd) & _IOC_WRITE) &&
	    copy_from_user(request, argument, _IOC_SIZE(cmd)))
		return -EFAULT;
	/* Before anything happens: can the answer be written? */
	if ((_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user(argument, request, _IOC_SIZE(cmd)))
		return -EFAULT;
	return read_list(cmd, request);
}

static int write_answer(unsigned int cmd, void __user *argument,
			const struct request *request)
{
	if ((_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user(argument, request, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (cmd == OSCAN_IOC_MOVE_TOGETHER &&
	    copy_to_user(moves_of(request), request->moves,
			 moves_size(request)))
		return -EFAULT;
	return 0;
}

/*
 * The caller's memory is touched without the mutex: a mapping may take as long
 * as it likes, and others must be able to stop the motors meanwhile.
 */
static long run_request(struct file *file, unsigned int index,
			void __user *argument)
{
	struct motor_file *motor = file->private_data;
	unsigned int cmd = requests[index].cmd;
	struct request request = {};
	int ret;

	if (requests[index].right != WATCH && !(file->f_mode & FMODE_WRITE))
		return -EBADF;
	ret = read_request(cmd, argument, &request);
	if (!ret)
		ret = run_alone(motor, index, &request);
	if (!ret)
		ret = write_answer(cmd, argument, &request);
	kfree(request.moves);
	kvfree(request.positions);
	return ret;
}

static long motor_ioctl(struct file *file, unsigned int cmd,
			unsigned long argument)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].cmd == cmd)
			return run_request(file, i, (void __user *)argument);
	return -ENOTTY;
}

const struct file_operations motor_fops = {
	.owner = THIS_MODULE,
	.open = motor_open,
	.release = motor_release,
	.read = events_read,
	.poll = events_poll,
	.mmap = page_map,
	.unlocked_ioctl = motor_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
