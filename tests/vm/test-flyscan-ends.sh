#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# However a fly scan ends, the motor rests and the frames are in the file.
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/flyscan.sh
. "$OSCAN_TREE/tests/vm/flyscan.sh"

ctrl_c_keeps_the_frames_and_rests_the_motor()
{
	long_flyscan
	until_frames 6
	kill -INT "$background"
	end_background
	must_exit 1
	must_say "ended early"
	must_say "frames taken are in"
	must ended_with abort 1
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
	until_frames 6
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
	must oscanctl recover -o "$work/recovered.h5" "$(newest)" \
		>"$work/out"
	[ "$(sed -n 's/^frames *\([0-9]*\) recovered$/\1/p' "$work/out")" \
	  -ge "${frames:-6}" ] || why+="recovered: $(cat "$work/out"); "
}

a_disk_that_fills_up_ends_the_scan_softly()
{
	local file

	mkdir -p "$work/small"
	mount -t tmpfs -o size=160m none "$work/small"
	long_flyscan --end 100 --output "$work/small"
	until_frames 4
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

load_rig || { fail rig "the modules do not load"; exit 1; }
load_vimc || { fail vimc "it does not load"; exit 1; }
for test in ctrl_c_keeps_the_frames_and_rests_the_motor \
	    a_killed_scan_leaves_its_frames_and_the_motor_at_rest \
	    a_disk_that_fills_up_ends_the_scan_softly; do
	run_test "$test"
done
