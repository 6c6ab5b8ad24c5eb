// SPDX-License-Identifier: GPL-2.0
/* debugfs, oscan-rig/: what oscan_rig.h documents. */
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "rig.h"

#define BUSY_MAX_US	1000000U
#define TEXT_LEN	64
#define CHANGES		10U
#define CHANGES_MAX	1000U

static int get_count(struct rig *rig, const u64 *count, u64 *value)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&rig->lock, flags);
	*value = *count;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return 0;
}

static int get_edges(void *data, u64 *value)
{
	struct rig *rig = data;

	return get_count(rig, &rig->ring.edges, value);
}
DEFINE_DEBUGFS_ATTRIBUTE(edges_fops, get_edges, NULL, "%llu\n");

static int get_lost(void *data, u64 *value)
{
	struct rig *rig = data;

	return get_count(rig, &rig->ring.lost, value);
}
DEFINE_DEBUGFS_ATTRIBUTE(lost_fops, get_lost, NULL, "%llu\n");

static int set_reset(void *data, u64 value)
{
	if (value != 1)
		return -EINVAL;
	ring_reset(data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(reset_fops, NULL, set_reset, "%llu\n");

static int set_delay_us(void *data, u64 value)
{
	if (value > BUSY_MAX_US)
		return -EINVAL;
	disturb_all_cpus(value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(delay_us_fops, NULL, set_delay_us, "%llu\n");

static int get_capture(void *data, u64 *value)
{
	struct rig *rig = data;

	*value = !!(READ_ONCE(rig->levels) & BIT(OSCAN_RIG_CAPTURE));
	return 0;
}

static int set_capture(void *data, u64 value)
{
	struct rig *rig = data;
	unsigned long flags;

	if (value > 1)
		return -EINVAL;
	raw_spin_lock_irqsave(&rig->lock, flags);
	lines_set_level(rig, OSCAN_RIG_CAPTURE, value);
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(capture_fops, get_capture, set_capture, "%llu\n");

static int lines_show(struct seq_file *file, void *unused)
{
	struct rig *rig = file->private;
	unsigned long flags, outputs, levels;
	unsigned int i;

	raw_spin_lock_irqsave(&rig->lock, flags);
	outputs = rig->outputs;
	levels = rig->levels;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	for (i = 0; i < OSCAN_RIG_LINES; i++)
		seq_printf(file, "%u %s %s %u\n", i,
			   rig->chip.names[i] ?: "-",
			   outputs & BIT(i) ? "out" : "in",
			   !!(levels & BIT(i)));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lines);

static int copy_text(char *text, const char __user *buffer, size_t size)
{
	if (size >= TEXT_LEN)
		return -EINVAL;
	if (copy_from_user(text, buffer, size))
		return -EFAULT;
	text[size] = '\0';
	strim(text);
	return 0;
}

static int delay_at_show(struct seq_file *file, void *unused)
{
	struct rig *rig = file->private;
	struct hold_up hold_up;
	unsigned long flags;

	raw_spin_lock_irqsave(&rig->lock, flags);
	hold_up = rig->hold_up;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	seq_printf(file, "%u %u\n", hold_up.edges, hold_up.us);
	return 0;
}

static int delay_at_open(struct inode *inode, struct file *file)
{
	return single_open(file, delay_at_show, inode->i_private);
}

static ssize_t delay_at_write(struct file *file, const char __user *buffer,
			      size_t size, loff_t *position)
{
	struct rig *rig = ((struct seq_file *)file->private_data)->private;
	struct hold_up hold_up;
	char text[TEXT_LEN], end;
	unsigned long flags;
	int ret;

	ret = copy_text(text, buffer, size);
	if (ret)
		return ret;
	if (sscanf(text, "%u %u%c", &hold_up.edges, &hold_up.us, &end) != 2 ||
	    hold_up.us > BUSY_MAX_US || !hold_up.edges != !hold_up.us)
		return -EINVAL;
	raw_spin_lock_irqsave(&rig->lock, flags);
	rig->hold_up = hold_up;
	raw_spin_unlock_irqrestore(&rig->lock, flags);
	return size;
}

static const struct file_operations delay_at_fops = {
	.owner = THIS_MODULE,
	.open = delay_at_open,
	.read = seq_read,
	.write = delay_at_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int strobe_show(struct seq_file *file, void *unused)
{
	struct rig *rig = file->private;

	seq_printf(file, "%u %u %u\n", READ_ONCE(rig->strobe.delay_us),
		   READ_ONCE(rig->strobe.width_us),
		   READ_ONCE(rig->strobe.period_us));
	return 0;
}

static int strobe_open(struct inode *inode, struct file *file)
{
	return single_open(file, strobe_show, inode->i_private);
}

static ssize_t strobe_write(struct file *file, const char __user *buffer,
			    size_t size, loff_t *position)
{
	struct rig *rig = ((struct seq_file *)file->private_data)->private;
	unsigned int delay_us, width_us, period_us = 0;
	char text[TEXT_LEN], end;
	int ret;

	ret = copy_text(text, buffer, size);
	if (ret)
		return ret;
	if (sscanf(text, "%u %u%c", &delay_us, &width_us, &end) != 2 &&
	    sscanf(text, "%u %u %u%c", &delay_us, &width_us, &period_us,
		   &end) != 3)
		return -EINVAL;
	if (delay_us > BUSY_MAX_US || width_us > BUSY_MAX_US ||
	    period_us > BUSY_MAX_US || (delay_us && !width_us) ||
	    (period_us && (delay_us || !width_us || period_us <= width_us)))
		return -EINVAL;
	strobe_set(rig, delay_us, width_us, period_us);
	return size;
}

static const struct file_operations strobe_fops = {
	.owner = THIS_MODULE,
	.open = strobe_open,
	.read = seq_read,
	.write = strobe_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const char * const modes[] = {
	[ENDSTOP_OFF] = "off",
	[ENDSTOP_NORMAL] = "normal",
	[ENDSTOP_STUCK] = "stuck",
	[ENDSTOP_BOUNCE] = "bounce",
	[ENDSTOP_CLOSED] = "closed",
	[ENDSTOP_MUTE] = "mute",
	[ENDSTOP_GLITCH] = "glitch",
};

static int endstop_show(struct seq_file *file, void *unused)
{
	struct endstop *endstop = file->private;
	struct endstop_setting setting;
	unsigned long flags;

	raw_spin_lock_irqsave(&endstop->rig->lock, flags);
	setting = endstop->setting;
	raw_spin_unlock_irqrestore(&endstop->rig->lock, flags);
	if (setting.mode != ENDSTOP_OFF)
		seq_printf(file, "%lld %d ", setting.count, setting.direction);
	seq_printf(file, "%s", modes[setting.mode]);
	if (setting.mode == ENDSTOP_BOUNCE)
		seq_printf(file, " %u", setting.changes);
	seq_puts(file, "\n");
	return 0;
}

static int endstop_open(struct inode *inode, struct file *file)
{
	return single_open(file, endstop_show, inode->i_private);
}

/* "COUNT DIRECTION MODE", and for bounce perhaps a number */
static bool scan_endstop(const char *text, struct endstop_setting *setting,
			 char mode[8])
{
	char end;

	setting->changes = CHANGES;
	if (sscanf(text, "%lld %d %7s%c", &setting->count,
		   &setting->direction, mode, &end) == 3)
		return true;
	return sscanf(text, "%lld %d %7s %u%c", &setting->count,
		      &setting->direction, mode, &setting->changes,
		      &end) == 4 &&
	       !strcmp(mode, modes[ENDSTOP_BOUNCE]) &&
	       setting->changes && setting->changes <= CHANGES_MAX;
}

static int parse_endstop(const char *text, struct endstop_setting *setting)
{
	char mode[8];
	int index;

	*setting = (struct endstop_setting) { .mode = ENDSTOP_OFF };
	if (!strcmp(text, modes[ENDSTOP_OFF]))
		return 0;
	if (!scan_endstop(text, setting, mode) ||
	    (setting->direction != 1 && setting->direction != -1))
		return -EINVAL;
	index = match_string(modes, ARRAY_SIZE(modes), mode);
	if (index < 0 || index == ENDSTOP_OFF)
		return -EINVAL;
	setting->mode = index;
	return 0;
}

static ssize_t endstop_write(struct file *file, const char __user *buffer,
			     size_t size, loff_t *position)
{
	struct endstop *endstop =
		((struct seq_file *)file->private_data)->private;
	struct endstop_setting setting;
	char text[TEXT_LEN];
	unsigned long flags;
	int ret;

	ret = copy_text(text, buffer, size);
	if (!ret)
		ret = parse_endstop(text, &setting);
	if (ret)
		return ret;
	raw_spin_lock_irqsave(&endstop->rig->lock, flags);
	endstop_set(endstop, &setting);
	raw_spin_unlock_irqrestore(&endstop->rig->lock, flags);
	return size;
}

static const struct file_operations endstop_fops = {
	.owner = THIS_MODULE,
	.open = endstop_open,
	.read = seq_read,
	.write = endstop_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int get_net(void *data, u64 *value)
{
	struct endstop *endstop = data;

	return get_count(endstop->rig, (u64 *)&endstop->net, value);
}
DEFINE_DEBUGFS_ATTRIBUTE(net_fops, get_net, NULL, "%lld\n");

static void debug_init_endstop(struct rig *rig, int number)
{
	struct endstop *endstop = &rig->endstops[number];
	char name[16];

	snprintf(name, sizeof(name), "endstop_%d", number);
	debugfs_create_file(name, 0644, rig->folder, endstop, &endstop_fops);
	snprintf(name, sizeof(name), "net_%d", number);
	debugfs_create_file_unsafe(name, 0444, rig->folder, endstop,
				   &net_fops);
}

void debug_init(struct rig *rig)
{
	struct dentry *folder = debugfs_create_dir("oscan-rig", NULL);
	int i;

	rig->folder = folder;
	debugfs_create_file_unsafe("edges", 0444, folder, rig, &edges_fops);
	debugfs_create_file_unsafe("lost", 0444, folder, rig, &lost_fops);
	debugfs_create_file_unsafe("reset", 0200, folder, rig, &reset_fops);
	debugfs_create_file_unsafe("delay_us", 0200, folder, rig,
				   &delay_us_fops);
	debugfs_create_file_unsafe("capture", 0644, folder, rig,
				   &capture_fops);
	debugfs_create_file("lines", 0444, folder, rig, &lines_fops);
	debugfs_create_file("strobe", 0644, folder, rig, &strobe_fops);
	debugfs_create_file("delay_at", 0644, folder, rig, &delay_at_fops);
	for (i = 0; i < RIG_ENDSTOPS; i++)
		debug_init_endstop(rig, i);
}

void debug_exit(struct rig *rig)
{
	debugfs_remove(rig->folder);
}
