#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Turns, ways round and scales by oscanctl in the guest, held against the
# edges that the rig recorded.

# begin_rig takes parameters of the rig, or none.
# shellcheck disable=SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

ways()
{
	run move turntable 0.25turn --json
	must_exit 0
	must_stand_at turntable 800
	run move rotor 0.3turn --json
	must_exit 0
	must_stand_at rotor 12800
	verdict a_move_can_be_given_in_turns
	run move turntable 350 --way shortest --json
	must_exit 0
	must_stand_at turntable -89
	run move turntable 370 --way shortest --json
	must_exit 0
	must_stand_at turntable 89
	verdict the_shortest_way_crosses_zero
	run move turntable 0 --way up --json
	must_exit 0
	must_stand_at turntable 3200
	run move turntable 45 --way down --json
	must_exit 0
	must_stand_at turntable 400
	run move turntable 45 --way down --json
	must_exit 0
	must_have from_steps 400
	must_stand_at turntable 400
	run move turntable 0 --json
	must_exit 0
	must_stand_at turntable 0
	verdict a_way_up_or_down_is_kept
	refused an_axis_that_is_no_turntable_has_no_ways "is no turntable" \
		move rotor 100 --way shortest
	# A modulo would make it 100, which is within them.
	refused limits_are_checked_before_any_modulo "soft limits of" \
		move rotor 460 --way shortest
}

scales()
{
	local before

	count_edges
	before=$total
	run calibrate rotor --commanded 360 --measured 358.2
	must_exit 0
	must grep -qx '    oscan,gear-ratio = <40 3>;' "$work/out"
	must grep -qx '    oscan,gear-ratio = <8000 597>;' "$work/out"
	must grep -qx '    oscan,gear-ratio = <67 5>;' "$work/out"
	must grep -q ' is then 11\.9.* to 124\..* deg\.$' "$work/out"
	verdict calibrate_says_what_to_write_into_the_overlay
	run calibrate turntable --commanded 2turn --measured 360 --json
	must_exit 0
	must_have right false
	must_have gear_num 1
	must_have gear_num 2 2
	must_have gear_den 1 2
	must_have microsteps 32
	run calibrate turntable --commanded 90 --measured 90 --json
	must_exit 0
	must_have right true
	must_have microsteps null
	verdict a_scale_can_be_read_by_a_program
	run calibrate turntable --commanded 90 --measured -90
	must_exit 1
	must_say "of the same sign"
	run calibrate turntable --commanded 0 --measured 90
	must_exit 1
	must_say "that are not zero"
	run calibrate turntable --commanded 90mm --measured 90
	must_exit 2
	must_say "wanted deg, the unit of turntable"
	count_edges
	must [ "$total" = "$before" ]
	verdict what_is_no_scale_is_told_and_nothing_moves
}

begin_rig
ways
scales
json_is_json
