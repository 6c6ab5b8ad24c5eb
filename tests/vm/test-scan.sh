#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A capture scan of two axes while large photos are being saved and the machine
# is busy, and one by oscand that is killed in a move. What the metadata of each
# photo says is judged by the rig's edges, in a program that shares no code.
#
# The tests are called by name.
# shellcheck disable=SC2317
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

export XDG_CONFIG_HOME=$work OSCAN_SOCKET=$work/socket
judge=$OSCAN_TREE/out/tests/rotor/rotor-judge
daemon=
# The daemon first: stop_load waits for every child.
trap '[ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null
	stop_load; unload_rig; rm -rf "$work"' EXIT

# write_job NAME POINTS WIDTH HEIGHT: an emulated machine holds motors up for so
# long that they ramp up again, which makes positions suspect; here the edges
# tell whether they are right.
write_job()
{
	cat >"$work/$1.json" <<-EOF
	{"project": "$1", "points": $2, "width": $3, "height": $4,
	 "min_theta": 84, "max_theta": 96, "min_phi": 0, "max_phi": 120,
	 "jpeg_quality": 95, "shutter": 10, "trust": true,
	 "camera": "synthetic:pose=driver,on_demand=yes,format=rgb"}
	EOF
}

# photos_must_be_right PROJECT: by the edges
photos_must_be_right()
{
	local said

	cat /dev/oscan-rig >>"$edges"
	said=$("$OSCAN_TREE/out/tests/vm/photo-check" \
		"$work/projects/$1/scan01" "$edges") ||
		why+="$1: $said; "
	progress "$1: $said"
}

# judge_rotor STEP: the motor as its physics has it, from the same edges
judge_rotor()
{
	"$judge" --edges "$edges" --step "$1" --dir $(($1 + 1)) \
		--enable $(($1 + 2)) --microsteps 16 --motor nema17-40 \
		--max-speed-sps 5000 --catch-up 10 >"$work/rotor-$1" 2>&1
}

# Of both scans.
the_rotors_have_lost_no_step()
{
	local step judges=()

	for step in 0 4; do
		judge_rotor $step &
		judges+=($!)
	done
	for step in 0 4; do
		wait "${judges[step / 4]}" ||
			why+="line $step: $(tr '\n' ' ' <"$work/rotor-$step"); "
		progress "line $step: $(grep '^rotor' "$work/rotor-$step")"
	done
}

# What the driver counted is what left its pins.
every_step_must_be_counted()
{
	local counted

	counted=$(od -An -v -w16 -tu4 "$edges" |
		awk '($3 == 0 || $3 == 4) && $4 { n++ } END { print n + 0 }')
	run status --json
	must_exit 0
	[ "$counted" = "$(sed -n 's/^ *"steps_total": \([0-9]*\).*/\1/p' \
		"$work/out" | awk '{ n += $1 } END { print n }')" ] ||
		why+="the rig counted $counted steps; "
	progress "$counted steps"
}

a_scan_counts_every_step_while_it_saves_photos()
{
	write_job load 9 320 240
	start_load
	oscanctl scan --job "$work/load.json" --root "$work/projects" --json \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	stop_load
	must_exit 0
	photos_must_be_right load
	every_step_must_be_counted
}

start_oscand()
{
	oscand --socket "$OSCAN_SOCKET" --state "$work/state" \
		--projects "$work/projects" >>"$work/daemon" 2>&1 &
	daemon=$!
	wait_until 60 oscanctl job list >"$work/jobs" 2>&1 ||
		why+="oscand says: $(tail -n 1 "$work/daemon"); "
}

has_photos()
{
	[ "$(wc -l <"$work/projects/killed/scan01/journal.jsonl")" -ge "$1" ]
} 2>/dev/null

all_rest()
{
	run status --json
	[ "$(grep -c '"motion": "idle"' "$work/out")" = 2 ] &&
		[ "$(grep -c '"control": "free"' "$work/out")" = 2 ]
}

# The motors stop by themselves, and softly: from above the start-stop rate,
# 1600 microsteps/s, in a deceleration. Then the scan is taken up.
a_daemon_that_is_killed_in_a_move_completes_the_scan_later()
{
	local last least photos

	write_job killed 6 320 240
	start_oscand
	oscanctl job submit "$work/killed.json" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	wait_until 60 has_photos 3 || why+="no photos: $(oscanctl job log 1); "
	must_move 60
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
	wait_until 20 all_rest || why+="it moves on; "
	read -r last least < <(rig_intervals)
	[ "$last" -gt 600000 ] || why+="the last steps were $last ns apart; "
	progress "killed: the last steps $last ns apart, least $least ns"
	start_oscand
	must grep -q interrupted "$work/jobs"
	oscanctl job resume 1 --wait >"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	photos_must_be_right killed
	photos=("$work"/projects/killed/scan01/*.jpg)
	must test "${#photos[@]}" = 6
}

load_rig || { fail rig "the modules do not load"; exit 1; }
: >"$edges"
for test in a_scan_counts_every_step_while_it_saves_photos \
	    a_daemon_that_is_killed_in_a_move_completes_the_scan_later \
	    the_rotors_have_lost_no_step; do
	"$test"
	verdict "$test"
done
