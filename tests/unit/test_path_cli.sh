#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What oscanctl path prints, as other programs read it: without a driver, and
# with the model of one.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=${OSCANCTL:-out/bin/oscanctl}
model=out/tests/model/oscanctl-full
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OSCAN_MODEL_STATE=$work/state
bad=
failed=0

# says STATUS TEXT ARGS...: in one sentence
says()
{
	local status=$1 text=$2

	shift 2
	"$oscanctl" path "$@" >"$work/out" 2>"$work/err" </dev/null
	[ $? = "$status" ] || bad+="$*: another exit status than $status; "
	grep -qF -- "$text" "$work/err" ||
		bad+="$*: said \"$(tr '\n' ' ' <"$work/err")\"; "
	# That there is no driver is no error, and said besides.
	[ "$status" = 0 ] || sed -i '/no driver on this/d' "$work/err"
	[ "$(grep -c '^oscanctl path: ' "$work/err")" = 1 ] ||
		bad+="$*: not one sentence; "
	[ "$status" = 0 ] || [ ! -s "$work/out" ] ||
		bad+="$*: printed something; "
}

# as_python WHAT: of the JSON in out, d
as_python()
{
	python3 -c "import json; d = json.load(open('$work/out')); print($1)"
}

# is WANTED FOUND WHAT
is()
{
	[ "$1" = "$2" ] || bad+="$3: wanted $1, found $2; "
}

what_cannot_be_is_told()
{
	says 2 'wanted fibonacci, grid, spiral or rings, found "circle"' \
		--method circle
	says 2 'found "list"' --method list
	says 2 '--points: wanted 1 to 100000, found "0"' --points 0
	says 2 '--points: wanted 1 to 100000, found "-5"' --points=-5
	says 2 '--points: wanted 1 to 100000, found "1e3"' --points 1e3
	says 2 '--rings: wanted 1 to' --rings 99999999999999999999
	says 2 '--min-theta: wanted degrees' --min-theta 12deg
	says 2 '--max-phi: wanted degrees' --max-phi nan
	says 2 'found both' --json --csv
	says 2 'found fibonacci' --rings 3
	says 2 'found --max-theta too' --list x --max-theta 90
	says 1 'found 126 and 125' --min-theta 126
	says 1 'found 6 rings and 5 points' --points 5 --rings 6 --method grid
	says 1 'take 132 points' --points 131 --method grid
}

a_file_that_is_wrong_is_told()
{
	printf '10,20\n30,x\n' >"$work/list"
	says 1 'No such file' --list "$work/none"
	says 1 'line 2: wanted a number for phi, found "x"' \
		--list "$work/list"
	says 1 'no regular file' --list /dev/zero
}

without_a_driver_a_Mini_stands_in_and_that_is_said()
{
	says 0 'no driver on this machine' --points 130 --json
	is openscan-mini-greenshield "$(as_python 'd["rig"]')" rig
	is '130 130' "$(as_python 'd["count"], len({p["original_step"]
		for p in d["points"]})' | tr -d '(),')" points
	# 54 s and 129 s in openscan.md, by OpenScan3's own formulas.
	is True "$(as_python '53 < d["seconds"] < 54.5 and
		128 < d["unordered_seconds"] < 130')" seconds
	is True "$(as_python 'abs(sum(p["seconds"] for p in d["points"]) -
		d["seconds"]) < 1e-6')" sum
	is True "$(as_python '[p["execution_step"] for p in d["points"]] ==
		list(range(130))')" order
	says 0 'no driver' --points 9 --no-optimize --json
	is True "$(as_python '[p["original_step"] for p in d["points"]] ==
		list(range(9)) and d["seconds"] == d["unordered_seconds"]')" \
		no-optimize
	says 1 'modprobe oscan_motor' --device "$work/none"
}

points_beyond_the_limits_are_told()
{
	says 1 'the limits of theta with room for its play, 12 to 125 degrees' \
		--max-theta 150
}

the_csv_is_a_list_again()
{
	says 0 'no driver' --method spiral --points 40 --csv
	cp "$work/out" "$work/first.csv"
	says 0 'no driver' --list "$work/first.csv" --no-optimize --csv
	is "$(cut -d , -f 1,3,4 "$work/first.csv" | sha256sum)" \
		"$(cut -d , -f 1,3,4 "$work/out" | sha256sum)" 'the same points'
	is 41 "$(wc -l <"$work/out")" lines
}

identical_points_are_told()
{
	"$oscanctl" path --points 5 --min-theta 90 --max-theta 90 \
		--max-phi 0 >"$work/out" 2>"$work/err"
	grep -q '4 of 5 points stand where another one stands' "$work/err" ||
		bad+="said $(<"$work/err"); "
	is 'photos     5' "$(grep photos "$work/out")" photos
}

the_picture_has_every_photo_in_both_orders()
{
	says 0 'no driver' --points 33 --svg "$work/path.svg" --csv
	is '66 2 True' "$(python3 - "$work/path.svg" <<-'EOF'
		import sys, xml.etree.ElementTree as tree
		root = tree.parse(sys.argv[1]).getroot()
		name = "{http://www.w3.org/2000/svg}"
		photos = [c for c in root.iter(name + "circle")
		          if c.get("class") == "photo"]
		heads = [t.text for t in root.iter(name + "text")
		         if t.get("class") is None]
		left, right = (float(h.split()[-2]) for h in heads)
		print(len(photos), len(heads), right < left)
		EOF
	)" picture
	says 1 'wanted to write' --svg /nowhere/x.svg
}

with_a_driver_limits_and_pose_are_its_own()
{
	local said

	if ! said=$({ make -s userspace && make -s -C tests/model; } 2>&1); then
		bad+="the model does not build: $said"
		return
	fi
	"$model" move rotor 60 turntable 20 >/dev/null 2>"$work/err" ||
		bad+="move: $(<"$work/err"); "
	"$model" path --points 20 --json >"$work/out" 2>"$work/err" ||
		bad+="$(<"$work/err"); "
	is "" "$(<"$work/err")" 'nothing is said'
	is driver "$(as_python 'd["rig"]')" rig
	is '60.0 20.0' "$(as_python 'round(d["start"]["theta"], 1),
		round(d["start"]["phi"], 1)' | tr -d '(),')" start
	"$model" path --max-theta 126 >/dev/null 2>"$work/err" &&
		bad+="beyond the limits is accepted; "
	grep -q 'within the limits' "$work/err" || bad+="$(<"$work/err"); "
}

for test in $(declare -F | cut -d ' ' -f 3 | grep _); do
	[ "$test" != as_python ] || continue
	bad=
	"$test"
	if [ -z "$bad" ]; then
		echo "ok $test"
	else
		echo "not ok $test: $bad"
		failed=1
	fi
done
exit $failed
