#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the driver says of its steps' time, through oscanctl, debugfs and the
# tracepoints, agrees with what the rig recorded.

# begin_rig takes parameters of the rig, or none.
# shellcheck disable=SC2119
set -u

# shellcheck source=tests/vm/guest-lib.sh
. "$OSCAN_TREE/tests/vm/guest-lib.sh"
# shellcheck source=tests/vm/oscanctl.sh
. "$OSCAN_TREE/tests/vm/oscanctl.sh"

folder=/sys/kernel/debug/oscan-motor
tracing=/sys/kernel/tracing

# Sum of a column of the lines that match, on standard input.
sum_of() { awk -v pattern="$1" -v column="$2" \
	'$0 ~ pattern { sum += $column } END { print sum + 0 }'; }

without_a_step()
{
	begin_rig
	run stats
	must_exit 0
	must [ "$(grep -c 'no step was made yet' "$work/out")" = 2 ]
	run stats --json
	must_exit 0
	must_have axis turntable
	must_have axis rotor 2
	must_have move_id 0
	must_have shortest_interval_ns null
	must [ "$(sum_of '"steps"' 2 <"$work/out")" = 0 ]
	verdict an_axis_that_never_moved_has_no_times
}

after_a_move()
{
	local steps least worst _

	run move turntable 700 --steps --json
	must_exit 0
	worst=$(value worst_late_ns)
	must_stand_at turntable 700
	read -r _ least <<<"$(rig_intervals)"
	run stats turntable --json
	must_exit 0
	must_have move_id 1
	must_have worst_late_ns "$worst"
	must_have worst_late_ns "$worst" 2
	steps=$(sum_of '"steps"' 2 <"$work/out")
	must [ "$steps" = 700 ]
	# The rig reads its clock in the call that the driver reads its after.
	must [ "$(value shortest_interval_ns)" -gt $((least * 3 / 4)) ]
	must [ "$(value shortest_interval_ns)" -lt $((least * 4 / 3)) ]
	verdict every_step_of_a_move_is_in_the_histogram
	run stats turntable
	must_exit 0
	must [ "$(sum_of '^    [< ]' 4 <"$work/out")" = 700 ]
	must grep -q '^  move 1 *worst .* shortest interval .* stumbles*$' \
		"$work/out"
	verdict the_histogram_is_drawn
	run move turntable 1 --relative --steps
	must_exit 0
	run stats turntable --json
	must_have move_id 2
	must_have shortest_interval_ns null
	must [ "$(sum_of '"steps"' 2 <"$work/out")" = 701 ]
	verdict each_move_has_times_of_its_own
}

debug_files()
{
	must [ "$(cd "$folder" && echo *)" = "rotor turntable" ]
	must grep -qx 'position  *701 microsteps, [a-z]*' "$folder/turntable"
	must grep -qx 'steps  *701, 0 not in the trace' "$folder/turntable"
	must [ "$(sum_of '^  <' 3 <"$folder/turntable")" = 701 ]
	must grep -qx 'motion  *idle, motor on' "$folder/turntable"
	must grep -qx 'motion  *idle, motor off' "$folder/rotor"
	must grep -qx '  shortest  *none' "$folder/rotor"
	verdict debugfs_says_the_same
	start_move turntable 3600 --speed 200
	must_move
	must grep -qx 'motion  *moving, motor on' "$folder/turntable"
	run stop turntable
	end_move
	verdict debugfs_can_be_read_while_it_moves
	exec 5<"$folder/turntable"
	echo oscan-motor >/sys/bus/platform/drivers/oscan-motor/unbind
	must [ ! -e "$folder" ]
	must [ -z "$(cat <&5 2>/dev/null)" ]
	exec 5<&-
	verdict debugfs_goes_with_the_device
}

begin_trace()
{
	echo 0 >"$tracing/events/enable"
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/oscan/enable"
}

end_trace()
{
	echo 0 >"$tracing/events/enable"
	grep -o 'oscan_[a-z_]*: .*' "$tracing/trace" >"$work/trace"
}

# traced EVENT PATTERN...: such an event has each of these fields
traced()
{
	local event=$1 field found

	shift
	found=$(grep "^$event: " "$work/trace") ||
		why+="no $event was traced; "
	for field in "$@"; do
		grep -qE "(^| )$field( |\$)" <<<"$found" ||
			why+="$event has no $field: $found; "
	done
}

traces()
{
	begin_rig
	begin_trace
	run move turntable 300 --steps --json
	must_exit 0
	end_trace
	traced oscan_move_start axis=0 name=turntable move_id=1 position=0 \
		target=300 rate_sps=5000
	traced oscan_move_end axis=0 name=turntable move_id=1 end=done \
		position=300 "worst_late_ns=$(value worst_late_ns)" \
		"slip_ns=$(value slip_ns)" "stumbles=$(value stumbles)"
	traced oscan_step axis=0 position=1 position=300
	must [ "$(grep -c '^oscan_step: ' "$work/trace")" = 300 ]
	must [ "$(grep -c '^oscan_move' "$work/trace")" = 2 ]
	verdict a_move_and_each_of_its_steps_is_traced
	begin_trace
	echo 0 >"$tracing/events/oscan/oscan_step/enable"
	start_move turntable 3600 --speed 200
	must_move
	run stop turntable
	end_move
	start_move rotor 20 --speed 5
	must_move
	run halt rotor
	end_move
	end_trace
	must [ "$(grep -c '^oscan_step: ' "$work/trace")" = 0 ]
	traced oscan_stop axis=0 name=turntable why=stopped
	traced oscan_halt axis=1 name=rotor why=halted
	traced oscan_move_end end=stopped end=halted
	verdict stops_and_halts_are_traced
}

stumbles()
{
	begin_rig
	begin_trace
	echo 0 >"$tracing/events/oscan/oscan_step/enable"
	echo "2800 10000" >/sys/kernel/debug/oscan-rig/delay_at
	run move turntable 5500 --steps --json
	must_exit 0
	end_trace
	traced oscan_stumble axis=0 name=turntable move_id=1
	# This machine may hold it up elsewhere too.
	must [ -z "$(sed -nE 's/^oscan_stumble: .*position=([0-9]+) steps_left=([0-9]+)/\1 \2/p' \
		"$work/trace" | awk '$1 + $2 != 5500')" ]
	must [ "$(grep -c '^oscan_stumble: ' "$work/trace")" = \
	       "$(value stumbles)" ]
	run stats turntable --json
	must [ "$(value worst_late_ns)" -gt 9000000 ]
	must [ "$(value stumbles)" -gt 0 ]
	verdict a_stumble_is_traced_and_counted
}

without_a_step
after_a_move
debug_files
traces
stumbles
json_is_json
