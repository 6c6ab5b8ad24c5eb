// SPDX-License-Identifier: GPL-2.0
/*
 * The page that any process may map: where the axes are, without a system
 * call. Each axis has a sequence count of its own, odd while it is written.
 *
 * The count is odd from before the edge of a step to after its time is known,
 * so that at every moment at which all are even the positions are those of all
 * edges written so far.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/processor.h>

#include "motor.h"

static_assert(sizeof(struct oscan_page_axis) == 128);
static_assert(sizeof(struct oscan_page) == 1152);
static_assert(sizeof(struct oscan_page) <= PAGE_SIZE);

int page_init(struct controller *controller)
{
	struct oscan_page *page = (void *)get_zeroed_page(GFP_KERNEL);
	unsigned int i;

	if (!page)
		return -ENOMEM;
	page->version = OSCAN_PAGE_VERSION;
	page->size = sizeof(*page);
	page->axes = controller->n_axes;
	page->alive = 1;
	controller->page = page;
	for (i = 0; i < controller->n_axes; i++)
		controller->axes[i].page = &page->axis[i];
	return 0;
}

/* Whoever has it mapped keeps it. */
void page_free(struct controller *controller)
{
	free_page((unsigned long)controller->page);
}

void page_close(struct controller *controller)
{
	smp_wmb();	/* the last positions, then that they are the last */
	WRITE_ONCE(controller->page->alive, 0);
}

int page_map(struct file *file, struct vm_area_struct *area)
{
	struct motor_file *motor = file->private_data;
	struct controller *controller = motor->controller;

	/* VM_SHARED is not set for a file that was opened to read. */
	if (area->vm_pgoff || area->vm_end - area->vm_start != PAGE_SIZE ||
	    !(area->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (area->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	/* No mutex: those who hold it may fault. The page itself stays. */
	if (READ_ONCE(controller->gone))
		return -ENODEV;
	compat_vm_flags_clear(area, VM_MAYWRITE | VM_MAYEXEC);
	return vm_insert_page(area, area->vm_start,
			      virt_to_page(controller->page));
}

static void begin(struct oscan_page_axis *page)
{
	WRITE_ONCE(page->seq, page->seq + 1);
	smp_wmb();	/* odd before anything else changes */
}

static void end(struct oscan_page_axis *page)
{
	smp_wmb();	/* everything else before it is even */
	WRITE_ONCE(page->seq, page->seq + 1);
}

void page_write(struct axis *axis)
{
	struct oscan_page_axis *page = axis->page;

	begin(page);
	WRITE_ONCE(page->flags, (axis->enabled ? OSCAN_STATE_ENABLED : 0) |
				endstop_flags(axis));
	WRITE_ONCE(page->motion, axis->motion);
	WRITE_ONCE(page->position_state, axis->position_state);
	WRITE_ONCE(page->position, axis->position);
	WRITE_ONCE(page->target, axis->target);
	WRITE_ONCE(page->move_id, axis->move_id);
	WRITE_ONCE(page->direction, axis->sign);
	if (axis->motion == OSCAN_MOTION_IDLE)
		WRITE_ONCE(page->interval_ns, 0);
	end(page);
}

/* Before the edge. */
void page_begin_step(struct axis *axis)
{
	begin(axis->page);
}

/* After the edge, before the next one is thought of. */
void page_end_step(struct axis *axis)
{
	struct oscan_page_axis *page = axis->page;

	WRITE_ONCE(page->position, axis->position);
	WRITE_ONCE(page->last_step_ns, axis->rise_ns);
	WRITE_ONCE(page->interval_ns, axis->previous_ns ?
		   axis->rise_ns - axis->previous_ns : 0);
	WRITE_ONCE(page->steps, axis->steps);
	WRITE_ONCE(page->direction, axis->sign);
	end(page);
}

static u32 wait_until_even(const struct oscan_page_axis *page)
{
	u32 seq;

	while ((seq = READ_ONCE(page->seq)) & 1)
		cpu_relax();
	return seq;
}

/* Whether no axis changed while it was read; @last_ns: their last step */
static bool read_all(struct controller *controller, s64 *positions,
		     u64 *now_ns, u64 *last_ns)
{
	const struct oscan_page_axis *page = controller->page->axis;
	unsigned int i, axes = controller->n_axes;
	u32 seqs[OSCAN_MAX_AXES];
	bool same = true;

	for (i = 0; i < axes; i++)
		seqs[i] = wait_until_even(&page[i]);
	smp_rmb();	/* all are even, then the rest */
	*now_ns = ktime_get_ns();
	*last_ns = 0;
	for (i = 0; i < axes; i++) {
		positions[i] = READ_ONCE(page[i].position);
		*last_ns = max(*last_ns, READ_ONCE(page[i].last_step_ns));
	}
	smp_rmb();	/* the rest, then whether they still are */
	for (i = 0; i < axes; i++)
		same &= READ_ONCE(page[i].seq) == seqs[i];
	return same;
}

u64 page_positions(struct controller *controller, u64 time_ns,
		   s64 positions[OSCAN_MAX_AXES])
{
	u64 now_ns, last_ns;

	while (!read_all(controller, positions, &now_ns, &last_ns))
		cpu_relax();
	return last_ns > time_ns ? now_ns : time_ns;
}
