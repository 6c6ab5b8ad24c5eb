#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rig keeps what kmod/rig/oscan_rig.h promises.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

rig=$OSCAN_MODULES/oscan_rig.ko
motor=$OSCAN_MODULES/oscan_motor.ko

refuses()
{
	! insmod "$rig" "$@" 2>/dev/null
}

has_no_motor()
{
	[ -c /dev/oscan-rig ] && [ ! -e /sys/bus/platform/devices/oscan-motor ]
}

# With the driver loaded all the time, whichever comes first.
binds_and_unbinds_20_times()
{
	local _

	insmod "$motor" || return
	for _ in {1..20}; do
		insmod "$rig" ring_records=1024 || return
		wait_until 5 test -c /dev/oscan-motor || return
		rmmod oscan_rig || return
		[ ! -e /dev/oscan-motor ] || return
	done
	rmmod oscan_motor
}

expect a_ring_of_no_power_of_two_is_refused refuses ring_records=1000
expect a_ring_that_is_too_small_is_refused refuses ring_records=8
expect a_ring_that_is_too_large_is_refused refuses ring_records=134217728

insmod "$rig" bare=1
expect a_bare_rig_has_no_motor has_no_motor
run_cases rig-check
expect a_rig_that_nobody_uses_can_be_removed rmmod oscan_rig

insmod "$rig" bare=1 ring_records=16
run_cases rig-check a_full_ring_loses_the_newest_and_counts_them
rmmod oscan_rig

expect the_rig_can_be_removed_from_under_its_driver_20_times \
	binds_and_unbinds_20_times
