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

# value NAME [AXIS]: of the turntable, or of that axis
value()
{
	"$oscanctl" status "${2-turntable}" --json |
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
rotor_is() { [ "$(value "$1" rotor)" = "$2" ]; }
rotor_is_below() { [ "$(value position_steps rotor)" -lt "$1" ]; }

# refused SENTENCE ARGS...
refused()
{
	local sentence=$1

	shift
	! "$oscanctl" "$@" >/dev/null 2>"$work/err" || bad+="done: $*; "
	must grep -q "$sentence" "$work/err"
}

# jog ARGS...: in the background
jog()
{
	"$oscanctl" jog "$@" >/dev/null 2>&1 &
	jogger=$!
}

end_jog()
{
	kill -INT "$jogger"
	wait "$jogger" || bad+="the jog failed; "
	jogger=
}

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
	jog turntable 45
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

beyond_a_limit_an_axis_jogs_back_only()
{
	must "$oscanctl" set-position rotor 125.1
	refused 'beyond its soft limits of .*; jog it with --backward' \
		jog rotor 40
	jog rotor 1 --backward
	wait_until rotor_is_below 14815
	end_jog
}

# At this speed the soft limit is farther away than a move can take.
a_slow_jog_within_limits_is_a_jog()
{
	must "$oscanctl" set-position rotor 90
	jog rotor 0.0001
	wait_until rotor_is motion moving
	end_jog
}

what_makes_a_move_too_long_is_told()
{
	refused 'give a greater --speed or' move turntable 720 --speed 0.001
	refused 'give a greater --accel, --decel or --jerk' \
		move turntable 720 --accel 1e-8
	refused 'takes longer; give a greater --accel' \
		jog turntable 40 --accel 1e-6
}

a_halt_at_speed_is_told_to_make_the_position_suspect()
{
	local moved mover

	moved=$(value steps_total)
	"$oscanctl" move turntable 36000 >/dev/null 2>"$work/err" &
	mover=$!
	wait_until has_moved $((moved + 4000))
	must "$oscanctl" halt turntable
	! wait $mover || bad+="it says that it was done; "
	must grep -q 'halted by another program; .* its position is suspect' \
		"$work/err"
}

# Half a unit of the last digit is the same; the unit has that letter as well.
an_exponent_moves_the_last_digit()
{
	"$oscanctl" calibrate turntable --commanded 1500 --measured 1517.3 \
		>"$work/plain"
	"$oscanctl" calibrate turntable --commanded 1.5e3 \
		--measured 1.5173e3deg >"$work/exponent"
	must grep -q 'as near as was measured' "$work/plain"
	must cmp "$work/plain" "$work/exponent"
}

if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
	echo "not ok the_model_builds: $(tail -n 1 <<<"$said")"
	exit 1
fi
for test in a_machine_begins_as_the_firmware_says \
	    every_step_comes_when_the_motion_says \
	    one_process_commands_and_all_watch \
	    the_axis_of_a_process_that_died_stops \
	    a_fly_scan_with_the_synthetic_camera_pairs_every_frame \
	    beyond_a_limit_an_axis_jogs_back_only \
	    a_slow_jog_within_limits_is_a_jog \
	    what_makes_a_move_too_long_is_told \
	    a_halt_at_speed_is_told_to_make_the_position_suspect \
	    an_exponent_moves_the_last_digit; do
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
