// SPDX-License-Identifier: GPL-2.0
/*
 * What has happened, for those who read(2) the device, a queue for each file
 * that has subscribed, and for those who watch by netlink, one for all of
 * them. Events are put in from hard interrupts.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "motor.h"

static_assert(sizeof(struct oscan_event) == 128);

u64 events_so_far(struct events *events)
{
	unsigned long flags;
	u64 head;

	raw_spin_lock_irqsave(&events->lock, flags);
	head = events->watchers.head;
	raw_spin_unlock_irqrestore(&events->lock, flags);
	return head;
}

/* On PREEMPT_RT a thread, for wait queues sleep there. */
static void wake(struct irq_work *work)
{
	struct events *events = container_of(work, struct events, wake);
	struct controller *controller =
		container_of(events, struct controller, events);

	wake_up_interruptible_all(&events->wait);
	if (READ_ONCE(events->owed))
		queue_work(motor_workqueue, &controller->report);
}

void events_init(struct events *events)
{
	raw_spin_lock_init(&events->lock);
	INIT_LIST_HEAD(&events->queues);
	init_waitqueue_head(&events->wait);
	init_irq_work(&events->wake, wake);
}

void events_close(struct events *events)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&events->lock, flags);
	events->closed = true;
	raw_spin_unlock_irqrestore(&events->lock, flags);
	irq_work_sync(&events->wake);
	wake_up_interruptible_all(&events->wait);
}

/* events->lock held: what anybody wants */
static void join_types(struct events *events)
{
	struct event_queue *queue;
	u32 types = 0;

	list_for_each_entry(queue, &events->queues, list)
		types |= queue->types;
	WRITE_ONCE(events->types, types);
}

/* events->lock held; returns what is to be freed */
static struct event_queue *exchange(struct motor_file *motor,
				    struct event_queue *queue)
{
	struct events *events = &motor->controller->events;
	struct event_queue *old = motor->queue;

	if (old)
		list_del(&old->list);
	if (queue)
		list_add_tail(&queue->list, &events->queues);
	events->files += !!queue - !!old;
	motor->queue = queue;
	join_types(events);
	return old;
}

int events_subscribe(struct motor_file *motor, u32 types)
{
	struct events *events = &motor->controller->events;
	struct event_queue *queue = NULL, *old;
	unsigned long flags;
	bool full;

	if (types & ~OSCAN_EVENT_ALL)
		return -EINVAL;
	if (types) {
		queue = kvzalloc(sizeof(*queue), GFP_KERNEL);
		if (!queue)
			return -ENOMEM;
		queue->types = types;
	}
	raw_spin_lock_irqsave(&events->lock, flags);
	full = queue && !motor->queue && events->files == OSCAN_EVENT_FILES;
	old = full ? queue : exchange(motor, queue);
	raw_spin_unlock_irqrestore(&events->lock, flags);
	kvfree(old);
	return full ? -EUSERS : 0;
}

void events_unsubscribe(struct motor_file *motor)
{
	events_subscribe(motor, 0);
}

/* events->lock held */
static void put_in(struct event_queue *queue, const struct oscan_event *event)
{
	struct oscan_event *place = &queue->ring[queue->head++ %
						 OSCAN_EVENT_QUEUE];

	*place = *event;
	place->seq = queue->next_seq++;
	if (queue->head - queue->tail <= OSCAN_EVENT_QUEUE)
		return;
	queue->tail++;
	queue->dropped++;
}

bool events_wanted(struct controller *controller, enum oscan_event_type type)
{
	return READ_ONCE(controller->events.types) & OSCAN_EVENT_BIT(type) ||
	       netlink_wanted(OSCAN_CMD_EVENT);
}

/* Hard interrupt context, most of the time. */
void events_put(struct controller *controller, const struct oscan_event *event)
{
	struct events *events = &controller->events;
	u32 bit = OSCAN_EVENT_BIT(event->type);
	struct event_queue *queue;

	if (!events_wanted(controller, event->type))
		return;
	raw_spin_lock(&events->lock);
	if (!events->closed) {
		list_for_each_entry(queue, &events->queues, list)
			if (queue->types & bit)
				put_in(queue, event);
		if (netlink_wanted(OSCAN_CMD_EVENT)) {
			put_in(&events->watchers, event);
			WRITE_ONCE(events->owed, true);
		}
		irq_work_queue(&events->wake);
	}
	raw_spin_unlock(&events->lock);
}

