#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl's commands in the guest: what they do, refuse and say.

# must_move takes a number of steps, or none.
# shellcheck disable=SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

without_a_driver()
{
	local command

	for command in list "move turntable 1"; do
		# shellcheck disable=SC2086
		run $command
		must_exit 1
		must_say "modprobe oscan_motor"
	done
	verdict a_missing_driver_is_told_in_one_sentence
	run doctor --output /tmp
	must_exit 1
	must grep -q '^fail  module: ' "$work/out"
	must grep -q '^fail  device: ' "$work/out"
	verdict doctor_finds_that_the_driver_is_missing
}

what_there_is()
{
	run list
	must_exit 0
	must grep -q '^turntable  *deg  *8\.8889  *none ' "$work/out"
	must grep -q '^rotor  *deg .* [0-9.]* to [0-9.]* deg' "$work/out"
	verdict list_shows_both_axes
	run list --json
	must_exit 0
	must_have axis turntable
	must_have axis rotor 2
	must_have wraps true
	must_have limit_min null
	must_have max_speed 562.5
	must_have gear_num 40 2
	must_have gear_den 3 2
	verdict list_can_be_read_by_a_program
	run status
	must_exit 0
	must grep -q 'position  0\.0000 deg (0 microsteps), assumed' "$work/out"
	must grep -q 'position  90\.00.. deg (10667 microsteps)' "$work/out"
	must [ "$(grep -c 'motion    idle' "$work/out")" = 2 ]
	verdict status_shows_both_axes
	run status --json rotor
	must_exit 0
	must_have axis rotor
	must_have axis "" 2
	must_have position_steps 10667
	must_have control free
	must_have last_end none
	verdict status_can_be_read_by_a_program
}

moves()
{
	run move turntable 30 --json
	must_exit 0
	must_have position 30.0375
	must_stand_at turntable 267
	verdict a_move_ends_on_the_nearest_microstep
	run move turntable -30 --json
	must_exit 0
	must_have from_steps 267
	must_have last_end "done"
	must_stand_at turntable -267
	verdict a_negative_angle_is_a_place_and_no_option
	run move --relative turntable 10.0125deg --speed 90deg/s --accel 500 \
		--json
	must_exit 0
	must_stand_at turntable -178
	verdict a_relative_move_counts_from_where_it_is
	run move turntable 1000 --steps --speed 4000 --decel 2500 --json
	must_exit 0
	must_stand_at turntable 1000
	verdict a_move_can_be_given_in_microsteps
	run move turntable 1000 --steps --json
	must_exit 0
	must_stand_at turntable 1000
	verdict a_move_to_where_it_is_moves_nothing
	run move rotor 95 --json
	must_exit 0
	must_stand_at rotor 11259
	verdict the_gear_of_the_rotor_is_counted
	run move turntable 500 --steps --jerk 50000 --json
	must_exit 0
	must [ "$(value planned_ns)" -gt 725000000 ]
	must_stand_at turntable 500
	verdict an_s_curve_takes_longer_and_ends_on_its_target
	run jog rotor 40 --json
	must_exit 0
	must_have last_end "done"
	must_stand_at rotor 14815
	verdict a_jog_ends_on_the_soft_limit
	oscanctl jog turntable 90deg/s --backward >"$work/out" 2>"$work/err" \
		</dev/null &
	mover=$!
	must_move
	kill -INT "$mover"
	wait "$mover"
	status=$?
	must_exit 0
	must grep -q '^turntable: at rest at ' "$work/out"
	verdict ctrl_c_ends_a_jog
	oscanctl jog rotor 0.0001 --backward >"$work/out" 2>"$work/err" \
		</dev/null &
	mover=$!
	wait_until 60 is_moving rotor || why+="it does not move; "
	kill -INT "$mover"
	wait "$mover"
	status=$?
	must_exit 0
	verdict a_jog_that_takes_days_to_the_soft_limit_is_a_jog
	run move turntable 0
	must_exit 0
	must grep -q '^turntable: at 0\.0000 deg (0 microsteps), ' "$work/out"
	must [ "$(rig_count turntable)" = 0 ]
	verdict a_move_tells_people_where_it_ended
}

refusals()
{
	refused a_move_out_of_limits_is_refused \
		"soft limits of 11.9981 to 125.0016 deg" move rotor 200
	run set-position rotor 130
	refused a_jog_away_from_the_soft_limits_is_refused \
		"found that it is beyond its soft limits of 11.9981 to 125.0016 deg" \
		jog rotor 40
	run set-position rotor 90
	refused a_speed_above_the_greatest_is_refused \
		"it goes up to 562.5000 deg/s" move turntable 1 --speed 600
	refused a_jog_faster_than_the_axis_goes_is_refused \
		"it goes up to 562.5000 deg/s" jog turntable 600
	refused an_acceleration_above_the_greatest_is_refused \
		"it takes up to 562.5000 deg/s2" move turntable 1 --accel 600
	refused a_deceleration_above_the_greatest_is_refused \
		"it takes up to 562.5000 deg/s2" move turntable 1 --decel 600
	refused a_move_of_days_is_refused "39 hours" \
		move turntable 360 --speed 0.001
	refused an_unknown_axis_is_told_with_those_there_are \
		'no axis "x"; this machine has turntable, rotor' move x 1
	refused an_unknown_axis_is_not_stopped \
		'this machine has turntable, rotor' stop turntable x
	run move turntable 10mm
	must_exit 2
	must_say 'wanted deg, the unit of turntable, found "10mm"'
	verdict a_number_in_the_wrong_unit_is_refused
	run move turntable 1.5 --steps
	must_exit 2
	must_say 'wanted whole microsteps, found "1.5"'
	verdict half_a_microstep_is_refused
	refused the_slowest_speed_is_not_taken_for_the_greatest "39 hours" \
		move turntable 1 --speed 1e-300
}

