#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the generic netlink family, asked, attacked and driven by a
# client that knows nothing but its specification.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

trap 'stop_load; unload_rig' EXIT

# Every rate that the machine can carry is one that the axis may have.
fast=nothing_is_missed_at_the_highest_rate_with_the_default_buffer

expect the_rig_loads load_rig || exit 0
mapfile -t names < <("$programs/netlink-check" --list | grep -vx $fast)
start_load
run_cases netlink-check "${names[@]}"
unload_rig
expect the_rig_loads_for_a_fast_motor load_rig max_speed_sps=1000000 \
	max_accel_sps2=400000 || exit 0
run_cases netlink-check $fast
stop_load
