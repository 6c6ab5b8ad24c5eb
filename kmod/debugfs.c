// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/oscan-motor/AXIS, for people: what an axis does and how
 * well its steps met their time. A program uses OSCAN_IOC_STATE and
 * OSCAN_IOC_STATS.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "motor.h"

/* Columns of the longest bar. */
#define BAR_COLUMNS	40

static const char * const motion_names[] = {
	[OSCAN_MOTION_IDLE] = "idle",
	[OSCAN_MOTION_MOVING] = "moving",
	[OSCAN_MOTION_STOPPING] = "stopping",
};

static const char * const end_names[] = {
	[OSCAN_END_NONE] = "none",
	[OSCAN_END_DONE] = "done",
	[OSCAN_END_STOPPED] = "stopped",
	[OSCAN_END_HALTED] = "halted",
	[OSCAN_END_RELEASED] = "released",
	[OSCAN_END_SYSTEM] = "system",
	[OSCAN_END_SWITCH] = "switch",
};

static const char * const position_names[] = {
	[OSCAN_POSITION_KNOWN] = "known",
	[OSCAN_POSITION_ASSUMED] = "assumed",
	[OSCAN_POSITION_SUSPECT] = "suspect",
	[OSCAN_POSITION_LOST] = "lost",
};

static const char *name_of(const char * const *names, unsigned int count,
			   u32 value)
{
	return value < count && names[value] ? names[value] : "?";
}

#define NAME_OF(names, value) name_of(names, ARRAY_SIZE(names), value)

static void show_state(struct seq_file *file, const struct oscan_state *state)
{
	seq_printf(file, "position         %lld microsteps, %s\n",
		   state->position,
		   NAME_OF(position_names, state->position_state));
	seq_printf(file, "target           %lld microsteps\n", state->target);
	seq_printf(file, "motion           %s, motor %s\n",
		   NAME_OF(motion_names, state->motion),
		   state->flags & OSCAN_STATE_ENABLED ? "on" : "off");
	seq_printf(file, "last end         %s\n",
		   NAME_OF(end_names, state->end));
	seq_printf(file, "last step        at %llu ns, read at %llu ns\n",
		   state->last_step_ns, state->time_ns);
	seq_printf(file, "steps            %llu, %llu not in the trace\n",
		   state->steps, state->trace_lost);
}

static void show_times(struct seq_file *file, const struct oscan_stats *stats)
{
	seq_printf(file, "move             %u\n", stats->move_id);
	seq_printf(file, "  worst late     %llu ns\n",
		   stats->move_worst_late_ns);
	seq_printf(file, "  slip           %llu ns\n", stats->move_slip_ns);
	if (stats->move_shortest_ns == U64_MAX)
		seq_puts(file, "  shortest       none\n");
	else
		seq_printf(file, "  shortest       %llu ns between two steps\n",
			   stats->move_shortest_ns);
	seq_printf(file, "  stumbles       %u\n", stats->move_stumbles);
	seq_puts(file, "total\n");
	seq_printf(file, "  worst late     %llu ns\n", stats->worst_late_ns);
	seq_printf(file, "  slip           %llu ns\n", stats->slip_ns);
	seq_printf(file, "  stumbles       %u\n", stats->stumbles);
}

static void show_bin(struct seq_file *file, unsigned int bin, u64 steps,
		     u64 most)
{
	unsigned int columns = DIV64_U64_ROUND_UP(steps * BAR_COLUMNS, most);

	if (bin == OSCAN_LATE_BINS - 1)
		seq_puts(file, "          above  ");
	else
		seq_printf(file, "  <%12llu  ", 1ULL << bin);
	seq_printf(file, "%12llu  %.*s\n", steps, columns,
		   "########################################");
}

static void show_histogram(struct seq_file *file,
			   const struct oscan_stats *stats)
{
	const u64 *bins = stats->late_bins;
	unsigned int last = OSCAN_LATE_BINS, bin;
	u64 most = 0;

	for (bin = 0; bin < OSCAN_LATE_BINS; bin++)
		most = max(most, bins[bin]);
	if (!most)
		return;
	while (!bins[last - 1])
		last--;
	seq_puts(file, "steps by lateness, ns\n");
	for (bin = 0; bin < last; bin++)
		show_bin(file, bin, bins[bin], most);
}

static int axis_show(struct seq_file *file, void *unused)
{
	struct axis *axis = file->private;
	struct oscan_state state;
	struct oscan_stats stats;

	axis_get_state(axis, &state);
	axis_get_stats(axis, &stats);
	show_state(file, &state);
	show_times(file, &stats);
	show_histogram(file, &stats);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(axis);

void debug_init(struct controller *controller)
{
	struct axis *axis = controller->axes;
	unsigned int i;

	controller->folder = debugfs_create_dir("oscan-motor", NULL);
	for (i = 0; i < controller->n_axes; i++, axis++)
		debugfs_create_file(axis->info.name, 0444, controller->folder,
				    axis, &axis_fops);
}

/* Waits for those who read; later reads fail. */
void debug_exit(struct controller *controller)
{
	debugfs_remove_recursive(controller->folder);
}
