# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests of "oscanctl flyscan" share, on vimc and the rig. To be sourced
# after guest-lib.sh. What a file says is judged by the rig's edges, in a
# program that shares no code.

# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

background=

finish()
{
	[ -z "$background" ] || kill -KILL "$background" 2>/dev/null
	stop_load
	unload_rig
	umount "$work/small" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

# The error is one sentence; the progress goes before it.
must_say()
{
	local line last='' sentences=0

	while read -r line; do
		last=$line
		[[ $line != oscanctl* ]] || sentences=$((sentences + 1))
	done <"$work/err"
	[ $sentences = 1 ] || why+="$sentences sentences; "
	[[ $last == *"$1"* ]] || why+="said \"$last\" and not \"$1\"; "
}

# Small frames, so that an emulated machine keeps up.
flyscan()
{
	oscanctl flyscan --axis turntable --start 0 --end 12 --density 1 \
		--size 320x240 --output "$work/scan" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# A scan that goes on for a while, in the background.
long_flyscan()
{
	oscanctl flyscan --axis turntable --start 0 --end 400 --density 4 \
		--size 320x240 --output "$work/scan" "$@" \
		>"$work/out" 2>"$work/err" </dev/null &
	background=$!
}

passing()
{
	grep -q '^passing' "$work/err" || ! kill -0 "$background" 2>/dev/null
}

# told REGEX: what the last line of the scan in the background has in brackets
told()
{
	local lines

	mapfile -t lines <"$work/err"
	[[ ${lines[*]: -1} =~ $1 ]] && echo "${BASH_REMATCH[1]}"
}

frames_so_far()
{
	told ' ([0-9]+) frames written$'
}

percent_so_far()
{
	told '^passing: *([0-9]+) %'
}

# has_reached FUNCTION NUMBER: or has ended
has_reached()
{
	[ "$("$1")" -ge "$2" ] 2>/dev/null ||
		! kill -0 "$background" 2>/dev/null
}

until_reached()
{
	wait_until 60 passing
	wait_until 60 has_reached "$1" "$2"
	kill -0 "$background" 2>/dev/null ||
		why+="it ended early: $(tail -n 3 "$work/err"); "
}

# Wait until the scan in the background has written so many frames.
until_frames()
{
	until_reached frames_so_far "$1"
}

# Likewise until it has gone so much of its way: on a busy machine frames are
# written long before the first step.
until_percent()
{
	until_reached percent_so_far "$1"
}

end_background()
{
	wait "$background"
	status=$?
	background=
}

# Each call of oscanctl takes its time on an emulated machine: one for all.
look()
{
	oscanctl status --json >"$work/status"
}

# Sum of the steps of all axes.
steps_total()
{
	sed -n 's/^ *"steps_total": \([0-9]*\).*/\1/p' "$work/status" |
		awk '{ sum += $1 } END { print sum }'
}

at_rest()
{
	look && [ "$(grep -c '"motion": "idle"' "$work/status")" = 2 ] &&
		[ "$(grep -c '"control": "free"' "$work/status")" = 2 ]
}

moving()
{
	look && grep -q '"motion": "moving"' "$work/status"
}

take_edges()
{
	cat /dev/oscan-rig >>"$edges"
}

# The file of the last scan is right, by the edges alone.
must_be_paired()
{
	local said

	take_edges
	said=$(/usr/bin/python3 -I "$OSCAN_TREE/tests/vm/check_pairing.py" \
		"$1" "$edges" 2>&1) || why+="$(basename "$1"): $said; "
	progress "$(basename "$1"): ${said##*$'\n'}"
}

file_of()
{
	printf '%s/scan/flyscan_%06d.h5' "$work" "$1"
}

# ended_with STATUS N: so the documents of the scan end.
ended_with()
{
	tail -n 1 "$(file_of "$2").jsonl" |
		grep -q '^{"name":"stop",.*"exit_status":"'"$1"'"'
}

newest()
{
	local files=("$work"/scan/flyscan_*.h5)

	echo "${files[-1]}"
}

run_test()
{
	local started=$SECONDS

	"$1"
	verdict "$1"
	[ $((SECONDS - started)) -lt 10 ] ||
		progress "$1 took $((SECONDS - started)) s"
}
