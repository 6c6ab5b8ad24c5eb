// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

void probe(struct vm_area_struct *area);
void probe(struct vm_area_struct *area)
{
	vm_flags_clear(area, VM_MAYWRITE);
}
