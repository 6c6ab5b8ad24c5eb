#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The cases of tests/vm/test-rig.sh in the User-Mode kernel. It has numbers for
# its own interrupts only, none for those of a gpio chip.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

need_interrupts=" an_end_stop_follows_the_count each_axis_has_its_own_end_stop
 a_bouncing_end_stop_changes_ten_times_and_settles
 each_edge_of_an_end_stop_interrupts only_the_wanted_edge_interrupts "

mapfile -t names < <("$programs/rig-check" --list)
expect the_rig_loads insmod "$OSCAN_MODULES/oscan_rig.ko" bare=1 || exit 0
for name in "${names[@]}"; do
	case ${need_interrupts//$'\n'/} in
	*" $name "*) skip "$name" "this kernel has no interrupts to give" ;;
	*)	run_cases rig-check "$name" ;;
	esac
done
expect the_rig_unloads rmmod oscan_rig
