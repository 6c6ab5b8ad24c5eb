#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rotor-judge's command line: what it prints, and its exit status.
set -u

make -s -C tests/rotor >&2 || {
	echo "not ok rotor_judge: it does not build"
	exit 1
}
judge=out/tests/rotor/rotor-judge
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# record FILE STEPS INTERVAL_NS BURST_FROM BURST_TO: DIR (line 1) high, then
# pulses of 2 us on line 0; steps in the burst come 20 us apart.
record()
{
	perl -e '
		my ($file, $steps, $interval, $from, $to) = @ARGV;
		my $time = 1000000;
		open(my $out, ">:raw", $file) or die;
		print $out pack("Q<L<C4", $time - 10000, 1, 1, 0, 0, 0);
		for (my $n = 1; $n <= $steps; $n++) {
			print $out pack("Q<L<C4", $time, 0, 1, 0, 0, 0);
			print $out pack("Q<L<C4", $time + 2000, 0, 0, 0, 0, 0);
			$time += $n >= $from && $n < $to ? 20000 : $interval;
		}' "$@"
}

# run ARGS...: sets status; output in $work/out and $work/err
run()
{
	"$judge" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# complaint STATUS TEXT FILE: what is wrong with the last run, if anything
complaint()
{
	[ "$status" = "$1" ] || echo "exit status $status and not $1"
	grep -qF -- "$2" "$work/$3" ||
		echo "said \"$(cat "$work/$3")\" and not \"$2\""
}

# is NAME STATUS TEXT FILE: judges the last run
is()
{
	local why

	why=$(complaint "$2" "$3" "$4")
	if [ -z "$why" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $(echo "$why" | tr '\n' ';')"
		failed=1
	fi
}

# 1 ms apart is slow enough to start with; 400 steps at once are 25 full steps.
record "$work/even" 1000 1000000 0 0
record "$work/burst" 1000 1000000 300 700
head -c 100 "$work/even" >"$work/cut"
: >"$work/empty"
axis=(--step 0 --dir 1 --microsteps 16 --motor nema17-40)

run --edges "$work/even" "${axis[@]}" --max-speed-sps 1000 --pulse-high-ns 2000
is a_clean_recording_is_clean 0 clean out
run --edges "$work/even" "${axis[@]}"
is the_position_is_printed 0 "1000 microsteps, 1000 steps" out
run --edges "$work/burst" "${axis[@]}"
is a_burst_loses_steps 1 "not clean" out
run --edges "$work/even" "${axis[@]}" --pulse-high-ns 2001
is a_violation_alone_is_enough 1 "STEP fell at 1002000 ns, 2000 ns after it \
rose; at least 2001 ns are needed (pulse_high)." out
run --edges "$work/burst" "${axis[@]}" --max-speed-sps 1000 --catch-up 10
is the_interval_is_judged 1 "violations  400, interval 400" out
run --edges "$work/even" "${axis[@]}" --load-inertia 1e8
is a_load_too_heavy_to_start_loses_steps 1 "not clean" out
run --edges "$work/even" "${axis[@]}" --dir-initial 0 --dir 2
is dir_without_edges_is_as_told 0 "position    -1000 microsteps" out

run --edges "$work/even" "${axis[@]}" --json
for field in '"clean": true' '"position": 1000' '"steps": 1000' \
	'"lost_full_steps": 0' '"slips": 0' '"first_violation": null' \
	'"dir_hold": null' '"pulse_high": 2000'; do
	is "json_has $field" 0 "$field" out
done
run --edges "$work/burst" "${axis[@]}" --max-speed-sps 1000 --json
for field in '"clean": false' '"rule": "interval"' \
	'"violations_total": 400'; do
	is "json_has $field" 1 "$field" out
done

run --help
is help_names_the_motors 0 "17HS4401" out
run
is edges_are_needed 2 "--edges is needed" err
run --edges "$work/even" --step 0 --dir 1 --microsteps 16
is a_motor_is_needed 2 "--motor is needed" err
run --edges "$work/even" "${axis[@]}" --motor nema99
is an_unknown_motor_is_refused 2 'there is no motor "nema99"' err
run --edges "$work/even" "${axis[@]}" --catch-up 51
is a_value_out_of_range_is_refused 2 "--catch-up takes a number from 0 to 50" \
	err
run --edges "$work/even" "${axis[@]}" --microsteps 1.5
is a_fraction_of_a_microstep_is_refused 2 "--microsteps takes a whole number" \
	err
run --edges "$work/even" "${axis[@]}" --dir 0
is one_line_twice_is_refused 2 "must be different lines" err
run --edges "$work/even" "${axis[@]}" extra
is an_argument_too_many_is_refused 2 'unexpected argument "extra"' err
run --edges "$work/none" "${axis[@]}"
is a_missing_file_is_refused 2 "cannot read $work/none: No such file" err
run --edges "$work/cut" "${axis[@]}"
is a_file_that_is_cut_off_is_refused 2 "no complete recording" err
run --edges "$work/empty" "${axis[@]}"
is nothing_to_judge_is_no_success 2 "has no step on line 0" err
run --edges "$work/even" "${axis[@]}" --step 4
is a_wrong_line_is_no_success 2 "has no step on line 4" err
exit "$failed"