void events_put_axis(struct axis *axis, enum oscan_event_type type, u32 value,
		     s64 aux)
{
	struct oscan_event event;

	if (!events_wanted(axis->controller, type))
		return;
	event = (struct oscan_event) {
		.type = type,
		.time_ns = ktime_get_ns(),
		.axis = axis->info.axis,
		.position = axis->position,
		.move_id = axis->move_id,
		.value = value,
		.aux = aux,
	};
	events_put(axis->controller, &event);
}

/* events->lock held; the queue is not empty */
static void take_out(struct event_queue *queue, struct oscan_event *event)
{
	*event = queue->ring[queue->tail++ % OSCAN_EVENT_QUEUE];
	event->dropped = queue->dropped;
}

/* What was pushed out meanwhile counts as taken. */
static bool take_watched(struct events *events, u64 until,
			 struct oscan_event *event)
{
	struct event_queue *queue = &events->watchers;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&events->lock, flags);
	found = queue->tail < until;
	if (found)
		take_out(queue, event);
	WRITE_ONCE(events->owed, queue->tail != queue->head);
	raw_spin_unlock_irqrestore(&events->lock, flags);
	return found;
}

void events_report(struct events *events, u64 until)
{
	struct oscan_event event;

	while (take_watched(events, until, &event))
		netlink_send_event(&event);
}

/* Returns 1, or 0 if there is none, or why there will be none. */
static int take(struct motor_file *motor, struct oscan_event *event)
{
	struct events *events = &motor->controller->events;
	struct event_queue *queue;
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&events->lock, flags);
	queue = motor->queue;
	if (queue && queue->tail != queue->head) {
		take_out(queue, event);
		ret = 1;
	} else if (events->closed) {
		ret = -ENODEV;
	} else if (!queue) {
		ret = -ENODATA;
	}
	raw_spin_unlock_irqrestore(&events->lock, flags);
	return ret;
}

/* An event was taken but not written to who asked for it. */
static void lose(struct motor_file *motor)
{
	struct events *events = &motor->controller->events;
	unsigned long flags;

	raw_spin_lock_irqsave(&events->lock, flags);
	if (motor->queue)
		motor->queue->dropped++;
	raw_spin_unlock_irqrestore(&events->lock, flags);
}

/* The same without taking it. */
static int look(struct motor_file *motor)
{
	struct events *events = &motor->controller->events;
	struct event_queue *queue;
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&events->lock, flags);
	queue = motor->queue;
	if (queue && queue->tail != queue->head)
		ret = 1;
	else
		ret = events->closed ? -ENODEV : queue ? 0 : -ENODATA;
	raw_spin_unlock_irqrestore(&events->lock, flags);
	return ret;
}

ssize_t events_read(struct file *file, char __user *buffer, size_t size,
		    loff_t *position)
{
	struct motor_file *motor = file->private_data;
	struct events *events = &motor->controller->events;
	struct oscan_event event;
	size_t done = 0;
	int ret;

	if (size < sizeof(event))
		return -EINVAL;
	while (size - done >= sizeof(event)) {
		ret = take(motor, &event);
		if (!ret && !done && !(file->f_flags & O_NONBLOCK)) {
			ret = wait_event_interruptible(events->wait,
						       look(motor));
			if (ret)
				return ret;
			continue;
		}
		if (ret != 1)
			return done ?: ret ?: -EAGAIN;
		if (copy_to_user(buffer + done, &event, sizeof(event))) {
			lose(motor);
			return done ?: -EFAULT;
		}
		done += sizeof(event);
	}
	return done;
}

__poll_t events_poll(struct file *file, struct poll_table_struct *table)
{
	struct motor_file *motor = file->private_data;
	struct events *events = &motor->controller->events;
	__poll_t said = 0;
	int found;

	poll_wait(file, &events->wait, table);
	found = look(motor);
	if (found > 0)
		said |= EPOLLIN | EPOLLRDNORM;
	if (found < 0)
		said |= EPOLLERR;
	if (READ_ONCE(events->closed))
		said |= EPOLLERR | EPOLLHUP;
	return said;
}
