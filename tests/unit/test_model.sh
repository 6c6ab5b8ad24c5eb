#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl on the model of the driver, tests/model: what other tests build on.
# Times of steps are held against the textbook's parabola, worked out here.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=out/tests/model/oscanctl-full
work=$(mktemp -d)
export OSCAN_MODEL_STATE=$work/state
jogger=
trap '[ -z "$jogger" ] || kill -KILL $jogger; rm -rf "$work"' EXIT
bad=

must()
{
	"$@" >"$work/said" 2>&1 ||
		bad+="not true: $*: $(tail -n 1 "$work/said"); "
}

# value NAME: of the turntable
value()
{
	"$oscanctl" status turntable --json |
		sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p"
}

wait_until()
{
	local deadline=$((SECONDS + 60))

	until "$@"; do
		[ $SECONDS -lt $deadline ] || {
			bad+="in 60 s not: $*; "
			return
		}
		sleep 0.02
	done
}

has_moved() { [ "$(value steps_total)" -gt "$1" ]; }
is() { [ "$(value "$1")" = "$2" ]; }

a_machine_begins_as_the_firmware_says()
{
	must is position_steps 0
	must is position_state assumed
	must is enabled false
	must "$oscanctl" enable turntable on
	must is enabled true
}

# 200 steps up to the top speed and 200 down: n = a t^2 / 2.
every_step_comes_when_the_motion_says()
{
	"$oscanctl" record "$work/trace.h5" turntable --until-rest \
		>"$work/recorded" 2>&1 &
	wait_until test -s "$work/trace.h5"
	must "$oscanctl" move turntable 400 --steps --accel 1000
	must wait $!
	must is position_steps 400
	must /usr/bin/python3 -I - "$work/trace.h5" <<-'END'
	import sys, h5py, numpy
	log = h5py.File(sys.argv[1])["entry/instrument/turntable/value_log"]
	n = numpy.arange(1, 401)
	up = numpy.sqrt(2 * n / 1000)
	ideal = numpy.where(n <= 200, up, 2 * numpy.sqrt(0.4) -
	                    numpy.sqrt(2 * (400 - n) / 1000))
	times = (log["time_ns"][:] - log["time_ns"][0]) / 1e9
	worst = abs(times - (ideal - ideal[0])).max()
	assert worst < 2e-9 and list(log["raw_value"][:]) == list(n), worst
	END
}

one_process_commands_and_all_watch()
{
	"$oscanctl" jog turntable 45 >/dev/null 2>&1 &
	jogger=$!
	wait_until has_moved 500
	! "$oscanctl" move turntable 0 2>"$work/err" || bad+="both move; "
	must grep -q 'controlled by a program' "$work/err"
	must is motion moving
}

# At 400 microsteps/s, under the start-stop rate, and at once.
the_axis_of_a_process_that_died_stops()
{
	kill -KILL "$jogger"
	wait "$jogger" 2>/dev/null
	jogger=
	wait_until is motion idle
	must is last_end released
	must is control free
	must "$oscanctl" move turntable 0
	must is position_steps 0
	must test "$(OSCAN_MODEL_LOST=1 value position_state)" = lost
	must "$oscanctl" set-position turntable 90
	must is position_state known
}

# The camera shows the pose that it knows from the steps.
a_fly_scan_with_the_synthetic_camera_pairs_every_frame()
{
	must "$oscanctl" flyscan --axis turntable --start 90 --end 94 \
		--density 1 --size 64x48 --exposure 0.01 --period 0.05 \
		--output "$work/scan" --camera synthetic:pose=driver
	must /usr/bin/python3 -I - "$work"/scan/*.h5 <<-'END'
	import sys, h5py, numpy
	data = h5py.File(sys.argv[1])["entry/data"]
	places = data["turntable"][:]
	assert len(places) > 4 and numpy.isfinite(places).all(), places
	END
}

if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
	echo "not ok the_model_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
for test in a_machine_begins_as_the_firmware_says \
	    every_step_comes_when_the_motion_says \
	    one_process_commands_and_all_watch \
	    the_axis_of_a_process_that_died_stops \
	    a_fly_scan_with_the_synthetic_camera_pairs_every_frame; do
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
