#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the trace and the states that a subscriber is told, held
# against the edges that the rig recorded, while the machine is busy.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

trap 'stop_load; unload_rig' EXIT

expect the_rig_loads load_rig || exit 0
run_cases monitor-check
start_load
run_cases -s under_load monitor-check \
	every_step_is_told_with_its_time \
	a_subscriber_that_stalls_misses_and_harms_nobody
stop_load
