#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One ENABLE line for several axes, and motors that are switched off at rest.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

# The driver is unloaded while the motors wait to be switched off.
unloads_with_a_motor_that_waits_to_be_switched_off()
{
	load_rig idle_off_ms=2000 || return
	oscanctl enable turntable || return
	unload_rig || return
	sleep 2.5
}

load_rig shared_enable=1 enable_delay_ns=40000000
run_cases enable-check
unload_rig

load_rig idle_off_ms=2000
run_cases enable-check \
	idle_motors_are_switched_off_and_moving_ones_are_not \
	idle_motors_are_switched_off_after_a_halt \
	idle_motors_that_never_moved_are_switched_off \
	idle_motors_stay_on_when_that_is_asked_for_again
unload_rig

load_rig shared_enable=1 idle_off_ms=2000
run_cases -s with_a_shared_line enable-check \
	idle_motors_that_never_moved_are_switched_off
unload_rig

expect a_driver_with_a_motor_that_waits_to_be_switched_off_can_be_unloaded \
	unloads_with_a_motor_that_waits_to_be_switched_off
