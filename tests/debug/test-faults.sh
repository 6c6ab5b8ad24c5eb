#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest that has CONFIG_FAULT_INJECTION: memory runs out everywhere.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

debug=/sys/kernel/debug

# Quietly: each fault would print where it was.
let_allocations_fail()
{
	local kind

	for kind in failslab fail_page_alloc; do
		echo 0 >$debug/$kind/verbose || return
		echo N >$debug/$kind/ignore-gfp-wait || return
	done
	echo N >$debug/fail_page_alloc/ignore-gfp-highmem &&
		echo 0 >$debug/fail_page_alloc/min-order
}

# only_below START END: only what is allocated below a function that lies there
only_below()
{
	local kind

	for kind in failslab fail_page_alloc; do
		echo "$1" >$debug/$kind/require-start &&
			echo "$2" >$debug/$kind/require-end || return
	done
}

only_below_the_driver()
{
	local start size

	start=$(cat /sys/module/oscan_motor/sections/.text) &&
		size=$(awk '$1 == "oscan_motor" { print $2 }' /proc/modules) &&
		only_below "$start" "$(printf '%#x' $((start + size)))"
}

# What the kernel allocates before it calls the module is not ours.
only_below_the_start_of_a_module()
{
	local found

	mapfile -t found < <(grep -m 1 -A 1 ' do_init_module$' /proc/kallsyms) &&
		only_below "0x${found[0]%% *}" "0x${found[1]%% *}"
}

expect allocations_can_be_made_to_fail let_allocations_fail || exit 0
expect the_rig_loads load_rig || exit 0
run_cases fault-check \
	each_allocation_of_binding_may_fail \
	each_allocation_of_unbinding_may_fail \
	each_allocation_of_opening_may_fail \
	each_allocation_of_a_request_may_fail \
	each_allocation_of_subscribing_may_fail
expect faults_can_be_kept_to_the_driver only_below_the_driver || exit 0
run_cases fault-check each_allocation_of_a_message_may_fail
expect faults_can_be_kept_to_the_start_of_a_module \
	only_below_the_start_of_a_module || exit 0
run_cases fault-check each_allocation_of_loading_the_driver_may_fail
unload_rig
