#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl flyscan and report, in the guest: on vimc and the rig. What a file
# says is judged by the rig's edges, in a program that shares no code.
#
#   test-flyscan.sh [TESTS...]	only these of those at the end of this file
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"

work=$(mktemp -d)
edges=$work/edges
why=
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

# Each of these notes in $why what is not as it must be.
must()
{
	"$@" || why+="not true: $*; "
}

must_exit()
{
	[ "$status" = "$1" ] ||
		why+="exit status $status: $(cat "$work/out" "$work/err"); "
}

# The error is one sentence; the progress goes before it.
must_say()
{
	[ "$(grep -c '^oscanctl' "$work/err")" = 1 ] ||
		why+="$(grep -c '^oscanctl' "$work/err") sentences; "
	tail -n 1 "$work/err" | grep -qF -- "$1" ||
		why+="said \"$(tail -n 1 "$work/err")\" and not \"$1\"; "
}

verdict()
{
	if [ -z "$why" ]; then
		pass "$1"
	else
		fail "$1" "$(tr '\n' ' ' <<<"$why")"
	fi
	why=
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

frames_so_far()
{
	tail -n 1 "$work/err" | sed -n 's/.* \([0-9]*\) frames written$/\1/p'
}

has_frames()
{
	[ "$(frames_so_far)" -ge "$1" ] 2>/dev/null ||
		! kill -0 "$background" 2>/dev/null
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

nothing_moved()
{
	at_rest && [ "$(steps_total)" = "$steps_before" ]
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

newest()
{
	local files=("$work"/scan/flyscan_*.h5)

	echo "${files[-1]}"
}

refused()
{
	local sentence=$1 steps_before

	shift
	look
	steps_before=$(steps_total)
	flyscan "$@"
	must_exit 1
	must_say "$sentence"
	must nothing_moved
}

without_the_driver_it_says_so()
{
	flyscan
	must_exit 1
	must_say 'modprobe oscan_motor'
	must test ! -e "$work/scan"
}

without_a_camera_nothing_moves()
{
	refused "wanted a camera, found none"
	must test ! -e "$work/scan"
}

a_scan_has_every_frame_where_the_rig_saw_it()
{
	flyscan
	must_exit 0
	must grep -qE '^frames .* 0 lost$' "$work/out"
	must grep -qE '^steps +([0-9]+) commanded = \1 counted = \1 traced$' \
		"$work/out"
	must grep -q '^period .* asked, .* measured' "$work/out"
	must grep -q "the scan runs at that" "$work/err"
	must grep -qx "file      $(file_of 1)" "$work/out"
	must_be_paired "$(file_of 1)"
	must at_rest
}

a_scan_backwards_under_load_is_as_right()
{
	sha256sum "$(file_of 1)" >"$work/sums"
	start_load
	flyscan --start 6 --end -6 --json
	stop_load
	must_exit 0
	must_be_paired "$(file_of 2)"
}

json_is_one_object()
{
	/usr/bin/python3 -IS -c 'import json, sys
d = json.load(open(sys.argv[1]))
f, s = d["frames"], d["steps"]
assert f["lost"] == 0 and f["written"] == f["delivered"] > 0, d
assert f["expected"] == 13, d
assert s["commanded"] == s["counted"] == s["traced"] > 0, d
assert d["period"]["asked_s"] == 0.1 and d["period"]["measured_s"] > 0, d
assert d["file"].endswith("_000002.h5") and "error" not in d, d' \
		"$work/out" 2>"$work/json" || why+="$(cat "$work/json"); "
}

no_file_is_overwritten()
{
	must sha256sum --quiet -c "$work/sums"
	must test -s "$(file_of 2)"
}

the_report_stands_alone_and_the_edges_agree()
{
	oscanctl report "$(file_of 1)" --edges "$edges" -o "$work/page.html" \
		>"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	must grep -q '^pairing .* microsteps$' "$work/out"
	must grep -q 'data:image/jpeg;base64,/9j/' "$work/page.html"
	must grep -q '<svg ' "$work/page.html"
	! grep -oiE '(src|href|url)[=(]["'\'']?[^d"'\'' >][^"'\'' >]*' \
		"$work/page.html" >"$work/links" ||
		why+="it links to $(head -n 1 "$work/links"); "
	must grep -qiv '<script' "$work/page.html"
}

# All edges of STEP moved by half a second: no position is right any more.
the_report_finds_positions_that_the_edges_do_not_show()
{
	/usr/bin/python3 -I -c 'import numpy, sys
e = numpy.fromfile(sys.argv[1], [("t", "<u8"), ("l", "<u4"), ("v", "<u4")])
e["t"] += 500000000
e.tofile(sys.argv[2])' "$edges" "$work/shifted"
	oscanctl report "$(file_of 1)" --edges "$work/shifted" \
		-o "$work/page.html" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "found otherwise"
}

bad_files_for_the_report_are_told()
{
	local row

	echo "no scan" >"$work/text"
	for row in "$work/none|No such file" "$work/text|not HDF5"; do
		oscanctl report "${row%|*}" -o "$work/bad.html" >"$work/out" \
			2>"$work/err"
		status=$?
		must_exit 1
		must_say "${row#*|}"
	done
	oscanctl report "$(file_of 1)" --edges "$work/text" \
		-o "$work/bad.html" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "whole records"
	oscanctl report "$(file_of 1)" -o "$work/none/bad.html" >"$work/out" \
		2>"$work/err"
	status=$?
	must_exit 1
	must_say "wanted to write the page"
	must test ! -e "$work/bad.html"
}

ctrl_c_keeps_the_frames_and_rests_the_motor()
{
	long_flyscan
	wait_until 60 passing
	wait_until 60 has_frames 6
	kill -INT "$background"
	end_background
	must_exit 1
	must_say "ended early"
	must_say "frames taken are in"
	must at_rest
	must_be_paired "$(newest)"
}

frames_of()
{
	/usr/bin/python3 -I -c 'import h5py, sys
f = h5py.File(sys.argv[1], "r", swmr=True)
d = f["entry/instrument/detector"]
n = min(len(d["data"]), len(d["sensor_timestamp"]))
assert all(d["data"][i].std() > 0 for i in range(n))
print(n)' "$1" 2>&1
}

a_killed_scan_leaves_its_frames_and_the_motor_at_rest()
{
	local frames found

	long_flyscan
	wait_until 60 passing
	wait_until 60 has_frames 6
	frames=$(frames_so_far)
	kill -KILL "$background"
	end_background
	wait_until 10 at_rest || why+="it moves; "
	found=$(frames_of "$(newest)")
	[ "$found" -ge "${frames:-6}" ] ||
		why+="$found frames can be read, $frames were told; "
	take_edges
	oscanctl report "$(newest)" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "not finished"
}

a_disk_that_fills_up_ends_the_scan_softly()
{
	local file

	mkdir -p "$work/small"
	mount -t tmpfs -o size=160m none "$work/small"
	long_flyscan --end 100 --output "$work/small"
	wait_until 60 passing
	wait_until 60 has_frames 4
	dd if=/dev/zero of="$work/small/filler" bs=1M 2>/dev/null
	end_background
	must_exit 1
	must_say "found the disk full"
	must at_rest
	for file in "$work"/small/*.h5; do
		must test "$(frames_of "$file")" -ge 4
	done
	umount "$work/small"
	take_edges
}

a_disk_too_small_is_refused()
{
	mkdir -p "$work/small"
	mount -t tmpfs -o size=1m none "$work/small"
	refused "MB free" --output "$work/small"
	must test -z "$(ls -A "$work/small")"
	umount "$work/small"
}

a_folder_that_cannot_be_written_is_refused()
{
	refused "cannot be written" --output "$OSCAN_TREE/scan"
}

what_the_axis_cannot_do_is_refused()
{
	refused 'no axis "table"; this machine has turntable, rotor' \
		--axis table
	refused "its limits are" --axis rotor --start 20 --end 124.9
}

too_fast_and_no_such_camera_are_told_at_once()
{
	refused "; also no camera \"front\"; this machine has" --period 0.001 \
		--camera front
	must_say "goes no faster than"
}

a_second_user_is_refused()
{
	local before

	oscanctl move turntable 60 --speed 4 >/dev/null 2>&1 &
	background=$!
	wait_until 10 moving
	before=$(ls "$work/scan")
	flyscan
	must_exit 1
	must_say "another program controls the motors"
	must test "$before" = "$(ls "$work/scan")"
	must kill -0 "$background"
	kill -INT "$background"
	end_background
	must at_rest
	take_edges
}

wrong_usage_exits_with_2()
{
	local row arguments

	for row in "--axis turntable --start 0|found no --end" \
		   "--period 0|more than zero" "--size 0x4|640x480"; do
		read -ra arguments <<<"${row%|*}"
		oscanctl flyscan "${arguments[@]}" >"$work/out" 2>"$work/err"
		status=$?
		must_exit 2
		must_say "${row#*|}"
	done
}

run_test()
{
	local started=$SECONDS

	"$1"
	verdict "$1"
	[ $((SECONDS - started)) -lt 10 ] ||
		progress "$1 took $((SECONDS - started)) s"
}

run_test without_the_driver_it_says_so
load_rig || { fail rig "the modules do not load"; exit 1; }
run_test without_a_camera_nothing_moves
load_vimc || { fail vimc "it does not load"; exit 1; }
tests=(a_scan_has_every_frame_where_the_rig_saw_it
       a_scan_backwards_under_load_is_as_right
       json_is_one_object
       no_file_is_overwritten
       the_report_stands_alone_and_the_edges_agree
       the_report_finds_positions_that_the_edges_do_not_show
       bad_files_for_the_report_are_told
       ctrl_c_keeps_the_frames_and_rests_the_motor
       a_killed_scan_leaves_its_frames_and_the_motor_at_rest
       a_disk_that_fills_up_ends_the_scan_softly
       a_disk_too_small_is_refused
       a_folder_that_cannot_be_written_is_refused
       what_the_axis_cannot_do_is_refused
       too_fast_and_no_such_camera_are_told_at_once
       a_second_user_is_refused
       wrong_usage_exits_with_2)
[ $# = 0 ] || tests=("$@")
for test in "${tests[@]}"; do
	run_test "$test"
done
