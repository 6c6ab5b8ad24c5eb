#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl home, and what the other commands say of end stops.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

# place N COUNT DIRECTION MODE: an end stop of the rig
place()
{
	echo "$2 $3 $4" >"/sys/kernel/debug/oscan-rig/endstop_$1" ||
		why+="the rig takes no end stop; "
}

stop_is_open()
{
	run status "$1" --json
	[ "$(value "$2")" = open ]
}

# The rig counts from where the axis was when it was loaded: the edge is at
# -100, and 10 deg are 89 microsteps.
homes()
{
	place 0 -100 -1 normal
	run home turntable --position 10 --json
	must_exit 0
	must_have towards min
	must_have edge_steps 89
	must_have offset_steps 189
	must_have position_state known
	must_have last_end switch
	must_have min_stop closed
	must_have max_stop open
	must [ "$(value position_steps)" = $(($(rig_count turntable) + 189)) ]
	verdict a_homed_axis_stands_where_its_end_stop_closes
	run status turntable
	must_exit 0
	must grep -q 'end stops min closed, max open' "$work/out"
	must grep -q 'last end  switch' "$work/out"
	verdict status_shows_the_end_stops
	refused a_move_into_a_closed_end_stop_is_refused \
		"found the end stop on that side closed; move away from it" \
		move turntable -10
	run move turntable 45 --json
	must_exit 0
	must_have position_steps 400
	must [ "$(rig_count turntable)" = 211 ]
	wait_until 20 stop_is_open turntable min_stop ||
		why+="its end stop stays closed; "
	verdict a_move_drives_off_an_end_stop
	run move turntable -45 --json
	must_exit 1
	must_say "the end stop closed; turntable stands at"
	must_say "move away from the end stop"
	must_have last_end switch
	must_have position_steps 89
	verdict a_move_that_ends_at_an_end_stop_is_told
}

homes_the_rotor()
{
	place 3 200 1 normal
	run home rotor --towards max --fast 20 --slow 2 --backoff 0.5 \
		--travel 90
	must_exit 0
	must grep -q '^rotor: its max stop closes at 125.0016 deg (14815 ' \
		"$work/out"
	must [ "$(rig_count rotor)" -ge 200 ]
	verdict the_soft_limit_is_the_place_of_the_end_stop_if_none_is_given
	run list --json
	must_exit 0
	must_have has_min_stop true 2
	must_have has_max_stop true 2
	verdict list_shows_the_end_stops
}

# failure NAME SENTENCE ARGS...: exit 1, at rest
failure()
{
	local name=$1 sentence=$2

	shift 2
	run "$@"
	must_exit 1
	must_say "$sentence"
	run status "$2" --json
	must_have motion idle
	verdict "$name"
}

failures()
{
	begin_rig stops=1
	place 0 -100 -1 stuck
	failure a_dead_switch_is_told \
		"found that it did not close within 22.5000 deg" \
		home turntable --travel 22.5
	place 2 -300 -1 normal
	failure the_wrong_end_stop_is_told \
		"found that the other end stop closed" home turntable
	place 2 0 1 closed
	failure a_stuck_switch_is_told "found that it stays closed" \
		home turntable --towards max
	failure a_slow_seek_that_is_too_fast_is_refused \
		"found one above 180.0000 deg/s" \
		home turntable --slow 200
	failure a_fast_seek_that_is_too_fast_is_refused \
		"found that it goes up to 562.5000 deg/s" \
		home turntable --fast 600
	begin_rig
	failure an_axis_without_an_end_stop_is_told_of_set_position \
		'found that it has none; say where it is with "oscanctl set-position turntable"' \
		home turntable
}

interrupted()
{
	begin_rig stops=1
	oscanctl home turntable --fast 50 >"$work/out" 2>"$work/err" \
		</dev/null &
	mover=$!
	must_move 50
	kill -INT "$mover"
	wait "$mover"
	status=$?
	must_exit 1
	must_say "interrupted; turntable is not homed"
	wait_until 20 is_idle turntable || why+="it goes on moving; "
	verdict ctrl_c_calls_a_homing_off
}

begin_rig stops=1
homes
homes_the_rotor
failures
interrupted
json_is_json
