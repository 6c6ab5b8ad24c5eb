#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples of liboscan, built with an installed copy of it, do what they
# say, judged on the rig's edges.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

export LD_LIBRARY_PATH=$OSCAN_TREE/out/examples/usr/lib
examples=$OSCAN_TREE/out/examples/examples

# example NAME ARGS...: as run()
example()
{
	"$examples/$1" "${@:2}" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# Time and count of each step of the turntable since begin_rig.
rig_steps()
{
	cat /dev/oscan-rig >>"$edges"
	od -An -v -w16 -tu4 "$edges" | awk '
		$3 == 1 { up = $4 }
		$3 == 0 && $4 {
			count += up ? 1 : -1
			printf "%.0f %d\n", $1 + $2 * 4294967296, count
		}'
}

moves_and_waits()
{
	example move-and-wait turntable 30
	must_exit 0
	must grep -qx 'turntable is at 30\.0375 deg' "$work/out"
	must [ "$(rig_count turntable)" = 267 ]
	verdict move_and_wait_ends_on_the_nearest_microstep
	example move-and-wait rotor 200
	must_exit 1
	must_say "move rotor: Numerical argument out of domain"
	verdict move_and_wait_says_why_it_cannot
}

is_following() { grep -q following "$work/follow-err"; }

# Its steps and the rig's, side by side: a step was written after the one
# before it and before the next.
same_steps()
{
	rig_steps | tail -n 89 | paste -d ' ' - "$work/follow" | awk '
		{ rig[NR] = $1; bad += $2 != $4 || NF != 4; said[NR] = $3 }
		END {
			for (i = 2; i < NR; i++)
				bad += said[i] <= rig[i - 1] ||
					said[i] >= rig[i + 1]
			exit NR != 89 || bad > 0
		}'
}

follows_the_stream()
{
	local follower

	"$examples/follow-stream" turntable 89 >"$work/follow" \
		2>"$work/follow-err" </dev/null &
	follower=$!
	wait_until 20 is_following || why+="it does not begin; "
	example move-and-wait turntable 20.025
	must_exit 0
	wait "$follower"
	status=$?
	must_exit 0
	must same_steps
	must [ "$(wc -l <"$work/follow-err")" = 1 ]
	verdict follow_stream_prints_every_step_and_when_it_was_made
}

# Within a microstep of what the rig had counted by then.
near_the_rig()
{
	{ rig_steps; echo; cat "$work/out"; } | awk '
		!NF { asked = 1; next }
		!asked { time[++steps] = $1; count[steps] = $2; next }
		{
			while (i < steps && time[i + 1] <= $1)
				i++
			apart = $2 * 3200 / 360 - (i ? count[i] : 0)
			if (apart < -1.001 || apart > 1.001) {
				print $0, count[i]
				bad = 1
			}
			n++
		}
		END { exit bad || n < 3 }'
}

tells_positions()
{
	example position-at turntable 90
	must_exit 0
	must near_the_rig
	must grep -qE '^[0-9]{9,} [0-9]+\.[0-9]{4} 0\.0325$' "$work/out"
	must [ "$(rig_count turntable)" = 978 ]
	verdict position_at_agrees_with_the_rig
}

# place N COUNT DIRECTION MODE: an end stop of the rig
place()
{
	echo "$2 $3 $4" >"/sys/kernel/debug/oscan-rig/endstop_$1" ||
		why+="the rig takes no end stop; "
}

homes()
{
	place 0 800 -1 normal
	example homing turntable min
	must_exit 0
	must grep -q '^turntable is known; the count was off by -90\.0000 deg' \
		"$work/out"
	run status turntable --json
	must_have position_state known
	must_have min_stop closed
	place 2 0 1 closed
	example homing turntable max
	must_exit 1
	must_say "turntable: the end stop stays closed"
	verdict homing_finds_the_end_stop_or_says_why_not
}

# The rig's line 8 is the camera's. Each pulse follows the step that it is for,
# 18 microsteps after the one before.
pulses_at_its_places()
{
	cat /dev/oscan-rig >>"$edges"
	od -An -v -w16 -tu4 "$edges" | awk '
		$3 == 1 { up = $4 }
		$3 == 0 && $4 { count += up ? 1 : -1 }
		$3 == 8 && $4 { print count }' |
		paste -d ' ' - "$work/out" |
		awk '
			$1 != $3 || (NR > 1 && $1 - last != 18) { bad = 1 }
			{ last = $1 }
			END { exit bad || NR != 5 }'
}

compares_output()
{
	example compare-output turntable camera 2.025 5
	must_exit 0
	must pulses_at_its_places
	verdict compare_output_pulses_where_it_says
	example compare-output turntable lamp 2 5
	must_exit 1
	must_say "line lamp: No such device or address"
	verdict compare_output_says_that_there_is_no_such_line
}

begin_rig stops=1 triggers=1
moves_and_waits
follows_the_stream
tells_positions
compares_output
homes
