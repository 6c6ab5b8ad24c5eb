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

# Only what is allocated below a function of the driver.
only_below_the_driver()
{
	local start size

	start=$(cat /sys/module/oscan_motor/sections/.text) &&
		size=$(awk '$1 == "oscan_motor" { print $2 }' /proc/modules) &&
		echo "$start" >$debug/failslab/require-start &&
		printf '%#x\n' $((start + size)) >$debug/failslab/require-end
}

anywhere()
{
	echo 0 >$debug/failslab/require-start &&
		echo 0xffffffffffffffff >$debug/failslab/require-end
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
anywhere
# The kernel warns when it cannot get memory for a tracepoint of a module.
OSCAN_KNOWN='kernel/trace/trace_events.c'
run_cases fault-check \
	each_allocation_of_loading_the_driver_may_fail \
	each_allocation_of_loading_the_rig_may_fail
unload_rig
