#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl's command line, its man pages and the README say the same.
#
# No driver is needed: with --device /dev/null a command line that is right
# fails only when the device is opened, which its sentence shows.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=${OSCANCTL:-out/bin/oscanctl}
man=userspace/man
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# judge NAME WHY: ok if WHY is empty.
judge()
{
	if [ -z "$2" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $(echo "$2" | tr '\n' ';')"
		failed=1
	fi
}

if [ ! -x "$oscanctl" ] || [ ! -s README.md ]; then
	judge cli "there is no $oscanctl (make userspace) or no README.md"
	exit 1
fi
# Another user must be able to run it, wherever this tree lies.
cp "$oscanctl" "$oscanctl-full" "$work/"
chmod -R go+rX "$work"

# From the table itself, so that no command can be left out.
commands=$(sed -n 's/^\t{ "\([a-z-]*\)", cmd_.*/\1/p' \
	userspace/oscanctl/oscanctl.c)

# run ARGS...: sets status; output in $work/out and $work/err
run()
{
	"$work/oscanctl" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# complaint STATUS TEXT: what is wrong with the last run, if anything
complaint()
{
	[ "$status" = "$1" ] || echo "exit status $status and not $1"
	[ "$(wc -l <"$work/err")" = 1 ] ||
		echo "$(wc -l <"$work/err") lines and not one sentence"
	grep -qF -- "$2" "$work/err" ||
		echo "said \"$(cat "$work/err")\" and not \"$2\""
	grep -q '^oscanctl' "$work/err" || echo "does not say who speaks"
	[ ! -s "$work/out" ] || echo "wrote to standard output"
}

bad=

row()
{
	local found

	found=$(complaint "$@")
	[ -z "$found" ] || bad+="oscanctl ${row_args[*]}: $found
"
}

# right ARGS...: parses
right()
{
	row_args=("$@" --device /dev/null)
	run "${row_args[@]}"
	row 1 "another kind of file"
}

# wrong SENTENCE ARGS...: does not
wrong()
{
	local sentence=$1

	shift
	row_args=("$@")
	run "${row_args[@]}"
	row 2 "$sentence"
}

a_right_command_line_is_parsed()
{
	right list
	right list --json
	right status
	right status turntable
	right status --json turntable
	right stats
	right stats --json rotor
	right enable turntable
	right enable turntable on
	right enable turntable off
	right enable --json turntable off
	right move turntable 30
	right move turntable -30
	right move turntable -.5
	right move turntable +7
	right move turntable 1e3
	right move turntable -1e-3
	right move turntable 0
	right move -30 -30
	right move turntable 30deg
	right move turntable -12.5mm
	right move --relative turntable -30
	right move turntable --relative -30
	right move turntable -30 --relative
	right move turntable 30 --speed 10
	right move turntable 30 --speed=10
	right move turntable 30 --speed 10deg/s
	right move turntable 30 --accel 10deg/s2 --decel 5deg/s2
	right move turntable 30 --accel 1mm/s2
	right move turntable 30 --steps --speed 100
	right move --json turntable 30
	right move turntable 30 rotor -5
	right move turntable -30 --arrive-together rotor 5deg --speed 3
	right move a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8
	row_args=(move --device /dev/null -- turntable -30)
	run "${row_args[@]}"
	row 1 "another kind of file"
	right move turntable 2turn --speed 0.5turn/s --accel 1turn/s2
	right move turntable 10 --way shortest
	right move turntable -10 --way down
	right move turntable 10 --way=up --speed 3
	right calibrate turntable --commanded 360 --measured 358.2
	right calibrate --json turntable --commanded -90deg --measured -1turn
	right stop
	right stop turntable
	right stop turntable rotor
	right stop --json
	right halt
	right halt rotor
	right home turntable
	right home turntable --json
	right home rotor --towards min
	right home --towards max rotor --fast 10 --slow 1deg/s --backoff 2
	right home rotor --position -30 --travel 100deg
	right home rotor --steps --position 100 --travel 1000
	right set-position turntable 0
	right set-position turntable -3.25deg
	right set-position turntable -26 --steps
	right trigger
	right trigger --json
	right trigger camera
	right trigger camera turntable --at 90
	right trigger camera turntable --at 90 --at -30deg --width 2ms
	right trigger camera turntable --start -5 --every -10
	right trigger camera turntable --start 0 --every 1 --number 36 \
		--direction up --steps --json
	right trigger camera --off
	right trigger camera --pulse --width 1us
	right capture
	right capture strobe --json
	right capture strobe --edges both --min-interval 50us
	right capture strobe --edges off
	right capture strobe --follow --number 3 --edges rising
}

a_wrong_command_line_is_told_in_one_sentence()
{
	wrong "wanted a command, found none"
	wrong 'no command "mvoe"; did you mean "move"?' mvoe
	wrong 'no command "set-positon"; did you mean "set-position"?' \
		set-positon
	wrong 'no command "dance" (see oscanctl --help)' dance
	wrong 'no command ""' ""
	wrong 'no option "-x" before the command' -x
	wrong 'no option "--json" before the command' --json list
	wrong 'wanted no argument, found "turntable"' list turntable
	wrong 'no option "--verbose"' list --verbose
	wrong 'no option "-xyz"' list -xyz
	wrong 'no option "-xyz"' list --json -xyz
	wrong 'no option "-x"' status turntable -x
	wrong 'did you mean "--json"?' list --jsno
	wrong 'option "--json" takes no value' list --json=yes
	wrong 'option "--device" needs a value' list --device
	wrong 'found "rotor" behind it' status turntable rotor
	wrong 'wanted AXIS [on|off], found 0 arguments' enable
	wrong 'wanted on or off, found "maybe"' enable turntable maybe
	wrong 'found "3" behind it' enable turntable on 3
	wrong 'wanted AXIS VALUE [AXIS VALUE]..., found 0 arguments' move
	wrong 'wanted AXIS VALUE [AXIS VALUE]..., found 1 argument ' \
		move turntable
	wrong 'wanted a VALUE for each AXIS, found none for "rotor"' \
		move turntable 1 rotor
	wrong 'wanted each axis once, found "turntable" twice' \
		move turntable 1 rotor 2 turntable 3
	wrong 'wanted a number, found "x"' move turntable 1 rotor x
	wrong 'found "i" behind it' \
		move a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9
	wrong 'wanted a number, found "x"' move turntable x
	wrong 'wanted a number, found ""' move turntable ""
	wrong 'wanted a number, found "0x10"' move turntable 0x10
	wrong 'wanted a finite number, found "nan"' move turntable nan
	wrong 'wanted a finite number, found "inf"' move turntable inf
	wrong 'wanted a finite number, found "1e999"' move turntable 1e999
	wrong 'deg, mm or turn behind it, found "3cm"' move turntable 3cm
	wrong 'deg, mm or turn behind it, found "3degrees"' move turntable 3degrees
	wrong 'deg, mm or turn behind it, found "3deg/s"' move turntable 3deg/s
	wrong 'deg, mm or turn behind it, found "-30,5"' move turntable -30,5
	wrong 'deg/s, mm/s or turn/s behind it, found "3deg"' \
		move turntable 1 --speed 3deg
	wrong 'deg/s2, mm/s2 or turn/s2 behind it, found "3deg/s"' \
		move turntable 1 --accel 3deg/s
	wrong '--speed: wanted more than zero, found "0"' \
		move turntable 1 --speed 0
	wrong '--speed: wanted more than zero, found "-5"' \
		move turntable 1 --speed -5
	wrong '--accel: wanted more than zero, found "-5"' \
		move turntable 1 --accel -5
	wrong '--decel: wanted more than zero, found "-0"' \
		move turntable 1 --decel=-0
	wrong 'option "--speed" needs a value' move turntable 1 --speed
	wrong 'did you mean "--relative"?' move turntable 1 --relativ3
	wrong 'no option "-r"' move -r turntable 1
	wrong 'did you mean "--steps"?' set-position --step5 turntable 1
	wrong 'wanted AXIS VALUE, found 1 argument ' set-position turntable
	wrong 'wanted a number, found "here"' set-position turntable here
	wrong 'wanted AXIS, found 0 arguments' home
	wrong 'found "2" behind it' home turntable 2
	wrong '--towards: wanted min or max, found "left"' \
		home turntable --towards left
	wrong '--slow: wanted more than zero, found "0"' home rotor --slow 0
	wrong '--travel: wanted more than zero, found "-5"' \
		home rotor --travel -5
	wrong '--backoff: wanted more than zero, found "0"' \
		home rotor --backoff 0
	wrong 'mm/s or turn/s behind it, found "3deg"' home rotor --fast 3deg
	wrong 'did you mean "--towards"?' home rotor --towrads
	wrong 'found no --axis' flyscan
	wrong 'wanted a number without a unit' flyscan --axis a --p-start 1mm
	wrong 'did you mean "--p-start"?' flyscan --p-strt 1
	wrong 't_period must be above zero' flyscan --axis a --t-period 0
	wrong 'found both' flyscan --resume a --job b
	wrong 'found "--t-period" too' flyscan --resume a --period 1
	wrong '--duration: wanted seconds' diag --duration 0
	wrong 't_acquire must be above zero' diag --t-acquire 1
	wrong 'wanted no argument, found "now"' doctor now
	wrong 'wanted one of --at, --every, --pulse and --off, found more' \
		trigger camera turntable --at 1 --off
	wrong 'wanted the name of a line, found none' trigger --pulse
	wrong 'wanted no axis with --off, found "turntable"' \
		trigger camera turntable --off
	wrong 'wanted --at or --every with an axis, found neither' \
		trigger camera turntable
	wrong 'wanted an axis with --at and --every, found none' \
		trigger camera --at 3
	wrong 'wanted --start and --every together, found one of them' \
		trigger camera turntable --every 3
	wrong 'found --number alone' trigger camera turntable --at 3 --number 2
	wrong 'wanted a number, found "x"' trigger camera turntable --at x
	wrong 'wanted a number, found "x"' \
		trigger camera turntable --start 1 --every x
	wrong 'wanted up, down or both, found "left"' \
		trigger camera turntable --at 3 --direction left
	wrong 'wanted a time such as 50us or 2ms, found "50"' \
		trigger camera --pulse --width 50
	wrong 'wanted 1us to 4.29497s, found "5s"' \
		trigger camera --pulse --width 5s
	wrong 'wanted a whole number above zero, found "-1"' \
		trigger camera turntable --start 0 --every 1 --number=-1
	wrong 'wanted rising, falling, both or off, found "up"' \
		capture strobe --edges up
	wrong 'wanted the name of a line, found none' capture --follow
	wrong 'wanted --edges with --min-interval, found none' \
		capture strobe --min-interval 1ms
	wrong 'found --number alone' capture strobe --number 3
	wrong 'found --edges off' capture strobe --follow --edges off
	wrong 'option "--output" needs a value' doctor --output
	wrong 'wanted absolute, shortest, up or down, found "left"' \
		move turntable 1 --way left
	wrong 'found --relative with it' move turntable 1 --relative --way up
	wrong 'found --steps with it' move turntable 1 --steps --way up
	wrong 'alone or with deg/s, mm/s or turn/s behind it' \
		move turntable 1 --speed 3turns/s
	wrong 'found "rotor" behind it' monitor turntable rotor
	wrong 'wanted --json or --csv, found both' monitor --csv --json
	wrong '--duration: wanted seconds, more than zero, found "0"' \
		monitor --duration 0
	wrong '--duration: wanted seconds, more than zero, found "1e99"' \
		record /nowhere/x.h5 --duration 1e99
	wrong '--duration: wanted seconds, more than zero, found "nan"' \
		monitor --duration nan
	wrong '--duration: wanted seconds, more than zero, found "5s"' \
		monitor --duration 5s
	wrong 'did you mean "--until-rest"?' record x.h5 --until-rset
	wrong 'wanted FILE [AXIS], found 0 arguments' record
	wrong 'wanted FILE [AXIS], found 0 arguments' plot
	wrong '--period: wanted 1 to 1000, found "1001"' stream --period 1001
	wrong '--period: wanted 1 to 1000, found "-1"' stream --period=-1
	wrong '--spacing: wanted 1 to 10000, found "0"' stream --spacing 0
	wrong '--spacing: wanted 1 to 10000, found "10x"' stream --spacing 10x
	wrong 'found neither' calibrate turntable
	wrong 'found one of them only' calibrate turntable --measured 3
	wrong 'wanted a number, found "x"' calibrate turntable --measured x \
		--commanded 1
	wrong 'wanted a number, found "x"' calibrate turntable --measured x \
		--comanded 1
}

what_cannot_be_printed_is_told_in_one_sentence()
{
	local words

	for words in --version --help "move --help" "scan --help"; do
		# shellcheck disable=SC2206
		row_args=($words)
		"$work/oscanctl" "${row_args[@]}" >/dev/full 2>"$work/err"
		status=$?
		: >"$work/out"
		row 1 "the result could not be printed"
	done
}

a_missing_device_is_told_in_one_sentence()
{
	local none=$work/none command

	for command in list status stats stop halt trigger capture \
		       "enable turntable" "trigger camera --pulse" \
		       "calibrate x --commanded 1 --measured 1" \
		       "move turntable 1" "home turntable" "set-position turntable 1"; do
		# shellcheck disable=SC2206
		row_args=($command --device "$none")
		run "${row_args[@]}"
		row 1 "modprobe oscan_motor"
	done
}

a_missing_driver_is_told_to_who_watches_and_nothing_is_left_behind()
{
	local command

	for command in monitor "monitor --json turntable" stream \
		       "stream rotor --period 5" "record $work/x.h5" \
		       "record $work/x.h5 turntable --duration 3"; do
		# shellcheck disable=SC2206
		row_args=($command)
		run "${row_args[@]}"
		row 1 "modprobe oscan_motor"
	done
	[ ! -e "$work/x.h5" ] || bad+="record left a file behind"
}

a_device_that_is_not_ours_to_open_is_told_in_one_sentence()
{
	local user=nobody

	touch "$work/closed"
	chmod 0 "$work/closed"
	# Root may open every file, so somebody else has to try.
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$user" --regid nogroup --clear-groups \
			"$work/oscanctl" list --device "$work/closed" \
			>"$work/out" 2>"$work/err" </dev/null
		status=$?
	else
		run list --device "$work/closed"
	fi
	row_args=(list --device closed)
	row 1 "this user may not"
}

# The greatest size of a file makes a write short, as a full disk does.
a_disk_that_is_full_is_called_so_by_doctor()
{
	(ulimit -f 100; "$work/oscanctl" doctor --output "$work") \
		>"$work/out" 2>&1
	grep -q '^fail  disk: .* cannot be written to: No space left' \
		"$work/out" || bad=$(grep disk "$work/out")
}

every_command_prints_its_help()
{
	local command

	for command in $commands; do
		run "$command" --help
		[ "$status" = 0 ] || bad+="$command --help: status $status
"
		[ ! -s "$work/err" ] || bad+="$command --help: $(<"$work/err")
"
		head -n 1 "$work/out" | grep -q "^Usage: oscanctl $command" ||
			bad+="$command --help begins: $(head -n 1 "$work/out")
"
	done
}

the_help_lists_every_command()
{
	local command

	run --help
	[ "$status" = 0 ] || bad+="status $status
"
	for command in $commands; do
		grep -q "^  $command  *[a-z]" "$work/out" ||
			bad+="$command is not in --help
"
	done
	[ -n "$commands" ] || bad+="no command was found in the table
"
}

the_version_is_printed()
{
	run --version
	[ "$status" = 0 ] || bad="exit status $status"
	grep -qxE 'oscanctl [0-9]+\.[0-9]+\.[0-9]+' "$work/out" ||
		bad+="printed $(<"$work/out")"
}

page_text() { mandoc -Tascii "$1" | col -bx; }

every_command_has_a_man_page()
{
	local command

	page_text "$man/oscanctl.1" >"$work/main"
	for command in $commands; do
		[ -s "$man/oscanctl-$command.1" ] ||
			bad+="there is no $man/oscanctl-$command.1
"
		grep -qF "oscanctl-$command(1)" "$work/main" ||
			bad+="oscanctl(1) does not name oscanctl-$command(1)
"
	done
}

every_man_page_has_a_command()
{
	local page name

	for page in "$man"/oscanctl-*.1; do
		name=${page#"$man/oscanctl-"}
		name=${name%.1}
		grep -qx -- "$name" <<<"$commands" ||
			bad+="$page is of no command
"
	done
}

long_options() { grep -oE -- '(^|[^a-z-])--[a-z][a-z-]*' |
	grep -oE -- '--[a-z-]+' | sort -u; }

the_help_and_the_man_page_name_the_same_options()
{
	local command

	for command in $commands; do
		[ -s "$man/oscanctl-$command.1" ] || continue
		run "$command" --help
		long_options <"$work/out" >"$work/help-options"
		page_text "$man/oscanctl-$command.1" | long_options \
			>"$work/page-options"
		bad+=$(diff "$work/help-options" "$work/page-options" |
			sed -n -e "s/^</$command: only in the help:/p" \
			       -e "s/^>/$command: only in the man page:/p")
	done
}

every_man_page_tells_the_exit_status()
{
	local page section

	for page in "$man"/oscanctl*.1; do
		section=$(page_text "$page" |
			sed -n '/^EXIT STATUS/,/^[A-DF-Z]/p')
		for status in 0 1 2; do
			grep -qE "^ +$status " <<<"$section" ||
				bad+="$page says nothing of exit status $status
"
		done
	done
}

the_man_pages_are_well_formed()
{
	bad=$(mandoc -Tlint -Wwarning "$man"/*.[17] 2>&1)
}

the_readme_names_make_targets_that_exist()
{
	local target

	while read -r target; do
		grep -qE "^$target:" Makefile ||
			bad+="Makefile has no target $target
"
	done < <(grep -oE 'make [a-z][a-z-]*' README.md | cut -d ' ' -f 2)
}

# Lines such as "    kmod/rig/   text".
the_readme_maps_what_is_there()
{
	local path count=0

	while read -r path; do
		count=$((count + 1))
		[ -d "$path" ] || bad+="there is no folder $path
"
	done < <(grep -oE '^ *[A-Za-z.][A-Za-z0-9_./-]*/ ' README.md)
	[ "$count" -gt 5 ] || bad+="the map has $count folders
"
	for path in */; do
		[ "$path" = out/ ] || grep -q "^ *$path" README.md ||
			bad+="$path is not on the map
"
	done
}

# Lines that go on after a backslash, joined.
readme() { sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba}' README.md; }

the_readme_names_options_that_exist()
{
	local line name option

	while read -r line; do
		name=$(cut -d ' ' -f 2 <<<"$line")
		run "$name" --help
		for option in $(long_options <<<"$line"); do
			grep -q -- "$option " "$work/out" ||
				bad+="oscanctl $name has no $option
"
		done
	done < <(readme | grep -oE 'oscanctl [a-z][a-z-]* .*--.*')
}

the_readme_names_packages_that_the_tests_install_too()
{
	local package

	for package in $(readme | sed -n 's/[$]([^)]*)//g;s/.*apt install //p'); do
		[[ $package == linux-headers-* ]] ||
			tests/lib/deps.sh --list | grep -qx -- "$package" ||
			bad+="tests/lib/deps.sh does not list $package
"
	done
}

the_readme_names_commands_and_files_that_exist()
{
	local name

	while read -r name; do
		grep -qx -- "$name" <<<"$commands" ||
			bad+="there is no command $name
"
	done < <(grep -oE 'oscanctl [a-z][a-z-]*' README.md | cut -d ' ' -f 2)
	while read -r name; do
		[ -e "$name" ] || bad+="there is no file $name
"
	done < <(sed -n 's/.*](\([A-Za-z][^):]*\)).*/\1/p' README.md;
		 grep -oE 'dts-overlays/[a-z0-9-]*\.dts' README.md)
}

for test in $(declare -F | cut -d ' ' -f 3 | grep -E '^(a|every|the|what)_'); do
	bad=
	"$test"
	judge "$test" "$bad"
done
exit $failed
