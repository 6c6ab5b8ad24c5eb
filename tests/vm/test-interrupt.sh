#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A move by oscanctl that something comes in the way of, in the guest.

# begin_rig takes parameters of the rig, or none.
# shellcheck disable=SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

# An axis may stop at once from below its start-stop rate, and on a slow machine
# it can always be there; so that rate is made a low one.
begin_low() { begin_rig start_stop_fsps=1; }

# interrupted NAME SIGNAL
interrupted()
{
	local last least

	begin_low
	start_move turntable 3600 --speed 250
	must_move
	kill "-$2" "$mover"
	end_move
	must_exit 1
	must_say "interrupted; turntable stands at"
	must_have motion idle
	must_have last_end stopped
	must [ "$(value position_steps)" -lt 32000 ]
	# A slow machine may hold the axis up, which the driver then says.
	if [ "$(value stumbles)" = 0 ]; then
		must_have position_state assumed
	else
		must_have position_state suspect
	fi
	must_stand_at turntable
	read -r last least <<<"$(rig_intervals)"
	must [ "$last" -gt $((4 * least)) ]
	verdict "$1"
}

killed()
{
	local last least

	begin_low
	start_move turntable 3600 --speed 250
	must_move
	kill -KILL "$mover"
	wait "$mover" 2>/dev/null
	wait_until 60 is_idle turntable || why+="it goes on moving; "
	must_have last_end released
	must_have control free
	must [ "$(value position_steps)" -lt 32000 ]
	must_stand_at turntable
	read -r last least <<<"$(rig_intervals)"
	must [ "$last" -gt $((4 * least)) ]
	verdict a_killed_move_ramps_down_and_stays_right
	run move turntable 0 --json
	must_exit 0
	must_stand_at turntable 0
	verdict after_a_killed_move_the_next_one_is_right
}

second_user()
{
	begin_low
	start_move turntable 36000 --speed 250
	must_move
	for command in "move rotor 95" "move turntable 1" "enable rotor off" \
		       "set-position rotor 1"; do
		# shellcheck disable=SC2086
		run $command
		must_exit 1
		must_say "controlled by oscanctl (process $mover)"
	done
	must [ "$(rig_count rotor)" = 0 ]
	verdict a_second_user_is_told_who_holds_control
	run status
	must_exit 0
	must grep -q 'motion    moving to 36000\.0000 deg' "$work/out"
	must grep -q 'control   held by a program' "$work/out"
	verdict a_second_user_may_watch
	run stop turntable
	must_exit 0
	must grep -q '^turntable: at rest at ' "$work/out"
	end_move
	must_exit 1
	must_say "stopped by another program; turntable stands at"
	must_stand_at turntable
	verdict a_second_terminal_can_stop_the_first
	start_move turntable -36000 --speed 250
	must_move
	run halt
	must_exit 0
	end_move
	must_exit 1
	must_say "halted by another program; turntable stands at"
	must_say "its position is suspect"
	must_have position_state suspect
	must_stand_at turntable
	verdict a_second_terminal_can_halt_the_first
}

# The device goes away under the open file.
device_gone()
{
	begin_rig
	start_move turntable 3600 --speed 250
	must_move
	rmmod oscan_rig || why+="the rig cannot be unloaded; "
	end_move
	must_exit 1
	must_say "gone away"
	verdict a_device_that_goes_away_is_told_in_one_sentence
}

under_load()
{
	begin_rig
	start_load
	run move turntable 90 --json
	stop_load
	must_exit 0
	must_stand_at turntable 800
	verdict under_load_every_step_is_made
}

loaded_again()
{
	local _

	for _ in {1..20}; do
		begin_rig
		[ -z "$why" ] || break
	done
	run move turntable 3 --json
	must_exit 0
	must_have position_steps 27
	verdict the_modules_can_be_loaded_twenty_times
}

interrupted ctrl_c_ramps_down_and_stays_right INT
interrupted sigterm_ramps_down_and_stays_right TERM
killed
second_user
device_gone
under_load
loaded_again
json_is_json
