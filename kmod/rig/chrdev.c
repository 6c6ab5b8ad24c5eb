// SPDX-License-Identifier: GPL-2.0
/* /dev/oscan-rig: the recorded edges, for one reader. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "rig.h"

static struct rig *reader_rig;
static atomic_t readers = ATOMIC_INIT(0);

static int rig_open(struct inode *inode, struct file *file)
{
	if (atomic_cmpxchg(&readers, 0, 1))
		return -EBUSY;
	return stream_open(inode, file);
}

static int rig_release(struct inode *inode, struct file *file)
{
	atomic_set(&readers, 0);
	return 0;
}

static ssize_t rig_read(struct file *file, char __user *buffer, size_t size,
			loff_t *position)
{
	return ring_take(reader_rig, buffer, size);
}

static const struct file_operations rig_fops = {
	.owner = THIS_MODULE,
	.open = rig_open,
	.release = rig_release,
	.read = rig_read,
};

static struct miscdevice rig_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "oscan-rig",
	.fops = &rig_fops,
};

int chrdev_init(struct rig *rig)
{
	reader_rig = rig;
	return misc_register(&rig_misc);
}

void chrdev_exit(void)
{
	misc_deregister(&rig_misc);
}
