#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# End stops halt and latch, and an axis homes with them.

# The tests are called by name:
# shellcheck disable=SC2317

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

load_rig stops=1
run_cases endstop-check
start_load
run_cases -s under_load endstop-check \
	an_end_stop_at_speed_halts_with_the_count_right \
	a_homing_may_begin_on_the_switch
stop_load
unload_rig

load_rig stops=1 stop_debounce_us=500000
run_cases endstop-check a_bouncing_end_stop_is_latched_once
unload_rig

# The end of a pulse is then an interrupt of its own.
load_rig stops=1 pulse_high_ns=30000
run_cases -s with_long_pulses endstop-check \
	an_end_stop_at_speed_halts_with_the_count_right \
	a_homing_may_begin_on_the_switch
unload_rig

load_rig stops=1 stop_debounce_us=0
run_cases -s without_debouncing endstop-check \
	one_can_always_drive_off_an_end_stop_and_not_into_it \
	a_homing_may_begin_on_the_switch
unload_rig

load_rig stops=1 max_accel_sps2=32 start_stop_fsps=1
run_cases endstop-check an_end_stop_halts_an_axis_that_is_stopping
unload_rig

load_rig
run_cases endstop-check a_homing_move_needs_an_end_stop \
	homing_needs_an_end_stop
unload_rig

# The driver does not take the device, and says why.
is_refused_without_interrupts()
{
	insmod "$OSCAN_MODULES/oscan_rig.ko" stops=3 || return
	insmod "$OSCAN_MODULES/oscan_motor.ko" "$motor_parameters" || return
	wait_until 5 refusal_is_logged && [ ! -e /dev/oscan-motor ]
}

refusal_is_logged()
{
	dmesg | grep -q 'min-stop line of axis turntable is on a gpio chip that sleeps and has no interrupt'
}

load_rig stops=2
run_cases endstop-check an_end_stop_on_a_chip_that_sleeps_halts_and_homes
unload_rig

expect an_end_stop_that_cannot_be_read_in_time_is_refused \
	is_refused_without_interrupts
unload_rig
