// SPDX-License-Identifier: GPL-2.0
/* Processors that are busy with something else. */
#include <linux/ktime.h>
#include <linux/processor.h>
#include <linux/smp.h>

#include "rig.h"

static void spin_until(void *end_ns)
{
	while (ktime_get_ns() < *(u64 *)end_ns)
		cpu_relax();
}

void disturb_this_cpu(u32 us)
{
	u64 end_ns = ktime_get_ns() + (u64)us * NSEC_PER_USEC;

	spin_until(&end_ns);
}

void disturb_all_cpus(u32 us)
{
	u64 end_ns = ktime_get_ns() + (u64)us * NSEC_PER_USEC;

	on_each_cpu(spin_until, &end_ns, 1);
}
