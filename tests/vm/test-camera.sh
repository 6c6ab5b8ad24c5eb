#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: camera.h over libcamera, on the kernel's test camera.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
check=$OSCAN_TREE/out/tests/vm/camera-check
log=/tmp/camera-check.log
held=/tmp/camera-held

# checked NAME ARGS...: the check holds; what it measured is shown.
checked()
{
	local name=$1 status

	shift
	"$check" "$@" >"$log" 2>&1
	status=$?
	[ $status != 0 ] || [ ! -s "$log" ] || progress "$(tail -n 1 "$log")"
	expect "$name" sh -c "tail -n 1 $log; exit $status"
}

says_nothing_of_its_own()
{
	local said

	said=$("$check" again 2>&1 >/dev/null) || return
	[ -z "$said" ] || { echo "stderr: $said"; return 1; }
}

in_use_elsewhere()
{
	local pid status

	rm -f "$held"
	"$check" hold "$held" >"$log" 2>&1 &
	pid=$!
	if wait_until 20 test -e "$held"; then
		"$check" busy ""
		status=$?
		kill -KILL $pid
		wait $pid 2>/dev/null
		return $status
	fi
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	echo "the holder ended with $?: $(cat "$log")"
	return 1
}

checked without_a_camera_none_is_listed list 0
checked without_a_camera_open_says_ENODEV absent ""
load_vimc || { fail camera "vimc does not load"; exit 1; }
checked one_camera_is_listed list 1
checked an_unknown_id_says_ENODEV absent "no such camera"
checked frames_rise_in_sequence_and_time frames 40
checked a_camera_starts_again_after_stop_and_close again
checked red_is_red_and_blue_is_blue colours
checked grey_is_made_of_colours grey
checked held_frames_keep_their_pixels_and_stop_survives_them held
checked calls_out_of_order_are_refused order
expect libcamera_says_nothing_on_stderr says_nothing_of_its_own
expect a_camera_in_use_says_EBUSY in_use_elsewhere
checked a_killed_program_leaves_the_camera_free frames 10
