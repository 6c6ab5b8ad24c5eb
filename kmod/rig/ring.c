// SPDX-License-Identifier: GPL-2.0
/* The edges, oldest first; when the ring is full the newest are lost. */
#include <linux/ktime.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "rig.h"

static_assert(sizeof(struct oscan_rig_edge) == 16);

int ring_init(struct ring *ring, unsigned int records)
{
	ring->records = vzalloc(array_size(records, sizeof(*ring->records)));
	if (!ring->records)
		return -ENOMEM;
	ring->size = records;
	mutex_init(&ring->mutex);
	return 0;
}

void ring_free(struct ring *ring)
{
	vfree(ring->records);
}

/* Any context. The time is read under the lock, so that times never fall. */
void ring_put(struct ring *ring, unsigned int line, bool level)
{
	struct oscan_rig_edge *record;

	ring->edges++;
	if (ring->head - ring->tail == ring->size) {
		ring->lost++;
		return;
	}
	record = &ring->records[ring->head & (ring->size - 1)];
	record->time_ns = ktime_get_ns();
	record->line = line;
	record->value = level;
	ring->head++;
}

static u64 ring_head(struct rig *rig)
{
	unsigned long flags;
	u64 head;

	raw_spin_lock_irqsave(&rig->lock, flags);
	head = rig->ring.head;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return head;
}

static void drop_up_to(struct rig *rig, u64 tail)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&rig->lock, flags);
	rig->ring.tail = tail;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
}

void ring_reset(struct rig *rig)
{
	struct ring *ring = &rig->ring;
	unsigned long flags;

	mutex_lock(&ring->mutex);
	raw_spin_lock_irqsave(&rig->lock, flags);
	ring->tail = ring->head;
	ring->edges = 0;
	ring->lost = 0;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	mutex_unlock(&ring->mutex);
}

/* ring->mutex held */
static ssize_t take_locked(struct rig *rig, char __user *buffer, u64 wanted)
{
	struct ring *ring = &rig->ring;
	u64 first = ring->tail & (ring->size - 1);
	u64 count = min(ring_head(rig) - ring->tail, wanted);
	u64 straight = min(count, ring->size - first);
	size_t bytes = straight * sizeof(*ring->records);

	if (copy_to_user(buffer, &ring->records[first], bytes) ||
	    copy_to_user(buffer + bytes, ring->records,
			 (count - straight) * sizeof(*ring->records)))
		return -EFAULT;
	drop_up_to(rig, ring->tail + count);
	return count * sizeof(*ring->records);
}

ssize_t ring_take(struct rig *rig, char __user *buffer, size_t size)
{
	ssize_t ret;

	if (size < sizeof(struct oscan_rig_edge))
		return -EINVAL;
	if (mutex_lock_interruptible(&rig->ring.mutex))
		return -ERESTARTSYS;
	ret = take_locked(rig, buffer, size / sizeof(struct oscan_rig_edge));
	mutex_unlock(&rig->ring.mutex);
	return ret;
}
