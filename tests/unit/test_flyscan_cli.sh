#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What oscanctl flyscan and flyscan-calibrate say of the camera and the times
# of its frames. No driver is needed.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=${OSCANCTL:-out/bin/oscanctl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work
bad=
range=(--axis turntable --start 0 --end 10 --device /dev/null)

# says STATUS TEXT ARGS...
says()
{
	local status=$1 text=$2

	shift 2
	"$oscanctl" "$@" >"$work/out" 2>"$work/err" </dev/null
	[ $? = "$status" ] || bad+="$*: another exit status than $status; "
	grep -qF -- "$text" "$work/err" ||
		bad+="$*: said \"$(tr '\n' ' ' <"$work/err")\"; "
	[ "$(grep -c '^oscanctl' "$work/err")" = 1 ] ||
		bad+="$*: not one sentence; "
}

wrong_values_are_told()
{
	says 2 'wanted exposure_start, readout_start or frame_end, found "unknown"' \
		flyscan "${range[@]}" --mark unknown
	says 2 'found ""' flyscan "${range[@]}" --mark ""
	says 2 'wanted nanoseconds from 0 to 10000000000, found "-1"' \
		flyscan "${range[@]}" --readout -1
	says 2 'wanted nanoseconds from -10000000000 to' \
		flyscan "${range[@]}" --latency 1e11
	says 2 'wanted a number without a unit, found "5ms"' \
		flyscan "${range[@]}" --latency 5ms
	says 2 'found no --axis' flyscan-calibrate --start 0 --end 1
	says 2 'found no --p-start' flyscan-calibrate --axis a --end 1
	says 2 'found no --p-end' flyscan-calibrate --axis a --start 1
	says 2 'exposures_per_egu must be above zero' \
		flyscan-calibrate "${range[@]}" --density 0
	says 2 '--size: wanted pixels' \
		flyscan-calibrate "${range[@]}" --size big
}

a_synthetic_camera_that_cannot_be_is_told()
{
	says 1 'found a part of its name that is not known or cannot be; see oscan-synthetic(7)' \
		flyscan "${range[@]}" --camera synthetic:colour=red
	says 1 'see oscan-synthetic(7)' flyscan-calibrate "${range[@]}" \
		--temporary "$work" --camera synthetic:row=-1
	says 1 'cannot (Invalid argument)' flyscan "${range[@]}" \
		--camera synthetic:row=0.01
	# Nothing but the missing motors is wrong with this one.
	says 1 'wanted the motors at /dev/null, found another kind of file' \
		flyscan "${range[@]}" --camera synthetic:mark=frame_end
	! grep -q "also" "$work/err" || bad+="said $(cat "$work/err"); "
}

what_was_measured_must_be_readable()
{
	mkdir -p "$work/oscan"
	echo '{"synthetic": 1}' >"$work/oscan/cameras.json"
	says 1 "$work/oscan/cameras.json, found: it is not as oscanctl wrote it" \
		flyscan "${range[@]}" --camera synthetic
	# Another camera's entry, and a latency that is given.
	echo '{"other": 1}' >"$work/oscan/cameras.json"
	says 1 'wanted the motors' flyscan "${range[@]}" --camera synthetic
	! grep -q "also" "$work/err" || bad+="said $(cat "$work/err"); "
	echo 'nonsense' >"$work/oscan/cameras.json"
	says 1 'wanted the motors' flyscan "${range[@]}" --camera synthetic \
		--latency 0
	! grep -q "also" "$work/err" || bad+="said $(cat "$work/err"); "
}

a_calibration_leaves_nothing_behind()
{
	mkdir "$work/temporary"
	says 1 'wanted the motors' flyscan-calibrate "${range[@]}" \
		--temporary "$work/temporary" --camera synthetic
	[ -z "$(ls -A "$work/temporary")" ] ||
		bad+="left $(ls -A "$work/temporary"); "
	says 1 'choose another one with --temporary' flyscan-calibrate \
		"${range[@]}" --temporary "$work/none" --camera synthetic
}

for test in wrong_values_are_told a_synthetic_camera_that_cannot_be_is_told \
	    what_was_measured_must_be_readable \
	    a_calibration_leaves_nothing_behind; do
	bad=
	$test
	if [ -z "$bad" ]; then
		echo "ok $test"
	else
		echo "not ok $test: $bad"
		failed=yes
	fi
done
[ -z "${failed-}" ]