motor_and_position()
{
	local before

	run enable rotor off
	must_exit 0
	must grep -q 'motor off, position suspect' "$work/out"
	verdict a_motor_that_is_off_has_a_suspect_position
	count_edges
	before=$total
	run set-position rotor 45 --json
	must_exit 0
	must_have position_steps 5333
	must_have position_state known
	must_have enabled false
	count_edges
	must [ "$total" = "$before" ]
	verdict a_position_can_be_said
	run move rotor 46 --json
	must_exit 0
	must_have enabled true
	must_have from_steps 5333
	verdict a_move_switches_the_motor_on
	run enable rotor on
	must_exit 0
	verdict a_motor_can_be_switched_on_twice
	run stop
	must_exit 0
	must [ "$(grep -c ': at rest at ' "$work/out")" = 2 ]
	run halt rotor --json
	must_exit 0
	must_have axis rotor
	must_have axis "" 2
	must_have last_end "done"
	verdict stopping_what_stands_does_nothing
}

too_much_for_the_machine()
{
	begin_rig max_speed_sps=1000000 max_accel_sps2=10000000 \
		pulse_high_ns=100 pulse_low_ns=100
	run enable turntable
	must_exit 0
	refused a_speed_that_the_machine_cannot_carry_is_refused \
		"over all moving axes; give a --speed of at most" \
		move turntable 3600
	refused a_jog_that_the_machine_cannot_carry_is_refused \
		"wanted to jog turntable, found that this machine carries" \
		jog turntable 112500
}

near_a_limit()
{
	begin_rig backlash_steps=40
	refused a_move_whose_approach_leaves_the_limits_is_refused \
		"goes on to 11.9897 deg (1421 microsteps) first and comes back, against its play" \
		move turntable 10 rotor 1461 --steps
	run set-position rotor 1500 --steps
	run move rotor 1461 --steps --arrive-together turntable 5
	must_exit 0
	verdict axes_that_arrive_together_need_no_room_for_play
}

other_people()
{
	chmod 600 /dev/oscan-motor
	setpriv --reuid nobody --regid nogroup --clear-groups \
		oscanctl status >"$work/out" 2>"$work/err" </dev/null
	status=$?
	must_exit 1
	must_say "this user may not"
	verdict a_user_who_may_not_watch_is_told_so
	chmod 644 /dev/oscan-motor
	setpriv --reuid nobody --regid nogroup --clear-groups \
		oscanctl move turntable 1 >"$work/out" 2>"$work/err" </dev/null
	status=$?
	must_exit 1
	must_say "for commands, found that this user may not"
	verdict a_user_who_may_not_command_is_told_so
	chmod 600 /dev/oscan-motor
}

the_doctor()
{
	begin_rig
	run doctor --output /tmp
	must_exit 1
	must grep -q '^ok    timers: ' "$work/out"
	must grep -q '^ok    gpio: .*oscan-rig, 16 lines' "$work/out"
	must grep -q '^ok    module: oscan_motor' "$work/out"
	must grep -q '^ok    device: /dev/oscan-motor' "$work/out"
	must grep -q '^ok    permission: ' "$work/out"
	must grep -q '^ok    axis turntable: at 0\.0000 deg' "$work/out"
	must grep -q '^ok    axis rotor: at 90\.' "$work/out"
	must grep -q '^[a-z]*  *steps: a step costs ' "$work/out"
	must grep -q '^ok    trace: ' "$work/out"
	must [ "$(grep -c '^fail' "$work/out")" = 1 ]
	must grep -q '^fail  camera: libcamera finds none' "$work/out"
	verdict doctor_misses_only_the_camera
	run doctor --output /nowhere
	must_exit 1
	must grep -q '^fail  disk: "/nowhere"' "$work/out"
	verdict doctor_finds_that_a_folder_is_missing
	load_vimc || why+="the test camera cannot be loaded; "
	run doctor --output /tmp --json
	must_exit 0
	must_have failed 0
	must_have subject camera $(($(grep -c '"subject"' "$work/out") - 1))
	verdict doctor_finds_a_machine_that_is_fit
	must [ -z "$(find /tmp -name '.oscanctl-doctor*')" ]
	verdict doctor_leaves_nothing_behind
}

without_a_driver
begin_rig
what_there_is
moves
refusals
motor_and_position
other_people
too_much_for_the_machine
near_a_limit
the_doctor
json_is_json
