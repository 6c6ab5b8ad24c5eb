#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The driver keeps what linux/oscan.h promises, judged on the rig's edges.

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"

a_short_move_after_each_of_3_loads()
{
	local _

	for _ in {1..3}; do
		load_rig || return
		"$programs/motion-check" \
			a_short_move_is_made_and_counted || return
		unload_rig || return
	done
}

is_refused_without_room()
{
	insmod "$OSCAN_MODULES/oscan_rig.ko" max_speed_sps=180001 || return
	insmod "$OSCAN_MODULES/oscan_motor.ko" "$motor_parameters" || return
	wait_until 60 refusal_is_logged && [ ! -e /dev/oscan-motor ]
}

# measured PARAMETERS...: nanoseconds of a step, and the steps/s that they allow
measured()
{
	motor_parameters='' load_rig "$@" && unload_rig || return
	dmesg | sed -nE 's/.* axes, ([0-9]+) ns a step, up to ([0-9]+) .*/\1 \2/p' |
		tail -n 1
}

# No interrupt takes less than 100 ns anywhere. The pulse is waited out.
is_measured_with_its_pulses()
{
	local pulse_ns=2500 plain_ns pulsing_ns rate

	read -r plain_ns rate < <(measured pulse_high_ns=$pulse_ns)
	read -r pulsing_ns _ < <(measured triggers=2 pulse_high_ns=$pulse_ns)
	echo "$plain_ns ns and $rate steps/s, with two trigger lines $pulsing_ns ns"
	((plain_ns >= pulse_ns + 100 && pulsing_ns >= plain_ns + 200 &&
	  rate == 500000000 / plain_ns))
}

refusal_is_logged()
{
	dmesg | grep -q 'oscan,max-speed-sps of .*turntable is 180001; .* at most 180000'
}

# Well above what the interrupt and a system call take. The acceleration lets
# the first step come so soon that it must wait for DIR.
slow_driver=(pulse_high_ns=30000 pulse_low_ns=40000 dir_setup_ns=8000000
	     dir_hold_ns=8000000 enable_delay_ns=40000000
	     max_accel_sps2=1000000)

load_rig
run_cases motion-check
start_load
run_cases -s under_load motion-check \
	no_step_comes_before_it_is_due \
	a_late_step_never_bursts_what_follows \
	every_timing_of_the_driver_is_kept
stop_load
unload_rig

expect the_cost_of_a_step_is_measured_with_its_pulses \
	is_measured_with_its_pulses

load_rig "${slow_driver[@]}"
run_cases -s with_a_slow_driver motion-check \
	every_timing_of_the_driver_is_kept \
	a_move_makes_exactly_the_steps_asked_for
unload_rig

load_rig max_speed_sps=1000000 pulse_high_ns=100 pulse_low_ns=100
run_cases motion-check more_than_the_machine_carries_is_refused
unload_rig

# Of 5555 ns 10 % are for catching up.
load_rig max_speed_sps=180000
expect a_speed_with_room_for_its_pulses_is_taken test -c /dev/oscan-motor
unload_rig
expect a_speed_without_room_for_its_pulses_is_refused \
	is_refused_without_room
unload_rig

expect a_short_move_is_made_after_each_of_3_loads \
	a_short_move_after_each_of_3_loads
