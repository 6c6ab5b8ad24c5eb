#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# oscanctl light, in a folder made as the kernel makes /sys/class/leds.

# The tests are called by name:
# shellcheck disable=SC2317
set -u

oscanctl=${OSCANCTL:-out/bin/oscanctl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OSCAN_LEDS=$work/leds
failed=0

for name in oscan:white:ring oscan:white:left oscan:red:left mmc0::; do
	mkdir -p "$OSCAN_LEDS/$name"
	echo 255 >"$OSCAN_LEDS/$name/max_brightness"
	echo 0 >"$OSCAN_LEDS/$name/brightness"
done
echo 1 >"$OSCAN_LEDS/oscan:red:left/max_brightness"

# run STATUS ARGS...: says what is wrong
run()
{
	local wanted=$1 status

	shift
	"$oscanctl" light "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ "$status" = "$wanted" ] ||
		echo "light $*: exit status $status and not $wanted"
}

# says TEXT FILE
says()
{
	grep -qF -- "$1" "$work/$2" ||
		echo "said \"$(cat "$work/$2")\" and not \"$1\""
	[ "$2" = out ] || [ "$(wc -l <"$work/err")" = 1 ] ||
		echo "not one sentence: $(cat "$work/err")"
}

# is NAME BRIGHTNESS
is()
{
	[ "$(cat "$OSCAN_LEDS/$1/brightness")" = "$2" ] ||
		echo "$1 is $(cat "$OSCAN_LEDS/$1/brightness") and not $2"
}

a_light_is_set_and_shown()
{
	run 0 ring 80
	says "80.0 %" out
	is oscan:white:ring 204
	run 0 --json ring 20%
	is oscan:white:ring 51
	python3 -c 'import json, sys
light = json.load(open(sys.argv[1]))
assert light == [{"light": "oscan:white:ring", "percent": 20.0,
		 "brightness": 51, "max_brightness": 255}], light' \
		"$work/out" 2>&1
	run 0 left 10
	says "on or off only" out
	is oscan:red:left 1
	is oscan:white:left 26
	run 0
	[ "$(wc -l <"$work/out")" = 3 ] || echo "listed: $(cat "$work/out")"
	run 0 --json
	[ "$(grep -c '"light"' "$work/out")" = 3 ] ||
		echo "listed: $(cat "$work/out")"
}

what_cannot_be_is_one_sentence()
{
	run 2 ring 101
	says 'wanted 0 to 100 percent, found "101"' err
	run 2 ring bright
	says 'found "bright"' err
	run 2 ring -- -1
	says 'found "-1"' err
	run 2 ring 1 2
	says 'found "2" behind it' err
	run 1 moon 10
	says 'wanted the light moon, found none of that name' err
	run 1 ../leds 10
	says 'none of that name' err
	rm "$OSCAN_LEDS/oscan:white:ring/brightness"
	run 1 oscan:white:ring 10
	says 'none of that name' err
	OSCAN_LEDS=$work/nowhere run 0
	says 'there are no lights' err
}

try()
{
	local why

	why=$("$1")
	if [ -z "$why" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $(echo "$why" | tr '\n' ';')"
		failed=1
	fi
}

try a_light_is_set_and_shown
try what_cannot_be_is_one_sentence
exit $failed
