#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl move with several axes.

# must_move and begin_rig take arguments, or none.
# shellcheck disable=SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

# must_share NAME: the same time for both axes, to the microsecond
must_share()
{
	local apart

	apart=$(($(value "$1" 1) - $(value "$1" 2)))
	must [ "$(value "$1" 1)" -gt 0 ]
	must [ "${apart#-}" -le 1000 ]
}

# must_stand TURNTABLE ROTOR: the last output and the rig agree
must_stand()
{
	must_have axis turntable 1
	must_have axis rotor 2
	must_have position_steps "$1" 1
	must_have position_steps "$2" 2
	must [ "$(rig_count turntable)" = "$1" ]
	must [ "$(rig_count rotor)" = $(($2 - 10667)) ]
}

moves()
{
	run enable rotor off
	run move turntable 45 rotor 95 --json
	must_exit 0
	must_stand 400 11259
	must_share start_ns
	must [ $(($(value planned_ns 1) - $(value planned_ns 2))) -gt 1000000 ]
	verdict two_axes_start_together_whether_they_are_on_or_not
	run move turntable 0 rotor 90 --arrive-together --json
	must_exit 0
	must_stand 0 10667
	must_share start_ns
	must_share planned_ns
	verdict two_axes_arrive_together
	run move turntable -9 rotor 0.9 --relative
	must_exit 0
	must grep -q '^turntable: at -9\.0000 deg (-80 microsteps), ' \
		"$work/out"
	must grep -q '^rotor: at 90\.9' "$work/out"
	verdict each_axis_is_told_to_people
}

refusals()
{
	refused if_one_axis_cannot_none_moves \
		"wanted to move rotor to 200.0025 deg (23704 microsteps), found soft limits" \
		move turntable 10 rotor 200
	refused an_unknown_axis_among_others_moves_nothing \
		'no axis "x"; this machine has turntable, rotor' \
		move turntable 10 x 3
}

interrupted()
{
	start_move turntable 3600 rotor 120 --speed 5
	must_move
	kill -INT "$mover"
	end_move
	must_exit 1
	must [ "$(grep -c '^oscanctl move: interrupted; ' "$work/err")" = 2 ]
	must_have motion idle 1
	must_have motion idle 2
	must_have last_end stopped 1
	must_have last_end stopped 2
	must_stand "$(rig_count turntable)" \
		$(($(rig_count rotor) + 10667))
	verdict ctrl_c_stops_every_axis
}

begin_rig
moves
refusals
interrupted
