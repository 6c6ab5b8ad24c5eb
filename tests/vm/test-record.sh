#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: oscanctl's commands that watch, held against the edges that
# the rig recorded.
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# start NAME COMMAND...: in the background; sets pid_NAME
start()
{
	local name=$1

	shift
	"$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
	printf -v "pid_$name" %s $!
}

# end NAME [SIGNAL]: results as run() leaves them
end()
{
	local pid=pid_$1

	[ $# -lt 2 ] || kill "-$2" "${!pid}"
	wait "${!pid}"
	status=$?
	cp "$work/$1.out" "$work/out"
	cp "$work/$1.err" "$work/err"
}

has_begun() { [ -s "$1" ]; }

must_begin() { wait_until 20 has_begun "$1" || why+="$1 stays empty; "; }

# "time position" of each rising STEP edge of the turntable; DIR begins low.
rig_steps()
{
	cat /dev/oscan-rig >>"$edges"
	od -An -v -w16 -tu4 "$edges" | awk '
		$3 == 1 { up = $4 }
		$3 == 0 && $4 {
			position += up ? 1 : -1
			printf "%.0f %d\n", $1 + $2 * 4294967296, position
		}'
}

# column PATH: of the file that was recorded
column() { h5dump -y -w 1 -d "$2" "$1" | sed -n 's/^ *\(-\{0,1\}[0-9][0-9]*\),\{0,1\}$/\1/p'; }

every_way_of_watching_tells_every_step()
{
	local log=/entry/instrument/turntable/value_log

	start csv oscanctl monitor turntable --csv --until-rest
	start json "${nobody[@]}" "$(command -v oscanctl)" monitor --json --until-rest
	start record oscanctl record "$work/t.h5" --until-rest --json
	must_begin "$work/csv.out"
	must_begin "$work/json.out"
	must_begin "$work/t.h5"
	# There and back in one: they end when it is over.
	oscanctl move turntable --relative --steps 900 >/dev/null ||
		why+="it cannot move; "
	rig_steps >"$work/edges.txt"
	must [ "$(wc -l <"$work/edges.txt")" = 900 ]

	end csv
	must_exit 0
	must [ "$(head -n 1 "$work/out")" = \
		axis,number,time_ns,position_steps,position,late_ns ]
	sed 1d "$work/out" | tr , ' ' | paste -d ' ' - "$work/edges.txt" | awk '
		NF != 8 || $1 != "turntable" || $2 != NR || $4 != $8 || $3 < $7 ||
		$3 - $7 > 1e8 || ($5 - $4 * 360 / 3200) ^ 2 > 1e-10 { bad = 1 }
		END { exit bad || NR != 900 }' ||
		why+="the lines are not the edges; "
	verdict monitor_prints_every_step_as_csv

	end json
	must_exit 0
	must [ "$(head -n 2 "$work/out" | grep -c '"type":"state"')" = 2 ]
	must grep -q '"type":"state".*"motion":"moving"\|"motion":"moving".*"type":"state"' "$work/out"
	must [ "$(grep '"type":"steps"' "$work/out" |
		grep -o '"late_ns":\[[^]]*\]' | grep -o '[0-9][0-9]*' |
		wc -l)" = 900 ]
	must [ "$(grep '"type":"steps"' "$work/out" |
		grep -o '"times_ns":\[[^]]*\]' | grep -o '[0-9][0-9]*' |
		md5sum)" = "$(sed 1d "$work/csv.out" | cut -d , -f 3 | md5sum)" ]
	must [ "$(grep '"type":"event"' "$work/out" |
		grep -o '"event":"move-[a-z]*"' | tr -d '\n')" = \
		'"event":"move-started""event":"move-ended"' ]
	verdict anybody_may_monitor_as_json

	end record
	must_exit 0
	must_have steps 900
	must_have missing_steps 0
	must_have missing_steps 0 2
	must [ "$(column "$work/t.h5" $log/time_ns | md5sum)" = \
		"$(sed 1d "$work/csv.out" | cut -d , -f 3 | md5sum)" ]
	must [ "$(column "$work/t.h5" $log/raw_value | md5sum)" = \
		"$(cut -d ' ' -f 2 "$work/edges.txt" | md5sum)" ]
	must [ "$(column "$work/t.h5" $log/late | md5sum)" = \
		"$(sed 1d "$work/csv.out" | cut -d , -f 6 | md5sum)" ]
	verdict record_keeps_every_step
	run plot "$work/t.h5" -o "$work/t.png"
	must_exit 0
	must [ "$(head -c 4 "$work/t.png" | tail -c 3)" = PNG ]
	cp "$work/t.h5" "$work/t.png" "$OSCAN_OUT"
	verdict plot_draws_what_was_recorded
}

recordings_end_well()
{
	start one oscanctl record "$work/one.h5"
	start two oscanctl record "$work/two.h5" rotor --duration 0.3
	start three oscanctl record "$work/three.h5"
	must_begin "$work/one.h5"
	must_begin "$work/three.h5"
	oscanctl move turntable --relative --steps 300 >/dev/null
	end two
	must_exit 0
	must grep -qx 'rotor *0 steps' "$work/out"
	must h5dump -d /entry/end_time "$work/two.h5" >/dev/null
	must [ -z "$(h5dump -n "$work/two.h5" | grep turntable)" ]
	verdict a_recording_ends_after_its_duration
	end one INT
	must_exit 0
	must grep -qx 'turntable *300 steps' "$work/out"
	must [ "$(column "$work/one.h5" /entry/instrument/turntable/value_log/number |
		wc -l)" = 300 ]
	must h5dump -d /entry/end_time "$work/one.h5" >/dev/null
	verdict ctrl_c_ends_a_recording_that_can_be_read
	wait_until 20 is_flushed || why+="it is not flushed; "
	end three KILL
	must [ "$status" = 137 ]
	run plot "$work/three.h5"
	must_exit 0
	must grep -q '300 steps' "$work/three.svg"
	verdict what_was_flushed_outlives_a_kill
}

is_flushed()
{
	[ "$(HDF5_USE_FILE_LOCKING=FALSE column "$work/three.h5" \
		/entry/instrument/turntable/value_log/number 2>/dev/null |
		wc -l)" = 300 ]
}

bad_input()
{
	echo precious >"$work/there.h5"
	refused a_file_that_is_there_is_not_replaced "found that it exists" \
		record "$work/there.h5"
	must [ "$(<"$work/there.h5")" = precious ]
	verdict and_it_is_as_it_was
	refused a_folder_that_is_not_there_is_told "No such file or directory" \
		record "$work/none/x.h5"
	refused an_axis_that_is_not_there_is_told \
		'no axis "x"; this machine has turntable, rotor' monitor x
	refused an_axis_that_is_not_there_is_not_recorded \
		'no axis "x"; this machine has turntable, rotor' \
		record "$work/x.h5" x
	must [ ! -e "$work/x.h5" ]
	"${nobody[@]}" "$(command -v oscanctl)" record "$work/x.h5" \
		>"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "Permission denied"
	verdict a_folder_that_may_not_be_written_to_is_told
	oscanctl monitor --csv --duration 5 >/dev/full 2>"$work/err"
	status=$?
	: >"$work/out"
	must_exit 1
	must_say "could not be printed"
	verdict an_output_that_cannot_be_written_is_told
}

settings()
{
	run stream turntable --spacing 40 --period 5 --json
	must_exit 0
	must_have period_ms 5
	must_have spacing_steps 40
	run stream
	must grep -qx 'turntable .* every 5 ms; thinned: every 40 microsteps' \
		"$work/out"
	must grep -qx 'rotor .* every 20 ms; thinned: every 100 microsteps' \
		"$work/out"
	start thin oscanctl monitor turntable --csv --thin --until-rest
	must_begin "$work/thin.out"
	oscanctl move turntable 400 --steps >/dev/null
	oscanctl move turntable 0 --steps >/dev/null
	end thin
	must_exit 0
	must [ "$(wc -l <"$work/out")" -gt 15 ]
	must [ -z "$(sed 1d "$work/out" | awk -F , '$4 % 40')" ]
	verdict settings_are_shown_and_followed
	"${nobody[@]}" "$(command -v oscanctl)" stream turntable --period 3 \
		>"$work/out" 2>"$work/err"
	status=$?
	must_exit 1
	must_say "this user may not; run it with sudo"
	verdict who_may_not_set_is_told
}

table_and_end_of_driver()
{
	run monitor --duration 0.3
	must_exit 0
	must grep -q '^axis  *position  *speed' "$work/out"
	must [ "$(wc -L <"$work/out")" -lt 80 ]
	must grep -q '^rotor  *90\.00[0-9]* deg  *0\.00 deg/s idle ' "$work/out"
	verdict monitor_prints_a_table
	start gone oscanctl monitor --csv
	must_begin "$work/gone.out"
	unload_rig || why+="the modules cannot be unloaded; "
	end gone
	must_exit 1
	must_say "wanted the axes, found"
	verdict a_driver_that_goes_ends_the_watch
}

# shellcheck disable=SC2119 # it takes parameters of the rig, or none
begin_rig
every_way_of_watching_tells_every_step
recordings_end_well
bad_input
settings
table_and_end_of_driver
