/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of oscan_rig.ko offer to each other.
 *
 * One raw lock, rig->lock, protects all that an edge touches: it is taken in
 * hard interrupt context on every kernel, PREEMPT_RT too. ring.mutex comes
 * before it.
 */
#ifndef RIG_H
#define RIG_H

#include <linux/debugfs.h>
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "compat.h"
#include "oscan_rig.h"

#define RIG_ENDSTOPS	4

/**
 * struct ring - recorded edges
 * @records: shape [size]; those from @tail to @head do not change
 * @size: power of two, constant
 * @mutex: one taker at a time; protects @tail together with rig->lock: either
 *	suffices to read it, both are held to change it
 * @head: records ever put in; rig->lock
 * @tail: records ever taken out
 * @edges: edges since loading or the last reset; rig->lock
 * @lost: those of @edges that found the ring full; rig->lock
 */
struct ring {
	struct oscan_rig_edge *records;
	u64 size;
	struct mutex mutex;
	u64 head;
	u64 tail;
	u64 edges;
	u64 lost;
};

enum endstop_mode {
	ENDSTOP_OFF = 0,
	ENDSTOP_NORMAL,
	ENDSTOP_STUCK,
	ENDSTOP_BOUNCE,
	ENDSTOP_CLOSED,
	ENDSTOP_MUTE,
	ENDSTOP_GLITCH,
};

/**
 * struct endstop_setting - where a switch sits
 * @mode: what it does
 * @direction: 1 or -1
 * @count: it is pressed at or beyond this count in @direction
 * @changes: how often the line changes when it bounces
 */
struct endstop_setting {
	enum endstop_mode mode;
	int direction;
	s64 count;
	unsigned int changes;
};

/**
 * struct endstop - a switch; all but the constants under rig->lock
 * @rig: constant
 * @line: constant; the line that it drives
 * @step: constant; the STEP line whose edges press it
 * @setting: where it sits
 * @net: rising STEP edges upwards less those downwards since loading
 * @pressed: what @setting says at @net
 * @bounces: changes left to be made before the line shows @pressed
 * @timer: makes them; hard interrupt context
 */
struct endstop {
	struct rig *rig;
	unsigned int line;
	unsigned int step;
	struct endstop_setting setting;
	s64 net;
	bool pressed;
	unsigned int bounces;
	struct hrtimer timer;
};

/**
 * struct hold_up - what delay_at asked for; rig->lock
 * @edges: rising STEP edges until then, 0 for none
 * @us: for how long
 */
struct hold_up {
	u32 edges;
	u32 us;
};

/**
 * struct strobe - a camera that answers the TRIGGER line; rig->lock
 * @delay_us: until it shows on CAPTURE
 * @width_us: for how long; 0 with @delay_us 0 for no strobe
 * @period_us: it runs free with that period, and answers nothing; 0: not
 * @busy: @timer runs
 * @timer: makes the next edge; hard interrupt context
 */
struct strobe {
	u32 delay_us;
	u32 width_us;
	u32 period_us;
	bool busy;
	struct hrtimer timer;
};

/**
 * struct rig - the one rig
 * @lock: protects what follows and what says so above
 * @outputs: bit n: line n is an output
 * @levels: bit n: level of line n
 * @irq_unmasked: bit n: an interrupt of line n is wanted
 * @irq_rising: bit n: at its rising edge
 * @irq_falling: bit n: at its falling edge
 * @irq_pending: interrupts that @irq_work is to raise
 * @irq_work: raises them: an edge is written under the locks of whoever
 *	writes it, which the handler may need
 * @hold_up: disturbance to come
 * @endstops: shape [RIG_ENDSTOPS]
 * @strobe: answers the TRIGGER line
 * @ring: recorded edges
 * @chip: the gpio chip
 * @slow: the one that sleeps, if it was asked for
 * @device: its parent
 * @folder: in debugfs
 */
struct rig {
	raw_spinlock_t lock;
	unsigned long outputs;
	unsigned long levels;
	unsigned long irq_unmasked;
	unsigned long irq_rising;
	unsigned long irq_falling;
	unsigned long irq_pending;
	struct irq_work irq_work;
	struct hold_up hold_up;
	struct endstop endstops[RIG_ENDSTOPS];
	struct strobe strobe;
	struct ring ring;
	struct gpio_chip chip;
	struct gpio_chip slow;
	struct platform_device *device;
	struct dentry *folder;
};

/* ring.c */
int ring_init(struct ring *ring, unsigned int records);
void ring_free(struct ring *ring);
/* ring.c: rig->lock held */
void ring_put(struct ring *ring, unsigned int line, bool level);
/* ring.c: process context */
void ring_reset(struct rig *rig);
ssize_t ring_take(struct rig *rig, char __user *buffer, size_t size);

/* chrdev.c: /dev/oscan-rig */
int chrdev_init(struct rig *rig);
void chrdev_exit(void);

/* lines.c: rig->lock held */
void lines_set_level(struct rig *rig, unsigned int line, bool level);
/* the same without an interrupt */
void lines_set_level_mute(struct rig *rig, unsigned int line, bool level);
/*
 * Write a line that must be an output; returns for how many microseconds this
 * processor is to be kept busy once the lock is free.
 */
u32 lines_write(struct rig *rig, unsigned int line, bool level);

/* chip.c: process context */
int chip_init(struct rig *rig);
void chip_exit(struct rig *rig);

/* slow.c: process context; chip.c's functions have been called */
int slow_init(struct rig *rig, bool interrupts);
void slow_exit(struct rig *rig);

/* endstop.c */
void endstop_init(struct endstop *endstop, struct rig *rig, unsigned int line,
		  unsigned int step);
/* endstop.c: after the last edge was written */
void endstop_exit(struct endstop *endstop);
/* endstop.c: rig->lock held */
void endstop_count(struct endstop *endstop, int sign);
void endstop_set(struct endstop *endstop,
		 const struct endstop_setting *setting);

/* strobe.c */
void strobe_init(struct rig *rig);
/* strobe.c: after the last edge was written */
void strobe_exit(struct rig *rig);
/* strobe.c: process context */
void strobe_set(struct rig *rig, u32 delay_us, u32 width_us, u32 period_us);
/* strobe.c: rig->lock held: TRIGGER has risen */
void strobe_begin(struct rig *rig);

/* disturb.c: any context, interrupts off */
void disturb_this_cpu(u32 us);
/* disturb.c: process context */
void disturb_all_cpus(u32 us);

/* power.c: process context */
int power_init(struct rig *rig);
void power_exit(void);

/* debugfs.c */
void debug_init(struct rig *rig);
void debug_exit(struct rig *rig);

/* motor-device.c: the platform device "oscan-motor" */
int motor_device_init(struct rig *rig);
void motor_device_exit(struct rig *rig);
/* motor-device.c: whether the device has the line while it is bound */
bool motor_device_uses(unsigned int line);

#endif /* RIG_H */
