#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl flyscan with the synthetic camera, in the guest: the angle that the
# pixels show is the position in the file, and the one of the rig's edges.
#
# The tests are called by name.
# shellcheck disable=SC2317,SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/flyscan.sh
. "$OSCAN_TREE/tests/vm/flyscan.sh"

export XDG_CONFIG_HOME=$work
late=synthetic:mark=frame_end,row=1e-4,latency=0.05

# must_show FILE: what its frames show is what it says
must_show()
{
	local said

	take_edges
	said=$("$OSCAN_TREE/out/tests/vm/synthetic-check" "$1" "$edges" 2>&1) ||
		why+="$(basename "$1"): $said; "
	progress "$(basename "$1"): ${said##*$'\n'}"
}

the_pixels_of_a_rolling_shutter_prove_the_pairing()
{
	flyscan --end 10 --size 160x120 --period 0.05 --exposure 0.03 \
		--camera synthetic:pose=driver,mark=readout_start,row=4e-4
	must_exit 0
	must_show "$(file_of 1)"
}

the_latency_of_a_camera_is_measured()
{
	run flyscan-calibrate --axis turntable --start 0 --end 13 --density 1 \
		--period 0.05 --exposure 0.01 --size 160x120 \
		--temporary "$work" --camera "$late" --json
	must_exit 0
	measured=$(sed -n 's/^ *"latency_ns": \(-*[0-9]*\).*/\1/p' "$work/out")
	# On an emulated machine steps are late, and the motion is uneven.
	[ "${measured:-0}" -gt 40000000 ] && [ "$measured" -lt 60000000 ] ||
		why+="50 ms are measured as ${measured:-nothing} ns; "
	progress "50 ms are measured as $measured ns"
	take_edges
}

the_pixels_prove_it_backwards_with_that_latency()
{
	flyscan --start 10 --end 0 --size 160x120 --period 0.05 \
		--camera "$late"
	must_exit 0
	must_show "$(file_of 2)"
}

load_rig || { fail rig "the modules do not load"; exit 1; }
for test in the_pixels_of_a_rolling_shutter_prove_the_pairing \
	    the_latency_of_a_camera_is_measured \
	    the_pixels_prove_it_backwards_with_that_latency; do
	run_test "$test"
done
