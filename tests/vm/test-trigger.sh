#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lines that go with the motion, and what comes up besides the trace: compare
# output, capture input, events, the page; and the commands for the lines.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/cases.sh
. "$OSCAN_TREE/tests/vm/cases.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

rig=/sys/kernel/debug/oscan-rig

# rises LINE: rising edges of a line of the rig's since the last call
rises()
{
	od -An -v -w16 -tu4 /dev/oscan-rig |
		awk -v line="$1" '$3 == line && $4 { n++ } END { print n + 0 }'
}

a_scan_from_the_command_line()
{
	echo 1 >$rig/reset
	run enable turntable
	run set-position turntable 0
	run trigger camera turntable --start 10 --every 10 --number 3 --steps \
		--width 20us --json
	must_exit 0
	must_have status armed
	must_have next_steps 10
	must_have every_steps 10
	run move turntable 40 --steps
	must_exit 0
	run trigger camera --json
	must_have status "done"
	must_have axis turntable
	must_have fired 3
	must_have last_steps 30
	must [ "$(rises 8)" = 3 ]
	# 6 of 8.889 microsteps each, and not of 9: 53 and not 54.
	run trigger camera turntable --start 0 --every 1 --number 7 --width 20us
	must grep -qxF 'camera: armed, next where turntable passes 0.0000 deg (0 microsteps); 0 pulses of 20 us, 0 missed' \
		"$work/out"
	run move turntable -1 --steps
	run move turntable 54 --steps
	run trigger camera --json
	must_have status "done"
	must_have mode list
	must_have last_steps 53
	run move turntable 40 --steps
	run trigger camera turntable --start 0 --every 1
	must grep -q ', then every 1.0125 deg (9 microsteps); ' "$work/out"
	run trigger flash --pulse --width 1ms
	must_exit 0
	must [ "$(rises 14)" = 1 ]
	run trigger camera turntable --at 1 --at 20 --direction down --steps
	must_exit 0
	run trigger camera --off
	run trigger
	must grep -q '^camera: idle$' "$work/out"
	must grep -q '^flash: idle$' "$work/out"
	run trigger lamp
	must_exit 1
	must_say 'no trigger line "lamp"; this machine has camera, flash'
	verdict a_line_pulses_as_the_command_line_says
}

is_listening()
{
	run capture strobe --json
	[ "$(value edges)" = rising ]
}

strobes_on_the_command_line()
{
	local follower

	oscanctl capture strobe --edges rising --follow --number 3 --json \
		>"$work/strobes" 2>&1 &
	follower=$!
	wait_until 20 is_listening || why+="the line is not set; "
	for _ in 1 2 3; do
		echo 1 >$rig/capture
		echo 0 >$rig/capture
	done
	wait $follower || why+="it failed: $(<"$work/strobes"); "
	must [ "$(wc -l <"$work/strobes")" = 3 ]
	must grep -q '^{"count":3,.*"edge":"rising",.*"turntable":40' \
		"$work/strobes"
	run capture strobe --edges off
	must grep -q '^strobe: off; 0 latched, 0 ignored$' "$work/out"
	verdict edges_are_told_as_they_latch
}

load_rig triggers=2 captures=1 stops=1 max_accel_sps2=100000 start_stop_fsps=1
run_cases trigger-check
run_cases capture-check
run_cases events-check
run_cases page-check
a_scan_from_the_command_line
strobes_on_the_command_line
