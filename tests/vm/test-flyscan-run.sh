#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl flyscan: job file, dry run, back and forth, completing a scan, and
# settings put back. The names of the tests are those of oscan-flyscan(7).
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/flyscan.sh
. "$OSCAN_TREE/tests/vm/flyscan.sh"

control=$OSCAN_TREE/out/tests/vm/control

# The rig's edges say the same of every frame of the newest file.
must_agree()
{
	take_edges
	oscanctl report "$(newest)" --edges "$edges" -o "$work/page.html" \
		>"$work/report" 2>&1 ||
		why+="$(tail -n 1 "$work/report"); "
}

is_off()
{
	look && [ "$(grep -c '"enabled": false' "$work/status")" = 2 ]
}

# A job file, the command line above it, and nothing has been touched.
R50_a_dry_run_prints_geometry_and_checks_and_touches_nothing()
{
	cat >"$work/job" <<-EOF
	{"axis": "turntable", "p_start": 0, "p_end": 6, "size": "320x240",
	 "exposures_per_egu": 1, "file_path": "$work/scan", "passes": 2,
	 "md": {"sample": "vase", "run": 7}}
	EOF
	oscanctl flyscan --job "$work/job" --p-end 4 --dry-run --json \
		>"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	must grep -q '"num_frames": 5' "$work/out"
	must grep -q '"would_begin": true' "$work/out"
	must grep -q '"check": "speed"' "$work/out"
	must grep -q '"check": "memory"' "$work/out"
	must test "$(grep -c '"holds": true' "$work/out")" = 10
	must test ! -e "$work/scan"
	must is_off
	must at_rest
}

D17_back_and_forth_has_every_frame_where_the_rig_saw_it()
{
	flyscan --job "$work/job" --end 4 --json
	must_exit 0
	must grep -q '"passes": 2' "$work/out"
	must grep -q '"expected": 10' "$work/out"
	must grep -q '"lost": 0' "$work/out"
	must_agree
}

# A signal of frames in colour has four: time, rows, columns, colours.
D23_the_axes_of_the_data_are_as_many_as_its_dimensions()
{
	local axes sizes

	axes=$(h5dump -a /entry/data/axes "$(newest)" |
		sed -n 's/^ *(0): //p')
	sizes=$(h5dump -H -d /entry/instrument/detector/data "$(newest)" |
		sed -n 's/.*SIMPLE { ( \([^)]*\) ).*/\1/p')
	[ -n "$axes" ] && [ "$(tr -cd , <<<"$axes")" = "$(tr -cd , <<<"$sizes")" ] ||
		why+="axes $axes of data $sizes; "
}

# The motor was off, and the brightness is none of ours.
R111_a_motor_that_was_off_is_off_again()
{
	must is_off
	must at_rest
}

resumed_frames()
{
	sed -n 's/^frames .* \([0-9]*\) in the pass.*/\1/p' "$work/out"
}

# All that a scan had flushed when it was killed, by the edges alone.
must_have_frames()
{
	local said

	said=$(/usr/bin/python3 -I "$OSCAN_TREE/tests/vm/check_pairing.py" \
		"$1" "$edges" frames 2>&1) || why+="$(basename "$1"): $said; "
	progress "$(basename "$1"): ${said##*$'\n'}"
}

# What the disk has of it is not scanned again.
a_scan_that_was_killed_is_recovered_and_completed()
{
	local part

	long_flyscan --end 20 --taxi 0
	until_percent 20
	kill -KILL "$background"
	end_background
	wait_until 10 at_rest || why+="it moves; "
	part=$(newest)
	sha256sum "$part" >"$work/sums"
	oscanctl flyscan --resume "$part" >"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	must grep -q '^copied ' "$work/out"
	must grep -q '^frames *81 expected' "$work/out"
	must sha256sum --quiet -c "$work/sums"
	# vimc is slower on a busy machine than it was when it was measured.
	[ "$(resumed_frames)" -ge 41 ] ||
		why+="$(resumed_frames) frames for 81 places; "
	take_edges
	must_have_frames "${part%.h5}.recovered.h5"
	must_have_frames "$(newest)"
	must grep -q '"exit_status":"fail"' "${part%.h5}.recovered.h5.jsonl"
	must oscanctl report "$(newest)" -o "$work/page.html"
}

# SIGKILL leaves both changed; the next scan finds them in the journal.
R58_R62_after_a_kill_the_next_scan_puts_settings_back()
{
	"$control" 100 >/dev/null || why+="no brightness; "
	oscanctl enable turntable off >/dev/null 2>&1
	long_flyscan
	until_frames 2
	"$control" 150 >/dev/null
	kill -KILL "$background"
	end_background
	wait_until 10 at_rest || why+="it moves; "
	must grep -q '"enabled": true' "$work/status"
	must test -s /run/oscan/flyscan.journal
	oscanctl flyscan --axis turntable --size 320x240 \
		--output "$work/scan" --dry-run >"$work/out" 2>"$work/err"
	status=$?
	must_exit 0
	must is_off
	"$control" >"$work/controls"
	must grep -qx 100 "$work/controls"
	must test ! -s /run/oscan/flyscan.journal
	take_edges
}

load_rig || { fail rig "the modules do not load"; exit 1; }
load_vimc || { fail vimc "it does not load"; exit 1; }
for test in R50_a_dry_run_prints_geometry_and_checks_and_touches_nothing \
	    D17_back_and_forth_has_every_frame_where_the_rig_saw_it \
	    D23_the_axes_of_the_data_are_as_many_as_its_dimensions \
	    R111_a_motor_that_was_off_is_off_again \
	    a_scan_that_was_killed_is_recovered_and_completed \
	    R58_R62_after_a_kill_the_next_scan_puts_settings_back; do
	run_test "$test"
done
