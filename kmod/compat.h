/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The differences between kernels 6.1 and later, by name of what they do.
 *
 * Each HAVE_ comes from a source in kmod/probes/ that either compiles against
 * the kernel at hand or does not: stable kernels take over interfaces of later
 * ones, so version numbers would lie.
 */
#ifndef OSCAN_COMPAT_H
#define OSCAN_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>

#include "compat_config.h"

/**
 * compat_hrtimer_setup() - prepare a timer, as hrtimer_setup()
 * @timer: timer, not running
 * @function: its callback
 * @clock: clock that it counts
 * @mode: as hrtimer_start() will be given
 */
static inline void compat_hrtimer_setup(struct hrtimer *timer,
		enum hrtimer_restart (*function)(struct hrtimer *timer),
		clockid_t clock, enum hrtimer_mode mode)
{
#ifdef HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, function, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#endif
}

/* compat_hrtimer_setup_on_stack() - the same for a timer on the stack */
static inline void compat_hrtimer_setup_on_stack(struct hrtimer *timer,
		enum hrtimer_restart (*function)(struct hrtimer *timer),
		clockid_t clock, enum hrtimer_mode mode)
{
#ifdef HAVE_HRTIMER_SETUP
	hrtimer_setup_on_stack(timer, function, clock, mode);
#else
	hrtimer_init_on_stack(timer, clock, mode);
	timer->function = function;
#endif
}

/* compat_vm_flags_clear() - vm_flags_clear(), for a mapping being made */
static inline void compat_vm_flags_clear(struct vm_area_struct *area,
					 unsigned long flags)
{
#ifdef HAVE_VM_FLAGS_CLEAR
	vm_flags_clear(area, flags);
#else
	area->vm_flags &= ~flags;
#endif
}

/*
 * The member of struct platform_driver that takes a remove function returning
 * nothing: ".compat_remove = my_remove".
 */
#ifdef HAVE_PLATFORM_REMOVE_VOID
#define compat_remove remove
#else
#define compat_remove remove_new
#endif

/*
 * What the set functions of struct gpio_chip return, and the value by which
 * they say that all is well: "return COMPAT_GPIO_SET_DONE;".
 */
#ifdef HAVE_GPIO_SET_INT
#define compat_gpio_set_t int
#define COMPAT_GPIO_SET_DONE 0
#else
#define compat_gpio_set_t void
#define COMPAT_GPIO_SET_DONE
#endif

#endif /* OSCAN_COMPAT_H */
