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

expect the_rig_loads load_rig max_speed_sps=20000 max_accel_sps2=40000 || exit 0
# First, for it wants axes that have not moved yet.
expect a_client_made_of_the_specification_alone_sees_every_step \
	/usr/bin/python3 -I "$OSCAN_TREE/tests/vm/netlink-client.py" \
	"$OSCAN_TREE/include/uapi/linux/oscan-netlink.yaml" \
	oscanctl move turntable --relative --steps 700
run_cases netlink-check
start_load
run_cases -s under_load netlink-check \
	what_is_wrong_is_refused_and_disturbs_no_step \
	nothing_is_missed_with_the_default_buffer
stop_load
