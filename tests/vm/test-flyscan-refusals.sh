#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl flyscan says in one sentence why it cannot begin, and moves nothing.
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/flyscan.sh
. "$OSCAN_TREE/tests/vm/flyscan.sh"

nothing_moved()
{
	at_rest && [ "$(steps_total)" = "$steps_before" ]
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

R65_a_disk_too_small_is_refused()
{
	mkdir -p "$work/small"
	mount -t tmpfs -o size=1m none "$work/small"
	refused "MB free" --output "$work/small"
	must test -z "$(ls -A "$work/small")"
	umount "$work/small"
}

R65_R133_a_folder_that_cannot_be_written_is_refused()
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
	oscanctl move turntable 3600 --speed 4 >/dev/null 2>&1 &
	background=$!
	wait_until 10 moving
	flyscan
	must_exit 1
	must_say "another program controls the motors"
	must test ! -e "$work/scan"
	must kill -0 "$background"
	kill -INT "$background"
	end_background
	must at_rest
	take_edges
}

R2_wrong_usage_exits_with_2()
{
	local row arguments

	for row in "--start 0|found no --axis" \
		   "--axis turntable --t-period 0|above zero" \
		   "--axis turntable --size 0x4|640x480"; do
		read -ra arguments <<<"${row%|*}"
		oscanctl flyscan "${arguments[@]}" >"$work/out" 2>"$work/err"
		status=$?
		must_exit 2
		must_say "${row#*|}"
	done
}

run_test without_the_driver_it_says_so
load_rig || { fail rig "the modules do not load"; exit 1; }
run_test without_a_camera_nothing_moves
load_vimc || { fail vimc "it does not load"; exit 1; }
for test in R65_a_disk_too_small_is_refused \
	    R65_R133_a_folder_that_cannot_be_written_is_refused \
	    what_the_axis_cannot_do_is_refused \
	    too_fast_and_no_such_camera_are_told_at_once \
	    a_second_user_is_refused \
	    R2_wrong_usage_exits_with_2; do
	run_test "$test"
done
