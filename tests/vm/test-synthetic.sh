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

# What the axis triggers and what strobes tell, beside a camera whose own times
# are late and scatter.
wrong=latency=0.21,jitter=0.005
rig=/sys/kernel/debug/oscan-rig

# line_scan FILE OPTION ...: every frame has its edge, and shows it. A frame
# belongs to an edge up to a quarter of a period away: what scatters and what an
# emulated machine is late must be less.
line_scan()
{
	local file=$1

	shift
	flyscan --size 160x120 --period 0.1 --exposure 0.02 --json "$@"
	must_exit 0
	must grep -q '"lost": 0,' "$work/out"
	must grep -q '"untimed": 0,' "$work/out"
	must_show "$(file_of "$file")"
}

R12_compare_output_exposes_where_the_rig_saw_the_place()
{
	line_scan 3 --end 14 --passes 2 --trigger-mode compare \
		--camera "synthetic:pose=driver,trigger=camera,row=1e-4,$wrong"
	must grep -q '"pulses": 30,' "$work/out"
	must grep -q '"in_pass": 30,' "$work/out"
	run trigger camera
	must grep -q '^camera: idle' "$work/out"
}

R12_a_strobe_that_answers_the_trigger_is_latched()
{
	echo 3333 20000 >$rig/strobe
	line_scan 4 --start 14 --end 0 --trigger-mode both \
		--camera "synthetic:pose=driver,strobe=strobe,$wrong"
	must grep -q '"pulses": 15,' "$work/out"
	echo 0 0 >$rig/strobe
}

R12_strobes_tell_when_the_rig_exposed()
{
	echo 0 20000 100000 >$rig/strobe
	line_scan 5 --end 14 --trigger-mode strobe \
		--camera "synthetic:pose=driver,strobe=strobe,latency=0.017"
	echo 0 0 >$rig/strobe
	run capture strobe
	must grep -q '^strobe: off' "$work/out"
}

load_rig triggers=1 captures=1 || { fail rig "the modules do not load"; exit 1; }
for test in the_pixels_of_a_rolling_shutter_prove_the_pairing \
	    the_latency_of_a_camera_is_measured \
	    the_pixels_prove_it_backwards_with_that_latency \
	    R12_compare_output_exposes_where_the_rig_saw_the_place \
	    R12_a_strobe_that_answers_the_trigger_is_latched \
	    R12_strobes_tell_when_the_rig_exposed; do
	run_test "$test"
done
