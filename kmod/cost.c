// SPDX-License-Identifier: GPL-2.0
/*
 * How long one step keeps the processor busy, measured when the device is
 * bound: a timer does what the step timer does, but for the edge, and
 * interrupts a loop that does nothing but read the clock. The longest gap
 * between two readings is what the interrupt took, way in and out included. A
 * trigger line may pulse at every step: the end of the pulse is an interrupt of
 * its own, and what begins it in that of the step is taken to be as long.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>

#include "motor.h"

#define RUNS		100
#define LEAD_NS		20000

/* Calls of plan_deadline() from one step to the next: see find_places(). */
#define DEADLINES	2

/* Share of one processor that steps may take, percent. */
#define BUDGET_PERCENT	50

static unsigned int step_cost_ns;
module_param(step_cost_ns, uint, 0444);
MODULE_PARM_DESC(step_cost_ns, "processor time of one step in nanoseconds, for an emulated machine, where measuring tells little (default 0: measured)");

struct measurement {
	struct hrtimer timer;
	struct gpio_desc *step;
	struct gpio_desc *stop;
	struct plan plan;
	u64 deadlines;
	bool fired;
};

/* Hard interrupt context. The line keeps its level, so no motor moves. */
static enum hrtimer_restart step_without_edge(struct hrtimer *timer)
{
	struct measurement *m = container_of(timer, struct measurement, timer);
	u64 step;

	if (m->stop)
		gpiod_get_value(m->stop);
	gpiod_set_value(m->step, 0);
	for (step = 1; step <= m->deadlines; step++)
		plan_deadline(&m->plan, step);
	gpiod_set_value(m->step, 0);
	WRITE_ONCE(m->fired, true);
	return HRTIMER_NORESTART;
}

static u64 gap_since(u64 *previous_ns)
{
	u64 now = ktime_get_ns();
	u64 gap = now - *previous_ns;

	*previous_ns = now;
	return gap;
}

static u64 longest_gap(struct measurement *m)
{
	u64 previous, longest = 0;

	WRITE_ONCE(m->fired, false);
	preempt_disable();
	/* A slow machine must not miss the interrupt that it is to time. */
	local_irq_disable();
	hrtimer_start(&m->timer, ktime_add_ns(ktime_get(), LEAD_NS),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	previous = ktime_get_ns();
	local_irq_enable();
	while (!READ_ONCE(m->fired))
		longest = max(longest, gap_since(&previous));
	longest = max(longest, gap_since(&previous));
	preempt_enable();
	hrtimer_cancel(&m->timer);
	return longest;
}

/* An interrupt that works out so many deadlines. */
static u64 measure(struct axis *axis, u64 deadlines)
{
	/* The curve that takes longest: an S, begun at a speed. */
	const struct plan_request request = {
		.steps = 64,
		.start.sps_q44 = 100 * OSCAN_SPEED_ONE,
		.speed_sps_q44 = 1000 * OSCAN_SPEED_ONE,
		.accel_sps2_q32 = 1000000 * OSCAN_ACCEL_ONE,
		.decel_sps2_q32 = 1000000 * OSCAN_ACCEL_ONE,
		.jerk_sps3_q24 = 100000 * OSCAN_JERK_ONE,
	};
	struct measurement m = {
		.step = axis->step,
		.stop = endstop_read_before_step(axis),
		.deadlines = deadlines,
	};
	u64 least = U64_MAX;
	int i;

	/* Cannot fail: these are numbers, not what somebody asks for. */
	plan_make(&m.plan, &request);
	compat_hrtimer_setup_on_stack(&m.timer, step_without_edge,
				      CLOCK_MONOTONIC,
				      HRTIMER_MODE_ABS_PINNED_HARD);
	for (i = 0; i < RUNS; i++)
		least = min(least, longest_gap(&m));
	destroy_hrtimer_on_stack(&m.timer);
	return least;
}

/* The pulse is waited out, or its end is a second interrupt. */
static u64 step_cost(struct axis *axis)
{
	u64 step = measure(axis, DEADLINES), end = measure(axis, 0);
	u64 pulses = axis->controller->n_triggers * 2 * end;

	if (axis->info.pulse_high_ns > STEP_SPIN_MAX_NS)
		return step + end + pulses;
	return step + axis->info.pulse_high_ns + pulses;
}

int controller_measure_cost(struct controller *controller)
{
	unsigned int i;
	u64 worst = step_cost_ns;

	for (i = 0; !step_cost_ns && i < controller->n_axes; i++)
		worst = max(worst, step_cost(&controller->axes[i]));
	controller->step_cost_ns = min_t(u64, worst, U32_MAX);
	controller->max_rate_sps = div64_u64(NSEC_PER_SEC / 100 *
					     BUDGET_PERCENT, worst);
	if (!controller->max_rate_sps)
		return dev_err_probe(controller->dev, -EIO,
				     "one step takes %u ns: too slow to run a motor\n",
				     controller->step_cost_ns);
	return 0;
}
